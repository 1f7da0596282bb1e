"""Promise: what the institutions of the energy tables publish now is downloaded, or taken from a
person, and read as their copies are.
"""

import csv
import functools
import io
import json
import shutil

import openpyxl
import pandas as pd
import pytest
from institution import UPSTREAM, certificates, needs_upstream, point, running, server  # noqa: F401
from werkzeug import Response

from analysis.sources import (
    cia,
    eia,
    energy_institute,
    global_energy_monitor,
    opec,
    our_world_in_data,
)
from ledger.core.sources import registry
from ledger.upkeep import download, manual_files

pytestmark = needs_upstream
PAIR, OTHER = ("RUS", "IRN"), ("RUS", "TUR")


def fetched(name, server, folder, pair=PAIR):
    return download.download(point(name, server), pair, folder, say=lambda *_: None)


def same(ours, theirs):
    """The same rows in any order."""
    keys = [column for column in theirs.columns if theirs[column].notna().all()]
    ours, theirs = (frame.sort_values(keys, ignore_index=True) for frame in (ours, theirs))
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, check_exact=True)


def save(path, sheets):
    """Write a workbook of {sheet: rows}."""
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def pack(header, rows, end="\n", mark=""):
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows([header, *rows])
    return (mark + out.getvalue()).encode()


@pytest.fixture(autouse=True)
def read_once(monkeypatch):
    """A workbook of the Energy Institute is large: what one test reads twice is opened once."""
    monkeypatch.setattr(energy_institute, "_workbook", functools.cache(energy_institute._workbook))


def asked(server):
    return [(request.path, dict(request.args)) for request, _ in server.log]


# --- Energy Institute -----------------------------------------------------------------------------

UNREVISED = [  # sheet, first and last year in which the editions of 2024 and 2026 agree
    ("Oil Production - barrels", 1965, 1999),
    ("Gas Production - Bcm", 1970, 1975),
    ("Gas Production - Bcm", 1991, 1997),
    ("Gas Consumption - Bcm", 1965, 1978),
    ("Gas Consumption - Bcm", 1991, 1999),
    ("Gas - Proved reserves history", 1980, 2020),
    ("Oil - Proved reserves history", 1980, 2020),
]
LATER = {"CYP", "ISL", "LKA"}  # countries with a row in 2024 and none in 2026
FILE = "EI-Stats-Review-All-Data.xlsx"


@pytest.fixture(scope="module")
def edition_2024():
    """The sheets in use of the true workbook of 2024, as rows."""
    book = openpyxl.load_workbook(
        UPSTREAM / "energy-institute-2024" / FILE, read_only=True, data_only=True
    )
    sheets = [
        "Contents",
        "Oil Production - barrels",
        "Gas Production - Bcm",
        "Gas Consumption - Bcm",
        "Gas - Proved reserves history ",
        "Oil - Proved reserves history",
        "Gas - Trade movements",
        "Gas - LNG exports bcm",
        "Gas trade - LNG",
        "Gas trade - pipeline",
    ]
    return {
        name: [
            list(row)
            for row in book[name].iter_rows(values_only=True)
            if any(cell is not None for cell in row) or name != "Contents"
        ]
        for name in sheets
    }


@pytest.fixture(scope="module")
def taken_2024(tmp_path_factory):
    """The true workbook of 2024 as a person gives it, under the name the site gave it, and the copy
    of 2026.
    """
    given, store = (
        tmp_path_factory.mktemp("given") / "EI-Stats-Review-ALL-data.xlsx",
        tmp_path_factory.mktemp("store"),
    )
    shutil.copy(UPSTREAM / "energy-institute-2024" / FILE, given)
    assert manual_files.import_files(registry.sources()["energy-institute"], [given], store) == [
        given
    ]
    return energy_institute._review(store), energy_institute._review(UPSTREAM)


def test_the_workbook_of_the_energy_institute_gives_what_its_copy_does(taken_2024):
    workbook, copy = taken_2024
    assert (workbook.edition, copy.edition) == (2024, 2026)
    for sheet, first, last in UNREVISED:
        ours, theirs = (
            {
                key: value
                for key, value in energy_institute._series(review, sheet, 0).items()
                if first <= key[1] <= last and key[0] not in LATER
            }
            for review in (workbook, copy)
        )
        assert ours == theirs and len(ours) > 200, sheet
    names = [
        [row["name"] for row in review.sheets["Oil - Proved reserves history"]["entities"]]
        for review in (workbook, copy)
    ]
    assert names[0] == names[1]  # totals and groups alike, and no footnote


def test_the_workbook_is_downloaded_where_the_site_lets_programs_in(server, tmp_path):
    body = (UPSTREAM / "energy-institute-2024" / energy_institute.WORKBOOK).read_bytes()
    server.expect_request("/").respond_with_data(body)
    assert (
        fetched("energy-institute", server, tmp_path)
        == "2024 edition, the institution's own workbook"
    )
    assert (tmp_path / "energy-institute" / energy_institute.WORKBOOK).read_bytes() == body
    server.clear()
    server.expect_request("/").respond_with_data("<!DOCTYPE html><title>Just a moment...</title>")
    with pytest.raises(
        registry.FetchError,
        match="source energy-institute, https://localhost.*: the answer is a web page",
    ):
        download.download(
            point("energy-institute", server), PAIR, tmp_path, say=lambda *_: None, force=True
        )


