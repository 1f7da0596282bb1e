"""Sphinx extension of a book: charts, printed numbers, claims, tables, and incremental builds."""

from __future__ import annotations

import os

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict:
    os.environ["LEDGER_BOOK"] = str(app.srcdir)  # wherever the build was started from
    # Jupyter Book sets it, whether or not comments are used
    app.add_config_value("comments_config", {}, "html")
    app.add_css_file("ledger.css", priority=900)  # after the theme
    # before the others are imported: it takes the lock and starts the warm process
    from ledger.build.sphinxext import lifecycle

    lifecycle.setup(app)
    from ledger.build.sphinxext import build_info, chapters, outdated_pages, page_store
    from ledger.build.sphinxext.content import (
        bibliography,
        changes,
        charts,
        claim_pages,
        claims,
        folded,
        judgement,
        numbers,
        table_pages,
    )
    from ledger.build.sphinxext.output import (
        notebooks,
        page_metadata,
        redirects,
        search,
        site_files,
        table_files,
        theme,
    )
    from ledger.build.sphinxext.paper import epub, single_page, title_page

    for part in (
        page_store,
        outdated_pages,
        chapters,
        charts,
        claim_pages,
        claims,
        folded,
        judgement,
        numbers,
        table_pages,
        changes,
        bibliography,
        title_page,
        epub,
        single_page,
        search,
        build_info,
        theme,
        page_metadata,
        site_files,
        table_files,
        redirects,
        notebooks,
    ):
        part.setup(app)
    return {"version": "2", "parallel_read_safe": False, "parallel_write_safe": True}
