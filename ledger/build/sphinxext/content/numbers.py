"""{num}`total[2019]`: a published number in a sentence, and numbers.json, all of them.

The number links to its entry on the page of its table, which shows the code that computed it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from docutils import nodes
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import make_refnode

from ledger.build.sphinxext import page_store
from ledger.core import numbers, tables


class Num(SphinxRole):
    """Print a number that a cell of this page published. Any other fails the build."""

    def run(self):
        store = page_store.page(self.env)
        try:
            content = self._content()
            record = numbers.pick(self.text, content) | {"page": self.env.docname}
        except numbers.NumberError as error:
            if store["failure"]:  # the page says why, at its top
                return [nodes.inline(self.rawtext, "?", classes=["num"])], []
            return [], [self.inliner.reporter.error(str(error), line=self.lineno)]
        store["numbers"][record["name"]] = record
        printed = nodes.inline(self.rawtext, record["printed"], classes=["num"])
        page = tables.page_path(record["tables"][0])
        builder = self.env.app.builder
        entry = anchor(record) if builder.name == "html" else ""  # it is on the site only
        link = make_refnode(builder, self.env.docname, page, entry, printed)
        link["reftitle"] = _title(record)
        return [link], []

    def _content(self) -> dict:
        """Return what a cell published under the number's name. Raises NumberError."""
        name, _, _ = numbers.parse(self.text)
        try:
            return retrieve_glue_data(self.inliner.document, name).metadata["ledger"]
        except RetrievalError:
            raise numbers.NumberError(
                f"no cell of this page publishes a number named {name!r}: "
                f"numbers.put({name!r}, …) or numbers.series({name!r}, …)"
            ) from None


def anchor(record: dict) -> str:
    """Return the identifier of a number's entry on the page of its table."""
    words = f"{record['page'].rpartition('/')[2]}-{record['name']}"
    return "number-" + re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _title(record: dict) -> str:
    unit = f"{record['unit']}, " if record["unit"] else ""
    return f"{unit}from table {', '.join(record['tables'])}, computed by: {record['code']}"


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
