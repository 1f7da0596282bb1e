"""Organization of the Petroleum Exporting Countries: the tables of its Annual Statistical Bulletin (ASB).

Two editions are read: the reserves tables 3.1 and 9.1 of the current edition, and tables 3.1, 5.1, 5.2, 9.1 and 9.4 of the
2023 edition (data to 2022). Each file holds one sheet: a title, a header row of years, one row a country or region.
"""

from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

RESERVES = ["country", "year", "fuel", "source", "unit", "value"]
EXPORTS = [
    "country",
    "year",
    "fuel",
    "destination",
    "part_of",
    "source",
    "edition",
    "unit",
    "value",
]

# Whose reserves the energy chapter needs. Gas: every state that has been a member, observer or founding participant of
# the Gas Exporting Countries Forum, the largest holders outside it, and the world. Oil: the largest holders.
# Mauritania and Senegal are in no OPEC table; only the CIA gives them a figure.
GAS_HOLDERS = {
    "AGO", "ARE", "AZE", "BOL", "BRN", "DZA", "EGY", "GNQ", "IDN", "IRN", "IRQ", "KAZ", "LBY", "MOZ", "MRT", "MYS",
    "NGA", "NLD", "NOR", "OMN", "PER", "QAT", "RUS", "SEN", "TKM", "TTO", "VEN",
    "CHN", "SAU", "USA", "WLD",
}  # fmt: skip
OIL_HOLDERS = {"ARE", "CAN", "IRN", "IRQ", "KAZ", "KWT", "RUS", "SAU", "USA", "VEN", "WLD"}

COUNTRIES = {
    "Canada": "CAN", "Chile": "CHL", "Mexico": "MEX", "United States": "USA", "Austria": "AUT", "Belgium": "BEL",
    "Denmark": "DNK", "France": "FRA", "Germany": "DEU", "Italy": "ITA", "Netherlands": "NLD", "Norway": "NOR",
    "Poland": "POL", "Spain": "ESP", "United Kingdom": "GBR", "Australia": "AUS", "Japan": "JPN", "New Zealand": "NZL",
    "China": "CHN", "India": "IND", "Bangladesh": "BGD", "Brunei": "BRN", "Indonesia": "IDN", "Malaysia": "MYS",
    "Myanmar": "MMR", "Pakistan": "PAK", "Thailand": "THA", "Vietnam": "VNM", "Argentina": "ARG", "Bolivia": "BOL",
    "Brazil": "BRA", "Colombia": "COL", "Ecuador": "ECU", "Peru": "PER", "Trinidad & Tobago": "TTO",
    "Venezuela": "VEN", "Bahrain": "BHR", "IR Iran": "IRN", "Iraq": "IRQ", "Kuwait": "KWT", "Oman": "OMN",
    "Qatar": "QAT", "Saudi Arabia": "SAU", "Syrian Arab Rep.": "SYR", "United Arab Emirates": "ARE", "Algeria": "DZA",
    "Angola": "AGO", "Cameroon": "CMR", "Congo": "COG", "Egypt": "EGY", "Equatorial Guinea": "GNQ", "Gabon": "GAB",
    "Libya": "LBY", "Mozambique": "MOZ", "Nigeria": "NGA", "Russia": "RUS", "Azerbaijan": "AZE", "Belarus": "BLR",
    "Kazakhstan": "KAZ", "Turkmenistan": "TKM", "Ukraine": "UKR", "Uzbekistan": "UZB", "Bulgaria": "BGR",
    "Romania": "ROU", "Total world": "WLD", "Total World": "WLD",
}  # fmt: skip

# Rows that are no country: regions, remainders, groups ("Sudans" is Sudan and South Sudan together).
NOT_A_COUNTRY = {
    "OECD Americas", "OECD Europe", "OECD Asia Pacific", "Other Asia", "Latin America", "Middle East", "Africa",
    "Other Eurasia", "Other Europe", "Others", "Sudans", "OPEC", "OPEC percentage", "OPEC Share in %", "OECD",
}  # fmt: skip

