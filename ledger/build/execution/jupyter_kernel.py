"""The Jupyter kernel in which a chapter runs where the system cannot fork: a shell as elsewhere.

A client starts it with LEDGER_CHAPTER, a file of JSON: {"cells": as jobs of
`ledger.build.execution.worker` have them, "home": an empty folder, "position": a file that the
kernel keeps up to date with the number of the cell and the line that run}. Each request runs the
next cell; one that is silent asks for the chapter's inputs. Where a chapter fails, the reply holds
"failure".
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from pathlib import Path

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

from ledger.build.execution import kernel, processes, worker


class ChapterKernel(Kernel):
    """A kernel that runs the cells of one chapter in their order."""

    implementation, implementation_version, banner = "ledger", "1", "A chapter"
    language_info = {"name": "python", "mimetype": "text/x-python", "file_extension": ".py"}

    def __init__(self, **arguments):
        super().__init__(**arguments)
        processes.die_with_parent()
        processes.adopt_orphans()
        job = json.loads(Path(os.environ.pop("LEDGER_CHAPTER")).read_text(encoding="utf-8"))
        self.position = os.open(job["position"], os.O_WRONLY | os.O_CREAT)
        worker.preload()
        self.chapter = kernel.begin(job["cells"], job["home"], self._note)
        self.cells = iter(job["cells"])

    def _note(self, **message) -> None:
        """Keep the position: it is read when this process did not live to tell it."""
        if "cell" in message:
            os.pwrite(self.position, f"{message['cell']:9} {message['line']:9}".encode(), 0)

    async def do_execute(self, code, silent, *_, **__):
        """Run the next cell and send its outputs, or return the inputs when silent."""
        reply = {"status": "ok", "execution_count": None, "user_expressions": {}, "ran": False}
        # the kernel's own: those that a cell started have been noted after its statements
        self.chapter.threads.update(threading.enumerate())
        done = len(self.chapter.done)
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)  # a cell may run loops of its own
        try:
            if silent:
                self.chapter.check_no_leaks()
                reply["inputs"] = self.chapter.inputs()
            else:
                self.chapter.run_cell(next(self.cells))
        except kernel.ChapterFailure as failure:
            reply["failure"] = {"reason": str(failure), **failure.position}
        finally:
            asyncio._set_running_loop(loop)
        if len(self.chapter.done) > done:
            reply["ran"] = True
            reply["execution_count"] = self.chapter.done[-1]["execution_count"]
            for output in self.chapter.outputs:
                content = {name: part for name, part in output.items() if name != "output_type"}
                self.send_response(self.iopub_socket, output["output_type"], content)
        return reply


if __name__ == "__main__":
    IPKernelApp.capture_fd_output = False
    IPKernelApp.launch_instance(kernel_class=ChapterKernel)
