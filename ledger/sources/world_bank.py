"""World Bank: bilateral trade totals (WITS) and World Development Indicators."""

import json
from pathlib import Path

import pandas as pd

WITS_FILES = {"RUS": "RUS.json", "IRN": "IRN.json"}   # the reporters that the copy holds
WITS_FLOWS = {"x": "export", "m": "import"}
WITS_FIRST_YEAR = 1989

COMPARED = ["AZE", "CHN", "ISR", "SAU", "TUR", "USA"]   # countries shown beside the pair
GDP_YEARS = range(1989, 2024)
GDP_HEADER = ["Country Name", "Country Code", "Year", "Value"]


def wits_totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Total goods trade inside the pair as each side reported it, by flow and year; US$.

    From `wits/<country>.json`, thousand US$, x = export, m = import; Russia 1996-2016, Iran 1997-2011 with gaps. The
    totals are sums over published products, so they are lower than UN Comtrade's where part of the trade is not
    published by product.
    """
    records = []
    for reporter, partner in (pair, pair[::-1]):
        if reporter not in WITS_FILES:
            continue
        file = upstream / "wits" / WITS_FILES[reporter]
        years = json.loads(file.read_text(encoding="utf-8"))
        for year, partners in years.items():
            if int(year) < WITS_FIRST_YEAR:
                continue
            for letter, thousands in partners.get(partner, {}).items():
                if letter not in WITS_FLOWS:
                    raise ValueError(f"{file.name}, {year}: unknown flow {letter!r}")
                records.append((reporter, partner, WITS_FLOWS[letter], int(year), "WITS", round(thousands * 1000), False))
    return pd.DataFrame(records, columns=["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"])


def gdp(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Gross domestic product of the pair and of six countries compared with it, by year; current US$.

    From `worldbank-gdp/gdp.csv` (indicator NY.GDP.MKTP.CD), 1989-2023, rounded to whole dollars. Years that the World
    Bank leaves empty have no row.
    """
    file = upstream / "worldbank-gdp" / "gdp.csv"
    data = pd.read_csv(file)
    if list(data.columns) != GDP_HEADER:
        raise ValueError(f"{file.name}: unexpected header {list(data.columns)}")
    missing = {*pair, *COMPARED} - set(data["Country Code"])
    if missing:
        raise ValueError(f"{file.name}: no rows for {sorted(missing)}")
    data = data[data["Country Code"].isin([*pair, *COMPARED]) & data["Year"].isin(GDP_YEARS)].dropna(subset="Value")
    return pd.DataFrame({"country": data["Country Code"], "year": data["Year"],
                         "gdp_usd": data["Value"].round().astype("int64")})


MILITARY_COMPARED = ["ISR", "SAU", "TUR", "USA"]   # the countries that the SIPRI series of the same table has


def military_spending(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Military expenditure of the pair and of four countries compared with it, by year; per cent of GDP.

    From `wdi-milex/data.csv` (indicator MS.MIL.XPND.GD.ZS), from 1989. The World Bank takes it from SIPRI's database,
    in a later edition than the SIPRI workbook of this book, so recent years differ; it says nothing of estimates.
    """
    file = upstream / "wdi-milex" / "data.csv"
    data = pd.read_csv(file)
    if list(data.columns) != GDP_HEADER:
        raise ValueError(f"{file.name}: unexpected header {list(data.columns)}")
    countries = {*pair, *MILITARY_COMPARED}
    missing = countries - set(data["Country Code"])
    if missing:
        raise ValueError(f"{file.name}: no rows for {sorted(missing)}")
    data = data[data["Country Code"].isin(countries) & (data["Year"] >= 1989)].dropna(subset="Value")
    return pd.DataFrame({"country": data["Country Code"], "year": data["Year"], "source": "World Bank",
                         "measure": "share_of_gdp", "unit": "% of GDP", "value": data["Value"].round(6), "quality": None})
