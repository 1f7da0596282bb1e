"""Upstream → `data/`: read what the institutions publish, make the tables, say what changes, write all of a table or nothing.

A table is made by one or several connectors, each from one source. When some of its sources are brought up to date, the rows of the
others stay as they are in `data/`. What an institution is known to have wrong is put right by data/corrections.csv on the way.
"""

from __future__ import annotations

import csv
import datetime
import functools
import hashlib
import importlib
import io
import itertools
import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from ledger.commands import impact
from ledger.core import tables
from ledger.core.files import exclusive_lock, replace_files
from ledger.core.sources.registry import REGISTRY, FetchError, Source, sources
from ledger.upkeep import download, manual_files
from ledger.upkeep import store as store_module

PAIR = ("RUS", "IRN")  # the two countries of this book; connectors take the pair as an argument
CHANGES = tables.DATA / "changes.yml"
SHOWN = 12  # changes of each kind that a summary lists


class RefreshError(ValueError):
    """A table could not be brought up to date: says which, why, and what to do. `data/` is as it was."""


# --- making tables --------------------------------------------------------------------------------------------------------------


def build(
    resource: dict, upstream: Path, pair: tuple[str, str] = PAIR, folder: Path = tables.DATA
) -> str:
    """Return the canonical CSV text of one table, made from the institutions' files below `upstream` by the connectors it names.

    `resource` is the table's descriptor; its `connectors` list them as "module:function". Rows of this book's pair that were
    downloaded since, by a refresh, stay as they are in `folder`, unless `upstream` holds downloads too: the copies there are older.
    Raises what a connector raises when a file is not as it expects (ValueError that names file, sheet and header), and RefreshError
    when a correction no longer fits.
    """
    if pair != PAIR:
        return _read(resource, resource["connectors"], upstream, pair)
    by_connector = _by_connector(resource, registry := sources())
    newer = {
        source.name
        for its in by_connector.values()
        for source in its
        if any("fetched" in entry for entry in source.entries(resource))
    }
    fresh = [
        connector
        for connector, its in by_connector.items()
        if all(
            source.name not in newer or (upstream / source.name / "fetched.json").exists()
            for source in its
        )
    ]
    return _assemble(resource, fresh, upstream, folder, registry)


def _by_connector(resource: dict, registry: dict[str, Source]) -> dict[str, list[Source]]:
    """Return the connectors of a table, each with the sources it reads."""
    found: dict[str, list[Source]] = {connector: [] for connector in resource["connectors"]}
    for source in registry.values():
        if resource["name"] in source.tables:
            found.setdefault(f"{source.module}:{source.tables[resource['name']]}", []).append(
                source
            )
    return found


def _assemble(
    resource: dict,
    fresh: list[str],
    upstream: Path,
    folder: Path,
    registry: dict[str, Source],
) -> str:
    """Return a table's text, its rows of the `fresh` connectors made anew and corrected, those of the others as they are in `folder`."""
    by_connector = _by_connector(resource, registry)
    choosers = [
        _chooser(resource["name"], by_connector[connector], registry, resource)
        for connector in fresh
    ]

    def theirs(row: dict) -> bool:
        return any(choose(row) for choose in choosers)

    rows = _rows(_read(resource, fresh, upstream, PAIR))
    for connector, choose in zip(fresh, choosers, strict=True):
        if not any(choose(row) for row in rows):
            raise RefreshError(
                f"table {resource['name']}: {connector} finds no row at all about the pair"
            )
    for row in rows:
        if not theirs(row):
            raise RefreshError(
                f"table {resource['name']}: a connector made a row that data/sources.yml does not count as its own: {row}"
            )
    rows = _corrected(resource["name"], rows, folder, theirs)
    if set(fresh) != set(by_connector):
        rows += [
            row
            for row in _rows((folder / resource["path"]).read_text(encoding="utf-8"))
            if not theirs(row)
        ]
    return _to_text(rows, resource)


def _read(resource: dict, connectors: Iterable[str], upstream: Path, pair: tuple[str, str]) -> str:
    """Return the rows that the given connectors make, as canonical CSV text."""
    parts = []
    for connector in connectors:
        module, function = connector.split(":")
        parts.append(getattr(importlib.import_module(module), function)(upstream, pair))
    if full := [part for part in parts if len(part)]:
        return tables.to_text(pd.concat(full, ignore_index=True), resource)
    return ",".join(_columns(resource)) + "\n"


