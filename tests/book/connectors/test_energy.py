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
    original,
    requests_of,
    same_rows,
    same_tables,
    save_workbook,
    text_of,
    write,
)
from institution import UPSTREAM, certificates, needs_upstream, running, server  # noqa: F401
from werkzeug import Response

from analysis.connectors import (
    cia,
    eia,
    energy_institute,
    global_energy_monitor,
    opec,
    our_world_in_data,
)
from ledger.core.sources import registry

pytestmark = needs_upstream


@pytest.fixture(autouse=True)
def read_once(monkeypatch):
    """A workbook of the Energy Institute is large: what one test reads twice is opened once."""
    monkeypatch.setattr(energy_institute, "_workbook", functools.cache(energy_institute._workbook))


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
FILE = energy_institute.WORKBOOK
BOOK = f"energy-institute/{FILE}"
SNAPSHOT = "energy-institute-2026/ei_data.json"
CURRENT_TABLES = [
    energy_institute.production,
    energy_institute.reserves,
    energy_institute.exports,
]


def snapshot():
    return json.loads(text_of(SNAPSHOT))["sheets"]


@pytest.fixture(scope="module")
def edition_2024():
    """The sheets in use of the true workbook of 2024, as rows."""
    path = UPSTREAM / "energy-institute-2024" / FILE
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    names = [*energy_institute.SERIES, *energy_institute.GRIDS]
    sheets = {
        name: [list(row) for row in book[name].iter_rows(values_only=True)]
        for name in book.sheetnames
        if name.strip() in names
    }
    filled = [row for row in sheets["Contents"] if any(cell is not None for cell in row)]
    return sheets | {"Contents": filled}


@pytest.fixture(scope="module")
def taken_2024(tmp_path_factory):
    """The true workbook of 2024 as a person gives it, under the name the site gave it, and the copy
    of 2026.
    """
    given = tmp_path_factory.mktemp("given") / "EI-Stats-Review-ALL-data.xlsx"
    store = tmp_path_factory.mktemp("store")
    shutil.copy(UPSTREAM / "energy-institute-2024" / FILE, given)
    assert give("energy-institute", [given], store) == [given]
    return energy_institute._review(store), energy_institute._review(UPSTREAM)


def test_the_workbook_of_the_energy_institute_gives_what_its_copy_does(taken_2024):
    assert [review.edition for review in taken_2024] == [2024, 2026]
    for sheet, first, last in UNREVISED:
        workbook, copy = (
            {
                key: value
                for key, value in energy_institute._series(review, sheet, 0).items()
                if first <= key[1] <= last and key[0] not in LATER
            }
            for review in taken_2024
        )
        assert workbook == copy and len(copy) > 200, sheet
    names = [
        [row["name"] for row in review.sheets["Oil - Proved reserves history"]["entities"]]
        for review in taken_2024
    ]
    assert names[0] == names[1]  # totals and groups alike, and no footnote


def test_the_workbook_is_downloaded_where_the_site_lets_programs_in(server, tmp_path):
    body = original(f"energy-institute-2024/{FILE}")
    server.expect_request("/").respond_with_data(body)
    edition = "2024 edition, the institution's own workbook"
    assert fetch("energy-institute", server, tmp_path) == edition
    assert (tmp_path / BOOK).read_bytes() == body


def test_a_web_page_in_the_workbooks_place_is_refused(server, tmp_path):
    page = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
    server.expect_request("/").respond_with_data(page)
    fetch_fails("energy-institute", server, tmp_path, "the answer is a web page")
    given = tmp_path / FILE
    given.write_text(page)
    message = "energy-institute, .*web page, not xlsx, titled 'Just a moment...'"
    with pytest.raises(registry.FetchError, match=message):
        give("energy-institute", [given], tmp_path / "store")


