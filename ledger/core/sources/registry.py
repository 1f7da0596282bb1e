"""Read `data/sources.yml`: where institutions publish, how often, in what form, on what terms."""

from __future__ import annotations

import dataclasses
import datetime
import html
import json
import os
import re
from pathlib import Path
from urllib.parse import quote

from ledger.core.authored import forms
from ledger.core.authored.loaders import Document, read_yaml
from ledger.core.config import DATA

REGISTRY = DATA / "sources.yml"


class FetchError(RuntimeError):
    """A file could not be had, or is not what it should be.

    Parameters
    ----------
    source, address : entry of data/sources.yml, and what was asked for (may be empty).
    reason, hint : what is wrong, and what to do.
    retry : whether another try may help.
    wait : seconds that the server asks to wait before it.
    """

    def __init__(
        self,
        source: str,
        address: str,
        reason: str,
        hint: str = "",
        *,
        retry: bool = False,
        wait: float = 0,
    ):
        self.source, self.address, self.reason, self.hint = source, address, reason, hint
        self.retry, self.wait = retry, wait
        place = f"source {source}, {address}" if address else f"source {source}"
        super().__init__(f"{place}: {reason}" + (f"\n  {hint}" if hint else ""))


@dataclasses.dataclass(frozen=True)
class Source:
    """One entry of data/sources.yml.

    Attributes
    ----------
    name : key of the entry.
    label : name under which rows and credits give the source.
    institution, format, published, terms, note : text for readers.
    how : automatic, manual (the site lets in persons only), automatic or manual (it often does),
        or closed (there will be no newer edition).
    module : its connectors, and the function `download`.
    tables : table → function of `module` that makes rows of it from this source.
    rows : table → column → values of the rows that this function makes, where that is not
        {source: label}.
    address, hosts : where downloads begin, and the only hosts they may come from.
    download : name of the function of `module` that downloads the files.
    api_key_spec : variable, header, required, page; empty where no key is needed.
    months, next : months between two editions, and when one is expected (see `due`).
    newer : editions known to be out that the tables do not hold; empty when none is.
    max_mb : megabytes that one file may have.
    pause : seconds between two requests.
    files : files that a person downloads: name in the store → text by which the file is known.
    snapshot : folder of the copy that tables were first built from, where its name is another.
    """

    name: str
    label: str
    institution: str
    how: str
    format: str
    published: str
    terms: str
    module: str
    tables: dict[str, str]
    rows: dict[str, dict] = dataclasses.field(default_factory=dict)
    address: str = ""
    hosts: tuple[str, ...] = ()
    download: str = "download"
    api_key_spec: dict = dataclasses.field(default_factory=dict)
    months: int | None = None
    next: datetime.date | None = None
    newer: str = ""
    max_mb: int = 100
    pause: float = 0
    files: dict[str, str] = dataclasses.field(default_factory=dict)
    snapshot: str = ""
    note: str = ""

    @property
    def automatic(self) -> bool:
        """Whether a program may download the files."""
        return self.how.startswith("automatic")

    @property
    def api_key(self) -> str | None:
        """The key in the environment, None where there is none. Raises FetchError if malformed."""
        if not self.api_key_spec:
            return None
        variable = self.api_key_spec["variable"]
        value = os.environ.get(variable, "").strip()
        if not re.fullmatch(r"[!-~]*", value):
            raise FetchError(
                self.name,
                self.address,
                f"the value of {variable} in the environment cannot be a key: it has blanks, "
                "line ends or characters outside ASCII",
                "Set it anew.",
            )
        return value or None

    def entries(self, resource: dict) -> list[dict]:
        """Return the entries of this source in the descriptor of a table."""
        names = (self.name, self.snapshot)
        return [entry for entry in resource["sources"] if entry.get("upstream") in names]

    def due(self, package: dict) -> datetime.date | None:
        """Return when the next edition is expected, None where that is not known.

        It is `next`, moved on by `months` while the tables in `package` were retrieved later.
        """
        retrieved = [
            datetime.date.fromisoformat(entry["retrieved"])
            for resource in package["resources"]
            if resource["name"] in self.tables
            for entry in self.entries(resource)
            if re.fullmatch(r"\d{4}-\d\d-\d\d", entry["retrieved"])
        ]
        date, latest = self.next, max(retrieved, default=None)
        while date and self.months and latest and date <= latest:
            years, month = divmod(date.month - 1 + self.months, 12)
            date = date.replace(year=date.year + years, month=month + 1, day=min(date.day, 28))
        return date

    def redact(self, text: str) -> str:
        """Return `text` without the API key, be it quoted in any way or cut short."""
        if key := self.api_key:
            escaped = repr(key)[1:-1], json.dumps(key)[1:-1], html.escape(key), quote(key, safe="")
            for form in (key, *escaped):
                for length in range(len(form), min(8, len(form)) - 1, -1):
                    text = text.replace(form[:length], "***")
        return text


def sources(registry: Path = REGISTRY) -> dict[str, Source]:
    """Return the entries of `data/sources.yml` by name.

    Raises
    ------
    FileError
        Names the line, and the key that is missing, unknown or wrong.
    """
    file = read_yaml(registry.parent.parent, f"{registry.parent.name}/{registry.name}")
    forms.check(file, forms.SOURCES)
    return {name: _source(file, name, entry) for name, entry in (file.content or {}).items()}


def _source(file: Document, name: str, entry: dict) -> Source:
    source = Source(name=name, **entry | {"hosts": tuple(entry.get("hosts", ()))})
    https = source.address.startswith("https://")
    if source.automatic and not (https and source.hosts):
        problem = "an automatic download needs an address that begins with https://, and hosts"
    elif source.how.endswith("manual") and not (https and source.files):
        problem = "a download by a person needs files, and the address (https://) of their page"
    else:
        return source
    raise file.error(f"{name}: {problem}. Give them.", name)
