"""Files are written whole, and one process at a time holds a lock."""

import subprocess
import sys
import textwrap

import pytest

from ledger.core.files import LockedError, acquire_lock, exclusive_lock, replace_file

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
