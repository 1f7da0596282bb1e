"""Write pieces of HTML that several kinds of content share."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from docutils import nodes

LONG = 60  # characters of a cell that make its column wide


def raw_html(markup: str) -> nodes.raw:
    """Return HTML as a node of a page."""
    return nodes.raw("", markup, format="html")


def table_cell(cell: str, shown: str | None = None) -> str:
    """Return a cell of a table as HTML: figures stand right, words left."""
    number = not cell or re.fullmatch(r"-?[\d.]+(e[-+]?\d+)?", cell)
    words = "" if number else ' class="words"'
    return f"<td{words}>{html.escape(cell if shown is None else shown)}</td>"


def column_class(cells: Iterable[str], words: bool) -> str:
    """Return the class of a column's heading: of words, and of long ones, which need room."""
    if not words:
        return ""
    return 'class="words long"' if any(len(cell) > LONG for cell in cells) else 'class="words"'


def data_table(
    label: str,
    caption: str,
    titles: Iterable[str],
    rows: Iterable[str],
    data: dict[str, object] | None = None,
) -> str:
    """Return a table that scrolls within the page; a keyboard can scroll it.

    Parameters
    ----------
    label : what a screen reader calls it.
    caption : HTML of its caption.
    titles : text of the column headings, or their HTML.
    rows : HTML of the cells of each row.
    data : what a script needs to know of it, as data attributes.
    """
    head = "".join(
        title if title.startswith("<th") else f'<th scope="col">{html.escape(title)}</th>'
        for title in titles
    )
    body = "".join(f"<tr>{cells}</tr>" for cells in rows)
    known = "".join(f' data-{name}="{value}"' for name, value in (data or {}).items())
    return (
        f'<div class="chart-table" tabindex="0" role="group" aria-label="{label}"{known}>'
        f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def site_link(config, path: str) -> str:
    """Return a link to a place of the site that prints where it leads."""
    address = html.escape(config.html_baseurl + path)
    return f'<a href="{address}">{address}</a>'
