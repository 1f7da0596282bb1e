"""Promise: of a number are named the rows that its cell says, narrowed by the key that is picked,
or the one row that holds it; where neither is known, none.
"""

import pandas as pd
import pytest
from small_book import ISLANDS

from ledger.build import number_rows
from ledger.core import numbers, tables


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    """The chapter has loaded two tables of the made-up book."""
    read = tables.read_rows
    monkeypatch.setattr(tables, "loaded", {"output", "trade"})
    monkeypatch.setattr(tables, "read_rows", lambda name: read(name, ISLANDS / "data"))
    number_rows._rows.cache_clear()
    yield
    number_rows._rows.cache_clear()


def publish(monkeypatch, function, *args, **kwargs):
    """Publish as a cell would; return what travels in its output."""
    contents = []
    monkeypatch.setattr(
        numbers, "glue", lambda name, printed, shown, content: contents.append(content)
    )
    function(*args, **kwargs)
    return contents[0]


def origins(reference, content):
    return number_rows.origins(reference, content, numbers.pick(reference, content))


def test_a_filter_of_values_ranges_and_keys_finds_its_rows(monkeypatch):
    frame = pd.read_csv(ISLANDS / "data" / "output.csv")
    values = frame.pivot(index="year", columns="country", values="output_usd").stack() / 1e9
    content = publish(
        monkeypatch, numbers.series, "output", values, "{:.1f}", table="output", rows={}
    )
    (origin,) = origins("output[2015, XAR]", content)
    assert origin["filter"] == {"year": ["2015"], "country": ["XAR"]}
    assert origin["rows"] == [{"country": "XAR", "year": "2015", "output_usd": "41700000000"}]
    assert number_rows.query(origin["filter"]) == "year=2015&country=XAR"

    content = publish(
        monkeypatch,
        numbers.series,
        "rise",
        {"early": 3.0, "late": 4.0},
        table="output",
        rows={"country": "XAR", "year": {"early": "..2015", "late": ["2016", 2017]}},
    )
    (origin,) = origins("rise[early]", content)
    assert (origin["count"], origin["of"]) == (2, len(frame))
    (origin,) = origins("rise[late]", content)
    assert [row["year"] for row in origin["rows"]] == ["2016", "2017"]


def test_where_nothing_is_said_only_the_row_that_holds_the_value_is_named(monkeypatch):
    frame = pd.read_csv(ISLANDS / "data" / "output.csv")
    held = frame.set_index(["country", "year"])["output_usd"] / 1e6
    content = publish(monkeypatch, numbers.series, "held", held, table="output")
    (origin,) = origins("held[XAR, 2015]", content)
    assert origin["filter"] == {"country": ["XAR"], "year": ["2015"]}
    content = publish(monkeypatch, numbers.series, "double", 2 * held, table="output")
    (origin,) = origins("double[XAR, 2015]", content)
    assert origin["filter"] is None and not origin["rows"]
    content = publish(monkeypatch, numbers.put, "alone", 41700, table="output")
    assert origins("alone", content)[0]["filter"] is None, "any row could hold a number by chance"


@pytest.mark.parametrize(
    "table, rows, says",
    [
        ("output", {"land": "XAR"}, "table output has no column land"),
        (["output", "trade"], {"year": 2015}, "say of each table which rows"),
        (["output", "trade"], {"output": {"flow": "export"}}, "table output has no column flow"),
    ],
)
def test_a_filter_that_no_table_could_follow_is_refused(table, rows, says):
    with pytest.raises(ValueError, match=says):
        numbers.put("wrong", 1, table=table, rows=rows)


@pytest.mark.parametrize(
    "cell, wanted, fits",
    [
        ("2015", "2015", True),
        ("2015", "2015..2019", True),
        ("2020", "2015..2019", False),
        ("95", "..100", True),
        ("2015-03-01", "2015-02-28..", True),
        ("", "..", False),
    ],
)
def test_matches(cell, wanted, fits):
    assert number_rows.matches(cell, wanted) is fits
