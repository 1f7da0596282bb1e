"""{gloss}`TERM` or {gloss}`words <TERM>`: a term of the book's list, explained where it stands.

On the site it links to its entry, and its gloss shows on hover, on focus and at the first touch;
elsewhere it is its words. The list is that of the {terms} directives.
"""

from __future__ import annotations

import difflib
import html

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole

from ledger.build.sphinxext import page_store

logger = logging.getLogger(__name__)


class GlossedTerm(nodes.Inline, nodes.TextElement):
    """The words of a term of which `term` is the name; with `refuri` and `gloss` once found."""


class Gloss(ReferenceRole):
    """Words that lead to a term's entry."""

    def run(self):
        node = GlossedTerm(self.rawtext, self.title, term=self.target)
        node.source, node.line = self.get_source_info()
        page_store.page(self.env)["glossed"] = True
        return [node], []


def terms_of(env) -> dict[str, tuple[str, str, str, tuple[str, ...]]]:
    """Return page, anchor, gloss and other words of each term that is listed on a page."""
    return {
        term: (page, *known)
        for page, terms in page_store.all_pages(env, "terms").items()
        for term, known in terms.items()
    }


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Lead each glossed term to its entry, once all pages are read."""
    glossed = list(doctree.findall(GlossedTerm))
    known = terms_of(app.env) if glossed else {}
    for node in glossed:
        if node["term"] not in known:
            logger.warning(_unknown(node, known), location=node)
            continue
        page, anchor, gloss, _ = known[node["term"]]
        if app.builder.name == "html":
            node["refuri"] = f"{app.builder.get_relative_uri(docname, page)}#{anchor}"
            node["gloss"] = gloss


def _unknown(node: GlossedTerm, known: dict[str, tuple]) -> str:
    """Say that a term is not listed, and which may be meant."""
    term, words = node["term"], {}
    for name, (_, _, _, others) in known.items():
        words |= {word.casefold(): name for word in (*others, name)}
    near = difflib.get_close_matches(term.casefold(), words, 3)
    meant = list(dict.fromkeys(words[word] for word in near))
    advice = "Add it to the table of terms"
    if meant:
        shown = ", ".join(f"{{gloss}}`{node.astext()} <{name}>`" for name in meant)
        advice = f"Write {shown}, or add it to the table of terms"
    return f"no page lists the term {term!r}. {advice}."


def _visit(translator, node: GlossedTerm) -> None:
    if "refuri" in node:
        address, gloss = html.escape(node["refuri"]), html.escape(node["gloss"])
        # the description is what the style shows
        translator.body.append(f'<a class="gloss" href="{address}" aria-description="{gloss}">')


def _depart(translator, node: GlossedTerm) -> None:
    if "refuri" in node:
        translator.body.append("</a>")


def add_script(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load what shows a gloss or a source at a touch, on pages that have one."""
    if app.builder.name != "html" or doctree is None:
        return
    noted = next(doctree.findall(nodes.footnote_reference), None)
    if noted or page_store.all_pages(app.env, "glossed").get(page):
        app.add_js_file("glosses.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.add_node(GlossedTerm, html=(_visit, _depart))
    app.add_role("gloss", Gloss())
    app.connect("doctree-resolved", link_terms)
    app.connect("html-page-context", add_script)
