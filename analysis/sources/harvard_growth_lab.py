"""Growth Lab at Harvard: the Atlas's reconciled goods trade, HS 1992.

Two forms are read: the data set's file of totals by partner, every country in one (`hs92_country_country_year.csv`), or else the copy's
files of product sections by partner, one a country (`<country>_hs_<years>.csv`).
"""

import datetime
import hashlib
import json
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

SOURCE = "Harvard Atlas"
DATASET = "doi:10.7910/DVN/T4CHWJ"
FILE = "hs92_country_country_year.csv"
FIRST_YEAR = 2010
SMALLEST_FLOW = 1_000_000  # US$: smaller flows of a partner are left out of the partners' table
COLUMNS = ["country_iso3_code", "partner_iso3_code", "year", "export_value", "import_value"]
SECTION_COLUMNS = [
    "location_id",
    "partner_id",
    "product_id",
    "year",
    "export_value",
    "import_value",
]


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Goods trade inside the pair, one row a country, flow and year from 2010; US$.

    `reporter` is the country in whose rows the figure stands. Harvard reconciles both sides' reports into one value,
    so one country's exports are the other's imports to the dollar: there is no mirror gap to find here.
    """
    rows = _by_partner(upstream, pair)
    rows = rows[rows["partner"].isin(pair)].assign(source=SOURCE, estimated=False)
    return rows[["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]]


def partners(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Goods trade of each member of the pair with every partner, by flow and year from 2010; US$.

    No world total is published in these files. "Undeclared Countries" stand as ANS (area not specified), so the
    sum over all partners of a year is the file's total but for flows below a million dollars.
    """
    rows = _by_partner(upstream, pair)
    rows = rows[rows["value_usd"] >= SMALLEST_FLOW].assign(source=SOURCE)
    return rows[["reporter", "partner", "flow", "year", "source", "value_usd"]]


