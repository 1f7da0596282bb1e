"""Write a comparison of two sites for people: a page, the same in Markdown, and terminal lines.

What a pull request writes is anybody's: templates escape it, a picture stands in an <img>, in which
no script runs, and the page's own policy lets nothing be fetched or run.
"""

from __future__ import annotations

import base64
import functools
import html
import os
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from ledger.commands.compare.diff import (
    Change,
    ChartChange,
    Comparison,
    NumberChange,
    Rows,
)
from ledger.commands.compare.site import Chart, Page, Site
from ledger.commands.compare.slow import SECONDS
from ledger.commands.compare.words import Diff, shorten, word_diff
from ledger.core import tables, text
from ledger.core.charts.style import PALETTE, THEME, VERDICTS
from ledger.core.files import replace_files

MARK = "<!-- made by python -m ledger compare -->"  # a page that begins with it may be replaced
ALONE = "what-changed.html"  # the name that it has where it is kept by itself
NOTHING = "Nothing that a reader would see changed."
ABSENT = "not there"
MAX_MARKDOWN = 60_000  # bytes: a longer list is better read on the page
MAX_CELLS, MAX_OPEN_CELLS = 200, 25  # of a table: listed on the page, and shown unfolded
MAX_LINES = 10  # numbers on the terminal
NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?(e[+-]\d{2,3})?", re.A)
LONG_CELL = 40  # characters of a cell from which on it is shown as words with what changed


def write(comparison: Comparison, folder: Path) -> None:
    """Write the report into `folder`: all of its files, or none.

    index.html links to both sites, ALONE is the same without them, to be read alone,
    and summary.md is the list in Markdown.

    Raises FileExistsError where another page than an earlier report is in the way.
    """
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file: name a folder with --into")
    for page in (folder / "index.html", folder / ALONE):
        if page.exists() and not page.read_text("utf-8", errors="replace").startswith(MARK):
            raise FileExistsError(
                f"{page} is no earlier report, and would be replaced: name another --into"
            )
    files = {
        "index.html": to_html(comparison, folder),
        ALONE: to_html(comparison),
        "summary.md": to_markdown(comparison),
    }
    replace_files(folder, files)


# --- words that page, Markdown and terminal share -----------------------------------------------


def overview(comparison: Comparison) -> str:
    """Return what changed in one sentence."""
    if not comparison:
        return NOTHING
    verdicts = comparison.verdicts
    names = [f"{change.name} {' → '.join(verdict(change))}" for change in verdicts]
    shown = "; ".join(names[:3]) + " …" * (len(names) > 3)
    others = len(comparison.claims) - len(verdicts)
    counts = [
        (len(verdicts), f"{text.plural(len(verdicts), 'verdict')} ({shown})"),
        (
            others,
            text.plural(others, "claim with the same verdict", "claims with the same verdict"),
        ),
    ]
    kinds = {"printed number": comparison.numbers, "chart": comparison.charts}
    kinds |= {"table": comparison.tables, "page": comparison.pages}
    counts += [(len(changes), text.plural(len(changes), kind)) for kind, changes in kinds.items()]
    parts = [phrase for count, phrase in counts if count]
    parts += [label[0].lower() + label[1:] for label, *_ in comparison.build]
    return f"Changed: {text.listing(parts)}."


def verdict(change: Change) -> tuple[str, str]:
    """Return the published verdict of a claim before and after."""
    return _values(change, "verdict")


def printed(change: Change) -> tuple[str, str]:
    """Return a number before and after as it is printed."""
    return _values(change, "printed")


def _values(change: Change, key: str) -> tuple[str, str]:
    before, after = (side[key] if side else ABSENT for side in (change.before, change.after))
    return before, after


def units(change: NumberChange) -> str:
    """Return the unit of a number; the one it had before it where that is another."""
    sides = (side["unit"] for side in (change.before, change.after) if side)
    return " → ".join(dict.fromkeys(sides))


