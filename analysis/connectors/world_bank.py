"""World Bank: World Development Indicators (JSON of the API, or CSV), and trade totals of WITS.

Terms: CC BY 4.0 for the indicators; WITS for internal use only.
"""

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ledger.core.sources import countries, formats
from ledger.core.sources.strict import DIGITS, FormError, number, read_json, refuse_gap, shown

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
# partners of WITS that are no countries of today: groups, areas that are not specified, and states
# that are no more; left out, for they are none of a pair
WITS_LEFT_OUT = {
    "BLX", "ETF", "FRE", "OAS", "PMY", "SPE", "SVR", "SWK", "TAN", "UNS", "USP", "VDR", "YDR",
    "ZPM", "ZW1",
}  # fmt: skip
# years that the copies have nothing of, between others
WITS_LACKING = {"IRN": {*range(1978, 1997), 2007, 2008, 2009}}
# those of the World Bank's CSV, which has no row where there is no figure
EMPTY = {"IRN": {1991, 1992}}
WITS_YEARS = {"RUS": (1996, 2016), "IRN": (1963, 2011)}  # first and last year of the copies
FIRST_YEAR = 1989
# first year of a country that has none in FIRST_YEAR, by indicator: any other that begins later is
# refused, for a CSV does not tell whether it was cut; an answer has a record of every year asked
STARTS = {
    "NY.GDP.MKTP.CD": {"AZE": 1990},
    "MS.MIL.XPND.GD.ZS": {"RUS": 1992},
}

COMPARED = ["AZE", "CHN", "ISR", "SAU", "TUR", "USA"]  # countries shown beside the pair
MILITARY_COMPARED = ["ISR", "SAU", "TUR", "USA"]  # those of SIPRI's series in the same table

GDP = ("NY.GDP.MKTP.CD", "GDP (current US$)")
MILITARY = ("MS.MIL.XPND.GD.ZS", "Military expenditure (% of GDP)")
HEADER = ["Country Name", "Country Code", "Year", "Value"]
FIELDS = ["indicator", "countryiso3code", "date", "value", "unit"]
# Rows of a CSV of all countries that are left out: sums of countries, by region and by income.
SUMS = {
    "AFE", "AFW", "ARB", "CEB", "CSS", "EAP", "EAR", "EAS", "ECA", "ECS", "EMU", "EUU", "FCS",
    "HIC", "HPC", "IBD", "IBT", "IDA", "IDB", "IDX", "LAC", "LCN", "LDC", "LIC", "LMC", "LMY",
    "LTE", "MEA", "MIC", "MNA", "NAC", "OED", "OSS", "PRE", "PSS", "PST", "SAS", "SSA", "SSF",
    "SST", "TEA", "TEC", "TLA", "TMN", "TSA", "TSS", "UMC", "WLD",
}  # fmt: skip
CHANNEL_ISLANDS = "CHI"  # a code of the World Bank's own, for what ISO 3166 has as two
UNCOVERED = {"PRK", "TWN", "VAT"}  # states of which the World Bank has no figure, or none at all
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
    FormError
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
    content = read_json(path)
    _check_wits(path, content)
    for year, partners in content.items():
        for letter, thousands in partners.get(WITS_CODES.get(partner, partner), {}).items():
            place = f"{path.name}, {year}, {partner}, {letter}"
            yield int(year), WITS_FLOWS[letter], number(thousands, place)


def _check_wits(path: Path, content: object) -> None:
    """Refuse a file with years, partners or flows that are not known, or without some of them."""
    years = content if isinstance(content, dict) else {}
    odd = [year for year in years if not re.fullmatch("(19|20)[0-9]{2}", year)]
    if odd or not all(isinstance(partners, dict) for partners in years.values()):
        raise FormError(path.name, f"it has {shown(odd or content)}", "year, partner, flow")
    span = min(map(int, years), default=0), max(map(int, years), default=0)
    if span != (expected := WITS_YEARS.get(path.stem, span)) or not years:
        raise FormError(path.name, f"its years are {span}", f"{expected}, of the copy")
    refuse_gap(path.name, years, WITS_LACKING.get(path.stem, ()))
    known = {*countries.converter().data["ISO3"], *WITS_CODES.values(), *WITS_LEFT_OUT}
    for year, partners in years.items():
        if unknown := [partner for partner in partners if partner not in known]:
            found = f"{shown(unknown[0])} is no country"
            raise FormError(f"{path.name}, {year}", found, "a code of WITS, or in WITS_LEFT_OUT")
        for flows in partners.values():
            odd = set(flows) - set(WITS_FLOWS) if isinstance(flows, dict) else {str(flows)}
            if odd:
                found = f"unknown flow {shown(min(odd))}"
                raise FormError(f"{path.name}, {year}", found, f"{list(WITS_FLOWS)}")


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
    FormError
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
    FormError, FileNotFoundError
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
    path = answer if answer.exists() else snapshot
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
        _check_codes(snapshot, data)
    else:
        raise FileNotFoundError(
            f"{folder.name}: neither {answer.name} nor {snapshot.name} in {folder}"
        )
    covered = set(data["Country Code"])
    if missing := set(compared) - covered:
        raise FormError(path.name, f"no rows for {sorted(missing)}", "each compared country")
    of_world = {*countries.converter().data["ISO3"]} - UNCOVERED
    if missing := sorted((set(pair) & of_world) - covered):
        raise FormError(path.name, f"no rows for {missing}", "each of the pair, or UNCOVERED")
    shown_countries = {*pair, *compared} if covered & set(pair) else set()
    selected = data["Country Code"].isin(shown_countries) & (data["Year"] >= FIRST_YEAR)
    for code, rows in data[selected].groupby("Country Code"):
        start = STARTS[indicator[0]].get(code, FIRST_YEAR)
        refuse_gap(f"{path.name}, {code}", rows["Year"], EMPTY.get(code, ()), start)
    return data[selected].dropna(subset="Value")


