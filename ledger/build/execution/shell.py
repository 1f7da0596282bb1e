"""The IPython shell in which a chapter's cells run: it hands their outputs to the chapter."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import LSString, SList
from nbformat.v4 import new_output

if TYPE_CHECKING:
    from ledger.build.execution.kernel import Chapter


class Hook(DisplayHook):
    """Puts the value of a cell's last line among the chapter's outputs."""

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.shell.chapter.put(
            "execute_result", format_dict, md_dict, execution_count=self.prompt_count
        )

    def finish_displayhook(self):
        pass


class Publisher(DisplayPublisher):
    """Puts what a cell displays among the chapter's outputs."""

    def publish(self, data, metadata=None, **_):
        self.shell.chapter.put("display_data", data, metadata)

    def clear_output(self, wait=False):
        self.shell.chapter.outputs.clear()


class Shell(InteractiveShell):
    """An IPython shell that tells its chapter which line runs and what goes wrong.

    It runs a cell statement by statement.
    """

    displayhook_class, display_pub_class = Hook, Publisher
    chapter: Chapter

    async def run_code(self, code_obj, result=None, *, async_=False):
        first = min((line for *_, line in code_obj.co_lines() if line), default=1)
        self.chapter.send_position(first)
        failed = await super().run_code(code_obj, result, async_=async_)
        self.chapter.note_threads(first)
        return failed

    def ask_exit(self):
        raise SystemExit

    def enable_matplotlib(self, gui=None):
        raise UsageError("%matplotlib has nothing to do: charts.publish shows charts. Remove it")

    def system(self, cmd):
        """Run `!cmd`. Raises CalledProcessError when it fails, as %%bash does."""
        command = self.var_expand(cmd, depth=1)
        subprocess.run(["/bin/sh", "-c", command], check=True)

    def getoutput(self, cmd, split=True, depth=0):
        """Return what `x = !cmd` prints. Raises CalledProcessError when it fails."""
        command = self.var_expand(cmd, depth=depth + 1)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        ran = subprocess.run(["/bin/sh", "-c", command], check=True, text=True, **pipes)
        printed = ran.stdout
        return SList(printed.splitlines()) if split else LSString(printed)

    def _showtraceback(self, etype, evalue, stb):
        words, *trace = (
            text.encode(errors="backslashreplace").decode() for text in (str(evalue), *stb)
        )
        error = new_output("error", ename=etype.__name__, evalue=words, traceback=trace)
        self.chapter.outputs.append(error)

    def init_history(self):  # no history file: chapters leave nothing behind
        self.history_manager = HistoryManager(
            shell=self, parent=self, enabled=False, hist_file=":memory:"
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
