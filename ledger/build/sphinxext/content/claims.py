"""{claim}`C37`: a claim's badge in a chapter; {ledger} and {omissions}: the tables of all claims
and of what the article leaves out; and claims.json, all claims with their verdicts.

A badge links to its claim's row and the row links back. Where data decide a claim, the verdict is
computed as the ledger's page is executed, and the build fails when it differs from the published
one.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

from ledger.build.sphinxext import page_store
from ledger.core import config, tables, text
from ledger.core.charts.style import VERDICTS
from ledger.core.policy import BASES

LEDGER_PAGE = config.book().claims_page


class Claim(SphinxRole):
    """Print a claim's number and verdict, linked to its row; note where it stands, so that the row
    can link back.
    """

    def run(self):
        rows = self.env.temp_data.get("ledger_claims")
        if rows is None:
            rows = self.env.temp_data["ledger_claims"] = {
                row["claim_id"]: row for row in tables.read_rows("claims")
            }
            page_store.add_dependency(self.env, "table claims")
        if self.text not in rows:
            return [], [
                self.inliner.reporter.error(
                    f"the ledger has no claim {self.text!r}", line=self.lineno
                )
            ]
        row = rows[self.text]
        places = page_store.page(self.env)["claims"]
        classes = ["claim", _verdict_class(row["verdict"]), _basis_class(row["basis"])]
        badge = nodes.inline("", "", classes=classes)
        if self.text not in places:  # the row links to the first badge on a page
            places.append(self.text)
            badge["ids"] = [f"claim-{self.text.lower()}"]
        if self.env.docname == LEDGER_PAGE:
            reference = nodes.reference("", "", internal=True, refid=self.text.lower())
        else:
            reference = make_refnode(
                self.env.app.builder, self.env.docname, LEDGER_PAGE, self.text.lower(), []
            )
        reference += verdict_mark(row["verdict"])
        reference += nodes.Text(f" {self.text}")
        told = f"{row['verdict'].capitalize()}: {row['claim']}"
        reference["reftitle"] = f"{told} Decided by {row['basis']}: see the ledger."
        badge += reference
        return [badge], []


class Ledger(SphinxDirective):
    """All claims, one row each. Links to the chapters are added when all pages are read."""

    def run(self):
        try:
            findings = retrieve_glue_data(self.state.document, "findings").metadata["ledger"]
        except RetrievalError:
            return [
                self.state.document.reporter.error(
                    "no cell of this page puts the findings, which the ledger shows",
                    line=self.lineno,
                )
            ]
        page_store.add_dependency(self.env, "table claims")
        page_store.page(self.env)["findings"] = findings
        table, body = _table("claims", ["Claim", "Verdict", "Why"], (34, 16, 50))
        for claim in tables.read_rows("claims"):
            number, verdict, finding = (
                claim["claim_id"],
                claim["verdict"],
                findings.get(claim["claim_id"]),
            )
            row = nodes.row(
                classes=[
                    "claim-row",
                    f"domain-{claim['domain']}",
                    _verdict_class(verdict),
                    _basis_class(claim["basis"]),
                ]
            )
            told = nodes.paragraph("", "", classes=["claim-places"], claim=number)
            row += _parsed(
                self,
                f"**{number}** {claim['domain']}, {claim['paragraph']}\n\n{claim['claim']}"
                + (f"\n\n*The article's slip: {claim['slip']}*" if claim["slip"] else ""),
            )
            row[0]["ids"] = [number.lower()]
            row[0] += addnodes.index(
                entries=[("single", number, number.lower(), "main", None)]
            )  # so that the search leads to the row
            row[0] += told
            row += _parsed(
                self,
                f"**{verdict}**\n\n{claim['confidence']} confidence"
                + f"\n\ndecided by {claim['basis']}"
                + (f": {finding['figure']}" if finding else ""),
            )
            why = claim["reason"]
            if finding:
                why += _computation(claim, finding)
            why += f"\n\n*What would change it:* {claim['would_change']}"
            keys = ",".join(key.strip() for key in claim["sources"].split(";") if key.strip())
            row += _parsed(self, why + (f"\n\n{{cite}}`{keys}`" if keys else ""))
            body += row
        return [_counts(), table]


def _counts() -> nodes.paragraph:
    """Return how many claims are decided by what."""
    by = Counter(claim["basis"] for claim in tables.read_rows("claims"))
    parts = text.listing(f"{by[basis]} by {basis}" for basis in BASES)
    return nodes.paragraph("", f"Of {by.total()} claims a verdict is decided for {parts}.")


def _computation(claim: dict, finding: dict) -> str:
    """Return what a rule found, its base rate and its threshold, in MyST."""
    used = ", ".join(f"{{doc}}`{name} </{tables.page_path(name)}>`" for name in finding["tables"])
    return (
        f"\n\n*Computed:* {finding['explanation']} Tables: {used}."
        f"\n\n*Base rate:* {finding['base_rate']}"
        f"\n\n*Rule:* {claim['how_to_test'].removeprefix('Rule: ')}"
    )


class Omissions(SphinxDirective):
    """What the article leaves out, one row each."""

    def run(self):
        table, body = _table(
            "omissions", ["No.", "What is missing", "Why it matters", "Known then"], (6, 36, 44, 14)
        )
        page_store.add_dependency(self.env, "table omissions")
        for omission in tables.read_rows("omissions"):
            row, number = nodes.row(classes=["claim-row"]), omission["omission_id"]
            row += nodes.entry(
                "", nodes.paragraph("", "", nodes.strong("", number)), ids=[number.lower()]
            )
            row += _parsed(
                self, omission["omission"] + f", told in {{doc}}`/chapters/{omission['chapter']}`."
            )
            keys = ",".join(key.strip() for key in omission["sources"].split(";") if key.strip())
            row += _parsed(
                self, omission["why_it_matters"] + (f"\n\n{{cite}}`{keys}`" if keys else "")
            )
            row += _parsed(
                self, "before the article" if omission["known_before"] == "true" else "only later"
            )
            body += row
        return [table]


def _table(
    kind: str, titles: list[str], widths: tuple[int, ...]
) -> tuple[nodes.table, nodes.tbody]:
    table, group, head, body = (
        nodes.table(classes=["ledger-table", kind]),
        nodes.tgroup(cols=len(titles)),
        nodes.thead(),
        nodes.tbody(),
    )
    group += [nodes.colspec(colwidth=width) for width in widths]
    row = nodes.row()
    row += [nodes.entry("", nodes.paragraph("", title)) for title in titles]
    head += row
    group += [head, body]
    table += group
    return table, body


def _parsed(directive: SphinxDirective, content: str) -> nodes.entry:
    entry = nodes.entry()
    directive.state.nested_parse(
        StringList(content.splitlines(), directive.get_source_info()[0]),
        directive.content_offset,
        entry,
    )
    return entry


def verdict_mark(verdict: str) -> nodes.inline:
    """Return a verdict's glyph, with its word for screen readers and where there is no style."""
    glyph = nodes.inline("", VERDICTS[verdict][0], classes=["glyph"])
    word = nodes.inline("", f" {verdict},", classes=["verdict-word"])
    return nodes.inline("", "", glyph, word, classes=["mark", _verdict_class(verdict)])


