"""Promise: a page reads well: short lines, a narrow column of chapters, charts beside their titles,
its contents at hand, quiet tables and badges, and paper without what cannot be pressed.
"""

import pytest
from playwright.sync_api import expect
from reading import address, browser, needs_browser, open_page  # noqa: F401

pytestmark = needs_browser
# characters in each full line of the longest paragraphs, by where their letters stand
LINES = """() => {
    const all = [...document.querySelectorAll("[role=main] section > p")];
    const long = all.filter((one) => one.textContent.length > 400).slice(0, 6);
    return long.flatMap((paragraph) => {
        const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT), lines = {};
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            for (let at = 0; at < node.length; at += 1) {
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + 1);
                const box = range.getClientRects()[0];
                const line = box && Math.round(box.bottom / 14);
                if (box && box.width > 1) lines[line] = (lines[line] || 0) + 1;
            }
        }
        return Object.values(lines).filter((length) => length > 30);
    });
}"""
STYLE = "(one, name) => getComputedStyle(one)[name]"


def test_a_wide_page_has_short_lines_and_charts_beside_their_titles(open_page):  # noqa: F811
    page = open_page("chapters/energy.html")
    lengths = sorted(page.evaluate(LINES))
    assert 62 <= lengths[len(lengths) // 2] <= 75, lengths
    assert page.locator(".sidebar-drawer").bounding_box()["width"] == 240
    text = page.locator("[role=main] section > p:not(.standfirst)").first
    assert text.evaluate(STYLE, "fontSize") == "17px"
    assert text.evaluate(STYLE, "lineHeight") == "27px"
    figure = page.locator("figure.ledger-chart").first
    title = figure.locator("figcaption > p", has=page.locator(".caption-text"))
    left, right = title.bounding_box(), figure.locator(".chart-picture").bounding_box()
    assert left["x"] + left["width"] < right["x"] and abs(left["y"] - right["y"]) < 2
    assert 470 <= right["width"] <= 490
    tools = figure.locator(".chart-tools").bounding_box()
    assert tools["x"] + tools["width"] < right["x"] and tools["height"] < 30
    figure.locator("summary", has_text="Table").click()
    assert figure.locator(".chart-table").bounding_box()["width"] > 700
    for heading in page.locator("h1, h2, .caption-text").all():
        assert heading.evaluate(STYLE, "fontFamily").startswith("Charter")
    assert page.locator("[href*=pygments], [href*=mystnb]").count() == 0
    figure.locator(".chart-tools > details[open] > summary").click()
    figure.locator("summary", has_text="More").click()
    figure.locator("summary", has_text="Code").click()
    words = figure.locator(".highlight pre span")
    assert words.count() > 3 and words.first.is_visible()


@pytest.mark.parametrize("width", [1280, 1600])
def test_the_contents_stand_at_the_right_and_stay_there(open_page, width):  # noqa: F811
    page = open_page("chapters/energy.html", width=width)
    links = page.locator(".toc-drawer li li > a")
    assert links.count() >= 6
    expect(page.locator(".page-contents")).to_be_hidden()
    expect(page.locator(".toc-content-icon")).to_be_hidden()
    page.evaluate("scrollTo({top: 3000, behavior: 'instant'})")
    expect(links.first).to_be_in_viewport()
    text = page.locator(".content").bounding_box()
    assert links.first.bounding_box()["x"] >= text["x"] + text["width"]
    free = page.locator(".toc-drawer").bounding_box()
    left = page.locator(".sidebar-drawer").bounding_box()["x"]
    assert abs(left - (width - free["x"] - free["width"])) < 2  # as much room at both edges


def test_between_phone_and_desk_the_contents_are_a_line(open_page):  # noqa: F811
    page = open_page("chapters/energy.html", width=1024)
    links = page.locator(".page-contents a")
    page.locator(".page-contents summary").click()
    assert links.count() >= 6 and links.first.is_visible() and links.last.is_visible()
    links.first.click()
    expect(links.first).to_be_hidden()
    text = page.locator("[role=main] section > p:not(.standfirst)").first.bounding_box()
    picture = page.locator(".chart-picture").first.bounding_box()
    assert abs(picture["x"] - text["x"]) < 2 and abs(picture["width"] - text["width"]) < 60


def test_two_lines_stand_under_a_chart_and_the_rest_opens(open_page):  # noqa: F811
    page = open_page("chapters/energy.html", width=390, java_script_enabled=False)
    for figure in page.locator("figure.ledger-chart").all():
        tools = figure.locator(".chart-tools").bounding_box()
        assert figure.locator(".chart-credit").bounding_box()["height"] < 45
        assert tools["height"] < 30
    figure = page.locator("#chart-gas-kept-at-home")
    expect(figure.locator(".chart-credit")).to_have_text(
        "Source: Energy Institute (2026 edition) · terms limit reuse"
    )
    for part in (".chart-source", ".licence", ".chart-address", ".report-error", ".more > pre"):
        expect(figure.locator(part)).to_be_hidden()
    figure.locator("summary", has_text="More").click()
    for part in (".chart-source", ".licence", ".chart-address", ".report-error", ".more > pre"):
        expect(figure.locator(part)).to_be_visible()


def test_on_a_phone_the_title_is_above_and_the_contents_open(open_page):  # noqa: F811
    page = open_page("chapters/energy.html", width=390)
    figure = page.locator("figure.ledger-chart").first
    title, picture = figure.locator(".caption-text"), figure.locator(".chart-picture")
    assert title.bounding_box()["y"] < picture.bounding_box()["y"]
    assert picture.bounding_box()["width"] >= 380
    link = page.locator(".page-contents a").first
    expect(link).to_be_hidden()
    page.locator(".page-contents summary").click()
    expect(link).to_be_visible()


def test_the_drawer_closes_on_a_choice_and_the_section_has_the_focus(open_page):  # noqa: F811
    page = open_page("chapters/energy.html", width=1100, reduced_motion="reduce")
    page.locator(".toc-content-icon").click()
    link = page.locator(".toc-drawer a", has_text="The claims of this chapter")
    section = link.get_attribute("href")
    link.click()
    expect(page.locator("#__toc")).not_to_be_checked()
    assert page.url.endswith(section)
    expect(page.locator(f"{section} > h2")).to_be_focused()
    bar = "at => getComputedStyle(document.querySelector(at), '::before').borderLeftWidth"
    assert page.evaluate(bar, f"{section} > h2") == "6px"


def test_tables_have_rules_and_paper_has_nothing_to_press(open_page):  # noqa: F811
    page = open_page("tables/gdp.html")
    table = page.locator("table.docutils").first
    assert table.evaluate(STYLE, "boxShadow") == "none"
    page.goto(page.url.replace("tables/gdp", "chapters/claims"))
    page.emulate_media(media="print")
    pressed = "button, input, select, .page-contents, .sidebar-drawer, .toc-drawer"
    assert (
        page.locator(pressed).evaluate_all(
            "(all) => all.filter((one) => one.checkVisibility()).map((one) => one.outerHTML)"
        )
        == []
    )
