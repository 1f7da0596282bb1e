"""Format the bibliography, with the kind of each source, so that it can be weighed.

Addresses in a note become links. They are kept from what reads LaTeX, which takes a per cent sign
for a comment and two hyphens for a dash.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from typing import NamedTuple

import pybtex.plugin
from pybtex.database import Entry
from pybtex.markup import LaTeXParser
from pybtex.plugin import register_plugin
from pybtex.richtext import BaseMultipartText, BaseText, HRef, String, Symbol, Text
from pybtex.style import FormattedEntry
from pybtex.style.formatting.alpha import Style as AlphaStyle
from pybtex.style.template import field, first_of, node, optional
from sphinx.application import Sphinx
from sphinxcontrib.bibtex import plugin as bibtex
from sphinxcontrib.bibtex.domain import BibtexDomain, _FilterVisitor
from sphinxcontrib.bibtex.style.referencing import PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from ledger.core import text

ADDRESS = re.compile(r"https?://[^\s;,{}]*[^\s;,{}.]")
MARK = "\ue000"  # stands for an address while the note is read as LaTeX

# text of which every sign but braces stands for itself in LaTeX
PLAIN = re.compile(rf"(?! )(?:[\w.,:;()/+=?–‘’“”{{}}\[\]{MARK}]|-(?!-)|'(?!')| (?! ))+(?<! )")


class Printed(NamedTuple):
    """An entry as it is printed: in the list of sources, and where a pointer rests on a citation.

    The second has neither address nor day, which nobody can follow there: they are a tenth of a
    page's weight.
    """

    whole: Text
    tooltip: Text


# content of an entry → how it is printed; kept with the environment
formatted: dict[str, Printed] = {}


class GradedStyle(AlphaStyle):
    """The alpha style, with the day on which the page was seen (`urldate`) and its grade
    (`keywords`) at its end.

    Sphinx has the whole bibliography formatted anew, twice, in every build, also in one that
    changes nothing. That would take most of such a build's time, so what is printed is kept.
    """

    part = "whole"

    def format_entry(self, label, entry, bib_data=None):
        content = repr(entry)
        if content not in formatted:
            formatted[content] = self._printed(entry, bib_data)
        return FormattedEntry(entry.key, getattr(formatted[content], self.part), label)

    def _printed(self, entry: Entry, bib_data) -> Printed:
        note, address, day = (entry.fields.get(name, "") for name in ("note", "url", "urldate"))
        # the style would say "visited" of the day, and the two ways to print differ in both
        fields = {k: v for k, v in entry.fields.items() if k.lower() not in ("url", "urldate")}
        if note:
            fields["note"] = ADDRESS.sub(MARK, note)
        bare = Entry(entry.type, fields, entry.persons)
        bare.key = entry.key
        plain = _linked(super().format_entry("", bare, bib_data).text, iter(ADDRESS.findall(note)))
        where = Text(Symbol("newblock"), "URL: ", _link(address), ".") if address else ""
        seen = f" Seen on {text.date(day)}." if day else ""
        grade = Text(" Kind of source: ", entry.fields["keywords"], ".")
        return Printed(Text(plain, where, seen, grade), Text(plain, grade))


class TooltipStyle(GradedStyle):
    """The same for the text that shows where a pointer rests on a citation."""

    part = "tooltip"


@node
def once(children, data, known: dict, full: bool):
    """Format the template of names once for each entry, which chapters cite dozens of times."""
    key = data["entry"].key, full
    if key not in known:
        known[key] = children[0].format_data(data)
    return known[key]


class ShortPersonStyle(PersonStyle):
    """Names in a citation: the entry's `shortauthor` where it has one, such as SIPRI."""

    def __post_init__(self):
        super().__post_init__()
        self.known: dict[tuple[str, bool], BaseText] = {}

    def author_or_editor_or_title(self, full: bool):
        names = super().author_or_editor_or_title(full)
        return once(self.known, full)[first_of[optional[field("shortauthor")], names]]


class ShortReferenceStyle(AuthorYearReferenceStyle):
    """Citations by author and year, institutions by the name under which they are known."""

    def __init__(self):
        super().__init__(person=ShortPersonStyle())


def _linked(part: BaseText, addresses: Iterator[str]) -> BaseText:
    """Return a part of an entry with the next address, as a link, for each mark in it."""
    if isinstance(part, String):
        pieces = re.split(f"({MARK})", str(part))
        return Text(*(_link(next(addresses)) if p == MARK else text.typographic(p) for p in pieces))
    if isinstance(part, BaseMultipartText):
        return part._create_similar(_linked(child, addresses) for child in part.parts)
    return part


def _link(address: str) -> HRef:
    return HRef(address, address)


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


def _read_latex(latex: str, read=Text.from_latex) -> Text:
    """Return what pybtex makes of a field; of plain text it need not make tokens first."""
    return LaTeXParser(latex).parse() if PLAIN.fullmatch(latex) else read(latex)


def chosen_entries(domain, key, default=BibtexDomain.get_filtered_entries) -> Iterable[tuple]:
    """Return the entries of a {bibliography}, by the names under which they are cited.

    The domain's own looks at each citation anew for each entry.
    """
    bibliography, citing = domain.bibliographies[key], defaultdict(set)
    for reference in domain.citation_refs:
        for target in reference.targets:
            citing[target.key].add(reference.docname)

    def is_chosen(entry) -> bool:
        pages = citing[bibliography.keyprefix + entry.key]
        visitor = _FilterVisitor(entry=entry, docname=key.docname, cited_docnames=pages)
        return visitor.visit(bibliography.filter_) or entry.key in bibliography.keys

    entries = domain.get_entries(bibliography.bibfiles)
    try:
        return [(bibliography.keyprefix + each.key, each) for each in entries if is_chosen(each)]
    except ValueError:  # a slip in the filter, of which it warns
        return default(domain, key)


def setup(app: Sphinx) -> None:
    Text.from_latex = _read_latex
    # a plugin is looked up at every style and every citation, which reads each time the metadata of
    # all installed packages
    offered = entry_points()
    pybtex.plugin.entry_points = functools.cache(lambda **wanted: offered.select(**wanted))
    bibtex.entry_points = pybtex.plugin.entry_points
    BibtexDomain.get_filtered_entries = chosen_entries
    register_plugin("pybtex.style.formatting", "ledger", GradedStyle)
    register_plugin("pybtex.style.formatting", "ledger_tooltip", TooltipStyle)
    bibtex.register_plugin("sphinxcontrib.bibtex.style.referencing", "ledger", ShortReferenceStyle)
    app.connect("builder-inited", recall)
    app.connect("env-before-read-docs", format_early, priority=900)
