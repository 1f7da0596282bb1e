"""Compare two built sites: claims, printed numbers, charts, tables, and words of pages.

Things are the same when they have the same name; a number also when one on the same page is printed
alike, for readers see no names. What follows from a change that is reported already is not reported
again: a sentence in which only a computed number or a verdict is new.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ledger.commands.compare.site import COMPUTED, Block, Chart, Site, parse_csv, plain
from ledger.commands.compare.slow import in_time
from ledger.commands.compare.words import Diff, is_similar, word_diff
from ledger.upkeep.revisions import Change as TableDiff

SENTENCE_END = re.compile(r"[.?!][”’)]? (?=[^a-z])")  # "Fig. " is none: a chart's name follows
MOST_KEYS = 12  # columns that tell rows apart, where the key is not known
BUILD = {"version": "Version", "evidence_ends": "Evidence ends"}  # keys of build.json


@dataclass
class Rows:
    """What changed in rows: keys added and removed; cells revised as key, column, before, after."""

    key: list[str]
    added: list[tuple] = field(default_factory=list)
    removed: list[tuple] = field(default_factory=list)
    revised: list[tuple[tuple, str, str, str]] = field(default_factory=list)
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)


@dataclass
class Change:
    """A claim, number, chart, table or page before and after; None where it is not there.

    Attributes
    ----------
    wording : what is said of it and changed, each with its label (for a page: its heading).
    rows : what changed in the rows of a table, or in the data behind a chart.
    is_slow : whether it takes too long to be compared; then nothing is said of what changed.
    """

    name: str
    before: Any
    after: Any
    wording: list[tuple[str, Diff]] = field(default_factory=list)
    rows: Rows | None = None
    is_slow: bool = False

    @property
    def present(self):
        """The later of the two that is there."""
        return self.after or self.before

    @property
    def is_edit(self) -> bool:
        return bool(self.before and self.after)


@dataclass
class ClaimChange(Change):
    @property
    def is_verdict(self) -> bool:
        """Whether the published verdict changed, or the claim came or went."""
        return not self.is_edit or self.before["verdict"] != self.after["verdict"]


@dataclass
class NumberChange(Change):
    """`sentence` is the one in which the number stands."""

    sentence: Diff = field(default_factory=list)

    @property
    def relative(self) -> float | None:
        """The change of the value relative to what it was; None where that cannot be said."""
        if not self.is_edit or not self.before["value"]:
            return None
        return (self.after["value"] - self.before["value"]) / abs(self.before["value"])


@dataclass
class ChartChange(Change):
    is_redrawn: bool = False
    is_recoded: bool = False


@dataclass
class Comparison:
    """All that changed between two sites."""

    old: Site
    new: Site
    claims: list[ClaimChange]
    numbers: list[NumberChange]
    charts: list[ChartChange]
    tables: list[Change]
    pages: list[Change] = field(default_factory=list)
    build: list[tuple[str, str, str]] = field(default_factory=list)  # label, before, after

    @property
    def verdicts(self) -> list[ClaimChange]:
        return [change for change in self.claims if change.is_verdict]

    def __bool__(self) -> bool:
        parts = (self.claims, self.numbers, self.charts, self.tables, self.pages, self.build)
        return any(parts)


def compare(old_folder: Path, new_folder: Path) -> Comparison:
    """Return what a reader would see changed between two sites. Raises SiteError."""
    old, new = Site(old_folder), Site(new_folder)
    comparison = Comparison(
        old,
        new,
        claims=compare_claims(old, new),
        numbers=compare_numbers(old, new),
        charts=compare_charts(old, new),
        tables=compare_tables(old, new),
    )
    comparison.pages = _compare_pages(comparison)
    comparison.build = [
        (label, str(old.build.get(key)), str(new.build.get(key)))
        for key, label in BUILD.items()
        if old.build.get(key) != new.build.get(key)
    ]
    return comparison


def _both(old: dict, new: dict) -> Iterator[tuple[str, Any, Any]]:
    """Yield what has each name before and after, in the order of the new names."""
    for name in dict.fromkeys([*new, *old]):
        yield name, old.get(name), new.get(name)


def _wording(texts: dict[str, tuple[str, str]]) -> list[tuple[str, Diff]]:
    """Return the diffs of the texts, each before and after, that differ."""
    return [(label, word_diff(*pair)) for label, pair in texts.items() if pair[0] != pair[1]]


# --- claims and numbers -------------------------------------------------------------------------


def compare_claims(old: Site, new: Site) -> list[ClaimChange]:
    fields = new.resources.get("claims", {"schema": {"fields": []}})["schema"]["fields"]
    labels = {column["name"]: column.get("title", column["name"]) for column in fields}
    labels.pop("verdict", None)
    changes = []
    for name, before, after in _both(old.claims, new.claims):
        change = ClaimChange(name, before, after)
        if change.is_edit:
            texts = {
                label: (before[column], after[column])
                for column, label in labels.items()
                if column in before and column in after
            }
            was, becomes = before["computed"] or {}, after["computed"] or {}
            for key, label in (("figure", "Figure"), ("because", "Computed")):
                texts[label] = was.get(key, ""), becomes.get(key, "")
            change.wording = _wording(texts)
        if change.is_verdict or change.wording:
            changes.append(change)
    return sorted(changes, key=lambda change: (not change.is_verdict, change.name))


def compare_numbers(old: Site, new: Site) -> list[NumberChange]:
    """Return the numbers that are printed otherwise, the largest move first."""
    come: dict[tuple, list[dict]] = {}
    for key, record in new.numbers.items():
        if key not in old.numbers:
            come.setdefault(_as_read(record), []).append(record)
    pairs: list[tuple[dict | None, dict | None]] = []
    for key, record in old.numbers.items():
        alike = come.get(_as_read(record))
        renamed = alike.pop(0) if alike and key not in new.numbers else None
        pairs.append((record, new.numbers.get(key, renamed)))
    pairs += [(None, record) for records in come.values() for record in records]
    changes = [
        NumberChange((after or before or {})["name"], before, after)
        for before, after in pairs
        if not before or not after or _as_read(before) != _as_read(after)
    ]
    return sorted(changes, key=lambda change: (-abs(change.relative or 0), change.name))


def _as_read(number: dict) -> tuple[str, str, str]:
    return number["page"], number["printed"], number["unit"]


# --- charts and tables --------------------------------------------------------------------------


def compare_charts(old: Site, new: Site) -> list[ChartChange]:
    changes = []
    for name, before, after in _both(old.charts, new.charts):
        change = ChartChange(name, before, after)
        if change.is_edit:
            change.is_redrawn = not is_same_drawing(before, after)
            change.rows = compare_rows(before.csv, after.csv)
            moved = before.page != after.page
            if before.page and after.page:  # else nothing is said of it
                change.is_recoded = before.code != after.code
                texts = {
                    "caption": (before.caption, after.caption),
                    "source": (before.source, after.source),
                    "description": (before.description, after.description),
                }
                change.wording = _wording(texts)
            if not any((change.is_redrawn, change.is_recoded, change.wording, change.rows, moved)):
                continue
        changes.append(change)
    return sorted(changes, key=lambda change: not change.is_redrawn)


def is_same_drawing(one: Chart, other: Chart) -> bool:
    return one.svg == other.svg or _canonical(one.svg) == _canonical(other.svg)


def _canonical(svg: str) -> str:
    """Return an SVG with its attributes in one order and its ids numbered as they come."""
    try:
        content = ElementTree.canonicalize(svg, strip_text=True)
    except ElementTree.ParseError:
        return svg
    ids = dict.fromkeys(re.findall(r' id="([^"]+)"', content))
    numbers = {name: f"id-{number}" for number, name in enumerate(ids)}
    return re.sub(
        r'( id="|url\(#|href="#)([^)"]+)',
        lambda match: match[1] + numbers.get(match[2], match[2]),
        content,
    )


def compare_tables(old: Site, new: Site) -> list[Change]:
    changes = []
    for name, before, after in _both(old.resources, new.resources):
        change = Change(name, before, after)
        if change.is_edit:
            key = after["schema"].get("primaryKey")
            change.rows = compare_rows(old.table(name), new.table(name), key)
            editions = [
                {source["key"]: source.get("edition", "") for source in resource["sources"]}
                for resource in (before, after)
            ]
            texts = {
                source: (was or "", becomes or "") for source, was, becomes in _both(*editions)
            }
            change.wording = _wording(texts)
            if not change.rows and not change.wording:
                continue
        changes.append(change)
    return changes


def compare_rows(before: str, after: str, key: list[str] | None = None) -> Rows | None:
    """Return what changed between two CSV texts, None for nothing.

    Where the key is not known, as behind a chart, or has other columns, it is the first columns
    that tell all rows apart, else whole rows.
    """
    if before == after:
        return None
    headers = [next(csv.reader(io.StringIO(content)), []) for content in (before, after)]
    shared = [column for column in headers[1] if column in headers[0]]
    if not key or not set(key) <= set(shared):
        starts = (shared[:length] for length in range(1, min(len(shared), MOST_KEYS) + 1))
        key = next((start for start in starts if _is_key(start, before, after)), shared)
    schema = {"fields": [{"name": column} for column in headers[1]], "primaryKey": key}
    table = TableDiff({"name": "", "schema": schema}, before, after)
    return Rows(
        key,
        table.added,
        table.removed,
        revised=[revision for revision in table.revised if revision[1] in shared],
        columns_added=[column for column in headers[1] if column not in shared],
        columns_removed=[column for column in headers[0] if column not in shared],
    )


def _is_key(columns: list[str], *contents: str) -> bool:
    for content in contents:
        keys = [tuple(row[column] for column in columns) for row in parse_csv(content)]
        if len(keys) != len(set(keys)):
            return False
    return True


# --- pages --------------------------------------------------------------------------------------


def _compare_pages(comparison: Comparison) -> list[Change]:
    """Return the pages that changed; gives the changed numbers their sentences."""
    changes = []
    for name, before, after in _both(comparison.old.pages, comparison.new.pages):
        change = Change(name, before, after)
        if change.is_edit:
            if before.html != after.html:
                _compare_in_time(change, comparison)
            if not change.wording and not change.is_slow:
                continue
        changes.append(change)
    return changes


def _compare_in_time(change: Change, comparison: Comparison) -> None:
    """Note what changed on a page; of one that takes too long, that alone."""
    words = lambda: _compare_words(change, _reported(comparison, change.name)) or True
    is_slow = change.before.is_slow or change.after.is_slow
    if is_slow or in_time(words, change.name, comparison.new.slow) is None:
        change.wording, change.is_slow = [], True


def _reported(comparison: Comparison, page: str) -> dict[tuple[str, str], Change]:
    """Return the changes of what is computed on a page, by its text before and after."""
    reported: dict[tuple[str, str], Change] = {}
    for number in comparison.numbers:
        if number.is_edit and number.after["page"] == page:
            reported[number.before["printed"], number.after["printed"]] = number
    for claim in comparison.verdicts:
        if claim.is_edit:
            sides = (claim.before, claim.after)
            was, becomes = (f"[{claim.name} · {side['verdict']}]" for side in sides)
            reported[was, becomes] = claim
    return reported


def _compare_words(change: Change, reported: dict[tuple[str, str], Change]) -> None:
    """Note the blocks of a page that changed, but for those of which all is reported already."""
    for before, after in _paired(change.before.blocks, change.after.blocks):
        if (
            before
            and after
            and before.without_computed == after.without_computed
            and _is_reported(before.text, after.text, reported)
        ):
            continue
        heading = next(block.heading for block in (after, before) if block)
        was, becomes = (plain(block.text) if block else "" for block in (before, after))
        change.wording.append((heading, word_diff(was, becomes)))


def _paired(old: list[Block], new: list[Block]) -> Iterator[tuple[Block | None, Block | None]]:
    """Yield the blocks of two pages in order: the same, or one edited; None where one is not."""
    texts = [[block.without_computed for block in blocks] for blocks in (old, new)]
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from zip(old[i1:i2], new[j1:j2])
            continue
        left = old[i1:i2]
        for after in new[j1:j2]:
            places = (
                place
                for place, before in enumerate(left)
                if is_similar(before.without_computed, after.without_computed)
            )
            if (place := next(places, None)) is None:
                yield None, after
                continue
            yield from ((before, None) for before in left[:place])
            yield left[place], after
            left = left[place + 1 :]
        yield from ((before, None) for before in left)


def _is_reported(before: str, after: str, reported: dict[tuple[str, str], Change]) -> bool:
    """Say whether every computed text that differs is reported; gives numbers their sentence."""
    for was, becomes in zip(COMPUTED.finditer(before), COMPUTED.finditer(after)):
        if was[1] == becomes[1]:
            continue
        if not (change := reported.get((was[1], becomes[1]))):
            return False
        if isinstance(change, NumberChange) and not change.sentence:
            change.sentence = word_diff(_sentence(before, was), _sentence(after, becomes))
    return True


def _sentence(content: str, number: re.Match) -> str:
    """Return the sentence in which a number stands."""
    ends = [end.end() for end in SENTENCE_END.finditer(content)]
    start = max((end for end in ends if end <= number.start()), default=0)
    stop = min((end for end in ends if end >= number.end()), default=len(content))
    return plain(content[start:stop])
