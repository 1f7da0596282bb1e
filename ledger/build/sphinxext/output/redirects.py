"""Write a page at each former address (`redirects` of book.yml) that leads to the present one."""

from __future__ import annotations

import html
import posixpath
from pathlib import Path

from sphinx.application import Sphinx

from ledger.core.config import book

# An empty icon, as a browser would else ask for one that no server has
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>This page has moved</title>\
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="{policy}">\
<meta name="viewport" content="width=device-width,initial-scale=1">\
<link rel="icon" href="data:,">
<link rel="canonical" href="{address}"><meta http-equiv="refresh" content="0; url={path}"></head>
<body><main><h1>This page has moved</h1>\
<p>It is now at <a href="{path}">{address}</a>.</p></main></body></html>
"""


def write_redirects(app: Sphinx, error: Exception | None) -> None:
    """Write the pages; remove those whose target the book does not have."""
    if error or app.builder.name != "html":
        return
    for former, place in book().redirects.items():
        docname, mark, anchor = place.partition("#")
        path = Path(app.outdir, f"{former}.html")
        if docname not in app.env.found_docs:
            path.unlink(missing_ok=True)
            continue
        target = app.builder.get_target_uri(docname) + mark + anchor
        values = {
            "policy": app.ledger_policy,
            "address": html.escape(app.config.html_baseurl + target),
            "path": posixpath.relpath(target, posixpath.dirname(former) or "."),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE.format_map(values), encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("build-finished", write_redirects)
