"""Find in HTML what the policy of the pages keeps from readers (`output/theme.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from ledger.core.validation import link_fault

# element → what to write instead; links, forms and pictures of the site itself are allowed
BLOCKED = dict.fromkeys(
    ("iframe", "frame", "object", "embed", "applet"), "Link to what it would show"
) | dict.fromkeys(("script", "base", "meta", "link"), "Remove it")
# attributes whose content a browser fetches to show the page
FETCHED = {"src", "srcset", "poster", "data", "background", "xlink:href", "action", "formaction"}
OTHER_HOST = re.compile(r"\s*(?:(?!data:)[a-z][a-z0-9+.-]*:|//|\\\\)", re.I)
STYLE_FETCHES = re.compile(r"url\(\s*['\"]?\s*(?:https?:)?//|@import", re.I)
MARKDOWN_PICTURE = re.compile(r"!\[[^\]]*\]\(\s*<?([^)\s>]+)")
PUT_IT_HERE = "another host's is not shown. Put the file into chapters/, or link to it"


def is_foreign(address: str) -> bool:
    """Tell whether an address leads to another host, or is no address of a file."""
    return bool(OTHER_HOST.match(address))


def blocked(markup: str) -> Iterator[tuple[int, str]]:
    """Give line, from 1, and reason of each element of HTML that the pages' policy blocks."""
    parser = _Parser()
    parser.feed(markup)
    parser.close()
    yield from parser.found


def blocked_output(data: dict[str, object]) -> Iterator[str]:
    """Give the reasons for which a page cannot show an output of a cell, by MIME type."""
    for kind, content in data.items():
        if kind == "application/javascript" or kind.startswith("application/vnd."):
            yield f"{kind} needs a program, which pages do not have. Show a chart or a table"
        elif kind in ("text/html", "image/svg+xml", "text/markdown"):
            yield from (reason for _, reason in blocked(str(content)))
            if kind == "text/markdown":
                for address in MARKDOWN_PICTURE.findall(str(content)):
                    if is_foreign(address):
                        yield f"{address[:60]}: {PUT_IT_HERE}"


class _Parser(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKED and ("type", "application/json") not in attrs:
            self._add(f"<{tag}> is blocked by the policy of the pages. {BLOCKED[tag]}")
        for name, value in attrs:
            value = value or ""
            if name.startswith("on"):
                self._add(f"{name} of <{tag}> is blocked by the policy of the pages. Remove it")
            elif tag not in BLOCKED and self._fetches(tag, name, value):
                self._add(f"<{tag}> asks for {value.strip()[:60]}: {PUT_IT_HERE}")
            elif name in ("href", "xlink:href") and (why := link_fault(value)):
                self._add(why)
            elif name == "style" and STYLE_FETCHES.search(value):
                self._add(f"the style of <{tag}> asks for a file: {PUT_IT_HERE}")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style" and STYLE_FETCHES.search(data):
            self._add(f"<style> asks for a file: {PUT_IT_HERE}")

    def _fetches(self, tag: str, name: str, value: str) -> bool:
        if name == "href":  # of a picture in SVG; a link is followed only when it is clicked
            return tag in ("image", "use", "feimage") and is_foreign(value)
        if name == "srcset":
            return any(is_foreign(part) for part in value.split(","))
        return name in FETCHED and is_foreign(value)

    def _add(self, reason: str) -> None:
        self.found.append((self.getpos()[0], reason))
