"""Bound the time that a page may take: what a pull request writes may be made to be slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ledger.commands.compare.files import SiteError
from ledger.core.system.deadline import deadline

SECONDS = 10.0  # for a page; the largest of this book take less than one
MOST = 6  # pages that may take longer, in a site

Result = TypeVar("Result")


class SlowError(Exception):
    """What was begun took too long."""


def in_time(call: Callable[[], Result], page: str, slow: list[str]) -> Result | None:
    """Return what `call` returns; None, and the page's name in `slow`, where it takes too long.

    Raises SiteError for more pages than MOST that do.
    """
    try:
        with deadline(SECONDS, SlowError):
            return call()
    except SlowError:
        slow.append(page)
    if len(slow) > MOST:
        pages = ", ".join(slow)
        raise SiteError(
            f"{pages} take more than {SECONDS:.0f} seconds each: this is no site of a book. "
            "Look at these pages by hand"
        )
    return None
