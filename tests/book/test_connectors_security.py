"""Promise: what the institutions of arms, war, votes, sanctions and reactors publish is downloaded
and read as their own files are, for any pair.
"""

import csv
import datetime
import functools
import io
import json
import re
import shutil
import zipfile

import openpyxl
import pandas as pd
import pyreadr
import pytest
from institution import UPSTREAM, certificates, needs_upstream, point, running, server  # noqa: F401
from openpyxl.styles import Font
from werkzeug import Response

from analysis.sources import geonucleardata, gsdb, iaea, sipri, ucdp, un_security_council, voeten
from analysis.sources.sipri import arms, states
from analysis.sources.sipri import spending as milex
from ledger.core.sources import countries, registry
from ledger.upkeep import download, manual_files

pytestmark = needs_upstream
PAIR, OTHER = ("RUS", "IRN"), ("RUS", "TUR")
KEY = "a-token-that-nobody-may-see"


def fetched(name, server, folder, pair=PAIR):
    return download.download(point(name, server), pair, folder, say=lambda *_: None)


def same(ours, theirs, **near):
    """The same rows in any order."""
    assert list(ours.columns) == list(theirs.columns) and len(ours) == len(theirs) > 0
    keys = [column for column in theirs.columns if theirs[column].notna().all()]
    ours, theirs = (frame.sort_values(keys, ignore_index=True) for frame in (ours, theirs))
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, **near or {"check_exact": True})


