"""Promise: a started chapter builds as it is; a table is started from any CSV, read with certainty or refused, and nothing about it is guessed."""

import html
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from small_book import ROOT, build, edit, run_here, surroundings, write
from small_book import THIS_GOOD as GOOD_PAGE
from test_stale import CLAIMS, full_book

from ledger.commands import scaffold
from ledger.core import tables
from ledger.upkeep import importer

BIN = Path(sys.executable).parent
TITLES = {
    "migration": "Migration between the two",
    "odd-title-2": 'So: "what" is *it*, _really_? [A](b) <i>&amp;</i> `c` #1 $2 50% Ёлка #',
}
FERRY = "Year;Country;Passengers (thousand);Share;Open;Since;Line\r\n2021;RUS;2.001,5;;true;2001-02-03;007\r\n2020;RUS;1.234,0;−12,5;FALSE;2001-02-03;008\r\n2020;IRN;12;3,25;true;2001-02-03;009\r\n"
GOOD = {
    "title": "Passengers of the ferries between the two",
    "description": "One row is a country and a year. The passengers are those of all its ferries, and goods are left out.",
    "key": "[country, year]",
    "republication": "The rows may be republished with credit.",
    "decimal_mark": "','",
    "licence": {
        "name": "CC-BY-4.0",
        "title": "Creative Commons Attribution 4.0",
        "path": "https://creativecommons.org/licenses/by/4.0/",
    },
    "sources": {
        "key": "Ferries",
        "title": "Ferry statistics",
        "institution": "Ministry of Ferries",
        "edition": "1.10",
        "path": "https://example.org/",
        "retrieved": "2026-11-03",
    },
    "columns": {
        "type": "number",
        "title": "What it is",
        "description": "What the column holds.",
        "unit": "thousand passengers",
    },
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A small book with a ledger of claims, a table of each kind and a list of references."""
    book = full_book(tmp_path_factory.mktemp("new") / "book")
    write(
        book,
        one=GOOD_PAGE,
        claims=CLAIMS,
        references=(book / "chapters" / "references.md").read_text(encoding="utf-8"),
    )
    edit(
        book / "_toc.yml",
        "  - file: chapters/claims",
        "  - glob: tables/*\n  - file: chapters/claims",
    )
    (book / "chapters" / "two.md").unlink()
    entry = (
        "@misc{baghai2023"
        + (ROOT / "references.bib")
        .read_text(encoding="utf-8")
        .partition("{baghai2023")[2]
        .partition("\n}")[0]
        + "\n}\n"
    )
    with (book / "references.bib").open("a", encoding="utf-8") as file:
        file.write(entry)
    toc = book / "_toc.yml"
    toc.write_text(
        "# the book's pages\n" + toc.read_text(encoding="utf-8"), encoding="utf-8", newline="\r\n"
    )
    shutil.copytree(book, book.with_name("as it was"))
    return book


@pytest.fixture
def bare(tmp_path, kept):
    """The same without what only a build needs."""
    for part in ("data", "chapters"):
        shutil.copytree(kept.with_name("as it was") / part, tmp_path / part)
    for part in ("_toc.yml", "book.yml", "analysis/chapter_template.txt"):
        (tmp_path / part).parent.mkdir(exist_ok=True)
        shutil.copy(kept.with_name("as it was") / part, tmp_path / part)
    return tmp_path


def ledger(book, *words):
    run = subprocess.run(
        [sys.executable, "-m", "ledger", "new", *words],
        cwd=book,
        capture_output=True,
        text=True,
        env=surroundings(),
    )
    return run.returncode, run.stdout + run.stderr


def files(book):
    return {
        str(path): path.read_bytes()
        for path in book.rglob("*")
        if path.is_file() and "_build" not in path.parts and "__pycache__" not in path.parts
    }


def fill(path, answers=GOOD):
    """Answer every blank of a sheet, as an author does who types behind the colons."""
    lines, part = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        part = line.partition(":")[0] if re.match(r"\w", line) else part
        blank = re.match(r"^\s*(?:- )?(\w+):(?=\s+#)", line)
        holder = answers.get(part, {}) if line[:1] in (" ", "-") else answers
        lines.append(
            f"{blank[0]} {holder[blank[1]]}"
            if blank and isinstance(holder, dict) and isinstance(holder.get(blank[1]), str)
            else line
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def started(book, text, name="ferry_traffic", **changed):
    """Start a table from a CSV's text: both runs, with the sheet filled in between."""
    path = book / "from.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    scaffold.table(name, path, book)
    fill(book / f"{name}.yml", GOOD | changed)
    return scaffold.table(name, path, book)


# --- both, built ------------------------------------------------------------------------------------------------------------------


def test_started_chapters_and_a_started_table_build_without_a_warning(kept):
    before, toc = files(kept), (kept / "_toc.yml").read_bytes()
    for name, title in TITLES.items():
        code, said = ledger(kept, "chapter", name, title)
        assert code == 0 and f"chapters/{name}.md is written" in said and said.count("\n  ") >= 3, (
            said
        )
    entered = b"".join(f"  - file: chapters/{name}\r\n".encode() for name in TITLES)
    assert (kept / "_toc.yml").read_bytes() == toc.replace(
        b"  - file: chapters/claims", entered + b"  - file: chapters/claims"
    ), "comments and form stay"

    (kept / "from.csv").write_bytes(b"\xef\xbb\xbf" + FERRY.encode())
    code, said = ledger(kept, "table", "ferry_traffic", "from.csv")
    assert (
        code == 0
        and "Nothing is in data/ yet" in said
        and not (kept / "data" / "ferry_traffic.csv").exists()
    ), said
    fill(kept / "ferry_traffic.yml")
    code, said = ledger(kept, "table", "ferry_traffic", "from.csv")
    assert code == 0 and 'load("ferry_traffic")' in said, said
    text = "year,country,passengers_thousand,share,open,since,line\n2020,IRN,12,3.25,true,2001-02-03,009\n2020,RUS,1234.0,-12.5,false,2001-02-03,008\n2021,RUS,2001.5,,true,2001-02-03,007\n"
    assert (kept / "data" / "ferry_traffic.csv").read_bytes().decode() == text, (
        "sorted by key, with the numbers and the line ends of the other tables"
    )
    own = {str(kept / part) for part in ("_toc.yml", "data/datapackage.json")}
    after = files(kept)
    assert {path for path in before if after[path] != before[path]} == own

    code, said = build(kept)
    assert code == 0 and "WARNING" not in said, said[-3000:]
    site = kept / "_build" / "html"
    gdp = (
        tables.load("gdp")
        .pivot(index="year", columns="country", values="gdp_usd")[["RUS", "IRN"]]
        .dropna()
        .iloc[-1]
    )
    for name, title in TITLES.items():
        page = (site / "chapters" / f"{name}.html").read_text(encoding="utf-8")
        heading = re.sub(
            r"<a class=\"headerlink.*?</a>", "", re.search(r"<h1>(.*?)</h1>", page, re.S)[1]
        )
        assert re.sub("[“”]", '"', html.unescape(heading)) == title
        assert (
            page.count("<figure") == 1
            and f'id="chart-{name}-first-chart"' in page
            and page.count("C01 · ") == 1
        )
        assert f">{gdp['RUS'] / gdp['IRN']:.1f}</span>" in page
        assert [
            record["name"]
            for record in json.loads((site / "numbers.json").read_text(encoding="utf-8"))
            if record["page"] == f"chapters/{name}"
        ] == ["first-number"]
    assert "1.10" in (site / f"{tables.page_path('ferry_traffic')}.html").read_text(
        encoding="utf-8"
    )
    types = run_here(
        kept,
        "from ledger import tables; print([str(t) for t in tables.load('ferry_traffic').dtypes], tables.describe('ferry_traffic')['schema']['primaryKey'])",
    )
    assert (
        "'int64', 'str', 'float64', 'float64', 'bool', 'datetime64" in types
        and "['country', 'year']" in types
    )
    valid = subprocess.run(
        [str(BIN / "frictionless"), "validate", "data/datapackage.json"],
        cwd=kept,
        capture_output=True,
        text=True,
    )
    assert valid.returncode == 0, valid.stdout[-2000:]


# --- a chapter --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, title, says",
    [
        ("", "A title", "lower-case letters, digits and single hyphens"),
        ("Migration", "A title", "'Migration'"),
        ("mi_gration", "A title", "becomes the page's address"),
        ("../one", "A title", "lower-case"),
        ("2nd", "A title", "begins with a letter"),
        ("2-nd", "A title", "begins with a letter"),
        ("-a", "A title", "begins with a letter"),
        ("a-", "A title", "single hyphens"),
        ("a--b", "A title", "single hyphens"),
        ("a\n", "A title", "single hyphens"),
        ("a" * 51, "A title", "an address at most 50"),
        ("con", "A title", "Windows"),
        ("lpt1", "A title", "Windows"),
        ("migration", "mine: a_b *c*", "the title 'mine: a_b *c*' is that of chapters/unlisted.md"),
        ("one", "A title", "taken by chapters/one.md"),
        ("gdp", "A title", "taken by the table gdp"),
        ("index", "A title", "taken by"),
        ("search", "A title", "taken by the site's page"),
        ("unlisted", "A title", "taken by chapters/unlisted.md"),
        ("migration", " \n", "TITLE="),
        ("migration", "A {brace", "brace"),
        ("migration", "A \x07 bell", "invisible"),
    ],
)
def test_a_chapter_that_cannot_be_is_refused_and_nothing_is_written(bare, name, title, says):
    (bare / "chapters" / "unlisted.md").write_text("# Mine:  a\\_b \\*c\\*\n")
    before = files(bare)
    with pytest.raises(scaffold.ScaffoldError, match=re.escape(says)):
        scaffold.chapter(name, title, bare)
    assert files(bare) == before


