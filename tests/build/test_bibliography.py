"""Promise: a source is printed with its address and day in the list of sources, without them in a
tooltip, and as LaTeX reads it in both.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex.database import Entry, Person
from pybtex.exceptions import PybtexError
from pybtex.markup import LaTeXParser
from pybtex.richtext import Text

from ledger.build.sphinxext.content import bibliography

ADDRESS = "https://example.org/a%20page--one"
FIELDS = {
    "title": "{Iran's “steel”: what's left?}",
    "howpublished": "Gazette",
    "year": "2024",
    "note": "see https://example.org/b--c for the rows",
    "doi": "10.1/x",
    "url": ADDRESS,
    "urldate": "2026-11-28",
    "keywords": "press",
}


@pytest.fixture
def entry() -> Entry:
    bibliography.formatted.clear()
    entry = Entry("misc", FIELDS, {"author": [Person("Doe, Jane")]})
    entry.key = "doe2024"
    return entry


def printed(style, entry: Entry) -> str:
    return style().format_entry("", entry).text.render_as("text")


def test_the_list_of_sources_has_address_and_day(entry):
    text = printed(bibliography.GradedStyle, entry)
    assert text == (
        "Jane Doe. Iran’s “steel”: what’s left? Gazette, 2024. "
        "see https://example.org/b--c for the rows. doi:10.1/x. "
        f"URL: {ADDRESS}. Seen on 28 November 2026. Kind of source: press."
    )


def test_a_tooltip_has_neither(entry):
    printed(bibliography.GradedStyle, entry)  # what was formatted for one serves the other
    text = printed(bibliography.TooltipStyle, entry)
    assert text.endswith("for the rows. doi:10.1/x. Kind of source: press.")
    assert ADDRESS not in text


@settings(max_examples=40)
@given(st.from_regex(bibliography.PLAIN, fullmatch=True))
def test_plain_text_is_read_as_latex_reads_it(text):
    try:
        expected = Text.from_latex(text)
    except PybtexError:
        with pytest.raises(PybtexError):
            LaTeXParser(text).parse()
    else:
        assert LaTeXParser(text).parse() == expected


@pytest.mark.parametrize("text", ["''a", "a--b", "`a'", "a\\&b", "a ~b", "50%"])
def test_what_latex_reads_as_something_else_is_not_plain(text):
    assert not bibliography.PLAIN.fullmatch(text)
