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
# what stands first in a directive or a cell and tells how to treat the rest
OPTIONS = r"(?:---\n.*?^---[ \t]*\n|(?:[ \t]*:[\w-]+:[^\n]*\n)*)"
CELL = re.compile(
    r"^(?P<fence>`{3,}|~{3,}|:{3,})\{code-cell\}[^\n]*\n"
    rf"{OPTIONS}(?P<code>.*?)^(?P=fence)[ \t]*$",
    re.S | re.M,
)
FENCE = re.compile(
    r"^ *(?P<fence>`{3,}|~{3,}|:{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^ *(?P=fence)[ \t]*$",
    re.S | re.M,
)
NO_SENTENCES = set(
    "bibliography changes claim-counts claim-lines claim-tiles code code-block formerly hero image"
    " include index ledger literalinclude math omission-lines omissions policy raw small-chart"
    " source-list table-list terms toctree".split()
)
PUBLISHING = ("charts.publish", "charts.small")  # what hands a chart to its page
CAPTIONS = ("caption", "alt")  # the words by which it is given what is said of the chart
# a comment, or text in backticks, which is a role where a name in braces stands before it and
# literal otherwise
COMMENT_OR_TICKS = re.compile(
    r"^%[^\n]*|<!--.*?-->"
    r"|(?P<role>\{[a-z:]+\})?(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)(?P=ticks)(?!`)",
    re.S | re.M,
)
TAG = r"</?[a-zA-Z][^<>]*>"  # a lone < is less than
BIB_ENTRY = re.compile(
    r"^[ \t]*@\s*(?!(?:comment|string|preamble)\b)\w+\s*[{(]\s*([^,\s]+)\s*,", re.M | re.I
)


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


def _read_options(options: re.Match) -> str:
    """Return of the options of a directive what readers get, on its line."""
    return re.sub(
        r"^[ \t]*(?::(\w+):[ \t]*)?([^\n]*)$",
        lambda option: f"{option[2]}." if option[1] in ("alt", "caption") else "",
        options.group(),
        flags=re.M,
    )


def _opened(block: re.Match) -> str:
    """Return what a fenced block prints of sentences: its title, with a stop, and its text."""
    directive = re.match(r"\{([\w:-]+)\}[ \t]*(.*)", block["info"].strip())
    if not directive or directive[1] in NO_SENTENCES:
        return _emptied(block)
    title = (
        f"{directive[2]}." if directive[2] and directive[1] != "figure" else ""
    )  # a figure's is its file
    body = re.sub(rf"\A{OPTIONS}", _read_options, block["body"], count=1, flags=re.S | re.M)
    return f"{title}\n{FENCE.sub(_opened, body)}"


@functools.cache
def shown(path: Path) -> str:
    """Return a page's text with its roles: no front matter, no code, no comment, nothing literal.
    Lines keep their numbers.
    """
    text = re.sub(r"\A---\n.*?\n---\n", _emptied, read(path), flags=re.S)
    text = FENCE.sub(_opened, CELL.sub(_emptied, text))
    return COMMENT_OR_TICKS.sub(
        lambda found: (
            found.group()
            if found["role"]
            else f"`{_emptied(found)}`"
            if found["ticks"]
            else _emptied(found)
        ),
        text,
    )


def prose(path: Path) -> str:
    """Return a page's text as a reader gets it: as `shown`, without tags and targets; of roles with
    words of their own, the words.
    """
    text = re.sub(r"\{[a-z:]+\}`([^`<]+)<[^`<>]*>`", r"\1", shown(path))
    text = re.sub(r"\{gloss\}`([^`]+)`", r"\1", text)
    text = re.sub(TAG, lambda found: " " + _emptied(found), text)
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def plain(text: str) -> str:
    """Return text without its roles: numbers and citations are not words."""
    return re.sub(
        r"\{[a-z:]+\}`[^`]*`|`[^`]*`|[*_]|https?://\S+"
        r"|\b\w+(?:\.\w+)*\.(?:com|csv|hr|json|md|org|pt|py|yml)\b\S*",
        " ",
        text,
    )


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
    """Return the parsed code of a page or module; an empty one where it cannot be parsed, which the
    check of cells and ruff report.
    """
    return _parsed(path) or ast.Module(body=[], type_ignores=[])


