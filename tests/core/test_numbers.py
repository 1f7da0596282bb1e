"""Promise: what a cell publishes prints as meant, a sentence picks of a series what is there, and
what would print nothing is refused.
"""

import json

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from myst_nb.ext.glue import GLUE_PREFIX

from ledger.core import numbers, tables


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    """The chapter has loaded one table."""
    monkeypatch.setattr(tables, "loaded", {"output"})


def publish(function, *args, **kwargs):
    """Publish as a cell would; return what was displayed."""
    InteractiveShell.instance()
    with capture_output() as shown:
        function(*args, **kwargs)
    (output,) = shown.outputs
    return output


@pytest.mark.parametrize(
    "value, form, printed",
    [
        (2.1027, "{:.2f}", "2.10"),
        (np.float64(2.1027), "{:.2f}", "2.10"),
        (np.int64(12), "{}", "12"),
        (1518.2, "{:,.1f}", "1,518.2"),
        (0.0031, "{:.2%}", "0.31%"),
        (-3.5, "{:.1f}", "−3.5"),
        (7, "{:d}", "7"),
        (8.0, "{:d}", "8"),
        (1, "{:words}", "one"),
        (12.0, "{:words}", "twelve"),
        (13, "{:words}", "13"),
        (0, "{:words}", "0"),
        (2.5, "{:words}", "2.5"),
    ],
)
def test_prints(value, form, printed):
    output = publish(numbers.put, "a-number", value, form, table="output", unit="US$")
    assert output.data == {
        GLUE_PREFIX + "text/plain": printed,
        "text/plain": f"a-number: {printed} US$ (from output)",
    }
    assert output.metadata["scrapbook"]["name"] == "a-number"
    record = numbers.pick("a-number", json.loads(json.dumps(output.metadata["ledger"])))
    assert record["printed"] == printed and record["tables"] == ["output"]


@pytest.mark.parametrize(
    "name, value, form, says",
    [
        ("a-number", float("nan"), "{:.1f}", "nothing a sentence could print"),
        ("a-number", np.inf, "{:.1f}", "nothing"),
        ("a-number", 1.0, "", "prints ''"),
        ("a-number", 1.0, "about", "prints 'about'"),
        ("A number", 1.0, "{:.1f}", "lower-case"),
    ],
)
def test_refused(name, value, form, says):
    with pytest.raises(ValueError, match=says):
        numbers.put(name, value, form, table="output")


def test_a_number_names_a_table_that_was_loaded():
    with pytest.raises(tables.TableError, match="no such table"):
        numbers.put("a-number", 1.0, table="outputs")
    with pytest.raises(ValueError, match="name the table"):
        numbers.put("a-number", 1.0, table=[])
    with pytest.raises(ValueError, match="trade was not loaded here; loaded are: output"):
        numbers.put("a-number", 1.0, table="trade")


YEARS = pd.Series({2019: 2.4, 2020: 2.1854, 2021: float("nan")})


def series(values=YEARS, form="{:.1f}", **more):
    output = publish(numbers.series, "ratio", values, form, **{"table": "output"} | more)
    return json.loads(json.dumps(output.metadata["ledger"]))


@pytest.mark.parametrize(
    "reference, printed",
    [
        ("ratio[2020]", "2.2"),
        ("ratio[2020]:.3f", "2.185"),
        ("ratio[ 2019 ]:.0f", "2"),
    ],
)
def test_a_sentence_picks_a_value_of_a_series(reference, printed):
    record = numbers.pick(reference, series(unit="times"))
    assert (record["printed"], record["unit"], record["tables"]) == (printed, "times", ["output"])
    assert record["name"] == numbers.canonical(reference)


