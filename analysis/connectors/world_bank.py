"""World Bank: World Development Indicators (JSON of the API, or CSV), and trade totals of WITS.

Terms: CC BY 4.0 for the indicators; WITS for internal use only.
"""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

WITS_FLOWS = {"x": "export", "m": "import"}
# where WITS does not use ISO 3166
WITS_CODES = {
    "MNE": "MNT",
    "ROU": "ROM",
    "SRB": "SER",
    "SDN": "SUD",
    "COD": "ZAR",
    "TLS": "TMP",
}
FIRST_YEAR = 1989

COMPARED = ["AZE", "CHN", "ISR", "SAU", "TUR", "USA"]  # countries shown beside the pair
MILITARY_COMPARED = ["ISR", "SAU", "TUR", "USA"]  # those of SIPRI's series in the same table

GDP = ("NY.GDP.MKTP.CD", "GDP (current US$)")
MILITARY = ("MS.MIL.XPND.GD.ZS", "Military expenditure (% of GDP)")
HEADER = ["Country Name", "Country Code", "Year", "Value"]
FIELDS = ["indicator", "countryiso3code", "date", "value", "unit"]
LAST = "ZWE"  # Zimbabwe, at the end of a CSV of all countries
PAGE = 20_000  # records asked for at once; there are fewer
TRADE = ["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]


def wits_totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return total goods trade inside the pair as each side reported it, by flow and year.

    Russia 1996-2016, Iran 1997-2011 with gaps. The totals are sums over published products, so they
    are lower than UN Comtrade's where part of the trade is not published by product.

    Parameters
    ----------
    upstream
        Folder with `wits/`, <country>.json, in thousand US$ (x = export, m = import).
    pair
        ISO 3166 codes of the two countries; one whose file is not there has no rows.

    Returns
    -------
    DataFrame
        TRADE, in US$; one row a reporter, flow and year.

    Raises
    ------
    ValueError
        Names file, year, partner and flow that are not as expected.
    FileNotFoundError
        There is no file at all.
    """
    folder = upstream / "wits"
    if not any(folder.glob("*.json")):
        raise FileNotFoundError(f"wits: no file <country>.json in {folder}")
    records = []
    for reporter, partner in (pair, pair[::-1]):
        path = folder / f"{WITS_CODES.get(reporter, reporter)}.json"
        if path.exists():
            records += [
                (reporter, partner, flow, year, "WITS", round(thousands * 1000), False)
                for year, flow, thousands in _wits_flows(path, partner)
                if year >= FIRST_YEAR
            ]
    return pd.DataFrame(records, columns=TRADE)


def _wits_flows(path: Path, partner: str) -> Iterator[tuple[int, str, float]]:
    """Give year, flow and thousand US$ of one partner."""
    for year, partners in json.loads(path.read_bytes()).items():
        for letter, thousands in partners.get(WITS_CODES.get(partner, partner), {}).items():
            if letter not in WITS_FLOWS:
                raise ValueError(f"{path.name}, {year}: unknown flow {letter!r}")
            if type(thousands) not in (int, float):
                raise ValueError(
                    f"{path.name}, {year}, {partner}, {letter}: {thousands!r} is no number"
                )
            yield int(year), WITS_FLOWS[letter], thousands


# --- World Development Indicators -----------------------------------------------------------------


def gdp(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return gross domestic product of the pair and of COMPARED, by year from 1989.

    Parameters
    ----------
    upstream
        Folder with `worldbank-gdp/`: gdp.json, an answer of the API, or gdp.csv.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        country, year, gdp_usd (current US$, whole dollars); one row a country and year. Years that
        the World Bank leaves empty have no row.

    Raises
    ------
    ValueError
        Names file, record and field (or row and column) that are not as expected.
    FileNotFoundError
        None of the files is there.
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
    """Return military expenditure of the pair and of MILITARY_COMPARED, by year from 1989.

    The World Bank takes it from SIPRI's database, not always in the edition of the SIPRI workbook
    of this book, so recent years may differ; it says nothing of estimates.

    Parameters
    ----------
    upstream
        Folder with `wdi-milex/`: data.json, an answer of the API, or data.csv.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        country, year, source, measure, unit, value (per cent of GDP), quality (empty); one row a
        country and year.

    Raises
    ------
    ValueError, FileNotFoundError
        As of `gdp`.
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
    """Return the values of the pair and of `compared` in the columns HEADER.

    A member of the pair that the World Bank does not cover has no rows; when it covers neither
    there is nothing to compare, and none at all.
    """
    answer, snapshot = folder / f"{name}.json", folder / f"{name}.csv"
    if answer.exists():
        data = _answer(answer, indicator)
    elif snapshot.exists():
        data = formats.read_csv(
            snapshot,
            HEADER,
            numbers=["Year", "Value"],
            ended=False,
        )
        formats.refuse_early_end(snapshot, data["Country Code"], LAST)
    else:
        raise FileNotFoundError(
            f"{folder.name}: neither {answer.name} nor {snapshot.name} in {folder}"
        )
    covered = set(data["Country Code"])
    if missing := set(compared) - covered:
        raise ValueError(f"{folder.name}: no rows for {sorted(missing)}")
    countries = {*pair, *compared} if covered & set(pair) else set()
    selected = data["Country Code"].isin(countries) & (data["Year"] >= FIRST_YEAR)
    return data[selected].dropna(subset="Value")


def _answer(path: Path, indicator: tuple[str, str]) -> pd.DataFrame:
    content = json.loads(path.read_bytes())
    has_two = isinstance(content, list) and len(content) == 2
    if not has_two or not isinstance(content[1], list) or not content[1]:
        raise ValueError(f"{path.name}: no list of records; it begins {str(content)[:200]}")
    rows = [
        _checked(record, indicator, f"{path.name}, record {n}")
        for n, record in enumerate(content[1], 1)
    ]
    data = pd.DataFrame(rows, columns=HEADER)
    data = data.sort_values(["Country Code", "Year"], ignore_index=True)
    return data.assign(Value=data["Value"].astype(float))


def _checked(record: dict, indicator: tuple[str, str], where: str) -> tuple:
    """Return a record in the columns HEADER."""
    if missing := [field for field in FIELDS if field not in record]:
        raise ValueError(f"{where}: no field {missing}; its fields are {list(record)}")
    heading = (record["indicator"].get("id"), record["indicator"].get("value"))
    if (*heading, record["unit"] or "") != (*indicator, ""):
        raise ValueError(
            f"{where}: indicator and unit are {(*heading, record['unit'])}; expected "
            f"{(*indicator, '')}"
        )
    date, value = record["date"], record["value"]
    if not str(date).isdigit() or not (value is None or type(value) in (int, float)):
        raise ValueError(
            f"{where}: date {date!r}, value {value!r}; expected a year, and a number or null"
        )
    return record["country"]["value"], record["countryiso3code"], int(date), value


# --- downloading ----------------------------------------------------------------------------------


def download_gdp(get, pair: tuple[str, str]) -> str:
    """Download gross domestic product, for `gdp`."""
    return _download(get, "gdp.json", GDP, {*pair, *COMPARED})


def download_military(get, pair: tuple[str, str]) -> str:
    """Download military expenditure, for `military_spending`."""
    return _download(get, "data.json", MILITARY, {*pair, *MILITARY_COMPARED})


def _download(get, name: str, indicator: tuple[str, str], countries: set[str]) -> str:
    code = indicator[0]
    year = datetime.datetime.now(datetime.UTC).year
    path = get(
        name,
        f"country/{';'.join(sorted(countries))}/indicator/{code}",
        params={"format": "json", "date": f"{FIRST_YEAR}:{year}", "per_page": PAGE},
        kind="json",
    )
    content = json.loads(path.read_bytes())
    head = content[0] if isinstance(content, list) and content else {}
    if not isinstance(head, dict) or not head or "message" in head:  # errors come with status 200
        message = head.get("message") if isinstance(head, dict) else None
        raise get.refuse(
            name,
            f"the answer is the error {str(message or content)[:300]}",
            f"The indicator is {code}, the countries are {sorted(countries)}; one that the World "
            "Bank does not know fails the whole request.",
        )
    records = (content[1:] or [None])[0] or []
    if not records:
        raise get.refuse(name, f"the answer has no records of {code}")
    if str(head.get("pages")) != "1" or str(head.get("total")) != str(len(records)):
        raise get.refuse(
            name,
            f"the answer has {len(records)} records on page {head.get('page')} of "
            f"{head.get('pages')}, and says there are {head.get('total')}: it is cut off",
        )
    if missing := countries - {record.get("countryiso3code") for record in records}:
        raise get.refuse(name, f"the answer has no records of {sorted(missing)}")
    years = [str(record.get("date")) for record in records if record.get("value") is not None]
    if not years:
        raise get.refuse(name, f"no record of {code} has a value")
    updated = f" of {head['lastupdated']}" if head.get("lastupdated") else ""
    return f"World Development Indicators{updated}, years to {max(years)}"
