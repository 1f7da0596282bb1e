"""Tell whether the site is as its sources are, before anything is loaded that could build it.

A build that ends well leaves a manifest: a hash of each file of the site, and one of all that the
build could depend on. While both are as listed there is nothing to build, and `make book`, which
asks first, ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from ledger.core import fingerprints
from ledger.core.config import INSTALLED, PACKAGE, ROOT, book
from ledger.core.files import digest
from ledger.core.system.git import GitError, git

SITE = ROOT / "_build" / "html"
# written by builds and tools, and read by no page
WRITTEN = {
    "_build",
    "__pycache__",
    ".git",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
}
# what the variables begin with that a build reads; LEDGER_BOOK says where the files are
VARIABLES = ("GIT_", "LANG", "LC_", "LEDGER_", "PYTHON", "SOURCE_DATE_EPOCH", "TZ")
PLACE = "LEDGER_BOOK"


def printed() -> tuple[str, ...]:
    """Return the files that other commands put into the site; a site that changes loses them."""
    slug = book().slug
    return (f"{slug}.pdf", f"{slug}-short.pdf", f"{slug}.epub")


def manifest_path(site: Path) -> Path:
    """Return where the manifest of a site stands, in the folder in which it is built."""
    return site.parent / ".work" / site.name / "manifest.json"


def hashes(folder: Path) -> dict[str, str]:
    """Return a hash of each file under a folder, by its path from there."""
    top = len(os.path.join(folder, ""))
    paths = sorted(
        os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names
    )
    return {path[top:].replace(os.sep, "/"): _hash(path) for path in paths if os.path.isfile(path)}


def site_hashes(site: Path) -> dict[str, str]:
    """Return the hashes of a site's files, but for those that other commands put there."""
    others = printed()
    return {name: known for name, known in hashes(site).items() if name not in others}


def sources() -> str | None:
    """Return a hash of all that a page can depend on, None where that cannot be told.

    That is every file of the book and of the machine, the state of the repository, Python and its
    packages, and variables of the environment. It cannot be told in a clone without its whole
    history, of which pages have dates, where git does not answer, and where a folder is a link.
    """
    try:
        known = [
            _repository(),
            [platform.python_version(), sorted(fingerprints.installed().items())],
            sorted(_variables()),
            [(str(path), _hash(path)) for path in _files(ROOT)],
            [(str(path), _hash(path)) for path in _files(PACKAGE)] if INSTALLED else [],
        ]
    except OSError:  # git's too
        return None
    return fingerprints.of_text(json.dumps(known))


def _repository() -> str:
    """Return what git says of commit and changes; empty outside a repository of the book's own.

    There, as in an unpacked archive, pages say nothing of either. Raises OSError where the
    repository does not answer or lacks a part of its history.
    """
    try:
        asked = "--show-toplevel", "--is-shallow-repository"
        top, shallow = git(ROOT, "rev-parse", *asked).splitlines()
    except GitError:
        if (ROOT / ".git").exists() or "GIT_DIR" in os.environ:
            raise
        return ""
    if Path(top).resolve() != ROOT.resolve():
        return ""
    if shallow != "false":
        raise OSError("the clone lacks a part of its history")
    return git(ROOT, "status", "--porcelain=v2", "--branch")


def _variables() -> Iterator[tuple[str, str]]:
    return (
        (name, value)
        for name, value in os.environ.items()
        if name.startswith(VARIABLES) and name != PLACE
    )


def _files(folder: Path) -> Iterator[Path]:
    """Give the files that a build can read. Raises OSError where a folder is a link."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - WRITTEN)
        if linked := [name for name in folders if os.path.islink(os.path.join(parent, name))]:
            raise OSError(f"{parent}/{linked[0]} is a link")
        yield from (Path(parent, name) for name in sorted(names))


def _hash(path: str | Path) -> str:
    return digest(path, _of_bytes)


def _of_bytes(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def is_current(site: Path = SITE) -> bool:
    """Tell whether a build would leave the site as it is."""
    try:
        listed = json.loads(manifest_path(site).read_text(encoding="utf-8"))
        made_of = listed["sources"]
        return made_of is not None and made_of == sources() and listed["site"] == site_hashes(site)
    except (OSError, ValueError, KeyError):
        return False


def main() -> int:
    """Say so where there is nothing to build; return how the process ends."""
    current = is_current()
    if current:
        print(f"Nothing has changed since {SITE.relative_to(ROOT)} was built.")
    return not current


if __name__ == "__main__":
    sys.exit(main())
