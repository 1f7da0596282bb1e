"""Find slips of the hand in words that readers see, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

SLIPS = {
    r"(?:^|[\w)”%`])( [,;.?!])(?=\s|$)": "a blank stands before a sign, as in {!r}. Remove it",
    r"(?<![./])\.\.(?![./])|,,|;;|[,;]\.": "two signs follow each other, as in {!r}. Write one",
    r"(?i)(?<!['’\w])(?!(?:that|had)\b)([a-z]+)\s+\1\b(?!-)": (
        "the word {!r} stands there twice. Remove one"
    ),
    r"\b(?:TODO|FIXME|XXX)\b": "{!r} is for its author, and readers see it. Do it, or remove it",
}
PAIRS = {"(": ")", "“": "”"}


def word_slips(text: str) -> Iterator[tuple[int, str]]:
    """Give what is wrong with a text, each with its line from 0: signs, words that stand twice,
    notes to oneself.
    """
    for pattern, problem in SLIPS.items():
        for found in re.finditer(pattern, text):
            line = text.count("\n", 0, found.end())
            yield line, problem.format(found[1] if found.re.groups else found[0])


def unpaired(text: str) -> Iterator[str]:
    """Give the brackets and quotation marks that have no other half in a paragraph."""
    unnumbered = re.sub(r"(^|\s)\w{1,2}\)", r"\1", text)  # of what a) or 1) numbers
    for start, end in PAIRS.items():
        if all(words.count(start) != words.count(end) for words in (text, unnumbered)):
            yield f"not every {start} has its {end} in the paragraph. Close it, or remove it"
