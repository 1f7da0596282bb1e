"""Promise: a printed number opens to its exact value, rows, code, source and citation, by mouse,
keyboard and touch; the rows of every table are searched, sorted, paged and taken away.
"""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from reading import SITE, address, browser, needs_browser, open_page  # noqa: F401

from ledger.build import number_rows
from ledger.core import tables

CARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in SITE.glob("numbers/*.json")}
LARGEST = max(tables.descriptor()["resources"], key=lambda resource: resource["rows"])
# milliseconds from what a reader does to what is painted of it, for each of three the best of four:
# another program may have the processor in one of them
TIMES = """async () => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const [sort, other] = document.querySelectorAll(".chart-table thead button");
    const search = document.querySelector(".table-bar input");
    const times = [];
    for (const act of [() => sort.click(), () => other.click(), () => {
        search.value = "irn 2015";
        search.dispatchEvent(new Event("input"));
    }]) {
        const took = [];
        for (let run = 0; run < 4; run++) {
            const start = performance.now();
            act();
            await painted();
            took.push(performance.now() - start);
        }
        times.push(Math.min(...took));
    }
    return times;
}"""


def page_of(name):
    return f"{tables.page_path(name)}.html"


def ready(page, words):
    expect(page.locator(".table-bar [role=status]")).to_contain_text(words)


def shown(page):
    """Return the rows that a table's page shows."""
    return page.evaluate(
        "[...document.querySelectorAll('.chart-table tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def test_every_printed_number_has_a_card_and_an_entry_with_its_rows():
    listed = json.loads((SITE / "numbers.json").read_text("utf-8"))
    assert len(listed) == sum(len(known["numbers"]) for known in CARDS.values())
    entries = {path.name: path.read_text("utf-8") for path in SITE.glob("tables/*.html")}
    for name, known in CARDS.items():
        path = SITE / ("index.html" if name == "index" else f"chapters/{name}.html")
        links = re.findall(r'href="([^"#]*)#(number-[^"]+)"', path.read_text("utf-8"))
        assert {anchor for _, anchor in links} == set(known["numbers"])
        assert all(f'id="{anchor}"' in entries[Path(page).name] for page, anchor in links)
        for number in known["numbers"].values():
            assert number["sources"] and number["code"] and number["cite"].startswith("The ")
            assert all(
                origin["query"] is None or origin["rows"] or not number["value"]
                for origin in number["from"]
            )


@needs_browser
@pytest.mark.parametrize("width, theme", [(1280, "light"), (390, "dark")])
def test_a_number_opens_by_mouse_keyboard_and_touch(open_page, width, theme):
    page = open_page(
        "index.html",
        width=width,
        has_touch=width == 390,
        color_scheme=theme,
        permissions=["clipboard-read", "clipboard-write"],
    )
    link, card = page.locator("a:has(> .num)", has_text="2.10"), page.locator(".number-card")
    link.scroll_into_view_if_needed()
    link.tap() if width == 390 else link.click()
    number = CARDS["index"]["numbers"]["number-index-trade-2019"]
    expect(card.get_by_role("heading")).to_have_text("2.10 US$ billion")
    expect(card).to_contain_text(str(number["value"]))
    expect(card).to_contain_text("From 2 of 330 rows")
    expect(card.locator("tbody tr")).to_have_count(2)
    expect(card.locator("tbody")).to_contain_text("1518231577")
    expect(card).to_contain_text("UN Comtrade")
    source = card.locator(".card-source")
    expect(source).not_to_contain_text("Harvard")  # no row of that source enters
    expect(card.locator(".card-words")).to_contain_text("Russia reported US$2.10")  # its sentence
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= 901
    if width == 390:
        assert box["x"] == 0 and box["width"] == 390 and box["y"] + box["height"] > 880
    found = Axe().run(page, context=".number-card").response["violations"]
    assert not found, [(rule["id"], rule["nodes"][0]["html"]) for rule in found]
    card.get_by_role("button", name="Copy citation").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == number["cite"]
    assert "tables/trade-totals.html#number-index-trade-2019" in number["cite"]
    page.mouse.click(box["x"] + 4, box["y"] + box["height"] / 2)  # its margin is no outside
    expect(card).to_be_visible()
    page.mouse.click(2, 2)
    expect(card).to_be_hidden()
    page.keyboard.press("Enter")
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(link).to_be_focused()
    for key in ("Enter", " "):
        page.keyboard.press(key)
        expect(card.get_by_role("heading")).to_have_text("2.10 US$ billion")
        card.get_by_role("button", name="Close").click()
        expect(link).to_be_focused()
    page.keyboard.press("Enter")
    card.get_by_role("link", name="Show in the table").click()
    page.wait_for_url("**/tables/trade-totals.html?*#rows")
    ready(page, "2 of 330 rows.")
    assert [row[2:5] for row in shown(page)] == [
        ["export", "2019", "UN Comtrade"],
        ["import", "2019", "UN Comtrade"],
    ]
    assert not page.complaints


@needs_browser
def test_where_its_file_is_missing_a_number_leads_to_its_entry(open_page):
    page = open_page("index.html")
    page.route("**/numbers/*.json", lambda route: route.abort())
    page.locator("a:has(> .num)", has_text="2.10").click()
    page.wait_for_url("**/tables/trade-totals.html#number-index-trade-2019")


@needs_browser
@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 390])
def test_the_largest_table_is_paged_sorted_searched_and_quick(open_page, width):
    name, rows = LARGEST["name"], tables.read_rows(LARGEST["name"])
    page = open_page(page_of(name), width=width)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    before = shown(page)
    page.reload()
    assert not [url for url in asked if url.endswith(".csv")], "it is loaded only when it is used"
    page.get_by_role("button", name="Last").click()
    ready(page, f"Rows {(len(rows) - 1) // 50 * 50 + 1:,} to {len(rows):,} of {len(rows):,} rows")
    assert shown(page)[-1] == list(rows[-1].values()) and "page=" in page.url
    page.get_by_role("button", name="First").click()
    ready(page, "Rows 1 to 50")
    assert shown(page) == before  # what the script shows is what the build showed
    assert max(page.evaluate(TIMES)) < 200
    ready(page, "sorted by date, ascending")
    assert page.locator("thead th[aria-sort=ascending]").inner_text().strip() == "date"
    page.get_by_role("button", name="date", exact=True).click()
    ready(page, "sorted by date, descending")
    wanted = [row for row in rows if {"irn", "2015"} <= set(" ".join(row.values()).lower().split())]
    assert shown(page)[0][1] == max(row["date"] for row in wanted)
    assert "q=irn+2015" in page.url and "sort=-date" in page.url
    again = open_page(page.url.partition("/tables/")[2].join(["tables/", ""]), width=width)
    ready(again, "sorted by date, descending")
    assert shown(again) == shown(page)
    page.go_back()
    ready(page, "sorted by date, ascending")
    assert not page.complaints


