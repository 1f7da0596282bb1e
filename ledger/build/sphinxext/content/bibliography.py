"""Format the bibliography, with the kind of each source, so that it can be weighed."""

from __future__ import annotations

import copy
import functools

import pybtex.plugin
from pybtex.plugin import register_plugin
from pybtex.richtext import Text
from pybtex.style import FormattedEntry
from pybtex.style.formatting.alpha import Style as AlphaStyle
from sphinx.application import Sphinx

from ledger.core import text

# content of an entry → how it is printed; kept with the environment
formatted: dict[str, Text] = {}


class GradedStyle(AlphaStyle):
    """The alpha style, with the day on which the page was seen (`urldate`) and its grade
    (`keywords`) at its end.

    Sphinx has the whole bibliography formatted anew, twice, in every build, also in one that
    changes nothing. That would take most of such a build's time, so what is printed is kept.
    """

    def format_entry(self, label, entry, bib_data=None):
        content = repr(entry)
        if content not in formatted:
            day, undated = entry.fields.get("urldate"), copy.deepcopy(entry)
            undated.fields.pop("urldate", None)  # the style would say that the page was visited
            plain = super().format_entry(label, undated, bib_data).text
            grade = entry.fields["keywords"]
            seen = f" Seen on {text.date(day)}." if day else ""
            formatted[content] = Text(plain, seen, " Kind of source: ", grade, ".")
        return FormattedEntry(entry.key, formatted[content], label)


def recall(app: Sphinx) -> None:
    """Take up what the last build formatted, if it did so with the same code and libraries."""
    inputs, known = getattr(app.env, "ledger_formatted", ("", {}))
    formatted.clear()
    formatted.update(known if inputs == app.config.ledger_inputs else {})
    app.env.ledger_formatted = (app.config.ledger_inputs, formatted)


def format_early(app: Sphinx, env, docnames: list[str]) -> None:
    """Format the bibliography while chapters run, rather than when all pages are read."""
    style = GradedStyle()
    for entry in env.get_domain("cite").bibdata.data.entries.values():
        style.format_entry("", entry)


def setup(app: Sphinx) -> None:
    # sphinxcontrib-bibtex looks a plugin up at every citation, which reads each time the metadata
    # of all installed packages
    find = pybtex.plugin.find_plugin
    pybtex.plugin.find_plugin = functools.cache(getattr(find, "__wrapped__", find))
    register_plugin("pybtex.style.formatting", "ledger", GradedStyle)
    app.connect("builder-inited", recall)
    app.connect("env-before-read-docs", format_early, priority=900)
