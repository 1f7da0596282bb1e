"""United Nations Security Council: recorded votes on Iran (collected by hand), and vetoes (CSV).

The list of vetoes is the World Politics Data Lab's. Terms: votes are facts of public record; MIT
for the arranged list of vetoes.
"""

from pathlib import Path

import pandas as pd

from analysis.connectors import hand_kept
from ledger.core.sources import countries, formats
from ledger.core.sources.strict import FormError, shown

# by the country that the drafts are about; the second file has votes that the list does not have
# yet, from the pages named in the table's sources; the symbols of these drafts were not seen, so
# that date and sponsor stand for them
LISTS = {
    "IRN": ("unsc-votes-on-iran.csv", Path(__file__).with_name("council_votes_since_2026.csv"))
}
TOPICS = {"IRN": "Iran"}
LAST_VOTE, DRAFTS = "2025-09-26", 10  # of the list that was collected first
VETOES = "unsc-vetoes/unsc_vetoes_1946_sept2022.csv"
LAST_VETO, VETOED = "7/8/2022", 214  # the list is that of one edition
FIRST_YEAR = 1991
SEATS, MAJORITY = 15, 9
PERMANENT = ["CHN", "FRA", "GBR", "RUS", "USA"]
NAMED = {"RUS": "russia_vote", "CHN": "china_vote", "USA": "us_vote"}  # in columns of their own
EXCEPTIONS = {"USSR": "SUN"}  # no state of today
OUTCOMES = {
    "Adopted unanimously": "adopted",
    "Adopted by majority": "adopted",
    "Not adopted - failed to receive required number of votes": "not adopted",
    "Vetoed": "vetoed",
}
COLUMNS = [
    "record", "date", "draft", "symbol", "topic", "subject", "outcome", "member", "vote", "yes",
    "no", "abstain",
]  # fmt: skip
VOTES_HEADER = [
    "date", "symbol", "draft", "outcome", "yes", "no", "abstain", "russia_vote", "china_vote",
    "us_vote", "no_votes_by", "abstentions_by", "subject",
]  # fmt: skip
VETO_MEMBERS = ["member_veto1", "member_veto2", "member_veto3"]
VETOES_HEADER = ["year", "date", "draft", "agenda_item", "crisis_topic", *VETO_MEMBERS]


