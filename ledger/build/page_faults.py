"""Find in a page's text what a build would take in another way than it was meant, or publish
although it must not. `make check` and the build say the same of it, with file and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ledger.build.foreign import PUT_IT_HERE, blocked, is_foreign
from ledger.build.markdown_slips import slips, without_words
from ledger.core import config
from ledger.core.authored import characters

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

PAGE_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
FILE_NAME = re.compile(r"[A-Za-z0-9._/*-]+")
DIRECTIVE = re.compile(r"\{([\w:-]+)\}[ \t]*(.*)")
ROLE_AS_TYPED = re.compile(r"\{[a-z][a-z:-]*\}")
# what the parser of Markdown takes for no link, and would print as it is typed
LINK_AS_TYPED = re.compile(
    r"(?:\]\(|\]:|<)\s*<?((?:javascript|vbscript|file|data):[^\s<>)]*)", re.I
)
OPTION = re.compile(r"^[ \t]*:?([\w-]+):[ \t]*(.*)$", re.M)
OPTIONS = re.compile(r"\A(?:---\n(?:.*\n)*?---\n|(?:[ \t]*:[\w-]+:[^\n]*\n)+)\n*")
PICTURES, FILES = {"image", "figure"}, {"include", "literalinclude"}
MATH_BLOCKS = {"math_block", "math_block_label", "math_inline", "math_inline_double", "amsmath"}
VERBATIM = {"code", "code-block", "eval-rst", "raw", "math"}  # what stands in them is no Markdown
CELLS = {"code-cell", "raw-cell"}
# MyST copies what these lead to into the site, as it does with a bare path
TO_A_FILE = re.compile(r"(?:path|project):", re.I)
# kinds of files that a browser would run as a page of the site, without the policy of the pages
RUNS = re.compile(r"\.(?:x?html?|xht|shtml|mhtml?|xml|xslt?|m?js|wasm)", re.I)
# a key of a head may change how its page alone is read, or load code; these two do not
HEAD_KEYS = {"jupytext", "kernelspec"}
META = "the build writes what machines read of a page, from its words. Remove {meta}"
DEEPEST = 8  # blocks within each other, of which each is read again with what is in it
SUBSTITUTION = re.compile(r"(?!env$)[a-z][a-z_]*")

Fault = tuple[int, str]  # line and message


def markdown_parser(extensions: Iterable[str]) -> MarkdownIt:
    """Return the parser that a build reads pages with."""
    from markdown_it.renderer import RendererHTML
    from myst_parser.config.main import MdParserConfig
    from myst_parser.parsers.mdit import create_md_parser

    return create_md_parser(MdParserConfig(enable_extensions=set(extensions)), RendererHTML)


def page_faults(parser: MarkdownIt, path: Path, text: str, root: Path) -> list[str]:
    """Return what is wrong with a page's text and those that it includes, as `file:line: …`."""
    page = Page(parser, path, text, root)
    found = sorted(set(_hidden(text) or page.faults()))
    messages = [f"{path.relative_to(root).as_posix()}:{line}: {why}" for line, why in found]
    for included in page.included - {path}:
        try:
            text = included.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            messages.append(f"{included.relative_to(root).as_posix()}: no text in UTF-8: {error}")
        else:
            messages += page_faults(parser, included, text, root)
    return messages


def name_faults(pages: Iterable[str], root: Path) -> Iterator[str]:
    """Tell which pages have a name that is no address, or one that stands for something else.

    Notebook, citation file and numbers of a page are named by the last part of its name.
    """
    taken = {config.book(root).slug: "the book"}
    for page in sorted(pages):
        name = page.rpartition("/")[2]
        if not all(PAGE_NAME.fullmatch(part) for part in page.split("/")):
            yield (
                f"{page}.md: the name is no address: small letters and figures, in parts joined "
                "by one hyphen, and a letter first. Rename it with git mv, and in _toc.yml"
            )
        elif name in taken:
            yield (
                f"{page}.md: {name} is the name of {taken[name]} already, and their notebooks and "
                "citation files would be one. Rename it with git mv, and in _toc.yml"
            )
        taken.setdefault(name, f"{page}.md")


