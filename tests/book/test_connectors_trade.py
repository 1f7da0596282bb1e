"""Promise: trade and World Bank figures are downloaded as the institutions offer them now, read as
the copies are, and refused when they are not what they should be; a bulk file of Comtrade is read
in little memory.
"""

import csv
import functools
import gzip
import hashlib
import io
import json
import re
import shutil
from datetime import UTC, datetime

import bulk
import openpyxl
import pandas as pd
import pytest
from institution import UPSTREAM, certificates, needs_upstream, point, running, server  # noqa: F401
from werkzeug import Response

from analysis.sources import (
    correlates_of_war,
    harvard_growth_lab,
    imf,
    oec,
    un_comtrade,
    world_bank,
)
from ledger.core.sources import formats, registry
from ledger.upkeep import download

PAIR, OTHER = ("RUS", "IRN"), ("RUS", "TUR")
TODAY = datetime.now(UTC).date()
BOM = b"\xef\xbb\xbf"


def fetched(name, server, folder, pair=PAIR, **more):  # noqa: F811
    return download.download(point(name, server, **more), pair, folder, say=lambda *_: None)


def same(one, two):
    """Whether two frames have the same rows, in whatever order."""
    keys = [
        column
        for column in one
        if not column.startswith("value") and column not in ("gdp_usd", "estimated", "quality")
    ]
    tidy = [frame.sort_values(keys).reset_index(drop=True) for frame in (one, two)]
    pd.testing.assert_frame_equal(*tidy, check_dtype=False)
    return len(one) > 0


def refused(name, server, folder, *parts, pair=PAIR, **more):  # noqa: F811
    """The download fails, its message names the source and each of `parts`, and nothing is left in
    the store.
    """
    with pytest.raises(registry.FetchError) as error:
        fetched(name, server, folder, pair, **more)
    for part in (f"source {name}", "https://localhost", *parts):
        assert part in str(error.value), error.value
    assert not (folder / name).exists()
    return str(error.value)


# --- UN Comtrade ----------------------------------------------------------------------------------

KEY = "0123456789abcdef0123456789abcdef"


@functools.cache
def lists():
    """Comtrade's lists of areas, made of the numbers in the copy: Germany has an old number too,
    and countries that report no code.
    """
    found = {
        ("0", "W00", "World"),
        ("490", "S19", "Other Asia, nes"),
        ("899", "_X ", "Areas, nes"),
        ("568", "_X ", "Other Europe, nes"),
        ("280", "DEU", "Fmr Fed. Rep. of Germany"),
    }
    for path in UPSTREAM.glob("comtrade/total-trade-value-*.csv"):
        with path.open(encoding="utf-8") as file:
            found |= {
                (row["Partner Code"], row["Partner ISO"], row["Partner"])
                for row in csv.DictReader(file)
                if row["Partner ISO"] not in ("", "WLD")
            }
    expired = {"280": {"entryExpiredDate": "1990-12-31T00:00:00"}}
    return {
        f"{name}.json": [
            {
                "id": int(number),
                "text": text,
                field: int(number),
                f"{field}IsoAlpha3": iso3,
                "isGroup": number == "0",
            }
            | expired.get(number, {})
            for number, iso3, text in sorted(found)
        ]
        for name, field in (("Reporters", "reporterCode"), ("partnerAreas", "PartnerCode"))
    }


@pytest.fixture(scope="module")
def comtrade_records():
    """Every record of the copy as the API gives it now: numbers without names, chapters of two
    digits.
    """
    records = []
    for path in [
        *UPSTREAM.glob("comtrade/total-trade-value-*.csv"),
        *UPSTREAM.glob("comtrade/goods_*.csv"),
    ]:
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                code = row["Commodity Code"]
                records.append(
                    {
                        "typeCode": "C",
                        "freqCode": "A",
                        "refPeriodId": int(row["Year"]) * 10000 + 101,
                        "refYear": int(row["Year"]),
                        "refMonth": 52,
                        "period": row["Year"],
                        "reporterCode": int(row["Reporter Code"]),
                        "reporterISO": None,
                        "reporterDesc": None,
                        "flowCode": {"Export": "X", "Import": "M", "Re-Import": "RM"}[
                            row["Trade Flow"]
                        ],
                        "flowDesc": None,
                        "partnerCode": int(row["Partner Code"]),
                        "partnerISO": None,
                        "partnerDesc": None,
                        "partner2Code": 0,
                        "classificationCode": row["Classification"],
                        "classificationSearchCode": "HS",
                        "isOriginalClassification": True,
                        "cmdCode": code if code == "TOTAL" else code.zfill(2),
                        "customsCode": "C00",
                        "mosCode": "0",
                        "motCode": 0,
                        "qtyUnitCode": -1,
                        "cifvalue": None,
                        "fobvalue": None,
                        "primaryValue": float(row["Trade Value (US$)"]),
                        "isReported": False,
                        "isAggregate": True,
                    }
                )
    return records


def comtrade(server, records, change=lambda content, args: content, key=None):  # noqa: F811
    """A Comtrade that answers with what is asked for of `records`, cut off at the limit without a
    word; returns the questions asked.
    """
    asked, shelves = [], {}
    for record in records:
        shelves.setdefault(
            (str(record["reporterCode"]), str(record["refYear"]), record["cmdCode"] == "TOTAL"), []
        ).append(record)
    for name, areas in lists().items():
        server.expect_request(f"/files/v1/app/reference/{name}").respond_with_data(
            BOM + json.dumps({"more": False, "results": areas}).encode(),
            content_type="application/json",
        )

    def answer(request):
        args = request.args
        asked.append((request.path, dict(args), request.headers.get("Ocp-Apim-Subscription-Key")))
        flows, partners = args["flowCode"].split(","), args.get("partnerCode", "").split(",")
        whole = all(
            args.get(part) == value
            for part, value in (("partner2Code", "0"), ("customsCode", "C00"), ("motCode", "0"))
        )
        found = [
            record
            for reporter in args["reporterCode"].split(",")
            for year in args["period"].split(",")
            for record in shelves.get((reporter, year, args["cmdCode"] == "TOTAL"), ())
            if record["flowCode"] in flows
            and (partners == [""] or str(record["partnerCode"]) in partners)
        ] * (1 if whole else 2)
        found = found[: int(args["maxRecords"])]
        content = change(
            {"elapsedTime": "0.27 secs", "count": len(found), "data": found, "error": ""}, args
        )
        return (
            content
            if isinstance(content, Response)
            else Response(json.dumps(content), content_type="application/json")
        )

    server.expect_request(
        "/public/v1/preview/C/A/HS" if key is None else "/data/v1/get/C/A/HS"
    ).respond_with_handler(answer)
    return asked


