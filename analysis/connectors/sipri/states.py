"""SIPRI's names of states and of other parties."""

from ledger.core.sources import countries

EXCEPTIONS = {
    # unknown to country_converter; the Soviet Union is a supplier of its own, to 1991
    "Soviet Union": "SUN",
    "USSR": "SUN",
    "European Union**": "EUU",
    # states of the past, and one that is not recognised, which it takes for states of today
    "Czechoslovakia": None,
    "North Yemen": None,
    "South Yemen": None,
    "Yemen, North": None,
    "Yemen Arab Republic (North Yemen)": None,
    "Northern Cyprus": None,
}


def state_code(name: str) -> str | None:
    """Return a state's code of three letters, None for a name that is no state's."""
    if is_marked(name) and name not in EXCEPTIONS:
        return None
    return countries.find_code(name, EXCEPTIONS)


def is_marked(name: str) -> bool:
    """Tell whether SIPRI marks a party as no state (one star: rebels, two: an organisation)."""
    return name.endswith("*") or name.startswith("unknown ")
