"""The house style, and the one way a chart reaches a page.

A chapter draws with `lines`, `bars`, `dots`, `timeline` and their like (each returns matplotlib Axes, to which a chapter may add) and hands the axes to
`publish` with a caption, alt text and the tables behind it. Everything the page shows travels inside the cell's output, so a
chart is cached, validated and rebuilt with its notebook.
"""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import re
import textwrap

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ledger.core import tables, validation
from ledger.core.charts import svg, tooltips
from ledger.core.charts.palette import COUNTRY, INK, PALETTE, RULE
from ledger.core.charts.tooltips import say as say

MARKERS = ["o", "s", "^", "D", "v", "P"]
HATCHES = ["", "///", "...", "xxx", "\\\\\\", "---"]
WIDTH = 5.0  # inches: on a phone 390 px wide the page shows it at nearly full size, so 9-point labels stay legible

STYLE = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "ledger",  # the same chart gives the same bytes
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "ytick.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "lines.linewidth": 2,
    "lines.markersize": 4.5,
    "hatch.linewidth": 0.8,
    "hatch.color": "#ffffff",
    "figure.constrained_layout.use": True,
}
matplotlib.rcParams.update(STYLE)


def colours(names: list) -> list[str]:
    """Return a colour for each series: Russia's and Iran's own where a name begins with theirs, for the rest the palette in order.

    Raises ValueError for more series than the palette can tell apart.
    """
    own = [
        next((key for country, key in COUNTRY.items() if str(name).startswith(country)), None)
        for name in names
    ]
    own = [key if key not in own[:i] else None for i, key in enumerate(own)]
    free = [key for key in PALETTE if key not in own]
    free.sort(
        key=lambda key: key in COUNTRY.values()
    )  # the two countries' colours are the last that another series takes
    if own.count(None) > len(free):
        raise ValueError(
            f"{len(names)} series are more than the palette's {len(PALETTE)} colours can tell apart"
        )
    return [PALETTE[key or free.pop(0)][0] for key in own]


def axes(height: float = 3.0, unit: str = "") -> Axes:
    """Return empty axes in the house style, 5 inches wide and `height` inches high, with `unit` written above the y axis."""
    figure, ax = plt.subplots(figsize=(WIDTH, height))
    if unit:
        figure.suptitle(unit, x=0.012, horizontalalignment="left", fontsize=10, color=INK)
    ax.yaxis.set_major_formatter(FuncFormatter(_thousands))
    return ax


def lines(
    frame: pd.DataFrame, unit: str, height: float = 3.0, markers: bool = True, labels: bool = True
) -> Axes:
    """Draw one line a column of `frame` (index: years or dates; columns: series names as printed), each labelled at its end.

    Series differ by marker as well as by colour; gaps in the data stay gaps. Returns the axes, y from zero up.
    """
    ax = axes(height, unit)
    ends = []
    inks = colours(frame.columns)
    for i, name in enumerate(frame.columns):
        values = frame[name].dropna()
        ax.plot(
            frame.index,
            frame[name],
            color=inks[i],
            marker=MARKERS[i % len(MARKERS)] if markers else None,
            label=name,
        )
        if len(values):
            ends.append((values.index[-1], float(values.iloc[-1]), name, inks[i]))
    if frame.min().min() >= 0:
        ax.set_ylim(bottom=0)
    if pd.api.types.is_integer_dtype(frame.index):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    if labels:
        _label_ends(ax, ends, frame.index[-1])
    return ax


def bars(
    values: pd.Series,
    unit: str,
    height: float | None = None,
    form: str = "{:,.0f}",
    highlight: str | list[str] = (),
) -> Axes:
    """Draw horizontal bars, first row on top, each with its value written at its end (`form` is a str.format pattern).

    Bars are grey but for those of Russia and Iran and those named in `highlight`, which are green.
    """
    ax = axes(height or 0.55 + 0.27 * len(values), unit)
    special = [highlight] if isinstance(highlight, str) else list(highlight)
    fills = [
        PALETTE[
            next(
                (key for country, key in COUNTRY.items() if str(name).startswith(country)),
                "green" if name in special else "grey",
            )
        ][0]
        for name in values.index
    ]
    drawn = ax.barh(range(len(values)), values.to_numpy(dtype=float), color=fills, height=0.72)
    ax.set_yticks(range(len(values)), [str(name) for name in values.index])
    tooltips.name_places(ax, "y", values.index)
    ax.invert_yaxis()
    ax.set_xticks([])
    ax.margins(x=0.14)
    ax.bar_label(drawn, labels=[form.format(v) for v in values], padding=3, color=INK)
    ax.grid(False)
    ax.spines["bottom"].set_visible(False)
    return ax


