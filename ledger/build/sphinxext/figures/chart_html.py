"""Write a chart as HTML: picture, source line, downloads, licence, data, code and citation."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import NamedTuple

from ledger.build.sphinxext.figures.precision import shown
from ledger.build.sphinxext.markup import column_class, data_table, table_cell
from ledger.build.sphinxext.report import report_link
from ledger.core import citations, tables, text

CODE_PLACE = "<!-- code -->"  # where the code goes into the tools
ONE_LINE = 62  # letters of a source line that fit the width of a phone
EMBED_WIDTH = 640  # pixels of the frame that another site is offered
EMBED_WORDS = 190  # pixels of title, source and licence above and below the picture in it


class Parts(NamedTuple):
    """The parts of a chart, as the HTML of a page."""

    picture: str
    source: str  # one short line: whose data, and whether their terms limit reuse
    tools: str  # what a person can do with the chart; the code has its place marked


def chart_parts(chart: dict, record: dict, builder, docname: str) -> Parts:
    """Return the parts of a chart for the page `docname`.

    Two short lines stand under a picture, so that on a phone the text goes on. All that a reader
    may want besides is in the last part of the second, which opens without script.
    """
    files = _files(chart, docname)
    tools = [
        '<div class="chart-tools">',
        "".join(
            f'<a href="{files}.{kind}" download>{name}</a>'
            for kind, name in (("xlsx", "Excel"), ("csv", "CSV"), ("png", "Picture"))
        ),
        f'<details class="rows"><summary>Table</summary>{_table(chart)}</details>',
        citations.block(record, files, "Cite"),
        f'<details class="more"><summary>More</summary>{credit(chart, builder, docname)}',
        _more(chart, record, builder, docname),
        "</details></div>",
    ]
    source = f'<p class="chart-credit">{_short_source(chart)}</p>'
    return Parts(picture(chart), source, "".join(tools))


def _files(chart: dict, docname: str) -> str:
    """Return the address of a chart's files for the page `docname`, less their endings."""
    return f"{'../' * docname.count('/')}charts/{chart['name']}"


def credit(chart: dict, builder, docname: str) -> str:
    """Return sources, editions, tables and terms of a chart in full, as HTML."""
    source = f'<p class="chart-source">{source_line(chart, builder, docname)}</p>'
    return source + licence_line(chart, builder, docname)


def _more(chart: dict, record: dict, builder, docname: str) -> str:
    """Return further files, the chart's own page, its code, and a frame for other sites."""
    files, name = _files(chart, docname), chart["name"]
    report = report_link(builder.config, f"charts/{name}.html", f"chart {name}")
    frame = html.escape(embed_code(chart, record))
    return (
        f'<p class="downloads">Download: <a href="{files}.svg" download>picture as SVG</a> · '
        f"{_everything(files)}</p>"
        f'<p class="places"><a class="chart-address" href="{files}.html">The chart by itself</a> '
        f"{report}</p><details><summary>Code</summary>{CODE_PLACE}</details>"
        "<p>To show it in another page, with its source line:</p>"
        f'<pre class="to-copy" tabindex="0">{frame}</pre>'
    )


def _short_source(chart: dict) -> str:
    """Return whose data a chart draws, with editions where they fit, and the terms in a word."""
    named: dict[str, str] = {}
    for source in chart["sources"]:
        when = _short_edition(source["edition"])
        named.setdefault(source["key"], f" ({when})" if when else "")
    terms = _short_terms(chart)
    whole, brief = (
        f"Source: {', '.join(names)} · {terms}"
        for names in ((key + when for key, when in named.items()), named)
    )
    return html.escape(whole if len(whole) <= ONE_LINE else brief)


def _short_edition(edition: str) -> str:
    """Return the part of an edition that names it: a year or a version, and few words."""
    parts = re.split(r"[,;(]", edition)
    return next((part.strip() for part in parts if re.search(r"\d{4}|version \d", part)), "")


def _short_terms(chart: dict) -> str:
    """Return the names of the licences of a chart's data, or that not all of them are open."""
    licences = [
        licence
        for name in chart["tables"]
        for licence in citations.licences(tables.describe(name), chart["sources"])
    ]
    names = dict.fromkeys(map(citations.open_licence, licences))
    return ", ".join(names) if all(names) else "terms limit reuse"


def chart_anchor(name: str) -> str:
    """Return the anchor of a chart on its page, prefixed so that no heading has the same."""
    return f"chart-{name}"


def labelled_svg(svg: str, alt: str) -> str:
    """Return a chart's SVG as a picture with alt text."""
    label = html.escape(alt, quote=True)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def picture(chart: dict) -> str:
    """Return the chart as inline SVG, with the data of the tooltips that charts.js shows."""
    marks = text.json_in_page(chart["marks"], separators=(",", ":"))
    data = f'<script type="application/json" class="chart-marks">{marks}</script>'
    return f'<div class="chart-picture">{labelled_svg(chart["svg"], chart["alt"])}{data}</div>'


