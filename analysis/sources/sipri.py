"""SIPRI: the Arms Transfers Database (two exports of the trade register) and the Military Expenditure Database."""

import csv
import functools
import re
import warnings
from pathlib import Path

import pandas as pd

from ledger.core.sources import formats

DEALS = "sipri-register-deals/trade-register.csv"
DELIVERIES = "sipri-register-deliveries/trade_register.csv"
MILEX = (
    "sipri-milex",
    "SIPRI-Milex-data*.xlsx",
)  # the years are part of the name that SIPRI gives the workbook
START = 1950  # of the deals register: with fewer years, deals would lack a part of their deliveries
FIRST_YEAR = 1989  # of deals: the first year in which one must have had a delivery
FIRST_DELIVERY = 1995  # of deliveries one by one, and of the totals
FIRST_SPENDING = 1991
COMPARED = ["IRN", "ISR", "RUS", "SAU", "TUR", "USA"]
PREDECESSOR = {"RUS": ["SUN"]}  # SIPRI lists the Soviet Union as a supplier of its own, to 1991

CODES = {
    "Albania": "ALB",
    "Algeria": "DZA",
    "Angola": "AGO",
    "Argentina": "ARG",
    "Armenia": "ARM",
    "Aruba": "ABW",
    "Australia": "AUS",
    "Austria": "AUT",
    "Azerbaijan": "AZE",
    "Bahamas": "BHS",
    "Bahrain": "BHR",
    "Belarus": "BLR",
    "Belgium": "BEL",
    "Bosnia-Herzegovina": "BIH",
    "Brazil": "BRA",
    "Brunei": "BRN",
    "Bulgaria": "BGR",
    "Cambodia": "KHM",
    "Canada": "CAN",
    "Chile": "CHL",
    "China": "CHN",
    "Colombia": "COL",
    "Congo": "COG",
    "Costa Rica": "CRI",
    "Cote d'Ivoire": "CIV",
    "Croatia": "HRV",
    "Cyprus": "CYP",
    "Czechia": "CZE",
    "DR Congo": "COD",
    "Denmark": "DNK",
    "Dominican Republic": "DOM",
    "Ecuador": "ECU",
    "Egypt": "EGY",
    "Eritrea": "ERI",
    "Estonia": "EST",
    "Ethiopia": "ETH",
    "European Union**": "EUU",
    "Finland": "FIN",
    "France": "FRA",
    "Georgia": "GEO",
    "Germany": "DEU",
    "Ghana": "GHA",
    "Greece": "GRC",
    "Hungary": "HUN",
    "India": "IND",
    "Indonesia": "IDN",
    "Iran": "IRN",
    "Ireland": "IRL",
    "Israel": "ISR",
    "Italy": "ITA",
    "Japan": "JPN",
    "Jordan": "JOR",
    "Kazakhstan": "KAZ",
    "Kuwait": "KWT",
    "Kyrgyzstan": "KGZ",
    "Latvia": "LVA",
    "Lebanon": "LBN",
    "Libya": "LBY",
    "Lithuania": "LTU",
    "Luxembourg": "LUX",
    "Malawi": "MWI",
    "Malaysia": "MYS",
    "Malta": "MLT",
    "Mexico": "MEX",
    "Moldova": "MDA",
    "Montenegro": "MNE",
    "Morocco": "MAR",
    "Netherlands": "NLD",
    "New Zealand": "NZL",
    "Nicaragua": "NIC",
    "Nigeria": "NGA",
    "North Korea": "PRK",
    "North Macedonia": "MKD",
    "Norway": "NOR",
    "Oman": "OMN",
    "Pakistan": "PAK",
    "Panama": "PAN",
    "Peru": "PER",
    "Philippines": "PHL",
    "Poland": "POL",
    "Portugal": "PRT",
    "Qatar": "QAT",
    "Romania": "ROU",
    "Russia": "RUS",
    "Saint Kitts and Nevis": "KNA",
    "Saint Vincent": "VCT",
    "Saudi Arabia": "SAU",
    "Serbia": "SRB",
    "Seychelles": "SYC",
    "Singapore": "SGP",
    "Slovakia": "SVK",
    "Slovenia": "SVN",
    "South Africa": "ZAF",
    "South Korea": "KOR",
    "Soviet Union": "SUN",
    "Spain": "ESP",
    "Sri Lanka": "LKA",
    "Sudan": "SDN",
    "Sweden": "SWE",
    "Switzerland": "CHE",
    "Syria": "SYR",
    "Taiwan": "TWN",
    "Thailand": "THA",
    "Turkiye": "TUR",
    "UAE": "ARE",
    "Uganda": "UGA",
    "Ukraine": "UKR",
    "United Kingdom": "GBR",
    "United States": "USA",
    "Uruguay": "URY",
    "Uzbekistan": "UZB",
    "Venezuela": "VEN",
    "Viet Nam": "VNM",
    "Zimbabwe": "ZWE",
    "eSwatini": "SWZ",
    # spellings of the expenditure workbook
    "Türkiye": "TUR",
    "United States of America": "USA",
    "Bosnia and Herzegovina": "BIH",
    "Cape Verde": "CPV",
    "Congo, DR": "COD",
    "Congo, Republic": "COG",
    "Gambia, The": "GMB",
    "Korea, North": "PRK",
    "Korea, South": "KOR",
    "Kyrgyz Republic": "KGZ",
    "Timor Leste": "TLS",
    "United Arab Emirates": "ARE",
}
NAMES = {
    code: name for name, code in reversed(CODES.items())
}  # where SIPRI has none of its own, country_converter's

