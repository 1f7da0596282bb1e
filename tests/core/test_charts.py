"""Promise: a chart reaches a page whole (caption, alt text, source, table, code, downloads) or not
at all, and what its points say is what its table holds.
"""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

from ledger import charts
from ledger.build import downloads
from ledger.build.sphinxext.content.chart_html import standalone_svg
from ledger.build.sphinxext.content.charts import CONTENT
from ledger.core import tables
from ledger.core.charts import plots, publishing, svg, tooltips

FRAME = pd.DataFrame(
    {"Russia": [1.0, 2.0, 4.0], "Iran": [2.0, None, 1.0]},
    index=pd.Index([2001, 2002, 2003], name="year"),
)
GOOD = {
    "table": "gdp",
    "data": FRAME,
    "caption": "Russia grew while Iran did not.",
    "alt": "Two lines from 2001 to 2003, one rising and one falling.",
}


def published(**changes):
    words = {"name": "test-chart", **GOOD, **changes}
    return charts.publish(charts.lines(FRAME, "US$"), words.pop("name"), **words)


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"caption": ""}, "caption is not a sentence"),
        ({"caption": None}, "caption is not a sentence"),
        ({"caption": "gdp-by-year"}, "caption is not a sentence"),
        ({"alt": ""}, "alt text is not a sentence"),
        ({"alt": None}, "alt text is not a sentence"),
        ({"alt": "gdp-by-year"}, "alt text is not a sentence"),
        ({"alt": "Chart of GDP"}, "alt text is not a sentence"),
        ({"alt": GOOD["caption"]}, "repeats the caption"),
        ({"table": []}, "name the table"),
        ({"name": "Test chart"}, "lower-case words"),
        ({"data": FRAME.iloc[:0]}, "no rows"),
    ],
)
def test_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        published(**changes)


def test_unknown_table_is_refused():
    with pytest.raises(tables.TableError, match="no such table"):
        published(table="gpd")


def test_output_carries_everything_a_page_needs():
    content = json.loads(CONTENT.search(published()._repr_mimebundle_()["text/html"]).group(1))
    assert content["csv"].splitlines() == ["year,Russia,Iran", "2001,1,2", "2002,2,", "2003,4,1"]
    assert content["sources"][0]["key"] == "World Bank"
    assert {"name", "caption", "alt", "tables", "svg", "png", "code"} <= set(content)


def test_svg_has_real_text_unique_ids_and_theme_colours():
    svg = json.loads(CONTENT.search(published()._repr_mimebundle_()["text/html"]).group(1))["svg"]
    tree = ET.fromstring(svg)
    assert "width" not in tree.attrib and tree.attrib["viewBox"]
    texts = [node.text for node in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert "Russia" in texts and "2002" in texts
    ids = re.findall(r' id="([^"]+)"', svg)
    assert ids and len(ids) == len(set(ids)) and all(each.startswith("test-chart-") for each in ids)
    assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)) and all(
        (a or b) in ids for a, b in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)
    )
    loose = set(re.findall(r"#[0-9a-f]{6}", re.sub(r"var\([^)]*\)", "", svg)))
    assert loose <= {"#ffffff"}, f"colours that no theme can change: {loose}"
    assert (
        "var(" not in standalone_svg(svg)
        and ET.fromstring(standalone_svg(svg).encode()) is not None
    )


def test_same_chart_same_bytes():
    assert published()._repr_mimebundle_() == published()._repr_mimebundle_()


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", charts.PALETTE)
def test_colours_stand_out_from_both_pages_as_text(name):
    light, dark = charts.PALETTE[name]
    assert (
        contrast(light, "#ffffff") >= 4.5 and contrast(dark, "#14181e") >= 4.5
    )  # series names are written in these colours


@pytest.mark.parametrize("kind", [charts.lines, charts.stacked_bars, charts.grouped_bars])
def test_every_kind_of_chart_publishes(kind):
    assert charts.publish(kind(FRAME, "US$"), "a-chart", **GOOD).content["svg"].startswith("<svg")


