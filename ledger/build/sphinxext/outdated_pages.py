"""Tell which pages to read and write anew: those that depend on something that has changed.

Tables, chapters and their modules are followed page by page (`page_store`); the machine's code and
the book's settings are inputs of every page.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

from ledger.build.execution.pool import engine, worker_count
from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.content.terms import section_titles
from ledger.build.sphinxext.prose.glosses import terms_of
from ledger.core import fingerprints
from ledger.core.config import PACKAGE, ROOT

logger = logging.getLogger(__name__)
COMMENT = re.compile(r" ?/\*.*?\*/\n?", re.S)  # of a style sheet
BOOK_ASSETS = ROOT / "assets"
ASSETS, THEME = Path(__file__).with_name("assets"), Path(__file__).with_name("theme")
CODE = [path for room in ("build", "core") for path in (PACKAGE / room).rglob("*.py")]
# the pages of a chart by itself are written when its chapter is read
CHART_TEMPLATES = [THEME / f"{name}.html" for name in ("chart", "embed", "metadata", "versions")]
MACHINE_FILES = [path.relative_to(PACKAGE.parent).as_posix() for path in (*CODE, *CHART_TEMPLATES)]
# files that every page depends on; of _config.yml Sphinx itself believes that some settings with
# which pages are read, such as addresses of references, matter for writing alone
GLOBAL_INPUTS = [
    "_config.yml",
    "book.yml",
    "references.bib",
    "CITATION.cff",
    *sorted(MACHINE_FILES),
]
SETTINGS = ["_toc.yml"]


def set_inputs(app: Sphinx, config) -> None:
    """Give Sphinx the fingerprints of what every page depends on, and of the site's assets."""
    names = [*fingerprints.GLOBAL, *(f"file {path}" for path in GLOBAL_INPUTS)]
    config.ledger_inputs = " ".join(map(fingerprints.fingerprint, names))
    config.ledger_inputs += config.html_baseurl or ""
    bases = ((PACKAGE.parent, ASSETS), (PACKAGE.parent, THEME), (ROOT, BOOK_ASSETS))
    config.ledger_assets = " ".join(
        fingerprints.fingerprint(f"file {(folder / name).relative_to(base).as_posix()}")
        for base, folder in bases
        for name in _files(folder)
    )


def _files(folder: Path) -> list[str]:
    """Return the paths of all files under a folder, relative to it, sorted."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in paths]


def prepare_assets(app: Sphinx) -> None:
    """Add the machine's and the book's assets to MyST-NB's; remove those that are gone."""
    from myst_nb.sphinx_ext import add_global_html_resources

    # before the pages, which name the file with a hash of what is in it
    add_global_html_resources(app, None)
    # it would name the folder in which Sphinx works; Jupyter Book names the site
    app.builder.epilog = ""
    # only now, for Sphinx has hashed its configuration: it is the same wherever the folders are
    folders = [_light_assets(app), *([BOOK_ASSETS] if BOOK_ASSETS.is_dir() else [])]
    app.config.html_static_path = [*app.config.html_static_path, *map(str, folders)]
    names = [name for folder in (ASSETS, BOOK_ASSETS) for name in _files(folder)]
    for name in set(getattr(app.env, "ledger_assets", [])) - set(names):
        Path(app.outdir, "_static", name).unlink(missing_ok=True)
    app.env.ledger_assets = names


