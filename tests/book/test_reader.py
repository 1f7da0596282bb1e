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
    return page.locator("ul.claims > li:visible")


def test_the_ledger_is_complete_without_javascript(open_page):
    page = open_page("chapters/claims.html", java_script_enabled=False)
    assert shown(page).count() == CLAIMS
    assert page.locator(".claims-bar form").count() == 0
    row = page.locator("#c39")
    expect(row.locator(".claim-reason")).to_be_hidden()
    row.locator("summary").click()
    expect(row.locator(".claim-reason")).to_be_visible()


@pytest.mark.parametrize("width, most", [(1280, 4500), (390, 7500)])
def test_the_ledger_is_short_and_its_bar_stays_small(open_page, width, most):
    page = open_page("chapters/claims.html", width=width)
    assert page.evaluate("document.documentElement.scrollHeight") <= most
    page.locator("#c64").scroll_into_view_if_needed()
    bar = page.locator(".claims-bar").bounding_box()
    assert 0 <= bar["y"] < 80 and bar["height"] < 200
    page.goto(page.url.partition("#")[0] + "#c39")
    expect(page.locator("#c39 .claim-reason")).to_be_visible()
    below = page.locator("#c39").bounding_box()["y"]
    bar = page.locator(".claims-bar").bounding_box()
    assert below >= bar["y"] + bar["height"], "the row hides beneath the bar"


@pytest.mark.parametrize(
    "claim, width",
    [
        ("c65", 1280),
        ("c39", 390),
        *(
            pytest.param(claim, width, marks=pytest.mark.slow)
            for claim, width in [("c01", 1280), ("c39", 1280), ("c01", 390), ("c65", 390)]
        ),
    ],
)
def test_a_first_visitor_led_to_a_claim_sees_it_below_the_bar(open_page, width, claim):
    page = open_page(f"chapters/claims.html#{claim}", width=width)
    expect(page.locator(f"#{claim} .claim-reason")).to_be_visible()
    page.wait_for_timeout(300)  # the bar grows with what it says
    bar, row = page.locator(".claims-bar").bounding_box(), page.locator(f"#{claim}").bounding_box()
    assert bar["y"] + bar["height"] <= row["y"] < 0.6 * page.viewport_size["height"]


def test_search_chips_and_sort_stand_in_the_address_and_back_undoes_them(open_page):
    page = open_page("chapters/claims.html")
    search, status = page.get_by_label("Search the claims"), page.get_by_role("status")
    search.fill("METÁLS")
    search.press("Enter")
    found = shown(page).count()
    assert 0 < found < 10 and "q=MET" in page.url
    expect(status).to_have_text(f"{found} of {CLAIMS} claims")
    page.get_by_role("button", name=re.compile("contradicted")).click()
    assert shown(page).count() == 1 and "verdict=contradicted" in page.url
    page.get_by_role("button", name=re.compile("supported")).click()
    assert page.url.count("verdict=") == 2
    page.go_back()
    page.go_back()
    assert shown(page).count() == found and "verdict" not in page.url
    page.go_forward()
    assert shown(page).count() == 1
    page.get_by_role("button", name="Show all").click()
    assert shown(page).count() == CLAIMS and "?" not in page.url
    search.fill("Russia's, “trade”")  # as a keyboard types them, or as the page prints them
    search.press("Enter")
    assert 0 < shown(page).count() < CLAIMS
    page.get_by_role("button", name="Show all").click()
    page.get_by_role("button", name=re.compile("partly")).focus()
    page.keyboard.press("Space")
    assert 0 < shown(page).count() < CLAIMS and page.url.endswith("?verdict=partly")
    page.emulate_media(media="print")
    assert shown(page).count() == CLAIMS  # paper would not say that it is a selection
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Sort the claims").select_option("verdict")
    verdicts = page.locator("ul.claims > li .claim-head").all_inner_texts()
    assert "supported" in verdicts[0] and "not checkable" in verdicts[-1]
    old = "chapters/claims.html?domain=economics&verdict=contradicted&basis=statistics"
    assert shown(open_page(old)).count() == 1
    hidden = open_page("chapters/claims.html?domain=energy#c37")
    expect(hidden.locator("#c37 .claim-reason")).to_be_visible()
    expect(hidden.get_by_role("status")).to_contain_text("C37, to which the link leads")