def test_bars_write_their_values():
    content = charts.publish(
        charts.hbars(pd.Series({"Russia": 1234.0, "Iran": 5.0}), "US$"), "a-chart", **GOOD
    ).content
    assert "1,234" in content["svg"]


def test_dots_have_a_place_of_their_own_where_values_are_equal():
    ax = charts.dot_plot(
        pd.DataFrame({"Russia": [1.0, 2.0], "China": [1.0, 3.0]}, index=["one", "two"]), "%"
    )
    places = [(x, y) for line in ax.lines for x, y in zip(line.get_xdata(), line.get_ydata())]
    assert len(places) == len(set(places)) == 4 and {line.get_marker() for line in ax.lines} == {
        "o",
        "s",
    }
    assert charts.publish(ax, "a-chart", **GOOD).content["svg"].startswith("<svg")


EVENTS = pd.DataFrame(
    {
        "date": pd.to_datetime(["2001-01-01", "2001-03-01", "2009-12-01", "2005-06-01"]),
        "date_end": pd.to_datetime([None, None, "2010-01-01", None]),
        "lane": ["Diplomacy", "Diplomacy", "Diplomacy", "Security"],
        "label": ["Treaty", "Second\ntreaty", "Last event", ""],
        "sure": [True, True, True, False],
    }
)


def test_timeline_labels_neither_overlap_nor_leave_the_picture():
    ax = charts.timeline(EVENTS)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert [text.get_text() for text in ax.texts] == [
        "Diplomacy",
        "Treaty",
        "Second\ntreaty",
        "Last event",
        "Security",
    ]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= ax.figure.bbox.x1 for box in boxes)


def test_timeline_draws_every_event_and_says_which_are_not_sure():
    ax = charts.timeline(EVENTS)
    drawn = [line for line in ax.lines if line.get_markersize() == 6 and len(line.get_xdata()) == 1]
    assert len(drawn) == len(EVENTS) and [line.get_fillstyle() for line in drawn].count("none") == 1
    assert "not confirmed" in ax.get_legend().get_texts()[1].get_text()
    assert charts.timeline(EVENTS.drop(columns=["sure", "date_end"])).get_legend() is None
    assert charts.publish(ax, "a-chart", **GOOD).content["svg"].startswith("<svg")


def test_timeline_refuses_what_it_cannot_draw():
    with pytest.raises(ValueError, match="label"):
        charts.timeline(EVENTS.drop(columns="label"))
    with pytest.raises(ValueError, match="no room for the label 'Treaty"):
        charts.timeline(
            EVENTS.assign(label="Treaty on the basis of relations, its text and annexes")
        )
    with pytest.raises(ValueError, match="no room for the label 'Words"):
        charts.timeline(EVENTS.assign(label="Words", lane="One").iloc[[0, 2, 2, 2, 2, 2]])


def test_source_line_names_only_the_sources_and_editions_that_were_drawn():
    described = [tables.describe("energy_exports")]
    keys = [(source["key"], source["edition"]) for source in described[0]["sources"]]
    assert len([key for key, _ in keys if key == "Energy Institute"]) > 1, (
        "the case that this test is for"
    )
    drawn = pd.DataFrame({"source": ["Energy Institute"], "edition": [2026], "value": [1.0]})
    (credit,) = publishing._credit(described, drawn)
    assert credit["key"] == "Energy Institute" and "2026" in credit["title"] + credit["edition"]
    assert {
        source["key"]
        for source in publishing._credit(described, drawn.drop(columns=["source", "edition"]))
    } == {key for key, _ in keys}


@pytest.mark.parametrize(
    "value, text",
    [(0, "0"), (10, "10"), (12.5, "12.5"), (0.25, "0.25"), (2500, "2,500"), (-12.5, "\u221212.5")],
)
def test_a_tick_prints_the_value_at_which_it_stands(value, text):
    assert plots._thousands(value, None) == text


def test_the_csv_of_a_chart_keeps_large_numbers_whole():
    frame = pd.DataFrame(
        {"Russia": [1518231577.0, 14280000.5]}, index=pd.Index([2018, 2019], name="year")
    )
    content = charts.publish(
        charts.lines(frame, "US$"), "a-chart", **(GOOD | {"data": frame})
    ).content
    assert content["csv"].splitlines() == ["year,Russia", "2018,1518231577", "2019,14280000.5"]


