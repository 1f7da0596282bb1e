"""Promise: what the institutions of arms, war, votes, sanctions and reactors publish is downloaded
and read as their own files are, for any pair.
"""

import csv
import datetime
import functools
import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadr
import pytest
from connector_files import (
    BOM,
    OTHER,
    PAIR,
    fetch,
    fetch_fails,
    give,
    no_rows,
    of_upstream,
    original,
    requests_of,
    same_rows,
    same_tables,
    text_of,
    write,
)
from institution import UPSTREAM, certificates, needs_upstream, running, server  # noqa: F401
from openpyxl.styles import Font
from werkzeug import Response

from analysis.connectors import (
    geonucleardata,
    gsdb,
    iaea,
    ofac,
    sipri,
    ucdp,
    ukrainian_air_force,
    un_security_council,
    voeten,
)
from analysis.connectors.sipri import arms
from analysis.connectors.sipri import spending as milex
from analysis.connectors.sipri.arms import DEALS, DELIVERIES
from analysis.connectors.sipri.orders import EDITIONS
from analysis.connectors.sipri.states import state_code
from ledger.core.sources import countries, registry

pytestmark = needs_upstream
KEY = "a-token-that-nobody-may-see"


# --- SIPRI: the registers -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def registers():
    return {name: text_of(name) for name in (DEALS, DELIVERIES)}


@pytest.fixture(scope="module")
def transfers():
    return of_upstream(sipri.arms_transfers)


def test_a_person_s_registers_are_known_by_their_text_and_read_as_the_copies(tmp_path, transfers):
    given = [tmp_path / "trade-register (3).csv", tmp_path / "download.csv"]
    for path, name in zip(given, (DEALS, DELIVERIES), strict=True):
        path.write_bytes(original(name))
    assert give("sipri-register-deals", given, tmp_path) == given[:1]
    assert give("sipri-register-deliveries", given, tmp_path) == given[1:]
    same_rows(sipri.arms_transfers(tmp_path, PAIR), transfers)


def test_registers_of_another_day_with_a_mark_other_ends_and_more_rows(
    tmp_path, registers, transfers
):
    deals = (
        registers[DEALS].rstrip("\n")
        + "\nIran,Russia,2024,,4,,Su-99,fighter aircraft,4,,2025,New,,25,100,100"
        "\nIran,Russia,2025,,9,,Su-98,fighter aircraft,0,,,New,not yet delivered,25,225,0\n"
        + registers[DEALS].splitlines()[-1]  # the last is Zimbabwe's
    )
    lines = [line.rstrip(";") for line in registers[DELIVERIES].splitlines()]
    more = "99999,Russia,Iran,Su-99,fighter aircraft,Aircraft,2024,No,4,No,2025,No,New,25,25,100,No"
    deliveries = "\n".join([*lines, more, lines[-1]])
    write(tmp_path, DEALS, BOM + deals)
    write(tmp_path, DELIVERIES, BOM + deliveries.replace("\n", "\r\n"))
    actual = sipri.arms_transfers(tmp_path, PAIR)
    new = actual[actual["deal_id"] == "99999"].set_index("record")
    assert list(new["year"]) == [2024, 2025]
    assert new.loc["delivery", "tiv_delivered"] == 100
    assert new.loc["deal", "last_delivery"] == 2025
    assert "Su-98" not in set(actual["designation"])
    same_rows(actual[(actual["deal_id"] != "99999") & (actual["year"] < 2025)], transfers)


def test_arms_of_another_pair_as_counted_from_the_files(registers):
    actual = of_upstream(sipri.arms_transfers, OTHER)
    lines = [line.rstrip(";") for line in registers[DELIVERIES].splitlines()][11:]
    table = pd.read_csv(io.StringIO("\n".join(lines)))
    to_turkey = table[table["Recipient"] == "Turkiye"]
    by_supplier = to_turkey.groupby(["Supplier", "Delivery year"])["TIV delivery values"].sum()
    totals = actual[actual["record"] == "total"].set_index(["supplier", "recipient", "year"])
    totals = totals["tiv_delivered"].sort_index()
    for code, name in (("RUS", "Russia"), ("USA", "United States"), ("DEU", "Germany")):
        expected = by_supplier[name].to_dict()
        assert expected and totals[code, "TUR"].to_dict() == pytest.approx(expected, abs=0.001)
    expected = by_supplier.groupby("Delivery year").sum().to_dict()
    assert totals["WLD", "TUR"].to_dict() == pytest.approx(expected, abs=0.001)
    designations = [
        row[6]
        for row in csv.reader(registers[DEALS].splitlines()[12:])
        if len(row) == 16
        and row[0] == "Turkiye"
        and row[1] in ("Russia", "Soviet Union")
        and max(map(int, row[10].split(";"))) >= 1989
    ]
    deals = actual[(actual["record"] == "deal") & (actual["recipient"] == "TUR")]
    assert len(deals) == len(designations) > 0 and set(deals["designation"]) == set(designations)
    no_rows(sipri.arms_transfers, ("LIE", "AND"))


def test_a_deal_broken_over_two_lines_is_one_deal():
    deals = of_upstream(sipri.arms_transfers, ("THA", "UKR")).query("record == 'deal'")
    deal = deals.query("designation == 'BTR-3' and order_year == 2008 and quantity_ordered == 14")
    assert list(deal["tiv_delivered"]) == [3.25]


def test_an_export_of_fewer_countries_is_refused(tmp_path, registers):
    lines = registers[DEALS].splitlines()
    of_iran = [line for line in lines[12:] if line.startswith("Iran,")]
    write(tmp_path, DELIVERIES, registers[DELIVERIES])
    write(tmp_path, DEALS, "\n".join(lines[:12] + of_iran))
    with pytest.raises(ValueError, match="1 recipients.*all countries"):
        sipri.arms_transfers(tmp_path, PAIR)


# --- SIPRI: orders by edition ---------------------------------------------------------------------

OLDER, NEWER = EDITIONS.values()


def plain(name):
    """Return the rows of a register as the csv module reads them, without its notes."""
    return [row for row in csv.reader(text_of(name).splitlines()) if len(row) == 16][1:]


@pytest.mark.parametrize(("name", "edition"), [(OLDER, "2025"), (NEWER, "2026")])
def test_orders_of_an_edition_add_up_to_the_file_s_own_rows(name, edition):
    orders = of_upstream(getattr(sipri, f"orders_{edition}"))
    moscow = {"Russia", "Soviet Union"}
    rows = [
        row
        for row in plain(name)
        if (row[0] == "Iran" and row[1] in moscow) or (row[1] == "Iran" and row[0] in moscow)
    ]
    assert len(orders) == len(rows) > 50
    assert set(orders["designation"]) == {row[6] for row in rows}
    tiv = sum(float(row[15]) for row in rows if row[1] == "Iran")
    assert orders[orders["supplier"] == "IRN"]["tiv_delivered"].sum() == pytest.approx(tiv)
    assert (orders["quantity_delivered"] == 0).sum() == sum(not row[10] for row in rows)


