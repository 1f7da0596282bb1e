"""Claims about security."""

from __future__ import annotations

from analysis.rules.common import (
    NAMES,
    SANCTIONING,
    confirmed,
    confirmed_after_article,
    council_votes,
    day,
    published,
)
from ledger.core import text
from ledger.core.claims import OVERTAKEN, SUPPORTED, Finding, Load, rule, verdict_from_tests


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
        verdict_from_tests({"wait": wait >= 5, "ban": barred}), f"{wait} years", history + sale
    )


@rule
def c14_backed_assad(load: Load) -> Finding:
    """C14. Rule: the claim held when UCDP names both states beside the Syrian government in at
    least one year before publication; overtaken by events when it held and that government fell
    after publication; supported when it held and the government stands; partly when UCDP names
    only one of the two; contradicted when neither.

    Counts: syria_conflict (UCDP, conflict over Syria, secondary parties of the government),
    events.
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
    )


@rule
def c17_russia_on_sanctions(load: Load) -> Finding:
    """C17. Rule: supported when Russia voted for every Security Council draft that imposed or kept
    sanctions on Iran; partly when for some; contradicted when for none.

    Counts: the drafts named in SANCTIONING, from security_council. A reading: a dalliance with
    sanctions is taken to mean voting for them, and the word is vague enough for another reading.
    """
    votes = council_votes(load, "RUS")
    votes = votes[votes.index.isin(SANCTIONING)]
    favour, against = votes[votes == "yes"], votes[votes == "no"]
    opposed = f" and against {text.listing(against.index)}." if len(against) else "."
    return Finding(
        verdict_from_tests({draft: vote == "yes" for draft, vote in votes.items()}),
        f"{len(favour)} of {len(votes)} drafts",
        f"Russia voted for {len(favour)} of {len(votes)} drafts that imposed or would have kept "
        f"sanctions on Iran{opposed}",
    )
