"""Erik Voeten and colleagues: roll calls of the UN General Assembly and the ideal points estimated from them."""
from pathlib import Path

import pandas as pd
import pyreadr

COMPARED = ["AZE", "CHN", "IRN", "ISR", "RUS", "SAU", "SYR", "TUR", "USA"]
ALPHA2 = {"AZE": "AZ", "CHN": "CN", "IRN": "IR", "ISR": "IL", "RUS": "RU", "SAU": "SA", "SYR": "SY", "TUR": "TR",
          "USA": "US"}
FIRST_YEAR = 1991
IDEAL = "voeten-idealpoints/IdealpointsJuly2025.dta"
ESTIMATES = {"all": ("idealpointall", "q5all", "q95all", "nvotesall"),
             "final passage": ("idealpointfp", "q5fp", "q95fp", "nvotesfp"),
             "legacy": ("idealpointlegacy", None, None, "nvotesLegacy")}


def un_votes(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Recorded votes of the compared countries in the General Assembly from 1991, one row a roll call and country.

    From the three tables of the R package `unvotes`, joined by `rcid`. Only yes, no and abstain are recorded: a
    country that was absent or not a member has no row. A roll call may have several issue codes, or none. The year
    is the calendar year of the vote, not the session. `important` is empty where the State Department's list was not
    coded (every vote from 2018, and most votes on paragraphs and amendments).
    """
    votes = _rda(upstream, "un_votes", ["rcid", "country", "country_code", "vote"])
    calls = _rda(upstream, "un_roll_calls", ["rcid", "session", "importantvote", "date", "unres", "amend", "para",
                                             "short", "descr"])
    issues = _rda(upstream, "un_roll_call_issues", ["rcid", "short_name", "issue"])
    codes = {ALPHA2[c]: c for c in sorted({*COMPARED, *pair})}
    joined = issues.sort_values(["rcid", "short_name"]).groupby("rcid")["short_name"].agg(";".join).rename("issues")
    calls = calls.assign(date=pd.to_datetime(calls["date"])).join(joined, on="rcid")
    calls = calls.assign(year=calls["date"].dt.year, resolution=calls["unres"], issues=calls["issues"].fillna(""),
                         important=calls["importantvote"].map(
                             lambda v: None if pd.isna(v) else bool(float(v))).astype("object"))
    votes = votes.assign(country=votes["country_code"].map(codes), vote=votes["vote"].astype(str))
    votes = votes.dropna(subset="country")
    frame = votes.astype({"rcid": int}).merge(calls[calls["year"] >= FIRST_YEAR], on="rcid", validate="many_to_one")
    return frame[["rcid", "date", "year", "resolution", "issues", "important", "country", "vote"]]


def _rda(upstream, name, header):
    frame = pyreadr.read_r(str(upstream / "unvotes" / f"{name}.rda"))[name]
    if list(frame.columns) != header:
        raise ValueError(f"unvotes/{name}.rda: columns are not {header} but {list(frame.columns)}")
    return frame


def un_ideal_points(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Ideal points of the compared countries from 1989, one row a country, year and estimate, with a 90 % interval.

    `all` rests on all recorded votes of the calendar year, `final passage` leaves out votes on paragraphs and
    amendments, `legacy` is the older estimate by session (year = session + 1945), published without an interval.
    The file's label of the legacy column repeats that of `all`; its name is right.
    """
    frame = pd.read_stata(upstream / IDEAL)
    needed = ["iso3c", "year", *(c for cs in ESTIMATES.values() for c in cs if c)]
    missing = [c for c in needed if c not in frame.columns]
    if missing:
        raise ValueError(f"{IDEAL}: no column {missing} in {list(frame.columns)}")
    frame = frame[frame["iso3c"].isin({*COMPARED, *pair}) & (frame["year"] >= 1989)]
    parts = []
    for estimate, (value, low, high, votes) in ESTIMATES.items():
        part = pd.DataFrame({
            "country": frame["iso3c"], "year": frame["year"].astype(int), "estimate": estimate,
            "value": frame[value].astype(float).round(6),
            "low": frame[low].astype(float).round(6) if low else float("nan"),
            "high": frame[high].astype(float).round(6) if high else float("nan"), "votes": frame[votes]})
        parts.append(part.dropna(subset="value"))
    return pd.concat(parts, ignore_index=True)
