"""SIPRI's names of states and of other parties."""

from ledger.core.sources import countries

EXCEPTIONS = {
    # unknown to country_converter; the Soviet Union is a supplier of its own, to 1991
    "Soviet Union": "SUN",
    "USSR": "SUN",
    "European Union**": "EUU",
    "European Union": None,  # in the workbook of spending: a sum
    # states of the past, and one that is not recognised, which it takes for states of today
    "Czechoslovakia": None,
    "North Yemen": None,
    "South Yemen": None,
    "Yemen, North": None,
    "Yemen Arab Republic (North Yemen)": None,
    "Northern Cyprus": None,
    "East Germany (GDR)": None,
    "German Democratic Republic": None,
    "Yugoslavia": None,
    "South Vietnam": None,
    "Biafra": None,
    "Katanga": None,
    # headings of regions, which in the workbook of 2026 have dots where states have figures
    "East Asia": None,
    "Central Asia": None,
}


def state_code(name: str) -> str | None:
    """Return a state's code of three letters, None for a name that is no state's."""
    if is_marked(name) and name not in EXCEPTIONS:
        return None
    return countries.find_code(name, EXCEPTIONS)


def check_party(name: str, place: str) -> None:
    """Refuse a name that is neither a state's, nor on the list, nor marked as no state's."""
    if name not in EXCEPTIONS and not is_marked(name):
        countries.country_code(name, EXCEPTIONS, place)


def is_marked(name: str) -> bool:
    """Tell whether SIPRI marks a party as no state (one star: rebels, two: an organisation)."""
    return name.endswith("*") or name.startswith("unknown ")
