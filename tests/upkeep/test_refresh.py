"""Promise: an author brings a table up to date with one command, sees before it is written what
changes and what that does to the book, and whatever fails or is stopped on the way, `data/` holds
the old table or the new one, whole.

The institution is a real HTTPS server on this machine; the book is a copy with a small chapter of
its own.
"""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import zipfile

import pandas as pd
import pytest
import yaml
from institution import (  # noqa: F401
    certificates,
    check_each_row_has_one_connector,
    running,
    server,
)
from small_book import (
    GOOD,
    ISLANDS,
    ROOT,
    edit,
    edit_table,
    make,
    run_here,
    run_ledger,
    surroundings,
    write,
)
from werkzeug import Response

from ledger.commands import impact
from ledger.core import table_files, tables
from ledger.core.authored import cells
from ledger.core.files import LockedError, exclusive_lock, recover, replace_files
from ledger.core.sources import registry as source_registry
from ledger.upkeep import manual_files, rebuild, refresh, revisions, schedule
from ledger.upkeep import store as store_of_downloads

PRICES = pd.read_csv(ISLANDS / "data/fish_price.csv", dtype=str)
P2024 = PRICES.query("frequency == 'year' and period == '2024-01-01'")["usd_per_crate"].item()
ROWS, LAST = len(PRICES), int(PRICES.query("frequency == 'year'")["period"].max()[:4])
NEXT = f"{LAST + 1}-01-01"
CHAPTER = (
    GOOD.replace('load("output")', 'load("fish_price")')
    .replace('table="output"', 'table="fish_price"')
    .replace(
        "```\n\nThere are",
        'price = load("fish_price").query("frequency == \'year\'").set_index("period")\n'
        'price = price["usd_per_crate"]["2024-01-01"].item()\n'
        'numbers.put("price-2024", price, "{:.2f}", table="fish_price")\n'
        "```\n\nAt {num}`price-2024` there are",
    )
)


def published(frequency, change=lambda rows: rows):
    """The institution's file: yearly prices dated 30 June, monthly ones the 15th."""
    rows = [
        (period[:4] + "-06-30" if frequency == "year" else period[:7] + "-15", price)
        for _, period, price in PRICES[PRICES["frequency"] == frequency].itertuples(index=False)
    ]
    return "Date,Price\n" + "".join(f"{date},{price}\n" for date, price in change(rows))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The small book, whose chapter has run, as after `make book`."""
    folder = make(tmp_path_factory.mktemp("template") / "book")
    write(folder, one=CHAPTER)
    run_here(folder, "from ledger.commands import impact; assert not impact.numbers()[1]")
    return folder


@pytest.fixture
def author(template, server, tmp_path):
    """A copy of the book whose prices are published by `server`, and its author."""
    book = shutil.copytree(template, tmp_path / "book")
    registry = yaml.safe_load((book / "data/sources.yml").read_text(encoding="utf-8"))
    registry["bureau-prices"] |= {
        "address": server.url_for("/"),
        "hosts": [f"localhost:{server.port}"],
        "pause": 0,
    }
    (book / "data/sources.yml").write_text(
        yaml.safe_dump(registry, allow_unicode=True), encoding="utf-8"
    )
    publish(server)
    return Author(book)


IMPATIENT = """import sys
from ledger.commands import cli
from ledger.upkeep import download

