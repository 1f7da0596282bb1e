"""How UN Comtrade's bulk files are read: part of `make bench`.

A year of the whole world is one file, compressed, of some ten million rows. Such a file is
generated in Comtrade's form (gzip, tab separated, one header line, made-up values, the pair's rows
scattered over it) and filtered down to what the pair reported, its totals with every partner: by
the book's connector, by a plain pandas.read_csv of all of it, and by one of only the columns that
are needed. Each runs in a process of its own, whose peak memory is what the operating system says
at its end.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from analysis.connectors import un_comtrade  # noqa: E402

ROWS = 10_000_000
LIMIT = 500  # MB that the connector may take
PAIR = {643: "RUS", 364: "IRN"}
# UN numbers of areas: the pair, the world, Taiwan's, an unspecified one, and as many as make a year
# of the world
AREAS = [643, 364, 0, 490, 899] + [
    n for n in range(4, 1000, 4) if n not in (364, *un_comtrade.AREAS)
][:195]
CODES = [
    "TOTAL",
    *(f"{n:02}" for n in range(1, 98)),
    *(f"{n:06}" for n in range(10121, 10143)),
    "TOTAL by sea",
    *(f"{n:02} by sea" for n in range(1, 5)),
]
BLOCK = len(AREAS) * len(CODES) * 2  # rows of a reporter
HEADER = """
datasetCode typeCode freqCode refPeriodId refYear refMonth period reporterCode flowCode
partnerCode partner2Code classificationCode classificationSearchCode isOriginalClassification
cmdCode aggrLevel isLeaf customsCode mosCode motCode qtyUnitCode qty isQtyEstimated altQtyUnitCode
altQty isAltQtyEstimated netWgt isNetWgtEstimated grossWgt isGrossWgtEstimated cifvalue fobvalue
primaryValue legacyEstimationFlag isReported isAggregate
""".split()
NEEDED = [
    "refYear",
    "reporterCode",
    "flowCode",
    "partnerCode",
    "partner2Code",
    "customsCode",
    "motCode",
    "cmdCode",
    "primaryValue",
]


YEAR = un_comtrade.FIRST_YEAR  # one alone: the connector refuses a file whose beginning is missing
# what stands in each column, in SQL over a row's reporter, partner, flow, code and value; a column
# that is not named here is empty
COLUMNS = dict.fromkeys(HEADER, "''") | {
    "datasetCode": "lpad(reporter::varchar, 20, '2010040')",
    "typeCode": "'C'",
    "freqCode": "'A'",
    "refPeriodId": f"{YEAR}0101",
    "refYear": f"{YEAR}",
    "refMonth": "52",
    "period": f"'{YEAR}'",
    "reporterCode": "reporter",
    "flowCode": "flow",
    "partnerCode": "partner",
    "partner2Code": "0",
    "classificationCode": "'H5'",
    "classificationSearchCode": "'HS'",
    "isOriginalClassification": "'True'",
    "cmdCode": "split_part(code, ' ', 1)",
    "aggrLevel": "6",
    "isLeaf": "'True'",
    "customsCode": "'C00'",
    "mosCode": "0",
    "motCode": "case when code like '% by sea' then 2100 else 0 end",
    "qtyUnitCode": "8",
    "qty": "value % 99991 / 8.0",
    "isQtyEstimated": "'False'",
    "altQtyUnitCode": "-1",
    "altQty": "0",
    "isAltQtyEstimated": "'False'",
    "netWgt": "value % 99991 / 8.0",
    "isNetWgtEstimated": "'True'",
    "grossWgt": "0",
    "isGrossWgtEstimated": "'False'",
    "cifvalue": "case when flow = 'M' then value + 0.125 end",
    "fobvalue": "value",
    "primaryValue": "value + 0.125",
    "legacyEstimationFlag": "4",
    "isReported": "'False'",
    "isAggregate": "'True'",
}


def generate(folder: Path, rows: int = ROWS) -> Path:
    """Write a bulk file of about `rows` rows and Comtrade's lists of areas into `folder`/comtrade,
    and return the file's path.
    """
    target = folder / "comtrade"
    target.mkdir(parents=True, exist_ok=True)
    write_areas(target)
    path = target / f"COMTRADE-FINAL-CA000{YEAR}H5[2021-06-01].gz"
    write_rows(path, max(2, round(rows / BLOCK)))
    return path


def write_areas(target: Path) -> None:
    """Write Comtrade's lists of reporters and of partners, with a made-up code for each area."""
    iso3 = (
        PAIR
        | {
            number: f"{chr(65 + n // 26)}{chr(65 + n % 26)}Q"
            for n, number in enumerate(AREAS)
            if number not in (*PAIR, 0, 490, 899)
        }
        | {0: "W00", 490: "S19", 899: "_X "}
    )
    for name, field in (("Reporters.json", "reporterCode"), ("partnerAreas.json", "PartnerCode")):
        areas = [
            {
                "id": number,
                "text": f"Area {number}",
                field: number,
                f"{field}IsoAlpha3": iso3[number],
                "isGroup": number == 0,
            }
            for number in AREAS
        ]
        (target / name).write_text(json.dumps({"results": areas}), encoding="utf-8-sig")