def votes(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return votes of Council members on drafts about a country of the pair.

    The file names Russia's, China's and the United States' votes and all no votes and abstentions;
    a permanent member not named among these voted yes where all fifteen votes are counted. Elected
    members that voted yes are not named and have no row.

    Parameters
    ----------
    upstream
        Folder beside which `evidence/` has the lists in LISTS.
    pair
        ISO 3166 codes of the two countries; one about which no votes were collected has no rows.

    Returns
    -------
    DataFrame
        COLUMNS; one row a draft and member: the permanent ones, and every one that voted no or
        abstained. `yes`, `no` and `abstain` are numbers of votes.

    Raises
    ------
    FormError
        Names file and draft whose names, counts and outcome do not match, and a list that is cut
        short.
    """
    drafts = [
        *hand_kept.rows(
            upstream, pair, LISTS, VOTES_HEADER, ["yes", "no", "abstain"], keep_default_na=False
        )
    ]
    for code in dict.fromkeys(code for code, _, _ in drafts):
        name = LISTS[code][0]
        last = [draft["date"] for _, file, draft in drafts if file == name][-1]
        if last != LAST_VOTE:
            raise FormError(name, f"the list ends at {last}", f"{LAST_VOTE} at the end")
        if (found := sum(file == name for _, file, _ in drafts)) != DRAFTS:
            raise FormError(name, f"{found} drafts", f"{DRAFTS}; later ones have a list")
    rows = [row for code, name, draft in drafts for row in _votes(draft, TOPICS[code], name)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _votes(draft: dict, topic: str, name: str) -> list[dict]:
    where = f"{name}: {draft['draft']}"
    counts = {vote: draft[vote] for vote in ("yes", "no", "abstain")}
    if draft["outcome"] not in OUTCOMES:
        raise FormError(where, f"{shown(draft['outcome'])} is no known outcome", f"{[*OUTCOMES]}")
    common = {
        "record": "vote",
        **{column: draft[column] for column in ("date", "draft", "symbol", "subject")},
        "topic": topic,
        "outcome": OUTCOMES[draft["outcome"]],
        **counts,
    }
    cast = _cast(draft, counts, where)
    vetoed = any(cast[member] == "no" for member in PERMANENT)
    if (common["outcome"] == "adopted") != (counts["yes"] >= MAJORITY and not vetoed):
        found = f"{shown(draft['outcome'])} with {counts['yes']} votes for it"
        raise FormError(where, found, f"{MAJORITY} votes and no veto where a draft is adopted")
    return [common | {"member": member, "vote": vote} for member, vote in cast.items()]


def _cast(draft: dict, counts: dict[str, int], where: str) -> dict[str, str]:
    """Return member → vote on one draft."""
    cast = {
        countries.country_code(member, EXCEPTIONS, where): vote
        for vote, column in (("no", "no_votes_by"), ("abstain", "abstentions_by"))
        for member in draft[column].split("; ")
        if member
    }
    named = {vote: list(cast.values()).count(vote) for vote in ("no", "abstain")}
    if sum(counts.values()) != SEATS or named != {vote: counts[vote] for vote in named}:
        raise FormError(
            where, f"the votes named do not match the counts {counts}", f"{SEATS} votes"
        )
    for member in PERMANENT:
        cast.setdefault(member, "yes")
    for member, column in NAMED.items():
        if cast[member] != draft[column].lower():
            found = f"{column} is {shown(draft[column])}, but the names say {cast[member]}"
            raise FormError(where, found, "one vote a member")
    return cast


def vetoes(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return vetoes from 1991, whatever the pair.

    Parameters
    ----------
    upstream
        Folder with the file VETOES, a list that ends in July 2022 and has no vote counts.
    pair
        Not used.

    Returns
    -------
    DataFrame
        COLUMNS; one row a draft and member that cast a veto.

    Raises
    ------
    FormError
        Names file, row, column and value that are not as expected.
    """
    frame = _vetoes(upstream / VETOES)
    rows = [
        {
            "record": "veto",
            "date": pd.to_datetime(draft["date"], format="%m/%d/%Y").date().isoformat(),
            "draft": draft["draft"].strip(),
            "symbol": "",
            "topic": draft["crisis_topic"].strip(),
            "subject": " ".join(draft["agenda_item"].split()),
            "outcome": "vetoed",
            "member": countries.country_code(draft[column], EXCEPTIONS, VETOES),
            "vote": "no",
        }
        for draft in frame[frame["year"] >= FIRST_YEAR].to_dict("records")
        for column in VETO_MEMBERS
        if draft[column]
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _vetoes(path: Path) -> pd.DataFrame:
    """Return the list of vetoes; its last line has no end."""
    frame = formats.read_csv(path, VETOES_HEADER, ["year"], ended=False, keep_default_na=False)
    dates = pd.to_datetime(frame["date"], format="%m/%d/%Y", errors="coerce")
    spelled = frame["date"].str.fullmatch("[1-9][0-9]?/[1-9][0-9]?/[0-9]{4}") & dates.notna()
    formats.refuse_cells(path, frame["date"], ~spelled, "is no day", "such as 7/8/2022")
    formats.refuse_cells(
        path, frame["year"], frame["year"] != dates.dt.year, "is not the year of the date"
    )
    wrong = dates.diff() < pd.Timedelta(0)
    formats.refuse_cells(path, frame["date"], wrong, "is before the day above it", "rows by date")
    for column in VETO_MEMBERS:
        known = {"": None} | {
            name: countries.country_code(name, EXCEPTIONS, f"{path.name}, column {column}")
            for name in frame[column].unique()
            if name
        }
        wrong = frame[column].ne("") & ~frame[column].map(known).isin([*PERMANENT, "SUN"])
        formats.refuse_cells(path, frame[column], wrong, "has no veto", "a permanent member")
    formats.refuse_cells(
        path, frame[VETO_MEMBERS[0]], frame[VETO_MEMBERS[0]] == "", "where a member is named"
    )
    for column in ("draft", "crisis_topic", "agenda_item"):
        empty = frame[column].str.strip() == ""
        formats.refuse_cells(path, frame[column], empty, "is there", "text")
    formats.refuse_early_end(path, frame["date"], LAST_VETO)
    if len(frame) != VETOED:
        raise FormError(path.name, f"{len(frame)} drafts", f"{VETOED}, as in the whole list")
    return frame
