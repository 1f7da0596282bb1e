"""Index words with digits (S-300, 2.08), and keep incremental indexes equal to full ones."""

from __future__ import annotations

import html
import re

import sphinx.search
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

TAGS = re.compile(r"<(style|script)\b.*?</\1>|<[^<]+?>", re.S)
JOINED = re.compile(r"\w+(?:[-.,]\w+)+")
SCRIPT = r"""
var splitQuery = (query) => query.split(/\s+/).flatMap((word) =>
  (word.match(/[\p{L}\p{N}_]+(?:[-.,][\p{L}\p{N}_]+)*/gu) || [])
    .flatMap((found) => /\p{N}/u.test(found) ? [found] : found.split(/[-.,]/)));
// in what is shown of a page that was found, too, the end of a cell parts two words
const textOf = Search.htmlToText;
const ENDS = /<\/(?:td|th|li|p|h\d|text|summary|caption)>/g;
Search.htmlToText = (page, anchor) => textOf(page.replace(ENDS, " $&"), anchor);
// a page that was found opens where the words stand, in browsers that know text fragments
const FOUND = "ul.search > li > a:not([href*='#'])";
new MutationObserver(() => document.querySelectorAll(FOUND).forEach((link) => {
  const words = encodeURIComponent(new URLSearchParams(location.search).get("q"));
  link.href += "#:~:text=" + words.replaceAll("-", "%2D");
})).observe(document.getElementById("search-results"), { childList: true, subtree: true });
"""


class Words(SearchEnglish):
    """English with words that have digits; Sphinx would look for 300, and skip bare figures."""

    js_splitter_code = SCRIPT

    def split(self, text: str) -> list[str]:
        """Return plain words, and those with a digit joined by hyphen, point or comma."""
        joined = [word for word in JOINED.findall(text) if re.search(r"\d", word)]
        return super().split(text) + joined


class SearchIndex(sphinx.search.IndexBuilder):
    """Sphinx's index, of which nothing is lost and nothing left by incremental builds."""

    def load(self, stream, format) -> None:
        """Load the last build's index.

        Sphinx forgets what stands in {index} entries: here, the numbers of the claims.
        """
        start = stream.tell()
        super().load(stream, format)
        stream.seek(start)
        reader = self.formats[format] if isinstance(format, str) else format
        frozen = reader.load(stream)
        for entry, places in frozen["indexentries"].items():
            for page, target, main in places:
                entries = self._index_entries.setdefault(frozen["docnames"][page], [])
                entries.append((entry, target, "main" if main else ""))

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
        """Collect words with a space for every tag of raw HTML.

        Sphinx takes tags out, and the cells of a table would run together.
        """
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
