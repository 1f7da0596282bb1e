"""The bibliography says of each source what kind it is, so that a reader can weigh it."""

from __future__ import annotations

import functools

import pybtex.plugin
from pybtex.plugin import register_plugin
from pybtex.richtext import Text
from pybtex.style import FormattedEntry
from pybtex.style.formatting.alpha import Style as AlphaStyle
from sphinx.application import Sphinx

formatted_before: dict[
    str, Text
] = {}  # what an entry says → how it is printed; kept with the environment


class GradedStyle(AlphaStyle):
    """The alpha style, with the grade that an entry's `keywords` field holds at its end.

    Sphinx has the whole bibliography formatted anew, twice, in every build, also in one that changes nothing. Formatting takes most
    of the time of such a build, so an entry that says the same is formatted once.
    """

    def format_entry(self, label, entry, bib_data=None):
        said = repr(entry)
        if said not in formatted_before:
            formatted_before[said] = Text(
                super().format_entry(label, entry, bib_data).text,
                " Kind of source: ",
                entry.fields["keywords"],
                ".",
            )
        return FormattedEntry(entry.key, formatted_before[said], label)


def recall(app: Sphinx) -> None:
    """Take up what the last build formatted, if it did so with the same code and libraries."""
    made_with, known = getattr(app.env, "ledger_formatted", ("", {}))
    formatted_before.clear()
    formatted_before.update(known if made_with == app.config.ledger_inputs else {})
    app.env.ledger_formatted = (app.config.ledger_inputs, formatted_before)


def format_early(app: Sphinx, env, docnames: list[str]) -> None:
    """Format the bibliography while chapters run, rather than when all pages are read and one core has nothing to do."""
    style = GradedStyle()
    for entry in env.get_domain("cite").bibdata.data.entries.values():
        style.format_entry("", entry)


def setup(app: Sphinx) -> None:
    # sphinxcontrib-bibtex looks a plugin up at every citation, and each time the metadata of all installed packages are read
    pybtex.plugin.find_plugin = functools.cache(
        getattr(pybtex.plugin.find_plugin, "__wrapped__", pybtex.plugin.find_plugin)
    )
    register_plugin("pybtex.style.formatting", "ledger", GradedStyle)
    app.connect("builder-inited", recall)
    app.connect("env-before-read-docs", format_early, priority=900)
