"""Read text, CSV, JSON and numbers strictly, and say where a file has another form.

What is not understood is an error with its place, never passed over: what is read leniently here
would be a wrong number on a page.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

MEND = "Take the file anew; if the institution changed its form, the connector must follow."
SAVE = "Save it as CSV UTF-8 with commas, or take it anew."
# one spelling of a number: no signs between thousands, digits 0-9, no point without digits after it
NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?"
DIGITS = "digits 0-9, with a point before decimals and nothing between thousands"
# control characters but tab and line ends, and what turns the direction of the text round; those
# from U+0080 are what code page 1252 leaves in institutions' names
CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028-\u202e\u2066-\u2069]"
NO_CONTROL = "text without control characters"
_SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas", "|": "bars"}


class FormError(ValueError):
    """A file is not in the form that its connector knows.

    Parameters
    ----------
    place : file, and sheet, row, column or record in it, as `prices.csv, row 3, column Price`.
    found : what stands there, as `'1,5' is no number`.
    expected : what should (may be empty).
    mend : what to do.
    """

    def __init__(self, place: str, found: str, expected: str = "", mend: str = MEND):
        self.place, self.found, self.expected, self.mend = place, found, expected, mend
        wanted = f"; expected {expected}" if expected else ""
        super().__init__(" ".join(f"{place}: {found}{wanted}. {mend}".split()))


def shown(value: object, length: int = 80) -> str:
    """Return a value as a message quotes it: on one line, and not too long."""
    value = getattr(value, "item", lambda: value)()  # of numpy's types: Python's
    text = "nothing" if value is None or value == "" else repr(value)
    return text if len(text) <= length else f"{text[:length]}…"


def number(cell: object, place: str) -> float:
    """Return the number in a cell of a workbook, of CSV or of JSON; raise FormError for another."""
    if type(cell) in (int, float) and abs(cell) < float("inf"):  # a NaN is not less
        return float(cell)
    if isinstance(cell, str) and re.fullmatch(NUMBER, cell):
        return float(cell)
    raise FormError(place, f"{shown(cell)} is no number", DIGITS)


def refuse_gap(
    place: str, years: Iterable[int], left_out: Iterable[int] = (), first: int | None = None
) -> None:
    """Raise FormError for years that are missing between the first and the last.

    Where an institution has none for a year, `left_out` names it. `first` is the year with which
    its file begins, or one before which nothing is read: without it a file that lacks its
    beginning is taken for one that begins later.
    """
    known = {*map(int, years)}
    start = min(known) if first is None else min(first, *known)
    if missing := sorted({*range(start, max(known))} - known - {*left_out}):
        span = f"each year from {start} to {max(known)}"
        raise FormError(place, f"nothing of {shown_years(missing)}", span)


def shown_years(years: list[int]) -> str:
    """Return years, in order, as a message lists them: not more than a dozen one by one."""
    if len(years) <= 12:
        return ", ".join(map(str, years))
    return f"{years[0]} to {years[-1]} ({len(years)} of them)"


def refuse_fewer(place: str, rows: int, least: int) -> None:
    """Raise FormError for a file of fewer rows than an edition of it had, which only grows.

    Where rows have no numbers that run on, nothing else tells that some are gone from the middle.
    """
    if rows < least:
        raise FormError(place, f"{rows:,} rows", f"{least:,} or more, as in an earlier edition")


def plain_text(path: Path, encodings: Iterable[str] = ("utf-8-sig",), control: bool = False) -> str:
    """Return a file's text in the first of `encodings` that fits, with its line ends.

    Raises FormError for another encoding, and for a control character unless `control` allows it.
    """
    text = decoded(path.read_bytes(), path.name, encodings)
    if not control and (wrong := re.search(CONTROL, text)):
        place = f"{path.name}, line {text.count(chr(10), 0, wrong.start()) + 1}"
        raise FormError(place, f"the character U+{ord(wrong[0]):04X}", NO_CONTROL, SAVE)
    return text


def decoded(raw: bytes, name: str, encodings: Iterable[str] = ("utf-8-sig",)) -> str:
    """Return text in the first of `encodings` that fits, or raise FormError with the line."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in raw[:4]:
        raise FormError(name, "it is in UTF-16 or UTF-32", "UTF-8", SAVE)
    where = 0
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            where = where or error.start
    line = raw.count(b"\n", 0, where) + 1
    raise FormError(f"{name}, line {line}", f"byte 0x{raw[where]:02x} is not UTF-8", "UTF-8", SAVE)


