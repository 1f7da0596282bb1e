"""Keep with Sphinx's environment what each page holds, until it is read anew or removed."""

from __future__ import annotations

from sphinx.application import Sphinx

from ledger.core import fingerprints


def page(env, docname: str = "") -> dict:
    """Return what is known of a page, by default of the one that is being read.

    Its charts and numbers by name, of each chart a hash of what is drawn, the claims that have a
    badge on it, the findings that it puts, the words by which the search finds sections of other
    pages, the terms that it lists and whether it has one glossed, former addresses of its sections,
    the charts of other pages that it shows, its outline (`figures.numbering`), the inputs it
    depends on (name → hash), and in the preview why its cells did not run to the end.
    """
    return _pages(env).setdefault(
        docname or env.docname,
        {
            "charts": {},
            "drawn": {},
            "numbers": {},
            "claims": [],
            "findings": {},
            "search_words": [],
            "terms": {},
            "glossed": False,
            "former_addresses": {},
            "heroes": [],
            "outline": None,
            "inputs": {},
            "failure": "",
        },
    )


def all_pages(env, kind: str) -> dict:
    """Return one kind of thing of every page (a key of `page`), in the order of their names."""
    return {docname: known[kind] for docname, known in sorted(_pages(env).items())}


def add_dependency(env, name: str) -> None:
    """Have the page that is being read again once an input (`fingerprints`) has changed."""
    page(env)["inputs"][name] = fingerprints.fingerprint(name)


def _pages(env) -> dict[str, dict]:
    if not hasattr(env, "ledger_pages"):
        env.ledger_pages = {}
    return env.ledger_pages


def _forget(app: Sphinx, env, docname: str) -> None:
    _pages(env).pop(docname, None)


def _clear_outdated(app: Sphinx, env, docnames: list[str]) -> None:
    """Clear all pages that will be read, at once, as Sphinx does where it reads in parallel.

    Else a page read early would meet what one read later no longer has, such as a chart that moved.
    """
    for docname in docnames:
        app.emit("env-purge-doc", env, docname)
        env.clear_doc(docname)


def setup(app: Sphinx) -> None:
    app.connect("env-purge-doc", _forget, priority=1)
    app.connect("env-before-read-docs", _clear_outdated, priority=1)