DEAL_HEADER = [
    "Recipient",
    "Supplier",
    "Year of order",
    " ",
    "Number ordered",
    " ",
    "Weapon designation",
    "Weapon description",
    "Number delivered",
    " ",
    "Year(s) of delivery",
    "status",
    "Comments",
    "SIPRI TIV per unit",
    "SIPRI TIV for total order",
    "SIPRI TIV of delivered weapons",
]
DEALT = [2, 8, 15]  # numbers that every deal has; those ordered and their TIV may be blank
DELIVERY_HEADER = [
    "SIPRI AT Database ID",
    "Supplier",
    "Recipient",
    "Designation",
    "Description",
    "Armament category",
    "Order date",
    "Order date is estimate",
    "Numbers delivered",
    "Numbers delivered is estimate",
    "Delivery year",
    "Delivery year is estimate",
    "Status",
    "SIPRI estimate",
    "TIV deal unit",
    "TIV delivery values",
    "Local production",
]
DELIVERED = ["Order date", "Numbers delivered", "Delivery year", "TIV delivery values"]  # numbers
COLUMNS = [
    "record",
    "deal_id",
    "year",
    "supplier",
    "recipient",
    "designation",
    "description",
    "order_year",
    "order_year_estimated",
    "first_delivery",
    "last_delivery",
    "quantity_ordered",
    "quantity_delivered",
    "quantity_estimated",
    "tiv_ordered",
    "tiv_delivered",
    "condition",
    "local_production",
    "other_recipients",
    "replaces_order_year",
    "note",
]
CONDITIONS = {
    "New": "new",
    "Second hand": "second-hand",
    "Second hand but modernized": "second-hand, modernised",
}


