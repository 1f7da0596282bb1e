"""GeoNuclearData: a list of the world's power reactors compiled from WNA, IAEA PRIS and Wikipedia."""

from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

FILE = "geonucleardata/nuclear_power_plants.csv"
PRIS = "https://pris.iaea.org/PRIS/CountryStatistics/ReactorDetails.aspx?current="
LIST = "https://github.com/cristianst85/GeoNuclearData"
HEADER = [
    "Id",
    "Name",
    "Latitude",
    "Longitude",
    "Country",
    "CountryCode",
    "Status",
    "ReactorType",
    "ReactorModel",
    "ConstructionStartAt",
    "OperationalFrom",
    "OperationalTo",
    "Capacity",
    "LastUpdatedAt",
    "Source",
    "IAEAId",
]
EVENTS = {
    "ConstructionStartAt": "construction start",
    "OperationalFrom": "commercial operation",
    "OperationalTo": "shutdown",
}


def download(get, pair: tuple[str, str]) -> str:
    """Fetch the list as it stands in its repository."""
    path = get(
        "nuclear_power_plants.csv", "data/csv/denormalized/nuclear_power_plants.csv", kind="csv"
    )
    try:
        return f"list as changed last on {_edition(_table(path))}"
    except ValueError as error:
        raise get.refuse(path.name, str(error)) from None


def nuclear(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Milestones of each power reactor in the second country of the pair, and its status on the edition's date.

    The edition's date is that of the last change of any reactor. The list has no grid connection, no first criticality
    and no supplier; `value` of a status row is the design net capacity in MW. Names carry the unit's number (Bushehr-1).
    """
    frame = _table(upstream / FILE)
    edition = _edition(frame)
    code = formats.countries().convert(pair[1], src="ISO3", to="ISO2", not_found="no country")
    rows = []
    for r in frame[frame["CountryCode"] == code].to_dict("records"):
        url = PRIS + r["IAEAId"] if r["IAEAId"] else LIST
        model = ", ".join(x for x in (r["ReactorType"], r["ReactorModel"]) if x)
        common = {"record": "reactor", "subject": r["Name"], "source": "GeoNuclearData", "url": url}
        for column, event in EVENTS.items():
            if r[column]:
                rows.append(
                    common
                    | {
                        "measure": event,
                        "date": r[column],
                        "date_kind": "milestone",
                        "detail": model,
                    }
                )
        rows.append(
            common
            | {
                "measure": "status",
                "date": edition,
                "date_kind": "edition of the list",
                "value": float(r["Capacity"]) if pd.notna(r["Capacity"]) else None,
                "unit": "MW" if pd.notna(r["Capacity"]) else "",
                "detail": r["Status"].lower() + (f" ({model})" if model else ""),
            }
        )
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


def _table(path):
    frame = formats.csv_table(
        path, HEADER, ["Capacity"], dtype=str, keep_default_na=False, na_values={"Capacity": [""]}
    )
    for column in [*EVENTS, "LastUpdatedAt"]:
        wrong = ~frame[column].str.fullmatch(r"(\d{4}-\d\d-\d\d.*)?")
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise ValueError(
                f"{path.name}, row {row + 2}, column {column}: {frame[column].iloc[row]!r} is no date"
            )
    wrong = ~frame["CountryCode"].str.fullmatch("[A-Z]{2}")
    if wrong.any():
        raise ValueError(
            f"{path.name}, column CountryCode: {frame['CountryCode'][wrong].iloc[0]!r} is no code of two letters"
        )
    if not frame["LastUpdatedAt"].any():
        raise ValueError(f"{path.name}: no LastUpdatedAt tells the edition's date")
    return frame


def _edition(frame):
    return frame["LastUpdatedAt"].max()[:10]
