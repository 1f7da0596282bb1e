"""The one way a file of an institution reaches this computer.

`data/sources.yml` says where each institution publishes, how often, in what form, on what terms, and what it needs; nothing is asked of
any other address. A download is https with the certificate checked, from the hosts listed there, bounded in size and time, tried
again where trying again can help, and looked into before it is believed: an error page, a body cut short or an archive that reaches
out of its folder never arrives. Keys come from the environment and travel in a header, so that no address or message holds one.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import gzip
import hashlib
import html
import importlib
import json
import logging
import os
import re
import shutil
import signal
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import yaml

from ledger.core.config import DATA, ROOT

REGISTRY = DATA / "sources.yml"
STORE = ROOT / "_build" / "upstream"  # what was downloaded, one folder a source; never in git
TRIES = 5
WAIT = 1.0  # seconds before the second try; doubled before each further one
LONGEST_WAIT = 120  # seconds: a server that asks for more is to be asked another day
PATIENCE = 1800  # seconds a file may take
CONNECT, SILENCE = 15, 60  # seconds until a connection stands, and between two pieces of an answer
HOPS = 5  # redirects
CHUNK = 1 << 16
FRESH = 24 * 3600  # seconds in which a download that was broken off is taken up again
UNPACKED = 20  # an archive may unpack to so many times the source's largest download


class FetchError(RuntimeError):
    """A file could not be had, or is not what it should be: names the source and the address, and says what to do."""

    def __init__(
        self,
        source: str,
        address: str,
        why: str,
        hint: str = "",
        *,
        again: bool = False,
        wait: float = 0,
    ):
        self.source, self.address, self.why, self.hint = source, address, why, hint
        self.again, self.wait = (
            again,
            wait,
        )  # whether another try may help, and the seconds the server asks to wait
        super().__init__(
            f"source {source}"
            + (f", {address}" if address else "")
            + f": {why}"
            + (f"\n  {hint}" if hint else "")
        )


@dataclass(frozen=True)
class Source:
    """One entry of data/sources.yml. `how` is automatic, manual (the site lets in persons only), automatic or manual (it often does), or
    closed (there will be no newer edition)."""

    name: str
    key: str  # the name under which rows and credits give it
    institution: str
    how: str
    format: str
    published: str
    terms: str
    module: str  # has the connectors, and `download`
    tables: dict[
        str, str
    ]  # table → the connector in `module` that makes rows of it from this source
    rows: dict[str, dict] = field(
        default_factory=dict
    )  # table → the rows that this connector makes, as column → values, where it is not {source: key}
    address: str = ""
    hosts: tuple[str, ...] = ()
    download: str = "download"
    secret: dict = field(default_factory=dict)  # variable, header, required, page
    months: int | None = None  # between two editions
    next: datetime.date | None = None  # when an edition is expected, from which `due` reckons on
    largest: int = 100  # megabytes a file may have
    pause: float = 0  # seconds between two requests
    files: dict[str, str] = field(
        default_factory=dict
    )  # manual: name in the store → words by which the file is known
    snapshot: str = ""  # the folder of the snapshot that the tables were first built from, where it has another name
    note: str = ""

    @property
    def value(self) -> str | None:
        """The key that the environment holds for this source, None where there is none. Raises FetchError when it cannot be one."""
        value = os.environ.get(self.secret["variable"], "").strip() if self.secret else ""
        if not re.fullmatch(r"[!-~]*", value):
            raise FetchError(
                self.name,
                self.address,
                f"what the environment holds in {self.secret['variable']} cannot be a key: it has blanks, line ends or letters that keys do not have",
                "Set it anew.",
            )
        return value or None

    def entries(self, resource: dict) -> list[dict]:
        """Return the entries among a table's sources, in its descriptor, that are of this source."""
        return [
            entry
            for entry in resource["sources"]
            if entry.get("upstream") in (self.name, self.snapshot)
        ]

    def due(self, content: dict) -> datetime.date | None:
        """Return when the next edition is expected, given what the tables of a data package hold: the date of data/sources.yml, moved on by
        the institution's rhythm while what is held was retrieved later."""
        date = self.next
        held = [
            entry["retrieved"]
            for resource in content["resources"]
            if resource["name"] in self.tables
            for entry in self.entries(resource)
        ]
        latest = max(
            (
                datetime.date.fromisoformat(each)
                for each in held
                if re.fullmatch(r"\d{4}-\d\d-\d\d", each)
            ),
            default=None,
        )
        while date and self.months and latest and date <= latest:
            month = date.month - 1 + self.months
            date = date.replace(
                year=date.year + month // 12, month=month % 12 + 1, day=min(date.day, 28)
            )
        return date

    def hide(self, text: str) -> str:
        """Return `text` without the key, should a server have repeated it: as it is, quoted in any way, or cut short."""
        if key := self.value:
            for form in (
                key,
                repr(key)[1:-1],
                json.dumps(key)[1:-1],
                html.escape(key),
                quote(key, safe=""),
            ):
                for length in range(len(form), min(8, len(form)) - 1, -1):
                    text = text.replace(form[:length], "***")
        return text


