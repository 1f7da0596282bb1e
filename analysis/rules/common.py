"""What several rules share: confirmed events, votes, trade, and the constants of the article."""

from __future__ import annotations

import pandas as pd

from analysis import measures
from ledger.core import text
from ledger.core.claims import NOT_CHECKABLE, Finding, Load
from ledger.core.policy import policy

NAMES = {"RUS": "Russia", "IRN": "Iran"}
ARTICLE_YEAR = 2019  # the year whose trade the article describes
KNOWN_YEAR = 2022  # the last full year that could be known in November 2023
FIVE_YEARS = range(2016, 2021)  # the last that trade_partners has
RECENT_VOTES = (2015, 2019)  # the last five full years of roll calls in un_agreement
IMPOSED = {  # drafts and the resolutions they became
    "S/2006/1010": "1737",
    "S/2007/170": "1747",
    "S/2008/141": "1803",
    "S/2010/283": "1929",
}
KEEPING = ["S/2020/797"]  # would have kept the arms embargo
SANCTIONING = [*IMPOSED, *KEEPING]
# the nuclear deal, and two drafts that would have kept sanctions off
EASING = ["S/2015/547", "S/2025/561", "S/2025/539"]


OWN_ACT = "None: the claim is about one act."


def not_checkable(explanation: str) -> Finding:
    """Return the finding of a rule whose tables lack what it needs."""
    return Finding(NOT_CHECKABLE, "–", explanation, "None: nothing was tested.")


def agrees(value: float, quoted: float) -> bool:
    """Tell whether a measured quantity agrees with a figure that the article quotes."""
    return abs(value / quoted - 1) <= policy().quoted_tolerance


def exceeds(value: float, quoted: float) -> bool:
    """Tell whether a measured quantity exceeds a figure that the article quotes, or agrees."""
    return value > quoted * (1 - policy().quoted_tolerance)


def confirmed(load: Load, event_id: str) -> pd.Series | None:
    """Return a dated event that table events has as confirmed, else None."""
    events = load("events").set_index("event_id")
    if event_id in events.index and events.loc[event_id, "status"] == "confirmed":
        return events.loc[event_id]
    return None


def published(load: Load) -> pd.Timestamp:
    """Return the day on which the article appeared."""
    return load("events").set_index("event_id").loc["2023-11-03-article-published", "date"]


def confirmed_after_article(load: Load, event_id: str) -> pd.Series | None:
    """Return a confirmed event that came after the article, else None."""
    event = confirmed(load, event_id)
    return event if event is not None and event["date"] > published(load) else None


def acts(
    load: Load, *kinds: str, parties: set[str] = frozenset(), subject: str = ""
) -> pd.DataFrame:
    """Return the confirmed events of some kinds of act, by date.

    Parameters
    ----------
    parties : codes that an event must all have among its parties.
    subject : what the act must concern; anything when empty.
    """
    events = load("events")
    events = events[(events["status"] == "confirmed") & events["act"].isin(kinds)]
    among = (
        events["parties"]
        .fillna("")
        .str.split("; ")
        .map(lambda codes: parties <= set(codes))
        .astype(bool)
    )
    events = events[among & ((events["subject"] == subject) | (not subject))]
    return events.sort_values("date")


def day(date: pd.Timestamp) -> str:
    """Return a date as in prose: 3 November 2023."""
    return text.date(date)


def percent(share: float, form: str = "{:.0f}") -> str:
    """Return a share as per cent, without the words."""
    return text.number(100 * share, form)


def trade_of(load: Load, year: int) -> dict[str, pd.Series]:
    """Return Russia's exports to and imports from Iran in a year, by source, in US$.

    Each source that has both, on Russia's side. Iran's side adds nothing in 2019: the Harvard Atlas
    repeats one reconciled value, and no other source has a report of Iran's.
    """
    trade = load("trade_totals").query("reporter == 'RUS' and partner == 'IRN' and year == @year")
    flows = trade.pivot(index="source", columns="flow", values="value_usd")
    both = flows.reindex(columns=["export", "import"]).dropna()
    return {source: both.loc[source] for source in sorted(both.index, reverse=True)}


def standing(load: Load, country: str, member: str) -> pd.Series:
    """Return where `member` stands among all members in voting like `country`, of late.

    In the General Assembly of RECENT_VOTES, on whole resolutions; see `measures.standing`.
    """
    counts = load("un_agreement")
    return measures.standing(counts, country, member, [RECENT_VOTES], whole=True).iloc[0]


def in_first_third(place: pd.Series) -> bool:
    """Tell whether a member's rank is within the first third: what one in three passes."""
    return bool(place["rank"] <= place["members"] / 3)


def in_last_third(place: pd.Series) -> bool:
    """Tell whether a member's rank is within the last third."""
    return bool(place["rank"] > place["members"] * 2 / 3)


def council_votes(load: Load, member: str) -> pd.Series:
    """Return a member's vote on each draft about Iran, by symbol of the draft, in order of date."""
    votes = load("security_council").query("record == 'vote' and member == @member")
    return votes.sort_values("date").set_index("draft")["vote"]


def relative_trade(load: Load) -> pd.Series:
    """Return Russia's goods trade with each partner over that with Iran, in FIVE_YEARS together.

    UN Comtrade. Five years, for in a single one the order of partners as close as Israel and Iran
    turns by chance.
    """
    partners = load("trade_partners")
    tables = [measures.partner_table(partners, "UN Comtrade", "RUS", year) for year in FIVE_YEARS]
    total = pd.concat([table["total"] for table in tables]).groupby(level=0).sum()
    return total / total["IRN"]
