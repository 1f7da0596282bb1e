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


class Num(SphinxRole):
    """Print a number that a cell of this page put. An unknown name fails the build."""

    def run(self):
        try:
            glued = retrieve_glue_data(self.inliner.document, self.text)
        except RetrievalError:
            message = self.inliner.reporter.error(f"no cell of this page puts a number named {self.text!r}: numbers.put({self.text!r}, …)", line=self.lineno)
            return [], [message]
        record = {**glued.metadata["ledger"], "page": self.env.docname}
        numbers_of(self.env)[f"{self.env.docname}#{self.text}"] = record
        printed = nodes.inline(self.rawtext, record["printed"], classes=["num"])
        link = make_refnode(self.env.app.builder, self.env.docname, f"tables/{record['tables'][0]}", "", printed)
        link["reftitle"] = f"Computed from table {', '.join(record['tables'])}"
        return [link], []


def numbers_of(env) -> dict[str, dict]:
    """Return what is printed on all pages that the environment knows, by page and name."""
    if not hasattr(env, "ledger_numbers"):
        env.ledger_numbers = {}
    return env.ledger_numbers


def purge(app: Sphinx, env, docname: str) -> None:
    for key in [key for key, record in numbers_of(env).items() if record["page"] == docname]:
        del numbers_of(env)[key]


def merge(app: Sphinx, env, docnames, other) -> None:
    numbers_of(env).update({key: record for key, record in numbers_of(other).items() if record["page"] in docnames})


def write(app: Sphinx, error: Exception | None) -> None:
    if not error and app.builder.format == "html":
        records = [numbers_of(app.env)[key] for key in sorted(numbers_of(app.env))]
        Path(app.outdir, "numbers.json").write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.add_role("num", Num())
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", write)
