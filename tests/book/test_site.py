"""Promise: the site is quotable and findable: citations, descriptions, addresses, feed and stamp
are there, agree and can be read by machines.
"""

import datetime
import html
import io
import json
import re
import subprocess
import urllib.parse
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import frictionless
import pandas as pd
import pytest
import rispy
import yaml
from pybtex.database import parse_string
from reading import PAGES, SITE, address, browser, needs_browser, open_page  # noqa: F401
from small_book import GOOD, ROOT, build, edit, make, run_here, write
from small_book import book as made_up_book  # noqa: F401
from small_book import this_book as book  # noqa: F401

from ledger import charts
from ledger.build.sphinxext import history, report
from ledger.build.sphinxext.content.changes import load_changes
from ledger.build.sphinxext.output.site_files import entry_names
from ledger.core import citations, config, tables
from ledger.core import text as words
from ledger.core.charts.style import VERDICTS

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
BASE = CONFIG["html"]["baseurl"]
READ = [
    path for path in PAGES if path not in ("search.html", "404.html")
]  # what a search engine should keep


def text(path):
    return (SITE / path).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "file",
    sorted(
        path.relative_to(SITE).as_posix()
        for path in SITE.rglob("*.bib")
        if "_static" not in path.parts
    ),
)
def test_each_citation_reads_as_bibtex_and_as_ris_and_both_say_the_same(file):
    (entry,) = parse_string(text(file), "bibtex").entries.values()
    (other,) = rispy.loads(text(file.removesuffix("bib") + "ris"))
    assert entry.fields["url"] == other["urls"][0] and entry.fields["url"].startswith(BASE)
    page = entry.fields["url"].removeprefix(BASE) or "index.html"
    assert (SITE / page).exists(), page
    assert entry.fields["title"].strip("{}").replace("\\", "") == other["title"]
    assert entry.fields["year"] == other["year"] == citations.edition()["date"][:4]
    if page.startswith(("tables/", "charts/")):
        assert entry.fields["note"].strip("{}").replace("\\", "") == other["notes"][0] and other[
            "notes"
        ][0].startswith("Data: ")


def test_every_page_can_be_cited():
    for path in READ:
        assert 'class="cite"' in text(path), path


def linked_data(path):
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text(path), re.S)
    return json.loads(found.group(1))


@pytest.mark.parametrize(
    "path", [path for path in READ if not path.startswith(("charts/", "claims/"))]
)
def test_a_page_tells_machines_what_it_is(path):
    data, page = linked_data(path), text(path)
    url = BASE + ("" if path == "index.html" else path)
    assert data["url"] == url and data["@type"] == (
        "Book"
        if path == "index.html"
        else "Dataset"
        if path.startswith("tables/")
        else "ScholarlyArticle"
    )
    assert f'<link rel="canonical" href="{BASE}{path}">' in page
    for name in ("description", "og:title", "og:description", "og:url", "og:image", "og:image:alt"):
        assert re.search(rf'<meta (?:name|property)="{name}" content="[^"]+">', page), name
    image = re.search(r'property="og:image" content="([^"]+)"', page).group(1)
    assert (SITE / image.removeprefix(BASE)).read_bytes().startswith(b"\x89PNG")
    if first := re.search(r'<figure class="ledger-chart[^"]*" id="chart-([^"]+)"', page):
        assert image == f"{BASE}charts/{first.group(1)}.png"
    if data["@type"] == "Dataset":
        resource = tables.table_of_page(path.removesuffix(".html"))
        assert (
            50 <= len(data["description"]) <= 5000 and data["name"] == resource["title"]
        )  # what dataset searches ask for
        assert [each["name"] for each in data["variableMeasured"]] == [
            field["name"] for field in resource["schema"]["fields"]
        ]
        for each in data["distribution"]:
            assert (SITE / each["contentUrl"].removeprefix(BASE)).exists()


def test_the_sitemap_lists_every_page_and_nothing_else():
    listed = [
        node.text
        for node in ElementTree.fromstring(text("sitemap.xml")).iter(
            "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
        )
    ]
    reviews = [f"claims/{row['claim_id'].lower()}.html" for row in tables.read_rows("claims")]
    pages = {*READ, *reviews}
    assert sorted(listed) == sorted(BASE + ("" if path == "index.html" else path) for path in pages)
    assert f"Sitemap: {BASE}sitemap.xml" in text("robots.txt")


GDP = "data/gdp.csv"


