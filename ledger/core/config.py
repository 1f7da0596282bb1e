"""Where the book and the machine stand."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent  # the machine
MARK = "_config.yml"  # what the folder of a book has


def _find() -> Path:
    """Return the book's folder: LEDGER_BOOK, or the nearest one above, or what is packed with the machine."""
    if named := os.environ.get("LEDGER_BOOK"):
        return Path(named).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / MARK).is_file() and (folder / "data" / "datapackage.json").is_file():
            return folder
    return PACKAGE / "book" if (PACKAGE / "book").is_dir() else PACKAGE.parent


ROOT = _find()
INSTALLED = ROOT == PACKAGE / "book"  # pyproject.toml packs there what chapters read
DATA = ROOT / "data"
