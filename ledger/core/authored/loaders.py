"""Read what people write by hand: YAML, JSON and CSV, each slip as one line.

A reader gives the content with the lines on which it stands, or raises FileError, which names file
and line, says what is wrong and what to do. What a key, an entry or a row may hold stands in
`forms`.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ledger.core.authored import characters

MARKS = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.M)  # ======= alone may underline a heading
NO_TEXT = {
    "\0": "a NUL character",
    "\ufeff": "a second byte-order mark",
    "\r": "a line end of another kind (CR)",
}
OTHER_FORMS = {  # what a file begins with → what it is
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK\x03\x04": "a workbook",
    b"\xd0\xcf\x11\xe0": "a workbook",
    b"{\\rtf": "a document of a word processor",
}
FRONT = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*$", re.S | re.M)
CUT = re.compile(r"[ \t]+#\w")  # `The #1 of all`: a comment that nobody meant begins with a space
DAY = "date"  # a type beside those of JSON Schema
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
JSON_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
YAML = "tag:yaml.org,2002:"
AS_IT_SEEMS = {  # tags that YAML gives to text without quotes → as they are written
    f"{YAML}bool": re.compile("true|false"),
    f"{YAML}int": re.compile(r"[-+]?(0|[1-9][0-9]*)"),
    f"{YAML}float": re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"),
}
DEEPEST = 30  # levels of a YAML file


class FileError(ValueError):
    """A file that people write is not as it should be: names file and line, and says what to do."""

    def __init__(self, name: str, line: int, problem: str):
        self.line, self.problem = line, problem
        super().__init__(f"{name}:{line}: {problem}")


def read_text(root: Path, name: str) -> str:
    """Return the text of a file, with LF line ends and without a byte-order mark."""
    try:
        if not (root / name).resolve().is_relative_to(root.resolve()):
            problem = "the file is a link that leads out of the book. Put the file itself there."
            raise FileError(name, 1, problem)
        raw = (root / name).read_bytes()
    except FileNotFoundError:
        problem = f"the file is missing. Restore it: git checkout -- {name}"
        raise FileError(name, 1, problem) from None
    except (OSError, RuntimeError) as error:  # links in a circle are the latter
        why = getattr(error, "strerror", "the link leads to itself")
        raise FileError(name, 1, f"the file cannot be read: {why}.") from None
    if form := next((form for begins, form in OTHER_FORMS.items() if raw.startswith(begins)), ""):
        problem = f"the file is {form}. Save it as UTF-8 (in a spreadsheet: CSV UTF-8)."
        raise FileError(name, 1, problem)
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        sign = raw[error.start : error.start + 1].hex()
        problem = f"the byte 0x{sign} is not UTF-8. Save the file as UTF-8."
        raise FileError(name, line, problem) from None
    _refuse_remains(name, text)
    return text


def _refuse_remains(name: str, text: str) -> None:
    """Raise FileError for what an editor, another encoding or a merge has left."""
    for sign, what in NO_TEXT.items():
        if sign in text:
            problem = f"{what}. Remove it, or save the file as UTF-8 with LF line ends."
            raise FileError(name, line_of(text, text.index(sign)), problem)
    if characters.misread(text):  # the line only where there is one
        for line, words in enumerate(text.split("\n"), 1):
            if problem := characters.misread(words):
                raise FileError(name, line, f"{problem}.")
    if marks := MARKS.search(text):
        problem = "git left the marks of a merge. Keep one of the two sides, and remove the marks."
        if name.startswith("data/") and name.endswith((".csv", ".json")):
            problem = (
                f"git left the marks of a merge. Take a side (git checkout --ours {name}), add "
                "what the other has, then python -m ledger accept TABLE."
            )
        raise FileError(name, line_of(text, marks.start()), problem)


def refuse_hidden(name: str, line: int, words: str) -> None:
    """Raise FileError for text with a character that no reader sees, however it is written."""
    for part in words.split("\n"):
        if problem := characters.hidden_character(part.replace("\t", " ")):
            raise FileError(name, line, f"{problem}.")


def line_of(text: str, at: int) -> int:
    """Return the line, from 1, on which a character of a text stands."""
    return text.count("\n", 0, at) + 1


# --- YAML -----------------------------------------------------------------------------------------


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """PyYAML's safe loader, which refuses a key given twice and a value cut by a comment, and says
    where a date is none."""

    def __init__(self, text: str):
        super().__init__(text)
        self.lines = text.split("\n")

    def construct_scalar(self, node):
        end = node.end_mark
        if not node.style and CUT.match(self.lines[end.line] if node.value else "", end.column):
            problem = "what follows ' #' is a comment, and no part of the value. Quote the value."
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        if (seems := AS_IT_SEEMS.get(node.tag)) and not seems.fullmatch(node.value):
            problem = f"{node.value!r} is read as another value. Quote it, or write a decimal"
            problem += " number, true or false."
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_scalar(node)

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"the key {key.value!r} stands twice. Remove one."
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            if key.tag == f"{YAML}merge":
                problem = "<< takes in what stands elsewhere. Write it out."
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        return super().construct_mapping(node, deep)

    def construct_scalar_day(self, node):
        try:
            return self.construct_yaml_timestamp(node)
        except ValueError:
            problem = f"{node.value!r} is no date. Write a day of the calendar, as 2026-11-28."
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


_Loader.add_constructor(f"{YAML}timestamp", _Loader.construct_scalar_day)


class Document:
    """The content of a YAML file, and the lines of its keys and entries."""

    def __init__(self, name: str, content: Any, node: yaml.Node | None, first: int = 0):
        self.name, self.content = name, content
        self._node, self._first = node, first

    def line(self, *keys: object) -> int:
        """Return the line of the value at a path of keys and places, or of what is nearest."""
        node, line = self._node, 1
        for key in keys:
            found = None
            if isinstance(node, yaml.MappingNode):
                found = next(((k, v) for k, v in node.value if k.value == str(key)), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
                found = (node.value[key],) * 2 if key < len(node.value) else None
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return self._first + line

    def place(self, *keys: object) -> str:
        """Return file and line of a value, as messages begin."""
        return f"{self.name}:{self.line(*keys)}"

    def error(self, problem: str, *keys: object) -> FileError:
        """Return the error that something is wrong with the value at a path of keys."""
        return FileError(self.name, self.line(*keys), problem)


def read_yaml(root: Path, name: str) -> Document:
    """Return the content of a YAML file. Raises FileError."""
    return _parse_yaml(name, read_text(root, name))


def read_front_matter(root: Path, name: str) -> Document | None:
    """Return what stands between the lines `---` at the head of a page; None for a page without."""
    text = read_text(root, name)
    if not text.startswith("---\n"):
        return None
    if not (front := FRONT.match(text)):
        raise FileError(name, 1, "the head is never closed. Write --- on a line of its own.")
    return _parse_yaml(name, front[1], first=1)


def _parse_yaml(name: str, text: str, first: int = 0) -> Document:
    try:
        _refuse_bomb(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            content = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        sign = error.character if isinstance(error.character, str) else chr(error.character)
        line = line_of(text, text.find(sign)) + first
        problem = f"U+{ord(sign):04X} is no character that YAML allows. Remove it."
        raise FileError(name, line, problem) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line + 1, max(1, text.rstrip("\n").count("\n") + 1)) if mark else 1
        raise FileError(name, line + first, _yaml_problem(error, text, line)) from None
    except (RecursionError, ValueError, OverflowError) as error:
        raise FileError(name, 1 + first, f"broken YAML: {error}. Mend it.") from None
    for scalar in _scalars(node):
        refuse_hidden(name, scalar.start_mark.line + 1 + first, scalar.value)
    return Document(name, content, node, first)


def _refuse_bomb(text: str) -> None:
    """Refuse what a few lines would make endless: aliases, and lists in lists in lists."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        problem = ""
        if isinstance(event, yaml.AliasEvent):
            problem = f"*{event.anchor} stands for what &{event.anchor} names. Write it out."
        elif depth > DEEPEST:
            problem = f"more than {DEEPEST} levels. Write it flatter."
        if problem:
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)


