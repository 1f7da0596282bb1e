"""SIPRI's Military Expenditure Database: its workbook of all countries."""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from analysis.connectors.sipri.states import check_party, state_code
from ledger.core.sources import formats
from ledger.core.sources.strict import FormError, number, shown

FILE = "SIPRI-Milex-data*.xlsx"  # the years are part of the name
FIRST_YEAR = 1991
LAST = "YEM"  # the row at the end of each sheet
COMPARED = ["IRN", "ISR", "RUS", "SAU", "TUR", "USA"]
COLUMNS = ["country", "year", "source", "measure", "unit", "value", "quality"]
# pattern of the sheet's name, and what the lines above its header say
CONSTANT = (r"Constant \(\d{4}\) US\$", "US$m", "constant")
CURRENT = (r"Current US\$", "US$m", "current")
SHARE = (r"Share of GDP", "percentage", "grossdomesticproduct")
NO_FIGURE = ("", "xxx")  # "..." (no data) and "xxx" (no such state)

Figures = dict[tuple[str, int], tuple[float, str]]  # (country, year) → value, quality


def military_spending(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return military expenditure by country and year from 1991.

    The year in the name of the sheet of constant prices need not be that of its prices (a workbook
    that says 2023 has prices of 2022), so the base year is the one in which its figures equal
    those of the sheet of current prices.

    Parameters
    ----------
    upstream
        Folder with `sipri-milex/`, the workbook.
    pair
        ISO 3166 codes of the two countries; COMPARED are read too.

    Returns
    -------
    DataFrame
        COLUMNS; one row a country, year and measure: `constant_usd` in whole US$ at constant
        prices, `share_of_gdp` in per cent. `quality` is what the colour of a figure says:
        `estimate` (blue), `highly uncertain` (red) or `reported`.

    Raises
    ------
    FormError
        Names sheet and cell that are not as expected.
    FileNotFoundError
        There is no workbook, or more than one.
    """
    path = formats.only_file(upstream / "sipri-milex", FILE)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Workbook contains no default style")
        book = formats.open_workbook(path)
    codes = sorted({*COMPARED, *pair})
    try:
        constant, current, share = (
            _sheet(book, path, form, codes) for form in (CONSTANT, CURRENT, SHARE)
        )
    finally:
        book.close()
    _check_fractions(path, share)
    unit = f"US$ at constant {_base_year(path, constant, current)} prices and exchange rates"
    rows = [
        (code, year, "SIPRI", "constant_usd", unit, round(value * 1e6), quality)
        for (code, year), (value, quality) in constant.items()
    ]
    rows += [
        (code, year, "SIPRI", "share_of_gdp", "% of GDP", round(value * 100, 6), quality)
        for (code, year), (value, quality) in share.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _check_fractions(path: Path, share: Figures) -> None:
    high = {key: value for key, (value, _) in share.items() if value > 1}
    if len(high) > len(share) / 20:  # a state at war may spend more than its GDP
        key, value = next(iter(high.items()))
        place = f'{path.name}, sheet "Share of GDP"'
        raise FormError(place, f"{value} for {key} is no fraction", "parts of one")


def _base_year(path: Path, constant: Figures, current: Figures) -> int:
    """Return the one year in which constant and current US$ are equal for every country."""
    equal: dict[int, bool] = {}
    for key in constant.keys() & current.keys():
        close = abs(constant[key][0] - current[key][0]) < 0.01
        equal[key[1]] = equal.get(key[1], True) and close
    bases = sorted(year for year, all_close in equal.items() if all_close)
    if len(bases) != 1:
        found = f"constant and current US$ are equal in {bases}"
        raise FormError(path.name, found, "one year, the base")
    return bases[0]


def _sheet(book, path: Path, form: tuple[str, str, str], codes: list[str]) -> Figures:
    """Return the figures of one sheet, of the countries in `codes` and from 1991."""
    pattern, unit, kind = form
    names = [name for name in book.sheetnames if re.fullmatch(pattern, name.strip())]
    if len(names) != 1:
        found = f"{len(names)} sheets are named like {pattern}; there are {book.sheetnames}"
        raise FormError(path.name, found, "one")
    where = f'{path.name}, sheet "{names[0]}"'
    rows = book[names[0]].iter_rows()
    header = _header(rows, where, unit, kind)
    name_column = [_text(value) for value in header].index("Country")
    years = _years(header, where)
    figures: Figures = {}
    found: set[str | None] = set()
    for row, cells in _states(rows, name_column, years, where):
        name = _text(row[name_column].value)
        place = f"{where}, row {row[name_column].row}"
        check_party(name, place)
        code = state_code(name)  # None is of a state of the past, or the European Union
        if code in found - {None}:
            raise FormError(where, f"duplicate row for {code}", "a row a state")
        found.add(code)
        for year, cell in cells.items() if code in codes else ():  # others are not compared
            if (value := _value(cell, f"{where}, {name}, {year}")) is not None:
                figures[code, year] = (value, _quality(cell, where))
    if missing := {*COMPARED, LAST} - found:
        found = f"no row for {sorted(missing)}, or SIPRI spells the name in another way"
        raise FormError(where, found, "each compared country, and the last of the sheet")
    return figures


def _states(
    rows: Iterator[tuple], name_column: int, years: dict[int, int], where: str
) -> Iterator[tuple[tuple, dict]]:
    """Give the rows of states with their cells by year; not headings, nor notes without figures."""
    for row in rows:
        name = _text(row[name_column].value) if len(row) > name_column else ""
        cells = {year: row[column] for column, year in years.items() if column < len(row)}
        if any(cell.value is not None for cell in cells.values()):
            if not name:
                row_number = next(cell.row for cell in cells.values() if cell.value is not None)
                raise FormError(
                    f"{where}, row {row_number}", "figures without a country", "its name"
                )
            yield row, cells


def _header(rows: Iterator[tuple], where: str, unit: str, kind: str) -> list:
    """Return the values of the header row; the lines above it must name unit and kind."""
    above = ""
    for row in rows:
        values = [cell.value for cell in row]
        if "Country" in map(_text, values):
            break
        above += "".join("".join(_text(value).split()) for value in values)
    else:
        raise FormError(where, 'no header that starts with "Country"', "that header")
    if unit.lower() not in above.lower() or kind.lower() not in above.lower():
        found = f"the lines above the header do not say {unit} and {kind}: {above[:200]!r}"
        raise FormError(where, found, "the unit")
    return values


def _years(header: list, where: str) -> dict[int, int]:
    """Return the years from 1991 by column; a sheet must have every year up to its last."""
    years = {i: int(value) for i, value in enumerate(header) if isinstance(value, (int, float))}
    listed = list(years.values())
    consecutive = listed == list(range(listed[0], listed[0] + len(listed))) if listed else False
    if not consecutive or listed[0] > FIRST_YEAR:
        found = f"years in the header are {listed}"
        raise FormError(where, found, f"every year from {FIRST_YEAR} or earlier")
    return {column: year for column, year in years.items() if year >= FIRST_YEAR}


def _value(cell, where: str) -> float | None:
    """Return the number in a cell, None where there is none."""
    if cell.value is None or isinstance(cell.value, str) and cell.value.strip(".… ") in NO_FIGURE:
        return None
    if isinstance(cell.value, str):
        raise FormError(where, f"{shown(cell.value)} is no number", "a number, or ...")
    return number(cell.value, where)


def _quality(cell, where: str) -> str:
    """Return what the colour of a figure says: blue, red, or neither."""
    from openpyxl.styles.colors import COLOR_INDEX

    colour = cell.font.color
    if colour is None or colour.type == "auto" or colour.type == "theme" and colour.theme in (0, 1):
        return "reported"
    if colour.type == "indexed":  # beyond the list: the system's own
        indexed = colour.indexed < len(COLOR_INDEX)
        code = COLOR_INDEX[colour.indexed] if indexed else "000000"
    else:
        code = str(colour.value)
    if colour.type != "theme" and re.fullmatch(r"(?:[0-9A-F]{2})?[0-9A-F]{6}", code):
        red, green, blue = (int(code[-6:][i : i + 2], 16) for i in (0, 2, 4))
        if max(red, green, blue) - min(red, green, blue) < 48:
            return "reported"
        if max(red, blue) > green and red != blue:
            return "estimate" if blue > red else "highly uncertain"
    found = f"the figure is neither blue, red nor black ({colour.type} {code})"
    raise FormError(f"{where}, cell {cell.coordinate}", found, "a colour of SIPRI's legend")


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
