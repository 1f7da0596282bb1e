"""Build the site for the preview in a process that has loaded what a build needs, and waits.

Each build is a fork of a process that has loaded Jupyter Book, Sphinx and their extensions, but
nothing of this checkout: it spares the time to load them, and an edit to a module counts as one to
a chapter does. It builds `_build/live`; what is different there stands in
`ledger/build/sphinxext/lifecycle.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import multiprocessing
import os
import re
import select
import signal
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path

from ledger.build import current
from ledger.build.execution.pool import engine
from ledger.core.config import ROOT

SITE = ROOT / "_build" / "live"
PRELOAD = [
    "jupyter_book.cli.main",
    "jupyter_book.sphinx",
    "sphinx_external_toc",
    "myst_nb.sphinx_ext",
    "furo",
    "sphinxcontrib.bibtex",
    # what builds would import later
    *("filelock", "latexcodec", "rispy", "sphinx_external_toc.api", "sphinx_jupyterbook_latex"),
    *("sphinx_jupyterbook_latex.transforms", "sphinx_multitoc_numbering", "xml.dom.minidom"),
    *("sqlalchemy.dialects.sqlite", "sqlite3.dbapi2", "xlsxwriter"),
]
SETTLED = 6  # seconds after which the state of a file that a build wrote tells its content
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Builder:
    """A process that loads what a build needs, waits, and builds the site once.

    It sets Sphinx up `ahead` of the edit where all that people write is as it should be.
    """

    def __init__(self, ahead: bool = True):
        self.folder = tempfile.TemporaryDirectory(prefix="live-")
        self.log = Path(self.folder.name, "log")
        self.log.touch()
        # elsewhere a fork of a process with threads may crash
        context = multiprocessing.get_context("forkserver" if engine() == "fork" else "spawn")
        told, self.tell = context.Pipe()
        self.process = context.Process(target=_run_build, args=(str(self.log), told, ahead))
        self.process.start()
        told.close()

    async def build(self, show: Callable[[], None]) -> tuple[bool, str] | None:
        """Build the site; return whether there is a new one, and the messages of the build; None
        where it was set up for what has changed since.

        These are warnings, chapters that failed, or why the build failed. `show` is called when
        there are new pages to see.
        """
        with contextlib.suppress(BrokenPipeError):  # it has died, as its exit status says
            self.tell.send("build")
        running = True
        while running:
            running = self.process.is_alive()  # what it said last is heard after its end
            with contextlib.suppress(EOFError, ConnectionResetError):
                while self.tell.poll():
                    if not self.tell.recv():
                        return None
                    show()
            await asyncio.sleep(0.02)
        self.process.join()
        messages = _messages(self.log.read_text(encoding="utf-8", errors="replace"))
        status = self.process.exitcode
        if status < 0 or status and not messages:
            messages += f"\nThe build ended with exit status {status}."
        return status == 0, messages

    def end(self) -> None:
        """End the process, whatever it does."""
        if self.process.is_alive():
            with contextlib.suppress(ProcessLookupError):  # it may not have its own group yet
                os.killpg(self.process.pid, signal.SIGTERM)
            self.process.terminate()
        self.process.join()
        self.tell.close()
        self.folder.cleanup()


def _messages(log: str) -> str:
    """Return what a build said without colours, rules, and the path of the checkout."""
    text = COLOURS.sub("", log).replace(f"{ROOT}{os.sep}", "")
    return "\n".join(line for line in text.splitlines() if line.strip(" ="))


def _run_build(log: str, told: Connection | None = None, ahead: bool = False) -> None:
    """Build the site once `told`, in a process of its own, with its messages in the file `log`."""
    os.setsid()  # so that all that it starts can be ended with it
    _end_with_preview()
    os.chdir(ROOT)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND), 2)
    passed = told is not None and _load()

    def wait() -> None:
        if told:
            _read_site(told)
            told.recv()
        gc.freeze()  # what is loaded stays: no need to look for garbage in it
        from ledger.core.authored.preflight import problems

        if found := problems(pages_only=passed):
            print("\n".join(found), file=sys.stderr)
            sys.exit(1)

    if not (passed and ahead):
        wait()
    from jupyter_book.cli.main import main

    from ledger.build.sphinxext import lifecycle

    if told:
        lifecycle.tell_preview = told.send
    if passed and ahead:
        lifecycle.wait_for_edit = wait
    try:
        main(["build", "-n", "-q", "."], standalone_mode=False)
    except Exception as error:
        if not os.path.getsize(log):  # it ended before Sphinx, which reports what goes wrong
            print(error, file=sys.stderr)
        sys.exit(1)


def _load() -> bool:
    """Load the modules of this checkout, and check the files that people write.

    Returns whether all that people write is as it should be. What fails here fails in the build
    again, which says why.
    """
    passed = False
    with contextlib.suppress(Exception):
        from sphinx.application import builtin_extensions

        from ledger.build.sphinxext import PARTS
        from ledger.core.authored.preflight import problems

        parts = [f"ledger.build.sphinxext.{part}" for part in ("preflight", "lifecycle", *PARTS)]
        for module in (*builtin_extensions, *parts):
            import_module(module)
        for minor in (4, 5):  # what checks notebooks of either form is made of its schema
            import_module("nbformat.validator").get_validator(4, minor)
        import_module("pygments.lexers.python").PythonLexer()  # made of its rules
        passed = not problems()
    return passed


def _read_site(told: Connection) -> None:
    """Read what a build compares with hashes, once its files have settled and nothing is told."""
    if not told.poll(SETTLED):
        for folder in (SITE, current.manifest_path(SITE).parent):
            current.hashes(folder)


def _end_with_preview() -> None:
    """Have the system end this process and what it starts when the preview is gone, if by a kill.

    The pipe to the preview closes with it, which is signalled; no handler means the end.
    """
    preview = multiprocessing.parent_process()
    if preview is not None:
        fcntl.fcntl(preview.sentinel, fcntl.F_SETOWN, -os.getpid())  # the group
        fcntl.fcntl(preview.sentinel, fcntl.F_SETFL, os.O_ASYNC)
        if select.select([preview.sentinel], [], [], 0)[0]:
            sys.exit(1)  # it was gone before
