"""Erik Voeten and colleagues: roll calls of the UN General Assembly, and ideal points from them.

Files of their dataset at Dataverse (R, CSV, Stata), or of the R package unvotes. Terms: CC0 1.0.
"""

import re
import struct
from numbers import Real
from pathlib import Path

import pandas as pd
import pyreadr

from ledger.core.sources import countries, formats
from ledger.core.sources.strict import FormError, csv_rows, read_json, shown

COMPARED = ["AZE", "CHN", "IRN", "ISR", "RUS", "SAU", "SYR", "TUR", "USA"]
FIRST_YEAR = 1991  # of votes
FIRST_POINTS = 1989
# A year in which no country voted as often as this is left out: the edition of April 2026 books
# 8 votes to 2024, to which that of July 2025 booked 100, and 158 to 2025. 8 votes place nobody
FEWEST_VOTES = 20
FIRST_SESSION = 1945  # the year before the first session
DOI = "doi:10.7910/DVN/LEJUQZ"
# the names differ by release, and Dataverse shows tables as .tab
VOTES = re.compile(r"UNVotes[\w.-]*\.(RData|csv|tab)", re.I)
POINTS = re.compile(r"Idealpoint(s|estimates)[\w.-]*\.(dta|csv|tab)", re.I)
KINDS = {"rdata": "rda", "tab": "csv"}  # ending → form, where they differ
CODES = {1: "yes", 2: "abstain", 3: "no", 8: None, 9: None}  # absent and not a member: no row
ISSUES = ["co", "di", "ec", "hr", "me", "nu"]
CALLS = ["rcid", "date", "unres", "importantvote"]
PARTS = ["para", "amend"]  # 1 for a vote on a paragraph, on an amendment
# estimate → the columns of its point, bounds and number of votes, in small letters and without "%"
ESTIMATES = {
    "all": ("idealpointall", "q5all", "q95all", "nvotesall"),
    "final passage": ("idealpointfp", "q5fp", "q95fp", "nvotesfp"),
    "legacy": ("idealpointlegacy", None, None, "nvoteslegacy"),
}
POINTS_COLUMNS = {
    "iso3c", "year", "session", *(column for four in ESTIMATES.values() for column in four),
}  # fmt: skip
FEWEST_MEMBERS = 150  # with points, in each year since 1989
FARTHEST = 6  # from nought; the points lie between -3.5 and 3.5
NOTHING = ["", "NA"]  # in files that R wrote
VOTES_CAST = ["yes", "abstain", "no"]
# of the package of 2021, which only grows
FEWEST_ROWS = {"un_votes": 870_109, "un_roll_calls": 6_203, "un_roll_call_issues": 5_745}
VOTES_RESULT = ["rcid", "date", "year", "resolution", "issues", "important", "country", "vote"]
AGREEMENT_RESULT = [
    "country", "member", "year", "common", "equal", "common_whole", "equal_whole",
]  # fmt: skip
MEASURED = "USA"  # whose agreement with all members is counted beside that of the pair
# Yugoslavia, Serbia and Montenegro, and Serbia have one code: YU in the package. The seat was empty
# from late 1992 to 2000
YUGOSLAV = ["YUG", "SCG", "SRB"]
SERBIAN_SINCE = 2000
# no rows of these: a seat that is counted under another code too, and the two Yemens of before
# 1990, whose points end in 1989
PASSED_OVER = ["", "YAR", "YMD"]
FORMER_MEMBERS = ["CSK", "DDR"]
FORMER = {"YU": "YUG", "CS": "CSK"}  # letters of the package that country_converter does not know
# tables of the R package and their columns
PACKAGE = {
    "un_votes": ["rcid", "country", "country_code", "vote"],
    "un_roll_calls": [
        "rcid", "session", "importantvote", "date", "unres", "amend", "para", "short", "descr",
    ],
    "un_roll_call_issues": ["rcid", "short_name", "issue"],
}  # fmt: skip


# --- downloading ----------------------------------------------------------------------------------