def test_a_claim_is_copied_and_has_a_page_with_its_review(open_page):
    page = open_page("chapters/claims.html", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="copy C39").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Verdict: contradicted." in copied and "/claims/c39.html" in copied
    page.locator("#c39 summary").click()
    page.get_by_role("link", name="C39 on a page of its own").click()
    page.wait_for_url("**/claims/c39.html")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Metals, chemicals")
    for row in tables.read_rows("claims"):
        text = (SITE / "claims" / f"{row['claim_id'].lower()}.html").read_text(encoding="utf-8")
        assert len(text.encode()) < 30_000
        review = json.loads(re.search(r"ld\+json\">(.*?)</script>", text, re.S)[1])
        assert review["@type"] == "ClaimReview" and review["claimReviewed"] == row["claim"]
        assert review["url"].endswith(f"/claims/{row['claim_id'].lower()}.html")
        rating, item = review["reviewRating"], review["itemReviewed"]
        assert rating["alternateName"].lower() == row["verdict"]
        rated = row["verdict"] in ("supported", "partly", "contradicted")
        assert rated == (1 <= rating.get("ratingValue", 0) <= rating.get("bestRating", 0))
        assert item["author"]["name"] == "Christian Baghai"
        assert item["datePublished"] == "2023-11-03" and item["appearance"]["url"]
        assert review["publisher"]["name"] == "The Russia–Iran Ledger" and row["finding"]


@pytest.mark.parametrize("width", [1280, pytest.param(390, marks=pytest.mark.slow)])
def test_from_a_badge_to_its_row_and_back_to_the_chart_its_table_and_its_rows(open_page, width):
    page = open_page("chapters/economics.html", width=width)
    page.locator("span.claim a", has_text="C40").first.click()
    page.wait_for_url("**/claims.html#c40")
    row = page.locator("#c40")
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
    figure.locator("summary", has_text="More").click()
    figure.get_by_role("link", name="trade_totals").click()
    page.wait_for_url("**/tables/trade-totals.html")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trade between Russia and Iran")


def test_without_javascript_a_printed_number_leads_to_its_rows(open_page):
    page = open_page("index.html", java_script_enabled=False)
    page.locator("a:has(> .num)", has_text="2.10").click()
    page.wait_for_url("**/tables/trade-totals.html#number-index-trade-2019")
    entry = page.locator("#number-index-trade-2019")
    expect(entry).to_contain_text("2.10")
    expect(entry.locator("li")).to_contain_text(["export", "import"])
    expect(entry.locator("li").first).to_be_in_viewport()


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
    figure = page.locator("#chart-steel-to-grain")
    figure.locator("summary", has_text="More").click()
    with page.expect_download() as download:
        figure.get_by_role("link", name="everything").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        said = archive.read("README.txt").decode()
        assert {
            "steel-to-grain.csv",
            "datapackage.json",
            "README.txt",
            "citation.bib",
            "citation.ris",
        } == set(archive.namelist())
    assert "How to cite" in said and "UN Comtrade" in said and "Terms" in said and "Columns" in said
    figure.locator("summary", has_text="Cite").click()
    expect(figure.locator("details.cite pre").first).to_contain_text(
        "@misc{russia-iran-ledger-steel-to-grain"
    )
    with page.expect_download() as download:
        figure.get_by_role("link", name="RIS").click()
    assert Path(download.value.path()).read_text(encoding="utf-8").startswith("TY  - FIGURE")
    figure.get_by_role("link", name="The chart by itself").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(figure_caption("steel-to-grain"))
    page.get_by_role("link", name="Read it in its chapter").click()
    page.wait_for_url("**/chapters/economics.html#chart-steel-to-grain")


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


def test_the_theme_is_switched_and_kept(open_page):
    page = open_page("chapters/economics.html", color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    ink = "getComputedStyle(document.querySelector('.chart-picture text')).fill"
    light = page.evaluate(f"[{paper}, {ink}]")
    for _ in range(3):  # auto, light, dark in turn
        page.locator(".theme-toggle-content button").click()
        if page.evaluate("document.body.dataset.theme") == "dark":
            break
    dark = page.evaluate(f"[{paper}, {ink}]")
    assert dark[0] != light[0] and dark[1] != light[1]
    page.goto(page.url.replace("economics", "security"))
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
    figure.locator("summary", has_text="Table").click()
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
