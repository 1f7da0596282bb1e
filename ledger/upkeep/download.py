"""Download the files that data/sources.yml declares: HTTPS, listed hosts, limits, retries, checks.

API keys come from the environment and travel in a header, so that no address or message holds one.
"""

from __future__ import annotations

import functools
import gzip
import importlib
import json
import os
import re
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from ledger.core import text
from ledger.core.files import naming, replace_files
from ledger.core.sources.registry import FetchError, Source
from ledger.core.system.deadline import deadline
from ledger.upkeep import http_session
from ledger.upkeep.file_checks import check_file
from ledger.upkeep.store import MANIFEST, STORE, file_entry, manifest, publish, sha256

MAX_TRIES = 5
FIRST_WAIT = 1.0  # seconds before the second try; doubled before each further one
MAX_WAIT = 120  # seconds: a server that asks for more is to be asked another day
FILE_TIMEOUT = 1800  # seconds a file may take
CONNECT_TIMEOUT, READ_TIMEOUT = 15, 60  # seconds until a connection, and between two pieces
MAX_REDIRECTS = 5
CHUNK = 1 << 16
MAX_AGE = 24 * 3600  # seconds in which a download counts as new, or an interrupted one is resumed
MAX_TOTAL = 20  # times `max_mb` that the files of a source may have together
GROWN = "If the institution's file has grown, raise `max_mb` there."
LATER = "Try again later; what was downloaded is kept."


