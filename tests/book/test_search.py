"""Promise: the search brings a reader to the section, by any name for what it tells; it says what
it does, loads little, and finds neither code nor what stands in charts.

What must be found where is in `search_queries.csv`: the page must be first or second, and where a
section is named, that section must be the page's first.
"""

import csv
import gzip
import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from reading import SITE, address, browser, needs_browser, open_page  # noqa: F401

from ledger.build.sphinxext.output.search import PREFIX
from ledger.core import config, tables

QUERIES = list(csv.DictReader(Path(__file__).with_name("search_queries.csv").open("r", newline="")))
INDEX = json.loads(
    (SITE / "searchindex.js").read_text(encoding="utf-8").removeprefix(PREFIX).rstrip(";\n")
)
TERMS = tables.read_rows("names_and_terms")
FIND = """(queries) => queries.map((query) => siteSearch.find(query).pages
    .map((page) => [page.name, page.sections[0].anchor]))"""
LEAST = 24  # pixels of what a finger must hit
SMALL = """(least) => [...document.querySelectorAll("#search-results a, #search-none a, .term-told a")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < least)
    .map((one) => one.textContent)"""


@needs_browser
def test_each_query_finds_its_page_and_section(open_page):
    page = open_page("search.html")
    found = page.evaluate(FIND, [query["query"] for query in QUERIES])
    missed = {}
    for query, pages in zip(QUERIES, found, strict=True):
        places = [place for place in pages[:2] if place[0] == query["page"]]
        if not places or query["section"] not in ("", places[0][1]):
            missed[query["query"]] = pages[:4]
    assert len(QUERIES) >= 60 and not missed, missed
    told = {
        word: {"chapters/names-and-terms", row["told"].partition("#")[0]}
        for row in TERMS
        for word in (row["term"], row["russian"], row["persian"])
        if word
    }
    found = page.evaluate(FIND, list(told))
    lost = {
        word: pages[:3]
        for (word, places), pages in zip(told.items(), found, strict=True)
        if not places <= {name for name, _ in pages[:3]}
    }
    assert len(told) > 100 and not lost, lost


@needs_browser
def test_a_search_loads_the_index_and_no_page(open_page):
    page = open_page("search.html?q=gas")
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d+ results for “gas”$"))
    asked = []
    page.on(
        "request",
        lambda request: asked.append(request.url) if "favicon" not in request.url else None,
    )
    page.get_by_role("searchbox").fill("drones")
    expect(page.get_by_role("status")).to_contain_text("drones")
    assert len(page.locator("p.extract mark").all()) >= 5  # extracts are there at once …
    assert asked == []  # … and nothing was fetched for them
    loaded = page.evaluate(
        "performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
    )
    assert not [path for path in loaded if path.endswith(".html")]
    own = [
        "searchindex.js",
        *{path.lstrip("/") for path in loaded if re.search("search|words", path)},
    ]
    weight = sum(len(gzip.compress((SITE / path).read_bytes(), 9)) for path in set(own))
    assert 50_000 < weight < 290_000, f"{weight} bytes compressed"
    index = (SITE / "searchindex.js").read_text(encoding="utf-8")
    assert "AFG-01" in index and not re.search(r"(?:-?[\d.]+ -?[\d.]+,){9}", index), "a map's line"
    assert not page.strangers and not page.complaints


@needs_browser
@pytest.mark.parametrize("path", ["index.html", "chapters/energy.html"])
def test_the_key_slash_leads_to_the_search_and_is_a_sign_there(open_page, path):
    page = open_page(path)
    page.keyboard.press("/")
    field = page.locator("input[name=q]:focus")
    expect(field).to_have_value("")
    page.keyboard.type("2023/24")
    expect(field).to_have_value("2023/24")
    assert "doctools" not in page.content() and not page.complaints


@needs_browser
def test_what_is_found_is_shown_and_told(open_page):
    page = open_page("chapters/energy.html")
    page.get_by_role("textbox", name="Search").fill("drones")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=drones*")
    status, results = page.get_by_role("status"), page.locator("#search-results > li")
    expect(status).to_have_text(re.compile(r"^\d+ results for “drones”$"))
    assert results.count() == 10  # the others on demand
    page.get_by_role("button", name="Show all").click()
    assert results.count() == int(status.inner_text().split()[0])
    assert page.evaluate("document.activeElement.closest('li') === "
                         "document.querySelectorAll('#search-results > li')[10]")  # fmt: skip
    field = page.get_by_role("searchbox")
    field.fill("denominator")
    expect(status).to_have_text("1 result for “denominator”")
    assert "q=denominator" in page.url
    field.fill("Nabucco mouthpiece")
    expect(status).to_contain_text("No section has all of these words.")
    field.fill("qqxzv")
    expect(status).to_have_text("No results for “qqxzv”")
    assert results.count() == 0
    for name in ("Security", "Names and terms", "Data and methods"):
        expect(page.locator("#search-none").get_by_role("link", name=name)).to_be_visible()
    field.fill("Grjawesky")
    page.locator(".search-nearest a").click()
    expect(status).to_have_text(re.compile("^[0-9]+ results? for “grajewski”$"))
    expect(page.locator("#search-none")).to_be_hidden()
    assert page.title().startswith("grajewski, search")
    field = page.get_by_role("searchbox")
    field.fill("")
    expect(status).to_be_empty()
    assert results.count() == 0
    assert not page.strangers and not page.complaints


