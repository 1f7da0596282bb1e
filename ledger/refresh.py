"""Upstream → `data/`: read what the institutions publish, make the tables, say what changes, write all of a table or nothing.

A table is made by one or several readers, each from one source. When some of its sources are brought up to date, the rows of the
others stay as they are in `data/`. What an institution is known to have wrong is put right by data/corrections.csv on the way.
"""
from __future__ import annotations

import csv
import datetime
import hashlib
import importlib
import io
import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import yaml

from ledger import atomic, fetch, inputs, tables, trial

PAIR = ("RUS", "IRN")  # the two countries of this book; readers take the pair as an argument
CHANGES = inputs.ROOT / "changes.yml"
SHOWN = 12  # changes of each kind that a summary lists


class RefreshError(ValueError):
    """A table could not be brought up to date: says which, why, and what to do. `data/` is as it was."""


# --- making tables --------------------------------------------------------------------------------------------------------------


def build(resource: dict, upstream: Path, pair: tuple[str, str] = PAIR, folder: Path = tables.DATA) -> str:
    """Return the canonical CSV text of one table, made from the institutions' files below `upstream` by the readers it names.

    `resource` is the table's descriptor; its `builder` lists the readers as "module:function". Rows of this book's pair that were
    downloaded since, by a refresh, stay as they are in `folder`, unless `upstream` holds downloads too: the copies there are older.
    Raises what a reader raises when a file is not as it expects (ValueError that names file, sheet and header), and RefreshError
    when a correction no longer fits.
    """
    if pair != PAIR:
        return _read(resource, resource["builder"], upstream, pair)
    of_reader = _of_reader(resource, registry := fetch.sources())
    newer = {source.name for its in of_reader.values() for source in its if any("fetched" in entry for entry in source.entries(resource))}
    fresh = [builder for builder, its in of_reader.items() if all(source.name not in newer or (upstream / source.name / "fetched.json").exists() for source in its)]
    return _assemble(resource, fresh, upstream, folder, registry)


def _of_reader(resource: dict, registry: dict[str, fetch.Source]) -> dict[str, list[fetch.Source]]:
    """Return the readers of a table, each with the sources it reads."""
    found: dict[str, list[fetch.Source]] = {builder: [] for builder in resource["builder"]}
    for source in registry.values():
        if resource["name"] in source.tables:
            found.setdefault(f"{source.module}:{source.tables[resource['name']]}", []).append(source)
    return found


def _assemble(resource: dict, fresh: list[str], upstream: Path, folder: Path, registry: dict[str, fetch.Source]) -> str:
    """Return a table's text, its rows of the `fresh` readers made anew and corrected, those of the others as they are in `folder`."""
    of_reader = _of_reader(resource, registry)
    choosers = [_chooser(resource["name"], of_reader[builder], registry, resource) for builder in fresh]

    def theirs(row: dict) -> bool:
        return any(choose(row) for choose in choosers)

    rows = _rows(_read(resource, fresh, upstream, PAIR))
    for builder, choose in zip(fresh, choosers, strict=True):
        if not any(choose(row) for row in rows):
            raise RefreshError(f"table {resource['name']}: {builder} finds no row at all about the pair")
    for row in rows:
        if not theirs(row):
            raise RefreshError(f"table {resource['name']}: a reader made a row that sources.yml does not count as its own: {row}")
    rows = _corrected(resource["name"], rows, folder, theirs)
    if set(fresh) != set(of_reader):
        rows += [row for row in _rows((folder / resource["path"]).read_text(encoding="utf-8")) if not theirs(row)]
    return _to_text(rows, resource)


def _read(resource: dict, builders: Iterable[str], upstream: Path, pair: tuple[str, str]) -> str:
    """Return the rows that the given readers make, as canonical CSV text."""
    parts = []
    for builder in builders:
        module, function = builder.split(":")
        parts.append(getattr(importlib.import_module(module), function)(upstream, pair))
    if full := [part for part in parts if len(part)]:
        return tables.to_text(pd.concat(full, ignore_index=True), resource)
    return ",".join(_columns(resource)) + "\n"


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
        text = build(resource, upstream, PAIR, folder)
        tables.check_text(name, text, resource, folder)
        path = folder / resource["path"]
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        say(f"{name}: {Change(resource, before, text)}")
        if text != before or tables.content_hash(text) != resource["hash"]:
            tables.stamp(resource, text)
            texts[resource["path"]] = text
            changed.append(name)
    if texts:
        with atomic.alone(folder):
            atomic.write(folder, {**texts, "datapackage.json": tables.dump(content)})
    return changed


