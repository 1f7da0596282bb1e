"""{standfirst}: the paragraph under a page's title that a reader could stop after."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Standfirst(SphinxDirective):
    """Its content, as paragraphs that stand out."""

    has_content = True

    def run(self):
        self.assert_has_content()
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        for child in holder.children:
            child["classes"].append("standfirst")
        return holder.children


def setup(app: Sphinx) -> None:
    app.add_directive("standfirst", Standfirst)
