"""Several files of a folder written as one: all of them or none, whatever ends the process in between.

The new files are written beside the folder, then a list of them is put there in one step: from then on the change is decided. Whoever
uses the folder next (`recover`) puts what is still missing in place, so that nobody ever works with half of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


class LockedError(RuntimeError):
    """Another process writes the same folder."""


def replace_files(folder: Path, texts: dict[str, str]) -> None:
    """Write files of `folder` (path relative to it → text), all or none. Raises OSError, after which the folder is as it was."""
    recover(folder)
    pending = _pending(folder)
    shutil.rmtree(
        pending, ignore_errors=True
    )  # what a write left that was ended before it was decided
    try:
        pending.mkdir(parents=True)
        names = {}
        for path, text in texts.items():
            names[path] = _name(
                path, text.encode()
            )  # of its own, so that a finisher takes no other write's file
            _write(pending / names[path], text)
        _write(pending / "list.new", json.dumps(names))
        os.replace(pending / "list.new", pending / "list")
        _sync(pending)
    except BaseException:
        if not (pending / "list").exists():
            shutil.rmtree(pending, ignore_errors=True)
            raise
        recover(folder)  # it was decided when the exception came, as from Ctrl-C
        raise
    recover(folder)


def recover(folder: Path) -> None:
    """Put in place what a decided write has not yet put there; almost always nothing."""
    pending = _pending(folder)
    try:
        names = json.loads((pending / "list").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return
    for path, name in names.items():
        try:
            os.replace(pending / name, folder / path)
        except FileNotFoundError:  # it is there already
            if not (folder / path).exists() or _name(path, (folder / path).read_bytes()) != name:
                raise RuntimeError(
                    f"{folder / path} should have been replaced, and what was to replace it is gone: restore {folder.name} from git (git checkout -- {folder.name}), and remove {pending}"
                ) from None
    _sync(folder)
    (pending / "list").unlink(missing_ok=True)
    shutil.rmtree(pending, ignore_errors=True)


@contextlib.contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Hold the right to write `folder`. Raises LockedError, which names the process, while another has it; it falls away with the process."""
    import fcntl  # Windows has none, and who only reads tables there needs none

    path = folder.parent / f".{folder.name}.lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise LockedError(
                f"another process ({lock.read().strip() or 'unknown'}) is bringing {folder.name} up to date: wait for it to end, then run this again"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _name(path: str, content: bytes) -> str:
    return hashlib.sha256(path.encode() + b"\0" + content).hexdigest()


def _pending(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.pending"


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
