"""The bibliography says of each source what kind it is, so that a reader can weigh it."""
from __future__ import annotations

from pybtex.plugin import register_plugin
from pybtex.richtext import Text
from pybtex.style.formatting.alpha import Style as AlphaStyle
from sphinx.application import Sphinx


class GradedStyle(AlphaStyle):
    """The alpha style, with the grade that an entry's `keywords` field holds at its end."""

    def format_entry(self, label, entry, bib_data=None):
        formatted = super().format_entry(label, entry, bib_data)
        formatted.text = Text(formatted.text, " Kind of source: ", entry.fields["keywords"], ".")
        return formatted


def setup(app: Sphinx) -> None:
    register_plugin("pybtex.style.formatting", "ledger", GradedStyle)
