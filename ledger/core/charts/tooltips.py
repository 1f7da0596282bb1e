"""What a chart's points and bars say when a reader points at them: read from the axes before they are drawn away.

Lines and scatters speak when they carry a label, bars always; guide lines, bands and words written into a chart do not. What the
place on the axes cannot tell (the words of an event, say) a chart gives with `say`.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.container import BarContainer


def say(drawn, at, what, series: str = "") -> None:
    """Have each point of a line or scatter say `at` (its time or place) and `what`, both texts; `series` names them all.

    Raises ValueError unless each point has both.
    """
    points = drawn.get_offsets() if isinstance(drawn, PathCollection) else drawn.get_xdata()
    drawn.says = [(_plain(a), _plain(w)) for _, a, w in zip(points, at, what, strict=True)]
    drawn.said_as = series


def name_places(ax: Axes, axis: str, names) -> None:
    """Note the names of the places 0, 1, 2, … on the `x` or `y` axis: those of the categories, however few are printed."""
    ax.places = {axis: [_plain(name) for name in names]}


def of(ax: Axes) -> dict:
    """Return what the axes' points and bars say, once the figure has been laid out.

    `unit`: what the values are in, empty where words stand for values; `down`: whether a series runs down the picture instead of
    along it; `series`: name and points of each. A point is its place in the SVG (points; for a bar that of its middle), time or
    category as printed, value as printed and, for a bar, width and height.
    """
    artists = [
        *(c for c in ax.containers if isinstance(c, BarContainer)),
        *ax.lines,
        *(c for c in ax.collections if isinstance(c, PathCollection)),
    ]
    series: dict[str, list] = {}
    worded = down = False
    for artist in artists:
        said = hasattr(artist, "says")
        name = (
            artist.said_as
            if said
            else ""
            if artist.get_label().startswith("_")
            else _plain(artist.get_label())
        )
        if not (name or said or isinstance(artist, BarContainer)):
            continue
        points, runs_down = (
            _of_bars(ax, artist) if isinstance(artist, BarContainer) else _of_points(ax, artist)
        )
        if points:
            worded, down = worded or said, down or runs_down
            series.setdefault(name, []).extend(points)
    if worded:  # the dots of a lane stand under one another
        down = all(len({point[0] for point in points}) == 1 for points in series.values())
    return {
        "unit": "" if worded else _plain(ax.figure.get_suptitle()),
        "down": down,
        "series": [[name, points] for name, points in series.items()],
    }


def reading(value: float) -> str:
    """Write a value as a reader expects it: whole numbers in full, others to four digits, thousands apart, a minus that is one."""
    if math.isclose(value, round(value), rel_tol=1e-12, abs_tol=1e-12):
        text = f"{value:,.0f}"
    else:
        text = f"{value:,.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−") if text != "-0" else "0"


def moment(date, precision: str = "day") -> str:
    """Write a date as a reader expects it, to the `day`, `month` or `year`."""
    return {"day": f"{date.day} {date:%B %Y}", "month": f"{date:%B %Y}", "year": f"{date:%Y}"}[
        precision
    ]


def _plain(text) -> str:
    return " ".join(str(text).split())


def _of_points(ax: Axes, artist) -> tuple[list, bool]:
    if isinstance(artist, PathCollection):
        told = artist.get_offsets()
        xs, ys, printed = told[:, 0], told[:, 1], told[:, 0]
    else:
        xs, ys, printed = (
            artist.get_xdata(orig=False),
            artist.get_ydata(orig=False),
            artist.get_xdata(orig=True),
        )
    xs, ys = (np.ma.filled(np.ma.asarray(each, dtype=float), np.nan) for each in (xs, ys))
    places = getattr(ax, "places", {})
    if hasattr(artist, "says"):
        texts = artist.says
    elif "y" in places:
        texts = [
            (places["y"][round(y)], reading(x)) if not math.isnan(x) else None
            for x, y in zip(xs, ys)
        ]
    elif "x" in places:
        texts = [
            (places["x"][round(x)], reading(y)) if not math.isnan(y) else None
            for x, y in zip(xs, ys)
        ]
    else:
        texts = [
            (along, reading(y)) if not math.isnan(y) else None
            for along, y in zip(_along(printed), ys)
        ]
    points = []
    for x, y, text in zip(xs, ys, texts):
        if text and not math.isnan(x + y) and _in_view(ax, x, y):
            points.append([*_place(ax, x, y), *text])
    return points, "y" in places


def _of_bars(ax: Axes, bars: BarContainer) -> tuple[list, bool]:
    down = bars.orientation == "horizontal"
    names = getattr(ax, "places", {}).get("y" if down else "x")
    points = []
    for bar, value in zip(bars.patches, bars.datavalues):
        if math.isnan(value):
            continue
        (left, low), (right, high) = bar.get_bbox().get_points()
        (x0, y0), (x1, y1) = _place(ax, left, low), _place(ax, right, high)
        at = (low + high) / 2 if down else (left + right) / 2
        along = names[round(at)] if names else f"{at:g}"
        points.append(
            [
                _tenth((x0 + x1) / 2),
                _tenth((y0 + y1) / 2),
                along,
                reading(float(value)),
                _tenth(abs(x1 - x0)),
                _tenth(abs(y1 - y0)),
            ]
        )
    return points, down


def _along(printed) -> list[str]:
    """Write the places on the x axis: years as they are, dates to the precision that they all share."""
    if len(printed) and pd.api.types.is_datetime64_any_dtype(pd.Index(printed)):
        dates = pd.DatetimeIndex(printed)
        monthly = len(dates) > 1 and (dates.day == 1).all()
        return [moment(date, "month" if monthly else "day") for date in dates]
    return [f"{at:g}" if isinstance(at, (float, np.floating)) else _plain(at) for at in printed]


def _place(ax: Axes, x: float, y: float) -> tuple[float, float]:
    """Return where a point of the axes lies in the SVG, whose unit is the point and whose y runs down."""
    across, up = ax.figure.transFigure.inverted().transform(ax.transData.transform((x, y)))
    width, height = ax.figure.get_size_inches() * 72
    return _tenth(across * width), _tenth((1 - up) * height)


def _in_view(ax: Axes, x: float, y: float) -> bool:
    across, up = ax.transAxes.inverted().transform(ax.transData.transform((x, y)))
    return -0.01 <= across <= 1.01 and -0.01 <= up <= 1.01


def _tenth(number: float) -> float | int:
    number = round(float(number), 1)
    return int(number) if number == int(number) else number
