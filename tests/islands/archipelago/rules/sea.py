"""Claims about fish, ferries and the strait."""

from __future__ import annotations

import pandas as pd

from ledger.core import text
from ledger.core.claims import (
    OVERTAKEN,
    SUPPORTED,
    BaseRate,
    Finding,
    Load,
    rule,
    verdict_from_tests,
)

ONE = "None: the claim is about one ferry."
PUBLISHED = pd.Timestamp("2021-05-01")


@rule
def fish_got_cheaper(load: Load) -> Finding:
    """C04. Rule: a crate cost less in the last year of the table than in 2018."""
    prices = load("fish_price").query("frequency == 'year'").set_index("period")["usd_per_crate"]
    first, last = prices[pd.Timestamp("2018-01-01")], prices.iloc[-1]
    year = prices.index[-1].year
    return Finding(
        verdict_from_tests({"last year": last < first}),
        f"{text.number(first, '{:.2f}')} to {text.number(last, '{:.2f}')} US$",
        f"A crate cost {text.number(first, '{:.2f}')} US$ in 2018 and "
        f"{text.number(last, '{:.2f}')} in {year}.",
        "None: one price is compared with itself.",
    )


@rule
def herring_is_most_of_the_catch(load: Load) -> Finding:
    """C05. Rule: herring is more than half of the catch of both in the last year."""
    catches = load("catches")
    last = catches[catches["year"] == catches["year"].max()]
    total = last.groupby("country")["value"].sum()
    share = last[last["species"] == "herring"].set_index("country")["value"] / total
    shares = [f"{name} {text.number(100 * part, '{:.0f}')}" for name, part in share.items()]
    return Finding(
        verdict_from_tests(dict(share > 0.5)),
        f"{text.number(100 * share.min(), '{:.0f}')} per cent or more",
        f"Herring was {text.listing(shares)} per cent of the catch.",
        "None: the table holds two countries.",
    )


@rule
def arland_lands_more(load: Load) -> Finding:
    """C08. Rule: Arland landed more than Belmark in each year of the table."""
    catches = load("catches")
    total = catches.groupby(["year", "country"])["value"].sum().unstack()
    year = total.index[-1]
    arland, belmark = (text.number(total.loc[year, code], "{:,.1f}") for code in ("XAR", "XBE"))
    return Finding(
        verdict_from_tests(dict(total["XAR"] > total["XBE"])),
        f"{arland} and {belmark} tonnes in {year}",
        f"In {year} Arland landed {arland} tonnes and Belmark {belmark}.",
        BaseRate(1, 2, "islands would pass"),
    )


@rule
def ferry_has_stopped(load: Load) -> Finding:
    """C06. Rule: supported while the ferry rests; overtaken when it sails again later."""
    ferry = load("events").query("status == 'confirmed'").set_index("event_id")["date"]
    again = ferry[ferry.index.str.endswith("-ferry-sails-again") & (ferry > PUBLISHED)]
    if again.empty:
        return Finding(SUPPORTED, "no sailing", "No sailing is confirmed after publication.", ONE)
    day = text.date(again.iloc[0].date().isoformat())
    return Finding(OVERTAKEN, day, f"The ferry has sailed again since {day}.", ONE)