def test_orders_without_a_delivery_are_in_the_newer_edition_only():
    waiting = of_upstream(sipri.orders_2026).query("quantity_delivered == 0")
    assert set(waiting["designation"]) == {"Su-35S", "Mi-28N"}
    empty = ["first_delivery", "last_delivery", "quantity_ordered", "tiv_ordered"]
    assert waiting[empty].isna().all().all() and (waiting["tiv_delivered"] == 0).all()
    assert (of_upstream(sipri.orders_2025)["quantity_delivered"] > 0).all()
    no_rows(sipri.orders_2026, ("LIE", "AND"))


def test_an_order_has_one_name_in_both_editions_unless_sipri_moved_it():
    older, newer = (set(of_upstream(read)["order_id"]) for read in (
        sipri.orders_2025, sipri.orders_2026))  # fmt: skip
    assert len(older & newer) == 50 and "IRN-RUS-2022-shahed-136-2022" in older & newer


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("18 May 2026", "19 May 2026", "generated on 2026-05-19, where the edition of 2026-05-18"),
        ("Data generated", "Generated", "0 lines say when it was generated"),
        (",15.5,0,0", ',"15,5",0,0', "SIPRI TIV per unit: '15,5' is no number"),
        (
            "Iran,Russia,2023,?,,,Su-35S",
            "Iran,Russia,2023,?,many,,Su-35S",
            "Number ordered: 'many' is no number",
        ),
        (",0,,,New,Su-35E", ",none,,,New,Su-35E", "Number delivered: 'none' is no number"),
        (",0,,,New,Su-35E", ",0,,,Leased,Su-35E", "status: 'Leased' is none of"),
        (
            "Iran,Russia,2023,,,,Mi-28N",
            "Iran,Russia,2023,?,,,Su-35S",
            "two orders would have the name 'RUS-IRN-2023-su-35s-undelivered'",
        ),
    ],
)
def test_an_edition_that_is_another_or_faulty_is_refused(tmp_path, before, after, message):
    text = text_of(NEWER)
    assert before in text
    write(tmp_path, NEWER, text.replace(before, after))
    with pytest.raises(ValueError, match=NEWER + ".*" + re.escape(message)):
        sipri.orders_2026(tmp_path, PAIR)


# --- SIPRI: spending ------------------------------------------------------------------------------

MILEX = UPSTREAM / "sipri-milex/SIPRI-Milex-data-1991-2024.xlsx"
NEWEST = UPSTREAM / "sipri-milex-2025/SIPRI-Milex-data-1949-2025_v1.2.xlsx"
NEWEST_SHEETS = ["Constant (2024) US$", "Share of GDP"]
# the copy's names of sheets → what SIPRI's own workbook would name them
SHEETS = {
    "Constant (2023) US$": "Constant (2022) US$",
    "Current US$": "Current US$",
    "Share of GDP": "Share of GDP",
}
CONSTANT, CURRENT, SHARE = SHEETS.values()
COLOURS = {10: "FFFF0000", 12: "FF0000FF"}  # indexed → as RGB: red, blue


@pytest.fixture(scope="module")
def spending():
    """The workbook as SIPRI offers it: from 1949, years as whole numbers, notes before the header,
    colours as RGB, further sheets.
    """
    with pytest.warns(UserWarning, match="default style"):
        book = openpyxl.load_workbook(MILEX)
    sheets = {
        "Front page": [["SIPRI Military Expenditure Database"]],
        "Regional totals": [["Region", 2022, 2023], ["World", 1.5, 2]],
    }
    for name, new in SHEETS.items():
        sheets[new] = _of_sipri(list(book[name].iter_rows()), new)
    return sheets | {"Footnotes": [["§", "Adopted budget"]]}


def _of_sipri(rows, name):
    """Return the rows of one sheet: a value, or (value, index of its colour)."""
    kept = {
        "Africa", "North Africa", "Algeria", "Iran", "Israel", "Russia", "Saudi Arabia", "Türkiye",
        "United States of America", "Yemen",
    }  # fmt: skip
    header = next(i for i, row in enumerate(rows) if row[0].value == "Country")
    columns = [i for i, cell in enumerate(rows[header]) if isinstance(cell.value, float)]
    above = [[row[0].value] for row in rows[:header]]
    years = [*range(1949, 1991), *(int(rows[header][i].value) for i in columns)]
    extra = ["2024 Current"] if name == CONSTANT else []
    body = [
        [row[0].value, None, *["..."] * 42]
        + [(row[i].value, row[i].font.color and row[i].font.color.indexed) for i in columns]
        for row in rows[header + 1 :]
        if row[0].value in kept
    ]
    notes = [["Longer series are published with more notes"], []]
    return [*above, *notes, ["Country", "Notes", *years, *extra], *body]


def save_milex(sheets, path, change=lambda book: None):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for r, row in enumerate(rows, 1):
            for c, value in enumerate(row, 1):
                value, colour = value if isinstance(value, tuple) else (value, None)
                cell = page.cell(r, c, value)
                if colour in COLOURS:
                    cell.font = Font(color=COLOURS[colour])
    change(book)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def cell_of(book, sheet, row_name, column=61):
    """Return a cell of the row with that name; column 61 is the year 2007."""
    return next(row[column - 1] for row in book[sheet].iter_rows() if row[0].value == row_name)


def set_cell(sheet, row_name, value, column=1):
    return lambda book: setattr(cell_of(book, sheet, row_name, column), "value", value)


def set_colour(sheet, row_name, colour):
    return lambda book: setattr(cell_of(book, sheet, row_name), "font", Font(color=colour))


def test_sipri_s_own_workbook_gives_the_rows_of_the_copy(tmp_path, spending):
    given = tmp_path / "SIPRI-Milex-data-1949-2023_v1.2.xlsx"
    save_milex(spending, given)
    assert give("sipri-milex", [given], tmp_path) == [given]
    same_tables([sipri.military_spending], tmp_path)
    rows = sipri.military_spending(tmp_path, PAIR)
    assert set(rows["quality"]) == {"reported", "estimate"}
    path = tmp_path / "sipri-milex/SIPRI-Milex-data.xlsx"
    save_milex(spending, path, set_colour(SHARE, "Israel", "FFFF0000"))
    red = sipri.military_spending(tmp_path, PAIR).query("quality == 'highly uncertain'")
    assert red[["country", "measure", "year"]].values.tolist() == [["ISR", "share_of_gdp", 2007]]


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
def test_spending_of_another_pair_as_it_stands_in_the_workbook():
    rows = of_upstream(sipri.military_spending, ("TUR", "GBR"))
    actual = rows.set_index(["country", "measure", "year"])["value"]
    sheets = pd.read_excel(MILEX, sheet_name=list(SHEETS), header=5, index_col=0)
    constant, _, share = (sheets[name].loc["United Kingdom"] for name in SHEETS)
    for year in (1991, 2010, 2023):
        assert actual["GBR", "constant_usd", year] == pytest.approx(constant[year] * 1e6, abs=1)
        assert actual["GBR", "share_of_gdp", year] == pytest.approx(share[year] * 100, abs=1e-6)
    assert set(sipri.military_spending(UPSTREAM, ("AND", "LIE"))["country"]) == set(milex.COMPARED)


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
def test_sipri_s_workbook_of_april_2026_as_it_stands(tmp_path):
    assert give("sipri-milex", [NEWEST], tmp_path) == [NEWEST]
    rows = sipri.military_spending(tmp_path, PAIR)
    assert set(rows["unit"]) == {"US$ at constant 2024 prices and exchange rates", "% of GDP"}
    assert (rows["year"].min(), rows["year"].max()) == (1991, 2025)
    actual = rows.set_index(["country", "measure", "year"])
    sheets = pd.read_excel(NEWEST, sheet_name=NEWEST_SHEETS, header=5, index_col=0)
    constant, share = (sheets[name] for name in NEWEST_SHEETS)
    names = {"RUS": "Russia", "IRN": "Iran", "ISR": "Israel", "SAU": "Saudi Arabia"}
    for code, name in names.items():
        for year in (1992, 2021, 2023, 2024, 2025):
            dollars = actual.loc[(code, "constant_usd", year), "value"]
            assert dollars == round(constant.loc[name, year] * 1e6)
            percent = actual.loc[(code, "share_of_gdp", year), "value"]
            assert percent == pytest.approx(share.loc[name, year] * 100, abs=1e-6)
    of_russia = rows[(rows["country"] == "RUS") & (rows["measure"] == "constant_usd")]
    reported = of_russia[of_russia["quality"] == "reported"]["year"]
    assert list(reported) == [*range(2013, 2022)]


