"""Write a chart as HTML: picture, source line, downloads, licence, data, code and citation."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import NamedTuple

from ledger.build.sphinxext.figures.precision import shown
from ledger.build.sphinxext.markup import data_table, table_cell
from ledger.build.sphinxext.report import report_link
from ledger.core import citations, tables, text

CODE_PLACE = "<!-- code -->"  # where the code goes into the tools
EMBED_WIDTH = 640  # pixels of the frame that another site is offered
EMBED_WORDS = 190  # pixels of title, source and licence above and below the picture in it


class Parts(NamedTuple):
    """The parts of a chart, as the HTML of a page."""

    picture: str
    source: str
    tools: str  # what a person can do with the chart; the code has its place marked


def chart_parts(chart: dict, record: dict, builder, docname: str) -> Parts:
    """Return the parts of a chart for the page `docname`."""
    files = f"{'../' * docname.count('/')}charts/{chart['name']}"
    tools = [
        '<div class="chart-tools">',
        download_line(files, files, pictures=True),
        licence_line(chart, builder, docname),
        f"<details><summary>View as table</summary>{_table(chart)}</details>",
        f"<details><summary>Code</summary>{CODE_PLACE}</details>",
        citations.block(record, files, embed_code(chart, record)),
        f'<a class="chart-address" href="{files}.html">The chart by itself</a>',
        report_link(builder.config, f"charts/{chart['name']}.html", f"chart {chart['name']}"),
        "</div>",
    ]
    source = f'<p class="chart-source">{source_line(chart, builder, docname)}</p>'
    return Parts(picture(chart), source, "".join(tools))


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


def download_line(files: str, package: str, *, pictures: bool = False, more: str = "") -> str:
    """Return the line of downloads of a chart or table, as HTML.

    Parameters
    ----------
    files : address of its workbook, its CSV and its pictures, less their endings.
    package : address of its zip, less the ending.
    pictures : whether there are pictures of it.
    more : HTML of further links, after a separator.
    """
    links = [
        f'<a href="{files}.xlsx" download>Excel</a>',
        f'<a href="{files}.csv" download>CSV</a>',
    ]
    if pictures:
        kinds = ", ".join(f'<a href="{files}.{k}" download>{k.upper()}</a>' for k in ("svg", "png"))
        links.append(f"picture ({kinds})")
    everything = f'<a href="{package}.zip" download>everything</a>'
    links.append(f"{everything} (zip: CSV, description, terms, citation)")
    return f'<p class="downloads">Download: {" · ".join(links)}{more}</p>'


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
    return data_table("Data of the chart", html.escape(chart["caption"]), titles, cells)


def plain_svg(svg: str) -> str:
    """Return a chart's SVG with the colours of the light theme in place of the page's."""
    return re.sub(r"var\(--[a-z-]+, ([^)]+)\)", r"\1", svg)


def standalone_svg(svg: str) -> str:
    """Return a chart's SVG as a file of its own, with plain colours, background and font."""
    style = "<svg style=\"background: #ffffff; font-family: 'DejaVu Sans', sans-serif; "
    picture = plain_svg(svg).replace('<svg style="', style, 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{picture}'
