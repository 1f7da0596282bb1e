"""Serve a preview that is built again whenever a file is saved, and that open pages show at once.

A build that fails leaves the site as it was, and its message is served in the place of every page.
How it is built: `ledger/build/warm_build.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import mimetypes
import multiprocessing.forkserver
import os
import signal
import socket
import sys
import time
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ledger.build.execution.pool import engine
from ledger.build.warm_build import PRELOAD, SITE, Builder
from ledger.core.config import PACKAGE, ROOT

# folders of which nothing is built; so are all whose name begins with a dot
NOT_WATCHED = {"_build", "__pycache__", "tests", "docs"}
PAUSE = 0.05  # seconds between two looks at the files
SOON = 0.02  # seconds until they are looked at again, lest one is still being written

# A page knows of which build it is, and reloads once it hears of another. The script has an
# address, for the pages' own policy allows none that stands in them.
TAG = '<script src="/.reload.js" data-build="%s"></script>'
SCRIPT = """const build = document.currentScript.dataset.build;
(function connect() {
  const socket = new WebSocket("ws://" + location.host + "/.reload");
  socket.onmessage = ({data}) => { if (data !== build) location.reload(); };
  socket.onclose = () => setTimeout(connect, 1000);
})();
"""
MESSAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>%s</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .5rem 1rem;
  border-left: .5rem solid #c4480a; }
</style></head>
<body><h1>%s</h1><pre>%s</pre></body></html>"""