def build_pair(upstream: Path, pair: tuple[str, str], into: Path, only: list[str] | None = None, say=print) -> list[str]:
    """Build the tables that depend on the pair for two other countries into a new Data Package in folder `into`; return their names.

    From the same files, by the same readers. A table for which the files hold nothing about the pair is named and left out, and so
    are the tables that people keep by hand, which are about this book's pair. Columns and types are checked as ever; the bounds of
    measures, which are those of this book's pair, are not. Raises ValueError for an unknown country or a folder that is not empty.
    """
    known = {row["iso3"]: row["name"] for row in tables.rows("countries")}
    if unknown := [code for code in pair if code not in known]:
        raise ValueError(f"{unknown[0]} is no country of table countries: give two codes of ISO 3166, such as RUS CHN")
    if pair[0] == pair[1]:
        raise ValueError("a pair is two different countries")
    if into.exists() and any(into.iterdir()):
        raise ValueError(f"{into} is not empty: give a new folder")
    names = " and ".join(known[code] for code in pair)
    content, texts, kept = json.loads(json.dumps(tables.package())), {}, []
    for resource in content["resources"]:
        name = resource["name"]
        if only and name not in only or resource["builder"] == tables.HAND:
            continue
        text = build(resource, upstream, pair)
        if text.count("\n") < 2:
            say(f"{name}: left out, the files hold nothing of it about {names}")
            continue
        for entry in resource["schema"]["fields"]:
            if entry.get("unit") and entry["unit"] != "year" and entry["type"] in ("integer", "number"):
                for bound in ("minimum", "maximum"):
                    entry.get("constraints", {}).pop(bound, None)
        resource["title"] = f"{name.replace('_', ' ').capitalize()}: {names}"
        resource["description"] = f"Table {name} of The Russia–Iran Ledger, built by the same readers for {names}. Its columns are described below; what is said of the original table's content does not carry over."
        resource.pop("notes", None)
        tables.check_text(name, text, resource)
        tables.stamp(resource, text)
        texts[resource["path"]] = text
        kept.append(resource)
        say(f"{name}: {resource['rows']:,} rows")
    if not kept:
        raise ValueError(f"the files below {upstream} hold nothing about {names}")
    countries = next(resource for resource in content["resources"] if resource["name"] == "countries")  # the codes' own table
    texts[countries["path"]] = (tables.DATA / countries["path"]).read_text(encoding="utf-8")
    content |= {"name": f"ledger-{pair[0].lower()}-{pair[1].lower()}", "title": f"Tables of {names}", "resources": [*kept, countries]}
    content["description"] = f"Built by the readers of The Russia–Iran Ledger for {names}; no chapter rests on them."
    into.mkdir(parents=True, exist_ok=True)
    atomic.write(into, {**texts, "datapackage.json": tables.dump(content)})
    return [resource["name"] for resource in kept]


def _columns(resource: dict) -> list[str]:
    return [entry["name"] for entry in resource["schema"]["fields"]]


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _to_text(rows: list[dict[str, str]], resource: dict) -> str:
    """Return rows of cells as the canonical CSV text, in the order of the table's key."""
    kinds = {entry["name"]: entry["type"] for entry in resource["schema"]["fields"]}

    def place(row: dict[str, str]) -> tuple:
        return tuple(float(row[column]) if kinds[column] in ("integer", "number") else row[column] for column in resource["schema"]["primaryKey"])

    out = io.StringIO()
    writer = csv.DictWriter(out, _columns(resource), lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=place))
    return out.getvalue()


# --- corrections ----------------------------------------------------------------------------------------------------------------


