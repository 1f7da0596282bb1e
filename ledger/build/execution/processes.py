"""Find and end a chapter's processes: all of them on Linux, which lists them, else its group."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path

DIE_WITH_PARENT, ADOPT_ORPHANS = 1, 36  # options of Linux' prctl


def die_with_parent() -> None:
    """Have this process killed when its parent ends, where the system is Linux."""
    _prctl(DIE_WITH_PARENT, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of detached descendants, where the system is Linux."""
    _prctl(ADOPT_ORPHANS, 1)


def _prctl(option: int, value: int) -> None:
    if prctl := getattr(ctypes.CDLL(None), "prctl", None):
        prctl(option, value, 0, 0, 0)


def child_processes() -> list[int]:
    """Return the processes whose parent is this one; none where the system does not list them."""
    try:
        return [
            int(pid)
            for thread in os.listdir("/proc/self/task")
            for pid in Path(f"/proc/self/task/{thread}/children").read_text().split()
        ]
    except OSError:
        return []


def command(pid: int) -> str:
    """Return the command line of a process, empty where the system does not tell it."""
    for _ in range(20):  # while the system loads its program, a process has none
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            return ""
        if words:
            break
        time.sleep(0.01)
    return words.decode("utf-8", "replace").strip()


def kill_group(pid: int) -> None:
    """Kill a process and the processes it started, as far as any are left."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


def kill_orphans(spared: set[int]) -> None:
    """Kill the children of this process, adopted ones too, but for those spared."""
    while orphans := set(child_processes()) - spared:
        for pid in orphans:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except PermissionError:  # it runs as another user
                spared = spared | {pid}


def how_it_ended(status: int) -> str:
    """Say how a chapter's process ended that did not say so itself.

    Takes its exit status, or minus the number of the signal that killed it.
    """
    if status < 0:
        return f"the chapter's process was killed by {signal.Signals(-status).name}"
    return f"the chapter's process ended by itself, with exit status {status}"
