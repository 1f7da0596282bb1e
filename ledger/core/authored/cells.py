"""Say what is wrong with a cell of a table, or with a line of text, and what to write instead."""

from __future__ import annotations

import datetime
import html
import math
import re
import unicodedata

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
# what a spreadsheet or a program leaves where it has no value
NO_VALUE = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|#+)"
    r"|nan|NaN|NaT|None|null|NULL|<NA>"
)
# a badge, bold words and a link as pages write them, which a table's cell would show as typed
MARKUP = re.compile(r"\{[a-z:-]+\}`|\*\*\w|\]\(https?:")
ENTITY = re.compile(r"&(?:#[0-9]+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
# as which the first byte of what UTF-8 writes in two or three is read in the wrong encoding
MISREAD = re.compile(r"[ÂÃâÐÑØÙ][\u0080-\uffff]+")


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


def misread(words: str) -> str:
    """Name the first characters of a text that were read in the wrong encoding; nothing without.

    A program that takes UTF-8 for Windows-1252 makes `â€™` of an apostrophe, and many put U+FFFD
    where they cannot tell.
    """
    if "\ufffd" in words:
        place = words.index("\ufffd") + 1
        return f"character {place} is U+FFFD, lost in the wrong encoding. Type it anew"
    for run in () if words.isascii() else MISREAD.findall(words):
        try:
            meant = run.encode("cp1252").decode("utf-8")
        except UnicodeError:
            continue
        return f"{run!r} was read in the wrong encoding. Write {meant!r}"
    return ""


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