def download_votes(get, pair: tuple[str, str]) -> str:
    """Download the roll calls from the newest version that holds them (later ones do not)."""
    name = "versions.json"
    address = "api/datasets/:persistentId/versions"
    path = get(name, address, params={"persistentId": DOI}, kind="json")
    return _download(get, name, _data(get, name, path, list), VOTES, "roll calls")


def download_points(get, pair: tuple[str, str]) -> str:
    """Download every file of ideal points by country and year in the latest version."""
    name = "dataset.json"
    path = get(name, "api/datasets/:persistentId", params={"persistentId": DOI}, kind="json")
    version = _data(get, name, path, dict).get("latestVersion") or {}
    return _download(get, name, [version], POINTS, "ideal points")


def _data(get, name: str, path: Path, kind: type):
    answer = read_json(path)
    is_answer = isinstance(answer, dict)
    data = answer.get("data") if is_answer and answer.get("status", "OK") == "OK" else None
    if not isinstance(data, kind):
        message = answer.get("message") or answer if is_answer else answer
        raise get.refuse(
            name, f"Dataverse does not list the dataset {DOI} but says {str(message)[:200]!r}"
        )
    return data


def _download(get, name: str, versions: list[dict], pattern: re.Pattern, content: str) -> str:
    """Download the files named like `pattern` from the newest of `versions` that has any."""
    for version in sorted(versions, key=_number, reverse=True):
        files = {file.get("label", ""): file for file in version.get("files", [])}
        matching = {label: file for label, file in files.items() if pattern.fullmatch(label)}
        for label, file in matching.items():
            file_id = (file.get("dataFile") or {}).get("id")
            if file.get("restricted") or not isinstance(file_id, int):
                raise get.refuse(
                    name,
                    f"{label} is restricted, or has no number to ask for it by: {str(file)[:200]}",
                )
            ending = label.rsplit(".", 1)[1].lower()
            get(label, f"api/access/datafile/{file_id}", kind=KINDS.get(ending, ending))
        if matching:
            released = str(version.get("releaseTime") or "")[:10] or "on a day that is not said"
            number = ".".join(map(str, _number(version)))
            return f"{content} of version {number} of the dataset, released {released}"
    labels = {file.get("label", "") for version in versions for file in version.get("files", [])}
    raise get.refuse(name, f"no file of {content} is among {sorted(labels)[:40]}")


def _number(version: dict) -> tuple[int, int]:
    return version.get("versionNumber") or 0, version.get("versionMinorNumber") or 0


# --- votes ----------------------------------------------------------------------------------------


