"""What makes the site quotable, findable and private: citations, metadata, feed, sitemap, build stamp, and a policy against third parties."""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.errors import ConfigError, ExtensionError
from sphinx.util.docutils import SphinxDirective

from ledger.build import downloads
from ledger.build.sphinxext import charts, notebooks, page_store
from ledger.build.sphinxext.lifecycle import SLUG
from ledger.core import citations, tables
from ledger.core.config import DATA, ROOT

THEME = Path(__file__).parent / "theme"
CHANGES = DATA / "changes.yml"
EVIDENCE_ENDS = "2026-06"
# Pages of tables that were published under names with underscores; Jupyter Book 2 would make hyphens of them. Their old addresses lead on.
MOVED = """arms_transfers electricity_mix energy_exports energy_production energy_reserves gas_pipelines gecf_membership military_spending
official_trade_statements oil_price security_council syria_conflict trade_partners trade_products trade_totals un_ideal_points un_votes""".split()
MONTHS = (
    "January February March April May June July August September October November December".split()
)


# What comes from the theme and stands in a reader's way is mended here, and in the last part of ledger.css.
MENDED = [
    # two landmarks of one kind need names that tell them apart
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="The book">'),
    ('<aside class="toc-drawer', '<aside aria-label="This page" class="toc-drawer'),
    # what stands outside every landmark is passed over: the boxes that open the two menus of a narrow screen (their rules are in ledger.css)
    (
        '<input type="checkbox" class="sidebar-toggle" name="__navigation"',
        '<nav class="menus" aria-label="Menus"><input type="checkbox" class="sidebar-toggle" name="__navigation"',
    ),
    (
        'aria-label="Toggle table of contents sidebar">',
        'aria-label="Toggle table of contents sidebar"></nav>',
    ),
    # a table or a line of code that is wider than the page scrolls, and a keyboard has to be able to scroll it
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
    ('<div class="highlight"><pre>', '<div class="highlight"><pre tabindex="0">'),
    # the role that docutils gives an entry of the bibliography is deprecated, and a list needs items
    (' role="doc-biblioentry"', ' role="listitem"'),
]


def mended(page: str) -> str:
    """Return the body of a page with what is amiss in the theme put right."""
    for before, after in MENDED:
        page = page.replace(before, after)
    # the link that skips to the content is the first stop of the Tab key
    return re.sub(
        r'(<nav class="menus".*?</nav>)(.*?)(<a class="skip-to-content.*?</a>)',
        r"\3\1\2",
        page,
        count=1,
        flags=re.S,
    )


def policy(theme: Path) -> str:
    """Return the content-security policy of every page: all from the site itself, and no script in a page but the theme's one line,
    which sets light or dark before anything is painted, and is named by its hash. Styles stand in the charts' SVG, so they may."""
    script = re.search(
        r"<script>(.*?)</script>", (theme / "base.html").read_text(encoding="utf-8"), re.S
    ).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'self'; object-src 'none'"
    )


# --- what a page says of itself -------------------------------------------------------------------------------------------------


def work(app: Sphinx, docname: str) -> dict:
    """Return a page as a work to cite (see `ledger.core.citations`)."""
    name, url = (
        docname.rpartition("/")[2],
        app.config.html_baseurl + app.builder.get_target_uri(docname),
    )
    if resource := tables.table_of_page(docname):
        return {
            "kind": "table",
            "key": f"{SLUG}-{resource['name']}",
            "title": resource["title"],
            "url": url,
            "note": citations.credit(resource["sources"]),
        }
    title = app.env.titles[docname].astext()
    if docname == app.config.root_doc:
        return {"kind": "book", "key": SLUG, "title": title, "url": app.config.html_baseurl}
    return {"kind": "chapter", "key": f"{SLUG}-{name}", "title": title, "url": url}


def file_of(work: dict) -> str:
    """Return where the BibTeX and RIS files of a page are in the site, less their endings."""
    return "cite/" + (work["key"].removeprefix(f"{SLUG}-") if work["kind"] != "book" else SLUG)