def test_the_workbooks_edition_and_year_are_its_own(taken_2024, monkeypatch, tmp_path):
    write(tmp_path, BOOK, b"")
    monkeypatch.setattr(energy_institute, "_workbook", lambda _: taken_2024[0])  # read above
    current = energy_institute.exports(tmp_path, PAIR)
    assert set(current["edition"]) == {2024} and current["year"].max() == 2023
    closed = energy_institute.exports_2024(UPSTREAM, PAIR)
    key = ["country", "year", "fuel", "destination", "part_of"]
    both = current.merge(closed, on=key, how="right")
    expected = both["value_y"].to_numpy()
    assert len(closed) == 36
    assert both["value_x"].to_numpy() == pytest.approx(expected, abs=5e-4)  # series are rounded
    assert energy_institute.production(tmp_path, PAIR)["year"].max() == 2023
    assert of_upstream(energy_institute.exports_2024, ("TUR", "FIN")).empty


@pytest.fixture(scope="module")
def edition_2026():
    """The copy of 2026 turned back into sheets as the institution lays them out."""
    sheets = {}
    for name in energy_institute.SERIES:
        title = name + (" " if "Gas - Proved" in name else "")
        sheets[title] = list(_as_laid_out(snapshot()[name], name == "Gas - Trade movements"))
    for name in ["Contents", "Gas trade 2025 - LNG", "Gas trade 2025 - pipeline"]:
        sheets[name] = [
            [
                float(cell) if cell[:1].isdigit() and "Energy" not in cell else cell or None
                for cell in row
            ]
            for row in snapshot()[name]["grid"]
        ]
    return sheets


def _as_laid_out(sheet, has_regions):
    """Give the rows of a series, with headings of regions, footnote marks and what follows."""
    regions = iter([*energy_institute.REGIONS, "World"])
    last = sheet["years"][-1]
    yield [sheet["title"]]
    yield []
    yield [sheet["unit"], *sheet["years"], last, f"{last - 11}-{last - 2000 - 1}", last]
    yield []
    begins = has_regions
    for entity in sheet["entities"]:
        if begins:
            yield [next(regions)]
        mark = {"European Union": " #", "LNG exports": "*"}.get(entity["name"], " ")
        values = ["n/a" if value is None else value for value in entity["values"]]
        yield [f"   {entity['name']}{mark}", *values, "-", 0.1, 0.2]
        begins = has_regions and entity["name"] == "Total exports"
    yield []
    yield from ([note] for note in sheet["notes"])


def test_the_edition_of_2026_as_a_workbook_gives_the_same_rows(edition_2026, tmp_path):
    save_workbook(tmp_path / BOOK, edition_2026)
    same_tables(CURRENT_TABLES, tmp_path, PAIR, OTHER)


def test_a_further_year_of_the_energy_institute_is_read(edition_2026, tmp_path):
    sheets = dict(edition_2026)
    sheets["Contents"] = [["2027 Energy Institute Statistical Review of World Energy"]]
    rows = [list(row) for row in sheets["Gas Production - Bcm"]]
    last = rows[2].index(2025)
    for row in rows:
        if len(row) > last:
            row.insert(last + 1, 2026 if row is rows[2] else row[last])
    save_workbook(tmp_path / BOOK, sheets | {"Gas Production - Bcm": rows})
    gas = energy_institute.production(tmp_path, PAIR).query("fuel == 'gas'")
    assert gas[gas["measure"] == "production"]["year"].max() == 2026
    assert set(energy_institute.exports(tmp_path, PAIR)["edition"]) == {2027}


def test_sheets_of_the_energy_institute_missing_or_twice(edition_2024, tmp_path):
    less = {name: rows for name, rows in edition_2024.items() if name != "Gas trade - LNG"}
    save_workbook(tmp_path / BOOK, less)
    with pytest.raises(ValueError, match="the sheets .. are 'Gas trade - LNG'"):
        energy_institute.production(tmp_path, PAIR)
    save_workbook(tmp_path / BOOK, {**edition_2024, "Gas trade 2023 - LNG": [["x"]]})
    both = ".'Gas trade - LNG', 'Gas trade 2023 - LNG'. are 'Gas trade - LNG'"
    with pytest.raises(ValueError, match=f"the sheets {both}"):
        energy_institute.production(tmp_path, PAIR)
    with pytest.raises(FileNotFoundError, match=f"neither {BOOK}"):
        energy_institute.production(tmp_path / "nothing", PAIR)


