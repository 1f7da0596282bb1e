"""Publish numbers from a cell, for sentences to print.

A cell publishes a value (`put`) or a series (`series`), the sentence picks: {num}`gap`,
{num}`total[2019]`, {num}`sales[2005, Metals]`, {num}`ratio[2001]:.0f`, {num}`members:words`. What
was published travels in the cell's output, so it is cached and validated with its notebook, and a
sentence can pick another value of a series without executing anything.
"""

from __future__ import annotations

import ast
import functools
import linecache
import math
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ledger.core import tables, text
from ledger.core.authored.characters import hidden_character

if TYPE_CHECKING:
    import pandas as pd

GLUE = "application/papermill.record/"  # MyST-NB's mark of what is glued, which needs no import
NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
REFERENCE = re.compile(rf"\s*({NAME})\s*(?:\[([^\[\]]*)\])?\s*(?::(\S+))?\s*")
ROLE = re.compile(r"\{num\}`([^`]+)`")
IN_WORDS = "{:words}"  # one to twelve, as prose has them
MAX_KEYS = 12  # keys that an error names


class NumberError(ValueError):
    """A sentence picks a number that is not there."""


def put(
    name: str,
    value: float,
    form: str = "{:,.0f}",
    *,
    table: str | list[str] | None = None,
    unit: str = "",
    rows: dict | None = None,
) -> None:
    """Publish one value under `name`.

    Parameters
    ----------
    name : lower-case words joined by hyphens, used once on the page.
    value : a finite number.
    form : str.format pattern by which it is printed, or "{:words}" for a small count in words.
    table : the table or tables it is drawn from; one that this chapter loaded.
    unit : for the machine-readable list; the sentence says it in words.
    rows : which rows enter it, {column: value, values or "first..last"}; either end of a range may
        be open. Of several tables {table: {column: …}}. Readers are shown these rows, so no other
        row may change the value.

    Raises
    ------
    ValueError
        For a name that is not a slug, a value that is missing or not finite, a pattern that does
        not print the value, a table that was not loaded, a column that the table has not.
    """
    value = value.item() if hasattr(value, "item") else value  # NumPy's would glue as nothing
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        problem = f"the value is {value!r}, nothing a sentence could print as a number"
        raise ValueError(f"number {name!r}: {problem}")
    content = _content(name, None, table, unit) | {"value": value, "form": form}
    content |= _filters(name, rows, content["tables"])
    printed = _print(name, value, form)
    words = f"{printed} {unit}".strip()
    glue(name, printed, f"{name}: {words} (from {', '.join(content['tables'])})", content)


def series(
    name: str,
    values: pd.Series | pd.DataFrame | dict,
    form: str = "{:,.0f}",
    *,
    table: str | list[str] | None = None,
    unit: str = "",
    rows: dict | None = None,
) -> None:
    """Publish a series under `name`, from which sentences pick by key.

    Parameters
    ----------
    values : a Series or dict, by year, name or a pair of them; of a frame, row and column.
        Missing values are an error only where a sentence picks them.
    name, form, table, unit : as for `put`. Without `table`, the one from which `values` were
        loaded, as far as pandas carries it along.
    rows : as for `put`, of the whole series. A part of the key picks among them where its level is
        named as a column; a dict in place of a value is looked up by the parts of the key.

    Raises
    ------
    ValueError
        As `put`, and for values that are empty or not numbers, or a key that is there twice.
    """
    import pandas as pd

    content = _content(name, values, table, unit)
    content |= _filters(name, rows, content["tables"])
    if isinstance(values, pd.DataFrame):
        values = values.stack()
    index = getattr(values, "index", None)
    content["levels"] = [] if index is None else [str(level or "") for level in index.names]
    items: dict[str, float | None] = {}
    for key, value in values.items():
        parts = key if isinstance(key, tuple) else (key,)
        label = ", ".join(" ".join(str(part).split()) for part in parts)
        if label in items:
            raise ValueError(f"series {name!r}: the key [{label}] is there twice")
        items[label] = _checked(f"series {name!r}, [{label}]", value)
    known = [value for value in items.values() if value is not None]
    if not known:
        raise ValueError(f"series {name!r}: it has no values")
    _print(name, known[0], form)
    count = text.plural(len(items), "value")
    shown = f"{name}: {count} (from {', '.join(content['tables'])})"
    glue(name, count, shown, content | {"values": items, "form": form})


def require(condition: bool, sentence: str) -> None:
    """Stop the chapter when a sentence no longer holds.

    `sentence` repeats what the text says. Raises AssertionError.
    """
    if not condition:
        raise AssertionError(f"a sentence no longer holds: {sentence}")


