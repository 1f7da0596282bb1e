"""Observatory of Economic Complexity (OEC): bilateral totals after BACI, 2022."""

from pathlib import Path

import pandas as pd

SOURCE = "OEC"
FILES = {2022: "bilateral_value_clean_22_withid.csv"}   # the file for 2023 has no row for Russia and Iran
COLUMNS = ["exporter_id", "exporter_name", "importer_id", "importer_name", "value"]


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """What each side of the pair sold to the other in 2022; US$, rounded to whole dollars.

    From `oec-baci-2022/bilateral_value_clean_22_withid.csv`. The source reconciles both sides' reports into one value
    a direction, which stands here once, as the exporter's export.
    """
    records = []
    for year, name in FILES.items():
        data = pd.read_csv(upstream / "oec-baci-2022" / name)
        if list(data.columns) != COLUMNS:
            raise ValueError(f"{name}: unexpected header {list(data.columns)}")
        for seller, buyer in (pair, pair[::-1]):
            found = data[(data["exporter_id"] == seller.lower()) & (data["importer_id"] == buyer.lower())]
            if len(found) > 1:
                raise ValueError(f"{name}: {len(found)} rows from {seller} to {buyer}")
            records += [(seller, buyer, "export", year, SOURCE, round(value), False) for value in found["value"]]
    return pd.DataFrame(records, columns=["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"])
