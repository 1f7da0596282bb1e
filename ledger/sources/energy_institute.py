"""Energy Institute: the Statistical Review of World Energy, editions 2026 (data to 2025) and 2024 (data to 2023).

The 2026 edition is a JSON copy of the workbook, its numbers rounded to six significant figures and its region headings
lost; the 2024 edition is the workbook itself, of which one matrix for each kind of gas trade is used.
"""

import json
from pathlib import Path

import openpyxl
import pandas as pd

from ledger.sources.opec import EXPORTS, GAS_HOLDERS, OIL_HOLDERS, RESERVES

PRODUCTION = ["country", "year", "fuel", "measure", "source", "unit", "value"]

COUNTRIES = {
    "Canada": "CAN", "Mexico": "MEX", "US": "USA", "Argentina": "ARG", "Bolivia": "BOL", "Brazil": "BRA",
    "Chile": "CHL", "Colombia": "COL", "Ecuador": "ECU", "Guyana": "GUY", "Peru": "PER", "Trinidad & Tobago": "TTO",
    "Venezuela": "VEN", "Austria": "AUT", "Belgium": "BEL", "Bulgaria": "BGR", "Croatia": "HRV",
    "Czech Republic": "CZE", "Denmark": "DNK", "Estonia": "EST", "Finland": "FIN", "France": "FRA", "Germany": "DEU",
    "Greece": "GRC", "Hungary": "HUN", "Ireland": "IRL", "Italy": "ITA", "Latvia": "LVA", "Lithuania": "LTU",
    "Luxembourg": "LUX", "Netherlands": "NLD", "North Macedonia": "MKD", "Norway": "NOR", "Poland": "POL",
    "Portugal": "PRT", "Romania": "ROU", "Slovakia": "SVK", "Slovenia": "SVN", "Spain": "ESP", "Sweden": "SWE",
    "Switzerland": "CHE", "Türkiye": "TUR", "Ukraine": "UKR", "United Kingdom": "GBR", "Azerbaijan": "AZE",
    "Belarus": "BLR", "Kazakhstan": "KAZ", "Russian Federation": "RUS", "Turkmenistan": "TKM", "USSR": "SUN",
    "Uzbekistan": "UZB", "Bahrain": "BHR", "Iran": "IRN", "Iraq": "IRQ", "Israel": "ISR", "Kuwait": "KWT",
    "Oman": "OMN", "Qatar": "QAT", "Saudi Arabia": "SAU", "Syria": "SYR", "United Arab Emirates": "ARE",
    "Yemen": "YEM", "Algeria": "DZA", "Angola": "AGO", "Chad": "TCD", "Republic of Congo": "COG", "Egypt": "EGY",
    "Equatorial Guinea": "GNQ", "Gabon": "GAB", "Libya": "LBY", "Morocco": "MAR", "Nigeria": "NGA",
    "South Africa": "ZAF", "South Sudan": "SSD", "Sudan": "SDN", "Tunisia": "TUN", "Australia": "AUS",
    "Bangladesh": "BGD", "Brunei": "BRN", "China": "CHN", "China Hong Kong SAR": "HKG", "India": "IND",
    "Indonesia": "IDN", "Japan": "JPN", "Malaysia": "MYS", "Myanmar": "MMR", "New Zealand": "NZL", "Pakistan": "PAK",
    "Papua New Guinea": "PNG", "Philippines": "PHL", "Singapore": "SGP", "South Korea": "KOR", "Taiwan": "TWN",
    "Thailand": "THA", "Vietnam": "VNM", "Total World": "WLD",
}  # fmt: skip

# Rows that are no country: regions, remainders ("Other ...", "Total ..." apart), groups, and parts of a country.
NOT_A_COUNTRY = {
    "Central America", "Eastern Africa", "Middle Africa", "Western Africa", "of which: OECD", "Non-OECD", "OPEC",
    "Non-OPEC", "European Union", "Canadian Oil Sands: Total", "of which: Under active development",
    "Venezuela: Orinoco Belt",
}  # fmt: skip

