"""Organization of the Petroleum Exporting Countries: tables of its Annual Statistical Bulletin.

Two editions: tables 3.1 and 9.1 of the current one, and 3.1, 5.1, 5.2, 9.1 and 9.4 of 2023 (to
2022), a workbook each, which a person downloads: a title, a header of years, one row a country.
Terms: © OPEC; educational and other non-commercial use with acknowledgement, no full reproduction.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from ledger.core.sources import countries, formats
from ledger.core.sources.strict import FormError, number, refuse_gap, shown

RESERVES = ["country", "year", "fuel", "source", "unit", "value"]
EXPORTS = [
    "country", "year", "fuel", "destination", "part_of", "source", "edition", "unit", "value",
]  # fmt: skip

# Whose reserves the energy chapter needs. Gas: every state that has been a member, observer or
# founding participant of the Gas Exporting Countries Forum, the largest holders outside it, and the
# world. Oil: the largest holders. Mauritania and Senegal are in no OPEC table; only the CIA gives
# them a figure.
GAS_HOLDERS = {
    "AGO", "ARE", "AZE", "BOL", "BRN", "DZA", "EGY", "GNQ", "IDN", "IRN", "IRQ", "KAZ", "LBY",
    "MOZ", "MRT", "MYS", "NGA", "NLD", "NOR", "OMN", "PER", "QAT", "RUS", "SEN", "TKM", "TTO",
    "VEN", "CHN", "SAU", "USA", "WLD",
}  # fmt: skip
UNNAMED = {"MRT", "SEN"}  # holders of gas that OPEC's tables do not name
OIL_HOLDERS = {"ARE", "CAN", "IRN", "IRQ", "KAZ", "KWT", "RUS", "SAU", "USA", "VEN", "WLD"}

EXCEPTIONS = {"Total world": "WLD", "Total World": "WLD"}  # no country, but a row that is read
# rows that are no country: regions, remainders, groups ("Sudans" is Sudan and South Sudan together)
REGIONS = {
    "OECD Americas", "OECD Europe", "OECD Asia Pacific", "Other Asia", "Latin America",
    "Middle East", "Africa", "Other Eurasia", "Other Europe",
}  # fmt: skip
# the parts that add up to the world
PARTS = [*sorted(REGIONS), "China", "India", "Russia"]
# regions of which the tables name some members only, for early years
NOT_ADDED = {"Other Eurasia"}
SUMS_FROM = 1989  # the other regions add up from then on; the first year that is read
HEADINGS = {"", "of which"}  # rows without figures
NO_COUNTRY = REGIONS | {
    "Others", "Sudans", "OPEC", "OPEC percentage", "OPEC Share in %", "OECD",
}  # fmt: skip
NO_FIGURE = {"na", "n.a.", "-", ""}

OIL_RESERVES = "Table 3.1: World proven crude oil reserves by country (m b)"
GAS_RESERVES = "Table 9.1: World proven natural gas reserves by country (bn standard cu m)"
CRUDE_BY_DESTINATION = "Table 5.1: OPEC Members' crude oil exports by destination (1,000 b/d)"
CRUDE_EXPORTS = "Table 5.2: World crude oil exports by country (1,000 b/d)"
GAS_EXPORTS = "Table 9.4: World natural gas exports by country (m standard cu m)"
# a table that begins later than SUMS_FROM
SINCE = {CRUDE_BY_DESTINATION: 2012}


def reserves(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return proved gas and crude oil reserves at year-end, current edition, from 1990.

    OPEC's oil reserves leave out oil sands (so Canada's are small). Its Russian oil figure
    "includes other Eurasian countries up to 1995": those years are left out. Kazakhstan,
    Turkmenistan and Azerbaijan have no gas row of their own before 1997.

    Parameters
    ----------
    upstream
        Folder with `opec-asb/` (T91.xlsx and T31.xlsx, as the institution gives them), or with
        `opec-asb-reserves/`, a snapshot of the tables of 2024 without their titles.
    pair
        ISO 3166 codes of the two countries; GAS_HOLDERS and OIL_HOLDERS are read too.

    Returns
    -------
    DataFrame
        RESERVES; one row a country, year and fuel: gas in bcm, oil in million barrels.

    Raises
    ------
    FormError
        Names file and row that are not as expected.
    """
    folder = upstream / "opec-asb"
    if folder.is_dir():
        gas = _table(folder / "T91.xlsx", GAS_RESERVES, GAS_HOLDERS - UNNAMED)
        oil = _table(folder / "T31.xlsx", OIL_RESERVES, OIL_HOLDERS)
    else:
        folder = upstream / "opec-asb-reserves"
        gas = _table(folder / "raw_proven_reserves_gas.xlsx", None, GAS_HOLDERS - UNNAMED)
        oil = _table(folder / "raw_proven_reserves_oil.xlsx", None, OIL_HOLDERS)
    return _reserves("OPEC", 1990, gas, oil, pair)