def rebuild(
    upstream: Path, folder: Path = tables.DATA, only: list[str] | None = None, say=print
) -> list[str]:
    """Rebuild the tables in `only` (default: all) in `folder` from the files below `upstream`; return the names that changed.

    Hand-kept tables are checked and left as they are. Every table is made and checked before the first file is written.
    Raises tables.TableError when a table that was built breaks its schema, FileNotFoundError when `upstream` is not there.
    """
    if not upstream.is_dir():
        raise FileNotFoundError(f"no folder of institutions' files at {upstream}")
    content = tables.descriptor(folder)
    for name in only or []:
        tables.describe(name, folder)
    texts, changed = {}, []
    for resource in content["resources"]:
        name = resource["name"]
        if only and name not in only:
            continue
        if resource["connectors"] == tables.MANUAL:
            tables.load(name, folder)
            say(f"{name}: kept by hand, checked")
            continue
        text = build(resource, upstream, PAIR, folder)
        tables.check_text(name, text, resource, folder)
        path = folder / resource["path"]
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        say(f"{name}: {Change(resource, before, text)}")
        if text != before or tables.content_hash(text) != resource["hash"]:
            tables.set_hash(resource, text)
            texts[resource["path"]] = text
            changed.append(name)
    if texts:
        with exclusive_lock(folder):
            replace_files(folder, {**texts, "datapackage.json": tables.to_json(content)})
    return changed


def build_pair(
    upstream: Path, pair: tuple[str, str], into: Path, only: list[str] | None = None, say=print
) -> list[str]:
    """Build the tables that depend on the pair for two other countries into a new Data Package in folder `into`; return their names.

    From the same files, by the same connectors. A table for which the files hold nothing about the pair is named and left out, and so
    are the tables that people keep by hand, which are about this book's pair. Columns and types are checked as ever; the bounds of
    measures, which are those of this book's pair, are not. Raises ValueError for an unknown country or a folder that is not empty.
    """
    known = {row["iso3"]: row["name"] for row in tables.read_rows("countries")}
    if unknown := [code for code in pair if code not in known]:
        raise ValueError(
            f"{unknown[0]} is no country of table countries: give two codes of ISO 3166, such as RUS CHN"
        )
    if pair[0] == pair[1]:
        raise ValueError("a pair is two different countries")
    if into.exists() and any(into.iterdir()):
        raise ValueError(f"{into} is not empty: give a new folder")
    names = " and ".join(known[code] for code in pair)
    content, texts, kept = json.loads(json.dumps(tables.descriptor())), {}, []
    for resource in content["resources"]:
        name = resource["name"]
        if only and name not in only or resource["connectors"] == tables.MANUAL:
            continue
        text = build(resource, upstream, pair)
        if text.count("\n") < 2:
            say(f"{name}: left out, the files hold nothing of it about {names}")
            continue
        for entry in resource["schema"]["fields"]:
            if (
                entry.get("unit")
                and entry["unit"] != "year"
                and entry["type"] in ("integer", "number")
            ):
                for bound in ("minimum", "maximum"):
                    entry.get("constraints", {}).pop(bound, None)
        resource["title"] = f"{name.replace('_', ' ').capitalize()}: {names}"
        resource["description"] = (
            f"Table {name} of The Russia–Iran Ledger, built by the same connectors for {names}. Its columns are described below; what is said of the original table's content does not carry over."
        )
        resource.pop("notes", None)
        tables.check_text(name, text, resource)
        tables.set_hash(resource, text)
        texts[resource["path"]] = text
        kept.append(resource)
        say(f"{name}: {resource['rows']:,} rows")
    if not kept:
        raise ValueError(f"the files below {upstream} hold nothing about {names}")
    countries = next(
        resource for resource in content["resources"] if resource["name"] == "countries"
    )  # the codes' own table
    texts[countries["path"]] = (tables.DATA / countries["path"]).read_text(encoding="utf-8")
    content |= {
        "name": f"ledger-{pair[0].lower()}-{pair[1].lower()}",
        "title": f"Tables of {names}",
        "resources": [*kept, countries],
    }
    content["description"] = (
        f"Built by the connectors of The Russia–Iran Ledger for {names}; no chapter rests on them."
    )
    into.mkdir(parents=True, exist_ok=True)
    replace_files(into, {**texts, "datapackage.json": tables.to_json(content)})
    return [resource["name"] for resource in kept]


def _columns(resource: dict) -> list[str]:
    return [entry["name"] for entry in resource["schema"]["fields"]]


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _to_text(rows: list[dict[str, str]], resource: dict) -> str:
    """Return rows of cells as the canonical CSV text, in the order of the table's key."""
    kinds = {entry["name"]: entry["type"] for entry in resource["schema"]["fields"]}

    def place(row: dict[str, str]) -> tuple:
        return tuple(
            float(row[column]) if kinds[column] in ("integer", "number") else row[column]
            for column in resource["schema"]["primaryKey"]
        )

    out = io.StringIO()
    writer = csv.DictWriter(out, _columns(resource), lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=place))
    return out.getvalue()


# --- corrections ----------------------------------------------------------------------------------------------------------------


