"""Promise: in a real browser a reader finds a claim, filters the ledger, walks from a verdict to
the rows behind it, and takes them away.
"""

import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect
from reading import SITE, address, browser, needs_browser, open_page  # noqa: F401

from ledger.core import tables
from ledger.core.charts.style import VERDICTS

pytestmark = needs_browser
CLAIMS = len(tables.read_rows("claims"))


def shown(page):
    return page.locator("table.claims tr.claim-row:visible")


def test_the_ledger_is_complete_without_javascript(open_page):
    page = open_page("chapters/claims.html", java_script_enabled=False)
    assert shown(page).count() == CLAIMS
    assert page.locator(".claims-filter").count() == 0


def test_filters_by_domain_verdict_and_basis_and_remembers_them_in_the_address(open_page):
    page = open_page("chapters/claims.html")
    assert shown(page).count() == CLAIMS
    page.get_by_label("Domain").select_option("economics")
    economics = shown(page).count()
    assert 0 < economics < CLAIMS
    page.get_by_label("Verdict", exact=True).select_option("contradicted")
    page.get_by_label("Decided by").select_option("statistics")
    expect(page.get_by_role("status")).to_have_text(f"{shown(page).count()} of {CLAIMS} claims")
    assert 0 < shown(page).count() < economics
    assert (
        "domain=economics" in page.url
        and "verdict=contradicted" in page.url
        and "basis=statistics" in page.url
    )
    rows = shown(page).all_inner_texts()
    again = open_page(page.url.partition("/chapters/")[2].join(["chapters/", ""]))
    assert shown(again).all_inner_texts() == rows
    again.get_by_role("button", name="Show all").click()
    assert shown(again).count() == CLAIMS and "?" not in again.url


def test_filters_work_from_the_keyboard(open_page):
    page = open_page("chapters/claims.html")
    page.get_by_label("Verdict", exact=True).focus()
    page.keyboard.type("contr")
    page.keyboard.press("Tab")
    page.keyboard.type("stat")
    assert page.get_by_label("Verdict", exact=True).input_value() == "contradicted"
    assert page.get_by_label("Decided by").input_value() == "statistics"
    assert 0 < shown(page).count() < CLAIMS


def test_a_link_to_a_claim_shows_it_even_when_the_filter_would_hide_it(open_page):
    page = open_page("chapters/claims.html?domain=energy#c37")
    assert page.locator("#c37").is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_from_a_badge_to_its_row_and_back_to_the_chart_its_table_and_its_rows(open_page, width):
    page = open_page("chapters/economics.html", width=width)
    page.locator("span.claim a", has_text="C40").first.click()
    page.wait_for_url("**/claims.html#c40")
    row = page.locator("tr.claim-row", has=page.locator("#c40"))
    expect(row).to_contain_text("contradicted")
    expect(row).to_contain_text("2.60")
    row.get_by_role("link", name="Economics").click()
    page.wait_for_url("**/economics.html#claim-c40")
    figure = page.locator("#chart-export-import-ratio")
    figure.locator("summary", has_text="Table").click()
    expect(figure.locator("table")).to_be_visible()
    with page.expect_download() as download:
        figure.get_by_role("link", name="CSV").click()
    assert "2019" in Path(download.value.path()).read_text(encoding="utf-8")
    figure.get_by_role("link", name="trade_totals").click()
    page.wait_for_url("**/tables/trade-totals.html")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trade between Russia and Iran")


def test_a_printed_number_leads_to_its_table(open_page):
    page = open_page("index.html")
    page.locator("a:has(> .num)", has_text="2.60").click()
    page.wait_for_url("**/tables/trade-totals.html#number-index-ratio-2019-russia")
    expect(page.locator("#number-index-ratio-2019-russia")).to_contain_text("2.60")


def test_a_verdict_is_told_by_words_not_by_colour_alone(open_page):
    page = open_page("chapters/economics.html")
    known = {verdict: glyph for verdict, (glyph, _) in VERDICTS.items()}
    for badge in page.locator("span.claim a").all():
        mark, title = badge.locator(".mark"), badge.get_attribute("title")
        word = mark.locator(".verdict-word").text_content().strip(" ,")
        assert mark.locator(".glyph").text_content() == known[word]
        assert title.startswith(f"{word.capitalize()}: ")


def test_a_chart_comes_with_its_description_citation_and_terms(open_page):
    page = open_page("chapters/economics.html")
    figure = page.locator("#chart-trade-by-flow")
    with page.expect_download() as download:
        figure.get_by_role("link", name="data with description and citation").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        said = archive.read("README.txt").decode()
        assert {
            "trade-by-flow.csv",
            "datapackage.json",
            "README.txt",
            "citation.bib",
            "citation.ris",
        } == set(archive.namelist())
    assert "How to cite" in said and "UN Comtrade" in said and "Terms" in said and "Columns" in said
    figure.locator("summary", has_text="Cite this chart").click()
    expect(figure.locator("details.cite pre")).to_contain_text(
        "@misc{russia-iran-ledger-trade-by-flow"
    )
    with page.expect_download() as download:
        figure.get_by_role("link", name="RIS").click()
    assert Path(download.value.path()).read_text(encoding="utf-8").startswith("TY  - FIGURE")
    figure.get_by_role("link", name="The chart by itself").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(figure_caption("trade-by-flow"))
    page.get_by_role("link", name="Read it in its chapter").click()
    page.wait_for_url("**/chapters/economics.html#chart-trade-by-flow")


