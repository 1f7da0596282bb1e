"""UCDP, the Uppsala Conflict Data Program: battle-related deaths by dyad."""

import datetime
import json
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats
from ledger.core.sources.registry import FetchError

FOLDER = "ucdp-brd"  # pages of the API's answer, page-NNN.json, or the dataset's file BattleDeaths_vYY_N.csv
PAGE = 1000  # rows of a page
PLACE = "Syria"  # the war the book is about, whatever the pair
COLUMNS = [
    "year",
    "source",
    "scope",
    "dyad_id",
    "dyad",
    "side_a",
    "side_a_second",
    "side_b",
    "side_b_second",
    "conflict_location",
    "battle_location",
    "conflict_type",
    "deaths_best",
    "deaths_low",
    "deaths_high",
]
TYPES = {1: "extrasystemic", 2: "interstate", 3: "intrastate", 4: "internationalised intrastate"}
NUMBERS = ["dyad_id", "year", "bd_best", "bd_low", "bd_high", "type_of_conflict"]
NEEDED = [
    "conflict_id",
    "location_inc",
    "side_a",
    "side_a_2nd",
    "side_b",
    "side_b_2nd",
    "battle_location",
    *NUMBERS,
]


def download(get, pair: tuple[str, str]) -> str:
    """Fetch every page of the newest version of the battle-related deaths, by dyad and year, for the whole world.

    Versions are named by the year in which they appear, about June: this year's is asked for first, then last year's.
    """
    year = datetime.datetime.now(datetime.UTC).year
    try:
        return _download(get, f"{year % 100}.1")
    except FetchError as error:
        if "404" not in error.reason:
            raise
    return _download(get, f"{year % 100 - 1}.1")


def _download(get, version):
    rows, pages, number = [], 1, 0
    while number < pages:
        name = f"page-{number:03}.json"
        path = get(
            name, f"battledeaths/{version}", params={"pagesize": PAGE, "page": number}, kind="json"
        )
        answer = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(answer, dict) or not isinstance(answer.get("Result"), list):
            raise get.refuse(
                name, f"the answer is no list of battle-related deaths but says {str(answer)[:200]}"
            )
        if not answer["Result"]:
            raise get.refuse(name, f"page {number} of version {version} has no rows")
        try:
            pages, total = int(answer["TotalPages"]), int(answer["TotalCount"])
        except (KeyError, TypeError, ValueError):
            raise get.refuse(
                name, f"the answer does not say how many pages it has; it has {sorted(answer)}"
            ) from None
        rows += answer[
            "Result"
        ]  # the next page is asked for by its number, not by the address that the answer gives
        number += 1
    if len(rows) != total:
        raise get.refuse(
            name, f"the pages have {len(rows)} rows together, and {total} are announced"
        )
    years = [int(row["year"]) for row in rows if str(row.get("year", "")).isdigit()]
    if not years:
        raise get.refuse(name, f"the rows have no year; their columns are {sorted(rows[0])}")
    return f"version {version} ({min(years)}–{max(years)})"


def syria_conflict(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Battle-related deaths by year and dyad for every dyad that fights over Syria or in Syria, from 1989.

    `scope` parts two groups that must not be added: dyads of a conflict whose incompatibility is located in Syria
    (`location_inc`), and dyads of other conflicts some of whose battles were in Syria, whose deaths UCDP does not
    split by country. Secondary parties are UCDP's `side_a_2nd` and `side_b_2nd`, as published.
    """
    frame = _table(upstream / FOLDER)
    over = frame["location_inc"].str.split(", ").map(lambda places: PLACE in places)
    inside = frame["battle_location"].str.split(", ").map(lambda places: PLACE in places)
    frame = frame.assign(
        source="UCDP",
        scope=over.map(
            {True: "conflict over Syria", False: "other conflict with battles in Syria"}
        ),
        dyad=frame["side_a"] + " – " + frame["side_b"],
        conflict_type=frame["type_of_conflict"].map(TYPES),
    )[over | inside]
    for column, known in (
        ("type_of_conflict", frame["type_of_conflict"].isin(TYPES)),
        *((column, frame[column] >= 0) for column in ("bd_best", "bd_low", "bd_high")),
    ):
        if not known.all():
            row = frame[~known].iloc[0]
            raise ValueError(
                f"{FOLDER}, dyad {row['dyad_id']}, {row['year']}, {column}: {row[column]} is not expected here"
            )
    names = {
        "side_a_2nd": "side_a_second",
        "side_b_2nd": "side_b_second",
        "location_inc": "conflict_location",
        "bd_best": "deaths_best",
        "bd_low": "deaths_low",
        "bd_high": "deaths_high",
    }
    return frame.rename(columns=names)[COLUMNS]


def _table(folder):
    """The rows of the pages, or of the file, with numbers as numbers and text as text."""
    pages, found = sorted(folder.glob("page-*.json")), sorted(folder.glob("BattleDeaths_v*.csv"))
    if pages:
        rows = [
            row
            for page in pages
            for row in json.loads(page.read_text(encoding="utf-8-sig"))["Result"]
        ]
        frame, name = pd.DataFrame(rows).astype(object), f"{FOLDER}, pages of the API"
    elif len(found) == 1:
        frame, name = formats.csv_table(found[0], NEEDED, keep_default_na=False), found[0].name
    else:
        raise FileNotFoundError(
            f"{folder}: no page-*.json, and {len(found)} files are named BattleDeaths_v*.csv; there must be one"
        )
    if missing := [column for column in NEEDED if column not in frame.columns]:
        raise ValueError(f"{name}: no column {missing} in {list(frame.columns)}")
    frame = frame[NEEDED].fillna("")
    for column in NUMBERS:
        values = pd.to_numeric(frame[column], errors="coerce")
        if (wrong := values.isna() | (values % 1 != 0)).any():
            row = int(wrong.to_numpy().argmax())
            raise ValueError(
                f"{name}, row {row + 1}, {column}: {frame[column].iloc[row]!r} is no whole number"
            )
        frame[column] = values.astype(int)
    return frame
