"""The search: an index of sections and rows, which the page of the search loads as a script.

It takes the place of Sphinx's own, which knows pages only, splits A-12 and drops all that is not
written in Latin letters. What is looked for, and how it ranks, is in `assets/search.js`, with the
library MiniSearch. Sections are also found by the words of {index} directives in them, and by those
that a table of terms (`content/terms.py`) gives for them.
"""

from __future__ import annotations

import dataclasses
import html
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import sphinx.search
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.content.terms import COLUMNS
from ledger.build.sphinxext.prose.addresses import current
from ledger.build.sphinxext.prose.titles import short_title
from ledger.core import tables
from ledger.core.config import book, pages

PREFIX = "const searchIndex = "  # a script, so that it loads from a disk too
# addresses, keys of references, lines of a map: nobody looks for what they are made of
LINE = r"(?:-?[\d.]{1,9} -?[\d.]{1,9},){5,}-?[\d.]{1,9} -?[\d.]{1,9}"
NO_WORDS = re.compile(rf"https?://\S+|\b[a-z]+(?:19|20)\d\d[a-z]*\b|{LINE}")
# each search ends at the next tag of its kind: it takes as long as the text is, not its square
TAGS = re.compile(r"<(style|script|svg)\b(?:(?!</?\1\b).)*</\1>|<[^<>]+>", re.S)
# an {index} entry in one of these stands for all of it; elsewhere for what follows it
WHOLE = (nodes.row, nodes.definition_list_item)
LEFT_OUT = (nodes.literal_block, nodes.comment, nodes.system_message, nodes.title)
CHART = "ledger-chart"
# classes of code, of where a term is told, of tiles, whose claims are found in their list, of a
# page's sources, which are found among the references, and of changes, which quote what was wrong
NOT_FOUND = {
    "bibtex-citation",
    "cell_input",
    "changes",
    "claim-tiles",
    "page-sources",
    "term-told",
}
# of Sphinx's own search, and not used any more
REPLACED = (
    *("searchtools.js", "language_data.js", "sphinx_highlight.js"),
    *("doctools.js", "documentation_options.js"),  # of whose work here only the key / is left
)


@dataclasses.dataclass
class Entry:
    """What can be found: a section without those in it, a row that an {index} entry names, or an
    entry of the bibliography.

    Attributes
    ----------
    anchor : its address on the page, empty for the page's beginning.
    title : its heading, or the name that the {index} entry gives.
    words : words by which it is to be found although it need not have them.
    text : what it says, without code and what stands in charts.
    """

    anchor: str
    title: str
    words: list[str] = dataclasses.field(default_factory=list)
    text: list[str] = dataclasses.field(default_factory=list)

    def as_list(self) -> list[str]:
        """Return what the index has of it."""
        words = NO_WORDS.sub("", "".join(self.text))
        text = re.sub(r"\s+([.,;:)])", r"\1", " ".join(words.split()))
        return [self.anchor, self.title, " ".join(sorted(set(self.words))), text]


class Collector:
    """Collects what can be found on a page.

    Attributes
    ----------
    entries : what was found so far, in the page's order.
    cited : keys of the bibliography; citations are left out, for the references have them.
    """

    def __init__(self, doctree: nodes.document, cited: Iterable[str] = ()):
        self.entries: list[Entry] = []
        self.cited = set(cited)
        self.first = next(iter(doctree.findall(nodes.section)), None)
        self._all(doctree.children, Entry("", ""))

    def _all(self, children: Iterable[nodes.Node], entry: Entry) -> Entry:
        for child in list(children):
            entry = self._one(child, entry)
        return entry

    def _one(self, node: nodes.Node, entry: Entry) -> Entry:
        """Add a node's words to an entry, or begin another; return the one for what follows."""
        if isinstance(node, nodes.Text):
            entry.text.append(node.astext())
        elif isinstance(node, addnodes.index):
            return self._index(node, entry)
        elif isinstance(node, nodes.raw):
            if node.get("format") == "html":
                entry.text.append(f" {html.unescape(TAGS.sub(' ', node.astext()))} ")
        elif isinstance(node, nodes.section):
            title = node.next_node(nodes.title)
            anchor = "" if node is self.first else node["ids"][0]
            self._all(node.children, self._begin(anchor, title.astext() if title else ""))
        elif isinstance(node, nodes.citation):
            label, *rest = node.children
            self._all(rest, self._begin(node["ids"][0], label.astext()))
        elif isinstance(node, WHOLE) and (name := _main_entry(node)):
            rest = [child for child in node.children if not isinstance(child, nodes.term)]
            self._all(rest, self._begin(name[2], name[1]))
        elif isinstance(node, nodes.Element) and not self._left_out(node):
            chart = CHART in node.get("classes", ())
            entry = self._all(node.findall(nodes.caption) if chart else node.children, entry)
            if not isinstance(node, nodes.Inline):
                entry.text.append(" ")
        return entry

    def _index(self, node: addnodes.index, entry: Entry) -> Entry:
        """Take the words of an {index} directive; a main entry begins what can be found."""
        for _, words, anchor, main, *_ in node["entries"]:
            if main != "main":
                entry.words.append(words)
            elif (entry.anchor, entry.title) != (anchor, words):
                entry = self._begin(anchor, words)
        return entry

    def _begin(self, anchor: str, title: str) -> Entry:
        self.entries.append(Entry(anchor, " ".join(title.split())))
        return self.entries[-1]

    def _left_out(self, node: nodes.Element) -> bool:
        """Tell whether a node's words are not to be found: code, citations, headings (titles)."""
        classes = node.get("classes", ())
        if isinstance(node, LEFT_OUT) or NOT_FOUND.intersection(classes):
            return True
        if isinstance(node, nodes.literal):  # a call or a choice of rows, not a name
            return bool(re.search(r"[(\[=]", node.astext()))
        keys = node.rawsource.split(",") if isinstance(node, nodes.inline) else []
        return bool(node.rawsource) and bool(keys) and self.cited.issuperset(keys)


