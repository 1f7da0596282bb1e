"""Verdicts computed from tables: one function a claim, its rule and threshold in words before any number.

A function takes `load` (name of a table → frame) and returns a Finding. `data/claims.csv` names the function of each claim that
data can decide, and `check` refuses a ledger whose published verdict is another than the computed one. What a verdict means:
supported (the rule holds in every source, country or part that it names), partly (in some), contradicted (in none), overtaken by
events (it held, or was open, and has changed since, or had changed before publication), not checkable (the tables do not hold
what the rule needs). An event counts only when data/events.csv has it as confirmed.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import pandas as pd

from analysis import measures
from ledger.core import tables

SUPPORTED, PARTLY, CONTRADICTED, OVERTAKEN, NOT_CHECKABLE = VERDICTS = (
    "supported",
    "partly",
    "contradicted",
    "overtaken by events",
    "not checkable",
)
Load = Callable[[str], pd.DataFrame]


class VerdictError(ValueError):
    """The ledger publishes what the data do not say: every claim concerned, what is published, what is computed, and what to do."""


@dataclass(frozen=True)
class Finding:
    """What the tables say of one claim: a verdict, the figure that decides it, and one sentence that says why.

    `tables` names the tables that the function read; `decide` fills it in.
    """

    verdict: str
    number: str
    because: str
    tables: tuple[str, ...] = ()

    def __post_init__(self):
        if self.verdict not in VERDICTS:
            raise ValueError(f"{self.verdict!r} is none of the verdicts: {', '.join(VERDICTS)}")


RULES: dict[str, Callable[[Load], Finding]] = {}


def rule(function: Callable[[Load], Finding]) -> Callable[[Load], Finding]:
    """Make a function known by its name, as `decided_by` in data/claims.csv names it."""
    RULES[function.__name__] = function
    return function


# --- what the rules share -------------------------------------------------------------------------------------------------------

NAMES = {"RUS": "Russia", "IRN": "Iran"}
ARTICLE_YEAR = 2019  # the year whose trade the article describes
KNOWN_YEAR = 2022  # the last full year that a reader of November 2023 could know
RECENT_VOTES = (2015, 2019)  # the last five full years of roll calls in un_votes
IMPOSED = {
    "S/2006/1010": "1737",
    "S/2007/170": "1747",
    "S/2008/141": "1803",
    "S/2010/283": "1929",
}  # drafts and the resolutions they became
SANCTIONING = [*IMPOSED, "S/2020/797"]  # the last would have kept the arms embargo
EASING = [
    "S/2015/547",
    "S/2025/561",
    "S/2025/539",
]  # the nuclear deal, and two drafts that would have kept sanctions off


def graded(tests: dict[object, bool]) -> str:
    """Return supported when all tests hold, partly when some do, contradicted when none does, not checkable without tests."""
    if not tests:
        return NOT_CHECKABLE
    return SUPPORTED if all(tests.values()) else PARTLY if any(tests.values()) else CONTRADICTED


def _confirmed(load: Load, event_id: str) -> pd.Series | None:
    """Return a dated event that data/events.csv has as confirmed, else None."""
    events = load("events").set_index("event_id")
    return (
        events.loc[event_id]
        if event_id in events.index and events.loc[event_id, "status"] == "confirmed"
        else None
    )


def _published(load: Load) -> pd.Timestamp:
    """Return the day on which the article appeared."""
    return load("events").set_index("event_id").loc["2023-11-03-article-published", "date"]


def _since(load: Load, event_id: str) -> pd.Series | None:
    """Return a confirmed event that came after the article, else None."""
    event = _confirmed(load, event_id)
    return event if event is not None and event["date"] > _published(load) else None


def _day(date: pd.Timestamp) -> str:
    return f"{date.day} {date:%B %Y}"


def _listing(parts) -> str:
    *first, last = [str(part) for part in parts] or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def _trade_of(load: Load, year: int) -> dict[str, pd.Series]:
    """Return Russia's exports to and imports from Iran in a year, by source, in US$: each source that has both, on Russia's side.

    Iran's side adds nothing in 2019: the Harvard Atlas repeats one reconciled value, and no other source has a report of Iran's.
    """
    trade = load("trade_totals").query("reporter == 'RUS' and partner == 'IRN' and year == @year")
    both = (
        trade.pivot(index="source", columns="flow", values="value_usd")
        .reindex(columns=["export", "import"])
        .dropna()
    )
    return {source: both.loc[source] for source in sorted(both.index, reverse=True)}


def _agreement(load: Load, one: str, other: str) -> float:
    """Return the share of recent General Assembly roll calls in which two countries voted the same."""
    votes = measures.voting_agreement(load("un_votes"), one, other)
    return float(votes[votes["year"].between(*RECENT_VOTES)]["agree"].mean())


def _council_votes(load: Load, member: str) -> pd.Series:
    """Return a member's vote on each draft about Iran in table security_council, by symbol of the draft, in order of date."""
    votes = (
        load("security_council").query("record == 'vote' and member == @member").sort_values("date")
    )
    return votes.set_index("draft")["vote"]


def _relative_trade(load: Load, partner: str) -> float:
    """Return Russia's goods trade with a partner over its trade with Iran in 2019 (UN Comtrade)."""
    total = measures.partner_table(load("trade_partners"), "UN Comtrade", "RUS", ARTICLE_YEAR)[
        "total"
    ]
    return float(total[partner] / total["IRN"])


# --- the whole relationship -----------------------------------------------------------------------------------------------------

RUPTURE = r"\b(?:denounc|breaks? off|severs?\b|severed|recall|expel|suspend|terminat)"
TREATY = r"(?:treaty|agreement).*(?:signed|takes effect)"


