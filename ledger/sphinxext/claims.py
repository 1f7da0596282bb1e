"""{claim}`C37`: a claim's badge in a chapter; {ledger} and {omissions}: the tables of all claims and of what the article leaves out.

A badge links to its claim's row and the row links back. Where data decide a claim, the verdict is computed as the ledger's page
is read, and the build fails when it differs from the published one.
"""
from __future__ import annotations

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

from ledger import claims, tables

LEDGER_PAGE = "chapters/claims"


class Claim(SphinxRole):
    """Print a claim's number and verdict, linked to its row; note where it stands, so that the row can link back."""

    def run(self):
        rows = self.env.temp_data.get("ledger_claims")
        if rows is None:
            rows = self.env.temp_data["ledger_claims"] = tables.load("claims").set_index("claim_id")
        if self.text not in rows.index:
            return [], [self.inliner.reporter.error(f"the ledger has no claim {self.text!r}", line=self.lineno)]
        row = rows.loc[self.text]
        places = places_of(self.env).setdefault(self.env.docname, [])
        badge = nodes.inline("", "", classes=["claim", _verdict_class(row["verdict"])])
        if self.text not in places:  # the row links to the first badge on a page
            places.append(self.text)
            badge["ids"] = [f"claim-{self.text.lower()}"]
        if self.env.docname == LEDGER_PAGE:
            reference = nodes.reference("", "", internal=True, refid=self.text.lower())
        else:
            reference = make_refnode(self.env.app.builder, self.env.docname, LEDGER_PAGE, self.text.lower(), [])
        reference += nodes.Text(f"{self.text} · {row['verdict']}")
        reference["reftitle"] = f"{row['claim']} See the verdict in the ledger."
        badge += reference
        return [badge], []


class Ledger(SphinxDirective):
    """All claims, one row each. Links to the chapters are added when all pages are read."""

    def run(self):
        try:
            findings = claims.check()
        except (claims.VerdictError, tables.TableError) as error:
            raise ExtensionError(str(error)) from None
        table, body = _table("claims", ["Claim", "Verdict", "Why"], (34, 16, 50))
        for claim in tables.load("claims").fillna("").itertuples():
            finding = findings.get(claim.claim_id)
            row = nodes.row(classes=["claim-row", f"domain-{claim.domain}", _verdict_class(claim.verdict), *(["decided"] if finding else [])])
            told = nodes.paragraph("", "", classes=["claim-places"], claim=claim.claim_id)
            row += _parsed(self, f"**{claim.claim_id}** {claim.domain}, {claim.paragraph}\n\n{claim.claim}" + (f"\n\n*The article's slip: {claim.slip}*" if claim.slip else ""))
            row[0]["ids"] = [claim.claim_id.lower()]
            row[0] += told
            row += _parsed(self, f"**{claim.verdict}**\n\n{claim.confidence} confidence" + (f"\n\ndecided by data: {finding.number}" if finding else ""))
            why = claim.reason
            if finding:
                used = ", ".join(f"{{doc}}`{name} </tables/{name}>`" for name in finding.tables)
                why += f"\n\n*Computed:* {finding.because} Tables: {used}. *Rule:* {claim.how_to_test.removeprefix('Rule: ')}"
            keys = ",".join(key.strip() for key in claim.sources.split(";") if key.strip())
            row += _parsed(self, why + (f"\n\n{{cite}}`{keys}`" if keys else ""))
            body += row
        return [table]


class Omissions(SphinxDirective):
    """What the article leaves out, one row each."""

    def run(self):
        table, body = _table("omissions", ["", "What is missing", "Why it matters", "Known then"], (6, 36, 44, 14))
        for omission in tables.load("omissions").fillna("").itertuples():
            row = nodes.row(classes=["claim-row"])
            row += nodes.entry("", nodes.paragraph("", "", nodes.strong("", omission.omission_id)), ids=[omission.omission_id.lower()])
            row += _parsed(self, omission.omission + f", told in {{doc}}`/chapters/{omission.chapter}`.")
            keys = ",".join(key.strip() for key in omission.sources.split(";") if key.strip())
            row += _parsed(self, omission.why_it_matters + (f"\n\n{{cite}}`{keys}`" if keys else ""))
            row += _parsed(self, "before the article" if omission.known_before else "only later")
            body += row
        return [table]


def _table(kind: str, titles: list[str], widths: tuple[int, ...]) -> tuple[nodes.table, nodes.tbody]:
    table, group, head, body = nodes.table(classes=["ledger-table", kind]), nodes.tgroup(cols=len(titles)), nodes.thead(), nodes.tbody()
    group += [nodes.colspec(colwidth=width) for width in widths]
    row = nodes.row()
    row += [nodes.entry("", nodes.paragraph("", title)) for title in titles]
    head += row
    group += [head, body]
    table += group
    return table, body


def _parsed(directive: SphinxDirective, text: str) -> nodes.entry:
    entry = nodes.entry()
    directive.state.nested_parse(StringList(text.splitlines(), directive.get_source_info()[0]), directive.content_offset, entry)
    return entry


def _verdict_class(verdict: str) -> str:
    return "verdict-" + verdict.replace(" ", "-")


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
        pages = sorted(page for page, badges in places_of(app.env).items() if claim in badges)
        for page in pages:
            paragraph += nodes.Text(", " if paragraph.children else "told in ")
            paragraph += make_refnode(app.builder, docname, page, f"claim-{claim.lower()}", nodes.Text(app.env.titles[page].astext()))


def purge(app: Sphinx, env, docname: str) -> None:
    places_of(env).pop(docname, None)


def merge(app: Sphinx, env, docnames, other) -> None:
    places_of(env).update({page: badges for page, badges in places_of(other).items() if page in docnames})


def rewrite_ledger(app: Sphinx, env) -> list[str]:
    """Name the ledger's page for writing whenever a badge came, went or moved: its links depend on badges anywhere."""
    places = sorted((page, sorted(badges)) for page, badges in places_of(env).items() if badges)
    before, env.ledger_places_before = getattr(env, "ledger_places_before", None), places
    return [LEDGER_PAGE] if places != before and LEDGER_PAGE in env.found_docs else []


def add_filter(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    if page == LEDGER_PAGE:
        app.add_js_file("claims.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.add_role("claim", Claim())
    app.add_directive("ledger", Ledger)
    app.add_directive("omissions", Omissions)
    app.connect("doctree-resolved", link_back)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", rewrite_ledger)
    app.connect("html-page-context", add_filter)
