"""Promise: `load` returns what the descriptor says, or one error that names table, row, column,
value and rule.
"""

import csv
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import hypothesis
import pandas as pd
import pytest
from hypothesis import strategies
from small_book import ISLANDS

from ledger.core import table_files, tables, validation
from ledger.core.authored import cells
from ledger.core.authored.loaders import FileError, read_csv
from ledger.core.tables import TableError, accept, load

DATA = ISLANDS / "data"


@pytest.fixture
def data(tmp_path):
    """A copy of the made-up book's data that a test may spoil."""
    return shutil.copytree(DATA, tmp_path / "data")


def spoil(data, name, change):
    """Change the text of a table in place and return the rows before and after."""
    path = data / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(change(text), encoding="utf-8", newline="")
    return text


def spoil_cell(data, name, row, column, value):
    """Put `value` into one cell; `row` is counted as in an editor, the header being row 1."""
    path = data / f"{name}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.iloc[row - 2, frame.columns.get_loc(column)] = value
    frame.to_csv(path, index=False, lineterminator="\n")


def refused(data, name):
    with pytest.raises(TableError) as caught:
        load(name, data)
    assert caught.value.table == name
    assert f"table {name}" in str(caught.value)
    return caught.value


def test_every_table_loads_with_the_types_of_its_schema():
    for name in tables.names(DATA):
        frame = load(name, DATA)
        fields = tables.describe(name, DATA)["schema"]["fields"]
        assert list(frame.columns) == [field["name"] for field in fields] and len(frame) > 0
        kinds = {
            "string": {"str", "object"},
            "integer": {"int64", "Int64"},
            "number": {"float64"},
            "boolean": {"bool"},
            "date": {"datetime64[ns]", "datetime64[us]", "datetime64[s]"},
        }
        for field in fields:
            assert str(frame[field["name"]].dtype) in kinds[field["type"]], (name, field["name"])


def test_missing_column(data):
    spoil(data, "output", lambda text: text.replace("output_usd", "output", 1))
    error = refused(data, "output")
    assert error.column == "output_usd" and "missing" in error.rule


def test_extra_column(data):
    spoil(data, "output", lambda text: "\n".join(line + ",x" for line in text.splitlines()) + "\n")
    error = refused(data, "output")
    assert error.column == "x" and "unexpected column" in error.rule


def test_wrong_type(data):
    spoil_cell(data, "output", 4, "output_usd", "much")
    error = refused(data, "output")
    assert (error.row, error.column, error.value) == (
        4,
        "output_usd",
        "much",
    ) and "type" in error.rule


def test_not_a_number_is_a_wrong_type(data):
    spoil_cell(data, "output", 4, "output_usd", "nan")
    error = refused(data, "output")
    assert (error.row, error.column) == (4, "output_usd")


@pytest.mark.parametrize(
    "kind, cell",
    [
        *(("boolean", cell) for cell in ("FALSE", "False", "0", "no", "ja")),
        *(("integer", cell) for cell in ("1_000", "٣", "３", "0002", "2.", "2.0", "+2", "1,000")),
        *(("number", cell) for cell in ("1_000", "٣.٥", "00.5", ".5", "2.", "1e-400", "1e+999")),
        *(("number", cell) for cell in ("NaN", "inf", "1,000.5", " 1", "0x10")),
        *(
            ("date", cell)
            for cell in ("2026-11-31", "26-11-28", "2026-1-2", "28.11.2026", "２０26")
        ),
        *(("string", f"a{sign}b") for sign in "\0\x1b\x07\u202e\u2066\u200f\u2028\ufeff\u0085"),
    ],
)
def test_a_type_has_one_spelling(kind, cell):
    assert cells.cell_fault(kind, cell)


@pytest.mark.parametrize(
    "kind, cell",
    [
        ("boolean", "true"),
        ("integer", "-12"),
        ("number", "1.7e-05"),
        ("number", "0.0"),
        ("date", "2024-02-29"),
        ("string", "می‌خواهم «C’est» – ½"),
        ("string", "#1 of none, AT&T; a * b ** 2 {x}; Nan and null"),
        ("string", "«CAFÉ», Âge, São Tomé, ÂÊ, CÔTÉ»"),
        ("number", ""),
    ],
)
def test_what_is_spelt_right_is_taken(kind, cell):
    assert not cells.cell_fault(kind, cell)


