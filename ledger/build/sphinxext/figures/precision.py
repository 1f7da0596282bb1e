"""Show a column of numbers at one precision; files keep every digit."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal

from ledger.core import text

NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?")
DIGITS = 4  # of the largest value of a column, where it is large
YEARS = (1500, 2200)  # whole numbers that all lie between stand without a comma


def shown(cells: Sequence[str]) -> list[str]:
    """Return the cells of a column as a page shows them.

    A column of numbers has the same decimals in each row: two at most, fewer where the largest
    value has four digits without, more where all are small or one would be nothing but zeros, and
    none that it did not come with. Thousands are grouped, except of years. A column with any word
    in it stays as it is.
    """
    filled = [cell for cell in cells if cell]
    if not filled or not all(NUMBER.fullmatch(cell) for cell in filled):
        return list(cells)
    values = [Decimal(cell) for cell in filled]
    decimals = _decimals(values)
    years = not decimals and all(YEARS[0] < value < YEARS[1] for value in values)
    form = "{:.0f}" if years else f"{{:,.{decimals}f}}"
    return [text.number(float(cell), form) if cell else "" for cell in cells]


def _decimals(values: list[Decimal]) -> int:
    """Return how many decimals a column of these values is shown with."""
    given = max(-int(value.normalize().as_tuple().exponent) for value in values)
    sizes = [abs(value) for value in values if value]
    if given <= 0 or not sizes:
        return 0
    power, least = (math.floor(size.log10()) for size in (max(sizes), min(sizes)))
    wanted = min(DIGITS - 1 - power, 2) if power >= 0 else 2 - power
    return min(given, max(wanted, -least, 0))