def _corrected(table: str, rows: list[dict[str, str]], folder: Path, concerns: Callable[[dict[str, str]], bool]) -> list[dict[str, str]]:
    """Return `rows` with what data/corrections.csv puts right; `concerns` tells from a correction's key whether its row must be among them.

    Each correction is a guard too. Raises RefreshError when the institution publishes another value than the wrong one, or the row no
    longer: it has mended it, or changed it, and the correction must go.
    """
    for number, correction in enumerate(tables.rows("corrections", folder), start=2):
        key = dict(part.split("=", 1) for part in correction["key"].split("; "))
        if correction["table"] != table or not concerns(key):
            continue
        where = f"data/corrections.csv, row {number}: table {table}, {correction['key']}, column {correction['field']}"
        found = [row for row in rows if all(row.get(column) == value for column, value in key.items())]
        if len(found) != 1:
            raise RefreshError(f"{where}: the institution now has {len(found)} such rows\n  Remove or renew the correction, then: python -m ledger seal corrections")
        if (value := found[0].get(correction["field"])) != correction["theirs"]:
            raise RefreshError(f"{where}: the institution now has {value!r}, no longer {correction['theirs']!r}\n  See whether they mended it; remove or renew the correction, then: python -m ledger seal corrections")
        if correction["ours"]:
            rows = [row | {correction["field"]: correction["ours"]} if row is found[0] else row for row in rows]
        else:
            rows = [row for row in rows if row is not found[0]]
    return rows


# --- what changes ---------------------------------------------------------------------------------------------------------------


@dataclass
class Change:
    """What differs between two texts of a table: rows added, removed, and cells revised, the largest revisions first."""

    resource: dict
    before: str
    after: str
    added: list[tuple] = field(init=False)
    removed: list[tuple] = field(init=False)
    revised: list[tuple[tuple, str, str, str, float]] = field(init=False)  # key, column, before, after, relative size (inf for words)
    beyond: list[str] = field(init=False)  # what lies beyond the bounds that the schema declares

    def __post_init__(self):
        key = self.resource["schema"]["primaryKey"]
        old, new = ({tuple(row[column] for column in key): row for row in _rows(text)} for text in (self.before, self.after))
        self.added, self.removed = [k for k in new if k not in old], [k for k in old if k not in new]
        self.revised = [(k, column, old[k].get(column, ""), cell, _size(old[k].get(column, ""), cell)) for k in new if k in old for column, cell in new[k].items() if old[k].get(column, "") != cell]
        self.revised.sort(key=lambda revision: -revision[4])
        self.beyond = self._beyond(old) if self.before else []

    def __str__(self) -> str:
        rows = self.after.count("\n") - 1
        if self.before == self.after:
            return f"{rows:,} rows, as before"
        return f"{rows:,} rows: {len(self.added):,} added, {len(self.removed):,} removed, {len({revision[0] for revision in self.revised}):,} revised"

    def _beyond(self, old: dict) -> list[str]:
        schema, said = self.resource["schema"], [f"{line}: see whether all its values were meant to change" for line in self.units()]
        fields = {entry["name"]: entry for entry in schema["fields"]}
        allowed = schema.get("plausibleRemoval", 0)
        if old and len(self.removed) > allowed * len(old):
            said.append(f"{len(self.removed):,} of {len(old):,} rows are gone, more than the {allowed:.0%} that is plausible: {_keys(self.removed)}")
        words: dict[str, list] = {}
        for key, column, before, after, size in self.revised:
            bound = fields[column].get("plausibleRevision")
            if bound is None:
                words.setdefault(column, []).append(key)
                continue
            off = abs(float(after) - float(before)) if "absolute" in bound and before and after else size
            if off > bound.get("absolute", bound.get("relative", 0)):
                said.append(f"{', '.join(key)}, {column}: {before or 'nothing'} → {after or 'nothing'}, more than the {bound['absolute'] if 'absolute' in bound else format(bound['relative'], '.0%')} that is plausible")
        share = schema.get("plausibleRewording", 0)
        for column, keys in words.items():
            if len(keys) > share * len(old):
                said.append(f"{column}: {len(keys):,} of {len(old):,} cells differ, more than the {share:.0%} that is plausible: {_keys(keys)}")
        return said

    def units(self) -> list[str]:
        """Say which units have come or gone, where rows name their unit."""
        old, new = ({row["unit"] for row in _rows(text) if row.get("unit")} for text in (self.before, self.after))
        return [f"unit {unit!r} is {'new' if unit in new else 'gone'}" for unit in sorted(old ^ new)]

    def lines(self) -> list[str]:
        """Return the summary as lines for a terminal: first what happened to the rows, then the largest revisions."""
        said = [f"{self.resource['name']}: {self}"]
        for what, keys in (("added", self.added), ("removed", self.removed)):
            if keys:
                said.append(f"  {what}: {_keys(keys)}")
        for key, column, before, after, size in self.revised[:SHOWN]:
            said.append(f"  revised: {', '.join(key)}, {column}: {before or 'nothing'} → {after or 'nothing'}" + (f" ({_signed(before, after)})" if math.isfinite(size) else ""))
        if len(self.revised) > SHOWN:
            said.append(f"  … and {len(self.revised) - SHOWN:,} smaller revisions")
        return said + [f"  beyond what is plausible: {line}" for line in self.beyond[:SHOWN]] + ([f"  … and {len(self.beyond) - SHOWN:,} more beyond it"] if len(self.beyond) > SHOWN else [])


