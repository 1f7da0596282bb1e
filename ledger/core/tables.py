"""The ground floor: a table of `data/`, checked against its descriptor, as a frame.

`data/datapackage.json` (a Data Package, https://datapackage.org) says of every table what its columns are, in which units,
between which bounds, and what its content hashes to. `load` believes nothing that the descriptor does not confirm. The rules of
the schema are checked by the frictionless library; content hash, country codes and errors worded for an author are ours.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import json
import os
import re
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.core import fingerprints
from ledger.core.config import DATA, INSTALLED, ROOT
from ledger.core.files import exclusive_lock, recover, replace_files

if TYPE_CHECKING:  # pandas and frictionless take a second to import, which a build that has nothing to check does without
    import pandas as pd

CHECKED = (  # an empty file for each content that stood its check, named by its hash
    Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "russia-iran-ledger")
    if INSTALLED
    else ROOT / "_build"
) / "checked"
PAGES = "tables"  # the folder of the tables' pages
MANUAL = "manual"  # the `connectors` of a table that people keep


class TableError(ValueError):
    """Data that cannot be trusted: says which table, row, column and value broke which rule."""

    def __init__(
        self,
        table: str,
        rule: str,
        *,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
        hint: str = "",
    ):
        self.table, self.row, self.column, self.value, self.rule = table, row, column, value, rule
        where = [f"table {table}"]
        if row is not None:
            where.append(f"row {row}")
        if column:
            where.append(f"column {column}")
        if value is not None:
            where.append(f"value {value!r}")
        super().__init__(", ".join(where) + f": {rule}" + (f"\n  {hint}" if hint else ""))


# --- the descriptor -------------------------------------------------------------------------------------------------------------


def descriptor(folder: Path = DATA) -> dict:
    """Return the descriptor of the whole package, as parsed from `datapackage.json` in `folder`.

    Raises TableError when the descriptor is missing, is not JSON, breaks the Data Package standard, or lacks what this book
    demands of each table (title, builder, sources, licence, republication note, a key, a unit for every number, a hash).
    """
    if folder == DATA:
        fingerprints.record("file data/datapackage.json")
    return _descriptor(folder)


def _descriptor(folder: Path) -> dict:
    recover(folder)
    path = folder / "datapackage.json"
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise TableError("datapackage.json", f"the descriptor {path} does not exist") from None
    cached_check(lambda: check_package(raw), raw)
    return json.loads(raw.decode("utf-8-sig"))


def cached_check(check: Callable[[], None], *content: bytes) -> None:
    """Run `check`, unless the same content stood the same check before, in this process or another: a check gives the same each time.

    What is remembered is the hash of content, rules and library, as the name of an empty file: there is nothing in it to spoil.
    """
    stood = CHECKED / hashlib.sha256(b"\0".join([_rules(), *content])).hexdigest()
    if not stood.exists():
        check()
        try:
            CHECKED.mkdir(parents=True, exist_ok=True)
            stood.touch()
        except OSError:
            pass  # where nothing can be written, every check is made each time


@functools.cache
def _rules() -> bytes:
    return Path(__file__).read_bytes() + version("frictionless").encode()


def check_package(raw: bytes) -> None:
    """Check the bytes of a `datapackage.json` as `package` does. Raises TableError."""
    from frictionless import FrictionlessException, Package

    try:
        content = json.loads(raw.decode("utf-8-sig"))
        Package.from_descriptor(content)
        for resource in content["resources"]:
            _check_descriptor(resource)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise TableError(
            "datapackage.json", f"the descriptor is not JSON in UTF-8: {error}"
        ) from None
    except FrictionlessException as error:
        reasons = "; ".join(e.note for e in (error.reasons or [error.error]))
        raise TableError(
            "datapackage.json", f"the descriptor is not a Data Package: {reasons}"
        ) from None
    except (KeyError, TypeError, AttributeError) as error:
        raise TableError(
            "datapackage.json", f"the descriptor lacks a part that every table needs: {error!r}"
        ) from None


def _check_descriptor(resource: dict) -> None:
    name = resource["name"]
    for part in (
        "title",
        "description",
        "connectors",
        "sources",
        "licenses",
        "republication",
        "path",
        "hash",
    ):
        if not resource.get(part):
            raise TableError(name, f"the descriptor gives no {part!r} for this table")
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", resource["hash"]):
        raise TableError(
            name, f"the descriptor's hash {resource['hash']!r} is not sha256:<64 hex digits>"
        )
    columns = [field["name"] for field in resource["schema"]["fields"]]
    for key in resource["schema"].get("primaryKey") or [None]:
        if key not in columns:
            raise TableError(
                name, f"the descriptor's primary key names {key!r}, which is not a column"
            )
    for field in resource["schema"]["fields"]:
        if field["type"] == "number" and "unit" not in field and "unit" not in columns:
            raise TableError(name, "the descriptor gives no unit", column=field["name"])


def describe(name: str, folder: Path = DATA) -> dict:
    """Return the descriptor of one table: title, description, schema, sources, licences, notes. Raises TableError for an unknown name."""
    tables = {resource["name"]: resource for resource in _descriptor(folder)["resources"]}
    if folder == DATA:
        fingerprints.record(f"table {name}")
    if name not in tables:
        raise TableError(
            name, "there is no such table", hint="Known tables: " + ", ".join(sorted(tables)) + "."
        )
    return tables[name]


def page_path(name: str) -> str:
    """Return where a table's page is in the book and on the site, less its ending. Addresses have hyphens: Jupyter Book 2 makes them of underscores."""
    return f"{PAGES}/{name.replace('_', '-')}"


