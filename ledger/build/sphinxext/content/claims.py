"""{claim}`C37`: a claim's badge in a chapter; {ledger} and {omissions}: the lists of all claims and
of what the article leaves out; and claims.json, all claims with their verdicts.

A badge links to its claim's row and the row links back. Where data decide a claim, the verdict is
computed as the ledger's page is executed, and the build fails when it differs from the published
one.
"""

from __future__ import annotations

import html
import json
from collections import Counter
from pathlib import Path

from docutils import nodes
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

from ledger.build.sphinxext import markdown, page_store
from ledger.build.sphinxext.content.folded import folded
from ledger.build.sphinxext.markdown import as_text
from ledger.build.sphinxext.markup import raw_html
from ledger.build.sphinxext.prose.titles import short_title
from ledger.build.sphinxext.report import report_link
from ledger.build.sphinxext.works import claim_record
from ledger.core import citations, config, tables, text
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
        classes = ["claim", verdict_class(row["verdict"]), _basis_class(row["basis"])]
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
    """All claims, a line each with the rest folded under it.

    Links to the chapters are added when all pages are read.
    """

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
        listing = nodes.bullet_list(classes=["claims"])
        for claim in tables.read_rows("claims"):
            listing += self._row(claim, findings.get(claim["claim_id"]))
        place = [raw_html('<div class="claims-bar"></div>')] if _on_site(self.env) else []
        return [_counts(), *place, listing]

    def _row(self, claim: dict, finding: dict | None) -> nodes.list_item:
        number = claim["claim_id"]
        classes = [
            "claim-row",
            f"domain-{claim['domain']}",
            verdict_class(claim["verdict"]),
            _basis_class(claim["basis"]),
            f"confidence-{claim['confidence']}",
        ]
        row = nodes.list_item(classes=classes, ids=[number.lower()])
        # so that the search leads to the row
        row += addnodes.index(entries=[("single", number, number.lower(), "main", None)])
        row += folded(_claim_line(claim), *self._rest(claim, finding))
        if _on_site(self.env):
            row += raw_html(_row_links(claim, self.config))
        return row

    def _rest(self, claim: dict, finding: dict | None) -> list[nodes.Node]:
        """Return what is folded under a claim's line."""
        basis = f"{claim['domain'].capitalize()}; decided by {claim['basis']}"
        parts = [("claim-reason", as_text(claim["reason"]))]
        parts += [("", line) for line in _computation(claim, finding)] if finding else []
        parts.append(("", f"*What would change it:* {as_text(claim['would_change'])}"))
        if claim["slip"]:
            parts.append(("", f"*The article's slip:* {as_text(claim['slip'])}"))
        basis += f": {finding['figure']}." if finding else "."
        parts.append(("claim-basis", as_text(basis)))
        parts.append(("claim-sources", f"*Sources:* {_cite(claim)}"))
        paragraphs = [_paragraph(self, words, name) for name, words in parts if words]
        places = nodes.paragraph("", "", classes=["claim-places"], claim=claim["claim_id"])
        if not _on_site(self.env):
            return [*paragraphs, places]
        number = claim["claim_id"]
        page = f"{'../' * self.env.docname.count('/')}claims/{number.lower()}.html"
        own = f'<a class="claim-own" href="{page}">{number} on a page of its own</a>'
        report = report_link(self.config, f"claims/{number.lower()}.html", f"claim {number}")
        return [*paragraphs, places, raw_html(f"<p>{own} {report}</p>")]


def _on_site(env) -> bool:
    """Tell whether pages are made for the site, and not for the PDF or the EPUB."""
    return env.app.builder.name == "html"


def _claim_line(claim: dict) -> list[nodes.Node]:
    """Return what always shows of a claim: its verdict, number, words, place and finding."""
    head = nodes.inline("", "", verdict_mark(claim["verdict"]), classes=["claim-head"])
    head += nodes.inline("", f" {claim['claim_id']} ", classes=["claim-number"])
    words = nodes.inline("", "", classes=["claim-words"])
    words += nodes.strong("", claim["claim"], classes=["claim-text"])
    words += nodes.inline("", f" {paragraph_sign(claim['paragraph'])} ", classes=["claim-where"])
    words += nodes.inline("", claim["finding"], classes=["claim-finding"])
    dots = nodes.inline("", " ", classes=["claim-confidence"])
    dots += nodes.inline("", f"{claim['confidence']} confidence", classes=["claim-confidence-word"])
    return [head, words, dots]


def paragraph_sign(paragraph: str) -> str:
    """Return where the article makes a claim, as it is printed: P4 is ¶4."""
    return ", ".join(part.replace("P", "¶") for part in paragraph.split("/"))


def _row_links(claim: dict, config) -> str:
    """Return the link to a claim's row and, for the script, its citation and its address."""
    number = claim["claim_id"]
    record = claim_record(config, claim)
    cite = html.escape(citations.plain(record), quote=True)
    return (
        f'<div class="claim-links" data-cite="{cite}" data-page="{html.escape(record["url"])}">'
        f'<a class="claim-link" href="#{number.lower()}" title="Link to {number}">'
        f'<span aria-hidden="true">#</span><span class="verdict-word">{number}</span></a>'
        "</div>"
    )


