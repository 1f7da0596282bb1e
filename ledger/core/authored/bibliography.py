"""Read and check a bibliography in BibTeX: each slip is one line, with the entry's."""

from __future__ import annotations

import difflib
import functools
import re
from pathlib import Path
from typing import NamedTuple

from ledger.core.authored import characters, days
from ledger.core.authored.loaders import FileError, line_of, read_text, refuse_hidden

KEY = "[A-Za-z0-9_:+.-]+"  # of an entry, which pages and tables cite
# one that is misspelt would be left out in silence
FIELDS = set(
    "abstract addendum address annote archiveprefix author booktitle chapter crossref date"
    " day doi edition editor eprint eventtitle howpublished institution isbn issn issue"
    " journal journaltitle key keywords langid language location month note number"
    " organization pages primaryclass publisher pubstate school series shortauthor shorttitle"
    " subtitle title translator type url urldate version volume year".split()
)

LONGEST = 2000  # characters of a field
MONTHS = re.compile(
    r"0?[1-9]|1[0-2]|jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?"
    r"|sep(tember)?|oct(ober)?|nov(ember)?|dec(ember)?",
    re.I,
)
DAYS = re.compile(r"0?[1-9]|[12][0-9]|3[01]")
KEPT = re.compile(r"\{[^{}\\]*\}")  # plain text in braces


class Entry(NamedTuple):
    """An entry of a bibliography: its line, its type such as misc, and its fields."""

    line: int
    kind: str
    fields: dict[str, str]


def read_bibliography(root: Path, name: str) -> dict[str, Entry]:
    """Return the entries of a BibTeX file by key. Raises FileError."""
    from pybtex.database.input.bibtex import LowLevelParser
    from pybtex.exceptions import PybtexError

    text, entries = read_text(root, name), dict[str, Entry]()
    parser = LowLevelParser(text)
    commands = iter(parser)
    while True:
        try:
            command, content = next(commands)
        except StopIteration:
            return entries
        except PybtexError as error:
            raise _bibtex_error(name, text, parser, error) from None
        if command.lower() in ("string", "preamble"):
            problem = f"@{command} stands for text elsewhere. Write the text out."
            raise FileError(name, line_of(text, parser.command_start), problem)
        key, fields = content
        line = line_of(text, parser.command_start)
        if not re.fullmatch(KEY, str(key)):
            problem = f"{key!r} is no key. Write letters from a to z, figures, hyphens."
            raise FileError(name, line, problem)
        same = (other for other in entries if other.lower() == key.lower())  # as pybtex has it
        if before := next(same, ""):
            problem = f"the key {key} stands twice, first on line {entries[before].line}."
            problem += " Remove one."
            raise FileError(name, line, problem)
        names = [field.lower() for field, _ in fields]
        if twice := next((each for each in names if names.count(each) > 1), ""):
            raise FileError(name, line, f"{key} has {twice} twice. Remove one.")
        texts = {field.lower(): "".join(parts) for field, parts in fields}
        for words in texts.values():
            refuse_hidden(name, line, words)
        entries[key] = Entry(line, command.lower(), texts)


def _bibtex_error(name: str, text: str, parser, error: Exception) -> FileError:
    """Return the error of the entry that is broken: what is missing shows further down."""
    which = parser.current_entry_key or "an entry"
    noticed, _, problem = str(error).removeprefix("syntax error in line ").partition(": ")
    noticed = f" on line {noticed}" if noticed.isdigit() else ""
    return FileError(
        name,
        line_of(text, parser.command_start or 0),
        f"the entry {which} is broken: {problem or error}{noticed}. Mend its braces and commas.",
    )


def check(root: Path, name: str) -> None:
    """Raise FileError for an entry that is not as it should be."""
    for key, entry in read_bibliography(root, name).items():
        if problem := _entry_problem(key, entry):
            raise FileError(name, entry.line, problem)