def put(folder, name, content):
    """Write one file of a source, and return the folder above, which connectors take."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def original(name):
    return (UPSTREAM / name).read_bytes()


def asked(server):
    return [(request.path, dict(request.args)) for request, _ in server.log]


# --- SIPRI: the registers -------------------------------------------------------------------------

DEALS, DELIVERIES = arms.DEALS, arms.DELIVERIES


@pytest.fixture(scope="module")
def registers():
    return {DEALS: original(DEALS).decode("cp1252"), DELIVERIES: original(DELIVERIES).decode()}


@pytest.fixture(scope="module")
def transfers():
    return sipri.arms_transfers(UPSTREAM, PAIR)


def test_a_person_s_registers_are_known_by_their_text_and_read_as_the_copies(
    tmp_path, transfers, server
):
    given = [tmp_path / "trade-register (3).csv", tmp_path / "download.csv"]
    for path, name in zip(given, (DEALS, DELIVERIES), strict=True):
        path.write_bytes(original(name))
    for number, name in enumerate(("sipri-register-deals", "sipri-register-deliveries")):
        assert manual_files.import_files(point(name, server), given, tmp_path) == [given[number]]
    same(sipri.arms_transfers(tmp_path, PAIR), transfers)


def test_registers_of_another_day_with_a_mark_other_ends_and_more_rows(
    tmp_path, registers, transfers
):
    deals = (
        registers[DEALS].rstrip("\n")
        + "\nIran,Russia,2027,,4,,Su-99,fighter aircraft,4,,2028,New,,25,100,100"
        "\nIran,Russia,2028,,9,,Su-98,fighter aircraft,0,,,New,not yet delivered,25,225,0\n"
    )
    deliveries = "\n".join(line.rstrip(";") for line in registers[DELIVERIES].splitlines())
    deliveries += (
        "\n99999,Russia,Iran,Su-99,fighter "
        "aircraft,Aircraft,2027,No,4,No,2028,No,New,25,25,100,No\n"
    )
    put(tmp_path, DEALS, "\ufeff" + deals)
    put(tmp_path, DELIVERIES, "\ufeff" + deliveries.replace("\n", "\r\n"))
    ours = sipri.arms_transfers(tmp_path, PAIR)
    new = ours[ours["deal_id"] == "99999"].set_index("record")
    assert (
        list(new["year"]) == [2027, 2028]
        and new.loc["delivery", "tiv_delivered"] == 100
        and new.loc["deal", "last_delivery"] == 2028
    )
    assert "Su-98" not in set(ours["designation"])
    rest = ours[(ours["deal_id"] != "99999") & (ours["year"] < 2028)]
    same(rest, transfers)


def test_arms_of_another_pair_as_counted_from_the_files(registers):
    ours = sipri.arms_transfers(UPSTREAM, OTHER)
    lines = [line.rstrip(";") for line in registers[DELIVERIES].splitlines()][11:]
    table = pd.read_csv(io.StringIO("\n".join(lines)))
    to_turkey = table[table["Recipient"] == "Turkiye"]
    total = (
        ours[ours["record"] == "total"]
        .set_index(["supplier", "recipient", "year"])["tiv_delivered"]
        .sort_index()
    )
    for supplier, name in (("RUS", "Russia"), ("USA", "United States"), ("DEU", "Germany")):
        theirs = (
            to_turkey[to_turkey["Supplier"] == name]
            .groupby("Delivery year")["TIV delivery values"]
            .sum()
        )
        assert len(theirs) and total[supplier, "TUR"].to_dict() == pytest.approx(
            theirs.to_dict(), abs=0.001
        )
    assert total["WLD", "TUR"].to_dict() == pytest.approx(
        to_turkey.groupby("Delivery year")["TIV delivery values"].sum().to_dict(), abs=0.001
    )
    deals = [
        row
        for row in csv.reader(registers[DEALS].splitlines()[12:])
        if len(row) == 16
        and row[0] == "Turkiye"
        and row[1] in ("Russia", "Soviet Union")
        and max(map(int, row[10].split(";"))) >= 1989
    ]
    found = ours[(ours["record"] == "deal") & (ours["recipient"] == "TUR")]
    assert len(found) == len(deals) > 0 and set(found["designation"]) == {row[6] for row in deals}
    nothing = sipri.arms_transfers(UPSTREAM, ("LIE", "AND"))
    assert nothing.empty and list(nothing.columns) == arms.COLUMNS


def test_a_deal_broken_over_two_lines_is_one_deal():
    ours = sipri.arms_transfers(UPSTREAM, ("THA", "UKR"))
    deal = ours[
        (ours["designation"] == "BTR-3")
        & (ours["record"] == "deal")
        & (ours["order_year"] == 2008)
        & (ours["quantity_ordered"] == 14)
    ]
    assert list(deal["tiv_delivered"]) == [3.25]


@pytest.mark.parametrize(
    ("name", "before", "after", "says"),
    [
        (DEALS, "SIPRI TIV per unit", "SIPRI TIV", "header"),
        (DEALS, "Year of order, ,", "Year of order,", "header"),
        (
            DEALS,
            "Afghanistan,Turkiye,2007,,24,,",
            'Afghanistan,Turkiye,2007,,"2,4",,',
            "line 13, Number ordered: '2,4' is no number",
        ),
        (DEALS, "2007,Second hand,", "2007,Third hand,", "line 13, status: 'Third hand'"),
        (DELIVERIES, "TIV delivery values", "TIV", "header"),
        (
            DELIVERIES,
            "0.25,0.1,1.2,No",
            '0.25,0.1,"1,2",No',
            "line 13, TIV delivery values: '1,2' is no number",
        ),
        (
            DELIVERIES,
            "2011,No,Second hand,0.25,0.1,1.2,No",
            "2011,No,Second hand,0.25",
            "line 13: not 17 cells",
        ),
    ],
)
def test_a_register_that_changed_is_refused_with_its_place(
    tmp_path, registers, name, before, after, says
):
    assert before in registers[name]
    for each, text in registers.items():
        put(tmp_path, each, text.replace(before, after, 1) if each == name else text)
    with pytest.raises(ValueError, match=re.escape(name) + ".*" + re.escape(says)):
        sipri.arms_transfers(tmp_path, PAIR)


def test_an_export_of_fewer_years_or_countries_is_refused(tmp_path, registers):
    head, rows = registers[DEALS].splitlines()[:12], registers[DEALS].splitlines()[12:]
    put(tmp_path, DELIVERIES, registers[DELIVERIES])
    put(tmp_path, DEALS, "\n".join(head + [row for row in rows if row.startswith("Iran,")]))
    with pytest.raises(ValueError, match="1 recipients.*all countries"):
        sipri.arms_transfers(tmp_path, PAIR)
    (tmp_path / DEALS).unlink()
    with pytest.raises(FileNotFoundError, match="trade-register.csv"):
        sipri.arms_transfers(tmp_path, PAIR)


# --- SIPRI: spending ------------------------------------------------------------------------------

SHEETS = {
    "Constant (2023) US$": "Constant (2022) US$",
    "Current US$": "Current US$",
    "Share of GDP": "Share of GDP",
}


@pytest.fixture(scope="module")
def spending():
    """The workbook as SIPRI offers it: from 1949, years as whole numbers, notes before the header,
    colours as RGB, further sheets.
    """
    with pytest.warns(UserWarning, match="default style"):
        book = openpyxl.load_workbook(UPSTREAM / "sipri-milex/SIPRI-Milex-data-1991-2024.xlsx")
    kept = {
        "Africa",
        "North Africa",
        "Algeria",
        "Iran",
        "Israel",
        "Russia",
        "Saudi Arabia",
        "Türkiye",
        "United States of America",
    }
    sheets = {
        "Front page": [["SIPRI Military Expenditure Database"]],
        "Regional totals": [["Region", 2022, 2023], ["World", 1.5, 2]],
    }
    for name, new in SHEETS.items():
        rows = list(book[name].iter_rows())
        first = next(i for i, row in enumerate(rows) if row[0].value == "Country")
        columns = [i for i, cell in enumerate(rows[first]) if isinstance(cell.value, float)]
        out = [[row[0].value] for row in rows[:first]] + [
            ["Longer series are published with more notes"],
            [],
        ]
        extra = ["2024 Current"] if new.startswith("Constant") else []
        out.append(
            [
                "Country",
                "Notes",
                *range(1949, 1991),
                *(int(rows[first][i].value) for i in columns),
                *extra,
            ]
        )
        for row in rows[first + 1 :]:
            if row[0].value in kept:
                out.append(
                    [
                        row[0].value,
                        None,
                        *["..."] * 42,
                        *(
                            (row[i].value, row[i].font.color and row[i].font.color.indexed)
                            for i in columns
                        ),
                    ]
                )
        sheets[new] = out
    sheets["Footnotes"] = [["§", "Adopted budget"]]
    return sheets


def workbook(sheets, path, change=None):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for r, row in enumerate(rows, 1):
            for c, value in enumerate(row, 1):
                value, colour = value if isinstance(value, tuple) else (value, None)
                cell = page.cell(r, c, value)
                if colour in (10, 12):
                    cell.font = Font(color={10: "FFFF0000", 12: "FF0000FF"}[colour])
    if change:
        change(book)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def test_sipri_s_own_workbook_gives_the_rows_of_the_copy(tmp_path, spending, server):
    workbook(spending, tmp_path / "SIPRI-Milex-data-1949-2023_v1.2.xlsx")
    assert manual_files.import_files(
        point("sipri-milex", server), [tmp_path / "SIPRI-Milex-data-1949-2023_v1.2.xlsx"], tmp_path
    )
    ours = sipri.military_spending(tmp_path, PAIR)
    same(ours, sipri.military_spending(UPSTREAM, PAIR))
    assert set(ours["quality"]) == {"reported", "estimate"}
    workbook(
        spending,
        tmp_path / "sipri-milex/SIPRI-Milex-data.xlsx",
        lambda book: setattr(
            next(r[60] for r in book["Share of GDP"].iter_rows() if r[0].value == "Israel"),
            "font",
            Font(color="FFFF0000"),
        ),
    )
    red = sipri.military_spending(tmp_path, PAIR)
    assert red[red["quality"] == "highly uncertain"][
        ["country", "measure", "year"]
    ].values.tolist() == [["ISR", "share_of_gdp", 2007]]


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
def test_spending_of_another_pair_as_it_stands_in_the_workbook():
    ours = sipri.military_spending(UPSTREAM, ("TUR", "GBR")).set_index(
        ["country", "measure", "year"]
    )["value"]
    theirs = pd.read_excel(
        UPSTREAM / "sipri-milex/SIPRI-Milex-data-1991-2024.xlsx",
        sheet_name=list(SHEETS),
        header=5,
        index_col=0,
    )
    for year in (1991, 2010, 2023):
        assert ours["GBR", "constant_usd", year] == pytest.approx(
            theirs["Constant (2023) US$"].loc["United Kingdom", year] * 1e6, abs=1
        )
        assert ours["GBR", "share_of_gdp", year] == pytest.approx(
            theirs["Share of GDP"].loc["United Kingdom", year] * 100, abs=1e-6
        )
    assert set(sipri.military_spending(UPSTREAM, ("AND", "LIE"))["country"]) == set(milex.COMPARED)


def _share_in_percent(book):
    for row in book["Share of GDP"].iter_rows(min_row=8):
        for cell in row:
            if isinstance(cell.value, float):
                cell.value *= 100


def _cell(sheet, row, value, column=1):
    return lambda book: setattr(
        next(r[column - 1] for r in book[sheet].iter_rows() if r[0].value == row), "value", value
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda book: setattr(book["Constant (2022) US$"], "title", "Constant prices"),
            r"0 sheets are named like Constant",
        ),
        (
            lambda book: setattr(book.create_sheet("Constant (2021) US$")["A1"], "value", 1),
            r"2 sheets are named like Constant",
        ),
        (
            lambda book: (
                setattr(book["Current US$"]["A1"], "value", "In euros")
                or setattr(book["Current US$"]["A2"], "value", "€ m.")
            ),
            "do not say US.m and current",
        ),
        (_share_in_percent, "is no fraction"),
        (_cell("Share of GDP", "Iran", "Atlantis"), r'sheet "Share of GDP": no row for .\'IRN\''),
        (_cell("Share of GDP", "Israel", "4,5", 60), r"Israel, 2006: '4,5' is no number"),
        (_cell("Current US$", "Country", 2031, 60), "years in the header"),
        (
            lambda book: setattr(
                next(r[60] for r in book["Current US$"].iter_rows() if r[0].value == "Israel"),
                "font",
                Font(color="FF00AA00"),
            ),
            "neither blue, red nor black",
        ),
        (
            lambda book: (
                [
                    setattr(r[60], "value", 1.0)
                    for r in book["Current US$"].iter_rows()
                    if isinstance(r[60].value, float)
                ]
                and [
                    setattr(r[60], "value", 1.0)
                    for r in book["Constant (2022) US$"].iter_rows()
                    if isinstance(r[60].value, float)
                ]
            ),
            r"equal in \[2007, 2022\]",
        ),
    ],
)
def test_a_workbook_that_changed_is_refused(tmp_path, spending, change, says):
    workbook(spending, tmp_path / "sipri-milex/SIPRI-Milex-data.xlsx", change)
    with pytest.raises(ValueError, match=r"SIPRI-Milex-data\.xlsx.*" + says):
        sipri.military_spending(tmp_path, PAIR)


def test_no_workbook_and_two_workbooks_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="sipri-milex: 0 files"):
        sipri.military_spending(tmp_path, PAIR)


# --- UCDP -----------------------------------------------------------------------------------------


def battles():
    with (UPSTREAM / "ucdp-brd/BattleDeaths_v24_1.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def api(server, rows, versions, size=1000, change=lambda answer, page: answer):
    """UCDP's API: pages of the given size, and a next address that leads elsewhere."""

    def answer(request):
        if request.headers.get("x-ucdp-access-token") != KEY:
            return Response(
                "API token required. Add header: x-ucdp-access-token: <your-token>",
                401,
                content_type="text/plain",
            )
        if request.path.removeprefix("/battledeaths/") not in versions:
            return Response("", 404)
        page = int(request.args["page"])
        pages = -(-len(rows) // size)
        body = {
            "TotalCount": len(rows),
            "TotalPages": pages,
            "PreviousPageUrl": "",
            "NextPageUrl": "https://elsewhere.example/next" if page + 1 < pages else "",
            "Result": rows[page * size : (page + 1) * size],
        }
        body = change(body, page)
        return Response(
            body if isinstance(body, (str, bytes)) else json.dumps(body),
            content_type="application/json",
        )

    server.expect_request(re.compile("/battledeaths/.*")).respond_with_handler(answer)


THIS_YEAR = f"{datetime.datetime.now(datetime.UTC).year % 100}.1"
LAST_YEAR = f"{datetime.datetime.now(datetime.UTC).year % 100 - 1}.1"


@pytest.mark.parametrize("as_numbers", [False, True], ids=["all as text", "numbers as numbers"])
def test_the_api_s_pages_give_the_rows_of_the_file(tmp_path, server, monkeypatch, as_numbers):
    monkeypatch.setenv("UCDP_API_TOKEN", KEY)
    rows = battles()
    if as_numbers:
        rows = [
            {k: int(v) if re.fullmatch("-?[0-9]+", v) else v or None for k, v in row.items()}
            for row in rows
        ]
    api(server, rows, [THIS_YEAR])
    assert fetched("ucdp-brd", server, tmp_path) == f"version {THIS_YEAR} (1989–2023)"
    assert asked(server) == [
        (f"/battledeaths/{THIS_YEAR}", {"pagesize": "1000", "page": page}) for page in "01"
    ]
    same(ucdp.syria_conflict(tmp_path, PAIR), ucdp.syria_conflict(UPSTREAM, PAIR))
    assert KEY not in "".join(path.read_text() for path in (tmp_path / "ucdp-brd").iterdir())


def test_last_year_s_version_where_this_year_s_is_not_out(tmp_path, server, monkeypatch):
    monkeypatch.setenv("UCDP_API_TOKEN", KEY)
    api(server, battles(), [LAST_YEAR])
    assert LAST_YEAR in fetched("ucdp-brd", server, tmp_path)


def test_without_a_token_a_person_s_archive_gives_the_same_rows(tmp_path, server):
    archive = tmp_path / "ucdp-brd-dyadic-241-csv.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.write(UPSTREAM / "ucdp-brd/BattleDeaths_v24_1.csv", "BattleDeaths_v24_1.csv")
    assert manual_files.import_files(point("ucdp-brd", server), [archive], tmp_path) == [archive]
    same(ucdp.syria_conflict(tmp_path, PAIR), ucdp.syria_conflict(UPSTREAM, PAIR))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda answer, page: {"error": f"version retired, {KEY}"},
            r"no list of battle-related deaths but says .*version retired, \*\*\*",
        ),
        (
            lambda answer, page: answer | {"Result": [], "TotalCount": 0},
            "page 0 of version .* has no rows",
        ),
        (
            lambda answer, page: answer | {"Result": answer["Result"][:500]},
            "1000 rows together, and 1920 are announced",
        ),
        (
            lambda answer, page: answer | {"TotalPages": 1},
            "1000 rows together, and 1920 are announced",
        ),
        (lambda answer, page: {"Result": answer["Result"]}, "does not say how many pages"),
        (lambda answer, page: json.dumps(answer)[:-9000], "not JSON, or cut short"),
        (lambda answer, page: "<html><title>Maintenance</title>", "web page.*Maintenance"),
    ],
)
def test_a_faulty_answer_of_the_api_is_refused_with_its_address(
    tmp_path, server, monkeypatch, change, says
):
    monkeypatch.setenv("UCDP_API_TOKEN", KEY)
    api(server, battles(), [THIS_YEAR], change=change)
    with pytest.raises(
        registry.FetchError, match="source ucdp-brd, https://localhost.*/battledeaths/.*" + says
    ) as error:
        fetched("ucdp-brd", server, tmp_path)
    assert KEY not in str(error.value) and not (tmp_path / "ucdp-brd").exists()