def test_without_a_place_in_the_contents_no_chapter_is_written(bare):
    (bare / "_toc.yml").write_text("root: index\nchapters:\n  - file: chapters/one\n")
    before = files(bare)
    with pytest.raises(scaffold.ScaffoldError, match="_toc.yml has no line"):
        scaffold.chapter("migration", "A title", bare)
    assert files(bare) == before


KILLED = """
import os, sys
from pathlib import Path
from ledger.commands import scaffold
replace, left = os.replace, [int(sys.argv[2])]
def killed(*paths):
    left[0] -= 1
    replace(*paths) if left[0] >= 0 else os.kill(os.getpid(), 9)
os.replace = killed
scaffold.chapter("migration", "A title", Path(sys.argv[1]))
"""


@pytest.mark.parametrize("steps", range(3))
def test_killed_between_any_two_steps_both_files_are_written_or_none(bare, steps):
    run = subprocess.run(
        [sys.executable, "-c", KILLED, str(bare), str(steps)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert run.returncode == -9
    if steps:  # it was decided: the next start of any chapter completes it
        with pytest.raises(scaffold.ScaffoldError, match="taken by chapters/migration.md"):
            scaffold.chapter("migration", "A title", bare)
    else:
        assert (
            not (bare / "chapters" / "migration.md").exists()
            and "migration" not in (bare / "_toc.yml").read_text()
        )
        scaffold.chapter("migration", "A title", bare)
    assert (bare / "chapters" / "migration.md").exists() and "chapters/migration" in (
        bare / "_toc.yml"
    ).read_text()
    assert not list(bare.glob(".*"))


def test_make_passes_on_what_is_typed_as_it_is(kept):
    """`make` is run for real, with the environment of these tests in place of the book's own, and a command that prints in place of the ledger's."""
    shutil.copy(ROOT / "Makefile", kept)
    (kept / "bin").mkdir()
    (kept / "bin" / "python").write_text('#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done\n')
    (kept / "bin" / "python").chmod(0o755)
    make = ["make", "-s", "-o", ".venv/installed", "BIN=bin"]
    title = 'It\'s "quoted", $HOME `id` $(id) ; # 100% \\ Ёлка'
    run = subprocess.run(
        [*make, "chapter", "NAME=a b", f"TITLE={title}"], cwd=kept, capture_output=True, text=True
    )
    assert run.stdout.splitlines() == ["-m", "ledger", "new", "chapter", "--", "a b", title], (
        run.stdout + run.stderr
    )
    run = subprocess.run(
        [*make, "table", "NAME=t", "CSV=my $file's.csv"], cwd=kept, capture_output=True, text=True
    )
    assert run.stdout.splitlines() == [
        "-m",
        "ledger",
        "new",
        "table",
        "--",
        "t",
        "my $file's.csv",
    ], run.stdout + run.stderr
    assert (
        ledger(kept, "chapter", "--", "", "")[0] == ledger(kept, "table", "--", "x", "")[0] == 1
    ), "without NAME, TITLE or CSV it is refused"


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
    scaffold.chapter("started-in-a-test", "Migration between the two", tmp_path)
    checks = "myst cells chapter-code citations spelling typed-numbers article-words unused-figures unused-numbers unused-bibliography".split()
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


# --- a CSV ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell, point, comma",
    [
        ("12", "12", "12"),
        ("+5", "5", "5"),
        ("−5", "-5", "-5"),
        ("1.5", "1.5", None),
        ("1,5", None, "1.5"),
        ("1.234", "1.234", "1234"),
        ("1,234,567.5", "1234567.5", None),
        ("1.234.567,5", None, "1234567.5"),
        ("1 234 567", "1234567", "1234567"),
        ("1\u202f234,5", None, "1234.5"),
        ("1'234.5", "1234.5", None),
        ("1.5e-7", "1.5e-7", None),
        ("2E3", "2E3", "2E3"),
        ("0.123", "0.123", None),
        ("007", None, None),
        ("1,23,456", None, None),
        ("1 2345", None, None),
        ("12 %", None, None),
        ("nan", None, None),
        ("-", None, None),
        (".5", None, None),
        ("5.", None, None),
    ],
)
def test_numbers_are_read_as_they_are_written_or_not_at_all(cell, point, comma):
    assert (importer.number_of(cell, "."), importer.number_of(cell, ",")) == (point, comma)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", ";").replace(".", ","),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace(",", " , ").replace("8123.5", '"8,123.5"'),
        lambda text: text + "\n\n",
        lambda text: text.rstrip("\n"),
    ],
)
def test_the_same_rows_written_otherwise_give_the_same_table(bare, change):
    started(bare, change("country,year,riders\nIRN,2001,8123.5\nRUS,2001,12.25\n"))
    assert (
        bare / "data" / "ferry_traffic.csv"
    ).read_bytes() == b"country,year,riders\nIRN,2001,8123.5\nRUS,2001,12.25\n"
    assert list(tables.load("ferry_traffic", bare / "data")["riders"]) == [8123.5, 12.25]


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "it is empty"),
        ("a,b\n", "no rows"),
        ("a,,b\n1,2,3\n", "column 2 has no name"),
        ("a,b,a\n1,2,3\n", "columns 1 and 3 have the same name"),
        ("a,b\n1,2\n1\n", "row 3, value '1': the row has 1 cells and the header 2"),
        ("a,b\n1,2\n1,2,3\n", "row 3"),
        ("a,b\n1,2\n\n1,3\n", "row 3, value '': the row is empty"),
        ("a,b\n1,2\n,\n", "row 3: the row is empty"),
        ("a,b\n1,=2+3\n", "row 2, column b, value '=2+3'"),
        ("a,b\n1,-\n", "leave it empty where there is no value"),
        ("a,@b\n1,2\n", "row 1"),
        ('a,b\n1,"x\ny"\n', "row 2: a cell of the row has a line break"),
        ('a,b\n1,"x\n', "quotation marks"),
        ("a,b;c\n1,2;3\n", "both part every row"),
        (
            "a;b;c\n1,5;1.5;2,25\n1;2.75;3\n",
            "column b has points before its decimals and column a commas",
        ),
        ("país,b\n1,2\n".encode("latin-1"), "row 1, value \"b'\\\\xed'\": it is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "save it again as UTF-8"),
        ("a,b\n" + "1,2\n" * 500_000, "too many for an extract"),
    ],
)
def test_a_csv_that_cannot_be_read_with_certainty_is_refused_by_row_and_column(bare, text, says):
    path = bare / "from.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = files(bare)
    with pytest.raises(importer.Unreadable) as caught:
        scaffold.table("ferry_traffic", path, bare)
    assert says in str(caught.value) and "from.csv" in str(caught.value)
    assert files(bare) == before


