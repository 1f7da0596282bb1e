"""Read a built site as it is published: claims, numbers, tables, charts, and words of pages.

Markup, ids, and what only follows from another change (a figure's number, the list of a table's
uses) are left out.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup

from ledger.commands.compare.files import (
    SiteError,
    damaged,
    file_in,
    read,
    read_csv,
    read_json,
)
from ledger.commands.compare.slow import in_time
from ledger.core import text

NEEDED = ("index.html", "build.json", "claims.json", "numbers.json", "data/datapackage.json")
ARTICLE = re.compile(r'<article role="main".*?</article>', re.S)
FOOTER = re.compile(r'<div class="colophon">.*?</div>', re.S)
BUILD = re.compile(r"<p>Version .*?</p>", re.S)  # in the footer: another with each commit
IN_CONTENTS = re.compile(
    r'<li class="toctree-l\d[^"]*"><a class="reference internal" href="(.+?)\.html"'
)
TITLE = re.compile(r"<h1>((?:(?!<h1>|<a |</h1>).)*)(?:<a |</h1>)", re.S)
PICTURE = re.compile(r'(<img\b[^>]*?\bsrc=")([^"]*)')
# Weighs most in a page and is compared elsewhere, so that it need not be parsed. A mark ends at the
# next: else each of many that never end is searched to the end, which no deadline interrupts.
HEAVY = re.compile(
    r"(<svg[^<>]*>).*?(?=</svg>)|<script.*?</script>"
    r'|(<div class="chart-table"[^<>]*>)<table>.*?</table>',
    re.S,
)
UNSEEN = (
    "script, style, svg, .headerlink, figure.ledger-chart, ul.claims, "
    "details.cite, details.run, .claim-places, section#where-the-book-uses-it > ul, "
    ".bibtex-citation.numbered, .page-sources .label"
)
HEADINGS = "h1 h2 h3 h4 h5 h6".split()
BLOCKS = HEADINGS + (
    "address article aside blockquote br caption dd details div dl dt figcaption figure hr li "
    "ol p pre section summary table tbody thead tr ul"
).split()  # fmt: skip
BREAK, HEADING = "\ue002", "\ue003"  # between blocks; before a heading
OPEN, CLOSE = "\ue000", "\ue001"  # around a computed number and a claim's badge
COMPUTED = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")


@dataclass(frozen=True)
class Block:
    """A paragraph, heading, item, row or line of code, and the heading under which it stands."""

    text: str
    heading: str

    @functools.cached_property
    def without_computed(self) -> str:
        return COMPUTED.sub(OPEN, self.text)


def plain(content: str) -> str:
    """Return a page's text as it is read: without the marks around what is computed."""
    return COMPUTED.sub(r"\1", content)


@dataclass(frozen=True)
class Chart:
    """A chart: its words on its page, its SVG, and the CSV of the data behind it."""

    name: str
    page: str = ""
    caption: str = ""
    description: str = ""
    source: str = ""
    code: str = ""
    svg: str = ""
    csv: str = ""


@dataclass(frozen=True)
class Page:
    """A page by its address without ending."""

    address: str
    html: str
    is_slow: bool = False  # whether it takes too long to be read

    @functools.cached_property
    def title(self) -> str:
        if self.is_slow:
            return self.address
        heading = TITLE.search(self.html)
        words = heading[1] if heading else self.address
        return unescape(re.sub(r"<[^>]*>", "", words)).strip()

    @property
    def blocks(self) -> list[Block]:
        return self._parsed[0]

    @property
    def charts(self) -> list[Chart]:
        return [replace(chart, page=self.address) for chart in self._parsed[1]]

    @property
    def _parsed(self) -> tuple[list[Block], list[Chart]]:
        try:
            return _read(self.html)
        except (ParserRejectedMarkup, RecursionError):
            raise damaged(Path(f"{self.address}.html"), "cannot be read as HTML") from None


def _badge_text(badge) -> str:
    """Return a badge as number and verdict, whatever glyph it shows."""
    mark = badge.select_one(".mark")
    if mark is None:
        return badge.get_text()
    verdict = mark.select_one(".verdict-word").get_text().strip(" ,")
    number = badge.get_text().removeprefix(mark.get_text()).strip()
    return f"{number} · {verdict}"


@functools.lru_cache(256)  # most pages are the same in both sites
def _read(html: str) -> tuple[list[Block], list[Chart]]:
    """Return the text of a page block by block, and its charts."""
    soup = BeautifulSoup(HEAVY.sub(r"\1\2", html), "html.parser")
    charts = [_chart(figure) for figure in soup.select("figure.ledger-chart[id]")]
    for unseen in soup.select(UNSEEN):
        unseen.decompose()
    for number in soup.select(".num"):
        number.replace_with(f"{OPEN}{number.get_text()}{CLOSE}")
    for badge in soup.select("span.claim"):
        badge.replace_with(f"{OPEN}[{_badge_text(badge)}]{CLOSE}")
    for reference in soup.select(".std-numref"):  # its number follows from the charts before it
        link = reference.find_parent("a")
        target = str(link["href"]) if link else ""
        reference.replace_with(f"Fig. {target.rpartition('#chart-')[2]}")
    return list(_blocks(soup)), charts


def _chart(figure: Tag) -> Chart:
    def words(selector: str) -> str:
        element = figure.select_one(selector)
        return " ".join(element.get_text().split()) if element else ""

    picture, code = figure.select_one("svg[aria-label]"), figure.select_one(".highlight pre")
    return Chart(
        name=str(figure["id"]).removeprefix("chart-"),
        caption=words(".caption-text"),
        description=str(picture["aria-label"]) if picture else "",
        source=words(".chart-source"),
        code=code.get_text() if code else "",
    )


