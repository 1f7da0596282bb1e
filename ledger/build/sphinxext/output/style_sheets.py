"""Leave the comments of the machine's style sheets out of the site: a quarter of their weight.

The sources keep them. Pages name a sheet with a hash of what Sphinx has copied, comments and all.
"""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

from ledger.build.sphinxext.outdated_pages import ASSETS

COMMENT = re.compile(r" ?/\*.*?\*/\n?", re.S)


def _in_site(app: Sphinx) -> list[Path]:
    return [Path(app.outdir, "_static", path.name) for path in ASSETS.glob("*.css")]


def remove_shortened(app: Sphinx) -> None:
    """Remove what the last build shortened: Sphinx would tell that it copies over it."""
    for path in _in_site(app):
        path.unlink(missing_ok=True)


def shorten(app: Sphinx, error: Exception | None) -> None:
    """Take the comments out of the sheets that Sphinx has copied."""
    if error or app.builder.name != "html":
        return
    for path in _in_site(app):
        path.write_text(COMMENT.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", remove_shortened)
    app.connect("build-finished", shorten)
