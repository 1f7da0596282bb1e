"""Promise: the data package is a valid Data Package, complete, and is what the connectors make of
the institutions' files.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from institution import ROOT, UPSTREAM, check_each_row_has_one_connector, needs_upstream

from ledger.core import table_files, tables
from ledger.upkeep import rebuild, revisions

DESIGN = """
trade_totals trade_products trade_partners official_trade_statements energy_production
energy_reserves gecf_membership energy_exports oil_price electricity_mix gas_pipelines
arms_transfers military_spending syria_conflict nuclear un_votes un_ideal_points
security_council sanctions gdp events claims
""".split()


def test_all_tables_of_the_design_are_there():
    assert len(DESIGN) == 22 and set(DESIGN) <= set(tables.names())


@pytest.mark.slow
def test_frictionless_command_line_accepts_the_package():
    command = [
        str(Path(sys.executable).parent / "frictionless"),
        "validate",
        "data/datapackage.json",
        "--json",
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]
    report = json.loads(run.stdout)
    assert report["valid"] and report["stats"]["tasks"] == len(tables.names())


@needs_upstream
@pytest.mark.parametrize(
    "resource",
    [r for r in tables.descriptor()["resources"] if r["connectors"] != tables.MANUAL],
    ids=lambda r: r["name"],
)
def test_table_rebuilds_byte_for_byte(resource):
    built = rebuild.build(resource, UPSTREAM)
    kept = (tables.DATA / resource["path"]).read_text(encoding="utf-8")
    assert built == kept, f"table {resource['name']}: " + table_files.first_difference(
        built, kept, "the rebuilt table"
    )


@needs_upstream
def test_the_command_writes_what_is_missing_and_nothing_else(tmp_path):
    for part in ("ledger", "data"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "book.yml", tmp_path)
    rebuild = [sys.executable, "-m", "ledger", "rebuild", "--from", str(UPSTREAM.resolve())]
    # that all are rebuilt as they are, the test above has shown
    some = ["trade_totals", "oil_price", "events"]

    def files():
        return {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}

    before = files()
    name = next(
        resource["name"]
        for resource in tables.descriptor()["resources"]
        if resource["connectors"] != tables.MANUAL
        and not any("fetched" in source for source in resource["sources"])
    )
    run = subprocess.run([*rebuild, *some], cwd=tmp_path, capture_output=True, text=True)
    assert (
        run.returncode == 0 and "0 tables changed" in run.stdout and "kept by hand" in run.stdout
    ), run.stdout + run.stderr
    (tmp_path / "data" / f"{name}.csv").unlink()
    run = subprocess.run([*rebuild, name], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0 and f"1 tables changed: {name}" in run.stdout, (
        run.stdout + run.stderr
    )
    assert files() == before


@needs_upstream
def test_no_upstream_file_is_copied_into_the_book():
    def digest(path):
        return hashlib.sha256(path.read_bytes()).hexdigest()

    upstream = {digest(path) for path in UPSTREAM.rglob("*") if path.is_file()}
    for path in tables.DATA.iterdir():
        assert digest(path) not in upstream, path


def test_each_row_is_made_by_one_connector():
    check_each_row_has_one_connector(tables.DATA)


def test_the_bounds_would_hold_for_the_tables_as_they_are():
    """Built for the first time, each table's own history looks plausible but for a few leaps."""
    for resource in tables.descriptor()["resources"]:
        for entry in resource["schema"]["fields"]:
            if "maxStepRatio" in entry:
                text = (tables.DATA / resource["path"]).read_text(encoding="utf-8")
                rows = revisions.parse_rows(text)
                change = revisions.Change(resource, rebuild.format_rows(rows[:1], resource), text)
                leaps = [line for line in change.implausible if " is new: " in line]
                assert len(leaps) <= 0.02 * len(rows), (resource["name"], leaps[:5])
