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

from ledger.build import downloads
from ledger.build.sphinxext import page_store, print_builders
from ledger.build.sphinxext.lifecycle import SLUG
from ledger.core import citations, tables
from ledger.core.charts.style import PALETTE, THEME

logger = logging.getLogger(__name__)
CONTENT = re.compile(r'<script type="application/json" class="ledger-chart">(.*)</script>', re.S)


class FigureOfChart(SphinxTransform):
    """Replace the HTML that `ledger.core.charts.plots.publish` displayed by a numbered figure that pages can refer to by the chart's name."""

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
            raise ExtensionError(
                f"two charts are named {name!r}: in {elsewhere or page} and in {page}; a name is an address, rename one"
            )
        page_store.of_page(self.env)["charts"][name] = {
            "name": name,
            "page": page,
            "caption": chart["caption"],
            "tables": chart["tables"],
        }
        if (builder := self.app.builder.name) in ("html", "epub"):
            folder, this = Path(self.app.outdir, "charts"), work(self.config, chart)
            folder.mkdir(exist_ok=True)
            files: dict[str, str | bytes] = {"svg": standalone(chart["svg"])}
            if builder == "html":
                files |= {
                    "csv": chart["csv"],
                    "png": base64.b64decode(chart["png"]),
                    "zip": downloads.of_chart(chart, this),
                    "bib": citations.bibtex(this),
                    "ris": citations.ris(this),
                    "html": self._page(chart, this),
                }
            for kind, content in files.items():
                (folder / f"{name}.{kind}").write_bytes(
                    content if isinstance(content, bytes) else content.encode()
                )

    def _page(self, chart: dict, this: dict) -> str:
        """Return the page of the chart by itself."""
        picture, below, tools = _parts(chart, this, self.app.builder, f"charts/{chart['name']}")
        tools = tools.replace("<details>", "<details open>", 1).replace(
            CODE_HERE, f'<pre tabindex="0">{html.escape(chart["code"])}</pre>'
        )
        figure = f'<figure class="ledger-chart">{picture}<figcaption>{below}</figcaption>{tools}</figure>'
        known = {
            "chart": chart,
            "figure": figure,
            "page": self.env.docname,
            "anchor": address(chart["name"]),
            "address": this["url"],
            "image": this["url"].removesuffix("html") + "png",
            "book": citations.edition()["title"],
            "policy": self.app.ledger_policy,
        }
        return self.app.builder.templates.render("chart.html", known)

    def _figure(self, chart: dict) -> nodes.figure:
        figure = nodes.figure(
            classes=["ledger-chart"], names=[chart["name"]], ids=[address(chart["name"])]
        )
        figure.source, figure.line = self.document["source"], None
        self.document.note_explicit_target(figure)
        if self.app.builder.name != "html":
            return print_builders.fill_figure(figure, chart, self.app, self.env.docname)
        picture, below, tools = _parts(
            chart, work(self.config, chart), self.app.builder, self.env.docname
        )
        before, after = tools.split(CODE_HERE)
        figure += [raw_html(picture), nodes.caption("", chart["caption"]), raw_html(below + before)]
        figure += nodes.literal_block(chart["code"], chart["code"], language="python")
        figure += raw_html(after)
        return figure


CODE_HERE = "<!-- code -->"


def _parts(chart: dict, this: dict, builder, docname: str) -> tuple[str, str, str]:
    """Return picture, source line, and what a reader can do with a chart, as the HTML of a page. The code has its place marked."""
    files = f"{'../' * docname.count('/')}charts/{chart['name']}"
    links = f'<a href="{files}.zip" download>data with description and citation</a> ' + " ".join(
        f'<a href="{files}.{kind}" download>{kind.upper()}</a>' for kind in ("csv", "svg", "png")
    )
    tools = (
        f'<div class="chart-tools"><details><summary>View as table</summary>{_table(chart)}</details><details><summary>Code</summary>{CODE_HERE}</details>'
        f'{citations.block(this, files)}<a class="chart-address" href="{files}.html">The chart by itself</a><p class="chart-downloads">Download {links}</p></div>'
    )
    return (
        _picture(chart),
        f'<p class="chart-source">{source_line(chart, builder, docname)}</p>',
        tools,
    )


def work(config, chart: dict) -> dict:
    """Return a chart as a work to cite (see `ledger.core.citations`)."""
    return {
        "kind": "chart",
        "key": f"{SLUG}-{chart['name']}",
        "title": chart["caption"],
        "url": f"{config.html_baseurl}charts/{chart['name']}.html",
        "note": citations.credit(chart["sources"]),
    }


def address(name: str) -> str:
    """Return the anchor of a chart on its page: its name with a prefix, so that no heading can have the same."""
    return f"chart-{name}"


