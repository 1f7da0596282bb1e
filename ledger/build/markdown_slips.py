"""Find Markdown that would be printed as it was typed, or read as something else than was meant.

A parser of Markdown refuses nothing: what it does not understand is text, a paragraph that is
indented is code, a cell too many is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ledger.core.authored.word_slips import unpaired, word_slips

if TYPE_CHECKING:
    from markdown_it.token import Token

Slip = tuple[int, str]  # line from 0, and message
# what is left in text of marks that have no other end, or nothing that they name
AS_TYPED = {
    r"\[\^([^\]\s]+)\]": "no note is named {}. Write [^{}]: and its words on a line of their own",
    r"\]\(|\]\[": "a link is printed as it stands. Close it, or write the address that it names",
    r"\*\*|~~|(?<![\w*])\*\w|`|\^\w+\^|(?<=\w)~\w+~|(?<![=\w])==\w|\{[.#][\w-]+\}": (
        "the mark {!r} is printed as it stands. Close it, or remove it"
    ),
}
BOX = re.compile(r"\[[ xX]?\] ")  # of a task, at the beginning of an item
CITING = ("cite", "cite:p")  # roles that the site shows as small numbers
CITE = r"\{cite\}`[^`]*`"
VERBS = (
    "argue|claim|count|estimate|find|give|has|have|is|are|note|put|report|say|show|state|tell|write"
)
CITATIONS = {
    rf"(?i)(?<![\w’'-])(?:a|an|and|as|cf\.|e\.g\.|or|per|than|the|via|according\s+to)\s+{CITE}"
    rf"|(?:^|[.;(]\s*)see\s+{CITE}"
    # what may end a clause too, as in "stood by"
    rf"|(?<![\w’'-])(?:\w+ed|given|made|seen|shown|told|written)\s+by\s+{CITE}"
    rf"|(?<![\w’'-])(?:at|by|for|from|in|into|of|to|with)\s+{CITE}(?=\s*[\w{{])"
    rf"|{CITE}[’']s\b"
    rf"|[.?!][”’)]?\s+{CITE}\s+(?-i:[a-z])[\w’]*"  # it begins a sentence
    rf"|[,;–—]\s+{CITE}\s+(?:{VERBS})s?\b": (
        "{!r}: the citation is a small number, and no word. Name the source there"
    ),
    rf"{CITE}\s*{CITE}": "{!r}: two numbers would be one. Write one citation, with a comma",
}
CELL = re.compile(r"(?!\{code-cell\})\{?\s*code[-_ ]?cells?\b", re.I)  # nearly one
NO_WORDS = "the link has no words to be opened by. Write them between [ and ]"
NO_ALT = "the picture has no words for those who cannot see it. Say what it shows"


def slips(tokens: list[Token], lines: list[str]) -> Iterator[Slip]:
    """Give what is wrong with a text's tokens; `lines` are those that they are read from."""
    notes = {child.meta.get("label") for token in tokens for child in token.children or []}
    for token in tokens:
        at = token.map[0] if token.map else 0
        if token.type == "inline":
            yield from _inline(token, at)
        elif token.type == "fence" and CELL.match(token.info):
            yield at, f"{token.markup}{token.info} runs nothing. Write {token.markup}{{code-cell}}"
        elif token.type == "code_block":
            yield at, "what is indented is shown as code. Begin it at the margin, or fence it"
        elif token.type == "heading_open" and token.markup in ("-", "="):
            yield (
                at,
                f"the line of {token.markup} below makes this a heading. Write ## before a "
                "heading, or an empty line above a rule",
            )
        elif token.type == "myst_line_comment" and _parts(lines, *token.map):
            yield at, "a line that begins with % is a comment, and is not shown. Begin it otherwise"
        elif token.type == "footnote_reference_open" and token.meta["label"] not in notes:
            label = token.meta["label"]
            yield at, f"nothing refers to the note {label}, which is not shown. Write [^{label}]"
        elif token.type == "table_open":
            yield from _table(lines, *token.map)
        elif token.type in ("bullet_list_open", "ordered_list_open", "blockquote_open"):
            yield from _other_than_meant(token, lines[at])
    titles = [token for token in tokens if token.type == "heading_open" and token.tag == "h1"]
    for token in titles[1:]:
        yield token.map[0], "a page has one title. Write ## before the headings below it"