def _size(before: str, after: str) -> float:
    try:
        old, new = float(before), float(after)
    except ValueError:
        return math.inf
    return abs(new - old) / abs(old) if old else math.inf


def _signed(before: str, after: str) -> str:
    return f"{(float(after) - float(before)) / abs(float(before)):+.1%}".replace("-", "−")


def _keys(keys: list[tuple]) -> str:
    return "; ".join(", ".join(key) for key in keys[:SHOWN]) + (f" … ({len(keys):,} in all)" if len(keys) > SHOWN else "")


# --- refresh --------------------------------------------------------------------------------------------------------------------


@dataclass
class Candidate:
    """A table as it would be after the refresh."""

    resource: dict
    text: str
    change: Change
    sources: list[fetch.Source]


def refresh(only: list[str] | None = None, *, files: list[Path] | None = None, edition: str = "", accept: str = "", dry_run: bool = False, again: bool = False, folder: Path = tables.DATA, registry: Path | None = None, store: Path | None = None, say=print) -> int:
    """Bring tables up to date: download → read → check → compare → write. Returns 0, or 1 when a table that was asked for is not.

    `only` names tables (default: all that can be downloaded automatically); `files` are those that a person downloaded, `edition` is
    what they are. A table that cannot be had, read or checked, or is revised beyond its plausible bounds without `accept` (a reason,
    kept in the change log), stays as it was and is named; the others go on. `dry_run` ends after the summary. `again` downloads anew
    what was downloaded less than a day ago. Raises atomic.Busy while another refresh runs.
    """
    with atomic.alone(folder):
        return _refresh(only or [], [Path(file) for file in files or []], edition, accept.strip(), dry_run, again, folder, fetch.sources(registry or fetch.REGISTRY), store or fetch.STORE, say)


def _refresh(only, files, edition, accept, dry_run, again, folder, registry, store, say) -> int:
    content, seen = tables.package(folder), _state(folder)
    resources = {resource["name"]: resource for resource in content["resources"]}
    failed: dict[str, list[str]] = {}
    wanted = _wanted(only, files, resources, registry, folder, failed)
    editions = _obtain(wanted, files, edition, again, not only, store, failed, say)
    wanted = {name: chosen for name, chosen in wanted.items() if chosen}

    candidates = {}
    for name, chosen in wanted.items():
        if name in failed:
            continue
        try:
            candidates[name] = _make(resources[name], chosen, registry, folder, store)
        except (ValueError, OSError, RuntimeError, KeyError, TypeError) as error:
            failed[name] = [_told(error, chosen, store)]

    changed = {name: made for name, made in candidates.items() if made.text != made.change.before}
    for name, made in candidates.items():
        say("")
        for line in made.change.lines():
            say(line)
    if changed:
        say("")
        effects = trial.effects(folder, {resources[name]["path"]: made.text for name, made in changed.items()}, _described(content, changed, editions, folder, store), say)
        for line in effects.lines():
            say(line)
    held = [name for name, made in changed.items() if made.change.beyond and not accept]
    if not dry_run:
        for name in held:
            failed[name] = ["it is revised beyond what is plausible, see above, and stays as it was\n  If the revision is real, say why: python -m ledger refresh " + name + ' --accept "REASON"']
        ready = {name: made for name, made in changed.items() if name not in held}
        if ready:
            if held:  # what is written is without them
                effects = trial.effects(folder, {resources[name]["path"]: made.text for name, made in ready.items()}, _described(content, ready, editions, folder, store), lambda *_: None)
            if _state(folder) != seen:
                raise RefreshError("files of data/ or changes.yml were edited while this ran, so that nothing was written\n  Run the same command again; what was downloaded is kept.")
            _write(content, ready, editions, effects, accept, folder, store)
            say(f"\nwritten: {', '.join(ready)}; what changed stands in {CHANGES.name}. Next: make test, then commit data/ and {CHANGES.name} together.")
    elif held:
        say(f"\nto write {', '.join(held)}, a reason is needed: --accept \"REASON\"")
    for name, reasons in failed.items():
        for reason in reasons:
            say(f"\nerror: {name}: {reason}")
    if not changed and not failed:
        say("\nnothing has changed")
    return 1 if failed else 0


