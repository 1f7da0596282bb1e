"""International Monetary Fund: trade by partner, from the service of its dataset IMTS (CSV).

IMTS follows the Direction of Trade Statistics (DOTS), of which a snapshot has one workbook a
reporter. Terms: © IMF; use and publication with attribution, changes must be said.
"""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ledger.core.sources import countries, formats

SOURCE = "IMF DOTS"
FIRST_YEAR = 1989
RESULT = ["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"]

# workbooks of DOTS: flow → sheet, its title
SHEETS = {
    "export": ("Exports, FOB", "Exports, FOB to Partner Countries"),
    "import": ("Imports, CIF", "Imports, CIF from Partner Countries"),
}
UNIT = "US Dollars, Millions"
# names that are more, or less, than the country which they bring to mind
EXCEPTIONS = {
    "Aruba, Kingdom of the Netherlands": "ABW",
    "Curaçao, Kingdom of the Netherlands": "CUW",
    "Sint Maarten, Kingdom of the Netherlands": "SXM",
    "Czechoslovakia": None,
    "Eastern Germany": None,
    "USSR": None,
    "Yugoslavia": None,
    "Serbia and Montenegro": None,
    "Yemen Arab Rep.": None,
    "Yemen, People's Dem. Rep. of": None,
    "South African Common Customs Area (SACCA)": None,
    "Belgium-Luxembourg": None,
}

