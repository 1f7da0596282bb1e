"""Start a table from a CSV: draft its metadata as a form, then build table and descriptor from it.

What the file shows is filled in (names, types, gaps); the rest is the author's to say. The form is
the table's entry in datapackage.json, as YAML.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from string import Template

import yaml

from ledger.core import tables
from ledger.core.authored.cells import cell_fault

MAX_BYTES = 2_000_000  # data/ holds extracts
SAVE = "Save it as CSV in UTF-8 with commas between cells and a dot before decimals."
FOREIGN_NUMBER = re.compile(r"[-+−]?\d[\d.,'’\s]*")  # as 1.234,5 or 1 234 or −5
NUMERIC = ("integer", "number")
KINDS = "string|integer|number|boolean|date"
FORM = Path(__file__).with_name("table_form.yml").read_text(encoding="utf-8")
FIELD = """\
  - name: $name  # column $header: $examples
    type: $kind  # string, integer, number, boolean or date
    title:       # its name for readers
    description: # what it holds, in a sentence
    unit:        # unit of its numbers; remove the line where a whole number has none
    constraints: {$constraints}
"""
ADDRESS = r"https?://[^\s/]+\.\S+", "an address, https://…"
PATTERNS = {  # answers of a fixed form; all other text has no brace or backslash, for citations
    "description": (r"[^\\{}]{50,5000}", "text of 50 to 5,000 characters"),
    "licenses.name": (r"[A-Za-z0-9._-]+", "a short name such as CC-BY-4.0"),
    "licenses.path": ADDRESS,
    "sources.path": ADDRESS,
    "sources.retrieved": (r"\d{4}-[01]\d-[0-3]\d", "a day such as 2026-11-03"),
    "schema.fields.name": (r"[a-z][a-z0-9_]*", "lower-case letters, digits and underscores"),
    "schema.fields.type": (KINDS, "a type that tables have"),
}


class CsvError(ValueError):
    """A CSV that is not read with certainty: names row, column, value, and how to save it."""

    def __init__(self, path: Path, problem: str, *, row=0, column="", value: str | None = None):
        parts = [path, row and f"row {row}", column and f"column {column}"]
        parts += [] if value is None else [f"value {value!r}"]
        place = ", ".join(str(part) for part in parts if part)
        super().__init__(f"{place}: {problem}\n  {SAVE}")


class MetadataError(ValueError):
    """A form with blanks or malformed answers: names all of them."""


@dataclass(frozen=True)
class Content:
    """The cells of a CSV, without spaces around them; `rows[0]` is row 2 of the file."""

    header: list[str]
    rows: list[list[str]]

    def columns(self) -> list[list[str]]:
        return [list(column) for column in zip(*self.rows, strict=True)]


def read_csv(path: Path) -> Content:
    """Return the cells of a CSV in UTF-8 with commas and decimal dots. Raises CsvError."""
    if not path.is_file():
        raise CsvError(path, f"there is no such file, seen from {Path.cwd()}")
    if len(raw := path.read_bytes()) >= MAX_BYTES:
        raise CsvError(path, f"{len(raw):,} bytes: keep what chapters use, under {MAX_BYTES:,}")
    try:
        text = raw.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise CsvError(path, f"byte {error.start} is not UTF-8", row=row) from None
    reader, rows = csv.reader(io.StringIO(text, newline=""), strict=True), []
    try:
        for cells in reader:
            rows.append([cell.strip() for cell in cells])
            if reader.line_num != len(rows):
                raise CsvError(path, "a cell has a line break", row=len(rows))
    except csv.Error as error:
        problem = f"quotation marks are not in pairs ({error})"
        raise CsvError(path, problem, row=len(rows) + 1) from None
    if len(rows) < 2:
        raise CsvError(path, "it has no rows under a header")
    _check_shape(path, rows)
    _check_numbers(path, content := Content(rows[0], rows[1:]))
    return content


def _check_shape(path: Path, rows: list[list[str]]) -> None:
    header = rows[0]
    if len(header) == 1 and re.search(r"[;\t|]", header[0]):
        raise CsvError(path, "its cells are not separated by commas", row=1, value=header[0])
    for number, name in enumerate(header, start=1):
        if not name or not name.isprintable() or name in header[: number - 1]:
            problem = f"column {number} has no name, an unprintable one, or that of another"
            raise CsvError(path, problem, row=1, value=name)
    for row, cells in enumerate(rows, start=1):
        if len(cells) != len(header) or not any(cells):
            problem = f"the row is empty, or has {len(cells)} cells and the header {len(header)}"
            raise CsvError(path, problem, row=row, value=",".join(cells)[-60:])


def _check_numbers(path: Path, content: Content) -> None:
    """Refuse a column of numbers that are written otherwise than with a dot before decimals."""
    for name, cells in zip(content.header, content.columns(), strict=True):
        foreign = [cell for cell in cells if re.search(r"[,'’\s+−]", cell)]
        if foreign and all(FOREIGN_NUMBER.fullmatch(cell) for cell in cells if cell):
            problem = "the number has another sign, a comma, or something between its thousands"
            row = cells.index(foreign[0]) + 2
            raise CsvError(path, problem, row=row, column=name, value=foreign[0])


# --- the form -----------------------------------------------------------------------------------


def draft_metadata(
    name: str, path: Path, content: Content, country_table: str, codes: set[str]
) -> str:
    """Return the form for a CSV as YAML: what is certain filled in, the rest blank and explained.

    `codes` are those of the table of countries; a column that holds nothing else refers to it.
    """
    command = f"make table NAME={name} CSV={shlex.quote(str(path))}"
    form = [Template(FORM).substitute(name=name, csv=path.name, command=command)]
    references = []
    for header, kind, cells in zip(content.header, _types(content), content.columns(), strict=True):
        filled = [cell for cell in cells if cell]
        slug = re.sub(r"[^a-z0-9]+", "_", header.lower()).strip("_")
        slug = slug if header.isascii() and slug[:1].isalpha() else ""
        examples = "; ".join(dict.fromkeys(cell[:30] for cell in filled[:3]))
        field = Template(FIELD).substitute(
            name=slug,
            header=json.dumps(header, ensure_ascii=False),
            examples="".join(char if char.isprintable() else "?" for char in examples),
            kind=kind,
            constraints="required: true" if len(filled) == len(cells) else "",
        )
        form.append(field if kind in NUMERIC else re.sub(r"    unit:.*\n", "", field))
        if slug and filled and set(filled) <= codes:
            target = f"{{resource: {country_table}, fields: iso3}}"
            references.append(f"  - {{fields: {slug}, reference: {target}}}\n")
    return "".join(form + (["  foreignKeys:\n", *references] if references else []))


def _types(content: Content) -> list[str]:
    """Return the types that frictionless infers from all cells, where tables have them."""
    from frictionless import Detector, Resource

    detector = Detector(field_confidence=1, sample_size=len(content.rows) + 1)
    resource = Resource(data=[content.header, *content.rows], detector=detector)
    resource.infer()
    types = []
    for field, cells in zip(resource.schema.fields, content.columns(), strict=True):
        kind = "integer" if field.type == "year" else field.type
        sure = kind in KINDS.split("|") and any(cells) and all(_fits(cell, kind) for cell in cells)
        types.append(kind if sure else "string")
    return types


# --- the table ----------------------------------------------------------------------------------


def build_table(name: str, path: Path, content: Content) -> tuple[dict, str]:
    """Return descriptor and text of the table, its rows in the order of the CSV, from a form.

    Raises
    ------
    MetadataError
        Names every blank and malformed answer at once. What else a descriptor must be is left to
        the validation of all tables.
    """
    try:  # BaseLoader makes only text: 1.10, no, 2026-11-03 stay as they are typed
        text = path.read_text(encoding="utf-8-sig")
        form, typed = yaml.load(text, Loader=yaml.BaseLoader), yaml.safe_load(text)  # noqa: S506
    except (yaml.YAMLError, ValueError) as error:
        hint = "put text with a colon, a comma or a # in quotation marks"
        raise MetadataError(f"{path}: it is not YAML in UTF-8; {hint}\n  {error}") from None
    if not isinstance(form, dict) or not isinstance(form.get("schema"), dict):
        raise MetadataError(f"{path} is no form for a table: move it away, or choose another name")
    problems = list(_problems(form, yaml.load(FORM + FIELD, Loader=yaml.BaseLoader)))  # noqa: S506
    schema, columns = form["schema"], content.columns()
    fields = schema.get("fields") or []
    if not problems and len(fields) != len(columns):
        problems = [f"schema.fields: {len(fields)} for {len(columns)} columns of the CSV"]
    if problems := problems or list(_cell_problems(fields, columns)):
        raise MetadataError("\n  ".join([f"{path}: nothing was written.", *problems]))
    for field, typed_field in zip(fields, typed["schema"]["fields"], strict=True):
        field["constraints"] = _constraints(field, typed_field)
        if field["name"] in schema["primaryKey"]:
            field["constraints"]["required"] = True
    out = io.StringIO()
    rows = [[field["name"] for field in fields], *content.rows]
    csv.writer(out, lineterminator="\n").writerows(rows)
    head = {"name": name, "type": "table", "path": f"{name}.csv", "connectors": tables.MANUAL}
    head |= {"scheme": "file", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
    return head | form | {"schema": schema | {"missingValues": [""]}}, out.getvalue()


def _problems(answer: object, asked: object, place: str = "", part: str = ""):
    """Yield what is blank, malformed or unknown in a form, compared with the empty one.

    `place` is for the author, as sources[2].path; `part` is the same without numbers.
    """
    if not answer and part in ("notes", "schema.fields.constraints"):
        return
    if isinstance(asked, dict) and isinstance(answer, dict):
        if part == "schema.fields.constraints":
            return
        dot = "." if place else ""
        for key in [*asked, *sorted(answer.keys() - asked - {"foreignKeys"})]:
            if key not in asked:
                yield f"{place}{dot}{key}: unknown"
            elif key in answer or key != "unit":
                names = f"{place}{dot}{key}", f"{part}{dot}{key}"
                yield from _problems(answer.get(key, ""), asked[key], *names)
    elif not answer:
        yield f"{place}: blank"
    elif isinstance(asked, list) and isinstance(answer, list):
        for number, item in enumerate(answer, start=1):
            yield from _problems(item, asked[0] if asked else "", f"{place}[{number}]", part)
    elif not isinstance(answer, str) or not isinstance(asked, str):
        yield f"{place}: it must be as in an empty form"
    else:
        pattern, what = PATTERNS.get(part, (r"[^\\{}]+", "text without braces and backslashes"))
        if not answer.isprintable() or not re.fullmatch(pattern, answer):
            yield f"{place}: {answer!r} is not {what}"


def _cell_problems(fields: list[dict], columns: list[list[str]]):
    """Yield the first cell or bound of each column that is not of the column's type."""
    for field, cells in zip(fields, columns, strict=True):
        name, kind, rules = field["name"], field["type"], field.get("constraints") or {}
        values = [(rule, str(rules[rule])) for rule in ("minimum", "maximum") if rule in rules]
        values += [(f"row {row}", cell) for row, cell in enumerate(cells, start=2)]
        if wrong := next((each for each in values if not _fits(each[1], kind)), None):
            place = f"schema.fields, {name}: {wrong[0]} has {wrong[1][:30]!r}"
            yield f"{place}, which is no {kind}; correct the cell or the type"


def _fits(cell: str, kind: str) -> bool:
    """Tell whether a cell is spelt as its type is; text is validated elsewhere.

    A gap among yes and no is left to the author, who may mean no.
    """
    return kind == "string" or bool(cell or kind != "boolean") and not cell_fault(kind, cell)


def _constraints(field: dict, typed: dict) -> dict:
    """Return a field's constraints as JSON has them: as YAML reads them, but text for text."""
    text = () if field["type"] in NUMERIC else ("minimum", "maximum", "enum", "pattern")
    constraints = field.get("constraints") or {}
    return {
        key: constraints[key] if key in text else typed["constraints"][key] for key in constraints
    }
