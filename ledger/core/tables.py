"""Load tables of `data/` as frames, validated against `datapackage.json`.

`data/datapackage.json` (a Data Package, https://datapackage.org) says of every table what its
columns are, in which units, between which bounds, and what its content hashes to. `load` refuses
what the descriptor does not confirm.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ledger.core import fingerprints
from ledger.core.authored.descriptors import check_descriptor
from ledger.core.config import DATA
from ledger.core.files import exclusive_lock, recover, replace_files, state_of
from ledger.core.table_files import (
    TableError,
    content_hash,
    difference_from_git,
    measures,
    read_text,
    set_hash,
    to_json,
)
from ledger.core.validation import cached_check, check_table

if TYPE_CHECKING:  # pandas takes a second to import, which a build with nothing to check saves
    import pandas as pd

PAGES = "tables"  # the folder of the tables' pages
loaded: set[str] = set()  # tables that this process has loaded
MANUAL = "manual"  # the `connectors` of a table that people keep


def descriptor(folder: Path = DATA) -> dict:
    """Return the descriptor of the whole package, as parsed from `datapackage.json` in `folder`.

    Raises
    ------
    TableError
        When the descriptor is missing or `descriptors.check_descriptor` refuses it.
    """
    if folder == DATA:
        fingerprints.record("file data/datapackage.json")
    return json.loads(_checked(folder).text)


class Descriptor(NamedTuple):
    """A descriptor that was checked: its file's state, its bytes, its text, that of each entry."""

    state: tuple | None
    raw: bytes
    text: str
    entries: dict[str, str]


_known: dict[Path, Descriptor] = {}  # of each folder the one that was checked last


def _checked(folder: Path) -> Descriptor:
    """Return a descriptor that is as it should be. Raises TableError.

    A build asks for it, and for copies of its entries, some thousand times.
    """
    recover(folder)
    path = folder / "datapackage.json"
    known = _known.get(folder)
    try:
        state = state_of(path)
        if known and state and known.state == state:
            return known
        raw = path.read_bytes()
    except FileNotFoundError:
        problem = f"the descriptor {path} does not exist"
        raise TableError("datapackage.json", problem) from None
    if known and known.raw == raw:
        _known[folder] = known._replace(state=state)
    else:
        cached_check(lambda: check_descriptor(raw), raw)
        text = raw.decode("utf-8-sig")
        entries = {entry["name"]: json.dumps(entry) for entry in json.loads(text)["resources"]}
        _known[folder] = Descriptor(state, raw, text, entries)
    return _known[folder]


def describe(name: str, folder: Path = DATA) -> dict:
    """Return the descriptor of one table: title, description, schema, sources, licences, notes.

    Raises
    ------
    TableError
        For an unknown name.
    """
    tables = _checked(folder).entries
    if folder == DATA:
        fingerprints.record(f"table {name}")
    if name not in tables:
        hint = "Known tables: " + ", ".join(sorted(tables)) + "."
        if close := difflib.get_close_matches(Path(name).stem, tables, n=1):
            hint = f"Did you mean {close[0]}? {hint}"
        raise TableError(name, "there is no such table", hint=hint)
    return json.loads(tables[name])


def names(folder: Path = DATA) -> list[str]:
    """Return the names of all tables, in the descriptor's order."""
    if folder == DATA:
        fingerprints.record("the names of the tables")
    return list(_checked(folder).entries)


def page_path(name: str) -> str:
    """Return the document name of a table's page.

    It has hyphens, for Jupyter Book 2 makes hyphens of underscores.
    """
    return f"{PAGES}/{name.replace('_', '-')}"


def table_of_page(docname: str) -> dict | None:
    """Return the descriptor of the table whose page `docname` is; None for any other page."""
    if not docname.startswith(f"{PAGES}/"):
        return None
    entry = next((name for name in names() if page_path(name) == docname), None)
    return describe(entry) if entry else None


