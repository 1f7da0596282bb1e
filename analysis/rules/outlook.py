"""Claims about the outlook."""

from __future__ import annotations

from analysis.rules.common import OWN_ACT, acts, day, not_checkable
from ledger.core.claims import CONTRADICTED, SUPPORTED, Finding, Load, rule


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
