"""Starting a chapter and starting a table: files that build as they are, for an author to go on from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from ledger.core import tables
from ledger.core.config import ROOT, book
from ledger.core.files import exclusive_lock, recover, replace_files
from ledger.upkeep import importer
from ledger.upkeep.rebuild import format_rows
from ledger.upkeep.table_diff import parse_rows

CLAIMS = "chapters/claims"  # a new chapter stands before it, after the last one of a domain
OTHER_PAGES = ("404", "index", "search")  # of the site, beside those of _toc.yml and of the tables
RESERVED = re.compile(
    r"con|prn|aux|nul|(com|lpt)[0-9]"
)  # names that Windows gives to no file, whatever its ending
LONGEST = 50  # characters of an address; Jupyter Book 2 cuts off the rest
CHAPTER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
# TITLE

This chapter is begun and not yet written: its chart, its number and its claim hold the places of those to come.

```{code-cell} ipython3
from ledger import charts, numbers
from ledger.core.tables import load

gdp = load("gdp").pivot(index="year", columns="country", values="gdp_usd")[["RUS", "IRN"]] / 1e9
gdp = gdp.rename(columns={"RUS": "Russia", "IRN": "Iran"}).rename_axis(columns=None)
times = (gdp["Russia"] / gdp["Iran"]).dropna()
numbers.put("NAME-first-number", times.iloc[-1], "{:.1f}", table="gdp", unit="times")
```

## In short

- In the last year that the World Bank gives for both, Russia's output was {num}`NAME-first-number` times that of Iran ({numref}`NAME-first-chart`). The chapter's own findings go here, each with a number that a cell computes.

## What the data show

The chart of the chapter's own table goes here, with a caption that states the finding and a sentence for those who cannot see it.

```{code-cell} ipython3
ax = charts.lines(gdp, "US$ billion")
charts.publish(
    ax, "NAME-first-chart", table="gdp", data=gdp,
    caption=f"Russia's output was {times.iloc[-1]:.1f} times that of Iran in {times.index[-1]}, and at least {times.min():.1f} times in each year since {times.index[0]} that has figures for both.",
    alt="Two lines over the years: Russia's rises steeply in the first decade of the century and swings after it; Iran's stays below it throughout.",
)
```

## What the article says

The article announces a breakdown in its title {cite}`baghai2023`. {claim}`C01`
The claims that this chapter tests go here, each with the evidence for its verdict.
"""


class NotStarted(ValueError):
    """A chapter or a table that was not started: says what is in the way and what to do. Nothing was written."""


def chapter(name: str, title: str, root: Path = ROOT) -> str:
    """Write chapters/`name`.md with one chart, one number and one claim, enter it in _toc.yml, and return what was done and comes next.

    Both files are written or none. Raises NotStarted for a name that is taken or cannot be an address or a file, and for a title that is
    taken or cannot be printed.
    """
    recover(root / "chapters")  # what an earlier start that was killed had decided
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise NotStarted(
            f"chapter {name!r}: a name is lower-case letters, digits and single hyphens, and begins with a letter, for it becomes the page's address"
            '\n  make chapter NAME=migration TITLE="Migration between the two"'
        )
    _can_be_file("chapter", name)
    title = " ".join(title.split())
    if not title:
        raise NotStarted(
            f'chapter {name!r}: it has no title\n  make chapter NAME={name} TITLE="The title as readers see it"'
        )
    if not title.isprintable() or set(title) & set("\\{}"):
        raise NotStarted(
            f"chapter {name!r}: the title {title!r} has a brace, a backslash or a character that is not seen, which citations cannot hold"
        )
    toc = _read(root / "_toc.yml")
    if taken := _pages(toc, root).get(name):
        raise NotStarted(
            f"chapter {name!r}: the name is taken by {taken}; choose another, for a page's name is used once in the book"
        )
    for path in [root / "index.md", *sorted((root / "chapters").glob("*.md"))]:
        if path.is_file() and title.casefold() in (
            _plain(line).casefold() for line in _read(path).splitlines() if line.startswith("# ")
        ):
            raise NotStarted(
                f"chapter {name!r}: the title {title!r} is that of {path.relative_to(root).as_posix()}; choose another, for readers tell pages apart by it"
            )
    entry = re.search(rf"^(\s*- file: ){CLAIMS}[ \t]*(\r?\n)", toc, re.M)
    if not entry:
        raise NotStarted(
            f"_toc.yml has no line '- file: {CLAIMS}', before which a new chapter is entered: put it there again"
        )
    page = CHAPTER.replace("NAME", name).replace(
        "TITLE", re.sub(r"([*_`\[\]<>&#$|~^])", r"\\\1", title), 1
    )
    toc = toc[: entry.start()] + f"{entry[1]}chapters/{name}{entry[2]}" + toc[entry.start() :]
    replace_files(root / "chapters", {f"{name}.md": page, "../_toc.yml": toc})
    return "\n".join(
        [
            f"chapters/{name}.md is written, and entered in _toc.yml before {CLAIMS}. It builds as it is.",
            "Next:",
            f"  1. make live, and put the chapter's own in place of the chart {name}-first-chart, the number {name}-first-number and the claim C01.",
            f"  2. If claims or omissions belong to it: add {name!r} to the values that data/datapackage.json allows for their column chapter,",
            "     write it into their rows, and run: python -m ledger accept claims",
            "  3. make check, and mend what it names.",
        ]
    )


