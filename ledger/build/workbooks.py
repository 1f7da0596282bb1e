"""Write rows as a workbook for Excel: a sheet of typed cells, a sheet of source and terms."""

from __future__ import annotations

import csv
import datetime
import functools
import io
from collections.abc import Callable
from typing import Any

from ledger.core import citations, text
from ledger.core.authored import cells

WIDTHS = (8, 60)  # of a column, in characters
SAMPLE = 200  # rows that its width is taken from
EXACT_DIGITS = 15  # of a number in Excel; those beyond become 0
FIRST_DAY = "1900-03-01"  # before it Excel has no day, or that of the day before
ABOUT_WIDTHS = (24, 100)


def workbook(resource: dict, rows: str, record: dict) -> bytes:
    """Return rows as an .xlsx; the same rows and description give the same bytes.

    Sheet `data` has the rows, numbers as numbers and dates as dates; sheet `about` has what the
    README.txt of the zip has, so that the file may travel alone.

    Parameters
    ----------
    resource : the description of the rows, as a resource of a Data Package.
    rows : the rows as CSV text.
    record : the table or chart as a work to cite.
    """
    import xlsxwriter  # half a tenth of a second, which a build that writes no workbook saves

    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        # the program's clock would give other bytes at each build; the edition has a date
        released = datetime.datetime.fromisoformat(citations.edition()["date"])
        book.set_properties(
            {
                "title": resource["title"],
                "author": citations.edition()["author"],
                "comments": citations.plain(record),
                "created": released,
            }
        )
        _write_data(book, resource["schema"]["fields"], rows)
        _write_about(book, resource, record)
    return packed.getvalue()


def beyond(resource: dict) -> str:
    """Say why rows have no workbook, for a sheet cannot hold all; nothing where it can."""
    return cells.beyond_sheet(resource["rows"], len(resource["schema"]["fields"]))


def _write_data(book: Any, fields: list[dict], rows: str) -> None:
    sheet = book.add_worksheet("data")
    sheet.freeze_panes(1, 0)
    head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    titles, *body = csv.reader(io.StringIO(rows))
    for at, title in enumerate(titles):
        longest = max(len(row[at]) for row in [titles, *body[:SAMPLE]])
        sheet.set_column(at, at, min(max(longest + 2, WIDTHS[0]), WIDTHS[1]))
        sheet.write_string(0, at, title, head)

    def write_whole(row: int, at: int, cell: str) -> None:
        if len(cell.lstrip("-")) > EXACT_DIGITS:
            sheet.write_string(row, at, cell)
        else:
            sheet.write_number(row, at, int(cell))

    def write_day(row: int, at: int, cell: str) -> None:
        if cell < FIRST_DAY:
            sheet.write_string(row, at, cell)
        else:
            sheet.write_number(row, at, _serial(cell), day)

    kinds: dict[str, Callable[[int, int, str], object]] = {
        "integer": write_whole,
        "number": lambda row, at, cell: sheet.write_number(row, at, float(cell)),
        "boolean": lambda row, at, cell: sheet.write_boolean(row, at, cell == "true"),
        "date": write_day,
    }
    writers = [kinds.get(field["type"], sheet.write_string) for field in fields]
    for number, row in enumerate(body, 1):
        for at, (write, cell) in enumerate(zip(writers, row)):
            if cell:
                write(number, at, cell)


@functools.cache
def _serial(iso: str) -> int:
    """Return a date as Excel counts it: days since 30 December 1899."""
    return (datetime.date.fromisoformat(iso) - datetime.date(1899, 12, 30)).days


def _write_about(book: Any, resource: dict, record: dict) -> None:
    sheet = book.add_worksheet("about")
    wrapped = {"text_wrap": True, "valign": "top"}
    label, words = book.add_format({"bold": True, **wrapped}), book.add_format(wrapped)
    for at, width in enumerate(ABOUT_WIDTHS):
        sheet.set_column(at, at, width)
    for row, (name, content) in enumerate(about(resource, record)):
        sheet.write_string(row, 0, name, label)
        sheet.write_string(row, 1, content, words)
        if content.startswith("https://"):
            sheet.write_url(row, 1, content, words)


def about(resource: dict, record: dict) -> list[tuple[str, str]]:
    """Return what is said of rows: label and words, one pair a line.

    Title, description, sources with edition and address, terms, citation, address, version, and
    what each column holds, in which unit.
    """
    edition = citations.edition()
    lines = [("Title", resource["title"]), ("Description", resource["description"])]
    for source in resource["sources"]:
        name = f"{source['institution']}: {source['title']}"
        lines.append(("Source", f"{name}. Edition: {source['edition']}. {source['path']}"))
    lines += [
        ("Terms", f"{licence['title']} {licence.get('path', '')}".rstrip())
        for licence in resource["licenses"]
    ]
    lines += [
        ("Terms", resource["republication"]),
        ("Cite as", citations.plain(record)),
        ("Address", record["url"]),
        ("Version", f"{edition['title']}, {edition['version']} of {text.date(edition['date'])}"),
        *(("Note", note) for note in resource.get("notes", [])),
    ]
    for field in resource["schema"]["fields"]:
        unit = f" Unit: {field['unit']}." if field.get("unit") else ""
        words = f"{field['title'].rstrip('.')}. {field['description']}{unit}"
        lines.append((f"Column {field['name']}", words))
    return lines
