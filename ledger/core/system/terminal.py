"""Run a command whose output may be closed, full, or without the letters that are printed."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator

STDOUT = 1
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NOBODY_READS = 128 + 13  # as of a program that SIGPIPE ends


class OutputError(Exception):
    """Standard output cannot be written. No OSError, for commands take those for their files'."""


class _Output(io.TextIOWrapper):
    def write(self, text: str, /) -> int:
        with _told_apart():
            return super().write(text)

    def flush(self) -> None:
        with _told_apart():
            super().flush()


def run(command: Callable[[], int]) -> int:
    """Run a command and return its exit status.

    Whoever stops reading, as `head` does, is told no more. Output that cannot be written is named
    in a line, and letters that the terminal does not have are printed as numbers (`\\u2013`).
    """
    _open_closed()
    form = {
        "encoding": sys.stdout.encoding,
        "errors": "backslashreplace",
        "line_buffering": sys.stdout.line_buffering,
        "write_through": sys.stdout.write_through,
    }
    sys.stdout = out = _Output(sys.stdout.detach(), **form)
    try:
        try:
            return command()
        finally:
            out.flush()
    except OutputError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # for Python writes the rest at its end
        if isinstance(error.__cause__, BrokenPipeError):
            return NOBODY_READS
        print(f"error: the output cannot be written: {error}", file=sys.stderr)
        return 1


@contextlib.contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(error.strerror) from error


def told(error: Exception) -> str:
    """Return what is wrong; of what the system refuses, the file and the reason."""
    if isinstance(error, shutil.Error):  # of many files, which it lists
        _, target, reason = error.args[0][0]
        return f"{target}: {reason}"
    if isinstance(error, OSError) and error.filename and error.strerror:
        copied = error.errno in NO_ROOM and error.filename2
        return f"{copied or error.filename}: {error.strerror}"
    return str(error)


def _open_closed() -> None:
    """Open what was closed (`>&-`): else the next file has its number, and gets what is printed."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with contextlib.suppress(OSError):
                os.fstat(number)
                continue
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            mode = "r" if name == "stdin" else "w"
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115  to the end
            setattr(sys, name, stream)
