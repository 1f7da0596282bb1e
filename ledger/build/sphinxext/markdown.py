"""Write Markdown in which the words of tables, descriptors and change logs are words.

What people and institutions write there may hold what MyST takes for markup: a link, a role, a
directive that reads a file. It is printed as it is typed; only words between backticks stand as
code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

CODE = re.compile(r"(?<![`\\])(`+)(?!`)(.*?[^`])\1(?!`)")
INLINE = re.compile(r"([\\`*_{}\[\]<>&~$#])")
# what begins a list, a definition, a comment or a label
BEGINNING = re.compile(r"\A(?:[-+:%(=|^@!]|\d+(?=[.)]))")


def as_text(words: str) -> str:
    """Return words as Markdown of one line that shows them as they are.

    >>> as_text("{include} *and* `code`")
    '\\\\{include\\\\} \\\\*and\\\\* `code`'
    """
    parts, end = [], 0
    words = " ".join(words.split())
    for code in CODE.finditer(words):
        parts += [INLINE.sub(r"\\\1", words[end : code.start()]), code[0]]
        end = code.end()
    text = "".join([*parts, INLINE.sub(r"\\\1", words[end:])])
    if begins := BEGINNING.match(text):
        sign = begins[0]
        return f"{sign}\\{text[len(sign) :]}" if sign.isdigit() else f"\\{text}"
    return text


def code(words: str) -> str:
    """Return words between as many backticks as they need."""
    content = " ".join(words.replace("\0", "").split())
    longest = max(map(len, re.findall("`+", content)), default=0)
    ticks, space = "`" * (longest + 1), " " if "`" in content[:1] + content[-1:] else ""
    return f"{ticks}{space}{content}{space}{ticks}"


def link(words: str, address: str) -> str:
    """Return words as a link; without it where the address is of no page of the web."""
    if not re.match(r"https?://", address, re.I):
        return as_text(words)
    target = re.sub(r"[\s<>()\\`]", lambda sign: f"%{ord(sign[0]):02X}", address)
    return f"[{as_text(words)}]({target})"


def role(name: str, words: str, target: str = "") -> str:
    """Return a role of MyST with words, and its target where that is another."""
    return f"{{{name}}}" + code(f"{words} <{target}>" if target else words)


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return the lines of a table; its cells are Markdown."""
    lines = [list(titles), *(list(row) for row in rows)]
    cells = ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]
    return [cells[0], "|---" * len(lines[0]) + "|", *cells[1:]]


def parsed(directive: SphinxDirective, lines: Iterable[str], source: str = "") -> list[nodes.Node]:
    """Return Markdown as nodes of the page on which a directive stands.

    `source` names the file that has the words, where it is not the page.
    """
    holder = nodes.Element()
    content = StringList(list(lines), source or directive.get_source_info()[0])
    directive.state.nested_parse(content, directive.content_offset, holder)
    return holder.children
