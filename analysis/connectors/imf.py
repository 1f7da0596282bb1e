"""International Monetary Fund: trade by partner, from two datasets that are kept apart.

The Direction of Trade Statistics (DOTS) have one workbook a reporter and have ended. IMTS follows
them; the Fund's portal gives it as a wide CSV: one row a series, one column a year. The rows of
each carry its own label, for the history may be revised in the one and not in the other.
Terms: © IMF; use and publication with attribution, changes must be said.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ledger.core.sources import countries, formats
from ledger.core.sources.strict import (
    DIGITS,
    NUMBER,
    FormError,
    csv_rows,
    number,
    refuse_gap,
    shown,
)

SOURCE = "IMF DOTS"
FIRST_YEAR = 1989
RESULT = ["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]

# workbooks of DOTS: flow → sheet, its title
SHEETS = {
    "export": ("Exports, FOB", "Exports, FOB to Partner Countries"),
    "import": ("Imports, CIF", "Imports, CIF from Partner Countries"),
}
UNIT = "US Dollars, Millions"
STARTS = {"RUS": 1992}  # first year in the workbook of a state that is younger than FIRST_YEAR
WIDE_START = 2016  # of the portal's file
# rows of a sheet that are left out: groups of countries, and what is of no country
LEFT_OUT = {
    "World", "Advanced Economies", "Euro Area", "Emerging and Developing Economies",
    "Emerging and Developing Asia", "Asia not specified", "Emerging and Developing Europe",
    "Europe not specified", "Middle East and Central Asia",
    "Middle East and Central Asia not specified", "Sub-Saharan Africa", "Africa not specified",
    "Western Hemisphere", "Western Hemisphere not specified",
    "Other Countries not included elsewhere", "Special Categories",
    "Countries & Areas not specified", "Memorandum Items", "Africa", "Middle East",
    "European Union",
    "Emerging Market and Developing Economies by Source of Export Earnings: Fuel",
    "Emerging Market and Developing Economies by Source of Export Earnings: Nonfuel",
}  # fmt: skip
LAST = "Emerging Market and Developing Economies by Source of Export Earnings: Nonfuel"
# a figure that the Fund marks as its estimate is text, and has commas between thousands
ESTIMATE = r"([0-9]{1,3}(,[0-9]{3})*|[0-9]+)(\.[0-9]+)? ?e"
# names that are more, or less, than the country which they bring to mind
EXCEPTIONS = {
    "Aruba, Kingdom of the Netherlands": "ABW",
    "Curaçao, Kingdom of the Netherlands": "CUW",
    "Sint Maarten, Kingdom of the Netherlands": "SXM",
    "Czechoslovakia": None,
    "Eastern Germany": None,
    "Netherlands Antilles": None,
    "USSR": None,
    "Yugoslavia": None,
    "Serbia and Montenegro": None,
    "Yemen Arab Rep.": None,
    "Yemen, People's Dem. Rep. of": None,
    "South African Common Customs Area (SACCA)": None,
    "Belgium-Luxembourg": None,
}

# the portal's wide CSV
INDICATORS = {"XG_FOB_USD": "export", "MG_CIF_USD": "import"}
WIDE = "imf-imts-russia/RU_trade.csv"
WIDE_SOURCE = "IMF IMTS"
DATASET = "IMF.STA:IMTS(1.0.0)"
SERIES = {
    "MG_CIF_USD": "Imports of goods, Cost insurance freight (CIF), US dollar",
    "XG_FOB_USD": "Exports of goods, Free on board (FOB), US dollar",
}
WIDE_COLUMNS = [
    "DATASET", "SERIES_CODE", "OBS_MEASURE", "COUNTRY.ID", "COUNTRY", "INDICATOR.ID", "INDICATOR",
    "COUNTERPART_COUNTRY.ID", "COUNTERPART_COUNTRY", "FREQUENCY.ID", "FREQUENCY", "SCALE.ID",
    "SCALE", "TRADE_FLOW.ID", "TRADE_FLOW",
]  # fmt: skip
WIDE_EXPECTED = {
    "DATASET": [DATASET],
    "OBS_MEASURE": ["OBS_VALUE"],
    "INDICATOR.ID": [*SERIES],
    "INDICATOR": [*SERIES.values()],
    "FREQUENCY.ID": ["A"],
    "FREQUENCY": ["Annual"],
    "SCALE.ID": ["6"],
    "SCALE": ["Millions"],
}
GROUP = "G[0-9]{3}|GX[0-9]{3}|TX[0-9]{3}"  # the world, regions, and areas that are not specified
# no states of today, or with a code of the Fund's own
OTHER_CODES = ["ANT", "CSK", "SCG", "WBG", "YUG"]
# partners of which Russia has one series only: there were no goods in the other direction
ONE_SERIES = {"MSR", "VAT"}
DECIMALS = 6  # of a reported figure, in millions: whole dollars
MOSTLY = 0.8  # share of a year's figures that have more decimals when the year is estimated
SHARED = 5  # so many other partners with the same change make it no figure of the pair


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return total goods trade inside the pair as each side's series has it, from 1989.

    Exports are valued free on board, imports with cost, insurance and freight. Trade with states
    that are no more, such as the Soviet Union, stands in rows of its own and is not read.

    Parameters
    ----------
    upstream
        Folder with `imf-dots/`: workbooks DOTS_<number>.xlsx, and nothing of IMTS.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        RESULT, in US$; one row a reporter, flow and year. A figure that the Fund marks "e" is its
        own estimate (as a rule the partner's figure less or plus six per cent): `estimated` is
        true.

    Raises
    ------
    FormError
        Names file, sheet, column and value that are not as expected.
    FileNotFoundError
        None of the files is there.
    """
    return pd.DataFrame(_workbooks(upstream / "imf-dots", pair), columns=RESULT)