def un_votes(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return recorded votes of the pair and of COMPARED in the General Assembly, from 1991.

    Only yes, no and abstain are recorded: a country that was absent or not a member has no row.

    Parameters
    ----------
    upstream
        Folder with `unvotes/`: the three tables of the R package, or the dataset's table of all
        votes (named like VOTES).
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        VOTES_RESULT; one row a roll call and country. A roll call may have several issue codes, or
        none. The year is that of the vote, not of the session. `important` is empty where the State
        Department's list was not coded (every vote from 2018, and most votes on paragraphs and
        amendments).

    Raises
    ------
    FormError
        Names file, roll call, column and value that are not as expected.
    FileNotFoundError
        Neither form is there.
    """
    votes, calls = _votes_and_calls(upstream, sorted({*COMPARED, *pair}))
    dates = pd.to_datetime(calls["date"])
    important = calls["importantvote"].map(
        lambda flag: None if pd.isna(flag) else bool(float(flag))
    )
    calls = calls.assign(
        date=dates,
        year=dates.dt.year,
        resolution=calls["unres"],
        important=important.astype("object"),
    )
    calls = calls[calls["year"] >= FIRST_YEAR]
    frame = votes.astype({"rcid": int}).merge(calls, on="rcid", validate="many_to_one")
    return frame[VOTES_RESULT]


def un_agreement(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return how often the pair, and MEASURED, voted like each other member, by year from 1991.

    A roll call is common to two members when both voted yes, no or abstained, and equal when their
    votes are the same, two abstentions included; a member that was absent took no part. So
    `measures.voting_agreement` counts, too. Votes on whole resolutions are counted apart as well:
    the source has votes on paragraphs and amendments from 1997 to 2012 and of 2016 and 2017, and
    in other years one at most, so that only whole resolutions compare over time.

    Parameters
    ----------
    upstream, pair
        As for `un_votes`.

    Returns
    -------
    DataFrame
        AGREEMENT_RESULT; one row a country of the three, other member and year with a common roll
        call. The member's code is the one under which the source counts it, but YUG up to 1999 and
        SRB from 2000 for the seat of Yugoslavia and Serbia.

    Raises
    ------
    FormError
        As `un_votes`, and for a code of a country that is not known.
    FileNotFoundError
        Neither form is there.
    """
    votes, calls = _votes_and_calls(upstream, None)
    years = pd.to_datetime(calls["date"]).dt.year.set_axis(calls["rcid"].astype(int))
    votes = votes.assign(rcid=votes["rcid"].astype(int))
    votes = votes.assign(year=votes["rcid"].map(years)).query("year >= @FIRST_YEAR")
    _refuse_unknown(upstream / "unvotes", set(votes["country"]))
    votes = votes.assign(country=_of_the_year(votes["country"], votes["year"]))
    cast = votes.pivot(index=["rcid", "year"], columns="country", values="vote")
    is_part = calls[PARTS].apply(pd.to_numeric).eq(1).any(axis=1)
    on_parts = cast.index.get_level_values("rcid").isin(calls["rcid"][is_part].astype(int))
    parts = []
    for country in dict.fromkeys([*pair, MEASURED]):
        others = cast.drop(columns=country)
        common = others.notna() & cast[[country]].notna().to_numpy()
        equal = others.eq(cast[country], axis=0) & common
        counts = {"common": common, "equal": equal}
        counts |= {f"{name}_whole": cells[~on_parts] for name, cells in counts.items()}
        by_year = {name: cells.groupby("year").sum().stack() for name, cells in counts.items()}
        frame = pd.DataFrame(by_year).fillna(0).astype(int).reset_index()
        parts.append(frame.rename(columns={"country": "member"}).assign(country=country))
    return pd.concat(parts, ignore_index=True).query("common > 0")[AGREEMENT_RESULT]


def _of_the_year(codes: pd.Series, years: pd.Series) -> pd.Series:
    """Return codes of countries, those of the Yugoslav seat as they were in each year."""
    names = years.ge(SERBIAN_SINCE).map({True: "SRB", False: "YUG"})
    return codes.mask(codes.isin(YUGOSLAV), names)


def _refuse_unknown(folder: Path, codes: set[str]) -> None:
    """Raise FormError for a code that is no member's; those before FIRST_YEAR do not matter."""
    convert = countries.converter().convert
    codes = codes - {*YUGOSLAV, *FORMER.values()}
    unknown = {code for code in codes if convert(code, src="ISO3", not_found="-") == "-"}
    if unknown:
        place = f"{folder.name} (un_votes.rda, or the table of all votes), from {FIRST_YEAR}"
        found = f"{sorted(unknown)} are no codes of members that are known"
        raise FormError(place, found, "codes of ISO 3166")


