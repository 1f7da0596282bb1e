"""The house style, and the one way a chart reaches a page."""

from ledger.core.charts.plots import *  # noqa: F403