def table(name: str, csv_file: Path, root: Path = ROOT) -> str:
    """Start table `name` from a CSV: write a form beside it, or, once that is filled in, the table.

    Table and descriptor are written together or not at all; returns what was done and comes next.

    Raises
    ------
    NotStarted
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
    country_table = book().country_table
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
            raise NotStarted(f"table {name!r} was started meanwhile")
        package["resources"].append(resource)
        tables.set_hash(resource, text)
        tables.check_package(tables.to_json(package).encode())
        tables.check_text(name, text, resource, data)
        text = format_rows(parse_rows(text), resource)
        tables.set_hash(resource, text)
        texts = {resource["path"]: text, "datapackage.json": tables.to_json(package)}
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
        raise NotStarted(
            f"table {name!r}: a name is lower-case letters, digits and single underscores, and "
            "begins with a letter\n  make table NAME=ferry_traffic CSV=path/to.csv"
        )
    _can_be_file("table", name)
    if not str(csv_file).strip() or csv_file == Path():
        hint = f"make table NAME={name} CSV=path/to.csv"
        raise NotStarted(f"table {name!r}: it needs a CSV to start from\n  {hint}")
    if name in tables.names(data):
        hint = f"To change it: edit data/{name}.csv, then run python -m ledger accept {name}"
        raise NotStarted(f"table {name!r} is there already\n  {hint}")
    if taken := _pages(_read(root / "_toc.yml"), root).get(Path(tables.page_path(name)).name):
        raise NotStarted(f"table {name!r}: its page would have the name of {taken}; choose another")
    if (data / f"{name}.csv").exists() or csv_file.resolve().parent == data.resolve():
        raise NotStarted(
            f"table {name!r}: data/ holds only tables that are described; "
            "move the CSV elsewhere and start from there"
        )


def _can_be_file(kind: str, name: str) -> None:
    if RESERVED.fullmatch(name):
        raise NotStarted(
            f"{kind} {name!r}: Windows can have no file of that name, so that the book could not "
            "be copied there; choose another"
        )
    if len(name) > LONGEST:
        raise NotStarted(
            f"{kind} {name!r}: the name has {len(name)} characters, and an address at most "
            f"{LONGEST}; choose a shorter one"
        )


def _plain(heading: str) -> str:
    """Return the title that a line of Markdown is the heading for."""
    return " ".join(re.sub(r"\\([\W_])", r"\1", heading.removeprefix("# ")).split())


def _read(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:  # its line ends stay as they are
        return file.read()


def _pages(toc: str, root: Path) -> dict[str, str]:
    """Return what has each name, by the last part of the address, which is all that Jupyter Book 2 makes an address of."""
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
