"""python -m ledger: what an author does from a terminal: tables, claims, the PDF and the EPUB, and the live preview."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ledger import claims, refresh, tables


def why(name: str) -> str:
    """Say in one line whether a page would execute when the site is built, and why."""
    from ledger import engine, inputs

    name = name.removesuffix(".md")
    for page in (name, f"chapters/{name}"):
        path = inputs.ROOT / f"{page}.md"
        if path.is_file():
            text = path.read_text(encoding="utf-8-sig")
            return engine.Kept().why(page, engine.read_notebook(text)) if engine.is_notebook(text) else f"{page} has no code, so that nothing of it executes"
    raise FileNotFoundError(f"there is no page {name}: neither {name}.md nor chapters/{name}.md")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ledger", description="Tables, claims, PDF, EPUB and the live preview of The Russia–Iran Ledger.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("tables", help="rebuild tables from the institutions' files")
    build.add_argument("--from", dest="upstream", type=Path, required=True, metavar="FOLDER", help="the folder that holds one folder an institution")
    build.add_argument("names", nargs="*", metavar="TABLE", help="tables to rebuild (default: all)")
    seal = commands.add_parser("seal", help="check a hand-kept table and record its new hash")
    seal.add_argument("name", metavar="TABLE")
    commands.add_parser("claims", help="print every claim with its published and its computed verdict, and the figure behind it")
    reason = commands.add_parser("why", help="say whether a page would execute when the site is built, and why")
    reason.add_argument("page", metavar="PAGE", help="for example economics, or chapters/economics")
    for kind, made in (("pdf", "print the book, with Chromium, to a PDF beside the site"), ("epub", "make the book as an EPUB beside the site")):
        commands.add_parser(kind, help=made)
    live = commands.add_parser("live", help="serve a preview that is built again whenever a file is saved")
    live.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    try:
        if options.command == "tables":
            changed = refresh.rebuild(options.upstream, only=options.names)
            print(f"{len(changed)} tables changed" + (": " + ", ".join(changed) if changed else ""))
        elif options.command == "seal":
            print(f"{options.name}: sealed as {tables.seal(options.name)}")
        elif options.command == "why":
            print(why(options.page))
        elif options.command == "claims":
            text, problems = claims.report()
            print(text)
            for problem in problems:
                print(f"error: {problem}", file=sys.stderr)
            return 1 if problems else 0
        elif options.command in ("pdf", "epub"):
            from ledger import printed

            try:
                made = getattr(printed, options.command)()
            except printed.NotPrinted as error:
                print(f"error: {error}", file=sys.stderr)
                return 1
            print(f"{made}, {made.stat().st_size / 1e6:.1f} MB")
        elif options.command == "live":
            from ledger.live import run

            return run(options.port)
    except (tables.TableError, FileNotFoundError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
