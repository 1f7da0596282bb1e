"""Energy Institute: the Statistical Review of World Energy, a workbook that it publishes yearly.

The current edition is read from it, or from a JSON snapshot of the workbook of 2026, whose series
are rounded to six significant figures and whose region headings are lost; series from a workbook
are rounded alike, so that both give the same rows. Of the edition of 2024 (data to 2023) the
matrices of gas trade are read. Terms: © Energy Institute; use with credit, no licence.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from analysis.connectors.opec import EXPORTS, GAS_HOLDERS, OIL_HOLDERS, RESERVES
from ledger.core.sources import countries, formats
from ledger.core.sources.strict import FormError, number, read_json, refuse_gap, shown

WORKBOOK = "EI-Stats-Review-All-Data.xlsx"
SNAPSHOT = "ei_data.json"
# sheet → unit
SERIES = {
    "Oil Production - barrels": "Thousand barrels daily",
    "Gas Production - Bcm": "Billion cubic metres",
    "Gas Consumption - Bcm": "Billion cubic metres",
    "Gas - Proved reserves history": "Trillion cubic metres",
    "Oil - Proved reserves history": "Thousand million barrels",
    "Gas - Trade movements": "Billion cubic metres",
    "Gas - LNG exports bcm": "Billion cubic metres",
}
MOVEMENTS, LNG_EXPORTS = "Gas - Trade movements", "Gas - LNG exports bcm"
PIPELINE_MATRIX, LNG_MATRIX = "Gas trade - pipeline", "Gas trade - LNG"
GRIDS = ["Contents", PIPELINE_MATRIX, LNG_MATRIX]
PRODUCTION = ["country", "year", "fuel", "measure", "source", "unit", "value"]
FIRST_YEAR = 1990
SINCE = {MOVEMENTS: 2000, LNG_EXPORTS: 2000}  # series that begin after it

# no state of today, no country but a row that is read, and a member of the matrices
EXCEPTIONS = {"USSR": "SUN", "Total World": "WLD", "EU": "EUU"}

# rows that are no country: regions, remainders ("Other ...", "Total ..." apart), groups, and parts
# of a country
NO_COUNTRY = {
    "Central America", "Eastern Africa", "Middle Africa", "Western Africa", "of which: OECD",
    "Non-OECD", "OPEC", "Non-OPEC", "European Union", "Canadian Oil Sands: Total",
    "of which: Under active development", "Venezuela: Orinoco Belt",
}  # fmt: skip

# Where the gas goes, in the matrices of one year: each destination by the larger one that it is
# part of. Countries become codes; remainders keep their name. In 2024 "Non-EU Europe" was called
# "Rest of Europe" in the pipeline matrix.
PIPELINE_TO = {
    "North America": ["Canada", "Mexico", "US"],
    "S. & Cent. America": ["Argentina", "Brazil", "Other S. & Cent. America"],
    "Europe": ["EU", "Non-EU Europe"],
    "CIS": ["Belarus", "Kazakhstan", "Russian Federation", "Other CIS"],
    "Middle East": ["United Arab Emirates", "Other Middle East"],
    "Africa": ["South Africa", "Other Africa"],
    "WLD": ["Australia", "China", "Malaysia", "Singapore", "Thailand"],
}
RENAMED = {"Rest of Europe": "Non-EU Europe"}
# Left out of the pipeline matrix: the few countries of this region stand there one by one, and the
# long series name China alone.
NOT_READ = {"Asia Pacific"}
LNG_TO = {
    "North America": ["Canada", "Mexico", "US"],
    "S. & Cent. America": ["Argentina", "Brazil", "Chile", "Other S. & Cent. America"],
    "Europe": [
        "Belgium", "France", "Italy", "Spain", "Turkey", "United Kingdom", "Other EU",
        "Rest of Europe",
    ],
    "Middle East & Africa": [
        "Egypt", "Kuwait", "United Arab Emirates", "Other Middle East & Africa",
    ],
    "Asia Pacific": [
        "China", "India", "Japan", "Malaysia", "Pakistan", "Singapore", "South Korea", "Taiwan",
        "Thailand", "Other Asia Pacific",
    ],
}  # fmt: skip

# the order in which the sheet of trade movements lists its regions; each block ends with its total
# exports
REGIONS = [
    "US", "Other North America", "Brazil", "Other S&C America", "Europe", "Russian Federation",
    "Other CIS", "Middle East", "Africa", "China", "India", "OECD Asia", "Other Asia",
]  # fmt: skip


NO_FIGURE = (None, "n/a", "-")
WORLD = {"Total World", "Total LNG exports"}
TOTALS = WORLD | {
    f"Total {region}"
    for region in [
        "North America", "S. & Cent. America", "Europe", "CIS", "Middle East", "Africa",
        "Asia Pacific", "Americas", "Europe & CIS",
    ]
}  # fmt: skip
# columns of the matrices that are no country: what others export, and the sum
NO_ORIGIN = {
    "", "Total imports", "Other Americas", "Other S. & Cent. America", "Other Europe",
    "Other Middle East", "Other Africa", "Other Asia Pacific",
}  # fmt: skip


class Review(NamedTuple):
    """One edition: its file's name, its year, and its sheets.

    A sheet of series has `unit`, `years` and `entities` (each with `name`, `values`, and `under`:
    the heading above it); a sheet of another kind is a `grid` of rows.
    """

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
    """Return oil output, gas output and gas consumption by country and year, from 1990.

    Oil includes condensate and natural gas liquids; gas leaves out what is flared or put back, and
    is stated at 40 MJ a cubic metre.

    Parameters
    ----------
    upstream
        Folder with `energy-institute/` (the workbook) or `energy-institute-2026/` (the snapshot).
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        PRODUCTION; one row a country, year, fuel and measure: oil in thousand barrels a day, gas
        in bcm. Output is given for every country that was among the ten largest producers of that
        fuel in any year since 1990, so a rank down to the tenth place can be read from the rows;
        consumption for the pair, Qatar and the world.

    Raises
    ------
    FormError
        Names sheet and row that are not as expected.
    """
    review = _review(upstream)
    always = {*pair, "QAT", "SAU", "USA", "WLD"}
    rows = []
    for sheet, fuel, unit in [
        ("Oil Production - barrels", "oil", "thousand barrels a day"),
        ("Gas Production - Bcm", "gas", "bcm"),
    ]:
        figures = _series(review, sheet)
        selected = _largest_producers(figures) | always
        rows += [
            (country, year, fuel, "production", "Energy Institute", unit, value)
            for (country, year), value in figures.items()
            if country in selected
        ]
    rows += [
        (country, year, "gas", "consumption", "Energy Institute", "bcm", value)
        for (country, year), value in _series(review, "Gas Consumption - Bcm").items()
        if country in {*pair, "QAT", "WLD"}
    ]
    return pd.DataFrame(rows, columns=PRODUCTION)


def _largest_producers(figures: dict[tuple[str, int], float]) -> set[str]:
    """Return the countries that were among the ten largest in any year."""
    by_year: dict[int, dict[str, float]] = {}
    for (country, year), value in figures.items():
        if country != "WLD":
            by_year.setdefault(year, {})[country] = value
    return {
        country
        for values in by_year.values()
        for country in sorted(values, key=values.__getitem__, reverse=True)[:10]
    }


def reserves(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return proved reserves at year-end, from 1990.

    The workbook's own note says that they have not been updated: in 2026 they stop at 2020. Oil
    includes Canada's oil sands, condensate and natural gas liquids, unlike OPEC's. Equatorial
    Guinea, Angola, Mozambique, Mauritania and Senegal have no gas row of their own (they are in
    "Other Africa").

    Parameters
    ----------
    upstream
        As for `production`.
    pair
        ISO 3166 codes of the two countries; GAS_HOLDERS and OIL_HOLDERS are read too.

    Returns
    -------
    DataFrame
        RESERVES; one row a country, year and fuel: gas in bcm, oil in million barrels.

    Raises
    ------
    FormError
        Names sheet and row that are not as expected.
    """
    review = _review(upstream)
    rows = []
    for sheet, fuel, unit, holders in [
        ("Gas - Proved reserves history", "gas", "bcm", GAS_HOLDERS),
        ("Oil - Proved reserves history", "oil", "million barrels", OIL_HOLDERS),
    ]:
        rows += [
            (country, year, fuel, "Energy Institute", unit, round(value * 1000, 6))
            for (country, year), value in _series(review, sheet).items()
            if country in holders | set(pair)
        ]
    return pd.DataFrame(rows, columns=RESERVES)


