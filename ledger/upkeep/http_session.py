"""Open HTTP sessions, bound their time, and read what they end with."""

from __future__ import annotations

import datetime
import os
import re
from email.utils import parsedate_to_datetime

from ledger.core.config import book

PROXY = re.compile(r"(?:(?:https?|socks[45][ah]?)://)?(?:\S+@)?[^/\s:@]+(?::[0-9]+)?/?")


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


def setting_fault() -> str:
    """Name a setting of the environment with which nothing can be downloaded; empty for none."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if (path := os.environ.get(name)) and not os.path.exists(path):
            return f"{name} is {path!r} in the environment, and there is no such file"
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        if (proxy := os.environ.get(name)) and not PROXY.fullmatch(proxy):
            shown = _without_password(proxy)
            return f"{name} is {shown!r} in the environment, and must be http://host:port"
    return ""


def connection_hint(url: str, error: BaseException) -> str:
    """Say what to look at when no connection to an address was made."""
    import requests

    for proxy in requests.utils.get_environ_proxies(url).values():
        shown = _without_password(proxy)
        return f"It goes through the proxy {shown} of the environment: see whether that runs."
    if "[Errno -" in innermost_cause(error):  # what finds hosts by their names
        return "See whether this machine is online and finds hosts by their names."
    return (
        "Try again later; if it goes on, see whether the address in data/sources.yml is still "
        "right."
    )


def _without_password(proxy: str) -> str:
    return re.sub(r"//.*@", "//…@", proxy)


def retry_after(text: str) -> float:
    """Return the seconds that a Retry-After header asks for: a number, or a date."""
    if re.fullmatch(r"\d{1,9}", text.strip()):
        return float(text)
    try:
        then = parsedate_to_datetime(text)
        return max(0.0, (then - datetime.datetime.now(datetime.UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0
