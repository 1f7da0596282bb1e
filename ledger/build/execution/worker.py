"""Run chapters side by side, each in a fork of this warm process.

Starting a kernel and importing pandas and matplotlib takes ten times as long as running a chapter.
Here that is paid once: this process imports them, then forks a child for every chapter
(`ledger.build.execution.kernel`), so that no chapter sees anything of another.

Jobs come as lines of JSON on standard input, messages go as lines of JSON to standard output:

    {"page", "run", "cells": [{"number", "line", "source", "tags"}], "limit": seconds a cell}
        run tells submissions of a page apart
    {"page", "run", "cell": number of the code cell that begins}
    {"page", "run", "seconds", "result": file}
    {"page", "run", "seconds", "failure": {"cell", "line", "reason", "cells": outputs so far}}

When standard input closes, whatever still runs is killed: nothing outlives the build. On Linux that
holds also for processes that a chapter detached from itself: they fall to this process.
"""

from __future__ import annotations

import gc
import importlib
import json
import math
import os
import selectors
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from ledger.build.execution import GC_THRESHOLD, kernel, processes

PRELOAD = [
    # of every shell, which imports it when it is made
    *("bdb", "IPython.core.completer", "IPython.core.completerlib", "IPython.core.crashhandler"),
    *("IPython.core.logger", "IPython.core.magics", "IPython.core.oinspect"),
    "pandas",
    "pandas.core.reshape.reshape",  # at the first series of numbers
    "pandas.io.formats.csvs",  # at the first chart
    "xml.etree.ElementTree",
    "matplotlib.style",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",  # with axes and projections: a tenth of a second of each chapter
    "frictionless",
    "myst_nb.ext.glue",
    "nbformat.v4",
]
STDIN, STDOUT = 0, 1


def preload() -> None:
    """Import what chapters use, and record it as their input."""
    for name in PRELOAD:
        importlib.import_module(name)
    sys.modules["PIL.Image"].preinit()  # what reads and writes pictures, at the first PNG
    # frictionless loads half of itself at its first check
    sys.modules["frictionless"].Resource(data=b"warm\n1\n", format="csv").validate()
    sys.modules["nbformat.v4"].new_output("stream")  # makes what checks outputs of its schema
    kernel.record_modules()


def run_pool(jobs: int, folder: str) -> None:
    """Run the chapters that come on standard input, at most `jobs` at once, until it closes.

    Then remove `folder`, in which they work and leave their results.
    """
    preload()
    gc.collect()
    gc.freeze()  # else the children's garbage collection copies these pages of memory
    gc.set_threshold(*GC_THRESHOLD)
    processes.adopt_orphans()
    Pool(jobs, folder).run()


class Pool:
    """The chapters that wait and that run, and the messages that the build has not yet read."""

    def __init__(self, jobs: int, folder: str):
        self.jobs, self.folder = jobs, folder
        self.waiting: list[dict] = []
        self.running: dict[int, ChapterProcess] = {}  # by the pipe on which it sends messages
        self.pending_messages = bytearray()
        self.rest = b""  # of standard input, a line that is not yet whole
        self.child_ended, wake = os.pipe()
        for end in (self.child_ended, wake, STDOUT):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake)  # the end of a child wakes the loop below
        self.selector = selectors.DefaultSelector()
        self.selector.register(STDIN, selectors.EVENT_READ)
        self.selector.register(self.child_ended, selectors.EVENT_READ)

    def run(self) -> None:
        """Accept, start and reap chapters until the build ends."""
        try:
            while True:
                self._start_waiting()
                if self.pending_messages and STDOUT not in self.selector.get_map():
                    self.selector.register(STDOUT, selectors.EVENT_WRITE)
                for key, _ in self.selector.select(self._seconds_left()):
                    if not self._serve(key.fd):
                        return  # the build has ended, or was killed
                self._reap()
        except BrokenPipeError:
            return  # as above
        finally:
            for child in self.running.values():
                child.end()
            self.running.clear()
            self._kill_orphans()
            shutil.rmtree(self.folder, ignore_errors=True)

    def notify(self, job: dict, **message) -> None:
        """Queue a message: the build may be busy with a page, and chapters must stop in time."""
        line = json.dumps({"page": job["page"], "run": job["run"], **message})
        self.pending_messages.extend(line.encode() + b"\n")

    def _seconds_left(self) -> float | None:
        """Return how long to wait for anything at most: until the next chapter is overdue."""
        due = min((child.due for child in self.running.values()), default=math.inf)
        return None if due == math.inf else max(0.0, due - time.monotonic())

    def _serve(self, ready: int) -> bool:
        """Handle a pipe that is ready; return False when the build has ended."""
        if ready in self.running:
            self.running[ready].listen()
        elif ready == STDOUT:
            del self.pending_messages[: os.write(STDOUT, self.pending_messages)]
            if not self.pending_messages:
                self.selector.unregister(STDOUT)
        else:
            received = os.read(ready, 1 << 16)
            if ready == STDIN:
                self._accept(received)
            return bool(received)
        return True

    def _accept(self, received: bytes) -> None:
        """Take the jobs among the bytes that came on standard input."""
        *lines, self.rest = (self.rest + received).split(b"\n")
        self.waiting += [json.loads(line) for line in lines]

    def _start_waiting(self) -> None:
        """Start chapters that wait, as long as fewer than `jobs` run."""
        while self.waiting and len(self.running) < self.jobs:
            job = self.waiting.pop(0)
            try:
                child = ChapterProcess(job, self)
            except OSError as error:
                reason = f"the chapter could not be started: {error}"
                self.notify(job, seconds=0, failure={"reason": reason})
                continue
            self.running[child.messages] = child
            self.selector.register(child.messages, selectors.EVENT_READ)

    def _reap(self) -> None:
        """Clear up after chapters that have ended or are overdue, and report how they ended."""
        for child in list(self.running.values()):
            if child.has_ended() or child.due <= time.monotonic():
                self.selector.unregister(child.messages)
                del self.running[child.messages]
                outcome = child.end()
                self._kill_orphans()
                self.notify(child.job, **outcome)

    def _kill_orphans(self) -> None:
        """Kill what ended chapters had detached from themselves: now children of this process."""
        processes.kill_orphans(
            spared={child.pid for child in self.running.values() if child.status is None}
        )


