"""Format numbers, dates, lists and plurals as they stand in prose, charts and messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

MINUS = "−"
OF_NOTHING = re.compile(r"(?<![\w.])-(?=0(?:\.0*)?(?![\d.,]*[\de]))")  # the sign of -0 and -0.00
COUNTS = "one two three four five six seven eight nine ten eleven twelve".split()
MONTHS = (
    "January February March April May June July August September October November December"
).split()


def number(value: float, form: str = "{:,.0f}") -> str:
    """Return `value` printed with a str.format pattern, with a true minus sign.

    What is rounded to nothing has no sign, for a reader would look for what is less than it.
    """
    return OF_NOTHING.sub("", form.format(value)).replace("-", MINUS)


def count(value: float) -> str:
    """Return a count as prose has it: one to twelve in words, any other number in figures."""
    return COUNTS[int(value) - 1] if value in range(1, len(COUNTS) + 1) else number(value, "{:,}")


def signed(value: float, form: str = "{:+,.0f}") -> str:
    """Return `value` with its sign, also where it is positive."""
    return number(value, form)


def plain(value: float, digits: int = 12) -> str:
    """Return a number for a file: no exponent where it is whole, else `digits` significant."""
    return str(int(value)) if float(value).is_integer() else format(float(value), f".{digits}g")


def date(iso: object) -> str:
    """Return an ISO date (text or date) as in prose: 22 November 2026, June 2026, 2026."""
    year, *rest = str(iso)[:10].split("-")
    if not rest:
        return year
    named = f"{MONTHS[int(rest[0]) - 1]} {year}"
    return f"{int(rest[1])} {named}" if len(rest) > 1 else named


def listing(parts: Iterable[object], none: str = "none") -> str:
    """Return the parts as a list in prose: a, b and c."""
    *first, last = [str(part) for part in parts] or [none]
    return f"{', '.join(first)} and {last}" if first else last


def plural(count: int, noun: str, many: str = "") -> str:
    """Return a count with its noun: 1 table, 2 tables."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def one_line(words: str) -> str:
    """Return words of others as a terminal may show them: without line ends and codes it obeys."""
    return "".join(sign if sign.isprintable() else " " for sign in words)


def json_in_page(value: object, **options) -> str:
    """Return a value as JSON that may stand in a script element, whatever words it holds.

    `</script>` ends an element and `<!--<script>` keeps it open, so that no `<` is left as it is.
    """
    written = json.dumps(value, ensure_ascii=False, **options)
    for sign in "<>&\u2028\u2029":
        written = written.replace(sign, f"\\u{ord(sign):04x}")
    return written


def typographic(words: str) -> str:
    """Return words with the single quotes and apostrophes of print, as Sphinx sets in prose."""
    return re.sub(r"(?<=[\s(\[“])'(?=\w)", "‘", words).replace("'", "’")


def repeated(parts: list[str]) -> str:
    """Return the first part that stands more than once, or an empty text."""
    return next((part for part in parts if parts.count(part) > 1), "")