def _corrected(
    table: str, rows: list[dict[str, str]], folder: Path, concerns: Callable[[dict[str, str]], bool]
) -> list[dict[str, str]]:
    """Return `rows` with what data/corrections.csv puts right; `concerns` tells from a correction's key whether its row must be among them.

    Each correction is a guard too. Raises RefreshError when the institution publishes another value than the wrong one, or the row no
    longer: it has mended it, or changed it, and the correction must go.
    """
    for number, correction in enumerate(tables.read_rows("corrections", folder), start=2):
        key = dict(part.split("=", 1) for part in correction["key"].split("; "))
        if correction["table"] != table or not concerns(key):
            continue
        where = f"data/corrections.csv, row {number}: table {table}, {correction['key']}, column {correction['field']}"
        found = [
            row for row in rows if all(row.get(column) == value for column, value in key.items())
        ]
        if len(found) != 1:
            raise RefreshError(
                f"{where}: the institution now has {len(found)} such rows\n  Remove or renew the correction, then: python -m ledger accept corrections"
            )
        if (value := found[0].get(correction["field"])) != correction["theirs"]:
            raise RefreshError(
                f"{where}: the institution now has {value!r}, no longer {correction['theirs']!r}\n  See whether they mended it; remove or renew the correction, then: python -m ledger accept corrections"
            )
        if correction["ours"]:
            rows = [
                row | {correction["field"]: correction["ours"]} if row is found[0] else row
                for row in rows
            ]
        else:
            rows = [row for row in rows if row is not found[0]]
    return rows


# --- what changes ---------------------------------------------------------------------------------------------------------------

TIMES = ("year", "period", "date")  # columns of keys along which a series runs