def _light_assets(app: Sphinx) -> Path:
    """Return a folder with the machine's assets, style sheets without comments, which are a quarter
    of their weight.
    """
    folder = app.ledger_build.folder / "assets"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ASSETS, folder)
    for path in folder.glob("*.css"):
        path.write_text(COMMENT.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def note_shown_files(app: Sphinx, doctree) -> None:
    """Have a page depend on the content of what it includes, shows and offers for download.

    Sphinx compares times only, and a file that is put in the place of another may be older.
    """
    for path in app.env.dependencies[app.env.docname]:
        within = Path(app.srcdir, path)
        if within.is_relative_to(ROOT) and not within.is_relative_to(app.ledger_build.folder):
            page_store.add_dependency(app.env, f"file {within.relative_to(ROOT).as_posix()}")


def stale_pages(app: Sphinx, env, added, changed, removed) -> list[str]:
    """Return the pages whose inputs have changed; remove what is left of pages that are gone."""
    for docname in removed:
        for leftover in (
            Path(app.builder.get_outfilename(docname)),
            Path(app.outdir, "_sources", f"{docname}.md"),
            app.ledger_build.folder / "executed" / f"{docname}.ipynb",
        ):
            leftover.unlink(missing_ok=True)
    inputs = page_store.all_pages(env, "inputs")
    # each once: pages share most of theirs, and all are compared with what is there at one time
    now = {name: fingerprints.fingerprint(name) for name in set().union(*inputs.values())}
    return [
        docname
        for docname, known in inputs.items()
        if any(now[name] != before for name, before in known.items())
    ]


def rewrite_all(app: Sphinx, env) -> list[str]:
    """Return all pages for writing when something changed that any page can show of another."""
    digests = {
        name: hashlib.sha256(repr(shown).encode()).hexdigest()
        for name, shown in _shown_elsewhere(env).items()
    }
    before, env.ledger_shown = getattr(env, "ledger_shown", {}), digests
    changed = [name for name, digest in digests.items() if before.get(name) != digest]
    if changed and before:
        logger.info("every page is written anew, for these changed: %s", ", ".join(changed))
    if changed or app.ledger_build.pages_read > 5:
        # for writing; reading waits for chapters, and those run side by side already
        app.parallel = worker_count() + 1 if engine() == "fork" else 1
    return sorted(env.found_docs) if changed else []


def note_headings(app: Sphinx, env) -> list[str]:
    """Note whether a heading has changed, which lists of pages may show."""
    shown = "".join(f"{page} {toc.pformat()}" for page, toc in sorted(env.tocs.items()))
    before, env.ledger_headings = getattr(env, "ledger_headings", ""), fingerprints.of_text(shown)
    app.ledger_lists_changed = before != env.ledger_headings
    return []  # pages to write: those with lists are left to Sphinx


def spare_lists(app: Sphinx) -> None:
    """Have pages with lists of pages, as the first, written only when they are to show another.

    Sphinx writes them in every build, lest a heading in their lists has changed.
    """
    builder = app.builder
    write, prepare = builder.write, builder.prepare_writing

    def write_pages(asked, updated, method="update") -> None:
        def prepare_pages(docnames: set[str]) -> None:
            if asked is not None and asked != ["__all__"] and not app.ledger_lists_changed:
                docnames &= {*asked, *updated} or docnames
            prepare(docnames)

        builder.prepare_writing = prepare_pages
        write(asked, updated, method)

    if builder.name == "html":
        builder.write = write_pages


def _shown_elsewhere(env) -> dict[str, object]:
    """Return what pages can show of other pages: titles, order, numbers, labels, links back."""
    labels, citations = env.get_domain("std").data, env.get_domain("cite").citations
    return {
        "titles": sorted((page, title.astext()) for page, title in env.titles.items()),
        "order of pages": sorted((page, list(sub)) for page, sub in env.toctree_includes.items()),
        "labels": sorted(labels["labels"].items()),
        "anchors": sorted(labels["anonlabels"].items()),
        "numbers of figures": sorted(env.toc_fignumbers.items()),
        "numbers of sections": sorted(env.toc_secnumbers.items()),
        "citations": sorted(
            (c.key, c.bibliography_key.docname, c.citation_id, c.formatted_entry.label)
            for c in citations
        ),
        "claims": {page: sorted(k) for page, k in page_store.all_pages(env, "claims").items()},
        "sections that terms name": sorted(section_titles(env).items()),
        "terms": sorted(terms_of(env).items()),
        "charts": {
            page: sorted(map(str, known.values()))
            for page, known in page_store.all_pages(env, "charts").items()
        },
        "printed numbers": {
            page: sorted(map(str, known.values()))
            for page, known in page_store.all_pages(env, "numbers").items()
        },
    }


def write_source_digest(app: Sphinx) -> None:
    """Write the hash of all that the published book was made of (see `source_digest`)."""
    sources = [
        page_store.all_pages(app.env, "inputs"),
        app.config.ledger_inputs,
        [fingerprints.fingerprint(f"file {name}") for name in SETTINGS],
    ]
    digest = fingerprints.of_text(json.dumps(sources, sort_keys=True))
    _digest_file(app.ledger_build.published).write_text(digest, encoding="utf-8")


def source_digest(published: Path) -> str | None:
    """Return a hash of all that a published book was made of, None where it is not known.

    A site, a PDF and an EPUB of the same sources have the same.
    """
    try:
        return _digest_file(published).read_text(encoding="utf-8")
    except OSError:
        return None


def _digest_file(published: Path) -> Path:
    return published.parent / ".work" / published.name / "source-digest"


def setup(app: Sphinx) -> None:
    app.add_config_value("ledger_inputs", "", "env", str)
    app.add_config_value("ledger_assets", "", "html", str)
    app.connect("config-inited", set_inputs)
    app.connect("builder-inited", prepare_assets)
    app.connect("builder-inited", spare_lists)
    app.connect("doctree-read", note_shown_files, priority=900)  # when Sphinx has noted them
    app.connect("env-get-outdated", stale_pages)
    app.connect("env-get-updated", note_headings)
    app.connect("env-get-updated", rewrite_all, priority=900)  # when figures are numbered
