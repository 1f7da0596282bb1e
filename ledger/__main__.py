"""python -m ledger: what an author does from a terminal."""

import sys

from ledger.commands.cli import main
from ledger.core import config

if __name__ == "__main__":
    sys.path.insert(0, str(config.ROOT))  # rules and connectors, from whichever folder of the book
    sys.exit(main())
