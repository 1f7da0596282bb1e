"""Global Energy Monitor: the Global Gas Infrastructure Tracker, as compiled for its map.

Which of the tracker's 3,067 pipeline segments a book about two countries needs is chosen by hand, in gas_pipelines_selected.csv
beside this file: the lines between the two, each one's lines for export or import, and the routes that compete with them. For
each: the pair (codes in alphabetical order), role, the market its gas is for, where the segment starts and ends in the direction
of the gas (the tracker names the countries in no fixed order), and whether its capacity counts. It does not when another row
there already counts it: a phase or a continuation of one line, or an earlier plan for it.
"""

import json
import re
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

SELECTED = Path(__file__).with_name("gas_pipelines_selected.csv")
NEEDED = [
    "id",
    "url",
    "name",
    "unit-name",
    "status",
    "areas",
    "capacity",
    "start-year",
    "capacity-table",
]
COLUMNS = [
    "project_id", "project", "segment", "role", "market", "status", "capacity_bcm", "counts_capacity", "start_year",
    "start_country", "end_country", "route", "url",
]  # fmt: skip

COUNTRIES = {
    "Afghanistan": "AFG", "Albania": "ALB", "Armenia": "ARM", "Austria": "AUT", "Azerbaijan": "AZE", "Belarus": "BLR",
    "Bulgaria": "BGR", "China": "CHN", "Croatia": "HRV", "Cyprus": "CYP", "Denmark": "DNK", "Finland": "FIN",
    "France": "FRA", "Georgia": "GEO", "Germany": "DEU", "Greece": "GRC", "Hungary": "HUN", "India": "IND",
    "Iran": "IRN", "Iraq": "IRQ", "Israel": "ISR", "Italy": "ITA", "Jordan": "JOR", "Kazakhstan": "KAZ",
    "Kyrgyzstan": "KGZ", "Lebanon": "LBN", "Mongolia": "MNG", "Norway": "NOR", "Oman": "OMN", "Pakistan": "PAK",
    "Poland": "POL", "Qatar": "QAT", "Romania": "ROU", "Russia": "RUS", "Saudi Arabia": "SAU", "Serbia": "SRB",
    "Slovakia": "SVK", "Slovenia": "SVN", "Spain": "ESP", "Sweden": "SWE", "Switzerland": "CHE", "Syria": "SYR",
    "Tajikistan": "TJK", "Turkmenistan": "TKM", "Türkiye": "TUR", "Ukraine": "UKR", "Uzbekistan": "UZB",
}  # fmt: skip


def download(get, pair: tuple[str, str]) -> str:
    """Download the newest workbook of the tracker that lies in the repository of its map."""
    folder = json.loads(get("folder.json", "", kind="json").read_text(encoding="utf-8"))
    if not isinstance(folder, list):
        raise get.refuse(
            "folder.json", f"the list of the folder is none: {folder.get('message', folder)}"[:200]
        )
    if len(folder) >= 1000:
        raise get.refuse("folder.json", "the list of the folder is cut off at 1,000 files")
    found = {
        match[1]: file
        for file in folder
        if (match := re.fullmatch(r"ggit_(\d{4}-\d{2}-\d{2})\.xlsx", file["name"]))
    }
    if not found:
        raise get.refuse(
            "folder.json",
            f"no workbook ggit_(date).xlsx is among its {len(folder)} files",
            "Global Energy Monitor sends the tracker by e-mail, too: see its download page.",
        )
    newest = max(found)
    get("ggit.xlsx", found[newest]["download_url"], kind="xlsx")
    return f"compiled on {newest}"


def pipelines(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """One row a pipeline segment or phase: status, capacity in bcm a year, start year, countries passed.

    Only the segments chosen in gas_pipelines_selected.csv; a pair without a selection has no rows. Status, capacity, start year
    and route are the tracker's; role, market, direction and counts_capacity are the book's. Start years of lines not built are
    plans. The file has no lengths.
    """
    selected = formats.csv_table(
        SELECTED, ["pair", "project_id", "role", "market", "start", "end", "counts"], dtype=str
    )
    selected = selected[selected["pair"] == "-".join(sorted(pair))]
    if selected.empty:
        return pd.DataFrame(columns=COLUMNS)
    path, tracker = _tracker(upstream / "gem-ggit")
    rows = []
    for choice in selected.itertuples():
        where = f"{path.name}, {choice.project_id}"
        if choice.project_id not in tracker:
            raise ValueError(f"{path.name}: no pipeline {choice.project_id}")
        line = tracker[choice.project_id]
        areas = line["areas"].split(", ")
        unknown = [area for area in areas if area not in COUNTRIES]
        if unknown:
            raise ValueError(f"{where}: unknown countries {unknown}")
        route = [COUNTRIES[area] for area in areas]
        if choice.start not in route or choice.end not in route:
            raise ValueError(
                f"{where}: {choice.start} or {choice.end} is not among its countries {route}"
            )
        capacity = None if line["capacity"] is None else str(line["capacity"])
        if capacity and not (
            re.fullmatch(r"\d+(\.\d+)?", capacity)
            and line["capacity-table"] == f"{float(capacity)} bcm/y of gas"
        ):
            raise ValueError(f"{where}: capacity {capacity!r} is not {line['capacity-table']!r}")
        if line["start-year"] is not None and not re.fullmatch(r"\d{4}", str(line["start-year"])):
            raise ValueError(f"{where}: start-year {line['start-year']!r} is no year")
        rows.append(
            {
                "project_id": choice.project_id,
                "project": line["name"].strip(),
                "segment": (line["unit-name"] or "").strip(),
                "role": choice.role,
                "market": choice.market,
                "status": line["status"],
                "capacity_bcm": capacity and float(capacity),
                "counts_capacity": choice.counts == "yes" and capacity is not None,
                "start_year": None if line["start-year"] is None else int(line["start-year"]),
                "start_country": choice.start,
                "end_country": choice.end,
                "route": ";".join(route),
                "url": line["url"],
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _tracker(folder: Path) -> tuple[Path, dict[str, dict]]:
    """The workbook, and its rows by id as dicts of the columns needed, from the one sheet that has them."""
    found = sorted(folder.glob("ggit*.xlsx"))
    if len(found) != 1:
        raise FileNotFoundError(
            f"expected one workbook ggit*.xlsx in {folder}, found {[path.name for path in found]}"
        )
    path, book = found[0], formats.workbook(found[0])
    headers = {
        name: next(book[name].iter_rows(max_row=1, values_only=True), ())
        for name in book.sheetnames
    }
    sheets = [
        name
        for name, header in headers.items()
        if all(header.count(column) == 1 for column in NEEDED)
    ]
    if len(sheets) != 1:
        raise ValueError(
            f"{path.name}: expected one sheet with the columns {NEEDED}, found {sheets}; the sheets begin with {headers}"
        )
    places = {column: headers[sheets[0]].index(column) for column in NEEDED}
    tracker = {}
    for line in formats.sheet(book, sheets[0], path)[1:]:
        if line[places["id"]] in tracker and line[places["id"]] is not None:
            raise ValueError(
                f"{path.name}, sheet {sheets[0]}: two rows have the id {line[places['id']]!r}"
            )
        tracker[line[places["id"]]] = {column: line[place] for column, place in places.items()}
    book.close()
    return path, tracker