def test_an_edition_in_the_place_of_2024_is_refused(edition_2026, tmp_path):
    save_workbook(tmp_path / "energy-institute-2024" / FILE, edition_2026)
    with pytest.raises(ValueError, match="the edition of 2026; expected the 2024 edition"):
        energy_institute.exports_2024(tmp_path, PAIR)


def test_the_energy_institute_for_another_pair():
    grid = snapshot()["Gas trade 2025 - LNG"]["grid"]
    column = grid[3].index("Federation")
    to_turkey = float(next(row[column] for row in grid if row[0] == "Turkey"))
    rows = of_upstream(energy_institute.exports, OTHER)
    assert set(rows["country"]) == {"RUS"}  # Türkiye exports no gas of its own there
    given = rows.query("fuel == 'LNG' and destination == 'TUR'")["value"]
    assert given.tolist() == ([round(to_turkey, 6)] if to_turkey else [])
    rows = of_upstream(energy_institute.production, OTHER)
    rows = rows.query("measure == 'consumption' and country == 'TUR'")
    sheet = snapshot()["Gas Consumption - Bcm"]
    values = next(row["values"] for row in sheet["entities"] if row["name"] == "Türkiye")
    expected = {year: v for year, v in zip(sheet["years"], values, strict=True) if year >= 1990}
    assert rows.set_index("year")["value"].to_dict() == expected and len(expected) == 36
    no_rows(energy_institute.exports, ("TUR", "FIN"))


# --- OPEC -----------------------------------------------------------------------------------------

GAS, OIL = opec.GAS_RESERVES, opec.OIL_RESERVES


@pytest.fixture(scope="module")
def bulletin():
    """{T91.xlsx: rows, T31.xlsx: rows} of the ASB 2024 with the title rows and the notes that the
    institution gives them.
    """
    notes = [
        ["Notes:"],
        ["Figures as at year-end."],
        ["© 2024 Organization of the Petroleum Exporting Countries"],
    ]
    tables = {}
    for name, fuel, section, title in [
        ("T91.xlsx", "gas", "Section 9 — Natural gas data", GAS),
        ("T31.xlsx", "oil", "Section 3 — Oil data: upstream", OIL),
    ]:
        path = UPSTREAM / "opec-asb-reserves" / f"raw_proven_reserves_{fuel}.xlsx"
        sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        tables[name] = [[section], [title], *rows, *notes]
    return tables


def save_bulletin(store, bulletin, **more):
    gas = {"Table 9.1": bulletin["T91.xlsx"]} | more
    save_workbook(store / "opec-asb" / "T91.xlsx", gas)
    save_workbook(store / "opec-asb" / "T31.xlsx", {"Table 3.1": bulletin["T31.xlsx"]})


def test_opecs_tables_give_what_their_copies_do(bulletin, tmp_path):
    save_bulletin(tmp_path, bulletin)
    same_tables([opec.reserves], tmp_path, PAIR, OTHER)
    assert opec.reserves(tmp_path, PAIR)["year"].max() == 2023
    assert not {"TUR"} & set(opec.reserves(tmp_path, OTHER)["country"])  # no row in OPEC's tables
    none = of_upstream(opec.exports, ("TUR", "FIN"))
    assert set(none["country"]) == {"SAU", "QAT", "WLD"} and list(none.columns) == opec.EXPORTS


