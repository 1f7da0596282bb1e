"""How connectors open what institutions publish: text as text, workbooks read-only and for their values only, nothing that could run."""

from __future__ import annotations

import csv
import functools
import gzip
import logging
import re
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import pandas as pd

from ledger.core.sources.archives import archive_problem

if TYPE_CHECKING:
    from openpyxl import Workbook


class FormulaError(ValueError):
    """A cell holds a formula whose value the file does not store."""


LARGEST = 2_000_000_000  # bytes a workbook may unpack to


def csv_table(
    path: Path, columns: Iterable[str], numbers: Iterable[str] = (), **options
) -> pd.DataFrame:
    """Return the named columns of a CSV file; `numbers` are those of them that must hold numbers or nothing.

    `options` go to pandas.read_csv. A byte-order mark does not matter. Raises ValueError that names file and column, or file,
    row, column and value of the first cell that is no number, such as "1,5".
    """
    columns, numbers = list(columns), list(numbers)
    try:
        frame = pd.read_csv(path, **{"encoding": "utf-8-sig", "low_memory": False} | options)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{path.name}: it cannot be read as CSV ({error})") from None
    if missing := [column for column in columns if column not in frame.columns]:
        raise ValueError(
            f"{path.name}: it has no column {missing}; its header is {list(frame.columns)[:40]}"
        )
    if frame.empty:
        raise ValueError(f"{path.name}: it has no rows")
    for column in numbers:
        values = pd.to_numeric(frame[column], errors="coerce")
        wrong = values.isna() & frame[column].notna()
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise ValueError(
                f"{path.name}, row {row + 2}, column {column}: {frame[column].iloc[row]!r} is no number"
            )
        frame[column] = values
    return frame[columns]


def workbook(path: Path) -> Workbook:
    """Return a workbook, opened read-only and for its values: no formula is computed. Close it when done.

    Raises ValueError when the file is no workbook or unpacks to more than it may, or when a formula has no stored value, which
    would else be read as nothing.
    """
    import openpyxl

    if why := archive_problem(path, LARGEST):
        raise ValueError(f"{path.name}: {why}")
    try:
        _refuse_open_formulas(path)
        return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except FormulaError:
        raise
    except (
        KeyError,
        ValueError,
        zipfile.BadZipFile,
        ParseError,
    ) as error:  # defusedxml's refusals are ValueErrors
        raise ValueError(f"{path.name}: it cannot be read as a workbook ({error})") from None


def _refuse_open_formulas(path: Path) -> None:
    from defusedxml.ElementTree import iterparse

    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.lower().endswith(".xml") or not _may_hold_formulas(archive, name):
                continue
            with archive.open(name) as file:
                for _, cell in iterparse(file):
                    if _local(cell) == "c":
                        parts = {_local(part): part for part in cell}
                        value = parts.get("v")
                        if "f" in parts and (
                            value is None or not value.text and cell.get("t") != "str"
                        ):
                            raise FormulaError(
                                f"{path.name}, {name.rsplit('/', 1)[-1]}, cell {cell.get('r')}: a formula without a value; open the file in a spreadsheet and save it"
                            )
                        cell.clear()


def _local(element) -> str:
    return element.tag.rpartition("}")[2]  # whatever prefix the file has for the namespace


def _may_hold_formulas(archive: zipfile.ZipFile, name: str) -> bool:
    """Tell whether a part mentions an element f, or is in an encoding in which that cannot be seen: most workbooks are spared the reading."""
    with archive.open(name) as file:
        before = b""
        while piece := file.read(1 << 20):
            if re.search(rb"[<:]f[\s/>]|\0", before[-2:] + piece):
                return True
            before = piece
    return False


def sheet(book: Workbook, name: str, path: Path) -> list[tuple]:
    """Return the rows of one sheet as tuples of values, all of one length; a blank round the sheet's name does not matter. Raises ValueError when there is none."""
    found = [each for each in book.sheetnames if each.strip() == name.strip()]
    if len(found) != 1:
        raise ValueError(
            f"{path.name}: {len(found)} sheets are named {name!r}; there are {book.sheetnames}"
        )
    rows = list(book[found[0]].iter_rows(values_only=True))
    widest = max(map(len, rows), default=0)
    return [row + (None,) * (widest - len(row)) for row in rows]


