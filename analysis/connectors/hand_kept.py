"""Lists collected by hand, each with the rows that came after it in a file beside its connector."""

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
    ValueError
        Names file, row, column and value that are not as expected.
    """
    for code in pair:
        if code not in lists:
            continue
        name, later = lists[code]
        for path in (upstream.parent / "evidence" / name, later):
            for row in formats.read_csv(path, columns, numbers, **options).to_dict("records"):
                yield code, path.name, row
