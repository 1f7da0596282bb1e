"""Correlates of War Project: International Trade, version 4.0 (1870-2014)."""

from pathlib import Path

import pandas as pd
import pyreadr

SOURCE = "Correlates of War"
STATES = {"RUS": 365, "IRN": 630}
FORMER = {"RUS": ("SUN", 1991)}   # the state's old code, and its last year: state 365 is the Soviet Union until 1991
FIRST_YEAR = 1989
COLUMNS = ["ccode1", "ccode2", "year", "flow1", "flow2", "smoothflow1", "smoothflow2"]


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Imports of each side of the pair from the other, by year, 1989-2014; US$.

    From `cow-trade/cow_trade_ndy.rda`, current US$ millions, whole millions in this copy. The project keeps imports
    only: flow1 is what state 1 buys from state 2, flow2 the reverse, so every row is an import of its reporter. Its
    flow columns are used, not the smoothed ones. Missing (-9) is left out. The Soviet Union stands as SUN.
    """
    file = upstream / "cow-trade" / "cow_trade_ndy.rda"
    data = pyreadr.read_r(file)["cow_trade_ndy"]
    if list(data.columns) != COLUMNS:
        raise ValueError(f"{file.name}: unexpected header {list(data.columns)}")
    if not set(pair) <= set(STATES):
        return pd.DataFrame(columns=["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"])
    one, two = sorted(pair, key=STATES.get)
    data = data[(data["ccode1"] == STATES[one]) & (data["ccode2"] == STATES[two]) & (data["year"] >= FIRST_YEAR)]
    records = []
    for row in data.itertuples(index=False):
        for buyer, seller, millions in ((one, two, row.flow1), (two, one, row.flow2)):
            if pd.isna(millions) or millions == -9:
                continue
            buyer, seller = _as_of(buyer, row.year), _as_of(seller, row.year)
            records.append((buyer, seller, "import", int(row.year), SOURCE, round(millions * 1e6), False))
    return pd.DataFrame(records, columns=["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"])


def _as_of(code: str, year: float) -> str:
    former, last_year = FORMER.get(code, (code, 0))
    return former if year <= last_year else code
