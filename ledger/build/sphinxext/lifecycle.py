"""Build one at a time, and change the published site only once all is well.

Sphinx works in `_build/.work/html`. When a build ends well, the site that it made there replaces
`_build/html`, and a manifest with the hashes of all files is left for the next build. A build that
finds no manifest, or a file that is not as listed, starts afresh: the one before it failed, was
killed, or something changed its files. Executed chapters are kept apart
(`ledger.build.execution.cache`), so that a fresh start costs little. The builders of the EPUB and
of the page of the PDF go the same way, in folders of their own.

A build for the preview (`ledger.build.warm_build`, LEDGER_LIVE in the environment) publishes
`_build/live` instead and works beside. In it a chapter that fails does not fail the build, and
pages are shown as soon as they are written, before the files of the whole site are.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import sphinx.builders
import sphinx.util.display
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.parallel import ParallelTasks

from ledger.build import current
from ledger.build.execution import GC_THRESHOLD
from ledger.build.execution.pool import ChapterPool, worker_count
from ledger.build.sphinxext import outdated_pages
from ledger.build.sphinxext.build_info import LIVE
from ledger.core.config import DATA, ROOT, book
from ledger.core.files import acquire_lock, replace_file
from ledger.core.system import terminal
from ledger.core.system.git import GitError, git

SLUG = book().slug
# set by a build for the preview: what waits for an edit, once Sphinx is set up, and what tells that
# there are pages to see (False: that the build cannot go on)
wait_for_edit: Callable[[], None] | None = None
tell_preview: Callable[[bool], None] = lambda pages: None
# what a window that is open shows; a page names its styles and scripts by their hash
SEEN = (".html", ".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp")
# that the next build goes on from
PARTS = ("site", "doctrees", "executed", "jupyter_execute", "templates")


class BuildFailed(SphinxError):
    """Chapters did not run to their ends, or the site could not be put in place."""

    category = "Build failed"


class Build:
    """The state of one build, from the lock to the published site."""

    def __init__(self, published: Path):
        self.published = published
        self.new = published.with_name(f".{published.name}.new")
        self.old = published.with_name(f".{published.name}.old")
        self.folder = published.parent / ".work" / published.name
        self.manifest = current.manifest_path(published)
        self.lock = _wait_for_lock(published.parent / ".lock")
        self._restore_previous_site()
        # noted now, for a file may be edited while the build runs
        self.sources = None if LIVE else current.sources()
        changed = self._tables_changed()
        self.listed = ""
        reusable = self._take_manifest()
        if not reusable:
            shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("site/_static", "doctrees", "executed"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.chapters = ChapterPool(worker_count(), published.parent / ".jupyter_cache")
        if changed or not reusable:
            self.chapters.start()  # they will most likely run: it warms up while Sphinx does

    def _tables_changed(self) -> bool:
        """Tell whether a table was written since the last build left its manifest, by their times:
        then the chapters that load it most likely run.
        """
        try:
            built = self.manifest.stat().st_mtime
            return any(path.stat().st_mtime > built for path in DATA.iterdir())
        except OSError:
            return False

    def _take_manifest(self) -> bool:
        """Remove the last build's manifest; tell whether all files are as it lists them."""
        try:
            self.listed = self.manifest.read_text(encoding="utf-8")
            listed = json.loads(self.listed)
            self.manifest.unlink()
            return all(listed[part] == digests for part, digests in self._hashes().items())
        except (OSError, ValueError, KeyError):
            return False

    def _hashes(self) -> dict[str, dict[str, str]]:
        return {part: current.hashes(self.folder / part) for part in PARTS}

    def _restore_previous_site(self) -> None:
        """Undo a change of sites that was cut off halfway, and remove what it left."""
        if self.old.exists() and not any(self.published.glob("*")):
            shutil.rmtree(self.published, ignore_errors=True)
            self.old.rename(self.published)
        for leftover in (self.new, self.old):
            shutil.rmtree(leftover, ignore_errors=True)

    def pause(self, wait: Callable[[], None]) -> None:
        """Let other builds go on until `wait` returns. Exits where they, or git, changed what this
        one was set up for.
        """
        commit = _commit()
        if self.listed:
            replace_file(self.manifest, self.listed)
        self.lock.release()
        wait()
        self.lock = _wait_for_lock(Path(self.lock.lock_file))
        left = self.manifest.read_text(encoding="utf-8") if self.manifest.exists() else ""
        if left != self.listed or _commit() != commit:
            tell_preview(False)
            sys.exit(1)
        self.manifest.unlink(missing_ok=True)

    def publish(self, reusable: bool, checked: bool) -> None:
        """Put the new site in the place of the old one.

        Writes the manifest when the next build may go on from this one, and into it what the site
        was made of when it was `checked` as `make book` does, which then need not build it again.
        """
        made, present = self._hashes(), current.site_hashes(self.published)
        if made["site"] != present:
            kept = {name for name, digest in made["site"].items() if present.get(name) == digest}
            self._replace_site(kept)
            if any(name.endswith(SEEN) for name in made["site"].keys() - kept):
                tell_preview(True)
        if reusable:
            sources = self.sources if checked else None
            replace_file(self.manifest, json.dumps({**made, "sources": sources}))

    def show(self, pages: list[str]) -> None:
        """Put pages where the preview serves them, while the rest of the site is still made."""
        for page in pages:
            replace_file(self.published / page, (self.folder / "site" / page).read_bytes())
        tell_preview(True)

    def _replace_site(self, kept: set[str]) -> None:
        """Put the new site in place; files that are as before are `kept`, and not written again."""
        site = self.folder / "site"
        top = len(os.path.join(site, ""))

        def place(source: str, target: str) -> None:
            name = source[top:]
            if name.replace(os.sep, "/") in kept:
                with contextlib.suppress(OSError):  # some file systems know no links
                    os.link(os.path.join(self.published, name), target)
                    return
            shutil.copy2(source, target)

        try:
            shutil.copytree(site, self.new, copy_function=place)
            if self.published.exists():
                self.published.rename(self.old)
            self.new.rename(self.published)
        except OSError as error:  # a full disk, mostly; copytree reports each file
            self._restore_previous_site()
            reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error
            raise BuildFailed(
                "the site is left as it was, for the new one could not be put in its place: "
                f"{reason}"
            ) from None
        shutil.rmtree(self.old, ignore_errors=True)

    def close(self) -> None:
        """End the chapters that still run, and release the lock."""
        self.chapters.close()
        self.lock.release()


