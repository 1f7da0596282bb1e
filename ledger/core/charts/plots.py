"""Draw charts in the house style: each function returns matplotlib Axes, to which a chapter may
add before it hands them to `publish`."""

from __future__ import annotations

import textwrap

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ledger.core import text
from ledger.core.charts import tooltips
from ledger.core.charts.style import (
    DASHES,
    FULL,
    MARKERS,
    PALETTE,
    PAPER,
    RC,
    TEXT,
    VERDICTS,
    WIDTH,
    colours,
    entity_colour,
    entity_colours,
    fill_style,
    fills,
    verdict,
    with_glyph,
)

matplotlib.rcdefaults()  # a matplotlibrc of this machine is no input of the book
matplotlib.rcParams.update(RC)
LETTERS = 42  # that fit side by side below an axis
UNIT_AT = 0.012  # of the width: where a unit begins, and how near to the end it comes


def new_axes(height: float = 3.0, unit: str = "") -> Axes:
    """Return empty axes in the house style.

    Parameters
    ----------
    height : inches; the width is always `style.WIDTH`.
    unit : written above the y axis, in as many lines as it needs.
    """
    figure = Figure(figsize=(WIDTH, height))  # not pyplot's, which keeps all that it makes
    FigureCanvasAgg(figure)
    ax = figure.subplots()
    if unit:
        _write_unit(figure, unit)
    ax.yaxis.set_major_formatter(FuncFormatter(_thousands))
    return ax


def _write_unit(figure: Figure, unit: str) -> None:
    """Write a unit at the top of a figure; a word that would leave it begins a line."""
    title = figure.suptitle(unit, x=UNIT_AT, horizontalalignment="left", fontsize=10, color=TEXT)
    end = figure.bbox.x1 * (1 - UNIT_AT)
    if title.get_window_extent().x1 <= end:  # to measure text takes long
        return
    words = unit.split(" ")
    lines = [words[0]]
    for word in words[1:]:
        title.set_text(f"{lines[-1]} {word}")
        if title.get_window_extent().x1 > end:
            lines.append(word)
        else:
            lines[-1] += f" {word}"
    title.set_text("\n".join(lines))


def _check_values(values: pd.DataFrame | pd.Series, kind: type) -> None:
    """Raise ValueError for what cannot be drawn: of another kind, empty or without a value."""
    if not isinstance(values, kind):
        made = f"a {type(values).__name__}, and must be a {kind.__name__}"
        raise ValueError(f"what is drawn is {made}. Make one: pd.{kind.__name__}(…)")
    if values.empty or values.isna().all(axis=None):
        raise ValueError("what is drawn has no values. Look at the rows that the cell picks")


def _check_time(index: pd.Index) -> None:
    """Raise ValueError where an index is not years or dates, each once and in order."""
    if not pd.api.types.is_numeric_dtype(index) and index.dtype.kind != "M":
        raise ValueError(f"the index of lines is {index.dtype}. Make it whole years or dates")
    if getattr(index, "tz", None):
        raise ValueError("the dates of lines have a time zone. Drop it: tz_localize(None)")
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        raise ValueError(f"the index of lines has {twice} twice. Make each series a column")
    if not index.is_monotonic_increasing:
        raise ValueError("the index of lines is not in order. Sort it: sort_index()")


def lines(
    frame: pd.DataFrame,
    unit: str,
    height: float = 3.0,
    markers: bool = True,
    labels: bool = True,
) -> Axes:
    """Draw one line a column, each labelled at its end.

    A second series of the same entity has its colour, dashed.

    Parameters
    ----------
    frame : index of years or dates, one column a series, named as printed. Gaps stay gaps.
    unit : written above the y axis.
    height : inches.
    markers : whether series differ by marker as well as by colour.
    labels : whether a series' name is written at its end.

    Returns
    -------
    Axes, y from zero up.

    Raises
    ------
    ValueError
        When there is nothing to draw, or the index is not years or dates in order, each once.
    """
    _check_values(frame, pd.DataFrame)
    _check_time(frame.index)
    ax = new_axes(height, unit)
    ends = []
    inks = colours(frame.columns)
    for i, name in enumerate(frame.columns):
        values = frame[name].dropna()
        style = {"linestyle": DASHES} if inks[i] in inks[:i] else {}
        marker = MARKERS[i % len(MARKERS)] if markers else None
        ax.plot(frame.index, frame[name], color=inks[i], marker=marker, label=name, **style)
        if len(values):
            ends.append((values.index[-1], float(values.iloc[-1]), name, inks[i]))
    if frame.min().min() >= 0:
        ax.set_ylim(bottom=0)
    if pd.api.types.is_integer_dtype(frame.index):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    if labels:
        _label_ends(ax, ends, frame.index[-1])
    return ax


