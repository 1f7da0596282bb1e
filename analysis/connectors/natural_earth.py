"""Natural Earth: outlines of countries at 1:50 million, from the TopoJSON of world-atlas.

Terms: public domain (Natural Earth); ISC licence (world-atlas).
"""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd

from ledger.core.charts import geometry
from ledger.core.sources import countries
from ledger.core.sources.strict import FormError, read_json, shown

FILE = "countries-50m.json"
BOX = (22.0, 73.0, 20.0, 58.5)  # degrees: west, east, south, north of what the book's maps show
TOLERANCE = 0.025  # degrees that an outline may be moved when it is simplified
LEAST = 0.02  # square degrees that an island must have
# What the file has without a number of ISO 3166: the country with which it is drawn, or its code.
NO_NUMBER = {"N. Cyprus": "CYP", "Somaliland": "SOM", "Kosovo": "XKX"}
# Left out: coral islands of Australia's, and a glacier that no country holds alone.
LEFT_OUT = {"Indian Ocean Ter.", "Siachen Glacier"}
FEWEST = 241  # shapes of the file; countries do not become fewer
# Natural Earth draws who holds a territory. The United Nations General Assembly holds that this one
# is another's: (drawn with, a point of it, belongs to, resolution).
MOVED = [("RUS", (34.3, 45.3), "UKR", "68/262")]  # Crimea
# Borders that stand where one side holds land which the United Nations count to the other.
DISPUTED = [("ISR", "SYR")]  # the Golan Heights, resolution 497 of the Security Council
COLUMNS = ["shape", "kind", "country", "line"]


def download(get, pair: tuple[str, str]) -> str:
    """Download the newest edition of the package's second version."""
    package = json.loads(get("package.json", "package.json", kind="json").read_text("utf-8"))
    path = get(FILE, FILE, kind="json")
    try:
        _topology(path)
    except ValueError as error:
        raise get.refuse(path.name, str(error)) from None
    return f"world-atlas {package['version']}"


