"""Preview what new tables would do to the book: printed numbers and verdicts, old beside new.

The chapters run twice, on the tables as they are and on those that would be, the second time in a
copy of the book. What has not changed is taken from the cache of executed chapters.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ledger.build.execution import notebooks, pool
from ledger.build.execution.cache import CACHE
from ledger.core import claims, config, table_files, tables, text
from ledger.core import numbers as published_numbers
from ledger.core.files import replace_files

NOT_COPIED = shutil.ignore_patterns("_build", ".*", "data", "tests", "docs", "bench")
MAX_NAMED = 10  # printed numbers that the change log names
CODE = "import json; from ledger.commands import impact; print(json.dumps(impact.numbers()))"


class ImpactError(ValueError):
    """The chapters could not be run at all."""


@dataclass
class Impact:
    """What new tables do to the book.

    Attributes
    ----------
    numbers : printed numbers as (name, page, before, after).
    verdicts : as (claim, before, after, published).
    failures : page → why it no longer chapters.
    """

    numbers: list[tuple[str, str, str, str]] = field(default_factory=list)
    verdicts: list[tuple[str, str, str, str]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return the impact as lines for a terminal."""
        lines = [f"printed numbers that would change: {len(self.numbers) or 'none'}"]
        for name, page, before, after in self.numbers:
            lines.append(f"  {page}, {name}: {before or '(none)'} → {after or '(none)'}")
        lines.append(f"verdicts that would change: {len(self.verdicts) or 'none'}")
        for claim, before, after, published in self.verdicts:
            follow = f"; published as {published}: data/claims.csv must follow"
            lines.append(f"  {claim}: {before} → {after}{follow if after != published else ''}")
        if self.failures:
            lines.append("chapters that would fail (their numbers are unknown):")
            lines += [f"  {failure}" for failure in self.failures.values()]
        return lines

    def sentence(self) -> str:
        """Return the impact in a few sentences for readers."""
        return " ".join(filter(None, [self._on_numbers(), self._on_verdicts(), self._unknown()]))

    def _on_numbers(self) -> str:
        if not self.numbers:
            return "" if self.failures else "No printed number changed."
        changes = "; ".join(
            f"{name} ({_short(page)}) {before or 'none'} → {after or 'none'}"
            for name, page, before, after in self.numbers[:MAX_NAMED]
        )
        more = " …" if len(self.numbers) > MAX_NAMED else ""
        return f"{text.plural(len(self.numbers), 'printed number')} changed: {changes}{more}."

    def _on_verdicts(self) -> str:
        if not self.verdicts:
            return "No verdict changed."
        changes = (f"{claim} {before} → {after}" for claim, before, after, _ in self.verdicts)
        return f"Verdicts that changed: {'; '.join(changes)}."

    def _unknown(self) -> str:
        if not self.failures:
            return ""
        pages = ", ".join(sorted(map(_short, self.failures)))
        return (
            f"What else changed was not known when this was written, for {pages} had to be "
            "revised first."
        )


def _short(page: str) -> str:
    return page.removeprefix("chapters/")


def preview_impact(folder: Path, texts: dict[str, str], descriptor: dict, say=print) -> Impact:
    """Return what new tables would do to the book whose tables are in `folder`.

    Parameters
    ----------
    folder : the book's `data/`.
    texts : file name → content of the tables that would change.
    descriptor : descriptor of all tables as it would be.
    say : called with a line on what is going on.

    Raises
    ------
    ImpactError
        When the chapters could not be run at all.
    """
    say("running the chapters on the tables as they are, and as they would be")
    cache = folder.parent / CACHE.relative_to(config.ROOT)
    with tempfile.TemporaryDirectory(prefix="impact-") as aside:
        copy = Path(aside, "book")
        shutil.copytree(folder.parent, copy, ignore=NOT_COPIED)
        shutil.copytree(folder, copy / "data")
        changed = {**texts, "datapackage.json": table_files.to_json(descriptor)}
        replace_files(copy / "data", changed)
        before, _ = _run_numbers(folder.parent)
        if cache.is_dir():
            shutil.copytree(cache, copy / cache.relative_to(folder.parent))
        after, failures = _run_numbers(copy)
        verdicts = _verdicts(folder, copy / "data")
    changes = []
    for place in sorted(before.keys() | after.keys()):
        old, new = before.get(place, {}), after.get(place, {})
        page, name = (new or old)["page"], (new or old)["name"]
        if page not in failures and old.get("printed") != new.get("printed"):
            changes.append((name, page, old.get("printed", ""), new.get("printed", "")))
    return Impact(changes, verdicts, failures)


def _verdicts(old: Path, new: Path) -> list[tuple[str, str, str, str]]:
    """Return the verdicts that differ between two folders of tables."""
    before, after = claims.decide_all(old), claims.decide_all(new)
    published = tables.load("claims", new).set_index("claim_id")["verdict"]
    return [
        (claim, before[claim].verdict, after[claim].verdict, published[claim])
        for claim in sorted(after)
        if before[claim].verdict != after[claim].verdict
    ]


def numbers() -> tuple[dict[str, dict], dict[str, str]]:
    """Run what must run of this book's chapters.

    Returns
    -------
    page and name → printed number with its page, and page → why it failed.
    """
    chapters = pool.ChapterPool(pool.worker_count())
    texts = {page: _read(page) for page in config.pages()}
    texts = {page: source for page, source in texts.items() if notebooks.is_notebook(source)}
    keys = {
        page: chapters.cache.lookup(notebooks.read_notebook(source))
        for page, source in texts.items()
    }
    failures = {}
    try:
        for page in sorted(texts, key=lambda page: -len(texts[page])):
            if keys[page] is None:
                chapters.submit(page, notebooks.read_notebook(texts[page]))
        for page in texts:
            try:
                keys[page] = keys[page] or chapters.wait(page, lambda *_: None)
            except pool.ChapterError as error:
                failures[page] = str(error)
    finally:
        chapters.close()
    printed = {}
    for page, key in keys.items():
        if key is not None and page not in failures:
            printed |= _printed(page, chapters.cache.executed(texts[page], key))
    return printed, failures


def _read(page: str) -> str:
    return (config.ROOT / f"{page}.md").read_text(encoding="utf-8-sig")


def _printed(page: str, notebook: str) -> dict[str, dict]:
    """Return the numbers that a page prints of those that its executed notebook publishes."""
    cells = json.loads(notebook)["cells"]
    outputs = (output for cell in cells for output in cell.get("outputs", []))
    published = (output.get("metadata", {}).get("ledger", {}) for output in outputs)
    contents = [content for content in published if "form" in content]
    records = published_numbers.picked(_read(page), contents)
    return {f"{page} {name}": record | {"page": page} for name, record in records.items()}


def _run_numbers(root: Path) -> tuple[dict[str, dict], dict[str, str]]:
    """Return `numbers()` of the book at `root`, by its own machine where it has one."""
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    run = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=root,
        capture_output=True,
        text=True,
        env=os.environ | {"LEDGER_BOOK": str(root), "PYTHONPATH": path, "PYTHONHASHSEED": "0"},
    )
    if run.returncode:
        lines = run.stderr.splitlines() or ["it ended without a message"]
        errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b.*:", line)]
        raise ImpactError(
            f"the chapters in {root} could not be run, so that what would change is not known: "
            f"{(errors or lines)[0]}"
        )
    printed, failures = json.loads(run.stdout.splitlines()[-1])
    return printed, failures
