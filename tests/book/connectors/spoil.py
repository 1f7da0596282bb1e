"""Spoil made-up files of institutions in the ways in which their forms change.

A connector joins with a module of its own in `fixtures/`, which has

- CONNECTORS: the functions that read its files,
- FILES: name in the store → the file, a Form (made up: no value of an institution),
- ROWS: the rows that the first connector makes of them, as lists; or connector → rows,
- CASES: way of change → (file, change, outcome), and the connector where it is not the file's; for
  each of WAYS and whatever else may befall it. A change is one of the functions below; the outcome
  is SAME, or the words of the one line that refuses the file. A way that cannot occur has the
  reason instead, as text.
- NUMBERS: file → text of a number in it; every spelling of ODD_NUMBERS in its place is refused,
- READ_BY, where it is not the first of CONNECTORS: file → the function that reads it,
- PAIR and PATCHES, where they are not the book's pair and none: (module, name) → value.
"""

from __future__ import annotations

import csv
import dataclasses
import functools
import io
import json
from collections.abc import Callable

import openpyxl
from openpyxl.styles import Font

SAME = "the same rows"
WAYS = [
    "a code without zeros",
    "a column more",
    "a column moved",
    "a second header",
    "a footnote",
    "another unit",
    "a country renamed",
    "thousands separators",
    "another encoding",
    "half the file",
]


@dataclasses.dataclass(frozen=True)
class Form:
    """A file: its sheets of rows, and how they are written.

    Attributes
    ----------
    sheets : name → rows of cells; a file that is no workbook has one, named "".
    write : makes bytes of a Form.
    header : place of the header among the rows of a sheet.
    sheet : the sheet that changes befall.
    separator : between the cells of a CSV; other files have none.
    """

    sheets: dict[str, list[list]]
    write: Callable[[Form], bytes]
    header: int = 0
    sheet: str = ""
    separator: str = ""

    @property
    def rows(self) -> list[list]:
        """Return the rows of the sheet that changes befall, header included."""
        return self.sheets[self.sheet]

    def with_rows(self, rows: list[list]) -> Form:
        """Return the form with other rows in that sheet."""
        return dataclasses.replace(self, sheets={**self.sheets, self.sheet: rows})

    def on(self, sheet: str, header: int | None = None) -> Form:
        """Return the form with another sheet to change."""
        header = self.header if header is None else header
        return dataclasses.replace(self, sheet=sheet, header=header)

    def place(self, column: str | int) -> int:
        """Return the place of a column, by name or as it is."""
        return self.rows[self.header].index(column) if isinstance(column, str) else column

    def content(self) -> bytes:
        """Return the file."""
        return self._content

    @functools.cached_property
    def _content(self) -> bytes:  # nothing changes a form: a workbook is written once, for all
        return self.write(self)

    def text(self) -> str:
        """Return the text of the file, without a mark before it."""
        try:
            return self.content().decode("utf-8-sig")
        except UnicodeDecodeError:
            return self.content().decode("cp1252")


# --- forms ----------------------------------------------------------------------------------------


def csv_form(text: str, header: int = 0, **options) -> Form:
    """Return a CSV, written as csv_file does with `options`, from its text in plain commas."""
    rows = list(csv.reader(text.strip("\n").splitlines()))
    separator = options.get("separator", ",")
    write = lambda form: csv_file(form.rows, **options)
    return Form({"": rows}, write, header, separator=separator)


def csv_file(rows, separator=",", mark="", end="\n", quote="", tail="", encoding="utf-8") -> bytes:
    """Return rows as CSV: `mark` before the text, `tail` behind each line, all cells in `quote`."""
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=separator, lineterminator=tail + end, quoting=quoting)
    writer.writerows(rows)
    return (mark + text.getvalue()).encode(encoding)


def workbook_form(sheets: dict[str, list[list]], sheet: str, header: int = 0) -> Form:
    """Return a workbook. A cell is a value, or (value, colour as hexadecimal ARGB)."""
    return Form(sheets, _workbook, header, sheet)


def _workbook(form: Form) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in form.sheets.items():
        page = book.create_sheet(name)
        for r, row in enumerate(rows, 1):
            for c, value in enumerate(row, 1):
                value, colour = value if isinstance(value, tuple) else (value, None)
                cell = page.cell(r, c, value)
                if colour:
                    cell.font = Font(color=colour)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def json_form(rows: list[list], wrap: Callable[[list[dict]], object] = lambda rows: rows) -> Form:
    """Return JSON of records: the first row names the fields; `wrap` puts records into the whole.

    A row that is shorter than the first has fewer fields.
    """

    def write(form: Form) -> bytes:
        names, *rows = form.rows
        return json.dumps(wrap([dict(zip(names, row)) for row in rows])).encode()

    return Form({"": rows}, write)


# --- changes --------------------------------------------------------------------------------------


Change = Callable[[Form], "Form | bytes"]


def changed(rows: Callable[[Form], list[list]]) -> Change:
    """Return the change that gives the form these rows."""
    return lambda form: form.with_rows(rows(form))


