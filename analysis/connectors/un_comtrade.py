"""UN Comtrade: what a country's customs office reported to the United Nations.

Three forms are read, whichever lies in `comtrade/`: answers of the API (JSON), files of its bulk
service (text of gigabytes, filtered by DuckDB), and CSV of the legacy API. Terms: © United Nations;
for internal use, small cited extracts.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ledger.core.sources import countries, formats
from ledger.core.sources.strict import DIGITS, FormError, number, read_json, refuse_gap, shown

SOURCE = "UN Comtrade"
FIRST_YEAR = 2000
FLOWS = {"Export": "export", "Import": "import", "X": "export", "M": "import"}
# Parts of the two flows above, by which goods would count twice: re-imports and re-exports, goods
# of the country's own and of foreign origin, goods for processing.
PARTS = {"Re-Import", "Re-Export", "RM", "RX", "DX", "FM", "MIP", "MOP", "XIP", "XOP"}

# Areas of Comtrade's own that ISO 3166 does not code, by its numbers. ANS = area not specified:
# confidential and unknown partners.
UNSPECIFIED = [
    129, 221, 290, 471, 472, 473, 492, 527, 536, 568, 577, 636, 637, 697, 837, 838, 839, 879, 899,
]  # fmt: skip
AREAS = {
    0: "WLD",
    490: "TWN",  # Other Asia, nes: by United Nations practice this is where Taiwan's trade stands
    **dict.fromkeys(UNSPECIFIED, "ANS"),
}
REPORTERS, PARTNERS = "Reporters.json", "partnerAreas.json"
LISTS = {REPORTERS: "reporterCode", PARTNERS: "partnerCode"}  # of areas: file → field
SMALLEST_FLOW = 10_000_000  # US$: smaller flows of a partner are left out of the partners' table

# the columns that each form has for: year, flow, reporter, partner, product, value
LEGACY = (
    "Year",
    "Trade Flow",
    "Reporter ISO",
    "Partner Code",
    "Commodity Code",
    "Trade Value (US$)",
)
CURRENT = ("refYear", "flowCode", "reporterCode", "partnerCode", "cmdCode", "primaryValue")
# rows for all second partners, procedures, modes of transport
WHOLE = {"partner2Code": "0", "customsCode": "C00", "motCode": "0"}
COLUMNS = ["year", "flow", "reporter", "partner", "product", "value"]
KEY = ["reporter", "partner", "flow", "year"]

# What a cell of a column may be; any other is refused. Codes of products keep their zeros, but in
# the legacy API's files, which never had them.
PRODUCT = "TOTAL|[0-9]{2}|[0-9]{4}|[0-9]{6}|9999AA"
AREA = "0|[1-9][0-9]*"
KNOWN = {
    "flowCode": "|".join([*FLOWS, *PARTS]),
    "reporterCode": AREA,
    "partnerCode": AREA,
    "cmdCode": PRODUCT,
    "partner2Code": AREA,
    "customsCode": "C[0-9]{2}",
    "motCode": AREA,
}
NO_STATES = {"ANT", "SCG", "WLD"}  # of the past, and the world, in the legacy API's files
LEGACY_PRODUCT = "TOTAL|[0-9]{1,6}|9999AA"
# Of what is known, this is left out: rows of headings and subheadings (four and six digits), which
# would count chapters twice; rows of one second partner, procedure or mode of transport, which are
# parts of WHOLE; other reporters; and files that repeat these.
LEFT_OUT = {
    "364.json": "Iran's chapters as a share, made of the files that are read",
    "partners_import_export_data.json": "totals by partner, made of the files that are read",
    "top_partners_stats.csv": "the largest partners, made of the files that are read",
    "SOURCE.txt": "where the copy is from",
    "fetched.json": "what was downloaded, and when",
}
FILES = (
    r"total-trade-value-\d{4}\.csv|goods_[\d-]+_[\d-]+\.csv|(total|chapters)-.+\.json|.+\.(gz|txt)"
)
TOLERANCE = 0.02  # by which a year's partners may add up to more or less than the world
MOSTLY = 0.75  # of a total, that its chapters add up to: some trade is published without them
ALL_FROM = 2010  # from then on all of the trade that is read is published by chapter
# years between others that a country has not reported, by WITS's copies
NOT_REPORTED = {"IRN": {2007, 2008, 2009}}
STARTS = {"RUS": FIRST_YEAR, "IRN": FIRST_YEAR}  # the first year that is read of each reporter
LAST_CHAPTERS = {"97", "99"}  # of a file's year: works of art, not specified

# records in an answer; one that has as many is cut off, and does not say so
LIMIT, LIMIT_WITH_KEY = 500, 100_000
# with a key: some 500 records a year, and the service takes twelve years
YEARS_AT_ONCE = 6


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return total goods trade inside the pair, from 2000, whichever of the two reported.

    The flags in the files mark estimated weights, not estimated values, so `estimated` is false
    throughout.

    Parameters
    ----------
    upstream
        Folder with `comtrade/`: `total-<country>-<years>.json` and the lists of areas, or `*.gz`
        and `*.txt` with these lists, or `total-trade-value-<year>.csv` with every partner.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        reporter, partner, flow, year, source, value_usd (US$), estimated; one row a reporter, flow
        and year.

    Raises
    ------
    FormError
        Names file, row or record, column and value that are not as expected.
    FileNotFoundError
        There are no files, or a list of areas is missing.
    """
    rows = _all_totals(upstream, pair)
    rows = rows[rows["partner"].isin(pair)]
    rows = rows.assign(source=SOURCE, estimated=False)
    return rows[[*KEY, "source", "value_usd", "estimated"]]


