"""What a chapter imports: `load` (a checked table), `charts`, `numbers`, `tables`, `claims`."""

import os
import sys
from contextlib import suppress
from importlib import import_module

LEAST_FREE = 300_000_000  # bytes of disk, which a build may fill
# Python 3.11 does not see that a limit or a full disk cuts the file of a compiled module, and
# cannot import it again
with suppress(ImportError, AttributeError, OSError):  # where the system knows no limits
    import resource

    disk = os.statvfs(os.path.dirname(__file__))
    if (
        resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY
        or disk.f_bavail * disk.f_frsize < LEAST_FREE
    ):
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # of programs that are started from here

__all__ = ["charts", "claims", "load", "numbers", "tables"]  # noqa: F822


def __getattr__(name: str):
    """Import a part when it is first used: commands that draw nothing do without matplotlib."""
    if name == "load":
        return import_module("ledger.core.tables").load
    if name in __all__:
        return import_module(f"ledger.core.{name}")
    raise AttributeError(f"module 'ledger' has no attribute {name!r}")