@dataclass
class Change:
    """What differs between two texts of a table: rows added and removed, and cells revised.

    Revisions come as key, column, before, after: numbers by relative size, the largest first, then those that were nothing or zero, by
    size, then words.
    """

    resource: dict
    before: str
    after: str

    def __post_init__(self):
        schema = self.resource["schema"]
        self.fields = {entry["name"]: entry for entry in schema["fields"]}
        self.key = schema["primaryKey"]
        self.old, self.new = (
            {tuple(row[column] for column in self.key): row for row in _rows(text)}
            for text in (self.before, self.after)
        )
        self.added, self.removed = (
            [k for k in self.new if k not in self.old],
            [k for k in self.old if k not in self.new],
        )
        revised = [
            (k, column, self.old[k].get(column, ""), cell)
            for k in self.new
            if k in self.old
            for column, cell in self.new[k].items()
            if self.old[k].get(column, "") != cell
        ]
        self.revised = sorted(revised, key=lambda revision: _rank(*revision[2:]))
        self.beyond = (
            self._beyond() if self.before else []
        )  # what lies beyond the bounds that the schema declares

    def __str__(self) -> str:
        rows = len(self.new)
        counts = [
            (len(self.added), "added"),
            (len(self.removed), "removed"),
            (len({revision[0] for revision in self.revised}), "revised"),
        ]
        return f"{rows:,} rows" + (
            ": " + ", ".join(f"{count:,} {what}" for count, what in counts if count)
            if any(count for count, _ in counts)
            else ", as before"
        )

    def _beyond(self) -> list[str]:
        said = (
            [f"{line}: see whether all its values were meant to change" for line in self.units()]
            + self._gone()
            + self._jumps()
        )
        words: dict[str, list] = {}
        for key, column, before, after in self.revised:
            bound = self.fields[column].get("plausibleRevision")
            if bound is None:
                words.setdefault(column, []).append(key)
                continue
            if (
                not before
                or not after
                or all(
                    {
                        "relative": _relative(before, after),
                        "absolute": abs(float(after or 0) - float(before or 0)),
                    }[kind]
                    > limit
                    for kind, limit in bound.items()
                )
            ):
                limits = " and ".join(
                    f"{limit:.0%}" if kind == "relative" else f"{limit:,}"
                    for kind, limit in bound.items()
                )
                said.append(
                    f"{self.revision(key, column, before, after)}, more than the {limits} that is plausible"
                )
        share = self.resource["schema"].get("plausibleRewording", 0)
        for column, keys in words.items():
            if len(keys) > share * len(self.old):
                said.append(
                    f"{column}: {len(keys):,} of {len(self.old):,} cells differ, more than the {share:.0%} that is plausible: {_keys(keys)}"
                )
        return said

    def _gone(self) -> list[str]:
        """Say in which groups of rows more have gone than is plausible: a whole year that is missing is few rows of a large table."""
        allowed = self.resource["schema"].get("plausibleRemoval", {"share": 0, "within": []})
        groups: dict[tuple, list[int]] = {}
        for keys, place in ((self.old, 0), (self.removed, 1)):
            for key in keys:
                groups.setdefault(
                    tuple(self.old[key][column] for column in allowed["within"]), [0, 0]
                )[place] += 1
        return [
            f"{gone:,} of {there:,} rows{' of ' + ', '.join(group) if group else ''} are gone, more than the {allowed['share']:.0%} that is plausible"
            for group, (there, gone) in groups.items()
            if gone > allowed["share"] * there
        ]

    def _jumps(self) -> list[str]:
        """Say which new values are further from the one before them in their series than is plausible, as where a unit has changed."""
        said = []
        for key in self.added:
            before = self._before(key)
            if before is None:
                continue
            for column, entry in self.fields.items():
                now, then = self.new[key][column], self.new[before][column]
                if (
                    "plausibleStep" in entry
                    and now
                    and then
                    and float(then) > 0
                    and not 1 / entry["plausibleStep"]
                    <= float(now) / float(then)
                    <= entry["plausibleStep"]
                ):
                    said.append(
                        f"{', '.join(key)}, {column} is new: {_shown(now)}, {float(now) / float(then):.3g} times the {_shown(then)} of {', '.join(before)}; a factor of {entry['plausibleStep']} is plausible"
                    )
        return said

    def _before(self, key: tuple) -> tuple | None:
        """Return the key of the row before this one in its series."""
        times = [i for i, column in enumerate(self.key) if column in TIMES]
        if not times:
            return None
        series = self._series.get(tuple(part for i, part in enumerate(key) if i not in times), [])
        earlier = [other for other in series if [other[i] for i in times] < [key[i] for i in times]]
        return max(earlier, key=lambda other: [other[i] for i in times], default=None)

    @functools.cached_property
    def _series(self) -> dict[tuple, list[tuple]]:
        found: dict[tuple, list[tuple]] = {}
        for key in self.new:
            found.setdefault(
                tuple(part for column, part in zip(self.key, key) if column not in TIMES), []
            ).append(key)
        return found

    def units(self) -> list[str]:
        """Say which units have come or gone, where rows name their unit."""
        old, new = (
            {row["unit"] for row in rows.values() if row.get("unit")}
            for rows in (self.old, self.new)
        )
        return [
            f"unit {unit!r} is {'new' if unit in new else 'gone'}" for unit in sorted(old ^ new)
        ]

    def measure(self, key: tuple) -> str:
        """Return the values of an added row beside those before it in its series: 'gdp_usd 5 (4 in 2023)'."""
        said, before = [], self._before(key)
        for column, entry in self.fields.items():
            if "plausibleRevision" in entry and self.new[key][column]:
                then = (
                    f" ({_shown(self.new[before][column])} in {', '.join(part for name, part in zip(self.key, before) if name in TIMES)})"
                    if before
                    else ""
                )
                said.append(f"{column} {_shown(self.new[key][column])}{then}")
        return ", ".join(said)

    def revision(self, key: tuple, column: str, before: str, after: str) -> str:
        """Return a revision as words: 'AZE, 2020, gdp_usd: 4 → 5 (+25.0%)'."""
        size = _relative(before, after)
        return f"{', '.join(key)}, {column}: {_shown(before)} → {_shown(after)}" + (
            f" ({_signed(before, after)})" if math.isfinite(size) else ""
        )

    def lines(self) -> list[str]:
        """Return the summary as lines for a terminal."""
        said = [f"{self.resource['name']}: {self}"]
        for key in self.added[:SHOWN]:
            said.append(
                f"  added: {', '.join(key)}"
                + (f": {values}" if (values := self.measure(key)) else "")
            )
        if len(self.added) > SHOWN:
            said.append(f"  … and {len(self.added) - SHOWN:,} more added")
        if self.removed:
            said.append(f"  removed: {_keys(self.removed)}")
        said += [f"  revised: {self.revision(*revision)}" for revision in self.revised[:SHOWN]]
        if len(self.revised) > SHOWN:
            said.append(f"  … and {len(self.revised) - SHOWN:,} smaller revisions or words")
        return (
            said
            + [f"  beyond what is plausible: {line}" for line in self.beyond[:SHOWN]]
            + (
                [f"  … and {len(self.beyond) - SHOWN:,} more beyond it"]
                if len(self.beyond) > SHOWN
                else []
            )
        )


def _relative(before: str, after: str) -> float:
    """Return how far a value has moved, relative to what it was; infinity where it was nothing, zero or a word."""
    try:
        old, new = float(before), float(after)
    except ValueError:
        return math.inf
    return abs(new - old) / abs(old) if old else math.inf


def _rank(before: str, after: str) -> tuple:
    if math.isfinite(size := _relative(before, after)):
        return (0, -size)
    try:
        return (1, -abs(float(after or 0) - float(before or 0)))
    except ValueError:
        return (2, 0)


def _shown(cell: str) -> str:
    """Return a cell for people: numbers with commas and a true minus, 'nothing' for an empty one."""
    if re.fullmatch(r"-?\d{5,}(\.\d+)?", cell):
        whole, dot, rest = cell.partition(".")
        cell = f"{int(whole):,}{dot}{rest}"
    return re.sub(r"^-(?=[\d.])", "−", cell) or "nothing"


def _signed(before: str, after: str) -> str:
    return f"{(float(after) - float(before)) / abs(float(before)):+.1%}".replace("-", "−")


