"""Citations in running text as small numbers, which lead to the page's sources at its end.

On the site only: the PDF and the EPUB cite by author and year, and so does a citation that stands
by itself, in a cell or after "Sources:". A source has one number on a page, in the order of first
citation. `page.js` lends a number the words of its source, which then show as a gloss does.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

from ledger.build.sphinxext.content.folded import folded

CITATION = "bibtex-citation"  # the class that sphinxcontrib.bibtex gives it
CLOSING = re.compile(r"[.,;:?!…]+[”’]?|")  # what a number stands after


def number_citations(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn a page's citations into numbers and list their sources at its end."""
    sources: dict[str, nodes.footnote] = {}  # address of an entry → its place in the list
    told: set[str] = set()
    on_site = app.builder.name == "html"
    for citation in [node for node in doctree.findall(nodes.inline) if CITATION in node["classes"]]:
        links = list(citation.findall(nodes.reference))
        if on_site and _closes_words(citation):
            _put_numbers(citation, [_number(link, sources) for link in links])
        else:
            _tell_once(links, told)
    if sources:
        line = f"Sources of this page ({len(sources)})"
        listed = folded([nodes.Text(line)], *sources.values(), classes=("page-sources",))
        next(doctree.findall(nodes.section)).append(listed)


def _closes_words(citation: nodes.inline) -> bool:
    """Tell whether a citation follows words that it supports, and not "Sources:" or nothing."""
    siblings = citation.parent.children
    before = "".join(node.astext() for node in siblings[: siblings.index(citation)]).rstrip()
    return bool(before) and before[-1] != ":" and citation.astext().startswith("[")


def _number(link: nodes.reference, sources: dict[str, nodes.footnote]) -> nodes.footnote_reference:
    """Return a citation's number, which leads to its source; list one that is new."""
    place = link.get("refuri") or f"#{link['refid']}"
    new = place not in sources
    number = str(len(sources) + 1 if new else list(sources).index(place) + 1)
    first = [f"cites-{number}"]
    if new:
        entry = nodes.reference("", "Full entry", internal=True, refuri=place)
        words = nodes.paragraph("", f"{link.get('reftitle', link.astext())} ", entry)
        label = nodes.label("", number)
        sources[place] = nodes.footnote("", label, words, ids=[f"source-{number}"], backrefs=first)
    ids = first if new else []
    return nodes.footnote_reference("", number, refid=f"source-{number}", ids=ids)


def _leave_emphasis(citation: nodes.inline) -> None:
    """Move a citation out of the emphasis that it ends: the stop may follow behind it."""
    while isinstance(parent := citation.parent, nodes.emphasis | nodes.strong):
        if citation is not parent[-1]:
            return
        parent.remove(citation)
        if parent and isinstance(parent[-1], nodes.Text):
            parent[-1] = nodes.Text(parent[-1].rstrip())
        parent.parent.insert(parent.parent.index(parent) + 1, citation)


def _put_numbers(citation: nodes.inline, numbers: list[nodes.footnote_reference]) -> None:
    """Put numbers in a citation's place: no space before them, and the signs that follow too."""
    _leave_emphasis(citation)
    parent = citation.parent
    at = parent.index(citation)
    closing = ""
    if at + 1 < len(parent) and isinstance(after := parent[at + 1], nodes.Text):
        closing = CLOSING.match(after)[0]
        parent[at + 1] = nodes.Text(after[len(closing) :])
    if at and isinstance(before := parent[at - 1], nodes.Text):
        parent[at - 1] = nodes.Text(before.rstrip() + closing)
    elif closing:
        parent.insert(at, nodes.Text(closing))
    marked = nodes.inline("", "", classes=[CITATION, "numbered"], ids=citation["ids"])
    for number in sorted(numbers, key=lambda number: int(number.astext())):
        marked += [nodes.Text(", "), number] if len(marked) else [number]
    parent.replace(citation, marked)


def _tell_once(links: list[nodes.reference], told: set[str]) -> None:
    """Leave an entry's tip to the first link to it on a page: they would weigh as a chart does."""
    for link in links:
        place = link.get("refuri") or link.get("refid")
        if place in told:
            link.attributes.pop("reftitle", None)
        told.add(place)


def setup(app: Sphinx) -> None:
    app.connect("doctree-resolved", number_citations)
