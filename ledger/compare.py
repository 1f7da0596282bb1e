"""What a reader would see changed between two built sites: verdicts, printed numbers, charts, tables, and the words of pages.

A site is read as it is published: claims.json, numbers.json, build.json, the tables and the charts' files beside their pages, and the text of
the pages themselves. What no reader sees does not count: markup, ids, hashes in names, commit and date of the build. What follows from a change that
is told already is not told twice: a sentence in which only a computed number or a verdict is new, a figure's number, the list of a table's uses.

`ledger.report` writes what `compare` finds for people.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree

from bs4 import BeautifulSoup, NavigableString, Tag

from ledger.refresh import Change

NEEDED = ("index.html", "build.json", "numbers.json", "data/datapackage.json")
ARTICLE = re.compile(r'<article role="main".*?</article>', re.S)
# In a page's text a computed number, and a claim's badge, stand between these marks with their kind, so that they can be told from words.
OPEN, CLOSE = "\ue000", "\ue001"
COMPUTED = re.compile(f"{OPEN}(num|claim):([^{CLOSE}]*){CLOSE}")
SENTENCE = re.compile(r"[.?!][”’)]? (?=[^a-z])")  # its end: Fig. is none, for a chart's name follows
# what weighs most in a page and is compared elsewhere, so that it need not be parsed: drawings, what they say to the keyboard, rows of tables
HEAVY = re.compile(r'(<svg[^>]*>).*?(?=</svg>)|<script.*?</script>|(<div class="chart-table"[^>]*>)<table>.*?</table>', re.S)
UNSEEN = "script, style, svg, .headerlink, .chart-table, details.cite, details.run, .claim-places, section#where-the-book-uses-it > ul"
BLOCKS = {"address", "article", "aside", "blockquote", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "li", "ol", "p", "section"}
BLOCKS |= {"summary", "table", "tbody", "thead", "tr", "ul", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr"}
WORDING = {"claim": "claim", "confidence": "confidence", "reason": "reason", "slip": "the article's slip", "how_to_test": "rule", "sources": "sources"}

Words = list[tuple[str, str]]  # a text as pieces: ("", kept), ("del", what is gone), ("ins", what is new)


class NotASite(ValueError):
    """A folder is no built site of the book: says what it lacks."""


# --- one site -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A paragraph, heading, item or row of a page: its text, and under which heading it stands."""

    text: str
    heading: str
    anchor: str

    @cached_property
    def masked(self) -> str:
        """The text without what is computed: numbers, and the verdicts of badges."""
        return COMPUTED.sub(lambda found: OPEN + (found[2].partition(" ")[0] if found[1] == "claim" else "") + CLOSE, self.text)


@dataclass
class Chart:
    """A chart of a site: what is said of it on its page, its SVG and the rows behind it."""

    name: str
    page: str = ""
    caption: str = ""
    alt: str = ""
    source: str = ""
    code: str = ""
    svg: str = ""
    rows: str = ""


class Page:
    """A page of a site, by its address without ending."""

    def __init__(self, address: str, article: str):
        self.address, self.article = address, article

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
    for reference in soup.select(".std-numref"):  # another chart before it gives a figure another number
        link = reference.find_parent("a")
        reference.replace_with(f"Fig. {str(link.get('href', '') if link else '').rpartition('#chart-')[2]}")
    return list(_blocks(soup)), charts


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
        code.get_text() if code else "",
    )


