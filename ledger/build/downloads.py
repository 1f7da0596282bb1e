"""Pack rows with their description, citation, sources and terms, so that none travels without."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable

from ledger.core import citations, config, table_files, tables

ALL = f"{config.book().slug}-data.zip"  # every table, with the numbers of the prose
SCALES = (1, 1000, 10**6, 10**9)


def zipped(files: dict[str, str]) -> bytes:
    """Return a zip of text files, by name; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def table_zip(resource: dict, texts: dict[str, str], record: dict) -> bytes:
    """Return the zip of a table.

    It holds its CSV, those that its keys and theirs refer to, a Data Package that describes them
    alone, and README.txt with citation and terms.

    Parameters
    ----------
    resource : the table's entry in the descriptor.
    texts : content of all tables by file name.
    record : the table as a work to cite.
    """
    others = [tables.describe(name) for name in sorted(_referred(resource) - {resource["name"]})]
    return _described([resource, *others], texts, record)


def _referred(resource: dict) -> set[str]:
    """Return the names of a table and of all that its keys, and theirs, refer to."""
    found, waiting = set(), [resource]
    while waiting:
        table = waiting.pop()
        found.add(table["name"])
        keys = table["schema"].get("foreignKeys", [])
        names = {key["reference"]["resource"] for key in keys} - {""}
        waiting += [tables.describe(name) for name in names - found]
    return found


def chart_zip(chart: dict, record: dict) -> bytes:
    """Return the zip of the rows behind a chart, described and credited as a table is.

    Parameters
    ----------
    chart : what `charts.publish` made.
    record : the chart as a work to cite.
    """
    resource = chart_resource(chart)
    return _described([resource], {resource["path"]: chart["csv"]}, record)


def chart_resource(chart: dict) -> dict:
    """Return the description of the rows behind a chart, as a resource of a Data Package."""
    behind = [tables.describe(name) for name in chart["tables"]]
    name, plural = chart["name"], "s" if len(behind) > 1 else ""
    origin = f"table{plural} {', '.join(chart['tables'])} of {citations.edition()['title']}"
    return {
        "name": name,
        "type": "table",
        "path": f"{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "title": chart["caption"],
        "description": (
            f"The rows behind the chart. {chart['alt']} They are drawn from the {origin}."
        ),
        "sources": chart["sources"],
        "licenses": _unique(
            licence for table in behind for licence in citations.licences(table, chart["sources"])
        ),
        "republication": " ".join(dict.fromkeys(table["republication"] for table in behind)),
        "schema": {"fields": _fields(chart, behind)},
    }


def for_excel(rows: str) -> bytes:
    """Return CSV text as Excel reads it right on a double click: UTF-8 with a byte-order mark.

    Without the mark it takes the text for that of a code page of Windows, and "1995–99" breaks.
    """
    return rows.encode("utf-8-sig")


def book_zip(package: dict, texts: dict[str, str], numbers: str, record: dict) -> bytes:
    """Return the zip of every table, datapackage.json, numbers.json and README.txt.

    Parameters
    ----------
    package : the descriptor.
    texts : content of all tables by file name.
    numbers : content of numbers.json.
    record : the book as a work to cite.
    """
    lines = [
        f"{citations.edition()['title']}: tables and numbers",
        "",
        package["description"],
        "",
        *_citation(record),
        "",
        "numbers.json holds every number that a cell of the book computed for its prose, "
        "with page and tables.",
        "",
        "Tables",
    ]
    for resource in package["resources"]:
        size = f"{resource['path']}: {resource['title']}, {resource['rows']:,} rows."
        lines += ["", f"{size} {resource['republication']}"]
    files = {
        "README.txt": "\n".join(lines) + "\n",
        "datapackage.json": table_files.to_json(package),
        **texts,
        "numbers.json": numbers,
    }
    return zipped(files | _citation_files(record))


