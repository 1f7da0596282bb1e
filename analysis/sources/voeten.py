"""Erik Voeten and colleagues: roll calls of the UN General Assembly and the ideal points estimated from them."""

import json
import re
from pathlib import Path

import pandas as pd
import pyreadr

from ledger.core.sources import formats

COMPARED = ["AZE", "CHN", "IRN", "ISR", "RUS", "SAU", "SYR", "TUR", "USA"]
FIRST_YEAR = 1991  # of votes
FIRST_POINTS = 1989
DOI = "doi:10.7910/DVN/LEJUQZ"
VOTES = re.compile(
    r"UNVotes[\w.-]*\.(RData|csv|tab)", re.I
)  # the names differ by release, and Dataverse shows tables as .tab
POINTS = re.compile(r"Idealpoint(s|estimates)[\w.-]*\.(dta|csv|tab)", re.I)
CODES = {1: "yes", 2: "abstain", 3: "no", 8: None, 9: None}  # absent and not a member: no row
ISSUES = ["co", "di", "ec", "hr", "me", "nu"]
CALLS = ["rcid", "date", "unres", "importantvote"]
# estimate → the columns of its point, bounds and number of votes, in small letters and without "%"
ESTIMATES = {
    "all": ("idealpointall", "q5all", "q95all", "nvotesall"),
    "final passage": ("idealpointfp", "q5fp", "q95fp", "nvotesfp"),
    "legacy": ("idealpointlegacy", None, None, "nvoteslegacy"),
}


def download_votes(get, pair: tuple[str, str]) -> str:
    """Fetch the roll calls from the newest version of the dataset that holds them (later ones have the ideal points only)."""
    name = "versions.json"
    path = get(
        name, "api/datasets/:persistentId/versions", params={"persistentId": DOI}, kind="json"
    )
    versions = _data(get, name, path, list)
    return _download(get, name, versions, VOTES, "roll calls")


def download_points(get, pair: tuple[str, str]) -> str:
    """Fetch every file of ideal points by country and year in the dataset's latest version."""
    name = "dataset.json"
    path = get(name, "api/datasets/:persistentId", params={"persistentId": DOI}, kind="json")
    version = _data(get, name, path, dict).get("latestVersion") or {}
    return _download(get, name, [version], POINTS, "ideal points")


def _data(get, name, path, kind):
    answer = json.loads(path.read_text(encoding="utf-8-sig"))
    if (
        not isinstance(answer, dict)
        or answer.get("status", "OK") != "OK"
        or not isinstance(answer.get("data"), kind)
    ):
        says = answer.get("message") or answer if isinstance(answer, dict) else answer
        raise get.refuse(
            name, f"Dataverse does not list the dataset {DOI} but says {str(says)[:200]!r}"
        )
    return answer["data"]


def _download(get, name, versions, pattern, what):
    """Fetch the files named like `pattern` from the newest of `versions` that has any."""

    def number(version):
        return version.get("versionNumber") or 0, version.get("versionMinorNumber") or 0

    for version in sorted(versions, key=number, reverse=True):
        found = {
            each.get("label", ""): each
            for each in version.get("files", [])
            if pattern.fullmatch(each.get("label", ""))
        }
        for label, each in found.items():
            number_of_file = (each.get("dataFile") or {}).get("id")
            if each.get("restricted") or not isinstance(number_of_file, int):
                raise get.refuse(
                    name,
                    f"{label} is restricted, or has no number to ask for it by: {str(each)[:200]}",
                )
            get(label, f"api/access/datafile/{number_of_file}", kind=_kind(label))
        if found:
            released = str(version.get("releaseTime") or "")[:10] or "on a day that is not said"
            return f"{what} of version {'.'.join(map(str, number(version)))} of the dataset, released {released}"
    labels = {each.get("label", "") for version in versions for each in version.get("files", [])}
    raise get.refuse(name, f"no file of {what} is among {sorted(labels)[:40]}")


def _kind(label):
    return {"rdata": "rda", "tab": "csv"}.get(
        label.rsplit(".", 1)[1].lower(), label.rsplit(".", 1)[1].lower()
    )


