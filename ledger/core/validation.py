"""Check a table. The rules of its schema are checked by frictionless; content hash, country codes,
spreadsheet formulas and messages worded for an author are ours."""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import itertools
import os
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.core import config, table_files
from ledger.core import text as words
from ledger.core.authored import cells, characters, days, descriptors, loaders
from ledger.core.table_files import TableError

if TYPE_CHECKING:
    from frictionless import Schema

# days and months with which a date begins the period that `precision` names
BEGINNING = {"year": "-01-01", "month": "-01"}


@functools.cache
def passed_checks() -> Path:
    """Return the folder of passed checks: an empty file each, named by the hash of its content."""
    if not config.INSTALLED:
        return config.ROOT / "_build" / "checked"
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(cache, config.book().slug, "checked")


def cached_check(check: Callable[[], None], *content: bytes) -> None:
    """Run `check` once per content.

    A pass is cached as an empty file named by hash(content, rules, frictionless version).
    """
    passed = passed_checks() / hashlib.sha256(b"\0".join([_rules(), *content])).hexdigest()
    if not passed.exists():
        check()
        try:
            passed.parent.mkdir(parents=True, exist_ok=True)
            passed.touch()
        except OSError:
            pass  # where nothing can be written, every check runs each time


@functools.cache
def _rules() -> bytes:
    files = (
        __file__,
        descriptors.__file__,
        cells.__file__,
        characters.__file__,
        table_files.__file__,
    )
    code = (Path(part).read_bytes() for part in files)
    return b"".join(code) + version("frictionless").encode()


def check_table(text: str, resource: dict, read_other: Callable[[str], str]) -> None:
    """Check a table's text against its schema: columns, types, ranges, keys, country codes.

    `read_other` returns the text of a table that a foreign key refers to. Raises TableError at
    the first fault. Rows are numbered as in a text editor: the header is row 1.
    """
    name, schema = resource["name"], resource["schema"]
    rows = _read_rows(name, text)
    columns = [field["name"] for field in schema["fields"]]
    _check_header(name, rows[0], columns)
    if len(rows) == 1:
        raise TableError(name, "the table has no rows", hint="Add one, or remove the table.")
    _check_cells(name, rows, columns)
    _check_spelling(name, rows, schema["fields"])
    _check_periods(name, rows, columns)
    _check_precision(name, rows, schema)
    _check_schema(name, text, rows, schema)
    _check_future(name, rows, schema["fields"])
    _check_references(name, rows, schema, read_other)
    _check_codes(name, rows, schema["fields"], read_other)
    _check_order(name, rows, schema)


def _read_rows(name: str, text: str) -> list[list[str]]:
    """Return the rows of a CSV text. Raises TableError where its quotes do not pair."""
    rows = []
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for row in reader:
            rows.append(row)
    except csv.Error as error:
        hint = "A cell that holds a quotation mark or a comma stands in quotes, the mark doubled."
        if "field limit" in str(error):
            hint = cells.TOO_LONG
        raise TableError(name, f"not CSV: {error}", row=reader.line_num, hint=hint) from None
    return rows


def _check_spelling(name: str, rows: list[list[str]], fields: list[dict]) -> None:
    for field, values in zip(fields, zip(*rows[1:])):
        for cell in set(values):
            problem = cells.cell_fault(field["type"], cell)
            pattern = field.get("constraints", {}).get("pattern", "")
            # a pattern is that of a code, of which `\d` would take the digits of every script
            if not problem and pattern and cells.has_other_digits(cell):
                problem = "a code has the digits 0 to 9 alone"
            if not problem and "(; " in pattern and (twice := words.repeated(cell.split("; "))):
                problem = f"{twice} is named twice. Remove one"
            if problem:
                row = values.index(cell) + 2
                raise TableError(name, problem, row=row, column=field["name"], value=cell)


