"""Stop a build, before anything is built, where a file that people write is not as it should be.

What the system refuses later, as on a full disk, is said in a line too.
"""

from __future__ import annotations

import os
import sys

from sphinx.application import Sphinx
from sphinx.cmd import build
from sphinx.errors import SphinxError

from ledger.core.authored.preflight import problems
from ledger.core.config import ROOT
from ledger.core.system.terminal import told


class FilesError(SphinxError):
    """Files or variables are not as they should be: a line for each."""

    category = "To mend first"


class SystemRefusal(SphinxError):
    """The system refused to read or write a file."""

    category = "Build failed"


def handle_exception(app, options, error: BaseException, stderr, default=build.handle_exception):
    """Say in a line what the system refuses: Sphinx would ask to report it, with a traceback."""
    cause = getattr(error, "orig_exc", None) or error  # what a part of the build raised
    if isinstance(cause, OSError):
        if cause.strerror and not cause.filename:
            cause = OSError(cause.errno, cause.strerror, str(ROOT / "_build"))
        error = SystemRefusal(f"the site is left as it was: {told(cause)}")
    default(app, options, error, stderr)


def excepthook(kind, error: BaseException, trace, default=sys.excepthook) -> None:
    """Suppress Jupyter Book's tracebacks when Sphinx has reported the error."""
    if isinstance(error.__cause__, (SphinxError, OSError)):
        print(str(error).strip(), file=sys.stderr)
    else:
        default(kind, error, trace)


def setup(app: Sphinx) -> None:
    sys.excepthook = excepthook
    for module in ("sphinx.cmd.build", "jupyter_book.sphinx"):  # which has its own name for it
        if module in sys.modules:
            sys.modules[module].handle_exception = handle_exception
    # the preview has asked already, before Jupyter Book read its settings
    if not os.environ.get("LEDGER_LIVE") and (found := problems()):
        raise FilesError("\n".join(found))
