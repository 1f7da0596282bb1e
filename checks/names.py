"""What stands under a name in one file and is named in others: chapters, sections, addresses.

Renaming a chapter or a section names every place that must follow, and the old address leads on.
"""

from __future__ import annotations

import difflib
import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from docutils.nodes import make_id

from checks import text
from ledger.core import config
from ledger.core.authored import loaders

CHAPTERS = "chapters/"
HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*$", re.M)
LABEL = re.compile(r"^\(([^)\n]+)\)=[ \t]*$", re.M)
FORMERLY = re.compile(r"^(`{3,}|:{3,})\{formerly\}(.*?)^\1[ \t]*$", re.M | re.S)
INCLUDED = re.compile(r"^(?:`{3,}|:{3,})\{include\}[ \t]*(\S+)", re.M)
# tables whose rows name a chapter, and lists of checks whose rows name a page's file
OF_A_CHAPTER = ("claims", "omissions")
OF_A_PAGE = ("checks/typed_numbers.csv", "checks/sentences.csv")


def follow() -> Iterator[str]:
    """Every page has an entry in _toc.yml; what files say of chapters and sections is true; and a
    chapter or section that was there leads on from its old address.
    """
    yield from _without_entry()
    yield from _chapters_named()
    yield from _claims_placed()
    yield from _terms_told()
    yield from _book_settings()
    yield from _changes()
    yield from _former_chapters()
    yield from _former_sections()


def _pages() -> list[str]:
    return config.pages(text.ROOT)


def _stems() -> set[str]:
    return {Path(page).stem for page in _pages()}


def _hint(word: str, known: set[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(known))}."


def _without_entry() -> Iterator[str]:
    pages = _pages()
    included = {
        (path.parent / name).resolve()
        for path in text.PAGES
        for name in INCLUDED.findall(text.read(path))
    }
    for path in text.PAGES:
        page = text.name(path).removesuffix(".md")
        if page not in pages and path.resolve() not in included:
            yield (
                f"{page}.md:1: no entry of _toc.yml names it, so that it is no page. Add "
                f"`- file: {page}` to _toc.yml, or remove the file."
            )


def _chapters_named() -> Iterator[str]:
    known = _stems()
    for table in OF_A_CHAPTER:
        for line, row in text.rows(table):
            if row["chapter"] not in known:
                yield (
                    f"data/{table}.csv:{line}: no chapter is named {row['chapter']!r}; "
                    f"{_hint(row['chapter'], known)} Mend it, then `python -m ledger accept "
                    f"{table}`; its values stand in data/datapackage.json."
                )
    for name in OF_A_PAGE:
        rows = loaders.read_csv(text.ROOT, name)
        for line, row in enumerate(rows[1:], 2):
            if Path(row[0]).stem not in known:
                yield f"{name}:{line}: there is no page {row[0]!r}. Mend it, or remove the row."


@functools.cache
def _sections(source: str, deepest: int = 6) -> list[tuple[int, str]]:
    """Return where each heading of a page, down to a level, stands and what it says."""
    found = HEADING.finditer(source)
    return [(each.start(), each[2]) for each in found if len(each[1]) <= deepest]


def _page_of(chapter: str) -> Path | None:
    return next((path for path in text.PAGES if path.stem == chapter), None)


def _claims_placed() -> Iterator[str]:
    """The badge of each claim stands in the section that its row names."""
    for line, row in text.rows("claims"):
        if not (path := _page_of(row["chapter"])):
            continue
        source = text.shown(path)
        badge = re.search(rf"\{{claim\}}`{re.escape(row['claim_id'])}`", source)
        if not badge:
            yield (
                f"data/claims.csv:{line}: {row['claim_id']} has no badge in {text.name(path)}. "
                f"Write {{claim}}`{row['claim_id']}` where it is told, or mend `chapter`."
            )
            continue
        above = [words for at, words in _sections(source, 2) if at < badge.start()]
        if above and above[-1] != row["section"]:
            yield (
                f"data/claims.csv:{line}: {row['claim_id']} stands under {above[-1]!r} in "
                f"{text.name(path)}, and its row names {row['section']!r}. Mend `section`, then "
                "`python -m ledger accept claims`."
            )


@functools.cache
def _present(source: str) -> set[str]:
    """Return the addresses of a page's sections and labels."""
    slugs = {make_id(words) for _, words in _sections(source)}
    return slugs | {make_id(label) for label in LABEL.findall(source)}


def _anchors(source: str) -> set[str]:
    """Return the addresses within a page that its text gives: present ones and former ones."""
    former = {slug for _, body in FORMERLY.findall(source) for slug in body.split()}
    return _present(source) | former


def _terms_told() -> Iterator[str]:
    pages = _pages()
    for line, row in text.rows("names_and_terms"):
        place, mark, anchor = row["told"].partition("#")
        if not place:
            continue
        path = text.ROOT / f"{place}.md"
        where = f"data/names_and_terms.csv:{line}: `told` of {row['term']}"
        mend = "Mend it, then `python -m ledger accept names_and_terms`."
        if place not in pages:
            yield f"{where} names {place}, which is no page; {_hint(place, set(pages))} {mend}"
        elif mark and (now := _renamed(path).get(anchor)):
            yield f"{where}: {_had(place, anchor, now)} {mend}"
        elif mark and anchor not in (there := _headings_and_former(path)):
            yield f"{where}: {place} has no section #{anchor}; {_hint(anchor, there)} {mend}"


