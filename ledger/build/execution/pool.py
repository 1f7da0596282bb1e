"""Run chapters side by side in the warm process (`ledger.build.execution.worker`), for a build."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ledger.build.execution.cache import CACHE, OutputCache, cells_hash
from ledger.core.config import ROOT

if TYPE_CHECKING:
    from nbformat import NotebookNode

Say = Callable[[str], object]
# name → the module that runs as a process of its own and takes the chapters
ENGINES = {"fork": "ledger.build.execution.worker", "kernels": "ledger.build.execution.kernels"}
ENGINE_WORDS = {"fork": "forks of one warm process", "kernels": "Jupyter kernels"}
PATIENCE = 60  # seconds past a cell's limit until the warm process is taken for stopped


class ChapterError(Exception):
    """A chapter failed: says page, file, cell and line, and why.

    `outputs` holds what its cells had put out until then.
    """

    def __init__(
        self, page: str, reason: str, cell: int = 0, line: int = 1, cells: list | None = None
    ):
        self.page, self.cell, self.line, self.reason = page, cell, line, reason
        self.outputs = cells or []
        super().__init__(f"{page}.md:{line}: " + (f"cell {cell}: " if cell else "") + reason)


def worker_count() -> int:
    """Return how many chapters run at once: LEDGER_JOBS, or as many as there are cores."""
    jobs = os.environ.get("LEDGER_JOBS", "").strip()
    if jobs:
        return int(jobs)
    affinity = getattr(os, "sched_getaffinity", None)  # on Linux: those this process may use
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def engine() -> str:
    """Return what runs the chapters: LEDGER_ENGINE, or forks on Linux and else Jupyter kernels."""
    default = "fork" if sys.platform == "linux" and hasattr(os, "fork") else "kernels"
    return os.environ.get("LEDGER_ENGINE", "").strip() or default


def remove_stale_pyc() -> None:
    """Remove compiled modules that were written within a second of their source.

    Python compares whole seconds, and would go on using what it compiled before a second edit in
    the same second.
    """
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith((".", "_build"))]
        if "__pycache__" not in folders:
            continue
        for source in (Path(folder, name) for name in files if name.endswith(".py")):
            for compiled in (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"):
                if compiled.stat().st_mtime < source.stat().st_mtime + 1:
                    compiled.unlink(missing_ok=True)


def _environment() -> dict[str, str]:
    """Return the environment of the warm process: chapters put out the same on every machine."""
    paths = (str(ROOT), os.environ.get("PYTHONPATH"))
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


class ChapterPool:
    """Chapters that run in the warm process: submit all that must run, then take each result.

    Parameters
    ----------
    jobs : how many run at once.
    folder : where their outputs are kept.
    limit : seconds that a cell may take.
    """

    def __init__(self, jobs: int, folder: Path = CACHE, limit: int = 120):
        self.jobs, self.cache_folder, self.limit = jobs, folder, limit
        self.process: subprocess.Popen | None = None
        self.notebooks: dict[str, NotebookNode] = {}  # submitted
        self.runs: dict[str, int] = {}  # page → how often it was submitted
        self.running: dict[str, int] = {}  # page → number of the code cell that runs
        self.ended: dict[str, str | ChapterError] = {}  # page → key, or how it failed
        self.rest = b""  # of the messages, a line that is not yet whole

    @functools.cached_property
    def cache(self) -> OutputCache:
        """The outputs of chapters that ran, in this build or before."""
        return OutputCache(self.cache_folder)

    def start(self) -> None:
        """Start the warm process; it loads for a second, in which a build does other things."""
        self.folder = tempfile.mkdtemp(prefix="chapters-")
        remove_stale_pyc()
        # a session of its own: Ctrl-C reaches the build, whose end ends the warm process
        self.process = subprocess.Popen(
            [sys.executable, "-m", ENGINES[engine()], str(self.jobs), self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            cwd=ROOT,
            start_new_session=True,
        )

    def submit(self, page: str, notebook: NotebookNode) -> None:
        """Have a chapter run as soon as a worker is free."""
        if self.process is None:
            self.start()
        lines = notebook.metadata["source_map"]
        code = [(c, line) for c, line in zip(notebook.cells, lines) if c.cell_type == "code"]
        cells = [
            {
                "number": number,
                "line": line + 1,
                "source": cell.source,
                "tags": cell.metadata.get("tags", []),
            }
            for number, (cell, line) in enumerate(code, start=1)
        ]
        self.notebooks[page], self.runs[page] = notebook, self.runs.get(page, 0) + 1
        job = {"page": page, "run": self.runs[page], "cells": cells, "limit": self.limit}
        with contextlib.suppress(BrokenPipeError):  # the warm process has ended: see `wait`
            jobs, _ = self._pipes()
            jobs.write(json.dumps(job).encode() + b"\n")
            jobs.flush()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Return standard input and output of the warm process."""
        if self.process is None or self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("no process runs chapters: call start() first")
        return self.process.stdin, self.process.stdout

    def run(self, page: str, notebook: NotebookNode, say: Say = print) -> str:
        """Run a chapter, unless it was submitted as it is now, and return its outputs' key.

        Raises ChapterError when it failed.
        """
        if page not in self.notebooks or cells_hash(self.notebooks[page]) != cells_hash(notebook):
            self.ended.pop(page, None)
            self.submit(page, notebook)
        return self.wait(page, say)

    def wait(self, page: str, say: Say = print) -> str:
        """Return the key of a submitted chapter's outputs once it has run.

        Raises ChapterError when it failed.
        """
        while page not in self.ended:
            self._show()
            try:
                line = self._next_message(page)
            finally:
                self._show(nothing=True)  # whatever is said next has the line to itself
            if not line:
                reason = "the process that runs the chapters ended; see its message above"
                raise ChapterError(page, reason)
            self._take(json.loads(line), say)
        ended = self.ended[page]
        if isinstance(ended, ChapterError):
            raise ended
        return ended

    def _next_message(self, page: str) -> bytes:
        """Return the next line of the warm process, empty once it has ended.

        Raises ChapterError, and ends the process, when it says nothing for so long that any cell
        would have been stopped.
        """
        messages = self._pipes()[1]
        timeout = self.limit + PATIENCE if self.limit > 0 else None
        while b"\n" not in self.rest:
            if not select.select([messages], [], [], timeout)[0]:
                if self.process:
                    self.process.kill()
                reason = f"the process that runs the chapters was stopped: silent for {timeout} s"
                raise ChapterError(page, reason)
            received = os.read(messages.fileno(), 1 << 16)
            if not received:
                return b""
            self.rest += received
        line, _, self.rest = self.rest.partition(b"\n")
        return line

    def wait_for_all(self, say: Say = print) -> list[ChapterError]:
        """Wait until every submitted chapter has ended; return the failures, sorted by page."""
        for page in self.notebooks:
            try:
                self.wait(page, say)
            except ChapterError as error:
                self.ended[page] = error
        return [error for _, error in sorted(self.ended.items()) if isinstance(error, ChapterError)]

    def _take(self, message: dict, say: Say) -> None:
        """Take a message of the warm process: a cell begins, or a chapter ended."""
        page = message["page"]
        if message["run"] != self.runs[page]:
            return  # the page was edited and submitted anew meanwhile
        if "cell" in message:
            self.running[page] = message["cell"]
            return
        self.running.pop(page, None)
        if "failure" in message:
            self.ended[page] = ChapterError(page, **message["failure"])
        else:
            self.ended[page] = self._store(page, Path(message["result"]))
        outcome = "executed" if "result" in message else "FAILED"
        count = f"{len(self.ended)} of {len(self.notebooks)}"
        say(f"{outcome} {page} in {message['seconds']:.1f} s ({count})")

    def _store(self, page: str, result: Path) -> str | ChapterError:
        """Put the outputs of a chapter that ran into the cache."""
        try:
            ran = json.loads(result.read_text(encoding="utf-8"))
            result.unlink()
            return self.cache.store(page, self.notebooks[page], ran["cells"], ran["inputs"])
        except Exception as error:  # a full disk, mostly, which the database words in its own way
            first = (str(error.__cause__ or error).splitlines() or [repr(error)])[0]
            return ChapterError(page, f"it ran, and what it put out could not be kept: {first}")

    def _show(self, nothing: bool = False) -> None:
        """Show on a terminal, in one line that is overwritten, which chapters run."""
        if not sys.stdout.isatty():
            return  # the line for each chapter that ended must do
        parts = []
        for page, cell in sorted(self.running.items()):
            cells = sum(cell.cell_type == "code" for cell in self.notebooks[page].cells)
            parts.append(f"{page} (cell {cell} of {cells})")
        line = ""
        if parts and not nothing:
            done = f"{len(self.ended)} of {len(self.notebooks)} done"
            line = f"running {', '.join(parts)}; {done}"
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{line[:width]}", end="", flush=True)

    def close(self) -> None:
        """End the warm process and everything that still runs in it."""
        if self.process is None:
            return
        jobs, messages = self._pipes()
        with contextlib.suppress(BrokenPipeError):
            jobs.close()
        messages.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.process = None
