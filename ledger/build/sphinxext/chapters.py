"""Have the chapters that must run executed, and give each page its outputs."""

from __future__ import annotations

import html
import re
from pathlib import Path

from myst_nb.core import utils
from myst_nb.core.execute import cache, direct, inline
from sphinx.application import Sphinx
from sphinx.util import logging

from ledger.build.execution.cache import FAILED_INPUTS, CacheBusyError
from ledger.build.execution.notebooks import (
    KERNEL,
    code_length,
    is_notebook,
    read_notebook,
    with_key,
)
from ledger.build.execution.pool import ENGINE_WORDS, ChapterError, engine
from ledger.build.page_faults import markdown_parser, name_faults, page_faults
from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.lifecycle import LIVE, BuildFailed
from ledger.core import fingerprints, tables

logger = logging.getLogger(__name__)

# what a carriage return takes away from a line; MyST-NB's own looks from each letter to the end of
# its line, for minutes where that is long
OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", re.M)


def use_cache(app: Sphinx, config) -> None:
    """Have MyST-NB take outputs from the cache, and execute nothing itself."""
    cache.single_nb_execution = direct.single_nb_execution = refuse_execution
    inline.NotebookClientInline.start_client = refuse_execution
    utils._RGX_CARRIAGERETURN = OVERWRITTEN
    config.nb_execution_mode = "cache"
    config.nb_execution_cache_path = str(app.ledger_build.chapters.cache_folder)


def run_chapters(app: Sphinx, env, docnames: list[str]) -> None:
    """Start the chapters that must run, and put the other pages first: they are read meanwhile."""
    pool = app.ledger_build.chapters
    pool.limit = app.config.nb_execution_timeout
    try:
        outputs = pool.cache
    except CacheBusyError as error:
        raise BuildFailed(str(error)) from None
    texts = {
        docname: Path(env.doc2path(docname)).read_text(encoding="utf-8-sig") for docname in docnames
    }
    chapters, unreadable = {}, None
    for docname, text in texts.items():
        try:
            if is_notebook(text):
                chapters[docname] = read_notebook(text)
        except Exception as error:
            unreadable = f"{docname}.md cannot be read as a notebook: {error}"
    # the longest first: begun last, it would run on alone while the other cores idle
    for docname in sorted(chapters, key=lambda docname: -code_length(chapters[docname])):
        if outputs.lookup(chapters[docname]) is None:
            pool.submit(docname, chapters[docname])
    if pool.notebooks:
        logger.info("chapters run in %s", ENGINE_WORDS[engine()])
    _refuse_faults(app, env, texts)  # while chapters run: they end with the build
    if unreadable:
        raise BuildFailed(unreadable)
    order = {docname: place for place, docname in enumerate(pool.notebooks)}
    docnames.sort(key=lambda docname: (order.get(docname, -1), docname))
    app.ledger_build.pages_read = len(docnames)


def _refuse_faults(app: Sphinx, env, texts: dict[str, str]) -> None:
    """Raise BuildFailed for pages that Sphinx would read in another way than they are meant."""
    root, parser = Path(app.srcdir), markdown_parser(app.config.myst_enable_extensions)
    pages = (docname for docname in env.found_docs if not tables.table_of_page(docname))
    faults = list(name_faults(pages, root))
    for docname, text in texts.items():
        path = Path(env.doc2path(docname))
        if path.is_relative_to(root) and not path.is_relative_to(app.ledger_build.folder):
            faults += page_faults(parser, path, text, root)
    if faults:
        lines = "\n".join(f"  {fault}." for fault in faults)
        raise BuildFailed(f"the site is left as it was, for pages have faults:\n{lines}")


def refuse_execution(*args, **kwargs):
    """Take the place of what executes notebooks in MyST-NB, past the engine and its limits."""
    raise BuildFailed(
        "MyST-NB was about to execute cells that the engine does not see. Write each as ``` and "
        "{code-cell} at the margin of a chapter's .md file"
    )


def attach_outputs(app: Sphinx, docname: str, source: list[str]) -> None:
    """Wait for a chapter's outputs and write their key into its front matter.

    By the key MyST-NB finds the outputs in the cache.
    """
    text, path = source[0], Path(app.env.doc2path(docname))
    build, inputs = app.ledger_build, page_store.page(app.env, docname)["inputs"]
    if path.is_relative_to(build.folder):
        return  # the build wrote it itself: it depends on what it was made of
    inputs[f"file {path.relative_to(app.srcdir).as_posix()}"] = fingerprints.of_text(text)
    if not is_notebook(text):
        return
    if not KERNEL.search(text):
        raise BuildFailed(
            f"{docname}.md: a page with code begins with a block that has a line `display_name:` "
            "under `kernelspec:`, as the other chapters do"
        )
    notebook, outputs = read_notebook(text), build.chapters.cache
    key = outputs.lookup(notebook)
    if key is None:
        try:
            key = build.chapters.run(docname, notebook, logger.info)
        except ChapterError as error:
            if not LIVE:
                raise _all_failures(app) from error
            key = store_failed(app, docname, notebook, error)
    inputs |= outputs.inputs_of(key)
    executed = build.folder / "executed" / f"{docname}.ipynb"
    executed.parent.mkdir(parents=True, exist_ok=True)
    executed.write_text(outputs.executed(text, key), encoding="utf-8")
    source[0] = with_key(text, key)


def _all_failures(app: Sphinx) -> BuildFailed:
    """Wait for the other chapters, and return the error that names all that failed."""
    pool = app.ledger_build.chapters
    failures = pool.wait_for_all(logger.info)
    lines = "\n".join(f"  {failure}" for failure in failures)
    return BuildFailed(
        f"{len(failures)} of {len(pool.notebooks)} chapters that had to run failed, "
        f"and the site is left as it was:\n{lines}"
    )


def store_failed(app: Sphinx, docname: str, notebook, error: ChapterError) -> str:
    """Keep the outputs of a failed chapter, with the reason at the cell that failed.

    Returns their key. The next build runs the chapter again.
    """
    logger.warning("%s", error)
    page_store.page(app.env, docname)["failure"] = str(error)
    cells = {cell["number"]: cell for cell in error.outputs}
    if error.cell:
        failed = cells.setdefault(
            error.cell, {"number": error.cell, "execution_count": None, "outputs": []}
        )
        if not any(output["output_type"] == "error" for output in failed["outputs"]):
            # it did not raise: it was killed, say
            reason = {
                "output_type": "error",
                "ename": "",
                "evalue": error.reason,
                "traceback": [error.reason],
            }
            failed["outputs"].append(reason)
    outputs = app.ledger_build.chapters.cache
    return outputs.store(docname, notebook, list(cells.values()), FAILED_INPUTS)


def show_failure(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Say at the top of a chapter's page that it did not run to its end."""
    if failure := page_store.all_pages(app.env, "failure").get(page):
        message = f"This chapter did not run to its end: {html.escape(failure)}"
        banner = f'<p class="chapter-failed" role="alert">{message}</p>'
        context["body"] = banner + context["body"]


def setup(app: Sphinx) -> None:
    app.connect("config-inited", use_cache)
    app.connect("env-before-read-docs", run_chapters)
    app.connect("source-read", attach_outputs)
    app.connect("html-page-context", show_failure)
