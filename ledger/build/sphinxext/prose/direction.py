"""Keep words that are written from right to left from moving what stands beside them.

A figure or a comma after a word in Persian joins it, and is printed on its other side:
[2025 ,ایرنا]. Isolated, the words have a direction of their own and the sentence keeps its order.
"""

from __future__ import annotations

import re

from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from sphinx.application import Sphinx

LETTER = (
    "[\u05d0-\u05f2\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
)
# what may stand between two such words of one phrase: spaces, figures, joiners, commas
BETWEEN = "[\\s0-9.,'’–\u200c\u200d\u060c\u061b\u061f\u0660-\u066c\u06d4\u06f0-\u06f9-]"
PHRASE = re.compile(f"{LETTER}(?:{BETWEEN}*{LETTER})*")
LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]+)*")
# markup, and what holds text that is none of the page's sentences or has a direction already
PARTS = re.compile(
    r"<(script|style|svg|math|pre|textarea|title|bdi)\b.*?</\1\s*>|<!--.*?-->"
    rf"|<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>|(?P<phrase>{PHRASE.pattern})",
    re.S | re.I,
)


def isolate(markup: str) -> str:
    """Return HTML with each phrase of right-to-left words in its text within <bdi>."""
    if not PHRASE.search(markup):
        return markup
    return PARTS.sub(
        lambda part: f"<bdi>{part[0]}</bdi>" if part["phrase"] else part[0],
        markup,
    )


def isolate_on_page(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Isolate such words in a page and in its contents."""
    for part in ("body", "toc"):
        if part in context:
            context[part] = isolate(context[part])


def copy_attributes(self, token, node, *args, default=DocutilsRenderer.copy_attributes, **options):
    """Keep the language that words are said to be in: [نفت]{lang=fa}."""
    default(self, token, node, *args, **options)
    if LANGUAGE.fullmatch(language := str(token.attrs.get("lang", ""))):
        node["classes"].append(f"language-{language}")  # docutils writes lang for it


def setup(app: Sphinx) -> None:
    DocutilsRenderer.copy_attributes = copy_attributes
    app.connect("html-page-context", isolate_on_page, priority=940)  # when the body is complete
