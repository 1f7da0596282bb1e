"""Tables and citations: every file described, every description complete, every key known."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterator

from checks import text
from ledger.core.authored import days
from ledger.core.citations import short_licence, unlicensed
from ledger.core.config import book
from ledger.core.policy import policy
from ledger.core.table_files import TableError, shortened
from ledger.core.tables import descriptor, text_of
from ledger.core.text import repeated

PARTS = ("key", "title", "institution", "edition", "path", "retrieved")
DESCRIPTOR = "data/datapackage.json"
MAX_SHORT = 90  # characters of a licence under a chart
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


GRADES = (
    "primary document",
    "statistics",
    "scholarship",
    "news agency",
    "press",
    "state media",
    "aggregator or copy",
)
OF_A_DOCUMENT = ("primary document", "statistics")  # whoever published it
NOT_SEEN = "the page itself was not seen"
OF_THE_COPY = "the address is the copy's"
NOT_KNOWN = "whose address is not known"
READ_AT = re.compile(r"read as (?:a copy|copies) at (https?://[^\s;,]+)")
# copies of which every entry may be one, and which have no address
OF_AN_ARCHIVE = re.compile(r"\b(?:archived|stored) cop(?:y|ies)\b")
OF_A_COPY = re.compile(r"\bcop(?:y|ies|ied)\b|\bmirror|\breprint|\bread on\b")


def references() -> Iterator[str]:
    """Every reference has an address, the day on which it was seen and a grade, and two pages of
    one author or outlet have the same grade, unless it is a document's or the page itself was not
    seen. One that was read in a copy has the copy's address.
    """
    grades: dict[str, tuple[str, int, str]] = {}
    for key, (line, fields) in text.references().items():
        where = f"references.bib:{line}: {key}"
        if not fields.get("url"):
            yield f"{where} has no url. Give the original address, or cite another page."
        if not re.fullmatch(r"20\d\d-\d\d-\d\d", fields.get("urldate", "")):
            yield f"{where} has no urldate. Give the day on which the page was seen, as 2026-11-28."
        yield from _address_of_the_copy(where, fields)
        grade = fields.get("keywords", "")
        if grade not in GRADES:
            yield f"{where}: {grade!r} is no grade. Put one into keywords: {', '.join(GRADES)}."
        elif NOT_SEEN in fields.get("note", ""):
            if grade != GRADES[-1]:
                yield f"{where}: its page was not seen, so its grade is {GRADES[-1]!r}."
        elif grade not in OF_A_DOCUMENT:
            for of in {fields.get("author", key), _outlet(fields)} - {""}:
                before, first, known = grades.setdefault(of, (key, line, grade))
                if known != grade:
                    yield (
                        f"{where} is graded {grade}, and {before} of the same author or outlet "
                        f"(line {first}) {known}. Give both the same grade, or say in the note of "
                        f"one that {NOT_SEEN}."
                    )
                    break


def _outlet(fields: dict[str, str]) -> str:
    """Return who published a page: `howpublished` up to what it quotes or where it was copied."""
    return re.split(r",| \(", fields.get("howpublished", ""))[0]


def _address_of_the_copy(where: str, fields: dict[str, str]) -> Iterator[str]:
    """Where a reference was read in a copy, `url` or `note` has the copy's address."""
    how, note = (fields.get(name, "") for name in ("howpublished", "note"))
    read_at = READ_AT.search(note)
    if NOT_SEEN in note:
        if not (NOT_KNOWN in note or re.search("https?://", note)):
            yield (
                f"{where}: {NOT_SEEN}, so the note says what cites it: in …, at https://…, or "
                f"{NOT_KNOWN}."
            )
    elif OF_THE_COPY in note:
        if ", copied " not in how:
            yield f"{where}: {OF_THE_COPY}, so howpublished says whose: TASS, copied by BTNews."
    elif read_at:
        if read_at[1] == fields.get("url"):
            yield (
                f"{where}: its url is the copy's. Give the original's, or say in the note that "
                f"{OF_THE_COPY}."
            )
    elif OF_A_COPY.search(OF_AN_ARCHIVE.sub("", f"{how}; {note}")):
        yield (
            f"{where} was read in a copy and has not the copy's address. Write into note: read as "
            f"a copy at https://…; or, where url is the copy's, {OF_THE_COPY}; for what an agency "
            "sends to newspapers write into howpublished: Reuters, published by Rappler."
        )


def tables() -> Iterator[str]:
    """Every file in data/ is described, every description says where the rows are from and what
    each column holds, and every table is as its description says.
    """
    described = {resource["path"] for resource in text.descriptor()}
    for path in sorted((text.ROOT / "data").iterdir()):
        if path.name not in described and path.name not in BESIDE:
            yield (
                f"data/{path.name}:1: {DESCRIPTOR} does not describe it. Remove it, or make it a "
                "table with `make table`."
            )
    try:
        descriptor()
    except TableError as error:
        yield f"{DESCRIPTOR}, table {error.table}: {error.rule.rstrip('.')}. Mend it there."
        return
    for resource in text.descriptor():
        if fault := _content_fault(resource["name"]):
            yield fault
            continue
        yield from (
            f"{DESCRIPTOR}, table {resource['name']}: {fault}" for fault in _faults(resource)
        )
    yield from _corrections({resource["name"]: resource for resource in text.descriptor()})