def _basis_class(basis: str) -> str:
    return "basis-" + basis.replace(" ", "-")


def _verdict_class(verdict: str) -> str:
    return "verdict-" + verdict.replace(" ", "-")


def link_back(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if "claim" not in paragraph:
            continue
        claim = paragraph["claim"]
        pages = sorted(
            page
            for page, badges in page_store.all_pages(app.env, "claims").items()
            if claim in badges
        )
        for page in pages:
            paragraph += nodes.Text(", " if paragraph.children else "told in ")
            paragraph += make_refnode(
                app.builder,
                docname,
                page,
                f"claim-{claim.lower()}",
                nodes.Text(app.env.titles[page].astext()),
            )


def add_filter(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    if page == LEDGER_PAGE:
        app.add_js_file("claims.js", loading_method="defer")


def as_json(env) -> str:
    """Return the text of claims.json: every claim with its published verdict and, where data decide
    it, what they say.
    """
    findings = {
        claim: finding
        for known in page_store.all_pages(env, "findings").values()
        for claim, finding in known.items()
    }
    records = []
    for claim in tables.read_rows("claims"):
        record = {
            "claim_id": claim["claim_id"],
            "claim": claim["claim"],
            "page": f"chapters/{claim['chapter']}",
            "verdict": claim["verdict"],
            "confidence": claim["confidence"],
            "basis": claim["basis"],
            "would_change": claim["would_change"],
            "computed": None,
        }
        if finding := findings.get(claim["claim_id"]):
            record["computed"] = {
                "verdict": finding["verdict"],
                "figure": finding["figure"],
                "because": finding["explanation"],
                "base_rate": finding["base_rate"],
                "tables": list(finding["tables"]),
            }
        records.append(record)
    return json.dumps(records, indent=1, ensure_ascii=False) + "\n"


def write(app: Sphinx, error: Exception | None) -> None:
    if not error and app.builder.name == "html":
        Path(app.outdir, "claims.json").write_text(as_json(app.env), encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.add_role("claim", Claim())
    app.add_directive("ledger", Ledger)
    app.add_directive("omissions", Omissions)
    app.connect("doctree-resolved", link_back)
    app.connect("html-page-context", add_filter)
    app.connect("build-finished", write)
