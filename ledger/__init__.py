"""What a chapter imports: `load` (a checked table), `charts`, `numbers`, `tables`, `claims`."""

from importlib import import_module

__all__ = ["charts", "claims", "load", "numbers", "tables"]  # noqa: F822


def __getattr__(name: str):
    """Import a part when it is first used: commands that draw nothing do without matplotlib."""
    if name == "load":
        return import_module("ledger.core.tables").load
    if name in __all__:
        return import_module(f"ledger.core.{name}")
    raise AttributeError(f"module 'ledger' has no attribute {name!r}")
