"""The text is the book's own, spelt right, bearable to read, and types no number that a table could
give.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from checks import text
from ledger.core.authored.word_slips import unpaired, word_slips
from ledger.core.config import book

DICTIONARY = Path(__file__).with_name("dictionary.txt")
ALLOWED = Path(__file__).with_name("typed_numbers.csv")
RUNS = Path(__file__).with_name(
    "article_runs.txt"
)  # a hash of every run of eight words of the article, whose text is not the book's to publish
RUN = 8
HARDEST = 17  # years of schooling; an analyst's text has about 12 to 16
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
NUMBER = re.compile(
    r"(?<![\w.])\d[\d,]*(?:\.\d+)?[A-Za-z]*(?!\w)"
)  # with its unit, as in 5bn; 9M338 is a name
NAMES_WITH_NUMBERS = re.compile(
    r"\b(?:S/[\w/.]+|Project \d+|[A-Z][A-Za-z]*-\d+\w*|[Rr]esolutions? \d+|JCPOA|HS \d\d\S*"
    r"|chapters? \d\d(?: to \d\d)?|[Aa]rticle \d+)"
)
NO_FIGURES = re.compile(
    # 19 and 20 May 2001
    rf"\b\d{{1,2}}(?: (?:and|to|or) \d{{1,2}}|–\d{{1,2}})? (?:{MONTHS})(?: \d{{4}})?"
    r"|\b(?:18|19|20)\d\d-(?:0[1-9]|1[0-2])(?:-\d\d)?\b"  # 2001-05-19
    r"|\b(?:18|19|20)\d\d(?:s|–\d{2,4}|/\d{2,4})?\b"  # a year, a span of years
    r"|\b[0-2]\d:[0-5]\d\b|\b24/7\b|\b\d+(?:st|nd|rd|th) centur(?:y|ies)\b"
    r"|\b[Pp]ages? \d+(?:(?:–| to | and )\d+)?\b"
)

# a number in words beside what it counts or measures; two and one are mostly no figures
WORDED = re.compile(
    r"\b((?:three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|a hundred)"
    r"(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"(?: (?:fifths|quarters|tenths|sevenths))?"
    r"|half|(?:a|one|two) (?:third|quarter|fifth|tenth)s?)"
    r"\s+(?:years?|months?|days|per cent|votes?|states|countries|drafts?|members?|times|billion"
    r"|million|thousand|hundred|dollars|of (?:them|its|the)|sources|deals|events|claims"
    r"|rounds|tests)\b",
    re.I,
)


# --- slips of the hand ----------------------------------------------------------------------------


def slips() -> Iterator[str]:
    """Words beside the pages have no slip of the hand: tables kept by hand, descriptions, charts'
    words, sources and news. The check of MyST looks at those of the pages.
    """
    cells = (
        text.Place(f"data/{table}.csv", line, row.get(column, ""))
        for table, columns in book().prose_columns.items()
        for line, row in text.rows(table)
        for column in columns
    )
    notes = (
        text.Place("references.bib", line, fields.get(part, ""))
        for line, fields in text.references().values()
        for part in ("title", "howpublished", "note")
    )
    whole = (*cells, *notes, *text.descriptions(), *text.captions(), *text.labels())
    for place in whole:
        for problem in (*(said for _, said in word_slips(place.text)), *unpaired(place.text)):
            yield f"{place.file}:{place.line}: {problem}."
    for line, problem in word_slips(text.read(text.ROOT / "data/changes.yml")):
        yield f"data/changes.yml:{line + 1}: {problem}."


# --- spelling -------------------------------------------------------------------------------------


def spelling() -> Iterator[str]:
    """Every word is English or in the dictionary, and the dictionary holds no word that the book
    does not need.
    """
    from spellchecker import SpellChecker

    listed = DICTIONARY.read_text(encoding="utf-8").split()
    own, english, said = {word.lower() for word in listed}, SpellChecker(language="en"), []
    for place in (*text.everything(), *text.descriptions(), *text.guides()):
        words = text.plain(place.text)
        for found in re.finditer(r"[A-Za-zÀ-ž]+(?:['’][A-Za-z]+)?", words):
            word = re.sub(r"['’]s?$", "", found.group())
            said.append((word, place, words, found.start()))
    used = {word.lower() for word, *_ in said}
    unknown, told = english.unknown(used | own), set()
    for word, place, words, at in said:
        known = word.lower() in own or word.lower() not in unknown
        if len(word) > 1 and not word.isupper() and not known and word.lower() not in told:
            told.add(word.lower())
            yield (
                f"{place.file}:{place.line + text.line_of(words, at) - 1}: {word!r} "
                "is not in the list of English words. "
                "Mend it, or, where it is right, add it to checks/dictionary.txt."
            )
    for line, word in enumerate(listed, 1):
        if word.lower() not in used:
            if text.unparsed():
                continue
            yield f"checks/dictionary.txt:{line}: no text has the word {word!r}. Remove the line."
        elif not word[0].isupper() and word.lower() not in unknown:
            yield (
                f"checks/dictionary.txt:{line}: {word!r} is English without being listed. Remove "
                "the line."
            )


# --- typed numbers --------------------------------------------------------------------------------


def _bulleted(whole: str) -> str:
    """Return a text whose numbered lists are bulleted: lines that begin with 1, or with the number
    after the last one.
    """
    last: dict[str, int] = {}

    def bullet(found: re.Match) -> str:
        indent, number = found[1], int(found[2])
        if number not in (1, last.get(indent, 0) + 1):
            return found.group()
        last[indent] = number
        return f"{indent}-"

    return re.sub(r"^( *)(\d{1,3})[.)](?=\s)", bullet, whole, flags=re.M)


def _typed(path: Path) -> Iterator[tuple[int, str, str]]:
    """Give each typed number of a page, its captions and alternative texts that is neither a date
    nor part of a name or document symbol, with its line and its sentence.
    """
    for place in text.captions_of(path):
        yield from ((place.line, number, place.text) for number in _numbers(place.text))
    whole, at = _bulleted(text.prose(path)), 0
    for paragraph in re.split(r"(\n\s*\n|\n(?=[-#|:] ))", whole):
        line, at = (
            text.line_of(whole, at + len(paragraph) - len(paragraph.lstrip())),
            at + len(paragraph),
        )
        if paragraph.lstrip().startswith("#"):
            continue
        lines = paragraph.lstrip().splitlines()
        # A sentence ends at its stop, or after the citation that follows the stop.
        for sentence in re.split(
            r"(?<=[.!?])\s+(?!\{cite\}|\{claim\})(?=[A-Z“\[{*])|(?<=`)\s+(?=[A-Z][a-z])",
            " ".join(paragraph.split()),
        ):
            for number in _numbers(sentence):
                within = next(
                    (
                        n
                        for n, each in enumerate(lines)
                        if re.search(rf"(?<![\w.]){re.escape(number)}(?!\w)", each)
                    ),
                    0,
                )
                yield line + within, number, sentence


def _numbers(sentence: str) -> list[str]:
    """Return the numbers of a sentence, in figures and in words, that roles do not print."""
    bare = re.sub(r"\{[a-z:]+\}`[^`]*`|`[^`]*`", " ", sentence)
    figures = NUMBER.findall(NAMES_WITH_NUMBERS.sub(" ", NO_FIGURES.sub(" ", bare)))
    return [*(found.rstrip(",") for found in figures), *(WORDED.findall(bare))]


def typed_numbers() -> Iterator[str]:
    """A number in a sentence is computed, cited, or excused with a reason."""
    with ALLOWED.open(encoding="utf-8", newline="") as file:
        excuses = {
            (row["page"], row["number"]): (n, row["reason"])
            for n, row in enumerate(csv.DictReader(file), 2)
        }
    used = set()
    for path in text.PAGES:
        for line, number, sentence in _typed(path):
            if (path.name, number) in excuses:
                used.add((path.name, number))
            elif "{cite}" not in sentence:
                yield (
                    f"{text.name(path)}:{line}: {number} is typed, in {sentence[:160]!r}. Compute "
                    f"it in a cell with numbers.put and print it with {{num}}, "
                    "cite a page that states it, or give the reason in checks/typed_numbers.csv."
                )
    for (page, number), (line, reason) in excuses.items():
        if len(reason) <= 10:
            yield (
                f"checks/typed_numbers.csv:{line}: {page} may type {number}, but no reason is "
                "given. Say why."
            )
        if (page, number) not in used and not text.unparsed():
            yield (
                f"checks/typed_numbers.csv:{line}: {page} does not type {number} any more. Remove "
                "the line."
            )


# --- verdicts -------------------------------------------------------------------------------------

VERDICT_WORDS = re.compile(
    r"\b(?:verdict|claim|sentence|ledger(?: says)?|that|it|this|embargo|discontent)\b"
    r"[^.;:]{0,60}?\b(?:is|are|as|says|passes) (?:only )?"
    r"(?:supported|contradicted|partly(?: right)?|not checkable|overtaken(?: by events)?)\b"
    r"|\b(?:high|medium|low) confidence\b",
    re.I,
)
EXPLAIN_VERDICTS = ("index.md", "claims.md", "methods.md", "about.md", "how-to-read.md")


def verdict_words() -> Iterator[str]:
    """A chapter prints a claim's verdict by its badge or the role, and repeats none in words."""
    for path in text.PAGES:
        if path.name in EXPLAIN_VERDICTS:
            continue
        whole = re.sub(r"\{[a-z:]+\}`[^`]*`", " ", text.shown(path))
        for found in VERDICT_WORDS.finditer(whole):
            yield (
                f"{text.name(path)}:{text.line_of(whole, found.start())}: a verdict is typed, in "
                f"{' '.join(found.group().split())!r}. Leave it to the badge, or print it with "
                "{verdict}`C00`."
            )


