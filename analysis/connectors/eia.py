"""United States Energy Information Administration: crude oil exports, and the price of Brent (CSV).

Terms: US Government work, public domain; the compiled package of prices ODC-PDDL-1.0.
"""

import csv
import re
from pathlib import Path

import pandas as pd

from analysis.connectors.opec import EXPORTS
from ledger.core.sources import formats

NO_FIGURE = {"--", "NA", ""}
FIRST_YEAR = 1989
REPORT = "INT-Export*.csv"
REPORT_START = 1980
TITLE = "crude oil including lease condensate exports (Mb/d)"
BRENT = [("year", "brent-year.csv"), ("month", "brent-monthly.csv")]


def exports(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return crude oil exports, lease condensate included, from 1989.

    The report's header says "Mb/d", EIA's abbreviation for thousand barrels a day: the series are
    coded TBPD and Iran's 2016 value is 1,896.8, so the values are taken as thousands. Russia has no
    figure before 1992, when the Soviet Union has a row of its own (not used).

    Parameters
    ----------
    upstream
        Folder with `eia-crude-exports/`, one report of EIA's international data browser.
    pair
        ISO 3166 codes of the two countries; Saudi Arabia and the world are read too.

    Returns
    -------
    DataFrame
        EXPORTS, in thousand barrels a day; one row a country and year. The edition is the year in
        which the report was generated.

    Raises
    ------
    ValueError
        Names file and series that are not as expected.
    FileNotFoundError
        There is no report, or more than one.
    """
    path = formats.only_file(upstream / "eia-crude-exports", REPORT)
    edition, years, series = _report(path)
    rows = []
    for country in sorted({*pair, "SAU", "WLD"}):
        code = f"INTL.57-4-{'WORL' if country == 'WLD' else country}-TBPD.A"
        if code not in series:
            if country in pair:
                continue
            raise ValueError(f"{path.name}: no series {code}")
        for year, text in zip(years, series[code], strict=True):
            if year < FIRST_YEAR or text.strip() in NO_FIGURE:
                continue
            try:
                value = round(float(text), 6)
            except ValueError:
                raise ValueError(
                    f"{path.name}, series {code}, {year}: {text!r} is no number"
                ) from None
            rows.append((country, year, value))
    frame = pd.DataFrame(rows, columns=["country", "year", "value"])
    frame = frame.assign(
        fuel="crude oil",
        destination="WLD",
        part_of="",
        source="EIA",
        edition=edition,
        unit="thousand barrels a day",
    )
    return frame[EXPORTS]


def _report(path: Path) -> tuple[int, list[int], dict[str, list[str]]]:
    """Return the report's year, the years of its header, and the cells of its series by code."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.reader(file) if line]
    first = lines[0][0] if len(lines) > 3 else ""
    generated = re.match(r"Report generated on: \d\d-\d\d-(\d{4})", first)
    if not generated:
        raise ValueError(
            f"{path.name}: expected 'Report generated on: ' and a date, a header, a title and "
            "series"
        )
    header, title = lines[1], lines[2][1]
    years = list(range(REPORT_START, REPORT_START + len(header) - 2))
    if len(header) < 3 or header != ["API", "", *map(str, years)]:
        raise ValueError(
            f"{path.name}: expected the header API, (empty), and consecutive years from "
            f"{REPORT_START}, found {header}"
        )
    if title != TITLE:
        raise ValueError(f"{path.name}: expected crude oil exports (Mb/d), found {title!r}")
    return int(generated[1]), years, {line[0]: line[2:] for line in lines[3:]}


def download(get, pair: tuple[str, str]) -> str:
    """Download the Brent prices of the year and of the month from a repository of EIA's series."""
    for _, name in BRENT:
        path = get(name, name, kind="csv")
        try:
            prices = _prices(path)
        except ValueError as error:
            raise get.refuse(name, str(error)) from None
    return f"series RBRTE, months to {prices['Date'].max()[:7]}"


def brent(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the Brent spot price free on board, averages of the year and of the month, from 1989.

    Parameters
    ----------
    upstream
        Folder with `eia-brent/`, the files in BRENT.
    pair
        Not used.

    Returns
    -------
    DataFrame
        frequency (year or month), period, usd_per_barrel; one row a period, dated by its first day
        (the files date a year by 30 June and a month by its 15th day).

    Raises
    ------
    ValueError
        Names file, row, column and value that are not as expected.
    """
    rows = []
    for frequency, name in BRENT:
        prices = _prices(upstream / "eia-brent" / name)
        for date, price in zip(prices["Date"], prices["Price"], strict=True):
            if date >= str(FIRST_YEAR):
                period = f"{date[:4]}-01-01" if frequency == "year" else f"{date[:7]}-01"
                rows.append((frequency, period, price))
    return pd.DataFrame(rows, columns=["frequency", "period", "usd_per_barrel"])


def _prices(path: Path) -> pd.DataFrame:
    prices = formats.read_csv(path, ["Date", "Price"], numbers=["Price"])
    wrong = ~prices["Date"].astype(str).str.fullmatch(r"\d{4}-\d{2}-\d{2}")
    formats.refuse_cells(path, prices["Date"], wrong, "is no date such as 2025-06-30")
    return prices.dropna()
