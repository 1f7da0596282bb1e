"""Promise: a chart reaches a page whole (caption, alt text, source, table, code, downloads) or not
at all, and its points say their values.
"""

import dataclasses
import gc
import io
import itertools
import json
import math
import os
import re
import subprocess
import sys
import textwrap
import weakref
import xml.etree.ElementTree as ET

import openpyxl
import pandas as pd
import pytest
from small_book import ROOT

from ledger import charts
from ledger.build import downloads, workbooks
from ledger.build.sphinxext.figures import chart_html
from ledger.build.sphinxext.figures.chart_html import picture, standalone_svg
from ledger.build.sphinxext.figures.charts import CONTENT
from ledger.core import config, tables
from ledger.core.authored.loaders import FileError
from ledger.core.charts import plots, publishing, style, svg, timelines, tooltips

FRAME = pd.DataFrame(
    {"Arland": [1.0, 2.0, 4.0], "Belmark": [2.0, None, 1.0]},
    index=pd.Index([2001, 2002, 2003], name="year"),
)
GOOD = {
    "table": "output",
    "data": FRAME,
    "caption": "Arland grew while Belmark did not.",
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
        ({"caption": "output-by-year"}, "caption is not a sentence"),
        ({"alt": ""}, "alt text is not a sentence"),
        ({"alt": None}, "alt text is not a sentence"),
        ({"alt": "output-by-year"}, "alt text is not a sentence"),
        ({"alt": "Chart of output"}, "alt text is not a sentence"),
        ({"alt": GOOD["caption"]}, "repeats the caption"),
        ({"table": []}, "name the table"),
        ({"name": "Test chart"}, "lower-case words"),
        ({"data": FRAME.iloc[:0]}, "no rows"),
        # a code that was made a number; what pandas would print in another spelling
        ({"data": FRAME.assign(country=[8, 12, 643])}, "'country' is text in its table and numb"),
        ({"data": FRAME.assign(Arland=float("inf"))}, "'inf' .*: wrong type: this is no number"),
        ({"data": FRAME.assign(day=pd.Timestamp("2001-01-01 12:00"))}, "this is no date"),
        ({"data": pd.concat([FRAME, FRAME], axis=1)}, "two columns of its data are named 'Arland'"),
    ],
)
def test_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        published(**changes)


def test_unknown_table_is_refused():
    with pytest.raises(tables.TableError, match="no such table"):
        published(table="outputs")


def test_output_carries_everything_a_page_needs():
    content = json.loads(CONTENT.search(published()._repr_mimebundle_()["text/html"]).group(1))
    assert content["csv"].splitlines() == ["year,Arland,Belmark", "2001,1,2", "2002,2,", "2003,4,1"]
    assert content["sources"][0]["key"] == "Straits Bureau"
    assert {"name", "caption", "alt", "tables", "svg", "png", "code"} <= set(content)


