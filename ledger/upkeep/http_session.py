"""Open HTTP sessions, bound their time, and read what they end with."""

from __future__ import annotations

import contextlib
import datetime
import re
import signal
import threading
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime

from ledger.core.config import book


def new_session():
    """Return a session of requests that names the book and sends nothing from a .netrc."""
    import requests

    session = requests.Session()
    session.auth = lambda request: request
    session.headers["User-Agent"] = book().slug
    session.headers["Accept-Encoding"] = "gzip"
    return session


def innermost_cause(error: BaseException) -> str:
    """Name the innermost cause of a network error in a few words."""
    while True:
        of_args = (arg for arg in error.args if isinstance(arg, BaseException))
        cause = error.__cause__ or error.__context__ or next(of_args, None)
        if cause is None or cause is error:
            break
        error = cause
    reason = getattr(error, "reason", None)
    text = " ".join(str(reason if isinstance(reason, str) else error).split())
    return (text or type(error).__name__)[:400]


def retry_after(text: str) -> float:
    """Return the seconds that a Retry-After header asks for: a number, or a date."""
    if re.fullmatch(r"\d{1,9}", text.strip()):
        return float(text)
    try:
        then = parsedate_to_datetime(text)
        return max(0.0, (then - datetime.datetime.now(datetime.UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0


@contextlib.contextmanager
def deadline(seconds: float, error: Callable[[], Exception]) -> Iterator[None]:
    """Raise `error` after so many seconds: a server may drip for hours without falling silent.

    Only the main thread can be interrupted; elsewhere the download goes on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_) -> None:
        raise error()

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