def test_without_a_token_nothing_is_asked_and_a_wrong_one_is_told(tmp_path, server, monkeypatch):
    api(server, battles(), [THIS_YEAR])
    monkeypatch.delenv("UCDP_API_TOKEN", raising=False)
    with pytest.raises(registry.FetchError, match="no UCDP_API_TOKEN"):
        fetched("ucdp-brd", server, tmp_path)
    assert not server.log
    monkeypatch.setenv("UCDP_API_TOKEN", "an-old-token")
    with pytest.raises(registry.FetchError, match="401.*\n.*UCDP_API_TOKEN is refused") as error:
        fetched("ucdp-brd", server, tmp_path)
    assert "an-old-token" not in str(error.value)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('"bd_best"', '"best"', r"no column \['bd_best'\]"),
        ('"10903"', '"10,903"', "bd_best.*'10,903' is no"),
        ('"2016","10903"', '"2016","-999"', "2016, bd_best: -999 is not expected"),
        ('"10655","11250","4"', '"10655","11250","7"', "2016, type_of_conflict: 7 is not expected"),
    ],
)
def test_battle_deaths_that_changed_are_refused(tmp_path, before, after, says):
    text = original("ucdp-brd/BattleDeaths_v24_1.csv").decode()
    assert before in text
    put(tmp_path, "ucdp-brd/BattleDeaths_v27_1.csv", text.replace(before, after, 1))
    with pytest.raises(ValueError, match=says):
        ucdp.syria_conflict(tmp_path, PAIR)


