"""Draw events on a line of time that runs downwards, one lane a domain."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from ledger.core.charts import tooltips
from ledger.core.charts.plots import new_axes
from ledger.core.charts.style import MARKERS, PALETTE, TEXT, WIDTH, entity_colours

SIZE = 9  # points of a letter
BESIDE = 0.06  # of a lane: an open dot is not hidden by a full one of the same days
MARGIN = 0.8  # inches of the height that hold no events


def timeline(events: pd.DataFrame, height: float = 6.0) -> Axes:
    """Draw events in lanes, each a dot with a label at its right.

    Parameters
    ----------
    events : a row an event, with columns `date` (datetime), `lane` (lanes stand in order of
        appearance, left first), `label` (a few short words, line breaks allowed; empty for a dot
        without words) and, if wanted, `date_end` (drawn as a bar), `sure` (bool; an event that is
        not is an open dot, and a legend says so), `event` (words of the tooltip in place of the
        label) and `precision` of the date (`day` or `month`).
    height : inches.

    Returns
    -------
    Axes. A label stands lower than its dot where another label of its lane is in the way.

    Raises
    ------
    ValueError
        When a column is missing or a label finds no room.
    """
    if missing := {"date", "lane", "label"} - set(events.columns):
        raise ValueError(f"a timeline needs the columns {sorted(missing)}")
    first, last = _span(events)
    inch = (last - first) / (height - MARGIN)  # time that an inch of height takes
    lanes = list(dict.fromkeys(events["lane"]))
    taken = entity_colours().values()
    inks = [ink for key, (ink, _) in PALETTE.items() if key not in taken]
    ax = _empty(height, len(lanes), first - 0.1 * inch, last + 0.1 * inch)
    for lane, name in enumerate(lanes):
        ink, free_from = inks[lane % len(inks)], first - inch
        _draw_lane(ax, lane, name, ink)
        own = events[events["lane"] == name].sort_values("date", kind="stable")
        for event in own.itertuples():
            _draw_event(ax, event, lane, name, ink)
            if not isinstance(event.label, str) or not event.label:
                continue
            half = inch * 0.08 * (1 + event.label.count("\n"))  # half the label's height
            at = max(event.date, free_from + half)
            free_from = at + half
            if _width(event.label, len(lanes)) > 0.9 or free_from > last + 0.3 * inch:
                where = f"the label {event.label!r} in lane {name!r}"
                raise ValueError(f"no room for {where}: give fewer or shorter ones")
            _draw_label(ax, event, lane, at, ink)
    if not events.get("sure", pd.Series(True)).all():
        _legend(ax)
    return ax


def _span(events: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    ends = events.get("date_end", events["date"])
    return events["date"].min(), max(events["date"].max(), ends.max())


def _empty(height: float, lanes: int, top: pd.Timestamp, bottom: pd.Timestamp) -> Axes:
    ax = new_axes(height)
    ax.set(xlim=(-0.05, lanes), ylim=(bottom, top), xticks=[])
    ax.yaxis.set_major_locator(AutoDateLocator(minticks=5, maxticks=10))
    locator = ax.yaxis.get_major_locator()
    ax.yaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    ax.spines["bottom"].set_visible(False)
    return ax


def _draw_lane(ax: Axes, lane: int, name: str, ink: str) -> None:
    ax.axvline(lane, color=ink, linewidth=1, zorder=1)
    ax.annotate(
        name,
        (lane, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-3, 4),
        textcoords="offset points",
        color=ink,
        size=SIZE,
        weight="bold",
    )


def _draw_event(ax: Axes, event, lane: int, name: str, ink: str) -> None:
    if pd.notna(getattr(event, "date_end", None)):
        ax.plot([lane, lane], [event.date, event.date_end], color=ink, linewidth=4, zorder=2)
    sure = getattr(event, "sure", True)
    (dot,) = ax.plot(
        lane if sure else lane - BESIDE,
        event.date,
        MARKERS[lane % len(MARKERS)],
        color=ink,
        markersize=6,
        clip_on=False,
        fillstyle="full" if sure else "none",
        zorder=3 if sure else 4,
    )
    words = getattr(event, "event", event.label)
    tooltips.set_tooltips(dot, [_when(event)], [words], series=name)


def _draw_label(ax: Axes, event, lane: int, at: pd.Timestamp, ink: str) -> None:
    ax.plot([lane, lane + 0.09], [event.date, at], color=ink, linewidth=0.8, zorder=1)
    ax.text(lane + 0.1, at, event.label, size=SIZE, color=TEXT, va="center", linespacing=1.05)


def _width(label: str, lanes: int) -> float:
    """Return the width of a label as a share of its lane."""
    return max(map(len, label.splitlines())) * SIZE / 72 * 0.6 / (WIDTH - 0.6) * lanes


def _legend(ax: Axes) -> None:
    for meaning, style in (("confirmed", "full"), ("reported, planned or not confirmed", "none")):
        ax.plot([], [], "o", color=TEXT, fillstyle=style, label=meaning)
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(0, -0.01),
        ncols=2,
        frameon=False,
        borderaxespad=0,
        handlelength=1.0,
        columnspacing=1.2,
        fontsize=SIZE,
    )


def _when(event) -> str:
    """Return the time of an event of a timeline, as text."""
    start, end = event.date, getattr(event, "date_end", None)
    if pd.isna(end) or end == start:
        return tooltips.format_date(start, getattr(event, "precision", "day"))
    last = tooltips.format_date(end)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{last}"
    return f"{tooltips.format_date(start)} to {last}"
