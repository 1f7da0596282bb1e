"""python -m ledger: what an author does from a terminal."""

import sys

from ledger.commands.cli import main
from ledger.core import config
from ledger.core.system import terminal

if __name__ == "__main__":
    sys.path.insert(0, str(config.ROOT))  # rules and connectors, from whichever folder of the book
    sys.exit(terminal.run(main))