@pytest.mark.parametrize("cell", ["=1+1", "a;=1+1", "a; @b", "\u200b-x", "＝1"])
def test_a_cell_that_a_spreadsheet_would_compute(cell):
    assert cells.starts_formula(cell)
    assert not cells.starts_formula("-1.5; +2e3; a = b")


def test_a_stray_quote_joins_no_cells(data):
    path = data / "countries.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1], lines[2] = f'"{lines[1]}', lines[2].replace(",", ',"', 1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert refused(data, "countries").rule.startswith("not CSV: ")


def test_a_header_without_rows(data):
    spoil(data, "countries", lambda text: text.splitlines(keepends=True)[0])
    assert refused(data, "countries").rule == "the table has no rows"


def test_a_message_quotes_no_whole_novel(data):
    spoil_cell(data, "countries", 3, "name", "\x07" * 131_073)
    assert len(str(refused(data, "countries"))) < 400


def test_a_gap_among_yes_and_no_stays_a_gap(data):
    text = "year,sure\n2001,true\n2002,\n2003,false\n"
    fields = [{"name": "year", "type": "integer"}, {"name": "sure", "type": "boolean"}]
    sure = tables._typed(text, fields)["sure"]
    assert sure.isna().tolist() == [False, True, False] and sure.sum() == 1
    resource = {"name": "a", "schema": {"fields": fields, "primaryKey": ["year"]}}
    frame = pd.DataFrame({"year": [2001, 2002], "sure": ["FALSE", None]})
    assert table_files.to_text(frame, resource) == "year,sure\n2001,false\n2002,\n"


def test_null_in_a_required_field(data):
    spoil_cell(data, "output", 5, "country", "")
    error = refused(data, "output")
    assert (error.row, error.column) == (5, "country") and "required" in error.rule


def test_duplicate_key(data):
    spoil(data, "output", lambda text: text + text.splitlines()[1] + "\n")
    error = refused(data, "output")
    assert "duplicate" in error.rule and error.row and error.value


def test_value_out_of_range(data):
    spoil_cell(data, "output", 3, "output_usd", "-1")
    error = refused(data, "output")
    assert (error.row, error.column, error.value) == (
        3,
        "output_usd",
        "-1",
    ) and "minimum" in error.rule


def test_unknown_country_code(data):
    spoil_cell(data, "output", 3, "country", "XAS")
    error = refused(data, "output")
    assert (error.row, error.column, error.value) == (
        3,
        "country",
        "XAS",
    ) and "countries" in error.rule


def test_unknown_unit(data):
    spoil_cell(data, "catches", 3, "unit", "furlongs")
    error = refused(data, "catches")
    assert (error.row, error.column, error.value) == (
        3,
        "unit",
        "furlongs",
    ) and "enum" in error.rule


def test_truncated_file(data):
    spoil(data, "output", lambda text: text[: len(text) // 2].rsplit("\n", 1)[0] + "\nXAR,20")
    assert "truncated" in refused(data, "output").rule


def test_file_cut_at_the_end_of_a_row(data):
    spoil(data, "output", lambda text: "\n".join(text.splitlines()[:-3]) + "\n")
    assert "hash" in refused(data, "output").rule


def test_row_cut_short(data):
    spoil(data, "output", lambda text: text.rsplit(",", 1)[0] + "\n")
    assert "cut short" in refused(data, "output").rule


def test_empty_file(data):
    spoil(data, "output", lambda text: "")
    assert "empty" in refused(data, "output").rule


def test_missing_file(data):
    (data / "output.csv").unlink()
    assert refused(data, "output").rule == "the file is missing"


def test_not_utf8(data):
    path = data / "claims.csv"
    path.write_bytes(path.read_bytes() + "Téhéran\n".encode("latin-1"))
    error = refused(data, "claims")
    assert "UTF-8" in error.rule and error.row


def test_changed_content_is_named_by_cell_where_git_knows_the_sealed_one(data):
    git = lambda *words: subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
        cwd=data,
        check=True,
        capture_output=True,
    )
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "data")
    before = load("output", data)["output_usd"].iloc[1]
    spoil_cell(data, "output", 3, "output_usd", str(int(before) + 1))
    message = str(refused(data, "output"))
    assert "row 3, column output_usd" in message and "python -m ledger rebuild" in message


