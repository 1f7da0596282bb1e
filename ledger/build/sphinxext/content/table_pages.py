"""Make a page of each table from the descriptor, and list tables and sources on pages."""

from __future__ import annotations

import html
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.project import Project
from sphinx.util.docutils import SphinxDirective
from sphinx.util.matching import patmatch
from sphinx.util.nodes import make_refnode

from ledger.build import downloads, workbooks
from ledger.build.sphinxext import markdown, page_store
from ledger.build.sphinxext.content.numbers import number_entry, numbers_of
from ledger.build.sphinxext.figures.chart_html import chart_anchor, download_line
from ledger.build.sphinxext.figures.charts import charts_of
from ledger.build.sphinxext.markdown import as_text
from ledger.build.sphinxext.markup import raw_html, site_link
from ledger.build.sphinxext.prose.titles import short_title
from ledger.core import citations, tables, text
from ledger.core.config import DATA
from ledger.core.files import replace_file
from ledger.core.sources import registry

HOW = {
    "closed": "No newer edition is read",
    "manual": "A person downloads it",
    "automatic or manual": (
        "Downloaded by the book's command, or by a person where the site asks for one"
    ),
    "automatic": "Downloaded by the book's command",
}


class BookProject(Project):
    """Sphinx's sources, and the tables' pages: they lie in the build's folder, not in the book's.

    To everyone else such a page is `tables/NAME.md`.
    """

    def __init__(self, project: Project, folder: Path, pages: list[str]):
        super().__init__(project.srcdir, project.source_suffix)
        self.restore(project)
        self.folder, self.pages = folder, pages

    def discover(self, exclude_paths=(), include_paths=("**",)) -> set[str]:
        super().discover([*exclude_paths, f"{tables.PAGES}/**"], include_paths)
        for docname in self.pages:
            self.docnames.add(docname)
            self._path_to_docname[f"{docname}.md"] = docname
            self._docname_to_path[docname] = f"{docname}.md"
        return self.docnames

    def doc2path(self, docname: str, absolute: bool) -> str:
        if absolute and docname.startswith(f"{tables.PAGES}/"):
            return str(self.folder / f"{docname}.md")
        return super().doc2path(docname, absolute)


def write_pages(folder: Path) -> list[str]:
    """Write a Markdown page for each table below `folder`, and return their document names.

    Pages of tables that are gone are removed, and those that are as they should be are left.
    """
    (folder / tables.PAGES).mkdir(parents=True, exist_ok=True)
    pages = {tables.page_path(entry["name"]): entry for entry in tables.descriptor()["resources"]}
    for path in (folder / tables.PAGES).glob("*.md"):
        if f"{tables.PAGES}/{path.stem}" not in pages:
            path.unlink()
    for docname, resource in pages.items():
        path, content = folder / f"{docname}.md", page_text(resource)
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            replace_file(path, content)
    return list(pages)


def page_text(resource: dict) -> str:
    """Return the Markdown text of a table's page."""
    name = resource["name"]
    return "\n".join(
        [
            *_introduction(resource),
            # first, for whoever walks here from a number comes to see them
            "## Rows",
            "",
            "```{table-rows} " + name,
            "```",
            "",
            *_sources(resource),
            *_terms(resource),
            *_columns(resource),
            "",
            "## Where the book uses it",
            "",
            "```{table-uses} " + name,
            "```",
            "",
        ]
    )


def _introduction(resource: dict) -> list[str]:
    name, connectors = resource["name"], resource["connectors"]
    made = "It is kept by hand."
    if connectors != tables.MANUAL:
        made = f"It is built by {', '.join(map(markdown.code, connectors))}."
    key = ", ".join(map(markdown.code, resource["schema"]["primaryKey"]))
    return [
        f"(table-{name})=",
        f"# {as_text(resource['title'])}",
        "",
        as_text(resource["description"]),
        "",
        f"Table `{name}`: {resource['rows']:,} rows, one for each {key}. {made}",
        "",
        "```{downloads} " + name,
        "```",
        "",
    ]