def _blocks(soup: Tag) -> Iterator[Block]:
    """Yield the text of a page: a row of a table is a block, and so is each line of code."""
    for picture in soup("img"):
        picture.replace_with(f"[picture: {picture.get('alt', '')}, {picture.get('src', '')}]")
    for cell in soup(["td", "th"]):
        mark = " | " if cell.find_previous_sibling(["td", "th"]) else ""
        cell.string = mark + " ".join(cell.get_text(" ").split())
    for code in soup("pre"):
        code.string = code.get_text().replace("\n", BREAK)
    for title in soup(HEADINGS):
        title.insert(0, HEADING)
    for block in soup(BLOCKS):
        block.insert(0, BREAK)
        block.append(BREAK)
    heading = ""
    for piece in soup.get_text().split(BREAK):
        words = " ".join(piece.split())
        if words.startswith(HEADING):
            words = words.removeprefix(HEADING)
            heading = plain(words)
        if words:
            yield Block(words, heading)


class Site:
    """A built site in a folder. Raises SiteError for any other folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        if missing := [name for name in NEEDED if not file_in(folder, name)]:
            raise SiteError(
                f"{folder} is no built site, for it lacks {text.listing(missing)}: "
                "name a folder as make book leaves it in _build/html"
            )
        self.build: dict = read_json(folder, "build.json")
        package = read_json(folder, "data/datapackage.json")
        self.resources: dict[str, dict] = {entry["name"]: entry for entry in package["resources"]}
        self.numbers: dict[tuple[str, str], dict] = {
            (record["page"], record["name"]): record for record in read_json(folder, "numbers.json")
        }
        rows = {row.get("claim_id"): row for row in parse_csv(self.table("claims"))}
        self.claims: dict[str, dict] = {
            record["claim_id"]: rows.get(record["claim_id"], {}) | record
            for record in read_json(folder, "claims.json")
        }
        self.slow: list[str] = []  # pages that take too long
        self.pages = self._pages()
        self.charts = self._charts()

    def table(self, name: str) -> str:
        """Return the CSV text of a table, empty where there is none."""
        resource = self.resources.get(name)
        return read_csv(self.folder, f"data/{resource['path']}") if resource else ""

    def title(self, page: str) -> str:
        return self.pages[page].title if page in self.pages else page

    def has_page(self, address: str) -> bool:
        """Tell whether a page is one of the site: what names it may hold any word."""
        return address in self.pages or address.removeprefix("charts/") in self.charts

    def _pages(self) -> dict[str, Page]:
        """Return the pages by address, in the order of the contents and then of their names, and as
        another one the footer that all of them have.
        """
        pages: dict[str, Page] = {}
        first = read(self.folder, "index.html")
        listed = in_time(lambda: IN_CONTENTS.findall(first), "index", self.slow)
        contents = ["index", *(listed or [])]
        names = (path.relative_to(self.folder) for path in self.folder.rglob("*.html"))
        others = sorted(path.with_suffix("").as_posix() for path in names)
        for address in dict.fromkeys([*(each for each in contents if each in others), *others]):
            if address.startswith(("_static/", "charts/")) or address == "search":
                continue
            content = read(self.folder, f"{address}.html")
            found = in_time(lambda: self._articles(address, content), address, self.slow)
            pages |= {address: Page(address, content, is_slow=True)} if found is None else found
        return pages

    def _articles(self, address: str, content: str) -> dict[str, Page]:
        """Return what a file has of the site: its page, and of the first the footer."""
        article, footer = ARTICLE.search(content), FOOTER.search(content)
        if not article:
            return {}
        html = PICTURE.sub(functools.partial(_with_content, self.folder, address), article[0])
        pages = {address: Page(address, html)}
        if footer and address == "index":
            html = "<h1>Footer of every page</h1>" + BUILD.sub("", footer[0])
            pages["footer"] = Page(address, html)
        return pages

    def _charts(self) -> dict[str, Chart]:
        """Return the charts by name: all that have a drawing, on a page or not."""
        shown: dict[str, Chart] = {}
        for name, page in self.pages.items():
            if page.is_slow or 'class="ledger-chart' not in page.html:
                continue
            if (charts := in_time(lambda: page.charts, name, self.slow)) is None:
                self.pages[name] = replace(page, is_slow=True)
            shown |= {chart.name: chart for chart in charts or []}
        return {
            name: replace(
                shown.get(name, Chart(name)),
                svg=read(self.folder, f"charts/{name}.svg"),
                csv=read_csv(self.folder, f"charts/{name}.csv"),
            )
            for name in sorted(path.stem for path in self.folder.glob("charts/*.svg"))
        }


def parse_csv(content: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content)))


def _with_content(folder: Path, page: str, image: re.Match) -> str:
    """Return the source of a picture as its file's name and a hash of what the file holds.

    Of one that is no file of the site, as of another host's, the hash is that of its address.
    """
    source = image[2]
    try:
        file = file_in(folder, Path(page).parent / unquote(source.partition("?")[0]))
    except SiteError:
        file = None
    content = file.read_bytes() if file else source.encode()
    name = source.rpartition("/")[2][-40:]
    return f"{image[1]}{name}, contents {hashlib.sha256(content).hexdigest()[:8]}"
