"""Ukrainian Air Force: drones of the Shahed type launched at Ukraine, summed by month.

Petro Ivaniuk codes the Air Force's daily bulletins (CSV, on Kaggle, where a person downloads it).
One belligerent's count. Terms: attribution, ODC-BY 1.0 by a re-publication; not verified on Kaggle.
"""

import calendar
import datetime
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats
from ledger.core.sources.strict import FormError

DAILY = "shahed-daily/missile_attacks_daily.csv"
MODELS = "shahed-daily/missiles_and_uavs.csv"
PAIR = {"RUS", "IRN"}  # who launches, and whose design it is
SHAHED = ["Shahed-136/131", "Shahed-136/131 and Lancet"]
# models of the bulletins that the list of models lacks
UNLISTED = {
    "Aerial Bomb",
    "Intercontinental ballistic missile",
    "Iskander-M and Iskander-K",
    "Iskander-M/KN-23 and Iskander-K and Kalibr",
    "Iskander-M/KN-23 and Iskander-K and X-59/X-69",
    "X-101/X-555 and Kalibr and Iskander-M/KN-23",
    "Картограф",
    "Привет-82",
    "Фенікс",
}
# a bulletin that counts more drones destroyed and lost than launched
CONTRADICTORY = {"2024-12-28 08:30"}
FIRST_DAY = "2022-09-28"  # of the reports, which stand from the last to the first
LONGEST = 14  # days without a report of any kind: in January 2023
NUMBERS = ["launched", "destroyed", "not_reach_goal", "is_shahed"]
COLUMNS = [
    "month", "reports", "launched", "destroyed", "lost", "lost_reports", "launched_told",
    "shaheds_told",
]  # fmt: skip


def drones(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Sum what the bulletins say of drones of the Shahed type, by month.

    A report counts in the month in which its attack ended, most often a morning. The month of the
    last report of any kind is left out unless it is complete.

    Parameters
    ----------
    upstream
        Folder with the files DAILY and MODELS.
    pair
        ISO 3166 codes of the two countries; any but Russia and Iran have no rows.

    Returns
    -------
    DataFrame
        COLUMNS; numbers of drones. `launched` holds decoys from 2024 on. `lost` adds up what the
        reports say of drones that did not reach their goal, and `lost_reports` counts those that
        say it, noughts included. `launched_told` and `shaheds_told` are of the reports that say
        how many were Shaheds.

    Raises
    ------
    FormError
        Names file, row, column and value that are not as expected.
    """
    if set(pair) != PAIR:
        return pd.DataFrame(columns=COLUMNS)
    reports = _reports(upstream)
    last = reports["time_end"].str[:10].max()
    reports = reports[reports["model"].isin(SHAHED)]
    months = reports.groupby(reports["time_end"].str[:7])
    rows = [
        _month(month, of_month)
        for month, of_month in months
        if month < last[:7] or last == _last_day(month)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _month(month: str, reports: pd.DataFrame) -> dict:
    told = reports[reports["is_shahed"].notna()]
    lost = reports["not_reach_goal"].dropna()
    return {
        "month": f"{month}-01",
        "reports": len(reports),
        "launched": int(reports["launched"].sum()),
        "destroyed": int(reports["destroyed"].sum()),
        "lost": int(lost.sum()) if len(lost) else None,
        "lost_reports": len(lost),
        "launched_told": int(told["launched"].sum()) if len(told) else None,
        "shaheds_told": int(told["is_shahed"].sum()) if len(told) else None,
    }


def _last_day(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{month}-{calendar.monthrange(year, number)[1]}"


def _reports(upstream: Path) -> pd.DataFrame:
    path = upstream / DAILY
    listed = set(formats.read_csv(upstream / MODELS, ["model"])["model"])
    if missing := [name for name in SHAHED if name not in listed]:
        raise FormError(Path(MODELS).name, f"it has no model {missing}", "both kinds of Shahed")
    frame = formats.read_csv(path, ["time_end", "model", *NUMBERS], NUMBERS)
    frame["time_end"] = frame["time_end"].str.strip()
    model, end = frame["model"].fillna(""), frame["time_end"].fillna("")
    formats.refuse_cells(path, frame["model"], ~model.isin(listed | UNLISTED), "is no known model")
    other = model.str.contains("Shahed|Geran|Шахед|Герань") & ~model.isin(SHAHED)
    formats.refuse_cells(path, frame["model"], other, "is a further kind of Shahed")
    formats.refuse_cells(path, frame["time_end"], ~end.map(_is_time), "is no date")
    days = end.str[:10]
    later = days > days.shift(fill_value="9999")
    formats.refuse_cells(path, frame["time_end"], later, "is after the report above it")
    formats.refuse_early_end(path, days, FIRST_DAY)
    pause = pd.to_datetime(days).diff().dt.days < -LONGEST
    problem = f"is more than {LONGEST} days before the report above it"
    formats.refuse_cells(path, frame["time_end"], pause, problem, "every month's reports")
    _check_shaheds(path, frame[model.isin(SHAHED)])
    return frame


def _check_shaheds(path: Path, frame: pd.DataFrame) -> None:
    """Refuse reports on Shaheds that cannot be counted, or contradict themselves."""
    for column in NUMBERS:
        number = frame[column]
        wrong = number.notna() & ((number < 0) | (number % 1 != 0))
        formats.refuse_cells(path, number, wrong, "is no number of drones")
    for column in ("launched", "destroyed"):
        absent = frame[column].isna()
        formats.refuse_cells(path, frame[column], absent, "where every report has a number")
    formats.refuse_cells(path, frame["launched"], frame["launched"] == 0, "drones launched")
    for column in ("destroyed", "is_shahed"):
        more = frame[column] > frame["launched"]
        formats.refuse_cells(path, frame[column], more, "are more than were launched")
    both = frame["destroyed"] + frame["not_reach_goal"].fillna(0)
    known = frame["time_end"].isin(CONTRADICTORY)
    more = (both > frame["launched"]) & ~known
    formats.refuse_cells(
        path, frame["not_reach_goal"], more, "and those destroyed are more than were launched"
    )


def _is_time(text: str) -> bool:
    """Tell whether a text is a day, or a day and minute, as the file writes them."""
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M"):
        try:
            return datetime.datetime.strptime(text, form).strftime(form) == text
        except ValueError:
            continue
    return False
