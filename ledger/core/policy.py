"""Read `data/policy.yml`: how the book judges. Pages print it, checks and rules follow it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

from ledger.core.authored import forms
from ledger.core.authored.loaders import read_yaml
from ledger.core.config import DATA

FILE = "policy.yml"
# what decides a claim: a rule on statistics, a rule on the book's own record, or no rule
STATISTICS, RECORD, READING = BASES = ("statistics", "record of events", "reading of sources")


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of claim: what it is, and which verdicts it may have."""

    meaning: str
    verdicts: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Policy:
    """How claims are judged.

    Attributes
    ----------
    verdicts, confidence, bases : word → what it means, in the order in which pages list them.
    kinds : kind of claim → its meaning and the verdicts that it may have.
    quoted_tolerance : share by which a measured quantity may miss the figure that a text quotes.
    most_passing : share of comparable cases that a test may let pass and still decide a claim.
    high_needs : grade of a source → how many sources of such grades high confidence needs; the
        lowest number among a claim's grades holds.
    """

    verdicts: dict[str, str]
    confidence: dict[str, str]
    kinds: dict[str, Kind]
    bases: dict[str, str]
    quoted_tolerance: float
    most_passing: float
    high_needs: dict[str, int]

    def problems(self, claims: Iterable, grades: dict[str, str]) -> Iterator[str]:
        """Yield what breaks the policy, a line each.

        Parameters
        ----------
        claims : rows with claim_id, kind, verdict, confidence, decided_by, would_change, sources.
        grades : key of the bibliography → grade of the source.
        """
        for claim in claims:
            where = f"data/claims.csv, {claim.claim_id}"
            allowed = self.kinds[claim.kind].verdicts if claim.kind in self.kinds else ()
            if claim.verdict not in allowed:
                yield (
                    f"{where}: a claim of the kind {claim.kind!r} cannot be {claim.verdict!r}; "
                    f"data/{FILE} allows {', '.join(allowed) or 'no such kind'}."
                )
            if claim.confidence == "high" and not self._is_well_sourced(claim, grades):
                yield (
                    f"{where}: its sources do not carry high confidence; data/{FILE} says under "
                    "high_needs which would."
                )

    def _is_well_sourced(self, claim, grades: dict[str, str]) -> bool:
        keys = [key.strip() for key in claim.sources.split(";")]
        counted = [self.high_needs.get(grades.get(key, "")) for key in keys]
        needs = [need for need in counted if need is not None]
        return any(sum(other <= need for other in needs) >= need for need in needs)


@functools.cache
def policy(folder: Path = DATA) -> Policy:
    """Return the checked content of `policy.yml` in `folder`. Raises FileError."""
    return read_policy(folder)


def read_policy(folder: Path) -> Policy:
    """Return what `policy` does, as the file is now."""
    file = read_yaml(folder.parent, f"{folder.name}/{FILE}")
    forms.check(file, forms.POLICY)
    content = file.content
    for name, kind in content["kinds"].items():
        if unknown := [word for word in kind["verdicts"] if word not in content["verdicts"]]:
            problem = f"kinds: {name}: unknown verdict {unknown[0]!r}. Mend it."
            raise file.error(problem, "kinds", name)
    kinds = {
        name: Kind(kind["meaning"], tuple(kind["verdicts"]))
        for name, kind in content["kinds"].items()
    }
    return Policy(**(content | {"kinds": kinds}))
