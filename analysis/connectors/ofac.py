"""Office of Foreign Assets Control (OFAC), US Treasury: how many entries its list of sanctions has.

Counted in the last copy of each month that a public repository kept of the list of Specially
Designated Nationals (CSV). Terms: US Government work, public domain.
"""

from pathlib import Path

import pandas as pd

from ledger.core.sources import formats
from ledger.core.sources.strict import FormError

FILE = "ofac-sdn-monthly/sdn_monthly_counts.csv"
# the months of the file, which is closed: later copies of the list are too large for the repository
MONTHS = ("2021-08", "2024-04")
PAIR = {"RUS", "IRN"}  # of whose programmes the entries were counted
# column of the file → of the table
COUNTS = {
    "entries": "entries",
    "iran_programmes": "iran",
    "russia_ukraine_programmes": "russia",
    "both": "both",
}
COLUMNS = ["month", "copy_of", "commit", *COUNTS.values()]


def entries(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return numbers of entries of the list by programme, at the end of each month.

    Parameters
    ----------
    upstream
        Folder with the file of counts.
    pair
        ISO 3166 codes of the two countries; any but Russia and Iran have no rows.

    Returns
    -------
    DataFrame
        COLUMNS, one row a month; `both` are entries under a programme of each, a part of `iran`
        and of `russia`.

    Raises
    ------
    FormError
        Names file, row, column and value that are not as expected, or the month that is missing.
    """
    path = upstream / FILE
    frame = formats.read_csv(path, ["month", "snapshot_date", "commit", *COUNTS], COUNTS)
    month, day = frame["month"].fillna(""), frame["snapshot_date"].fillna("")
    wrong = ~month.str.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])")
    formats.refuse_cells(path, frame["month"], wrong, "is no month")
    other = pd.to_datetime(day, format="%Y-%m-%d", errors="coerce").isna() | (day.str[:7] != month)
    formats.refuse_cells(path, frame["snapshot_date"], other, "is no day of the month")
    wrong = ~frame["commit"].fillna("").str.fullmatch("[0-9a-f]{40}")
    formats.refuse_cells(path, frame["commit"], wrong, "is no commit")
    for column in COUNTS:
        number = frame[column]
        wrong = number.isna() | (number < 0) | (number % 1 != 0)
        formats.refuse_cells(path, number, wrong, "is no number of entries")
    parts = frame[["iran_programmes", "russia_ukraine_programmes"]]
    more = frame["both"] > parts.min(axis=1)
    formats.refuse_cells(path, frame["both"], more, "are more than one programme has")
    more = parts.sum(axis=1) - frame["both"] > frame["entries"]
    formats.refuse_cells(path, frame["entries"], more, "are fewer than the programmes have")
    expected = list(pd.period_range(*MONTHS, freq="M").astype(str))
    if list(month) != expected:
        odd = next((a for a, b in zip(month, expected) if a != b), f"{len(month)} rows")
        found = f"not each month once, and in order: {odd}"
        raise FormError(f"{path.name}, column month", found, f"{' to '.join(MONTHS)}")
    if set(pair) != PAIR:
        return pd.DataFrame(columns=COLUMNS)
    counts = frame.rename(columns=COUNTS)[list(COUNTS.values())].astype(int)
    dates = pd.DataFrame({"month": month + "-01", "copy_of": day, "commit": frame["commit"]})
    return dates.join(counts)
