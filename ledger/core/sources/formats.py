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

if TYPE_CHECKING:
    from openpyxl import Workbook


class FormulaError(ValueError):
    """A cell holds a formula whose value the file does not store."""


MAX_UNPACKED = 2_000_000_000  # bytes of a workbook
NUMBER = r"-?\d+(\.\d+)?([eE][+-]?\d+)?"
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
    path: Path, columns: Iterable[str], numbers: Iterable[str] = (), **options
) -> pd.DataFrame:
    """Return the named columns of a CSV file, with or without a byte-order mark.

    Parameters
    ----------
    path
        The file.
    columns
        Names of the columns, which must all be there.
    numbers
        Those of them that hold numbers or nothing.
    **options
        Passed to pandas.read_csv.

    Raises
    ------
    ValueError
        Names file and column, or file, row, column and value of the first cell that is no number,
        such as "1,5".
    """
    columns = list(columns)
    try:
        frame = pd.read_csv(path, **{"encoding": "utf-8-sig", "low_memory": False} | options)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{path.name}: it cannot be read as CSV ({error})") from None
    if missing := [column for column in columns if column not in frame.columns]:
        header = list(frame.columns)[:40]
        raise ValueError(f"{path.name}: it has no column {missing}; its header is {header}")
    if frame.empty:
        raise ValueError(f"{path.name}: it has no rows")
    for column in numbers:
        cells = frame[column].reset_index(drop=True)
        values = pd.to_numeric(cells, errors="coerce")
        refuse_cells(path, cells, values.isna() & cells.notna(), "is no number")
        frame[column] = values.to_numpy()
    return frame[columns]


def refuse_cells(path: Path, column: pd.Series, wrong: pd.Series, problem: str) -> None:
    """Raise ValueError for the first `wrong` cell in a column of a CSV file.

    The index of `column` counts the rows of the file from 0, with or without gaps.
    """
    if wrong.any():
        row = wrong.idxmax()
        value = getattr(column[row], "item", lambda: column[row])()  # of numpy's types: Python's
        text = "nothing" if pd.isna(value) else repr(value)
        raise ValueError(f"{path.name}, row {row + 2}, column {column.name}: {text} {problem}")


# --- workbooks ------------------------------------------------------------------------------------


def open_workbook(path: Path) -> Workbook:
    """Open a workbook read-only and for its values: no formula is computed. Close it when done.

    Raises
    ------
    ValueError
        The file is no workbook, or unpacks to more than MAX_UNPACKED.
    FormulaError
        A formula has no stored value, and would be read as an empty cell.
    """
    import openpyxl

    if problem := archive_problem(path, MAX_UNPACKED):
        raise ValueError(f"{path.name}: {problem}")
    try:
        _refuse_open_formulas(path)
        return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except FormulaError:
        raise
    # defusedxml's refusals are ValueErrors
    except (KeyError, ValueError, zipfile.BadZipFile, ParseError) as error:
        raise ValueError(f"{path.name}: it cannot be read as a workbook ({error})") from None


def sheet_rows(book: Workbook, name: str, path: Path) -> list[tuple]:
    """Return the rows of one sheet as tuples of values, all of one length.

    Blanks round the sheet's name do not matter. Raises ValueError unless one sheet has the name.
    """
    names = [title for title in book.sheetnames if title.strip() == name.strip()]
    if len(names) != 1:
        raise ValueError(
            f"{path.name}: {len(names)} sheets are named {name!r}; there are {book.sheetnames}"
        )
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
                raise FormulaError(
                    f"{path.name}, {sheet}, cell {cell}: a formula without a value; open the file "
                    "in a spreadsheet and save it"
                )


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
    ValueError
        Names file, row, column and value.
    """
    frames = []
    for path in paths:
        header = _header(path, separator)
        lower = [name.lower() for name in header]
        if missing := [column for column in columns if column.lower() not in lower]:
            raise ValueError(f"{path.name}: no column {missing}; header is {header}")
        if len(set(lower)) != len(header):
            raise ValueError(f"{path.name}: duplicate column in its header {header}")
        spelled = {column: header[lower.index(column.lower())] for column in columns}
        frame = _query(path, header, spelled, where, list(numbers), separator)
        frames.append(frame.assign(file=path.name))
    if not frames:
        return pd.DataFrame(columns=[*columns, "file"])
    return pd.concat(frames, ignore_index=True)


def _header(path: Path, separator: str) -> list[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            line = file.readline(1 << 20)
        return next(csv.reader([line], delimiter=separator), [])
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise ValueError(f"{path.name}: it cannot be read ({error})") from None


def _query(
    path: Path,
    header: list[str],
    spelled: dict[str, str],
    where: str,
    numbers: list[str],
    separator: str,
) -> pd.DataFrame:
    """Run the query on one file; `spelled` has each column's name as its header spells it."""
    import duckdb

    scan = _scan(path, header, separator)
    selected = ", ".join(f'"{spelled[column]}" as "{column}"' for column in spelled)
    try:
        with _connection(path) as connection:
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
                    text = "nothing" if cell is None else repr(cell)
                    raise ValueError(
                        f"{path.name}, row {row}, column {spelled[column]}: {text} is no number"
                    )
                frame[column] = pd.to_numeric(frame[column])
    except duckdb.Error as error:
        reason = " ".join(str(error).split())[:300]
        raise ValueError(
            f"{path.name}: it cannot be read as text with {separator!r} between values ({reason})"
        ) from None
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


def _connection(path: Path):
    """Return a connection to DuckDB that reads this file and no other, and not the network."""
    import duckdb

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
        f"allowed_paths = ['{_escaped(path)}']",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")
    return connection


def _escaped(name: str | Path) -> str:
    return str(name).replace("'", "''")
