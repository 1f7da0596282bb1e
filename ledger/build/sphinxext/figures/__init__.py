"""Figures of pages: a chart as HTML, for print, on a page of its own and in a frame."""
