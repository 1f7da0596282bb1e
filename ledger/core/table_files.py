"""Text of tables and of their descriptor: reading, hashing, canonical writing, differences."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.core import config
from ledger.core import text as words
from ledger.core.authored import loaders
from ledger.core.system.git import GitError, git

if TYPE_CHECKING:  # pandas takes a second to import, which a build with nothing to check saves
    import pandas as pd


class TableError(ValueError):
    """Data that cannot be trusted: names table, row, column, value and the rule that is broken."""

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
        self.hint = hint
        where = [f"table {table}"]
        if row is not None:
            where.append(f"row {row}")
        if column:
            where.append(f"column {column}")
        if value is not None:
            where.append(f"value {shortened(repr(value))}")
        super().__init__(", ".join(where) + f": {rule}" + (f"\n  {hint}" if hint else ""))


def shortened(quoted: str, length: int = 80) -> str:
    """Return what a message quotes, its middle left out where it is long."""
    if len(quoted) <= length:
        return quoted
    return f"{quoted[: length // 2]}… ({len(quoted):,} characters) …{quoted[-20:]}"


def read_text(name: str, path: Path) -> str:
    """Return the text of table `name` without byte-order mark and with LF line ends.

    Raises TableError when the file is missing, not UTF-8, empty, truncated or half merged.
    """
    try:
        text = loaders.read_text(path.parent.parent, _named(path))
    except loaders.FileError as error:
        problem, _, hint = error.problem.partition(". ")
        hint = hint if path.exists() else _lost(name, path)
        raise TableError(name, problem, row=error.line, hint=hint) from None
    if not text.strip():
        raise TableError(name, "the file is empty", row=1, hint=_lost(name, path))
    if not text.endswith("\n"):
        raise TableError(
            name,
            "the file is truncated: its last row has no line end",
            row=text.count("\n") + 1,
            value=text.rsplit("\n", 1)[-1][-40:],
        )
    return text


def _named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _lost(name: str, path: Path) -> str:
    """Say how a file that is gone comes back, and who needs it."""
    needing = users(name, path.parent.parent)
    needed = f" {words.listing(needing)} need it." if needing else ""
    return f"Restore it: git checkout -- {_named(path)}.{needed}"


def users(name: str, book: Path) -> list[str]:
    """Return the pages of a book, and the modules of its rules, that name a table."""
    quoted = re.compile(rf"[\"']{name}[\"']|\{{[a-z-]+\}} {name}$", re.M)
    code = {book / module.partition(".")[0] for module in config.book().rules}
    files = [book / "index.md", *book.glob("chapters/*.md")]
    files += [module for folder in code for module in folder.rglob("*.py")]
    return [
        file.relative_to(book).as_posix()
        for file in sorted(files)
        if file.exists() and quoted.search(file.read_text(encoding="utf-8", errors="replace"))
    ]


def content_hash(text: str) -> str:
    """Return `sha256:<hex>` of a table's content, as `read_text` returns it."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def column(text: str, name: str) -> list[str]:
    """Return the cells of one column of a CSV text."""
    return [row[name] for row in csv.DictReader(io.StringIO(text))]


def difference_from_git(path: Path, text: str, wanted: str) -> str:
    """Name the first cell that differs from the version in git with the wanted hash.

    Returns an empty text where there is no git or no such version among the last 50.
    """
    try:
        commits = git(path.parent, "log", "--format=%h", "-n", "50", "--", path.name).split()
        for commit in commits:
            shown = git(path.parent, "show", "--no-textconv", f"{commit}:./{path.name}")
            earlier = shown.removeprefix("\ufeff").replace("\r\n", "\n")
            if content_hash(earlier) == wanted:
                return "; " + first_difference(earlier, text, f"commit {commit}")
    except GitError:
        pass  # the message stands without the cell
    return ""


def first_difference(before: str, after: str, label: str) -> str:
    """Return a phrase that names the first cell in which two CSV texts differ."""
    old, new = (list(csv.reader(io.StringIO(text))) for text in (before, after))
    start = f"the first difference from {label}: row"
    for row, (a, b) in enumerate(zip(old, new), start=1):
        if a != b:
            for name, x, y in zip(old[0], a, b):
                if x != y:
                    return f"{start} {row}, column {name}, {x!r} there and {y!r} here"
            return f"{start} {row} has {len(a)} cells there and {len(b)} here"
    return f"{len(old) - 1} rows in {label}, {len(new) - 1} here"


def to_text(frame: pd.DataFrame, resource: dict) -> str:
    """Return a frame as the canonical CSV text of a table.

    Columns stand in the schema's order, rows in the order that it states, else by key, LF line
    ends, numbers at their shortest. Raises TableError when the columns are not the schema's or a
    whole number has a fraction.
    """
    schema, name = resource["schema"], resource["name"]
    columns = [field["name"] for field in schema["fields"]]
    if sorted(frame.columns) != sorted(columns):
        raise TableError(
            name,
            f"the connector gave the columns {sorted(frame.columns)}, "
            f"the schema wants {sorted(columns)}",
        )
    frame = _sorted(frame[columns], schema)
    cells = [_cells(name, frame[field["name"]], field) for field in schema["fields"]]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*cells))
    return out.getvalue()


FORMATS: dict[str, Callable[[Any], str]] = {
    "integer": lambda value: str(int(value)),
    "number": words.plain,
    "date": lambda value: str(value).removesuffix(" 00:00:00"),
    "boolean": lambda value: str(value).lower(),
}


def _sorted(frame: pd.DataFrame, schema: dict) -> pd.DataFrame:
    """Return a frame in the order that its schema states, else by key; text sorts as text, whatever
    type a connector gave it.
    """
    keys = list(dict.fromkeys([*schema.get("sortedBy", []), *schema["primaryKey"]]))
    texts = [f["name"] for f in schema["fields"] if f["type"] == "string" and f["name"] in keys]
    as_text = {name: frame[name].map(str, na_action="ignore") for name in texts}
    return frame.assign(**as_text).sort_values(keys, kind="stable")


def _cells(table: str, values: pd.Series, field: dict) -> list[str]:
    import pandas as pd

    column, kind = field["name"], field["type"]

    def cell(value: object) -> str:
        if kind != "boolean" and isinstance(value, (str, bool)):
            return str(value)  # its spelling is checked, not guessed
        if kind == "string" and not isinstance(value, int):
            problem = "a text is a number, of which zeros at its beginning are lost"
            raise TableError(table, problem, column=column, value=value)
        if kind == "integer" and value % 1 != 0:
            problem = "a whole number has a fraction"
            raise TableError(table, problem, column=column, value=value)
        return FORMATS.get(kind, str)(value)

    return ["" if pd.isna(value) else cell(value) for value in values]


def to_json(content: dict) -> str:
    """Return a descriptor as the JSON text of `datapackage.json`."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def set_hash(resource: dict, text: str) -> None:
    """Write hash, size and number of rows of a table's text into its descriptor."""
    resource["hash"] = content_hash(text)
    resource |= measures(text)


def measures(text: str) -> dict[str, int]:
    """Return the size of a table's text in bytes and its number of rows, a line each."""
    return {"bytes": len(text.encode("utf-8")), "rows": text.count("\n") - 1}