def test_svg_has_real_text_unique_ids_and_theme_colours():
    svg = json.loads(CONTENT.search(published()._repr_mimebundle_()["text/html"]).group(1))["svg"]
    tree = ET.fromstring(svg)
    assert "width" not in tree.attrib and tree.attrib["viewBox"]
    texts = [node.text for node in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert "Arland" in texts and "2002" in texts
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


def test_verdicts_stand_out_from_both_pages_as_text():
    for _, (light, dark) in style.VERDICTS.values():
        assert contrast(light, "#ffffff") >= 4.5 and contrast(dark, "#14181e") >= 4.5


def test_a_second_source_of_an_entity_has_its_colour_dashed():
    frame = pd.DataFrame({"Arland (one)": [1.0, 2], "Arland (two)": [2.0, 3], "Other": [3.0, 4]})
    one, two, other = charts.lines(frame, "US$").lines[:3]
    assert one.get_color() == two.get_color() != other.get_color()
    assert one.get_linestyle() == other.get_linestyle() == "-" != two.get_linestyle()


@pytest.mark.parametrize("kind", [charts.lines, charts.stacked_bars, charts.grouped_bars])
def test_every_kind_of_chart_publishes(kind):
    assert charts.publish(kind(FRAME, "US$"), "a-chart", **GOOD).content["svg"].startswith("<svg")


MONEY = "US$ million, in $_2015 (5% of US$^2)"  # as typed, no mathematics


@pytest.mark.parametrize(
    "draw",
    [
        lambda: charts.lines(FRAME.rename(columns={"Arland": MONEY}), MONEY),
        lambda: charts.stacked_bars(FRAME.rename(columns={"Arland": MONEY}), MONEY),
        lambda: charts.grouped_bars(FRAME.rename(columns={"Arland": MONEY}), MONEY),
        lambda: charts.hbars(pd.Series({MONEY: 2.0, "Belmark": 1.0}), MONEY),
    ],
    ids=["lines", "stacked bars", "grouped bars", "horizontal bars"],
)
def test_words_on_a_chart_stand_as_typed(draw):
    ax = draw()
    if ax.get_legend_handles_labels()[1]:
        charts.legend(ax)
    charts.vline(ax, 1, MONEY)
    picture = charts.publish(ax, "a-chart", **GOOD).content["svg"]
    shown = " ".join(" ".join(ET.fromstring(picture).itertext()).split())
    assert shown.count(MONEY) >= 3 and "tspan" not in picture


def test_mathematics_that_was_asked_for_keeps_its_words():
    ax = charts.lines(FRAME, "US$")
    ax.text(2001, 1, "$m^3$", parse_math=True)
    picture = charts.publish(ax, "a-chart", **GOOD).content["svg"]
    assert {"m", "3"} <= {part.strip() for part in ET.fromstring(picture).itertext()}


def test_a_series_that_matplotlib_would_hide_is_refused():
    for draw in (charts.lines, charts.stacked_bars, charts.grouped_bars):
        with pytest.raises(ValueError, match="series '_total': matplotlib hides names that begin"):
            draw(FRAME.rename(columns={"Arland": "_total"}), "US$")


@pytest.mark.slow
def test_what_a_machine_sets_for_matplotlib_is_no_input(tmp_path):
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: yellow\nfont.size: 30\n")
    code = """
        import pandas as pd
        from ledger import charts
        ax = charts.lines(pd.DataFrame({"Arland": [1.0, 2.0]}, index=[2001, 2002]), "US$")
        words = {"caption": "Arland grew in these years.", "alt": "One line that rises by one."}
        chart = charts.publish(ax, "a-chart", table="gdp", data=pd.Series([1.0, 2.0]), **words)
        print(chart.content["svg"])
    """
    pictures = {
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for settings in ({}, {"MATPLOTLIBRC": str(tmp_path)})
    }
    assert len(pictures) == 1


def test_codes_stay_codes_in_every_file_of_a_chart():
    data = pd.DataFrame(
        {
            "hs_chapter": ["08", "27"],
            "code": ["080250", "270900"],
            "month": ["202401", "202402"],
            "value": [1234.0, 2.5],
            "sure": pd.array([True, None], dtype="boolean"),
        }
    )
    ax = charts.hbars(data.set_index("hs_chapter")["value"], "US$")
    chart = charts.publish(ax, "test-chart", **{**GOOD, "data": data})
    chart = chart._repr_mimebundle_()["text/html"]
    chart = json.loads(CONTENT.search(chart).group(1))
    assert chart["csv"].splitlines()[1:] == ["08,080250,202401,1234,true", "27,270900,202402,2.5,"]
    fields = downloads.chart_resource(chart)["schema"]["fields"]
    assert [field["type"] for field in fields] == [*["string"] * 3, "number", "boolean"]
    table = chart_html._table(chart)
    for cell in ("08", "080250", "270900", "202401", "1,234"):
        assert f">{cell}<" in table
    record = {"kind": "chart", "title": "A chart", "url": "https://strait.example/a", "note": ""}
    packed = workbooks.workbook(downloads.chart_resource(chart), chart["csv"], record)
    sheet = openpyxl.load_workbook(io.BytesIO(packed))["data"]
    assert [cell.value for cell in sheet[2]] == ["08", "080250", "202401", 1234, True]


def test_data_beyond_a_sheet_are_refused():
    wide = pd.DataFrame({f"c{at}": [1.0] for at in range(16_385)})
    ax = charts.hbars(pd.Series({"Arland": 2025.0, "Belmark": 7.0}), "US$")
    problem = "its data have 16,385 columns, and a sheet of Excel holds 16,384. Give only"
    with pytest.raises(ValueError, match=problem):
        charts.publish(ax, "test-chart", **{**GOOD, "data": wide})


def test_a_gap_does_not_change_the_type_of_a_column():
    gaps = pd.DataFrame(
        {"yes": [True, None, False], "count": pd.Series([2025, None, 7], dtype=object)}
    ).assign(day=pd.Series([pd.Timestamp("2001-05-01").date(), None, None], dtype=object))
    ax = charts.hbars(pd.Series({"Arland": 2025.0, "Belmark": 7.0}), "US$")
    chart = charts.publish(ax, "test-chart", **{**GOOD, "data": gaps}).content
    assert chart["kinds"] == ["boolean", "integer", "date"]
    assert chart["csv"] == "yes,count,day\ntrue,2025,2001-05-01\n,,\nfalse,7,\n"


NOTHING = float("nan")


@pytest.mark.parametrize(
    "draw, data, says",
    [
        (charts.lines, FRAME.iloc[:0], "has no values. Look at the rows"),
        (charts.lines, FRAME * NOTHING, "has no values"),
        (charts.stacked_bars, FRAME.iloc[:0], "has no values"),
        (charts.grouped_bars, FRAME.iloc[:0], "has no values"),
        (charts.dot_plot, FRAME.iloc[:0], "has no values"),
        (charts.lines, {2001: [1]}, "is a dict, and must be a DataFrame"),
        (charts.hbars, FRAME, "is a DataFrame, and must be a Series"),
        (charts.hbars, pd.Series({"Arland": 1.0, "Belmark": NOTHING}), "Belmark has no value"),
        (charts.lines, FRAME.iloc[::-1], "not in order. Sort it: sort_index"),
        (charts.lines, pd.concat([FRAME, FRAME]), "twice. Make each series a column"),
        (charts.lines, pd.DataFrame({"A": [1]}, index=["2001"]), "Make it whole years or dates"),
        (
            charts.lines,
            pd.DataFrame({"A": [1]}, index=pd.period_range("2001", periods=1, freq="D")),
            "Make it whole years or dates",
        ),
        (
            charts.lines,
            pd.DataFrame({"A": [1]}, index=pd.DatetimeIndex(["2001-05-01"], tz="Europe/Moscow")),
            "have a time zone. Drop it",
        ),
    ],
)
def test_what_cannot_be_drawn_as_meant_is_refused(draw, data, says):
    with pytest.raises(ValueError, match=says):
        draw(data, "unit")


def test_a_chart_is_published_once_from_its_axes_and_a_frame():
    ax = charts.lines(FRAME, "unit")
    with pytest.raises(ValueError, match="given a Figure, and takes the axes"):
        charts.publish(ax.figure, "a-chart", **GOOD)
    with pytest.raises(ValueError, match="its data are a list"):
        charts.publish(ax, "a-chart", **{**GOOD, "data": [1, 2]})
    charts.publish(ax, "a-chart", **GOOD)
    with pytest.raises(ValueError, match="published already. Draw them anew"):
        charts.publish(ax, "another-chart", **GOOD)


def test_a_hidden_character_in_the_data_of_a_chart_is_refused():
    with pytest.raises(ValueError, match="invisible: U.202E"):
        published(data=pd.DataFrame({"name": ["a\u202eb"], "value": [1.0]}))


@pytest.mark.parametrize("part", ["caption", "alt"])
def test_a_hidden_character_in_the_words_of_a_chart_is_refused(part):
    with pytest.raises(ValueError, match="invisible: U.202E"):
        published(**{part: "What it says is hid\u202eden from all."})


def test_a_caption_gives_nothing_no_sign():
    with pytest.raises(ValueError, match="the caption has '-0.0', and nothing has no sign"):
        published(caption=f"Sales changed by {-0.04:.1f} per cent within the whole year.")


def test_a_name_that_would_end_a_script_leaves_the_page_whole():
    name = "<!--<script> & </script>"
    ax = charts.lines(FRAME.rename(columns={"Arland": name}), name)
    page = charts.publish(ax, "a-chart", **GOOD)._repr_mimebundle_()["text/html"]
    script = CONTENT.search(page).group(1)
    assert not set("<>&") & set(script)
    chart = json.loads(script)
    assert chart["marks"]["unit"] == name and chart["marks"]["series"][0][0] == name
    assert not set("<>&") & set(picture(chart).partition("chart-marks")[2][2:-15])


def test_bars_write_their_values():
    sold = pd.Series({"Arland": 1234.0, "Belmark": 5.0}, name="sold")
    good = {**GOOD, "data": sold}
    content = charts.publish(charts.hbars(sold, "US$"), "a-chart", **good).content
    assert "1,234" in content["svg"]


def test_dots_have_a_place_of_their_own_where_values_are_equal():
    data = pd.DataFrame({"Arland": [1.0, 2.0], "Corvia": [1.0, 3.0]}, index=["one", "two"])
    ax = charts.dot_plot(data, "%")
    places = [(x, y) for line in ax.lines for x, y in zip(line.get_xdata(), line.get_ydata())]
    assert len(places) == len(set(places)) == 4 and {line.get_marker() for line in ax.lines} == {
        "o",
        "s",
    }
    chart = charts.publish(ax, "a-chart", **{**GOOD, "data": data})
    assert chart.content["svg"].startswith("<svg")


LANES = pd.DataFrame(
    {
        "date": pd.to_datetime(["2001-02-01", "2002-12-20", "2002-12-24", "2001-02-01"]),
        "date_end": pd.to_datetime([None, None, None, "2001-05-01"]),
        "lane": ["Signed\non paper", "Signed\non paper", "Signed\non paper", "At war"],
        "label": ["First treaty", "Second treaty", "A contract", "The long war"],
        "event": ["The first treaty", "The second treaty", "A contract of ferries", "The long war"],
        "sure": [True, True, False, True],
    }
)


def test_a_figure_that_is_not_published_lives_no_longer_than_its_axes():
    """A cell that fails is run again and again, in a session that lives for hours."""
    drawn = weakref.WeakSet(charts.lines(FRAME, "US$").figure for _ in range(25))
    gc.collect()
    assert not drawn


def test_axes_are_published_once():
    ax = charts.lines(FRAME, "US$")
    with pytest.raises(ValueError, match="caption is not a sentence"):
        charts.publish(ax, "once", **GOOD | {"caption": ""})
    charts.publish(ax, "once", **GOOD)
    with pytest.raises(ValueError, match="its axes were published already. Draw them anew"):
        charts.publish(ax, "twice", **GOOD)


def test_a_unit_that_is_wider_than_its_picture_goes_on_in_another_line():
    unit = "Place on a line that divides all the members of the Assembly: higher is nearer to one"
    ax = charts.lines(FRAME, unit)
    ax.figure.canvas.draw()
    title = ax.figure._suptitle
    assert title.get_text().split() == unit.split() and "\n" in title.get_text()
    assert title.get_window_extent().x1 <= ax.figure.bbox.x1
    assert ax.get_window_extent().y1 < title.get_window_extent().y0, "above what is drawn"
    assert charts.new_axes(2, "US$ a barrel").figure.get_suptitle() == "US$ a barrel"
    assert said(ax)[0] == unit


def boxes_and_stems(ax):
    """Return the boxes of the words, and of each line that goes up or down the box."""
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    stems = [
        line for line in ax.lines if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) > 1
    ]
    return boxes, [line.get_window_extent() for line in stems]


