"""The built site, served over HTTP and opened in a real browser.

Tests import the fixtures `address`, `browser`, `open_page` and `open_next`, and `needs_browser`.

Needs Chromium (Debian: apt-get install chromium libatomic1; Debian's package does not bring the
library that its driver loads). Where there is none the tests are skipped, but never in CI.
"""

import atexit
import contextlib
import functools
import http.server
import os
import threading
from pathlib import Path

import pytest

from ledger.commands.pdf import CHROMIUM, FLAGS, driver
from ledger.core import config

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
MOVED = {f"{page}.html" for page in config.book().redirects}
# what the chapters executed to, with the outputs that the pages show
EXECUTED = SITE.parent / ".work" / "html" / "executed"
CHAPTERS = [
    page
    for page in config.pages(config.ROOT)
    if "{code-cell}" in (config.ROOT / f"{page}.md").read_text(encoding="utf-8")
]
PAGES = sorted(
    {
        path.relative_to(SITE).as_posix()
        for path in SITE.rglob("*.html")
        if "_static" not in path.parts and not path.name.endswith(".embed.html")
    }
    - MOVED
)
# pages of claims come from one template: one decided by a rule, and one read, stand for all
LIKE = ("claims/c39.html", "claims/c61.html")
PAGES = [path for path in PAGES if not path.startswith("claims/") or path in LIKE]

if not CHROMIUM and os.environ.get("CI"):
    raise RuntimeError(
        "no Chromium on this machine, and in CI the reader's journeys may not be skipped: apt-get "
        "install chromium libatomic1"
    )
needs_browser = pytest.mark.skipif(
    not CHROMIUM,
    reason="no Chromium here, so no reader's journey was tried: apt-get install chromium "
    "libatomic1",
)


@pytest.fixture(scope="module")
def address():
    class Quiet(http.server.SimpleHTTPRequestHandler):
        # one connection for all that a page loads, and no word held back until the last is taken
        protocol_version, disable_nagle_algorithm = "HTTP/1.1", True

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(SITE))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


# what ends the browser's driver. The module holds it: where `atexit` alone did, a fork of this
# process (by multiprocessing from Python 3.13 on) would forget it, and so end the driver of both
KEPT = contextlib.ExitStack()


@functools.cache
def _browser():
    """Start the browser in which all tests of this process open their windows."""
    player = KEPT.enter_context(driver())
    atexit.register(KEPT.close)
    # a process kept ready for the next page is a tenth of a window's cost: each window ends with
    # its test, and takes it along
    spare = ",SpareRendererForSitePerProcess"
    flags = [flag + spare if flag.startswith("--disable-features") else flag for flag in FLAGS]
    # nothing leaves this machine. To refuse it request by request, by `page.route`, has each
    # request wait for the test's process, and the browser keep no style or script for the next page
    alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
    return player.chromium.launch(executable_path=CHROMIUM, args=[*flags, alone])


@pytest.fixture(scope="module")
def browser():
    return _browser()


def watch(page, address):
    """Keep what a page asks of other hosts, in vain, in `page.strangers`, and what the browser
    complains of in `page.complaints`.
    """
    page.strangers, page.complaints = [], []
    own = (address, "data:", "blob:", "about:")
    page.on(
        "request",
        lambda request: None if request.url.startswith(own) else page.strangers.append(request.url),
    )
    page.on(
        "console",
        lambda message: (
            page.complaints.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


@pytest.fixture
def open_page(browser, address):
    """Open a page of the site in a window of its own, watched."""
    windows = []

    def open_page(path, width=1280, height=900, **settings):
        window = browser.new_context(viewport={"width": width, "height": height}, **settings)
        windows.append(window)
        page = watch(window.new_page(), address)
        page.goto(f"{address}/{path}", wait_until="load")
        return page

    yield open_page
    for window in windows:
        window.close()


@pytest.fixture(scope="module")
def open_next(browser, address):
    """Open a page of the site where the one before it stood, watched, in a window of 1280 pixels.

    A window of its own costs as much as a small page itself, and is not needed by tests that leave
    nothing in the browser.
    """
    window = browser.new_context(reduced_motion="reduce")
    page = watch(window.new_page(), address)

    def open_next(path):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
        page.strangers, page.complaints = [], []
        page.goto(f"{address}/{path}", wait_until="load")
        return page

    yield open_next
    window.close()
