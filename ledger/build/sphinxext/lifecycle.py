"""How a build goes: one at a time, stale pages read again, chapters run side by side, and the site changed only once all is well.

Sphinx works in `_build/.work/html`. When a build ends well, the site that it made there takes the place of `_build/html`, and a seal
with the hashes of all files is left for the next build. A build that finds no seal, or a file that is not as sealed, starts afresh:
the one before it failed, was killed, or something changed its files. Executed chapters are kept apart (`ledger.build.execution.engine`), so that
a fresh start costs little. The builders that make the EPUB and the page of the PDF (`ledger.build.sphinxext.print_builders`) go the same way, in folders of their own.

A build for the live preview (`ledger.build.preview`, LEDGER_LIVE in the environment) publishes `_build/live` instead and works beside. In it
a chapter that fails does not fail the build: its page says so, and shows what its cells put out until then.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import hashlib
import html
import json
import os
import shutil
import sys
from pathlib import Path

import sphinx.builders
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util import logging
from sphinx.util.parallel import ParallelTasks

from ledger.build.execution import engine
from ledger.build.execution.runner import RARELY
from ledger.build.sphinxext import page_store
from ledger.core import fingerprints
from ledger.core.config import PACKAGE, ROOT, book

logger = logging.getLogger(__name__)
LIVE = bool(os.environ.get("LEDGER_LIVE"))
CODE = [
    *(PACKAGE / "build").rglob("*.py"),
    *(
        PACKAGE / "core" / f"{name}.py"
        for name in ("charts/palette", "citations", "config", "files", "fingerprints", "tables")
    ),
    PACKAGE / "core" / "sources" / "registry.py",
]
BOOK_ASSETS, ASSETS, THEME = (
    ROOT / "assets",
    Path(__file__).with_name("assets"),
    Path(__file__).with_name("theme"),
)
CHART = [
    THEME / "chart.html",
    THEME / "metadata.html",
]  # the page of a chart by itself is written when its chapter is read
EVERYWHERE = [
    "book.yml",
    "references.bib",
    "CITATION.cff",
    *sorted(path.relative_to(PACKAGE.parent).as_posix() for path in (*CODE, *CHART)),
]  # what every page depends on
SETTINGS = ["_config.yml", "_toc.yml", "CITATION.cff"]
SLUG = book().slug
PRINTED = (
    f"{SLUG}.pdf",
    f"{SLUG}.epub",
)  # ledger/commands/pdf.py puts them into the site; no build of it makes them


class BuildFailed(SphinxError):
    """Chapters did not run to their ends, or the site could not be put in place."""

    category = "Build failed"


class Build:
    """The state of one build, from the lock to the published site."""

    def __init__(self, published: Path):
        self.published = published
        self.new, self.old = (
            published.with_name(f".{published.name}.{age}") for age in ("new", "old")
        )
        self.folder = published.parent / ".work" / published.name
        self.seal = self.folder / "seal.json"
        self.made_of = self.folder / "made-of"
        self.lock = one_at_a_time(published.parent / ".lock")
        self._give_back_last_site()
        self.sealed = self._opened_seal()
        if self.sealed is None:
            shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("site/_static", "doctrees", "executed"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.engine = engine.Engine(engine.workers(), published.parent / ".jupyter_cache")
        if self.sealed is None:
            self.engine.start()  # chapters will most likely run: it warms up while Sphinx does

    def _opened_seal(self) -> dict | None:
        """Return the hashes that the last build left, if it ended well and all its files are as it left them, and break the seal."""
        try:
            sealed = json.loads(self.seal.read_text(encoding="utf-8"))
            self.seal.unlink()
            return sealed if sealed == self._hashes() else None
        except (OSError, ValueError):
            return None

    def _hashes(self) -> dict[str, dict[str, str]]:
        return {
            part: hashes(self.folder / part)
            for part in ("site", "doctrees", "executed", "jupyter_execute")
        }

    def _give_back_last_site(self) -> None:
        """Undo a change of sites that was cut off halfway, and remove what it left."""
        if self.old.exists() and not any(self.published.glob("*")):
            shutil.rmtree(self.published, ignore_errors=True)
            self.old.rename(self.published)
        for leftover in (self.new, self.old):
            shutil.rmtree(leftover, ignore_errors=True)

    def publish(self, reusable: bool) -> None:
        """Put the new site in the place of the old one; seal the work when the next build may go on from it."""
        made = self._hashes()
        if made["site"] != {
            name: known for name, known in hashes(self.published).items() if name not in PRINTED
        }:  # a site that changes loses them
            try:
                shutil.copytree(self.folder / "site", self.new)
            except OSError as error:  # a full disk, mostly; copytree reports each file
                raise BuildFailed(
                    f"the site is left as it was, for the new one could not be put in its place: {error.args[0][0][2] if isinstance(error, shutil.Error) else error}"
                ) from None
            if self.published.exists():
                self.published.rename(self.old)
            self.new.rename(self.published)
            shutil.rmtree(self.old, ignore_errors=True)
        if reusable:
            aside = self.seal.with_suffix(".new")
            aside.write_text(json.dumps(made), encoding="utf-8")
            os.replace(aside, self.seal)

    def note_sources(self, app: Sphinx) -> None:
        """Note what the published book was made of (see `made_of`)."""
        known = [
            page_store.of_all(app.env, "inputs"),
            app.config.ledger_inputs,
            [fingerprints.fingerprint(f"file {name}") for name in SETTINGS],
        ]
        self.made_of.write_text(
            fingerprints.of_text(json.dumps(known, sort_keys=True)), encoding="utf-8"
        )

    def close(self) -> None:
        self.engine.close()
        self.lock.close()


def one_at_a_time(path: Path):
    """Return a held lock on `path`; while another build holds it, say so and wait. It falls away with the process, however that ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        print(
            f"Another build of this checkout is running (process {lock.read().strip() or 'unknown'}): waiting for it to end.",
            file=sys.stderr,
            flush=True,
        )
        fcntl.flock(lock, fcntl.LOCK_EX)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def made_of(published: Path) -> str | None:
    """Return a hash of all that a published book was made of: the same for a site, a PDF and an EPUB that say the same. None where it is not known."""
    try:
        return (published.parent / ".work" / published.name / "made-of").read_text(encoding="utf-8")
    except OSError:
        return None


