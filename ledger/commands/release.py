"""What a version consists of, packed for its release: the site, the PDF, the EPUB, the tables, and the words of CHANGELOG.md."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

from ledger.commands import pdf
from ledger.core import citations
from ledger.core.config import DATA, ROOT

SITE = ROOT / "_build" / "html"


class NotReady(ValueError):
    """The version cannot be released as it is: says what disagrees with what, and what to do."""


def pack(tag: str, into: Path, site: Path = SITE) -> list[Path]:
    """Pack what the release `tag` consists of into the new folder `into`, and return its files.

    They are the site and the tables as .zip, the PDF, the EPUB, and `notes.md`, the version's section of CHANGELOG.md. Raises NotReady,
    and leaves no folder, where the tag, CITATION.cff, the descriptor of the tables, CHANGELOG.md and the built site do not name one version.
    """
    version = citations.edition()["version"]
    built = json.loads((site / "build.json").read_text(encoding="utf-8"))
    notes = _notes(version)
    books = [site / f"{pdf.NAME}.{kind}" for kind in ("pdf", "epub")]
    for wrong, says in [
        (
            tag != f"v{version}",
            f"the tag is {tag}, and CITATION.cff has version {version}: set the version there, or name the tag v{version}",
        ),
        (
            _version_of_tables() != version,
            f"data/datapackage.json has version {_version_of_tables()}, and CITATION.cff {version}: set it there too",
        ),
        (built["version"] != version, f"the site is of version {built['version']}: make book"),
        (
            not built["commit"],
            "the site does not say from which commit it was built: build it in a clone of the repository",
        ),
        (
            built["changed_since"],
            f"the site was built from commit {built['commit']} with changes since: commit them, then make book pdf epub",
        ),
        (
            not notes,
            f"CHANGELOG.md has no section '## {version}' with words in it: write what is new",
        ),
        (
            not all(book.exists() for book in books),
            "the PDF or the EPUB is not beside the site: make pdf epub",
        ),
        (
            _notes("Unreleased") != "",
            f"CHANGELOG.md still has words under '## Unreleased': move them under '## {version}'",
        ),
    ]:
        if wrong:
            raise NotReady(f"{tag} is not ready: {says}")
    into.mkdir(parents=True)
    try:
        (into / "notes.md").write_text(notes, encoding="utf-8")
        for book in books:
            shutil.copy(book, into / book.name.replace(pdf.NAME, f"{pdf.NAME}-{version}"))
        _zip(
            into / f"{pdf.NAME}-{version}-site.zip",
            site,
            [path for path in site.rglob("*") if path not in books],
        )
        rights = [ROOT / "LICENSE.md", ROOT / "CITATION.cff", *(ROOT / "LICENSES").glob("*")]
        _zip(into / f"{pdf.NAME}-{version}-tables.zip", ROOT, [*DATA.glob("*"), *rights])
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise
    return sorted(into.iterdir())


def _version_of_tables() -> str:
    return json.loads((DATA / "datapackage.json").read_text(encoding="utf-8")).get(
        "version", "none"
    )


def _notes(version: str) -> str:
    """Return a version's section of CHANGELOG.md without its heading, empty where there is none."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(version)}(?=\s).*?\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found.group(1).strip() + "\n" if found and found.group(1).strip() else ""


def _zip(path: Path, root: Path, files: list[Path]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(file for file in files if file.is_file()):
            archive.write(file, file.relative_to(root))