def load(name: str, folder: Path = DATA) -> pd.DataFrame:
    """Return a table as a frame.

    Parameters
    ----------
    name : name of the table in `datapackage.json`.
    folder : folder of the data package; the book's own by default.

    Returns
    -------
    pandas.DataFrame
        One row an observation, the schema's columns in order. Text comes as pandas `str`, whole
        numbers as int64 (Int64 where the column has gaps), numbers as float64, dates as
        datetime64, yes/no as bool (boolean where the column has gaps). Units are in
        `describe(name)`; `attrs["table"]` has the name.

    Raises
    ------
    TableError
        When file or descriptor is not as it should be: names table, row, column, value, rule.
    """
    resource = describe(name, folder)
    frame = _typed(_confirmed(resource, folder), resource["schema"]["fields"])
    loaded.add(name)
    frame.attrs["table"] = name
    return frame


def read_rows(name: str, folder: Path = DATA) -> list[dict[str, str]]:
    """Return a table as rows, each a dict of column → text as in the file.

    For pages that print a table and need no types and no pandas. Raises what `text_of` raises.
    """
    header, *rows = csv.reader(io.StringIO(text_of(name, folder)))
    return [dict(zip(header, row)) for row in rows]


def text_of(name: str, folder: Path = DATA) -> str:
    """Return a table's text as it is published: without byte-order mark, with LF line ends.

    Content with the descriptor's hash was checked when it was accepted; for any other, raises what
    `load` raises.
    """
    resource = describe(name, folder)
    text = _read(name, folder)
    if content_hash(text) != resource["hash"]:
        return _confirmed(resource, folder)
    _check_measures(text, resource)
    return text


def _read(name: str, folder: Path) -> str:
    return read_text(name, folder / describe(name, folder)["path"])


def _confirmed(resource: dict, folder: Path) -> str:
    """Return a table's text once its descriptor confirms it."""
    name, path = resource["name"], folder / resource["path"]
    text = read_text(name, path)
    keys = resource["schema"].get("foreignKeys", [])
    targets = [key["reference"]["resource"] for key in keys]
    fields = resource["schema"]["fields"]
    targets += [field["codes"]["resource"] for field in fields if "codes" in field]
    others = [_read(target, folder).encode() for target in targets if target]
    schema = json.dumps(resource["schema"]).encode()
    cached_check(lambda: check_text(text, resource, folder), text.encode(), schema, *others)
    if content_hash(text) != resource["hash"]:
        difference = difference_from_git(path, text, resource["hash"])
        problem = f"the content is not the one whose hash the descriptor holds{difference}"
        raise TableError(name, problem, hint=_how_to_change(resource))
    _check_measures(text, resource)
    return text


def _check_measures(text: str, resource: dict) -> None:
    for part, size in measures(text).items():
        if resource.get(part, size) != size:
            problem = (
                f"the descriptor gives {resource[part]!r} as {part}, and the file has {size:,}"
            )
            raise TableError(resource["name"], problem, hint=_how_to_change(resource))


def _how_to_change(resource: dict) -> str:
    name, connectors = resource["name"], resource["connectors"]
    if connectors == MANUAL:
        return f"If the change is meant, run: python -m ledger accept {name}"
    rebuild = f"python -m ledger rebuild --from UPSTREAM {name}"
    return f"This table is built by {', '.join(connectors)}: rebuild it with {rebuild}"


def check_text(text: str, resource: dict, folder: Path = DATA) -> None:
    """Check a table's text against its schema. Raises TableError at the first fault."""
    check_table(text, resource, lambda other: _read(other, folder))


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
            frame[column] = frame[column].map({"true": True, "false": False}).astype("boolean")
            if not frame[column].hasnans:
                frame[column] = frame[column].astype(bool)
    return frame


def accept(name: str, folder: Path = DATA) -> str:
    """Check a manual table, write the hash of its content into the descriptor, return the hash.

    Raises TableError when the table breaks its schema or is built by connectors, LockedError
    while the tables are brought up to date.
    """
    with exclusive_lock(folder):
        resource = describe(name, folder)
        if resource["connectors"] != MANUAL:
            built = ", ".join(resource["connectors"])
            problem = f"this table is built by {built}, so its change is not accepted by hand"
            hint = "Change the connector, or rebuild it: python -m ledger rebuild --from UPSTREAM"
            raise TableError(name, problem, hint=f"{hint} {name}")
        text = _read(name, folder)
        check_text(text, resource, folder)
        content = descriptor(folder)
        entry = next(entry for entry in content["resources"] if entry["name"] == name)
        set_hash(entry, text)
        replace_files(folder, {entry["path"]: text, "datapackage.json": to_json(content)})
    return entry["hash"]