def asked(text):
    """Return the sheet for a CSV's text, as YAML reads it."""
    path = Path("from.csv")
    content = importer.Content(*((rows := importer._cells(path, text))[0], rows[1:]))
    return yaml.load(importer.questions("t", path, content, {"RUS", "IRN"}), Loader=yaml.BaseLoader)


def test_the_sheet_has_what_is_certain_and_asks_the_rest():
    said = asked(
        "Year,Riders in km,iso,way,code,day,odd,Ж\n"
        + "".join(
            f'{2000 + i},"1,{i}00",RUS,{"out back".split()[i % 2]},00{i},2001-02-0{i + 1},{"x" if i == 4 else i},1\n'
            for i in range(8)
        )
    )
    columns = {column["column"]: column for column in said["columns"]}
    assert {name: column["type"] for name, column in columns.items()} == {
        "Year": "integer",
        "Riders in km": "",
        "iso": "string",
        "way": "string",
        "code": "string",
        "day": "date",
        "odd": "string",
        "Ж": "integer",
    }
    assert said["decimal_mark"] == "", "1,200 may be a thousand and more, or less than two"
    assert (
        columns["iso"]["countries"] == "true"
        and columns["way"]["constraints"]["enum"] == ["out", "back"]
        and columns["Ж"]["name"] == ""
    )
    assert all(
        column["title"] == column["description"] == column.get("unit", "") == ""
        for column in columns.values()
    ), "no unit is told from a name"
    assert (
        not any(said[part] for part in ("title", "description", "key", "republication"))
        and not any(said["licence"].values())
        and not any(said["sources"][0].values())
    )


