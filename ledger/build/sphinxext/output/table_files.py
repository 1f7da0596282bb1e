"""Put the tables into the site: each with the bytes whose hash its descriptor holds, each described
in a zip, and all in one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx

from ledger.build import downloads
from ledger.build.sphinxext.content import numbers
from ledger.build.sphinxext.works import citation_record
from ledger.core import fingerprints, table_files, tables


def write_tables(app: Sphinx, error: Exception | None) -> None:
    """Write the tables and their zips, unless they are as the last build left them."""
    if error or app.builder.name != "html":
        return
    printed, marker = numbers.as_json(app.env), app.ledger_build.folder / "tables-digest"
    package = tables.descriptor()
    names = [f"table {resource['name']}" for resource in package["resources"]]
    described = table_files.to_json(package)
    inputs = [app.config.ledger_inputs, printed, described]
    inputs += map(fingerprints.fingerprint, names)
    digest = fingerprints.of_text("\n".join(inputs))
    if marker.exists() and marker.read_text(encoding="utf-8") == digest:
        return  # packing them would take a tenth of a build that changes nothing
    folder = Path(app.outdir, "data")
    shutil.rmtree(folder, ignore_errors=True)  # a table may be gone
    folder.mkdir(parents=True)
    texts = {entry["path"]: tables.text_of(entry["name"]) for entry in package["resources"]}
    for path, content in {**texts, "datapackage.json": described}.items():
        (folder / path).write_bytes(content.encode("utf-8"))
    for resource in package["resources"]:
        record = citation_record(app, tables.page_path(resource["name"]))
        content = downloads.table_zip(resource, texts, record)
        (folder / f"{resource['name']}.zip").write_bytes(content)
    record = citation_record(app, app.config.root_doc)
    everything = downloads.book_zip(package, texts, printed, record)
    (folder / downloads.ALL).write_bytes(everything)
    marker.write_text(digest, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("build-finished", write_tables)