def test_opecs_figures_recomputed_from_its_files():
    for file, skip, connector, source in [
        ("opec-asb-2023/T91.xlsx", 2, opec.reserves_2023, "OPEC ASB 2023"),
        ("opec-asb-reserves/raw_proven_reserves_gas.xlsx", 0, opec.reserves, "OPEC"),
    ]:
        table = pd.read_excel(UPSTREAM / file, skiprows=skip, index_col=0)
        rows = of_upstream(connector, OTHER).query("fuel == 'gas' and country == 'RUS'")
        assert set(rows["source"]) == {source}
        values = rows.set_index("year")["value"]
        for year in (2010, 2022):
            assert values[year] == round(float(table.loc["Russia", year]), 6)


def test_a_further_year_of_opec_is_read(bulletin, tmp_path):
    rows = [list(row) for row in bulletin["T91.xlsx"]]
    place = rows[2].index(2023) + 1
    for row in rows[2:-3]:
        last = row[place - 1]
        row[place:] = [last + 1 if row is rows[2] else last]
    save_bulletin(tmp_path, {**bulletin, "T91.xlsx": rows})
    assert opec.reserves(tmp_path, PAIR).query("fuel == 'gas'")["year"].max() == 2024


# --- Our World in Data: energy --------------------------------------------------------------------

OWID = "owid-energy/owid-energy-data.subset.csv"
ENERGY_TABLES = [our_world_in_data.energy_production, our_world_in_data.electricity_mix]


@pytest.fixture(scope="module")
def energy():
    """Header and rows of the energy file with other countries and groups round the five of the
    copy, sorted by name as it is.
    """
    header, *rows = csv.reader(io.StringIO(text_of(OWID), newline=""))
    others = [
        ("ASEAN (Ember)", ""),
        ("Turkey", "TUR"),
        ("Namibia", "NAM"),
        ("Low-income countries", ""),
    ]
    iran = [row for row in rows if row[0] == "Iran"]
    rows += [[name, row[1], code, *row[3:]] for name, code in others for row in iran]
    return [header, *sorted(rows, key=lambda row: (row[0], int(row[1])))]


def serve_csv(server, name, rows, mark=""):
    server.expect_request(f"/{name}").respond_with_data(
        csv_bytes(rows, mark), content_type="text/csv"
    )


@pytest.mark.parametrize("mark", ["", BOM])
@pytest.mark.parametrize("world", ["", "OWID_WRL"])
def test_the_whole_energy_file_gives_what_the_copy_does(server, energy, tmp_path, mark, world):
    rows = [[*row[:2], world if row[0] == "World" else row[2], *row[3:]] for row in energy]
    serve_csv(server, our_world_in_data.ENERGY, rows, mark)
    assert fetch("owid-energy", server, tmp_path).endswith("oil and gas to 2024")
    assert requests_of(server) == [("/owid-energy-data.csv", {})]
    same_tables(ENERGY_TABLES, tmp_path)
    turkey = our_world_in_data.energy_production(tmp_path, OTHER)
    assert set(turkey["country"]) == {"RUS", "TUR", "QAT", "SAU", "WLD"}  # and no Iran


def test_the_energy_file_for_another_pair():
    rows = of_upstream(our_world_in_data.electricity_mix, OTHER)
    table = pd.read_csv(UPSTREAM / OWID)
    russia = table[(table["iso_code"] == "RUS") & (table["year"] == 2023)].iloc[0]
    gas = rows.query("country == 'RUS' and year == 2023 and source_of_power == 'gas'").iloc[0]
    assert gas["generation_twh"] == russia["gas_electricity"]
    assert gas["share_percent"] == russia["gas_share_elec"]
    # the copy has neither Türkiye nor a need of Iran
    assert set(rows["country"]) == {"RUS", "QAT", "SAU", "WLD"}


