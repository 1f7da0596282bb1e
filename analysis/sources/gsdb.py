"""Global Sanctions Database, from its third release: sanction cases by target, sender, years and type."""

from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

# Where the third release's names differ from country_converter's. Some hold the comma that parts states; it knows today's Yemen
# as "Yemen, North" only.
NAMES = {
    "CIV": "Cote d'Ivoire",
    "COD": "Democratic Republic of the Congo",
    "CZE": "Czech Republic",
    "LKA": "Ceylon",
    "MDG": "Malagasy Republic",
    "MKD": "Macedonia",
    "TUR": "Turkey",
}
WITH_COMMA = {"Yemen, North": "Yemen", "Gambia, The": "Gambia", "Macedonia, North": "Macedonia"}
TYPES = ["trade", "arms", "military", "financial", "travel", "other"]
NEEDED = ["case_id", "sanctioned_state", "sanctioning_state", "begin", "end", *TYPES]
FIRST_YEAR = (
    2013  # the copy keeps only cases that ended in 2013 or later (earlier ones are cut off)
)


def sanctions(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Sanction cases in force against each member of the pair, by year and type; number of cases.

    From `gsdb/GSDB*.csv`, the file by case, for 2013 to its last year. A case counts in every calendar year from its
    first to its last, both included. One case may have several types: type "any" counts each case once. Cases against
    several states ("Syria, Russia, Iran") count for each of them. Zero is a finding here, so years without cases have
    rows; but a state that the file names neither as target nor as sender is an error, for its name may differ.
    """
    found = sorted((upstream / "gsdb").glob("GSDB*.csv"))
    if len(found) != 1:
        raise FileNotFoundError(
            f"{upstream / 'gsdb'}: {len(found)} files are named GSDB*.csv; there must be one"
        )
    file = found[0]
    data = formats.csv_table(file, NEEDED, ["begin", "end", *TYPES])
    if data.isna().any(axis=None):
        row = int(data.isna().any(axis=1).to_numpy().argmax())
        raise ValueError(f"{file.name}, row {row + 2}: a cell is empty that no case lacks")
    if data["case_id"].duplicated().any() or not data[TYPES].isin([0, 1]).all(axis=None):
        raise ValueError(f"{file.name}: a case stands twice, or a type is neither 0 nor 1")
    if (data["begin"] > data["end"]).any() or data["end"].max() < FIRST_YEAR:
        raise ValueError(
            f"{file.name}: a case ends before it begins, or none lasts to {FIRST_YEAR}"
        )
    targets, senders = (
        _states(data[column]) for column in ("sanctioned_state", "sanctioning_state")
    )
    named = set(targets.explode()) | set(senders.explode())
    records = []
    for code in pair:
        names = {
            NAMES.get(code),
            formats.countries().convert(code, src="ISO3", to="name_short", not_found=code),
        } - {None}
        if not names & named:
            raise ValueError(
                f"{file.name}: no case names {' or '.join(sorted(names))} as target or sender; if the database spells {code} in another way, add it to NAMES"
            )
        against = data[targets.map(lambda states: not names.isdisjoint(states))]
        for year in range(FIRST_YEAR, int(data["end"].max()) + 1):
            active = against[(against["begin"] <= year) & (against["end"] >= year)]
            records += [(code, year, kind, int(active[kind].sum())) for kind in TYPES]
            records.append((code, year, "any", len(active)))
    return pd.DataFrame(records, columns=["target", "year", "sanction_type", "active_cases"])


def _states(column):
    for before, after in WITH_COMMA.items():
        column = column.str.replace(before, after, regex=False)
    return column.str.split(r",\s*", regex=True)
