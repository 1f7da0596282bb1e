"""Days that people write: when a page was seen, an edition is due, a version was released."""

from __future__ import annotations

import datetime
import re

FIRST = datetime.date(1990, 1, 1)  # a day before it is a slip of a figure


def today() -> datetime.date:
    """Return the day that it is where it is latest, 14 hours ahead of UTC: none after it has come.

    What an author in the east dates today is right on a machine in the west.
    """
    return datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=14))).date()


def is_day(value: object) -> bool:
    """Tell whether a value of YAML is a day since the web began, as a date or as text."""
    if isinstance(value, datetime.datetime):
        return False
    if isinstance(value, datetime.date):
        return value >= FIRST
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.A):
        return False
    try:
        return datetime.date.fromisoformat(value) >= FIRST
    except ValueError:
        return False
