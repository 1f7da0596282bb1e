"""What a reader takes away: rows with their description, citation, sources and terms in one file, so that none travels without them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

from ledger.core import citations, config, table_files, tables

ALL = f"{config.book().slug}-data.zip"  # every table, with the numbers of the prose


def zipped(files: dict[str, str]) -> bytes:
    """Return a zip of text files, by name; the same files give the same bytes, whenever they are packed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def of_table(resource: dict, texts: dict[str, str], work: dict) -> bytes:
    """Return the zip of a table: its CSV, those that its keys refer to (the list of countries), a Data Package that describes
    them alone, and README.txt with citation and terms. `texts` holds the content of all tables by file name."""
    keys = {key["reference"]["resource"] for key in resource["schema"].get("foreignKeys", [])} - {
        "",
        resource["name"],
    }
    return _described([resource, *(tables.describe(name) for name in sorted(keys))], texts, work)


def of_chart(chart: dict, work: dict) -> bytes:
    """Return the zip of the rows behind a chart, described and credited as a table is. `chart` is what `charts.publish` made."""
    described = [tables.describe(name) for name in chart["tables"]]
    resource = {
        "name": chart["name"],
        "type": "table",
        "path": f"{chart['name']}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "title": chart["caption"],
        "description": f"The rows behind the chart. {chart['alt']} They are drawn from the table{'s' if len(described) > 1 else ''} {', '.join(chart['tables'])} of {citations.edition()['title']}.",
        "sources": chart["sources"],
        "licenses": _each_once(licence for each in described for licence in each["licenses"]),
        "republication": " ".join(dict.fromkeys(each["republication"] for each in described)),
        "schema": {"fields": _fields(chart, described)},
    }
    return _described([resource], {resource["path"]: chart["csv"]}, work)


def of_all(package: dict, texts: dict[str, str], numbers: str, work: dict) -> bytes:
    """Return the zip of the whole data package: every table, datapackage.json, numbers.json and README.txt."""
    said = [
        f"{citations.edition()['title']}: tables and numbers",
        "",
        package["description"],
        "",
        "How to cite",
        citations.plain(work),
        "",
        "numbers.json holds every number that a cell of the book computed for its prose, with page and tables.",
        "",
        "Tables",
    ]
    for resource in package["resources"]:
        said += [
            "",
            f"{resource['path']}: {resource['title']}, {resource['rows']:,} rows. {resource['republication']}",
        ]
    return zipped(
        {
            "README.txt": "\n".join(said) + "\n",
            "datapackage.json": table_files.to_json(package),
            **texts,
            "numbers.json": numbers,
            "citation.bib": citations.bibtex(work),
            "citation.ris": citations.ris(work),
        }
    )


def _described(resources: list[dict], texts: dict[str, str], work: dict) -> bytes:
    first = resources[0]
    package = {
        "name": first["name"].replace("_", "-"),
        "title": first["title"],
        "version": citations.edition()["version"],
        "homepage": work["url"],
        "resources": resources,
    }
    described = {
        "datapackage.json": json.dumps(package, indent=2, ensure_ascii=False) + "\n",
        "README.txt": _readme(resources, work),
        "citation.bib": citations.bibtex(work),
        "citation.ris": citations.ris(work),
    }
    return zipped({resource["path"]: texts[resource["path"]] for resource in resources} | described)


def _readme(resources: list[dict], work: dict) -> str:
    resource, *others = resources
    lines = [
        resource["title"],
        "",
        resource["description"],
        "",
        "How to cite",
        citations.plain(work),
        "",
        "Sources",
    ]
    lines += [
        f"- {source['institution']}: {source['title']}. Edition: {source['edition']}. {source['path']}"
        for source in resource["sources"]
    ]
    lines += (
        ["", "Terms (of several, those of the sources above)"]
        + [
            f"- {licence['title']} {licence.get('path', '')}".rstrip()
            for licence in resource["licenses"]
        ]
        + [resource["republication"], "", f"Columns of {resource['path']}"]
    )
    lines += [
        f"- {field['name']}: {field['title']}. {field['description']}"
        + (f" Unit: {field['unit']}." if field.get("unit") else "")
        for field in resource["schema"]["fields"]
    ]
    if resource.get("notes"):
        lines += ["", "What to know before using it"] + [f"- {note}" for note in resource["notes"]]
    for other in others:
        lines += ["", f"{other['path']}: {other['title']}. {other['description']}"]
    return "\n".join(lines) + "\n"


def _fields(chart: dict, described: list[dict]) -> list[dict]:
    """Describe the columns of a chart's rows: as its tables do where they have the column, else by what the chart draws of it."""
    head, *body = csv.reader(io.StringIO(chart["csv"]))
    known = {
        field["name"]: field
        for resource in reversed(described)
        for field in resource["schema"]["fields"]
    }
    fields = []
    for at, name in enumerate(head):
        cells = [row[at] for row in body]
        kind, of_table = _kind([cell for cell in cells if cell]), known.get(name)
        if of_table:
            said = {"title": of_table["title"], "description": of_table["description"]} | (
                {"unit": of_table["unit"]} if of_table.get("unit") else {}
            )
        else:
            scale = (
                _scale(cells, chart["marks"]["series"]) if kind in ("integer", "number") else None
            )
            unit = chart["marks"]["unit"]
            said = {"title": name, "description": "Given beside what the chart draws."}
            if scale == 1:
                said = {"title": name, "description": "Drawn in the chart as it is here."} | (
                    {"unit": unit} if unit else {}
                )
            elif scale:
                said["description"] = (
                    f"Drawn in the chart divided by {scale:,}, in the unit “{unit}”."
                )
        fields.append({"name": name, "type": kind, **said})
    return fields


def _scale(cells: list[str], series: list) -> int | None:
    """Return by what power of ten the cells of a column are larger than the values that a chart prints; None where it prints others."""
    values = [float(cell) for cell in cells if cell]
    for _, points in series:
        drawn = [value for point in points if (value := value_of(point[3])) is not None]
        if not len(points) == len(drawn) == len(values):
            continue
        for scale in (1, 1000, 10**6, 10**9):
            # what is printed has three to four digits
            if all(
                abs(value / scale - shown) <= 0.006 * abs(shown) + 1e-9
                for value, shown in zip(sorted(values), sorted(drawn))
            ):
                return scale
    return None


def value_of(text: str) -> float | None:
    """Return the number that a chart prints (see `ledger.core.charts.tooltips.reading`), None for words."""
    plain = text.replace(",", "").replace("−", "-")
    return float(plain) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None


def _kind(cells: list[str]) -> str:
    for kind, form in (
        ("integer", r"-?\d+"),
        ("number", r"-?\d+(\.\d+)?(e[-+]?\d+)?"),
        ("date", r"\d{4}-\d\d-\d\d"),
        ("boolean", "True|False"),
    ):
        if cells and all(re.fullmatch(form, cell) for cell in cells):
            return kind
    return "string"


def _each_once(entries) -> list[dict]:
    return list({json.dumps(entry, sort_keys=True): entry for entry in entries}.values())
