"""Global Energy Monitor: the Global Gas Infrastructure Tracker, as compiled for its map on 8 October 2024."""

from pathlib import Path

import openpyxl
import pandas as pd

COLUMNS = [
    "project_id", "project", "segment", "role", "market", "status", "capacity_bcm", "counts_capacity", "start_year",
    "start_country", "end_country", "route", "url",
]  # fmt: skip

# What the energy chapter needs of the tracker's 3,067 pipeline segments, chosen by hand for Russia and Iran: the lines
# between the two, each one's lines for export or import, and the routes that compete with them. For each: role, the
# market its gas is for, where the segment starts and ends in the direction of the gas (the tracker names the countries in
# no fixed order), and whether its capacity counts. It does not when another row here already counts it: a phase or
# a continuation of one line, or an earlier plan for it.
BETWEEN, RUSSIAN, IRANIAN, RIVAL = "between the two", "russian export", "iranian export or import", "competing route"
SELECTED = {
    frozenset({"IRN", "RUS"}): {
        "P0748": (BETWEEN, "Iran", "AZE", "IRN", True),
        "P0751": (BETWEEN, "Iran", "RUS", "AZE", False),  # carries to P0748
        "P5984": (BETWEEN, "Iran", "AZE", "IRN", False),  # carries on from P0748
        "P2352": (RUSSIAN, "China", "RUS", "RUS", True),
        "P2353": (RUSSIAN, "China", "RUS", "RUS", False),  # phase II of P2352: one line, one 38 bcm
        "P5409": (RUSSIAN, "China", "RUS", "CHN", True),
        "P0734": (RUSSIAN, "China", "RUS", "RUS", False),  # the Russian part of P5409
        "P3895": (RUSSIAN, "China", "RUS", "CHN", True),
        "P5410": (RUSSIAN, "China", "RUS", "KAZ", True),
        "P0753": (RUSSIAN, "Europe", "RUS", "DEU", True),
        "P0752": (RUSSIAN, "Europe", "RUS", "DEU", True),
        "P0769": (RUSSIAN, "Europe", "RUS", "DEU", True),
        "P0768": (RUSSIAN, "Europe", "RUS", "UKR", True),
        "P0761": (RUSSIAN, "Europe", "RUS", "UKR", True),
        "P0774": (RUSSIAN, "Europe", "RUS", "UKR", True),
        "P0760": (RUSSIAN, "Europe", "RUS", "ITA", True),
        "P0806": (RUSSIAN, "Europe", "BLR", "SVK", True),
        "P0736": (RUSSIAN, "Türkiye", "RUS", "TUR", True),
        "P2227": (RUSSIAN, "Türkiye", "RUS", "TUR", True),
        "P0765": (RUSSIAN, "Türkiye", "RUS", "TUR", True),
        "P1368": (RUSSIAN, "Europe", "RUS", "TUR", True),
        "P1472": (RUSSIAN, "South Caucasus", "RUS", "GEO", True),
        "P0459": (IRANIAN, "Türkiye", "IRN", "TUR", True),
        "P0449": (IRANIAN, "South Caucasus", "IRN", "ARM", True),
        "P0450": (IRANIAN, "Iraq and the Levant", "IRN", "LBN", True),
        "P0457": (IRANIAN, "Europe", "IRN", "ESP", True),
        "P0452": (IRANIAN, "South Asia", "IRN", "PAK", True),
        "P0451": (IRANIAN, "South Asia", "IRN", "IND", False),  # the earlier plan for P0452
        "P3174": (IRANIAN, "South Asia", "IRN", "PAK", True),
        "P2225": (IRANIAN, "Oman", "IRN", "OMN", True),
        "P0742": (IRANIAN, "Iran", "TKM", "IRN", True),
        "P0749": (IRANIAN, "Iran", "TKM", "IRN", True),
        "P0763": (RIVAL, "Europe", "GEO", "TUR", True),
        "P0759": (RIVAL, "Europe", "AZE", "TUR", False),  # carries to P0763
        "P0724": (RIVAL, "Europe", "TUR", "ITA", False),  # carries on from P0763
        "P0764": (RIVAL, "Europe", "TKM", "AZE", True),
        "P0708": (RIVAL, "Europe", "TUR", "AUT", True),
        "P0732": (RIVAL, "Europe", "AZE", "ROU", True),
        "P0735": (RIVAL, "Europe", "AZE", "ROU", True),
        "P0458": (RIVAL, "Europe", "QAT", "BGR", True),
        "P0827": (RIVAL, "Europe", "ISR", "GRC", True),
        "P0684": (RIVAL, "Europe", "NOR", "POL", True),
        "P0766": (RIVAL, "South Asia", "TKM", "IND", True),
        "P2719": (RIVAL, "South Caucasus", "TUR", "AZE", True),
        "P2299": (RIVAL, "China", "TKM", "CHN", True),
        "P2300": (RIVAL, "China", "TKM", "CHN", True),
        "P1124": (RIVAL, "China", "TKM", "CHN", True),
        "P2030": (RIVAL, "China", "TKM", "CHN", True),
    }
}

