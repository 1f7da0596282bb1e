"""Upstream → `data/`: read what the institutions published, make the tables, say what changed, write all or nothing."""
from __future__ import annotations

import csv
import importlib
import io
from pathlib import Path

import pandas as pd

from ledger import tables

PAIR = ("RUS", "IRN")  # the two countries of this book; readers take the pair as an argument


def build(resource: dict, upstream: Path, pair: tuple[str, str] = PAIR) -> str:
    """Return the canonical CSV text of one table, made from the institutions' files below `upstream` by the readers it names.

    `resource` is the table's descriptor; its `builder` lists the readers as "module:function". Raises what a reader raises
    when a file is not as it expects (ValueError that names file, sheet and header).
    """
    parts = []
    for builder in resource["builder"]:
        module, function = builder.split(":")
        parts.append(getattr(importlib.import_module(module), function)(upstream, pair))
    return tables.to_text(pd.concat([part for part in parts if len(part)], ignore_index=True), resource)


def rebuild(upstream: Path, folder: Path = tables.DATA, only: list[str] | None = None, say=print) -> list[str]:
    """Rebuild the tables in `only` (default: all) in `folder` from the files below `upstream`; return the names that changed.

    Hand-kept tables are checked and left as they are. Every table is made and checked before the first file is written.
    Raises tables.TableError when a table that was built breaks its schema, FileNotFoundError when `upstream` is not there.
    """
    if not upstream.is_dir():
        raise FileNotFoundError(f"no folder of institutions' files at {upstream}")
    content = tables.package(folder)
    for name in only or []:
        tables.describe(name, folder)
    texts, changed = {}, []
    for resource in content["resources"]:
        name = resource["name"]
        if only and name not in only:
            continue
        if resource["builder"] == tables.HAND:
            tables.load(name, folder)
            say(f"{name}: kept by hand, checked")
            continue
        text = build(resource, upstream)
        tables.check_text(name, text, resource, folder)
        path = folder / resource["path"]
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        say(f"{name}: " + _summary(before, text, resource))
        if text != before or tables.content_hash(text) != resource["hash"]:
            tables.stamp(resource, text)
            texts[resource["path"]] = text
            changed.append(name)
    if texts:
        tables.write_files(folder, {**texts, "datapackage.json": tables.dump(content)})
    return changed


def _summary(before: str, after: str, resource: dict) -> str:
    if before == after:
        return f"{after.count(chr(10)) - 1} rows, as before"
    key = resource["schema"]["primaryKey"]

    def rows(text: str) -> dict:
        return {tuple(row[k] for k in key): row for row in csv.DictReader(io.StringIO(text))}

    old, new = rows(before), rows(after)
    revised = sum(1 for k in old.keys() & new.keys() if old[k] != new[k])
    return f"{len(new)} rows: {len(new.keys() - old.keys())} added, {len(old.keys() - new.keys())} removed, {revised} revised"
