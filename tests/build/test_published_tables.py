"""Promise: the site has the tables that the descriptor names, with the bytes that it says, and
types survive to every form in which rows are taken away.
"""

import hashlib
import io
import json
import os
import re
import zipfile

import frictionless
import openpyxl
import pytest
from small_book import GOOD, ISLANDS, build, cell, edit, edit_table, write

from ledger.build import workbooks
from ledger.build.sphinxext.figures.chart_html import download_line
from ledger.build.sphinxext.output import linked_data, table_workbooks
from ledger.core import tables
from ledger.core.authored import cells

CHART = """import pandas as pd
from ledger import charts
frame = pd.DataFrame(
    {
        "code": ["08", "270900"],
        "year": [2001, 2002],
        "value": [1.5, None],
        "sure": [True, None],
        "count": [2025, None],
    }
)
caption, alt = "Trade of two goods in these two years.", "One line that ends after its first year."
ax = charts.lines(frame.set_index("year")[["value"]], "tonnes")
charts.publish(ax, "goods", table="landings", data=frame, caption=caption, alt=alt)"""


def spoil(book):
    """Leave in data/ what must not be published, and save tables as some programs do."""
    data = book / "data"
    (data / ".env").write_text("KEY=1\n", encoding="utf-8")
    (data / "old.csv").write_text("a\n1\n", encoding="utf-8")
    (data / "folder").mkdir()
    (data / "link.csv").symlink_to("/etc/passwd")
    for name in ("claims.csv", "datapackage.json"):
        raw = (data / name).read_bytes()
        (data / name).write_bytes(b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n"))
    for path in data.glob("*.*"):
        if not path.is_symlink():
            path.chmod(0o444)


def test_what_is_published_is_what_the_descriptor_says(book):
    edit_table(
        book, "landings", lambda text: re.sub("landed at night", "*a* <b>|b</b> {x}`y`", text)
    )
    title = '"title": "Output '
    edit(book / "data" / "datapackage.json", title, '"title": "*A* & {include}`/x` | ')
    spoil(book)
    write(book, one=GOOD + cell(CHART))
    with (book / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.write("  - glob: tables/*\n")
    code, log = build(book)
    out = (
        "data/link.csv:1: the file is a link that leads out of the book. Put the file itself there."
    )
    assert code != 0 and out in log, log[-3000:]
    (book / "data" / "link.csv").unlink()
    code, log = build(book)
    assert code == 0, log[-3000:]
    site = book / "_build" / "html"
    check_package(site / "data")
    check_types(site)


def check_package(folder):
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    named = {"datapackage.json"}
    for entry in package["resources"]:
        raw = (folder / entry["path"]).read_bytes()
        assert entry["hash"] == "sha256:" + hashlib.sha256(raw).hexdigest(), entry["name"]
        assert entry["bytes"] == len(raw)
        named |= {entry["path"], f"{entry['name']}.zip"}
    (everything,) = {path.name for path in folder.iterdir()} - named
    assert everything.endswith("-data.zip") and named < {path.name for path in folder.iterdir()}
    assert all(os.stat(path).st_mode & 0o200 for path in folder.iterdir())
    report = frictionless.Package(str(folder / "datapackage.json")).validate()
    assert report.valid, report.flatten(["title", "note"])[:5]


def check_types(site):
    with zipfile.ZipFile(site / "charts" / "goods.zip") as archive:
        resource = json.loads(archive.read("datapackage.json"))["resources"][0]
        rows = archive.read("goods.csv").decode()
    kinds = {field["name"]: field["type"] for field in resource["schema"]["fields"]}
    assert kinds == {
        "code": "string",
        "year": "integer",
        "value": "number",
        "sure": "boolean",
        "count": "number",
    }
    assert rows == "code,year,value,sure,count\n08,2001,1.5,true,2025\n270900,2002,,,\n"
    page = (site / "chapters" / "one.html").read_text(encoding="utf-8")
    assert ">270900<" in page and ">08<" in page and ">2001<" in page
    sheet = openpyxl.load_workbook(site / "charts" / "goods.xlsx")["data"]
    assert [cell.value for cell in sheet[2]] == ["08", 2001, 1.5, True, 2025]
    assert [cell.value for cell in sheet[3]] == ["270900", 2002, None, None, None]
    table = (site / "tables" / "output.html").read_text(encoding="utf-8")
    assert "<h1>*A* &amp; {include}`/x` | " in table.replace(
        '<code class="docutils literal notranslate"><span class="pre">/x</span></code>', "`/x`"
    )


@pytest.mark.parametrize("most", ["MAX_ROWS", "MAX_COLUMNS"])
def test_of_more_than_a_sheet_holds_no_workbook_is_offered(monkeypatch, tmp_path, most):
    """What writes workbooks passes over rows and columns beyond Excel's, without a word."""
    resource = tables.describe("output", ISLANDS / "data")
    record = {"kind": "table", "key": "a", "title": "T", "url": "https://example.org/"}
    monkeypatch.setattr(tables, "text_of", lambda name: "country,year\nXAR,2001\n")
    book, sheet = tmp_path / "tables" / "output.csv", tmp_path / "tables" / "output.xlsx"
    table_workbooks._write_all(tmp_path, [(resource, record)])
    assert sheet.exists() and not workbooks.beyond(resource)
    size = {"MAX_ROWS": resource["rows"], "MAX_COLUMNS": len(resource["schema"]["fields"])}[most]
    monkeypatch.setattr(cells, most, size - 1)
    table_workbooks._write_all(tmp_path, [(resource, record)])
    assert book.exists() and not sheet.exists(), "one of an earlier build does not stay"
    name = most.removeprefix("MAX_").lower()
    why = f"{size:,} {name}, and a sheet of Excel holds {size - 1:,}"
    assert workbooks.beyond(resource) == why
    assert f"no Excel ({why}) · <a" in download_line("a", "b", "", workbooks.beyond(resource))
    kinds = [each["encodingFormat"] for each in _distribution(resource)]
    assert linked_data.EXCEL not in kinds and len(kinds) == 2


def _distribution(resource):
    return linked_data.dataset({}, resource, "https://strait.example/")["distribution"]


@pytest.mark.parametrize(
    "kind, cell, value",
    [
        ("integer", "9007199254740993", "9007199254740993"),
        ("integer", "-12", -12),
        ("date", "1893-04-01", "1893-04-01"),
        ("boolean", "false", False),
        ("string", "007", "007"),
        ("string", "=1", "=1"),
        ("number", "", None),
    ],
)
def test_a_workbook_has_the_value_or_its_words(monkeypatch, kind, cell, value):
    fields = [{"name": "a", "type": kind, "title": "A", "description": "It."}]
    resource = {
        "title": "T",
        "description": "D",
        "sources": [],
        "licenses": [],
        "republication": "R",
        "schema": {"fields": fields},
    }
    work = {"kind": "table", "key": "a", "title": "T", "url": "https://example.org/"}
    raw = workbooks.workbook(resource, f'a\n"{cell}"\n', work)
    assert openpyxl.load_workbook(io.BytesIO(raw))["data"]["A2"].value == value
