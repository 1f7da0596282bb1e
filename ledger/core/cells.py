"""Give each type of cell one accepted spelling: in hand-kept tables, in what connectors build, and
in the data of charts.

frictionless reads more spellings (`TRUE`, `1_000`, `٣`), and pandas others again, so that a cell
could be published as one thing and computed with as another.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata

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
# joiners that Persian and other scripts are written with
JOINERS = "\u200c\u200d"
# control and format characters, among them those that turn the direction of text; characters that
# are none; ends of lines and paragraphs that only some programs know
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def fault(kind: str, cell: str) -> str:
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
        if kind == "number" and not _is_computable(cell):
            return "wrong type: the number is too large or too small to be computed with"
    return hidden(cell)


def hidden(words: str) -> str:
    """Name the first character of a text that no reader sees, and its place; nothing without."""
    if words.isprintable():  # true of nearly all, and quick
        return ""
    for place, sign in enumerate(words, start=1):
        if unicodedata.category(sign) in HIDDEN and sign not in JOINERS:
            name = unicodedata.name(sign, "control character")
            return f"character {place} is invisible: U+{ord(sign):04X}, {name}. Remove it"
    return ""


def _is_computable(cell: str) -> bool:
    is_zero = not re.search("[1-9]", cell.partition("e")[0])
    return math.isfinite(float(cell)) and (float(cell) == 0) == is_zero


def _is_day(cell: str) -> bool:
    try:
        datetime.date.fromisoformat(cell)
    except ValueError:
        return False
    return True
