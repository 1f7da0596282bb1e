"""{claim}`C37`: a claim's badge in a chapter; {ledger}: the table of all claims, with links back to the badges."""
from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

from ledger import tables

LEDGER_PAGE = "chapters/claims"


class Claim(SphinxRole):
    """Print a claim's number and verdict, linked to its row; note where it stands, so that the row can link back."""

    def run(self):
        claims = self.env.temp_data.setdefault("ledger_claims", None)
        if claims is None:
            claims = self.env.temp_data["ledger_claims"] = tables.load("claims").set_index("claim_id")
        if self.text not in claims.index:
            message = self.inliner.reporter.error(f"the ledger has no claim {self.text!r}", line=self.lineno)
            return [], [message]
        row = claims.loc[self.text]
        anchor = f"claim-{self.text.lower()}"
        places = places_of(self.env).setdefault(self.env.docname, [])
        badge = nodes.inline("", "", classes=["claim", "verdict-" + row["verdict"].replace(" ", "-")])
        if self.text not in places:  # the row links to the first badge on a page
            places.append(self.text)
            badge["ids"] = [anchor]
        if self.env.docname == LEDGER_PAGE:
            reference = nodes.reference("", "", internal=True, refid=self.text.lower())
        else:
            reference = make_refnode(self.env.app.builder, self.env.docname, LEDGER_PAGE, self.text.lower(), [])
        reference += nodes.Text(f"{self.text} · {row['verdict']}")
        reference["reftitle"] = row["claim"]
        badge += reference
        return [badge], []


class Ledger(SphinxDirective):
    """All claims, one row each: what is claimed, the verdict and why. Links to the chapters are added when all pages are read."""

    def run(self):
        claims = tables.load("claims")
        table = nodes.table(classes=["claims"])
        group = nodes.tgroup(cols=4)
        table += nodes.title("", "", nodes.Text(f"The {len(claims)} claims of the article"))
        table += group
        for width in (8, 32, 14, 46):
            group += nodes.colspec(colwidth=width)
        head = nodes.thead()
        head += _row(["Claim", "What the article says", "Verdict", "Why"])
        group += head
        body = nodes.tbody()
        group += body
        for claim in claims.itertuples():
            row = _row([claim.claim_id, claim.claim, f"{claim.verdict} ({claim.confidence} confidence)", claim.reason])
            row[0]["ids"] = [claim.claim_id.lower()]
            row["ids"] = []
            row[0] += nodes.paragraph("", "", classes=["claim-places"], claim=claim.claim_id)
            row[2]["classes"] = ["verdict-" + claim.verdict.replace(" ", "-")]
            body += row
        return [table]


def _row(cells: list[str]) -> nodes.row:
    row = nodes.row()
    for text in cells:
        row += nodes.entry("", nodes.paragraph("", text))
    return row


def places_of(env) -> dict[str, list[str]]:
    """Return, for each page, the claims that have a badge on it."""
    if not hasattr(env, "ledger_places"):
        env.ledger_places = {}
    return env.ledger_places


def link_back(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if "claim" not in paragraph:
            continue
        claim = paragraph["claim"]
        for page in sorted(page for page, claims in places_of(app.env).items() if claim in claims):
            title = app.env.titles[page].astext()
            paragraph += make_refnode(app.builder, docname, page, f"claim-{claim.lower()}", nodes.Text(title))
            paragraph += nodes.Text(" ")
        if not paragraph.children:
            paragraph.parent.remove(paragraph)


def purge(app: Sphinx, env, docname: str) -> None:
    places_of(env).pop(docname, None)


def merge(app: Sphinx, env, docnames, other) -> None:
    places_of(env).update({page: claims for page, claims in places_of(other).items() if page in docnames})


def rewrite_ledger(app: Sphinx, env) -> list[str]:
    """The ledger's links depend on badges anywhere, so its page is written anew whenever a page was."""
    return [LEDGER_PAGE] if LEDGER_PAGE in env.found_docs else []


def setup(app: Sphinx) -> None:
    app.add_role("claim", Claim())
    app.add_directive("ledger", Ledger)
    app.connect("doctree-resolved", link_back)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", rewrite_ledger)