def _share_in_percent(book):
    for row in book[SHARE].iter_rows(min_row=8):
        for cell in row:
            if isinstance(cell.value, float):
                cell.value *= 100


def _equal_in_2007_too(book):
    for sheet in (CURRENT, CONSTANT):
        for row in book[sheet].iter_rows():
            if isinstance(row[60].value, float):
                row[60].value = 1.0


def _in_euros(book):
    book[CURRENT]["A1"].value, book[CURRENT]["A2"].value = "In euros", "€ m."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda book: setattr(book[CONSTANT], "title", "Constant prices"),
            "0 sheets are named like Constant",
        ),
        (
            lambda book: setattr(book.create_sheet("Constant (2021) US$")["A1"], "value", 1),
            "2 sheets are named like Constant",
        ),
        (_in_euros, "do not say US.m and current"),
        (_share_in_percent, "is no fraction"),
        (set_cell(SHARE, "Iran", "Atlantis"), r'sheet "Share of GDP".* unknown country .Atlantis'),
        (set_cell(SHARE, "Algeria", "Iran"), 'sheet "Share of GDP": duplicate row for IRN'),
        (set_cell(SHARE, "Israel", "4,5", 60), "Israel, 2006: '4,5' is no number"),
        (set_cell(CURRENT, "Country", 2031, 60), "years in the header"),
        (set_colour(CURRENT, "Israel", "FF00AA00"), "neither blue, red nor black"),
        (_equal_in_2007_too, r"equal in \[2007, 2022\]"),
    ],
)
def test_a_workbook_that_changed_is_refused(tmp_path, spending, change, message):
    save_milex(spending, tmp_path / "sipri-milex/SIPRI-Milex-data.xlsx", change)
    with pytest.raises(ValueError, match=r"SIPRI-Milex-data\.xlsx.*" + message):
        sipri.military_spending(tmp_path, PAIR)


def test_a_missing_workbook_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="sipri-milex: 0 files"):
        sipri.military_spending(tmp_path, PAIR)


# --- UCDP -----------------------------------------------------------------------------------------

BATTLES = "ucdp-brd/BattleDeaths_v24_1.csv"
YEAR = datetime.datetime.now(datetime.UTC).year % 100
THIS_YEAR, LAST_YEAR = f"{YEAR}.1", f"{YEAR - 1}.1"


def battles():
    return list(csv.DictReader(io.StringIO(text_of(BATTLES), newline="")))


def serve_ucdp(server, rows, versions, change=lambda answer: answer):
    """UCDP's API: pages of a thousand rows, and a next address that leads elsewhere."""

    def answer(request):
        if request.headers.get("x-ucdp-access-token") != KEY:
            return Response("API token required.", 401, content_type="text/plain")
        if request.path.removeprefix("/battledeaths/") not in versions:
            return Response("", 404)
        page, pages = int(request.args["page"]), -(-len(rows) // 1000)
        body = change(
            {
                "TotalCount": len(rows),
                "TotalPages": pages,
                "PreviousPageUrl": "",
                "NextPageUrl": "https://elsewhere.example/next" if page + 1 < pages else "",
                "Result": rows[page * 1000 : (page + 1) * 1000],
            }
        )
        text = body if isinstance(body, str) else json.dumps(body)
        return Response(text, content_type="application/json")

    server.expect_request(re.compile("/battledeaths/.*")).respond_with_handler(answer)


@pytest.mark.parametrize("as_numbers", [False, True], ids=["all as text", "numbers as numbers"])
def test_the_api_s_pages_give_the_rows_of_the_file(tmp_path, server, monkeypatch, as_numbers):
    monkeypatch.setenv("UCDP_API_TOKEN", KEY)
    rows = battles()
    if as_numbers:
        rows = [
            {k: int(v) if re.fullmatch("-?[0-9]+", v) else v or None for k, v in row.items()}
            for row in rows
        ]
    serve_ucdp(server, rows, [THIS_YEAR])
    assert fetch("ucdp-brd", server, tmp_path) == f"version {THIS_YEAR} (1989–2023)"
    assert requests_of(server) == [
        (f"/battledeaths/{THIS_YEAR}", {"pagesize": "1000", "page": page}) for page in "01"
    ]
    same_tables([ucdp.syria_conflict], tmp_path)
    assert KEY not in "".join(path.read_text() for path in (tmp_path / "ucdp-brd").iterdir())


def test_last_year_s_version_where_this_year_s_is_not_out(tmp_path, server, monkeypatch):
    monkeypatch.setenv("UCDP_API_TOKEN", KEY)
    serve_ucdp(server, battles(), [LAST_YEAR])
    assert LAST_YEAR in fetch("ucdp-brd", server, tmp_path)


def test_without_a_token_a_person_s_archive_gives_the_same_rows(tmp_path):
    archive = tmp_path / "ucdp-brd-dyadic-241-csv.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.write(UPSTREAM / BATTLES, "BattleDeaths_v24_1.csv")
    assert give("ucdp-brd", [archive], tmp_path) == [archive]
    same_tables([ucdp.syria_conflict], tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda answer: {"error": f"version retired, {KEY}"},
            "no list of battle-related deaths but says {'error': 'version retired, ***'}",
        ),
        (
            lambda answer: answer | {"Result": [], "TotalCount": 0},
            f"page 0 of version {THIS_YEAR} has no rows",
        ),
        (
            lambda answer: answer | {"Result": answer["Result"][:500]},
            "1000 rows together, and 1920 are announced",
        ),
        (lambda answer: answer | {"TotalPages": 1}, "1000 rows together, and 1920 are announced"),
        (lambda answer: {"Result": answer["Result"]}, "does not say how many pages"),
        (lambda answer: json.dumps(answer)[:-9000], "not JSON, or cut short"),
        (lambda answer: "<html><title>Maintenance</title>", "Maintenance"),
    ],
)
def test_a_faulty_answer_of_the_api_is_refused_with_its_address(
    tmp_path, server, monkeypatch, change, message
):
    monkeypatch.setenv("UCDP_API_TOKEN", KEY)
    serve_ucdp(server, battles(), [THIS_YEAR], change)
    assert KEY not in fetch_fails("ucdp-brd", server, tmp_path, "/battledeaths/", message)