def test_two_headers_that_would_have_one_name_are_told_on_the_sheet_and_asked():
    rows = "a b,a-b,c\n1,2,3\n"
    assert [column["name"] for column in asked(rows)["columns"]] == ["", "", "c"]
    content = importer.Content(["a b", "a-b", "c"], [["1", "2", "3"]])
    assert (
        importer.questions("t", Path("from.csv"), content, set()).count(
            '# "a b" and "a-b" would both be a_b: name them apart; '
        )
        == 2
    )


def test_the_command_on_the_sheet_can_be_typed_as_it_stands():
    path = Path("my folder", "it's $1.csv")
    first = importer.questions("t", path, importer.Content(["a"], [["1"]]), set()).splitlines()[0]
    assert shlex.split(first.partition("again: ")[2]) == ["make", "table", "NAME=t", f"CSV={path}"]


def test_a_file_that_is_no_answer_sheet_is_not_taken_for_one(bare):
    (bare / "from.csv").write_text("a,b\n1,2\n")
    path = bare / "ferry_traffic.yml"
    for other in ("name: settings\ncolumns: 2\n", "", "\xff"):
        path.write_text(other, encoding="latin-1")
        with pytest.raises(
            scaffold.ScaffoldError,
            match="ferry_traffic.yml is there already and is no answer sheet; nothing was written",
        ):
            scaffold.table("ferry_traffic", bare / "from.csv", bare)
        assert path.read_text(encoding="latin-1") == other
    path.unlink()
    scaffold.table("ferry_traffic", bare / "from.csv", bare)
    path.write_text(
        path.read_text().partition("\n")[2]
    )  # the comment is gone, and the parts are there
    with pytest.raises(importer.Unanswered, match="answers are missing"):
        scaffold.table("ferry_traffic", bare / "from.csv", bare)


