"""Central Intelligence Agency: The World Factbook, its editions of 2003 to 2025 made into one CSV.

Terms: US Government work, public domain.
"""

from pathlib import Path

import pandas as pd

from analysis.connectors.opec import GAS_HOLDERS, RESERVES
from ledger.core.sources import countries, formats
from ledger.core.sources.strict import FormError, csv_rows, shown

FILE = "cia-factbook/cia_natural_gas_proved_reserves_by_edition_tcm.csv"
EDITIONS = [str(year) for year in range(2003, 2026)]
# Left out are all other countries (small holders, territories without gas), and what is none:
LEFT_OUT = {
    "European Union": "its members stand in the file",
    "Netherlands Antilles": "is no more",
    "Serbia and Montenegro": "is no more",
    "Virgin Islands": "without gas",
    "Wake Island": "without gas",
}
WORLD = (100, 400)  # trillion cubic metres that the world has: in another unit it would have more
# the Factbook's names of the countries that the energy chapter compares
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
    FormError
        Names file, row and column that are not as expected.
    """
    table = _read(upstream / FILE)
    rows = [
        (country, int(edition), "gas", "CIA World Factbook", "bcm", round(value * 1000, 6))
        for country in sorted((GAS_HOLDERS | set(pair)) & set(NAMES))
        for edition, value in table.loc[NAMES[country]].dropna().items()
    ]
    return pd.DataFrame(rows, columns=RESERVES)


def _read(path: Path) -> pd.DataFrame:
    """Return the editions by name of a country."""
    header, _ = csv_rows(path)
    if more := [name for name in header if name.isdigit() and name not in EDITIONS]:
        found = f"the column {shown(more[0])}"
        raise FormError(path.name, found, "the editions of EDITIONS, to which it may be added")
    table = formats.read_csv(path, ["name", *EDITIONS], numbers=EDITIONS)
    names = table["name"]
    formats.refuse_cells(path, names, names.duplicated(), "is a duplicate", "one row a country")
    known = {*NAMES.values(), *LEFT_OUT}
    wrong = names.map(lambda name: name not in known and not countries.find_code(str(name), {}))
    formats.refuse_cells(path, names, wrong, "is no country", "a country, or a name in LEFT_OUT")
    table = table.set_index("name")
    if missing := [name for name in NAMES.values() if name not in table.index]:
        raise FormError(path.name, "rows are missing", f"rows named {missing}")
    world = table.loc[NAMES["WLD"]].dropna()
    if not world.between(*WORLD).all():
        found = f"the world has {world.max():,} or {world.min():,}"
        raise FormError(f"{path.name}, row World", found, f"{WORLD} trillion cubic metres")
    return table
