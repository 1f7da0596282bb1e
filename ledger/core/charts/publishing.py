"""Publish a chart: the one way it reaches a page.

Everything the page shows travels in the cell's output, so that a chart is cached, validated and
rebuilt with its notebook.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import html
import io
import re
import weakref
from collections.abc import Iterator

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from pandas.api.types import infer_dtype

from ledger.core import tables, text
from ledger.core.authored.cells import beyond_sheet, cell_fault, starts_formula
from ledger.core.authored.characters import hidden_character
from ledger.core.charts import svg, tooltips
from ledger.core.charts.style import GRID, PALETTE, PAPER, TEXT, VERDICTS

# of a notebook by itself, which may be dark; the page has a style of its own
NOTEBOOK_STYLE = "max-width: 40em; padding: .5em; background: #ffffff; color: #222222"
PLAIN = {"ink": TEXT, "rule": GRID, "page": PAPER}
KEPT = {"boolean": "boolean", "integer": "Int64", "date": "datetime64[s]"}
SVG_DPI = 72  # of matplotlib's, whose unit is a point
_published: weakref.WeakSet[Figure] = weakref.WeakSet()
SOURCE_PARTS = ("key", "title", "institution", "edition", "path")


class Chart:
    """What a cell displays: the picture for a notebook, and in it all that the page needs."""

    def __init__(self, content: dict):
        self.content = content

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        inside = text.json_in_page(self.content, sort_keys=True)
        caption = f"<figcaption>{html.escape(self.content['caption'])}</figcaption>"
        picture = f"<figure style='{NOTEBOOK_STYLE}'>{self.content['svg']}{caption}</figure>"
        script = f'<script type="application/json" class="ledger-chart">{inside}</script>'
        return {
            "text/html": picture + script,
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
    sources: list[str] | None = None,
    listed: pd.DataFrame | None = None,
) -> Chart:
    """Return a chart as what a page shows: caption, alt text, source line, table, downloads.

    Parameters
    ----------
    ax : axes of the chart, which are published once.
    name : address of the chart, a slug used once in the book.
    table : the table or tables behind it, from which the source line is drawn.
    data : what was drawn; becomes the table under the chart and its CSV.
    caption : states the finding in a sentence.
    alt : says in a sentence of its own what a sighted reader sees.
    sources : words of the title or edition of each source that was drawn, where the data do not
        name it in a column `source` or in their columns.
    listed : events as for `dated_list`, which a phone shows in place of the picture.

    Raises
    ------
    ValueError
        When one of these is missing or is not what it should be.
    TableError
        For an unknown table.
    """
    _check_drawn(ax, name, data)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name or ""):
        raise ValueError(f"chart {name!r}: a name is lower-case words joined by hyphens")
    used = [table] if isinstance(table, str) else list(table or [])
    if not used:
        raise ValueError(f"chart {name!r}: name the table behind it")
    resources = [tables.describe(table) for table in used]
    caption, alt = _sentences(name, caption, alt)
    frame = _with_index(name, data.to_frame() if isinstance(data, pd.Series) else data)
    kinds = _kinds(name, frame, resources)
    rows = _csv(name, frame, kinds)
    picture, png, points = _draw(ax, name)
    return Chart(
        {
            "name": name,
            "caption": caption,
            "alt": alt,
            "tables": used,
            "sources": credit(resources, frame, sources),
            "code": _cell_source(),
            "csv": rows,
            "kinds": list(kinds.values()),
            "svg": picture,
            "png": png,
            "marks": points,
        }
        | ({} if listed is None else {"listed": dated_rows(listed)})
    )


def _sentences(name: str, caption: str, alt: str) -> tuple[str, str]:
    """Return caption and alt text; raise ValueError where one says nothing or repeats the other."""
    caption, alt = sentence(name, "caption", caption), sentence(name, "alt text", alt)
    if alt.rstrip(".") == caption.rstrip("."):
        problem = "the alt text repeats the caption; say what the chart shows to the eye"
        raise ValueError(f"chart {name!r}: {problem}")
    return caption, alt


def dated_rows(events: pd.DataFrame) -> list[list[str]]:
    """Return events as rows of when, lane and event, all as printed."""
    rows = events[["when", "lane", "event"]].astype(str).to_numpy().tolist()
    return [[text.typographic(cell) for cell in row] for row in rows]


def _check_drawn(ax: object, name: str, data: object) -> None:
    """Raise ValueError for what is no chart that was drawn and not published yet."""
    if not isinstance(ax, Axes):
        problem = (
            f"it is given a {type(ax).__name__}, and takes the axes of charts.lines and others"
        )
        raise ValueError(f"chart {name!r}: {problem}")
    if not isinstance(data, (pd.DataFrame, pd.Series)):
        problem = f"its data are a {type(data).__name__}, and must be the frame that was drawn"
        raise ValueError(f"chart {name!r}: {problem}")
    if ax.figure in _published:
        problem = "its axes were published already. Draw them anew"
        raise ValueError(f"chart {name!r}: {problem}")


def sentence(chart: str, part: str, words: str) -> str:
    words = " ".join((words or "").split())
    begins = words[:1].isupper() or words[:1].isdigit()
    if len(words.split()) < 5 or not begins or words[-1] not in ".!?":
        raise ValueError(f"chart {chart!r}: the {part} is not a sentence: {words!r}")
    if problem := hidden_character(words):
        raise ValueError(f"chart {chart!r}: the {part}: {problem}")
    if nothing := text.OF_NOTHING.search(words):
        problem = f"the {part} has {words[nothing.start() :].split()[0]!r}, and nothing has no sign"
        raise ValueError(f"chart {chart!r}: {problem}. Print the figure with text.number")
    return text.typographic(words)


def _csv(chart: str, frame: pd.DataFrame, kinds: dict[str, str]) -> str:
    """Return the rows behind a chart as CSV text."""
    if frame.empty:
        raise ValueError(f"chart {chart!r}: the data behind it have no rows")
    if problem := beyond_sheet(*frame.shape):
        raise ValueError(f"chart {chart!r}: its data have {problem}. Give only what is drawn")
    answers = {
        name: frame[name].map({True: "true", False: "false"})
        for name, kind in kinds.items()
        if kind == "boolean"
    }
    rows = frame.assign(**answers).to_csv(
        index=False, lineterminator="\n", float_format=lambda value: text.plain(value, 10)
    )
    header, *body = csv.reader(io.StringIO(rows))
    cells = [("string", cell) for cell in header]
    cells += [each for row in body for each in zip(kinds.values(), row)]
    for kind, cell in cells:
        problem = cell_fault(kind, cell.replace("\n", ""))
        if starts_formula(cell):
            problem = "it would start a formula in a spreadsheet"
        if problem:
            raise ValueError(f"chart {chart!r}: the cell {cell!r} of its data: {problem}")
    return rows


def _with_index(chart: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with its index, where it has one, among the columns."""
    if not (isinstance(frame.index, pd.RangeIndex) and frame.index.name is None):
        frame = frame.reset_index()
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"chart {chart!r}: two columns of its data are named {twice!r}")
    # what a gap has made a column of objects has its type again
    kept = {
        name: KEPT[kind]
        for name in frame.columns
        if frame[name].dtype == object and (kind := infer_dtype(frame[name], skipna=True)) in KEPT
    }
    return frame.infer_objects().astype(kept)


