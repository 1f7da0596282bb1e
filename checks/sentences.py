"""Sentences are short, carry few figures and no stock phrase, and a claim's badge closes its
paragraph.
"""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from checks import text
from checks.prose import EXPLAIN_VERDICTS, NAMES_WITH_NUMBERS, NO_FIGURES, NUMBER

ALLOWED = Path(__file__).with_name("sentences.csv")
LONGEST, MOST_FIGURES, LONGEST_STANDFIRST = 35, 2, 60  # words, figures, words
ONE_IN, OPENING = 8, re.compile(r"[*“]*The article\b")  # of a page's sentences begin with it
NO_QUANTITY = {"year", "month", "date"}  # units of numbers that are no figures
STANDFIRST = re.compile(r"^```+\{standfirst\}[^\n]*\n(.*?)^```+[ \t]*$", re.S | re.M)
# A sentence ends at its stop, or after the citation that follows the stop.
STOP = re.compile(
    r"(?<=[.!?])[”’\")*_]*\s+(?!\{cite\}|\{claim\})(?=[A-Z“\"\[{*(])|(?<=`)\s+(?=[A-Z][a-z])"
)
BADGE = r"\{claim\}`[^`]*`"
VERDICT = r"(?:supported|partly(?: right)?|contradicted|overtaken(?: by events)?|not checkable)"
# phrases that no editor would print → what to do
STOCK = {
    r"\bno (?:page|report|source)s? (?:was )?seen\b": "Write: we found no report that …",
    r"\b(?:page|report|source)s? seen\b": "Write who looked: the reports we found",
    r"\b(?:is|are|was|were|been) reported from\b": "Say who reported it",
    r"\b(?:was|were|been) read\b(?! (?:as|that way)\b)": "Write: we read …",
    r"\bwas not seen\b": "Write: we did not see …",
    r"\b[Ii]t (?:should|must|may|can) be (?:noted|said|seen|added|recalled)\b": "Say it",
    r"\b[Ii]t is (?:worth noting|to be noted|clear that|important to)": "Say the thing itself",
    r"\b(?:is|are) (?:itself )?the finding\b": "Say what was found",
    r"\bwhat can be said\b": "Say it",
    r"\bstrikes? the eye\b": "Say: … stands out",
    r"\bthe fact that\b": "Say the fact",
    r"\brespectively\b": "Put each figure beside its name",
    r"\b(?:in order to|prior to|subsequent to)\b": "Write: to, before, after",
    r"\b(?:with regard to|as regards|in respect of|in terms of)\b": "Write: in, on, by",
    r"\b(?:[Nn]eedless to say|[Ii]t goes without saying|[Oo]f course)\b": "Leave it out",
    r"\b[Tt]he first reading\b": "History of a verdict belongs into data/verdict_history.csv",
    r"(?:^|[.!?] )[A-Z][a-z]+ (?:[a-z]+ )?there (?:was|were)\b": "Begin with: There was …",
    r"(?:^|[.!?] )[A-Z][\w’']+(?: [\w’']+)?, it (?:says|holds|calls)\b": "Begin: It says …",
    r"\bis (?:another matter|a different matter|no part of this)\b": "Say what is so",
    r"\b(?:serves|serve) to\b|\bis to be found\b": "Use the verb itself",
}
# what a citation makes read like a larger number: on the site it is a small one, right behind
BARE = re.compile(
    r"(?:(?<![\w.,-])\d[\d,]*(?:\.\d+)?"
    r"|\{num\}`(?P<name>[^`\[:]+)(?:\[[^`\]]*\])?(?::(?P<form>[^`]*))?`)"
    r"[*_]*[.,]?\s+(?P<cite>\{cite(?::p)?\})`"
)
ECHO = {  # words that repeat a badge, but for pages that explain verdicts
    rf"\b(?:[Tt]hat|[Tt]his|[Ii]t) is (?:only )?{VERDICT}\b": "Leave it to the badge",
    r"\b[Tt]he verdict (?:here )?is\b": "Leave it to the badge",
    rf"{BADGE}\W{{0,3}}(?i:{VERDICT})\b": "The badge says it already",
}