def figure_caption(name):
    with zipfile.ZipFile(SITE / "charts" / f"{name}.zip") as archive:
        return json.loads(archive.read("datapackage.json"))["title"]


@pytest.mark.parametrize(
    "path, key",
    [
        ("index.html", "@book{russia-iran-ledger"),
        ("chapters/energy.html", "@incollection{russia-iran-ledger-energy"),
        ("tables/gdp.html", "@misc{russia-iran-ledger-gdp"),
    ],
)
def test_the_book_a_chapter_and_a_table_say_how_to_cite_them(open_page, path, key):
    page = open_page(path)
    block = page.locator("article > details.cite")
    block.locator("summary").click()
    expect(block.locator("pre")).to_contain_text(key)
    with page.expect_download() as download:
        block.get_by_role("link", name="BibTeX").click()
    assert Path(download.value.path()).read_text(encoding="utf-8").startswith(key)


SEEN = """async (words) => {
    await new Promise((done) => setTimeout(done, 300));
    const article = document.querySelector("article");
    const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = range.getBoundingClientRect();
        const seen = box.height && box.top >= 0 && box.bottom <= innerHeight;
        if (node.data.includes(words) && seen) return true;
    }
    return false;
}"""


@pytest.mark.parametrize(
    "words, path",
    [
        ("S-300", "chapters/security.html"),
        ("Astana", "chapters/diplomacy.html"),
        ("2.08", "chapters/economics.html"),
        ("C37", "chapters/claims.html#c37"),
        ("Nabucco", "chapters/energy.html"),
        ("sanctions snapback", "chapters/outlook.html"),
    ],
)
def test_the_search_box_finds(open_page, address, words, path):
    page = open_page("chapters/energy.html")
    page.get_by_role("textbox", name="Search").fill(words)
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("^Search finished"))).to_be_visible()
    found = [
        link.get_attribute("href").partition("#:~:")[0].removeprefix(f"{address}/")
        for link in page.locator("ul.search > li > a").all()
    ]
    assert path in found, found
    page.locator("ul.search > li > a").nth(found.index(path)).click()
    page.wait_for_url(f"**/{path.partition('#')[0]}*")
    if "#" not in path and words != "sanctions snapback":  # words that do not stand side by side
        assert page.evaluate(SEEN, words), "the page is not open where the words stand"
    assert not page.strangers and not page.complaints


def test_the_theme_is_switched_and_kept(open_page):
    page = open_page("chapters/energy.html", color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    ink = "getComputedStyle(document.querySelector('.chart-picture text')).fill"
    light = page.evaluate(f"[{paper}, {ink}]")
    for _ in range(3):  # auto, light, dark in turn
        page.locator(".theme-toggle-content button").click()
        if page.evaluate("document.body.dataset.theme") == "dark":
            break
    dark = page.evaluate(f"[{paper}, {ink}]")
    assert dark[0] != light[0] and dark[1] != light[1]
    page.goto(page.url.replace("energy", "security"))
    assert page.evaluate(f"[{paper}, {ink}]") == dark
    page.emulate_media(media="print")
    assert page.evaluate(f"[{paper}, {ink}]") == light  # paper is light


def test_on_a_phone_the_chapters_are_behind_a_button(open_page):
    page = open_page("index.html", width=390, has_touch=True)
    link = page.get_by_role("navigation", name="Chapters").get_by_role(
        "link", name="Energy", exact=True
    )
    expect(link).to_be_hidden()
    page.locator("label.nav-overlay-icon").tap()
    expect(link).to_be_visible()
    link.tap()
    page.wait_for_url("**/chapters/energy.html")


def test_without_javascript_chapters_charts_tables_and_downloads_are_there(open_page):
    page = open_page("chapters/energy.html", java_script_enabled=False)
    figure = page.locator("figure.ledger-chart").first
    expect(figure.locator(".chart-picture svg")).to_be_visible()
    figure.locator("summary", has_text="View as table").click()
    expect(figure.locator("table")).to_be_visible()
    with page.expect_download() as download:
        figure.get_by_role("link", name="CSV").click()
    assert Path(download.value.path()).stat().st_size > 30
    page.get_by_role("navigation", name="Chapters").get_by_role("link", name="Outlook").click()
    page.wait_for_url("**/outlook.html")


def test_an_address_that_does_not_exist_leads_back(open_page):
    text = (SITE / "404.html").read_text(encoding="utf-8")
    assert re.search(r'<base href="/[^"]*">', text)  # a server shows the page at any depth
    page = open_page("404.html")
    page.get_by_role("link", name="the first page").click()
    page.wait_for_url("**/index.html")
