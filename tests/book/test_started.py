"""Promise: what `make chapter` starts in this book, from its own template, builds as it is, and the
checks of prose and code find nothing in it.
"""

import json
import re
import shutil
import subprocess
import sys

import pytest
from small_book import ROOT, build, run_here, surroundings, write
from small_book import THIS_GOOD as GOOD
from small_book import this_book as book  # noqa: F401
from test_stale import CLAIMS

from ledger.commands import scaffold
from ledger.core import tables

NAME, TITLE = "migration", "Migration between the two"


def test_a_started_chapter_builds_without_a_warning(book):
    """It has its title, one chart, one claim and one number, which is right."""
    references = (ROOT / "chapters" / "references.md").read_text(encoding="utf-8")
    write(book, one=GOOD, claims=CLAIMS, references=references)
    start = f"from ledger.commands import scaffold; print(scaffold.chapter({NAME!r}, {TITLE!r}))"
    assert "entered in _toc.yml before chapters/claims" in run_here(book, start)
    code, said = build(book)
    assert code == 0 and "WARNING" not in said, said[-3000:]
    site = book / "_build" / "html"
    page = (site / "chapters" / f"{NAME}.html").read_text(encoding="utf-8")
    assert re.search(r"<h1>(.*?)<", page, re.S)[1] == TITLE
    assert (
        page.count("<figure") == 1
        and f'id="chart-{NAME}-first-chart"' in page
        and page.count("C01</a>") == 1
    )
    gdp = (
        tables.load("gdp")
        .pivot(index="year", columns="country", values="gdp_usd")[["RUS", "IRN"]]
        .dropna()
        .iloc[-1]
    )
    assert f">{gdp['RUS'] / gdp['IRN']:.1f}</span>" in page
    assert [
        record["name"]
        for record in json.loads((site / "numbers.json").read_text(encoding="utf-8"))
        if record["page"] == f"chapters/{NAME}"
    ] == ["first-number"]


@pytest.mark.slow
def test_a_started_chapter_stands_the_checks_of_prose_and_code(tmp_path):
    for part in ("analysis", "checks", "chapters", "data", "ledger"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in (
        "_config.yml",
        "_toc.yml",
        "pyproject.toml",
        "references.bib",
        "index.md",
        "CITATION.cff",
        "book.yml",
    ):
        shutil.copy(ROOT / part, tmp_path)
    scaffold.chapter("started-in-a-test", TITLE, tmp_path)
    checks = (
        "myst cells chapter-code citations spelling typed-numbers article-words unused-figures "
        "unused-numbers unused-bibliography sentences stock-phrases badges"
    ).split()
    run = subprocess.run(
        [sys.executable, "-m", "checks", *checks],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=surroundings(),
    )
    assert run.returncode in (0, 1) and not run.stderr, run.stderr
    assert "started-in-a-test" not in run.stdout, (
        run.stdout
    )  # of other pages the checks may complain: not all of the book is here