def test_the_workbooks_edition_and_year_are_its_own(taken_2024, monkeypatch, tmp_path):
    workbook, _ = taken_2024
    (tmp_path / "energy-institute").mkdir()
    (tmp_path / "energy-institute" / FILE).touch()
    monkeypatch.setattr(energy_institute, "_workbook", lambda _: workbook)  # read above
    ours = energy_institute.exports(tmp_path, PAIR)
    assert set(ours["edition"]) == {2024} and ours["year"].max() == 2023
    closed = energy_institute.exports_2024(UPSTREAM, PAIR)
    both = ours.merge(closed, on=["country", "year", "fuel", "destination", "part_of"], how="right")
    assert len(closed) == 36 and both["value_x"].to_numpy() == pytest.approx(
        both["value_y"].to_numpy(), abs=5e-4
    )  # series are rounded
    assert energy_institute.production(tmp_path, PAIR)["year"].max() == 2023
    assert energy_institute.exports_2024(UPSTREAM, ("TUR", "FIN")).empty


@pytest.fixture(scope="module")
def edition_2026():
    """The copy of 2026 turned back into sheets as the institution lays them out."""
    copy = json.loads(
        (UPSTREAM / "energy-institute-2026" / "ei_data.json").read_text(encoding="utf-8")
    )["sheets"]
    regions = iter(
        [
            "US",
            "Other North America",
            "Brazil",
            "Other S&C America",
            "Europe",
            "Russian Federation",
            "Other CIS",
            "Middle East",
            "Africa",
            "China",
            "India",
            "OECD Asia",
            "Other Asia",
            "World",
        ]
    )
    sheets = {}
    for name in [
        "Oil Production - barrels",
        "Gas Production - Bcm",
        "Gas Consumption - Bcm",
        "Gas - Proved reserves history",
        "Oil - Proved reserves history",
        "Gas - Trade movements",
        "Gas - LNG exports bcm",
    ]:
        sheet = copy[name]
        last = sheet["years"][-1]
        rows = [
            [sheet["title"]],
            [],
            [sheet["unit"], *sheet["years"], last, f"{last - 11}-{last - 2000 - 1}", last],
            [],
        ]
        begins = name == "Gas - Trade movements"
        for entity in sheet["entities"]:
            rows += [[next(regions)]] if begins else []
            mark = {"European Union": " #", "LNG exports": "*"}.get(entity["name"], " ")
            rows.append(
                [
                    f"   {entity['name']}{mark}",
                    *["n/a" if value is None else value for value in entity["values"]],
                    "-",
                    0.1,
                    0.2,
                ]
            )
            begins = name == "Gas - Trade movements" and entity["name"] == "Total exports"
        sheets[name + (" " if "Gas - Proved" in name else "")] = [
            *rows,
            [],
            *([note] for note in sheet["notes"]),
        ]
    for name in ["Contents", "Gas trade 2025 - LNG", "Gas trade 2025 - pipeline"]:
        sheets[name] = [
            [
                float(cell) if cell[:1].isdigit() and "Energy" not in cell else cell or None
                for cell in row
            ]
            for row in copy[name]["grid"]
        ]
    return sheets


def test_the_edition_of_2026_as_a_workbook_gives_the_same_rows(edition_2026, tmp_path):
    save(tmp_path / "energy-institute" / FILE, edition_2026)
    for pair in (PAIR, OTHER):
        for connector in (
            energy_institute.production,
            energy_institute.reserves,
            energy_institute.exports,
        ):
            same(connector(tmp_path, pair), connector(UPSTREAM, pair))


def test_a_further_year_of_the_energy_institute_is_read(edition_2026, tmp_path):
    sheets = dict(edition_2026)
    sheets["Contents"] = [["2027 Energy Institute Statistical Review of World Energy"]]
    name = "Gas Production - Bcm"
    last = sheets[name][2].index(2025)
    sheets[name] = [
        row
        if len(row) <= last
        else [*row[: last + 1], 2026 if row is sheets[name][2] else row[last], *row[last + 1 :]]
        for row in sheets[name]
    ]
    save(tmp_path / "energy-institute" / FILE, sheets)
    rows = energy_institute.production(tmp_path, PAIR)
    assert rows[(rows["fuel"] == "gas") & (rows["measure"] == "production")]["year"].max() == 2026
    assert set(energy_institute.exports(tmp_path, PAIR)["edition"]) == {2027}


def replaced(sheets, name, before, after):
    """The sheets with one cell of sheet `name` changed."""
    number, place = next(
        (i, j) for i, row in enumerate(sheets[name]) for j, cell in enumerate(row) if cell == before
    )
    rows = [list(row) for row in sheets[name]]
    rows[number][place] = after
    return {**sheets, name: rows}


