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
import shutil
from datetime import UTC, datetime

import bulk
import openpyxl
import pandas as pd
import pytest
from connector_files import (
    BOM,
    OTHER,
    PAIR,
    csv_bytes,
    fetch,
    fetch_fails,
    give,
    no_rows,
    of_upstream,
    read_fails,
    same_rows,
    same_tables,
    text_of,
    write,
)
from institution import UPSTREAM, certificates, needs_upstream, running, server  # noqa: F401
from werkzeug import Response

from analysis.connectors import (
    correlates_of_war,
    harvard_growth_lab,
    imf,
    oec,
    un_comtrade,
    world_bank,
)
from ledger.core.sources import formats, registry

TODAY = datetime.now(UTC).date()


@pytest.fixture
def any_start(monkeypatch):
    """Take files that begin later than those of the book."""
    monkeypatch.setattr(un_comtrade, "STARTS", {})
    monkeypatch.setattr(imf, "STARTS", {"RUS": 2019, "IRN": 2019})


# --- UN Comtrade ----------------------------------------------------------------------------------

KEY = "0123456789abcdef0123456789abcdef"
TABLES = [un_comtrade.totals, un_comtrade.products, un_comtrade.partners]
WITHOUT_KEY, WITH_KEY = "/public/v1/preview/C/A/HS", "/data/v1/get/C/A/HS"
LEGACY_FLOWS = {"Export": "X", "Import": "M", "Re-Import": "RM"}


def legacy_rows(pattern):
    """Give the rows of the copy's files as dicts."""
    for path in UPSTREAM.glob(f"comtrade/{pattern}"):
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


@functools.cache
def area_lists():
    """Comtrade's lists of areas, of the numbers in the copy: Germany has an old number too, and
    countries that report no code.
    """
    areas = {
        ("0", "W00", "World"),
        ("490", "S19", "Other Asia, nes"),
        ("899", "_X ", "Areas, nes"),
        ("568", "_X ", "Other Europe, nes"),
        ("280", "DEU", "Fmr Fed. Rep. of Germany"),
    } | {
        (row["Partner Code"], row["Partner ISO"], row["Partner"])
        for row in legacy_rows("total-trade-value-*.csv")
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
            for number, iso3, text in sorted(areas)
        ]
        for name, field in (("Reporters", "reporterCode"), ("partnerAreas", "PartnerCode"))
    }


@pytest.fixture(scope="module")
def comtrade_records():
    """Every record of the copy as the API gives it now: numbers without names, chapters of two
    digits.
    """
    return [
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
            "flowCode": LEGACY_FLOWS[row["Trade Flow"]],
            "flowDesc": None,
            "partnerCode": int(row["Partner Code"]),
            "partnerISO": None,
            "partnerDesc": None,
            "partner2Code": 0,
            "classificationCode": row["Classification"],
            "classificationSearchCode": "HS",
            "isOriginalClassification": True,
            "cmdCode": row["Commodity Code"].zfill(2),
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
        for pattern in ("total-trade-value-*.csv", "goods_*.csv")
        for row in legacy_rows(pattern)
    ]


def serve_lists(server):
    for name, areas in area_lists().items():
        server.expect_request(f"/files/v1/app/reference/{name}").respond_with_data(
            (BOM + json.dumps({"more": False, "results": areas})).encode(),
            content_type="application/json",
        )


def serve_comtrade(server, records, change=lambda content, args: content, address=WITHOUT_KEY):
    """A Comtrade that answers with what is asked for of `records`, cut off at the limit without a
    word; returns the requests as path, parameters and key.
    """
    requests, shelves = [], {}
    for record in records:
        is_total = record["cmdCode"] == "TOTAL"
        key = (str(record["reporterCode"]), str(record["refYear"]), is_total)
        shelves.setdefault(key, []).append(record)
    serve_lists(server)

    def answer(request):
        args = request.args
        key = request.headers.get("Ocp-Apim-Subscription-Key")
        requests.append((request.path, dict(args), key))
        flows, partners = args["flowCode"].split(","), args.get("partnerCode", "").split(",")
        whole = all(args.get(name) == value for name, value in un_comtrade.WHOLE.items())
        matching = [
            record
            for reporter in args["reporterCode"].split(",")
            for year in args["period"].split(",")
            for record in shelves.get((reporter, year, args["cmdCode"] == "TOTAL"), ())
            if record["flowCode"] in flows
            and (partners == [""] or str(record["partnerCode"]) in partners)
        ] * (1 if whole else 2)
        data = matching[: int(args["maxRecords"])]
        content = {"elapsedTime": "0.27 secs", "count": len(data), "data": data, "error": ""}
        content = change(content, args)
        if isinstance(content, Response):
            return content
        return Response(json.dumps(content), content_type="application/json")

    server.expect_request(address).respond_with_handler(answer)
    return requests


