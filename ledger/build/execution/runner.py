"""A warm process that runs chapters side by side, each in a fork of its own.

Starting a kernel and importing pandas and matplotlib takes ten times as long as running a chapter. Here that is paid once: this
process imports them, then forks a child for every chapter, so that no chapter sees anything of another. A child runs the cells in an
IPython shell, in an empty temporary folder, and hands back the outputs as a notebook would hold them.

Jobs come as lines of JSON on standard input, news of them goes as lines of JSON to standard output:

    {"page", "run", "cells": [{"number", "line", "source", "tags"}], "limit": seconds a cell}  run: tells submissions of a page apart
    {"page", "run", "cell": the number of the code cell that begins}
    {"page", "run", "seconds", "result": file}  or  with "failure": {"cell", "line", "reason", "cells": what was put out until then}

When standard input closes, whatever still runs is killed: nothing outlives the build. On Linux that holds also for processes that a
chapter detached from itself: they fall to this process, which kills them.
"""

from __future__ import annotations

import base64
import ctypes
import gc
import importlib
import io
import json
import math
import os
import resource
import selectors
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from ledger.core import fingerprints, tables
from ledger.core.config import DATA, PACKAGE, ROOT

PRELOAD = [
    "pandas",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "frictionless",
    "IPython.core.interactiveshell",
    "myst_nb.ext.glue",
    "nbformat.v4",
]
PRINTED = 1_000_000  # bytes of text a chapter may print: more is a slip, and would make a page nobody can load
SHOWN = 20_000_000  # bytes of charts and tables a chapter may show
WRITTEN = 200_000_000  # bytes a file that a chapter writes may have
RARELY = (
    50_000,
    20,
    20,
)  # garbage collection as often as Python does by itself takes a tenth of the time
TABLES = tables.__file__
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"}  # audit events
DIE_WITH_PARENT, ADOPT_ORPHANS = 1, 36  # what Linux can be asked to do with a process

outbox = bytearray()  # what the build has still to be told


class Excess(Exception):
    """A chapter put out more than a page can carry."""


def _ask_linux(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _children() -> list[int]:
    """Return the processes whose parent is this one; none where the system does not list them."""
    try:
        return [
            int(pid)
            for thread in os.listdir("/proc/self/task")
            for pid in Path(f"/proc/self/task/{thread}/children").read_text().split()
        ]
    except OSError:
        return []


# --- the warm process -----------------------------------------------------------------------------------------------------------


def serve(jobs: int, folder: str) -> None:
    """Run the chapters that come on standard input, at most `jobs` at once, until standard input closes; then remove `folder`, where
    they work and leave their results."""
    for name in PRELOAD:
        importlib.import_module(name)
    sys.modules["frictionless"].Resource(
        data=b"warm\n1\n", format="csv"
    ).validate()  # it loads half of itself at its first check
    gc.collect()
    gc.freeze()  # the children share these pages of memory; without it their garbage collection copies them
    gc.set_threshold(*RARELY)
    _note_modules()
    _ask_linux(ADOPT_ORPHANS, 1)
    ended, wake = os.pipe()
    for end in (ended, wake, 1):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)  # the end of a child wakes the loop below
    inbox, rest = selectors.DefaultSelector(), b""
    inbox.register(0, selectors.EVENT_READ)
    inbox.register(ended, selectors.EVENT_READ)
    waiting: list[dict] = []
    running: dict[int, Child] = {}
    try:
        while True:
            while waiting and len(running) < jobs:
                job = waiting.pop(0)
                try:
                    child = Child(job, folder)
                except OSError as error:
                    tell(
                        job,
                        seconds=0,
                        failure={"reason": f"the chapter could not be started: {error}"},
                    )
                    continue
                running[child.news] = child
                inbox.register(child.news, selectors.EVENT_READ)
            if outbox and 1 not in inbox.get_map():
                inbox.register(1, selectors.EVENT_WRITE)
            due = min((child.due for child in running.values()), default=None)
            for key, _ in inbox.select(
                None if due in (None, math.inf) else max(0.0, due - time.monotonic())
            ):
                if key.fd in running:
                    running[key.fd].listen()
                elif key.fd == 1:
                    del outbox[: os.write(1, outbox)]
                    if not outbox:
                        inbox.unregister(1)
                elif got := os.read(key.fd, 1 << 16):
                    if key.fd == 0:
                        *lines, rest = (rest + got).split(b"\n")
                        waiting += [json.loads(line) for line in lines]
                else:
                    return  # the build has ended, or was killed
            for child in list(running.values()):
                if child.has_ended() or child.due <= time.monotonic():
                    inbox.unregister(child.news)
                    del running[child.news]
                    ended_so = child.end()
                    _kill_orphans({each.pid for each in running.values()})
                    tell(child.job, **ended_so)
    except BrokenPipeError:
        return  # as above
    finally:
        for child in running.values():
            child.end()
        _kill_orphans(set())
        shutil.rmtree(folder, ignore_errors=True)