def _described(resources: list[dict], texts: dict[str, str], record: dict) -> bytes:
    """Return the zip of resources with their descriptor, README.txt and citation."""
    package = {
        "name": resources[0]["name"].replace("_", "-"),
        "title": resources[0]["title"],
        "version": citations.edition()["version"],
        "homepage": record["url"],
        "resources": resources,
    }
    files = {resource["path"]: texts[resource["path"]] for resource in resources}
    files |= {
        "datapackage.json": json.dumps(package, indent=2, ensure_ascii=False) + "\n",
        "README.txt": _readme(resources, record),
    }
    return zipped(files | _citation_files(record))


def _citation_files(record: dict) -> dict[str, str]:
    return {"citation.bib": citations.bibtex(record), "citation.ris": citations.ris(record)}


def _citation(record: dict) -> list[str]:
    return ["How to cite", citations.plain(record)]


def _readme(resources: list[dict], record: dict) -> str:
    resource, *others = resources
    lines = [resource["title"], "", resource["description"], "", *_citation(record), "", "Sources"]
    for source in resource["sources"]:
        name = f"{source['institution']}: {source['title']}"
        lines.append(f"- {name}. Edition: {source['edition']}. {source['path']}")
    lines += ["", "Terms (of several, those of the sources above)"]
    for licence in resource["licenses"]:
        lines.append(f"- {licence['title']} {licence.get('path', '')}".rstrip())
    lines += [resource["republication"], "", f"Columns of {resource['path']}"]
    for field in resource["schema"]["fields"]:
        unit = f" Unit: {field['unit']}." if field.get("unit") else ""
        lines.append(f"- {field['name']}: {field['title']}. {field['description']}{unit}")
    if resource.get("notes"):
        notes = [f"- {note}" for note in resource["notes"]]
        lines += ["", "What to know before using it", *notes]
    for other in others:
        lines += ["", f"{other['path']}: {other['title']}. {other['description']}"]
    return "\n".join(lines) + "\n"


def _fields(chart: dict, behind: list[dict]) -> list[dict]:
    """Describe the columns of a chart's rows.

    As its tables do where they have the column, else by what the chart draws of it.
    """
    titles, *rows = csv.reader(io.StringIO(chart["csv"]))
    known = {
        field["name"]: field
        for resource in reversed(behind)
        for field in resource["schema"]["fields"]
    }
    fields = []
    for at, (name, kind) in enumerate(zip(titles, chart["kinds"])):
        cells = [row[at] for row in rows]
        if name in known:
            parts = ("title", "description", "unit")
            words = {part: known[name][part] for part in parts if known[name].get(part)}
        else:
            words = _drawn(name, cells if kind in ("integer", "number") else [], chart["marks"])
        fields.append({"name": name, "type": kind, **words})
    return fields


def _drawn(name: str, cells: list[str], marks: dict) -> dict[str, str]:
    """Describe a column by what the chart draws of it; `cells` is empty for words."""
    scale, unit = _scale(cells, marks["series"]), marks["unit"]
    if scale is None:
        return {"title": name, "description": "Given beside what the chart draws."}
    if scale > 1:
        words = f"Drawn in the chart divided by {scale:,}, in the unit “{unit}”."
        return {"title": name, "description": words}
    words = {"title": name, "description": "Drawn in the chart as it is here."}
    return words | ({"unit": unit} if unit else {})


def _scale(cells: list[str], series: list) -> int | None:
    """Return by what power of ten the cells of a column are larger than what a chart prints.

    None where it prints other values.
    """
    values = sorted(float(cell) for cell in cells if cell)
    for _, points in series if values else ():
        printed = [value_of(point[3]) for point in points]
        drawn = sorted(value for value in printed if value is not None)
        if len(points) == len(drawn) == len(values):
            for scale in SCALES:
                if all(_same(value / scale, shown) for value, shown in zip(values, drawn)):
                    return scale
    return None


def _same(value: float, shown: float) -> bool:
    """Tell whether a value is what a chart prints, with its three to four digits."""
    return abs(value - shown) <= 0.006 * abs(shown) + 1e-9


def value_of(text: str) -> float | None:
    """Return the number that a chart prints (`charts.tooltips.format_value`), None for words."""
    plain = text.replace(",", "").replace("−", "-")
    return float(plain) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None


def _unique(entries: Iterable[dict]) -> list[dict]:
    return list({json.dumps(entry, sort_keys=True): entry for entry in entries}.values())