def test_the_file_of_a_later_version_with_a_mark_and_a_later_year(tmp_path):
    text = original("ucdp-brd/BattleDeaths_v24_1.csv").decode()
    put(
        tmp_path,
        "ucdp-brd/BattleDeaths_v27_1.csv",
        "\ufeff" + text.replace('"2016","10903"', '"2026","10903"', 1),
    )
    assert ucdp.syria_conflict(tmp_path, PAIR)["year"].max() == 2026


# --- Voeten ---------------------------------------------------------------------------------------

CODES = {"yes": 1, "abstain": 2, "no": 3}


@functools.cache
def package_votes(*pair):
    return voeten.un_votes(UPSTREAM, pair)


@pytest.fixture(scope="module")
def completed():
    """All votes as the dataset has them, for the compared countries and two others, made of the
    package's tables.
    """
    tables = {
        name: pyreadr.read_r(str(UPSTREAM / f"unvotes/{name}.rda"))[name]
        for name in ("un_votes", "un_roll_calls", "un_roll_call_issues")
    }
    letters = {
        "AZ": "AZE",
        "CN": "CHN",
        "IR": "IRN",
        "IL": "ISR",
        "RU": "RUS",
        "SA": "SAU",
        "SY": "SYR",
        "TR": "TUR",
        "US": "USA",
        "GB": "GBR",
        "NA": "NAM",
    }
    calls = tables["un_roll_calls"].assign(date=lambda f: f["date"].astype(str))
    calls = calls[calls["date"] >= "1990"]
    for flag in voeten.ISSUES:
        rows = tables["un_roll_call_issues"]
        calls[flag] = calls["rcid"].isin(rows["rcid"][rows["short_name"] == flag]).astype(int)
    votes = (
        tables["un_votes"]
        .assign(Country=lambda f: f["country_code"].map(letters))
        .dropna(subset="Country")
    )
    every = pd.MultiIndex.from_product(
        [calls["rcid"].astype(float), sorted(letters.values())], names=["rcid", "Country"]
    )
    cast = (
        votes.assign(vote=votes["vote"].astype(str).map(CODES))
        .set_index(["rcid", "Country"])["vote"]
        .reindex(every)
    )
    absent = cast.index.get_level_values("Country").map(
        lambda code: 9 if code in ("AZE", "NAM") else 8
    )
    frame = (
        cast.fillna(pd.Series(absent, cast.index))
        .astype(int)
        .reset_index()
        .merge(calls.astype({"rcid": float}), on="rcid")
    )
    frame["importantvote"] = pd.to_numeric(frame["importantvote"])
    return frame.assign(
        ccode=2.0,
        member=1.0,
        Countryname="",
        year=frame["date"].str[:4].astype(float),
        resid=float("nan"),
    )