def _state(folder: Path) -> dict[str, str]:
    """Return a hash of each file that a refresh reads before it writes."""
    return {path.name: fetch.sha256(path) for path in [*folder.glob("*.csv"), folder / "datapackage.json", folder.parent / CHANGES.name]}


def _wanted(only, files, resources, registry, folder, failed) -> dict[str, list[fetch.Source]]:
    """Return table → the sources of it that are to be brought up to date."""
    for name in only:
        tables.describe(name, folder)
        if resources[name]["builder"] == tables.HAND:
            raise tables.TableError(name, "this table is kept by hand", hint=f"Edit data/{name}.csv, then: python -m ledger seal {name}")
    for file in files:
        if not file.is_file():
            raise FileNotFoundError(f"there is no file {file}")
    if files and len(only) != 1:
        raise ValueError("files that a person downloaded are for one table: name it, as in python -m ledger refresh arms_transfers --file export.csv")
    wanted = {}
    for name, resource in resources.items():
        if only and name not in only or resource["builder"] == tables.HAND:
            continue
        of_table = [source for source in registry.values() if name in source.tables]
        chosen = [source for source in of_table if source.files] if files else [source for source in of_table if source.how.startswith("automatic")]
        if chosen:
            wanted[name] = chosen
        elif only:
            ways = "\n  ".join(f"{source.name} ({source.how}): {source.address} {source.note}".rstrip() for source in of_table)
            failed[name] = [f"none of its sources can be downloaded automatically" + (": a person downloads from\n  " + ways + f"\n  then: python -m ledger refresh {name} --file FILE" if any(s.files for s in of_table) else ":\n  " + ways)]
    return wanted


def _obtain(wanted, files, edition, again, all_asked, store, failed, say) -> dict[str, str]:
    """Download each wanted source once, or take the files a person gave; return source → edition. What fails, fails its tables."""
    editions, left = {}, list(files)
    for source in {source.name: source for chosen in wanted.values() for source in chosen}.values():
        users = [name for name, chosen in wanted.items() if source in chosen]
        try:
            if files:
                taken = fetch.take(source, files, store)
                left = [file for file in left if file not in taken]
                if taken:
                    editions[source.name] = edition or f"downloaded by hand, taken into the book on {_today()}"
            else:
                editions[source.name] = fetch.download(source, PAIR, store, say, again)
        except (fetch.FetchError, ValueError, OSError) as error:
            if all_asked and source.files and isinstance(error, fetch.FetchError):  # it lets programs in on some days only, which is no fault
                say(f"{source.name} is left as it is: {source.hide(str(error))}")
                for name in users:
                    wanted[name] = [each for each in wanted[name] if each is not source]
                continue
            for name in users:
                failed.setdefault(name, []).append(source.hide(str(error)))
    if left:
        name = next(iter(wanted), "")
        known = "; ".join(f"{file} of {source.name}" + (f", which holds {holds!r}" if holds else "") for source in wanted.get(name, []) for file, holds in source.files.items())
        failed.setdefault(name, []).append(f"{left[0]} is none of the files it is made of" + (f" ({known})" if known else ""))
    if files:
        for name in wanted:
            wanted[name] = [source for source in wanted[name] if source.name in editions]
    return editions


