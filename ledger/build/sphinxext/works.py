"""Describe pages, charts and claims as works to cite (see `ledger.core.citations`)."""

from __future__ import annotations

from sphinx.application import Sphinx

from ledger.core import citations, tables
from ledger.core.config import book

SLUG = book().slug


def citation_record(app: Sphinx, docname: str) -> dict:
    """Return a page as a work to cite: the book, a chapter or a table."""
    base, address = app.config.html_baseurl, app.builder.get_target_uri(docname)
    if resource := tables.table_of_page(docname):
        return {
            "kind": "table",
            "key": f"{SLUG}-{resource['name']}",
            "title": resource["title"],
            "url": base + address,
            "note": citations.credit(resource["sources"]),
        }
    if docname == app.config.root_doc:  # its heading is the finding, not the book's name
        return book_record(citations.edition()["title"], base)
    title = app.env.titles[docname].astext()
    name = docname.rpartition("/")[2]
    if name in tables.names():  # whose page has the name in another folder
        name = docname.replace("/", "-")
    return {"kind": "chapter", "key": f"{SLUG}-{name}", "title": title, "url": base + address}


def book_record(title: str, url: str) -> dict:
    """Return the book as a work to cite."""
    return {"kind": "book", "key": SLUG, "title": title, "url": url}


def chart_record(config, chart: dict) -> dict:
    """Return a chart as a work to cite."""
    return {
        "kind": "chart",
        "key": f"{SLUG}-{chart['name']}",
        "title": chart["caption"],
        "url": f"{config.html_baseurl}charts/{chart['name']}.html",
        "note": citations.credit(chart["sources"]),
    }


def version_values(config, path: str) -> dict[str, str]:
    """Return what `theme/versions.html` needs for the page at a path of the site.

    Keys: `release`, the tag of a released version, else empty; `newest`, the page's address in the
    newest one.
    """
    return {"release": config.ledger_release, "newest": config.ledger_home + path}


def claim_record(config, claim: dict) -> dict:
    """Return a claim, with its verdict, as a work to cite."""
    number = claim["claim_id"]
    return {
        "kind": "claim",
        "key": f"{SLUG}-{number.lower()}",
        "title": f"{claim['verdict'].capitalize()}: {claim['claim'].rstrip('.')} ({number})",
        "url": f"{config.html_baseurl}claims/{number.lower()}.html",
    }


def citation_path(record: dict) -> str:
    """Return where a page's BibTeX and RIS files are in the site, less their endings."""
    name = SLUG if record["kind"] == "book" else record["key"].removeprefix(f"{SLUG}-")
    return f"cite/{name}"
