"""Extract tooltips (series, time or category, value, position) from matplotlib artists.

Labelled lines and scatters and all bars get tooltips; reference lines, bands and annotations do
not. What the axes cannot tell (the words of an event, say) a chart gives with `set_tooltips`.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.container import BarContainer

from ledger.core import text


def set_tooltips(artist, labels, values, series: str = "") -> None:
    """Give each point of a line or scatter a tooltip of its own.

    Parameters
    ----------
    artist : line or scatter.
    labels, values : for each point its time or category and its value, as text.
    series : name of all the points.

    Raises
    ------
    ValueError
        Unless each point has both.
    """
    is_scatter = isinstance(artist, PathCollection)
    points = artist.get_offsets() if is_scatter else artist.get_xdata()
    pairs = zip(points, labels, values, strict=True)
    artist.labels = [(_one_line(label), _one_line(value)) for _, label, value in pairs]
    artist.series = series


def set_categories(ax: Axes, axis: str, names) -> None:
    """Name the categories 0, 1, 2, … of the `x` or `y` axis, however few of them are printed."""
    ax.categories = {axis: [_one_line(name) for name in names]}


def extract(ax: Axes) -> dict:
    """Return the tooltips of the axes, once the figure has been laid out.

    Returns
    -------
    dict with `unit` of the values, empty where words stand for values; `down`, whether a series
    runs down the picture; `series`, name and points of each. A point is its place in the SVG (for
    a bar the middle), time or category, value and, for a bar, width and height.
    """
    series: dict[str, list] = {}
    worded = down = False
    for artist in _artists(ax):
        name, has_words = _name(artist), hasattr(artist, "labels")
        is_bar = isinstance(artist, BarContainer)
        if not (name or has_words or is_bar):
            continue
        points, runs_down = _bar_points(ax, artist) if is_bar else _points(ax, artist)
        if points:
            worded, down = worded or has_words, down or runs_down
            series.setdefault(name, []).extend(points)
    if worded:  # the dots of a lane stand under one another
        down = all(len({point[0] for point in points}) == 1 for points in series.values())
    return {
        "unit": "" if worded else _one_line(ax.figure.get_suptitle()),
        "down": down,
        "series": [[name, points] for name, points in series.items()],
    }


def format_value(value: float) -> str:
    """Return a value for a reader: whole numbers in full, others to four digits."""
    if math.isclose(value, round(value), rel_tol=1e-12, abs_tol=1e-12):
        printed = text.number(value)
    else:
        digits = max(0, 3 - math.floor(math.log10(abs(value))))
        printed = text.number(value, f"{{:,.{digits}f}}")
        printed = printed.rstrip("0").rstrip(".") if "." in printed else printed
    return printed


def format_date(date, precision: str = "day") -> str:
    """Return a date for a reader, to the `day`, `month` or `year`."""
    return text.date(date.isoformat()[: {"day": 10, "month": 7, "year": 4}[precision]])


def _artists(ax: Axes) -> list:
    bars = [container for container in ax.containers if isinstance(container, BarContainer)]
    scatters = [artist for artist in ax.collections if isinstance(artist, PathCollection)]
    return [*bars, *ax.lines, *scatters]


def _name(artist) -> str:
    if hasattr(artist, "labels"):
        return artist.series
    return "" if artist.get_label().startswith("_") else _one_line(artist.get_label())


def _one_line(words) -> str:
    return text.typographic(" ".join(str(words).split()))


def _points(ax: Axes, artist) -> tuple[list, bool]:
    if isinstance(artist, PathCollection):
        offsets = artist.get_offsets()
        xs, ys, as_given = offsets[:, 0], offsets[:, 1], offsets[:, 0]
    else:
        xs, ys = artist.get_xdata(orig=False), artist.get_ydata(orig=False)
        as_given = artist.get_xdata(orig=True)
    xs, ys = (np.ma.filled(np.ma.asarray(v, dtype=float), np.nan) for v in (xs, ys))
    points = []
    for x, y, words in zip(xs, ys, _texts(ax, artist, xs, ys, as_given)):
        if words and not math.isnan(x + y) and _in_view(ax, x, y):
            points.append([*_in_svg(ax, x, y), *words])
    return points, "y" in getattr(ax, "categories", {})


def _texts(ax: Axes, artist, xs, ys, as_given) -> list[tuple[str, str] | None]:
    """Return label and value of each point, None where the value is missing."""
    categories = getattr(ax, "categories", {})
    if hasattr(artist, "labels"):
        return artist.labels
    if "y" in categories:
        names = categories["y"]
        return [
            None if math.isnan(x) else (names[round(y)], format_value(x)) for x, y in zip(xs, ys)
        ]
    if "x" in categories:
        labels = [categories["x"][round(x)] for x in xs]
    else:
        labels = _labels(as_given)
    return [None if math.isnan(y) else (label, format_value(y)) for label, y in zip(labels, ys)]


def _bar_points(ax: Axes, bars: BarContainer) -> tuple[list, bool]:
    down = bars.orientation == "horizontal"
    names = getattr(ax, "categories", {}).get("y" if down else "x")
    points = []
    for bar, value in zip(bars.patches, bars.datavalues):
        if math.isnan(value):
            continue
        (left, low), (right, high) = bar.get_bbox().get_points()
        (x0, y0), (x1, y1) = _in_svg(ax, left, low), _in_svg(ax, right, high)
        at = (low + high) / 2 if down else (left + right) / 2
        label = names[round(at)] if names else f"{at:g}"
        middle = _tenth((x0 + x1) / 2), _tenth((y0 + y1) / 2)
        size = _tenth(abs(x1 - x0)), _tenth(abs(y1 - y0))
        points.append([*middle, label, format_value(float(value)), *size])
    return points, down


def _labels(values) -> list[str]:
    """Return places on the x axis as text: years as they are, dates to the shared precision."""
    if len(values) and pd.api.types.is_datetime64_any_dtype(pd.Index(values)):
        dates = pd.DatetimeIndex(values)
        monthly = len(dates) > 1 and (dates.day == 1).all()
        return [format_date(date, "month" if monthly else "day") for date in dates]
    return [f"{at:g}" if isinstance(at, (float, np.floating)) else _one_line(at) for at in values]


def _in_svg(ax: Axes, x: float, y: float) -> tuple[float, float]:
    """Return the position of a data point in the SVG, in points from the top left."""
    across, up = ax.figure.transFigure.inverted().transform(ax.transData.transform((x, y)))
    width, height = ax.figure.get_size_inches() * 72
    return _tenth(across * width), _tenth((1 - up) * height)


def _in_view(ax: Axes, x: float, y: float) -> bool:
    across, up = ax.transAxes.inverted().transform(ax.transData.transform((x, y)))
    return -0.01 <= across <= 1.01 and -0.01 <= up <= 1.01


def _tenth(value: float) -> float | int:
    value = round(float(value), 1)
    return int(value) if value == int(value) else value
