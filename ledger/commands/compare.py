"""What a reader would see changed between two built sites: verdicts, printed numbers, charts, tables, the words of pages and where their links lead.

A site is read as it is published: claims.json, numbers.json, build.json, the tables and the charts' files beside their pages, and the text of
the pages themselves. What no reader sees does not count: markup, ids, hashes in names, commit and date of the build. What follows from a change that
is told already is not told twice: a sentence in which only a computed number or a verdict is new, a figure's number, the list of a table's uses.

`ledger.commands.report` writes what `compare` finds for people.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from bs4 import BeautifulSoup, NavigableString, Tag

from ledger.upkeep.table_diff import Change

NEEDED = ("index.html", "build.json", "numbers.json", "data/datapackage.json")
ARTICLE = re.compile(r'<article role="main".*?</article>', re.S)
FOOT = re.compile(r'<div class="colophon">.*?</div>', re.S)
# In a page's text a computed number, and a claim's badge, stand between these marks with their kind, so that they can be told from words.
OPEN, CLOSE = "\ue000", "\ue001"
COMPUTED = re.compile(f"{OPEN}(num|claim):([^{CLOSE}]*){CLOSE}")
SENTENCE = re.compile(
    r"[.?!][”’)]? (?=[^a-z])"
)  # its end: Fig. is none, for a chart's name follows
# what weighs most in a page and is compared elsewhere, so that it need not be parsed: drawings, what they say to the keyboard, rows of tables
HEAVY = re.compile(
    r'(<svg[^>]*>).*?(?=</svg>)|<script.*?</script>|(<div class="chart-table"[^>]*>)<table>.*?</table>',
    re.S,
)
UNSEEN = "script, style, svg, .headerlink, .chart-table, details.cite, details.run, .claim-places, section#where-the-book-uses-it > ul"
ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:|//", re.I)  # begins an address outside the site
PICTURE = re.compile(r'(<img\b[^>]*?\bsrc=")([^"]*)')
BLOCKS = {
    "address",
    "article",
    "aside",
    "blockquote",
    "caption",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "li",
    "ol",
    "p",
    "section",
}
BLOCKS |= {
    "summary",
    "table",
    "tbody",
    "thead",
    "tr",
    "ul",
    "pre",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "br",
    "hr",
}
WORDING = {
    "claim": "claim",
    "confidence": "confidence",
    "reason": "reason",
    "slip": "the article's slip",
    "how_to_test": "rule",
    "sources": "sources",
}

Link = tuple[str, str]  # its words, and the place to which it leads, as _place gives it
Words = list[
    tuple[str, str]
]  # a text as pieces: ("", kept), ("del", what is gone), ("ins", what is new)


class NotASite(ValueError):
    """A folder is no built site of the book: says what it lacks."""


# --- one site -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A paragraph, heading, item or row of a page: its text, under which heading it stands, and its links."""

    text: str
    heading: str
    anchor: str
    links: tuple[Link, ...] = ()

    @cached_property
    def masked(self) -> str:
        return masked(self.text)


def masked(text: str) -> str:
    """Return a text without what is computed: numbers, and the verdicts of badges."""
    return COMPUTED.sub(
        lambda found: OPEN + (found[2].partition(" ")[0] if found[1] == "claim" else "") + CLOSE,
        text,
    )


@dataclass
class Chart:
    """A chart of a site: what is said of it on its page, its SVG and the rows behind it."""

    name: str
    page: str = ""
    caption: str = ""
    alt: str = ""
    source: str = ""
    links: tuple[Link, ...] = ()
    code: str = ""
    svg: str = ""
    rows: str = ""


Pair = tuple[str, Block | None, Block | None]  # a page, and a block of it before and after


class Page:
    """A page of a site, by its address without ending."""

    def __init__(self, address: str, article: str, foot: str = ""):
        self.address, self.article, self.foot = address, article, foot

    @cached_property
    def title(self) -> str:
        found = re.search(r"<h1>(.*?)(?:<a class=\"headerlink\"|</h1>)", self.article, re.S)
        return BeautifulSoup(found[1], "html.parser").get_text().strip() if found else self.address

    @property
    def _read(self) -> tuple[list[Block], list[Chart]]:
        return _read(self.address, self.article)

    @property
    def blocks(self) -> list[Block]:
        return self._read[0]

    @property
    def charts(self) -> list[Chart]:
        return self._read[1]

    @cached_property
    def foot_blocks(self) -> list[Block]:
        """What stands at the foot of the page, but for the build, which is told by itself."""
        blocks = _blocks(BeautifulSoup(self.foot, "html.parser"), self.address)
        return [
            replace(block, heading="Foot of every page")
            for block in blocks
            if not block.text.startswith("Version ")
        ]


