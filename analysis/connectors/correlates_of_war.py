"""Correlates of War Project: International Trade, version 4.0 (1870-2014), a file of R.

Terms: free with citation of the version and of Barbieri and Keshk; no formal licence seen.
"""

from pathlib import Path

import pandas as pd

from ledger.core.sources import countries

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
FIRST_YEAR = 1989
MISSING = -9
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
    ValueError
        The file has another table, or other columns.
    FileNotFoundError
        There is no such file.
    """
    import pyreadr

    file = upstream / FILE
    if not file.exists():
        raise FileNotFoundError(f"cow-trade: {file.name} is not in {file.parent}")
    objects = pyreadr.read_r(file)
    found = {name: list(table.columns) for name, table in objects.items()}
    if found.get(TABLE) != COLUMNS:
        raise ValueError(
            f"{file.name}: expected the table {TABLE} with the columns {COLUMNS}, found {found}"
        )
    return pd.DataFrame(_records(objects[TABLE], pair), columns=RESULT)


def _records(data: pd.DataFrame, pair: tuple[str, str]) -> list[tuple]:
    numbers = {country: _state_number(country) for country in pair}
    if None in numbers.values():
        return []
    one, two = sorted(pair, key=numbers.get)
    states = (data["ccode1"] == numbers[one]) & (data["ccode2"] == numbers[two])
    records = []
    for row in data[states & (data["year"] >= FIRST_YEAR)].itertuples(index=False):
        for buyer, seller, millions in ((one, two, row.flow1), (two, one, row.flow2)):
            if pd.isna(millions) or millions == MISSING:
                continue
            reporter, partner = _code_in(buyer, row.year), _code_in(seller, row.year)
            value = round(millions * 1e6)
            records.append((reporter, partner, "import", int(row.year), SOURCE, value, False))
    return records


def _state_number(country: str) -> int | None:
    """Return the project's number of a country, None when it is no state of its list."""
    if country in STATES:
        return STATES[country]
    numbers = countries.converter().data.set_index("ISO3")["GWcode"]
    return int(numbers[country]) if numbers.get(country) else None


def _code_in(code: str, year: float) -> str:
    """Return the code that a state had in a year."""
    return next((former for former, last_year in FORMER.get(code, []) if year <= last_year), code)
