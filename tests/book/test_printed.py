"""Promise: the PDF and the EPUB hold every chart, caption, number and claim of the site they stand
beside, and none outlives it.

Both are what `make pdf` and `make epub` left in the site. Tests of the PDF are skipped where no
Chromium could print it, but never in CI.
"""

import functools
import html
import json
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest
import yaml
from pypdf import PdfReader
from reading import needs_browser
from small_book import ROOT

from ledger.build.sphinxext.figures.chart_print import draw_hatches
from ledger.core.tables import names, page_path, read_rows

SITE = ROOT / "_build" / "html"
NAME = "russia-iran-ledger"
FOOT, HEAD = 62, 68  # points of a page's margins
XHTML = {"h": "http://www.w3.org/1999/xhtml"}
ENTRIES = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["chapters"]
PAGES = ["index", *(entry["file"] for entry in ENTRIES)]
FAST = "chapters/outlook"  # has charts and numbers; the others are read at length
NAMED = {entry["file"]: entry["title"] for entry in ENTRIES if "title" in entry}


def plain(markup):
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def squeezed(text):
    """Return a text without what a line's end may add to it or take from it."""
    return re.sub(r"[\s\-\u2010\u00ad]", "", text)


def uncited(text):
    """Return a text without citations: numbers on the site, authors and years in the PDF."""
    return re.sub(r"\[[^\[\]]{1,300}\](?:, \[\d+\])*", "", text)


def site_page(name):
    return (SITE / f"{name}.html").read_text(encoding="utf-8")


def captions(text):
    """Return the captions of a page's charts, by the charts' names."""
    return {
        name: " ".join(plain(caption).split())
        for name, caption in re.findall(
            r'<figure class="ledger-chart[^"]*" id="chart-([^"]+)">.*?'
            r'<span class="caption-text">(.*?)</span>',
            text,
            re.S,
        )
    }


def printed_numbers(text):
    return [plain(number) for number in re.findall(r'<span class="num[^"]*">(.*?)</span>', text)]


def titles():
    return {
        page: plain(
            re.sub(
                r"<a class=\"headerlink.*?</a>",
                "",
                re.search(r"<h1>(.*?)</h1>", site_page(page), re.S)[1],
            )
        ).strip()
        for page in PAGES
    }


# --- the EPUB -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def epub():
    path = SITE / f"{NAME}.epub"
    assert path.exists(), "there is no EPUB: run make epub first"
    with zipfile.ZipFile(path) as book:
        yield {name: book.read(name) for name in book.namelist()}


def test_the_epub_is_well_formed_and_lists_what_it_holds(epub):
    with zipfile.ZipFile(SITE / f"{NAME}.epub") as book:
        first = book.infolist()[0]
        assert (first.filename, first.compress_type, book.read(first)) == (
            "mimetype",
            zipfile.ZIP_STORED,
            b"application/epub+zip",
        )
        assert len({entry.date_time for entry in book.infolist()}) == 1
    for name, content in epub.items():
        if name.endswith((".xhtml", ".svg", ".opf", ".ncx", ".xml")):
            ET.fromstring(content)
    listed = {
        item.get("href")
        for item in ET.fromstring(epub["content.opf"]).iter("{http://www.idpf.org/2007/opf}item")
    }
    assert listed == set(epub) - {"mimetype", "META-INF/container.xml", "content.opf"}
    assert {Path(name).suffix for name in listed} == {".xhtml", ".svg", ".css", ".ncx"}
    assert not any(b"<script" in content for content in epub.values())


def test_the_epub_says_what_it_is(epub):
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    package = ET.fromstring(epub["content.opf"])
    metadata = {
        each.tag.partition("}")[2]: each.text
        for each in package.iter()
        if each.tag.startswith("{http://purl.org/dc/elements/1.1/}")
    }
    assert metadata["title"] == "The Russia–Iran Ledger" and metadata["language"] == "en"
    assert metadata["identifier"] == "urn:uuid:05880a07-8ee3-54d9-9528-fe9cfa16f7ad", (
        "a library takes a book with another identifier for another book"
    )
    assert (
        metadata["description"] == cited["abstract"]
        and metadata["creator"] == cited["authors"][0]["name"]
    )
    assert metadata["rights"] and metadata["date"]
    title_page = " ".join(plain(epub["titlepage.xhtml"].decode()).split())
    assert (
        f"Version {cited['version']}" in title_page
        and "Evidence ends in October 2026." in title_page
        and cited["title"].partition(": ")[0] in title_page
    )


