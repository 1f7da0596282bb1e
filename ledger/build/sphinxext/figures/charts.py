"""Turn a published chart of a notebook's output into a figure of the page, with its downloads."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

from ledger.build import downloads, workbooks
from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.figures import chart_html, chart_pages, chart_print
from ledger.build.sphinxext.markup import raw_html
from ledger.build.sphinxext.works import chart_record
from ledger.core import citations, fingerprints, tables
from ledger.core.charts.style import PAGE, PALETTE, THEME, VERDICTS

CONTENT = re.compile(r'<script type="application/json" class="ledger-chart">(.*)</script>', re.S)


class FigureOfChart(SphinxTransform):
    """Replace what `ledger.core.charts.publish` displayed by a numbered figure.

    Pages can refer to it by the chart's name.
    """

    default_priority = 200  # before references and figure numbers are gathered

    def apply(self, **_) -> None:
        for raw in list(self.document.findall(nodes.raw)):
            match = CONTENT.search(raw.astext()) if raw.get("format") == "html" else None
            if match:
                chart = json.loads(match.group(1))
                self._note(chart)
                drawn = fingerprints.of_text(match.group(1))
                page_store.page(self.env)["drawn"][chart["name"]] = drawn
                bundle = raw.parent.parent if raw.parent.get("mime_type") else raw
                bundle.replace_self(self._figure(chart))

    def _note(self, chart: dict) -> None:
        """Remember the chart for the pages that name it, and write its downloads."""
        name, page = chart["name"], self.env.docname
        other = charts_of(self.env).get(name, {}).get("page")
        if other is not None or name in self.document.nameids:
            places = [self._places(each, name) for each in sorted({page, other or page})]
            raise ExtensionError(
                f"{', '.join(places)}: two charts are named {name!r}. A name is an address: "
                "rename one"
            )
        page_store.page(self.env)["charts"][name] = {
            "name": name,
            "page": page,
            "caption": chart["caption"],
            "tables": chart["tables"],
        }
        folder = Path(self.app.outdir, "charts")
        for kind, content in self._files(chart).items():
            folder.mkdir(exist_ok=True)
            raw = content.encode() if isinstance(content, str) else content
            path = folder / f"{name}.{kind}"
            # to write over a file waits for the disk, and of an edit to prose charts are as before
            if not path.exists() or path.read_bytes() != raw:
                path.write_bytes(raw)

    def _places(self, page: str, name: str) -> str:
        """Return the lines of a page that name a chart, as `page.md:7, page.md:12`."""
        path = Path(self.env.doc2path(page))
        file, lines = self.env.doc2path(page, base=False), path.read_text("utf-8").split("\n")
        quoted = re.compile(rf"""["']{re.escape(name)}["']""")
        found = [n for n, line in enumerate(lines, 1) if quoted.search(line)]
        return ", ".join(f"{file}:{n}" for n in found) or f"{file}:1"

    def _files(self, chart: dict) -> dict[str, str | bytes]:
        """Return the files that the site, or the EPUB, has of a chart, by their endings."""
        builder, record = self.app.builder.name, chart_record(self.config, chart)
        if builder == "epub":
            return {"svg": chart_html.standalone_svg(chart["svg"])}
        if builder != "html":
            return {}
        return {
            "svg": chart_html.standalone_svg(chart["svg"]),
            "csv": downloads.for_excel(chart["csv"]),
            "xlsx": workbooks.workbook(downloads.chart_resource(chart), chart["csv"], record),
            "png": base64.b64decode(chart["png"]),
            "zip": downloads.chart_zip(chart, record),
            "bib": citations.bibtex(record),
            "ris": citations.ris(record),
            "html": chart_pages.own_page(chart, record, self.app, self.env.docname),
            "embed.html": chart_pages.embed_page(chart, record, self.app, self.env.docname),
        }

    def _figure(self, chart: dict) -> nodes.figure:
        name, docname = chart["name"], self.env.docname
        figure = nodes.figure(
            classes=["ledger-chart"], names=[name], ids=[chart_html.chart_anchor(name)]
        )
        figure.source, figure.line = self.document["source"], None
        self.document.note_explicit_target(figure)
        if self.app.builder.name != "html":
            return chart_print.fill_figure(figure, chart, self.app, docname)
        record = chart_record(self.config, chart)
        parts = chart_html.chart_parts(chart, record, self.app.builder, docname)
        before, after = parts.tools.split(chart_html.CODE_PLACE)
        # in the order in which they are seen: a title that arrived after its picture would push
        # it down
        figure += nodes.caption("", chart["caption"])
        picture = parts.picture + chart_html.dated_list(chart)
        figure += raw_html(picture + parts.source + before)
        figure += nodes.literal_block(chart["code"], chart["code"], language="python")
        figure += raw_html(after)
        return figure


def charts_of(env) -> dict[str, dict]:
    """Return name, page, caption and tables of the charts of all pages, by name."""
    return {
        name: chart
        for charts in page_store.all_pages(env, "charts").values()
        for name, chart in charts.items()
    }


def remove_downloads(app: Sphinx, error: Exception | None) -> None:
    """Remove the downloads of charts that are gone."""
    if not error and app.builder.name in ("html", "epub"):
        known = charts_of(app.env)
        for path in Path(app.outdir, "charts").glob("*.*"):
            if path.name.partition(".")[0] not in known:
                path.unlink()


def palette_css() -> str:
    """Return the colours as CSS variables for the light and the dark theme; print is light."""
    named = PAGE | {f"chart-{key}": pair for key, pair in (PALETTE | THEME).items()}
    named |= {f"verdict-{word.replace(' ', '-')}": pair for word, (_, pair) in VERDICTS.items()}
    light, dark = (
        "".join(f"--{name}: {pair[side]};" for name, pair in named.items()) for side in (0, 1)
    )
    system_dark = "@media (prefers-color-scheme: dark)"
    return (
        f"body {{ {light} }}\n@media not print {{\nbody[data-theme=dark] {{ {dark} }}\n"
        f"{system_dark} {{ body:not([data-theme=light]) {{ {dark} }} }}\n}}\n"
    )


def write_palette(app: Sphinx) -> None:
    """Write the palette before the pages, which name it with a hash of what is in it."""
    if app.builder.name == "html":
        Path(app.outdir, "_static", "palette.css").write_text(palette_css(), encoding="utf-8")


def add_files(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load the script that makes charts explorable, and the style of downloads, where they are."""
    if page_store.all_pages(app.env, "charts").get(page):
        app.add_js_file("charts.js", loading_method="defer")
        app.add_css_file("downloads.css", priority=901)  # after ledger.css
    elif tables.table_of_page(page):
        app.add_css_file("downloads.css", priority=901)


def setup(app: Sphinx) -> None:
    app.add_transform(FigureOfChart)
    app.connect("html-page-context", add_files)
    app.connect("builder-inited", write_palette)
    app.connect("build-finished", remove_downloads)
    app.add_css_file("palette.css", priority=900)