def _main_entry(node: nodes.Element) -> tuple | None:
    entries = (entry for index in node.findall(addnodes.index) for entry in index["entries"])
    return next((entry for entry in entries if entry[3] == "main"), None)


def kind_of(env, docname: str, doctree: nodes.document) -> str:
    """Return what a page is to a reader who looks for something, by which it ranks."""
    if docname == env.config.root_doc:
        return "start"
    if docname == book().claims_page:
        return "claims"
    if docname.startswith(f"{tables.PAGES}/"):
        return "table"
    if any(doctree.findall(nodes.citation)):
        return "references"
    return "chapter" if page_store.page(env, docname)["claims"] else "page"


def _is_told_elsewhere(docname: str) -> bool:
    """Tell whether a table's rows are found on a page of the book: claims, or names and terms."""
    resource = tables.table_of_page(docname)
    if resource is None:
        return False
    columns = {field["name"] for field in resource["schema"]["fields"]}
    return resource["name"] == "claims" or columns >= COLUMNS


class SectionIndex:
    """The index, with the interface by which Sphinx fills and keeps its own."""

    def __init__(self, env, lang: str, options: dict, scoring: str):
        self.env = env
        self.pages: dict[str, list] = {}  # name → title, kind, entries

    def feed(self, docname: str, filename: str, title: str, doctree: nodes.document) -> None:
        """Take a page that is written."""
        title = html.unescape(TAGS.sub("", title))
        cited = {citation.key for citation in self.env.get_domain("cite").citations}
        entries = [entry.as_list() for entry in Collector(doctree, cited).entries]
        if _is_told_elsewhere(docname):
            entries = [entry for entry in entries if entry[0] != "rows"]
        self.pages[docname] = [title, kind_of(self.env, docname, doctree), entries]

    def prune(self, docnames: Iterable[str]) -> None:
        """Forget all pages but these."""
        keep = set(docnames)
        self.pages = {name: page for name, page in self.pages.items() if name in keep}

    def load(self, stream: IO, format: object) -> None:
        """Go on from the last build's index. Raises ValueError when it is of another kind."""
        self.pages = json.loads(stream.read().removeprefix(PREFIX).rstrip("; \n"))["pages"]

    def dump(self, stream: IO, format: object) -> None:
        """Write the index, with the words that the terms give to sections of other pages."""
        words = defaultdict(list)
        for known in page_store.all_pages(self.env, "search_words").values():
            for place, more in known:
                words[current(self.env, place)].append(more)
        content = {"pages": dict(sorted(self.pages.items())), "words": dict(sorted(words.items()))}
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        stream.write(f"{PREFIX}{text};\n")

    def label(self) -> str:
        """Return what Sphinx calls the index as it writes it."""
        return "sections and rows"

    def context_for_searchtool(self) -> dict[str, object]:
        """Return what the templates of Sphinx's own scripts expect; none of them is kept."""
        return {"search_language_stemming_code": "", "search_language_stop_words": [],
                "search_scorer_tool": "", "search_word_splitter_code": ""}  # fmt: skip

    def get_js_stemmer_rawcode(self) -> None:
        """Return no file: Sphinx asks for its stemmer."""


def load_scripts(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Give the page of the search its scripts, and all pages the book's in place of Sphinx's."""
    if app.builder.name != "html":
        return
    scripts = context["script_files"]  # the builder's own list of this page's
    scripts[:] = [one for one in scripts if Path(str(one.filename)).name not in REPLACED]
    # before scripts that change the address, from which it takes the words to mark
    app.add_js_file("words.js", loading_method="defer", priority=300)
    if page == "search":
        context["search_places"] = [(name, short_title(app.env, name)) for name in pages()]
        app.add_css_file("search.css", priority=950)
        app.add_js_file("vendor/minisearch-7.2.0.min.js", loading_method="defer", priority=700)
        app.add_js_file("search.js", loading_method="defer", priority=800)


def remove_replaced(app: Sphinx, error: Exception | None) -> None:
    """Remove the scripts of Sphinx's own, which it copies whatever is used."""
    for name in REPLACED:
        Path(app.outdir, "_static", name).unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    sphinx.search.IndexBuilder = SectionIndex  # Sphinx has no setting for it
    app.connect("html-page-context", load_scripts)
    app.connect("build-finished", remove_replaced)