def test_changed_content_without_git_names_the_table_and_what_to_do(data):
    before = load("output", data)["output_usd"].iloc[1]
    spoil_cell(data, "output", 3, "output_usd", str(int(before) + 1))
    assert "hash" in refused(data, "output").rule


def test_an_editors_line_ends_and_byte_order_mark_are_no_change(data):
    path = data / "output.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(load("output", data), load("output", DATA))


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda text: text[: len(text) // 2], "not JSON"),
        (lambda text: "[]", "lacks|Data Package"),
        (lambda text: text.replace('"resources"', '"tables"', 1), "lacks|Data Package"),
        (lambda text: text.replace('"hash": "sha256:', '"hash": "md5:', 1), "hash"),
        (lambda text: text.replace('"type": "integer"', '"type": "whole"', 1), "Data Package"),
        (lambda text: text.replace('"licenses"', '"license"', 1), "licenses"),
        (lambda text: text.replace('"unit"', '"einheit"'), "unit"),
    ],
)
def test_broken_descriptor(data, change, says):
    path = data / "datapackage.json"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(TableError, match=says):
        load("output", data)


def constrained(name, **constraints):
    """Return a change of a table's entry that constrains a column."""

    def change(entry):
        (field,) = [field for field in entry["schema"]["fields"] if field["name"] == name]
        field.update(constraints=constraints)

    return change


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda e: e.update(rows=e["rows"] + 1), "table output: the descriptor gives .* as rows"),
        (lambda e: e.update(bytes=11), "table output: the descriptor gives 11 as bytes, and the"),
        (lambda e: e.update(name="../../evil"), "the name '../../evil' is not small letters"),
        (lambda e: e.update(title="Output <script>"), "table output: the title has '<', with wh"),
        (lambda e: e.update(path="../output.csv"), "path .* is not (output.csv|safe)"),
        (
            lambda e: e.update(path=["output.csv"]),
            r"path \['output.csv'\] is not output.csv|Package",
        ),
        (lambda e: e["schema"].update(sortedBy="year"), "sortedBy is 'year' and not a list of its"),
        (lambda e: e["schema"].update(sortedBy=["moon"]), r"sortedBy is \['moon'\] and not a list"),
        (lambda e: e["schema"]["fields"][0].update(codes="iso3"), "the descriptor's codes are not"),
        (
            lambda e: e["schema"]["fields"][0].update(codes={"resource": "moons", "fields": "a"}),
            "there is no such table",
        ),
        (lambda e: e["schema"]["fields"][0].update(mayBeFuture="yes"), "mayBeFuture is neither tr"),
        (lambda e: e["schema"].update(primaryKey="year"), "primary key is 'year' and not a list"),
        (constrained("year", minimum=3, maximum=2), "minimum 3 is above its maximum 2"),
        (constrained("country", minLength=3, maxLength=2), "minLength 3 is above its maxLength"),
        (constrained("country", pattern="[A-Z"), "pattern is no regular expression"),
        (
            lambda e: e.update(connectors=["analysis.a:rows"] * 2),
            "the connector analysis.a:rows twice",
        ),
        (
            lambda e: e["schema"].update(
                foreignKeys=[{"fields": "moon", "reference": {"resource": "", "fields": "year"}}]
            ),
            "foreign key names 'moon', which is not a column|Package",
        ),
        (
            lambda e: e["schema"]["foreignKeys"][0]["reference"].update(fields="iso4"),
            "table output: the descriptor names the column 'iso4' of the table countries, which h",
        ),
        (
            lambda e: e["schema"]["fields"][0].update(
                codes={"resource": "countries", "fields": "moon"}
            ),
            "the column 'moon' of the table countries, which has",
        ),
        (lambda e: e.update(title=e["title"] + " "), "title '.* ' begins or ends with a blank"),
        (
            lambda e: e["schema"]["fields"][0].update(description="Whose it is.. Or was."),
            "description 'Whose it is.. Or was.' has two full stops. Remove one",
        ),
        (lambda e: e.update(description="Of  all."), "description 'Of  all.' has two blanks"),
        (
            lambda e: e["schema"]["fields"][-1].update(unit="tonness"),
            "column .*: the descriptor's unit 'tonness' is that of no other column, and near 'ton",
        ),
    ],
)
def test_a_descriptor_that_is_at_odds_with_its_table_or_the_machine(data, change, says):
    path = data / "datapackage.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(next(entry for entry in content["resources"] if entry["name"] == "output"))
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(TableError, match=says):
        load("output", data)


