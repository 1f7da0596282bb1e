"""python -m ledger: what an author does from a terminal: tables, their refresh, claims, the PDF and the EPUB, and the live preview."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ledger.core import claims, tables
from ledger.core.files import LockedError
from ledger.core.sources.registry import FetchError
from ledger.upkeep import refresh


def why(name: str) -> str:
    """Say in one line whether a page would execute when the site is built, and why."""
    from ledger.build.execution import engine
    from ledger.core.config import ROOT

    name = name.removesuffix(".md")
    for page in (name, f"chapters/{name}"):
        path = ROOT / f"{page}.md"
        if path.is_file():
            text = path.read_text(encoding="utf-8-sig")
            return (
                engine.Kept().why(page, engine.read_notebook(text))
                if engine.is_notebook(text)
                else f"{page} has no code, so that nothing of it executes"
            )
    raise FileNotFoundError(f"there is no page {name}: neither {name}.md nor chapters/{name}.md")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ledger",
        description="Tables and their refresh, claims, PDF, EPUB and the live preview of The Russia–Iran Ledger.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("tables", help="rebuild tables from the institutions' files")
    build.add_argument(
        "--from",
        dest="upstream",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the folder that holds one folder an institution",
    )
    build.add_argument(
        "--pair",
        nargs=2,
        metavar=("COUNTRY", "COUNTRY"),
        help="build the tables that depend on the pair for two other countries, by their ISO 3166 codes; with --into",
    )
    build.add_argument(
        "--into", type=Path, metavar="FOLDER", help="the new folder for the tables of --pair"
    )
    build.add_argument("names", nargs="*", metavar="TABLE", help="tables to rebuild (default: all)")
    renew = commands.add_parser(
        "refresh",
        help="bring tables up to date from the institutions: download, read, check, show what changes, write",
    )
    renew.add_argument(
        "names",
        nargs="*",
        metavar="TABLE",
        help="tables to bring up to date (default: all that can be downloaded automatically)",
    )
    renew.add_argument(
        "--dry-run", action="store_true", help="end after the summary: write nothing"
    )
    renew.add_argument(
        "--file",
        dest="files",
        action="append",
        type=Path,
        metavar="FILE",
        help="a file of the institution that you downloaded; may be given several times",
    )
    renew.add_argument(
        "--source",
        dest="sources",
        action="append",
        metavar="SOURCE",
        help="only this source of the tables, by its name in data/sources.yml; may be given several times",
    )
    renew.add_argument(
        "--edition",
        default="",
        metavar="WORDS",
        help="what the files are, for readers: 'export of 3 December 2026, deliveries to 2025'",
    )
    renew.add_argument(
        "--accept",
        default="",
        metavar="REASON",
        help="accept revisions beyond what is plausible; the reason is kept in the change log",
    )
    renew.add_argument(
        "--again", action="store_true", help="download anew what was downloaded less than a day ago"
    )
    print_sources = commands.add_parser(
        "sources",
        help="print every source: what it needs, how often it is published, when the next edition is due, and the age of ours",
    )
    print_sources.add_argument(
        "--overdue",
        action="store_true",
        help="only those whose next edition should be out by now; ends with 1 if there are any",
    )
    elsewhere = commands.add_parser(
        "links",
        help="ask for every address that the built site links to elsewhere; ends with 1 if one is gone",
    )
    elsewhere.add_argument(
        "site",
        type=Path,
        nargs="?",
        default=Path("_build/html"),
        metavar="SITE",
        help="a built site (default: _build/html)",
    )
    accept = commands.add_parser("accept", help="check a hand-kept table and record its new hash")
    accept.add_argument("name", metavar="TABLE")
    commands.add_parser(
        "claims",
        help="print every claim with its published and its computed verdict, and the figure behind it",
    )
    reason = commands.add_parser(
        "why", help="say whether a page would execute when the site is built, and why"
    )
    reason.add_argument("page", metavar="PAGE", help="for example economics, or chapters/economics")
    for kind, made in (
        ("pdf", "print the book, with Chromium, to a PDF beside the site"),
        ("epub", "make the book as an EPUB beside the site"),
    ):
        commands.add_parser(kind, help=made)
    contrast = commands.add_parser(
        "compare", help="report what a reader would see changed between two built sites"
    )
    contrast.add_argument(
        "old", type=Path, metavar="OLD_SITE", help="a built site, such as _build/html"
    )
    contrast.add_argument("new", type=Path, metavar="NEW_SITE")
    contrast.add_argument(
        "--into",
        type=Path,
        default=Path("_build/compare"),
        metavar="FOLDER",
        help="where the report goes (default: _build/compare)",
    )
    release = commands.add_parser(
        "release", help="pack what a version consists of: site, PDF, EPUB, tables, and what is new"
    )
    release.add_argument("tag", metavar="TAG", help="for example v2026.11")
    release.add_argument(
        "--into",
        type=Path,
        default=Path("_build/release"),
        metavar="FOLDER",
        help="a new folder (default: _build/release)",
    )
    start = commands.add_parser(
        "new", help="start a chapter, or a table from a CSV"
    ).add_subparsers(dest="kind", required=True)
    start_chapter = start.add_parser(
        "chapter",
        help="write a chapter that builds, with one chart, one number and one claim to replace",
    )
    start_chapter.add_argument(
        "name", metavar="NAME", help="its address: lower-case letters, digits and hyphens"
    )
    start_chapter.add_argument("title", metavar="TITLE")
    start_table = start.add_parser(
        "table", help="write an answer sheet beside a CSV, or the table once the sheet is filled in"
    )
    start_table.add_argument(
        "name", metavar="NAME", help="its name in data/: lower-case letters, digits and underscores"
    )
    start_table.add_argument("csv", type=Path, metavar="CSV")
    live = commands.add_parser(
        "live", help="serve a preview that is built again whenever a file is saved"
    )
    live.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    try:
        if options.command == "tables":
            if bool(options.pair) != bool(options.into):
                parser.error(
                    "--pair and --into go together: the tables of another pair are never written into data/"
                )
            if options.pair:
                built = refresh.build_pair(
                    options.upstream,
                    tuple(code.upper() for code in options.pair),
                    options.into,
                    options.names,
                )
                print(f"{len(built)} tables built into {options.into}")
            else:
                changed = refresh.rebuild(options.upstream, only=options.names)
                print(
                    f"{len(changed)} tables changed"
                    + (": " + ", ".join(changed) if changed else "")
                )
        elif options.command == "refresh":
            return refresh.refresh(
                options.names,
                only_sources=options.sources,
                files=options.files,
                edition=options.edition,
                accept=options.accept,
                dry_run=options.dry_run,
                again=options.again,
            )
        elif options.command == "sources" and options.overdue:
            late = refresh.overdue()
            print("\n".join(late) or "no source is overdue")
            return 1 if late else 0
        elif options.command == "sources":
            print(refresh.overview())
        elif options.command == "links":
            from ledger.commands import link_check

            text, well = link_check.report(options.site)
            print(text)
            return 0 if well else 1
        elif options.command == "accept":
            print(f"{options.name}: accepted as {tables.accept(options.name)}")
        elif options.command == "why":
            print(why(options.page))
        elif options.command == "claims":
            text, problems = claims.report()
            print(text)
            for problem in problems:
                print(f"error: {problem}", file=sys.stderr)
            return 1 if problems else 0
        elif options.command in ("pdf", "epub"):
            from ledger.commands import pdf

            try:
                made = getattr(pdf, options.command)()
            except pdf.NotPrinted as error:
                print(f"error: {error}", file=sys.stderr)
                return 1
            print(f"{made}, {made.stat().st_size / 1e6:.1f} MB")
        elif options.command == "compare":
            from ledger.commands import compare, report

            found = compare.compare(options.old, options.new)
            report.write(found, options.into)
            print(
                f"{report.terminal(found)}\nThe report: {options.into / 'index.html'}; in Markdown: {options.into / 'summary.md'}"
            )
        elif options.command == "release":
            from ledger.commands import release

            print(
                "\n".join(
                    f"{path}, {path.stat().st_size / 1e6:.1f} MB"
                    for path in release.pack(options.tag, options.into)
                )
            )
        elif options.command == "new":
            from ledger.commands import scaffold

            print(
                scaffold.chapter(options.name, options.title)
                if options.kind == "chapter"
                else scaffold.table(options.name, options.csv)
            )
        elif options.command == "live":
            from ledger.build.preview import run

            return run(options.port)
    except (tables.TableError, FetchError, LockedError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "stopped: data/ is as it was, or as it was meant to become; what was downloaded is kept",
            file=sys.stderr,
        )
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