def exports(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the pair's gas exports, current edition: by pipeline and destination, and as LNG.

    Yearly series from 2000, of pipeline gas to Europe, to the CIS, to China and in all, only for an
    exporter that has a block of its own among the trade movements, as Russia has; and of LNG. For
    the last year the full matrices of destinations. An edition revises figures of those before it,
    so editions are told apart and must not be added together. Europe includes Türkiye; "Other
    Middle East" includes Iraq, which has no row of its own; Iran is not among the LNG exporters.
    What the series call "Other CIS" is the CIS without Russia, named "CIS" here as in the matrix.

    Parameters
    ----------
    upstream
        As for `production`.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        EXPORTS, in bcm; one row an exporter, year, fuel and destination. Destinations that take
        nothing are left out.

    Raises
    ------
    FormError
        Names sheet and row that are not as expected, or series and matrix that disagree.
    """
    review = _review(upstream)
    rows = []
    for region in REGIONS:
        country = countries.find_code(region, EXCEPTIONS)
        if country in pair:
            rows += _pipeline_series(review, country, region)
    rows += [
        (exporter, year, "LNG", "WLD", "", value)
        for (exporter, year), value in _series(review, LNG_EXPORTS, first_year=0).items()
        if exporter in pair
    ]
    table = _exports(review, rows + _matrices(review, pair))
    # the matrices repeat the last year of the series: both must agree, and one of them is kept
    key = ["country", "year", "fuel", "destination"]
    values = table.groupby(key)["value"]
    spread = values.max() - values.min()
    if (spread > 0.001).any():
        found = f"series and matrix disagree for {spread.idxmax()}"
        raise FormError(review.file, found, "one value")
    return table.drop_duplicates(key)


def exports_2024(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the pair's gas exports of 2023 by destination, as the edition of 2024 has them.

    Later editions revise some of them.

    Parameters
    ----------
    upstream
        Folder with `energy-institute-2024/`, the workbook.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        EXPORTS, in bcm; one row an exporter, fuel and destination.

    Raises
    ------
    FormError
        Names sheet and row that are not as expected, or another edition.
    """
    review = _workbook(upstream / "energy-institute-2024" / WORKBOOK)
    if review.edition != 2024:
        raise FormError(review.file, f"the edition of {review.edition}", "the 2024 edition")
    return _exports(review, _matrices(review, pair))


def _exports(review: Review, rows: list[tuple]) -> pd.DataFrame:
    columns = ["country", "year", "fuel", "destination", "part_of", "value"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(source="Energy Institute", edition=review.edition, unit="bcm")[EXPORTS]


# --- trade movements ------------------------------------------------------------------------------


BROKEN_DOWN = "Russian Federation"  # the one exporter whose destinations have rows


def _pipeline_series(review: Review, country: str, name: str) -> list[tuple]:
    """Return rows from 2000 of one exporter: all, Europe, CIS, and China's imports from it."""
    where, sheet = f"{review.file}, {MOVEMENTS}", review.sheets[MOVEMENTS]
    blocks = _blocks(sheet, where)
    exporter, europe, china = blocks[name], blocks["Europe"], blocks["China"]
    if name != BROKEN_DOWN:
        return []
    needed = [(exporter, row) for row in ("Europe", "Other CIS", "Pipeline exports")]
    for block, row in [*needed, (europe, name), (china, name)]:
        if row not in block:
            raise FormError(f"{where}, {name}", f"no row {row!r}", "each part of its exports")
    rows = []
    for i, year in enumerate(sheet["years"]):
        if abs(exporter["Europe"][i] - europe[name][i]) > 0.001:
            found = f"Europe's imports from {name} are not its exports to Europe in {year}"
            raise FormError(where, found, "one value")
        parts = exporter["Europe"][i] + exporter["Other CIS"][i] + china[name][i]
        if abs(parts - exporter["Pipeline exports"][i]) > 0.01:
            found = f"{name}'s destinations do not add up in {year}"
            raise FormError(where, found, "all its pipeline exports")
        for destination, part_of, values in [
            ("WLD", "", exporter["Pipeline exports"]),
            ("Europe", "WLD", exporter["Europe"]),
            ("CIS", "WLD", exporter["Other CIS"]),
            ("CHN", "WLD", china[name]),
        ]:
            rows.append((country, year, "pipeline gas", destination, part_of, values[i]))
    return rows


def _blocks(sheet: dict, where: str) -> dict[str, dict[str, list]]:
    """Return region → row's name → values; a region's rows end with its total exports.

    The snapshot has lost the headings of the regions, so only the order tells them.
    """
    if sheet["unit"] != SERIES[MOVEMENTS] or sheet["years"][0] != 2000:
        found = f"{shown(sheet['unit'])} from {sheet['years'][0]}"
        raise FormError(where, found, "billion cubic metres from 2000")
    blocks, block = [], {}
    for row in sheet["entities"]:
        region = REGIONS[len(blocks)] if len(blocks) < len(REGIONS) else "World"
        if row.get("under", region) != region:
            found = f"{row['name']!r} stands under {row['under']!r}"
            raise FormError(where, found, repr(region))
        block.setdefault(row["name"].removeprefix("of which: "), row["values"])
        if row["name"] == "Total exports":
            blocks.append(block)
            block = {}
    if len(blocks) != len(REGIONS):
        raise FormError(where, f"{len(blocks)} blocks of regions", f"{len(REGIONS)}")
    return dict(zip(REGIONS, blocks, strict=True))


def _matrices(review: Review, pair: tuple[str, str]) -> list[tuple]:
    """Return (country, year, fuel, destination, part of, bcm) of the pair in the two matrices."""
    return [
        row
        for fuel, sheet, regions in [
            ("pipeline gas", PIPELINE_MATRIX, PIPELINE_TO),
            ("LNG", LNG_MATRIX, LNG_TO),
        ]
        for row in _matrix(review, sheet, fuel, _destinations(regions), pair)
    ]


def _destinations(regions: dict[str, list[str]]) -> dict[str, tuple[str, str] | None]:
    """Return a row's name → destination and what it is part of; None for a row that is not read."""
    parts = {
        name: (countries.find_code(name, EXCEPTIONS) or name, region)
        for region, names in regions.items()
        for name in names
    }
    if regions is PIPELINE_TO:
        parts |= {old: parts[new] for old, new in RENAMED.items()} | dict.fromkeys(NOT_READ)
    wholes = {region: (region, "WLD") for region in regions if region != "WLD"}
    return parts | wholes | {"Total exports": ("WLD", "")}


def _matrix(
    review: Review,
    sheet: str,
    fuel: str,
    destinations: dict[str, tuple[str, str] | None],
    pair: tuple[str, str],
) -> list[tuple]:
    """Return (country, year, fuel, destination, part of, bcm) from origins by destinations.

    A country of the pair that has no column has no rows.
    """
    where = f"{review.file}, {sheet}"
    cells = [
        ["" if cell is None else str(cell).strip() for cell in row]
        for row in review.sheets[sheet]["grid"]
    ]
    year, header = _matrix_header(cells, where)
    # a column's name may stand on two rows ("Russian" over "Federation")
    names = [
        f"{above} {below}".removeprefix("From ").strip()
        for above, below in zip(cells[header - 1], cells[header], strict=True)
    ]
    columns = _columns(f"{where}, row {header + 1}", names[1:])
    rows = []
    for line, row in enumerate(cells[header + 1 :], start=header + 2):
        if row[0] not in destinations:
            found = f"unknown destination {shown(row[0])}"
            raise FormError(f"{where}, row {line}", found, "a destination of the connector")
        destination = destinations[row[0]]
        for country in pair:
            if destination is not None and country in columns:
                column = columns[country]
                value = number(row[column], f"{where}, row {line}, column {names[column]}")
                rows.append((country, year, fuel, *destination, round(value, 6)))
        if row[0] == "Total exports":
            _check_parts(where, rows)
            return [row for row in rows if row[-1] > 0]
    raise FormError(where, "no row 'Total exports'", "one at the end")


def _columns(where: str, names: list[str]) -> dict[str, int]:
    """Return the column of each country; another that is not in NO_ORIGIN is refused."""
    columns = {}
    for i, name in enumerate(names, start=1):
        if _label(name) in NO_ORIGIN:
            continue
        code = countries.country_code(name, EXCEPTIONS, where)
        if code in columns:
            raise FormError(where, f"two columns are {shown(name)}", "each country once")
        columns[code] = i
    return columns


def _check_parts(where: str, rows: list[tuple]) -> None:
    """Raise FormError unless each exporter's destinations add up to the larger ones."""
    wholes = {(country, to): value for country, _, _, to, _, value in rows}
    sums: dict[tuple[str, str], float] = {}
    for country, _, _, _, part_of, value in rows:
        sums[country, part_of] = sums.get((country, part_of), 0) + value
    for (country, whole), parts in sums.items():
        if whole and abs(parts - wholes.get((country, whole), -1)) > 0.01:
            found = f"{country}'s exports to the parts of {whole} add up to {parts:.3f}"
            raise FormError(where, found, f"{wholes.get((country, whole))}, as its row says")


def _matrix_header(cells: list[list[str]], where: str) -> tuple[int, int]:
    """Return the year in a matrix's title, and the number of its header row."""
    title = re.search(r"Trade movements (\d{4})\b", cells[0][0])
    if not title:
        expected = "a title with 'Trade movements' and a year"
        raise FormError(f"{where}, row 1", shown(cells[0][0]), expected)
    header = next((i for i, row in enumerate(cells) if row[0] == "To"), None)
    if header is None:
        raise FormError(where, "no header row that begins with 'To'", "one")
    above = [row[0] for row in cells[:header]]
    if "Billion cubic metres" not in above:
        raise FormError(where, f"the unit {above[1:]}", "'Billion cubic metres'")
    return int(title[1]), header


# --- the review -----------------------------------------------------------------------------------


def _series(
    review: Review, sheet: str, first_year: int = FIRST_YEAR
) -> dict[tuple[str, int], float]:
    """Return {(country, year): value} of one sheet; an unknown name is an error."""
    table, where = review.sheets[sheet], f"{review.file}, {sheet}"
    if table["unit"] != SERIES[sheet]:
        raise FormError(where, f"the unit {shown(table['unit'])}", f"{SERIES[sheet]!r}")
    refuse_gap(where, table["years"], first=SINCE.get(sheet, FIRST_YEAR))
    _check_sums(where, table)
    figures, seen = {}, set()
    for row in table["entities"]:
        name = row["name"]
        if name in NO_COUNTRY or name.startswith("Other ") or name in TOTALS - {"Total World"}:
            continue
        country = countries.country_code(name, EXCEPTIONS, where)
        if country in seen:
            raise FormError(f"{where}, row {name!r}", "the country stands there twice", "one row")
        seen.add(country)
        figures |= {
            (country, year): value
            for year, value in zip(table["years"], row["values"], strict=True)
            if value is not None and year >= first_year
        }
    return figures


def _check_sums(where: str, table: dict) -> None:
    """Raise FormError unless members add up to their region, and regions to the world.

    Rows below the world's total are groups and parts, which are not added.
    """
    members, regions = [], []
    for row in table["entities"]:
        name, values = row["name"], row["values"]
        if name in WORLD:
            _check_sum(where, name, table["years"], values, regions)
            return
        if name in TOTALS:
            _check_sum(where, name, table["years"], values, members)
            regions.append(values)
            members = []
        else:
            members.append(values)
    raise FormError(where, "no row of the world's total", " or ".join(sorted(WORLD)))


def _check_sum(where: str, name: str, years: list, total: list, parts: list[list]) -> None:
    for i, year in enumerate(years):
        parted = sum(values[i] or 0 for values in parts)
        if year >= FIRST_YEAR and abs(parted - (total[i] or 0)) > max(0.002 * parted, 0.001):
            found = f"its {len(parts)} parts add up to {parted:,.3f}"
            raise FormError(f"{where}, row {name!r}, {year}", found, f"{total[i]}, as it says")


def _review(upstream: Path) -> Review:
    """Return the current edition: the workbook, or else the JSON snapshot of that of 2026."""
    path = upstream / "energy-institute" / WORKBOOK
    if path.exists():
        return _workbook(path)
    path = upstream / "energy-institute-2026" / SNAPSHOT
    if not path.exists():
        raise FileNotFoundError(
            f"neither energy-institute/{WORKBOOK} nor energy-institute-2026/{SNAPSHOT} is in "
            f"{upstream}"
        )
    contents = read_json(path)
    if not isinstance(contents, dict) or not isinstance(contents.get("sheets"), dict):
        raise FormError(path.name, "no sheets", "sheets by name")
    contents = contents["sheets"]
    sheets = {}
    for name in [*SERIES, *GRIDS]:
        matches = [sheet for title, sheet in contents.items() if _plain(title) == name]
        kind = "timeseries" if name in SERIES else "raw"
        if [sheet["type"] for sheet in matches] != [kind]:
            found = f"{len(matches)} sheets {name!r} of type {kind}"
            raise FormError(path.name, found, "one")
        sheets[name] = matches[0]
    return Review(path.name, _edition(path, sheets["Contents"]["grid"]), sheets)


def _workbook(path: Path) -> Review:
    """Return the sheets of a workbook, in the form of the snapshot's."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there")
    book = formats.open_workbook(path)
    sheets = {}
    for name in [*SERIES, *GRIDS]:
        titles = [title for title in book.sheetnames if _plain(title) == name]
        if len(titles) != 1:
            found = f"the sheets {titles} are {name!r}, among {shown(book.sheetnames, 300)}"
            raise FormError(path.name, found, f"one sheet {name!r}")
        grid = formats.sheet_rows(book, titles[0], path)
        if name in SERIES:
            sheets[name] = _time_series(f"{path.name}, {name}", grid)
        else:
            sheets[name] = {"grid": grid}
    book.close()
    return Review(path.name, _edition(path, sheets["Contents"]["grid"]), sheets)


def _time_series(where: str, grid: list[tuple]) -> dict:
    """Return unit, years and entities of a sheet whose header is a unit and consecutive years.

    Rows without a figure are headings, footnotes or blanks; "n/a" and "-" are no figure.
    """
    header = next((i for i, row in enumerate(grid) if _is_header(row)), None)
    if header is None:
        raise FormError(where, "no header row of a unit and years", "one")
    years = _header_years(where, grid[header])
    entities, heading = [], None
    for line, row in enumerate(grid[header + 1 :], start=header + 2):
        name, cells = _label(row[0]), row[1 : len(years) + 1]
        if not name:
            continue
        if all(cell is None for cell in cells):
            heading = name
            continue
        values = [
            None
            if cell in NO_FIGURE
            else float(f"{number(cell, f'{where}, row {line} ({name}), {year}'):.6g}")
            for year, cell in zip(years, cells, strict=True)
        ]
        entities.append({"name": name, "values": values, "under": heading})
    return {"unit": str(grid[header][0]).strip(), "years": years, "entities": entities}


def _is_header(row: tuple) -> bool:
    return isinstance(row[0], str) and isinstance(row[1], int) and 1900 < row[1] < 2100


def _header_years(where: str, row: tuple) -> list[int]:
    """Return the consecutive years of a header; what follows them (growth, share) is not read."""
    years = [row[1]]
    for cell in row[2:]:
        if cell != years[-1] + 1:
            break
        years.append(cell)
    rest = row[1 + len(years) :]
    if other := [cell for cell in rest if isinstance(cell, int) and cell not in years]:
        found = f"{other} after {years[0]} to {years[-1]}"
        raise FormError(where, found, "a header of consecutive years")
    return years


def _edition(path: Path, contents: list) -> int:
    """Return the year of the edition, from the first words of the sheet Contents."""
    title = next((str(row[0]).strip() for row in contents if row[0]), "")
    match = re.fullmatch(r"(\d{4}) Energy Institute Statistical Review of World Energy", title)
    if not match:
        expected = "the title '(year) Energy Institute Statistical Review of World Energy'"
        raise FormError(f"{path.name}, Contents", shown(title), expected)
    return int(match[1])


def _plain(title: str) -> str:
    """Return a sheet's name without blanks round it, and without the year of a matrix.

    Some editions write "Gas trade 2025 - LNG".
    """
    return re.sub(r"^Gas trade \d{4} - ", "Gas trade - ", title.strip())


def _label(cell: object) -> str:
    """Return a row's name without footnote marks and blanks round it."""
    return re.sub(r"[\s*#^†♦]+$", "", str(cell or "")).strip()