def _keys(keys: list[tuple]) -> str:
    return "; ".join(", ".join(key) for key in keys[:SHOWN]) + (
        f" … ({len(keys):,} in all)" if len(keys) > SHOWN else ""
    )


# --- refresh --------------------------------------------------------------------------------------------------------------------


@dataclass
class Candidate:
    """A table as it would be after the refresh."""

    resource: dict
    text: str
    change: Change
    sources: list[Source]


def refresh(
    only: list[str] | None = None,
    *,
    only_sources: list[str] | None = None,
    files: list[Path] | None = None,
    edition: str = "",
    accept: str = "",
    dry_run: bool = False,
    again: bool = False,
    folder: Path = tables.DATA,
    registry: Path | None = None,
    store: Path | None = None,
    say=print,
) -> int:
    """Bring tables up to date: download → read → check → compare → write. Returns 0, or 1 when a table that was asked for is not.

    `only` names tables (default: all that can be downloaded automatically), `only_sources` sources among theirs; `files` are those that a
    person downloaded, `edition` is what they are. A table that cannot be had, read or checked, or is revised beyond its plausible
    bounds without `accept` (a reason, kept in the change log), stays as it was and is named; the others go on. `dry_run` ends
    after the summary. `again` downloads anew what was downloaded less than a day ago. Raises LockedError while another refresh runs.
    """
    if files and len(only or []) != 1:
        raise ValueError(
            "files that a person downloaded are for one table: name it, as in python -m ledger refresh arms_transfers --file export.csv"
        )
    if edition and not files:
        raise ValueError(
            "--edition says what the files are that --file gives; a download says it by itself"
        )
    if accept and not only:
        raise ValueError(
            "--accept is a reason for one table's revisions, or a few tables': name them"
        )
    known = sources(registry or REGISTRY)
    if unknown := set(only_sources or []) - set(known):
        raise ValueError(
            f"there is no source {', '.join(sorted(unknown))} in data/sources.yml; there are {', '.join(known)}"
        )
    with exclusive_lock(folder):
        return _Refresh(folder, known, store or store_module.STORE, say, dry_run).run(
            only or [],
            only_sources or [],
            [Path(file) for file in files or []],
            edition,
            accept.strip(),
            again,
        )


