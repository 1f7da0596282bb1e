"""Write files whole or not at all, several of a folder as one, and one process at a time.

`replace_files` writes the new files beside the folder, then a list of them in one step: from then
on the change is decided. Whoever uses the folder next (`recover`) puts the missing ones in place,
so that nobody ever works with half of a change.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock


class LockedError(RuntimeError):
    """Another process holds a lock: `holder` is its number, or "unknown"."""

    def __init__(self, message: str, holder: str = "unknown"):
        self.holder = holder
        super().__init__(message)


def state_of(path: str | Path) -> tuple[int, ...] | None:
    """Return what is another whenever a file's content is, to tell without reading it.

    None while the file is so new that it could be written once more within the same time.
    """
    found = os.stat(path)
    # no program sets the time of the change itself back; file systems count in up to two seconds
    if time.time_ns() - found.st_ctime_ns < 5_000_000_000:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


_digests: dict[tuple, str] = {}  # of files that this process has read


def digest(path: str | Path, of: Callable[[bytes], str]) -> str:
    """Return the hash `of` a file's content, which is read once while the file stays as it is."""
    state = state_of(path)
    known = (of, str(path), state)
    if known not in _digests:
        with open(path, "rb", buffering=0) as file:
            made = of(file.read())
        if state is None:
            return made
        _digests[known] = made
    return _digests[known]


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file whole: whoever reads it finds the old content or the new."""
    raw = content.encode("utf-8") if isinstance(content, str) else content
    aside = path.with_name(f"{path.name}.new")
    try:
        with naming(path):
            aside.write_bytes(raw)
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in an error of the system that names none, as where a disk is full."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno:
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


def replace_files(folder: Path, texts: dict[str, str]) -> None:
    """Write files of `folder` (path relative to it → text), all or none.

    Raises OSError, after which the folder is as it was.
    """
    recover(folder)
    for undecided in _pending(folder):
        shutil.rmtree(undecided, ignore_errors=True)
    # each write has a folder of its own: whoever is slow to finish one cannot take away the next
    pending = folder.parent / f"{_prefix(folder)}{os.getpid()}-{time.monotonic_ns()}"
    try:
        pending.mkdir(parents=True)
        names = {}
        for path, text in texts.items():
            names[path] = _name(path, text.encode())
            with naming(folder / path):
                _write(pending / names[path], text)
        _write(pending / "list.new", json.dumps(names))
        folder.mkdir(parents=True, exist_ok=True)
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
    for pending in _pending(folder):
        _finish(folder, pending)


def _finish(folder: Path, pending: Path) -> None:
    try:
        names = json.loads((pending / "list").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return  # it is not decided, or another process has finished it
    for path, name in names.items():
        target = folder / path
        try:
            os.replace(pending / name, target)
        except FileNotFoundError:  # it is in place already
            is_finished = not (pending / "list").exists()
            if is_finished or target.exists() and _name(path, target.read_bytes()) == name:
                continue
            raise RuntimeError(
                f"{target} should have been replaced, and its replacement is gone: restore "
                f"{folder.name} from git (git checkout -- {folder.name}), and remove {pending}"
            ) from None
    _sync(folder)
    (pending / "list").unlink(missing_ok=True)
    shutil.rmtree(pending, ignore_errors=True)


def acquire_lock(path: Path, on_wait: Callable[[str], None] | None = None) -> FileLock:
    """Return a held lock on `path`; `release()` or the end of the process gives it back.

    While another process holds it: calls `on_wait` with its number, and waits; without `on_wait`
    raises LockedError. Raises PermissionError, with what to do, where the folder is another's.
    """
    from filelock import FileLock, Timeout

    holder = path.with_name(f"{path.name}ed-by")
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except PermissionError as error:
        raise PermissionError(
            f"{error.filename or path} cannot be written: give yourself the right to write "
            f"{path.parent}, or remove it"
        ) from None
    except Timeout:
        number = holder.read_text().strip() if holder.exists() else ""
        if on_wait is None:
            raise LockedError(f"{path} is held", number or "unknown") from None
        on_wait(number or "unknown")
        lock.acquire()
    with naming(holder):
        holder.write_text(str(os.getpid()))
    return lock


@contextlib.contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Hold the right to write `folder`. Raises LockedError, which names the process that has it."""
    try:
        lock = acquire_lock(folder.parent / "_build" / f".{folder.name}.lock")
    except LockedError as error:
        raise LockedError(
            f"another process ({error.holder}) is bringing {folder.name} up to date: "
            "wait for it to end, then run this again",
            error.holder,
        ) from None
    try:
        yield
    finally:
        lock.release()


def _prefix(folder: Path) -> str:
    return f".{folder.name}.pending-"  # beside the folder: anyone may delete _build


def _pending(folder: Path) -> list[Path]:
    """Return the folders of writes that are not finished."""
    begins = _prefix(folder)
    with os.scandir(folder.parent) as entries:  # asked a thousand times a build
        return sorted(Path(entry.path) for entry in entries if entry.name.startswith(begins))


def _name(path: str, content: bytes) -> str:
    return hashlib.sha256(path.encode() + b"\0" + content).hexdigest()


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
