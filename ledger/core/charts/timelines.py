"""Draw events in time, above and below one axis of years."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num

from ledger.core.charts import tooltips
from ledger.core.charts.plots import new_axes
from ledger.core.charts.style import GRID, MARKERS, PALETTE, PAPER, TEXT, WIDTH, entity_colours

# In points
LETTER = 10  # 11 px on a phone 390 px wide
BAND = 10  # half the height of the band that holds the years
STEP = 15  # from one label to the one above it
AIR = 3  # left free about a label
DOT = 8  # across
REACH = 5  # from the middle of a dot to where it ends, a diamond too
BREADTH = 1 - 2 * REACH / 72 / WIDTH  # of the axes in their figure: a dot of the last day is whole
OPEN = {"o": "○", "s": "□", "D": "◇"}  # a marker and its letter where it is open


def _free_inks() -> list[str]:
    """Return the colours of the palette that stand for no entity."""
    taken = entity_colours().values()
    return [ink for key, (ink, _) in PALETTE.items() if key not in taken]


def _span(events: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    ends = events.get("date_end", events["date"])
    return events["date"].min(), max(events["date"].max(), ends.max())


def _when(event) -> str:
    """Return the time of an event, as text."""
    start, end = event.date, getattr(event, "date_end", None)
    if pd.isna(end) or end == start:
        return tooltips.format_date(start, getattr(event, "precision", "day"))
    last = tooltips.format_date(end)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{last}"
    return f"{tooltips.format_date(start)} to {last}"


def two_lanes(
    events: pd.DataFrame,
    height: float = 3.5,
    mark: tuple[pd.Timestamp, str] | None = None,
    above: float = 0.5,
) -> Axes:
    """Draw events above and below one axis of years: at its day a stem, a dot and a label.

    Dots of days that are close stand one above the other, so that each is seen and none is moved.

    Parameters
    ----------
    events : a row an event, with columns `date` (datetime), `lane` (two of them, the first stands
        above the axis; the lines after the first of its name are printed in plain letters), `label`
        (a few short words) and, if wanted, `date_end` (told in the tooltip), `sure` (bool; an event
        that is not is an open dot, and a legend says so), `event` (words of the tooltip in place of
        the label), `precision` of the date (`day` or `month`), `marker` (one of OPEN, in place
        of the lane's own; what it stands for the lane's name says) and `colour_of` (the lane whose
        colour it has, in place of its own).
    height : inches.
    mark : a date and words for it: a line below the axis that belongs to no lane.
    above : share of the height above the axis, from 0 to 1.

    Returns
    -------
    Axes of whole years; up and down are points from the axis.

    Raises
    ------
    ValueError
        When a column is missing, the lanes are not two or a label finds no room.
    """
    if missing := {"date", "lane", "label"} - set(events.columns):
        raise ValueError(f"two lanes need the columns {sorted(missing)}")
    lanes = list(dict.fromkeys(events["lane"]))
    if len(lanes) != 2:
        raise ValueError(f"two lanes are drawn, not {len(lanes)}: {', '.join(lanes)}")
    first, last = _span(events)
    ax = _years(height, above, first.year, last.year + 1)
    upper, lower = [], [_draw_mark(ax, *mark)] if mark else []
    if not events.get("sure", pd.Series(True)).all():
        used = set(events.get("marker", pd.Series(MARKERS[:2])))
        signs = " ".join(sign for marker, sign in OPEN.items() if marker in used)
        upper.append(_draw_key(ax, signs, lines_above=lanes[0].count("\n") + 1))
    inks = dict(zip(lanes, _free_inks()))
    for name, way, marker in zip(lanes, (1, -1), MARKERS):
        own = events[events["lane"] == name].sort_values("date", kind="stable")
        held = [_name_lane(ax, name, way, inks[name]), *(lower if way < 0 else upper)]
        for event, (side, level) in zip(own.itertuples(), _places(ax, own, name, way, held)):
            ink = inks[getattr(event, "colour_of", name)]
            _draw_flag(ax, event, side, way * _height(level), ink, getattr(event, "marker", marker))
    return ax


def stacked(places, least) -> list[int]:
    """Return a row for each dot of a line of time, so that none hides another.

    Parameters
    ----------
    places : where the dots stand along the line, as dates or numbers.
    least : how far apart two dots of a row are, a timedelta or a number.

    Returns
    -------
    The first row that is free: 0 for the line itself, 1 above it, -1 below, 2 above, and so on.
    """
    rows: list[int] = []
    for at in places:
        taken = {row for other, row in zip(places, rows) if abs(at - other) < least}
        order = sorted(range(-len(taken), len(taken) + 1), key=lambda row: (abs(row), row < 0))
        rows.append(next(row for row in order if row not in taken))
    return rows


def _years(height: float, above: float, first: int, after: int) -> Axes:
    """Return axes that fill their figure, with a band of years across it."""
    ax = new_axes(height)
    ax.figure.set_layout_engine("none")
    points = height * 72
    start, end = pd.Timestamp(f"{first}-01-01"), pd.Timestamp(f"{after}-01-01")
    ax.set(
        position=[(1 - BREADTH) / 2, 0, BREADTH, 1],
        xlim=(start, end),
        ylim=((above - 1) * points, above * points),
        xticks=[],
        yticks=[],
    )
    ax.spines["bottom"].set_visible(False)
    for edge in (-BAND, BAND):
        ax.axhline(edge, color=TEXT, linewidth=1, zorder=1)
    for year in range(first, after):
        new_year = pd.Timestamp(f"{year}-01-01")
        ax.plot([new_year] * 2, [-BAND, BAND], color=GRID, linewidth=1, zorder=0)
        middle = new_year + pd.Timedelta(days=183)
        ax.text(middle, 0, year, size=LETTER, color=TEXT, ha="center", va="center")
    return ax


def _draw_mark(ax: Axes, date: pd.Timestamp, words: str) -> tuple:
    """Draw a line that belongs to no lane, and return the box of its words."""
    level, reach = -_height(0), -_height(0) + STEP / 2
    ax.plot([date] * 2, [reach, BAND], color=TEXT, linewidth=1, linestyle=(0, (2, 2)), zorder=2)
    style = {"size": LETTER, "color": TEXT, "ha": "center", "va": "center"}
    return _box(ax, ax.text(date, level, words, **style))


def _name_lane(ax: Axes, name: str, way: int, ink: str) -> tuple:
    """Write a lane's name at its far edge, and return the box of it."""
    title, *plain = name.split("\n")
    at = way * (_room(ax, way) - 2) + (STEP * len(plain) if way < 0 else 0)
    style = {"size": LETTER, "ha": "left", "va": "top" if way > 0 else "bottom"}
    left = ax.get_xlim()[0]
    texts = [ax.text(left, at, title, weight="bold", color=ink, **style)]
    for row, words in enumerate(plain, start=1):
        texts.append(ax.text(left, at - STEP * row, words, color=TEXT, **style))
    lefts, lows, rights, tops = zip(*(_box(ax, text) for text in texts))
    return min(lefts), min(lows), max(rights), max(tops)


