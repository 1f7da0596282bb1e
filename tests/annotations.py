"""What GitHub would show beside a line of a change, by .github/problem-matchers.json."""

import json
import re
from pathlib import Path

MATCHERS = Path(__file__).resolve().parent.parent / ".github" / "problem-matchers.json"
PATTERNS = [
    pattern
    for matcher in json.loads(MATCHERS.read_text(encoding="utf-8"))["problemMatcher"]
    for pattern in matcher["pattern"]
]


def annotations(output):
    """Return the places that a command's output names, as (file, line, message), in their order.

    The first pattern that fits a line is taken, as by GitHub's runner, which leaves colours in.
    """
    found = []
    for line in output.splitlines():
        for pattern in PATTERNS:
            if match := re.search(pattern["regexp"], line, re.ASCII):
                file, number, message = (match[pattern[key]] for key in ("file", "line", "message"))
                found.append((file, int(number), message))
                break
    return found
