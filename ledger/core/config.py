"""Where the book and the machine stand, and `book.yml`: what the machine must know of the book."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
from pathlib import Path

FILE = "book.yml"


def _find_book() -> Path:
    """Return LEDGER_BOOK, else the nearest folder above with a book.yml, else the packed book."""
    if named := os.environ.get("LEDGER_BOOK"):
        return Path(named).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder
    packed = PACKAGE / "book"
    return packed if packed.is_dir() else PACKAGE.parent


PACKAGE = Path(__file__).resolve().parent.parent  # the machine
ROOT = _find_book()
INSTALLED = ROOT == PACKAGE / "book"  # pyproject.toml packs there what chapters read
DATA = ROOT / "data"


@dataclasses.dataclass(frozen=True)
class Book:
    """The keys of `book.yml`.

    Attributes
    ----------
    slug : name of the book in files and citation keys, as lower-case words joined by hyphens.
    pair : codes of the two countries that the tables are about.
    country_table : table of countries, with columns `iso3` and `name`.
    entity_colours : first words of a series' name → its colour in every chart (a key of PALETTE).
    other_colours : the same for series that keep a colour which others may take where they are not
        drawn.
    evidence_until : month up to which evidence was looked for, as YYYY-MM.
    rules : modules that decide claims, in the order of the claims.
    claims_page, methods_page : pages of all claims, and of data and methods.
    chapter_template : text that a new chapter starts from.
    cover_chart : name of the chart on the cover of the PDF and the EPUB.
    epub_identifier : identifier of the EPUB, a URN.
    rights : sentence on rights in the metadata of the EPUB.
    reviewed : the text whose claims are judged: `source`, its key in the bibliography, and `date`,
        the day on which it was published.
    search_hint : what may be looked for, beside the field of the search.
    contact : where a reader reports an error without an account anywhere: an e-mail address, or an
        https address of a page that says how.
    prose_columns : table → columns that hold prose, which checks read as such.
    redirects : former page → page that replaces it, as document names, or anchors of these.
    """

    slug: str
    pair: tuple[str, ...]
    country_table: str
    entity_colours: dict[str, str]
    other_colours: dict[str, str]
    evidence_until: str
    rules: tuple[str, ...]
    claims_page: str
    methods_page: str
    chapter_template: str
    cover_chart: str
    epub_identifier: str
    rights: str
    reviewed: dict[str, str]
    search_hint: str
    contact: str
    prose_columns: dict[str, list[str]]
    redirects: dict[str, str]


PATTERNS = {
    "cover_chart": r"[a-z0-9]+(-[a-z0-9]+)*",
    "slug": r"(?=.{1,60}$)[a-z0-9]+(-[a-z0-9]+)*",
    "evidence_until": r"\d{4}-(0[1-9]|1[0-2])",
    "contact": r"https://\S+|[^@\s:]+@[^@\s]+\.[^@\s]+",
}


@functools.cache
def book(root: Path = ROOT) -> Book:
    """Return the checked content of `book.yml` below `root`. Raises FileError."""
    return read_book(root)


def read_book(root: Path) -> Book:
    """Return what `book` does, as the file is now."""
    from ledger.core.authored.loaders import read_yaml

    file = read_yaml(root, FILE)
    content = file.content
    if not isinstance(content, dict):
        raise file.error("it must hold keys and values, such as `slug: my-book`")
    fields = {field.name: str(field.type) for field in dataclasses.fields(Book)}
    for key in content.keys() - fields.keys():
        known = f"known keys: {', '.join(fields)}"
        raise file.error(f"unknown key {key!r}; {known}", key)
    try:
        return Book(**{key: _checked(key, kind, content.get(key)) for key, kind in fields.items()})
    except _KeyFault as fault:
        key, problem = fault.args
        raise file.error(problem, key) from None


class _KeyFault(Exception):
    """What is wrong with a key: the key, and the problem."""


def _checked(key: str, kind: str, value: object):
    """Return a value in the type that its key has."""
    if value is None:
        raise _KeyFault(key, f"the key {key!r} is missing")
    if kind == "str":
        if not isinstance(value, str) or not re.fullmatch(PATTERNS.get(key, r".+"), value):
            pattern = f" that matches {PATTERNS[key]}" if key in PATTERNS else ""
            raise _KeyFault(key, f"{key} must be text{pattern}, not {value!r}")
        return value
    if kind.startswith("tuple"):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _KeyFault(key, f"{key} must be a list of words, not {value!r}")
        if key == "pair" and len({code for code in value if re.fullmatch("[A-Z]{3}", code)}) != 2:
            raise _KeyFault(key, f"pair must be two different codes in capitals, not {value!r}")
        return tuple(value)
    inner = list if "list" in kind else str
    if not isinstance(value, dict) or not all(isinstance(v, inner) for v in value.values()):
        raise _KeyFault(key, f"{key} must be a map of words to {inner.__name__}, not {value!r}")
    if key == "reviewed" and set(value) != {"source", "date"}:
        raise _KeyFault(key, f"reviewed must have the keys source and date, not {value!r}")
    return value


def pages(root: Path = ROOT) -> list[str]:
    """Return the pages that `_toc.yml` names, in its order. Globs are left out."""
    from ledger.core.authored.loaders import read_yaml

    names: list[str] = []

    def walk(node: object) -> None:
        for value in node.values() if isinstance(node, dict) else node:
            if isinstance(value, (dict, list)):
                walk(value)
        if isinstance(node, dict):
            names.extend(node[key] for key in ("root", "file") if key in node)

    toc = read_yaml(root, "_toc.yml").content
    walk(toc)
    return [toc["root"], *(name for name in names if name != toc["root"])]