class Sentence(NamedTuple):
    """A sentence as it is written, with its roles, and where it stands."""

    file: str
    line: int
    text: str

    @property
    def begins(self) -> str:
        """Its first words, by which sentences.csv knows it."""
        return " ".join(spoken(self.text).split()[:6])


def paragraphs(path: Path) -> Iterator[text.Place]:
    """Give each paragraph and each entry of a list, with its roles; no headings, tables, labels."""
    whole, at = text.shown(path), 0
    for part in re.split(r"(\n\s*\n|\n(?= *(?:[-*:]|\d+\.) )|\n(?=[#|]|:::))", whole):
        start, at = at + len(part) - len(part.lstrip()), at + len(part)
        said = re.sub(r"^:[\w-]+:[^\n]*\n?", "", part.strip(), flags=re.M)  # a directive's options
        said = re.sub(r"^(?:[-*:]|\d+\.)\s+", "", said)
        if said and not re.match(r"#|\||:::|\([\w-]+\)=|---", said):
            yield text.Place(text.name(path), text.line_of(whole, start), said)


def sentences(path: Path) -> Iterator[Sentence]:
    """Give each sentence of a page's paragraphs."""
    for place in paragraphs(path):
        at = 0
        for said in STOP.split(place.text):
            start = place.text.index(said, at)
            at = start + len(said)
            line = place.line + text.line_of(place.text, start) - 1
            yield Sentence(place.file, line, " ".join(said.split()))


def spoken(sentence: str) -> str:
    """Return a sentence as it is read aloud, a number or a figure's name as one word."""
    said = re.sub(r"\{(?:cite|claim)[\w:]*\}`[^`]*`|\(\s*\{numref\}`[^`]*`\s*\)", " ", sentence)
    said = re.sub(r"\{[a-z:]+\}`([^`<]+?)\s*<[^`<>]*>`", r"\1", said)
    said = re.sub(r"\{gloss\}`([^`]*)`", r"\1", said)
    said = re.sub(r"\{[a-z:-]+\}`[^`]*`|\{\{ \w+ \}\}", "0", said)
    said = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", said)
    said = re.sub(text.TAG, " ", said)
    return re.sub(r"\s+([.,;:)])", r"\1", " ".join(re.sub(r"[*_`]", "", said).split()))


def words(sentence: str) -> int:
    """Return how many words a sentence has."""
    return len(re.findall(r"\w+(?:[-–'’.,/]\w+)*", spoken(sentence)))


def years(path: Path) -> set[str]:
    """Return the names of a page's published numbers that are years or dates."""
    names = set()
    for call in text.calls(path, "numbers.put", "numbers.series"):
        units = [each.value for each in call.keywords if each.arg == "unit"]
        if units and isinstance(units[0], ast.Constant) and units[0].value in NO_QUANTITY:
            names |= {name.value for name in call.args[:1] if isinstance(name, ast.Constant)}
    return names


def figures(sentence: str, dates: set[str]) -> int:
    """Return how many figures a sentence has, printed or typed, years and dates apart."""
    printed = re.findall(r"\{num\}`([^`\[:]+)[^`]*`", sentence)
    bare = re.sub(r"\{[a-z:]+\}`[^`]*`|`[^`]*`", " ", sentence)
    typed = NUMBER.findall(NAMES_WITH_NUMBERS.sub(" ", NO_FIGURES.sub(" ", bare)))
    return sum(name.strip() not in dates for name in printed) + len(typed)