@functools.cache
def nodes(path: Path) -> list[ast.AST]:
    """Return all parts of the parsed code of a page or module."""
    return list(ast.walk(tree(path)))


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Give the statements below a part of parsed code, and what holds some. Expressions, most of
    the parts, hold none.
    """
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield child
            yield from statements(child)


@functools.cache
def _parsed(path: Path) -> ast.Module | None:
    try:
        return ast.parse(code(path) if path.suffix == ".md" else read(path))
    except (SyntaxError, ValueError):
        return None


def unparsed() -> list[Path]:
    """Return the pages whose code cannot be parsed: what is not found may be used there."""
    return [path for path in PAGES if _parsed(path) is None]


def calls(path: Path, *names: str) -> Iterator[ast.Call]:
    """Give the calls of functions of these names, such as `charts.publish`."""
    last = "|".join({re.escape(name.rpartition(".")[2]) for name in names})
    if not re.search(rf"\b(?:{last})\b", read(path)):
        return  # parsing takes its time
    yield from (call for name, call in named_calls(path) if name in names)


def charts(path: Path) -> Iterator[tuple[str, int]]:
    """Give the name of each chart that a page publishes, with its line, in their order."""
    for call in sorted(calls(path, *PUBLISHING), key=lambda call: call.lineno):
        if name := next((arg.value for arg in call.args[1:2] if isinstance(arg, ast.Constant)), ""):
            yield str(name), call.lineno


@functools.cache
def named_calls(path: Path) -> list[tuple[str, ast.Call]]:
    """Return every call of a page or module with the name by which its function is called."""
    return [(dotted(node.func), node) for node in nodes(path) if isinstance(node, ast.Call)]


def dotted(function: ast.expr) -> str:
    """Return the name by which a function is called, with one dot at most; an empty text for what
    has none.
    """
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
    """Give what readers read of the tables kept by hand."""
    from ledger.core.config import book

    for table, columns in book().prose_columns.items():
        for line, row in rows(table):
            yield Place(
                f"data/{table}.csv", line, " ".join(row.get(column, "") for column in columns)
            )


def captions() -> Iterator[Place]:
    """Give the captions and alternative texts of charts, with dots for what is computed in them."""
    for path in PAGES:
        yield from captions_of(path)


def captions_of(path: Path) -> Iterator[Place]:
    """Give those of a page's charts."""
    return (place for kind, place in told_of_charts(path) if kind in CAPTIONS)


def labels() -> Iterator[Place]:
    """Give what is written on charts: the texts given to the functions that draw."""
    for path in PAGES:
        yield from (place for kind, place in told_of_charts(path) if kind == "label")


@functools.cache
def told_of_charts(path: Path) -> list[tuple[str, Place]]:
    """Return each text of a page's charts with what it is: "label", or the word by which a chart
    is given it where it is published.
    """
    told = []
    for function, call in named_calls(path):
        if function in PUBLISHING:
            told += [(word.arg, word.value) for word in call.keywords if word.arg in CAPTIONS]
        elif function.startswith("charts."):
            told += [("label", given) for given in call.args]
    return [(kind, Place(name(path), given.lineno, _said(given))) for kind, given in told]


def _said(whole: ast.expr) -> str:
    code = {id(part) for node in ast.walk(whole) for part in _code_in(node)}
    parts = [
        part.value
        for part in ast.walk(whole)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in code
    ]
    return " … ".join(parts)


def _code_in(node: ast.AST) -> Iterator[ast.AST]:
    """Give the parts of an expression whose strings are no words: what stands in an f-string's
    braces, and names of columns.
    """
    if isinstance(node, ast.FormattedValue):
        yield from ast.walk(node)
    elif isinstance(node, ast.Subscript):
        yield from ast.walk(node.slice)
    elif isinstance(node, ast.Call) and _is_of_frame(node.func):
        for given in (*node.args, *(keyword.value for keyword in node.keywords)):
            # what columns are renamed to is words
            keys = given.keys if isinstance(given, ast.Dict) else [given]
            yield from (part for key in keys if key for part in ast.walk(key))


