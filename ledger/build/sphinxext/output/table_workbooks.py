"""Write each table for people: a workbook for Excel, and CSV that Excel opens right.

They stand beside the table's page, `tables/NAME.xlsx` and `.csv`; what is in `data/` is for
programs, byte for byte as its descriptor says. A workbook is written again only when what is in it
has changed. In a build from nothing they would take two seconds of its end: a process beside the
build writes them while chapters run, in what the chapters leave of the machine.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from ledger.build import downloads, workbooks
from ledger.build.execution.pool import engine
from ledger.build.sphinxext.works import citation_record
from ledger.core import fingerprints, tables
from ledger.core.files import replace_file
from ledger.core.system.terminal import told

KINDS = ("xlsx", "csv")
LOW_PRIORITY = 10


def start(app: Sphinx) -> None:
    """Begin to write the files of the tables that are not as they were in the last build."""
    if app.builder.name != "html":
        return
    before, now = _written(app), _digests(app)
    jobs = [
        (resource, citation_record(app, tables.page_path(resource["name"])))
        for resource in tables.descriptor()["resources"]
        if before.get(resource["name"]) != now[resource["name"]]
    ]
    if jobs:
        # a fork has loaded what it needs
        method = "fork" if engine() == "fork" else "spawn"
        processes = multiprocessing.get_context(method)
        app.ledger_tables = processes.Process(target=_write, args=(app.outdir, jobs), daemon=True)
        app.ledger_tables.start()


def _write(site: Path, jobs: list[tuple[dict, dict]]) -> None:
    os.nice(LOW_PRIORITY)
    try:
        _write_all(site, jobs)
    except OSError as error:
        sys.exit(f"the tables' workbooks were not written: {told(error)}")


def _write_all(site: Path, jobs: list[tuple[dict, dict]]) -> None:
    for resource, record in jobs:
        rows = tables.text_of(resource["name"])
        path = Path(site, tables.page_path(resource["name"]))
        path.parent.mkdir(exist_ok=True)
        replace_file(path.with_suffix(".csv"), downloads.for_excel(rows))
        workbook = path.with_suffix(".xlsx")
        if workbooks.beyond(resource):
            workbook.unlink(missing_ok=True)  # of the build before, when it held all
        else:
            replace_file(workbook, workbooks.workbook(resource, rows, record))


def finish(app: Sphinx, error: Exception | None) -> None:
    """Wait for the process that writes, and remove the files of tables that are gone."""
    process = getattr(app, "ledger_tables", None)
    if error:
        if process:
            process.terminate()
        return
    if app.builder.name != "html":
        return
    if process:
        process.join()
        if process.exitcode:
            raise ExtensionError("the tables' workbooks were not written, see above")
    known = {Path(app.outdir, tables.page_path(name)) for name in tables.names()}
    for kind in KINDS:
        for path in Path(app.outdir, tables.PAGES).glob(f"*.{kind}"):
            if path.with_suffix("") not in known:
                path.unlink()
    _marker(app).write_text(json.dumps(_digests(app)), encoding="utf-8")


def _digests(app: Sphinx) -> dict[str, str]:
    """Return a hash of all that goes into the files of each table."""
    return {
        name: fingerprints.of_text(f"{app.config.ledger_inputs} {fingerprints.fingerprint(key)}")
        for name in tables.names()
        for key in [f"table {name}"]
    }


def _written(app: Sphinx) -> dict[str, str]:
    try:
        return json.loads(_marker(app).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _marker(app: Sphinx) -> Path:
    return app.ledger_build.folder / "workbooks-digest"


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", start, priority=900)  # the pages of tables are known by then
    app.connect("build-finished", finish, priority=100)
