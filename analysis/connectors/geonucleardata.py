"""GeoNuclearData: the world's power reactors after WNA, IAEA PRIS and Wikipedia (CSV).

Terms: ODbL 1.0 for the list, DbCL 1.0 for its contents.
"""

import re
from pathlib import Path

import pandas as pd

from ledger.core.sources import countries, formats
from ledger.core.sources.strict import FormError

FILE = "nuclear_power_plants.csv"
PRIS = "https://pris.iaea.org/PRIS/CountryStatistics/ReactorDetails.aspx?current="
LIST = "https://github.com/cristianst85/GeoNuclearData"
HEADER = [
    "Id", "Name", "Latitude", "Longitude", "Country", "CountryCode", "Status", "ReactorType",
    "ReactorModel", "ConstructionStartAt", "OperationalFrom", "OperationalTo", "Capacity",
    "LastUpdatedAt", "Source", "IAEAId",
]  # fmt: skip
STATUSES = {
    "Operational", "Shutdown", "Planned", "Under Construction", "Suspended Operation",
    "Suspended Construction", "Cancelled Construction", "Decommissioning Completed",
    "Never Commissioned", "Unknown",
}  # fmt: skip
LAST_ID = 820  # of the edition of March 2024; the list only grows, and stands in this order
# numbers below it that no reactor has
UNUSED = {78, 646, 711, *range(719, 725), *range(765, 771), 782}
LARGEST = 2000  # MW; no reactor has as much
EVENTS = {
    "ConstructionStartAt": "construction start",
    "OperationalFrom": "commercial operation",
    "OperationalTo": "shutdown",
}
COLUMNS = [
    "record", "subject", "measure", "date", "date_kind", "value", "unit", "detail", "source", "url",
]  # fmt: skip


def download(get, pair: tuple[str, str]) -> str:
    """Download the list as it stands in its repository."""
    path = get(FILE, f"data/csv/denormalized/{FILE}", kind="csv")
    try:
        return f"list as changed last on {_edition(_list(path))}"
    except ValueError as error:
        raise get.refuse(path.name, str(error)) from None


def nuclear(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return milestones and status of the power reactors in the second country of the pair.

    The list has no grid connection, no first criticality and no supplier. Names carry the unit's
    number (Bushehr-1).

    What this cannot see: a reactor after LAST_ID that is gone, for Ids need not run on there. A
    refresh names the rows of the table that would go.

    Parameters
    ----------
    upstream
        Folder with `geonucleardata/`, the list.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        COLUMNS; one row a reactor and milestone, and one a reactor for its status on the edition's
        date (that of the last change of any reactor), with the design net capacity in MW.

    Raises
    ------
    FormError
        Names file, row, column and value that are not as expected.
    """
    frame = _list(upstream / "geonucleardata" / FILE)
    edition = _edition(frame)
    code = countries.converter().convert(pair[1], src="ISO3", to="ISO2", not_found="no country")
    reactors = frame[frame["CountryCode"] == code].to_dict("records")
    rows = [row for reactor in reactors for row in _rows(reactor, edition)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(reactor: dict, edition: str) -> list[dict]:
    """Return the milestones of one reactor, and its status."""
    model = ", ".join(filter(None, (reactor["ReactorType"], reactor["ReactorModel"])))
    common = {
        "record": "reactor",
        "subject": reactor["Name"],
        "source": "GeoNuclearData",
        "url": PRIS + reactor["IAEAId"] if reactor["IAEAId"] else LIST,
    }
    milestones = [
        {"measure": event, "date": reactor[column], "date_kind": "milestone", "detail": model}
        for column, event in EVENTS.items()
        if reactor[column]
    ]
    has_capacity = pd.notna(reactor["Capacity"])
    status = {
        "measure": "status",
        "date": edition,
        "date_kind": "edition of the list",
        "value": float(reactor["Capacity"]) if has_capacity else None,
        "unit": "MW" if has_capacity else "",
        "detail": reactor["Status"].lower() + (f" ({model})" if model else ""),
    }
    return [common | row for row in [*milestones, status]]


def _list(path: Path) -> pd.DataFrame:
    frame = formats.read_csv(
        path, HEADER, ["Id", "Capacity"], dtype=str, keep_default_na=False,
        na_values={"Id": [""], "Capacity": [""]},
    )  # fmt: skip
    for column in EVENTS:
        _refuse(path, frame, column, r"([0-9]{4}-[0-9]{2}-[0-9]{2})?", "is no date")
    clock = r"(T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2})?"
    _refuse(
        path, frame, "LastUpdatedAt", rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{clock})?", "is no date"
    )
    _refuse(path, frame, "IAEAId", "([1-9][0-9]*)?", "is no number of the IAEA")
    convert = countries.converter().convert
    known = {
        code for code in frame["CountryCode"].unique()
        if re.fullmatch("[A-Z]{2}", code)
        and convert(code, src="ISO2", to="ISO3", not_found="-") != "-"
    }  # fmt: skip
    for column, wrong, problem in [
        ("CountryCode", ~frame["CountryCode"].isin(known), "is no country's code of two letters"),
        ("Status", ~frame["Status"].isin(STATUSES), "is no known status"),
        ("Name", frame["Name"].duplicated(), "stands there twice"),
        ("Capacity", ~frame["Capacity"].fillna(1).between(1, LARGEST), "is no capacity in MW"),
        ("Id", frame["Id"].diff() <= 0, "is no larger than the Id before it"),
    ]:
        formats.refuse_cells(path, frame[column], wrong, problem)
    if not (last := frame["Id"].iloc[-1]) >= LAST_ID:
        place = f"{path.name}, row {len(frame) + 1}, column Id"
        raise FormError(place, f"the file ends at {last:.0f}", f"{LAST_ID} or more at the end")
    if missing := sorted({*range(1, LAST_ID)} - UNUSED - {*frame["Id"]}):
        ids = ", ".join(map(str, missing[:12]))
        raise FormError(path.name, f"no rows of the Ids {ids}", "each Id, or UNUSED")
    if not frame["LastUpdatedAt"].any():
        raise FormError(path.name, "no LastUpdatedAt tells the edition's date", "a date")
    return frame


def _refuse(path: Path, frame: pd.DataFrame, column: str, pattern: str, problem: str) -> None:
    formats.refuse_cells(path, frame[column], ~frame[column].str.fullmatch(pattern), problem)


def _edition(frame: pd.DataFrame) -> str:
    return frame["LastUpdatedAt"].max()[:10]