# --- workbooks ------------------------------------------------------------------------------------


def _workbooks(folder: Path, pair: tuple[str, str]) -> list[tuple]:
    books = _by_reporter(folder)
    records = []
    for reporter, partner in (pair, pair[::-1]):
        path, sheets = books.get(reporter, (folder, {}))
        for flow, rows in sheets.items():
            where = f"{path.name}, sheet {SHEETS[flow][0]}"
            _check_head(rows, SHEETS[flow][1], _cell(sheets["export"], 4), where)
            start = STARTS.get(reporter, FIRST_YEAR)
            for year, cell in _partner_cells(rows, partner, where, start):
                if cell is not None and year >= FIRST_YEAR:
                    millions, estimated = _number(cell, f"{where}, {partner} in {year}")
                    value = round(millions * 1e6)
                    records.append((reporter, partner, flow, year, SOURCE, value, estimated))
    return records


def _by_reporter(folder: Path) -> dict[str, tuple[Path, dict[str, list[tuple]]]]:
    """Return reporter → workbook, and its sheets by flow."""
    paths = sorted(folder.glob("DOTS_*.xlsx"))
    if not paths:
        raise FileNotFoundError(f"imf-dots: no DOTS_<number>.xlsx in {folder}")
    books: dict[str, tuple[Path, dict[str, list[tuple]]]] = {}
    for path in paths:
        book = formats.open_workbook(path)
        sheets = {flow: formats.sheet_rows(book, name, path) for flow, (name, _) in SHEETS.items()}
        book.close()
        where = f"{path.name}, sheet {SHEETS['export'][0]}, cell B4"
        country = countries.country_code(_name(_cell(sheets["export"], 4)), EXCEPTIONS, where)
        if country in books:
            found = f"it and {books[country][0].name} are both of {country}"
            raise FormError(path.name, found, "a workbook a reporter")
        books[country] = (path, sheets)
    return books


def _check_head(rows: list[tuple], title: str, reporter: str, where: str) -> None:
    head, expected = tuple(_cell(rows, n) for n in (2, 4, 5)), (title, reporter, UNIT)
    if head != expected:
        raise FormError(where, f"unexpected head {head}", f"{expected} in cells B2, B4 and B5")


def _cell(rows: list[tuple], row: int) -> object:
    """Return the cell of column B in a row that is counted from 1."""
    return rows[row - 1][1] if len(rows) >= row and len(rows[row - 1]) > 1 else None