def _kinds(chart: str, frame: pd.DataFrame, resources: list[dict]) -> dict[str, str]:
    """Return the type of each column. Raises ValueError for a code that was made a number."""
    kinds = {name: _kind(frame[name]) for name in frame.columns}
    for name, kind in kinds.items():
        of_tables = {
            field["type"]
            for resource in resources
            for field in resource["schema"]["fields"]
            if field["name"] == name
        }
        if of_tables == {"string"} and kind in ("integer", "number"):
            problem = "is text in its table and numbers here, without the zeros of a code"
            raise ValueError(f"chart {chart!r}: the column {name!r} {problem}: keep it text")
    return kinds


def _kind(values: pd.Series) -> str:
    """Return the type of a column as a schema names it: what is text stays text, as codes are."""
    kinds = {"b": "boolean", "i": "integer", "u": "integer", "f": "number", "M": "date"}
    return kinds.get(values.dtype.kind, "string")


def credit(resources: list[dict], frame: pd.DataFrame, drawn: list[str] | None) -> list[dict]:
    """Return the sources that were drawn.

    They are those that `drawn` gives words of; else those that the data name, in a column `source`
    (and `edition`) or in the names of columns; else all of the tables.
    """
    sources = {
        (source["key"], source["edition"]): {part: source.get(part, "") for part in SOURCE_PARTS}
        for resource in resources
        for source in resource["sources"]
    }
    if drawn is not None:
        return _stated(list(sources.values()), drawn)
    frame = frame.reset_index()
    words = {str(column) for column in frame.columns}
    if "source" in frame:
        words |= set(frame["source"].astype(str))
    keys = {key for word in words for key in _keys_in(word, {key for key, _ in sources})}
    editions = {""}  # where one institution has several
    if "edition" in frame:
        editions = {f"{year} edition" for year in frame["edition"]}
    named = [source for (key, _), source in sources.items() if key in keys]
    of_edition = [
        source
        for source in named
        if any(edition in f"{source['title']}, {source['edition']}" for edition in editions)
    ]
    return of_edition or named or list(sources.values())


