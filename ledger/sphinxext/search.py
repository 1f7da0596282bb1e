"""The search index of a site that was built piece by piece is that of one built at once: words that no page has any more are dropped."""
from __future__ import annotations

import sphinx.search
from sphinx.application import Sphinx


class SearchIndex(sphinx.search.IndexBuilder):
    def prune(self, docnames) -> None:
        super().prune(docnames)
        for mapping in (self._mapping, self._title_mapping):
            for word in [word for word, pages in mapping.items() if not pages]:
                del mapping[word]


def setup(app: Sphinx) -> None:
    sphinx.search.IndexBuilder = SearchIndex  # Sphinx has no setting for it
