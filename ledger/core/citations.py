"""How the book, a chapter, a table or a chart is cited: in words, as BibTeX and as RIS.

Authors, version and date are those of CITATION.cff. A work is a dict: `kind` (book, chapter, table, chart), `key`, `title`, `url` and,
for a table or chart, `note` (the institutions whose data it holds).
"""

from __future__ import annotations

import functools
import html
import re

import yaml

from ledger.core.config import ROOT

BIBTEX = {"book": "book", "chapter": "incollection", "table": "misc", "chart": "misc"}
RIS = {"book": "BOOK", "chapter": "CHAP", "table": "DATA", "chart": "FIGURE"}
SAID = {"table": "[Data set]", "chart": "[Chart]"}


@functools.cache
def edition() -> dict:
    """Return title, author, version and date (ISO) of the book, from CITATION.cff."""
    said = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return {
        "title": said["title"].partition(":")[0],
        "subtitle": said["title"].partition(": ")[2],
        "author": ", ".join(author["name"] for author in said["authors"]),
        "version": said["version"],
        "licence": said["license"],
        "date": str(said["date-released"]),
        "keywords": said["keywords"],
        "abstract": " ".join(said["abstract"].split()),
    }


def credit(sources: list[dict]) -> str:
    """Return the institutions and editions behind a table or chart, each once, as the note of its citation."""
    return (
        "Data: "
        + "; ".join(
            dict.fromkeys(
                f"{source['institution']}, {source['title']} ({source['edition']})"
                for source in sources
            )
        )
        + "."
    )


def plain(work: dict) -> str:
    """Return a work's citation as a sentence or two of plain text."""
    book = edition()
    head = f"{book['author']} ({book['date'][:4]}). "
    if work["kind"] == "book":
        return (
            f"{head}{book['title']}: {book['subtitle']}. Version {book['version']}. {work['url']}"
        )
    return f"{head}{work['title'].rstrip('.')}{' ' + SAID[work['kind']] if work['kind'] in SAID else ''}. In {book['title']}, version {book['version']}. {work['note'] + ' ' if work.get('note') else ''}{work['url']}"


def bibtex(work: dict) -> str:
    """Return a work's BibTeX entry."""
    book = edition()
    fields = {
        "author": f"{{{book['author']}}}",
        "title": f"{{{book['title']}: {book['subtitle']}}}"
        if work["kind"] == "book"
        else f"{{{work['title'].rstrip('.')}}}",
        **(
            {}
            if work["kind"] == "book"
            else {
                "booktitle"
                if work["kind"] == "chapter"
                else "howpublished": f"{'' if work['kind'] == 'chapter' else SAID[work['kind']] + ' in '}{{{book['title']}}}"
            }
        ),
        "publisher": f"{{{book['author']}}}",
        "year": book["date"][:4],
        "version": book["version"],
        "url": work["url"],
        **({"note": f"{{{work['note']}}}"} if work.get("note") else {}),
    }
    # pybtex, which could write it, escapes the address too, and BibTeX's \\url then prints the backslashes
    written = [
        (name, text if name == "url" else re.sub(r"([&%$#_])", r"\\\1", text))
        for name, text in fields.items()
    ]
    return (
        f"@{BIBTEX[work['kind']]}{{{work['key']},\n"
        + ",\n".join(f"  {name} = {{{text}}}" for name, text in written)
        + "\n}\n"
    )


def ris(work: dict) -> str:
    """Return a work's RIS entry."""
    import rispy

    class Writer(rispy.RisWriter):
        def set_header(self, count: int) -> str:
            return ""  # it would number the entry, which not every reader of RIS skips

    book = edition()
    entry = {
        "type_of_reference": RIS[work["kind"]],
        "id": work["key"],
        "authors": [book["author"]],
        "title": f"{book['title']}: {book['subtitle']}"
        if work["kind"] == "book"
        else work["title"].rstrip("."),
        **({} if work["kind"] == "book" else {"secondary_title": book["title"]}),
        "publisher": book["author"],
        "year": book["date"][:4],
        "date": book["date"].replace("-", "/"),
        "edition": book["version"],
        "urls": [work["url"]],
        **({"notes": [work["note"]]} if work.get("note") else {}),
    }
    return rispy.dumps([entry], implementation=Writer).lstrip()


def block(work: dict, files: str) -> str:
    """Return the part of a page, as HTML, that says how to cite a work; `files` is the address of its BibTeX and RIS files, less their endings."""
    return (
        f'<details class="cite"><summary>Cite this {work["kind"]}</summary><p>{html.escape(plain(work))}</p><pre tabindex="0">{html.escape(bibtex(work).strip())}</pre>'
        f'<p><a href="{files}.bib" download>BibTeX</a> <a href="{files}.ris" download>RIS</a></p></details>'
    )
