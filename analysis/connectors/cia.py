"""Central Intelligence Agency: The World Factbook, its editions of 2003 to 2025 made into one CSV.

Terms: US Government work, public domain.
"""

from pathlib import Path

import pandas as pd

from analysis.connectors.opec import GAS_HOLDERS, RESERVES
from ledger.core.sources import formats

FILE = "cia-factbook/cia_natural_gas_proved_reserves_by_edition_tcm.csv"
EDITIONS = [str(year) for year in range(2003, 2026)]
# The Factbook's names of the countries that the energy chapter compares. All other rows of the file
# (territories without gas, small holders, the European Union) are not used.
NAMES = {
    "AGO": "Angola", "ARE": "United Arab Emirates", "AZE": "Azerbaijan", "BOL": "Bolivia",
    "BRN": "Brunei", "CHN": "China", "DZA": "Algeria", "EGY": "Egypt", "GNQ": "Equatorial Guinea",
    "IDN": "Indonesia", "IRN": "Iran", "IRQ": "Iraq", "KAZ": "Kazakhstan", "LBY": "Libya",
    "MOZ": "Mozambique", "MRT": "Mauritania", "MYS": "Malaysia", "NGA": "Nigeria",
    "NLD": "Netherlands", "NOR": "Norway", "OMN": "Oman", "PER": "Peru", "QAT": "Qatar",
    "RUS": "Russia", "SAU": "Saudi Arabia", "SEN": "Senegal", "TKM": "Turkmenistan",
    "TTO": "Trinidad and Tobago", "USA": "United States", "VEN": "Venezuela", "WLD": "World",
}  # fmt: skip


def reserves(upstream: Path, pair: tuple[str, str]) -> pd.DataFrame:
    """Return proved gas reserves by country and edition of the Factbook, 2003 to 2025.

    The world has no row in the editions of 2022 and 2023.

    Parameters
    ----------
    upstream
        Folder with FILE, in trillion cubic metres.
    pair
        ISO 3166 codes of the two countries; one that is not among NAMES (no large holder) has no
        rows. GAS_HOLDERS are read too.

    Returns
    -------
    DataFrame
        RESERVES, in bcm; one row a country and edition. `year` is that of the edition, not of the
        figure: an edition repeats figures that are one to many years old.

    Raises
    ------
    ValueError
        Names file, row and column that are not as expected.
    """
    path = upstream / FILE
    table = formats.read_csv(path, ["name", *EDITIONS], numbers=EDITIONS).set_index("name")
    if missing := [name for name in NAMES.values() if name not in table.index]:
        raise ValueError(f"{path.name}: expected rows named {missing}")
    rows = [
        (country, int(edition), "gas", "CIA World Factbook", "bcm", round(value * 1000, 6))
        for country in sorted((GAS_HOLDERS | set(pair)) & set(NAMES))
        for edition, value in table.loc[NAMES[country]].dropna().items()
    ]
    return pd.DataFrame(rows, columns=RESERVES)
