"""Promise: the rows that a printed number is said to come from are all that it comes from.

Each chapter's code is run again, without drawing, on tables in which all other rows are different:
the numbers must stay as they are. Where all rows are different, what is no count must change.
"""

import ast
import code
import random
import re
from unittest.mock import MagicMock

import numpy as np
import pytest

import ledger
from ledger.build import number_rows
from ledger.core import numbers, tables
from ledger.core.config import ROOT

PAGES = ["index", *(f"chapters/{path.stem}" for path in sorted((ROOT / "chapters").glob("*.md")))]
FAST = {"index", "chapters/economics"}  # the first page and a chapter; the others at length
GROUPS = 2  # runs of a chapter, each for a part of its numbers
OUTCOMES = {"yes": "no", "no": "abstain", "abstain": "yes"}
FRAMES = {}


class Shell(code.InteractiveInterpreter):
    """Goes on after an error: it is in what draws, or a number is missed for it, which is told."""

    def write(self, data):
        pass


def text_of(page):
    return (ROOT / f"{page}.md").read_text(encoding="utf-8")


def frame(name):
    if name not in FRAMES:
        FRAMES[name] = LOAD(name)
    tables.loaded.add(name)
    copy = FRAMES[name].copy()
    copy.attrs["table"] = name
    return copy


LOAD = tables.load


def publish(page, monkeypatch, load=frame):
    """Return what the cells of a page publish by name; what draws does nothing."""
    contents = {}
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "load", load)
        patch.setattr(ledger, "charts", MagicMock())
        patch.setattr(numbers, "require", lambda condition, sentence: None)
        patch.setattr(
            numbers, "glue", lambda name, _, __, content: contents.update({name: content})
        )
        shell = Shell({"__name__": page})
        for cell in re.findall(r"```\{code-cell\} ipython3\n(.*?)```", text_of(page), re.S):
            for statement in ast.parse(cell).body:
                shell.runcode(compile(ast.Module([statement], []), page, "exec"))
    return contents


def changed(name, kept, fixed, seed):
    """Return a table with other figures and votes in all rows but those at `kept`.

    Columns that tell rows apart, and those in `fixed`, stay as they are.
    """
    table, known = frame(name), tables.describe(name)["schema"]
    chance = np.random.default_rng([seed, len(name)])
    others = ~np.isin(np.arange(len(table)), list(kept))
    for field in known["fields"]:
        column, kind = field["name"], field["type"]
        if column in known["primaryKey"] or column in fixed:
            continue
        values = table[column]
        if kind == "number":
            table[column] = values.where(~others, values * chance.uniform(0.5, 1.5, len(table)))
        elif kind == "integer":
            # alike where it was alike: what is said of a draft stands in each of its rows
            other = values + 1 + values * (1 + (values + seed) % 7) // 10
            table[column] = values.where(~others, other)
        elif set(values.dropna()) <= set(OUTCOMES):
            table[column] = values.where(~others, values.map(OUTCOMES))
    return table


def claims(page, contents):
    """Return of each number of a page the rows it comes from, {table: (places, filter)}."""
    said = {}
    for reference in dict.fromkeys(numbers.ROLE.findall(text_of(page))):
        content = contents[numbers.parse(reference)[0]]
        record = numbers.pick(reference, content)
        origins = number_rows.origins(reference, content, record)
        if all(origin["filter"] is not None for origin in origins):
            said[reference] = {
                origin["table"]: (
                    number_rows.rows_of(origin["table"]).find(origin["filter"]),
                    origin["filter"],
                )
                for origin in origins
            }
    return said


@pytest.mark.parametrize(
    "page",
    [
        page if page in FAST else pytest.param(page, marks=pytest.mark.slow)
        for page in PAGES
        if "{num}" in text_of(page)
    ],
)
def test_no_other_row_changes_a_number(monkeypatch, page):
    contents = publish(page, monkeypatch)
    said = claims(page, contents)
    assert len(said) > 0.9 * len(set(numbers.ROLE.findall(text_of(page))))
    names = list(said)
    random.Random(page).shuffle(names)
    wrong = [
        f"{reference}: no row of {table} is {wanted}"
        for reference, origins in said.items()
        for table, (places, wanted) in origins.items()
        if not places and numbers.pick(reference, contents[numbers.parse(reference)[0]])["value"]
    ]
    for group in range(GROUPS):
        part = names[group::GROUPS]
        kept, fixed = {}, {}
        for reference in part:
            for table, (places, wanted) in said[reference].items():
                kept.setdefault(table, set()).update(places)
                fixed.setdefault(table, set()).update(wanted)
        again = publish(
            page,
            monkeypatch,
            lambda name, kept=kept, fixed=fixed, group=group: changed(
                name, kept.get(name, set()), fixed.get(name, set()), group
            ),
        )
        for reference in part:
            before = numbers.pick(reference, contents[numbers.parse(reference)[0]])
            try:
                after = numbers.pick(reference, again[numbers.parse(reference)[0]])["printed"]
            except (KeyError, numbers.NumberError) as error:
                after = repr(error)
            if before["printed"] != after:
                wrong.append(f"{reference}: {before['printed']}, with other rows {after}")
    assert not wrong, "\n".join(wrong)


def test_a_row_that_is_left_out_is_found(monkeypatch):
    contents = publish("index", monkeypatch)
    rows = contents["trade-2019"]["rows"]["trade_totals"]
    without = number_rows.rows_of("trade_totals").find({**rows, "flow": ["export"]})
    again = publish(
        "index",
        monkeypatch,
        lambda name: changed(name, set(without) if name == "trade_totals" else set(), set(rows), 0),
    )
    assert numbers.pick("trade-2019", again["trade-2019"])["printed"] != "2.10"