@needs_browser
def test_back_goes_from_search_to_search(open_page):
    page = open_page("search.html")
    field, status = page.get_by_role("searchbox"), page.get_by_role("status")
    for words in ("drones", "wheat"):
        field.fill(words)
        page.keyboard.press("Enter")
        expect(status).to_contain_text(f"“{words}”")
    field.press_sequentially(" steel", delay=10)  # more letters are one step, however many
    page.keyboard.press("Enter")
    expect(status).to_contain_text("“wheat steel”")
    for words in ("wheat", "drones"):
        page.go_back()
        expect(field).to_have_value(words)
        expect(status).to_contain_text(f"“{words}”")
    page.go_forward()
    expect(status).to_contain_text("“wheat”")


SEEN = """(within) => [...document.querySelectorAll(within)].some((one) => {
    const box = one.getBoundingClientRect();
    return box.height && box.top >= 0 && box.bottom <= innerHeight;
})"""
LEADS = {  # a query → the section that its result opens, words that are marked there
    "wheat": (
        "chapters/economics.html#what-russia-sold-turned-from-steel-to-grain",
        {"cereals", "grain"},
    ),
    "C37": ("chapters/claims.html#c37", {"C37"}),
    "sanctions snapback": (
        "chapters/diplomacy.html#in-2025-the-sanctions-came-back-"
        "in-2026-russia-abstained-then-vetoed",
        {"sanctions"},
    ),
    "exchange rate dollars": (
        "chapters/beside-the-argument.html#russia-s-military-budget-dwarfs-iran-s",
        {"exchange", "rate"},
    ),
}


@needs_browser
@pytest.mark.parametrize(
    "words",
    [pytest.param(each, marks=pytest.mark.slow if " " in each else []) for each in LEADS],
)
def test_a_result_leads_to_its_section_with_the_words_marked(open_page, words):
    section, marked = LEADS[words]
    path, _, anchor = section.partition("#")
    page = open_page(f"search.html?q={words}", width=390)
    page.locator(f"#search-results h2 a[href*='{path}']").first.click()
    page.wait_for_url(lambda url: path in url)
    page.wait_for_timeout(100)
    assert page.url.partition("#")[2] == anchor
    marks = page.locator("mark.found").all_text_contents()
    assert marked <= set(marks), marks
    row = f"li#{anchor}" if words == "C37" else f"section#{anchor}"
    assert page.evaluate(SEEN, f"{row} mark.found"), "not where they stand"
    page.keyboard.press("Escape")
    assert page.locator("mark.found").count() == 0
    assert not page.strangers and not page.complaints


def test_neither_code_nor_charts_are_found():
    text = json.dumps(INDEX["pages"])
    for code in ("numbers.series(", 'load(\\"', ".query(", "<svg", "application/json", "{cite}"):
        assert code not in text, text[text.index(code) - 80 :][:200]
    assert set(INDEX["pages"]) == {*config.pages(), *map(tables.page_path, tables.names())}
    told = {row["told"] for row in TERMS}
    assert set(INDEX["words"]) == told
    for place in told:
        page, _, anchor = place.partition("#")
        assert anchor in [section[0] for section in INDEX["pages"][page][2]], place


BOTH = [(1280, "light"), (390, "dark")]  # both widths and both themes


@needs_browser
def test_what_was_found_serves_every_reader(open_page):
    # the page of names and terms is looked at in test_access
    for words in ("gas", "qqxzv"):
        page = open_page(f"search.html?q={words}")
        for width, theme in BOTH:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme)
            assert Axe().run(page).violations_count == 0, (words, width, theme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(SMALL, LEAST) == []


@needs_browser
def test_names_and_terms_tell_languages_and_sections(open_page):
    page = open_page("chapters/names-and-terms.html", width=390)
    for language, direction in (("ru", ""), ("fa", "rtl")):
        forms = page.locator(f"dl.terms span[lang={language}]")
        assert forms.count() > 30
        assert set(forms.evaluate_all("(all) => all.map((one) => one.dir)")) == {direction}
    assert page.locator("dl.terms dt").count() == len(TERMS)
    assert page.locator("dl.terms .term-told a").count() == len(TERMS)
    assert page.evaluate(SMALL, LEAST) == []
