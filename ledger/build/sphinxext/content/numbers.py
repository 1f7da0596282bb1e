"""{num}`total[2019]`: a published number in a sentence, and numbers.json, all of them.

The number links to its entry on the page of its table, which shows the rows and the code that
computed it. With script the same opens as a card beside it, from a file for each page.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from docutils import nodes
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import make_refnode

from ledger.build import number_rows
from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.works import citation_record
from ledger.core import citations, numbers, tables
from ledger.core.text import plural

CARDS = "numbers"  # the folder of the site that has what the cards show


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
        for name in record["tables"]:
            if f"table {name}" not in store["inputs"]:
                page_store.add_dependency(self.env, f"table {name}")
        record["origins"] = number_rows.origins(self.text, content, record)
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
    return f"{unit}from table {', '.join(record['tables'])}"


def numbers_of(env) -> list[dict]:
    """Return the records of what is printed on all pages, in the order of page and name.

    Each also has `origins`, the rows that it comes from (`number_rows.origins`).
    """
    return [
        known[name]
        for known in page_store.all_pages(env, "numbers").values()
        for name in sorted(known)
    ]


def as_json(env) -> str:
    """Return the text of numbers.json."""
    records = [
        {part: value for part, value in record.items() if part != "origins"}
        for record in numbers_of(env)
    ]
    return json.dumps(records, indent=1, ensure_ascii=False) + "\n"


def cards(app: Sphinx, page: str, records: list[dict], described: dict[str, dict]) -> dict:
    """Return what the cards of a page's numbers show.

    `described` has the entries of the tables in the descriptor. Of what is returned `tables` has
    title and address of the tables that numbers come from, `numbers` each number by the anchor that
    its link leads to.
    """
    used = {origin["table"] for record in records for origin in record["origins"]}
    title = citation_record(app, page)["title"].rstrip(".")
    return {
        "tables": {
            name: {
                "title": described[name]["title"],
                "page": app.builder.get_target_uri(tables.page_path(name)),
            }
            for name in sorted(used)
        },
        "numbers": {anchor(record): _card(app, title, record, described) for record in records},
    }


def _card(app: Sphinx, title: str, record: dict, described: dict[str, dict]) -> dict:
    """Return what the card of a number shows; `title` is that of its page."""
    sources = [
        source
        for origin in record["origins"]
        for source in described[origin["table"]]["sources"]
        if source["key"] in origin["sources"]
    ]
    words = f"{record['printed']} {record['unit']}".strip()
    entry = app.builder.get_target_uri(tables.page_path(record["tables"][0]))
    work = {
        "kind": "chapter",
        "title": f"“{words}” ({record['name']}, in “{title}”)",
        "url": f"{app.config.html_baseurl}{entry}#{anchor(record)}",
        "note": citations.credit(sources),
    }
    named = dict.fromkeys(f"{s['institution']}: {s['title']} ({s['edition']})" for s in sources)
    shown = ("name", "printed", "unit", "value", "code")
    return {
        **{part: record[part] for part in shown},
        "from": [_origin(origin) for origin in record["origins"]],
        "sources": list(named),
        "cite": citations.plain(work),
    }


def _origin(origin: dict) -> dict:
    """Return what a card says of the rows of one table; `query` is None where none are named."""
    wanted = origin["filter"]
    return {
        "table": origin["table"],
        "query": None if wanted is None else number_rows.query(wanted),
        "count": origin["count"],
        "of": origin["of"],
        "columns": number_rows.columns(origin),
        "rows": number_rows.cells(origin),
    }


def number_entry(record: dict, table: str) -> nodes.list_item:
    """Return the entry of a number on a table's page: unit, code, and its rows of that table."""
    words = f"{record['printed']} {record['unit']}".strip()
    code = nodes.literal("", record["code"])
    paragraph = nodes.paragraph("", "", nodes.Text(f"{words}, {record['name']}: "), code)
    entry = nodes.list_item("", paragraph, ids=[anchor(record)])
    (origin,) = (each for each in record["origins"] if each["table"] == table)
    entry += _origin_nodes(origin)
    return entry


def _origin_nodes(origin: dict) -> list[nodes.Node]:
    """Return what is known of the rows that a number comes from, with a link to them."""
    whole = plural(origin["of"], "row")
    if origin["filter"] is None:
        unknown = f"Which of the {whole} enter is in the code and the cells before it."
        return [nodes.paragraph("", unknown)]
    count = f"all {whole}" if origin["count"] == origin["of"] else f"{origin['count']:,} of {whole}"
    address = f"?{number_rows.query(origin['filter'])}#rows"
    link = nodes.reference("", "", nodes.Text(f"{count}, in the table"), refuri=address)
    head = nodes.paragraph("", "", nodes.Text("From "), link)
    titles = number_rows.columns(origin)
    rows = [
        ", ".join(f"{title} {cell}" for title, cell in zip(titles, row) if cell)
        for row in number_rows.cells(origin)
    ]
    if origin["count"] > len(rows):
        rows.append("…")
    items = [nodes.list_item("", nodes.paragraph("", row)) for row in rows]
    return [head, nodes.bullet_list("", *items)]


def write(app: Sphinx, error: Exception | None) -> None:
    """Write numbers.json, and for each page that prints numbers what their cards show."""
    if error or app.builder.name != "html":
        return
    Path(app.outdir, "numbers.json").write_text(as_json(app.env), encoding="utf-8")
    folder = Path(app.outdir, CARDS)
    shutil.rmtree(folder, ignore_errors=True)  # a page may be gone
    folder.mkdir()
    described = {entry["name"]: entry for entry in tables.descriptor()["resources"]}
    for page, known in page_store.all_pages(app.env, "numbers").items():
        if known:
            shown = cards(app, page, [known[name] for name in sorted(known)], described)
            text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
            name = f"{page.rpartition('/')[2]}.json"
            (folder / name).write_text(text + "\n", encoding="utf-8")


def add_script(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load the script that opens a number's card on the pages that print numbers."""
    if app.builder.name == "html" and page_store.all_pages(app.env, "numbers").get(page):
        app.add_js_file("numbers.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.add_role("num", Num())
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write)
