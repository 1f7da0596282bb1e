"""The book in one piece: as EPUB, and as the one page that `ledger.commands.pdf` has Chromium print to a PDF.

Both go through the same build as the site and execute nothing twice. They differ from it in what paper and an e-reader cannot do:
a chart is its picture, caption, source and address on the site, a table's rows are on the site only, and there is no script.
"""

from __future__ import annotations

import html
import math
import os
import posixpath
import re
import textwrap
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder
from sphinx.builders.singlehtml import SingleFileHTMLBuilder
from sphinx.transforms import SphinxTransform

from ledger.build.sphinxext import charts, site
from ledger.build.sphinxext.lifecycle import SLUG
from ledger.core import citations
from ledger.core.charts.style import PALETTE

THEME = Path(__file__).with_name("paper")
LINK = re.compile(
    r'<a href="(?!\w+:|#)([^"]*)"[^>]*>'
)  # as a chapter writes it that offers a file of the site
TILE = 72  # what matplotlib repeats of a hatch, in its own units
SVG = "{http://www.w3.org/2000/svg}"
ACCESSIBILITY = {
    "accessMode": ("textual", "visual"),
    "accessModeSufficient": ("textual",),
    "accessibilityFeature": ("alternativeText", "structuralNavigation", "tableOfContents"),
    "accessibilityHazard": ("none",),
    "accessibilitySummary": (
        "Every chart has a text alternative; the numbers behind it are on the book's site.",
    ),
}


def about(app: Sphinx) -> dict[str, str]:
    """Return what the title page says of the book."""
    edition = citations.edition()
    return {
        "title": edition["title"],
        "subtitle": edition["subtitle"][:1].upper() + edition["subtitle"][1:],
        "authors": edition["author"],
        "abstract": edition["abstract"],
        "stamp": app.config.ledger_stamp,
        "until": f"Evidence ends in {site.in_words(site.EVIDENCE_ENDS)}",
        "citation": citations.plain(site.work(app, app.config.root_doc)),
        "address": app.config.html_baseurl,
        "rights": f"© {app.config.copyright} {app.config.author}. The institutions' data are theirs; what may be done with each table is said where the table is described.",
    }


def on_site(config, path: str) -> str:
    """Return a link to a place of the site that prints where it leads."""
    shown = html.escape(config.html_baseurl + path)
    return f'<a href="{shown}">{shown}</a>'


def fill_figure(figure: nodes.figure, chart: dict, app: Sphinx, docname: str) -> nodes.figure:
    """Put into a chart's figure what is printed of it, and return it. An EPUB shows the picture from a file of its own."""
    alt = html.escape(chart["alt"], quote=True)
    if app.builder.name == "epub":
        picture = f'<img src="{"../" * docname.count("/")}charts/{chart["name"]}.svg" alt="{alt}"/>'
    else:
        picture = drawn_hatches(charts.plain(chart["svg"])).replace(
            "<svg ", f'<svg role="img" aria-label="{alt}" ', 1
        )
    figure += charts.raw_html(f'<div class="chart-picture">{picture}</div>')
    figure += nodes.caption("", chart["caption"])
    place = on_site(app.config, f"{docname}.html#{charts.address(chart['name'])}")
    figure += charts.raw_html(
        f'<p class="chart-source">{charts.source_line(chart, app.builder, docname)} Table, code and files: {place}</p>'
    )
    return figure