def glue(name: str, printed: str, shown: str, content: dict) -> None:
    """Hand `content` to the page under `name`; a notebook by itself shows `shown`."""
    from IPython.display import display

    data = {GLUE + "text/plain": printed, "text/plain": shown}
    scrapbook = {"name": name, "mime_prefix": GLUE}
    display(data, raw=True, metadata={"scrapbook": scrapbook, "ledger": content})


def parse(reference: str) -> tuple[str, str | None, str | None]:
    """Return name, key and form of what a sentence picks, such as `ratio[2001]:.0f`.

    Key and form are None where there is none. Raises NumberError.
    """
    match = REFERENCE.fullmatch(reference)
    if not match:
        raise NumberError(f"{reference!r} is no number: write name, name[key] or name[key]:form")
    name, key, form = match.groups()
    return name, None if key is None else " ".join(key.split()), form


def filters(reference: str, content: dict) -> dict[str, dict[str, list[str]]]:
    """Return which rows of which table enter a number, {table: {column: values}}.

    A table of which the cell says nothing is left out. What a part of the key says of a column
    named as its level is not in it (see `key_parts`).
    """
    parts = (parse(reference)[1] or "").split(", ")
    found: dict[str, dict[str, list[str]]] = {}
    for table, chosen in content.get("rows", {}).items():
        found[table] = {}
        for column, wanted in chosen.items():
            by_part = wanted if isinstance(wanted, dict) else dict.fromkeys(parts, wanted)
            if known := [part for part in parts if part in by_part]:
                found[table][column] = by_part[known[0]]
    return found


def key_parts(reference: str, content: dict) -> list[tuple[str, str]]:
    """Return level ("" where it has no name) and value of each part of the key."""
    key = parse(reference)[1]
    levels = content.get("levels", [])
    parts = [] if key is None else key.split(", ")
    return list(zip(levels, parts)) if len(levels) == len(parts) else [("", part) for part in parts]


def canonical(reference: str) -> str:
    """Return a reference as numbers.json lists it, without needless space."""
    name, key, form = parse(reference)
    return name + ("" if key is None else f"[{key}]") + ("" if form is None else f":{form}")


def pick(reference: str, content: dict) -> dict:
    """Return the record of the number that a sentence prints.

    Parameters
    ----------
    reference : what stands in the role.
    content : what `put` or `series` published under its name.

    Returns
    -------
    dict with name (the reference), value, printed, unit, tables, code.

    Raises
    ------
    NumberError
        For a key that is not there, or whose value is missing.
    """
    name, key, form = parse(reference)
    if "values" in content:
        value = _value(name, key, content["values"])
    elif key is not None:
        raise NumberError(f"{name!r} is one number, not a series: leave out [{key}]")
    else:
        value = content["value"]
    try:
        printed = _print(name, value, content["form"] if form is None else f"{{:{form}}}")
    except ValueError as error:
        raise NumberError(str(error)) from None
    record = {"name": canonical(reference), "value": value, "printed": printed}
    return record | {part: content[part] for part in ("unit", "tables", "code")}


def picked(page_text: str, contents: Iterable[dict]) -> dict[str, dict]:
    """Return the records of all numbers that a page's text prints, by reference.

    What the page does not publish is left out, for the build reports it.
    """
    by_name = {content["name"]: content for content in contents}
    records = {}
    for reference in ROLE.findall(page_text):
        try:
            record = pick(reference, by_name[parse(reference)[0]])
        except (KeyError, NumberError):
            continue
        records[record["name"]] = record
    return records


def _checked(place: str, value: object) -> float | None:
    """Return a value of a series as JSON has it, None where it is missing. Raises ValueError."""
    import pandas as pd

    value = value.item() if hasattr(value, "item") else value
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{place}: the value is {value!r}, which is no number")
    return int(value) if float(value).is_integer() else value


def _value(name: str, key: str | None, values: dict) -> float:
    some = ", ".join([*list(values)[:MAX_KEYS], *(["…"] if len(values) > MAX_KEYS else [])])
    if key is None:
        raise NumberError(f"{name!r} is a series: pick a value of it, by [{some}]")
    if key not in values:
        raise NumberError(f"{name!r} has no value [{key}]; it has {some}")
    if values[key] is None:
        raise NumberError(f"{name!r} has no figure for [{key}]: it is missing in the data")
    return values[key]