@functools.lru_cache(256)  # most pages are the same in both sites
def _read(address: str, article: str) -> tuple[list[Block], list[Chart]]:
    """Return the text of a page, block by block, and what it says of its charts."""
    soup = BeautifulSoup(HEAVY.sub(r"\1\2", article), "html.parser")
    charts = [_chart(figure, address) for figure in soup.select("figure.ledger-chart[id]")]
    for gone in soup.select(f"figure.ledger-chart, {UNSEEN}"):
        gone.decompose()
    for table in soup.select("table.ledger-table.claims"):  # claims are compared as such
        table.decompose()
    for number in soup.select(".num"):
        number.replace_with(f"{OPEN}num:{number.get_text()}{CLOSE}")
    for badge in soup.select("span.claim"):
        badge.replace_with(f"{OPEN}claim:{badge.get_text()}{CLOSE}")
    for reference in soup.select(
        ".std-numref"
    ):  # another chart before it gives a figure another number
        link = reference.find_parent("a")
        reference.replace_with(
            f"Fig. {str(link.get('href', '') if link else '').rpartition('#chart-')[2]}"
        )
    return list(_blocks(soup, address)), charts


def _chart(figure: Tag, page: str) -> Chart:
    def text(selector: str) -> str:
        found = figure.select_one(selector)
        return " ".join(found.get_text().split()) if found else ""

    picture, code = figure.select_one("svg[aria-label]"), figure.select_one("details pre")
    return Chart(
        str(figure["id"]).removeprefix("chart-"),
        page,
        text(".caption-text"),
        str(picture["aria-label"]) if picture else "",
        text(".chart-source"),
        tuple(_link(link, page) for link in figure.select(".chart-source a[href]")),
        code.get_text() if code else "",
    )


def _link(link: Tag, page: str) -> Link:
    words = " ".join(link.get_text().split())
    return words or " ".join(_picture(picture) for picture in link.select("img")), _place(
        str(link["href"]).strip(), page
    )


def _place(address: str, page: str) -> str:
    """Return to which place an address on a page leads: itself where that is outside the site, else the file in the site and the anchor. An
    anchor that is a number in disguise, as those of the bibliography, is left out: one more work gives all after it another."""
    if ELSEWHERE.match(address):
        return address
    path, _, anchor = address.partition("#")
    path = path.partition("?")[0]
    file = (
        posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(path)))
        if path
        else f"{page}.html"
    )
    return f"{file}#{anchor}" if anchor and not re.fullmatch(r"id\d+", anchor) else file


def _picture(picture: Tag) -> str:
    """Return a picture as words: what it says to those who do not see it, and its file."""
    return f"[picture: {', '.join(filter(None, [str(picture.get('alt', '')), str(picture.get('src', '')).rpartition('/')[2]]))}]"


def _blocks(soup: Tag, page: str) -> Iterator[Block]:
    """Yield the text of a page block by block. A row of a table is one block, and so is each line of code; the title is none."""
    told: list[str] = []
    links: list[Link] = []
    place = ["", ""]

    def flush() -> Iterator[Block]:
        text = " ".join("".join(told).split())
        its = tuple(links)
        told.clear()
        if text:
            links.clear()
            yield Block(text, place[0], place[1], its)

    def walk(node: Tag) -> Iterator[Block]:
        for child in node.children:
            if isinstance(child, Tag):
                if child.name in ("td", "th"):
                    links.extend(_link(link, page) for link in child.select("a[href]"))
                    told.append(
                        (" | " if "".join(told).strip() else "")
                        + " ".join(child.get_text(" ").split())
                    )
                    continue
                block = child.name in BLOCKS
                if block:
                    yield from flush()
                if child.name == "a" and child.get("href"):
                    links.append(_link(child, page))
                if child.name == "img":
                    told.append(_picture(child))
                elif child.name == "pre":
                    links.extend(_link(link, page) for link in child.select("a[href]"))
                    for line in child.get_text().splitlines():
                        told.append(line)
                        yield from flush()
                elif re.fullmatch("h[1-6]", child.name):
                    section = child.find_parent("section")
                    place[:] = [
                        " ".join(COMPUTED.sub(r"\2", child.get_text()).split()),
                        str(section.get("id", "")) if section else "",
                    ]
                    if child.name != "h1":  # the title is compared by itself
                        yield from walk(child)
                else:
                    yield from walk(child)
                if block:
                    yield from flush()
            elif type(child) is NavigableString:  # comments are another type
                told.append(child)

    yield from walk(soup)
    yield from flush()