def test_each_page_says_what_the_history_says_of_it():
    told = {path: committed(path) for path in ("chapters/energy.md", "chapters/about.md", GDP)}
    differ = history.uncommitted(ROOT)
    for path, day in told.items():
        page = f"{path.removesuffix('.md')}.html" if path.endswith("md") else "tables/gdp.html"
        kind = "Text" if path.endswith("md") else "Data"
        if day and path not in differ:  # else it is new, or this is a copy without its history
            assert f"{kind} last changed {words.date(day)}" in text(page)
    listed = re.findall(r"<loc>(.*?)</loc>(?:<lastmod>(.*?)</lastmod>)?", text("sitemap.xml"))
    assert all(datetime.date.fromisoformat(day) for _, day in listed if day)
    undated = {address.removeprefix(BASE) for address, day in listed if not day}
    new = {page for page in undated if page.startswith(("chapters/", "tables/"))}
    if any(told.values()):
        assert not {page for page in new if committed(source(page))}
        assert new or not undated  # a chart is as old as its chapter


def committed(path):
    """Return the day of the last commit of a file, empty of one that is new."""
    log = ["git", "-C", str(ROOT), "log", "-1", "--format=%cs", "--"]
    return subprocess.run([*log, path], capture_output=True, text=True).stdout.strip()


def source(page):
    """Return the file of which a chapter's or a table's page is made."""
    folder, name = page.removesuffix(".html").split("/")
    return f"data/{name.replace('-', '_')}.csv" if folder == "tables" else f"{folder}/{name}.md"


def foot(path):
    """Return a page from its foot on; a chart's own page has it under the chart."""
    before, mark, after = text(path).partition('<div class="colophon">')
    return after if mark else before


def test_an_error_on_any_page_can_be_reported_with_and_without_an_account():
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE" / report.FORM).read_text("utf-8"))
    fields = {part["id"]: part for part in form["body"]}
    built = json.loads(text("build.json"))
    for path in READ:
        link = html.unescape(re.search(r'class="report-error" href="([^"]+)"', foot(path)).group(1))
        address, _, query = link.partition("?")
        told = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        assert address == f"{CONFIG['repository']['url']}/issues/new"
        folder, name = path.split("/")[0], Path(path).stem
        own = {"charts": f"chart {name}", "claims": f"claim {name.upper()}"}
        subject = own.get(folder, "") if "/" in path else ""
        assert told.pop("template") == report.FORM and told["subject"] == subject
        assert told.pop("title") == f"Error: {subject or path}"
        # no field of a form but these two kinds can be filled in by an address
        assert {fields[name]["type"] for name in told} <= {"input", "textarea"}
        assert told["page"] == BASE + path and built["version"] in told["build"]
        assert built["commit"] in told["build"]
        without = f'<a href="{config.book().contact}">reach the authors</a>'
        assert subject or without in text(path)
    chart = text("chapters/economics.html").partition('id="chart-steel-to-grain"')[2]
    assert "subject=chart%20steel-to-grain&amp;build=" in chart.partition("</figure>")[0]
    required = {
        name for name, part in fields.items() if part.get("validations", {}).get("required")
    }
    assert required == {"wrong", "page"}  # the reader writes one


def test_no_page_has_an_address_that_jupyter_book_2_would_change():
    assert not [path for path in PAGES if "_" in path]


@needs_browser
def test_an_address_of_the_first_edition_leads_to_where_the_page_is(open_page):
    redirects = config.book().redirects
    assert len(redirects) == 56
    for name, place in redirects.items():
        docname, mark, anchor = place.partition("#")
        there = f"{docname}.html"
        assert f'<link rel="canonical" href="{BASE}{there}{mark}{anchor}">' in text(f"{name}.html")
        assert not mark or f'id="{anchor}"' in text(there), f"{name}: {there} has no {anchor}"
    for record in ("searchindex.js", "sitemap.xml"):
        assert "trade-totals" in text(record) and "tables/trade_totals" not in text(record)
    page = open_page("tables/trade_totals.html")
    page.wait_for_url("**/tables/trade-totals.html")
    assert (
        page.locator("h1").inner_text().startswith("Trade between Russia and Iran")
        and page.complaints == []
    )


@pytest.mark.slow
def test_the_page_of_a_table_under_an_earlier_name_does_not_stay(book):
    pages = book / "pages" / "tables"
    pages.mkdir(parents=True)
    (pages / "trade_totals.md").write_text("# As it was\n", encoding="utf-8")
    run_here(
        book,
        """
        from ledger.build.sphinxext.content import table_pages
        from ledger.core.config import ROOT

        table_pages.write_pages(ROOT / "pages")
        """,
    )
    assert {f"tables/{path.stem}" for path in pages.iterdir()} == {
        tables.page_path(name) for name in tables.names()
    }