@needs_upstream
@pytest.mark.usefixtures("any_start")
def test_comtrade_without_a_key(server, comtrade_records, tmp_path, monkeypatch):
    monkeypatch.delenv("COMTRADE_API_KEY", raising=False)
    monkeypatch.setattr(un_comtrade, "FIRST_YEAR", 2014)  # fewer requests
    requests = serve_comtrade(server, comtrade_records)
    before = datetime.now(UTC)
    edition = fetch("comtrade", server, tmp_path)
    # two days, for midnight may come while it fetches
    days = {f"{day:%-d %B %Y}" for day in (before, datetime.now(UTC))}
    assert any(day in edition for day in days) and "RUS to 2020" in edition
    for connector in TABLES:  # both from 2014 on
        same_rows(connector(tmp_path, PAIR), connector(UPSTREAM, PAIR))
    years = range(2014, TODAY.year)
    # exports, imports and chapters, of each reporter and year
    assert len(requests) == 2 * len(years) * 3
    assert {path for path, _, _ in requests} == {WITHOUT_KEY}
    assert {key for _, _, key in requests} == {None}
    assert {args["maxRecords"] for _, args, _ in requests} == {"500"}
    assert {args["period"] for _, args, _ in requests} == set(map(str, years))
    chapters = [args for _, args, _ in requests if args["cmdCode"] == "AG2"]
    parties = {(args["reporterCode"], args["partnerCode"]) for args in chapters}
    assert parties == {("643", "364"), ("364", "643")}


