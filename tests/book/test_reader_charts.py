"""Promise: in a real browser a chart tells its values to the mouse, to a finger and to the
keyboard, as its table has them, and is whole without JavaScript.
"""

import csv
import gzip
import json
import re

import pytest
from playwright.sync_api import expect
from reading import SITE, address, browser, needs_browser, open_page  # noqa: F401

pytestmark = needs_browser

CHART, PAGE = "syria-deaths", "chapters/beside-the-argument.html"
BATTLES, ALL = "Battles (UCDP)", "All kinds (Our World in Data)"
LINK = f"{PAGE}#chart-{CHART}"


def in_table(chart, year, column):
    """Return what the table behind a chart holds, in thousands as the chart draws it, as it should
    be printed.
    """
    with open(SITE / "charts" / f"{chart}.csv", encoding="utf-8-sig") as file:
        row = next(row for row in csv.DictReader(file) if row["year"] == year)
    return f"{float(row[column]) / 1000:.4g}"


def picture_of(page, chart):
    picture = page.locator(f"#chart-{chart} .chart-picture")
    picture.scroll_into_view_if_needed()
    return picture


def place_of(picture, series, at):
    """Return where on the screen a point of a chart is."""
    return picture.evaluate(
        """(picture, [series, at]) => {
            const marks = JSON.parse(picture.querySelector(".chart-marks").textContent);
            const points = marks.series.find((one) => one[0] === series)[1];
            const [x, y] = points.find((point) => point[2] === at);
            const matrix = picture.querySelector("svg").getScreenCTM();
            const place = new DOMPoint(x, y).matrixTransform(matrix);
            return [place.x, place.y];
        }""",
        [series, at],
    )


def tip_of(page):
    return page.locator(".chart-tip:visible")


def take_keyboard(page, chart):
    picture = picture_of(page, chart)
    with page.expect_response("**/chart2music*.js"):
        # from now on the keyboard moves the focus; where the address names the chart, onto it
        page.keyboard.press("Tab")
        picture.focus()
    expect(tip_of(page)).to_be_visible()
    return picture


@pytest.mark.parametrize("series", [BATTLES, ALL])
def test_the_mouse_is_told_the_value_of_the_table(open_page, series):  # noqa: F811
    page = open_page(LINK)
    picture = picture_of(page, CHART)
    x, y = place_of(picture, series, "2013")
    page.mouse.move(x + 3, y - 3)
    expect(tip_of(page)).to_contain_text("2013")
    expect(tip_of(page)).to_contain_text(f"{series}: {in_table(CHART, '2013', series)}")
    expect(tip_of(page)).to_contain_text("Thousand deaths a year")
    ring = picture.locator(".chart-ring").bounding_box()
    assert (
        abs(ring["x"] + ring["width"] / 2 - x) < 1 and abs(ring["y"] + ring["height"] / 2 - y) < 1
    )
    page.mouse.move(x + 200, y)  # far from every point
    expect(tip_of(page)).to_have_count(0)


