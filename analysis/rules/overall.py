"""Claims about the relationship as a whole."""

from __future__ import annotations

import pandas as pd

from analysis import measures
from analysis.rules.common import (
    RECENT_VOTES,
    acts,
    confirmed,
    day,
    in_first_third,
    in_last_third,
    not_checkable,
    percent,
    published,
    standing,
)
from ledger.core import text
from ledger.core.claims import (
    CONTRADICTED,
    NOT_CHECKABLE,
    PARTLY,
    SUPPORTED,
    BaseRate,
    Finding,
    Load,
    rule,
    verdict_from_tests,
)

PERMANENT = ["CHN", "FRA", "GBR", "RUS", "USA"]  # members of the Security Council
MOSCOW = ("RUS", "EAEU")  # a treaty of either binds Russia
SOON = 2  # years within which what looms comes


@rule
def c01_breakdown_followed(load: Load) -> Finding:
    """C01. Rule: *looming* means soon, read as within two years. Contradicted when in that time
    after publication no treaty of the two, or of Iran and the Eurasian Economic Union, was
    denounced and no relations broken, and no source with 2022 and a later year of it shows trade
    below half of its level of 2022; supported when there was such a rupture in that time; partly
    when there was only such a fall; not checkable while the evidence ends sooner.

    Counts: events, by the columns act, parties and subject; trade by official_trade_statements,
    each series of yearly totals of one speaker that covers 2022, at the low end of the rounding
    over the high end of that of 2022. Treaties, each once, signed or in force, are told and decide
    nothing. A reading: the list of events is kept by hand, and what no page told is not in it.
    """
    start = published(load)
    until = start + pd.DateOffset(years=SOON)
    treaties = _between_the_two(load, "treaty signed", "treaty in force")
    treaties = treaties[treaties["date"] > start]
    ruptures = _between_the_two(load, "treaty denounced", "relations broken")
    ruptures = ruptures[ruptures["date"].between(start, until, inclusive="right")]
    lowest = _lowest_trade_since_2022(load, until.year)
    events = load("events")
    seen = events.loc[events["status"] == "confirmed", "date"].max()
    if len(ruptures) > 0:
        verdict = SUPPORTED
    elif lowest < 0.5:
        verdict = PARTLY
    else:
        verdict = CONTRADICTED if seen >= until else NOT_CHECKABLE
    signed = treaties["subject"].nunique()
    broken = text.plural(len(ruptures), "rupture") if len(ruptures) else "no rupture"
    dates = text.listing(
        f"{row.act.removeprefix('treaty ')} {day(row.date)}" for row in treaties.itertuples()
    )
    return Finding(
        verdict,
        f"{broken} in {SOON} years",
        f"From {day(start)} to {day(until)} the record has {broken}, and trade stood, in each "
        f"official's series that covers 2022 and a later year, at no less than {percent(lowest)} "
        "per cent of its level of 2022, whatever the rounding of the figures hides; "
        f"{text.plural(signed, 'treaty', 'treaties')} since the article ({dates}) decide nothing.",
        "None: no table holds the ruptures of other pairs.",
    )


def _between_the_two(load: Load, *kinds: str) -> pd.DataFrame:
    """Return confirmed acts of some kinds between Iran and Moscow, by date."""
    found = acts(load, *kinds, parties={"IRN"})
    codes = found["parties"].str.split("; ")
    return found[codes.map(lambda names: any(name in names for name in MOSCOW)).astype(bool)]


def _lowest_trade_since_2022(load: Load, last: int) -> float:
    """Return the lowest trade of a year after 2022, to `last`, over that of 2022.

    Figures are rounded: the least that one allows is set against the most that 2022 allows.
    """
    stated = load("official_trade_statements")
    totals = stated.query("measure == 'total' and coverage == 'RUS-IRN'")
    totals = totals[totals["period_label"].str.fullmatch(r"\d{4}")]
    lows = []
    for _, series in totals.groupby("statement"):
        years = series.set_index(series["period_label"].astype(int))
        later = years[(years.index > 2022) & (years.index <= last)]
        if 2022 in years.index and len(later):
            lows.append(later["value_low"].min() / years.loc[2022, "value_high"])
    return min(lows, default=float("nan"))


