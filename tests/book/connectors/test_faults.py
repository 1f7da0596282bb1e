"""Promise: a file whose form an institution changed is refused, with the place and the fault."""

import re

import pytest
from connector_files import PAIR, read_fails, text_of, write
from institution import needs_upstream

from analysis.connectors import (
    cia,
    eia,
    our_world_in_data,
    sipri,
    ucdp,
    un_security_council,
    world_bank,
)
from analysis.connectors.sipri.arms import DEALS, DELIVERIES

pytestmark = needs_upstream

BATTLES = "ucdp-brd/BattleDeaths_v24_1.csv"
FACTBOOK = cia.FILE
REPORT = "eia-crude-exports/INT-Export-08-08-2020_06-00-39.csv"
ENERGY = "owid-energy/owid-energy-data.subset.csv"
GDP, MILITARY = "worldbank-gdp/gdp.csv", "wdi-milex/data.csv"

# file → the function that reads it, files that it reads besides
READ_BY = {
    DEALS: (sipri.arms_transfers, [DELIVERIES]),
    DELIVERIES: (sipri.arms_transfers, [DEALS]),
    BATTLES: (ucdp.syria_conflict, []),
    un_security_council.VETOES: (un_security_council.vetoes, []),
    FACTBOOK: (cia.reserves, []),
    REPORT: (eia.exports, []),
    ENERGY: (our_world_in_data.electricity_mix, []),
    GDP: (world_bank.gdp, []),
    MILITARY: (world_bank.military_spending, []),
}
# file: what is replaced wherever it stands, by what, and what the error says
FAULTS = {
    DEALS: [
        ("SIPRI TIV per unit", "SIPRI TIV", "header"),
        ("Year of order, ,", "Year of order,", "header"),
        (
            "Afghanistan,Turkiye,2007,,24,,",
            'Afghanistan,Turkiye,2007,,"2,4",,',
            "line 13, Number ordered: '2,4' is no number",
        ),
        ("2007,Second hand,", "2007,Third hand,", "line 13, status: 'Third hand'"),
    ],
    DELIVERIES: [
        ("TIV delivery values", "TIV", "header"),
        (
            "0.25,0.1,1.2,No",
            '0.25,0.1,"1,2",No',
            "line 13, TIV delivery values: '1,2' is no number",
        ),
        (
            "2011,No,Second hand,0.25,0.1,1.2,No",
            "2011,No,Second hand,0.25",
            "line 13: not 17 cells",
        ),
    ],
    FACTBOOK: [
        ("2025", "2026", "it has no column ['2025']"),
        ("Russia,", "Russian Federation,", "expected rows named ['Russia']"),
        (",0.04998,", ',"0,04998",', "row 2, column 2003: '0,04998' is no number"),
    ],
    GDP: [
        ("Value", "Amount", "no column ['Value']"),
        ("ISR,", "ISX,", "no rows for ['ISR']"),
    ],
    MILITARY: [
        ("Value", "Amount", "no column ['Value']"),
        ("ISR,", "ISX,", "no rows for ['ISR']"),
    ],
}


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [(file, *fault) for file, faults in FAULTS.items() for fault in faults],
)
def test_a_file_that_changed_is_refused_with_its_place(tmp_path, file, before, after, message):
    text, (connector, others) = text_of(file), READ_BY[file]
    assert before in text
    write(tmp_path, file, text.replace(before, after))
    for other in others:
        write(tmp_path, other, text_of(other))
    read_fails(connector, tmp_path, message)


@pytest.mark.parametrize(
    ("file", "pattern", "message"),
    [
        (
            REPORT,
            r"(?<=INTL\.57-4-IRN-TBPD\.A).*",
            r"series INTL.57-4-IRN-TBPD.A, \d+: '\d+,\d+' is no number",
        ),
        (ENERGY, r"(?<=,)\d+\.\d+(?=,)", r"row \d+, column \w+: '\d+,\d+' is no number"),
    ],
)
def test_a_comma_is_no_decimal_point(tmp_path, file, pattern, message):
    def with_comma(match):
        return re.sub(r'"?(\d+)\.(\d+)"?', r'"\1,\2"', match[0])

    write(tmp_path, file, re.sub(pattern, with_comma, text_of(file)))
    with pytest.raises(ValueError, match=f"csv, {message}"):
        READ_BY[file][0](tmp_path, PAIR)


@pytest.mark.parametrize("file", READ_BY)
def test_a_file_that_is_not_there_is_named(tmp_path, file):
    connector, others = READ_BY[file]
    for other in others:
        write(tmp_path, other, text_of(other))
    with pytest.raises(FileNotFoundError, match=file.split("/")[0]):
        connector(tmp_path, PAIR)