class _Refresh:
    """One run. `failed` says of each table that stays as it was, why."""

    def __init__(
        self,
        folder: Path,
        registry: dict[str, Source],
        store: Path,
        say: Callable[[str], None],
        dry_run: bool,
    ):
        self.folder, self.registry, self.store, self.say, self.dry_run = (
            folder,
            registry,
            store,
            say,
            dry_run,
        )
        self.content, self.seen = tables.descriptor(folder), _state(folder)
        self.resources = {resource["name"]: resource for resource in self.content["resources"]}
        self.editions: dict[str, str] = {}  # source → what was obtained of it
        self.failed: dict[str, list[str]] = {}

    def run(
        self,
        only: list[str],
        only_sources: list[str],
        files: list[Path],
        edition: str,
        accept: str,
        again: bool,
    ) -> int:
        wanted = self.obtain(
            self.wanted(only, only_sources, files), files, edition, again, not only
        )
        made = {}
        for name, chosen in wanted.items():
            if name not in self.failed:
                try:
                    made[name] = self.make(name, chosen)
                except Exception as error:  # a connector may stumble over a new form in any way
                    self.failed[name] = [self.told(error, chosen)]
        for candidate in made.values():
            self.say("")
            for line in candidate.change.lines():
                self.say(line)
        changed = {
            name: candidate
            for name, candidate in made.items()
            if candidate.text != candidate.change.before
        }
        held = [
            name for name, candidate in changed.items() if candidate.change.beyond and not accept
        ]
        effects = self.effects(changed) if changed else impact.Effects()
        if self.dry_run:
            if held:
                self.say(f'\nto write {", ".join(held)}, a reason is needed: --accept "REASON"')
        else:
            for name in held:
                self.failed[name] = [
                    'it is revised beyond what is plausible, see above, and stays as it was\n  If the revision is real, say why: give the same command again with --accept "REASON"'
                ]
            ready = {name: candidate for name, candidate in made.items() if name not in held}
            if held and changed.keys() - held:
                self.say("\nof this, what is written without them:")
                effects = self.effects(
                    {name: candidate for name, candidate in ready.items() if name in changed}
                )
            self.write(ready, effects, accept)
        for name, reasons in self.failed.items():
            for reason in reasons:
                self.say(f"\nerror: {name}: {reason}")
        if not changed and not self.failed:
            self.say("\nnothing has changed")
        return 1 if self.failed else 0

    def wanted(
        self, only: list[str], only_sources: list[str], files: list[Path]
    ) -> dict[str, list[Source]]:
        """Return table → the sources of it that are to be brought up to date."""
        for name in only:
            tables.describe(name, self.folder)
            if self.resources[name]["connectors"] == tables.MANUAL:
                raise tables.TableError(
                    name,
                    "this table is kept by hand",
                    hint=f"Edit data/{name}.csv, then: python -m ledger accept {name}",
                )
        for file in files:
            if not file.is_file():
                raise FileNotFoundError(f"there is no file {file}")
        wanted = {}
        for name, resource in self.resources.items():
            if only and name not in only or resource["connectors"] == tables.MANUAL:
                continue
            of_table = [source for source in self.registry.values() if name in source.tables]
            chosen = [
                source
                for source in of_table
                if (source.files if files else source.how.startswith("automatic"))
                and (not only_sources or source.name in only_sources)
            ]
            if chosen:
                wanted[name] = chosen
            elif only:
                ways = "".join(
                    f"\n  {source.name} ({source.how}): {source.address} {source.note}".rstrip()
                    for source in of_table
                )
                by_hand = (
                    f"\n  Download the file there, then: python -m ledger refresh {name} --file FILE"
                    if any(source.files for source in of_table)
                    else ""
                )
                self.failed[name] = [
                    f"none of {'these' if only_sources else 'its'} sources can be downloaded automatically:{ways}{by_hand}"
                ]
        return wanted

    def obtain(
        self,
        wanted: dict[str, list[Source]],
        files: list[Path],
        edition: str,
        again: bool,
        all_asked: bool,
    ) -> dict[str, list[Source]]:
        """Download each source once, or take the files a person gave; return table → the sources that are there. What fails, fails its tables."""
        left = list(files)
        for source in {
            source.name: source for chosen in wanted.values() for source in chosen
        }.values():
            users = [name for name, chosen in wanted.items() if source in chosen]
            try:
                if not files:
                    self.editions[source.name] = download.download(
                        source, PAIR, self.store, self.say, again
                    )
                elif taken := manual_files.import_files(
                    source,
                    files,
                    self.store,
                    edition or f"downloaded by hand, taken into the book on {_today()}",
                ):
                    left = [file for file in left if file not in taken]
                    self.editions[source.name] = store_module.manifest(self.store / source.name)[
                        "edition"
                    ]
            except (FetchError, OSError) as error:
                if (
                    all_asked and source.files and isinstance(error, FetchError)
                ):  # it lets programs in on some days only, which is no fault
                    self.say(f"{source.name} is left as it is: {error}")
                    continue
                others = [
                    other.name for name in users for other in wanted[name] if other is not source
                ]
                hint = (
                    f"\n  To go on without it: {' '.join(f'--source {other}' for other in dict.fromkeys(others))}"
                    if others
                    else ""
                )
                for name in users:
                    self.failed.setdefault(name, []).append(f"{error}{hint}")
        if left:
            (name,) = wanted or self.failed
            known = "; ".join(
                f"{file} of {source.name}, which holds {holds!r}"
                for source in wanted.get(name, [])
                for file, holds in source.files.items()
            )
            self.failed.setdefault(name, []).append(
                f"{left[0]} is none of the files it is made of" + (f" ({known})" if known else "")
            )
        there = {
            name: [source for source in chosen if source.name in self.editions]
            for name, chosen in wanted.items()
        }
        return {name: chosen for name, chosen in there.items() if chosen}

    def make(self, name: str, chosen: list[Source]) -> Candidate:
        """Make a table anew from the chosen sources; the rows of its other connectors stay as they are."""
        resource = self.resources[name]
        before = (self.folder / resource["path"]).read_text(encoding="utf-8")
        by_connector = _by_connector(resource, self.registry)
        fresh = [
            connector
            for connector, its in by_connector.items()
            if any(source in chosen for source in its)
        ]
        for connector in fresh:
            for source in by_connector[connector]:
                if source not in chosen:
                    raise RefreshError(
                        f"{connector} also reads source {source.name}\n  Get it at {source.address}, and give it too with a further --file."
                    )
        text = _assemble(resource, fresh, self.store, self.folder, self.registry)
        tables.check_text(name, text, resource, self.folder)
        return Candidate(resource, text, Change(resource, before, text), chosen)

    def told(self, error: Exception, chosen: list[Source]) -> str:
        """Return an error as words, with the sources and addresses that were read, and have the next run download those anew."""
        text = (
            str(error)
            if isinstance(error, (ValueError, OSError, RuntimeError))
            else f"the connector failed ({type(error).__name__}: {error})"
        )
        read = []
        for source in chosen:
            text = source.redact(text)
            files = store_module.manifest(self.store / source.name).get("files", {})
            named = [entry["address"] for file, entry in files.items() if file in text] or [
                entry["address"] for entry in files.values()
            ][:1]
            read += [f"{source.name} ({address})" for address in named[:2]] or [source.name]
            if not isinstance(error, RefreshError):
                store_module.invalidate(self.store / source.name)
        hint = (
            ""
            if isinstance(error, RefreshError)
            else " If the institution changed what it publishes, its connector in analysis/sources/ must follow; the next run downloads it anew."
        )
        return f"{text}\n  Read from {'; '.join(read)}; nothing was written.{hint}"

    def effects(self, made: dict[str, Candidate]) -> impact.Effects:
        """Return, and say, what tables would do to the book."""
        self.say("")
        found = impact.effects(
            self.folder,
            {candidate.resource["path"]: candidate.text for candidate in made.values()},
            self.described(made),
            self.say,
        )
        for line in found.lines():
            self.say(line)
        return found

    def described(self, made: dict[str, Candidate]) -> dict:
        """Return a copy of the descriptor in which the tables that were made carry their new content's hash, and their sources' edition,
        date, address and hash."""
        content = json.loads(json.dumps(self.content))
        for resource in content["resources"]:
            candidate = made.get(resource["name"])
            if candidate is None:
                continue
            tables.set_hash(resource, candidate.text)
            for source in candidate.sources:
                files = store_module.manifest(self.store / source.name)["files"].values()
                addresses, digests = (
                    list(dict.fromkeys(entry["address"] for entry in files)),
                    sorted(entry["sha256"] for entry in files),
                )
                for entry in source.entries(resource):
                    entry |= {
                        "edition": self.editions[source.name],
                        "retrieved": max(each["retrieved"] for each in files)[:10],
                        "upstream": source.name,
                        "snapshot": addresses[0]
                        if len(addresses) == 1
                        else f"{len(addresses)} answers of {source.address}",
                        "fetched": "sha256:"
                        + (
                            digests[0]
                            if len(digests) == 1
                            else hashlib.sha256("".join(digests).encode()).hexdigest()
                        ),
                    }
        return content

    def write(self, made: dict[str, Candidate], effects: impact.Effects, accept: str) -> None:
        """Write tables, descriptor and change log as one. Where no row has changed, a new edition and date are noted all the same."""
        texts = {
            candidate.resource["path"]: candidate.text
            for candidate in made.values()
            if candidate.text != candidate.change.before
        }
        descriptor = tables.to_json(self.described(made))
        if descriptor == tables.to_json(self.content):
            return
        if _state(self.folder) != self.seen:
            raise RefreshError(
                "files of data/ or data/changes.yml were edited while this ran, so that nothing was written\n  Run the same command again; what was downloaded is kept."
            )
        texts["datapackage.json"] = descriptor
        if changed := {
            name: candidate
            for name, candidate in made.items()
            if candidate.resource["path"] in texts
        }:
            log = self.folder / CHANGES.name
            texts[CHANGES.name] = _logged(
                log.read_text(encoding="utf-8"), self.entry(changed, effects, accept)
            )
        replace_files(self.folder, texts)
        if changed:
            self.say(
                f"\nwritten: {', '.join(changed)}; what changed stands in data/{CHANGES.name}. Next: make check, then commit data/."
            )
        if same := [name for name in made if name not in changed]:
            self.say(
                f"\nno row of {', '.join(same)} has changed; edition and date are noted in data/datapackage.json"
            )

    def entry(self, made: dict[str, Candidate], effects: impact.Effects, accept: str) -> dict:
        """Return what the change log tells readers of a refresh: the tables, their sources' editions, what changed, which printed numbers and
        verdicts changed with it, the reason given, and editions and hashes of the contents before and after."""
        text, noted = [], []
        for name, candidate in made.items():
            change, resource = candidate.change, candidate.resource
            origin = "; ".join(
                f"{source.label}: {self.editions[source.name]}" for source in candidate.sources
            )
            text.append(f"Table `{name}` ({_words(origin)}): {change}.")
            if change.removed:
                text.append(f"Removed: {_words(_keys(change.removed))}.")
            if change.revised:
                text.append(f"Largest revision: {_words(change.revision(*change.revised[0]))}.")
            if change.beyond:
                text.append(
                    f"Accepted beyond the usual ({len(change.beyond)}: {_words(change.beyond[0])}{' …' if len(change.beyond) > 1 else ''}) because: {_words(accept.rstrip('.'))}."
                )
            before = "; ".join(
                f"{entry['key']}: {entry['edition']}, retrieved {entry['retrieved']}"
                for source in candidate.sources
                for entry in source.entries(resource)
            )
            noted.append(
                {
                    "name": name,
                    "edition_before": before,
                    "before": resource["hash"],
                    "after": tables.content_hash(candidate.text),
                }
            )
        titles = [candidate.resource["title"] for candidate in made.values()]
        return {
            "date": datetime.date.fromisoformat(_today()),
            "kind": "data update",
            "title": "; ".join(titles[:3])
            + (f" and {len(titles) - 3} more tables" if len(titles) > 3 else ""),
            "text": " ".join([*text, _words(effects.sentence())]),
            "tables": noted,
        }


