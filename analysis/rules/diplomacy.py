"""Claims about diplomacy."""

from __future__ import annotations

from analysis import measures
from analysis.rules.common import (
    ARTICLE_YEAR,
    EASING,
    IMPOSED,
    SANCTIONING,
    confirmed,
    confirmed_after_article,
    council_votes,
    day,
    in_first_third,
    not_checkable,
    published,
    relative_trade,
    standing,
)
from ledger.core import text
from ledger.core.claims import (
    CONTRADICTED,
    OVERTAKEN,
    PARTLY,
    SUPPORTED,
    Finding,
    Load,
    rule,
    verdict_from_tests,
)


@rule
def c09_votes_for_sanctions(load: Load) -> Finding:
    """C09. Rule: two tests; Russia voted yes on at least one of the four resolutions that imposed
    sanctions on Iran, and before publication an Iranian leader objected on the record. Supported
    when both hold, partly when one, contradicted when neither.

    Counts: security_council (the drafts named in IMPOSED), events (the president's speech of 26
    May 2010).
    """
    votes = council_votes(load, "RUS")
    favour = [IMPOSED[draft] for draft in votes.index[votes == "yes"] if draft in IMPOSED]
    speech = confirmed(load, "2010-05-26-ahmadinejad-rebukes-russia")
    objected = speech is not None and speech["date"] < published(load)
    voted = "Russia voted for none of the resolutions that imposed sanctions"
    if favour:
        voted = (
            f"Russia voted for {len(favour)} of {len(IMPOSED)} resolutions that imposed sanctions "
            f"({text.listing(favour)})"
        )
    objection = ", and no objection is confirmed."
    if objected:
        objection = f", and Iran's president objected on {day(speech['date'])}."
    return Finding(
        verdict_from_tests({"votes": len(favour) > 0, "objection": objected}),
        f"{len(favour)} of {len(IMPOSED)} resolutions",
        voted + objection,
    )


@rule
def c22_israel(load: Load) -> Finding:
    """C22. Rule: two tests; Russia's goods trade with Israel in 2019 was at least half of its
    trade with Iran, and UCDP records deaths in battle between the governments of Iran and Israel
    in at least one year up to publication. Supported when both hold, partly when one, contradicted
    when neither.

    Counts: trade_partners (UN Comtrade), syria_conflict (UCDP dyads with battles in Syria);
    Israel's rank in the General Assembly is shown beside (un_agreement). A reading: trade stands
    for ties, since no table counts embassies or visits.
    """
    times = relative_trade(load, "ISR")
    dyads = load("syria_conflict").query("source == 'UCDP'")
    dyads = dyads[(dyads["year"] <= published(load).year) & (dyads["deaths_best"] > 0)]
    sides = zip(dyads["side_a"], dyads["side_b"])
    enemies = [{a, b} == {"Government of Iran", "Government of Israel"} for a, b in sides]
    years = sorted(set(dyads[enemies]["year"]))
    period = f" from {years[0]} to {years[-1]}" if years else ""
    russia, iran = (standing(load, country, "ISR") for country in ("RUS", "IRN"))
    members = f"{russia['members']:.0f}"
    return Finding(
        verdict_from_tests({"ties": times >= 0.5, "enmity": bool(years)}),
        f"{times:.2f} times; {len(years)} years of battle",
        f"Russia's trade with Israel in {ARTICLE_YEAR} was {times:.2f} times its trade with Iran "
        f"(UN Comtrade), UCDP has Iran and Israel in battle in {len(years)} years{period}, and in "
        f"the General Assembly of 2015–19 Israel ranked {russia['rank']:.0f} of {members} in "
        f"voting like Russia and {iran['rank']:.0f} in voting like Iran.",
    )


@rule
def c43_astana(load: Load) -> Finding:
    """C43. Rule: the claim held when the first Astana meeting is confirmed and dated before
    publication; overtaken by events when it held and the government with which the process dealt
    fell after publication; supported when it held and that government stands; not checkable when
    the meeting is not confirmed.

    Counts: events. A reading: the article tells of it in the present tense, so the end of what it
    dealt with matters.
    """
    first = confirmed(load, "2017-01-23-astana-process")
    fall = confirmed_after_article(load, "2024-12-08-assad-falls")
    if first is None or first["date"] > published(load):
        return not_checkable(
            "No meeting in Astana before the article is among the confirmed events."
        )
    opened = f"The process opened on {day(first['date'])}"
    if fall is None:
        return Finding(SUPPORTED, day(first["date"]), f"{opened}, and no confirmed event ends it.")
    fell = day(fall["date"])
    return Finding(
        OVERTAKEN, fell, f"{opened}, and the government with which it dealt fell on {fell}."
    )