def un_votes(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Recorded votes of the compared countries in the General Assembly from 1991, one row a roll call and country.

    From the three tables of the R package `unvotes`, or from the dataset's own table of all votes. Only yes, no and
    abstain are recorded: a country that was absent or not a member has no row. A roll call may have several issue
    codes, or none. The year is the calendar year of the vote, not the session. `important` is empty where the State
    Department's list was not coded (every vote from 2018, and most votes on paragraphs and amendments).
    """
    folder = upstream / "unvotes"
    found = sorted(path for path in folder.glob("*") if VOTES.fullmatch(path.name))
    if len(found) > 1:
        raise ValueError(
            f"{folder}: {[path.name for path in found]} are all tables of votes; there must be one"
        )
    codes = sorted({*COMPARED, *pair})
    votes, calls = _dataset(found[0], codes) if found else _package(folder, codes)
    calls = calls.assign(date=pd.to_datetime(calls["date"]))
    calls = calls.assign(
        year=calls["date"].dt.year,
        resolution=calls["unres"],
        important=calls["importantvote"]
        .map(lambda v: None if pd.isna(v) else bool(float(v)))
        .astype("object"),
    )
    frame = votes.astype({"rcid": int}).merge(
        calls[calls["year"] >= FIRST_YEAR], on="rcid", validate="many_to_one"
    )
    return frame[["rcid", "date", "year", "resolution", "issues", "important", "country", "vote"]]


def _package(folder, codes):
    """Votes and roll calls of the R package, which knows countries by their codes of two letters."""
    votes = _rda(folder, "un_votes", ["rcid", "country", "country_code", "vote"])
    calls = _rda(
        folder,
        "un_roll_calls",
        ["rcid", "session", "importantvote", "date", "unres", "amend", "para", "short", "descr"],
    )
    issues = _rda(folder, "un_roll_call_issues", ["rcid", "short_name", "issue"])
    letters = {
        formats.countries().convert(code, src="ISO3", to="ISO2", not_found="none"): code
        for code in codes
    }
    joined = (
        issues.sort_values(["rcid", "short_name"])
        .groupby("rcid")["short_name"]
        .agg(";".join)
        .rename("issues")
    )
    calls = calls[CALLS].join(joined, on="rcid")
    votes = votes.assign(country=votes["country_code"].map(letters), vote=votes["vote"].astype(str))
    return votes.dropna(subset="country")[["rcid", "country", "vote"]], calls.assign(
        issues=calls["issues"].fillna("")
    )


def _rda(folder, name, header):
    path = folder / f"{name}.rda"
    if not path.exists():
        raise FileNotFoundError(
            f"{path}: there is neither this file nor a table of votes of the dataset (UNVotes….RData)"
        )
    frame = _objects(path).get(name, pd.DataFrame())
    if list(frame.columns) != header:
        raise ValueError(f"unvotes/{name}.rda: columns are not {header} but {list(frame.columns)}")
    return frame


def _objects(path):
    try:
        return pyreadr.read_r(str(path))
    except pyreadr.LibrdataError as error:
        raise ValueError(f"{path.name}: it cannot be read as a file of R ({error})") from None


def _dataset(path, codes):
    """Votes and roll calls of the dataset's table of all votes, which knows countries by their codes of three letters."""
    needed = [*CALLS, "vote", "Country", *ISSUES]
    if path.suffix.lower() == ".rdata":
        frame = next(iter(_objects(path).values()), pd.DataFrame())
        if missing := [column for column in needed if column not in frame.columns]:
            raise ValueError(f"{path.name}: no column {missing} in {list(frame.columns)}")
        frame = frame[needed]
    else:
        frame = formats.csv_table(
            path,
            needed,
            ["rcid", "vote", "importantvote", *ISSUES],
            keep_default_na=False,
            na_values=["", "NA"],
            sep="\t" if path.suffix == ".tab" else ",",
        )
    frame = frame[frame["Country"].isin(codes)]
    if missing := set(COMPARED) - set(frame["Country"]):
        raise ValueError(
            f"{path.name}, column Country: no votes of {sorted(missing)}, by codes of three letters"
        )
    for column, known in [
        ("vote", list(CODES)),
        *((issue, [0, 1]) for issue in ISSUES),
        ("importantvote", [0, 1]),
    ]:
        values = pd.to_numeric(frame[column].astype(object), errors="coerce")
        wrong = ~values.isin(known) & (frame[column].notna() if column != "vote" else True)
        if wrong.any():
            call, value = frame.loc[wrong, ["rcid", column]].iloc[0]
            raise ValueError(
                f"{path.name}, roll call {call:.0f}, column {column}: {value!r} is none of {known}"
            )
        frame = frame.assign(**{column: values})
    calls = (
        frame[[*CALLS, *ISSUES]].drop_duplicates("rcid").astype({"rcid": int}).fillna({"unres": ""})
    )
    calls["issues"] = [
        ";".join(issue for issue, flag in zip(ISSUES, flags, strict=True) if flag == 1)
        for flags in calls[ISSUES].itertuples(index=False)
    ]
    votes = pd.DataFrame(
        {"rcid": frame["rcid"], "country": frame["Country"], "vote": frame["vote"].map(CODES)}
    )
    return votes.dropna(subset="vote"), calls[[*CALLS, "issues"]]


def un_ideal_points(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Ideal points of the compared countries from 1989, one row a country, year and estimate, with a 90 % interval.

    `all` rests on all recorded votes of the calendar year, `final passage` leaves out votes on paragraphs and
    amendments, `legacy` is the older estimate by session (year = session + 1945), published without an interval. A
    release may hold one of them or several, in one file or several. The label of the legacy column in the file of July
    2025 repeats that of `all`; its name is right.
    """
    folder = upstream / "voeten-idealpoints"
    found = sorted(path for path in folder.glob("*") if POINTS.fullmatch(path.name))
    if not found:
        raise FileNotFoundError(
            f"{folder}: no file of ideal points (Idealpoints….dta, .csv or .tab)"
        )
    parts, seen = [], {}
    for path in found:
        for estimate, part in _points(path, {*COMPARED, *pair}).items():
            if estimate in seen:
                raise ValueError(
                    f"{path.name}: it holds the estimate {estimate!r}, as {seen[estimate]} does"
                )
            seen[estimate] = path.name
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _points(path, codes):
    """{estimate: rows} of one file."""
    if path.suffix == ".dta":
        frame = pd.read_stata(path)
    else:
        parted = "\t" if path.suffix == ".tab" else ","
        header = pd.read_csv(
            path, sep=parted, nrows=0, encoding="utf-8-sig", encoding_errors="replace"
        ).columns
        frame = formats.csv_table(
            path, header, sep=parted, keep_default_na=False, na_values=["", "NA"]
        )
    frame.columns = [str(column).lower().replace("%", "") for column in frame.columns]
    if "year" not in frame.columns and "session" in frame.columns:
        frame["year"] = frame["session"] + 1945
    estimates = {
        name: columns for name, columns in ESTIMATES.items() if columns[0] in frame.columns
    }
    needed = ["iso3c", "year", *(c for columns in estimates.values() for c in columns if c)]
    missing = [c for c in needed if c not in frame.columns]
    if missing or not estimates:
        wanted = missing or [columns[0] for columns in ESTIMATES.values()]
        raise ValueError(f"{path.name}: no column {wanted} in {list(frame.columns)}")
    frame = frame[frame["iso3c"].isin(codes)]
    if absent := set(COMPARED) - set(frame["iso3c"]):
        raise ValueError(f"{path.name}, column iso3c: no points of {sorted(absent)}")
    for column in needed[1:]:
        values = pd.to_numeric(frame[column], errors="coerce")
        wrong = values.isna() & frame[column].notna()
        if wrong.any():
            raise ValueError(
                f"{path.name}, column {column}: {frame[column][wrong].iloc[0]!r} is no number"
            )
        frame = frame.assign(**{column: values})
    frame = frame[frame["year"] >= FIRST_POINTS]
    return {
        estimate: pd.DataFrame(
            {
                "country": frame["iso3c"],
                "year": frame["year"].astype(int),
                "estimate": estimate,
                "value": frame[value].astype(float).round(6),
                "low": frame[low].astype(float).round(6) if low else float("nan"),
                "high": frame[high].astype(float).round(6) if high else float("nan"),
                "votes": frame[votes],
            }
        ).dropna(subset="value")
        for estimate, (value, low, high, votes) in estimates.items()
    }