@needs_upstream
def test_comtrade_without_a_key(server, comtrade_records, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.delenv("COMTRADE_API_KEY", raising=False)
    monkeypatch.setattr(un_comtrade, "FIRST_YEAR", 2014)  # fewer requests
    asked = comtrade(server, comtrade_records)
    edition = fetched("comtrade", server, tmp_path)
    assert f"{TODAY:%-d %B %Y}" in edition and "RUS to 2020" in edition
    for read in (un_comtrade.totals, un_comtrade.products, un_comtrade.partners):
        assert same(read(tmp_path, PAIR), read(UPSTREAM, PAIR)), read.__name__
    years = TODAY.year - 2014
    assert len(asked) == 2 * years * 3  # exports, imports and chapters, of each reporter and year
    assert all(
        path == "/public/v1/preview/C/A/HS" and key is None and args["maxRecords"] == "500"
        for path, args, key in asked
    )
    assert {args["period"] for _, args, _ in asked} == {
        str(year) for year in range(2014, TODAY.year)
    }
    assert {
        (args["reporterCode"], args.get("partnerCode"))
        for _, args, _ in asked
        if args["cmdCode"] == "AG2"
    } == {("643", "364"), ("364", "643")}


@needs_upstream
def test_comtrade_with_a_key(server, comtrade_records, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("COMTRADE_API_KEY", KEY)
    asked = comtrade(server, comtrade_records, key=KEY)
    fetched("comtrade", server, tmp_path)
    for read in (un_comtrade.totals, un_comtrade.products, un_comtrade.partners):
        assert same(read(tmp_path, PAIR), read(UPSTREAM, PAIR)), read.__name__
    assert len(asked) == 2 * 2 * -(-(TODAY.year - 2000) // 6)
    assert all(
        path == "/data/v1/get/C/A/HS" and key == KEY and KEY not in str(args)
        for path, args, key in asked
    )
    assert max(args["period"].count(",") + 1 for _, args, _ in asked) <= 12
    assert KEY not in "".join(
        path.read_text(encoding="utf-8-sig") for path in tmp_path.rglob("*.json")
    )


@needs_upstream
def test_comtrade_of_another_pair(server, comtrade_records, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("COMTRADE_API_KEY", KEY)
    chapter = [
        record | {"cmdCode": "27", "primaryValue": record["primaryValue"] - 0.4}
        for record in comtrade_records
        if record["partnerCode"] == 792 and record["cmdCode"] == "TOTAL"
    ]  # the copy has none
    comtrade(server, comtrade_records + chapter, key=KEY)
    fetched("comtrade", server, tmp_path, OTHER)
    assert same(un_comtrade.totals(tmp_path, OTHER), un_comtrade.totals(UPSTREAM, OTHER))
    with (UPSTREAM / "comtrade" / "total-trade-value-2013.csv").open(encoding="utf-8") as file:
        by_hand = {
            row["Trade Flow"].lower(): int(row["Trade Value (US$)"])
            for row in csv.DictReader(file)
            if row["Partner"].startswith("Turk") and row["Partner ISO"] == "TUR"
        }
    got = un_comtrade.totals(tmp_path, OTHER)
    assert (
        got[got["year"] == 2013].set_index("flow")["value_usd"].to_dict() == by_hand
        and len(by_hand) == 2
    )
    got = un_comtrade.products(tmp_path, OTHER)
    assert (
        set(got["hs_chapter"]) == {"27"}
        and got["value_usd"].sum() == un_comtrade.totals(UPSTREAM, OTHER)["value_usd"].sum()
    )
    for read in (un_comtrade.totals, un_comtrade.products, un_comtrade.partners):
        nothing = read(UPSTREAM, ("FRA", "ITA"))
        assert nothing.empty and list(nothing) == list(read(UPSTREAM, PAIR))


def swap(**fields):
    return lambda content, _: content | {"data": [record | fields for record in content["data"]]}


def drop(field):
    return lambda content, _: (
        content
        | {
            "data": [
                {name: value for name, value in record.items() if name != field}
                for record in content["data"]
            ]
        }
    )


COMTRADE_FAULTS = {
    "an error with status 200": (
        lambda content, _: (
            content | {"data": [], "count": 0, "error": "Unable to process the query"}
        ),
        ["the answer is the error", "Unable to process the query"],
    ),
    "a message of the gateway": (
        lambda content, _: {"statusCode": 200, "message": "Maintenance"},
        ["has no records", "Maintenance"],
    ),
    "nothing at all": (
        lambda content, _: content | {"data": [], "count": 0},
        ["no records of RUS or IRN in any year from 2000"],
    ),
    "cut off at the limit": (
        lambda content, args: content | {"data": (content["data"] * 500)[:500], "count": 500},
        ["500 records", "cut off"],
    ),
    "fewer records than it says": (
        lambda content, _: content | {"count": content["count"] + 1},
        ["says there are", "cut off"],
    ),
    "another reporter": (swap(reporterCode=842), ["reporter 842", "643"]),
    "another year": (swap(refYear=1999), ["year 1999"]),
    "a renamed field": (drop("primaryValue"), ["no field ['primaryValue']"]),
    "totals without chapters": (
        lambda content, args: (
            content if args["cmdCode"] == "TOTAL" else content | {"data": [], "count": 0}
        ),
        ["no HS chapters"],
    ),
    "no JSON": (
        lambda content, _: Response(
            "<!DOCTYPE html><title>Sorry</title>", content_type="text/html"
        ),
        ["web page", "Sorry"],
    ),
}


@needs_upstream
@pytest.mark.parametrize("fault", COMTRADE_FAULTS)
def test_comtrade_refuses(fault, server, comtrade_records, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.delenv("COMTRADE_API_KEY", raising=False)
    monkeypatch.setattr(un_comtrade, "FIRST_YEAR", 2018)
    change, parts = COMTRADE_FAULTS[fault]
    comtrade(server, comtrade_records, change)
    if fault == "nothing at all":
        parts = [parts[0].replace("2000", "2018")]
    refused("comtrade", server, tmp_path, *parts)


@needs_upstream
def test_comtrade_refuses_a_list_of_another_form(server, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.delenv("COMTRADE_API_KEY", raising=False)
    for name in lists():
        server.expect_request(f"/files/v1/app/reference/{name}").respond_with_json({"areas": []})
    refused("comtrade", server, tmp_path, "Reporters.json", "no reporterCode under 'results'")


@needs_upstream
def test_comtrade_with_a_key_that_is_refused(server, comtrade_records, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("COMTRADE_API_KEY", KEY)
    said = {"statusCode": 401, "message": f"Access denied due to invalid subscription key {KEY}."}
    comtrade(
        server,
        comtrade_records,
        lambda *_: Response(json.dumps(said), 401, content_type="application/json"),
        key=KEY,
    )
    message = refused(
        "comtrade",
        server,
        tmp_path,
        "401",
        "COMTRADE_API_KEY is refused",
        "comtradedeveloper.un.org",
    )
    assert KEY not in message


@needs_upstream
def test_comtrade_whose_quota_is_used_up(server, comtrade_records, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.delenv("COMTRADE_API_KEY", raising=False)
    comtrade(
        server,
        comtrade_records,
        lambda *_: Response(
            json.dumps({"statusCode": 429, "message": "Rate limit is exceeded."}),
            429,
            {"Retry-After": "18000"},
            content_type="application/json",
        ),
    )
    refused("comtrade", server, tmp_path, "429", "18000 seconds")


def legacy(folder, change):
    """A copy of one legacy file of totals, its rows changed."""
    (folder / "comtrade").mkdir()
    name = "total-trade-value-2015.csv"
    rows = list(csv.reader((UPSTREAM / "comtrade" / name).open(encoding="utf-8")))
    change(rows)
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    (folder / "comtrade" / name).write_bytes(BOM + text.getvalue().encode())
    return name


@needs_upstream
def test_legacy_files_of_comtrade(tmp_path):
    faults = {
        "fine": (lambda rows: None, None),
        "renamed": (
            lambda rows: rows[0].__setitem__(31, "Value"),
            ["no column ['Trade Value (US$)']", "'Value'"],
        ),
        "comma": (
            lambda rows: rows[5].__setitem__(31, "1,5"),
            ["row 6", "Trade Value (US$)", "'1,5' is no number"],
        ),
        "empty": (lambda rows: rows[5].__setitem__(31, ""), ["row 6", "nothing is no number"]),
        "flow": (lambda rows: rows[5].__setitem__(7, "Loan"), ["unknown flows ['Loan']"]),
        "partner": (
            lambda rows: (
                rows[5].__setitem__(13, ""),
                rows[5].__setitem__(12, "Atlantis"),
                rows[5].__setitem__(11, "998"),
            ),
            ["no code for partner 998, 'Atlantis'"],
        ),
        "twice": (lambda rows: rows.append(rows[5]), ["duplicate key"]),
        "short row": (
            lambda rows: rows[5].__delitem__(slice(20, None)),
            ["cannot be read as text with ','"],
        ),
    }
    for fault, (change, parts) in faults.items():
        (tmp_path / fault).mkdir()
        name = legacy(tmp_path / fault, change)
        if parts is None:
            whole = un_comtrade.totals(UPSTREAM, PAIR)
            assert same(un_comtrade.totals(tmp_path / fault, PAIR), whole[whole["year"] == 2015])
            continue
        with pytest.raises(ValueError) as error:
            un_comtrade.totals(tmp_path / fault, PAIR)
        for part in (*parts, *([name] if fault not in ("flow", "twice") else [])):
            assert part in str(error.value), (fault, error.value)


# --- bulk files -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bulk_file(tmp_path_factory):
    return bulk.generate(tmp_path_factory.mktemp("bulk"), 200_000)


def test_a_bulk_file_is_filtered_to_the_right_sums_in_little_memory(bulk_file):
    data = pd.read_csv(bulk_file, sep="\t", usecols=bulk.NEEDED)
    assert len(data) == 200_000
    whole = data[(data["motCode"] == 0) & (data["partner2Code"] == 0)]
    inside = whole[
        whole["reporterCode"].isin([643, 364])
        & whole["partnerCode"].isin([643, 364])
        & (whole["reporterCode"] != whole["partnerCode"])
    ]
    iso3, flow = {643: "RUS", 364: "IRN"}, {"X": "export", "M": "import"}

    def value(rows):
        return {
            (iso3[row.reporterCode], flow[row.flowCode], row.cmdCode): round(row.primaryValue)
            for row in rows.itertuples()
        }

    upstream = bulk_file.parent.parent
    got = un_comtrade.totals(upstream, PAIR)
    assert {(row.reporter, row.flow, "TOTAL"): row.value_usd for row in got.itertuples()} == value(
        inside[inside["cmdCode"] == "TOTAL"]
    ) and len(got) == 4
    got = un_comtrade.products(upstream, PAIR)
    assert {
        (row.reporter, row.flow, row.hs_chapter): row.value_usd for row in got.itertuples()
    } == value(inside[inside["cmdCode"].str.len() == 2]) and len(got) == 4 * 97
    own = bulk.measure("this book's connector", bulk_file)
    every = whole[
        (whole["cmdCode"] == "TOTAL")
        & whole["reporterCode"].isin([643, 364])
        & (whole["reporterCode"] != whole["partnerCode"])
    ]
    assert own["sum"] == every["primaryValue"].round().astype("int64").sum() and own["rows"] == len(
        every
    )
    assert own["peak"] < bulk.LIMIT


def test_duckdb_has_a_limit_and_sees_nothing_but_the_file(bulk_file, monkeypatch, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("secret\n1\n")
    for reach in (
        f"exists (select * from read_csv('{other}'))",
        f"reporterCode in (select content from read_text('{other}'))",
        "exists (select * from read_csv('https://localhost/x.csv'))",
    ):
        with pytest.raises(ValueError, match="(?i)permission|disabled|not exist|extension"):
            formats.query_text([bulk_file], ["reporterCode"], reach, separator="\t")
    monkeypatch.setattr(formats, "MEMORY", "2MB")
    with pytest.raises(ValueError, match="(?i)memory"):
        formats.query_text([bulk_file], bulk.HEADER, "true", separator="\t")


def test_faults_of_bulk_files(bulk_file, tmp_path):
    lines = gzip.decompress(bulk_file.read_bytes()).decode().splitlines(keepends=True)
    header = lines[0].rstrip("\n").split("\t")
    of_pair = next(
        n
        for n, line in enumerate(lines)
        if line.split("\t")[7] == "643" and "\tTOTAL\t" in line and line.split("\t")[9] == "364"
    )

    def written(name, texts, raw=None):
        folder = tmp_path / name / "comtrade"
        folder.mkdir(parents=True)
        for each in ("Reporters.json", "partnerAreas.json"):
            shutil.copy(bulk_file.parent / each, folder)
        (folder / bulk_file.name).write_bytes(
            gzip.compress("".join(texts).encode(), 1) if raw is None else raw
        )
        return tmp_path / name

    def with_cell(column, text):
        cells = lines[of_pair].rstrip("\n").split("\t")
        cells[header.index(column)] = text
        return [*lines[:of_pair], "\t".join(cells) + "\n", *lines[of_pair + 1 : of_pair + 5000]]

    faults = {
        "renamed": (
            [lines[0].replace("primaryValue", "tradeValue"), *lines[1:9]],
            ["no column ['primaryValue']", "tradeValue"],
        ),
        "comma": (
            with_cell("primaryValue", "20000,5"),
            [f"row {of_pair + 1}", "column primaryValue", "'20000,5' is no number"],
        ),
        "empty": (with_cell("primaryValue", ""), [f"row {of_pair + 1}", "nothing is no number"]),
        "partner": (
            with_cell("partnerCode", "9999"),
            ["no country of partner 9999 in partnerAreas.json"],
        ),
    }
    for fault, (texts, parts) in faults.items():
        with pytest.raises(ValueError) as error:
            un_comtrade.totals(written(fault, texts), PAIR)
        for part in (bulk_file.name, *parts):
            assert part in str(error.value), (fault, error.value)
    with pytest.raises(
        ValueError, match=re.escape(f"{bulk_file.name}: it cannot be read") + ".*(?i:gzip|end)"
    ):
        un_comtrade.totals(written("cut", [], bulk_file.read_bytes()[:-2000]), PAIR)
    with pytest.raises(ValueError, match="duplicate key"):
        folder = written("twice", lines)
        shutil.copy(folder / "comtrade" / bulk_file.name, folder / "comtrade" / "again.gz")
        un_comtrade.totals(folder, PAIR)
    folder = written("no list", lines[:9])
    (folder / "comtrade" / "partnerAreas.json").unlink()
    with pytest.raises(
        FileNotFoundError, match="partnerAreas.json is missing.*https://comtradeapi.un.org/files"
    ):
        un_comtrade.totals(folder, PAIR)
    lower = written("lower case, not compressed", [])
    (lower / "comtrade" / bulk_file.name).unlink()
    (lower / "comtrade" / "COMTRADE-FINAL.txt").write_bytes(
        BOM + "".join([lines[0].lower(), *lines[1:]]).encode()
    )
    assert same(un_comtrade.totals(lower, PAIR), un_comtrade.totals(bulk_file.parent.parent, PAIR))


# --- International Monetary Fund ------------------------------------------------------------------

IMTS = (
    "DATAFLOW COUNTRY INDICATOR COUNTERPART_COUNTRY FREQUENCY TIME_PERIOD OBS_VALUE SCALE "
    "PRECISION DECIMALS_DISPLAYED TRADE_FLOW VALUATION UNIT DERIVATION_TYPE OVERLAP STATUS LICENSE"
).split()
WORKBOOKS = {
    "RUS": ("DOTS_162.xlsx", "Russian Federation"),
    "IRN": ("DOTS_95.xlsx", "Iran, Islamic Rep. of"),
}


@functools.cache
def sheet_rows(file, sheet):
    return list(openpyxl.load_workbook(UPSTREAM / "imf-dots" / file, data_only=True)[sheet].values)


def by_hand(reporter, name, sheet):
    """Year → cell of one partner's row, straight from the workbook."""
    rows = sheet_rows(WORKBOOKS[reporter][0], sheet)
    return dict(
        zip(rows[6][2:], next(row for row in rows if row[1] and row[1].strip() == name)[2:])
    )


def imts(change=lambda rows: None):
    """What the service answers, made of the workbooks' cells: plain dollars, and a row about the
    dataset first.
    """
    rows = [dict.fromkeys(IMTS, "") | {"DATAFLOW": "IMF.STA:IMTS(1.0.0)", "LICENSE": "© IMF"}]
    for reporter, partner in (PAIR, PAIR[::-1]):
        for sheet, indicator in (("Exports, FOB", "XG_FOB_USD"), ("Imports, CIF", "MG_CIF_USD")):
            for year, cell in by_hand(reporter, WORKBOOKS[partner][1], sheet).items():
                if cell is not None and int(year) >= 1989:
                    rows.append(
                        dict.fromkeys(IMTS, "")
                        | {
                            "DATAFLOW": "IMF.STA:IMTS(1.0.0)",
                            "COUNTRY": reporter,
                            "INDICATOR": indicator,
                            "COUNTERPART_COUNTRY": partner,
                            "FREQUENCY": "A",
                            "TIME_PERIOD": str(year),
                            "OBS_VALUE": repr(float(str(cell).removesuffix("e")) * 1e6),
                            "SCALE": "6",
                            "UNIT": "USD",
                            "DERIVATION_TYPE": "M",
                            "OVERLAP": "OL",
                            "STATUS": "e" if str(cell).endswith("e") else "",
                        }
                    )
    change(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def serve_imts(server, body):  # noqa: F811
    server.expect_request(
        "/data/IMF.STA,IMTS/RUS+IRN.XG_FOB_USD+MG_CIF_USD.RUS+IRN.A",
        query_string={"startPeriod": "1989"},
        headers={"Accept": "application/vnd.sdmx.data+csv;version=1.0.0"},
    ).respond_with_data(body, content_type="application/vnd.sdmx.data+csv")


@needs_upstream
@pytest.mark.parametrize("mark", [b"", BOM], ids=["plain", "byte-order mark"])
def test_imf(mark, server, tmp_path):  # noqa: F811
    serve_imts(server, mark + imts())
    assert fetched("imf-dots", server, tmp_path).endswith("years to 2020")
    assert same(imf.totals(tmp_path, PAIR), imf.totals(UPSTREAM, PAIR))
    assert imf.totals(tmp_path, OTHER).empty


def rename(old, new):
    def change(rows):
        for row in rows:
            row[new] = row.pop(old)

    return change


def put(column, value, n=7):
    return lambda rows: rows[n].__setitem__(column, value)


@needs_upstream
def test_imf_refuses(server, tmp_path):  # noqa: F811
    serve_imts(server, imts(lambda rows: rows.__delitem__(slice(1, None))))
    refused(
        "imf-dots", server, tmp_path, "no observations", "RUS+IRN", "code or the order of the key"
    )
    server.clear()
    serve_imts(server, imts(rename("OBS_VALUE", "VALUE")))
    refused("imf-dots", server, tmp_path, "no column ['OBS_VALUE']", "VALUE")
    server.clear()
    serve_imts(server, imts()[:-9])
    refused("imf-dots", server, tmp_path, "cut short")
    server.clear()
    serve_imts(server, b'{"message": "No such dataflow found"}\n')
    refused("imf-dots", server, tmp_path, "not CSV")
    server.clear()
    server.expect_request(
        "/data/IMF.STA,IMTS/RUS+IRN.XG_FOB_USD+MG_CIF_USD.RUS+IRN.A"
    ).respond_with_json({"message": "No such dataflow found: IMF.STA:IMTS"}, status=404)
    refused("imf-dots", server, tmp_path, "404")
    for n, (change, parts) in enumerate(
        [
            (put("UNIT", "EUR"), ["row 9, column UNIT: 'EUR'", "expected 'USD'"]),
            (put("STATUS", "x"), ["column STATUS: 'x'"]),
            (put("INDICATOR", "MG_FOB_USD"), ["column INDICATOR: 'MG_FOB_USD'"]),
            (put("FREQUENCY", "M"), ["column FREQUENCY: 'M'"]),
            (put("TIME_PERIOD", "2020-Q1"), ["'2020-Q1' is no year"]),
            (put("OBS_VALUE", "1,5"), ["row 9, column OBS_VALUE: '1,5' is no number"]),
        ]
    ):
        (tmp_path / str(n) / "imf-dots").mkdir(parents=True)
        (tmp_path / str(n) / "imf-dots" / "imts.csv").write_bytes(imts(change))
        with pytest.raises(ValueError) as error:
            imf.totals(tmp_path / str(n), PAIR)
        for part in ("imts.csv", *parts):
            assert part in str(error.value), error.value


@needs_upstream
def test_workbooks_of_the_fund(tmp_path):
    got = imf.totals(UPSTREAM, OTHER).set_index(["reporter", "flow", "year"])["value_usd"]
    for sheet, flow in (("Exports, FOB", "export"), ("Imports, CIF", "import")):
        cells = by_hand("RUS", "Turkey", sheet)
        for year in (1995, 2010, 2020):
            assert got["RUS", flow, year] == round(
                float(str(cells[str(year)]).removesuffix("e")) * 1e6
            )
    nothing = imf.totals(UPSTREAM, ("FRA", "ITA"))
    assert nothing.empty and list(nothing) == list(imf.totals(UPSTREAM, PAIR))
    with pytest.raises(FileNotFoundError, match="imf-dots"):
        imf.totals(tmp_path, PAIR)

    def broken(fault, change):
        folder = tmp_path / fault / "imf-dots"
        folder.mkdir(parents=True)
        book = openpyxl.Workbook()  # a small one: head and the partner's row
        for name, title in (
            ("Exports, FOB", "Exports, FOB to Partner Countries"),
            ("Imports, CIF", "Imports, CIF from Partner Countries"),
        ):
            sheet = book.create_sheet(name)
            for row in (
                [],
                [None, title],
                [],
                [None, "Russian Federation"],
                [None, "US Dollars, Millions"],
                [],
                [None, None, "2019", "2020"],
                [None, "Turkey", 7.5, "8.25e"],
                [None, " Turkey ", 7.5, "8.25e"],
            ):
                sheet.append(row)
        book.remove(book["Sheet"])
        change(book)
        book.save(folder / "DOTS_162.xlsx")
        return tmp_path / fault

    got = imf.totals(broken("fine", lambda book: book.create_sheet("Notes")), OTHER)
    assert (
        got[["value_usd", "estimated"]].values.tolist()
        == [[7_500_000, False], [8_250_000, True]] * 2
    )
    for fault, (change, message) in {
        "unit": (
            lambda book: book["Imports, CIF"].__setitem__("B5", "Euros, Millions"),
            "sheet Imports, CIF: unexpected head .*'Euros, Millions'.*expected",
        ),
        "title": (
            lambda book: book["Exports, FOB"].__setitem__("B2", "Exports"),
            "sheet Exports, FOB: unexpected head .'Exports'",
        ),
        "sheet": (
            lambda book: book.remove(book["Imports, CIF"]),
            "0 sheets are named 'Imports, CIF'",
        ),
        "country": (
            lambda book: book["Exports, FOB"].__setitem__("B4", "Atlantis"),
            "cell B4: unknown country 'Atlantis'",
        ),
        "year": (lambda book: book["Exports, FOB"].__setitem__("C7", "2019Q1"), "unexpected years"),
        "comma": (
            lambda book: book["Exports, FOB"].__setitem__("D8", "8,25e"),
            "2 rows for TUR that are not alike",
        ),
        "both commas": (
            lambda book: [book["Exports, FOB"].__setitem__(cell, "8,25e") for cell in ("D8", "D9")],
            "TUR in 2020: '8,25e' is no number",
        ),
    }.items():
        with pytest.raises(ValueError, match=f"DOTS_162.xlsx.*{message}"):
            imf.totals(broken(fault, change), OTHER)
    shutil.copy(
        broken("two", lambda book: None) / "imf-dots" / "DOTS_162.xlsx",
        tmp_path / "two" / "imf-dots" / "DOTS_1.xlsx",
    )
    with pytest.raises(ValueError, match="both of RUS"):
        imf.totals(tmp_path / "two", OTHER)


# --- World Bank -----------------------------------------------------------------------------------

SERIES = {
    "worldbank-gdp": (
        world_bank.gdp,
        "gdp.csv",
        "NY.GDP.MKTP.CD",
        "GDP (current US$)",
        "AZE;CHN;IRN;ISR;RUS;SAU;TUR;USA",
    ),
    "wdi-milex": (
        world_bank.military_spending,
        "data.csv",
        "MS.MIL.XPND.GD.ZS",
        "Military expenditure (% of GDP)",
        "IRN;ISR;RUS;SAU;TUR;USA",
    ),
}


def series(name, change=lambda content: content):
    """What the API answers, made of the copy: newest year first, null where there is no value."""
    _, file, indicator, title, countries = SERIES[name]
    values = {}
    with (UPSTREAM / name / file).open(encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            values[row["Country Code"], int(row["Year"])] = (
                row["Country Name"],
                float(row["Value"]),
            )
    records = [
        {
            "indicator": {"id": indicator, "value": title},
            "country": {"id": country[:2], "value": values.get((country, 2000), (country,))[0]},
            "countryiso3code": country,
            "date": str(year),
            "value": values.get((country, year), (None, None))[1],
            "unit": "",
            "obs_status": "",
            "decimal": 0,
        }
        for country in countries.split(";")
        for year in range(TODAY.year, 1988, -1)
    ]
    return change(
        [
            {
                "page": 1,
                "pages": 1,
                "per_page": 20000,
                "total": len(records),
                "sourceid": "2",
                "lastupdated": "2026-10-07",
            },
            records,
        ]
    )


def serve_series(server, name, content):  # noqa: F811
    server.clear()
    server.expect_request(
        f"/country/{SERIES[name][4]}/indicator/{SERIES[name][2]}",
        query_string={"format": "json", "date": f"1989:{TODAY.year}", "per_page": "20000"},
    ).respond_with_data(BOM + json.dumps(content).encode(), content_type="application/json")


@needs_upstream
@pytest.mark.parametrize("name", SERIES)
def test_world_bank(name, server, tmp_path):  # noqa: F811
    serve_series(server, name, series(name))
    read, last = SERIES[name][0], {"worldbank-gdp": 2023, "wdi-milex": 2024}[name]
    assert (
        fetched(name, server, tmp_path)
        == f"World Development Indicators of 2026-10-07, years to {last}"
    )
    assert same(read(tmp_path, PAIR), read(UPSTREAM, PAIR))
    with pytest.raises(FileNotFoundError, match=name):
        read(tmp_path / "none", PAIR)


@needs_upstream
def test_world_bank_refuses(server, tmp_path):  # noqa: F811
    name = "worldbank-gdp"
    for change, parts in [
        (
            lambda content: [
                {
                    "message": [
                        {
                            "id": "120",
                            "key": "Invalid value",
                            "value": "The provided parameter value is not valid",
                        }
                    ]
                }
            ],
            ["is the error", "The provided parameter value is not valid", "NY.GDP.MKTP.CD"],
        ),
        (
            lambda content: [
                {
                    "page": 0,
                    "pages": 0,
                    "per_page": 50,
                    "total": 0,
                    "sourceid": None,
                    "lastupdated": None,
                },
                None,
            ],
            ["no records of NY.GDP.MKTP.CD"],
        ),
        (
            lambda content: [content[0] | {"pages": 2, "total": 5 * len(content[1])}, content[1]],
            ["page 1 of 2", "cut off"],
        ),
        (lambda content: [content[0], content[1][:-1]], ["cut off"]),
        (
            lambda content: [
                content[0],
                [
                    record
                    | ({"countryiso3code": "XXX"} if record["countryiso3code"] == "IRN" else {})
                    for record in content[1]
                ],
            ],
            ["no records of ['IRN']"],
        ),
        (
            lambda content: [content[0], [record | {"value": None} for record in content[1]]],
            ["no record of NY.GDP.MKTP.CD has a value"],
        ),
        (lambda content: [], ["is the error []"]),
    ]:
        serve_series(server, name, series(name, change))
        refused(name, server, tmp_path, *parts)
    for n, (change, message) in enumerate(
        [
            (lambda record: record | {"unit": "thousand"}, "'thousand'.*expected"),
            (
                lambda record: (
                    record
                    | {"indicator": {"id": "NY.GDP.MKTP.CD", "value": "GDP (constant 2015 US$)"}}
                ),
                "constant 2015 US",
            ),
            (lambda record: record | {"value": "1,5"}, "value '1,5'"),
            (lambda record: record | {"date": "2020Q1"}, "date '2020Q1'"),
            (
                lambda record: {key: value for key, value in record.items() if key != "value"},
                r"record 1: no field \['value'\]",
            ),
        ]
    ):
        (tmp_path / str(n) / name).mkdir(parents=True)
        (tmp_path / str(n) / name / "gdp.json").write_text(
            json.dumps(
                series(
                    name, lambda content: [content[0], [change(record) for record in content[1]]]
                )
            )
        )
        with pytest.raises(ValueError, match=f"gdp.json, record 1.*{message}|gdp.json, {message}"):
            world_bank.gdp(tmp_path / str(n), PAIR)


@needs_upstream
def test_world_bank_copies(tmp_path):
    for name, (read, file, *_) in SERIES.items():
        copy = pd.read_csv(UPSTREAM / name / file).set_index(["Country Code", "Year"])["Value"]
        got = read(UPSTREAM, OTHER).set_index(["country", "year"])
        assert "IRN" not in got.index.get_level_values(0)
        for country, year in (("TUR", 2005), ("RUS", 2020), ("USA", 2015)):
            assert got.loc[
                (country, year), "gdp_usd" if "gdp" in name else "value"
            ] == pytest.approx(copy[country, year], abs=0.5 if "gdp" in name else 1e-6)
        nothing = read(UPSTREAM, ("TWN", "XXX"))
        assert nothing.empty and list(nothing) == list(read(UPSTREAM, PAIR))
        text = (UPSTREAM / name / file).read_text(encoding="utf-8")
        for n, (changed, message) in enumerate(
            [
                (text.replace("Value", "Amount", 1), r"no column \['Value'\]"),
                (text.replace("AZE,", "AZX,").replace("ISR,", "ISX,"), r"no rows for \[.*'ISR'"),
            ]
        ):
            folder = tmp_path / f"{name}{n}" / name
            folder.mkdir(parents=True)
            (folder / file).write_text(changed, encoding="utf-8")
            with pytest.raises(ValueError, match=message):
                read(folder.parent, PAIR)


@needs_upstream
def test_wits(tmp_path):
    got = world_bank.wits_totals(UPSTREAM, OTHER).set_index(["reporter", "flow", "year"])[
        "value_usd"
    ]
    copy = json.loads((UPSTREAM / "wits" / "RUS.json").read_text())
    assert got["RUS", "export", 2010] == round(copy["2010"]["TUR"]["x"] * 1000) and got[
        "RUS", "import", 2016
    ] == round(copy["2016"]["TUR"]["m"] * 1000)
    assert len(world_bank.wits_totals(UPSTREAM, ("RUS", "ROU"))) > 30  # WITS writes ROM
    nothing = world_bank.wits_totals(UPSTREAM, ("FRA", "ITA"))
    assert nothing.empty and list(nothing)[:4] == ["reporter", "partner", "flow", "year"]
    with pytest.raises(FileNotFoundError, match="wits: no file"):
        world_bank.wits_totals(tmp_path, PAIR)
    (tmp_path / "wits").mkdir()
    for said, message in (
        ({"x": 1.0, "re": 2.0}, "RUS.json, 2001: unknown flow 're'"),
        ({"x": "1,5"}, "RUS.json, 2001, IRN, x: '1,5' is no number"),
    ):
        (tmp_path / "wits" / "RUS.json").write_text(json.dumps({"2001": {"IRN": said}}))
        with pytest.raises(ValueError, match=message):
            world_bank.wits_totals(tmp_path, PAIR)


# --- Growth Lab -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def harvard_body():
    """The data set's file of totals by partner, made of the copy's sections."""
    places = pd.read_csv(UPSTREAM / "harvard-atlas" / "location.csv", index_col=0).set_index(
        "location_id"
    )["location_code"]
    sums = (
        pd.concat(
            pd.read_csv(path) for path in UPSTREAM.glob("harvard-atlas/*_hs_2010_to_2020.csv")
        )
        .groupby(["location_id", "partner_id", "year"], as_index=False)[
            ["export_value", "import_value"]
        ]
        .sum()
    )
    table = pd.DataFrame(
        {
            "country_id": sums["location_id"],
            "country_iso3_code": sums["location_id"].map(places),
            "partner_country_id": sums["partner_id"],
            "partner_iso3_code": sums["partner_id"].map(places),
            "year": sums["year"],
            "export_value": sums["export_value"].astype("int64"),
            "import_value": sums["import_value"].astype("int64"),
        }
    )
    early = table.iloc[:1].assign(year=1995)
    return pd.concat([early, table]).to_csv(index=False).encode()


def dataverse(server, body, change=lambda content: content, **about):  # noqa: F811
    server.clear()
    entry = {
        "id": 13685107,
        "filename": "hs92_country_country_year.csv",
        "filesize": len(body),
        "checksum": {"type": "MD5", "value": hashlib.md5(body).hexdigest()},
    } | about
    other = {
        "label": "hs92_country_year.csv",
        "restricted": False,
        "dataFile": {"id": 1, "filename": "hs92_country_year.csv"},
    }
    content = {
        "status": "OK",
        "data": {
            "id": 5,
            "latestVersion": {
                "versionNumber": 18,
                "versionMinorNumber": 0,
                "releaseTime": "2026-04-22T12:00:00Z",
                "files": [
                    other,
                    {"label": entry["filename"], "restricted": False, "dataFile": entry},
                ],
            },
        },
    }
    server.expect_request(
        "/api/datasets/:persistentId/", query_string={"persistentId": "doi:10.7910/DVN/T4CHWJ"}
    ).respond_with_json(change(content))
    server.expect_request("/api/access/datafile/13685107").respond_with_data(
        "",
        status=303,
        headers={"Location": server.url_for("/10.7910/DVN/T4CHWJ/x?X-Amz-Expires=3600")},
    )
    server.expect_request("/10.7910/DVN/T4CHWJ/x").respond_with_data(body, content_type="text/csv")


@needs_upstream
def test_harvard(server, harvard_body, tmp_path):  # noqa: F811
    dataverse(server, BOM + harvard_body)
    assert (
        fetched("harvard-atlas", server, tmp_path) == "version 18.0 of 22 April 2026, years to 2020"
    )
    for read in (harvard_growth_lab.totals, harvard_growth_lab.partners):
        assert same(read(tmp_path, PAIR), read(UPSTREAM, PAIR))
    assert same(
        harvard_growth_lab.totals(tmp_path, OTHER), harvard_growth_lab.totals(UPSTREAM, OTHER)
    )


@needs_upstream
def test_harvard_refuses(server, harvard_body, tmp_path):  # noqa: F811
    name, text = "harvard-atlas", harvard_body.decode()
    for body, change, parts in [
        (
            harvard_body,
            lambda content: {"status": "ERROR", "message": "Dataset with Persistent ID not found."},
            ["describes no data set", "Persistent ID not found"],
        ),
        (
            harvard_body,
            lambda content: json.loads(
                json.dumps(content).replace("country_country_year", "bilateral_year")
            ),
            ["no file hs92_country_country_year.csv", "hs92_bilateral_year.csv"],
        ),
        (b"country_iso3_code,year\n", lambda content: content, ["no column ['partner_iso3_code'"]),
        (
            text.replace("IRN", "AAA").replace("RUS", "AAB").encode(),
            lambda content: content,
            ["no rows of RUS or IRN"],
        ),
    ]:
        dataverse(server, body, change)
        refused(name, server, tmp_path, *parts)
        shutil.rmtree(tmp_path / f".{name}.part")
    dataverse(
        server,
        harvard_body[: -len(harvard_body.splitlines()[-1]) - 1],
        checksum={"type": "MD5", "value": hashlib.md5(harvard_body).hexdigest()},
        filesize=len(harvard_body),
    )
    refused(name, server, tmp_path, "is not the one that the data set describes", "cut off")
    dataverse(server, harvard_body)
    assert fetched(name, server, tmp_path).startswith("version 18.0")  # nothing of that try is kept
    shutil.rmtree(tmp_path / name)
    first = text.splitlines()[5].split(",")
    for column, value, parts in (
        ("export_value", '"1,5"', ["row 6, column export_value: '1,5' is no number"]),
        ("partner_iso3_code", "X1", ["'X1' is no code of a country"]),
    ):
        cells = list(first)
        cells[text.splitlines()[0].split(",").index(column)] = value
        dataverse(server, text.replace(",".join(first), ",".join(cells), 1).encode())
        refused(name, server, tmp_path, "hs92_country_country_year.csv", *parts)
        shutil.rmtree(tmp_path / f".{name}.part")
    dataverse(server, (text + text.splitlines()[5] + "\n").encode())
    refused(name, server, tmp_path, "duplicate key")


@needs_upstream
def test_harvard_copies(tmp_path):
    folder = UPSTREAM / "harvard-atlas"
    code = pd.read_csv(folder / "location.csv").set_index("location_code")["location_id"]
    data = pd.read_csv(folder / "RUS_hs_2010_to_2020.csv")
    data = (
        data[data["partner_id"] == code["TUR"]]
        .groupby("year")[["export_value", "import_value"]]
        .sum()
    )
    got = harvard_growth_lab.totals(UPSTREAM, OTHER).set_index(["reporter", "flow", "year"])[
        "value_usd"
    ]
    assert [got["RUS", "export", 2013], got["RUS", "import", 2020]] == [
        data.loc[2013, "export_value"],
        data.loc[2020, "import_value"],
    ]
    for read in (harvard_growth_lab.totals, harvard_growth_lab.partners):
        nothing = read(UPSTREAM, ("FRA", "ITA"))
        assert nothing.empty and list(nothing) == list(read(UPSTREAM, PAIR))
    with pytest.raises(FileNotFoundError, match="harvard-atlas"):
        harvard_growth_lab.totals(tmp_path, PAIR)
    (tmp_path / "harvard-atlas").mkdir()
    for name in ("location.csv", "hs_product.csv"):
        shutil.copyfile(folder / name, tmp_path / "harvard-atlas" / name)
    head = ",location_id,partner_id,product_id,year,export_value,import_value\n"
    for row, message in (
        (
            f'0,{code["RUS"]},{code["IRN"]},1,2015,"1,5",2.0\n',
            "row 2, column export_value: '1,5' is no number",
        ),
        (f"0,{code['RUS']},99999,1,2015,1.0,2.0\n", "99999.*is no country"),
        (f"0,{code['RUS']},{code['IRN']},500,2015,1.0,2.0\n", "not sections"),
        (f"0,{code['IRN']},{code['RUS']},1,2015,1.0,2.0\n", "rows of {'IRN'}"),
    ):
        (tmp_path / "harvard-atlas" / "RUS_hs_2010_to_2020.csv").write_text(head + row)
        with pytest.raises(ValueError, match=f"RUS_hs_2010_to_2020.csv.*{message}"):
            harvard_growth_lab.totals(tmp_path, PAIR)


# --- closed sources -------------------------------------------------------------------------------


@needs_upstream
def test_oec(tmp_path):
    got = oec.totals(UPSTREAM, OTHER).set_index(["reporter", "year"])["value_usd"]
    for short in (22, 23):
        copy = pd.read_csv(
            UPSTREAM / "oec-baci-2022" / f"bilateral_value_clean_{short}_withid.csv"
        ).set_index(["exporter_id", "importer_id"])["value"]
        assert got["RUS", 2000 + short] == round(copy["rus", "tur"]) and got[
            "TUR", 2000 + short
        ] == round(copy["tur", "rus"])
    nothing = oec.totals(UPSTREAM, ("RUS", "XXX"))
    assert nothing.empty and list(nothing) == list(oec.totals(UPSTREAM, PAIR))
    with pytest.raises(FileNotFoundError, match="oec-baci-2022"):
        oec.totals(tmp_path, PAIR)
    (tmp_path / "oec-baci-2022").mkdir()
    head = "exporter_id,exporter_name,importer_id,importer_name,value\n"
    for text, message in (
        (head.replace("value", "trade") + "rus,Russia,irn,Iran,5.0\n", r"no column \['value'\]"),
        (head + 'rus,Russia,irn,Iran,"1,5"\n', "row 2, column value: '1,5'"),
        (head + "rus,Russia,irn,Iran,5.0\n" * 2, "2 rows from RUS to IRN"),
    ):
        (tmp_path / "oec-baci-2022" / "bilateral_value_clean_24_withid.csv").write_text(text)
        with pytest.raises(ValueError, match=f"bilateral_value_clean_24_withid.csv.*{message}"):
            oec.totals(tmp_path, PAIR)
    (tmp_path / "oec-baci-2022" / "bilateral_value_clean_24_withid.csv").write_text(
        head + "rus,Russia,irn,Iran,5.4\n", encoding="utf-8-sig"
    )
    assert oec.totals(tmp_path, PAIR)[["year", "value_usd"]].values.tolist() == [[2024, 5]]


@needs_upstream
def test_correlates_of_war(tmp_path, monkeypatch):
    import pyreadr

    data = pyreadr.read_r(UPSTREAM / "cow-trade" / "cow_trade_ndy.rda")["cow_trade_ndy"].set_index(
        ["ccode1", "ccode2", "year"]
    )
    monkeypatch.setattr(pyreadr, "read_r", lambda path: {"cow_trade_ndy": data.reset_index()})
    got = correlates_of_war.totals(UPSTREAM, OTHER).set_index(["reporter", "partner", "year"])[
        "value_usd"
    ]
    assert (
        got["RUS", "TUR", 2010] == data.loc[(365, 640, 2010), "flow1"] * 1e6
        and got["TUR", "SUN", 1990] == data.loc[(365, 640, 1990), "flow2"] * 1e6
    )
    for pair, numbers, year in (
        (("DEU", "IRN"), (255, 630), 2000),
        (("CZE", "RUS"), (316, 365), 2000),
        (("RUS", "YEM"), (365, 679), 2000),
        (("IRN", "VNM"), (630, 816), 2005),
        (("NRU", "AUS"), (900, 970), 2005),
    ):
        row = data.loc[(*numbers, year)]
        values = {row["flow1"], row["flow2"]} - {-9}
        got = correlates_of_war.totals(UPSTREAM, pair)
        assert (
            set(got[got["year"] == year]["value_usd"]) == {value * 1e6 for value in values}
            and values
        ), pair
    nothing = correlates_of_war.totals(UPSTREAM, ("RUS", "HKG"))  # no state of the project's
    assert nothing.empty and list(nothing)[:4] == ["reporter", "partner", "flow", "year"]
    with pytest.raises(FileNotFoundError, match="cow_trade_ndy.rda"):
        correlates_of_war.totals(tmp_path, PAIR)
    monkeypatch.setattr(
        pyreadr,
        "read_r",
        lambda path: {"cow_trade_ndy": data.reset_index().rename(columns={"flow1": "flow"})},
    )
    with pytest.raises(ValueError, match="cow_trade_ndy.rda: expected.*'flow1'.*found"):
        correlates_of_war.totals(UPSTREAM, PAIR)