@rule
def a_breakdown_followed(load: Load) -> Finding:
    """C01. Rule: contradicted when, from publication to the end of the evidence, at least one treaty or trade agreement between the
    two was signed or took effect, no event is a rupture, and trade never fell below half of its level of 2022; supported when there
    was a rupture or such a fall and no treaty; partly when there was both; not checkable when there was neither.

    Counts: confirmed events, a treaty by the words treaty or agreement with signed or takes effect in its title, a rupture by
    denounce, break off, sever, recall, expel, suspend or terminate; trade by official_trade_statements, each series of yearly totals
    of one speaker that covers 2022. A reading: the list of events is kept by hand, and what no page told is not in it.
    """
    events, start = load("events"), _published(load)
    later = events[(events["date"] > start) & (events["status"] == "confirmed")]
    treaties = later[later["event"].str.contains(TREATY, case=False)]
    ruptures = later[later["event"].str.contains(RUPTURE, case=False)]
    totals = load("official_trade_statements").query("measure == 'total' and coverage == 'RUS-IRN'")
    totals = totals[totals["period_label"].str.fullmatch(r"\d{4}")]
    lows = {}
    for statement, series in totals.groupby("statement"):
        value = series.set_index(series["period_label"].astype(int))["value"]
        if 2022 in value.index and value.index.max() > 2022:
            lows[statement] = value[value.index > 2022].min() / value[2022]
    lowest = min(lows.values(), default=float("nan"))
    broken = len(ruptures) > 0 or lowest < 0.5
    verdict = (
        (PARTLY if len(treaties) else SUPPORTED)
        if broken
        else CONTRADICTED
        if len(treaties)
        else NOT_CHECKABLE
    )
    return Finding(
        verdict,
        f"{len(treaties)} treaty acts, {len(ruptures) or 'no'} rupture{'s' * (len(ruptures) > 1)}",
        f"After {_day(start)} the record has {len(treaties)} signings or entries into force ({_listing(_day(d) for d in treaties['date'])}), {len(ruptures) or 'no'} rupture{'s' * (len(ruptures) > 1)}, and trade, in each official's series that covers 2022 and a later year, at no less than {100 * lowest:.0f} per cent of its level of 2022.",
    )


@rule
def cooperation_began_in_1991(load: Load) -> Finding:
    """C06. Rule: in each of three fields, the first thing that the tables record between Moscow and Tehran falls in 1992 or later
    (after the Soviet Union's end of 26 December 1991); supported when in all three fields, partly when in some, contradicted when
    in none.

    Counts: arms, the year of order of the deals in SIPRI's register (arms_transfers) with the Soviet Union or Russia; trade, the
    first year with a value in trade_totals for either; nuclear work, the contract for Bushehr in events. A reading: the accord of
    June 1989 named nuclear energy, but an accord in outline is not counted as work begun. Tables on arms and trade start in 1989
    (arms: deals with a delivery since then), so they cannot show what was older still.
    """
    moscow = ["SUN", "RUS"]  # noqa: F841 (the queries use it)
    deals = load("arms_transfers").query(
        "record == 'deal' and supplier in @moscow and recipient == 'IRN'"
    )
    trade = load("trade_totals").query(
        "(reporter in @moscow and partner == 'IRN') or (reporter == 'IRN' and partner in @moscow)"
    )
    end, bushehr = (
        _confirmed(load, "1991-12-26-soviet-union-dissolved"),
        _confirmed(load, "1995-01-08-bushehr-contract"),
    )
    if end is None or bushehr is None:
        return Finding(
            NOT_CHECKABLE,
            "–",
            "The end of the Soviet Union or the Bushehr contract is not among the confirmed events.",
        )
    begun = trade.sort_values("year").iloc[0]
    first = {
        "arms": int(deals["order_year"].min()),
        "trade": int(begun["year"]),
        "nuclear work": int(bushehr["date"].year),
    }
    soviet = deals[deals["supplier"] == "SUN"]["tiv_delivered"].sum() / deals["tiv_delivered"].sum()
    return Finding(
        graded({field: year > end["date"].year for field, year in first.items()}),
        ", ".join(f"{field} {year}" for field, year in first.items()),
        f"Among deals with a delivery since 1989, the first order of arms is of {first['arms']} (SIPRI; {100 * soviet:.0f} per cent of their volume came from the Soviet Union), the first trade recorded is of {first['trade']} ({begun['source']}, where the table begins), the first nuclear contract of {first['nuclear work']}.",
    )


@rule
def the_two_stand_against_the_united_states(load: Load) -> Finding:
    """C12. Rule: four tests; in the General Assembly of 2015–19 Russia and Iran voted alike in more than half of the roll calls,
    Russia and the United States in fewer than half, Iran and the United States in fewer than half; in the Security Council Russia
    and the United States voted yes against no on more than half of the drafts about Iran since Washington left the nuclear deal.
    Supported when all four hold, partly when some, contradicted when none.

    Counts: un_votes, security_council. A reading: votes stand for the order; most states agree with the United States in few of
    these roll calls, so the tests in the Assembly are easy to pass and the one in the Council carries the weight.
    """
    alike = {
        pair: _agreement(load, *pair) for pair in (("RUS", "IRN"), ("RUS", "USA"), ("IRN", "USA"))
    }
    left = _confirmed(load, "2018-05-08-us-leaves-nuclear-deal")
    if left is None:
        return Finding(
            NOT_CHECKABLE,
            "–",
            "The day on which the United States left the nuclear deal is not among the confirmed events.",
        )
    recent = load("security_council").query("record == 'vote'")
    recent = recent[recent["date"] > left["date"]]["draft"].unique()
    russia, america = _council_votes(load, "RUS"), _council_votes(load, "USA")
    opposed = [
        draft for draft in recent if {russia.get(draft), america.get(draft)} == {"yes", "no"}
    ]
    tests = {
        "together": alike["RUS", "IRN"] > 0.5,
        "Russia apart": alike["RUS", "USA"] < 0.5,
        "Iran apart": alike["IRN", "USA"] < 0.5,
        "council": len(opposed) > len(recent) / 2,
    }
    return Finding(
        graded(tests),
        f"{len(opposed)} of {len(recent)} drafts opposed",
        f"Russia and the United States voted against each other on {len(opposed)} of {len(recent)} Security Council drafts about Iran since May 2018, and in the General Assembly of 2015–19 Russia voted like Iran in {100 * alike['RUS', 'IRN']:.0f} per cent of roll calls, like the United States in {100 * alike['RUS', 'USA']:.0f}, and Iran like the United States in {100 * alike['IRN', 'USA']:.0f}.",
    )


# --- security -------------------------------------------------------------------------------------------------------------------


