"""Bring tables up to date: download, build, check, show what changes, write all or nothing.

When some sources of a table are refreshed, the rows of its others stay as they are in `data/`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ledger.core import table_files, tables
from ledger.core.config import book
from ledger.core.files import exclusive_lock, replace_files
from ledger.core.sources.registry import REGISTRY, FetchError, Source, sources
from ledger.core.sources.strict import FormError
from ledger.upkeep import change_log, download, rebuild
from ledger.upkeep.change_log import CHANGES, Candidate
from ledger.upkeep.manual_files import import_files
from ledger.upkeep.rebuild import RefreshError
from ledger.upkeep.revisions import Change
from ledger.upkeep.schedule import today
from ledger.upkeep.store import STORE, invalidate, manifest, provenance, sha256

Say = Callable[[str], None]
Chosen = dict[str, list[Source]]  # table → the sources of it that are refreshed


class Impact(Protocol):
    """What new tables do to the book: printed numbers and verdicts that change."""

    def lines(self) -> list[str]: ...  # for a terminal

    def sentence(self) -> str: ...  # for readers, in the change log


# folder of the tables, texts (file → content), descriptor with their hashes, say → impact
PreviewImpact = Callable[[Path, dict[str, str], dict, Say], Impact]


def refresh(
    only: list[str] | None = None,
    *,
    preview_impact: PreviewImpact,
    only_sources: list[str] | None = None,
    files: list[Path] | None = None,
    edition: str = "",
    accept: str = "",
    dry_run: bool = False,
    force: bool = False,
    folder: Path = tables.DATA,
    registry: Path = REGISTRY,
    store: Path = STORE,
    say: Say = print,
) -> int:
    """Bring tables up to date; return 0, or 1 when a table that was asked for is not.

    A table that cannot be downloaded, built or checked, or has implausible changes that are not
    accepted, stays as it was and is named; the others go on.

    Parameters
    ----------
    only : tables (default: all that can be downloaded automatically).
    preview_impact : shows what new tables do to the book, before they are written.
    only_sources : sources among those of the tables.
    files, edition : files that a person downloaded, and what they are.
    accept : reason for implausible changes, kept in the change log.
    dry_run : end after the summary.
    force : download anew what was downloaded less than a day ago.

    Raises
    ------
    ValueError
        Options that do not go together, or an unknown table or source.
    LockedError
        Another refresh runs.
    """
    only, only_sources = only or [], only_sources or []
    files = [Path(file) for file in files or []]
    known = sources(registry)
    _check_options(only, only_sources, files, edition, accept, known)
    with exclusive_lock(folder):
        run = _Run(folder, known, store, preview_impact, say)
        chosen = run.choose(only, only_sources, files)
        if files:
            available = run.import_all(chosen, files, edition)
        else:
            available = run.download_all(chosen, force, lenient=not only)
        return run.finish(run.build_all(available), accept.strip(), dry_run)


def _check_options(
    only: list[str],
    only_sources: list[str],
    files: list[Path],
    edition: str,
    accept: str,
    known: dict[str, Source],
) -> None:
    if files and len(only) != 1:
        raise ValueError(
            "files that a person downloaded are for one table: name it, as in "
            "python -m ledger refresh TABLE --file FILE"
        )
    if edition and not files:
        raise ValueError(
            "--edition says what the files are that --file gives; a download says it by itself"
        )
    if accept and not only:
        raise ValueError(
            "--accept is a reason for one table's revisions, or a few tables': name them"
        )
    if unknown := set(only_sources) - set(known):
        raise ValueError(
            f"there is no source {', '.join(sorted(unknown))} in data/sources.yml; "
            f"there are {', '.join(known)}"
        )
    if missing := [file for file in files if not file.is_file()]:
        raise FileNotFoundError(f"there is no file {missing[0]}")


class _Run:
    """One refresh. `failures` says of each table that stays as it was, why."""

    def __init__(
        self,
        folder: Path,
        registry: dict[str, Source],
        store: Path,
        preview_impact: PreviewImpact,
        say: Say,
    ):
        self.folder, self.registry, self.store = folder, registry, store
        self.preview_impact, self.say = preview_impact, say
        self.package, self.state = tables.descriptor(folder), _state(folder)
        self.resources = {resource["name"]: resource for resource in self.package["resources"]}
        self.editions: dict[str, str] = {}  # source → what was downloaded or imported of it
        self.failures: dict[str, list[str]] = {}

    # --- sources --------------------------------------------------------------------------------

    def choose(self, only: list[str], only_sources: list[str], files: list[Path]) -> Chosen:
        """Return which sources of which tables are refreshed."""
        for name in only:
            if tables.describe(name, self.folder)["connectors"] == tables.MANUAL:
                hint = f"Edit data/{name}.csv, then: python -m ledger accept {name}"
                raise tables.TableError(name, "this table is kept by hand", hint=hint)
        chosen = {}
        for name, resource in self.resources.items():
            if only and name not in only or resource["connectors"] == tables.MANUAL:
                continue
            of_table = [source for source in self.registry.values() if name in source.tables]
            usable = [
                source
                for source in of_table
                if (source.files if files else source.automatic)
                and (not only_sources or source.name in only_sources)
            ]
            if usable:
                chosen[name] = usable
            elif only:
                whose = "these" if only_sources else "its"
                self.fail(name, _no_source_message(name, whose, of_table))
        return chosen

    def download_all(self, chosen: Chosen, force: bool, lenient: bool) -> Chosen:
        """Download each source once; return which are there. What fails, fails its tables.

        `lenient` passes over sites that let programs in on some days only.
        """
        for source in _distinct(chosen):
            try:
                self.editions[source.name] = download.download(
                    source, book().pair, self.store, self.say, force
                )
            except (FetchError, OSError) as error:
                if lenient and source.files and isinstance(error, FetchError):
                    self.say(f"{source.name} is left as it is: {error}")
                else:
                    self._fail_tables(source, chosen, error)
        return self._available(chosen)

    def import_all(self, chosen: Chosen, files: list[Path], edition: str) -> Chosen:
        """Import the files that a person gave; return which sources are there."""
        edition = edition or f"downloaded by hand, taken into the book on {today().isoformat()}"
        unused = list(files)
        for source in _distinct(chosen):
            try:
                imported = import_files(source, files, self.store, edition)
            except (FetchError, OSError) as error:
                self._fail_tables(source, chosen, error)
                continue
            if imported:
                unused = [file for file in unused if file not in imported]
                self.editions[source.name] = edition
        for name, of_table in chosen.items():
            if unused and name not in self.failures:  # which says why it was not taken
                self.fail(name, _unused_file_message(unused[0], of_table))
        return self._available(chosen)

    def _available(self, chosen: Chosen) -> Chosen:
        available = {
            name: [source for source in of_table if source.name in self.editions]
            for name, of_table in chosen.items()
        }
        return {name: of_table for name, of_table in available.items() if of_table}

    def fail(self, name: str, message: str) -> None:
        """Leave a table as it is, and say why at the end."""
        self.failures.setdefault(name, []).append(message)

    def _fail_tables(self, source: Source, chosen: Chosen, error: Exception) -> None:
        users = {name: of_table for name, of_table in chosen.items() if source in of_table}
        others = [other.name for other in _distinct(users) if other is not source]
        options = " ".join(f"--source {other}" for other in others)
        hint = f"\n  To go on without it: {options}" if others else ""
        for name in users:
            self.fail(name, f"{error}{hint}")

    # --- tables ---------------------------------------------------------------------------------

    def build_all(self, available: Chosen) -> dict[str, Candidate]:
        """Build the tables that have not failed."""
        candidates = {}
        for name, of_table in available.items():
            if name not in self.failures:
                try:
                    candidates[name] = self.build_candidate(name, of_table)
                except Exception as error:  # a connector may fail on a new form in any way
                    self.fail(name, self.error_message(error, of_table))
        return candidates

    def build_candidate(self, name: str, of_table: list[Source]) -> Candidate:
        """Build a table from the given sources; the rows of its other connectors stay."""
        resource = self.resources[name]
        before = table_files.read_text(name, self.folder / resource["path"])
        connectors = []
        for connector, read in rebuild.sources_by_connector(resource, self.registry).items():
            if not any(source in of_table for source in read):
                continue
            connectors.append(connector)
            if missing := [source for source in read if source not in of_table]:
                raise RefreshError(
                    f"{connector} also reads source {missing[0].name}\n  Get it at "
                    f"{missing[0].address}, and give it too with a further --file."
                )
        text = rebuild.assemble(resource, connectors, self.store, self.folder, self.registry)
        tables.check_text(text, resource, self.folder)
        return Candidate(resource, text, Change(resource, before, text), of_table)

    def error_message(self, error: Exception, of_table: list[Source]) -> str:
        """Return an error as text, with what was read; the next run downloads that anew."""
        ours = isinstance(error, RefreshError)
        if isinstance(error, (ValueError, OSError, RuntimeError)):
            text = str(error)
        else:
            text = f"the connector failed ({type(error).__name__}: {error})"
        read = []
        for source in of_table:
            text = source.redact(text)
            files = manifest(self.store / source.name).get("files", {})
            named = [entry["address"] for file, entry in files.items() if file in text]
            named = named or [entry["address"] for entry in files.values()][:1]
            read += [f"{source.name} ({address})" for address in named[:2]] or [source.name]
            if not ours:
                invalidate(self.store / source.name)
        hint = " The next run downloads it anew."
        if not isinstance(error, FormError):  # which says itself what to do
            hint = (
                " If the institution changed what it publishes, its connector in "
                "analysis/connectors/ must follow; the next run downloads it anew."
            )
        origin = f"Read from {'; '.join(read)}; nothing was written."
        return f"{text}\n  {origin}{'' if ours else hint}"

    # --- end ------------------------------------------------------------------------------------

    def finish(self, candidates: dict[str, Candidate], accept: str, dry_run: bool) -> int:
        """Show what changes, write it unless it is a dry run, and name what failed."""
        for candidate in candidates.values():
            self.say("")
            for line in candidate.change.lines():
                self.say(line)
        changed = [each for each in candidates.values() if each.changed]
        held = [each for each in changed if each.change.implausible and not accept]
        held_names = [each.resource["name"] for each in held]
        impact = self.preview(changed) if changed else None
        if dry_run:
            if held:
                names = ", ".join(held_names)
                self.say(f'\nto write {names}, a reason is needed: --accept "REASON"')
        else:
            for name in held_names:
                self.fail(
                    name,
                    "not written: it has changes beyond what is plausible, listed above\n"
                    '  If they are real, give the same command again with --accept "REASON"',
                )
            ready = [each for each in candidates.values() if each not in held]
            if held and len(changed) > len(held):
                self.say("\nof this, what is written without them:")
                impact = self.preview([each for each in ready if each.changed])
            self.write(ready, impact, accept)
        for name, messages in self.failures.items():
            for message in messages:
                self.say(f"\nerror: {name}: {message}")
        if not changed and not self.failures:
            self.say("\nnothing has changed")
        return 1 if self.failures else 0

    def preview(self, candidates: list[Candidate]) -> Impact:
        """Return, and show, what tables would do to the book."""
        self.say("")
        texts = {candidate.resource["path"]: candidate.text for candidate in candidates}
        descriptor = self.updated_descriptor(candidates)
        impact = self.preview_impact(self.folder, texts, descriptor, self.say)
        for line in impact.lines():
            self.say(line)
        return impact

    def updated_descriptor(self, candidates: list[Candidate]) -> dict:
        """Return the descriptor with the candidates' hashes and their sources' new editions."""
        package = json.loads(json.dumps(self.package))
        built = {candidate.resource["name"]: candidate for candidate in candidates}
        for resource in package["resources"]:
            if candidate := built.get(resource["name"]):
                table_files.set_hash(resource, candidate.text)
                for source in candidate.sources:
                    for entry in source.entries(resource):
                        entry |= provenance(source, self.editions[source.name], self.store)
        return package

    def write(self, candidates: list[Candidate], impact: Impact | None, accept: str) -> None:
        """Write tables, descriptor and change log as one.

        Where no row has changed, a new edition and date are recorded all the same.
        """
        descriptor = table_files.to_json(self.updated_descriptor(candidates))
        if descriptor == table_files.to_json(self.package):
            return
        if _state(self.folder) != self.state:
            raise RefreshError(
                "files of data/ were edited while this ran, so that nothing was written\n"
                "  Run the same command again; what was downloaded is kept."
            )
        changed = [candidate for candidate in candidates if candidate.changed]
        texts = {candidate.resource["path"]: candidate.text for candidate in changed}
        texts["datapackage.json"] = descriptor
        if changed and impact:
            log = (self.folder / CHANGES).read_text(encoding="utf-8")
            sentence = impact.sentence()
            entry = change_log.entry(changed, self.editions, sentence, accept, today())
            texts[CHANGES] = change_log.with_entry(log, entry)
        replace_files(self.folder, texts)
        if changed:
            names = ", ".join(candidate.resource["name"] for candidate in changed)
            self.say(
                f"\nwritten: {names}; what changed stands in data/{CHANGES}. "
                "Next: make check, then commit data/."
            )
        if same := [each.resource["name"] for each in candidates if each not in changed]:
            self.say(
                f"\nno row of {', '.join(same)} has changed; "
                "edition and date are noted in data/datapackage.json"
            )


def _distinct(chosen: Chosen) -> list[Source]:
    """Return the sources of all tables, each once."""
    every = {source.name: source for of_table in chosen.values() for source in of_table}
    return list(every.values())


def _no_source_message(name: str, whose: str, of_table: list[Source]) -> str:
    lines = [f"none of {whose} sources can be downloaded automatically:"]
    for source in of_table:
        lines.append(f"{source.name} ({source.how}): {source.address} {source.note}".rstrip())
    if any(source.files for source in of_table):
        command = f"python -m ledger refresh {name} --file FILE"
        lines.append(f"Download the file there, then: {command}")
    return "\n  ".join(lines)


def _unused_file_message(file: Path, of_table: list[Source]) -> str:
    known = "; ".join(
        f"{name} of {source.name}, which holds {text!r}"
        for source in of_table
        for name, text in source.files.items()
    )
    return f"{file} is none of the files it is made of" + (f" ({known})" if known else "")


def _state(folder: Path) -> dict[str, str]:
    """Return a hash of each file that a refresh reads before it writes."""
    paths = [*folder.glob("*.csv"), folder / "datapackage.json", folder / CHANGES]
    return {path.name: sha256(path) for path in paths}
