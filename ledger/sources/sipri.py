"""SIPRI: the Arms Transfers Database (two exports of the trade register) and the Military Expenditure Database."""
import csv
import re
import warnings
from pathlib import Path

import openpyxl
import pandas as pd

DEALS = "sipri-register-deals/trade-register.csv"
DELIVERIES = "sipri-register-deliveries/trade_register.csv"
MILEX = "sipri-milex/SIPRI-Milex-data-1991-2024.xlsx"
FIRST_YEAR = 1989
COMPARED = ["IRN", "ISR", "RUS", "SAU", "TUR", "USA"]
PREDECESSOR = {"RUS": ["SUN"]}  # SIPRI lists the Soviet Union as a supplier of its own, to 1991

CODES = {
    "Albania": "ALB", "Algeria": "DZA", "Angola": "AGO", "Argentina": "ARG", "Armenia": "ARM", "Aruba": "ABW",
    "Australia": "AUS", "Austria": "AUT", "Azerbaijan": "AZE", "Bahamas": "BHS", "Bahrain": "BHR", "Belarus": "BLR",
    "Belgium": "BEL", "Bosnia-Herzegovina": "BIH", "Brazil": "BRA", "Brunei": "BRN", "Bulgaria": "BGR",
    "Cambodia": "KHM", "Canada": "CAN", "Chile": "CHL", "China": "CHN", "Colombia": "COL", "Costa Rica": "CRI",
    "Croatia": "HRV", "Cyprus": "CYP", "Czechia": "CZE", "DR Congo": "COD", "Denmark": "DNK",
    "Dominican Republic": "DOM", "Ecuador": "ECU", "Egypt": "EGY", "Eritrea": "ERI", "Estonia": "EST",
    "Ethiopia": "ETH", "European Union**": "EUU", "Finland": "FIN", "France": "FRA", "Georgia": "GEO",
    "Germany": "DEU", "Ghana": "GHA", "Greece": "GRC", "Hungary": "HUN", "India": "IND", "Indonesia": "IDN",
    "Iran": "IRN", "Ireland": "IRL", "Israel": "ISR", "Italy": "ITA", "Japan": "JPN", "Jordan": "JOR",
    "Kazakhstan": "KAZ", "Kuwait": "KWT", "Kyrgyzstan": "KGZ", "Latvia": "LVA", "Lebanon": "LBN", "Libya": "LBY",
    "Lithuania": "LTU", "Luxembourg": "LUX", "Malawi": "MWI", "Malaysia": "MYS", "Malta": "MLT", "Mexico": "MEX",
    "Moldova": "MDA", "Montenegro": "MNE", "Morocco": "MAR", "Netherlands": "NLD", "New Zealand": "NZL",
    "Nicaragua": "NIC", "Nigeria": "NGA", "North Korea": "PRK", "North Macedonia": "MKD", "Norway": "NOR",
    "Oman": "OMN", "Pakistan": "PAK", "Panama": "PAN", "Peru": "PER", "Philippines": "PHL", "Poland": "POL",
    "Portugal": "PRT", "Qatar": "QAT", "Romania": "ROU", "Russia": "RUS", "Saudi Arabia": "SAU", "Serbia": "SRB",
    "Seychelles": "SYC", "Singapore": "SGP", "Slovakia": "SVK", "Slovenia": "SVN", "South Africa": "ZAF",
    "South Korea": "KOR", "Soviet Union": "SUN", "Spain": "ESP", "Sri Lanka": "LKA", "Sudan": "SDN", "Sweden": "SWE",
    "Switzerland": "CHE", "Syria": "SYR", "Taiwan": "TWN", "Thailand": "THA", "Turkiye": "TUR", "UAE": "ARE",
    "Uganda": "UGA", "Ukraine": "UKR", "United Kingdom": "GBR", "United States": "USA", "Uruguay": "URY",
    "Uzbekistan": "UZB", "Venezuela": "VEN", "Viet Nam": "VNM", "Zimbabwe": "ZWE",
    # spellings of the expenditure workbook
    "Türkiye": "TUR", "United States of America": "USA",
}
NO_STATE = {"unknown supplier(s)", "HoR (Libya)*"}  # counted in the world total, not as a supplier of their own
NAMES = {code: name for name, code in reversed(CODES.items())}

