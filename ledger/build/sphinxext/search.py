"""The search finds what a reader of this book looks for, and its index, built piece by piece, is that of a site built at once."""

from __future__ import annotations

import html
import re

import sphinx.search
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

TAGS = re.compile(r"<(style|script)\b.*?</\1>|<[^<]+?>", re.S)
JOINED = re.compile(r"\w+(?:[-.,]\w+)+")


class Words(SearchEnglish):
    """English, in which S-300, 2.08 and 15,200 are words too; Sphinx would look for 300 and 08, and skip words of figures alone."""

    js_splitter_code = r"""
var splitQuery = (query) => query.split(/\s+/).flatMap((word) =>
  (word.match(/[\p{L}\p{N}_]+(?:[-.,][\p{L}\p{N}_]+)*/gu) || []).flatMap((found) => /\p{N}/u.test(found) ? [found] : found.split(/[-.,]/)));
// in what is shown of a page that was found, too, the end of a cell parts two words
const textOf = Search.htmlToText;
Search.htmlToText = (page, anchor) => textOf(page.replace(/<\/(?:td|th|li|p|h\d|text|summary|caption)>/g, " $&"), anchor);
// a page that was found opens where the words stand, in browsers that know text fragments; it may be long
new MutationObserver(() => document.querySelectorAll("ul.search > li > a:not([href*='#'])").forEach((link) => {
  link.href += "#:~:text=" + encodeURIComponent(new URLSearchParams(location.search).get("q")).replaceAll("-", "%2D");
})).observe(document.getElementById("search-results"), { childList: true, subtree: true });
"""

    def split(self, text: str) -> list[str]:
        """Return the words of a text: plain ones, and those joined by hyphen, point or comma that have a figure in them."""
        return super().split(text) + [
            word for word in JOINED.findall(text) if re.search(r"\d", word)
        ]


class SearchIndex(sphinx.search.IndexBuilder):
    """Sphinx's, of which nothing is lost and nothing left when the site is built piece by piece."""

    def load(self, stream, format) -> None:
        """Take up the index of the last build; Sphinx forgets what stands in {index} entries: here, the numbers of the claims."""
        at = stream.tell()
        super().load(stream, format)
        stream.seek(at)
        frozen = (
            self.formats[format].load(stream) if isinstance(format, str) else format.load(stream)
        )
        for entry, places in frozen["indexentries"].items():
            for page, target, main in places:
                self._index_entries.setdefault(frozen["docnames"][page], []).append(
                    (entry, target, "main" if main else "")
                )

    def prune(self, docnames) -> None:
        """Forget pages that are gone, and with them the words that no page has any more."""
        docnames = set(docnames)
        super().prune(docnames)
        for docname in set(self._index_entries) - docnames:
            del self._index_entries[docname]
        for mapping in (self._mapping, self._title_mapping):
            for word in [word for word, pages in mapping.items() if not pages]:
                del mapping[word]

    def _word_collector(self, doctree: nodes.document):
        """Collect words with a space for every tag of raw HTML; Sphinx takes tags out, and the cells of a table run together."""
        raws = [(raw, raw.children) for raw in doctree.findall(nodes.raw)]
        for raw, _ in raws:
            raw.children = [nodes.Text(html.unescape(TAGS.sub(" ", raw.astext())))]
        try:
            return super()._word_collector(doctree)
        finally:
            for raw, children in raws:
                raw.children = children


def setup(app: Sphinx) -> None:
    app.add_search_language(Words)
    sphinx.search.IndexBuilder = SearchIndex  # Sphinx has no setting for it