@rule
def iran_waited_years_for_its_s300(load: Load) -> Finding:
    """C08. Rule: supported when SIPRI's register has an S-300 order of Iran's that was replaced and delivered five years or more
    after the first order, and Russia barred the sale in between (events); partly when only one of the two holds; contradicted when
    neither.

    Counts: arms_transfers (first order against first delivery of the deal that replaced it), events. A reading: a wait of five
    years and a ban are taken as ground for discontent; that Iran said so and sued rests on the pages cited.
    """
    deals = load("arms_transfers").query("record == 'deal' and recipient == 'IRN'")
    replaced = deals[
        deals["designation"].str.startswith("S-300") & deals["replaces_order_year"].notna()
    ]
    waits = replaced["first_delivery"] - replaced["replaces_order_year"]
    wait = int(waits.max()) if len(waits) else 0
    ban = _confirmed(load, "2010-09-22-s300-ban")
    ordered, delivered = (
        (
            int(replaced.loc[waits.idxmax(), column])
            for column in ("replaces_order_year", "first_delivery")
        )
        if wait
        else (None, None)
    )
    barred = ban is not None and (not wait or ordered <= ban["date"].year <= delivered)
    return Finding(
        graded({"wait": wait >= 5, "ban": barred}),
        f"{wait} years",
        (
            f"SIPRI has the S-300 ordered in {ordered}, the order replaced, and the first delivery in {delivered}, {wait} years later"
            if wait
            else "SIPRI has no S-300 order that was replaced"
        )
        + (f"; Russia barred the sale on {_day(ban['date'])}." if ban is not None else "."),
    )


@rule
def both_stood_by_assad(load: Load) -> Finding:
    """C14. Rule: the claim held when UCDP names both states beside the Syrian government in at least one year before publication;
    overtaken by events when it held and that government fell after publication; supported when it held and the government stands;
    partly when UCDP names only one of the two; contradicted when neither.

    Counts: syria_conflict (UCDP, conflict over Syria, secondary parties of the government), events.
    """
    dyads = load("syria_conflict").query(
        "source == 'UCDP' and scope == 'conflict over Syria' and side_a == 'Government of Syria'"
    )
    beside = {
        name: dyads[dyads["side_a_second"].fillna("").str.contains(f"Government of {name}")]["year"]
        for name in NAMES.values()
    }
    before = {
        name: sorted(set(years[years <= _published(load).year])) for name, years in beside.items()
    }
    fall = _since(load, "2024-12-08-assad-falls")
    verdict = graded({name: bool(years) for name, years in before.items()})
    if verdict == SUPPORTED and fall is not None:
        verdict = OVERTAKEN
    stood = _listing(
        f"{name} in {len(years)} years ({years[0]}–{years[-1]})" if years else f"{name} in none"
        for name, years in before.items()
    )
    return Finding(
        verdict,
        f"{min(map(len, before.values()))} years",
        f"UCDP has beside the Syrian government {stood}"
        + (
            f"; that government fell on {_day(fall['date'])}."
            if fall is not None
            else "; no confirmed event has that government fall."
        ),
    )


@rule
def russia_wavered_on_sanctions(load: Load) -> Finding:
    """C17. Rule: supported when Russia voted for every Security Council draft that imposed or kept sanctions on Iran; partly when
    for some; contradicted when for none.

    Counts: the drafts named in SANCTIONING, from security_council. A reading: a dalliance with sanctions is taken to mean voting
    for them, and the word is vague enough for another reading.
    """
    votes = _council_votes(load, "RUS")
    votes = votes[votes.index.isin(SANCTIONING)]
    favour, against = votes[votes == "yes"], votes[votes == "no"]
    return Finding(
        graded({draft: vote == "yes" for draft, vote in votes.items()}),
        f"{len(favour)} of {len(votes)} drafts",
        f"Russia voted for {len(favour)} of {len(votes)} drafts that imposed or would have kept sanctions on Iran"
        + (f" and against {_listing(against.index)}." if len(against) else "."),
    )


# --- energy ---------------------------------------------------------------------------------------------------------------------


@rule
def both_are_major_suppliers_of_oil_and_gas(load: Load) -> Finding:
    """C23. Rule: eight tests, for each of the two countries and each of oil and gas: it is among the ten largest producers, and it
    sells at least 5 per cent of what the world exports. Supported when all eight hold, partly when some, contradicted when none.

    Counts: the year 2022, the last that could be known at publication; output from energy_production (Energy Institute), exports
    of crude oil and of natural gas from energy_exports (OPEC). A reading: a supplier to the world is one who sells abroad, so
    output alone does not do. OPEC's figures for Iran are those that a sanctioned exporter reports; trackers of tankers see more.
    """
    output = load("energy_production").query(
        "source == 'Energy Institute' and measure == 'production' and country != 'WLD' and year == @KNOWN_YEAR"
    )
    sales = load("energy_exports").query(
        "source.str.startswith('OPEC') and destination == 'WLD' and year == @KNOWN_YEAR"
    )
    rank, share = {}, {}
    for fuel, unit, sold in (
        ("oil", "thousand barrels a day", "crude oil"),
        ("gas", "bcm", "natural gas"),
    ):
        made = (
            output[(output["fuel"] == fuel) & (output["unit"] == unit)]
            .set_index("country")["value"]
            .rank(ascending=False, method="min")
        )
        out = sales[sales["fuel"] == sold].set_index("country")["value"]
        for country in NAMES:
            rank[country, fuel], share[country, fuel] = (
                int(made.get(country, 99)),
                float(out[country] / out["WLD"]),
            )
    tests = {("output", *key): place <= 10 for key, place in rank.items()} | {
        ("exports", *key): part >= 0.05 for key, part in share.items()
    }
    ranks = {
        c: f"{NAMES[c]} ranked {_ordinal(rank[c, 'oil'])} in oil and {_ordinal(rank[c, 'gas'])} in gas"
        for c in NAMES
    }
    sold = {
        c: f"{NAMES[c]} sold {100 * share[c, 'oil']:.1f} per cent of the crude and {100 * share[c, 'gas']:.1f} of the gas"
        for c in NAMES
    }
    return Finding(
        graded(tests),
        f"{sum(tests.values())} of {len(tests)} tests",
        f"By output in {KNOWN_YEAR} {_listing(ranks.values())} (Energy Institute); of what the world exported {_listing(sold.values())} (OPEC).",
    )


