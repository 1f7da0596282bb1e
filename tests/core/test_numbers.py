"""Promise: what `numbers.put` accepts prints as meant, and what would print nothing is refused."""

import json

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from myst_nb.ext.glue import GLUE_PREFIX

from ledger.core import numbers, tables


def put(*args, **kwargs):
    """Put a number as a cell would and return what was displayed."""
    InteractiveShell.instance()
    with capture_output() as shown:
        numbers.put(*args, **kwargs)
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
    ],
)
def test_prints(value, form, printed):
    output = put("a-number", value, form, table="output", unit="US$")
    assert output.data == {
        GLUE_PREFIX + "text/plain": printed,
        "text/plain": f"a-number: {printed} US$ (from output)",
    }
    record = output.metadata["ledger"]
    assert (
        record["printed"] == printed
        and record["tables"] == ["output"]
        and output.metadata["scrapbook"]["name"] == "a-number"
    )
    json.dumps(record)


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


def test_a_number_needs_a_known_table():
    with pytest.raises(tables.TableError, match="no such table"):
        numbers.put("a-number", 1.0, table="gpd")
    with pytest.raises(ValueError, match="name the table"):
        numbers.put("a-number", 1.0, table=[])
