"""Stop a build, before anything is built, where a file that people write is not as it should be."""

from __future__ import annotations

import sys

from sphinx.application import Sphinx
from sphinx.errors import SphinxError

from ledger.core.authored.preflight import problems


class FilesError(SphinxError):
    """Files or variables are not as they should be: a line for each."""

    category = "To mend first"


def excepthook(kind, error: BaseException, trace, default=sys.excepthook) -> None:
    """Suppress Jupyter Book's tracebacks when Sphinx has reported the error."""
    if isinstance(error.__cause__, (SphinxError, OSError)):
        print(str(error).strip(), file=sys.stderr)
    else:
        default(kind, error, trace)


def setup(app: Sphinx) -> None:
    sys.excepthook = excepthook
    if found := problems():
        raise FilesError("\n".join(found))