def image(app: Sphinx, docname: str) -> dict:
    """Return address and alt text of a page's picture: its first chart, for a table the first drawn from it, else that of the book."""
    every = charts.charts_of(app.env)
    own = [
        chart
        for chart in every.values()
        if chart["page"] == docname or docname == tables.page_path(chart["tables"][0])
    ]
    chosen = next(
        iter(
            own
            or [chart for chart in every.values() if chart["page"] == app.config.root_doc]
            or every.values()
        ),
        None,
    )
    return (
        {"url": f"{app.config.html_baseurl}charts/{chosen['name']}.png", "alt": chosen["caption"]}
        if chosen
        else {"url": f"{app.config.html_baseurl}_static/favicon.svg", "alt": ""}
    )


def description(doctree: nodes.document) -> str:
    """Return the beginning of a page's first paragraph, cut after a word, for search engines and link previews."""
    first = next(
        (
            " ".join(paragraph.astext().split())
            for paragraph in doctree.findall(nodes.paragraph)
            if isinstance(paragraph.parent, nodes.section) and len(paragraph.astext()) > 40
        ),
        "",
    )
    return first if len(first) <= 200 else first[:200].rpartition(" ")[0] + " …"


def linked_data(app: Sphinx, docname: str, work: dict, said: str) -> dict:
    """Return what schema.org's vocabulary says of a page: a Book, a ScholarlyArticle, or for a table a Dataset."""
    base, book = app.config.html_baseurl, citations.edition()
    author = {"@type": "Organization", "name": book["author"]}
    whole = {"@type": "Book", "name": book["title"], "url": base}
    common = {
        "@context": "https://schema.org",
        "name": work["title"],
        "url": work["url"],
        "description": said,
        "inLanguage": "en",
        "version": book["version"],
        "datePublished": book["date"],
        "creator": author,
        "isAccessibleForFree": True,
    }
    if work["kind"] == "table":
        resource = tables.table_of_page(docname)
        return common | {
            "@type": "Dataset",
            "description": resource["description"],
            "isPartOf": whole,
            "license": [licence["path"] for licence in resource["licenses"] if licence.get("path")],
            "conditionsOfAccess": resource["republication"],
            "keywords": book["keywords"],
            "variableMeasured": [
                {
                    "@type": "PropertyValue",
                    "name": field["name"],
                    "description": f"{field['title']}. {field['description']}",
                }
                | ({"unitText": field["unit"]} if field.get("unit") else {})
                for field in resource["schema"]["fields"]
            ],
            "isBasedOn": [
                {
                    "@type": "Dataset",
                    "name": source["title"],
                    "description": f"{source['title']}, {source['institution']}. Edition: {source['edition']}.",
                    "creator": {"@type": "Organization", "name": source["institution"]},
                }
                | ({"url": source["path"]} if source["path"].startswith("http") else {})
                for source in resource["sources"]
            ],
            "distribution": [
                {
                    "@type": "DataDownload",
                    "encodingFormat": "text/csv",
                    "contentUrl": f"{base}data/{resource['path']}",
                },
                {
                    "@type": "DataDownload",
                    "encodingFormat": "application/zip",
                    "contentUrl": f"{base}data/{resource['name']}.zip",
                },
            ],
        }
    # the licence is of the text; figures keep the terms of their table
    common |= {
        "license": f"https://spdx.org/licenses/{book['licence']}",
        "usageInfo": f"{base}chapters/methods.html#licences",
    }
    if work["kind"] == "book":
        return common | {
            "@type": "Book",
            "alternativeHeadline": book["subtitle"],
            "author": author,
            "keywords": book["keywords"],
            "abstract": book["abstract"],
            "image": image(app, docname)["url"],
        }
    used = {
        name
        for chart in charts.charts_of(app.env).values()
        if chart["page"] == docname
        for name in chart["tables"]
    }
    used |= {
        name
        for record in page_store.of_all(app.env, "numbers").get(docname, {}).values()
        for name in record["tables"]
    }
    based = [
        {
            "@type": "Dataset",
            "name": tables.describe(name)["title"],
            "description": tables.describe(name)["description"],
            "url": f"{base}{tables.page_path(name)}.html",
        }
        for name in sorted(used)
    ]
    return common | {
        "@type": "ScholarlyArticle",
        "headline": work["title"],
        "author": author,
        "publisher": author,
        "isPartOf": whole,
        "image": image(app, docname)["url"],
        **({"isBasedOn": based} if based else {}),
    }