def hbars(
    values: pd.Series,
    unit: str,
    height: float | None = None,
    form: str = "{:,.0f}",
    highlight: str | list[str] = (),
) -> Axes:
    """Draw horizontal bars, first row on top, each with its value written at its end.

    Parameters
    ----------
    values : index of names as printed.
    form : str.format pattern of the values.
    highlight : names whose bars are green; entities of `book.yml` have their own colour, all
        others are grey.

    Raises
    ------
    ValueError
        When there is nothing to draw, or a name has no value.
    """
    _check_values(values, pd.Series)
    if values.isna().any():
        raise ValueError(f"{values.index[values.isna()][0]} has no value. Leave it out: dropna()")
    ax = new_axes(height or 0.55 + 0.27 * len(values), unit)
    special = [highlight] if isinstance(highlight, str) else list(highlight)
    entities = entity_colours()
    keys = [
        entity_colour(n, entities) or ("green" if n in special else "grey") for n in values.index
    ]
    fills = [PALETTE[key][0] for key in keys]
    drawn = ax.barh(range(len(values)), values.to_numpy(dtype=float), color=fills, height=0.72)
    ax.set_yticks(range(len(values)), [str(name) for name in values.index])
    tooltips.set_categories(ax, "y", values.index)
    ax.invert_yaxis()
    ax.set_xticks([])
    ax.margins(x=0.14)
    ax.bar_label(drawn, labels=[form.format(v) for v in values], padding=3, color=TEXT)
    ax.grid(False)
    ax.spines["bottom"].set_visible(False)
    return ax


def stacked_bars(frame: pd.DataFrame, unit: str, height: float = 3.0) -> Axes:
    """Draw stacked columns, one layer a column of `frame`, with a legend.

    Layers differ by how they are filled as well as by colour, verdicts by their glyphs; the index
    stands on the x axis.
    """
    _check_values(frame, pd.DataFrame)
    ax = new_axes(height, unit)
    base, stacks = pd.Series(0.0, index=frame.index), []
    names = list(frame.columns)
    for name, ink, fill in zip(names, colours(names), fills(names)):
        drawn = ax.bar(
            range(len(frame)),
            frame[name],
            bottom=base,
            width=0.78,
            label=name,
            **fill_style(ink, fill),
        )
        for bar, value in zip(drawn, frame[name]):
            bar.set_visible(value != 0)  # the outline of an empty layer would still be drawn
        base = base + frame[name].fillna(0)
        stacks.append((drawn, name, PAPER if fill == FULL else ink))
    for i, (drawn, name, ink) in enumerate(stacks):
        if known := verdict(name):
            _write_glyphs(ax, drawn, VERDICTS[known][0], ink, left=i % 2 == 1)
    _category_ticks(ax, frame.index)
    legend(ax)
    return ax


def grouped_bars(frame: pd.DataFrame, unit: str, height: float = 3.0) -> Axes:
    """Draw grouped columns: a group a row of `frame`, a column a column, with a legend.

    The columns of a group differ by how they are filled as well as by colour.
    """
    _check_values(frame, pd.DataFrame)
    ax = new_axes(height, unit)
    width = 0.8 / len(frame.columns)
    names = list(frame.columns)
    for i, (name, ink, fill) in enumerate(zip(names, colours(names), fills(names))):
        ax.bar(
            [x - 0.4 + width * (i + 0.5) for x in range(len(frame))],
            frame[name],
            width=width * 0.94,
            label=name,
            **fill_style(ink, fill),
        )
    _category_ticks(ax, frame.index)
    if len(frame.columns) > 1:
        legend(ax)
    return ax


def dot_plot(frame: pd.DataFrame, unit: str, height: float | None = None) -> Axes:
    """Draw one row of dots a row of `frame`, first on top, one dot a column, with a legend.

    Columns differ by marker as well as by colour. Dots of one row stand a little above one
    another, so that equal values stay visible. Returns axes with x from zero up.
    """
    _check_values(frame, pd.DataFrame)
    ax = new_axes(height or 0.9 + 0.42 * len(frame), unit)
    for i, (name, ink) in enumerate(zip(frame.columns, colours(frame.columns))):
        shift = (i - (len(frame.columns) - 1) / 2) * 0.16
        ax.plot(
            frame[name],
            [row + shift for row in range(len(frame))],
            linestyle="none",
            color=ink,
            marker=MARKERS[i % len(MARKERS)],
            markersize=6.5,
            label=name,
        )
    ax.set_yticks(range(len(frame)), [str(name) for name in frame.index])
    tooltips.set_categories(ax, "y", frame.index)
    ax.set_ylim(len(frame) - 0.5, -0.5)
    ax.set_xlim(left=min(0, frame.min().min()) - 0.02 * frame.max().max())
    ax.grid(axis="x")
    legend(ax)
    return ax