def _partner_cells(
    rows: list[tuple], partner: str, where: str, start: int
) -> Iterator[tuple[int, object]]:
    """Give year and cell of a partner's row, from `start` on; some stand twice, in two groups."""
    years = rows[6][2:] if len(rows) > 6 else ()
    if not all(re.fullmatch("(19|20)[0-9]{2}", str(year)) for year in years) or not years:
        raise FormError(f"{where}, row 7", f"unexpected years {years}", "years from column C on")
    if len(set(years)) < len(years):
        raise FormError(f"{where}, row 7", f"a year twice in {years}", "each year once")
    refuse_gap(
        f"{where}, row 7", [year for year in map(int, years) if year >= FIRST_YEAR], first=start
    )
    cells = set()
    for row, of_row in enumerate(rows[7:], 8):
        if any(cell is not None for cell in of_row):
            name = _name(of_row[1])
            if _is_of(partner, name, f"{where}, row {row}"):
                cells.add(of_row[2:])
    if (last := _name(rows[-1][1])) != LAST:
        raise FormError(where, f"it ends at {shown(last)}", f"{LAST!r} at the end")
    if len(cells) > 1:
        found = f"{len(cells)} rows for {partner} that are not alike"
        raise FormError(where, found, "the same figures in each group")
    for row in cells:
        yield from zip(map(int, years), row)


def _is_of(partner: str, name: str, where: str) -> bool:
    """Tell whether a row's name is that of the partner; refuse one that is not known."""
    if name in LEFT_OUT or name in EXCEPTIONS:
        return EXCEPTIONS.get(name) == partner
    return countries.country_code(name, EXCEPTIONS, where) == partner


def _number(cell: object, where: str) -> tuple[float, bool]:
    """Return a number in millions, and whether it is marked as an estimate."""
    if isinstance(cell, str) and re.fullmatch(ESTIMATE, cell):
        return float(cell.removesuffix("e").replace(",", "")), True
    return number(cell, where), False


