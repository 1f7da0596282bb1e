"""The machine keeps to its limits: small modules, folders and functions, no circle, no word of this
book.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from checks import text

LEDGER = text.ROOT / "ledger"
MAX_LINES, MAX_MODULES, MAX_FUNCTION, MAX_FLOORS = 400, 12, 60, 4
COLUMNS = 100
PLAIN_PAGES = {"index", "about", "claims", "methods", "references"}  # names that any book may use
CODE = ("ledger", "analysis", "checks", "bench", "tests")


def _modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (text.ROOT / folder).rglob("*.py"))


def sizes() -> Iterator[str]:
    """Modules of the machine have at most 400 lines, its folders 12 modules, functions 60 lines."""
    for path in _modules("ledger"):
        lines = text.read(path).count("\n")
        if lines > MAX_LINES:
            yield f"{text.name(path)}:1: {lines} lines, {MAX_LINES} at most. Split the module."
    for folder in sorted({path.parent for path in _modules("ledger")}):
        count = len(list(folder.glob("*.py")))
        if count > MAX_MODULES:
            name = text.name(folder)
            limit = f"{count} modules in {name}, {MAX_MODULES} at most"
            yield f"{name}/__init__.py:1: {limit}. Split it."
    for path in _modules(*CODE):
        for node in text.statements(text.tree(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = node.end_lineno - node.lineno + 1
                if lines > MAX_FUNCTION:
                    place = f"{text.name(path)}:{node.lineno}: {node.name}"
                    yield f"{place} has {lines} lines, {MAX_FUNCTION} at most. Split it."


def columns() -> Iterator[str]:
    """Lines of Python, in modules and in code cells, have at most 100 columns.

    What stands in a string of several lines is another language, and has none.
    """
    for path in _modules(*CODE):
        if wide := _wide(1, text.read(path)):
            exempt = _in_strings(path)
            for line in sorted(wide.keys() - exempt):
                yield _too_wide(text.name(path), line, wide[line])
    for page in text.PAGES:
        for cell in text.cells(page):
            for line, width in _wide(cell.line, cell.text).items():
                yield _too_wide(cell.file, line, width)


def _wide(first: int, code: str) -> dict[int, int]:
    """Return the width of each line that is too wide, by its number."""
    lines = enumerate(code.splitlines(), first)
    return {line: len(words) for line, words in lines if len(words) > COLUMNS}


def _too_wide(name: str, line: int, width: int) -> str:
    return f"{name}:{line}: {width} columns, {COLUMNS} at most. Break the line."


def _in_strings(path: Path) -> set[int]:
    """Return the lines within strings of several lines that are no docstrings."""
    lines: set[int] = set()
    docstrings = {id(node.value) for node in text.nodes(path) if isinstance(node, ast.Expr)}
    for node in text.nodes(path):
        is_string = isinstance(node, (ast.Constant, ast.JoinedStr)) and id(node) not in docstrings
        if is_string and node.end_lineno > node.lineno and _is_triple(path, node):
            lines |= set(range(node.lineno, node.end_lineno + 1))
    return lines


def _is_triple(path: Path, node: ast.expr) -> bool:
    first = text.read(path).splitlines()[node.lineno - 1][node.col_offset :]
    return first.lstrip("rbf").startswith(('"""', "'''"))


def floors() -> Iterator[str]:
    """Rooms import each other without a circle, on at most four floors."""
    rooms = {path: _room(path) for path in _modules("ledger", "analysis")}
    imports: dict[str, set[str]] = {room: set() for room in rooms.values()}
    for path, room in rooms.items():
        imports[room] |= {other for other in map(_room_of, _imported(path)) if other} - {room}
    floor: dict[str, int] = {}
    while open_rooms := [room for room in imports if room not in floor]:
        ready = [room for room in open_rooms if imports[room] <= floor.keys()]
        if not ready:
            names = ", ".join(sorted(open_rooms))
            yield f"ledger/__init__.py:1: rooms import each other in a circle: {names}. Break it."
            return
        level = 1 + max(floor.values(), default=0)
        floor |= dict.fromkeys(ready, level)
    if max(floor.values()) > MAX_FLOORS:
        plan = ", ".join(f"{room} {level}" for room, level in floor.items())
        limit = f"more than {MAX_FLOORS} floors of imports ({plan})"
        yield f"ledger/__init__.py:1: {limit}. Move a part."


def _room(path: Path) -> str:
    parts = path.relative_to(text.ROOT).with_suffix("").parts
    return ".".join(parts[:2]) if parts[0] == "ledger" and len(parts) > 2 else parts[0]


def _room_of(module: str) -> str:
    parts = module.split(".")
    if parts[0] not in ("ledger", "analysis"):
        return ""
    folder = LEDGER / parts[1] if len(parts) > 1 else LEDGER
    return ".".join(parts[:2]) if parts[0] == "ledger" and folder.is_dir() else parts[0]


def _imported(path: Path) -> Iterator[str]:
    """Give the modules that a module imports, `from ledger.core import tables` as
    ledger.core.tables.
    """
    for node in text.statements(text.tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def book_words() -> Iterator[str]:
    """The machine names no country, table, chapter or source of this book.

    A chapter's name is one only as an address or a whole string: others are common words.
    """
    words, pages = (
        "|".join(map(re.escape, sorted(each))) for each in (_book_words(), _chapter_names())
    )
    pattern = re.compile(
        rf"(?<![\w.])(?:{words})(?!\w)|(?<=chapters/)(?:{pages})(?!\w)"
        rf"""|(?<=["'])(?:{pages})(?=["'])"""
    )
    files = [path for ending in ("py", "html", "js", "css") for path in LEDGER.rglob(f"*.{ending}")]
    for path in sorted(files):
        if "vendor" in path.parts:
            continue
        for found in pattern.finditer(text.read(path)):
            line = text.line_of(text.read(path), found.start())
            yield (
                f"{text.name(path)}:{line}: {found.group()!r} is of this book. Take it from "
                "book.yml (ledger/core/config.py), or move the code to analysis/."
            )


def _chapter_names() -> set[str]:
    return {page.stem for page in text.PAGES} - PLAIN_PAGES


def _book_words() -> set[str]:
    book = yaml.safe_load(text.read(text.ROOT / "book.yml"))
    words = {*book["pair"], *book["entity_colours"], book["slug"]}
    own = {"claims", "events", "omissions", "corrections", book["country_table"]}
    words |= {resource["name"] for resource in text.descriptor()} - own - {"nuclear", "sanctions"}
    return words | set(yaml.safe_load(text.read(text.ROOT / "data/sources.yml")))