COUNTRIES = {
    "Afghanistan": "AFG", "Albania": "ALB", "Armenia": "ARM", "Austria": "AUT", "Azerbaijan": "AZE", "Belarus": "BLR",
    "Bulgaria": "BGR", "China": "CHN", "Croatia": "HRV", "Cyprus": "CYP", "Denmark": "DNK", "Finland": "FIN",
    "France": "FRA", "Georgia": "GEO", "Germany": "DEU", "Greece": "GRC", "Hungary": "HUN", "India": "IND",
    "Iran": "IRN", "Iraq": "IRQ", "Israel": "ISR", "Italy": "ITA", "Jordan": "JOR", "Kazakhstan": "KAZ",
    "Kyrgyzstan": "KGZ", "Lebanon": "LBN", "Mongolia": "MNG", "Norway": "NOR", "Oman": "OMN", "Pakistan": "PAK",
    "Poland": "POL", "Qatar": "QAT", "Romania": "ROU", "Russia": "RUS", "Saudi Arabia": "SAU", "Serbia": "SRB",
    "Slovakia": "SVK", "Slovenia": "SVN", "Spain": "ESP", "Sweden": "SWE", "Switzerland": "CHE", "Syria": "SYR",
    "Tajikistan": "TJK", "Turkmenistan": "TKM", "Türkiye": "TUR", "Ukraine": "UKR", "Uzbekistan": "UZB",
}  # fmt: skip


def pipelines(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """One row a pipeline segment or phase: status, capacity in bcm a year, start year, countries passed.

    Only the segments chosen in SELECTED; a pair without a selection has no rows. Status, capacity, start year and route are
    the tracker's; role, market, direction and counts_capacity are the book's. Start years of lines not built are plans.
    The file has no lengths.
    """
    path = upstream / "gem-ggit" / "ggit_2024-10-08.xlsx"
    sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
    lines = sheet.iter_rows(values_only=True)
    header = list(next(lines))
    if header[:10] != ["id", "url", "name", "unit-name", "status", "areas", "owner", "parent", "capacity", "start-year"]:
        raise ValueError(f"{path.name}, sheet {sheet.title}: unexpected header {header[:10]}")
    tracker = {line[0]: dict(zip(header, line, strict=True)) for line in lines}
    selected = SELECTED.get(frozenset(pair), {})
    rows = []
    for project_id, (role, market, start, end, counts) in selected.items():
        if project_id not in tracker:
            raise ValueError(f"{path.name}: no pipeline {project_id}")
        line = tracker[project_id]
        areas = line["areas"].split(", ")
        unknown = [area for area in areas if area not in COUNTRIES]
        if unknown:
            raise ValueError(f"{path.name}, {project_id}: unknown countries {unknown}")
        route = [COUNTRIES[area] for area in areas]
        if start not in route or end not in route:
            raise ValueError(f"{path.name}, {project_id}: {start} or {end} is not among its countries {route}")
        if line["capacity"] is not None and line["capacity-table"] != f"{float(line['capacity'])} bcm/y of gas":
            raise ValueError(f"{path.name}, {project_id}: capacity {line['capacity']} is not {line['capacity-table']!r}")
        rows.append(
            {
                "project_id": project_id,
                "project": line["name"].strip(),
                "segment": (line["unit-name"] or "").strip(),
                "role": role,
                "market": market,
                "status": line["status"],
                "capacity_bcm": line["capacity"],
                "counts_capacity": counts and line["capacity"] is not None,
                "start_year": None if line["start-year"] is None else int(line["start-year"]),
                "start_country": start,
                "end_country": end,
                "route": ";".join(route),
                "url": line["url"],
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)