def test_the_words_stay_under_the_pointer_and_escape_takes_them_away(open_page):  # noqa: F811
    page = open_page(LINK)
    page.mouse.move(*place_of(picture_of(page, CHART), BATTLES, "2018"))
    box = tip_of(page).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    page.wait_for_timeout(500)
    expect(tip_of(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip_of(page)).to_have_count(0)


def test_a_bar_tells_its_layer_wherever_it_is_touched_by_the_mouse(open_page):  # noqa: F811
    page = open_page("chapters/security.html#chart-arms-both-ways")
    picture = picture_of(page, "arms-both-ways")
    x, y = place_of(picture, "Russia to Iran", "2016")
    for up in (-40, 0, 40):
        page.mouse.move(x, y + up)
        expect(tip_of(page)).to_contain_text("Russia to Iran: ")
        expect(tip_of(page)).to_contain_text("2016")


# has a point of the second series lie on one of the first, and returns both; no chart of the book
# has such points
JOIN = """chart => {
    const marks = document.querySelector(`#chart-${chart} .chart-marks`);
    const told = JSON.parse(marks.textContent);
    const [[first, [[x, y, at, value]]], [second, points]] = told.series;
    points.push([x, y, at, "12,345"]);
    marks.textContent = JSON.stringify(told);
    return [at, first, value, second];
}"""


def test_points_on_one_another_are_told_together(open_page):  # noqa: F811
    page = open_page(LINK)
    at, first, value, second = page.evaluate(JOIN, CHART)
    page.mouse.move(*place_of(picture_of(page, CHART), first, at))
    for series, told in ((first, value), (second, "12,345")):
        expect(tip_of(page)).to_contain_text(f"{series}: {told}")


@pytest.mark.parametrize("width", [390, 320])
def test_a_tap_tells_the_value_and_a_tap_elsewhere_takes_it_away(open_page, width):  # noqa: F811
    page = open_page(LINK, width=width, has_touch=True)
    picture = picture_of(page, CHART)
    picture.evaluate(
        "picture => picture.removeAttribute('tabindex')"
    )  # on some devices a tap does not move the focus
    for year in ("2011", "2017", "2023"):
        page.touchscreen.tap(*place_of(picture, ALL, year))
        expect(tip_of(page)).to_contain_text(f"{ALL}: {in_table(CHART, year, ALL)}")
        box = tip_of(page).bounding_box()
        assert (
            box["x"] >= 0
            and box["x"] + box["width"] <= width
            and page.evaluate("document.documentElement.scrollWidth") <= width
        )
    page.locator(f"#chart-{CHART} .caption-text").tap()
    expect(tip_of(page)).to_have_count(0)


# each chart at one width; `make test-slow` tries it at the others
TOLD_AT = {
    ("chapters/outlook.html", "bound-and-tested"): 1280,
    ("chapters/energy.html", "gas-reserves"): 320,
    ("chapters/beside-the-argument.html", "votes-by-issue"): 390,
}
# where a list stands in place of the picture
LISTED = {("bound-and-tested", 390), ("bound-and-tested", 320)}


@pytest.mark.parametrize(
    "path, chart, width",
    [
        pytest.param(*chart, width, marks=[] if width == TOLD_AT[chart] else pytest.mark.slow)
        for chart in TOLD_AT
        for width in (1280, 390, 320)
        if (chart[1], width) not in LISTED
    ],
)
def test_words_never_leave_the_window(open_page, path, chart, width):  # noqa: F811
    page = open_page(f"{path}#chart-{chart}", width=width, has_touch=True)
    picture = picture_of(page, chart)
    for series, points in json.loads(picture.locator(".chart-marks").text_content())["series"]:
        x, y = place_of(picture, series, points[-1][2])
        page.evaluate("y => scrollBy(0, y - 300)", y)  # a long picture is not all in the window
        page.touchscreen.tap(*place_of(picture, series, points[-1][2]))
        box = tip_of(page).bounding_box()
        assert (
            box["x"] >= 0
            and box["x"] + box["width"] <= width
            and box["y"] >= 0
            and box["y"] + box["height"] <= 900
        ), f"{series}: {box}"


def test_arrow_keys_walk_the_points_and_the_series_and_are_spoken(open_page):  # noqa: F811
    page = open_page(LINK)
    asked = []
    page.on(
        "request",
        lambda request: asked.append(request.url) if request.resource_type == "script" else None,
    )
    picture = take_keyboard(page, CHART)
    assert [url.rpartition("/")[2] for url in asked] == ["chart2music-1.20.0.min.js"] and asked[
        0
    ].startswith(page.url.partition("/chapters")[0])
    spoken = page.locator(f"#chart-{CHART} .chart-live")
    expect(spoken).to_have_attribute("aria-live", "assertive")
    expect(tip_of(page)).to_contain_text("2011")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(tip_of(page)).to_contain_text(f"{BATTLES}: {in_table(CHART, '2013', BATTLES)}")
    expect(spoken).to_contain_text(f"2013, {in_table(CHART, '2013', BATTLES)}")
    assert picture.locator(".chart-ring").count() == 1
    page.keyboard.press("ArrowDown")
    expect(tip_of(page)).to_contain_text(f"{ALL}: {in_table(CHART, '2013', ALL)}")
    expect(spoken).to_contain_text(f"{ALL}, 2013, {in_table(CHART, '2013', ALL)}")
    page.keyboard.press("Escape")
    expect(tip_of(page)).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    expect(tip_of(page)).to_contain_text(f"{ALL}: {in_table(CHART, '2012', ALL)}")
    page.keyboard.press("Tab")  # out of the chart
    expect(tip_of(page)).to_have_count(0)


def test_sound_is_off_until_it_is_asked_for_and_the_place_is_kept(open_page):  # noqa: F811
    page = open_page(LINK)
    page.evaluate(
        "() => "
        "{ window.begun = 0; const start = OscillatorNode.prototype.start; "
        "OscillatorNode.prototype.start = function () "
        "{ window.begun++; return start.call(this); }; }"
    )
    take_keyboard(page, CHART)
    page.keyboard.press("ArrowRight")
    expect(tip_of(page)).to_contain_text("2012")
    assert page.evaluate("begun") == 0
    page.keyboard.press("s")
    expect(page.locator(f"#chart-{CHART} .chart-live")).to_contain_text("Sound on")
    page.keyboard.press("ArrowRight")
    expect(tip_of(page)).to_contain_text("2013")
    page.wait_for_function("begun > 0")  # a machine at work takes its time to open the sound


def test_rows_are_walked_downwards_and_the_keys_are_listed(open_page):  # noqa: F811
    page = open_page("chapters/energy.html#chart-gas-reserves")
    take_keyboard(page, "gas-reserves")
    page.keyboard.press("ArrowDown")
    expect(tip_of(page)).to_contain_text("Iran (member)")
    page.keyboard.press("h")
    expect(page.get_by_role("dialog")).to_contain_text("Down and up arrow")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(tip_of(page)).to_contain_text("Qatar (member)")


def test_a_phone_lists_the_events_that_have_no_room_on_an_axis(open_page):  # noqa: F811
    link, name = "chapters/outlook.html#chart-bound-and-tested", "#chart-bound-and-tested"
    wide = open_page(link).locator(name)
    expect(wide.locator(".chart-picture")).to_be_visible()
    expect(wide.locator(".dated-list")).to_be_hidden()
    page = open_page(link, width=390)
    expect(page.locator(f"{name} .chart-picture")).to_be_hidden()
    lines = page.locator(f"{name} .dated-list li").all_inner_texts()
    marks = json.loads(page.locator(f"{name} .chart-marks").text_content())["series"]
    assert len(lines) == sum(len(points) for _, points in marks) + 1  # and the article
    years = [re.search(r"\b20\d\d\b", line).group() for line in lines]
    assert years == sorted(years)
    edges = page.locator(f"{name} .dated-list li").evaluate_all(
        "all => all.map((line) => [line.querySelector('.dated-lane').textContent,"
        " getComputedStyle(line).borderLeftStyle])"
    )
    lower = {lane for lane, _ in edges} - {"on paper", "the article"}
    looks = {"on paper": "solid", "the article": "dashed"} | dict.fromkeys(lower, "double")
    assert {tuple(edge) for edge in edges} == set(looks.items())  # as the picture parts the lanes
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_chart_is_whole_without_javascript(open_page):  # noqa: F811
    page = open_page(LINK, java_script_enabled=False)
    figure = page.locator(f"#chart-{CHART}")
    alt = figure.locator("svg").get_attribute("aria-label")
    expect(figure.get_by_role("img", name=alt)).to_be_visible()
    assert figure.locator("svg").bounding_box()["height"] > 200
    figure.locator("summary", has_text="Table").click()
    expect(figure.locator("table")).to_contain_text("2013")
    assert figure.locator(".chart-picture [tabindex]").count() == 0, (
        "a stop of the Tab key that does nothing"
    )


def test_the_script_moves_nothing_and_keeps_the_name(open_page):  # noqa: F811
    boxes = [
        open_page(LINK, java_script_enabled=on).locator(f"#chart-{CHART}").bounding_box()["height"]
        for on in (True, False)
    ]
    assert boxes[0] == boxes[1]
    page = open_page(LINK)
    alt = page.locator(f"#chart-{CHART} svg").get_attribute("aria-label")
    expect(page.locator(f"#chart-{CHART}").get_by_role("application", name=alt)).to_be_visible()


@pytest.mark.parametrize(
    "path, loaded",
    [
        (PAGE, True),
        ("index.html", False),
        ("chapters/claims.html", False),
        ("chapters/methods.html", False),
        ("tables/gdp.html", False),
    ],
)
def test_the_script_is_loaded_where_charts_are(path, loaded):
    text = (SITE / path).read_text(encoding="utf-8")
    assert ('class="chart-picture"' in text) == ("charts.js" in text) == loaded
    assert "chart2music" not in text


@pytest.mark.parametrize(
    "path",
    [
        "index",
        *(
            f"chapters/{name}"
            for name in ("security", "energy", "economics", "diplomacy", "outlook")
        ),
    ],
)
def test_a_page_with_charts_is_light(path):
    page = SITE / f"{path}.html"
    text = page.read_text(encoding="utf-8")
    asked = re.findall(r'<link rel="stylesheet"[^>]*href="([^"?]+)', text) + re.findall(
        r'<script[^>]*src="([^"?]+)', text
    )
    files = [
        page,
        *((page.parent / each).resolve() for each in asked),
        *(SITE / "_static" / "vendor").glob("chart2music*.js"),
    ]
    assert len(files) <= 15, "requests, the one for chart2music among them"
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 150_000
