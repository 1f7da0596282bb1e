"""Read CSV, text and workbooks of institutions: values only, and nothing that could run."""

from __future__ import annotations

import csv
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import pandas as pd

from ledger.core.sources.archives import archive_problem
from ledger.core.sources.strict import (
    CONTROL,
    DIGITS,
    NO_CONTROL,
    NUMBER,
    FormError,
    check_header,
    check_separator,
    csv_rows,
    decoded,
    shown,
)

if TYPE_CHECKING:
    from openpyxl import Workbook


MAX_UNPACKED = 2_000_000_000  # bytes of a workbook
MEMORY = "256MB"  # of DuckDB, beside what Python needs
THREADS = 2
BUFFER = 8_000_000  # bytes of text that DuckDB holds at a time; a few of them at once


def only_file(folder: Path, pattern: str) -> Path:
    """Return the one file in `folder` whose name fits; raise FileNotFoundError for none or more."""
    paths = sorted(folder.glob(pattern))
    if len(paths) == 1:
        return paths[0]
    names = f": {[path.name for path in paths]}" if paths else ""
    raise FileNotFoundError(
        f"{folder.name}: {len(paths)} files in {folder} are named {pattern}{names}; one is needed"
    )


# --- CSV ------------------------------------------------------------------------------------------


def read_csv(
    path: Path,
    columns: Iterable[str],
    numbers: Iterable[str] = (),
    *,
    ended: bool = True,
    **options,
) -> pd.DataFrame:
    """Return the named columns of a CSV file, with or without a byte-order mark.

    Columns may stand in any order, and there may be more. An empty cell is a missing value, and
    nothing else is: "NA" is Namibia.

    Parameters
    ----------
    path
        The file.
    columns
        Names of the columns, which must all be there.
    numbers
        Those of them that hold numbers or nothing.
    ended
        As of `strict.csv_rows`.
    **options
        Passed to pandas.read_csv.

    Raises
    ------
    FormError
        Names file and column, or file, row, column and value of the first cell that is no number,
        such as "1,5"; and what `strict.csv_rows` refuses.
    """
    columns, numbers = list(columns), list(numbers)
    lines = options.get("sep", ","), options.get("skiprows", 0)
    header, _ = csv_rows(path, *lines, ended=ended, control=True)
    as_text = {column: str for column in numbers if column in header}
    settings = {"encoding": "utf-8-sig", "low_memory": False, "keep_default_na": False}
    settings |= {"na_values": [""]} if "keep_default_na" not in options else {}
    settings |= options | ({} if options.get("dtype") is str else {"dtype": as_text})
    frame = pd.read_csv(path, **settings)
    if missing := [column for column in columns if column not in frame.columns]:
        found = f"it has no column {missing}; its header is {header[:40]}"
        raise FormError(path.name, found, "every column that the connector reads")
    for column in numbers:
        cells = frame[column].reset_index(drop=True)
        cells = cells.mask(cells == "")
        wrong = cells.notna() & ~cells.fillna("").str.fullmatch(NUMBER)
        refuse_cells(path, cells, wrong, "is no number", DIGITS)
        frame[column] = _as_numbers(cells).to_numpy()
    frame = frame[columns]
    for column in frame.columns[[dtype.kind not in "iufb" for dtype in frame.dtypes]]:
        cells = frame[column].reset_index(drop=True)
        wrong = cells.astype("str").str.contains(CONTROL).fillna(False).astype(bool)
        refuse_cells(path, cells, wrong, "has a control character", NO_CONTROL)
    return frame


def _as_numbers(cells: pd.Series) -> pd.Series:
    """Return cells that are numbers or missing as integers where all are, otherwise as floats."""
    whole = cells.notna().all() and cells.str.fullmatch("-?[0-9]{1,18}").all()
    return cells.map(int if whole else float, na_action="ignore").astype(
        "int64" if whole else float
    )


def refuse_cells(
    path: Path, column: pd.Series, wrong: pd.Series, problem: str, expected: str = ""
) -> None:
    """Raise FormError for the first `wrong` cell in a column of a CSV file.

    The index of `column` counts the rows of the file from 0, with or without gaps.
    """
    if wrong.any():
        row = wrong.idxmax()
        value = getattr(column[row], "item", lambda: column[row])()  # of numpy's types: Python's
        text = shown(None if pd.isna(value) else value)
        place = f"{path.name}, row {row + 2}, column {column.name}"
        raise FormError(place, f"{text} {problem}", expected)


