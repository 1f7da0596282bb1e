"""Growth Lab at Harvard: the Atlas's reconciled goods trade, HS 1992 (CSV).

Read is the data set's file of totals by partner (FILE), or else a snapshot's files of product
sections by partner, one a country. Terms: CC0 1.0, cite the Growth Lab and the data set.
"""

import datetime
import hashlib
import json
import re
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats
from ledger.core.sources.strict import FormError, refuse_gap, shown

SOURCE = "Harvard Atlas"
DATASET = "doi:10.7910/DVN/T4CHWJ"
FOLDER = "harvard-atlas"
FILE = "hs92_country_country_year.csv"
FIRST_YEAR = 2010
SMALLEST_FLOW = 1_000_000  # US$: smaller flows of a partner are left out of the partners' table
# number of the last row in each file of the snapshot, whose rows are numbered from nought
LAST_ROWS = {"IRN_hs_2010_to_2020.csv": 11819, "RUS_hs_2010_to_2020.csv": 16957}
VALUES = ["export_value", "import_value"]
COLUMNS = ["country_iso3_code", "partner_iso3_code", "year", *VALUES]
SECTION_COLUMNS = ["location_id", "partner_id", "product_id", "year", *VALUES]
KEY = ["reporter", "partner", "year"]


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return goods trade inside the pair, by flow and year from 2010.

    Harvard reconciles both sides' reports into one value, so one country's exports are the other's
    imports to the dollar: there is no mirror gap to find here.

    Parameters
    ----------
    upstream
        Folder with `harvard-atlas/`.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        reporter, partner, flow, year, source, value_usd (US$), estimated; one row a reporter (the
        country in whose rows the figure stands), flow and year.

    Raises
    ------
    FormError
        Names file, row, column and value that are not as expected.
    FileNotFoundError
        None of the files is there.
    """
    rows = _by_partner(upstream, pair)
    rows = rows[rows["partner"].isin(pair)].assign(source=SOURCE, estimated=False)
    return rows[["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]]


def partners(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return goods trade of each member of the pair with every partner, from 2010.

    What this cannot see: that a partner is gone on both sides, and from the one file of a snapshot
    a row whose number was given to the next.

    No world total is published in these files. "Undeclared Countries" stand as ANS (area not
    specified), so the sum over all partners of a year is the file's total but for small flows.

    Parameters
    ----------
    upstream, pair
        As for `totals`.

    Returns
    -------
    DataFrame
        reporter, partner, flow, year, source, value_usd (US$); one row a reporter, partner, flow
        and year, without flows below SMALLEST_FLOW.

    Raises
    ------
    FormError, FileNotFoundError
        As of `totals`.
    """
    rows = _by_partner(upstream, pair)
    rows = rows[rows["value_usd"] >= SMALLEST_FLOW].assign(source=SOURCE)
    return rows[["reporter", "partner", "flow", "year", "source", "value_usd"]]