class Downloader:
    """Download files of one source into a folder; called with name and address, return a path.

    Address, time, size and hash of each file stand in the manifest beside the files.
    """

    def __init__(
        self, source: Source, folder: Path, say: Callable[[str], None] = print, progress=None
    ):
        if fault := http_session.setting_fault():
            raise FetchError(source.name, "", fault, "Set it anew, or unset it.")
        self.source, self.folder, self.say, self.progress = source, folder, say, progress
        if source.api_key_spec.get("required") and not source.api_key:
            raise self._error(
                source.address,
                f"the environment has no {source.api_key_spec['variable']}",
                self._key_hint(),
            )
        self.last_request = 0.0  # when it ended
        self.received = 0  # bytes
        self.requested: list[str] = []  # names of the files that this run wants
        self.entries: dict[str, dict] = manifest(folder).get("files", {})

    @functools.cached_property
    def session(self):
        return http_session.new_session()

    def __call__(
        self,
        name: str,
        address: str = "",
        *,
        params: dict | None = None,
        headers: dict | None = None,
        kind: str,
    ) -> Path:
        """Return the path of file `name`; an interrupted run may have downloaded it.

        Parameters
        ----------
        name : name of the file in the folder.
        address : where it is, relative to the source's own address.
        params, headers : of the request.
        kind : csv, json, xlsx, zip, dta or rda; any other answer is refused.

        Raises
        ------
        FetchError
        """
        import requests

        request = requests.Request("GET", urljoin(self.source.address, address), params=params)
        url = str(request.prepare().url)
        path, entry = self.folder / name, self.entries.get(name)
        self.requested.append(name)
        if entry and entry["address"] == url and path.exists() and sha256(path) == entry["sha256"]:
            return path
        path.unlink(missing_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        late = f"it was not there after {FILE_TIMEOUT} seconds"
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".new-") as temporary:
            target = Path(temporary) / name
            with deadline(FILE_TIMEOUT, lambda: self._error(url, late, LATER)):
                self._with_retries(url, target, headers or {})
            check_file(self.source, url, target, kind)
            os.replace(target, path)
        self.entries[name] = file_entry(path, url)
        replace_files(self.folder, {MANIFEST: json.dumps({"files": self.entries}, indent=1)})
        return path

    def refuse(self, name: str, reason: str, hint: str = "") -> FetchError:
        """Return the error for a file that a connector cannot use, and remove the file.

        The error names the file's address; the next run downloads it anew.
        """
        (self.folder / name).unlink(missing_ok=True)
        entry = self.entries.pop(name, {"address": self.source.address})
        return self._error(entry["address"], reason, hint)

    # --- one file -------------------------------------------------------------------------------

    def _with_retries(self, url: str, target: Path, headers: dict) -> None:
        import tenacity

        def wait(state) -> float:
            asked = state.outcome.exception().wait
            return asked or FIRST_WAIT * 2 ** (state.attempt_number - 1)

        def notify(state) -> None:
            seconds, number = state.next_action.sleep, state.attempt_number + 1
            self.say(
                f"  {self.source.name}: {state.outcome.exception().reason}; "
                f"trying again in {seconds:.0f} s (try {number} of {MAX_TRIES})"
            )

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, FetchError) and e.retry),
            stop=tenacity.stop_after_attempt(MAX_TRIES),
            wait=wait,
            before_sleep=notify,
            reraise=True,
        )
        retrying(self._request, url, target, headers)

    def _request(self, url: str, target: Path, headers: dict) -> None:
        """Download once, pausing before it as the source asks. Raises FetchError for any fault."""
        import requests
        import urllib3

        network_errors = (
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            ConnectionError,
            TimeoutError,
        )
        time.sleep(max(0.0, self.last_request + self.source.pause - time.monotonic()))
        try:
            self._follow(url, target, headers)
        except requests.exceptions.SSLError as error:
            host = urlsplit(str(error.request.url if error.request else url)).netloc
            raise self._error(
                url,
                f"the certificate of {host} is not valid ({http_session.innermost_cause(error)})",
                "Nothing was sent. See whether this network intercepts connections; "
                "never switch the check off.",
            ) from None
        except ValueError as error:  # of a malformed header or address
            problem = f"it answers what cannot be followed ({type(error).__name__})"
            raise self._error(url, problem, self._moved_hint()) from None
        except network_errors as error:
            raise self._error(
                url,
                f"the connection failed ({http_session.innermost_cause(error)})",
                http_session.connection_hint(url, error),
                retry=True,
            ) from None
        finally:
            self.last_request = time.monotonic()

    def _follow(self, url: str, target: Path, headers: dict) -> None:
        """Receive the answer of `url`, or of where it redirects."""
        source, address = self.source, url
        own_host = urlsplit(source.address).netloc
        for _ in range(MAX_REDIRECTS):
            self._check_host(address, url)
            sent = dict(headers)
            if source.api_key and urlsplit(address).netloc == own_host:  # not where it redirects
                sent[source.api_key_spec["header"]] = source.api_key
            with self.session.get(
                address,
                headers=sent,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            ) as answer:
                if not answer.is_redirect:
                    self._check_status(answer, url)
                    self._receive(answer, url, target)
                    return
                address = urljoin(address, answer.headers["Location"])
        raise self._error(url, f"more than {MAX_REDIRECTS} redirects", self._moved_hint())

    def _check_host(self, address: str, url: str) -> None:
        parts = urlsplit(address)
        what = "its address is" if address == url else "it redirects to"
        where = f"{what} {parts.scheme}://{parts.netloc}"
        if parts.scheme != "https":
            raise self._error(url, f"{where}, which is not https", self._moved_hint())
        if parts.username or parts.netloc not in self.source.hosts:
            hosts = ", ".join(self.source.hosts)
            raise self._error(
                url,
                f"{where}, which is none of the hosts listed for it ({hosts})",
                "If the institution moved there, add the host in data/sources.yml.",
            )

    def _check_status(self, answer, url: str) -> None:
        """Raise the error that a status other than 200 stands for."""
        status, moved = answer.status_code, self._moved_hint()
        if status == 200:
            return
        problem = f"it answers {status} {answer.reason or ''}".strip()
        if status in (404, 410):
            raise self._error(url, f"{problem}: there is no such file", moved)
        if status in (401, 403):
            hint = self._key_hint() or self._browser_hint() or moved
            raise self._error(url, f"{problem}: access is refused", hint)
        if status != 429 and status < 500:
            raise self._error(url, problem, moved)
        wait = http_session.retry_after(answer.headers.get("Retry-After", ""))
        if wait > MAX_WAIT:
            hint = "Run the same command again after that; what was downloaded is kept."
            raise self._error(url, f"{problem} and asks to wait {wait:.0f} seconds", hint)
        without_key = status == 429 and self.source.api_key_spec and not self.source.api_key
        hint = f"{LATER} {self._key_hint()}" if without_key else LATER
        raise self._error(url, problem, hint, retry=True, wait=wait)

    def _receive(self, answer, url: str, target: Path) -> None:
        """Write the body to `target`, decoded, within the limits."""
        length = answer.headers.get("Content-Length", "")
        total = int(length) if length.isascii() and length.isdigit() else None
        if total and total > self._limit:
            raise self._too_large(url)
        encoding = answer.headers.get("Content-Encoding", "identity").lower()
        if encoding not in ("identity", "gzip"):
            problem = f"the answer is encoded as {encoding!r}, which was not asked for"
            raise self._error(url, problem, self._moved_hint())
        encoded = target.with_name("encoded") if encoding == "gzip" else target
        if self.progress is not None:
            label = f"{self.source.name}, file {len(self.entries) + 1}"
            self.progress.set_description(label, refresh=False)
            self.progress.reset(total=total)

        def read() -> bytes:
            # read1: what has come, not only once a whole chunk is there
            piece = answer.raw.read1(CHUNK, decode_content=False)
            if self.progress is not None:
                self.progress.update(len(piece))
            return piece

        self.received += self._copy(read, encoded, url)
        if self.received > MAX_TOTAL * self._limit:
            problem = (
                f"the source's files are larger together than {MAX_TOTAL} times "
                f"the {self.source.max_mb} MB that data/sources.yml allows for one"
            )
            raise self._error(url, problem, GROWN)
        if encoding == "gzip":
            try:
                with gzip.open(encoded) as compressed:
                    self._copy(lambda: compressed.read(CHUNK), target, url)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                cause = http_session.innermost_cause(error)
                problem = f"the compressed answer is cut short or damaged ({cause})"
                raise self._error(url, problem, "Try again later.", retry=True) from None

    def _copy(self, read: Callable[[], bytes], target: Path, url: str) -> int:
        """Write what `read` gives to `target`, up to the limit; return the bytes written."""
        size = 0
        with target.open("wb") as out:
            while piece := read():
                size += len(piece)
                if size > self._limit:
                    raise self._too_large(url)
                with naming(target):
                    out.write(piece)
        return size

    # --- messages -------------------------------------------------------------------------------

    @property
    def _limit(self) -> int:
        return self.source.max_mb * 1_000_000

    def _error(self, url: str, reason: str, hint: str, **more) -> FetchError:
        shown = text.one_line(self.source.redact(reason))  # a server's words
        return FetchError(self.source.name, url, shown, hint, **more)

    def _too_large(self, url: str) -> FetchError:
        limit = f"the {self.source.max_mb} MB that data/sources.yml allows for it"
        return self._error(url, f"the answer is larger than {limit}", GROWN)

    def _moved_hint(self) -> str:
        return (
            f"See whether {self.source.institution} has moved it, "
            "and set its new address in data/sources.yml."
        )

    def _browser_hint(self) -> str:
        names = ", ".join(self.source.files)
        if not names:
            return ""
        return f"It may let in persons only: download {names} in a browser and give it with --file."

    def _key_hint(self) -> str:
        if not (spec := self.source.api_key_spec):
            return ""
        state = "is refused" if self.source.api_key else "is not set"
        return (
            f"The key is read from the environment: {spec['variable']} {state}. "
            f"One is had at {spec['page']}."
        )


