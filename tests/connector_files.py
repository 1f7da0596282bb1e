"""Help tests of connectors: files of an institution, changed or served, and what is read of them.

A store is a folder with one folder a source, as connectors take it; UPSTREAM is one of true files.
"""

import csv
import functools
import io

import openpyxl
import pandas as pd
import pytest
from institution import UPSTREAM, point

from ledger.core.sources import registry
from ledger.upkeep import download, manual_files

PAIR, OTHER = ("RUS", "IRN"), ("RUS", "TUR")
BOM = "\ufeff"  # a byte-order mark


@functools.cache
def _of_upstream(connector, pair):
    return connector(UPSTREAM, pair)


def of_upstream(connector, pair=PAIR):
    """Return what a connector reads of UPSTREAM for a pair.

    It reads once, for all tests: where a test patches the connector, it reads itself.
    """
    return _of_upstream(connector, pair).copy()


def original(name):
    """Return the bytes of a file in UPSTREAM."""
    return (UPSTREAM / name).read_bytes()


def text_of(name):
    """Return the text of a file in UPSTREAM, its line ends as they are."""
    content = original(name)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252")


def write(store, name, content):
    """Write one file of a store, and return the store."""
    path = store / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return store


def csv_bytes(rows, mark="", end="\n"):
    """Return rows, the header first, as a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows(rows)
    return (mark + text.getvalue()).encode()


def save_workbook(path, sheets):
    """Write a workbook of {sheet: rows}."""
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def with_cell(sheets, name, before, after):
    """Return the sheets of a workbook with one cell of sheet `name` changed."""
    number, place = next(
        (i, j) for i, row in enumerate(sheets[name]) for j, cell in enumerate(row) if cell == before
    )
    rows = [list(row) for row in sheets[name]]
    rows[number][place] = after
    return {**sheets, name: rows}


def fetch(name, server, store, pair=PAIR, **more):
    """Download a source from the server; return the edition that the connector names."""
    return download.download(point(name, server, **more), pair, store, say=lambda *_: None)


def give(name, files, store):
    """Import files that a person downloaded; return those that are known by their text."""
    return manual_files.import_files(registry.sources()[name], files, store)


def requests_of(server):
    """Return path and parameters of each request that the server has answered."""
    return [(request.path, dict(request.args)) for request, _ in server.log]


def fetch_fails(name, server, store, *parts, **more):
    """Download a source; the error names it and its address, and each of `parts`.

    Nothing stays in the store. Returns the message.
    """
    with pytest.raises(registry.FetchError) as error:
        fetch(name, server, store, **more)
    message = str(error.value)
    for part in (f"source {name}", "https://localhost", *parts):
        assert part in message, message
    assert not (store / name).exists()
    return message


def read_fails(connector, store, *parts):
    """Read a table; the error names each of `parts`."""
    with pytest.raises(ValueError) as error:
        connector(store, PAIR)
    for part in parts:
        assert part in str(error.value), str(error.value)


def same_rows(actual, expected, **near):
    """Check that two frames have the same rows, some at least, in whatever order."""
    assert list(actual.columns) == list(expected.columns)
    assert len(actual) == len(expected) > 0
    keys = [column for column in expected.columns if expected[column].notna().all()]
    actual, expected = (frame.sort_values(keys, ignore_index=True) for frame in (actual, expected))
    close = near or {"check_exact": True}
    pd.testing.assert_frame_equal(actual, expected, check_dtype=False, **close)


def same_tables(connectors, store, *pairs):
    """Check that connectors read of a store what they read of UPSTREAM."""
    for connector in connectors:
        for pair in pairs or (PAIR,):
            same_rows(connector(store, pair), of_upstream(connector, pair))


def no_rows(connector, pair):
    """Check that a pair has no rows, and the columns that this book's has."""
    frame = connector(UPSTREAM, pair)
    assert frame.empty and list(frame) == list(of_upstream(connector))
