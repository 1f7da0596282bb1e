"""SIPRI's Arms Transfers Database: the trade register by deal, and by delivery and year."""

import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from analysis.connectors.sipri.states import check_party, state_code
from ledger.core.sources.strict import (
    DIGITS,
    NUMBER,
    FormError,
    check_separator,
    plain_text,
    refuse_fewer,
    refuse_gap,
    shown,
)

DEALS = "sipri-register-deals/trade-register.csv"
DELIVERIES = "sipri-register-deliveries/trade_register.csv"
START = 1950  # of the deals register: with fewer years, deals would lack a part of their deliveries
FIRST_YEAR = 1989  # of deals: the first year in which one must have had a delivery
FIRST_DELIVERY = 1995  # of deliveries one by one, and of the totals
LAST = "Zimbabwe"  # recipient of the last deals, supplier of the last deliveries
UNIT = "SIPRI trend-indicator values (TIVs) are in millions."  # in a line above the header
MARKS, WORDS = ("", "?"), ("", "Yes", "No")  # whether a figure is an estimate
MIN_RECIPIENTS = 100  # of an export of all countries
# Rows of the exports that are known, later ones having more: nothing else shows that some are gone
LEAST_ROWS = {
    DEALS: 28_348,
    "sipri-register-2026-05/trade-register.csv": 29_916,
    DELIVERIES: 25_024,
}
PREDECESSORS = {"RUS": ["SUN"]}  # the Soviet Union is a supplier of its own, to 1991

DEAL_HEADER = [
    "Recipient", "Supplier", "Year of order", " ", "Number ordered", " ", "Weapon designation",
    "Weapon description", "Number delivered", " ", "Year(s) of delivery", "status", "Comments",
    "SIPRI TIV per unit", "SIPRI TIV for total order", "SIPRI TIV of delivered weapons",
]  # fmt: skip
DELIVERY_HEADER = [
    "SIPRI AT Database ID", "Supplier", "Recipient", "Designation", "Description",
    "Armament category", "Order date", "Order date is estimate", "Numbers delivered",
    "Numbers delivered is estimate", "Delivery year", "Delivery year is estimate", "Status",
    "SIPRI estimate", "TIV deal unit", "TIV delivery values", "Local production",
]  # fmt: skip
DELIVERY_WHOLE = ["Order date", "Numbers delivered", "Delivery year"]
DELIVERY_WORDS = [
    "Order date is estimate", "Numbers delivered is estimate", "Delivery year is estimate",
    "Local production",
]  # fmt: skip
COLUMNS = [
    "record", "deal_id", "year", "supplier", "recipient", "designation", "description",
    "order_year", "order_year_estimated", "first_delivery", "last_delivery", "quantity_ordered",
    "quantity_delivered", "quantity_estimated", "tiv_ordered", "tiv_delivered", "condition",
    "local_production", "other_recipients", "replaces_order_year", "note",
]  # fmt: skip
CONDITIONS = {
    "New": "new",
    "Second hand": "second-hand",
    "Second hand but modernized": "second-hand, modernised",
}
# pattern in SIPRI's comment → the fact in our words; the comment itself is not republished
NOTES = {
    r"replacing (\d{4}) order for (\S+).*cancelled (\d{4})": (
        r"replaces the \1 order for \2, cancelled in \3"
    ),
    r"ordered from Soviet Union": "ordered from the Soviet Union, delivered by its successor",
    r"^\$ ?([\d.]+) ?b\b": r"deal worth about US$ \1 billion",
    r"^\$ ?([\d.]+) ?m\b": r"deal worth about US$ \1 million",
    r"(\d+) ordered but probably only (\d+) delivered": r"\1 ordered, probably \2 delivered",
    r"against Ukraine": "bought for use against Ukraine",
    r"licen[cs]e|assembl": "made or assembled locally, at least in part",
    r"[A-Z][a-z]+n designation (?:possibly )?([A-Z][^;]*)": r"recipient's name: \1",
    r"[Dd]elivery planned (by )?(\d{4})": r"delivery planned \1\2",
    r"status from (\d{4}) uncertain.*UN arms embargo": r"uncertain from \1, given the UN embargo",
    r"[Ss]upplier (?:uncertain|could be)": "supplier uncertain",
    r"designation uncertain": "type uncertain",
    r"[Pp](?:oss|rob)ably [Ss]econd-hand|Possibly [Ss]econd-hand": "possibly second-hand",
}


