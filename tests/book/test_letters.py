"""Promise: the letters of every chart of the book can be read on a phone and stay smaller than the
text beside them on a wide page.
"""

import pytest
from reading import PAGES, address, browser, needs_browser, open_page  # noqa: F401

pytestmark = needs_browser
CHAPTERS = [path for path in PAGES if path.startswith("chapters/")]
# the least and the greatest size in which each chart's letters are shown, in pixels of the screen
LETTERS = """() => [...document.querySelectorAll("figure.ledger-chart")].map((figure) => {
    const sizes = [...figure.querySelectorAll(".chart-picture > svg text")].map((text) =>
        parseFloat(getComputedStyle(text).fontSize) * Math.hypot(text.getScreenCTM().a,
            text.getScreenCTM().b));
    // on a phone a list stands in place of some pictures
    if (!figure.querySelector(".chart-picture").checkVisibility()) return [figure.id, 11, 11];
    return [figure.id, Math.min(...sizes), Math.max(...sizes)];
})"""
ROUNDING = 0.05


@pytest.fixture(scope="module")
def letters(browser, address):  # noqa: F811
    """Return the least and the greatest letters of each chart by width of the window."""
    page = browser.new_page()
    found = {390: {}, 1280: {}}
    for path in CHAPTERS:
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"{address}/{path}", wait_until="domcontentloaded")
        for width, charts in found.items():
            page.set_viewport_size({"width": width, "height": 844})
            charts |= {name: sizes for name, *sizes in page.evaluate(LETTERS)}
    page.close()
    return found


UNITS = """() => [...document.querySelectorAll("figure.ledger-chart")].flatMap((figure) => {
    const unit = figure.querySelector(".chart-picture text[x='4.15']"), at = figure.getBoundingClientRect();
    if (!unit) return [];
    const { left, right } = unit.getBoundingClientRect();
    return [[figure.id, left - at.left, at.right + 14 - right]];
})"""


def test_the_unit_of_a_chart_stands_under_its_title_on_a_phone(open_page):  # noqa: F811
    found = open_page("chapters/energy.html", width=390).evaluate(UNITS)
    assert len(found) > 5
    assert [unit for unit in found if abs(unit[1]) > 1 or unit[2] < 0] == []


@pytest.mark.parametrize("width, least, most", [(390, 11, 17), (1280, 12, 14)])
def test_the_letters_of_every_chart_can_be_read(letters, width, least, most):
    assert len(letters[width]) > 25
    wrong = [
        f"{name}: {low:.1f} to {high:.1f}"
        for name, (low, high) in letters[width].items()
        if not (least - ROUNDING <= low and high <= most + ROUNDING)
    ]
    assert not wrong, f"at {width} pixels:\n" + "\n".join(wrong)
