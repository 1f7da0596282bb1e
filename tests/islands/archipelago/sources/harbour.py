"""Harbour Office of Belmark: its register of landings, its dues, and its old yearbook."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

FLAGS = {"Arland": "XAR", "Belmark": "XBE"}
OFFICE = "XBE"  # the country whose harbours report
SIDES = {"Sent to Arland": "export", "Come from Arland": "import"}
REGISTER = ["No", "Day", "Vessel", "Species", "Flag", "Tonnes", "Mark", "Remark"]
COLUMNS = {
    "No": "landing_id",
    "Day": "date",
    "Vessel": "vessel",
    "Species": "species",
    "Tonnes": "tonnes",
    "Crew": "crew",
    "Remark": "note",
}


def landings(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the landings of the pair's vessels, a row each: tonnes and crew where they are known.

    The register and the list of crews are two files that the office gives out apart.
    """
    path = upstream / "harbour-register" / "register.csv"
    data = formats.read_csv(path, REGISTER, ["Tonnes"], sep=";", skiprows=1)
    if unknown := set(data["Flag"]) - set(FLAGS):
        raise ValueError(f"{path.name}, column Flag: unknown {sorted(unknown)}")
    path = upstream / "harbour-crews" / "crews.csv"
    crews = formats.read_csv(path, ["No", "Crew"], ["Crew"], sep=";", skiprows=1)
    data = data.merge(crews, on="No", how="left", validate="one_to_one")
    data = data.assign(country=data["Flag"].map(FLAGS), estimated=data["Mark"].eq("e"))
    data = data[data["country"].isin(pair)].rename(columns=COLUMNS)
    return data[[*COLUMNS.values(), "country", "estimated"]]


def download_dues(get, pair: tuple[str, str]) -> str:
    """Download the dues; return their edition."""
    path = get("dues.csv", "dues.csv", kind="csv")
    years = formats.read_csv(path, ["Year"], sep=";", skiprows=1)["Year"]
    return f"dues to {years.max()}"


def dues(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return Belmark's trade with Arland as its harbours counted it, in US$."""
    return _trade(upstream / "harbour-dues" / "dues.csv", pair, sep=";", skiprows=1)


def yearbook(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the same of the years that only the old yearbook has, in US$."""
    return _trade(upstream / "harbour-yearbook" / "yearbook.csv", pair)


def _trade(path: Path, pair: tuple[str, str], **options) -> pd.DataFrame:
    data = formats.read_csv(path, ["Year", *SIDES], ["Year", *SIDES], **options)
    (partner,) = set(pair) - {OFFICE}
    rows = [
        (OFFICE, partner, flow, year, "Harbour Office", round(value * 1e6), False)
        for side, flow in SIDES.items()
        for year, value in zip(data["Year"], data[side], strict=True)
    ]
    names = ["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]
    return pd.DataFrame(rows, columns=names)