@needs_upstream
def test_comtrade_with_a_key(server, comtrade_records, tmp_path, monkeypatch):
    monkeypatch.setenv("COMTRADE_API_KEY", KEY)
    requests = serve_comtrade(server, comtrade_records, address=WITH_KEY)
    fetch("comtrade", server, tmp_path)
    same_tables(TABLES, tmp_path)
    assert len(requests) == 2 * 2 * -(-(TODAY.year - 2000) // 6)
    assert {path for path, _, _ in requests} == {WITH_KEY}
    assert {key for _, _, key in requests} == {KEY}
    assert KEY not in str([args for _, args, _ in requests])
    assert max(args["period"].count(",") + 1 for _, args, _ in requests) <= 12
    written = [path.read_text(encoding="utf-8-sig") for path in tmp_path.rglob("*.json")]
    assert KEY not in "".join(written)


@needs_upstream
def test_comtrade_of_another_pair(server, comtrade_records, tmp_path, monkeypatch):
    monkeypatch.setenv("COMTRADE_API_KEY", KEY)
    chapter = [
        record | {"cmdCode": "27", "primaryValue": record["primaryValue"] - 0.4}
        for record in comtrade_records
        if record["partnerCode"] == 792 and record["cmdCode"] == "TOTAL"
    ]  # the copy has none
    serve_comtrade(server, comtrade_records + chapter, address=WITH_KEY)
    fetch("comtrade", server, tmp_path, OTHER)
    same_tables([un_comtrade.totals], tmp_path, OTHER)
    expected = {
        row["Trade Flow"].lower(): int(row["Trade Value (US$)"])
        for row in legacy_rows("total-trade-value-2013.csv")
        if row["Partner"].startswith("Turk") and row["Partner ISO"] == "TUR"
    }
    totals = un_comtrade.totals(tmp_path, OTHER)
    of_2013 = totals[totals["year"] == 2013].set_index("flow")["value_usd"].to_dict()
    assert of_2013 == expected and len(expected) == 2
    products = un_comtrade.products(tmp_path, OTHER)
    assert set(products["hs_chapter"]) == {"27"}
    assert products["value_usd"].sum() == totals["value_usd"].sum()
    for connector in TABLES:
        no_rows(connector, ("FRA", "ITA"))


def with_data(change):
    """Return a change of an answer that changes each of its records."""
    return lambda content, _: content | {"data": [change(record) for record in content["data"]]}


def without(field):
    return lambda record: {name: value for name, value in record.items() if name != field}


EMPTY = {"data": [], "count": 0}
COMTRADE_FAULTS = {
    "an error with status 200": (
        lambda content, _: content | EMPTY | {"error": "Unable to process the query"},
        ["the answer is the error", "Unable to process the query"],
    ),
    "a message of the gateway": (
        lambda content, _: {"statusCode": 200, "message": "Maintenance"},
        ["has no records", "Maintenance"],
    ),
    "nothing at all": (
        lambda content, _: content | EMPTY,
        ["no records of RUS or IRN in any year from 2018"],
    ),
    "cut off at the limit": (
        lambda content, args: content | {"data": (content["data"] * 500)[:500], "count": 500},
        ["500 records", "cut off"],
    ),
    "fewer records than it says": (
        lambda content, _: content | {"count": content["count"] + 1},
        ["says there are", "cut off"],
    ),
    "another reporter": (
        with_data(lambda record: record | {"reporterCode": 842}),
        ["reporter 842", "643"],
    ),
    "another year": (with_data(lambda record: record | {"refYear": 1999}), ["year 1999"]),
    "a renamed field": (with_data(without("primaryValue")), ["no field ['primaryValue']"]),
    "totals without chapters": (
        lambda content, args: content if args["cmdCode"] == "TOTAL" else content | EMPTY,
        ["no HS chapters"],
    ),
    "no JSON": (
        lambda *_: Response("<!DOCTYPE html><title>Sorry</title>", content_type="text/html"),
        ["web page", "Sorry"],
    ),
}


@needs_upstream
@pytest.mark.parametrize("fault", COMTRADE_FAULTS)
def test_comtrade_refuses(fault, server, comtrade_records, tmp_path, monkeypatch):
    monkeypatch.delenv("COMTRADE_API_KEY", raising=False)
    monkeypatch.setattr(un_comtrade, "FIRST_YEAR", 2018)
    change, parts = COMTRADE_FAULTS[fault]
    serve_comtrade(server, comtrade_records, change)
    fetch_fails("comtrade", server, tmp_path, *parts)


@needs_upstream
def test_comtrade_refuses_a_list_of_another_form(server, tmp_path, monkeypatch):
    monkeypatch.delenv("COMTRADE_API_KEY", raising=False)
    for name in area_lists():
        server.expect_request(f"/files/v1/app/reference/{name}").respond_with_json({"areas": []})
    parts = ("Reporters.json", "no reporterCode under 'results'")
    fetch_fails("comtrade", server, tmp_path, *parts)


def refusal(status, message, headers=None):
    text = json.dumps({"statusCode": status, "message": message})
    return Response(text, status, headers, content_type="application/json")


@needs_upstream
def test_comtrade_with_a_key_that_is_refused(server, comtrade_records, tmp_path, monkeypatch):
    monkeypatch.setenv("COMTRADE_API_KEY", KEY)
    answer = refusal(401, f"Access denied due to invalid subscription key {KEY}.")
    serve_comtrade(server, comtrade_records, lambda *_: answer, WITH_KEY)
    parts = ("401", "COMTRADE_API_KEY is refused", "comtradedeveloper.un.org")
    assert KEY not in fetch_fails("comtrade", server, tmp_path, *parts)


@needs_upstream
def test_comtrade_whose_quota_is_used_up(server, comtrade_records, tmp_path, monkeypatch):
    monkeypatch.delenv("COMTRADE_API_KEY", raising=False)
    answer = refusal(429, "Rate limit is exceeded.", {"Retry-After": "18000"})
    serve_comtrade(server, comtrade_records, lambda *_: answer)
    fetch_fails("comtrade", server, tmp_path, "429", "18000 seconds")


def in_cell(column, value):
    """Return a change of the sixth row."""
    return lambda rows: rows[5].__setitem__(column, value)


def _partner_is_unknown(rows):
    rows[5][11:14] = ["998", "Atlantis", ""]


LEGACY = "comtrade/total-trade-value-2015.csv"
LEGACY_FAULTS = {
    "renamed": (
        lambda rows: rows[0].__setitem__(31, "Value"),
        [LEGACY[9:], "no column ['Trade Value (US$)']", "'Value'"],
    ),
    "comma": (
        in_cell(31, "1,5"),
        [LEGACY[9:], "row 6", "Trade Value (US$)", "'1,5' is no number"],
    ),
    "empty": (in_cell(31, ""), [LEGACY[9:], "row 6", "nothing is no number"]),
    "flow": (in_cell(7, "Loan"), [LEGACY[9:], "column Trade Flow, in 2015: 'Loan' is not known"]),
    "partner": (_partner_is_unknown, [LEGACY[9:], "no code for partner 998, 'Atlantis'"]),
    "twice": (lambda rows: rows.append(rows[5]), ["duplicate key"]),
    "short row": (
        lambda rows: rows[5].__delitem__(slice(20, None)),
        [LEGACY[9:], "cannot be read as text with ','"],
    ),
}


def changed_legacy(store, change):
    rows = list(csv.reader(io.StringIO(text_of(LEGACY), newline="")))
    change(rows)
    return write(store, LEGACY, csv_bytes(rows, BOM, "\r\n"))


@needs_upstream
@pytest.mark.usefixtures("any_start")
def test_a_legacy_file_of_comtrade(tmp_path):
    store = changed_legacy(tmp_path, lambda rows: None)
    whole = of_upstream(un_comtrade.totals)
    same_rows(un_comtrade.totals(store, PAIR), whole[whole["year"] == 2015])


@needs_upstream
@pytest.mark.parametrize("fault", LEGACY_FAULTS)
def test_faults_of_legacy_files(fault, tmp_path):
    change, parts = LEGACY_FAULTS[fault]
    read_fails(un_comtrade.totals, changed_legacy(tmp_path, change), *parts)


# --- bulk files -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bulk_file(tmp_path_factory):
    return bulk.generate(tmp_path_factory.mktemp("bulk"), 200_000)


@pytest.mark.usefixtures("any_start")
def test_a_bulk_file_is_filtered_to_the_right_sums_in_little_memory(bulk_file):
    data = pd.read_csv(bulk_file, sep="\t", usecols=bulk.NEEDED)
    assert len(data) == 200_000
    whole = data[(data["motCode"] == 0) & (data["partner2Code"] == 0)]
    whole = whole[whole["reporterCode"].isin([643, 364])]
    whole = whole[whole["reporterCode"] != whole["partnerCode"]]
    inside = whole[whole["partnerCode"].isin([643, 364])]
    iso3, flow = {643: "RUS", 364: "IRN"}, {"X": "export", "M": "import"}

    def values(rows):
        return {
            (iso3[row.reporterCode], flow[row.flowCode], row.cmdCode): round(row.primaryValue)
            for row in rows.itertuples()
        }

    upstream = bulk_file.parent.parent
    totals = un_comtrade.totals(upstream, PAIR).assign(product="TOTAL")
    products = un_comtrade.products(upstream, PAIR).rename(columns={"hs_chapter": "product"})
    for frame, expected, count in (
        (totals, inside[inside["cmdCode"] == "TOTAL"], 4),
        (products, inside[inside["cmdCode"].str.len() == 2], 4 * 97),
    ):
        actual = frame.set_index(["reporter", "flow", "product"])["value_usd"].to_dict()
        assert actual == values(expected) and len(frame) == count
    own = bulk.measure("this book's connector", bulk_file)
    every = whole[whole["cmdCode"] == "TOTAL"]["primaryValue"].round().astype("int64")
    assert own["sum"] == every.sum() and own["rows"] == len(every)
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


class BulkLines:
    """The lines of a bulk file, and one of them: a total of the pair."""

    def __init__(self, path):
        self.path = path
        self.lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
        self.header = self.lines[0].rstrip("\n").split("\t")
        self.of_pair = next(
            n
            for n, line in enumerate(self.lines)
            if line.split("\t")[7] == "643" and "\tTOTAL\t" in line and line.split("\t")[9] == "364"
        )

    def with_cell(self, column, text):
        cells = self.lines[self.of_pair].rstrip("\n").split("\t")
        cells[self.header.index(column)] = text
        before, after = self.lines[: self.of_pair], self.lines[self.of_pair + 1 :][:5000]
        return [*before, "\t".join(cells) + "\n", *after]

    def write(self, store, lines, name=None):
        """Write the lists of areas, and lines as a file that is compressed unless named .txt."""
        content = "".join(lines).encode()
        name = name or self.path.name
        write(store, f"comtrade/{name}", content if ".txt" in name else gzip.compress(content, 1))
        for list_name in un_comtrade.LISTS:
            shutil.copy(self.path.parent / list_name, store / "comtrade")
        return store


@pytest.fixture(scope="module")
def bulk_lines(bulk_file):
    return BulkLines(bulk_file)


BULK_FAULTS = {
    "comma": ("primaryValue", "20000,5", "column primaryValue: '20000,5' is no number"),
    "empty": ("primaryValue", "", "column primaryValue: nothing is no number"),
    "partner": ("partnerCode", "9999", "no country of partner 9999 in partnerAreas.json"),
}


@pytest.mark.parametrize("fault", BULK_FAULTS)
def test_cells_of_bulk_files(fault, bulk_lines, tmp_path):
    column, cell, message = BULK_FAULTS[fault]
    row = f"row {bulk_lines.of_pair + 1}, " if "number" in message else ""
    store = bulk_lines.write(tmp_path, bulk_lines.with_cell(column, cell))
    read_fails(un_comtrade.totals, store, bulk_lines.path.name, row + message)


def test_faults_of_bulk_files(bulk_file, bulk_lines, tmp_path):
    lines, name = bulk_lines.lines, bulk_file.name
    renamed = [lines[0].replace("primaryValue", "tradeValue"), *lines[1:9]]
    store = bulk_lines.write(tmp_path / "renamed", renamed)
    read_fails(un_comtrade.totals, store, name, "no column ['primaryValue']", "tradeValue")
    store = bulk_lines.write(tmp_path / "cut", [])
    write(store, f"comtrade/{name}", bulk_file.read_bytes()[:-2000])
    read_fails(un_comtrade.totals, store, f"{name}: it cannot be read")
    store = bulk_lines.write(tmp_path / "twice", lines)
    shutil.copy(store / "comtrade" / name, store / "comtrade" / "again.gz")
    read_fails(un_comtrade.totals, store, "duplicate key")
    store = bulk_lines.write(tmp_path / "no list", lines[:9])
    (store / "comtrade" / "partnerAreas.json").unlink()
    message = "partnerAreas.json is missing.*https://comtradeapi.un.org/files"
    with pytest.raises(FileNotFoundError, match=message):
        un_comtrade.totals(store, PAIR)


@pytest.mark.usefixtures("any_start")
def test_a_bulk_file_in_lower_case_and_not_compressed(bulk_file, bulk_lines, tmp_path):
    lower = [BOM + bulk_lines.lines[0].lower(), *bulk_lines.lines[1:]]
    store = bulk_lines.write(tmp_path, lower, "COMTRADE-FINAL.txt")
    expected = un_comtrade.totals(bulk_file.parent.parent, PAIR)
    same_rows(un_comtrade.totals(store, PAIR), expected)


# --- International Monetary Fund ------------------------------------------------------------------

WORKBOOKS = {
    "RUS": ("DOTS_162.xlsx", "Russian Federation"),
    "IRN": ("DOTS_95.xlsx", "Iran, Islamic Rep. of"),
}


@functools.cache
def sheet_rows(file, sheet):
    return list(openpyxl.load_workbook(UPSTREAM / "imf-dots" / file, data_only=True)[sheet].values)


def partner_cells(reporter, name, sheet):
    """Year → cell of one partner's row, straight from the workbook."""
    rows = sheet_rows(WORKBOOKS[reporter][0], sheet)
    row = next(row for row in rows if row[1] and row[1].strip() == name)
    return dict(zip(rows[6][2:], row[2:]))


def millions(cell):
    return float(str(cell).removesuffix("e"))


@pytest.mark.usefixtures("any_start")
def test_no_row_of_the_dataset_that_follows_comes_under_the_old_label(tmp_path):
    dots = registry.sources()["imf-dots"]
    assert dots.how == "closed" and not dots.automatic and not hasattr(imf, dots.download)
    answer = (
        "COUNTRY,INDICATOR,COUNTERPART_COUNTRY,TIME_PERIOD,OBS_VALUE\nRUS,XG_FOB_USD,IRN,2024,1\n"
    )
    store = write(tmp_path, "imf-dots/imts.csv", answer.encode())
    with pytest.raises(FileNotFoundError, match="imf-dots: no DOTS_<number>.xlsx"):
        imf.totals(store, PAIR)
    rows = imf.totals(save_dots(tmp_path), OTHER)
    assert set(rows["source"]) == {"IMF DOTS"} and rows["year"].max() == 2020


@needs_upstream
def test_each_dataset_of_the_fund_has_its_own_label():
    for connector, source in ((imf.totals, "imf-dots"), (imf.imts_totals, "imf-imts-russia")):
        assert set(of_upstream(connector)["source"]) == {registry.sources()[source].label}


@needs_upstream
def test_workbooks_of_the_fund(tmp_path):
    actual = of_upstream(imf.totals, OTHER).set_index(["reporter", "flow", "year"])["value_usd"]
    for sheet, flow in (("Exports, FOB", "export"), ("Imports, CIF", "import")):
        cells = partner_cells("RUS", "Turkey", sheet)
        for year in (1995, 2010, 2020):
            assert actual["RUS", flow, year] == round(millions(cells[str(year)]) * 1e6)
    no_rows(imf.totals, ("FRA", "ITA"))
    with pytest.raises(FileNotFoundError, match="imf-dots"):
        imf.totals(tmp_path, PAIR)


def save_dots(store, change=lambda book: None, name="DOTS_162.xlsx"):
    """Write a small workbook of Russia: head, and the partner's row in two groups."""
    book = openpyxl.Workbook()
    for name_of_sheet, title in (
        ("Exports, FOB", "Exports, FOB to Partner Countries"),
        ("Imports, CIF", "Imports, CIF from Partner Countries"),
    ):
        sheet = book.create_sheet(name_of_sheet)
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
            [None, imf.LAST],
        ):
            sheet.append(row)
    book.remove(book["Sheet"])
    change(book)
    (store / "imf-dots").mkdir(parents=True, exist_ok=True)
    book.save(store / "imf-dots" / name)
    return store