def _corrections(tables: dict[str, dict]) -> Iterator[str]:
    """Tell of a correction that no refresh would apply: of a table, a column or a key that is not
    there.
    """
    for line, row in text.rows("corrections"):
        where = f"data/corrections.csv:{line}"
        if row["table"] not in tables:
            yield f"{where}: column table: there is no table {row['table']!r}. Mend the name."
            continue
        schema = tables[row["table"]]["schema"]
        columns = [field["name"] for field in schema["fields"]]
        if row["field"] not in columns:
            yield (
                f"{where}: column field: table {row['table']} has no column {row['field']!r}. Mend "
                "the name."
            )
        named = [part.partition("=")[0] for part in row["key"].split("; ")]
        if sorted(named) != sorted(schema["primaryKey"]):
            yield (
                f"{where}: column key: it names {', '.join(named)}, and the key of table "
                f"{row['table']} is {', '.join(schema['primaryKey'])}. Name each once."
            )


def _content_fault(name: str) -> str:
    """Say what a build would refuse of a table, with its line; nothing of one that is right."""
    try:
        text_of(name)
    except TableError as error:
        cell = [f"column {error.column}"] if error.column else []
        cell += [f"value {shortened(repr(error.value))}"] if error.value is not None else []
        where = f"{', '.join(cell)}: " if cell else ""
        mend = f" {error.hint}" if error.hint else " Mend it there."
        return f"data/{name}.csv:{error.row or 1}: {where}{error.rule.rstrip('.')}.{mend}"
    return ""


def judgement() -> Iterator[str]:
    """Every verdict is one that data/policy.yml allows, high confidence has the sources that it
    needs, the newest row of verdict_history is what the ledger says, and no row has a grade that
    none of its sources has.
    """
    yield from _row_grades()
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


def _row_grades() -> Iterator[str]:
    grades = text.grades()
    for table in book().prose_columns:
        for line, row in text.rows(table):
            keys = [key.strip() for key in row.get("sources", "").split(";") if key.strip()]
            of_sources = {grades[key] for key in keys if key in grades}
            if of_sources and row.get("source_grade", "") not in {"", *of_sources}:
                yield (
                    f"data/{table}.csv:{line}: source_grade is {row['source_grade']!r}, and its "
                    f"sources are {', '.join(sorted(of_sources))}. Give the grade of the one on "
                    "whose word the row rests, then `python -m ledger accept`."
                )


def _licence_faults(resource: dict) -> Iterator[str]:
    if not resource["licenses"][0].get("title"):
        yield "the licence has no title. Say which it is."
        return
    for licence in resource["licenses"]:
        if len(words := short_licence(licence)) > MAX_SHORT:
            yield (
                f"{words!r} is too long to stand under a chart. Give the licence a `short` of at "
                f"most {MAX_SHORT} characters."
            )
    for key in unlicensed(resource):
        yield (
            f"the source {key!r} has no licence, or a licence names it and the table does not. "
            "Mend the `sources` of its licences."
        )


def _source_faults(resource: dict) -> Iterator[str]:
    for source in resource["sources"]:
        named = f"source {source.get('key', '?')!r}"
        yield from (f"{named} has no {part}. Say it." for part in PARTS if not source.get(part))
        day = source.get("retrieved") or ""
        if days.is_day(day) and day > str(days.today()):
            yield f"{named} was retrieved on {day}, which is to come. Mend the day."


def _faults(resource: dict) -> Iterator[str]:
    yield from _source_faults(resource)
    yield from _licence_faults(resource)
    titles = [field.get("title", field["name"]) for field in resource["schema"]["fields"]]
    if twice := repeated(titles):
        yield f"two columns have the title {twice!r}. Say in one what parts it from the other."
    for field in resource["schema"]["fields"]:
        for part in ("title", "description"):
            if not field.get(part):
                yield f"column {field['name']} has no {part}. Say what it holds."
        pattern = field.get("constraints", {}).get("pattern", "")
        if field["name"] in ("url", "urls") and not re.match("https[?]?://", pattern):
            yield (
                f"column {field['name']} takes what is no address. Give it the pattern of one, as "
                "'https?://\\S+'."
            )
    known, held = {source["key"] for source in resource["sources"]}, {}
    if any(field["name"] == "source" for field in resource["schema"]["fields"]):
        for line, row in text.rows(resource["name"]):
            held.setdefault(row["source"], line)
        for key in sorted(held.keys() - known - {""}):
            yield (
                f"row on line {held[key]} of data/{resource['path']} names the source {key!r}, "
                "which is not among the table's sources. Add it to them, or mend the row."
            )
        for key in sorted(known - held.keys()):
            yield f"no row is of the source {key!r}. Remove it from the table's sources."
