"""International Monetary Fund: Direction of Trade Statistics (DOTS), one workbook a reporter."""

from pathlib import Path

import openpyxl
import pandas as pd

SOURCE = "IMF DOTS"
FILES = {"RUS": "DOTS_162.xlsx", "IRN": "DOTS_95.xlsx"}
NAMES = {"RUS": "Russian Federation", "IRN": "Iran, Islamic Rep. of"}
SHEETS = {"export": ("Exports, FOB", "Exports, FOB to Partner Countries"),
          "import": ("Imports, CIF", "Imports, CIF from Partner Countries")}
UNIT = "US Dollars, Millions"
FIRST_YEAR = 1989
# This copy's Russian figures for 2019 with Iran are a fifth to a third below those of every other source, and equal
# what officials gave for January to September. 2020 agrees with UN Comtrade again.
PARTIAL_YEARS = {2019}


def totals(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Total goods trade inside the pair as each side's series in DOTS has it, by flow and year; US$.

    Exports are valued free on board, imports with cost, insurance and freight. A figure that the Fund marks "e" is
    its own estimate (as a rule the partner's figure less or plus six per cent) and comes out with `estimated` true.
    2019 is left out: see PARTIAL_YEARS. Trade with the Soviet Union, a separate row before 1992, is not read.
    """
    records = []
    for reporter, partner in (pair, pair[::-1]):
        if reporter not in FILES or partner not in NAMES:
            continue
        book = openpyxl.load_workbook(upstream / "imf-dots" / FILES[reporter], read_only=True, data_only=True)
        for flow, (sheet, title) in SHEETS.items():
            where = f"{FILES[reporter]}, sheet {sheet}"
            rows = list(book[sheet].iter_rows(values_only=True))
            if (rows[1][1], rows[3][1], rows[4][1]) != (title, NAMES[reporter], UNIT):
                raise ValueError(f"{where}: unexpected head {rows[1][1]!r}, {rows[3][1]!r}, {rows[4][1]!r}")
            years = rows[6][2:]
            if not all(str(y).isdigit() and len(str(y)) == 4 for y in years):
                raise ValueError(f"{where}: unexpected years {years}")
            found = [r for r in rows[7:] if r[1] is not None and r[1].strip() == NAMES[partner]]
            if len(found) != 1:
                raise ValueError(f"{where}: {len(found)} rows for {NAMES[partner]}")
            for year, cell in zip(map(int, years), found[0][2:]):
                if cell is None or year < FIRST_YEAR or year in PARTIAL_YEARS:
                    continue
                text = str(cell)
                millions = float(text.removesuffix("e").replace(",", ""))
                records.append((reporter, partner, flow, year, SOURCE, round(millions * 1e6), text.endswith("e")))
        book.close()
    return pd.DataFrame(records, columns=["reporter", "partner", "flow", "year", "source", "value_usd", "estimated"])