def _headings_and_former(path: Path) -> set[str]:
    return _anchors(_uncoded(text.read(path)))


def _renamed(path: Path) -> dict[str, str]:
    """Return the addresses that sections of a page had and none has, each with its heading."""
    source, renamed = _uncoded(text.read(path)), {}
    for former in FORMERLY.finditer(source):
        above = [words for at, words in _sections(source) if at < former.start()]
        renamed |= dict.fromkeys(former[2].split(), above[-1] if above else "the page")
    return {old: new for old, new in renamed.items() if old not in _present(source)}


def _had(page: str, anchor: str, heading: str) -> str:
    return f"#{anchor} of {page} is what {heading!r} was called before: name its address of today."


@functools.cache
def _uncoded(source: str) -> str:
    """Return a page without its code cells, whose comments look like headings."""
    return text.CELL.sub("", source)


def _book_settings() -> Iterator[str]:
    file = loaders.read_yaml(text.ROOT, config.FILE)
    book, pages = config.book(), set(_pages())
    pages |= {f"tables/{entry['name'].replace('_', '-')}" for entry in text.descriptor()}
    for key in ("claims_page", "methods_page"):
        if getattr(book, key) not in pages:
            yield f"{file.place(key)}: {key} names {getattr(book, key)}, which is no page. Mend it."
    code = "\n".join(text.code(path) for path in text.PAGES)
    if f'"{book.cover_chart}"' not in code:
        yield f"{file.place('cover_chart')}: no cell publishes {book.cover_chart!r}. Mend it."
    columns = {t["name"]: {c["name"] for c in t["schema"]["fields"]} for t in text.descriptor()}
    for table, named in book.prose_columns.items():
        if odd := [column for column in named if column not in columns.get(table, set())]:
            where = file.place("prose_columns", table)
            yield f"{where}: {table} has no column {odd[0]!r}, which no check would read. Mend it."
    for former, place in book.redirects.items():
        where, (page, mark, anchor) = file.place("redirects", former), place.partition("#")
        if former in pages:
            yield f"{where}: {former} is a page, and cannot lead elsewhere. Remove the line."
        if page not in pages:
            yield f"{where}: {former} leads to {page}, which is no page. Mend it."
        path = text.ROOT / f"{page}.md"
        known = mark and not anchor.startswith("chart-") and path.is_file()
        if known and (now := _renamed(path).get(anchor)):
            yield f"{where}: {_had(page, anchor, now)}"
        elif known and anchor not in _headings_and_former(path):
            yield f"{where}: {former} leads to #{anchor}, which {page} has not. Mend it."


def _changes() -> Iterator[str]:
    """Changes stand the newest first, as pages and the feed show them, and their tables exist."""
    file = loaders.read_yaml(text.ROOT, "data/changes.yml")
    known = {entry["name"] for entry in text.descriptor()}
    before = None
    for at, change in enumerate(file.content or []):
        if before and str(change["date"]) > before:
            yield f"{file.place(at, 'date')}: it is later than the change above it. Move it up."
        before = str(change["date"])
        for place, table in enumerate(change.get("tables", [])):
            if table["name"] not in known:
                where = file.place(at, "tables", place, "name")
                yield f"{where}: there is no table {table['name']!r}. Mend it."


# --- what was there -------------------------------------------------------------------------------


def _git(*words: str) -> str:
    """Return what git says; nothing where there is no git or no such thing in it."""
    ran = subprocess.run(["git", *words], cwd=text.ROOT, capture_output=True, text=True)
    return ran.stdout if ran.returncode == 0 else ""


def ignored() -> Iterator[str]:
    """Git knows no file that .gitignore has: kept outputs and checks passed come from no clone."""
    for name in _git("ls-files", "--cached", "--ignored", "--exclude-standard").splitlines():
        yield f"{name}:1: git knows it, though .gitignore has it. Remove it: git rm --cached {name}"


def _former_chapters() -> Iterator[str]:
    gone = _git(
        "log", "--no-renames", "--diff-filter=D", "--name-only", "--format=", "--", CHAPTERS
    )
    gone += _git("diff", "--no-renames", "--diff-filter=D", "--name-only", "HEAD", "--", CHAPTERS)
    redirects = config.book().redirects
    for name in sorted(set(gone.split("\n"))):
        page = name.removesuffix(".md")
        if name.endswith(".md") and not (text.ROOT / name).exists() and page not in redirects:
            yield (
                f"{config.FILE}:1: {page} was a page, and its address leads nowhere. Write below "
                f"`redirects` `{page}: chapters/…`, the page that replaces it."
            )


def _former_sections() -> Iterator[str]:
    """A section that the published book has keeps its address, or its new heading names it."""
    base = _git("merge-base", "HEAD", "origin/main").strip() or "HEAD"
    changed = _git("diff", "--name-only", "--diff-filter=M", base, "--", CHAPTERS)
    for name in sorted(changed.split()):
        path = text.ROOT / name
        if path not in text.PAGES:
            continue
        before = _anchors(_uncoded(_git("show", f"{base}:{name}")))
        drawn = {f"chart-{chart}" for chart, _ in text.charts(path)}  # a chart may come back
        for anchor in sorted(before - _headings_and_former(path) - drawn):
            yield (
                f"{name}:1: #{anchor} was an address of this page, and leads nowhere. Write "
                f"```{{formerly}} {anchor} below the heading that replaces it, and ``` below that."
            )