@pytest.mark.parametrize(
    ("sheet", "before", "after", "said"),
    [
        (
            "Contents",
            "2024 Energy Institute Statistical Review of World Energy",
            "2024 bp Review",
            "Contents: expected the title .* found '2024 bp Review'",
        ),
        (
            "Oil Production - barrels",
            "Thousand barrels daily",
            "Million tonnes",
            "Oil Production - barrels: expected a time series in 'Thousand barrels daily', found "
            "'Million tonnes'",
        ),
        (
            "Oil Production - barrels",
            "Guyana",
            "Atlantis",
            "Oil Production - barrels: unknown country 'Atlantis'",
        ),
        (
            "Oil Production - barrels",
            1999,
            1899,
            "Oil Production - barrels: expected a header of consecutive years, found .*2000",
        ),
        (
            "Gas Production - Bcm",
            54.01627500000001,
            "54,016",
            r"Gas Production - Bcm, row 5 \(Canada\), 1970: '54,016' is no number",
        ),
        (
            "Gas - Trade movements",
            "Europe",
            "Africa",
            "Gas - Trade movements: 'Pipeline imports' stands under 'Africa', expected 'Europe'",
        ),
        (
            "Gas - Trade movements",
            "Billion cubic metres",
            "Billion cubic feet",
            "Gas - Trade movements: expected billion cubic metres",
        ),
        (
            "Gas trade - pipeline",
            "Billion cubic metres",
            "Billion cubic feet",
            "Gas trade - pipeline: expected the unit 'Billion cubic metres'",
        ),
        (
            "Gas trade - LNG",
            "Argentina",
            "Atlantis",
            "Gas trade - LNG, row 9: unknown destination 'Atlantis'",
        ),
        (
            "Gas trade - LNG",
            "Natural Gas: Trade movements 2023 as liquefied natural gas* ",
            "Gas",
            "Gas trade - LNG: expected a title",
        ),
        ("Gas trade - LNG", "To ", "From", "Gas trade - LNG: no header row"),
    ],
)
def test_faults_of_the_energy_institutes_workbook_are_named(
    edition_2024, tmp_path, sheet, before, after, said
):
    save(tmp_path / "energy-institute" / FILE, replaced(edition_2024, sheet, before, after))
    with pytest.raises(ValueError, match=f"^{FILE}, {said}"):
        for connector in (energy_institute.production, energy_institute.exports):
            connector(tmp_path, PAIR)


def test_sheets_of_the_energy_institute_missing_or_twice(edition_2024, tmp_path):
    less = {name: rows for name, rows in edition_2024.items() if name != "Gas trade - LNG"}
    save(tmp_path / "energy-institute" / FILE, less)
    with pytest.raises(ValueError, match="expected one sheet 'Gas trade - LNG', found .. among"):
        energy_institute.production(tmp_path, PAIR)
    save(tmp_path / "energy-institute" / FILE, {**edition_2024, "Gas trade 2023 - LNG": [["x"]]})
    with pytest.raises(
        ValueError,
        match="expected one sheet 'Gas trade - LNG', found .'Gas trade - LNG', 'Gas trade 2023 - "
        "LNG'. among",
    ):
        energy_institute.production(tmp_path, PAIR)
    with pytest.raises(FileNotFoundError, match=f"neither energy-institute/{FILE}"):
        energy_institute.production(tmp_path / "nothing", PAIR)


def test_an_edition_in_the_place_of_2024_is_refused(edition_2026, tmp_path):
    save(tmp_path / "energy-institute-2024" / FILE, edition_2026)
    with pytest.raises(ValueError, match="expected the 2024 edition, found that of 2026"):
        energy_institute.exports_2024(tmp_path, PAIR)


def test_a_web_page_given_as_the_workbook_is_refused(tmp_path):
    page = tmp_path / FILE
    page.write_text("<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>")
    with pytest.raises(
        registry.FetchError,
        match="energy-institute, .*web page, not xlsx, titled 'Just a moment...'",
    ):
        manual_files.import_files(
            registry.sources()["energy-institute"], [page], tmp_path / "store"
        )


def test_the_energy_institute_for_another_pair():
    copy = json.loads(
        (UPSTREAM / "energy-institute-2026" / "ei_data.json").read_text(encoding="utf-8")
    )["sheets"]
    grid = copy["Gas trade 2025 - LNG"]["grid"]
    column = grid[3].index("Federation")
    to_turkey = float(next(row[column] for row in grid if row[0] == "Turkey"))
    rows = energy_institute.exports(UPSTREAM, OTHER)
    assert set(rows["country"]) == {"RUS"}  # Türkiye exports no gas of its own there
    given = rows[(rows["fuel"] == "LNG") & (rows["destination"] == "TUR")]["value"]
    assert given.tolist() == ([round(to_turkey, 6)] if to_turkey else [])
    consumption = (
        energy_institute.production(UPSTREAM, OTHER)
        .query("measure == 'consumption' and country == 'TUR'")
        .set_index("year")["value"]
    )
    sheet = copy["Gas Consumption - Bcm"]
    values = dict(
        zip(
            sheet["years"],
            next(row["values"] for row in sheet["entities"] if row["name"] == "Türkiye"),
            strict=True,
        )
    )
    assert (
        consumption[1990] == values[1990]
        and consumption[2025] == values[2025]
        and len(consumption) == 36
    )
    nothing = energy_institute.exports(UPSTREAM, ("TUR", "FIN"))
    assert nothing.empty and list(nothing.columns) == opec.EXPORTS