def add_to_page(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Give a page's template what `theme/page.html` puts into it."""
    if app.builder.name != "html":
        return
    base = app.config.html_baseurl
    said = {
        "policy": app.ledger_policy,
        "mended": mended,
        "stamp": app.config.ledger_stamp,
        "root": urlsplit(base).path,
        "all_data": downloads.ALL,
        "book": SLUG,
        "page": doctree is not None,
    }
    if doctree is not None:
        this = work(app, page)
        words = description(doctree)
        data = json.dumps(
            linked_data(app, page, this, words), ensure_ascii=False, sort_keys=True
        ).replace("</", "<\\/")
        said |= {
            "title": this["title"],
            "description": words,
            "image": image(app, page),
            "linked_data": data,
            "citation": citations.block(this, "../" * page.count("/") + file_of(this)),
        }
    context["site"] = said


# --- the build's stamp ----------------------------------------------------------------------------------------------------------


def commit() -> tuple[str, str, bool]:
    """Return the commit that is built and its date (both empty outside a repository), and whether files differ from it. Who builds
    a copy without its history can say so in LEDGER_COMMIT: commit, date, and "changed" if files differ."""
    if told := os.environ.get("LEDGER_COMMIT", "").split():
        return told[0], told[1], "changed" in told[2:]

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != ROOT.resolve():
            return "", "", False  # a copy inside another repository
        name, _, date = git("log", "-1", "--abbrev=12", "--format=%h %cs").partition(" ")
        return name, date, bool(git("status", "--porcelain"))
    except (OSError, subprocess.CalledProcessError):
        return "", "", False


def stamp(name: str, date: str, changed: bool) -> str:
    """Return the sentence that each page ends with: version, commit and date, and until when the evidence goes."""
    of = (
        f"built from commit {name} of {in_words(date)}{' with changes since' if changed else ''}"
        if name
        else "built outside a repository"
    )
    return f"Version {citations.edition()['version']}, {of}. Evidence ends in {in_words(EVIDENCE_ENDS)}."


def substitutions(config) -> dict[str, str]:
    """Return what a page prints of the edition, by the names under which it is written there: {{ version }}, {{ released }}, {{ citation }}, {{ releases }}."""
    book, releases = citations.edition(), f"{config.ledger_elsewhere['repository']}/releases"
    whole = {"kind": "book", "key": SLUG, "title": book["title"], "url": f"<{config.html_baseurl}>"}
    return {
        "version": book["version"],
        "released": in_words(book["date"]),
        "citation": citations.plain(whole),
        "releases": f"[releases]({releases})",
    }


def in_words(date: str) -> str:
    """Return an ISO date as in prose: 22 November 2026, or June 2026."""
    year, month, *day = date.split("-")
    return (
        f"{int(day[0])} {MONTHS[int(month) - 1]} {year}"
        if day
        else f"{MONTHS[int(month) - 1]} {year}"
    )


# --- corrections and data updates -----------------------------------------------------------------------------------------------


def changes() -> list[dict]:
    """Return the entries of data/changes.yml. Raises ExtensionError that names the entry when one is not as it should be."""
    entries = yaml.safe_load(CHANGES.read_text(encoding="utf-8")) or []
    for number, entry in enumerate(entries, 1):
        told = f"{CHANGES.name}, entry {number}"
        if set(entry) - {"tables"} != {"date", "kind", "title", "text"}:
            raise ExtensionError(
                f"{told}: it has the keys {sorted(entry)}; it needs date, kind, title and text, and may have tables"
            )
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(entry["date"])):
            raise ExtensionError(f"{told}: the date {entry['date']!r} is not year-month-day")
        if entry["kind"] not in ("correction", "data update"):
            raise ExtensionError(
                f"{told}: the kind {entry['kind']!r} is neither correction nor data update"
            )
    return sorted(entries, key=lambda entry: str(entry["date"]), reverse=True)