def _counts() -> nodes.paragraph:
    """Return how many claims are decided by what."""
    by = Counter(claim["basis"] for claim in tables.read_rows("claims"))
    parts = text.listing(f"{by[basis]} by {basis}" for basis in BASES)
    return nodes.paragraph("", f"Of {by.total()} claims a verdict is decided for {parts}.")


def _computation(claim: dict, finding: dict) -> list[str]:
    """Return what a rule found, its base rate and its threshold, in MyST."""
    pages = [markdown.role("doc", name, f"/{tables.page_path(name)}") for name in finding["tables"]]
    return [
        f"*Computed:* {as_text(finding['explanation'])} Tables: {', '.join(pages)}.",
        f"*Base rate:* {as_text(finding['base_rate'])}",
        f"*Rule:* {as_text(claim['how_to_test'].removeprefix('Rule: '))}",
    ]


def _cite(row: dict) -> str:
    """Return the sources of a row as a citation, in MyST."""
    return markdown.role("cite", ",".join(source_keys(row)))


def source_keys(row: dict) -> list[str]:
    """Return the keys of the bibliography that a row of a table names."""
    return [key.strip() for key in row["sources"].split(";") if key.strip()]


class Omissions(SphinxDirective):
    """What the article leaves out, a line each with the rest folded under it."""

    def run(self):
        page_store.add_dependency(self.env, "table omissions")
        listing = nodes.bullet_list(classes=["omissions"])
        for omission in tables.read_rows("omissions"):
            number = omission["omission_id"]
            chapter = markdown.role("doc", f"/chapters/{omission['chapter']}")
            when = "before the article" if omission["known_before"] == "true" else "only later"
            line = [
                nodes.inline("", f"{number} ", classes=["claim-number"]),
                nodes.inline("", omission["omission"], classes=["claim-words"]),
            ]
            rest = [
                as_text(omission["why_it_matters"]),
                f"Known {when}; told in {chapter}.",
            ]
            if omission["sources"]:
                rest.append(f"*Sources:* {_cite(omission)}")
            content = (_paragraph(self, words) for words in rest)
            row = nodes.list_item(classes=["claim-row"], ids=[number.lower()])
            row += folded(line, *content)
            listing += row
        return [listing]


def _paragraph(directive: SphinxDirective, content: str, name: str = "") -> nodes.Node:
    """Return a paragraph of MyST, with a class where it has a name."""
    (paragraph,) = markdown.parsed(directive, [content])
    if name:
        paragraph["classes"].append(name)
    return paragraph


def verdict_mark(verdict: str) -> nodes.inline:
    """Return a verdict's glyph, with its word for screen readers and where there is no style."""
    glyph = nodes.inline("", VERDICTS[verdict][0], classes=["glyph"])
    word = nodes.inline("", f" {verdict},", classes=["verdict-word"])
    return nodes.inline("", "", glyph, word, classes=["mark", verdict_class(verdict)])


def _basis_class(basis: str) -> str:
    return "basis-" + basis.replace(" ", "-")


def verdict_class(verdict: str) -> str:
    return "verdict-" + verdict.replace(" ", "-")


def places_of(env, claim: str) -> list[str]:
    """Return the pages on which a claim has a badge."""
    return [page for page, badges in page_store.all_pages(env, "claims").items() if claim in badges]


def link_back(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill the paragraphs that lead from a claim to where it is told."""
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if "claim" not in paragraph:
            continue
        claim = paragraph["claim"]
        for page in places_of(app.env, claim):
            paragraph += nodes.Text(", " if paragraph.children else "Told in ")
            paragraph += make_refnode(
                app.builder,
                docname,
                page,
                f"claim-{claim.lower()}",
                nodes.Text(short_title(app.env, page)),
            )


def findings_of(env) -> dict[str, dict]:
    """Return what the tables say of the claims that they decide, by claim."""
    return {
        claim: finding
        for known in page_store.all_pages(env, "findings").values()
        for claim, finding in known.items()
    }


def add_tools(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load what lays the ledger out and searches it, on its page alone."""
    if page == LEDGER_PAGE:
        app.add_css_file("claims.css", priority=950)
        app.add_js_file("claims.js", loading_method="defer")


def as_json(app: Sphinx) -> str:
    """Return the text of claims.json: every claim with its published verdict and, where data decide
    it, what they say.
    """
    findings, records = findings_of(app.env), []
    for claim in tables.read_rows("claims"):
        record = {
            "claim_id": claim["claim_id"],
            "claim": claim["claim"],
            "page": f"chapters/{claim['chapter']}",
            "address": claim_record(app.config, claim)["url"],
            "verdict": claim["verdict"],
            "finding": claim["finding"],
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
    """Write claims.json."""
    if not error and app.builder.name == "html":
        Path(app.outdir, "claims.json").write_text(as_json(app), encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.add_role("claim", Claim())
    app.add_directive("ledger", Ledger)
    app.add_directive("omissions", Omissions)
    app.connect("doctree-resolved", link_back)
    app.connect("html-page-context", add_tools)
    app.connect("build-finished", write)