# --- the answers ------------------------------------------------------------------------------------------------------------------


def test_every_blank_is_named_at_once_and_nothing_is_written(bare):
    (bare / "from.csv").write_text('a,b\n1,"1,234"\n')
    scaffold.table("ferry_traffic", bare / "from.csv", bare)
    before = files(bare)
    with pytest.raises(importer.Unanswered) as caught:
        scaffold.table("ferry_traffic", bare / "from.csv", bare)
    said = str(caught.value)
    assert "nothing was written" in said and files(bare) == before
    named = re.findall(r"^  (.+?): ", said, re.M)
    expected = [
        *importer.TABLE,
        *(f"licence, {part}" for part in importer.LICENCE),
        *(f"sources, item 1, {part}" for part in importer.SOURCE),
        "columns, b, type",
    ]
    expected += [
        f"columns, {column}, {part}" for column in "ab" for part in ("title", "description", "unit")
    ]
    assert sorted(named) == sorted(expected), (
        "1,234 hangs on the decimal mark, so the type of b is asked too"
    )


@pytest.mark.parametrize(
    "changed, says",
    [
        ({"title": "A {title}"}, "title: 'A {title}' has a brace"),
        ({"description": "Short."}, "description: it has 6 characters"),
        ({"key": "[nothing]"}, "key: 'nothing' is no column"),
        ({"key": "country"}, "country does not name one row: rows 2 and 3 (RUS)"),
        ({"key": "share"}, "key: row 2 has an empty cell in it"),
        (
            {"licence": GOOD["licence"] | {"path": "see the page"}},
            "licence, path: 'see the page' is not an address",
        ),
        ({"licence": GOOD["licence"] | {"name": "CC BY"}}, "short name"),
        (
            {"sources": GOOD["sources"] | {"retrieved": "3.11.2026"}},
            "sources, item 1, retrieved: '3.11.2026' is not a day",
        ),
        ({"sources": GOOD["sources"] | {"retrieved": "2999-01-01"}}, "up to today"),
        (
            {"columns": GOOD["columns"] | {"unit": "none"}},
            "columns, Share, unit: a number with decimals needs one",
        ),
    ],
)
def test_wrong_answers_are_named(bare, changed, says):
    before = (bare / "data" / "datapackage.json").read_bytes()
    with pytest.raises(importer.Unanswered) as caught:
        started(bare, FERRY, **changed)
    assert says in str(caught.value)
    assert (bare / "data" / "datapackage.json").read_bytes() == before and not (
        bare / "data" / "ferry_traffic.csv"
    ).exists()


