"""Find the rows of the tables that a printed number comes from.

A cell says which rows enter (`rows=` of `numbers.put` and `numbers.series`), and the key that the
sentence picks narrows them by year, country and the like. Where the cell says nothing, only a row
that holds the value itself is claimed. A filter is {column: values}; a value may be a range, as in
`2015..2019` or `2009..`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from urllib.parse import urlencode

from ledger.core import numbers, tables

MOST = 5  # rows that a number shows
SCALES = (1, 1e3, 1e6, 1e9)  # thousand, million, billion


class Rows:
    """The rows of a table, as in its file, found by what is in their columns."""

    def __init__(self, name: str):
        self.resource = tables.describe(name)
        self.rows = tables.read_rows(name)
        self.columns = [field["name"] for field in self.resource["schema"]["fields"]]
        self._places: dict[str, dict[str, set[int]]] = {}

    def places(self, column: str) -> dict[str, set[int]]:
        """Return of each value of a column where it stands."""
        if column not in self._places:
            found: dict[str, set[int]] = {}
            for at, row in enumerate(self.rows):
                found.setdefault(row[column], set()).add(at)
            self._places[column] = found
        return self._places[column]

    def find(self, wanted: dict[str, list[str]]) -> list[int]:
        """Return the places of the rows that a filter chooses, in order."""
        chosen = set(range(len(self.rows)))
        for column, values in wanted.items():
            known = self.places(column)
            within = (known[cell] for cell in known if any(matches(cell, v) for v in values))
            chosen &= set().union(*within)
        return sorted(chosen)


@functools.lru_cache(maxsize=64)
def _rows(name: str, content: str) -> Rows:
    return Rows(name)


def rows_of(name: str) -> Rows:
    """Return the rows of a table as it is now."""
    return _rows(name, tables.describe(name)["hash"])


def matches(cell: str, wanted: str) -> bool:
    """Tell whether a cell is what a filter wants: the same text, or within a range.

    >>> matches("2017", "2015..2019"), matches("", ".."), matches("2017", "2017")
    (True, False, True)
    """
    if ".." not in wanted:
        return cell == wanted
    first, last = wanted.split("..", 1)
    return bool(cell) and _order(first, cell) <= 0 and (not last or _order(cell, last) <= 0)


def _order(one: str, other: str) -> int:
    """Compare two cells, as numbers where both are."""
    try:
        left, right = float(one), float(other)
        return (left > right) - (left < right)
    except ValueError:
        return (one > other) - (one < other)


def origins(reference: str, content: dict, record: dict) -> list[dict]:
    """Return of each table of a number which of its rows enter it.

    Parameters
    ----------
    reference, content : as for `numbers.pick`.
    record : what `numbers.pick` returned.

    Returns
    -------
    A dict for each table: `table`, `filter` (None where it is not known which rows enter), `count`
    (rows that the filter chooses), `of` (rows of the table), `rows` (the first of them, in the
    columns that tell them apart, that hold figures or that the filter names), `sources` (keys of
    the sources that these rows have).
    """
    declared = numbers.filters(reference, content)
    parts = numbers.key_parts(reference, content)
    return [
        _origin(table, _filter(table, declared.get(name), parts, record["value"]))
        for name, table in ((name, rows_of(name)) for name in record["tables"])
    ]


def _origin(table: Rows, wanted: dict[str, list[str]] | None) -> dict:
    places = table.find(wanted or {})
    shown = [table.rows[at] for at in places[:MOST]] if wanted is not None else []
    telling = {*table.resource["schema"]["primaryKey"], *_measured(table), *(wanted or {})}
    known = {source["key"] for source in table.resource["sources"]}
    named = {table.rows[at].get("source", "") for at in places} & known
    return {
        "table": table.resource["name"],
        "filter": wanted,
        "count": len(places),
        "of": len(table.rows),
        "rows": [{name: row[name] for name in table.columns if name in telling} for row in shown],
        "sources": sorted(named or known),
    }


def _filter(
    table: Rows, declared: dict | None, parts: list[tuple[str, str]], value: float
) -> dict[str, list[str]] | None:
    """Return the filter of a number's rows in a table, None where it is not known."""
    keyed = {
        level: [day]
        for level, part in parts
        if level in table.columns and (day := part.removesuffix(" 00:00:00")) in table.places(level)
    }
    if declared is not None:
        return {**keyed, **declared}
    measured = [column for column in _measured(table) if column in {part for _, part in parts}]
    if not keyed or len(keyed) + len(measured) < len(parts):
        return None
    return _holder(table, keyed, measured or _measured(table), value)


def _measured(table: Rows) -> list[str]:
    """Return the columns that hold figures, not what rows are told apart by."""
    schema = table.resource["schema"]
    return [
        field["name"]
        for field in schema["fields"]
        if field["type"] in ("number", "integer") and field["name"] not in schema["primaryKey"]
    ]


def _holder(
    table: Rows, wanted: dict[str, list[str]], columns: Iterable[str], value: float
) -> dict[str, list[str]] | None:
    """Return the filter of the one row in which a value stands, None where there is no such row.

    The value may be in thousands, millions or billions of the row's unit.
    """
    cells = [(table.rows[at], column) for at in table.find(wanted) for column in columns]
    holding = [
        row for row, column in cells if any(_same(value * scale, row[column]) for scale in SCALES)
    ]
    if not holding or any(row is not holding[0] for row in holding):
        return None
    (row, *_) = holding
    return {column: [row[column]] for column in table.resource["schema"]["primaryKey"]}


def _same(value: float, cell: str) -> bool:
    return bool(cell) and math.isclose(value, float(cell), rel_tol=1e-12)


def columns(origin: dict) -> list[str]:
    """Return the columns of a number's rows in which any of them has something."""
    rows = origin["rows"]
    return [column for column in (rows[0] if rows else ()) if any(row[column] for row in rows)]


def cells(origin: dict) -> list[list[str]]:
    """Return the cells of a number's rows, in the order of `columns`."""
    return [[row[column] for column in columns(origin)] for row in origin["rows"]]


def query(wanted: dict[str, list[str]]) -> str:
    """Return a filter as the address of a table's page has it, without the question mark."""
    return urlencode(wanted, doseq=True)
