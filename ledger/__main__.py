"""python -m ledger: what an author does with tables and claims from a terminal."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ledger import claims, refresh, tables


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ledger", description="Tables and claims of The Russia–Iran Ledger.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("tables", help="rebuild tables from the institutions' files")
    build.add_argument("--from", dest="upstream", type=Path, required=True, metavar="FOLDER", help="the folder that holds one folder an institution")
    build.add_argument("names", nargs="*", metavar="TABLE", help="tables to rebuild (default: all)")
    seal = commands.add_parser("seal", help="check a hand-kept table and record its new hash")
    seal.add_argument("name", metavar="TABLE")
    commands.add_parser("claims", help="print every claim with its published and its computed verdict, and the figure behind it")
    options = parser.parse_args()
    try:
        if options.command == "tables":
            changed = refresh.rebuild(options.upstream, only=options.names)
            print(f"{len(changed)} tables changed" + (": " + ", ".join(changed) if changed else ""))
        elif options.command == "seal":
            print(f"{options.name}: sealed as {tables.seal(options.name)}")
        elif options.command == "claims":
            text, problems = claims.report()
            print(text)
            for problem in problems:
                print(f"error: {problem}", file=sys.stderr)
            return 1 if problems else 0
    except (tables.TableError, FileNotFoundError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
