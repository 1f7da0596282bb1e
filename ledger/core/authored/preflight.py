"""Read every file that people write by hand before anything is built from it.

`make check`, the build and the preview call `problems` first, so that a slip is the same line in
all three: `file:line: what is wrong. What to do.` `python -m ledger.core.authored.preflight` prints
them. What the files say of each other's chapters and sections is for `checks/names.py`.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from ledger.core import config, policy, table_files, validation
from ledger.core.authored import (
    bibliography,
    characters,
    days,
    descriptors,
    environment,
    forms,
    loaders,
)
from ledger.core.authored.loaders import FileError
from ledger.core.sources import registry
from ledger.core.system import terminal

DESCRIPTOR = "data/datapackage.json"
CITATION = "CITATION.cff"
NAME_LINE = re.compile(r'\s*"name": *"([^"]*)",?')
MADE = ("tables", "claims", "charts")  # folders of the site with pages that the build writes
PAGE = re.compile(r"(?!\.)[^/\\]+(/(?!\.)[^/\\]+)*")  # a path without detours
ENDINGS = (".md", ".ipynb")  # of pages, which _toc.yml may leave out


def problems(root: Path = config.ROOT, *, pages_only: bool = False) -> list[str]:
    """Return a line for each variable and each file of the book that is not as it should be.

    `pages_only`: the other files are as they were when they passed.
    """
    checks = {pattern: check for pattern, check in CHECKS.items() if check is _page}
    return [*environment.faults(), *_broken(root, checks if pages_only else CHECKS)]


def _broken(root: Path, checks: dict[str, Callable[[Path, str], None]]) -> Iterator[str]:
    described = _described(root) if TABLES in checks else {}
    for path in sorted((root / "_static").rglob("*")):  # which Jupyter Book adds to every page
        if not path.is_dir():
            name = path.relative_to(root).as_posix()
            problem = "every page would load it, or a copy be published. Remove it."
            yield str(FileError(name, 1, problem))
    for path in sorted(path for folder in MADE for path in (root / folder).rglob("*.*")):
        problem = "the build makes what is in this folder, and would pass it over. Remove it."
        yield str(FileError(path.relative_to(root).as_posix(), 1, problem))
    for pattern, check in checks.items():
        names = {path.relative_to(root).as_posix() for path in root.glob(pattern)}
        if pattern in NEEDED or (root / pattern).is_symlink():  # one that leads nowhere too
            names.add(pattern)
        elif pattern == TABLES:
            names |= described.keys()
        for name in sorted(names):
            try:
                if name in described:
                    _table(root, name, *described[name])
                else:
                    check(root, name)
            except FileError as error:
                yield str(error)


# --- pages ----------------------------------------------------------------------------------------


def _toc(root: Path, name: str) -> None:
    """Check the form of `_toc.yml` and that each page that it names is there, once."""
    from sphinx_external_toc.parsing import MalformedError, parse_toc_data

    document = loaders.read_yaml(root, name)
    seen: dict[str, int] = {}
    for keys, page in _entries(document.content):
        if not isinstance(page, str):
            raise document.error(f"{page!r} is no page. Write its path, as chapters/name.", *keys)
        page, line = re.sub(r"\.(md|ipynb)$", "", page), document.line(*keys)
        if page in seen:
            problem = f"{page} stands twice, first on line {seen[page]}. Remove one."
            raise document.error(problem, *keys)
        seen[page] = line
        if not PAGE.fullmatch(page):
            problem = f"{page[:60]!r} is no page. Write its path from here, as chapters/name."
            raise document.error(problem, *keys)
        if not any(os.path.lexists(root / f"{page}{ending}") for ending in ENDINGS):
            there = [p.with_suffix("").relative_to(root).as_posix() for p in root.glob("*/*.md")]
            close = difflib.get_close_matches(page, there, n=1)
            mend = f"Did you mean {close[0]}?" if close else "Write the page, or remove the entry."
            raise document.error(f"there is no page {page}. {mend}", *keys)
    for keys, address in _entries(document.content, named=("url",)):
        if why := characters.link_fault(str(address), within=False):
            raise document.error(f"{why}. Or name a page: `- file: chapters/name`.", *keys)
    _titles(document)
    try:
        parse_toc_data(document.content)
    except MalformedError as error:
        said, _, path = str(error).partition(" @ ")
        keys = [int(key) if key.isdigit() else key for key in path.strip("'/ ").split("/") if key]
        if unknown := re.match(r"Unknown keys found: \{'(.+?)'.*?, allowed: \{(.*)\}", said):
            known = ", ".join(sorted(unknown[2].replace("'", "").split(", ")))
            problem = f"{unknown[1]} is an unknown key. Known are {known}."
            raise document.error(problem, *keys, unknown[1]) from None
        mend = "Write an entry as `- file: chapters/name`."
        raise document.error(f"{said}. {mend}", *keys) from None


def _titles(document: loaders.Document) -> None:
    """Raise FileError for a page's title that is blank, has markup or stands twice."""
    titles: set[str] = set()
    for keys, title in _entries(document.content, named=("title",)):
        if len(str(title)) > 250 or "<" in str(title):
            problem = "the title has markup, or over 250 characters. Write a few plain words."
            raise document.error(problem, *keys)
        if not str(title).strip() or title in titles:
            said = f"{title!r} stands twice" if str(title).strip() else "is blank"
            raise document.error(f"the title {said}. Name each page as nothing else.", *keys)
        titles.add(str(title))


