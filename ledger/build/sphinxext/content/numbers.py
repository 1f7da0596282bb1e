"""{num}`name`: a computed number in a sentence, linked to its table's page; and numbers.json, all of them with page and table."""

from __future__ import annotations

import json
from pathlib import Path

from docutils import nodes
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import make_refnode

from ledger.build.sphinxext import page_store
from ledger.core import tables


class Num(SphinxRole):
    """Print a number that a cell of this page put. An unknown name fails the build."""

    def run(self):
        try:
            glued = retrieve_glue_data(self.inliner.document, self.text)
        except RetrievalError:
            if page_store.page(self.env)["failure"]:  # the page says why, at its top
                return [nodes.inline(self.rawtext, "?", classes=["num"])], []
            message = self.inliner.reporter.error(
                f"no cell of this page puts a number named {self.text!r}: numbers.put({self.text!r}, …)",
                line=self.lineno,
            )
            return [], [message]
        record = {**glued.metadata["ledger"], "page": self.env.docname}
        page_store.page(self.env)["numbers"][self.text] = record
        printed = nodes.inline(self.rawtext, record["printed"], classes=["num"])
        link = make_refnode(
            self.env.app.builder,
            self.env.docname,
            tables.page_path(record["tables"][0]),
            "",
            printed,
        )
        link["reftitle"] = f"Computed from table {', '.join(record['tables'])}"
        return [link], []


def numbers_of(env) -> list[dict]:
    """Return the records of what is printed on all pages, in the order of page and name."""
    return [
        known[name]
        for known in page_store.all_pages(env, "numbers").values()
        for name in sorted(known)
    ]


def as_json(env) -> str:
    """Return the text of numbers.json."""
    return json.dumps(numbers_of(env), indent=1, ensure_ascii=False) + "\n"


def write(app: Sphinx, error: Exception | None) -> None:
    if not error and app.builder.name == "html":
        Path(app.outdir, "numbers.json").write_text(as_json(app.env), encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.add_role("num", Num())
    app.connect("build-finished", write)
