"""Promise: when files last changed is told by the repository's history, and by nothing where it has
none.
"""

import os
import subprocess

from ledger.build.sphinxext.history import file_dates, uncommitted


def git(folder, *words, day="2025-01-01"):
    told = {"GIT_COMMITTER_DATE": f"{day}T23:30:00-0500", "GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z"}
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(
        ["git", "-C", str(folder), *who, *words],
        check=True,
        capture_output=True,
        env=os.environ | told,
    )


def commit(folder, day, **texts):
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "a change", day=day)


def test_the_last_commit_of_each_file_tells_when_it_changed(tmp_path):
    book = tmp_path / "book"
    book.mkdir()
    assert file_dates(book) == {} and uncommitted(book) == set()  # no repository
    git(book, "init", "-q")
    assert file_dates(book) == {}  # no commit
    commit(book, "2025-01-02", index="a", fjörd="b")
    commit(book, "2025-03-04", index="c")
    commit(book, "2025-02-03", fjörd="d")  # committed later, by a clock that was slow
    assert file_dates(book) == {"index.md": "2025-03-04", "fjörd.md": "2025-02-03"}
    (book / "index.md").write_text("changed", encoding="utf-8")
    assert uncommitted(book) == {"index.md"}

    copy = book / "copy"  # a folder of another repository has no history of its own
    copy.mkdir()
    assert file_dates(copy) == {} and uncommitted(copy) == set()


def test_a_clone_without_the_commit_says_nothing(tmp_path):
    book = tmp_path / "book"
    book.mkdir()
    git(book, "init", "-q")
    commit(book, "2025-01-02", one="a")
    commit(book, "2025-02-03", two="b")
    commit(book, "2025-03-04", one="c")
    for depth, known in ((1, {}), (2, {"one.md": "2025-03-04"})):
        clone = tmp_path / f"clone{depth}"
        git(tmp_path, "clone", "-q", "--depth", str(depth), f"file://{book}", str(clone))
        assert file_dates(clone) == known
