"""Write what stands beside the pages: citations, feed, sitemap, licences, build.json."""

from __future__ import annotations

import html
import importlib.metadata
import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

from sphinx.application import Sphinx

from ledger.build.sphinxext.build_info import Commit
from ledger.build.sphinxext.content.changes import load_changes
from ledger.build.sphinxext.content.claim_pages import claims_on_site
from ledger.build.sphinxext.figures.charts import charts_of
from ledger.build.sphinxext.history import changed, chart_changed
from ledger.build.sphinxext.works import citation_path, citation_record, claim_record
from ledger.core import citations, tables
from ledger.core.config import book

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
LICENSED = ("furo", "sphinx", "sphinx-basic-ng", "myst-nb", "pygments")
LICENCE_FILES = [  # where installers put a package's licence, of old and since
    f"{folder}LICENSE{ending}" for folder in ("", "licenses/") for ending in ("", ".rst", ".txt")
]


def feed(base: str) -> str:
    """Return the Atom feed of corrections and data updates."""
    ElementTree.register_namespace("", ATOM)
    entries, edition = load_changes(), citations.edition()
    root = ElementTree.Element(f"{{{ATOM}}}feed")
    _add(root, "title", f"{edition['title']}: corrections and data updates")
    _add(root, "id", f"{base}feed.xml")
    _add(root, "link", rel="self", href=f"{base}feed.xml")
    _add(root, "link", href=base)
    latest = entries[0]["date"] if entries else edition["date"]
    _add(root, "updated", f"{latest}T00:00:00Z")
    _add(_add(root, "author"), "name", edition["author"])
    for entry, name in zip(entries, entry_names(entries)):
        _add_entry(root, entry, f"{base}feed.xml#{name}", base)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def entry_names(entries: list[dict]) -> list[str]:
    """Return a name for good of each entry of data/changes.yml, the newest first.

    It has date, title and, for a table may be brought up to date twice a day, the content. The
    later ones of what is alike in all three are numbered; a new entry stands above the others.
    """
    names: list[str] = []
    for entry in reversed(entries):
        title = re.sub(r"[^a-z0-9]+", "-", entry["title"].lower())
        content = "".join(f"-{table['after'][7:15]}" for table in entry.get("tables", [])[:1])
        name, count = f"{entry['date']}-{title}{content}", 1
        while (numbered := name if count == 1 else f"{name}-{count}") in names:
            count += 1
        names.append(numbered)
    return names[::-1]


def _add_entry(root: ElementTree.Element, entry: dict, name: str, base: str) -> None:
    item = _add(root, "entry")
    _add(item, "title", f"{entry['kind'].capitalize()}: {entry['title']}")
    _add(item, "id", name)
    _add(item, "link", href=f"{base}{book().methods_page}.html#corrections")
    _add(item, "updated", f"{entry['date']}T00:00:00Z")
    _add(item, "category", term=entry["kind"])
    _add(item, "summary", " ".join(entry["text"].split()))


def _add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str):
    child = ElementTree.SubElement(parent, f"{{{ATOM}}}{tag}", attributes)
    child.text = text or None
    return child


def sitemap(pages: dict[str, str]) -> str:
    """Return the sitemap of pages: address → day of the last change, empty where it is not known.

    (sphinx-sitemap lists only the pages that a build writes anew.)
    """
    rows = "".join(
        f"  <url><loc>{html.escape(address)}</loc>"
        + (f"<lastmod>{day}</lastmod>" if day else "")
        + "</url>\n"
        for address, day in pages.items()
    )
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="{SITEMAP}">\n'
    return f"{head}{rows}</urlset>\n"


def licences() -> str:
    """Return the licences of others' software of which the site carries a part."""
    parts = [
        "Licences of others' software of which this site carries a part "
        "(what is in _static/vendor has its own beside it)\n"
    ]
    for name in LICENSED:
        package = importlib.metadata.distribution(name)
        # by name: `package.files` would look for each of a package's thousand files
        texts = [package.read_text(path) for path in LICENCE_FILES]
        (words,) = (text.strip() for text in texts if text)
        title = f"{package.metadata['Name']} {package.version}"
        parts.append(f"{'-' * 100}\n{title}\n\n{words}\n")
    return "\n".join(parts)


def build_record(built: Commit, release: str) -> dict:
    """Return what build.json says: version, commit, end of the evidence, editions of the data.

    `release` is the tag that the build is made for, empty between two versions.
    """
    editions = {
        resource["name"]: [
            {key: source[key] for key in ("key", "institution", "edition", "retrieved")}
            for source in resource["sources"]
        ]
        for resource in tables.descriptor()["resources"]
    }
    return {
        "version": citations.edition()["version"],
        "commit": built.name,
        "date": built.date,
        "changed_since": built.changed,
        "released": citations.edition()["date"],
        "release": release,
        "evidence_ends": book().evidence_until,
        "data": editions,
    }


def write_citations(app: Sphinx, folder: Path) -> None:
    """Write BibTeX and RIS of every page."""
    shutil.rmtree(folder / "cite", ignore_errors=True)  # a page may be gone
    (folder / "cite").mkdir()
    for docname in sorted(app.env.found_docs):
        record = citation_record(app, docname)
        for ending, form in (("bib", citations.bibtex), ("ris", citations.ris)):
            path = folder / f"{citation_path(record)}.{ending}"
            path.write_text(form(record), encoding="utf-8")


def addresses(app: Sphinx) -> dict[str, str]:
    """Return the address of each page, chart and claim, and the day of its last change."""
    base, root = app.config.html_baseurl, app.config.root_doc
    pages = {
        base + ("" if docname == root else app.builder.get_target_uri(docname)): changed(
            app, docname
        ).newest
        for docname in sorted(app.env.found_docs)
    }
    charts = {
        f"{base}charts/{name}.html": chart_changed(app, chart)
        for name, chart in sorted(charts_of(app.env).items())
    }
    claims = {
        claim_record(app.config, claim)["url"]: changed(app, book().claims_page).newest
        for claim in claims_on_site(app)
    }
    return pages | charts | claims


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Write all files of this module into the site."""
    if error or app.builder.name != "html":
        return
    folder, base = Path(app.outdir), app.config.html_baseurl
    write_citations(app, folder)
    record = build_record(app.ledger_commit, app.config.ledger_release)
    for name, content in {
        "feed.xml": feed(app.config.ledger_home),
        "_static/licences.txt": licences(),
        "sitemap.xml": sitemap(addresses(app)),
        "robots.txt": f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n",
        "build.json": f"{json.dumps(record, indent=1, ensure_ascii=False)}\n",
    }.items():
        (folder / name).write_text(content, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("build-finished", write_files)
