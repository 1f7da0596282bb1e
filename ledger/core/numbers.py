"""The one way a number reaches a sentence.

A cell calls `put("trade-2019-total", 2.1027, "{:.2f}", table="trade_totals")`, the sentence says {num}`trade-2019-total`. What was
put is glued into the notebook (so it is executed, cached and validated with it) and is also published, with chapter and table,
in the site's numbers.json.
"""

from __future__ import annotations

import math
import re

from IPython.display import display

from ledger.core import tables

GLUE = "application/papermill.record/"  # MyST-NB's mark of what is glued; it is not imported, for who runs a notebook need not have it


def put(
    name: str, value: float, form: str = "{:,.0f}", *, table: str | list[str], unit: str = ""
) -> None:
    """Publish `value` under `name`, printed with `form` (a str.format pattern), as drawn from `table` (one name or several).

    `unit` is for the machine-readable list; the sentence says it in words. Raises ValueError for a name that is not a slug, a
    value that is missing or not finite, a pattern that prints nothing or does not print the value; tables.TableError for an
    unknown table.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise ValueError(f"number {name!r}: a name is lower-case words joined by hyphens")
    used = [table] if isinstance(table, str) else list(table)
    if not used:
        raise ValueError(f"number {name!r}: name the table it comes from")
    for each in used:
        tables.describe(each)
    value = (
        value.item() if hasattr(value, "item") else value
    )  # a NumPy number would glue as nothing
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(
            f"number {name!r}: the value is {value!r}, nothing a sentence could print as a number"
        )
    printed = form.format(
        int(value) if form.endswith("d}") and value == int(value) else value
    ).replace("-", "−")
    if not re.search(r"\d", printed) or printed == form:
        raise ValueError(f"number {name!r}: the pattern {form!r} prints {printed!r}")
    record = {"name": name, "value": value, "printed": printed, "unit": unit, "tables": used}
    glue(
        name,
        printed,
        f"{name}: {printed}{' ' + unit if unit else ''} (from {', '.join(used)})",
        record,
    )


def glue(name: str, printed: str, shown: str, content: dict) -> None:
    """Hand `content` to the page under `name`, printed as `printed`. A notebook by itself, which prints nothing of that, shows `shown`."""
    display(
        {GLUE + "text/plain": printed, "text/plain": shown},
        raw=True,
        metadata={"scrapbook": {"name": name, "mime_prefix": GLUE}, "ledger": content},
    )