def legend(ax: Axes) -> None:
    """Put the legend above the plot, in one or two rows, where no line can run under it."""
    handles, names = ax.get_legend_handles_labels()
    longest = max(len(name) for name in names)
    ax.legend(
        handles,
        [with_glyph(name) for name in names],
        loc="lower left",
        bbox_to_anchor=(0, 1.02),
        ncols=max(1, min(len(names), 60 // (longest + 6))),
        frameon=False,
        borderaxespad=0,
        handlelength=1.4,
        columnspacing=1.2,
    )


def vline(ax: Axes, at: float, label: str, top: float = 0.97) -> None:
    """Draw a dashed upright line at `at` on the x axis, with a label beside it.

    `top` is the label's height as a share of the plot.
    """
    ax.axvline(at, color=TEXT, linewidth=1, linestyle=DASHES, zorder=1)
    _annotate(ax, label, (at, top), ("data", "axes fraction"), (3, 0), "top")


def hline(ax: Axes, at: float, label: str) -> None:
    """Draw a dashed level line at `at` on the y axis, a threshold, with a label above it."""
    ax.axhline(at, color=TEXT, linewidth=1, linestyle=DASHES, zorder=1)
    _annotate(ax, label, (0.01, at), ("axes fraction", "data"), (0, 2), "bottom")


def _write_glyphs(ax: Axes, bars: BarContainer, glyph: str, ink: str, left: bool) -> None:
    """Write a verdict's glyph into each bar; beside one that is too low, `left` or right of it."""
    least = 0.05 * ax.get_ylim()[1]
    for bar, value in zip(bars, bars.datavalues):
        height = bar.get_y() + bar.get_height() / 2
        if value >= least:
            middle = bar.get_x() + bar.get_width() / 2
            ax.annotate(glyph, (middle, height), ha="center", va="center", color=ink)
        elif value > 0:
            edge = (bar.get_x() + (0 if left else bar.get_width()), height)
            beside = {"xytext": (-3 if left else 3, 0), "textcoords": "offset points"}
            placed = {"ha": "right" if left else "left", "va": "center"}
            ax.annotate(glyph, edge, color=TEXT, **beside, **placed)


def _annotate(ax: Axes, label: str, at: tuple, coords: tuple, shift: tuple, va: str) -> None:
    ax.annotate(
        label,
        at,
        xycoords=coords,
        xytext=shift,
        textcoords="offset points",
        color=TEXT,
        va=va,
    )


def _thousands(value: float, _) -> str:
    return text.number(value, "{:,.0f}" if value == int(value) else "{:,g}")


def _category_ticks(ax: Axes, index: pd.Index) -> None:
    tooltips.set_categories(ax, "x", index)
    step = max(1, -(-len(index) // 8))
    names = [str(i) for i in index[::step]]
    if sum(map(len, names)) > LETTERS:  # side by side they would run into one another
        names = [textwrap.fill(name, LETTERS // len(names)) for name in names]
    ax.set_xticks(range(0, len(index), step), names)
    ax.tick_params(axis="x", length=0)


def _label_ends(ax: Axes, ends: list[tuple], right: float) -> None:
    """Write each series' name beside its last point, pushed apart where two would overlap."""
    low, high = ax.get_ylim()
    gap = (high - low) * 0.085 / max(ax.figure.get_figheight() / 3.0, 0.5)
    placed: list[float] = []
    for _, y, name, ink in sorted(ends, key=lambda end: end[1]):
        label = textwrap.fill(name, 17)
        rows = label.count("\n")
        if placed:
            at = max(y, placed[-1] + gap * (0.62 + 0.38 * (1 + rows)))
        else:
            at = max(y, low + gap * 0.4 * rows)
        placed.append(at + gap * 0.3 * rows)
        ax.annotate(
            label,
            (right, at),
            xytext=(8, 0),
            textcoords="offset points",
            color=ink,
            va="center",
            annotation_clip=False,
        )
