"""Read every file that people write by hand before anything is built from it.

`make check`, the build and the preview call `problems` first, so that a slip is the same line in
all three: `file:line: what is wrong. What to do.` `python -m ledger.core.authored.preflight` prints
them. What the files say of each other's chapters and sections is for `checks/names.py`.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from ledger.core import config, policy, table_files, validation
from ledger.core.authored import characters, descriptors, environment, forms, loaders
from ledger.core.authored.loaders import FileError
from ledger.core.sources import registry
from ledger.core.system import terminal

DESCRIPTOR = "data/datapackage.json"
CITATION = "CITATION.cff"
NAME_LINE = re.compile(r'\s*"name": *"([^"]*)",?')
MADE = ("tables", "claims", "charts")  # folders of the site with pages that the build writes
ENDINGS = (".md", ".ipynb")  # of pages, which _toc.yml may leave out


def problems(root: Path = config.ROOT) -> list[str]:
    """Return a line for each variable and each file of the book that is not as it should be."""
    return [*environment.faults(), *_broken(root)]


def _broken(root: Path) -> Iterator[str]:
    described = _described(root)
    for path in sorted((root / "_static").rglob("*")):  # which Jupyter Book adds to every page
        if not path.is_dir():
            name = path.relative_to(root).as_posix()
            problem = "every page would load it, or a copy be published. Remove it."
            yield str(FileError(name, 1, problem))
    for path in sorted(path for folder in MADE for path in (root / folder).rglob("*.*")):
        problem = "the build makes what is in this folder, and would pass it over. Remove it."
        yield str(FileError(path.relative_to(root).as_posix(), 1, problem))
    for pattern, check in CHECKS.items():
        names = {path.relative_to(root).as_posix() for path in root.glob(pattern)}
        if pattern in NEEDED:
            names.add(pattern)
        elif pattern == TABLES:
            names |= described.keys()
        for name in sorted(names):
            try:
                check(root, name)
                if name in described:
                    _table(root, name, *described[name])
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
        if not any((root / f"{page}{ending}").is_file() for ending in ENDINGS):
            there = [p.with_suffix("").relative_to(root).as_posix() for p in root.glob("*/*.md")]
            close = difflib.get_close_matches(page, there, n=1)
            mend = f"Did you mean {close[0]}?" if close else "Write the page, or remove the entry."
            raise document.error(f"there is no page {page}. {mend}", *keys)
    for keys, address in _entries(document.content, named=("url",)):
        if why := characters.link_fault(str(address), within=False):
            raise document.error(f"{why}. Or name a page: `- file: chapters/name`.", *keys)
    titles: set[str] = set()
    for keys, title in _entries(document.content, named=("title",)):
        if not str(title).strip() or title in titles:
            said = f"{title!r} stands twice" if str(title).strip() else "is blank"
            raise document.error(f"the title {said}. Name each page as nothing else.", *keys)
        titles.add(str(title))
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
    config.read_book(root)


def _policy(root: Path, name: str) -> None:
    policy.read_policy(root / "data")


def _sources(root: Path, name: str) -> None:
    registry.sources(root / name)


# --- bibliography ---------------------------------------------------------------------------------


def _bibliography(root: Path, name: str) -> None:
    """Check the bibliography, unless the same text has passed: it takes a third of all checks."""
    rules = [Path(module.__file__).read_bytes() for module in (sys.modules[__name__], loaders)]
    parser = version("pybtex").encode()
    text = loaders.read_text(root, name).encode()
    validation.cached_check(lambda: _check_bibliography(root, name), text, parser, *rules)


def _check_bibliography(root: Path, name: str) -> None:
    for key, entry in loaders.read_bibliography(root, name).items():
        if problem := _entry_problem(key, entry):
            raise FileError(name, entry.line, problem)


def _entry_problem(key: str, entry: loaders.Entry) -> str:
    from pybtex.bibtex.utils import split_name_list
    from pybtex.database import Person
    from pybtex.exceptions import PybtexError

    for field in ("title", "keywords"):
        if not entry.fields.get(field, "").strip(" {}"):
            what = "the grade of the source" if field == "keywords" else "it"
            return f"{key} has no {field}. Give {what} there."
    day, year = entry.fields.get("urldate"), entry.fields.get("year")
    if day is not None and not loaders.is_day(day):
        return f"{key}: urldate {day!r} is no date. Write a day of the calendar, as 2026-11-28."
    if day is not None and day > str(loaders.today()):
        return f"{key}: urldate {day} is still to come. Give the day on which the page was seen."
    if year is not None and not re.fullmatch(r"[0-9]{3,4}|n\.d\.", year):
        return f"{key}: year {year!r} is no year. Write it in figures, or n.d."
    if wrong := _link_fault(entry.fields):
        return f"{key}: {wrong}."
    try:
        for role in ("author", "editor"):
            for person in split_name_list(entry.fields.get(role, "")):
                Person(person)
                if ";" in re.sub(r"\{.*?\}", "", person):
                    return f"{key}: {role}s are parted by semicolons. Part them by and."
    except PybtexError as error:
        return f"{key}: {error}. Part persons by and, and put an institution in double braces."
    return _style_problem(key, entry) if entry.kind != "misc" else ""


def _link_fault(fields: dict[str, str]) -> str:
    """Return why a link of an entry, its url or one by a command of LaTeX, is refused."""
    links = re.findall(r"\\(?:url|href)\s*\{\s*([^}]*)", " ".join(fields.values()))
    links += [fields["url"]] if "url" in fields else []
    return next(filter(None, (characters.link_fault(link, within=False) for link in links)), "")


def _style_problem(key: str, entry: loaders.Entry) -> str:
    """Say what an entry lacks that its type must have; @misc has no such field."""
    from pybtex.database import parse_string
    from pybtex.style.formatting.alpha import Style
    from pybtex.style.template import FieldIsMissing

    fields = ",".join(f"{name} = {{{text}}}" for name, text in entry.fields.items())
    try:
        for parsed in parse_string(f"@{entry.kind}{{{key}, {fields}}}", "bibtex").entries.values():
            Style().format_entry("", parsed)
    except FieldIsMissing as error:
        return f"{key}: {str(error).partition(' in ')[0]}. Give it, or make it a @misc."
    except AttributeError:
        return f"{key}: there is no type @{entry.kind}. Write @misc, @article or @book."
    return ""


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
    loaders.read_csv(root, name, LISTS.get(name))


def _words(root: Path, name: str) -> None:
    loaders.read_text(root, name)


LISTS = {
    "checks/typed_numbers.csv": ["page", "number", "reason"],
    "checks/sentences.csv": ["page", "begins", "reason"],
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
    TABLES: _words,  # and `_table`
    "index.md": _page,
    "chapters/*.md": _page,
    "checks/*.csv": _list,
    "checks/*.txt": _words,
}
NEEDED = ("book.yml", "_config.yml", "_toc.yml", CITATION, "references.bib", DESCRIPTOR)


def main() -> int:
    """Print what is wrong on standard error, and return how the process ends."""
    found = problems()
    print("".join(f"{line}\n" for line in found), end="", file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(terminal.run(main))