def _ordinal(number: int) -> str:
    words = [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
    ]
    return words[number - 1] if number <= len(words) else "below tenth"


@rule
def the_gas_forum_began_in_2001_and_is_intergovernmental(load: Load) -> Finding:
    """C24. Rule: two tests; the earliest dated list of participants is of 2001 and names both Russia and Iran as founders, and
    before publication states signed a statute. Supported when both hold, partly when one, contradicted when neither.

    Counts: gecf_membership (status founding participant and signatory).
    """
    lists = load("gecf_membership")
    first = lists[lists["listed_on"] == lists["listed_on"].min()]
    founders = set(first[first["status"] == "founding participant"]["country"])
    signed = lists[(lists["status"] == "signatory") & (lists["listed_on"] <= _published(load))]
    founded = first["listed_on"].iloc[0]
    return Finding(
        graded(
            {
                "founded": founded.year == 2001 and {"RUS", "IRN"} <= founders,
                "statute": len(signed) > 0,
            }
        ),
        _day(founded),
        f"The first dated list is of {_day(founded)} with {len(founders)} founding participants, Russia and Iran {'among' if {'RUS', 'IRN'} <= founders else 'not both among'} them"
        + (
            f", and {len(signed)} states signed a statute on {_day(signed['listed_on'].iloc[0])}."
            if len(signed)
            else ", and no list has signatories of a statute."
        ),
    )


@rule
def the_gas_forum_has_nineteen_members(load: Load) -> Finding:
    """C26. Rule: supported when the last list of full members on or before publication names 19; partly when another dated list of
    members or signatories does; contradicted when none does. Observers are no members.

    Counts: gecf_membership.
    """
    lists, day = load("gecf_membership"), _published(load)
    members, _ = measures.forum_on(lists, day)
    full = (
        lists[lists["status"].isin(["member", "signatory"])]
        .groupby("listed_on")["country"]
        .nunique()
    )
    together = (
        lists[lists["status"].isin(["member", "observer"])]
        .groupby("listed_on")
        .agg(names=("country", "nunique"), complete=("complete", "all"))
    )
    nineteens = [
        date.year for date, row in together.iterrows() if row["names"] == 19 and row["complete"]
    ]
    return Finding(
        SUPPORTED if len(members) == 19 else PARTLY if (full == 19).any() else CONTRADICTED,
        f"{len(members)} members",
        f"The last list before publication, of {_day(full.index[full.index <= day].max())}, names {len(members)} full members, {len(full)} dated lists name between {full.min()} and {full.max()}, and members and observers together make 19 on {f'the lists of {_listing(nineteens)}' if nineteens else 'no list'}.",
    )


@rule
def the_nineteen_hold_over_seventy_per_cent_of_gas(load: Load) -> Finding:
    """C27. Rule: supported when the states counted hold more than 70 per cent of the world's proved gas reserves in every source;
    partly when in some; contradicted when in none.

    Counts: energy_reserves, each source with a world total, at its last year up to 2022 (for the CIA the year is the edition's);
    the states are the forum's members and observers on the day of publication (gecf_membership), since only together do they make
    19. Members alone are shown beside. A country without a figure in a source counts as nothing there.
    """
    reserves, day = load("energy_reserves"), _published(load)
    sources = reserves[(reserves["fuel"] == "gas") & (reserves["country"] == "WLD")][
        "source"
    ].unique()
    shares = measures.forum_shares(reserves, load("gecf_membership"), [day], list(sources))
    shares = (
        shares[shares["year"] <= KNOWN_YEAR]
        .sort_values("year")
        .groupby("source")
        .tail(1)
        .sort_values("together", ascending=False)
    )
    held = shares.set_index("source")
    return Finding(
        graded((held["together"] > 0.7).to_dict()),
        ", ".join(f"{100 * part:.1f}" for part in held["together"]) + " per cent",
        f"The {held['members'].iloc[0] + held['observers'].iloc[0]} members and observers at publication hold {_listing(f'{100 * row.together:.1f} per cent ({source}, {row.year})' for source, row in held.iterrows())}; the {held['members'].iloc[0]} members alone hold {100 * held['alone'].min():.1f} to {100 * held['alone'].max():.1f}.",
    )


@rule
def sanctions_cut_irans_oil_exports(load: Load) -> Finding:
    """C30. Rule: Iran's crude exports at least halved in each of two rounds of sanctions, from the last full year before to the
    first full year after: from 2011 to 2013 and from 2017 to 2019. Supported when in every source that covers both years of a
    round, partly when in some, contradicted when in none.

    Counts: energy_exports, crude oil to the world, each source. A reading: crude is most of what the sector sells; gas is shown
    beside and decides nothing, and neither investment nor the cause of the fall is measured.
    """
    exports = load("energy_exports").query("country == 'IRN' and destination == 'WLD'")
    falls = {}
    for source, rows in exports[exports["fuel"] == "crude oil"].groupby("source"):
        sold = rows.set_index("year")["value"]
        falls |= {
            (source, before, after): 1 - sold[after] / sold[before]
            for before, after in ((2011, 2013), (2017, 2019))
            if before in sold and after in sold
        }
    gas = exports.query("fuel == 'natural gas' and source.str.startswith('OPEC')").set_index(
        "year"
    )["value"]
    beside = (
        f", while its gas exports went from {gas[2017]:.1f} to {gas[2019]:.1f} billion cubic metres"
        if {2017, 2019} <= set(gas.index)
        else ""
    )
    return Finding(
        graded({key: fall >= 0.5 for key, fall in falls.items()}),
        ", ".join(f"{-100 * fall:.0f}" for fall in falls.values()).replace("-", "−") + " per cent",
        f"Iran's crude exports fell by {_listing(f'{100 * fall:.0f} per cent from {before} to {after} ({source})' for (source, before, after), fall in falls.items())}{beside}.",
    )


# --- economics ------------------------------------------------------------------------------------------------------------------


