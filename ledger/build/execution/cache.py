"""Keep the outputs of executed chapters, and find them again while their inputs are unchanged.

Outputs are kept in jupyter-cache, which MyST-NB reads by itself. It knows a notebook by its code
cells and its kernel's description; here the description also holds a key made of everything the
chapter used when it ran (`ledger.core.fingerprints`), so that a notebook is found only while all of
that is unchanged.
"""

from __future__ import annotations

import copy
import errno
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.build.execution.notebooks import code_cells, kernel_name, read_notebook
from ledger.core import fingerprints, text
from ledger.core.config import ROOT

if TYPE_CHECKING:
    from nbformat import NotebookNode

CACHE = ROOT / "_build" / ".jupyter_cache"
MAX_ENTRIES = 500  # executed notebooks; the oldest go first
# sentinel inputs of a failed run: no fingerprint of Python is ever this, so it is never reused
FAILED_INPUTS = {"Python": "it failed"}
# of SQLite: another program or the machine is in the way, and the database may be whole
BUSY = ("database is locked", "readonly database", "unable to open database file")


class CacheBusyError(OSError):
    """The cache may be whole and cannot be used now: says why and what to do."""


class OutputCache:
    """Outputs of executed chapters, in jupyter-cache.

    What is damaged or was written by another version is discarded, never used. Raises
    CacheBusyError for one that another program holds or that may not be written.
    """

    def __init__(self, folder: Path = CACHE):
        self.folder = folder
        self._open()

    def _open(self) -> None:
        from jupyter_cache import __version__, get_cache
        from jupyter_cache.cache import db

        vars(db)["create_engine"] = _create_engine
        try:
            self.cache = get_cache(self.folder)
            with self.cache.db.connect() as database:
                check = database.exec_driver_sql("PRAGMA integrity_check").scalar()
                if check != "ok":
                    raise ValueError(check)
            if (version := self.cache.get_version()) != __version__:
                raise ValueError(f"it was made by jupyter-cache {version}")
            self.cache.change_cache_limit(MAX_ENTRIES)
            records = sorted(self.cache.list_cache_records(), key=lambda record: -record.pk)
            # the newest first
            self.records = [record for record in records if isinstance(record.data, dict)]
        except Exception as error:  # a damaged database fails in many ways, all with one meaning
            self._discard(error)

    def _discard(self, error: Exception) -> None:
        from jupyter_cache import get_cache

        if self.folder.exists() and shutil.disk_usage(self.folder).free < 1_000_000:
            refusal = os.strerror(errno.ENOSPC)  # which is no fault of the cache
            raise OSError(errno.ENOSPC, refusal, str(self.folder)) from None
        first = (str(error).splitlines() or [""])[0]
        if isinstance(error, PermissionError) or any(words in first for words in BUSY):
            raise CacheBusyError(
                f"the cache of executed chapters, {self.folder}, cannot be used: {first}. End the "
                "program that uses it, give yourself the right to write it, or remove it"
            ) from None
        print(
            "The cache of executed chapters cannot be used and is discarded "
            f"({type(error).__name__}: {first}).",
            file=sys.stderr,
        )
        shutil.rmtree(self.folder, ignore_errors=True)
        self.cache = get_cache(self.folder)
        self.cache.change_cache_limit(MAX_ENTRIES)
        self.records = []

    def lookup(self, notebook: NotebookNode) -> str | None:
        """Return the key of a notebook's outputs with all inputs as they are now, else None."""
        cells = cells_hash(notebook)
        for record in self.records:
            if self._is_current(record, cells):
                return record.data["key"]
        return None

    def _is_current(self, record, cells: str) -> bool:
        """Tell whether a record is of these cells, undamaged, and with unchanged inputs."""
        try:
            return (
                record.data["cells"] == cells
                and not fingerprints.stale(record.data["inputs"])
                and self._is_whole(record)
            )
        except (KeyError, ValueError, TypeError, AttributeError):  # the record is damaged
            return False

    def _is_whole(self, record) -> bool:
        path = self.folder / "executed" / record.hashkey / "base.ipynb"
        try:
            content = path.read_text(encoding="utf-8")
            return record.data["digest"] == _digest(content, record.hashkey, record.data)
        except (OSError, ValueError, KeyError):
            return False

    def store(
        self, page: str, notebook: NotebookNode, cells: list[dict], inputs: dict[str, str]
    ) -> str:
        """Keep the outputs of an executed notebook, with its inputs, and return their key."""
        import nbformat
        from jupyter_cache.base import CacheBundleIn

        hashed = json.dumps([cells_hash(notebook), inputs], sort_keys=True)
        key = hashlib.sha256(hashed.encode()).hexdigest()[:16]
        data = {"cells": cells_hash(notebook), "inputs": inputs, "key": key}
        notebook = with_outputs(notebook, cells)
        notebook.metadata["kernelspec"]["display_name"] = kernel_name(key)
        stripped, hashkey = self.cache.create_hashed_notebook(notebook)
        data["digest"] = _digest(nbformat.writes(stripped, nbformat.NO_CONVERT), hashkey, data)
        bundle = CacheBundleIn(notebook, page, data=data)
        for attempt in (1, 2):
            # a build that was killed may have left half an entry
            shutil.rmtree(self.folder / "executed" / hashkey, ignore_errors=True)
            try:
                record = self.cache.cache_notebook_bundle(
                    bundle, check_validity=False, overwrite=True
                )
            except Exception as error:
                if attempt == 2:
                    raise
                self._discard(error)
            else:
                self.records.insert(0, record)
                return key
        raise AssertionError

    def inputs_of(self, key: str) -> dict[str, str]:
        """Return the inputs, name → hash, of the chapter whose outputs have this key."""
        return next(r.data["inputs"] for r in self.records if r.data.get("key") == key)

    def executed(self, source: str, key: str) -> str:
        """Return a chapter's text as the text of an .ipynb file, with the outputs of `key`."""
        notebook = copy.deepcopy(read_notebook(source))
        kernel = notebook.metadata["kernelspec"]
        name, kernel["display_name"] = kernel["display_name"], kernel_name(key)
        _, notebook = self.cache.merge_match_into_notebook(notebook)
        notebook.metadata["kernelspec"]["display_name"] = name
        # nbformat would check it once more, and part and indent its lines, for five times as long
        return json.dumps(notebook, ensure_ascii=False)

    def explain(self, page: str, notebook: NotebookNode) -> str:
        """Say in one line whether a page would execute, and why."""
        if key := self.lookup(notebook):
            names = list(self.inputs_of(key))
            tables, files = (
                text.plural(sum(name.startswith(kind) for name in names), kind.strip())
                for kind in ("table ", "file ")
            )
            return (
                f"{page} would not execute: its cells, the {tables} and {files} it reads, "
                "the lock and Python are as they were when it ran"
            )
        return f"{page} would execute: {self._what_changed(page, notebook)}"

    def _what_changed(self, page: str, notebook: NotebookNode) -> str:
        """Say what is not as it was at the last good run of a page that would execute."""
        runs = [
            record
            for record in self.records
            if record.uri == page
            and self._is_whole(record)
            and record.data["inputs"] != FAILED_INPUTS
        ]
        same_cells = [run for run in runs if run.data["cells"] == cells_hash(notebook)]
        if same_cells:  # of the runs of these cells, the one with the fewest changes
            changed = min((fingerprints.stale(run.data["inputs"]) for run in same_cells), key=len)
            return f"{', '.join(changed)} {'is' if len(changed) == 1 else 'are'} not as when it ran"
        if not runs:
            return "it has not run yet, or what it put out is no longer kept"
        before = code_cells(self.cache.get_cache_bundle(runs[0].pk).nb)
        after = code_cells(notebook)
        for number, (old, new) in enumerate(zip(before, after), start=1):
            if old != new:
                return f"code cell {number} is not as when it ran"
        if len(before) != len(after):
            now = text.plural(len(after), "code cell")
            return f"it has {now}, and had {len(before)} when it ran"
        return "its kernel is not as when it ran"


