"""python -m ledger: what an author does from a terminal."""

import sys

from ledger.commands.cli import main

if __name__ == "__main__":
    sys.exit(main())
