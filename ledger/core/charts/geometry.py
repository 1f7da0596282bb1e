"""Geometry of maps: projection, simplification, clipping. Points are arrays of (x, y) rows."""

from __future__ import annotations

import numpy as np


def parse(line: str) -> np.ndarray:
    """Return a line or ring of a table, "lon lat,lon lat,…" in degrees, as points."""
    return np.array([pair.split() for pair in line.split(",")], dtype=float)


def format_line(points: np.ndarray, digits: int = 2) -> str:
    """Return points as a table holds them; those that fall on one another are written once."""
    pairs = [" ".join(_plain(value, digits) for value in point) for point in points]
    return ",".join(p for i, p in enumerate(pairs) if i == 0 or p != pairs[i - 1])


def _plain(value: float, digits: int) -> str:
    return f"{round(float(value), digits) + 0.0:g}"


def simplify(points: np.ndarray, tolerance: float) -> np.ndarray:
    """Return a line with the points that matter by more than `tolerance` (Douglas and Peucker).

    First and last point stay. A ring, whose ends are one point, is cut where it is farthest away.
    """
    if len(points) < 3:
        return points
    if (points[0] == points[-1]).all():
        far = int(np.hypot(*(points - points[0]).T).argmax())
        if far == 0:
            return points[:1]
        halves = simplify(points[: far + 1], tolerance), simplify(points[far:], tolerance)
        return np.vstack([halves[0], halves[1][1:]])
    kept = np.zeros(len(points), dtype=bool)
    kept[[0, -1]] = True
    spans = [(0, len(points) - 1)]
    while spans:
        start, end = spans.pop()
        if end - start < 2:
            continue
        away = distances(points[start + 1 : end], points[start], points[end])
        at = int(away.argmax())
        if away[at] > tolerance:
            middle = start + 1 + at
            kept[middle] = True
            spans += [(start, middle), (middle, end)]
    return points[kept]


def distances(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return how far points lie from the straight line between two others."""
    along = end - start
    length = float(along @ along)
    if length == 0:
        return np.hypot(*(points - start).T)
    share = np.clip((points - start) @ along / length, 0, 1)
    return np.hypot(*(points - start - share[:, None] * along).T)


def clip_ring(ring: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """Return the part of a ring within a box (left, right, bottom, top), closed; may be empty.

    Sutherland and Hodgman's method: parts of the box's edge join what the box cuts.
    """
    left, right, bottom, top = box
    points = ring[:-1] if len(ring) and (ring[0] == ring[-1]).all() else ring
    for axis, limit, sign in ((0, left, 1), (0, right, -1), (1, bottom, 1), (1, top, -1)):
        points = _clip_edge(points, axis, limit, sign)
    return np.vstack([points, points[:1]]) if len(points) > 2 else np.empty((0, 2))


def _clip_edge(points: np.ndarray, axis: int, limit: float, sign: int) -> np.ndarray:
    out: list[np.ndarray] = []
    for here, after in zip(points, np.roll(points, -1, axis=0)):
        inside, stays = (sign * (point[axis] - limit) >= 0 for point in (here, after))
        if inside:
            out.append(here)
        if inside != stays:
            share = (limit - here[axis]) / (after[axis] - here[axis])
            out.append(here + share * (after - here))
    return np.array(out) if out else np.empty((0, 2))


def area(ring: np.ndarray) -> float:
    """Return the area of a closed ring, whichever way it runs."""
    x, y = ring.T
    return abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1])) / 2


def holds(ring: np.ndarray, point: tuple[float, float]) -> bool:
    """Tell whether a closed ring has a point within it."""
    (x, y), (px, py) = ring.T, point
    crosses = (y[1:] > py) != (y[:-1] > py)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (x[1:] - x[:-1]) * (py - y[:-1]) / (y[1:] - y[:-1]) + x[:-1]
    return bool((crosses & (px < at)).sum() % 2)


def conic(view: tuple[float, float, float, float]):
    """Return Lambert's conformal conic projection for a view: degrees → a plane, north up.

    Parameters
    ----------
    view : west, east, south, north. The standard parallels lie a sixth of its height from its
        southern and northern edge.
    """
    west, east, south, north = view
    middle = np.radians((west + east) / 2)
    low, high = np.radians(south + (north - south) / 6), np.radians(north - (north - south) / 6)
    stretch = lambda phi: np.tan(np.pi / 4 + phi / 2)  # noqa: E731
    cone = np.log(np.cos(low) / np.cos(high)) / np.log(stretch(high) / stretch(low))
    scale = np.cos(low) * stretch(low) ** cone / cone
    origin = scale / stretch(np.radians((south + north) / 2)) ** cone

    def project(points: np.ndarray) -> np.ndarray:
        lon, lat = np.radians(np.asarray(points, dtype=float)).T
        radius, angle = scale / stretch(lat) ** cone, cone * (lon - middle)
        return np.column_stack([radius * np.sin(angle), origin - radius * np.cos(angle)])

    return project