def _check_codes(path: Path, data: pd.DataFrame) -> None:
    known = {*countries.converter().data["ISO3"], *SUMS, CHANNEL_ISLANDS}
    wrong = ~data["Country Code"].isin(known)
    formats.refuse_cells(path, data["Country Code"], wrong, "is no country", "ISO 3166, or SUMS")
    twice = data.duplicated(["Country Code", "Year"])
    formats.refuse_cells(path, data["Year"], twice, "stands twice for a country", "once")
    wrong = ~data["Year"].isin(range(1960, 2100))
    formats.refuse_cells(path, data["Year"], wrong, "is no year", "years")


def _answer(path: Path, indicator: tuple[str, str]) -> pd.DataFrame:
    content = read_json(path)
    has_two = isinstance(content, list) and len(content) == 2
    if not has_two or not isinstance(content[1], list) or not content[1]:
        found = f"no list of records; it begins {str(content)[:200]}"
        raise FormError(path.name, found, "a head and records")
    head = content[0] if isinstance(content[0], dict) else {}
    if str(head.get("total", len(content[1]))) != str(len(content[1])):
        found = f"{len(content[1])} records"
        raise FormError(path.name, found, f"{head['total']}, as its head says")
    rows = [
        _checked(record, indicator, f"{path.name}, record {n}")
        for n, record in enumerate(content[1], 1)
    ]
    data = pd.DataFrame(rows, columns=HEADER)
    data = data.sort_values(["Country Code", "Year"], ignore_index=True)
    return data.assign(Value=data["Value"].astype(float))


def _checked(record: dict, indicator: tuple[str, str], where: str) -> tuple:
    """Return a record in the columns HEADER."""
    fields = record if isinstance(record, dict) else {}
    if missing := [field for field in FIELDS if field not in fields]:
        found = f"no field {missing}; its fields are {list(fields)}"
        raise FormError(where, found, "every field that the connector reads")
    named = record["indicator"] if isinstance(record["indicator"], dict) else {}
    heading = (named.get("id"), named.get("value"))
    if (*heading, record["unit"] or "") != (*indicator, ""):
        found = f"indicator and unit are {(*heading, record['unit'])}"
        raise FormError(where, found, f"{(*indicator, '')}")
    date, value = record["date"], record["value"]
    if not re.fullmatch("[0-9]{4}", str(date)):
        raise FormError(where, f"date {shown(date)}", "a year")
    if isinstance(value, str):  # as a number stands in no answer
        raise FormError(where, f"value {shown(value)} is no number", DIGITS)
    if value is not None:
        number(value, f"{where}, value")
    return record.get("country", {}).get("value"), record["countryiso3code"], int(date), value


# --- downloading ----------------------------------------------------------------------------------


def download_gdp(get, pair: tuple[str, str]) -> str:
    """Download gross domestic product, for `gdp`."""
    return _download(get, "gdp.json", GDP, {*pair, *COMPARED})


def download_military(get, pair: tuple[str, str]) -> str:
    """Download military expenditure, for `military_spending`."""
    return _download(get, "data.json", MILITARY, {*pair, *MILITARY_COMPARED})


def _download(get, name: str, indicator: tuple[str, str], codes: set[str]) -> str:
    code = indicator[0]
    year = datetime.datetime.now(datetime.UTC).year
    path = get(
        name,
        f"country/{';'.join(sorted(codes))}/indicator/{code}",
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
            f"The indicator is {code}, the countries are {sorted(codes)}; one that the World "
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
    if missing := codes - {record.get("countryiso3code") for record in records}:
        raise get.refuse(name, f"the answer has no records of {sorted(missing)}")
    years = [str(record.get("date")) for record in records if record.get("value") is not None]
    if not years:
        raise get.refuse(name, f"no record of {code} has a value")
    updated = f" of {head['lastupdated']}" if head.get("lastupdated") else ""
    return f"World Development Indicators{updated}, years to {max(years)}"