def _blocks(soup: Tag) -> Iterator[Block]:
    """Yield the text of a page block by block. A row of a table is one block, and so is each line of code; the title is none."""
    told: list[str] = []
    place = ["", ""]

    def flush() -> Iterator[Block]:
        text = " ".join("".join(told).split())
        told.clear()
        if text:
            yield Block(text, *place)

    def walk(node: Tag) -> Iterator[Block]:
        for child in node.children:
            if isinstance(child, Tag):
                if child.name in ("td", "th"):
                    told.append((" | " if "".join(told).strip() else "") + " ".join(child.get_text(" ").split()))
                    continue
                block = child.name in BLOCKS
                if block:
                    yield from flush()
                if child.name == "img":
                    told.append(f"[picture: {child.get('alt', '')}]")
                elif child.name == "pre":
                    for line in child.get_text().splitlines():
                        told.append(line)
                        yield from flush()
                elif re.fullmatch("h[1-6]", child.name):
                    section = child.find_parent("section")
                    place[:] = [" ".join(COMPUTED.sub(r"\2", child.get_text()).split()), str(section.get("id", "")) if section else ""]
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
            raise NotASite(f"{folder} is no folder: name one that holds a built site, as make book leaves it in _build/html")
        if missing := [name for name in NEEDED if not (folder / name).is_file()]:
            raise NotASite(f"{folder} is no built site of the book, for it has no {', no '.join(missing)}: name a folder as make book leaves it in _build/html")
        self.stamp: dict = self._json("build.json")
        self.numbers: dict[tuple[str, str], dict] = {(record["page"], record["name"]): record for record in self._json("numbers.json")}
        self.resources: dict[str, dict] = {resource["name"]: resource for resource in self._json("data/datapackage.json")["resources"]}
        self.tells_computed = (folder / "claims.json").is_file()  # sites of earlier versions do not

    def _json(self, name: str):
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except ValueError as error:
            raise NotASite(f"{self.folder / name} cannot be read, so that {self.folder} is no whole site: {error}; build it again") from None

    def text(self, name: str) -> str:
        """Return the text of a file of the site, empty where there is none."""
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def table(self, name: str) -> str:
        return self.text(f"data/{Path(self.resources[name]['path']).name}") if name in self.resources else ""

    @cached_property
    def claims(self) -> dict[str, dict]:
        """The claims by number, each with its published verdict and, where the site tells it, what was computed."""
        told = {row["claim_id"]: {**row, "computed": None, "page": f"chapters/{row.get('chapter', '')}"} for row in _dicts(self.text("data/claims.csv"))}
        if self.tells_computed:
            told = {record["claim_id"]: told.get(record["claim_id"], {}) | record for record in self._json("claims.json")}
        return told

    @cached_property
    def pages(self) -> dict[str, Page]:
        """The pages of the book by address, in the order in which the first page leads to them."""
        found = {}
        for path in sorted(self.folder.rglob("*.html")):
            address = path.relative_to(self.folder).with_suffix("").as_posix()
            if address.startswith(("_static/", "charts/")) or address == "search":
                continue
            if article := ARTICLE.search(path.read_text(encoding="utf-8")):
                found[address] = Page(address, article[0])
        order = {address: place for place, address in reversed(list(enumerate(re.findall(r'href="([^"#:]+)\.html', self.text("index.html")))))}
        return dict(sorted(found.items(), key=lambda item: (item[0] != "index", order.get(item[0], len(order)), item[0])))

    @cached_property
    def charts(self) -> dict[str, Chart]:
        """The charts by name: those with a drawing of their own, in the order of the pages."""
        drawn = {path.stem for path in self.folder.glob("charts/*.svg")}
        told = {chart.name: chart for page in self.pages.values() if 'class="ledger-chart' in page.article for chart in page.charts}
        names = [name for name in told if name in drawn] + sorted(drawn - set(told))
        return {name: replace(told.get(name, Chart(name)), svg=self.text(f"charts/{name}.svg"), rows=self.text(f"charts/{name}.csv")) for name in names}

    def title(self, page: str) -> str:
        return self.pages[page].title if page in self.pages else page


def same_drawing(one: Chart, other: Chart) -> bool:
    """Say whether two charts are the same picture."""
    return one.svg == other.svg or _drawing(one.svg) == _drawing(other.svg)


def _drawing(svg: str) -> str:
    """Return an SVG so that two with the same picture are the same text: ids numbered as they come, attributes in one order."""
    try:
        text = ElementTree.canonicalize(svg, strip_text=True)
    except ElementTree.ParseError:
        return svg
    names = {name: f"id-{number}" for number, name in enumerate(dict.fromkeys(re.findall(r' id="([^"]+)"', text)))}
    text = re.sub(r' id="([^"]+)"', lambda found: f' id="{names[found[1]]}"', text)
    return re.sub(r'(url\(#|href="#)([^)"]+)', lambda found: found[1] + names.get(found[2], found[2]), text)


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
        return relative(self.before["value"], self.after["value"]) if self.before and self.after else None


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
        return bool(self.added or self.removed or self.revised or self.columns_added or self.columns_removed)


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
class Comparison:
    """All that changed between two sites. `unseen` counts numbers whose value moved too little to be printed otherwise."""

    old: Site
    new: Site
    claims: list[ClaimChange] = field(default_factory=list)
    numbers: list[NumberChange] = field(default_factory=list)
    charts: list[ChartChange] = field(default_factory=list)
    tables: list[TableChange] = field(default_factory=list)
    pages: list[PageChange] = field(default_factory=list)
    stamp: list[tuple[str, str, str]] = field(default_factory=list)
    unseen: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def verdicts(self) -> list[ClaimChange]:
        return [change for change in self.claims if change.verdict]

    def __bool__(self) -> bool:
        return bool(self.claims or self.numbers or self.charts or self.tables or self.pages or self.stamp)


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
    found.charts = _charts(found.old, found.new, moved)
    found.tables = _tables(found.old, found.new)
    found.pages = _pages(found, moved)
    words = {"version": "Version", "evidence_ends": "Evidence ends"}
    stamps = [(said, str(found.old.stamp.get(name, "")), str(found.new.stamp.get(name, ""))) for name, said in words.items()]
    found.stamp = [stamp for stamp in stamps if stamp[1] != stamp[2]]
    return found