class Deal(NamedTuple):
    """A row of the deals register: its cells, in the order of DEAL_HEADER."""

    recipient: str
    supplier: str
    ordered: str
    ordered_mark: str
    quantity: str
    quantity_mark: str
    designation: str
    description: str
    delivered: str
    delivered_mark: str
    years: str
    status: str
    comment: str
    tiv_unit: str
    tiv_ordered: str
    tiv_delivered: str

    @property
    def parties(self) -> tuple[str | None, str | None]:
        """Codes of supplier and recipient."""
        return state_code(self.supplier), state_code(self.recipient)

    @property
    def delivery_years(self) -> list[int]:
        """Every year with a delivery."""
        return [int(year) for year in self.years.split(";") if year.strip()]


Delivery = dict[str, str]  # a row of the deliveries register, by DELIVERY_HEADER


def arms_transfers(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return deals, deliveries by year and yearly totals of major conventional arms.

    The two exports are of different days and spell some designations differently; the deals
    register gives the name. Orders without a delivery, which newer exports may hold, have no row.

    What this cannot see: in an export that is newer than those of LEAST_ROWS, as many rows gone
    from the middle as it has more; deals have no numbers that run on. A refresh names the rows of
    the table that would go.

    Parameters
    ----------
    upstream
        Folder with the files DEALS and DELIVERIES, each of all countries.
    pair
        ISO 3166 codes of the two countries.

    Returns
    -------
    DataFrame
        COLUMNS; values in million SIPRI trend-indicator values (TIV). `record` is
        `deal`: one row a deal between the two, either way, with any delivery since 1989;
        `delivery`: one row a deal and year of delivery since 1995, where that register starts;
        `total`: one row a supplier, recipient and year since 1995, summed from the whole
        register: what each country received from each supplier and from the world (WLD), and
        delivered to the world.

    Raises
    ------
    FormError
        A register is not as expected, or not whole; names file, line and column.
    """
    register, deliveries = _deals(upstream / DEALS), _deliveries(upstream / DELIVERIES)
    rows = []
    for supplier, recipient in ways(pair):
        unmatched = _by_deal(deliveries, supplier, recipient)
        for deal in register:
            late = max(deal.delivery_years) >= FIRST_YEAR
            if late and deal.parties == (supplier, recipient):
                rows += _deal_rows(deal, unmatched, register)
        # of deals that the older export lacks, or has in other terms
        for deal_id, parts in unmatched.items():
            rows += _delivery_rows(
                parts,
                {
                    "deal_id": deal_id,
                    "supplier": supplier,
                    "recipient": recipient,
                    "designation": parts[0]["Designation"],
                },
            )
    rows += _totals(deliveries, pair)
    return pd.DataFrame(rows, columns=COLUMNS)


def ways(pair: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Give (supplier, recipient) in both directions, with the predecessors of each."""
    for supplier, recipient in (pair, pair[::-1]):
        for seller in [supplier, *PREDECESSORS.get(supplier, [])]:
            for buyer in [recipient, *PREDECESSORS.get(recipient, [])]:
                yield seller, buyer


def _by_deal(
    deliveries: list[Delivery], supplier: str, recipient: str
) -> dict[str, list[Delivery]]:
    """Return the deliveries from one country to another by SIPRI's number of the deal."""
    by_deal: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        parties = state_code(delivery["Supplier"]), state_code(delivery["Recipient"])
        if parties == (supplier, recipient):
            by_deal.setdefault(delivery["SIPRI AT Database ID"], []).append(delivery)
    return by_deal


def _deal_rows(
    deal: Deal, unmatched: dict[str, list[Delivery]], register: list[Deal]
) -> list[dict]:
    """Return the row of a deal and those of its deliveries, which are removed from `unmatched`."""
    supplier, recipient = deal.parties
    deal_id = _matching_id(deal, unmatched)
    parts = unmatched.pop(deal_id, [])
    common = {
        "deal_id": deal_id,
        "supplier": supplier,
        "recipient": recipient,
        "designation": deal.designation,
    }
    replaced = re.search(r"replacing (\d{4}) order", deal.comment)
    row = common | {
        "record": "deal",
        "year": int(deal.ordered),
        "description": deal.description,
        "order_year": int(deal.ordered),
        "order_year_estimated": deal.ordered_mark == "?",
        "condition": CONDITIONS[deal.status],
        "local_production": parts[0]["Local production"] == "Yes" if parts else None,
        "first_delivery": min(deal.delivery_years),
        "last_delivery": max(deal.delivery_years),
        "quantity_ordered": int(deal.quantity) if deal.quantity else None,
        "quantity_delivered": int(deal.delivered),
        "quantity_estimated": "?" in (deal.quantity_mark, deal.delivered_mark),
        "tiv_ordered": float(deal.tiv_ordered or 0) or None,
        "tiv_delivered": float(deal.tiv_delivered),
        "other_recipients": _other_recipients(deal, register),
        "replaces_order_year": int(replaced[1]) if replaced else None,
        "note": facts_of(deal.comment),
    }
    return [row, *_delivery_rows(parts, common)]


def _matching_id(deal: Deal, unmatched: dict[str, list[Delivery]]) -> str:
    """Return the number of the deal in the deliveries register, or an id made of its terms."""
    recent = {year for year in deal.delivery_years if year >= FIRST_DELIVERY}
    matches = [
        deal_id
        for deal_id, parts in unmatched.items()
        if parts[0]["Order date"] == deal.ordered
        and parts[0]["Description"] == deal.description
        and {int(part["Delivery year"]) for part in parts} == recent
    ]
    if len(matches) > 1:
        names = {deal_id: unmatched[deal_id][0]["Designation"] for deal_id in matches}
        matches = [
            deal_id
            for deal_id, name in names.items()
            if name in deal.designation or deal.designation in name
        ]
    if len(matches) == 1:
        return matches[0]
    terms = f"{deal.designation} {deal.description}".lower()
    slug = re.sub(r"[^a-z0-9]+", "-", terms).strip("-")
    supplier, recipient = deal.parties
    return f"{supplier}-{recipient}-{deal.ordered}-{slug}-{min(deal.delivery_years)}"


def _other_recipients(deal: Deal, register: list[Deal]) -> int:
    """Count the other countries to which the supplier delivered the same weapon."""
    supplier = state_code(deal.supplier)
    sellers = {supplier, *PREDECESSORS.get(supplier, [])}
    weapon = (deal.designation, deal.description)
    recipients = {
        other.recipient
        for other in register
        if (other.designation, other.description) == weapon
        and state_code(other.supplier) in sellers
    }
    return len(recipients - {deal.recipient})


def _delivery_rows(deliveries: list[Delivery], common: dict) -> list[dict]:
    return [
        common
        | {
            "record": "delivery",
            "year": int(delivery["Delivery year"]),
            "description": delivery["Description"],
            "order_year": int(delivery["Order date"]),
            "order_year_estimated": delivery["Order date is estimate"] == "Yes",
            "quantity_delivered": int(delivery["Numbers delivered"]),
            "quantity_estimated": delivery["Numbers delivered is estimate"] == "Yes",
            "tiv_delivered": float(delivery["TIV delivery values"]),
            "condition": CONDITIONS[delivery["Status"]],
            "local_production": delivery["Local production"] == "Yes",
        }
        for delivery in deliveries
    ]


def facts_of(comment: str) -> str:
    """Return the facts of SIPRI's comment that the book uses."""
    matches = {words: re.search(pattern, comment) for pattern, words in NOTES.items()}
    return "; ".join(match.expand(words) for words, match in matches.items() if match)


def _totals(deliveries: list[Delivery], pair: tuple[str, str]) -> list[dict]:
    """Return yearly totals of each of the pair: received by supplier and in all, delivered."""
    sums: dict[tuple[str, str, int], float] = {}
    for delivery in deliveries:
        supplier, recipient = state_code(delivery["Supplier"]), state_code(delivery["Recipient"])
        flows = []
        if recipient in pair:
            flows.append(("WLD", recipient))
            if supplier:  # otherwise rebels, an organisation, or unknown
                flows.append((supplier, recipient))
        if supplier in pair:
            flows.append((supplier, "WLD"))
        for flow in flows:
            key = (*flow, int(delivery["Delivery year"]))
            sums[key] = sums.get(key, 0) + float(delivery["TIV delivery values"])
    return [
        {
            "record": "total",
            "deal_id": f"total-{supplier}-{recipient}",
            "year": year,
            "supplier": supplier,
            "recipient": recipient,
            "tiv_delivered": round(tiv, 3),
        }
        for (supplier, recipient, year), tiv in sums.items()
    ]


# --- the registers --------------------------------------------------------------------------------


def _deals(path: Path) -> list[Deal]:
    """Return the deals with a delivery."""
    return [deal for deal in read_register(path, DEALS) if deal.years.strip()]


def read_register(path: Path, file: str) -> list[Deal]:
    """Return every row of a register by deal, those without a delivery too.

    `file` names it in messages. Raises FormError with file, line and column for what is not as
    expected, and for a register that is not whole.
    """
    lines = register_text(path).splitlines()
    start = _header(file, lines, DEAL_HEADER)
    table = list(csv.reader(lines))
    deals = []
    for line, row in _joined(file, table, start + 1):
        if len(row) != len(DEAL_HEADER):
            found = f"a deal with {len(row)} cells: {shown(','.join(row))}"
            raise FormError(f"{file}, line {line}", found, f"{len(DEAL_HEADER)}")
        deal = Deal(*row)
        _check_deal(deal, file, line)
        deals.append(deal)
    years = [year for deal in deals for year in deal.delivery_years]
    recipients = {deal.recipient for deal in deals if deal.delivery_years}
    _check_whole(file, years, recipients, START, deals[-1].recipient if deals else "")
    refuse_fewer(file, len(deals), LEAST_ROWS.get(file, 0))
    return deals


def _header(file: str, lines: list[str], header: list[str]) -> int:
    """Return the place of the header among the lines; those above it must name the unit."""
    starts = [number for number, line in enumerate(lines) if line.startswith(header[0])]
    found = next(csv.reader([lines[starts[0]]])) if starts else []
    if found != header:
        place = f"{file}, line {starts[0] + 1}" if starts else file
        check_separator(place, lines[starts[0]] if starts else "", ",")
        pairs = itertools.zip_longest(found, header)
        column = next(n for n, (one, other) in enumerate(pairs, 1) if one != other)
        named = shown(found[column - 1]) if column <= len(found) else "nothing"
        wanted = repr(header[column - 1]) if column <= len(header) else "nothing"
        raise FormError(place, f"header is not as it was: column {column} is {named}", wanted)
    if not any(UNIT in line for line in lines[: starts[0]]):
        raise FormError(file, "the lines above the header do not name the unit", f"{UNIT!r}")
    return starts[0]


def _joined(file: str, table: list[list[str]], start: int) -> Iterator[tuple[int, list[str]]]:
    """Give line and cells of each row; some are broken in two by a line end inside a comment."""
    part: list[str] = []
    for line, row in enumerate(table[start:], start + 1):
        if part and row:
            row = [*part[:-1], f"{part[-1]} {row[0]}", *row[1:]]
        part = row if 12 < len(row) < len(DEAL_HEADER) else []
        if row and not part:
            yield line, row
    if part:
        raise FormError(file, f"the last line is cut short: {part}", f"{len(DEAL_HEADER)} cells")


def _check_deal(deal: Deal, file: str, line: int) -> None:
    whole = {
        "Year of order": deal.ordered,
        "Number delivered": deal.delivered,
        "Number ordered": deal.quantity or "0",  # may be empty, as two of the values
    }
    values = {
        "SIPRI TIV of delivered weapons": deal.tiv_delivered,
        "SIPRI TIV per unit": deal.tiv_unit or "0",
        "SIPRI TIV for total order": deal.tiv_ordered or "0",
    }
    _check_numbers(file, line, whole, "[0-9]+")
    _check_numbers(file, line, values, NUMBER)
    if deal.years.strip():
        for year in deal.years.split(";"):
            _check_numbers(file, line, {"Year(s) of delivery": year.strip()}, "[0-9]{4}")
    for mark in (deal.ordered_mark, deal.quantity_mark, deal.delivered_mark):
        _check_one_of(file, line, "mark of an estimate", mark, MARKS)
    _check_one_of(file, line, "status", deal.status, CONDITIONS)
    for name in (deal.supplier, deal.recipient):
        check_party(name, f"{file}, line {line}")


def _deliveries(path: Path) -> list[Delivery]:
    """Return the rows of the deliveries register since 1995."""
    # each line ends in a stray semicolon
    lines = [line.rstrip(";") for line in register_text(path).splitlines()]
    start = _header(DELIVERIES, lines, DELIVERY_HEADER)
    rows = list(csv.DictReader(lines[start:]))
    for line, row in enumerate(rows, start + 2):
        _check_delivery(line, row)
    years = [int(row["Delivery year"]) for row in rows]
    recipients, last = {row["Recipient"] for row in rows}, rows[-1]["Supplier"] if rows else ""
    _check_whole(DELIVERIES, years, recipients, FIRST_DELIVERY, last)
    refuse_gap(DELIVERIES, years)
    refuse_fewer(DELIVERIES, len(rows), LEAST_ROWS[DELIVERIES])
    return [row for row in rows if int(row["Delivery year"]) >= FIRST_DELIVERY]


def _check_delivery(line: int, row: Delivery) -> None:
    if None in row or None in row.values():
        found = f"not {len(DELIVERY_HEADER)} cells: {shown(list(row.values()))}"
        raise FormError(f"{DELIVERIES}, line {line}", found, "as many as the header has")
    _check_numbers(DELIVERIES, line, {column: row[column] for column in DELIVERY_WHOLE}, "[0-9]+")
    value = {"TIV delivery values": row["TIV delivery values"]}
    _check_numbers(DELIVERIES, line, value, NUMBER)
    for column in DELIVERY_WORDS:
        _check_one_of(DELIVERIES, line, column, row[column], WORDS)
    _check_one_of(DELIVERIES, line, "Status", row["Status"], CONDITIONS)
    for column in ("Supplier", "Recipient"):
        check_party(row[column], f"{DELIVERIES}, line {line}, {column}")


def register_text(path: Path) -> str:
    """Return a register's text: exports come in UTF-8 and in code page 1252."""
    return plain_text(path, ("utf-8-sig", "cp1252"))


def _check_numbers(file: str, line: int, cells: dict[str, str], form: str) -> None:
    for column, value in cells.items():
        if not re.fullmatch(form, value):
            found = f"{shown(value)} is no number"
            raise FormError(f"{file}, line {line}, {column}", found, DIGITS)


def _check_one_of(file: str, line: int, column: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        found = f"{shown(value)} is none of {list(known)}"
        raise FormError(f"{file}, line {line}, {column}", found, "one of these")


def _check_whole(file: str, years: list[int], recipients: set[str], start: int, last: str) -> None:
    """Refuse an export of some countries or of fewer years, and one that is cut short."""
    first = min(years, default=None)
    if first is None or first > start or len(recipients) < MIN_RECIPIENTS:
        found = f"{len(recipients)} recipients, deliveries from {first}"
        raise FormError(file, found, f"an export of all countries, and from {start} or earlier")
    if last != LAST:
        raise FormError(
            file, f"the last row is of {shown(last)}", f"of {LAST}, as in a whole export"
        )
