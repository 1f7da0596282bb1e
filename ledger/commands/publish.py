"""Put together what is served: the newest build, and every kept version below its own path.

A version is kept as the site's .zip among the files of its release, and never made again. So the
folder that is served follows from the newest build and the releases alone, and a run that fails
leaves the folder that was there.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
import zlib
from pathlib import Path

from ledger.commands.release import SITE
from ledger.core import text
from ledger.core.config import book
from ledger.core.files import naming, replace_file

LIST = "versions.json"  # which versions there are, and which pages the newest build has


class PublishError(ValueError):
    """The site cannot be put together: names the file that is amiss."""


def publish(versions: Path, into: Path, site: Path = SITE) -> list[str]:
    """Put the folder `into` together, in the place of the one that is there.

    Parameters
    ----------
    versions : folder of the kept sites, as `release.pack` leaves them (…-site.zip).
    into : the folder to serve.
    site : the newest build.

    Returns what was done, a line a version, the newest first. Raises PublishError, or OSError, and
    leaves `into` as it was.
    """
    new, old = (into.with_name(f".{into.name}.{kind}") for kind in ("new", "old"))
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        shutil.copytree(site, new)
        pages = sorted(path.relative_to(new).as_posix() for path in new.rglob("*.html"))
        told, kept = [], []
        for path in sorted(versions.glob("*-site.zip")):
            record = _unpack(path, new)
            if record:
                kept.append(record)
            else:
                told.append(f"{path.name}: left out, for it was not built for a path of its own")
        kept.sort(key=_order, reverse=True)
        content = {"versions": kept, "pages": [page for page in pages if "_static" not in page]}
        content = json.dumps(content, indent=1, ensure_ascii=False)
        replace_file(new / LIST, f"{content}\n")
        if into.exists():
            into.rename(old)
        new.rename(into)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        if old.exists():
            old.rename(into)
        raise
    shutil.rmtree(old, ignore_errors=True)
    return [f"{record['path']}: version {record['version']}" for record in kept] + told


def _unpack(path: Path, into: Path) -> dict[str, str] | None:
    """Unpack a kept site below `into`, and return its entry in the list of versions.

    None for a site that was not built to stand below a path of its own.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            built = json.loads(archive.read("build.json"))
            if not (release := built.get("release")):
                return None
            folder = into / release
            if not re.fullmatch(r"v[\w.-]*\w", release) or folder.exists():
                raise PublishError(f"{path.name}: {release!r} is taken, or no name of a folder")
            with naming(folder):
                archive.extractall(folder)  # it names no file outside, and checks the sum of each
    except PublishError:
        raise
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError) as error:
        raise PublishError(
            f"{path.name} is no whole site of {book().slug} ({error}): fetch it again"
        ) from None
    return {
        "version": built["version"],
        "date": text.date(built["released"]),
        "path": f"{release}/",
        "commit": built["commit"],
    }


def _order(record: dict[str, str]) -> list[int]:
    """Return the numbers of a version, so that 2026.9 comes before 2026.10."""
    return [int(number) for number in re.findall(r"\d+", record["version"])]
