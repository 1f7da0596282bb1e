"""Write a chapter as a notebook that runs where the package is installed.

The notebook has the page's code, cell by cell, and its prose as plain Markdown. It holds no
outputs. The page says how to run it elsewhere.
"""

from __future__ import annotations

import copy
import html
import json
from pathlib import Path

from sphinx.application import Sphinx

from ledger.build.execution.notebooks import is_notebook, read_notebook
from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.output.notebook_text import plain_text
from ledger.core import citations, tables

# in the site; published as a branch of that name too, for Colab opens only what is in a repository
FOLDER = "notebooks"
RESTART = "where the session asks to be restarted after this, restart it and run all again"
INSTALL = f"""\
try:
    import ledger
except ImportError:  # {RESTART}
    %%pip install --quiet "%s"

import warnings

from ledger import tables

page = %s
here = {{entry["name"]: entry["hash"][-8:] for entry in tables.descriptor()["resources"]}}
if other := [name for name in page if page[name] != here.get(name)]:
    warnings.warn(f"the package here has other editions of tables than the page: {{other}}")"""


def notebook(app: Sphinx, docname: str) -> str:
    """Return a chapter with code, which is read, as the text of an .ipynb file.

    The same chapter gives the same text.
    """
    import nbformat

    source = read_notebook(_source(app, docname))
    cells = [
        nbformat.v4.new_markdown_cell(_introduction(app, docname)),
        nbformat.v4.new_code_cell(_first_cell(app, docname)),
    ]
    for cell in copy.deepcopy(source.cells):  # what is read is kept for the build
        if cell.cell_type == "markdown":
            cell.source = plain_text(app, docname, cell.source)
        if cell.source:
            cells.append(cell)
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # nbformat would draw one
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    result = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(result)
    return nbformat.v4.writes(result) + "\n"  # the other would check it once more


def _first_cell(app: Sphinx, docname: str) -> str:
    """Return the code that installs the package, and tells where its tables are not the page's."""
    inputs = page_store.all_pages(app.env, "inputs")[docname]
    used = {name.removeprefix("table ") for name in inputs if name.startswith("table ")}
    held = {entry["name"]: entry["hash"][-8:] for entry in tables.descriptor()["resources"]}
    page = {name: digest for name, digest in held.items() if name in used}
    return INSTALL % (package(app), json.dumps(page, indent=4))


def _source(app: Sphinx, docname: str) -> str:
    return Path(app.env.doc2path(docname)).read_text(encoding="utf-8-sig")


def _introduction(app: Sphinx, docname: str) -> str:
    base, page = app.config.html_baseurl, "first page"
    if docname != app.config.root_doc:
        address = base + app.builder.get_target_uri(docname)
        page = f"page [{app.env.titles[docname].astext()}]({address})"
    return (
        f"*This notebook is the {page} of [{citations.edition()['title']}]({base}). "
        f"{app.config.ledger_build_info} Numbers in sentences are those that the page prints; "
        "run the cells, and they are computed anew. The first cell installs the book's package "
        "with its tables where it is not there yet.*"
    )


def package(app: Sphinx) -> str:
    """Return what pip installs: the package of the commit that the site is built from."""
    repository = app.config.ledger_repository
    return f"git+{repository['address']}@{repository['ref']}"


def run_block(app: Sphinx, docname: str) -> str:
    """Return the part of a page, as HTML, that says how to run it elsewhere."""
    name = notebook_name(docname)
    kind = "page" if docname == app.config.root_doc else "chapter"
    path = f"{'../' * docname.count('/')}{FOLDER}/{name}"
    commands = html.escape(f'pip install jupyterlab "{package(app)}"\njupyter lab {name}')
    return (
        f'<details class="run"><summary>Run this {kind} in JupyterLab, Binder or Colab</summary>'
        "<p>On your own machine, with Python 3.11 or newer: "
        f'download <a href="{path}" download>{name}</a>, and in the folder where it is type:</p>'
        f'<pre tabindex="0">{commands}</pre>{_services(app, docname)}</details>'
    )


def _services(app: Sphinx, docname: str) -> str:
    """Return links to Binder and Colab, as far as _config.yml names them."""
    repository = app.config.ledger_repository
    owner = "/".join(repository["address"].split("/")[-2:])
    links = []
    if service := repository["binder"]:
        path = f"{owner}/{repository['ref']}?urlpath=lab/tree/{docname}.md"
        link = f'<a href="{service}/v2/gh/{path}">Binder</a>'
        links.append(f"{link} (JupyterLab, minutes to start)")
    if service := repository["colab"]:
        path = f"{owner}/blob/{FOLDER}/{notebook_name(docname)}"
        link = f'<a href="{service}/github/{path}">Colab</a>'
        links.append(f"{link} (needs a Google account)")
    if not links:
        return ""
    return f"<p>In the browser, at a service of others: {', or '.join(links)}.</p>"


def notebook_name(docname: str) -> str:
    """Return the name of a page's notebook."""
    return f"{docname.rpartition('/')[2]}.ipynb"


def write_notebook(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Write the notebook of a page that has code, and give its template what it shows of it."""
    if app.builder.name != "html" or doctree is None or tables.table_of_page(page):
        return
    path = Path(app.outdir, FOLDER, notebook_name(page))
    if app.config.ledger_repository["address"] and is_notebook(_source(app, page)):
        path.parent.mkdir(exist_ok=True)
        path.write_text(notebook(app, page), encoding="utf-8")
        context["site"]["notebook"] = run_block(app, page)
    else:
        path.unlink(missing_ok=True)


def remove_notebooks(app: Sphinx, error: Exception | None) -> None:
    """Remove the notebooks of pages that are gone."""
    if error or app.builder.name != "html":
        return
    pages = (docname for docname in app.env.found_docs if not tables.table_of_page(docname))
    known = set(map(notebook_name, pages))
    for path in Path(app.outdir, FOLDER).glob("*.ipynb"):
        if path.name not in known:
            path.unlink()


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", write_notebook, priority=950)  # after page_metadata
    app.connect("build-finished", remove_notebooks)