def test_a_build_writes_nothing_outside_its_folder(tmp_path):
    book = make(tmp_path / "book")
    before = {path.name for path in book.iterdir()}
    edit(book / "_toc.yml", "chapters/one\n", "chapters/one\n  - glob: tables/*\n")
    code, log = build(book)
    assert code == 0, log
    assert {path.name for path in book.iterdir()} - before <= {"_build"}
    assert (book / "_build" / "html" / "tables" / "output.html").exists()
    assert (book / "_build" / "html" / "_sources" / "tables" / "output.md").exists()


def test_the_feed_is_atom_and_every_page_names_it():
    atom = "{http://www.w3.org/2005/Atom}"
    root = ElementTree.fromstring(text("feed.xml").encode())
    entries = root.findall(f"{atom}entry")
    assert root.tag == f"{atom}feed" and len(entries) == len(load_changes()) >= 1
    for node in (root, *entries):
        for tag in ("id", "title", "updated"):
            assert node.find(atom + tag).text
        datetime.datetime.fromisoformat(node.find(f"{atom}updated").text)
    assert len({entry.find(f"{atom}id").text for entry in entries}) == len(entries)
    for path in PAGES:
        if not path.startswith(("charts/", "claims/")):
            assert 'type="application/atom+xml"' in text(path), path


def test_changes_that_are_alike_have_names_for_good_that_differ():
    same = {"date": "2027-01-02", "title": "Prices, again"}
    refreshed = same | {"tables": [{"after": "sha256:0123456789abcdef"}]}
    before = [same, refreshed, same | {"title": "prices -- again"}]
    names = entry_names(before)
    assert len(set(names)) == 3 and names[2] == "2027-01-02-prices-again"
    assert names[1] == "2027-01-02-prices-again-01234567"
    after = entry_names([same, refreshed, *before])
    assert len(set(after)) == 5 and after[2:] == names


@pytest.mark.slow
def test_a_correction_stands_on_the_page_and_in_the_feed(book):
    write(
        book,
        methods="# Methods\n\n(the-tables)=\n## Tables\n\n## Corrections\n\n```{changes} "
        "correction\n```\n",
    )
    entry = (
        "- date: 2026-01-02\n  kind: correction\n  title: A ratio was wrong\n  text: It said 3.1; "
        "it is 2.6.\n"
    )
    (book / "data/changes.yml").write_text(entry, encoding="utf-8")
    code, log = build(book)
    assert code == 0, log
    page = (book / "_build" / "html" / "chapters" / "methods.html").read_text(encoding="utf-8")
    assert "2 January 2026. A ratio was wrong." in page and "It said 3.1; it is 2.6." in page
    assert "Correction: A ratio was wrong" in (book / "_build" / "html" / "feed.xml").read_text(
        encoding="utf-8"
    )
    (book / "data/changes.yml").write_text(entry.replace("correction", "mistake"), encoding="utf-8")
    code, log = build(book)
    assert code != 0 and (
        "data/changes.yml:2: entry 1: kind is 'mistake', and must be one of: correction, data "
        "update." in log
    )


def test_the_stamp_names_commit_date_editions_and_where_the_evidence_ends():
    told = json.loads(text("build.json"))
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "log", "-1", "--abbrev=12", "--format=%h %cs"],
        capture_output=True,
        text=True,
    ).stdout.strip()
    if commit:  # else this is a copy without its history
        assert f"{told['commit']} {told['date']}" == commit
        assert all(
            f"commit {told['commit']}" in text(path)
            for path in READ
            if not path.startswith(("charts/", "claims/"))
        )
    assert set(told["data"]) == set(tables.names()) and all(
        source["edition"] for sources in told["data"].values() for source in sources
    )
    assert (
        told["evidence_ends"] == "2026-10"
        and "Evidence ends in October 2026." in text("index.html")
        and "where the evidence ends" in text("chapters/methods.html")
    )


ALL_TABLES = "data/russia-iran-ledger-data.zip"  # again, together, what the other files are alone


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(file, marks=[pytest.mark.slow] if file == ALL_TABLES else [])
        for file in sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.zip"))
    ],
)
def test_what_is_downloaded_describes_itself(file, tmp_path):
    with zipfile.ZipFile(SITE / file) as archive:
        archive.extractall(tmp_path)
    package = frictionless.Package(str(tmp_path / "datapackage.json"))
    report = package.validate()
    assert report.valid, report.flatten(["title", "note"])[:5]
    read_me = (tmp_path / "README.txt").read_text(encoding="utf-8")
    assert "How to cite" in read_me and BASE in read_me
    for resource in package.resources:
        entry = resource.to_descriptor()
        assert entry["sources"] and entry["licenses"] and entry["republication"]
        assert all(source["edition"] for source in entry["sources"])
        assert all(field["title"] and field["description"] for field in entry["schema"]["fields"])
        assert (tmp_path / entry["path"]).exists()