def each_cell(column: str | int, change: Callable[[object], object]) -> Change:
    """Change a column's cells below the header."""

    def rows(form: Form) -> list[list]:
        place, start = form.place(column), form.header + 1
        below = [
            [*row[:place], change(row[place]), *row[place + 1 :]] if len(row) > place else row
            for row in form.rows[start:]
        ]
        return [*form.rows[:start], *below]

    return changed(rows)


def without_zeros(column: str | int) -> Change:
    """Take the zeros before codes away, as a spreadsheet does."""
    return each_cell(column, lambda cell: cell.lstrip("0") if isinstance(cell, str) else cell)


def column_more(at: int = 1, name: str = "Remark", cell: object = "x") -> Change:
    """Put a further column before place `at`."""

    def rows(form: Form) -> list[list]:
        start = form.header
        below = [[*row[:at], cell, *row[at:]] for row in form.rows[start + 1 :]]
        header = form.rows[start]
        return [*form.rows[:start], [*header[:at], name, *header[at:]], *below]

    return changed(rows)


def column_moved(column: str | int, to: int = 0) -> Change:
    """Move a column to another place."""

    def rows(form: Form) -> list[list]:
        place, moved = form.place(column), []
        for row in form.rows[form.header :]:
            row = list(row)
            if len(row) > place:
                row.insert(to, row.pop(place))
            moved.append(row)
        return [*form.rows[: form.header], *moved]

    return changed(rows)


def second_header(before: int = -1) -> Change:
    """Put the header once more, before the row at place `before`."""

    def rows(form: Form) -> list[list]:
        rows = list(form.rows)
        rows.insert(before, form.rows[form.header])
        return rows

    return changed(rows)


def footnote(*cells: object) -> Change:
    """Put a row of these cells at the end."""
    return changed(lambda form: [*form.rows, list(cells)])


def cell(before: object, after: object, column: str | int | None = None, every=True) -> Change:
    """Put `after` in the place of cells that are `before`: in all columns, or in one; or once."""

    def rows(form: Form) -> list[list]:
        places = None if column is None else {form.place(column)}
        count, new = 0, []
        for row in form.rows:
            row = list(row)
            for place, value in enumerate(row):
                wanted = (places is None or place in places) and (every or not count)
                if wanted and value == before and type(value) is type(before):
                    row[place], count = after, count + 1
            new.append(row)
        assert count, f"no cell is {before!r}"
        return new

    return changed(rows)


def thousands(column: str | int, separator: str = ",") -> Change:
    """Write a column's numbers with a sign between thousands, as text."""

    def written(value: object) -> object:
        value, *more = value if isinstance(value, tuple) else (value,)
        try:
            number = float(value)
        except (TypeError, ValueError):
            return (value, *more) if more else value
        whole = number.is_integer()
        text = f"{int(number) if whole else number:,}".replace(",", separator)
        return (text, *more) if more else text

    return each_cell(column, written)


def encoded(encoding: str) -> Change:
    """Write the text in another encoding."""
    return lambda form: form.text().encode(encoding)


def replaced(before: str, after: str, once: bool = False) -> Change:
    """Replace text of the written file wherever it stands, or where it stands first."""

    def change(form: Form) -> bytes:
        assert before.encode() in form.content(), before
        return form.content().replace(before.encode(), after.encode(), 1 if once else -1)

    return change


def half(form: Form) -> bytes:
    """Keep the first half of the bytes."""
    content = form.content()
    return content[: len(content) // 2]


def without(first: int, last: int) -> Change:
    """Take the rows from place `first` to `last` below the header away, counted from 1."""

    def rows(form: Form) -> list[list]:
        start = form.header
        assert first > 0 and start + last < len(form.rows)
        return [*form.rows[: start + first], *form.rows[start + last + 1 :]]

    return changed(rows)


def without_columns(first: int, last: int) -> Change:
    """Take the columns from place `first` to `last` away, from the header down."""
    head = lambda form: form.rows[: form.header]
    below = lambda form: form.rows[form.header :]
    return changed(
        lambda form: [*head(form), *([*row[:first], *row[last + 1 :]] for row in below(form))]
    )


def half_the_rows(form: Form) -> Form:
    """Keep the first half of the rows, whole, as where a download ends at a line."""
    below = form.rows[form.header + 1 :]
    return form.with_rows([*form.rows[: form.header + 1], *below[: len(below) // 2]])


def marked(form: Form) -> bytes:
    """Put a byte-order mark before the text, and end lines as Windows does."""
    text = form.text().replace("\r\n", "\n").replace("\n", "\r\n")
    return ("\ufeff" + text).encode()


def parted_otherwise(form: Form) -> bytes:
    """Part the cells of a CSV by semicolons, or by commas where these are the form's."""
    return csv_file(form.rows, "," if form.separator == ";" else ";")


def on(sheet: str, change: Change, header: int | None = None) -> Change:
    """Return a change of another sheet."""
    return lambda form: change(form.on(sheet, header))


# numbers that Python takes and no institution writes: 1_000, Persian digits, a bare point, zeros
ODD_NUMBERS = ["1_000", "۱۲۳۴", "2000.", "0002000", "1e-400", "inf", "1 000", " 5"]
