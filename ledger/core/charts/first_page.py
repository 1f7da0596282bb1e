"""Hand a first page what stands for a chart of another page: a small picture, or a dated list."""

from __future__ import annotations

import io

import pandas as pd
from matplotlib.axes import Axes

from ledger.core import numbers, tables
from ledger.core.charts import publishing

WIDTH = 3.5  # inches: at a third of a wide page, and on a phone, letters are of the text's size


def small(
    ax: Axes,
    name: str,
    *,
    table: str | list[str],
    data: pd.DataFrame | pd.Series,
    alt: str,
    sources: list[str] | None = None,
) -> None:
    """Hand the page a small picture, which {small-chart} shows beside a link to the whole chart.

    Parameters
    ----------
    ax : axes of the picture.
    name : a slug used once on the page.
    table : the table or tables behind it.
    data : what was drawn.
    alt : says in a sentence what a sighted reader sees.
    sources : as for `publish`.

    Raises
    ------
    ValueError
        For a missing text, and for data without rows.
    """
    used = [table] if isinstance(table, str) else list(table)
    frame = data.to_frame() if isinstance(data, pd.Series) else data
    resources = [tables.describe(each) for each in used]
    if frame.empty:
        raise ValueError(f"small picture {name!r}: the data behind it have no rows")
    out = io.StringIO()
    ax.figure.set_size_inches(WIDTH, ax.figure.get_figheight())
    no_date = {"Date": None, "Creator": None}
    with publishing.laid_out(ax.figure):
        ax.figure.savefig(out, format="svg", metadata=no_date, transparent=True)
    content = {
        "alt": publishing.sentence(name, "alt text", alt),
        "tables": used,
        "sources": publishing.credit(resources, frame, sources),
        "svg": publishing.for_page(out.getvalue(), name),
    }
    numbers.glue(name, name, f"{name}: {content['alt']}", content)


def dated_list(name: str, events: pd.DataFrame) -> None:
    """Hand the page a list of events, which {hero} shows where there is no room for a picture.

    Parameters
    ----------
    name : a slug used once on the page.
    events : columns `when`, `lane` and `event`, all as printed, in order of date; lanes have their
        colours in the order of the alphabet.
    """
    rows = publishing.dated_rows(events)
    numbers.glue(name, name, f"{name}: {len(rows)} events", {"rows": rows})
