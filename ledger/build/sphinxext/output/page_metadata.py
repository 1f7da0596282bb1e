"""Give a page's template its metadata: description, picture, linked data, citation, footer."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx

from ledger.build import downloads
from ledger.build.sphinxext.figures.charts import charts_of
from ledger.build.sphinxext.front.words import is_front
from ledger.build.sphinxext.history import changed_line
from ledger.build.sphinxext.output.linked_data import linked_data
from ledger.build.sphinxext.output.theme import patch_theme, with_contents
from ledger.build.sphinxext.report import account, contact_address, report_address
from ledger.build.sphinxext.works import SLUG, citation_path, citation_record
from ledger.core import citations, tables, text
from ledger.core.config import book

MAX_DESCRIPTION = 200  # characters; search engines show no more


def image(app: Sphinx, docname: str) -> dict:
    """Return address and alt text of a page's picture.

    It is the page's first chart, for a table the first drawn from it, else the book's first.
    """
    base, charts = app.config.html_baseurl, list(charts_of(app.env).values())
    own = [
        chart
        for chart in charts
        if chart["page"] == docname or docname == tables.page_path(chart["tables"][0])
    ]
    first = own or [chart for chart in charts if chart["page"] == app.config.root_doc] or charts
    if not first:
        return {"url": f"{base}_static/favicon.svg", "alt": ""}
    return {"url": f"{base}charts/{first[0]['name']}.png", "alt": first[0]["caption"]}


def description(doctree: nodes.document) -> str:
    """Return the beginning of a page's first paragraph, cut after a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        words = paragraph.astext()
        if isinstance(paragraph.parent, nodes.section) and len(words) > 40:
            words = " ".join(words.split())
            if len(words) <= MAX_DESCRIPTION:
                return words
            return words[:MAX_DESCRIPTION].rpartition(" ")[0] + " …"
    return ""


def text_licence() -> dict[str, str]:
    """Return name and address of the licence of the text, by its SPDX identifier."""
    identifier = citations.edition()["licence"]
    if match := re.fullmatch(r"CC-([A-Z-]+)-([\d.]+)", identifier):
        kind, version = match.groups()
        address = f"https://creativecommons.org/licenses/{kind.lower()}/{version}/"
        return {"name": f"CC {kind} {version}", "url": address}
    return {"name": identifier, "url": f"https://spdx.org/licenses/{identifier}"}


def _report(app: Sphinx, page: str) -> dict[str, str]:
    """Return where a reader reports an error on a page: as an issue, and without an account."""
    path = app.builder.get_target_uri(page)
    return {
        "address": report_address(app.config, path),
        "account": account(app.config),
        "contact": contact_address(app.config, path),
    }


def add_metadata(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Give a page's template what `theme/page.html` puts into it."""
    if app.builder.name != "html":
        return
    home, release = app.config.ledger_home, app.config.ledger_release
    values = {
        "policy": app.ledger_policy,
        "patch_theme": patch_theme,
        "with_contents": with_contents,
        "build_info": app.config.ledger_build_info,
        "root": urlsplit(app.config.html_baseurl).path,
        "all_data": downloads.ALL,
        "slug": SLUG,
        "methods_page": book().methods_page,
        "search_hint": book().search_hint,
        "licence": text_licence(),
        "page": doctree is not None,
        "front": doctree is not None and is_front(app, page),
        "home": home,
        "release": release,
        # that of a release would stay as it is
        "feed": f"{home}feed.xml" if release else context["pathto"]("feed.xml", 1),
        "released": text.date(citations.edition()["date"]),
    }
    if doctree is not None:
        record, picture, words = citation_record(app, page), image(app, page), description(doctree)
        data = linked_data(app, page, record, words, picture["url"])
        script = text.json_in_page(data, sort_keys=True)
        files = "../" * page.count("/") + citation_path(record)
        values |= {
            "title": record["title"],
            "description": words,
            "image": picture,
            "linked_data": script,
            "citation": citations.block(record, files),
            "changed": changed_line(app, page),
            "report": _report(app, page),
            # the newest page is the one that search engines should list; a link leads to this one
            "address": context["pageurl"],
        }
        context["pageurl"] = home + app.builder.get_target_uri(page)
    context["site"] = values


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", add_metadata, priority=900)