def test_the_epub_names_all_chapters_in_its_contents(epub):
    entries = [
        ("".join(link.itertext()).strip(), link.get("href"))
        for link in ET.fromstring(epub["nav.xhtml"]).iterfind(".//h:nav//h:a", XHTML)
    ]
    for page, title in titles().items():
        assert (NAMED.get(page, title), f"{page}.xhtml") in entries, title
    assert sum(address.startswith("tables/") for _, address in entries) == len(names())


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_epub_has_the_charts_and_numbers_of_the_site(epub, page):
    text, there = site_page(page), epub[f"{page}.xhtml"].decode()
    assert captions(there) == captions(text)
    for name in captions(text):
        figure = re.search(
            rf'<figure class="ledger-chart[^"]*" id="chart-{name}">.*?</figure>', there, re.S
        )[0]
        number, alt = (
            re.search(rf'id="chart-{name}">.*?{wanted}', text, re.S)[1]
            for wanted in (r'class="caption-number">(.*?)<', r'aria-label="([^"]+)"')
        )
        picture = re.search(r'<img src="([^"]+)" alt="([^"]+)"/>', figure)
        assert number in figure and "Source: " in plain(figure), name
        assert (
            picture[2] == alt
            and posixpath.normpath(posixpath.join(posixpath.dirname(page), picture[1]))
            == f"charts/{name}.svg"
        )
        assert epub[f"charts/{name}.svg"] == (SITE / "charts" / f"{name}.svg").read_bytes()
        assert not re.search("<details|<pre", figure)
    assert printed_numbers(there) == printed_numbers(text)


def test_the_epub_has_all_claims_and_references_but_no_rows(epub):
    ledger = epub["chapters/claims.xhtml"].decode()
    assert read_rows("claims")
    for claim in read_rows("claims"):
        assert f'id="{claim["claim_id"].lower()}"' in ledger, claim["claim_id"]
    references = epub["chapters/references.xhtml"].decode()
    assert (
        references.count('class="citation"')
        == site_page("chapters/references").count('class="citation"')
        > 100
    )
    for name in names():
        page = epub[f"{page_path(name)}.xhtml"].decode()
        assert (
            f"{len(read_rows(name)):,} rows, which are not printed here" in page
            and "chart-table" not in page
        )


def test_every_link_within_the_epub_leads_somewhere(epub):
    places = {
        name: set(re.findall(r'\bid="([^"]+)"', content.decode()))
        for name, content in epub.items()
        if name.endswith(".xhtml")
    }
    seen, outside = 0, 0
    for name in places:
        for link in re.findall(r'\b(?:href|src)="([^"]+)"', epub[name].decode()):
            link = html.unescape(link)
            if re.match("https?:", link):
                outside += 1
                continue
            path, _, place = link.partition("#")
            path = (
                posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            )
            assert path in epub and (not place or place in places[path]), f"{name}: {link}"
            seen += 1
    assert seen > 1500 and outside > 300


# --- the PDF --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pdf():
    path = SITE / f"{NAME}.pdf"
    assert path.exists(), "there is no PDF: run make pdf first"
    return PdfReader(path)


def read_page(page):
    """Return a page's text, and how high its last line stands, in points, its number aside."""
    heights = []

    def note(text, matrix, place, font, size):
        if text.strip():
            heights.append(place[4] * matrix[1] + place[5] * matrix[3] + matrix[5])

    text = page.extract_text(visitor_text=note)
    top = float(page.mediabox.height)
    return text, min((height for height in heights if height > FOOT), default=top)


@pytest.fixture(scope="module")
def pdf_page(pdf):
    """A function that returns what `read_page` does of the page of an index: a tenth of a second
    each, so that none is read before it is asked for, nor twice.
    """
    return functools.cache(lambda index: read_page(pdf.pages[index]))


@pytest.fixture(scope="module")
def pdf_text(pdf_page):
    """A function that returns the text of the pages of a range, squeezed, without running heads and
    page numbers.
    """
    named = [*titles().values(), "Contents", "Appendix: the tables"]
    heads = [f"The Russia–Iran Ledger {title}" for title in named] + ["The Russia–Iran Ledger"]

    def text(start, end):
        texts = []
        for index in range(start, end):
            lines = pdf_page(index)[0].split("\n")
            if index:
                told = f"page {index + 1} begins with {lines[:2]}"
                assert lines[0] in heads and lines[1] == str(index + 1), told
                lines = lines[2:]
            texts.append(squeezed("".join(lines)))
        return "".join(texts)

    return text


