"""Uppsala Conflict Data Program (UCDP): battle-related deaths, and parties to conflicts, by year.

Deaths: pages of the API's answer (JSON), or the dataset's file, which a person downloads (CSV).
Parties: the UCDP/PRIO Armed Conflict Dataset as the package peacesciencer has it, a file of R.
Terms: CC BY 4.0.
"""

import datetime
import json
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats
from ledger.core.sources.registry import FetchError
from ledger.core.sources.strict import FormError, read_json, shown

FOLDER = "ucdp-brd"
FILE = "BattleDeaths_v*.csv"
PAGE = 1000  # rows of a page
PLACE = "Syria"  # the war the book is about, whatever the pair
COLUMNS = [
    "year", "source", "scope", "dyad_id", "dyad", "side_a", "side_a_second", "side_b",
    "side_b_second", "conflict_location", "battle_location", "conflict_type", "deaths_best",
    "deaths_low", "deaths_high",
]  # fmt: skip
RENAMED = {
    "side_a_2nd": "side_a_second",
    "side_b_2nd": "side_b_second",
    "location_inc": "conflict_location",
    "bd_best": "deaths_best",
    "bd_low": "deaths_low",
    "bd_high": "deaths_high",
}
SCOPES = {True: "conflict over Syria", False: "other conflict with battles in Syria"}
TYPES = {1: "extrasystemic", 2: "interstate", 3: "intrastate", 4: "internationalised intrastate"}
NUMBERS = ["dyad_id", "year", "bd_best", "bd_low", "bd_high", "type_of_conflict"]
NEEDED = [
    "conflict_id", "location_inc", "side_a", "side_a_2nd", "side_b", "side_b_2nd",
    "battle_location", "gwno_loc", "gwno_battle", *NUMBERS,
]  # fmt: skip
PLACES = [("location_inc", "gwno_loc"), ("battle_location", "gwno_battle")]  # names, numbers
LEAST_ROWS = 1920  # of version 24.1; each version has more than those before it

# the Armed Conflict Dataset
PARTIES, TABLE = "ucdp_acd.rda", "ucdp_acd"
PARTIES_FOLDERS = ("ucdp-acd", "ucdp-acd-25.1")  # of a refresh, of a snapshot
PARTIES_SOURCE = "UCDP Armed Conflict Dataset"
PARTIES_SCOPE = "parties to a conflict, deaths not given"
PARTIES_COLUMNS = [
    "conflict_id", "year", "gwno_a", "gwno_a_2nd", "gwno_b", "gwno_b_2nd", "incompatibility",
    "intensity_level", "type_of_conflict", "start_date", "start_prec", "start_date2", "start_prec2",
    "ep_end", "ep_end_date",
]  # fmt: skip
PARTIES_NUMBERS = ["conflict_id", "year", "gwno_a", "gwno_a_2nd", "gwno_b", "gwno_b_2nd"]
LEAST_PARTIES = 5652  # rows, of version 25.1
FIRST_YEAR = 1989  # of the deaths
SYRIA = 652
# Numbers of states (Gleditsch and Ward) and their names in the dataset of deaths
STATES = {
    2: "Government of United States of America",
    365: "Government of Russia (Soviet Union)",
    630: "Government of Iran",
    640: "Government of Turkey",
    652: "Government of Syria",
    666: "Government of Israel",
}
# This copy names no side that is no state. The opponent of a conflict is that of the one dyad which
# the dataset of deaths has in it.
CONFLICTS = {
    299: ("Syrian insurgents", "Syria"),
    13042: ("PYD", "Syria"),
    13604: ("IS", "Syria"),
    13809: ("SDF", "Syria"),
    14609: ("Government of Israel", "Iran, Israel"),
}
PARTIES_TYPES = {
    "extrasystemic": "extrasystemic",
    "interstate": "interstate",
    "intrastate": "intrastate",
    "II": "internationalised intrastate",
}


def download(get, pair: tuple[str, str]) -> str:
    """Download every page of the newest version, for the whole world.

    Versions are named by the year in which they appear, about June: this year's is asked for first,
    then last year's.
    """
    year = datetime.datetime.now(datetime.UTC).year
    try:
        return _download(get, f"{year % 100}.1")
    except FetchError as error:
        if "404" not in error.reason:
            raise
    return _download(get, f"{year % 100 - 1}.1")