def test_labels_of_two_lanes_meet_neither_each_other_nor_a_stem():
    ax = charts.two_lanes(LANES, mark=(pd.Timestamp("2001-09-01"), "A mark"))
    boxes, stems = boxes_and_stems(ax)
    assert len(boxes) == len(LANES) + 3 + 2 + 2, "labels, names of lanes, years, mark and key"
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= ax.figure.bbox.x1 for box in boxes)
    crossed = [
        stem
        for stem in stems
        for box in boxes
        if box.x0 < stem.x0 < box.x1 and stem.y0 < box.y1 and box.y0 < stem.y1
    ]
    assert not crossed
    assert {text.get_text() for text in ax.texts} >= {"Signed", "on paper", "2001", "2002"}


def dots_of(ax):
    return [line for line in ax.lines if len(line.get_xdata()) == 1]


def test_two_lanes_stand_on_their_sides_and_each_dot_at_its_day():
    ax = charts.two_lanes(LANES)
    dots = dots_of(ax)
    heights = [line.get_ydata()[0] for line in dots]
    assert min(heights[:3]) > 0 > heights[3]
    hollow = [line.get_markerfacecolor() == style.PAPER for line in dots]
    assert hollow == [False, False, True, False]
    assert [line.get_xdata()[0] for line in dots] == list(LANES["date"])
    unit, down, series = said(ax)
    assert (unit, down) == ("", False) and series == {
        "Signed": [
            ("1 February 2001", "The first treaty"),
            ("20 December 2002", "The second treaty"),
            ("24 December 2002", "A contract of ferries"),
        ],
        "At war": [("1 February 2001 to 1 May 2001", "The long war")],
    }


