"""Build tables from the institutions' files: run connectors, apply corrections, keep other rows."""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from ledger.core import table_files, tables
from ledger.core.config import book
from ledger.core.files import exclusive_lock, replace_files
from ledger.core.sources.registry import Source, sources
from ledger.upkeep.revisions import Change, Row, parse_rows
from ledger.upkeep.store import MANIFEST

RENEW = "Remove or renew the correction, then: python -m ledger accept corrections"


class RefreshError(ValueError):
    """A table could not be brought up to date: says which, why, and what to do."""


def rebuild(
    upstream: Path, folder: Path = tables.DATA, only: list[str] | None = None, say=print
) -> list[str]:
    """Rebuild tables in `folder` from the files below `upstream`; return the names that changed.

    Manual tables are checked and left as they are. Every table is built and checked before the
    first file is written.

    Raises
    ------
    tables.TableError
        A table that was built breaks its schema, or `only` names one that is not there.
    FileNotFoundError
        `upstream` is not there.
    files.LockedError
        Another process writes `folder`.
    """
    if not upstream.is_dir():
        raise FileNotFoundError(f"no folder of institutions' files at {upstream}")
    with exclusive_lock(folder):  # also while it reads: what others write must not be undone
        return _rebuild(upstream, folder, only, say)


def _rebuild(upstream: Path, folder: Path, only: list[str] | None, say) -> list[str]:
    package = tables.descriptor(folder)
    for name in only or []:
        tables.describe(name, folder)
    texts, changed = {}, []
    for resource in package["resources"]:
        name = resource["name"]
        if only and name not in only:
            continue
        if resource["connectors"] == tables.MANUAL:
            tables.load(name, folder)
            say(f"{name}: kept by hand, checked")
            continue
        content = build(resource, upstream, folder)
        tables.check_text(content, resource, folder)
        path = folder / resource["path"]
        # a damaged file is what a rebuild mends
        before = path.read_text("utf-8-sig", "replace") if path.exists() else ""
        say(f"{name}: {Change(resource, before, content)}")
        if content != before or table_files.content_hash(content) != resource["hash"]:
            table_files.set_hash(resource, content)
            texts[resource["path"]] = content
            changed.append(name)
    if texts:
        replace_files(folder, {**texts, "datapackage.json": table_files.to_json(package)})
    return changed


def build(resource: dict, upstream: Path, folder: Path = tables.DATA) -> str:
    """Return the canonical CSV text of one table, from the institutions' files below `upstream`.

    Rows that a refresh has downloaded since stay as they are in `folder`, unless `upstream` holds
    downloads too: the copies there are older.

    Parameters
    ----------
    resource : descriptor of the table; its `connectors` lists them as "module:function".

    Raises
    ------
    ValueError
        A connector names file, sheet and header that are not as it expects.
    RefreshError
        A correction no longer fits.
    """
    registry = sources()

    def is_current(source: Source) -> bool:
        refreshed = any("fetched" in entry for entry in source.entries(resource))
        return not refreshed or (upstream / source.name / MANIFEST).exists()

    connectors = [
        connector
        for connector, its_sources in sources_by_connector(resource, registry).items()
        if all(is_current(source) for source in its_sources)
    ]
    return assemble(resource, connectors, upstream, folder, registry)


def sources_by_connector(resource: dict, registry: dict[str, Source]) -> dict[str, list[Source]]:
    """Return the connectors of a table, each with the sources it reads."""
    connectors: dict[str, list[Source]] = {name: [] for name in resource["connectors"]}
    for source in registry.values():
        if function := source.tables.get(resource["name"]):
            connectors.setdefault(f"{source.module}:{function}", []).append(source)
    return connectors


