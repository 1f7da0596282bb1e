"""Make the book as one file beside the site, of the same sources as the site or not at all.

The EPUB is what Sphinx's builder makes; the PDF is Chromium's print of what Sphinx's single-page
builder makes. Either is put into `_build/html` whole, and a site that changes drops both. Nothing
is made again that would be made of the same by the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import mimetypes
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ledger.build import current
from ledger.build.sphinxext.lifecycle import SLUG, build_lock
from ledger.build.sphinxext.outdated_pages import source_digest
from ledger.build.sphinxext.paper import short_edition
from ledger.core.config import ROOT
from ledger.core.files import replace_file

BUILD = ROOT / "_build"
ADDRESS = "http://book.invalid/"  # where the browser finds the page; nothing leaves this process
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
# Of several --disable-features the last one counts, so Playwright's own are among them. The first
# two keep each window from loading pages for its address bar, half of a window's cost.
DISABLED = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
FLAGS = [
    "--no-sandbox",
    f"--disable-features={','.join(DISABLED)}",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NUMBER_CONTENTS = """pages => document.querySelectorAll('.contents a').forEach(link => {
    const page = pages[decodeURIComponent(link.hash.slice(1))] ?? '000';
    link.insertAdjacentHTML('beforeend',
        `<span class="dots" aria-hidden="true"></span><span class="page">${page}</span>`);
})"""


class PrintError(Exception):
    """The PDF or the EPUB could not be made; nothing was changed."""


def chromium() -> str:
    """Return the path of the Chromium that is installed. Raises PrintError."""
    if not CHROMIUM:
        raise PrintError(
            "the PDF is printed by Chromium, and there is none on this machine: "
            "apt-get install chromium libatomic1 (on a Mac: brew install --cask chromium)"
        )
    return CHROMIUM


def epub() -> list[Path]:
    """Make the EPUB and return its path in the site."""
    run_builder("epub")
    return [publish_file(BUILD / "epub" / f"{SLUG}.epub", source_digest(BUILD / "epub"))]


def pdf() -> list[Path]:
    """Make the PDF and its short edition, and return their paths in the site."""
    browser = chromium()
    made = []
    with driver() as player:  # first: where it does not start, that is said before a long build
        run_builder("singlehtml")
        sources = source_digest(BUILD / "singlehtml")  # before printing: a change is noticed
        with player.chromium.launch(executable_path=browser, args=FLAGS) as window:
            for page, name in (
                ("index", SLUG),
                (short_edition.NAME, f"{SLUG}-{short_edition.NAME}"),
            ):
                path = BUILD / ".work" / f"{name}.pdf"
                replace_file(path, set_date(print_page(window, BUILD / "singlehtml", page)))
                made.append(path)
    return [publish_file(path, sources) for path in made]


def make(kind: str) -> list[Path]:
    """Make the EPUB or the PDF, unless it is as it would be made; return the paths in the site."""
    mark, made_of = BUILD / ".work" / f"{kind}.json", _made_of(kind)
    try:
        known = json.loads(mark.read_text(encoding="utf-8"))
        paths = [BUILD / "html" / name for name in known["files"]]
        if made_of and known == _mark(made_of, paths):
            print("Nothing has changed since it was made. To have it made again, remove it:")
            return paths
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing was made yet, or it is gone from the site
    paths = {"pdf": pdf, "epub": epub}[kind]()
    if made_of:
        replace_file(mark, json.dumps(_mark(made_of, paths)))
    return paths


def _made_of(kind: str) -> list[str] | None:
    """Return what decides the bytes of the EPUB or the PDF, None where it cannot be told."""
    version, sources = "", current.sources()
    if kind == "pdf":
        asked = [chromium(), "--version"]
        version = subprocess.run(asked, capture_output=True, text=True).stdout
        if not version:
            return None
    return [sources, version] if sources else None


def _mark(made_of: list[str], paths: list[Path]) -> dict:
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    return {"made of": made_of, "files": digests}


def run_builder(builder: str) -> None:
    """Run one of Sphinx's builders as `make book` runs the site's. Raises PrintError."""
    program = str(Path(sys.executable).parent / "jupyter-book")
    strict = ["-W", "-n", "--keep-going"]
    chosen = ["--builder", "custom", "--custom-builder", builder]
    if subprocess.run([program, "build", *strict, *chosen, "."], cwd=ROOT).returncode:
        raise PrintError(
            f"the book could not be built for it; what is wrong is said above ({builder})"
        )


def print_page(window, folder: Path, name: str) -> bytes:
    """Return the PDF of a page in a folder, printed by the browser `window`.

    Printed once to learn on which pages headings stand, and again with these in the contents.
    Raises PrintError for a page that asks for what is not in the book.
    """
    from pypdf import PdfReader

    missing: list[str] = []
    first = PdfReader(io.BytesIO(_print(window, folder, name, missing, {})))
    pages = {
        name.lstrip("/"): first.get_destination_page_number(place)
        for name, place in first.named_destinations.items()
    }
    numbers = {name: page + 1 for name, page in pages.items() if page is not None}
    printed = _print(window, folder, name, missing, numbers)
    if missing:
        names = ", ".join(sorted(set(missing)))
        raise PrintError(f"the page asks for what is not in the book: {names}")
    return printed


@contextlib.contextmanager
def driver() -> Iterator:
    """Start what drives Chromium. Raises PrintError where it does not start."""
    from playwright.sync_api import sync_playwright

    try:
        player = sync_playwright().start()
    except Exception as error:  # its program has said on the terminal what it lacks
        raise PrintError(
            f"Playwright, which drives Chromium, does not start ({error}). Where it lacks "
            "libatomic.so.1: apt-get install libatomic1"
        ) from error
    try:
        yield player
    finally:
        player.stop()


def _print(window, folder: Path, name: str, missing: list[str], pages: dict[str, int]) -> bytes:
    page = window.new_page(color_scheme="light")
    page.set_default_timeout(120_000)
    page.route("**/*", lambda route: _serve(route, folder, missing))
    page.goto(ADDRESS + f"{name}.html", wait_until="load")
    page.evaluate(NUMBER_CONTENTS, pages)
    # where reading paused, words were left in two pieces, and a link over them would be two
    page.evaluate("document.normalize()")
    page.evaluate("document.fonts.ready.then(() => true)")
    printed = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    page.close()
    return printed


def _serve(route, folder: Path, missing: list[str]) -> None:
    """Answer the browser from the folder of the page, fonts from matplotlib's."""
    import matplotlib

    path = unquote(urlsplit(route.request.url).path).lstrip("/")
    file = folder / path
    if path.startswith("fonts/"):
        file = Path(matplotlib.get_data_path(), "fonts", "ttf", path.removeprefix("fonts/"))
    if route.request.url.startswith(ADDRESS) and file.is_file():
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        route.fulfill(body=file.read_bytes(), content_type=kind)
    else:
        missing.append(route.request.url)
        route.abort()


def set_date(pdf: bytes) -> bytes:
    """Return a PDF whose dates are SOURCE_DATE_EPOCH, so that the same book is the same file."""
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    date = time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds)).encode()
    pattern = rb"(/(?:CreationDate|ModDate) ?\(D:)\d{14}"  # as long as before: offsets hold
    return re.sub(pattern, lambda match: match.group(1) + date, pdf)


def publish_file(path: Path, sources: str | None) -> Path:
    """Put a file into the site, whole, if the site was made of the same sources.

    Returns its path there. Raises PrintError.
    """
    target = BUILD / "html" / path.name
    with build_lock(BUILD / ".lock"):
        if sources is None or sources != source_digest(BUILD / "html"):
            raise PrintError(
                f"the site was not made of what {path.name} was made of: a file changed "
                "meanwhile; run make again"
            )
        replace_file(target, path.read_bytes())
    return target