def refuse_early_end(path: Path, column: pd.Series, last: str) -> None:
    """Raise FormError unless a file in alphabetical order ends where the whole one does."""
    if (found := column.iloc[-1]) != last:
        place = f"{path.name}, row {len(column) + 1}, column {column.name}"
        raise FormError(place, f"the file ends at {shown(found)}", f"{last!r} at the end")


# --- workbooks ------------------------------------------------------------------------------------


def open_workbook(path: Path) -> Workbook:
    """Open a workbook read-only and for its values: no formula is computed. Close it when done.

    Raises
    ------
    FormError
        The file is no workbook, or unpacks to more than MAX_UNPACKED; or a formula has no stored
        value, and would be read as an empty cell.
    """
    import openpyxl

    if problem := archive_problem(path, MAX_UNPACKED):
        raise FormError(path.name, problem, "a workbook (.xlsx)")
    try:
        _refuse_open_formulas(path)
        return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except FormError:
        raise
    # defusedxml's refusals are ValueErrors
    except (KeyError, ValueError, zipfile.BadZipFile, ParseError) as error:
        found = f"it cannot be read as a workbook ({error})"
        raise FormError(path.name, found, "a workbook (.xlsx)") from None


def sheet_rows(book: Workbook, name: str, path: Path) -> list[tuple]:
    """Return the rows of one sheet as tuples of values, all of one length.

    Blanks round the sheet's name do not matter. Raises FormError unless one sheet has the name.
    """
    names = [title for title in book.sheetnames if title.strip() == name.strip()]
    if len(names) != 1:
        found = f"{len(names)} sheets are named {name!r}; there are {book.sheetnames}"
        raise FormError(path.name, found, "one sheet of this name")
    rows = list(book[names[0]].iter_rows(values_only=True))
    width = max(map(len, rows), default=0)
    return [row + (None,) * (width - len(row)) for row in rows]