def math_fault(tex: str, block: bool = False) -> str:
    """Return why math cannot be shown, nothing if it can."""
    from docutils.utils.math import MathError

    try:
        mathml(tex, block)
    except MathError as error:
        reason = " ".join(str(error).split())
        return (
            f"math that cannot be shown: {reason}. Write it with the commands of "
            "docutils.sourceforge.io/docs/ref/rst/mathematics.html"
        )
    return ""


def mathml(tex: str, block: bool = False) -> str:
    """Return math as MathML, which needs no script. Raises docutils' MathError."""
    from docutils.utils.math import MathError, latex2mathml, unichar2tex

    if len(re.findall(r"(?<!\\)\{", tex)) != len(re.findall(r"(?<!\\)\}", tex)):
        raise MathError(f"the braces of {tex.strip()[:60]!r} do not close")
    tex = tex.translate(unichar2tex.uni2tex_table)
    try:
        return latex2mathml.tex2mathml(tex, as_block=block)
    except MathError:
        raise
    except Exception as error:  # of what the converter did not expect
        raise MathError(f"{tex.strip()[:60]!r} is malformed ({error})") from None


def _hidden(text: str) -> list[Fault]:
    """Return the lines with a character that no reader sees, at which some programs end a line, or
    that was read in the wrong encoding.

    With one of these all line numbers after it are in doubt.
    """
    lines = ((n, line.replace("\t", " ")) for n, line in enumerate(text.split("\n"), 1))
    return [
        (n, hidden)
        for n, line in lines
        if (hidden := characters.hidden_character(line) or characters.misread(line))
    ]