def _moved(old: Site, new: Site) -> dict[str, str]:
    """Return old → new address of the pages that are at another address under the same title."""
    gone, come = ({page.title: page.address for page in a.pages.values() if page.address not in b.pages} for a, b in ((old, new), (new, old)))
    return {address: come[title] for title, address in gone.items() if title in come}


def _claims(old: Site, new: Site) -> list[ClaimChange]:
    both_computed = old.tells_computed and new.tells_computed
    changes = []
    for number in sorted(old.claims.keys() | new.claims.keys()):
        before, after = old.claims.get(number), new.claims.get(number)
        change = ClaimChange(number, before, after)
        if before and after:
            told = [(said, before.get(name, ""), after.get(name, "")) for name, said in WORDING.items() if name in before and name in after]
            computed = [side["computed"] if both_computed and side["computed"] else {} for side in (before, after)]
            names = {"figure": "figure", "because": "computed"} | ({} if change.verdict else {"verdict": "computed verdict"})
            told += [(said, computed[0].get(name, ""), computed[1].get(name, "")) for name, said in names.items()]
            change.wording = [
                (said, [("del", was), ("ins", becomes)] if said == "figure" else word_diff(was, becomes)) for said, was, becomes in told if was != becomes
            ]
        if change.verdict or change.wording:
            changes.append(change)
    return sorted(changes, key=lambda change: (not change.verdict, change.claim_id))


def _numbers(old: Site, new: Site, moved: dict[str, str]) -> tuple[list[NumberChange], int]:
    before = {(moved.get(page, page), name): record for (page, name), record in old.numbers.items()}
    pairs = [(record, new.numbers[key]) for key, record in before.items() if key in new.numbers]
    gone, come = ({key[1]: record for key, record in a.items() if key not in b} for a, b in ((before, new.numbers), (new.numbers, before)))
    pairs += [(record, come.get(name)) for name, record in gone.items()]  # the same name on another page is the same number
    pairs += [(None, record) for name, record in come.items() if name not in gone]
    changes, unseen = [], 0
    for was, becomes in pairs:
        if not was or not becomes or (was["printed"], was["unit"]) != (becomes["printed"], becomes["unit"]):
            changes.append(NumberChange(was, becomes))
        elif was["value"] != becomes["value"]:
            unseen += 1
    return sorted(changes, key=lambda change: (change.size is None, -abs(change.size or 0), (change.after or change.before or {})["name"])), unseen


def _charts(old: Site, new: Site, moved: dict[str, str]) -> list[ChartChange]:
    gone = {name: chart for name, chart in old.charts.items() if name not in new.charts}
    come = {name: chart for name, chart in new.charts.items() if name not in old.charts}
    pairs: list[tuple[Chart | None, Chart | None]] = [(chart, new.charts[name]) for name, chart in old.charts.items() if name in new.charts]
    for chart in gone.values():  # renamed: the same picture, or the same caption, under another name
        same = next((other for other in come.values() if same_drawing(chart, other) or (chart.caption and other.caption == chart.caption)), None)
        pairs.append((chart, same))
        come.pop(same.name if same else "", None)
    pairs += [(None, chart) for chart in come.values()]
    changes = []
    for was, becomes in pairs:
        change = ChartChange(was, becomes)
        if was and becomes:
            told = {"caption": (was.caption, becomes.caption), "source line": (was.source, becomes.source), "description": (was.alt, becomes.alt)}
            change.wording = [(said, word_diff(*texts)) for said, texts in told.items() if texts[0] != texts[1]]
            change.redrawn, change.code = not same_drawing(was, becomes), was.code != becomes.code
            change.rows = rows(was.rows, becomes.rows)
            at_home = moved.get(was.page, was.page) == becomes.page and was.name == becomes.name
            if not (change.redrawn or change.code or change.wording or change.rows or not at_home):
                continue
        changes.append(change)
    place = {name: number for number, name in enumerate([*new.charts, *old.charts])}
    return sorted(changes, key=lambda change: (not change.redrawn, place[(change.after or change.before or Chart("")).name]))


def _tables(old: Site, new: Site) -> list[TableChange]:
    changes = []
    for name in dict.fromkeys([*new.resources, *old.resources]):
        before, after = old.resources.get(name), new.resources.get(name)
        change = TableChange(name, before, after)
        if before and after:
            change.rows = rows(old.table(name), new.table(name), after["schema"].get("primaryKey"))
            editions = [{source["key"]: source.get("edition", "") for source in side["sources"]} for side in (before, after)]
            told = [(key, editions[0].get(key, ""), editions[1].get(key, "")) for key in dict.fromkeys([*editions[1], *editions[0]])]
            change.editions = [(key, word_diff(was, becomes)) for key, was, becomes in told if was != becomes]
            if not change.rows and not change.editions:
                continue
        changes.append(change)
    return changes


