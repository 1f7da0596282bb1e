"""Mark up code lightly: no element for a token that the style prints as plain text anyhow.

Half of the tokens of a cell are names, punctuation and spaces. Without an element each, the code
under the charts of a chapter is two fifths smaller.
"""

from __future__ import annotations

from pygments.formatters import HtmlFormatter
from pygments.token import Token
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

PLAIN = {Token.Name, Token.Punctuation, Token.Text, Token.Text.Whitespace}


class LightFormatter(HtmlFormatter):
    """Pygments' formatter, less the elements of plain tokens."""

    def _get_css_classes(self, ttype) -> str:
        return "" if ttype in PLAIN else super()._get_css_classes(ttype)


def setup(app: Sphinx) -> None:
    PygmentsBridge.html_formatter = LightFormatter
