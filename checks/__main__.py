"""`python -m checks NAME ...` runs checks by their names and ends with 1 when one of them found
something. What several find stands below the name of each.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module

from ledger.core.system import terminal

# name → module of this folder and function: a check is imported when it is asked for
CHECKS = {
    "names": "names:follow",
    "ignored-files": "names:ignored",
    "myst": "chapters:myst",
    "cells": "chapters:cells",
    "chapter-code": "chapters:code_knows_no_path",
    "citations": "data:citations",
    "tables": "data:tables",
    "references": "data:references",
    "judgement": "data:judgement",
    "slips": "prose:slips",
    "spelling": "prose:spelling",
    "typed-numbers": "prose:typed_numbers",
    "verdict-words": "prose:verdict_words",
    "article-words": "prose:article_words",
    "reading-level": "prose:reading_level",
    "claims-prose": "prose:claims_prose",
    "sentences": "sentences:short_sentences",
    "stock-phrases": "sentences:stock_phrases",
    "badges": "sentences:badges",
    "bare-figures": "sentences:bare_figures",
    "glosses": "glosses:unexplained",
    "sizes": "structure:sizes",
    "columns": "structure:columns",
    "floors": "structure:floors",
    "book-words": "structure:book_words",
    "locks": "locks:locks",
    "unused-tables": "unused:tables",
    "unused-sources": "unused:sources",
    "unused-figures": "unused:figures",
    "unused-numbers": "unused:numbers",
    "unused-bibliography": "unused:bibliography",
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
    found = {}
    try:
        for name in chosen:
            found[name] = run(name)
    except Exception:
        from ledger.core.authored.preflight import problems

        if not (unreadable := problems()):  # else a file cannot be read, which is what to say
            raise
        print("\n".join(unreadable))
        return 1
    for name, messages in found.items():
        if messages:
            print(*([f"[{name}]"] if len(chosen) > 1 else []), *messages, sep="\n")
    return 1 if any(found.values()) else 0


def run(name: str) -> list[str]:
    """Return what a check finds."""
    module, _, function = CHECKS[name].partition(":")
    return list(getattr(import_module(f"checks.{module}"), function)())


if __name__ == "__main__":
    sys.exit(terminal.run(lambda: main(sys.argv[1:])))