@pytest.mark.usefixtures("any_start")
def test_a_small_workbook_of_the_fund(tmp_path):
    rows = imf.totals(save_dots(tmp_path, lambda book: book.create_sheet("Notes")), OTHER)
    expected = [[7_500_000, False], [8_250_000, True]] * 2
    assert rows[["value_usd", "estimated"]].values.tolist() == expected
    save_dots(tmp_path, name="DOTS_1.xlsx")
    with pytest.raises(ValueError, match="both of RUS"):
        imf.totals(tmp_path, OTHER)


WIDE = "imf-imts-russia/RU_trade.csv"


def wide(flow, partner, year):
    """One cell of the portal's file, in US$ million."""
    code = f"RUS.{flow}.{partner}.A"
    return next(
        row[year]
        for row in csv.DictReader(io.StringIO(text_of(WIDE).removeprefix(BOM)))
        if row["SERIES_CODE"] == code
    )


@needs_upstream
def test_the_funds_wide_file_as_a_person_downloads_it(tmp_path):
    given = tmp_path / "dataset_2026-05-09.csv"
    given.write_bytes(text_of(WIDE).removeprefix(BOM).replace("\n", "\r\n").encode())
    assert give("imf-imts-russia", [given], tmp_path) == [given]
    same_tables([imf.imts_totals], tmp_path)
    rows = of_upstream(imf.imts_totals).set_index(["flow", "year"])
    for flow, code, years in (
        ("export", "XG_FOB_USD", range(2016, 2025)),
        ("import", "MG_CIF_USD", range(2016, 2023)),
    ):
        assert list(rows.loc[flow].index) == [*years]
        for year in years:
            millions = float(wide(code, "IRN", str(year)))
            assert rows.loc[(flow, year), "value_usd"] == round(millions * 1e6)
    assert [year for _, year in rows.index[rows["estimated"]]] == [2022, 2022, 2023, 2024]
    no_rows(imf.imts_totals, ("FRA", "ITA"))
    with pytest.raises(FileNotFoundError, match="RU_trade.csv"):
        imf.imts_totals(tmp_path / "nowhere", PAIR)


