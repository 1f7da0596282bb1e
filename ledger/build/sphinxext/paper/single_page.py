"""Build the one page that `ledger.commands.pdf` has Chromium print to a PDF."""

from __future__ import annotations

import re
from collections.abc import Callable

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.singlehtml import SingleFileHTMLBuilder

from ledger.build.sphinxext.figures.chart_html import chart_anchor
from ledger.build.sphinxext.paper import short_edition
from ledger.build.sphinxext.paper.title_page import title_page
from ledger.core import tables
from ledger.core.config import book

PAGE_ANCHOR = re.compile(r'<span id="document-[^"]*"></span>')


class SinglePage(SingleFileHTMLBuilder):
    """Sphinx's single page, with chapters side by side, and each page's anchors kept apart."""

    add_permalinks = False

    def get_theme_config(self):
        return "paper", {}

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        return "#" + anchor(docname)  # also of a page that is not read yet

    def assemble_doctree(self) -> nodes.document:
        tree = super().assemble_doctree()
        title = nodes.title("", "Appendix: the tables")
        appendix = nodes.section("", title, ids=["tables"])
        # out of the first page's section: each chapter is one of its own
        for wrapper in list(tree.findall(addnodes.start_of_file)):
            wrapper.parent.remove(wrapper)
            table = wrapper["docname"].startswith(f"{tables.PAGES}/")
            (appendix if table else tree).append(wrapper)
        if len(appendix) > 1:
            tree.append(appendix)
        self.addresses = {
            anchor: self.config.html_baseurl + place
            for anchor, place in rename_anchors(tree, self.config.root_doc).items()
        }
        self.cover = cover_picture(tree, book().cover_chart)
        self.contents = [
            entry(chapter) | {"sections": [entry(part) for part in subsections(chapter)]}
            for chapter in subsections(tree)
        ]
        return tree

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write the whole book, and the short edition beside it."""
        short = short_edition.short_edition(doctree, self.addresses, book().cover_chart)
        super().write_doc(docname, doctree)
        super().write_doc(short_edition.NAME, short)

    def fix_refuris(self, tree: nodes.Node) -> None:
        for reference in tree.findall(nodes.reference):
            if (address := reference.get("refuri", "")).startswith("#"):
                reference["refuri"] = "#" + address[1:].replace("#", "--")

    def assemble_toc_fignumbers(self):
        def renamed(kind: str, numbers: dict) -> dict:
            page = kind.rpartition("/")[0]
            return {anchor(page, name): number for name, number in numbers.items()}

        (whole,) = super().assemble_toc_fignumbers().values()
        numbers = {kind: renamed(kind, numbers) for kind, numbers in whole.items()}
        return dict.fromkeys((self.config.root_doc, short_edition.NAME), numbers)

    def get_doc_context(self, docname: str, body: str, metatags: str) -> dict:
        return super().get_doc_context(docname, body, metatags) | {
            # each section has the anchor of its page, see rename_anchors
            "body": PAGE_ANCHOR.sub("", body),
            "contents": self.contents,
            "book": title_page(self.app),
            "cover": self.cover,
            "short": docname == short_edition.NAME,
        }


def anchor(docname: str, name: str | None = None) -> str:
    """Return the anchor within the one page of a page of the book, or of a place on it."""
    return "page-" + docname.replace("/", "-") + (f"--{name}" if name else "")


def cover_picture(tree: nodes.document, chart: str) -> str:
    """Return the picture of a chart as HTML, for the title page; empty where there is none."""
    for figure in tree.findall(nodes.figure):
        if figure["ids"] and figure["ids"][0].endswith(f"--{chart_anchor(chart)}"):
            return figure[0].astext()
    return ""


def subsections(node: nodes.Element) -> list[nodes.section]:
    """Return the sections directly under a node, those of pages within it included."""
    sections = []
    for child in node.children:
        if isinstance(child, nodes.section):
            sections.append(child)
        elif isinstance(child, addnodes.start_of_file):
            sections += subsections(child)
    return sections


def entry(section: nodes.section) -> dict[str, str]:
    """Return a section's title and anchor, for the table of contents."""
    return {"title": section[0].astext(), "anchor": section["ids"][0]}


def rename_anchors(tree: nodes.document, root: str) -> dict[str, str]:
    """Give every anchor its name within the one page, and every link to it the same.

    Returns the page and anchor of the site by the names in the one page.
    """
    owners = {id(wrapper): wrapper["docname"] for wrapper in tree.findall(addnodes.start_of_file)}
    names: dict[str, set[str]] = {}

    def walk(
        node: nodes.Element, docname: str, visit: Callable[[nodes.Element, str], None]
    ) -> None:
        docname = owners.get(id(node), docname)
        visit(node, docname)
        for child in node.children:
            if isinstance(child, nodes.Element):
                walk(child, docname, visit)

    def gather(node: nodes.Element, docname: str) -> None:
        names.setdefault(docname, set()).update(node.get("ids", ()))

    def rename(node: nodes.Element, docname: str) -> None:
        ids = [anchor(docname, name) for name in node.get("ids", ())]
        node["ids"] = [anchor(docname), *ids] if _is_page(node) else ids
        if node.get("backrefs"):
            node["backrefs"] = [anchor(docname, name) for name in node["backrefs"]]
        if "refid" in node:
            # what Sphinx resolved on behalf of the first page names anchors of that
            page = docname if node["refid"] in names[docname] else root
            node["refid"] = anchor(page, node["refid"])

    walk(tree, root, gather)
    walk(tree, root, rename)
    pages = {anchor(page): f"{page}.html" for page in names}
    return pages | {
        anchor(page, name): f"{page}.html#{name}" for page, ids in names.items() for name in ids
    }


def _is_page(node: nodes.Element) -> bool:
    """Tell whether a node is the section that holds a whole page."""
    outermost = isinstance(node.parent, (nodes.document, addnodes.start_of_file))
    return isinstance(node, nodes.section) and outermost and node["ids"] != ["tables"]


def setup(app: Sphinx) -> None:
    app.add_builder(SinglePage, override=True)
