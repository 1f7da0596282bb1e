"""Promise: PDF and EPUB are made of the sources of the site they stand beside, or not at all."""

import json
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

import pytest
from small_book import build, edit, run_here, surroundings

from ledger.commands import pdf

NAME = "strait-papers"
XML = (".xhtml", ".opf", ".ncx", ".xml", ".svg")  # endings in an EPUB of what must be XML


def test_a_build_that_changes_nothing_keeps_them_and_one_that_does_drops_them(book):
    made = [book / "_build" / "html" / f"{NAME}.{kind}" for kind in ("pdf", "epub")]
    build(book)
    for path in made:
        path.write_text("the whole book")
    code, said = build(book)
    assert code == 0 and all(path.exists() for path in made), said[-2000:]
    edit(book / "chapters" / "one.md", "There are", "In it are")
    edit(book / "ledger" / "core" / "numbers.py", '"""', '""" ')
    code, said = build(book)
    assert code == 0 and not any(path.exists() for path in made), said[-2000:]


@pytest.mark.slow
def test_what_was_made_of_other_sources_is_not_put_beside_the_site(book):
    """A chapter that is edited between the site's build and the EPUB's would leave numbers in the
    one that the other does not have.
    """
    epub = book / "_build" / "html" / f"{NAME}.epub"
    make = [sys.executable, "-m", "ledger", "epub"]
    build(book)
    edit(book / "chapters" / "one.md", "There are", "In it are")
    code, said = build(book, make)
    assert code == 1 and "a file changed meanwhile; run make again" in said and not epub.exists(), (
        said[-2000:]
    )
    build(book)
    code, said = build(book, make)
    assert code == 0 and zipfile.is_zipfile(epub), said[-3000:]
    before = epub.read_bytes()
    epub.unlink()
    code, said = build(book, make)
    assert code == 0 and epub.read_bytes() == before, said[-3000:]
    assert not list((book / "_build").glob(".*.new")) and "executed" not in said, (
        "chapters were run again for the EPUB"
    )
    code, said = build(book, make)
    assert code == 0 and said.startswith("Nothing has changed since"), said[-3000:]
    assert (
        not (book / "_build" / "epub" / "numbers.json").exists()
        and not (book / "_build" / "epub" / "data").exists()
    )


def test_what_would_be_the_same_is_not_made_again_and_all_else_is(monkeypatch, tmp_path):
    """Of the same sources (test_current.py says what these are), by the same browser, and whole."""
    site, browser, made = tmp_path / "html", tmp_path / "browser", []
    site.mkdir()
    (tmp_path / ".work").mkdir()
    monkeypatch.setattr(pdf, "BUILD", tmp_path)
    monkeypatch.setattr(pdf, "CHROMIUM", str(browser))

    def print_both():
        made.append([site / "one.pdf", site / "two.pdf"])
        for path in made[-1]:
            path.write_text("all")
        return made[-1]

    monkeypatch.setattr(pdf, "pdf", print_both)

    def is_made(sources="the same", version="1"):
        monkeypatch.setattr(pdf.current, "sources", lambda: sources)
        browser.write_text(f"#!/bin/sh\necho {version}\n")
        browser.chmod(0o755)
        before = len(made)
        assert pdf.make("pdf") == made[-1]
        return len(made) > before

    assert is_made() and not is_made()
    assert is_made(sources="others") and not is_made(sources="others")
    assert is_made(version="2", sources="others") and is_made()
    (site / "two.pdf").write_text("half")
    assert is_made() and not is_made()
    (site / "one.pdf").unlink()  # as by a build that changed the site
    assert is_made() and not is_made()
    assert is_made(sources=None) and is_made(sources=None)  # where it cannot be told


def test_without_chromium_one_line_says_what_to_install(book):
    nowhere = surroundings(PATH="/nowhere")
    ran = subprocess.run(
        [sys.executable, "-m", "ledger", "pdf"],
        cwd=book,
        capture_output=True,
        text=True,
        env=nowhere,
    )
    assert (
        ran.returncode == 1
        and ran.stdout == ""
        and ran.stderr.count("\n") == 1
        and "apt-get install chromium libatomic1" in ran.stderr
    ), ran.stderr


def test_where_what_drives_chromium_does_not_start_that_is_said_before_anything_is_built(book):
    code = "from ledger.commands import pdf; pdf.CHROMIUM = '/bin/true'; pdf.pdf()"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=book,
        capture_output=True,
        text=True,
        env=surroundings(PLAYWRIGHT_NODEJS_PATH="/bin/false"),
    )
    assert ran.returncode == 1 and "PrintError: Playwright" in ran.stderr, ran.stderr
    assert not ran.stdout, ran.stdout[-2000:]
    assert "does not start" in ran.stderr and "apt-get install libatomic1" in ran.stderr


def test_a_pdf_is_dated_by_the_last_commit(book):
    told = run_here(
        book,
        'from ledger.commands import pdf; print(pdf.set_date(b"/CreationDate '
        "(D:20990101000000+00'00')\").decode())",
    )
    assert told.strip() == "/CreationDate (D:20231114221320+00'00')"


def test_whatever_signs_title_and_authors_have_the_epub_is_xml_and_has_them_as_words(book):
    title, author = "A > \"b\" & 'c' ]]> {{ d }} %e --> &lt; «کتاب»", 'E & F ]]> "g"'
    quoted = [json.dumps(words, ensure_ascii=False) for words in (title, author)]
    edit(book / "_config.yml", "title: The Strait Papers", f"title: {quoted[0]}")
    edit(book / "_config.yml", "author: The Strait Papers Collective", f"author: {quoted[1]}")
    edit(book / "CITATION.cff", '"The Strait Papers: ', f"{quoted[0][:-1]}: ")
    edit(book / "CITATION.cff", "name: The Strait Papers Collective", f"name: {quoted[1]}")
    edit(book / "chapters" / "one.md", "# A chapter", r"# A > \"b\" & ]]\> --\> \<script\>")
    code, said = build(book)
    assert code == 0, said[-3000:]
    code, said = build(book, [sys.executable, "-m", "ledger", "epub"])
    assert code == 0, said[-3000:]
    archive = zipfile.ZipFile(book / "_build" / "html" / f"{NAME}.epub")
    written = [name for name in archive.namelist() if name.endswith(XML)]
    roots = {name: ElementTree.fromstring(archive.read(name)) for name in written}
    assert len(roots) > 8
    catalogue = roots["content.opf"]
    core = "{http://purl.org/dc/elements/1.1/}"
    assert catalogue.findtext(f".//{core}title") == title
    assert catalogue.findtext(f".//{core}creator") == author
    assert "".join(roots["titlepage.xhtml"].itertext()).count(title) >= 1
    assert "<script>" in "".join(roots["toc.ncx"].itertext())