@needs_upstream
def test_what_the_fund_has_of_years_in_both_datasets_is_the_same():
    columns = ["reporter", "flow", "year"]
    new = of_upstream(imf.imts_totals).query("year <= 2020")
    old = of_upstream(imf.totals).query("reporter == 'RUS' and year >= 2016")
    assert len(new) == len(old) == 10 and not old["estimated"].any()
    new, old = (frame.set_index(columns)["value_usd"].sort_index() for frame in (new, old))
    assert (new - old).abs().max() <= 2  # dollars: a workbook keeps fewer digits


@needs_upstream
def test_imports_that_move_as_those_of_many_countries_say_nothing_of_the_pair():
    for before, year, factor in (("2022", "2023", 0.773944), ("2023", "2024", 0.824543)):
        for partner in ("IRN", "GAB", "KHM", "LBN", "ARE"):
            change = float(wide("MG_CIF_USD", partner, year))
            change /= float(wide("MG_CIF_USD", partner, before))
            assert round(change, 6) == factor
    of_turkey = of_upstream(imf.imts_totals, OTHER).query("year > 2022")
    assert sorted(of_turkey["flow"]) == ["export", "export", "import", "import"]


@needs_upstream
@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"2024"', '"2024","STATUS"', "line 2: a row of 24 cells"),
        ('"2023","2024"', '"2023","2025"', "row 1: the columns"),
        ('"SCALE"', '"MULTIPLIER"', "it has no column ['SCALE']"),
        ('"6","Millions"', '"9","Billions"', "row 2, column SCALE.ID: '9' was not expected"),
        ("IMTS(1.0.0)", "IMTS(2.0.0)", "row 2, column DATASET: 'IMF.STA:IMTS(2.0.0)'"),
        ("(FOB), US dollar", "(FOB), Euro", "column INDICATOR: 'Exports of goods, Free on board"),
        ('"MG_CIF_USD"', '"MG_FOB_USD"', "row 2, column INDICATOR.ID: 'MG_FOB_USD'"),
        ('"A","Annual"', '"M","Monthly"', "row 2, column FREQUENCY.ID: 'M' was not expected"),
        ('"TUV","Tuvalu"', '"TVL","Tuvalu"', "row 2, column COUNTERPART_COUNTRY.ID: 'TVL'"),
        ("RUS.MG_CIF_USD.TON.A", "RUS.MG_CIF_USD.TUV.A", "row 5, column SERIES_CODE"),
        ('"Millions","MG"', '"Millions","XG"', "row 2, column TRADE_FLOW.ID: 'XG' does not fit"),
        ('"0.001435"', '"0,001435"', "row 2, column 2017: '0,001435' is no number"),
        ('"3070.472539"', '"3070.4725391"', "column 2021: 1 of 427 figures"),
        ('"2817.176059578998"', '"2817.17606"', "row 376, column 2022: '2817.17606' does not look"),
    ],
)
def test_faults_of_the_funds_wide_file(before, after, message, tmp_path):
    text = text_of(WIDE)
    assert before in text
    store = write(tmp_path, WIDE, text.replace(before, after))
    read_fails(imf.imts_totals, store, "RU_trade.csv", message)


