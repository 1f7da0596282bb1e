"""Promise: a release holds one version, whole: tag, CITATION.cff, tables, changelog and site name
the same, or nothing is packed. Each version keeps its address below its own path, whatever is
published later, and its pages say when a newer one is.
"""

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import zipfile

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from reading import browser, needs_browser  # noqa: F401
from small_book import (
    GOOD,
    ROOT,
    book,  # noqa: F401
    build,
    cell,
    edit,
    make,
    run_ledger,
    site,
    write,
)

CHART = """import pandas as pd
from ledger import charts
frame = pd.DataFrame({"Arland": [1, 2]}, index=[2001, 2002])
caption, alt = "Arland grew in these two years.", "One line that rises from left to right."
ax = charts.lines(frame, "US$")
charts.publish(ax, "growth", table="output", data=frame, caption=caption, alt=alt)"""
HOME = "https://strait-papers.example/"


def git(folder, *words, day="2025-04-02"):
    names = {
        f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    names["GIT_COMMITTER_DATE"] = f"{day}T12:00:00Z"
    subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, env=os.environ | names
    )


def with_papers(folder, version):
    """Put into a book what a release needs beside it."""
    for name in ("LICENSE.md", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "LICENSES", folder / "LICENSES")
    (folder / "CHANGELOG.md").write_text(
        f"# Changes\n\n## Unreleased\n\n- A thing.\n\n## {version} (a day)\n\nFirst edition of "
        f"all.\n\n## {version}.1\n\nAnother.\n",
        encoding="utf-8",
    )
    return folder


def with_books(folder):
    for kind in (".pdf", "-short.pdf", ".epub"):
        (folder / "_build" / "html" / f"strait-papers{kind}").write_bytes(kind.encode())


def test_a_version_is_packed_whole_or_not_at_all(book):
    with_papers(book, "3.1")

    def refused(tag, says):
        code, said = run_ledger(book, "release", tag, "--into", "out")
        assert code == 1 and says in said and not (book / "out").exists(), said

    assert build(book)[0] == 0  # no checkout: from which commit is not known
    refused("v3.1", "the site does not say from which commit it was built")
    record = book / "_build" / "html" / "build.json"
    edit(record, '"commit": ""', '"commit": "0123456789ab"')
    refused(
        "v3.1", "not built for the path of this version: LEDGER_RELEASE=v3.1 make book pdf epub"
    )
    edit(record, '"release": ""', '"release": "v3.1"')
    refused("v3.1", "the PDF or the EPUB is not beside the site: make pdf epub")
    with_books(book)
    refused("v1999.01", "the tag is v1999.01, and CITATION.cff has version 3.1")
    refused("v3.1", "CHANGELOG.md still has words under '## Unreleased'")
    edit(book / "CHANGELOG.md", "## Unreleased\n\n- A thing.\n\n", "")

    code, said = run_ledger(book, "release", "v3.1", "--into", "out")
    assert code == 0, said
    check_packed(book, "strait-papers-3.1")

    shutil.rmtree(book / "out")
    edit(book / "CHANGELOG.md", "## 3.1 (", "## 1999.01 (")
    refused("v3.1", "CHANGELOG.md has no section '## 3.1'")
    edit(book / "CHANGELOG.md", "## 1999.01 (", "## 3.1 (")
    edit(book / "CITATION.cff", 'version: "3.1"', 'version: "2999.01"')
    refused("v2999.01", "data/datapackage.json has version 3.1, and CITATION.cff 2999.01")
    code, said = build(book, LEDGER_RELEASE="v3.1")
    assert code != 0 and "LEDGER_RELEASE is v3.1, and CITATION.cff has version 2999.01" in said


def check_packed(book, stem):
    """The release has the whole site, the tables with their terms, and the notes of its version."""
    assert {path.name for path in (book / "out").iterdir()} == {
        "notes.md",
        f"{stem}.pdf",
        f"{stem}-short.pdf",
        f"{stem}.epub",
        f"{stem}-site.zip",
        f"{stem}-tables.zip",
    }
    with zipfile.ZipFile(book / "out" / f"{stem}-site.zip") as archive:
        assert set(archive.namelist()) == set(site(book))  # PDF and EPUB, to which pages link, too
        assert archive.read("index.html") == (book / "_build" / "html" / "index.html").read_bytes()
    with zipfile.ZipFile(book / "out" / f"{stem}-tables.zip") as archive:
        assert {
            "LICENSE.md",
            "CITATION.cff",
            "data/datapackage.json",
            "data/output.csv",
            "LICENSES/MIT.txt",
        } <= set(archive.namelist())
    notes = (book / "out" / "notes.md").read_text(encoding="utf-8")
    assert notes == "First edition of all.\n"