class Page:
    """A page that is looked through, block by block."""

    def __init__(self, parser: MarkdownIt, path: Path, text: str, root: Path):
        self.parser, self.path, self.text, self.root = parser, path, text, root
        self.included: set[Path] = set()
        self.roles: dict[str, Callable[[str], str]] = {
            "math": math_fault,
            "meta": lambda words: META,
            "download": lambda words: self._published(
                re.sub(r".*<(.*)>$", r"\1", words, flags=re.S)
            ),
        }

    def faults(self) -> Iterator[Fault]:
        """Give line and message of all that is wrong."""
        yield from self._blocks(self.text, 1)

    def _blocks(self, text: str, first: int, within: str = "") -> Iterator[Fault]:
        """Give the faults of Markdown whose first line is `first`, in the directive `within`."""
        lines, tokens = text.split("\n"), self.parser.parse(text, {})
        if not within:
            yield from _headings(tokens)
        if not LINK_AS_TYPED.search(text):  # of which more is told
            yield from ((first + line, why) for line, why in slips(tokens, lines))
        for token in tokens:
            at = first + (token.map[0] if token.map else 0)
            if token.type in ("fence", "colon_fence"):
                yield from self._fence(token, lines, at, within)
            elif token.type == "html_block":
                yield from ((at + line - 1, why) for line, why in _markup(token.content))
                if token.content.lstrip().startswith("<!--") and "-->" not in token.content:
                    yield (
                        at,
                        "the comment is never closed, and hides what follows. Write --> after it",
                    )
            elif token.type == "front_matter" and not within:
                yield from ((at, why) for why in _head_faults(token.content))
            elif token.type == "substitution_block":
                yield from ((at, why) for why in _substitution(token.content))
            elif token.type in MATH_BLOCKS and (why := math_fault(token.content, True)):
                yield at, why
            for child in token.children or []:
                yield from ((at, why) for why in self._inline(child))
                at += child.type in ("softbreak", "hardbreak")

    def _fence(self, token: Token, lines: list[str], at: int, within: str) -> Iterator[Fault]:
        """Give the faults of a block and, where it holds Markdown, of what is in it."""
        start, end = token.map or [0, 0]
        last = lines[min(end, len(lines)) - 1].strip(" \t>")
        if end - start < 2 or set(last) != {token.markup[0]} or len(last) < len(token.markup):
            yield (
                at,
                f"the block that {token.markup}{token.info} opens is never closed. Write "
                f"{token.markup} on a line of its own after it",
            )
        if not (directive := DIRECTIVE.match(token.info.strip())):
            return
        name, argument = directive[1], directive[2].strip()
        if within.count("{") >= DEEPEST:
            yield at, f"more than {DEEPEST} blocks stand within each other. Close some before"
            return
        if name in CELLS:
            place = re.sub(r".*(?=\{)", "", within) or (
                "a list or a quotation" if token.level else ""
            )
            yield from ((at, why) for why in self._cell(token, lines[start], place))
            return
        if why := self._argument(name, argument, token):
            yield at, why
        for option in OPTION.finditer(_options(token)):
            line = at + 1 + token.content.count("\n", 0, option.start())
            if why := self._option(option[1], option[2]):
                yield line, why
        if name == "raw":
            if re.search(r"^[ \t]*:?file:", _options(token), re.M):
                yield at, "raw text of a file is not looked through. Write it here"
            yield from ((at + line, why) for line, why in blocked(token.content))
        elif name not in VERBATIM | FILES:
            if name not in PICTURES:  # a title
                yield from self._blocks(argument, at, f"{within}{{{name}}}")
            yield from self._blocks(token.content, at + 1, f"{within}{{{name}}}")

    def _argument(self, name: str, argument: str, token: Token) -> str:
        """Return what is wrong with the file, or the math, that a directive is given."""
        if name in PICTURES:
            return self._picture(argument) or without_words(_options(token))
        if name in FILES:
            why = self._file(argument)
            if name == "include" and not why:
                self.included.add(self._locate(argument).resolve())
            return why
        if name == "math":
            return math_fault(f"{argument}\n{_without_options(token)}", True)
        if name == "meta":
            return META
        if name == "role":
            return "a role of the page's own is not looked through. Write what it would print"
        if name == "eval-rst":
            return "reStructuredText is not looked through. Write it as MyST"
        return ""

    def _option(self, name: str, value: str) -> str:
        if name == "target":
            return characters.link_fault(value)
        return PUT_IT_HERE if name == "url" else self._file(value) if name == "file" else ""

    def _cell(self, token: Token, opened: str, within: str) -> Iterator[str]:
        """Tell why the engine would not see a cell, or not what is in it."""
        if within:
            yield f"a code cell stands within {within}. Put it before or after"
        elif token.type == "colon_fence":
            yield "a code cell that ::: opens does not run. Write ``` instead"
        elif opened.startswith((" ", "\t")):
            yield "a code cell is indented. Begin it at the margin"
        for option in OPTION.finditer(_options(token)):
            if option[1] == "load":
                yield f":load: {option[2]} is not read. Write the code into the cell"

    def _inline(self, child: Token) -> Iterator[str]:
        """Give what is wrong with a part of a line."""
        if child.type == "text" and (found := ROLE_AS_TYPED.search(child.content)):
            yield (
                f"{found.group()} is printed as it stands, for no text in backticks follows at "
                f"once. Write {found.group()}`name`, without a space between"
            )
        elif child.type == "text" and (found := LINK_AS_TYPED.search(child.content)):
            yield characters.link_fault(found[1])
        elif child.type in ("text", "text_special") and (
            # &nbsp; says what it is
            why := characters.hidden_character(re.sub("[\t\xa0]", " ", child.content))
        ):
            yield f"{why} (it is written as an entity)"
        elif child.type == "substitution_inline":
            yield from _substitution(child.content)
        elif child.type == "image":
            yield from filter(None, [self._picture(str(child.attrs["src"]))])
        elif child.type == "link_open":
            yield from filter(None, [self._link(str(child.attrs["href"]))])
        elif child.type == "html_inline":
            yield from (why for _, why in _markup(child.content))
        elif child.type in MATH_BLOCKS:
            yield from filter(None, [math_fault(child.content)])
        elif child.type == "myst_role" and child.meta["name"] in self.roles:
            yield from filter(None, [self.roles[child.meta["name"]](child.content)])

    def _picture(self, address: str) -> str:
        if address.startswith("data:"):
            return ""
        return f"{address[:60]}: {PUT_IT_HERE}" if is_foreign(address) else self._published(address)

    def _link(self, address: str) -> str:
        """Look at a link as at a file where it leads to one: the site gets a copy."""
        if (scheme := TO_A_FILE.match(address)) and not address.endswith(".md"):
            return self._published(address[scheme.end() :].partition("#")[0])
        if not scheme and (why := characters.link_fault(address)):
            return why
        address = address.partition("#")[0]
        if not address or is_foreign(address) or not self._locate(address).is_file():
            return ""
        return "" if address.endswith(".md") else self._published(address)

    def _locate(self, address: str) -> Path:
        address = unquote(address)
        return self.root / address[1:] if address[:1] == "/" else self.path.parent / address

    def _file(self, address: str) -> str:
        """Return why a file of the book cannot be shown or included, nothing if it can."""
        address = unquote(address.strip())
        path = self._locate(address).resolve()
        if not address:
            return ""  # Sphinx says so
        inside = path.is_relative_to(self.root.resolve())
        parts = path.relative_to(self.root.resolve()).parts if inside else ()
        if not parts or any(part.startswith((".", "_build")) for part in parts):
            return f"{address} is no file of the book. Put what is to be shown into chapters/"
        if not FILE_NAME.fullmatch(address):
            return (
                f"the name {address} is no address. Rename the file: letters from a to z, "
                "figures, hyphens, dots"
            )
        if "*" not in address and not path.is_file():
            return f"there is no file {'/'.join(parts)}. Add it, or mend the name"
        return ""

    def _published(self, address: str) -> str:
        """Return why the site cannot have a copy of a file."""
        path = self._locate(address.strip())
        if why := self._file(address):
            return why
        if RUNS.fullmatch(path.suffix):
            return f"a browser would run {address} as a page of the site. Link to it elsewhere"
        return _drawing_fault(path) if path.suffix.lower() == ".svg" and path.is_file() else ""


