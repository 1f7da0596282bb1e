"""Build the EPUB: Sphinx's, with cover and title page, and the same bytes of the same book."""

from __future__ import annotations

import html
import os
import re
import textwrap
import time
import zipfile
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder

from ledger.build.sphinxext.paper.title_page import rights, title_page
from ledger.build.sphinxext.works import SLUG
from ledger.core import citations
from ledger.core.charts.style import PALETTE
from ledger.core.config import book

ACCESSIBILITY = {
    "accessMode": ("textual", "visual"),
    "accessModeSufficient": ("textual",),
    "accessibilityFeature": ("alternativeText", "structuralNavigation", "tableOfContents"),
    "accessibilityHazard": ("none",),
    "accessibilitySummary": (
        "Every chart has a text alternative; the numbers behind it are on the book's site.",
    ),
}
FIRST_FILES = ("mimetype", "META-INF/container.xml", "content.opf", "toc.ncx")
EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip knows no time before
GUIDE = re.compile(r"[ \t]*<guide>.*?</guide>\n", re.S)


class Epub(Epub3Builder):
    """Sphinx's EPUB, with a cover, a title page, and no stray files."""

    def get_outdated_docs(self):
        # all pages at every build: it takes a second, and the title page names the commit
        return sorted(self.env.found_docs)

    def get_theme_config(self):
        return "paper", {}

    def build_content(self) -> None:
        values, folder = title_page(self.app), Path(self.outdir)
        for path in folder.joinpath("_static").rglob("*"):
            if path.is_file() and path.name != "paper.css":
                path.unlink()  # scripts and styles of the site
        (folder / "cover.svg").write_text(cover(values), encoding="utf-8")
        self.globalcontext["book"] = values
        self.handle_page("titlepage", {"title": "Title page"}, "epub_title_page.html")
        # of the last build: it would be listed twice
        (folder / "epub-cover.xhtml").unlink(missing_ok=True)
        super().build_content()
        self._complete_package(folder / "content.opf")

    def _complete_package(self, path: Path) -> None:
        """Add to the package document what the EPUB says of its accessibility."""
        properties = "".join(
            f'<meta property="schema:{name}">{html.escape(value)}</meta>\n    '
            for name, values in ACCESSIBILITY.items()
            for value in values
        )
        content = path.read_text(encoding="utf-8")
        image = 'href="cover.svg" properties="cover-image"'
        content = content.replace('href="cover.svg"', image)
        for page in self._pages_with_math():
            content = content.replace(f'href="{page}"', f'href="{page}" properties="mathml"')
        content = content.replace("</metadata>", f"{properties}</metadata>")
        path.write_text(GUIDE.sub("", content), encoding="utf-8")

    def _pages_with_math(self) -> list[str]:
        pages = (name for name in self.files if name.endswith(".xhtml"))
        return [
            name for name in pages if "<math" in Path(self.outdir, name).read_text(encoding="utf-8")
        ]

    def toc_metadata(self, level: int, navpoints: list) -> dict:
        return super().toc_metadata(level, navpoints) | {"uid": self.config.epub_identifier}

    def build_epub(self) -> None:
        """Write the file as Sphinx does, with one time for all that is in it."""
        when = max(time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", 0)))[:6], EARLIEST)
        with zipfile.ZipFile(Path(self.outdir, f"{SLUG}.epub"), "w") as archive:
            for name in (*FIRST_FILES, *self.files):
                entry = zipfile.ZipInfo(name, when)
                stored = name == "mimetype"
                entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, Path(self.outdir, name).read_bytes())


def cover(values: dict[str, str]) -> str:
    """Return the cover as SVG: title and subtitle on a plain ground, in lines that fit."""
    ground, accent = PALETTE["blue"][0], PALETTE["vermilion"][0]
    lines = [
        (line, size)
        for words, size, width in ((values["title"], 74, 16), (values["subtitle"], 34, 34))
        for line in [*textwrap.wrap(words, width), ""]
    ]
    y, shown = 330, ""
    for line, size in lines:
        words = html.escape(line)
        shown += f'<text x="70" y="{y}" font-size="{size}" fill="#ffffff">{words}</text>\n'
        y += size * 1.3
    until = html.escape(values["until"])
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" '
        'viewBox="0 0 800 1200" width="800" height="1200" font-family="serif">\n'
        f'<rect width="800" height="1200" fill="{ground}"/>'
        f'<rect x="70" y="180" width="160" height="14" fill="{accent}"/>\n{shown}'
        f'<text x="70" y="1110" font-size="28" fill="#ffffff">{until}</text>\n</svg>\n'
    )


def set_metadata(app: Sphinx, config) -> None:
    """Say of the EPUB what a library's catalogue holds."""
    edition = citations.edition()
    config.version = edition["version"]
    config.epub_basename, config.epub_title, config.epub_language = SLUG, config.html_title, "en"
    config.epub_author = config.epub_publisher = config.epub_contributor = config.author
    config.epub_copyright = rights(config)
    config.epub_description = edition["abstract"]
    # for good: a library knows the book by it
    config.epub_uid, config.epub_identifier = "book-id", book().epub_identifier
    config.epub_cover = ("cover.svg", "cover.html")
    config.epub_pre_files = [("titlepage.xhtml", "Title page")]
    config.epub_use_index, config.epub_show_urls = False, "no"
    config.epub_tocdup, config.epub_tocdepth = False, 2
    config.epub_tocscope = "includehidden"


def setup(app: Sphinx) -> None:
    app.add_builder(Epub, override=True)
    app.connect("config-inited", set_metadata)
