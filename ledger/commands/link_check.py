"""Whether what the site links to elsewhere is still there.

Only what is gone for good is a failure: an address that answers 404 or 410, or a host that does not exist, each seen twice. What a
server keeps from programs, or does not answer today, says nothing about what a reader would find; it is listed as not seen. An address
deep in a site that now leads to its front page or a page of error is listed too, for a person to look at.
(Sphinx's own check knows only links in the text of pages, not those in tables, claims and the credits of charts, and like LinkChecker
it cannot tell a page that is gone from a server that turns programs away.)
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

from ledger.core.config import ROOT

AGENT = "Mozilla/5.0 (compatible; russia-iran-ledger link check; +https://russia-iran-ledger.github.io/)"
AT_ONCE = 16  # hosts asked at the same time, each for one address at a time
PAUSE = 1.0  # seconds between two requests to one host
TRIES = 4
WAIT = 5.0  # seconds before the second try; doubled before each further one
LONGEST_WAIT = 120.0  # seconds: a server that asks for more is not seen today
CONNECT, SILENCE = 10, 30  # seconds until a connection stands, and until an answer begins
SECOND_LOOK = 60.0  # seconds after which what seems to be gone is asked for once more
PATIENCE = 3000.0  # seconds for the first look at everything
PATIENCE_AGAIN = 600.0  # seconds for the second look, which the first must not use up
WRITTEN = (
    "*.md",
    "*.bib",
    "*.yml",
    "*.cff",
    "chapters/*.md",
    "data/*.csv",
    "data/datapackage.json",
    "ledger/**/*.py",
)  # where links are written


@dataclass(frozen=True)
class Seen:
    """What asking for an address came to: there, lost (it leads to a front page or a page of error now), gone, or unseen."""

    verdict: str
    reason: str = ""
    answered: bool = True  # whether a server said it, rather than the lack of one


THERE = Seen("there")
NOT_ASKED = Seen("unseen", "not asked in the time there is", answered=False)


def addresses(site: Path) -> dict[str, list[str]]:
    """Return the addresses that a built site links to elsewhere, without fragments, each with the pages it stands on.

    Raises FileNotFoundError where there is no site.
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(
            f"{site} is not a built site: it has no index.html (make book builds one into _build/html)"
        )
    own = _links(site / "index.html").own
    found: dict[str, list[str]] = {}
    for page in sorted(site.rglob("*.html")):
        for address in _links(page).found:
            if not own or not address.startswith(own):
                pages = found.setdefault(address, [])
                if (name := page.relative_to(site).as_posix()) not in pages:
                    pages.append(name)
    return found


class _Links(HTMLParser):
    own = ""  # where the site is published

    def __init__(self):
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        values = dict(attrs)
        if tag == "link" and values.get("rel") == "canonical":
            self.own = urljoin(values.get("href") or "", ".")
        for name in ("href", "src"):
            address = (values.get(name) or "").strip()
            if address.lower().startswith(("http://", "https://")):
                self.found.append(urldefrag(address).url)


def _links(page: Path) -> _Links:
    reader = _Links()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


# --- asking -------------------------------------------------------------------------------------------------------------------------


class Host:
    """One host, asked for one address at a time."""

    def __init__(self) -> None:
        import requests

        self.session = requests.Session()
        self.session.auth = lambda request: request  # nothing from a .netrc
        self.session.max_redirects = 10
        self.session.headers["User-Agent"] = AGENT
        self.silent = False  # it did not answer, however often it was asked: its other addresses are asked for once

    def look(self, address: str) -> Seen:
        """Ask for an address, again and with growing waits where that may help."""
        wait = WAIT
        for further in range(0 if self.silent else TRIES - 1, -1, -1):
            seen, again = self._once(address)
            time.sleep(PAUSE)
            if again is None:
                return seen
            if not further or again > LONGEST_WAIT:
                break
            time.sleep(max(wait, again))
            wait *= 2
        self.silent = self.silent or not seen.answered
        return seen

    def _once(self, address: str) -> tuple[Seen, float | None]:
        """Return what one try came to, and the seconds to wait at least before another; None where another would say the same.

        It asks as a browser does, with GET, and leaves the body: a server may answer HEAD for pages that are gone.
        """
        import requests

        try:
            requests.Request("GET", address).prepare()
        except (requests.exceptions.RequestException, UnicodeError):
            return Seen("gone", "this cannot be an address"), None
        try:
            with self.session.get(address, stream=True, timeout=(CONNECT, SILENCE)) as answer:
                status, after = answer.status_code, answer.headers.get("Retry-After", "")
                says = f"{status} {answer.reason or ''}".strip() + (
                    f", redirected to {answer.url}" if answer.history else ""
                )
        except requests.exceptions.SSLError:
            return Seen("unseen", "its certificate or encryption is not valid"), None
        except requests.exceptions.TooManyRedirects:
            return Seen("unseen", "it redirects in a circle"), None
        except (
            ValueError
        ):  # those of requests and urllib3 for addresses that cannot be: intent://…, http://..
            return Seen("unseen", "it leads to what is no address of a page"), None
        except requests.exceptions.Timeout:
            return Seen("unseen", "no answer in time", answered=False), 0
        except (requests.exceptions.RequestException, OSError) as error:
            host = (
                urlsplit(getattr(getattr(error, "request", None), "url", None) or address).hostname
                or ""
            )
            if not isinstance(error, requests.exceptions.ProxyError) and not _exists(host):
                return Seen("gone", f"there is no host {host}", answered=False), None
            return Seen("unseen", "the connection fails", answered=False), 0
        if status < 300:
            return (
                Seen("lost", f"redirected to {answer.url}") if _lost(address, answer.url) else THERE
            ), None
        if status < 400:
            return Seen("unseen", f"{says}, which redirects to no address"), None
        if status in (404, 410):
            return Seen("gone", says), None
        return Seen("unseen", says), (
            int(after) if after.isdecimal() else 0
        ) if status == 429 or status >= 500 else None