def table_of_page(docname: str) -> dict | None:
    """Return the descriptor's entry for the table whose page `docname` is; None where it is the page of something else."""
    return (
        next(
            (entry for entry in descriptor()["resources"] if page_path(entry["name"]) == docname),
            None,
        )
        if docname.startswith(f"{PAGES}/")
        else None
    )


def names(folder: Path = DATA) -> list[str]:
    """Return the names of all tables, in the descriptor's order."""
    if folder == DATA:
        fingerprints.record("the names of the tables")
    return [resource["name"] for resource in _descriptor(folder)["resources"]]


# --- reading --------------------------------------------------------------------------------------------------------------------


def load(name: str, folder: Path = DATA) -> pd.DataFrame:
    """Return table `name` as a frame: one row an observation, the schema's columns in order, the schema's types.

    Strings come as pandas `str`, whole numbers as int64 (Int64 where the column has gaps), numbers as float64, dates as
    datetime64, yes/no as bool. Units are in `describe(name)`. Raises TableError, which names table, row, column, value and
    rule, when the file or its descriptor is not as it should be. Rows are numbered as in a text editor: the header is row 1.
    """
    resource = describe(name, folder)
    return _typed(_confirmed(name, resource, folder), resource["schema"]["fields"])


def read_rows(name: str, folder: Path = DATA) -> list[dict[str, str]]:
    """Return table `name` as a list of rows, each a dict of column → text as it stands in the file, empty where there is no value.

    For pages that print a table, and need no types and no pandas. Content with the descriptor's hash is taken as checked when it
    was sealed; for any other it raises what `load` raises.
    """
    resource = describe(name, folder)
    text = _read_text(name, folder / resource["path"])
    if content_hash(text) != resource["hash"]:
        text = _confirmed(name, resource, folder)
    return list(csv.DictReader(io.StringIO(text)))


def _confirmed(name: str, resource: dict, folder: Path) -> str:
    """Return a table's text once its descriptor confirms it."""
    text = _read_text(name, folder / resource["path"])
    targets = [
        reference["reference"]["resource"]
        for reference in resource["schema"].get("foreignKeys", [])
    ]
    known = [
        _read_text(target, folder / describe(target, folder)["path"]).encode()
        for target in targets
        if target
    ]
    cached_check(
        lambda: check_text(name, text, resource, folder),
        text.encode(),
        json.dumps(resource["schema"]).encode(),
        *known,
    )
    if content_hash(text) != resource["hash"]:
        raise TableError(
            name,
            "the content is not the one whose hash the descriptor holds"
            + _what_changed(folder / resource["path"], text, resource["hash"]),
            hint=(
                f"If the change is meant, run: python -m ledger accept {name}"
                if resource["connectors"] == MANUAL
                else f"This table is built by {resource['connectors']}: rebuild it with python -m ledger tables --from UPSTREAM {name}"
            ),
        )
    return text