# --- World Bank -----------------------------------------------------------------------------------

# source → its function, file, last year, indicator and title, countries
SERIES = {
    "worldbank-gdp": (
        world_bank.gdp,
        "gdp",
        2023,
        world_bank.GDP,
        "AZE;CHN;IRN;ISR;RUS;SAU;TUR;USA",
    ),
    "wdi-milex": (
        world_bank.military_spending,
        "data",
        2024,
        world_bank.MILITARY,
        "IRN;ISR;RUS;SAU;TUR;USA",
    ),
}


def series(name, change=lambda head, records: [head, records]):
    """What the API answers, made of the copy: newest year first, null where there is no value."""
    _, file, _, (indicator, title), countries = SERIES[name]
    values = {}
    for row in csv.DictReader(io.StringIO(text_of(f"{name}/{file}.csv"), newline="")):
        key = row["Country Code"], int(row["Year"])
        values[key] = (row["Country Name"], float(row["Value"]))
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
    head = {
        "page": 1,
        "pages": 1,
        "per_page": 20000,
        "total": len(records),
        "sourceid": "2",
        "lastupdated": "2026-10-07",
    }
    return change(head, records)


def serve_series(server, name, content):
    _, _, _, (indicator, _), countries = SERIES[name]
    server.clear()
    server.expect_request(
        f"/country/{countries}/indicator/{indicator}",
        query_string={"format": "json", "date": f"1989:{TODAY.year}", "per_page": "20000"},
    ).respond_with_data((BOM + json.dumps(content)).encode(), content_type="application/json")


@needs_upstream
@pytest.mark.parametrize("name", SERIES)
def test_world_bank(name, server, tmp_path):
    serve_series(server, name, series(name))
    connector, _, last, *_ = SERIES[name]
    edition = f"World Development Indicators of 2026-10-07, years to {last}"
    assert fetch(name, server, tmp_path) == edition
    same_tables([connector], tmp_path)
    with pytest.raises(FileNotFoundError, match=name):
        connector(tmp_path / "none", PAIR)


GDP = world_bank.GDP[0]
INVALID = {
    "id": "120",
    "key": "Invalid value",
    "value": "The provided parameter value is not valid",
}
NO_PAGE = {"page": 0, "pages": 0, "per_page": 50, "total": 0, "sourceid": None, "lastupdated": None}


def _iran_is_unknown(record):
    return record | ({"countryiso3code": "XXX"} if record["countryiso3code"] == "IRN" else {})


@needs_upstream
@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (lambda *_: [{"message": [INVALID]}], ["is the error", INVALID["value"], GDP]),
        (lambda *_: [NO_PAGE, None], [f"no records of {GDP}"]),
        (
            lambda head, records: [head | {"pages": 2, "total": 5 * len(records)}, records],
            ["page 1 of 2", "cut off"],
        ),
        (lambda head, records: [head, records[:-1]], ["cut off"]),
        (
            lambda head, records: [head, [_iran_is_unknown(record) for record in records]],
            ["no records of ['IRN']"],
        ),
        (
            lambda head, records: [head, [record | {"value": None} for record in records]],
            [f"no record of {GDP} has a value"],
        ),
        (lambda *_: [], ["is the error []"]),
    ],
)
def test_world_bank_refuses(change, parts, server, tmp_path):
    serve_series(server, "worldbank-gdp", series("worldbank-gdp", change))
    fetch_fails("worldbank-gdp", server, tmp_path, *parts)


def test_an_answer_without_the_first_years_of_another_country_is_refused(tmp_path):
    indicator = dict(zip(("id", "value"), world_bank.GDP))
    records = [
        {"indicator": indicator, "countryiso3code": code, "date": str(year), "value": 1, "unit": ""}
        for code in ("ARM", *world_bank.COMPARED, "RUS")
        for year in (1989, 1990)
    ]
    path = tmp_path / "worldbank-gdp/gdp.json"
    path.parent.mkdir()
    path.write_text(json.dumps([{}, records]), encoding="utf-8")
    assert len(world_bank.gdp(tmp_path, ("RUS", "ARM"))) == len(records)
    path.write_text(json.dumps([{}, records[1:]]), encoding="utf-8")
    with pytest.raises(ValueError, match="gdp.json, ARM: nothing of 1989"):
        world_bank.gdp(tmp_path, ("RUS", "ARM"))