# --- what points and bars say ---------------------------------------------------------------------


def said(ax, **changes):
    """Return unit, whether the series run down, and series → [(time or category, value), …] of
    axes, as a page has them.
    """
    told = charts.publish(ax, "a-chart", **GOOD | changes).content["marks"]
    return (
        told["unit"],
        told["down"],
        {name: [tuple(point[2:4]) for point in points] for name, points in told["series"]},
    )


WITH_GAP = {
    "Russia": [("2001", "1"), ("2002", "2"), ("2003", "4")],
    "Iran": [("2001", "2"), ("2003", "1")],
}  # no mark where there is no value


@pytest.mark.parametrize(
    "kind, down",
    [
        (charts.lines, False),
        (charts.stacked_bars, False),
        (charts.grouped_bars, False),
        (charts.dot_plot, True),
    ],
)
def test_every_kind_of_chart_says_its_values(kind, down):
    assert said(kind(FRAME, "US$")) == ("US$", down, WITH_GAP)


def test_bars_say_their_rows():
    ax = charts.hbars(pd.Series({"Russia": 1234.56, "Iran\nand others": -5.0}), "US$")
    assert said(ax) == ("US$", True, {"": [("Russia", "1,235"), ("Iran and others", "−5")]})


def test_guide_lines_bands_and_what_lies_outside_say_nothing():
    ax = charts.lines(FRAME, "US$")
    charts.vline(ax, 2002, "a mark")
    charts.hline(ax, 3, "a level")
    ax.fill_between(FRAME.index, 0, FRAME["Russia"], alpha=0.2)
    ax.plot(FRAME.index, FRAME["Russia"])  # without a label
    ax.set_ylim(0, 3)
    assert said(ax)[2] == {"Russia": WITH_GAP["Russia"][:2], "Iran": WITH_GAP["Iran"]}


def test_dates_are_said_to_the_precision_that_they_have():
    monthly = pd.DataFrame({"Oil": [1.0, 2.0]}, index=pd.to_datetime(["2001-01-01", "2001-02-01"]))
    assert said(charts.lines(monthly, "US$"))[2] == {
        "Oil": [("January 2001", "1"), ("February 2001", "2")]
    }
    days = pd.DataFrame({"Oil": [1.0, 2.0]}, index=pd.to_datetime(["2001-01-01", "2001-02-07"]))
    assert said(charts.lines(days, "US$"))[2] == {
        "Oil": [("1 January 2001", "1"), ("7 February 2001", "2")]
    }


def test_a_timeline_says_its_events_in_full():
    events = EVENTS.assign(
        event=["A treaty", "A second treaty", "The last event", "A contract"],
        precision=["day", "month", "day", "day"],
    )
    unit, down, series = said(charts.timeline(events))
    assert (unit, down) == ("", True) and series == {
        "Diplomacy": [
            ("1 January 2001", "A treaty"),
            ("March 2001", "A second treaty"),
            ("1 December 2009 to 1 January 2010", "The last event"),
        ],
        "Security": [("1 June 2005", "A contract")],
    }


def test_words_need_one_pair_a_point():
    ax = charts.new_axes()
    for drawn in (ax.plot([1, 2], [1, 2], "o")[0], ax.scatter([1, 2], [1, 2])):
        with pytest.raises(ValueError):
            charts.set_tooltips(drawn, ["one"], ["two"])
        with pytest.raises(ValueError):
            charts.set_tooltips(drawn, ["one", "two"], ["two"])


@pytest.mark.parametrize(
    "value, text",
    [
        (0, "0"),
        (-0.0, "0"),
        (71667, "71,667"),
        (12345.6, "12,346"),
        (71.6674, "71.67"),
        (0.5, "0.5"),
        (-1.05192, "−1.052"),
        (0.0001234, "0.0001234"),
        (9.99996, "10"),
        (44150.0, "44,150"),
        (81.00000000000001, "81"),
    ],
)
def test_values_are_printed_as_readers_expect(value, text):
    assert (
        tooltips.format_value(value) == text
        and abs(downloads.value_of(text) - value) <= abs(value) / 1000
    )


