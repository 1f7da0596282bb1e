"""A published chart, from a notebook's output to a figure of the page, with its downloads beside it."""
from __future__ import annotations

import base64
import csv
import html
import io
import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from ledger.palette import PAGE, PALETTE
from ledger.sphinxext import memory

logger = logging.getLogger(__name__)
CONTENT = re.compile(r'<script type="application/json" class="ledger-chart">(.*)</script>', re.S)


class FigureOfChart(SphinxTransform):
    """Replace the HTML that `ledger.charts.publish` displayed by a numbered figure that pages can refer to by the chart's name."""

    default_priority = 200  # before references and figure numbers are gathered

    def apply(self, **_) -> None:
        for raw in list(self.document.findall(nodes.raw)):
            found = CONTENT.search(raw.astext()) if raw.get("format") == "html" else None
            if found:
                chart = json.loads(found.group(1))
                self._note(chart)
                bundle = raw.parent.parent if raw.parent.get("mime_type") else raw
                bundle.replace_self(self._figure(chart))

    def _note(self, chart: dict) -> None:
        """Remember the chart for the pages that name it, and write its downloads into the site."""
        name, page = chart["name"], self.env.docname
        elsewhere = charts_of(self.env).get(name, {}).get("page")
        if elsewhere is not None or name in self.document.nameids:
            raise ExtensionError(f"two charts are named {name!r}: in {elsewhere or page} and in {page}; a name is an address, rename one")
        memory.of_page(self.env)["charts"][name] = {"name": name, "page": page, "caption": chart["caption"], "tables": chart["tables"]}
        if self.app.builder.format == "html":
            folder = Path(self.app.outdir, "charts")
            folder.mkdir(exist_ok=True)
            for kind, content in (("csv", chart["csv"].encode()), ("svg", standalone(chart["svg"]).encode()), ("png", base64.b64decode(chart["png"]))):
                (folder / f"{name}.{kind}").write_bytes(content)

    def _figure(self, chart: dict) -> nodes.figure:
        figure = nodes.figure(classes=["ledger-chart"], names=[chart["name"]], ids=[address(chart["name"])])
        figure.source, figure.line = self.document["source"], None
        self.document.note_explicit_target(figure)
        svg = chart["svg"].replace("<svg ", f'<svg role="img" aria-label="{html.escape(chart["alt"], quote=True)}" ', 1)
        up = "../" * self.env.docname.count("/")
        figure += raw_html(f'<div class="chart-picture">{svg}</div>')
        figure += nodes.caption("", chart["caption"])
        figure += raw_html(f'<p class="chart-source">{_source_line(chart, up)}</p><div class="chart-tools">')
        figure += raw_html(f"<details><summary>Table</summary>{_table(chart)}</details><details><summary>Code</summary>")
        figure += nodes.literal_block(chart["code"], chart["code"], language="python")
        links = " ".join(f'<a href="{up}charts/{chart["name"]}.{kind}" download>{kind.upper()}</a>' for kind in ("csv", "svg", "png"))
        figure += raw_html(f'</details><p class="chart-downloads">Download {links}</p></div>')
        return figure


def address(name: str) -> str:
    """Return the anchor of a chart on its page: its name with a prefix, so that no heading can have the same."""
    return f"chart-{name}"


def raw_html(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def charts_of(env) -> dict[str, dict]:
    """Return name, page, caption and tables of the charts of all pages, by name."""
    return {name: chart for charts in memory.of_all(env, "charts").values() for name, chart in charts.items()}


def _source_line(chart: dict, up: str) -> str:
    names = []
    for source in chart["sources"]:
        title = html.escape(source["title"])
        linked = f'<a href="{html.escape(source["path"])}">{title}</a>' if source["path"].startswith("http") else title
        names.append(f"{linked}, {html.escape(source['edition'])}" if source["edition"] else linked)
    tables = ", ".join(f'<a href="{up}tables/{name}.html">{name}</a>' for name in chart["tables"])
    return f"Source: {'; '.join(names)}. Table: {tables}."


def _table(chart: dict) -> str:
    rows = list(csv.reader(io.StringIO(chart["csv"])))
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in rows[0])
    body = "".join("<tr>" + f'<th scope="row">{html.escape(row[0])}</th>' + "".join(f"<td>{html.escape(_readable(cell))}</td>" for cell in row[1:]) + "</tr>" for row in rows[1:])
    return f'<div class="chart-table" tabindex="0" role="region" aria-label="Data of the chart"><table><caption>{html.escape(chart["caption"])}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _readable(cell: str) -> str:
    """Group the thousands of a number of five digits or more, and shorten a long fraction; the CSV keeps it all."""
    if re.fullmatch(r"-?\d{5,}(\.\d+)?", cell):
        return f"{float(cell):,.0f}"
    if re.fullmatch(r"-?\d{1,4}\.\d{4,}", cell):
        return f"{float(cell):.5g}"
    return cell


def remove_downloads(app: Sphinx, error: Exception | None) -> None:
    """Remove the downloads of charts that are gone."""
    if not error and app.builder.format == "html":
        known = charts_of(app.env)
        for path in Path(app.outdir, "charts").glob("*.*"):
            if path.stem not in known:
                path.unlink()


def standalone(svg: str) -> str:
    """Return a chart's SVG with plain colours in place of the page's, for a reader who takes the file elsewhere."""
    svg = re.sub(r"var\(--chart-[a-z]+, ([^)]+)\)", r"\1", svg)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + svg.replace('<svg style="', '<svg style="background: #ffffff; font-family: \'DejaVu Sans\', sans-serif; ', 1)


def palette_css() -> str:
    """Return the colours as CSS variables for the light and the dark theme, so that they stand in one place; print is light."""
    light, dark = ("".join(f"--chart-{key}: {pair[side]};" for key, pair in (PALETTE | PAGE).items()) for side in (0, 1))
    return (
        f"body {{ {light} }}\n@media not print {{ body[data-theme=dark] {{ {dark} }} }}\n"
        f"@media not print and (prefers-color-scheme: dark) {{ body:not([data-theme=light]) {{ {dark} }} }}\n"
    )


def write_palette(app: Sphinx) -> None:
    """Write the palette before the pages, which name it with a hash of what is in it."""
    if app.builder.format == "html":
        Path(app.outdir, "_static", "palette.css").write_text(palette_css(), encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.add_transform(FigureOfChart)
    app.connect("builder-inited", write_palette)
    app.connect("build-finished", remove_downloads)
    app.add_css_file("palette.css", priority=900)