@pytest.mark.parametrize(
    "before, after, says",
    [
        ("type: integer", "type: whole", "columns, Year, type: 'whole' is not one of"),
        (
            'decimal_mark: ","',
            "decimal_mark: point",
            "decimal_mark: 'point' is neither '.' nor ','",
        ),
        ("notes:", "remarks:", "unknown part 'remarks'"),
        ("name: year", "name: country", "two have the name 'country'"),
        ('column: "Year"', 'column: "Jahr"', "the sheet has Jahr"),
        (
            "type: string",
            "type: boolean",
            """columns, Country, constraints: .*"pattern" is not supported by type "boolean\"""",
        ),
        ('{"required": true}', '{"minimum": 2021}', "row 3, column year, value '2020'.*minimum"),
        (
            '{"required": true}',
            '{"minimum": soon}',
            "columns, Year, constraints, minimum: 'soon' is no value",
        ),
        ('{"required": true}', '{"least": 1}', "unknown part 'least'"),
        ("title:", "title: [", "not YAML"),
        (
            'decimal_mark: ","',
            "decimal_mark: ,",
            """not YAML in UTF-8; put an answer with a colon, a comma or a #.*as in decimal_mark: ",\"""",
        ),
        (
            '{"required": true}',
            '{"minimum": 99999999999999999999}',
            "minimum: '99999999999999999999' is no value",
        ),
        (
            "name: line",
            "name: source",
            "columns, Line: the cells 007, 008, 009 are the key of no source",
        ),
        (
            "unit: thousand passengers",
            "unit: thousand passengers\n    countries: true",
            "row 2, column year, value '2021': unknown code: table countries",
        ),
    ],
)
def test_a_sheet_that_is_changed_for_the_worse_is_refused(bare, before, after, says):
    (bare / "from.csv").write_bytes(FERRY.encode())
    scaffold.table("ferry_traffic", bare / "from.csv", bare)
    fill(bare / "ferry_traffic.yml")
    path = bare / "ferry_traffic.yml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises((importer.Unanswered, tables.TableError), match=f"(?s){says}"):
        scaffold.table("ferry_traffic", bare / "from.csv", bare)
    assert not (bare / "data" / "ferry_traffic.csv").exists() and not list(
        bare.glob(".data.pending")
    )


