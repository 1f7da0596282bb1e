"""United Nations Security Council: recorded votes on Iran, and vetoes."""

import csv
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

VOTES = {
    "IRN": ("unsc-votes-on-iran.csv", "Iran")
}  # votes collected by subject country: file in evidence, topic
VETOES = "unsc-vetoes/unsc_vetoes_1946_sept2022.csv"
FIRST_YEAR = 1991
PERMANENT = ["CHN", "FRA", "GBR", "RUS", "USA"]
CODES = {
    "Belgium": "BEL",
    "Brazil": "BRA",
    "China": "CHN",
    "Denmark": "DNK",
    "Estonia": "EST",
    "France": "FRA",
    "Germany": "DEU",
    "Greece": "GRC",
    "Guyana": "GUY",
    "Indonesia": "IDN",
    "Lebanon": "LBN",
    "Niger": "NER",
    "Panama": "PAN",
    "Qatar": "QAT",
    "Republic of Korea": "KOR",
    "Russian Federation": "RUS",
    "Saint Vincent and the Grenadines": "VCT",
    "Sierra Leone": "SLE",
    "Slovenia": "SVN",
    "Somalia": "SOM",
    "South Africa": "ZAF",
    "Tunisia": "TUN",
    "Turkey": "TUR",
    "United Kingdom": "GBR",
    "United States": "USA",
    "Viet Nam": "VNM",
    # spellings of the list of vetoes
    "Russia": "RUS",
    "USSR": "SUN",
    "USA": "USA",
    "UK": "GBR",
}
OUTCOMES = {
    "Adopted unanimously": "adopted",
    "Adopted by majority": "adopted",
    "Not adopted - failed to receive required number of votes": "not adopted",
}
COLUMNS = [
    "record",
    "date",
    "draft",
    "symbol",
    "topic",
    "subject",
    "outcome",
    "member",
    "vote",
    "yes",
    "no",
    "abstain",
]


def votes(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Votes of Council members on drafts about a country of the pair, one row a draft and member.

    The permanent members and every member that voted no or abstained. The hand-collected file names Russia's,
    China's and the United States' votes and all no votes and abstentions; a permanent member not named among these
    voted yes where all fifteen votes are counted. Elected members that voted yes are not named and have no row.
    A pair about which no votes were collected has no rows.
    """
    return pd.DataFrame(
        [row for code in pair if code in VOTES for row in _votes(upstream, *VOTES[code])],
        columns=COLUMNS,
    )


def vetoes(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Vetoes from 1991, whatever the pair, one row a draft and member that cast one.

    From a list that ends in July 2022 and has no vote counts.
    """
    return pd.DataFrame(_vetoes(upstream), columns=COLUMNS)


def _votes(upstream, name, topic):
    header = [
        "date",
        "symbol",
        "draft",
        "outcome",
        "yes",
        "no",
        "abstain",
        "russia_vote",
        "china_vote",
        "us_vote",
        "no_votes_by",
        "abstentions_by",
        "subject",
    ]
    with open(upstream.parent / "evidence" / name, encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        if table.fieldnames != header:
            raise ValueError(f"{name}: header is not {header} but {table.fieldnames}")
        source = list(table)
    rows = []
    for r in source:
        cast = {_code(m, name): "no" for m in r["no_votes_by"].split("; ") if m}
        cast |= {_code(m, name): "abstain" for m in r["abstentions_by"].split("; ") if m}
        counts = {k: int(r[k]) for k in ("yes", "no", "abstain")}
        named = {v: list(cast.values()).count(v) for v in ("no", "abstain")}
        if sum(counts.values()) != 15 or named != {v: counts[v] for v in named}:
            raise ValueError(
                f"{name}: {r['draft']}: the votes named do not match the counts {counts}"
            )
        for member in PERMANENT:
            cast.setdefault(member, "yes")
        for member, column in (("RUS", "russia_vote"), ("CHN", "china_vote"), ("USA", "us_vote")):
            if cast[member] != r[column].lower():
                raise ValueError(
                    f"{name}: {r['draft']}: {column} is {r[column]}, but the names say {cast[member]}"
                )
        for member, vote in cast.items():
            rows.append(
                {
                    "record": "vote",
                    "date": r["date"],
                    "draft": r["draft"],
                    "symbol": r["symbol"],
                    "topic": topic,
                    "subject": r["subject"],
                    "outcome": OUTCOMES[r["outcome"]],
                    "member": member,
                    "vote": vote,
                    **counts,
                }
            )
    return rows


def _vetoes(upstream):
    needed = [
        "year",
        "date",
        "draft",
        "agenda_item",
        "crisis_topic",
        "member_veto1",
        "member_veto2",
        "member_veto3",
    ]
    frame = formats.csv_table(upstream / VETOES, needed, ["year"], keep_default_na=False)
    rows = []
    for r in frame[frame["year"] >= FIRST_YEAR].to_dict("records"):
        for column in ("member_veto1", "member_veto2", "member_veto3"):
            if r[column]:
                rows.append(
                    {
                        "record": "veto",
                        "date": pd.to_datetime(r["date"], format="%m/%d/%Y").date().isoformat(),
                        "draft": r["draft"].strip(),
                        "symbol": "",
                        "topic": r["crisis_topic"].strip(),
                        "subject": " ".join(r["agenda_item"].split()),
                        "outcome": "vetoed",
                        "member": _code(r[column], VETOES),
                        "vote": "no",
                    }
                )
    return rows


def _code(name, file):
    if name not in CODES:
        raise ValueError(f"{file}: unknown member {name!r}")
    return CODES[name]
