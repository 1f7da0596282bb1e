"""Run one chapter's cells in an IPython shell, in a child of the warm process.

The child works in an empty temporary folder and hands back outputs as a notebook holds them.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from nbformat.v4 import new_output

from ledger.build.execution import processes
from ledger.build.execution.shell import Shell, Stream
from ledger.build.foreign import blocked_output
from ledger.core import fingerprints, tables
from ledger.core.config import DATA, PACKAGE, ROOT

MAX_PRINTED = 1_000_000  # bytes of text of a chapter: more is a slip, and a page nobody can load
MAX_SHOWN = 20_000_000  # bytes of charts and tables of a chapter
MAX_FILE = 200_000_000  # bytes of a file that a chapter writes
# audit events of Python
PROCESS_EVENTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"}
# event → how many of its details are paths that it changes
CHANGE_EVENTS = {
    "os.remove": 1,
    "os.rename": 2,
    "os.mkdir": 1,
    "os.rmdir": 1,
    "os.truncate": 1,
    "os.link": 2,
    "os.symlink": 2,
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
TABLE_MODULES = (tables.__file__, fingerprints.__file__)


class OutputLimitError(Exception):
    """A chapter put out more than a page can carry."""


class BlockedOutputError(Exception):
    """A cell shows what the policy of the pages keeps from readers."""


class ChapterFailure(Exception):
    """A chapter cannot be published: why, in which cell, on which line of its file."""

    def __init__(self, reason: str, **position: int):
        super().__init__(reason)
        self.position = position


def run_chapter(job: dict, home: str, result: Path, channel: int) -> None:
    """Run a chapter and write its result; never returns.

    Where it is and how it fails goes to the pipe `channel`, as lines of JSON.
    """

    def send(**message) -> None:
        rest = json.dumps(message).encode() + b"\n"
        while rest:  # a signal may cut short what is more than the pipe takes at once
            rest = rest[os.write(channel, rest) :]

    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    chapter = begin(job["cells"], home, send)
    status = 1
    try:
        chapter.run()
        content = json.dumps({"cells": chapter.done, "inputs": chapter.inputs()})
        partial = result.with_suffix(".part")
        partial.write_text(content, encoding="utf-8")
        os.replace(partial, result)
        status = 0
    except ChapterFailure as failure:
        send(failure={"reason": str(failure), **failure.position})
    except BaseException as error:
        result.with_suffix(".part").unlink(missing_ok=True)
        reason = f"the chapter ran, and its result could not be written: {_reason(error)}"
        send(failure={"reason": reason})
    os._exit(status)


def begin(cells: list[dict], home: str, send: Callable[..., None]) -> Chapter:
    """Confine this process to the folder `home`, and return the chapter that it is to run."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails with an error of its own
    os.chdir(home)
    os.environ["TMPDIR"] = tempfile.tempdir = home
    printed = os.open("printed by programs", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream in (1, 2):
        os.dup2(printed, stream)
    return Chapter(cells, send, printed)


class Chapter:
    """The cells of a chapter, run one after another in a shell, and their outputs."""

    def __init__(self, cells: list[dict], send: Callable[..., None], printed: int):
        self.cells, self.send, self.printed = cells, send, printed
        self.done: list[dict] = []  # for each cell its number, execution count and outputs
        self.outputs: list[dict] = []  # of the cell that runs
        self.cell: dict = {"number": 0, "line": 1}
        self.line = 1  # of the chapter's file: of the statement that runs
        self.home = os.getcwd()
        self.size = {"stream": 0, "shown": 0}
        self.refused: Exception | None = None  # what a cell put out
        self.opened: set[str] = set()
        # thread or process → cell and line where it was started
        self.started: dict[threading.Thread | int, dict] = {}
        self.threads = set(threading.enumerate())  # of the process, not of a cell
        self.spawned: dict = {}  # cell and line where the last process was started
        self.shell = Shell.instance()
        self.shell.chapter = self
        self.shell.colors = "nocolor"
        sys.stdout, sys.stderr = Stream(self, "stdout"), Stream(self, "stderr")
        sys.addaudithook(self.watch)

    def run(self) -> None:
        """Run all cells. Raises ChapterFailure."""
        for cell in self.cells:
            self.run_cell(cell)
        self.check_no_leaks()

    def run_cell(self, cell: dict) -> None:
        """Run a cell, unless it is tagged to be skipped. Raises ChapterFailure."""
        self.cell, self.outputs = cell, []
        self.send_position(1)
        if "skip-execution" in cell["tags"]:
            return
        outcome = self.shell.run_cell(cell["source"], store_history=True)
        self._take_printed()
        ran = {
            "number": cell["number"],
            "execution_count": outcome.execution_count,
            "outputs": self.outputs,
        }
        self.done.append(ran)
        self.send(ran=ran)  # now, since the process may not live to tell it at the end
        error = outcome.error_before_exec or outcome.error_in_exec
        if error is not None and "raises-exception" not in cell["tags"]:
            raise ChapterFailure(_reason(error), line=self._line_of_error(error))
        if error is None and (unshown := _first_error(self.outputs)):
            reason = f"{unshown['ename']}: {unshown['evalue']}"
            raise ChapterFailure(f"the result cannot be shown: {reason}", line=self.line)
        if self.refused:  # a cell may have caught it, and its page would lack the rest
            raise ChapterFailure(_reason(self.refused))
        for pid in processes.child_processes():
            self.started.setdefault(pid, self.spawned)

    def send_position(self, line: int) -> None:
        """Tell the parent which line of the present cell runs."""
        self.line = self.cell["line"] + line - 1
        self.send(cell=self.cell["number"], line=self.line)

    def note_threads(self, line: int) -> None:
        """Note threads that the statement on this line of the cell started and that still run."""
        scripts = self.shell.magics_manager.registry.get("ScriptMagics")
        loop = getattr(scripts, "event_loop", None)  # of %%bash and its like, which stays
        position = {"cell": self.cell["number"], "line": self.cell["line"] + line - 1}
        for thread in threading.enumerate():
            if loop is not None and getattr(thread, "_target", None) == loop.run_forever:
                continue
            if thread not in self.threads:
                self.started.setdefault(thread, position)

    def check_no_leaks(self) -> None:
        """Raise ChapterFailure if a thread or process that a cell started still runs."""
        for thread in threading.enumerate():
            if thread in self.started:
                raise ChapterFailure(
                    f"the chapter ends and leaves a thread running: {thread.name}. "
                    "Join it, or shut its pool down",
                    **self.started[thread],
                )
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass  # it has ended, and nobody asked how
        except ChildProcessError:
            return  # there is none
        for pid in processes.child_processes() or [0]:
            command = processes.command(pid)
            # Python's own helpers end with the chapter
            if "from multiprocessing." not in command:
                raise ChapterFailure(
                    "the chapter ends and leaves a process running: "
                    f"{command[:60] or pid or 'of unknown name'}. Wait for it, or end it",
                    **self.started.get(pid, self.spawned),
                )

    def put(self, kind: str, data: dict, metadata: dict | None, **more) -> None:
        """Add what a cell shows, by MIME type, to its outputs."""
        data = {
            mime: base64.b64encode(content).decode() if isinstance(content, bytes) else content
            for mime, content in data.items()
        }
        if reason := next(blocked_output(data), ""):
            self._refuse(BlockedOutputError(reason))
        # raises UnicodeEncodeError for half a character, which no page can hold
        self._count("shown", len(json.dumps(data, ensure_ascii=False).encode()), MAX_SHOWN)
        self.outputs.append(new_output(kind, data=data, metadata=metadata or {}, **more))

    def write(self, name: str, text: str) -> None:
        """Add what a cell prints to its outputs."""
        self._count("stream", len(text.encode()), MAX_PRINTED)  # raises as `put` does
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        elif text:
            self.outputs.append(new_output("stream", name=name, text=text))

    def _count(self, kind: str, size: int, limit: int) -> None:
        self.size[kind] += size
        if self.size[kind] > limit:
            verb = "printed" if kind == "stream" else "shown"
            self._refuse(OutputLimitError(f"the chapter has {verb} more than {limit:,} bytes"))

    def _refuse(self, error: Exception) -> None:
        self.refused = error
        raise error

    def _take_printed(self) -> None:
        """Add what the cell's subprocesses and libraries wrote to the terminal, past Python."""
        if not (size := os.fstat(self.printed).st_size):
            return
        text = os.pread(self.printed, min(size, MAX_PRINTED + 1), 0).decode("utf-8", "replace")
        os.ftruncate(self.printed, 0)
        try:
            self.write("stdout", text)
        except OutputLimitError as error:
            raise ChapterFailure(_reason(error)) from None

    def watch(self, event: str, details: tuple) -> None:
        """Record, as an audit hook, which files a cell opens and where it starts processes."""
        if event == "open":
            if isinstance(details[0], (str, bytes)):
                flags = details[2] or 0
                if flags & WRITING:
                    self._refuse_change(details[0])
                self._record_opened(os.path.abspath(os.fsdecode(details[0])), flags)
        elif event in CHANGE_EVENTS:
            for path in details[: CHANGE_EVENTS[event]]:
                self._refuse_change(path)
        elif event in PROCESS_EVENTS:
            self.spawned = self.here()

    def _refuse_change(self, path) -> None:
        """Raise PermissionError for a file of the checkout that is not made by builds."""
        if isinstance(path, int):
            return
        path = os.path.abspath(os.fsdecode(path))
        within = None if path.startswith(f"{self.home}{os.sep}") else _within_checkout(path)
        if (
            within
            and not within.parts[0].startswith((".", "_build"))
            and "__pycache__" not in within.parts
        ):
            raise PermissionError(
                f"a chapter changes no file of the book, here {within.as_posix()}. Write into the "
                "folder in which it runs, or make the file a table"
            )

    def _record_opened(self, path: str, flags: int) -> None:
        """Record a file of the checkout as an input, unless the chapter writes it itself.

        What the cell uses is recorded before it is read: the page depends on it.
        """
        if path in self.opened or path.startswith(f"{DATA}{os.sep}") and _in_table_code():
            return
        self.opened.add(path)
        if not flags & os.O_TRUNC:
            _record_file(path)

    def here(self) -> dict[str, int]:
        """Return cell and line of the chapter's file that are being run."""
        line = self._line(traceback.walk_stack(sys._getframe()))
        return {"cell": self.cell["number"], "line": line}

    def inputs(self) -> dict[str, str]:
        """Return what the page depends on, name → hash (see `ledger.core.fingerprints`)."""
        record_modules()
        for path in Path(__file__).parent.glob("*.py"):  # of both engines: the same key for each
            _record_file(str(path))
        for name in fingerprints.GLOBAL:
            fingerprints.record(name)
        return dict(sorted(fingerprints.recorded.items()))

    def _line_of_error(self, error: BaseException) -> int:
        if (
            isinstance(error, SyntaxError)
            and error.lineno
            and str(error.filename).startswith("<ipython-input-")
        ):
            return self.cell["line"] + error.lineno - 1
        return self._line(reversed(list(traceback.walk_tb(error.__traceback__))))

    def _line(self, frames: Iterable) -> int:
        """Return the line of the chapter's file at which `frames` left the present cell.

        `frames` are pairs of frame and line, the innermost first.
        """
        name = f"<ipython-input-{self.shell.execution_count - 1}-"
        lines = [
            line for frame, line in frames if frame.f_code.co_filename.startswith(name) and line
        ]
        return self.cell["line"] + (lines or [1])[-1] - 1


def record_modules() -> None:
    """Record as inputs the files of all modules that are imported."""
    for module in list(sys.modules.values()):
        if file := getattr(module, "__file__", None):
            _record_file(str(file))


def _record_file(path: str) -> None:
    """Record a file as an input if it is the checkout's own; of a compiled module its source."""
    folder, name = os.path.split(path)
    if os.path.basename(folder) == "__pycache__":
        path = os.path.join(os.path.dirname(folder), name.partition(".")[0] + ".py")
    within = _within_checkout(path)
    if within and not any(part.startswith((".", "_build")) for part in within.parts):
        fingerprints.record(f"file {within.as_posix()}")


def _within_checkout(path: str) -> Path | None:
    """Return a path relative to the checkout, None for one outside."""
    base = PACKAGE.parent if path.startswith(f"{PACKAGE}{os.sep}") else ROOT
    return Path(path).relative_to(base) if path.startswith(f"{base}{os.sep}") else None


def _in_table_code() -> bool:
    """Tell whether `ledger.core.tables` reads: it records only the entries that are asked for."""
    return any(
        frame.f_code.co_filename in TABLE_MODULES
        for frame, _ in traceback.walk_stack(sys._getframe())
    )


def _first_error(outputs: list[dict]) -> dict | None:
    return next((output for output in outputs if output["output_type"] == "error"), None)


def _reason(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"the cell called exit{f' with {error}' if str(error) else ''}"
    said = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
    columns = _columns_searched(error) if isinstance(error, KeyError) else ()
    return f"{said}. Its columns: {', '.join(columns)}" if columns else said


def _columns_searched(error: KeyError) -> list[str]:
    """Return the columns of the data frame that lacks the one asked for, none for another key."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        of = frame.f_locals.get("self")
        if frame.f_code.co_name == "__getitem__" and type(of).__name__ == "DataFrame":
            return [str(column) for column in of.columns]
    return []
