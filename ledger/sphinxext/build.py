"""How a build goes: one at a time, stale pages read again, chapters run side by side, and the site changed only once all is well.

Sphinx works in `_build/.work/html`. When a build ends well, the site that it made there takes the place of `_build/html`, and a seal
with the hashes of all files is left for the next build. A build that finds no seal, or a file that is not as sealed, starts afresh:
the one before it failed, was killed, or something changed its files. Executed chapters are kept apart (`ledger.engine`), so that
a fresh start costs little.
"""
from __future__ import annotations

import fcntl
import gc
import hashlib
import json
import os
import shutil
import sys
import time
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util import logging

from ledger import engine, inputs
from ledger.runner import RARELY
from ledger.sphinxext import memory

logger = logging.getLogger(__name__)
EVERYWHERE = ["references.bib", *sorted(str(path.relative_to(inputs.ROOT)) for path in (inputs.ROOT / "ledger" / "sphinxext").glob("*.py"))]


class ChaptersFailed(SphinxError):
    """Chapters did not run to their ends."""

    category = "Build failed"


class Build:
    """The state of one build, from the lock to the published site."""

    def __init__(self, published: Path):
        self.published = published
        self.folder = published.parent / ".work" / published.name
        self.seal = self.folder / "seal.json"
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
        return {part: hashes(self.folder / part) for part in ("site", "doctrees", "executed")}

    def _give_back_last_site(self) -> None:
        """Undo a change of sites that was cut off halfway."""
        old = self.published.with_name(f".{self.published.name}.old")
        if old.exists() and not any(self.published.glob("*")):
            shutil.rmtree(self.published, ignore_errors=True)
            old.rename(self.published)

    def publish(self, reusable: bool) -> None:
        """Put the new site in the place of the old one; seal the work when the next build may go on from it."""
        made = self._hashes()
        if made["site"] != hashes(self.published):
            new, old = (self.published.with_name(f".{self.published.name}.{age}") for age in ("new", "old"))
            for leftover in (new, old):
                shutil.rmtree(leftover, ignore_errors=True)
            shutil.copytree(self.folder / "site", new)
            if self.published.exists():
                self.published.rename(old)
            new.rename(self.published)
            shutil.rmtree(old, ignore_errors=True)
        if reusable:
            aside = self.seal.with_suffix(".new")
            aside.write_text(json.dumps(made), encoding="utf-8")
            os.replace(aside, self.seal)

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
        print(f"Another build of this checkout is running (process {lock.read().strip() or 'unknown'}): waiting for it to end.", file=sys.stderr, flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def hashes(folder: Path) -> dict[str, str]:
    """Return a hash of each file under a folder, by its path from there."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest() for path in files}


def say(text: str) -> None:
    """Tell what the chapters do: a line for each that ended."""
    logger.info(text)


# --- what Sphinx calls ----------------------------------------------------------------------------------------------------------


def prepare_site(app: Sphinx) -> None:
    from myst_nb.sphinx_ext import add_global_html_resources

    add_global_html_resources(app, None)  # before the pages, which name the file with a hash of what is in it
    app.builder.epilog = ""  # it would name the folder in which Sphinx works; Jupyter Book names the site


def stale(app: Sphinx, env, added, changed, removed) -> list[str]:
    """Name the pages that depend on something that is no longer as it was when they were read; remove what is left of pages that are gone."""
    for docname in removed:
        for leftover in (Path(app.builder.get_outfilename(docname)), Path(app.outdir, "_sources", f"{docname}.md"), app.ledger_build.folder / "executed" / f"{docname}.ipynb"):
            leftover.unlink(missing_ok=True)
    return [docname for docname, known in memory.of_all(env, "inputs").items() if inputs.changed(known)]


def run_chapters(app: Sphinx, env, docnames: list[str]) -> None:
    """Start the chapters that must run, and put the other pages first, so that Sphinx reads them meanwhile."""
    building = app.ledger_build
    building.engine.limit = app.config.nb_execution_timeout
    texts = {docname: Path(env.doc2path(docname)).read_text(encoding="utf-8-sig") for docname in docnames}
    chapters = {docname: engine.read_notebook(text) for docname, text in texts.items() if engine.is_notebook(text)}
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
    known = memory.of_page(env, docname)["inputs"]
    known[f"file {Path(env.doc2path(docname, base=False)).as_posix()}"] = inputs.of_text(text)
    if not engine.is_notebook(text):
        return
    if not engine.KERNEL.search(text):
        raise ChaptersFailed(f"{docname}.md: a page with code begins with a block that has a line `display_name:` under `kernelspec:`, as the other chapters do")
    building, notebook = app.ledger_build, engine.read_notebook(text)
    key = building.engine.kept.find(notebook)
    if key is None:
        try:
            key = building.engine.outputs(docname, notebook, say)
        except engine.ChapterError as error:
            failures = building.engine.wait_for_all(say)
            told = "\n".join(f"  {failure}" for failure in failures)
            raise ChaptersFailed(f"{len(failures)} of {len(building.engine.notebooks)} chapters that had to run failed, and the site is left as it was:\n{told}") from error
    known |= building.engine.kept.inputs_of(key)
    executed = building.folder / "executed" / f"{docname}.ipynb"
    executed.parent.mkdir(parents=True, exist_ok=True)
    executed.write_text(building.engine.kept.executed(text, key), encoding="utf-8")
    source[0] = engine.with_key(text, key)


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
        sorted((citation.key, citation.bibliography_key.docname, citation.citation_id, citation.formatted_entry.label) for citation in bibliography.citations),
        *({docname: sorted(known) if kind == "claims" else sorted(map(str, known.values())) for docname, known in memory.of_all(env, kind).items()} for kind in ("charts", "numbers", "claims")),
    ]
    before, env.ledger_shown = getattr(env, "ledger_shown", None), hashlib.sha256(repr(shown).encode()).hexdigest()
    everything = before != env.ledger_shown
    if everything or app.ledger_build.pages_read > 5:
        app.parallel = engine.workers() + 1  # for writing; reading waits for chapters, and those run side by side already
    return sorted(env.found_docs) if everything else []


def finish(app: Sphinx, error: Exception | None) -> None:
    building = app.ledger_build
    try:
        strict = app.warningiserror or app.keep_going
        if error is None and not (app._warncount and strict):
            building.publish(reusable=not app._warncount)  # Sphinx does not repeat the warnings of pages that it need not read
    finally:
        building.close()


def setup(app: Sphinx) -> None:
    app.parallel = 1
    gc.set_threshold(*RARELY)
    building = app.ledger_build = Build(Path(app.outdir))
    app.outdir, app.doctreedir = type(app.outdir)(building.folder / "site"), type(app.doctreedir)(building.folder / "doctrees")
    # Tables, chapters and their modules are followed page by page. These two stand for what every page depends on.
    app.add_config_value("ledger_inputs", "", "env", str)
    app.add_config_value("ledger_assets", "", "html", str)

    def set_up(app: Sphinx, config) -> None:
        config.ledger_inputs = " ".join(inputs.now(name) for name in [*inputs.ALWAYS, *(f"file {path}" for path in EVERYWHERE)])
        config.ledger_assets = " ".join(inputs.now(f"file {path.relative_to(inputs.ROOT).as_posix()}") for path in sorted((inputs.ROOT / "assets").iterdir()))
        config.html_static_path.append("assets")
        config.nb_execution_mode = "cache"
        config.nb_execution_cache_path = str(building.engine.cache)

    app.connect("config-inited", set_up)
    app.connect("env-get-outdated", stale)
    app.connect("env-before-read-docs", run_chapters)
    app.connect("source-read", give_key)
    app.connect("env-get-updated", rewrite_all, priority=900)  # when figures are numbered
    app.connect("builder-inited", prepare_site)
    app.connect("build-finished", finish, priority=900)
