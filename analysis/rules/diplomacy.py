"""Claims about diplomacy."""

from __future__ import annotations

from analysis.rules.common import (
    EASING,
    IMPOSED,
    OWN_ACT,
    SANCTIONING,
    confirmed,
    confirmed_after_article,
    council_votes,
    day,
    not_checkable,
    published,
)
from ledger.core import text
from ledger.core.claims import (
    CONTRADICTED,
    OVERTAKEN,
    PARTLY,
    SUPPORTED,
    BaseRate,
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
        f"{OWN_ACT} The vote alone would decide nothing, for nearly all members cast it; the "
        "objection does.",
    )


@rule
def c43_astana(load: Load) -> Finding:
    """C43. Rule: supported when the first meeting in Astana is confirmed and dated before
    publication; not checkable when it is not.

    Counts: events. That the government with which the process dealt fell later is shown beside and
    decides nothing: what was done together stays done.
    """
    first = confirmed(load, "2017-01-23-astana-process")
    fall = confirmed_after_article(load, "2024-12-08-assad-falls")
    if first is None or first["date"] > published(load):
        return not_checkable(
            "No meeting in Astana before the article is among the confirmed events."
        )
    date, beside = day(first["date"]), "no confirmed event ends it"
    if fall is not None:
        beside = f"the government with which it dealt fell on {day(fall['date'])}"
    return Finding(SUPPORTED, date, f"The process opened on {date}, and {beside}.", OWN_ACT)


@rule
def c44_sided_after_2018(load: Load) -> Finding:
    """C44. Rule: since the United States left the nuclear deal, Russia voted against each Security
    Council draft that would have kept sanctions on Iran and for each that would have kept them
    off. That is one half of mutual support, so partly when on any such draft, contradicted when on
    none.

    Counts: security_council (the drafts named in SANCTIONING and EASING), events. A reading: Iran
    has no vote in the Council, and of its half, over the deal, only a statement was found.
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
        PARTLY if any(sided.values()) else CONTRADICTED,
        count,
        f"Russia took Iran's side on {count} on sanctions since {day(left['date'])} ({drafts}).",
        _iran_side(load, list(sided)),
    )


def _iran_side(load: Load, drafts: list[str]) -> BaseRate:
    """Return how many of all votes cast on some drafts took Iran's side."""
    counts = load("security_council").query("record == 'vote' and draft in @drafts")
    counts = counts.drop_duplicates("draft").set_index("draft")[["yes", "no", "abstain"]]
    sides = [counts["no" if draft in SANCTIONING else "yes"][draft] for draft in counts.index]
    return BaseRate(
        int(sum(sides)), int(counts.to_numpy().sum()), "votes cast on these drafts took that side"
    )


@rule
def c49_arms_embargo(load: Load) -> Finding:
    """C49. Rule: supported when Russia voted for the draft that would have prolonged the United
    Nations arms embargo on Iran (S/2020/797); partly when it abstained; contradicted when it voted
    against; not checkable when its vote is not recorded.

    Counts: security_council. A reading: the claim is of an accusation, which a vote alone cannot
    disprove; what Iran said of the vote, its thanks, is in no table and is read beside it.
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
        f"None for one state's act; {no} of {yes + no + abstain} members voted against.",
    )


@rule
def c51_karabakh(load: Load) -> Finding:
    """C51. Rule: contradicted when control of Nagorno-Karabakh had changed hands before
    publication, so that no status quo was left to support; overtaken by events when it did so
    after; not checkable when no change is confirmed, since what Russia wanted is in no table.

    Counts: events.
    """
    taken = confirmed(load, "2023-09-19-karabakh-taken")
    if taken is None:
        return not_checkable("No change of control is among the confirmed events.")
    gap = (published(load) - taken["date"]).days
    date, side = day(taken["date"]), "before" if gap > 0 else "after"
    return Finding(
        CONTRADICTED if gap > 0 else OVERTAKEN,
        date,
        f"Azerbaijan's operation began on {date}, {abs(gap)} days {side} the article.",
        OWN_ACT,
    )