def test_dots_of_one_month_hide_neither_one_another_nor_a_label_and_stay_at_their_days():
    days = pd.to_datetime(["2001-03-01", "2001-03-01", "2001-03-05", "2001-03-20"])
    crowd = pd.DataFrame({"date": days, "label": [*"abcd"], "lane": "Signed", "marker": [*"oDsD"]})
    ax = charts.two_lanes(
        pd.concat([crowd, LANES[LANES["lane"] == "At war"].assign(marker="s")]), height=4.5
    )
    boxes, _ = boxes_and_stems(ax)
    dots = dots_of(ax)[:4]
    assert [line.get_xdata()[0] for line in dots] == list(days)
    half = timelines.REACH * ax.figure.dpi / 72
    at = [
        ax.transData.transform((line.get_xdata(orig=False)[0], line.get_ydata()[0]))
        for line in dots
    ]
    assert all(math.dist(one, other) >= 2 * half for one, other in itertools.combinations(at, 2))
    assert not any(
        box.x0 < x + half and x - half < box.x1 and box.y0 < y + half and y - half < box.y1
        for x, y in at
        for box in boxes
    )


def test_dots_that_are_close_get_rows_of_their_own():
    assert charts.stacked([1, 9, 2, 3, 9.5, 1, 20], least=3) == [0, 0, 1, -1, 1, 2, 0]
    days = pd.to_datetime(["2001-03-01", "2001-03-02", "2001-05-01"])
    assert charts.stacked(days, least=pd.Timedelta(days=10)) == [0, 1, 0]
    assert charts.stacked([], least=3) == []