def csv_rows(
    path: Path,
    separator: str = ",",
    skip: int = 0,
    encodings: Iterable[str] = ("utf-8-sig",),
    ended: bool = True,
    control: bool = False,
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header of a CSV file, and each row with its line.

    Parameters
    ----------
    path, separator
        The file, and the character between its cells.
    skip
        How many lines stand above the header.
    encodings
        Those that the institution uses.
    ended
        Whether the institution ends its last line, so that one without an end is cut short.
    control
        Whether there may be control characters, in columns that nobody reads.

    Raises
    ------
    FormError
        The file is cut short, it has other separators or an open quotation mark, a row has more or
        fewer cells than the header, the header stands there twice, or there is no row.
    """
    text = plain_text(path, encodings, control)
    if ended and text and text[-1] not in "\r\n":
        place = f"{path.name}, line {len(text.splitlines())}"
        raise FormError(place, "the last line has no end: the file is cut short", "a whole file")
    lines = io.StringIO(text, newline="")
    for _ in range(skip):
        lines.readline()
    start = lines.tell()
    check_separator(f"{path.name}, line {skip + 1}", lines.readline(), separator)
    lines.seek(start)
    rows = list(_strict_rows(path.name, lines, separator, skip))
    if not rows:
        raise FormError(path.name, "it is empty", "a header and rows")
    (line, header), *rows = rows
    check_header(f"{path.name}, line {line}", header)
    for line, row in rows:
        if len(row) != len(header):
            found = f"a row of {len(row)} cells: {shown(separator.join(row))}"
            raise FormError(f"{path.name}, line {line}", found, f"{len(header)}, as the header has")
        if row == header:
            raise FormError(f"{path.name}, line {line}", "the header a second time", "one header")
    if not rows:
        raise FormError(path.name, "it has no rows", "rows below the header")
    return header, rows


def _strict_rows(
    name: str, lines: Iterable[str], separator: str, skip: int
) -> Iterator[tuple[int, list[str]]]:
    """Give line and cells of each row that is not empty."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = skip + 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + skip + 1
    except csv.Error as error:
        place = f"{name}, line {line}"
        raise FormError(place, f"it is no CSV ({error})", "quotation marks in pairs") from None


def check_separator(place: str, line: str, separator: str) -> None:
    """Raise FormError for a header that has another separator, and not this one."""
    for other, name in _SEPARATORS.items():
        if separator not in line and other in line:
            found = f"the cells are parted by {name}: {shown(line.strip())}"
            raise FormError(place, found, _SEPARATORS.get(separator, repr(separator)), SAVE)


def check_header(place: str, header: list[str]) -> None:
    """Raise FormError for a header with a name twice."""
    named = [column for column in header if column.strip()]
    if twice := [column for column in named if named.count(column) > 1]:
        raise FormError(place, f"two columns are named {shown(twice[0])}", "each name once")


def read_json(path: Path) -> object:
    """Return what a JSON file holds; raise FormError for one that is cut short or ambiguous."""

    def once(pairs: list[tuple[str, object]]) -> dict:
        held = dict(pairs)
        if len(held) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise FormError(path.name, f"the key {shown(twice)} stands twice", "each key once")
        return held

    def no_number(word: str) -> None:
        raise FormError(path.name, f"{word} is no number", DIGITS)

    try:
        content = path.read_bytes()
        return json.loads(content, object_pairs_hook=once, parse_constant=no_number)
    except FormError:
        raise
    except (ValueError, RecursionError) as error:
        raise FormError(path.name, f"it is no JSON, or cut short ({error})", "whole JSON") from None