def drawn_hatches(svg: str) -> str:
    """Return a chart with its hatches drawn, bar by bar: Chromium prints a pattern as a picture made of pixels, 8 MB for the book."""
    root = ElementTree.fromstring(svg)
    hatches = {pattern.get("id"): pattern for pattern in root.iter(f"{SVG}pattern")}
    for parent in list(root.iter()):
        for at, bar in enumerate(list(parent)):
            style = (
                bar.get("style") or parent.get("style") or ""
            )  # what all in a group say stands on the group
            found = re.search(r"fill:url\(#([^)]+)\)", style)
            if not found or bar.tag != f"{SVG}path":
                continue
            ground, lines = hatches[found.group(1)]
            left, top, right, bottom = box(bar.get("d"))
            name = f"{found.group(1)}-{len(parent)}-{at}-{round(100 * left)}-{round(100 * top)}"
            drawn = ElementTree.Element(
                f"{SVG}g", {"clip-path": bar.get("clip-path", "")} if bar.get("clip-path") else {}
            )
            ElementTree.SubElement(
                ElementTree.SubElement(drawn, f"{SVG}clipPath", id=name),
                f"{SVG}path",
                d=bar.get("d"),
            )
            ElementTree.SubElement(
                drawn,
                f"{SVG}path",
                d=bar.get("d"),
                style=style.replace(found.group(0), f"fill:{ground.get('fill')}"),
            )
            inside = ElementTree.SubElement(drawn, f"{SVG}g", {"clip-path": f"url(#{name})"})
            for x in range(math.floor(left / TILE), math.ceil(right / TILE)):
                for y in range(math.floor(top / TILE), math.ceil(bottom / TILE)):
                    ElementTree.SubElement(
                        inside,
                        f"{SVG}path",
                        {
                            "d": lines.get("d"),
                            "style": lines.get("style"),
                            "transform": f"translate({x * TILE} {y * TILE})",
                        },
                    )
            parent[at] = drawn
    for prefix, space in (("", SVG.strip("{}")), ("xlink", "http://www.w3.org/1999/xlink")):
        ElementTree.register_namespace(prefix, space)
    return ElementTree.tostring(root, encoding="unicode")


def box(path: str) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a path of straight lines, as `ledger.core.charts.svg` writes it."""
    x = y = 0.0
    across, down = [], []
    for command, told in re.findall(r"([MLHVlhvz])([^MLHVlhvz]*)", path):
        numbers = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", told)]
        if command in "ML":
            x, y = numbers
        elif command == "l":
            x, y = x + numbers[0], y + numbers[1]
        elif command in "Hh":
            x = numbers[0] + (x if command == "h" else 0)
        elif command in "Vv":
            y = numbers[0] + (y if command == "v" else 0)
        across.append(x)
        down.append(y)
    return min(across), min(down), max(across), max(down)


class LinksToSite(SphinxTransform):
    """Have links that a chapter writes as HTML, to files that only the site has, lead to the site."""

    default_priority = 150  # before charts are put in

    def apply(self, **_) -> None:
        if self.app.builder.name == "html":
            return
        for raw in list(self.document.findall(nodes.raw)):
            if raw.get("format") == "html" and LINK.search(raw.astext()):
                raw.replace_self(charts.raw_html(LINK.sub(self._link, raw.astext())))

    def _link(self, found: re.Match) -> str:
        path = posixpath.normpath(
            posixpath.join(posixpath.dirname(self.env.docname), found.group(1))
        )
        return f'<a href="{self.config.html_baseurl}{path}">'


class Epub(Epub3Builder):
    """Sphinx's EPUB, with a cover, a title page, no stray files, and the same bytes of the same book."""

    def get_outdated_docs(self):
        return sorted(
            self.env.found_docs
        )  # all pages at every build: it takes a second, and the title page names the commit

    def get_theme_config(self):
        return "paper", {}

    def build_content(self) -> None:
        book, out = about(self.app), Path(self.outdir)
        for path in out.joinpath("_static").rglob("*"):
            if path.is_file() and path.name != "paper.css":
                path.unlink()  # scripts and styles of the site
        (out / "cover.svg").write_text(cover(book), encoding="utf-8")
        self.globalcontext["book"] = book
        self.handle_page("titlepage", {"title": "Title page"}, "titlepage.html")
        (out / "epub-cover.xhtml").unlink(
            missing_ok=True
        )  # of the last build: it would be listed twice
        super().build_content()
        path = out / "content.opf"
        said = "".join(
            f'<meta property="schema:{name}">{html.escape(value)}</meta>\n    '
            for name, values in ACCESSIBILITY.items()
            for value in values
        )
        text = (
            path.read_text(encoding="utf-8")
            .replace('href="cover.svg"', 'href="cover.svg" properties="cover-image"')
            .replace("</metadata>", f"{said}</metadata>")
        )
        path.write_text(
            re.sub(r"[ \t]*<guide>.*?</guide>\n", "", text, flags=re.S), encoding="utf-8"
        )

    def toc_metadata(self, level: int, navpoints: list) -> dict:
        return super().toc_metadata(level, navpoints) | {"uid": self.config.epub_identifier}

    def build_epub(self) -> None:
        """Write the file as Sphinx does, with one time for all that is in it."""
        when = max(
            time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", 0)))[:6], (1980, 1, 1, 0, 0, 0)
        )  # a zip knows no time before
        with zipfile.ZipFile(Path(self.outdir, f"{SLUG}.epub"), "w") as book:
            for name in (
                "mimetype",
                "META-INF/container.xml",
                "content.opf",
                "toc.ncx",
                *self.files,
            ):
                entry = zipfile.ZipInfo(name, when)
                entry.compress_type = (
                    zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
                )
                entry.external_attr = 0o644 << 16
                book.writestr(entry, Path(self.outdir, name).read_bytes())