# --- the article's sentences ----------------------------------------------------------------------


def words(of: str) -> list[tuple[str, int]]:
    """Return the words of a text, in small letters, each with its place."""
    return [
        (found.group(), found.start())
        for found in re.finditer(r"[a-z0-9]+", of.lower().replace("’", "'"))
    ]


def mark(run: list[str]) -> str:
    """Return the hash by which a run of words is known."""
    return hashlib.sha256(" ".join(run).encode()).hexdigest()[:12]


def marks(of: str) -> set[str]:
    """Return the hashes of all runs of a text: what article_runs.txt holds of the article."""
    said = [word for word, _ in words(of)]
    return {mark(said[i : i + RUN]) for i in range(len(said) - RUN + 1)}


def article_words() -> Iterator[str]:
    """No run of eight words is the article's own."""
    theirs = set(RUNS.read_text(encoding="utf-8").split())
    pages = [text.Place(text.name(path), 1, text.read(path)) for path in text.PAGES]
    for place in (*pages, *text.kept_by_hand()):
        said, until = words(place.text), 0
        for i in range(len(said) - RUN + 1):
            if i >= until and mark([word for word, _ in said[i : i + RUN]]) in theirs:
                until = i + RUN  # a longer run is told once
                yield (
                    f"{place.file}:{place.line + text.line_of(place.text, said[i][1]) - 1}: "
                    f"'{' '.join(word for word, _ in said[i : i + RUN])}' are the article's words. "
                    "Say it in words of the book's own."
                )


