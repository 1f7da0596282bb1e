"""Pages are MyST that says what it seems to say, and their code cells are sound Python that knows
no path, address or colour.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from checks import text

HEAD = {
    "jupytext": {"text_representation": {"extension": ".md", "format_name": "myst"}},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
}
OF_JUPYTEXT = ("format_version", "jupytext_version")  # which JupyterLab adds where it saves a page
# Cells import where they begin, and a loop's variable may be used within a pandas query ("country
# == @code"). What stands between cells is empty lines.
NOT_FOR_CELLS = "B007,E402,I001,W"
IMPORTS = {"analysis", "ledger", "pandas"}
FORBIDDEN = {
    r"https?://": "an address, which belongs into data/sources.yml or references.bib",
    r"#[0-9a-fA-F]{6}\b": "a colour, which belongs into ledger/core/charts/style.py",
    r"\bopen\(|read_csv|Path\(": "a file, which load, of ledger, reads",
    r"PALETTE|fontfamily|fontname": "a colour or font, of ledger/core/charts/style.py",
}


# --- MyST -----------------------------------------------------------------------------------------


def myst() -> Iterator[str]:
    """What the build takes without a word although it is not what was meant: an open fence, a role
    that is none, a head that other tools do not read.
    """
    from markdown_it.renderer import RendererHTML
    from myst_parser.config.main import MdParserConfig
    from myst_parser.parsers.mdit import create_md_parser

    extensions = yaml.safe_load(text.read(text.ROOT / "_config.yml"))["parse"][
        "myst_enable_extensions"
    ]
    parser = create_md_parser(MdParserConfig(enable_extensions=set(extensions)), RendererHTML)
    for path in text.PAGES:
        yield from (
            f"{text.name(path)}:{line}: {message}"
            for line, message in _faults(parser, text.read(path), 1)
        )
        yield from _head(path)


def _faults(parser, source: str, first: int) -> Iterator[tuple[int, str]]:
    lines = source.splitlines()
    for token in parser.parse(source, {}):
        if token.type in ("fence", "colon_fence"):
            start, end = token.map
            last = lines[min(end, len(lines)) - 1].strip(" \t>")
            if end - start < 2 or set(last) != {token.markup[0]} or len(last) < len(token.markup):
                yield (
                    first + start,
                    f"the block that {token.markup}{token.info} opens is never closed. Write "
                    f"{token.markup} on a line of its own after it.",
                )
            name = re.match(r"\{([\w:-]+)\}", token.info.strip())
            if name and name[1] != "code-cell":
                yield from _faults(parser, token.content, first + start + 1)
        for child in token.children or []:
            if child.type == "text" and (found := re.search(r"\{[a-z][a-z:-]*\}", child.content)):
                at = next(
                    (
                        n
                        for n in range(token.map[0], token.map[1])
                        if child.content.strip()[:60] in lines[n]
                    ),
                    token.map[0],
                )
                yield (
                    first + at,
                    f"{found.group()} is printed as it stands, for no text in backticks follows at "
                    f"once. Write {found.group()}`name`, without a space between.",
                )


def _head(path: Path) -> Iterator[str]:
    source = text.read(path)
    head = re.match(r"\A---\n(.*?)\n---\n", source, re.S)
    if not any(text.cells(path)):
        return
    try:
        said = yaml.safe_load(head[1]) if head else None
    except yaml.YAMLError as error:
        said = f"no YAML: {str(error).splitlines()[0]}"
    if isinstance(said, dict) and isinstance(said.get("jupytext"), dict):
        form = said["jupytext"].get("text_representation")
        for key in OF_JUPYTEXT if isinstance(form, dict) else ():
            form.pop(key, None)
    if said != HEAD:
        yield (
            f"{text.name(path)}:1: the head is {'not the one of' if head else 'missing, unlike'} "
            "the other chapters, so that JupyterLab would not open it as a notebook. Copy it from "
            "chapters/methods.md."
        )


# --- cells ----------------------------------------------------------------------------------------


def cells() -> Iterator[str]:
    """Lint the code cells of each page with ruff and its rules in pyproject.toml.

    They are not formatted: a wide line that puts one number is easier to read than six.
    """
    ruff = str(Path(sys.executable).with_name("ruff"))
    for path in text.PAGES:
        name, code = text.name(path), text.code(path)
        if not code.strip():
            continue
        command = [
            ruff,
            "check",
            "--no-cache",
            "--extension",
            "md:python",
            "--ignore",
            NOT_FOR_CELLS,
            "--output-format",
            "json",
            "--stdin-filename",
            name,
            "-",
        ]
        ran = subprocess.run(command, cwd=text.ROOT, input=code, capture_output=True, text=True)
        if ran.returncode not in (0, 1):
            yield (
                f"{name}:1: ruff could not check the cells: {ran.stderr.strip()}. Run `make book` "
                "for the locked packages, then again."
            )
            continue
        for fault in json.loads(ran.stdout):
            advice = (fault.get("fix") or {}).get("message") or "mend the cell"
            yield (
                f"{name}:{fault['location']['row']}: {fault['code'] or 'syntax'}: "
                f"{fault['message']}. To mend: {advice[0].lower() + advice[1:]}; what the rule "
                f"means: `ruff rule {fault['code']}`."
            )


def code_knows_no_path() -> Iterator[str]:
    """A chapter's code imports pandas and the ledger only, and knows no path, address or colour."""
    for path in text.PAGES:
        name = text.name(path)
        for node in ast.walk(text.tree(path)):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for module in modules:
                if module.partition(".")[0] not in IMPORTS:
                    yield (
                        f"{name}:{node.lineno}: imports {module}. Import pandas, ledger and "
                        "analysis only; what needs more is a measure in analysis/measures.py, "
                        "with a test."
                    )
                if module.startswith("analysis.connectors"):
                    yield (
                        f"{name}:{node.lineno}: imports {module}. Load the table that the "
                        "connector makes: load, of ledger."
                    )
        for place in text.cells(path):
            for pattern, what in FORBIDDEN.items():
                for found in re.finditer(pattern, place.text):
                    yield (
                        f"{name}:{place.line + text.line_of(place.text, found.start()) - 1}: "
                        f"{found.group()!r} is {what}. Move it there."
                    )