def _by_partner(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    folder = upstream / FOLDER
    path = folder / FILE
    sums = _pair_rows(path, pair) if path.exists() else _section_sums(folder, pair)
    names = [path] if path.exists() else [*folder.glob("*_hs_*_to_*.csv")]
    _check_mirror(" and ".join(sorted(path.name for path in names)), sums, pair)
    rows = sums[sums["year"] >= FIRST_YEAR].melt(KEY, var_name="flow", value_name="value_usd")
    flow = rows["flow"].str.removesuffix("_value")
    return rows.assign(flow=flow, value_usd=rows["value_usd"].astype("int64"))


def _check_mirror(name: str, sums: pd.DataFrame, pair: tuple[str, str]) -> None:
    """Refuse files in which one country's exports are not the other's imports, to the dollar.

    Where a row of one side is missing, by a file cut short or a code that changed, they are not.
    """
    if not set(pair) <= set(sums["reporter"]):
        return  # a country without a file of its own
    one, other = (
        sums[(sums["reporter"] == reporter) & (sums["partner"] == partner)].set_index("year")[
            VALUES
        ]
        for reporter, partner in (pair, pair[::-1])
    )
    for year in sorted({*one.index, *other.index}):
        sides = [
            side.loc[year, values].tolist() if year in side.index else None
            for side, values in ((one, VALUES), (other, VALUES[::-1]))
        ]
        if None in sides or any(abs(a - b) > 1 for a, b in zip(*sides)):
            place = f"{name}, {' and '.join(pair)}, {year}"
            raise FormError(place, f"exports and imports of the two are {sides}", "the same twice")


def _pair_rows(path: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the pair's rows of the file of all countries, which is filtered as it is read."""
    is_code = "regexp_full_match(coalesce(country_iso3_code, ''), '[A-Z]{3}')"
    members = f"('{pair[0]}', '{pair[1]}')"
    where = f"(country_iso3_code in {members} or partner_iso3_code in {members} or not {is_code})"
    rows = formats.query_text([path], COLUMNS, where, numbers=["year", *VALUES])
    names = {"country_iso3_code": "reporter", "partner_iso3_code": "partner"}
    rows = rows.rename(columns=names).drop(columns="file")
    rows = _without_partners(path, rows, pair)
    if odd := set(rows["reporter"].fillna("")) - set(pair):
        found = f"{shown(min(odd))} is no code of a country"
        raise FormError(f"{path.name}, column country_iso3_code", found, "three capital letters")
    if missing := [country for country in pair if country not in set(rows["reporter"])]:
        raise FormError(path.name, f"it has no rows of {' or '.join(missing)}", "rows of each")
    if (wrong := ~rows["partner"].fillna("").str.fullmatch("[A-Z]{3}")).any():
        code = shown(rows.loc[wrong, "partner"].iloc[0])
        place = f"{path.name}, column partner_iso3_code"
        raise FormError(place, f"{code} is no code of a country", "three capital letters")
    if (twice := rows.duplicated(KEY)).any():
        found = f"duplicate key {rows.loc[twice, KEY].iloc[0].to_dict()}"
        raise FormError(path.name, found, "each once")
    for reporter, years in rows[rows["year"] >= FIRST_YEAR].groupby("reporter")["year"]:
        refuse_gap(f"{path.name}, {reporter}", years, first=FIRST_YEAR)
    values = {column: rows[column].round() for column in VALUES}
    return rows.assign(year=rows["year"].astype("int64"), **values)


def _without_partners(path: Path, rows: pd.DataFrame, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the rows without those of the pair's partners, each of which has one of the pair.

    Both sides have a row of a trade, so that a row of the pair that is gone shows by the other.
    """
    is_code = rows["reporter"].fillna("").str.fullmatch("[A-Z]{3}")
    of_partners = is_code & ~rows["reporter"].isin(pair)
    large = rows[of_partners & (rows[VALUES].max(axis=1) >= SMALLEST_FLOW)]
    own = {*zip(rows["reporter"], rows["partner"], rows["year"])}
    for row in large.itertuples():
        if (row.partner, row.reporter, row.year) not in own:
            found = f"{row.partner} has no row with {row.reporter}, which has one with it"
            raise FormError(f"{path.name}, {row.year:.0f}", found, "a row of both sides")
    return rows[~of_partners].reset_index(drop=True)


def _section_sums(folder: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the pair's sums over product sections, from a file a country."""
    paths = sorted(folder.glob("*_hs_*_to_*.csv"))
    if not paths:
        raise FileNotFoundError(
            f"{FOLDER}: neither {FILE} nor <country>_hs_<year>_to_<year>.csv in {folder}"
        )
    sums = []
    for country in pair:
        own = [path for path in paths if path.name.startswith(f"{country}_")]
        if len(own) > 1:
            names = " and ".join(path.name for path in own)
            raise FormError(FOLDER, f"{names} are of one country", "a file a country")
        sums += [_country_sums(path, country) for path in own]
    return pd.concat(sums) if sums else pd.DataFrame(columns=[*KEY, *VALUES])


def _country_sums(path: Path, country: str) -> pd.DataFrame:
    data = formats.read_csv(path, SECTION_COLUMNS, numbers=SECTION_COLUMNS, index_col=0)
    last = LAST_ROWS.get(path.name, len(data) - 1)
    if list(data.index) != list(range(last + 1)):
        found = f"{len(data)} rows, the last of which is {shown(data.index[-1])}"
        raise FormError(path.name, found, f"rows numbered from 0 to {last}")
    location_columns = ["location_id", "location_code", "level"]
    places = formats.read_csv(
        path.with_name("location.csv"), location_columns, keep_default_na=False
    ).set_index("location_id")
    products = formats.read_csv(path.with_name("hs_product.csv"), ["product_id", "level"])
    levels = products.set_index("product_id")["level"]
    wrong = data["product_id"].map(levels) != "section"
    problem = "is a product that is not one of the sections, which would count twice"
    formats.refuse_cells(path, data["product_id"], wrong, problem, "sections of hs_product.csv")
    twice = data.duplicated(["location_id", "partner_id", "product_id", "year"])
    formats.refuse_cells(path, data["partner_id"], twice, "has a row twice", "a row a section")
    known = set(places.index[places["level"] == "country"])
    for column in ("location_id", "partner_id"):
        wrong = ~data[column].isin(known)
        formats.refuse_cells(path, data[column], wrong, "is no country in location.csv")
    _check_years(path, set(data["year"]))
    data = data.assign(
        reporter=data["location_id"].map(places["location_code"]),
        partner=data["partner_id"].map(places["location_code"]),
    )
    if set(data["reporter"]) != {country}:
        raise FormError(path.name, f"rows of {set(data['reporter'])}", f"{country}")
    return data.groupby(KEY, as_index=False)[VALUES].sum()


def _check_years(path: Path, years: set[int]) -> None:
    """Refuse a file that lacks a year of its name."""
    first, last = map(int, re.findall("[0-9]{4}", path.name.partition("_hs_")[2]))
    if years != set(range(first, last + 1)):
        raise FormError(path.name, f"rows of the years {sorted(years)}", f"{first} to {last}")


# --- downloading ----------------------------------------------------------------------------------


def download(get, pair: tuple[str, str]) -> str:
    """Download the file of totals by partner from the data set's newest version."""
    version, entry = _described(get)
    path = get(FILE, f"api/access/datafile/{entry['id']}", kind="csv")
    _check_md5(get, path, entry)
    try:
        rows = _pair_rows(path, pair)
    except ValueError as error:
        raise get.refuse(FILE, str(error)) from None
    if rows.empty:
        raise get.refuse(FILE, f"the file has no rows of {' or '.join(pair)}")
    released = str(version.get("releaseTime") or "")[:10]
    day = f" of {datetime.date.fromisoformat(released):%-d %B %Y}" if released else ""
    number = f"{version.get('versionNumber')}.{version.get('versionMinorNumber')}"
    return f"version {number}{day}, years to {rows['year'].max()}"


LISTING = "dataset.json"


def _described(get) -> tuple[dict, dict]:
    """Return Dataverse's description of the newest version, and of the file in it."""
    address = "api/datasets/:persistentId/"
    path = get(LISTING, address, params={"persistentId": DATASET}, kind="json")
    content = json.loads(path.read_bytes())
    is_answer = isinstance(content, dict)
    version = {}
    if is_answer and content.get("status") == "OK":
        version = content.get("data", {}).get("latestVersion")
    if not version:
        message = content.get("message") if is_answer else content
        raise get.refuse(
            LISTING, f"the answer describes no data set but says {str(message)[:300]!r}"
        )
    files = [(file.get("label"), file.get("dataFile", {})) for file in version.get("files", [])]
    entries = {entry.get("filename") or label: entry for label, entry in files}
    if "id" not in entries.get(FILE, {}):
        raise get.refuse(
            LISTING,
            f"the data set has no file {FILE}; it has {sorted(map(str, entries))[:20]}",
            "If the Growth Lab renamed it, analysis/connectors/harvard_growth_lab.py must follow.",
        )
    return version, entries[FILE]


def _check_md5(get, path: Path, entry: dict) -> None:
    checksum = entry.get("checksum") or {}
    if checksum.get("type") != "MD5":
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "md5").hexdigest()
    if digest != checksum.get("value"):
        get.refuse(LISTING, "it may be of another version")  # the next run asks for both anew
        raise get.refuse(
            FILE,
            f"the file of {path.stat().st_size:,} bytes is not the one that the data set describes "
            f"({entry.get('filesize', 0):,} bytes, MD5 {checksum.get('value')}): it is cut off or "
            "was replaced",
            "Try again.",
        )