class ChapterProcess:
    """A chapter that runs: its process, the pipe of its messages, and when it is overdue."""

    def __init__(self, job: dict, pool: Pool):
        self.job, self.notify = job, pool.notify
        self.position = {"cell": 0, "line": 1}
        self.ran: list[dict] = []  # number, execution count and outputs of each cell that ran
        self.rest = b""  # of the pipe, a line that is not yet whole
        self.status: int | None = None  # of the process, once it has ended
        self.failure: dict | None = None
        self.result = Path(pool.folder, f"{job['page'].replace('/', '--')} {job['run']}.json")
        self.started = time.monotonic()
        # Jupyter writes -1 for no limit
        self.limit = job["limit"] if job["limit"] > 0 else math.inf
        self.due = self.started + self.limit
        self.home = tempfile.mkdtemp(prefix="chapter-", dir=pool.folder)
        self.messages, write_end = os.pipe()
        os.set_blocking(self.messages, False)
        self.pid = self._fork(write_end)
        os.close(write_end)

    def _fork(self, write_end: int) -> int:
        """Run the chapter in a child, and return the child's process number."""
        parent = os.getpid()
        pid = os.fork()
        if not pid:
            try:
                processes.die_with_parent()
                processes.adopt_orphans()
                if os.getppid() == parent:  # else it has died already
                    kernel.run_chapter(self.job, self.home, self.result, write_end)
            finally:
                os._exit(1)
        return pid

    def listen(self) -> None:
        """Take messages of the child: the line that runs, a cell's outputs, or a failure."""
        try:
            while received := os.read(self.messages, 1 << 16):
                *lines, self.rest = (self.rest + received).split(b"\n")
                for message in map(json.loads, lines):
                    self._take(message)
        except BlockingIOError:
            pass

    def _take(self, message: dict) -> None:
        if "failure" in message:
            self.failure = message["failure"]
        elif "ran" in message:
            self.ran.append(message["ran"])
        else:
            if message["cell"] != self.position["cell"]:
                self.due = time.monotonic() + self.limit
                self.notify(self.job, cell=message["cell"])
            self.position = {"cell": message["cell"], "line": message["line"]}

    def has_ended(self) -> bool:
        """Tell whether the process has ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    def end(self) -> dict:
        """Clear up after the child and return what to report of it."""
        self.listen()
        overdue = self.status is None
        processes.kill_group(self.pid)
        if overdue:
            os.waitpid(self.pid, 0)
        os.close(self.messages)
        shutil.rmtree(self.home, ignore_errors=True)
        report: dict = {"seconds": round(time.monotonic() - self.started, 2)}
        if not overdue and not self.failure and self.status == 0 and self.result.exists():
            return report | {"result": str(self.result)}
        failure = self.failure if self.failure and not overdue else {"reason": self._how_it_ended()}
        return report | {"failure": {**self.position, **failure, "cells": self.ran}}

    def _how_it_ended(self) -> str:
        """Say how a chapter ended that did not say so itself."""
        if self.status is None:
            return f"it ran past its limit of {self.limit} seconds and was stopped"
        return processes.how_it_ended(os.waitstatus_to_exitcode(self.status))


if __name__ == "__main__":
    run_pool(int(sys.argv[1]), sys.argv[2])