def _state(folder: Path) -> dict[str, str]:
    """Return a hash of each file that a refresh reads before it writes."""
    return {
        path.name: store_module.sha256(path)
        for path in [*folder.glob("*.csv"), folder / "datapackage.json", folder / CHANGES.name]
    }


def _chooser(
    table: str, its: list[Source], registry: dict[str, Source], resource: dict
) -> Callable[[dict], bool]:
    """Return a function that tells whether a row (or a key) is one of those that a connector makes from its sources.

    Each source counts as its own the rows that data/sources.yml says, or those whose `source` is its key; where another source says it more
    closely (its key and an edition), the row is that one's.
    """

    def rule(source: Source) -> dict[str, set[str]]:
        said = source.rows.get(
            table, {"source": [source.label]} if "source" in _columns(resource) else {}
        )
        return {
            column: {str(value) for value in (values if isinstance(values, list) else [values])}
            for column, values in said.items()
        }

    def fits(row: dict, wanted: dict[str, set[str]]) -> bool:
        return all(column not in row or row[column] in values for column, values in wanted.items())

    mine = [rule(source) for source in its]
    closer = [
        other
        for other in (
            rule(source)
            for source in registry.values()
            if table in source.tables and source not in its
        )
        if any(other.keys() > each.keys() for each in mine)
    ]
    return lambda row: (
        any(fits(row, each) for each in mine) and not any(fits(row, each) for each in closer)
    )


