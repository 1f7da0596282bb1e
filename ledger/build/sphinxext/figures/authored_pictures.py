"""Tell which pictures that authors give draw themselves for a dark page too.

The others stand on a light ground there (`ledger.css`), for dark letters on a transparent ground
would be dark on dark.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

BOTH_THEMES = "both-themes"


def mark_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Mark the SVG pictures of a page whose own style asks whether the page is dark."""
    for picture in doctree.findall(nodes.image):
        path = Path(app.srcdir, picture["uri"])
        if (
            path.suffix == ".svg"
            and path.is_file()
            and b"prefers-color-scheme" in path.read_bytes()
        ):
            picture["classes"].append(BOTH_THEMES)


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", mark_pictures)
