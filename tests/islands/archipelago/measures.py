"""Measures that chapters and rules share."""

from __future__ import annotations

import pandas as pd


def sales_ratio(trade: pd.DataFrame, seller: str, buyer: str) -> pd.DataFrame:
    """Return what `seller` sells to `buyer` divided by what it buys there, by year and report.

    Parameters
    ----------
    trade : table `trade`.
    seller, buyer : codes of the two countries.

    Returns
    -------
    pandas.DataFrame
        Index year, a column for each source and reporter (named "Source, reporter CODE"), no unit.
    """
    ratios = {}
    for (source, reporter), rows in trade.groupby(["source", "reporter"]):
        flows = rows.pivot(index="year", columns="flow", values="value_usd")
        sold, bought = ("export", "import") if reporter == seller else ("import", "export")
        if {reporter, *rows["partner"]} == {seller, buyer}:
            ratios[f"{source}, reporter {reporter}"] = flows[sold] / flows[bought]
    return pd.DataFrame(ratios)