def _make(resource: dict, chosen: list[fetch.Source], registry: dict, folder: Path, store: Path) -> Candidate:
    """Make a table anew from the chosen sources; the rows of its other readers stay as they are."""
    name = resource["name"]
    before = (folder / resource["path"]).read_text(encoding="utf-8")
    of_reader = _of_reader(resource, registry)
    fresh = [builder for builder, its in of_reader.items() if any(source in chosen for source in its)]
    for builder in fresh:
        for source in of_reader[builder]:
            if source not in chosen and not (store / source.name).is_dir():
                raise RefreshError(f"{builder} also reads source {source.name}, which is not there\n  Get it at {source.address} and give it with a further --file.")
    text = _assemble(resource, fresh, store, folder, registry)
    tables.check_text(name, text, resource, folder)
    return Candidate(resource, text, Change(resource, before, text), chosen)


def _chooser(table: str, its: list[fetch.Source], registry: dict[str, fetch.Source], resource: dict) -> Callable[[dict], bool]:
    """Return a function that tells whether a row (or a key) is one of those that a reader makes from its sources.

    Each source counts as its own the rows that sources.yml says, or those whose `source` is its key; where another source says it more
    closely (its key and an edition), the row is that one's.
    """

    def rule(source: fetch.Source) -> dict[str, set[str]]:
        said = source.rows.get(table, {"source": [source.key]} if "source" in _columns(resource) else {})
        return {column: {str(value) for value in (values if isinstance(values, list) else [values])} for column, values in said.items()}

    def fits(row: dict, wanted: dict[str, set[str]]) -> bool:
        return all(column not in row or row[column] in values for column, values in wanted.items())

    mine = [rule(source) for source in its]
    closer = [other for other in (rule(source) for source in registry.values() if table in source.tables and source not in its) if any(other.keys() > each.keys() for each in mine)]
    return lambda row: any(fits(row, each) for each in mine) and not any(fits(row, each) for each in closer)


def _told(error: Exception, chosen: list[fetch.Source], store: Path) -> str:
    """Return an error as words, with the sources and addresses that were read."""
    text = str(error) if isinstance(error, (ValueError, OSError, RuntimeError)) else f"the reader failed: {error!r}"
    read = []
    for source in chosen:
        text = source.hide(text)
        try:
            fetched = json.loads((store / source.name / "fetched.json").read_text(encoding="utf-8"))["files"]
            named = [entry["address"] for file, entry in fetched.items() if file in text] or [entry["address"] for entry in fetched.values()][:1]
            read += [f"{source.name} ({address})" for address in named[:2]]
        except (OSError, ValueError, KeyError):
            read.append(source.name)
    return f"{text}\n  Read from {'; '.join(read)}. If the institution changed what it publishes, its reader in ledger/sources must follow; nothing was written."


# --- writing --------------------------------------------------------------------------------------------------------------------


def _described(content: dict, made: dict[str, Candidate], editions: dict[str, str], folder: Path, store: Path) -> dict:
    """Return a copy of the descriptor in which the tables that were made carry their new content's hash, and their sources' edition,
    date and address."""
    content = json.loads(json.dumps(content))
    for resource in content["resources"]:
        if resource["name"] not in made:
            continue
        candidate = made[resource["name"]]
        tables.stamp(resource, candidate.text)
        for source in candidate.sources:
            fetched = json.loads((store / source.name / "fetched.json").read_text(encoding="utf-8"))["files"]
            addresses = list(dict.fromkeys(entry["address"] for entry in fetched.values()))
            for entry in source.entries(resource):
                entry |= {"edition": editions[source.name], "retrieved": _today(), "upstream": source.name}
                digests = sorted(each["sha256"] for each in fetched.values())
                entry["fetched"] = "sha256:" + (digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest())
                entry["copy"] = addresses[0] if len(addresses) == 1 else f"{len(addresses)} answers of {source.address}"
    return content


