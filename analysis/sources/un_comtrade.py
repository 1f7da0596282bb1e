"""UN Comtrade: what a country's customs office reported to the United Nations.

Three forms are read, whichever lies in `comtrade/`: answers of the API (`total-<country>-<years>.json` and `chapters-...`, with
Comtrade's own lists of areas beside them), files of its bulk service (`*.gz` or `*.txt`, tab separated, a year of the whole world in
one), and CSV of the legacy API (`total-trade-value-<year>.csv` with every partner, `goods_<partners>_<years>.csv` with HS chapters for
a few). Files are filtered by DuckDB as they are read, so that one of gigabytes needs little memory.
"""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

SOURCE = "UN Comtrade"
FIRST_YEAR = 2000
FLOWS = {"Export": "export", "Import": "import", "X": "export", "M": "import"}
# Parts of the two flows above, by which goods would count twice: re-imports and re-exports, goods of the country's own and of foreign
# origin, goods for processing.
PARTS = {"Re-Import", "Re-Export", "RM", "RX", "DX", "FM", "MIP", "MOP", "XIP", "XOP"}

# Areas of Comtrade's own that ISO 3166 does not code, by its numbers. ANS = area not specified: confidential and unknown partners.
AREAS = {
    0: "WLD",
    490: "TWN",  # Other Asia, nes: by United Nations practice this is where Taiwan's trade stands
    **dict.fromkeys(
        [
            129,
            221,
            290,
            471,
            472,
            473,
            492,
            527,
            536,
            568,
            577,
            636,
            637,
            697,
            837,
            838,
            839,
            879,
            899,
        ],
        "ANS",
    ),
}
LISTS = {"Reporters.json": "reporterCode", "partnerAreas.json": "partnerCode"}
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
WHOLE = {
    "partner2Code": "0",
    "customsCode": "C00",
    "motCode": "0",
}  # rows for all second partners, procedures, modes of transport
COLUMNS = ["year", "flow", "reporter", "partner", "product", "value"]

LIMIT, LIMIT_WITH_KEY = (
    500,
    100_000,
)  # records in an answer; one that has as many is cut off, and does not say so
YEARS_AT_ONCE = 6  # with a key: some 500 records a year, and the service takes twelve years


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Total goods trade inside the pair, one row a reporter, flow and year; US$.

    From 2000, whichever of the two reported. The flags in the files mark estimated weights, not estimated values, so
    `estimated` is false throughout.
    """
    rows = _every_total(upstream, pair)
    rows = rows[rows["partner"].isin(pair)]
    rows = rows.assign(source=SOURCE, estimated=False)
    return rows[["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]]


def products(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Trade inside the pair by HS chapter, one row a reporter, flow, year and chapter; US$.

    From 2000, HS edition as reported in each year. A flow and year whose only chapter is 99 ("not specified") says
    nothing about products and is left out: for Russia that is all of 2020.
    """
    rows = _read(upstream, pair, "chapters")
    rows = rows[rows["partner"].isin(pair) & (rows["reporter"] != rows["partner"])]
    rows = rows.assign(hs_chapter=rows["product"].str.zfill(2))
    rows = rows.assign(specified=rows["hs_chapter"] != "99")
    rows = rows[
        rows.groupby(["reporter", "partner", "flow", "year"])["specified"]
        .transform("any")
        .astype(bool)
    ]
    rows = rows.groupby(["reporter", "partner", "flow", "year", "hs_chapter"], as_index=False)[
        "value_usd"
    ].sum()
    return rows[["reporter", "partner", "flow", "year", "hs_chapter", "value_usd"]]