# Destinations of table 5.1: countries by their code, OPEC's regions by OPEC's name.
DESTINATIONS = {
    "OECD Americas": "OECD Americas", "OECD Europe": "OECD Europe", "OECD Asia Pacific": "OECD Asia Pacific",
    "China": "CHN", "India": "IND", "Other Asia": "Other Asia", "Latin America": "Latin America",
    "Middle East": "Middle East", "Africa": "Africa", "Russia": "RUS", "Other Eurasia": "Other Eurasia",
    "Other Europe": "Other Europe",
}  # fmt: skip


NO_FIGURE = {"na", "n.a.", "-", ""}
OIL = "Table 3.1: World proven crude oil reserves by country (m b)"
GAS = "Table 9.1: World proven natural gas reserves by country (bn standard cu m)"


def reserves(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Proved gas reserves (bcm) and crude oil reserves (million barrels) at year-end, by country and year from 1990.

    Source "OPEC" is the current edition of the ASB: tables 9.1 and 3.1 as the institution gives them (T91.xlsx, T31.xlsx), or
    copies of those of 2024 that have lost their titles. OPEC's oil reserves leave out oil sands (so Canada's are small), and
    its Russian oil figure "includes other Eurasian countries up to 1995": those years are left out. Kazakhstan,
    Turkmenistan and Azerbaijan have no gas row of their own before 1997.
    """
    folder = upstream / "opec-asb"
    if folder.is_dir():
        return _reserves(
            "OPEC",
            1990,
            gas=_countries(folder / "T91.xlsx", GAS),
            oil=_countries(folder / "T31.xlsx", OIL),
            pair=pair,
        )
    folder = upstream / "opec-asb-reserves"
    return _reserves(
        "OPEC",
        1990,
        gas=_countries(folder / "raw_proven_reserves_gas.xlsx"),
        oil=_countries(folder / "raw_proven_reserves_oil.xlsx"),
        pair=pair,
    )


def reserves_2023(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """The same from the ASB 2023 (2010 to 2022), kept because editions disagree, on Russia's gas in 2022 most of all."""
    folder = upstream / "opec-asb-2023"
    return _reserves(
        "OPEC ASB 2023",
        2010,
        gas=_countries(folder / "T91.xlsx", GAS),
        oil=_countries(folder / "T31.xlsx", OIL),
        pair=pair,
    )


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
    """Crude oil exports (thousand barrels a day) and natural gas exports (bcm), ASB 2023, data to 2022.

    Table 5.2: crude of the pair, of Saudi Arabia for scale and of the world, from 1989. Table 5.1: crude by destination,
    from 2012, for those of the pair that are members of OPEC (it has no other exporters). Table 9.4: natural gas,
    pipeline and LNG together, of the pair, of Qatar and of the world, from 1996: in that year Russia's row nearly
    doubles, apparently because sales to former Soviet republics begin to be counted. Crude may include lease
    condensate, and both may include oil or gas in transit.
    """
    folder = upstream / "opec-asb-2023"
    rows = []
    for country, year, value in _countries(
        folder / "T52.xlsx", "Table 5.2: World crude oil exports by country (1,000 b/d)"
    ):
        if country in {*pair, "SAU", "WLD"} and year >= 1989:
            rows.append(
                (
                    country,
                    year,
                    "crude oil",
                    "WLD",
                    "",
                    "OPEC ASB 2023",
                    2023,
                    "thousand barrels a day",
                    round(value, 6),
                )
            )
    for country, year, destination, value in _by_destination(folder / "T51.xlsx"):
        if country in pair:
            rows.append(
                (
                    country,
                    year,
                    "crude oil",
                    destination,
                    "WLD",
                    "OPEC ASB 2023",
                    2023,
                    "thousand barrels a day",
                    round(value, 6),
                )
            )
    for country, year, value in _countries(
        folder / "T94.xlsx", "Table 9.4: World natural gas exports by country (m standard cu m)"
    ):
        if country in {*pair, "QAT", "WLD"} and year >= 1996:
            rows.append(
                (
                    country,
                    year,
                    "natural gas",
                    "WLD",
                    "",
                    "OPEC ASB 2023",
                    2023,
                    "bcm",
                    round(value / 1000, 6),
                )
            )
    return pd.DataFrame(rows, columns=EXPORTS)