def test_events_of_one_lane_can_have_markers_of_their_own_and_the_key_shows_them():
    ax = charts.two_lanes(LANES.assign(marker=["o", "D", "o", "s"]))
    assert [line.get_marker() for line in ax.lines if len(line.get_xdata()) == 1] == [*"oDos"]
    assert "○ □ ◇ hollow: not confirmed" in {text.get_text() for text in ax.texts}


def test_an_event_can_have_the_colour_of_the_other_lane():
    lanes = list(dict.fromkeys(LANES["lane"]))
    own, other = (
        {line.get_color() for line in dots_of(charts.two_lanes(frame))}
        for frame in (LANES, LANES.assign(colour_of=lanes[0]))
    )
    assert len(own) == 2 and len(other) == 1 and other < own


def test_two_lanes_refuse_what_they_cannot_draw():
    with pytest.raises(ValueError, match="label"):
        charts.two_lanes(LANES.drop(columns="label"))
    with pytest.raises(ValueError, match="not 1: One"):
        charts.two_lanes(LANES.assign(lane="One"))
    with pytest.raises(ValueError, match="no room for the labels of lane 'Signed"):
        charts.two_lanes(
            LANES.assign(label="Treaty on relations between the two, its annexes and its letters")
        )
    with pytest.raises(ValueError, match="no room for the labels of lane 'At war"):
        crowd = pd.concat(
            [LANES.assign(lane="Signed").iloc[:1], *[LANES.assign(lane="At war")] * 3]
        )
        charts.two_lanes(crowd.assign(sure=True), height=1.4)