def stack(frame: pd.DataFrame, unit: str, height: float = 3.0) -> Axes:
    """Draw stacked columns: index on the x axis, one layer a column, told apart by hatch as well as by colour, with a legend."""
    ax = axes(height, unit)
    base, inks = pd.Series(0.0, index=frame.index), colours(frame.columns)
    for i, name in enumerate(frame.columns):
        ax.bar(
            range(len(frame)),
            frame[name],
            bottom=base,
            width=0.78,
            color=inks[i],
            hatch=HATCHES[i % len(HATCHES)],
            label=name,
            linewidth=0,
        )
        base = base + frame[name].fillna(0)
    _category_ticks(ax, frame.index)
    legend(ax)
    return ax


def columns(frame: pd.DataFrame, unit: str, height: float = 3.0) -> Axes:
    """Draw grouped columns: index on the x axis, one column of the group for each column of `frame`, hatched, with a legend."""
    ax = axes(height, unit)
    width, inks = 0.8 / len(frame.columns), colours(frame.columns)
    for i, name in enumerate(frame.columns):
        at = [x - 0.4 + width * (i + 0.5) for x in range(len(frame))]
        ax.bar(
            at,
            frame[name],
            width=width * 0.94,
            color=inks[i],
            hatch=HATCHES[i % len(HATCHES)],
            label=name,
            linewidth=0,
        )
    _category_ticks(ax, frame.index)
    if len(frame.columns) > 1:
        legend(ax)
    return ax


def dots(frame: pd.DataFrame, unit: str, height: float | None = None) -> Axes:
    """Draw one row of dots a row of `frame`, first on top, one dot a column, told apart by marker as well as colour, with a legend.

    Dots of one row stand a little above one another, so that equal values stay visible. Returns the axes, x from zero up.
    """
    ax = axes(height or 0.9 + 0.42 * len(frame), unit)
    inks = colours(frame.columns)
    for i, name in enumerate(frame.columns):
        shift = (i - (len(frame.columns) - 1) / 2) * 0.16
        ax.plot(
            frame[name],
            [row + shift for row in range(len(frame))],
            linestyle="none",
            color=inks[i],
            marker=MARKERS[i % len(MARKERS)],
            markersize=6.5,
            label=name,
        )
    ax.set_yticks(range(len(frame)), [str(name) for name in frame.index])
    tooltips.name_places(ax, "y", frame.index)
    ax.set_ylim(len(frame) - 0.5, -0.5)
    ax.set_xlim(left=min(0, frame.min().min()) - 0.02 * frame.max().max())
    ax.grid(axis="x")
    legend(ax)
    return ax