def cover(book: dict[str, str]) -> str:
    """Return the cover as SVG: title and subtitle on a plain ground, in lines that fit."""
    blue, vermilion = PALETTE["blue"][0], PALETTE["vermilion"][0]
    lines = [
        (text, size)
        for part, size, width in ((book["title"], 74, 16), (book["subtitle"], 34, 34))
        for text in [*textwrap.wrap(part, width), ""]
    ]
    at, shown = 330, ""
    for text, size in lines:
        shown += (
            f'<text x="70" y="{at}" font-size="{size}" fill="#ffffff">{html.escape(text)}</text>\n'
        )
        at += size * 1.3
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 1200" width="800" height="1200" font-family="serif">\n'
        f'<rect width="800" height="1200" fill="{blue}"/><rect x="70" y="180" width="160" height="14" fill="{vermilion}"/>\n{shown}'
        f'<text x="70" y="1110" font-size="28" fill="#ffffff">{html.escape(book["until"])}</text>\n</svg>\n'
    )


class OnePage(SingleFileHTMLBuilder):
    """Sphinx's single page, with chapters side by side, and addresses that stay apart where two chapters use the same one."""

    add_permalinks = False

    def get_theme_config(self):
        return "paper", {}

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        return "#" + place(docname)  # also of a page that is not read yet

    def assemble_doctree(self) -> nodes.document:
        tree = super().assemble_doctree()
        appendix = nodes.section("", nodes.title("", "Appendix: the tables"), ids=["tables"])
        for wrapper in list(
            tree.findall(addnodes.start_of_file)
        ):  # out of the first page's section: each chapter is one of its own
            wrapper.parent.remove(wrapper)
            (appendix if wrapper["docname"].startswith("tables/") else tree).append(wrapper)
        if len(appendix) > 1:
            tree.append(appendix)
        rename(tree, self.config.root_doc)
        self.contents = [
            entry(chapter) | {"sections": [entry(part) for part in parts(chapter)]}
            for chapter in parts(tree)
        ]
        return tree

    def fix_refuris(self, tree: nodes.Node) -> None:
        for reference in tree.findall(nodes.reference):
            if (address := reference.get("refuri", "")).startswith("#"):
                reference["refuri"] = "#" + address[1:].replace("#", "--")

    def assemble_toc_fignumbers(self):
        return {
            root: {
                kind: {
                    place(kind.rpartition("/")[0], name): number for name, number in numbers.items()
                }
                for kind, numbers in kinds.items()
            }
            for root, kinds in super().assemble_toc_fignumbers().items()
        }

    def get_doc_context(self, docname: str, body: str, metatags: str) -> dict:
        return super().get_doc_context(docname, body, metatags) | {
            "body": re.sub(
                r'<span id="document-[^"]*"></span>', "", body
            ),  # each section has the address of its page, see rename
            "contents": self.contents,
            "book": about(self.app),
        }


