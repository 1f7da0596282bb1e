"""Promise: what the points of every chart of this book say is what the chart's table holds, and
they stand where they are drawn.
"""

import csv
import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from ledger.build import downloads
from ledger.build.sphinxext.figures.charts import CONTENT
from ledger.core import text
from ledger.core.charts import tooltips

EXECUTED = Path(__file__).resolve().parent.parent.parent / "_build" / ".work" / "html" / "executed"
OUTPUTS = [
    o
    for page in sorted(EXECUTED.rglob("*.ipynb"))
    for cell in json.loads(page.read_text(encoding="utf-8"))["cells"]
    for o in cell.get("outputs", [])
]
FOUND = [CONTENT.search("".join(output.get("data", {}).get("text/html", ""))) for output in OUTPUTS]
BOOK = {chart["name"]: chart for chart in (json.loads(found.group(1)) for found in FOUND if found)}
VOTES = {"Russia": "Russia", "China": "China", "US": "United States"}
MAPS = ("gas-route-to-iran", "north-south-corridor", "bases-in-syria")
# Charts whose points say words: what each row of the table behind the chart must be told as
# (series, year, words)
WORDED = {
    "bound-and-tested": lambda row: [
        (
            "On paper" if row["role"] == "binds" else "In practice",
            row["date"][:4],
            row["event"],
        )
    ],
    "s300-affair": lambda row: [("", row["date"][:4], row["step"])],
    "council-votes-on-iran": lambda row: [
        (f"Voted {row[column]}", f"{who}, {row['date'][:4]}", "")
        for who, column in VOTES.items()
        if row[column] in ("yes", "no", "abstain")
    ],
    "votes-on-ukraine": lambda row: [
        (f"Vote: {row[who]}", f"{who}, {row['date'][:4]}", row["title"])
        for who in ("Iran", "Russia")
    ],
    "help-in-war": lambda row: [(row["status"], f"{row['kind']}, {row['war']}", row["detail"])],
    **dict.fromkeys(MAPS, lambda row: [(row["kind"], row["name"], row["what it is"])]),
}
# a point says more than a year: whose vote it is, or a place
WITH_NAMES = ["council-votes-on-iran", "help-in-war", "votes-on-ukraine", *MAPS]


def rows_of(chart):
    return list(csv.DictReader(io.StringIO(chart["csv"])))


def is_told(text, exact):
    """Whether a printed value is the exact one, as far as it is printed."""
    return abs(downloads.value_of(text) - exact) <= 0.5 * 10 ** -len(text.partition(".")[2]) + 1e-9


def same_place(at, key):
    """Whether what a point says of its place is the first cell of its row."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", key):
        return at in (
            tooltips.format_date(pd.Timestamp(key)),
            tooltips.format_date(pd.Timestamp(key), "month"),
            f"{pd.Timestamp(key):%b %Y}",
        )
    return at == key or at == key.replace("Machinery and vehicles", "Machinery, vehicles")


def columns_of(chart, rows):
    """Return the columns of numbers of the table behind a chart, as lists with None where a cell is
    empty.
    """
    numbers = [
        [
            float(row[name]) if re.fullmatch(r"-?[\d.]+(e-?\d+)?", row[name] or "") else None
            for row in rows
        ]
        for name in rows[0]
    ]
    return [column for column in numbers if any(value is not None for value in column)]


@pytest.mark.parametrize("name", BOOK)
def test_the_points_of_a_chart_say_what_its_table_holds(name):
    chart, rows = BOOK[name], rows_of(BOOK[name])
    told = [
        (series, point[2], point[3])
        for series, points in chart["marks"]["series"]
        for point in points
    ]
    assert told, "no point of the chart says anything"
    if name in WORDED:
        expected = sorted(
            tuple(map(text.typographic, each)) for row in rows for each in WORDED[name](row)
        )
        known = {(bool(series), bool(words)) for series, _, words in expected}.pop()
        year = (lambda at: at) if name in WITH_NAMES else (lambda at: at[-4:])
        assert (
            sorted(
                (series if known[0] else "", year(at), words if known[1] else "")
                for series, at, words in told
            )
            == expected
        )
        return
    assert chart["marks"]["unit"], "values without a unit"
    scales = set()
    for series, points in chart["marks"]["series"]:
        fitting = set()
        for column in columns_of(chart, rows):
            full = [
                (list(row.values())[0], value)
                for row, value in zip(rows, column)
                if value is not None
            ]
            if len(full) == len(points) and all(
                same_place(point[2], key) for point, (key, _) in zip(points, full)
            ):
                fitting |= {
                    scale
                    for scale in (1, 1000)
                    if all(
                        is_told(point[3], value / scale) for point, (_, value) in zip(points, full)
                    )
                }
        assert fitting, f"{series}: no column of the table holds these values: {points[:3]}"
        scales |= fitting if len(fitting) == 1 else set()
    assert len(scales) <= 1, "one chart, two scales"


def outlines(svg):
    """Return the corners of each path of a picture of the book's, and the places of its markers."""
    found = [
        [(round(float(x), 1), round(float(y), 1))]
        for x, y in re.findall(r'<use [^>]*x="([^"]+)" y="([^"]+)"', svg)
    ]
    for d in re.findall(r' d="([^"]+)"', svg):
        x = y = 0.0
        found.append([])
        for command, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", d):
            numbers = [float(number) for number in re.findall(r"-?\d*\.?\d+", rest)]
            if command in "ML":
                x, y = numbers[-2:]
            elif command in "lhv":
                dx, dy = {"l": numbers, "h": [*numbers, 0], "v": [0, *numbers]}[command]
                x, y = x + dx, y + dy
            found[-1].append((round(x, 1), round(y, 1)))
    return found


def corners(svg):
    return {corner for outline in outlines(svg) for corner in outline}


def is_on(outline, x, y):
    """Whether a point lies on the line through an outline's corners, to half a point."""
    for (x0, y0), (x1, y1) in zip(outline, outline[1:]):
        dx, dy = x1 - x0, y1 - y0
        along = ((x - x0) * dx + (y - y0) * dy) / (dx**2 + dy**2 or 1)
        along = min(max(along, 0), 1)
        if abs(x0 + along * dx - x) < 0.5 and abs(y0 + along * dy - y) < 0.5:
            return True
    return False


@pytest.mark.parametrize("name", BOOK)
def test_the_points_of_a_chart_stand_where_they_are_drawn(name):
    drawn = corners(BOOK[name]["svg"])
    elsewhere = []
    for series, points in BOOK[name]["marks"]["series"]:
        for x, y, at, _, *size in points:
            ends = (
                [(x - size[0] / 2, y - size[1] / 2), (x + size[0] / 2, y + size[1] / 2)]
                if size
                else [(x, y)]
            )
            if name in MAPS and any(
                is_on(outline, x, y) for outline in outlines(BOOK[name]["svg"])
            ):
                continue  # of a line on a map one point, not always a corner, says what it is
            if 0 not in size and not all(
                any(abs(a - x) < 0.26 and abs(b - y) < 0.26 for a, b in drawn) for x, y in ends
            ):
                elsewhere.append((series, at))
    # of a line of hundreds of months matplotlib draws only the corners that one can see
    assert len(elsewhere) <= (30 if name == "brent-price" else 0), elsewhere


def test_the_book_has_charts_and_the_list_of_worded_ones_is_true():
    assert 30 <= len(BOOK) <= 40
    assert {name for name, chart in BOOK.items() if not chart["marks"]["unit"]} == set(WORDED)
