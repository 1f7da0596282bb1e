"""List corrections and data updates of data/changes.yml on a page."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from ledger.build.sphinxext import markdown, page_store
from ledger.build.sphinxext.markdown import as_text
from ledger.core import text
from ledger.core.authored import forms
from ledger.core.authored.loaders import read_yaml
from ledger.core.config import DATA, ROOT

CHANGES = DATA / "changes.yml"
NAME = CHANGES.relative_to(ROOT).as_posix()


def load_changes() -> list[dict]:
    """Return the entries of data/changes.yml, the newest first.

    Raises FileError that names the line when one is not as it should be.
    """
    if not CHANGES.exists():
        return []
    file = read_yaml(ROOT, NAME)
    forms.check(file, forms.CHANGES)
    return sorted(file.content, key=lambda entry: str(entry["date"]), reverse=True)


def previous_editions(entry: dict) -> str:
    """Return what each table held before a refresh, and the hashes of its content.

    By its hash the earlier content is found in the repository.
    """
    told = ""
    for table in entry.get("tables", []):
        name, held = markdown.code(table["name"]), as_text(table["edition_before"])
        before, after = (markdown.code(table[key][7:19]) for key in ("before", "after"))
        told += f" Before, {name} held {held} (content {before}, since then {after})."
    return told


class Changes(SphinxDirective):
    """{changes}: the entries of one kind, the newest first."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        page_store.add_dependency(self.env, f"file {NAME}")
        lines = []
        for entry in load_changes():
            if entry["kind"] == self.arguments[0]:
                title = f"**{text.date(entry['date'])}. {as_text(entry['title'])}.**"
                lines.append(f"- {title} {as_text(entry['text'])}{previous_editions(entry)}")
        listed = markdown.parsed(self, lines or ["None so far."], NAME)
        return [nodes.container("", *listed, classes=["changes"])]


def setup(app: Sphinx) -> None:
    app.add_directive("changes", Changes)