def test_without_a_token_nothing_is_asked_and_a_wrong_one_is_named(tmp_path, server, monkeypatch):
    serve_ucdp(server, battles(), [THIS_YEAR])
    monkeypatch.delenv("UCDP_API_TOKEN", raising=False)
    with pytest.raises(registry.FetchError, match="no UCDP_API_TOKEN"):
        fetch("ucdp-brd", server, tmp_path)
    assert not server.log
    monkeypatch.setenv("UCDP_API_TOKEN", "an-old-token")
    message = fetch_fails("ucdp-brd", server, tmp_path, "401", "UCDP_API_TOKEN is refused")
    assert "an-old-token" not in message


def test_the_file_of_a_later_version_with_a_mark_and_a_later_year(tmp_path):
    text = text_of(BATTLES).replace('"2016","10903"', '"2026","10903"', 1)
    write(tmp_path, "ucdp-brd/BattleDeaths_v27_1.csv", BOM + text)
    assert ucdp.syria_conflict(tmp_path, PAIR)["year"].max() == 2026


# --- UCDP: parties to conflicts -------------------------------------------------------------------

PARTIES = UPSTREAM / "ucdp-acd-25.1/ucdp_acd.rda"
NAMES_OF_PARTIES = ["year", "side_a", "side_a_second", "side_b", "side_b_second", "conflict_type"]


def test_the_file_of_parties_is_known_as_a_person_gives_it(tmp_path):
    assert give("ucdp-acd", [PARTIES], tmp_path) == [PARTIES]
    rows = ucdp.syria_parties(tmp_path, PAIR)
    same_rows(rows, of_upstream(ucdp.syria_parties))
    assert rows[["deaths_best", "deaths_low", "deaths_high"]].isna().all(axis=None)


def test_both_files_of_ucdp_name_the_same_parties_in_the_years_that_both_have():
    deaths = of_upstream(ucdp.syria_conflict)
    is_pair = deaths["dyad"] == "Government of Iran – Government of Israel"
    deaths = deaths[(deaths["scope"] == "conflict over Syria") | is_pair]
    parties = of_upstream(ucdp.syria_parties).query("year <= 2023")
    one, other = (frame[NAMES_OF_PARTIES].fillna("") for frame in (deaths, parties))
    assert len(one) == 37 and sorted(one.values.tolist()) == sorted(other.values.tolist())


def test_parties_of_2024_as_they_stand_in_the_file():
    table = pyreadr.read_r(PARTIES)["ucdp_acd"].query("gwno_a == 652 and year == 2024")
    with_russia, with_iran = (
        set(table[table["gwno_a_2nd"] == number]["conflict_id"]) for number in (365, 630)
    )
    assert with_russia == with_iran == {299, 13604} and set(table["conflict_id"]) > with_iran
    rows = of_upstream(ucdp.syria_parties).query("year == 2024").set_index("dyad_id")
    both = "Government of Iran, Government of Russia (Soviet Union)"
    of_2024 = rows["side_a_second"].dropna().to_dict()
    assert of_2024 == {"conflict 299": both, "conflict 13604": both}
    assert rows.loc["conflict 299", "side_b_second"] == "Government of Turkey"
    assert set(rows.index) == {f"conflict {number}" for number in (299, 13604, 13809, 14609)}


def _cell(column, value, conflict=299, year=2024):
    def change(table):
        chosen = (table["conflict_id"] == conflict) & (table["year"] == year)
        table.loc[table.index[chosen][0], column] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_cell("gwno_a_2nd", 710.0), "row 3221, column gwno_a_2nd: 710.0 is not known here"),
        (_cell("conflict_id", 99999.0), "row 3221, column conflict_id: 99999.0 is not known here"),
        (_cell("type_of_conflict", "III"), "row 3221, column type_of_conflict: III is not known"),
        (_cell("type_of_conflict", "intrastate"), "conflict 299 has more than one value in 2024"),
        (_cell("gwno_b", 2.0, 14609), "column gwno_b: 2.0 is not Government of Israel"),
        (lambda table: table.insert(0, "side_b", "IS"), "columns ['side_b'] are new or gone"),
    ],
)
def test_a_file_of_parties_that_changed_is_refused(tmp_path, change, message):
    table = pyreadr.read_r(PARTIES)["ucdp_acd"]
    change(table)
    path = tmp_path / "ucdp-acd/ucdp_acd.rda"
    path.parent.mkdir()
    pyreadr.write_rdata(path, table, df_name="ucdp_acd")
    with pytest.raises(ValueError, match=r"ucdp_acd\.rda") as error:
        ucdp.syria_parties(tmp_path, PAIR)
    assert message in str(error.value)


def test_a_file_of_parties_that_is_none_is_refused(tmp_path):
    write(tmp_path, "ucdp-acd/ucdp_acd.rda", b"\xfd7zXZ, and no more")
    with pytest.raises(ValueError, match="cannot be read as a file of R"):
        ucdp.syria_parties(tmp_path, PAIR)
    with pytest.raises(FileNotFoundError, match="ucdp-acd: ucdp_acd.rda is not in"):
        ucdp.syria_parties(tmp_path / "nowhere", PAIR)


# --- Voeten: votes --------------------------------------------------------------------------------

CODES = {"yes": 1, "abstain": 2, "no": 3}
LETTERS = {
    "AZ": "AZE", "CN": "CHN", "IR": "IRN", "IL": "ISR", "RU": "RUS", "SA": "SAU", "SY": "SYR",
    "TR": "TUR", "US": "USA", "GB": "GBR", "NA": "NAM",
}  # fmt: skip
NOT_YET_MEMBERS = ("AZE", "NAM")


def package_table(name):
    return pyreadr.read_r(str(UPSTREAM / f"unvotes/{name}.rda"))[name]


@pytest.fixture(autouse=True, scope="module")
def read_once():
    """The institutions' own files of R and registers of arms are parsed once, not by each test that
    reads them unchanged: half of the work of these tests. What a test writes is parsed each time.
    """
    read_r, read_register = functools.cache(pyreadr.read_r), functools.cache(arms.read_register)
    parse, parse_register = pyreadr.read_r, arms.read_register

    def r(path, *more):
        if more or not Path(path).is_relative_to(UPSTREAM):
            return parse(path, *more)
        return {name: table.copy() for name, table in read_r(path).items()}

    def register(path, file):
        if not path.is_relative_to(UPSTREAM):
            return parse_register(path, file)
        return list(read_register(path, file))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyreadr, "read_r", r)
        patch.setattr(arms, "read_register", register)
        yield


