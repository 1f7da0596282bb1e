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

from bench import copy

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "_build" / "html"
ANOTHER_DAY = 1925000000  # in January 2031


def test_a_build_elsewhere_at_another_time_gives_the_same_site(tmp_path):
    book = copy(tmp_path / "another place")
    for path in book.rglob("*"):  # as a fresh checkout on another day
        os.utime(path, (1e9, 1e9))
    clock = tmp_path / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(
        f"import time_machine\n\ntime_machine.travel({ANOTHER_DAY}, tick=True).start()\n",
        encoding="utf-8",
    )
    stamp = json.loads(
        (SITE / "build.json").read_text(encoding="utf-8")
    )  # the copy has no history to take it from
    commit = " ".join(
        [stamp["commit"], stamp["date"], *(["changed"] if stamp["changed_since"] else [])]
    )
    elsewhere = {
        "LEDGER_COMMIT": commit,
        "PYTHONPATH": str(clock),
        "PYTHONHASHSEED": "4711",
        "TZ": "Asia/Vladivostok",
        "LANG": "C",
        "LC_ALL": "C",
        "LEDGER_JOBS": "1",
        "COLUMNS": "53",
    }
    build = subprocess.run(
        [
            str(Path(sys.executable).parent / "jupyter-book"),
            "build",
            "-W",
            "-n",
            "--keep-going",
            ".",
        ],
        cwd=book,
        capture_output=True,
        text=True,
        env=os.environ | elsewhere,
    )
    assert build.returncode == 0, build.stdout[-2000:] + build.stderr[-4000:]
    executable = sum(
        "{code-cell}" in path.read_text(encoding="utf-8")
        for path in [ROOT / "index.md", *(ROOT / "chapters").glob("*.md")]
    )
    assert (
        book / "_build" / ".lock"
    ).stat().st_size and f"({executable} of {executable})" in build.stdout, (
        "the chapters were not run anew"
    )
    told = subprocess.run(
        ["diff", "-rq", "-x", "russia-iran-ledger.*", str(SITE), str(book / "_build" / "html")],
        capture_output=True,
        text=True,
    ).stdout
    with zipfile.ZipFile(
        SITE / "russia-iran-ledger.epub"
    ) as epub:  # its time is that of the moment when it was made
        made = calendar.timegm(
            time.strptime(
                re.search("<dc:date>(.*)</dc:date>", epub.read("content.opf").decode())[1],
                "%Y-%m-%dT%H:%M:%SZ",
            )
        )
    another = subprocess.run(
        [sys.executable, "-m", "ledger", "epub"],
        cwd=book,
        capture_output=True,
        text=True,
        env=os.environ | elsewhere | {"PYTHONPATH": str(clock), "SOURCE_DATE_EPOCH": str(made)},
    )
    same = (
        another.returncode == 0
        and (book / "_build" / "html" / "russia-iran-ledger.epub").read_bytes()
        == (SITE / "russia-iran-ledger.epub").read_bytes()
    )
    shutil.rmtree(book)
    assert told == "", told
    assert same, "the EPUB differs: " + another.stdout[-2000:] + another.stderr[-2000:]


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
