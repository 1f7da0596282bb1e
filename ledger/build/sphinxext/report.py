"""Have readers report an error: an issue that is filled in, and an address that needs no account.

The issue's form is `.github/ISSUE_TEMPLATE/report-an-error.yml`; its fields are filled in by their
identifiers. The address names the build. Pages keep links of charts and claims from when they were
read, so the build is put into such links anew whenever a page is written.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from sphinx.application import Sphinx

from ledger.core import citations
from ledger.core.config import book
from ledger.core.files import replace_file

FORM = "report-an-error.yml"
BUILD = re.compile(r'(/issues/new\?[^"]*&amp;build=)[^"&]*')  # it is the last of the fields


def report_address(config, page: str, subject: str = "") -> str:
    """Return the address of a new issue about a page, empty where the book names no repository.

    Parameters
    ----------
    config : Sphinx's configuration.
    page : the page's path in the site, as in charts/fish.html.
    subject : what on the page it is about, as in "claim C04" or "chart fish"; may be empty.
    """
    repository = config.ledger_repository["address"]
    if not repository:
        return ""
    fields = {
        "template": FORM,
        "title": f"Error: {subject or page}",
        "page": config.html_baseurl + page,
        "subject": subject,
        "build": config.ledger_build,
    }
    return f"{repository}/issues/new?{urlencode(fields, quote_via=quote)}"


def report_link(config, page: str, subject: str = "") -> str:
    """Return a link to `report_address` as HTML, empty where there is none."""
    if address := report_address(config, page, subject):
        return f'<a class="report-error" href="{html.escape(address)}">Report an error</a>'
    return ""


def contact_address(config, page: str) -> str:
    """Return where one writes without an account: `contact` of book.yml, or a mail to it."""
    contact = book().contact
    if "://" in contact:
        return contact
    title = citations.edition()["title"]
    body = f"Page: {config.html_baseurl}{page}\nBuild: {config.ledger_build}\n\nWhat is wrong: "
    mail = {"subject": f"Error in {title}", "body": body.replace("\n", "\r\n")}
    return f"mailto:{contact}?{urlencode(mail, quote_via=quote)}"


def account(config) -> str:
    """Return the name of the host at which an issue needs an account."""
    return urlsplit(config.ledger_repository["address"]).netloc


def name_build(config, page: str) -> str:
    """Return the HTML of a page in which links to the form name the present build."""
    build = quote(config.ledger_build, safe="")
    return BUILD.sub(lambda link: link.group(1) + build, page)


def _name_build_on_page(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    if "body" in context:
        context["body"] = name_build(app.config, context["body"])


def _name_build_in_charts(app: Sphinx, error: Exception | None) -> None:
    """Do the same in the charts' own pages, which are written when their chapter is read."""
    if error or app.builder.name != "html":
        return
    for path in sorted(Path(app.outdir, "charts").glob("*.html")):
        page = path.read_text(encoding="utf-8")
        if (named := name_build(app.config, page)) != page:
            replace_file(path, named)


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", _name_build_on_page)
    app.connect("build-finished", _name_build_in_charts)