# --- all files of a source ----------------------------------------------------------------------


def download(
    source: Source,
    pair: tuple[str, ...],
    store: Path = STORE,
    say: Callable[[str], None] = print,
    force: bool = False,
) -> str:
    """Download what a source publishes now into `store`/NAME, all or nothing; return its edition.

    Downloads younger than a day are reused unless `force`, so that a real run writes what the dry
    run showed; an interrupted run is resumed in that time.

    Raises
    ------
    FetchError
        Names the address.
    """
    from tqdm import tqdm

    folder, part = store / source.name, store / f".{source.name}.part"
    if not force and _is_recent(source, folder):
        say(f"{source.name}: downloaded less than a day ago, taken as it is (--force: anew)")
        return manifest(folder)["edition"]
    if part.exists() and (force or time.time() - part.stat().st_mtime > MAX_AGE):
        shutil.rmtree(part)
    part.mkdir(parents=True, exist_ok=True)
    say(f"{source.name}: downloading from {source.address}")
    with tqdm(  # disable=None: no bar where no terminal shows it
        unit="B", unit_scale=True, desc=source.name, disable=None, leave=False
    ) as bar:
        downloader = Downloader(source, part, say if bar.disable else bar.write, bar)
        edition = _run_connector(source, downloader, pair)
    entries = {
        name: downloader.entries[name]
        for name in downloader.requested
        if name in downloader.entries
    }
    for path in part.iterdir():  # of an interrupted run that asked otherwise, as without a key
        if path.name not in entries:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    # the edition may hold words of the institution, and is printed on pages
    edition = re.sub(r"[^\w .,:;()’'–+/-]", "", source.redact(edition))[:300]
    publish(source, part, folder, {"edition": edition, "files": entries})
    return edition


def _is_recent(source: Source, folder: Path) -> bool:
    """Tell whether a folder holds a download of the source that is younger than a day."""
    known = manifest(folder)
    if known.get("address") != source.address or known.get("by_hand"):
        return False
    return time.time() - (folder / MANIFEST).stat().st_mtime < MAX_AGE


def _run_connector(source: Source, downloader: Downloader, pair: tuple[str, ...]) -> str:
    """Have the source's connector download its files; return the edition."""
    try:
        connector = importlib.import_module(source.module)
        return getattr(connector, source.download)(downloader, pair)
    except FetchError:
        raise
    except Exception as error:  # an answer of a form that the connector does not know
        name = downloader.requested[-1] if downloader.requested else ""
        problem = f"the answer is not of the form that is known ({type(error).__name__}: {error})"
        raise downloader.refuse(
            name,
            problem[:400],
            f"Look at the address; if {source.institution} changed what it publishes, "
            f"{source.module} must follow.",
        ) from error