@pytest.fixture(scope="module")
def completed():
    """All votes as the dataset has them, for the compared countries and two others, made of the
    package's tables.
    """
    calls = package_table("un_roll_calls").assign(date=lambda f: f["date"].astype(str))
    calls = calls[calls["date"] >= "1990"]
    issues = package_table("un_roll_call_issues")
    for flag in voeten.ISSUES:
        calls[flag] = calls["rcid"].isin(issues["rcid"][issues["short_name"] == flag]).astype(int)
    votes = package_table("un_votes").assign(Country=lambda f: f["country_code"].map(LETTERS))
    votes = votes.assign(vote=votes["vote"].astype(str).map(CODES)).dropna(subset="Country")
    every = pd.MultiIndex.from_product(
        [calls["rcid"].astype(float), sorted(LETTERS.values())], names=["rcid", "Country"]
    )
    cast = votes.set_index(["rcid", "Country"])["vote"].reindex(every)
    absent = [9 if country in NOT_YET_MEMBERS else 8 for _, country in every]
    cast = cast.fillna(pd.Series(absent, every)).astype(int).reset_index()
    frame = cast.merge(calls.astype({"rcid": float}), on="rcid")
    return frame.assign(
        importantvote=pd.to_numeric(frame["importantvote"]),
        para=pd.to_numeric(frame["para"]),
        amend=pd.to_numeric(frame["amend"]),
        ccode=2.0,
        member=1.0,
        Countryname="",
        year=frame["date"].str[:4].astype(float),
        resid=float("nan"),
    )


def serve_dataverse(server, versions, files):
    """Dataverse's API: the dataset's versions, each a list of (label, id), and the files by id,
    behind a redirect.
    """
    listed = [
        {
            "versionNumber": number,
            "versionMinorNumber": 0,
            "releaseTime": f"20{number}-04-03T09:00:00Z",
            "files": [
                {"label": label, "restricted": False, "dataFile": {"id": n, "filename": label}}
                for label, n in labels
            ],
        }
        for number, labels in versions.items()
    ]
    path, query = "/api/datasets/:persistentId", {"persistentId": voeten.DOI}
    server.expect_request(path + "/versions", query_string=query).respond_with_json(
        {"status": "OK", "data": listed}
    )
    server.expect_request(path, query_string=query).respond_with_json(
        {"status": "OK", "data": {"id": 1, "latestVersion": listed[0]}}
    )
    for n, content in files.items():
        server.expect_request(f"/api/access/datafile/{n}").respond_with_data(
            "", 303, {"Location": server.url_for(f"/store/{n}?X-Amz-Expires=3600")}
        )
        server.expect_request(f"/store/{n}").respond_with_data(content)


@pytest.mark.parametrize("form", ["RData", "tab"])
def test_the_dataset_s_votes_give_the_rows_of_the_package(tmp_path, server, completed, form):
    if form == "RData":
        path = tmp_path / "votes.RData"
        pyreadr.write_rdata(str(path), completed, df_name="completeVotes", compress="gzip")
        content = path.read_bytes()
    else:
        content = completed.to_csv(index=False, sep="\t", na_rep="NA").encode()
    versions = {
        39: [("IdealpointestimatesFP_2026FP.csv", 3)],
        33: [(f"UNVotes-1.{form}", 7), ("AgreementScoresAll_Jun2024.csv", 8)],
        31: [("UNVotes.RData", 6)],
    }
    serve_dataverse(server, versions, {7: content})
    edition = "roll calls of version 33.0 of the dataset, released 2033-04-03"
    assert fetch("unvotes", server, tmp_path) == edition
    assert [path for path, _ in requests_of(server)] == [
        "/api/datasets/:persistentId/versions",
        "/api/access/datafile/7",
        "/store/7",
    ]
    for pair in (PAIR, ("GBR", "NAM")):  # whose letters, NA, are no missing value
        same_rows(voeten.un_votes(tmp_path, pair), of_upstream(voeten.un_votes, pair))


def test_votes_of_another_pair_as_they_stand_in_the_package():
    rows = of_upstream(voeten.un_votes, ("GBR", "NAM"))
    votes = package_table("un_votes")
    expected = votes[(votes["country"] == "United Kingdom") & votes["rcid"].isin(rows["rcid"])]
    actual = rows[rows["country"] == "GBR"]["vote"].value_counts().to_dict()
    assert actual == expected["vote"].value_counts().to_dict() and len(expected) > 2000


def test_agreement_with_all_members_as_counted_vote_by_vote(tmp_path, completed):
    counts = of_upstream(voeten.un_agreement, ("GBR", "NAM"))
    assert set(counts["country"]) == {"GBR", "NAM", "USA"}
    assert not (counts["country"] == counts["member"]).any()
    year = package_table("un_roll_calls").set_index("rcid")["date"].astype(str).str[:4].astype(int)
    cast = {}
    for row in package_table("un_votes").itertuples():
        if row.country_code in ("GB", "NA"):
            cast.setdefault(row.rcid, {})[row.country_code] = row.vote
    common = [
        (year[call], votes["GB"] == votes["NA"])
        for call, votes in cast.items()
        if len(votes) == 2 and year[call] >= 1991
    ]
    on_parts = package_table("un_roll_calls").set_index("rcid")[["para", "amend"]].eq(1).any(axis=1)
    whole = [
        c for c, votes in cast.items() if len(votes) == 2 and year[c] >= 1991 and not on_parts[c]
    ]
    rows = counts.query("country == 'GBR' and member == 'NAM'").set_index("year")
    assert rows["common"].to_dict() == Counter(when for when, _ in common)
    assert rows["equal"].sum() == sum(same for _, same in common) > 500
    assert rows["common_whole"].sum() == len(whole) < len(common)
    assert rows["equal_whole"].sum() == sum(cast[c]["GB"] == cast[c]["NA"] for c in whole)
    # the dataset's own form gives what the package gives of the members that it holds
    write(tmp_path, "unvotes/UNVotes-2.csv", completed.to_csv(index=False))
    read = voeten.un_agreement(tmp_path, PAIR)
    expected = of_upstream(voeten.un_agreement)
    same_rows(read, expected[expected["member"].isin(LETTERS.values())])


def test_one_code_for_yugoslavia_and_serbia_is_told_apart_by_year():
    counts = of_upstream(voeten.un_agreement).query("country == 'RUS'").set_index("member")
    assert set(counts.loc["YUG", "year"]) == {1991, 1992}
    assert counts.loc["SRB", "year"].min() == 2000 and set(counts.loc["CSK", "year"]) < {
        1991,
        1992,
        1993,
    }


def test_a_member_whose_code_is_unknown_is_refused(tmp_path, completed):
    odd = completed.assign(Country=completed["Country"].replace("GBR", "XQX"))
    write(tmp_path, "unvotes/UNVotes-2.csv", odd.to_csv(index=False))
    with pytest.raises(ValueError, match=r"\['XQX'\] are no codes of members"):
        voeten.un_agreement(tmp_path, PAIR)


