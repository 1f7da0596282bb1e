"""Promise: text, CSV, JSON and numbers are read in one spelling; what is otherwise is refused in
one line that names the place, what stands there and what to do.
"""

import pytest

from ledger.core.sources import strict
from ledger.core.sources.strict import FormError


def refused(read, *args, **options):
    """Return the message of what is refused."""
    with pytest.raises(FormError) as error:
        read(*args, **options)
    message = str(error.value)
    assert "\n" not in message and error.value.mend in message
    return message


@pytest.mark.parametrize("cell", [3, -2.5, "0", "-0.25", "1200", "1e6", "2.5E-3"])
def test_numbers(cell):
    assert strict.number(cell, "a.csv") == float(cell)


@pytest.mark.parametrize(
    "cell",
    ["1_000", "1,000", "1 000", "۱۲", "2000.", ".5", "007", "+1", " 1", "1e400", "1e-400"]
    + ["inf", "nan", "", None, True, float("nan"), float("inf"), [1]],
)
def test_no_numbers(cell):
    assert "a.csv, row 2: " in refused(strict.number, cell, "a.csv, row 2")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"Day,Price\n", "it has no rows"),
        (b"Day,Price\n1,2", "line 2: the last line has no end"),
        (b"Day,Price\n1,2\n3\n", "line 3: a row of 1 cells: '3'; expected 2"),
        (b"Day,Price\n1,2,3\n", "line 2: a row of 3 cells"),
        (b"Day,Price\n1,2\nDay,Price\n", "line 3: the header a second time"),
        (b"Day,Day\n1,2\n", "line 1: two columns are named 'Day'"),
        (b"Day;Price\n1;2\n", "line 1: the cells are parted by semicolons"),
        (b"Day\tPrice\n1\t2\n", "line 1: the cells are parted by tabs"),
        (b'Day,Price\n1,"2\n', "line 2: it is no CSV"),
        (b'Day,Price\n1,"2"3\n', "line 2: it is no CSV"),
        (b"Day,Price\n1,\xe92\n", "line 2: byte 0xe9 is not UTF-8"),
        ("Day,Price\n1,2\n".encode("utf-16"), "it is in UTF-16"),
        ("Day,Price\n1,2\n".encode("utf-16-le"), "it is in UTF-16"),
        (b"Day,Price\n1,2\x00\n", "line 2: the character U+0000"),
        ("Day,Price\n1,\u202e2\n".encode(), "line 2: the character U+202E"),
    ],
)
def test_what_is_no_plain_csv(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert message in refused(strict.csv_rows, path)


def test_a_plain_csv_with_a_mark_lines_above_and_a_cell_of_two_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfPrices\r\nDay;Price\r\n1;"2\r\nor 3"\r\n\r\n4;5')
    header, rows = strict.csv_rows(path, ";", skip=1, ended=False)
    assert header == ["Day", "Price"]
    assert rows == [(3, ["1", "2\r\nor 3"]), (6, ["4", "5"])]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": [1, 2', "it is no JSON, or cut short"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ("[NaN]", "NaN is no number"),
        ("[" * 100_000, "it is no JSON, or cut short"),
    ],
)
def test_what_is_no_plain_json(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_text(content)
    assert message in refused(strict.read_json, path)


def test_a_long_cell_is_shortened():
    assert len(strict.shown("x" * 131_073)) < 100


@pytest.mark.parametrize(
    "years, left_out, missing",
    [
        ([2001, 2002, 2003], (), ""),
        ([2003, 2001], (), "2002"),
        (["2001", "2005"], {2003}, "2002, 2004"),
        ([2001, 2003], {2002}, ""),
        ([2001], (), ""),
    ],
)
def test_a_year_that_is_missing_between_others_is_named(years, left_out, missing):
    if not missing:
        strict.refuse_gap("a.csv", years, left_out)
        return
    with pytest.raises(strict.FormError, match=rf"^a\.csv: nothing of {missing}; expected each"):
        strict.refuse_gap("a.csv", years, left_out)