def partners(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Total goods trade of each member of the pair with every partner and with the world (WLD); US$.

    From 2000. Unspecified areas stand as ANS, so that partners add up to WLD but for flows below ten million dollars
    and goods of the reporter's own origin.
    """
    rows = _every_total(upstream, pair)
    rows = rows[rows["value_usd"] >= SMALLEST_FLOW].assign(source=SOURCE)
    return rows[["reporter", "partner", "flow", "year", "source", "value_usd"]]


def _every_total(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    rows = _read(upstream, pair, "total")
    rows = rows[
        rows["reporter"] != rows["partner"]
    ]  # goods coming home: in WLD, but a country is no partner of itself
    return rows.groupby(["reporter", "partner", "flow", "year"], as_index=False)[
        "value_usd"
    ].sum()  # joins the ANS


# --- reading --------------------------------------------------------------------------------------------------------------------


def _read(upstream: Path, pair: tuple[str, str], what: str) -> pd.DataFrame:
    """Return what the pair reported: `total` with every partner, or the `chapters` of HS; columns reporter, partner, flow, year, product, value_usd."""
    folder = upstream / "comtrade"
    legacy = sorted(folder.glob("total-trade-value-*.csv" if what == "total" else "goods_*.csv"))
    bulk = sorted(
        file
        for file in folder.glob("*")
        if file.suffix in (".gz", ".txt") and file.name != "SOURCE.txt"
    )
    answers = sorted(folder.glob(f"{what}-*.json"))
    if not (legacy or bulk or answers):
        raise FileNotFoundError(f"comtrade: no files found in {folder}")
    frames = []
    if legacy:
        frames.append(_legacy(legacy, pair, what))
    if bulk or answers:
        codes = {name: _codes(folder, name) for name in LISTS}
        frames += [_with_codes(_bulk(bulk, pair, what, codes), codes)] if bulk else []
        frames += (
            [_with_codes(pd.concat([_answer(file, what) for file in answers]), codes)]
            if answers
            else []
        )
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[
        rows["reporter"].isin(pair) & (rows["year"] >= FIRST_YEAR) & ~rows["flow"].isin(PARTS)
    ]
    if unknown := set(rows["flow"]) - set(FLOWS):
        raise ValueError(
            f"comtrade: unknown flows {sorted(unknown)}; known are {sorted(FLOWS)} and their parts {sorted(PARTS)}"
        )
    rows = rows.assign(
        flow=rows["flow"].map(FLOWS), value_usd=rows["value"].round().astype("int64")
    )
    key = ["reporter", "partner_code", "flow", "year", "product"]
    if (twice := rows.duplicated([*key, "reporter_code"])).any():
        raise ValueError(
            f"comtrade: {rows.loc[twice, key].iloc[0].to_dict()} stands twice; are there two files of the same year?"
        )
    return rows


def _legacy(paths: list[Path], pair: tuple[str, str], what: str) -> pd.DataFrame:
    where = f'"Reporter ISO" in {_list(pair)} and ' + (
        "\"Commodity Code\" = 'TOTAL'"
        if what == "total"
        else "regexp_full_match(\"Commodity Code\", '[0-9]{1,2}')"
    )
    rows = _filter(paths, LEGACY, ("Partner", "Partner ISO"), where, ",")
    partner = rows["Partner ISO"].fillna(rows["partner"].astype(int).map(AREAS))
    if partner.isna().any():
        unknown = rows[partner.isna()].iloc[0]
        raise ValueError(
            f"{unknown['file']}: no code for partner {unknown['partner']:.0f}, {unknown['Partner']!r}"
        )
    return rows.assign(
        partner_code=rows["partner"], partner=partner, reporter_code=rows["reporter"]
    )


def _bulk(
    paths: list[Path], pair: tuple[str, str], what: str, codes: dict[str, dict[int, str]]
) -> pd.DataFrame:
    own, theirs = (
        [number for number, iso3 in codes[name].items() if iso3 in pair] for name in LISTS
    )
    where = f"reporterCode in {_list(own)} and " + " and ".join(
        f"{column} = '{value}'" for column, value in WHOLE.items()
    )
    where += (
        " and cmdCode = 'TOTAL'"
        if what == "total"
        else f" and partnerCode in {_list(theirs)} and regexp_full_match(cmdCode, '[0-9]{{2}}')"
    )
    return _filter(paths, CURRENT, tuple(WHOLE), where, "\t")


def _filter(
    paths: list[Path], columns: tuple[str, ...], more: tuple[str, ...], where: str, separator: str
) -> pd.DataFrame:
    """Return the rows of text files that are needed, in the columns COLUMNS, `more` and `file`."""
    year, _, _, partner, _, value = columns
    rows = formats.filtered(
        paths, [*columns, *more], where, numbers=[year, partner, value], separator=separator
    )
    rows = rows.rename(columns=dict(zip(columns, COLUMNS)))
    return rows.assign(year=rows["year"].astype("int64"))


def _answer(file: Path, what: str) -> pd.DataFrame:
    """Return the records of one answer of the API, in the columns COLUMNS and `file`."""
    content = json.loads(file.read_bytes())
    if not isinstance(content, dict) or not isinstance(content.get("data"), list):
        raise ValueError(
            f"{file.name}: no list of records under 'data'; it holds {sorted(content) if isinstance(content, dict) else type(content).__name__}"
        )
    wanted = [*CURRENT, *WHOLE]
    rows = []
    for n, record in enumerate(content["data"], 1):
        low = {name.lower(): value for name, value in record.items()}
        if missing := [name for name in wanted if name.lower() not in low]:
            raise ValueError(
                f"{file.name}, record {n}: no field {missing}; its fields are {list(record)}"
            )
        values = {name: low[name.lower()] for name in wanted}
        for name in ("refYear", "reporterCode", "partnerCode", "primaryValue"):
            if type(values[name]) not in (int, float):
                raise ValueError(f"{file.name}, record {n}, {name}: {values[name]!r} is no number")
        code = str(values["cmdCode"])
        if all(str(values[name]).strip() == value for name, value in WHOLE.items()) and (
            code == "TOTAL" if what == "total" else re.fullmatch(r"\d\d", code)
        ):
            rows.append(
                (
                    values["refYear"],
                    values["flowCode"],
                    values["reporterCode"],
                    values["partnerCode"],
                    code,
                    values["primaryValue"],
                )
            )
    return pd.DataFrame(rows, columns=COLUMNS).assign(file=file.name)


def _with_codes(rows: pd.DataFrame, codes: dict[str, dict[int, str]]) -> pd.DataFrame:
    """Return rows with ISO 3166 codes in place of Comtrade's numbers."""
    rows = rows.assign(
        reporter_code=rows["reporter"].astype(int), partner_code=rows["partner"].astype(int)
    )
    rows = rows.assign(
        reporter=rows["reporter_code"].map(codes["Reporters.json"]),
        partner=rows["partner_code"].map(codes["partnerAreas.json"]),
    )
    for column, name in (("reporter", "Reporters.json"), ("partner", "partnerAreas.json")):
        if (unknown := rows[rows[column].isna()]).size:
            raise ValueError(
                f"{unknown['file'].iloc[0]}: no country of {column} {unknown[column + '_code'].iloc[0]} in {name}"
            )
    return rows


def _codes(folder: Path, name: str) -> dict[int, str]:
    """Return the ISO 3166 code of each area in one of Comtrade's lists, by number; AREAS for those that have none."""
    file = folder / name
    if not file.exists():
        raise FileNotFoundError(
            f"comtrade: {name} is missing in {folder}; Comtrade offers its lists of areas at https://comtradeapi.un.org/files/v1/app/reference/{name}"
        )
    return {
        number: AREAS.get(number, iso3)
        for number, iso3, _ in _areas(file)
        if number in AREAS or iso3
    }


def _areas(file: Path) -> list[tuple[int, str, int]]:
    """Return number, ISO 3166 code ("" where none) and last year (9999 where it is in use) of the areas in one of Comtrade's lists."""
    content = json.loads(file.read_bytes())
    field = LISTS[file.name]
    found = []
    for entry in content.get("results", []) if isinstance(content, dict) else []:
        low = {key.lower(): value for key, value in entry.items()}
        iso3 = str(low.get(f"{field}IsoAlpha3".lower()) or "").strip()
        expired = str(low.get("entryexpireddate") or "9999")
        if field.lower() in low:
            found.append(
                (
                    int(low[field.lower()]),
                    iso3 if re.fullmatch("[A-Z]{3}", iso3) else "",
                    int(expired[:4]),
                )
            )
    if not found:
        raise ValueError(
            f"{file.name}: no {field} under 'results'; it begins {str(content)[:200]!r}"
        )
    return found


def _list(values) -> str:
    """Return values as a list in SQL."""
    return "(" + (", ".join(f"'{value}'" for value in values) or "NULL") + ")"


# --- downloading ----------------------------------------------------------------------------------------------------------------


def download(get, pair: tuple[str, str]) -> str:
    """Download what both members of the pair reported from 2000 to last year: totals with every partner, HS chapters inside the pair.

    With a key a few years are asked for at once; without one the service answers a year at a time, and 500 records at most.
    """
    for name in LISTS:
        get(name, f"/files/v1/app/reference/{name}", kind="json")
    today = datetime.datetime.now(datetime.UTC).date()
    numbers = {country: _numbers(get, country, "Reporters.json") for country in pair}
    years = list(range(FIRST_YEAR, today.year))
    at_once = YEARS_AT_ONCE if get.source.api_key else 1
    last, inside, chapters = {}, 0, 0
    for country, other in (pair, pair[::-1]):
        if not numbers[country]:
            continue  # it is a partner and never reports
        partner = ",".join(map(str, _numbers(get, other, "partnerAreas.json")))
        partner_numbers = set(map(int, partner.split(","))) if partner else set()
        for first in range(0, len(years), at_once):
            some = years[first : first + at_once]
            for flow in (
                ["M,X"] if get.source.api_key else ["M", "X"]
            ):  # without a key a year of both flows could reach the limit
                name = (
                    f"total-{country}-{some[0]}-{some[-1]}"
                    + ("" if get.source.api_key else f"-{flow}")
                    + ".json"
                )
                for record in _ask(
                    get, name, numbers[country], some, cmdCode="TOTAL", flowCode=flow
                ):
                    last[country] = max(last.get(country, 0), int(record["refYear"]))
                    inside += record["partnerCode"] in partner_numbers
            if partner:
                of_chapters = f"chapters-{country}-{some[0]}-{some[-1]}.json"
                chapters += len(
                    _ask(
                        get,
                        of_chapters,
                        numbers[country],
                        some,
                        cmdCode="AG2",
                        flowCode="M,X",
                        partnerCode=partner,
                    )
                )
    if not last:
        raise get.refuse(
            name if any(numbers.values()) else "Reporters.json",
            f"there are no records of {' or '.join(pair)} in any year from {years[0]} to {years[-1]}",
            "Look at comtradeplus.un.org whether the countries report; if they do, the parameters of the request must follow a change of the API.",
        )
    if inside and not chapters:
        raise get.refuse(
            of_chapters,
            f"there are totals between {pair[0]} and {pair[1]}, and no HS chapters",
            "The parameters of the request must follow a change of the API.",
        )
    return f"API answers of {today:%-d %B %Y}, years to {max(last.values())} ({', '.join(f'{country} to {year}' for country, year in last.items())})"


def _numbers(get, country: str, name: str) -> list[int]:
    """Return Comtrade's numbers of a country that were in use from 2000 on, from one of its lists."""
    try:
        return sorted(
            {
                number
                for number, iso3, last in _areas(get.folder / name)
                if AREAS.get(number, iso3) == country and last >= FIRST_YEAR
            }
        )
    except ValueError as error:
        raise get.refuse(name, str(error)) from None


def _ask(get, name: str, reporters: list[int], years: list[int], **params) -> list[dict]:
    """Download one answer and return its records. An error, an answer that was cut off, or records that were not asked for are refused."""
    limit = LIMIT_WITH_KEY if get.source.api_key else LIMIT
    path = "/data/v1/get/C/A/HS" if get.source.api_key else "/public/v1/preview/C/A/HS"
    asked = {
        "reporterCode": ",".join(map(str, reporters)),
        "period": ",".join(map(str, years)),
    } | params
    asked |= WHOLE | {
        "breakdownMode": "classic",
        "includeDesc": "false",
        "maxRecords": limit,
        "format": "JSON",
    }
    content = json.loads(get(name, path, params=asked, kind="json").read_bytes())
    if not isinstance(content, dict) or not isinstance(content.get("data"), list):
        said = (
            (content.get("message") or content.get("error") or sorted(content))
            if isinstance(content, dict)
            else content
        )
        raise get.refuse(name, f"the answer has no records but says {str(said)[:300]!r}")
    if content.get("error"):
        raise get.refuse(name, f"the answer is the error {str(content['error'])[:300]!r}")
    records = content["data"]
    if len(records) >= limit or (content.get("count") or 0) >= limit:
        raise get.refuse(
            name,
            f"the answer has {len(records)} records, which is the service's limit of {limit:,}: it is cut off",
            "Ask for fewer years at once, or with a key: see YEARS_AT_ONCE in analysis/sources/un_comtrade.py.",
        )
    if content.get("count") is not None and content["count"] != len(records):
        raise get.refuse(
            name,
            f"the answer has {len(records)} records and says there are {content['count']}: it is cut off",
            "Try again later.",
        )
    flows = set(params["flowCode"].split(","))
    for record in records:
        if missing := [field for field in CURRENT if field not in record]:
            raise get.refuse(
                name, f"a record has no field {missing}; its fields are {list(record)}"
            )
        if (
            record["reporterCode"] not in reporters
            or record["refYear"] not in years
            or record["flowCode"] not in flows
        ):
            raise get.refuse(
                name,
                f"a record is of reporter {record['reporterCode']}, year {record['refYear']}, flow {record['flowCode']}; asked for were {asked['reporterCode']}, {asked['period']}, {params['flowCode']}",
            )
    return records