def without_words(options: str) -> str:
    """Return what is wrong with a directive's picture that has no alternative text."""
    return "" if re.search(r"^[ \t]*:?alt:[ \t]*\S", options, re.M) else NO_ALT


def _other_than_meant(token: Token, line: str) -> Iterator[Slip]:
    """Give a list or a quotation that a sign at the beginning of a sentence's line has made."""
    at, words = token.map[0], line.strip()
    if token.markup == "+":
        yield at, "a line that begins with + is a list. Write - for a list, or words before the +"
    elif token.type == "ordered_list_open" and int(token.attrs.get("start", 1)) > 1:
        first = words.split()[0]
        yield (
            at,
            f"a line that begins with {first} is a list. Begin it with a word, or the list at 1",
        )
    elif token.markup == ">" and re.match(r">\s*[\d.,=]", words):
        yield at, "a line that begins with > is a quotation. Write more than, or a word before it"
    elif token.markup == "-" and re.match(r"-\s+[\d.,]+\s*(?:%|per cent\b)", words):
        yield at, "a line that begins with - is a list. Write minus, or a word before it"


def _inline(token: Token, at: int) -> Iterator[Slip]:
    """Give the marks that are left in the words of a paragraph, a heading or a cell."""
    if BOX.match(token.content) and token.level > 1:
        yield at, "the box of a task is printed as it stands. Write the item without it"
    yield from ((at, problem) for problem in _unpaired(token))
    said = _said(token)
    as_meant = "\\" in token.content or "[](" in token.content
    for line, problem in (*(() if as_meant else word_slips(said)), *_citations(said)):
        yield at + line, problem
    before = token
    for child in token.children or []:
        if child.type == "text" and "\\" not in token.content:
            for pattern, problem in AS_TYPED.items():
                if found := re.search(pattern, child.content):
                    named = found[1] if found.re.groups else found[0]
                    yield at, problem.format(named, named)
        elif child.type == "image" and not child.content.strip():
            yield at, NO_ALT
        elif child.type == "link_close" and before.type == "link_open":
            yield at, NO_WORDS
        before, at = child, at + (child.type in ("softbreak", "hardbreak"))


def _said(token: Token) -> str:
    """Return the words of a paragraph on their lines, its citations as typed, other roles as 0."""
    return "".join(
        child.content
        if child.type == "text"
        else "\n"
        if child.type in ("softbreak", "hardbreak")
        else f"{{cite}}`{child.content}`"
        if child.type == "myst_role" and child.meta["name"] in CITING
        else "0" * (child.nesting == 0)  # marks of emphasis or a link open and close
        for child in token.children or []
    )


def _citations(words: str) -> Iterator[Slip]:
    """Give the citations that a paragraph's sentences cannot do without, and those in a row."""
    for pattern, problem in CITATIONS.items():
        for found in re.finditer(pattern, words):
            typed = " ".join(found[0].split())
            yield words.count("\n", 0, found.end()), problem.format(typed)


def _unpaired(token: Token) -> Iterator[str]:
    words = " ".join(child.content for child in token.children or [] if child.type == "text")
    return unpaired("" if "](" in words else words)


def _parts(lines: list[str], start: int, end: int) -> bool:
    """Tell whether a comment stands within a paragraph, where its author meant a sentence."""
    around = [lines[n].strip() for n in (start - 1, end) if 0 <= n < len(lines)]
    return len(around) == 2 and all(line and not line.startswith("%") for line in around)


def _table(lines: list[str], start: int, end: int) -> Iterator[Slip]:
    """Give the rows of a table with cells too many, which are dropped, or too few."""
    header = _cells(lines[start])
    for at in range(start + 2, end):
        if (cells := _cells(lines[at])) != header:
            yield at, f"the row has {cells} cells, and its header {header}. Write \\| for a bar"


def _cells(line: str) -> int:
    bare = re.sub(r"\\.", "", line).strip(" \t>")
    return bare.removeprefix("|").removesuffix("|").count("|") + 1
