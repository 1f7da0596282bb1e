"""What each page said while it was read, kept with Sphinx's environment and forgotten when the page is read anew or removed."""

from __future__ import annotations

from sphinx.application import Sphinx

from ledger.core import fingerprints


def of_page(env, docname: str = "") -> dict:
    """Return what is known of a page (of the one that is being read, if none is named): its charts and numbers by name, the claims
    that have a badge on it, the findings that it puts, the inputs that it depends on, and, in the live preview, why its cells did not run to
    their end."""
    return _pages(env).setdefault(
        docname or env.docname,
        {"charts": {}, "numbers": {}, "claims": [], "findings": {}, "inputs": {}, "failure": ""},
    )


def of_all(env, kind: str) -> dict:
    """Return one kind of thing (`charts`, `numbers`, `claims`, `findings`, `inputs`, `failure`) of every page, in the order of their names."""
    return {docname: known[kind] for docname, known in sorted(_pages(env).items())}


def depends(env, name: str) -> None:
    """Have the page that is being read again when an input (see `ledger.core.fingerprints`) is no longer as it is now."""
    of_page(env)["inputs"][name] = fingerprints.fingerprint(name)


def _pages(env) -> dict[str, dict]:
    if not hasattr(env, "ledger_pages"):
        env.ledger_pages = {}
    return env.ledger_pages


def setup(app: Sphinx) -> None:
    app.connect(
        "env-purge-doc", lambda app, env, docname: _pages(env).pop(docname, None), priority=1
    )