def _lost(address: str, end: str) -> bool:
    """Tell whether an address of more than one segment ended at a front page, or at one that is named as a page of error."""
    path, last = urlsplit(address).path.strip("/"), urlsplit(end).path.strip("/")
    return (
        "/" in path
        and path != last
        and bool(re.fullmatch(r"|index\.\w+|(.*[/_-])?404(\.\w+)?", last, re.I))
    )


def _exists(host: str) -> bool:
    try:
        socket.getaddrinfo(host, 443)
    except (socket.gaierror, UnicodeError) as error:
        return not isinstance(error, socket.gaierror) or error.errno not in (
            socket.EAI_NONAME,
            getattr(socket, "EAI_NODATA", socket.EAI_NONAME),
        )
    return True


def look(
    wanted: Iterable[str], say: Callable[[str], object] = lambda address: None
) -> dict[str, Seen]:
    """Return what asking for each address came to; `say` gets each when it is done. What seems gone is asked for a second time.

    Raises ValueError when no server at all answered: then it is this machine that has no connection.
    """
    wanted = list(wanted)
    seen = _round(wanted, time.monotonic() + PATIENCE, say)
    if wanted and not any(each.answered for each in seen.values()):
        raise ValueError(
            f"not one of {len(wanted)} addresses answered: this machine seems to have no connection, so nothing is known of them"
        )
    if gone := [address for address, each in seen.items() if each.verdict == "gone"]:
        time.sleep(SECOND_LOOK)
        again = _round(gone, time.monotonic() + PATIENCE_AGAIN, lambda address: None)
        seen |= {address: each for address, each in again.items() if each is not NOT_ASKED}
    return seen


def _round(wanted: list[str], ends: float, say: Callable[[str], object]) -> dict[str, Seen]:
    """Ask for every address, several hosts at a time. Threads end with the process: one that hangs holds nothing up beyond `ends`."""
    hosts: dict[str, list[str]] = {}
    for address in wanted:
        hosts.setdefault(urlsplit(address).netloc.lower(), []).append(address)
    todo: queue.SimpleQueue = queue.SimpleQueue()
    for each in sorted(hosts.values(), key=len, reverse=True):
        todo.put(each)
    done: queue.SimpleQueue = queue.SimpleQueue()

    def work() -> None:
        while True:
            try:
                mine = todo.get_nowait()
            except queue.Empty:
                return
            host = Host()
            for address in mine:
                if time.monotonic() > ends:
                    return
                try:
                    done.put((address, host.look(address)))
                except Exception as error:  # a server can surprise requests too; the others are looked at all the same
                    done.put(
                        (
                            address,
                            Seen(
                                "unseen", f"what it answers cannot be read ({type(error).__name__})"
                            ),
                        )
                    )

    for _ in range(min(AT_ONCE, len(hosts))):
        threading.Thread(target=work, daemon=True).start()
    seen = dict.fromkeys(wanted, NOT_ASKED)
    for _ in wanted:
        try:
            address, found = done.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            break
        seen[address] = found
        say(address)
    return seen


# --- telling ------------------------------------------------------------------------------------------------------------------------


def report(site: Path, root: Path = ROOT) -> tuple[str, bool]:
    """Look at every address that a site links to elsewhere; return what to tell, and whether all is well."""
    from tqdm import tqdm

    pages = addresses(site)
    with tqdm(
        total=len(pages), unit=" addresses", file=sys.stderr, disable=None, leave=False
    ) as bar:  # on a terminal only
        seen = look(pages, lambda address: bar.update())
    there, lost, gone, unseen = (
        {address: each for address, each in seen.items() if each.verdict == kind}
        for kind in ("there", "lost", "gone", "unseen")
    )
    said = [
        f"{len(pages)} addresses elsewhere: {len(there)} are there, {len(lost)} lead to a front page now, {len(gone)} gone, {len(unseen)} not seen."
    ]
    for address, each in gone.items():
        said += ["", f"gone: {address}", f"  {each.reason}", f"  on {', '.join(pages[address])}"]
        said += [f"  written in {place}" for place in _places(address, root)]
        said += [
            f"  Replace it, or link to an archived copy: https://web.archive.org/web/{address}"
        ]
    if lost:
        said += [
            "",
            "Leads to the front page now, or to a page of error, which fails nothing: see whether the page itself has another address.",
        ]
    for address, each in lost.items():
        said += [
            f"  {address}: {each.reason}",
            f"    on {', '.join(pages[address])}",
            *(f"    written in {place}" for place in _places(address, root)),
        ]
    if unseen:
        said += [
            "",
            "Not seen, which fails nothing: these servers turn programs away, or do not answer today. A browser may see them.",
        ]
        said += [
            f"  {address}: {each.reason}"
            for address, each in sorted(unseen.items(), key=lambda item: item[1].reason)
        ]
    return "\n".join(said), not gone


def _places(address: str, root: Path) -> list[str]:
    """Return where an address is written in the sources of the book, as file:line."""
    found = []
    for path in sorted({path for pattern in WRITTEN for path in root.glob(pattern)}):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [
            f"{path.relative_to(root).as_posix()}:{number}"
            for number, line in enumerate(lines, 1)
            if address in line
        ]
    return found