def _download(get, version: str) -> str:
    rows, pages, number = [], 1, 0
    while number < pages:
        # by number, not by the address of the next page that the answer gives
        name = f"page-{number:03}.json"
        params = {"pagesize": PAGE, "page": number}
        path = get(name, f"battledeaths/{version}", params=params, kind="json")
        answer = json.loads(path.read_text(encoding="utf-8-sig"))
        pages, total = _pages(get, name, answer)
        if not answer["Result"]:
            raise get.refuse(name, f"page {number} of version {version} has no rows")
        rows += answer["Result"]
        number += 1
    if len(rows) != total:
        raise get.refuse(
            name, f"the pages have {len(rows)} rows together, and {total} are announced"
        )
    years = [int(row["year"]) for row in rows if str(row.get("year", "")).isdigit()]
    if not years:
        raise get.refuse(name, f"the rows have no year; their columns are {sorted(rows[0])}")
    return f"version {version} ({min(years)}–{max(years)})"


def _pages(get, name: str, answer: object) -> tuple[int, int]:
    """Return the numbers of pages and of rows that an answer announces."""
    if not isinstance(answer, dict) or not isinstance(answer.get("Result"), list):
        raise get.refuse(
            name, f"the answer is no list of battle-related deaths but says {str(answer)[:200]}"
        )
    try:
        return int(answer["TotalPages"]), int(answer["TotalCount"])
    except (KeyError, TypeError, ValueError):
        raise get.refuse(
            name, f"the answer does not say how many pages it has; it has {sorted(answer)}"
        ) from None


