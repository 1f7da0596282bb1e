"""Global Energy Monitor: the Global Gas Infrastructure Tracker, a workbook compiled for its map.

Which of its 3,067 pipeline segments a book about two countries needs is chosen by hand, in SELECTED
beside this file. Terms: CC BY 4.0.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ledger.core.charts import geometry
from ledger.core.sources import countries, formats
from ledger.core.sources.strict import NUMBER, FormError, number, shown

# The lines between the two countries, each one's lines for export or import, and the routes that
# compete with them. For each: the pair (codes in alphabetical order), role, the market its gas is
# for, where the segment starts and ends in the direction of the gas (the tracker names the
# countries in no fixed order), and whether its capacity counts. It does not when another row there
# already counts it: a phase or a continuation of one line, or an earlier plan for it.
SELECTED = Path(__file__).with_name("gas_pipelines_selected.csv")
SELECTED_COLUMNS = ["pair", "project_id", "role", "market", "start", "end", "counts"]
NEEDED = [
    "id", "url", "name", "unit-name", "status", "areas", "capacity", "start-year", "capacity-table",
    "geometry",
]  # fmt: skip
COLUMNS = [
    "project_id", "project", "segment", "role", "market", "status", "capacity_bcm",
    "counts_capacity", "start_year", "start_country", "end_country", "route", "url",
]  # fmt: skip
ROUTE_COLUMNS = ["project_id", "part", "line"]
TOLERANCE = 0.03  # degrees that a route may be moved when it is simplified
WKT = re.compile(r"(MULTI)?LINESTRING Z? ?\(.*\)")
PART = re.compile(r"\(([-0-9., eE]+)\)")
ID = r"P[0-9]{4,}|T[0-9]{6,}"  # of a segment of a pipeline, of a unit of a terminal
STATUSES = {
    "operating", "proposed", "cancelled", "construction", "shelved", "retired", "mothballed",
    "idle",
}  # fmt: skip
MAX_LISTED = 1000  # files of a folder in an answer of the API; one that has as many is cut off


def download(get, pair: tuple[str, str]) -> str:
    """Download the newest workbook of the tracker that lies in the repository of its map."""
    list_name = "folder.json"
    folder = json.loads(get(list_name, "", kind="json").read_text(encoding="utf-8"))
    if not isinstance(folder, list):
        message = folder.get("message", folder)
        raise get.refuse(list_name, f"the list of the folder is none: {message}"[:200])
    if len(folder) >= MAX_LISTED:
        raise get.refuse(list_name, f"the list of the folder is cut off at {MAX_LISTED:,} files")
    workbooks = {
        match[1]: file
        for file in folder
        if (match := re.fullmatch(r"ggit_(\d{4}-\d{2}-\d{2})\.xlsx", file["name"]))
    }
    if not workbooks:
        raise get.refuse(
            list_name,
            f"no workbook ggit_(date).xlsx is among its {len(folder)} files",
            "Global Energy Monitor sends the tracker by e-mail, too: see its download page.",
        )
    newest = max(workbooks)
    get("ggit.xlsx", workbooks[newest]["download_url"], kind="xlsx")
    return f"compiled on {newest}"


def pipelines(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return status, capacity, start year and route of the selected gas pipelines.

    Status, capacity, start year and route are the tracker's; role, market, direction and
    counts_capacity are the book's. Start years of lines not built are plans. The file has no
    lengths.

    Parameters
    ----------
    upstream
        Folder with `gem-ggit/`, the workbook.
    pair
        ISO 3166 codes of the two countries; a pair without a selection has no rows.

    Returns
    -------
    DataFrame
        COLUMNS; one row a pipeline segment or phase, capacity in bcm a year.

    Raises
    ------
    FormError
        Names file, segment and value that are not as expected.
    FileNotFoundError
        There is no workbook, or more than one.
    """
    rows = [_row(*chosen) for chosen in _selected(upstream, pair)]
    return pd.DataFrame(rows, columns=COLUMNS)