def hashes(folder: Path) -> dict[str, str]:
    """Return a hash of each file under a folder, by its path from there."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.blake2b(
            path.read_bytes(), digest_size=16
        ).hexdigest()
        for path in files
    }


class Tasks(ParallelTasks):
    """Sphinx's, which writes pages in several processes. Where one of them fails while others wait for their turn, Sphinx ends them all
    and goes on as if the pages were written; here the build fails."""

    failed: Exception | None = None

    def _join_one(self) -> bool:
        try:
            return super()._join_one()
        except Exception as error:
            self.failed = error
            raise

    def join(self) -> None:
        with contextlib.suppress(EOFError):  # a process that ended without a word
            super().join()
        if self.failed:
            raise (
                BuildFailed("a process that writes pages was killed")
                if isinstance(self.failed, EOFError)
                else self.failed
            )


def say(text: str) -> None:
    """Tell what the chapters do: a line for each that ended."""
    logger.info(text)


# --- what Sphinx calls ----------------------------------------------------------------------------------------------------------


def prepare_site(app: Sphinx) -> None:
    from myst_nb.sphinx_ext import add_global_html_resources

    add_global_html_resources(
        app, None
    )  # before the pages, which name the file with a hash of what is in it
    app.builder.epilog = (
        ""  # it would name the folder in which Sphinx works; Jupyter Book names the site
    )
    names = [
        path.relative_to(folder).as_posix()
        for folder in (ASSETS, BOOK_ASSETS)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    for name in set(getattr(app.env, "ledger_assets", [])) - set(names):
        Path(app.outdir, "_static", name).unlink(missing_ok=True)
    app.env.ledger_assets = names


def stale(app: Sphinx, env, added, changed, removed) -> list[str]:
    """Name the pages that depend on something that is no longer as it was when they were read; remove what is left of pages that are gone."""
    for docname in removed:
        for leftover in (
            Path(app.builder.get_outfilename(docname)),
            Path(app.outdir, "_sources", f"{docname}.md"),
            app.ledger_build.folder / "executed" / f"{docname}.ipynb",
        ):
            leftover.unlink(missing_ok=True)
    return [
        docname
        for docname, known in page_store.of_all(env, "inputs").items()
        if fingerprints.stale(known)
    ]


def run_chapters(app: Sphinx, env, docnames: list[str]) -> None:
    """Start the chapters that must run, and put the other pages first, so that Sphinx reads them meanwhile."""
    building = app.ledger_build
    building.engine.limit = app.config.nb_execution_timeout
    texts = {
        docname: Path(env.doc2path(docname)).read_text(encoding="utf-8-sig") for docname in docnames
    }
    chapters = {}
    for docname, text in texts.items():
        try:
            if engine.is_notebook(text):
                chapters[docname] = engine.read_notebook(text)
        except Exception as error:
            raise BuildFailed(f"{docname}.md cannot be read as a notebook: {error}") from None
    # the longest first: begun last, it would run on alone while the other cores idle
    for docname in sorted(chapters, key=lambda docname: -engine.length(chapters[docname])):
        if building.engine.kept.find(chapters[docname]) is None:
            building.engine.submit(docname, chapters[docname])
    order = list(building.engine.notebooks)
    docnames.sort(key=lambda docname: (order.index(docname) if docname in order else -1, docname))
    building.pages_read = len(docnames)


def give_key(app: Sphinx, docname: str, source: list[str]) -> None:
    """Wait for a chapter's outputs and write their key into its front matter, with which MyST-NB finds them in the cache."""
    env, text = app.env, source[0]
    known = page_store.of_page(env, docname)["inputs"]
    known[f"file {Path(env.doc2path(docname, base=False)).as_posix()}"] = fingerprints.of_text(text)
    if not engine.is_notebook(text):
        return
    if not engine.KERNEL.search(text):
        raise BuildFailed(
            f"{docname}.md: a page with code begins with a block that has a line `display_name:` under `kernelspec:`, as the other chapters do"
        )
    building, notebook = app.ledger_build, engine.read_notebook(text)
    key = building.engine.kept.find(notebook)
    if key is None:
        try:
            key = building.engine.outputs(docname, notebook, say)
        except engine.ChapterError as error:
            if not LIVE:
                failures = building.engine.wait_for_all(say)
                told = "\n".join(f"  {failure}" for failure in failures)
                raise BuildFailed(
                    f"{len(failures)} of {len(building.engine.notebooks)} chapters that had to run failed, and the site is left as it was:\n{told}"
                ) from error
            key = keep_failed(app, docname, notebook, error)
    known |= building.engine.kept.inputs_of(key)
    executed = building.folder / "executed" / f"{docname}.ipynb"
    executed.parent.mkdir(parents=True, exist_ok=True)
    executed.write_text(building.engine.kept.executed(text, key), encoding="utf-8")
    source[0] = engine.with_key(text, key)