LARGE = [
    ("99999999999999999999", "integer"),
    ("-9223372036854775809", "integer"),
    ("9" * 5000, "integer"),
    ("1e400", "number"),
    ("INF", "number"),
    ("NaN", "number"),
]


@pytest.mark.parametrize("large, kind", LARGE)
def test_a_number_that_chapters_could_not_be_given_is_refused_by_row_and_column(bare, large, kind):
    (bare / "from.csv").write_text(
        f"country,riders\nRUS,{'9223372036854775807' if kind == 'integer' else '1.5'}\nIRN,{large}\n"
    )
    scaffold.table("ferry_traffic", bare / "from.csv", bare)
    path = bare / "ferry_traffic.yml"
    text = path.read_text(encoding="utf-8")
    riders = text[text.index('column: "riders"') :]
    assert "type: string" in riders and (
        not large[-1].isdigit() or "too large to be computed with, the first in row 3" in riders
    )
    riders = riders.replace("type: string", f"type: {kind}").replace(
        "title: ", "unit: riders\n    title: ", 1
    )
    path.write_text(text[: text.index('column: "riders"')] + riders, encoding="utf-8")
    fill(path, GOOD | {"key": "country"})
    with pytest.raises(
        importer.Unanswered,
        match="columns, riders, type: row 3 has .*make the type string, or mend the cell",
    ):
        scaffold.table("ferry_traffic", bare / "from.csv", bare)
    assert not (bare / "data" / "ferry_traffic.csv").exists()


def test_the_largest_numbers_that_fit_are_loaded_as_they_are(bare):
    started(
        bare, "country,riders\nRUS,9223372036854775807\nIRN,-9223372036854775808\n", key="country"
    )
    assert list(tables.load("ferry_traffic", bare / "data")["riders"]) == [-(2**63), 2**63 - 1]


def test_a_table_that_its_rules_allow_and_chapters_cannot_load_is_not_written(bare):
    (bare / "from.csv").write_text("country,riders\nRUS,NaN123\n")
    scaffold.table("ferry_traffic", bare / "from.csv", bare)
    path = bare / "ferry_traffic.yml"
    text = path.read_text(encoding="utf-8").rpartition("type: string")
    path.write_text(f"{text[0]}type: number\n    unit: riders{text[2]}", encoding="utf-8")
    fill(path, GOOD | {"key": "country"})
    before = files(bare / "data")
    with pytest.raises(
        scaffold.ScaffoldError, match="chapters could not load it, so nothing was written: .*NaN123"
    ):
        scaffold.table("ferry_traffic", bare / "from.csv", bare)
    assert files(bare / "data") == before


@pytest.mark.parametrize(
    "name, says",
    [
        ("", "lower-case"),
        ("Ferry", "lower-case"),
        ("ferry-traffic", "underscores"),
        ("gdp", "there already"),
        ("one", "name of chapters/one.md"),
    ],
)
def test_a_table_that_cannot_be_is_refused(bare, name, says):
    (bare / "from.csv").write_text("a,b\n1,2\n")
    with pytest.raises(scaffold.ScaffoldError, match=says):
        scaffold.table(name, bare / "from.csv", bare)
    shutil.copy(bare / "from.csv", bare / "data" / "mine.csv")
    with pytest.raises(scaffold.ScaffoldError, match="elsewhere"):
        scaffold.table("mine", bare / "data" / "mine.csv", bare)
    with pytest.raises(scaffold.ScaffoldError, match="Windows"):
        scaffold.table("aux", bare / "from.csv", bare)
    with pytest.raises(
        importer.Unreadable, match="nowhere.csv: there is no such file: give its path as seen from"
    ):
        scaffold.table("ferry_traffic", bare / "nowhere.csv", bare)
    with pytest.raises(
        importer.Unreadable, match="chapters: it is a folder: name the CSV file in it"
    ):
        scaffold.table("ferry_traffic", bare / "chapters", bare)
    assert not list(bare.glob("*.yml.new")) and sorted(
        [path.name for path in bare.glob("*.yml")]
    ) == ["_toc.yml", "book.yml"]
