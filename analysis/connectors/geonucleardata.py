"""GeoNuclearData: the world's power reactors after WNA, IAEA PRIS and Wikipedia (CSV).

Terms: ODbL 1.0 for the list, DbCL 1.0 for its contents.
"""

from pathlib import Path

import pandas as pd

from ledger.core.sources import countries, formats

FILE = "nuclear_power_plants.csv"
PRIS = "https://pris.iaea.org/PRIS/CountryStatistics/ReactorDetails.aspx?current="
LIST = "https://github.com/cristianst85/GeoNuclearData"
HEADER = [
    "Id", "Name", "Latitude", "Longitude", "Country", "CountryCode", "Status", "ReactorType",
    "ReactorModel", "ConstructionStartAt", "OperationalFrom", "OperationalTo", "Capacity",
    "LastUpdatedAt", "Source", "IAEAId",
]  # fmt: skip
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
    ValueError
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
        path, HEADER, ["Capacity"], dtype=str, keep_default_na=False, na_values={"Capacity": [""]}
    )
    for column in [*EVENTS, "LastUpdatedAt"]:
        wrong = ~frame[column].str.fullmatch(r"(\d{4}-\d\d-\d\d.*)?")
        formats.refuse_cells(path, frame[column], wrong, "is no date")
    wrong = ~frame["CountryCode"].str.fullmatch("[A-Z]{2}")
    formats.refuse_cells(path, frame["CountryCode"], wrong, "is no code of two letters")
    if not frame["LastUpdatedAt"].any():
        raise ValueError(f"{path.name}: no LastUpdatedAt tells the edition's date")
    return frame


def _edition(frame: pd.DataFrame) -> str:
    return frame["LastUpdatedAt"].max()[:10]
