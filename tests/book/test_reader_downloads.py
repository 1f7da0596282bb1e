"""Promise: what a reader takes away from a chart or a table opens right, says on what terms it
stands and how it is cited, and a chart shown in another site keeps its source line.
"""

import csv
import functools
import html
import http.server
import io
import json
import re
import threading
import zipfile

import openpyxl
import pandas as pd
import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from reading import SITE, address, browser, needs_browser, open_page  # noqa: F401

from checks import data as data_checks
from ledger.build import workbooks
from ledger.build.sphinxext.figures.precision import shown
from ledger.core import citations, tables

BOM = b"\xef\xbb\xbf"
CHARTS = sorted(path.stem for path in SITE.glob("charts/*.xlsx"))
SMALL = [entry for entry in tables.descriptor()["resources"] if entry["rows"] < 700]
CHART = "charts/steel-to-grain"


def resource_of(chart):
    with zipfile.ZipFile(SITE / "charts" / f"{chart}.zip") as archive:
        package = json.loads(archive.read("datapackage.json"))
        (entry,) = package["resources"]
        return entry, archive.read(entry["path"]).decode(), package["homepage"]


def differing(path, fields, rows):
    """Return the cells of a workbook that are not what the CSV has, each of its column's type."""
    sheet = openpyxl.load_workbook(path, read_only=True)["data"]
    titles, *body = csv.reader(io.StringIO(rows))
    found = list(sheet.iter_rows(values_only=True))
    assert list(found[0]) == titles and len(found) == len(body) + 1, path
    same = {
        "integer": lambda cell, kept: isinstance(cell, int) and cell == int(kept),
        "number": lambda cell, kept: cell == pytest.approx(float(kept), rel=1e-14, abs=0),
        "date": lambda cell, kept: cell.date().isoformat() == kept,
        "boolean": lambda cell, kept: isinstance(cell, bool) and str(cell).lower() == kept.lower(),
        "string": lambda cell, kept: cell == kept,
    }
    for row, kept_row in zip(found[1:], body):
        for cell, kept, field in zip(row, kept_row, fields):
            if not (same[field["type"]](cell, kept) if kept else cell is None):
                yield f"{path.name}: {field['name']}: {cell!r} where the CSV has {kept!r}"


def said_about(path):
    sheet = openpyxl.load_workbook(path, read_only=True)["about"]
    return "\n".join(" ".join(map(str, row)) for row in sheet.iter_rows(values_only=True))


def test_every_workbook_has_the_values_of_its_csv_and_says_what_they_are():
    wrong = []
    works = [
        *((SITE / "charts" / f"{chart}.xlsx", *resource_of(chart)) for chart in CHARTS),
        *(
            (
                SITE / f"{tables.page_path(entry['name'])}.xlsx",
                entry,
                (tables.DATA / entry["path"]).read_text(encoding="utf-8"),
                f"{tables.page_path(entry['name'])}.html",
            )
            for entry in SMALL
        ),
    ]
    assert len(works) > 55
    for path, entry, rows, place in works:
        wrong += differing(path, entry["schema"]["fields"], rows)
        about = said_about(path)
        licences = [licence["title"] for licence in entry["licenses"]]
        sources = [part for s in entry["sources"] for part in (s["title"], s["edition"], s["path"])]
        units = [field["unit"] for field in entry["schema"]["fields"] if field.get("unit")]
        wanted = [entry["title"], entry["republication"], *licences, *sources, *units, place]
        wanted += [citations.edition()["version"], citations.credit(entry["sources"])]
        wrong += [f"{path.name} does not say {part!r}" for part in wanted if part not in about]
    assert not wrong, "\n".join(wrong[:10])


def test_a_workbook_is_laid_out_to_be_read():
    book = openpyxl.load_workbook(SITE / f"{CHART}.xlsx")
    sheet = book["data"]
    assert book.sheetnames == ["data", "about"] and sheet.freeze_panes == "A2"
    assert all(cell.font.bold for cell in sheet[1]) and not sheet["A2"].font.bold
    assert sheet.column_dimensions["B"].width > len("Russia's sales to Iran: Metals")
    day = openpyxl.load_workbook(SITE / "charts" / "brent-price.xlsx")["data"]["A2"]
    assert day.is_date and day.number_format == "yyyy-mm-dd"


def test_a_workbook_has_the_same_bytes_whenever_it_is_made():
    entry = tables.describe("gdp")
    rows = (tables.DATA / entry["path"]).read_text(encoding="utf-8")
    made = (SITE / "tables" / "gdp.xlsx").read_bytes()
    page = (SITE / "tables" / "gdp.html").read_text(encoding="utf-8")
    record = {
        "kind": "table",
        "title": entry["title"],
        "url": re.search(r'rel="canonical" href="([^"]+)"', page)[1],
        "note": citations.credit(entry["sources"]),
    }
    with time_machine.travel(1925000000):
        assert workbooks.workbook(entry, rows, record) == made
    assert workbooks.workbook(entry, rows + "ZZZ,2001,1\n", record) != made