def _write(content, made, editions, effects, accept, folder, store) -> None:
    """Write tables, descriptor and change log as one."""
    described = _described(content, made, editions, folder, store)
    texts = {made[name].resource["path"]: made[name].text for name in made}
    texts["datapackage.json"] = tables.dump(described)
    log = folder.parent / CHANGES.name
    texts[f"../{CHANGES.name}"] = _logged(log.read_text(encoding="utf-8"), entry(content, made, editions, effects, accept))
    atomic.write(folder, texts)


def entry(content: dict, made: dict[str, Candidate], editions: dict[str, str], effects: trial.Effects, accept: str) -> dict:
    """Return what the change log tells readers of a refresh: the tables, their sources' editions, what changed, which printed numbers and
    verdicts changed with it, the reason given, and the hashes of the contents before and after."""
    before = {resource["name"]: resource["hash"] for resource in content["resources"]}
    titles = [made[name].resource["title"] for name in made]
    text = []
    for name, candidate in made.items():
        origin = "; ".join(f"{source.key}: {editions[source.name]}" for source in candidate.sources)
        text.append(f"Table `{name}` ({origin}): {candidate.change}." + (f" Largest revision: {_largest(candidate.change)}." if candidate.change.revised else ""))
    text.append(effects.sentence())
    if accept:
        text.append(f"Revisions beyond the usual were accepted: {accept.rstrip('.')}.")
    return {
        "date": _today(),
        "kind": "data update",
        "title": titles[0] if len(titles) == 1 else f"{len(titles)} tables brought up to date",
        "text": " ".join(text),
        "tables": [{"name": name, "before": before[name], "after": tables.content_hash(made[name].text)} for name in made],
    }


def _largest(change: Change) -> str:
    key, column, before, after, size = next((revision for revision in change.revised if math.isfinite(revision[4])), change.revised[0])
    said = f"{', '.join(key)}, {column} {before or 'nothing'} → {after or 'nothing'}"
    return re.sub(r"[<>{}\[\]`*_|\\]", " ", said)  # it is printed on a page, which would take these for markup


def _logged(log: str, new: dict) -> str:
    """Return the change log with a new entry on top, below the comment that explains it."""
    head = re.match(r"(?:#.*\n)*", log).group()
    return head + yaml.safe_dump([new], allow_unicode=True, sort_keys=False, width=130) + log[len(head) :]


# --- the sources in words -------------------------------------------------------------------------------------------------------


def overview(folder: Path = tables.DATA, registry: Path | None = None, today: datetime.date | None = None) -> str:
    """Return every source as text for a terminal: how it is had, which tables hold it, their edition and age, what it is published in and
    how often, when the next edition is due, its terms, and whether the key it needs is set."""
    today = today or datetime.datetime.now(datetime.UTC).date()
    content, said = tables.package(folder), []
    for source in fetch.sources(registry or fetch.REGISTRY).values():
        date = source.due(content)
        due = f"next expected {date.isoformat()}" + (": overdue" if date < today else "") if date else "no next edition expected" if source.how == "closed" else "no fixed date"
        said += ["", f"{source.name}: {source.institution} ({source.how})"]
        for resource in content["resources"]:
            if resource["name"] in source.tables:
                said += [f"  {resource['name']}: {mine['edition']}; {_age(mine['retrieved'], today)}" for mine in source.entries(resource)]
        said += [f"  published: {source.published}; {due}", f"  format: {source.format}; from {source.address}", f"  terms: {source.terms}"]
        if source.secret:
            said.append(f"  key: {source.secret['variable']}, {'needed' if source.secret['required'] else 'not needed'}, {'set' if source.value else 'not set'}; from {source.secret['page']}")
        if source.files:
            said.append(f"  by hand: download {' and '.join(source.files)} there, then python -m ledger refresh {next(iter(source.tables))} --file FILE")
        if source.note:
            said.append(f"  note: {source.note}")
    return "\n".join(said[1:])


def _age(retrieved: str, today: datetime.date) -> str:
    if not (found := re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?$", retrieved)):
        return f"retrieved: {retrieved}"
    year, month, day = (int(part) if part else None for part in found.groups())
    months = (today.year - year) * 12 + (today.month - month if month else 0)
    ago = "this month" if month and months == 0 else f"{months} month{'s' if months > 1 else ''} ago" if month and months < 24 else f"{today.year - year} years ago" if today.year > year else "this year"
    return f"retrieved {retrieved}, {ago}"


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()
