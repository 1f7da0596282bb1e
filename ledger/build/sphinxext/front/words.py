"""{dateline}: until when the evidence goes and when the page last changed; {quote} NAME: a figure
to take away, with its source and its day. Style and script of the first page.
"""

from __future__ import annotations

import html
import re

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.build_info import evidence_line
from ledger.build.sphinxext.history import changed
from ledger.build.sphinxext.markup import raw_html
from ledger.core import citations, text
from ledger.core.config import book

UPDATED, QUOTE = "updated", "quote"  # classes of what is filled in when the page is written


class Dateline(SphinxDirective):
    """The end of the evidence and the page's last change, then the links that are its content."""

    has_content = True

    def run(self):
        line = nodes.paragraph("", "", classes=["dateline"])
        until = nodes.strong("", text.date(book().evidence_until))
        line += [nodes.Text("Evidence to "), until]
        line += nodes.inline("", "", classes=[UPDATED])
        for words in filter(None, map(str.strip, self.content)):
            link, messages = self.state.inline_text(words, self.lineno)
            line += [nodes.Text(" · "), *link, *messages]
        return [line]


class Quote(SphinxDirective):
    """A sentence, and a second paragraph that says who has it from where.

    `:chart:` names the chart whose address goes along when it is copied.
    """

    required_arguments = 1
    has_content = True
    option_spec = {"chart": directives.unchanged_required}

    def run(self):
        anchor = nodes.make_id(f"quote-{self.arguments[0]}")
        block = nodes.block_quote("", classes=[QUOTE], ids=[anchor], anchor=anchor)
        block["chart"] = self.options.get("chart", "")
        self.state.nested_parse(self.content, self.content_offset, block)
        if [type(part) for part in block] != [nodes.paragraph] * 2:
            problem = "a quote is a paragraph with the figure and one with its source"
            return [self.state.document.reporter.error(problem, line=self.lineno)]
        block[0]["classes"].append("quote-words")
        block[1]["classes"].append("quote-source")
        return [block]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say when the page last changed, and give each quote the text that is copied."""
    day = text.date(changed(app, docname).newest)
    for place in list(doctree.findall(nodes.inline)):
        if place["classes"] == [UPDATED] and day:
            place += nodes.Text(f" · updated {day}")
    for block in doctree.findall(nodes.block_quote):
        if QUOTE in block["classes"] and app.builder.name == "html":
            words = html.escape(_to_copy(app, block, docname, day), quote=True)
            block += raw_html(f'<span class="copy-place" data-copy="{words}"></span>')


def _to_copy(app: Sphinx, block: nodes.block_quote, docname: str, day: str) -> str:
    """Return a quote with its source, the book, the day and the address where it is found."""
    page = "" if docname == app.config.root_doc else app.builder.get_target_uri(docname)
    address = f"charts/{block['chart']}.html" if block["chart"] else f"{page}#{block['anchor']}"
    edition = citations.edition()
    updated = f", updated {day}" if day else ""
    origin = f"Taken from {edition['title']}, version {edition['version']}{updated}."
    said = [_without_citations(part) for part in block.findall(nodes.paragraph)]
    return "\n".join(
        [
            said[0],
            f"Source: {said[1]}",
            f"{origin} {evidence_line()}.",
            app.config.html_baseurl + address,
        ]
    )


def _without_citations(paragraph: nodes.paragraph) -> str:
    """Return a paragraph's text; its citations lead to a list that is not taken along."""
    copied = paragraph.deepcopy()
    for node in list(copied.findall(nodes.inline)):
        if "bibtex-citation" in node.get("classes", ()):
            node.parent.remove(node)
    return re.sub(r"\s+([.,;])", r"\1", " ".join(copied.astext().split()))


def is_front(app: Sphinx, page: str) -> bool:
    """Tell whether a page is the first and has the picture of a chart at its head."""
    return page == app.config.root_doc and bool(page_store.all_pages(app.env, "heroes").get(page))


def add_files(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load the first page's style, and the script that copies, where there is such a page."""
    if app.builder.name == "html" and is_front(app, page):
        app.add_css_file("front.css", priority=950)
        app.add_js_file("copy.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.add_directive("dateline", Dateline)
    app.add_directive("quote", Quote)
    app.connect("doctree-resolved", fill)
    app.connect("html-page-context", add_files)
