"""Keep what was downloaded: one folder a source with a manifest of its files, replaced whole."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import shutil
from pathlib import Path

from ledger.core.config import ROOT
from ledger.core.files import replace_file
from ledger.core.sources.registry import Source

STORE = ROOT / "_build" / "upstream"
MANIFEST = "fetched.json"


def manifest(folder: Path) -> dict:
    """Return address, edition and files of a folder; nothing where it has no readable manifest."""
    try:
        known = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return known if _is_manifest(known) else {}


def _is_manifest(known: object) -> bool:
    """Tell whether something has a manifest's form; a folder without one is downloaded anew."""
    if not isinstance(known, dict) or not isinstance(known.get("files"), dict):
        return False
    needed = ("address", "retrieved", "sha256")
    return all(
        isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in needed)
        for entry in known["files"].values()
    )


def file_entry(path: Path, address: str) -> dict:
    """Return the entry of a file in the manifest."""
    return {
        "address": address,
        "retrieved": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
    }


def sha256(path: Path) -> str:
    """Return the hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def provenance(source: Source, edition: str, store: Path) -> dict[str, str]:
    """Return what a table's descriptor says of a source: edition, date, address and hash."""
    files = manifest(store / source.name)["files"].values()
    addresses = list(dict.fromkeys(entry["address"] for entry in files))
    hashes = sorted(entry["sha256"] for entry in files)
    many = f"{len(addresses)} answers of {source.address}"
    of_all = hashlib.sha256("".join(hashes).encode()).hexdigest()
    return {
        "edition": edition,
        "retrieved": max(entry["retrieved"] for entry in files)[:10],
        "upstream": source.name,
        "snapshot": addresses[0] if len(addresses) == 1 else many,
        "fetched": f"sha256:{hashes[0] if len(hashes) == 1 else of_all}",
    }


def publish(source: Source, part: Path, folder: Path, content: dict) -> None:
    """Put the complete folder `part`, with its manifest, in the place of `folder`."""
    text = json.dumps({"address": source.address} | content, indent=1)
    replace_file(part / MANIFEST, text)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)


def invalidate(folder: Path) -> None:
    """Have the next run download a source anew: what stands in `folder` could not be read."""
    with contextlib.suppress(OSError):
        os.utime(folder / MANIFEST, (0, 0))
