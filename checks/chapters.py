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
from ledger.build import page_faults

HEAD = {
    "jupytext": {"text_representation": {"extension": ".md", "format_name": "myst"}},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
}
OF_JUPYTEXT = ("format_version", "jupytext_version")  # which JupyterLab adds where it saves a page
# Cells import where they begin, and a loop's variable may be used within a pandas query ("country
# == @code"). What stands between cells is empty lines.
NOT_FOR_CELLS = "B007,E402,I001,W"
# what a cell may end with, for it shows a page what tables are named for
SHOWING = {
    *("charts.publish", "charts.small", "charts.dated_list", "claims.publish"),
    *("numbers.put", "numbers.series", "numbers.require"),
}
IMPORTS = {"analysis", "ledger", "pandas"}
OF_IPYTHON = re.compile(r"[%!].*|\w+ *= *[%!].*|\?.*|.*\?")
FORBIDDEN = {
    r"https?://": "an address, which belongs into data/sources.yml or references.bib",
    r"#[0-9a-fA-F]{6}\b": "a colour, which belongs into ledger/core/charts/style.py",
    r"\bopen\(|\bpd\.(?:read_\w+|io\b)|read_csv|Path\(": "a file, which load, of ledger, reads",
    r"\b(?:print|display)\(|\b_repr_\w+_\b": (
        "an output that no table is named for; numbers and charts name it"
    ),
    r"\b(?:eval|exec)\(|\b__\w+__\b": "code that no check can read",
    r"PALETTE|fontfamily|fontname": "a colour or font, of ledger/core/charts/style.py",
}


# --- MyST -----------------------------------------------------------------------------------------


def myst() -> Iterator[str]:
    """What the build refuses of a page, and a head that other tools do not read."""
    settings = yaml.safe_load(text.read(text.ROOT / "_config.yml"))
    parser = page_faults.markdown_parser(settings["parse"]["myst_enable_extensions"])
    pages = [text.name(path).removesuffix(".md") for path in text.PAGES]
    yield from (f"{fault}." for fault in page_faults.name_faults(pages, text.ROOT))
    for path in text.PAGES:
        source = text.read(path)
        yield from (f"{f}." for f in page_faults.page_faults(parser, path, source, text.ROOT))
        yield from _head(path)


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
            where = f"{name}:{fault['location']['row']}"
            if not re.fullmatch("[A-Z]+[0-9]+", fault["code"] or ""):
                typed = code.splitlines()[fault["location"]["row"] - 1].strip()
                if OF_IPYTHON.fullmatch(typed):
                    yield (
                        f"{where}: {typed[:40]!r} is a command of IPython, and no Python. Remove "
                        "it: charts and numbers need none."
                    )
                    continue
                yield (
                    f"{where}: this is no Python: {fault['message']}. Mend the cell; until then "
                    "captions, labels and numbers of the page are unchecked, and nothing is said "
                    "to be unused."
                )
                continue
            advice = (fault.get("fix") or {}).get("message") or "mend the cell"
            yield (
                f"{where}: {fault['code']}: {fault['message']}. To mend: "
                f"{advice[0].lower() + advice[1:]}; what the rule means: "
                f"`ruff rule {fault['code']}`."
            )


def _shown(cell: text.Place) -> Iterator[str]:
    """Tell of what a cell shows beside charts and numbers: no table is named for it."""
    try:
        *_, last = ast.parse(cell.text).body or [None]
    except SyntaxError:
        return  # `cells` says so
    if isinstance(last, ast.Expr) and not (
        isinstance(last.value, ast.Call) and text.dotted(last.value.func) in SHOWING
    ):
        yield (
            f"{cell.file}:{cell.line + last.lineno - 1}: the page would show what "
            f"{ast.unparse(last)[:40]!r} gives, for which no table is named. Publish it as a chart "
            "or numbers, or remove it."
        )


def code_knows_no_path() -> Iterator[str]:
    """A chapter's code imports pandas and the ledger only, and knows no path, address or colour."""
    for path in text.PAGES:
        name = text.name(path)
        for node in text.nodes(path):
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
            yield from _shown(place)
            for pattern, what in FORBIDDEN.items():
                for found in re.finditer(pattern, place.text):
                    yield (
                        f"{name}:{place.line + text.line_of(place.text, found.start()) - 1}: "
                        f"{found.group()!r} is {what}. Move it there."
                    )