@pytest.mark.parametrize(
    ("change", "message"),
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
def test_votes_that_changed_are_refused(tmp_path, completed, change, message):
    write(tmp_path, "unvotes/UNVotes-2.csv", change(completed.tail(20000)).to_csv(index=False))
    with pytest.raises(ValueError, match=r"UNVotes-2\.csv.*" + message):
        voeten.un_votes(tmp_path, PAIR)


def test_no_votes_and_damaged_votes_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="un_votes.rda"):
        voeten.un_votes(tmp_path, PAIR)
    write(tmp_path, "unvotes/UNVotes.RData", b"RDX3\nnothing")
    with pytest.raises(ValueError, match="UNVotes.RData: it cannot be read as a file of R"):
        voeten.un_votes(tmp_path, PAIR)


# --- Voeten: ideal points -------------------------------------------------------------------------

POINTS = "voeten-idealpoints/IdealpointsJuly2025.dta"
ESTIMATES = {"FP": "final passage", "All": "all"}


@pytest.fixture(scope="module")
def points():
    return pd.read_stata(UPSTREAM / POINTS).astype({"year": int})


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
    ("label", "form", "separator", "mark"),
    [
        ("Idealpointestimates1946-2025.tab", "FP", "\t", ""),
        ("IdealpointestimatesFP_2026FP.csv", "FP", ",", BOM),
        ("IdealpointestimatesAll_Jun2024.csv", "All", ",", ""),
    ],
)
def test_ideal_points_of_a_release_give_the_rows_of_that_estimate(
    tmp_path, server, points, label, form, separator, mark
):
    table = release(points, form)
    if form == "All":  # that release gives sessions, not years, and numbers its rows
        table = table.assign(session=table["year"] - 1945).drop(columns="year")
        table = table.reset_index(names="")
    content = (mark + table.to_csv(index=False, sep=separator)).encode()
    others = [
        ("IdealPointDyads1946-2025.csv", 4),
        ("Codebook_IdealPointEstimates1946-2025.txt", 3),
    ]
    serve_dataverse(server, {39: [(label, 5), *others]}, {5: content})
    edition = "ideal points of version 39.0 of the dataset, released 2039-04-03"
    assert fetch("voeten-idealpoints", server, tmp_path) == edition
    assert requests_of(server)[0] == ("/api/datasets/:persistentId", {"persistentId": voeten.DOI})
    assert len(server.log) == 3
    expected = of_upstream(voeten.un_ideal_points)
    expected = expected[expected["estimate"] == ESTIMATES[form]]
    # single precision, written out
    same_rows(voeten.un_ideal_points(tmp_path, PAIR), expected, atol=2e-6, rtol=0)


def test_the_stata_form_and_a_release_in_two_files(tmp_path, server, points):
    serve_dataverse(server, {40: [("IdealpointsJuly2027.dta", 5)]}, {5: original(POINTS)})
    fetch("voeten-idealpoints", server, tmp_path)
    same_tables([voeten.un_ideal_points], tmp_path, OTHER)
    both = tmp_path / "two"
    for form in ESTIMATES:
        name = f"voeten-idealpoints/Idealpointestimates{form}_2027.csv"
        write(both, name, release(points, form).to_csv(index=False))
    assert set(voeten.un_ideal_points(both, PAIR)["estimate"]) == set(ESTIMATES.values())
    again = "voeten-idealpoints/IdealpointestimatesFP_again.csv"
    write(both, again, release(points, "FP").to_csv(index=False))
    with pytest.raises(ValueError, match="holds the estimate 'final passage', as"):
        voeten.un_ideal_points(both, PAIR)


def test_the_form_of_2026_is_read_but_for_the_year_in_which_hardly_anybody_votes(tmp_path):
    name = "Idealpointestimates1946-2025.tab"
    content = original(f"idealpoints-2025/{name}")
    given = tmp_path / "download.tab"  # as a person gives it
    given.write_bytes(content)
    assert give("voeten-idealpoints", [given], tmp_path) == [given]
    rows = voeten.un_ideal_points(tmp_path, PAIR)
    assert set(rows["estimate"]) == {"final passage"} and len(rows) > 6000
    assert set(rows["year"]) == {*range(1989, 2024), 2025}
    lines = csv.DictReader(io.StringIO(content.decode()), delimiter="\t")
    cells = {(line["iso3c"], line["year"]): line for line in lines}
    assert max(int(line["NVotesFP"]) for key, line in cells.items() if key[1] == "2024") == 8
    for row in rows.itertuples():
        own = {"SRB": "YUG"}.get(row.country, row.country)
        line = cells[own, str(row.year)]
        values = [float(line[column]) for column in ("IdealPointFP", "Q5%FP", "Q95%FP", "NVotesFP")]
        assert [row.value, row.low, row.high, row.votes] == pytest.approx(values, abs=1e-6)


def test_ideal_points_of_another_pair_as_they_stand_in_the_file(points):
    rows = of_upstream(voeten.un_ideal_points, ("GBR", "TUR"))
    actual = rows.query("country == 'GBR' and estimate == 'all'").set_index("year")["value"]
    expected = points.query("iso3c == 'GBR' and year >= 1989").set_index("year")["idealpointall"]
    expected = expected.dropna().to_dict()
    assert actual.to_dict() == pytest.approx(expected, abs=1e-6) and len(actual) > 30


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.rename(columns={"IdealPointFP": "Point"}), "no column .*idealpointfp"),
        (lambda f: f.rename(columns={"Q5%FP": "Low"}), r"no column \['q5fp'\]"),
        (
            lambda f: f.assign(IdealPointFP=f["IdealPointFP"].astype(str).str.replace(".", ",")),
            "column IdealPointFP: '.*,.*' is no number",
        ),
        (lambda f: f[f["iso3c"] != "SYR"], r"no points of \['SYR'\]"),
    ],
)
def test_ideal_points_that_changed_are_refused(tmp_path, points, change, message):
    name = "voeten-idealpoints/Idealpointestimates1946-2027.tab"
    write(tmp_path, name, change(release(points, "FP")).to_csv(index=False, sep="\t"))
    with pytest.raises(ValueError, match=r"Idealpointestimates1946-2027\.tab.*" + message):
        voeten.un_ideal_points(tmp_path, PAIR)


def version_with(*files):
    return {"status": "OK", "data": {"latestVersion": {"files": list(files)}}}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"status": "ERROR", "message": f"Dataset with Persistent ID {voeten.DOI} not found."},
            f"Persistent ID {voeten.DOI} not found",
        ),
        (version_with(), "no file of ideal points is among"),
        (
            version_with({"label": "Codebook.txt", "dataFile": {"id": 1}}),
            "is among ['Codebook.txt']",
        ),
        (
            version_with({"label": "Idealpoints2027.csv", "restricted": True}),
            "Idealpoints2027.csv is restricted",
        ),
        (
            version_with({"label": "Idealpoints/../../x.csv", "dataFile": {"id": 1}}),
            "no file of ideal points",
        ),
    ],
)
def test_a_faulty_answer_of_dataverse_is_refused_with_its_address(
    tmp_path, server, answer, message
):
    server.expect_request("/api/datasets/:persistentId").respond_with_json(answer)
    fetch_fails("voeten-idealpoints", server, tmp_path, "persistentId", message)