def test_csv_for_readers_has_the_mark_that_excel_wants_and_files_for_programs_have_none():
    for chart in CHARTS:
        raw, (_, rows, _) = (SITE / "charts" / f"{chart}.csv").read_bytes(), resource_of(chart)
        assert raw == BOM + rows.encode() and not rows.startswith("\ufeff"), chart
    for entry in tables.descriptor()["resources"]:
        kept = (tables.DATA / entry["path"]).read_bytes()
        assert (SITE / "data" / entry["path"]).read_bytes() == kept and not kept.startswith(BOM)
        place = SITE / f"{tables.page_path(entry['name'])}.csv"
        assert place.read_bytes() == BOM + kept, entry["name"]
    fights = SITE / "tables" / "syria-conflict.csv"
    assert "Government of Syria – IS" in fights.read_text(encoding="utf-8-sig")
    for encoding in (None, "utf-8"):  # the mark is no part of a column's name
        assert pd.read_csv(fights, encoding=encoding).columns[0] == "year"


@pytest.mark.parametrize(
    "column, wanted",
    [
        (["79.604", "1.5266", "3.0752", ""], ["79.60", "1.53", "3.08", ""]),
        (["633.289874", "1312.5"], ["633", "1,312"]),
        (["44150", "900", "-12"], ["44,150", "900", "−12"]),
        (["1991", "2024"], ["1991", "2024"]),
        (["2.854786", "0.5"], ["2.85", "0.50"]),
        (["-0.35874", "0.2"], ["−0.359", "0.200"]),
        (["1.5", "2", "3.25"], ["1.50", "2.00", "3.25"]),
        (["98.123456", "0.0042"], ["98.123", "0.004"]),
        (["0", "1.2e-05"], ["0.000000", "0.000012"]),
        (["1995–99", "2000"], ["1995–99", "2000"]),
        (["", ""], ["", ""]),
    ],
)
def test_a_column_is_shown_at_one_precision(column, wanted):
    assert shown(column) == wanted


def test_every_table_under_a_chart_has_one_precision_a_column():
    checked = 0
    for path in SITE.glob("charts/*.html"):
        text = path.read_text(encoding="utf-8")
        for table in re.findall(r'<div class="chart-table".*?</table>', text, re.S):
            rows = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>.*?</tr>", table)]
            whole = [row for row in rows if len(row) == max(map(len, rows))]
            for column in zip(*whole):
                numbers = [cell for cell in column if cell]
                assert len({len(cell.partition(".")[2]) for cell in numbers}) <= 1, (path, column)
                whole_parts = [cell.partition(".")[0].lstrip("−") for cell in numbers]
                large = [part for part in whole_parts if int(part.replace(",", "")) >= 2200]
                assert all("," in part for part in large), (path, column)
                checked += 1
    assert checked > 80


@pytest.mark.parametrize(
    "name, short, wanted",
    [
        ("CC-BY-4.0", "World Bank, CC BY 4.0, credit required", "CC BY 4.0"),
        ("other-pd", "US government, public domain", "public domain"),
        ("other-open", "Petro Ivaniuk, ODC-BY 1.0, credit required (not verified)", "ODC-BY 1.0"),
        ("other-closed", "OPEC, non-commercial use, credit required", ""),
        ("other-harvard", "Harvard Growth Lab, CC0 1.0 (not verified)", ""),
    ],
)
def test_the_short_line_names_a_licence_only_where_reuse_is_free(name, short, wanted):
    assert citations.open_licence({"name": name, "short": short, "title": "Terms"}) == wanted


def test_a_licence_covers_the_sources_that_it_names_and_each_source_has_one():
    trade = tables.describe("trade_totals")
    drawn = [{"key": "IMF DOTS"}, {"key": "WITS"}]
    names = [licence["name"] for licence in citations.licences(trade, drawn)]
    assert names == ["other-imf", "other-wits"]
    licences = [trade["licenses"][0] | {"sources": ["UN Comtrad"], "short": "x" * 91}]
    said = "\n".join(data_checks._licence_faults(trade | {"licenses": licences}))
    assert "'UN Comtrad' has no licence" in said and "'OEC' has no licence" in said
    assert "too long" in said and not list(data_checks._licence_faults(trade))


# --- in a browser ---------------------------------------------------------------------------------

SMALL_TARGETS = """() => [...document.querySelectorAll(
    "figure.ledger-chart .chart-tools :is(a, summary, button), p.downloads a, p.licence a")]
    .filter((one) => one.checkVisibility() && !one.closest(".chart-table, pre, .highlight"))
    .map((one) => [one.textContent, one.getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"""