def _by_partner(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    folder = upstream / "harvard-atlas"
    if (folder / FILE).exists():
        sums = _of_all(folder / FILE, pair)
    else:
        paths = sorted(folder.glob("*_hs_*_to_*.csv"))
        if not paths:
            raise FileNotFoundError(
                f"harvard-atlas: neither {FILE} nor <country>_hs_<year>_to_<year>.csv in {folder}"
            )
        found = {
            country: [path for path in paths if path.name.startswith(f"{country}_")]
            for country in pair
        }
        if several := [
            path.name for of_one in found.values() if len(of_one) > 1 for path in of_one
        ]:
            raise ValueError(f"harvard-atlas: {' and '.join(several)} are of one country")
        sums = [_of_one(path, country) for country, of_one in found.items() for path in of_one]
        sums = (
            pd.concat(sums)
            if sums
            else pd.DataFrame(
                columns=["reporter", "partner", "year", "export_value", "import_value"]
            )
        )
    rows = sums[sums["year"] >= FIRST_YEAR].melt(
        ["reporter", "partner", "year"], var_name="flow", value_name="value_usd"
    )
    return rows.assign(
        flow=rows["flow"].str.removesuffix("_value"), value_usd=rows["value_usd"].astype("int64")
    )


def _of_all(path: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the pair's rows of the file that has every country, which is filtered as it is read."""
    where = f"country_iso3_code in ('{pair[0]}', '{pair[1]}')"
    rows = formats.filtered(
        [path], COLUMNS, where, numbers=["year", "export_value", "import_value"]
    )
    rows = rows.rename(
        columns={"country_iso3_code": "reporter", "partner_iso3_code": "partner"}
    ).drop(columns="file")
    if (wrong := ~rows["partner"].fillna("").str.fullmatch("[A-Z]{3}")).any():
        raise ValueError(
            f"{path.name}, column partner_iso3_code: {rows.loc[wrong, 'partner'].iloc[0]!r} is no code of a country"
        )
    if (twice := rows.duplicated(["reporter", "partner", "year"])).any():
        raise ValueError(
            f"{path.name}: {rows.loc[twice, ['reporter', 'partner', 'year']].iloc[0].to_dict()} stands twice"
        )
    return rows.assign(
        year=rows["year"].astype("int64"),
        export_value=rows["export_value"].round(),
        import_value=rows["import_value"].round(),
    )


def _of_one(path: Path, country: str) -> pd.DataFrame:
    """Return one country's sums over product sections."""
    data = formats.csv_table(path, SECTION_COLUMNS, numbers=SECTION_COLUMNS, index_col=0)
    places = formats.csv_table(
        path.with_name("location.csv"),
        ["location_id", "location_code", "level"],
        keep_default_na=False,
    ).set_index("location_id")
    sections = formats.csv_table(
        path.with_name("hs_product.csv"), ["product_id", "level"]
    ).set_index("product_id")["level"]
    if set(data["product_id"].map(sections)) != {"section"}:
        raise ValueError(
            f"{path.name}: holds products that are not sections, which would count twice"
        )
    for column in ("location_id", "partner_id"):
        unknown = set(data[column]) - set(places.index[places["level"] == "country"])
        if unknown:
            raise ValueError(
                f"{path.name}: {column} {sorted(unknown)} is no country in location.csv"
            )
    data = data.assign(
        reporter=data["location_id"].map(places["location_code"]),
        partner=data["partner_id"].map(places["location_code"]),
    )
    if set(data["reporter"]) != {country}:
        raise ValueError(f"{path.name}: rows of {set(data['reporter'])}")
    return data.groupby(["reporter", "partner", "year"], as_index=False)[
        ["export_value", "import_value"]
    ].sum()


def download(get, pair: tuple[str, str]) -> str:
    """Download the file of totals by partner from the data set's newest version."""
    name = "dataset.json"
    content = json.loads(
        get(
            name, "api/datasets/:persistentId/", params={"persistentId": DATASET}, kind="json"
        ).read_bytes()
    )
    version = (
        content.get("data", {}).get("latestVersion")
        if isinstance(content, dict) and content.get("status") == "OK"
        else None
    )
    if not version:
        raise get.refuse(
            name,
            f"the answer describes no data set but says {str(content.get('message') if isinstance(content, dict) else content)[:300]!r}",
        )
    offered = {
        entry.get("dataFile", {}).get("filename") or entry.get("label"): entry.get("dataFile", {})
        for entry in version.get("files", [])
    }
    if FILE not in offered or "id" not in offered[FILE]:
        raise get.refuse(
            name,
            f"the data set has no file {FILE}; it has {sorted(map(str, offered))[:20]}",
            "If the Growth Lab renamed it, analysis/sources/harvard_growth_lab.py must follow.",
        )
    path = get(FILE, f"api/access/datafile/{offered[FILE]['id']}", kind="csv")
    checksum = offered[FILE].get("checksum") or {}
    if checksum.get("type") == "MD5":
        with path.open("rb") as file:
            if hashlib.file_digest(file, "md5").hexdigest() != checksum.get("value"):
                get.refuse(name, "it may be of another version")  # the next run asks for both anew
                raise get.refuse(
                    FILE,
                    f"the file of {path.stat().st_size:,} bytes is not the one that the data set describes ({offered[FILE].get('filesize', 0):,} bytes, MD5 {checksum.get('value')}): it is cut off or was replaced",
                    "Try again.",
                )
    try:
        rows = _of_all(path, pair)
    except ValueError as error:
        raise get.refuse(FILE, str(error)) from None
    if rows.empty:
        raise get.refuse(FILE, f"the file has no rows of {' or '.join(pair)}")
    released = str(version.get("releaseTime") or "")[:10]
    day = f" of {datetime.date.fromisoformat(released):%-d %B %Y}" if released else ""
    return f"version {version.get('versionNumber')}.{version.get('versionMinorNumber')}{day}, years to {rows['year'].max()}"
