"""Promise: `load` returns what the descriptor says, or one error that names table, row, column,
value and rule.
"""

import json
import shutil
import subprocess

import pandas as pd
import pytest
from small_book import ISLANDS

from ledger.core import tables
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
    assert "does not exist" in refused(data, "output").rule


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


def test_missing_descriptor_and_unknown_table(data):
    with pytest.raises(TableError, match="Known tables: .*output"):
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