def test_a_column_of_the_energy_file_that_has_gone_is_named(server, energy, tmp_path):
    header = [name.replace("gas_production", "gas_output") for name in energy[0]]
    serve_csv(server, our_world_in_data.ENERGY, [header, *energy[1:]])
    fetch("owid-energy", server, tmp_path)
    message = "owid-energy-data.csv: it has no column .'gas_production'."
    with pytest.raises(ValueError, match=message):
        our_world_in_data.energy_production(tmp_path, PAIR)


def test_an_energy_file_that_is_cut_off_at_a_line_is_refused(server, energy, tmp_path):
    cut = csv_bytes([energy[0], *(row for row in energy[1:] if row[0] < "Turkey")])
    name = our_world_in_data.ENERGY
    server.expect_oneshot_request(f"/{name}").respond_with_data(cut, content_type="text/csv")
    fetch_fails("owid-energy", server, tmp_path, f"/{name}: {name}: no rows of ['WLD']")
    serve_csv(server, name, energy)
    fetch("owid-energy", server, tmp_path)  # asks anew
    same_tables([our_world_in_data.electricity_mix], tmp_path)


# --- Our World in Data: deaths --------------------------------------------------------------------

LONG = "Deaths in ongoing conflicts (best estimate) - Conflict type: all"
DEATHS = our_world_in_data.DEATHS
FIRST = ["Entity", "Code", "Year"]


@pytest.fixture(scope="module")
def deaths():
    """The rows of the deaths file with the codes that a chart's download has."""
    codes = {"Syria": "SYR", "Zimbabwe": "ZWE", "World": "OWID_WRL"}
    _, *rows = csv.reader(io.StringIO(text_of(f"owid-ucdp-deaths/{DEATHS}"), newline=""))
    return [[place, codes.get(place, ""), year, number] for place, year, number in rows]


@pytest.mark.parametrize(
    "header",
    [
        [*FIRST, LONG],
        ["entity", "code", "year", "number_deaths_ongoing_conflicts__conflict_type_all"],
        [*FIRST, "Deaths"],
    ],
)
def test_the_charts_download_gives_what_the_copy_does(server, deaths, tmp_path, header):
    serve_csv(server, DEATHS, [header, *deaths], BOM)
    assert fetch("owid-ucdp-deaths", server, tmp_path).endswith("years to 2023")
    params = {"v": "1", "csvType": "full", "useColumnShortNames": "false"}
    assert requests_of(server) == [(f"/{DEATHS}", params)]
    same_tables([our_world_in_data.syria_conflict], tmp_path)


def test_bounds_of_an_estimate_are_not_read_for_it(server, deaths, tmp_path):
    header = [*FIRST, LONG.replace("best", "high"), LONG, LONG.replace("best", "low")]
    rows = [[*row[:3], 10**6, row[3], 0] for row in deaths]
    serve_csv(server, DEATHS, [header, *rows])
    fetch("owid-ucdp-deaths", server, tmp_path)
    same_tables([our_world_in_data.syria_conflict], tmp_path)


@pytest.mark.parametrize(
    "header",
    [
        [*FIRST, LONG.replace("all", "interstate")],
        [*FIRST, LONG.replace("Deaths in", "Number of")],
        ["Entity", "Code", "Day", LONG],
        [*FIRST, LONG.replace("best", "high")],
    ],
)
def test_another_column_of_deaths_is_refused(server, deaths, tmp_path, header):
    serve_csv(server, DEATHS, [header, *deaths])
    expected = "expected Entity, Code, Year and one column of deaths of all conflict types"
    fetch_fails("owid-ucdp-deaths", server, tmp_path, f"{DEATHS}: the header", expected)


def test_a_chart_that_is_gone_or_has_no_syria(server, deaths, tmp_path):
    server.expect_oneshot_request(f"/{DEATHS}").respond_with_data(
        '{"error": "Not found"}', status=404, content_type="application/json"
    )
    fetch_fails("owid-ucdp-deaths", server, tmp_path, DEATHS, "404")
    serve_csv(server, DEATHS, [[*FIRST, LONG], *(row for row in deaths if row[0] != "Syria")])
    fetch_fails("owid-ucdp-deaths", server, tmp_path, "no rows for Syria")