def _print(name: str, value: float, form: str) -> str:
    if form == IN_WORDS:
        return text.count(value)
    whole = form.endswith("d}") and value == int(value)
    try:
        printed = text.number(int(value) if whole else value, form)
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(f"number {name!r}: the pattern {form!r} prints nothing: {error}") from None
    if not re.search(r"\d", printed) or printed == form:
        raise ValueError(f"number {name!r}: the pattern {form!r} prints {printed!r}")
    return printed


def _content(name: str, values: object, table: str | list[str] | None, unit: str) -> dict:
    """Return what a value and a series have in common: name, unit, tables, code."""
    if not re.fullmatch(NAME, name):
        raise ValueError(f"number {name!r}: a name is lower-case words joined by hyphens")
    if table is None:
        table = getattr(values, "attrs", {}).get("table", [])
    used = [table] if isinstance(table, str) else list(table)
    if not used:
        raise ValueError(f"number {name!r}: name the table it comes from")
    if problem := hidden_character(unit):
        raise ValueError(f"number {name!r}: the unit: {problem}")
    for each in used:
        tables.describe(each)
        if each not in tables.loaded:
            loaded = ", ".join(sorted(tables.loaded)) or "none"
            problem = f"table {each} was not loaded here; loaded are: {loaded}"
            raise ValueError(f"number {name!r}: {problem}")
    return {"name": name, "unit": unit, "tables": used, "code": _statement(sys._getframe(2))}


def _filters(name: str, rows: dict | None, used: list[str]) -> dict:
    """Return {"rows": {table: {column: values as text}}} of what a cell says; {} of nothing."""
    if rows is None:
        return {}
    by_table = rows if rows and set(rows) <= set(used) else {used[0]: rows}
    if by_table is not rows and len(used) > 1:
        raise ValueError(f"number {name!r}: say of each table which rows, {{table: {{column: …}}}}")
    filters = {}
    for table, chosen in by_table.items():
        known = {field["name"] for field in tables.describe(table)["schema"]["fields"]}
        if unknown := sorted(set(chosen) - known):
            problem = f"table {table} has no column {', '.join(unknown)}"
            raise ValueError(f"number {name!r}: {problem}")
        filters[table] = {column: _cells(wanted) for column, wanted in chosen.items()}
    return {"rows": filters}


def _cells(wanted: object) -> list[str] | dict[str, list[str]]:
    """Return what a filter wants of a column, as the table's file has it."""
    if isinstance(wanted, dict):
        return {str(part): _as_list(each) for part, each in wanted.items()}
    return _as_list(wanted)


def _as_list(wanted: object) -> list[str]:
    many = not isinstance(wanted, str) and isinstance(wanted, Iterable)
    return [_cell(each) for each in (wanted if many else [wanted])]


def _cell(value: object) -> str:
    if hasattr(value, "strftime"):
        return value.strftime("%Y-%m-%d")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _statement(frame) -> str:
    """Return the source of the statement that a frame executes, empty where it is not known.

    The assignments of the variables that it publishes, if they stand in the same cell, go first.
    """
    source = "".join(linecache.getlines(frame.f_code.co_filename))
    try:
        statements = _statements(source)
    except SyntaxError:
        return ""
    line, _, column, _ = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    around = [node for node in statements if _start(node) <= (line, column) < _end(node)]
    if not around:
        return ""
    innermost = max(around, key=_start)
    call = innermost.value if isinstance(innermost, ast.Expr) else None
    published = {arg.id for arg in getattr(call, "args", []) if isinstance(arg, ast.Name)}
    assigned = {}
    for node in sorted(statements, key=_start):
        if isinstance(node, ast.Assign) and _end(node) <= _start(innermost):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id in published:
                    assigned[target.id] = node
    shown = [*sorted(set(assigned.values()), key=_start), innermost]
    code = "; ".join(_one_line(source, statement) for statement in shown)
    # which rows enter is told by themselves, and computes nothing
    for keyword in getattr(call, "keywords", []):
        if keyword.arg == "rows":
            code = code.replace(f", rows={_one_line(source, keyword.value)}", "")
    return code


@functools.lru_cache(maxsize=1)  # a cell publishes many numbers
def _statements(source: str) -> list[ast.stmt]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]


def _one_line(source: str, node: ast.AST) -> str:
    """Return the source of a node as if it had been written in one line."""
    lines = "\n".join(map(str.strip, (ast.get_source_segment(source, node) or "").splitlines()))
    lines = re.sub(r",?\n(?=[)\]}])|(?<=[(\[{])\n", "", lines)
    return " ".join(lines.split())


def _start(node: ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.stmt) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or 0
