"""From anybody's CSV to a table of `data/`: the file is read strictly, and what it cannot tell is asked on an answer sheet.

The sheet is YAML beside the CSV. What is certain is filled in; what is not (what the table is, who published it, on what terms, units,
the key, what a column means) is blank, and stays the author's to say: nothing is guessed from a name.
"""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import json
import math
import os
import re
import shlex
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml

from ledger.core import tables, validation

LARGEST = 2_000_000  # bytes; data/ holds extracts (the hook large-files of .pre-commit-config.yaml)
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
KINDS = ("string", "integer", "number", "boolean", "date")
NUMBERS = ("integer", "number")
FIRST = "# The table "  # how a sheet begins
FEW = 12  # values of a column of words that are listed as the only ones allowed

# What is asked, and what is said of it, in the sheet and where an answer is missing
TABLE = {
    "title": "what the table is, as a heading",
    "description": "what one row is, what the table covers and what it leaves out; 50 characters or more",
    "key": "the columns that together name a row, as [country, year]",
    "republication": "what a reader may do with the rows, in a sentence",
    "decimal_mark": 'the sign before the decimals of a number, with its quotation marks: "." or ","',
}
LICENCE = {
    "name": "its short name, as CC-BY-4.0, or other-closed where it is no open licence",
    "title": "the terms in a few words, and whose they are",
    "path": "the address of the terms, https://…",
}
SOURCE = {
    "key": "a short name; where the table has a column source, its cells have this name",
    "title": "what the institution calls it",
    "institution": "who published it",
    "edition": "which edition, or the period it covers",
    "path": "its address, https://…",
    "retrieved": "the day you took it from there, as 2026-11-03",
}
COLUMN = {
    "name": "what chapters call it: lower-case letters, digits, underscores",
    "type": "one of " + ", ".join(KINDS),
    "title": "its name for readers",
    "description": "what it holds, in a sentence",
    "unit": "the unit of its numbers; none where a whole number has none",
}


class Unreadable(ValueError):
    """A CSV that cannot be read with certainty: says where, why and what to do."""

    def __init__(
        self,
        path: Path,
        rule: str,
        *,
        row: int | None = None,
        column: str | None = None,
        value: str | None = None,
    ):
        where = [
            str(path),
            *([f"row {row}"] if row else []),
            *([f"column {column}"] if column else []),
            *([f"value {value!r}"] if value is not None else []),
        ]
        super().__init__(", ".join(where) + f": {rule}")


class Unanswered(ValueError):
    """An answer sheet with blanks or wrong answers: names all of them."""


@dataclass(frozen=True)
class Content:
    """A CSV's cells as they stand, less spaces around them; row 0 of `rows` is row 2 of the file."""

    header: list[str]
    rows: list[list[str]]

    def column(self, number: int) -> list[str]:
        return [row[number] for row in self.rows]


# --- reading the file -----------------------------------------------------------------------------------------------------------