def _words(text: str) -> str:
    """Return text for a page, without what a page would take for markup: it may hold an institution's words."""
    return re.sub(r"[<>{}\[\]`*|\\]", " ", text)


def _logged(log: str, new: dict) -> str:
    """Return the change log with a new entry on top, below the comment that explains it."""
    head = "".join(
        itertools.takewhile(lambda line: line.startswith("#"), log.splitlines(keepends=True))
    )
    return (
        head
        + yaml.safe_dump([new], allow_unicode=True, sort_keys=False, width=130)
        + log[len(head) :]
    )


# --- the sources in words -------------------------------------------------------------------------------------------------------


def overview(
    folder: Path = tables.DATA, registry: Path | None = None, today: datetime.date | None = None
) -> str:
    """Return every source as text for a terminal: how it is had, which tables hold it, their edition and age, what it is published in and
    how often, when the next edition is due, its terms, and whether the key it needs is set."""
    today = today or datetime.datetime.now(datetime.UTC).date()
    content, said = tables.descriptor(folder), []
    for source in sources(registry or REGISTRY).values():
        date = source.due(content)
        due = (
            f"next expected {date.isoformat()}" + (": overdue" if date < today else "")
            if date
            else "no next edition expected"
            if source.how == "closed"
            else "no fixed date"
        )
        said += ["", f"{source.name}: {source.institution} ({source.how})"]
        for resource in content["resources"]:
            if resource["name"] in source.tables:
                said += [
                    f"  {resource['name']}: {mine['edition']}; {_age(mine['retrieved'], today)}"
                    for mine in source.entries(resource)
                ]
        said += [
            f"  published: {source.published}; {due}",
            f"  format: {source.format}; from {source.address}",
            f"  terms: {source.terms}",
        ]
        if source.api_key_spec:
            said.append(
                f"  key: {source.api_key_spec['variable']}, {'needed' if source.api_key_spec['required'] else 'not needed'}, {'set' if source.api_key else 'not set'}; from {source.api_key_spec['page']}"
            )
        if source.files:
            said.append(
                f"  by hand: download {' and '.join(source.files)} there, then python -m ledger refresh {next(iter(source.tables))} --file FILE"
            )
        if source.note:
            said.append(f"  note: {source.note}")
    return "\n".join(said[1:])


def overdue(
    folder: Path = tables.DATA, registry: Path | None = None, today: datetime.date | None = None
) -> list[str]:
    """Return a line for each source whose next edition should be out by now: since when, and what brings the tables up to date."""
    today = today or datetime.datetime.now(datetime.UTC).date()
    content, said = tables.descriptor(folder), []
    for source in sources(registry or REGISTRY).values():
        date = source.due(content)
        if date and date < today:
            names = " ".join(source.tables)
            how = (
                f"python -m ledger refresh {names}"
                if source.how.startswith("automatic")
                else f"download it at {source.address}, then python -m ledger refresh {names} --file FILE"
            )
            said.append(
                f"{source.name}: an edition was expected on {date.isoformat()}, {(today - date).days} days ago: {how}, or, if the institution is late, a later date in data/sources.yml"
            )
    return said


def _age(retrieved: str, today: datetime.date) -> str:
    if not (found := re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?$", retrieved)):
        return f"retrieved: {retrieved}"
    year, month = int(found[1]), int(found[2] or 0)
    months = (today.year - year) * 12 + (today.month - month if month else 0)
    ago = (
        "this month"
        if month and months == 0
        else f"{months} month{'s' if months > 1 else ''} ago"
        if month and months < 24
        else f"{today.year - year} years ago"
        if today.year > year
        else "this year"
    )
    return f"retrieved {retrieved}, {ago}"


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()
