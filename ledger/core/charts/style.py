"""House style of charts. `entity_colours` of book.yml gives each country its colour."""

from __future__ import annotations

from ledger.core import config
from ledger.core.authored.loaders import read_yaml

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
PAPER = "#ffffff"  # what a chart stands on, seen between its layers
THEME = {  # light, dark
    "ink": (TEXT, "#dfe4ea"),
    "rule": (GRID, "#3d444d"),
    "paper": ("#f6f7f9", "#1d2127"),
    "page": (PAPER, "#14181e"),
    "line": ("#c9ced6", "#454c56"),
}
# A verdict is told by its glyph and by its colour: light, dark. Each stands 4.5:1 against its page
# and 11 or more in CAM02-UCS from every colour of a country, for each of the deficiencies.
VERDICTS = {
    "supported": ("✓", ("#1f5018", "#9bd595")),
    "partly": ("½", ("#1f5018", "#9bd595")),
    "contradicted": ("✕", ("#a1213e", "#e9515a")),
    "overtaken by events": ("→", ("#5c6268", "#aab2ba")),
    "not checkable": ("?", ("#22272e", "#dfe4ea")),
}
# The page around the charts, by the theme's own names of its colours: light, dark.
PAGE = {
    "color-background-primary": ("#ffffff", "#14181e"),
    "color-background-secondary": ("#f6f7f9", "#1d2127"),
    "color-background-border": ("#c9ced6", "#454c56"),
    "color-background-hover": ("#eef0f3", "#20262d"),
    "color-foreground-primary": (TEXT, "#dfe4ea"),
    "color-foreground-secondary": ("#545b64", "#a9b1ba"),
    "color-foreground-muted": ("#666d76", "#949ca6"),
    "color-foreground-border": ("#868d96", "#737b85"),
    "color-link": ("#0b5563", "#8ac6d2"),
    "color-link--hover": ("#07343d", "#c3e6ed"),
    "color-link--visited": ("#0b5563", "#8ac6d2"),
    "color-link--visited--hover": ("#07343d", "#c3e6ed"),
    "color-link-underline": ("#86a9b1", "#4b7680"),
    "color-link-underline--hover": ("#07343d", "#c3e6ed"),
    "color-link-underline--visited": ("#86a9b1", "#4b7680"),
    "color-link-underline--visited--hover": ("#07343d", "#c3e6ed"),
    "color-brand-primary": ("#0b5563", "#8ac6d2"),
    "color-brand-content": ("#0b5563", "#8ac6d2"),
    "color-highlighted-background": ("#fbeaa8", "#574a10"),
    "color-highlighted-text": (TEXT, "#f5efd8"),
    "color-highlight-on-target": ("transparent", "transparent"),
    "target-bar": ("#b08a00", "#d9a91a"),
}
MARKERS = ["o", "s", "^", "D", "v", "P"]
# Layers and columns are told apart by how they are filled, too: full, pale within an outline,
# outline alone, and for the rest hatches.
FULL, PALE, OUTLINE = "full", "pale", "outline"
FILLS = [FULL, PALE, OUTLINE, "///", "...", "xxx"]
VERDICT_FILLS = {"partly": PALE, "not checkable": OUTLINE}
PALE_SHARE = 0.32  # how much of the colour a pale layer has
DASHES = (0, (3, 3))
# inches: on a phone 390 px wide a letter of 10 points, the smallest in a chart, has 11 px, and in
# the column of pictures on a wide screen (--picture in ledger.css) it has 14
WIDTH = 4.8

RC = {
    "svg.fonttype": "none",  # text stays text …
    "text.parse_math": False,  # … and is printed as typed, with two dollar signs too
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
    "hatch.color": PAPER,
    "figure.constrained_layout.use": True,
}


def entity_colours() -> dict[str, str]:
    """Return the entities that keep their colour in every chart: first words of a name → colour.

    Raises FileError for a colour that the palette lacks.
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
            raise read_yaml(config.ROOT, config.FILE).error(problem, key, entity)
    return chosen


def entity_colour(name: object, entities: dict[str, str]) -> str | None:
    """Return the colour of the entity whose name begins `name`, None where there is none."""
    begins = (colour for entity, colour in entities.items() if str(name).startswith(entity))
    return next(begins, None)


def verdict(name: object) -> str | None:
    """Return the verdict that a series or category is named after, None where it is none."""
    word = str(name).lower()
    return word if word in VERDICTS else None


def with_glyph(name: str) -> str:
    """Return a name as it is printed: a verdict's with its glyph before it."""
    known = verdict(name)
    return f"{VERDICTS[known][0]} {name}" if known else name


def fills(names: list) -> list[str]:
    """Return how each layer or column is filled: a verdict by its own rule, others in order."""
    if names and all(verdict(name) for name in names):
        return [VERDICT_FILLS.get(str(name).lower(), FULL) for name in names]
    return [FILLS[i % len(FILLS)] for i in range(len(names))]


def fill_style(ink: str, fill: str) -> dict:
    """Return matplotlib's settings of a bar in a colour: face, edge and hatch."""
    if fill == PALE:
        return {"facecolor": (ink, PALE_SHARE), "edgecolor": ink, "linewidth": 0.9}
    if fill == OUTLINE:
        return {"facecolor": PAPER, "edgecolor": ink, "linewidth": 0.9}
    hatch = {} if fill == FULL else {"hatch": fill}
    return {"facecolor": ink, "edgecolor": PAPER, "linewidth": 0.9} | hatch


def colours(names: list) -> list[str]:
    """Return a colour for each series, as hex.

    A verdict has its own, and so has an entity of `book.yml`: every series whose name begins with
    it. The others take the palette in order.

    Raises
    ------
    ValueError
        For more series than the palette can tell apart, and for a name that matplotlib hides.
    """
    if hidden := [name for name in names if str(name).startswith("_")]:
        problem = "matplotlib hides names that begin with _; rename the column"
        raise ValueError(f"series {hidden[0]!r}: {problem}")
    if all(verdict(name) for name in names):
        return [VERDICTS[str(name).lower()][1][0] for name in names]
    entities = entity_colours() | other_colours()
    keys: dict[str, str | None] = {}  # an entity, or a series that is none's → its colour
    owners = [next((e for e in entities if str(name).startswith(e)), str(name)) for name in names]
    for owner in owners:
        key = entities.get(owner)
        keys.setdefault(owner, key if key not in keys.values() else None)
    free = [key for key in PALETTE if key not in keys.values()]
    taken = entity_colours().values()
    free.sort(key=lambda key: key in taken)  # entities' colours are the last that others take
    if list(keys.values()).count(None) > len(free):
        raise ValueError(
            f"{len(names)} series are more than the palette's {len(PALETTE)} colours can tell "
            "apart; draw fewer, or add some up"
        )
    chosen = {owner: key or free.pop(0) for owner, key in keys.items()}
    return [PALETTE[chosen[owner]][0] for owner in owners]