def _entry_problem(key: str, entry: Entry) -> str:
    from pybtex.bibtex.utils import split_name_list
    from pybtex.database import Person
    from pybtex.exceptions import PybtexError

    for field in ("title", "keywords"):
        if not entry.fields.get(field, "").strip(" {}"):
            what = "the grade of the source" if field == "keywords" else "it"
            return f"{key} has no {field}. Give {what} there."
    if problem := _date_problem(key, entry) or _field_problem(key, entry):
        return problem
    if wrong := _link_fault(entry.fields) or _words_fault(entry.fields) or _title_fault(entry):
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


def _words_fault(fields: dict[str, str]) -> str:
    """Return why a field is refused that is too long, or that LaTeX reads as other words."""
    from pybtex.richtext import Text

    for field, words in fields.items():
        if len(words) > LONGEST:
            return f"{field} has {len(words):,} characters. Say it in {LONGEST:,} at most"
        if field in ("url", "doi", "eprint"):
            continue
        words = re.sub(r"https?://[^\s{}]+", "", words)  # printed as a link
        if re.search(r"(?<!\\)%", words):
            return f"{field} has %, which hides all that follows. Write \\%"
        if "\\" not in words:
            continue
        # of a command that stands for a sign nothing is left; one without a name cannot be read
        printed = words if words.endswith("\\") else str(Text.from_latex(words))
        if left := re.search(r"\\([a-z]+|.|$)", printed, re.I):
            mend = "Write plainly what it stands for"
            return f"{field} has {left[0]}, which would be printed as it stands. {mend}"
    return ""


def _title_fault(entry: Entry) -> str:
    """Return why a title is refused that would lose capitals, as of names; a book's keeps them."""
    from pybtex.richtext import Text

    # what braces hold as a whole keeps its capitals, and to read it as LaTeX takes a millisecond
    if entry.kind == "book" or KEPT.fullmatch(entry.fields["title"]):
        return ""
    title = Text.from_latex(entry.fields["title"])
    printed = str(title.capitalize())
    if printed == str(title.capfirst()):
        return ""
    return f"title would be printed as {printed[:60]!r}. Put it into a second pair of braces"


def _style_problem(key: str, entry: Entry) -> str:
    """Say what an entry lacks that its type must have; @misc has no such field."""
    from pybtex.database import parse_string
    from pybtex.style.template import FieldIsMissing

    fields = ",".join(f"{name} = {{{text}}}" for name, text in entry.fields.items())
    try:
        for parsed in parse_string(f"@{entry.kind}{{{key}, {fields}}}", "bibtex").entries.values():
            _style().format_entry("", parsed)
    except FieldIsMissing as error:
        return f"{key}: {str(error).partition(' in ')[0]}. Give it, or make it a @misc."
    except AttributeError:
        return f"{key}: there is no type @{entry.kind}. Write @misc, @article or @book."
    return ""


@functools.cache
def _style():
    """Return the style of entries; to make one reads what all packages offer, three times."""
    from pybtex.style.formatting.alpha import Style

    return Style()


def _date_problem(key: str, entry: Entry) -> str:
    day, year = entry.fields.get("urldate"), entry.fields.get("year")
    if not MONTHS.fullmatch(month := entry.fields.get("month", "1")):
        return f"{key}: month {month!r} is no month. Write 1 to 12, or its name."
    if not DAYS.fullmatch(of_month := entry.fields.get("day", "1")):
        return f"{key}: day {of_month!r} is no day of a month. Write 1 to 31."
    if day is not None and not days.is_day(day):
        return f"{key}: urldate {day!r} is no date. Write a day of the calendar, as 2026-11-28."
    if day is not None and day > str(days.today()):
        return f"{key}: urldate {day} is still to come. Give the day on which the page was seen."
    if year is not None and not re.fullmatch(r"[1-9][0-9]{2,3}|n\.d\.", year):
        return f"{key}: year {year!r} is no year. Write it in figures, or n.d."
    if year is not None and year.isdigit() and int(year) > days.today().year + 1:
        return f"{key}: year {year} is still to come. Give the year of publication."
    return ""


def _field_problem(key: str, entry: Entry) -> str:
    for field in entry.fields.keys() - FIELDS:
        if close := difflib.get_close_matches(field, FIELDS, n=1, cutoff=0.7):
            return f"{key}: {field} is an unknown field. Did you mean {close[0]}?"
    return ""
