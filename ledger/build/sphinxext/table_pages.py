"""A page a table, written from the descriptor at every build, and the data package itself beside them for download."""

from __future__ import annotations

import html
import os
import shutil
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from ledger.build import downloads
from ledger.build.sphinxext import numbers, page_store, site
from ledger.build.sphinxext.charts import address, charts_of, raw_html, td
from ledger.build.sphinxext.numbers import numbers_of
from ledger.build.sphinxext.print_builders import on_site
from ledger.core import fingerprints, tables
from ledger.core.config import DATA, ROOT
from ledger.core.sources import registry

SHOWN = 300  # rows; a longer table shows its first 50 and is downloaded for the rest


def write_pages(root: Path) -> None:
    """Write one Markdown page for each table into `root`/tables (which is not kept in git), and remove pages of tables that are gone or have moved."""
    folder = root / tables.PAGES
    folder.mkdir(exist_ok=True)
    wanted = {
        root / f"{tables.page_path(resource['name'])}.md": page(resource)
        for resource in tables.descriptor()["resources"]
    }
    for path in folder.glob("*.md"):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            aside = path.with_suffix(".new")
            aside.write_text(text, encoding="utf-8")
            os.replace(aside, path)


def page(resource: dict) -> str:
    """Return the Markdown text of a table's page."""
    name = resource["name"]
    made = (
        "It is kept by hand."
        if resource["connectors"] == tables.MANUAL
        else "It is built by " + ", ".join(f"`{b}`" for b in resource["connectors"]) + "."
    )
    key = ", ".join(f"`{column}`" for column in resource["schema"]["primaryKey"])
    lines = [
        f"(table-{name})=",
        f"# {resource['title']}",
        "",
        resource["description"],
        "",
        f"Table `{name}`: {resource['rows']:,} rows, one for each {key}. {made}",
        "",
        "```{downloads} " + name,
        "```",
        "",
        "## Sources",
        "",
    ]
    for source in resource["sources"]:
        title = (
            f"[{source['title']}]({source['path']})"
            if source["path"].startswith("https")
            else source["title"]
        )
        lines.append(
            f"- **{source['key']}**: {title}, {source['institution']}. Edition: {source['edition']}. Retrieved: {source['retrieved']}."
        )
    lines += [
        "",
        "## Terms",
        "",
        " ".join(
            f"[{each['title']}]({each['path']})." if each.get("path") else f"{each['title']}."
            for each in resource["licenses"]
        ),
        "",
        resource["republication"],
        "",
    ]
    if resource.get("notes"):
        lines += [
            "## What to know before using it",
            "",
            *(f"- {note}" for note in resource["notes"]),
            "",
        ]
    lines += ["## Columns", "", "| Column | What it holds | Unit | Values |", "|---|---|---|---|"]
    for field in resource["schema"]["fields"]:
        lines.append(
            "| "
            + " | ".join(
                cell.replace("|", "\\|")
                for cell in (
                    f"`{field['name']}`",
                    f"{field['title']}. {field['description']}",
                    field.get("unit", ""),
                    _values(field),
                )
            )
            + " |"
        )
    lines += [
        "",
        "## Where the book uses it",
        "",
        "```{uses} " + name,
        "```",
        "",
        "## Rows",
        "",
        "```{rows} " + name,
        "```",
        "",
    ]
    return "\n".join(lines)


def _values(field: dict) -> str:
    rules = field.get("constraints", {})
    said = [field["type"]]
    if "minimum" in rules or "maximum" in rules:
        said.append(f"{rules.get('minimum', '')} to {rules.get('maximum', '')}".strip())
    if "enum" in rules:
        said.append("one of: " + ", ".join(str(value) for value in rules["enum"]))
    if rules.get("required"):
        said.append("never empty")
    return "; ".join(said)


class Downloads(SphinxDirective):
    required_arguments = 1

    def run(self):
        name = self.arguments[0]
        page_store.depends(self.env, f"table {name}")
        up = "../" * self.env.docname.count("/")
        path = tables.describe(name)["path"]
        if self.env.app.builder.name != "html":
            return [raw_html(f"<p>On the book's site: {on_site(self.config, f'data/{path}')}</p>")]
        every = f'<a href="{up}data/{downloads.ALL}" download>all tables</a>'
        return [
            raw_html(
                f'<p class="downloads">Download <a href="{up}data/{name}.zip" download>the table with description, sources, terms and citation</a> (zip), <a href="{up}data/{path}" download>{path}</a> alone, or {every}.</p>'
            )
        ]


class Listing(SphinxDirective):
    """All tables, one row each: page, rows, sources, and who makes it."""

    def run(self):
        page_store.depends(self.env, "file data/datapackage.json")
        lines = ["| Table | Rows | Sources | Made by |", "|---|---|---|---|"]
        for resource in tables.descriptor()["resources"]:
            keys = ", ".join(dict.fromkeys(source["key"] for source in resource["sources"]))
            made = "kept by hand" if resource["connectors"] == tables.MANUAL else "connectors"
            lines.append(
                f"| [{resource['title']}](/{tables.page_path(resource['name'])}.md) | {resource['rows']:,} | {keys} | {made} |"
            )
        holder = nodes.Element()
        self.state.nested_parse(
            StringList(lines, self.get_source_info()[0]), self.content_offset, holder
        )
        return holder.children


