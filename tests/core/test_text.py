"""Promise: numbers, dates, lists and plurals are written as they stand in prose."""

import datetime

import pytest

from ledger.core import text


@pytest.mark.parametrize(
    "value, form, printed",
    [
        (1234.5, "{:,.0f}", "1,234"),
        (-1234.56, "{:,.1f}", "−1,234.6"),
        (0.126, "{:.0%}", "13%"),
        (-0.0, "{:,.0f}", "0"),
        (-0.04, "{:.1f}", "0.0"),
        (-0.3, "{:+.0f} points", "0 points"),
        (-0.004, "{:.0%}", "0%"),
        (-0.05, "{:.2f}", "−0.05"),
        (-0.0004, "{:.0e}", "−4e−04"),
        (-1000, "{:,.0f}", "−1,000"),
    ],
)
def test_number(value, form, printed):
    assert text.number(value, form) == printed


def test_signed():
    assert [text.signed(value) for value in (5, -5)] == ["+5", "−5"]


@pytest.mark.parametrize(
    "value, printed",
    [(3.0, "3"), (1e22, "10000000000000000000000"), (0.1, "0.1"), (1 / 3, "0.333333333333")],
)
def test_plain(value, printed):
    assert text.plain(value) == printed


@pytest.mark.parametrize(
    "iso, printed",
    [
        ("2026-11-02", "2 November 2026"),
        ("2026-11", "November 2026"),
        ("2026", "2026"),
        (datetime.date(2026, 1, 31), "31 January 2026"),
        (datetime.datetime(2026, 1, 31, 12), "31 January 2026"),
    ],
)
def test_date(iso, printed):
    assert text.date(iso) == printed


@pytest.mark.parametrize(
    "parts, printed", [([], "none"), (["a"], "a"), ([1, 2], "1 and 2"), ("abc", "a, b and c")]
)
def test_listing(parts, printed):
    assert text.listing(parts) == printed


def test_plural():
    assert [text.plural(n, "table") for n in (0, 1, 1200)] == [
        "0 tables",
        "1 table",
        "1,200 tables",
    ]
    assert text.plural(2, "entry", "entries") == "2 entries"


@pytest.mark.parametrize(
    "words, printed",
    [
        ("Iran's drones, the Forum's members' sales", "Iran’s drones, the Forum’s members’ sales"),
        ("an 'Axis' (the 'new' one)", "an ‘Axis’ (the ‘new’ one)"),
        ("none", "none"),
    ],
)
def test_typographic(words, printed):
    assert text.typographic(words) == printed
