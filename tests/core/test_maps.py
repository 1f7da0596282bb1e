"""Promise: a map shows what its tables have, and its labels never cover one another."""

import itertools

import numpy as np
import pandas as pd
import pytest

from ledger import charts
from ledger.core.charts import geometry, publishing, tooltips

VIEW = (10, 30, 30, 50)
SHAPES = pd.DataFrame(
    [
        ("country", "ARL", "8 28,22 28,22 52,8 52,8 28"),
        ("country", "BEL", "22 28,32 28,32 52,22 52,22 28"),
        ("country", "ISL", "13 33,15 33,15 35,13 35,13 33"),  # lies within Arland
        ("border in dispute", None, "22 36,23 40,22 44"),
    ],
    columns=["kind", "country", "line"],
)
LINES = pd.DataFrame(
    [
        ("12 45,18 46,28 44", "Pipe", 2.0, "Long pipe", "Long pipe", "operating"),
        ("28 44,29 40", "Pipe", 2.0, "Long pipe", "Long pipe", "operating"),
        ("12 32,28 33", "Plan", 1.0, "", "Plan", "given up"),
    ],
    columns=["line", "group", "width", "label", "name", "value"],
)
PLACES = pd.DataFrame(
    [
        (14, 40, "Port", "Northport", "Northport", "port of Arland"),
        (14.3, 39.8, "Port", "Nearby", "Nearby", "beside it"),
        (25, 38, "Base", "Southbase", "Southbase", "base of Belmark"),
    ],
    columns=["lon", "lat", "group", "label", "name", "value"],
)
STYLES = {
    "Pipe": ("purple", "solid"),
    "Plan": ("purple", "dotted"),
    "Port": ("ink", "dot"),
    "Base": ("blue", "open square"),
    "Unused": ("green", "dashed"),
    "border in dispute": ("ink", "dotted"),
}


def drawn(**changes):
    given = {
        "view": VIEW,
        "tints": {"ARL": "Arland"},
        "lines": LINES,
        "places": PLACES,
        "names": {"Inner\nSea": (20, 35)},
        "styles": STYLES,
    }
    return charts.map_of(SHAPES, **given | changes)


def boxes(ax):
    return {text.get_text(): text.get_window_extent() for text in ax.texts}


def test_labels_stand_on_the_map_and_cover_none_other():
    ax = drawn()
    labels = boxes(ax)
    assert set(labels) == {"Long pipe", "Northport", "Nearby", "Southbase", "Inner\nSea"}
    for one, other in itertools.combinations(labels.values(), 2):
        assert not one.overlaps(other)
    frame = ax.get_window_extent()
    assert all(
        frame.contains(*box.get_points()[0]) and frame.contains(*box.get_points()[1])
        for box in labels.values()
    )


def test_the_legend_has_the_groups_that_are_drawn_in_their_order():
    words = [text.get_text() for text in drawn().get_legend().get_texts()]
    assert words == ["Pipe", "Plan", "Port", "Base", "Border in dispute"]


def test_a_line_in_parts_and_each_place_say_what_they_are_from_west_to_east():
    told = tooltips.extract(drawn())
    series = {name: [point[2:4] for point in points] for name, points in told["series"]}
    assert series == {
        "Pipe": [["Long pipe", "operating"]],
        "Plan": [["Plan", "given up"]],
        "Port": [["Northport", "port of Arland"], ["Nearby", "beside it"]],
        "Base": [["Southbase", "base of Belmark"]],
    }
    for _, points in told["series"]:
        assert [x for x, *_ in points] == sorted(x for x, *_ in points)


def test_a_map_reaches_the_page_with_the_pages_colours():
    ax = drawn()
    chart = charts.publish(
        ax,
        "test-map",
        table="output",
        data=PLACES,
        caption="Arland has two ports, side by side.",
        alt="Map of two countries with a pipe between them.",
    )
    svg = chart.content["svg"]
    for name in ("chart-purple", "chart-blue", "chart-rule", "chart-ink", "chart-page"):
        assert f"var(--{name}," in svg
    assert "Northport</text>" in svg and chart.content["marks"]["series"]


def test_a_country_within_another_is_drawn_after_it():
    patches = [patch for patch in drawn().patches if patch.get_path().vertices.size]
    sizes = [np.ptp(patch.get_path().vertices, axis=0).max() for patch in patches]
    assert sizes[-1] == min(sizes)


def test_a_group_without_a_style_and_a_label_without_room_are_refused():
    with pytest.raises(ValueError, match="there is none for \\['Plan'\\]"):
        drawn(styles={key: style for key, style in STYLES.items() if key != "Plan"})
    crowd = pd.concat([PLACES] * 30, ignore_index=True)
    with pytest.raises(ValueError, match="no room for the label"):
        drawn(places=crowd.assign(name=[str(i) for i in range(len(crowd))]))
    with pytest.raises(ValueError, match="no room for the name 'Far'"):
        drawn(names={"Far": (60, 35)})


def test_a_map_without_lines_and_tints():
    ax = drawn(lines=LINES.iloc[:0], tints={}, names={})
    assert set(boxes(ax)) == {"Northport", "Nearby", "Southbase"}


def test_a_map_is_the_same_each_time():
    assert publishing._draw(drawn(), "m")[0] == publishing._draw(drawn(), "m")[0]


# --- geometry -------------------------------------------------------------------------------------


def test_a_line_is_written_and_read():
    points = np.array([(1.234, -5.678), (1.2341, -5.6779), (-0.001, 10)])
    assert geometry.format_line(points) == "1.23 -5.68,0 10"
    assert geometry.parse("1.23 -5.68,0 10").tolist() == [[1.23, -5.68], [0, 10]]


def test_simplifying_moves_no_point_farther_than_it_may():
    angle = np.linspace(0, 2 * np.pi, 721)
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    ring[-1] = ring[0]
    simple = geometry.simplify(ring, 0.01)
    assert 8 < len(simple) < 60 and (simple[0] == simple[-1]).all()
    nearest = [
        min(geometry.distances(point[None], *pair)[0] for pair in itertools.pairwise(simple))
        for point in ring
    ]
    assert max(nearest) <= 0.01
    assert geometry.area(simple) == pytest.approx(np.pi, rel=0.02)


def test_a_ring_is_cut_at_the_box():
    ring = np.array([(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)], dtype=float)
    cut = geometry.clip_ring(ring, (1, 9, -9, 3))
    assert geometry.area(cut) == 9 and (cut[0] == cut[-1]).all()
    assert len(geometry.clip_ring(ring, (5, 9, 5, 9))) == 0
    assert geometry.holds(ring, (1, 1)) and not geometry.holds(ring, (5, 1))


def test_the_projection_keeps_angles_and_the_middle_upright():
    project = geometry.conic(VIEW)
    middle = project([(20, 30), (20, 40), (20, 50)])
    assert middle[:, 0] == pytest.approx([0, 0, 0]) and middle[1, 1] == pytest.approx(0)
    assert (np.diff(middle[:, 1]) > 0).all()
    step = 1e-4  # a degree of longitude is as much shorter on the map as it is on the ground
    for lon, lat in ((12, 33), (20, 40), (29, 48)):
        here, east, north = project([(lon, lat), (lon + step, lat), (lon, lat + step)])
        right, up = east - here, north - here
        assert right @ up == pytest.approx(0, abs=1e-6 * (right @ right))
        ratio = np.hypot(*right) / np.hypot(*up)
        assert ratio == pytest.approx(np.cos(np.radians(lat)), rel=1e-4)
