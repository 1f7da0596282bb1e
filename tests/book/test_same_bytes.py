"""Promise: the same input gives the same site, byte for byte, whoever builds it, where, when, and
on how many cores.
"""

import calendar
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import small_book
from small_book import book  # noqa: F401

from bench import copy

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "_build" / "html"
NAME = "russia-iran-ledger"
EPUB = SITE / f"{NAME}.epub"
ANOTHER_DAY = 1925000000  # in January 2031


JUPYTER_BOOK = str(Path(sys.executable).parent / "jupyter-book")


def another_machine(clock):
    """Return the environment of a machine where all that may matter is different."""
    clock.mkdir()
    travel = f"import time_machine\n\ntime_machine.travel({ANOTHER_DAY}, tick=True).start()\n"
    (clock / "sitecustomize.py").write_text(travel, encoding="utf-8")
    record = json.loads((SITE / "build.json").read_text(encoding="utf-8"))
    commit = [record["commit"], record["date"], *(["changed"] if record["changed_since"] else [])]
    return os.environ | {
        "LEDGER_COMMIT": " ".join(commit),  # the copy lacks files, and would seem changed
        "PYTHONPATH": str(clock),
        "PYTHONHASHSEED": "4711",
        "TZ": "Asia/Vladivostok",
        "LANG": "C",
        "LC_ALL": "C",
        "LEDGER_JOBS": "1",
        "COLUMNS": "53",
    }


def run_in(book, command, env):
    return subprocess.run(command, cwd=book, capture_output=True, text=True, env=env)


def test_a_small_book_built_elsewhere_at_another_time_is_the_same(book, tmp_path):
    twin = tmp_path / "another place" / "book"
    shutil.copytree(book, twin)
    clock = another_machine(tmp_path / "clock")
    assert small_book.build(book, LEDGER_COMMIT=clock["LEDGER_COMMIT"])[0] == 0
    code, log = small_book.build(twin, **clock | {"SOURCE_DATE_EPOCH": "1700000000"})
    assert code == 0 and small_book.site(twin) == small_book.site(book), log[-3000:]


@pytest.mark.slow
def test_a_build_elsewhere_at_another_time_gives_the_same_site(tmp_path):
    book = copy(tmp_path / "another place")
    if (ROOT / ".git").is_dir():  # pages say when they last changed
        shutil.copytree(ROOT / ".git", book / ".git")
    for path in book.rglob("*"):  # as a fresh checkout on another day
        os.utime(path, (1e9, 1e9))
    env = another_machine(tmp_path / "clock")
    build = run_in(book, [JUPYTER_BOOK, "build", "-W", "-n", "--keep-going", "."], env)
    assert build.returncode == 0, build.stdout[-2000:] + build.stderr[-4000:]
    pages = [ROOT / "index.md", *(ROOT / "chapters").glob("*.md")]
    chapters = sum("{code-cell}" in page.read_text(encoding="utf-8") for page in pages)
    assert f"({chapters} of {chapters})" in build.stdout, "the chapters were not run anew"
    compare = ["diff", "-rq", "-x", f"{NAME}*.*", str(SITE), str(book / "_build" / "html")]
    differences = run_in(book, compare, env).stdout
    another = run_in(book, [sys.executable, "-m", "ledger", "epub"], env | epub_time())
    made = book / "_build" / "html" / f"{NAME}.epub"
    same = another.returncode == 0 and made.read_bytes() == EPUB.read_bytes()
    shutil.rmtree(book)
    assert differences == "", differences
    assert same, "the EPUB differs: " + another.stdout[-2000:] + another.stderr[-2000:]


def epub_time():
    """Return the time of the site's EPUB as a build takes it: that of the moment it was made."""
    with zipfile.ZipFile(EPUB) as epub:
        date = re.search("<dc:date>(.*)</dc:date>", epub.read("content.opf").decode())[1]
    made = calendar.timegm(time.strptime(date, "%Y-%m-%dT%H:%M:%SZ"))
    return {"SOURCE_DATE_EPOCH": str(made)}


def test_the_clock_of_that_build_was_really_another():
    """Were it not, the test above would prove less than it says."""
    code = (
        f"import time_machine, datetime, time; time_machine.travel({ANOTHER_DAY}, "
        "tick=True).start(); print(datetime.date.today().year, time.localtime().tm_year)"
    )
    assert subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    ).stdout.split() == ["2031", "2031"]


def test_the_time_of_the_build_is_that_of_the_last_commit():
    told = subprocess.run(
        ["make", "--no-print-directory", "--eval", "told: ; @echo $(SOURCE_DATE_EPOCH)", "told"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout
    assert (
        told
        == subprocess.run(
            ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True
        ).stdout
    )