# --- EIA ------------------------------------------------------------------------------------------

PRICES = [name for _, name in eia.BRENT]
REPORT = "eia-crude-exports/INT-Export-08-08-2020_06-00-39.csv"


def serve_prices(server, change):
    for name in PRICES:
        server.expect_request(f"/{name}").respond_with_data(
            change(text_of(f"eia-brent/{name}")).encode(), content_type="text/plain; charset=utf-8"
        )


@pytest.mark.parametrize("mark", ["", BOM])
def test_the_price_of_brent_gives_what_the_copy_does(server, tmp_path, mark):
    serve_prices(server, lambda text: mark + text)
    assert fetch("eia-brent", server, tmp_path) == "series RBRTE, months to 2026-07"
    assert requests_of(server) == [(f"/{name}", {}) for name in PRICES]
    same_rows(eia.brent(tmp_path, PAIR), of_upstream(eia.brent, OTHER))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda text: text.replace("Price", "Value", 1),
            "brent-year.csv: it has no column ['Price']",
        ),
        (
            lambda text: text.replace(",18.53", ',"18,53"'),
            "brent-year.csv, row 2, column Price: '18,53' is no number",
        ),
        (
            lambda text: text.replace("1987-06-30", "06/30/1987"),
            "brent-year.csv, row 2, column Date: '06/30/1987' is no date",
        ),
        (lambda text: text.splitlines()[0] + "\r\n", "csv: it has no rows"),
    ],
)
def test_faults_of_the_price_are_named(server, tmp_path, change, message):
    serve_prices(server, change)
    fetch_fails("eia-brent", server, tmp_path, message)


def test_a_report_of_exports_is_taken_and_read(tmp_path):
    # as the data browser names it; its last line has no end
    given = tmp_path / "INT-Export-11-25-2026_10-00-00.csv"
    given.write_bytes(original(REPORT))
    assert give("eia-crude-exports", [given], tmp_path) == [given]
    same_tables([eia.exports], tmp_path)


def test_a_later_report_has_its_own_years_and_edition(tmp_path):
    lines = [line.rstrip("\r") for line in text_of(REPORT).split("\n")]
    for n, line in enumerate(lines):
        if line.startswith('"'):  # one more year, the same in value as the one before
            lines[n] = f"{line},{line.rsplit(',', 1)[1].replace('2016', '2017')}"
    report = "\n".join(lines).replace("08-08-2020", "11-25-2026")
    rows = eia.exports(write(tmp_path, "eia-crude-exports/INT-Export.csv", report), PAIR)
    assert set(rows["edition"]) == {2026} and rows["year"].max() == 2017
    values = rows.query("country == 'IRN'").set_index("year")["value"]
    assert values[2017] == values[2016] == pytest.approx(1896.8, abs=0.05)


def test_a_report_of_exports_for_another_pair():
    table = pd.read_csv(UPSTREAM / REPORT, skiprows=1, index_col=0, na_values="--")
    actual = of_upstream(eia.exports, OTHER).query("country == 'TUR'").set_index("year")["value"]
    for year in (1989, 2010, 2016):
        assert actual[year] == round(float(table.loc["INTL.57-4-TUR-TBPD.A", str(year)]), 6)
    assert set(eia.exports(UPSTREAM, ("XKX", "ZZZ"))["country"]) == {"SAU", "WLD"}


# --- Global Energy Monitor ------------------------------------------------------------------------

TRACKER = "gem-ggit/ggit_2024-10-08.xlsx"
FOLDER = "trackers/ggit/compilation_output"
NAMES = [
    "LNG Terminals-map-file-2024-10-06.csv",
    "ggit_2023-12-01.xlsx",
    "ggit_2024-10-08.xlsx",
    "ggit_old.xlsx",
]