@rule
def c06_cooperation_began_1991(load: Load) -> Finding:
    """C06. Rule: in each of three fields, the first thing that the tables record between Moscow
    and Tehran falls in 1992 or later (after the Soviet Union's end of 26 December 1991); supported
    when in all three fields, partly when in some, contradicted when in none.

    Counts: arms, the year of order of the deals in SIPRI's register (arms_transfers) with the
    Soviet Union or Russia; trade, the first year with a value in trade_totals for either; nuclear
    work, the contract for Bushehr in events. A reading: the accord of June 1989 named nuclear
    energy, but an accord in outline is not counted as work begun. Tables on arms and trade start
    in 1989 (arms: deals with a delivery since then), so they cannot show what was older still.
    """
    deals, trade = _with_moscow(load)
    end = confirmed(load, "1991-12-26-soviet-union-dissolved")
    bushehr = confirmed(load, "1995-01-08-bushehr-contract")
    if end is None or bushehr is None:
        return not_checkable(
            "The end of the Soviet Union or the Bushehr contract is not among the confirmed events."
        )
    first_trade = trade.sort_values("year").iloc[0]
    first = {
        "arms": int(deals["order_year"].min()),
        "trade": int(first_trade["year"]),
        "nuclear work": int(bushehr["date"].year),
    }
    volume = deals["tiv_delivered"]
    soviet = volume[deals["supplier"] == "SUN"].sum() / volume.sum()
    return Finding(
        verdict_from_tests({field: year > end["date"].year for field, year in first.items()}),
        ", ".join(f"{field} {year}" for field, year in first.items()),
        f"Among deals with a delivery since 1989, the first order of arms is of {first['arms']} "
        f"(SIPRI; {percent(soviet)} per cent of their volume came from the Soviet Union), the "
        f"first trade recorded is of {first['trade']} ({first_trade['source']}, where the table "
        f"begins), the first nuclear contract of {first['nuclear work']}.",
        "None: a chronology of one pair.",
    )


def _with_moscow(load: Load) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return arms deals and trade of the Soviet Union or Russia with Iran."""
    moscow = ["SUN", "RUS"]
    arms, trade = load("arms_transfers"), load("trade_totals")
    deals = arms.query("record == 'deal' and supplier in @moscow and recipient == 'IRN'")
    sold, bought = (
        trade["reporter"].isin(moscow) & (trade["partner"] == "IRN"),
        (trade["reporter"] == "IRN") & trade["partner"].isin(moscow),
    )
    return deals, trade[sold | bought]


@rule
def c12_against_united_states(load: Load) -> Finding:
    """C12. Rule: five tests; in the General Assembly of 2015–19, on whole resolutions, Iran was in
    the first third of members by how often they voted like Russia, Russia in the first third of
    those that voted like Iran, and each of the two in the last third of those that voted like the
    United States; in the Security Council Russia and the United States voted yes against no on more
    than half of the drafts about Iran since Washington left the nuclear deal. Supported when all
    five hold, partly when some, contradicted when none.

    Counts: un_agreement, security_council. A reading: votes stand for the order.
    """
    left = confirmed(load, "2018-05-08-us-leaves-nuclear-deal")
    if left is None:
        return not_checkable(
            "The day on which the United States left the nuclear deal is not among the "
            "confirmed events."
        )
    pairs = (("RUS", "IRN"), ("IRN", "RUS"), ("USA", "RUS"), ("USA", "IRN"))
    places = {pair: standing(load, *pair) for pair in pairs}
    drafts = load("security_council").query("record == 'vote'")
    recent = drafts[drafts["date"] > left["date"]]
    votes = recent.astype({"vote": str}).pivot(index="draft", columns="member", values="vote")
    clash = pd.DataFrame(
        {
            member: [{*pair} == {"yes", "no"} for pair in zip(votes[member], votes["USA"])]
            for member in PERMANENT  # of elected members a vote for a draft is not on record
        }
    ).sum()
    others = clash.drop(["RUS", "USA"])
    tests = {
        "Iran near Russia": in_first_third(places["RUS", "IRN"]),
        "Russia near Iran": in_first_third(places["IRN", "RUS"]),
        "Russia apart": in_last_third(places["USA", "RUS"]),
        "Iran apart": in_last_third(places["USA", "IRN"]),
        "council": bool(clash["RUS"] > len(votes) / 2),
    }
    ranks = {pair: f"{place['rank']:.0f}" for pair, place in places.items()}
    members = f"{places['RUS', 'IRN']['members']:.0f}"
    return Finding(
        verdict_from_tests(tests),
        f"{sum(tests.values())} of {len(tests)} tests",
        f"In the General Assembly of 2015–19 Iran ranked {ranks['RUS', 'IRN']} of {members} in "
        f"voting like Russia and {ranks['USA', 'IRN']} in voting like the United States, Russia "
        f"ranked {ranks['IRN', 'RUS']} in voting like Iran and {ranks['USA', 'RUS']} in voting "
        f"like the United States, and Russia and the United States voted against each other on "
        f"{clash['RUS']} of {len(votes)} Security Council drafts about Iran since May 2018, as "
        f"{(others > len(votes) / 2).sum()} of {len(others)} other permanent members did on more "
        "than half.",
        _near_and_apart(load),
    )


def _near_and_apart(load: Load) -> BaseRate:
    """Return how many members vote as near to Russia, and as far from Washington, as tested."""
    near, far = (
        measures.members_by_agreement(load("un_agreement"), country, *RECENT_VOTES, whole=True)
        for country in ("RUS", "USA")
    )
    near, far = near["rank"], far["rank"].reindex(near.index)
    both = (near <= len(near) / 3) & (far > len(far) * 2 / 3)
    return BaseRate(
        int(both.sum()),
        len(near),
        "members are both in the third that votes most like Russia and in the third that votes "
        "least like the United States, as two of the rule's tests ask of Iran",
    )
