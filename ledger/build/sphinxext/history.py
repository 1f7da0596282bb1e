"""When a page's text and the data on it last changed, from the repository's history.

One `git log` tells it of all files. Outside a repository and in a clone without its history nothing
is said of texts, and of tables what data/changes.yml says.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import NamedTuple

from sphinx.application import Sphinx

from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.content.changes import load_changes
from ledger.build.sphinxext.figures.charts import charts_of
from ledger.core import tables, text
from ledger.core.config import DATA, ROOT, book
from ledger.core.system.git import GitError, git, top

SHOWN = 3  # tables that are named


class Changed(NamedTuple):
    """When a page last changed, as ISO dates, each empty where it is not known."""

    text: str
    data: str
    tables: tuple[str, ...] = ()  # those that changed on that day

    @property
    def newest(self) -> str:
        return max(self.text, self.data)


def file_dates(root: Path) -> dict[str, str]:
    """Return the date of the last commit that changed each page and table, by path below `root`.

    A file of which a shallow clone does not have that commit is left out. Empty where `root` is not
    the top of a repository.
    """
    if not _is_repository(root):
        return {}
    folder = Path(git(root, "rev-parse", "--absolute-git-dir").strip(), "shallow")
    ends = set(folder.read_text(encoding="ascii").split()) if folder.is_file() else set()
    commit = ["log", "--format=%x00%H %cs", "--name-only", "--no-renames"]
    dates: dict[str, str] = {}
    for block in git(root, *commit, "--", "*.md", DATA.name).split("\0")[1:]:
        told, *names = block.splitlines()
        name, date = told.split()
        if name not in ends:  # there a clone ends, and the commit seems to bring all files
            dates |= {path: max(date, dates.get(path, "")) for path in names if path}
    return dates


def uncommitted(root: Path) -> set[str]:
    """Return the files below `root` that differ from the last commit."""
    if not _is_repository(root):
        return set()
    return set(git(root, "diff", "--name-only", "HEAD").splitlines())


def _is_repository(root: Path) -> bool:
    try:
        git(root, "rev-parse", "HEAD")
        return top(root) == root.resolve()  # else it is a copy inside another repository
    except GitError:
        return False


def tables_used(env, docname: str) -> list[str]:
    """Return the tables behind the charts and numbers of a page."""
    charts = [chart for chart in charts_of(env).values() if chart["page"] == docname]
    numbers = page_store.all_pages(env, "numbers").get(docname, {}).values()
    return sorted({name for used in (*charts, *numbers) for name in used["tables"]})


def changed(app: Sphinx, docname: str) -> Changed:
    """Return when a page last changed. A table's page has no text but what the table says."""
    if resource := tables.table_of_page(docname):
        return Changed("", *_newest_data(app, [resource["name"]]))
    used = set(tables_used(app.env, docname))
    if docname == book().claims_page:
        used.add("claims")
    path = str(app.env.doc2path(docname, False))
    return Changed(_date(app, path), *_newest_data(app, sorted(used)))


def chart_changed(app: Sphinx, chart: dict) -> str:
    """Return when a chart last changed: its page, or the tables that it is drawn from."""
    date, _ = _newest_data(app, chart["tables"])
    return max(date, changed(app, chart["page"]).text)


def _newest_data(app: Sphinx, names: list[str]) -> tuple[str, tuple[str, ...]]:
    """Return the newest date of some tables, and those that changed then."""
    dates = {name: app.ledger_table_dates[name] for name in names}
    newest = max(dates.values(), default="")
    return newest, tuple(name for name, date in dates.items() if newest and date == newest)


def _date(app: Sphinx, path: str) -> str:
    return "" if path in app.ledger_uncommitted else app.config.ledger_dates.get(path, "")


def changed_line(app: Sphinx, docname: str) -> str:
    """Return what a page's foot says of its changes, as HTML; empty where nothing is known."""
    when = changed(app, docname)
    parts = [f"text last changed {text.date(when.text)}"] if when.text else []
    if when.data:
        links = [
            f'<a href="{app.builder.get_relative_uri(docname, tables.page_path(name))}">'
            f"{html.escape(name)}</a>"
            for name in when.tables[:SHOWN]
        ]
        more = len(when.tables) - SHOWN
        names = ", ".join(links) + (f" and {more} more" if more > 0 else "")
        parts.append(f"data last changed {text.date(when.data)} ({names})")
    line = "; ".join(parts)
    return f"{line[0].upper()}{line[1:]}." if line else ""


def read_history(app: Sphinx, config) -> None:
    """Read the history, once a build. With another one every page is written anew."""
    config.ledger_dates = file_dates(ROOT)


def read_changes(app: Sphinx, env, docnames) -> None:
    """Read what differs from the history, which is no setting: such a page is written anew anyway;
    and the dates of tables, else in the list of changes. It is read with the pages, for the preview
    is set up before the edit.
    """
    app.ledger_uncommitted = uncommitted(ROOT)
    logged = {
        table["name"]: str(entry["date"])
        for entry in reversed(load_changes())
        for table in entry.get("tables", [])
    }
    app.ledger_table_dates = {
        entry["name"]: _date(app, f"{DATA.name}/{entry['path']}") or logged.get(entry["name"], "")
        for entry in tables.descriptor()["resources"]
    }


def setup(app: Sphinx) -> None:
    app.add_config_value("ledger_dates", {}, "html", dict)
    app.connect("config-inited", read_history)
    app.connect("env-before-read-docs", read_changes)