def _scalars(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif node is not None:
        for part in node.value:
            for each in part if isinstance(part, tuple) else (part,):
                yield from _scalars(each)


def _yaml_problem(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    said = error.problem or str(error.context)
    if said.endswith("."):
        return said  # our own
    lines = text.split("\n")
    if re.match(r" *\t", lines[line - 1]):
        return "broken YAML: the line begins with a tab. Indent with spaces."
    if "mapping values are not allowed" in said:
        return "broken YAML: a colon within a value. Put the value in quotes."
    return f"broken YAML: {said}. Mend this line or the one before."


# --- JSON -----------------------------------------------------------------------------------------


def read_json(root: Path, name: str) -> tuple[object, str]:
    """Return the content of a JSON file, and its text. Raises FileError."""
    text = read_text(root, name)
    return _parse_json(name, text), text


@functools.lru_cache(maxsize=1)  # the descriptor, which several checks ask for
def _parse_json(name: str, text: str) -> object:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        problem = f"broken JSON: {error.msg}. Mend this line or the one before."
        raise FileError(name, error.lineno, problem) from None
    except (RecursionError, ValueError) as error:
        raise FileError(name, 1, f"broken JSON: {error}. Mend it.") from None
    for line, words in enumerate(text.split("\n"), 1):
        for quoted in JSON_TEXT.findall(words):
            refuse_hidden(name, line, json.loads(quoted))
    return content


def with_lines(name: str, content: object, text: str) -> Document:
    """Return the content of a JSON file with its lines, which it has as YAML."""
    return Document(name, content, yaml.compose(text, Loader=yaml.SafeLoader))


# --- CSV ------------------------------------------------------------------------------------------


def read_csv(root: Path, name: str, columns: list[str] | None = None) -> list[list[str]]:
    """Return the rows of a CSV file, the header first.

    Raises FileError where the quotes do not pair, a row has not as many cells as the header, or
    a column is missing, unknown or named twice.
    """
    text = read_text(root, name)
    if not text.strip():
        raise FileError(name, 1, f"the file is empty. Restore it: git checkout -- {name}")
    reader, rows, line = csv.reader(io.StringIO(text), strict=True), [], 1
    try:
        for row in reader:
            if not rows:
                _check_header(name, row, columns)
            elif len(row) != len(rows[0]):
                problem = f"the row has {len(row)} cells and the header {len(rows[0])}."
                mend = "Quote a cell that holds a comma, and leave no cell out."
                raise FileError(name, line, f"{problem} {mend}")
            rows.append(row)
            line = reader.line_num + 1
    except csv.Error as error:
        mend = "Put a cell with a quotation mark in quotes, and double the mark."
        raise FileError(name, line, f"broken CSV: {error}. {mend}") from None
    return rows


def separator_fault(header: list[str]) -> str:
    """Return what is wrong with a file whose header is one cell of names; nothing if it is not."""
    for sign, word in SEPARATORS.items():
        if len(header) == 1 and sign in header[0]:
            return f"the cells are parted by {word}. Save the file with commas (CSV UTF-8)."
    return ""


def _check_header(name: str, header: list[str], columns: list[str] | None) -> None:
    if problem := separator_fault(header):
        raise FileError(name, 1, problem)
    if twice := next((each for each in header if header.count(each) > 1), ""):
        raise FileError(name, 1, f"the column {twice!r} stands twice. Remove one.")
    if columns is None:
        return
    if missing := [column for column in columns if column not in header]:
        raise FileError(name, 1, f"the column {missing[0]!r} is missing. Give it.")
    if unknown := [column for column in header if column not in columns]:
        raise FileError(name, 1, f"no column is named {unknown[0]!r}. Remove it.")