class Site:
    """A built site, read from its folder. Raises NotASite for any other folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        if not folder.is_dir():
            raise NotASite(
                f"{folder} is no folder: name one that holds a built site, as make book leaves it in _build/html"
            )
        if missing := [name for name in NEEDED if not (folder / name).is_file()]:
            raise NotASite(
                f"{folder} is no built site of the book, for it has no {', no '.join(missing)}: name a folder as make book leaves it in _build/html"
            )
        self.stamp: dict = self._json("build.json")
        self.numbers: dict[tuple[str, str], dict] = {
            (record["page"], record["name"]): record for record in self._json("numbers.json")
        }
        self.resources: dict[str, dict] = {
            resource["name"]: resource
            for resource in self._json("data/datapackage.json")["resources"]
        }
        self.tells_computed = (folder / "claims.json").is_file()  # sites of earlier versions do not

    def _json(self, name: str):
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except ValueError as error:
            raise NotASite(
                f"{self.folder / name} cannot be read, so that {self.folder} is no whole site: {error}; build it again"
            ) from None

    def text(self, name: str) -> str:
        """Return the text of a file of the site, empty where there is none."""
        path = self.folder / name
        try:
            return path.read_text(encoding="utf-8") if path.is_file() else ""
        except UnicodeDecodeError as error:
            raise NotASite(
                f"{path} cannot be read, so that {self.folder} is no whole site: {error}; build it again"
            ) from None

    def csv_text(self, name: str) -> str:
        """Return the text of a CSV file of the site, empty where there is none. Raises NotASite when its rows have not all as many cells."""
        text = self.text(name)
        head: list[str] = []
        for number, row in enumerate(csv.reader(io.StringIO(text)), 1):
            head = head or row
            if row and len(row) != len(head):  # as when it was copied while it was written
                raise NotASite(
                    f"{self.folder / name}, row {number} ({','.join(row)[:60]}) has {count(len(row), 'cell')} where the head has {len(head)}, "
                    f"so that {self.folder} is no whole site: build it again"
                )
        return text

    def table(self, name: str) -> str:
        return (
            self.csv_text(f"data/{Path(self.resources[name]['path']).name}")
            if name in self.resources
            else ""
        )

    @cached_property
    def claims(self) -> dict[str, dict]:
        """The claims by number, each with its published verdict and, where the site tells it, what was computed."""
        told = {
            row["claim_id"]: {**row, "computed": None, "page": f"chapters/{row.get('chapter', '')}"}
            for row in _dicts(self.csv_text("data/claims.csv"))
        }
        if self.tells_computed:
            told = {
                record["claim_id"]: told.get(record["claim_id"], {}) | record
                for record in self._json("claims.json")
            }
        return told

    @cached_property
    def pages(self) -> dict[str, Page]:
        """The pages of the book by address, in the order in which the first page leads to them."""
        found = {}
        for path in sorted(self.folder.rglob("*.html")):
            address = path.relative_to(self.folder).with_suffix("").as_posix()
            if address.startswith(("_static/", "charts/")) or address == "search":
                continue
            text = self.text(f"{address}.html")
            if article := ARTICLE.search(text):
                foot = FOOT.search(text, article.end())
                found[address] = Page(
                    address,
                    PICTURE.sub(functools.partial(_with_contents, path.parent), article[0]),
                    foot[0] if foot else "",
                )
        order = {
            address: place
            for place, address in reversed(
                list(enumerate(re.findall(r'href="([^"#:]+)\.html', self.text("index.html"))))
            )
        }
        return dict(
            sorted(
                found.items(),
                key=lambda item: (item[0] != "index", order.get(item[0], len(order)), item[0]),
            )
        )

    @cached_property
    def charts(self) -> dict[str, Chart]:
        """The charts by name: those with a drawing of their own, in the order of the pages."""
        drawn = {path.stem for path in self.folder.glob("charts/*.svg")}
        told = {
            chart.name: chart
            for page in self.pages.values()
            if 'class="ledger-chart' in page.article
            for chart in page.charts
        }
        names = [name for name in told if name in drawn] + sorted(drawn - set(told))
        return {
            name: replace(
                told.get(name, Chart(name)),
                svg=self.text(f"charts/{name}.svg"),
                rows=self.csv_text(f"charts/{name}.csv"),
            )
            for name in names
        }

    def title(self, page: str) -> str:
        return self.pages[page].title if page in self.pages else page


def _with_contents(folder: Path, found: re.Match) -> str:
    """Return the source of a picture with a mark of what its file holds: another picture may have the same name."""
    source = found[2]
    if source.startswith("data:"):
        return f"{found[1]}drawn in the page, contents {hashlib.sha256(source.encode()).hexdigest()[:8]}"
    file = folder / unquote(source.partition("?")[0])
    return (
        f"{found[1]}{source}, contents {hashlib.sha256(file.read_bytes()).hexdigest()[:8]}"
        if not ELSEWHERE.match(source) and file.is_file()
        else found[0]
    )


def same_drawing(one: Chart, other: Chart) -> bool:
    """Say whether two charts are the same picture."""
    return one.svg == other.svg or _drawing(one.svg) == _drawing(other.svg)


def _drawing(svg: str) -> str:
    """Return an SVG so that two with the same picture are the same text: ids numbered as they come, attributes in one order."""
    try:
        text = ElementTree.canonicalize(svg, strip_text=True)
    except ElementTree.ParseError:
        return svg
    names = {
        name: f"id-{number}"
        for number, name in enumerate(dict.fromkeys(re.findall(r' id="([^"]+)"', text)))
    }
    text = re.sub(r' id="([^"]+)"', lambda found: f' id="{names[found[1]]}"', text)
    return re.sub(
        r'(url\(#|href="#)([^)"]+)', lambda found: found[1] + names.get(found[2], found[2]), text
    )


# --- what changed ---------------------------------------------------------------------------------------------------------------


@dataclass
class ClaimChange:
    """A claim before and after (None where it is not there), and the words of it that changed, by what they are."""

    claim_id: str
    before: dict | None
    after: dict | None
    wording: list[tuple[str, Words]] = field(default_factory=list)

    @property
    def verdict(self) -> bool:
        """Whether the published verdict changed, or the claim came or went."""
        return (self.before or {}).get("verdict") != (self.after or {}).get("verdict")


@dataclass
class NumberChange:
    """A printed number before and after (None where it is not there), and the sentence in which it stands."""

    before: dict | None
    after: dict | None
    sentence: Words = field(default_factory=list)

    @property
    def size(self) -> float | None:
        """How far the value has moved, relative to what it was; None where that cannot be said."""
        return (
            relative(self.before["value"], self.after["value"])
            if self.before and self.after
            else None
        )


@dataclass
class Rows:
    """What changed in rows: keys added and removed, and cells revised as (key, column, before, after), the largest move first."""

    key: list[str]
    added: list[tuple] = field(default_factory=list)
    removed: list[tuple] = field(default_factory=list)
    revised: list[tuple[tuple, str, str, str]] = field(default_factory=list)
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)

    @property
    def revised_rows(self) -> int:
        return len({key for key, *_ in self.revised})

    def __bool__(self) -> bool:
        return bool(
            self.added or self.removed or self.revised or self.columns_added or self.columns_removed
        )


@dataclass
class ChartChange:
    """A chart before and after (None where it is not there). `wording` has what is said of it and changed, by what it is."""

    before: Chart | None
    after: Chart | None
    rows: Rows | None = None
    wording: list[tuple[str, Words]] = field(default_factory=list)
    redrawn: bool = False
    code: bool = False


@dataclass
class TableChange:
    """A table before and after (None where it is not there), its rows, and the editions of sources that are others: (source, words)."""

    name: str
    before: dict | None
    after: dict | None
    rows: Rows | None = None
    editions: list[tuple[str, Words]] = field(default_factory=list)


@dataclass
class PageChange:
    """A page before and after (None where it is not there), its title, and the passages that changed: (heading, anchor, words)."""

    before: Page | None
    after: Page | None
    passages: list[tuple[str, str, Words]] = field(default_factory=list)


@dataclass
class LinkChange:
    """A place to which links led before and the one after (empty where there is no link), with the words of those links, and where they
    stand, as (page, anchor)."""

    before: str
    after: str
    words: list[str] = field(default_factory=list)
    places: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Comparison:
    """All that changed between two sites. `unseen` counts numbers whose value moved too little to be printed otherwise."""

    old: Site
    new: Site
    claims: list[ClaimChange] = field(default_factory=list)
    numbers: list[NumberChange] = field(default_factory=list)
    charts: list[ChartChange] = field(default_factory=list)
    tables: list[TableChange] = field(default_factory=list)
    pages: list[PageChange] = field(default_factory=list)
    links: list[LinkChange] = field(default_factory=list)
    stamp: list[tuple[str, str, str]] = field(default_factory=list)
    unseen: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def verdicts(self) -> list[ClaimChange]:
        return [change for change in self.claims if change.verdict]

    def __bool__(self) -> bool:
        return bool(
            self.claims
            or self.numbers
            or self.charts
            or self.tables
            or self.pages
            or self.links
            or self.stamp
        )


def compare(old: Path, new: Path) -> Comparison:
    """Return what a reader would see changed from the site in `old` to the one in `new`. Raises NotASite."""
    found = Comparison(Site(old), Site(new))
    for site in (found.old, found.new):
        if not site.tells_computed:
            found.notes.append(
                f"{site.folder} was built by a version that wrote no claims.json: its verdicts are taken from data/claims.csv, and computed verdicts and figures are not compared."
            )
    moved = _moved(found.old, found.new)
    found.claims = _claims(found.old, found.new)
    found.numbers, found.unseen = _numbers(found.old, found.new, moved)
    found.charts, of_charts = _charts(found.old, found.new, moved)
    found.tables = _tables(found.old, found.new)
    found.pages, of_pages = _pages(found, moved)
    found.links = _links(found.new, of_pages + of_charts, moved)
    words = {"version": "Version", "evidence_ends": "Evidence ends"}
    stamps = [
        (said, str(found.old.stamp.get(name, "")), str(found.new.stamp.get(name, "")))
        for name, said in words.items()
    ]
    found.stamp = [stamp for stamp in stamps if stamp[1] != stamp[2]]
    return found


def _moved(old: Site, new: Site) -> dict[str, str]:
    """Return old → new address of the pages that are at another address under the same title."""
    gone, come = (
        {page.title: page.address for page in a.pages.values() if page.address not in b.pages}
        for a, b in ((old, new), (new, old))
    )
    return {address: come[title] for title, address in gone.items() if title in come}


def _claims(old: Site, new: Site) -> list[ClaimChange]:
    both_computed = old.tells_computed and new.tells_computed
    changes = []
    for number in sorted(old.claims.keys() | new.claims.keys()):
        before, after = old.claims.get(number), new.claims.get(number)
        change = ClaimChange(number, before, after)
        if before and after:
            told = [
                (said, before.get(name, ""), after.get(name, ""))
                for name, said in WORDING.items()
                if name in before and name in after
            ]
            computed = [
                side["computed"] if both_computed and side["computed"] else {}
                for side in (before, after)
            ]
            names = {"figure": "figure", "because": "computed"} | (
                {} if change.verdict else {"verdict": "computed verdict"}
            )
            told += [
                (said, computed[0].get(name, ""), computed[1].get(name, ""))
                for name, said in names.items()
            ]
            change.wording = [
                (
                    said,
                    [("del", was), ("ins", becomes)]
                    if said == "figure"
                    else word_diff(was, becomes),
                )
                for said, was, becomes in told
                if was != becomes
            ]
        if change.verdict or change.wording:
            changes.append(change)
    return sorted(changes, key=lambda change: (not change.verdict, change.claim_id))


def _numbers(old: Site, new: Site, moved: dict[str, str]) -> tuple[list[NumberChange], int]:
    before = {(moved.get(page, page), name): record for (page, name), record in old.numbers.items()}
    pairs = [(record, new.numbers[key]) for key, record in before.items() if key in new.numbers]
    gone, come = (
        {key: record for key, record in a.items() if key not in b}
        for a, b in ((before, new.numbers), (new.numbers, before))
    )
    # what is printed alike on a page is the same number under another name, which no reader sees; and so is the same name on another page
    for same in (lambda key, record: (key[0], *_as_read(record)), lambda key, record: key[1]):
        for key in list(gone):
            its = next(
                (other for other in come if same(other, come[other]) == same(key, gone[key])), None
            )
            if its:
                pairs.append((gone.pop(key), come.pop(its)))
    pairs += [(record, None) for record in gone.values()] + [
        (None, record) for record in come.values()
    ]
    changes, unseen = [], 0
    for was, becomes in pairs:
        if not was or not becomes or _as_read(was) != _as_read(becomes):
            changes.append(NumberChange(was, becomes))
        elif was["value"] != becomes["value"]:
            unseen += 1
    return sorted(
        changes,
        key=lambda change: (
            change.size is None,
            -abs(change.size or 0),
            (change.after or change.before or {})["name"],
        ),
    ), unseen


def _as_read(number: dict) -> tuple[str, str]:
    return number["printed"], number["unit"]


def _charts(old: Site, new: Site, moved: dict[str, str]) -> tuple[list[ChartChange], list[Pair]]:
    """Return the charts that changed, and the source lines of those in both sites."""
    gone = {name: chart for name, chart in old.charts.items() if name not in new.charts}
    come = {name: chart for name, chart in new.charts.items() if name not in old.charts}
    pairs: list[tuple[Chart | None, Chart | None]] = [
        (chart, new.charts[name]) for name, chart in old.charts.items() if name in new.charts
    ]
    for (
        chart
    ) in gone.values():  # renamed: the same picture, or the same caption, under another name
        same = next(
            (
                other
                for other in come.values()
                if same_drawing(chart, other) or (chart.caption and other.caption == chart.caption)
            ),
            None,
        )
        pairs.append((chart, same))
        come.pop(same.name if same else "", None)
    pairs += [(None, chart) for chart in come.values()]
    changes, sources = [], []
    for was, becomes in pairs:
        change = ChartChange(was, becomes)
        if was and becomes:
            lines = [
                Block(side.source, side.caption, f"chart-{side.name}", side.links)
                for side in (was, becomes)
            ]
            sources.append((becomes.page, lines[0], lines[1]))
            told = {
                "caption": (was.caption, becomes.caption),
                "source line": (was.source, becomes.source),
                "description": (was.alt, becomes.alt),
            }
            change.wording = [
                (said, word_diff(*texts)) for said, texts in told.items() if texts[0] != texts[1]
            ]
            change.redrawn, change.code = not same_drawing(was, becomes), was.code != becomes.code
            change.rows = rows(was.rows, becomes.rows)
            at_home = moved.get(was.page, was.page) == becomes.page and was.name == becomes.name
            if not (change.redrawn or change.code or change.wording or change.rows or not at_home):
                continue
        changes.append(change)
    place = {name: number for number, name in enumerate([*new.charts, *old.charts])}
    return sorted(
        changes,
        key=lambda change: (
            not change.redrawn,
            place[(change.after or change.before or Chart("")).name],
        ),
    ), sources


def _tables(old: Site, new: Site) -> list[TableChange]:
    changes = []
    for name in dict.fromkeys([*new.resources, *old.resources]):
        before, after = old.resources.get(name), new.resources.get(name)
        change = TableChange(name, before, after)
        if before and after:
            change.rows = rows(old.table(name), new.table(name), after["schema"].get("primaryKey"))
            editions = [
                {source["key"]: source.get("edition", "") for source in side["sources"]}
                for side in (before, after)
            ]
            told = [
                (key, editions[0].get(key, ""), editions[1].get(key, ""))
                for key in dict.fromkeys([*editions[1], *editions[0]])
            ]
            change.editions = [
                (key, word_diff(was, becomes)) for key, was, becomes in told if was != becomes
            ]
            if not change.rows and not change.editions:
                continue
        changes.append(change)
    return changes


def _pages(found: Comparison, moved: dict[str, str]) -> tuple[list[PageChange], list[Pair]]:
    """Return the pages that changed, and the blocks of those in both sites; gives the changed numbers their sentences."""
    changes: list[PageChange] = []
    blocks: list[Pair] = []
    verdicts = {
        (change.before["verdict"], change.after["verdict"], change.claim_id)
        for change in found.claims
        if change.before and change.after
    }
    old = {moved.get(address, address): page for address, page in found.old.pages.items()}
    for address in dict.fromkeys([*found.new.pages, *old]):
        before, after = old.get(address), found.new.pages.get(address)
        change = PageChange(before, after)
        if before and after:
            if before.article != after.article:
                here = [
                    n for n in found.numbers if n.before and n.after and n.after["page"] == address
                ]
                pairs = _paired(before.blocks, after.blocks)
                change.passages = _passages(pairs, here, verdicts)
                blocks += [(address, was, becomes) for was, becomes in pairs]
            if before.foot != after.foot:
                pairs = _paired(before.foot_blocks, after.foot_blocks)
                change.passages += (
                    _passages(pairs, [], verdicts) if address == "index" else []
                )  # its words are the same on every page
                blocks += [(address, was, becomes) for was, becomes in pairs]
            if (
                not change.passages
                and before.title == after.title
                and before.address == after.address
            ):
                continue
        changes.append(change)
    return changes, blocks


def _paired(old: list[Block], new: list[Block]) -> list[tuple[Block | None, Block | None]]:
    """Return the blocks of two pages as pairs, in order: the same, or one edited; None where a block came or is gone."""
    pairs: list[tuple[Block | None, Block | None]] = []
    matcher = SequenceMatcher(
        None, [block.masked for block in old], [block.masked for block in new], autojunk=False
    )
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            pairs += zip(old[i1:i2], new[j1:j2])
            continue
        at = i1
        for becomes in new[j1:j2]:
            like = next((i for i in range(at, i2) if alike(old[i].masked, becomes.masked)), None)
            if like is not None:
                pairs += [(block, None) for block in old[at:like]]
                at = like + 1
            pairs.append((old[like] if like is not None else None, becomes))
        pairs += [(block, None) for block in old[at:i2]]
    return pairs


def _passages(
    pairs: list[tuple[Block | None, Block | None]],
    numbers: list[NumberChange],
    verdicts: set[tuple],
) -> list[tuple[str, str, Words]]:
    """Return what changed of a page's text, but for blocks whose every change is a number's or a verdict's that is told elsewhere."""
    passages = []

    def told_elsewhere(was: Block, becomes: Block) -> bool:
        for then, now in zip(COMPUTED.finditer(was.text), COMPUTED.finditer(becomes.text)):
            if then[0] == now[0]:
                continue
            if then[1] == "claim":
                claim, _, verdict = then[2].partition(" · ")
                if (verdict, now[2].partition(" · ")[2], claim) not in verdicts:
                    return False
                continue
            its = [
                number
                for number in numbers
                if (number.before["printed"], number.after["printed"]) == (then[2], now[2])
            ]  # type: ignore[index]
            if not its:
                return False
            for number in its:
                number.sentence = number.sentence or _sentence(was.text, becomes.text, then, now)
        return True

    for was, becomes in pairs:
        if (
            was
            and becomes
            and was.masked == becomes.masked
            and (was.text == becomes.text or told_elsewhere(was, becomes))
        ):
            continue
        place = becomes or was
        passages.append(
            (
                place.heading,
                place.anchor,
                word_diff(plain(was.text) if was else "", plain(becomes.text) if becomes else ""),
            )
        )  # type: ignore[union-attr]
    return passages