def arms_transfers(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Deals, deliveries by year and yearly totals of major conventional arms, in million SIPRI TIV.

    `deal`: one row a deal between the two countries, either way, with any delivery since 1989 (deals register).
    `delivery`: one row a deal and year of delivery since 1995 (deliveries register, which starts there).
    `total`: one row a supplier, recipient and year since 1995, summed from the whole deliveries register: what each
    country of the pair received from each supplier and from the world (WLD), and delivered to the world.
    The two exports are of different days and spell some designations differently; the deals register gives the name.
    Orders without a delivery, which newer exports may hold, have no row.
    """
    first, second = pair
    ways = [
        (s, r)
        for a, b in ((first, second), (second, first))
        for s in [a, *PREDECESSOR.get(a, [])]
        for r in [b, *PREDECESSOR.get(b, [])]
    ]
    register = _deals(upstream)
    deliveries = _deliveries(upstream)
    rows = []
    for way in ways:
        names = (_name(way[0]), _name(way[1]))
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
        for (
            number,
            orphans,
        ) in by_id.items():  # the older export lacks the deal, or has it in other terms
            rows += _delivery_rows(
                orphans,
                {
                    "deal_id": number,
                    "supplier": way[0],
                    "recipient": way[1],
                    "designation": orphans[0]["Designation"],
                },
            )
    rows += _totals(deliveries, pair)
    return pd.DataFrame(rows, columns=COLUMNS)


def _deal_rows(deal, way, years, by_id, register):
    """The row of one deal and the rows of its deliveries, which it takes out of `by_id`."""
    (
        recipient,
        _,
        ordered,
        guess,
        quantity,
        guess_q,
        name,
        what,
        delivered,
        guess_d,
        _,
        status,
        comment,
    ) = deal[:13]
    recent = {y for y in years if y >= FIRST_DELIVERY}
    matches = [
        k
        for k, ds in by_id.items()
        if ds[0]["Order date"] == ordered
        and ds[0]["Description"] == what
        and {int(d["Delivery year"]) for d in ds} == recent
    ]
    if len(matches) > 1:
        matches = [
            k
            for k in matches
            if by_id[k][0]["Designation"] in name or name in by_id[k][0]["Designation"]
        ]
    slug = re.sub(r"[^a-z0-9]+", "-", f"{name} {what}".lower()).strip("-")
    deal_id = (
        matches[0] if len(matches) == 1 else f"{way[0]}-{way[1]}-{ordered}-{slug}-{min(years)}"
    )
    mine = by_id.pop(deal_id, [])
    replaced = re.search(r"replacing (\d{4}) order", comment)
    same = {"deal_id": deal_id, "supplier": way[0], "recipient": way[1], "designation": name}
    deal_row = same | {
        "record": "deal",
        "year": int(ordered),
        "description": what,
        "order_year": int(ordered),
        "order_year_estimated": guess == "?",
        "condition": CONDITIONS[status],
        "local_production": mine[0]["Local production"] == "Yes" if mine else None,
        "first_delivery": min(years),
        "last_delivery": max(years),
        "quantity_ordered": int(quantity) if quantity else None,
        "quantity_delivered": int(delivered),
        "quantity_estimated": "?" in (guess_q, guess_d),
        "tiv_ordered": float(deal[14] or 0) or None,
        "tiv_delivered": float(deal[15]),
        "other_recipients": len(
            {
                d[0]
                for d in register
                if d[6:8] == [name, what]
                and d[0] != recipient
                and d[1] in [_name(c) for c in (way[0], *PREDECESSOR.get(way[0], []))]
            }
        ),
        "replaces_order_year": int(replaced[1]) if replaced else None,
        "note": _note(comment),
    }
    return [deal_row, *_delivery_rows(mine, same)]


def _delivery_rows(deliveries, same):
    return [
        same
        | {
            "record": "delivery",
            "year": int(d["Delivery year"]),
            "description": d["Description"],
            "order_year": int(d["Order date"]),
            "order_year_estimated": d["Order date is estimate"] == "Yes",
            "quantity_delivered": int(d["Numbers delivered"]),
            "quantity_estimated": d["Numbers delivered is estimate"] == "Yes",
            "tiv_delivered": float(d["TIV delivery values"]),
            "condition": CONDITIONS[d["Status"]],
            "local_production": d["Local production"] == "Yes",
        }
        for d in deliveries
    ]


def _note(comment):
    """The facts of SIPRI's comment that the book uses, in our words; the comment itself is not republished."""
    facts = [
        (
            r"replacing (\d{4}) order for (\S+).*cancelled (\d{4})",
            r"replaces the \1 order for \2, cancelled in \3",
        ),
        (r"ordered from Soviet Union", "ordered from the Soviet Union, delivered by its successor"),
        (r"^\$ ?([\d.]+) ?b\b", r"deal worth about US$ \1 billion"),
        (r"^\$ ?([\d.]+) ?m\b", r"deal worth about US$ \1 million"),
        (r"(\d+) ordered but probably only (\d+) delivered", r"\1 ordered, probably \2 delivered"),
        (r"against Ukraine", "bought for use against Ukraine"),
        (r"licen[cs]e|assembl", "made or assembled locally, at least in part"),
        (r"[A-Z][a-z]+n designation (?:possibly )?([A-Z][^;]*)", r"recipient's name: \1"),
        (r"delivery planned by (\d{4})", r"delivery planned by \1"),
        (
            r"status from (\d{4}) uncertain.*UN arms embargo",
            r"uncertain from \1, given the UN embargo",
        ),
        (r"[Ss]upplier (?:uncertain|could be)", "supplier uncertain"),
        (r"designation uncertain", "type uncertain"),
        (r"[Pp](?:oss|rob)ably [Ss]econd-hand|Possibly [Ss]econd-hand", "possibly second-hand"),
    ]
    found = [m.expand(words) for pattern, words in facts if (m := re.search(pattern, comment))]
    return "; ".join(found)


@functools.cache
def _name(code):
    """The name by which the registers know a country; a code that is no country's is nobody's name."""
    return NAMES.get(code) or formats.countries().convert(
        code, src="ISO3", to="name_short", not_found="no country"
    )


def _totals(deliveries, pair):
    """Yearly totals of each country of the pair: received by supplier, received in all, delivered in all."""
    others = dict(formats.countries().data[["name_short", "ISO3"]].values)
    sums = {}
    for d in deliveries:
        year, tiv = int(d["Delivery year"]), float(d["TIV delivery values"])
        supplier, recipient = d["Supplier"], d["Recipient"]
        for code in pair:
            keys = []
            if recipient == _name(code):
                keys.append(("WLD", code, year))
                known = CODES.get(supplier) or others.get(supplier)
                if known:
                    keys.append((known, code, year))
                elif not (
                    supplier.endswith("*") or supplier == "unknown supplier(s)"
                ):  # SIPRI's mark of what is no state
                    raise ValueError(f"{DELIVERIES}: unknown supplier {supplier!r}")
            if supplier == _name(code):
                keys.append((code, "WLD", year))
            for key in keys:
                sums[key] = sums.get(key, 0) + tiv
    return [
        {
            "record": "total",
            "deal_id": f"total-{s}-{r}",
            "year": y,
            "supplier": s,
            "recipient": r,
            "tiv_delivered": round(tiv, 3),
        }
        for (s, r, y), tiv in sums.items()
    ]


def _deals(upstream):
    """Rows of the deals register with a delivery, below its header (a few rows are broken in two by a line end inside
    a comment, and are joined)."""
    table = list(csv.reader(_text(upstream / DEALS).splitlines()))
    starts = [i for i, row in enumerate(table) if row[:2] == DEAL_HEADER[:2]]
    if not starts or table[starts[0]] != DEAL_HEADER:
        raise ValueError(
            f"{DEALS}: header is not {DEAL_HEADER}" + (f" but {table[starts[0]]}" if starts else "")
        )
    rows, part = [], []
    for number, row in enumerate(table[starts[0] + 1 :], starts[0] + 2):
        row = [*part[:-1], f"{part[-1]} {row[0]}", *row[1:]] if part and row else row
        part = row if 12 < len(row) < len(DEAL_HEADER) else []
        if part or not row:
            continue
        if len(row) != len(DEAL_HEADER):
            raise ValueError(
                f"{DEALS}, line {number}: a deal with {len(row)} cells instead of {len(DEAL_HEADER)}: {row}"
            )
        if not row[10].strip():
            continue
        years = row[10].split(";")
        checked = [(DEAL_HEADER[i], row[i]) for i in DEALT] + [
            (DEAL_HEADER[i], row[i] or "0") for i in (4, 14)
        ]
        _check_numbers(DEALS, number, checked + [(DEAL_HEADER[10], year) for year in years])
        if row[11] not in CONDITIONS:
            raise ValueError(
                f"{DEALS}, line {number}, status: {row[11]!r} is none of {list(CONDITIONS)}"
            )
        rows.append(row)
    if part:
        raise ValueError(f"{DEALS}: the last line is cut short: {part}")
    first, recipients = (
        min((int(y) for row in rows for y in row[10].split(";")), default=None),
        {row[0] for row in rows},
    )
    if first is None or first > START or len(recipients) < 100:
        raise ValueError(
            f"{DEALS}: deals of {len(recipients)} recipients from {first}; the export must be of all countries and of all years from {START}"
        )
    return rows


def _deliveries(upstream):
    """Rows of the deliveries register since 1995 as dicts (each line of the file ends in a stray semicolon)."""
    lines = [line.rstrip(";") for line in _text(upstream / DELIVERIES).splitlines()]
    starts = [i for i, line in enumerate(lines) if line.startswith(DELIVERY_HEADER[0])]
    if not starts or lines[starts[0]].split(",") != DELIVERY_HEADER:
        raise ValueError(
            f"{DELIVERIES}: header is not {DELIVERY_HEADER}"
            + (f" but {lines[starts[0]]}" if starts else "")
        )
    rows = list(csv.DictReader(lines[starts[0] :]))
    for number, row in enumerate(rows, starts[0] + 2):
        if None in row or None in row.values():
            raise ValueError(
                f"{DELIVERIES}, line {number}: not {len(DELIVERY_HEADER)} cells: {list(row.values())}"
            )
        _check_numbers(DELIVERIES, number, [(column, row[column]) for column in DELIVERED])
        if row["Status"] not in CONDITIONS:
            raise ValueError(
                f"{DELIVERIES}, line {number}, Status: {row['Status']!r} is none of {list(CONDITIONS)}"
            )
    first, recipients = (
        min((int(row["Delivery year"]) for row in rows), default=None),
        {row["Recipient"] for row in rows},
    )
    if first is None or first > FIRST_DELIVERY or len(recipients) < 100:
        raise ValueError(
            f"{DELIVERIES}: deliveries to {len(recipients)} recipients from {first}; the export must be of all countries, from {FIRST_DELIVERY} or earlier"
        )
    return [row for row in rows if int(row["Delivery year"]) >= FIRST_DELIVERY]


def _text(path):
    """The text of a register: exports come in UTF-8 and in code page 1252."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return path.read_text(encoding="cp1252")


def _check_numbers(file, line, cells):
    for column, value in cells:
        if not re.fullmatch(r"\d+(\.\d+)?", value.strip()):
            raise ValueError(f"{file}, line {line}, {column}: {value!r} is no number")


def military_spending(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Military expenditure by country and year from 1991: constant US$ (whole dollars) and per cent of GDP.

    Sheets "Constant (YYYY) US$" (US$ million) and "Share of GDP" (a fraction). The year in the sheet's name need not be
    that of its prices (a workbook that says 2023 has prices of 2022), so the base year is the one in which its figures
    equal those of the sheet of current prices. Blue figures are SIPRI's estimates and red ones highly uncertain:
    `quality` says which.
    """
    path = _workbook(upstream)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Workbook contains no default style")
        book = formats.workbook(path)
    codes = sorted({*COMPARED, *pair})
    try:
        constant = _milex_sheet(book, path, r"Constant \(\d{4}\) US\$", "US$m", "constant", codes)
        current = _milex_sheet(book, path, r"Current US\$", "US$m", "current", codes)
        share = _milex_sheet(
            book, path, r"Share of GDP", "percentage", "grossdomesticproduct", codes
        )
    finally:
        book.close()
    high = [key for key in share if share[key][0] > 1]
    if len(high) > len(share) / 20:  # a state at war may spend more than its GDP
        raise ValueError(
            f'{path.name}, sheet "Share of GDP": {share[high[0]][0]} for {high[0]} is no fraction, as was expected'
        )
    both = {
        year: [c for c in codes if (c, year) in constant and (c, year) in current]
        for year in sorted({year for _, year in constant})
    }
    bases = [
        y
        for y, found in both.items()
        if found and all(abs(constant[c, y][0] - current[c, y][0]) < 0.01 for c in found)
    ]
    if len(bases) != 1:
        raise ValueError(
            f"{path.name}: constant and current US$ are equal in {bases}, so the base year is not known"
        )
    prices = f"US$ at constant {bases[0]} prices and exchange rates"
    rows = [
        (code, year, "SIPRI", "constant_usd", prices, round(value * 1e6), quality)
        for (code, year), (value, quality) in constant.items()
    ]
    rows += [
        (code, year, "SIPRI", "share_of_gdp", "% of GDP", round(value * 100, 6), quality)
        for (code, year), (value, quality) in share.items()
    ]
    return pd.DataFrame(
        rows, columns=["country", "year", "source", "measure", "unit", "value", "quality"]
    )


def _workbook(upstream):
    folder, pattern = MILEX
    found = sorted((upstream / folder).glob(pattern))
    if len(found) != 1:
        raise FileNotFoundError(
            f"{upstream / folder}: {len(found)} files are named {pattern}; there must be one"
        )
    return found[0]


def _milex_sheet(book, path, pattern, unit, kind, codes):
    """{(country, year): (value, quality)} of one sheet, of the countries in `codes` and from 1991.

    "..." (no data) and "xxx" (no such state) are left out. The lines above the header must name unit and kind.
    """
    names = [name for name in book.sheetnames if re.fullmatch(pattern, name.strip())]
    if len(names) != 1:
        raise ValueError(
            f"{path.name}: {len(names)} sheets are named like {pattern}; there are {book.sheetnames}"
        )
    where = f'{path.name}, sheet "{names[0]}"'
    rows, above = book[names[0]].iter_rows(), ""
    for header in rows:
        cells = [cell.value for cell in header]
        if any(isinstance(value, str) and value.strip() == "Country" for value in cells):
            break
        above += "".join("".join(value.split()) for value in cells if isinstance(value, str))
    else:
        raise ValueError(f'{where}: no header that starts with "Country"')
    if unit.lower() not in above.lower() or kind.lower() not in above.lower():
        raise ValueError(
            f"{where}: the lines above the header do not say {unit} and {kind}: {above[:200]!r}"
        )
    place = next(
        i for i, value in enumerate(cells) if isinstance(value, str) and value.strip() == "Country"
    )
    years = {i: int(value) for i, value in enumerate(cells) if isinstance(value, (int, float))}
    listed = list(years.values())
    if (
        not listed
        or listed[0] > FIRST_SPENDING
        or listed != list(range(listed[0], listed[0] + len(listed)))
    ):
        raise ValueError(
            f"{where}: years in the header are {listed}, not every year from {FIRST_SPENDING} or earlier"
        )
    wanted = {name: code for name, code in CODES.items() if code in codes} | {
        _name(code): code for code in codes
    }
    values, met = {}, set()
    for row in rows:
        name = (
            row[place].value.strip()
            if len(row) > place and isinstance(row[place].value, str)
            else None
        )
        if name not in wanted:  # regions, and countries that are not compared
            continue
        code = wanted[name]
        if code in met:
            raise ValueError(f"{where}: {code} stands in two rows")
        met.add(code)
        for i, year in years.items():
            cell = row[i] if i < len(row) else None
            if cell is None or year < FIRST_SPENDING or cell.value is None:
                continue
            if isinstance(cell.value, (int, float)):
                values[code, year] = (cell.value, _quality(cell, where))
            elif cell.value.strip(". ") not in ("", "xxx"):
                raise ValueError(f"{where}, {name}, {year}: {cell.value!r} is no number")
    if missing := set(COMPARED) - met:
        raise ValueError(
            f"{where}: no row for {sorted(missing)}, or SIPRI spells the name in another way"
        )
    return values


def _quality(cell, where):
    """What the colour of a figure says: blue, red, or neither."""
    from openpyxl.styles.colors import COLOR_INDEX

    colour = cell.font.color
    if colour is None or colour.type == "auto" or colour.type == "theme" and colour.theme in (0, 1):
        return "reported"
    if colour.type == "indexed":
        code = (
            COLOR_INDEX[colour.indexed] if colour.indexed < len(COLOR_INDEX) else "000000"
        )  # beyond: the system's own
    else:
        code = str(colour.value)
    if colour.type != "theme" and re.fullmatch(r"(?:[0-9A-F]{2})?[0-9A-F]{6}", code):
        red, green, blue = (int(code[-6:][i : i + 2], 16) for i in (0, 2, 4))
        if max(red, green, blue) - min(red, green, blue) < 48:
            return "reported"
        if max(red, blue) > green and red != blue:
            return "estimate" if blue > red else "highly uncertain"
    raise ValueError(
        f"{where}, cell {cell.coordinate}: the figure is neither blue, red nor black ({colour.type} {code})"
    )