def reserves_2023(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the same from the edition of 2023, for 2010 to 2022.

    It is kept because editions disagree, on Russia's gas in 2022 most of all.

    Parameters
    ----------
    upstream
        Folder with `opec-asb-2023/`, T91.xlsx and T31.xlsx.
    pair
        As for `reserves`.

    Returns
    -------
    DataFrame
        As of `reserves`.

    Raises
    ------
    FormError
        Names file and row that are not as expected.
    """
    folder = upstream / "opec-asb-2023"
    gas = _table(folder / "T91.xlsx", GAS_RESERVES, GAS_HOLDERS - UNNAMED)
    oil = _table(folder / "T31.xlsx", OIL_RESERVES, OIL_HOLDERS)
    return _reserves("OPEC ASB 2023", 2010, gas, oil, pair)


def _reserves(source: str, first: int, gas: list, oil: list, pair: tuple[str, str]) -> pd.DataFrame:
    rows = []
    for fuel, figures, holders, unit in [
        ("gas", gas, GAS_HOLDERS, "bcm"),
        ("oil", oil, OIL_HOLDERS, "million barrels"),
    ]:
        for country, year, value in figures:
            if country not in holders | set(pair) or year < first:
                continue
            if fuel == "oil" and country == "RUS" and year < 1996:
                continue  # footnote 2 of table 3.1: other Eurasian countries are in the figure
            rows.append((country, year, fuel, source, unit, round(value, 6)))
    return pd.DataFrame(rows, columns=RESERVES)


def exports(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return exports of crude oil and natural gas, edition of 2023, data to 2022.

    Table 5.2: crude of the pair, of Saudi Arabia for scale and of the world, from 1989. Table 5.1:
    crude by destination, from 2012, for those of the pair that are members of OPEC (it has no other
    exporters). Table 9.4: natural gas, pipeline and LNG together, of the pair, of Qatar and of the
    world, from 1996: in that year Russia's row nearly doubles, apparently because sales to former
    Soviet republics begin to be counted. Crude may include lease condensate, and both may include
    oil or gas in transit.

    Parameters
    ----------
    upstream
        Folder with `opec-asb-2023/`, T52.xlsx, T51.xlsx and T94.xlsx.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        EXPORTS; one row a country, year, fuel and destination: crude oil in thousand barrels a
        day, natural gas in bcm.

    Raises
    ------
    FormError
        Names file and row that are not as expected.
    """
    folder = upstream / "opec-asb-2023"
    crude = [
        (country, year, "crude oil", "WLD", "", "thousand barrels a day", value)
        for country, year, value in _table(folder / "T52.xlsx", CRUDE_EXPORTS)
        if country in {*pair, "SAU", "WLD"} and year >= 1989
    ]
    by_destination = [
        (country, year, "crude oil", destination, "WLD", "thousand barrels a day", value)
        for country, year, destination, value in _by_destination(folder / "T51.xlsx")
        if country in pair
    ]
    gas = [
        (country, year, "natural gas", "WLD", "", "bcm", value / 1000)
        for country, year, value in _table(folder / "T94.xlsx", GAS_EXPORTS)
        if country in {*pair, "QAT", "WLD"} and year >= 1996
    ]
    columns = ["country", "year", "fuel", "destination", "part_of", "unit", "value"]
    frame = pd.DataFrame(crude + by_destination + gas, columns=columns)
    frame = frame.assign(source="OPEC ASB 2023", edition=2023)
    frame["value"] = frame["value"].map(lambda value: round(value, 6))
    return frame[EXPORTS]


def _table(
    path: Path, title: str | None, needed: Iterable[str] = ()
) -> list[tuple[str, int, float]]:
    """Return (country, year, value) of every country row.

    An unknown name is an error, and so is a country of `needed` that has no row.
    """
    years, rows = _years_and_rows(path, title, first_column=1)
    lines = []
    for row in rows:
        name = _label(row[0])
        if _is_heading(path, name, [row[column] for column in years.values()]):
            continue
        code = None if name in NO_COUNTRY else _code(path, name, {code for code, *_ in lines})
        lines.append((code, name, dict(_numbers(path, name, row, years))))
    _check_sums(path, {name: values for _, name, values in lines})
    _check_regions(path, [(name, values) for _, name, values in lines])
    if missing := sorted(set(needed) - {code for code, *_ in lines}):
        raise FormError(path.name, f"no row of {missing}", "one of each country that is read")
    return [
        (country, year, value)
        for country, _, values in lines
        for year, value in values.items()
        if country
    ]


def _is_heading(path: Path, name: str, cells: list) -> bool:
    """Tell whether a row is one without figures; refuse figures without a name."""
    # a snapshot has noughts beside "of which"
    figures = [cell for cell in cells if not _is_empty(cell) and cell != 0]
    if name in HEADINGS and figures:
        found = f"the figure {shown(figures[0])} in a row named {shown(name)}"
        raise FormError(path.name, found, "a country or region")
    return name in HEADINGS


def _code(path: Path, name: str, before: set) -> str:
    code = countries.country_code(name, EXCEPTIONS, path.name)
    if code in before:
        raise FormError(f"{path.name}, row {name!r}", "the country stands there twice", "one row")
    return code


def _check_sums(path: Path, rows: dict[str, dict[int, float]]) -> None:
    """Raise FormError unless the parts of the world add up to its row, in every year."""
    world = next((rows[name] for name in EXCEPTIONS if name in rows), None)
    if missing := [name for name in PARTS if name not in rows] + ["Total world"] * (world is None):
        raise FormError(path.name, f"no rows {missing}", "all parts of the world, and its total")
    for year, total in world.items():
        _check_sum(path, f"row 'Total world', {year}", total, [rows[name] for name in PARTS], year)


def _check_regions(path: Path, lines: list[tuple[str, dict[int, float]]]) -> None:
    """Raise FormError unless the rows below a region add up to its row, from SUMS_FROM on."""
    region, members = "", {}
    for name, values in lines:
        if name in PARTS or name in EXCEPTIONS:
            region = name
            members[region] = [values]
        elif region:
            members[region].append(values)
    for region in REGIONS - NOT_ADDED:
        total, *parts = members[region]
        for year in (year for year in total if parts and year >= SUMS_FROM):
            _check_sum(path, f"row {region!r}, {year}", total[year], parts, year)


def _check_sum(path: Path, place: str, total: float, rows: list[dict], year: int) -> None:
    parts = sum(values.get(year, 0) for values in rows)
    if abs(parts - total) > max(0.001 * total, 1):
        found = f"its {len(rows)} parts add up to {parts:,.1f}"
        raise FormError(f"{path.name}, {place}", found, f"{total:,.1f}, as it says")


def _by_destination(path: Path) -> list[tuple[str, int, str, float]]:
    """Return (country, year, destination, value) of table 5.1.

    A country's name stands in the first column, its destinations below it in the second. OPEC
    stands there as a country does, at the end, and is left out.
    """
    blocks: list[tuple[str | None, dict, dict]] = []
    years, rows = _years_and_rows(path, CRUDE_BY_DESTINATION, first_column=2)
    for row in rows:
        name, label = _label(row[0]), _label(row[1])
        if name not in HEADINGS:
            code = None if name == "OPEC" else _code(path, name, {code for code, *_ in blocks})
            blocks.append((code, dict(_numbers(path, name, row, years)), {}))
        elif label and blocks:
            place = f"{path.name}, destinations"
            to = label if label in REGIONS else countries.country_code(label, EXCEPTIONS, place)
            blocks[-1][2][to] = dict(_numbers(path, label, row, years))
        else:
            _is_heading(path, label, [row[column] for column in years.values()])
    if not blocks or blocks[-1][0] is not None:
        raise FormError(path.name, "the table does not end with OPEC", "all members, and OPEC")
    for country, totals, parts in blocks:
        for year, total in totals.items():
            _check_sum(path, f"row {country or 'OPEC'}, {year}", total, [*parts.values()], year)
    for year, total in blocks[-1][1].items():
        rows = [totals for country, totals, _ in blocks if country]
        _check_sum(path, f"row OPEC, {year}", total, rows, year)
    return [
        (country, year, to, value)
        for country, _, parts in blocks
        for to, values in parts.items()
        for year, value in values.items()
        if country
    ]


def _years_and_rows(
    path: Path, title: str | None, first_column: int
) -> tuple[dict[int, int], Iterator[tuple]]:
    """Return the years' columns, and the rows from below the header down to the notes."""
    grid = _grid(path, title)
    notes = next(
        (n for n, row in enumerate(grid) if _label(row[0]).startswith(("Notes", "©"))), None
    )
    years = _years(path, grid[0], first_column)
    refuse_gap(path.name, years, first=SINCE.get(title, SUMS_FROM))
    beyond = max(years.values()) + 1
    for row in grid[:notes]:
        if more := [cell for cell in row[beyond:] if cell is not None]:
            place = f"{path.name}, row {_label(row[0])!r}"
            found = f"{shown(more[0])} right of the last year"
            raise FormError(place, found, f"nothing after {max(years)}")
    return years, iter(grid[1:notes])


def _grid(path: Path, title: str | None) -> list[tuple]:
    """Return the rows of a file's one sheet from its header of years on.

    A title, where there is one, stands in the second row.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there")
    book = formats.open_workbook(path)
    if len(book.sheetnames) != 1:
        raise FormError(path.name, f"the sheets {book.sheetnames}", "one sheet")
    (sheet,) = book.sheetnames
    grid = formats.sheet_rows(book, sheet, path)
    book.close()
    if title is not None:
        printed = grid[1][0] if len(grid) > 1 else None
        if len(grid) < 3 or printed != title:
            place = f"{path.name}, sheet {sheet}, row 2"
            raise FormError(place, f"the title {shown(printed)}", repr(title))
        grid = grid[2:]
    if not grid:
        raise FormError(f"{path.name}, sheet {sheet}", "it is empty", "a header of years")
    return grid


def _years(path: Path, header: tuple, first_column: int) -> dict[int, int]:
    """Return the column of each year; years are numbers or first days of January, consecutive."""
    cells = [
        (getattr(cell, "year", cell), column)
        for column, cell in enumerate(header)
        if cell is not None and str(cell).strip()
    ]
    years, columns = [year for year, _ in cells], [column for _, column in cells]
    whole = bool(years) and all(type(year) is int for year in years)
    in_order = whole and years == list(range(years[0], years[0] + len(years)))
    if not in_order or columns != list(range(first_column, first_column + len(years))):
        expected = "a header of consecutive years"
        raise FormError(path.name, f"the header {shown(header[:6])}", expected)
    return dict(cells)


def _numbers(
    path: Path, name: str, row: tuple, years: dict[int, int]
) -> Iterator[tuple[int, float]]:
    """Give (year, value) of the cells with a number; others must say that there is no figure."""
    for year, column in years.items():
        cell = row[column]
        if cell is None or not _is_empty(cell):
            yield year, number(cell, f"{path.name}, row {name!r}, {year}")


def _is_empty(cell: object) -> bool:
    return cell is None or isinstance(cell, str) and cell.strip() in NO_FIGURE


def _label(cell: object) -> str:
    """Return a row's name without footnote numbers, stray marks and blanks."""
    return str(cell or "").strip().rstrip("0123456789`").strip()
