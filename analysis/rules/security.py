"""Claims about security."""

from __future__ import annotations

import pandas as pd

from analysis.rules.common import (
    FIVE_YEARS,
    IMPOSED,
    KEEPING,
    NAMES,
    OWN_ACT,
    acts,
    confirmed,
    confirmed_after_article,
    council_votes,
    day,
    published,
    relative_trade,
)
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


@rule
def c08_s300_delay(load: Load) -> Finding:
    """C08. Rule: supported when SIPRI's register has an S-300 order of Iran's that was replaced
    and delivered five years or more after the first order, and Russia barred the sale in between
    (events); partly when only one of the two holds; contradicted when neither.

    Counts: arms_transfers (first order against first delivery of the deal that replaced it),
    events. A reading: a wait of five years and a ban are taken as ground for discontent; that Iran
    said so and sued rests on the pages cited.
    """
    deals = load("arms_transfers").query("record == 'deal' and recipient == 'IRN'")
    is_s300 = deals["designation"].str.startswith("S-300")
    replaced = deals[is_s300 & deals["replaces_order_year"].notna()]
    waits = replaced["first_delivery"] - replaced["replaces_order_year"]
    wait = int(waits.max()) if len(waits) else 0
    ban = confirmed(load, "2010-09-22-s300-ban")
    history, barred = "SIPRI has no S-300 order that was replaced", ban is not None
    if wait:
        deal = replaced.loc[waits.idxmax()]
        ordered, delivered = int(deal["replaces_order_year"]), int(deal["first_delivery"])
        barred = ban is not None and ordered <= ban["date"].year <= delivered
        history = (
            f"SIPRI has the S-300 ordered in {ordered}, the order replaced, and the first delivery "
            f"in {delivered}, {wait} years later"
        )
    sale = f"; Russia barred the sale on {day(ban['date'])}." if ban is not None else "."
    return Finding(
        verdict_from_tests({"wait": wait >= 5, "ban": barred}),
        f"{wait} years",
        history + sale,
        "None: the table holds the deals of this pair only.",
    )


@rule
def c14_backed_assad(load: Load) -> Finding:
    """C14. Rule: the claim held when UCDP names both states beside the Syrian government in at
    least one year before publication; overtaken by events when it held and that government fell
    after publication; supported when it held and the government stands; partly when UCDP names
    only one of the two; contradicted when neither.

    Counts: syria_conflict (UCDP, conflict over Syria, secondary parties of the government),
    events; for the base rate countries.
    """
    dyads = load("syria_conflict").query(
        "source == 'UCDP' and scope == 'conflict over Syria' and side_a == 'Government of Syria'"
    )
    seconds, until = dyads["side_a_second"].fillna(""), published(load).year
    before = {}
    for name in NAMES.values():
        years = dyads[seconds.str.contains(f"Government of {name}")]["year"]
        before[name] = sorted(set(years[years <= until]))
    fall = confirmed_after_article(load, "2024-12-08-assad-falls")
    verdict = verdict_from_tests({name: bool(years) for name, years in before.items()})
    if verdict == SUPPORTED and fall is not None:
        verdict = OVERTAKEN
    stood = text.listing(
        f"{name} in {len(years)} years ({years[0]}–{years[-1]})" if years else f"{name} in none"
        for name, years in before.items()
    )
    since = "; no confirmed event has that government fall."
    if fall is not None:
        since = f"; that government fell on {day(fall['date'])}."
    return Finding(
        verdict,
        f"{min(map(len, before.values()))} years",
        f"UCDP has beside the Syrian government {stood}{since}",
        _beside_syria(load, seconds),
    )


def _beside_syria(load: Load, seconds: pd.Series) -> BaseRate:
    """Return how many governments UCDP names beside the Syrian one, of all countries."""
    named = {name for cell in seconds for name in cell.split(", ") if name.startswith("Government")}
    countries = load("countries").query("kind == 'country'")
    return BaseRate(len(named), len(countries), "countries stand beside it there")


@rule
def c17_russia_on_sanctions(load: Load) -> Finding:
    """C17. Rule: two tests; Russia voted for at least one Security Council draft that imposed
    sanctions on Iran, and it barred a sale of its own to Iran under them. Supported when both hold,
    partly when one, contradicted when neither: the word that the article uses claims no more.

    Counts: security_council, the drafts named in IMPOSED; events, acts of the kind delivery barred.
    The draft of 2020, which would have kept the arms embargo, is shown beside.
    """
    votes = council_votes(load, "RUS")
    imposed, kept = votes[votes.index.isin(IMPOSED)], votes[votes.index.isin(KEEPING)]
    favour = int((imposed == "yes").sum())
    later = "".join(f", and voted {vote} on {draft}" for draft, vote in kept.items())
    counts = load("security_council").query("draft in @IMPOSED").drop_duplicates("draft")
    cast = int(counts[["yes", "no", "abstain"]].sum().sum())
    bans = acts(load, "delivery barred", parties={"RUS", "IRN"})
    bans = bans[bans["date"] < published(load)]
    barred = f", barred a sale of its own on {day(bans['date'].iloc[0])}" if len(bans) else ""
    return Finding(
        verdict_from_tests({"votes": favour > 0, "sale": len(bans) > 0}),
        f"{favour} of {len(imposed)} drafts",
        f"Russia voted for {favour} of {len(imposed)} drafts that imposed sanctions on "
        f"Iran{barred}{later}.",
        f"{OWN_ACT} The vote alone would decide nothing, for {int(counts['yes'].sum())} of {cast} "
        "votes on these drafts were for them; the sale that Russia barred was its own.",
    )


@rule
def c22_israel(load: Load) -> Finding:
    """C22. Rule: two tests; from 2016 to 2020, the last five years of UN Comtrade at hand, Russia's
    goods trade with Israel was together at least as large as its trade with Iran, and UCDP records
    deaths in battle between the governments of Iran and Israel in at least one year up to
    publication. Supported when both hold, partly when one, contradicted when neither.

    Counts: trade_partners (UN Comtrade), syria_conflict (UCDP dyads with battles in Syria). A
    reading: trade stands for ties, since no table counts embassies or visits.
    """
    times = relative_trade(load)
    dyads = load("syria_conflict").query("source == 'UCDP'")
    dyads = dyads[(dyads["year"] <= published(load).year) & (dyads["deaths_best"] > 0)]
    sides = zip(dyads["side_a"], dyads["side_b"])
    enemies = [{a, b} == {"Government of Iran", "Government of Israel"} for a, b in sides]
    years = sorted(set(dyads[enemies]["year"]))
    period = f" from {years[0]} to {years[-1]}" if years else ""
    passing = int(years != [] and times["ISR"] >= 1)
    return Finding(
        verdict_from_tests({"ties": times["ISR"] >= 1, "enmity": bool(years)}),
        f"{times['ISR']:.2f} times; {len(years)} years of battle",
        f"Russia's trade with Israel from {FIVE_YEARS[0]} to {FIVE_YEARS[-1]} was "
        f"{times['ISR']:.2f} times its trade with Iran (UN Comtrade), and UCDP has Iran and Israel "
        "in battle in "
        f"{len(years)} years{period}.",
        BaseRate(
            passing,
            len(times),
            "of Russia's partners in these years, less the smallest flows, would pass both",
        ),
    )