def dataverse(server, versions, files, latest=None):
    """Dataverse's API: the dataset's versions, each a list of (label, id), and the files by id,
    behind a redirect.
    """
    listed = [
        {
            "versionNumber": number,
            "versionMinorNumber": 0,
            "releaseTime": f"20{number}-04-03T09:00:00Z",
            "files": [
                {"label": label, "restricted": False, "dataFile": {"id": each, "filename": label}}
                for label, each in labels
            ],
        }
        for number, labels in versions.items()
    ]
    path = "/api/datasets/:persistentId"
    server.expect_request(
        path + "/versions", query_string={"persistentId": voeten.DOI}
    ).respond_with_json({"status": "OK", "data": listed})
    server.expect_request(path, query_string={"persistentId": voeten.DOI}).respond_with_json(
        {"status": "OK", "data": {"id": 1, "latestVersion": listed[0]}}
    )
    for each, content in files.items():
        server.expect_request(f"/api/access/datafile/{each}").respond_with_data(
            "", 303, {"Location": server.url_for(f"/store/{each}?X-Amz-Expires=3600")}
        )
        server.expect_request(f"/store/{each}").respond_with_data(content)


@pytest.mark.parametrize("form", ["RData", "tab"])
def test_the_dataset_s_votes_give_the_rows_of_the_package(tmp_path, server, completed, form):
    if form == "RData":
        pyreadr.write_rdata(
            str(tmp_path / "made"), completed, df_name="completeVotes", compress="gzip"
        )
        content = (tmp_path / "made").read_bytes()
    else:
        content = completed.to_csv(index=False, sep="\t", na_rep="NA").encode()
    dataverse(
        server,
        {
            39: [("IdealpointestimatesFP_2026FP.csv", 3)],
            33: [(f"UNVotes-1.{form}", 7), ("AgreementScoresAll_Jun2024.csv", 8)],
            31: [("UNVotes.RData", 6)],
        },
        {7: content},
    )
    assert (
        fetched("unvotes", server, tmp_path)
        == "roll calls of version 33.0 of the dataset, released 2033-04-03"
    )
    assert [path for path, _ in asked(server)] == [
        "/api/datasets/:persistentId/versions",
        "/api/access/datafile/7",
        "/store/7",
    ]
    same(voeten.un_votes(tmp_path, PAIR), package_votes(*PAIR))
    same(
        voeten.un_votes(tmp_path, ("GBR", "NAM")), package_votes("GBR", "NAM")
    )  # whose letters, NA, are no missing value


def test_votes_of_another_pair_as_they_stand_in_the_package():
    ours = package_votes("GBR", "NAM")
    votes = pyreadr.read_r(str(UPSTREAM / "unvotes/un_votes.rda"))["un_votes"]
    theirs = votes[(votes["country"] == "United Kingdom") & votes["rcid"].isin(ours["rcid"])]
    assert (
        ours[ours["country"] == "GBR"]["vote"].value_counts().to_dict()
        == theirs["vote"].value_counts().to_dict()
    )
    assert len(theirs) > 2000


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.rename(columns={"vote": "ballot"}), r"no column \['vote'\]"),
        (
            lambda f: f.assign(vote=f["vote"].replace(2, 4)),
            "roll call .*column vote: 4.* is none of",
        ),
        (lambda f: f.assign(me=f["me"] * 3), "column me: 3.* is none of"),
        (lambda f: f.assign(Country=f["Country"].str[:2]), "column Country: no votes of"),
    ],
)
def test_votes_that_changed_are_refused(tmp_path, completed, change, says):
    put(tmp_path, "unvotes/UNVotes-2.csv", change(completed.tail(20000)).to_csv(index=False))
    with pytest.raises(ValueError, match=r"UNVotes-2\.csv.*" + says):
        voeten.un_votes(tmp_path, PAIR)


