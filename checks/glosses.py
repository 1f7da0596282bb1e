"""A term of the table of names and terms is explained where a chapter first uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from checks import text
from checks.sentences import paragraphs

TABLE = "names_and_terms"
SAID_IN_THE_SENTENCE = "people"  # the group of those whom a sentence itself introduces
GLOSS = re.compile(r"\{gloss\}`(?:(?P<words>[^`<]+?)\s*<(?P<named>[^<>`]+)>|(?P<term>[^`<]+))`")

AHEAD = re.compile(r"[^.;:!?()]{0,15}\(")  # the Agency ({gloss}`IAEA`)
LEAD = re.compile(r"\A\*\*[^*]+\*\*")  # a few words in bold that head a paragraph


def forms(row: dict[str, str]) -> re.Pattern:
    """Return a pattern of the forms in which chapters write a term."""
    written = [each.strip() for each in row["written"].split(";") if each.strip()]
    each = (
        re.escape(form) if form != form.lower() else f"(?i:{re.escape(form)})"
        for form in sorted({row["term"], *written}, key=len, reverse=True)
    )
    return re.compile(rf"(?<![\w{{])(?<!\w[-–])(?:{'|'.join(each)})(?![\w])(?!-\w)")


def chapters() -> list[Path]:
    """Return the pages that claims are told in."""
    told = {row["chapter"] for _, row in text.rows("claims")}
    return [path for path in text.PAGES if path.stem in told]


def _bare(words: str) -> str:
    """Return text without its lead and roles other than glosses, whose length it keeps."""
    for unread in (r"\{(?!gloss\})[\w:-]+\}`[^`]*`", LEAD):
        words = re.sub(unread, lambda found: " " * len(found.group()), words)
    return words


def unexplained() -> Iterator[str]:
    """The first use of a term in a chapter's sentences has its {gloss}; headings apart."""
    terms = {
        row["term"]: forms(row)
        for _, row in text.rows(TABLE)
        if row["group"] != SAID_IN_THE_SENTENCE
    }
    for path in chapters():
        places = [place._replace(text=_bare(place.text)) for place in paragraphs(path)]
        glossed = [(place, list(GLOSS.finditer(place.text))) for place in places]
        for term, pattern in terms.items():
            yield from _first_use(glossed, term, pattern)


def _first_use(
    glossed: list[tuple[text.Place, list[re.Match]]], term: str, pattern: re.Pattern
) -> Iterator[str]:
    """Tell where a term is first used in the paragraphs of a page, unless that is a gloss."""
    for place, glosses in glossed:
        own = [each for each in glosses if (each["named"] or each["term"]) == term]
        for found in pattern.finditer(place.text):
            within = [each for each in glosses if each.start() <= found.start() < each.end()]
            if within and within[0] not in own:
                continue  # a word of another term
            aside = own and AHEAD.fullmatch(place.text[found.end() : own[0].start()])
            if not own or (own[0].start() > found.start() and not aside):
                line = place.line + text.line_of(place.text, found.start()) - 1
                words = found.group()
                named = f"{words} <{term}>" if words != term else term
                yield (
                    f"{place.file}:{line}: {words!r} is first used here without its gloss. Write "
                    f"{{gloss}}`{named}`."
                )
            return
        if own:
            return