# --- Global Sanctions Database --------------------------------------------------------------------


@pytest.fixture(scope="module")
def cases():
    return pd.read_csv(UPSTREAM / "gsdb/GSDB_V3.csv", encoding="utf-8-sig")


def in_force(cases, year):
    return cases[(cases["begin"] <= year) & (cases["end"] >= year)]


def test_a_later_release_brings_its_years_and_needs_no_more_columns(tmp_path, cases):
    more = cases.head(1).assign(
        case_id=9999, sanctioned_state="Iran, Turkey", begin=2023, end=2023, trade=1, financial=0
    )
    given = tmp_path / "GSDB_V4.csv"
    release = pd.concat([cases, more]).drop(columns="descr_trade")
    release.to_csv(given, index=False, encoding="utf-8-sig")
    assert give("gsdb", [given], tmp_path) == [given]
    rows = gsdb.sanctions(tmp_path, PAIR)
    same_rows(rows[rows["year"] < 2023], of_upstream(gsdb.sanctions))
    last = rows[rows["year"] == 2023].set_index(["target", "sanction_type"])["active_cases"]
    assert (last["IRN", "any"], last["IRN", "trade"], last["RUS", "any"]) == (1, 1, 0)


def test_sanctions_on_another_pair_as_counted_from_the_file(cases):
    rows = of_upstream(gsdb.sanctions, ("TUR", "YEM"))
    actual = rows.set_index(["target", "sanction_type", "year"])["active_cases"].sort_index()
    against = cases[cases["sanctioned_state"].str.contains("Turkey")]
    for year in range(2013, 2023):
        active = in_force(against, year)
        assert actual["TUR", "any", year] == len(active)
        assert actual["TUR", "arms", year] == active["arms"].sum()
    assert actual["TUR", "any"].max() > 0
    # a name with the comma that parts states
    yemen = cases[cases["sanctioned_state"].str.contains("Yemen, North")]
    assert actual["YEM", "any", 2015] == len(in_force(yemen, 2015)) > 0


def test_a_state_without_cases_has_zeros_and_one_that_is_never_named_is_an_error():
    senders = of_upstream(gsdb.sanctions, ("NZL", "ESP"))  # never targets
    assert (senders["active_cases"] == 0).all()
    with pytest.raises(ValueError, match="no case names Andorra as target or sender"):
        of_upstream(gsdb.sanctions, ("RUS", "AND"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda f: f.rename(columns={"sanctioned_state": "target"}),
            "no column .*sanctioned_state",
        ),
        (lambda f: f.assign(trade=f["trade"] * 2), "column trade: 2 is neither 0 nor 1"),
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
def test_sanctions_that_changed_are_refused(tmp_path, cases, change, message):
    write(tmp_path, "gsdb/GSDB.csv", change(cases).to_csv(index=False))
    with pytest.raises(ValueError, match=r"GSDB\.csv.*" + message):
        gsdb.sanctions(tmp_path, PAIR)


# --- OFAC -----------------------------------------------------------------------------------------


def test_entries_are_the_counts_of_the_file_and_of_its_two_countries_only():
    rows = of_upstream(ofac.entries)
    counts = list(csv.DictReader(io.StringIO(text_of(ofac.FILE))))
    assert list(rows["month"]) == [row["month"] + "-01" for row in counts]
    for column, name in ofac.COUNTS.items():
        assert list(rows[name]) == [int(row[column]) for row in counts]
    no_rows(ofac.entries, OTHER)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("iran_programmes", "iran", "no column ['iran_programmes']"),
        (",1772,", ',"1,772",', "row 2, column iran_programmes: '1,772' is no number"),
        (",1772,", ",1772.5,", "row 2, column iran_programmes: 1772.5 is no number of entries"),
        (",1772,", ",,", "row 2, column iran_programmes: nothing is no number of entries"),
        ("2021-08,2021-08-24", "2021-08,2021-09-24", "row 2, column snapshot_date: '2021-09-24'"),
        ("2021-08,2021-08-24", "August,2021-08-24", "row 2, column month: 'August' is no month"),
        ("d04932b3", "", "row 2, column commit"),
        (",457,9,0,", ",457,9,458,", "row 2, column both: 458 are more than one programme has"),
        (",9124,", ",912,", "row 2, column entries: 912 are fewer than the programmes have"),
        ("\n2021-09,2021-09", "\n2021-08,2021-08", "not each month once, and in order"),
    ],
)
def test_counts_of_entries_that_changed_are_refused(tmp_path, before, after, message):
    text = text_of(ofac.FILE)
    assert before in text
    write(tmp_path, ofac.FILE, text.replace(before, after, 1))
    with pytest.raises(ValueError, match=r"sdn_monthly_counts\.csv.*" + re.escape(message)):
        ofac.entries(tmp_path, PAIR)


# --- Ukrainian Air Force --------------------------------------------------------------------------

DAILY, MODELS = ukrainian_air_force.DAILY, ukrainian_air_force.MODELS


def test_drones_by_month_add_up_to_the_file_s_own_rows():
    rows = of_upstream(ukrainian_air_force.drones)
    reports = [
        row
        for row in csv.DictReader(io.StringIO(text_of(DAILY), newline=""))
        if row["model"].startswith("Shahed-136/131")
    ]
    for column, name in (("launched", "launched"), ("destroyed", "destroyed")):
        for year in ("2022", "2023", "2024", "2025"):
            by_hand = sum(float(row[column]) for row in reports if row["time_end"][:4] == year)
            assert rows[rows["month"].str[:4] == year][name].sum() == by_hand > 0
    told = [row for row in reports if row["is_shahed"]]
    assert rows["shaheds_told"].sum() == sum(float(row["is_shahed"]) for row in told)
    assert rows["launched_told"].sum() == sum(float(row["launched"]) for row in told)
    no_rows(ukrainian_air_force.drones, OTHER)


def test_a_month_counts_once_it_is_complete(tmp_path):
    text, new = text_of(DAILY), ",Shahed-136/131,,Ukraine,,7.0,5.0" + "," * 14
    assert of_upstream(ukrainian_air_force.drones)["month"].max() == "2026-05-01"
    header, rest = text.split("\n", 1)
    write(tmp_path, MODELS, text_of(MODELS))
    for end, month in (("2026-06-29 08:00", "2026-05-01"), ("2026-06-30", "2026-06-01")):
        middle = "".join(f"2026-06-{day},2026-06-{day}{new}\n" for day in (25, 18, 12))
        write(tmp_path, DAILY, f"{header}\n{end},{end}{new}\n{middle}{rest}")
        assert ukrainian_air_force.drones(tmp_path, PAIR)["month"].max() == month


def test_a_person_s_files_of_drones_are_known_by_their_text(tmp_path):
    given = [tmp_path / "attacks (1).csv", tmp_path / "models.csv"]
    for path, name in zip(given, (DAILY, MODELS), strict=True):
        path.write_bytes(original(name))
    assert give("shahed-daily", given, tmp_path) == given
    same_rows(ukrainian_air_force.drones(tmp_path, PAIR), of_upstream(ukrainian_air_force.drones))


