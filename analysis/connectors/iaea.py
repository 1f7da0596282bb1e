"""International Atomic Energy Agency (IAEA): stocks of enriched uranium in its quarterly reports.

A list collected by hand, as press agencies and research bodies reported them. Terms: facts with a
link to who reported them.
"""

from pathlib import Path

import pandas as pd

from analysis.connectors import hand_kept
from ledger.core.sources.strict import FormError, shown

# by the country that the reports are about; the second file has reports that the list does not
# have, or that another page has whole, from the pages named there (data/corrections.csv drops the
# row of the list)
LISTS = {
    "IRN": ("iaea-enriched-uranium.csv", Path(__file__).with_name("uranium_reports_later.csv"))
}
HEADER = ["as_of", "kg_up_to_60pct", "total_stockpile_kg", "basis", "url"]
MEASURES = {
    "kg_up_to_60pct": "stock enriched up to 60 per cent",
    "total_stockpile_kg": "total enriched stock",
}
# what the date is, and who reported the figure; the file's own `basis` is the collector's note
BASIS = {
    "2021-05-31": ("report", "Janes"),
    "2021-08-30": ("stock", "AP, published by Scripps News"),
    "2021-11-06": ("stock", "AFP, published by The Times of Israel"),
    "2022-03-03": ("report", "AP, copied by Iran Watch"),
    "2022-05-15": ("stock", "Republic World"),
    "2022-10-22": ("stock", "AP, on a copy"),
    "2023-02-12": ("stock", "AP, in pounds; the kilograms by Mehr and a news site"),
    "2023-05-13": ("stock", "KUNA, on a copy"),
    "2023-08-19": ("stock", "AP, quoted by Mehr; day and total by AFP, on a copy"),
    "2023-10-28": ("stock", "AP, on a copy"),
    "2024-02-10": ("stock", "AP, on a copy by VOA; down 6.8 kg, for some was diluted"),
    "2024-02-26": (
        "report",
        "Reuters, copied by The News; first fall on the report before, by 6.8 kg",
    ),
    "2024-05-11": ("stock", "The National Pulse; 142.1 also by Reuters on Iran Watch"),
    "2024-08-17": ("stock", "press report, on a copy"),
    "2024-10-26": ("stock", "press report, on a copy; 182.3 also by AP, the total by AFP"),
    "2025-02-01": ("approximate", "Wall Street Journal; early February, day not given"),
    "2025-02-08": ("stock", "AP, published by CityNews"),
    "2025-05-17": ("stock", "AP, published by Tri-City Record"),
    "2025-05-31": ("report", "Wall Street Journal"),
    "2025-06-13": ("stock", "AP, on a copy; the day by a page that cites it"),
}
MOST = 20_000  # kg; the highest stock reported is half of that
MEND = "Add or remove the day in BASIS of the connector, or mend the list."
KINDS = {
    "report": "date of the report",
    "stock": "date of the stock",
    "approximate": "approximate date",
}
COLUMNS = [
    "record", "subject", "measure", "date", "date_kind", "value", "unit", "detail", "source", "url",
]  # fmt: skip


def nuclear(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return stocks of enriched uranium.

    Parameters
    ----------
    upstream
        Folder beside which `evidence/` has the lists in LISTS.
    pair
        ISO 3166 codes of the two countries; one of which no reports were collected has no rows.

    Returns
    -------
    DataFrame
        COLUMNS, in kg of uranium; one row a date and measure, where the file has a figure. Two
        kinds of date (`date_kind`) are mixed: the day the stock was taken, and the day the report
        was made, some two weeks later.

    Raises
    ------
    FormError
        Names file, row, column and value that are not as expected, or a day that is in BASIS and
        in neither file, as where one was cut short.
    """
    reports = [*hand_kept.rows(upstream, pair, LISTS, HEADER, MEASURES)]
    rows = [row for _, name, report in reports for row in _figures(report, name)]
    days = [report["as_of"] for _, _, report in reports]
    for day in BASIS if days else ():
        if days.count(day) != 1:
            name = LISTS["IRN"][0]
            raise FormError(name, f"{days.count(day)} reports of {day}", "one", MEND)
    return pd.DataFrame(rows, columns=COLUMNS).sort_values("date", kind="stable")


def _figures(report: dict, name: str) -> list[dict]:
    where = f"{name}, {report['as_of']}"
    if report["as_of"] not in BASIS:
        found = f"no kind of date is noted for {report['as_of']}"
        raise FormError(name, found, "a day of BASIS", MEND)
    if not str(report["url"]).startswith("https://"):
        raise FormError(f"{where}, column url", f"{shown(report['url'])} is no address", "https://")
    for column in MEASURES:
        if report[column] > MOST:
            raise FormError(f"{where}, column {column}", f"{report[column]} is too much", "kg")
    kind, reporter = BASIS[report["as_of"]]
    common = {
        "record": "uranium",
        "subject": "enriched uranium",
        "date": report["as_of"],
        "date_kind": KINDS[kind],
        "unit": "kg",
        "detail": reporter,
        "source": "IAEA (as reported)",
        "url": report["url"],
    }
    return [
        common | {"measure": measure, "value": report[column]}
        for column, measure in MEASURES.items()
        if pd.notna(report[column])
    ]
