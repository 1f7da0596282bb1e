"""Growth Lab at Harvard: the Atlas's reconciled goods trade, HS 1992, one file a country, 2010-2020."""

from pathlib import Path

import pandas as pd

SOURCE = "Harvard Atlas"
FILES = {"RUS": "RUS_hs_2010_to_2020.csv", "IRN": "IRN_hs_2010_to_2020.csv"}   # the countries that the copy holds
COLUMNS = ["location_id", "partner_id", "product_id", "year", "export_value", "import_value"]
SMALLEST_FLOW = 1_000_000   # US$: smaller flows of a partner are left out of the partners' table


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Goods trade inside the pair, one row a file's country, flow and year; US$.

    The sum over the product sections of `harvard-atlas/<country>_hs_2010_to_2020.csv`. `reporter` is the country in
    whose file the row stands. Harvard reconciles both sides' reports into one value, so one file's exports are the
    other's imports to the dollar: there is no mirror gap to find here.
    """
    rows = pd.concat([_by_partner(upstream, country) for country in pair if country in FILES])
    rows = rows[rows["partner"].isin(pair)].assign(source=SOURCE, estimated=False)
    return rows[["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]]


def partners(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Goods trade of each member of the pair with every partner, by flow and year; US$.

    No world total is published in these files. "Undeclared Countries" stand as ANS (area not specified), so the
    sum over all partners of a year is the file's total but for flows below a million dollars.
    """
    rows = pd.concat([_by_partner(upstream, country) for country in pair if country in FILES])
    rows = rows[rows["value_usd"] >= SMALLEST_FLOW].assign(source=SOURCE)
    return rows[["reporter", "partner", "flow", "year", "source", "value_usd"]]


def _by_partner(upstream: Path, country: str) -> pd.DataFrame:
    folder = upstream / "harvard-atlas"
    data = pd.read_csv(folder / FILES[country], index_col=0)
    if list(data.columns) != COLUMNS:
        raise ValueError(f"{FILES[country]}: unexpected header {list(data.columns)}")
    places = pd.read_csv(folder / "location.csv", index_col=0).set_index("location_id")
    sections = pd.read_csv(folder / "hs_product.csv", index_col=0).set_index("product_id")["level"]
    if set(data["product_id"].map(sections)) != {"section"}:
        raise ValueError(f"{FILES[country]}: holds products that are not sections, which would count twice")
    for column in ("location_id", "partner_id"):
        unknown = set(data[column]) - set(places.index[places["level"] == "country"])
        if unknown:
            raise ValueError(f"{FILES[country]}: {column} {sorted(unknown)} is no country in location.csv")
    data = data.assign(reporter=data["location_id"].map(places["location_code"]),
                       partner=data["partner_id"].map(places["location_code"]))
    if set(data["reporter"]) != {country}:
        raise ValueError(f"{FILES[country]}: rows of {set(data['reporter'])}")
    sums = data.groupby(["reporter", "partner", "year"], as_index=False)[["export_value", "import_value"]].sum()
    rows = sums.melt(["reporter", "partner", "year"], var_name="flow", value_name="value_usd")
    return rows.assign(flow=rows["flow"].str.removesuffix("_value"), value_usd=rows["value_usd"].astype("int64"))
