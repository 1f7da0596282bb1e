"""The report of a comparison of two sites (`ledger.commands.compare`): a page for people, the same in Markdown, and a few lines for a terminal."""

from __future__ import annotations

import functools
import html
import os
import re
import shutil
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader

from ledger.commands.compare import (
    ChartChange,
    ClaimChange,
    Comparison,
    LinkChange,
    NotASite,
    NumberChange,
    PageChange,
    Rows,
    Site,
    TableChange,
    Words,
    count,
    plain,
    relative,
    word_diff,
)
from ledger.core.charts.style import PALETTE, THEME

MARK = "<!-- made by python -m ledger compare -->"  # a folder whose index.html begins with it may be replaced
MOST = 60_000  # bytes of the Markdown: GitHub shows up to 1 MiB of a step's summary, but a list longer than this is better read in index.html
NOTHING = "Nothing that a reader would see changed."
LONG_CELL = 40  # characters of a cell, from which on it is shown as words with what changed in them
CELLS, LONGEST = (
    200,
    25,
)  # cells of a table that the page lists, and those that it shows before they are unfolded
VERDICT = {
    "supported": "green",
    "partly": "purple",
    "contradicted": "ochre",
    "overtaken by events": "grey",
    "not checkable": "blue",
}


def write(found: Comparison, folder: Path) -> None:
    """Write index.html, summary.md and the charts' pictures into `folder`, all or nothing. Raises NotASite when it holds, or is in, one of
    the two sites, FileExistsError when it holds anything but an earlier report."""
    folder = folder.absolute()
    for site in (found.old, found.new):
        if (
            folder.resolve() == site.folder.resolve()
            or folder.resolve() in site.folder.resolve().parents
        ):
            raise NotASite(
                f"the report cannot be written into {folder}, which holds the site {site.folder}: name another folder with --into"
            )
    if folder.exists() and not (
        folder.is_dir() and (not any(folder.iterdir()) or _is_report(folder))
    ):
        raise FileExistsError(
            f"{folder} holds something else than an earlier report, and would be replaced: name another folder with --into, or remove it"
        )
    aside, before = (folder.with_name(f".{folder.name}.{age}") for age in ("new", "old"))
    for leftover in (aside, before):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
        for name, site in _pictures(found).items():
            (aside / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(
                site.folder / "charts" / f"{name.split('/')[1].rpartition('.')[0]}.svg",
                aside / name,
            )
        (aside / "index.html").write_text(page(found, folder), encoding="utf-8")
        (aside / "summary.md").write_text(markdown(found), encoding="utf-8")
        if folder.exists():
            folder.rename(before)
        aside.rename(folder)
    except BaseException:
        if before.exists() and not folder.exists():
            before.rename(folder)
        shutil.rmtree(aside, ignore_errors=True)
        raise
    shutil.rmtree(before, ignore_errors=True)


def _is_report(folder: Path) -> bool:
    path = folder / "index.html"
    return path.is_file() and path.read_text(encoding="utf-8", errors="replace").startswith(MARK)


def _pictures(found: Comparison) -> dict[str, Site]:
    """Return the pictures that the report shows: file in its folder → site whose chart it is."""
    shown = {}
    for change in found.charts:
        if is_redrawn(change):
            shown |= {
                f"{side}/{chart.name}.svg": site
                for side, chart, site in _sides(found, change)
                if chart
            }
    return shown


def _sides(found: Comparison, change: ChartChange) -> list[tuple]:
    return [("before", change.before, found.old), ("after", change.after, found.new)]


def is_redrawn(change: ChartChange) -> bool:
    """Say whether a chart's picture is another, or came or went."""
    return change.redrawn or not change.before or not change.after


# --- words that all three share -------------------------------------------------------------------------------------------------


def listing(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def sentences(found: Comparison) -> list[str]:
    """Return what changed in one or two sentences."""
    if not found:
        return [NOTHING]
    verdicts, moved = found.verdicts, [change for change in found.claims if not change.verdict]
    parts = []
    if verdicts:
        first = "; ".join(f"{change.claim_id} {verdict_words(change)}" for change in verdicts[:3])
        parts.append(
            f"{count(len(verdicts), 'verdict')} ({first}{' …' if len(verdicts) > 3 else ''})"
        )
    if moved:
        parts.append(f"what is said of {count(len(moved), 'other claim' if verdicts else 'claim')}")
    if found.numbers:
        parts.append(count(len(found.numbers), "printed number"))
    if found.charts:
        parts.append(count(len(found.charts), "chart"))
    if found.tables:
        parts.append(
            count(len(found.tables), "table")
            + (
                f" ({', '.join(change.name for change in found.tables)})"
                if len(found.tables) < 4
                else ""
            )
        )
    parts += _pages_words(found.pages)
    if found.links:
        parts.append(count(len(found.links), "link"))
    if found.stamp:
        parts.append(
            "the version" if found.stamp[0][0] == "Version" else "the date to which evidence goes"
        )
    told = [f"Changed: {listing(parts)}."]
    if found.numbers and (found.numbers[0].size or 0):
        most = found.numbers[0]
        told.append(
            f"The printed number that moved most is {most.after['name']} ({found.new.title(most.after['page'])}), {most.before['printed']} → {most.after['printed']} ({signed(most.size)})."
        )
    return told


def _pages_words(pages: list[PageChange]) -> list[str]:
    both = [change for change in pages if change.before and change.after]
    new, gone = (sum(not getattr(change, side) for change in pages) for side in ("before", "after"))
    moved = sum(change.before.address != change.after.address for change in both)
    words = sum(
        bool(change.passages) or change.before.title != change.after.title for change in both
    )
    told = [
        (new, f"{count(new, 'page')} that came"),
        (gone, f"{count(gone, 'page')} that went"),
        (moved, f"the address of {count(moved, 'page')}"),
    ]
    return [
        said for number, said in [*told, (words, f"the words of {count(words, 'page')}")] if number
    ]


def verdict_words(change: ClaimChange) -> str:
    return f"{change.before['verdict'] if change.before else 'not there'} → {change.after['verdict'] if change.after else 'not there'}"


def signed(share: float | None) -> str:
    """Return a relative change for people: '+4.2%', '×12' beyond tenfold, nothing where there is none."""
    if not share:
        return ""
    told = (
        f"×{share + 1:,.0f}"
        if share > 10
        else f"{share:+,.1%}"
        if abs(share) >= 0.001
        else f"{100 * share:+.1g}%"
    )
    return told.replace("-", "−")


def difference(change: NumberChange) -> str:
    """Return by how much a number moved as it is printed: '+0.6', '−2.1 points' where it is a percentage, empty where what is printed is more
    than a number."""
    if not change.before or not change.after or change.before["unit"] != change.after["unit"]:
        return ""
    was, becomes = (
        side["printed"].replace(",", "").replace("−", "-") for side in (change.before, change.after)
    )
    if not all(re.fullmatch(r"-?\d+(\.\d+)?", text) for text in (was, becomes)):
        return ""
    told = f"{Decimal(becomes) - Decimal(was):+,}".replace("-", "−")
    return f"{told} points" if change.after["unit"].startswith("per cent") else told


def revision(before: str, after: str) -> str:
    """Return the relative change of a cell of a table, empty for words and for what was zero or nothing."""
    try:
        return signed(relative(float(before), float(after)))
    except ValueError:
        return ""


def cells(before: str, after: str) -> tuple[str, str]:
    """Return a cell before and after for people: thousands apart, long fractions shortened where that leaves a difference."""
    short = _cell(before, True), _cell(after, True)
    return short if short[0] != short[1] else (_cell(before, False), _cell(after, False))


def _cell(text: str, short: bool) -> str:
    if short and re.fullmatch(r"-?\d{1,4}\.\d{4,}", text):
        text = f"{float(text):.5g}"
    if re.fullmatch(r"-?\d{5,}(\.\d+)?", text):
        whole, dot, rest = text.partition(".")
        text = f"{int(whole):,}{dot}{rest}"
    return re.sub(r"^-(?=\d)", "−", text) or "nothing"


def cell_words(before: str, after: str) -> Words:
    """Return a long cell before and after as its words, with what is gone and what is new; where little is left, what both begin with comes once."""
    words = word_diff(before, after)
    if [mark for mark, _ in words] != ["del", "ins"]:
        return words
    same = re.match(r"(.*[\s/])?", os.path.commonprefix([before, after]), re.S)[0]  # type: ignore[index]
    return [
        piece
        for piece in (("", same), ("del", before[len(same) :]), ("ins", after[len(same) :]))
        if piece[1]
    ]


def is_long(before: str, after: str) -> bool:
    return max(len(before), len(after)) > LONG_CELL


def rows_words(rows: Rows | None) -> str:
    """Return what changed in rows: '3 rows added, 1 row revised in 2 cells; column x is new'."""
    if not rows:
        return ""
    told = [
        f"{count(len(keys), 'row')} {what}"
        for keys, what in ((rows.added, "added"), (rows.removed, "removed"))
        if keys
    ]
    if rows.revised:
        told.append(
            f"{count(rows.revised_rows, 'row')} revised in {count(len(rows.revised), 'cell')}"
        )
    told += [f"column {name} is new" for name in rows.columns_added] + [
        f"column {name} is gone" for name in rows.columns_removed
    ]
    return ", ".join(told)


def chart_words(found: Comparison, change: ChartChange) -> str:
    """Return what changed of a chart, in words."""
    before, after = change.before, change.after
    if not before:
        return "new"
    if not after:
        return "gone"
    told = (
        [f"renamed, so that its address is another: it was {before.name}"]
        if before.name != after.name
        else []
    )
    was, becomes = found.old.title(before.page), found.new.title(after.page)
    if was != becomes:
        told.append(
            f"moved here from {was}"
            if was and becomes
            else f"moved to {becomes} from no page"
            if becomes
            else f"no longer on {was}"
        )
    told += (
        ["drawn otherwise"] * change.redrawn
        + [f"another {said}" for said, _ in change.wording]
        + ["other code under it"] * change.code
    )
    behind = rows_words(change.rows)
    return (
        "; ".join(
            filter(None, [", ".join(told), f"in the data behind it {behind}" if behind else ""])
        )
        or "on another page"
    )


def table_words(change: TableChange) -> str:
    """Return what changed of a table, in words."""
    if not change.before or not change.after:
        return "new" if change.after else "gone"
    return "; ".join(
        filter(
            None,
            [
                rows_words(change.rows),
                f"another edition of {listing([key for key, _ in change.editions])}"
                if change.editions
                else "",
            ],
        )
    )


def page_words(change: PageChange) -> str:
    """Return what changed of a page, in words."""
    if not change.before or not change.after:
        return "new" if change.after else "gone"
    told = (
        [f"at another address: it was {change.before.address}"]
        if change.before.address != change.after.address
        else []
    )
    told += (
        [f"renamed: it was “{change.before.title}”"]
        if change.before.title != change.after.title
        else []
    )
    return "; ".join(
        [*told, *([count(len(change.passages), "passage") + " changed"] if change.passages else [])]
    )


def link_words(change: LinkChange) -> str:
    """Return the words of links that changed: '“the report”, “here” and 2 others'."""
    told = [f"“{words}”" for words in change.words[:3]] + (
        [count(len(change.words) - 3, "other")] if len(change.words) > 3 else []
    )
    return listing(told)


def unseen_words(found: Comparison) -> str:
    """Return how many numbers moved unseen, empty where none did."""
    return (
        f"{count(found.unseen, 'more number')} moved too little to be printed otherwise."
        if found.unseen
        else ""
    )


def stamp_words(site: Site) -> str:
    """Return which build a site is: '2026.11, commit 673fd26 of 2026-11-25'."""
    commit = site.stamp.get("commit")
    built = (
        f"commit {commit} of {site.stamp.get('date')}{' with changes since' if site.stamp.get('changed_since') else ''}"
        if commit
        else "no commit known"
    )
    return f"version {site.stamp.get('version', 'unknown')}, {built}"


def shortened(words: Words, around: int = 70, most: int = 0) -> Words:
    """Return a diff with the middle of long unchanged stretches left out, and, with `most`, the end of what is gone or new beyond so many characters."""
    short: Words = []
    for place, (mark, text) in enumerate(words):
        if not mark and len(words) > 1 and len(text) > 2 * around + 20:
            head = text[:around].rpartition(" ")[0] if place else ""
            tail = text[-around:].partition(" ")[2] if place < len(words) - 1 else ""
            text = " ".join(filter(None, [head, "…", tail]))
        elif mark and most and len(text) > most:
            text = f"{text[:most].rpartition(' ')[0] or text[:most]} …"
        short.append((mark, text))
    return short


def spaced(words: Words) -> list[tuple[str, str, str]]:
    """Return the pieces of a diff, each with the space that parts it from the next: a mark ends with its last letter."""
    following = [mark for mark, _ in words[1:]] + [""]
    return [
        (
            mark,
            text.rstrip() if mark else text,
            " " if mark and (text[-1:].isspace() or after) else "",
        )
        for (mark, text), after in zip(words, following)
    ]


# --- the page -------------------------------------------------------------------------------------------------------------------


def page(found: Comparison, folder: Path) -> str:
    """Return the report as a page that stands in `folder`, with links to the pages of both sites."""

    def link(site: Site, address: str, anchor: str = "") -> str:
        target = os.path.relpath(site.folder.resolve() / f"{address}.html", folder.resolve())
        return quote(target) + (f"#{quote(anchor)}" if anchor else "")

    def where(change: PageChange, anchor: str) -> str:
        return (
            link(found.new, change.after.address, anchor)
            if change.after
            else link(found.old, change.before.address)
        )

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        {
            f.__name__: f
            for f in (
                count,
                signed,
                difference,
                revision,
                cells,
                rows_words,
                table_words,
                page_words,
                link_words,
                stamp_words,
                link,
                where,
            )
        }
    )
    environment.globals.update(
        {
            f.__name__: f
            for f in (cell_words, is_long, is_redrawn, shortened, spaced, table_page, unseen_words)
        }
    )
    environment.globals["chart_words"] = functools.partial(chart_words, found)
    return environment.get_template("report.html").render(
        mark=MARK,
        found=found,
        sentences=sentences(found),
        palette=PALETTE | THEME,
        verdict_colour=VERDICT,
        most=CELLS,
        longest=LONGEST,
    )


def table_page(site: Site, name: str) -> str:
    """Return the address of a table's page, empty where the site has none."""
    return next(
        (
            address
            for address in (f"tables/{name.replace('_', '-')}", f"tables/{name}")
            if address in site.pages
        ),
        "",
    )


# --- Markdown and terminal ------------------------------------------------------------------------------------------------------


def escaped(text: object) -> str:
    """Return text that GitHub's Markdown shows as it is, in one line."""
    text = " ".join(str(text).split())
    return re.sub(r"([\\`*_{}\[\]|~#@$])", r"\\\1", html.escape(text, quote=False))


def marked(words: Words) -> str:
    """Return a diff as Markdown: what is gone struck out, what is new in bold."""
    told = []
    for mark, text, space in spaced(words):
        sign = {"del": "~~", "ins": "**", "": ""}[mark]
        before, after = (
            " " if not mark and side.isspace() else "" for side in (text[:1], text[-1:])
        )
        told.append(
            before + (f"{sign}{escaped(text)}{sign}" if text.strip() else "") + after + space
        )
    return " ".join("".join(told).split())


def markdown(found: Comparison, most: int = MOST) -> str:
    """Return the report as GitHub-flavoured Markdown of less than `most` bytes; where something had to be left out it says so."""
    lines = [
        "## What a reader would see changed",
        "",
        *[escaped(said) for said in sentences(found)],
        "",
    ]
    lines += [
        f"From {escaped(stamp_words(found.old))}, to {escaped(stamp_words(found.new))}.",
        *[f"\n> {escaped(note)}" for note in found.notes],
        "",
    ]
    for title, head, body in _sections(found):
        if body:
            lines += [f"### {title}", "", *head, *body, ""]
    cut, size = [], 0
    for number, line in enumerate(lines):
        size += len(line.encode()) + 1
        if size > most - 300:
            cut = [
                "",
                f"**Cut here: {len(lines) - number:,} more lines do not fit. The report, index.html, has them all.**",
                "",
            ]
            lines = lines[:number]
            break
    return "\n".join([*lines, *cut, unseen_words(found)]).rstrip() + "\n"


def _sections(found: Comparison) -> list[tuple[str, list[str], list[str]]]:
    """Return the sections of the Markdown as title, head of a table if it is one, and lines."""
    verdicts = [
        f"| {change.claim_id} | {escaped((change.after or change.before)['claim'])} | {escaped(change.before['verdict'] if change.before else 'not there')} "
        f"| **{escaped(change.after['verdict'] if change.after else 'not there')}** | {_figure(change)} |"
        for change in found.verdicts
    ]
    others = [
        f"- **{change.claim_id}**, "
        + "; ".join(f"{said}: {marked(shortened(words))}" for said, words in change.wording)
        for change in found.claims
        if not change.verdict
    ]
    numbers = []
    for change in found.numbers:
        record = change.after or change.before
        printed = [
            side["printed"] if side else "not there" for side in (change.before, change.after)
        ]
        unit = " → ".join(
            dict.fromkeys(side["unit"] for side in (change.before, change.after) if side)
        )
        moved = " ".join(
            filter(None, [difference(change), f"({signed(change.size)})" if change.size else ""])
        )
        numbers.append(
            "| "
            + " | ".join(
                map(escaped, (record["name"], found.new.title(record["page"]), printed[0]))
            )
            + f" | **{escaped(printed[1])}** | "
            f"{escaped(unit)} | {escaped(moved)} |"
        )
    charts = []
    for change in found.charts:
        chart = change.after or change.before
        charts.append(
            f"- **{escaped(chart.name)}** ({escaped(found.new.title(chart.page) or 'on no page')}): {escaped(chart_words(found, change))}"
        )
        charts += [
            f"  - {said}: {marked(shortened(words))}"
            for said, words in change.wording
            if said != "source line"
        ][:2]
    tables = []
    for change in found.tables:
        tables.append(f"- **{escaped(change.name)}**: {escaped(table_words(change))}")
        for key, column, before, after in (change.rows.revised if change.rows else [])[:5]:
            size = revision(before, after)
            if is_long(before, after):
                told = marked(shortened(cell_words(before, after), most=240))
            else:
                told = " → ".join(map(escaped, cells(before, after))) + (
                    f" ({size})" if size else ""
                )
            tables.append(f"  - {escaped(', '.join(key))}, {escaped(column)}: {told}")
        if change.rows and len(change.rows.revised) > 5:
            tables.append(f"  - and {len(change.rows.revised) - 5:,} smaller ones")
    pages = []
    for change in found.pages:
        pages.append(
            f"- **{escaped((change.after or change.before).title)}**: {escaped(page_words(change))}"
        )
        pages += [
            f"  - {escaped(heading)}: {marked(shortened(words))}"
            for heading, _, words in change.passages[:10]
        ]
        if len(change.passages) > 10:
            pages.append(f"  - and {len(change.passages) - 10:,} more passages")
    links = [
        f"- {escaped(link_words(change))} in {escaped(listing(_pages_of(found, change)))}: {_address(change.before)} → {_address(change.after)}"
        for change in found.links
    ]
    stamp = [
        f"- {said}: {escaped(before)} → **{escaped(after)}**" for said, before, after in found.stamp
    ]
    return [
        (
            "Verdicts",
            ["| Claim | What the article says | Was | Is | Figure |", "|---|---|---|---|---|"],
            verdicts,
        ),
        ("What is said of other claims" if verdicts else "What is said of claims", [], others),
        (
            "Printed numbers",
            ["| Number | Page | Was | Is | Unit | Change |", "|---|---|---:|---:|---|---:|"],
            numbers,
        ),
        ("Charts", [], charts),
        ("Tables", [], tables),
        ("Pages", [], pages),
        ("Links", [], links),
        ("Version and evidence", [], stamp),
    ]


def _pages_of(found: Comparison, change: LinkChange) -> list[str]:
    titles = [found.new.title(page) for page, _ in change.places]
    return titles[:5] + ([count(len(titles) - 5, "more page")] if len(titles) > 5 else [])


def _address(place: str) -> str:
    """Return where a link leads as Markdown that shows it as it is."""
    return f"`{' '.join(place.split()).replace('`', '%60')}`" if place else "no link"


def _figure(change: ClaimChange) -> str:
    sides = [(side or {}).get("computed") or {} for side in (change.before, change.after)]
    return " → ".join(
        dict.fromkeys(escaped(side["figure"]) for side in sides if side.get("figure"))
    )


def terminal(found: Comparison) -> str:
    """Return the summary for a terminal: the sentences, then the names of what changed."""
    said = [*sentences(found), *found.notes]
    said += [f"  verdict {change.claim_id}: {verdict_words(change)}" for change in found.verdicts]
    numbers = [
        f"  number {(change.after or change.before)['name']}: "
        + " → ".join(
            side["printed"] if side else "not there" for side in (change.before, change.after)
        )
        for change in found.numbers
    ]
    said += numbers[:10] + (
        [f"  … and {len(numbers) - 10:,} more numbers"] if len(numbers) > 10 else []
    )
    said += [
        f"  chart {(change.after or change.before).name}: {chart_words(found, change)}"
        for change in found.charts
    ]
    said += [f"  table {change.name}: {table_words(change)}" for change in found.tables]
    said += [
        f"  page {(change.after or change.before).address}: {page_words(change)}"
        for change in found.pages
    ]
    links = [
        f"  link {link_words(change)}: {change.before or 'no link'} → {change.after or 'no link'}"
        for change in found.links
    ]
    said += links[:10] + ([f"  … and {len(links) - 10:,} more links"] if len(links) > 10 else [])
    said += [unseen_words(found)] * bool(found.unseen)
    return "\n".join(plain(line) for line in said)