def _votes_and_calls(upstream: Path, codes: list[str] | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return votes of the countries `codes`, or of all members, and roll calls."""
    folder = upstream / "unvotes"
    paths = sorted(path for path in folder.glob("*") if VOTES.fullmatch(path.name))
    if len(paths) > 1:
        names = [path.name for path in paths]
        raise FormError(folder.name, f"{names} are all tables of votes", "one")
    return _dataset(paths[0], codes) if paths else _package(folder, codes)


def _package(folder: Path, codes: list[str] | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return votes and roll calls of the R package, whose codes of countries have two letters."""
    votes, calls, issues = (_package_table(folder, name) for name in PACKAGE)
    _check_package(votes, calls, issues)
    convert = countries.converter().convert
    if codes is None:
        # a code that stays as it is, or a name in its place, is refused where it matters
        codes_given = votes["country_code"].replace("", None).fillna(votes["country"])
        letters = {two: two for two in codes_given.unique()}  # names of states that are no more
        letters |= {
            two: FORMER.get(two) or convert(two, src="ISO2", to="ISO3", not_found=two)
            for two in letters
            if re.fullmatch("[A-Z]{2}", two)
        }
        votes = votes.assign(country_code=codes_given)
    else:
        letters = {convert(code, src="ISO3", to="ISO2", not_found="none"): code for code in codes}
    by_call = issues.sort_values(["rcid", "short_name"]).groupby("rcid")["short_name"]
    calls = calls[[*CALLS, *PARTS]].join(by_call.agg(";".join).rename("issues"), on="rcid")
    votes = votes.assign(country=votes["country_code"].map(letters), vote=votes["vote"].astype(str))
    votes = votes.dropna(subset="country")[["rcid", "country", "vote"]]
    if missing := sorted(set(COMPARED) - set(votes["country"])):
        place = "un_votes.rda, column country_code"
        raise FormError(place, f"no votes of {missing}", "all members")
    return votes, calls.assign(issues=calls["issues"].fillna(""))


def _package_table(folder: Path, name: str) -> pd.DataFrame:
    path = folder / f"{name}.rda"
    if not path.exists():
        raise FileNotFoundError(
            f"{path}: there is neither this file nor a table of votes of the dataset "
            "(UNVotes….RData)"
        )
    frame = formats.read_r(path, name)
    if other := sorted({*frame.columns} ^ {*PACKAGE[name]}):
        raise FormError(path.name, f"columns {other} are new or gone", f"{PACKAGE[name]} alone")
    if len(frame) < FEWEST_ROWS[name]:
        raise FormError(path.name, f"{len(frame)} rows", f"{FEWEST_ROWS[name]} or more")
    return frame


def _check_package(votes: pd.DataFrame, calls: pd.DataFrame, issues: pd.DataFrame) -> None:
    """Refuse votes, flags, days and issues that are not known, and votes of no roll call."""
    is_number = calls["rcid"].map(lambda cell: isinstance(cell, Real) and cell > 0)
    _refuse("un_roll_calls", calls["rcid"], is_number & ~calls["rcid"].duplicated())
    _refuse("un_roll_calls", calls["date"], pd.to_datetime(calls["date"], errors="coerce").notna())
    for name in ("importantvote", *PARTS):
        flags = calls[name].map(lambda cell: "" if pd.isna(cell) else str(cell)).astype(str)
        _refuse("un_roll_calls", calls[name], flags.isin(["", "0", "1"]))
    known = set(calls["rcid"])
    _refuse("un_votes", votes["vote"], votes["vote"].isin(VOTES_CAST))
    _refuse("un_votes", votes["rcid"], votes["rcid"].isin(known))
    _refuse("un_roll_call_issues", issues["short_name"], issues["short_name"].isin(ISSUES))
    _refuse("un_roll_call_issues", issues["rcid"], issues["rcid"].isin(known))


def _refuse(table: str, cells: pd.Series, is_known: pd.Series) -> None:
    if not is_known.all():
        row = int((~is_known).to_numpy().argmax())
        place = f"{table}.rda, row {row + 1}, column {cells.name}"
        raise FormError(place, f"{shown(cells.iloc[row])} is not known here", "a known value, once")


def _dataset(path: Path, codes: list[str] | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return votes and roll calls of the dataset, whose codes of countries have three letters."""
    frame = _all_votes(path)
    if codes is not None:
        frame = frame[frame["Country"].isin(codes)]
    if missing := sorted(set(COMPARED) - set(frame["Country"])):
        place = f"{path.name}, column Country"
        raise FormError(place, f"no votes of {missing}", "members by codes of three letters")
    known = {"vote": list(CODES), **dict.fromkeys([*ISSUES, *PARTS, "importantvote"], [0, 1])}
    for column, values in known.items():
        numbers = pd.to_numeric(frame[column].astype(object), errors="coerce")
        may_be_empty = column != "vote"
        wrong = ~numbers.isin(values) & ~(may_be_empty & frame[column].isna())
        if wrong.any():
            call, value = frame.loc[wrong, ["rcid", column]].iloc[0]
            place = f"{path.name}, roll call {call:.0f}, column {column}"
            raise FormError(place, f"{shown(value)} is none of {values}", "a known value")
        frame = frame.assign(**{column: numbers})
    calls = frame[[*CALLS, *PARTS, *ISSUES]].drop_duplicates("rcid")
    calls = calls.astype({"rcid": int}).fillna({"unres": ""})
    calls["issues"] = [
        ";".join(issue for issue, flag in zip(ISSUES, flags, strict=True) if flag == 1)
        for flags in calls[ISSUES].itertuples(index=False)
    ]
    votes = frame[["rcid"]].assign(country=frame["Country"], vote=frame["vote"].map(CODES))
    return votes.dropna(subset="vote"), calls[[*CALLS, *PARTS, "issues"]]


def _only_table(path: Path) -> pd.DataFrame:
    try:
        return next(iter(pyreadr.read_r(str(path)).values()), pd.DataFrame())
    except pyreadr.LibrdataError as error:
        found = f"it cannot be read as a file of R ({error})"
        raise FormError(path.name, found, "a whole file") from None


def _all_votes(path: Path) -> pd.DataFrame:
    needed = [*CALLS, *PARTS, "vote", "Country", *ISSUES]
    if path.suffix.lower() == ".rdata":
        frame = _only_table(path)
        if missing := [column for column in needed if column not in frame.columns]:
            found = f"no column {missing} in {[*frame.columns]}"
            raise FormError(path.name, found, "all that is read")
        return frame[needed]
    return formats.read_csv(
        path,
        needed,
        ["rcid", "vote", "importantvote", *PARTS, *ISSUES],
        na_values=NOTHING,
        sep="\t" if path.suffix == ".tab" else ",",
    )


# --- ideal points ---------------------------------------------------------------------------------


def un_ideal_points(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return ideal points of all members, with a 90 % interval, from 1989.

    `all` rests on all recorded votes of the calendar year, `final passage` leaves out votes on
    paragraphs and amendments, `legacy` is the older estimate by session (year = session + 1945),
    published without an interval. A release may hold one of them or several, in one file or
    several; those of 2026 hold final passage only. The label of the legacy column in the file of
    July 2025 repeats that of `all`; its name is right. A year in which nobody cast FEWEST_VOTES is
    left out.

    Parameters
    ----------
    upstream
        Folder with `voeten-idealpoints/`, files named like POINTS.
    pair
        ISO 3166 codes of the two countries, which must be there, as COMPARED must.

    Returns
    -------
    DataFrame
        country, year, estimate, value, low, high (points, without unit), votes (their number); one
        row a country, year and estimate.

    Raises
    ------
    FormError
        Names file, column and value that are not as expected.
    FileNotFoundError
        There is no file.
    """
    folder = upstream / "voeten-idealpoints"
    paths = sorted(path for path in folder.glob("*") if POINTS.fullmatch(path.name))
    if not paths:
        raise FileNotFoundError(
            f"{folder}: no file of ideal points (Idealpoints….dta, .csv or .tab)"
        )
    parts, holders = [], {}
    for path in paths:
        for estimate, part in _points(path, {*COMPARED, *pair}).items():
            if estimate in holders:
                found = f"it holds the estimate {estimate!r}, as {holders[estimate]} does"
                raise FormError(path.name, found, "each estimate once")
            holders[estimate] = path.name
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _points(path: Path, needed: set[str]) -> dict[str, pd.DataFrame]:
    """Return the rows of one file by estimate."""
    frame = _points_file(path)
    estimates = {
        name: columns for name, columns in ESTIMATES.items() if columns[0] in frame.columns
    }
    used = [column for columns in estimates.values() for column in columns if column]
    missing = [column for column in ["iso3c", "year", *used] if column not in frame.columns]
    if missing or not estimates:
        expected = missing or [columns[0] for columns in ESTIMATES.values()]
        raise FormError(
            path.name, f"no column {expected} in {[*frame.columns]}", "all that is read"
        )
    frame = frame.assign(iso3c=frame["iso3c"].fillna(""))
    frame = frame[frame["year"] >= FIRST_POINTS]
    _check_members(path, frame, needed)
    _check_points(path, frame, estimates)
    most = {
        votes: frame[votes].groupby(frame["year"]).transform("max")
        for *_, votes in estimates.values()
    }
    frame = frame[~frame["iso3c"].isin(PASSED_OVER)]
    empty = pd.Series(float("nan"), frame.index)
    return {
        estimate: pd.DataFrame(
            {
                "country": _of_the_year(frame["iso3c"], frame["year"]),
                "year": frame["year"].astype(int),
                "estimate": estimate,
                "value": frame[value].astype(float).round(6),
                "low": frame[low].astype(float).round(6) if low else empty,
                "high": frame[high].astype(float).round(6) if high else empty,
                "votes": frame[votes],
            }
        )[most[votes].reindex(frame.index) >= FEWEST_VOTES].dropna(subset="value")
        for estimate, (value, low, high, votes) in estimates.items()
    }


def _check_members(path: Path, frame: pd.DataFrame, needed: set[str]) -> None:
    """Refuse codes that are no member's, a member twice, and years that lack members."""
    codes, last = frame["iso3c"], int(frame["year"].max())
    known = {*countries.converter().data["ISO3"], *PASSED_OVER, *YUGOSLAV, *FORMER_MEMBERS}
    formats.refuse_cells(path, codes, ~codes.isin(known), "is no member's code", "three letters")
    if absent := needed - set(codes):
        found = f"no points of {sorted(absent)}"
        raise FormError(f"{path.name}, column iso3c", found, "all members")
    twice = frame.duplicated(["iso3c", "year"]) & ~codes.isin(PASSED_OVER)
    formats.refuse_cells(path, codes, twice, "stands there twice in a year", "one row a year")
    members = codes.groupby(frame["year"]).nunique().reindex(range(FIRST_POINTS, last + 1))
    if (few := ~(members >= FEWEST_MEMBERS)).any():
        found = f"{members.fillna(0)[few].iloc[0]:.0f} members in {few.idxmax()}"
        raise FormError(path.name, found, f"{FEWEST_MEMBERS} or more: a whole file")


def _check_points(path: Path, frame: pd.DataFrame, estimates: dict[str, tuple]) -> None:
    """Refuse points that lie too far out or outside of their bounds, and votes that are none."""
    for value, low, high, votes in estimates.values():
        points = frame[value]
        far = points.abs() > FARTHEST
        formats.refuse_cells(path, points, far, "is no ideal point", "about -3.5 to 3.5")
        wrong = points.notna() & ~(frame[votes] >= 0)
        formats.refuse_cells(path, frame[votes], wrong, "is no number of votes", "0 or more")
        if low:
            outside = points.notna() & ~points.between(frame[low], frame[high])
            formats.refuse_cells(path, points, outside, f"is not between {low} and {high}")


def _points_file(path: Path) -> pd.DataFrame:
    """Return a file's columns that are read, with names in small letters, and years."""
    frame = _stata(path) if path.suffix == ".dta" else _points_text(path)
    frame.columns = [_plain(column) for column in frame.columns]
    if twice := frame.columns[frame.columns.duplicated()].tolist():
        raise FormError(path.name, f"more than one column {twice}", "each name once")
    if "year" not in frame.columns and "session" in frame.columns:
        frame["year"] = frame["session"] + FIRST_SESSION
    if "year" in frame.columns:
        year = frame["year"]
        wrong = ~(year.between(FIRST_SESSION, 2100) & (year % 1 == 0))
        formats.refuse_cells(path, year, wrong, "is no year", "four digits")
    return frame


def _points_text(path: Path) -> pd.DataFrame:
    separator = "\t" if path.suffix == ".tab" else ","
    header, _ = csv_rows(path, separator)
    columns = [column for column in header if _plain(column) in POINTS_COLUMNS]
    numbers = [column for column in columns if _plain(column) != "iso3c"]
    return formats.read_csv(path, columns, numbers, sep=separator, na_values=NOTHING)


def _stata(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_stata(path)
    except (ValueError, struct.error) as error:
        found = f"it cannot be read as a file of Stata ({error})"
        raise FormError(path.name, found, "a whole file") from None
    return frame[[column for column in frame.columns if _plain(column) in POINTS_COLUMNS]]


def _plain(column: object) -> str:
    """Return a column's name in small letters and without "%"."""
    return str(column).lower().replace("%", "")
