"""Ask git about the checkout, and run no program that the checkout's own settings name.

An archive may hold a `.git/config` with watchers, hooks and filters, which git would start even to
say what has changed.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "log.showSignature": "false",
    "core.quotePath": "off",
}
TIMEOUT = 60  # seconds
PROGRAMS_OF_FILTERS = r"^filter\..*\.(clean|smudge|process|required)$"


class GitError(OSError):
    """Git cannot be asked, or has no answer: its own words."""


def git(folder: Path, *words: str) -> str:
    """Return what a command of git prints in a folder. Raises GitError."""
    filters = _run(folder, SETTINGS, "config", "--name-only", "--get-regexp", PROGRAMS_OF_FILTERS)
    names = filters.stdout.decode("utf-8", "surrogateescape").splitlines()
    off = {name: "false" if name.endswith(".required") else "" for name in names}
    ran = _run(folder, SETTINGS | off, *words)
    if ran.returncode:
        said = ran.stderr.decode("utf-8", "replace").split("\n\n")[0]
        raise GitError(" ".join(said.removeprefix("fatal: ").split()))
    try:
        return ran.stdout.decode("utf-8")
    except UnicodeDecodeError:
        raise GitError("git answers in another encoding than UTF-8") from None


def refusal(folder: Path) -> str:
    """Return why git does not read the repository of which a folder is the top, empty if it does.

    As where it belongs to another user. Empty also where there is no repository, or no git.
    """
    if not (folder / ".git").exists():
        return ""
    try:
        ran = _run(folder, SETTINGS, "rev-parse", "--show-toplevel")
    except GitError:
        return ""
    said = " ".join(ran.stderr.decode("utf-8", "replace").split()).removeprefix("fatal: ")
    return said if ran.returncode else ""


def top(folder: Path) -> Path:
    """Return the top of the repository that a folder is in. Raises GitError."""
    return Path(git(folder, "rev-parse", "--show-toplevel").rstrip("\n")).resolve()


def _run(folder: Path, settings: dict[str, str], *words: str) -> subprocess.CompletedProcess:
    # by the environment, for a name may hold what `-c` would read as the end of it
    given = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isdecimal() else 0
    pairs = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for place, (name, value) in enumerate(settings.items(), first):
        pairs |= {f"GIT_CONFIG_KEY_{place}": name, f"GIT_CONFIG_VALUE_{place}": value}
    command = ["git", "--no-pager", "--no-optional-locks", "-C", str(folder), *words]
    quiet = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            command, capture_output=True, timeout=TIMEOUT, env=os.environ | quiet | pairs
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git cannot be run: {error}") from None
