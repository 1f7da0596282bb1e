"""Compare two texts of a table: rows added and removed, cells revised, and what is implausible."""

from __future__ import annotations

import csv
import functools
import io
import math
import re
from dataclasses import dataclass
from decimal import Decimal

from ledger.core import text

TIME_COLUMNS = ("year", "period", "date")  # columns of keys along which a series runs
MAX_LISTED = 12  # changes of each kind that a summary lists

Row = dict[str, str]
Key = tuple[str, ...]
Revision = tuple[Key, str, str, str]  # key, column, before, after


def parse_rows(content: str) -> list[Row]:
    """Return the rows of a table's text, each as column → cell."""
    return list(csv.DictReader(io.StringIO(content)))


@dataclass
class Change:
    """What differs between two texts of a table.

    Attributes
    ----------
    resource : descriptor of the table. Its schema bounds what is plausible: a field by
        `maxRevision` (relative and absolute; a revision is beyond both) and `maxStepRatio`
        (between neighbours of a series), the table by `maxRemovedShare` (share of the rows within
        groups) and `maxRewordedShare` (share of the cells of a column without `maxRevision`).
    added, removed : keys of rows.
    revised : key, column, before, after: numbers by relative size, the largest first, then those
        that were empty or zero by size, then words.
    implausible : a line for each change beyond these bounds.
    """

    resource: dict
    before: str
    after: str

    def __post_init__(self):
        schema = self.resource["schema"]
        self.fields = {field["name"]: field for field in schema["fields"]}
        self.key: list[str] = schema["primaryKey"]
        self.old, self.new = (
            {tuple(row[column] for column in self.key): row for row in parse_rows(content)}
            for content in (self.before, self.after)
        )
        self.added = [key for key in self.new if key not in self.old]
        self.removed = [key for key in self.old if key not in self.new]
        revised: list[Revision] = [
            (key, column, self.old[key].get(column, ""), cell)
            for key in self.new
            if key in self.old
            for column, cell in self.new[key].items()
            if self.old[key].get(column, "") != cell
        ]
        self.revised = sorted(revised, key=lambda revision: _rank(*revision[2:]))
        self.implausible: list[str] = []
        if self.before:
            units = [
                f"{line}: see whether all its values were meant to change" for line in self.units()
            ]
            self.implausible = [
                *units,
                *self._removals(),
                *self._steps(),
                *self._revisions(),
                *self._rewordings(),
            ]

    def __str__(self) -> str:
        counts = {
            "added": len(self.added),
            "removed": len(self.removed),
            "revised": len({revision[0] for revision in self.revised}),
        }
        changes = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
        return f"{len(self.new):,} rows" + (f": {changes}" if changes else ", as before")

    # --- bounds ---------------------------------------------------------------------------------

    def _removals(self) -> list[str]:
        """Return the groups that lost too many rows: a year is few rows of a large table."""
        bound = self.resource["schema"].get("maxRemovedShare", {"share": 0, "within": []})
        counts: dict[Key, list[int]] = {}
        for place, keys in enumerate((self.old, self.removed)):
            for key in keys:
                group = tuple(self.old[key][column] for column in bound["within"])
                counts.setdefault(group, [0, 0])[place] += 1
        return [
            f"{removed:,} of {rows:,} rows{' of ' + ', '.join(group) if group else ''} are gone, "
            f"more than the {bound['share']:.0%} that is plausible"
            for group, (rows, removed) in counts.items()
            if removed > bound["share"] * rows
        ]

    def _steps(self) -> list[str]:
        """Return new values too far from the one before them, as where a unit has changed."""
        bounds = {
            column: field["maxStepRatio"]
            for column, field in self.fields.items()
            if "maxStepRatio" in field
        }
        lines = []
        for key in self.added:
            if (previous := self._previous(key)) is None:
                continue
            for column, bound in bounds.items():
                now, then = self.new[key][column], self.new[previous][column]
                if not now or not then or float(then) <= 0:
                    continue
                ratio = float(now) / float(then)
                if not 1 / bound <= ratio <= bound:
                    lines.append(
                        f"{', '.join(key)}, {column} is new: {_cell(now)}, {ratio:.3g} times the "
                        f"{_cell(then)} of {', '.join(previous)}; a factor of {bound} is plausible"
                    )
        return lines

    def _revisions(self) -> list[str]:
        """Return revisions beyond both the relative and the absolute bound of their column."""
        lines = []
        for key, column, before, after in self.revised:
            bound = self.fields[column].get("maxRevision")
            if bound is not None and _exceeds(bound, before, after):
                limits = " and ".join(
                    f"{limit:.0%}" if kind == "relative" else f"{limit:,}"
                    for kind, limit in bound.items()
                )
                revision = self.revision(key, column, before, after)
                lines.append(f"{revision}, more than the {limits} that is plausible")
        return lines

    def _rewordings(self) -> list[str]:
        """Return columns of words in which too many cells differ."""
        share = self.resource["schema"].get("maxRewordedShare", 0)
        reworded: dict[str, list[Key]] = {}
        for key, column, _, _ in self.revised:
            if "maxRevision" not in self.fields[column]:
                reworded.setdefault(column, []).append(key)
        return [
            f"{column}: {len(keys):,} of {len(self.old):,} cells differ, "
            f"more than the {share:.0%} that is plausible: {listed_keys(keys)}"
            for column, keys in reworded.items()
            if len(keys) > share * len(self.old)
        ]

    # --- series ---------------------------------------------------------------------------------

    def _series_of(self, key: Key) -> Key:
        return tuple(part for column, part in zip(self.key, key) if column not in TIME_COLUMNS)

    def _time_of(self, key: Key) -> Key:
        return tuple(part for column, part in zip(self.key, key) if column in TIME_COLUMNS)

    @functools.cached_property
    def _series(self) -> dict[Key, list[Key]]:
        series: dict[Key, list[Key]] = {}
        for key in self.new:
            series.setdefault(self._series_of(key), []).append(key)
        return series

    def _previous(self, key: Key) -> Key | None:
        """Return the key of the row before this one in its series."""
        time = self._time_of(key)
        rows = self._series.get(self._series_of(key), [])
        earlier = [other for other in rows if self._time_of(other) < time]
        return max(earlier, key=self._time_of, default=None)

    # --- text -----------------------------------------------------------------------------------

    def units(self) -> list[str]:
        """Return which units have come or gone, where rows name their unit."""
        old, new = (
            {row["unit"] for row in rows.values() if row.get("unit")}
            for rows in (self.old, self.new)
        )
        return [
            f"unit {unit!r} is {'new' if unit in new else 'gone'}" for unit in sorted(old ^ new)
        ]

    def measure(self, key: Key) -> str:
        """Return the values of an added row beside the previous: 'gdp_usd 5 (4 in 2023)'."""
        previous, values = self._previous(key), []
        for column, field in self.fields.items():
            if "maxRevision" in field and self.new[key][column]:
                value = f"{column} {_cell(self.new[key][column])}"
                if previous:
                    then = _cell(self.new[previous][column])
                    value += f" ({then} in {', '.join(self._time_of(previous))})"
                values.append(value)
        return ", ".join(values)

    def revision(self, key: Key, column: str, before: str, after: str) -> str:
        """Return a revision as text: 'AZE, 2020, gdp_usd: 4 → 5 (+25.0%)'."""
        line = f"{', '.join(key)}, {column}: {_cell(before)} → {_cell(after)}"
        if math.isfinite(_relative(before, after)):
            share = (float(after) - float(before)) / abs(float(before))
            line += f" ({text.signed(share, '{:+.1%}')})"
        return line

    def lines(self) -> list[str]:
        """Return the summary as lines for a terminal."""
        lines = [f"{self.resource['name']}: {self}"]
        for key in self.added[:MAX_LISTED]:
            values = self.measure(key)
            lines.append(f"  added: {', '.join(key)}" + (f": {values}" if values else ""))
        lines += _more(self.added, "more added")
        if self.removed:
            lines.append(f"  removed: {listed_keys(self.removed)}")
        lines += [f"  revised: {self.revision(*each)}" for each in self.revised[:MAX_LISTED]]
        lines += _more(self.revised, "smaller revisions or words")
        lines += [f"  beyond what is plausible: {line}" for line in self.implausible[:MAX_LISTED]]
        return lines + _more(self.implausible, "more beyond it")