def test_no_votes_and_damaged_votes_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="un_votes.rda"):
        voeten.un_votes(tmp_path, PAIR)
    put(tmp_path, "unvotes/UNVotes.RData", b"RDX3\nnothing")
    with pytest.raises(ValueError, match="UNVotes.RData: it cannot be read as a file of R"):
        voeten.un_votes(tmp_path, PAIR)


@pytest.fixture(scope="module")
def points():
    return pd.read_stata(UPSTREAM / "voeten-idealpoints/IdealpointsJuly2025.dta").astype(
        {"year": int}
    )


def release(points, form):
    """The ideal points as later releases name their columns: one file of one estimate."""
    columns = {
        "ccode": "ccode",
        "iso3c": "iso3c",
        "countryname": "Countryname",
        "year": "year",
        f"nvotes{form.lower()}": f"NVotes{form}",
        f"idealpoint{form.lower()}": f"IdealPoint{form}",
    }
    columns |= {f"q{n}{form.lower()}": f"Q{n}%{form}" for n in (5, 10, 50, 90, 95)}
    return points[list(columns)].rename(columns=columns).dropna(subset=f"IdealPoint{form}")


@pytest.mark.parametrize(
    ("label", "form", "sep", "mark"),
    [
        ("Idealpointestimates1946-2025.tab", "FP", "\t", ""),
        ("IdealpointestimatesFP_2026FP.csv", "FP", ",", "\ufeff"),
        ("IdealpointestimatesAll_Jun2024.csv", "All", ",", ""),
    ],
)
def test_ideal_points_of_a_release_give_the_rows_of_that_estimate(
    tmp_path, server, points, label, form, sep, mark
):
    table = release(points, form)
    if form == "All":  # that release gives sessions, not years, and numbers its rows
        table = (
            table.assign(session=table["year"] - 1945).drop(columns="year").reset_index(names="")
        )
    content = (mark + table.to_csv(index=False, sep=sep)).encode()
    dataverse(
        server,
        {
            39: [
                (label, 5),
                ("IdealPointDyads1946-2025.csv", 4),
                ("Codebook_IdealPointEstimates1946-2025.txt", 3),
            ]
        },
        {5: content},
    )
    assert (
        fetched("voeten-idealpoints", server, tmp_path)
        == "ideal points of version 39.0 of the dataset, released 2039-04-03"
    )
    assert (
        asked(server)[0] == ("/api/datasets/:persistentId", {"persistentId": voeten.DOI})
        and len(server.log) == 3
    )
    theirs = voeten.un_ideal_points(UPSTREAM, PAIR)
    ours = voeten.un_ideal_points(tmp_path, PAIR)
    same(
        ours,
        theirs[theirs["estimate"] == {"FP": "final passage", "All": "all"}[form]],
        atol=2e-6,
        rtol=0,
    )  # single precision, written out


def test_the_stata_form_and_a_release_in_two_files(tmp_path, server, points):
    stata = original("voeten-idealpoints/IdealpointsJuly2025.dta")
    dataverse(server, {40: [("IdealpointsJuly2027.dta", 5)]}, {5: stata})
    fetched("voeten-idealpoints", server, tmp_path)
    same(voeten.un_ideal_points(tmp_path, OTHER), voeten.un_ideal_points(UPSTREAM, OTHER))
    both = tmp_path / "two"
    for form in ("FP", "All"):
        put(
            both,
            f"voeten-idealpoints/Idealpointestimates{form}_2027.csv",
            release(points, form).to_csv(index=False),
        )
    assert set(voeten.un_ideal_points(both, PAIR)["estimate"]) == {"all", "final passage"}
    put(
        both,
        "voeten-idealpoints/IdealpointestimatesFP_again.csv",
        release(points, "FP").to_csv(index=False),
    )
    with pytest.raises(ValueError, match="holds the estimate 'final passage', as"):
        voeten.un_ideal_points(both, PAIR)


def test_ideal_points_of_another_pair_as_they_stand_in_the_file(points):
    ours = voeten.un_ideal_points(UPSTREAM, ("GBR", "TUR"))
    theirs = (
        points[(points["iso3c"] == "GBR") & (points["year"] >= 1989)]
        .set_index("year")["idealpointall"]
        .dropna()
    )
    value = ours[(ours["country"] == "GBR") & (ours["estimate"] == "all")].set_index("year")[
        "value"
    ]
    assert value.to_dict() == pytest.approx(theirs.to_dict(), abs=1e-6) and len(value) > 30


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.rename(columns={"IdealPointFP": "Point"}), "no column .*idealpointfp"),
        (lambda f: f.rename(columns={"Q5%FP": "Low"}), r"no column \['q5fp'\]"),
        (
            lambda f: f.assign(IdealPointFP=f["IdealPointFP"].astype(str).str.replace(".", ",")),
            "column idealpointfp: '.*,.*' is no number",
        ),
        (lambda f: f[f["iso3c"] != "SYR"], r"no points of \['SYR'\]"),
    ],
)
def test_ideal_points_that_changed_are_refused(tmp_path, points, change, says):
    put(
        tmp_path,
        "voeten-idealpoints/Idealpointestimates1946-2027.tab",
        change(release(points, "FP")).to_csv(index=False, sep="\t"),
    )
    with pytest.raises(ValueError, match=r"Idealpointestimates1946-2027\.tab.*" + says):
        voeten.un_ideal_points(tmp_path, PAIR)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            {
                "status": "ERROR",
                "message": "Dataset with Persistent ID doi:10.7910/DVN/LEJUQZ not found.",
            },
            "Persistent ID .* not found",
        ),
        (
            {"status": "OK", "data": {"latestVersion": {"files": []}}},
            "no file of ideal points is among",
        ),
        (
            {
                "status": "OK",
                "data": {
                    "latestVersion": {"files": [{"label": "Codebook.txt", "dataFile": {"id": 1}}]}
                },
            },
            r"is among \['Codebook.txt'\]",
        ),
        (
            {
                "status": "OK",
                "data": {
                    "latestVersion": {
                        "files": [
                            {
                                "label": "Idealpoints2027.csv",
                                "restricted": True,
                                "dataFile": {"id": 1},
                            }
                        ]
                    }
                },
            },
            "Idealpoints2027.csv is restricted",
        ),
        (
            {
                "status": "OK",
                "data": {
                    "latestVersion": {
                        "files": [{"label": "Idealpoints/../../x.csv", "dataFile": {"id": 1}}]
                    }
                },
            },
            "no file of ideal points",
        ),
    ],
)
def test_a_faulty_answer_of_dataverse_is_refused_with_its_address(tmp_path, server, answer, says):
    server.expect_request("/api/datasets/:persistentId").respond_with_json(answer)
    with pytest.raises(
        registry.FetchError,
        match="source voeten-idealpoints, https://localhost.*persistentId.*" + says,
    ):
        fetched("voeten-idealpoints", server, tmp_path)