# Where the gas goes, in the matrices of one year: code or name, and the larger destination that this one is part of.
# "Asia Pacific" is left out of the pipeline matrix: its few countries stand there one by one, and the long series name
# China alone. In 2024 "Non-EU Europe" was called "Rest of Europe".
PIPELINE_TO = {
    "Canada": ("CAN", "North America"), "Mexico": ("MEX", "North America"), "US": ("USA", "North America"),
    "North America": ("North America", "WLD"), "Argentina": ("ARG", "S. & Cent. America"),
    "Brazil": ("BRA", "S. & Cent. America"),
    "Other S. & Cent. America": ("Other S. & Cent. America", "S. & Cent. America"),
    "S. & Cent. America": ("S. & Cent. America", "WLD"), "EU": ("EUU", "Europe"),
    "Non-EU Europe": ("Non-EU Europe", "Europe"), "Rest of Europe": ("Non-EU Europe", "Europe"),
    "Europe": ("Europe", "WLD"), "Belarus": ("BLR", "CIS"), "Kazakhstan": ("KAZ", "CIS"),
    "Russian Federation": ("RUS", "CIS"), "Other CIS": ("Other CIS", "CIS"), "CIS": ("CIS", "WLD"),
    "United Arab Emirates": ("ARE", "Middle East"), "Other Middle East": ("Other Middle East", "Middle East"),
    "Middle East": ("Middle East", "WLD"), "South Africa": ("ZAF", "Africa"),
    "Other Africa": ("Other Africa", "Africa"), "Africa": ("Africa", "WLD"), "Australia": ("AUS", "WLD"),
    "China": ("CHN", "WLD"), "Malaysia": ("MYS", "WLD"), "Singapore": ("SGP", "WLD"), "Thailand": ("THA", "WLD"),
    "Asia Pacific": None, "Total exports": ("WLD", ""),
}  # fmt: skip
LNG_TO = {
    "Canada": ("CAN", "North America"), "Mexico": ("MEX", "North America"), "US": ("USA", "North America"),
    "North America": ("North America", "WLD"), "Argentina": ("ARG", "S. & Cent. America"),
    "Brazil": ("BRA", "S. & Cent. America"), "Chile": ("CHL", "S. & Cent. America"),
    "Other S. & Cent. America": ("Other S. & Cent. America", "S. & Cent. America"),
    "S. & Cent. America": ("S. & Cent. America", "WLD"), "Belgium": ("BEL", "Europe"), "France": ("FRA", "Europe"),
    "Italy": ("ITA", "Europe"), "Spain": ("ESP", "Europe"), "Turkey": ("TUR", "Europe"),
    "United Kingdom": ("GBR", "Europe"), "Other EU": ("Other EU", "Europe"),
    "Rest of Europe": ("Rest of Europe", "Europe"), "Europe": ("Europe", "WLD"),
    "Egypt": ("EGY", "Middle East & Africa"), "Kuwait": ("KWT", "Middle East & Africa"),
    "United Arab Emirates": ("ARE", "Middle East & Africa"),
    "Other Middle East & Africa": ("Other Middle East & Africa", "Middle East & Africa"),
    "Middle East & Africa": ("Middle East & Africa", "WLD"), "China": ("CHN", "Asia Pacific"),
    "India": ("IND", "Asia Pacific"), "Japan": ("JPN", "Asia Pacific"), "Malaysia": ("MYS", "Asia Pacific"),
    "Pakistan": ("PAK", "Asia Pacific"), "Singapore": ("SGP", "Asia Pacific"), "South Korea": ("KOR", "Asia Pacific"),
    "Taiwan": ("TWN", "Asia Pacific"), "Thailand": ("THA", "Asia Pacific"),
    "Other Asia Pacific": ("Other Asia Pacific", "Asia Pacific"), "Asia Pacific": ("Asia Pacific", "WLD"),
    "Total exports": ("WLD", ""),
}  # fmt: skip

# The order in which the sheet "Gas - Trade movements" lists its regions; each block ends with its total exports.
REGIONS = [
    "US", "Other North America", "Brazil", "Other S&C America", "Europe", "Russian Federation", "Other CIS",
    "Middle East", "Africa", "China", "India", "OECD Asia", "Other Asia",
]  # fmt: skip


