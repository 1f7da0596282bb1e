"""Which chapters must run, running them side by side, and keeping what they put out.

Outputs are kept in jupyter-cache, which MyST-NB reads by itself. Jupyter-cache knows a notebook by its code cells and its kernel's
description; here the description also holds a key made of everything the chapter used when it ran (`ledger.core.fingerprints`), so that a
notebook is found only while all of that is unchanged.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ledger.core import fingerprints
from ledger.core.config import ROOT

if (
    TYPE_CHECKING
):  # imported where they are used, so that the warm process can start before they are loaded
    from nbformat import NotebookNode

CACHE = ROOT / "_build" / ".jupyter_cache"
KEPT = 500  # executed notebooks; the oldest go first
FAILED = {
    "Python": "it failed"
}  # what stands for the inputs of a run that failed: never as they are now, so it is never taken for a good one
KERNEL = re.compile(r"\A(---\n(?:.*\n)*?[ \t]+display_name:).*$", re.M)


class ChapterError(Exception):
    """A chapter did not run to its end: page, file, cell and line, and why. `outputs` has what its cells put out until then."""

    def __init__(
        self, page: str, reason: str, cell: int = 0, line: int = 1, cells: list | None = None
    ):
        self.page, self.cell, self.line, self.reason, self.outputs = (
            page,
            cell,
            line,
            reason,
            cells or [],
        )
        super().__init__(f"{page}.md:{line}: " + (f"cell {cell}: " if cell else "") + reason)


def is_notebook(text: str) -> bool:
    """Tell whether a page's text is a notebook with at least one code cell."""
    from myst_nb.core.read import is_myst_markdown_notebook

    return is_myst_markdown_notebook(text) and bool(
        re.search(r"^[`~:]{3,}\{code-cell\}", text, re.M)
    )


@functools.lru_cache(maxsize=128)
def read_notebook(text: str) -> NotebookNode:
    """Return a chapter's text as a notebook without outputs, with the line on which each cell's code begins in its metadata."""
    from myst_nb.core.read import read_myst_markdown_notebook

    notebook, lines = read_myst_markdown_notebook(text, add_source_map=True), text.splitlines()
    starts = notebook.metadata["source_map"]
    for i, cell in enumerate(notebook.cells):
        code = cell.source.splitlines()
        if (
            cell.cell_type == "code"
        ):  # MyST-NB gives the line after the fence, where a cell may have options
            starts[i] = next(
                (
                    start
                    for start in range(starts[i], len(lines))
                    if lines[start : start + len(code)] == code
                ),
                starts[i],
            )
    return notebook


def length(notebook: NotebookNode) -> int:
    """Return how much code a notebook has, in characters."""
    return sum(len(cell.source) for cell in notebook.cells if cell.cell_type == "code")


def with_key(text: str, key: str) -> str:
    """Return a chapter's text with `key` in the description of its kernel; no line moves."""
    return KERNEL.sub(lambda found: f"{found.group(1)} {_kernel(key)}", text, count=1)


def workers() -> int:
    """Return how many chapters run at once: LEDGER_JOBS of the environment, or as many as there are cores."""
    wanted = os.environ.get("LEDGER_JOBS", "")
    if wanted and not (wanted.isdigit() and int(wanted)):
        raise ValueError(
            f"LEDGER_JOBS is {wanted!r}: give the number of chapters that may run at once, from 1 up"
        )
    return int(wanted) if wanted else len(os.sched_getaffinity(0))


