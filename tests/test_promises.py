"""Promise: every promise of the tests is tried by `make test`, and docs/tests.md names them all."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import warm_chapters

from ledger.build.execution import worker

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "tests.md"
ROW = re.compile(r"\| `(tests/\S+)` \| (.+) \| (.+) \|")


def tiers(items):
    """Return for each file of tests that was collected the tiers that its tests are in."""
    found = {}
    for item in items:
        marks = {mark.name for mark in item.iter_markers()} & {"slow", "upstream"}
        found.setdefault(item.path, set()).add(max(marks, default="fast"))
    return found


def told(own):
    """Return what the list says of a file whose tests are in these tiers."""
    words = {"fast": "`make test`", "slow": "at length", "upstream": "on true files"}
    return ", ".join(words[tier] for tier in words if tier in own)


def promise(path, items):
    """Return the first sentences of a file's docstring, on one line."""
    (module,) = {item.module for item in items if item.path == path}
    words = " ".join(inspect.getdoc(module).split("\n\n")[0].split())
    assert words.startswith("Promise: "), f"{path.name} begins with no promise"
    return words.removeprefix("Promise: ")


@pytest.fixture
def collected(request):
    return request.config.collected


def test_no_promise_is_left_to_the_slow_tests_alone(collected):
    left = [path.name for path, own in tiers(collected).items() if own == {"slow"}]
    assert not left, f"only `make test-slow` tries what these promise: {left}"


def test_the_list_of_promises_is_the_tests(collected):
    listed = {name: (words, more) for name, words, more in ROW.findall(LIST.read_text("utf-8"))}
    files = {
        path.relative_to(ROOT).as_posix(): (
            promise(path, collected).replace("|", "\\|"),
            told(own),
        )
        for path, own in tiers(collected).items()
    }
    wrong = [
        f"| `{name}` | {' | '.join(row)} |"
        for name, row in files.items()
        if listed.get(name) != row
    ]
    assert not wrong, "docs/tests.md lacks these rows:\n" + "\n".join(wrong)
    gone = {name for name in listed if not (ROOT / name).is_file()}
    assert not gone, f"docs/tests.md has rows of files that are not there: {gone}"


def test_what_a_process_of_chapters_loads_is_loaded_before_tests_fork_it():
    """What is not, each build of a test loads anew: matplotlib's axes alone take a tenth of one."""
    assert not set(worker.PRELOAD) - set(warm_chapters.LIBRARIES)


ENDS = """
import pytest

no_browser = pytest.mark.skipif(True, reason="no browser here: get one")


@no_browser
def test_one():
    pass


@no_browser
def test_two():
    pass


def test_three():
    pytest.skip("no small disk here")


def test_four():
    assert not "four"
"""


def test_a_run_says_at_its_end_what_failed_and_a_line_a_reason_what_was_not_run(tmp_path):
    (tmp_path / "test_ends.py").write_text(ENDS, encoding="utf-8")
    settings = ["-c", ROOT / "pyproject.toml", "--rootdir", tmp_path, "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *settings, "-p", "conftest", tmp_path],
        capture_output=True,
        text=True,
        # one process of tests tells the other of what was skipped, as two would
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests"), "PYTEST_ADDOPTS": "-n 1"},
    )
    lines = ran.stdout.splitlines()
    assert [line for line in lines if "SKIPPED" in line] == [
        "SKIPPED [2] no browser here: get one",
        "SKIPPED [1] no small disk here",
    ], ran.stdout + ran.stderr
    assert re.match(r"FAILED \S*test_ends\.py::test_four", lines[-2]), ran.stdout