def _sources(resource: dict) -> list[str]:
    lines = ["## Sources", ""]
    for source in resource["sources"]:
        key, institution, edition, retrieved = (
            as_text(source[part]) for part in ("key", "institution", "edition", "retrieved")
        )
        title = markdown.link(source["title"], source["path"])
        read = f" Read from: {markdown.code(source['snapshot'])}." if "snapshot" in source else ""
        lines.append(
            f"- **{key}**: {title}, {institution}. "
            f"Edition: {edition}. Retrieved: {retrieved}.{read}"
        )
    return [*lines, ""]


def _terms(resource: dict) -> list[str]:
    licences = [
        f"{markdown.link(licence['title'], licence.get('path', ''))}."
        for licence in resource["licenses"]
    ]
    lines = ["## Terms", "", " ".join(licences), "", as_text(resource["republication"]), ""]
    if resource.get("notes"):
        notes = [f"- {as_text(note)}" for note in resource["notes"]]
        lines += ["## What to know before using it", "", *notes, ""]
    return lines


def _columns(resource: dict) -> list[str]:
    rows = [
        (
            markdown.code(field["name"]),
            as_text(f"{field['title']}. {field['description']}"),
            as_text(field.get("unit", "")),
            as_text(_values(field)),
        )
        for field in resource["schema"]["fields"]
    ]
    return ["## Columns", "", *markdown.table(("Column", "What it holds", "Unit", "Values"), rows)]


def _values(field: dict) -> str:
    """Return which values a column may have."""
    rules = field.get("constraints", {})
    parts = [field["type"]]
    if "minimum" in rules or "maximum" in rules:
        parts.append(f"{rules.get('minimum', '')} to {rules.get('maximum', '')}".strip())
    if "enum" in rules:
        parts.append("one of: " + ", ".join(str(value) for value in rules["enum"]))
    if rules.get("required"):
        parts.append("never empty")
    return "; ".join(parts)


class Downloads(SphinxDirective):
    """{downloads}: the files that the site has of a table."""

    required_arguments = 1

    def run(self):
        name = self.arguments[0]
        page_store.add_dependency(self.env, f"table {name}")
        resource = tables.describe(name)
        if self.env.app.builder.name != "html":
            link = site_link(self.config, f"data/{resource['path']}")
            return [raw_html(f"<p>On the book's site: {link}</p>")]
        up = "../" * self.env.docname.count("/")
        everything = f' · <a href="{up}data/{downloads.ALL}" download>all tables</a> (zip)'
        files, beyond = f"{up}{tables.page_path(name)}", workbooks.beyond(resource)
        line = download_line(files, f"{up}data/{name}", everything, beyond)
        licences = "; ".join(map(citations.short_licence, resource["licenses"]))
        details = '<a href="#terms">details</a>'
        licence = f'<p class="licence">Licence: {html.escape(licences)} ({details}).</p>'
        return [raw_html(line + licence)]


class TableList(SphinxDirective):
    """{table-list}: all tables, one row each: page, rows, sources, and who makes it."""

    def run(self):
        page_store.add_dependency(self.env, "file data/datapackage.json")
        rows = []
        for resource in tables.descriptor()["resources"]:
            keys = ", ".join(dict.fromkeys(source["key"] for source in resource["sources"]))
            made = "kept by hand" if resource["connectors"] == tables.MANUAL else "connectors"
            link = _link(resource["title"], resource["name"])
            rows.append((link, f"{resource['rows']:,}", as_text(keys), made))
        return markdown.parsed(self, markdown.table(("Table", "Rows", "Sources", "Made by"), rows))


class SourceList(SphinxDirective):
    """{source-list}: all sources, one item each.

    Says which tables hold them, in which form and how often they are published, how they are had,
    and on what terms. (A table of as many columns is cut off on a phone.)
    """

    def run(self):
        page_store.add_dependency(self.env, f"file {DATA.name}/{registry.REGISTRY.name}")
        page_store.add_dependency(self.env, "file data/datapackage.json")
        sources = registry.sources().values()
        ordered = sorted(sources, key=lambda source: (source.institution, source.name))
        return markdown.parsed(self, map(_source_item, ordered))


