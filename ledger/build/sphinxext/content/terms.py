"""{terms} TABLE: names and terms of a table kept by hand, each with an anchor of its own.

The table has the columns `term`, `gloss`, `group`, `synonyms` and `sources` (joined by semicolons)
and `told`, the section that tells most of the term, as page#anchor; a column for each language
whose form it gives, with that language's code as `lang` in its description; and it may have `more`,
what there is to know beyond the gloss. The search finds both the term and that section by the term,
its forms and its synonyms.
"""

from __future__ import annotations

import html

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from ledger.build.sphinxext import markdown, page_store
from ledger.build.sphinxext.markup import raw_html
from ledger.build.sphinxext.prose.addresses import current
from ledger.build.sphinxext.prose.titles import short_title
from ledger.core import tables
from ledger.core.table_files import TableError

logger = logging.getLogger(__name__)
COLUMNS = {"term", "gloss", "group", "synonyms", "sources", "told"}
RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")


class Terms(SphinxDirective):
    """A list of the terms of a table, or of one group of them, by the alphabet."""

    required_arguments = 1
    option_spec = {"group": directives.unchanged_required}

    def run(self):
        name, group = self.arguments[0], self.options.get("group")
        try:
            fields = tables.describe(name)["schema"]["fields"]
            rows = [row for row in tables.read_rows(name) if group in (None, row.get("group"))]
        except TableError as error:
            return [self.state.document.reporter.error(str(error), line=self.lineno)]
        problem = ""
        if lacking := COLUMNS - {field["name"] for field in fields}:
            problem = f"table {name}: it has no column {sorted(lacking)}, so it holds no terms"
        elif not rows:
            problem = f"table {name}: it has no term of the group {group!r}"
        if problem:
            return [self.state.document.reporter.error(problem, line=self.lineno)]
        page_store.add_dependency(self.env, f"table {name}")
        languages = [(field["name"], field["lang"]) for field in fields if "lang" in field]
        rows.sort(key=lambda row: row["term"].casefold())
        items = [self._item(row, languages) for row in rows]
        return [nodes.definition_list("", *items, classes=["terms"])]

    def _item(self, row: dict, languages: list[tuple[str, str]]) -> nodes.definition_list_item:
        """Return one term with its forms and gloss; have the search find it and its section."""
        forms = [(row[column], code) for column, code in languages if row[column]]
        synonyms = [word.strip() for word in row["synonyms"].split(";") if word.strip()]
        words = [form for form, _ in forms] + synonyms
        anchor = term_anchor(row["term"])
        page_store.page(self.env)["terms"][row["term"]] = (anchor, row["gloss"], tuple(words))
        index = addnodes.index(entries=[("single", row["term"], anchor, "main", None)])
        index["entries"] += [("single", word, anchor, "", None) for word in words]
        term = nodes.term("", "", nodes.strong("", row["term"]), ids=[anchor])
        if forms:
            term += raw_html(" " + " ".join(_foreign(*form) for form in forms))
        content = nodes.definition("", index)
        keys = ",".join(key.strip() for key in row["sources"].split(";") if key.strip())
        told = markdown.as_text(" ".join(filter(None, (row["gloss"], row.get("more")))))
        told += f" {markdown.role('cite', keys)}" if keys else ""
        content += markdown.parsed(self, [told])
        if row["told"]:
            page_store.page(self.env)["search_words"].append((row["told"], [row["term"], *words]))
            place = nodes.paragraph("", "", classes=["term-told"], told=row["told"])
            place.source, place.line = self.get_source_info()
            content += place
        return nodes.definition_list_item("", term, content)


def term_anchor(term: str) -> str:
    """Return the anchor of a term on its page."""
    return nodes.make_id(f"term-{term}")


def _foreign(form: str, code: str) -> str:
    """Return a form in another language, marked as such for screen readers and fonts."""
    direction = ' dir="rtl"' if code in RIGHT_TO_LEFT else ""
    return (
        f'<span class="term-form" lang="{html.escape(code)}"{direction}>{html.escape(form)}</span>'
    )


def section_titles(env) -> dict[str, str]:
    """Return the titles of the sections that terms name, by page#anchor; of others nothing."""
    titles = {}
    for known in page_store.all_pages(env, "search_words").values():
        for place, _ in known:
            page, _, anchor = current(env, place).partition("#")
            if page not in env.tocs:
                continue
            if not anchor:
                titles[place] = short_title(env, page)
            for entry in env.tocs[page].findall(nodes.reference):
                if anchor and entry["anchorname"] == f"#{anchor}":
                    titles[place] = f"{short_title(env, page)}: {entry.astext()}"
    return titles


def link_sections(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link each term to the section that tells most of it, once all pages are read."""
    places = [node for node in doctree.findall(nodes.paragraph) if "told" in node]
    titles = section_titles(app.env) if places else {}
    for paragraph in places:
        place = paragraph["told"]
        page, _, anchor = current(app.env, place).partition("#")
        if place not in titles:
            logger.warning(
                "a term is told in %r, and no section has that address", place, location=paragraph
            )
            continue
        title = nodes.Text(titles[place])
        paragraph += make_refnode(app.builder, docname, page, anchor, title)


def add_style(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    if page_store.all_pages(app.env, "search_words").get(page):
        app.add_css_file("terms.css", priority=950)


def setup(app: Sphinx) -> None:
    app.add_directive("terms", Terms)
    app.connect("html-page-context", add_style)
    app.connect("doctree-resolved", link_sections)
