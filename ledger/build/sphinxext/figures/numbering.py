"""Number figures without unpickling every page: of each an outline is kept.

Sphinx goes through all pages for it in every build, and through the page that a {numref} leads to.
"""

from __future__ import annotations

from functools import partial

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.environment.collectors.toctree import TocTreeCollector

from ledger.build.sphinxext import page_store


def keep_outline(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the outline of the page that is being read."""
    classes = {kind for domain in app.env.domains.values() for kind in domain.enumerable_nodes}
    page_store.page(app.env)["outline"] = nodes.section("", *outline(doctree, classes))


def outline(node: nodes.Node, numbered: set[type]) -> list[nodes.Node]:
    """Return what numbers depend on below a node: sections, lists of pages, what has a number."""
    kept: list[nodes.Node] = []
    for child in node.children:
        inner = outline(child, numbered)
        if isinstance(child, nodes.section):
            inner = [nodes.section("", *inner, ids=child["ids"])]
        elif isinstance(child, addnodes.toctree):
            inner = [addnodes.toctree("", entries=child["entries"])]
        elif type(child) in numbered:  # Sphinx numbers some only where they have a title
            titles = (nodes.caption, nodes.title)
            words = [type(t)("", t.astext()) for t in child.children if isinstance(t, titles)]
            inner = [type(child)("", *words, *inner, **child.attributes)]
        kept += inner
    return kept


def number_figures(collector, env, default=TocTreeCollector.assign_figure_numbers) -> list[str]:
    """Take the place of Sphinx's own, which is given the outlines for the pages."""
    env.get_doctree = page_store.all_pages(env, "outline").__getitem__
    try:
        return default(collector, env)
    finally:
        del env.get_doctree


class Anchors:
    """The anchors of a page, in its outline where they are there: what numbers are asked for."""

    def __init__(self, env, docname: str):
        self.env, self.docname = env, docname
        self.ids = self  # of a page Sphinx asks this alone

    def get(self, anchor: str) -> nodes.Element | None:
        """Return the part of the page that has an anchor."""
        for node in page_store.all_pages(self.env, "outline")[self.docname].findall(nodes.Element):
            if anchor in node["ids"]:
                return node
        return type(self.env).get_doctree(self.env, self.docname).ids.get(anchor)


def refer(domain, env, *details, default=StandardDomain._resolve_numref_xref):
    """Take the place of what gives {numref} its number, and unpickles a page for each."""
    env.get_doctree = partial(Anchors, env)
    try:
        return default(domain, env, *details)
    finally:
        del env.get_doctree


def setup(app: Sphinx) -> None:
    StandardDomain._resolve_numref_xref = refer
    TocTreeCollector.assign_figure_numbers = number_figures
    app.connect("doctree-read", keep_outline, priority=999)  # after all that changes the page