def test_source_line_names_only_the_sources_and_editions_that_were_drawn():
    described = [tables.describe("trade")]
    keys = [(source["key"], source["edition"]) for source in described[0]["sources"]]
    assert len([key for key, _ in keys if key == "Harbour Office"]) > 1, "the case to be tested"
    drawn = pd.DataFrame({"source": ["Harbour Office"], "edition": [2019], "value": [1.0]})
    (credit,) = publishing.credit(described, drawn, None)
    assert credit["key"] == "Harbour Office" and "2019" in credit["title"] + credit["edition"]
    whole = publishing.credit(described, drawn.drop(columns=["source", "edition"]), None)
    assert {source["key"] for source in whole} == {key for key, _ in keys}


@pytest.mark.parametrize(
    "value, text",
    [(0, "0"), (10, "10"), (12.5, "12.5"), (0.25, "0.25"), (2500, "2,500"), (-12.5, "\u221212.5")],
)
def test_a_tick_prints_the_value_at_which_it_stands(value, text):
    assert plots._thousands(value, None) == text


def test_the_csv_of_a_chart_keeps_large_numbers_whole():
    frame = pd.DataFrame(
        {"Arland": [1518231577.0, 14280000.5]}, index=pd.Index([2018, 2019], name="year")
    )
    content = charts.publish(
        charts.lines(frame, "US$"), "a-chart", **(GOOD | {"data": frame})
    ).content
    assert content["csv"].splitlines() == ["year,Arland", "2018,1518231577", "2019,14280000.5"]


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
    "Arland": [("2001", "1"), ("2002", "2"), ("2003", "4")],
    "Belmark": [("2001", "2"), ("2003", "1")],
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
    ax = charts.hbars(pd.Series({"Arland": 1234.56, "Belmark\nand others": -5.0}), "US$")
    data = pd.Series([1234.56, -5.0], name="sold")
    assert said(ax, data=data) == (
        "US$",
        True,
        {"": [("Arland", "1,235"), ("Belmark and others", "−5")]},
    )


def test_guide_lines_bands_and_what_lies_outside_say_nothing():
    ax = charts.lines(FRAME, "US$")
    charts.vline(ax, 2002, "a mark")
    charts.hline(ax, 3, "a level")
    ax.fill_between(FRAME.index, 0, FRAME["Arland"], alpha=0.2)
    ax.plot(FRAME.index, FRAME["Arland"])  # without a label
    ax.set_ylim(0, 3)
    assert said(ax)[2] == {"Arland": WITH_GAP["Arland"][:2], "Belmark": WITH_GAP["Belmark"]}


def test_dates_are_said_to_the_precision_that_they_have():
    monthly = pd.DataFrame({"Oil": [1.0, 2.0]}, index=pd.to_datetime(["2001-01-01", "2001-02-01"]))
    assert said(charts.lines(monthly, "US$"))[2] == {
        "Oil": [("January 2001", "1"), ("February 2001", "2")]
    }
    days = pd.DataFrame({"Oil": [1.0, 2.0]}, index=pd.to_datetime(["2001-01-01", "2001-02-07"]))
    assert said(charts.lines(days, "US$"))[2] == {
        "Oil": [("1 January 2001", "1"), ("7 February 2001", "2")]
    }