def sources(registry: Path = REGISTRY) -> dict[str, Source]:
    """Return the entries of data/sources.yml by name. Raises ValueError that names the entry and the part which is missing or not known."""
    found = {}
    for name, entry in (yaml.safe_load(registry.read_text(encoding="utf-8")) or {}).items():
        try:
            entry = dict(entry)
            entry["hosts"] = tuple(entry.get("hosts", ()))
            source = Source(name=name, **entry)
        except TypeError as error:
            raise ValueError(
                f"{registry.name}, {name}: {str(error).removeprefix('Source.__init__() ')}"
            ) from None
        if source.how not in ("automatic", "automatic or manual", "manual", "closed"):
            raise ValueError(
                f"{registry.name}, {name}: how is {source.how!r}, and must be automatic, automatic or manual, manual, or closed"
            )
        if source.how.startswith("automatic") and not (
            source.address.startswith("https://") and source.hosts
        ):
            raise ValueError(
                f"{registry.name}, {name}: what is downloaded automatically needs an address that begins with https://, and hosts"
            )
        if source.how.endswith("manual") and not (
            source.files and source.address.startswith("https://")
        ):
            raise ValueError(
                f"{registry.name}, {name}: what a person downloads needs files and the address of the page that offers them"
            )
        found[name] = source
    return found