# --- OPEC -----------------------------------------------------------------------------------------

GAS, OIL = (
    "Table 9.1: World proven natural gas reserves by country (bn standard cu m)",
    "Table 3.1: World proven crude oil reserves by country (m b)",
)


@pytest.fixture(scope="module")
def bulletin():
    """{T91.xlsx: rows, T31.xlsx: rows} of the ASB 2024 with the title rows and the notes that the
    institution gives them.
    """
    tables = {}
    for name, copy, section, title in [
        ("T91.xlsx", "gas", "Section 9 — Natural gas data", GAS),
        ("T31.xlsx", "oil", "Section 3 — Oil data: upstream", OIL),
    ]:
        book = openpyxl.load_workbook(
            UPSTREAM / "opec-asb-reserves" / f"raw_proven_reserves_{copy}.xlsx", read_only=True
        )
        rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
        tables[name] = [
            [section],
            [title],
            *rows,
            ["Notes:"],
            ["Figures as at year-end."],
            ["© 2024 Organization of the Petroleum Exporting Countries"],
        ]
    return tables


def lay(folder, bulletin, **more):
    for name, rows in bulletin.items():
        save(
            folder / "opec-asb" / name,
            {"Table 9.1" if name == "T91.xlsx" else "Table 3.1": rows}
            | (more if name == "T91.xlsx" else {}),
        )


def test_opecs_tables_give_what_their_copies_do(bulletin, tmp_path):
    lay(tmp_path, bulletin)
    for pair in (PAIR, OTHER):
        same(opec.reserves(tmp_path, pair), opec.reserves(UPSTREAM, pair))
    assert opec.reserves(tmp_path, PAIR)["year"].max() == 2023
    assert not {"TUR"} & set(opec.reserves(tmp_path, OTHER)["country"])  # no row in OPEC's tables
    none = opec.exports(UPSTREAM, ("TUR", "FIN"))
    assert set(none["country"]) == {"SAU", "QAT", "WLD"} and list(none.columns) == opec.EXPORTS


def test_opecs_figures_recomputed_from_its_files():
    for folder, file, skip, connector, source in [
        ("opec-asb-2023", "T91.xlsx", 2, opec.reserves_2023, "OPEC ASB 2023"),
        ("opec-asb-reserves", "raw_proven_reserves_gas.xlsx", 0, opec.reserves, "OPEC"),
    ]:
        table = pd.read_excel(UPSTREAM / folder / file, skiprows=skip, index_col=0)
        rows = (
            connector(UPSTREAM, OTHER).query("fuel == 'gas' and country == 'RUS'").set_index("year")
        )
        assert set(rows["source"]) == {source}
        for year in (2010, 2022):
            assert rows.loc[year, "value"] == round(float(table.loc["Russia", year]), 6)


def test_a_further_year_of_opec_is_read(bulletin, tmp_path):
    rows = [list(row) for row in bulletin["T91.xlsx"]]
    place = rows[2].index(2023) + 1
    for row in rows[2:-3]:
        row[place:] = [
            row[place - 1] + 1 if isinstance(row[place - 1], (int, float)) else row[place - 1]
        ]
    lay(tmp_path, {**bulletin, "T91.xlsx": rows})
    assert opec.reserves(tmp_path, PAIR).query("fuel == 'gas'")["year"].max() == 2024


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            GAS,
            GAS.replace("bn standard cu m", "bn standard cu ft"),
            "T91.xlsx, sheet Table 9.1: expected the title .*cu m.*found .*cu ft",
        ),
        ("Qatar", "Atlantis", "T91.xlsx: unknown country 'Atlantis'"),
        (8304, "8 304,5", None),
        (1961, 1962, "T91.xlsx: expected a header of consecutive years"),
    ],
)
def test_faults_of_opecs_tables_are_named(bulletin, tmp_path, before, after, said):
    rows = replaced(bulletin, "T91.xlsx", before, after)
    if said is None:  # a figure of a country as text
        rows, said = (
            replaced(bulletin, "T91.xlsx", 660, "660,5"),
            "T91.xlsx, row 'Canada', 1960: '660,5' is no number",
        )
    lay(tmp_path, rows)
    with pytest.raises(ValueError, match=said):
        opec.reserves(tmp_path, PAIR)


def test_opecs_files_with_an_extra_sheet_or_missing(bulletin, tmp_path):
    lay(tmp_path, bulletin, Notes=[["x"]])
    with pytest.raises(
        ValueError, match="T91.xlsx: expected one sheet, found .'Table 9.1', 'Notes'."
    ):
        opec.reserves(tmp_path, PAIR)
    (tmp_path / "opec-asb" / "T91.xlsx").unlink()
    with pytest.raises(FileNotFoundError, match="T91.xlsx"):
        opec.reserves(tmp_path, PAIR)


# --- Our World in Data ----------------------------------------------------------------------------

OWID = UPSTREAM / "owid-energy" / "owid-energy-data.subset.csv"