def _links(new: Site, pairs: list[Pair], moved: dict[str, str]) -> list[LinkChange]:
    """Return the links that lead elsewhere than before, each change once: addresses outside the site, and places in it that are there still,
    so that a page, heading or chart that is gone or renamed is told but once."""

    def still(place: str) -> bool:
        file, _, anchor = place.partition("#")
        if file.endswith(".html") and (page := new.pages.get(file.removesuffix(".html"))):
            return not anchor or f' id="{anchor}"' in page.article
        return not anchor and (new.folder / file).is_file()

    def now(place: str) -> str:
        file, mark, anchor = place.partition("#")
        stem = file.removesuffix(".html")
        return (
            f"{moved[stem]}.html{mark}{anchor}"
            if stem in moved and not ELSEWHERE.match(place)
            else place
        )

    found: dict[tuple[str, str], LinkChange] = {}

    def add(page: str, block: Block, words: str, before: str, after: str) -> None:
        change = found.setdefault((before, after), LinkChange(before, after))
        change.words += [plain(words)] if plain(words) not in change.words else []
        change.places += (
            [(page, block.anchor)] if page not in [there for there, _ in change.places] else []
        )

    gone: list[tuple] = []
    come: list[tuple] = []
    for page, was, becomes in pairs:
        old = [(masked(words), now(place)) for words, place in was.links] if was else []
        then = [(masked(words), place) for words, place in becomes.links] if becomes else []
        if was and becomes and old != then:
            for i, j in _same_links(old, then):
                before, after = old[i][1], then[j][1]
                if before != after and (
                    ELSEWHERE.match(before) or ELSEWHERE.match(after) or still(before)
                ):
                    add(page, becomes, becomes.links[j][0], before, after)
                old[i] = then[j] = ("", "")
        elif was and becomes:
            continue
        for links, block, into in ((old, was, gone), (then, becomes, come)):
            into += [
                (page, block, block.links[n][0], place)
                for n, (_, place) in enumerate(links)
                if ELSEWHERE.match(place)
            ]  # type: ignore[union-attr]
    both = Counter((page, place) for page, _, _, place in gone) & Counter(
        (page, place) for page, _, _, place in come
    )  # in other words, or elsewhere
    for links, is_gone in ((gone, True), (come, False)):
        left = both.copy()
        for page, block, words, place in links:
            if left[page, place]:
                left[page, place] -= 1
            elif (
                re.sub(r"^[^/:]*:?(//)?|/$", "", place) not in words
            ):  # else the words are the address, and tell its change
                add(page, block, words, place if is_gone else "", "" if is_gone else place)
    return sorted(
        found.values(),
        key=lambda change: (not change.before or not change.after, not change.before),
    )