def _picture(chart: dict) -> str:
    """Return the chart as inline SVG, and beside it what ledger/build/sphinxext/assets/charts.js needs to say the values, which is no program."""
    svg = chart["svg"].replace(
        "<svg ", f'<svg role="img" aria-label="{html.escape(chart["alt"], quote=True)}" ', 1
    )
    marks = json.dumps(chart["marks"], ensure_ascii=False, separators=(",", ":")).replace(
        "</", "<\\/"
    )
    return f'<div class="chart-picture">{svg}<script type="application/json" class="chart-marks">{marks}</script></div>'


def raw_html(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def charts_of(env) -> dict[str, dict]:
    """Return name, page, caption and tables of the charts of all pages, by name."""
    return {
        name: chart
        for charts in page_store.of_all(env, "charts").values()
        for name, chart in charts.items()
    }


def source_line(chart: dict, builder, docname: str) -> str:
    """Return a chart's sources and tables as HTML, with links as they are on a page of that builder."""
    names = []
    for source in chart["sources"]:
        title = html.escape(source["title"])
        linked = (
            f'<a href="{html.escape(source["path"])}">{title}</a>'
            if source["path"].startswith("http")
            else title
        )
        names.append(f"{linked}, {html.escape(source['edition'])}" if source["edition"] else linked)
    behind = ", ".join(
        f'<a href="{builder.get_relative_uri(docname, tables.page_path(name))}">{name}</a>'
        for name in chart["tables"]
    )
    return f"Source: {'; '.join(names)}. Table: {behind}."


def _table(chart: dict) -> str:
    rows = list(csv.reader(io.StringIO(chart["csv"])))
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in rows[0])
    body = "".join(
        "<tr>"
        + f'<th scope="row">{html.escape(row[0])}</th>'
        + "".join(td(cell, _readable(cell)) for cell in row[1:])
        + "</tr>"
        for row in rows[1:]
    )
    return f'<div class="chart-table" tabindex="0" role="group" aria-label="Data of the chart"><table><caption>{html.escape(chart["caption"])}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def td(cell: str, shown: str | None = None) -> str:
    """Return a cell of a table as HTML: figures stand right, words left."""
    words = "" if not cell or re.fullmatch(r"-?[\d.]+(e[-+]?\d+)?", cell) else ' class="words"'
    return f"<td{words}>{html.escape(cell if shown is None else shown)}</td>"


def _readable(cell: str) -> str:
    """Group the thousands of a number of five digits or more, and shorten a long fraction; the CSV keeps it all."""
    if re.fullmatch(r"-?\d{5,}(\.\d+)?", cell):
        return f"{float(cell):,.0f}"
    if re.fullmatch(r"-?\d{1,4}\.\d{4,}", cell):
        return f"{float(cell):.5g}"
    return cell


def remove_downloads(app: Sphinx, error: Exception | None) -> None:
    """Remove the downloads of charts that are gone."""
    if not error and app.builder.name in ("html", "epub"):
        known = charts_of(app.env)
        for path in Path(app.outdir, "charts").glob("*.*"):
            if path.stem not in known:
                path.unlink()


def plain(svg: str) -> str:
    """Return a chart's SVG with plain colours, those of the light theme, in place of the page's."""
    return re.sub(r"var\(--chart-[a-z]+, ([^)]+)\)", r"\1", svg)


def standalone(svg: str) -> str:
    """Return a chart's SVG with plain colours in place of the page's, for a reader who takes the file elsewhere."""
    svg = plain(svg)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + svg.replace(
        '<svg style="',
        "<svg style=\"background: #ffffff; font-family: 'DejaVu Sans', sans-serif; ",
        1,
    )


def palette_css() -> str:
    """Return the colours as CSS variables for the light and the dark theme, so that they stand in one place; print is light."""
    light, dark = (
        "".join(f"--chart-{key}: {pair[side]};" for key, pair in (PALETTE | THEME).items())
        for side in (0, 1)
    )
    return (
        f"body {{ {light} }}\n@media not print {{\nbody[data-theme=dark] {{ {dark} }}\n"
        f"@media (prefers-color-scheme: dark) {{ body:not([data-theme=light]) {{ {dark} }} }}\n}}\n"
    )


def write_palette(app: Sphinx) -> None:
    """Write the palette before the pages, which name it with a hash of what is in it."""
    if app.builder.name == "html":
        Path(app.outdir, "_static", "palette.css").write_text(palette_css(), encoding="utf-8")


def add_script(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load the script that makes charts explorable on the pages that have charts."""
    if page_store.of_all(app.env, "charts").get(page):
        app.add_js_file("charts.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.add_transform(FigureOfChart)
    app.connect("html-page-context", add_script)
    app.connect("builder-inited", write_palette)
    app.connect("build-finished", remove_downloads)
    app.add_css_file("palette.css", priority=900)
