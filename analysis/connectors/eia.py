"""United States Energy Information Administration: crude oil exports, and the price of Brent (CSV).

Terms: US Government work, public domain; the compiled package of prices ODC-PDDL-1.0.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from analysis.connectors.opec import EXPORTS
from ledger.core.sources import countries, formats
from ledger.core.sources.strict import FormError, csv_rows, number, plain_text, shown

NO_FIGURE = {"--", "NA", ""}
FIRST_YEAR = 1989
REPORT = "INT-Export*.csv"
REPORT_START = 1980
TITLE = "crude oil including lease condensate exports (Mb/d)"
SERIES, LAST = "INTL.57-4-{}-TBPD.A", "ZWE"  # Zimbabwe's stands at the end
NO_SERIES = "none"  # in the place of the code of islands that have no series
# codes of no country of today: the world, former states, parts of Germany, zones and islands
NO_COUNTRY = {
    "WORL", "CSK", "SCG", "SUN", "YUG", "DDR", "DEUW", "HITZ", "UNK", "NLDA", "USIQ", "WAK",
}  # fmt: skip
# countries of which EIA has no series of crude exports: small ones, islands, Kosovo
UNLISTED = {
    "AIA", "ALA", "AND", "ATF", "BES", "BLM", "BVT", "CCK", "CUW", "CXR", "FSM", "GGY", "HMD",
    "IMN", "IOT", "JEY", "LIE", "MAF", "MCO", "MHL", "MNP", "MYT", "NFK", "PCN", "PLW", "SGS",
    "SJM", "SMR", "SXM", "TKL", "TUV", "UMI", "VAT", "WLF", "XKX",
}  # fmt: skip
BRENT = [("year", "brent-year.csv"), ("month", "brent-monthly.csv")]
# frequency → the first period, the last that a file has at the least, and how it is dated
SPANS = {
    "year": ("1987", "2025", "[0-9]{4}-06-30"),
    "month": ("1987-05", "2026-07", "[0-9]{4}-(0[1-9]|1[0-2])-15"),
}
HIGHEST = 500  # US$ a barrel; the highest price of a month is a third of that


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
    FormError
        Names file and series that are not as expected.
    FileNotFoundError
        There is no report, or more than one.
    """
    path = formats.only_file(upstream / "eia-crude-exports", REPORT)
    edition, years, series = _report(path)
    rows = []
    for country in sorted({*pair, "SAU", "WLD"}):
        code = SERIES.format("WORL" if country == "WLD" else country)
        if code not in series:
            if country in UNLISTED or country not in {*countries.converter().data["ISO3"], "WLD"}:
                continue
            raise FormError(path.name, f"no series {code}", "one of each country, or UNLISTED")
        for year, text in zip(years, series[code], strict=True):
            if year >= FIRST_YEAR and text not in NO_FIGURE:
                value = number(text, f"{path.name}, series {code}, {year}")
                rows.append((country, year, round(value, 6)))
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
    first = plain_text(path).split("\n", 1)[0].strip()
    generated = re.fullmatch(r"Report generated on: [0-9]{2}-[0-9]{2}-([0-9]{4}) [0-9:]{8}", first)
    if not generated:
        expected = "'Report generated on: ' and a date"
        raise FormError(f"{path.name}, line 1", f"it begins with {shown(first)}", expected)
    # the last line of a report has no end
    header, ((line, title), *rows) = csv_rows(path, skip=1, ended=False)
    years = list(range(REPORT_START, REPORT_START + len(header) - 2))
    if len(header) < 3 or header != ["API", "", *map(str, years)]:
        expected = f"the header API, (empty), and consecutive years from {REPORT_START}"
        raise FormError(f"{path.name}, line 2", f"the header {shown(header)}", expected)
    if title[:2] != ["", TITLE]:
        raise FormError(f"{path.name}, line {line}", shown(title[1]), repr(TITLE))
    series = {}
    for line, row in rows:
        if row[0] == NO_SERIES and not any(row[2:]):
            continue
        _check_code(f"{path.name}, line {line}, column API", row[0], series)
        series[row[0]] = row[2:]
    if (last := rows[-1][1][0] if rows else "") != SERIES.format(LAST):
        raise FormError(path.name, f"the report ends at {shown(last)}", f"{LAST}'s at the end")
    return int(generated[1]), years, series


def _check_code(place: str, code: str, before: Iterable[str]) -> None:
    letters = re.fullmatch(SERIES.format("([A-Z]{3,4})"), code)
    known = {*countries.converter().data["ISO3"]} | NO_COUNTRY
    if not letters or letters[1] not in known:
        raise FormError(place, f"{shown(code)} is no known series", SERIES.format("(country)"))
    if code in before:
        raise FormError(place, f"{code} stands there twice", "one row a series")


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
    FormError
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
    frequency = next(frequency for frequency, name in BRENT if name == path.name)
    first, last, form = SPANS[frequency]
    prices = formats.read_csv(path, ["Date", "Price"], numbers=["Price"])
    dates, price = prices["Date"].astype(str), prices["Price"]
    formats.refuse_cells(
        path, prices["Date"], ~dates.str.fullmatch(form), "is no date", "such as 2025-06-30"
    )
    wrong = ~((price > 0) & (price < HIGHEST))
    formats.refuse_cells(path, price, wrong, "is no price", "US dollars a barrel")
    periods = pd.PeriodIndex(dates.str[: len(first)], freq=frequency[0].upper())
    expected = pd.period_range(first, periods=len(dates), freq=periods.freq)
    formats.refuse_cells(
        path, prices["Date"], pd.Series(periods != expected), "is not the next", "each once"
    )
    if str(periods[-1]) < last:
        place = f"{path.name}, row {len(dates) + 1}, column Date"
        raise FormError(place, f"the file ends at {dates.iloc[-1]}", f"{last} or later at the end")
    return prices
