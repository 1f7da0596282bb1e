"""Promise: `book.yml` is checked when it is read: each slip is one line that names the key."""

import re
import subprocess
import sys

import pytest
import yaml
from small_book import ISLANDS

from ledger.core import config
from ledger.core.authored.loaders import FileError

GOOD = yaml.safe_load((ISLANDS / config.FILE).read_text(encoding="utf-8"))


def test_a_book_is_read():
    book = config.book(ISLANDS)
    assert book.slug == "strait-papers" and book.pair == ("XAR", "XBE")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"slug": "My Book"}, "slug must be text that matches"),
        ({"slug": None}, "the key 'slug' is missing"),
        ({"slugg": "a"}, "unknown key 'slugg'; known keys: slug, pair"),
        ({"pair": ["XAR"]}, "pair must be two different codes"),
        ({"pair": ["XAR", "XAR"]}, "pair must be two different codes"),
        ({"pair": "XAR XBE"}, "pair must be a list of words"),
        ({"evidence_until": "June 2026"}, "evidence_until must be text that matches"),
        ({"contact": "anybody"}, "contact must be text that matches"),
        ({"rules": [1]}, "rules must be a list of words"),
        ({"redirects": ["a"]}, "redirects must be a map of words to str"),
        ({"reviewed": {"source": "quill2021"}}, "reviewed must have the keys source and date"),
        ({"prose_columns": {"claims": "claim"}}, "prose_columns must be a map of words to list"),
    ],
)
def test_a_slip_is_one_line_that_names_the_key(tmp_path, change, message):
    content = {key: value for key, value in (GOOD | change).items() if value is not None}
    (tmp_path / config.FILE).write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(FileError, match=re.escape(message)) as caught:
        config.book(tmp_path)
    assert re.match(r"book\.yml:\d+: .+$", str(caught.value))


@pytest.mark.parametrize("text", ["slug: [", "- a\n- b\n", ""])
def test_what_is_no_map_is_refused(tmp_path, text):
    (tmp_path / config.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match="book.yml"):
        config.book(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileError, match="book.yml:1: the file is missing"):
        config.book(tmp_path)


@pytest.mark.parametrize("way", ["variable", "below"])
def test_the_book_is_found_by_its_folder(tmp_path, way):
    (tmp_path / config.FILE).touch()
    below = tmp_path / "chapters"
    below.mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", "from ledger.core.config import ROOT; print(ROOT)"],
        cwd=below if way == "below" else "/",
        env={
            "PYTHONPATH": str(config.PACKAGE.parent),
            "LEDGER_BOOK": str(tmp_path) if way == "variable" else "",
        },
        capture_output=True,
        text=True,
    )
    assert ran.stdout.strip() == str(tmp_path.resolve()), ran.stderr