def serve_tracker(server, body):
    entries = [
        {
            "name": name,
            "path": f"{FOLDER}/{name}",
            "sha": "0" * 40,
            "size": 1,
            "type": "file",
            "download_url": server.url_for(f"/raw/{FOLDER}/{name}"),
        }
        for name in NAMES
    ]
    server.expect_request("/").respond_with_json(entries)
    server.expect_request(f"/raw/{FOLDER}/ggit_2024-10-08.xlsx").respond_with_data(body)


@pytest.fixture(scope="module")
def pipelines():
    return of_upstream(global_energy_monitor.pipelines)


def test_the_newest_tracker_of_the_folder_is_read(server, pipelines, tmp_path):
    serve_tracker(server, original(TRACKER))
    assert fetch("gem-ggit", server, tmp_path) == "compiled on 2024-10-08"
    paths = [path for path, _ in requests_of(server)]
    assert paths == ["/", f"/raw/{FOLDER}/ggit_2024-10-08.xlsx"]
    same_rows(global_energy_monitor.pipelines(tmp_path, PAIR), pipelines)


def test_a_pair_without_a_selection_has_no_pipelines():
    no_rows(global_energy_monitor.pipelines, OTHER)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"message": "API rate limit exceeded", "documentation_url": "https://docs.github.com"},
            "the list of the folder is none: API rate limit exceeded",
        ),
        ([], "no workbook ggit_(date).xlsx is among its 0 files"),
        (
            [{"name": f"ggit_{i}.xlsx", "download_url": ""} for i in range(1000)],
            "the list of the folder is cut off at 1,000 files",
        ),
    ],
)
def test_a_folder_without_the_tracker_is_refused(server, tmp_path, answer, message):
    server.expect_request("/").respond_with_json(answer)
    fetch_fails("gem-ggit", server, tmp_path, message)


def test_a_refused_list_and_a_pointer_in_the_workbooks_place(server, tmp_path):
    refusal = Response('{"message": "rate limit"}', 403, content_type="application/json")
    server.expect_oneshot_request("/").respond_with_handler(lambda _: refusal)
    fetch_fails("gem-ggit", server, tmp_path, " 403")
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1265545\n"
    serve_tracker(server, pointer)
    message = "ggit_2024-10-08.xlsx: the archive is damaged"
    fetch_fails("gem-ggit", server, tmp_path, message)


@pytest.fixture(scope="module")
def tracker():
    """The header and the selected rows of the tracker."""
    sheet = openpyxl.load_workbook(UPSTREAM / TRACKER, read_only=True).worksheets[0]
    header, *rows = (list(row) for row in sheet.iter_rows(values_only=True))
    selected = set(pd.read_csv(global_energy_monitor.SELECTED)["project_id"])
    return [header, *(row for row in rows if row[0] in selected)]


def test_columns_of_the_tracker_may_stand_anywhere(tracker, pipelines, tmp_path):
    sheets = {
        "About": [["Global Gas Infrastructure Tracker"]],
        "Pipelines": [row[::-1] for row in tracker],
    }
    save_workbook(tmp_path / "gem-ggit" / "ggit.xlsx", sheets)
    for pair in (PAIR, PAIR[::-1]):
        same_rows(global_energy_monitor.pipelines(tmp_path, pair), pipelines)


def test_a_missing_tracker_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="gem-ggit"):
        global_energy_monitor.pipelines(tmp_path, PAIR)


# --- Central Intelligence Agency ------------------------------------------------------------------


def test_the_factbook_for_another_pair():
    table = pd.read_csv(UPSTREAM / cia.FILE, index_col="name")
    rows = of_upstream(cia.reserves, OTHER)
    values = rows.query("country == 'RUS'").set_index("year")["value"]
    for year in (2010, 2025):
        assert values[year] == round(table.loc["Russia", str(year)] * 1000, 6)
    assert "TUR" not in set(rows["country"])  # no large holder