@needs_browser
def test_a_filtered_address_shows_its_rows_alone_and_they_are_taken_away(open_page):
    wanted = {"country": ["IRN", "RUS"], "year": ["2009..2010"], "fuel": ["gas"]}
    table = number_rows.rows_of("energy_production")
    rows = [list(table.rows[at].values()) for at in table.find(wanted)]
    page = open_page(f"{page_of('energy_production')}?{number_rows.query(wanted)}#rows")
    ready(page, f"{len(rows)} of {len(table.rows):,} rows.")
    keys = table.resource["schema"]["primaryKey"]
    places = [table.columns.index(key) for key in keys]
    assert [[row[at] for at in places] for row in shown(page)] == [
        [row[at] for at in places] for row in rows
    ]
    expect(page.locator("#rows")).to_be_in_viewport()
    heads = page.locator(".chart-table tbody tr").first.locator("th[scope=row]").all_inner_texts()
    assert len(heads) == len(keys)
    figures = [row[table.columns.index("value")] for row in shown(page)]
    assert len({len(figure.partition(".")[2]) for figure in figures}) == 1, "one precision a column"
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("^Download these")).click()
    raw = Path(download.value.path()).read_bytes().decode("utf-8")
    assert raw.startswith("\ufeff") and raw.count("\r\n") == len(rows) + 1
    assert list(csv.reader(io.StringIO(raw[1:]))) == [table.columns, *rows]
    for column in wanted:
        page.get_by_role("button", name=f"Remove the filter {column}").click()
    ready(page, f"of {len(table.rows):,} rows.")
    assert "?" not in page.url and not page.complaints


@needs_browser
def test_a_table_of_words_is_taken_away_letter_by_letter(open_page):
    rows = tables.read_rows("claims")
    page = open_page(page_of("claims"))
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("^Download all")).click()
    raw = Path(download.value.path()).read_text("utf-8-sig")
    assert list(csv.DictReader(io.StringIO(raw))) == rows


@needs_browser
def test_a_table_without_its_file_says_so(open_page):
    page = open_page(page_of("gdp"))
    page.route("**/gdp.csv", lambda route: route.abort())
    page.get_by_label("Search the rows").fill("RUS")
    ready(page, "could not be loaded")