class Kept:
    """The outputs of chapters that ran, in jupyter-cache. What is damaged or of another make is thrown away, never used."""

    def __init__(self, folder: Path = CACHE):
        self.folder = folder
        self._open()

    def _open(self) -> None:
        from jupyter_cache import __version__, get_cache

        try:
            self.cache = get_cache(self.folder)
            with self.cache.db.connect() as database:
                if (said := database.exec_driver_sql("PRAGMA integrity_check").scalar()) != "ok":
                    raise ValueError(said)
            if (known := self.cache.get_version()) != __version__:
                raise ValueError(f"it was made by jupyter-cache {known}")
            self.cache.change_cache_limit(KEPT)
            records = sorted(
                self.cache.list_cache_records(), key=lambda record: -record.pk
            )  # the newest first
            self.records = [record for record in records if isinstance(record.data, dict)]
        except (
            Exception
        ) as error:  # a damaged database fails in many ways, and all of them mean the same
            self._discard(error)

    def _discard(self, error: Exception) -> None:
        from jupyter_cache import get_cache

        if self.folder.exists() and shutil.disk_usage(self.folder).free < 1_000_000:
            raise error  # a full disk is no fault of the cache
        first = (str(error).splitlines() or [""])[0]
        print(
            f"The cache of executed chapters cannot be used and is discarded ({type(error).__name__}: {first}).",
            file=sys.stderr,
        )
        shutil.rmtree(self.folder, ignore_errors=True)
        self.cache = get_cache(self.folder)
        self.cache.change_cache_limit(KEPT)
        self.records = []

    def find(self, notebook: NotebookNode) -> str | None:
        """Return the key under which the outputs of a notebook are kept, given all its inputs as they are now; None if there are none."""
        cells = _cells(notebook)
        return next(
            (record.data["key"] for record in self.records if self._fits(record, cells)), None
        )

    def _fits(self, record, cells: str) -> bool:
        """Tell whether a record is of these cells, with all inputs as they are now, and undamaged."""
        try:
            return (
                record.data["cells"] == cells
                and not fingerprints.stale(record.data["inputs"])
                and self._is_whole(record)
            )
        except (
            KeyError,
            ValueError,
            TypeError,
            AttributeError,
        ):  # damaged, so that not even the inputs have names
            return False

    def _is_whole(self, record) -> bool:
        try:
            text = (self.folder / "executed" / record.hashkey / "base.ipynb").read_text(
                encoding="utf-8"
            )
            return record.data["digest"] == _digest(text, record.hashkey, record.data)
        except (OSError, ValueError, KeyError):
            return False

    def keep(
        self, page: str, notebook: NotebookNode, cells: list[dict], used: dict[str, str]
    ) -> str:
        """Keep the outputs of a notebook that ran, with what it used, and return their key."""
        import nbformat
        from jupyter_cache.base import CacheBundleIn

        key = hashlib.sha256(
            json.dumps([_cells(notebook), used], sort_keys=True).encode()
        ).hexdigest()[:16]
        data = {"cells": _cells(notebook), "inputs": used, "key": key}
        notebook = fill(notebook, cells)
        notebook.metadata["kernelspec"]["display_name"] = _kernel(key)
        stripped, hashkey = self.cache.create_hashed_notebook(notebook)
        data["digest"] = _digest(nbformat.writes(stripped, nbformat.NO_CONVERT), hashkey, data)
        for attempt in (1, 2):
            shutil.rmtree(
                self.folder / "executed" / hashkey, ignore_errors=True
            )  # a build that was killed may have left half an entry
            try:
                self.records.insert(
                    0,
                    self.cache.cache_notebook_bundle(
                        CacheBundleIn(notebook, page, data=data),
                        check_validity=False,
                        overwrite=True,
                    ),
                )
                return key
            except Exception as error:
                if attempt == 2:
                    raise
                self._discard(error)
        raise AssertionError

    def inputs_of(self, key: str) -> dict[str, str]:
        """Return what the chapter used whose outputs are kept under `key`, with the hashes it found."""
        return next(
            record.data["inputs"] for record in self.records if record.data.get("key") == key
        )

    def executed(self, text: str, key: str) -> str:
        """Return a chapter's text as the text of an .ipynb file with the outputs that are kept under `key`."""
        import nbformat

        notebook = copy.deepcopy(read_notebook(text))
        name = notebook.metadata["kernelspec"]["display_name"]
        notebook.metadata["kernelspec"]["display_name"] = _kernel(key)
        _, notebook = self.cache.merge_match_into_notebook(notebook)
        notebook.metadata["kernelspec"]["display_name"] = name
        return nbformat.writes(notebook)

    def why(self, page: str, notebook: NotebookNode) -> str:
        """Say in one line whether a page would execute, and why."""
        if key := self.find(notebook):
            tables, files = (
                sum(name.startswith(kind) for name in self.inputs_of(key))
                for kind in ("table ", "file ")
            )
            return f"{page} would not execute: its cells, the {_count(tables, 'table')} and {_count(files, 'file')} it reads, the lock and Python are as they were when it ran"
        last = [
            r
            for r in self.records
            if r.uri == page and self._is_whole(r) and r.data["inputs"] != FAILED
        ]
        same = [r for r in last if r.data["cells"] == _cells(notebook)]
        if same:  # of the runs of these cells, the one that is nearest
            reasons = min((fingerprints.stale(r.data["inputs"]) for r in same), key=len)
            return f"{page} would execute: {', '.join(reasons)} {'is' if len(reasons) == 1 else 'are'} not as when it ran"
        if last:
            before, after = _asked(self.cache.get_cache_bundle(last[0].pk).nb), _asked(notebook)
            differs = next((i for i, (a, b) in enumerate(zip(before, after), start=1) if a != b), 0)
            if not differs and len(before) != len(after):
                return f"{page} would execute: it has {_count(len(after), 'code cell')}, and had {len(before)} when it ran"
            return f"{page} would execute: {f'code cell {differs}' if differs else 'its kernel'} is not as when it ran"
        return f"{page} would execute: it has not run yet, or what it put out is no longer kept"


