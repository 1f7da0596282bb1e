"""SIPRI's Arms Transfers Database: the trade register by deal, and by delivery and year."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from analysis.connectors.sipri.states import is_marked, state_code

DEALS = "sipri-register-deals/trade-register.csv"
DELIVERIES = "sipri-register-deliveries/trade_register.csv"
START = 1950  # of the deals register: with fewer years, deals would lack a part of their deliveries
FIRST_YEAR = 1989  # of deals: the first year in which one must have had a delivery
FIRST_DELIVERY = 1995  # of deliveries one by one, and of the totals
MIN_RECIPIENTS = 100  # of an export of all countries
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
DELIVERY_NUMBERS = ["Order date", "Numbers delivered", "Delivery year", "TIV delivery values"]
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
    ValueError
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
            if supplier:
                flows.append((supplier, recipient))
            elif not is_marked(delivery["Supplier"]):
                raise ValueError(f"{DELIVERIES}: unknown supplier {delivery['Supplier']!r}")
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

    `file` names it in messages. Raises ValueError with file, line and column for what is not as
    expected, and for a register that is not whole.
    """
    table = list(csv.reader(register_text(path).splitlines()))
    starts = [number for number, row in enumerate(table) if row[:2] == DEAL_HEADER[:2]]
    if not starts or table[starts[0]] != DEAL_HEADER:
        raise ValueError(f"{file}: header is not {DEAL_HEADER} but {[table[n] for n in starts]}")
    deals = []
    for line, row in _joined(file, table, starts[0] + 1):
        if len(row) != len(DEAL_HEADER):
            raise ValueError(
                f"{file}, line {line}: a deal with {len(row)} cells instead of "
                f"{len(DEAL_HEADER)}: {row}"
            )
        deal = Deal(*row)
        _check_deal(deal, file, line)
        deals.append(deal)
    years = [year for deal in deals for year in deal.delivery_years]
    recipients = {deal.recipient for deal in deals if deal.delivery_years}
    _check_whole(file, years, recipients, START)
    return deals


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
        raise ValueError(f"{file}: the last line is cut short: {part}")


def _check_deal(deal: Deal, file: str, line: int) -> None:
    cells = {
        "Year of order": deal.ordered,
        "Number delivered": deal.delivered,
        "SIPRI TIV of delivered weapons": deal.tiv_delivered,
        # these three may be empty
        "Number ordered": deal.quantity or "0",
        "SIPRI TIV per unit": deal.tiv_unit or "0",
        "SIPRI TIV for total order": deal.tiv_ordered or "0",
    }
    _check_numbers(file, line, cells)
    if deal.years.strip():
        for year in deal.years.split(";"):
            _check_numbers(file, line, {"Year(s) of delivery": year})
    _check_condition(file, line, "status", deal.status)


def _deliveries(path: Path) -> list[Delivery]:
    """Return the rows of the deliveries register since 1995."""
    # each line ends in a stray semicolon
    lines = [line.rstrip(";") for line in register_text(path).splitlines()]
    starts = [number for number, line in enumerate(lines) if line.startswith(DELIVERY_HEADER[0])]
    if not starts or lines[starts[0]].split(",") != DELIVERY_HEADER:
        headers = [lines[number] for number in starts]
        raise ValueError(f"{DELIVERIES}: header is not {DELIVERY_HEADER} but {headers}")
    rows = list(csv.DictReader(lines[starts[0] :]))
    for line, row in enumerate(rows, starts[0] + 2):
        if None in row or None in row.values():
            raise ValueError(
                f"{DELIVERIES}, line {line}: not {len(DELIVERY_HEADER)} cells: {list(row.values())}"
            )
        _check_numbers(DELIVERIES, line, {column: row[column] for column in DELIVERY_NUMBERS})
        _check_condition(DELIVERIES, line, "Status", row["Status"])
    years = [int(row["Delivery year"]) for row in rows]
    _check_whole(DELIVERIES, years, {row["Recipient"] for row in rows}, FIRST_DELIVERY)
    return [row for row in rows if int(row["Delivery year"]) >= FIRST_DELIVERY]


def register_text(path: Path) -> str:
    """Return a register's text: exports come in UTF-8 and in code page 1252."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return path.read_text(encoding="cp1252")


def _check_numbers(file: str, line: int, cells: dict[str, str]) -> None:
    for column, value in cells.items():
        if not re.fullmatch(r"\d+(\.\d+)?", value.strip()):
            raise ValueError(f"{file}, line {line}, {column}: {value!r} is no number")


def _check_condition(file: str, line: int, column: str, value: str) -> None:
    if value not in CONDITIONS:
        raise ValueError(f"{file}, line {line}, {column}: {value!r} is none of {list(CONDITIONS)}")


def _check_whole(file: str, years: list[int], recipients: set[str], start: int) -> None:
    """Refuse an export of some countries, or of fewer years."""
    first = min(years, default=None)
    if first is None or first > start or len(recipients) < MIN_RECIPIENTS:
        raise ValueError(
            f"{file}: {len(recipients)} recipients, deliveries from {first}; the export must be of "
            f"all countries, and from {start} or earlier"
        )
