"""Mark up code lightly: only keywords, strings and comments have a look of their own (ledger.css).

An element for each token would be a tenth of a chapter's weight, and their styles a file.
"""

from __future__ import annotations

from pygments.formatters import HtmlFormatter
from pygments.token import Comment, Keyword, String
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge


class LightFormatter(HtmlFormatter):
    """Pygments' formatter, less the elements of all other tokens."""

    def _get_css_classes(self, ttype) -> str:
        marked = any(ttype in kind for kind in (Comment, Keyword, String))
        return super()._get_css_classes(ttype) if marked else ""


def setup(app: Sphinx) -> None:
    PygmentsBridge.html_formatter = LightFormatter
