"""Promise: a build that is killed leaves nothing running, and what builds keep is whole or not
believed: the next build is right, with nothing cleaned by hand.
"""

import os
import shutil
import signal
import subprocess
import sys

import pytest
from small_book import (
    GOOD,
    all_ended,
    build,
    cell,
    edit,
    edit_table,
    end,
    executed,
    rows,
    run_here,
    site,
    start,
    without_last_row,
    write,
)

# --- builds that are killed -----------------------------------------------------------------------


@pytest.mark.slow
def test_after_a_kill_at_any_moment_the_next_build_is_right_and_nothing_lives_on(book, tmp_path):
    runs = tmp_path / "runs"
    code = (
        f"import subprocess, time\n\nopen({str(runs)!r}, 'w').close()\nsleeper = "
        "subprocess.Popen(['sleep', '60'], "
        "start_new_session=True)\ntime.sleep(0.3)\nsleeper.kill()\nsleeper.wait()\nnumbers.put"
    )
    slow = GOOD.replace("numbers.put", code)
    write(
        book,
        one=slow,
        two=slow.replace("# A chapter", "# Another chapter"),
        **{f"page-{i}": f"# Page {i}\n" for i in range(4)},
    )  # so many that Sphinx writes them in processes of its own
    sealed = {
        path: path.read_bytes()
        for path in (book / "data/output.csv", book / "data/datapackage.json")
    }
    clean = []
    for change in (lambda: None, lambda: edit_table(book, "output", without_last_row)):
        change()
        shutil.rmtree(book / "_build", ignore_errors=True)
        code, log = build(book)
        assert code == 0, log[-3000:]
        clean.append(site(book))

    def kill(moment, right):
        """Start a build, kill its process when it says `moment`, and build again."""
        runs.unlink()
        run = start(book, LEDGER_TEST=str(book), PYTHONUNBUFFERED="1")
        while (
            not runs.exists() if moment == "a chapter runs" else moment not in run.stdout.readline()
        ):
            assert run.poll() is None, f"the build ended before {moment!r}"
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        assert not (alive := all_ended(str(book))), f"killed at {moment!r}: {alive} live on"
        assert site(book) in ({}, *clean), f"killed at {moment!r}: half a site"
        code, log = build(book)
        assert code == 0 and site(book) == right, f"killed at {moment!r}: {log[-3000:]}"

    for fresh, incremental in (
        ("a chapter runs", "pickling environment"),
        ("updating environment", "dumping search index"),
        ("preparing documents", "build succeeded"),
    ):
        for path, content in sealed.items():
            path.write_bytes(content)
        shutil.rmtree(book / "_build")
        kill(fresh, clean[0])
        edit_table(book, "output", without_last_row)
        kill(incremental, clean[1])


@pytest.mark.slow
def test_a_kill_between_taking_the_old_site_away_and_putting_the_new_one_leaves_the_old(book):
    code, log = build(book)
    assert code == 0, log[-3000:]
    before, built = site(book), book / "_build"
    (built / "html").rename(built / ".html.old")
    shutil.copytree(built / ".work/html/site/chapters", built / ".html.new")
    (built / ".work/html/manifest.json").unlink()
    edit(book / "chapters/one.md", "There are", "{num}`nothing` There are")
    code, log = build(book)
    assert code != 0 and site(book) == before, log[-3000:]
    assert not list(built.glob(".html.*"))


# --- damage to what builds keep -------------------------------------------------------------------


def put(pattern, before, after):
    """Return a function that replaces bytes in the files of a book that match a pattern."""

    def damage(book):
        for path in book.glob(pattern):
            content = path.read_bytes()
            assert before in content and len(before) == len(after), path
            path.write_bytes(content.replace(before, after))

    return damage


