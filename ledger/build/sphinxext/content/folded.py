"""Fold content under a line that opens it: a native <details>, which needs no script.

In the PDF and the EPUB the content stands open below its line.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Folded(nodes.General, nodes.Element):
    """What is folded: a FoldedLine, then the content."""


class FoldedLine(nodes.General, nodes.TextElement):
    """The line that always shows; it holds inline nodes, whose quotes are made typographic."""


def folded(line: list[nodes.Node], *content: nodes.Node, classes: tuple[str, ...] = ()) -> Folded:
    """Return nodes folded under a line of inline nodes."""
    return Folded("", FoldedLine("", "", *line), *content, classes=list(classes))


class FoldedDirective(SphinxDirective):
    """{folded}: the content, folded under the line that is the directive's argument."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        line, messages = self.state.inline_text(self.arguments[0], self.lineno)
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        return [folded(line, *holder.children), *messages]


def _visit(translator, node: Folded) -> None:
    tag = "details" if translator.builder.name == "html" else "div"
    translator.body.append(translator.starttag(node, tag, CLASS="folded"))


def _depart(translator, node: Folded) -> None:
    tag = "details" if translator.builder.name == "html" else "div"
    translator.body.append(f"</{tag}>\n")


def _visit_line(translator, node: FoldedLine) -> None:
    tag = "summary" if translator.builder.name == "html" else "div"
    translator.body.append(translator.starttag(node, tag, "", CLASS="folded-line"))


def _depart_line(translator, node: FoldedLine) -> None:
    tag = "summary" if translator.builder.name == "html" else "div"
    translator.body.append(f"</{tag}>\n")


def setup(app: Sphinx) -> None:
    app.add_node(Folded, html=(_visit, _depart))
    app.add_node(FoldedLine, html=(_visit_line, _depart_line))
    app.add_directive("folded", FoldedDirective)
