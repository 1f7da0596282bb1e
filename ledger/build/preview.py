"""make preview: a preview that is built again whenever a file is saved, and that open pages show at once.

Each build is a fork of a process that has loaded Jupyter Book, Sphinx and their extensions, but nothing of this checkout: it spares
the time to load them, and an edit to a module counts as one to a chapter does. It builds `_build/live`; what is different there
(a chapter that fails is shown as far as it ran) stands in `ledger/build/sphinxext/lifecycle.py`. A build that fails leaves the site as it was,
and its message is served in the place of every page.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import html
import mimetypes
import multiprocessing.forkserver
import os
import re
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ledger.core.config import ROOT

SITE = ROOT / "_build" / "live"
WATCHED = [
    "index.md",
    "book.yml",
    "_toc.yml",
    "_config.yml",
    "references.bib",
    "CITATION.cff",
    "data/*.yml",
    "chapters/*.md",
    "data/*.csv",
    "data/*.json",
    "assets/**/*.*",
    "analysis/**/*.py",
    "ledger/build/sphinxext/assets/**/*.*",
    "ledger/**/*.py",
    "ledger/**/*.html",
    "ledger/**/*.toml",
    "ledger/**/*.css",
]
LOADED = [
    "jupyter_book.cli.main",
    "jupyter_book.sphinx",
    "sphinx_external_toc",
    "myst_nb.sphinx_ext",
    "furo",
    "sphinxcontrib.bibtex",
]
PAUSE = 0.1  # seconds between two looks at the files

# A page knows of which build it is, and reloads once it hears of another. The script has an address, for the pages' own policy allows
# none that stands in them.
TAG = '<script src="/.news.js" data-build="%s"></script>'
SCRIPT = """const build = document.currentScript.dataset.build;
(function connect() {
  const news = new WebSocket("ws://" + location.host + "/.news");
  news.onmessage = ({data}) => { if (data !== build) location.reload(); };
  news.onclose = () => setTimeout(connect, 1000);
})();
"""
MESSAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>%s</title>
<style>:root { color-scheme: light dark; } body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: .5rem solid #c4480a; padding: .5rem 1rem; }</style></head>
<body><h1>%s</h1><pre>%s</pre></body></html>"""


def run(port: int) -> int:
    """Serve the preview on a port of this computer until Ctrl-C, and return the exit status of the command."""
    try:
        sockets = bind_sockets(port, "127.0.0.1")
    except OSError as error:
        print(
            f"Port {port} cannot be used ({error.strerror}). End what runs there, or take another one: make preview PORT=8001",
            file=sys.stderr,
        )
        return 1
    try:
        asyncio.run(_serve(sockets))
    except asyncio.CancelledError:
        print()  # the prompt goes under the terminal's ^C
    return 0


async def _serve(sockets: list[socket.socket]) -> None:
    preview = Preview()
    application = Application(
        [
            (r"/\.news", News, {"preview": preview}),
            (r"/\.news\.js", Script),
            (r"/(.*)", Page, {"preview": preview}),
        ],
        log_function=lambda request: None,
    )
    HTTPServer(application).add_sockets(sockets)
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # inherited by the warm process: Ctrl-C is this one's affair
    os.environ["LEDGER_LIVE"] = "1"
    multiprocessing.set_forkserver_preload(LOADED)
    multiprocessing.forkserver.ensure_running()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(each, asyncio.current_task().cancel)
    _say(
        f"building; the preview will be at http://127.0.0.1:{sockets[0].getsockname()[1]} (Ctrl-C ends it)"
    )
    seen = await _settled({})
    changed: list[str] = []
    while True:
        began = time.monotonic()
        built, told = await _build()
        what = (
            f"{_listed(changed)} changed: {'rebuilt' if built else 'NOT rebuilt'}"
            if changed
            else "built"
            if built
            else "NOT built"
        )
        _say(f"{what} in {time.monotonic() - began:.1f} s", told)
        preview.show("" if built else told)
        before, seen = seen, await _settled(seen)
        changed = sorted(
            name for name in before.keys() | seen.keys() if before.get(name) != seen.get(name)
        )


async def _settled(before: dict) -> dict:
    """Wait until the watched files are not as before and whoever writes them is done; return when each was last written, and its size."""
    earlier, now = before, _files()
    while now == before or now != earlier:
        await asyncio.sleep(PAUSE)
        earlier, now = now, _files()
    return now


def _files() -> dict[str, tuple[int, int]]:
    found = {}
    for path in (path for pattern in WATCHED for path in ROOT.glob(pattern)):
        with contextlib.suppress(FileNotFoundError):
            state = path.stat()
            found[path.relative_to(ROOT).as_posix()] = (state.st_mtime_ns, state.st_size)
    return found