def released(folder, version):
    """Build a version for its path, pack it, and keep its site."""
    code, said = build(folder, LEDGER_RELEASE=f"v{version}")
    assert code == 0, said
    with_books(folder)
    code, said = run_ledger(folder, "release", f"v{version}", "--into", f"../out-{version}")
    assert code == 0, said
    (packed,) = (folder.parent / f"out-{version}").glob("*-site.zip")
    shutil.copy(packed, folder.parent / "versions")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The made-up book in a folder beside `versions`, two released ones, and `site`, what is served
    once a third state is on main. The second version has a chapter less and another sentence.
    """
    place = tmp_path_factory.mktemp("published")
    (place / "versions").mkdir()
    folder = with_papers(make(place / "book"), "3.1")
    edit(folder / "CHANGELOG.md", "## Unreleased\n\n- A thing.\n\n", "")
    write(folder, one=GOOD + cell(CHART), two="# Gone later\n\nA chapter of the first version.\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "a version")
    released(folder, "3.1")
    code, said = run_ledger(folder, "publish", "../versions", "--into", "../site")
    assert code == 0, said

    write(folder, one=GOOD.replace("There are", "Now there are") + cell(CHART))
    (folder / "chapters" / "two.md").unlink()
    edit(folder / "CITATION.cff", 'version: "3.1"', 'version: "3.2"')
    edit(folder / "CITATION.cff", "2025-04-02", "2025-05-03")
    edit(folder / "data" / "datapackage.json", '"version": "3.1"', '"version": "3.2"')
    edit(folder / "CHANGELOG.md", "## 3.1 (", "## 3.2 (a day)\n\nA second edition.\n\n## 3.1 (")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "another version", day="2025-05-03")
    released(folder, "3.2")
    assert build(folder)[0] == 0
    code, said = run_ledger(folder, "publish", "../versions", "--into", "../site")
    assert code == 0 and said.startswith("v3.2/: version 3.2\nv3.1/: version 3.1\n"), said
    return place


def text(path):
    return path.read_text(encoding="utf-8")


def test_a_version_stays_below_its_path_and_is_cited_by_it(published):
    served = published / "site"
    told = json.loads(text(served / "versions.json"))
    assert [(v["version"], v["path"], v["date"]) for v in told["versions"]] == [
        ("3.2", "v3.2/", "3 May 2025"),
        ("3.1", "v3.1/", "2 April 2025"),
    ]
    assert "chapters/one.html" in told["pages"] and "chapters/two.html" not in told["pages"]
    for version in ("3.1", "3.2"):
        with zipfile.ZipFile(published / f"versions/strait-papers-{version}-site.zip") as archive:
            for name in archive.namelist():
                assert (served / f"v{version}" / name).read_bytes() == archive.read(name), name
    for page in ("chapters/one.html", "charts/growth.html"):
        old, new = text(served / "v3.1" / page), text(served / page)
        assert f"{HOME}v3.1/{page}" in old and f"{HOME}{page}" in new and f"{HOME}v3" not in new
        for each in (old, new):  # search engines list the newest
            assert f'<link rel="canonical" href="{HOME}{page}">' in each
        line = (
            f'kept as it was published. The newest version of this page:\\s+<a href="{HOME}{page}"'
        )
        assert re.search(line, old) and not re.search(line, new) and "versions.js" not in new
    for page in (served / "v3.1").rglob("*.html"):
        # a chart in a frame of another site has no room for a notice
        if "_static" not in page.parts and not page.name.endswith(".embed.html"):
            assert "_static/versions.js" in text(page), page
    assert f"url = {{{HOME}v3.1/charts/growth.html}}" in text(served / "v3.1/charts/growth.bib")
    assert f'href="{HOME}feed.xml"' in text(served / "v3.1" / "index.html")


def test_a_page_says_when_its_text_and_its_data_last_changed(published):
    """The site was built three times in one folder, so this is what incremental builds leave."""
    first, last = "2 April 2025", "3 May 2025"
    data = 'data last changed 2 April 2025 (<a href="../tables/output.html">output</a>).'
    assert f"Text last changed {last}; {data}" in text(published / "site/chapters/one.html")
    assert f"Text last changed {first}; {data}" in text(published / "site/v3.1/chapters/one.html")
    assert f"Text last changed {first}." in text(published / "site/index.html")
    assert '"dateModified": "2025-05-03"' in text(published / "site/chapters/one.html")
    listed = text(published / "site/sitemap.xml")
    assert f"<loc>{HOME}chapters/one.html</loc><lastmod>2025-05-03</lastmod>" in listed
    assert f"<loc>{HOME}</loc><lastmod>2025-04-02</lastmod>" in listed


def test_a_report_names_the_build_of_its_page(published):
    for folder in ("site", "site/v3.1"):
        commit = json.loads(text(published / folder / "build.json"))["commit"]
        page = text(published / folder / "chapters/one.html")
        assert f"%2C%20commit%20{commit}" in page
        assert "mailto:errata@strait-papers.example?subject=Error%20in%20The%20Strait%20" in page


@needs_browser
def test_a_page_of_an_older_version_says_that_a_newer_one_is_published(published, browser):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(published / "site"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    page = browser.new_page()
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url.removeprefix(base)))
    note = page.locator(".newer-version")
    try:
        for path in ("chapters/one.html", "charts/growth.html"):
            page.goto(f"{base}/v3.1/{path}")
            expect(note).to_have_text(
                "A newer version of this page is published: version 3.2 of 3 May 2025."
            )
            for width, scheme in ((1280, "light"), (320, "dark")):
                page.set_viewport_size({"width": width, "height": 800})
                page.emulate_media(color_scheme=scheme)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert Axe().run(page).response["violations"] == []
            note.get_by_role("link").click()
            page.wait_for_url(f"{base}/{path}")
        assert "/versions.json" in asked
        page.goto(f"{base}/v3.1/chapters/two.html")
        expect(note).to_contain_text("A newer version is published, in which this page is gone")
        assert note.get_by_role("link").get_attribute("href") == f"{base}/"
        for path in ("v3.2/chapters/one.html", "v3.2/charts/growth.html", "chapters/one.html"):
            asked.clear()
            page.goto(f"{base}/{path}", wait_until="networkidle")
            assert note.count() == 0 and ("/versions.json" in asked) == path.startswith("v3.2")
        assert complaints == []
    finally:
        page.close()
        server.shutdown()


@pytest.mark.slow
def test_what_is_served_stays_as_it_was_when_publishing_fails(published, tmp_path):
    before = {path: path.read_bytes() for path in (published / "site").rglob("*") if path.is_file()}
    versions = shutil.copytree(published / "versions", tmp_path / "versions")
    whole = (versions / "strait-papers-3.2-site.zip").read_bytes()

    def refused(name, content, says):
        (versions / name).write_bytes(content)
        code, said = run_ledger(published / "book", "publish", str(versions), "--into", "../site")
        assert code == 1 and f"{name}{says}" in said, said

    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 255
    second = "strait-papers-3.2-site.zip"  # when it is read, the first is unpacked
    refused(second, whole[:-1000], " is no whole site")
    refused(second, bytes(damaged), " is no whole site")
    (versions / second).write_bytes(whole)
    refused("strait-papers-3.3-site.zip", whole, ": 'v3.2' is taken")
    after = {path: path.read_bytes() for path in (published / "site").rglob("*") if path.is_file()}
    assert after == before and {path.name for path in published.iterdir()} == {
        *("book", "versions", "site", "out-3.1", "out-3.2")
    }


def test_a_site_that_was_built_for_no_path_is_left_out(published, tmp_path):
    with zipfile.ZipFile(tmp_path / "old-site.zip", "w") as archive:
        archive.writestr("build.json", '{"version": "3.0"}')
    words = ("publish", str(tmp_path), "--into", str(tmp_path / "site"))
    code, said = run_ledger(published / "book", *words)
    assert code == 0 and "old-site.zip: left out" in said, said
    assert json.loads(text(tmp_path / "site" / "versions.json"))["versions"] == []
