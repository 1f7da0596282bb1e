"""What Sphinx is taught for this book: charts, printed numbers, claim badges, table pages, and when pages are stale."""
from __future__ import annotations

import hashlib
import os
from pathlib import Path

from sphinx.application import Sphinx

from ledger.sphinxext import charts, claims, numbers, pages, references

ROOT = Path(__file__).resolve().parent.parent.parent


def setup(app: Sphinx) -> dict:
    # Kernels import `ledger` from the checkout, whatever folder the chapter stands in.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # A page depends on tables and modules that Sphinx does not know of. A changed value of this setting makes it read all pages
    # again, and reading executes.
    app.add_config_value("ledger_inputs", "", "env", str)
    app.connect("config-inited", lambda app, config: config.__setattr__("ledger_inputs", fingerprint()))
    app.connect("config-inited", lambda app, config: config.html_static_path.append(str(ROOT / "assets")))
    app.connect("build-finished", forget_failure)
    app.add_css_file("ledger.css")
    for part in (charts, claims, numbers, pages, references):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def fingerprint() -> str:
    """Return a hash over everything but the chapter's own text that a page can depend on: tables, package, lock."""
    files = sorted([*ROOT.glob("data/*"), *ROOT.glob("ledger/**/*.py"), ROOT / "requirements.txt"])
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def forget_failure(app: Sphinx, error: Exception | None) -> None:
    """Drop the saved state of a build that failed: Sphinx does not repeat warnings of pages it need not read again, so an
    unchanged second run would pass."""
    if error or (app._warncount and (app.warningiserror or app.keep_going)):
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)
