"""World Bank: bilateral trade totals (WITS) and World Development Indicators."""

import datetime
import json
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

WITS_FLOWS = {"x": "export", "m": "import"}
WITS_CODES = {
    "MNE": "MNT",
    "ROU": "ROM",
    "SRB": "SER",
    "SDN": "SUD",
    "COD": "ZAR",
    "TLS": "TMP",
}  # where WITS does not use ISO 3166
FIRST_YEAR = 1989

COMPARED = ["AZE", "CHN", "ISR", "SAU", "TUR", "USA"]  # countries shown beside the pair
MILITARY_COMPARED = [
    "ISR",
    "SAU",
    "TUR",
    "USA",
]  # the countries that the SIPRI series of the same table has

GDP = ("NY.GDP.MKTP.CD", "GDP (current US$)")
MILITARY = ("MS.MIL.XPND.GD.ZS", "Military expenditure (% of GDP)")
HEADER = ["Country Name", "Country Code", "Year", "Value"]
FIELDS = ["indicator", "countryiso3code", "date", "value", "unit"]
PAGE = 20_000  # records asked for at once; there are fewer


def wits_totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Total goods trade inside the pair as each side reported it, by flow and year; US$.

    From `wits/<country>.json`, thousand US$, x = export, m = import; Russia 1996-2016, Iran 1997-2011 with gaps. The
    totals are sums over published products, so they are lower than UN Comtrade's where part of the trade is not
    published by product. A country whose file is not there has no rows.
    """
    folder = upstream / "wits"
    if not any(folder.glob("*.json")):
        raise FileNotFoundError(f"wits: no file <country>.json in {folder}")
    records = []
    for reporter, partner in (pair, pair[::-1]):
        file = folder / f"{WITS_CODES.get(reporter, reporter)}.json"
        if not file.exists():
            continue
        years = json.loads(file.read_bytes())
        for year, partners in years.items():
            if int(year) < FIRST_YEAR:
                continue
            for letter, thousands in partners.get(WITS_CODES.get(partner, partner), {}).items():
                if letter not in WITS_FLOWS:
                    raise ValueError(f"{file.name}, {year}: unknown flow {letter!r}")
                if type(thousands) not in (int, float):
                    raise ValueError(
                        f"{file.name}, {year}, {partner}, {letter}: {thousands!r} is no number"
                    )
                records.append(
                    (
                        reporter,
                        partner,
                        WITS_FLOWS[letter],
                        int(year),
                        "WITS",
                        round(thousands * 1000),
                        False,
                    )
                )
    return pd.DataFrame(
        records, columns=["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]
    )


def gdp(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Gross domestic product of the pair and of six countries compared with it, by year from 1989; current US$.

    From `worldbank-gdp/` (indicator NY.GDP.MKTP.CD), rounded to whole dollars. Years that the World Bank leaves empty
    have no row.
    """
    data = _series(upstream / "worldbank-gdp", "gdp", GDP, pair, COMPARED)
    return pd.DataFrame(
        {
            "country": data["Country Code"],
            "year": data["Year"],
            "gdp_usd": data["Value"].round().astype("int64"),
        }
    )