def short_sentences() -> Iterator[str]:
    """A sentence has at most 35 words and two figures, a standfirst at most 60 words."""
    with ALLOWED.open(encoding="utf-8", newline="") as file:
        excuses = {(row["page"], row["begins"]): n for n, row in enumerate(csv.DictReader(file), 2)}
    used = set()
    for path in text.PAGES:
        dates = years(path)
        for each in sentences(path):
            long, many = words(each.text), figures(each.text, dates)
            if long <= LONGEST and many <= MOST_FIGURES:
                continue
            if (path.name, each.begins) in excuses:
                used.add((path.name, each.begins))
                continue
            if long > LONGEST:
                yield (
                    f"{each.file}:{each.line}: a sentence of {long} words, {LONGEST} at most: "
                    f"{each.begins!r} … Part it, or give the reason in checks/sentences.csv."
                )
            if many > MOST_FIGURES:
                yield (
                    f"{each.file}:{each.line}: a sentence with {many} figures, {MOST_FIGURES} at "
                    f"most: {each.begins!r} … Leave some to the chart, or give the reason in "
                    "checks/sentences.csv."
                )
        yield from _long_standfirst(path)
    for (page, begins), line in excuses.items():
        if (page, begins) not in used:
            yield (
                f"checks/sentences.csv:{line}: {page} has no sentence too long or too full that "
                f"begins {begins!r}. Remove the line."
            )


def _long_standfirst(path: Path) -> Iterator[str]:
    for found in STANDFIRST.finditer(text.read(path)):
        if (long := words(found[1])) > LONGEST_STANDFIRST:
            yield (
                f"{text.name(path)}:{text.line_of(text.read(path), found.start())}: the standfirst "
                f"has {long} words, {LONGEST_STANDFIRST} at most. Shorten it."
            )


def stock_phrases() -> Iterator[str]:
    """No page has a phrase that no editor would print, and few sentences begin with the article."""
    for path in text.PAGES:
        opened, number = [], 0
        phrases = STOCK if path.name in EXPLAIN_VERDICTS else STOCK | ECHO
        for each in sentences(path):
            number += 1
            opened += [each.line] if OPENING.match(each.text) else []
            for phrase, advice in phrases.items():
                if found := re.search(phrase, each.text):
                    yield (
                        f"{each.file}:{each.line}: {found.group().strip()!r} is a stock phrase. "
                        f"{advice}."
                    )
        if len(opened) > max(1, number / ONE_IN):
            lines = ", ".join(map(str, opened))
            yield (
                f"{text.name(path)}:{opened[0]}: {len(opened)} of {number} sentences begin with "
                f"'The article', one in {ONE_IN} at most (lines {lines}). Begin with who did what."
            )


def badges() -> Iterator[str]:
    """A claim's badge closes its paragraph."""
    for path in text.PAGES:
        if path.name in EXPLAIN_VERDICTS:
            continue
        for place in paragraphs(path):
            for found in re.finditer(rf"{BADGE}(?!\s*{BADGE})(?!\s*\Z)", place.text):
                yield (
                    f"{place.file}:{place.line + text.line_of(place.text, found.start()) - 1}: "
                    f"after {found.group()} the paragraph goes on. Put the badge at its end, or "
                    "part the paragraph there."
                )


def bare_figures() -> Iterator[str]:
    """Between a figure and a citation stands a word: 14 with the number 63 behind reads as 14.63.

    Years, dates and names with numbers are read as what they are.
    """
    for path in text.PAGES:
        prose, printed = text.prose(path), _printed_as_figures(path)
        masked = prose
        for known in (NO_FIGURES, NAMES_WITH_NUMBERS):
            masked = known.sub(lambda found: re.sub(r"\d", "x", found.group()), masked)
        for found in BARE.finditer(masked):
            if found["name"]:
                form = (found["form"] or "").strip()
                if form == "words" or not form and found["name"].strip() not in printed:
                    continue
            said = " ".join(prose[found.start() : found.end("cite")].split())
            yield (
                f"{text.name(path)}:{text.line_of(prose, found.start())}: {said!r} is printed as "
                "the figure with a small number right behind, as if both were one. Put its unit "
                "or its noun after the figure, or move the citation."
            )


def _printed_as_figures(path: Path) -> set[str]:
    """Return the names of a page's published numbers that end with a figure and are no dates."""
    names = set()
    for call in text.calls(path, "numbers.put", "numbers.series"):
        given = [getattr(each, "value", None) for each in call.args]
        given += ["{:d}"] if len(given) == 2 else []  # one is taken that prints a figure
        if given and isinstance(given[0], str) and str(given[-1]).endswith("}"):
            names.add(given[0])
    return names - years(path)
