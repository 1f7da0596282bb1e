"""{table-rows}: the rows of a table on its page.

Without script the page has all rows of a short table and the first of a long one. With script they
are searched, sorted, paged and taken away, and an address with a filter shows the rows it names
(`?year=2019&flow=export`, as `number_rows.query` writes it); the file is loaded on first use.
"""

from __future__ import annotations

import html
import math
import re
from decimal import ROUND_HALF_EVEN, Decimal

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.markup import column_class, data_table, raw_html, site_link, table_cell
from ledger.core import tables, text

MAX_ROWS = 300  # a longer table shows its first FIRST_ROWS and is paged for the rest
FIRST_ROWS = 50
MAX_DECIMALS = 6
LONGEST_PLAIN = 4  # digits of a whole number that is shown as it is, as a year is


class TableRows(SphinxDirective):
    """{table-rows}: the rows of a table, or the first of many."""

    required_arguments = 1

    def run(self):
        name = self.arguments[0]
        page_store.add_dependency(self.env, f"table {name}")
        try:
            rows = tables.read_rows(name)
        except tables.TableError as error:
            raise ExtensionError(str(error)) from None
        count = f"{len(rows):,} rows"
        if self.env.app.builder.name != "html":
            link = site_link(self.config, f"{self.env.docname}.html")
            return [raw_html(f"<p>{count}, which are not printed here: {link}</p>")]
        resource = tables.describe(name)
        data = "../" * self.env.docname.count("/") + f"data/{resource['path']}"
        return [raw_html(rows_html(resource, rows, data))]


def rows_html(resource: dict, rows: list[dict[str, str]], data: str) -> str:
    """Return the rows of a table that its page shows without script.

    Parameters
    ----------
    resource : the table's entry in the descriptor.
    rows : all its rows, as in the file.
    data : address of the file, for the script.
    """
    count = text.plural(len(rows), "row")
    shown, caption = rows, f"All {count}."
    if len(rows) > MAX_ROWS:
        shown = rows[:FIRST_ROWS]
        caption = f"The first {FIRST_ROWS} of {count}; the file has them all."
    keys = resource["schema"]["primaryKey"]
    digits = {
        field["name"]: decimals([row[field["name"]] for row in rows])
        for field in resource["schema"]["fields"]
        if _is_figure(field, rows, keys)
    }
    fields = resource["schema"]["fields"]
    titles = [_title(field, keys, digits.get(field["name"]), rows) for field in fields]
    return data_table(
        f"Rows of table {resource['name']}",
        caption,
        titles,
        ("".join(_cell(row, name, keys, digits) for name in row) for row in shown),
        {"csv": data, "table": resource["name"], "rows": len(rows), "page": len(shown)},
    )


def _is_figure(field: dict, rows: list[dict[str, str]], keys: list[str]) -> bool:
    """Tell whether a column is shown with grouped thousands, as years are not."""
    name, kind = field["name"], field["type"]
    if kind == "number":
        return True
    large = kind == "integer" and name not in keys
    return large and any(len(row[name]) > LONGEST_PLAIN for row in rows)


def _title(field: dict, keys: list[str], digits: int | None, rows: list[dict[str, str]]) -> str:
    """Return the heading of a column, with what the script must know to sort and show it."""
    numeric, key = field["type"] in ("number", "integer"), field["name"] in keys
    parts = [
        column_class((row[field["name"]] for row in rows), words=key or not numeric),
        "data-key" if key else "",
        "data-number" if numeric else "",
        "" if digits is None else f'data-decimals="{digits}"',
    ]
    return f'<th scope="col" {" ".join(filter(None, parts))}>{html.escape(field["name"])}</th>'


def _cell(row: dict[str, str], name: str, keys: list[str], digits: dict[str, int]) -> str:
    """Return a cell; those that tell rows apart are the headings of their row."""
    cell = row[name]
    if name in keys:
        return f'<th scope="row">{html.escape(cell)}</th>'
    return table_cell(cell, rounded(cell, digits[name]) if cell and name in digits else None)


def rounded(cell: str, digits: int) -> str:
    """Return a figure with the decimals of its column, thousands grouped.

    >>> rounded("-12345.678", 1)
    '−12,345.7'
    """
    # as the script of the page rounds: the figure in the file, not its nearest binary fraction
    shown = Decimal(cell).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    return f"{shown:,f}".replace("-", text.MINUS)


def decimals(cells: list[str]) -> int:
    """Return with how many decimals a column is shown: one precision for all its figures.

    The small ones keep two digits, as far as the file has them.

    >>> decimals(["79.604", "1.5266", "3.0752"]), decimals(["1518200000", "12"])
    (1, 0)
    """
    figures = sorted(abs(float(cell)) for cell in cells if cell and float(cell))
    if not figures:
        return 0
    written = max(len(re.sub(r"e.*|^[^.]*\.?", "", cell)) for cell in cells)
    small = figures[len(figures) // 10]
    return min(written, MAX_DECIMALS, max(0, 1 - math.floor(math.log10(small))))


def add_script(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load what makes rows searchable on the pages of tables."""
    if app.builder.name == "html" and page.startswith(f"{tables.PAGES}/"):
        app.add_css_file("tables.css", priority=900)
        app.add_js_file("tables.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.add_directive("table-rows", TableRows)
    app.connect("html-page-context", add_script)
