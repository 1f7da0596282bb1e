"""{formerly} SLUG: an address that a section had, kept for links from elsewhere.

Below a heading it is another address of that section; the search and the terms then know the
section by it too.
"""

from __future__ import annotations

import re
from collections import Counter

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from ledger.build.sphinxext import page_store

logger = logging.getLogger(__name__)
NUMBERED = re.compile(r"id\d+")  # what docutils takes where a heading gives no address
SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"


class FormerAddress(nodes.Special, nodes.Invisible, nodes.Element):
    """A place that has the addresses in its `ids`; no two of a page may be alike."""


class Formerly(SphinxDirective):
    """One address or several, apart by spaces or on lines of their own."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        slugs = [slug for line in (*self.arguments, *self.content) for slug in line.split()]
        if wrong := [slug for slug in slugs if not re.fullmatch(SLUG, slug)]:
            problem = f"{wrong[0]!r} is no address of a section: small letters, figures, hyphens"
            return [self.state.document.reporter.error(problem, line=self.lineno)]
        node = FormerAddress(ids=slugs)
        node.source, node.line = self.get_source_info()
        return [node]


def prefer_labels(app: Sphinx, doctree: nodes.document) -> None:
    """Have a section whose heading gives no address known by the label above it alone."""
    for section in doctree.findall(nodes.section):
        if labels := [name for name in section["ids"] if not NUMBERED.fullmatch(name)]:
            section["ids"] = labels


def keep_addresses(app: Sphinx, doctree: nodes.document) -> None:
    """Give sections their former addresses, once it is known which the page has anyway."""
    count = Counter(name for node in doctree.findall(nodes.Element) for name in node.get("ids", ()))
    kept = page_store.page(app.env)["former_addresses"]
    first = next(iter(doctree.findall(nodes.section)), None)
    for node in list(doctree.findall(FormerAddress)):
        for slug in node["ids"]:
            if count[slug] > 1:
                problem = "the page has the address #%s already, so it cannot be a former one"
                logger.warning(problem, slug, location=node)
        section = node.parent
        while not isinstance(section, (nodes.section, nodes.document)):
            section = section.parent
        if isinstance(section, nodes.section):
            anchor = "" if section is first else section["ids"][0]
            kept |= dict.fromkeys(node["ids"], anchor)
        # below the heading, or below another such
        before = node.parent.index(node) - 1
        if node.parent is section and isinstance(section[before], nodes.title):
            section["ids"] += [slug for slug in node["ids"] if count[slug] == 1]
            section.remove(node)


def current(env, place: str) -> str:
    """Return the address, page#anchor, that a section has now, given one that it has or had."""
    page, _, anchor = place.partition("#")
    now = page_store.all_pages(env, "former_addresses").get(page, {}).get(anchor, anchor)
    return f"{page}#{now}" if now else page


def _visit(translator, node: FormerAddress) -> None:
    # other places than sections may have several addresses only one within the other
    places = "".join(f'<span class="formerly" id="{name}"></span>' for name in node["ids"])
    translator.body.append(places)
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_node(FormerAddress, html=(_visit, None))
    app.add_directive("formerly", Formerly)
    app.connect("doctree-read", prefer_labels, priority=100)  # before the table of contents
    app.connect("doctree-read", keep_addresses)
