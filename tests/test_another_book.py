"""Promise: the machine needs nothing of this book. Installed from its wheel, without this book's
own Python and tables, it builds, refreshes, compares and packs another one: tests/islands."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
import yaml
from institution import certificates, running, server  # noqa: F401
from pypdf import PdfReader
from reading import needs_browser
from small_book import BOOK, ROOT, edit, executed, site, surroundings, warm_python

ISLANDS = ROOT / "tests" / "islands"
OURS = re.compile(r"russia|\biran|\bRUS\b|\bIRN\b|baghai", re.I)  # words of this book
PAGES = {"index", "trade", "sea", "verdicts", "sources-and-methods"}  # with code
YEARS, MONTHS = "price-year.csv", "price-month.csv"


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """The folder into which the wheel is unpacked, without what is this book's in it."""
    folder = tmp_path_factory.mktemp("machine")
    wheel = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    made = subprocess.run(
        [*wheel, "--directory", str(folder / "wheel")], cwd=ROOT, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stdout + made.stderr
    (path,) = (folder / "wheel").glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "installed")
    shutil.rmtree(folder / "installed" / "analysis")
    shutil.rmtree(folder / "installed" / "ledger" / "book")
    return folder / "installed"


class Islands:
    """A copy of the made-up book, and the machine that works on it."""

    def __init__(self, folder, machine):
        self.folder, self.html, self.machine = folder, folder / "_build" / "html", machine
        self.environment = surroundings(PYTHONPATH=str(machine))

    def run(self, *command, code=0, cwd=None):
        """Run a command in the book, or in another folder; return its output."""
        ended, said = warm_python().run(command, cwd or self.folder, self.environment)
        assert ended == code, said
        return said

    def ledger(self, *words, **more):
        return self.run(sys.executable, "-m", "ledger", *words, **more)

    def build(self):
        return self.run(*BOOK)

    def copy(self, folder, machine=None):
        """Return a copy of the book as it is built."""
        shutil.copytree(self.folder, folder)
        return Islands(folder, machine or self.machine)


