"""Observatory of Economic Complexity (OEC): bilateral totals after BACI, one CSV a year.

A third party's arrangement. Terms: not verified.
"""

import re
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

SOURCE = "OEC"
FOLDER = "oec-baci-2022"
NAME = r"bilateral_value_clean_(\d\d)_withid\.csv"
COLUMNS = ["exporter_id", "exporter_name", "importer_id", "importer_name", "value"]
RESULT = ["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return what each side of the pair sold to the other in the year of each file.

    For Russia and Iran 2022, since the file for 2023 has no row of theirs. The source reconciles
    both sides' reports into one value a direction, which stands here once, as the exporter's
    export.

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
    ValueError
        Names file, row, column and value that are not as expected.
    FileNotFoundError
        There is no file.
    """
    folder = upstream / FOLDER
    years = {
        path: 2000 + int(match[1])
        for path in sorted(folder.glob("*.csv"))
        if (match := re.fullmatch(NAME, path.name))
    }
    if not years:
        raise FileNotFoundError(
            f"{FOLDER}: no file bilateral_value_clean_<year>_withid.csv in {folder}"
        )
    records = []
    for path, year in years.items():
        data = formats.read_csv(
            path, COLUMNS, numbers=["value"], keep_default_na=False, na_values={"value": [""]}
        )
        for seller, buyer in (pair, pair[::-1]):
            sold = data["exporter_id"] == seller.lower()
            values = data.loc[sold & (data["importer_id"] == buyer.lower()), "value"]
            if len(values) > 1:
                raise ValueError(f"{path.name}: {len(values)} rows from {seller} to {buyer}")
            records += [
                (seller, buyer, "export", year, SOURCE, round(value), False)
                for value in values.dropna()
            ]
    return pd.DataFrame(records, columns=RESULT)