class Sources(SphinxDirective):
    """All institutions' sources, one item each: which tables hold them, in which form and how often they are published, how they are had,
    and on what terms. (A table of as many columns is cut off on a phone.)"""

    def run(self):
        page_store.depends(self.env, f"file {registry.REGISTRY.relative_to(ROOT).as_posix()}")
        page_store.depends(self.env, "file data/datapackage.json")
        lines = []
        for source in sorted(
            registry.sources().values(), key=lambda source: (source.institution, source.name)
        ):
            held = ", ".join(f"[{name}](/{tables.page_path(name)}.md)" for name in source.tables)
            date = source.due(tables.descriptor())
            due = f"; next expected {site.in_words(date.isoformat())}" if date else ""
            how = {
                "closed": "No newer edition is read",
                "manual": "A person downloads it",
                "automatic or manual": "Downloaded by the book's command, or by a person where the site asks for one",
                "automatic": "Downloaded by the book's command",
            }[source.how]
            key = (
                f", with a key{'' if source.api_key_spec['required'] else ' where there is one'}"
                if source.api_key_spec
                else ""
            )
            lines.append(
                f"- **[{source.institution}]({source.address})**, in {held}. {source.format[:1].upper()}{source.format[1:]}. Publication: {source.published}{due}. {how}{key}. Terms: {source.terms}."
            )
        holder = nodes.Element()
        self.state.nested_parse(
            StringList(lines, self.get_source_info()[0]), self.content_offset, holder
        )
        return holder.children


class Rows(SphinxDirective):
    required_arguments = 1

    def run(self):
        name = self.arguments[0]
        page_store.depends(self.env, f"table {name}")
        try:
            rows = tables.read_rows(name)
        except tables.TableError as error:
            raise ExtensionError(str(error)) from None
        if self.env.app.builder.name != "html":
            return [
                raw_html(
                    f"<p>{len(rows):,} rows, which are not printed here: {on_site(self.config, f'{self.env.docname}.html')}</p>"
                )
            ]
        head, body = list(rows[0]), [list(row.values()) for row in rows]
        shown = body if len(body) <= SHOWN else body[:50]
        said = (
            f"All {len(body):,} rows."
            if shown is body
            else f"The first {len(shown)} of {len(body):,} rows; the file has them all."
        )
        titles = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in head)
        cells = "".join("<tr>" + "".join(map(td, row)) + "</tr>" for row in shown)
        return [
            raw_html(
                f'<div class="chart-table" tabindex="0" role="group" aria-label="Rows of table {name}"><table><caption>{said}</caption><thead><tr>{titles}</tr></thead><tbody>{cells}</tbody></table></div>'
            )
        ]


class Uses(SphinxDirective):
    """Stands for the charts and numbers drawn from a table, which are known only when all pages are read."""

    required_arguments = 1

    def run(self):
        return [nodes.bullet_list("", uses=self.arguments[0])]


def fill_uses(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for listing in list(doctree.findall(nodes.bullet_list)):
        if "uses" not in listing:
            continue
        name = listing["uses"]
        for chart in sorted(
            (c for c in charts_of(app.env).values() if name in c["tables"]),
            key=lambda c: (c["page"], c["name"]),
        ):
            item = nodes.list_item(
                "",
                nodes.paragraph(
                    "",
                    f"{app.env.titles[chart['page']].astext()}, chart: ",
                    make_refnode(
                        app.builder,
                        docname,
                        chart["page"],
                        address(chart["name"]),
                        nodes.Text(chart["caption"]),
                    ),
                ),
            )
            listing += item
        pages: dict[str, int] = {}
        for record in numbers_of(app.env):
            if name in record["tables"]:
                pages[record["page"]] = pages.get(record["page"], 0) + 1
        for page, count in sorted(pages.items()):
            listing += nodes.list_item(
                "",
                nodes.paragraph(
                    "",
                    "",
                    make_refnode(
                        app.builder, docname, page, "", nodes.Text(app.env.titles[page].astext())
                    ),
                    nodes.Text(f": {count} printed number{'s' if count > 1 else ''}"),
                ),
            )
        if not listing.children:
            listing.replace_self(
                nodes.paragraph(
                    "",
                    "No chart or number is drawn from it directly; it serves the checks and the tables beside it.",
                )
            )


def copy_data(app: Sphinx, error: Exception | None) -> None:
    """Put the tables into the site: each as it is and described in a zip, and all with the numbers of the prose."""
    if error or app.builder.name != "html":
        return
    printed, made_of = numbers.as_json(app.env), app.ledger_build.folder / "data-made-of"
    now = fingerprints.of_text(
        "\n".join(
            [
                app.config.ledger_inputs,
                printed,
                *(
                    fingerprints.fingerprint(f"file {path.relative_to(ROOT).as_posix()}")
                    for path in sorted(DATA.iterdir())
                ),
            ]
        )
    )
    if made_of.exists() and made_of.read_text(encoding="utf-8") == now:
        return  # packing them would take a tenth of a build that changes nothing
    folder, package = Path(app.outdir, "data"), tables.descriptor()
    shutil.rmtree(folder, ignore_errors=True)  # a table may be gone
    folder.mkdir(parents=True)
    for name in ["datapackage.json", *(resource["path"] for resource in package["resources"])]:
        shutil.copy(DATA / name, folder)
    texts = {
        resource["path"]: (folder / resource["path"]).read_text(encoding="utf-8")
        for resource in package["resources"]
    }
    for resource in package["resources"]:
        (folder / f"{resource['name']}.zip").write_bytes(
            downloads.of_table(resource, texts, site.work(app, tables.page_path(resource["name"])))
        )
    (folder / downloads.ALL).write_bytes(
        downloads.of_all(package, texts, printed, site.work(app, app.config.root_doc))
    )
    made_of.write_text(now, encoding="utf-8")


def setup(app: Sphinx) -> None:
    write_pages(ROOT)
    app.add_directive("downloads", Downloads)
    app.add_directive("table-list", Listing)
    app.add_directive("source-list", Sources)
    app.add_directive("rows", Rows)
    app.add_directive("uses", Uses)
    app.connect("doctree-resolved", fill_uses)
    app.connect("build-finished", copy_data)