# the service of IMTS
INDICATORS = {"XG_FOB_USD": "export", "MG_CIF_USD": "import"}
COLUMNS = [
    "COUNTRY", "INDICATOR", "COUNTERPART_COUNTRY", "FREQUENCY", "TIME_PERIOD", "OBS_VALUE", "UNIT",
    "STATUS",
]  # fmt: skip
EXPECTED = {"INDICATOR": [*INDICATORS], "FREQUENCY": ["A"], "UNIT": ["USD"], "STATUS": ["", "e"]}
FILE = "imts.csv"


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return total goods trade inside the pair as each side's series has it, from 1989.

    Exports are valued free on board, imports with cost, insurance and freight. Trade with states
    that are no more, such as the Soviet Union, stands in rows of its own and is not read.

    Parameters
    ----------
    upstream
        Folder with `imf-dots/`: FILE, or workbooks DOTS_<number>.xlsx.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        RESULT, in US$; one row a reporter, flow and year. A figure that the Fund marks "e" is its
        own estimate (as a rule the partner's figure less or plus six per cent): `estimated` is
        true.

    Raises
    ------
    ValueError
        Names file, row or sheet, column and value that are not as expected.
    FileNotFoundError
        None of the files is there.
    """
    folder = upstream / "imf-dots"
    path = folder / FILE
    records = _service(path, pair) if path.exists() else _workbooks(folder, pair)
    return pd.DataFrame(records, columns=RESULT)


def _service(path: Path, pair: tuple[str, str]) -> list[tuple]:
    data = formats.read_csv(
        path,
        COLUMNS,
        numbers=["OBS_VALUE"],
        dtype={column: str for column in COLUMNS if column != "OBS_VALUE"},
        keep_default_na=False,
        na_values={"OBS_VALUE": ["", "NaN"]},
    )
    data = data[data["TIME_PERIOD"] != ""]  # a row that is about the dataset
    for column, values in EXPECTED.items():
        expected = f"was not expected; expected {' or '.join(map(repr, values))}"
        formats.refuse_cells(path, data[column], ~data[column].isin(values), expected)
    period = data["TIME_PERIOD"]
    formats.refuse_cells(path, period, ~period.str.fullmatch(r"\d{4}"), "is no year")
    one, other = data["COUNTRY"], data["COUNTERPART_COUNTRY"]
    inside = one.isin(pair) & other.isin(pair) & (one != other)
    data = data[inside & (period.astype(int) >= FIRST_YEAR)].dropna(subset="OBS_VALUE")
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


# --- workbooks ------------------------------------------------------------------------------------


def _workbooks(folder: Path, pair: tuple[str, str]) -> list[tuple]:
    books = _by_reporter(folder)
    records = []
    for reporter, partner in (pair, pair[::-1]):
        path, sheets = books.get(reporter, (folder, {}))
        for flow, rows in sheets.items():
            where = f"{path.name}, sheet {SHEETS[flow][0]}"
            _check_head(rows, SHEETS[flow][1], sheets["export"][3][1], where)
            for year, cell in _partner_cells(rows, partner, where):
                if cell is not None and year >= FIRST_YEAR:
                    millions, estimated = _number(cell, f"{where}, {partner} in {year}")
                    value = round(millions * 1e6)
                    records.append((reporter, partner, flow, year, SOURCE, value, estimated))
    return records


def _by_reporter(folder: Path) -> dict[str, tuple[Path, dict[str, list[tuple]]]]:
    """Return reporter → workbook, and its sheets by flow."""
    paths = sorted(folder.glob("DOTS_*.xlsx"))
    if not paths:
        raise FileNotFoundError(f"imf-dots: neither {FILE} nor DOTS_<number>.xlsx in {folder}")
    books: dict[str, tuple[Path, dict[str, list[tuple]]]] = {}
    for path in paths:
        book = formats.open_workbook(path)
        sheets = {flow: formats.sheet_rows(book, name, path) for flow, (name, _) in SHEETS.items()}
        book.close()
        where = f"{path.name}, sheet {SHEETS['export'][0]}, cell B4"
        country = countries.country_code(_name(sheets["export"][3][1]), EXCEPTIONS, where)
        if country in books:
            raise ValueError(f"{path.name} and {books[country][0].name} are both of {country}")
        books[country] = (path, sheets)
    return books


def _check_head(rows: list[tuple], title: str, reporter: str, where: str) -> None:
    head, expected = (rows[1][1], rows[3][1], rows[4][1]), (title, reporter, UNIT)
    if head != expected:
        raise ValueError(f"{where}: unexpected head {head}; expected {expected}")


def _partner_cells(rows: list[tuple], partner: str, where: str) -> Iterator[tuple[int, object]]:
    """Give year and cell of a partner's row; some rows stand twice, in two groups."""
    years = rows[6][2:]
    if not all(str(year).isdigit() and len(str(year)) == 4 for year in years):
        raise ValueError(f"{where}: unexpected years {years}")
    cells = {
        row[2:]
        for row in rows[7:]
        if row[1] is not None and countries.find_code(_name(row[1]), EXCEPTIONS) == partner
    }
    if len(cells) > 1:
        raise ValueError(f"{where}: {len(cells)} rows for {partner} that are not alike")
    for row in cells:
        yield from zip(map(int, years), row)


def _number(cell: object, where: str) -> tuple[float, bool]:
    """Return a number in millions, and whether it is marked as an estimate."""
    text = str(cell).strip()
    try:
        return float(text.removesuffix("e")), text.endswith("e")
    except ValueError:
        raise ValueError(f"{where}: {cell!r} is no number") from None


def _name(cell: object) -> str:
    return str(cell).strip()


# --- downloading ----------------------------------------------------------------------------------


def download(get, pair: tuple[str, str]) -> str:
    """Download the annual series of each side of the pair with the other, from 1989."""
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
    columns = ["TIME_PERIOD", "OBS_VALUE"]
    years = pd.read_csv(path, encoding="utf-8-sig", usecols=columns, dtype=str).dropna()
    if years.empty:
        raise get.refuse(
            FILE,
            "the answer has no observations",
            "The service answers so, and with no error, when a code or the order of the key is not "
            "as it expects; see the dataset IMTS at data.imf.org.",
        )
    today = datetime.datetime.now(datetime.UTC)
    return f"IMTS, answer of {today:%-d %B %Y}, years to {years['TIME_PERIOD'].max()}"