def content_hash(text: str) -> str:
    """Return `sha256:<hex>` of a table's content, `text` being free of byte-order mark and Windows line ends (see `load`)."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def _read_text(name: str, path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise TableError(name, f"the file {path} does not exist") from None
    try:
        text = raw.decode(
            "utf-8-sig"
        )  # an editor's byte-order mark and line ends are no change of content
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise TableError(
            name,
            f"the file is not UTF-8 (byte {error.start})",
            row=row,
            value=raw[error.start : error.end],
        ) from None
    text = text.replace("\r\n", "\n")
    if not text.strip():
        raise TableError(name, f"the file {path.name} is empty")
    if not text.endswith("\n"):
        raise TableError(
            name,
            "the file is truncated: its last row has no line end",
            row=text.count("\n") + 1,
            value=text.rsplit("\n", 1)[-1][-40:],
        )
    return text


def check_text(name: str, text: str, resource: dict, folder: Path = DATA) -> None:
    """Check a table's `text` against its schema (columns, types, ranges, keys, country codes). Raises TableError at the first fault."""
    from frictionless import Resource, Schema

    schema = {key: value for key, value in resource["schema"].items() if key != "foreignKeys"}
    header = next(csv.reader(io.StringIO(text)))
    wanted = [field["name"] for field in schema["fields"]]
    for column in wanted:
        if column not in header:
            raise TableError(name, "the column is missing", row=1, column=column)
    for column in header:
        if column not in wanted:
            raise TableError(name, "the schema knows no such column", row=1, column=column)
    if header != wanted:
        raise TableError(
            name,
            f"the columns stand in another order than the schema's: {', '.join(wanted)}",
            row=1,
            value=",".join(header),
        )
    for row, cells in enumerate(csv.reader(io.StringIO(text)), start=1):
        if len(cells) != len(wanted):
            raise TableError(
                name,
                f"the row is {'cut short' if len(cells) < len(wanted) else 'too long'}: {len(cells)} cells, not {len(wanted)}",
                row=row,
                value=",".join(cells)[-60:],
            )
        for column, cell in zip(wanted, cells):
            if starts_formula(cell):
                raise TableError(
                    name,
                    "the cell would start a formula in a reader's spreadsheet",
                    row=row,
                    column=column,
                    value=cell,
                    hint="Write it otherwise in the connector, or by a row of data/corrections.csv.",
                )
    check = Resource(
        data=text.encode("utf-8"),
        format="csv",
        schema=Schema.from_descriptor(schema),
        encoding="utf-8",
    )
    errors = check.validate(limit_errors=1).flatten(
        ["rowNumber", "fieldName", "type", "note", "cells", "message"]
    )
    for row, column, kind, note, cells, message in errors:
        value = None
        if column and cells and column in wanted and wanted.index(column) < len(cells):
            value = cells[wanted.index(column)]
        rules = {"primary-key": "the key stands twice", "type-error": "wrong type"}
        if kind == "primary-key":
            key = schema["primaryKey"]
            column, value = ", ".join(key), ", ".join(cells[wanted.index(k)] for k in key)
        raise TableError(
            name,
            f"{rules[kind]}: {note}" if kind in rules else note or message,
            row=row,
            column=column or None,
            value=value,
        )
    for reference in resource["schema"].get("foreignKeys", []):
        target = reference["reference"]["resource"] or name
        known = set(
            _column(
                _read_text(target, folder / describe(target, folder)["path"]),
                reference["reference"]["fields"],
            )
        )
        for row, value in enumerate(_column(text, reference["fields"]), start=2):
            if value and value not in known:
                raise TableError(
                    name,
                    f"unknown code: table {target} has no such {reference['reference']['fields']}",
                    row=row,
                    column=reference["fields"],
                    value=value,
                )


def starts_formula(cell: str) -> bool:
    """Tell whether a spreadsheet might take a cell for a formula: it begins as one, be it after characters that are not seen, and is no number."""
    seen = re.sub(r"^[\s\u200b-\u200f\u2060\ufeff]+", "", cell)
    return (
        cell[:1] in ("\t", "\r", "\n")
        or seen[:1] in tuple("=+-@＝＋－＠")
        and not re.fullmatch(r"[+-]\d+(\.\d+)?([eE][+-]?\d+)?", seen)
    )


def _column(text: str, column: str) -> list[str]:
    return [row[column] for row in csv.DictReader(io.StringIO(text))]


def _typed(text: str, fields: list[dict]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, na_values=[""])
    for field in fields:
        column, kind = field["name"], field["type"]
        if kind == "integer":
            frame[column] = frame[column].astype("Int64")
            if not frame[column].hasnans:
                frame[column] = frame[column].astype("int64")
        elif kind == "number":
            frame[column] = frame[column].astype("float64")
        elif kind == "date":
            frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d")
        elif kind == "boolean":
            frame[column] = frame[column].map({"true": True, "false": False}).astype(bool)
    return frame