def bookmarks(pdf):
    """Return the bookmarks of the first level with their page's index, and the number of those
    below.
    """
    first = [
        (entry["/Title"], pdf.get_destination_page_number(entry))
        for entry in pdf.outline
        if not isinstance(entry, list)
    ]
    return first, sum(isinstance(entry, list) and len(entry) for entry in pdf.outline)


@pytest.fixture(scope="module")
def pdf_part(pdf, pdf_text):
    """A function that returns the squeezed text from a bookmark of the first level to the next."""
    starts = dict(bookmarks(pdf)[0])
    ordered = sorted(starts.values()) + [len(pdf.pages)]

    def part(title):
        return pdf_text(starts[title], ordered[ordered.index(starts[title]) + 1])

    return part


@needs_browser
def test_the_pdf_is_tagged_titled_and_has_the_chapters_as_bookmarks(pdf):
    root = pdf.trailer["/Root"]
    assert (
        root["/MarkInfo"]["/Marked"]
        and root["/Lang"] == "en"
        and pdf.metadata.title == "The Russia–Iran Ledger"
    )
    first, below = bookmarks(pdf)
    assert [title for title, _ in first] == ["Contents", *titles().values(), "Appendix: the tables"]
    assert below > 60
    assert all(
        abs(float(page.mediabox.width) - 595) < 1 and abs(float(page.mediabox.height) - 842) < 1
        for page in pdf.pages
    )


@needs_browser
def test_the_fonts_of_the_pdf_are_in_it(pdf):
    names = set()
    for font in (
        font.get_object()
        for page in pdf.pages
        for font in page["/Resources"].get("/Font", {}).values()
    ):
        if font["/Subtype"] == "/Type0":
            names.add(font["/BaseFont"].partition("+")[2])
            assert "/FontFile2" in font["/DescendantFonts"][0].get_object()["/FontDescriptor"], (
                font["/BaseFont"]
            )
        assert "/ToUnicode" in font, "text in this font cannot be searched or copied"
    assert {"STIXGeneral-Regular", "STIXGeneral-Bold", "DejaVuSans"} <= names and not any(
        "Liberation" in name or "Arial" in name for name in names
    ), names


@needs_browser
@pytest.mark.parametrize(
    "page",
    [page if page == FAST else pytest.param(page, marks=pytest.mark.slow) for page in PAGES],
)
def test_the_pdf_has_the_captions_and_numbers_of_the_site(pdf_part, page):
    text, there = site_page(page), uncited(pdf_part(titles()[page]))
    for name, caption in captions(text).items():
        assert squeezed(caption) in there, f"the caption of {name}"
    checked = 0
    for block in re.findall(r"<(?:p|li|td)\b[^>]*>(.*?)</(?:p|li|td)>", text, re.S):
        for number in re.finditer(r'<span class="num[^"]*">(.*?)</span>', block):
            before, after = (
                squeezed(uncited(plain(block[: number.start()])))[-12:],
                squeezed(uncited(plain(block[number.end() :])))[:6],
            )
            wanted = before + squeezed(plain(number[1])) + after
            assert wanted in there, wanted
            checked += 1
    numbers = json.loads((SITE / "numbers.json").read_text(encoding="utf-8"))
    assert checked >= sum(number["page"] == page for number in numbers)
    assert (captions(text) and checked) or page != FAST


@needs_browser
def test_the_pdf_has_all_claims(pdf_part):
    printed = re.sub("[‘’]", "'", pdf_part(titles()["chapters/claims"]))
    for claim in read_rows("claims"):
        for words in (claim["finding"][:30], claim["reason"][:20]):
            assert squeezed(words) in printed, (claim["claim_id"], words)


@needs_browser
@pytest.mark.slow
def test_the_pdf_says_where_the_rows_and_the_code_are_and_has_neither(pdf, pdf_text):
    whole = pdf_text(0, len(pdf.pages))
    for name in names():
        assert squeezed(f"{len(read_rows(name)):,} rows, which are not printed here:") in whole
    for code in ("charts.publish", "numbers.put(", "import pandas"):
        assert squeezed(code) not in whole


