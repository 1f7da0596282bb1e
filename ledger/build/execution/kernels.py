"""Run chapters side by side, each in a Jupyter kernel of its own, where the system cannot fork.

A process as `ledger.build.execution.worker`: the same jobs on standard input, the same messages on
standard output, the same outputs. A chapter takes a second or two longer, for its kernel starts
anew (`ledger.build.execution.jupyter_kernel`). When standard input closes, all kernels are killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from ledger.build.execution import processes

KERNEL = "ledger.build.execution.jupyter_kernel"
MAX_SOCKET = 95  # characters; macOS allows 103, and a number is added
MAX_JOB = 1 << 30  # bytes of a line of standard input


class ChapterKernelManager(AsyncKernelManager):
    """Starts the kernel of chapters, which is installed nowhere."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """How the kernel is started."""
        argv = [sys.executable, "-m", KERNEL, "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Chapter", language="python")


async def serve(jobs: int, folder: str) -> None:
    """Run the chapters that come on standard input, at most `jobs` at once, until it closes.

    Then remove `folder`, in which they work and leave their results.
    """
    loop = asyncio.get_running_loop()
    received = asyncio.StreamReader(limit=MAX_JOB)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(received), sys.stdin)
    messages, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(os.dup(1), "wb"))
    processes.adopt_orphans()
    os.dup2(2, 1)  # what a library prints is no message

    def notify(job: dict, **message) -> None:
        line = {"page": job["page"], "run": job["run"], **message}
        messages.write(json.dumps(line).encode() + b"\n")

    free, running, chapters = asyncio.Semaphore(jobs), set(), set()

    async def run(job: dict) -> None:
        async with free:
            with contextlib.closing(ChapterRun(job, folder, notify)) as chapter:
                chapters.add(chapter)
                outcome = await chapter.run()
            chapters.remove(chapter)
            if all(chapter.pid for chapter in chapters):  # none that just starts a kernel
                processes.kill_orphans(spared={chapter.pid for chapter in chapters})
            notify(job, **outcome)

    try:
        while line := await received.readline():
            running.add(asyncio.create_task(run(json.loads(line))))
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        processes.kill_orphans(spared=set())
        shutil.rmtree(folder, ignore_errors=True)


def is_run(cell: dict) -> bool:
    """Tell whether a client has a cell run by its kernel."""
    return bool(cell["source"].strip()) and "skip-execution" not in cell["tags"]


class ChapterRun:
    """A chapter that runs: its kernel, what its cells put out, and where it is."""

    def __init__(self, job: dict, folder: str, notify):
        self.job, self.notify, self.folder = job, notify, folder
        name = f"{job['page'].replace('/', '--')} {job['run']}"
        self.result = Path(folder, f"{name}.json")
        self.position, self.request = Path(folder, f"{name}.at"), Path(folder, f"{name}.job")
        self.home = tempfile.mkdtemp(prefix="chapter-", dir=folder)
        self.limit = job["limit"] if job["limit"] > 0 else None  # Jupyter writes -1 for no limit
        self.manager = ChapterKernelManager(
            connection_file=f"{self.home}.kernel",
            # names of sockets cannot be taken by another program, as a free port can
            **({"transport": "ipc", "ip": self.home} if len(self.home) < MAX_SOCKET else {}),
        )
        self.cell = 0  # its number
        self.pid: int | None = None
        self.ran: list[dict] = []  # number, execution count and outputs of each cell that ran

    async def run(self) -> dict:
        """Run the chapter; return what to report of it."""
        started = time.monotonic()
        try:
            outcome = await self._run_cells()
        except CellTimeoutError:
            reason = f"it ran past its limit of {self.limit} seconds and was stopped"
            outcome = self._failure({"reason": reason})
        except DeadKernelError:
            process = self.manager.provisioner.process
            outcome = self._failure({"reason": processes.how_it_ended(process.wait())})
        except (OSError, RuntimeError) as error:
            outcome = self._failure({"reason": f"the chapter could not be started: {error}"})
        return {"seconds": round(time.monotonic() - started, 2), **outcome}

    async def _run_cells(self) -> dict:
        cells = [
            new_code_cell(cell["source"], metadata={"tags": cell["tags"]})
            for cell in self.job["cells"]
        ]
        client = NotebookClient(
            new_notebook(cells=cells), km=self.manager, timeout=self.limit, allow_errors=True
        )
        client.log.setLevel("CRITICAL")
        await self._start(client)
        replies: list[dict] = []
        client.on_cell_executed = lambda execute_reply, **_: replies.append(execute_reply)
        for number, cell in enumerate(cells):
            self.cell = self.job["cells"][number]["number"]
            self.notify(self.job, cell=self.cell)
            await client.async_execute_cell(cell, number)
            if not is_run(self.job["cells"][number]):
                continue
            reply = replies[-1]["content"]
            if reply["ran"]:
                kept = {"number": self.cell, "execution_count": reply["execution_count"]}
                self.ran.append(kept | {"outputs": cell.outputs})
            if failure := reply.get("failure"):
                return self._failure(failure)
        last = await client.kc.execute_interactive("", silent=True, output_hook=lambda _: None)
        if failure := last["content"].get("failure"):
            return self._failure(failure)
        return self._write_result(last["content"]["inputs"])

    async def _start(self, client: NotebookClient) -> None:
        cells = [cell for cell in self.job["cells"] if is_run(cell)]
        request = {"cells": cells, "home": self.home, "position": str(self.position)}
        self.request.write_text(json.dumps(request), encoding="utf-8")
        environment = os.environ | {"LEDGER_CHAPTER": str(self.request)}
        await client.async_start_new_kernel(cwd=os.getcwd(), env=environment)
        self.pid = self.manager.provisioner.pid
        await client.async_start_new_kernel_client()

    def _write_result(self, inputs: dict) -> dict:
        try:
            partial = self.result.with_suffix(".part")
            content = {"cells": self.ran, "inputs": inputs}
            partial.write_text(json.dumps(content), encoding="utf-8")
            os.replace(partial, self.result)
        except OSError as error:
            reason = f"the chapter ran, and its result could not be written: {error}"
            return self._failure({"reason": reason})
        return {"result": str(self.result)}

    def _failure(self, failure: dict) -> dict:
        position = {"cell": self.cell, "line": 1}
        with contextlib.suppress(OSError, ValueError):  # it had not begun
            position["cell"], position["line"] = map(int, self.position.read_text().split())
        return {"failure": {**position, **failure, "cells": self.ran}}

    def close(self) -> None:
        """Kill what still runs of the chapter and remove its files, save the result."""
        if self.pid:
            processes.kill_group(self.pid)
        self.manager.cleanup_connection_file()
        for path in (self.position, self.request):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.home, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