def tell(job: dict, **news) -> None:
    """Tell the build of a chapter as soon as it listens. It may be busy with a page; chapters must be stopped in time all the same."""
    outbox.extend(json.dumps({"page": job["page"], "run": job["run"], **news}).encode() + b"\n")


def _kill_orphans(spared: set[int]) -> None:
    """Kill what chapters that ended had detached from themselves: these processes are now children of this one, and no chapters."""
    while orphans := set(_children()) - spared:
        for pid in orphans:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except PermissionError:  # it runs as somebody else
                spared = spared | {pid}


class Child:
    """One chapter that runs: its process, the pipe on which it says where it is, and when it is overdue."""

    def __init__(self, job: dict, folder: str):
        self.job, self.at, self.ran, self.rest, self.status, self.failure = (
            job,
            {"cell": 0, "line": 1},
            [],
            b"",
            None,
            None,
        )
        self.result = Path(folder, f"{job['page'].replace('/', '--')} {job['run']}.json")
        self.started = time.monotonic()
        self.limit = (
            job["limit"] if job["limit"] > 0 else math.inf
        )  # Jupyter writes -1 for no limit
        self.due = self.started + self.limit
        self.home = tempfile.mkdtemp(prefix="chapter-", dir=folder)
        self.news, theirs = os.pipe()
        os.set_blocking(self.news, False)
        warm = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            try:
                _ask_linux(DIE_WITH_PARENT, signal.SIGKILL)
                _ask_linux(ADOPT_ORPHANS, 1)
                if os.getppid() == warm:  # else it has died already
                    _be_chapter(job, self.home, self.result, theirs)
            finally:
                os._exit(1)
        os.close(theirs)

    def listen(self) -> None:
        """Take what the child says: the cell and line it has come to, what a cell put out, or that it failed."""
        try:
            while got := os.read(self.news, 1 << 16):
                *lines, self.rest = (self.rest + got).split(b"\n")
                for said in map(json.loads, lines):
                    if "failure" in said:
                        self.failure = said["failure"]
                    elif "ran" in said:
                        self.ran.append(said["ran"])
                    elif said["cell"] != self.at["cell"]:
                        self.due = time.monotonic() + self.limit
                        tell(self.job, cell=said["cell"])
                    self.at |= {key: said[key] for key in ("cell", "line") if key in said}
        except BlockingIOError:
            pass

    def has_ended(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    def kill(self) -> None:
        """Kill the chapter and the processes it started, as far as any are left."""
        for kill in (os.killpg, os.kill):
            try:
                kill(self.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass

    def end(self) -> dict:
        """Clear up after the child and return what to report of it."""
        self.listen()
        late = self.status is None
        self.kill()
        if late:
            os.waitpid(self.pid, 0)
        os.close(self.news)
        shutil.rmtree(self.home, ignore_errors=True)
        report: dict = {"seconds": round(time.monotonic() - self.started, 2)}
        if late:
            reason = f"it ran past its limit of {self.limit} seconds and was stopped"
        elif self.failure:
            return report | {"failure": {**self.at, **self.failure, "cells": self.ran}}
        elif self.status == 0 and self.result.exists():
            return report | {"result": str(self.result)}
        elif os.WIFSIGNALED(self.status):
            reason = f"the chapter's process was killed by {signal.Signals(os.WTERMSIG(self.status)).name}"
        else:
            reason = f"the chapter's process ended by itself, with exit status {os.WEXITSTATUS(self.status)}"
        return report | {"failure": {**self.at, "reason": reason, "cells": self.ran}}


# --- in the child ---------------------------------------------------------------------------------------------------------------


def _be_chapter(job: dict, home: str, result: Path, news: int) -> None:
    """Run a chapter and write its result; never returns. What goes wrong is said on `news`, with cell and line."""

    def say(**words) -> None:
        os.write(news, json.dumps(words).encode() + b"\n")

    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN, WRITTEN))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails with an error of its own
    os.chdir(home)
    os.environ["TMPDIR"] = tempfile.tempdir = home
    printed = os.open("printed by programs", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    for stream in (0, 1, 2):
        os.dup2(os.open(os.devnull, os.O_RDONLY) if stream == 0 else printed, stream)
    chapter = Chapter(job, say, printed)
    try:
        chapter.run()
        content = json.dumps({"cells": chapter.done, "inputs": chapter.used()})
        aside = result.with_suffix(".part")
        aside.write_text(content, encoding="utf-8")
        os.replace(aside, result)
        status = 0
    except Failure as failure:
        say(failure={"reason": str(failure), **failure.place})
        status = 1
    except BaseException as error:
        result.with_suffix(".part").unlink(missing_ok=True)
        say(
            failure={
                "reason": f"the chapter ran, and its result could not be written: {_reason(error)}"
            }
        )
        status = 1
    os._exit(status)


class Failure(Exception):
    """A chapter cannot be published: why, in which cell, on which line of its file."""

    def __init__(self, reason: str, **place: int):
        super().__init__(reason)
        self.place = place


class Chapter:
    """The cells of a chapter, run one after another in a shell, and what they put out."""

    def __init__(self, job: dict, say, printed: int):
        from IPython.core.displayhook import DisplayHook
        from IPython.core.displaypub import DisplayPublisher
        from IPython.core.interactiveshell import InteractiveShell
        from nbformat.v4 import new_output

        chapter = self
        self.cells, self.say, self.printed, self.new_output = job["cells"], say, printed, new_output
        self.done: list[dict] = []  # for each cell its number, execution count and outputs
        self.outputs: list[dict] = []  # of the cell that runs
        self.cell = {"number": 0, "line": 1}
        self.size = {"stream": 0, "shown": 0}
        self.excess: Excess | None = None
        self.opened: set[str] = set()
        self.started: dict[
            threading.Thread | int, dict
        ] = {}  # thread or process → cell and line where it was started
        self.spawned: dict = {}  # cell and line where the last process was started

        class Hook(DisplayHook):
            def write_output_prompt(self):
                pass

            def write_format_data(self, format_dict, md_dict=None):
                chapter.put(
                    "execute_result", format_dict, md_dict, execution_count=self.prompt_count
                )

            def finish_displayhook(self):
                pass

        class Publisher(DisplayPublisher):
            def publish(self, data, metadata=None, **_):
                chapter.put("display_data", data, metadata)

            def clear_output(self, wait=False):
                chapter.outputs.clear()

        class Shell(InteractiveShell):
            displayhook_class, display_pub_class = Hook, Publisher

            async def run_code(self, code_obj, result=None, *, async_=False):
                first = min((line for *_, line in code_obj.co_lines() if line), default=1)
                say(cell=chapter.cell["number"], line=chapter.cell["line"] + first - 1)
                return await super().run_code(code_obj, result, async_=async_)

            def ask_exit(self):
                raise SystemExit

            def _showtraceback(self, etype, evalue, stb):
                chapter.outputs.append(
                    chapter.new_output(
                        "error", ename=etype.__name__, evalue=str(evalue), traceback=list(stb)
                    )
                )

            def init_history(self):  # no history file: chapters leave nothing behind
                from IPython.core.history import HistoryManager

                self.history_manager = HistoryManager(
                    shell=self, parent=self, enabled=False, hist_file=":memory:"
                )

        self.shell = Shell.instance()
        self.shell.colors = "nocolor"
        sys.stdout, sys.stderr = Stream(self, "stdout"), Stream(self, "stderr")
        sys.addaudithook(self.watch)
        start = threading.Thread.start

        def noted(thread):
            if (
                not sys._getframe(1).f_globals.get("__name__", "").startswith("IPython.")
            ):  # %%bash has one, which stays
                self.started[thread] = self.here()
            start(thread)

        threading.Thread.start = noted

    def run(self) -> None:
        for cell in self.cells:
            self.cell, self.outputs = cell, []
            self.say(cell=self.cell["number"], line=self.cell["line"])
            if "skip-execution" in self.cell["tags"]:
                continue
            outcome = self.shell.run_cell(self.cell["source"], store_history=True)
            self._take_what_programs_printed()
            error = outcome.error_before_exec or outcome.error_in_exec
            self.done.append(
                {
                    "number": self.cell["number"],
                    "execution_count": outcome.execution_count,
                    "outputs": self.outputs,
                }
            )
            self.say(ran=self.done[-1])  # now, since the process may not live to tell it at the end
            if error is not None and "raises-exception" not in self.cell["tags"]:
                if (
                    isinstance(error, SyntaxError)
                    and error.lineno
                    and str(error.filename).startswith("<ipython-input-")
                ):
                    raise Failure(_reason(error), line=self.cell["line"] + error.lineno - 1)
                raise Failure(
                    _reason(error),
                    line=self._line(reversed(list(traceback.walk_tb(error.__traceback__)))),
                )
            if self.excess:  # a cell may have caught it, and its page would lack the rest
                raise Failure(_reason(self.excess))
            for pid in _children():
                self.started.setdefault(pid, self.spawned)
        self._leave_nothing_running()

    def _leave_nothing_running(self) -> None:
        for thread in threading.enumerate():
            if thread in self.started:
                raise Failure(
                    f"the chapter ends and leaves a thread running: {thread.name}. Join it, or shut its pool down",
                    **self.started[thread],
                )
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass  # it has ended, and nobody asked how
        except ChildProcessError:
            return  # there is none
        for pid in _children() or [0]:
            if "from multiprocessing." not in (
                command := _command(pid)
            ):  # Python's own helpers end with the chapter
                raise Failure(
                    f"the chapter ends and leaves a process running: {command[:60] or pid or 'of unknown name'}. Wait for it, or end it",
                    **self.started.get(pid, self.spawned),
                )

    def put(self, kind: str, data: dict, metadata: dict | None, **more) -> None:
        data = {
            mime: base64.b64encode(each).decode() if isinstance(each, bytes) else each
            for mime, each in data.items()
        }
        self.count("shown", len(json.dumps(data)), SHOWN)
        self.outputs.append(self.new_output(kind, data=data, metadata=metadata or {}, **more))

    def write(self, name: str, text: str) -> None:
        self.count("stream", len(text), PRINTED)
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        elif text:
            self.outputs.append(self.new_output("stream", name=name, text=text))

    def count(self, kind: str, size: int, limit: int) -> None:
        self.size[kind] += size
        if self.size[kind] > limit:
            self.excess = Excess(
                f"the chapter has {'printed' if kind == 'stream' else 'shown'} more than {limit:,} bytes"
            )
            raise self.excess

    def watch(self, event: str, details: tuple) -> None:
        """Note every file of the checkout that a cell opens, before it reads it: whatever it reads, the page depends on."""
        if event == "open" and isinstance(details[0], (str, bytes)):
            path = os.path.abspath(os.fsdecode(details[0]))
            if path not in self.opened and not (
                path.startswith(f"{DATA}{os.sep}") and _asks_for_a_table()
            ):
                self.opened.add(path)
                if not (details[2] or 0) & os.O_TRUNC:  # what it writes itself is no input
                    _note_file(path)
        elif event in STARTS:
            self.spawned = self.here()

    def here(self) -> dict[str, int]:
        """Return cell and line of the chapter's file that are being run."""
        return {
            "cell": self.cell["number"],
            "line": self._line(traceback.walk_stack(sys._getframe())),
        }

    def used(self) -> dict[str, str]:
        """Return what the page depends on (see `ledger.core.fingerprints`): tables noted, modules imported, files opened, lock, Python."""
        _note_modules()
        for name in fingerprints.GLOBAL:
            fingerprints.record(name)
        return dict(sorted(fingerprints.recorded.items()))

    def _take_what_programs_printed(self) -> None:
        """Add what the cell's subprocesses and libraries wrote straight to the terminal, past Python."""
        if size := os.fstat(self.printed).st_size:
            text = os.pread(self.printed, min(size, PRINTED + 1), 0).decode("utf-8", "replace")
            os.ftruncate(self.printed, 0)
            try:
                self.write("stdout", text)
            except Excess as error:
                raise Failure(_reason(error)) from None

    def _line(self, frames) -> int:
        """Return the line of the chapter's file at which `frames` (pairs of frame and line, the innermost first) left the present cell."""
        name = f"<ipython-input-{self.shell.execution_count - 1}-"
        return (
            self.cell["line"]
            + (
                [
                    line
                    for frame, line in frames
                    if frame.f_code.co_filename.startswith(name) and line
                ]
                or [1]
            )[-1]
            - 1
        )


class Stream(io.TextIOBase):
    """Standard output or error of a chapter."""

    encoding = "utf-8"

    def __init__(self, chapter: Chapter, name: str):
        self.chapter, self.name = chapter, name

    def write(self, text: str) -> int:
        self.chapter.write(self.name, text)
        return len(text)

    def writable(self) -> bool:
        return True


def _reason(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"the cell called exit{f' with {error}' if str(error) else ''}"
    return f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"


def _command(pid: int) -> str:
    try:
        return (
            Path(f"/proc/{pid}/cmdline")
            .read_bytes()
            .replace(b"\0", b" ")
            .decode("utf-8", "replace")
            .strip()
        )
    except OSError:
        return ""


def _asks_for_a_table() -> bool:
    """Tell whether `ledger.core.tables` reads, which notes tables by itself: of the descriptor only the entries that are asked for."""
    return any(
        frame.f_code.co_filename in (TABLES, fingerprints.__file__)
        for frame, _ in traceback.walk_stack(sys._getframe())
    )


def _note_file(path: str) -> None:
    """Note a file as used if it is one of the checkout's own; of a compiled module its source."""
    folder, name = os.path.split(path)
    if os.path.basename(folder) == "__pycache__":
        path = os.path.join(os.path.dirname(folder), name.partition(".")[0] + ".py")
    base = PACKAGE.parent if path.startswith(f"{PACKAGE}{os.sep}") else ROOT
    if path.startswith(f"{base}{os.sep}"):
        within = Path(path).relative_to(base)
        if not any(part.startswith((".", "_build")) for part in within.parts):
            fingerprints.record(f"file {within.as_posix()}")


def _note_modules() -> None:
    for module in list(sys.modules.values()):
        if file := getattr(module, "__file__", None):
            _note_file(str(file))


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
