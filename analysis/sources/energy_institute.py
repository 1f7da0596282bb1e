"""Energy Institute: the Statistical Review of World Energy, the current edition, and that of 2024 (data to 2023).

The institution publishes a workbook. The current edition is read from it, or from a JSON copy of the 2026 workbook, whose series are
rounded to six significant figures and whose region headings are lost; series from a workbook are rounded alike, so that the
two forms give the same rows. Of the 2024 edition only the matrix of one year for each kind of gas trade is used.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from analysis.sources.opec import EXPORTS, GAS_HOLDERS, OIL_HOLDERS, RESERVES
from ledger.core.sources import formats

WORKBOOK = "EI-Stats-Review-All-Data.xlsx"
SERIES = [
    "Oil Production - barrels", "Gas Production - Bcm", "Gas Consumption - Bcm", "Gas - Proved reserves history",
    "Oil - Proved reserves history", "Gas - Trade movements", "Gas - LNG exports bcm",
]  # fmt: skip
GRIDS = ["Contents", "Gas trade - pipeline", "Gas trade - LNG"]
PRODUCTION = ["country", "year", "fuel", "measure", "source", "unit", "value"]

COUNTRIES = {
    "Canada": "CAN", "Mexico": "MEX", "US": "USA", "Argentina": "ARG", "Bolivia": "BOL", "Brazil": "BRA",
    "Chile": "CHL", "Colombia": "COL", "Ecuador": "ECU", "Guyana": "GUY", "Peru": "PER", "Trinidad & Tobago": "TTO",
    "Venezuela": "VEN", "Austria": "AUT", "Belgium": "BEL", "Bulgaria": "BGR", "Croatia": "HRV", "Cyprus": "CYP",
    "Czech Republic": "CZE", "Denmark": "DNK", "Estonia": "EST", "Finland": "FIN", "France": "FRA", "Germany": "DEU",
    "Greece": "GRC", "Hungary": "HUN", "Iceland": "ISL", "Ireland": "IRL", "Italy": "ITA", "Latvia": "LVA",
    "Lithuania": "LTU", "Luxembourg": "LUX", "Netherlands": "NLD", "North Macedonia": "MKD", "Norway": "NOR",
    "Poland": "POL", "Portugal": "PRT", "Romania": "ROU", "Slovakia": "SVK", "Slovenia": "SVN", "Spain": "ESP",
    "Sweden": "SWE", "Switzerland": "CHE", "Turkey": "TUR", "Türkiye": "TUR", "Ukraine": "UKR", "United Kingdom": "GBR",
    "Azerbaijan": "AZE", "Belarus": "BLR", "Kazakhstan": "KAZ", "Russian Federation": "RUS", "Turkmenistan": "TKM",
    "USSR": "SUN", "Uzbekistan": "UZB", "Bahrain": "BHR", "Iran": "IRN", "Iraq": "IRQ", "Israel": "ISR",
    "Kuwait": "KWT", "Oman": "OMN", "Qatar": "QAT", "Saudi Arabia": "SAU", "Syria": "SYR",
    "United Arab Emirates": "ARE", "Yemen": "YEM", "Algeria": "DZA", "Angola": "AGO", "Chad": "TCD",
    "Republic of Congo": "COG", "Egypt": "EGY", "Equatorial Guinea": "GNQ", "Gabon": "GAB", "Libya": "LBY",
    "Morocco": "MAR", "Nigeria": "NGA", "South Africa": "ZAF", "South Sudan": "SSD", "Sudan": "SDN", "Tunisia": "TUN",
    "Australia": "AUS", "Bangladesh": "BGD", "Brunei": "BRN", "China": "CHN", "China Hong Kong SAR": "HKG",
    "India": "IND", "Indonesia": "IDN", "Japan": "JPN", "Malaysia": "MYS", "Myanmar": "MMR", "New Zealand": "NZL",
    "Pakistan": "PAK", "Papua New Guinea": "PNG", "Philippines": "PHL", "Singapore": "SGP", "South Korea": "KOR",
    "Sri Lanka": "LKA", "Taiwan": "TWN", "Thailand": "THA", "Vietnam": "VNM", "Total World": "WLD",
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


class Review(NamedTuple):
    """One edition: the file's name, the year of the edition, and its sheets by name as dicts of unit, years and entities, or of a grid."""

    file: str
    edition: int
    sheets: dict[str, dict]


