"""United States Energy Information Administration: crude oil exports by country, and the price of Brent."""

import csv
import re
from pathlib import Path

import pandas as pd

from analysis.sources.opec import EXPORTS
from ledger.core.sources import formats

NO_FIGURE = {"--", "NA", ""}
BRENT = [("year", "brent-year.csv"), ("month", "brent-monthly.csv")]


def exports(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Crude oil exports, lease condensate included, in thousand barrels a day: the pair, Saudi Arabia, the world, from 1989.

    One report of EIA's international data browser (INT-Export...csv); the edition is the year in which it was generated. Its header
    says "Mb/d", EIA's abbreviation for thousand barrels a day: the series are coded TBPD and Iran's 2016 value is 1,896.8, so
    the values are taken as thousands. "--" is no figure: Russia has none before 1992, when the Soviet Union has a row of its own
    (not used).
    """
    found = sorted((upstream / "eia-crude-exports").glob("INT-Export*.csv"))
    if len(found) != 1:
        raise FileNotFoundError(
            f"eia-crude-exports: expected one file INT-Export*.csv in {upstream}, found {[path.name for path in found]}"
        )
    path = found[0]
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.reader(file) if line]
    generated = (
        re.match(r"Report generated on: \d\d-\d\d-(\d{4})", lines[0][0]) if len(lines) > 3 else None
    )
    if not generated:
        raise ValueError(
            f"{path.name}: expected 'Report generated on: ' and a date, a header, a title and series"
        )
    header, title = lines[1], lines[2][1]
    if header[:3] != ["API", "", "1980"] or header[2:] != [
        str(1980 + i) for i in range(len(header) - 2)
    ]:
        raise ValueError(
            f"{path.name}: expected the header API, (empty), and consecutive years from 1980, found {header}"
        )
    if title != "crude oil including lease condensate exports (Mb/d)":
        raise ValueError(f"{path.name}: expected crude oil exports (Mb/d), found {title!r}")
    series = {line[0]: line for line in lines[3:]}
    rows = []
    for country in sorted({*pair, "SAU", "WLD"}):
        code = f"INTL.57-4-{'WORL' if country == 'WLD' else country}-TBPD.A"
        if code not in series:
            if country in pair:
                continue
            raise ValueError(f"{path.name}: no series {code}")
        for year, value in zip(header[2:], series[code][2:], strict=True):
            if int(year) >= 1989 and value.strip() not in NO_FIGURE:
                try:
                    barrels = round(float(value), 6)
                except ValueError:
                    raise ValueError(
                        f"{path.name}, series {code}, {year}: {value!r} is no number"
                    ) from None
                rows.append(
                    (
                        country,
                        int(year),
                        "crude oil",
                        "WLD",
                        "",
                        "EIA",
                        int(generated[1]),
                        "thousand barrels a day",
                        barrels,
                    )
                )
    return pd.DataFrame(rows, columns=EXPORTS)


def download(get, pair: tuple[str, str]) -> str:
    """Download the Brent prices of the year and of the month from the repository that takes them from EIA."""
    for _, name in BRENT:
        path = get(name, name, kind="csv")
        try:
            prices = _prices(path)
        except ValueError as error:
            raise get.refuse(name, str(error)) from None
    return f"series RBRTE, months to {prices['Date'].max()[:7]}"


def brent(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Brent spot price free on board, US$ a barrel: averages of the year and of the month, from 1989. The pair plays no part.

    The two files date a year by 30 June and a month by its 15th day; here a period is dated by its first day.
    """
    rows = []
    for frequency, name in BRENT:
        prices = _prices(upstream / "eia-brent" / name)
        for date, price in zip(prices["Date"], prices["Price"], strict=True):
            if date >= "1989":
                rows.append(
                    (
                        frequency,
                        f"{date[:4]}-01-01" if frequency == "year" else f"{date[:7]}-01",
                        price,
                    )
                )
    return pd.DataFrame(rows, columns=["frequency", "period", "usd_per_barrel"])


def _prices(path: Path) -> pd.DataFrame:
    prices = formats.csv_table(path, ["Date", "Price"], numbers=["Price"])
    wrong = ~prices["Date"].astype(str).str.fullmatch(r"\d{4}-\d{2}-\d{2}")
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise ValueError(
            f"{path.name}, row {row + 2}, column Date: {prices['Date'].iloc[row]!r} is no date such as 2025-06-30"
        )
    return prices.dropna()