def _room(ax: Axes, way: int) -> float:
    """Return the points from the axis of years to the edge above it (1) or below it (-1)."""
    low, high = ax.get_ylim()
    return float(high if way > 0 else -low)


def _height(level: int) -> float:
    """Return how far from the axis a dot and the middle of its label stand."""
    return BAND + 15 + level * STEP


def _box(ax: Axes, text) -> tuple[float, float, float, float]:
    """Return left, lower, right and upper end of a text: days and points, with air about it."""
    extent = text.get_window_extent().transformed(ax.transData.inverted())
    air = AIR * _day(ax)
    return extent.x0 - air, extent.y0 - 1, extent.x1 + air, extent.y1 + 1


def _day(ax: Axes) -> float:
    """Return the days that a point of width takes."""
    left, right = ax.get_xlim()
    return (right - left) / (BREADTH * WIDTH * 72)


def _places(ax: Axes, events: pd.DataFrame, lane: str, way: int, held: list[tuple]) -> list[tuple]:
    """Return side and level of each label: as few levels as there can be, and nothing crossed."""
    dates = [float(date2num(date)) for date in events["date"]]
    wide = [float(_letters(ax, label)) for label in events["label"]]
    room = _room(ax, way)
    reach, (left, right) = REACH * float(_day(ax)), map(float, ax.get_xlim())
    ends = left - reach, right + reach
    free: list[list[tuple]] = [[] for _ in dates]  # places that only other labels can forbid
    level = 0
    while _height(level) + STEP / 2 <= room:
        for places, date, width in zip(free, dates, wide):
            boxes = [_flag_box(reach, date, width, side, way * _height(level)) for side in (1, -1)]
            places += [
                (side, level, box)
                for side, box in zip((1, -1), boxes)
                if ends[0] <= box[0] and box[2] <= ends[1] and not any(_meet(box, h) for h in held)
            ]
        if found := _search(free, reach, dates):
            return [(side, level) for side, level, _ in found]
        level += 1
    raise ValueError(f"no room for the labels of lane {lane!r}: give fewer or shorter ones")


