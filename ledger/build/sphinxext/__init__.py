"""Sphinx extension of a book: charts, printed numbers, claims, tables, and incremental builds."""

from __future__ import annotations

import os
from importlib import import_module

from sphinx.application import Sphinx

PARTS = (  # in the order in which Sphinx is to call them
    "page_store",
    "outdated_pages",
    "chapters",
    "figures.charts",
    "figures.authored_pictures",
    "figures.numbering",
    "content.claim_pages",
    "content.claims",
    "content.math",
    "content.folded",
    "content.judgement",
    "content.numbers",
    "content.table_pages",
    "content.table_rows",
    "content.terms",
    "prose.standfirst",
    "prose.addresses",
    "prose.titles",
    "prose.glosses",
    "prose.claim_lines",
    "prose.direction",
    "content.changes",
    "front.claims",
    "front.pictures",
    "front.words",
    "content.bibliography",
    "prose.notes",
    "paper.title_page",
    "paper.epub",
    "paper.xhtml",
    "paper.single_page",
    "output.search",
    "build_info",
    "output.code_colours",
    "history",
    "report",
    "output.theme",
    "output.page_metadata",
    "output.site_files",
    "output.table_files",
    "output.table_workbooks",
    "output.redirects",
    "output.notebooks",
)


def setup(app: Sphinx) -> dict:
    os.environ["LEDGER_BOOK"] = str(app.srcdir)  # wherever the build was started from
    # Jupyter Book sets it, whether or not comments are used
    app.add_config_value("comments_config", {}, "html")
    app.add_css_file("ledger.css", priority=900)  # after the theme
    # before the others are imported, for they read these files
    from ledger.build.sphinxext import preflight

    preflight.setup(app)
    # before the others too: it takes the lock and starts the warm process
    from ledger.build.sphinxext import lifecycle

    lifecycle.setup(app)
    for part in PARTS:
        import_module(f"{__name__}.{part}").setup(app)
    return {"version": "2", "parallel_read_safe": False, "parallel_write_safe": True}