class Get:
    """Downloads files of one source into a folder of its own; `get(name, address)` returns the path of one file.

    What was downloaded stands in `fetched.json` beside the files: address, time, size and hash of each.
    """

    def __init__(
        self, source: Source, folder: Path, say: Callable[[str], None] = print, progress=None
    ):
        self.source, self.folder, self.say, self.progress = source, folder, say, progress
        if source.secret.get("required") and not source.value:
            raise FetchError(
                source.name,
                source.address,
                f"the environment has no {source.secret['variable']}",
                self._about_key(),
            )
        self.last = 0.0  # when the last request ended
        self.received = 0  # bytes
        self.asked: list[str] = []  # names of the files that this run wants
        self.fetched = record(folder).get("files", {})

    @functools.cached_property
    def session(self):
        import requests

        session = requests.Session()
        session.auth = lambda request: request  # nothing from a .netrc
        session.headers["User-Agent"] = "russia-iran-ledger"
        session.headers["Accept-Encoding"] = "gzip"
        return session

    def __call__(
        self,
        name: str,
        address: str = "",
        *,
        params: dict | None = None,
        headers: dict | None = None,
        kind: str,
    ) -> Path:
        """Return the path of file `name`, downloaded from `address` (relative to the source's own) unless a run that was broken off had it.

        `kind` is csv, json, xlsx, zip, dta or rda: the answer is refused when it is not that. Raises FetchError.
        """
        import pooch
        import requests

        url = str(
            requests.Request("GET", urljoin(self.source.address, address), params=params)
            .prepare()
            .url
        )
        path = self.folder / name
        self.asked.append(name)
        known = self.fetched.get(name)
        if known and known["address"] == url and path.exists() and sha256(path) == known["sha256"]:
            return path
        path.unlink(missing_ok=True)

        def downloader(*asked, **_) -> None:
            target = Path(asked[1])  # of address, path and pooch itself
            with _deadline(
                PATIENCE,
                lambda: self._error(
                    url,
                    f"it was not there after {PATIENCE} seconds",
                    "Try again later; what was downloaded is kept.",
                ),
            ):
                self._with_tries(url, target, headers or {})
            check(self.source, url, target, kind)

        logging.getLogger("pooch").setLevel(logging.WARNING)
        pooch.get_logger().setLevel("WARNING")
        pooch.retrieve(url, None, fname=name, path=self.folder, downloader=downloader)
        self.fetched[name] = {
            "address": url,
            "retrieved": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "bytes": path.stat().st_size,
            "sha256": sha256(path),
        }
        aside = self.folder / ".fetched.new"
        aside.write_text(json.dumps({"files": self.fetched}, indent=1), encoding="utf-8")
        os.replace(aside, self.folder / "fetched.json")
        return path

    def refuse(self, name: str, why: str, hint: str = "") -> FetchError:
        """Return the error that says what is wrong with a file that arrived, with its address; for connectors to raise."""
        (self.folder / name).unlink(missing_ok=True)  # so that the next run asks anew
        return FetchError(
            self.source.name,
            self.fetched.pop(name)["address"] if name in self.fetched else self.source.address,
            self.source.hide(why),
            hint,
        )

    # --- one download -----------------------------------------------------------------------------------------------------------

    def _with_tries(self, url: str, target: Path, headers: dict) -> None:
        import tenacity

        def wait(state) -> float:
            return state.outcome.exception().wait or WAIT * 2 ** (state.attempt_number - 1)

        def tell(state) -> None:
            self.say(
                f"  {self.source.name}: {state.outcome.exception().why}; trying again in {state.next_action.sleep:.0f} s (try {state.attempt_number + 1} of {TRIES})"
            )

        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, FetchError) and e.again),
            stop=tenacity.stop_after_attempt(TRIES),
            wait=wait,
            before_sleep=tell,
            reraise=True,
        )
        tries(self._once, url, target, headers)

    def _once(self, url: str, target: Path, headers: dict) -> None:
        import requests
        import urllib3

        time.sleep(max(0.0, self.last + self.source.pause - time.monotonic()))
        asked = url
        try:
            for _ in range(HOPS):
                self._allow(url, asked)
                sent = dict(headers)
                if (
                    self.source.value
                    and urlsplit(url).netloc == urlsplit(self.source.address).netloc
                ):
                    sent[self.source.secret["header"]] = (
                        self.source.value
                    )  # to the institution itself, never to where it redirects
                with self.session.get(
                    url,
                    headers=sent,
                    stream=True,
                    allow_redirects=False,
                    timeout=(CONNECT, SILENCE),
                ) as answer:
                    if answer.is_redirect:
                        url = urljoin(url, answer.headers["Location"])
                        continue
                    self._judge(answer, asked)
                    self._receive(answer, asked, target)
                    return
            raise self._error(asked, f"more than {HOPS} redirects", self._moved())
        except requests.exceptions.SSLError as error:
            raise self._error(
                asked,
                f"the certificate of {urlsplit(url).netloc} is not valid ({self.source.hide(_reason(error))})",
                "Nothing was sent. See whether this network intercepts connections; never switch the check off.",
            ) from None
        except FetchError:
            raise
        except (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidHeader,
            ValueError,
        ) as error:
            raise self._error(
                asked, f"it answers what cannot be followed ({type(error).__name__})", self._moved()
            ) from None
        except (
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            ConnectionError,
            TimeoutError,
        ) as error:
            raise self._error(
                asked,
                f"the connection failed ({_reason(error)})",
                "Try again later; if it goes on, see whether the address in data/sources.yml is still right.",
                again=True,
            ) from None
        finally:
            self.last = time.monotonic()

    def _allow(self, url: str, asked: str) -> None:
        parts = urlsplit(url)
        redirected = (
            f"it redirects to {parts.scheme}://{parts.netloc}"
            if url != asked
            else f"its address is {parts.scheme}://{parts.netloc}"
        )
        if parts.scheme != "https":
            raise self._error(asked, f"{redirected}, which is not https", self._moved())
        if parts.username or parts.netloc not in self.source.hosts:
            raise self._error(
                asked,
                f"{redirected}, which is none of the hosts listed for it ({', '.join(self.source.hosts)})",
                "If the institution moved there, add the host in data/sources.yml.",
            )

    def _judge(self, answer, asked: str) -> None:
        """Raise the error that a status stands for; return when the answer is 200."""
        status = answer.status_code
        if status == 200:
            return
        says = f"it answers {status} {answer.reason or ''}".strip()
        if status in (404, 410):
            raise self._error(asked, f"{says}: there is no such file", self._moved())
        if status in (401, 403):
            raise self._error(
                asked,
                f"{says}: access is refused",
                self._about_key() or self._by_hand() or self._moved(),
            )
        if status == 429 or status >= 500:
            wait = _seconds(answer.headers.get("Retry-After", ""))
            if wait > LONGEST_WAIT:
                raise self._error(
                    asked,
                    f"{says} and asks to wait {wait:.0f} seconds",
                    "Run the same command again after that; what was downloaded is kept.",
                )
            raise self._error(
                asked,
                says,
                "Try again later; what was downloaded is kept."
                + (
                    " " + self._about_key()
                    if status == 429 and self.source.secret and not self.source.value
                    else ""
                ),
                again=True,
                wait=wait,
            )
        raise self._error(asked, says, self._moved())

    def _receive(self, answer, asked: str, target: Path) -> None:
        """Write the body to `target`, decoded, within the bounds."""
        limit = self.source.largest * 1_000_000
        too_large = f"the answer is larger than the {self.source.largest} MB that data/sources.yml allows for it"
        hint = "If the institution's file has grown, raise `largest` there."
        said = answer.headers.get("Content-Length", "")
        if said.isascii() and said.isdigit() and int(said) > limit:
            raise self._error(asked, too_large, hint)
        encoding = answer.headers.get("Content-Encoding", "identity").lower()
        if encoding not in ("identity", "gzip"):
            raise self._error(
                asked,
                f"the answer is encoded as {encoding!r}, which was not asked for",
                self._moved(),
            )
        encoded = target.with_suffix(".encoded") if encoding == "gzip" else target
        size = 0
        try:
            if self.progress is not None:
                self.progress.set_description(
                    f"{self.source.name}, file {len(self.fetched) + 1}", refresh=False
                )
                self.progress.reset(total=int(said) if said.isascii() and said.isdigit() else None)
            with encoded.open("wb") as out:
                while piece := answer.raw.read1(
                    CHUNK, decode_content=False
                ):  # what has come, not only once a whole chunk is there
                    size += len(piece)
                    if size > limit:
                        raise self._error(asked, too_large, hint)
                    out.write(piece)
                    if self.progress is not None:
                        self.progress.update(len(piece))
            self.received += size
            if self.received > UNPACKED * limit:
                raise self._error(
                    asked,
                    f"the source's files are larger together than {UNPACKED} times the {self.source.largest} MB that data/sources.yml allows for one",
                    hint,
                )
            if encoding == "gzip":
                with gzip.open(encoded) as compressed, target.open("wb") as out:
                    size = 0
                    while piece := compressed.read(CHUNK):
                        size += len(piece)
                        if size > limit:
                            raise self._error(asked, too_large, hint)
                        out.write(piece)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise self._error(
                asked,
                f"the compressed answer is cut short or damaged ({_reason(error)})",
                "Try again later.",
                again=True,
            ) from None
        finally:
            if encoded != target:
                encoded.unlink(missing_ok=True)

    def _error(self, asked: str, why: str, hint: str, **more) -> FetchError:
        return FetchError(self.source.name, asked, self.source.hide(why), hint, **more)

    def _moved(self) -> str:
        return f"See whether {self.source.institution} has moved it, and set its new address in data/sources.yml."

    def _by_hand(self) -> str:
        names = ", ".join(self.source.files)
        return (
            f"It may let in persons only: download {names} in a browser and give it with --file."
            if names
            else ""
        )

    def _about_key(self) -> str:
        secret = self.source.secret
        if not secret:
            return ""
        known = "is refused" if self.source.value else "is not set"
        return f"The key is read from the environment: {secret['variable']} {known}. One is had at {secret['page']}."


