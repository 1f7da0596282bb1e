"""Claims about the outlook."""

from __future__ import annotations

from analysis.rules.common import OWN_ACT, acts, day, not_checkable, published
from ledger.core.claims import CONTRADICTED, OVERTAKEN, SUPPORTED, Finding, Load, rule


@rule
def c59_raisi_elected(load: Load) -> Finding:
    """C59. Rule: supported when a confirmed election of June 2021 in Iran has Raisi as its subject;
    contradicted when it has somebody else; not checkable when none is confirmed.

    Counts: events, acts of the kind election.
    """
    elections = acts(load, "election", parties={"IRN"})
    elections = elections[elections["date"].dt.strftime("%Y-%m") == "2021-06"]
    if elections.empty:
        return not_checkable("No election in June 2021 is among the confirmed events.")
    event = elections.iloc[0]
    date = day(event["date"])
    verdict = SUPPORTED if event["subject"] == "raisi" else CONTRADICTED
    return Finding(verdict, date, f"Confirmed for {date}: {event['event']}.", OWN_ACT)


@rule
def c63_succession_open(load: Load) -> Finding:
    """C63. Rule: overtaken by events when Khamenei's death is confirmed for a day after
    publication; not checkable, as an open prediction, when it is not.

    Counts: events, acts of the kind leader dies. What the succession changed is in no table.
    """
    deaths = acts(load, "leader dies", parties={"IRN"}, subject="khamenei")
    deaths = deaths[deaths["date"] > published(load)]
    if deaths.empty:
        return not_checkable("No death of Khamenei is among the confirmed events.")
    death = deaths.iloc[0]["date"]
    date, days = day(death), (death - published(load)).days
    return Finding(
        OVERTAKEN, date, f"Khamenei was killed on {date}, {days} days after the article.", OWN_ACT
    )