# --- reading --------------------------------------------------------------------------------------


def reading_level() -> Iterator[str]:
    """Automated Readability Index (Smith and Senter 1967): years of schooling, from letters a word
    and words a sentence.
    """
    for path in text.PAGES:
        said = text.plain(text.prose(path))
        terms = re.findall(r"[A-Za-zÀ-ž0-9'’-]+", said)
        if len(terms) < 100:
            continue
        sentences = max(len(re.findall(r"[.!?:](?:\s|$)", said)), 1)
        level = 4.71 * sum(map(len, terms)) / len(terms) + 0.5 * len(terms) / sentences - 21.43
        if level >= HARDEST:
            longest = max(
                re.split(r"(?<=[.!?:])\s+", said), key=lambda sentence: len(sentence.split())
            )
            start = " ".join(longest.split()[:6])
            yield (
                f"{text.name(path)}:{text.line_of(said, said.index(longest))}: the page asks for "
                f"{level:.1f} years of schooling, {HARDEST} at most, with "
                f"{len(terms) / sentences:.0f} words a sentence. Part the longest sentences; the "
                f"longest begins {start!r}."
            )


def claims_prose() -> Iterator[str]:
    """A claim's reason is whole sentences, three at most."""
    for line, row in text.rows("claims"):
        sentences = len(re.findall(r"[.!?](?=\s+[A-Z]|$)", row["reason"]))
        if sentences > 3 or not row["reason"].endswith("."):
            yield (
                f"data/claims.csv:{line}: the reason of {row['claim_id']} has {sentences} "
                "sentences. Give one to three, each with its full stop, then `python -m ledger "
                "accept claims`."
            )
