"""Check a table and its descriptor. The rules of the schema are checked by frictionless; content
hash, country codes, spreadsheet formulas and messages worded for an author are ours."""

from __future__ import annotations

import csv
import datetime
import functools
import hashlib
import io
import json
import math
import os
import re
import unicodedata
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from ledger.core import config, table_files
from ledger.core.authored import loaders
from ledger.core.table_files import TableError

PARTS = (  # that the descriptor must give for each table
    "title",
    "description",
    "connectors",
    "sources",
    "licenses",
    "republication",
    "path",
    "hash",
)
# Each type of cell has one spelling. frictionless reads more (`TRUE`, `1_000`, `٣`) and pandas
# others again, so that a cell could be published as one thing and computed with as another.
# a number may have the exponent with which Python prints a small one
PATTERNS = {
    "boolean": (re.compile(r"true|false"), "write true or false"),
    "integer": (
        re.compile(r"-?(0|[1-9][0-9]*)"),
        "write a whole number in the digits 0 to 9, without leading zeros or separators",
    ),
    "number": (
        re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?(e[+-][0-9]{2,3})?"),
        "write a number as 1234.5, in the digits 0 to 9, with a point and without separators",
    ),
    "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "write a date as 2026-11-28"),
}
LARGEST = 2**63 - 1  # of the whole numbers of a frame
MAX_CELL = 32_767  # characters: a workbook's cell holds no more
TOO_LONG = f"Keep it under {MAX_CELL:,} characters, the most of a workbook, or split it"
# joiners that Persian and other scripts are written with
JOINERS = "\u200c\u200d"
# control and format characters, among them those that turn the direction of text; characters that
# are none; ends of lines and paragraphs that only some programs know
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.I)
LINKS = ("http", "https", "mailto")
UNSEEN = re.compile(r"[\0-\x20]+")  # a browser passes over these signs where an address begins


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
    code = (Path(module).read_bytes() for module in (__file__, table_files.__file__))
    return b"".join(code) + version("frictionless").encode()


def check_descriptor(raw: bytes) -> None:
    """Check the bytes of a `datapackage.json`.

    Raises TableError when it is not JSON, breaks the Data Package standard, or lacks what each
    table must have: title, connectors, sources, licence, republication note, a key, a unit for
    every number, a hash.
    """
    from frictionless import FrictionlessException, Package

    problem = ""
    try:
        content = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_unique_keys)
        Package.from_descriptor(content)
        for resource in content["resources"]:
            _check_resource(resource)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        problem = f"is not JSON in UTF-8: {error}"
    except RepeatedKeyError as error:
        problem = f"has a key twice: {error}"
    except FrictionlessException as error:
        reasons = "; ".join(e.note for e in (error.reasons or [error.error]))
        problem = f"is not a Data Package: {reasons}"
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"lacks a part that every table needs: {error!r}"
    if problem:
        raise TableError("datapackage.json", f"the descriptor {problem}")


class RepeatedKeyError(Exception):
    """An object of a JSON file has a key twice, of which readers would see the later alone."""


def _unique_keys(pairs: list[tuple[str, object]]) -> dict:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        where = f", in the entry {content['name']}" if isinstance(content.get("name"), str) else ""
        raise RepeatedKeyError(f"{twice!r}{where}. Remove one")
    return content


def _check_resource(resource: dict) -> None:
    name = resource["name"]
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        problem = f"the name {name!r} is not small letters, digits and _, and would become a path"
        raise TableError("datapackage.json", f"the descriptor: {problem}")
    for part in PARTS:
        if not resource.get(part):
            raise TableError(name, f"the descriptor gives no {part!r} for this table")
    if resource["path"] != f"{name}.csv":
        problem = f"the descriptor's path {resource['path']!r} is not {name}.csv"
        raise TableError(name, problem)
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", resource["hash"]):
        problem = f"the descriptor's hash {resource['hash']!r} is not sha256:<64 hex digits>"
        raise TableError(name, problem)
    columns = [field["name"] for field in resource["schema"]["fields"]]
    named = {"primary key": resource["schema"].get("primaryKey") or [None]}
    named |= {"foreign key": [key["fields"] for key in resource["schema"].get("foreignKeys", [])]}
    for kind, keys in named.items():
        if not isinstance(keys, list):
            problem = f"the descriptor's {kind} is {keys!r} and not a list of columns"
            raise TableError(name, problem)
        for key in keys:
            if key not in columns:
                problem = f"the descriptor's {kind} names {key!r}, which is not a column"
                raise TableError(name, problem)
    for field in resource["schema"]["fields"]:
        if field["type"] == "number" and "unit" not in field and "unit" not in columns:
            raise TableError(name, "the descriptor gives no unit", column=field["name"])


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
    _check_schema(name, text, schema, columns)
    _check_references(name, text, schema, read_other)


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
            hint = TOO_LONG
        raise TableError(name, f"not CSV: {error}", row=reader.line_num, hint=hint) from None
    return rows


