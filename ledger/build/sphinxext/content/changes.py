"""List corrections and data updates of data/changes.yml on a page."""

from __future__ import annotations

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from ledger.build.sphinxext import page_store
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
    return "".join(
        f" Before, `{table['name']}` held {table['edition_before']} "
        f"(content `{table['before'][7:19]}`, since then `{table['after'][7:19]}`)."
        for table in entry.get("tables", [])
    )


class Changes(SphinxDirective):
    """{changes}: the entries of one kind, the newest first."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        page_store.add_dependency(self.env, f"file {NAME}")
        lines = []
        for entry in load_changes():
            if entry["kind"] == self.arguments[0]:
                title = f"**{text.date(entry['date'])}. {entry['title']}.**"
                words = " ".join(entry["text"].split())
                lines.append(f"- {title} {words}{previous_editions(entry)}")
        holder = nodes.Element()
        content = StringList(lines or ["None so far."], NAME)
        self.state.nested_parse(content, self.content_offset, holder)
        return holder.children


def setup(app: Sphinx) -> None:
    app.add_directive("changes", Changes)
