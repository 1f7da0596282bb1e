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

from ledger.core.sources import formats

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
    ValueError
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
    ValueError, FileNotFoundError
        As of `totals`.
    """
    rows = _read(upstream, pair, "chapters")
    rows = rows[rows["partner"].isin(pair) & (rows["reporter"] != rows["partner"])]
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
    ValueError, FileNotFoundError
        As of `totals`.
    """
    rows = _all_totals(upstream, pair)
    rows = rows[rows["value_usd"] >= SMALLEST_FLOW].assign(source=SOURCE)
    return rows[[*KEY, "source", "value_usd"]]


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
    if unknown := set(rows["flow"]) - set(FLOWS):
        raise ValueError(
            f"comtrade: unknown flows {sorted(unknown)}; known are {sorted(FLOWS)} and their parts "
            f"{sorted(PARTS)}"
        )
    values = rows["value"].round().astype("int64")
    rows = rows.assign(flow=rows["flow"].map(FLOWS), value_usd=values)
    key = ["reporter", "partner_code", "flow", "year", "product"]
    if (twice := rows.duplicated([*key, "reporter_code"])).any():
        duplicate = rows.loc[twice, key].iloc[0].to_dict()
        raise ValueError(
            f"comtrade: duplicate key {duplicate}; are there two files of the same year?"
        )
    return rows


def _records(folder: Path, pair: tuple[str, str], kind: str) -> pd.DataFrame:
    """Return the records of every form that is there."""
    legacy = sorted(folder.glob("total-trade-value-*.csv" if kind == "total" else "goods_*.csv"))
    bulk = sorted(
        path
        for path in folder.glob("*")
        if path.suffix in (".gz", ".txt") and path.name != "SOURCE.txt"
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
    product = (
        "\"Commodity Code\" = 'TOTAL'"
        if kind == "total"
        else "regexp_full_match(\"Commodity Code\", '[0-9]{1,2}')"
    )
    where = f'"Reporter ISO" in {_sql_list(pair)} and {product}'
    rows = _query(paths, LEGACY, ("Partner", "Partner ISO"), where, ",")
    partner = rows["Partner ISO"].fillna(rows["partner"].astype(int).map(AREAS))
    if partner.isna().any():
        row = rows[partner.isna()].iloc[0]
        raise ValueError(
            f"{row['file']}: no code for partner {row['partner']:.0f}, {row['Partner']!r}"
        )
    return rows.assign(
        partner_code=rows["partner"], partner=partner, reporter_code=rows["reporter"]
    )


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
        conditions.append("regexp_full_match(cmdCode, '[0-9]{2}')")
    return _query(paths, CURRENT, tuple(WHOLE), " and ".join(conditions), "\t")


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
    content = json.loads(path.read_bytes())
    if not isinstance(content, dict) or not isinstance(content.get("data"), list):
        held = sorted(content) if isinstance(content, dict) else type(content).__name__
        raise ValueError(f"{path.name}: no list of records under 'data'; it holds {held}")
    rows = []
    for n, record in enumerate(content["data"], 1):
        values = _fields(record, f"{path.name}, record {n}")
        product = str(values["cmdCode"])
        is_kind = product == "TOTAL" if kind == "total" else re.fullmatch(r"\d\d", product)
        if is_kind and all(str(values[name]).strip() == code for name, code in WHOLE.items()):
            rows.append([values[name] for name in CURRENT])
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.assign(product=frame["product"].map(str), file=path.name)


def _fields(record: dict, where: str) -> dict:
    """Return the fields CURRENT and WHOLE of a record, whatever the letter case of their names."""
    lower = {name.lower(): value for name, value in record.items()}
    needed = [*CURRENT, *WHOLE]
    if missing := [name for name in needed if name.lower() not in lower]:
        raise ValueError(f"{where}: no field {missing}; its fields are {list(record)}")
    values = {name: lower[name.lower()] for name in needed}
    for name in ("refYear", "reporterCode", "partnerCode", "primaryValue"):
        if type(values[name]) not in (int, float):
            raise ValueError(f"{where}, {name}: {values[name]!r} is no number")
    return values


def _with_codes(rows: pd.DataFrame, codes: dict[str, dict[int, str]]) -> pd.DataFrame:
    """Return rows with ISO 3166 codes in place of Comtrade's numbers."""
    for column, name in (("reporter", REPORTERS), ("partner", PARTNERS)):
        numbers = rows[column].astype(int)
        iso3 = numbers.map(codes[name])
        if iso3.isna().any():
            first = iso3.isna().to_numpy().argmax()
            raise ValueError(
                f"{rows['file'].iloc[first]}: no country of {column} {numbers.iloc[first]} in "
                f"{name}"
            )
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
    content = json.loads(path.read_bytes())
    field = LISTS[path.name].lower()
    areas = []
    for entry in content.get("results", []) if isinstance(content, dict) else []:
        lower = {key.lower(): value for key, value in entry.items()}
        iso3 = str(lower.get(f"{field}isoalpha3") or "").strip()
        last_year = int(str(lower.get("entryexpireddate") or "9999")[:4])
        if field in lower:
            code = iso3 if re.fullmatch("[A-Z]{3}", iso3) else ""
            areas.append((int(lower[field]), code, last_year))
    if not areas:
        raise ValueError(
            f"{path.name}: no {LISTS[path.name]} under 'results'; it begins {str(content)[:200]!r}"
        )
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