@needs_browser
def test_the_lines_under_a_chart_name_files_terms_and_citation(open_page):  # noqa: F811
    page = open_page("chapters/economics.html", permissions=["clipboard-read", "clipboard-write"])
    figure = page.locator("#chart-steel-to-grain")
    expect(figure.locator(".chart-tools > a")).to_have_text(["Excel", "CSV", "Picture"])
    expect(figure.locator(".chart-credit")).to_contain_text("terms limit reuse")
    with page.expect_response("**/copy.js"):  # only once it is wanted
        figure.locator("summary", has_text="More").click()
    expect(figure.locator(".downloads")).to_have_text(
        "Download: picture as SVG · everything (zip: CSV, description, terms, citation)"
    )
    expect(figure.locator(".licence")).to_have_text(
        "Licence: UN Comtrade, credit required, no redistribution without permission (details)."
    )
    with page.expect_download() as download:
        figure.get_by_role("link", name="Excel").click()
    workbook = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    assert workbook["data"]["A2"].value == 2000
    figure.locator("summary", has_text="Cite").click()
    texts = figure.locator(".to-copy").all_inner_texts()
    buttons = figure.get_by_role("button", name="Copy")
    expect(buttons).to_have_count(len(texts))
    page.clock.install()  # the two seconds for which a button says so go by at once
    for at in (0, 2):
        buttons.nth(at).click()
        expect(figure.get_by_role("button", name="Copied")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.split() == texts[at].split()
        page.clock.run_for(2000)
        expect(figure.get_by_role("button", name="Copied")).to_have_count(0)
    assert "[Chart]" in texts[0] and "<iframe" in texts[2]
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(SMALL_TARGETS) == []
    assert page.complaints == []
    figure.get_by_role("link", name="details").click()
    page.wait_for_url("**/tables/trade-products.html#terms")
    assert page.evaluate(SMALL_TARGETS) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert download.value.path().read_bytes().startswith(BOM)


@pytest.fixture
def elsewhere(tmp_path):
    """Serve a folder as another origin, and return it with its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tmp_path, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@needs_browser
def test_a_chart_in_a_page_of_another_site_keeps_its_source_line(
    browser,  # noqa: F811
    address,  # noqa: F811
    elsewhere,
):
    folder, origin = elsewhere
    own = (SITE / f"{CHART}.html").read_text(encoding="utf-8")
    code = html.unescape(re.search(r"&lt;iframe src=.*?/iframe&gt;", own)[0])
    here = re.sub(r'src="https?://[^/]+/', f'src="{address}/', code)
    style = "<!doctype html><link rel=icon href='data:,'><style>body { margin: 0 }</style>"
    (folder / "index.html").write_text(f"{style}<p>Theirs</p>{here}", encoding="utf-8")
    for width, script in ((1280, True), (320, False)):
        window = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=script
        )
        page, complaints = window.new_page(), []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{origin}/index.html", wait_until="load")
        box = page.locator("iframe").bounding_box()
        assert box["width"] == min(640, width)
        frame = page.frame_locator("iframe")
        expect(frame.locator("h1")).to_be_visible()
        page.frames[1].wait_for_load_state("load")  # styles too: it loads after the page around it
        for part in ("h1", "svg", ".chart-source", ".licence", "main > p:last-child a"):
            expect(frame.locator(part).first).to_be_visible()
            seen = frame.locator(part).first.bounding_box()  # from the edges of the outer page
            assert box["y"] <= seen["y"] and (
                seen["y"] + seen["height"] <= box["y"] + box["height"]
            ), f"{part} is cut off at {width}"
        expect(frame.locator(".chart-source")).to_contain_text("Source: UN Comtrade")
        assert frame.locator("header, .chart-tools").count() == 0
        with window.expect_page() as opened:  # the frame stays what it is
            frame.locator("main > p:last-child a").click()
        assert opened.value.url.endswith("chapters/economics.html#chart-steel-to-grain")
        assert complaints == []
        window.close()


@needs_browser
@pytest.mark.parametrize("chart", ["export-import-ratio", "council-votes-on-iran"])
def test_the_frame_of_a_chart_passes_axe_and_fits(open_page, chart):  # noqa: F811
    page = open_page(f"charts/{chart}.embed.html", width=320, height=420)
    for width, theme in ((320, "light"), (640, "dark")):
        page.set_viewport_size({"width": width, "height": 480})
        page.emulate_media(color_scheme=theme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert not found, [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found]
    picture = page.locator(".chart-picture svg").bounding_box()
    assert picture["height"] >= 140 and page.complaints == page.strangers == []
