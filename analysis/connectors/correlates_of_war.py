"""Correlates of War Project: International Trade, version 4.0 (1870-2014), a file of R.

Terms: free with citation of the version and of Barbieri and Keshk; no formal licence seen.
"""

from pathlib import Path

import pandas as pd

from ledger.core.sources import countries, formats
from ledger.core.sources.strict import FormError, shown

SOURCE = "Correlates of War"
FILE, TABLE = "cow-trade/cow_trade_ndy.rda", "cow_trade_ndy"
# where the project numbers states of today otherwise than Gleditsch and Ward, whose numbers
# country_converter has
STATES = {
    "DEU": 255,
    "CZE": 316,
    "SRB": 345,
    "YEM": 679,
    "VNM": 816,
    "KIR": 946,
    "NRU": 970,
    "TUV": 947,
    "TON": 955,
}
# a state's old codes, each with its last year: state 365 is the Soviet Union until 1991
FORMER = {"RUS": [("SUN", 1991)], "SRB": [("YUG", 2002), ("SCG", 2005)]}
FIRST_YEAR, LAST_YEAR = 1989, 2014
MISSING = -9  # in the project's own file; the package has nothing there
COLUMNS = ["ccode1", "ccode2", "year", "flow1", "flow2", "smoothflow1", "smoothflow2"]
RESULT = ["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return imports of each side of the pair from the other, by year, 1989-2014.

    The project keeps imports only: flow1 is what state 1 buys from state 2, flow2 the reverse. Its
    flow columns are used, not the smoothed ones. The Soviet Union stands as SUN.

    Parameters
    ----------
    upstream
        Folder with FILE, in US$ million, whole millions in this snapshot.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        RESULT, in US$; one row an importer (`reporter`), seller (`partner`) and year.

    Raises
    ------
    FormError
        The file has another table, or other columns.
    FileNotFoundError
        There is no such file.
    """
    file = upstream / FILE
    if not file.exists():
        raise FileNotFoundError(f"cow-trade: {file.name} is not in {file.parent}")
    data = formats.read_r(file, TABLE)
    if missing := [column for column in COLUMNS if column not in data.columns]:
        found = f"it has no column {missing}; its columns are {list(data.columns)}"
        raise FormError(file.name, found, f"{COLUMNS}")
    for column in COLUMNS:
        if data[column].dtype.kind not in "fi":
            found = f"{shown(data[column].iloc[-1])} at the end is no number"
            raise FormError(f"{file.name}, column {column}", found, "numbers only")
    return pd.DataFrame(_records(file.name, data, pair), columns=RESULT)


def _records(file: str, data: pd.DataFrame, pair: tuple[str, str]) -> list[tuple]:
    numbers = {country: _state_number(country) for country in pair}
    if None in numbers.values():
        return []
    one, two = sorted(pair, key=numbers.get)
    states = (data["ccode1"] == numbers[one]) & (data["ccode2"] == numbers[two])
    rows = data[states & (data["year"] >= FIRST_YEAR)]
    _check_rows(file, data, rows, numbers)
    records = []
    for row in rows.itertuples(index=False):
        for buyer, seller, millions in ((one, two, row.flow1), (two, one, row.flow2)):
            if pd.isna(millions) or millions == MISSING:
                continue
            reporter, partner = _code_in(buyer, row.year), _code_in(seller, row.year)
            value = round(millions * 1e6)
            records.append((reporter, partner, "import", int(row.year), SOURCE, value, False))
    return records


def _check_rows(file: str, data: pd.DataFrame, rows: pd.DataFrame, numbers: dict) -> None:
    """Refuse a file without one of the states, or without a year up to the last."""
    known = {*data["ccode1"], *data["ccode2"]}
    if missing := [
        f"{number} ({country})" for country, number in numbers.items() if number not in known
    ]:
        raise FormError(file, f"no state {' or '.join(missing)}", "every state of the pair")
    place = f"{file}, states {' and '.join(map(str, numbers.values()))}"
    years = rows["year"].astype(int).tolist()
    first = years[0] if years else FIRST_YEAR
    if years != list(range(first, LAST_YEAR + 1)):
        raise FormError(place, f"rows of the years {years}", f"each year to {LAST_YEAR}, once")
    for column in ("flow1", "flow2"):
        wrong = rows[column][(rows[column] < 0) & (rows[column] != MISSING)]
        if len(wrong):
            raise FormError(f"{place}, {column}", f"{wrong.iloc[0]} US$ million", "nought or more")


def _state_number(country: str) -> int | None:
    """Return the project's number of a country, None when it is no state of its list."""
    if country in STATES:
        return STATES[country]
    numbers = countries.converter().data.set_index("ISO3")["GWcode"]
    return int(numbers[country]) if numbers.get(country) else None


def _code_in(code: str, year: float) -> str:
    """Return the code that a state had in a year."""
    return next((former for former, last_year in FORMER.get(code, []) if year <= last_year), code)
