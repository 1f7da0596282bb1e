"""Cite the book, a chapter, a table, a chart or a claim, and say on what terms its data stand.

Authors, version and date are those of CITATION.cff. A work is a dict: `kind` (book, chapter, table,
chart, claim), `key`, `title`, `url` and, for a table or chart, `note` (the institutions of its
data). It is cited in words, as BibTeX and as RIS.

An entry of `licenses` in the descriptor has, beside what the Data Package standard wants, `short`
(whose terms and what they ask, in a few words, as it stands under a chart) and `sources` (keys of
the sources that it covers; all of the table where there is none).
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterable

from ledger.core.authored.loaders import read_yaml
from ledger.core.config import ROOT

BIBTEX = {
    "book": "book",
    "chapter": "incollection",
    "table": "misc",
    "chart": "misc",
    "claim": "misc",
}
RIS = {"book": "BOOK", "chapter": "CHAP", "table": "DATA", "chart": "FIGURE", "claim": "ELEC"}
# how a licence that leaves reuse free is named in its `short`, and those that no standard names
OPEN_NAME = re.compile(
    r"(?:CC BY|CC0|ODbL|ODC-BY|PDDL) \d\.\d|MIT\b|public domain|no licence needed"
)
OPEN_OTHERS = ("other-pd", "other-open")
LATEX = str.maketrans(  # a brace that is only escaped would still count as one
    {sign: f"\\{sign}" for sign in "&%$#_"}
    | {"\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)
MEDIUM = {"table": "[Data set]", "chart": "[Chart]", "claim": "[Claim review]"}


@functools.cache
def edition() -> dict:
    """Return the book's entry of CITATION.cff.

    Keys: title, subtitle, author, version, licence, date (ISO), keywords, abstract.
    """
    entry = read_yaml(ROOT, "CITATION.cff").content
    title, _, subtitle = entry["title"].partition(": ")
    return {
        "title": title,
        "subtitle": subtitle,
        "author": ", ".join(author["name"] for author in entry["authors"]),
        "version": entry["version"],
        "licence": entry["license"],
        "date": str(entry["date-released"]),
        "keywords": entry["keywords"],
        "abstract": " ".join(entry["abstract"].split()),
    }


def credit(sources: list[dict]) -> str:
    """Return institutions and editions behind a table or chart, each once, as a note."""
    names = (f"{s['institution']}, {s['title']} ({s['edition']})" for s in sources)
    return "Data: " + "; ".join(dict.fromkeys(names)) + "."


def licences(resource: dict, sources: Iterable[dict]) -> list[dict]:
    """Return the licences of a table that cover any of some sources.

    Parameters
    ----------
    resource : the table's entry in the descriptor.
    sources : entries with a `key`, of this table or of others.
    """
    keys = {source["key"] for source in sources}
    return [
        licence
        for licence in resource["licenses"]
        if "sources" not in licence or keys & set(licence["sources"])
    ]


def short_licence(licence: dict) -> str:
    """Return a licence in a few words; its title where nobody wrote any."""
    return licence.get("short") or licence["title"]


def open_licence(licence: dict) -> str:
    """Return the name of a licence that leaves reuse free, empty for terms that limit it."""
    if licence["name"].startswith("other-") and licence["name"] not in OPEN_OTHERS:
        return ""
    found = OPEN_NAME.search(f"{short_licence(licence)} {licence['title']}")
    name = found.group() if found else licence["title"]
    return f"{name} licence" if name == "MIT" else name  # else it reads as the institute


def unlicensed(resource: dict) -> list[str]:
    """Return keys of a table's sources that none of its licences covers, or that it has not."""
    known = {source["key"] for source in resource["sources"]}
    named = {key for licence in resource["licenses"] for key in licence.get("sources", known)}
    return sorted(known ^ named)


def plain(work: dict) -> str:
    """Return a work's citation as a sentence or two of plain text."""
    book = edition()
    start = f"{book['author']} ({book['date'][:4]}). "
    if work["kind"] == "book":
        return f"{start}{_whole_title()}. Version {book['version']}. {work['url']}"
    parts = [work["title"].rstrip(".")]
    if work["kind"] in MEDIUM:
        parts[0] += f" {MEDIUM[work['kind']]}"
    parts.append(f"In {book['title']}, version {book['version']}")
    note = f"{work['note']} " if work.get("note") else ""
    return f"{start}{'. '.join(parts)}. {note}{work['url']}"


def bibtex(work: dict) -> str:
    """Return a work's BibTeX entry."""
    book, kind = edition(), work["kind"]
    author, title = _in_braces(book["author"]), _in_braces(book["title"])
    fields = {"author": author, "title": _in_braces(_title(work))}
    if kind == "chapter":
        fields["booktitle"] = title
    elif kind in MEDIUM:
        fields["howpublished"] = f"{MEDIUM[kind]} in {title}"
    fields |= {"publisher": author, "year": book["date"][:4], "version": book["version"]}
    # pybtex, which could write it, escapes the address too, and \\url then prints the backslashes
    fields["url"] = work["url"]
    if work.get("note"):
        fields["note"] = _in_braces(work["note"])
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@{BIBTEX[kind]}{{{work['key']},\n{lines}\n}}\n"


def _in_braces(words: str) -> str:
    """Return words as LaTeX prints them, in braces that keep their capitals."""
    return f"{{{words.translate(LATEX)}}}"


def ris(work: dict) -> str:
    """Return a work's RIS entry."""
    import rispy

    class Writer(rispy.RisWriter):
        def set_header(self, count: int) -> str:
            return ""  # it would number the entry, which some reference managers refuse

    book = edition()
    entry = {
        "type_of_reference": RIS[work["kind"]],
        "id": work["key"],
        "authors": [book["author"]],
        "title": _title(work),
    }
    if work["kind"] != "book":
        entry["secondary_title"] = book["title"]
    entry |= {
        "publisher": book["author"],
        "year": book["date"][:4],
        "date": book["date"].replace("-", "/"),
        "edition": book["version"],
        "urls": [work["url"]],
    }
    if work.get("note"):
        entry["notes"] = [work["note"]]
    return rispy.dumps([entry], implementation=Writer).lstrip()


def block(work: dict, files: str, label: str = "") -> str:
    """Return the part of a page, as HTML, that says how to cite a work.

    What may be copied has the class that copy.js looks for.

    Parameters
    ----------
    work : what is cited.
    files : address of its BibTeX and RIS files, less their endings.
    label : what is pressed to open it, if not "Cite this chapter" and the like.
    """
    name = label or f"Cite this {work['kind']}"
    entry = f'<pre class="to-copy" tabindex="0">{html.escape(bibtex(work).strip())}</pre>'
    links = " ".join(
        f'<a href="{files}.{ending}" download>{name}</a>'
        for ending, name in (("bib", "BibTeX"), ("ris", "RIS"))
    )
    words = html.escape(plain(work))
    return (
        f'<details class="cite"><summary>{name}</summary><p class="to-copy">{words}</p>'
        f"{entry}<p>{links}</p></details>"
    )


def _whole_title() -> str:
    return ": ".join(filter(None, (edition()["title"], edition()["subtitle"])))


def _title(work: dict) -> str:
    return _whole_title() if work["kind"] == "book" else work["title"].rstrip(".")
