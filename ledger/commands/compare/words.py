"""Compare texts word by word."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher

Diff = list[tuple[str, str]]  # pieces of a text: ("", kept), ("del", gone), ("ins", new)
# pairs of like words in two texts, beyond which comparing them word by word takes minutes: a
# thousand words of English have a third of it, and a text that repeats a word soon has more
MOST_PAIRS = 50_000
SIMILAR = 0.4  # share of words in common from which on two texts are one text edited


def is_similar(before: str, after: str) -> bool:
    """Say whether two texts have enough words in common to be one text edited."""
    old, new = before.split(), after.split()
    if _repeats(old, new):
        return False
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return matcher.quick_ratio() >= SIMILAR and matcher.ratio() >= SIMILAR


def _repeats(old: list[str], new: list[str]) -> bool:
    """Say whether two texts repeat their words too often to be compared word by word."""
    counts = Counter(new)
    return sum(count * counts[word] for word, count in Counter(old).items()) > MOST_PAIRS


def word_diff(before: str, after: str) -> Diff:
    """Return two texts as one, with the words that are gone and new.

    Texts that are unlike, or repeat their words beyond MOST_PAIRS, come whole.
    """
    old, new = before.split(), after.split()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if _repeats(old, new) or matcher.ratio() < SIMILAR:
        pieces = [("del", old), ("ins", new)]
    else:
        pieces = []
        for kind, i1, i2, j1, j2 in matcher.get_opcodes():
            if kind == "equal":
                pieces.append(("", new[j1:j2]))
            else:
                pieces += [("del", old[i1:i2]), ("ins", new[j1:j2])]
    return [(mark, " ".join(words)) for mark, words in pieces if words]


def shorten(diff: Diff, around: int) -> Diff:
    """Return a diff with so many words of unchanged stretches left before and after a change."""
    short: Diff = []
    for place, (mark, text) in enumerate(diff):
        words = text.split()
        if not mark and len(diff) > 1 and len(words) > 2 * around + 2:
            head = words[:around] if place else []
            tail = words[-around:] if place < len(diff) - 1 else []
            text = " ".join([*head, "…", *tail])
        short.append((mark, text))
    return short
