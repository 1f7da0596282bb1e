"""Draw a map: outlines of countries, lines and places on them, with labels that find their room.

What is drawn comes from tables; which countries, lines and places, a chapter says.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from ledger.core.charts import geometry, tooltips
from ledger.core.charts.plots import new_axes
from ledger.core.charts.style import DASHES, GRID, PALETTE, PAPER, TEXT, WIDTH, colours

SIZE = 10  # points of a letter: 11 px on a phone 390 px wide
LAND, TINT = 0.55, 0.18  # how much of the colour land and a tinted country have
DETAIL = 0.8  # points that an outline may be moved when it is drawn
STEP = 0.5  # points to which an outline is rounded: short steps make a light picture
STYLES = {"solid": "-", "dashed": DASHES, "dotted": (0, (1, 2.2))}
MARKERS = {"dot": "o", "square": "s", "triangle": "^", "diamond": "D", "star": "*"}
ROW = 0.19  # inches of a row of the legend
# where a label may stand about its point: horizontally and vertically, best first
SIDES = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))
AWAY = (4, 13, 24)  # points between a label and its point; from the second on a line joins them
# what it costs to cover a label, to cover a line, to stand farther away, beside another place
HIT, CROSSED, FAR, BESIDE = 1000, 20, 12, 40
RADIUS = 3.2  # points of a place
NEAR = 6  # points from another place that are too few


def map_of(
    shapes: pd.DataFrame,
    view: tuple[float, float, float, float],
    tints: dict[str, str],
    lines: pd.DataFrame,
    places: pd.DataFrame,
    names: dict[str, tuple[float, float]],
    styles: dict[str, tuple[str, str]],
) -> Axes:
    """Draw a map in Lambert's conformal conic projection.

    Parameters
    ----------
    shapes : rows with `kind` ("country", or another word for a line that is drawn dotted),
        `country` and `line`, "lon lat,lon lat,…" in degrees.
    view : west, east, south, north in degrees; west and east hold half-way up.
    tints : countries to be tinted, by their code in `shapes`: the name that has the colour.
    lines : rows with `line` as above, `group` (a key of `styles`), `width` (points), `label`
        (written beside it; empty for none), `name` and `value` (its tooltip).
    places : rows with `lon`, `lat`, `group`, `label`, `name` and `value`, likewise.
    names : words of countries and seas: where their middle is to stand, in degrees. A line break
        divides them; they give way to other labels.
    styles : each group of lines or places, in the legend's order, in which their labels find their
        room, too: a colour of the palette (or
        "ink") and solid, dashed or dotted, for places a marker; "open" before a marker's name
        leaves it empty. A kind of `shapes` that is to be in the legend stands here too.

    Returns
    -------
    Axes. Labels stand where they cover neither another label nor a place.

    Raises
    ------
    ValueError
        When a label finds no room, or a group has no style.
    """
    groups = [*lines.get("group", []), *places.get("group", [])]
    if missing := sorted(set(groups) - styles.keys()):
        raise ValueError(f"a map needs a style for each group; there is none for {missing}")
    shown = [group for group in styles if group in {*groups, *shapes["kind"]}]
    project = geometry.conic(view)
    ax = _empty(view, project, -(-len(shown) // 2))
    board = _Board(ax)
    _draw_land(ax, shapes, project, tints, board)
    routes = _draw_lines(ax, lines, project, styles, board)
    spots = _draw_places(ax, places, project, styles, board)
    labels = [(row, board.around(point)) for point, row in spots]
    labels += [(row, board.along(points)) for points, row in routes if row.label]
    for row, candidates in sorted(labels, key=lambda label: shown.index(label[0].group)):
        board.write(row.label, _label_ink(*styles[row.group]), candidates)
    for words, at in names.items():
        board.write_name(words, ax.transData.transform(project([at]))[0])
    _legend(ax, {group: styles[group] for group in shown})
    return ax


def _empty(view: tuple, project, rows: int) -> Axes:
    """Return axes that fill the figure's width, above room for the legend's rows."""
    west, east, south, north = view
    middle = (west + east) / 2
    right = project([(east, (south + north) / 2)])[0, 0]
    bottom, top = project([(middle, south), (middle, north)])[:, 1]
    below = ROW * rows + (0.08 if rows else 0)
    high = WIDTH * (top - bottom) / (2 * right)
    ax = new_axes(high + below)
    figure = ax.figure
    figure.set_layout_engine("none")
    figure.set_dpi(72)  # a unit of the screen is a point
    ax.set_position((0, below / (high + below), 1, high / (high + below)))
    ax.set(xlim=(-right, right), ylim=(bottom, top), xticks=[], yticks=[])
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set(visible=True, color=GRID, linewidth=0.8)
    return ax


def _draw_land(
    ax: Axes, shapes: pd.DataFrame, project, tints: dict[str, str], board: _Board
) -> None:
    """Draw countries, the largest first, so that none hides what lies within it; other lines."""
    inks = dict(zip(tints, colours(list(tints.values())))) if tints else {}
    bottom_left, top_right = ax.transData.transform(
        [(ax.get_xlim()[0], ax.get_ylim()[0]), (ax.get_xlim()[1], ax.get_ylim()[1])]
    )
    box = (bottom_left[0] - 1, top_right[0] + 1, bottom_left[1] - 1, top_right[1] + 1)
    rings = []
    for row in shapes[shapes["kind"] == "country"].itertuples():
        points = ax.transData.transform(project(geometry.parse(row.line)))
        ring = geometry.simplify(geometry.clip_ring(points, box), DETAIL)
        if len(ring) > 3:
            rings.append((geometry.area(ring), row.country, np.round(ring / STEP) * STEP))
    back = ax.transData.inverted()
    rings.sort(key=lambda each: -each[0])
    for ink, same in itertools.groupby(rings, key=lambda each: inks.get(each[1])):
        paths = [Path(back.transform(ring), closed=True) for _, _, ring in same]
        style = {"facecolor": (ink, TINT) if ink else (GRID, LAND), "edgecolor": PAPER}
        ax.add_patch(PathPatch(Path.make_compound_path(*paths), linewidth=0.8, **style))
    for row in shapes[shapes["kind"] != "country"].itertuples():
        x, y = project(geometry.parse(row.line)).T
        ax.plot(x, y, color=TEXT, linewidth=1, linestyle=STYLES["dotted"], zorder=1.5)
        board.add_line(_dense(ax.transData.transform(np.column_stack([x, y]))))
    ax.set(xlim=ax.get_xlim(), ylim=ax.get_ylim())


def _draw_lines(ax: Axes, lines: pd.DataFrame, project, styles: dict, board: _Board) -> list:
    """Draw lines; return each one's places on the screen, as far as it is seen, and its row."""
    routes: dict[str, tuple[np.ndarray, object]] = {}
    marks: dict[str, list] = {}
    for row in lines.itertuples():
        colour, style = styles[row.group]
        x, y = project(geometry.parse(row.line)).T
        drawn = {"color": _ink(colour), "linestyle": STYLES[style], "linewidth": row.width}
        ax.plot(x, y, zorder=2, solid_capstyle="round", **drawn)
        points = board.seen(_dense(ax.transData.transform(np.column_stack([x, y]))))
        board.add_line(points)
        if row.name not in routes or len(points) > len(routes[row.name][0]):
            routes[row.name] = (points, row)  # parts of one line have one label and tooltip
    for points, row in routes.values():
        if len(points):
            marks.setdefault(row.group, []).append((points[len(points) // 2], row))
    for group, found in marks.items():
        _set_tooltips(ax, group, found)
    return [(points, row) for points, row in routes.values() if len(points)]


def _draw_places(ax: Axes, places: pd.DataFrame, project, styles: dict, board: _Board) -> list:
    spots = []
    for group in dict.fromkeys(places["group"]):
        own = places[places["group"] == group]
        own = own.iloc[project(own[["lon", "lat"]].to_numpy())[:, 0].argsort()]
        rows = list(own.itertuples())  # from west to east, as the arrow keys go
        at = ax.transData.transform(project(own[["lon", "lat"]].to_numpy()))
        x, y = ax.transData.inverted().transform(at).T
        (drawn,) = ax.plot(x, y, linestyle="none", zorder=3, **_marker(*styles[group]))
        names, values = zip(*((row.name, row.value) for row in rows))
        tooltips.set_tooltips(drawn, names, values, series=group)
        board.taken += [_box(*point, RADIUS, RADIUS) for point in at]
        board.spots = np.vstack([board.spots, at])
        spots += [(point, row) for point, row in zip(at, rows) if row.label]
    return spots


def _set_tooltips(ax: Axes, group: str, found: list) -> None:
    """Give a group of lines its tooltips, at a point of each, which is not drawn."""
    found = sorted(found, key=lambda each: each[0][0])  # from west to east
    x, y = ax.transData.inverted().transform([point for point, _ in found]).T
    (unseen,) = ax.plot(x, y, linestyle="none")
    names, values = zip(*((row.name, row.value) for _, row in found))
    tooltips.set_tooltips(unseen, names, values, series=group)


def _ink(colour: str) -> str:
    return TEXT if colour == "ink" else PALETTE[colour][0]


def _label_ink(colour: str, style: str) -> str:
    """Return a line's colour for the name of a line, black for that of a place."""
    return _ink(colour) if style in STYLES else TEXT


def _marker(colour: str, name: str) -> dict:
    empty = name.startswith("open ")
    return {
        "marker": MARKERS[name.removeprefix("open ")],
        "markersize": 6,
        "color": _ink(colour),
        "markerfacecolor": PAPER if empty else _ink(colour),
        "markeredgecolor": _ink(colour) if empty else PAPER,
        "markeredgewidth": 1.3 if empty else 0.7,
    }


def _dense(points: np.ndarray) -> np.ndarray:
    """Return points of the screen along a line, none farther from the next than three."""
    pieces = [points[:1]]
    for start, end in itertools.pairwise(points):
        steps = max(1, int(np.hypot(*(end - start)) / 3))
        pieces.append(start + (end - start) * (np.arange(1, steps + 1) / steps)[:, None])
    return np.vstack(pieces)


def _legend(ax: Axes, styles: dict[str, tuple[str, str]]) -> None:
    """Explain the groups below the map, in two columns."""
    if not styles:
        return
    handles = [
        Line2D([], [], color=_ink(colour), linestyle=STYLES[style], linewidth=2)
        if style in STYLES
        else Line2D([], [], linestyle="none", **_marker(colour, style))
        for colour, style in styles.values()
    ]
    ax.legend(
        handles,
        [group[:1].upper() + group[1:] for group in styles],
        loc="upper left",
        bbox_to_anchor=(0, 0),
        ncols=2,
        frameon=False,
        borderaxespad=0,
        borderpad=0.35,
        labelspacing=0.3,
        handlelength=1.9,
        handletextpad=0.5,
        columnspacing=1,
        fontsize=SIZE,
    )


def _box(x: float, y: float, across: float, up: float) -> tuple[float, float, float, float]:
    return x - across, x + across, y - up, y + up


class _Board:
    """What stands on a map already, in points, and where a label still finds room."""

    def __init__(self, ax: Axes):
        self.ax = ax
        (left, bottom), (right, top) = ax.get_window_extent().get_points()
        self.frame = (left + 2, right - 2, bottom + 2, top - 2)
        self.taken: list[tuple] = []  # boxes of labels and places: left, right, bottom, top
        self.labels: list[tuple] = []  # those of labels
        self.lines = np.empty((0, 3))  # points along lines, and the number of each one's line
        self.spots = np.empty((0, 2))  # of places
        self.renderer = ax.figure.canvas.get_renderer()

    def seen(self, points: np.ndarray) -> np.ndarray:
        """Return the points that lie on the map."""
        left, right, bottom, top = self.frame
        x, y = points.T
        return points[(x > left) & (x < right) & (y > bottom) & (y < top)]

    def add_line(self, points: np.ndarray) -> None:
        """Take a line into account, given by dense points on the map."""
        number = len(np.unique(self.lines[:, 2]))
        self.lines = np.vstack(
            [self.lines, np.column_stack([points, np.full(len(points), number)])]
        )

    def around(self, point: np.ndarray) -> list[tuple]:
        """Return where a label may stand about a place: point, side, distance, cost."""
        return [
            (point, side, away, FAR * step + rank)
            for step, away in enumerate(AWAY)
            for rank, side in enumerate(SIDES)
        ]

    def along(self, points: np.ndarray) -> list[tuple]:
        """Return where a label may stand beside a line, best near its middle."""
        middle = len(points) / 2
        return [
            (points[i], side, away, FAR * step + 8 * abs(i - middle) / middle + rank / 2)
            for step, away in enumerate(AWAY)
            for i in range(0, len(points), 3)
            for rank, side in enumerate(SIDES)
        ]

    def write(self, label: str, ink: str, candidates: list[tuple]) -> None:
        """Write a label where it costs least. Raises ValueError where it finds no room."""
        words = self.ax.text(0, 0, label, size=SIZE, color=ink, zorder=4, linespacing=1)
        size = self._size(words)
        cost, (point, side, away, _) = self._cheapest(candidates, size)
        if cost >= HIT:
            raise ValueError(f"no room for the label {label!r}: leave it out or widen the view")
        across, up = side
        at = point + away * np.array(side)
        words.set(
            position=self.ax.transData.inverted().transform(at),
            ha={1: "left", 0: "center", -1: "right"}[across],
            va={1: "bottom", 0: "center", -1: "top"}[up],
        )
        self.labels.append(_beside(point, side, away, size))
        self.taken.append(self.labels[-1])
        if away > AWAY[0]:
            ends = self.ax.transData.inverted().transform([point, at])
            self.ax.plot(*ends.T, color=ink, linewidth=0.7, zorder=2.5)

    def _cheapest(self, candidates: list[tuple], size: tuple) -> tuple[float, tuple]:
        """Return the least cost of a label and where it has it, the first of equals.

        Those that cost more by their place alone than one that was found are not looked at.
        """
        found = (math.inf, len(candidates))
        for i in sorted(range(len(candidates)), key=lambda i: candidates[i][3]):
            if candidates[i][3] > found[0]:
                break
            cost = self._cost_beside(*candidates[i][:3], size) + candidates[i][3]
            found = min(found, (cost, i))
        return found[0], candidates[found[1]]

    def write_name(self, name: str, at: np.ndarray) -> None:
        """Write the name of a country or a sea at a point or, where that is taken, near it."""
        style = {"ha": "center", "va": "center", "linespacing": 1.05, "color": PALETTE["grey"][0]}
        words = self.ax.text(0, 0, name, size=SIZE, zorder=2.5, style="italic", **style)
        width, height = self._size(words)
        shifts = [(dx, dy) for dx in range(-40, 41, 5) for dy in range(-40, 41, 5)]
        cost, shift = min(
            (
                self._cost(_box(*(at + shift), width / 2, height / 2)) + np.hypot(*shift) / 3,
                shift,
            )
            for shift in shifts
        )
        if cost >= HIT:
            raise ValueError(f"no room for the name {name!r}: leave it out or place it elsewhere")
        words.set_position(self.ax.transData.inverted().transform(at + shift))
        self.taken.append(_box(*(at + shift), width / 2, height / 2))

    def _size(self, words) -> tuple[float, float]:
        extent = words.get_window_extent(self.renderer)
        return extent.width, extent.height

    def _cost_beside(self, point: np.ndarray, side: tuple, away: float, size: tuple) -> float:
        """Return what a label costs on a side of its point, with the line that joins the two."""
        box = left, right, bottom, top = _beside(point, side, away, size)
        cost = self._cost(box)
        others = self.spots[(abs(self.spots - point) > 1).any(axis=1)]
        x, y = others.T
        gaps = np.hypot(
            np.maximum(0, np.maximum(left - x, x - right)),
            np.maximum(0, np.maximum(bottom - y, y - top)),
        )
        cost += BESIDE * (gaps < NEAR).sum()
        if away > AWAY[0]:
            for step in np.arange(3, away, 2):
                x, y = point + step * np.array(side)
                cost += BESIDE * (np.hypot(*(others - (x, y)).T) < RADIUS + 1).sum()
                cost += BESIDE * sum(b[0] < x < b[1] and b[2] < y < b[3] for b in self.labels)
        return cost

    def _cost(self, box: tuple) -> float:
        """Return what a label costs in a box: what it would cover, and how near it would stand."""
        left, right, bottom, top = box
        frame = self.frame
        if left < frame[0] or right > frame[1] or bottom < frame[2] or top > frame[3]:
            return 2 * HIT
        hit = sum(
            left < other[1] + 1 and right > other[0] - 1 and bottom < other[3] and top > other[2]
            for other in self.taken
        )
        x, y, numbers = self.lines.T
        crossed = len(np.unique(numbers[(x > left) & (x < right) & (y > bottom) & (y < top)]))
        return HIT * hit + CROSSED * crossed


def _beside(point: np.ndarray, side: tuple[int, int], away: float, size: tuple) -> tuple:
    """Return the box of a label that stands on a side of a point."""
    (x, y), (width, height) = point + away * np.array(side), size
    across, up = side
    left = {1: x, 0: x - width / 2, -1: x - width}[across]
    bottom = {1: y, 0: y - height / 2, -1: y - height}[up]
    return left, left + width, bottom, bottom + height