@functools.cache
def countries():
    """Return country_converter's CountryConverter: countries by ISO codes, United Nations numbers, state numbers and names.

    It is given its own table as text, for with pandas 3 it takes Namibia's code NA for nothing and fails.
    """
    import country_converter

    table = pd.read_csv(
        Path(country_converter.__file__).with_name("country_data.tsv"),
        sep="\t",
        dtype=str,
        keep_default_na=False,
    )
    logging.getLogger("country_converter").setLevel(
        logging.ERROR
    )  # a name that is not found is for the caller to judge
    return country_converter.CountryConverter(
        country_data=table[table["obsolete"] == ""].assign(obsolete=None)
    )


NUMBER = r"-?\d+(\.\d+)?([eE][+-]?\d+)?"
MEMORY = "256MB"  # that DuckDB may use, beside what Python itself needs
THREADS = 2
BUFFER = 8_000_000  # bytes of text held at a time; a few of them at once


def filtered(
    paths: list[Path],
    columns: list[str],
    where: str,
    numbers: Iterable[str] = (),
    separator: str = ",",
) -> pd.DataFrame:
    """Return the rows of text files (or of text compressed with gzip) for which the SQL condition `where` holds, in the named columns and `file`.

    Files may be far larger than memory: DuckDB reads them in pieces and keeps the rows that are wanted. Values are text as they
    stand, those of `numbers` numbers. Letter case of the header does not matter. Raises ValueError that names file, column, row and
    value.
    """
    frames = []
    for path in paths:
        header = _header(path, separator)
        low = [name.lower() for name in header]
        if missing := [column for column in columns if column.lower() not in low]:
            raise ValueError(f"{path.name}: no column {missing}; header is {header}")
        theirs = {column: header[low.index(column.lower())] for column in columns}
        frames.append(
            _query(path, header, theirs, where, list(numbers), separator).assign(file=path.name)
        )
    return (
        pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*columns, "file"])
    )


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
    theirs: dict[str, str],
    where: str,
    numbers: list[str],
    separator: str,
) -> pd.DataFrame:
    import duckdb

    if len(set(map(str.lower, header))) != len(header):
        raise ValueError(f"{path.name}: a column stands twice in its header {header}")
    types = ", ".join(f"'{_escaped(name)}': 'VARCHAR'" for name in header)
    compressed = "gzip" if path.suffix == ".gz" else "none"
    scan = f"read_csv('{_escaped(path)}', auto_detect=false, header=true, delim='{separator}', quote='\"', escape='\"', nullstr='', columns={{{types}}}, compression='{compressed}', buffer_size={BUFFER})"
    wanted = ", ".join(f'"{theirs[column]}" as "{column}"' for column in theirs)
    try:
        with duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": THREADS,
                "temp_directory": "",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        ) as connection:
            # this file and no other, nothing from the network
            connection.execute(
                f"set enable_progress_bar = false; set allowed_paths = ['{_escaped(path)}']; set enable_external_access = false; set lock_configuration = true"
            )
            frame = connection.execute(f"select {wanted} from {scan} where {where}").df()
            for column in numbers:
                values = pd.to_numeric(
                    frame[column].where(frame[column].fillna("").str.fullmatch(NUMBER))
                )
                if (wrong := values.isna()).any():
                    value = frame.loc[wrong, column].iloc[0]
                    row = connection.execute(
                        f'select row from (select row_number() over () + 1 as row, * from {scan}) where {where} and "{theirs[column]}" is not distinct from ? limit 1',
                        [None if pd.isna(value) else value],
                    ).fetchone()[0]
                    raise ValueError(
                        f"{path.name}, row {row}, column {theirs[column]}: {'nothing' if pd.isna(value) else repr(value)} is no number"
                    )
                frame[column] = values
    except duckdb.Error as error:
        raise ValueError(
            f"{path.name}: it cannot be read as text with {separator!r} between values ({' '.join(str(error).split())[:300]})"
        ) from None
    return frame


def _escaped(name) -> str:
    return str(name).replace("'", "''")