def move(change: NumberChange) -> str:
    """Return by how much a number moved: '+0.6 (+4.2%)', '−2.1 points (−5.0%)'."""
    if not change.is_edit or change.before["unit"] != change.after["unit"]:
        return ""
    was, becomes = map(_decimal, printed(change))
    difference = ""
    if was is not None and becomes is not None:
        difference = text.number(becomes - was, "{:+,}")
        difference += " points" if change.after["unit"].startswith("per cent") else ""
    share = f"({relative(change.relative)})" if change.relative else ""
    return f"{difference} {share}".strip()


def _decimal(words: str) -> Decimal | None:
    """Return what is printed as a number, None where more is, or what no reader takes for one."""
    plain = words.replace(",", "").replace(text.MINUS, "-")
    return Decimal(plain) if NUMBER.fullmatch(plain) else None


def relative(share: float) -> str:
    return text.signed(share, "{:+,.1%}" if abs(share) >= 0.001 else "{:+.3%}")


def cell(value: str) -> str:
    """Return a cell of a table as printed: thousands apart, and a word where it is empty."""
    if re.fullmatch(r"-?\d{5,}(\.\d+)?", value):
        return text.number(Decimal(value), "{:,}")
    return value or "empty"


def revision(before: str, after: str) -> str:
    """Return the relative change of a cell, empty for words and for what was zero or empty."""
    if not (NUMBER.fullmatch(before) and NUMBER.fullmatch(after)):
        return ""
    was, becomes = Decimal(before), Decimal(after)
    return relative((becomes - was) / abs(was)) if was and was != becomes else ""


def is_long(before: str, after: str) -> bool:
    return max(len(before), len(after)) > LONG_CELL


def summary(change: Change) -> str:
    """Return what changed of a chart, table or page: '1 row added; another caption'."""
    if not change.is_edit:
        return "new" if change.after else "gone"
    if change.is_slow:
        return f"not compared, for that takes more than {SECONDS:.0f} seconds: look at it"
    if isinstance(change.after, Page):
        return f"{text.plural(len(change.wording), 'passage')} changed"
    parts = []
    if isinstance(change, ChartChange):
        if change.before.page != change.after.page:
            pages = " to ".join(side.page or "no page" for side in (change.before, change.after))
            parts.append(f"moved from {pages}")
        parts += ["drawn otherwise"] * change.is_redrawn + ["other code"] * change.is_recoded
    parts += [f"another {label}" for label, _ in change.wording]
    if change.rows:
        parts.append(", ".join(_rows_parts(change.rows)))
    return "; ".join(parts)


def _rows_parts(rows: Rows) -> Iterator[str]:
    if rows.added:
        yield f"{text.plural(len(rows.added), 'row')} added"
    if rows.removed:
        yield f"{text.plural(len(rows.removed), 'row')} removed"
    if rows.revised:
        revised = text.plural(len({key for key, *_ in rows.revised}), "row")
        yield f"{revised} revised in {text.plural(len(rows.revised), 'cell')}"
    yield from (f"column {name} is new" for name in rows.columns_added)
    yield from (f"column {name} is gone" for name in rows.columns_removed)


def build(site: Site) -> str:
    """Return which build a site is: 'version 2026.11, commit 673fd26 of 2026-11-25'."""
    known = site.build
    commit = f"commit {known['commit']} of {known.get('date')}" if known.get("commit") else ""
    since = " with changes since" if known.get("changed_since") else ""
    return f"version {known.get('version')}, {commit or 'no commit known'}{since}"


SHARED = (
    (overview, verdict, printed, units, move, cell, revision, is_long, summary)
    + (build, shorten, word_diff)
)  # fmt: skip


@functools.cache  # it compiles each template once, for all reports of a process
def _environment(**options) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )
    environment.globals.update({function.__name__: function for function in SHARED})
    return environment


# --- the page -----------------------------------------------------------------------------------