def test_all_tables_and_all_numbers_come_in_one_download():
    with zipfile.ZipFile(SITE / "data" / "russia-iran-ledger-data.zip") as archive:
        for name in tables.names():
            assert archive.read(f"{name}.csv") == (tables.DATA / f"{name}.csv").read_bytes()
        assert archive.read("numbers.json").decode() == text("numbers.json")
        assert (
            citations.bibtex(
                {"kind": "book", "key": "russia-iran-ledger", "title": "", "url": BASE}
            )
            == archive.read("citation.bib").decode()
        )


@pytest.mark.slow
def test_a_chart_whose_name_is_gone_leaves_nothing_behind(made_up_book):
    chart = """import pandas as pd
from ledger import charts
frame = pd.DataFrame({"Iran": [1, 2]}, index=[2001, 2002])
caption, alt = "Iran grew in these two years.", "One line that rises from left to right."
ax = charts.lines(frame, "US$")
charts.publish(ax, "first-name", table="output", data=frame, caption=caption, alt=alt)"""
    book = made_up_book
    write(book, one=GOOD + f"\n```{{code-cell}} ipython3\n{chart}\n```\n")
    assert build(book)[0] == 0
    folder = book / "_build" / "html" / "charts"
    kinds = {"csv", "xlsx", "svg", "png", "zip", "bib", "ris", "html", "embed.html"}
    assert {path.name for path in folder.iterdir()} == {f"first-name.{kind}" for kind in kinds}
    edit(book / "chapters" / "one.md", "first-name", "second-name")
    assert build(book)[0] == 0
    assert {path.name for path in folder.iterdir()} == {f"second-name.{kind}" for kind in kinds}


def test_an_address_that_is_none_fails_the_build(book):
    edit(book / "_config.yml", CONFIG["html"]["baseurl"], "russia-iran-ledger.org")
    code, log = build(book)
    assert code != 0 and re.search(
        r"_config\.yml:\d+: html: baseurl is 'russia-iran-ledger\.org', and must be the address of "
        "the site",
        log,
    )


def test_a_download_is_the_same_whenever_it_is_packed():
    from ledger.build import downloads

    assert downloads.zipped({"a": "b"}) == downloads.zipped({"a": "b"})
    assert zipfile.ZipFile(io.BytesIO(downloads.zipped({"a": "b"}))).infolist()[0].date_time == (
        1980,
        1,
        1,
        0,
        0,
        0,
    )


def fields(chart):
    with zipfile.ZipFile(SITE / "charts" / f"{chart}.zip") as archive:
        return {
            field["name"]: field
            for field in json.loads(archive.read("datapackage.json"))["resources"][0]["schema"][
                "fields"
            ]
        }


def test_rows_have_the_unit_of_the_chart_only_where_they_are_drawn_as_they_are():
    assert (
        fields("steel-to-grain")["Russia's sales to Iran: Metals"]["unit"]
        == "% of each flow by value, as Russia’s customs report"
    )
    deaths = fields("syria-deaths")["Battles (UCDP)"]  # persons, of which the chart draws thousands
    assert "unit" not in deaths and "divided by 1,000" in deaths["description"]
    assert [
        name
        for name, field in fields("neighbours").items()
        if "% of partner" in field.get("unit", "")
    ] == ["Trade as % of GDP"]


def test_verdicts_have_one_colour_in_badges_charts_and_print():
    palette = (SITE / "_static" / "palette.css").read_text(encoding="utf-8")
    paper = ROOT / "ledger/build/sphinxext/paper/static/paper.css"
    printed = paper.read_text(encoding="utf-8")
    counts = pd.DataFrame({verdict: [2.0, 3.0] for verdict in VERDICTS}, index=[2001, 2002])
    said = {"alt": "Two columns, one a year.", "caption": "Two years have the same claims."}
    drawn = {"data": counts, "table": "claims", **said}
    picture = charts.publish(charts.stacked_bars(counts, "Claims"), "verdicts", **drawn)
    chart = picture.content["svg"]
    assert "<pattern" not in chart, "a hatch"
    for verdict, (glyph, (light, dark)) in VERDICTS.items():
        name = verdict.replace(" ", "-")
        assert f"--verdict-{name}: {light};" in palette and f"--verdict-{name}: {dark};" in palette
        assert f".mark.verdict-{name} .glyph {{ color: {light}; }}" in printed
        assert charts.colours([verdict]) == [light], verdict
        assert f">{glyph} {verdict}<" in chart and f", {light})" in chart, verdict
