"""`python -m checks NAME ...` runs checks by their names and ends with 1 when one of them found
something.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator

from checks import chapters, data, glosses, locks, names, prose, sentences, structure, unused
from ledger.core.system import terminal

CHECKS: dict[str, Callable[[], Iterator[str]]] = {
    "names": names.follow,
    "ignored-files": names.ignored,
    "myst": chapters.myst,
    "cells": chapters.cells,
    "chapter-code": chapters.code_knows_no_path,
    "citations": data.citations,
    "tables": data.tables,
    "references": data.references,
    "judgement": data.judgement,
    "slips": prose.slips,
    "spelling": prose.spelling,
    "typed-numbers": prose.typed_numbers,
    "verdict-words": prose.verdict_words,
    "article-words": prose.article_words,
    "reading-level": prose.reading_level,
    "claims-prose": prose.claims_prose,
    "sentences": sentences.short_sentences,
    "stock-phrases": sentences.stock_phrases,
    "badges": sentences.badges,
    "bare-figures": sentences.bare_figures,
    "glosses": glosses.unexplained,
    "sizes": structure.sizes,
    "columns": structure.columns,
    "floors": structure.floors,
    "book-words": structure.book_words,
    "locks": locks.locks,
    "unused-tables": unused.tables,
    "unused-sources": unused.sources,
    "unused-figures": unused.figures,
    "unused-numbers": unused.numbers,
    "unused-bibliography": unused.bibliography,
}


def main(chosen: list[str]) -> int:
    """Run the named checks, print what they find, and return how the process ends."""
    if not chosen or (unknown := [name for name in chosen if name not in CHECKS]):
        print(
            f"{'no check is named ' + unknown[0] if chosen else 'name a check'}; there are: "
            f"{', '.join(CHECKS)}",
            file=sys.stderr,
        )
        return 2
    gc.disable()  # of trees of code nothing is freed until the end: a third of the time
    try:
        found = [message for name in chosen for message in CHECKS[name]()]
    except Exception:
        from ledger.core.authored.preflight import problems

        if not (found := problems()):  # else a file cannot be read, which is what to say
            raise
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(terminal.run(lambda: main(sys.argv[1:])))