def _check_periods(name: str, rows: list[list[str]], columns: list[str]) -> None:
    """Check that no period ends before it begins: X_end and X_start, or X, are its days."""
    is_day = cells.PATTERNS["date"][0].fullmatch
    for end, column in enumerate(columns):
        first = column.removesuffix("_end")
        beginnings = [each for each in (f"{first}_start", first) if each in columns]
        if first == column or not beginnings:
            continue
        start = columns.index(beginnings[0])
        for number, row in enumerate(rows[1:], start=2):
            if is_day(row[end]) and is_day(row[start]) and row[end] < row[start]:
                problem = f"the period ends before it begins, on {row[start]}. Mend either day"
                raise TableError(name, problem, row=number, column=column, value=row[end])


def _check_precision(name: str, rows: list[list[str]], schema: dict) -> None:
    """Check that a date known to the month or year is its first day, and that a key which begins
    with a date begins with that of its row, as far as it is known.
    """
    key, (columns, *body) = schema.get("primaryKey"), rows
    if not {"date", "precision"} <= set(columns):
        return
    for number, row in enumerate(body, start=2):
        cell = dict(zip(columns, row))
        day, beginning = cell["date"], BEGINNING.get(cell["precision"], "")
        if not day.endswith(beginning):
            known = day[: -len(beginning)]
            problem = (
                f"the date is known to the {cell['precision']}, and not its first day. Write "
                f"{known + beginning}, or another precision"
            )
            raise TableError(name, problem, row=number, column="date", value=day)
        known = day.removesuffix(beginning)
        said = re.match(r"[0-9]{4}(-[0-9]{2}){0,2}(?=-)", cell[key[0]] if key else "")
        if said and said[0] != known:
            problem = f"it begins with another date than its row's. Begin it with {known}-"
            raise TableError(name, problem, row=number, column=key[0], value=cell[key[0]])


def _check_future(name: str, rows: list[list[str]], fields: list[dict]) -> None:
    """Check that no day or year is still to come, where the descriptor does not allow it."""
    today = days.today()
    for field, values in zip(fields, zip(*rows[1:])):
        is_year = field["type"] == "integer" and re.fullmatch(r"(.*_)?year", field["name"])
        if field.get("mayBeFuture") or not (is_year or field["type"] == "date"):
            continue
        last = str(today.year) if is_year else today.isoformat()
        for row, value in enumerate(values, start=2):
            if value.rjust(len(last)) > last:
                problem = (
                    f"this is still to come: today is {words.date(today)}. Mend it, or give the "
                    'column "mayBeFuture": true in the descriptor'
                )
                raise TableError(name, problem, row=row, column=field["name"], value=value)


def _check_order(name: str, rows: list[list[str]], schema: dict) -> None:
    """Check that rows stand in the order that the descriptor states."""
    order = schema.get("sortedBy", [])
    places = [rows[0].index(column) for column in order]
    before: list = []
    for number, row in enumerate(rows[1:], start=2):
        now = [_in_order(row[place]) for place in places]
        if now < before:
            above = ", ".join(rows[number - 2][place] for place in places)
            problem = f"the row stands below {above}, and rows are in order of {', '.join(order)}"
            hint = f"Move row {number} up."
            value = ", ".join(row[place] for place in places)
            raise TableError(
                name, problem, row=number, column=", ".join(order), value=value, hint=hint
            )
        before = now


def _in_order(cell: str) -> list[tuple[int, str]]:
    """Return what a cell is sorted by: words as words, figures in it as numbers."""
    parts = enumerate(re.split(r"([0-9]+)", cell))
    return [(int(part), "") if place % 2 else (0, part) for place, part in parts]


def _check_header(name: str, header: list[str], columns: list[str]) -> None:
    if fault := loaders.separator_fault(header):
        problem, _, hint = fault.partition(". ")
        raise TableError(name, problem, row=1, value=header[0], hint=hint)
    for column in columns:
        if column not in header:
            raise TableError(name, "the column is missing", row=1, column=column)
    for column in header:
        if column not in columns:
            raise TableError(name, "unexpected column", row=1, column=column)
    if header != columns:
        order = ", ".join(columns)
        problem = f"the columns stand in another order than the schema's: {order}"
        raise TableError(name, problem, row=1, value=",".join(header))


