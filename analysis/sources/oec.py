"""Observatory of Economic Complexity (OEC): bilateral totals after BACI, one file a year."""

import re
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

SOURCE = "OEC"
NAME = r"bilateral_value_clean_(\d\d)_withid\.csv"
COLUMNS = ["exporter_id", "exporter_name", "importer_id", "importer_name", "value"]


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """What each side of the pair sold to the other in the year of each file; US$, rounded to whole dollars.

    From `oec-baci-2022/bilateral_value_clean_<year>_withid.csv`; for Russia and Iran 2022, since the file for 2023
    has no row of theirs. The source reconciles both sides' reports into one value a direction, which stands here once,
    as the exporter's export.
    """
    folder = upstream / "oec-baci-2022"
    paths = sorted(path for path in folder.glob("*.csv") if re.fullmatch(NAME, path.name))
    if not paths:
        raise FileNotFoundError(
            f"oec-baci-2022: no file bilateral_value_clean_<year>_withid.csv in {folder}"
        )
    records = []
    for path in paths:
        year = 2000 + int(re.fullmatch(NAME, path.name)[1])
        data = formats.csv_table(
            path, COLUMNS, numbers=["value"], keep_default_na=False, na_values={"value": [""]}
        )
        for seller, buyer in (pair, pair[::-1]):
            found = data[
                (data["exporter_id"] == seller.lower()) & (data["importer_id"] == buyer.lower())
            ]
            if len(found) > 1:
                raise ValueError(f"{path.name}: {len(found)} rows from {seller} to {buyer}")
            records += [
                (seller, buyer, "export", year, SOURCE, round(value), False)
                for value in found["value"].dropna()
            ]
    return pd.DataFrame(
        records, columns=["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]
    )