@pytest.fixture(scope="module")
def energy():
    """(header, rows) of the energy file with other countries and groups round the five of the copy,
    sorted by name as it is.
    """
    with OWID.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    for name, code in [
        ("ASEAN (Ember)", ""),
        ("Turkey", "TUR"),
        ("Namibia", "NAM"),
        ("Low-income countries", ""),
    ]:
        rows += [[name, row[1], code, *row[3:]] for row in rows if row[0] == "Iran"]
    return header, sorted(rows, key=lambda row: (row[0], int(row[1])))


def serve_energy(server, header, rows, **more):
    server.expect_request("/owid-energy-data.csv").respond_with_data(
        pack(header, rows, **more), content_type="text/csv"
    )


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("world", ["", "OWID_WRL"])
def test_the_whole_energy_file_gives_what_the_copy_does(server, energy, tmp_path, mark, world):
    header, rows = energy
    serve_energy(
        server,
        header,
        [[*row[:2], world if row[0] == "World" else row[2], *row[3:]] for row in rows],
        mark=mark,
    )
    assert fetched("owid-energy", server, tmp_path).endswith("oil and gas to 2024")
    assert asked(server) == [("/owid-energy-data.csv", {})]
    for connector in (our_world_in_data.energy_production, our_world_in_data.electricity_mix):
        same(connector(tmp_path, PAIR), connector(UPSTREAM, PAIR))
    turkey = our_world_in_data.energy_production(tmp_path, OTHER)
    assert set(turkey["country"]) == {"RUS", "TUR", "QAT", "SAU", "WLD"}  # and no Iran


def test_the_energy_file_for_another_pair():
    rows = our_world_in_data.electricity_mix(UPSTREAM, OTHER)
    table = pd.read_csv(OWID)
    russia = table[(table["iso_code"] == "RUS") & (table["year"] == 2023)].iloc[0]
    gas = rows.query("country == 'RUS' and year == 2023 and source_of_power == 'gas'").iloc[0]
    assert (gas["generation_twh"], gas["share_percent"]) == (
        russia["gas_electricity"],
        russia["gas_share_elec"],
    )
    assert set(rows["country"]) == {
        "RUS",
        "QAT",
        "SAU",
        "WLD",
    }  # the copy has neither Türkiye nor a need of Iran


def test_faults_of_the_energy_file_are_named(server, energy, tmp_path):
    header, rows = energy
    serve_energy(server, [name.replace("gas_production", "gas_output") for name in header], rows)
    fetched("owid-energy", server, tmp_path)
    with pytest.raises(
        ValueError, match="owid-energy-data.csv: it has no column .'gas_production'."
    ):
        our_world_in_data.energy_production(tmp_path, PAIR)
    place = header.index("gas_electricity")
    comma = [[*row[:place], row[place].replace(".", ","), *row[place + 1 :]] for row in rows]
    (tmp_path / "owid-energy" / "owid-energy-data.csv").write_bytes(pack(header, comma))
    with pytest.raises(
        ValueError,
        match=r"owid-energy-data.csv, row \d+, column gas_electricity: '\d+,\d+' is no number",
    ):
        our_world_in_data.electricity_mix(tmp_path, PAIR)


def test_an_energy_file_that_is_cut_off_at_a_line_is_refused(server, energy, tmp_path):
    header, rows = energy
    server.expect_oneshot_request("/owid-energy-data.csv").respond_with_data(
        pack(header, [row for row in rows if row[0] < "Turkey"]), content_type="text/csv"
    )
    with pytest.raises(
        registry.FetchError,
        match="source owid-energy, https://.*/owid-energy-data.csv: owid-energy-data.csv: no rows "
        "of .'WLD'.",
    ):
        fetched("owid-energy", server, tmp_path)
    assert not (tmp_path / "owid-energy").exists()
    serve_energy(server, header, rows)
    fetched("owid-energy", server, tmp_path)  # asks anew
    same(
        our_world_in_data.electricity_mix(tmp_path, PAIR),
        our_world_in_data.electricity_mix(UPSTREAM, PAIR),
    )


LONG = "Deaths in ongoing conflicts (best estimate) - Conflict type: all"
DEATHS = our_world_in_data.DEATHS


@pytest.fixture(scope="module")
def deaths():
    """The rows of the deaths file with the codes that a chart's download has."""
    with (UPSTREAM / "owid-ucdp-deaths" / DEATHS).open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return [
        [
            place,
            {"Syria": "SYR", "Zimbabwe": "ZWE", "World": "OWID_WRL"}.get(place, ""),
            year,
            number,
        ]
        for place, year, number in rows
    ]


@pytest.mark.parametrize(
    "header",
    [
        ["Entity", "Code", "Year", LONG],
        ["entity", "code", "year", "number_deaths_ongoing_conflicts__conflict_type_all"],
        ["Entity", "Code", "Year", "Deaths"],
    ],
)
def test_the_charts_download_gives_what_the_copy_does(server, deaths, tmp_path, header):
    server.expect_request(f"/{DEATHS}").respond_with_data(
        pack(header, deaths, mark="\ufeff"), content_type="text/csv"
    )
    assert fetched("owid-ucdp-deaths", server, tmp_path).endswith("years to 2023")
    assert asked(server) == [
        (f"/{DEATHS}", {"v": "1", "csvType": "full", "useColumnShortNames": "false"})
    ]
    same(
        our_world_in_data.syria_conflict(tmp_path, PAIR),
        our_world_in_data.syria_conflict(UPSTREAM, PAIR),
    )


