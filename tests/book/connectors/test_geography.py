"""Promise: what the maps are drawn on is read from the institutions' own files, and no map draws
Crimea as Russia's or the Caspian as land.
"""

import json

import numpy as np
import pandas as pd
import pytest
from connector_files import (
    PAIR,
    fetch,
    fetch_fails,
    no_rows,
    of_upstream,
    original,
    read_fails,
    requests_of,
    same_tables,
    save_workbook,
    text_of,
    write,
)
from institution import UPSTREAM, certificates, needs_upstream, running, server  # noqa: F401

from analysis import geography
from analysis.connectors import global_energy_monitor, natural_earth
from ledger import charts, load
from ledger.core.charts import geometry, publishing

pytestmark = needs_upstream
OUTLINES = "natural-earth/countries-50m.json"
OTHER = ("RUS", "TUR")


@pytest.fixture(scope="module")
def shapes():
    return of_upstream(natural_earth.shapes)


def holders(shapes, lon, lat):
    """Return the countries in one of whose rings a point lies."""
    countries = shapes[shapes["kind"] == "country"]
    return {
        row.country
        for row in countries.itertuples()
        if geometry.holds(geometry.parse(row.line), (lon, lat))
    }


@pytest.mark.parametrize(
    ("lon", "lat", "country"),
    [
        (34.3, 45.3, {"UKR"}),  # Crimea
        (33.55, 44.65, {"UKR"}),  # Sevastopol
        (36.4, 45.3, {"UKR"}),  # Kerch
        (37.6, 55.7, {"RUS"}),
        (51.4, 35.7, {"IRN"}),
        (33.4, 35.3, {"CYP"}),  # the north of Cyprus
        (46.7, 39.8, {"AZE"}),  # Nagorno-Karabakh
        (45.4, 39.2, {"AZE"}),  # Nakhchivan, apart from the rest
        (41.2, 43.1, {"GEO"}),  # Abkhazia
        (50.5, 45.5, set()),  # the Caspian, from north to south
        (50.5, 42, set()),
        (51, 39, set()),
        (51.5, 37.5, set()),
        (34, 43, set()),  # the Black Sea
        (51, 27, set()),  # the Gulf
    ],
)
def test_whose_land_is_drawn_where(shapes, lon, lat, country):
    assert holders(shapes, lon, lat) == country


def test_the_file_itself_has_crimea_with_russia_and_it_is_joined_to_ukraine(shapes):
    topology = json.loads(text_of(OUTLINES))
    arcs = natural_earth._arcs(topology)
    russia = next(
        shape
        for shape in topology["objects"]["countries"]["geometries"]
        if shape["properties"]["name"] == "Russia"
    )
    rings = [natural_earth._points(part[0], arcs) for part in russia["arcs"]]
    assert any(geometry.holds(ring, (34.3, 45.3)) for ring in rings)
    mainland = shapes[shapes["country"] == "UKR"].iloc[0]["line"]
    assert all(geometry.holds(geometry.parse(mainland), at) for at in ((34.3, 45.3), (30.5, 50.4)))


def test_the_golan_has_a_border_in_dispute(shapes):
    (line,) = shapes[shapes["kind"] == "border in dispute"]["line"]
    lon, lat = geometry.parse(line).T
    assert 35.6 < lon.min() < lon.max() < 36 and 32.6 < lat.min() < lat.max() < 33.5


def test_neighbours_share_their_border(shapes):
    def points(code):
        lines = shapes[shapes["country"] == code]["line"]
        return {tuple(point) for line in lines for point in geometry.parse(line)}

    for one, other in (("IRN", "AZE"), ("IRN", "TKM"), ("RUS", "UKR"), ("SYR", "TUR")):
        assert len(points(one) & points(other)) > 5


