"""The command line: `python -m ledger COMMAND`, one function a command.

A function imports what its command needs, so that `--help` and light commands start at once.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ledger.core import tables
from ledger.core.authored import environment
from ledger.core.files import LockedError
from ledger.core.sources.registry import FetchError
from ledger.core.system import terminal

RENAMED = {"live": "preview", "seal": "accept", "tables": "rebuild", "why": "explain"}
RENAMED_OPTIONS = {"--again": "--force"}


def rebuild(options: argparse.Namespace) -> int:
    from ledger.upkeep import rebuild

    changed = rebuild.rebuild(options.upstream, only=options.names)
    names = ": " + ", ".join(changed) if changed else ""
    print(f"{len(changed)} tables changed{names}")
    return 0


def refresh(options: argparse.Namespace) -> int:
    from ledger.commands.impact import preview_impact
    from ledger.upkeep import refresh

    return refresh.refresh(
        options.names,
        preview_impact=preview_impact,
        only_sources=options.sources,
        files=options.files,
        edition=options.edition,
        accept=options.accept,
        dry_run=options.dry_run,
        force=options.force,
    )


def sources(options: argparse.Namespace) -> int:
    from ledger.upkeep import schedule

    if not options.overdue:
        print(schedule.overview())
        return 0
    late = schedule.overdue()
    print("\n".join(late) or "no source is overdue")
    return 1 if late else 0


def links(options: argparse.Namespace) -> int:
    from ledger.commands import link_check

    report, all_well = link_check.report(options.site)
    print(report)
    return 0 if all_well else 1


def accept(options: argparse.Namespace) -> int:
    print(f"{options.name}: accepted as {tables.accept(options.name)}")
    return 0


def claims(options: argparse.Namespace) -> int:
    from ledger.core import claims

    report, problems = claims.report()
    print(report)
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


def explain(options: argparse.Namespace) -> int:
    from ledger.commands.explain import explain

    print(explain(options.page))
    return 0


def pdf(options: argparse.Namespace) -> int:
    return _print_book("pdf")


def epub(options: argparse.Namespace) -> int:
    return _print_book("epub")


def _print_book(kind: str) -> int:
    from ledger.commands import pdf

    try:
        paths = pdf.make(kind)
    except pdf.PrintError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(map(_size, paths)))
    return 0


def compare(options: argparse.Namespace) -> int:
    from ledger.commands.compare import diff, report

    for site in (options.old, options.new):
        if options.into.resolve().is_relative_to(site.resolve()):
            raise ValueError(f"the report would stand in the site {site}: name another --into")
    comparison = diff.compare(options.old, options.new)
    report.write(comparison, options.into)
    print("\n".join(report.to_lines(comparison)))
    for words, name in (
        ("The report", "index.html"),
        ("to send", report.ALONE),
        ("in Markdown", "summary.md"),
    ):
        print(f"{words}: {options.into / name}")
    return 0


def release(options: argparse.Namespace) -> int:
    from ledger.commands import release

    print("\n".join(map(_size, release.pack(options.tag, options.into))))
    return 0


def publish(options: argparse.Namespace) -> int:
    from ledger.commands import publish

    print("\n".join(publish.publish(options.versions, options.into, options.site)))
    print(f"To serve: {options.into}")
    return 0


def new_chapter(options: argparse.Namespace) -> int:
    from ledger.commands import scaffold

    print(scaffold.chapter(options.name, options.title))
    return 0


def new_table(options: argparse.Namespace) -> int:
    from ledger.commands import scaffold

    print(scaffold.table(options.name, options.csv))
    return 0


def preview(options: argparse.Namespace) -> int:
    from ledger.build.preview import run

    return run(options.port)


def _size(path: Path) -> str:
    return f"{path}, {path.stat().st_size / 1e6:.1f} MB"


# --- arguments ------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ledger",
        description="Tables and their refresh, claims, PDF, EPUB and the preview of a book.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_data_commands(commands)
    _add_site_commands(commands)
    _add_new(commands)
    return parser


def _add(commands, name: str, run, words: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    command.set_defaults(run=run)
    return command


def _add_data_commands(commands) -> None:
    command = _add(commands, "rebuild", rebuild, "rebuild tables from the institutions' files")
    command.add_argument(
        "--from",
        dest="upstream",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the folder that holds one folder an institution",
    )
    command.add_argument("names", nargs="*", metavar="TABLE", help="tables (default: all)")
    _add_refresh(commands)
    command = _add(
        commands,
        "sources",
        sources,
        "print every source: what it needs, how often it is published, when the next edition is "
        "due, and the age of ours",
    )
    command.add_argument(
        "--overdue",
        action="store_true",
        help="only those whose next edition should be out by now; ends with 1 if there are any",
    )
    command = _add(commands, "accept", accept, "check a manual table and record its new hash")
    command.add_argument("name", metavar="TABLE")
    _add(
        commands,
        "claims",
        claims,
        "print every claim with its published and its computed verdict, and the figure behind it",
    )


def _add_refresh(commands) -> None:
    command = _add(
        commands,
        "refresh",
        refresh,
        "bring tables up to date from the institutions: download, read, check, show what changes, "
        "write",
    )
    command.add_argument(
        "names",
        nargs="*",
        metavar="TABLE",
        help="tables (default: all that can be downloaded automatically)",
    )
    command.add_argument("--dry-run", action="store_true", help="write nothing")
    command.add_argument(
        "--file",
        dest="files",
        action="append",
        type=Path,
        metavar="FILE",
        help="a file of the institution that you downloaded; may be given several times",
    )
    command.add_argument(
        "--source",
        dest="sources",
        action="append",
        metavar="SOURCE",
        help="only this source, by its name in data/sources.yml; may be given several times",
    )
    command.add_argument(
        "--edition",
        default="",
        metavar="WORDS",
        help="what the files are, for readers: 'export of 3 December 2026, deliveries to 2025'",
    )
    command.add_argument(
        "--accept",
        default="",
        metavar="REASON",
        help="accept revisions beyond what is plausible; the reason is kept in the change log",
    )
    command.add_argument(
        "--force", action="store_true", help="download anew what is younger than a day"
    )


def _add_site_commands(commands) -> None:
    command = _add(
        commands,
        "links",
        links,
        "ask for every address that the built site links to elsewhere; ends with 1 if one is gone",
    )
    site = "a built site (default: _build/html)"
    command.add_argument(
        "site", type=Path, nargs="?", default=Path("_build/html"), metavar="SITE", help=site
    )
    command = _add(commands, "explain", explain, "say whether a page would execute, and why")
    command.add_argument("page", metavar="PAGE", help="its path, with or without chapters/")
    _add(
        commands,
        "pdf",
        pdf,
        "print the book and its short edition, with Chromium, to PDFs beside the site",
    )
    _add(commands, "epub", epub, "make the book as an EPUB beside the site")
    command = _add(
        commands, "compare", compare, "report what a reader would see changed between two sites"
    )
    command.add_argument("old", type=Path, metavar="OLD_SITE", help=site)
    command.add_argument("new", type=Path, metavar="NEW_SITE")
    _add_folder(command, "_build/compare", "where the report goes")
    command = _add(
        commands,
        "release",
        release,
        "pack what a version consists of: site, PDF, EPUB, tables, and what is new",
    )
    command.add_argument("tag", metavar="TAG", help="for example v2026.11")
    _add_folder(command, "_build/release", "a new folder")
    command = _add(
        commands,
        "publish",
        publish,
        "put together what is served: the newest build, and every kept version below its own path",
    )
    command.add_argument(
        "versions", type=Path, metavar="VERSIONS", help="folder of the kept sites, …-site.zip"
    )
    command.add_argument(
        "--site", type=Path, default=Path("_build/html"), metavar="SITE", help=site
    )
    _add_folder(command, "_build/published", "the folder to serve")
    command = _add(
        commands, "preview", preview, "serve a preview that is built again when a file is saved"
    )
    command.add_argument("--port", type=_port, default=8000)


def _port(word: str) -> int:
    """Return a port; the system would take one that is too large for another."""
    if not (word.isascii() and word.isdigit() and int(word) < 65536):
        raise argparse.ArgumentTypeError(f"{word!r} is no port: give a number up to 65535")
    return int(word)


def _add_folder(command: argparse.ArgumentParser, default: str, words: str) -> None:
    command.add_argument(
        "--into",
        type=Path,
        default=Path(default),
        metavar="FOLDER",
        help=f"{words} (default: {default})",
    )


def _add_new(commands) -> None:
    new = commands.add_parser("new", help="start a chapter, or a table from a CSV")
    kinds = new.add_subparsers(dest="kind", required=True)
    command = _add(
        kinds, "chapter", new_chapter, "write a chapter that builds, to be filled by an author"
    )
    command.add_argument(
        "name", metavar="NAME", help="its address: lower-case letters, digits and hyphens"
    )
    command.add_argument("title", metavar="TITLE")
    command = _add(
        kinds,
        "table",
        new_table,
        "write a form beside a CSV, or the table once the form is filled in",
    )
    command.add_argument(
        "name",
        metavar="NAME",
        help="its name in data/: lower-case letters, digits and underscores",
    )
    command.add_argument("csv", type=Path, metavar="CSV")


def _renamed(arguments: list[str]) -> str:
    """Return what to say to a command or option that has a new name, empty if none has."""
    for old, new in RENAMED.items():
        if arguments[:1] == [old]:
            return f"{old} is now {new}: python -m ledger {' '.join([new, *arguments[1:]])}"
    for old, new in RENAMED_OPTIONS.items():
        if old in arguments:
            return f"{old} is now {new}"
    return ""


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code: 0, 1 for a failure, 2 for wrong arguments."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if message := _renamed(arguments):
        print(message, file=sys.stderr)
        return 2
    options = _parser().parse_args(arguments)
    if unusable := list(environment.faults()):
        print("\n".join(f"error: {each}" for each in unusable), file=sys.stderr)
        return 1
    try:
        return options.run(options)
    except (tables.TableError, FetchError, LockedError, OSError, ValueError) as error:
        print(f"error: {terminal.told(error)}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in ("ledger", "analysis"):
            raise
        again = f"make .venv/tools, then .venv/bin/python -m ledger {' '.join(arguments)}"
        lacks = f"error: this needs {error.name}, which {sys.executable} does not have."
        print(f"{lacks} Run {again}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "stopped: data/ is as it was, or as it was meant to become; downloads are kept",
            file=sys.stderr,
        )
        return 130