def test_bounds_of_an_estimate_are_not_read_for_it(server, deaths, tmp_path):
    header = [
        "Entity",
        "Code",
        "Year",
        LONG.replace("best", "high"),
        LONG,
        LONG.replace("best", "low"),
    ]
    server.expect_request(f"/{DEATHS}").respond_with_data(
        pack(header, [[*row[:3], 10**6, row[3], 0] for row in deaths]), content_type="text/csv"
    )
    fetched("owid-ucdp-deaths", server, tmp_path)
    same(
        our_world_in_data.syria_conflict(tmp_path, PAIR),
        our_world_in_data.syria_conflict(UPSTREAM, PAIR),
    )


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            ["Entity", "Code", "Year", LONG.replace("all", "interstate")],
            "expected Entity, Code, Year and one column of deaths of all conflict types",
        ),
        (
            ["Entity", "Code", "Year", LONG.replace("Deaths in", "Number of")],
            "expected Entity, Code, Year and one column of deaths",
        ),
        (["Entity", "Code", "Day", LONG], "expected Entity, Code, Year"),
        (
            ["Entity", "Code", "Year", LONG.replace("best", "high")],
            "expected Entity, Code, Year and one column of deaths",
        ),
    ],
)
def test_another_column_of_deaths_is_refused(server, deaths, tmp_path, header, said):
    server.expect_request(f"/{DEATHS}").respond_with_data(
        pack(header, deaths), content_type="text/csv"
    )
    with pytest.raises(
        registry.FetchError, match=f"^source owid-ucdp-deaths, https://.*: {DEATHS}: {said}"
    ):
        fetched("owid-ucdp-deaths", server, tmp_path)


def test_a_chart_that_is_gone_or_has_no_syria(server, deaths, tmp_path):
    server.expect_oneshot_request(f"/{DEATHS}").respond_with_data(
        '{"error": "Not found"}', status=404, content_type="application/json"
    )
    with pytest.raises(registry.FetchError, match=f"owid-ucdp-deaths, https://.*/{DEATHS}.*404"):
        fetched("owid-ucdp-deaths", server, tmp_path)
    server.expect_request(f"/{DEATHS}").respond_with_data(
        pack(["Entity", "Code", "Year", LONG], [row for row in deaths if row[0] != "Syria"]),
        content_type="text/csv",
    )
    with pytest.raises(registry.FetchError, match="no rows for Syria"):
        fetched("owid-ucdp-deaths", server, tmp_path)


# --- EIA ------------------------------------------------------------------------------------------


def serve_prices(server, change=lambda text: text):
    for name in ("brent-year.csv", "brent-monthly.csv"):
        text = (UPSTREAM / "eia-brent" / name).read_bytes().decode()
        server.expect_request(f"/{name}").respond_with_data(
            change(text).encode(), content_type="text/plain; charset=utf-8"
        )


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_price_of_brent_gives_what_the_copy_does(server, tmp_path, mark):
    serve_prices(server, lambda text: mark + text)
    assert fetched("eia-brent", server, tmp_path) == "series RBRTE, months to 2026-07"
    assert asked(server) == [("/brent-year.csv", {}), ("/brent-monthly.csv", {})]
    same(eia.brent(tmp_path, PAIR), eia.brent(UPSTREAM, OTHER))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text.replace("Price", "Value", 1),
            "brent-year.csv: it has no column .'Price'.",
        ),
        (
            lambda text: text.replace(",18.53", ',"18,53"'),
            "brent-year.csv, row 2, column Price: '18,53' is no number",
        ),
        (
            lambda text: text.replace("1987-06-30", "06/30/1987"),
            "brent-year.csv, row 2, column Date: '06/30/1987' is no date",
        ),
        (lambda text: text.splitlines()[0] + "\r\n", "brent-(year|monthly).csv: it has no rows"),
    ],
)
def test_faults_of_the_price_are_named(server, tmp_path, change, said):
    serve_prices(server, change)
    with pytest.raises(registry.FetchError, match="source eia-brent, https://.*: " + said):
        fetched("eia-brent", server, tmp_path)


REPORT = (
    next((UPSTREAM / "eia-crude-exports").glob("INT-Export*.csv"), None)
    if UPSTREAM.is_dir()
    else None
)


def give_report(folder, change):
    """Lay the report, changed, where it lies when a person has given it."""
    (folder / "eia-crude-exports").mkdir()
    (folder / "eia-crude-exports" / "INT-Export.csv").write_bytes(
        change(REPORT.read_bytes().decode()).encode()
    )
    return folder


def test_a_report_of_exports_is_taken_and_read(tmp_path):
    given = (
        tmp_path / "INT-Export-11-25-2026_10-00-00.csv"
    )  # as the data browser names it; its last line has no end
    shutil.copy(REPORT, given)
    assert manual_files.import_files(
        registry.sources()["eia-crude-exports"], [given], tmp_path
    ) == [given]
    same(eia.exports(tmp_path, PAIR), eia.exports(UPSTREAM, PAIR))


