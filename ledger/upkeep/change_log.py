"""Write an entry of data/changes.yml for a refresh: what changed for readers."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

import yaml

from ledger.core import table_files
from ledger.core.sources.registry import Source
from ledger.upkeep.revisions import Change, listed_keys

CHANGES = "changes.yml"


@dataclass
class Candidate:
    """A table as it would be after the refresh, and the sources that are refreshed."""

    resource: dict
    text: str
    change: Change
    sources: list[Source]

    @property
    def changed(self) -> bool:
        """Whether the text differs from that of the table."""
        return self.text != self.change.before


def entry(
    candidates: Iterable[Candidate],
    editions: dict[str, str],
    impact: str,
    accepted: str,
    day: datetime.date,
) -> dict:
    """Return the entry for tables that are refreshed.

    Parameters
    ----------
    editions : source → edition.
    impact : sentences on printed numbers and verdicts that change.
    accepted : reason given for implausible changes.
    """
    candidates = list(candidates)
    titles = [candidate.resource["title"] for candidate in candidates]
    more = f" and {len(titles) - 3} more tables" if len(titles) > 3 else ""
    sentences = [
        sentence
        for candidate in candidates
        for sentence in _sentences(candidate, editions, accepted)
    ]
    return {
        "date": day,
        "kind": "data update",
        "title": "; ".join(titles[:3]) + more,
        "text": " ".join([*sentences, impact]),
        "tables": [_table(candidate) for candidate in candidates],
    }


def _sentences(candidate: Candidate, editions: dict[str, str], accepted: str) -> list[str]:
    change, name = candidate.change, candidate.resource["name"]
    origin = "; ".join(f"{each.label}: {editions[each.name]}" for each in candidate.sources)
    sentences = [f"Table `{name}` ({without_markup(origin)}): {change}."]
    if change.removed:
        sentences.append(f"Removed: {without_markup(listed_keys(change.removed))}.")
    if change.revised:
        largest = change.revision(*change.revised[0])
        sentences.append(f"Largest revision: {without_markup(largest)}.")
    if change.implausible:
        first = without_markup(change.implausible[0]) + (" …" if change.implausible[1:] else "")
        reason = without_markup(accepted.rstrip("."))
        count = len(change.implausible)
        sentences.append(f"Accepted beyond the usual ({count}: {first}) because: {reason}.")
    return sentences


def _table(candidate: Candidate) -> dict:
    """Return name, former editions and hashes, by which former contents are found in git."""
    resource = candidate.resource
    editions = "; ".join(
        f"{described['key']}: {described['edition']}, retrieved {described['retrieved']}"
        for source in candidate.sources
        for described in source.entries(resource)
    )
    return {
        "name": resource["name"],
        "edition_before": editions,
        "before": resource["hash"],
        "after": table_files.content_hash(candidate.text),
    }


def without_markup(text: str) -> str:
    """Return text that a page takes for no markup: it may hold words of an institution."""
    return re.sub(r"[<>{}\[\]`*|\\]", " ", text)


def with_entry(log: str, new: dict) -> str:
    """Return the change log with a new entry on top, below the comment that explains it."""
    lines = log.splitlines(keepends=True)
    head = "".join(itertools.takewhile(lambda line: line.startswith("#"), lines))
    added = yaml.safe_dump([new], allow_unicode=True, sort_keys=False, width=130)
    return head + added + log[len(head) :]
