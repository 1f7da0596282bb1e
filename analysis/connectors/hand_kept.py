"""Lists collected by hand, each with the rows that came after it in a file beside its connector."""

import datetime
from collections.abc import Iterable, Iterator
from pathlib import Path

from ledger.core.sources import formats


def rows(
    upstream: Path,
    pair: tuple[str, str],
    lists: dict[str, tuple[str, Path]],
    columns: list[str],
    numbers: Iterable[str],
    **options,
) -> Iterator[tuple[str, str, dict]]:
    """Give the rows of the lists about the countries of the pair, in the order of the files.

    Parameters
    ----------
    upstream
        Folder beside which `evidence/` has the lists.
    pair
        ISO 3166 codes of the two countries; one that has no list has no rows.
    lists
        Country → name of its list in `evidence`, and file of the later rows.
    columns, numbers, **options
        As for `formats.read_csv`.

    Yields
    ------
    Country, name of the file and row.

    Raises
    ------
    FormError
        Names file, row, column and value that are not as expected: the first of `columns` is the
        day, those of `numbers` are nought or more, and no row stands there twice.
    """
    for code in pair:
        if code not in lists:
            continue
        name, later = lists[code]
        for path in (upstream.parent / "evidence" / name, later):
            frame = formats.read_csv(path, columns, numbers, **options)
            days = frame[columns[0]]
            formats.refuse_cells(path, days, ~days.map(_is_day), "is no day", "such as 2025-06-30")
            for column in numbers:
                below = frame[column] < 0
                formats.refuse_cells(path, frame[column], below, "is below nought")
            formats.refuse_cells(path, days, frame.duplicated(), "begins a row for the second time")
            for row in frame.to_dict("records"):
                yield code, path.name, row


def _is_day(text: object) -> bool:
    try:
        return str(text) == datetime.date.fromisoformat(str(text)).isoformat()
    except ValueError:
        return False