def _drawing_fault(path: Path) -> str:
    """Return why an SVG, which a browser may open by itself, is more than a drawing."""
    drawing = path.read_text(encoding="utf-8", errors="replace")
    if re.search(r"<!ENTITY|<\?xml-stylesheet", drawing, re.I):
        return f"{path.name} has an entity or a style sheet of its own. Save it as plain SVG"
    for line, why in blocked(drawing):
        return f"{path.name}, line {line}: {why}"
    return ""


def _markup(html: str) -> Iterator[Fault]:
    """Give line and reason of what HTML among Markdown a page may not have: all but links."""
    yield from (found := list(blocked(html)))
    shown = re.sub(
        r"<!--.*?(-->|$)", lambda comment: "\n" * comment[0].count("\n"), html, flags=re.S
    )
    for tag in () if found else re.finditer(r"<([a-z][a-z0-9-]*)", shown, re.I):
        if tag[1].lower() != "a":
            line = shown.count("\n", 0, tag.start()) + 1
            yield line, f"<{tag[1]}> is HTML, of which pages have links alone. Write Markdown"


def _head_faults(head: str) -> Iterator[str]:
    import yaml

    said = yaml.safe_load(head)  # `preflight` has refused what is no YAML
    for key in said if isinstance(said, dict) else ():
        if key not in HEAD_KEYS:
            yield f"the head sets {key!r} for this page alone. Remove it; _config.yml is for all"


def _substitution(words: str) -> Iterator[str]:
    if not SUBSTITUTION.fullmatch(words.strip()):
        yield (
            f"{{{{ {words.strip()[:40]} }}}} is a program. Write a name, as {{{{ citation }}}}, or "
            "compute it in a cell"
        )


def _headings(tokens: list[Token]) -> Iterator[Fault]:
    """Give the headings below a page's title that would be numbered by their place on the page.

    Such an address moves when another heading is added.
    """
    from docutils.nodes import make_id

    taken = set()
    for before, token, inline in zip([*tokens[:1], *tokens], tokens, tokens[1:]):
        if token.type != "heading_open":
            continue
        slug = make_id("".join(child.content for child in inline.children or []))
        if token.tag != "h1" and before.type != "myst_target" and (not slug or slug in taken):
            why = "another of the page has it" if slug else "it has none of the letters from a to z"
            yield (
                (token.map or [0])[0] + 1,
                f"the heading {inline.content[:60]!r} gives no address, for {why}. Write "
                "(name)= on a line of its own above it",
            )
        taken.add(slug)


def _options(token: Token) -> str:
    found = OPTIONS.match(token.content)
    return found[0] if found else ""


def _without_options(token: Token) -> str:
    return token.content.removeprefix(_options(token))