def products(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return trade inside the pair by HS chapter, from 2000, HS edition as reported in each year.

    A flow and year whose only chapter is 99 ("not specified") says nothing about products and is
    left out: for Russia that is all of 2020.

    Parameters
    ----------
    upstream
        Folder with `comtrade/`: `chapters-<country>-<years>.json` and the lists of areas, or bulk
        files, or `goods_<partners>_<years>.csv`.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        reporter, partner, flow, year, hs_chapter, value_usd (US$); one row a reporter, flow, year
        and chapter.

    Raises
    ------
    FormError, FileNotFoundError
        As of `totals`.
    """
    rows = _read(upstream, pair, "chapters")
    rows = rows[rows["partner"].isin(pair) & (rows["reporter"] != rows["partner"])]
    _check_complete(rows, upstream, pair)
    rows = rows.assign(hs_chapter=rows["product"].str.zfill(2))
    rows = rows.assign(specified=rows["hs_chapter"] != "99")
    rows = rows[rows.groupby(KEY)["specified"].transform("any").astype(bool)]
    return rows.groupby([*KEY, "hs_chapter"], as_index=False)["value_usd"].sum()


def partners(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return total goods trade of each of the pair with every partner and the world, from 2000.

    Unspecified areas stand as ANS, so that partners add up to WLD but for small flows and goods of
    the reporter's own origin.

    Parameters
    ----------
    upstream, pair
        As for `totals`.

    Returns
    -------
    DataFrame
        reporter, partner, flow, year, source, value_usd (US$); one row a reporter, partner (WLD is
        the world), flow and year, without flows below SMALLEST_FLOW.

    Raises
    ------
    FormError, FileNotFoundError
        As of `totals`.
    """
    rows = _all_totals(upstream, pair)
    rows = rows[rows["value_usd"] >= SMALLEST_FLOW].assign(source=SOURCE)
    return rows[[*KEY, "source", "value_usd"]]


def _check_complete(chapters: pd.DataFrame, upstream: Path, pair: tuple[str, str]) -> None:
    """Refuse a flow and year whose chapters do not add up to its total, where that is there too.

    (`_chapters` sees to bulk files, which have both and are slow to read.)
    """
    folder = upstream / "comtrade"
    if not any(folder.glob("total-*")):
        return
    totals = _read(upstream, pair, "total").groupby(KEY)["value"].sum()
    for flow, rows in chapters.groupby(KEY):
        if flow in totals.index:
            file, place = rows["file"].iloc[0], f"{flow[0]}'s {flow[2]}s to or from {flow[1]}"
            place = f"{file}, {place}, {flow[3]}"
            _check_sum(place, rows["value"].sum(), totals[flow], flow[3])


def _check_sum(place: str, found: float, total: float, year: int) -> None:
    """Raise FormError for chapters that add up to less than their total, as without one of them."""
    least = MOSTLY if year < ALL_FROM else 1 - TOLERANCE
    if found < least * total:
        wanted = f"{'most of ' if year < ALL_FROM else ''}{total:,.0f} US$"
        raise FormError(place, f"chapters add up to {found:,.0f}", wanted)


def _all_totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    rows = _read(upstream, pair, "total")
    # goods coming home: in WLD, but a country is no partner of itself
    rows = rows[rows["reporter"] != rows["partner"]]
    return rows.groupby(KEY, as_index=False)["value_usd"].sum()  # joins the ANS


# --- reading --------------------------------------------------------------------------------------


def _read(upstream: Path, pair: tuple[str, str], kind: str) -> pd.DataFrame:
    """Return what the pair reported: `total` with every partner, or the `chapters` of HS.

    Columns reporter, partner, their numbers, flow, year, product, value_usd.
    """
    rows = _records(upstream / "comtrade", pair, kind)
    of_pair = rows["reporter"].isin(pair) & (rows["year"] >= FIRST_YEAR)
    rows = rows[of_pair & ~rows["flow"].isin(PARTS)]
    if (below := rows["value"] < 0).any():
        row = rows[below].iloc[0]
        raise FormError(row["file"], f"{row['value']} US$ in {row['year']}", "nought or more")
    values = rows["value"].round().astype("int64")
    rows = rows.assign(flow=rows["flow"].map(FLOWS), value_usd=values)
    key = ["reporter", "partner_code", "flow", "year", "product"]
    if (twice := rows.duplicated([*key, "reporter_code"])).any():
        row = rows[twice].iloc[0]
        found = f"duplicate key {row[key].to_dict()}; are there two files of the same year?"
        raise FormError(f"comtrade: {row['file']}", found, "each once")
    if kind == "total":
        _check_whole(rows)
    _check_years(rows, upstream / "comtrade", kind)
    return rows


def _check_years(rows: pd.DataFrame, folder: Path, kind: str) -> None:
    """Refuse years without a file, between others or before them.

    An answer may say that it has no records of a year.
    """
    asked: dict[str, set[int]] = {}
    for path in folder.glob(f"{kind}-*.json"):
        if span := re.match(rf"{kind}-([A-Z]{{3}})-([0-9]{{4}})-([0-9]{{4}})", path.name):
            years = range(int(span[2]), int(span[3]) + 1)
            asked.setdefault(span[1], set()).update(years)
    for (reporter, flow), group in rows.groupby(["reporter", "flow"]):
        left_out = asked.get(reporter, set()) | NOT_REPORTED.get(reporter, set())
        last = group.loc[group["year"].idxmax(), "file"]
        place = f"comtrade: {kind} up to {last}, {reporter}'s {flow}s"
        refuse_gap(place, group["year"].unique(), left_out)
    for reporter, group in rows.groupby("reporter"):  # of either flow
        start, first = STARTS.get(reporter), group["year"].min()
        left_out = asked.get(reporter, set()) | NOT_REPORTED.get(reporter, set())
        place = f"comtrade: {kind} from {group.loc[group['year'].idxmin(), 'file']}, {reporter}"
        refuse_gap(place, [first], left_out, start)


def _check_whole(rows: pd.DataFrame) -> None:
    """Refuse totals of which partners are missing: they add up to the world in every year."""
    for (reporter, flow, year), group in rows.groupby(["reporter", "flow", "year"]):
        world = group.loc[group["partner"] == "WLD", "value_usd"].sum()
        partners = group.loc[group["partner"] != "WLD", "value_usd"].sum()
        if not abs(partners - world) <= TOLERANCE * world:
            found = f"{reporter}'s {flow}s of {year} add up to {partners:,} US$ over its partners"
            raise FormError(group["file"].iloc[0], found, f"{world:,}, as with the world")


def _records(folder: Path, pair: tuple[str, str], kind: str) -> pd.DataFrame:
    """Return the records of every form that is there."""
    for path in sorted(folder.glob("*")):
        if path.name not in (*LISTS, *LEFT_OUT) and not re.fullmatch(FILES, path.name):
            raise FormError(f"comtrade: {path.name}", "a file of another name", FILES)
    legacy = sorted(folder.glob("total-trade-value-*.csv" if kind == "total" else "goods_*.csv"))
    bulk = sorted(
        path
        for path in folder.glob("*")
        if path.suffix in (".gz", ".txt") and path.name not in LEFT_OUT
    )
    answers = sorted(folder.glob(f"{kind}-*.json"))
    frames = [_legacy(legacy, pair, kind)] if legacy else []
    if bulk or answers:
        codes = {name: _codes(folder, name) for name in LISTS}
        numbered = [_bulk(bulk, pair, kind, codes)] if bulk else []
        numbered += [pd.concat([_answer(path, kind) for path in answers])] if answers else []
        frames += [_with_codes(frame, codes) for frame in numbered]
    if not frames:
        raise FileNotFoundError(f"comtrade: no files found in {folder}")
    return pd.concat(frames, ignore_index=True)


def _legacy(paths: list[Path], pair: tuple[str, str], kind: str) -> pd.DataFrame:
    rows = _query(paths, LEGACY, ("Partner", "Partner ISO"), "true", ",")
    states = {*countries.converter().data["ISO3"]}
    for column, form in (("flow", KNOWN["flowCode"]), ("product", LEGACY_PRODUCT)):
        fits = rows[column].fillna("").str.fullmatch(form)
        _refuse(rows, column, fits, LEGACY[COLUMNS.index(column)], form)
    _refuse(rows, "reporter", rows["reporter"].isin(states), LEGACY[2], "a code of ISO 3166")
    fits = rows["Partner ISO"].isna() | rows["Partner ISO"].isin(states | NO_STATES)
    _refuse(rows, "Partner ISO", fits, "Partner ISO", "a code of ISO 3166")
    is_total = rows["product"] == "TOTAL"
    is_kind = is_total if kind == "total" else rows["product"].str.fullmatch("[0-9]{1,2}")
    rows = rows[rows["reporter"].isin(pair) & is_kind].reset_index(drop=True)
    partner = rows["Partner ISO"].fillna(rows["partner"].astype(int).map(AREAS))
    if partner.isna().any():
        row = rows[partner.isna()].iloc[0]
        found = f"no code for partner {row['partner']:.0f}, {shown(row['Partner'])}"
        raise FormError(row["file"], found, "a code, or a number in AREAS")
    if kind == "chapters":
        _check_chapters(rows)
    return rows.assign(
        partner_code=rows["partner"], partner=partner, reporter_code=rows["reporter"]
    )


def _check_chapters(rows: pd.DataFrame) -> None:
    """Refuse a file of chapters that lacks a year of its name, or ends before the last chapters."""
    for (file, year, flow), group in rows.groupby(["file", "year", "flow"]):
        if not LAST_CHAPTERS & set(group["product"]):
            found = f"the {flow.lower()}s of {year} end at chapter {group['product'].iloc[-1]}"
            raise FormError(file, found, "chapter 97 or 99 at the end")
    for file, group in rows.groupby("file"):
        named = set(map(int, re.findall(r"[0-9]{4}", file.rpartition("_")[2])))
        if missing := sorted(named - set(group["year"])):
            raise FormError(file, f"no rows of {missing}", "every year of the file's name")


def _refuse(rows: pd.DataFrame, column: str, fits: pd.Series, name: str, expected: str) -> None:
    """Raise FormError for the first cell of a column that does not fit; `name` is the file's."""
    if not fits.all():
        row = rows[~fits].iloc[0]
        value = None if pd.isna(row[column]) else row[column]
        place = f"{row['file']}, column {name}, in {row['year']}"
        raise FormError(place, f"{shown(value)} is not known", expected)


def _bulk(
    paths: list[Path], pair: tuple[str, str], kind: str, codes: dict[str, dict[int, str]]
) -> pd.DataFrame:
    reporters, inside = (
        [number for number, iso3 in codes[name].items() if iso3 in pair] for name in LISTS
    )
    conditions = [f"{column} = '{value}'" for column, value in WHOLE.items()]
    conditions.append(f"reporterCode in {_sql_list(reporters)}")
    if kind == "total":
        conditions.append("cmdCode = 'TOTAL'")
    else:
        conditions.append(f"partnerCode in {_sql_list(inside)}")
        conditions.append("regexp_full_match(cmdCode, 'TOTAL|[0-9]{2}')")
    known = " and ".join(
        f"regexp_full_match(coalesce({column}, ''), '{form}')" for column, form in KNOWN.items()
    )
    where = f"({' and '.join(conditions)} or not ({known}))"
    rows = _query(paths, CURRENT, tuple(WHOLE), where, "\t")
    for column, form in KNOWN.items():
        name = dict(zip(CURRENT, COLUMNS)).get(column, column)
        fits = rows[name].astype("str").str.fullmatch(form).fillna(False).astype(bool)
        _refuse(rows, name, fits, column, form)
    return rows if kind == "total" else _chapters(rows)


def _chapters(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the chapters among a bulk file's rows, which make up most of each total."""
    is_total = rows["product"] == "TOTAL"
    key = ["file", "reporter", "partner", "flow", "year"]
    sums = rows[~is_total].groupby(key)["value"].sum()
    for flow, value in rows[is_total].groupby(key)["value"].sum().items():
        file, reporter, partner, letter, year = flow
        place = f"{file}, {reporter} with {partner}, flow {letter}, {year}"
        _check_sum(place, sums.get(flow, 0), value, year)
    return rows[~is_total]


def _query(
    paths: list[Path], columns: tuple[str, ...], more: tuple[str, ...], where: str, separator: str
) -> pd.DataFrame:
    """Return the rows of text files that are needed, in the columns COLUMNS, `more` and `file`."""
    year, _, _, partner, _, value = columns
    numbers = [year, partner, value]
    rows = formats.query_text(paths, [*columns, *more], where, numbers, separator)
    rows = rows.rename(columns=dict(zip(columns, COLUMNS)))
    return rows.assign(year=rows["year"].astype("int64"))


def _answer(path: Path, kind: str) -> pd.DataFrame:
    """Return the records of one answer of the API, in the columns COLUMNS and `file`."""
    content = read_json(path)
    records = content.get("data") if isinstance(content, dict) else None
    if not isinstance(records, list):
        held = sorted(content) if isinstance(content, dict) else type(content).__name__
        raise FormError(path.name, f"no list of records under 'data'; it holds {held}", "records")
    if content.get("count", len(records)) != len(records):
        raise FormError(path.name, f"{len(records)} records", f"{content['count']}, as it says")
    rows = []
    for n, record in enumerate(records, 1):
        values = _fields(record, f"{path.name}, record {n}")
        product = str(values["cmdCode"])
        is_kind = product == "TOTAL" if kind == "total" else re.fullmatch("[0-9]{2}", product)
        if is_kind and all(str(values[name]).strip() == code for name, code in WHOLE.items()):
            rows.append([values[name] for name in CURRENT])
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.assign(product=frame["product"].map(str), file=path.name)


def _fields(record: object, where: str) -> dict:
    """Return the fields CURRENT and WHOLE of a record, whatever the letter case of their names."""
    fields = record if isinstance(record, dict) else {}
    lower = {name.lower(): value for name, value in fields.items()}
    needed = [*CURRENT, *WHOLE]
    if missing := [name for name in needed if name.lower() not in lower]:
        found = f"no field {missing}; its fields are {list(fields)}"
        raise FormError(where, found, "every field that the connector reads")
    values = {name: lower[name.lower()] for name in needed}
    for name in ("refYear", "reporterCode", "partnerCode", "primaryValue"):
        if isinstance(values[name], str):  # as a number stands in no answer
            raise FormError(f"{where}, {name}", f"{shown(values[name])} is no number", DIGITS)
        number(values[name], f"{where}, {name}")
    for name, form in KNOWN.items():
        if not re.fullmatch(form, str(values[name]).strip()):
            raise FormError(f"{where}, {name}", f"{shown(values[name])} is not known", form)
    return values


def _with_codes(rows: pd.DataFrame, codes: dict[str, dict[int, str]]) -> pd.DataFrame:
    """Return rows with ISO 3166 codes in place of Comtrade's numbers."""
    for column, name in (("reporter", REPORTERS), ("partner", PARTNERS)):
        numbers = rows[column].astype(int)
        iso3 = numbers.map(codes[name])
        if iso3.isna().any():
            first = iso3.isna().to_numpy().argmax()
            found = f"no country of {column} {numbers.iloc[first]} in {name}"
            raise FormError(rows["file"].iloc[first], found, "a number of Comtrade's list")
        rows = rows.assign(**{f"{column}_code": numbers, column: iso3})
    return rows


def _codes(folder: Path, name: str) -> dict[int, str]:
    """Return the code of each area in one of Comtrade's lists; AREAS for those that have none."""
    path = folder / name
    if not path.exists():
        raise FileNotFoundError(
            f"comtrade: {name} is missing in {folder}; Comtrade offers its lists of areas at "
            f"https://comtradeapi.un.org/files/v1/app/reference/{name}"
        )
    codes = {number: AREAS.get(number, iso3) for number, iso3, _ in _areas(path)}
    return {number: iso3 for number, iso3 in codes.items() if iso3}


def _areas(path: Path) -> list[tuple[int, str, int]]:
    """Return the areas in one of Comtrade's lists.

    Number, ISO 3166 code ("" where none) and last year (9999 where it is in use) of each.
    """
    content = read_json(path)
    name = LISTS[path.name]
    entries = content.get("results") if isinstance(content, dict) else None
    areas = []
    for n, entry in enumerate(entries if isinstance(entries, list) else [], 1):
        lower = {key.lower(): value for key, value in entry.items()}
        number, iso3 = (lower.get(f"{name}{end}".lower()) for end in ("", "IsoAlpha3"))
        expires = str(lower.get("entryexpireddate") or "9999")
        if type(number) is not int or not re.match("[0-9]{4}", expires):
            place = f"{path.name}, entry {n}"
            raise FormError(place, f"no {name}: {shown(entry)}", "a number, and a date if any")
        code = str(iso3 or "").strip()
        code = code if re.fullmatch("[A-Z]{3}", code) else ""
        areas.append((number, code, int(expires[:4])))
    if not areas:
        found = f"no {name} under 'results'; it begins {str(content)[:200]!r}"
        raise FormError(path.name, found, "a list of areas")
    return areas


def _sql_list(values) -> str:
    return "(" + (", ".join(f"'{value}'" for value in values) or "NULL") + ")"


# --- downloading ----------------------------------------------------------------------------------


def download(get, pair: tuple[str, str]) -> str:
    """Download what both members of the pair reported from 2000 to last year.

    Totals with every partner, and HS chapters inside the pair. With a key a few years are asked for
    at once; without one the service answers a year at a time, and 500 records at most.
    """
    for name in LISTS:
        get(name, f"/files/v1/app/reference/{name}", kind="json")
    today = datetime.datetime.now(datetime.UTC).date()
    years = list(range(FIRST_YEAR, today.year))
    last: dict[str, int] = {}
    inside = chapters = 0
    total_name, chapters_name = REPORTERS, ""
    # without a key a year of both flows could reach the limit
    flows = ["M,X"] if get.source.api_key else ["M", "X"]
    for country, other in (pair, pair[::-1]):
        reporters = _area_numbers(get, country, REPORTERS)
        others = _area_numbers(get, other, PARTNERS)
        # a country without a number is a partner and never reports
        for some in _batches(get, years) if reporters else ():
            span = f"{country}-{some[0]}-{some[-1]}"
            for flow in flows:
                total_name = f"total-{span}{'' if len(flows) == 1 else f'-{flow}'}.json"
                terms = {"cmdCode": "TOTAL", "flowCode": flow}
                for record in _ask(get, total_name, reporters, some, terms):
                    last[country] = max(last.get(country, 0), int(record["refYear"]))
                    inside += record["partnerCode"] in others
            if others:
                chapters_name = f"chapters-{span}.json"
                partner = ",".join(map(str, others))
                terms = {"cmdCode": "AG2", "flowCode": "M,X", "partnerCode": partner}
                chapters += len(_ask(get, chapters_name, reporters, some, terms))
    if not last:
        raise get.refuse(
            total_name,
            f"there are no records of {' or '.join(pair)} in any year from {years[0]} to "
            f"{years[-1]}",
            "Look at comtradeplus.un.org whether the countries report; if they do, the parameters "
            "of the request must follow a change of the API.",
        )
    if inside and not chapters:
        raise get.refuse(
            chapters_name,
            f"there are totals between {pair[0]} and {pair[1]}, and no HS chapters",
            "The parameters of the request must follow a change of the API.",
        )
    by_country = ", ".join(f"{country} to {year}" for country, year in last.items())
    return f"API answers of {today:%-d %B %Y}, years to {max(last.values())} ({by_country})"


def _batches(get, years: list[int]) -> Iterator[list[int]]:
    size = YEARS_AT_ONCE if get.source.api_key else 1
    for first in range(0, len(years), size):
        yield years[first : first + size]


def _area_numbers(get, country: str, name: str) -> list[int]:
    """Return the numbers of a country that were in use from 2000 on, from one of the lists."""
    try:
        areas = _areas(get.folder / name)
    except ValueError as error:
        raise get.refuse(name, str(error)) from None
    return sorted(
        {
            number
            for number, iso3, last_year in areas
            if AREAS.get(number, iso3) == country and last_year >= FIRST_YEAR
        }
    )


def _ask(
    get, name: str, reporters: list[int], years: list[int], terms: dict[str, str]
) -> list[dict]:
    """Download one answer and return its records.

    An error, an answer that was cut off, or records that were not asked for are refused.
    """
    with_key = bool(get.source.api_key)
    limit = LIMIT_WITH_KEY if with_key else LIMIT
    query = {
        "reporterCode": ",".join(map(str, reporters)),
        "period": ",".join(map(str, years)),
        **terms,
        **WHOLE,
        "breakdownMode": "classic",
        "includeDesc": "false",
        "maxRecords": limit,
        "format": "JSON",
    }
    address = "/data/v1/get/C/A/HS" if with_key else "/public/v1/preview/C/A/HS"
    content = json.loads(get(name, address, params=query, kind="json").read_bytes())
    records = _data(get, name, content, limit)
    flows = terms["flowCode"].split(",")
    for record in records:
        if missing := [field for field in CURRENT if field not in record]:
            raise get.refuse(
                name, f"a record has no field {missing}; its fields are {list(record)}"
            )
        reporter, year, flow = (record[f] for f in ("reporterCode", "refYear", "flowCode"))
        if reporter not in reporters or year not in years or flow not in flows:
            raise get.refuse(
                name,
                f"a record is of reporter {reporter}, year {year}, flow {flow}; asked for were "
                f"{query['reporterCode']}, {query['period']}, {terms['flowCode']}",
            )
    return records


def _data(get, name: str, content: object, limit: int) -> list[dict]:
    """Return the records of an answer that is whole and no error."""
    if not isinstance(content, dict) or not isinstance(content.get("data"), list):
        message = content
        if isinstance(content, dict):
            message = content.get("message") or content.get("error") or sorted(content)
        raise get.refuse(name, f"the answer has no records but says {str(message)[:300]!r}")
    if content.get("error"):
        raise get.refuse(name, f"the answer is the error {str(content['error'])[:300]!r}")
    records, count = content["data"], content.get("count")
    if max(len(records), count or 0) >= limit:
        raise get.refuse(
            name,
            f"the answer has {len(records)} records, which is the service's limit of {limit:,}: it "
            "is cut off",
            "Ask for fewer years at once, or with a key: see YEARS_AT_ONCE in "
            "analysis/connectors/un_comtrade.py.",
        )
    if count is not None and count != len(records):
        raise get.refuse(
            name,
            f"the answer has {len(records)} records and says there are {count}: it is cut off",
            "Try again later.",
        )
    return records
