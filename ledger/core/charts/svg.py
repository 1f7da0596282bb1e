"""Minify matplotlib's SVG: the same picture in a fifth of the bytes, each time the same."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from ledger.core.text import typographic

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
HREF = f"{{{XLINK}}}href"
ET.register_namespace("", SVG)
ET.register_namespace("xlink", XLINK)
NUMBER = re.compile(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?")
# A grid of dots 4 units apart, every other row shifted by 2, as dashes of no length with round
# ends: matplotlib's own takes 145 kB.
DOTS = "M" + "M".join(f"{-2 * (row % 2)} {4 * row}H76" for row in range(19))


def minify(svg: str, name: str) -> str:
    """Return matplotlib's SVG with coordinates to a hundredth of a point, without invisible parts.

    Identifiers are made from `name`, so that several charts can stand on one page.
    """
    root = ET.fromstring(svg)
    _replace_dot_hatch(root)
    _drop_invisible(root)
    _shorten_ids(root, name)
    _flatten_groups(root)
    for node in root.iter():
        is_text = node.tag in (f"{{{SVG}}}text", f"{{{SVG}}}tspan")
        node.text = typographic(node.text) if is_text and node.text else None
        node.tail = None
        for key, value in node.attrib.items():
            if key == "d":
                node.set(key, _path(value))
            elif key in ("x", "y", "width", "height", "transform", "viewBox"):
                node.set(key, NUMBER.sub(lambda number: _short(float(number.group())), value))
            elif key == "style":
                node.set(key, re.sub(r"([:;]) ", r"\1", value))
    return ET.tostring(root, encoding="unicode", short_empty_elements=True).replace(" />", "/>")


def _replace_dot_hatch(root: ET.Element) -> None:
    for pattern in root.iter(f"{{{SVG}}}pattern"):
        path = pattern.find(f"{{{SVG}}}path")
        if "C" in path.get("d"):  # the only hatch of the house with curves
            ink = re.search(r"stroke: ([^;]+)", path.get("style")).group(1)
            line = "stroke-width: 1.6; stroke-linecap: round; stroke-dasharray: 0 4"
            path.attrib = {"d": DOTS, "style": f"fill: none; stroke: {ink}; {line}"}


def _drop_invisible(root: ET.Element) -> None:
    for parent in root.iter():
        for node in list(parent):
            if node.tag == f"{{{SVG}}}path" and node.get("style") == "fill: none":
                parent.remove(node)
    for text in root.iter(f"{{{SVG}}}text"):
        if re.match(r"rotate\(-?0 ", text.get("transform", "")):
            del text.attrib["transform"]


def _shorten_ids(root: ET.Element, name: str) -> None:
    """Keep identifiers only where something refers to them."""
    used: dict[str, str] = {}

    def shortened(reference: re.Match) -> str:
        return reference.group(1) + used.setdefault(reference.group(2), f"{name}-{len(used)}")

    for node in root.iter():
        for key, value in node.attrib.items():
            if key == HREF or "url(#" in value:
                node.set(key, re.sub(r"(^#|url\(#)([^)]+)", shortened, value))
    for node in root.iter():
        if (old := node.attrib.pop("id", None)) in used:
            node.set("id", used[old])


def _flatten_groups(parent: ET.Element) -> None:
    """Drop empty groups, inline those without attributes, hoist a style that all children share."""
    children = []
    for node in parent:
        _flatten_groups(node)
        if node.tag in (f"{{{SVG}}}g", f"{{{SVG}}}defs"):
            if not len(node):
                continue
            if node.tag == f"{{{SVG}}}g" and not node.attrib:
                children += list(node)
                continue
            _hoist_style(node)
        children.append(node)
    parent[:] = children


def _hoist_style(node: ET.Element) -> None:
    styles = {child.get("style") for child in node}
    if node.tag != f"{{{SVG}}}g" or len(node) < 2 or len(styles) != 1 or None in styles:
        return
    style = styles.pop()
    # the opacity of a fill is inherited, that of a whole is not
    if "style" not in node.attrib and not re.search(r"(?<!-)opacity", style):
        node.set("style", style)
        for child in node:
            del child.attrib["style"]


def _line(across: int, down: int) -> str:
    """Return a relative straight line of so many hundredths, horizontal or vertical if it is."""
    if not across:
        return f"v{_short(down / 100)}"
    if not down:
        return f"h{_short(across / 100)}"
    return f"l{_short(across / 100)} {_short(down / 100)}"


def _short(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else re.sub(r"^(-?)0\.", r"\1.", text)


def _path(d: str) -> str:
    """Return a path with its straight lines as relative steps, which are shorter than positions."""
    out, here = [], (0, 0)  # in hundredths: rounding does not add up along the line
    for command, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", d):
        numbers = [round(100 * float(number)) for number in NUMBER.findall(rest)]
        if command == "L":
            step = (numbers[0] - here[0], numbers[1] - here[1])
            part = _line(*step)
        else:
            part = command + " ".join(_short(number / 100) for number in numbers)
        if len(numbers) > 1:
            here = tuple(numbers[-2:])
        elif command == "H":
            here = (numbers[0], here[1])
        out.append(part)
    return "".join(out).replace(" -", "-")