def shapes(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return outlines of countries within BOX, and the borders that are in dispute.

    Parameters
    ----------
    upstream
        Folder with `natural-earth/`, the TopoJSON.
    pair
        ISO 3166 codes of the two countries; the box is that of the maps of Russia and Iran, and
        does not depend on it.

    Returns
    -------
    DataFrame
        COLUMNS; one row an outer ring of a country (holes are left out: what lies in them has a
        ring of its own) or a line in dispute; `line` has longitude and latitude in degrees.

    Raises
    ------
    FormError
        Names file, country and what is not as expected.
    """
    path = upstream / "natural-earth" / FILE
    topology = _topology(path)
    arcs = [geometry.simplify(arc, TOLERANCE) for arc in _arcs(topology)]
    polygons = _polygons(topology, arcs, path.name)
    rows = []
    for code in sorted(polygons):
        rings = [geometry.clip_ring(_points(ring, arcs), BOX) for ring in polygons[code]]
        rings = [ring for ring in rings if len(ring) > 3 and geometry.area(ring) > LEAST]
        for number, ring in enumerate(sorted(rings, key=geometry.area, reverse=True), start=1):
            rows.append(_row(f"{code}-{number:02d}", "country", code, ring))
    for first, second in DISPUTED:
        for number, line in enumerate(_shared(polygons, first, second), start=1):
            points = _points(line, arcs)
            rows.append(_row(f"{first}-{second}-{number:02d}", "border in dispute", None, points))
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(shape: str, kind: str, country: str | None, points: np.ndarray) -> dict:
    return {
        "shape": shape,
        "kind": kind,
        "country": country,
        "line": geometry.format_line(points),
    }


def _topology(path: Path) -> dict:
    topology = read_json(path)
    try:
        shapes = topology["objects"]["countries"]["geometries"]
        is_one = topology["type"] == "Topology" and shapes and topology["transform"]["scale"]
        names = [(shape["properties"]["name"], shape["type"]) for shape in shapes]
        used = [arc for shape in shapes for arc in _flat(shape["arcs"])]
        points = np.vstack(_arcs(topology))
    except (IndexError, KeyError, TypeError, ValueError):
        is_one = False
    if not is_one:
        found = "it is no TopoJSON of countries with a transform"
        raise FormError(path.name, found, "type, objects.countries, arcs, transform")
    if other := [name for name, kind in names if kind not in ("Polygon", "MultiPolygon")]:
        raise FormError(f"{path.name}, {other[0]}", "no polygon", "Polygon or MultiPolygon")
    if len(shapes) < FEWEST:
        raise FormError(path.name, f"{len(shapes)} shapes", f"{FEWEST} or more")
    if not (abs(points) <= (180.001, 90.001)).all():
        raise FormError(f"{path.name}, arcs", "points that are not in degrees", "±180 and ±90")
    if used and max(max(arc, ~arc) for arc in used) >= len(topology["arcs"]):
        raise FormError(f"{path.name}, arcs", "a shape has an arc that is not there", "all arcs")
    return topology


def _flat(arcs: list | int) -> list[int]:
    """Return the numbers of arcs of rings, of polygons or of several of these."""
    return [arcs] if isinstance(arcs, int) else [each for part in arcs for each in _flat(part)]


def _arcs(topology: dict) -> list[np.ndarray]:
    """Return the arcs in degrees; the file has them as steps of whole numbers."""
    scale, start = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    return [np.cumsum(np.array(arc)[:, :2], axis=0) * scale + start for arc in topology["arcs"]]


def _polygons(topology: dict, arcs: list, file: str) -> dict[str, list[list[int]]]:
    """Return each country's outer rings, as lists of arcs (~i is arc i backwards)."""
    polygons: dict[str, list[list[int]]] = {}
    joined: set[str] = set()
    for shape in topology["objects"]["countries"]["geometries"]:
        if not (code := _code(shape, file)):
            continue
        parts = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        joined |= {code} if code in polygons or "id" not in shape else set()
        polygons.setdefault(code, []).extend(part[0] for part in parts)
    needed = {code for pair in [each[::2][:2] for each in MOVED] + DISPUTED for code in pair}
    if missing := sorted(needed - set(polygons)):
        raise FormError(file, f"no shape of {missing}", "all countries")
    for holder, point, owner, resolution in MOVED:
        moved = [r for r in polygons[holder] if geometry.holds(_points(r, arcs), point)]
        if moved:
            polygons[holder] = [ring for ring in polygons[holder] if ring not in moved]
            polygons[owner] += moved
            joined.add(owner)
        elif not any(geometry.holds(_points(r, arcs), point) for r in polygons[owner]):
            found = f"no part of {holder} or {owner} holds {point}"
            raise FormError(file, found, f"what resolution {resolution} is about")
    return polygons | {code: _dissolved(polygons[code]) for code in joined}


def _code(shape: dict, file: str) -> str | None:
    """Return the code of a country, None for what is no country's."""
    name = shape["properties"]["name"]
    if "id" not in shape:
        if name not in {*NO_NUMBER, *LEFT_OUT}:
            raise FormError(file, f"{shown(name)} has no number", "a number of ISO 3166")
        return NO_NUMBER.get(name)
    if not re.fullmatch("[0-9]{1,3}", str(shape["id"])):
        raise FormError(file, f"{name} has the number {shown(shape['id'])}", "three digits")
    code = countries.converter().convert(
        int(shape["id"]), src="ISOnumeric", to="ISO3", not_found="-"
    )
    if code == "-":
        found = f"{name} has the number {shape['id']}, which is no country's"
        raise FormError(file, found, "a number of ISO 3166")
    return code


def _dissolved(rings: list[list[int]]) -> list[list[int]]:
    """Return rings that touch as one: without the arcs that one has forwards, another backwards."""
    used = {arc for ring in rings for arc in ring}
    inner = {arc for arc in used if ~arc in used}
    whole = [ring for ring in rings if not inner & set(ring)]
    cut = [ring for ring in rings if inner & set(ring)]
    while cut:
        ring = cut.pop()
        shared = next((arc for arc in ring if ~arc in {a for other in cut for a in other}), None)
        if shared is None:
            whole.append(ring)
            continue
        other = next(o for o in cut if ~shared in o)
        cut.remove(other)
        at, there = ring.index(shared), other.index(~shared)
        loop = ring[at + 1 :] + ring[:at] + other[there + 1 :] + other[:there]
        cut.append(_without_spurs(loop))
    return whole


def _without_spurs(ring: list[int]) -> list[int]:
    """Return a ring without arcs that it runs forwards and at once backwards."""
    out: list[int] = []
    for arc in ring:
        if out and out[-1] == ~arc:
            out.pop()
        else:
            out.append(arc)
    return out


def _points(ring: list[int], arcs: list[np.ndarray]) -> np.ndarray:
    parts = [arcs[arc] if arc >= 0 else arcs[~arc][::-1] for arc in ring]
    return np.vstack([parts[0], *(part[1:] for part in parts[1:])])


def _shared(polygons: dict, first: str, second: str) -> list[list[int]]:
    """Return the border of two countries, as lines of one arc each."""
    theirs = {arc for ring in polygons[second] for arc in ring}
    return [[arc] for ring in polygons[first] for arc in ring if ~arc in theirs]