def further(text):
    """A later report with one more year, the same in value as the one before."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    more = [
        line + "," + line.rsplit(",", 1)[1].replace("2016", "2017")
        if line.startswith('"')
        else line
        for line in lines
    ]
    return "\n".join(more).replace("08-08-2020", "11-25-2026")


def test_a_later_report_has_its_own_years_and_edition(tmp_path):
    rows = eia.exports(give_report(tmp_path, further), PAIR)
    assert set(rows["edition"]) == {2026} and rows["year"].max() == 2017
    values = rows.query("country == 'IRN'").set_index("year")["value"]
    assert values[2017] == values[2016] == pytest.approx(1896.8, abs=0.05)


def test_a_report_of_exports_for_another_pair():
    table = pd.read_csv(REPORT, skiprows=1, index_col=0, na_values="--")
    ours = eia.exports(UPSTREAM, OTHER).query("country == 'TUR'").set_index("year")["value"]
    theirs = table.loc["INTL.57-4-TUR-TBPD.A"]
    for year in (1989, 2010, 2016):
        assert ours[year] == round(float(theirs[str(year)]), 6)
    assert set(eia.exports(UPSTREAM, ("XKX", "ZZZ"))["country"]) == {"SAU", "WLD"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "exports (Mb/d)",
            "exports (TJ)",
            r"expected crude oil exports \(Mb/d\), found 'crude oil including lease condensate exports \(TJ\)'",
        ),
        ('"1981"', '"1982"', "expected the header API, .empty., and consecutive years from 1980"),
        ("INTL.57-4-SAU-TBPD.A", "INTL.57-4-SAU-MT.A", "no series INTL.57-4-SAU-TBPD.A"),
        ("Report generated on", "Generated", "expected 'Report generated on: '"),
    ],
)
def test_faults_of_a_report_are_named(tmp_path, before, after, said):
    store = give_report(tmp_path, lambda text: text.replace(before, after))
    with pytest.raises(ValueError, match="^INT-Export.csv: " + said):
        eia.exports(store, PAIR)


def test_a_comma_in_a_report_is_no_decimal_point(tmp_path):
    lines = REPORT.read_bytes().decode().splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if "INTL.57-4-IRN-TBPD.A" in line)
    lines[place] = (
        lines[place].replace(".", ",").replace("INTL,57-4-IRN-TBPD,A", "INTL.57-4-IRN-TBPD.A")
    )
    with pytest.raises(
        ValueError,
        match=r"INT-Export.csv, series INTL.57-4-IRN-TBPD.A, \d+: '\d+,\d+' is no number",
    ):
        eia.exports(give_report(tmp_path, lambda _: "".join(lines)), PAIR)
    with pytest.raises(FileNotFoundError, match="eia-crude-exports: 0 files"):
        eia.exports(tmp_path / "nothing", PAIR)


# --- Global Energy Monitor ------------------------------------------------------------------------

TRACKER = UPSTREAM / "gem-ggit" / "ggit_2024-10-08.xlsx"


def entry(server, name):
    folder = "trackers/ggit/compilation_output"
    return {
        "name": name,
        "path": f"{folder}/{name}",
        "sha": "0" * 40,
        "size": 1,
        "type": "file",
        "download_url": server.url_for(f"/raw/{folder}/{name}"),
    }


def serve_tracker(
    server,
    names=(
        "LNG Terminals-map-file-2024-10-06.csv",
        "ggit_2023-12-01.xlsx",
        "ggit_2024-10-08.xlsx",
        "ggit_old.xlsx",
    ),
    body=None,
):
    server.expect_request("/").respond_with_json([entry(server, name) for name in names])
    server.expect_request(
        "/raw/trackers/ggit/compilation_output/ggit_2024-10-08.xlsx"
    ).respond_with_data(TRACKER.read_bytes() if body is None else body)


@pytest.fixture(scope="module")
def pipelines():
    return global_energy_monitor.pipelines(UPSTREAM, PAIR)


def test_the_newest_tracker_of_the_folder_is_read(server, pipelines, tmp_path):
    serve_tracker(server)
    assert fetched("gem-ggit", server, tmp_path) == "compiled on 2024-10-08"
    assert [path for path, _ in asked(server)] == [
        "/",
        "/raw/trackers/ggit/compilation_output/ggit_2024-10-08.xlsx",
    ]
    same(global_energy_monitor.pipelines(tmp_path, PAIR), pipelines)


def test_a_pair_without_a_selection_has_no_pipelines():
    rows = global_energy_monitor.pipelines(UPSTREAM, OTHER)
    assert rows.empty and list(rows.columns) == global_energy_monitor.COLUMNS


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"message": "API rate limit exceeded", "documentation_url": "https://docs.github.com"},
            "the list of the folder is none: API rate limit exceeded",
        ),
        ([], r"no workbook ggit_\(date\).xlsx is among its 0 files"),
        (
            [{"name": f"ggit_{i}.xlsx", "download_url": ""} for i in range(1000)],
            "the list of the folder is cut off at 1,000 files",
        ),
    ],
)
def test_a_folder_without_the_tracker_is_refused(server, tmp_path, answer, said):
    server.expect_request("/").respond_with_json(answer)
    with pytest.raises(registry.FetchError, match=f"source gem-ggit, https://localhost:.*: {said}"):
        fetched("gem-ggit", server, tmp_path)


def test_a_refused_list_and_a_pointer_in_the_workbooks_place(server, tmp_path):
    server.expect_oneshot_request("/").respond_with_handler(
        lambda _: Response('{"message": "rate limit"}', status=403, content_type="application/json")
    )
    with pytest.raises(registry.FetchError, match="gem-ggit, https://.* 403"):
        fetched("gem-ggit", server, tmp_path)
    serve_tracker(
        server, body=b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1265545\n"
    )
    with pytest.raises(registry.FetchError, match="ggit_2024-10-08.xlsx: the archive is damaged"):
        fetched("gem-ggit", server, tmp_path)
    assert not (tmp_path / "gem-ggit").exists()


@pytest.fixture(scope="module")
def tracker():
    rows = [
        list(row)
        for row in openpyxl.load_workbook(TRACKER, read_only=True)
        .worksheets[0]
        .iter_rows(values_only=True)
    ]
    with global_energy_monitor.SELECTED.open(encoding="utf-8", newline="") as file:
        chosen = {row["project_id"] for row in csv.DictReader(file)}
    return [rows[0], *(row for row in rows if row[0] in chosen)]


def test_columns_of_the_tracker_may_stand_anywhere(tracker, pipelines, tmp_path):
    save(
        tmp_path / "gem-ggit" / "ggit.xlsx",
        {
            "About": [["Global Gas Infrastructure Tracker"]],
            "Pipelines": [row[::-1] for row in tracker],
        },
    )
    same(global_energy_monitor.pipelines(tmp_path, PAIR), pipelines)
    same(global_energy_monitor.pipelines(tmp_path, PAIR[::-1]), pipelines)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda rows: {"A": rows, "B": rows},
            "ggit.xlsx: expected one sheet with the columns .* found .'A', 'B'.",
        ),
        (
            lambda rows: {"A": [["x"]]},
            "ggit.xlsx: expected one sheet with the columns .* found ..;",
        ),
        (
            lambda rows: replaced({"A": rows}, "A", "capacity-table", "capacity-units"),
            "ggit.xlsx: expected one sheet with the columns",
        ),
        (
            lambda rows: {"A": [row for row in rows if row[0] != "P0748"]},
            "ggit.xlsx: no pipeline P0748",
        ),
        (
            lambda rows: {
                "A": [
                    [
                        cell.replace("bcm/y", "MMcf/d") if isinstance(cell, str) else cell
                        for cell in row
                    ]
                    for row in rows
                ]
            },
            "ggit.xlsx, P0748: capacity '10' is not '10.0 MMcf/d of gas'",
        ),
        (
            lambda rows: {
                "A": [
                    [
                        cell.replace("Iran", "Atlantis") if isinstance(cell, str) else cell
                        for cell in row
                    ]
                    for row in rows
                ]
            },
            "ggit.xlsx, P0748: unknown country 'Atlantis'",
        ),
        (lambda rows: {"A": [*rows, rows[1]]}, "ggit.xlsx, sheet A: two rows have the id"),
    ],
)
def test_faults_of_the_tracker_are_named(tracker, tmp_path, change, said):
    save(tmp_path / "gem-ggit" / "ggit.xlsx", change(tracker))
    with pytest.raises(ValueError, match=said):
        global_energy_monitor.pipelines(tmp_path, PAIR)


def test_a_missing_tracker_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="gem-ggit"):
        global_energy_monitor.pipelines(tmp_path, PAIR)


# --- Central Intelligence Agency ------------------------------------------------------------------

FACTBOOK = "cia_natural_gas_proved_reserves_by_edition_tcm.csv"


def test_the_factbook_for_another_pair():
    table = pd.read_csv(UPSTREAM / "cia-factbook" / FACTBOOK, index_col="name")
    rows = cia.reserves(UPSTREAM, OTHER).query("country == 'RUS'").set_index("year")["value"]
    assert rows[2025] == round(table.loc["Russia", "2025"] * 1000, 6) and rows[2010] == round(
        table.loc["Russia", "2010"] * 1000, 6
    )
    assert "TUR" not in set(cia.reserves(UPSTREAM, OTHER)["country"])  # no large holder


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("2025", "2026", f"{FACTBOOK}: it has no column .'2025'."),
        ("Russia,", "Russian Federation,", f"{FACTBOOK}: expected rows named .'Russia'."),
        (",0.04998,", ',"0,04998",', f"{FACTBOOK}, row 2, column 2003: '0,04998' is no number"),
    ],
)
def test_faults_of_the_factbook_are_named(tmp_path, before, after, said):
    (tmp_path / "cia-factbook").mkdir()
    (tmp_path / "cia-factbook" / FACTBOOK).write_text(
        (UPSTREAM / "cia-factbook" / FACTBOOK)
        .read_text(encoding="utf-8")
        .replace(before, after, 1),
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match=said):
        cia.reserves(tmp_path, PAIR)