def fill(notebook: NotebookNode, cells: list[dict]) -> NotebookNode:
    """Return a copy of the notebook with the outputs of the cells that ran."""
    import nbformat

    notebook = copy.deepcopy(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for ran in cells:
        cell = code[ran["number"] - 1]
        cell.execution_count, cell.outputs = (
            ran["execution_count"],
            [nbformat.from_dict(output) for output in ran["outputs"]],
        )
    notebook.metadata["language_info"] = nbformat.from_dict(
        {"name": "python", "pygments_lexer": "ipython3"}
    )
    return notebook


def _cells(notebook: NotebookNode) -> str:
    """Return a hash of what a notebook asks to run: its code cells and its kernel. (Jupyter-cache tells by no more than these.)"""
    return hashlib.sha256(
        json.dumps([_asked(notebook), notebook.metadata.get("kernelspec")], default=str).encode()
    ).hexdigest()


def _asked(notebook: NotebookNode) -> list[tuple[str, dict]]:
    return [(cell.source, cell.metadata) for cell in notebook.cells if cell.cell_type == "code"]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _kernel(key: str) -> str:
    """Return the description of a kernel that makes jupyter-cache tell runs with different inputs apart."""
    return f"Python 3 ({key})"


def _digest(text: str, hashkey: str, data: dict) -> str:
    rest = {key: value for key, value in data.items() if key != "digest"}
    return hashlib.sha256(json.dumps([text, hashkey, rest], sort_keys=True).encode()).hexdigest()


def _drop_doubtful_bytecode() -> None:
    """Remove compiled modules that were written within a second of their source: Python compares whole seconds, and would go on
    using what it compiled before a second edit in the same second."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith((".", "_build"))]
        if "__pycache__" in folders:
            for source in (Path(folder, name) for name in files if name.endswith(".py")):
                for compiled in (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"):
                    if compiled.stat().st_mtime < source.stat().st_mtime + 1:
                        compiled.unlink(missing_ok=True)


class Engine:
    """Runs chapters in the warm process of `ledger.build.execution.runner`. Submit all that must run, then take the results one by one."""

    def __init__(self, jobs: int, cache: Path = CACHE, limit: int = 120):
        self.jobs, self.cache, self.limit = (
            jobs,
            cache,
            limit,
        )  # limit: seconds that a cell may take
        self.process: subprocess.Popen | None = None
        self.notebooks: dict[str, NotebookNode] = {}  # submitted
        self.runs: dict[str, int] = {}  # page → how often it was submitted
        self.running: dict[str, int] = {}  # page → the code cell it has come to
        self.ended: dict[str, str | ChapterError] = {}  # page → key, or how it failed

    @functools.cached_property
    def kept(self) -> Kept:
        return Kept(self.cache)

    def start(self) -> None:
        """Start the warm process, which takes a second in which the build can do other things."""
        self.folder = tempfile.mkdtemp(prefix="chapters-")
        _drop_doubtful_bytecode()
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
            "PYTHONHASHSEED": "0",  # the rest so that a chapter puts out the same whatever the machine and whoever builds
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "MPLBACKEND": "Agg",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        # a session of its own: Ctrl-C reaches the build, and the end of the build ends the warm process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ledger.build.execution.runner", str(self.jobs), self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=ROOT,
            start_new_session=True,
        )

    def submit(self, page: str, notebook: NotebookNode) -> None:
        """Have a chapter run as soon as a worker is free."""
        if self.process is None:
            self.start()
        starts = notebook.metadata["source_map"]
        code = [
            (cell, starts[i]) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"
        ]
        cells = [
            {
                "number": n,
                "line": line + 1,
                "source": cell.source,
                "tags": cell.metadata.get("tags", []),
            }
            for n, (cell, line) in enumerate(code, start=1)
        ]
        self.notebooks[page], self.runs[page] = notebook, self.runs.get(page, 0) + 1
        with contextlib.suppress(BrokenPipeError):  # the warm process has ended, which `wait` says
            asks, _ = self._pipes()
            asks.write(
                json.dumps(
                    {"page": page, "run": self.runs[page], "cells": cells, "limit": self.limit}
                ).encode()
                + b"\n"
            )
            asks.flush()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Return what the warm process reads and what it writes."""
        if self.process is None or self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("no process runs chapters: start() comes first")
        return self.process.stdin, self.process.stdout

    def outputs(self, page: str, notebook: NotebookNode, say=print) -> str:
        """Run a chapter, unless it was submitted as it is now, and return the key of its outputs. Raises ChapterError when it failed."""
        if page not in self.notebooks or _cells(self.notebooks[page]) != _cells(notebook):
            self.ended.pop(page, None)
            self.submit(page, notebook)
        return self.wait(page, say)

    def wait(self, page: str, say=print) -> str:
        """Return the key of a submitted chapter once it has run. Raises ChapterError when it failed."""
        while page not in self.ended:
            line = self._pipes()[1].readline()
            if not line:
                raise ChapterError(
                    page, "the process that runs the chapters ended; see its message above"
                )
            self._take(json.loads(line), say)
            self._show()
        ended = self.ended[page]
        if isinstance(ended, ChapterError):
            raise ended
        return ended

    def wait_for_all(self, say=print) -> list[ChapterError]:
        """Wait until every submitted chapter has ended and return the failures, in the order of the pages."""
        for page in self.notebooks:
            try:
                self.wait(page, say)
            except ChapterError as error:
                self.ended[page] = error
        return [error for _, error in sorted(self.ended.items()) if isinstance(error, ChapterError)]

    def _take(self, news: dict, say) -> None:
        page = news["page"]
        if news["run"] != self.runs[page]:
            return  # the page was edited and submitted anew meanwhile
        if "cell" in news:
            self.running[page] = news["cell"]
            return
        self.running.pop(page, None)
        if "failure" in news:
            self.ended[page] = ChapterError(page, **news["failure"])
        else:
            try:
                ran = json.loads(Path(news["result"]).read_text(encoding="utf-8"))
                os.unlink(news["result"])
                self.ended[page] = self.kept.keep(
                    page, self.notebooks[page], ran["cells"], ran["inputs"]
                )
            except (
                Exception
            ) as error:  # a full disk, mostly, which the database words in its own way
                self.ended[page] = ChapterError(
                    page,
                    f"it ran, and what it put out could not be kept: {(str(error.__cause__ or error).splitlines() or [repr(error)])[0]}",
                )
        self._show(nothing=True)
        say(
            f"{'executed' if 'result' in news else 'FAILED'} {page} in {news['seconds']:.1f} s ({len(self.ended)} of {len(self.notebooks)})"
        )

    def _show(self, nothing: bool = False) -> None:
        """On a terminal, say in one line that is written over what runs; elsewhere the line for each chapter that ended must do."""
        if sys.stdout.isatty():
            cells = {
                page: sum(cell.cell_type == "code" for cell in self.notebooks[page].cells)
                for page in self.running
            }
            running = ", ".join(
                f"{page} (cell {cell} of {cells[page]})"
                for page, cell in sorted(self.running.items())
            )
            line = f"running {running}; {len(self.ended)} of {len(self.notebooks)} done"
            print(
                "\r\x1b[K"
                + (
                    "" if nothing or not running else line[: shutil.get_terminal_size().columns - 1]
                ),
                end="",
                flush=True,
            )

    def close(self) -> None:
        """End the warm process and everything that still runs in it."""
        if self.process is not None:
            asks, tells = self._pipes()
            with contextlib.suppress(BrokenPipeError):
                asks.close()
            tells.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
            shutil.rmtree(self.folder, ignore_errors=True)
            self.process = None
