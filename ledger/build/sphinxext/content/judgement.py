"""{policy}: definitions of `data/policy.yml`; {verdict}`C37`: a claim's verdict, in words;
{glyph}`supported`: a verdict's glyph and word.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from ledger.build.sphinxext import markdown, page_store
from ledger.build.sphinxext.content.claims import verdict_mark
from ledger.build.sphinxext.markdown import as_text
from ledger.core import tables
from ledger.core.charts.style import VERDICTS
from ledger.core.policy import Policy, policy

PARTS = ("verdicts", "confidence", "bases", "kinds", "limits")


class PolicyList(SphinxDirective):
    """{policy} verdicts, confidence, bases, kinds or limits: what the ledger's words mean."""

    required_arguments = 1

    def run(self):
        part = self.arguments[0]
        page_store.add_dependency(self.env, "file data/policy.yml")
        if part not in PARTS:
            problem = f"data/policy.yml has no part {part!r}; there are: {', '.join(PARTS)}"
            return [self.state.document.reporter.error(problem, line=self.lineno)]
        listed = markdown.parsed(self, _lines(policy(), part))
        if part == "verdicts":
            terms = (term for node in listed for term in node.findall(nodes.term))
            for term, verdict in zip(terms, policy().verdicts, strict=True):
                mark = verdict_mark(verdict)
                del mark[1:]  # the word stands beside it
                term[:0] = [mark, nodes.Text(" ")]
        return listed


def _lines(judged: Policy, part: str):
    """Yield a definition list of one part of the policy, in MyST."""
    if part == "limits":
        tolerance, most = (100 * share for share in (judged.quoted_tolerance, judged.most_passing))
        yield (
            f"A measured quantity agrees with a quoted figure when it misses it by no more than "
            f"{tolerance:.0f} per cent; counts, dates and ages are exact. A test that more than "
            f"{most:.3g} per cent of comparable cases would pass decides nothing; a quoted figure "
            "is compared with the figure itself and needs no such rate."
        )
        return
    if part == "kinds":
        for name, kind in judged.kinds.items():
            may = as_text(f"{kind.meaning}; may be {', '.join(kind.verdicts)}")
            yield from (as_text(name), f": {may}", "")
        return
    for word, meaning in getattr(judged, part).items():
        yield from (as_text(word), f": {as_text(meaning)}", "")


class Verdict(SphinxRole):
    """Print a claim's published verdict, so that prose cannot say another."""

    def run(self):
        page_store.add_dependency(self.env, "table claims")
        for row in tables.read_rows("claims"):
            if row["claim_id"] == self.text:
                return [nodes.inline("", row["verdict"], classes=["verdict"])], []
        problem = f"the ledger has no claim {self.text!r}"
        return [], [self.inliner.reporter.error(problem, line=self.lineno)]


class Glyph(SphinxRole):
    """Print a verdict's glyph and its word, to say what the glyph means."""

    def run(self):
        if self.text not in VERDICTS:
            problem = f"{self.text!r} is no verdict; there are: {', '.join(VERDICTS)}"
            return [], [self.inliner.reporter.error(problem, line=self.lineno)]
        mark = verdict_mark(self.text)
        mark.pop()  # the word for screen readers
        mark += nodes.Text(f" {self.text}")
        return [mark], []


def setup(app: Sphinx) -> None:
    app.add_directive("policy", PolicyList)
    app.add_role("verdict", Verdict())
    app.add_role("glyph", Glyph())
