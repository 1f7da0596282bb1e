"""Check that the addresses which the site links to elsewhere are still there.

Only what is gone for good is a failure: an address that answers 404 or 410, or a host that does not
exist, each seen twice. What a server keeps from programs, or does not answer today, says nothing
about what a reader would find; it is listed as not verified. An address deep in a site that now
redirects to its front page or to an error page is listed too, for a person to look at.
(Sphinx's own check knows only links in the text of pages, not those in tables, claims and the
credits of charts.)
"""

from __future__ import annotations

import queue
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from ledger.core import config
from ledger.core.config import ROOT

AGENT = f"Mozilla/5.0 (compatible; {config.book().slug} link check)"
MAX_HOSTS = 16  # hosts asked at the same time, each for one address at a time
PAUSE = 1.0  # seconds between two requests to one host
TRIES = 4
WAIT = 5.0  # seconds before the second try; doubled before each further one
MAX_WAIT = 120.0  # seconds: a server that asks for more is not seen today
CONNECT_TIMEOUT, READ_TIMEOUT = 10, 30  # seconds until a connection, and an answer
SECOND_CHECK = 60.0  # seconds after which what seems to be gone is asked for once more
TIMEOUT = 3000.0  # seconds for the first look at everything
SECOND_TIMEOUT = 600.0  # seconds for the second look, which the first must not use up
WRITTEN = (
    "*.md",
    "*.bib",
    "*.yml",
    "*.cff",
    "chapters/*.md",
    "data/*.csv",
    "data/datapackage.json",
    "analysis/**/*.py",
)  # where links are written


@dataclass(frozen=True)
class LinkStatus:
    """What a check found: there, redirected (to a front or error page), gone, or unverified."""

    verdict: str
    reason: str = ""
    answered: bool = True  # whether a server said it, rather than the lack of one


REDIRECTED = (
    "Redirects to the front page now, or to an error page, which fails nothing: see whether the "
    "page itself has another address."
)
UNVERIFIED = (
    "Not verified, which fails nothing: these servers turn programs away, or do not answer today. "
    "A browser may see them."
)
THERE = LinkStatus("there")
NOT_ASKED = LinkStatus("unverified", "not asked in the time there is", answered=False)