def _what_changed(path: Path, text: str, wanted: str) -> str:
    """Name the first cell that differs from the version in git whose content has the wanted hash; nothing where there is none."""

    def git(*words: str) -> str:
        return (
            subprocess.run(
                ["git", *words], cwd=path.parent, capture_output=True, timeout=20, check=True
            )
            .stdout.decode("utf-8-sig")
            .replace("\r\n", "\n")
        )

    try:
        for commit in git("log", "--format=%h", "-n", "50", "--", path.name).split():
            earlier = git("show", f"{commit}:./{path.name}")
            if content_hash(earlier) == wanted:
                return "; " + first_difference(earlier, text, f"commit {commit}")
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        pass  # no git here, or no such version: the message stands without the cell
    return ""


def first_difference(before: str, after: str, label: str) -> str:
    """Return a phrase that names the first cell in which two CSV texts differ: row, column, value in each."""
    old, new = list(csv.reader(io.StringIO(before))), list(csv.reader(io.StringIO(after)))
    for row, (a, b) in enumerate(zip(old, new), start=1):
        if a != b:
            for column, x, y in zip(old[0], a, b):
                if x != y:
                    return f"the first difference from {label}: row {row}, column {column}, {x!r} there and {y!r} here"
            return f"the first difference from {label}: row {row} has {len(a)} cells there and {len(b)} here"
    return f"{len(old) - 1} rows in {label}, {len(new) - 1} here"


# --- writing --------------------------------------------------------------------------------------------------------------------


def to_text(frame: pd.DataFrame, resource: dict) -> str:
    """Return `frame` as the canonical CSV text of a table: the schema's columns, sorted by key, LF line ends, shortest numbers.

    Raises TableError when the columns are not the schema's or a whole number has a fraction.
    """
    import pandas as pd

    schema, name = resource["schema"], resource["name"]
    columns = [field["name"] for field in schema["fields"]]
    if sorted(frame.columns) != sorted(columns):
        raise TableError(
            name,
            f"the connector gave the columns {sorted(frame.columns)}, the schema wants {sorted(columns)}",
        )
    formats = {
        "integer": lambda v: str(int(v)),
        "number": _plain,
        "date": lambda v: str(v)[:10],
        "boolean": lambda v: str(bool(v)).lower(),
    }
    frame = frame[columns]
    words = [
        field["name"]
        for field in schema["fields"]
        if field["type"] == "string" and field["name"] in schema["primaryKey"]
    ]
    frame = frame.assign(
        **{column: frame[column].map(str, na_action="ignore") for column in words}
    )  # text sorts as text, whatever a connector holds it as
    frame = frame.sort_values(schema["primaryKey"], kind="stable")
    cells = []
    for field in schema["fields"]:
        values = frame[field["name"]]
        if field["type"] == "integer" and (values.dropna().astype(float) % 1 != 0).any():
            raise TableError(name, "a whole number has a fraction", column=field["name"])
        form = formats.get(field["type"], str)
        cells.append(["" if pd.isna(value) else form(value) for value in values])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*cells))
    return out.getvalue()


def _plain(value: float) -> str:
    """Write a number without an exponent where it is whole, and with twelve significant digits where it is not."""
    return str(int(value)) if float(value).is_integer() else format(float(value), ".12g")


def to_json(content: dict) -> str:
    """Return a descriptor as the JSON text that is kept in `datapackage.json`."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def set_hash(resource: dict, text: str) -> None:
    """Put hash, size and number of rows of a table's `text` into its descriptor."""
    resource["hash"] = content_hash(text)
    resource["bytes"] = len(text.encode("utf-8"))
    resource["rows"] = sum(1 for _ in csv.reader(io.StringIO(text))) - 1


def accept(name: str, folder: Path = DATA) -> str:
    """Check a hand-kept table and write the hash of its present content into the descriptor; return that hash.

    Raises TableError when the table breaks its schema, or when it is one that a connector builds: such a table changes through
    its connector, never by hand. Raises LockedError while the tables are brought up to date.
    """
    with exclusive_lock(folder):
        return _accept(name, folder)


def _accept(name: str, folder: Path) -> str:
    resource = describe(name, folder)
    if resource["connectors"] != MANUAL:
        raise TableError(
            name,
            f"this table is built by {resource['connectors']}, so it is not sealed by hand",
            hint="Change the connector, or rebuild it: python -m ledger tables --from UPSTREAM "
            + name,
        )
    text = _read_text(name, folder / resource["path"])
    check_text(name, text, resource, folder)
    content = descriptor(folder)
    for entry in content["resources"]:
        if entry["name"] == name:
            set_hash(entry, text)
            resource = entry
    replace_files(folder, {resource["path"]: text, "datapackage.json": to_json(content)})
    return resource["hash"]
