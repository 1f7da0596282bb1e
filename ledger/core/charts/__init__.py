"""Draw charts in the house style, and publish them: the one way they reach a page.

What draws is imported when it is first used, for the build reads the style and draws nothing.
"""

from importlib import import_module

MODULES = {
    "maps": ("map_of",),
    "plots": (
        "dot_plot",
        "grouped_bars",
        "hbars",
        "hline",
        "legend",
        "lines",
        "new_axes",
        "stacked_bars",
        "vline",
    ),
    "publishing": ("Chart", "publish"),
    "first_page": ("dated_list", "small"),
    "style": ("PALETTE", "colours"),
    "timelines": ("stacked", "two_lanes"),
    "tooltips": ("set_tooltips",),
}
PLACES = {name: module for module, names in MODULES.items() for name in names}
__all__ = sorted(PLACES)  # noqa: PLE0605


def __getattr__(name: str):
    """Import the module of a part when the part is first used."""
    if name in PLACES:
        return getattr(import_module(f"{__name__}.{PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
