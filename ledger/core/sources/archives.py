"""Check zip archives (a workbook is one) before they are opened."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

MAX_MEMBERS = 10_000
SMALL = 50_000_000  # bytes: a smaller member may be compressed as much as it likes
MAX_RATIO = 200


def archive_problem(path: Path, limit: int) -> str:
    """Return why an archive must not be opened, or an empty string.

    It is damaged, holds a path out of its folder or a link, or unpacks to more than `limit` bytes.
    Sizes are those that the archive declares; reading a member stops there.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        return f"the archive is damaged or cut short ({error})"
    if len(members) > MAX_MEMBERS:
        return f"the archive holds {len(members):,} files"
    if (total := sum(member.file_size for member in members)) > limit:
        return (
            f"the archive unpacks to {total / 1e6:,.0f} MB in {len(members):,} files, "
            f"more than the {limit / 1e6:,.0f} MB it may have"
        )
    return next(filter(None, map(_member_problem, members)), "")


def _member_problem(member: zipfile.ZipInfo) -> str:
    name, size = member.filename, member.file_size
    if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name:
        return f"the archive holds a path that leads out of its folder: {name!r}"
    if (member.external_attr >> 16) & 0o170000 == 0o120000:
        return f"the archive holds a link: {name!r}"
    if size > SMALL and size > MAX_RATIO * max(1, member.compress_size):
        times = size / max(1, member.compress_size)
        return f"the archive's {name!r} unpacks to {times:,.0f} times its size: a zip bomb"
    return ""
