"""Write a chart for paper and e-readers: picture, caption, source line, and its address."""

from __future__ import annotations

import html
import math
import re
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx

from ledger.build.sphinxext.figures.chart_html import (
    chart_anchor,
    labelled_svg,
    plain_svg,
    source_line,
)
from ledger.build.sphinxext.markup import raw_html, site_link

TILE = 72  # what matplotlib repeats of a hatch, in its own units
SVG = "{http://www.w3.org/2000/svg}"
NUMBER = r"-?(?:\d+\.?\d*|\.\d+)"


def fill_figure(figure: nodes.figure, chart: dict, app: Sphinx, docname: str) -> nodes.figure:
    """Put into a chart's figure what is printed of it, and return it.

    An EPUB shows the picture from a file of its own.
    """
    if app.builder.name == "epub":
        path = f"{'../' * docname.count('/')}charts/{chart['name']}.svg"
        picture = f'<img src="{path}" alt="{html.escape(chart["alt"], quote=True)}"/>'
    else:
        picture = labelled_svg(draw_hatches(plain_svg(chart["svg"])), chart["alt"])
    figure += raw_html(f'<div class="chart-picture">{picture}</div>')
    figure += nodes.caption("", chart["caption"])
    link = site_link(app.config, f"{docname}.html#{chart_anchor(chart['name'])}")
    source = source_line(chart, app.builder, docname)
    text = f"{source} Table, code and files: {link}"
    figure += raw_html(f'<p class="chart-source">{text}</p>')
    return figure


def draw_hatches(svg: str) -> str:
    """Return a chart with its hatches drawn, bar by bar.

    Chromium prints a pattern as a picture made of pixels, 8 MB for a book.
    """
    root = ElementTree.fromstring(svg)
    patterns = {pattern.get("id"): pattern for pattern in root.iter(f"{SVG}pattern")}
    for parent in list(root.iter()):
        for at, bar in enumerate(list(parent)):
            # what all in a group share stands on the group
            style = bar.get("style") or parent.get("style") or ""
            match = re.search(r"fill:url\(#([^)]+)\)", style)
            if match and bar.tag == f"{SVG}path":
                prefix = f"{match.group(1)}-{len(parent)}-{at}"
                plain = style.replace(match.group(0), "fill:{}")
                parent[at] = _hatched(bar, patterns[match.group(1)], plain, prefix)
    for prefix, space in (("", SVG.strip("{}")), ("xlink", "http://www.w3.org/1999/xlink")):
        ElementTree.register_namespace(prefix, space)
    return ElementTree.tostring(root, encoding="unicode")


def _hatched(bar, pattern, style: str, prefix: str):
    """Return a group with a bar's ground and the lines of its hatch, cut off at the bar's edge.

    `style` is the bar's, with {} for the colour of the ground.
    """
    ground, lines = pattern
    left, top, right, bottom = bounding_box(bar.get("d"))
    name = f"{prefix}-{round(100 * left)}-{round(100 * top)}"
    clip = {"clip-path": bar.get("clip-path")} if bar.get("clip-path") else {}
    group = ElementTree.Element(f"{SVG}g", clip)
    edge = ElementTree.SubElement(group, f"{SVG}clipPath", id=name)
    ElementTree.SubElement(edge, f"{SVG}path", d=bar.get("d"))
    filled = style.replace("fill:{}", f"fill:{ground.get('fill')}")
    ElementTree.SubElement(group, f"{SVG}path", d=bar.get("d"), style=filled)
    inside = ElementTree.SubElement(group, f"{SVG}g", {"clip-path": f"url(#{name})"})
    for x in range(math.floor(left / TILE), math.ceil(right / TILE)):
        for y in range(math.floor(top / TILE), math.ceil(bottom / TILE)):
            tile = {
                "d": lines.get("d"),
                "style": lines.get("style"),
                "transform": f"translate({x * TILE} {y * TILE})",
            }
            ElementTree.SubElement(inside, f"{SVG}path", tile)
    return group


def bounding_box(path: str) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a path of straight lines (`core.charts.svg`)."""
    x = y = 0.0
    across, down = [], []
    for command, words in re.findall(r"([MLHVlhvz])([^MLHVlhvz]*)", path):
        numbers = [float(number) for number in re.findall(NUMBER, words)]
        if command in "ML":
            x, y = numbers
        elif command == "l":
            x, y = x + numbers[0], y + numbers[1]
        elif command in "Hh":
            x = numbers[0] + (x if command == "h" else 0)
        elif command in "Vv":
            y = numbers[0] + (y if command == "v" else 0)
        across.append(x)
        down.append(y)
    return min(across), min(down), max(across), max(down)
