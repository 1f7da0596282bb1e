"""Promise: build, check and preview say a slip in the same line, before anything is built."""

import re
import subprocess
import sys

import pytest
from small_book import BOOK, ROOT, build, edit, surroundings

from ledger.commands import cli

PREFLIGHT = [sys.executable, "-m", "ledger.core.authored.preflight"]
PREVIEW = [
    sys.executable,
    "-c",
    "from ledger.build import warm_build; warm_build._run_build('said')",
]
SLIPS = [
    ("CITATION.cff", 'version: "3.1"', "version: 3.1", "version is 3.1, and must be text"),
    ("data/changes.yml", "2025-02-11", "2025-02-31", "'2025-02-31' is no date"),
    ("data/sources.yml", "institution:", "institutoin:", "institutoin is an unknown key"),
    ("references.bib", "{pamphlet},", "{pamphlet,", "the entry quill2021 is broken"),
    ("data/policy.yml", "verdicts:", "verdicts: [", "broken YAML"),
    ("data/datapackage.json", '"version": "3.1",', '"version": "3.1"', "broken JSON"),
    ("data/claims.csv", "C01,", "<<<<<<< HEAD\nC01,", "git left the marks of a merge"),
    ("chapters/one.md", "# A chapter", "# A caf\udce9", "the byte 0xe9 is not UTF-8"),
]


def spoil(book):
    for name, before, after, _ in SLIPS:
        path = book / name
        text = path.read_text(encoding="utf-8")
        assert before in text, name
        path.write_text(text.replace(before, after, 1), encoding="utf-8", errors="surrogateescape")


def test_build_check_and_preview_say_the_same_lines(book):
    spoil(book)
    (book / "said").touch()
    asked = {"cwd": book, "text": True, "capture_output": True}
    check = subprocess.run(PREFLIGHT, env=surroundings(LEDGER_JOBS="x"), **asked)
    lines = check.stderr.splitlines()
    assert check.returncode == 1 and len(lines) == len(SLIPS) + 1
    assert lines[0].startswith("LEDGER_JOBS is 'x' in the environment, and must be the number of")
    for name, _, _, says in SLIPS:
        assert any(re.match(rf"{re.escape(name)}:\d+: .*{re.escape(says)}", each) for each in lines)
    code, log = build(book, BOOK, LEDGER_JOBS="x")
    assert code != 0 and not (book / "_build/html").exists()
    preview = subprocess.run(PREVIEW, env=surroundings(LEDGER_JOBS="x"), **asked)
    assert preview.returncode == 1
    shown = (book / "said").read_text(encoding="utf-8")
    for said in (log, shown):
        plain = re.sub(r"\x1b\[[0-9;]*m", "", said).splitlines()
        assert [line for line in plain if line in lines] == lines, said
        assert "Traceback" not in said and "sphinx-doc" not in said, said


def test_make_book_reads_these_files_before_jupyter_book_does():
    made = subprocess.run(
        ["make", "-n", "-o", ".venv/installed", "book"], cwd=ROOT, text=True, capture_output=True
    ).stdout
    assert made.index("-m ledger.core.authored.preflight") < made.index("jupyter-book build"), made


def test_a_command_names_a_variable_that_it_cannot_use(book):
    edit(book / "book.yml", "slug: strait-papers", "slug: strait-papers\nslug: other")
    for more, says in (
        ({"SOURCE_DATE_EPOCH": "yesterday"}, "SOURCE_DATE_EPOCH is 'yesterday' in the envi"),
        ({}, "book.yml:4: the key 'slug' stands twice. Remove one."),
    ):
        ran = subprocess.run(
            [sys.executable, "-m", "ledger", "epub"],
            cwd=book,
            text=True,
            capture_output=True,
            env=surroundings(**more),
        )
        assert ran.returncode == 1 and ran.stderr.startswith(f"error: {says}"), ran.stderr
        assert ran.stderr.count("\n") == 1, ran.stderr


def test_a_port_that_is_none_is_refused(capsys):
    for word in ("99999", "-1", "http"):
        with pytest.raises(SystemExit):
            cli.main(["preview", f"--port={word}"])
        assert f"{word!r} is no port: give a number up to 65535" in capsys.readouterr().err