def _countries(path: Path, title: str | None = None) -> list[tuple[str, int, float]]:
    """(country, year, value) of every country row of a table; "na" is left out, an unknown name is an error."""
    found = []
    grid = _grid(path, title)
    years = _years(path, grid[0], first_column=1)
    for row in grid[1:]:
        name = _name(row[0])
        if name.startswith("Notes") or name.startswith("©"):
            break
        if (
            not name
            or name in NOT_A_COUNTRY
            or name == "of which"
            or all(row[column] is None for column, _ in years)
        ):
            continue
        if name not in COUNTRIES:
            raise ValueError(f"{path.name}: unknown country or region {name!r}")
        found += [
            (COUNTRIES[name], year, value) for year, value in _numbers(path, name, row, years)
        ]
    return found


def _by_destination(path: Path) -> list[tuple[str, int, str, float]]:
    """(country, year, destination, value) of table 5.1: a country's name, then its destinations in the second column."""
    found, country = [], None
    grid = _grid(path, "Table 5.1: OPEC Members' crude oil exports by destination (1,000 b/d)")
    years = _years(path, grid[0], first_column=2)
    for row in grid[1:]:
        name, destination = _name(row[0]), _name(row[1])
        if name.startswith("Notes"):
            break
        if name and name != "of which":
            if name not in COUNTRIES and name != "OPEC":
                raise ValueError(f"{path.name}: unknown OPEC member {name!r}")
            country = COUNTRIES.get(name)  # None for OPEC as a whole
        if country is None or not destination:
            continue
        if destination not in DESTINATIONS:
            raise ValueError(f"{path.name}: unknown destination {destination!r}")
        found += [
            (country, year, DESTINATIONS[destination], value)
            for year, value in _numbers(path, destination, row, years)
        ]
    return found


def _grid(path: Path, title: str | None) -> list[tuple]:
    """The rows of a file's one sheet from its header of years on; with a title, it must stand in the second row."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there")
    book = formats.workbook(path)
    if len(book.sheetnames) != 1:
        raise ValueError(f"{path.name}: expected one sheet, found {book.sheetnames}")
    grid = formats.sheet(book, book.sheetnames[0], path)
    book.close()
    if title is None:
        return grid
    if len(grid) < 3 or grid[1][0] != title:
        raise ValueError(
            f"{path.name}, sheet {book.sheetnames[0]}: expected the title {title!r}, found {grid[1][0] if len(grid) > 1 else None!r}"
        )
    return grid[2:]


def _years(path: Path, header: tuple, first_column: int) -> list[tuple[int, int]]:
    """(column, year) of a header row, whose years are numbers or first days of January, one after the other."""
    cells = [
        (column, getattr(cell, "year", cell))
        for column, cell in enumerate(header)
        if column >= first_column and cell is not None
    ]
    years = [year for _, year in cells]
    if (
        not years
        or any(type(year) is not int for year in years)
        or years != list(range(years[0], years[0] + len(years)))
    ):
        raise ValueError(
            f"{path.name}: expected a header of consecutive years, found {header[:6]!r}"
        )
    return cells


def _numbers(
    path: Path, name: str, row: tuple, years: list[tuple[int, int]]
) -> list[tuple[int, float]]:
    """(year, value) of the cells of a row that hold a number; the others must be empty or say that there is no figure."""
    for column, year in years:
        if isinstance(row[column], str) and row[column].strip() not in NO_FIGURE:
            raise ValueError(f"{path.name}, row {name!r}, {year}: {row[column]!r} is no number")
    return [
        (year, float(row[column]))
        for column, year in years
        if isinstance(row[column], (int, float))
    ]


def _name(cell: object) -> str:
    """A row's name without footnote numbers, stray marks and spaces."""
    return str(cell or "").strip().rstrip("0123456789`").strip()