def timeline(events: pd.DataFrame, height: float = 6.0) -> Axes:
    """Draw events on a line of time that runs downwards, one lane (a column) a domain.

    `events`: columns `date` (datetime), `lane` (lanes stand in order of appearance, left first), `label` (a few short words, line
    breaks allowed; empty for a dot without words) and, if wanted, `date_end` (drawn as a bar) and `sure` (bool; an event that is
    not is an open dot, and a legend says so); `event`, which a reader who points at the dot is told in place of the label, and
    `precision` of the date (`day` or `month`). A label stands right of its dot, or lower where another label of its lane is in
    the way. Raises ValueError where a column is missing or a label finds no room.
    """
    if missing := {"date", "lane", "label"} - set(events.columns):
        raise ValueError(f"a timeline needs the columns {sorted(missing)}")
    lanes = list(dict.fromkeys(events["lane"]))
    inks = [ink for key, (ink, _) in PALETTE.items() if key not in COUNTRY.values()]
    first, last = (
        events["date"].min(),
        max(events["date"].max(), events.get("date_end", events["date"]).max()),
    )
    size, inch = (
        9,
        (last - first) / (height - 0.8),
    )  # points of a letter; time that an inch of height takes
    ax = axes(height)
    ax.set(xlim=(-0.05, len(lanes)), ylim=(last + 0.1 * inch, first - 0.1 * inch), xticks=[])
    ax.yaxis.set_major_locator(AutoDateLocator(minticks=5, maxticks=10))
    ax.yaxis.set_major_formatter(
        ConciseDateFormatter(ax.yaxis.get_major_locator(), show_offset=False)
    )
    ax.spines["bottom"].set_visible(False)
    for lane, name in enumerate(lanes):
        ink, free = (
            inks[lane % len(inks)],
            first - inch,
        )  # free: from when on the lane has room for words
        ax.axvline(lane, color=ink, linewidth=1, zorder=1)
        ax.annotate(
            name,
            (lane, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-3, 4),
            textcoords="offset points",
            color=ink,
            size=size,
            weight="bold",
        )
        for event in events[events["lane"] == name].sort_values("date", kind="stable").itertuples():
            if pd.notna(getattr(event, "date_end", None)):
                ax.plot(
                    [lane, lane], [event.date, event.date_end], color=ink, linewidth=4, zorder=2
                )
            (dot,) = ax.plot(
                lane,
                event.date,
                MARKERS[lane % len(MARKERS)],
                color=ink,
                markersize=6,
                fillstyle="full" if getattr(event, "sure", True) else "none",
                zorder=3,
            )
            say(dot, [_when(event)], [getattr(event, "event", event.label)], series=name)
            if not isinstance(event.label, str) or not event.label:
                continue
            half = inch * 0.08 * (1 + event.label.count("\n"))  # half the height of the words
            at = max(event.date, free + half)
            free = at + half
            wide = (
                max(map(len, event.label.splitlines()))
                * size
                / 72
                * 0.6
                / (WIDTH - 0.6)
                * len(lanes)
            )
            if wide > 0.9 or free > last + 0.3 * inch:
                raise ValueError(
                    f"no room for the label {event.label!r} in lane {name!r}: give fewer or shorter ones"
                )
            ax.plot([lane, lane + 0.09], [event.date, at], color=ink, linewidth=0.8, zorder=1)
            ax.text(
                lane + 0.1, at, event.label, size=size, color=INK, va="center", linespacing=1.05
            )
    if not events.get("sure", pd.Series(True)).all():
        for meaning, style in (
            ("confirmed", "full"),
            ("reported, planned or not confirmed", "none"),
        ):
            ax.plot([], [], "o", color=INK, fillstyle=style, label=meaning)
        ax.legend(
            loc="upper left",
            bbox_to_anchor=(0, -0.01),
            ncols=2,
            frameon=False,
            borderaxespad=0,
            handlelength=1.0,
            columnspacing=1.2,
            fontsize=size,
        )
    return ax


def _when(event) -> str:
    """Write the time of an event of a timeline, which is a row of its table."""
    start, end = event.date, getattr(event, "date_end", None)
    if pd.isna(end) or end == start:
        return tooltips.moment(start, getattr(event, "precision", "day"))
    return (
        f"{start.day}–{tooltips.moment(end)}"
        if (start.year, start.month) == (end.year, end.month)
        else f"{tooltips.moment(start)} to {tooltips.moment(end)}"
    )


