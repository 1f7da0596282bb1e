"""Straits Bureau of Statistics: output, catches, trade, and prices of fish."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

COMPARED = ["XCO"]  # shown beside the pair
FLOWS = {"X": "export", "M": "import"}
PRICES = [("year", "price-year.csv"), ("month", "price-month.csv")]
ACCOUNTS = {
    "output.csv": ["Area", "Code", "Year", "Output"],
    "catches.csv": ["Area", "Code", "Year", "Species", "Unit", "Catch"],
    "trade.csv": ["Reporter", "Partner", "Flow", "Year", "Value", "Flag"],
}


def download_accounts(get, pair: tuple[str, str]) -> str:
    """Download the files of the national accounts; return their edition."""
    for name in ACCOUNTS:
        get(name, name, kind="csv")
    last = formats.read_csv(get.folder / "output.csv", ["Year"])["Year"].max()
    return f"accounts to {last}"


def download_prices(get, pair: tuple[str, str]) -> str:
    """Download the prices of the year and of the month; return their edition."""
    for _, name in PRICES:
        path = get(name, name, kind="csv")
        try:
            prices = _prices(path)
        except ValueError as error:
            raise get.refuse(name, str(error)) from None
    return f"prices to {prices['Date'].max()[:7]}"


def output(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the output of the pair and of the country compared with it, by year, in US$."""
    data = _accounts(upstream, "output.csv", ["Year", "Output"]).dropna(subset="Output")
    data = data[data["Code"].isin([*pair, *COMPARED])]
    return pd.DataFrame(
        {
            "country": data["Code"],
            "year": data["Year"],
            "output_usd": (data["Output"] * 1e9).round().astype("int64"),
        }
    )


def catches(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the catch of the pair by year and species, in tonnes."""
    data = _accounts(upstream, "catches.csv", ["Year", "Catch"])
    data = data[data["Code"].isin(pair)]
    if wrong := set(data["Unit"]) - {"t"}:
        raise ValueError(f"catches.csv, column Unit: {sorted(wrong)} where t (tonnes) is expected")
    columns = {"Code": "country", "Year": "year", "Species": "species", "Catch": "value"}
    data = data.rename(columns=columns).assign(unit="tonnes")
    return data[["country", "year", "species", "unit", "value"]]


def trade(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return trade inside the pair as each side reported it to the Bureau, in US$."""
    data = _accounts(upstream, "trade.csv", ["Year", "Value"])
    data = data[data["Reporter"].isin(pair) & data["Partner"].isin(pair)]
    return pd.DataFrame(
        {
            "reporter": data["Reporter"],
            "partner": data["Partner"],
            "flow": data["Flow"].map(FLOWS),
            "year": data["Year"],
            "source": "Straits Bureau",
            "value_usd": (data["Value"] * 1000).round().astype("int64"),
            "estimated": data["Flag"].eq("e"),
        }
    )


def fish_price(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the price of a crate of herring by year and by month, in US$; the pair plays no part.

    The files date a year by 30 June and a month by its 15th; here a period has its first day.
    """
    rows = []
    for frequency, name in PRICES:
        prices = _prices(upstream / "bureau-prices" / name)
        for date, price in zip(prices["Date"], prices["Price"], strict=True):
            first = f"{date[:4]}-01-01" if frequency == "year" else f"{date[:7]}-01"
            rows.append((frequency, first, price))
    return pd.DataFrame(rows, columns=["frequency", "period", "usd_per_crate"])


def _accounts(upstream: Path, name: str, numbers: list[str]) -> pd.DataFrame:
    return formats.read_csv(upstream / "bureau-accounts" / name, ACCOUNTS[name], numbers)


def _prices(path: Path) -> pd.DataFrame:
    prices = formats.read_csv(path, ["Date", "Price"], numbers=["Price"])
    wrong = ~prices["Date"].astype(str).str.fullmatch(r"\d{4}-\d{2}-\d{2}")
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        value = prices["Date"].iloc[row]
        raise ValueError(f"{path.name}, row {row + 2}, column Date: {value!r} is no date")
    return prices.dropna()