def _listed(names: list[str]) -> str:
    return (
        ", ".join(names) if len(names) < 5 else f"{', '.join(names[:3])} and {len(names) - 3} more"
    )


def _say(line: str, told: str = "") -> None:
    print(
        time.strftime("%H:%M:%S"),
        line + "".join(f"\n  {each}" for each in told.splitlines()),
        flush=True,
    )


# --- a build --------------------------------------------------------------------------------------------------------------------


async def _build() -> tuple[bool, str]:
    """Build the site once; return whether there is a new one, and what the build said: warnings, chapters that failed, or why it failed."""
    with tempfile.TemporaryDirectory(prefix="live-") as folder:
        told = Path(folder, "told")
        told.touch()
        process = multiprocessing.get_context("forkserver").Process(
            target=_be_build, args=(str(told),)
        )
        process.start()
        try:
            while process.is_alive():
                await asyncio.sleep(0.02)
        finally:
            if process.is_alive():  # Ctrl-C has ended the wait
                with contextlib.suppress(ProcessLookupError):  # it may not have its own group yet
                    os.killpg(process.pid, signal.SIGTERM)
                process.terminate()
            process.join()
        text = re.sub(
            r"\x1b\[[0-9;]*m", "", told.read_text(encoding="utf-8", errors="replace")
        ).replace(f"{ROOT}{os.sep}", "")
        text = "\n".join(line for line in text.splitlines() if line.strip(" ="))
        if process.exitcode < 0 or process.exitcode and not text:
            text += f"\nThe build ended with exit status {process.exitcode}."
        return process.exitcode == 0, text


def _be_build(told: str) -> None:
    """Build the site, in a process of its own: what it says goes into the file `told`, and its exit status is 0 when all went well."""
    os.setsid()  # so that all that it starts can be ended with it
    gc.freeze()  # what the warm process loaded stays: no need to look for garbage in it
    os.chdir(ROOT)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(told, os.O_WRONLY | os.O_APPEND), 2)
    from jupyter_book.cli.main import main

    try:
        main(["build", "-n", "-q", "."], standalone_mode=False)
    except (
        Exception
    ) as error:  # of a build that came so far as to start Sphinx, Sphinx has told what went wrong
        if not os.path.getsize(told):
            print(error, file=sys.stderr)
        sys.exit(1)


# --- what the browser gets ------------------------------------------------------------------------------------------------------


class Preview:
    """What is shown at present: the site of the last build, or a message in its place."""

    def __init__(self):
        self.open: set[News] = set()
        self.title, self.message = "The book is being built", "This takes a while the first time."
        self.version = str(time.time_ns())

    def show(self, message: str) -> None:
        """Show the site, or a message instead if there is one, and have all open pages reload."""
        self.title, self.message = "The book was not built", message
        self.version = str(time.time_ns())
        for page in self.open:
            page.tell()


class News(WebSocketHandler):
    """Tells a page which build is shown: when it is opened, and whenever there is a new one."""

    def initialize(self, preview: Preview) -> None:
        self.preview = preview

    def open(self) -> None:
        self.preview.open.add(self)
        self.tell()

    def tell(self) -> None:
        with contextlib.suppress(WebSocketClosedError):
            self.write_message(self.preview.version)

    def on_close(self) -> None:
        self.preview.open.discard(self)


class Script(RequestHandler):
    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript")
        self.finish(SCRIPT)


class Page(RequestHandler):
    """A file of the site, as it is now; pages get the script that reloads them."""

    def initialize(self, preview: Preview) -> None:
        self.preview = preview

    def get(self, path: str) -> None:
        file = (SITE / (path or "index.html")).resolve()
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self.set_header(
            "Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
        )
        self.set_header("Cache-Control", "no-cache")  # ask each time whether it is still the same
        if self.preview.message and file.suffix == ".html":
            self.set_status(503)
            content = _plain(self.preview.title, self.preview.message)
        elif file.is_relative_to(SITE) and file.is_file():
            content = file.read_bytes()
        else:
            self.set_status(404)
            self.set_header("Content-Type", "text/html; charset=utf-8")
            content = _plain("There is no such page", f"{path}\n")
        if b"</body>" in content and "html" in self._headers["Content-Type"]:
            content = content.replace(
                b"</body>", (TAG % self.preview.version).encode() + b"</body>"
            )
        self.finish(content)


def _plain(title: str, text: str) -> bytes:
    return (MESSAGE % (title, title, html.escape(text))).encode()