def write_rows(path: Path, reporters: int) -> None:
    """Write the bulk file: a block of rows for each reporter, one of the pair's in the middle and
    one at the end.
    """
    import duckdb

    middle = [n for n in AREAS if n not in PAIR and n not in (0, 490, 899)][: reporters - 2]
    order = middle[: len(middle) // 2] + [643] + middle[len(middle) // 2 :] + [364]
    columns = ", ".join(f"{expression} as {name}" for name, expression in COLUMNS.items())
    with duckdb.connect(config={"memory_limit": "1GB", "temp_directory": ""}) as connection:
        connection.execute("set enable_progress_bar = false; set preserve_insertion_order = true")
        connection.execute(f"""copy (
            select {columns} from (
                select i, ({order})[i // {BLOCK} + 1] as reporter,
                       ({AREAS})[i // {len(CODES) * 2} % {len(AREAS)} + 1] as partner,
                       ({CODES})[i // 2 % {len(CODES)} + 1] as code,
                       case i % 2 when 0 then 'X' else 'M' end as flow,
                       (20000000 + i % {len(CODES) * 2} * 7919 % 1000003 * 1000)
                       * case partner when 0 then {len(AREAS) - 1} else 1 end as value
                from range({BLOCK * len(order)}) as t(i)))
            to '{path}' (format csv, delimiter '\t', header true, compression gzip)""")


# --- what is measured, each in a process of its own -----------------------------------------------


def connector(path: Path):
    return un_comtrade.partners(path.parent.parent, tuple(PAIR.values()))


def pandas_all(path: Path, **options):
    import pandas as pd

    rows = pd.read_csv(path, sep="\t", **options)
    rows = rows[
        rows["reporterCode"].isin(PAIR)
        & (rows["cmdCode"] == "TOTAL")
        & (rows["partner2Code"] == 0)
        & (rows["motCode"] == 0)
        & (rows["customsCode"] == "C00")
    ]
    rows = rows[rows["reporterCode"] != rows["partnerCode"]]
    return (
        rows.groupby(["reporterCode", "partnerCode", "flowCode", "refYear"], as_index=False)[
            "primaryValue"
        ]
        .sum()
        .rename(columns={"primaryValue": "value_usd"})
    )


def pandas_needed(path: Path):
    return pandas_all(path, usecols=NEEDED)


WAYS = {
    "this book's connector": connector,
    "pandas.read_csv, all columns": pandas_all,
    "pandas.read_csv, the columns needed": pandas_needed,
}


def peak() -> float:
    """Return the most memory, in MB, that this process held."""
    status = Path("/proc/self/status")
    if (
        status.exists()
    ):  # what ru_maxrss says on Linux may be that of the process which started this one
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << 20 if sys.platform == "darwin" else 1 << 10
    )


def measure(way: str, path: Path) -> dict:
    """Return rows, sum, seconds and peak memory of one way to read the file; with `failed` in their
    place when the process ended otherwise.
    """
    run = subprocess.run(
        [sys.executable, __file__, way, str(path)], capture_output=True, text=True, cwd=ROOT
    )
    if run.returncode:
        return {"failed": run.stderr.strip().splitlines()[-1:] or [f"ended with {run.returncode}"]}
    return json.loads(run.stdout)


def report(folder: Path, rows: int = ROWS) -> list[str]:
    """Return the lines of a table: each way's seconds, rows a second and peak memory. The file is
    removed at the end.
    """
    free = shutil.disk_usage(folder).free
    if free < rows * 200:
        return [
            f"Not measured: a file of {rows:,} rows may need {rows * 200 / 1e9:.0f} GB of disk, "
            f"and {free / 1e9:.0f} GB are free in {folder}."
        ]
    path = generate(folder, rows)
    try:
        import gzip

        with gzip.open(path) as file:
            size, lines = 0, -1
            while piece := file.read(1 << 22):
                size += len(piece)
                lines += piece.count(b"\n")
        out = [
            f"One file of {lines:,} rows, {len(HEADER)} columns, {path.stat().st_size / 1e6:,.0f} "
            f"MB compressed and {size / 1e6:,.0f} MB not.",
            "",
            "| read by | seconds | rows a second | peak memory, MB |",
            "|---|---|---|---|",
        ]
        sums = set()
        for way in WAYS:
            got = measure(way, path)
            if "failed" in got:
                out.append(f"| {way} | failed: {got['failed'][0]} | | |")
                continue
            sums.add((got["rows"], got["sum"]))
            out.append(
                f"| {way} | {got['seconds']:.1f} | {lines / got['seconds']:,.0f} | "
                f"{got['peak']:,.0f} |"
            )
        return out + [
            "",
            f"All find the same {next(iter(sums))[0]:,} rows."
            if len(sums) == 1
            else f"They do not agree: {sorted(sums)}.",
        ]
    finally:
        shutil.rmtree(path.parent)


def machine() -> str:
    made_of = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pandas", "numpy"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB, "
        f"Python {platform.python_version()}, {made_of}"
    )


if __name__ == "__main__":
    began = time.perf_counter()
    found = WAYS[sys.argv[1]](Path(sys.argv[2]))
    print(
        json.dumps(
            {
                "rows": len(found),
                "sum": int(found["value_usd"].round().sum()),
                "seconds": time.perf_counter() - began,
                "peak": peak(),
            }
        )
    )