@contextlib.contextmanager
def build_lock(path: Path) -> Iterator[None]:
    """Hold the lock of builds; while another build holds it, say so and wait."""
    lock = _wait_for_lock(path)
    try:
        yield
    finally:
        lock.release()


def _wait_for_lock(path: Path):
    def say(holder: str) -> None:
        process = f"process {holder}"
        message = f"Another build of this checkout is running ({process}): waiting for it to end."
        print(message, file=sys.stderr, flush=True)

    return acquire_lock(path, say)


class StrictParallelTasks(ParallelTasks):
    """Sphinx's processes that write pages; here the build fails when one of them fails.

    Where others wait for their turn, Sphinx ends them all and goes on as if the pages were written.
    """

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
        if isinstance(self.failed, EOFError):
            raise BuildFailed("a process that writes pages was killed")
        if self.failed:
            raise self.failed


def remove_unused(app: Sphinx) -> None:
    """Remove images and downloads that no page shows any more."""
    for name, known in (("_images", app.env.images), ("_downloads", app.env.dlfiles)):
        folder = Path(app.outdir, name)
        used = {file for _, file in known.values()}
        for path in folder.rglob("*"):
            if path.is_file() and path.relative_to(folder).as_posix() not in used:
                path.unlink()


def show_written(app: Sphinx) -> None:
    """Have the preview show the pages of an edit as soon as they are written."""
    builder, written = app.builder, []
    write = builder.write

    def write_and_show(*asked) -> None:
        write(*asked)
        pages = [Path(builder.get_outfilename(page)).relative_to(app.outdir) for page in written]
        # other processes may have written others; a new page has its folder with the whole site
        if app.parallel == 1 and all(
            (app.ledger_build.published / page).exists() for page in pages
        ):
            app.ledger_build.show([page.as_posix() for page in pages])

    builder.write = write_and_show
    app.connect("html-page-context", lambda app, page, *_: written.append(page))


def build_on_edit(app: Sphinx) -> None:
    """Have the build begin when there is an edit; Sphinx is set up before."""
    build = app.build

    def wait_and_build(*asked, **options) -> None:
        app.ledger_build.pause(wait_for_edit)
        build(*asked, **options)

    app.build = wait_and_build


def _commit() -> str:
    """Return the commit, which pages name; empty outside a repository."""
    with contextlib.suppress(GitError):
        return git(ROOT, "rev-parse", "HEAD")
    return ""


def finish(app: Sphinx, error: Exception | None) -> None:
    """Publish the site if the build went well, and end the build."""
    build = app.ledger_build
    try:
        strict = app.warningiserror or app.keep_going
        if error is None and not (app._warncount and strict):
            remove_unused(app)
            # Sphinx does not repeat the warnings of pages that it need not read
            clean = not app._warncount
            build.publish(reusable=LIVE or clean, checked=clean and app.config.nitpicky)
            outdated_pages.write_source_digest(app)
    finally:
        build.close()


def _refuse_link(published: Path) -> None:
    """Raise BuildFailed where the site's folder is a link: the new site would replace the link.

    Sphinx has followed it: `published` is where it leads.
    """
    for entry in (published, *(ROOT / "_build").glob("*")):
        if entry.is_symlink() and entry.resolve() == published.resolve():
            raise BuildFailed(
                f"{entry} is a link, in whose place the site cannot be put: remove it, or make "
                "_build the link"
            )


def setup(app: Sphinx) -> None:
    app.parallel = 1
    gc.set_threshold(*GC_THRESHOLD)
    sphinx.builders.ParallelTasks = StrictParallelTasks  # Sphinx has no setting for it
    if not sys.stdout.isatty():
        # FORCE_COLOR has it overwrite lines too; in a log they would run into those that follow
        sphinx.util.display.color_terminal = lambda: False
    outdir, doctreedir = type(app.outdir), type(app.doctreedir)
    published = Path(app.outdir)
    if LIVE:
        published = published.with_name("live")
    _refuse_link(published)
    try:
        build = app.ledger_build = Build(published)
    except OSError as error:
        raise BuildFailed(terminal.told(error)) from None
    app.outdir, app.doctreedir = (
        outdir(build.folder / "site"),
        doctreedir(build.folder / "doctrees"),
    )
    if LIVE:
        app.connect("builder-inited", show_written)
    if wait_for_edit:
        build_on_edit(app)
    app.connect("build-finished", finish, priority=900)