def _entries(
    content: object, keys: tuple = (), named: tuple = ("root", "file")
) -> Iterator[tuple[tuple, object]]:
    """Give the pages that a table of contents names, each with its path of keys."""
    parts = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    for key, value in parts:
        if key in named:
            yield (*keys, key), value
        else:
            yield from _entries(value, (*keys, key), named)


def _page(root: Path, name: str) -> None:
    head = loaders.read_front_matter(root, name)
    if head and not isinstance(head.content, dict):
        raise head.error("the head must hold keys with values. Copy it from another page.")
    if not loaders.FRONT.sub("", loaders.read_text(root, name)).strip():
        raise FileError(name, 1, f"the page is empty. Restore it: git checkout -- {name}")


# --- settings, record of changes, sources ---------------------------------------------------------


def _form(schema: Callable[[], dict]) -> Callable[[Path, str], None]:
    def check(root: Path, name: str) -> None:
        forms.check(loaders.read_yaml(root, name), schema())

    return check


def _settings(root: Path, name: str) -> None:
    """Check the form of `_config.yml`, and that the book has one title and the same authors.

    Pages and the EPUB's catalogue have those of `_config.yml`, citations and the title page those
    of CITATION.cff.
    """
    _form(forms.settings)(root, name)
    settings = loaders.read_yaml(root, name)
    try:
        citation = loaders.read_yaml(root, CITATION)
        forms.check(citation, forms.CITATION)
    except FileError:
        return  # its own check says so
    cited = citation.content
    names = {
        "title": cited["title"].partition(": ")[0],
        "author": ", ".join(author["name"] for author in cited["authors"]),
    }
    for key, wanted in names.items():
        if (given := settings.content[key]) != wanted:
            problem = f"{key} is {given!r}, and in {CITATION} {wanted!r}. Make them the same."
            raise settings.error(problem, key)


def _book(root: Path, name: str) -> None:
    if config.read_book(root).evidence_until > str(days.today())[:7]:
        problem = "evidence_until is a month to come. Give that of the last search for evidence."
        raise loaders.read_yaml(root, name).error(problem, "evidence_until")


def _policy(root: Path, name: str) -> None:
    policy.read_policy(root / "data")


def _sources(root: Path, name: str) -> None:
    document = loaders.read_yaml(root, name)
    for key in document.content if isinstance(document.content, dict) else ():
        if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", str(key)):
            problem = f"{key!r} is no name of a source. Write small letters, figures, hyphens."
            raise document.error(problem, key)
    registry.sources(root / name)


# --- bibliography ---------------------------------------------------------------------------------


def _bibliography(root: Path, name: str) -> None:
    """Check the bibliography, unless the same text has passed: it takes a third of all checks."""
    rules = [Path(module.__file__).read_bytes() for module in (bibliography, days, loaders)]
    parser = version("pybtex").encode()
    text = loaders.read_text(root, name).encode()
    validation.cached_check(lambda: bibliography.check(root, name), text, parser, *rules)


# --- tables and lists -----------------------------------------------------------------------------


def _descriptor(root: Path, name: str) -> None:
    content, text = loaders.read_json(root, name)
    resources = content.get("resources") if isinstance(content, dict) else None
    entries = [each for each in resources or () if isinstance(each, dict)]
    names = [str(each.get("name")) for each in entries]
    places = _lines_of_names(text)
    for entry, table in zip(entries, names):
        lines = places.get(table)
        if names.count(table) > 1:
            problem = f"the table {table} stands twice. Remove one entry."
            raise FileError(name, lines[-1] if lines else 1, problem)
        if missing := next((part for part in descriptors.PARTS if not entry.get(part)), ""):
            problem = f"table {table} has no {missing!r}. Give it."
            raise FileError(name, lines[0] if lines else 1, problem)
    _check_keys(name, content, text)
    _check_addresses(name, text, entries)
    raw = (root / name).read_bytes()
    try:
        validation.cached_check(lambda: descriptors.check_descriptor(raw), raw)
    except table_files.TableError as error:
        raise _descriptor_error(name, text, error) from None