def _name(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


# --- the portal's wide CSV ------------------------------------------------------------------------


def imts_totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return total goods trade inside the pair from the portal's wide CSV.

    The file does not say what is estimated. Reported figures are whole dollars, six decimals of a
    million; where a reporter has sent nothing (Russia from 2022 on) nearly all figures of a year
    have more, being computed by the Fund. `estimated` is true for these.

    Left out are estimates that carry no information on the pair: those whose change from the year
    before is that of at least SHARED other countries too, to six digits. The Fund then moves the
    figures of many partners by one factor (Russia's imports from Iran of 2023 and 2024 by 0.773944
    and 0.824543, as those from Gabon, Cambodia, Lebanon and others).

    Parameters
    ----------
    upstream
        Folder with WIDE, in US$ million.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        RESULT, in US$; one row a reporter, flow and year.

    Raises
    ------
    FormError
        Names file, row, column and value that are not as expected.
    FileNotFoundError
        There is no such file.
    """
    path = upstream / WIDE
    if not path.exists():
        raise FileNotFoundError(f"imf-imts-russia: {path.name} is not in {path.parent}")
    data, years = _wide(path)
    is_estimate = {year: _is_estimated(path, data[year]) for year in years}
    one, other = data["COUNTRY.ID"], data["COUNTERPART_COUNTRY.ID"]
    records = []
    for row in data.index[one.isin(pair) & other.isin(pair) & (one != other)]:
        country, partner, indicator = one[row], other[row], data.at[row, "INDICATOR.ID"]
        for year in _usable_years(path, data, row, is_estimate):
            value = round(float(data.at[row, year]) * 1e6)
            of_pair = (country, partner, INDICATORS[indicator], int(year))
            records.append((*of_pair, WIDE_SOURCE, value, is_estimate[year]))
    return pd.DataFrame(records, columns=RESULT)


def _usable_years(
    path: Path, data: pd.DataFrame, row: int, is_estimate: dict[str, bool]
) -> Iterator[str]:
    """Give the years in which a series has a figure that says something of its pair."""
    series = data.loc[row]
    alike = data[
        (data["COUNTRY.ID"] == series["COUNTRY.ID"])
        & (data["INDICATOR.ID"] == series["INDICATOR.ID"])
        & ~data["COUNTERPART_COUNTRY.ID"].str.fullmatch(GROUP)
    ].drop(index=row)
    for before, year in zip(["", *is_estimate], is_estimate):
        if not series[year] or int(year) < FIRST_YEAR:
            continue
        if is_estimate[year] != _is_long(series[year]):
            status = "estimated" if is_estimate[year] else "reported"
            cell = data.loc[[row], year]
            problem = f"does not look {status}, as the other figures of the year do"
            formats.refuse_cells(path, cell, cell.notna(), problem)
        if not (is_estimate[year] and before and _is_shared(series, alike, before, year)):
            yield year


def _wide(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return all cells as text, checked, and the columns that are years."""
    header, _ = csv_rows(path)
    years = [column for column in header if re.fullmatch("(19|20)[0-9]{2}", column)]
    data = formats.read_csv(
        path, [*WIDE_COLUMNS, *years], dtype=str, keep_default_na=False, na_filter=False
    )
    if unknown := [column for column in header if column not in data.columns]:
        found = f"unknown column {shown(unknown[0])}"
        raise FormError(f"{path.name}, row 1", found, "WIDE_COLUMNS and years")
    if not years or [*map(int, years)] != [*range(WIDE_START, WIDE_START + len(years))]:
        found = f"the columns {years} are not one year after another"
        raise FormError(f"{path.name}, row 1", found, f"a column a year from {WIDE_START}")
    for column, values in WIDE_EXPECTED.items():
        wrong, expected = ~data[column].isin(values), " or ".join(map(repr, values))
        formats.refuse_cells(path, data[column], wrong, "was not expected", expected)
    known = {*countries.converter().data["ISO3"], *OTHER_CODES}
    for column in ("COUNTRY.ID", "COUNTERPART_COUNTRY.ID"):
        is_known = data[column].isin(known) | data[column].str.fullmatch(GROUP)
        formats.refuse_cells(path, data[column], ~is_known, "is no country, and no group, known")
    names, flows = data["INDICATOR.ID"].map(SERIES), data["INDICATOR.ID"].str[:2]
    key = data["COUNTRY.ID"] + "." + data["INDICATOR.ID"] + "." + data["COUNTERPART_COUNTRY.ID"]
    fits = {
        "INDICATOR": data["INDICATOR"] == names,
        "TRADE_FLOW.ID": data["TRADE_FLOW.ID"] == flows,
        "SERIES_CODE": (data["SERIES_CODE"] == key + ".A") & ~data["SERIES_CODE"].duplicated(),
    }
    for column, fitting in fits.items():
        problem = "does not fit the row's other columns, or is a duplicate"
        formats.refuse_cells(path, data[column], ~fitting, problem)
    for year in years:
        is_number = (data[year] == "") | data[year].str.fullmatch(NUMBER)
        formats.refuse_cells(path, data[year], ~is_number, "is no number", DIGITS)
    series = data.groupby("COUNTERPART_COUNTRY.ID")["INDICATOR.ID"].nunique()
    if lone := sorted(set(series.index[series < len(SERIES)]) - ONE_SERIES):
        found = f"one series only of {', '.join(lone)[:80]}"
        raise FormError(path.name, found, "exports and imports of every partner")
    return data, years


def _is_long(figure: str) -> bool:
    return len(figure.partition(".")[2]) > DECIMALS


def _is_estimated(path: Path, figures: pd.Series) -> bool:
    """Tell of a year whether its figures are estimates: nearly all are, or none."""
    given = figures[figures != ""]
    long = given.map(_is_long).sum()
    if 0 < long < MOSTLY * len(given):
        place = f"{path.name}, column {figures.name}"
        found = f"{long} of {len(given)} figures have more than {DECIMALS} decimals"
        raise FormError(place, found, "nearly all, as estimates have, or none")
    return bool(long)


def _is_shared(series: pd.Series, alike: pd.DataFrame, before: str, year: str) -> bool:
    """Tell whether the pair's change from the year before is that of many other countries."""
    numbers = alike[[before, year]].apply(pd.to_numeric)
    own = pd.to_numeric(series[[before, year]].replace("", None))
    distance = (numbers[year] / numbers[before]) / (own[year] / own[before]) - 1
    return bool((distance.abs() < 1e-6).sum() >= SHARED)
