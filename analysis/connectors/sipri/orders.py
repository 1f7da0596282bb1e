"""SIPRI's trade register by deal, one edition beside another: every order, delivered or not.

An edition is a whole export of the register, known by the day on which SIPRI generated it. What
SIPRI revises is seen only where two editions stand side by side, so that an older one is kept.
"""

import datetime
import re
from pathlib import Path

import pandas as pd

from analysis.connectors.sipri import arms
from ledger.core.sources.strict import FormError, shown

# day on which SIPRI generated the export → its file
EDITIONS = {
    "2025-10-23": arms.DEALS,
    "2026-05-18": "sipri-register-2026-05/trade-register.csv",
}
GENERATED = re.compile("^Data generated: ([0-9]{1,2} [A-Z][a-z]{2,8} [0-9]{4})", re.MULTILINE)
COLUMNS = [
    "edition", "order_id", "supplier", "recipient", "designation", "description", "order_year",
    "order_year_estimated", "quantity_ordered", "quantity_delivered", "quantity_estimated",
    "first_delivery", "last_delivery", "tiv_unit", "tiv_ordered", "tiv_delivered", "condition",
    "note",
]  # fmt: skip


def orders_2025(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the orders between the two in the edition of 23 October 2025; see `_orders`."""
    return _orders(upstream, pair, "2025-10-23")


def orders_2026(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the orders between the two in the edition of 18 May 2026; see `_orders`."""
    return _orders(upstream, pair, "2026-05-18")


def _orders(upstream: Path, pair: tuple[str, str], edition: str) -> pd.DataFrame:
    """Return the orders between two countries, either way, in one edition of the register.

    This form of the register has no values by year of delivery.

    Parameters
    ----------
    upstream
        Folder with the edition's file, an export of all countries.
    pair
        ISO 3166 codes of the two countries; predecessors of each count.
    edition
        Key of EDITIONS.

    Returns
    -------
    DataFrame
        COLUMNS, one row an order; values in million SIPRI trend-indicator values (TIV). An order
        without a delivery has no years of delivery, and nothing where SIPRI gives no number.

    Raises
    ------
    FormError
        The file is of another edition, not as expected or not whole; names file, line and column.
    """
    file = EDITIONS[edition]
    path = upstream / file
    _check_edition(arms.register_text(path), file, edition)
    directions = set(arms.ways(pair))
    rows = [
        _row(deal, edition) for deal in arms.read_register(path, file) if deal.parties in directions
    ]
    ids = [row["order_id"] for row in rows]
    if twice := sorted({each for each in ids if ids.count(each) > 1}):
        raise FormError(file, f"two orders would have the name {twice[0]!r}", "each once")
    return pd.DataFrame(rows, columns=COLUMNS)


def _check_edition(text: str, file: str, edition: str) -> None:
    found = GENERATED.findall(text)
    if len(found) != 1:
        raise FormError(file, f"{len(found)} lines say when it was generated", "one")
    try:
        generated = datetime.datetime.strptime(found[0], "%d %b %Y").date().isoformat()
    except ValueError:
        raise FormError(file, f"generated on {shown(found[0])}", "a day") from None
    if generated != edition:
        found = f"generated on {generated}, where the edition of {edition} is read"
        mend = "A further edition needs a name of its own in EDITIONS, in sipri/orders.py."
        raise FormError(file, found, "that edition", mend)


def _row(deal: arms.Deal, edition: str) -> dict:
    supplier, recipient = deal.parties
    years = deal.delivery_years
    # without the description, which SIPRI words otherwise in each edition
    slug = re.sub(r"[^a-z0-9]+", "-", deal.designation.lower()).strip("-")
    since = min(years) if years else "undelivered"
    return {
        "edition": edition,
        "order_id": f"{supplier}-{recipient}-{deal.ordered}-{slug}-{since}",
        "supplier": supplier,
        "recipient": recipient,
        "designation": deal.designation,
        "description": deal.description,
        "order_year": int(deal.ordered),
        "order_year_estimated": deal.ordered_mark == "?",
        "quantity_ordered": int(deal.quantity) if deal.quantity else None,
        "quantity_delivered": int(deal.delivered),
        "quantity_estimated": "?" in (deal.quantity_mark, deal.delivered_mark),
        "first_delivery": min(years) if years else None,
        "last_delivery": max(years) if years else None,
        "tiv_unit": float(deal.tiv_unit) if deal.tiv_unit else None,
        # nought stands where the number ordered is not known
        "tiv_ordered": float(deal.tiv_ordered or 0) or None,
        "tiv_delivered": float(deal.tiv_delivered),
        "condition": arms.CONDITIONS[deal.status],
        "note": arms.facts_of(deal.comment),
    }