def syria_conflict(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return battle-related deaths of every dyad that fights over Syria or in Syria, from 1989.

    Parameters
    ----------
    upstream
        Folder with `ucdp-brd/`: pages of the API's answer, page-NNN.json, or the file of a version,
        BattleDeaths_vYY_N.csv.
    pair
        Not used.

    Returns
    -------
    DataFrame
        COLUMNS; one row a dyad and year, in numbers of deaths. `scope` parts two groups that must
        not be added: dyads of a conflict whose incompatibility is located in Syria
        (`location_inc`), and dyads of other conflicts some of whose battles were in Syria, whose
        deaths UCDP does not split by country. Secondary parties are UCDP's `side_a_2nd` and
        `side_b_2nd`, as published.

    Raises
    ------
    FormError
        Names file, row, column and value that are not as expected.
    FileNotFoundError
        There are no pages, and no file or more than one.
    """
    frame = _table(upstream / FOLDER)
    over, inside = (_in_place(frame, *columns) for columns in PLACES)
    frame = frame.assign(
        source="UCDP",
        scope=over.map(SCOPES),
        dyad=frame["side_a"] + " – " + frame["side_b"],
        conflict_type=frame["type_of_conflict"].map(TYPES),
    )[over | inside]
    known = {column: frame[column] >= 0 for column in ("bd_best", "bd_low", "bd_high")}
    known["type_of_conflict"] = frame["type_of_conflict"].isin(TYPES)
    for column, is_known in known.items():
        _refuse(frame, column, ~is_known, "is not expected here", "a known value")
    if frame.empty:
        raise FormError(FOLDER, f"no row of {PLACE}", "its conflicts")
    return frame.rename(columns=RENAMED)[COLUMNS]


def _refuse(
    frame: pd.DataFrame, column: str, wrong: pd.Series, problem: str, expected: str
) -> None:
    """Raise FormError for the first `wrong` row, with its place, dyad and year."""
    if wrong.any():
        row = frame[wrong].iloc[0]
        place = f"{row['place']}, dyad {row['dyad_id']}, {row['year']}, {column}"
        raise FormError(place, f"{shown(row[column])} {problem}", expected)


def _in_place(frame: pd.DataFrame, names: str, numbers: str) -> pd.Series:
    """Tell for each row whether PLACE is among its places, by name and by number alike."""
    named = frame[names].astype(str).str.split(", ").map(lambda places: PLACE in places)
    numbered = frame[numbers].astype(str).str.split(", ").map(lambda places: str(SYRIA) in places)
    expected = f"{PLACE} where {numbers} has {SYRIA}"
    _refuse(frame, names, named != numbered, f"does not go with {numbers}", expected)
    return named


def _table(folder: Path) -> pd.DataFrame:
    """Return the rows, with numbers as numbers, text as text, and the place of each."""
    if pages := sorted(folder.glob("page-*.json")):
        frame = pd.DataFrame(_of_pages(pages), dtype=object)
    else:
        path = formats.only_file(folder, FILE)
        # numbers as text: the pages have them so too
        frame = formats.read_csv(path, NEEDED, dtype=str, keep_default_na=False)
        frame = frame.assign(place=[f"{path.name}, row {row + 2}" for row in frame.index])
    if missing := [column for column in NEEDED if column not in frame.columns]:
        raise FormError(frame["place"].iloc[0], f"no column {missing}", "all that is read")
    frame = frame[["place", *NEEDED]].fillna("")
    for column in NUMBERS:
        wrong = ~frame[column].astype(str).str.fullmatch("0|-?[1-9][0-9]{0,8}")
        _refuse(frame, column, wrong, "is no whole number", "digits, nothing between thousands")
        frame[column] = frame[column].astype(int)
    twice = frame.duplicated(["dyad_id", "year"])
    _refuse(frame, "dyad_id", twice, "stands there twice in this year", "one row a year")
    if len(frame) < LEAST_ROWS:
        place = frame["place"].iloc[-1]
        raise FormError(place, f"{len(frame)} rows in all", f"{LEAST_ROWS} or more, of the world")
    return frame


def _of_pages(pages: list[Path]) -> list[dict]:
    """Return the rows of the API's pages, as many as the last one announces, with their places."""
    rows = []
    for page in pages:
        answer = read_json(page)
        if not isinstance(answer, dict) or not isinstance(answer.get("Result"), list):
            raise FormError(page.name, "no list of rows under 'Result'", "an answer of the API")
        for number, row in enumerate(answer["Result"], start=1):
            place = f"{page.name}, record {number}"
            if not isinstance(row, dict):
                raise FormError(place, shown(row), "names and values")
            rows.append(row | {"place": place})
    if len(rows) != answer.get("TotalCount"):
        found = f"{len(rows)} rows together"
        expected = f"{answer.get('TotalCount')}, as the last announces"
        raise FormError(f"{pages[0].name} to {pages[-1].name}", found, expected)
    return rows


# --- the Armed Conflict Dataset -------------------------------------------------------------------


def syria_parties(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return who took part in Syria's conflicts, and in that of Iran and Israel, from 1989.

    Parameters
    ----------
    upstream
        Folder with `ucdp-acd/`, or a snapshot, with PARTIES.
    pair
        Not used.

    Returns
    -------
    DataFrame
        COLUMNS; one row a conflict and year. The dataset gives neither deaths nor the place of
        battles. Secondary parties are `gwno_a_2nd` and `gwno_b_2nd`, of which the file has one a
        row.

    Raises
    ------
    FormError
        Names file, row, column and value that are not as expected: a conflict with Syria, or a
        party, that is unknown here is refused.
    FileNotFoundError
        There is no such file.
    """
    path, data = _parties(upstream)
    is_late = data["year"] >= FIRST_YEAR
    of_syria = is_late & data[["gwno_a", "gwno_b"]].eq(SYRIA).any(axis=1)
    chosen = data[of_syria | is_late & data["conflict_id"].isin(CONFLICTS)]
    for column, known in {
        "conflict_id": CONFLICTS,
        "type_of_conflict": PARTIES_TYPES,
        "gwno_a": STATES,
        **dict.fromkeys(["gwno_a_2nd", "gwno_b", "gwno_b_2nd"], {None: "", **STATES}),
    }.items():
        cells = chosen[column].astype(object).where(chosen[column].notna(), None)
        if (wrong := ~cells.isin(known)).any():
            place = f"{path.name}, row {wrong.idxmax() + 1}, column {column}"
            found = f"{cells[wrong].iloc[0]} is not known here"
            raise FormError(place, found, "a value on the lists of the connector")
    if missing := sorted(set(CONFLICTS) - set(chosen["conflict_id"])):
        raise FormError(path.name, f"no rows of the conflicts {missing}", "all that are known")
    _check_episodes(path, data)
    records = [
        _parties_record(path, int(conflict), int(year), rows)
        for (conflict, year), rows in chosen.groupby(["conflict_id", "year"])
    ]
    return pd.DataFrame(records, columns=COLUMNS)


def _parties(upstream: Path) -> tuple[Path, pd.DataFrame]:
    paths = [upstream / folder / PARTIES for folder in PARTIES_FOLDERS]
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        raise FileNotFoundError(f"ucdp-acd: {PARTIES} is not in {paths[0].parent}")
    table = formats.read_r(path, TABLE).reset_index(drop=True)
    if other := sorted({*table.columns} ^ {*PARTIES_COLUMNS}):
        expected = f"the {len(PARTIES_COLUMNS)} columns that are known alone"
        raise FormError(path.name, f"table {TABLE}: columns {other} are new or gone", expected)
    for column in PARTIES_NUMBERS:
        if (wrong := ~table[column].map(_is_number)).any():
            place = f"{path.name}, row {wrong.idxmax() + 1}, column {column}"
            raise FormError(place, f"{shown(table[column][wrong.idxmax()])} is no number", "one")
    if len(table) < LEAST_PARTIES:
        raise FormError(path.name, f"{len(table)} rows", f"{LEAST_PARTIES} or more")
    return path, table


def _check_episodes(path: Path, table: pd.DataFrame) -> None:
    """Refuse an episode of a conflict that lacks its first, its last or a year between.

    The dataset says of each year of a conflict when its episode began and whether it ended then.
    """
    last = table["year"].max()
    rows = table.drop_duplicates(["conflict_id", "year"])
    known = {*zip(rows["conflict_id"], rows["year"])}
    for row in rows.itertuples():
        begun = str(row.start_date2)[:4]
        if (row.conflict_id, row.year - 1) not in known and begun != f"{row.year:.0f}":
            _refuse_episode(path, row, row.year - 1, f"began in {begun}")
        if row.ep_end == 0 and row.year < last and (row.conflict_id, row.year + 1) not in known:
            _refuse_episode(path, row, row.year + 1, "had not ended")


def _refuse_episode(path: Path, row, year: float, why: str) -> None:
    place = f"{path.name}, row {row.Index + 1}, conflict {row.conflict_id:.0f}"
    found = f"no row of {year:.0f}, though the episode of {row.year:.0f} {why}"
    raise FormError(place, found, "each year of an episode")


def _is_number(cell: object) -> bool:
    return isinstance(cell, float | int) and (pd.isna(cell) or cell == int(cell))


def _parties_record(path: Path, conflict: int, year: int, rows: pd.DataFrame) -> dict:
    """Return the row of a conflict and year; the file has one a secondary party."""
    for column in ("gwno_a", "gwno_b", "type_of_conflict"):
        if rows[column].nunique(dropna=False) > 1:
            place = f"{path.name}, row {rows.index[0] + 1}, column {column}"
            found = f"conflict {conflict} has more than one value in {year}: {[*rows[column]]}"
            raise FormError(place, found, "one")
    first = rows.iloc[0]
    opponent, location = CONFLICTS[conflict]
    side_a = STATES[first["gwno_a"]]
    if first["gwno_b"] in STATES and STATES[first["gwno_b"]] != opponent:
        place = f"{path.name}, row {rows.index[0] + 1}, column gwno_b"
        found = f"{first['gwno_b']} is not {opponent}, the opponent in conflict {conflict}"
        raise FormError(place, found, "the number of that state")
    seconds = {
        side: ", ".join(sorted({STATES[number] for number in rows[f"gwno_{side}_2nd"].dropna()}))
        for side in ("a", "b")
    }
    return {
        "year": year,
        "source": PARTIES_SOURCE,
        "scope": PARTIES_SCOPE,
        "dyad_id": f"conflict {conflict}",
        "dyad": f"{side_a} – {opponent}",
        "side_a": side_a,
        "side_a_second": seconds["a"] or None,
        "side_b": opponent,
        "side_b_second": seconds["b"] or None,
        "conflict_location": location,
        "conflict_type": PARTIES_TYPES[first["type_of_conflict"]],
    }
