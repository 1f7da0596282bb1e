"""UN Comtrade: what a country's customs office reported to the United Nations.

The copy holds one reporter (Russia), annual values, legacy API, HS two-digit and totals:
`total-trade-value-<year>.csv` has every partner, `goods_<partners>_<years>.csv` HS chapters for a few partners.
"""

from pathlib import Path

import pandas as pd

SOURCE = "UN Comtrade"
FLOWS = {"Export": "export", "Import": "import"}
COLUMNS = ["Year", "Aggregate Level", "Trade Flow", "Reporter ISO", "Partner Code", "Partner", "Partner ISO",
           "Commodity Code", "Trade Value (US$)"]

# Comtrade's own units that ISO 3166 does not code. ANS = area not specified.
SPECIAL_AREAS = {
    "Other Asia, nes": "TWN",    # by United Nations practice this is where Taiwan's trade stands
    "Areas, nes": "ANS",         # confidential and unknown partners
    "Other Europe, nes": "ANS",
}
SMALLEST_FLOW = 10_000_000       # US$: smaller flows of a partner are left out of the partners' table


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Total goods trade inside the pair, one row a reporter, flow and year; US$.

    From `comtrade/total-trade-value-*.csv`, 2000-2020. Only Russia is a reporter in this copy. The flag in the
    files marks estimated weights, not estimated values, so `estimated` is false throughout.
    """
    rows = _every_total(upstream)
    rows = rows[rows["reporter"].isin(pair) & rows["partner"].isin(pair)]
    rows = rows.assign(source=SOURCE, estimated=False)
    return rows[["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]]


def products(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Trade inside the pair by HS chapter, one row a reporter, flow, year and chapter; US$.

    From `comtrade/goods_*.csv`, 2000-2020, HS edition as reported in each year. A flow and year whose only chapter
    is 99 ("not specified") says nothing about products and is left out: that is all of 2020 in this copy.
    """
    rows = _read(sorted((upstream / "comtrade").glob("goods_*.csv")))
    rows = rows[rows["Reporter ISO"].isin(pair) & rows["Partner ISO"].isin(pair)]
    rows = rows.assign(hs_chapter=rows["Commodity Code"].astype(int).map("{:02d}".format))
    rows = rows.assign(specified=rows["hs_chapter"] != "99")
    rows = rows[rows.groupby(["Reporter ISO", "Partner ISO", "Trade Flow", "Year"])["specified"].transform("any")]
    return _tidy(rows)[["reporter", "partner", "flow", "year", "hs_chapter", "value_usd"]]


def partners(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Total goods trade of each member of the pair with every partner and with the world (WLD); US$.

    From `comtrade/total-trade-value-*.csv`, 2000-2020. Unspecified areas stand as ANS, so that partners add up to
    WLD but for flows below ten million dollars and goods of the reporter's own origin.
    """
    rows = _every_total(upstream)
    rows = rows[rows["reporter"].isin(pair) & (rows["value_usd"] >= SMALLEST_FLOW)]
    rows = rows.assign(source=SOURCE)
    return rows[["reporter", "partner", "flow", "year", "source", "value_usd"]]


def _every_total(upstream: Path) -> pd.DataFrame:
    rows = _tidy(_read(sorted((upstream / "comtrade").glob("total-trade-value-*.csv"))))
    rows = rows[rows["reporter"] != rows["partner"]]   # goods coming home: in WLD, but a country is no partner of itself
    return rows.groupby(["reporter", "partner", "flow", "year"], as_index=False)["value_usd"].sum()   # joins the ANS


def _read(files: list[Path]) -> pd.DataFrame:
    if not files:
        raise ValueError("comtrade: no files found")
    frames = []
    for file in files:
        frame = pd.read_csv(file, encoding="utf-8")
        missing = [c for c in COLUMNS if c not in frame.columns]
        if missing:
            raise ValueError(f"{file.name}: no column {missing}; header is {list(frame.columns)}")
        frames.append(frame[COLUMNS])
    return pd.concat(frames, ignore_index=True)


def _tidy(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows[rows["Trade Flow"] != "Re-Import"]     # two rows of 2015, already counted in imports
    unknown = set(rows["Trade Flow"]) - set(FLOWS)
    if unknown:
        raise ValueError(f"comtrade: unknown flows {sorted(unknown)}")
    partner = rows["Partner ISO"].fillna(rows["Partner"].map(SPECIAL_AREAS))
    if partner.isna().any():
        raise ValueError(f"comtrade: no code for partner {sorted(set(rows['Partner'][partner.isna()]))}")
    return rows.assign(reporter=rows["Reporter ISO"], partner=partner, flow=rows["Trade Flow"].map(FLOWS),
                       year=rows["Year"].astype(int), value_usd=rows["Trade Value (US$)"].astype("int64"))
