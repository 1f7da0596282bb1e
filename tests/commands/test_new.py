"""Promise: a started chapter builds as it is; a table is started from a CSV that is read with
certainty or refused, and nothing about it is guessed.
"""

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
from small_book import GOOD as GOOD_PAGE
from small_book import ISLANDS, ROOT, build, edit, make, run_here, run_ledger, write
from test_stale import CLAIMS

from ledger.commands import scaffold
from ledger.core import config, tables
from ledger.upkeep import importer

BIN = Path(sys.executable).parent
TITLES = {
    "migration": "Migration between the two",
    "odd-title-2": 'So: "what" is *it*, _really_? [A](b) <i>&amp;</i> `c` #1 $2 50% Ёлка #',
}
FERRY = """Year,Country,Passengers (thousand),Share,Open,Since,Line
2021,XBE,2001.5,,true,2001-02-03,007
2020,XBE,1234.0,-12.5,false,2001-02-03,008
2020,XAR,12,3.25,true,2001-02-03,009
"""
SORTED = """year,country,passengers_thousand,share,open,since,line
2020,XAR,12,3.25,true,2001-02-03,009
2020,XBE,1234.0,-12.5,false,2001-02-03,008
2021,XBE,2001.5,,true,2001-02-03,007
"""
GOOD = {
    "title": "Passengers of the ferries between the two",
    "description": "One row is a country and a year, with the passengers of all its ferries.",
    "republication": "The rows may be republished with credit.",
    "licenses": {
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
    "schema": {
        "primaryKey": "[country, year]",
        "title": "What it is",
        "description": "What the column holds.",
        "unit": "thousand passengers",
    },
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A small book with a ledger of claims, a table of each kind and a list of references."""
    book = make(tmp_path_factory.mktemp("new") / "book")
    write(
        book,
        one=GOOD_PAGE,
        verdicts=CLAIMS,
        references=(ISLANDS / "chapters" / "references.md").read_text(encoding="utf-8"),
    )
    edit(
        book / "_toc.yml",
        "  - file: chapters/verdicts",
        "  - glob: tables/*\n  - file: chapters/verdicts",
    )
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
    for part in ("_toc.yml", "book.yml", config.book(kept).chapter_template):
        (tmp_path / part).parent.mkdir(exist_ok=True)
        shutil.copy(kept.with_name("as it was") / part, tmp_path / part)
    return tmp_path


def ledger(book, *words):
    return run_ledger(book, "new", *words)


def files(book):
    return {
        str(path): path.read_bytes()
        for path in book.rglob("*")
        if path.is_file() and "_build" not in path.parts and "__pycache__" not in path.parts
    }


def fill(path, answers=GOOD):
    """Answer every blank of a form, as an author does who types behind the colons."""
    lines, part = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        part = line.partition(":")[0] if re.match(r"\w", line) else part
        blank = re.match(r"^( *(?:- )?(\w+)):(?: \[\])?(?=\s+#)", line)
        holder = answers.get(part, {}) if line[:1] in (" ", "-") else answers
        answer = holder.get(blank[2]) if blank and isinstance(holder, dict) else None
        lines.append(f"{blank[1]}: {answer}" if isinstance(answer, str) else line)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def drafted(book, text, name="ferry_traffic"):
    """Write a CSV and have its form written; return the form's path."""
    path = book / "from.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    scaffold.table(name, path, book)
    return book / f"{name}.yml"


def started(book, text, **changed):
    """Start a table from a CSV's text: both runs, with the form filled in between."""
    form = drafted(book, text)
    fill(form, GOOD | changed)
    return scaffold.table(form.stem, book / "from.csv", book)


# --- both, built ----------------------------------------------------------------------------------


def test_started_chapters_and_a_started_table_build_without_a_warning(kept):
    before, toc = files(kept), (kept / "_toc.yml").read_bytes()
    for name, title in TITLES.items():
        code, said = ledger(kept, "chapter", name, title)
        assert code == 0 and f"chapters/{name}.md is written" in said and said.count("\n  ") >= 3, (
            said
        )
    entered = b"".join(f"  - file: chapters/{name}\r\n".encode() for name in TITLES)
    assert (kept / "_toc.yml").read_bytes() == toc.replace(
        b"  - file: chapters/verdicts", entered + b"  - file: chapters/verdicts"
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
    assert (kept / "data" / "ferry_traffic.csv").read_bytes().decode() == SORTED, (
        "sorted by key, with the line ends of the other tables"
    )
    own = {str(kept / part) for part in ("_toc.yml", "data/datapackage.json")}
    after = files(kept)
    assert {path for path in before if after[path] != before[path]} == own

    code, said = build(kept)
    assert code == 0 and "WARNING" not in said, said[-3000:]
    check_started_chapters(kept / "_build" / "html")
    check_started_table(kept)


def check_started_chapters(site):
    """Each has its title, one chart, one claim and one number, which is right."""
    output = (
        tables.load("output", ISLANDS / "data")
        .pivot(index="year", columns="country", values="output_usd")[["XAR", "XBE"]]
        .dropna()
        .iloc[-1]
    )
    for name, title in TITLES.items():
        page = (site / "chapters" / f"{name}.html").read_text(encoding="utf-8")
        heading = re.sub(
            r"<a class=\"headerlink.*?</a>", "", re.search(r"<h1>(.*?)</h1>", page, re.S)[1]
        )
        words = html.unescape(re.sub("</?span[^>]*>", "", heading))
        assert re.sub("[“”]", '"', words) == title
        assert (
            page.count("<figure") == 1
            and f'id="chart-{name}-first-chart"' in page
            and page.count("C03</a>") == 1
        )
        assert f">{output['XAR'] / output['XBE']:.1f}</span>" in page
        assert [
            record["name"]
            for record in json.loads((site / "numbers.json").read_text(encoding="utf-8"))
            if record["page"] == f"chapters/{name}"
        ] == ["first-number"]


def check_started_table(kept):
    """Its page has its rows, chapters can load it, and it is a valid Data Package."""
    page = kept / "_build" / "html" / f"{tables.page_path('ferry_traffic')}.html"
    assert "1.10" in page.read_text(encoding="utf-8")
    types = run_here(
        kept,
        """
        from ledger.core import tables
        print([str(t) for t in tables.load('ferry_traffic').dtypes])
        print(tables.describe('ferry_traffic')['schema']['primaryKey'])
        """,
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


# --- a chapter ------------------------------------------------------------------------------------


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
        ("output", "A title", "taken by the table output"),
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


@pytest.mark.slow
@pytest.mark.parametrize("steps", range(3))
def test_killed_between_any_two_steps_both_files_are_written_or_none(bare, steps):
    run = subprocess.run(
        [sys.executable, "-c", KILLED, str(bare), str(steps)],
        cwd=bare,
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
    """`make` is run for real, with the environment of these tests in place of the book's own, and a
    command that prints in place of the ledger's.
    """
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


# --- a CSV ----------------------------------------------------------------------------------------

RIDERS = "country,year,riders\nXAR,2001,8123.5\nXBE,2001,12.25\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace(",", " ,").replace("8123.5", '"8123.5"'),
        lambda text: text + "\n\n",
        lambda text: text.rstrip("\n"),
    ],
)
def test_the_same_rows_written_otherwise_give_the_same_table(bare, change):
    started(bare, change(RIDERS))
    assert (bare / "data" / "ferry_traffic.csv").read_bytes() == RIDERS.encode()
    assert list(tables.load("ferry_traffic", bare / "data")["riders"]) == [8123.5, 12.25]


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "no rows"),
        ("a,b\n", "no rows"),
        ("a,,b\n1,2,3\n", "row 1, value '': column 2 has no name"),
        ("a,b,a\n1,2,3\n", "row 1, value 'a': column 3 has no name"),
        ("a,b\n1,2\n1\n", "row 3, value '1': the row is empty, or has 1 cells and the header 2"),
        ("a,b\n1,2\n1,2,3\n", "row 3"),
        ("a,b\n1,2\n\n1,3\n", "row 3"),
        ("a,b\n1,2\n,\n", "row 3"),
        ('a,b\n1,"x\ny"\n', "row 2: a cell has a line break"),
        ('a,b\n1,"x\n', "quotation marks"),
        ("a;b\n1,5;2\n", "row 1, value 'a;b': its cells are not separated by commas"),
        ("a\tb\n1\t2\n", "not separated by commas"),
        ('a,b\n1,2\n3,"1,5"\n', "row 3, column b, value '1,5': the number"),
        ('a,b\n1,"1.234,5"\n', "column b, value '1.234,5': the number"),
        ("a,b\n1,1 234\n", "column b, value '1 234': the number"),
        ("a,b\n1,−5\n", "column b, value '−5': the number has another sign"),
        ("país,b\n1,2\n".encode("latin-1"), "row 1: byte 2 is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "column 1 has no name, an unprintable one"),
        ("a,b\n" + "1,2\n" * 500_000, "keep what chapters use"),
    ],
)
def test_a_csv_that_cannot_be_read_with_certainty_is_refused_by_row_and_column(bare, text, says):
    path = bare / "from.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = files(bare)
    with pytest.raises(importer.CsvError) as caught:
        scaffold.table("ferry_traffic", path, bare)
    assert says in str(caught.value) and "from.csv" in str(caught.value)
    assert "Save it as CSV in UTF-8" in str(caught.value)
    assert files(bare) == before


def draft(text, **more):
    """Return the form for a CSV's text, as YAML reads it."""
    header, *rows = [line.split(",") for line in text.splitlines()]
    content = importer.Content(header, rows)
    form = importer.draft_metadata("t", Path("from.csv"), content, "countries", {"XBE", "XAR"})
    return yaml.load(form, Loader=yaml.BaseLoader)


def test_the_form_has_what_is_certain_and_asks_the_rest():
    form = draft(
        "Year,Riders in km,iso,code,day,odd,yes,Ж,empty,7 up\n"
        + "".join(
            f"{2000 + i},1.{i}00,XBE,00{i},2001-02-0{i + 1},{'x' if i == 4 else i},true,1,,{i}\n"
            for i in range(8)
        )
    )
    schema = form["schema"]
    assert [(field["name"], field["type"]) for field in schema["fields"]] == [
        ("year", "integer"),
        ("riders_in_km", "number"),
        ("iso", "string"),
        ("code", "string"),
        ("day", "date"),
        ("odd", "string"),
        ("yes", "boolean"),
        ("", "integer"),
        ("empty", "string"),
        ("", "integer"),
    ]
    assert schema["foreignKeys"] == [
        {"fields": "iso", "reference": {"resource": "countries", "fields": "iso3"}}
    ]
    constraints = [field["constraints"] for field in schema["fields"]]
    assert constraints == [{"required": "true"}] * 8 + [{}] + [{"required": "true"}]
    answers = ("title", "description", "unit")
    assert not any(field.get(part) for field in schema["fields"] for part in answers), (
        "no unit is told from a name"
    )
    assert not any(form[part] for part in ("title", "description", "republication"))
    assert not any([*form["licenses"][0].values(), *form["sources"][0].values()])
    assert schema["primaryKey"] == []


def test_the_form_refers_to_the_table_of_countries_that_the_book_names(bare):
    edit(bare / "book.yml", "country_table: countries", "country_table: places")
    package = bare / "data" / "datapackage.json"
    text = package.read_text(encoding="utf-8")
    for before in ('"name": "countries"', '"resource": "countries"', '"path": "countries.csv"'):
        assert before in text
        text = text.replace(before, before.replace("countries", "places"))
    package.write_text(text, encoding="utf-8")
    (bare / "data" / "countries.csv").rename(bare / "data" / "places.csv")
    form = drafted(bare, RIDERS)
    schema = yaml.load(form.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)["schema"]
    assert schema["foreignKeys"] == [
        {"fields": "country", "reference": {"resource": "places", "fields": "iso3"}}
    ]


def test_the_command_on_the_form_can_be_typed_as_it_stands():
    path = Path("my folder", "it's $1.csv")
    content = importer.Content(["a"], [["1"]])
    line = importer.draft_metadata("t", path, content, "countries", set()).splitlines()[1]
    assert shlex.split(line.removeprefix("# ")) == ["make", "table", "NAME=t", f"CSV={path}"]


def test_a_file_that_is_no_form_is_not_taken_for_one(bare):
    (bare / "from.csv").write_text("a,b\n1,2\n")
    path = bare / "ferry_traffic.yml"
    for other in ("name: settings\ncolumns: 2\n", "", "\xff"):
        path.write_text(other, encoding="latin-1")
        with pytest.raises(importer.MetadataError, match="ferry_traffic.yml"):
            scaffold.table("ferry_traffic", bare / "from.csv", bare)
        assert path.read_text(encoding="latin-1") == other


# --- the form -------------------------------------------------------------------------------------


def test_every_blank_is_named_at_once_and_nothing_is_written(bare):
    drafted(bare, "a,b\n1,x\n")
    before = files(bare)
    with pytest.raises(importer.MetadataError, match="nothing was written") as caught:
        scaffold.table("ferry_traffic", bare / "from.csv", bare)
    assert files(bare) == before
    assert re.findall(r"^  (.+): blank$", str(caught.value), re.M) == [
        "title",
        "description",
        "republication",
        *(f"licenses[1].{part}" for part in GOOD["licenses"]),
        *(f"sources[1].{part}" for part in GOOD["sources"]),
        "schema.primaryKey",
        *(f"schema.fields[1].{part}" for part in ("title", "description", "unit")),
        *(f"schema.fields[2].{part}" for part in ("title", "description")),
    ]


@pytest.mark.parametrize(
    "before, after, says",
    [
        ("title: Passengers", "title: A {title} of", r"title: 'A \{title\} of .* without braces"),
        ("description: One row is a country", "description: '' #", "description: blank"),
        (
            "description: One row.*",
            "description: Short.",
            "description: 'Short.' is not text of 50",
        ),
        ("path: https://example.org/", "path: see there", r"sources\[1\].path: 'see there' is not"),
        ("name: CC-BY-4.0", "name: CC BY", "'CC BY' is not a short name"),
        ("retrieved: .*", "retrieved: 3.11.2026", "'3.11.2026' is not a day"),
        ("retrieved: .*", "retrieved: 2026-13-03", "month must be in 1..12"),
        ("  institution: .*\n", "", r"sources\[1\].institution: blank"),
        ("notes:", "remarks:", "remarks: unknown"),
        ("title: Pass", "title: [Pass", "not YAML in UTF-8; put text with a colon"),
        ("name: year", "name: Year", "'Year' is not lower-case letters"),
        ("type: integer", "type: whole", r"fields\[1\].type: 'whole' is not a type"),
        ("(?s)  - name: line.*required: true}\n", "", "6 for 7 columns"),
        ("name: year", "name: country", "country"),
        ("Key: .country, year.", "Key: [nothing]", "primary key .*nothing"),
        ("Key: .country, year.", "Key: country", "primaryKey: it must be as in an empty form"),
        (
            "Key: .country, year.",
            "Key: [country]",
            "row 3, column country, value 'XBE': duplicate key",
        ),
        ("Key: .country, year.", "Key: [share]", "row 2, column share.*required"),
        ("    unit: .*\n", "", "column passengers_thousand: .* no unit"),
        ("{required: true}", "{minimum: 2021}", "row 3, column year, value '2020'.*minimum"),
        ("{required: true}", "{minimum: soon}", "year: minimum has 'soon'"),
        ("{required: true}", "soon", "constraints: it must be as in an empty form"),
        ("fields: country, ref", "fields: line, ref", "row 2, column line, .*unknown code"),
    ],
)
def test_a_form_that_is_wrong_is_refused(bare, before, after, says):
    form = drafted(bare, FERRY)
    fill(form)
    text = form.read_text(encoding="utf-8")
    changed = re.sub(before, after, text, count=0 if before.startswith("    unit") else 1)
    assert changed != text
    form.write_text(changed, encoding="utf-8")
    package = (bare / "data" / "datapackage.json").read_bytes()
    with pytest.raises((importer.MetadataError, tables.TableError), match=f"(?s){says}"):
        scaffold.table("ferry_traffic", bare / "from.csv", bare)
    assert (bare / "data" / "datapackage.json").read_bytes() == package
    assert not (bare / "data" / "ferry_traffic.csv").exists()
    assert not list(bare.glob(".data.pending*"))


@pytest.mark.parametrize(
    "cell, kind",
    [
        ("99999999999999999999", "integer"),
        ("-9223372036854775809", "integer"),
        ("007", "integer"),
        ("9" * 5000, "integer"),
        ("1e400", "number"),
        ("INF", "number"),
        ("NaN123", "number"),
        ("TRUE", "boolean"),
        ("", "boolean"),
    ],
)
def test_a_cell_that_chapters_could_not_be_given_is_refused_by_row(bare, cell, kind):
    usual = {"integer": "9223372036854775807", "number": "1.5", "boolean": "true"}[kind]
    form = drafted(bare, f"country,riders\nXBE,{usual}\nXAR,{cell}\n")
    fill(form, GOOD | {"schema": GOOD["schema"] | {"primaryKey": "[country]"}})
    text = form.read_text(encoding="utf-8")
    head, riders = text[: text.index("- name: riders")], text[text.index("- name: riders") :]
    assert "type: string" in riders
    form.write_text(head + riders.replace("type: string", f"type: {kind}"), encoding="utf-8")
    with pytest.raises(
        importer.MetadataError, match="fields, riders: row 3 has .*correct the cell"
    ):
        scaffold.table("ferry_traffic", bare / "from.csv", bare)
    assert not (bare / "data" / "ferry_traffic.csv").exists()


def test_the_largest_numbers_that_fit_are_loaded_as_they_are(bare):
    started(
        bare,
        "country,riders\nXBE,9223372036854775807\nXAR,-9223372036854775808\n",
        schema=GOOD["schema"] | {"primaryKey": "[country]"},
    )
    assert list(tables.load("ferry_traffic", bare / "data")["riders"]) == [-(2**63), 2**63 - 1]


@pytest.mark.parametrize(
    "name, says",
    [
        ("", "lower-case"),
        ("Ferry", "lower-case"),
        ("ferry-traffic", "underscores"),
        ("output", "there already"),
        ("one", "name of chapters/one.md"),
        ("aux", "Windows"),
    ],
)
def test_a_table_that_cannot_be_is_refused(bare, name, says):
    (bare / "from.csv").write_text("a,b\n1,2\n")
    with pytest.raises(scaffold.ScaffoldError, match=says):
        scaffold.table(name, bare / "from.csv", bare)
    assert [path.name for path in sorted(bare.glob("*.yml"))] == ["_toc.yml", "book.yml"]


def test_a_csv_in_data_or_nowhere_is_refused(bare):
    (bare / "data" / "mine.csv").write_text("a,b\n1,2\n")
    with pytest.raises(scaffold.ScaffoldError, match="elsewhere"):
        scaffold.table("mine", bare / "data" / "mine.csv", bare)
    for path in (bare / "nowhere.csv", bare / "chapters"):
        with pytest.raises(importer.CsvError, match=f"{path.name}: there is no such file"):
            scaffold.table("ferry_traffic", path, bare)