DEAL_HEADER = ["Recipient", "Supplier", "Year of order", " ", "Number ordered", " ", "Weapon designation",
               "Weapon description", "Number delivered", " ", "Year(s) of delivery", "status", "Comments",
               "SIPRI TIV per unit", "SIPRI TIV for total order", "SIPRI TIV of delivered weapons"]
DELIVERY_HEADER = ["SIPRI AT Database ID", "Supplier", "Recipient", "Designation", "Description", "Armament category",
                   "Order date", "Order date is estimate", "Numbers delivered", "Numbers delivered is estimate",
                   "Delivery year", "Delivery year is estimate", "Status", "SIPRI estimate", "TIV deal unit",
                   "TIV delivery values", "Local production"]
COLUMNS = ["record", "deal_id", "year", "supplier", "recipient", "designation", "description", "order_year",
           "order_year_estimated", "first_delivery", "last_delivery", "quantity_ordered", "quantity_delivered",
           "quantity_estimated", "tiv_ordered", "tiv_delivered", "condition", "local_production", "other_recipients",
           "replaces_order_year", "note"]
CONDITIONS = {"New": "new", "Second hand": "second-hand", "Second hand but modernized": "second-hand, modernised"}


def arms_transfers(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Deals, deliveries by year and yearly totals of major conventional arms, in million SIPRI TIV.

    `deal`: one row a deal between the two countries, either way, with any delivery since 1989 (deals register).
    `delivery`: one row a deal and year of delivery since 1995 (deliveries register, which starts there).
    `total`: one row a supplier, recipient and year since 1995, summed from the whole deliveries register: what each
    country of the pair received from each supplier and from the world (WLD), and delivered to the world.
    The two exports are of different days and spell some designations differently; the deals register gives the name.
    """
    first, second = pair
    ways = [(s, r) for a, b in ((first, second), (second, first))
            for s in [a, *PREDECESSOR.get(a, [])] for r in [b, *PREDECESSOR.get(b, [])]]
    register = _deals(upstream)
    deliveries = _deliveries(upstream)
    rows = []
    for way in ways:
        names = (NAMES[way[0]], NAMES[way[1]])
        by_id = {}
        for d in deliveries:
            if (d["Supplier"], d["Recipient"]) == names:
                by_id.setdefault(d["SIPRI AT Database ID"], []).append(d)
        for deal in register:
            if (deal[1], deal[0]) != names:
                continue
            years = [int(y) for y in deal[10].split(";")]
            if max(years) >= FIRST_YEAR:
                rows += _deal_rows(deal, way, years, by_id, register)
        for number, orphans in by_id.items():  # the older export lacks the deal, or has it in other terms
            rows += _delivery_rows(orphans, {"deal_id": number, "supplier": way[0], "recipient": way[1],
                                             "designation": orphans[0]["Designation"]})
    rows += _totals(deliveries, pair)
    return pd.DataFrame(rows, columns=COLUMNS)


def _deal_rows(deal, way, years, by_id, register):
    """The row of one deal and the rows of its deliveries, which it takes out of `by_id`."""
    if len(deal) != len(DEAL_HEADER):
        raise ValueError(f"{DEALS}: a deal with {len(deal)} cells instead of {len(DEAL_HEADER)}: {deal}")
    recipient, _, ordered, guess, quantity, guess_q, name, what, delivered, guess_d, _, status, comment = deal[:13]
    recent = {y for y in years if y >= 1995}
    matches = [k for k, ds in by_id.items() if ds[0]["Order date"] == ordered and ds[0]["Description"] == what
               and {int(d["Delivery year"]) for d in ds} == recent]
    if len(matches) > 1:
        matches = [k for k in matches if by_id[k][0]["Designation"] in name or name in by_id[k][0]["Designation"]]
    slug = re.sub(r"[^a-z0-9]+", "-", f"{name} {what}".lower()).strip("-")
    deal_id = matches[0] if len(matches) == 1 else f"{way[0]}-{way[1]}-{ordered}-{slug}-{min(years)}"
    mine = by_id.pop(deal_id, [])
    replaced = re.search(r"replacing (\d{4}) order", comment)
    same = {"deal_id": deal_id, "supplier": way[0], "recipient": way[1], "designation": name}
    deal_row = same | {
        "record": "deal", "year": int(ordered), "description": what, "order_year": int(ordered),
        "order_year_estimated": guess == "?", "condition": CONDITIONS[status],
        "local_production": mine[0]["Local production"] == "Yes" if mine else None,
        "first_delivery": min(years), "last_delivery": max(years),
        "quantity_ordered": int(quantity) if quantity else None, "quantity_delivered": int(delivered),
        "quantity_estimated": "?" in (guess_q, guess_d), "tiv_ordered": float(deal[14]) or None,
        "tiv_delivered": float(deal[15]),
        "other_recipients": len({d[0] for d in register if d[6:8] == [name, what] and d[0] != recipient
                                 and d[1] in [NAMES[c] for c in (way[0], *PREDECESSOR.get(way[0], []))]}),
        "replaces_order_year": int(replaced[1]) if replaced else None, "note": _note(comment)}
    return [deal_row, *_delivery_rows(mine, same)]


def _delivery_rows(deliveries, same):
    return [same | {
        "record": "delivery", "year": int(d["Delivery year"]), "description": d["Description"],
        "order_year": int(d["Order date"]), "order_year_estimated": d["Order date is estimate"] == "Yes",
        "quantity_delivered": int(d["Numbers delivered"]),
        "quantity_estimated": d["Numbers delivered is estimate"] == "Yes",
        "tiv_delivered": float(d["TIV delivery values"]), "condition": CONDITIONS[d["Status"]],
        "local_production": d["Local production"] == "Yes"} for d in deliveries]


def _note(comment):
    """The facts of SIPRI's comment that the book uses, in our words; the comment itself is not republished."""
    facts = [
        (r"replacing (\d{4}) order for (\S+).*cancelled (\d{4})", r"replaces the \1 order for \2, cancelled in \3"),
        (r"ordered from Soviet Union", "ordered from the Soviet Union, delivered by its successor"),
        (r"^\$ ?([\d.]+) ?b\b", r"deal worth about US$ \1 billion"),
        (r"^\$ ?([\d.]+) ?m\b", r"deal worth about US$ \1 million"),
        (r"(\d+) ordered but probably only (\d+) delivered", r"\1 ordered, probably \2 delivered"),
        (r"against Ukraine", "bought for use against Ukraine"),
        (r"licen[cs]e|assembl", "made or assembled locally, at least in part"),
        (r"[A-Z][a-z]+n designation (?:possibly )?([A-Z][^;]*)", r"recipient's name: \1"),
        (r"delivery planned by (\d{4})", r"delivery planned by \1"),
        (r"status from (\d{4}) uncertain", r"uncertain from \1, given the UN embargo"),
        (r"[Ss]upplier (?:uncertain|could be)", "supplier uncertain"),
        (r"designation uncertain", "type uncertain"),
        (r"[Pp](?:oss|rob)ably [Ss]econd-hand|Possibly [Ss]econd-hand", "possibly second-hand"),
    ]
    found = [m.expand(words) for pattern, words in facts if (m := re.search(pattern, comment))]
    return "; ".join(found)


def _totals(deliveries, pair):
    """Yearly totals of each country of the pair: received by supplier, received in all, delivered in all."""
    sums = {}
    for d in deliveries:
        year, tiv = int(d["Delivery year"]), float(d["TIV delivery values"])
        supplier, recipient = d["Supplier"], d["Recipient"]
        for code in pair:
            keys = []
            if recipient == NAMES[code]:
                keys.append(("WLD", code, year))
                if supplier not in NO_STATE:
                    if supplier not in CODES:
                        raise ValueError(f"{DELIVERIES}: unknown supplier {supplier!r}")
                    keys.append((CODES[supplier], code, year))
            if supplier == NAMES[code]:
                keys.append((code, "WLD", year))
            for key in keys:
                sums[key] = sums.get(key, 0) + tiv
    return [{"record": "total", "deal_id": f"total-{s}-{r}", "year": y, "supplier": s, "recipient": r,
             "tiv_delivered": round(tiv, 3)} for (s, r, y), tiv in sums.items()]


def _deals(upstream):
    """Rows of the deals register, below its header (the file is in code page 1252; a few rows of other countries
    are broken in two by a line end inside a comment, so rows may be short)."""
    lines = (upstream / DEALS).read_text(encoding="cp1252").splitlines()
    table = list(csv.reader(lines))
    starts = [i for i, row in enumerate(table) if row[:2] == DEAL_HEADER[:2]]
    if not starts or table[starts[0]] != DEAL_HEADER:
        raise ValueError(f"{DEALS}: header is not {DEAL_HEADER}")
    return table[starts[0] + 1:]


def _deliveries(upstream):
    """Rows of the deliveries register as dicts (each line of the file ends in a stray semicolon)."""
    lines = [line.rstrip(";") for line in (upstream / DELIVERIES).read_text(encoding="utf-8").splitlines()]
    starts = [i for i, line in enumerate(lines) if line.startswith(DELIVERY_HEADER[0])]
    if not starts or lines[starts[0]].split(",") != DELIVERY_HEADER:
        raise ValueError(f"{DELIVERIES}: header is not {DELIVERY_HEADER}")
    return list(csv.DictReader(lines[starts[0]:]))


def military_spending(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Military expenditure by country and year: constant US$ (whole dollars) and per cent of GDP.

    Sheets "Constant (2023) US$" (US$ million) and "Share of GDP" (a fraction). The sheet's name says 2023 prices,
    but its figures equal the current-price sheet's in 2022, so the base year is found from the two sheets and is 2022.
    Blue figures are SIPRI's estimates and red ones highly uncertain: `quality` says which.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Workbook contains no default style")
        book = openpyxl.load_workbook(upstream / MILEX, data_only=True)
    constant = _milex_sheet(book, "Constant (2023) US$")
    current = _milex_sheet(book, "Current US$")
    share = _milex_sheet(book, "Share of GDP")
    codes = sorted({*COMPARED, *pair})
    bases = [y for y in range(1991, 2024) if all(
        abs(constant[c, y][0] - current[c, y][0]) < 0.01 for c in codes if (c, y) in constant and (c, y) in current)]
    if len(bases) != 1:
        raise ValueError(f"{MILEX}: constant and current US$ are equal in {bases}, so the base year is not known")
    prices = f"US$ at constant {bases[0]} prices and exchange rates"
    rows = []
    for code, year in constant:
        if code in codes:
            value, quality = constant[code, year]
            rows.append((code, year, "SIPRI", "constant_usd", prices, round(value * 1e6), quality))
    for code, year in share:
        if code in codes:
            value, quality = share[code, year]
            rows.append((code, year, "SIPRI", "share_of_gdp", "% of GDP", round(value * 100, 6), quality))
    return pd.DataFrame(rows, columns=["country", "year", "source", "measure", "unit", "value", "quality"])


def _milex_sheet(book, name):
    """{(country, year): (value, quality)} of one sheet; "..." (no data) and "xxx" (no such state) are left out."""
    rows = book[name].iter_rows(max_col=40)
    for header in rows:
        if header[0].value == "Country":
            break
    else:
        raise ValueError(f'{MILEX}, sheet "{name}": no header that starts with "Country"')
    years = {i: int(c.value) for i, c in enumerate(header) if isinstance(c.value, float)}
    if list(years.values()) != list(range(1991, 2024)):
        raise ValueError(f'{MILEX}, sheet "{name}": years in the header are {list(years.values())}, not 1991-2023')
    colours = {12: "estimate", 10: "highly uncertain"}
    values = {}
    for row in rows:
        if row[0].value not in CODES:  # regions, and countries that the book does not compare
            continue
        for i, year in years.items():
            if isinstance(row[i].value, float):
                colour = row[i].font.color
                index = colour.indexed if colour is not None and colour.type == "indexed" else None
                quality = colours.get(index, "reported")
                values[CODES[row[0].value], year] = (row[i].value, quality)
    return values