def military_spending(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Military expenditure of the pair and of four countries compared with it, by year from 1989; per cent of GDP.

    From `wdi-milex/` (indicator MS.MIL.XPND.GD.ZS). The World Bank takes it from SIPRI's database, not always in the
    edition of the SIPRI workbook of this book, so recent years may differ; it says nothing of estimates.
    """
    data = _series(upstream / "wdi-milex", "data", MILITARY, pair, MILITARY_COMPARED)
    return pd.DataFrame(
        {
            "country": data["Country Code"],
            "year": data["Year"],
            "source": "World Bank",
            "measure": "share_of_gdp",
            "unit": "% of GDP",
            "value": data["Value"].round(6),
            "quality": None,
        }
    )


def _series(
    folder: Path, name: str, indicator: tuple[str, str], pair: tuple[str, str], compared: list[str]
) -> pd.DataFrame:
    """Return the values of the pair and of `compared` in the columns HEADER: from NAME.json, an answer of the API, or else NAME.csv.

    A member of the pair that the World Bank does not cover has no rows; when it covers neither there is nothing to compare, and none at all.
    """
    answer, copy = folder / f"{name}.json", folder / f"{name}.csv"
    if answer.exists():
        data = _answer(answer, indicator)
    elif copy.exists():
        data = formats.csv_table(
            copy,
            HEADER,
            numbers=["Year", "Value"],
            keep_default_na=False,
            na_values={"Value": [""]},
        )
    else:
        raise FileNotFoundError(f"{folder.name}: neither {answer.name} nor {copy.name} in {folder}")
    known = set(data["Country Code"])
    if missing := set(compared) - known:
        raise ValueError(f"{folder.name}: no rows for {sorted(missing)}")
    countries = {*pair, *compared} if known & set(pair) else set()
    return data[data["Country Code"].isin(countries) & (data["Year"] >= FIRST_YEAR)].dropna(
        subset="Value"
    )


def _answer(file: Path, indicator: tuple[str, str]) -> pd.DataFrame:
    content = json.loads(file.read_bytes())
    if not (
        isinstance(content, list)
        and len(content) == 2
        and isinstance(content[1], list)
        and content[1]
    ):
        raise ValueError(f"{file.name}: no list of records; it begins {str(content)[:200]}")
    rows = []
    for n, record in enumerate(content[1], 1):
        if missing := [field for field in FIELDS if field not in record]:
            raise ValueError(
                f"{file.name}, record {n}: no field {missing}; its fields are {list(record)}"
            )
        said = (
            record["indicator"].get("id"),
            record["indicator"].get("value"),
            record["unit"] or "",
        )
        if said != (*indicator, ""):
            raise ValueError(
                f"{file.name}, record {n}: indicator and unit are {said}; expected {(*indicator, '')}"
            )
        value = record["value"]
        if not str(record["date"]).isdigit() or not (value is None or type(value) in (int, float)):
            raise ValueError(
                f"{file.name}, record {n}: date {record['date']!r}, value {value!r}; expected a year, and a number or null"
            )
        rows.append(
            (record["country"]["value"], record["countryiso3code"], int(record["date"]), value)
        )
    data = pd.DataFrame(rows, columns=HEADER).sort_values(
        ["Country Code", "Year"], ignore_index=True
    )
    return data.assign(Value=data["Value"].astype(float))


def download_gdp(get, pair: tuple[str, str]) -> str:
    """Download gross domestic product, for `gdp`."""
    return _download(get, "gdp.json", GDP, {*pair, *COMPARED})


def download_military(get, pair: tuple[str, str]) -> str:
    """Download military expenditure, for `military_spending`."""
    return _download(get, "data.json", MILITARY, {*pair, *MILITARY_COMPARED})


def _download(get, name: str, indicator: tuple[str, str], countries: set[str]) -> str:
    year = datetime.datetime.now(datetime.UTC).year
    path = get(
        name,
        f"country/{';'.join(sorted(countries))}/indicator/{indicator[0]}",
        params={"format": "json", "date": f"{FIRST_YEAR}:{year}", "per_page": PAGE},
        kind="json",
    )
    content = json.loads(path.read_bytes())
    head = (
        content[0] if isinstance(content, list) and content and isinstance(content[0], dict) else {}
    )
    if not head or "message" in head:  # errors come with status 200
        raise get.refuse(
            name,
            f"the answer is the error {str(head.get('message') or content)[:300]}",
            f"The indicator is {indicator[0]}, the countries are {sorted(countries)}; one that the World Bank does not know fails the whole request.",
        )
    records = (content[1:] or [None])[0] or []
    if not records:
        raise get.refuse(name, f"the answer has no records of {indicator[0]}")
    if str(head.get("pages")) != "1" or str(head.get("total")) != str(len(records)):
        raise get.refuse(
            name,
            f"the answer has {len(records)} records on page {head.get('page')} of {head.get('pages')}, and says there are {head.get('total')}: it is cut off",
        )
    if missing := countries - {record.get("countryiso3code") for record in records}:
        raise get.refuse(name, f"the answer has no records of {sorted(missing)}")
    valued = [str(record.get("date")) for record in records if record.get("value") is not None]
    if not valued:
        raise get.refuse(name, f"no record of {indicator[0]} has a value")
    updated = f" of {head['lastupdated']}" if head.get("lastupdated") else ""
    return f"World Development Indicators{updated}, years to {max(valued)}"