def cut(pattern):
    def damage(book):
        for path in book.glob(pattern):
            os.truncate(path, path.stat().st_size // 2)

    return damage


def spoil_checks(book):
    shutil.rmtree(book / "_build/checked")
    (book / "_build/checked").write_text("no folder")
    shutil.rmtree(book / "_build/.jupyter_cache/executed")


PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
ROWS = b"29000"
CACHE, WORK = "_build/.jupyter_cache", "_build/.work/html"
KEPT_NUMBER = put(f"{CACHE}/executed/*/base.ipynb", ROWS, b"99999")
PAGE_AS_READ = put(f"{WORK}/doctrees/chapters/one.doctree", ROWS, b"99999")
BUILDS = {  # what is damaged → how, and whether the chapter must execute again
    "a kept number": (KEPT_NUMBER, True),
    "checks": (spoil_checks, True),
    "a page as read": (PAGE_AS_READ, False),
    "a published page": (put("_build/html/chapters/one.html", ROWS, b"99999"), False),
}
CACHES = {
    "another version": lambda book: (book / CACHE / "__version__.txt").write_text("0.6.1"),
    "a database cut short": cut(f"{CACHE}/global.db"),
    "a notebook cut short": cut(f"{CACHE}/executed/*/base.ipynb"),
    "a number": KEPT_NUMBER,
}
SITES = {
    "a page as read": PAGE_AS_READ,
    "the environment": put(f"{WORK}/doctrees/environment.pickle", b"A chapter", b"B chapter"),
    "a picture": put(f"{WORK}/jupyter_execute/*.png", b"IDAT", b"IDAX"),
    "a page of the next site": put(f"{WORK}/site/chapters/one.html", ROWS, b"99999"),
    "the manifest": put(f"{WORK}/manifest.json", b'"site"', b'"sire"'),
    "an executed notebook": put(f"{WORK}/executed/chapters/one.ipynb", ROWS, b"99999"),
}


@pytest.mark.slow
def test_what_is_damaged_is_never_believed(book):
    write(
        book,
        one=GOOD.replace("len(", "1000 * len(", 1)
        + "\n"
        + cell(
            "import base64\n\nfrom IPython.display import "
            f"Image\n\nImage(data=base64.b64decode({PICTURE!r}), format='png')"
        ),
    )
    assert 1000 * rows(book, "output") == int(ROWS)
    code, log = build(book)
    assert code == 0, log[-3000:]
    before, notebook = site(book), book / WORK / "executed/chapters/one.ipynb"
    told = {"as it is": ["True", "True"]} | dict.fromkeys(CACHES, ["False", "True"])
    assert believed(book) == told | dict.fromkeys(SITES, ["True", "False"])
    for what, (damage, executes) in BUILDS.items():
        damage(book)
        if executes:
            os.utime(book / "chapters/one.md")  # has the page read anew, and its outputs looked for
        code, log = build(book)
        assert code == 0, f"{what}: {log[-3000:]}"
        assert site(book) == before and ROWS in notebook.read_bytes(), what
        assert executed(log) == ({"one"} if executes else set()), what


# looks at `_build` once for each line that it is sent, in a process of its own, as a build begins
ASKED = """
import os, sys
from pathlib import Path
from ledger.build.execution import cache, notebooks
from ledger.build.sphinxext.lifecycle import Build

for _ in sys.stdin:
    if os.fork() == 0:
        answer = "an error"
        try:
            outputs, work = cache.OutputCache(), Path("_build/.work/html").resolve()
            notebook = notebooks.read_notebook(Path("chapters/one.md").read_text())
            build = object.__new__(Build)
            build.folder, build.manifest = work, work / "manifest.json"
            answer = f"{outputs.lookup(notebook) is not None} {build._take_manifest()}"
        finally:
            print("believed:", answer, flush=True)
            os._exit(0)
    os.wait()
"""


def believed(book):
    """Return by damage whether a build of a damaged copy of `_build` would use the kept outputs,
    and go on from the site before.
    """
    told, asked = {}, start(book, [sys.executable, "-c", ASKED], stdin=subprocess.PIPE)
    for what, damage in {"as it is": lambda book: None, **CACHES, **SITES}.items():
        shutil.copytree(book / "_build", book / "whole", symlinks=True)
        damage(book)
        asked.stdin.write("\n")
        asked.stdin.flush()
        said = iter(asked.stdout.readline, "")
        told[what] = next(line.split()[1:] for line in said if line.startswith("believed:"))
        shutil.rmtree(book / "_build")
        (book / "whole").rename(book / "_build")
    code, log = end(asked)
    assert code == 0, log
    return told


@pytest.mark.slow
def test_no_flipped_bit_of_the_database_is_believed(book):
    (book / "one.md").write_text(GOOD)
    log = run_here(
        book,
        """
        import random, re, shutil
        from pathlib import Path
        from ledger.build.execution import notebooks, pool
        from ledger.build.execution.cache import OutputCache

        text = Path("one.md").read_text()
        notebook = notebooks.read_notebook(text)
        runs = pool.ChapterPool(1, Path("cache"))
        right = runs.cache.executed(text, runs.run("one", notebook, lambda text: None))
        runs.close()
        content, chance = Path("cache/global.db").read_bytes(), random.Random(1)
        record = runs.cache.records[0]
        places = chance.sample([place for place, byte in enumerate(content) if byte], 30)
        known = [record.data[name] for name in ("key", "digest", "cells")]
        table = record.data["inputs"]["table output"]
        for words in (record.hashkey, *known, "table output", "inputs", table):
            for match in re.finditer(words.encode(), content):
                places += [match.start(), match.end() - 1]
        believed = 0
        for place in places:
            shutil.copytree("cache", "damaged")
            damaged = bytearray(content)
            damaged[place] ^= 1 << chance.randrange(7)
            Path("damaged/global.db").write_bytes(damaged)
            kept = OutputCache(Path("damaged"))
            if key := kept.lookup(notebook):
                believed += 1
                assert key == record.data["key"], place
                assert kept.inputs_of(key) == record.data["inputs"], place
                assert kept.executed(text, key) == right, place
            shutil.rmtree("damaged")
        print(len(places), believed)
        """,
    )
    places, believed = map(int, log.split())
    assert believed < places - 10, "nothing was damaged"


def test_a_cache_that_another_program_holds_is_left_as_it_is(book):
    said = run_here(
        book,
        """
        import functools
        import sqlite3
        from pathlib import Path
        from ledger.build.execution import cache

        folder = Path("_build/other")
        cache.OutputCache(folder)
        # SQLite waits for the other program five seconds
        sqlite3.dbapi2.connect = functools.partial(sqlite3.dbapi2.connect, timeout=0.1)
        held = sqlite3.connect(folder / "global.db", timeout=0)
        held.execute("BEGIN EXCLUSIVE")
        try:
            cache.OutputCache(folder)
        except cache.CacheBusyError as error:
            print(error)
        print((folder / "__version__.txt").is_file())
        """,
    )
    told, kept = said.strip().splitlines()
    assert "cannot be used: (sqlite3.OperationalError) database is locked. End the" in told
    assert kept == "True"


@pytest.mark.slow
def test_a_folder_may_have_any_name(book):
    odd = book.parent / 'a%20b?c"d#e f Каспий' / "book"
    odd.parent.mkdir()
    code, log = build(book.rename(odd))
    assert code == 0 and executed(log) == {"one"}, log[-3000:]
    code, log = build(odd)
    assert code == 0 and not executed(log), log[-3000:]
    assert [path.name for path in odd.parent.iterdir()] == ["book"]
