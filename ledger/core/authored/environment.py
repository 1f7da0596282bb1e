"""Variables of the environment that set how a book is built: one line for each that is nonsense."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ledger.core.authored.days import is_day

WANTED = {
    "LEDGER_JOBS": ("[1-9][0-9]{0,3}", "the number of chapters that may run at once, from 1 up"),
    "LEDGER_ENGINE": ("fork|kernels", "what runs the chapters: fork (on Linux) or kernels"),
    # the last second that archives can hold is in 2107
    "SOURCE_DATE_EPOCH": ("[0-3]?[0-9]{1,9}", "a time in whole seconds since 1970, as 1700000000"),
    "LEDGER_COMMIT": (r"\S+ +\S+( +changed)?", "a commit and its date, as 1a2b3c4 2026-11-28"),
    "LEDGER_RELEASE": (r"v[0-9][\w.]*", "the tag of a version, as v2026.12"),
}


def faults(environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Yield a line for each variable that cannot be used. One that is empty counts as not set."""
    folder = environ.get("LEDGER_BOOK")
    if folder and not Path(folder, "book.yml").is_file():
        yield (
            f"LEDGER_BOOK is {folder!r} in the environment, and must be the folder of a book, "
            "with its book.yml. Set it anew, or unset it."
        )
    for name, (pattern, wanted) in WANTED.items():
        value = environ.get(name, "").strip()
        usable = re.fullmatch(pattern, value, re.A)
        if name == "LEDGER_COMMIT" and usable:
            usable = is_day(value.split()[1])
        if value and not usable:
            yield (
                f"{name} is {value[:60]!r} in the environment, and must be {wanted}. "
                "Set it anew, or unset it."
            )
