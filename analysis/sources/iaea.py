"""IAEA: enriched-uranium stocks, as press agencies and research bodies reported them from its quarterly reports."""

from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

FILES = {"IRN": "iaea-enriched-uranium.csv"}  # reports collected by the country that they are about
HEADER = ["as_of", "kg_up_to_60pct", "total_stockpile_kg", "basis", "url"]
MEASURES = {
    "kg_up_to_60pct": "stock enriched up to 60 per cent",
    "total_stockpile_kg": "total enriched stock",
}
# What the date is and who reported the figure. The file's own `basis` is the collector's working note.
BASIS = {
    "2021-05-31": ("report", "Janes"),
    "2022-03-03": ("report", "AP, copied by Iran Watch"),
    "2022-10-22": ("stock", "AP, on a copy"),
    "2023-05-13": ("stock", "KUNA, on a copy"),
    "2024-02-26": (
        "report",
        "Reuters, copied by The News; first fall on the report before, by 6.8 kg",
    ),
    "2024-08-17": ("stock", "press report, on a copy"),
    "2025-02-01": ("approximate", "Wall Street Journal; early February, day not given"),
    "2025-05-31": ("report", "Wall Street Journal"),
}
KINDS = {
    "report": "date of the report",
    "stock": "date of the stock",
    "approximate": "approximate date",
}


def nuclear(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Enriched-uranium stock in kg of uranium, one row a date and measure; no rows where the file has no figure,
    and none for a pair of which no reports were collected.

    From the hand-collected evidence, which mixes two kinds of date (`date_kind`): the day the stock was taken and
    the day the report was made, some two weeks later.
    """
    rows = [
        row
        for code in pair
        if code in FILES
        for row in _rows(upstream.parent / "evidence" / FILES[code])
    ]
    columns = [
        "record",
        "subject",
        "measure",
        "date",
        "date_kind",
        "value",
        "unit",
        "detail",
        "source",
        "url",
    ]
    return pd.DataFrame(rows, columns=columns)


def _rows(path):
    frame = formats.csv_table(path, HEADER, MEASURES)
    unknown = set(frame["as_of"]) - set(BASIS)
    if unknown:
        raise ValueError(f"{path.name}: no kind of date is noted for {sorted(unknown)}")
    rows = []
    for r in frame.to_dict("records"):
        kind, reporter = BASIS[r["as_of"]]
        for column, measure in MEASURES.items():
            if pd.notna(r[column]):
                rows.append(
                    {
                        "record": "uranium",
                        "subject": "enriched uranium",
                        "measure": measure,
                        "date": r["as_of"],
                        "date_kind": KINDS[kind],
                        "value": r[column],
                        "unit": "kg",
                        "detail": reporter,
                        "source": "IAEA (as reported)",
                        "url": r["url"],
                    }
                )
    return rows
