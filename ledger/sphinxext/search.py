"""The search finds what a reader of this book looks for, and its index, built piece by piece, is that of a site built at once."""
from __future__ import annotations

import html
import re

import sphinx.search
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

JOINED = re.compile(r"\w+(?:[-.,]\w+)+")


class Words(SearchEnglish):
    """English, in which S-300, 2.08 and 15,200 are words too; Sphinx would look for 300 and 08, and skip words of figures alone."""

    js_splitter_code = r"""
var splitQuery = (query) => query.split(/\s+/).flatMap((word) =>
  (word.match(/[\p{L}\p{N}_]+(?:[-.,][\p{L}\p{N}_]+)*/gu) || []).flatMap((found) => /\p{N}/u.test(found) ? [found] : found.split(/[-.,]/)));
"""

    def split(self, text: str) -> list[str]:
        """Return the words of a text: plain ones, and those joined by hyphen, point or comma that have a figure in them."""
        return super().split(text) + [word for word in JOINED.findall(text) if re.search(r"\d", word)]


class WordCollector(sphinx.search.WordCollector):
    """Sphinx's, but a tag of raw HTML parts two words: the cells of a table would run together."""

    def dispatch_visit(self, node) -> None:
        if isinstance(node, nodes.raw):
            if node.get("format") == "html":
                text = re.sub(r"<(style|script)\b.*?</\1>|<[^<]+?>", " ", node.astext(), flags=re.S)
                self.found_words.extend(self.lang.split(html.unescape(text)))
            raise nodes.SkipNode
        super().dispatch_visit(node)


class SearchIndex(sphinx.search.IndexBuilder):
    def prune(self, docnames) -> None:
        """Forget pages that are gone, and with them the words that no page has any more."""
        super().prune(docnames)
        for mapping in (self._mapping, self._title_mapping):
            for word in [word for word, pages in mapping.items() if not pages]:
                del mapping[word]


def setup(app: Sphinx) -> None:
    app.add_search_language(Words)
    sphinx.search.IndexBuilder, sphinx.search.WordCollector = SearchIndex, WordCollector  # Sphinx has no setting for it
