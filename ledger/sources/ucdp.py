"""UCDP, the Uppsala Conflict Data Program: battle-related deaths by dyad."""
from pathlib import Path

import pandas as pd

FILE = "ucdp-brd/BattleDeaths_v24_1.csv"
PLACE = "Syria"  # the war the book is about, whatever the pair
COLUMNS = ["year", "source", "scope", "dyad_id", "dyad", "side_a", "side_a_second", "side_b", "side_b_second",
           "conflict_location", "battle_location", "conflict_type", "deaths_best", "deaths_low", "deaths_high"]
TYPES = {1: "extrasystemic", 2: "interstate", 3: "intrastate", 4: "internationalised intrastate"}


def syria_conflict(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Battle-related deaths by year and dyad for every dyad that fights over Syria or in Syria, 1989-2023.

    `scope` parts two groups that must not be added: dyads of a conflict whose incompatibility is located in Syria
    (`location_inc`), and dyads of other conflicts some of whose battles were in Syria, whose deaths UCDP does not
    split by country. Secondary parties are UCDP's `side_a_2nd` and `side_b_2nd`, as published.
    """
    frame = pd.read_csv(upstream / FILE, keep_default_na=False)
    expected = ["conflict_id", "dyad_id", "location_inc", "side_a", "side_a_id", "side_a_2nd", "side_b", "side_b_id",
                "side_b_2nd", "incompatibility", "territory_name", "year", "bd_best", "bd_low", "bd_high",
                "type_of_conflict", "battle_location"]
    if list(frame.columns[:17]) != expected:
        raise ValueError(f"{FILE}: header is not {expected} but {list(frame.columns[:17])}")
    over = frame["location_inc"].str.split(", ").map(lambda places: PLACE in places)
    inside = frame["battle_location"].str.split(", ").map(lambda places: PLACE in places)
    frame = frame.assign(
        source="UCDP",
        scope=over.map({True: "conflict over Syria", False: "other conflict with battles in Syria"}),
        dyad=frame["side_a"] + " – " + frame["side_b"],
        conflict_type=frame["type_of_conflict"].map(TYPES),
    )[over | inside]
    names = {"side_a_2nd": "side_a_second", "side_b_2nd": "side_b_second", "location_inc": "conflict_location",
             "bd_best": "deaths_best", "bd_low": "deaths_low", "bd_high": "deaths_high"}
    return frame.rename(columns=names)[COLUMNS]