def dated_list(chart: dict) -> str:
    """Return the events of a chart as a list, which a phone shows in place of the picture."""
    rows = chart.get("listed", [])
    lanes = sorted({lane for _, lane, _ in rows})
    lines = (
        f'<li class="lane-{lanes.index(lane) + 1}"><p>'
        f'<span class="dated-when">{html.escape(when)} </span>'
        f'<span class="dated-event">{html.escape(event)} </span>'
        f'<span class="dated-lane">{html.escape(lane)}</span></p></li>'
        for when, lane, event in rows
    )
    return f'<ul class="dated-list">{"".join(lines)}</ul>' if rows else ""


def source_line(chart: dict, builder, docname: str) -> str:
    """Return a chart's sources and tables as HTML, with links as on a page of that builder."""
    names = []
    for source in chart["sources"]:
        name = html.escape(source["title"])
        if source["path"].startswith("http"):
            name = f'<a href="{html.escape(source["path"])}">{name}</a>'
        names.append(f"{name}, {html.escape(source['edition'])}" if source["edition"] else name)
    links = ", ".join(
        f'<a href="{builder.get_relative_uri(docname, tables.page_path(name))}">{name}</a>'
        for name in chart["tables"]
    )
    return f"Source: {'; '.join(names)}. Table: {links}."


def licence_line(chart: dict, builder, docname: str) -> str:
    """Return the line, as HTML, of the terms of a chart's data; a table's page has them in full."""
    parts, said = [], set()
    for name in chart["tables"]:
        licences = citations.licences(tables.describe(name), chart["sources"])
        names = [short for short in map(citations.short_licence, licences) if short not in said]
        said.update(names)
        if names:
            address = builder.get_relative_uri(docname, tables.page_path(name))
            label = html.escape(f"details of the terms of {tables.describe(name)['title']}")
            link = f'<a href="{address}#terms" aria-label="{label}">details</a>'
            parts.append(f"{html.escape('; '.join(names))} ({link})")
    return f'<p class="licence">Licence: {"; ".join(parts)}.</p>'


def download_line(files: str, package: str, more: str, beyond: str = "") -> str:
    """Return the line of downloads of a table, as HTML.

    Parameters
    ----------
    files : address of its workbook and its CSV, less their endings.
    package : address of its zip, less the ending.
    more : HTML of further links, after a separator.
    beyond : why it has no workbook.
    """
    links = [
        f"no Excel ({beyond})" if beyond else f'<a href="{files}.xlsx" download>Excel</a>',
        f'<a href="{files}.csv" download>CSV</a>',
        _everything(package),
    ]
    return f'<p class="downloads">Download: {" · ".join(links)}{more}</p>'


def _everything(package: str) -> str:
    link = f'<a href="{package}.zip" download>everything</a>'
    return f"{link} (zip: CSV, description, terms, citation)"


def embed_code(chart: dict, record: dict) -> str:
    """Return the HTML that shows a chart, with its source and licence, in a page of others."""
    _, _, width, height = (float(part) for part in _view_box(chart["svg"]))
    tall = round(EMBED_WIDTH * height / width) + EMBED_WORDS
    address = record["url"].removesuffix("html") + "embed.html"
    title = html.escape(chart["caption"], quote=True)
    return (
        f'<iframe src="{address}" title="{title}" width="{EMBED_WIDTH}" height="{tall}" '
        'loading="lazy" style="border: 0; max-width: 100%"></iframe>'
    )


def _view_box(svg: str) -> list[str]:
    found = re.search(r'<svg[^>]*? viewBox="([^"]+)"', svg)
    assert found, "a chart's SVG has no viewBox"
    return found.group(1).split()


def _table(chart: dict) -> str:
    titles, *rows = csv.reader(io.StringIO(chart["csv"]))
    columns = [
        [row[at] for row in rows] if kind == "string" else shown([row[at] for row in rows])
        for at, kind in enumerate(chart["kinds"])
    ][1:]
    cells = (
        f'<th scope="row">{html.escape(row[0])}</th>'
        + "".join(table_cell(cell, short) for cell, short in zip(row[1:], display))
        for row, *display in zip(rows, *columns)
    )
    headings = (_heading(title, [row[at] for row in rows]) for at, title in enumerate(titles))
    return data_table("Data of the chart", html.escape(chart["caption"]), headings, cells)


def _heading(title: str, column: list[str]) -> str:
    """Return the heading of a column, at the left where words stand in it."""
    words = any("words" in table_cell(cell) for cell in column)
    kind = column_class(column, words)
    return f'<th scope="col"{" " * bool(kind)}{kind}>{html.escape(title)}</th>'


def plain_svg(svg: str) -> str:
    """Return a chart's SVG with the colours of the light theme in place of the page's."""
    return re.sub(r"var\(--[a-z-]+, ([^)]+)\)", r"\1", svg)


def standalone_svg(svg: str) -> str:
    """Return a chart's SVG as a file of its own, with plain colours, background and font."""
    style = "<svg style=\"background: #ffffff; font-family: 'DejaVu Sans', sans-serif; "
    picture = plain_svg(svg).replace('<svg style="', style, 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{picture}'