def production(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Oil output (thousand barrels a day), gas output and gas consumption (bcm) by country and year, 1990 to 2025.

    Sheets "Oil Production - barrels", "Gas Production - Bcm" and "Gas Consumption - Bcm" of the 2026 edition. Output is
    given for every country that was among the ten largest producers of that fuel in any year since 1990, so a rank down
    to the tenth place can be read from the rows; consumption for the pair, Qatar and the world. Oil includes condensate
    and natural gas liquids; gas leaves out what is flared or put back, and is stated at 40 MJ a cubic metre.
    """
    always = {*pair, "QAT", "SAU", "USA", "WLD"}
    rows = []
    for sheet, expected, fuel, unit in [
        ("Oil Production - barrels", "Thousand barrels daily", "oil", "thousand barrels a day"),
        ("Gas Production - Bcm", "Billion cubic metres", "gas", "bcm"),
    ]:
        figures = _series(upstream, sheet, expected)
        largest = set()
        for year in range(1990, 2026):
            of_year = {country: value for (country, y), value in figures.items() if y == year and country != "WLD"}
            largest |= set(sorted(of_year, key=of_year.get, reverse=True)[:10])
        rows += [
            (country, year, fuel, "production", "Energy Institute", unit, value)
            for (country, year), value in figures.items()
            if country in largest | always and year >= 1990
        ]
    rows += [
        (country, year, "gas", "consumption", "Energy Institute", "bcm", value)
        for (country, year), value in _series(upstream, "Gas Consumption - Bcm", "Billion cubic metres").items()
        if country in {*pair, "QAT", "WLD"} and year >= 1990
    ]
    return pd.DataFrame(rows, columns=PRODUCTION)


def reserves(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Proved reserves at year-end, gas in bcm and oil in million barrels, 1990 to 2020.

    Sheets "Gas - Proved reserves history" (trillion cubic metres) and "Oil - Proved reserves history" (thousand million
    barrels) of the 2026 edition, whose own note says that they have not been updated: they stop at 2020. Oil includes
    Canada's oil sands, condensate and natural gas liquids, unlike OPEC's. Equatorial Guinea, Angola, Mozambique,
    Mauritania and Senegal have no gas row of their own (they sit in "Other Africa").
    """
    rows = []
    for sheet, expected, fuel, unit, holders in [
        ("Gas - Proved reserves history", "Trillion cubic metres", "gas", "bcm", GAS_HOLDERS),
        ("Oil - Proved reserves history", "Thousand million barrels", "oil", "million barrels", OIL_HOLDERS),
    ]:
        rows += [
            (country, year, fuel, "Energy Institute", unit, round(value * 1000, 6))
            for (country, year), value in _series(upstream, sheet, expected).items()
            if country in holders | set(pair) and year >= 1990
        ]
    return pd.DataFrame(rows, columns=RESERVES)


def exports(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Gas exports of the pair in bcm: by pipeline and destination, and as LNG.

    Edition 2026: yearly series 2000 to 2025 from "Gas - Trade movements" (pipeline gas to Europe, to the CIS, to China and
    in all, only for an exporter that has a block of its own there, as Russia has) and "Gas - LNG exports bcm"; for 2025
    the full matrices of destinations. Edition 2024: the same matrices for 2023, some of whose figures the 2026 edition
    has since revised, so the two editions are told apart and must not be added together. Destinations that take nothing
    are left out. Europe includes Türkiye; "Other Middle East" includes Iraq, which has no row of its own; Iran is not
    among the LNG exporters. What the series call "Other CIS" is the CIS without Russia, named "CIS" here as in the matrix.
    """
    review = _review(upstream)
    workbook_2024 = upstream / "energy-institute-2024" / "EI-Stats-Review-All-Data.xlsx"
    workbook = openpyxl.load_workbook(workbook_2024, read_only=True, data_only=True)
    names = {code: name for name, code in COUNTRIES.items()}
    rows = []
    for country in pair:
        if names.get(country) in REGIONS:
            rows += _pipeline_series(review, country, names[country])
        for (exporter, year), value in _series(upstream, "Gas - LNG exports bcm", "Billion cubic metres").items():
            if exporter == country:
                rows.append((country, year, "LNG", "WLD", "", 2026, value))
        for edition, year, fuel, grid, where, codes in [
            (2026, 2025, "pipeline gas", review["Gas trade 2025 - pipeline"]["grid"], "Gas trade 2025 - pipeline", PIPELINE_TO),
            (2026, 2025, "LNG", review["Gas trade 2025 - LNG"]["grid"], "Gas trade 2025 - LNG", LNG_TO),
            (2024, 2023, "pipeline gas", list(workbook["Gas trade - pipeline"].values), "Gas trade - pipeline", PIPELINE_TO),
            (2024, 2023, "LNG", list(workbook["Gas trade - LNG"].values), "Gas trade - LNG", LNG_TO),
        ]:
            for destination, part_of, value in _matrix(grid, where, year, names.get(country), codes):
                rows.append((country, year, fuel, destination, part_of, edition, value))
    table = pd.DataFrame(rows, columns=["country", "year", "fuel", "destination", "part_of", "edition", "value"])
    # The 2025 matrices repeat the last year of the series: the two must agree, and one of them is kept.
    key = ["country", "year", "fuel", "destination", "edition"]
    spread = table.groupby(key)["value"].agg(lambda values: values.max() - values.min())
    if (spread > 0.001).any():
        raise ValueError(f"ei_data.json: series and matrix disagree for {spread.idxmax()}")
    table = table.drop_duplicates(key)
    table["source"], table["unit"] = "Energy Institute", "bcm"
    return table[EXPORTS]


def _pipeline_series(review: dict, country: str, name: str) -> list[tuple]:
    """Rows 2000-2025 of one exporter's block in "Gas - Trade movements": all, Europe, CIS, and China's imports from it."""
    sheet = review["Gas - Trade movements"]
    if sheet["unit"] != "Billion cubic metres" or sheet["years"] != list(range(2000, 2026)):
        raise ValueError(f"ei_data.json, Gas - Trade movements: unexpected unit {sheet['unit']!r} or years")
    # The copy has lost the headings of the regions, so the same row names return block after block.
    blocks, block = [], {}
    for row in sheet["entities"]:
        block.setdefault(row["name"].removeprefix("of which: "), row["values"])
        if row["name"] == "Total exports":
            blocks.append(block)
            block = {}
    if len(blocks) != len(REGIONS):
        raise ValueError(f"ei_data.json, Gas - Trade movements: {len(blocks)} blocks of regions, expected {len(REGIONS)}")
    block = dict(zip(REGIONS, blocks, strict=True))
    exporter, europe, china = block[name], block["Europe"], block["China"]
    if not {"Europe", "Other CIS"} <= set(exporter) or name not in china:
        return []  # only Russia's exports are broken down so
    if exporter["Europe"] != europe[name]:
        raise ValueError(f"ei_data.json, Gas - Trade movements: Europe's imports from {name} are not its exports to Europe")
    rows = []
    for i, year in enumerate(sheet["years"]):
        parts = exporter["Europe"][i] + exporter["Other CIS"][i] + china[name][i]
        if abs(parts - exporter["Pipeline exports"][i]) > 0.01:
            raise ValueError(f"ei_data.json, Gas - Trade movements: {name}'s destinations do not add up in {year}")
        for destination, part_of, values in [
            ("WLD", "", exporter["Pipeline exports"]),
            ("Europe", "WLD", exporter["Europe"]),
            ("CIS", "WLD", exporter["Other CIS"]),
            ("CHN", "WLD", china[name]),
        ]:
            rows.append((country, year, "pipeline gas", destination, part_of, 2026, values[i]))
    return rows


def _matrix(grid: list, where: str, year: int, exporter: str | None, codes: dict) -> list[tuple[str, str, float]]:
    """(destination, part of, bcm) of one exporter in a matrix of origins by destinations; nothing if it has no column."""
    cells = [["" if cell is None else str(cell).strip() for cell in row] for row in grid]
    if f"Trade movements {year}" not in cells[0][0]:
        raise ValueError(f"Energy Institute, {where}: expected the trade movements of {year}, found {cells[0][0]!r}")
    header = next((i for i, row in enumerate(cells) if row[0] == "To"), None)
    if header is None:
        raise ValueError(f"Energy Institute, {where}: no header row that begins with 'To'")
    # A column's name may stand on two rows ("Russian" over "Federation").
    columns = [f"{above} {below}".removeprefix("From ").strip() for above, below in zip(cells[header - 1], cells[header], strict=True)]
    if exporter not in columns:
        return []
    rows = []
    for row in cells[header + 1 :]:
        if row[0] not in codes:
            raise ValueError(f"Energy Institute, {where}: unknown destination {row[0]!r}")
        value = float(row[columns.index(exporter)])
        if codes[row[0]] is not None and value > 0:
            rows.append((*codes[row[0]], round(value, 6)))
        if row[0] == "Total exports":
            return rows
    raise ValueError(f"Energy Institute, {where}: no row 'Total exports'")


def _series(upstream: Path, sheet: str, unit: str) -> dict[tuple[str, int], float]:
    """{(country, year): value} of one sheet of the 2026 edition; an unknown name is an error."""
    table = _review(upstream)[sheet]
    if table["type"] != "timeseries" or table["unit"] != unit:
        raise ValueError(f"ei_data.json, {sheet}: expected a time series in {unit!r}, found {table['type']} in {table['unit']!r}")
    figures = {}
    for row in table["entities"]:
        name = row["name"]
        if name in NOT_A_COUNTRY or name.startswith("Other ") or (name.startswith("Total ") and name != "Total World"):
            continue
        if name not in COUNTRIES:
            raise ValueError(f"ei_data.json, {sheet}: unknown country or region {name!r}")
        figures |= {(COUNTRIES[name], year): value for year, value in zip(table["years"], row["values"], strict=True) if value is not None}
    return figures


def _review(upstream: Path) -> dict:
    """The sheets of the 2026 edition by name."""
    path = upstream / "energy-institute-2026" / "ei_data.json"
    review = json.loads(path.read_text(encoding="utf-8"))
    if review["meta"]["title"] != "Energy Institute Statistical Review of World Energy 2026":
        raise ValueError(f"{path.name}: expected the 2026 edition, found {review['meta']['title']!r}")
    return review["sheets"]