def download(get, pair: tuple[str, str]) -> str:
    """Download the workbook of the current edition, where the site lets programs in."""
    path = get(WORKBOOK, kind="xlsx")
    try:
        return f"{_workbook(path).edition} edition, the institution's own workbook"
    except ValueError as error:
        raise get.refuse(WORKBOOK, str(error)) from None


def production(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Oil output (thousand barrels a day), gas output and gas consumption (bcm) by country and year, from 1990.

    Sheets "Oil Production - barrels", "Gas Production - Bcm" and "Gas Consumption - Bcm" of the current edition. Output is
    given for every country that was among the ten largest producers of that fuel in any year since 1990, so a rank down
    to the tenth place can be read from the rows; consumption for the pair, Qatar and the world. Oil includes condensate
    and natural gas liquids; gas leaves out what is flared or put back, and is stated at 40 MJ a cubic metre.
    """
    review = _review(upstream)
    always = {*pair, "QAT", "SAU", "USA", "WLD"}
    rows = []
    for sheet, expected, fuel, unit in [
        ("Oil Production - barrels", "Thousand barrels daily", "oil", "thousand barrels a day"),
        ("Gas Production - Bcm", "Billion cubic metres", "gas", "bcm"),
    ]:
        figures = {
            key: value for key, value in _series(review, sheet, expected).items() if key[1] >= 1990
        }
        largest = set()
        for year in {year for _, year in figures}:
            of_year = {
                country: value
                for (country, y), value in figures.items()
                if y == year and country != "WLD"
            }
            largest |= set(sorted(of_year, key=of_year.get, reverse=True)[:10])
        rows += [
            (country, year, fuel, "production", "Energy Institute", unit, value)
            for (country, year), value in figures.items()
            if country in largest | always
        ]
    rows += [
        (country, year, "gas", "consumption", "Energy Institute", "bcm", value)
        for (country, year), value in _series(
            review, "Gas Consumption - Bcm", "Billion cubic metres"
        ).items()
        if country in {*pair, "QAT", "WLD"} and year >= 1990
    ]
    return pd.DataFrame(rows, columns=PRODUCTION)


def reserves(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Proved reserves at year-end, gas in bcm and oil in million barrels, from 1990.

    Sheets "Gas - Proved reserves history" (trillion cubic metres) and "Oil - Proved reserves history" (thousand million
    barrels) of the current edition, whose own note says that they have not been updated: in 2026 they stop at 2020. Oil
    includes Canada's oil sands, condensate and natural gas liquids, unlike OPEC's. Equatorial Guinea, Angola, Mozambique,
    Mauritania and Senegal have no gas row of their own (they sit in "Other Africa").
    """
    review = _review(upstream)
    rows = []
    for sheet, expected, fuel, unit, holders in [
        ("Gas - Proved reserves history", "Trillion cubic metres", "gas", "bcm", GAS_HOLDERS),
        (
            "Oil - Proved reserves history",
            "Thousand million barrels",
            "oil",
            "million barrels",
            OIL_HOLDERS,
        ),
    ]:
        rows += [
            (country, year, fuel, "Energy Institute", unit, round(value * 1000, 6))
            for (country, year), value in _series(review, sheet, expected).items()
            if country in holders | set(pair) and year >= 1990
        ]
    return pd.DataFrame(rows, columns=RESERVES)


def exports(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Gas exports of the pair in bcm, current edition: by pipeline and destination, and as LNG.

    Yearly series from 2000, from "Gas - Trade movements" (pipeline gas to Europe, to the CIS, to China and in all, only for
    an exporter that has a block of its own there, as Russia has) and "Gas - LNG exports bcm"; for the last year the full
    matrices of destinations. An edition revises figures of those before it, so editions are told apart and must not be
    added together. Destinations that take nothing are left out. Europe includes Türkiye; "Other Middle East" includes Iraq,
    which has no row of its own; Iran is not among the LNG exporters. What the series call "Other CIS" is the CIS without
    Russia, named "CIS" here as in the matrix.
    """
    review = _review(upstream)
    names = {code: name for name, code in COUNTRIES.items()}
    rows = []
    for country in pair:
        if names.get(country) in REGIONS:
            rows += _pipeline_series(review, country, names[country])
    for (exporter, year), value in _series(
        review, "Gas - LNG exports bcm", "Billion cubic metres"
    ).items():
        if exporter in pair:
            rows.append((exporter, year, "LNG", "WLD", "", value))
    table = _exports(review, rows + _matrices(review, pair))
    # The matrices repeat the last year of the series: the two must agree, and one of them is kept.
    key = ["country", "year", "fuel", "destination"]
    values = table.groupby(key)["value"]
    spread = values.max() - values.min()
    if (spread > 0.001).any():
        raise ValueError(f"{review.file}: series and matrix disagree for {spread.idxmax()}")
    return table.drop_duplicates(key)


def exports_2024(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Gas exports of the pair in 2023 by destination, in bcm: the matrices of edition 2024, some of whose figures later ones revise."""
    review = _workbook(upstream / "energy-institute-2024" / WORKBOOK)
    if review.edition != 2024:
        raise ValueError(
            f"{review.file}: expected the 2024 edition, found that of {review.edition}"
        )
    return _exports(review, _matrices(review, pair))


def _exports(review: Review, rows: list[tuple]) -> pd.DataFrame:
    table = pd.DataFrame(
        rows, columns=["country", "year", "fuel", "destination", "part_of", "value"]
    )
    return table.assign(source="Energy Institute", edition=review.edition, unit="bcm")[EXPORTS]


def _pipeline_series(review: Review, country: str, name: str) -> list[tuple]:
    """Rows from 2000 of one exporter's block in "Gas - Trade movements": all, Europe, CIS, and China's imports from it."""
    where, sheet = f"{review.file}, Gas - Trade movements", review.sheets["Gas - Trade movements"]
    if sheet["unit"] != "Billion cubic metres" or sheet["years"][0] != 2000:
        raise ValueError(
            f"{where}: expected billion cubic metres from 2000, found {sheet['unit']!r} from {sheet['years'][0]}"
        )
    # The copy has lost the headings of the regions, so the same row names return block after block.
    blocks, block = [], {}
    for row in sheet["entities"]:
        region = REGIONS[len(blocks)] if len(blocks) < len(REGIONS) else "World"
        if row.get("under", region) != region:
            raise ValueError(
                f"{where}: {row['name']!r} stands under {row['under']!r}, expected {region!r}"
            )
        block.setdefault(row["name"].removeprefix("of which: "), row["values"])
        if row["name"] == "Total exports":
            blocks.append(block)
            block = {}
    if len(blocks) != len(REGIONS):
        raise ValueError(f"{where}: {len(blocks)} blocks of regions, expected {len(REGIONS)}")
    block = dict(zip(REGIONS, blocks, strict=True))
    exporter, europe, china = block[name], block["Europe"], block["China"]
    if not {"Europe", "Other CIS"} <= set(exporter) or name not in china:
        return []  # only Russia's exports are broken down so
    rows = []
    for i, year in enumerate(sheet["years"]):
        if abs(exporter["Europe"][i] - europe[name][i]) > 0.001:
            raise ValueError(
                f"{where}: Europe's imports from {name} are not its exports to Europe in {year}"
            )
        parts = exporter["Europe"][i] + exporter["Other CIS"][i] + china[name][i]
        if abs(parts - exporter["Pipeline exports"][i]) > 0.01:
            raise ValueError(f"{where}: {name}'s destinations do not add up in {year}")
        for destination, part_of, values in [
            ("WLD", "", exporter["Pipeline exports"]),
            ("Europe", "WLD", exporter["Europe"]),
            ("CIS", "WLD", exporter["Other CIS"]),
            ("CHN", "WLD", china[name]),
        ]:
            rows.append((country, year, "pipeline gas", destination, part_of, values[i]))
    return rows


def _matrices(review: Review, pair: tuple[str, str]) -> list[tuple]:
    """(country, year, fuel, destination, part of, bcm) of the pair in the edition's two matrices."""
    names = {code: name for name, code in COUNTRIES.items()}
    return [
        (country, year, fuel, *row)
        for country in pair
        for fuel, sheet, codes in [
            ("pipeline gas", "Gas trade - pipeline", PIPELINE_TO),
            ("LNG", "Gas trade - LNG", LNG_TO),
        ]
        for year, *row in _matrix(review, sheet, names.get(country), codes)
    ]


def _matrix(
    review: Review, sheet: str, exporter: str | None, codes: dict
) -> list[tuple[int, str, str, float]]:
    """(year, destination, part of, bcm) of one exporter in a matrix of origins by destinations; nothing if it has no column."""
    where = f"{review.file}, {sheet}"
    cells = [
        ["" if cell is None else str(cell).strip() for cell in row]
        for row in review.sheets[sheet]["grid"]
    ]
    title = re.search(r"Trade movements (\d{4})\b", cells[0][0])
    if not title:
        raise ValueError(
            f"{where}: expected a title with 'Trade movements' and a year, found {cells[0][0]!r}"
        )
    header = next((i for i, row in enumerate(cells) if row[0] == "To"), None)
    if header is None:
        raise ValueError(f"{where}: no header row that begins with 'To'")
    if not any(row[0] == "Billion cubic metres" for row in cells[:header]):
        raise ValueError(
            f"{where}: expected the unit 'Billion cubic metres', found {[row[0] for row in cells[1:header]]}"
        )
    # A column's name may stand on two rows ("Russian" over "Federation").
    columns = [
        f"{above} {below}".removeprefix("From ").strip()
        for above, below in zip(cells[header - 1], cells[header], strict=True)
    ]
    rows = []
    for number, row in enumerate(cells[header + 1 :], start=header + 2):
        if row[0] not in codes:
            raise ValueError(f"{where}, row {number}: unknown destination {row[0]!r}")
        if exporter in columns and codes[row[0]] is not None:
            try:
                value = float(row[columns.index(exporter)])
            except ValueError:
                raise ValueError(
                    f"{where}, row {number}, column {exporter}: {row[columns.index(exporter)]!r} is no number"
                ) from None
            if value > 0:
                rows.append((int(title[1]), *codes[row[0]], round(value, 6)))
        if row[0] == "Total exports":
            return rows
    raise ValueError(f"{where}: no row 'Total exports'")


def _series(review: Review, sheet: str, unit: str) -> dict[tuple[str, int], float]:
    """{(country, year): value} of one sheet; an unknown name is an error."""
    table = review.sheets[sheet]
    if table["unit"] != unit:
        raise ValueError(
            f"{review.file}, {sheet}: expected a time series in {unit!r}, found {table['unit']!r}"
        )
    figures = {}
    for row in table["entities"]:
        name = row["name"]
        if (
            name in NOT_A_COUNTRY
            or name.startswith("Other ")
            or (name.startswith("Total ") and name != "Total World")
        ):
            continue
        if name not in COUNTRIES:
            raise ValueError(f"{review.file}, {sheet}: unknown country or region {name!r}")
        figures |= {
            (COUNTRIES[name], year): value
            for year, value in zip(table["years"], row["values"], strict=True)
            if value is not None
        }
    return figures


def _review(upstream: Path) -> Review:
    """The current edition: the workbook, or where there is none the JSON copy of the 2026 workbook."""
    path = upstream / "energy-institute" / WORKBOOK
    if path.exists():
        return _workbook(path)
    path = upstream / "energy-institute-2026" / "ei_data.json"
    if not path.exists():
        raise FileNotFoundError(
            f"neither energy-institute/{WORKBOOK} nor energy-institute-2026/{path.name} is in {upstream}"
        )
    copy = json.loads(path.read_text(encoding="utf-8"))["sheets"]
    sheets = {}
    for name in SERIES + GRIDS:
        found = [sheet for each, sheet in copy.items() if _plain(each) == name]
        if len(found) != 1 or found[0]["type"] != ("timeseries" if name in SERIES else "raw"):
            raise ValueError(
                f"{path.name}: expected one sheet {name!r} as {'a time series' if name in SERIES else 'a grid'}, found {len(found)}"
            )
        sheets[name] = found[0]
    return Review(path.name, _edition(path, sheets["Contents"]["grid"]), sheets)


def _workbook(path: Path) -> Review:
    """The sheets of a workbook in the form of the copy's: series as unit, years and entities, the others as grids."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there")
    book = formats.workbook(path)
    sheets = {}
    for name in SERIES + GRIDS:
        found = [each for each in book.sheetnames if _plain(each) == name]
        if len(found) != 1:
            raise ValueError(
                f"{path.name}: expected one sheet {name!r}, found {found} among {book.sheetnames}"
            )
        grid = formats.sheet(book, found[0], path)
        sheets[name] = (
            {"grid": grid} if name in GRIDS else _timeseries(f"{path.name}, {name}", grid)
        )
    book.close()
    return Review(path.name, _edition(path, sheets["Contents"]["grid"]), sheets)


def _timeseries(where: str, grid: list[tuple]) -> dict:
    """Unit, years and entities (name, values, the heading it stands under) of a sheet whose header is a unit and consecutive years.

    Rows without a figure are headings, footnotes or blanks; "n/a" and "-" are no figure. What follows the years (growth, share)
    is not read.
    """
    header = next(
        (
            i
            for i, row in enumerate(grid)
            if isinstance(row[0], str) and isinstance(row[1], int) and 1900 < row[1] < 2100
        ),
        None,
    )
    if header is None:
        raise ValueError(f"{where}: no header row of a unit and years")
    years = [grid[header][1]]
    for cell in grid[header][2:]:
        if cell != years[-1] + 1:
            break
        years.append(cell)
    if further := [cell for cell in grid[header] if isinstance(cell, int) and cell > years[-1]]:
        raise ValueError(
            f"{where}: expected a header of consecutive years, found {further} after {years[0]} to {years[-1]}"
        )
    entities, heading = [], None
    for number, row in enumerate(grid[header + 1 :], start=header + 2):
        name, cells = _label(row[0]), row[1 : len(years) + 1]
        if not name:
            continue
        if all(cell is None for cell in cells):
            heading = name
            continue
        for year, cell in zip(years, cells, strict=True):
            if not (isinstance(cell, (int, float)) or cell in (None, "n/a", "-")):
                raise ValueError(f"{where}, row {number} ({name}), {year}: {cell!r} is no number")
        values = [
            float(f"{cell:.6g}") if isinstance(cell, (int, float)) else None for cell in cells
        ]
        entities.append({"name": name, "values": values, "under": heading})
    return {"unit": str(grid[header][0]).strip(), "years": years, "entities": entities}


def _edition(path: Path, contents: list) -> int:
    """The year of the edition, from the first words of the sheet Contents."""
    title = next((str(row[0]).strip() for row in contents if row[0]), "")
    found = re.fullmatch(r"(\d{4}) Energy Institute Statistical Review of World Energy", title)
    if not found:
        raise ValueError(
            f"{path.name}, Contents: expected the title '(year) Energy Institute Statistical Review of World Energy', found {title!r}"
        )
    return int(found[1])


def _plain(name: str) -> str:
    """A sheet's name without blanks round it, and without the year that some editions give the matrices ("Gas trade 2025 - LNG")."""
    return re.sub(r"^Gas trade \d{4} - ", "Gas trade - ", name.strip())


def _label(cell: object) -> str:
    """A row's name without footnote marks and blanks round it."""
    return re.sub(r"[\s*#^†♦]+$", "", str(cell or "")).strip()
