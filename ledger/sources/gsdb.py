"""Global Sanctions Database, third release: sanction cases by target, sender, years and type."""

from pathlib import Path

import pandas as pd

TARGETS = {"RUS": "Russia", "IRN": "Iran"}
TYPES = ["trade", "arms", "military", "financial", "travel", "other"]
HEADER = ["case_id", "sanctioned_state", "sanctioning_state", "begin", "end", "trade", "descr_trade", "arms",
          "military", "financial", "travel", "other", "target_mult", "sender_mult", "objective", "success"]
# The copy keeps only cases that ended in 2013 or later (earlier ones are cut off), and the release ends with 2022.
YEARS = range(2013, 2023)


def sanctions(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Sanction cases in force against each member of the pair, by year and type; number of cases.

    From `gsdb/GSDB_V3.csv`. A case counts in every calendar year from its first to its last, both included. One
    case may have several types: type "any" counts each case once. Cases against several states ("Syria, Russia,
    Iran") count for each of them. Zero is a finding here, so years without cases have rows.
    """
    file = upstream / "gsdb" / "GSDB_V3.csv"
    data = pd.read_csv(file, encoding="utf-8-sig")
    if list(data.columns) != HEADER:
        raise ValueError(f"{file.name}: unexpected header {list(data.columns)}")
    if data["case_id"].duplicated().any() or not data[TYPES].isin([0, 1]).all(axis=None):
        raise ValueError(f"{file.name}: a case stands twice, or a type is neither 0 nor 1")
    targets = data["sanctioned_state"].str.split(", ")
    records = []
    for code in pair:
        if code not in TARGETS:
            raise ValueError(f"{file.name}: how the database names {code} is not known here; add it to TARGETS")
        against = data[targets.map(lambda names: TARGETS[code] in names)]
        for year in YEARS:
            active = against[(against["begin"] <= year) & (against["end"] >= year)]
            records += [(code, year, kind, int(active[kind].sum())) for kind in TYPES]
            records.append((code, year, "any", len(active)))
    return pd.DataFrame(records, columns=["target", "year", "sanction_type", "active_cases"])