@needs_browser
def test_every_chart_of_the_pdf_has_its_text_alternative(pdf):
    alternatives, waiting = set(), [pdf.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop()
        if "/Alt" in node:
            alternatives.add(node["/Alt"])
        kids = node.get("/K", [])
        waiting += [
            kid
            for kid in (each.get_object() for each in (kids if isinstance(kids, list) else [kids]))
            if isinstance(kid, dict)
        ]
    wanted = {
        html.unescape(alt)
        for page in PAGES
        for alt in re.findall(r'<svg[^>]*role="img"[^>]*aria-label="([^"]+)"', site_page(page))
    }
    assert len(wanted) >= 30 and wanted <= alternatives, wanted - alternatives


@needs_browser
def test_every_link_of_the_pdf_leads_somewhere(pdf, pdf_part):
    inside, outside = 0, 0
    for page in pdf.pages:
        for link in (each.get_object() for each in page.get("/Annots", [])):
            if "/Dest" in link:
                assert (
                    not isinstance(link["/Dest"], str) or link["/Dest"] in pdf.named_destinations
                ), link["/Dest"]
                inside += 1
            else:
                assert re.match(r"https?://(?!book\.invalid)", link["/A"]["/URI"]), link["/A"][
                    "/URI"
                ]
                outside += 1
    assert inside > 1200 and outside > 300
    starts, contents = dict(bookmarks(pdf)[0]), pdf_part("Contents")
    for title, page in list(starts.items())[1:]:
        assert squeezed(f"{title} {page + 1}") in contents, (
            f"the contents give another page for {title}"
        )


@needs_browser
@pytest.mark.slow
def test_a_figure_that_moves_to_the_next_page_leaves_little_of_this_one_empty(pdf, pdf_page):
    starts = {page for _, page in bookmarks(pdf)[0]}
    within = [number for number in range(1, len(pdf.pages) - 1) if number + 1 not in starts]
    empty = {number + 1: pdf_page(number)[1] - FOOT for number in within}
    space = float(pdf.pages[0].mediabox.height) - FOOT - HEAD
    assert all(points < 0.45 * space for points in empty.values()), {
        page: points for page, points in empty.items() if points >= 0.45 * space
    }


@needs_browser
def test_the_short_edition_has_every_finding_and_a_chart_a_chapter():
    short = PdfReader(SITE / f"{NAME}-short.pdf")
    assert len(short.pages) <= 12
    assert "(help)" not in short.pages[1].extract_text()  # the cover draws what it lists
    text = re.sub("[‘’]", "'", squeezed("".join(page.extract_text() for page in short.pages)))
    for claim in read_rows("claims"):
        assert re.sub("[‘’]", "'", squeezed(claim["finding"])) in text, claim["claim_id"]
    for page in ("security", "energy", "economics", "diplomacy", "outlook"):
        shown = site_page(f"chapters/{page}")
        standfirst = plain(re.search(r'<p class="standfirst">(.*?)</p>', shown, re.S)[1])
        words = squeezed(standfirst.partition("[")[0])[:60]
        assert re.sub("[‘’]", "'", words) in text, page
        if page != "outlook":  # whose first chart is on the cover
            caption = squeezed(next(iter(captions(shown).values())))[:60]
            assert re.sub("[‘’]", "'", caption) in text, page
    links = [each.get_object() for page in short.pages for each in page.get("/Annots", [])]
    assert len(links) > 100 and all(
        "/Dest" not in link and re.match(r"https?://(?!book\.invalid)", link["/A"]["/URI"])
        for link in links
    )


def test_a_hatch_is_drawn_where_its_bar_is():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg"><defs><pattern id="h">'
        '<rect width="73" height="73" fill="#97478c"/>'
        '<path d="M0 0l10 10" style="stroke:#ffffff"/></pattern></defs>'
        '<g clip-path="url(#axes)">'
        '<path d="M130 160v-20h20v20z" style="fill:url(#h);opacity:1"/>'
        '<path d="M0 0h9" style="stroke:#000000"/></g></svg>'
    )
    drawn = ET.fromstring(draw_hatches(svg))
    space = "{http://www.w3.org/2000/svg}"
    group, line = drawn.find(f"{space}g")
    outline, ground, inside = group
    assert (
        outline[0].get("d") == ground.get("d") == "M130 160v-20h20v20z"
        and ground.get("style") == "fill:#97478c;opacity:1"
    )
    assert inside.get("clip-path") == f"url(#{outline.get('id')})" and line.get("d") == "M0 0h9"
    # the bar reaches from 130 to 150 and from 140 to 160: over two tiles of 72 each way
    assert {tile.get("transform") for tile in inside} == {
        f"translate({x} {y})" for x in (72, 144) for y in (72, 144)
    }
    assert all(tile.get("d") == "M0 0l10 10" for tile in inside)
