"""Promise: a report of an error carries page, subject and build, also where the page was read
before.
"""

import html
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from ledger.build.sphinxext import report


def config(build, repository="https://code.example/strait-papers/book"):
    return SimpleNamespace(
        ledger_repository={"address": repository},
        html_baseurl="https://strait-papers.example/",
        ledger_build=build,
    )


def test_a_link_that_is_kept_names_the_build_of_the_page_that_shows_it():
    kept = report.report_link(config("version 3.1, commit 1111"), "charts/a&b.html", "chart a&b")
    now = config("version 3.2, commit 2222 with changes")
    page = report.name_build(now, f"<p>build=3</p>{kept}<p>{kept}</p>")
    assert page == "<p>build=3</p>{0}<p>{0}</p>".format(
        report.report_link(now, "charts/a&b.html", "chart a&b")
    )
    address = html.unescape(kept.split('"')[3])
    assert parse_qs(urlsplit(address).query) == {
        "template": [report.FORM],
        "title": ["Error: chart a&b"],
        "page": ["https://strait-papers.example/charts/a&b.html"],
        "subject": ["chart a&b"],
        "build": ["version 3.1, commit 1111"],
    }


def test_a_book_without_a_repository_has_no_such_link():
    assert report.report_link(config("version 3.1", ""), "index.html") == ""