def _is_of_frame(function: ast.expr) -> bool:
    """Tell whether a function is a method of something computed, not of a text or a module."""
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value
    texts = (ast.Constant, ast.JoinedStr)
    return not isinstance(owner, texts) and ast.unparse(owner) not in ("text", "charts", "measures")


def guides() -> Iterator[Place]:
    """Give what is written for authors: README, CONTRIBUTING and their like, docs/."""
    for path in sorted([*ROOT.glob("[A-Z]*.md"), *(ROOT / "docs").glob("*.md")]):
        text = re.sub(r"^ *```.*?^ *```$|^(?: {4,}|\t).*$", _emptied, read(path), flags=re.S | re.M)
        yield Place(
            name(path),
            1,
            re.sub(
                rf"(?s:<!--.*?-->)|{TAG}|(?<=\])\([^)]*\)|\[[^\]]*\]:.*",
                lambda found: " " + _emptied(found),
                text,
            ),
        )


def descriptions() -> Iterator[Place]:
    """Give what the tables' pages say of them, each text with its line."""
    source, at = read(ROOT / "data" / "datapackage.json"), 0
    for resource in descriptor():
        told = [
            resource["title"],
            resource["description"],
            resource["republication"],
            *resource.get("notes", []),
        ]
        told += [
            field.get(part, "")
            for field in resource["schema"]["fields"]
            for part in ("title", "description")
        ]
        start = at = source.index(f'"name": {json.dumps(resource["name"])}', at)
        for each in told:
            where = source.find(json.dumps(each, ensure_ascii=False), start)
            yield Place("data/datapackage.json", line_of(source, max(where, start)), each)


@functools.cache
def descriptor() -> list[dict]:
    """Return what datapackage.json says of each table."""
    return json.loads(read(ROOT / "data" / "datapackage.json"))["resources"]


def everything() -> Iterator[Place]:
    """Give all sentences of the book that people wrote: pages, charts, the tables kept by hand, the
    news of changes, and how to cite the book.
    """
    for path in PAGES:
        yield Place(name(path), 1, prose(path))
    yield from captions()
    yield from labels()
    yield from kept_by_hand()
    news = re.sub(r"^#.*", "", read(ROOT / "data/changes.yml"), flags=re.M)
    # names and hashes of tables are no sentences; their lines stay, for the numbers of the others
    news = re.sub(
        r"^  tables:\n(?:  .*\n)*", lambda block: "\n" * block[0].count("\n"), news, flags=re.M
    )
    yield Place("data/changes.yml", 1, news)
    source = read(ROOT / "CITATION.cff")
    for found in re.finditer(r"^(?:title|abstract):.*\n(?: +.*\n)*", source, re.M):
        yield Place("CITATION.cff", line_of(source, found.start()), found.group())


@functools.cache
def bibliography() -> dict[str, int]:
    """Return the keys of references.bib with their lines."""
    text = read(ROOT / "references.bib")
    return {found[1]: line_of(text, found.start()) for found in BIB_ENTRY.finditer(text)}


@functools.cache
def references() -> dict[str, tuple[int, dict[str, str]]]:
    """Return the line and the fields of each entry of references.bib by its key."""
    source = read(ROOT / "references.bib")
    found = list(BIB_ENTRY.finditer(source))
    ends = [entry.start() for entry in found[1:]] + [len(source)]
    field = re.compile(r"^\s*(\w+) = \{(.*)\},?$", re.M)
    return {
        entry[1]: (
            line_of(source, entry.start()),
            dict(field.findall(source[entry.start() : end])),
        )
        for entry, end in zip(found, ends)
    }


def grades() -> dict[str, str]:
    """Return the grade of each source in references.bib by its key."""
    return {key: fields.get("keywords", "") for key, (_, fields) in references().items()}


def cited() -> Iterator[Place]:
    """Give every key that a page or a table kept by hand cites."""
    from ledger.core.config import book

    for path in PAGES:
        text = shown(path)
        for found in re.finditer(r"\{cite(?::\w+)?\}`([^`]+)`", text):
            for key in found[1].split(","):
                yield Place(name(path), line_of(text, found.start()), key.strip())
    for table in book().prose_columns:
        for line, row in rows(table):
            for key in row.get("sources", "").split(";"):
                if key.strip():
                    yield Place(f"data/{table}.csv", line, key.strip())