def _stated(sources: list[dict], drawn: list[str]) -> list[dict]:
    """Return the sources whose title or edition has the words. Raises ValueError for others."""
    lines = [f"{source['title']}, {source['edition']}" for source in sources]
    for words in drawn:
        if not any(words in line for line in lines):
            problem = f"no source of the tables has {words!r}; there are: {'; '.join(lines)}"
            raise ValueError(f"sources: {problem}")
    return [s for s, line in zip(sources, lines) if any(words in line for words in drawn)]


def _keys_in(word: str, keys: set[str]) -> set[str]:
    """Return the keys that a word holds, less those that are part of another."""
    held = {key for key in keys if key in word}
    return {key for key in held if not any(key in other and key != other for other in held)}


def _cell_source() -> str:
    try:
        from IPython import get_ipython

        return get_ipython().user_ns["In"][-1].strip()
    except (AttributeError, KeyError, IndexError):
        return ""  # drawn outside a notebook, as in a test


def _draw(ax: Axes, name: str) -> tuple[str, str, dict]:
    """Return the figure as SVG text (small, colours as CSS variables, no fixed size), as PNG in
    base64, and its tooltips.
    """
    figure = ax.figure
    for label in ax.texts:
        # an SVG places each line of a label by its left end, for letters wider than a page's
        if label.get_horizontalalignment() == "right":
            label.set_multialignment("left")
    out, picture = io.StringIO(), io.BytesIO()
    no_date = {"Date": None, "Creator": None}
    with laid_out(figure):
        figure.savefig(out, format="svg", metadata=no_date, transparent=True)
        points = tooltips.extract(ax)
        no_maker = {"Software": None}
        figure.savefig(picture, format="png", dpi=200, facecolor="white", metadata=no_maker)
    _published.add(figure)
    return for_page(out.getvalue(), name), base64.b64encode(picture.getvalue()).decode(), points


@contextlib.contextmanager
def laid_out(figure: Figure) -> Iterator[None]:
    """Lay a figure out as it stands in an SVG, and leave it so while it is saved.

    matplotlib draws a figure that has an engine of layout twice each time that it is saved, once
    for the layout alone.
    """
    with matplotlib.rc_context({"figure.constrained_layout.use": False}):
        if engine := figure.get_layout_engine():
            dpi = figure.dpi
            FigureCanvasSVG(figure)  # measures text
            figure.set_dpi(SVG_DPI)
            engine.execute(figure)
            figure.set_dpi(dpi)
            figure.set_layout_engine(None)
        yield


def for_page(drawn: str, name: str) -> str:
    drawn = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>", "", drawn, flags=re.S)
    drawn = re.sub(r"; font-family: [^;\"]*", "", drawn)  # the page's own font
    drawn = svg.minify(drawn, name)
    for size in ("width", "height"):  # of the whole: the page gives it
        drawn = re.sub(rf'(<svg[^>]*?) {size}="[^"]*"', r"\1", drawn, count=1)
    for colour, name in _variables().items():
        drawn = drawn.replace(colour, f"var(--{name}, {colour})")
    style = "stroke-linejoin: round; stroke-linecap: butt"
    return drawn.replace("<svg ", f'<svg style="{style}" ', 1)


def _variables() -> dict[str, str]:
    """Return the page's variable that each colour of a chart follows, by its light form."""
    own = {pair[0]: f"verdict-{word.replace(' ', '-')}" for word, (_, pair) in VERDICTS.items()}
    named = {light: f"chart-{key}" for key, (light, _) in PALETTE.items()}
    plain = {colour: f"chart-{key}" for key, colour in PLAIN.items()}
    return own | named | plain
