"""What Sphinx is taught for this book: charts, printed numbers, claim badges, table pages, and when what is stale."""

from __future__ import annotations

import os

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict:
    os.environ["LEDGER_BOOK"] = str(app.srcdir)  # wherever the build was started from
    app.add_config_value(
        "comments_config", {}, "html"
    )  # Jupyter Book sets it, whether or not comments are used
    app.add_css_file("ledger.css", priority=900)  # after the theme
    from ledger.build.sphinxext import (
        lifecycle,
    )  # first, and before the others are imported: it takes the lock and starts the warm process

    lifecycle.setup(app)
    from ledger.build.sphinxext import (
        bibliography,
        charts,
        claims,
        notebooks,
        numbers,
        page_store,
        print_builders,
        search,
        site,
        table_pages,
    )

    for part in (
        page_store,
        charts,
        claims,
        numbers,
        table_pages,
        print_builders,
        bibliography,
        search,
        site,
        notebooks,
    ):
        part.setup(app)
    return {"version": "2", "parallel_read_safe": False, "parallel_write_safe": True}
