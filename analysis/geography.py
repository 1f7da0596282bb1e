"""What the book's maps draw: tables of routes and places as lines and points of a map."""

from collections.abc import Iterable

import pandas as pd

AT_WORK, IDLE, NOT_BUILT = (
    "Gas pipeline at work",
    "Gas pipeline idle",
    "Pipeline unfinished or given up",
)
RAIL, SHIP, MISSING = "Corridor by rail", "Corridor by ship", "Railway missing"
LINE_COLUMNS = ["line", "group", "width", "label", "name", "value"]
STATES = {
    "operating": AT_WORK,
    "idle": IDLE,
    "mothballed": IDLE,
    "construction": NOT_BUILT,
    "proposed": NOT_BUILT,
    "shelved": NOT_BUILT,
    "cancelled": NOT_BUILT,
}


def pipelines(pipes: pd.DataFrame, routes: pd.DataFrame, labels: dict[str, str]) -> pd.DataFrame:
    """Return the routes of gas pipelines as lines of a map; one that was built is as wide as large.

    Parameters
    ----------
    pipes, routes : tables `gas_pipelines` and `pipeline_routes`.
    labels : number in the tracker of those to be drawn → what is written beside them, or "".
    """
    drawn = pipes[pipes["project_id"].isin(labels)].merge(routes, on="project_id")
    capacity = (
        drawn["capacity_bcm"]
        .map(", {:g} bcm a year".format)
        .where(drawn["capacity_bcm"].notna(), "")
    )
    built = drawn["status"].map(STATES) != NOT_BUILT
    return pd.DataFrame(
        {
            "line": drawn["line"],
            "group": drawn["status"].map(STATES),
            "width": (1.2 + drawn["capacity_bcm"].fillna(0) / 12).where(built, 1.3),
            "label": drawn["project_id"].map(labels),
            "name": drawn["project"],
            "value": drawn["status"] + capacity,
        }
    )


def corridor(legs: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Return the legs of the North–South corridor as lines of a map.

    Parameters
    ----------
    legs, places : tables `corridor_legs` and `map_places`.
    """
    at = places.set_index("place")[["lon", "lat"]].map("{:g}".format).agg(" ".join, axis=1)
    rows = []
    for leg in legs.itertuples():
        missing, length = leg.state == "missing", leg.length_km
        group = MISSING if missing else {"rail": RAIL, "ship": SHIP}[leg.mode]
        between = [leg.via] if isinstance(leg.via, str) else []
        km = f"{length:.0f} km" if pd.notna(length) else "open"
        rows.append(
            {
                "line": ",".join([at[leg.start], *between, at[leg.end]]),
                "group": group,
                "width": 3.4 if missing else 1.5,
                "label": f"{km} missing" if missing else "",
                "name": f"{leg.start}–{leg.end}",
                "value": km,
            }
        )
    return pd.DataFrame(rows)


def marked(
    places: pd.DataFrame, groups: dict[str, str], towns: Iterable[str], labels: dict[str, str]
) -> pd.DataFrame:
    """Return places as points of a map.

    Parameters
    ----------
    places : table `map_places`.
    groups : kind of those to be drawn → their group on the map.
    towns : further places, drawn as the group "Town".
    labels : what is written beside a place where it is not its name.
    """
    drawn = places[places["kind"].isin(groups) | places["place"].isin(towns)]
    position = [f"{lat:g}° N, {lon:g}° E" for lat, lon in zip(drawn["lat"], drawn["lon"])]
    return pd.DataFrame(
        {
            "lon": drawn["lon"],
            "lat": drawn["lat"],
            "group": drawn["kind"].map(lambda kind: groups.get(kind, "Town")),
            "label": drawn["place"].replace(labels),
            "name": drawn["place"],
            "value": drawn["detail"].fillna(pd.Series(position, drawn.index)),
        }
    )


def listed(*drawn: pd.DataFrame) -> pd.DataFrame:
    """Return what a map shows, in its lines and its places, as the table below it."""
    named = {"group": "kind", "value": "what it is"}
    rows = pd.concat(drawn).rename(columns=named)
    columns = ["kind", "name", "what it is", *(c for c in ("lat", "lon") if c in rows)]
    return rows[columns].drop_duplicates().reset_index(drop=True)
