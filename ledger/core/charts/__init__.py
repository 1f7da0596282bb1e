"""Draw charts in the house style, and publish them: the one way they reach a page."""

from ledger.core.charts.plots import (
    dot_plot,
    grouped_bars,
    hbars,
    hline,
    legend,
    lines,
    new_axes,
    stacked_bars,
    vline,
)
from ledger.core.charts.publishing import Chart, publish
from ledger.core.charts.style import PALETTE, colours
from ledger.core.charts.timelines import timeline
from ledger.core.charts.tooltips import set_tooltips

__all__ = [
    "PALETTE",
    "Chart",
    "colours",
    "dot_plot",
    "grouped_bars",
    "hbars",
    "hline",
    "legend",
    "lines",
    "new_axes",
    "publish",
    "set_tooltips",
    "stacked_bars",
    "timeline",
    "vline",
]
