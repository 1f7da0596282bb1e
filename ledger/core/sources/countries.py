"""Translate institutions' names of countries into codes of ISO 3166, by country_converter."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ledger.core.sources.strict import FormError, shown


@functools.cache
def converter():
    """Return country_converter's CountryConverter, for today's countries.

    Its table is read here as text: with pandas 3 it takes Namibia's code NA for a missing value.
    """
    import country_converter

    table = pd.read_csv(
        Path(country_converter.__file__).with_name("country_data.tsv"),
        sep="\t",
        dtype=str,
        keep_default_na=False,
    )
    # it warns of every name that it does not find, which is for the caller to judge
    logging.getLogger("country_converter").setLevel(logging.ERROR)
    today = table[table["obsolete"] == ""].assign(obsolete=None)
    return country_converter.CountryConverter(country_data=today)


@functools.cache
def _converted(name: str) -> str | None:
    code = converter().convert(name, src="regex", to="ISO3", not_found="-")
    return None if code == "-" or not isinstance(code, str) else code  # a list: of two countries


def find_code(name: str, exceptions: Mapping[str, str | None]) -> str | None:
    """Return the ISO 3166 code of a country (three letters), None for a name that is no country's.

    `exceptions` has the names that country_converter does not know, or takes for another country.
    """
    return exceptions[name] if name in exceptions else _converted(name)


def country_code(name: str, exceptions: Mapping[str, str | None], where: str) -> str:
    """Return the code of a country as `find_code` does, and refuse a name that is no country's.

    Raises
    ------
    FormError
        Names the place in the file (`where`: file, sheet or row), and the name.
    """
    if code := find_code(name, exceptions):
        return code
    mend = "If the institution spells it so, add it to the exceptions of the connector."
    raise FormError(where, f"unknown country {shown(name)}", "a country's name", mend)
