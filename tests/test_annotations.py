"""Promise: what fails in CI is shown beside the page and line that it is about.

The commands run here with colours, for GitHub's runner leaves their codes in the lines that it
reads. What the hooks say is looked at in book/test_checks.py.
"""

import re
import subprocess
import sys

from annotations import PATTERNS, annotations
from small_book import GOOD, HEAD, ROOT, book, build, cell, edit, surroundings, write  # noqa: F401

COLOURS = {"FORCE_COLOR": "1", "NO_COLOR": ""}


def line_of(path, words):
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


def test_a_build_that_fails_names_page_and_line(book):
    write(book, one=GOOD + "\nSee {ref}`nowhere`.\n\nThere are {num}`none`.\n")
    page = book / "chapters" / "one.md"
    code, said = build(book, **COLOURS)
    assert code and "\x1b[" in said
    assert sorted(annotations(said)) == [
        (str(page), line_of(page, "nowhere"), "undefined label: 'nowhere'"),
        (
            str(page),
            line_of(page, "`none`"),
            "no cell of this page publishes a number named 'none': numbers.put('none', …) or "
            "numbers.series('none', …)",
        ),
    ]


def test_a_chapter_that_fails_is_named_with_the_line_of_its_cell(book):
    write(book, one=HEAD + "# A chapter\n\n" + cell("x = 1\n1 / 0"))
    code, said = build(book, **COLOURS)
    line = line_of(book / "chapters" / "one.md", "1 / 0")
    assert code
    assert annotations(said) == [
        ("chapters/one.md", line, "cell 1: ZeroDivisionError: division by zero")
    ]


def test_a_file_that_cannot_be_read_is_named_with_its_line(book):
    edit(book / "_toc.yml", "file:", "flie:")
    ran = subprocess.run(
        [sys.executable, "-m", "ledger.core.authored.preflight"],
        cwd=book,
        capture_output=True,
        text=True,
        env=surroundings(**COLOURS),
    )
    ((file, line, message),) = annotations(ran.stdout + ran.stderr)
    assert ran.returncode and (file, line) == ("_toc.yml", line_of(book / "_toc.yml", "flie"))
    assert message.startswith("entry does not contain one of {'glob', 'file', 'url'}. Write an")


def test_a_test_that_fails_is_named_with_the_line_of_its_assertion(tmp_path):
    failing = tmp_path / "test_planted.py"
    failing.write_text("def test_planted():\n    assert 1 == 2\n", encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=yes", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1 and "\x1b[" in ran.stdout
    assert annotations(ran.stdout) == [("test_planted.py", 2, "AssertionError")]


def test_what_is_no_fault_of_the_change_is_not_shown():
    said = (
        "12:30:45: three pages\n  .venv/lib/pandas/core/frame.py:12: FutureWarning: soon\n"
        "SKIPPED [1] tests/book/test_site.py:12: no Chromium\nhttps://example.org:80: refused\n"
        "executed chapters/one in 0.7 s (1 of 1)\n/book/chapters/one.md: Using cached notebook\n"
    )
    assert not annotations(said)


def test_the_patterns_are_such_as_the_runner_takes():
    """It compiles them as ECMAScript, in which .NET knows neither looking back nor named groups."""
    for pattern in PATTERNS:
        assert not re.search(r"\(\?(?!:)", pattern["regexp"])
        groups = re.compile(pattern["regexp"]).groups
        used = {number for key, number in pattern.items() if key != "regexp"}
        assert used == set(range(1, groups + 1))
