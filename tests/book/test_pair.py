"""Promise: nothing in the connectors says Russia or Iran: the same files give the tables of two other countries, into another folder."""

import csv
import importlib
import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from institution import ROOT, UPSTREAM, needs_upstream

from ledger.core import tables

pytestmark = needs_upstream


def run(*words, folder=ROOT):
    return subprocess.run(
        [sys.executable, "-m", "ledger", "tables", "--from", str(UPSTREAM.resolve()), *words],
        cwd=folder,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The tables of Russia and Turkey, and what the command said."""
    into = tmp_path_factory.mktemp("pair") / "rus-tur"
    ran = run("--pair", "RUS", "TUR", "--into", str(into))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return into, ran.stdout


def test_every_table_that_the_files_cover_is_built_and_the_others_are_named(built):
    into, said = built
    made = {
        resource["name"]
        for resource in json.loads((into / "datapackage.json").read_text(encoding="utf-8"))[
            "resources"
        ]
    } - {"countries"}
    connectors_make = {
        resource["name"]
        for resource in tables.descriptor()["resources"]
        if resource["connectors"] != tables.MANUAL
    }
    assert connectors_make - made == {
        "trade_products",
        "gas_pipelines",
    }  # goods by chapter are of five other countries; pipelines are chosen by hand
    for name in connectors_make - made:
        assert f"{name}: left out, the files hold nothing of it about Russia and Turkey" in said
    for name in made:
        assert len(tables.load(name, into)) > 0
    ran = subprocess.run(
        [
            str(Path(sys.executable).parent / "frictionless"),
            "validate",
            "datapackage.json",
            "--json",
        ],
        cwd=into,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0 and json.loads(ran.stdout)["valid"], ran.stdout[-2000:]
    assert not {"claims", "events"} & {path.stem for path in into.iterdir()}


def test_their_figures_are_those_of_the_files(built):
    into, _ = built
    trade = tables.load("trade_totals", into).set_index(
        ["source", "reporter", "partner", "flow", "year"]
    )["value_usd"]
    raw = pd.read_csv(UPSTREAM / "comtrade/total-trade-value-2019.csv")
    turkey = raw[raw["Partner ISO"] == "TUR"].set_index("Trade Flow")["Trade Value (US$)"]
    assert trade["UN Comtrade", "RUS", "TUR", "export", 2019] == turkey["Export"] == 21149692748
    assert trade["UN Comtrade", "RUS", "TUR", "import", 2019] == turkey["Import"]
    sheet = openpyxl.load_workbook(UPSTREAM / "imf-dots/DOTS_162.xlsx", read_only=True)[
        "Exports, FOB"
    ]
    rows = list(sheet.iter_rows(values_only=True))
    (row,) = [row for row in rows[7:] if row[1] and row[1].strip() == "Turkey"]
    assert trade["IMF DOTS", "RUS", "TUR", "export", 2019] == round(
        row[rows[6].index("2019")] * 1e6
    )  # no correction of this pair leaves it out
    wits = json.loads((UPSTREAM / "wits/RUS.json").read_text(encoding="utf-8"))["2016"]["TUR"]
    assert trade["WITS", "RUS", "TUR", "export", 2016] == round(wits["x"] * 1000)
    assert {"UN Comtrade", "IMF DOTS", "WITS", "Correlates of War", "Harvard Atlas", "OEC"} == set(
        trade.index.get_level_values("source")
    )

    gdp = pd.read_csv(UPSTREAM / "worldbank-gdp/gdp.csv").set_index(["Country Code", "Year"])[
        "Value"
    ]
    mine = tables.load("gdp", into).set_index(["country", "year"])["gdp_usd"]
    assert mine["TUR", 2020] == round(
        gdp["TUR", 2020]
    ) and "IRN" not in mine.index.get_level_values("country")

    plants = list(
        csv.DictReader(
            (UPSTREAM / "geonucleardata/nuclear_power_plants.csv").open(encoding="utf-8")
        )
    )
    nuclear = tables.load("nuclear", into)
    assert (
        set(nuclear["subject"])
        == {plant["Name"] for plant in plants if plant["CountryCode"] == "TR"}
        and len(set(nuclear["subject"])) >= 4
    )

    arms = tables.load("arms_transfers", into).query("record == 'deal'")
    lines = list(
        csv.reader(
            (UPSTREAM / "sipri-register-deals/trade-register.csv")
            .read_text(encoding="cp1252")
            .splitlines()
        )
    )
    deals = [
        line
        for line in lines
        if len(line) > 12
        and {line[0], line[1]} in ({"Turkiye", "Russia"}, {"Turkiye", "Soviet Union"})
        and max(map(int, line[10].split(";"))) >= 1989
    ]
    assert len(arms) == len(deals) > 0 and any("S-400" in name for name in arms["designation"])


def test_two_countries_of_which_neither_is_of_the_book():
    """Each connector gives a frame with its columns, whether it finds rows or none."""
    for resource in tables.descriptor()["resources"]:
        for connector in resource["connectors"] if resource["connectors"] != tables.MANUAL else []:
            module, function = connector.split(":")
            frame = getattr(importlib.import_module(module), function)(UPSTREAM, ("CHN", "TUR"))
            assert (
                set(frame.columns) == {field["name"] for field in resource["schema"]["fields"]}
                or not len(frame)
                and set(frame.columns) <= {field["name"] for field in resource["schema"]["fields"]}
            ), connector
            if resource["name"] == "trade_totals":
                assert not {"RUS", "IRN"} & ({*frame["reporter"]} | {*frame["partner"]}), connector


@pytest.mark.parametrize("words, says", [
    (["--pair", "RUS", "XYZ", "--into", "{new}"], "XYZ is no country"),
    (["--pair", "RUS", "RUS", "--into", "{new}"], "a pair is two different countries"),
    (["--pair", "RUS", "TUR", "--into", "{full}"], "is not empty: give a new folder"),
    (["--pair", "RUS", "TUR"], "--pair and --into go together"),
    (["--pair", "ABW", "AND", "--into", "{new}", "nuclear", "trade_products"], "hold nothing about Aruba and Andorra"),
])  # fmt: skip
def test_what_cannot_be_built_is_said(tmp_path, words, says):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").touch()
    ran = run(*(word.format(new=tmp_path / "new", full=tmp_path / "full") for word in words))
    assert ran.returncode != 0 and says in ran.stderr and "Traceback" not in ran.stderr, ran.stderr
    assert not (tmp_path / "new").exists()