FIRST = "2026-06-06 18:00,2026-06-07 08:30,Shahed-136/131,"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("not_reach_goal", "lost", "no column ['not_reach_goal']"),
        (FIRST, FIRST.replace("136/131", "238"), "row 2, column model: 'Shahed-238' is no known"),
        (FIRST, FIRST.replace("Shahed-136/131", ""), "row 2, column model: nothing is no known"),
        (FIRST, FIRST.replace("06-07 08:30", "31-07"), "row 2, column time_end: '2026-31-07' is"),
        (",236.0,215.0,", ',"236,0",215.0,', "row 2, column launched: '236,0' is no number"),
        (",236.0,215.0,", ",236.5,215.0,", "row 2, column launched: 236.5 is no number of drones"),
        (",236.0,215.0,", ",-236.0,215.0,", "row 2, column launched: -236.0 is no number of"),
        (",236.0,215.0,", ",236.0,,", "row 2, column destroyed: nothing where every report"),
        (",236.0,215.0,", ",0.0,0.0,", "row 2, column launched: 0.0 drones launched"),
        (",236.0,215.0,", ",236.0,237.0,", "row 2, column destroyed: 237.0 are more than were"),
        (",236.0,215.0,0.0,", ",236.0,215.0,22.0,", "row 2, column not_reach_goal: 22.0 and those"),
    ],
)
def test_reports_of_drones_that_changed_are_refused(tmp_path, before, after, message):
    text = text_of(DAILY)
    assert before in text
    write(tmp_path, MODELS, text_of(MODELS))
    write(tmp_path, DAILY, text.replace(before, after, 1))
    with pytest.raises(ValueError, match=r"missile_attacks_daily\.csv.*" + re.escape(message)):
        ukrainian_air_force.drones(tmp_path, PAIR)


def test_a_further_kind_of_shahed_is_refused_even_where_the_list_has_it(tmp_path):
    write(
        tmp_path,
        MODELS,
        text_of(MODELS).replace("\nSupercam,", "\nGeran-3,UAV,russia,,,,,,,,,\nSupercam,"),
    )
    write(
        tmp_path, DAILY, text_of(DAILY).replace(FIRST, FIRST.replace("Shahed-136/131", "Geran-3"))
    )
    with pytest.raises(ValueError, match="row 2, column model: 'Geran-3' is a further kind"):
        ukrainian_air_force.drones(tmp_path, PAIR)


# --- GeoNuclearData -------------------------------------------------------------------------------

REACTORS = "geonucleardata/nuclear_power_plants.csv"
ADDRESS = "/data/csv/denormalized/nuclear_power_plants.csv"


def test_the_list_of_reactors_is_downloaded_and_dated_by_its_last_change(tmp_path, server):
    text = text_of(REACTORS)
    server.expect_request(ADDRESS).respond_with_data(BOM + text)
    assert fetch("geonucleardata", server, tmp_path) == "list as changed last on 2024-03-03"
    same_tables([geonucleardata.nuclear], tmp_path)
    before, after = "2015-05-24T04:51:26+03:00,WNA/IAEA,310", "2026-10-01,WNA/IAEA,310"
    write(tmp_path, REACTORS, text.replace(before, after))
    rows = geonucleardata.nuclear(tmp_path, PAIR)
    assert set(rows[rows["measure"] == "status"]["date"]) == {"2026-10-01"}


def test_reactors_of_another_country_as_they_stand_in_the_list():
    table = pd.read_csv(UPSTREAM / REACTORS)
    for pair, code in (OTHER, "TR"), (("RUS", "GBR"), "GB"), (("IRN", "RUS"), "RU"):
        rows, listed = (
            of_upstream(geonucleardata.nuclear, pair),
            table[table["CountryCode"] == code],
        )
        status = rows[rows["measure"] == "status"]
        assert len(listed) and sorted(status["subject"]) == sorted(listed["Name"])
        assert status["value"].sum() == listed["Capacity"].sum()
        assert len(rows) == len(listed) + listed[list(geonucleardata.EVENTS)].notna().sum().sum()
    no_rows(geonucleardata.nuclear, ("RUS", "NAM"))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("Capacity", "CapacityGross", "no column ['Capacity']"),
        (
            "1964-05-01,1974-06-02,9,",
            '1964-05-01,1974-06-02,"9,5",',
            "row 2, column Capacity: '9,5' is no number",
        ),
        ("1957-12-01", "01.12.1957", "row 2, column ConstructionStartAt: '01.12.1957' is no date"),
        (",Sweden,SE,", ",Sweden,Sweden,", "column CountryCode: 'Sweden'"),
        ("\n", "", "cut short"),
    ],
)
def test_a_list_of_reactors_that_changed_is_refused_with_its_address(
    tmp_path, server, before, after, message
):
    server.expect_request(ADDRESS).respond_with_data(text_of(REACTORS).replace(before, after))
    fetch_fails("geonucleardata", server, tmp_path, ADDRESS, message)


# --- Security Council and IAEA --------------------------------------------------------------------


def test_votes_and_vetoes_part_the_table_of_the_council():
    votes = of_upstream(un_security_council.votes)
    vetoes = of_upstream(un_security_council.vetoes)
    assert set(votes["record"]) == {"vote"} and set(vetoes["record"]) == {"veto"}
    table = pd.read_csv(UPSTREAM / un_security_council.VETOES, keep_default_na=False)
    members = table[table["year"] >= 1991][un_security_council.VETO_MEMBERS]
    assert len(vetoes) == (members != "").sum().sum()
    no_rows(un_security_council.votes, OTHER)
    pd.testing.assert_frame_equal(un_security_council.vetoes(UPSTREAM, OTHER), vetoes)


def test_uranium_is_of_the_country_that_the_reports_are_about(tmp_path):
    rows = of_upstream(iaea.nuclear, ("IRN", "TUR"))
    assert len(rows) == len(of_upstream(iaea.nuclear)) > 0
    no_rows(iaea.nuclear, OTHER)
    name, later = iaea.LISTS["IRN"]
    evidence = UPSTREAM.parent / "evidence" / name
    table = pd.concat([pd.read_csv(path) for path in (evidence, later)])
    assert rows["value"].sum() == pytest.approx(table[list(iaea.MEASURES)].sum().sum())
    text = evidence.read_text().replace("2021-05-31", "2021-06-01")
    write(tmp_path, f"evidence/{evidence.name}", text)
    with pytest.raises(ValueError, match=f"{name}: no kind of date is noted for 2021-06-01"):
        iaea.nuclear(tmp_path / "upstream", PAIR)


def test_names_and_letters_of_every_compared_country_are_known():
    convert = countries.converter().convert
    for code in {*milex.COMPARED, *voeten.COMPARED}:
        letters = convert(code, src="ISO3", to="ISO2", not_found="-")
        assert re.fullmatch("[A-Z]{2}", letters)
        assert state_code(convert(code, src="ISO3", to="name_short")) == code