def test_words_are_no_values():
    assert downloads.value_of("2015–19") is None and downloads.value_of("Islamic State") is None


# --- every chart of the book ----------------------------------------------------------------------

EXECUTED = Path(__file__).resolve().parent.parent.parent / "_build" / ".work" / "html" / "executed"
OUTPUTS = [
    o
    for page in sorted(EXECUTED.rglob("*.ipynb"))
    for cell in json.loads(page.read_text(encoding="utf-8"))["cells"]
    for o in cell.get("outputs", [])
]
FOUND = [CONTENT.search("".join(output.get("data", {}).get("text/html", ""))) for output in OUTPUTS]
BOOK = {chart["name"]: chart for chart in (json.loads(found.group(1)) for found in FOUND if found)}
VOTES = {"Russia": "Russia", "China": "China", "US": "United States"}
# Charts whose points say words: what each row of the table behind the chart must be told as
# (series, year, words)
WORDED = {
    "diplomacy-timeline": lambda row: [(row["lane"], row["date"][:4], row["event"])],
    "outlook-timeline": lambda row: [("", row["date"][:4], row["event"])],
    "s300-affair": lambda row: [("", row["date"][:4], row["step"])],
    "eaeu-agreement": lambda row: [("", row["date"][:4], row["act"])],
    "syria-sides": lambda row: (
        [
            (
                f"{row['beside the government (UCDP)'].capitalize().replace('iran', 'Iran')} "
                "beside the government",
                row["year"],
                f"{row['opponent']} opposite",
            )
        ]
        + [("Turkey opposite", row["year"], f"beside the {row['opponent'].lower()}")]
        * (row["Turkey opposite"] == "True")
    ),
    "council-votes-on-iran": lambda row: [
        (f"Voted {row[column]}", f"{who}, {row['date'][:4]}", "")
        for who, column in VOTES.items()
        if row[column] in ("yes", "no")
    ],
}


def rows_of(chart):
    return list(csv.DictReader(io.StringIO(chart["csv"])))


def is_told(text, exact):
    """Whether a printed value is the exact one, as far as it is printed."""
    return abs(downloads.value_of(text) - exact) <= 0.5 * 10 ** -len(text.partition(".")[2]) + 1e-9


def same_place(at, key):
    """Whether what a point says of its place is the first cell of its row."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", key):
        return at in (
            tooltips.format_date(pd.Timestamp(key)),
            tooltips.format_date(pd.Timestamp(key), "month"),
            f"{pd.Timestamp(key):%b %Y}",
        )
    return at == key or at == key.replace("Machinery and vehicles", "Machinery, vehicles")


def columns_of(chart, rows):
    """Return the columns of numbers of the table behind a chart, as lists with None where a cell is
    empty.
    """
    numbers = [
        [
            float(row[name]) if re.fullmatch(r"-?[\d.]+(e-?\d+)?", row[name] or "") else None
            for row in rows
        ]
        for name in rows[0]
    ]
    if chart["name"] == "outlook-confirmation":  # it draws two grades of source as one
        numbers += [
            [a + b for a, b in zip(one, other)]
            for i, one in enumerate(numbers)
            for other in numbers[:i]
            if None not in one + other
        ]
    return [column for column in numbers if any(value is not None for value in column)]


@pytest.mark.parametrize("name", BOOK)
def test_the_points_of_a_chart_say_what_its_table_holds(name):
    chart, rows = BOOK[name], rows_of(BOOK[name])
    told = [
        (series, point[2], point[3])
        for series, points in chart["marks"]["series"]
        for point in points
    ]
    assert told, "no point of the chart says anything"
    if name in WORDED:
        expected = sorted(each for row in rows for each in WORDED[name](row))
        known = {(bool(series), bool(words)) for series, _, words in expected}.pop()
        year = (lambda at: at) if name == "council-votes-on-iran" else (lambda at: at[-4:])
        assert (
            sorted(
                (series if known[0] else "", year(at), words if known[1] else "")
                for series, at, words in told
            )
            == expected
        )
        return
    assert chart["marks"]["unit"], "values without a unit"
    scales = set()
    for series, points in chart["marks"]["series"]:
        fitting = set()
        for column in columns_of(chart, rows):
            full = [
                (list(row.values())[0], value)
                for row, value in zip(rows, column)
                if value is not None
            ]
            if (
                name == "russian-vetoes"
            ):  # its last bar stands for the subjects that have none of their own
                own = [pair for pair in full if pair[0] in [point[2] for point in points]]
                full = [
                    *own,
                    (
                        points[-1][2],
                        sum(value for _, value in full) - sum(value for _, value in own),
                    ),
                ]
            if len(full) == len(points) and all(
                same_place(point[2], key) for point, (key, _) in zip(points, full)
            ):
                fitting |= {
                    scale
                    for scale in (1, 1000)
                    if all(
                        is_told(point[3], value / scale) for point, (_, value) in zip(points, full)
                    )
                }
        assert fitting, f"{series}: no column of the table holds these values: {points[:3]}"
        scales |= fitting if len(fitting) == 1 else set()
    assert len(scales) <= 1, "one chart, two scales"


def corners(svg):
    """Return the corners of the paths of a picture of the book's, and the places of its markers."""
    found = {
        (round(float(x), 1), round(float(y), 1))
        for x, y in re.findall(r'<use [^>]*x="([^"]+)" y="([^"]+)"', svg)
    }
    for d in re.findall(r' d="([^"]+)"', svg):
        x = y = 0.0
        for command, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", d):
            numbers = [float(number) for number in re.findall(r"-?\d*\.?\d+", rest)]
            if command in "ML":
                x, y = numbers[-2:]
            elif command in "lhv":
                dx, dy = {"l": numbers, "h": [*numbers, 0], "v": [0, *numbers]}[command]
                x, y = x + dx, y + dy
            found.add((round(x, 1), round(y, 1)))
    return found