def _check_cells(name: str, rows: list[list[str]], columns: list[str]) -> None:
    formulas = {cell for cell in set(itertools.chain(*rows)) if cells.starts_formula(cell)}
    for number, row in enumerate(rows, start=1):
        if len(row) != len(columns):
            fault = "cut short" if len(row) < len(columns) else "too long"
            problem = f"the row is {fault}: {len(row)} cells, not {len(columns)}"
            raise TableError(name, problem, row=number, value=",".join(row)[-60:])
        for column, cell in zip(columns, row) if formulas else ():
            if cell in formulas:
                raise TableError(
                    name,
                    "the cell would start a formula in a reader's spreadsheet",
                    row=number,
                    column=column,
                    value=cell,
                    hint="Write it otherwise in the connector, "
                    "or by a row of data/corrections.csv.",
                )


def _check_schema(name: str, text: str, rows: list[list[str]], schema: dict) -> None:
    from frictionless import Resource, Schema

    own = {key: value for key, value in schema.items() if key != "foreignKeys"}
    rules, (columns, *body) = Schema.from_descriptor(own), rows
    if _is_faultless(body, rules):
        return
    resource = Resource(data=text.encode("utf-8"), format="csv", schema=rules, encoding="utf-8")
    parts = ["rowNumber", "fieldName", "type", "note", "cells", "message"]
    for row, column, kind, note, wrong, message in resource.validate(limit_errors=1).flatten(parts):
        value, problem = None, note or message
        if kind == "primary-key":
            key = schema["primaryKey"]
            column = ", ".join(key)
            value = ", ".join(wrong[columns.index(part)] for part in key)
            problem = f"duplicate key: {note}"
        elif column and wrong and column in columns and columns.index(column) < len(wrong):
            value = wrong[columns.index(column)]
        if kind == "type-error":
            problem = f"wrong type: {note}"
        raise TableError(name, problem, row=row, column=column or None, value=value)


def _is_faultless(rows: list[list[str]], rules: Schema) -> bool:
    """Tell whether frictionless finds no fault in rows, whose cells are as many as the columns.

    It reads each value of a column once, where its own check, which names the first fault, reads
    each cell.
    """
    columns = {}
    for field, cells_ in zip(rules.fields, zip(*rows)):
        read = field.create_cell_reader()
        known = {cell: read(cell) for cell in set(cells_)}
        if any(notes for _, notes in known.values()):
            return False
        values = columns[field.name] = [known[cell][0] for cell in cells_]
        filled = [value for value in values if value is not None]
        if field.constraints.get("unique") and len(set(filled)) < len(filled):
            return False
    keys = list(zip(*(columns[name] for name in rules.primary_key)))
    if len(set(keys)) < len(keys) or any(set(key) == {None} for key in keys):
        return False
    return all(map(any, rows))  # none is blank


def _check_references(
    name: str, rows: list[list[str]], schema: dict, read_other: Callable[[str], str]
) -> None:
    columns = dict(zip(rows[0], zip(*rows[1:])))
    for key in schema.get("foreignKeys", []):
        column, wanted = key["fields"], key["reference"]["fields"]
        target = key["reference"]["resource"] or name
        own = columns[wanted] if target == name else ()
        known = set(own or table_files.column(read_other(target), wanted))
        for row, value in enumerate(columns[column], start=2):
            if value and value not in known:
                problem = f"unknown code: table {target} has no such {wanted}"
                raise TableError(name, problem, row=row, column=column, value=value)


def _check_codes(
    name: str, rows: list[list[str]], fields: list[dict], read_other: Callable[[str], str]
) -> None:
    """Check the codes of a column whose cells hold several, which no foreign key can tell."""
    for field, values in zip(fields, zip(*rows[1:])):
        if not (codes := field.get("codes")):
            continue
        known = set(table_files.column(read_other(codes["resource"]), codes["fields"]))
        known |= set(codes.get("others", []))
        for row, value in enumerate(values, start=2):
            for code in value.split("; ") if value else []:
                if code not in known:
                    problem = (
                        f"unknown code {code}: neither table {codes['resource']} nor `others` in "
                        "the descriptor has it. Mend it, or add it there"
                    )
                    raise TableError(name, problem, row=row, column=field["name"], value=value)