@rule
def trade_lags_behind_that_of_neighbours(load: Load) -> Finding:
    """C33. Rule: Russia's goods trade with Iran in 2019, over Iran's gross domestic product, is less than half of the same measure
    for a country that lies as near; supported when for both Azerbaijan and Turkey, partly when for one, contradicted when for
    neither.

    Counts: trade_partners (UN Comtrade), gdp. A reading: potential has no measure of its own; what neighbours of like distance
    trade for their size is the roughest form of the gravity model. Investment is in no table. Iran's product in dollars depends on
    the exchange rate, which is why the threshold is a half and not nearer to one.
    """
    total = measures.partner_table(load("trade_partners"), "UN Comtrade", "RUS", ARTICLE_YEAR)[
        "total"
    ]
    income = load("gdp").query("year == @ARTICLE_YEAR").set_index("country")["gdp_usd"]
    weight = {country: float(total[country] / income[country]) for country in ("IRN", "AZE", "TUR")}
    return Finding(
        graded({country: weight["IRN"] < weight[country] / 2 for country in ("AZE", "TUR")}),
        f"{100 * weight['IRN']:.1f} per cent of GDP",
        f"In {ARTICLE_YEAR} Russia's trade with Iran was {100 * weight['IRN']:.1f} per cent of Iran's gross domestic product, with Azerbaijan {100 * weight['AZE']:.1f} and with Turkey {100 * weight['TUR']:.1f} per cent of theirs (UN Comtrade, World Bank).",
    )


@rule
def trade_of_2019_was_2_08_billion(load: Load) -> Finding:
    """C37. Rule: supported when 2.08 billion US dollars lies within 5 per cent of the sum of both flows in every source that covers
    2019; partly when of some; contradicted when of none.

    Counts: trade_totals, Russia's side of each source. IMF DOTS has no row for 2019: its connector leaves out a partial year. The
    OEC's own figure for 2019 is not among the tables.
    """
    totals = {source: flows.sum() / 1e9 for source, flows in _trade_of(load, ARTICLE_YEAR).items()}
    return Finding(
        graded({source: abs(2.08 / total - 1) <= 0.05 for source, total in totals.items()}),
        ", ".join(f"{total:.2f}" for total in totals.values()) + " billion",
        f"Against 2.08 billion US dollars stand {_listing(f'{total:.2f} in {source} ({100 * (2.08 / total - 1):+.1f} per cent)' for source, total in totals.items())}.".replace(
            "-", "−"
        ),
    )


@rule
def trade_is_a_small_part_of_each_total(load: Load) -> Finding:
    """C38. Rule: supported when the other country makes up less than 5 per cent of each side's total goods trade in every source
    that covers 2019; partly when in some; contradicted when in none.

    Counts: trade_partners. Iran's total in the Harvard Atlas rests on another basis in 2019 and is low, which makes Russia's share
    in it look larger: the test is the harder for it.
    """
    partners, shares = load("trade_partners"), {}
    covered = (
        partners[partners["year"] == ARTICLE_YEAR][["source", "reporter"]]
        .drop_duplicates()
        .sort_values(["reporter", "source"], ascending=False)
    )
    for source, reporter in covered.itertuples(index=False):
        other = "IRN" if reporter == "RUS" else "RUS"
        table = measures.partner_table(partners, source, reporter, ARTICLE_YEAR)
        if other in table.index:
            shares[source, NAMES[reporter], NAMES[other]] = table.loc[other, "share"]
    return Finding(
        graded({key: share < 0.05 for key, share in shares.items()}),
        ", ".join(f"{100 * share:.2f}" for share in shares.values()) + " per cent",
        f"In {ARTICLE_YEAR} {_listing(f'{other} was {100 * share:.2f} per cent of the trade of {name} ({source})' for (source, name, other), share in shares.items())}.",
    )


@rule
def metals_chemicals_and_machinery_lead_the_trade(load: Load) -> Finding:
    """C39. Rule: metals, chemicals and machinery (HS 72–83, 28–40 and 84–90, vehicles and aircraft included) together exceed half
    of the flow in 2019; supported when in both directions, partly when in one, contradicted when in neither.

    Counts: trade_products (UN Comtrade, Russia reports). The groups are the widest reading of the three words.
    """
    products, three, food = load("trade_products"), {}, {}
    for flow, words in (("export", "what Russia sold"), ("import", "what it bought")):
        basket = measures.basket(products, "RUS", "IRN", flow, ARTICLE_YEAR)
        three[words], food[words] = (
            basket.reindex(["Metals", "Chemicals", "Machinery and vehicles"]).sum(),
            basket.get("Agri-food", 0),
        )
    return Finding(
        graded({words: share > 0.5 for words, share in three.items()}),
        ", ".join(f"{100 * share:.1f}" for share in three.values()) + " per cent",
        f"In {ARTICLE_YEAR} the three groups were {_listing(f'{100 * share:.1f} per cent of {words}' for words, share in three.items())}, food and farm goods {_listing(f'{100 * share:.1f}' for share in food.values())} (UN Comtrade).",
    )


@rule
def russia_exports_more_than_three_times(load: Load) -> Finding:
    """C40. Rule: supported when Russia's exports to Iran exceed three times its imports from it in every source that covers 2019;
    partly when in some; contradicted when in none.

    Counts: trade_totals, Russia's side of each source. IMF DOTS has no row for 2019: its connector leaves out a partial year.
    """
    ratios = {
        source: flows["export"] / flows["import"]
        for source, flows in _trade_of(load, ARTICLE_YEAR).items()
        if flows["import"] > 0
    }
    return Finding(
        graded({source: ratio > 3 for source, ratio in ratios.items()}),
        ", ".join(f"{ratio:.2f}" for ratio in ratios.values()),
        f"In {ARTICLE_YEAR} Russia sold {_listing(f'{ratio:.2f} times what it bought in {source}' for source, ratio in ratios.items())}.",
    )