def legend(ax: Axes) -> None:
    """Put the legend above the plot, in one or two rows, where no line can run under it."""
    handles, names = ax.get_legend_handles_labels()
    longest = max(len(name) for name in names)
    fit = max(1, min(len(names), 60 // (longest + 6)))
    ax.legend(
        handles,
        names,
        loc="lower left",
        bbox_to_anchor=(0, 1.02),
        ncols=fit,
        frameon=False,
        borderaxespad=0,
        handlelength=1.4,
        columnspacing=1.2,
    )


def mark(ax: Axes, at: float, text: str, top: float = 0.97) -> None:
    """Draw a dashed upright line at `at` on the x axis with `text` beside it; `top` is the text's height as a share of the plot."""
    ax.axvline(at, color=INK, linewidth=1, linestyle=(0, (3, 3)), zorder=1)
    ax.annotate(
        text,
        (at, top),
        xycoords=("data", "axes fraction"),
        xytext=(3, 0),
        textcoords="offset points",
        fontsize=9,
        color=INK,
        va="top",
    )


def level(ax: Axes, at: float, text: str) -> None:
    """Draw a dashed level line at `at` on the y axis with `text` above its left end: a threshold to read values against."""
    ax.axhline(at, color=INK, linewidth=1, linestyle=(0, (3, 3)), zorder=1)
    ax.annotate(
        text,
        (0.01, at),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2),
        textcoords="offset points",
        fontsize=9,
        color=INK,
        va="bottom",
    )


def _thousands(value: float, _) -> str:
    text = f"{value:,.0f}" if value == int(value) else f"{value:,g}"
    return text.replace("-", "−")


def _category_ticks(ax: Axes, index: pd.Index) -> None:
    tooltips.name_places(ax, "x", index)
    step = max(1, -(-len(index) // 8))
    names = [str(i) for i in index[::step]]
    ax.set_xticks(
        range(0, len(index), step), names, fontsize=10 if sum(map(len, names)) <= 44 else 8.5
    )
    ax.tick_params(axis="x", length=0)


def _label_ends(ax: Axes, ends: list[tuple], right: float) -> None:
    """Write each series' name beside its last point, pushed apart where two would overlap."""
    low, high = ax.get_ylim()
    gap = (high - low) * 0.085 / max(ax.figure.get_figheight() / 3.0, 0.5)
    placed: list[float] = []
    for _, y, name, ink in sorted(ends, key=lambda end: end[1]):
        label = textwrap.fill(name, 17)
        rows = label.count("\n")
        at = (
            max(y, placed[-1] + gap * (0.62 + 0.38 * (1 + rows)))
            if placed
            else max(y, low + gap * 0.4 * rows)
        )
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


# --- publishing -----------------------------------------------------------------------------------------------------------------


class Chart:
    """What a cell displays: the chart's picture for a notebook, and in it everything the book's page needs."""

    def __init__(self, content: dict):
        self.content = content

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        inside = json.dumps(self.content, ensure_ascii=False, sort_keys=True).replace("</", "<\\/")
        style = "max-width: 40em; padding: .5em; background: #ffffff; color: #222222"  # of a notebook by itself, which may be dark; the page has its own
        picture = f"<figure style='{style}'>{self.content['svg']}<figcaption>{html.escape(self.content['caption'])}</figcaption></figure>"
        return {
            "text/html": f'{picture}<script type="application/json" class="ledger-chart">{inside}</script>',
            "text/plain": f"Chart {self.content['name']}: {self.content['caption']}",
        }


def publish(
    ax: Axes,
    name: str,
    *,
    table: str | list[str],
    data: pd.DataFrame | pd.Series,
    caption: str,
    alt: str,
) -> Chart:
    """Return the chart as what a page shows: numbered caption, alt text, source line, table behind it, code, downloads.

    `name` is the chart's address (a slug, used once in the book). `table` names the table or tables behind it, from which the
    source line is drawn. `data` is what was drawn, and becomes the table under the chart and its CSV. `caption` states the
    finding in a sentence; `alt` says in a sentence of its own what a sighted reader sees. The axes are closed.
    Raises ValueError when one of these is missing or is not what it should be, tables.TableError for an unknown table.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name or ""):
        raise ValueError(f"chart {name!r}: a name is lower-case words joined by hyphens")
    used = [table] if isinstance(table, str) else list(table or [])
    if not used:
        raise ValueError(f"chart {name!r}: name the table behind it")
    described = [tables.describe(each) for each in used]
    caption, alt = _sentence(name, "caption", caption), _sentence(name, "alt text", alt)
    if alt == caption or alt.rstrip(".") == caption.rstrip("."):
        raise ValueError(
            f"chart {name!r}: the alt text repeats the caption; say what the chart shows to the eye"
        )
    behind = data.to_frame() if isinstance(data, pd.Series) else data
    if behind.empty:
        raise ValueError(f"chart {name!r}: the data behind it have no rows")
    written = (behind.reset_index() if _has_index(behind) else behind).to_csv(
        index=False, lineterminator="\n", float_format=_exact
    )
    for cell in (cell for row in csv.reader(io.StringIO(written)) for cell in row):
        if validation.starts_formula(cell):
            raise ValueError(
                f"chart {name!r}: the cell {cell!r} of its data would start a formula in a reader's spreadsheet"
            )
    picture, png, said = _draw(ax, name)
    return Chart(
        {
            "name": name,
            "caption": caption,
            "alt": alt,
            "tables": used,
            "sources": _credit(described, behind),
            "code": _cell_source(),
            "csv": written,
            "svg": picture,
            "png": png,
            "marks": said,
        }
    )


def _sentence(chart: str, what: str, text: str) -> str:
    text = " ".join((text or "").split())
    if (
        len(text.split()) < 5
        or not text[0].isupper()
        and not text[0].isdigit()
        or text[-1] not in ".!?"
    ):
        raise ValueError(f"chart {chart!r}: the {what} is not a sentence: {text!r}")
    return text


def _exact(value: float) -> str:
    """Write a number as the table behind a chart holds it: no exponent for large ones, ten digits for fractions."""
    return str(int(value)) if float(value).is_integer() else f"{value:.10g}"


def _has_index(frame: pd.DataFrame) -> bool:
    return not (isinstance(frame.index, pd.RangeIndex) and frame.index.name is None)


def _credit(described: list[dict], behind: pd.DataFrame) -> list[dict]:
    """List the sources of the tables; where the data say in a `source` column (and an `edition` column) or index which they used, only those."""
    frame = behind.reset_index()
    said = set(frame["source"].astype(str)) if "source" in frame else set()
    said |= {str(c) for c in frame.columns}
    editions = (
        {f"{year} edition" for year in frame["edition"]} if "edition" in frame else {""}
    )  # where one institution has several
    sources = {
        (s["key"], s["edition"]): {
            k: s.get(k, "") for k in ("key", "title", "institution", "edition", "path")
        }
        for d in described
        for s in d["sources"]
    }
    chosen = [s for (key, _), s in sources.items() if any(key in word for word in said)]
    chosen = [
        s for s in chosen if any(edition in f"{s['title']}, {s['edition']}" for edition in editions)
    ] or chosen
    return chosen or list(sources.values())


def _cell_source() -> str:
    try:
        from IPython import get_ipython

        return get_ipython().user_ns["In"][-1].strip()
    except (AttributeError, KeyError, IndexError):
        return ""  # drawn outside a notebook, as in a test


def _draw(ax: Axes, name: str) -> tuple[str, str, dict]:
    """Return the figure as SVG text (small, colours as CSS variables, no fixed size), as PNG in base64, and what its points say."""
    figure = ax.figure
    out, picture = io.StringIO(), io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    figure.set_layout_engine(
        "none"
    )  # laid out by the first drawing; laying it out again would take a third of the time
    said = tooltips.of(ax)
    figure.savefig(picture, format="png", dpi=200, facecolor="white", metadata={"Software": None})
    plt.close(figure)
    text = re.sub(
        r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>", "", out.getvalue(), flags=re.S
    )
    text = re.sub(r"; font-family: [^;\"]*", "", text)  # the page's own font
    text = svg.slim(text, name)
    for size in ("width", "height"):  # of the whole: the page gives it
        text = re.sub(rf'(<svg[^>]*?) {size}="[^"]*"', r"\1", text, count=1)
    for key, (light, _) in PALETTE.items():
        text = text.replace(light, f"var(--chart-{key}, {light})")
    text = text.replace(INK, f"var(--chart-ink, {INK})").replace(RULE, f"var(--chart-rule, {RULE})")
    text = text.replace("<svg ", '<svg style="stroke-linejoin: round; stroke-linecap: butt" ', 1)
    return text, base64.b64encode(picture.getvalue()).decode(), said