def _same_links(old: list[Link], new: list[Link]) -> Iterator[tuple[int, int]]:
    """Yield which links of a block before and after are the same: they have the same words, whatever the place."""
    if [words for words, _ in old] == [words for words, _ in new]:
        yield from zip(range(len(old)), range(len(new)))
        return
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from zip(range(i1, i2), range(j1, j2))
            continue
        free = list(range(i1, i2))
        for j in range(j1, j2):
            if (i := next((i for i in free if old[i][0] == new[j][0]), None)) is not None:
                free.remove(i)
                yield i, j


def alike(one: str, other: str) -> bool:
    """Say whether two texts are near enough to be one text edited."""
    matcher = SequenceMatcher(None, one.split(), other.split(), autojunk=False)
    return matcher.quick_ratio() > 0.4 and matcher.ratio() > 0.4


def plain(text: str) -> str:
    """Return a page's text without marks: numbers as printed, badges in brackets."""
    return COMPUTED.sub(lambda found: f"[{found[2]}]" if found[1] == "claim" else found[2], text)


def _sentence(old: str, new: str, then: re.Match, now: re.Match) -> Words:
    """Return the sentence in which a number stands, with its old and its new text."""
    ends = [found.end() for found in SENTENCE.finditer(new)]
    start = max((end for end in ends if end <= now.start()), default=0)
    stop = min((end for end in ends if end >= now.end()), default=len(new))
    return [
        ("", plain(new[start : now.start()])),
        ("del", then[2]),
        ("ins", now[2]),
        ("", plain(new[now.end() : stop]).rstrip()),
    ]


