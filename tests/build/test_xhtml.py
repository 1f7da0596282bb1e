"""Promise: whatever HTML a page has, a reader of EPUBs can read it."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.build.sphinxext.paper.xhtml import as_xhtml

SPOILT = {
    "a<br>b<hr>": "<br/>b<hr/>",
    "a&nbsp;b &copy; AT&T": "a\u00a0b © AT&amp;T",
    "<p>a <b>b": "<p>a <b>b</b></p>",
    "a</b></section>": "a",
    "<style scoped>p > a { content: '<&' }</style>": '<style scoped="">p &gt; a',
    "<input disabled><img alt=a src=b.png>": '<img alt="a" src="b.png"/>',
    '<p>a<br><svg viewBox="0 0 1 1"></svg>': '<svg viewBox="0 0 1 1">',
    "a\x0b\x00b<wbr>c": "ab<wbr/>c",
    "<!-- a -- b --><![CDATA[d]]><p>c": "<p>c</p>",
    '<p a"b=c d:e=f g=h><i!>j<k:l>m': '<p g="h">jm</p>',
    "<br><script>if (a < b) c()</script>d": "<br/>d",
}


@pytest.mark.parametrize("body", SPOILT)
def test_what_a_browser_forgives_becomes_xml(body):
    written = as_xhtml(body)
    assert SPOILT[body] in written.replace("\n", "") and "<script" not in written
    ElementTree.fromstring(f"<body>{written}</body>")


def test_what_is_sound_stays_as_it_is():
    body = '<p>a<br />b&#160;<a epub:type="noteref" href="#b">c</a></p>\n<script>1</script>'
    assert as_xhtml(body) == body


@given(st.text(st.sampled_from("<<>>:/&;!-=\"' \n[]?abp"), max_size=60))
def test_any_text_becomes_xml(body):
    ElementTree.fromstring(f"<body>{as_xhtml(body)}</body>")
