"""Global Sanctions Database, from its third release: sanction cases (CSV by case, sent by e-mail).

Terms: free for research on request; not verified.
"""

import functools
from pathlib import Path

import pandas as pd

from ledger.core.sources import countries, formats
from ledger.core.sources.strict import FormError

# Where the third release's names differ from country_converter's. Some hold the comma that parts
# states; it knows today's Yemen as "Yemen, North" only.
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
# parties that are no countries of today: organisations, groups of countries, and states that are
# no more; cases against them, or by them, are not those of a country
LEFT_OUT = {
    "African Union", "Balkans", "Commonwealth", "ECOWAS", "EU", "G7",
    "Kimberly Process Participants", "League of Arab States", "MERCOSUR", "OAS", "OIC", "OSCE",
    "Pacific Islands Forum", "SADC", "South Vietnam", "Terrorist Organizations (Al-Qaeda)",
    "Terrorist Organizations (ISIL and ANF)", "Terrorist Organizations (Taliban)", "UN", "UNASUR",
    "Western Balkans", "Yugoslavia",
}  # fmt: skip
TYPES = ["trade", "arms", "military", "financial", "travel", "other"]
NUMBERS = ["case_id", "begin", "end", *TYPES]
NEEDED = ["sanctioned_state", "sanctioning_state", *NUMBERS]
LAST_YEAR, LAST_CASE = 2022, 1325  # at the end of the third release
FIRST_YEAR = 2013  # the snapshot keeps only cases that ended in 2013 or later


def sanctions(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Count sanction cases in force against each member of the pair, by year and type.

    A case counts in every calendar year from its first to its last, both included. One case may
    have several types: type "any" counts each case once. Cases against several states ("Syria,
    Russia, Iran") count for each of them.

    Parameters
    ----------
    upstream
        Folder with `gsdb/`, the file by case.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        target, year, sanction_type, active_cases (a number of cases); one row a target, year from
        2013 and type. Zero is a finding here, so years without cases have rows.

    Raises
    ------
    FormError
        Names file, row and column that are not as expected, or a state that the file names neither
        as target nor as sender, for its name may differ.
    FileNotFoundError
        There is no file, or more than one.
    """
    path = formats.only_file(upstream / "gsdb", "GSDB*.csv")
    cases = _cases(path)
    targets, senders = _states(cases["sanctioned_state"]), _states(cases["sanctioning_state"])
    named = set(targets.explode()) | set(senders.explode())
    records = []
    for code in pair:
        short = countries.converter().convert(code, src="ISO3", to="name_short", not_found=code)
        names = {NAMES.get(code, short), short}
        if not names & named:
            found = f"no case names {' or '.join(sorted(names))} as target or sender"
            mend = f"If the database spells {code} in another way, add it to NAMES."
            raise FormError(path.name, found, "one at least", mend)
        against = cases[[not names.isdisjoint(states) for states in targets]]
        for year in range(FIRST_YEAR, int(cases["end"].max()) + 1):
            active = against[(against["begin"] <= year) & (against["end"] >= year)]
            records += [(code, year, kind, int(active[kind].sum())) for kind in TYPES]
            records.append((code, year, "any", len(active)))
    return pd.DataFrame(records, columns=["target", "year", "sanction_type", "active_cases"])


def _cases(path: Path) -> pd.DataFrame:
    cases = formats.read_csv(path, NEEDED, NUMBERS)
    for column in cases:
        formats.refuse_cells(
            path, cases[column], cases[column].isna(), "where every case has a value"
        )
    formats.refuse_cells(
        path, cases["case_id"], cases["case_id"].duplicated(), "is a duplicate key"
    )
    for column in TYPES:
        formats.refuse_cells(path, cases[column], ~cases[column].isin([0, 1]), "is neither 0 nor 1")
    if (cases["begin"] > cases["end"]).any() or cases["end"].max() < FIRST_YEAR:
        found = f"a case ends before it begins, or none lasts to {FIRST_YEAR}"
        raise FormError(path.name, found, "years from the first to the last")
    if (last := int(cases["end"].max())) < LAST_YEAR:
        raise FormError(path.name, f"the last case ends in {last}", f"{LAST_YEAR} or later")
    if (last := int(cases["case_id"].max())) < LAST_CASE:
        raise FormError(path.name, f"the last case is {last}", f"{LAST_CASE} or later")
    for column in ("sanctioned_state", "sanctioning_state"):
        wrong = _states(cases[column]).map(lambda names: not all(map(_is_known, names)))
        problem = "names a party that is not known"
        formats.refuse_cells(path, cases[column], wrong, problem, "countries, or LEFT_OUT")
    return cases


@functools.cache
def _is_known(name: str) -> bool:
    return name in LEFT_OUT or countries.find_code(name, {}) is not None


def _states(names: pd.Series) -> pd.Series:
    """Return the list of states in each cell."""
    for before, after in WITH_COMMA.items():
        names = names.str.replace(before, after, regex=False)
    return names.str.split(r",\s*", regex=True)