def assemble(
    resource: dict,
    connectors: list[str],
    upstream: Path,
    folder: Path,
    registry: dict[str, Source],
) -> str:
    """Return a table's text: rows of `connectors` built and corrected, others as in `folder`."""
    by_connector, name = sources_by_connector(resource, registry), resource["name"]
    filters = [row_filter(resource, by_connector[each], registry) for each in connectors]

    def is_built(row: Row) -> bool:
        return any(matches(row) for matches in filters)

    rows = _run_connectors(resource, connectors, upstream)
    for connector, matches in zip(connectors, filters, strict=True):
        if not any(matches(row) for row in rows):
            raise RefreshError(f"table {name}: {connector} finds no row at all about the pair")
    for row in rows:
        if not is_built(row):
            raise RefreshError(
                f"table {name}: a connector made a row that data/sources.yml does not count as "
                f"its own: {row}"
            )
    rows = apply_corrections(name, rows, folder, is_built)
    if set(connectors) != set(by_connector):
        current = parse_rows(table_files.read_text(name, folder / resource["path"]))
        rows += [row for row in current if not is_built(row)]
    return format_rows(rows, resource)


def _run_connectors(resource: dict, connectors: Iterable[str], upstream: Path) -> list[Row]:
    frames = []
    for connector in connectors:
        module, function = connector.split(":")
        build_rows = getattr(importlib.import_module(module), function)
        frames.append(build_rows(upstream, book().pair))
    if not (frames := [frame for frame in frames if len(frame)]):
        return []
    return parse_rows(table_files.to_text(pd.concat(frames, ignore_index=True), resource))


def format_rows(rows: list[Row], resource: dict) -> str:
    """Return rows of cells as the canonical CSV text, in the order of the table's key."""
    fields = resource["schema"]["fields"]
    is_number = {field["name"]: field["type"] in ("integer", "number") for field in fields}

    def place(row: Row) -> tuple:
        return tuple(
            float(row[column]) if is_number[column] else row[column]
            for column in resource["schema"]["primaryKey"]
        )

    out = io.StringIO()
    writer = csv.DictWriter(out, [field["name"] for field in fields], lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=place))
    return out.getvalue()


def row_filter(
    resource: dict, own: list[Source], registry: dict[str, Source]
) -> Callable[[Row], bool]:
    """Return a function that tells whether a row (or a key) is built from the sources `own`.

    A source counts as its own the rows that data/sources.yml says, or those whose `source` is its
    label. Where another source says it more closely (label and edition), the row is that one's.
    """
    table = resource["name"]
    has_source = any(field["name"] == "source" for field in resource["schema"]["fields"])

    def rule(source: Source) -> dict[str, set[str]]:
        columns = source.rows.get(table, {"source": [source.label]} if has_source else {})
        return {
            column: {str(value) for value in (values if isinstance(values, list) else [values])}
            for column, values in columns.items()
        }

    def fits(row: Row, columns: dict[str, set[str]]) -> bool:
        return all(row.get(column) in {None, *values} for column, values in columns.items())

    rules = [rule(source) for source in own]
    others = [
        rule(source) for source in registry.values() if table in source.tables and source not in own
    ]
    closer = [other for other in others if any(other.keys() > each.keys() for each in rules)]
    return lambda row: (
        any(fits(row, each) for each in rules) and not any(fits(row, each) for each in closer)
    )


def apply_corrections(
    table: str, rows: list[Row], folder: Path, concerns: Callable[[Row], bool]
) -> list[Row]:
    """Return `rows` with the corrections of data/corrections.csv.

    Each correction is a guard too: it names the wrong value that it expects.

    Parameters
    ----------
    concerns : tells of a correction's key whether its row must be among `rows`.

    Raises
    ------
    RefreshError
        The institution publishes another value, or the row no longer: the correction must go.
    """
    for number, correction in enumerate(tables.read_rows("corrections", folder), start=2):
        key = dict(part.split("=", 1) for part in correction["key"].split("; "))
        if correction["table"] != table or not concerns(key):
            continue
        column = correction["field"]
        place = (
            f"data/corrections.csv, row {number}: table {table}, {correction['key']}, "
            f"column {column}"
        )
        matches = [row for row in rows if key.items() <= row.items()]
        if len(matches) != 1:
            raise RefreshError(
                f"{place}: the institution now has {len(matches)} such rows\n  {RENEW}"
            )
        (match,) = matches
        if (value := match.get(column)) != correction["published"]:
            raise RefreshError(
                f"{place}: the institution now has {value!r}, no longer "
                f"{correction['published']!r}\n  See whether they fixed it. {RENEW}"
            )
        corrected = [match | {column: correction["corrected"]}] if correction["corrected"] else []
        rows = [new for row in rows for new in (corrected if row is match else [row])]
    return rows
