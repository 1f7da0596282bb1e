"""make pdf, make epub: the book as one file beside the site, of the same sources as the site or not at all.

The EPUB is what Sphinx's builder makes; the PDF is Chromium's print of what Sphinx's single-page builder makes (`ledger.build.sphinxext.paper`).
Either is put into `_build/html` whole, and a site that changes drops both (`ledger.build.sphinxext.lifecycle`).
"""

from __future__ import annotations

import io
import mimetypes
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ledger.build.sphinxext.lifecycle import SLUG, build_lock
from ledger.build.sphinxext.staleness import source_digest
from ledger.core.config import ROOT

BUILD = ROOT / "_build"
ADDRESS = "http://book.invalid/"  # where the browser finds the page and its fonts; nothing leaves this process
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NUMBER_CONTENTS = """pages => document.querySelectorAll('.contents a').forEach(link => link.insertAdjacentHTML('beforeend',
    `<span class="dots" aria-hidden="true"></span><span class="page">${pages[decodeURIComponent(link.hash.slice(1))] ?? '000'}</span>`))"""


class NotPrinted(Exception):
    """The PDF or the EPUB could not be made; nothing was changed."""


def chromium() -> str:
    """Return the path of the Chromium that is installed."""
    if not CHROMIUM:
        raise NotPrinted(
            "the PDF is printed by Chromium, and there is none on this machine: apt-get install chromium"
        )
    return CHROMIUM


def epub() -> Path:
    """Make the EPUB and return its path in the site."""
    build("epub")
    return put(BUILD / "epub" / f"{SLUG}.epub", source_digest(BUILD / "epub"))


def pdf() -> Path:
    """Make the PDF and return its path in the site."""
    browser = chromium()
    build("singlehtml")
    sources = source_digest(
        BUILD / "singlehtml"
    )  # known before the page is read: what changes while it prints is noticed
    made = BUILD / ".work" / f"{SLUG}.pdf"
    made.write_bytes(dated(printed(BUILD / "singlehtml", browser)))
    return put(made, sources)


def build(builder: str) -> None:
    """Run one of Sphinx's builders as `make book` runs the site's."""
    command = [
        str(Path(sys.executable).parent / "jupyter-book"),
        "build",
        "-W",
        "-n",
        "--keep-going",
        "--builder",
        "custom",
        "--custom-builder",
        builder,
        ".",
    ]
    if subprocess.run(command, cwd=ROOT).returncode:
        raise NotPrinted(
            f"the book could not be built for it; what is wrong is said above ({builder})"
        )


def printed(folder: Path, browser: str) -> bytes:
    """Return the PDF of the page in a folder: printed once to learn on which pages things stand, and again with these in the contents."""
    import matplotlib
    from playwright.sync_api import sync_playwright
    from pypdf import PdfReader

    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")

    def serve(route) -> None:
        path = unquote(urlsplit(route.request.url).path).lstrip("/")
        file = fonts / path.removeprefix("fonts/") if path.startswith("fonts/") else folder / path
        if route.request.url.startswith(ADDRESS) and file.is_file():
            route.fulfill(
                body=file.read_bytes(),
                content_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
            )
        else:
            missing.append(route.request.url)
            route.abort()

    missing: list[str] = []
    with sync_playwright() as player:
        window = player.chromium.launch(executable_path=browser, args=FLAGS)
        try:

            def print_with(pages: dict[str, int]) -> bytes:
                page = window.new_page(color_scheme="light")
                page.set_default_timeout(120_000)
                page.route("**/*", serve)
                page.goto(ADDRESS + "index.html", wait_until="load")
                page.evaluate(NUMBER_CONTENTS, pages)
                page.evaluate(
                    "document.normalize()"
                )  # where reading paused, words were left in two pieces, and a link over them would be two
                page.evaluate("document.fonts.ready.then(() => true)")
                made = page.pdf(
                    prefer_css_page_size=True, print_background=True, tagged=True, outline=True
                )
                page.close()
                return made

            reader = PdfReader(io.BytesIO(print_with({})))
            numbers = {
                name.lstrip("/"): reader.get_destination_page_number(place)
                for name, place in reader.named_destinations.items()
            }
            made = print_with(
                {name: number + 1 for name, number in numbers.items() if number is not None}
            )
        finally:
            window.close()
    if missing:
        raise NotPrinted(
            f"the page asks for what is not in the book: {', '.join(sorted(set(missing)))}"
        )
    return made


def dated(pdf: bytes) -> bytes:
    """Return a PDF that names the time of the last commit as its own, where the environment says it, so that the same book is the same file."""
    when = time.strftime(
        "%Y%m%d%H%M%S", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
    )
    return re.sub(
        rb"(/(?:CreationDate|ModDate) ?\(D:)\d{14}",
        lambda found: found.group(1) + when.encode(),
        pdf,
    )  # as long as before: offsets hold


def put(made: Path, sources: str | None) -> Path:
    """Put a file into the site, whole, if the site was made of the same sources, and return its path there."""
    place = BUILD / "html" / made.name
    with build_lock(BUILD / ".lock"):
        if sources is None or sources != source_digest(BUILD / "html"):
            raise NotPrinted(
                f"the site was not made of what {made.name} was made of: a file changed meanwhile; run make again"
            )
        aside = BUILD / f".{made.name}.new"
        shutil.copyfile(made, aside)
        os.replace(aside, place)
    return place
