"""Say what is built: version, commit, date, and where the repository is.

LEDGER_RELEASE in the environment, a tag such as v3.1, makes the build one of a released version. It
is published below a path of that name and stays there, so all its addresses begin with that.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from sphinx.application import Sphinx
from sphinx.errors import ConfigError

from ledger.build.sphinxext.works import book_record
from ledger.core import citations, text
from ledger.core.config import ROOT, book
from ledger.core.system.git import GitError, git, refusal, top

LIVE = bool(os.environ.get("LEDGER_LIVE"))  # a build for the preview


class Commit(NamedTuple):
    """The commit that is built; name and date are empty outside a repository."""

    name: str = ""
    date: str = ""
    changed: bool = False  # whether files differ from it


def commit() -> Commit:
    """Return the commit that is built.

    Who builds a copy without its history can name it in LEDGER_COMMIT: commit, date, and "changed"
    if files differ. In the preview they always count as changed: the first edit after a commit
    would else change the foot of every page. Raises ConfigError where git does not read the
    repository.
    """
    if words := os.environ.get("LEDGER_COMMIT", "").split():
        return Commit(words[0], words[1], "changed" in words[2:])
    if said := refusal(ROOT):
        raise ConfigError(
            "git does not say which commit is built: do as it asks, or name the commit in "
            f"LEDGER_COMMIT, as 1a2b3c4 2026-11-28: {said}"
        )
    try:
        if top(ROOT) != ROOT.resolve():
            return Commit()  # a copy inside another repository
        name, date = git(ROOT, "log", "-1", "--abbrev=12", "--format=%h %cs").split()
        return Commit(name, date, LIVE or bool(git(ROOT, "status", "--porcelain")))
    except GitError:
        return Commit()


def build_name(built: Commit) -> str:
    """Return what tells this build from any other, in a few words."""
    version = f"version {citations.edition()['version']}"
    commit = f", commit {built.name}" if built.name else ""
    return version + commit + (" with changes" if built.changed else "")


def evidence_line() -> str:
    """Return the words that say until when evidence was looked for."""
    return f"Evidence ends in {text.date(book().evidence_until)}"


def build_info(built: Commit) -> str:
    """Return the sentences that each page ends with: version, commit, date, end of evidence."""
    origin = "built outside a repository"
    if built.name:
        origin = f"built from commit {built.name} of {text.date(built.date)}"
        origin += " with changes since" if built.changed else ""
    return f"Version {citations.edition()['version']}, {origin}. {evidence_line()}."


def substitutions(config) -> dict[str, str]:
    """Return what a page may print of the edition, by name, as in {{ version }}."""
    edition = citations.edition()
    releases = f"{config.ledger_repository['address']}/releases"
    record = book_record(edition["title"], f"<{config.html_baseurl}>")
    return {
        "version": edition["version"],
        "released": text.date(edition["date"]),
        "citation": citations.plain(record),
        "releases": f"[releases]({releases})",
        "contact": f"<{book().contact}>",
    }


def repository(options: dict, built: Commit) -> dict[str, str]:
    """Return what Jupyter Book's settings `repository` and `launch_buttons` say.

    Keys: `address`; `ref`, the version that the site is built from (its commit, so that what runs
    elsewhere is what the page says, or the branch where that is not known); `binder`, `colab`.
    """
    buttons = options.get("launch_buttons") or {}
    return {
        "address": (options.get("repository_url") or "").rstrip("/"),
        "ref": built.name or options.get("repository_branch") or "main",
        "binder": (buttons.get("binderhub_url") or "").rstrip("/"),
        "colab": (buttons.get("colab_url") or "").rstrip("/"),
    }


def set_release(app: Sphinx, config) -> None:
    """Give a build of a released version the address below which it stays."""
    if not re.fullmatch(r"https?://[^/]+/(.*/)?", config.html_baseurl or ""):
        raise ConfigError(
            f"_config.yml: html: baseurl: {config.html_baseurl!r} is not the site's address; "
            "it begins with https:// and ends with /"
        )
    config.ledger_home = config.html_baseurl
    config.ledger_release = os.environ.get("LEDGER_RELEASE", "")
    version = citations.edition()["version"]
    if config.ledger_release and config.ledger_release != f"v{version}":
        raise ConfigError(
            f"LEDGER_RELEASE is {config.ledger_release}, and CITATION.cff has version {version}: "
            f"set the version there, or build v{version}"
        )
    if config.ledger_release:
        config.html_baseurl += f"{config.ledger_release}/"
        app.add_css_file("versions.css", priority=900)
        app.add_js_file("versions.js", loading_method="defer")


def set_build_info(app: Sphinx, config) -> None:
    """Put what pages say of the build and of the edition into Sphinx's configuration."""
    config.ledger_build_info = build_info(app.ledger_commit)
    config.ledger_build = build_name(app.ledger_commit)
    config.ledger_repository = repository(config.html_theme_options, app.ledger_commit)
    config.html_theme_options = {}  # Jupyter Book's are for another theme
    config.myst_substitutions = {**config.myst_substitutions, **substitutions(config)}


def setup(app: Sphinx) -> None:
    app.add_config_value("ledger_build_info", "", "html", str)
    app.add_config_value("ledger_build", "", "html", str)
    app.add_config_value("ledger_repository", {}, "html", dict)
    # where the newest version stands, and the tag of this one if it is a release
    app.add_config_value("ledger_home", "", "html", str)
    app.add_config_value("ledger_release", "", "html", str)
    app.ledger_commit = commit()
    app.connect("config-inited", set_release, priority=100)  # before others read the address
    app.connect("config-inited", set_build_info)
