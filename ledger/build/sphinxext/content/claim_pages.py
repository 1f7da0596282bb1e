"""Write a page for each claim, at an address of its own, so that a verdict can be shared.

All are written at the end of every build, for a page shows what is known only then: what the rules
found, the bibliography, and where chapters tell the claim.
"""

from __future__ import annotations

import html
import shutil
from pathlib import Path

from docutils.utils.smartquotes import educate_tokens
from pybtex.backends.html import Backend
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from ledger.build.sphinxext.content.claims import (
    LEDGER_PAGE,
    findings_of,
    paragraph_sign,
    places_of,
    source_keys,
)
from ledger.build.sphinxext.output.linked_data import claim_review
from ledger.build.sphinxext.output.page_metadata import image, text_licence
from ledger.build.sphinxext.prose.titles import short_title
from ledger.build.sphinxext.report import report_link
from ledger.build.sphinxext.works import claim_record, version_values
from ledger.core import citations, tables, text
from ledger.core.charts.style import VERDICTS
from ledger.core.config import book

FOLDER = "claims"


def claims_on_site(app: Sphinx) -> list[dict]:
    """Return the claims that have a page: all, where the book has a ledger."""
    return tables.read_rows("claims") if LEDGER_PAGE in app.env.found_docs else []


def write_pages(app: Sphinx, error: Exception | None) -> None:
    """Write page, BibTeX and RIS of each claim; what is left of claims that are gone is removed."""
    if error or app.builder.name != "html":
        return
    folder = Path(app.outdir, FOLDER)
    shutil.rmtree(folder, ignore_errors=True)
    claims = claims_on_site(app)
    if not claims:
        return
    folder.mkdir()
    article, findings, references = reviewed_text(app), findings_of(app.env), _references(app)
    neighbours = zip(claims, [None, *claims], [*claims[1:], None])
    for claim, before, after in neighbours:
        record, name = claim_record(app.config, claim), claim["claim_id"].lower()
        picture = image(app, f"chapters/{claim['chapter']}")
        review = claim_review(app.config.html_baseurl, claim, record, article, picture["url"])
        values = _common(app) | {
            "claim": {column: _quoted(cell) for column, cell in claim.items()},
            "title": _quoted(f"{claim['verdict'].capitalize()}: {claim['claim']}"),
            "glyph": VERDICTS[claim["verdict"]][0],
            "where": paragraph_sign(claim["paragraph"]),
            "article": article,
            "found": _found(findings.get(claim["claim_id"])),
            "rule": _quoted(claim["how_to_test"].removeprefix("Rule: ")),
            "sources": [references[key] for key in source_keys(claim)],
            "told": _told(app, claim["claim_id"]),
            "citation": citations.block(record, name),
            "address": record["url"],
            "image": picture,
            "linked_data": text.json_in_page(review),
            "before": before,
            "after": after,
            "report": report_link(
                app.config, f"{FOLDER}/{name}.html", f"claim {claim['claim_id']}"
            ),
        }
        values |= version_values(app.config, f"{FOLDER}/{name}.html")
        page = app.builder.templates.render("claim.html", values)
        for ending, content in {
            "html": page,
            "bib": citations.bibtex(record),
            "ris": citations.ris(record),
        }.items():
            (folder / f"{name}.{ending}").write_text(content, encoding="utf-8")


def _common(app: Sphinx) -> dict:
    """Return what the pages of all claims show."""
    return {
        "book": citations.edition()["title"],
        "policy": app.ledger_policy,
        "ledger": f"{LEDGER_PAGE}.html",
        "build_info": app.config.ledger_build_info,
        "licence": text_licence(),
    }


def reviewed_text(app: Sphinx) -> dict:
    """Return the text whose claims are judged: title, author, date, and address where it has one.

    Raises ExtensionError where the bibliography lacks it.
    """
    named = book().reviewed
    entry = app.env.get_domain("cite").bibdata.data.entries.get(named["source"])
    if entry is None:
        problem = f"the bibliography has no {named['source']!r}, which is the text reviewed"
        raise ExtensionError(f"book.yml: reviewed: {problem}")
    (person, *_) = entry.persons["author"]
    given = [*person.first_names, *person.middle_names]
    return {
        "title": entry.fields["title"].strip("{}"),
        "author": " ".join([*given, *person.prelast_names, *person.last_names]).strip("{}"),
        "person": bool(given),
        "date": named["date"],
        "url": entry.fields.get("url", ""),
    }


def _references(app: Sphinx) -> dict[str, str]:
    """Return the entries of the bibliography as HTML, with their links, by key."""
    backend = Backend("utf-8")
    return {
        each.key: each.formatted_entry.text.render(backend)
        for each in app.env.get_domain("cite").citations
    }


def _found(finding: dict | None) -> dict | None:
    """Return what a rule found, as the page prints it."""
    if finding is None:
        return None
    return {
        "explanation": _quoted(finding["explanation"]),
        "figure": _quoted(finding["figure"]),
        "base_rate": _quoted(finding["base_rate"]),
        "tables": [
            {"name": name, "path": f"../{tables.page_path(name)}.html"}
            for name in finding["tables"]
        ],
    }


def _told(app: Sphinx, claim: str) -> list[dict]:
    """Return the pages that tell a claim, with the place on each."""
    return [
        {
            "title": short_title(app.env, page),
            "path": f"../{app.builder.get_target_uri(page)}#claim-{claim.lower()}",
        }
        for page in places_of(app.env, claim)
    ]


def _quoted(words: str) -> str:
    """Return text as HTML with the quotation marks that Sphinx gives the other pages."""
    # without markup it is one piece; to look for tags in it takes as long as its square
    pieces = [("text", html.escape(words, quote=False))]
    return "".join(educate_tokens(pieces, "qDe")).replace('"', "&quot;")


def setup(app: Sphinx) -> None:
    app.connect("build-finished", write_pages)
