"""What Sphinx is taught for this book: charts, printed numbers, claim badges, table pages, and when what is stale."""

from __future__ import annotations

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict:
    app.add_config_value("comments_config", {}, "html")  # Jupyter Book sets it, whether or not comments are used
    app.add_css_file("ledger.css", priority=900)  # after the theme
    from ledger.sphinxext import build  # first, and before the others are imported: it takes the lock and starts the warm process

    build.setup(app)
    from ledger.sphinxext import charts, claims, memory, notebooks, numbers, pages, printed, references, search, site

    for part in (memory, charts, claims, numbers, pages, printed, references, search, site, notebooks):
        part.setup(app)
    return {"version": "2", "parallel_read_safe": False, "parallel_write_safe": True}
