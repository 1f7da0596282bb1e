"""United States Energy Information Administration: crude oil exports by country, and the price of Brent."""

import csv
from pathlib import Path

import pandas as pd

from ledger.sources.opec import EXPORTS


def exports(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Crude oil exports, lease condensate included, in thousand barrels a day: the pair, Saudi Arabia, the world, 1989-2016.

    One report of EIA's international data browser, generated on 8 August 2020. Its header says "Mb/d", EIA's abbreviation
    for thousand barrels a day: the series are coded TBPD and Iran's 2016 value is 1,896.8, so the values are taken as
    thousands. "--" is no figure: Russia has none before 1992, when the Soviet Union has a row of its own (not used).
    """
    path = upstream / "eia-crude-exports" / "INT-Export-08-08-2020_06-00-39.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    header, title = lines[1], lines[2][1]
    if header[:2] != ["API", ""] or header[2:] != [str(year) for year in range(1980, 2017)]:
        raise ValueError(f"{path.name}: expected the header API, (empty), 1980 to 2016, found {header[:4]}")
    if title != "crude oil including lease condensate exports (Mb/d)":
        raise ValueError(f"{path.name}: expected crude oil exports (Mb/d), found {title!r}")
    series = {line[0]: dict(zip(header[2:], line[2:], strict=True)) for line in lines[3:] if line}
    rows = []
    for country in sorted({*pair, "SAU", "WLD"}):
        code = f"INTL.57-4-{'WORL' if country == 'WLD' else country}-TBPD.A"
        if code not in series:
            raise ValueError(f"{path.name}: no series {code}")
        for year in range(1989, 2017):
            value = series[code][str(year)]
            if value != "--":
                rows.append((country, year, "crude oil", "WLD", "", "EIA", 2020, "thousand barrels a day", round(float(value), 6)))
    return pd.DataFrame(rows, columns=EXPORTS)


def brent(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Brent spot price free on board, US$ a barrel: averages of the year and of the month, from 1989. The pair plays no part.

    The two files date a year by 30 June and a month by its 15th day; here a period is dated by its first day.
    """
    rows = []
    for frequency, file in [("year", "brent-year.csv"), ("month", "brent-monthly.csv")]:
        path = upstream / "eia-brent" / file
        prices = pd.read_csv(path)
        if list(prices.columns) != ["Date", "Price"]:
            raise ValueError(f"{path.name}: expected the columns Date and Price, found {list(prices.columns)}")
        for date, price in zip(prices["Date"], prices["Price"], strict=True):
            if date >= "1989":
                rows.append((frequency, f"{date[:4]}-01-01" if frequency == "year" else f"{date[:7]}-01", price))
    return pd.DataFrame(rows, columns=["frequency", "period", "usd_per_barrel"])