class Changes(SphinxDirective):
    """The corrections, or the data updates, of data/changes.yml, the newest first."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        page_store.depends(self.env, f"file {CHANGES.relative_to(ROOT).as_posix()}")
        lines = [
            f"- **{in_words(str(entry['date']))}. {entry['title']}.** {' '.join(entry['text'].split())}{vintages(entry)}"
            for entry in changes()
            if entry["kind"] == self.arguments[0]
        ]
        holder = nodes.Element()
        self.state.nested_parse(
            StringList(lines or ["None so far."], CHANGES.name), self.content_offset, holder
        )
        return holder.children


def vintages(entry: dict) -> str:
    """Return what each table held before a refresh, and the hashes of its content, by which the earlier one is found in the repository."""
    return "".join(
        f" Before, `{table['name']}` held {table['edition_before']} (content `{table['before'][7:19]}`, since then `{table['after'][7:19]}`)."
        for table in entry.get("tables", [])
    )


def feed(base: str) -> str:
    """Return the Atom feed of corrections and data updates."""
    ElementTree.register_namespace("", "http://www.w3.org/2005/Atom")
    atom = "{http://www.w3.org/2005/Atom}"
    entries = changes()

    def add(parent, tag: str, text: str = "", **attributes: str):
        child = ElementTree.SubElement(parent, atom + tag, attributes)
        child.text = text or None
        return child

    root = ElementTree.Element(atom + "feed")
    add(root, "title", f"{citations.edition()['title']}: corrections and data updates")
    add(root, "id", f"{base}feed.xml")
    add(root, "link", rel="self", href=f"{base}feed.xml")
    add(root, "link", href=base)
    add(
        root,
        "updated",
        f"{entries[0]['date'] if entries else citations.edition()['date']}T00:00:00Z",
    )
    add(add(root, "author"), "name", citations.edition()["author"])
    for entry in entries:
        item = add(root, "entry")
        add(item, "title", f"{entry['kind'].capitalize()}: {entry['title']}")
        content = "".join(
            f"-{table['after'][7:15]}" for table in entry.get("tables", [])[:1]
        )  # a table may be brought up to date twice a day
        add(
            item,
            "id",
            f"{base}feed.xml#{entry['date']}-{re.sub(r'[^a-z0-9]+', '-', entry['title'].lower())}{content}",
        )
        add(item, "link", href=f"{base}chapters/methods.html#corrections")
        add(item, "updated", f"{entry['date']}T00:00:00Z")
        add(item, "category", term=entry["kind"])
        add(item, "summary", " ".join(entry["text"].split()))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def sitemap(addresses: list[str]) -> str:
    """Return the sitemap of the given addresses. (sphinx-sitemap lists only the pages that a build writes anew.)"""
    rows = "".join(f"  <url><loc>{html.escape(address)}</loc></url>\n" for address in addresses)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'


def licences() -> str:
    """Return the licences of others' software of which the site carries a part."""
    told = "Licences of others' software of which this site carries a part (what is in _static/vendor has its own beside it)\n"
    for name in ("furo", "sphinx", "sphinx-basic-ng", "myst-nb", "pygments"):
        made = importlib.metadata.distribution(name)
        (file,) = (
            file
            for file in made.files or []
            if file.name.partition(".")[0] == "LICENSE" and ".dist-info" in str(file)
        )
        told += f"\n{'-' * 100}\n{made.metadata['Name']} {made.version}\n\n{file.read_text(encoding='utf-8').strip()}\n"
    return told


