"""The book's texts as a reader gets them, each with its file and line."""

from __future__ import annotations

import ast
import csv
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "index.md", *(ROOT / "chapters").glob("*.md")])
CELL = re.compile(r"^(?P<fence>```+|:::+)\{code-cell\}[^\n]*\n(?P<code>.*?)^(?P=fence)[ \t]*$", re.S | re.M)
BIB_ENTRY = re.compile(r"^@(?!comment|string|preamble)\w+\{\s*([^,\s]+)\s*,", re.M)
# columns of the tables kept by hand that readers read as sentences
SENTENCES = {
    "claims": ("claim", "reason", "slip", "how_to_test"),
    "events": ("event", "detail", "note"),
    "omissions": ("omission", "why_it_matters"),
}


class Place(NamedTuple):
    """A text and where it stands."""

    file: str
    line: int
    text: str


@functools.cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _emptied(found: re.Match) -> str:
    return "\n" * found.group().count("\n")  # lines keep their numbers


def prose(path: Path) -> str:
    """Return a page's text as a reader gets it: no front matter, no code, no targets. Lines keep their numbers; roles stay for the checks."""
    text = re.sub(r"\A---\n.*?\n---\n", _emptied, read(path), flags=re.S)
    text = CELL.sub(_emptied, text)
    text = re.sub(r"^(```+)\{(?:ledger|omissions|table-list|source-list|changes|bibliography)\}.*?^\1$", _emptied, text, flags=re.S | re.M)
    text = re.sub(r"^(:::+|```+)(\{[a-z-]+\}.*)?$", "", text, flags=re.M)
    text = re.sub(r"<[^>]+>", " ", text)
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def plain(text: str) -> str:
    """Return text without its roles: numbers and citations are not words."""
    return re.sub(r"\{[a-z:]+\}`[^`]*`|`[^`]*`|[*_]|https?://\S+|\b\w+(?:\.\w+)*\.(?:com|csv|hr|json|md|org|pt|py|yml)\b\S*", " ", text)


def cells(path: Path) -> Iterator[Place]:
    """Give the code cells of a page."""
    for found in CELL.finditer(read(path)):
        yield Place(name(path), line_of(read(path), found.start("code")), found["code"])


def code(path: Path) -> str:
    """Return a page as Python: its cells on their own lines, all other lines empty."""
    text, at, parts = read(path), 0, []
    for found in CELL.finditer(text):
        parts += ["\n" * text.count("\n", at, found.start("code")), found["code"]]
        at = found.end("code")
    return "".join(parts)


@functools.cache
def tree(path: Path) -> ast.Module:
    """Return the parsed code of a page or module; an empty one where it cannot be parsed, which the check of cells and ruff report."""
    try:
        return ast.parse(code(path) if path.suffix == ".md" else read(path))
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def calls(path: Path, *names: str) -> Iterator[ast.Call]:
    """Give the calls of functions of these names, such as `charts.publish`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and dotted(node.func) in names:
            yield node


def dotted(function: ast.expr) -> str:
    """Return the name by which a function is called, with one dot at most; an empty text for what has none."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def rows(table: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Give each row of a table with the line on which it ends."""
    with (ROOT / "data" / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield reader.line_num, {column: value or "" for column, value in row.items() if column}


def kept_by_hand() -> Iterator[Place]:
    """Give what readers read of the claims, events and omissions."""
    for table, columns in SENTENCES.items():
        for line, row in rows(table):
            yield Place(f"data/{table}.csv", line, " ".join(row.get(column, "") for column in columns))


def captions() -> Iterator[Place]:
    """Give the captions and alternative texts of charts, without what is computed in them."""
    for path in PAGES:
        for call in calls(path, "charts.publish"):
            for keyword in call.keywords:
                if keyword.arg in ("caption", "alt"):
                    parts = [
                        part.value
                        for part in ast.walk(keyword.value)
                        if isinstance(part, ast.Constant) and isinstance(part.value, str) and not _within_value(keyword.value, part)
                    ]
                    yield Place(name(path), keyword.value.lineno, " 0 ".join(parts))


def _within_value(whole: ast.expr, part: ast.Constant) -> bool:
    """Say whether a string is code within an f-string's braces rather than words of the sentence."""
    return any(part in ast.walk(value) for value in ast.walk(whole) if isinstance(value, ast.FormattedValue))


def guides() -> Iterator[Place]:
    """Give what is written for authors: README, CONTRIBUTING and their like, docs/."""
    for path in sorted([*ROOT.glob("[A-Z]*.md"), *(ROOT / "docs").glob("*.md")]):
        text = re.sub(r"^ *```.*?^ *```$|^(?: {4,}|\t).*$", _emptied, read(path), flags=re.S | re.M)
        yield Place(name(path), 1, re.sub(r"<[^>]+>|(?<=\])\([^)]*\)|\[[^\]]*\]:.*", " ", text))


def descriptions() -> Iterator[Place]:
    """Give what the tables' pages say of them, each text with its line."""
    source, at = read(ROOT / "data" / "datapackage.json"), 0
    for resource in descriptor():
        told = [resource["title"], resource["description"], resource["republication"], *resource.get("notes", [])]
        told += [field.get(part, "") for field in resource["schema"]["fields"] for part in ("title", "description")]
        start = at = source.index(f'"name": {json.dumps(resource["name"])}', at)
        for each in told:
            where = source.find(json.dumps(each, ensure_ascii=False), start)
            yield Place("data/datapackage.json", line_of(source, max(where, start)), each)


@functools.cache
def descriptor() -> list[dict]:
    """Return what datapackage.json says of each table."""
    return json.loads(read(ROOT / "data" / "datapackage.json"))["resources"]


def everything() -> Iterator[Place]:
    """Give all sentences of the book that people wrote: pages, captions, and the tables kept by hand."""
    for path in PAGES:
        yield Place(name(path), 1, prose(path))
    yield from captions()
    yield from kept_by_hand()


@functools.cache
def bibliography() -> dict[str, int]:
    """Return the keys of references.bib with their lines."""
    text = read(ROOT / "references.bib")
    return {found[1]: line_of(text, found.start()) for found in BIB_ENTRY.finditer(text)}


def cited() -> Iterator[Place]:
    """Give every key that a page or a table kept by hand cites."""
    for path in PAGES:
        text = CELL.sub(_emptied, read(path))
        for found in re.finditer(r"\{cite(?::\w+)?\}`([^`]+)`", text):
            for key in found[1].split(","):
                yield Place(name(path), line_of(text, found.start()), key.strip())
    for table in SENTENCES:
        for line, row in rows(table):
            for key in row["sources"].split(";"):
                if key.strip():
                    yield Place(f"data/{table}.csv", line, key.strip())
