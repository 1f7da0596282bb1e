"""Check the words of the tables' descriptor: what people write in it, and readers see."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator

from ledger.core.table_files import TableError

WORDS = ("title", "description", "notes", "unit", "republication", "short", "edition")
# what a hand slips into: pattern → what is wrong
SLIPS = {
    r"^\s|\s$": "begins or ends with a blank. Remove it",
    r"(?<!\.)\.\.(?!\.)": "has two full stops. Remove one",
    r"\S  +\S": "has two blanks. Remove one",
}
MAGNITUDES = {"thousand", "million", "billion", "trillion"}  # alike, and not the same
NEAR = 0.75  # likeness of two words beyond which the one is the other misspelt


def check_words(content: dict) -> None:
    """Check titles, descriptions, notes and units of all tables.

    Raises TableError for a slip of the hand in one of them, and for a unit that no other column
    has and that is another one misspelt.
    """
    for resource in content["resources"]:
        for place, text in _texts(resource, WORDS):
            for pattern, problem in SLIPS.items():
                if re.search(pattern, text):
                    start = text if len(text) < 60 else f"{text[:40]}…{text[-15:]}"
                    problem = f"the descriptor's {place} {start!r} {problem}"
                    raise TableError(resource["name"], problem)
    _check_units(content["resources"])


def _texts(part: object, keys: tuple[str, ...], key: str = "") -> Iterator[tuple[str, str]]:
    """Give the texts below `keys`, each with its key."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from _texts(value, keys, name)
    elif isinstance(part, list):
        for value in part:
            yield from _texts(value, keys, key)
    elif isinstance(part, str) and key in keys:
        yield key, part


def _check_units(resources: list[dict]) -> None:
    fields = [(entry["name"], field) for entry in resources for field in entry["schema"]["fields"]]
    used: Counter[str] = Counter()
    for _, field in fields:
        used.update([str(field["unit"])] if field.get("unit") else [])
        if field["name"] == "unit":  # of rows
            used.update(map(str, field.get("constraints", {}).get("enum", [])))
    for name, field in fields:
        unit = field.get("unit")
        like = [other for other in used if unit and _is_misspelt(unit, other)]
        if like and used[unit] == 1:
            problem = (
                f"the descriptor's unit {unit!r} is that of no other column, and near "
                f"{like[0]!r}. Write that, or another word if it is another unit"
            )
            raise TableError(name, problem, column=field["name"])


def _is_misspelt(unit: str, other: str) -> bool:
    """Tell whether two units are the same but for one word, which is near the other's."""
    ours, others = unit.lower().split(), other.lower().split()
    if unit == other or len(ours) != len(others):
        return False
    unlike = [pair for pair in zip(ours, others) if pair[0] != pair[1]]
    if len(unlike) > 1 or unlike and {*unlike[0]} <= MAGNITUDES:
        return False
    likeness = [difflib.SequenceMatcher(None, *pair).ratio() for pair in unlike]
    return all(value > NEAR and len(other) > 2 for value in likeness)