def keep_failed(app: Sphinx, docname: str, notebook, error: engine.ChapterError) -> str:
    """Keep what a failed chapter put out, with the reason at the cell that failed, and return its key; the next build runs it again."""
    logger.warning("%s", error)
    page_store.of_page(app.env, docname)["failure"] = str(error)
    cells = {cell["number"]: cell for cell in error.outputs}
    if error.cell:
        failed = cells.setdefault(
            error.cell, {"number": error.cell, "execution_count": None, "outputs": []}
        )
        if not any(
            output["output_type"] == "error" for output in failed["outputs"]
        ):  # it did not raise: it was killed, say
            failed["outputs"].append(
                {
                    "output_type": "error",
                    "ename": "",
                    "evalue": error.reason,
                    "traceback": [error.reason],
                }
            )
    return app.ledger_build.engine.kept.keep(docname, notebook, list(cells.values()), engine.FAILED)


def show_failure(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Say at the top of a chapter's page that it did not run to its end."""
    if failure := page_store.of_all(app.env, "failure").get(page):
        context["body"] = (
            f'<p class="chapter-failed" role="alert">This chapter did not run to its end: {html.escape(failure)}</p>{context["body"]}'
        )


def rewrite_all(app: Sphinx, env) -> list[str]:
    """Name all pages for writing when something changed that any page can show of another: titles, order, numbers, labels, links back."""
    standard, bibliography = env.get_domain("std").data, env.get_domain("cite")
    shown = [
        sorted((docname, title.astext()) for docname, title in env.titles.items()),
        sorted((docname, list(pages)) for docname, pages in env.toctree_includes.items()),
        sorted(standard["labels"].items()),
        sorted(standard["anonlabels"].items()),
        sorted(env.toc_fignumbers.items()),
        sorted(env.toc_secnumbers.items()),
        sorted(
            (
                citation.key,
                citation.bibliography_key.docname,
                citation.citation_id,
                citation.formatted_entry.label,
            )
            for citation in bibliography.citations
        ),
        {docname: sorted(known) for docname, known in page_store.of_all(env, "claims").items()},
        {
            docname: sorted(map(str, known.values()))
            for docname, known in page_store.of_all(env, "charts").items()
        },
        {
            docname: sorted((name, record["tables"]) for name, record in known.items())
            for docname, known in page_store.of_all(env, "numbers").items()
        },
    ]
    before, env.ledger_shown = (
        getattr(env, "ledger_shown", None),
        hashlib.sha256(repr(shown).encode()).hexdigest(),
    )
    everything = before != env.ledger_shown
    if everything or app.ledger_build.pages_read > 5:
        app.parallel = (
            engine.workers() + 1
        )  # for writing; reading waits for chapters, and those run side by side already
    return sorted(env.found_docs) if everything else []


def remove_leftovers(app: Sphinx) -> None:
    """Remove images and downloads that no page shows any more."""
    for folder, known in (("_images", app.env.images), ("_downloads", app.env.dlfiles)):
        names = {name for _, name in known.values()}
        for path in Path(app.outdir, folder).rglob("*"):
            if (
                path.is_file()
                and path.relative_to(Path(app.outdir, folder)).as_posix() not in names
            ):
                path.unlink()


def say_it_once(kind, error: BaseException, trace, otherwise=sys.excepthook) -> None:
    """Leave it at Sphinx's message, where Jupyter Book would add that it stopped there, and why, in two tracebacks."""
    if isinstance(error.__cause__, (SphinxError, OSError)):
        print(str(error).strip(), file=sys.stderr)
    else:
        otherwise(kind, error, trace)


def finish(app: Sphinx, error: Exception | None) -> None:
    building = app.ledger_build
    try:
        strict = app.warningiserror or app.keep_going
        if error is None and not (app._warncount and strict):
            remove_leftovers(app)
            building.publish(
                reusable=LIVE or not app._warncount
            )  # Sphinx does not repeat the warnings of pages that it need not read
            building.note_sources(app)
    finally:
        building.close()


def setup(app: Sphinx) -> None:
    app.parallel = 1
    gc.set_threshold(*RARELY)
    sys.excepthook = say_it_once
    sphinx.builders.ParallelTasks = Tasks  # Sphinx has no setting for it
    building = app.ledger_build = Build(
        Path(app.outdir).with_name("live") if LIVE else Path(app.outdir)
    )
    app.outdir, app.doctreedir = (
        type(app.outdir)(building.folder / "site"),
        type(app.doctreedir)(building.folder / "doctrees"),
    )
    # Tables, chapters and their modules are followed page by page. These two stand for what every page depends on.
    app.add_config_value("ledger_inputs", "", "env", str)
    app.add_config_value("ledger_assets", "", "html", str)

    def set_up(app: Sphinx, config) -> None:
        config.ledger_inputs = " ".join(
            fingerprints.fingerprint(name)
            for name in [*fingerprints.GLOBAL, *(f"file {path}" for path in EVERYWHERE)]
        )
        config.ledger_inputs += config.html_baseurl or ""
        config.ledger_assets = " ".join(
            fingerprints.fingerprint(f"file {path.relative_to(base).as_posix()}")
            for base, folder in (
                (PACKAGE.parent, ASSETS),
                (PACKAGE.parent, THEME),
                (ROOT, BOOK_ASSETS),
            )
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        )
        config.html_static_path += [str(ASSETS), "assets"]
        config.nb_execution_mode = "cache"
        config.nb_execution_cache_path = str(building.engine.cache)

    app.connect("config-inited", set_up)
    app.connect("env-get-outdated", stale)
    app.connect("env-before-read-docs", run_chapters)
    app.connect("source-read", give_key)
    app.connect("env-get-updated", rewrite_all, priority=900)  # when figures are numbered
    app.connect("builder-inited", prepare_site)
    app.connect("html-page-context", show_failure)
    app.connect("build-finished", finish, priority=900)