@pytest.mark.parametrize(
    "reference, says",
    [
        ("ratio[1914]", r"'ratio' has no value \[1914\]; it has 2019, 2020, 2021"),
        ("ratio[2021]", r"no figure for \[2021\]: it is missing in the data"),
        ("ratio", r"is a series: pick a value of it, by \[2019, 2020, 2021\]"),
        ("ratio[2020]:q", "prints nothing"),
        ("ratio[2020", "is no number: write name, name"),
    ],
)
def test_what_a_series_does_not_have_is_refused_with_what_it_has(reference, says):
    with pytest.raises(numbers.NumberError, match=says):
        numbers.pick(reference, series())


def test_keys_are_years_names_and_pairs():
    frame = pd.DataFrame({"Fish": [1.0, 2.0], "Ore and coal": [3.0, 4.0]}, index=[2005, 2019])
    assert numbers.pick("ratio[2019, Ore and coal]", series(frame))["printed"] == "4.0"
    assert numbers.pick("ratio[Arland]", series({"Arland": 12}, "{:d}"))["printed"] == "12"
    twice = pd.Series([1.0, 2.0], index=[2019, 2019])
    with pytest.raises(ValueError, match=r"the key \[2019\] is there twice"):
        series(twice)
    with pytest.raises(ValueError, match="it has no values"):
        series(pd.Series(dtype=float))


def test_one_number_has_no_keys():
    output = publish(numbers.put, "a-number", 1.0, table="output")
    with pytest.raises(numbers.NumberError, match="is one number, not a series"):
        numbers.pick("a-number[2019]", output.metadata["ledger"])


def test_the_table_goes_with_what_was_loaded():
    values = YEARS.copy()
    values.attrs["table"] = "output"
    assert series(values, table=None)["tables"] == ["output"]


def test_a_page_s_numbers_are_those_that_its_text_picks():
    page = "It was {num}`ratio[2020]`, then {num}`ratio[2020]:.3f`; {num}`other` is not there."
    records = numbers.picked(page, [series()])
    assert {name: record["printed"] for name, record in records.items()} == {
        "ratio[2020]": "2.2",
        "ratio[2020]:.3f": "2.185",
    }


def test_a_sentence_that_no_longer_holds_is_named():
    numbers.require(True, "both grew")
    with pytest.raises(AssertionError, match="a sentence no longer holds: both grew"):
        numbers.require(False, "both grew")


@pytest.mark.parametrize("wrong", ["5", True, float("inf")])
def test_a_value_of_a_series_that_is_no_number_is_named(wrong):
    with pytest.raises(ValueError, match=r"series 'ratio', \[2001\]: the value is"):
        series({2000: 1, 2001: wrong})


def test_a_missing_value_of_a_series_is_none():
    assert series({2000: 1, 2001: None, 2002: pd.NA})["values"] == {
        "2000": 1,
        "2001": None,
        "2002": None,
    }


def test_the_code_of_a_number_is_the_statement_and_what_it_publishes(tmp_path):
    cell = tmp_path / "cell.py"
    source = 'x = 1\nx = 2 * 3\ny = 1; put("n", x, table="output")\n'
    cell.write_text(source, encoding="utf-8")
    output = publish(exec, compile(source, str(cell), "exec"), {"put": numbers.put})
    code = output.metadata["ledger"]["code"]
    assert code == 'x = 2 * 3; put("n", x, table="output")'


def test_the_code_of_a_number_stands_in_one_line_without_the_rows_it_names(tmp_path):
    cell = tmp_path / "cell.py"
    source = (
        'put(\n    "n",\n    sum(\n        [1, 2]\n    ),\n    table="output",\n'
        '    rows={\n        "year": [\n            2015,\n        ],\n    },\n)\n'
    )
    cell.write_text(source, encoding="utf-8")
    output = publish(exec, compile(source, str(cell), "exec"), {"put": numbers.put})
    assert output.metadata["ledger"]["code"] == 'put("n", sum([1, 2]), table="output")'
    assert output.metadata["ledger"]["rows"] == {"output": {"year": ["2015"]}}


def test_a_hidden_character_in_a_unit_is_refused():
    with pytest.raises(ValueError, match="the unit: character 2 is invisible: U.200B"):
        publish(numbers.put, "gap", 1, table="output", unit="t\u200bonnes")