def _check_spelling(name: str, rows: list[list[str]], fields: list[dict]) -> None:
    for field, values in zip(fields, zip(*rows[1:])):
        for cell in set(values):
            problem = cell_fault(field["type"], cell)
            # a pattern is that of a code, of which `\d` would take the digits of every script
            if not problem and "pattern" in field.get("constraints", {}) and has_other_digits(cell):
                problem = "a code has the digits 0 to 9 alone"
            if problem:
                row = values.index(cell) + 2
                raise TableError(name, problem, row=row, column=field["name"], value=cell)


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
    for number, row in enumerate(rows, start=1):
        if len(row) != len(columns):
            fault = "cut short" if len(row) < len(columns) else "too long"
            problem = f"the row is {fault}: {len(row)} cells, not {len(columns)}"
            raise TableError(name, problem, row=number, value=",".join(row)[-60:])
        for column, cell in zip(columns, row):
            if starts_formula(cell):
                raise TableError(
                    name,
                    "the cell would start a formula in a reader's spreadsheet",
                    row=number,
                    column=column,
                    value=cell,
                    hint="Write it otherwise in the connector, "
                    "or by a row of data/corrections.csv.",
                )


def _check_schema(name: str, text: str, schema: dict, columns: list[str]) -> None:
    from frictionless import Resource, Schema

    own = {key: value for key, value in schema.items() if key != "foreignKeys"}
    resource = Resource(
        data=text.encode("utf-8"),
        format="csv",
        schema=Schema.from_descriptor(own),
        encoding="utf-8",
    )
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


def _check_references(name: str, text: str, schema: dict, read_other: Callable[[str], str]) -> None:
    for key in schema.get("foreignKeys", []):
        column, target = key["fields"], key["reference"]["resource"] or name
        other = text if target == name else read_other(target)
        known = set(table_files.column(other, key["reference"]["fields"]))
        for row, value in enumerate(table_files.column(text, column), start=2):
            if value and value not in known:
                wanted = key["reference"]["fields"]
                problem = f"unknown code: table {target} has no such {wanted}"
                raise TableError(name, problem, row=row, column=column, value=value)


def starts_formula(cell: str) -> bool:
    """Tell whether a spreadsheet might take a cell for a formula.

    It begins as one, also after invisible characters or after a semicolon, at which spreadsheets
    of many languages begin another cell, and is not a number.
    """
    if cell[:1] in ("\t", "\r", "\n"):
        return True
    for part in cell.split(";"):
        visible = re.sub(r"^[\s\u200b-\u200f\u2060\ufeff]+", "", part)
        number = re.fullmatch(r"[+-]\d+(\.\d+)?([eE][+-]?\d+)?", visible)
        if visible[:1] in tuple("=+-@＝＋－＠") and not number:
            return True
    return False


def cell_fault(kind: str, cell: str) -> str:
    """Say what is wrong with the spelling of a cell, and what to write; nothing if it is right.

    Parameters
    ----------
    kind : type of the schema's field; one that is not in PATTERNS is text.
    cell : as it stands in the file; an empty one is right.
    """
    if kind in PATTERNS and cell:
        pattern, mend = PATTERNS[kind]
        if not pattern.fullmatch(cell):
            return f"wrong type: this is no {kind} as tables spell it; {mend}"
        if kind == "date" and not _is_day(cell):
            return "wrong type: the calendar has no such date"
        if kind == "integer" and not _is_whole(cell):
            return f"wrong type: a whole number is at most {LARGEST:,}"
        if kind == "number" and not _is_computable(cell):
            return "wrong type: the number is too large or too small to be computed with"
    if len(cell) > MAX_CELL:
        return f"the cell has {len(cell):,} characters. {TOO_LONG}"
    if cell != cell.strip():
        return "the cell begins or ends with a space. Remove it"
    if not unicodedata.is_normalized("NFC", cell):
        return "a letter and its accent are two characters. Type it anew, as one"
    return hidden_character(cell)


def has_other_digits(cell: str) -> bool:
    """Tell whether a cell has digits of another script than that of codes."""
    return any(sign.isdigit() and not sign.isascii() for sign in cell)


def hidden_character(words: str) -> str:
    """Name the first character of a text that no reader sees, and its place; nothing without."""
    if words.isprintable():  # true of nearly all, and quick
        return ""
    for place, sign in enumerate(words, start=1):
        if unicodedata.category(sign) == "Zs" and sign != " ":
            name = unicodedata.name(sign)
            return f"character {place} is U+{ord(sign):04X}, {name}. Write a usual space"
        if unicodedata.category(sign) in HIDDEN and sign not in JOINERS:
            name = unicodedata.name(sign, "control character")
            return f"character {place} is invisible: U+{ord(sign):04X}, {name}. Remove it"
    return ""


def link_fault(address: str, within: bool = True) -> str:
    """Return why a link is refused, nothing for one to the web, to a mailbox or within the book.

    `within` tells whether it may lead within the book, as an address without a scheme does.
    """
    scheme = SCHEME.match(UNSEEN.sub("", address))
    if scheme[1].lower() in LINKS if scheme else within:
        return ""
    return f"a link to {address.strip()[:60]} leads to no page. Write one that begins with https:"


def _is_whole(cell: str) -> bool:
    return len(cell) <= len(str(-LARGEST)) and -LARGEST - 1 <= int(cell) <= LARGEST


def _is_computable(cell: str) -> bool:
    is_zero = not re.search("[1-9]", cell.partition("e")[0])
    return math.isfinite(float(cell)) and (float(cell) == 0) == is_zero


def _is_day(cell: str) -> bool:
    try:
        datetime.date.fromisoformat(cell)
    except ValueError:
        return False
    return True