@rule
def a_free_trade_agreement_was_signed_in_2018(load: Load) -> Finding:
    """C41. Rule: supported when Iran signed a full free trade agreement with the Eurasian Economic Union in 2018; partly when what was
    signed in 2018 is an interim agreement; contradicted when nothing was signed in that year.

    Counts: official_trade_statements, rows of measure agreement whose note begins with interim or full and says signed.
    """
    acts = load("official_trade_statements").query(
        "measure == 'agreement' and coverage == 'EAEU-IRN'"
    )
    signed = acts[
        acts["quote_note"].str.contains(r"^(?:interim|full).*signed", regex=True, na=False)
    ].sort_values("period_start")
    of_2018 = signed[signed["period_start"].dt.year == 2018]
    full = signed[signed["quote_note"].str.startswith("full")]
    verdict = (
        SUPPORTED
        if of_2018["quote_note"].str.startswith("full").any()
        else PARTLY
        if len(of_2018)
        else CONTRADICTED
    )
    return Finding(
        verdict,
        _listing(_day(date) for date in signed["period_start"]),
        f"Signed were {_listing(('an ' if note[0] == 'i' else 'a ') + re.split(r' signed|,', note)[0] + f' ({_day(date)})' for note, date in zip(signed['quote_note'], signed['period_start']))}"
        + (
            f"; the full one came {(full['period_start'].iloc[0] - _published(load)).days} days after the article."
            if len(full) and full["period_start"].iloc[0] > _published(load)
            else "."
        ),
    )


@rule
def barriers_and_sanctions_still_stand(load: Load) -> Finding:
    """C42. Rule: the claim has two parts, barriers and sanctions, and both stood at publication. A part has eased when, since then,
    (barriers) an agreement in force cut the average duty on Russian goods to half or less, or (sanctions) no confirmed event
    brought United Nations sanctions back. Supported when neither has eased by the end of the evidence, partly when one has,
    overtaken by events when both have.

    Counts: official_trade_statements (duty_before, duty_after), events. Other barriers, such as payments, are not measured.
    """
    stated = load("official_trade_statements").set_index("measure")
    in_force, back = (
        _since(load, "2025-05-15-free-trade-in-force"),
        _since(load, "2025-09-28-un-sanctions-return"),
    )
    before, after = (
        float(stated.loc["duty_before", "value"]),
        float(stated.loc["duty_after", "value"]),
    )
    eased = {"barriers": in_force is not None and after <= before / 2, "sanctions": back is None}
    verdict = OVERTAKEN if all(eased.values()) else PARTLY if any(eased.values()) else SUPPORTED
    return Finding(
        verdict,
        f"duty {before:g} to {after:g} per cent",
        (
            f"The average duty on Russian goods was to fall from {before:g} to {after:g} per cent from {_day(in_force['date'])} (Interfax)"
            if in_force is not None
            else "No agreement that lowers duties is confirmed as in force since the article"
        )
        + (
            f", while sanctions of the United Nations came back on {_day(back['date'])}."
            if back is not None
            else ", and no return of United Nations sanctions is confirmed."
        ),
    )


# --- diplomacy ------------------------------------------------------------------------------------------------------------------


@rule
def iran_was_unhappy_with_russias_votes_for_sanctions(load: Load) -> Finding:
    """C09. Rule: two tests; Russia voted yes on at least one of the four resolutions that imposed sanctions on Iran, and before
    publication an Iranian leader objected on the record. Supported when both hold, partly when one, contradicted when neither.

    Counts: security_council (the drafts named in IMPOSED), events (the president's speech of 26 May 2010).
    """
    votes = _council_votes(load, "RUS")
    favour = [IMPOSED[draft] for draft in votes.index[votes == "yes"] if draft in IMPOSED]
    speech = _confirmed(load, "2010-05-26-ahmadinejad-rebukes-russia")
    objected = speech is not None and speech["date"] < _published(load)
    return Finding(
        graded({"votes": len(favour) > 0, "objection": objected}),
        f"{len(favour)} of {len(IMPOSED)} resolutions",
        (
            f"Russia voted for {len(favour)} of {len(IMPOSED)} resolutions that imposed sanctions ({_listing(favour)})"
            if favour
            else "Russia voted for none of the resolutions that imposed sanctions"
        )
        + (
            f", and Iran's president objected on {_day(speech['date'])}."
            if objected
            else ", and no objection is confirmed."
        ),
    )


@rule
def russia_deals_with_israel_and_iran_fights_it(load: Load) -> Finding:
    """C22. Rule: two tests; Russia's goods trade with Israel in 2019 was at least half of its trade with Iran, and UCDP records
    deaths in battle between the governments of Iran and Israel in at least one year up to publication. Supported when both hold,
    partly when one, contradicted when neither.

    Counts: trade_partners (UN Comtrade), syria_conflict (UCDP dyads with battles in Syria); agreement in the General Assembly is
    shown beside (un_votes). A reading: trade stands for ties, since no table counts embassies or visits.
    """
    times = _relative_trade(load, "ISR")
    dyads = load("syria_conflict").query("source == 'UCDP'")
    dyads = dyads[(dyads["year"] <= _published(load).year) & (dyads["deaths_best"] > 0)]
    fought = dyads[
        [
            {a, b} == {"Government of Iran", "Government of Israel"}
            for a, b in zip(dyads["side_a"], dyads["side_b"])
        ]
    ]
    years = sorted(set(fought["year"]))
    return Finding(
        graded({"ties": times >= 0.5, "enmity": bool(years)}),
        f"{times:.2f} times; {len(years)} years of battle",
        f"Russia's trade with Israel in {ARTICLE_YEAR} was {times:.2f} times its trade with Iran (UN Comtrade), UCDP has Iran and Israel in battle in {len(years)} years"
        + (f" from {years[0]} to {years[-1]}" if years else "")
        + f", and in the General Assembly of 2015–19 Israel voted like Russia in {100 * _agreement(load, 'RUS', 'ISR'):.1f} and like Iran in {100 * _agreement(load, 'IRN', 'ISR'):.1f} per cent of roll calls.",
    )


