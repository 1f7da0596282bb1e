"""Adapt Furo: what stands in a visitor's way, a policy against third parties, the 404 page."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from ledger.build.sphinxext.outdated_pages import THEME

# before, after; the last part of ledger.css goes with them
THEME_PATCHES = [
    # two landmarks of one kind need names that tell them apart
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="The book">'),
    ('<aside class="toc-drawer', '<aside aria-label="This page" class="toc-drawer'),
    # what stands outside every landmark is passed over: the boxes that open the two menus of a
    # narrow screen (their rules are in ledger.css)
    (
        '<input type="checkbox" class="sidebar-toggle" name="__navigation"',
        '<nav class="menus" aria-label="Menus">'
        '<input type="checkbox" class="sidebar-toggle" name="__navigation"',
    ),
    (
        'aria-label="Toggle table of contents sidebar">',
        'aria-label="Toggle table of contents sidebar"></nav>',
    ),
    # a table or a line of code wider than the page scrolls, and a keyboard must be able to
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
    ('<div class="highlight"><pre>', '<div class="highlight"><pre tabindex="0">'),
    # docutils' role of a bibliography's entry is deprecated, and a list needs items
    (' role="doc-biblioentry"', ' role="listitem"'),
]
SKIP_LINK = re.compile(
    r'(<nav class="menus".*?</nav>)(.*?)(<a class="skip-to-content.*?</a>)', re.S
)

FEW_SECTIONS = 3  # fewer are seen at a glance
CELL_TEXT = re.compile(r'class="(?:cell_input|output )')


def patch_theme(page: str) -> str:
    """Return the body of a page with the theme's faults corrected."""
    for before, after in THEME_PATCHES:
        page = page.replace(before, after)
    # the link that skips to the content is the first stop of the Tab key
    return SKIP_LINK.sub(r"\3\1\2", page, count=1)


def content_policy(theme: Path) -> str:
    """Return the policy (CSP) of every page: all comes from the site itself.

    The only script within a page is the theme's one line, named by its hash, which sets light or
    dark before anything is painted. Styles stand in the charts' SVG, so they may.
    """
    base = (theme / "base.html").read_text(encoding="utf-8")
    script = re.search(r"<script>(.*?)</script>", base, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'self'; object-src 'none'"
    )


def drop_unused_styles(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Leave MyST-NB's styles, 6 kB compressed, to pages that show code or text of a cell.

    The few rules that charts need stand in ledger.css.
    """
    if not CELL_TEXT.search(context.get("body", "")):
        styles = context.get("css_files", [])
        context["css_files"] = [style for style in styles if "mystnb" not in str(style.filename)]


def add_contents(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """List a page's sections under its title; ledger.css shows it where the drawer is put away."""
    sections = _sections(app, page) if doctree is not None else []
    if len(sections) >= FEW_SECTIONS:
        app.add_js_file("menus.js", loading_method="defer")
        items = "".join(
            f'<li><a href="{html.escape(anchor)}">{html.escape(title)}</a></li>'
            for title, anchor in sections
        )
        label = "On this page"
        context["body"] = context["body"].replace(
            "</h1>",
            f'</h1>\n<nav class="page-contents" aria-label="{label}"><details>'
            f'<summary>{label}</summary><ul data-label="{label}">{items}</ul></details></nav>',
            1,
        )


def _sections(app: Sphinx, page: str) -> list[tuple[str, str]]:
    """Return title and anchor of the sections right below a page's title."""
    title = next(iter(app.env.tocs[page].findall(nodes.list_item)), None)
    if title is None or not isinstance(title[-1], nodes.bullet_list):
        return []
    links = (next(iter(item.findall(nodes.reference)), None) for item in title[-1])
    return [(link.astext(), link["anchorname"]) for link in links if link is not None]


def set_policy(app: Sphinx, config) -> None:
    """Keep the policy for all that writes pages."""
    from furo import THEME_PATH

    app.ledger_policy = content_policy(THEME_PATH)


def not_found(app: Sphinx):
    """Add the page that a server shows for an address that does not exist."""
    if app.builder.name == "html":
        yield "404", {"title": "No such page"}, "404.html"


def setup(app: Sphinx) -> None:
    app.add_html_theme("ledger", str(THEME))
    app.connect("config-inited", set_policy)
    app.connect("html-page-context", add_contents)
    app.connect("html-page-context", drop_unused_styles, priority=900)
    app.connect("html-collect-pages", not_found)