# --- Global Sanctions Database --------------------------------------------------------------------


@pytest.fixture(scope="module")
def cases():
    return pd.read_csv(UPSTREAM / "gsdb/GSDB_V3.csv", encoding="utf-8-sig")


def test_a_later_release_brings_its_years_and_needs_no_more_columns(tmp_path, cases, server):
    more = cases.head(1).assign(
        case_id=9999, sanctioned_state="Iran, Turkey", begin=2023, end=2023, trade=1, financial=0
    )
    given = tmp_path / "GSDB_V4.csv"
    pd.concat([cases, more]).drop(columns="descr_trade").to_csv(
        given, index=False, encoding="utf-8-sig"
    )
    assert manual_files.import_files(point("gsdb", server), [given], tmp_path) == [given]
    ours = gsdb.sanctions(tmp_path, PAIR)
    same(ours[ours["year"] < 2023], gsdb.sanctions(UPSTREAM, PAIR))
    last = ours[ours["year"] == 2023].set_index(["target", "sanction_type"])["active_cases"]
    assert (last["IRN", "any"], last["IRN", "trade"], last["RUS", "any"]) == (1, 1, 0)


def test_sanctions_on_another_pair_as_counted_from_the_file(cases):
    ours = (
        gsdb.sanctions(UPSTREAM, ("TUR", "YEM"))
        .set_index(["target", "sanction_type", "year"])["active_cases"]
        .sort_index()
    )
    against = cases[cases["sanctioned_state"].str.contains("Turkey")]
    for year in range(2013, 2023):
        active = against[(against["begin"] <= year) & (against["end"] >= year)]
        assert (
            ours["TUR", "any", year] == len(active)
            and ours["TUR", "arms", year] == active["arms"].sum()
        )
    assert ours["TUR", "any"].max() > 0
    yemen = cases[
        cases["sanctioned_state"].str.contains("Yemen, North")
    ]  # a name with the comma that parts states
    assert ours["YEM", "any", 2015] == ((yemen["begin"] <= 2015) & (yemen["end"] >= 2015)).sum() > 0


def test_a_state_without_cases_has_zeros_and_one_that_is_never_named_is_an_error():
    assert (
        gsdb.sanctions(UPSTREAM, ("NZL", "ESP"))["active_cases"] == 0
    ).all()  # senders, never targets
    with pytest.raises(ValueError, match="no case names Andorra as target or sender"):
        gsdb.sanctions(UPSTREAM, ("RUS", "AND"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda f: f.rename(columns={"sanctioned_state": "target"}),
            "no column .*sanctioned_state",
        ),
        (lambda f: f.assign(trade=f["trade"] * 2), "neither 0 nor 1"),
        (
            lambda f: f.assign(begin=f["begin"].astype(str).str.replace("2003", "2003,5")),
            "row 3, column begin: '2003,5' is no number",
        ),
        (lambda f: pd.concat([f, f.tail(1)]), "duplicate key"),
        (
            lambda f: f.assign(end=f["end"].where(f["case_id"] != 727)),
            "row 3, column end: nothing where every case has a value",
        ),
        (lambda f: f.assign(end=f["end"] - 100), "ends before it begins"),
    ],
)
def test_sanctions_that_changed_are_refused(tmp_path, cases, change, says):
    put(tmp_path, "gsdb/GSDB.csv", change(cases).to_csv(index=False))
    with pytest.raises(ValueError, match=r"GSDB\.csv.*" + says):
        gsdb.sanctions(tmp_path, PAIR)


# --- GeoNuclearData -------------------------------------------------------------------------------

REACTORS = "geonucleardata/nuclear_power_plants.csv"
ADDRESS = "/data/csv/denormalized/nuclear_power_plants.csv"


