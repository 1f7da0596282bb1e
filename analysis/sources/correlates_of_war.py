"""Correlates of War Project: International Trade, version 4.0 (1870-2014)."""

from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

SOURCE = "Correlates of War"
# where the project numbers states of today otherwise than Gleditsch and Ward, whose numbers country_converter has
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
COLUMNS = ["ccode1", "ccode2", "year", "flow1", "flow2", "smoothflow1", "smoothflow2"]


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Imports of each side of the pair from the other, by year, 1989-2014; US$.

    From `cow-trade/cow_trade_ndy.rda`, current US$ millions, whole millions in this copy. The project keeps imports
    only: flow1 is what state 1 buys from state 2, flow2 the reverse, so every row is an import of its reporter. Its
    flow columns are used, not the smoothed ones. Missing (-9) is left out. The Soviet Union stands as SUN.
    """
    import pyreadr

    file = upstream / "cow-trade" / "cow_trade_ndy.rda"
    if not file.exists():
        raise FileNotFoundError(f"cow-trade: {file.name} is not in {file.parent}")
    objects = pyreadr.read_r(file)
    if "cow_trade_ndy" not in objects or list(objects["cow_trade_ndy"].columns) != COLUMNS:
        raise ValueError(
            f"{file.name}: expected the table cow_trade_ndy with the columns {COLUMNS}, found { {name: list(table.columns) for name, table in objects.items()} }"
        )
    data = objects["cow_trade_ndy"]
    numbers = {country: _state(country) for country in pair}
    records = []
    if None not in numbers.values():
        one, two = sorted(pair, key=numbers.get)
        data = data[
            (data["ccode1"] == numbers[one])
            & (data["ccode2"] == numbers[two])
            & (data["year"] >= FIRST_YEAR)
        ]
        for row in data.itertuples(index=False):
            for buyer, seller, millions in ((one, two, row.flow1), (two, one, row.flow2)):
                if pd.isna(millions) or millions == -9:
                    continue
                buyer, seller = _as_of(buyer, row.year), _as_of(seller, row.year)
                records.append(
                    (buyer, seller, "import", int(row.year), SOURCE, round(millions * 1e6), False)
                )
    return pd.DataFrame(
        records, columns=["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]
    )


def _state(country: str) -> int | None:
    """Return the project's number of a country, None when it is no state of its list."""
    if country in STATES:
        return STATES[country]
    numbers = formats.countries().data.set_index("ISO3")["GWcode"]
    return int(numbers[country]) if numbers.get(country) else None


def _as_of(code: str, year: float) -> str:
    return next((former for former, last_year in FORMER.get(code, []) if year <= last_year), code)
