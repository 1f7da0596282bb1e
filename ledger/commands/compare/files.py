"""Read files of a built site that anybody may have made: nothing outside it, whole, in one form.

A site to compare may come from a pull request. What its files hold is words, numbers and their
types, as `make book` writes them; all else is refused with the file and what is wrong.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from ledger.core import text

MAX_BYTES = 50_000_000  # of a file: fifty times the largest of a book
LARGEST = 1e300  # of a number: the difference of two can be computed


class SiteError(ValueError):
    """A folder is no whole built site: says what it lacks."""


WORDS = {"type": "string"}
NAME = {"type": "string", "pattern": r"^[A-Za-z0-9][\w.-]*$"}  # of what has a file or a page
VALUE = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}


def _record(properties: dict, *required: str, others: dict | None = None) -> dict:
    form = {"type": "object", "properties": properties, "required": list(required)}
    return form | ({"additionalProperties": others} if others else {})


def _list_of(items: dict) -> dict:
    return {"type": "array", "items": items}


COMPUTED = _record({"figure": WORDS, "because": WORDS}) | {"type": ["object", "null"]}
FORMS = {
    "build.json": _record(dict.fromkeys(("version", "commit", "date", "evidence_ends"), WORDS)),
    "numbers.json": _list_of(
        _record(
            {"name": WORDS, "page": WORDS, "printed": WORDS, "unit": WORDS, "value": VALUE},
            *("name", "page", "printed", "unit", "value"),
        )
    ),
    "claims.json": _list_of(
        _record(
            {"computed": COMPUTED},
            *("claim_id", "claim", "page", "verdict", "computed"),
            others=WORDS,
        )
    ),
    "data/datapackage.json": _record(
        {
            "resources": _list_of(
                _record(
                    {
                        "name": NAME,
                        "path": NAME,
                        "title": WORDS,
                        "sources": _list_of(_record({"key": WORDS, "edition": WORDS}, "key")),
                        "schema": _record(
                            {
                                "fields": _list_of(
                                    _record({"name": WORDS, "title": WORDS}, "name")
                                ),
                                "primaryKey": _list_of(WORDS),
                            },
                            "fields",
                        ),
                    },
                    *("name", "path", "title", "sources", "schema"),
                )
            )
        },
        "resources",
    ),
}


def damaged(path: Path, problem: str) -> SiteError:
    said = f"{path} {problem}, so that this is no whole site: build it again"
    return SiteError(text.one_line(said))


def file_in(folder: Path, name: str | Path) -> Path | None:
    """Return a file of a site by its path below it, None where there is none.

    Raises SiteError for one that leads out of the site, as links do, and one beyond MAX_BYTES.
    """
    path = folder / name
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise damaged(path, "has a name that is not UTF-8") from None
    try:
        if not path.is_file():
            return None
        is_within = path.resolve().is_relative_to(folder.resolve())
        size = path.stat().st_size
    except (OSError, ValueError):  # no file can have such a name
        return None
    if not is_within:
        raise damaged(path, "leads out of the site")
    if size > MAX_BYTES:
        raise damaged(path, f"has {size:,} bytes, more than the {MAX_BYTES:,} of any page or table")
    return path


def read(folder: Path, name: str) -> str:
    """Return the text of a file of a site, empty where there is none."""
    path = file_in(folder, name)
    try:
        # the CSV files of charts begin with a mark for Excel
        return path.read_text(encoding="utf-8-sig") if path else ""
    except UnicodeDecodeError as error:
        raise damaged(folder / name, f"cannot be read ({error})") from None


def read_csv(folder: Path, name: str) -> str:
    """Return the text of a CSV file; a row cut short, as in a copy broken off, is an error."""
    content = read(folder, name)
    try:
        rows = [row for row in csv.reader(io.StringIO(content)) if row]
    except csv.Error as error:
        raise damaged(folder / name, f"cannot be read ({error})") from None
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            cells = f"{text.plural(len(row), 'cell')} where the header has {len(rows[0])}"
            raise damaged(folder / name, f"has in row {number} {cells}")
    return content


def read_json(folder: Path, name: str):
    """Return what a JSON file of FORMS holds."""
    from jsonschema import Draft202012Validator

    try:
        content = json.loads(read(folder, name), parse_constant=_no_number)
        json.dumps(content, ensure_ascii=False).encode()  # JSON can name half of a character
    except SiteError:
        raise
    except (ValueError, RecursionError) as error:
        raise damaged(folder / name, f"cannot be read ({error})") from None
    for error in Draft202012Validator(FORMS[name]).iter_errors(content):
        where = ", ".join(_place(part) for part in error.absolute_path) or "the whole"
        raise damaged(folder / name, f"has another form, {where}: {_shortened(error.message)}")
    return content


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _place(part: str | int) -> str:
    return f"entry {part + 1}" if isinstance(part, int) else part


def _shortened(words: str, most: int = 120) -> str:
    return words if len(words) <= most else f"{words[: most // 2]} … {words[-most // 2 :]}"
