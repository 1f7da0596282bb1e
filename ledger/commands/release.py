"""Pack what a version consists of: site, PDF, EPUB, tables and release notes."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

from ledger.core import citations, config
from ledger.core.config import DATA, ROOT
from ledger.core.files import naming, replace_file

SITE = ROOT / "_build" / "html"


class ReleaseError(ValueError):
    """The version cannot be released as it is: names what disagrees, and what to do."""


def pack(tag: str, into: Path, site: Path = SITE) -> list[Path]:
    """Pack what the release `tag` consists of into the new folder `into`, and return its files.

    They are the site, with PDF and EPUB in it, and the tables as .zip, the PDF, the EPUB, and
    `notes.md`, the version's section of CHANGELOG.md. Raises ReleaseError, and leaves no folder,
    where the tag, CITATION.cff, the descriptor of the tables, CHANGELOG.md and the built site do
    not name one version.
    """
    version, slug = citations.edition()["version"], config.book().slug
    notes = _notes(version)
    books = [site / f"{slug}{kind}" for kind in (".pdf", "-short.pdf", ".epub")]
    if problem := _problem(tag, version, notes, site, books):
        raise ReleaseError(f"{tag} is not ready: {problem}")
    into.mkdir(parents=True)
    try:
        replace_file(into / "notes.md", notes)
        for book in books:
            shutil.copy(book, into / book.name.replace(slug, f"{slug}-{version}"))
        _zip(into / f"{slug}-{version}-site.zip", _below(site, "**/*"))
        tables = _below(site, "data/*.csv", "data/datapackage.json")
        rights = _below(ROOT, "LICENSE.md", "CITATION.cff", "LICENSES/*")
        _zip(into / f"{slug}-{version}-tables.zip", tables | rights)
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise
    return sorted(into.iterdir())


def _problem(tag: str, version: str, notes: str, site: Path, books: list[Path]) -> str:
    """Return what keeps a version from being released, empty where nothing does."""
    built = json.loads((site / "build.json").read_text(encoding="utf-8"))
    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    described = package.get("version", "none")
    problems = {
        f"the tag is {tag}, and CITATION.cff has version {version}: set the version there, or name "
        f"the tag v{version}": tag != f"v{version}",
        f"data/datapackage.json has version {described}, and CITATION.cff {version}: set it there "
        "too": described != version,
        f"the site is of version {built['version']}: make book": built["version"] != version,
        "the site does not say from which commit it was built: build it in a clone of the "
        "repository": not built["commit"],
        f"the site was built from commit {built['commit']} with changes since: commit them, then "
        "make book pdf epub": built["changed_since"],
        f"the site was not built for the path of this version: LEDGER_RELEASE={tag} make book pdf "
        "epub": built["release"] != tag,
        f"CHANGELOG.md has no section '## {version}' with words in it: write what is new": (
            not notes
        ),
        "the PDF or the EPUB is not beside the site: make pdf epub": not all(
            book.exists() for book in books
        ),
        f"CHANGELOG.md still has words under '## Unreleased': move them under '## {version}'": (
            _notes("Unreleased") != ""
        ),
    }
    return next((problem for problem, holds in problems.items() if holds), "")


def _notes(version: str) -> str:
    """Return a version's section of CHANGELOG.md without its heading, empty if there is none."""
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    pattern = rf"^## {re.escape(version)}(?=\s).*?\n(.*?)(?=^## |\Z)"
    section = re.search(pattern, log, re.M | re.S)
    words = section.group(1).strip() if section else ""
    return f"{words}\n" if words else ""


def _below(root: Path, *patterns: str) -> dict[str, Path]:
    """Return the files of a folder, by their paths from it."""
    files = (file for pattern in patterns for file in root.glob(pattern) if file.is_file())
    return {file.relative_to(root).as_posix(): file for file in files}


def _zip(path: Path, files: dict[str, Path]) -> None:
    with naming(path), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in sorted(files.items()):
            archive.write(file, name)