def listed_keys(keys: list[Key]) -> str:
    """Return the first keys as text, with the number of all where there are more."""
    shown = "; ".join(", ".join(key) for key in keys[:MAX_LISTED])
    return shown + (f" … ({len(keys):,} in all)" if len(keys) > MAX_LISTED else "")


def _more(items: list, what: str) -> list[str]:
    number = len(items) - MAX_LISTED
    return [f"  … and {number:,} {what}"] if number > 0 else []


def _exceeds(bound: dict[str, float], before: str, after: str) -> bool:
    """Tell whether a revision is beyond each bound; one from or to an empty cell always is."""
    if not before or not after:
        return True
    absolute = abs(float(after) - float(before))
    sizes = {"relative": _relative(before, after), "absolute": absolute}
    return all(sizes[kind] > limit for kind, limit in bound.items())


def _relative(before: str, after: str) -> float:
    """Return how far a value moved, relative to what it was; infinity for empty, zero or words."""
    try:
        old, new = float(before), float(after)
    except ValueError:
        return math.inf
    return abs(new - old) / abs(old) if old else math.inf


def _rank(before: str, after: str) -> tuple[int, float]:
    if math.isfinite(size := _relative(before, after)):
        return (0, -size)
    try:
        return (1, -abs(float(after or 0) - float(before or 0)))
    except ValueError:
        return (2, 0)


def _cell(cell: str) -> str:
    """Return a cell for people: commas in numbers of five digits, a true minus, 'nothing'."""
    if re.fullmatch(r"-?\d{5,}(\.\d+)?", cell):
        cell = f"{Decimal(cell):,}"
    return re.sub(r"^-(?=[\d.])", text.MINUS, cell) or "nothing"
