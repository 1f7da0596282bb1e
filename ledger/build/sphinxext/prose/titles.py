"""A page's title of the form "Word: finding": the word stands over the finding, and is the name by
which other pages call it.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

from ledger.core import tables

KICKER = re.compile(r"(\w+):\s+(?=\S)")


def short_title(env, docname: str) -> str:
    """Return what other pages call a page: the word before the colon, else its whole title."""
    title = env.titles[docname].astext()
    found = _kicker(docname, title)
    return found[1] if found else title


def _kicker(docname: str, title: str) -> re.Match | None:
    # what a table is called is its institution's
    return None if docname.startswith(f"{tables.PAGES}/") else KICKER.match(title)


def keep_short_address(app: Sphinx, doctree: nodes.document) -> None:
    """Give a page's section the address that the word alone would give it."""
    section = next(iter(doctree.findall(nodes.section)), None)
    if section is None or not (found := _kicker(app.env.docname, section[0].astext())):
        return
    name = nodes.make_id(found[1])
    if not any(name in node.get("ids", ()) for node in doctree.findall(nodes.Element)):
        section["ids"].append(name)


def part_title(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Part the title into word and finding. As text it stays; the style gives a capital."""
    section = next(iter(doctree.findall(nodes.section)), None)
    if app.builder.name != "html" or section is None or not section[0].children:
        return
    first = section[0][0]
    if not isinstance(first, nodes.Text) or not (found := _kicker(docname, first.astext())):
        return
    colon = nodes.inline("", ": ", classes=["colon"])
    word = nodes.inline("", "", nodes.Text(found[1]), colon, classes=["kicker"])
    rest = nodes.Text(first.astext()[found.end() :])
    finding = nodes.inline("", "", rest, *section[0].children[1:], classes=["finding"])
    section[0].children = []
    section[0] += [word, finding]


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", keep_short_address, priority=600)  # after former addresses
    app.connect("doctree-resolved", part_title)
