"""Claims about the outlook."""

from __future__ import annotations

from analysis.rules.common import (
    confirmed,
    confirmed_after_article,
    day,
    not_checkable,
    published,
)
from ledger.core.claims import CONTRADICTED, OVERTAKEN, SUPPORTED, Finding, Load, rule


@rule
def c58_election_2021(load: Load) -> Finding:
    """C58. Rule: overtaken by events when the vote of June 2021 is confirmed and lies before
    publication; not checkable, as an open prediction, when it lies after or is not confirmed.

    Counts: events.
    """
    vote = confirmed(load, "2021-06-18-raisi-elected")
    if vote is None or vote["date"] >= published(load):
        return not_checkable("No vote before the article is among the confirmed events.")
    days = (published(load) - vote["date"]).days
    explanation = f"The vote was held on {day(vote['date'])}, {days} days before the article."
    return Finding(OVERTAKEN, f"{days} days", explanation)


@rule
def c59_raisi_elected(load: Load) -> Finding:
    """C59. Rule: supported when a confirmed event has Raisi elected in June 2021; contradicted
    when a confirmed event has somebody else elected in that month; not checkable when no election
    is confirmed.

    Counts: events, titles that say elected.
    """
    events = load("events").query("status == 'confirmed'")
    in_june = events["date"].dt.strftime("%Y-%m") == "2021-06"
    elected = events[events["event"].str.contains("elected president of Iran") & in_june]
    if elected.empty:
        return not_checkable("No election in June 2021 is among the confirmed events.")
    event = elected.iloc[0]
    date = day(event["date"])
    verdict = SUPPORTED if event["event"].startswith("Raisi ") else CONTRADICTED
    return Finding(verdict, date, f"Confirmed for {date}: {event['event']}.")


@rule
def c63_succession_open(load: Load) -> Finding:
    """C63. Rule: overtaken by events when Khamenei's death is confirmed for a day after
    publication; not checkable, as an open prediction, when it is not.

    Counts: events. What the succession changed is in no table.
    """
    death = confirmed_after_article(load, "2026-02-28-war-on-iran")
    if death is None or "Khamenei killed" not in death["event"]:
        return not_checkable("No death of Khamenei is among the confirmed events.")
    date, days = day(death["date"]), (death["date"] - published(load)).days
    return Finding(
        OVERTAKEN, date, f"Khamenei was killed on {date}, {days} days after the article."
    )
