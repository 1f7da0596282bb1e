"""Write as XHTML what stands on a page of the EPUB as HTML.

A browser forgives `<br>`, `&nbsp;` and what is never closed; a reader of EPUBs shows an error in
the place of the page. They come from HTML in a chapter and from the outputs of cells.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from bs4 import BeautifulSoup
from bs4.element import PreformattedString
from bs4.formatter import XMLFormatter
from sphinx.application import Sphinx

NO_XML = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
NAMESPACES = ("epub", "xlink")
NAME = re.compile(r"(?:(?:xml|epub):)?[a-z][\w.-]*", re.I | re.A)
# HTML has attributes in any case, and needs no declared prefix
NAMES = {"viewbox": "viewBox", "preserveaspectratio": "preserveAspectRatio", "xlink:href": "href"}


def as_xhtml(body: str) -> str:
    """Return the content of a page as well-formed XML; what is so already stays as it is."""
    declared = "".join(f' xmlns:{name}="urn:{name}"' for name in NAMESPACES)
    try:
        ElementTree.fromstring(f"<div{declared}>{body}</div>")
    except ElementTree.ParseError:
        soup = BeautifulSoup(f"{NO_XML.sub('', body)}\n", "html.parser")
    else:
        return body
    for node in [*soup("script"), *soup(string=lambda text: isinstance(text, PreformattedString))]:
        node.extract()  # comments and their like, and what no reader runs
    for element in soup(True):
        named = {NAMES.get(name, name): value for name, value in element.attrs.items()}
        element.attrs = {name: value for name, value in named.items() if NAME.fullmatch(name)}
        if not NAME.fullmatch(element.name):
            element.unwrap()
    return soup.decode(formatter=XMLFormatter.REGISTRY["minimal"])


def write_xhtml(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Have the pages of the EPUB be XHTML."""
    if app.builder.name == "epub" and "body" in context:
        context["body"] = as_xhtml(context["body"])


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", write_xhtml, priority=950)  # when the body is complete
