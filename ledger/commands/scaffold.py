"""Scaffold a chapter or a table: files that build as they are, for an author to go on from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from ledger.core import config, table_files, tables
from ledger.core.authored import descriptors
from ledger.core.config import ROOT
from ledger.core.files import exclusive_lock, recover, replace_files
from ledger.upkeep import importer
from ledger.upkeep.rebuild import format_rows
from ledger.upkeep.revisions import parse_rows

OTHER_PAGES = ("404", "index", "search")  # of the site, beside those of _toc.yml and of the tables
RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")  # no names of files on Windows
MAX_NAME = 50  # characters of an address; Jupyter Book 2 cuts off the rest


class ScaffoldError(ValueError):
    """A chapter or a table that was not started: names the obstacle and what to do.

    Nothing was written.
    """


def chapter(name: str, title: str, root: Path = ROOT) -> str:
    """Write chapters/`name`.md from the book's template, enter it in _toc.yml, say what comes next.

    Both files are written or none. Raises ScaffoldError for a name that is taken or cannot be an
    address or a file, and for a title that is taken or cannot be printed.
    """
    recover(root / "chapters")  # from an earlier run that was killed
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise ScaffoldError(
            f"chapter {name!r}: a name is lower-case letters, digits and single hyphens, and "
            "begins "
            "with a letter, for it becomes the page's address"
            '\n  make chapter NAME=migration TITLE="Migration between the two"'
        )
    _check_file_name("chapter", name)
    title = _checked_title(name, title)
    toc = _read(root / "_toc.yml")
    if taken := _names_in_use(toc, root).get(name):
        raise ScaffoldError(
            f"chapter {name!r}: the name is taken by {taken}; choose another, for a page's name is "
            "used once in the book"
        )
    _check_title_is_free(name, title, root)
    claims = config.book(root).claims_page  # a new chapter stands before it
    entry = re.search(rf"^(\s*- file: ){claims}[ \t]*(\r?\n)", toc, re.M)
    if not entry:
        raise ScaffoldError(
            f"_toc.yml has no line '- file: {claims}', before which a new chapter is entered: "
            "put it there again"
        )
    template = _read(root / config.book(root).chapter_template)
    escaped = re.sub(r"([*_`\[\]<>&#$|~^])", r"\\\1", title)
    page = template.replace("NAME", name).replace("TITLE", escaped, 1)
    toc = toc[: entry.start()] + f"{entry[1]}chapters/{name}{entry[2]}" + toc[entry.start() :]
    replace_files(root / "chapters", {f"{name}.md": page, "../_toc.yml": toc})
    return _after_chapter(name, claims)


def _after_chapter(name: str, claims: str) -> str:
    return "\n".join(
        [
            f"chapters/{name}.md is written, and entered in _toc.yml before {claims}. "
            "It builds as it is.",
            "Next:",
            f"  1. make preview, and replace the chart {name}-first-chart, the number first-number "
            "and the claim.",
            f"  2. If claims or omissions belong to it: add {name!r} to the values that "
            "data/datapackage.json allows for their column chapter, and for domain of claims,",
            "     write it into their rows, and run: python -m ledger accept claims",
            "  3. make check, and fix what it names.",
        ]
    )


def _checked_title(name: str, title: str) -> str:
    """Return the title in one line. Raises ScaffoldError."""
    title = " ".join(title.split())
    if not title:
        command = f'make chapter NAME={name} TITLE="The title as readers see it"'
        raise ScaffoldError(f"chapter {name!r}: it has no title\n  {command}")
    if not title.isprintable() or set(title) & set("\\{}"):
        raise ScaffoldError(
            f"chapter {name!r}: the title {title!r} has a brace, a backslash or an invisible "
            "character, which citations cannot hold"
        )
    return title


def _check_title_is_free(name: str, title: str, root: Path) -> None:
    for path in [root / "index.md", *sorted((root / "chapters").glob("*.md"))]:
        lines = _read(path).splitlines() if path.is_file() else []
        titles = {_title(line).casefold() for line in lines if line.startswith("# ")}
        if title.casefold() in titles:
            page = path.relative_to(root).as_posix()
            raise ScaffoldError(
                f"chapter {name!r}: the title {title!r} is that of {page}; choose another, for "
                "readers tell pages apart by it"
            )


def table(name: str, csv_file: Path, root: Path = ROOT) -> str:
    """Start table `name` from a CSV: write a form beside it, or, once that is filled in, the table.

    Table and descriptor are written together or not at all; returns what was done and comes next.

    Raises
    ------
    ScaffoldError
        The name is taken, or cannot be one.
    importer.CsvError
        The CSV cannot be read with certainty.
    importer.MetadataError
        The form has blanks or malformed answers; names them all.
    tables.TableError
        Descriptor or rows break a rule of tables.
    """
    data = root / "data"
    _check_table(name, csv_file, root)
    content = importer.read_csv(csv_file)
    form = csv_file.with_name(f"{name}.yml")
    country_table = config.book(root).country_table
    if not form.exists():
        codes = {row["iso3"] for row in tables.read_rows(country_table, data)}
        draft = importer.draft_metadata(name, csv_file, content, country_table, codes)
        replace_files(form.parent, {form.name: draft})
        return (
            f"{form} is written: what the {len(content.rows):,} rows show is filled in, "
            "the rest is blank.\n"
            "Next: fill in every blank, then run the same command again. Nothing is in data/ yet."
        )
    resource, text = importer.build_table(name, form, content)
    with exclusive_lock(data):
        package = tables.descriptor(data)
        if name in tables.names(data):
            raise ScaffoldError(f"table {name!r} was started meanwhile")
        package["resources"].append(resource)
        table_files.set_hash(resource, text)
        descriptors.check_descriptor(table_files.to_json(package).encode())
        tables.check_text(text, resource, data)
        text = format_rows(parse_rows(text), resource)
        table_files.set_hash(resource, text)
        texts = {resource["path"]: text, "datapackage.json": table_files.to_json(package)}
        replace_files(data, texts)
    return "\n".join(
        [
            f"data/{name}.csv is written, {resource['rows']:,} rows, with its entry in "
            "data/datapackage.json.",
            "Next:",
            f'  1. Use it in a chapter: load("{name}"). A table that nothing uses is refused.',
            f"  2. make book, and read its page, {tables.page_path(name)}.html, as a stranger.",
            f"  3. make check. From now on edit data/{name}.csv itself, and run: "
            f"python -m ledger accept {name}. {form.name} has done its work and can go.",
        ]
    )


def _check_table(name: str, csv_file: Path, root: Path) -> None:
    """Refuse a table whose name is taken or cannot be one, or whose CSV is in data/ already."""
    data = root / "data"
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise ScaffoldError(
            f"table {name!r}: a name is lower-case letters, digits and single underscores, and "
            "begins with a letter\n  make table NAME=ferry_traffic CSV=path/to.csv"
        )
    _check_file_name("table", name)
    if not str(csv_file).strip() or csv_file == Path():
        hint = f"make table NAME={name} CSV=path/to.csv"
        raise ScaffoldError(f"table {name!r}: it needs a CSV to start from\n  {hint}")
    if name in tables.names(data):
        hint = f"To change it: edit data/{name}.csv, then run python -m ledger accept {name}"
        raise ScaffoldError(f"table {name!r} is there already\n  {hint}")
    if taken := _names_in_use(_read(root / "_toc.yml"), root).get(
        Path(tables.page_path(name)).name
    ):
        raise ScaffoldError(
            f"table {name!r}: its page would have the name of {taken}; choose another"
        )
    if (data / f"{name}.csv").exists() or csv_file.resolve().parent == data.resolve():
        raise ScaffoldError(
            f"table {name!r}: data/ holds only tables that are described; "
            "move the CSV elsewhere and start from there"
        )


def _check_file_name(kind: str, name: str) -> None:
    if RESERVED.fullmatch(name):
        raise ScaffoldError(
            f"{kind} {name!r}: Windows can have no file of that name, so that the book could not "
            "be copied there; choose another"
        )
    if len(name) > MAX_NAME:
        raise ScaffoldError(
            f"{kind} {name!r}: the name has {len(name)} characters, and an address at most "
            f"{MAX_NAME}; choose a shorter one"
        )


def _title(heading: str) -> str:
    """Return the title that a line of Markdown is the heading for."""
    return " ".join(re.sub(r"\\([\W_])", r"\1", heading.removeprefix("# ")).split())


def _read(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:  # its line ends stay as they are
        return file.read()


def _names_in_use(toc: str, root: Path) -> dict[str, str]:
    """Return what has each name, by the last part of the address, which is all that Jupyter Book 2
    makes an address of.
    """
    files = re.findall(r'"file": "([^"]+)"', json.dumps(yaml.safe_load(toc), ensure_ascii=False))
    found = {name: f"the site's page {name}" for name in OTHER_PAGES}
    found |= {
        Path(tables.page_path(each)).name: f"the table {each}"
        for each in tables.names(root / "data")
    }
    return found | {
        Path(file).stem: f"{file}.md"
        for file in [
            *files,
            *(f"chapters/{path.stem}" for path in (root / "chapters").glob("*.md")),
        ]
    }