def run(port: int) -> int:
    """Serve the preview until Ctrl-C, and return the exit status of the command."""
    try:
        sockets = bind_sockets(port, "127.0.0.1")
    except OSError as error:
        print(
            f"Port {port} cannot be used ({error.strerror}). End what runs there, "
            "or take another one: make preview PORT=8001",
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
    handlers = [
        (r"/\.reload", ReloadSocket, {"preview": preview}),
        (r"/\.reload\.js", Script),
        (r"/(.*)", Page, {"preview": preview}),
    ]
    application = Application(default_handler_class=ForeignName, log_function=lambda request: None)
    # a page of another site may have its own name lead here, and would then read all answers
    application.add_handlers(r"(127\.0\.0\.1|localhost)", handlers)
    HTTPServer(application).add_sockets(sockets)
    # inherited by the warm process: Ctrl-C is this one's affair
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["LEDGER_LIVE"] = "1"
    if engine() == "fork":
        multiprocessing.set_forkserver_preload(PRELOAD)
        multiprocessing.forkserver.ensure_running()
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    _say(f"building; the preview will be at {address} (Ctrl-C ends it)")
    await _build_on_change(preview)


async def _build_on_change(preview: Preview) -> None:
    """Build, and again whenever a watched file changes."""
    files = await wait_for_change({})
    changed: list[str] = []
    builder = Builder()
    try:
        while True:
            started = time.monotonic()
            while (ended := await builder.build(lambda: preview.show(""))) is None:
                builder.end()
                builder = Builder(ahead=False)
            built, messages = ended
            outcome = "built" if built else "NOT built"
            if changed:
                outcome = f"{_names(changed)} changed: {'rebuilt' if built else 'NOT rebuilt'}"
            _say(f"{outcome} in {time.monotonic() - started:.1f} s", messages)
            if preview.message or not built:
                preview.show("" if built else messages)
            builder.end()
            builder = Builder()
            before, files = files, await wait_for_change(files)
            names = before.keys() | files.keys()
            changed = sorted(name for name in names if before.get(name) != files.get(name))
            # whatever else has changed, it may have loaded as it was
            if not builder.process.is_alive() or not all(name.endswith(".md") for name in changed):
                builder.end()
                builder = Builder()
    finally:
        builder.end()


async def wait_for_change(before: dict) -> dict:
    """Wait until the watched files are not as before, and are no longer being written.

    Returns when each was last written and changed, and its size.
    """
    earlier, now = before, _watched_files()
    while now == before or now != earlier:
        await asyncio.sleep(PAUSE if now == before else SOON)
        earlier, now = now, _watched_files()
    return now


def _watched_files() -> dict[str, tuple[int, ...]]:
    """Return the state of all files of the book and of the machine that a build may read."""
    files = {}
    for top, base in ((ROOT, ROOT), (PACKAGE, PACKAGE.parent)):
        start = len(os.path.join(base, ""))
        for folder, folders, names in os.walk(top):
            folders[:] = [
                name for name in folders if name not in NOT_WATCHED and not name.startswith(".")
            ]
            for path in (os.path.join(folder, name) for name in names if name[0] != "."):
                with contextlib.suppress(FileNotFoundError):
                    state = os.stat(path)
                    # no program sets the time of the change itself back
                    times = (state.st_mtime_ns, state.st_ctime_ns)
                    files[path[start:].replace(os.sep, "/")] = (*times, state.st_size)
    return files


def _names(names: list[str]) -> str:
    """Return the names in a line, the first of many."""
    if len(names) < 5:
        return ", ".join(names)
    return f"{', '.join(names[:3])} and {len(names) - 3} more"


def _say(line: str, messages: str = "") -> None:
    indented = "".join(f"\n  {message}" for message in messages.splitlines())
    print(time.strftime("%H:%M:%S"), line + indented, flush=True)


class Preview:
    """What is shown at present: the site of the last build, or a message in its place."""

    def __init__(self):
        self.open: set[ReloadSocket] = set()
        self.title, self.message = "The book is being built", "This takes a while the first time."
        self.version = str(time.time_ns())

    def show(self, message: str) -> None:
        """Show the site, or a message instead if there is one, and have all open pages reload."""
        self.title, self.message = "The book was not built", message
        self.version = str(time.time_ns())
        for socket_ in self.open:
            socket_.send_version()


class ReloadSocket(WebSocketHandler):
    """Tells a page which build is shown: when it is opened, and whenever there is a new one."""

    def initialize(self, preview: Preview) -> None:
        self.preview = preview

    def open(self) -> None:
        self.preview.open.add(self)
        self.send_version()

    def send_version(self) -> None:
        """Send the version of the build that is shown."""
        with contextlib.suppress(WebSocketClosedError):
            self.write_message(self.preview.version)

    def on_close(self) -> None:
        self.preview.open.discard(self)


class ForeignName(RequestHandler):
    """Refuses whoever asks for another host than this machine."""

    def prepare(self) -> None:
        self.set_status(403)
        name = self.request.host_name
        words = f"The preview answers to 127.0.0.1 and localhost, not to {name}."
        self.finish(_message_page("This is not your site", words))


class Script(RequestHandler):
    """The script that reloads pages."""

    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript")
        self.finish(SCRIPT)


class Page(RequestHandler):
    """A file of the site, as it is now; pages get the script that reloads them."""

    def initialize(self, preview: Preview) -> None:
        self.preview = preview

    def get(self, path: str) -> None:
        file = _site_file(path or "index.html")
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        self.set_header("Content-Type", kind)
        self.set_header("Cache-Control", "no-cache")  # ask each time whether it is still the same
        if self.preview.message and file.suffix == ".html":
            self.set_status(503)
            content = _message_page(self.preview.title, self.preview.message)
        elif file.is_file():
            content = file.read_bytes()
        else:
            self.set_status(404)
            self.set_header("Content-Type", "text/html; charset=utf-8")
            content = _message_page("There is no such page", f"{path}\n")
        if b"</body>" in content and "html" in self._headers["Content-Type"]:
            tag = (TAG % self.preview.version).encode()
            content = content.replace(b"</body>", tag + b"</body>")
        self.finish(content)


def _site_file(path: str) -> Path:
    """Return where a file of the site is, also where _build is a link; for a path that leads out of
    it, or can be none, a file that is not there.
    """
    nowhere = SITE / "no such page"
    try:
        file = (SITE / path).resolve()
        file.is_file()  # raises for a name that is too long
    except (OSError, ValueError):  # the latter for a NUL
        return nowhere
    return file if file.is_relative_to(SITE.resolve()) else nowhere


def _message_page(title: str, text: str) -> bytes:
    return (MESSAGE % (title, title, html.escape(text))).encode()
