"""Read a chapter's Markdown text as a notebook."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # MyST-NB is imported where it is used: the warm process can start before
    from nbformat import NotebookNode

KERNEL = re.compile(r"\A(---\n(?:.*\n)*?[ \t]+display_name:).*$", re.M)
CODE_CELL = re.compile(r"^[`~:]{3,}\{code-cell\}", re.M)


def is_notebook(text: str) -> bool:
    """Tell whether a page's text is a notebook with at least one code cell."""
    from myst_nb.core.read import is_myst_markdown_notebook

    return is_myst_markdown_notebook(text) and bool(CODE_CELL.search(text))


@functools.lru_cache(maxsize=128)
def read_notebook(text: str) -> NotebookNode:
    """Return a chapter's text as a notebook without outputs.

    Its metadata hold as `source_map` the line on which the content of each cell begins.
    """
    from myst_nb.core.read import read_myst_markdown_notebook

    notebook = read_myst_markdown_notebook(text, add_source_map=True)
    lines = text.splitlines()
    starts = notebook.metadata["source_map"]
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            # MyST-NB gives the line after the fence, where a cell may have options
            starts[i] = _find_lines(lines, cell.source.splitlines(), starts[i])
    return notebook


def _find_lines(lines: list[str], code: list[str], start: int) -> int:
    """Return where `code` stands in `lines`, from `start` on; `start` if nowhere."""
    for at in range(start, len(lines)):
        if lines[at : at + len(code)] == code:
            return at
    return start


def code_cells(notebook: NotebookNode) -> list[tuple[str, dict]]:
    """Return source and metadata of each code cell."""
    return [(cell.source, cell.metadata) for cell in notebook.cells if cell.cell_type == "code"]


def code_length(notebook: NotebookNode) -> int:
    """Return how many characters of code a notebook has."""
    return sum(len(source) for source, _ in code_cells(notebook))


def kernel_name(key: str) -> str:
    """Return a kernel's description that makes jupyter-cache tell runs apart by their inputs."""
    return f"Python 3 ({key})"


def with_key(text: str, key: str) -> str:
    """Return a chapter's text with `key` in the description of its kernel; no line moves."""
    return KERNEL.sub(lambda match: f"{match.group(1)} {kernel_name(key)}", text, count=1)