@rule
def c44_sided_after_2018(load: Load) -> Finding:
    """C44. Rule: since the United States left the nuclear deal, Russia voted against each Security
    Council draft that would have kept sanctions on Iran and for each that would have kept them
    off; supported when on every such draft, partly when on some, contradicted when on none.

    Counts: security_council (the drafts named in SANCTIONING and EASING), events. A reading: Iran
    has no vote in the Council, so its half of the mutual backing rests on the statements cited.
    """
    left = confirmed(load, "2018-05-08-us-leaves-nuclear-deal")
    if left is None:
        return not_checkable(
            "The day on which the United States left the nuclear deal is not among the "
            "confirmed events."
        )
    votes = load("security_council").query("record == 'vote' and member == 'RUS'")
    votes = votes[votes["date"] > left["date"]].sort_values("date").set_index("draft")["vote"]
    sided = {draft: vote == "no" for draft, vote in votes.items() if draft in SANCTIONING}
    sided |= {draft: vote == "yes" for draft, vote in votes.items() if draft in EASING}
    count = f"{sum(sided.values())} of {len(sided)} drafts"
    drafts = text.listing(f"{draft}: {votes[draft]}" for draft in sided)
    return Finding(
        verdict_from_tests(sided),
        count,
        f"Russia took Iran's side on {count} on sanctions since {day(left['date'])} ({drafts}).",
    )


@rule
def c47_saudi_arabia(load: Load) -> Finding:
    """C47. Rule: two tests; Russia's goods trade with Saudi Arabia in 2019 was at least half of
    its trade with Iran, and in the General Assembly of 2015–19, on whole resolutions, Saudi Arabia
    was in the first third of members by how often they voted like Russia. Supported when both
    hold, partly when one, contradicted when neither.

    Counts: trade_partners (UN Comtrade), un_agreement. Base rate: a third of all members passes the
    test of votes, by its making; of Russia's partners in trade the explanation says how many pass
    that of trade, which are more than a third, so that it decides little. A reading: trade and
    votes stand for ties; summits and agreements on oil output are in no table.
    """
    times, place = relative_trade(load, "SAU"), standing(load, "RUS", "SAU")
    partners = measures.partner_table(load("trade_partners"), "UN Comtrade", "RUS", ARTICLE_YEAR)
    passing = (partners["total"] >= partners["total"]["IRN"] / 2).sum()
    return Finding(
        verdict_from_tests({"trade": times >= 0.5, "votes": in_first_third(place)}),
        f"{times:.2f} times; rank {place['rank']:.0f} of {place['members']:.0f}",
        f"Russia's trade with Saudi Arabia in {ARTICLE_YEAR} was {times:.2f} times its trade with "
        f"Iran (UN Comtrade; {passing} of {len(partners)} partners have half or more), and in the "
        f"General Assembly of 2015–19 Saudi Arabia ranked {place['rank']:.0f} of "
        f"{place['members']:.0f} in voting like Russia.",
    )


@rule
def c49_arms_embargo(load: Load) -> Finding:
    """C49. Rule: supported when Russia voted for the draft that would have prolonged the United
    Nations arms embargo on Iran (S/2020/797); partly when it abstained; contradicted when it voted
    against; not checkable when its vote is not recorded.

    Counts: security_council.
    """
    draft = load("security_council").query("record == 'vote' and draft == 'S/2020/797'")
    own = draft[draft["member"] == "RUS"]
    if own.empty:
        return not_checkable("Russia's vote on S/2020/797 is not in the table.")
    vote = own.iloc[0]
    yes, no, abstain = vote["yes"], vote["no"], vote["abstain"]
    return Finding(
        {"yes": SUPPORTED, "abstain": PARTLY, "no": CONTRADICTED}[vote["vote"]],
        f"{yes}–{no}–{abstain}, Russia: {vote['vote']}",
        f"On {day(vote['date'])} the draft got {yes} votes for, {no} against and {abstain} "
        f"abstentions, and Russia voted {vote['vote']}.",
    )


@rule
def c51_karabakh(load: Load) -> Finding:
    """C51. Rule: overtaken by events when control of Nagorno-Karabakh changed hands before
    publication or since; not checkable when no such change is confirmed, since what Russia wanted
    is not in a table.

    Counts: events.
    """
    taken = confirmed(load, "2023-09-19-karabakh-taken")
    if taken is None:
        return not_checkable("No change of control is among the confirmed events.")
    gap = (published(load) - taken["date"]).days
    date, side = day(taken["date"]), "before" if gap > 0 else "after"
    return Finding(
        OVERTAKEN,
        date,
        f"Azerbaijan's operation began on {date}, {abs(gap)} days {side} the article.",
    )
