"""Say what is wrong with a cell of a table, and what to write instead."""

from __future__ import annotations

import datetime
import html
import math
import re

from ledger.core.authored.characters import hidden_character, misread

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
BELOW_NOTHING = re.compile(r"-0(\.0+)?(e.*)?")
LARGEST = 2**63 - 1  # of the whole numbers of a frame
MAX_CELL = 32_767  # characters: a workbook's cell holds no more
MAX_ROWS, MAX_COLUMNS = 1_048_575, 16_384  # of a workbook's sheet, below its header
TOO_LONG = f"Keep it under {MAX_CELL:,} characters, the most of a workbook, or split it"
# what a spreadsheet or a program leaves where it has no value
NO_VALUE = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|#+)"
    r"|nan|NaN|NaT|None|null|NULL|<NA>"
)
# a badge, bold words and a link as pages write them, which a table's cell would show as typed
MARKUP = re.compile(r"\{[a-z:-]+\}`|\*\*\w|\]\(https?:")
FORMULA_SIGNS = re.compile("[=+@＝＋－＠-]")
ENTITY = re.compile(r"&(?:#[0-9]+|#x[0-9a-fA-F]+|[a-zA-Z]+);")


def starts_formula(cell: str) -> bool:
    """Tell whether a spreadsheet might take a cell for a formula.

    It begins as one, also after invisible characters or after a semicolon, at which spreadsheets
    of many languages begin another cell, and is not a number.
    """
    if cell[:1] in ("\t", "\r", "\n"):
        return True
    if not FORMULA_SIGNS.search(cell):  # as nearly all, of which a build asks a million times
        return False
    for part in cell.split(";"):
        visible = re.sub(r"^[\s\u200b-\u200f\u2060\ufeff]+", "", part)
        number = re.fullmatch(r"[+-]\d+(\.\d+)?([eE][+-]?\d+)?", visible)
        if FORMULA_SIGNS.match(visible) and not number:
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
        if BELOW_NOTHING.fullmatch(cell) and kind in ("integer", "number"):
            return "nothing has no sign. Write 0"
        if kind == "integer" and not _is_whole(cell):
            return f"wrong type: a whole number is at most {LARGEST:,}"
        if kind == "number" and not _is_computable(cell):
            return "wrong type: the number is too large or too small to be computed with"
    if len(cell) > MAX_CELL:
        return f"the cell has {len(cell):,} characters. {TOO_LONG}"
    if cell != cell.strip():
        return "the cell begins or ends with a space. Remove it"
    return hidden_character(cell) or _leftover(cell)


def _leftover(cell: str) -> str:
    """Say what a cell holds that another program left there; nothing if there is none."""
    if NO_VALUE.fullmatch(cell):
        return "this is what a program writes where it has no value. Leave the cell empty"
    if markup := MARKUP.search(cell):
        return f"{markup[0]!r} is markup of pages, and a table has plain words. Remove it"
    for entity in ENTITY.findall(cell):
        if (meant := html.unescape(entity)) != entity:
            return f"{entity!r} is markup of web pages. Write {meant!r}"
    return misread(cell)


def beyond_sheet(rows: int, columns: int) -> str:
    """Say what a workbook's sheet cannot hold of so many rows and columns; nothing if it can all.

    What writes workbooks passes over the rest without a word.
    """
    for count, most, name in ((rows, MAX_ROWS, "rows"), (columns, MAX_COLUMNS, "columns")):
        if count > most:
            return f"{count:,} {name}, and a sheet of Excel holds {most:,}"
    return ""


def has_other_digits(cell: str) -> bool:
    """Tell whether a cell has digits of another script than that of codes."""
    return any(sign.isdigit() and not sign.isascii() for sign in cell)


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