def _refuse_open_formulas(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.lower().endswith(".xml") or not _may_hold_formulas(archive, name):
                continue
            if cell := next(_open_formulas(archive, name), None):
                sheet = name.rsplit("/", 1)[-1]
                place = f"{path.name}, {sheet}, cell {cell}"
                mend = "Open the file in a spreadsheet and save it."
                raise FormError(place, "a formula without a value", "values", mend)


def _may_hold_formulas(archive: zipfile.ZipFile, name: str) -> bool:
    """Tell whether a part mentions an element f, or has an encoding in which that cannot be seen.

    Most workbooks have none, and are not parsed twice.
    """
    with archive.open(name) as file:
        before = b""
        while piece := file.read(1 << 20):
            if re.search(rb"[<:]f[\s/>]|\0", before[-2:] + piece):
                return True
            before = piece
    return False


def _open_formulas(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    """Give the addresses of the cells whose formula has no stored value."""
    from defusedxml.ElementTree import iterparse

    with archive.open(name) as file:
        for _, cell in iterparse(file):
            if _local(cell) != "c":
                continue
            parts = {_local(part): part for part in cell}
            value = parts.get("v")
            empty = value is None or not value.text and cell.get("t") != "str"
            if "f" in parts and empty:
                yield cell.get("r")
            cell.clear()


def _local(element) -> str:
    return element.tag.rpartition("}")[2]  # whatever prefix the file has for the namespace


# --- R --------------------------------------------------------------------------------------------


def read_r(path: Path, table: str) -> pd.DataFrame:
    """Return a data frame of a file of R (.rda, .RData); raise FormError for what is none."""
    import pyreadr

    try:
        objects = pyreadr.read_r(path)
    except Exception as error:  # pyreadr's own types, by version
        found = f"it cannot be read as a file of R ({error})"
        raise FormError(path.name, found, "a whole file of R") from None
    if table not in objects:
        raise FormError(path.name, f"no table {table}; it has {sorted(objects)}", "that table")
    return objects[table]


# --- text larger than memory ----------------------------------------------------------------------


def query_text(
    paths: list[Path],
    columns: list[str],
    where: str,
    numbers: Iterable[str] = (),
    separator: str = ",",
) -> pd.DataFrame:
    """Return the rows of text files, plain or gzipped, for which a condition of SQL holds.

    DuckDB reads them in pieces, so they may be far larger than memory.

    Parameters
    ----------
    paths
        The files, of one form.
    columns
        Names of the columns; letter case of the header does not matter.
    where
        The condition.
    numbers
        Those of the columns that hold numbers; the others are text as it stands.
    separator
        The character between values.

    Returns
    -------
    DataFrame
        The columns, and `file` with the file's name.

    Raises
    ------
    FormError
        Names file, row, column and value.
    """
    if not paths:
        return pd.DataFrame(columns=[*columns, "file"])
    frames = []
    with _connection(paths) as connection:
        for path in paths:
            spelled, scan = _columns(path, columns, separator)
            frame = _query(connection, path, scan, spelled, where, list(numbers), separator)
            frames.append(frame.assign(file=path.name))
    return pd.concat(frames, ignore_index=True)


def _columns(path: Path, columns: list[str], separator: str) -> tuple[dict[str, str], str]:
    """Return how the header spells each column, and DuckDB's table function for the file."""
    header = _header(path, separator)
    lower = [name.lower() for name in header]
    if missing := [column for column in columns if column.lower() not in lower]:
        found = f"no column {missing}; header is {header[:40]}"
        raise FormError(path.name, found, "every column that the connector reads")
    spelled = {column: header[lower.index(column.lower())] for column in columns}
    return spelled, _scan(path, header, separator)


def _header(path: Path, separator: str) -> list[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as file:
            line = file.readline(1 << 20)
    except (OSError, EOFError, zlib.error) as error:
        raise FormError(path.name, f"it cannot be read ({error})", "a whole file") from None
    text, place = decoded(line, path.name), f"{path.name}, line 1"
    check_separator(place, text, separator)
    header = next(csv.reader([text], delimiter=separator), [])
    check_header(place, [name.lower() for name in header])
    return header


def _query(
    connection,
    path: Path,
    scan: str,
    spelled: dict[str, str],
    where: str,
    numbers: list[str],
    separator: str,
) -> pd.DataFrame:
    """Run the query on one file; `spelled` has each column's name as its header spells it."""
    import duckdb

    selected = ", ".join(f'"{spelled[column]}" as "{column}"' for column in spelled)
    try:
        frame = connection.execute(f"select {selected} from {scan} where {where}").df()
        for column in numbers:
            is_number = frame[column].fillna("").str.fullmatch(NUMBER)
            if not is_number.all():
                value = frame.loc[~is_number, column].iloc[0]
                cell = None if pd.isna(value) else value
                row = connection.execute(
                    f"select row from (select row_number() over () + 1 as row, * from {scan}) "
                    f'where {where} and "{spelled[column]}" is not distinct from ? limit 1',
                    [cell],
                ).fetchone()[0]
                place = f"{path.name}, row {row}, column {spelled[column]}"
                raise FormError(place, f"{shown(cell)} is no number", DIGITS)
            frame[column] = pd.to_numeric(frame[column])
    except duckdb.Error as error:
        reason = " ".join(str(error).split())[:300]
        found = f"it cannot be read as text with {separator!r} between values ({reason})"
        raise FormError(path.name, found, "as many cells in each row as the header has") from None
    return frame


def _scan(path: Path, header: list[str], separator: str) -> str:
    """Return DuckDB's table function for a file, with every column as text."""
    types = ", ".join(f"'{_escaped(name)}': 'VARCHAR'" for name in header)
    options = {
        "auto_detect": "false",
        "header": "true",
        "delim": f"'{separator}'",
        "quote": "'\"'",
        "escape": "'\"'",
        "nullstr": "''",
        "columns": f"{{{types}}}",
        "compression": "'gzip'" if path.suffix == ".gz" else "'none'",
        "buffer_size": str(BUFFER),
    }
    listed = ", ".join(f"{name}={value}" for name, value in options.items())
    return f"read_csv('{_escaped(path)}', {listed})"


def _connection(paths: list[Path]):
    """Return a connection to DuckDB that reads these files and no other, and not the network."""
    import duckdb

    allowed = ", ".join(f"'{_escaped(path)}'" for path in paths)
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    for setting in (
        "enable_progress_bar = false",
        f"allowed_paths = [{allowed}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")
    return connection


def _escaped(name: str | Path) -> str:
    return str(name).replace("'", "''")
