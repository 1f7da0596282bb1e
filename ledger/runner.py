"""A warm process that runs chapters side by side, each in a fork of its own.

Starting a kernel and importing pandas and matplotlib takes ten times as long as running a chapter. Here that is paid once: this
process imports them, then forks a child for every chapter, so that no chapter sees anything of another. A child runs the cells in an
IPython shell, in an empty temporary folder, and hands back the outputs as a notebook would hold them.

Jobs come as lines of JSON on standard input, news of them goes as lines of JSON to standard output:

    {"page", "cells": [{"number", "line", "source", "tags"}], "limit": seconds a cell, "folder": where the result goes}
    {"page", "cell": the number of the code cell that begins}
    {"page", "result": file, "seconds"}  or  {"page", "failure": {"cell", "line", "reason", "cells": what was put out until then}}

When standard input closes, whatever still runs is killed: nothing outlives the build.
"""
from __future__ import annotations

import base64
import gc
import importlib
import io
import json
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

from ledger import inputs

PRELOAD = ["pandas", "matplotlib.pyplot", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg", "frictionless", "IPython.core.interactiveshell", "myst_nb.ext.glue", "nbformat.v4"]
PRINTED = 1_000_000  # bytes of text a chapter may print: more is a slip, and would make a page nobody can load
SHOWN = 20_000_000  # bytes of charts and tables a chapter may show
WRITTEN = 200_000_000  # bytes a file that a chapter writes may have


RARELY = (50_000, 20, 20)  # garbage collection as often as Python does by itself takes a tenth of the time


class Excess(Exception):
    """A chapter put out more than a page can carry."""


# --- the warm process -----------------------------------------------------------------------------------------------------------


def serve(jobs: int) -> None:
    """Run the chapters that come on standard input, at most `jobs` at once, until standard input closes."""
    for name in PRELOAD:
        importlib.import_module(name)
    sys.modules["frictionless"].Resource(data=b"warm\n1\n", format="csv").validate()  # it loads half of itself at its first check
    gc.collect()
    gc.freeze()  # the children share these pages of memory; without it their garbage collection copies them
    gc.set_threshold(*RARELY)
    ended, wake = os.pipe()
    for end in (ended, wake):
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
                child = Child(waiting.pop(0))
                running[child.news] = child
                inbox.register(child.news, selectors.EVENT_READ)
            due = min((child.due for child in running.values()), default=None)
            for key, _ in inbox.select(None if due is None else max(0.0, due - time.monotonic())):
                if key.fd in running:
                    running[key.fd].listen()
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
                    tell(page=child.job["page"], **child.end())
    finally:
        for child in running.values():
            child.kill()


def tell(**news) -> None:
    print(json.dumps(news), flush=True)


class Child:
    """One chapter that runs: its process, the pipe on which it says where it is, and when it is overdue."""

    def __init__(self, job: dict):
        self.job, self.at, self.rest, self.status, self.failure = job, {"cell": 0, "line": 1}, b"", None, None
        self.result = Path(job["folder"], job["page"].replace("/", "--") + ".json")
        self.result.unlink(missing_ok=True)
        self.started = time.monotonic()
        self.due = self.started + job["limit"]
        self.home = tempfile.mkdtemp(prefix="chapter-")
        self.news, theirs = os.pipe()
        os.set_blocking(self.news, False)
        self.pid = os.fork()
        if not self.pid:
            try:
                _be_chapter(job, self.home, self.result, theirs)
            finally:
                os._exit(1)
        os.close(theirs)

    def listen(self) -> None:
        """Take what the child says: the cell and line it has come to, or that it failed."""
        try:
            while got := os.read(self.news, 1 << 16):
                *lines, self.rest = (self.rest + got).split(b"\n")
                for said in map(json.loads, lines):
                    if "failure" in said:
                        self.failure = said["failure"]
                    elif said["cell"] != self.at["cell"]:
                        self.due = time.monotonic() + self.job["limit"]
                        tell(page=self.job["page"], cell=said["cell"])
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
            reason = f"it ran past its limit of {self.job['limit']} seconds and was stopped"
        elif self.failure:
            return report | {"failure": self.at | self.failure}
        elif self.status == 0 and self.result.exists():
            return report | {"result": str(self.result)}
        elif os.WIFSIGNALED(self.status):
            reason = f"the chapter's process was killed by {signal.Signals(os.WTERMSIG(self.status)).name}"
        else:
            reason = f"the chapter's process ended by itself, with exit status {os.WEXITSTATUS(self.status)}"
        return report | {"failure": {**self.at, "reason": reason}}


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
        say(failure={"reason": str(failure), **failure.place, "cells": chapter.done})
        status = 1
    except OSError as error:
        result.with_suffix(".part").unlink(missing_ok=True)
        say(failure={"reason": f"the chapter ran, and its result could not be written: {error}"})
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
        self.opened: set[str] = set()

        class Hook(DisplayHook):
            def write_output_prompt(self):
                pass

            def write_format_data(self, format_dict, md_dict=None):
                chapter.put("execute_result", format_dict, md_dict, execution_count=self.prompt_count)

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
                say(cell=chapter.cell["number"], line=chapter.cell["line"] + code_obj.co_firstlineno - 1)
                return await super().run_code(code_obj, result, async_=async_)

            def _showtraceback(self, etype, evalue, stb):
                chapter.outputs.append(chapter.new_output("error", ename=etype.__name__, evalue=str(evalue), traceback=list(stb)))

            def init_history(self):  # no history file: chapters leave nothing behind
                from IPython.core.history import HistoryManager

                self.history_manager = HistoryManager(shell=self, parent=self, enabled=False, hist_file=":memory:")

        self.shell = Shell.instance()
        self.shell.colors = "nocolor"
        sys.stdout, sys.stderr = Stream(self, "stdout"), Stream(self, "stderr")
        sys.addaudithook(self.watch)

    def run(self) -> None:
        before = set(threading.enumerate())
        for self.cell in self.cells:
            self.outputs = []
            self.say(cell=self.cell["number"], line=self.cell["line"])
            if "skip-execution" in self.cell["tags"]:
                continue
            try:
                outcome = self.shell.run_cell(self.cell["source"], store_history=True)
            except SystemExit as left:
                raise Failure(f"the cell called exit ({left})") from None
            self._take_what_programs_printed()
            error = outcome.error_before_exec or outcome.error_in_exec
            self.done.append({"number": self.cell["number"], "execution_count": outcome.execution_count, "outputs": self.outputs})
            if error is not None and "raises-exception" not in self.cell["tags"]:
                raise Failure(_reason(error), line=self._line(error))
        for thread in set(threading.enumerate()) - before:
            raise Failure(f"the chapter ends and leaves a thread running: {thread.name}. Join it, or shut its pool down")

    def put(self, kind: str, data: dict, metadata: dict | None, **more) -> None:
        data = {mime: base64.b64encode(each).decode() if isinstance(each, bytes) else each for mime, each in data.items()}
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
            raise Excess(f"the chapter has {'printed' if kind == 'stream' else 'shown'} more than {limit:,} bytes")

    def watch(self, event: str, details: tuple) -> None:
        """Note every file of the checkout that a cell opens: whatever it reads, the page depends on."""
        if event == "open" and isinstance(details[0], (str, bytes)):
            self.opened.add(os.path.abspath(os.fsdecode(details[0])))

    def used(self) -> dict[str, str]:
        """Return what the page depends on (see `ledger.inputs`): tables noted, modules imported, files opened, lock, Python."""
        modules = {str(getattr(module, "__file__", None)) for module in list(sys.modules.values())}
        for path in sorted(modules | self.opened):
            if path.startswith(f"{inputs.ROOT}{os.sep}") and os.path.isfile(path):
                within = Path(path).relative_to(inputs.ROOT)
                if not {part for part in within.parts if part == "__pycache__" or part.startswith((".", "_build"))} and str(within) != "data/datapackage.json":
                    inputs.note(f"file {within.as_posix()}")
        for name in inputs.ALWAYS:
            inputs.note(name)
        return dict(sorted(inputs.used.items()))

    def _take_what_programs_printed(self) -> None:
        """Add what the cell's subprocesses and libraries wrote straight to the terminal, past Python."""
        if size := os.fstat(self.printed).st_size:
            text = os.pread(self.printed, min(size, PRINTED + 1), 0).decode("utf-8", "replace")
            os.ftruncate(self.printed, 0)
            try:
                self.write("stdout", text)
            except Excess as error:
                raise Failure(_reason(error)) from None

    def _line(self, error: BaseException) -> int:
        """Return the line of the chapter's file at which the error left the cell."""
        if isinstance(error, SyntaxError) and error.lineno:
            return self.cell["line"] + error.lineno - 1
        name = f"<ipython-input-{self.done[-1]['execution_count']}-"
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(name)]
        return self.cell["line"] + (lines[0] - 1 if lines and lines[0] else 0)


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
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    serve(int(sys.argv[1]))