@pytest.mark.parametrize(
    "text, says",
    [
        ('{"resources": [{"name": "a", "title": "x", "title": "y"}]}', "'title', in the entry a"),
        ("[" * 100_000, "is not JSON in UTF-8"),
        ("\xff", "is not JSON"),
    ],
)
def test_a_descriptor_that_two_programs_would_read_two_ways(data, text, says):
    (data / "datapackage.json").write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=says):
        load("output", data)


def test_missing_descriptor_and_unknown_table(data):
    with pytest.raises(TableError, match="Did you mean output[?] Known tables: .*output"):
        load("outputs", data)
    (data / "datapackage.json").unlink()
    with pytest.raises(TableError, match="does not exist"):
        load("output", data)


def test_seal_accepts_a_meant_change_of_a_hand_kept_table(data):
    spoil_cell(data, "claims", 2, "confidence", "low")
    assert "accept claims" in str(refused(data, "claims"))
    accept("claims", data)
    assert load("claims", data)["confidence"].iloc[0] == "low"


def test_seal_writes_unix_line_ends_and_leaves_other_tables_alone(data):
    path = data / "claims.csv"
    before = json.loads((data / "datapackage.json").read_text(encoding="utf-8"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    accept("claims", data)
    assert path.read_bytes() == (DATA / "claims.csv").read_bytes()
    assert json.loads((data / "datapackage.json").read_text(encoding="utf-8")) == before


def test_seal_refuses_a_table_that_breaks_its_schema(data):
    spoil_cell(data, "claims", 2, "verdict", "true enough")
    before = (data / "datapackage.json").read_bytes()
    with pytest.raises(TableError, match="true enough"):
        accept("claims", data)
    assert (data / "datapackage.json").read_bytes() == before


def test_seal_refuses_a_table_that_a_reader_builds(data):
    with pytest.raises(TableError, match="built by .*archipelago.sources"):
        accept("output", data)


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """A copy of the made-up book's data under git, as a checkout has it."""
    folder = shutil.copytree(DATA, tmp_path_factory.mktemp("checkout") / "data")
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "data"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", tables.names(DATA))
def test_one_changed_cell_of_any_table_is_refused_and_named(committed, name):
    """The cell gets another value of its own column, so that nothing but the hash can tell."""
    path = committed / f"{name}.csv"
    sealed = path.read_text(encoding="utf-8")
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    keys = tables.describe(name, DATA)["schema"]["primaryKey"]
    column = [c for c in frame.columns if c not in keys and frame[c].nunique() > 1][-1]
    row = len(frame) // 2
    other = frame[column][frame[column] != frame[column][row]].iloc[0]
    try:
        spoil_cell(committed, name, row + 2, column, other)
        message = str(refused(committed, name))
        assert f"row {row + 2}, column {column}" in message and repr(other) in message
    finally:
        path.write_text(sealed, encoding="utf-8", newline="")


@pytest.mark.parametrize(
    "kind, cell",
    [
        ("integer", "9223372036854775808"),
        ("integer", "-0"),
        ("number", "-0.00"),
        *(("string", cell) for cell in ("of\ufb01ce", "\uff12\uff10", "\ufee2", "\U0001d400")),
        ("string", " a"),
        ("string", "a\u00a0b"),
        ("string", "e\u0301"),
        ("string", "a" * 32_768),
        *(("string", cell) for cell in ("#N/A", "#REF!", "#DIV/0!", "#####", "nan", "None")),
        *(("string", cell) for cell in ("a &amp; b", "a&nbsp;b", "it&#39;s")),
        *(
            ("string", cell)
            for cell in ("see {num}`total`", "it **did**", "[a](https://b.example)")
        ),
        *(("string", cell) for cell in ("wasnâ€™t", "QuÃ©bec", "5Â°", "Ð˜Ñ€Ð°Ð½", "Qu\ufffdbec")),
    ],
)
def test_what_would_be_another_value_or_another_name_is_refused(kind, cell):
    assert cells.cell_fault(kind, cell)


PERIODS = {
    "name": "periods",
    "schema": {
        "primaryKey": ["date"],
        "fields": [
            {"name": "date", "type": "date"},
            {"name": "date_end", "type": "date"},
            {"name": "parties", "type": "string", "constraints": {"pattern": "[A-Z]+(; [A-Z]+)*"}},
        ],
    },
}
CODES = {"resource": "states", "fields": "code", "others": ["EU"]}
EVENTS = {
    "name": "happenings",
    "schema": {
        "primaryKey": ["event_id"],
        "sortedBy": ["date", "number"],
        "fields": [
            {"name": "event_id", "type": "string"},
            {"name": "date", "type": "date"},
            {"name": "precision", "type": "string"},
            {"name": "parties", "type": "string", "codes": CODES},
            {"name": "number", "type": "string"},
            {"name": "start_year", "type": "integer"},
            {"name": "plan_year", "type": "integer", "mayBeFuture": True},
        ],
    },
}
EVENTS_TEXT = (
    "event_id,date,precision,parties,number,start_year,plan_year\n"
    "2019-a,2019-01-01,year,ARL; EU,O9,1999,2062\n2019-06-b,2019-06-01,month,,O9,,\n"
    "2020-02-03-c,2020-02-03,day,ARL,O9,,\n"
)


@pytest.mark.parametrize(
    "row, column, says",
    [
        ("2024-02-02,2024-02-01,A", "date_end", "the period ends before it begins, on 2024-02-02"),
        ("2024-02-02,,A; B; A", "parties", "A is named twice. Remove one"),
    ],
)
def test_a_period_has_its_days_in_order_and_a_list_each_part_once(row, column, says):
    text = "date,date_end,parties\n2024-01-01,2024-01-01,A; AB\n"
    validation.check_table(text, PERIODS, lambda name: "")
    with pytest.raises(TableError, match=says) as refusal:
        validation.check_table(f"{text}{row}\n", PERIODS, lambda name: "")
    assert (refusal.value.row, refusal.value.column) == (3, column)


@pytest.mark.parametrize(
    "row, column, says",
    [
        ("2020-02-03-d,2020-02-03,day,ARL; ARX,O10,,", "parties", "unknown code ARX: neither tabl"),
        ("2020-02-04-d,2020-02-03,day,,O10,,", "event_id", "Begin it with 2020-02-03-"),
        ("2020-02-d,2020-02-03,day,,O10,,", "event_id", "Begin it with 2020-02-03-"),
        ("2020-03-03-d,2020-03-01,month,,O10,,", "event_id", "Begin it with 2020-03-"),
        ("2020-03-d,2020-03-02,month,,O10,,", "date", "not its first day. Write 2020-03-01, or"),
        ("2021-d,2021-03-01,year,,O10,,", "date", "known to the year, and not its first day"),
        ("2020-02-03-d,2020-02-03,day,,O8,,", "date, number", "below 2020-02-03, O9, and rows ar"),
        ("2020-02-02-d,2020-02-02,day,,O9,,", "date, number", "in order of date, number"),
        ("2062-02-03-d,2062-02-03,day,,O10,,", "date", "still to come: today is"),
        ("2020-02-03-d,2020-02-03,day,,O10,2062,", "start_year", "still to come: today is"),
    ],
)
def test_dates_codes_and_order_of_rows_agree_with_what_the_descriptor_says(row, column, says):
    def states(name):
        return f"code\n{'ARL' if name == 'states' else 'ARX'}\n"

    right = f"{EVENTS_TEXT}2020-02-03-d,2020-02-03,day,ARL,O10,2020,2063\n"
    validation.check_table(right, EVENTS, states)
    with pytest.raises(TableError, match=re.escape(says)) as refusal:
        validation.check_table(f"{EVENTS_TEXT}{row}\n", EVENTS, states)
    assert (refusal.value.row, refusal.value.column) == (5, column)


def test_a_load_asks_the_table_that_has_the_codes_of_a_list(data):
    content = json.loads((data / "datapackage.json").read_text(encoding="utf-8"))
    events = next(entry for entry in content["resources"] if entry["name"] == "events")
    field = next(each for each in events["schema"]["fields"] if each["name"] == "domain")
    field["codes"] = {"resource": "countries", "fields": "iso3", "others": ["sea", "overall"]}
    (data / "datapackage.json").write_text(json.dumps(content), encoding="utf-8")
    error = refused(data, "events")
    assert (error.column, error.value) == ("domain", "trade") and error.row == 5


def test_a_code_has_the_digits_of_codes(data):
    spoil_cell(data, "landings", 2, "landing_id", "L-١٠١")
    assert refused(data, "landings").rule == "a code has the digits 0 to 9 alone"


@pytest.mark.parametrize(
    "change, says, hint",
    [
        (lambda raw: raw.replace(b",", b";"), "are parted by semicolons", "Save the file with"),
        (
            lambda raw: raw.replace(b",", b"\t"),
            "the cells are parted by tabs",
            "Save the file with",
        ),
        (lambda raw: raw.decode().encode("utf-16"), "the file is UTF-16", "Save it as UTF-8"),
        (lambda raw: b"PK\x03\x04" + raw, "the file is a workbook", "Save it as UTF-8"),
        (
            lambda raw: b"<<<<<<< HEAD\n" + raw + b"=======\n" + raw + b">>>>>>> theirs\n",
            "git left the marks of a merge",
            "Take a side (git checkout --ours",
        ),
        (
            lambda raw: raw.replace(b"\n", b"\n" + b"x" * 131_073, 1),
            "characters|field limit",
            "32,767",
        ),
    ],
)
def test_a_file_of_another_form_is_told_as_such(data, change, says, hint):
    path = data / "claims.csv"
    path.write_bytes(change(path.read_bytes()))
    error = refused(data, "claims")
    assert re.search(says, error.rule) and hint in str(error) and len(str(error)) < 400


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.decode().encode("utf-16"),
        lambda raw: b"PK\x03\x04" + raw,
        lambda raw: raw + b"\xe9\n",
        lambda raw: raw + b"\0\n",
        lambda raw: b"<<<<<<< HEAD\n" + raw,
        lambda raw: raw.replace(b",", b";"),
    ],
)
def test_a_load_says_what_the_check_of_all_files_says(data, change):
    path = data / "output.csv"
    path.write_bytes(change(path.read_bytes()))
    error = refused(data, "output")
    with pytest.raises(FileError) as said:
        read_csv(data.parent, f"{data.name}/output.csv")
    assert f"{error.rule}. {error.hint}" == said.value.problem and error.row == said.value.line