def test_a_csv_of_all_countries_without_the_first_years_of_another_is_refused(tmp_path):
    rows = [
        f"{code},{code},{year},1"
        for code in ("ARM", *world_bank.COMPARED, "RUS", "ZWE")
        for year in (1989, 1990)
    ]
    path = tmp_path / "worldbank-gdp/gdp.csv"
    path.parent.mkdir()
    path.write_text("\n".join([",".join(world_bank.HEADER), *rows]), encoding="utf-8")
    assert len(world_bank.gdp(tmp_path, ("RUS", "ARM"))) == len(rows) - 2
    path.write_text("\n".join([",".join(world_bank.HEADER), *rows[1:]]), encoding="utf-8")
    with pytest.raises(ValueError, match="gdp.csv, ARM: nothing of 1989"):
        world_bank.gdp(tmp_path, ("RUS", "ARM"))


@needs_upstream
@pytest.mark.parametrize("name", SERIES)
def test_world_bank_copies(name):
    connector, file, *_ = SERIES[name]
    table = pd.read_csv(UPSTREAM / name / f"{file}.csv")
    expected = table.set_index(["Country Code", "Year"])["Value"]
    column, precision = ("gdp_usd", 0.5) if file == "gdp" else ("value", 1e-6)
    actual = of_upstream(connector, OTHER).set_index(["country", "year"])[column]
    assert "IRN" not in actual.index.get_level_values(0)
    for key in (("TUR", 2005), ("RUS", 2020), ("USA", 2015)):
        assert actual[key] == pytest.approx(expected[key], abs=precision)
    no_rows(connector, ("TWN", "XXX"))


@needs_upstream
def test_wits(tmp_path):
    rows = of_upstream(world_bank.wits_totals, OTHER)
    actual = rows.set_index(["reporter", "flow", "year"])["value_usd"]
    copy = json.loads(text_of("wits/RUS.json"))
    assert actual["RUS", "export", 2010] == round(copy["2010"]["TUR"]["x"] * 1000)
    assert actual["RUS", "import", 2016] == round(copy["2016"]["TUR"]["m"] * 1000)
    assert len(world_bank.wits_totals(UPSTREAM, ("RUS", "ROU"))) > 30  # WITS writes ROM
    no_rows(world_bank.wits_totals, ("FRA", "ITA"))
    with pytest.raises(FileNotFoundError, match="wits: no file"):
        world_bank.wits_totals(tmp_path, PAIR)


# --- Growth Lab -----------------------------------------------------------------------------------

ATLAS = harvard_growth_lab.FILE
ATLAS_TABLES = [harvard_growth_lab.totals, harvard_growth_lab.partners]
VALUES = harvard_growth_lab.VALUES


@pytest.fixture(scope="module")
def harvard_body():
    """The data set's file of totals by partner, made of the copy's sections."""
    folder = UPSTREAM / "harvard-atlas"
    places = pd.read_csv(folder / "location.csv").set_index("location_id")["location_code"]
    sections = pd.concat(map(pd.read_csv, folder.glob("*_hs_2010_to_2020.csv")))
    sums = sections.groupby(["location_id", "partner_id", "year"], as_index=False)[VALUES].sum()
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
    return pd.concat([early, table]).to_csv(index=False)


def serve_dataverse(server, body, change=lambda content: content, described=None):
    """Dataverse's description of the data set, with the file's size and hash (those of
    `described`), and the file behind a redirect.
    """
    body, described = body.encode(), (described or body).encode()
    entry = {
        "id": 13685107,
        "filename": ATLAS,
        "filesize": len(described),
        "checksum": {"type": "MD5", "value": hashlib.md5(described).hexdigest()},
    }
    other = {"id": 1, "filename": "hs92_country_year.csv"}
    version = {
        "versionNumber": 18,
        "versionMinorNumber": 0,
        "releaseTime": "2026-04-22T12:00:00Z",
        "files": [
            {"label": file["filename"], "restricted": False, "dataFile": file}
            for file in (other, entry)
        ],
    }
    content = {"status": "OK", "data": {"id": 5, "latestVersion": version}}
    place = "/10.7910/DVN/T4CHWJ/x"
    server.clear()
    server.expect_request(
        "/api/datasets/:persistentId/", query_string={"persistentId": "doi:10.7910/DVN/T4CHWJ"}
    ).respond_with_json(change(content))
    server.expect_request("/api/access/datafile/13685107").respond_with_data(
        "", status=303, headers={"Location": server.url_for(f"{place}?X-Amz-Expires=3600")}
    )
    server.expect_request(place).respond_with_data(body, content_type="text/csv")


@needs_upstream
def test_harvard(server, harvard_body, tmp_path):
    serve_dataverse(server, BOM + harvard_body)
    edition = "version 18.0 of 22 April 2026, years to 2020"
    assert fetch("harvard-atlas", server, tmp_path) == edition
    same_tables(ATLAS_TABLES, tmp_path)


