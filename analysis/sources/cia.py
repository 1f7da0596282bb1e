"""Central Intelligence Agency: The World Factbook, its proved natural gas reserves by edition."""

from pathlib import Path

import pandas as pd

from analysis.sources.opec import GAS_HOLDERS, RESERVES
from ledger.core.sources import formats

# The Factbook's names of the countries that the energy chapter compares. All other rows of the file (territories without
# gas, small holders, the European Union) are not used.
NAMES = {
    "AGO": "Angola", "ARE": "United Arab Emirates", "AZE": "Azerbaijan", "BOL": "Bolivia", "BRN": "Brunei",
    "CHN": "China", "DZA": "Algeria", "EGY": "Egypt", "GNQ": "Equatorial Guinea", "IDN": "Indonesia", "IRN": "Iran",
    "IRQ": "Iraq", "KAZ": "Kazakhstan", "LBY": "Libya", "MOZ": "Mozambique", "MRT": "Mauritania", "MYS": "Malaysia",
    "NGA": "Nigeria", "NLD": "Netherlands", "NOR": "Norway", "OMN": "Oman", "PER": "Peru", "QAT": "Qatar",
    "RUS": "Russia", "SAU": "Saudi Arabia", "SEN": "Senegal", "TKM": "Turkmenistan", "TTO": "Trinidad and Tobago",
    "USA": "United States", "VEN": "Venezuela", "WLD": "World",
}  # fmt: skip


def reserves(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Proved gas reserves (bcm) by country and edition of the Factbook, 2003 to 2025.

    `year` is the year of the edition, not of the figure: an edition repeats figures that are one to many years old. The
    file is in trillion cubic metres. The world has no row in the editions of 2022 and 2023. One of the pair that is not
    among NAMES (no large holder) has no rows.
    """
    path = upstream / "cia-factbook" / "cia_natural_gas_proved_reserves_by_edition_tcm.csv"
    editions = [str(year) for year in range(2003, 2026)]
    table = formats.csv_table(path, ["name", *editions], numbers=editions).set_index("name")
    missing = [name for name in NAMES.values() if name not in table.index]
    if missing:
        raise ValueError(f"{path.name}: expected rows named {missing}")
    rows = []
    for country in sorted((GAS_HOLDERS | set(pair)) & set(NAMES)):
        figures = table.loc[NAMES[country]]
        rows += [
            (
                country,
                int(edition),
                "gas",
                "CIA World Factbook",
                "bcm",
                round(figures[edition] * 1000, 6),
            )
            for edition in editions
            if pd.notna(figures[edition])
        ]
    return pd.DataFrame(rows, columns=RESERVES)