def test_a_table_that_is_gone_is_told_with_its_users(data):
    (data.parent / "chapters").mkdir()
    (data.parent / "chapters" / "one.md").write_text('load("output")\n', encoding="utf-8")
    (data / "output.csv").unlink()
    error = refused(data, "output")
    assert error.rule == "the file is missing"
    assert error.hint == ("Restore it: git checkout -- data/output.csv. chapters/one.md need it.")


def test_what_is_read_without_types_agrees_with_its_descriptor_too(data):
    path = data / "datapackage.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    next(entry for entry in content["resources"] if entry["name"] == "claims")["rows"] += 1
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(TableError, match="as rows"):
        tables.read_rows("claims", data)


@pytest.mark.parametrize(
    "kind, values, text",
    [
        ("string", ["08", "1"], "08 1"),
        ("string", [8.0, 1.0], TableError),
        ("integer", ["08", "１"], "08 １"),  # which the check of the text refuses
        ("integer", [8.0, None], "8 "),
        ("integer", [8.5, 1], TableError),
        ("integer", [True, 1], "True 1"),
        ("number", ["1_000", "1"], "1_000 1"),
        ("date", ["2026-11-281", "2026-11-28"], "2026-11-281 2026-11-28"),
        ("date", list(pd.to_datetime(["2026-11-28", "2026-11-29"])), "2026-11-28 2026-11-29"),
    ],
)
def test_the_spelling_of_a_connector_is_checked_and_not_guessed(kind, values, text):
    fields = [{"name": "row", "type": "integer"}, {"name": "cell", "type": kind}]
    resource = {"name": "a", "schema": {"fields": fields, "primaryKey": ["row"]}}
    frame = pd.DataFrame({"row": [1, 2], "cell": pd.Series(values, dtype=object)})
    if text is TableError:
        with pytest.raises(TableError, match="table a, column cell"):
            table_files.to_text(frame, resource)
    else:
        lines = table_files.to_text(frame, resource).splitlines()[1:]
        assert " ".join(line.partition(",")[2] for line in lines) == text