@pytest.mark.parametrize("name", BOOK)
def test_the_points_of_a_chart_stand_where_they_are_drawn(name):
    drawn = corners(BOOK[name]["svg"])
    elsewhere = []
    for series, points in BOOK[name]["marks"]["series"]:
        for x, y, at, _, *size in points:
            ends = (
                [(x - size[0] / 2, y - size[1] / 2), (x + size[0] / 2, y + size[1] / 2)]
                if size
                else [(x, y)]
            )
            if 0 not in size and not all(
                any(abs(a - x) < 0.26 and abs(b - y) < 0.26 for a, b in drawn) for x, y in ends
            ):
                elsewhere.append((series, at))
    # of a line of hundreds of months matplotlib draws only the corners that one can see
    assert len(elsewhere) <= (30 if name == "brent-price" else 0), elsewhere


def test_the_book_has_charts_and_the_list_of_worded_ones_is_true():
    assert len(BOOK) > 50
    assert {name for name, chart in BOOK.items() if not chart["marks"]["unit"]} == set(WORDED)


# --- small pictures -------------------------------------------------------------------------------


def test_a_picture_is_small_and_says_each_thing_once():
    frame = pd.DataFrame(
        {name: [1.0, 2.0] for name in "ABCDEF"}, index=[2001, 2002]
    )  # all six hatches
    picture = charts.publish(charts.stacked_bars(frame, "US$"), "a-chart", **GOOD).content["svg"]
    assert len(picture) < 14_000, "matplotlib's own is ten times as long"
    assert picture.count("stroke-dasharray:0 4") == 1, "the dotted hatch"
    assert not re.search(r"<g/>|<defs/>|rotate\(-0|\d\.\d{3}|<!--", picture)
    assert picture.count("<pattern") == 5 and picture.count("clipPath ") == 1


@pytest.mark.parametrize(
    "path, told",
    [
        ("M 1 2 \nL 3 2 \nL 3 2.5 \nz", "M1 2h2v.5z"),
        ("M 0.004 0 L 0.008 0 L 10.004 5", "M0 0h.01l9.99 5"),
        ("M 0 1 C 1 2 3 4 -5 -6", "M0 1C1 2 3 4-5-6"),
    ],
)
def test_paths_are_told_in_small_numbers(path, told):
    assert svg._path(path) == told
