"""Report when each source was retrieved, when its next edition is due, and how it is had."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

from ledger.core import tables, text
from ledger.core.sources.registry import REGISTRY, Source, sources


def today() -> datetime.date:
    """Return the day in UTC, by which editions are dated."""
    return datetime.datetime.now(datetime.UTC).date()


def overview(
    folder: Path = tables.DATA, registry: Path = REGISTRY, day: datetime.date | None = None
) -> str:
    """Return all sources as text for a terminal: tables, editions, ages, schedule, terms, key."""
    day, package = day or today(), tables.descriptor(folder)
    return "\n\n".join(
        "\n".join(_described(source, package, day)) for source in sources(registry).values()
    )


def _described(source: Source, package: dict, day: datetime.date) -> list[str]:
    lines = [f"{source.name}: {source.institution} ({source.how})"]
    for resource in package["resources"]:
        if resource["name"] in source.tables:
            lines += [
                f"  {resource['name']}: {entry['edition']}; {_age(entry['retrieved'], day)}"
                for entry in source.entries(resource)
            ]
    lines += [
        f"  published: {source.published}; {_expected(source, package, day)}",
        f"  format: {source.format}; from {source.address}",
        f"  terms: {source.terms}",
    ]
    if spec := source.api_key_spec:
        needed = "needed" if spec["required"] else "not needed"
        state = "set" if source.api_key else "not set"
        lines.append(f"  key: {spec['variable']}, {needed}, {state}; from {spec['page']}")
    if source.files:
        command = f"python -m ledger refresh {next(iter(source.tables))} --file FILE"
        lines.append(f"  by hand: download {' and '.join(source.files)} there, then {command}")
    if source.newer:
        lines.append(f"  overdue: {source.newer}")
    if source.note:
        lines.append(f"  note: {source.note}")
    return lines


def _expected(source: Source, package: dict, day: datetime.date) -> str:
    if date := source.due(package):
        return f"next expected {date.isoformat()}" + (": overdue" if date < day else "")
    return "no next edition expected" if source.how == "closed" else "no fixed date"


def overdue(
    folder: Path = tables.DATA, registry: Path = REGISTRY, day: datetime.date | None = None
) -> list[str]:
    """Return a line for each source whose next edition should be out: since when, what to do."""
    day, package, lines = day or today(), tables.descriptor(folder), []
    for source in sources(registry).values():
        date = source.due(package)
        if source.newer:
            lines.append(f"{source.name}: {source.newer}, which the tables do not hold")
        if date and date < day:
            command = f"python -m ledger refresh {' '.join(source.tables)}"
            if not source.automatic:
                command = f"download it at {source.address}, then {command} --file FILE"
            lines.append(
                f"{source.name}: an edition was expected on {date.isoformat()}, "
                f"{text.plural((day - date).days, 'day')} ago: {command}, or, if the institution "
                "is late, a later date in data/sources.yml"
            )
    return lines


def _age(retrieved: str, day: datetime.date) -> str:
    """Return a date of retrieval (year, month or day) with its age."""
    parts = re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?$", retrieved)
    if not parts:
        return f"retrieved: {retrieved}"
    years, month = day.year - int(parts[1]), int(parts[2] or 0)
    months = 12 * years + (day.month - month if month else 0)
    if month and months < 24:
        age = f"{text.plural(months, 'month')} ago" if months else "this month"
    else:
        age = f"{years} years ago" if years > 0 else "this year"
    return f"retrieved {retrieved}, {age}"