def _reason(error: BaseException) -> str:
    """Name the innermost cause of a network error in a few words."""
    while (
        inner := error.__cause__
        or error.__context__
        or next((arg for arg in error.args if isinstance(arg, BaseException)), None)
    ) is not None and inner is not error:
        error = inner
    reason = getattr(error, "reason", None)
    text = (
        " ".join(str(reason if isinstance(reason, str) else error).split()) or type(error).__name__
    )
    return text[:400]


def _seconds(text: str) -> float:
    """Return the seconds that a Retry-After header asks for: a number, or a date."""
    if re.fullmatch(r"\d{1,9}", text.strip()):
        return float(text)
    try:
        return max(
            0.0, (parsedate_to_datetime(text) - datetime.datetime.now(datetime.UTC)).total_seconds()
        )
    except (ValueError, TypeError, OverflowError):
        return 0.0


@contextlib.contextmanager
def _deadline(seconds: float, error: Callable[[], Exception]) -> Iterator[None]:
    """Raise `error` once so many seconds have gone, wherever the download then is: a server may drip for hours without ever falling
    silent. Only the main thread can be interrupted so; elsewhere the download goes on."""
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


def sha256(path: Path) -> str:
    """Return the hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- whole sources --------------------------------------------------------------------------------------------------------------


def download(
    source: Source,
    pair: tuple[str, str],
    store: Path = STORE,
    say: Callable[[str], None] = print,
    again: bool = False,
) -> str:
    """Download what a source publishes now into `store`/NAME, whole or not at all, and return its edition in words.

    What was downloaded within a day is not asked for again (unless `again`), nor what a run had that was broken off in that time: so
    what is written is what was shown before. Raises FetchError, which names the address.
    """
    from tqdm import tqdm

    folder, part = store / source.name, store / f".{source.name}.part"
    known = record(folder)
    if (
        not again
        and known.get("address") == source.address
        and not known.get("by_hand")
        and time.time() - (folder / "fetched.json").stat().st_mtime < FRESH
    ):
        say(
            f"{source.name}: downloaded less than a day ago, taken as it is (--again downloads anew)"
        )
        return known["edition"]
    if part.exists() and (again or time.time() - part.stat().st_mtime > FRESH):
        shutil.rmtree(part)
    part.mkdir(parents=True, exist_ok=True)
    say(f"{source.name}: downloading from {source.address}")
    with tqdm(
        unit="B", unit_scale=True, desc=source.name, disable=None, leave=False
    ) as bar:  # none where no terminal shows it
        get = Get(source, part, bar.write if not bar.disable else say, bar)
        try:
            edition = getattr(importlib.import_module(source.module), source.download)(get, pair)
        except FetchError:
            raise
        except Exception as error:  # an answer of another form than the connector knows: it is thrown away, so that the next run asks anew
            name = get.asked[-1] if get.asked else ""
            raise get.refuse(
                name,
                f"the answer is not of the form that is known ({type(error).__name__}: {error})"[
                    :400
                ],
                f"Look at the address; if {source.institution} changed what it publishes, {source.module} must follow.",
            ) from error
    for name in set(get.fetched) - set(
        get.asked
    ):  # of a run that was broken off and asked otherwise, as without a key
        (part / name).unlink(missing_ok=True)
        del get.fetched[name]
    edition = re.sub(r"[^\w .,:;()’'–+/-]", "", source.hide(edition))[
        :300
    ]  # it may hold words of theirs, and is printed on pages
    _put(source, part, folder, {"edition": edition, "files": get.fetched})
    return edition


def stale(folder: Path) -> None:
    """Have the next run download a source anew: what stands in `folder` could not be read."""
    with contextlib.suppress(OSError):
        os.utime(folder / "fetched.json", (0, 0))


def take(
    source: Source, files: Iterable[Path], store: Path = STORE, edition: str = ""
) -> list[Path]:
    """Put those of `files` that are this source's, downloaded by a person, into `store`/NAME; return the ones that were taken.

    A file is known by its ending and by the words that data/sources.yml says it holds; of an archive (.zip) each file counts. Raises
    FetchError when one is not sound, or when the source needs a file that is not there.
    """
    part, taken, fetched = store / f".{source.name}.part", [], {}
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        offered = [
            (path, each)
            for path in files
            for each in (
                _unpacked(source, path, part / "unpacked")
                if path.suffix.lower() == ".zip"
                else [path]
            )
        ]
        for name, holds in source.files.items():
            found = [
                (path, each)
                for path, each in offered
                if each.suffix.lower() == Path(name).suffix and _holds(each, holds)
            ]
            if len(found) > 1:
                raise FetchError(
                    source.name,
                    "",
                    f"{found[0][1].name} of {found[0][0]} and {found[1][1].name} of {found[1][0]} are both its file {name}",
                    "Give one of them.",
                )
            for path, each in found:
                if each.stat().st_size > source.largest * 1_000_000:
                    raise FetchError(
                        source.name,
                        str(path),
                        f"the file is larger than the {source.largest} MB that data/sources.yml allows for it",
                        "If the institution's file has grown, raise `largest` there.",
                    )
                check(source, str(path), each, Path(name).suffix[1:], whole=False)
                shutil.copyfile(each, part / name)
                taken.append(path)
                fetched[name] = {
                    "address": source.address,
                    "retrieved": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                    "bytes": each.stat().st_size,
                    "sha256": sha256(each),
                }
        if taken and (missing := set(source.files) - set(fetched)):
            raise FetchError(
                source.name,
                source.address,
                f"it also needs {', '.join(sorted(missing))}",
                "Download it there and give it with a further --file.",
            )
        if taken:
            shutil.rmtree(part / "unpacked", ignore_errors=True)
            _put(
                source,
                part,
                store / source.name,
                {"by_hand": True, "edition": edition, "files": fetched},
            )
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return taken


def _unpacked(source: Source, path: Path, folder: Path) -> list[Path]:
    """Return the files of an archive, unpacked into `folder` under names of ours, so that no path in it leads anywhere."""
    if why := unsafe(path, source.largest * 1_000_000 * UNPACKED):
        raise FetchError(
            source.name,
            str(path),
            why,
            "Do not unpack it; see whether it is what the institution publishes.",
        )
    found = []
    with zipfile.ZipFile(path) as archive:
        for number, member in enumerate(each for each in archive.infolist() if not each.is_dir()):
            found.append(folder / f"{path.stem}-{number}" / re.split(r"[/\\]", member.filename)[-1])
            found[-1].parent.mkdir(parents=True)
            try:
                with archive.open(member) as packed, found[-1].open("wb") as out:
                    shutil.copyfileobj(packed, out)
            except (
                zipfile.BadZipFile,
                RuntimeError,
                NotImplementedError,
                EOFError,
                zlib.error,
            ) as error:
                raise FetchError(
                    source.name,
                    str(path),
                    f"{member.filename} cannot be unpacked ({error})",
                    "Download it again, or unpack it yourself and give the file.",
                ) from None
    return found


def _put(source: Source, part: Path, folder: Path, record: dict) -> None:
    """Put a complete download in the place of the one before."""
    (part / "fetched.json").write_text(
        json.dumps({"address": source.address} | record, indent=1), encoding="utf-8"
    )
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)


def record(folder: Path) -> dict:
    """Return what is known of a downloaded folder (address, edition, files); nothing where there is none, or it is damaged."""
    try:
        return json.loads((folder / "fetched.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _holds(path: Path, text: str) -> bool:
    """Tell whether a file's beginning holds a text; of a workbook, its sheets' names and its words."""
    if path.suffix.lower() == ".xlsx":
        if unsafe(path, 10**9):
            return True  # `check` says what is wrong with it
        try:
            with zipfile.ZipFile(path) as archive:
                return any(
                    text.encode() in archive.read(name)
                    for name in ("xl/workbook.xml", "xl/sharedStrings.xml")
                    if name in archive.namelist()
                )
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error):
            return False
    with path.open("rb") as file:
        return text.encode() in file.read(CHUNK)


# --- whether a file is what it should be ----------------------------------------------------------------------------------------


def check(source: Source, address: str, path: Path, kind: str, whole: bool = True) -> None:
    """Refuse a file that is not of its kind, is empty, is an error page, or is an archive that is not safe to open. Raises FetchError.

    `whole` demands that the last line of text has an end, as all have that are downloaded; what a page hands to a person need not.
    """

    def refuse(why: str, hint: str = "") -> FetchError:
        return FetchError(
            source.name,
            address,
            source.hide(why),
            hint
            or f"Look at the address in a browser; if {source.institution} changed what it publishes there, data/sources.yml or its connector must follow.",
        )

    with path.open("rb") as file:
        head = file.read(2048).removeprefix(b"\xef\xbb\xbf").lstrip()
        file.seek(-1, os.SEEK_END) if path.stat().st_size else None
        last = file.read(1)
    if not head:
        raise refuse("the answer is empty")
    if head[:200].lower().startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        title = re.search(rb"<title[^>]*>(.*?)</title>", head, re.S | re.I)
        raise refuse(
            f"the answer is a web page, not {kind}"
            + (
                f", titled {source.hide(' '.join(title[1].decode('utf-8', 'replace').split()))[:80]!r}"
                if title
                else ""
            )
        )
    if kind == "json":
        try:
            json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise refuse(f"the answer is not JSON, or cut short ({error})") from None
    elif kind == "csv":
        if b"\0" in head or head.startswith((b"{", b"[", b"PK")):
            raise refuse("the answer is not CSV")
        if whole and last != b"\n":
            raise refuse("the answer is cut short: its last line has no end")
    elif kind in ("xlsx", "zip"):
        if why := unsafe(path, source.largest * 1_000_000 * UNPACKED):
            raise refuse(why)
        if kind == "xlsx" and "[Content_Types].xml" not in zipfile.ZipFile(path).namelist():
            raise refuse("the answer is an archive, but no workbook")
    elif kind == "dta":
        if not (head.startswith(b"<stata_dta>") or head[0] in range(0x69, 0x78)):
            raise refuse("the answer is not a Stata file")
    elif kind != "rda":
        raise ValueError(f"no check is known for files of kind {kind!r}")


def unsafe(path: Path, limit: int) -> str:
    """Say why an archive (a workbook is one) must not be opened, or return nothing: damaged, a path that climbs out, a link, or too
    much in it. Sizes are those that the archive declares; reading stops there."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        return f"the archive is damaged or cut short ({error})"
    for member in members:
        if (
            member.filename.startswith(("/", "\\"))
            or ".." in re.split(r"[/\\]", member.filename)
            or ":" in member.filename
        ):
            return f"the archive holds a path that leads out of its folder: {member.filename!r}"
        if (member.external_attr >> 16) & 0o170000 == 0o120000:
            return f"the archive holds a link: {member.filename!r}"
    if len(members) > 10_000 or (total := sum(member.file_size for member in members)) > limit:
        return (
            f"the archive unpacks to {total / 1e6:,.0f} MB in {len(members):,} files, more than the {limit / 1e6:,.0f} MB it may have"
            if len(members) <= 10_000
            else f"the archive holds {len(members):,} files"
        )
    for member in members:
        if member.file_size > 50_000_000 and member.file_size > 200 * max(1, member.compress_size):
            return f"the archive's {member.filename!r} unpacks to {member.file_size / member.compress_size:,.0f} times its size: a zip bomb"
    return ""
