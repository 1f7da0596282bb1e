"""Print math as MathML, which a browser and an EPUB show without a script of another host."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.math import get_node_equation_number

from ledger.build.page_faults import mathml

NAME = "mathml"
LONG = 25  # signs of TeX


def inline(translator, node: nodes.math) -> None:
    """Write math within a line; what may be wider than a phone scrolls within itself."""
    written = mathml(node.astext())
    if len(node.astext()) > LONG:
        written = f'<span class="long-math" tabindex="0">{written}</span>'
    translator.body.append(written)
    raise nodes.SkipNode


def display(translator, node: nodes.math_block) -> None:
    """Write math that stands by itself, with its number where it has one."""
    # the theme may have put it into a box with the same address
    ids = [] if node["ids"] == node.parent["ids"] else node["ids"]
    opening = nodes.Element(ids=ids)
    translator.body.append(translator.starttag(opening, "div", CLASS="math"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    equations = (part for part in node.astext().split("\n\n") if part.strip())
    translator.body += [mathml(part, block=True) for part in equations]
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def use_mathml(app: Sphinx, config) -> None:
    """Have all builders of HTML write math so."""
    config.html_math_renderer = NAME


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer(NAME, (inline, None), (display, None))
    app.connect("config-inited", use_mathml)
