"""Organization of the Petroleum Exporting Countries: the tables of its Annual Statistical Bulletin (ASB).

Two editions are read: the reserves tables of the 2024 edition (data to 2023) and tables 3.1, 5.1, 5.2, 9.1 and 9.4 of
the 2023 edition (data to 2022). Each file holds one sheet: a title, a header row of years, one row a country or region.
"""

from pathlib import Path

import openpyxl
import pandas as pd

RESERVES = ["country", "year", "fuel", "source", "unit", "value"]
EXPORTS = ["country", "year", "fuel", "destination", "part_of", "source", "edition", "unit", "value"]

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


def reserves(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Proved gas reserves (bcm) and crude oil reserves (million barrels) at year-end, by country and year.

    Source "OPEC" is the ASB 2024 (tables 9.1 and 3.1; here from 1990, to 2023). Source "OPEC ASB 2023" is the edition
    before it (from 2010, to 2022), kept because the two disagree, Russia's gas in 2022 most of all. OPEC's oil reserves
    leave out oil sands (so Canada's are small), and its Russian oil figure "includes other Eurasian countries up to
    1995": those years are left out. Kazakhstan, Turkmenistan and Azerbaijan have no gas row of their own before 1997.
    """
    tables = [
        ("OPEC", "opec-asb-reserves/raw_proven_reserves_gas.xlsx", None, "gas", 1990),
        ("OPEC", "opec-asb-reserves/raw_proven_reserves_oil.xlsx", None, "oil", 1990),
        ("OPEC ASB 2023", "opec-asb-2023/T91.xlsx", "Table 9.1: World proven natural gas reserves by country (bn standard cu m)", "gas", 2010),
        ("OPEC ASB 2023", "opec-asb-2023/T31.xlsx", "Table 3.1: World proven crude oil reserves by country (m b)", "oil", 2010),
    ]  # fmt: skip
    rows = []
    for source, file, title, fuel, first in tables:
        wanted = (GAS_HOLDERS if fuel == "gas" else OIL_HOLDERS) | set(pair)
        unit = "bcm" if fuel == "gas" else "million barrels"
        for country, year, value in _countries(upstream / file, title):
            if country not in wanted or year < first:
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
    for country, year, value in _countries(folder / "T52.xlsx", "Table 5.2: World crude oil exports by country (1,000 b/d)"):
        if country in {*pair, "SAU", "WLD"} and year >= 1989:
            rows.append((country, year, "crude oil", "WLD", "", "OPEC ASB 2023", 2023, "thousand barrels a day", round(value, 6)))
    for country, year, destination, value in _by_destination(folder / "T51.xlsx"):
        if country in pair:
            rows.append((country, year, "crude oil", destination, "WLD", "OPEC ASB 2023", 2023, "thousand barrels a day", round(value, 6)))
    for country, year, value in _countries(folder / "T94.xlsx", "Table 9.4: World natural gas exports by country (m standard cu m)"):
        if country in {*pair, "QAT", "WLD"} and year >= 1996:
            rows.append((country, year, "natural gas", "WLD", "", "OPEC ASB 2023", 2023, "bcm", round(value / 1000, 6)))
    return pd.DataFrame(rows, columns=EXPORTS)


def _countries(path: Path, title: str | None) -> list[tuple[str, int, float]]:
    """(country, year, value) of every country row of a table; "na" is left out, an unknown name is an error."""
    found = []
    grid = _grid(path, title)
    years = _years(path, grid[0], first_column=1)
    for row in grid[1:]:
        name = _name(row[0])
        if name.startswith("Notes") or name.startswith("©"):
            break
        values = [(year, row[column]) for column, year in years if isinstance(row[column], (int, float))]
        if not name or not values or name in NOT_A_COUNTRY or name == "of which":
            continue
        if name not in COUNTRIES:
            raise ValueError(f"{path.name}: unknown country or region {name!r}")
        found += [(COUNTRIES[name], year, float(value)) for year, value in values]
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
        found += [(country, year, DESTINATIONS[destination], float(row[column])) for column, year in years if isinstance(row[column], (int, float))]
    return found


def _grid(path: Path, title: str | None) -> list[tuple]:
    """The rows of a file's one sheet from its header of years on; with a title, it must stand in the second row."""
    sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    grid = list(sheet.iter_rows(values_only=True))
    if title is None:
        return grid
    if grid[1][0] != title:
        raise ValueError(f"{path.name}, sheet {sheet.title}: expected the title {title!r}, found {grid[1][0]!r}")
    return grid[2:]


def _years(path: Path, header: tuple, first_column: int) -> list[tuple[int, int]]:
    """(column, year) of a header row, whose years are numbers or first days of January, one after the other."""
    cells = [(column, getattr(cell, "year", cell)) for column, cell in enumerate(header) if column >= first_column and cell is not None]
    years = [year for _, year in cells]
    if not years or any(type(year) is not int for year in years) or years != list(range(years[0], years[0] + len(years))):
        raise ValueError(f"{path.name}: expected a header of consecutive years, found {header[:6]!r}")
    return cells


def _name(cell: object) -> str:
    """A row's name without footnote numbers, stray marks and spaces."""
    return str(cell or "").strip().rstrip("0123456789`").strip()
