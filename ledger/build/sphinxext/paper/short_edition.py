"""Choose what the short edition prints of the one page that holds the whole book.

It has the root page, of each chapter its title, standfirst and first chart, and a line a claim.
What a line or a link of it leads to is on the site.
"""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes

from ledger.build.sphinxext.content.folded import FoldedLine
from ledger.build.sphinxext.figures.chart_html import chart_anchor

NAME = "short"  # of its page beside that of the whole book
STANDFIRST, CHART, CLAIMS, DATED = "standfirst", "ledger-chart", "claims", "dated-list"


def short_edition(tree: nodes.document, addresses: dict[str, str], cover: str) -> nodes.document:
    """Return the document of the short edition; `tree` stays as it is.

    Parameters
    ----------
    tree : the whole book, with its anchors named: the root page, then a wrapper for each chapter.
    addresses : anchor of the whole book → its address on the site.
    cover : name of the chart on the cover, which is not printed again.
    """
    short = tree.copy()
    short += _without_chart(next(tree.findall(nodes.section)).deepcopy(), cover)
    for wrapper in tree.children:
        if isinstance(wrapper, addnodes.start_of_file):
            pages = [page for page in wrapper if isinstance(page, nodes.section)]
            short += [_shortened(wrapper, page, cover) for page in pages]
    _lead_to_site(short, addresses)
    return short


def _shortened(wrapper: nodes.Element, page: nodes.section, cover: str) -> nodes.Element:
    """Return what is printed of a chapter in its wrapper, by whose name figures are numbered."""
    section = page.copy()
    section += [part.deepcopy() for part in _parts(page, cover)]
    short = wrapper.copy()
    short += section if len(section) > 1 else []
    return short


def _parts(chapter: nodes.section, cover: str) -> list[nodes.Node]:
    """Return the title of a chapter, and what the short edition has of it beside that.

    A chapter without charts and claims, which tells about the book, has no place in it.
    """
    standfirst = [node for node in chapter.findall(nodes.Element) if STANDFIRST in _classes(node)]
    charts = [node for node in chapter.findall(nodes.figure) if CHART in _classes(node)]
    lists = [node for node in chapter.findall(nodes.bullet_list) if CLAIMS in _classes(node)]
    lines = [line for claims in lists for line in _lines(claims)]
    if not charts and not lines:
        return [chapter[0]]
    first = [chart for chart in charts[:1] if standfirst and not _is_chart(chart, cover)]
    return [chapter[0], *standfirst, *first, *lines]


def _lines(claims: nodes.bullet_list) -> list[nodes.paragraph]:
    """Return the line of each claim of the ledger, without what is folded under it."""
    return [
        nodes.paragraph("", "", *line.deepcopy().children, classes=["claim-line"])
        for line in claims.findall(FoldedLine)
    ]


def _without_chart(page: nodes.section, name: str) -> nodes.section:
    """Remove a chart from a page, and the list that stands for it where it is not drawn."""
    for figure in list(page.findall(nodes.figure)):
        if _is_chart(figure, name):
            figure.parent.remove(figure)
    for listing in list(page.findall(nodes.bullet_list)):
        if DATED in _classes(listing):
            listing.parent.remove(listing)
    return page


def _is_chart(figure: nodes.figure, name: str) -> bool:
    return any(each.endswith(f"--{chart_anchor(name)}") for each in figure["ids"])


def _lead_to_site(short: nodes.document, addresses: dict[str, str]) -> None:
    """Lead every link to the page on the site that holds what it leads to."""
    for reference in short.findall(nodes.reference):
        place = reference.attributes.pop("refid", None)
        address = reference.get("refuri", "")
        if place is None and address.startswith("#"):
            place = address[1:].replace("#", "--")
        if place is not None:
            reference["refuri"] = addresses[place]
            reference["internal"] = False


def _classes(node: nodes.Element) -> list[str]:
    return node.get("classes", [])