def place(docname: str, name: str | None = None) -> str:
    """Return the address within the one page of a page of the book, or of a place on it."""
    return "page-" + docname.replace("/", "-") + (f"--{name}" if name else "")


def parts(node: nodes.Element) -> list[nodes.section]:
    """Return the sections directly under a node, those of pages that stand within it included."""
    found = []
    for child in node.children:
        if isinstance(child, nodes.section):
            found.append(child)
        elif isinstance(child, addnodes.start_of_file):
            found += parts(child)
    return found


def entry(section: nodes.section) -> dict[str, str]:
    """Return a section's title and address, for the table of contents."""
    return {"title": section[0].astext(), "place": section["ids"][0]}


def rename(tree: nodes.document, root: str) -> None:
    """Give every place its address within the one page, and every link that named it the same."""
    owners = {id(wrapper): wrapper["docname"] for wrapper in tree.findall(addnodes.start_of_file)}
    names: dict[str, set[str]] = {}

    def walk(node: nodes.Element, docname: str, change) -> None:
        docname = owners.get(id(node), docname)
        change(node, docname)
        for child in node.children:
            if isinstance(child, nodes.Element):
                walk(child, docname, change)

    def gather(node: nodes.Element, docname: str) -> None:
        names.setdefault(docname, set()).update(node.get("ids", ()))

    def change(node: nodes.Element, docname: str) -> None:
        top = (
            isinstance(node, nodes.section)
            and isinstance(node.parent, (nodes.document, addnodes.start_of_file))
            and node["ids"] != ["tables"]
        )
        node["ids"] = ([place(docname)] if top else []) + [
            place(docname, name) for name in node.get("ids", ())
        ]
        if node.get("backrefs"):
            node["backrefs"] = [place(docname, name) for name in node["backrefs"]]
        if "refid" in node:  # what Sphinx resolved on behalf of the first page names places of that
            node["refid"] = place(
                docname if node["refid"] in names[docname] else root, node["refid"]
            )

    walk(tree, root, gather)
    walk(tree, root, change)


def settle(app: Sphinx, config) -> None:
    """Say of the EPUB what a library's catalogue holds."""
    config.version, config.ledger_address = citations.edition()["version"], config.html_baseurl
    config.epub_basename, config.epub_title, config.epub_language = SLUG, config.html_title, "en"
    config.epub_author = config.epub_publisher = config.epub_contributor = config.author
    config.epub_copyright = f"© {config.copyright} {config.author}. The institutions' data are theirs, under the terms that the book names for each table."
    config.epub_description = citations.edition()["abstract"]
    config.epub_uid, config.epub_identifier = (
        "book-id",
        "urn:uuid:05880a07-8ee3-54d9-9528-fe9cfa16f7ad",
    )  # for good: a library knows the book by it
    config.epub_cover, config.epub_pre_files = (
        ("cover.svg", "cover.html"),
        [("titlepage.xhtml", "Title page")],
    )
    config.epub_use_index, config.epub_show_urls, config.epub_tocdup, config.epub_tocdepth = (
        False,
        "no",
        False,
        2,
    )
    config.epub_tocscope = "includehidden"


def setup(app: Sphinx) -> None:
    app.add_config_value(
        "ledger_address", "", "env", str
    )  # Sphinx reads no page again for another `html_baseurl`, which is printed here
    app.add_html_theme("paper", str(THEME))
    app.add_transform(LinksToSite)
    app.add_builder(Epub, override=True)
    app.add_builder(OnePage, override=True)
    app.connect("config-inited", settle)