@rule
def both_worked_in_the_astana_process(load: Load) -> Finding:
    """C43. Rule: the claim held when the first Astana meeting is confirmed and dated before publication; overtaken by events when it
    held and the government with which the process dealt fell after publication; supported when it held and that government
    stands; not checkable when the meeting is not confirmed.

    Counts: events. A reading: the article tells of it in the present tense, so the end of what it dealt with matters.
    """
    first, fall = (
        _confirmed(load, "2017-01-23-astana-process"),
        _since(load, "2024-12-08-assad-falls"),
    )
    if first is None or first["date"] > _published(load):
        return Finding(
            NOT_CHECKABLE,
            "–",
            "No meeting in Astana before the article is among the confirmed events.",
        )
    return Finding(
        OVERTAKEN if fall is not None else SUPPORTED,
        _day(fall["date"]) if fall is not None else _day(first["date"]),
        f"The process opened on {_day(first['date'])}"
        + (
            f", and the government with which it dealt fell on {_day(fall['date'])}."
            if fall is not None
            else ", and no confirmed event ends it."
        ),
    )


@rule
def russia_sided_with_iran_after_2018(load: Load) -> Finding:
    """C44. Rule: since the United States left the nuclear deal, Russia voted against each Security Council draft that would have kept
    sanctions on Iran and for each that would have kept them off; supported when on every such draft, partly when on some,
    contradicted when on none.

    Counts: security_council (the drafts named in SANCTIONING and EASING), events. A reading: Iran has no vote in the Council, so its
    half of the mutual backing rests on the statements cited.
    """
    left = _confirmed(load, "2018-05-08-us-leaves-nuclear-deal")
    if left is None:
        return Finding(
            NOT_CHECKABLE,
            "–",
            "The day on which the United States left the nuclear deal is not among the confirmed events.",
        )
    votes = (
        load("security_council").query("record == 'vote' and member == 'RUS'").sort_values("date")
    )
    votes = votes[votes["date"] > left["date"]].set_index("draft")["vote"]
    sided = {draft: vote == "no" for draft, vote in votes.items() if draft in SANCTIONING} | {
        draft: vote == "yes" for draft, vote in votes.items() if draft in EASING
    }
    return Finding(
        graded(sided),
        f"{sum(sided.values())} of {len(sided)} drafts",
        f"Russia took Iran's side on {sum(sided.values())} of {len(sided)} drafts on sanctions since {_day(left['date'])} ({_listing(f'{draft}: {votes[draft]}' for draft in sided)}).",
    )


@rule
def russia_keeps_ties_with_saudi_arabia(load: Load) -> Finding:
    """C47. Rule: two tests; Russia's goods trade with Saudi Arabia in 2019 was at least half of its trade with Iran, and the two
    voted alike in more than half of the General Assembly's roll calls of 2015–19. Supported when both hold, partly when one,
    contradicted when neither.

    Counts: trade_partners (UN Comtrade), un_votes. A reading: trade and votes stand for ties; summits and agreements on oil
    output are in no table.
    """
    times, alike = _relative_trade(load, "SAU"), _agreement(load, "RUS", "SAU")
    return Finding(
        graded({"trade": times >= 0.5, "votes": alike > 0.5}),
        f"{times:.2f} times; {100 * alike:.1f} per cent",
        f"Russia's trade with Saudi Arabia in {ARTICLE_YEAR} was {times:.2f} times its trade with Iran (UN Comtrade), and the two voted alike in {100 * alike:.1f} per cent of roll calls in 2015–19, Russia and Iran in {100 * _agreement(load, 'RUS', 'IRN'):.1f}.",
    )


@rule
def russia_backed_the_arms_embargo(load: Load) -> Finding:
    """C49. Rule: supported when Russia voted for the draft that would have prolonged the United Nations arms embargo on Iran
    (S/2020/797); partly when it abstained; contradicted when it voted against; not checkable when its vote is not recorded.

    Counts: security_council.
    """
    draft = load("security_council").query("record == 'vote' and draft == 'S/2020/797'")
    mine = draft[draft["member"] == "RUS"]
    if mine.empty:
        return Finding(NOT_CHECKABLE, "–", "Russia's vote on S/2020/797 is not in the table.")
    vote = mine.iloc[0]
    return Finding(
        {"yes": SUPPORTED, "abstain": PARTLY, "no": CONTRADICTED}[vote["vote"]],
        f"{vote['yes']}–{vote['no']}–{vote['abstain']}, Russia: {vote['vote']}",
        f"On {_day(vote['date'])} the draft got {vote['yes']} votes for, {vote['no']} against and {vote['abstain']} abstentions, and Russia voted {vote['vote']}.",
    )


@rule
def a_status_quo_was_left_in_karabakh(load: Load) -> Finding:
    """C51. Rule: overtaken by events when control of Nagorno-Karabakh changed hands before publication or since; not checkable when
    no such change is confirmed, since what Russia wanted is not in a table.

    Counts: events.
    """
    taken = _confirmed(load, "2023-09-19-karabakh-taken")
    if taken is None:
        return Finding(NOT_CHECKABLE, "–", "No change of control is among the confirmed events.")
    gap = (_published(load) - taken["date"]).days
    return Finding(
        OVERTAKEN,
        _day(taken["date"]),
        f"Azerbaijan's operation began on {_day(taken['date'])}, {abs(gap)} days {'before' if gap > 0 else 'after'} the article.",
    )


# --- outlook --------------------------------------------------------------------------------------------------------------------


@rule
def the_election_of_2021_lies_ahead(load: Load) -> Finding:
    """C58. Rule: overtaken by events when the vote of June 2021 is confirmed and lies before publication; not checkable, as an open
    prediction, when it lies after or is not confirmed.

    Counts: events.
    """
    vote = _confirmed(load, "2021-06-18-raisi-elected")
    if vote is None or vote["date"] >= _published(load):
        return Finding(
            NOT_CHECKABLE, "–", "No vote before the article is among the confirmed events."
        )
    days = (_published(load) - vote["date"]).days
    return Finding(
        OVERTAKEN,
        f"{days} days",
        f"The vote was held on {_day(vote['date'])}, {days} days before the article.",
    )


@rule
def raisi_won_the_election_of_2021(load: Load) -> Finding:
    """C59. Rule: supported when a confirmed event has Raisi elected in June 2021; contradicted when a confirmed event has somebody
    else elected in that month; not checkable when no election is confirmed.

    Counts: events, titles that say elected.
    """
    events = load("events").query("status == 'confirmed'")
    elected = events[
        events["event"].str.contains("elected president of Iran")
        & (events["date"].dt.strftime("%Y-%m") == "2021-06")
    ]
    if elected.empty:
        return Finding(
            NOT_CHECKABLE, "–", "No election in June 2021 is among the confirmed events."
        )
    event = elected.iloc[0]
    return Finding(
        SUPPORTED if event["event"].startswith("Raisi ") else CONTRADICTED,
        _day(event["date"]),
        f"Confirmed for {_day(event['date'])}: {event['event']}.",
    )


