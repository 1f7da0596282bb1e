"""Promise: the site looks like itself: lines one can read, figures with their title beside them,
verdicts by glyph and colour alike everywhere, and a list of sections at every width.
"""

import itertools
import re

import numpy as np
import pytest
from colorspacious import cspace_convert, deltaE
from playwright.sync_api import expect
from reading import SITE, address, browser, needs_browser, open_page  # noqa: F401

from ledger.core.charts.style import PALETTE, VERDICTS, entity_colours, other_colours

DEFICIENCIES = ["normal", "protanomaly", "deuteranomaly", "tritanomaly"]
PAPER = ("#ffffff", "#14181e")
# characters a line of the paragraphs of a page
LINES = """() => [...document.querySelectorAll("[role=main] section > p")].flatMap((one) => {
    const lines = one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight);
    return one.innerText.length > 400 ? [one.innerText.length / Math.round(lines)] : [];
})"""
STYLE = "(one, name) => getComputedStyle(one)[name]"


def box(page, selector):
    return page.locator(selector).first.bounding_box()


@needs_browser
def test_a_wide_screen_has_lines_of_70_characters_and_titles_beside_pictures(open_page):
    page = open_page("chapters/energy.html")
    lines = page.evaluate(LINES)
    assert lines and 62 <= sum(lines) / len(lines) <= 75, lines
    assert box(page, ".sidebar-drawer")["width"] <= 15 * 16 + 1
    title, picture = box(page, "figure figcaption"), box(page, "figure .chart-picture")
    assert title["x"] + title["width"] <= picture["x"]
    for name in ("h1", "h2", "figure .caption-text"):
        assert "Charter" in page.locator(name).first.evaluate(STYLE, "fontFamily"), name
    page.goto(page.url.replace("chapters/energy", "tables/trade-totals"))
    assert page.locator("table").first.evaluate(STYLE, "boxShadow") == "none"


@needs_browser
def test_a_phone_has_the_title_above_its_picture_and_no_line_too_long(open_page):
    page = open_page("chapters/energy.html", width=390, height=844)
    title, picture = box(page, "figure .caption-text"), box(page, "figure .chart-picture")
    assert title["y"] + title["height"] <= picture["y"] and picture["width"] >= 380
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@needs_browser
@pytest.mark.parametrize("width", [1280, 390])
def test_sections_are_listed_and_the_drawer_closes_on_choice(open_page, width):
    page = open_page("chapters/energy.html", width=width)
    contents = page.get_by_role("navigation", name="On this page")
    if width == 390:
        contents.locator("summary").click()
    expect(contents.get_by_role("link", name="Prices")).to_be_visible()
    page.locator("label.toc-overlay-icon:visible").click()
    chosen = page.locator(".toc-drawer").get_by_role("link", name="Prices")
    expect(chosen).to_be_in_viewport()
    chosen.click()
    expect(page.locator("#__toc")).not_to_be_checked()
    expect(page.locator("#prices h2")).to_be_focused()
    expect(chosen).not_to_be_in_viewport()


@needs_browser
def test_a_very_wide_screen_lists_sections_once(open_page):
    page = open_page("chapters/energy.html", width=1600)
    expect(page.get_by_role("navigation", name="On this page")).to_be_hidden()
    expect(page.locator(".toc-drawer").get_by_role("link", name="Prices")).to_be_visible()


@needs_browser
def test_badges_and_rows_have_the_glyphs_and_colours_of_the_charts(open_page):
    for path in ("chapters/claims.html", "index.html"):
        page = open_page(path)
        for verdict, (glyph, (light, _)) in VERDICTS.items():
            mark = page.locator(f".mark.verdict-{verdict.replace(' ', '-')} .glyph").first
            if path == "index.html" and not mark.count():
                continue
            assert mark.inner_text() == glyph
            rgb = ", ".join(str(int(light[i : i + 2], 16)) for i in (1, 3, 5))
            assert mark.evaluate(STYLE, "borderTopColor") == f"rgb({rgb})", verdict
    drawn = re.search(r'id="chart-verdicts.*?</figure>', page.content(), re.S)[0]
    for verdict, (glyph, (light, _)) in VERDICTS.items():
        assert f">{glyph} {verdict}<" in drawn and f", {light})" in drawn, verdict
    assert "<pattern" not in drawn  # no hatches


def luminance(colour):
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return np.dot(
        [0.2126, 0.7152, 0.0722],
        [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts],
    )


def seen(colour, kind):
    rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    if kind == "normal":
        return rgb
    space = {"name": "sRGB1+CVD", "cvd_type": kind, "severity": 100}
    return np.clip(cspace_convert(rgb, space, "sRGB1"), 0, 1)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_no_verdict_has_the_colour_of_a_country_and_all_can_be_read(theme):
    countries = set((entity_colours() | other_colours()).values())
    verdicts = {word: pair[theme] for word, (_, pair) in VERDICTS.items()}
    for kind, (word, colour), name in itertools.product(DEFICIENCIES, verdicts.items(), countries):
        other = PALETTE[name][theme]
        far = deltaE(seen(colour, kind), seen(other, kind), input_space="sRGB1")
        assert far >= 11, f"{word} looks like {name} ({kind}): {far:.1f}"
    for word, colour in verdicts.items():
        light, dark = sorted((luminance(colour), luminance(PAPER[theme])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, word


def test_a_page_without_code_does_not_load_the_styles_of_code():
    page = (SITE / "chapters/about.html").read_text(encoding="utf-8")
    assert "mystnb" not in page