download.FIRST_WAIT = 0.01
sys.exit(cli.main())
"""


class Author:
    def __init__(self, book):
        self.book, self.data = book, book / "data"
        self.before = self.files()

    def environment(self):
        return surroundings(PYTHONPATH=str(self.book))

    def command(self, *words):
        return [sys.executable, "-m", "ledger", *words]

    def start(self, said=subprocess.PIPE, **options):
        """Start a refresh that downloads anew, and return the process."""
        return subprocess.Popen(
            self.command("refresh", "fish_price", "--force"),
            cwd=self.book,
            stdout=said,
            stderr=subprocess.STDOUT if said == subprocess.PIPE else said,
            text=True,
            env=self.environment(),
            **options,
        )

    def run(self, *words, code=0):
        """Type a refresh on the command line, with short waits between tries; return its output."""
        (self.book / "impatient.py").write_text(IMPATIENT)
        return self._refresh(words, code, script="impatient.py")

    def type(self, *words, code=0):
        """Type a refresh on the command line; return its output."""
        return self._refresh(words, code)

    def _refresh(self, words, code, script=None):
        ended, output = run_ledger(self.book, "refresh", *words, script=script)
        assert ended == code and "Traceback" not in output, output
        return output

    def files(self):
        """Content of all that a refresh may write."""
        return {
            path.relative_to(self.book).as_posix(): path.read_bytes()
            for path in sorted(self.data.iterdir())
            if path.name != "sources.yml"
        }

    def unchanged(self):
        assert self.files() == self.before
        return True

    def prices(self):
        return tables.load("fish_price", self.data).set_index(["frequency", "period"])[
            "usd_per_crate"
        ]


def publish(server, year=lambda rows: rows, month=lambda rows: rows):
    server.clear()
    server.expect_request("/price-year.csv").respond_with_data(published("year", year))
    server.expect_request("/price-month.csv").respond_with_data(published("month", month))


def newer(rows):
    """A year more, and one year revised by half a per cent."""
    return [
        (date, f"{float(price) * 1.005:.2f}" if date.startswith("2024") else price)
        for date, price in rows
    ] + [(f"{LAST + 1}-06-30", "71.5")]


# --- the author's way -----------------------------------------------------------------------------


def test_a_new_edition_from_download_to_change_log(author, server):
    assert (
        "nothing has changed" in author.run("fish_price", "--force", "--dry-run")
        and author.unchanged()
    )
    publish(server, year=newer)
    said = author.run("fish_price", "--force", "--dry-run")
    price = float(P2024)
    assert (
        f"{ROWS + 1} rows: 1 added, 1 revised" in said
        and f"added: year, {NEXT}: usd_per_crate 71.5 (" in said
        and f" in {LAST}-01-01)" in said
    )
    assert (
        f"revised: year, 2024-01-01, usd_per_crate: {price:g} → {round(price * 1.005, 2):g} (+0.5%)"
        in said
    )
    assert (
        f"chapters/one, price-2024: {price:.2f} → {price * 1.005:.2f}" in said
        and f"chapters/one, rows: {ROWS} → {ROWS + 1}" in said
    )
    assert "verdicts that would change: none" in said and author.unchanged()

    asked = len(server.log)
    said = author.type("fish_price")
    assert len(server.log) == asked, "what was shown was downloaded again"
    assert "written: fish_price" in said and "downloaded less than a day ago" in said
    assert author.prices()["year", pd.Timestamp(NEXT)] == 71.5
    changed = {name for name, content in author.files().items() if content != author.before[name]}
    assert changed == {"data/fish_price.csv", "data/datapackage.json", "data/changes.yml"}

    check_change_log(author)
    assert "nothing has changed" in author.type("fish_price")


def check_change_log(author):
    """The newest entry of the change log, and the description of the table, tell what was done."""
    entry = yaml.safe_load((author.book / "data/changes.yml").read_text(encoding="utf-8"))[0]
    resources = {
        r["name"]: r for r in json.loads(author.before["data/datapackage.json"])["resources"]
    }
    old, held = (
        {name: r["hash"] for name, r in resources.items()},
        resources["fish_price"]["sources"][0],
    )
    assert entry["kind"] == "data update" and entry["tables"] == [
        {
            "name": "fish_price",
            "edition_before": f"Straits Bureau: {held['edition']}, retrieved {held['retrieved']}",
            "before": old["fish_price"],
            "after": tables.describe("fish_price", author.data)["hash"],
        }
    ]
    assert (
        "1 added, 1 revised" in entry["text"]
        and "price-2024" in entry["text"]
        and "No verdict changed" in entry["text"]
    )
    assert (
        (author.book / "data/changes.yml")
        .read_text(encoding="utf-8")
        .startswith("# What changed for readers")
    )
    described = tables.describe("fish_price", author.data)["sources"][0]
    assert (
        re.fullmatch("sha256:[0-9a-f]{64}", described["fetched"])
        and described["edition"] in entry["text"]
        and described["retrieved"] == str(entry["date"])
        and described["snapshot"].startswith("2 answers of https://localhost")
    )


@pytest.mark.slow
def test_older_copies_do_not_undo_a_refresh(author):
    author.run("fish_price", "--force")
    edit_table(
        author.book,
        "fish_price",
        lambda text: text.replace(f"year,2024-01-01,{P2024}", "year,2024-01-01,80.99"),
    )  # as if they had published it so
    new = author.files()
    for folder, changes in (
        (str(ISLANDS / "upstream"), 0),
        ("_build/upstream", 1),
    ):  # the copies are left alone, the downloads are read
        code, said = run_ledger(author.book, "rebuild", "--from", folder, "fish_price")
        assert (
            code == 0
            and f"{changes} tables changed" in said
            and (author.files() == new) == (not changes)
        ), said


def test_rows_of_other_sources_stay_as_they_are():
    check_each_row_has_one_connector(ISLANDS / "data")


@pytest.mark.slow
def test_a_revision_beyond_what_is_plausible_needs_a_reason_that_readers_see(author, server):
    publish(
        server,
        year=lambda rows: [
            (date, "40" if date.startswith("2024") else price) for date, price in rows
        ],
    )
    said = author.run("fish_price", "--force", code=1)
    assert (
        f"beyond what is plausible: year, 2024-01-01, usd_per_crate: {P2024} → 40 (−50.1%), more "
        "than the 2% that is plausible" in said
    )
    assert 'give the same command again with --accept "REASON"' in said and author.unchanged()
    said = author.run("fish_price", "--accept", "the Bureau mended a misprint")
    assert (
        "written: fish_price" in said and author.prices()["year", pd.Timestamp("2024-01-01")] == 40
    )
    assert (
        "because: the Bureau mended a misprint."
        in yaml.safe_load((author.book / "data/changes.yml").read_text(encoding="utf-8"))[0]["text"]
    )


def text_of(rows):
    return "reporter,year,word,value\n" + "".join(f"{row}\n" for row in rows)


RESOURCE = {
    "name": "small",
    "schema": {
        "primaryKey": ["reporter", "year"],
        "maxRemovedShare": {"share": 0.1, "within": ["reporter"]},
        "maxRewordedShare": 0.5,
        "fields": [
            {"name": "reporter", "type": "string"},
            {"name": "year", "type": "integer"},
            {"name": "word", "type": "string"},
            {
                "name": "value",
                "type": "number",
                "maxRevision": {"relative": 0.1, "absolute": 2},
                "maxStepRatio": 3,
            },
        ],
    },
}


def change(before, after):
    return revisions.Change(RESOURCE, text_of(before), text_of(after))


def test_a_summary_has_the_largest_revisions_first_and_words_last():
    made = change(
        ["A,1,x,100", "A,2,x,10", "A,3,x,0", "A,4,x,", "A,5,x,50000", "A,6,x,6"],
        ["A,1,y,101", "A,2,x,5", "A,3,x,1", "A,4,x,9", "A,5,x,60000", "A,6,x,-6"],
    )
    assert made.lines()[0] == "small: 6 rows: 6 revised"
    assert [line.strip() for line in made.lines()[1:8]] == [
        "revised: A, 6, value: 6 → −6 (−200.0%)",
        "revised: A, 2, value: 10 → 5 (−50.0%)",
        "revised: A, 5, value: 50,000 → 60,000 (+20.0%)",
        "revised: A, 1, value: 100 → 101 (+1.0%)",
        "revised: A, 4, value: nothing → 9",
        "revised: A, 3, value: 0 → 1",
        "revised: A, 1, word: x → y",
    ]
    assert [line.split(":")[0] for line in made.implausible] == [
        "A, 6, value",
        "A, 2, value",
        "A, 5, value",
        "A, 4, value",
    ]  # 0 → 1 is within the absolute bound


def test_a_whole_group_that_is_gone_is_noticed_in_a_large_table():
    before = [f"A,{year},x,1" for year in range(1000, 1100)] + ["B,1,x,1", "B,2,x,1"]
    assert change(before, before[:-2]).implausible == [
        "2 of 2 rows of B are gone, more than the 10% that is plausible"
    ]
    assert change(before, before[5:]).implausible == [] and change(
        before, before[15:]
    ).implausible == ["15 of 100 rows of A are gone, more than the 10% that is plausible"]


def test_a_new_value_is_held_against_the_one_before_it():
    made = change(
        ["A,2022,x,100", "A,2023,x,110"],
        ["A,2022,x,100", "A,2023,x,110", "A,2024,x,120", "A,2025,x,120000", "B,2024,x,7"],
    )
    assert made.lines()[1:4] == [
        "  added: A, 2024: value 120 (110 in 2023)",
        "  added: A, 2025: value 120,000 (120 in 2024)",
        "  added: B, 2024: value 7",
    ]
    assert made.implausible == [
        "A, 2025, value is new: 120,000, 1e+03 times the 120 of A, 2024; a factor of 3 is plausible"
    ]
    assert change(["A,1,x,1"], ["A,1,z,1"]).implausible == [
        "word: 1 of 1 cells differ, more than the 50% that is plausible: A, 1"
    ]


@pytest.mark.slow
def test_a_verdict_that_would_change_is_shown_and_a_chapter_that_would_break_named(author, server):
    edit(
        author.book / "chapters/one.md",
        "from ledger.core.tables import load\n",
        "from ledger.core.tables import load\n"
        'assert load("fish_price")["usd_per_crate"].max() < 200, "dear"\n',
    )
    publish(
        server,
        year=lambda rows: [*rows, (f"{LAST + 1}-06-30", "60")],  # below 2018: fish got cheaper
        month=lambda rows: [*rows, ("2027-08-15", "201")],
    )
    said = author.type("fish_price", "--force", "--dry-run")
    assert "C04: contradicted → supported; published as contradicted" in said
    assert "data/claims.csv must follow" in said
    assert (
        "chapters that would fail (their numbers are unknown)" in said
        and "chapters/one.md:" in said
        and "dear" in said
    )


# --- what an institution may do to its files ------------------------------------------------------


@pytest.mark.parametrize(
    "body, says",
    [
        ("Date,Value\n2024-06-30,80.53\n", "no column ['Price']"),  # a renamed column
        ("Date,Price\n", "has no rows"),  # an empty result
        # comma decimals
        ('Date,Price\n2024-06-30,"80,53"\n', "row 2, column Price: '80,53' is no number"),
        ("Date;Price\n2024-06-30;80,53\n", "the cells are parted by semicolons"),
        ("Date,Price\n2024-06-30,8053\n", "value '8053'"),  # another unit: cents
        ("Date,Price\n2024-06-30,80.53\n2024-06-30,80.53\n", "duplicate key"),
        ("<!doctype html><title>Moved</title>\n", "a web page, not csv, titled 'Moved'"),
        ("Date,Price\n2024-06-30,80.53", "cut short"),
    ],
)
def test_what_is_not_as_it_was_stops_the_refresh(author, server, body, says):
    server.clear()
    server.expect_request("/price-year.csv").respond_with_data(body)
    server.expect_request("/price-month.csv").respond_with_data(published("month"))
    said = author.run("fish_price", "--force", code=1)
    assert (
        says in said
        and "error: fish_price" in said
        and "bureau-prices" in said
        and server.url_for("/price-year.csv") in said
    ), said
    assert author.unchanged()


@pytest.mark.parametrize(
    "answer, says",
    [
        (Response("", 404), "404"),
        (Response("", 429, {"Retry-After": "86400"}), "asks to wait 86400 seconds"),
        (Response("", 503), "503"),
        (Response("", 302, {"Location": "https://elsewhere.example/"}), "none of the hosts listed"),
        (
            Response(
                gzip.compress(published("month").encode())[:-9],
                headers={"Content-Encoding": "gzip"},
            ),
            "cut short or damaged",
        ),
        (Response(b"Date,Price\n" + b"2024-01-15,80.1\n" * 200_000), "larger than the 2 MB"),
    ],
)
def test_one_file_of_two_that_cannot_be_had_stops_the_refresh(author, server, answer, says):
    """The first file arrives, the second does not: nothing is written, and the next run asks for
    the second only.
    """
    server.clear()
    server.expect_request("/price-year.csv").respond_with_data(published("year"))
    server.expect_request("/price-month.csv").respond_with_response(answer)
    said = author.run("fish_price", "--force", code=1)
    assert (
        f"error: fish_price: source bureau-prices, {server.url_for('/price-month.csv')}: " in said
        and says in said
        and author.unchanged()
    )
    publish(server)
    assert "nothing has changed" in author.run("fish_price")
    assert [request.path for request, _ in server.log] == ["/price-month.csv"]


def test_a_byte_order_mark_does_not_matter(author, server):
    server.clear()
    server.expect_request("/price-year.csv").respond_with_data(
        b"\xef\xbb\xbf" + published("year").encode()
    )
    server.expect_request("/price-month.csv").respond_with_data(
        b"\xef\xbb\xbf" + published("month").encode()
    )
    assert "nothing has changed" in author.run("fish_price", "--force", "--dry-run")


def test_an_edition_that_changes_no_row_is_noted(author, server):
    said = author.run("fish_price", "--force")
    assert (
        "nothing has changed" in said
        and "no row of fish_price has changed; edition and date are noted" in said
    )
    assert {name for name, content in author.files().items() if content != author.before[name]} == {
        "data/datapackage.json"
    }
    (source,) = tables.describe("fish_price", author.data)["sources"]
    assert source["retrieved"] == str(schedule.today()) and source["snapshot"].startswith(
        "2 answers of"
    )


def test_a_cell_that_would_start_a_formula_never_reaches_a_reader():
    resource = tables.describe("landings", ISLANDS / "data")
    text = (ISLANDS / "data" / "landings.csv").read_text(encoding="utf-8")
    spoilt = text.replace(",Grey Gull,", ",=cmd|' /C calc'!A0,", 1)
    with pytest.raises(tables.TableError, match="row 2, column vessel, .*would start a formula"):
        tables.check_text(spoilt, resource, ISLANDS / "data")
    assert [
        cell for cell in ("=1", "+a", "-a", "@a", "\tx", "\rx") if not cells.starts_formula(cell)
    ] == []
    assert [
        cell
        for cell in ("", "1", "-1", "-1.5e-3", "+7", "−1", "a=b", "a-b")
        if cells.starts_formula(cell)
    ] == []


# --- corrections ----------------------------------------------------------------------------------


def correct(author, theirs, ours):
    row = (
        f"fish_price,frequency=year; period=2024-01-01,usd_per_crate,{theirs},{ours},"
        '"misprint, as the Bureau\'s own page shows",no\n'
    )
    path = author.data / "corrections.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("\ntrade,", "\n" + row + "trade,", 1),
        encoding="utf-8",
    )
    code, said = run_ledger(author.book, "accept", "corrections")
    assert code == 0, said
    author.before = author.files()


@pytest.mark.slow
def test_an_error_of_an_institution_is_corrected_until_they_mend_it(author, server):
    publish(
        server,
        year=lambda rows: [
            (date, "8.053" if date.startswith("2024") else price) for date, price in rows
        ],
    )
    correct(author, "8.053", P2024)
    assert "nothing has changed" in author.run(
        "fish_price", "--force", "--dry-run"
    )  # ours is in the table already
    publish(server)  # they mend it
    said = author.run("fish_price", "--force", code=1)
    assert (
        "data/corrections.csv, row 2: table fish_price, frequency=year; period=2024-01-01" in said
        and f"the institution now has '{P2024}', no longer '8.053'" in said
    )
    assert "Remove or renew".lower() in said.lower() and author.unchanged()
    publish(
        server, year=lambda rows: [row for row in rows if not row[0].startswith("2024")]
    )  # or withdraw it
    assert (
        "the institution now has 0 such rows" in author.run("fish_price", "--force", code=1)
        and author.unchanged()
    )


def test_a_row_without_our_value_is_left_out(author):
    correct(author, P2024, "")
    rows = revisions.parse_rows((author.data / "fish_price.csv").read_text(encoding="utf-8"))
    left = rebuild.apply_corrections("fish_price", rows, author.data, lambda key: True)
    assert [row for row in rows if row not in left] == [
        {"frequency": "year", "period": "2024-01-01", "usd_per_crate": P2024}
    ]
    assert (
        rebuild.apply_corrections("fish_price", left, author.data, lambda key: False) == left
    )  # rows that are not made anew have been corrected before


# --- stopped, killed, full, twice -----------------------------------------------------------------


@pytest.mark.slow
def test_kill_9_while_it_writes(author, server, monkeypatch):
    """At each step of a write: below. Here all that a refresh writes is one write."""
    publish(server, year=newer)
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    for _ in range(5):  # it writes within milliseconds, which two looks may miss
        run = author.start(start_new_session=True)
        while "verdicts that would change" not in (line := run.stdout.readline()):
            assert line, "it ended before it wrote"
        while not (seen := list(author.book.glob(".data.pending*"))) and run.poll() is None:
            pass
        if seen:
            break
        run.communicate()
        for name, content in author.before.items():
            (author.book / name).write_bytes(content)
    assert seen, "it writes in another way"
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    tables.descriptor(author.data)  # whoever uses the tables next finishes what was decided
    found = author.files()
    author.type("fish_price")
    new = author.files()
    assert found in (author.before, new), "data/ is neither the old nor the new"
    assert f"year,{NEXT},71.5" in new["data/fish_price.csv"].decode()
    assert not list(author.book.glob(".data.pending*"))


CALLS = [
    "os.replace",
    "os.fsync",
    "os.open",
    "pathlib.Path.mkdir",
    "pathlib.Path.open",
    "pathlib.Path.unlink",
    "shutil.rmtree",
]


def test_killed_at_each_step_of_a_write(tmp_path):
    """A process that writes three files is killed before each call to the file system in turn:
    there are never two old and one new.
    """
    folder = tmp_path / "data"
    code = f"""
        import os, pathlib, shutil, signal, sys
        from ledger.core.files import replace_files
        left = [int(sys.argv[1])]
        def counted(function):
            def call(*args, **more):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*args, **more)
            return call
        for name in {CALLS!r}:
            owner, _, attribute = name.rpartition(".")
            owner = {{"os": os, "shutil": shutil, "pathlib.Path": pathlib.Path}}[owner]
            setattr(owner, attribute, counted(getattr(owner, attribute)))
        texts = dict.fromkeys(("a.csv", "b.csv", "../log"), "new")
        replace_files(pathlib.Path({str(folder)!r}), texts)
    """
    seen = set()
    for step in range(1, 60):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for path in (folder / "a.csv", folder / "b.csv", tmp_path / "log"):
            path.write_text("old")
        ran = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), str(step)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        recover(folder)  # what whoever uses the folder next does first
        content = {
            path.name: path.read_text()
            for path in (folder / "a.csv", folder / "b.csv", tmp_path / "log")
        }
        assert set(content.values()) in ({"old"}, {"new"}), (step, content)
        seen.add((content["a.csv"], ran.returncode))
        replace_files(folder, {"a.csv": "newer"})
        assert (folder / "a.csv").read_text() == "newer" and not list(
            tmp_path.glob(".data.pending*")
        )
        if ran.returncode == 0:
            break
    assert seen == {("old", -signal.SIGKILL), ("new", -signal.SIGKILL), ("new", 0)} and step > 10


@pytest.mark.slow
def test_ctrl_c_while_it_downloads(author, server):
    publish(server, year=newer)
    server.clear()
    server.expect_request("/price-year.csv").respond_with_data(published("year", newer))
    asked, go = threading.Event(), threading.Event()
    server.expect_request("/price-month.csv").respond_with_handler(
        lambda request: asked.set() or go.wait(60) and Response(published("month"))
    )
    # a shell has what runs in its background ignore it
    run = author.start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    assert asked.wait(60)
    run.send_signal(signal.SIGINT)
    said, _ = run.communicate(timeout=60)
    go.set()
    assert run.returncode == 130 and "stopped" in said and "Traceback" not in said, said
    assert author.unchanged()
    publish(server, year=newer)
    assert "written: fish_price" in author.type(
        "fish_price"
    )  # takes up what it had: the first file is not asked for again
    assert {request.path for request, _ in server.log} == {"/price-month.csv"}


def test_the_second_of_two_says_so(author, server):
    go = threading.Event()
    server.clear()
    server.expect_request("/price-year.csv").respond_with_handler(
        lambda request: go.wait(60) and Response(published("year"))
    )
    server.expect_request("/price-month.csv").respond_with_data(published("month"))
    first = author.start()
    for _ in range(200):
        if (author.book / "_build/upstream/.bureau-prices.part").exists():
            break
        time.sleep(0.05)
    said = author.type("fish_price", code=1)
    assert re.search(
        rf"error: another process \({first.pid}\) is bringing data up to date: wait for it to end",
        said,
    ), said
    go.set()
    out, _ = first.communicate(timeout=60)
    assert first.returncode == 0 and "nothing has changed" in out
    author.type("fish_price")


@pytest.mark.slow
def test_a_full_disk(author, server, tmp_path):
    """The book stands on a small disk that is mounted where only processes of this test see it."""
    apart = (
        ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    )
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        subprocess.run(
            [*apart, "mount", "-t", "tmpfs", "none", str(disk)], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nobody may mount a small disk to fill on this machine: {error}")
    publish(server, year=newer)
    author.type("fish_price", "--force", "--dry-run")  # what it downloads is kept
    # room for the table but for half of the descriptor, which is written after it; and no room
    half = len(author.before["data/datapackage.json"]) // 2048
    script = f"""
        set -e
        mount -t tmpfs -o size=20m none {disk}
        cp -r {author.book} {disk}/book
        cd {disk}/book
        (cd data && cat *.csv datapackage.json changes.yml) | sha256sum > {tmp_path}/before
        for left in 0 {half}; do
          rm -f filler; free=$(df --output=avail -k . | tail -1); dd if=/dev/zero of=filler bs=1k count=$((free - left)) 2>/dev/null || true
          timeout 60 {sys.executable} -m ledger refresh fish_price > {tmp_path}/said-$left 2>&1 && echo 0 > {tmp_path}/code-$left || echo $? > {tmp_path}/code-$left
          (cd data && cat *.csv datapackage.json changes.yml) | sha256sum > {tmp_path}/after-$left
        done
        rm filler
        {sys.executable} -m ledger refresh fish_price > {tmp_path}/said-end 2>&1 || (cat {tmp_path}/said-end >&2; false)
        cp data/fish_price.csv {tmp_path}/new.csv
    """
    temp = tmp_path / "temp"
    temp.mkdir()
    ran = subprocess.run(
        [*apart, "bash", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        env=surroundings(TMPDIR=str(temp)),
    )
    assert ran.returncode == 0, ran.stderr
    for left, full in (
        (0, "(No space left on device|disk is full)"),
        (half, r"/data/datapackage\.json: No space left on device"),
    ):
        said = (tmp_path / f"said-{left}").read_text()
        assert re.search(f"error: .*{full}", said) and "Traceback" not in said, said
        assert (tmp_path / f"code-{left}").read_text() == "1\n"
        assert (tmp_path / f"after-{left}").read_text() == (tmp_path / "before").read_text()
    assert f"{NEXT},71.5" in (tmp_path / "new.csv").read_text()


# --- the sources in words -------------------------------------------------------------------------


def test_sources_are_printed_with_age_due_date_and_key_but_never_its_value(author, monkeypatch):
    import datetime

    monkeypatch.setenv("STRAITS_BUREAU_KEY", "s3cret")
    said = schedule.overview(
        author.data, author.book / "data/sources.yml", datetime.date(2031, 1, 1)
    )
    for name, source in source_registry.sources(author.book / "data/sources.yml").items():
        assert f"{name}: {source.institution} ({source.how})" in said
    assert "STRAITS_BUREAU_KEY, not needed, set" in said and "s3cret" not in said
    assert (
        re.search(r"fish_price: .*; retrieved 20\d\d-\d\d", said)
        and "overdue" in said
        and "(closed)" in said
    )


def test_a_source_is_overdue_from_the_day_after_its_next_edition_until_the_tables_hold_it(author):
    import datetime

    registry = author.book / "data/sources.yml"
    expected = source_registry.sources(registry)["bureau-prices"].due(
        tables.descriptor(author.data)
    )
    late = lambda today: [
        line
        for line in schedule.overdue(author.data, registry, today)
        if line.startswith("bureau-prices: ")
    ]
    assert late(expected) == []
    assert (
        f"expected on {expected}, 1 day ago: python -m ledger refresh fish_price, or"
        in late(expected + datetime.timedelta(1))[0]
    )
    package = tables.descriptor(author.data)
    for resource in package["resources"]:
        for entry in source_registry.sources(registry)["bureau-prices"].entries(resource):
            entry["retrieved"] = str(expected)
    (author.data / "datapackage.json").write_text(table_files.to_json(package), encoding="utf-8")
    assert late(expected + datetime.timedelta(1)) == []


def test_a_newer_edition_known_to_be_out_is_overdue_whatever_the_date(author):
    registry = author.book / "data/sources.yml"
    edit(registry, "bureau-prices:\n", "bureau-prices:\n  newer: the edition of May is out\n")
    day = source_registry.sources(registry)["bureau-prices"].due(tables.descriptor(author.data))
    (line,) = [
        line
        for line in schedule.overdue(author.data, registry, day)
        if line.startswith("bureau-prices: ")
    ]
    assert line == "bureau-prices: the edition of May is out, which the tables do not hold"
    told = schedule.overview(author.data, registry, day)
    assert "  overdue: the edition of May is out" in told


def test_a_table_kept_by_hand_and_an_unknown_one_are_refused(author):
    assert "this table is kept by hand\n  Edit data/events.csv" in author.type("events", code=1)
    assert "Known tables:" in author.type("prices", code=1)
    assert "--again is now --force" in author.type("fish_price", "--again", code=2)
    assert "there is no file nowhere.csv" in author.type(
        "landings", "--file", "nowhere.csv", code=1
    )
    assert (
        "Download the file there, then: python -m ledger refresh landings --file FILE"
        in author.type("landings", code=1)
    )
    assert author.unchanged()


@pytest.mark.slow
def test_a_site_that_lets_in_persons_only_is_no_fault_of_a_refresh_of_all(author, server):
    registry = yaml.safe_load((author.book / "data/sources.yml").read_text(encoding="utf-8"))
    registry = {
        name: registry[name]
        for name in ("bureau-prices", "harbour-dues", "harbour-yearbook", "bureau-accounts")
    }
    registry["bureau-accounts"] |= {"how": "closed"}
    registry["harbour-dues"] |= {
        "address": server.url_for("/"),
        "hosts": [f"localhost:{server.port}"],
    }
    (author.book / "data/sources.yml").write_text(
        yaml.safe_dump(registry, allow_unicode=True), encoding="utf-8"
    )
    for answer in (Response("", 403), Response("<!DOCTYPE html><title>Just a moment...</title>")):
        publish(server)
        server.expect_request("/dues.csv").respond_with_response(answer)
        said = author.run("--force", "--dry-run")
        assert (
            "harbour-dues is left as it is: source harbour-dues" in said
            and "nothing has changed" in said
        )
    publish(server)
    server.expect_request("/dues.csv").respond_with_data("", 403)
    said = author.run("trade", "--force", code=1)  # asked for by name, it is
    assert (
        "error: trade" in said and "download dues.csv in a browser and give it with --file" in said
    )
    assert author.unchanged()


def test_files_that_a_person_downloaded(author):
    register = ISLANDS / "upstream/harbour-register/register.csv"
    crews = ISLANDS / "upstream/harbour-crews/crews.csv"
    both = ["--file", str(register), "--file", str(crews)]
    said = author.type("landings", *both, "--edition", "register of 2024", "--dry-run")
    assert "rows, as before" in said and "nothing has changed" in said and author.unchanged()
    # what another run was given is not taken for what this one means
    said = author.type("landings", "--file", str(register), code=1)
    assert "also reads source harbour-crews\n  Get it at https://" in said
    assert author.unchanged()
    archive = author.data.parent / "climbs.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("../register.csv", "a\n")
    said = author.type("landings", "--file", str(archive), code=1)
    assert "a path that leads out of its folder: '../register.csv'" in said
    assert "none of the files" not in said and author.unchanged()
    said = author.type("landings", "--file", str(author.data / "output.csv"), code=1)
    assert "output.csv is none of the files it is made of" in said
    assert "'Register of landings'" in said and author.unchanged()


@pytest.mark.parametrize(
    "words, says",
    [
        ({"files": ["x.csv"]}, "are for one table"),
        ({"only": ["output"], "edition": "x"}, "--edition says what the files are"),
        ({"accept": "x"}, "name them"),
        ({"only": ["output"], "only_sources": ["x"]}, "there is no source x"),
    ],
)
def test_words_that_do_not_go_together(words, says):
    with pytest.raises(ValueError, match=says):
        refresh.refresh(**words, preview_impact=impact.preview_impact)


def test_what_a_person_gave_is_not_taken_for_a_download(author, server):
    registry = author.book / "data/sources.yml"
    content = yaml.safe_load(registry.read_text(encoding="utf-8"))
    content["harbour-dues"] |= {
        "address": server.url_for("/"),
        "hosts": [f"localhost:{server.port}"],
    }
    registry.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    source = source_registry.sources(registry)["harbour-dues"]
    store = author.book / "_build/upstream"
    given = ISLANDS / "upstream/harbour-dues/dues.csv"
    assert manual_files.import_files(source, [given], store, "dues to 2021")
    assert store_of_downloads.manifest(store / "harbour-dues")["edition"] == "dues to 2021"
    server.clear()
    said = author.run("trade", "--source", "harbour-dues", code=1)
    assert [request.path for request, _ in server.log][:1] == ["/dues.csv"]
    assert "error: trade: source harbour-dues, https://localhost" in said and author.unchanged()


@pytest.mark.slow
def test_what_an_author_edits_meanwhile_is_not_lost(author, server):
    server.clear()
    server.expect_request("/price-year.csv").respond_with_data(published("year", newer))
    log = author.book / "data/changes.yml"
    server.expect_request("/price-month.csv").respond_with_handler(
        lambda request: (
            log.write_text(log.read_text(encoding="utf-8") + "# a word\n", encoding="utf-8")
            and Response(published("month"))
        )
    )
    assert "were edited while this ran" in author.run("fish_price", "--force", code=1)
    assert author.files() == author.before | {
        "data/changes.yml": author.before["data/changes.yml"] + b"# a word\n"
    }


@pytest.mark.slow
def test_accepting_and_rebuilding_wait_their_turn(author, tmp_path):
    """Also before they read: what a write meanwhile changes would be undone."""
    refused = pytest.raises(LockedError, match="bringing data up to date")
    with exclusive_lock(author.data), refused:
        tables.accept("events", author.data)
    with exclusive_lock(author.data), refused:
        rebuild.rebuild(tmp_path, author.data, only=[])


def test_a_terminal_shows_how_far_a_download_is(author, server):
    import pty
    import termios

    server.clear()
    server.expect_request("/price-year.csv").respond_with_data(published("year"))
    server.expect_request("/price-month.csv").respond_with_handler(
        lambda request: time.sleep(0.5) or Response(published("month"))
    )
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 100))
    run = author.start(theirs)
    os.close(theirs)
    shown = b""
    with open(ours, "rb", buffering=0) as terminal:
        while True:
            try:
                piece = terminal.read(4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
    assert run.wait() == 0, shown
    assert re.search(rb"bureau-prices, file 1: +\d+%\|", shown) and b"B/s" in shown, shown
