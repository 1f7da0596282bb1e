"""Fingerprint what a page depends on: a name and a hash of the content.

A process that computes something for a page records what it used (`table NAME`, `file PATH`, `the
lock`, `Python`). A page is stale as soon as one of these fingerprints has changed. This module
imports nothing heavy: the build asks it thirty times before it decides that nothing is to be done.
"""

from __future__ import annotations

import functools
import hashlib
import json
import platform
import re
import sysconfig
from pathlib import Path

from ledger.core.config import DATA, PACKAGE, ROOT
from ledger.core.files import digest, recover

GLOBAL = ("the lock", "Python", "file book.yml")  # every executed chapter depends on them

PIN = re.compile(r"^([a-zA-Z0-9][\w.-]*)==([^ ;\\\s]+)", re.M)  # a line of the lock

recorded: dict[str, str] = {}  # what this process has used so far, name → fingerprint


def record(name: str) -> None:
    """Record that this process uses `name` (see `fingerprint`); the first record counts."""
    if name not in recorded:
        recorded[name] = fingerprint(name)


def fingerprint(name: str) -> str:
    """Return the present fingerprint of an input: a hash, or a word where there is none.

    Names: `table NAME` (rows and entry of the descriptor), `the names of the tables`, `file PATH`
    (from the book's folder, or of the machine: `file ledger/…`), `the lock`, `Python`.
    """
    if name == "Python":
        return platform.python_version()
    if name == "the lock":
        return _lock(_text(ROOT / "requirements.txt"))
    if name == "the names of the tables":
        return _hash("\n".join(_described()).encode())
    kind, _, rest = name.partition(" ")
    if kind == "file":
        return _of_file((PACKAGE.parent if rest.startswith(f"{PACKAGE.name}/") else ROOT) / rest)
    if kind != "table":
        raise ValueError(f"no input is named {name!r}")
    if (entry := _described().get(rest)) is None:
        return "not described"
    rows = _of_file(DATA / str(entry.get("path")))
    return _hash(json.dumps(entry, sort_keys=True).encode() + rows.encode())


def stale(known: dict[str, str]) -> list[str]:
    """Return the names in `known` (name → fingerprint) that have changed, sorted."""
    return sorted(name for name, before in known.items() if fingerprint(name) != before)


def of_text(text: str) -> str:
    """Return the hash that `file PATH` has when the file holds `text`, whatever its line ends."""
    return _hash(text.encode("utf-8"))


@functools.lru_cache(maxsize=2)
def _lock(locked: str) -> str:
    """Return the hash of the lock, and of the packages that were installed in other versions."""
    pinned: dict[str, set[str]] = {}  # a package may have a version for each Python
    for name, version in PIN.findall(locked):
        pinned.setdefault(name, set()).add(version)
    found = installed()
    others = [
        f"{name} {found[name]}"
        for name, versions in pinned.items()
        if name in found and found[name] not in versions
    ]
    return of_text("\n".join([locked, *others]))


def installed() -> dict[str, str]:
    """Return the version of each package of this environment, read off the names of folders.

    To ask importlib.metadata for each takes a tenth of a second.
    """
    folders = Path(sysconfig.get_path("purelib")).glob("*.dist-info")
    names = (folder.name.removesuffix(".dist-info").rpartition("-") for folder in folders)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, _, version in names}


def _text(path: Path) -> str:
    """Return a file's text, without byte-order mark and with plain line ends; empty for none."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        return ""


def _of_file(path: Path) -> str:
    try:
        return digest(path, _of_content)
    except OSError:
        return "missing"


def _of_content(raw: bytes) -> str:
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
