"""Promise: files are written whole, and one process at a time holds a lock."""

import contextlib
import os
import resource
import subprocess
import sys
import textwrap
import time

import pytest

from ledger.core import files
from ledger.core.files import (
    LockedError,
    acquire_lock,
    exclusive_lock,
    recover,
    replace_file,
    replace_files,
)

HOLD = """
    import sys, time
    from pathlib import Path
    from ledger.core.files import acquire_lock
    lock = acquire_lock(Path(sys.argv[1]))
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of `tmp_path / "data"`, and its lock file."""
    path = tmp_path / "_build" / ".data.lock"
    command = [sys.executable, "-c", textwrap.dedent(HOLD), str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process, path
    process.kill()
    process.wait()


def test_a_second_process_is_refused_and_told_who_holds_the_lock(holder, tmp_path):
    process, _ = holder
    refused = pytest.raises(LockedError, match="is bringing data up to date")
    with refused as caught, exclusive_lock(tmp_path / "data"):
        pass
    assert caught.value.holder == str(process.pid) and str(process.pid) in str(caught.value)


def test_a_lock_ends_with_its_process(holder):
    process, path = holder
    process.kill()
    process.wait()
    acquire_lock(path).release()


def test_a_process_that_waits_says_for_whom(holder):
    process, path = holder
    waited_for = []

    def on_wait(number):
        waited_for.append(number)
        process.kill()

    acquire_lock(path, on_wait).release()
    assert waited_for == [str(process.pid)]


def test_a_lock_can_be_taken_again_after_its_release(tmp_path):
    for _ in range(2):
        with exclusive_lock(tmp_path / "data"):
            pass


@pytest.mark.parametrize("content", ["text ‒ ü\n", b"\xff\x00"])
def test_replace_file_writes_the_content_and_leaves_nothing_beside_it(tmp_path, content):
    path = tmp_path / "a.txt"
    path.write_text("old")
    replace_file(path, content)
    raw = content.encode() if isinstance(content, str) else content
    assert path.read_bytes() == raw and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("slow", ["replace", "_sync"])
def test_a_slow_reader_that_finishes_a_write_takes_nothing_of_the_next(tmp_path, monkeypatch, slow):
    """A reader finds a decided write and pauses; meanwhile a writer finishes it and decides on the
    next, which ends before it is in place.
    """
    folder = tmp_path / "data"
    folder.mkdir()
    owner = files.os if slow == "replace" else files
    real, real_finish = getattr(owner, slow), files._finish
    monkeypatch.setattr(files, "recover", lambda folder: None)  # decided, and not in place
    replace_files(folder, {"a.csv": "first", "b.csv": "first"})
    monkeypatch.undo()

    def pause(*arguments):
        monkeypatch.undo()
        recover(folder)
        monkeypatch.setattr(files, "recover", lambda folder: None)
        replace_files(folder, {"a.csv": "second", "b.csv": "second"})
        monkeypatch.undo()
        return real(*arguments)

    monkeypatch.setattr(owner, slow, pause)
    real_finish(folder, files._pending(folder)[0])
    assert len(files._pending(folder)) == 1
    recover(folder)
    assert {path.read_text() for path in folder.iterdir()} == {"second"}
    assert not files._pending(folder)


@contextlib.contextmanager
def files_of_at_most(size):
    """Have the system refuse longer files, as where a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_the_system_refuses_is_named_and_nothing_of_it_stays(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.csv").write_text("old", encoding="utf-8")
    writes = {
        "a.csv": lambda: replace_file(data / "a.csv", "new" * 1000),
        "b.csv": lambda: replace_files(data, {"a.csv": "new", "b.csv": "new" * 1000}),
        "c.csv": lambda: replace_files(tmp_path / "none", {"c.csv": "new" * 1000}),
    }
    for name, write in writes.items():
        with files_of_at_most(1000), pytest.raises(OSError) as error:
            write()
        assert error.value.filename.endswith(f"/{name}") and error.value.strerror
    assert (data / "a.csv").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "a.csv"]


def test_a_file_is_hashed_again_whenever_it_may_have_changed(tmp_path, monkeypatch):
    """Also one that keeps its size, and whose time was set back."""
    path, read = tmp_path / "table.csv", []
    path.write_text("one", encoding="utf-8")

    def of(raw):
        read.append(raw)
        return raw.decode()

    assert files.digest(path, of) == files.digest(path, of) == "one"
    assert len(read) == 2, "it could be written once more within the same time"
    later = time.time_ns() + 10_000_000_000
    monkeypatch.setattr(files.time, "time_ns", lambda: later)
    assert files.digest(path, of) == files.digest(path, of) == "one"
    assert len(read) == 3
    state = path.stat()
    path.write_text("two", encoding="utf-8")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert files.digest(path, of) == "two"
