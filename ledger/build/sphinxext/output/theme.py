"""Adapt Furo: what stands in a visitor's way, a policy against third parties, the 404 page."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.metadata import version
from pathlib import Path

from docutils import nodes
from jinja2 import FileSystemBytecodeCache
from sphinx import addnodes
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
    # a table, math or a line of code wider than the page scrolls, and a keyboard must be able to
    ('<div class="math-wrapper', '<div tabindex="0" class="math-wrapper'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
    ('<div class="highlight"><pre><span></span>', '<div class="highlight"><pre tabindex="0">'),
    ('<div class="output text_html">', '<div class="output text_html" tabindex="0">'),
    # docutils' role of a bibliography's entry is deprecated, and a list needs items
    (' role="doc-biblioentry"', ' role="listitem"'),
]
SKIP_LINK = re.compile(
    r'(<nav class="menus".*?</nav>)(.*?)(<a class="skip-to-content.*?</a>)', re.S
)

# a link whose words are its address, which paper need not say again
ADDRESS_LINK = re.compile(r'class="reference external" (href="([^"]*)">\2</a>)')
UNUSED = ("pygments.css", "furo-extensions.css")
CONTENTS = "On this page"
# links to the page and to its sections, not to those within them, which stand two lists deeper
SECTION_LINK = re.compile(r'<a class="reference internal" href="#[^"]*">.*?</a>', re.S)
# the title and, where prose follows it, the standfirst
AFTER_TITLE = re.compile(
    r'</h1>(?:\s*<div class="cell docutils container"[^>]*>\s*</div>)*'
    r'(?:(?:\s*<p class="standfirst">.*?</p>)+|\s*<p>.*?</p>)?',
    re.S,
)
CELL_TEXT = re.compile(r'class="(?:cell_input|output )')


def patch_theme(page: str) -> str:
    """Return the body of a page with the theme's faults corrected."""
    for before, after in THEME_PATCHES:
        page = page.replace(before, after)
    page = ADDRESS_LINK.sub(r'class="reference external address" \1', page)
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
    """Leave styles to the pages that show what they are for.

    MyST-NB's are for code or text of a cell: the few rules that charts and their code need stand
    in ledger.css. The theme's extra ones are for extensions that no page uses.
    """
    unused = UNUSED if CELL_TEXT.search(context.get("body", "")) else (*UNUSED, "mystnb")
    styles = context.get("css_files", [])
    context["css_files"] = [
        style for style in styles if not any(name in str(style.filename) for name in unused)
    ]


def contents_line(toc: str) -> str:
    """Return the sections of a page as one line of links, empty for fewer than two.

    Parameters
    ----------
    toc : the page's table of contents as Sphinx writes it, nested lists of links.
    """
    found = SECTION_LINK.findall(toc)
    if len(found) < 3:  # the page itself is the first
        return ""
    items = "".join(f"<li>{link}</li>" for link in found[1:] if link)
    return (
        f'<nav class="page-contents" aria-label="{CONTENTS} (line)"><details>'
        f"<summary>{CONTENTS}</summary><ul>{items}</ul></details></nav>"
    )


def with_contents(body: str, toc: str) -> str:
    """Return a page's body with the line of its contents under the title and the standfirst."""
    line = contents_line(toc)
    return AFTER_TITLE.sub(lambda title: title.group(0) + line, body, count=1)


def set_policy(app: Sphinx, config) -> None:
    """Keep the policy for all that writes pages."""
    from furo import THEME_PATH

    app.ledger_policy = content_policy(THEME_PATH)


def keep_templates(app: Sphinx) -> None:
    """Have compiled templates kept for the next build, which finds them by a hash of their text."""
    if app.builder.name == "html":
        folder = app.ledger_build.folder / "templates"
        folder.mkdir(exist_ok=True)
        names = f"{version('jinja2')}-%s"
        environment = app.builder.templates.environment
        environment.bytecode_cache = FileSystemBytecodeCache(str(folder), names)


def tree_of_titles(app: Sphinx) -> None:
    """Have the tree of navigation, which shows pages' titles alone, made of these.

    Sphinx makes it anew for each page, and copies for it the headings of all, to drop them again.
    """
    builder = app.builder
    if builder.name != "html":
        return
    make, env = builder._get_local_toctree, app.env

    def make_tree(*args, **options) -> str:
        if not options.get("titles_only"):
            return make(*args, **options)
        if not hasattr(app, "ledger_titles"):
            app.ledger_titles = {page: _titles_of(toc) for page, toc in env.tocs.items()}
        whole, env.tocs = env.tocs, app.ledger_titles
        try:
            return make(*args, **options)
        finally:
            env.tocs = whole

    builder._get_local_toctree = make_tree


def _titles_of(toc: nodes.bullet_list) -> nodes.bullet_list:
    """Return a page's contents without the headings below its title, unless pages hang there."""
    short = toc.deepcopy()
    for item in short:
        if isinstance(item, nodes.list_item) and not any(item.findall(addnodes.toctree)):
            del item[1:]
    return short


def add_script(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load the script that closes a page's contents, on pages of the book."""
    if app.builder.name == "html" and doctree is not None:
        app.add_js_file("page.js", loading_method="defer")


def not_found(app: Sphinx):
    """Add the page that a server shows for an address that does not exist."""
    if app.builder.name == "html":
        yield "404", {"title": "No such page"}, "404.html"


def setup(app: Sphinx) -> None:
    app.add_html_theme("ledger", str(THEME))
    app.connect("config-inited", set_policy)
    app.connect("builder-inited", keep_templates)
    app.connect("builder-inited", tree_of_titles)
    app.connect("html-page-context", add_script)
    app.connect("html-page-context", drop_unused_styles, priority=900)
    app.connect("html-collect-pages", not_found)
