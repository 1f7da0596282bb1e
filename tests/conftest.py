"""Tests and the notebooks they validate import `ledger` from this checkout."""

import collections
import gc
import os
import sys
from pathlib import Path

import hypothesis
import pytest

# An example may take longer than Hypothesis's 200 ms: on a busy machine a slow moment is no fault.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

# What files of tests load stays to the end, half a gigabyte of it: to look it through for garbage,
# while it is loaded and again and again while tests run, took a sixth of their time.
gc.disable()

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# Begun last, a file that takes a minute runs on alone while the other worker idles; pytest-xdist
# knows only how many tests a file has. By processor time, the longer of `make test` and test-slow.
LONGEST_FIRST = [
    "access",
    "security",
    "kept",
    "another_book",
    "same_bytes",
    "refresh",
    "kernels",
    "faults",
    "elsewhere",
    "reader",
    "stale",
    "live",
    "reader_charts",
    "checks",
    "current",
    "package",
    "site",
    "search",
    "forms",
    "printed",
    "trade",
    "energy",
    "geography",
    "numbers_and_tables",
    "engine",
    "compare",
    "build",
    "odd_page",
    "release",
    "new",
    "number_rows",
    "claims",
    "front",
    "charts",
    "compare_hostile",
    "preflight",
    "started",
    "places",
    "system",
    "print_files",
    "prose",
    "download",
    "links",
    "promises",
    "glosses",
    "look",
    "reader_downloads",
    "whole_site",
    "letters",
    "notebook_text",
    "published_tables",
]


@pytest.hookimpl(tryfirst=True)  # before `-m` takes some away
def pytest_collection_modifyitems(config, items):
    config.collected = list(items)
    order = {f"test_{name}.py": place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Skip the tests on institutions' true files where these are not, in one line of the report."""
    if item.get_closest_marker("upstream"):
        from institution import UPSTREAM

        if not UPSTREAM.is_dir():
            pytest.skip(f"the institutions' files are not at {UPSTREAM} (set LEDGER_UPSTREAM)")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left"] = len(session.config.collected) - len(session.items)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_testnodedown(node):
    # each worker collects all; one that died has no output, and pytest-xdist says so itself
    node.config.left = getattr(node, "workeroutput", {}).get("left", 0)


def pytest_terminal_summary(terminalreporter, config):
    """Say what was not run, in a line a reason: pytest's own has one for each place."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = collections.Counter(report.longrepr[2] for report in skipped)
    for reason, number in reasons.most_common():
        terminalreporter.write_line(f"SKIPPED [{number}] {reason.removeprefix('Skipped: ')}")
    if getattr(config, "left", 0) and config.option.markexpr.startswith("not slow"):
        terminalreporter.write_line(
            f"{config.left} tests that try the same promises at length are left to make test-slow"
        )


os.environ["LEDGER_BOOK"] = ""  # each folder is its own book
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