def _letters(ax: Axes, label: str) -> float:
    """Return the width of a label in days."""
    text = ax.text(ax.get_xlim()[0], 0, label, size=LETTER)
    left, _, right, _ = _box(ax, text)
    text.remove()
    return right - left


def _search(free: list[list[tuple]], reach: float, dates: list[float]) -> list[tuple] | None:
    """Return a place of each label, of those that are `free` for it, the lowest first, or None.

    A place is a side, a level and the box there; `reach` is that of a dot, in days. What a place
    forbids later labels is left out at once: a label without any place left ends a vain search.
    """
    if not dates:
        return []
    for place in free[0]:
        left = [
            [later for later in places if _go_together(place, later, dates[0], date, reach)]
            for places, date in zip(free[1:], dates[1:])
        ]
        if all(left) and (found := _search(left, reach, dates[1:])) is not None:
            return [place, *found]
    return None


def _flag_box(reach: float, date: float, width: float, side: int, height: float) -> tuple:
    """Return the box of a dot and its label."""
    near, far = date - side * reach, date + side * (reach + width)
    return min(near, far), height - STEP / 2, max(near, far), height + STEP / 2


def _go_together(one: tuple, other: tuple, date: float, later: float, reach: float) -> bool:
    """Whether two dots and labels hide nothing of one another, and no label a stem.

    A dot may stand on a stem.
    """
    (_, level, box), (_, height, other_box) = one, other
    if _meet(box, other_box):
        return False
    if abs(later - date) < reach:
        return True
    if level > height and other_box[0] < date < other_box[2]:
        return False
    return not (height > level and box[0] < later < box[2])


def _meet(one: tuple, other: tuple) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _draw_flag(ax: Axes, event, side: int, height: float, ink: str, marker: str) -> None:
    edge = BAND if height > 0 else -BAND
    ax.plot([event.date] * 2, [edge, height], color=ink, linewidth=1, zorder=1)
    if pd.notna(getattr(event, "date_end", None)):
        ax.plot([event.date, event.date_end], [edge] * 2, color=ink, linewidth=4, zorder=2)
    (dot,) = ax.plot(
        event.date,
        height,
        marker,
        color=ink,
        markersize=DOT * (0.85 if marker == "D" else 1),
        markerfacecolor=ink if getattr(event, "sure", True) else PAPER,
        zorder=3,
        clip_on=False,
    )
    words = getattr(event, "event", event.label)
    tooltips.set_tooltips(dot, [_when(event)], [words], series=event.lane.split("\n")[0])
    beside = event.date + side * pd.Timedelta(days=(REACH + AIR) * _day(ax))
    place = {"ha": "left" if side > 0 else "right", "va": "center"}
    ax.text(beside, height, event.label, size=LETTER, color=TEXT, **place)


def _draw_key(ax: Axes, signs: str, lines_above: int) -> tuple:
    """Say under the name of the first lane what open dots are, and return the box of it."""
    left, top = ax.get_xlim()[0], ax.get_ylim()[1]
    style = {"size": LETTER, "color": TEXT, "ha": "left", "va": "top"}
    words = f"{signs} hollow: not confirmed"
    return _box(ax, ax.text(left, top - 2 - STEP * lines_above, words, **style))