SIGNS = [*" ,;\"'\n\r\t0123456789-+.eE=@aZ|_", "true", "\0", "\u202e", "\u00a0", "\ufeff", "٣", "é"]
MIXED = {
    "name": "mixed",
    "schema": {
        "primaryKey": ["row"],
        "missingValues": [""],
        "fields": [
            {"name": "row", "type": "integer", "constraints": {"required": True}},
            {"name": "number", "type": "number"},
            {"name": "yes", "type": "boolean"},
            {"name": "day", "type": "date"},
            {"name": "words", "type": "string"},
        ],
    },
}
GOOD = "row,number,yes,day,words\n1,1.5,true,2026-11-28,a\n2,,,,\n3,2e-05,false,2024-02-29,é\n"


@hypothesis.settings(max_examples=150)
@hypothesis.given(
    strategies.integers(0, len(GOOD)),
    strategies.integers(0, 3),
    strategies.lists(strategies.sampled_from(SIGNS), max_size=4).map("".join),
)
def test_a_spoilt_text_is_right_or_told_in_one_line(at, gone, added):
    """What is taken is loaded, and written again as it was: nothing is read another way."""
    text = GOOD[:at] + added + GOOD[at + gone :]
    try:
        validation.check_table(text, MIXED, lambda name: "")
    except TableError as error:
        assert error.table == "mixed" and error.rule and len(str(error).splitlines()) <= 2
        return
    frame = tables._typed(text, MIXED["schema"]["fields"])
    again = table_files.to_text(frame, MIXED)
    cells = [sorted(csv.reader(each.splitlines())) for each in (text, again)]
    assert [[_value(cell) for cell in row] for row in cells[0]] == [
        [_value(cell) for cell in row] for row in cells[1]
    ]


def _value(cell):
    return float(cell) if re.fullmatch(r"-?\d+(\.\d+)?(e[+-]\d+)?", cell) else cell


@hypothesis.settings(max_examples=100)
@hypothesis.given(strategies.binary(max_size=60), strategies.integers(0, 200))
def test_spoilt_bytes_are_right_or_told_in_one_line(raw, at):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "countries.csv")
        good = (DATA / "countries.csv").read_bytes()
        path.write_bytes(good[:at] + raw + good[at:])
        try:
            text = table_files.read_text("countries", path)
            validation.check_table(text, tables.describe("countries", DATA), lambda name: "")
        except TableError as error:
            assert len(str(error).splitlines()) <= 2
        else:
            assert text.encode() == path.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(
                b"\r\n", b"\n"
            )