def _create_engine(address: str):
    """Return SQLAlchemy's engine for a file in a folder of any name.

    jupyter-cache writes the path into the database's address as it is, where `%` and `?` have a
    meaning.
    """
    import sqlalchemy

    path = address.removeprefix("sqlite:///")
    return sqlalchemy.create_engine(sqlalchemy.URL.create("sqlite", database=path))


def with_outputs(notebook: NotebookNode, cells: list[dict]) -> NotebookNode:
    """Return a copy of the notebook with the outputs of the cells that ran."""
    import nbformat

    notebook = copy.deepcopy(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for ran in cells:
        cell = code[ran["number"] - 1]
        cell.execution_count = ran["execution_count"]
        cell.outputs = [nbformat.from_dict(output) for output in ran["outputs"]]
    language = {"name": "python", "pygments_lexer": "ipython3"}
    notebook.metadata["language_info"] = nbformat.from_dict(language)
    return notebook


def cells_hash(notebook: NotebookNode) -> str:
    """Return a hash of code cells and kernel; jupyter-cache tells notebooks apart by the same."""
    content = [code_cells(notebook), notebook.metadata.get("kernelspec")]
    return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()


def _digest(content: str, hashkey: str, data: dict) -> str:
    rest = {key: value for key, value in data.items() if key != "digest"}
    return hashlib.sha256(json.dumps([content, hashkey, rest], sort_keys=True).encode()).hexdigest()
