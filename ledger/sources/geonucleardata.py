"""GeoNuclearData: a list of the world's power reactors compiled from WNA, IAEA PRIS and Wikipedia."""
from pathlib import Path

import pandas as pd

FILE = "geonucleardata/nuclear_power_plants.csv"
EDITION_DATE = "2024-03-03"
ALPHA2 = {"RUS": "RU", "IRN": "IR"}
PRIS = "https://pris.iaea.org/PRIS/CountryStatistics/ReactorDetails.aspx?current="
LIST = "https://github.com/cristianst85/GeoNuclearData"
HEADER = ["Id", "Name", "Latitude", "Longitude", "Country", "CountryCode", "Status", "ReactorType", "ReactorModel",
          "ConstructionStartAt", "OperationalFrom", "OperationalTo", "Capacity", "LastUpdatedAt", "Source", "IAEAId"]
EVENTS = {"ConstructionStartAt": "construction start", "OperationalFrom": "commercial operation",
          "OperationalTo": "shutdown"}


def nuclear(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Milestones of each power reactor in the second country of the pair, and its status on the edition's date.

    The list has no grid connection, no first criticality and no supplier; `value` of a status row is the design net
    capacity in MW. Names carry the unit's number (Bushehr-1).
    """
    frame = pd.read_csv(upstream / FILE, dtype=str, keep_default_na=False)
    if list(frame.columns) != HEADER:
        raise ValueError(f"{FILE}: header is not {HEADER} but {list(frame.columns)}")
    rows = []
    for r in frame[frame["CountryCode"] == ALPHA2[pair[1]]].to_dict("records"):
        url = PRIS + r["IAEAId"] if r["IAEAId"] else LIST
        model = ", ".join(x for x in (r["ReactorType"], r["ReactorModel"]) if x)
        common = {"record": "reactor", "subject": r["Name"], "source": "GeoNuclearData", "url": url}
        for column, event in EVENTS.items():
            if r[column]:
                rows.append(common | {"measure": event, "date": r[column], "date_kind": "milestone", "detail": model})
        rows.append(common | {
            "measure": "status", "date": EDITION_DATE, "date_kind": "edition of the list",
            "value": float(r["Capacity"]) if r["Capacity"] else None, "unit": "MW" if r["Capacity"] else "",
            "detail": r["Status"].lower() + (f" ({model})" if model else "")})
    columns = ["record", "subject", "measure", "date", "date_kind", "value", "unit", "detail", "source", "url"]
    return pd.DataFrame(rows, columns=columns)
