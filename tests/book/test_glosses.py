"""Promise: a term or a source is told where it stands, and its entry is one step away."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from reading import SITE, address, browser, needs_browser, open_page  # noqa: F401

from ledger.core import tables

GLOSSES = {row["term"]: row["gloss"] for row in tables.read_rows("names_and_terms")}
SHOWN = """(term) => {
    const tip = getComputedStyle(term, "::after");
    return tip.content !== "none" && tip.content !== "normal";
}"""


@pytest.fixture(scope="module")
def chapter():
    return "chapters/diplomacy.html"


def test_a_gloss_is_short():
    assert not {term: gloss for term, gloss in GLOSSES.items() if len(gloss.split()) > 15}


@needs_browser
def test_a_gloss_shows_at_the_pointer_and_at_the_focus_and_goes_with_escape(open_page, chapter):
    page = open_page(chapter)
    term = page.locator("a.gloss").first
    assert term.get_attribute("aria-description") in GLOSSES.values()
    assert not term.evaluate(SHOWN)
    term.hover()
    assert term.evaluate(SHOWN)
    page.keyboard.press("Escape")
    assert not term.evaluate(SHOWN)
    page.mouse.move(0, 0)
    page.keyboard.press("Tab")
    term.focus()
    assert term.evaluate(SHOWN)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"names-and-terms\.html#term-"))
    assert not page.complaints and not page.strangers


NUMBER = "a.footnote-reference"
COVERED = """(link) => {
    scrollTo(0, scrollY + link.getBoundingClientRect().bottom - innerHeight);
    const before = innerHeight - link.getBoundingClientRect().bottom;
    link.focus();
    const note = parseFloat(getComputedStyle(link, "::after").height);
    return [before, note, innerHeight - link.getBoundingClientRect().bottom];
}"""


@needs_browser
def test_what_it_tells_at_the_foot_of_a_phone_does_not_cover_it(open_page, chapter):
    page = open_page(chapter, width=390, height=844)
    page.keyboard.press("Tab")  # from here on a focus is a keyboard's
    for at in (2, 9, 20):
        number = page.locator(NUMBER).locator("visible=true").nth(at)  # none in a folded note
        before, note, after = number.evaluate(COVERED)
        assert before < note < after, f"number {at}: the note is {note} px high"


@needs_browser
def test_the_number_of_a_source_tells_it_and_leads_to_the_list_and_back(open_page, chapter):
    page = open_page(chapter)
    number = page.locator(NUMBER).nth(2)
    source = page.locator(number.get_attribute("href"))
    told = number.get_attribute("aria-description")
    assert "Kind of source: " in told and told in source.text_content()
    number.hover()
    assert number.evaluate(SHOWN)
    page.keyboard.press("Escape")
    assert not number.evaluate(SHOWN)
    number.click()
    assert source.is_visible()  # the list was folded
    source.locator("a[role=doc-backlink]").click()
    assert page.url.endswith("#" + number.get_attribute("id"))
    source.get_by_text("Full entry").click()
    page.wait_for_url(re.compile(r"references\.html#cite-"))
    assert not page.complaints and not page.strangers


@needs_browser
@pytest.mark.parametrize(
    "shown, place, entry",
    [
        ("a.gloss", 0, re.compile(r"names-and-terms\.html#term-")),
        pytest.param(NUMBER, 2, re.compile("#source-"), marks=pytest.mark.slow),
    ],
)
def test_it_shows_at_the_first_touch_and_leads_on_at_the_second(
    browser,  # noqa: F811
    address,  # noqa: F811
    chapter,
    shown,
    place,
    entry,
):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{address}/{chapter}")
    told = page.locator(shown).nth(place)
    told.tap()
    assert told.evaluate(SHOWN) and page.url == f"{address}/{chapter}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    faults = Axe().run(page, "article").response["violations"]
    assert not faults, [(fault["id"], fault["nodes"][0]["html"]) for fault in faults]
    told.tap()
    page.wait_for_url(entry)
    context.close()