@needs_upstream
@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (
            lambda content: {"status": "ERROR", "message": "Dataset with Persistent ID not found."},
            ["describes no data set", "Persistent ID not found"],
        ),
        (
            lambda content: json.loads(
                json.dumps(content).replace("country_country_year", "bilateral_year")
            ),
            [f"no file {ATLAS}", "hs92_bilateral_year.csv"],
        ),
    ],
)
def test_harvard_refuses_a_description(change, parts, server, harvard_body, tmp_path):
    serve_dataverse(server, harvard_body, change)
    fetch_fails("harvard-atlas", server, tmp_path, *parts)


def in_row_6(column, value):
    """Return a change of one cell of a file."""

    def change(text):
        lines = text.splitlines()
        cells = lines[5].split(",")
        cells[lines[0].split(",").index(column)] = value
        return text.replace(lines[5], ",".join(cells), 1)

    return change


@needs_upstream
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "country_iso3_code,year\n", "no column ['partner_iso3_code'"),
        (
            lambda text: text.replace("IRN", "AAA").replace("RUS", "AAB"),
            "no rows of RUS or IRN",
        ),
        (
            in_row_6("export_value", '"1,5"'),
            f"{ATLAS}, row 6, column export_value: '1,5' is no number",
        ),
        (in_row_6("partner_iso3_code", "X1"), "'X1' is no code of a country"),
        (lambda text: text + text.splitlines()[5] + "\n", "duplicate key"),
    ],
)
def test_harvard_refuses_a_file(change, message, server, harvard_body, tmp_path):
    serve_dataverse(server, change(harvard_body))
    fetch_fails("harvard-atlas", server, tmp_path, message)


@needs_upstream
def test_harvard_refuses_a_file_of_another_size(server, harvard_body, tmp_path):
    name, last = "harvard-atlas", harvard_body.splitlines()[-1]
    serve_dataverse(server, harvard_body.removesuffix(last + "\n"), described=harvard_body)
    parts = ("is not the one that the data set describes", "cut off")
    fetch_fails(name, server, tmp_path, *parts)
    serve_dataverse(server, harvard_body)
    assert fetch(name, server, tmp_path).startswith("version 18.0")  # nothing of that try is kept


@needs_upstream
def test_harvard_copies(tmp_path):
    folder = UPSTREAM / "harvard-atlas"
    code = pd.read_csv(folder / "location.csv").set_index("location_code")["location_id"]
    data = pd.read_csv(folder / "RUS_hs_2010_to_2020.csv")
    expected = data[data["partner_id"] == code["TUR"]].groupby("year")[VALUES].sum()
    rows = of_upstream(harvard_growth_lab.totals, OTHER)
    actual = rows.set_index(["reporter", "flow", "year"])["value_usd"]
    assert actual["RUS", "export", 2013] == expected.loc[2013, "export_value"]
    assert actual["RUS", "import", 2020] == expected.loc[2020, "import_value"]
    for connector in ATLAS_TABLES:
        no_rows(connector, ("FRA", "ITA"))
    with pytest.raises(FileNotFoundError, match="harvard-atlas"):
        harvard_growth_lab.totals(tmp_path, PAIR)


# --- closed sources -------------------------------------------------------------------------------


@needs_upstream
def test_oec(tmp_path):
    actual = of_upstream(oec.totals, OTHER).set_index(["reporter", "year"])["value_usd"]
    for short in (22, 23):
        table = pd.read_csv(UPSTREAM / f"oec-baci-2022/bilateral_value_clean_{short}_withid.csv")
        expected = table.set_index(["exporter_id", "importer_id"])["value"]
        assert actual["RUS", 2000 + short] == round(expected["rus", "tur"])
        assert actual["TUR", 2000 + short] == round(expected["tur", "rus"])
    no_rows(oec.totals, ("RUS", "XXX"))
    with pytest.raises(FileNotFoundError, match="oec-baci-2022"):
        oec.totals(tmp_path, PAIR)


@needs_upstream
def test_correlates_of_war(tmp_path, monkeypatch):
    import pyreadr

    table = pyreadr.read_r(UPSTREAM / correlates_of_war.FILE)["cow_trade_ndy"]
    flows = table.set_index(["ccode1", "ccode2", "year"])[["flow1", "flow2"]]
    monkeypatch.setattr(pyreadr, "read_r", lambda path: {"cow_trade_ndy": table})
    rows = correlates_of_war.totals(UPSTREAM, OTHER)
    actual = rows.set_index(["reporter", "partner", "year"])["value_usd"]
    assert actual["RUS", "TUR", 2010] == flows.loc[(365, 640, 2010), "flow1"] * 1e6
    assert actual["TUR", "SUN", 1990] == flows.loc[(365, 640, 1990), "flow2"] * 1e6
    for pair, numbers, year in (
        (("DEU", "IRN"), (255, 630), 2000),
        (("CZE", "RUS"), (316, 365), 2000),
        (("RUS", "YEM"), (365, 679), 2000),
        (("IRN", "VNM"), (630, 816), 2005),
        (("NRU", "AUS"), (900, 970), 2005),
    ):
        expected = {value * 1e6 for value in flows.loc[(*numbers, year)] if value != -9}
        rows = of_upstream(correlates_of_war.totals, pair)
        assert set(rows[rows["year"] == year]["value_usd"]) == expected and expected, pair
    no_rows(correlates_of_war.totals, ("RUS", "HKG"))  # no state of the project's
    with pytest.raises(FileNotFoundError, match="cow_trade_ndy.rda"):
        correlates_of_war.totals(tmp_path, PAIR)