def routes(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the routes of the selected gas pipelines as the tracker draws them, simplified.

    Parameters
    ----------
    upstream, pair
        As for `pipelines`.

    Returns
    -------
    DataFrame
        ROUTE_COLUMNS; one row a part of a route, none for a segment without one. `line` has
        longitude and latitude in degrees.

    Raises
    ------
    FormError
        Names file, segment and what is not as expected.
    """
    rows = [
        {"project_id": choice.project_id, "part": number, "line": geometry.format_line(part)}
        for choice, segment, where in _selected(upstream, pair)
        for number, part in enumerate(_route(segment["geometry"], where), start=1)
    ]
    return pd.DataFrame(rows, columns=ROUTE_COLUMNS)


def _selected(upstream: Path, pair: tuple[str, str]) -> list[tuple[Any, dict, str]]:
    """Return each row of SELECTED, the tracker's row of that segment, and where it stands."""
    selected = formats.read_csv(SELECTED, SELECTED_COLUMNS, dtype=str)
    selected = selected[selected["pair"] == "-".join(sorted(pair))]
    if selected.empty:
        return []
    path = formats.only_file(upstream / "gem-ggit", "ggit*.xlsx")
    tracker = _tracker(path)
    chosen = []
    for choice in selected.itertuples():
        if choice.project_id not in tracker:
            found = f"no pipeline {choice.project_id}"
            raise FormError(path.name, found, f"all that {SELECTED.name} names")
        where = f"{path.name}, {choice.project_id}"
        chosen.append((choice, tracker[choice.project_id], where))
    return chosen


def _route(text: str | None, where: str) -> list[np.ndarray]:
    """Return the parts of a route in WKT, simplified; none for an empty cell."""
    if not text or text.strip().endswith("EMPTY"):
        return []
    where = f"{where}, geometry"
    if not WKT.fullmatch(text.strip()) or not PART.search(text):
        raise FormError(where, f"{shown(text, 60)} is no line in WKT", "LINESTRING (…)")
    parts = [
        np.array([_point(point, where) for point in part.split(",")]) for part in PART.findall(text)
    ]
    if any((abs(part) > (180, 90)).any() for part in parts):
        raise FormError(where, f"{shown(text, 60)} is not in degrees", "longitude and latitude")
    simple = [geometry.simplify(part, TOLERANCE) for part in parts]
    lengths = [np.hypot(*np.diff(part, axis=0).T).sum() for part in simple]
    return [part for part, length in zip(simple, lengths) if length > TOLERANCE]


def _point(text: str, where: str) -> tuple[float, float]:
    """Return longitude and latitude; a height may follow them."""
    numbers = text.split()
    if len(numbers) not in (2, 3) or not all(re.fullmatch(NUMBER, each) for each in numbers):
        raise FormError(where, f"{shown(text)} is no point", "longitude and latitude")
    return float(numbers[0]), float(numbers[1])


def _row(choice: Any, segment: dict, where: str) -> dict:
    for column in ("url", "name", "status", "areas"):
        if not isinstance(segment[column], str):
            raise FormError(f"{where}, {column}", shown(segment[column]), "text")
    if segment["status"] not in STATUSES:
        found = f"{shown(segment['status'])} is no known status"
        raise FormError(f"{where}, status", found, ", ".join(sorted(STATUSES)))
    areas = segment["areas"].split(", ")
    route = [countries.country_code(area, {}, where) for area in areas]
    if choice.start not in route or choice.end not in route:
        found = f"{choice.start} or {choice.end} is not among its countries {route}"
        raise FormError(f"{where}, areas", found, f"as {SELECTED.name} has it")
    capacity = _capacity(segment, where)
    start_year = segment["start-year"]
    if start_year is not None and not re.fullmatch("(19|20)[0-9]{2}", str(start_year)):
        raise FormError(f"{where}, start-year", f"{shown(start_year)} is no year", "four digits")
    return {
        "project_id": choice.project_id,
        "project": segment["name"].strip(),
        "segment": (segment["unit-name"] or "").strip(),
        "role": choice.role,
        "market": choice.market,
        "status": segment["status"],
        "capacity_bcm": capacity,
        "counts_capacity": choice.counts == "yes" and capacity is not None,
        "start_year": None if start_year is None else int(start_year),
        "start_country": choice.start,
        "end_country": choice.end,
        "route": ";".join(route),
        "url": segment["url"],
    }


def _capacity(segment: dict, where: str) -> float | None:
    """Return the capacity in bcm a year, which a second column repeats with its unit."""
    if segment["capacity"] is None:
        return None
    text, repeated = str(segment["capacity"]), segment["capacity-table"]
    capacity = number(segment["capacity"], f"{where}, capacity")
    if repeated != f"{capacity} bcm/y of gas":
        found = f"{shown(text)} is not {shown(repeated)} of capacity-table"
        raise FormError(f"{where}, capacity", found, "bcm a year in both")
    return capacity


def _tracker(path: Path) -> dict[str, dict]:
    """Return the workbook's rows by id, from the one sheet that has the columns NEEDED."""
    book = formats.open_workbook(path)
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
        lacking = {
            name: [column for column in NEEDED if header.count(column) != 1]
            for name, header in headers.items()
        }
        found = f"the sheets {sheets} have the columns that are read; lacking or twice: {lacking}"
        raise FormError(path.name, found, "one sheet that has them")
    (sheet,) = sheets
    places = {column: headers[sheet].index(column) for column in NEEDED}
    tracker: dict[str, dict] = {}
    for line, row in enumerate(formats.sheet_rows(book, sheet, path)[1:], start=2):
        segment = {column: row[place] for column, place in places.items()}
        if all(cell is None for cell in row):
            continue
        place = f"{path.name}, sheet {sheet}, row {line}, id"
        if not re.fullmatch(ID, str(segment["id"])):
            raise FormError(place, f"{shown(segment['id'])} is no id", "such as P0748")
        if segment["id"] in tracker:
            raise FormError(place, f"two rows have the id {segment['id']}", "each once")
        tracker[segment["id"]] = segment
    book.close()
    return tracker