def test_outlines_stay_near_the_file_s_own(shapes):
    topology = json.loads(text_of(OUTLINES))
    original_arcs = natural_earth._arcs(topology)
    simple = [geometry.simplify(arc, natural_earth.TOLERANCE) for arc in original_arcs]
    for arc, less in zip(original_arcs[::40], simple[::40], strict=True):
        if len(less) > 1:
            far = [
                min(
                    geometry.distances(point[None], a, b)[0]
                    for a, b in zip(less[:-1], less[1:], strict=True)
                )
                for point in arc
            ]
            assert max(far) <= natural_earth.TOLERANCE + 1e-9
    assert set(map(len, map(geometry.parse, shapes["line"]))) - {0, 1}


def test_outlines_are_downloaded_with_their_edition(tmp_path, server):
    serve(server, original(OUTLINES))
    assert fetch("natural-earth", server, tmp_path) == "world-atlas 2.0.2"
    assert [path for path, _ in requests_of(server)] == ["/package.json", "/countries-50m.json"]
    same_tables([natural_earth.shapes], tmp_path)


@pytest.mark.parametrize("body", [b'{"type": "FeatureCollection", "features": []}', b"[]"])
def test_what_is_no_topology_is_refused(tmp_path, server, body):
    serve(server, body)
    fetch_fails("natural-earth", server, tmp_path, "it is no TopoJSON of countries")


def serve(server, body):
    server.expect_request("/package.json").respond_with_json({"version": "2.0.2"})
    server.expect_request("/countries-50m.json").respond_with_data(
        body, content_type="application/json"
    )


def changed(tmp_path, change):
    topology = json.loads(text_of(OUTLINES))
    for shape in topology["objects"]["countries"]["geometries"]:
        change(shape)
    return write(tmp_path, OUTLINES, json.dumps(topology))


def test_a_file_that_has_crimea_with_ukraine_gives_the_same_map(tmp_path, shapes):
    crimea = []

    def take(shape):
        if shape["properties"]["name"] == "Russia":
            crimea.append(shape["arcs"].pop(98))
        if shape["properties"]["name"] == "Ukraine":
            shape["arcs"] = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
            shape["type"] = "MultiPolygon"

    topology = json.loads(text_of(OUTLINES))
    countries = topology["objects"]["countries"]["geometries"]
    for shape in countries:
        take(shape)
    next(s for s in countries if s["properties"]["name"] == "Ukraine")["arcs"] += crimea
    store = write(tmp_path, OUTLINES, json.dumps(topology))
    assert holders(natural_earth.shapes(store, PAIR), 34.3, 45.3) == {"UKR"}


def test_an_unknown_number_and_a_lost_crimea_are_refused(tmp_path):
    def renumber(shape):
        if shape.get("id") == "364":
            shape["id"] = "999"

    store = changed(tmp_path, renumber)
    read_fails(natural_earth.shapes, store, "Iran has the number 999, which is no country's")

    def drop(shape):
        if shape["properties"]["name"] == "Russia":
            del shape["arcs"][98]

    store = changed(tmp_path, drop)
    read_fails(natural_earth.shapes, store, "no part of RUS or UKR holds (34.3, 45.3)", "68/262")


# --- routes of pipelines --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def routes():
    return of_upstream(global_energy_monitor.routes)


def test_each_selected_pipeline_has_a_route(routes):
    pipelines = of_upstream(global_energy_monitor.pipelines)
    assert set(routes["project_id"]) == set(pipelines["project_id"])
    no_rows(global_energy_monitor.routes, OTHER)


@pytest.mark.parametrize(
    ("project", "start", "end"),
    [
        ("P0751", (48.92, 40.04), (44.6, 43.75)),  # Hajigabul to Mozdok
        ("P0748", (48.9, 40.04), (48.28, 30.35)),  # Hajiqabul to Abadan
        ("P0742", (61.16, 36.65), (60.83, 36.47)),  # Dauletabad, not Korpeje
        ("P0749", (53.82, 38.06), (54.09, 36.79)),
    ],
)
def test_a_route_runs_where_the_line_does(routes, project, start, end):
    points = geometry.parse(routes[routes["project_id"] == project].iloc[0]["line"])
    for place in (start, end):
        assert np.hypot(*(points - place).T).min() < 0.2