# --- what Sphinx calls ----------------------------------------------------------------------------------------------------------


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Write what stands beside the pages: citations, feed, sitemap, robots.txt and the build's stamp for machines."""
    if error or app.builder.name != "html":
        return
    site, base = Path(app.outdir), app.config.html_baseurl
    pages = sorted(app.env.found_docs)
    shutil.rmtree(site / "cite", ignore_errors=True)  # a page may be gone
    (site / "cite").mkdir()
    for docname in pages:
        this = work(app, docname)
        for ending, form in (("bib", citations.bibtex), ("ris", citations.ris)):
            (site / f"{file_of(this)}.{ending}").write_text(form(this), encoding="utf-8")
    (site / "feed.xml").write_text(feed(base), encoding="utf-8")
    (site / "_static" / "licences.txt").write_text(licences(), encoding="utf-8")
    addresses = [
        base if docname == app.config.root_doc else base + app.builder.get_target_uri(docname)
        for docname in pages
    ]
    (site / "sitemap.xml").write_text(
        sitemap(
            addresses + [f"{base}charts/{name}.html" for name in sorted(charts.charts_of(app.env))]
        ),
        encoding="utf-8",
    )
    (site / "robots.txt").write_text(
        f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", encoding="utf-8"
    )
    name, date, changed = app.ledger_commit
    editions = {
        resource["name"]: [
            {key: source[key] for key in ("key", "institution", "edition", "retrieved")}
            for source in resource["sources"]
        ]
        for resource in tables.descriptor()["resources"]
    }
    told = {
        "version": citations.edition()["version"],
        "commit": name,
        "date": date,
        "changed_since": changed,
        "evidence_ends": EVIDENCE_ENDS,
        "data": editions,
    }
    (site / "build.json").write_text(
        json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def lead_on(app: Sphinx, error: Exception | None) -> None:
    """Write a page at each address that a page of a table once had, which leads to where the page is now."""
    if error or app.builder.name != "html":
        return
    for name in MOVED:
        docname, old = tables.page_path(name), Path(app.outdir, tables.PAGES, f"{name}.html")
        if docname not in app.env.found_docs:
            old.unlink(missing_ok=True)
            continue
        here, address = (
            f"{docname.rpartition('/')[2]}.html",
            html.escape(app.config.html_baseurl + app.builder.get_target_uri(docname)),
        )
        old.write_text(
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>This page has moved</title><meta name="robots" content="noindex">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{app.ledger_policy}"><meta name="viewport" content="width=device-width,initial-scale=1">\n'
            f'<link rel="canonical" href="{address}"><meta http-equiv="refresh" content="0; url={here}"></head>\n'
            f'<body><main><h1>This page has moved</h1><p>It is now at <a href="{here}">{address}</a>.</p></main></body></html>\n',
            encoding="utf-8",
        )


def not_found(app: Sphinx):
    """Add the page that a server shows for an address that does not exist."""
    if app.builder.name == "html":
        yield "404", {"title": "No such page"}, "404.html"


def setup(app: Sphinx) -> None:
    app.add_html_theme("ledger", str(THEME))
    app.add_config_value("ledger_stamp", "", "html", str)
    app.ledger_commit = commit()

    def set_up(app: Sphinx, config) -> None:
        if not re.fullmatch(r"https?://[^/]+/(.*/)?", config.html_baseurl or ""):
            raise ConfigError(
                f"_config.yml: html: baseurl: {config.html_baseurl!r} is not the site's address; it begins with https:// and ends with /"
            )
        config.ledger_stamp = stamp(*app.ledger_commit)
        config.ledger_elsewhere = notebooks.elsewhere(
            config.html_theme_options, app.ledger_commit[0]
        )
        config.html_theme_options = {}  # Jupyter Book's are for another theme
        config.myst_substitutions = {**config.myst_substitutions, **substitutions(config)}
        from furo import THEME_PATH

        app.ledger_policy = policy(THEME_PATH)

    app.add_directive("changes", Changes)
    app.connect("config-inited", set_up)
    app.connect("html-page-context", add_to_page, priority=900)
    app.connect("html-collect-pages", not_found)
    app.connect("build-finished", write_files)
    app.connect("build-finished", lead_on)