def _source_item(source: registry.Source) -> str:
    held = ", ".join(_link(name, name) for name in source.tables)
    date = source.due(tables.descriptor())
    due = f"; next expected {text.date(date)}" if date else ""
    if source.newer:
        due += f". **Overdue: {as_text(source.newer)}**"
    key = ""
    if source.api_key_spec:
        key = ", with a key" + ("" if source.api_key_spec["required"] else " where there is one")
    form = source.format[:1].upper() + source.format[1:]
    return (
        f"- **{markdown.link(source.institution, source.address)}**, in {held}. {as_text(form)}. "
        f"Publication: {as_text(source.published)}{due}. {HOW[source.how]}{key}. "
        f"Terms: {as_text(source.terms)}."
    )


def _link(title: str, table: str) -> str:
    """Return a Markdown link to a table's page."""
    return markdown.role("doc", title, f"/{tables.page_path(table)}")


class TableUses(SphinxDirective):
    """{table-uses}: charts and numbers drawn from a table; known when all pages are read."""

    required_arguments = 1

    def run(self):
        return [nodes.bullet_list("", uses=self.arguments[0])]


def fill_uses(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill the lists that {table-uses} left."""

    def link(page: str, anchor: str, label: str) -> nodes.reference:
        return make_refnode(app.builder, docname, page, anchor, nodes.Text(label))

    for listing in list(doctree.findall(nodes.bullet_list)):
        if "uses" not in listing:
            continue
        for chart in _charts_from(app.env, listing["uses"]):
            chapter = short_title(app.env, chart["page"])
            to_chart = link(chart["page"], chart_anchor(chart["name"]), chart["caption"])
            words = nodes.paragraph("", f"{chapter}, chart: ", to_chart)
            listing += nodes.list_item("", words)
        for page, records in _numbers_from(app.env, listing["uses"]).items():
            to_page = link(page, "", short_title(app.env, page))
            words = nodes.Text(f": {text.plural(len(records), 'printed number')}")
            item = nodes.list_item("", nodes.paragraph("", "", to_page, words))
            if app.builder.name == "html":  # code is on the site only
                entries = [number_entry(record, listing["uses"]) for record in records]
                item += nodes.bullet_list("", *entries)
            listing += item
        if not listing.children:
            nothing = (
                "No chart or number is drawn from it directly; "
                "it serves the checks and the tables beside it."
            )
            listing.replace_self(nodes.paragraph("", nothing))


def _charts_from(env, table: str) -> list[dict]:
    charts = [chart for chart in charts_of(env).values() if table in chart["tables"]]
    return sorted(charts, key=lambda chart: (chart["page"], chart["name"]))


def _numbers_from(env, table: str) -> dict[str, list[dict]]:
    """Return the printed numbers that are drawn from a table, by page."""
    pages: dict[str, list[dict]] = {}
    for record in numbers_of(env):
        if table in record["tables"]:
            pages.setdefault(record["page"], []).append(record)
    return dict(sorted(pages.items()))


def add_pages(app: Sphinx) -> None:
    """Make the tables' pages that the table of contents names part of the book."""
    folder, toc = app.ledger_build.folder, app.config.external_site_map
    pages = [
        docname
        for docname in write_pages(folder)
        if docname in toc or any(patmatch(docname, pattern) for pattern in toc.globs())
    ]
    app.project = app.env.project = BookProject(app.project, folder, pages)


def setup(app: Sphinx) -> None:
    app.add_directive("downloads", Downloads)
    app.add_directive("table-list", TableList)
    app.add_directive("source-list", SourceList)
    app.add_directive("table-uses", TableUses)
    app.connect("builder-inited", add_pages)
    app.connect("doctree-resolved", fill_uses)
