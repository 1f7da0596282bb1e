"""Write the pages of a chart by itself: one to read, one for a frame in another site."""

from __future__ import annotations

import html
import re

from sphinx.application import Sphinx

from ledger.build.sphinxext.figures.chart_html import (
    CODE_PLACE,
    chart_anchor,
    chart_parts,
    credit,
    picture,
)
from ledger.build.sphinxext.works import version_values
from ledger.core import citations


def own_page(chart: dict, record: dict, app: Sphinx, docname: str) -> str:
    """Return the page of the chart by itself; `docname` is the page on which it stands."""
    here = f"charts/{chart['name']}"
    parts = chart_parts(chart, record, app.builder, here)
    code = f'<pre tabindex="0">{html.escape(chart["code"])}</pre>'
    whole = credit(chart, app.builder, here)
    # the page has room for what opens elsewhere: rows, and the credit below the picture
    tools = parts.tools.replace(whole, "").replace(CODE_PLACE, code)
    tools = tools.replace("<details class", "<details open class", 1)
    caption = f"<figcaption>{whole}</figcaption>"
    figure = f'<figure class="ledger-chart">{parts.picture}{caption}{tools}</figure>'
    image = record["url"].removesuffix("html") + "png"
    values = _values(chart, record, app, docname) | {"figure": figure, "image": image}
    values |= version_values(app.config, f"{here}.html")
    return app.builder.templates.render("chart.html", values)


def embed_page(chart: dict, record: dict, app: Sphinx, docname: str) -> str:
    """Return the page that another site shows in a frame: picture, source line and licence.

    Its links leave the frame, which is too small for a page.
    """
    here = f"charts/{chart['name']}"
    words = _leave_frame(credit(chart, app.builder, here))
    values = _values(chart, record, app, docname) | {"picture": picture(chart), "credit": words}
    return app.builder.templates.render("embed.html", values)


def _leave_frame(markup: str) -> str:
    return re.sub(r"<a ", '<a target="_blank" rel="noopener" ', markup)


def _values(chart: dict, record: dict, app: Sphinx, docname: str) -> dict:
    return {
        "chart": chart,
        "page": docname,
        "anchor": chart_anchor(chart["name"]),
        "address": record["url"],
        "book": citations.edition()["title"],
        "policy": app.ledger_policy,
    }
