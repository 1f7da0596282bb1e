"""What new tables would do to the book, before they are written: printed numbers and verdicts, old beside new.

The chapters are run twice, on the tables as they are and on those that would be, the second time in a copy of the book; what has not
changed is taken from the cache of executed chapters.
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

from ledger.build.execution.cache import CACHE
from ledger.build.execution.notebooks import is_notebook, read_notebook
from ledger.build.execution.pool import ChapterError, ChapterPool, worker_count
from ledger.core import claims, table_files, tables
from ledger.core.config import ROOT
from ledger.core.files import replace_files

COPIED = [
    "analysis",
    "ledger",
    "chapters",
    "index.md",
    "book.yml",
    "_toc.yml",
    "requirements.txt",
    "references.bib",
    "CITATION.cff",
]


class TrialError(ValueError):
    """The chapters could not be run at all."""


@dataclass
class Effects:
    """What new tables do to the book: printed numbers as (name, page, before, after), verdicts as (claim, before, after, published),
    and page → why it no longer runs."""

    numbers: list[tuple[str, str, str, str]] = field(default_factory=list)
    verdicts: list[tuple[str, str, str, str]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return the effects as lines for a terminal."""
        said = [f"printed numbers that would change: {len(self.numbers) or 'none'}"]
        said += [
            f"  {page}, {name}: {before or '(not there)'} → {after or '(not there)'}"
            for name, page, before, after in self.numbers
        ]
        said.append(f"verdicts that would change: {len(self.verdicts) or 'none'}")
        for claim, before, after, published in self.verdicts:
            said.append(
                f"  {claim}: {before} → {after}"
                + (
                    f"; published as {published}: data/claims.csv must follow"
                    if after != published
                    else ""
                )
            )
        if self.failures:
            said += [
                "pages that would have to follow before the book is built, whose numbers are not among these:"
            ] + [f"  {failure}" for failure in self.failures.values()]
        return said

    def sentence(self) -> str:
        """Return the effects in a few sentences for readers."""
        said = []
        if self.numbers:
            shown = "; ".join(
                f"{name} ({page.removeprefix('chapters/')}) {before or 'not there'} → {after or 'not there'}"
                for name, page, before, after in self.numbers[:10]
            )
            said.append(
                f"{len(self.numbers)} printed number{'s' if len(self.numbers) > 1 else ''} changed: {shown}{' …' if len(self.numbers) > 10 else ''}."
            )
        elif not self.failures:
            said.append("No printed number changed.")
        said.append(
            "Verdicts that changed: "
            + "; ".join(f"{claim} {before} → {after}" for claim, before, after, _ in self.verdicts)
            + "."
            if self.verdicts
            else "No verdict changed."
        )
        if self.failures:
            said.append(
                f"What else changed was not known when this was written, for {', '.join(sorted(page.removeprefix('chapters/') for page in self.failures))} had to be revised first."
            )
        return " ".join(said)


def effects(folder: Path, texts: dict[str, str], descriptor: dict, say=print) -> Effects:
    """Return what the tables in `texts` (file → content), with their descriptor, would do to the book whose tables are in `folder`."""
    say("running the chapters on the tables as they are, and as they would be")
    found = Effects()
    with tempfile.TemporaryDirectory(prefix="trial-") as aside:
        copy = Path(aside)
        for name in COPIED:
            source = folder.parent / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        shutil.copytree(folder, copy / "data")
        replace_files(copy / "data", {**texts, "datapackage.json": table_files.to_json(descriptor)})
        before, _ = _numbers(folder.parent)
        cache = folder.parent / CACHE.relative_to(ROOT)
        if cache.is_dir():
            shutil.copytree(cache, copy / CACHE.relative_to(ROOT))
        after, failed = _numbers(copy)
        was, becomes = claims.decide_all(folder), claims.decide_all(copy / "data")
        published = tables.load("claims", copy / "data").set_index("claim_id")["verdict"]
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, {}), after.get(name, {})
        page = (new or old)["page"]
        if page not in failed and old.get("printed") != new.get("printed"):
            found.numbers.append((name, page, old.get("printed", ""), new.get("printed", "")))
    found.verdicts = [
        (claim, was[claim].verdict, becomes[claim].verdict, published[claim])
        for claim in sorted(becomes)
        if was[claim].verdict != becomes[claim].verdict
    ]
    found.failures = failed
    return found


def numbers() -> tuple[dict[str, dict], dict[str, str]]:
    """Run what must run of this checkout's chapters; return (name → printed number with its page, page → why it failed)."""
    printed, failed = {}, {}
    runs = ChapterPool(worker_count())
    pages = {}
    for path in [ROOT / "index.md", *sorted((ROOT / "chapters").glob("*.md"))]:
        text = path.read_text(encoding="utf-8-sig")
        if is_notebook(text):
            pages[path.relative_to(ROOT).with_suffix("").as_posix()] = text
    keys = {page: runs.cache.lookup(read_notebook(text)) for page, text in pages.items()}
    try:
        for page in sorted(pages, key=lambda page: -len(pages[page])):
            if keys[page] is None:
                runs.submit(page, read_notebook(pages[page]))
        for page in pages:
            try:
                keys[page] = keys[page] or runs.wait(page, lambda *_: None)
            except ChapterError as error:
                failed[page] = str(error)
    finally:
        runs.close()
    for page, key in keys.items():
        if key is not None and page not in failed:
            for cell in json.loads(runs.cache.executed(pages[page], key))["cells"]:
                for output in cell.get("outputs", []):
                    record = output.get("metadata", {}).get("ledger")
                    if record and "printed" in record:
                        printed[record["name"]] = record | {"page": page}
    return printed, failed


def _numbers(root: Path) -> tuple[dict[str, dict], dict[str, str]]:
    """Return `numbers()` of the checkout at `root`, by its own package."""
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json; from ledger.commands import impact; print(json.dumps(impact.numbers()))",
        ],
        cwd=root,
        capture_output=True,
        text=True,
        env=os.environ | {"LEDGER_BOOK": str(root), "PYTHONPATH": str(root), "PYTHONHASHSEED": "0"},
    )
    if ran.returncode:
        reasons = (
            [
                line
                for line in ran.stderr.splitlines()
                if re.match(r"[\w.]*(Error|Exception)\b.*:", line)
            ]
            or ran.stderr.splitlines()
            or ["it ended without a word"]
        )
        raise TrialError(
            f"the chapters in {root} could not be run, so that what would change is not known: {reasons[0]}"
        )
    printed, failed = json.loads(ran.stdout.splitlines()[-1])
    return printed, failed