def test_two_lanes_say_their_events_in_full():
    events = LANES.assign(
        event=["A treaty", "A second treaty", "The last event", "A war"],
        precision=["day", "month", "day", "day"],
        date_end=pd.to_datetime([None, None, "2003-01-02", "2001-02-04"]),
    )
    unit, down, series = said(charts.two_lanes(events))
    assert unit == "" and {name: sorted(points) for name, points in series.items()} == {
        "Signed": [
            ("1 February 2001", "A treaty"),
            ("24 December 2002 to 2 January 2003", "The last event"),
            ("December 2002", "A second treaty"),
        ],
        "At war": [("1–4 February 2001", "A war")],
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
    assert downloads.value_of("2015–19") is None and downloads.value_of("Grey Gull") is None


# --- small pictures -------------------------------------------------------------------------------


def test_a_picture_is_small_and_says_each_thing_once():
    frame = pd.DataFrame(
        {name: [1.0, 2.0] for name in "ABCDEF"}, index=[2001, 2002]
    )  # three fillings and all hatches
    picture = charts.publish(charts.stacked_bars(frame, "US$"), "a-chart", **GOOD).content["svg"]
    assert len(picture) < 14_000, "matplotlib's own is ten times as long"
    assert picture.count("stroke-dasharray:0 4") == 1, "the dotted hatch"
    assert not re.search(r"<g/>|<defs/>|rotate\(-0|\d\.\d{3}|<!--", picture)
    assert picture.count("<pattern") == 3 and picture.count("clipPath ") == 1


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


def test_a_source_line_names_what_a_chart_states():
    described = [tables.describe("trade")]
    drawn = pd.DataFrame({"value": [1.0]})
    (credit,) = publishing.credit(described, drawn, ["2019"])
    assert credit["key"] == "Harbour Office"
    with pytest.raises(ValueError, match="no source of the tables has 'Moon'; there are: "):
        publishing.credit(described, drawn, ["Moon"])


def test_a_source_is_not_credited_for_a_name_that_is_part_of_another():
    keys = {"OPEC", "OPEC ASB 2023", "EIA"}
    assert publishing._keys_in("Iran, OPEC ASB 2023", keys) == {"OPEC ASB 2023"}


def test_an_entity_keeps_its_colour_and_lends_it_where_it_is_not_drawn(monkeypatch):
    book = config.book()
    other = dataclasses.replace(book, other_colours={"Corvia": "ochre"})
    monkeypatch.setattr(config, "book", lambda: other)
    ochre = style.PALETTE["ochre"][0]
    for names in (["Corvia"], ["One", "Corvia"], ["Corvia, exports", "One", "Two", "Three"]):
        at = next(place for place, name in enumerate(names) if name.startswith("Corvia"))
        assert [place for place, c in enumerate(charts.colours(names)) if c == ochre] == [at]
    assert ochre in charts.colours(["One", "Two", "Three", "Four"])
    wrong = dataclasses.replace(book, other_colours={"Corvia": "pink"})
    monkeypatch.setattr(config, "book", lambda: wrong)
    with pytest.raises(FileError, match="book.yml:[0-9]+: other_colours: Corvia has 'pink'"):
        charts.colours(["Corvia"])


def test_a_build_that_draws_nothing_imports_nothing_that_draws():
    """matplotlib and pandas would take half of the time of a build that changes nothing."""
    code = """
        import importlib, pkgutil, sys
        import ledger.build.sphinxext as machine
        for module in pkgutil.walk_packages(machine.__path__, machine.__name__ + "."):
            importlib.import_module(module.name)
        print(*{"matplotlib", "pandas", "numpy"} & set(sys.modules))
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True
    )
    assert ran.returncode == 0 and ran.stdout.split() == [], ran.stderr + ran.stdout
