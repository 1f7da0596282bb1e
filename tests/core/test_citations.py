"""Promise: what is offered to cite a work by reads back as the words that the page has."""

import re

import pytest
from pybtex.database import parse_string

from ledger.core import citations

WORDS = [
    "Prices of {2024}",
    "A { that nothing closes",
    "A } that nothing opens",
    "R&D, 5% of #1, $7, a_b",
    "«نفت» (2025)",
]


def printed(field):
    """Return what LaTeX prints of a field."""
    signs = {r"\textbraceleft{}": "{", r"\textbraceright{}": "}"}
    words = re.sub(r"\\text\w+\{\}", lambda sign: signs[sign[0]], field[1:-1])
    return re.sub(r"\\([&%$#_])", r"\1", words)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("kind", sorted(citations.BIBTEX.keys() - {"book"}))
def test_an_entry_of_bibtex_holds_the_words_that_were_typed(kind, words):
    work = {"kind": kind, "key": "a-work", "title": words, "url": "https://e.w/a_b%20c&d"}
    written = citations.bibtex(work | {"note": words})
    entry = parse_string(written, "bibtex").entries["a-work"]
    assert printed(entry.fields["title"]) == printed(entry.fields["note"]) == words
    assert entry.fields["url"] == work["url"]


@pytest.mark.parametrize(
    "title, said",
    [
        ("Half of {all", r"Half of \textbraceleft{}all"),
        ("Half} of all", r"Half\textbraceright{} of all"),
        (r"\input{a}", r"\textbackslash{}input\textbraceleft{}a\textbraceright{}"),
        ("5 % & $ # a_b ~ ^", r"5 \% \& \$ \# a\_b \textasciitilde{} \textasciicircum{}"),
    ],
)
def test_a_title_stays_a_title_in_bibtex(title, said):
    work = {"kind": "chart", "key": "one", "title": title, "note": title, "url": "https://a.b/c_d"}
    (entry,) = parse_string(citations.bibtex(work), "bibtex").entries.values()
    assert entry.fields["title"] == entry.fields["note"] == f"{{{said}}}"
    assert entry.fields["url"] == "https://a.b/c_d"


def test_a_title_without_a_second_part_ends_where_it_ends(monkeypatch):
    one = citations.edition() | {"title": "Papers", "subtitle": ""}
    monkeypatch.setattr(citations, "edition", lambda: one)
    work = {"kind": "book", "key": "a", "title": "Papers", "url": "https://e.w/"}
    assert "). Papers. Version" in citations.plain(work)
    assert "title = {Papers}" in citations.bibtex(work).replace("{{", "{").replace("}}", "}")
