"""The locks pin every package once, with its hashes, and have nothing else in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from checks import text
from ledger.core.authored.loaders import FileError, read_text

PIN = re.compile(r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)==(?P<version>\S+)(?: ; (?P<marker>.+))? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?P<more> \\)?")
COMMENT = re.compile(r" *#.*|")
BINDER = ".binder/requirements.txt"
LOCKED = "-r ../requirements-lab.txt"  # all that stands there
MEND = "Do not edit it by hand: `git checkout -- {}` takes it back, `make lock` writes it anew."


class Pin(NamedTuple):
    """A package of a lock, with the line on which it stands."""

    line: int
    name: str
    marker: str  # of the systems and Pythons that it is for
    content: frozenset[str]  # its version and hashes


def locks() -> Iterator[str]:
    """Locks pin every package once, with its hashes, and name no index and no other file."""
    known: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}
    for path in sorted(text.ROOT.glob("requirements*.txt")):
        name = path.relative_to(text.ROOT).as_posix()
        try:
            pins = list(_pins(name, read_text(text.ROOT, name)))
            _refuse_twice(name, pins)
        except FileError as error:
            yield str(error)
            continue
        for pin in pins:
            other, content = known.setdefault((pin.name, pin.marker), (name, pin.content))
            if content != pin.content:
                problem = f"{pin.name} has another version or other hashes than in {other}."
                yield str(FileError(name, pin.line, f"{problem} {MEND.format(name)}"))
    if (text.ROOT / BINDER).exists():
        try:
            alone = read_text(text.ROOT, BINDER).split() == LOCKED.split()
        except FileError as error:
            yield str(error)
        else:
            if not alone:
                yield f"{BINDER}:1: it names more than the lock. Write {LOCKED} alone."


def _pins(name: str, lock: str) -> Iterator[Pin]:
    """Give the packages of a lock. Raises FileError for a line that does not belong there."""
    pin, content, goes_on = None, [], False
    for number, line in enumerate(lock.split("\n"), 1):
        if goes_on and (hashed := HASH.fullmatch(line)):
            content.append(line.strip(" \\"))
            if not (goes_on := bool(hashed["more"])):
                yield Pin(*pin, frozenset(content))
        elif goes_on:
            raise _error(name, number, f"the hashes of {pin[1]} break off")
        elif found := PIN.fullmatch(line):
            _refuse_odd(name, number, found)
            pin = (number, found["name"], found["marker"] or "")
            content, goes_on = [found["version"]], True
        elif not COMMENT.fullmatch(line):
            what = "is neither a package pinned by == whose hashes follow nor a hash of one"
            raise _error(name, number, f"{line.strip()[:60]!r} {what}")
    if goes_on:
        raise _error(name, number, f"the hashes of {pin[1]} break off")
    if pin is None:
        raise _error(name, 1, "it pins nothing")


def _refuse_odd(name: str, number: int, found: re.Match) -> None:
    from packaging.markers import InvalidMarker, Marker
    from packaging.version import InvalidVersion, Version

    try:
        Version(found["version"])
        Marker(found["marker"] or "python_version > '3'")
    except (InvalidMarker, InvalidVersion) as error:
        raise _error(name, number, f"{found['name']}: {str(error).splitlines()[0]}") from None


def _refuse_twice(name: str, pins: list[Pin]) -> None:
    """Raise FileError for a package that stands twice, unless each is for other Pythons."""
    seen: dict[str, list[Pin]] = {}
    for pin in pins:
        for other in seen.setdefault(pin.name, []):
            if not (pin.marker and other.marker) or pin.marker == other.marker:
                raise _error(name, pin.line, f"{pin.name} stands twice, first on line {other.line}")
        seen[pin.name].append(pin)


def _error(name: str, number: int, problem: str) -> FileError:
    return FileError(name, number, f"{problem}. {MEND.format(name)}")
