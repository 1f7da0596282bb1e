"""International Monetary Fund: trade by partner. Its dataset IMTS follows the Direction of Trade Statistics (DOTS), of which the copy
holds one workbook a reporter."""

import datetime
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

SOURCE = "IMF DOTS"
FIRST_YEAR = 1989
RESULT = ["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]

# workbooks of DOTS
SHEETS = {
    "export": ("Exports, FOB", "Exports, FOB to Partner Countries"),
    "import": ("Imports, CIF", "Imports, CIF from Partner Countries"),
}
UNIT = "US Dollars, Millions"
# names that are more, or less, than the country which they bring to mind
NAMES = {
    "Aruba, Kingdom of the Netherlands": "ABW",
    "Curaçao, Kingdom of the Netherlands": "CUW",
    "Sint Maarten, Kingdom of the Netherlands": "SXM",
    "Czechoslovakia": "",
    "Eastern Germany": "",
    "USSR": "",
    "Yugoslavia": "",
    "Serbia and Montenegro": "",
    "Yemen Arab Rep.": "",
    "Yemen, People's Dem. Rep. of": "",
    "South African Common Customs Area (SACCA)": "",
    "Belgium-Luxembourg": "",
}

# the service of IMTS
INDICATORS = {"XG_FOB_USD": "export", "MG_CIF_USD": "import"}
COLUMNS = [
    "COUNTRY",
    "INDICATOR",
    "COUNTERPART_COUNTRY",
    "FREQUENCY",
    "TIME_PERIOD",
    "OBS_VALUE",
    "UNIT",
    "STATUS",
]
FILE = "imts.csv"


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Total goods trade inside the pair as each side's series has it, by flow and year from 1989; US$.

    Exports are valued free on board, imports with cost, insurance and freight. A figure that the Fund marks "e" is
    its own estimate (as a rule the partner's figure less or plus six per cent) and comes out with `estimated` true.
    Trade with states that are no more, such as the Soviet Union, stands in rows of its own and is not read.
    """
    folder = upstream / "imf-dots"
    records = (
        _service(folder / FILE, pair) if (folder / FILE).exists() else _workbooks(folder, pair)
    )
    return pd.DataFrame(records, columns=RESULT)


def _service(file: Path, pair: tuple[str, str]) -> list[tuple]:
    data = formats.csv_table(
        file,
        COLUMNS,
        numbers=["OBS_VALUE"],
        dtype={column: str for column in COLUMNS if column != "OBS_VALUE"},
        keep_default_na=False,
        na_values={"OBS_VALUE": ["", "NaN"]},
    )
    data = data[data["TIME_PERIOD"] != ""]  # a row that is about the dataset
    known = {"INDICATOR": [*INDICATORS], "FREQUENCY": ["A"], "UNIT": ["USD"], "STATUS": ["", "e"]}
    for column, values in known.items():
        if (wrong := ~data[column].isin(values)).any():
            raise ValueError(
                f"{file.name}, row {data.index[wrong][0] + 2}, column {column}: {data.loc[wrong, column].iloc[0]!r}; expected {' or '.join(map(repr, values))}"
            )
    if (wrong := ~data["TIME_PERIOD"].str.fullmatch(r"\d{4}")).any():
        raise ValueError(
            f"{file.name}, row {data.index[wrong][0] + 2}, column TIME_PERIOD: {data.loc[wrong, 'TIME_PERIOD'].iloc[0]!r} is no year"
        )
    ways = [pair, pair[::-1]]
    data = data[[way in ways for way in zip(data["COUNTRY"], data["COUNTERPART_COUNTRY"])]].dropna(
        subset="OBS_VALUE"
    )
    data = data[data["TIME_PERIOD"].astype(int) >= FIRST_YEAR]
    # values are plain dollars; the column SCALE says how the Fund shows them
    return [
        (
            row.COUNTRY,
            row.COUNTERPART_COUNTRY,
            INDICATORS[row.INDICATOR],
            int(row.TIME_PERIOD),
            SOURCE,
            round(row.OBS_VALUE),
            row.STATUS == "e",
        )
        for row in data.itertuples()
    ]


def _workbooks(folder: Path, pair: tuple[str, str]) -> list[tuple]:
    paths = sorted(folder.glob("DOTS_*.xlsx"))
    if not paths:
        raise FileNotFoundError(f"imf-dots: neither {FILE} nor DOTS_<number>.xlsx in {folder}")
    found = {}
    for path in paths:
        book = formats.workbook(path)
        sheets = {flow: formats.sheet(book, name, path) for flow, (name, _) in SHEETS.items()}
        book.close()
        country = _iso3([sheets["export"][3][1]])[0]
        if not country:
            raise ValueError(
                f"{path.name}, sheet {SHEETS['export'][0]}, cell B4: {sheets['export'][3][1]!r} is no country that is known"
            )
        if country in found:
            raise ValueError(f"{path.name} and {found[country][0].name} are both of {country}")
        found[country] = (path, sheets)
    records = []
    for reporter, partner in (pair, pair[::-1]):
        if reporter not in found:
            continue
        path, sheets = found[reporter]
        for flow, rows in sheets.items():
            where = f"{path.name}, sheet {SHEETS[flow][0]}"
            title, name, unit = rows[1][1], rows[3][1], rows[4][1]
            if (title, name, unit) != (SHEETS[flow][1], sheets["export"][3][1], UNIT):
                raise ValueError(
                    f"{where}: unexpected head {title!r}, {name!r}, {unit!r}; expected {SHEETS[flow][1]!r}, {sheets['export'][3][1]!r}, {UNIT!r}"
                )
            years = rows[6][2:]
            if not all(str(y).isdigit() and len(str(y)) == 4 for y in years):
                raise ValueError(f"{where}: unexpected years {years}")
            named = [row for row in rows[7:] if row[1] is not None]
            same = {
                row[2:]
                for row, iso3 in zip(named, _iso3([row[1] for row in named]))
                if iso3 == partner
            }  # some stand twice, in two groups
            if len(same) > 1:
                raise ValueError(f"{where}: {len(same)} rows for {partner} that are not alike")
            for year, cell in zip(map(int, years), [cell for row in same for cell in row]):
                if cell is not None and year >= FIRST_YEAR:
                    millions, estimated = _number(cell, f"{where}, {partner} in {year}")
                    records.append(
                        (reporter, partner, flow, year, SOURCE, round(millions * 1e6), estimated)
                    )
    return records


def _number(cell, where: str) -> tuple[float, bool]:
    text = str(cell).strip()
    try:
        return float(text.removesuffix("e")), text.endswith("e")
    except ValueError:
        raise ValueError(f"{where}: {cell!r} is no number") from None


def _iso3(names: list) -> list[str]:
    """Return the ISO 3166 codes of countries by the names that DOTS gives them, "" for groups and for states that are no more."""
    names = [str(name).strip() for name in names]
    found = formats.countries().pandas_convert(pd.Series(names), to="ISO3", not_found="-")
    return [
        NAMES.get(name, code if isinstance(code, str) and len(code) == 3 else "")
        for name, code in zip(names, found)
    ]


def download(get, pair: tuple[str, str]) -> str:
    """Download the annual series of each side of the pair with the other from the dataset IMTS, from 1989."""
    both = "+".join(pair)
    path = get(
        FILE,
        f"data/IMF.STA,IMTS/{both}.{'+'.join(INDICATORS)}.{both}.A",
        params={"startPeriod": FIRST_YEAR},
        headers={"Accept": "application/vnd.sdmx.data+csv;version=1.0.0"},
        kind="csv",
    )
    header = pd.read_csv(path, encoding="utf-8-sig", nrows=0).columns
    if missing := [column for column in COLUMNS if column not in header]:
        raise get.refuse(FILE, f"the answer has no column {missing}; its header is {list(header)}")
    years = pd.read_csv(
        path, encoding="utf-8-sig", usecols=["TIME_PERIOD", "OBS_VALUE"], dtype=str
    ).dropna()["TIME_PERIOD"]
    if years.empty:
        raise get.refuse(
            FILE,
            "the answer has no observations",
            "The service answers so, and with no error, when a code or the order of the key is not as it expects; see the dataset IMTS at data.imf.org.",
        )
    return (
        f"IMTS, answer of {datetime.datetime.now(datetime.UTC):%-d %B %Y}, years to {years.max()}"
    )
