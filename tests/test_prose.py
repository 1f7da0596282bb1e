"""Promise: the text is the book's own, spelt right, and types no number that a table could give.

What a reader sees as prose is taken from the chapters' Markdown: no front matter, no code, no roles' targets. Claims, events and
omissions are checked with it.
"""

import re
from pathlib import Path

import pandas as pd
import pytest
from spellchecker import SpellChecker

from ledger.tables import load

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "index.md", *(ROOT / "chapters").glob("*.md")])
ARTICLE = ROOT.parent / "shared" / "article" / "article.txt"
DICTIONARY = ROOT / "tests" / "dictionary.txt"
ALLOWED = ROOT / "tests" / "typed_numbers.csv"
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"


def prose(path: Path) -> str:
    """Return a page's text as a reader gets it, paragraphs parted by empty lines; roles keep their names for the checks below."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    text = re.sub(r"^(```+|:::+)\{code-cell\}.*?^\1$", "", text, flags=re.S | re.M)
    text = re.sub(r"^(```+)\{(?:ledger|omissions|table-list|bibliography)\}.*?^\1$", "", text, flags=re.S | re.M)
    text = re.sub(r"^(:::+|```+)(\{[a-z-]+\}.*)?$", "", text, flags=re.M)
    text = re.sub(r"<[^>]+>", " ", text)
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def plain(text: str) -> str:
    """Return text without its roles: numbers and citations are not words."""
    return re.sub(r"\{[a-z:]+\}`[^`]*`|`[^`]*`|[*_]", " ", text)


def kept_by_hand() -> dict[str, str]:
    claims, events, omissions = load("claims").fillna(""), load("events").fillna(""), load("omissions").fillna("")
    texts = {f"claims.csv {row.claim_id}": f"{row.claim} {row.reason} {row.slip} {row.how_to_test}" for row in claims.itertuples()}
    texts |= {f"events.csv {row.event_id}": f"{row.event} {row.detail} {row.note}" for row in events.itertuples()}
    return texts | {f"omissions.csv {row.omission_id}": f"{row.omission} {row.why_it_matters}" for row in omissions.itertuples()}


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower().replace("’", "'"))


# --- the article's sentences --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not ARTICLE.exists(), reason=f"the article's text is not at {ARTICLE}: no run of words was compared")
def test_no_run_of_eight_words_is_shared_with_the_article():
    body = words(ARTICLE.read_text(encoding="utf-8").lstrip().split("\n", 1)[1])  # its title may be quoted
    runs = {tuple(body[i : i + 8]) for i in range(len(body) - 7)}
    shared = []
    for name, text in ({path.name: path.read_text(encoding="utf-8") for path in PAGES} | kept_by_hand()).items():
        mine = words(text)
        shared += [f"{name}: {' '.join(mine[i : i + 8])}" for i in range(len(mine) - 7) if tuple(mine[i : i + 8]) in runs]
    assert not shared, "words of the article's own:\n" + "\n".join(shared)


# --- typed numbers ------------------------------------------------------------------------------------------------------------------

NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:th|st|nd|rd)?(?![\w])")


def typed_numbers(path: Path):
    """Give each typed number that is neither a date nor part of a name or document symbol, with the sentence it stands in."""
    text = prose(path)
    for paragraph in re.split(r"\n\s*\n|\n(?=[-#|:] )", text):
        if paragraph.lstrip().startswith("#"):
            continue
        paragraph = " ".join(paragraph.split())
        # A sentence ends at its stop, or after the citation that follows the stop.
        for sentence in re.split(r"(?<=[.!?])\s+(?!\{cite\}|\{claim\})(?=[A-Z“\[{*])|(?<=`)\s+(?=[A-Z][a-z])", paragraph):
            bare = re.sub(r"\{[a-z:]+\}`[^`]*`|`[^`]*`", " ", sentence)
            bare = re.sub(rf"\b\d{{1,2}}(?: (?:and|to|or) \d{{1,2}}|–\d{{1,2}})? (?:{MONTHS})(?: \d{{4}})?", " ", bare)  # 19 and 20 May 2001
            bare = re.sub(r"\b(?:18|19|20)\d\d(?:s|–\d{2,4}|/\d{2,4})?\b", " ", bare)  # a year, a span of years
            bare = re.sub(
                r"\b(?:S/[\w/.]+|Project \d+|[A-Z][A-Za-z]*-\d+\w*|Resolution \d+|resolution \d+|resolutions \d+|JCPOA|HS \d\d\S*|chapters? \d\d(?: to \d\d)?|Article \d+|article \d+)",
                " ",
                bare,
            )
            for found in NUMBER.findall(bare):
                yield found.rstrip(","), sentence


def test_a_typed_number_has_a_citation_or_a_reason():
    allowed = pd.read_csv(ALLOWED, dtype=str, keep_default_na=False)
    assert (allowed["reason"].str.len() > 10).all(), f"{ALLOWED.name}: every number that is allowed has a reason"
    excused = set(zip(allowed["page"], allowed["number"]))
    wrong, used = [], set()
    for path in PAGES:
        for number, sentence in typed_numbers(path):
            if (path.name, number) in excused:
                used.add((path.name, number))
            elif "{cite}" not in sentence:
                wrong.append(f"{path.name}: {number} in: {sentence}")
    assert not wrong, "typed numbers: compute them with numbers.put, cite a page that states them, or give a reason in tests/typed_numbers.csv\n" + "\n".join(
        wrong
    )
    assert not excused - used, f"allowed in {ALLOWED.name} and not typed any more: {sorted(excused - used)}"


# --- spelling and reading level -----------------------------------------------------------------------------------------------------


def test_spelling():
    own = set(DICTIONARY.read_text(encoding="utf-8").split())
    checker = SpellChecker(language="en")
    checker.word_frequency.load_words(word.lower() for word in own)
    texts = {path.name: plain(prose(path)) for path in PAGES} | kept_by_hand()
    unknown = {}
    for name, text in texts.items():
        for word in re.findall(r"[A-Za-zÀ-ž]+(?:['’][A-Za-z]+)?", text):
            stem = re.sub(r"['’]s?$", "", word)
            if len(stem) > 1 and not (stem.isupper() or stem in own) and checker.unknown([stem.lower()]):
                unknown.setdefault(stem, name)
    assert not unknown, "words that neither English nor tests/dictionary.txt knows:\n" + "\n".join(f"{word} ({name})" for word, name in sorted(unknown.items()))


def test_reading_level_is_reported_and_bearable(capsys):
    """Automated Readability Index (Smith and Senter 1967): years of schooling, from letters a word and words a sentence."""
    with capsys.disabled():
        print("\nreading level (years of schooling; an analyst's text has about 12 to 16)")
        for path in PAGES:
            text = plain(prose(path))
            terms = re.findall(r"[A-Za-zÀ-ž0-9'’-]+", text)
            if len(terms) < 100:
                continue
            sentences = len(re.findall(r"[.!?:](?:\s|$)", text))
            level = 4.71 * sum(map(len, terms)) / len(terms) + 0.5 * len(terms) / sentences - 21.43
            print(f"  {path.name:15}{level:5.1f}   {len(terms) / sentences:4.1f} words a sentence")
            assert level < 17, f"{path.name} is hard to read: level {level:.1f}"


# --- what a chapter's code may know -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_chapter_imports_the_ledger_and_pandas_and_knows_no_path_address_or_colour(path):
    code = "\n".join(re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", path.read_text(encoding="utf-8"), flags=re.S | re.M))
    imported = {line.split()[1].partition(".")[0] for line in code.splitlines() if re.match(r"(import|from) ", line)}
    assert imported <= {"pandas", "ledger"}, imported
    assert "sources" not in re.findall(r"from ledger(?:\.(\w+))? import", code)
    for forbidden in (r"https?://", r"#[0-9a-fA-F]{6}\b", r"\bopen\(|read_csv|Path\(", r"PALETTE|fontfamily|fontname"):
        assert not re.search(forbidden, code), f"{path.name}: {re.search(forbidden, code).group()!r} in a code cell"