def _check_keys(name: str, content: object, text: str) -> None:
    """Raise FileError for a key of the descriptor that nothing reads, or an unfit value."""
    try:
        forms.check(loaders.Document(name, content, None), forms.DESCRIPTOR)
    except FileError:  # to find its line takes a second
        forms.check(loaders.with_lines(name, content, text), forms.DESCRIPTOR)


def _check_addresses(name: str, text: str, entries: list[dict]) -> None:
    """Raise FileError for a source or a licence of a table that links to no page."""
    for part in ("sources", "licenses"):
        listed = [
            each for entry in entries if isinstance(entry[part], list) for each in entry[part]
        ]
        for path in (each.get("path", "") for each in listed if isinstance(each, dict)):
            if why := characters.link_fault(str(path)):
                at = text.find(json.dumps(path, ensure_ascii=False))
                raise FileError(name, loaders.line_of(text, max(at, 0)), f"{why}.")


def _lines_of_names(text: str) -> dict[str, list[int]]:
    """Return the lines of a descriptor's text that give each name, to a table or to a column."""
    places: dict[str, list[int]] = {}
    for line, words in enumerate(text.split("\n"), 1):
        if named := NAME_LINE.fullmatch(words):
            places.setdefault(named[1], []).append(line)
    return places


def _descriptor_error(name: str, text: str, error: table_files.TableError) -> FileError:
    """Return what is wrong with the descriptor, with the line of the table that it concerns."""
    said = " ".join(error.rule.split()).rstrip(".")
    entry = re.search(r"in the entry (\w+)", said)
    table = entry[1] if entry else error.table
    line = _lines_of_names(text).get(table, [0])[0]
    where = f"table {table}: " if line and not entry else ""
    column = f"column {error.column}: " if error.column else ""
    return FileError(name, max(line, 1), f"{where}{column}{said}.")


def _described(root: Path) -> dict[str, tuple[list[str], str]]:
    """Return columns and hash of each table that the descriptor names; {} where it is broken."""
    try:
        content, _ = loaders.read_json(root, DESCRIPTOR)
        tables = {
            f"data/{each['name']}.csv": (
                [field["name"] for field in each["schema"]["fields"]],
                each["hash"],
            )
            for each in content["resources"]
            if re.fullmatch("[a-z0-9_]+", each["name"])
        }
        return tables if len(tables) == len(content["resources"]) else {}
    except (FileError, KeyError, TypeError, AttributeError):
        return {}  # `_descriptor` says what is wrong


def _table(root: Path, name: str, columns: list[str], accepted: str) -> None:
    """Check the form of a table that is not as it was accepted."""
    if table_files.content_hash(loaders.read_text(root, name)) != accepted:
        loaders.read_csv(root, name, columns)


def _list(root: Path, name: str) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for line, row in enumerate(loaders.read_csv(root, name, LISTS.get(name)), 1):
        loaders.refuse_hidden(name, line, " ".join(row))
        if before := seen.get(key := tuple(row[:2])):
            problem = f"{', '.join(key)} stands twice, first on line {before}. Remove one."
            raise FileError(name, line, problem)
        seen[key] = line


def _words(root: Path, name: str) -> None:
    loaders.read_text(root, name)


def _lines(root: Path, name: str) -> None:
    for line, words in enumerate(loaders.read_text(root, name).split("\n"), 1):
        loaders.refuse_hidden(name, line, words)


LISTS = {
    "checks/typed_numbers.csv": ["page", "number", "reason"],
    "checks/sentences.csv": ["page", "begins", "reason"],
    "tests/book/search_queries.csv": ["query", "page", "section"],
}
# files → what reads them; the content of a table's cells is for `load`
TABLES = "data/*.csv"
CHECKS: dict[str, Callable[[Path, str], None]] = {
    "book.yml": _book,
    "_config.yml": _settings,
    "_toc.yml": _toc,
    CITATION: _form(lambda: forms.CITATION),
    "references.bib": _bibliography,
    "data/changes.yml": _form(lambda: forms.CHANGES),
    "data/sources.yml": _sources,
    "data/policy.yml": _policy,
    DESCRIPTOR: _descriptor,
    TABLES: _words,  # of those that are described `_table`
    "index.md": _page,
    "chapters/*.md": _page,
    "checks/*.csv": _list,
    "tests/book/*.csv": _list,
    "checks/*.txt": _lines,
}
NEEDED = ("book.yml", "_config.yml", "_toc.yml", CITATION, "references.bib", DESCRIPTOR)


def main() -> int:
    """Print what is wrong on standard error, and return how the process ends."""
    found = problems()
    print("".join(f"{line}\n" for line in found), end="", file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(terminal.run(main))
