"""Promise: a chart reaches a page whole (caption, alt text, source, table, code, downloads) or not at all."""
import json
import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from ledger import charts, tables
from ledger.sphinxext.charts import CONTENT, standalone

FRAME = pd.DataFrame({"Russia": [1.0, 2.0, 4.0], "Iran": [2.0, None, 1.0]}, index=pd.Index([2001, 2002, 2003], name="year"))
GOOD = {"table": "gdp", "data": FRAME, "caption": "Russia grew while Iran did not.", "alt": "Two lines from 2001 to 2003, one rising and one falling."}


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
    assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)) and all((a or b) in ids for a, b in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg))
    loose = set(re.findall(r"#[0-9a-f]{6}", re.sub(r"var\([^)]*\)", "", svg)))
    assert loose <= {"#ffffff"}, f"colours that no theme can change: {loose}"
    assert "var(" not in standalone(svg) and ET.fromstring(standalone(svg).encode()) is not None


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
    assert contrast(light, "#ffffff") >= 4.5 and contrast(dark, "#14181e") >= 4.5  # series names are written in these colours


@pytest.mark.parametrize("kind", [charts.lines, charts.stack, charts.columns])
def test_every_kind_of_chart_publishes(kind):
    assert charts.publish(kind(FRAME, "US$"), "a-chart", **GOOD).content["svg"].startswith("<svg")


def test_bars_write_their_values():
    content = charts.publish(charts.bars(pd.Series({"Russia": 1234.0, "Iran": 5.0}), "US$"), "a-chart", **GOOD).content
    assert "1,234" in content["svg"]


def test_dots_have_a_place_of_their_own_where_values_are_equal():
    ax = charts.dots(pd.DataFrame({"Russia": [1.0, 2.0], "China": [1.0, 3.0]}, index=["one", "two"]), "%")
    places = [(x, y) for line in ax.lines for x, y in zip(line.get_xdata(), line.get_ydata())]
    assert len(places) == len(set(places)) == 4 and {line.get_marker() for line in ax.lines} == {"o", "s"}
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
    assert [text.get_text() for text in ax.texts] == ["Diplomacy", "Treaty", "Second\ntreaty", "Last event", "Security"]
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
        charts.timeline(EVENTS.assign(label="Treaty on the basis of relations, its text and annexes"))
    with pytest.raises(ValueError, match="no room for the label 'Words"):
        charts.timeline(EVENTS.assign(label="Words", lane="One").iloc[[0, 2, 2, 2, 2, 2]])


def test_source_line_names_only_the_sources_and_editions_that_were_drawn():
    described = [tables.describe("energy_exports")]
    keys = [(source["key"], source["edition"]) for source in described[0]["sources"]]
    assert len([key for key, _ in keys if key == "Energy Institute"]) > 1, "the case that this test is for"
    drawn = pd.DataFrame({"source": ["Energy Institute"], "edition": [2026], "value": [1.0]})
    (credit,) = charts._credit(described, drawn)
    assert credit["key"] == "Energy Institute" and "2026" in credit["title"] + credit["edition"]
    assert {source["key"] for source in charts._credit(described, drawn.drop(columns=["source", "edition"]))} == {key for key, _ in keys}


@pytest.mark.parametrize("value, text", [(0, "0"), (10, "10"), (12.5, "12.5"), (0.25, "0.25"), (2500, "2,500"), (-12.5, "\u221212.5")])
def test_a_tick_prints_the_value_at_which_it_stands(value, text):
    assert charts._thousands(value, None) == text


def test_the_csv_of_a_chart_keeps_large_numbers_whole():
    frame = pd.DataFrame({"Russia": [1518231577.0, 14280000.5]}, index=pd.Index([2018, 2019], name="year"))
    content = charts.publish(charts.lines(frame, "US$"), "a-chart", **(GOOD | {"data": frame})).content
    assert content["csv"].splitlines() == ["year,Russia", "2018,1518231577", "2019,14280000.5"]
