"""{claim-lines} DOMAIN: the claims of a chapter, a tile with a line each, at its end."""

from __future__ import annotations

from collections import Counter

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.content.claims import LEDGER_PAGE, verdict_class, verdict_mark
from ledger.core import tables, text
from ledger.core.charts.style import VERDICTS


class ClaimLines(SphinxDirective):
    """The claims of one domain or of several, in the order of the ledger, and how many have which
    verdict.
    """

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        wanted = self.arguments[0].split()
        claims = [row for row in tables.read_rows("claims") if row["domain"] in wanted]
        domains = {row["domain"] for row in tables.read_rows("claims")}
        if unknown := [name for name in wanted if name not in domains]:
            known = text.listing(sorted(domains))
            problem = f"no claim is of the domain {unknown[0]!r}; there are {known}"
            return [self.state.document.reporter.error(problem, line=self.lineno)]
        page_store.add_dependency(self.env, "table claims")
        items = [self._tile(claim) for claim in claims]
        return [_counts(claims), nodes.bullet_list("", *items, classes=["claim-lines"])]

    def _tile(self, claim: dict) -> nodes.list_item:
        """Return a claim's verdict, number and words, which lead to its row.

        The finding is told in the chapter and in the ledger, so not a third time here.
        """
        number = claim["claim_id"]
        head = [verdict_mark(claim["verdict"]), nodes.Text(f" {number} ")]
        words = nodes.inline("", claim["claim"], classes=["claim-text"])
        link = make_refnode(self.env.app.builder, self.env.docname, LEDGER_PAGE, number.lower(), [])
        link += [nodes.inline("", "", *head, classes=["claim-head"]), words]
        line = nodes.paragraph("", "", link)
        return nodes.list_item("", line, classes=[verdict_class(claim["verdict"])])


def _counts(claims: list[dict]) -> nodes.paragraph:
    """Return how many claims have which verdict, in the verdicts' order, and where they lead."""
    by = Counter(claim["verdict"] for claim in claims)
    parts = [f"{by[verdict]} {verdict}" for verdict in VERDICTS if by[verdict]]
    counts = f"{text.plural(len(claims), 'claim')}: {text.listing(parts)}."
    line = f"{counts} Each opens its entry in the ledger."
    return nodes.paragraph("", line, classes=["claim-counts"])


def setup(app: Sphinx) -> None:
    app.add_directive("claim-lines", ClaimLines)
