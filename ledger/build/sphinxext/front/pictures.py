"""{hero} CHART: the picture of another page's chart; {small-chart} NAME: a small picture that a
cell drew (`charts.small`), with its source and a link to the whole chart.

Both lead to the chart itself, where its table, its code and its files are.
"""

from __future__ import annotations

import re

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.figures.chart_html import chart_anchor, labelled_svg, plain_svg
from ledger.build.sphinxext.figures.charts import charts_of
from ledger.build.sphinxext.markup import raw_html

logger = logging.getLogger(__name__)
PICTURE = re.compile(r"<svg\b.*?</svg>", re.S)
PAPER_WIDTH = "7.5cm"
HERO, CHART_LINK = "front-hero", "chart-link"  # classes of what is filled in when all is read


class Hero(SphinxDirective):
    """The picture of a chart, with its caption; a dated list where there is no room for it."""

    required_arguments = 1
    option_spec = {"list": directives.unchanged_required}

    def run(self):
        chart, listed = self.arguments[0], self.options.get("list")
        hero = nodes.container("", classes=[HERO], chart=chart)
        hero.source, hero.line = self.get_source_info()
        page_store.page(self.env)["heroes"] = [chart]
        if listed:
            content = _glued(self, listed)
            if content is None:
                return [_not_put(self, listed)]
            hero += _dated_list(content["rows"], on_site=self.env.app.builder.name == "html")
        return [hero]


class SmallChart(SphinxDirective):
    """A small picture that a cell of the page drew; `:of:` names the chart that it stands for, if
    there is one, `:source:` its sources in few words, where their titles are long.
    """

    required_arguments = 1
    option_spec = dict.fromkeys(["of", "unit", "source"], directives.unchanged_required)

    def run(self):
        name = self.arguments[0]
        content = _glued(self, name)
        if content is None:
            return [_not_put(self, name)]
        builder = self.env.app.builder
        small = nodes.container("", classes=["small-chart"])
        if (unit := self.options.get("unit")) and builder.name != "epub":
            small += nodes.paragraph("", unit, classes=["small-unit"])
        if builder.name == "html":
            small += raw_html(labelled_svg(content["svg"], content["alt"]))
        elif builder.name != "epub":  # whose reader has the whole chart, to which the link leads
            picture = labelled_svg(plain_svg(content["svg"]), content["alt"])
            small += raw_html(f'<div style="max-width: {PAPER_WIDTH}">{picture}</div>')
        small += self._source_line(content)
        for table in content["tables"]:
            page_store.add_dependency(self.env, f"table {table}")
        return [small]

    def _source_line(self, content: dict) -> nodes.paragraph:
        """Return the sources, which `:source:` may name with a link, and the link to the chart."""
        line = nodes.paragraph("", "Source: ", classes=["chart-source"])
        if words := self.options.get("source"):
            named, messages = self.state.inline_text(words, self.lineno)
            line += [*named, *messages]
        else:
            titles = dict.fromkeys(each["title"] for each in content["sources"])
            line += nodes.Text("; ".join(titles))
        line += nodes.Text(". ")
        if whole := self.options.get("of"):
            line += _chart_link(self, whole)
        return line


def _glued(directive: SphinxDirective, name: str) -> dict | None:
    """Return what a cell of the page handed over under a name."""
    try:
        return retrieve_glue_data(directive.state.document, name).metadata["ledger"]
    except RetrievalError:
        return None


def _not_put(directive: SphinxDirective, name: str) -> nodes.Node:
    problem = f"no cell of this page hands over {name!r}: charts.small(…) or charts.dated_list(…)"
    return directive.state.document.reporter.error(problem, line=directive.lineno)


def _chart_link(directive: SphinxDirective, chart: str) -> nodes.inline:
    """Return the place of a link to a chart, which `fill` makes."""
    place = nodes.inline("", "", classes=[CHART_LINK], chart=chart)
    place.source, place.line = directive.get_source_info()
    return place


def _dated_list(rows: list[list[str]], on_site: bool) -> nodes.bullet_list:
    """Return events as a list; each has the class of its lane, and the lane's name in words."""
    lanes = sorted({lane for _, lane, _ in rows})
    listing = nodes.bullet_list("", classes=["dated-list"])
    for when, lane, event in rows:
        line = nodes.paragraph("", "", nodes.inline("", f"{when} ", classes=["dated-when"]))
        line += nodes.inline("", f"{event} ", classes=["dated-event"])
        words = lane if on_site else f"({lane})"  # where there is no column of lanes
        line += nodes.inline("", words, classes=["dated-lane"])
        listing += nodes.list_item("", line, classes=[f"lane-{lanes.index(lane) + 1}"])
    return listing


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill what stands for charts of other pages, once all pages are read."""
    for place in list(doctree.findall(nodes.Element)):
        classes = place.get("classes", ())
        if not {HERO, CHART_LINK}.intersection(classes):
            continue
        chart = charts_of(app.env).get(place["chart"])
        if chart is None:
            known = ", ".join(sorted(charts_of(app.env)))
            logger.warning(
                "there is no chart %r; there are: %s", place["chart"], known, location=place
            )
        elif HERO in classes:
            _fill_hero(app, place, chart, docname)
        else:
            place += _link_to(app, chart, docname, "Chart and table")
            place[0]["reftitle"] = chart["caption"]


def _link_to(app: Sphinx, chart: dict, docname: str, words: str) -> nodes.reference:
    anchor = chart_anchor(chart["name"])
    return make_refnode(app.builder, docname, chart["page"], anchor, nodes.Text(words))


def _fill_hero(app: Sphinx, hero: nodes.container, chart: dict, docname: str) -> None:
    """Put caption, picture and link before the list, if there is one."""
    if app.builder.name == "html" and (picture := _picture_of(app, chart)):
        hero.insert(0, raw_html(f'<div class="hero-picture">{picture}</div>'))
    caption = nodes.strong("", chart["caption"])
    hero.insert(0, nodes.paragraph("", "", caption, classes=["hero-title"]))
    words = "The chart with its sources, its table and its files"
    link = _link_to(app, chart, docname, words)
    hero += nodes.paragraph("", "", link, classes=["chart-source"])


def _picture_of(app: Sphinx, chart: dict) -> str:
    """Return a chart's SVG as its own page shows it."""
    for figure in app.env.get_doctree(chart["page"]).findall(nodes.figure):
        if chart_anchor(chart["name"]) in figure["ids"]:
            drawn = "".join(raw.astext() for raw in figure.findall(nodes.raw))
            found = PICTURE.search(drawn)
            return found.group() if found else ""
    return ""


def redraw(app: Sphinx, env) -> list[str]:
    """Return the pages whose hero is drawn anew."""
    seen, changed = {}, []
    before = getattr(env, "ledger_heroes", {})
    drawn = {}
    for charts in page_store.all_pages(env, "drawn").values():
        drawn |= charts
    for docname, known in page_store.all_pages(env, "heroes").items():
        seen[docname] = [drawn.get(name) for name in known]
        if known and before.get(docname) != seen[docname]:
            changed.append(docname)
    env.ledger_heroes = seen
    return changed


def setup(app: Sphinx) -> None:
    app.add_directive("hero", Hero)
    app.add_directive("small-chart", SmallChart)
    app.connect("doctree-resolved", fill)
    app.connect("env-get-updated", redraw)