def addresses(site: Path) -> dict[str, list[str]]:
    """Return the addresses that a built site links to elsewhere, each with its pages.

    Raises FileNotFoundError where there is no site.
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(
            f"{site} is not a built site: it has no index.html "
            "(make book builds one into _build/html)"
        )
    own = _links(site / "index.html").own
    pages_of: dict[str, list[str]] = {}
    for page in sorted(site.rglob("*.html")):
        for address in _links(page).addresses:
            if not own or not address.startswith(own):
                pages = pages_of.setdefault(address, [])
                if (name := page.relative_to(site).as_posix()) not in pages:
                    pages.append(name)
    return pages_of


class _Links(HTMLParser):
    own = ""  # where the site is published

    def __init__(self):
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        values = dict(attrs)
        if tag == "link" and values.get("rel") == "canonical":
            self.own = urljoin(values.get("href") or "", ".")
        for name in ("href", "src"):
            address = (values.get(name) or "").strip()
            if values.get("class") == "report-error":
                address = address.partition("?")[0]  # one form, filled in for each page
            if address.lower().startswith(("http://", "https://")):
                self.addresses.append(urldefrag(address).url)


def _links(page: Path) -> _Links:
    reader = _Links()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


# --- requests ------------------------------------------------------------------------------------


class Host:
    """One host, asked for one address at a time."""

    def __init__(self) -> None:
        import requests

        self.session = requests.Session()
        self.session.auth = lambda request: request  # nothing from a .netrc
        self.session.max_redirects = 10
        self.session.headers["User-Agent"] = AGENT
        self.silent = False  # it never answered: its other addresses are asked for once

    def check(self, address: str) -> LinkStatus:
        """Ask for an address, again and with growing waits where that may help."""
        wait = WAIT
        for further in range(0 if self.silent else TRIES - 1, -1, -1):
            status, again = self._once(address)
            time.sleep(PAUSE)
            if again is None:
                return status
            if not further or again > MAX_WAIT:
                break
            time.sleep(max(wait, again))
            wait *= 2
        self.silent = self.silent or not status.answered
        return status

    def _once(self, address: str) -> tuple[LinkStatus, float | None]:
        """Return what one try found, and the seconds to wait before another, None for no other.

        It asks as a browser does, with GET, and leaves the body: a server may answer HEAD for
        pages that are gone.
        """
        import requests

        try:
            requests.Request("GET", address).prepare()
        except (requests.exceptions.RequestException, UnicodeError):
            return LinkStatus("gone", "this cannot be an address"), None
        try:
            timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
            with self.session.get(address, stream=True, timeout=timeout) as answer:
                return _judge(address, answer)
        except requests.exceptions.SSLError:
            return LinkStatus("unverified", "its certificate or encryption is not valid"), None
        except requests.exceptions.TooManyRedirects:
            return LinkStatus("unverified", "it redirects in a circle"), None
        except ValueError:  # addresses that cannot be: intent://…, http://..
            return LinkStatus("unverified", "it leads to what is no address of a page"), None
        except requests.exceptions.Timeout:
            return LinkStatus("unverified", "no answer in time", answered=False), 0
        except (requests.exceptions.RequestException, OSError) as error:
            return _no_connection(address, error)


def _judge(address: str, answer) -> tuple[LinkStatus, float | None]:
    """Return what an answer says of an address, and the seconds to wait before another try."""
    status, after = answer.status_code, answer.headers.get("Retry-After", "")
    reason = f"{status} {answer.reason or ''}".strip()
    if answer.history:
        reason += f", redirected to {answer.url}"
    if status < 300:
        redirected = LinkStatus("redirected", f"redirected to {answer.url}")
        return (redirected if _is_lost(address, answer.url) else THERE), None
    if status < 400:
        return LinkStatus("unverified", f"{reason}, which redirects to no address"), None
    if status in (404, 410):
        return LinkStatus("gone", reason), None
    if status == 429 or status >= 500:
        return LinkStatus("unverified", reason), int(after) if after.isdecimal() else 0
    return LinkStatus("unverified", reason), None


def _no_connection(address: str, error: Exception) -> tuple[LinkStatus, float | None]:
    import requests

    asked = getattr(getattr(error, "request", None), "url", None) or address
    host = urlsplit(asked).hostname or ""
    if not isinstance(error, requests.exceptions.ProxyError) and not _exists(host):
        return LinkStatus("gone", f"there is no host {host}", answered=False), None
    return LinkStatus("unverified", "the connection fails", answered=False), 0


def _is_lost(address: str, end: str) -> bool:
    """Tell whether an address deep in a site ended at a front page or at an error page."""
    path, last = urlsplit(address).path.strip("/"), urlsplit(end).path.strip("/")
    is_front_or_error = re.fullmatch(r"|index\.\w+|(.*[/_-])?404(\.\w+)?", last, re.I)
    return "/" in path and path != last and bool(is_front_or_error)


def _exists(host: str) -> bool:
    try:
        socket.getaddrinfo(host, 443)
    except socket.gaierror as error:
        none = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
        return error.errno not in none
    except UnicodeError:
        return True
    return True


def check(
    wanted: Iterable[str], say: Callable[[str], object] = lambda address: None
) -> dict[str, LinkStatus]:
    """Return the status of each address; what seems gone is asked for a second time.

    `say` gets each address when it is done. Raises ValueError when no server at all answered:
    then it is this machine that has no connection.
    """
    wanted = list(wanted)
    statuses = _round(wanted, time.monotonic() + TIMEOUT, say)
    if wanted and not any(status.answered for status in statuses.values()):
        raise ValueError(
            f"not one of {len(wanted)} addresses answered: this machine seems to have no "
            "connection, so nothing is known of them"
        )
    if gone := [address for address, status in statuses.items() if status.verdict == "gone"]:
        time.sleep(SECOND_CHECK)
        again = _round(gone, time.monotonic() + SECOND_TIMEOUT, lambda address: None)
        known = {address: status for address, status in again.items() if status is not NOT_ASKED}
        statuses |= known
    return statuses


def _round(wanted: list[str], ends: float, say: Callable[[str], object]) -> dict[str, LinkStatus]:
    """Ask for every address, several hosts at a time.

    Threads end with the process: one that hangs holds nothing up beyond `ends`.
    """
    hosts: dict[str, list[str]] = {}
    for address in wanted:
        hosts.setdefault(urlsplit(address).netloc.lower(), []).append(address)
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    for addresses_of_host in sorted(hosts.values(), key=len, reverse=True):
        waiting.put(addresses_of_host)
    done: queue.SimpleQueue = queue.SimpleQueue()
    for _ in range(min(MAX_HOSTS, len(hosts))):
        threading.Thread(target=_work, args=(waiting, done, ends), daemon=True).start()
    statuses = dict.fromkeys(wanted, NOT_ASKED)
    for _ in wanted:
        try:
            address, status = done.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            break
        statuses[address] = status
        say(address)
    return statuses


def _work(waiting: queue.SimpleQueue, done: queue.SimpleQueue, ends: float) -> None:
    """Take hosts from a queue and check their addresses, one after another."""
    while True:
        try:
            addresses_of_host = waiting.get_nowait()
        except queue.Empty:
            return
        host = Host()
        for address in addresses_of_host:
            if time.monotonic() > ends:
                return
            try:
                status = host.check(address)
            except Exception as error:  # a server can surprise requests too; go on with the others
                reason = f"what it answers cannot be read ({type(error).__name__})"
                status = LinkStatus("unverified", reason)
            done.put((address, status))


# --- report ---------------------------------------------------------------------------------------


def report(site: Path, root: Path = ROOT) -> tuple[str, bool]:
    """Check every address that a site links to elsewhere.

    Returns the report as text, and whether none is gone.
    """
    from tqdm import tqdm

    pages = addresses(site)
    with tqdm(  # on a terminal only
        total=len(pages), unit=" addresses", file=sys.stderr, disable=None, leave=False
    ) as bar:
        statuses = check(pages, lambda address: bar.update())
    by_verdict: dict[str, dict[str, LinkStatus]] = {}
    for address, status in statuses.items():
        by_verdict.setdefault(status.verdict, {})[address] = status
    there, redirected, gone, unverified = (
        by_verdict.get(verdict, {}) for verdict in ("there", "redirected", "gone", "unverified")
    )
    lines = [
        f"{len(pages)} addresses elsewhere: {len(there)} are there, {len(redirected)} redirect to "
        f"a front page now, {len(gone)} gone, {len(unverified)} not verified."
    ]
    for address, status in gone.items():
        lines += ["", f"gone: {address}", f"  {status.reason}", f"  on {', '.join(pages[address])}"]
        lines += [f"  written in {place}" for place in _places(address, root)]
        archived = f"https://web.archive.org/web/{address}"
        lines.append(f"  Replace it, or link to an archived copy: {archived}")
    if redirected:
        lines += ["", REDIRECTED]
    for address, status in redirected.items():
        lines += [f"  {address}: {status.reason}", f"    on {', '.join(pages[address])}"]
        lines += [f"    written in {place}" for place in _places(address, root)]
    if unverified:
        lines += ["", UNVERIFIED]
    by_reason = sorted(unverified.items(), key=lambda item: item[1].reason)
    lines += [f"  {address}: {status.reason}" for address, status in by_reason]
    return "\n".join(lines), not gone


def _places(address: str, root: Path) -> list[str]:
    """Return where an address is written in the sources of the book, as file:line."""
    places = []
    for path in sorted({path for pattern in WRITTEN for path in root.glob(pattern)}):
        name = path.relative_to(root).as_posix()
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        places += [f"{name}:{number}" for number, line in enumerate(lines, 1) if address in line]
    return places