HEADER = global_energy_monitor.NEEDED
ROW = ["P0751", "https://x", "A line", None, "operating", "Russia", 10, 1982, "10.0 bcm/y of gas"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("POINT (48 40)", "is no line in WKT"),
        ("LINESTRING (480000 4000000, 490000 4100000)", "is not in degrees"),
    ],
)
def test_a_route_that_is_none_is_refused(tmp_path, monkeypatch, text, message):
    chosen = pd.DataFrame(
        [["IRN-RUS", "P0751", "between the two", "Iran", "RUS", "RUS", "yes"]],
        columns=global_energy_monitor.SELECTED_COLUMNS,
    )
    chosen.to_csv(tmp_path / "selected.csv", index=False)
    monkeypatch.setattr(global_energy_monitor, "SELECTED", tmp_path / "selected.csv")
    path = tmp_path / "gem-ggit" / "ggit.xlsx"
    save_workbook(path, {"Pipelines": [HEADER, [*ROW, text]]})
    read_fails(global_energy_monitor.routes, tmp_path, "ggit.xlsx, P0751", message)
    save_workbook(path, {"Pipelines": [HEADER, [*ROW, "LINESTRING EMPTY"]]})
    assert global_energy_monitor.routes(tmp_path, PAIR).empty
    save_workbook(path, {"Pipelines": [HEADER, [*ROW, "MULTILINESTRING ((1 2, 3 4),(3 4, 5 2))"]]})
    assert list(global_energy_monitor.routes(tmp_path, PAIR)["line"]) == ["1 2,3 4", "3 4,5 2"]


# --- the book's own places and legs ---------------------------------------------------------------


def test_each_place_lies_in_its_country_or_on_its_coast():
    shapes = load("map_shapes")
    for place in load("map_places").itertuples():
        own = shapes[shapes["country"] == place.country]["line"].map(geometry.parse)
        at = np.array([(place.lon, place.lat)])
        inside = any(geometry.holds(ring, tuple(at[0])) for ring in own)
        away = min(
            geometry.distances(at, a, b)[0]
            for ring in own
            for a, b in zip(ring[:-1], ring[1:], strict=True)
        )
        assert inside or away < 0.15, place.place


def test_the_corridor_is_one_way_from_moscow_to_the_gulf_with_one_leg_missing():
    legs = load("corridor_legs")
    rail = legs[legs["mode"] == "rail"]
    here, passed = "Moscow", []
    while here != "Bandar Abbas":
        (leg,) = [row for row in rail.itertuples() if row.start == here and row.end != "Anzali"]
        passed.append(leg.state)
        here = leg.end
    assert passed.count("missing") == 1 and len(passed) == 8
    (missing,) = rail[rail["state"] == "missing"].itertuples()
    assert (missing.start, missing.end, missing.length_km) == ("Astara", "Rasht", 162)


def test_ships_keep_to_the_water():
    shapes = load("map_shapes")
    drawn = geography.corridor(load("corridor_legs"), load("map_places"))
    for row in drawn[drawn["group"] == geography.SHIP].itertuples():
        points = geometry.parse(row.line)
        steps = np.linspace(0, 1, 40)[:, None]
        way = np.vstack([a + (b - a) * steps for a, b in zip(points[1:-2], points[2:-1])])
        assert not any(holders(shapes, *point) for point in way), row.name


def test_a_map_of_the_whole_region_is_light():
    nothing = pd.DataFrame(columns=geography.LINE_COLUMNS)
    places = geography.marked(load("map_places"), {"port": "Port"}, [], {})
    ax = charts.map_of(
        load("map_shapes"),
        (29, 64.5, 24.2, 56.8),
        {"RUS": "Russia", "IRN": "Iran"},
        nothing,
        places,
        {},
        {"Port": ("ink", "dot")},
    )
    svg = publishing._draw(ax, "light")[0]
    assert len(svg) < 25_000
