"""Explain whether a page would execute in the next build."""

from __future__ import annotations

from ledger.build.execution import notebooks
from ledger.build.execution.cache import OutputCache
from ledger.core.config import ROOT


def explain(name: str) -> str:
    """Say in one line whether a page would execute when the site is built, and why.

    `name` is its path with or without `chapters/` and `.md`. Raises FileNotFoundError for none.
    """
    name = name.removesuffix(".md")
    for page in (name, f"chapters/{name}"):
        path = ROOT / f"{page}.md"
        if path.is_file():
            text = path.read_text(encoding="utf-8-sig")
            if not notebooks.is_notebook(text):
                return f"{page} has no code, so that nothing of it executes"
            return OutputCache().explain(page, notebooks.read_notebook(text))
    raise FileNotFoundError(f"there is no page {name}: neither {name}.md nor chapters/{name}.md")
