"""Promise: `make book` builds nothing while nothing that a page could show has changed, and builds
after any change: of a file, the repository, the environment, or the site itself.
"""

import shutil
import subprocess
import sys

import pytest
from small_book import BOOK, GOOD, ROOT, build, edit, end, make, start, surroundings, write
from test_history import commit, git

from ledger.core.files import replace_file

NOTHING = "Nothing has changed since _build/html was built."


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """A book that is a repository of its own, built."""
    book = make(tmp_path_factory.mktemp("current") / "book")
    shutil.copy(ROOT / ".gitignore", book)
    git(book, "init", "-q")
    commit(book, "2025-01-01")
    code, log = build(book)
    assert code == 0, log[-3000:]
    shutil.copytree(book, book.with_name("as built"))
    return book


@pytest.fixture
def built(committed):
    """The book as it was built, in its place: elsewhere its site would not be current."""
    for path in committed.parent.iterdir():
        if path.name != "as built":
            shutil.rmtree(path)
    return shutil.copytree(committed.with_name("as built"), committed)


def is_current(book, **more):
    code, said = build(book, [sys.executable, "-m", "ledger.build.current"], **more)
    assert (code, said.strip()) in ((0, NOTHING), (1, ""))
    return code == 0


def test_a_change_of_any_kind_is_noticed_and_so_is_its_undoing(built):
    assert is_current(built) and is_current(built, HOME="/nowhere", TERM="dumb")
    for path in (
        "chapters/one.md",  # prose
        "data/output.csv",
        "data/datapackage.json",
        "book.yml",
        "references.bib",
        "ledger/core/text.py",
        "ledger/build/sphinxext/assets/ledger.css",
        "_build/html/index.html",
        "_build/html/_static/ledger.css",
    ):
        before = (built / path).read_bytes()
        (built / path).write_bytes(before + b"\n")
        assert not is_current(built), path
        (built / path).write_bytes(before)
        assert is_current(built), path
    for path in ("assets/new.svg", "notes.new", "_build/html/more.html"):  # git ignores the second
        (built / path).parent.mkdir(exist_ok=True)
        (built / path).write_text("new", encoding="utf-8")
        assert not is_current(built), path
        (built / path).unlink()
    assert is_current(built)
    for variable in ("LEDGER_RELEASE", "LEDGER_COMMIT", "SOURCE_DATE_EPOCH", "PYTHONPATH"):
        assert not is_current(built, **{variable: "1"}), variable


def test_a_file_that_is_gone_is_noticed(built):
    aside = built.parent / "aside"
    for path in (
        "assets",
        "_build/html/chapters/one.html",
        "_build/.work/html/manifest.json",
    ):
        (built / path).rename(aside)
        assert not is_current(built), path
        aside.rename(built / path)
    assert is_current(built)


def test_a_commit_is_noticed_though_no_file_has_changed(built):
    git(built, "commit", "-q", "--allow-empty", "-m", "nothing")
    assert not is_current(built)
    code, log = build(built)
    assert code == 0 and is_current(built), log[-3000:]


def test_what_printed_the_book_leaves_the_site_current(built):
    (built / "_build" / "html" / "strait-papers.pdf").write_bytes(b"a PDF")
    assert is_current(built)


def test_a_build_that_fails_or_is_not_as_strict_is_none_to_rely_on(built):
    write(built, one=GOOD + "\nSee [](nowhere.md).\n")
    assert build(built)[0] != 0 and not is_current(built)
    write(built, one=GOOD)
    code, log = build(built, [BOOK[0], "build", "."])
    assert code == 0 and not is_current(built), log[-3000:]
    code, log = build(built)
    assert code == 0 and is_current(built), log[-3000:]


def test_a_file_that_is_edited_while_the_build_runs_is_noticed(built, tmp_path):
    go = tmp_path / "go"
    waits = f"import os, time\n\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.02)\n"
    write(built, one=GOOD.replace("numbers.put", f"{waits}\nnumbers.put"))
    run = start(built, PYTHONUNBUFFERED="1")
    while "chapters run in" not in (line := run.stdout.readline()):
        assert line, "the build ended before its chapter ran"
    # in one step: the build reads the page about now, and fails where it finds an empty file
    edited = (built / "chapters" / "one.md").read_text(encoding="utf-8")
    replace_file(built / "chapters" / "one.md", edited.replace("There are", "Here are"))
    go.touch()
    code, log = end(run)
    # the same variables: with others it is never current
    assert code == 0 and not is_current(built, PYTHONUNBUFFERED="1"), log[-3000:]


def test_where_it_cannot_be_told_it_is_built(built):
    (built / "assets").rename(built.parent / "elsewhere")
    (built / "assets").symlink_to(built.parent / "elsewhere")  # what it holds is not looked at
    code, log = build(built)
    assert code == 0 and not is_current(built), log[-3000:]
    (built / "assets").unlink()
    (built.parent / "elsewhere").rename(built / "assets")
    head = next((built / ".git" / "refs" / "heads").iterdir())
    shutil.copy(head, built / ".git" / "shallow")  # as if the clone ended at this commit
    code, log = build(built)
    assert code == 0 and not is_current(built), log[-3000:]


def test_outside_a_repository_it_is_told_as_well(built):
    """As in an archive that was unpacked, or in a folder of another repository."""
    (built / ".git").rename(built.parent / "history")
    assert not is_current(built)  # its pages name a commit
    code, log = build(built)
    assert code == 0 and is_current(built), log[-3000:]
    assert not is_current(built, GIT_DIR=str(built.parent / "history"))
    edit(built / "chapters" / "one.md", "There are", "Here are")
    assert not is_current(built)
    edit(built / "chapters" / "one.md", "Here are", "There are")
    assert is_current(built)
    git(built.parent, "init", "-q")
    assert is_current(built)
    shutil.rmtree(built.parent / ".git")
    (built.parent / "history").rename(built / ".git")
    assert not is_current(built)


def test_make_asks_before_it_builds(built):
    shutil.copy(ROOT / "Makefile", built)

    def make():
        command = [
            "make",
            "--no-print-directory",
            "-o",
            ".venv/installed",
            f"BIN={ROOT / '.venv' / 'bin'}",
            "book",
        ]
        ran = subprocess.run(command, cwd=built, capture_output=True, text=True, env=surroundings())
        assert ran.returncode == 0, ran.stderr[-3000:]
        return ran.stdout

    edit(built / "chapters" / "one.md", "There are", "Here are")
    assert "build succeeded" in make()
    assert make().strip() == NOTHING