def read(path: Path) -> Content:
    """Return the cells of a CSV in UTF-8, whatever its separator, line ends and byte-order mark. Raises Unreadable."""
    if not path.is_file():
        what = (
            "it is a folder: name the CSV file in it"
            if path.is_dir()
            else f"there is no such file: give its path as seen from {Path.cwd()}"
        )
        raise Unreadable(path, what)
    raw = path.read_bytes()
    if len(raw) >= LARGEST:
        raise Unreadable(
            path,
            f"{len(raw):,} bytes are too many for an extract: keep the rows and columns that chapters use, under {LARGEST:,} bytes",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise Unreadable(
            path,
            "it is not UTF-8: save it again with that encoding",
            row=row,
            value=repr(raw[error.start : error.end]),
        ) from None
    if "\0" in text:
        raise Unreadable(path, "it has NUL characters, as UTF-16 has: save it again as UTF-8")
    header, *rows = _cells(path, text.rstrip("\r\n"))
    for number, name in enumerate(header, start=1):
        if not name or not name.isprintable():
            raise Unreadable(
                path,
                f"column {number} has no name, or one with characters that are not seen: name it",
                row=1,
                value=name,
            )
        if header.index(name) + 1 != number:
            raise Unreadable(
                path,
                f"columns {header.index(name) + 1} and {number} have the same name: rename one",
                row=1,
                column=name,
            )
    if not rows:
        raise Unreadable(path, "it has no rows under its header")
    for row, cells in enumerate([header, *rows], start=1):
        if not any(cells):
            raise Unreadable(path, "the row is empty: remove it", row=row)
        for name, cell in zip(header, cells):
            if validation.starts_formula(cell) and not any(number_of(cell, mark) for mark in ".,"):
                told = "a spreadsheet would take the cell for a formula: leave it empty where there is no value, else let it begin otherwise"
                raise Unreadable(path, told, row=row, column=name, value=cell)
    return Content(header, rows)


def _cells(path: Path, text: str) -> list[list[str]]:
    """Split a CSV's text by the one separator that gives every row as many cells as the header."""
    found, faults = {}, {}
    for separator in SEPARATORS:
        try:
            found[separator] = _split(path, text, separator)
        except Unreadable as error:
            faults[separator] = error
    fitting = [
        separator
        for separator, rows in found.items()
        if len(rows[0]) > 1 and len({len(cells) for cells in rows}) == 1
    ]
    if len(fitting) > 1:
        raise Unreadable(
            path,
            f"{' and '.join(SEPARATORS[each] for each in fitting)} both part every row alike: save it again with quotation marks around words",
        )
    chosen = fitting[0] if fitting else max(SEPARATORS, key=text.partition("\n")[0].count)
    if chosen in faults:
        raise faults[chosen]
    rows = found[chosen]
    for row, cells in enumerate(rows, start=1):
        if len(cells) != len(rows[0]):
            told = (
                "the row is empty: remove it"
                if not cells
                else f"the row has {len(cells)} cells and the header {len(rows[0])}: give it as many"
            )
            raise Unreadable(path, told, row=row, value=",".join(cells)[-60:])
    return rows


def _split(path: Path, text: str, separator: str) -> list[list[str]]:
    reader, rows = (
        csv.reader(
            io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
        ),
        [],
    )
    try:
        for cells in reader:
            rows.append([cell.strip() for cell in cells])
            if reader.line_num != len(rows):
                raise Unreadable(
                    path, "a cell of the row has a line break: write it on one line", row=len(rows)
                )
    except csv.Error as error:
        raise Unreadable(
            path, f"quotation marks are not in pairs ({error}): mend them", row=len(rows) + 1
        ) from None
    if not rows:
        raise Unreadable(path, "it is empty")
    return rows


GROUPS = "[ \u00a0\u2009\u202f'’{}]"  # what stands between thousands, beside the other decimal mark


def number_of(cell: str, mark: str) -> str | None:
    """Return a number as Python writes it, `mark` being the sign before its decimals; None where the cell is no number so written.

    A number that begins with a needless 0, as 007, is none: it is a code, and would lose its zeros.
    """
    whole, part, fraction = cell.replace("−", "-").partition(mark)
    fraction, power = (
        re.fullmatch(r"(\d*)((?:[eE][+-]?\d+)?)", fraction).groups()
        if part and re.fullmatch(r"\d+([eE][+-]?\d+)?", fraction)
        else ("", "")
    )
    if part and not fraction or not part and not whole:
        return None
    if not part:
        whole, power = re.fullmatch(r"(.*?)((?:(?<=\d)[eE][+-]?\d+)?)", whole, re.S).groups()
    other = "." if mark == "," else ","
    if not (
        written := re.fullmatch(
            rf"([+-]?)(0|[1-9]\d*|[1-9]\d{{0,2}}({GROUPS.format(other)})\d{{3}}(?:\3\d{{3}})*)",
            whole,
        )
    ):
        return None
    return (
        written[1].replace("+", "")
        + re.sub(r"\D", "", written[2])
        + (f".{fraction}" if fraction else "")
        + power
    )


def _too_large(number: str, kind: str) -> bool:
    """Tell whether a number is one that chapters cannot be given in a column of its kind: whole and beyond 64 bits, or infinite."""
    if kind == "integer":
        return bool(re.fullmatch(r"-?\d+", number)) and not -(2**63) <= Decimal(number) < 2**63
    try:
        return kind == "number" and not math.isfinite(float(number))
    except ValueError:
        return False


def _of_numbers(cells: list[str]) -> bool:
    return any(cells) and any(all(number_of(cell, mark) for cell in cells if cell) for mark in ".,")


def _marks(path: Path, content: Content) -> str:
    """Return the decimal marks that the file's numbers allow: one, or both where the reading of some number hangs on it."""
    columns = [
        (name, cells)
        for i, name in enumerate(content.header)
        if _of_numbers(cells := [cell for cell in content.column(i) if cell])
    ]
    allowed = {
        name: {mark for mark in ".," if all(number_of(cell, mark) for cell in cells)}
        for name, cells in columns
    }
    both = set(".,").intersection(*allowed.values())
    if not both:
        one, other = (
            next(name for name, marks in allowed.items() if marks == {mark}) for mark in ".,"
        )
        raise Unreadable(
            path,
            f"column {one} has points before its decimals and column {other} commas: write both alike",
        )
    if len(both) == 2 and all(
        number_of(cell, ".") == number_of(cell, ",") for _, cells in columns for cell in cells
    ):
        return "."
    return "".join(sorted(both))


# --- the sheet ------------------------------------------------------------------------------------------------------------------


def is_one(path: Path) -> bool:
    """Tell whether a file is an answer sheet, by its first words, or by a part of it where its author took those away."""
    if not path.is_file():
        return False
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    return text.startswith(FIRST) or bool(re.search(r"^republication:", text, re.M))


def questions(name: str, path: Path, content: Content, countries: set[str]) -> str:
    """Return the text of the answer sheet for a CSV: what is certain filled in, the rest blank with what is asked. Raises Unreadable."""
    mark = _marks(path, content)
    unsure = len(mark) > 1
    found = _keys(content)
    lines = [
        f"{FIRST}{name}, from {path.name}. Fill in every blank, then run again: make table NAME={name} CSV={shlex.quote(str(path))}",
        "# Until every blank has an answer nothing is written into data/. What is filled in was told from the file; correct it where it is wrong.",
        *(f"{part}:{' ' * (15 - len(part))}# {TABLE[part]}" for part in ("title", "description")),
        f"key:            # {TABLE['key']}."
        + (
            " As it happens, no two rows are alike in: "
            + "; ".join(", ".join(key) for key in found)
            if found
            else ""
        ),
        *(
            [f"decimal_mark:   # {TABLE['decimal_mark']}"]
            if unsure
            else [f"decimal_mark: {_quoted(mark)}"]
        ),
        f"republication:  # {TABLE['republication']}",
        "licence:",
        *(f"  {part}:{' ' * (13 - len(part))}# {said}" for part, said in LICENCE.items()),
        "sources:          # one item each; copy the item for a second one",
        *(
            f"  {'- ' if part == 'key' else '  '}{part}:{' ' * (13 - len(part))}# {said}"
            for part, said in SOURCE.items()
        ),
        "notes: []         # what to know before using the table, one sentence an item; may stay empty",
        "columns:          # constraints may also have minimum, maximum, pattern, unique, as in https://specs.frictionlessdata.io/table-schema/",
    ]
    slugs = [_slug(column) for column in content.header]
    for number, column in enumerate(content.header):
        cells = content.column(number)
        full = [cell for cell in cells if cell]
        kind, why = _kind(cells, mark)
        alike = [
            _quoted(other)
            for other, slug in zip(content.header, slugs)
            if slug and slug == slugs[number]
        ]
        slug, unlike = (
            (slugs[number], "")
            if len(alike) < 2
            else ("", f"{' and '.join(alike)} would both be {slugs[number]}: name them apart; ")
        )
        codes = kind == "string" and bool(full) and set(full) <= countries
        values = list(dict.fromkeys(full))
        listed = (
            kind == "string"
            and not codes
            and len(values) <= FEW
            and len(full) >= 3 * len(values)
            and "".join(values).isprintable()
        )
        rules = {"required": True} if len(full) == len(cells) else {}
        rules |= {"enum": values} if listed else {"pattern": "[A-Z]{3}"} if codes else {}
        empty = f", {len(cells) - len(full)} empty" if len(full) < len(cells) else ""
        lines += [
            f"  - column: {_quoted(column)}   # {_some(values)}{empty}{_span(full, kind, mark)}",
            f"    name: {slug}" if slug else f"    name:          # {unlike}{COLUMN['name']}",
            f"    type: {kind}{why}"
            if kind
            else f"    type:          # integer or number: that hangs on decimal_mark{why}",
            f"    title:         # {COLUMN['title']}",
            f"    description:   # {COLUMN['description']}",
            *([f"    unit:          # {COLUMN['unit']}"] if kind in (*NUMBERS, "") else []),
            *(
                [
                    "    countries: true   # every cell is a country's code (ISO 3166-1 alpha-3) that the table countries knows"
                ]
                if codes
                else []
            ),
            f"    constraints: {json.dumps(rules, ensure_ascii=False)}",
        ]
    return "\n".join(lines) + "\n"


def _slug(column: str) -> str:
    """Return the name that a header gives a column in the table; '' where it gives none."""
    slug = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")
    return slug if slug[:1].isalpha() and column.isascii() else ""


def write(path: Path, text: str) -> None:
    """Write an answer sheet, whole or not at all."""
    aside = path.with_name(path.name + ".new")
    try:
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _kind(cells: list[str], mark: str) -> tuple[str, str]:
    """Return a column's type ('' where that hangs on the decimal mark), and what to say of it.

    Frictionless could infer it, but goes by most of the rows, makes 7 of 007 and knows no decimal commas; it checks the result.
    """
    full = [cell for cell in cells if cell]
    if _of_numbers(full):
        read = {number_of(cell, each) for each in mark for cell in full}
        whole = all(number and re.fullmatch(r"-?\d+", number) for number in read)
        sure = len(mark) == 1 or all(number_of(cell, ".") == number_of(cell, ",") for cell in full)
        kind = "integer" if whole else "number"
        if large := next(
            (
                cell
                for cell in full
                if any(_too_large(number_of(cell, each), kind) for each in mark)
            ),
            None,
        ):
            return (
                "string",
                f"   # some numbers are too large to be computed with, the first in row {cells.index(large) + 2}: {_some([large])}",
            )
        return kind if sure else "", ""
    if full == cells and {cell.lower() for cell in cells} <= {"true", "false"}:
        return "boolean", ""
    if full and all(_is_day(cell) for cell in full):
        return "date", ""
    numbers = [cell for cell in full if any(number_of(cell, each) for each in mark)]
    odd = next((cell for cell in full if cell not in numbers), "")
    if len(numbers) > len(full) / 2:
        return (
            "string",
            f"   # some cells are no numbers, the first in row {cells.index(odd) + 2}: {_some([odd])}",
        )
    if full and all(re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{4}", cell) for cell in full):
        return "string", "   # for dates write them as 2026-11-03 in the CSV, then begin again"
    return "string", ""


def _is_day(cell: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell) and datetime.date.fromisoformat(cell))
    except ValueError:
        return False


def _keys(content: Content) -> list[tuple[str, ...]]:
    """Return sets of up to three columns in which no two rows are alike, none with a column that it could do without."""
    full = [
        (name, content.column(i)) for i, name in enumerate(content.header) if all(content.column(i))
    ][:10]
    found: list[tuple[str, ...]] = []
    for some in itertools.chain.from_iterable(
        itertools.combinations(full, size) for size in (1, 2, 3)
    ):
        names = tuple(name for name, _ in some)
        if not any(set(each) <= set(names) for each in found) and len(
            set(zip(*(cells for _, cells in some)))
        ) == len(content.rows):
            found.append(names)
    return found[:5]


def _some(values: list[str]) -> str:
    shown = ["".join(c if c.isprintable() else "?" for c in value)[:30] for value in values[:3]]
    return "; ".join(shown) + (f"; … ({len(values):,} values)" if len(values) > 3 else "")


def _span(cells: list[str], kind: str, mark: str) -> str:
    if kind not in NUMBERS or len(mark) > 1:
        return ""
    numbers = sorted((number_of(cell, mark) for cell in cells), key=float)
    return f", from {numbers[0]} to {numbers[-1]}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# --- the answers ----------------------------------------------------------------------------------------------------------------


def answered(name: str, path: Path, content: Content) -> tuple[dict, str]:
    """Return the descriptor and the text of the table, its rows in the order of the CSV, by the answers in `path`.

    Raises Unanswered, which names every blank and every wrong answer at once.
    """
    reading = _Answers(path, content)
    resource = reading.resource(name)
    reading.end()
    return resource, reading.text


def in_order(text: str, resource: dict) -> str:
    """Return a table's text with its rows sorted by key."""
    header, *rows = csv.reader(io.StringIO(text))
    kinds = {
        field["name"]: {"integer": int, "number": float}.get(field["type"], str)
        for field in resource["schema"]["fields"]
    }
    key = [(header.index(column), kinds[column]) for column in resource["schema"]["primaryKey"]]
    return _csv([header, *sorted(rows, key=lambda row: [kind(row[place]) for place, kind in key])])


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


class _Answers:
    """Reads a filled-in sheet, and gathers what is blank and what is wrong while it does."""

    def __init__(self, path: Path, content: Content):
        self.path, self.content, self.text = path, content, ""
        self.blank: list[str] = []
        self.wrong: list[str] = []
        try:
            said = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=yaml.BaseLoader)  # noqa: S506  makes texts only: every answer as it is typed: 1.10, no, 2026-11-03
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise Unanswered(
                f'{path}: it is not YAML in UTF-8; put an answer with a colon, a comma or a # in quotation marks, as in decimal_mark: ","\n  {error}'
            ) from None
        self.said = self.mapping(
            "the sheet", said, [*TABLE, "licence", "sources", "notes", "columns"]
        )

    def end(self) -> None:
        if self.blank or self.wrong:
            parts = [f"{self.path}: nothing was written."]
            for told, lines in (
                (f"{len(self.blank)} answers are missing:", self.blank),
                (f"{len(self.wrong)} answers are wrong:", self.wrong),
            ):
                parts += [told, *(f"  {line}" for line in lines)] if lines else []
            raise Unanswered("\n".join(parts))

    def mapping(self, where: str, value: object, known: list[str]) -> dict:
        if not isinstance(value, dict):
            self.wrong.append(f"{where}: it must have the parts {', '.join(known)}")
            return {}
        self.wrong += [
            f"{where}: it has an unknown part {part!r}; known are {', '.join(known)}"
            for part in value
            if part not in known
        ]
        return value

    def answer(self, where: str, holder: dict, part: str, asked: dict) -> str:
        """Return an answer of a line of text, '' where there is none."""
        value = holder.get(part, "")
        if not isinstance(value, str):
            self.wrong.append(f"{where}{part}: it must be a line of text")
            return ""
        value = " ".join(value.split())
        if not value:
            self.blank.append(f"{where}{part}: {asked[part]}")
        elif part != "decimal_mark" and (not value.isprintable() or set(value) & set("\\{}")):
            self.wrong.append(
                f"{where}{part}: {value!r} has a brace, a backslash or a character that is not seen, which citations cannot hold"
            )
        elif part == "path" and not re.fullmatch(r"https?://[^\s/]+\.\S+", value):
            self.wrong.append(
                f"{where}{part}: {value!r} is not an address such as https://example.org/data"
            )
        return value

    def items(self, part: str) -> list:
        value = self.said.get(part) or []
        if not isinstance(value, list):
            self.wrong.append(f"{part}: it must be a list, one item a line that begins with '- '")
            return []
        return value

    def resource(self, name: str) -> dict:
        of_table = {
            part: self.answer("", self.said, part, TABLE) for part in TABLE if part != "key"
        }
        if of_table["description"] and not 50 <= len(of_table["description"]) <= 5000:
            self.wrong.append(
                f"description: it has {len(of_table['description'])} characters, and searches for data ask for 50 to 5,000"
            )
        if of_table["decimal_mark"] not in ("", ".", ","):
            self.wrong.append(f"decimal_mark: {of_table['decimal_mark']!r} is neither '.' nor ','")
        said = self.mapping("licence", self.said.get("licence"), list(LICENCE))
        licence = {part: self.answer("licence, ", said, part, LICENCE) for part in LICENCE}
        if licence["name"] and not re.fullmatch(r"[A-Za-z0-9._-]+", licence["name"]):
            self.wrong.append(
                f"licence, name: {licence['name']!r} is not a short name such as CC-BY-4.0"
            )
        sources = [
            self.source(number, said) for number, said in enumerate(self.items("sources"), start=1)
        ]
        if not sources:
            self.blank.append("sources: who published the data; a table has at least one")
        notes = [" ".join(str(note).split()) for note in self.items("notes")]
        fields = self.fields(of_table["decimal_mark"], {source["key"] for source in sources})
        schema = {"fields": fields, "primaryKey": self.key(), "missingValues": [""]}
        coded = [said.get("name") for said in self.columns if said.get("countries") == "true"]
        if coded:
            schema["foreignKeys"] = [
                {"fields": column, "reference": {"resource": "countries", "fields": "iso3"}}
                for column in coded
            ]
        return {
            "name": name,
            "type": "table",
            "path": f"{name}.csv",
            "scheme": "file",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "title": of_table["title"],
            "description": of_table["description"],
            "connectors": tables.MANUAL,
            "sources": sources,
            "licenses": [licence],
            "republication": of_table["republication"],
            "notes": notes,
            "schema": schema,
        }

    def source(self, number: int, said: object) -> dict:
        where = f"sources, item {number}"
        said = self.mapping(where, said, list(SOURCE))
        source = {part: self.answer(f"{where}, ", said, part, SOURCE) for part in SOURCE}
        if source["retrieved"] and not (
            _is_day(source["retrieved"])
            and source["retrieved"] <= datetime.date.today().isoformat()
        ):
            self.wrong.append(
                f"{where}, retrieved: {source['retrieved']!r} is not a day, up to today, such as 2026-11-03"
            )
        return source

    def fields(self, mark: str, keys: set[str]) -> list[dict]:
        """Return the fields of the schema, and put the rows' text together."""
        said = [
            self.mapping(
                f"columns, item {i}", each, ["column", *COLUMN, "countries", "constraints"]
            )
            for i, each in enumerate(self.items("columns"), start=1)
        ]
        self.columns = said
        listed = [each.get("column") for each in said]
        if listed != self.content.header:
            self.wrong.append(
                f"columns: the sheet has {', '.join(map(str, listed))}, and the CSV {', '.join(self.content.header)}; move the sheet away, and begin again"
            )
            return []
        fields, columns = [], []
        for number, (column, each) in enumerate(zip(self.content.header, said)):
            cells = self.content.column(number)
            fields.append(self.field(f"columns, {column}, ", each, cells))
            columns.append([_canonical(cell, fields[-1]["type"], mark) for cell in cells])
            for row, cell in enumerate(columns[-1], start=2):
                if _too_large(cell, fields[-1]["type"]):
                    limit = (
                        "beyond 64 bits"
                        if fields[-1]["type"] == "integer"
                        else "infinite for a computer, or none"
                    )
                    self.wrong.append(
                        f"columns, {column}, type: row {row} has {_some([cell])}, a number {limit}; make the type string, or mend the cell"
                    )
                    break
            if (
                fields[-1]["name"] == "source"
                and keys
                and (strange := sorted({cell for cell in cells if cell} - keys))
            ):
                self.wrong.append(
                    f"columns, {column}: the cells {', '.join(strange[:5])} are the key of no source above"
                )
        names = [field["name"] for field in fields]
        self.wrong += [
            f"columns: two have the name {name!r}"
            for name in sorted({name for name in names if name and names.count(name) > 1})
        ]
        self.text = _csv([names, *map(list, zip(*columns))])
        return fields

    def field(self, where: str, said: dict, cells: list[str]) -> dict:
        from frictionless import (
            Field,
            FrictionlessException,
        )  # takes a second, which the first run does without

        name, kind, title, description = (
            self.answer(where, said, part, COLUMN)
            for part in ("name", "type", "title", "description")
        )
        if name and not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            self.wrong.append(
                f"{where}name: {name!r} is not lower-case letters, digits and underscores"
            )
        if kind and kind not in KINDS:
            self.wrong.append(f"{where}type: {kind!r} is not {COLUMN['type']}")
        if kind == "boolean" and "" in cells:
            self.wrong.append(
                f"{where}type: boolean has no empty cell, and row {cells.index('') + 2} is one"
            )
        field = {"name": name, "type": kind, "title": title, "description": description}
        unit = (
            self.answer(where, said, "unit", COLUMN) if kind in (*NUMBERS, "") else said.get("unit")
        )
        if kind in KINDS and kind not in NUMBERS and unit:
            self.wrong.append(f"{where}unit: only numbers have one, and this is a {kind}")
        elif (
            unit == "none"
            and kind == "number"
            and "unit" not in [each.get("name") for each in self.columns]
        ):
            self.wrong.append(
                f"{where}unit: a number with decimals needs one; say 'ratio' where it has none"
            )
        elif kind in NUMBERS and unit and unit != "none":
            field["unit"] = unit
        if said.get("countries") not in (None, "", "true", "false"):
            self.wrong.append(f"{where}countries: it is true or false")
        rules = said.get("constraints") or {}
        rules = self.mapping(
            f"{where}constraints",
            rules,
            [
                "required",
                "unique",
                "minimum",
                "maximum",
                "minLength",
                "maxLength",
                "pattern",
                "enum",
            ],
        )
        field["constraints"] = {
            rule: self.rule(f"{where}constraints, {rule}", rule, value, kind)
            for rule, value in rules.items()
        }
        try:
            if kind in KINDS and None not in field["constraints"].values():
                Field.from_descriptor(field)
        except FrictionlessException as error:
            self.wrong += [
                f"{where}constraints: {each.note}" for each in error.reasons or [error.error]
            ]
        return field

    def rule(self, where: str, rule: str, value: object, kind: str) -> object:
        """Return a constraint's value as the type that it has; the sheet is all text."""
        try:
            if rule in ("required", "unique"):
                return {"true": True, "false": False}[value]
            if rule in ("minLength", "maxLength"):
                return int(value)
            if rule == "pattern":
                re.compile(value)
                return value
            if any(
                _too_large(each, kind) for each in (value if isinstance(value, list) else [value])
            ):
                raise ValueError
            of = {"integer": int, "number": float}.get(kind, str)
            return (
                [of(each) for each in value]
                if rule == "enum" and isinstance(value, list)
                else of(value)
            )
        except (KeyError, ValueError, TypeError, re.error):
            self.wrong.append(f"{where}: {value!r} is no value for it")
            return None

    def key(self) -> list[str]:
        """Return the key's columns, by the names that they have in the table, once it is shown that they name each row."""
        said = self.said.get("key") or []
        wanted = [said] if isinstance(said, str) else [str(each) for each in said]
        if not wanted:
            self.blank.append(f"key: {TABLE['key']}")
        places = []
        for column in wanted:
            place = next(
                (
                    i
                    for i, each in enumerate(self.columns)
                    if column in (each.get("name"), each.get("column"))
                ),
                None,
            )
            if place is None:
                self.wrong.append(f"key: {column!r} is no column")
            else:
                places.append(place)
        if not places or len(places) < len(wanted):
            return []
        seen: dict[tuple, int] = {}
        twice = []
        for row, cells in enumerate(self.content.rows, start=2):
            key = tuple(cells[place] for place in places)
            if "" in key:
                self.wrong.append(f"key: row {row} has an empty cell in it ({', '.join(wanted)})")
                break
            if key in seen:
                twice.append(f"rows {seen[key]} and {row} ({', '.join(key)})")
            seen.setdefault(key, row)
        if twice:
            more = f" and {len(twice) - 5} more" if len(twice) > 5 else ""
            self.wrong.append(
                f"key: {', '.join(wanted)} does not name one row: {'; '.join(twice[:5])}{more}. Add a column to it, or remove a row"
            )
        return [self.columns[place].get("name", "") for place in places]


def _canonical(cell: str, kind: str, mark: str) -> str:
    """Return a cell as the tables write it; one that is not of its kind stays as it is, for the check to name it."""
    if kind in NUMBERS and mark in (".", ","):
        return number_of(cell, mark) or cell
    return cell.lower() if kind == "boolean" else cell
