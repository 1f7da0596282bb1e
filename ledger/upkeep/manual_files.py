"""Import files that a person downloaded where a site lets in no program."""

from __future__ import annotations

import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from ledger.core.files import naming
from ledger.core.sources.archives import archive_problem
from ledger.core.sources.registry import FetchError, Source
from ledger.upkeep.file_checks import check_file, unpacked_limit
from ledger.upkeep.store import STORE, file_entry, publish

HEAD = 1 << 16  # bytes of a file in which the text is looked for by which it is known
DAMAGED = (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error)

Offered = tuple[Path, Path]  # the file that a person gave, and the one it holds or is


def import_files(
    source: Source, files: Iterable[Path], store: Path = STORE, edition: str = ""
) -> list[Path]:
    """Put those of `files` that are this source's into `store`/NAME; return which these are.

    A file is known by its ending and by the text that data/sources.yml says it holds; of a zip
    archive each member is looked at.

    Raises
    ------
    FetchError
        A file is not sound, or another file of the source is missing.
    """
    part = store / f".{source.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    imported, entries = [], {}
    try:
        offered = list(_offered(source, files, part / "unpacked"))
        for name, text in source.files.items():
            if match := _match(source, name, text, offered):
                given, path = match
                _check(source, name, given, path)
                with naming(part / name):
                    shutil.copyfile(path, part / name)
                imported.append(given)
                entries[name] = file_entry(path, source.address)
        if imported and (missing := source.files.keys() - entries.keys()):
            raise FetchError(
                source.name,
                source.address,
                f"it also needs {', '.join(sorted(missing))}",
                "Download it there and give it with a further --file.",
            )
        if imported:
            shutil.rmtree(part / "unpacked", ignore_errors=True)
            content = {"by_hand": True, "edition": edition, "files": entries}
            publish(source, part, store / source.name, content)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return imported


def _offered(source: Source, files: Iterable[Path], folder: Path) -> Iterable[Offered]:
    for path in files:
        members = _unpack(source, path, folder) if path.suffix.lower() == ".zip" else [path]
        yield from ((path, member) for member in members)


def _match(source: Source, name: str, text: str, offered: list[Offered]) -> Offered | None:
    matches = [
        (given, path)
        for given, path in offered
        if path.suffix.lower() == Path(name).suffix and _holds(path, text)
    ]
    if len(matches) > 1:
        (one, first), (other, second) = matches[:2]
        raise FetchError(
            source.name,
            "",
            f"{first.name} of {one} and {second.name} of {other} are both its file {name}",
            "Give one of them.",
        )
    return matches[0] if matches else None


def _check(source: Source, name: str, given: Path, path: Path) -> None:
    if path.stat().st_size > source.max_mb * 1_000_000:
        raise FetchError(
            source.name,
            str(given),
            f"the file is larger than the {source.max_mb} MB that data/sources.yml allows for it",
            "If the institution's file has grown, raise `max_mb` there.",
        )
    check_file(source, str(given), path, Path(name).suffix[1:], complete_lines=False)


def _unpack(source: Source, path: Path, folder: Path) -> list[Path]:
    """Unpack an archive into `folder` under names of ours, so that no path in it leads anywhere."""
    if problem := archive_problem(path, unpacked_limit(source)):
        hint = "Do not unpack it; see whether it is what the institution publishes."
        raise FetchError(source.name, str(path), problem, hint)
    unpacked = []
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        for number, member in enumerate(members):
            name = re.split(r"[/\\]", member.filename)[-1]
            target = folder / f"{path.stem}-{number}" / name
            target.parent.mkdir(parents=True)
            try:
                with naming(target), archive.open(member) as packed, target.open("wb") as out:
                    shutil.copyfileobj(packed, out)
            except DAMAGED as error:
                raise FetchError(
                    source.name,
                    str(path),
                    f"{member.filename} cannot be unpacked ({error})",
                    "Download it again, or unpack it yourself and give the file.",
                ) from None
            unpacked.append(target)
    return unpacked


def _holds(path: Path, text: str) -> bool:
    """Tell whether a file begins with something that holds `text`; of a workbook, its strings."""
    if path.suffix.lower() != ".xlsx":
        with path.open("rb") as file:
            head = file.read(HEAD)
        # in another encoding too, so that what is wrong with it is said
        return any(text.encode(form) in head for form in ("utf-8", "utf-16-le", "utf-16-be"))
    if archive_problem(path, 10**9):
        return True  # check_file says what is wrong with it
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {"xl/workbook.xml", "xl/sharedStrings.xml"} & set(archive.namelist())
            return any(text.encode() in archive.read(part) for part in parts)
    except DAMAGED:
        return False
