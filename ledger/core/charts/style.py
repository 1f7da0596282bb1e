"""House style of charts. `entity_colours` of book.yml gives each country its colour."""

from __future__ import annotations

from ledger.core import config

# Light colour, dark-theme colour. Near Okabe and Ito's colour-blind-safe set, each moved as little
# as it takes to stand at least 4.5:1 against its page (series names are written in it) and to stay
# apart from every other for each of the three common colour deficiencies: a difference of 11 or
# more in CAM02-UCS, where 1 is just seen. Series take the colours in this order.
PALETTE = {
    "blue": ("#0356d8", "#5ac5ff"),
    "vermilion": ("#d43f40", "#f88b56"),
    "green": ("#198566", "#49b58c"),
    "purple": ("#9a468f", "#ce83c7"),
    "ochre": ("#796100", "#f0bd21"),
    "grey": ("#5c6268", "#aab2ba"),
}
TEXT = "#22272e"  # text and axes: follows the page's text colour
GRID = "#c9ced6"  # recedes
THEME = {  # light, dark
    "ink": (TEXT, "#dfe4ea"),
    "rule": (GRID, "#3d444d"),
    "paper": ("#f6f7f9", "#1d2127"),
    "line": ("#c9ced6", "#454c56"),
}
# A verdict is told by its glyph and by its colour: light, dark. None is a country's.
VERDICTS = {
    "supported": ("✓", ("#2c7a3f", "#7cc48a")),
    "partly": ("½", ("#2c7a3f", "#7cc48a")),
    "contradicted": ("✕", ("#a3195b", "#f28ab8")),
    "overtaken by events": ("→", ("#5c6268", "#aab2ba")),
    "not checkable": ("?", ("#22272e", "#dfe4ea")),
}
MARKERS = ["o", "s", "^", "D", "v", "P"]
HATCHES = ["", "///", "...", "xxx", "\\\\\\", "---"]
DASHES = (0, (3, 3))
WIDTH = 5.0  # inches: nearly full size on a phone 390 px wide, so that 9-point labels stay legible

RC = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "ledger",  # the same chart gives the same bytes
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.edgecolor": TEXT,
    "axes.labelcolor": TEXT,
    "text.color": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "ytick.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "lines.linewidth": 2,
    "lines.markersize": 4.5,
    "hatch.linewidth": 0.8,
    "hatch.color": "#ffffff",
    "figure.constrained_layout.use": True,
}


def entity_colours() -> dict[str, str]:
    """Return the entities that keep their colour in every chart: first words of a name → colour.

    Raises ConfigError for a colour that the palette lacks.
    """
    return _in_palette("entity_colours", config.book().entity_colours)


def other_colours() -> dict[str, str]:
    """Return the entities that keep a colour which others may take where they are not drawn."""
    return _in_palette("other_colours", config.book().other_colours)


def _in_palette(key: str, chosen: dict[str, str]) -> dict[str, str]:
    for entity, colour in chosen.items():
        if colour not in PALETTE:
            known = ", ".join(PALETTE)
            problem = f"{key}: {entity} has {colour!r}, which is none of: {known}"
            raise config.ConfigError(f"{config.FILE}: {problem}")
    return chosen


def entity_colour(name: object, entities: dict[str, str]) -> str | None:
    """Return the colour of the entity whose name begins `name`, None where there is none."""
    begins = (colour for entity, colour in entities.items() if str(name).startswith(entity))
    return next(begins, None)


def colours(names: list) -> list[str]:
    """Return a colour for each series, as hex.

    An entity of `book.yml` has its own (the first series that begins with its name), the others
    take the palette in order.

    Raises
    ------
    ValueError
        For more series than the palette can tell apart.
    """
    entities = entity_colours() | other_colours()
    own = [entity_colour(name, entities) for name in names]
    own = [key if key not in own[:i] else None for i, key in enumerate(own)]
    free = [key for key in PALETTE if key not in own]
    taken = entity_colours().values()
    free.sort(key=lambda key: key in taken)  # entities' colours are the last that others take
    if own.count(None) > len(free):
        raise ValueError(
            f"{len(names)} series are more than the palette's {len(PALETTE)} colours can tell apart"
        )
    return [PALETTE[key or free.pop(0)][0] for key in own]