def test_the_list_of_reactors_is_downloaded_and_dated_by_its_last_change(tmp_path, server):
    text = original(REACTORS).decode()
    server.expect_request(ADDRESS).respond_with_data("\ufeff" + text)
    assert fetched("geonucleardata", server, tmp_path) == "list as changed last on 2024-03-03"
    same(geonucleardata.nuclear(tmp_path, PAIR), geonucleardata.nuclear(UPSTREAM, PAIR))
    put(
        tmp_path,
        REACTORS,
        text.replace("2015-05-24T04:51:26+03:00,WNA/IAEA,310", "2026-10-01,WNA/IAEA,310"),
    )
    ours = geonucleardata.nuclear(tmp_path, PAIR)
    assert set(ours[ours["measure"] == "status"]["date"]) == {"2026-10-01"}


def test_reactors_of_another_country_as_they_stand_in_the_list():
    theirs = pd.read_csv(UPSTREAM / REACTORS)
    for pair, code in (OTHER, "TR"), (("RUS", "GBR"), "GB"), (("IRN", "RUS"), "RU"):
        ours, listed = geonucleardata.nuclear(UPSTREAM, pair), theirs[theirs["CountryCode"] == code]
        status = ours[ours["measure"] == "status"]
        assert (
            len(listed)
            and sorted(status["subject"]) == sorted(listed["Name"])
            and status["value"].sum() == listed["Capacity"].sum()
        )
        assert len(ours) == len(listed) + listed[list(geonucleardata.EVENTS)].notna().sum().sum()
    nothing = geonucleardata.nuclear(UPSTREAM, ("RUS", "NAM"))
    assert nothing.empty and list(nothing.columns) == list(ours.columns)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("Capacity", "CapacityGross", r"no column \['Capacity'\]"),
        (
            "1964-05-01,1974-06-02,9,",
            '1964-05-01,1974-06-02,"9,5",',
            "row 2, column Capacity: '9,5' is no number",
        ),
        ("1957-12-01", "01.12.1957", "row 2, column ConstructionStartAt: '01.12.1957' is no date"),
        (",Sweden,SE,", ",Sweden,Sweden,", "column CountryCode: 'Sweden'"),
        ("\n", "", "cut short|no column|no rows"),
    ],
)
def test_a_list_of_reactors_that_changed_is_refused_with_its_address(
    tmp_path, server, before, after, says
):
    text = original(REACTORS).decode()
    server.expect_request(ADDRESS).respond_with_data(
        text.replace(before, after) if before == "\n" else text.replace(before, after, 1)
    )
    with pytest.raises(
        registry.FetchError,
        match=f"source geonucleardata, https://localhost.*{ADDRESS}: .*({says})",
    ):
        fetched("geonucleardata", server, tmp_path)


# --- Security Council and IAEA --------------------------------------------------------------------

LIST = un_security_council.VETOES


def test_votes_and_vetoes_part_the_table_of_the_council(tmp_path):
    votes, vetoes = (
        un_security_council.votes(UPSTREAM, PAIR),
        un_security_council.vetoes(UPSTREAM, PAIR),
    )
    assert set(votes["record"]) == {"vote"} and set(vetoes["record"]) == {"veto"}
    theirs = pd.read_csv(UPSTREAM / LIST, keep_default_na=False)
    theirs = theirs[theirs["year"] >= 1991]
    assert (
        len(vetoes) == (theirs[["member_veto1", "member_veto2", "member_veto3"]] != "").sum().sum()
    )
    nothing = un_security_council.votes(UPSTREAM, OTHER)
    assert nothing.empty and list(nothing.columns) == un_security_council.COLUMNS
    pd.testing.assert_frame_equal(un_security_council.vetoes(UPSTREAM, OTHER), vetoes)
    with pytest.raises(FileNotFoundError, match="unsc_vetoes"):
        un_security_council.vetoes(tmp_path, PAIR)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("member_veto2", "veto2", r"no column \['member_veto2'\]"),
        ("Middle East,Russia,", "Middle East,Rusland,", "unknown country 'Rusland'"),
    ],
)
def test_a_list_of_vetoes_that_changed_is_refused(tmp_path, before, after, says):
    text = original(LIST).decode()
    put(tmp_path, LIST, after.join(text.rsplit(before, 1)))
    with pytest.raises(ValueError, match=r"unsc_vetoes_1946_sept2022\.csv.*" + says):
        un_security_council.vetoes(tmp_path, PAIR)


def test_uranium_is_of_the_country_that_the_reports_are_about(tmp_path):
    ours, nothing = iaea.nuclear(UPSTREAM, ("IRN", "TUR")), iaea.nuclear(UPSTREAM, OTHER)
    assert len(ours) == len(iaea.nuclear(UPSTREAM, PAIR)) > 0
    assert nothing.empty and list(nothing.columns) == list(ours.columns)
    evidence = UPSTREAM.parent / "evidence" / iaea.FILES["IRN"]
    theirs = pd.read_csv(evidence)
    assert ours["value"].sum() == pytest.approx(theirs[list(iaea.MEASURES)].sum().sum())
    shutil.copy(evidence, put(tmp_path, "evidence/x", "").joinpath("evidence", evidence.name))
    (tmp_path / "upstream").mkdir()
    put(
        tmp_path,
        f"evidence/{evidence.name}",
        evidence.read_text().replace("2021-05-31", "2021-06-01"),
    )
    with pytest.raises(ValueError, match=r"no kind of date is noted for \['2021-06-01'\]"):
        iaea.nuclear(tmp_path / "upstream", PAIR)


def test_names_and_letters_of_every_compared_country_are_known():
    known = countries.converter()
    for code in {*milex.COMPARED, *voeten.COMPARED}:
        assert (
            re.fullmatch("[A-Z]{2}", known.convert(code, src="ISO3", to="ISO2", not_found=""))
            and states.state_code(known.convert(code, src="ISO3", to="name_short")) == code
        )