def _pages(found: Comparison, moved: dict[str, str]) -> list[PageChange]:
    """Return the pages that changed; gives the changed numbers their sentences."""
    changes = []
    verdicts = {(change.before["verdict"], change.after["verdict"], change.claim_id) for change in found.claims if change.before and change.after}
    old = {moved.get(address, address): page for address, page in found.old.pages.items()}
    for address in dict.fromkeys([*found.new.pages, *old]):
        before, after = old.get(address), found.new.pages.get(address)
        change = PageChange(before, after)
        if before and after:
            if before.article != after.article:
                here = [n for n in found.numbers if n.before and n.after and n.after["page"] == address]
                change.passages = _passages(before.blocks, after.blocks, here, verdicts)
            if not change.passages and before.title == after.title and before.address == after.address:
                continue
        changes.append(change)
    return changes


def _passages(old: list[Block], new: list[Block], numbers: list[NumberChange], verdicts: set[tuple]) -> list[tuple[str, str, Words]]:
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
            its = [number for number in numbers if (number.before["printed"], number.after["printed"]) == (then[2], now[2])]  # type: ignore[index]
            if not its:
                return False
            for number in its:
                number.sentence = number.sentence or _sentence(was.text, becomes.text, then, now)
        return True

    def add(was: Block | None, becomes: Block | None) -> None:
        place = becomes or was
        passages.append((place.heading, place.anchor, word_diff(plain(was.text) if was else "", plain(becomes.text) if becomes else "")))  # type: ignore[union-attr]

    matcher = SequenceMatcher(None, [block.masked for block in old], [block.masked for block in new], autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            for was, becomes in zip(old[i1:i2], new[j1:j2]):
                if was.text != becomes.text and not told_elsewhere(was, becomes):
                    add(was, becomes)
            continue
        at = i1
        for becomes in new[j1:j2]:
            like = next((i for i in range(at, i2) if alike(old[i].masked, becomes.masked)), None)
            if like is not None:
                for i in range(at, like):
                    add(old[i], None)
                at = like + 1
            add(old[like] if like is not None else None, becomes)
        for i in range(at, i2):
            add(old[i], None)
    return passages


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
    return [("", plain(new[start : now.start()])), ("del", then[2]), ("ins", now[2]), ("", plain(new[now.end() : stop]).rstrip())]


# --- rows and words -------------------------------------------------------------------------------------------------------------


def rows(before: str, after: str, key: list[str] | None = None) -> Rows | None:
    """Return what changed between two CSV texts, None for nothing. Without a key, as behind a chart, the first columns that tell all rows
    apart are one; where there is none, or the rows have another, whole rows are compared."""
    if before == after:
        return None
    heads = [next(csv.reader(io.StringIO(text)), []) for text in (before, after)]
    shared = [column for column in heads[1] if column in heads[0]]
    if not key:
        key = next((shared[:n] for n in range(1, len(shared) + 1) if all(_tells_apart(text, shared[:n]) for text in (before, after))), None)
    if not key or not set(key) <= set(shared):
        old, new = (Counter(tuple(row) for row in list(csv.reader(io.StringIO(text)))[1:]) for text in (before, after))
        found = Rows([], list((new - old).elements()), list((old - new).elements()))
    else:
        change = Change({"name": "", "schema": {"fields": [{"name": column} for column in heads[1]], "primaryKey": key}}, before, after)
        found = Rows(key, change.added, change.removed, [revision for revision in change.revised if revision[1] in shared])
    found.columns_added = [column for column in heads[1] if column not in heads[0]]
    found.columns_removed = [column for column in heads[0] if column not in heads[1]]
    return found or None


def _dicts(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _tells_apart(text: str, key: list[str]) -> bool:
    keys = [tuple(row[column] for column in key) for row in _dicts(text)]
    return len(keys) == len(set(keys))


def relative(before: float, after: float) -> float | None:
    """Return how far a value has moved relative to what it was, None where it was zero."""
    return (after - before) / abs(before) if before else None


def word_diff(before: str, after: str) -> Words:
    """Return the words of two texts as one, with what is gone and what is new; a text with little left of it comes whole, old then new."""
    if not before or not after:
        return [("ins", after)] if after else [("del", before)] if before else []
    old, new = (re.findall(r"\S+\s*", text) for text in (before, after))
    matcher = SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False)
    if matcher.ratio() < 0.4:
        return [("del", before), ("ins", after)]
    pieces: Words = []
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(("", "".join(new[j1:j2])))
        else:
            pieces += [(mark, "".join(words)) for mark, words in (("del", old[i1:i2]), ("ins", new[j1:j2])) if words]
    return pieces
