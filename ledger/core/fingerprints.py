"""What a page depends on, by name and by content.

A process that computes something for a page notes what it used (`table gdp`, `file ledger/core/charts/plots.py`, `the lock`, `Python`) with a
hash of what it found. A page is stale as soon as one of these hashes is no longer the present one. This module imports nothing
heavy: the build asks it thirty times before it decides that nothing is to be done.
"""

from __future__ import annotations

import functools
import hashlib
import json
import platform
from pathlib import Path

from ledger.core.config import DATA, PACKAGE, ROOT
from ledger.core.files import recover

GLOBAL = ("the lock", "Python", "file book.yml")  # every executed chapter depends on them

recorded: dict[str, str] = {}  # what this process has used so far, with the hash it found


def record(name: str) -> None:
    """Remember that this process uses `name` (see `fingerprint`), with its present hash; the first note of a name counts."""
    if name not in recorded:
        recorded[name] = fingerprint(name)


def fingerprint(name: str) -> str:
    """Return the present hash of an input, or a word where it has none.

    Names: `table NAME` (its rows and its entry of the descriptor), `the names of the tables`, `file PATH` (from the book's
    folder, or of the machine: `file ledger/…`), `the lock`, `Python`.
    """
    if name == "Python":
        return platform.python_version()
    if name == "the lock":
        return _of_file(ROOT / "requirements.txt")
    if name == "the names of the tables":
        return _hash("\n".join(_described()).encode())
    kind, _, rest = name.partition(" ")
    if kind == "file":
        return _of_file((PACKAGE.parent if rest.startswith(f"{PACKAGE.name}/") else ROOT) / rest)
    if kind != "table":
        raise ValueError(f"no input is named {name!r}")
    entry = _described().get(rest)
    return (
        _hash(
            json.dumps(entry, sort_keys=True).encode()
            + _of_file(DATA / str(entry.get("path"))).encode()
        )
        if entry
        else "not described"
    )


def stale(known: dict[str, str]) -> list[str]:
    """Return the names of `known` (name → hash) whose hash is no longer the present one, sorted."""
    return sorted(name for name, before in known.items() if fingerprint(name) != before)


def of_text(text: str) -> str:
    """Return the hash that `file PATH` has when the file holds `text`, whatever its line ends."""
    return _hash(text.encode("utf-8"))


def _of_file(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError:
        return "missing"
    try:  # an editor's byte-order mark and line ends are no change of content
        return of_text(raw.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        return _hash(raw)


def _hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:32]


def _described() -> dict[str, dict]:
    """Return the descriptor's entries by name; none where it cannot be read."""
    recover(DATA)
    try:
        return _entries((DATA / "datapackage.json").read_bytes())
    except (OSError, ValueError, KeyError, TypeError):
        return {}


@functools.lru_cache(maxsize=2)
def _entries(descriptor: bytes) -> dict[str, dict]:
    return {
        entry["name"]: entry for entry in json.loads(descriptor.decode("utf-8-sig"))["resources"]
    }