# --- rows and words -------------------------------------------------------------------------------------------------------------


def rows(before: str, after: str, key: list[str] | None = None) -> Rows | None:
    """Return what changed between two CSV texts, None for nothing. Without a key, as behind a chart, the first columns that tell all rows
    apart are one; where there is none, or the rows have another, whole rows are compared."""
    if before == after:
        return None
    heads = [next(csv.reader(io.StringIO(text)), []) for text in (before, after)]
    shared = [column for column in heads[1] if column in heads[0]]
    if not key:
        key = next(
            (
                shared[:n]
                for n in range(1, len(shared) + 1)
                if all(_tells_apart(text, shared[:n]) for text in (before, after))
            ),
            None,
        )
    if not key or not set(key) <= set(shared):
        old, new = (
            Counter(tuple(row) for row in list(csv.reader(io.StringIO(text)))[1:])
            for text in (before, after)
        )
        found = Rows([], list((new - old).elements()), list((old - new).elements()))
    else:
        change = Change(
            {
                "name": "",
                "schema": {"fields": [{"name": column} for column in heads[1]], "primaryKey": key},
            },
            before,
            after,
        )
        found = Rows(
            key,
            change.added,
            change.removed,
            [revision for revision in change.revised if revision[1] in shared],
        )
    found.columns_added = [column for column in heads[1] if column not in heads[0]]
    found.columns_removed = [column for column in heads[0] if column not in heads[1]]
    return found or None


def _dicts(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _tells_apart(text: str, key: list[str]) -> bool:
    keys = [tuple(row[column] for column in key) for row in _dicts(text)]
    return len(keys) == len(set(keys))


def count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def relative(before: float, after: float) -> float | None:
    """Return how far a value has moved relative to what it was, None where it was zero."""
    return (after - before) / abs(before) if before else None


def word_diff(before: str, after: str) -> Words:
    """Return the words of two texts as one, with what is gone and what is new; a text with little left of it comes whole, old then new."""
    if not before or not after:
        return [("ins", after)] if after else [("del", before)] if before else []
    old, new = (re.findall(r"\S+\s*", text) for text in (before, after))
    matcher = SequenceMatcher(
        None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False
    )
    if matcher.ratio() < 0.4:
        return [("del", before), ("ins", after)]
    pieces: Words = []
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(("", "".join(new[j1:j2])))
        else:
            pieces += [
                (mark, "".join(words))
                for mark, words in (("del", old[i1:i2]), ("ins", new[j1:j2]))
                if words
            ]
    return pieces
