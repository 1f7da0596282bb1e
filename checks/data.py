"""Tables and citations: every file described, every description complete, every key known."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator

from checks import text
from ledger.core.policy import policy

PARTS = ("key", "title", "institution", "edition", "path", "retrieved")
DESCRIPTOR = "data/datapackage.json"
BESIDE = ("datapackage.json", "sources.yml", "changes.yml", "policy.yml")  # of the tables


def citations() -> Iterator[str]:
    """Every key that a page or a table kept by hand cites stands in references.bib, and no row
    names one twice.
    """
    known, said = text.bibliography(), set()
    for place in text.cited():
        if place.text not in known:
            close = difflib.get_close_matches(place.text, known, n=1, cutoff=0.5)
            yield (
                f"{place.file}:{place.line}: {place.text!r} is not in "
                f"references.bib{f'; did you mean {close[0]!r}?' if close else '.'} Mend the key, "
                "or add the entry."
            )
        if place.file.startswith("data/") and place in said:
            yield (
                f"{place.file}:{place.line}: {place.text!r} is named twice. Remove one, then "
                "`python -m ledger accept`."
            )
        said.add(place)


def tables() -> Iterator[str]:
    """Every file in data/ is described, and every description says where the rows are from and what
    each column holds.
    """
    described = {resource["path"] for resource in text.descriptor()}
    for path in sorted((text.ROOT / "data").iterdir()):
        if path.name not in described and path.name not in BESIDE:
            yield (
                f"data/{path.name}:1: {DESCRIPTOR} does not describe it. Remove it, or make it a "
                "table with `make table`."
            )
    for resource in text.descriptor():
        yield from (
            f"{DESCRIPTOR}, table {resource['name']}: {fault}" for fault in _faults(resource)
        )


def judgement() -> Iterator[str]:
    """Every verdict is one that data/policy.yml allows, high confidence has the sources that it
    needs, and the newest row of verdict_history is what the ledger says.
    """
    claims = [types.SimpleNamespace(**row, line=line) for line, row in text.rows("claims")]
    yield from policy().problems(claims, text.grades())
    newest = {row["claim_id"]: (line, row) for line, row in text.rows("verdict_history")}
    for claim in claims:
        line, moved = newest.get(claim.claim_id, (0, None))
        if moved and (moved["verdict"], moved["confidence"]) != (claim.verdict, claim.confidence):
            yield (
                f"data/verdict_history.csv:{line}: {claim.claim_id} is {moved['verdict']} with "
                f"{moved['confidence']} confidence here, and {claim.verdict} with "
                f"{claim.confidence} in data/claims.csv:{claim.line}. Add a row that says why."
            )


def _faults(resource: dict) -> Iterator[str]:
    for source in resource["sources"]:
        for part in PARTS:
            if not source.get(part):
                yield f"source {source.get('key', '?')!r} has no {part}. Say it there."
    if not resource["licenses"][0].get("title"):
        yield "the licence has no title. Say which it is."
    for field in resource["schema"]["fields"]:
        for part in ("title", "description"):
            if not field.get(part):
                yield f"column {field['name']} has no {part}. Say what it holds."
    known, held = {source["key"] for source in resource["sources"]}, {}
    if (
        any(field["name"] == "source" for field in resource["schema"]["fields"])
        and (text.ROOT / "data" / resource["path"]).exists()
    ):
        for line, row in text.rows(resource["name"]):
            held.setdefault(row["source"], line)
        for key in sorted(held.keys() - known - {""}):
            yield (
                f"row on line {held[key]} of data/{resource['path']} names the source {key!r}, "
                "which is not among the table's sources. Add it to them, or mend the row."
            )
        for key in sorted(known - held.keys()):
            yield f"no row is of the source {key!r}. Remove it from the table's sources."
