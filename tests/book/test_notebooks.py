"""Promise: the notebooks that the book executed are complete and hold no error. (test_elsewhere.py
runs them again, under nbval.)
"""

import nbformat
import pytest
from reading import CHAPTERS, EXECUTED


@pytest.mark.parametrize("page", CHAPTERS)
def test_executed_notebook_is_complete_and_without_error(page):
    notebook = nbformat.read(EXECUTED / f"{page}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    assert cells and all(cell.execution_count for cell in cells), f"{page}: a cell was not executed"
    assert not [
        output for cell in cells for output in cell.outputs if output.output_type == "error"
    ], page