@pytest.fixture(scope="module")
def built(machine, tmp_path_factory):
    """The made-up book, built once; tests do not change it."""
    folder = tmp_path_factory.mktemp("islands") / "book"
    shutil.copytree(ISLANDS, folder, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    islands = Islands(folder, machine)
    islands.first = islands.build()
    return islands


def texts(folder):
    """Return all files of a folder that hold text, by name."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            found[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            pass  # a picture or an archive
    return found


def names_of_this_book(texts):
    """Return where a word of this book stands, with the words around it."""
    return [
        f"{name}: {text[max(0, match.start() - 40) : match.end() + 40]!r}"
        for name, text in texts.items()
        for match in OURS.finditer(text)
    ]


def test_the_machine_names_nothing_of_this_book(machine):
    files = texts(machine / "ledger")
    own = {name: text for name, text in files.items() if "/vendor/" not in name}
    assert "core/config.py" in own and names_of_this_book(own) == []


def test_it_builds_and_a_second_build_changes_nothing(built, machine):
    assert executed(built.first) | {"index"} == PAGES, built.first
    asks = built.folder.parent / "asks.py"
    asks.write_text("import ledger\n\nprint(ledger.__file__)\n")
    where = built.run(sys.executable, str(asks))
    assert where.strip() == str(machine / "ledger" / "__init__.py")
    before = site(built.folder)
    again = built.run(*BOOK[:-1], str(built.folder), cwd=built.folder.parent)  # from elsewhere
    assert executed(again) == set() and site(built.folder) == before, again


def test_the_site_mentions_nothing_of_this_book(built):
    pages = texts(built.html)
    assert {"index.html", "tables/fish-price.html", "build.json", "feed.xml"} <= set(pages)
    assert names_of_this_book(pages) == []


def test_what_a_reader_finds_is_of_the_made_up_book(built):
    pages = texts(built.html)
    stamp = json.loads(pages["build.json"])
    assert stamp["version"] == "3.1" and stamp["evidence_ends"] == "2025-03"
    assert "Evidence ends in March 2025" in pages["index.html"]
    assert 'href="chapters/verdicts.html#c01"' in pages["index.html"]
    assert 'href="sources-and-methods.html#versions"' in pages["chapters/trade.html"]
    assert "sources-and-methods.html#licences" in pages["chapters/trade.html"]
    assert "sources-and-methods.html#corrections" in pages["feed.xml"]
    assert "tables/catches.html" in pages["tables/catch.html"]  # a redirect
    assert set(json.loads(pages["claims.json"])[0]) >= {"claim_id", "verdict", "computed"}
    assert len(json.loads(pages["numbers.json"])) > 20
    assert (built.html / "cite" / "strait-papers.bib").is_file()
    assert (built.html / "data" / "strait-papers-data.zip").is_file()


def test_claims_are_decided_and_tables_are_what_the_connectors_make(built):
    claims = " ".join(built.ledger("claims", cwd=built.folder / "chapters").split())
    assert (
        "6 of 8 claims are decided by data (5 by statistics, 1 by the record of events), each as "
        "published." in claims
    )
    assert "1 of 2 islands would pass." in claims
    assert "0 tables changed" in built.ledger("rebuild", "--from", "upstream")


def test_the_policy_and_what_a_rule_found_are_printed(built):
    verdicts = re.sub(r"<[^>]+>", "", texts(built.html)["chapters/verdicts.html"])
    assert "No evidence could settle it." in verdicts  # a definition
    assert "no more than 5 per cent" in verdicts and "more than 50 per cent" in verdicts
    assert "Base rate: 1 of 2 islands would pass." in " ".join(verdicts.split())
    assert "What would change it: A treaty that shuts the strait." in " ".join(verdicts.split())
    sea = re.sub(r"<[^>]+>", "", texts(built.html)["chapters/sea.html"])
    assert "The ledger calls that overtaken by events." in sea


def test_sources_are_listed_for_a_terminal(built):
    assert "harbour-yearbook: Harbour Office of Belmark (closed)" in built.ledger("sources")


def publish(server, years):  # noqa: F811
    """Have the institution publish its prices: those of the book, the yearly ones changed."""
    prices = ISLANDS / "upstream" / "bureau-prices"
    server.expect_request(f"/{YEARS}").respond_with_data(years)
    server.expect_request(f"/{MONTHS}").respond_with_data((prices / MONTHS).read_bytes())


@pytest.mark.slow
def test_a_refresh_shows_its_impact_is_logged_and_compared(built, server, tmp_path):  # noqa: F811
    refreshed = built.copy(tmp_path / "book")
    registry = refreshed.folder / "data" / "sources.yml"
    content = yaml.safe_load(registry.read_text(encoding="utf-8"))
    content["bureau-prices"] |= {
        "address": server.url_for("/"),
        "hosts": [f"localhost:{server.port}"],
    }
    registry.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    published = (ISLANDS / "upstream" / "bureau-prices" / YEARS).read_text(encoding="utf-8")
    publish(server, published.replace("2024-06-30,80.2", "2024-06-30,80.9") + "2025-06-30,82\n")
    refreshed.environment["REQUESTS_CA_BUNDLE"] = os.environ["REQUESTS_CA_BUNDLE"]

    dry = refreshed.ledger("refresh", "fish_price", "--dry-run")
    assert "revised: year, 2024-01-01, usd_per_crate: 80.2 → 80.9 (+0.9%)" in dry, dry
    assert (
        "chapters/sea, price[2024]: 80.20 → 80.90" in dry and "index, price[2024]: 80 → 81" in dry
    )
    assert "verdicts that would change: none" in dry
    assert "written: fish_price" in refreshed.ledger("refresh", "fish_price")
    newest = yaml.safe_load((refreshed.folder / "data/changes.yml").read_text(encoding="utf-8"))[0]
    assert newest["kind"] == "data update" and "price[2024]" in newest["text"]

    said = refreshed.build()
    assert executed(said) == {"sea", "verdicts"}, said  # what reads prices; a rule does
    assert "80.90" in (refreshed.html / "chapters/sea.html").read_text(encoding="utf-8")
    report = refreshed.ledger("compare", str(built.html), str(refreshed.html))
    assert "price[2024]" in report and "fish_price" in report.replace("fish-price", "fish_price")
    assert names_of_this_book(texts(refreshed.folder / "_build" / "compare")) == []
    assert names_of_this_book(texts(refreshed.html)) == []


@pytest.mark.slow
def test_the_epub(built, tmp_path):
    built.ledger("epub")
    with zipfile.ZipFile(built.html / "strait-papers.epub") as archive:
        archive.extractall(tmp_path / "epub")
    pages = texts(tmp_path / "epub")
    assert "Everything in this book is invented" in "".join(pages.values())
    assert names_of_this_book(pages) == []


@pytest.mark.slow
@needs_browser
def test_the_pdf(built):
    built.ledger("pdf")
    for name in ("strait-papers", "strait-papers-short"):
        pages = PdfReader(built.html / f"{name}.pdf").pages
        text = "\n".join(page.extract_text() for page in pages)
        assert "The Strait Papers" in text and names_of_this_book({name: text}) == []


@pytest.mark.slow
def test_a_chapter_that_the_machine_starts_builds(built, tmp_path):
    islands = built.copy(tmp_path / "book")
    islands.ledger("new", "chapter", "lights", "Lights of the strait")
    assert executed(islands.build()) == {"lights"}
    page = (islands.html / "chapters/lights.html").read_text(encoding="utf-8")
    assert 'id="chart-lights-first-chart"' in page and names_of_this_book({"lights": page}) == []


@pytest.mark.slow
def test_an_upgrade_of_the_machine_makes_chapters_stale(built, machine, tmp_path):
    """Chapters that draw run again when a line of the installed charts has changed, others not."""
    upgraded = shutil.copytree(machine, tmp_path / "upgraded")
    edit(upgraded / "ledger/core/charts/plots.py", "import textwrap\n", "import textwrap  # new\n")
    islands = built.copy(tmp_path / "book", upgraded)
    assert "would not execute" in built.ledger("explain", "sea")
    assert "sea would execute: file ledger/core/charts/plots.py is not as when it ran" in (
        islands.ledger("explain", "sea")
    )
    assert executed(islands.build()) == {"trade", "sea"}