@rule
def khameneis_succession_is_still_open(load: Load) -> Finding:
    """C63. Rule: overtaken by events when Khamenei's death is confirmed for a day after publication; not checkable, as an open
    prediction, when it is not.

    Counts: events. What the succession changed is in no table.
    """
    death = _since(load, "2026-02-28-war-on-iran")
    if death is None or "Khamenei killed" not in death["event"]:
        return Finding(NOT_CHECKABLE, "–", "No death of Khamenei is among the confirmed events.")
    return Finding(
        OVERTAKEN,
        _day(death["date"]),
        f"Khamenei was killed on {_day(death['date'])}, {(death['date'] - _published(load)).days} days after the article.",
    )


# --- deciding and checking ------------------------------------------------------------------------------------------------------


def decide(claim_id: str, folder: Path = tables.DATA) -> Finding:
    """Return what the tables of `folder` say of one claim. Raises VerdictError when no function decides it."""
    claims = tables.load("claims", folder).set_index("claim_id")["decided_by"]
    name = claims.get(claim_id)
    if name not in RULES:
        raise VerdictError(
            f"claim {claim_id} is decided by no function of ledger/core/claims.py"
            + (f": there is no {name!r}" if isinstance(name, str) else "")
        )
    return _run(name, cache(lambda table: tables.load(table, folder)))


def decide_all(folder: Path = tables.DATA) -> dict[str, Finding]:
    """Return what the tables of `folder` say of every claim that names a function, by number of the claim; each table is read once."""
    load = cache(lambda table: tables.load(table, folder))
    named = load("claims").dropna(subset="decided_by").set_index("claim_id")["decided_by"]
    return {claim: _run(name, load) for claim, name in named.items() if name in RULES}


def _run(name: str, load: Load) -> Finding:
    """Run one rule and note the tables that it read. What the data no longer let it compute comes back as not checkable."""
    used = []

    def noting(table: str) -> pd.DataFrame:
        used.append(table)
        return load(table)

    try:
        finding = RULES[name](noting)
    except tables.TableError:
        raise  # the table itself cannot be trusted, and the error says where
    except (LookupError, ValueError, TypeError, ArithmeticError) as error:
        finding = Finding(NOT_CHECKABLE, "–", f"The tables lack what {name} needs: {error!r}.")
    return replace(finding, tables=tuple(dict.fromkeys(used)))


def check(folder: Path = tables.DATA) -> dict[str, Finding]:
    """Return `decide_all(folder)` once every published verdict is the computed one; raises VerdictError naming all that are not.

    Also refuses a function that data/claims.csv names and that does not exist, and a function that no claim names.
    """
    claims, findings = tables.load("claims", folder), decide_all(folder)
    problems = _problems(claims, findings)
    if problems:
        raise VerdictError("the ledger and the data do not agree:\n  " + "\n  ".join(problems))
    return findings


def publish() -> None:
    """Hand the findings to the page that prints them; raises VerdictError where the published verdicts are not the computed ones.

    They travel in the cell's output, as printed numbers do, so that verdicts are cached, validated and rebuilt with their notebook.
    """
    from ledger.core import numbers  # IPython with it, which the command line does without

    findings = {claim: asdict(finding) for claim, finding in check().items()}
    said = f"{len(findings)} claims are decided by data"
    shown = [
        f"{said}:",
        *(
            f"{claim} {finding['verdict']}. {finding['because']}"
            for claim, finding in findings.items()
        ),
    ]
    numbers.glue("findings", said, "\n".join(shown), findings)


def _problems(claims: pd.DataFrame, findings: dict[str, Finding]) -> list[str]:
    problems = []
    for claim in claims.dropna(subset="decided_by").itertuples():
        finding = findings.get(claim.claim_id)
        if finding is None:
            problems.append(
                f"{claim.claim_id}: decided_by names {claim.decided_by!r}, and ledger/core/claims.py has no such function."
            )
        elif finding.verdict != claim.verdict:
            problems.append(
                f"{claim.claim_id} is published as {claim.verdict!r} and computed as {finding.verdict!r} by {claim.decided_by} from {_listing(finding.tables)}. {finding.because}\n"
                f"    If the data are right, publish the computed verdict and say why in its reason (data/claims.csv, then: python -m ledger accept claims); if they are not, mend the table."
            )
    unused = sorted(set(RULES) - set(claims["decided_by"]))
    return problems + [
        f"{name} in ledger/core/claims.py decides no claim: name it in decided_by of data/claims.csv, or remove it."
        for name in unused
    ]


def report(folder: Path = tables.DATA, width: int | None = None) -> tuple[str, list[str]]:
    """Return all claims as text for a terminal, and what is wrong with them (see `check`), one message each.

    A claim has its number, published and computed verdict and the figure that decides; under it stands why.
    """
    width = max(80, width or shutil.get_terminal_size((160, 24)).columns)
    claims, findings = tables.load("claims", folder), decide_all(folder)
    lines = [f"{'claim':5}  {'published':19}  {'computed':19}  figure"]
    for claim in claims.itertuples():
        finding = findings.get(claim.claim_id, Finding(NOT_CHECKABLE, "", ""))
        computed = finding.verdict if claim.claim_id in findings else "–"
        differs = (
            "  <-- differs" if claim.claim_id in findings and computed != claim.verdict else ""
        )
        lines.append(
            f"{claim.claim_id:5}  {claim.verdict:19}  {computed:19}  {finding.number}{differs}".rstrip()
        )
        lines += textwrap.wrap(
            finding.because, width, initial_indent=" " * 7, subsequent_indent=" " * 7
        )
    problems = _problems(claims, findings)
    lines.append(
        f"{len(findings)} of {len(claims)} claims are decided by data"
        + (f"; {len(problems)} problems." if problems else ", each as published.")
    )
    return "\n".join(lines), problems
