"""What Sphinx is taught for this book: charts, printed numbers, claim badges, table pages, and when what is stale."""
from __future__ import annotations

from sphinx.application import Sphinx

from ledger.sphinxext import build, charts, claims, memory, numbers, pages, references


def setup(app: Sphinx) -> dict:
    app.add_css_file("ledger.css")
    for part in (build, memory, charts, claims, numbers, pages, references):  # `build` first: it takes the lock
        part.setup(app)
    return {"version": "2", "parallel_read_safe": False, "parallel_write_safe": True}
