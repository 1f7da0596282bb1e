"""Check that a file of an institution is what it should be: no error page, not cut short, safe."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from ledger.core.sources.archives import archive_problem
from ledger.core.sources.registry import FetchError, Source

UNPACKED = 20  # an archive may unpack to so many times the source's largest file
WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<?xml")


def unpacked_limit(source: Source) -> int:
    """Return the bytes that an archive of this source may unpack to."""
    return UNPACKED * source.max_mb * 1_000_000


def check_file(
    source: Source, address: str, path: Path, kind: str, complete_lines: bool = True
) -> None:
    """Refuse a file that is not of its kind, is empty, an error page or an unsafe archive.

    Parameters
    ----------
    address : where the file is from, for the message.
    kind : csv, tab (the same, with tabs), json, xlsx, zip, dta or rda.
    complete_lines : whether the last line of a CSV must have an end, as that of each download
        has; in a file that a page hands to a person it need not.

    Raises
    ------
    FetchError
    """
    with path.open("rb") as file:
        head = file.read(2048).removeprefix(b"\xef\xbb\xbf").lstrip()
        file.seek(-1, os.SEEK_END) if path.stat().st_size else None
        ends = not complete_lines or file.read(1) == b"\n"
    if not head:
        problem = "the answer is empty"
    elif head[:200].lower().startswith(WEB_PAGE):
        problem = f"the answer is a web page, not {kind}{_titled(source, head)}"
    elif kind in ("csv", "tab"):
        problem = _csv_problem(head, ends)
    elif kind in ("xlsx", "zip"):
        problem = archive_problem(path, unpacked_limit(source)) or _workbook_problem(path, kind)
    else:
        problem = PROBLEMS[kind](path, head)
    if problem:
        raise FetchError(
            source.name,
            address,
            source.redact(problem),
            f"Look at the address in a browser; if {source.institution} changed what it "
            "publishes there, data/sources.yml or its connector must follow.",
        )


def _titled(source: Source, head: bytes) -> str:
    title = re.search(rb"<title[^>]*>(.*?)</title>", head, re.S | re.I)
    words = " ".join(title[1].decode("utf-8", "replace").split()) if title else ""
    return f", titled {source.redact(words)[:80]!r}" if title else ""


def _csv_problem(head: bytes, ends: bool) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "the file is in UTF-16: save it as CSV UTF-8"
    if b"\0" in head or head.startswith((b"{", b"[", b"PK")):
        return "the answer is not CSV"
    return "" if ends else "the answer is cut short: its last line has no end"


def _workbook_problem(path: Path, kind: str) -> str:
    with zipfile.ZipFile(path) as archive:
        is_workbook = "[Content_Types].xml" in archive.namelist()
    return "the answer is an archive, but no workbook" if kind == "xlsx" and not is_workbook else ""


def _json_problem(path: Path, head: bytes) -> str:
    try:
        json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        return f"the answer is not JSON, or cut short ({error})"
    return ""


def _stata_problem(path: Path, head: bytes) -> str:
    known = head.startswith(b"<stata_dta>") or head[0] in range(0x69, 0x78)
    return "" if known else "the answer is not a Stata file"


PROBLEMS: dict[str, Callable[[Path, bytes], str]] = {
    "json": _json_problem,
    "dta": _stata_problem,
    "rda": lambda path, head: "",  # its connector reads it or fails
}
