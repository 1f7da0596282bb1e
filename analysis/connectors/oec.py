"""Observatory of Economic Complexity (OEC): bilateral totals after BACI, one CSV a year.

A third party's arrangement. Terms: not verified.
"""

import re
from pathlib import Path

import pandas as pd

from ledger.core.sources import countries, formats
from ledger.core.sources.strict import FormError, refuse_fewer

SOURCE = "OEC"
FOLDER = "oec-baci-2022"
NAME = r"bilateral_value_clean_([0-9]{2})_withid\.csv"
COLUMNS = ["exporter_id", "exporter_name", "importer_id", "importer_name", "value"]
LAST = "zwe"  # Zimbabwe's exports stand at the end
LEAST_ROWS = 27_313  # of the year 2022; that of 2023 has more
RESULT = ["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return what each side of the pair sold to the other in the year of each file.

    For Russia and Iran 2022, since the file for 2023 has no row of theirs. The source reconciles
    both sides' reports into one value a direction, which stands here once, as the exporter's
    export.

    What this cannot see: a file that has neither direction, as that of 2023, and a row of another
    pair that is gone from a file of more than LEAST_ROWS.

    Parameters
    ----------
    upstream
        Folder with `oec-baci-2022/`, files named like NAME.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        RESULT, in US$, rounded to whole dollars; one row an exporter and year.

    Raises
    ------
    FormError
        Names file, row, column and value that are not as expected.
    FileNotFoundError
        There is no file.
    """
    records = []
    for path, year in _years(upstream / FOLDER).items():
        data = _read(path)
        _check_pair(path, data, pair)
        for seller, buyer in (pair, pair[::-1]):
            sold = data["exporter_id"] == seller.lower()
            values = data.loc[sold & (data["importer_id"] == buyer.lower()), "value"]
            records += [
                (seller, buyer, "export", year, SOURCE, round(value), False) for value in values
            ]
    return pd.DataFrame(records, columns=RESULT)


def _check_pair(path: Path, data: pd.DataFrame, pair: tuple[str, str]) -> None:
    """Refuse a file with one direction of the pair's trade and without the other."""
    one, other = (code.lower() for code in pair)
    pairs = {*zip(data["exporter_id"], data["importer_id"])}
    if len(lone := pairs & {(one, other), (other, one)}) == 1:
        ((seller, buyer),) = lone
        found = f"a row of {seller}'s exports to {buyer}, and none of {buyer}'s to {seller}"
        raise FormError(path.name, found, "both, or neither where a year has none")


def _years(folder: Path) -> dict[Path, int]:
    """Return file → year; a file of another name is not passed over."""
    years = {}
    for path in sorted(folder.glob("*.csv")):
        if not (match := re.fullmatch(NAME, path.name)):
            raise FormError(
                path.name, "a file of another name", "bilateral_value_clean_YY_withid.csv"
            )
        years[path] = 2000 + int(match[1])
    if not years:
        raise FileNotFoundError(
            f"{FOLDER}: no file bilateral_value_clean_<year>_withid.csv in {folder}"
        )
    return years


def _read(path: Path) -> pd.DataFrame:
    data = formats.read_csv(path, COLUMNS, numbers=["value"])
    formats.refuse_early_end(path, data["exporter_id"], LAST)
    refuse_fewer(path.name, len(data), LEAST_ROWS)
    known = countries.converter().data["ISO3"].str.lower()
    for column in ("exporter_id", "importer_id"):
        wrong = ~data[column].isin(known)
        formats.refuse_cells(path, data[column], wrong, "is no country", "a code of ISO 3166")
    twice = data.duplicated(["exporter_id", "importer_id"])
    problem = "has this importer twice"
    formats.refuse_cells(path, data["exporter_id"], twice, problem, "one row a pair")
    wrong = ~(data["value"] >= 0)
    formats.refuse_cells(path, data["value"], wrong, "is no value", "US$, nought or more")
    if lone := {*data["exporter_id"]} ^ {*data["importer_id"]}:
        found = f"no exports or no imports of {', '.join(sorted(lone)[:5])}"
        raise FormError(path.name, found, "both of every country")
    return data
