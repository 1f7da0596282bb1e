"""Promise: the words of tables, descriptors and change logs are printed as they are typed."""

import hypothesis
import pytest
from hypothesis import strategies
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.mdit import create_md_parser

from ledger.build.sphinxext import markdown
from ledger.build.sphinxext.content import table_pages
from ledger.core import tables

SYNTAX = [
    "amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist",
    "html_admonition", "html_image", "replacements", "smartquotes", "strikethrough",
    "substitution", "tasklist",
]  # fmt: skip
PARSER = create_md_parser(
    MdParserConfig(enable_extensions=set(SYNTAX) - {"replacements", "smartquotes"}),
    DocutilsRenderer,
)
MARKUP = [
    "*a* _b_ **c** ~~d~~",
    "{cite}`key` and {download}`/etc/passwd`",
    "```{include} /etc/passwd\n```",
    ":::{include} /etc/passwd",
    "<script>alert(1)</script> <br> &lt; &copy;",
    "[a](javascript:alert(1)) ![b](https://example.org/c.png) <https://example.org>",
    "# a heading #",
    "- an item",
    "12. an item",
    "(label)=",
    "% a comment",
    "+++ {}",
    ": a definition",
    "> a quotation",
    "$$x$$ and $a$",
    "{{ substitution }}",
    "a | b\n|---|---|",
    "[words]{.class} {#place}",
    "[^1]: note",
    "[a]: https://example.org",
    "---",
    "===",
    "    code",
    "a\\",
    "`a",
    "``a`b``c",
]


def shown(text):
    """Return what a reader sees of a line of Markdown, which must be a paragraph of plain words."""
    opened, inline, closed = PARSER.parse(text)
    assert (opened.type, inline.type, closed.type) == (
        "paragraph_open",
        "inline",
        "paragraph_close",
    )
    assert {part.type for part in inline.children} <= {"text", "code_inline"}, text
    return "".join(
        f"`{part.content}`" if part.type == "code_inline" else part.content
        for part in inline.children
    )


@pytest.mark.parametrize("words", MARKUP)
def test_markup_in_words_is_words(words):
    line = " ".join(words.split())
    if "`" not in words:
        assert shown(markdown.as_text(words)) == line
    assert shown(markdown.as_text(words)).replace("`", "") == line.replace("`", "")


@hypothesis.settings(max_examples=300)
@hypothesis.given(
    strategies.lists(
        strategies.sampled_from([*"\\`*_{}[]<>&~$#|:!-+=%^@().'\" \n1a", *MARKUP]), min_size=1
    ).map("".join)
)
def test_whatever_stands_in_words_is_words(words):
    line = "".join(words.split()).replace("`", "")
    hypothesis.assume(line)
    assert "".join(shown(markdown.as_text(words)).split()).replace("`", "") == line


def test_a_link_leads_to_the_web_or_nowhere():
    assert markdown.link("a", "javascript:alert(1)") == "a"
    assert markdown.link("a", "../../secret") == "a"
    assert markdown.link("a]", "https://example.org/a b(c)") == (
        r"[a\]](https://example.org/a%20b%28c%29)"
    )


def test_a_role_holds_what_it_is_given():
    assert markdown.role("doc", "a `b`", "/c") == "{doc}``a `b` </c>``"
    assert markdown.role("cite", "a` {include}`x") == "{cite}``a` {include}`x``"


@pytest.mark.parametrize("markup", ["```{include} /etc/passwd\n```", "{download}`x </x>` | <b>"])
def test_the_page_of_a_table_has_no_markup_of_its_descriptor(markup):
    """Every text of a descriptor may hold markup; the page has the structure that it had."""
    resource = tables.descriptor()["resources"][0]
    spoilt = _spoilt(resource, markup)
    plain, page = (table_pages.page_text(each) for each in (resource, spoilt))
    kinds = [[token.type for token in PARSER.parse(text)] for text in (plain, page)]
    assert kinds[0] == kinds[1] and "fence" in kinds[0]
    inline = [token for token in PARSER.parse(page) if token.type == "inline"]
    inside = {part.type for token in inline for part in token.children}
    assert inside <= {
        "text", "code_inline", "link_open", "link_close", "strong_open", "strong_close",
    }  # fmt: skip


def _spoilt(part, markup, key=""):
    if isinstance(part, dict):
        return {name: _spoilt(value, markup, name) for name, value in part.items()}
    if isinstance(part, list):
        return [_spoilt(value, markup, key) for value in part]
    words = ("title", "description", "unit", "edition", "institution", "retrieved", "notes",
             "republication", "key", "snapshot", "short")  # fmt: skip
    return f"{part} {markup}" if key in words and isinstance(part, str) else part
