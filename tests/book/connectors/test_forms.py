"""Promise: a connector reads its institution's form, and where that changed it gives the right rows
all the same, or one line that names the place, what stands there and what to do; never fewer rows.
"""

import functools
import importlib
import re
import tempfile
from pathlib import Path

import pytest
import spoil
from connector_files import PAIR, same_rows, write

from ledger.core.sources.strict import FormError

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("fixtures/[a-z]*.py"))
FIXTURES = {name: importlib.import_module(f"fixtures.{name}") for name in NAMES}
CASES = [
    (name, way)
    for name, fixture in FIXTURES.items()
    for way, case in fixture.CASES.items()
    if not isinstance(case, str)
]
# the first of each connector and of each way; `make test-slow` tries the others
FIRST = {value: case for case in reversed(CASES) for value in case}
SOME = set(FIRST.values())


def stored(fixture, folder, contents=None):
    """Write the files of a fixture, some with other contents, and return the store."""
    for file, form in fixture.FILES.items():
        write(folder, file, (contents or {}).get(file) or form.content())
    return folder


@functools.cache
def whole_rows(fixture, read, pair):
    """Return what a connector reads of its made-up files as they are."""
    with tempfile.TemporaryDirectory() as folder:
        return read(stored(fixture, Path(folder)), pair)


def check_same(fixture, store, pair):
    """Check that the connectors read of a store what they read of the files as they are."""
    for read in fixture.CONNECTORS:
        same_rows(read(store, pair), whole_rows(fixture, read, pair))


def patch(fixture, monkeypatch):
    for (module, name), value in getattr(fixture, "PATCHES", {}).items():
        monkeypatch.setattr(module, name, value)
    return getattr(fixture, "PAIR", PAIR)


@pytest.mark.parametrize("name", NAMES)
def test_the_made_up_files_give_their_rows(name, monkeypatch):
    fixture = FIXTURES[name]
    pair = patch(fixture, monkeypatch)
    expected = fixture.ROWS
    expected = expected if isinstance(expected, dict) else {fixture.CONNECTORS[0]: expected}
    for read in fixture.CONNECTORS:
        rows = whole_rows(fixture, read, pair)
        rows = rows.astype(object).where(rows.notna(), None).values.tolist()
        assert rows and rows == expected.get(read, rows)


@pytest.mark.parametrize("name", NAMES)
def test_every_way_of_change_is_tried_or_has_a_reason(name):
    cases = FIXTURES[name].CASES
    assert [way for way in spoil.WAYS if way not in cases] == []
    assert all(len(reason) > 15 for reason in cases.values() if isinstance(reason, str))


@pytest.mark.parametrize(
    ("name", "way"),
    [case if case in SOME else pytest.param(*case, marks=pytest.mark.slow) for case in CASES],
)
def test_a_changed_form(name, way, tmp_path, monkeypatch):
    fixture = FIXTURES[name]
    pair = patch(fixture, monkeypatch)
    file, change, outcome, *reader = fixture.CASES[way]
    content = change(fixture.FILES[file])
    content = content.content() if isinstance(content, spoil.Form) else content
    assert content != fixture.FILES[file].content()
    store = stored(fixture, tmp_path / "changed", {file: content})
    if outcome == spoil.SAME:
        check_same(fixture, store, pair)
        return
    (read,) = reader or [reader_of(fixture, file)]
    refused(read, store, pair, Path(file).name, outcome)


@pytest.mark.parametrize("name", NAMES)
def test_files_that_are_not_there_are_named(name, tmp_path, monkeypatch):
    fixture = FIXTURES[name]
    pair, folders = patch(fixture, monkeypatch), {file.split("/")[0] for file in fixture.FILES}
    for read in fixture.CONNECTORS:
        with pytest.raises(FileNotFoundError) as error:
            read(tmp_path, pair)
        assert any(folder in str(error.value) for folder in folders)


CSV_FILES = [
    (name, file)
    for name, fixture in FIXTURES.items()
    for file, form in fixture.FILES.items()
    if form.separator
]


@pytest.mark.parametrize(("name", "file"), CSV_FILES)
def test_what_a_spreadsheet_does_to_a_csv(name, file, tmp_path, monkeypatch):
    """A mark before the text and ends of Windows do not matter; other separators are named."""
    fixture = FIXTURES[name]
    pair, form = patch(fixture, monkeypatch), fixture.FILES[file]
    check_same(fixture, stored(fixture, tmp_path / "marked", {file: spoil.marked(form)}), pair)
    parted = stored(fixture, tmp_path / "parted", {file: spoil.parted_otherwise(form)})
    refused(reader_of(fixture, file), parted, pair, Path(file).name, "parted by")


NUMBERS = [(name, file) for name, each in FIXTURES.items() for file in getattr(each, "NUMBERS", {})]


@pytest.mark.parametrize(("name", "file"), NUMBERS)
def test_a_number_has_one_spelling(name, file, tmp_path, monkeypatch):
    fixture = FIXTURES[name]
    pair, before = patch(fixture, monkeypatch), fixture.NUMBERS[file]
    for place, odd in enumerate(spoil.ODD_NUMBERS):
        content = spoil.cell(before, odd)(fixture.FILES[file]).content()
        store = stored(fixture, tmp_path / str(place), {file: content})
        refused(reader_of(fixture, file), store, pair, Path(file).name, f"{odd!r} is no number")


def reader_of(fixture, file):
    """Return the function that reads a file: the first, unless the fixture says another."""
    return getattr(fixture, "READ_BY", {}).get(file, fixture.CONNECTORS[0])


def refused(read, store, pair, file, outcome):
    """Check that a connector refuses a store in one line with the file, the words and a mend."""
    with pytest.raises(FormError) as error:
        read(store, pair)
    message = str(error.value)
    assert file in message and error.value.mend in message
    assert "\n" not in message and len(message) < 700
    for words in [outcome] if isinstance(outcome, str) else outcome:
        assert words in message, message
    assert not re.search(r"Traceback|Error\(|<class|numpy", message)
