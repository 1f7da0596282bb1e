"""Write a chart as HTML: picture, source line, data, code, citation and downloads."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from typing import NamedTuple

from sphinx.application import Sphinx

from ledger.build.sphinxext.markup import data_table, table_cell
from ledger.core import citations, tables

CODE_PLACE = "<!-- code -->"  # where the code goes into the tools


class Parts(NamedTuple):
    """The parts of a chart, as the HTML of a page."""

    picture: str
    source: str
    tools: str  # what a person can do with the chart; the code has its place marked


def chart_parts(chart: dict, record: dict, builder, docname: str) -> Parts:
    """Return the parts of a chart for the page `docname`."""
    files = f"{'../' * docname.count('/')}charts/{chart['name']}"
    downloads = [f'<a href="{files}.zip" download>data with description and citation</a>']
    downloads += [
        f'<a href="{files}.{kind}" download>{kind.upper()}</a>' for kind in ("csv", "svg", "png")
    ]
    tools = [
        '<div class="chart-tools">',
        f"<details><summary>View as table</summary>{_table(chart)}</details>",
        f"<details><summary>Code</summary>{CODE_PLACE}</details>",
        citations.block(record, files),
        f'<a class="chart-address" href="{files}.html">The chart by itself</a>',
        f'<p class="chart-downloads">Download {" ".join(downloads)}</p></div>',
    ]
    source = f'<p class="chart-source">{source_line(chart, builder, docname)}</p>'
    return Parts(_picture(chart), source, "".join(tools))


def own_page(chart: dict, record: dict, app: Sphinx, docname: str) -> str:
    """Return the page of the chart by itself."""
    parts = chart_parts(chart, record, app.builder, f"charts/{chart['name']}")
    code = f'<pre tabindex="0">{html.escape(chart["code"])}</pre>'
    tools = parts.tools.replace("<details>", "<details open>", 1).replace(CODE_PLACE, code)
    caption = f"<figcaption>{parts.source}</figcaption>"
    values = {
        "chart": chart,
        "figure": f'<figure class="ledger-chart">{parts.picture}{caption}{tools}</figure>',
        "page": docname,
        "anchor": chart_anchor(chart["name"]),
        "address": record["url"],
        "image": record["url"].removesuffix("html") + "png",
        "book": citations.edition()["title"],
        "policy": app.ledger_policy,
    }
    return app.builder.templates.render("chart.html", values)


def chart_anchor(name: str) -> str:
    """Return the anchor of a chart on its page, prefixed so that no heading has the same."""
    return f"chart-{name}"


def labelled_svg(svg: str, alt: str) -> str:
    """Return a chart's SVG as a picture with alt text."""
    label = html.escape(alt, quote=True)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def _picture(chart: dict) -> str:
    """Return the chart as inline SVG, with the data of the tooltips that charts.js shows."""
    marks = json.dumps(chart["marks"], ensure_ascii=False, separators=(",", ":"))
    escaped = marks.replace("</", "<\\/")
    data = f'<script type="application/json" class="chart-marks">{escaped}</script>'
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


def _table(chart: dict) -> str:
    titles, *rows = csv.reader(io.StringIO(chart["csv"]))
    cells = (
        f'<th scope="row">{html.escape(row[0])}</th>'
        + "".join(table_cell(cell, _short(cell)) for cell in row[1:])
        for row in rows
    )
    return data_table("Data of the chart", html.escape(chart["caption"]), titles, cells)


def _short(cell: str) -> str:
    """Group thousands from five digits on, and shorten a long fraction; the CSV keeps it all."""
    if re.fullmatch(r"-?\d{5,}(\.\d+)?", cell):
        return f"{float(cell):,.0f}"
    if re.fullmatch(r"-?\d{1,4}\.\d{4,}", cell):
        return f"{float(cell):.5g}"
    return cell


def plain_svg(svg: str) -> str:
    """Return a chart's SVG with the colours of the light theme in place of the page's."""
    return re.sub(r"var\(--[a-z-]+, ([^)]+)\)", r"\1", svg)


def standalone_svg(svg: str) -> str:
    """Return a chart's SVG as a file of its own, with plain colours, background and font."""
    style = "<svg style=\"background: #ffffff; font-family: 'DejaVu Sans', sans-serif; "
    picture = plain_svg(svg).replace('<svg style="', style, 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{picture}'