def to_html(comparison: Comparison, folder: Path | None = None) -> str:
    """Return the report as a page, all in it; with links to both sites where it has a `folder`."""

    def link(change: Change, address: str, anchor: str = "") -> str:
        site = comparison.new if change.after else comparison.old
        return site_link(site, address, anchor)

    def site_link(site: Site, address: str, anchor: str = "") -> str:
        if folder is None or not site.has_page(address):
            return ""
        target = os.path.relpath(site.folder.resolve() / f"{address}.html", folder.resolve())
        return quote(target) + (f"#{quote(anchor)}" if anchor else "")

    return (
        _environment()
        .get_template("report.html")
        .render(
            mark=MARK,
            comparison=comparison,
            link=link,
            site_link=site_link,
            drawing=drawing,
            table_page=tables.page_path,
            palette=PALETTE | THEME | {_variable(word): two for word, (_, two) in VERDICTS.items()},
            glyphs={word: (glyph, _variable(word)) for word, (glyph, _) in VERDICTS.items()},
            max_cells=MAX_CELLS,
            max_open_cells=MAX_OPEN_CELLS,
        )
    )


def _variable(verdict: str) -> str:
    """Return the name of the variable that holds a verdict's colour."""
    return f"verdict-{verdict.replace(' ', '-')}"


def drawing(chart: Chart) -> str:
    """Return the address of a chart's picture, which is all in it: the report needs no files."""
    return f"data:image/svg+xml;base64,{base64.b64encode(chart.svg.encode()).decode()}"


# --- Markdown and terminal ----------------------------------------------------------------------


def to_markdown(comparison: Comparison, max_bytes: int = MAX_MARKDOWN) -> str:
    """Return the report as GitHub-flavoured Markdown; says so where its end had to be cut."""
    template = _environment(finalize=escape_markdown).get_template("summary.md.jinja")
    content = template.render(comparison=comparison, marked=marked)
    if len(content.encode()) <= max_bytes:
        return content
    lines, size = content.splitlines(), 300  # bytes for what is said at the end
    for number, line in enumerate(lines):
        size += len(line.encode()) + 1
        if size > max_bytes:
            left = text.plural(len(lines) - number, "more line")
            end = f"**Cut here: {left} did not fit. The report has all.**"
            return "\n".join([*lines[:number], "", end, ""])
    return content


def escape_markdown(value: object) -> Markup:
    """Return text that GitHub's Markdown shows as it is, in one line."""
    if isinstance(value, Markup):
        return value
    content = html.escape(" ".join(str(value).split()), quote=False)
    return Markup(re.sub(r"([\\`*_{}\[\]|~#@$])", r"\\\1", content))


def marked(diff: Diff, around: int = 12) -> Markup:
    """Return a diff as Markdown: what is gone struck out, what is new in bold."""
    signs = {"del": "~~", "ins": "**", "": ""}
    return Markup(" ").join(
        signs[mark] + escape_markdown(words) + signs[mark] for mark, words in shorten(diff, around)
    )


def to_lines(comparison: Comparison) -> list[str]:
    """Return the report for a terminal: the overview, then the names of what changed."""
    numbers = [
        f"  number {change.name}: {' → '.join(printed(change))}" for change in comparison.numbers
    ]
    more = len(numbers) - MAX_LINES
    lines = [
        overview(comparison),
        *(
            f"  verdict {change.name}: {' → '.join(verdict(change))}"
            for change in comparison.verdicts
        ),
        *numbers[:MAX_LINES],
        *([f"  … and {text.plural(more, 'more number')}"] if more > 0 else []),
        *(f"  chart {change.name}: {summary(change)}" for change in comparison.charts),
        *(f"  table {change.name}: {summary(change)}" for change in comparison.tables),
        *(f"  page {change.name}: {summary(change)}" for change in comparison.pages),
    ]
    return list(map(text.one_line, lines))
