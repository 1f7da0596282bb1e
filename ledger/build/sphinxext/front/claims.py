"""{claim-tiles}: every claim as a tile, paragraph by paragraph; {verdict-counts}: all claims
counted by verdict; {claim-counts} FIELD: those of one field, with words that say which they are;
{omission-lines}: what the text under review leaves out, in short, sorted by what it points to.

Each tile, count and line leads to its place in the ledger.
"""

from __future__ import annotations

import re
from collections import Counter

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.content.claims import LEDGER_PAGE, verdict_mark
from ledger.core import tables
from ledger.core.charts.style import VERDICTS
from ledger.core.text import plural

ROW = re.compile(r"(?P<place>[\w/]+):\s+(?P<name>\S.*)")


class Tiles(SphinxDirective):
    """All claims as tiles. Each line of the content names a paragraph: `P2: Security`."""

    has_content = True

    def run(self):
        page_store.add_dependency(self.env, "table claims")
        claims = tables.read_rows("claims")
        rows = [ROW.fullmatch(line.strip()) for line in self.content if line.strip()]
        if not all(rows):
            return [self.error_node("a line of tiles is `P2: Security`")]
        names = {row["place"]: row["name"] for row in rows}
        places = Counter(claim["paragraph"].partition("/")[0] for claim in claims)
        if set(names) != set(places):
            return [self.error_node(f"the claims stand in {', '.join(sorted(places))}: name each")]
        listing = nodes.bullet_list("", classes=["tile-rows"])
        for place, name in names.items():
            own = [claim for claim in claims if claim["paragraph"].partition("/")[0] == place]
            listing += _tile_row(self.env, name, place, own)
        return [nodes.container("", _legend(claims), listing, classes=["claim-tiles"])]

    def error_node(self, problem: str) -> nodes.Node:
        return self.state.document.reporter.error(problem, line=self.lineno)


def _tile_row(env, name: str, place: str, claims: list[dict]) -> nodes.list_item:
    """Return the tiles of one paragraph, after its name."""
    sign = f"{place.replace('P', '¶')} " if place.startswith("P") else ""
    label = nodes.inline("", f"{sign}{name} ", classes=["tile-name"])
    tiles = nodes.inline("", "", classes=["tiles"])
    for claim in claims:
        tiles += [_tile(env, claim), nodes.Text(" ")]
    return nodes.list_item("", nodes.paragraph("", "", label, tiles))


def _tile(env, claim: dict) -> nodes.reference:
    """Return a claim's tile: its glyph, and its number, verdict and words as its name."""
    tile = _ledger_link(env, claim["claim_id"].lower())
    tile["classes"].append("tile")
    mark = verdict_mark(claim["verdict"])
    mark.pop()  # the verdict's word, which is part of the name here
    words = f"{claim['claim_id']}, {claim['verdict']}: {claim['claim']}"
    if env.app.builder.name != "html":  # which has a list of all claims, with their words
        words = f" {claim['claim_id']}"
    tile += [mark, nodes.inline("", words, classes=["tile-words"])]
    return tile


def _ledger_link(env, anchor: str) -> nodes.reference:
    return make_refnode(env.app.builder, env.docname, LEDGER_PAGE, anchor, [])


def _legend(claims: list[dict]) -> nodes.paragraph:
    """Return each verdict's glyph, how many claims have it, and its word."""
    counts = Counter(claim["verdict"] for claim in claims)
    legend = nodes.paragraph("", "", classes=["tile-legend"])
    for verdict in VERDICTS:
        mark = verdict_mark(verdict)
        mark.pop()
        words = nodes.Text(f" {counts[verdict]} {verdict}")
        legend += [nodes.inline("", "", mark, words, classes=["tile-key"]), nodes.Text(" ")]
    return legend


class VerdictCounts(SphinxDirective):
    """How many claims of all have which verdict, which says what the marks mean."""

    def run(self):
        page_store.add_dependency(self.env, "table claims")
        return [_legend(tables.read_rows("claims"))]


class Counts(SphinxDirective):
    """How many claims a field has, and how many of them have which verdict.

    The content, if any, says which claims these are; it stands behind their number.
    """

    required_arguments = 1
    has_content = True

    def run(self):
        page_store.add_dependency(self.env, "table claims")
        field = self.arguments[0]
        claims = [claim for claim in tables.read_rows("claims") if claim["domain"] == field]
        if not claims:
            problem = f"the ledger has no claim of the field {field!r}"
            return [self.state.document.reporter.error(problem, line=self.lineno)]
        counts = Counter(claim["verdict"] for claim in claims)
        link = _ledger_link(self.env, "")
        if self.env.app.builder.name == "html":  # the list that opens has these claims alone
            link["refuri"] = f"{link['refuri'].partition('#')[0]}?domain={field}"
        link += nodes.Text(plural(len(claims), "claim"))
        which = "".join(f" {words}" for words in self.content)
        line = nodes.paragraph("", "", link, nodes.Text(f"{which}: "), classes=["claim-counts"])
        for verdict in (word for word in VERDICTS if counts[word]):
            mark = verdict_mark(verdict)
            mark.pop()  # with a comma, as it stands before a claim's number
            words = nodes.Text(f" {counts[verdict]} {verdict}")
            line += [nodes.inline("", "", mark, words, classes=["count-key"]), nodes.Text(" ")]
        return [line]


class OmissionLines(SphinxDirective):
    """What the text under review leaves out, a line each that leads to its row of the ledger.

    Each line of the content names what a group points to, and the words above the group.
    """

    has_content = True

    def run(self):
        page_store.add_dependency(self.env, "table omissions")
        rows = tables.read_rows("omissions")
        heads = dict(line.strip().split(": ", 1) for line in self.content if ": " in line)
        known = {row["points_to"] for row in rows}
        if set(heads) != known:
            problem = f"omissions point to {', '.join(sorted(known))}: give each its words"
            return [self.state.document.reporter.error(problem, line=self.lineno)]
        parts = []
        for value, words in heads.items():
            own = [row for row in rows if row["points_to"] == value]
            parts += [
                nodes.paragraph("", f"{words} ({len(own)})", classes=["omission-head"]),
                nodes.bullet_list("", *map(self._line, own), classes=["omission-lines"]),
            ]
        return parts

    def _line(self, row: dict) -> nodes.list_item:
        link = _ledger_link(self.env, row["omission_id"].lower())
        link += nodes.Text(row["omission"])
        return nodes.list_item("", nodes.paragraph("", "", link))


def setup(app: Sphinx) -> None:
    app.add_directive("claim-tiles", Tiles)
    app.add_directive("verdict-counts", VerdictCounts)
    app.add_directive("claim-counts", Counts)
    app.add_directive("omission-lines", OmissionLines)
