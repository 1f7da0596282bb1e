"""Promise: the comparison of two built sites names every change that a reader would see, with the values, and nothing else.

A small book with the ledger of claims is built before and after the change of one cell, and once more with other edits, each time at another
commit. What must be reported is reckoned here from the tables' text.
"""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from reading import browser, needs_browser  # noqa: F401
from small_book import HEAD, ROOT, build, cell, edit, edit_table, make, surroundings

from ledger.commands import compare, report

SUM = """from ledger import charts, numbers
from ledger.core.tables import load
trade = load("trade_totals").query("source == 'UN Comtrade' and reporter == 'RUS' and partner == 'IRN'")
flows = trade.pivot(index="year", columns="flow", values="value_usd")
numbers.put("trade-2019", flows.loc[2019].sum() / 1e6, "{:,.1f}", table="trade_totals", unit="US$ million")
numbers.put("trade-years", len(flows), "{:d}", table="trade_totals")"""


def chart(name, flow, caption, unit="1e6"):
    """Return a cell that publishes one flow as a chart."""
    return cell(
        f'charts.publish(charts.lines(flows[["{flow}"]] / {unit}, "US$ million"), "{name}", table="trade_totals", '
        f'data=flows[["{flow}"]], caption="{caption}", alt="A line with a dot a year.")'
    )


WORDS = "The trade of 2019 came to {num}`trade-2019` million US dollars. {claim}`C37` It is known for {num}`trade-years` years.\n\nA paragraph that stays.\n"
ECONOMICS = (
    f"{HEAD}# Economics\n\n{cell(SUM)}{WORDS}\n"
    + chart("bought", "import", "What Russia bought from Iran.")
    + chart("sold", "export", "What Russia sold to Iran.")
    + "Two charts stand in {numref}`bought` and {numref}`sold`.\n"
)
KEY = (
    "UN Comtrade",
    "RUS",
    "IRN",
    "import",
    "2019",
)  # of trade_totals: source, reporter, partner, flow, year
ROW = "RUS,IRN,{flow},2019,UN Comtrade,"  # as it stands in the file


def of_2019(folder, flow):
    """Return what UN Comtrade has for a flow between Russia and Iran in 2019, in US$, from the table's text."""
    return int(
        re.search(
            rf"^{ROW.format(flow=flow)}(\d+)",
            (folder / "data" / "trade_totals.csv").read_text(encoding="utf-8"),
            re.M,
        )[1]
    )


def publish(book, commit):
    """Build the book as of a commit and return a copy of its site."""
    code, said = build(book, LEDGER_COMMIT=commit)
    assert code == 0, said[-3000:]
    return shutil.copytree(book / "_build" / "html", book.parent / commit.split()[0])


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """Three sites of one book: as it was, with one cell of trade_totals doubled and the verdict that follows from it, and with other edits."""
    book = make(tmp_path_factory.mktemp("compare") / "book")
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n  - glob: chapters/*\n  - glob: tables/*\n",
        encoding="utf-8",
    )
    (book / "chapters" / "one.md").unlink()
    for name in ("claims", "references"):
        shutil.copy(ROOT / "chapters" / f"{name}.md", book / "chapters")
    for name in ("security", "energy", "diplomacy", "methods"):  # omissions name their chapters
        (book / "chapters" / f"{name}.md").write_text(
            f"# {name.capitalize()}\n\nIts first sentence. Its second one.\n", encoding="utf-8"
        )
    economics = book / "chapters" / "economics.md"
    economics.write_text(ECONOMICS, encoding="utf-8")
    made = {
        "was": publish(book, "aaaaaaa 2026-01-01"),
        "bought": of_2019(book, "import"),
        "sold": of_2019(book, "export"),
    }
    row = ROW.format(flow="import")
    edit_table(
        book,
        "trade_totals",
        lambda text: text.replace(f"{row}{made['bought']},", f"{row}{2 * made['bought']},"),
    )
    edit_table(
        book,
        "claims",
        lambda text: re.sub(r"^(C37,.*?),supported,", r"\1,partly,", text, flags=re.M),
    )  # else the build would fail
    made["cell"] = publish(book, "bbbbbbb 2026-02-02 changed")
    edit(book / "chapters" / "energy.md", "Its second one.", "Its second `<script>` one.")
    edit(book / "chapters" / "methods.md", "# Methods", "# Data and methods")
    edit(economics, "{numref}`bought`", "{numref}`bought-from-iran`")
    again = chart("sold-again", "export", "What Russia sold once more.", "1e5")
    edit(
        economics,
        chart("bought", "import", "What Russia bought from Iran."),
        again + chart("bought-from-iran", "import", "What Russia bought from Iran."),
    )
    made["edits"] = publish(book, "ccccccc 2026-03-03")
    made["book"] = book
    return made


@pytest.fixture(scope="module")
def cell_changed(sites):
    return compare.compare(sites["was"], sites["cell"])


def test_one_cell_is_told_as_the_numbers_charts_verdicts_and_tables_that_it_moves(
    sites, cell_changed
):
    found, bought, sold = cell_changed, sites["bought"], sites["sold"]
    before, after = (bought + sold) / 1e6, (2 * bought + sold) / 1e6

    assert [
        (change.claim_id, change.before["verdict"], change.after["verdict"])
        for change in found.verdicts
    ] == [("C37", "supported", "partly")]
    figures = {change.claim_id: dict(change.wording)["figure"] for change in found.claims}
    assert set(figures) == {"C37", "C40"}, "C40 is on the ratio of the two flows"
    for claim, was, becomes in (
        ("C37", before / 1e3, after / 1e3),
        ("C40", sold / bought, sold / bought / 2),
    ):
        assert [(mark, text.split(",")[0]) for mark, text in figures[claim]] == [
            ("del", f"{was:.2f}"),
            ("ins", f"{becomes:.2f}"),
        ]

    (number,) = found.numbers
    assert (number.before["name"], number.before["printed"], number.after["printed"]) == (
        "trade-2019",
        f"{before:,.1f}",
        f"{after:,.1f}",
    )
    assert (
        number.size == pytest.approx(bought / (bought + sold))
        and report.difference(number) == f"+{round(after, 1) - round(before, 1):,.1f}"
    )
    assert (
        "".join(text for _, text in number.sentence)
        == f"The trade of 2019 came to {before:,.1f}{after:,.1f} million US dollars."
    )

    (chart,) = found.charts
    assert chart.after.name == "bought" and chart.redrawn and not chart.wording and not chart.code
    assert [
        (key, column, float(was), float(becomes))
        for key, column, was, becomes in chart.rows.revised
    ] == [(("2019",), "import", bought, 2 * bought)]

    assert {change.name: change.rows.revised for change in found.tables} == {
        "trade_totals": [(KEY, "value_usd", str(bought), str(2 * bought))],
        "claims": [(("C37",), "verdict", "supported", "partly")],
    }
    assert not found.pages and not found.stamp and not found.notes, (
        "commit and date are no change, and what is told above is not told twice"
    )


def test_a_site_is_the_same_as_itself_and_as_its_copy_at_another_commit(sites, tmp_path):
    other = shutil.copytree(sites["cell"], tmp_path / "copy")
    version = json.loads((other / "build.json").read_text(encoding="utf-8"))["version"]
    for path in other.rglob("*.html"):  # what each build may write otherwise
        text = (
            path.read_text(encoding="utf-8")
            .replace("bbbbbbb", "ddddddd")
            .replace(" of 2 February 2026", " of 4 April 2031")
            .replace(f", version {version}.", ", version 9.1.")
        )
        path.write_text(
            re.sub(r'\?v=\w+|(?<= id=")id\d+', "x", text).replace(
                'class="simple"', 'data-x="1" class="simple"'
            ),
            encoding="utf-8",
        )
    edit(other / "build.json", "bbbbbbb", "ddddddd")
    svg = (other / "charts" / "sold.svg").read_text(encoding="utf-8").replace("sold-", "p1-")
    svg = re.sub(r'<text style="([^"]*)" x="([^"]*)"', r'<text x="\2" style="\1"', svg)
    assert svg != (sites["cell"] / "charts" / "sold.svg").read_text(encoding="utf-8")
    (other / "charts" / "sold.svg").write_text(svg, encoding="utf-8")
    for site in (sites["cell"], other):
        found = compare.compare(sites["cell"], site)
        assert not found and report.sentences(found) == [report.NOTHING]
    edit(other / "charts" / "sold.svg", "stroke-width:", "stroke-width:1")
    assert [change.after.name for change in compare.compare(sites["cell"], other).charts] == [
        "sold"
    ]
    edit(other / "build.json", version, "9.1")
    assert compare.compare(sites["cell"], other).stamp == [("Version", version, "9.1")]


def test_prose_a_title_and_charts_that_come_and_are_renamed(sites):
    found = compare.compare(sites["cell"], sites["edits"])
    assert not (found.claims or found.numbers or found.tables or found.stamp)
    pages = {change.after.address: change for change in found.pages}
    assert set(pages) == {"chapters/energy", "chapters/methods", "chapters/economics"}
    (passage,) = pages["chapters/energy"].passages
    assert passage == (
        "Energy",
        "energy",
        [("", "Its first sentence. Its second "), ("ins", "<script> "), ("", "one.")],
    )
    assert (pages["chapters/methods"].before.title, pages["chapters/methods"].after.title) == (
        "Methods",
        "Data and methods",
    )
    assert not pages["chapters/methods"].passages
    words = "".join(
        text for mark, text in pages["chapters/economics"].passages[0][2] if mark != "del"
    )
    assert (
        words == "Two charts stand in Fig. bought-from-iran and Fig. sold."
        and len(pages["chapters/economics"].passages) == 1
    )
    charts = {
        (change.before and change.before.name, change.after and change.after.name): change
        for change in found.charts
    }
    assert set(charts) == {(None, "sold-again"), ("bought", "bought-from-iran")}, (
        "sold has another number, which is no change"
    )
    assert not charts["bought", "bought-from-iran"].redrawn
    back = compare.compare(sites["edits"], sites["cell"])
    assert {
        (change.before and change.before.name, change.after and change.after.name)
        for change in back.charts
    } == {
        ("sold-again", None),
        ("bought-from-iran", "bought"),
    }


def test_a_page_and_rows_that_come_or_go(sites, tmp_path):
    """A page is taken out of a site, and rows out of a table and from behind a chart."""
    other = shutil.copytree(sites["was"], tmp_path / "other")
    (other / "chapters" / "security.html").unlink()
    for path, row in ((other / "data" / "gdp.csv", 7), (other / "charts" / "sold.csv", 2)):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        gone = lines.pop(row)
        path.write_text("".join(lines), encoding="utf-8")
    found = compare.compare(sites["was"], other)
    assert [(change.before.address, change.after) for change in found.pages] == [
        ("chapters/security", None)
    ]
    (table,), (chart,) = found.tables, found.charts
    gdp = (sites["was"] / "data" / "gdp.csv").read_text(encoding="utf-8").splitlines()[7]
    assert (table.name, table.rows.removed, table.rows.added, table.rows.revised) == (
        "gdp",
        [tuple(gdp.split(",")[:2])],
        [],
        [],
    )
    assert (chart.after.name, chart.rows.removed) == (
        "sold",
        [(gone.split(",")[0],)],
    ) and not chart.redrawn
    back = compare.compare(other, sites["was"])
    assert [change.after.address for change in back.pages] == ["chapters/security"] and back.tables[
        0
    ].rows.added == table.rows.removed


def test_claims_are_published_for_programs(sites):
    claims = {
        claim["claim_id"]: claim
        for claim in json.loads((sites["cell"] / "claims.json").read_text(encoding="utf-8"))
    }
    table = list(
        csv.DictReader(
            io.StringIO((sites["cell"] / "data" / "claims.csv").read_text(encoding="utf-8"))
        )
    )
    assert {number: claim["verdict"] for number, claim in claims.items()} == {
        row["claim_id"]: row["verdict"] for row in table
    }
    assert {number for number, claim in claims.items() if claim["computed"]} == {
        row["claim_id"] for row in table if row["decided_by"]
    }
    assert claims["C37"]["computed"]["verdict"] == "partly" and claims["C37"]["computed"][
        "tables"
    ] == ["trade_totals"]


def test_a_site_of_an_older_version_is_compared_by_its_table_of_claims(sites, tmp_path):
    older = shutil.copytree(sites["was"], tmp_path / "older")
    (older / "claims.json").unlink()
    found = compare.compare(older, sites["cell"])
    assert [(change.claim_id, report.verdict_words(change)) for change in found.claims] == [
        ("C37", "supported → partly")
    ]
    assert (
        len(found.notes) == 1
        and "claims.json" in found.notes[0]
        and found.notes[0] in report.terminal(found)
    )


def run(sites, *words):
    return subprocess.run(
        [sys.executable, "-m", "ledger", "compare", *map(str, words)],
        cwd=sites["book"],
        capture_output=True,
        text=True,
        env=surroundings(),
    )


def test_the_command_writes_a_whole_report_or_leaves_the_last_one(sites, tmp_path):
    ran = run(sites, sites["was"], sites["cell"])
    assert ran.returncode == 0 and ran.stdout.startswith(
        "Changed: 1 verdict (C37 supported → partly)"
    ), ran.stdout + ran.stderr
    into = sites["book"] / "_build" / "compare"
    assert (
        "| C37 |" in (into / "summary.md").read_text(encoding="utf-8")
        and (into / "before" / "bought.svg").stat().st_size > 1000
    )
    written = {path: path.read_bytes() for path in into.rglob("*") if path.is_file()}
    broken = shutil.copytree(sites["cell"], tmp_path / "broken")
    found = compare.compare(sites["was"], broken)
    assert found.charts
    (broken / "charts" / "bought.svg").unlink()  # as when a site is built again meanwhile
    with pytest.raises(FileNotFoundError):
        report.write(found, into)
    assert {path: path.read_bytes() for path in into.rglob("*") if path.is_file()} == written
    assert [path.name for path in into.parent.iterdir() if path.name.startswith(".compare")] == []
    same = run(sites, sites["cell"], sites["cell"])
    assert same.returncode == 0 and same.stdout.startswith(report.NOTHING), (
        same.stdout + same.stderr
    )
    assert sorted(path.name for path in into.iterdir()) == ["index.html", "summary.md"], (
        "the pictures of the report before are gone"
    )


def test_what_is_no_site_is_named_with_what_it_lacks(sites, tmp_path):
    nothing, half = tmp_path / "nothing", shutil.copytree(sites["was"], tmp_path / "half")
    nothing.mkdir()
    (half / "numbers.json").unlink()
    ran = run(sites, sites["was"], half, "--into", tmp_path / "report")
    assert ran.returncode == 1 and ran.stderr.startswith(
        f"error: {half} is no built site of the book, for it has no numbers.json: name a folder"
    ), ran.stderr
    assert not (tmp_path / "report").exists()
    edit(sites["book"] / "_build" / "html" / "build.json", "{", "")
    for folder, says in (
        (tmp_path / "absent", "absent is no folder"),
        (
            nothing,
            "nothing is no built site of the book, for it has no index.html, no build.json, no numbers.json, no data/datapackage.json",
        ),
        (sites["book"] / "_build" / "html", "html/build.json cannot be read"),
    ):
        for pair in ((sites["was"], folder), (folder, sites["was"])):
            with pytest.raises(compare.NotASite, match=says):
                compare.compare(*pair)


def test_a_report_replaces_nothing_but_a_report(sites, cell_changed, tmp_path):
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("years of work", encoding="utf-8")
    for into in (tmp_path, thesis, sites["was"], sites["was"].parent):
        with pytest.raises((FileExistsError, compare.NotASite), match="--into"):
            report.write(cell_changed, into)
    assert (
        thesis.read_text(encoding="utf-8") == "years of work"
        and not list(tmp_path.parent.glob(".*.new"))
        and (sites["was"] / "claims.json").exists()
    )


def test_the_markdown_shows_text_as_it_is_and_says_where_it_is_cut(sites, cell_changed):
    text = report.markdown(compare.compare(sites["was"], sites["edits"]))
    assert (
        "**&lt;script&gt;**" in text and "<script>" not in text and len(text.encode()) < report.MOST
    )
    assert r"trade\_totals" in text and "Cut here" not in text
    whole = report.markdown(cell_changed)
    short = report.markdown(cell_changed, most=1100)
    assert len(short.encode()) < 1100 < len(whole.encode()) and whole.startswith(
        short.partition("\n\n**Cut here: ")[0]
    )
    left = len(whole.splitlines()) - len(short.partition("\n\n**Cut here: ")[0].splitlines())
    assert abs(int(re.search(r"Cut here: (\d+) more lines", short)[1]) - left) <= 1


def altered(site, folder, *edits):
    """Return a copy of a site in which (file, text, other text) are replaced."""
    other = shutil.copytree(site, folder)
    for name, text, becomes in edits:
        path = other / name
        assert text in path.read_text(encoding="utf-8"), (name, text)
        path.write_text(path.read_text(encoding="utf-8").replace(text, becomes), encoding="utf-8")
    return other


def test_links_that_lead_elsewhere_are_told_by_themselves_and_once(sites, tmp_path):
    said = "<p>Its first sentence. Its second one.</p>"
    prose = (
        '<p>See <a href="https://a.example/old">here</a> and <a href="https://b.example/">here</a>, <a href="methods.html#methods">methods</a>, '
        '<a href="security.html">security</a>, <a href="{}.html#{}">economics</a>.</p><details class="run"><a href="https://r.example/c0">Run</a></details>'
    )
    more = '<p><a href="https://e.example/">Reworded</a> text.</p><p>Seen at <a href="https://f.example/1">https://f.example/1</a>.</p>'
    energy, economics, first = (
        "chapters/energy.html",
        "chapters/economics.html",
        "chapters/references.html",
    )
    was = altered(
        sites["was"],
        tmp_path / "was",
        (
            energy,
            said,
            prose.format("economics", "gone")
            + '<p><a href="https://c.example/">Gone</a> words.</p>'
            + more
            + said,
        ),
    )
    same = altered(
        was,
        tmp_path / "same",
        (energy, "c.example/", "d.example/"),
        (energy, "r.example/c0", "r.example/c1"),
    )
    (change,) = compare.compare(was, same).links
    assert (change.before, change.after, change.words, change.places) == (
        "https://c.example/",
        "https://d.example/",
        ["Gone"],
        [("chapters/energy", "energy")],
    )

    licence = "https://creativecommons.org/licenses/by/4.0/"
    reference = re.search(
        r'class="reference external" href="([^"]+)"', (was / first).read_text(encoding="utf-8")
    )[1]
    new = altered(
        was,
        tmp_path / "new",
        (energy, "https://a.example/old", "https://b.example/"),
        (energy, '"https://b.example/">here</a>,', '"https://a.example/old">here</a>,'),
        (energy, "methods.html#methods", "diplomacy.html#diplomacy"),
        (
            energy,
            "economics.html#gone",
            "economics.html",
        ),  # the place is gone, so that this follows
        (
            energy,
            '<a href="https://c.example/">Gone</a> words',
            'Gone words, <a href="mailto:a@c.example">new words</a>',
        ),
        (energy, "Reworded", "Another"),  # to the same place
        (energy, "https://f.example/1", "https://f.example/2"),  # the words tell it
        (economics, 'href="https://comtradeplus.un.org/"', 'href="https://comtrade.example/"'),
        (first, f'href="{reference}"', 'href="https://other.example/`x`"'),
    )
    for path in new.rglob("*.html"):
        path.write_text(
            path.read_text(encoding="utf-8").replace(licence, "https://licence.example/"),
            encoding="utf-8",
        )
    found = compare.compare(was, new)
    told = {(change.before, change.after): change for change in found.links}
    assert set(told) == {
        ("https://a.example/old", "https://b.example/"),
        ("https://b.example/", "https://a.example/old"),
        ("chapters/methods.html#methods", "chapters/diplomacy.html#diplomacy"),
        ("https://c.example/", ""),
        ("", "mailto:a@c.example"),
        ("https://comtradeplus.un.org/", "https://comtrade.example/"),
        (reference, "https://other.example/`x`"),
        (licence, "https://licence.example/"),
    }
    assert {page for page, _ in told[licence, "https://licence.example/"].places} == set(
        found.new.pages
    ), "it stands at the foot of every page"
    assert (
        told["https://comtradeplus.un.org/", "https://comtrade.example/"].places
        == [("chapters/economics", "chart-bought")]
        and not found.charts
    )
    assert [change.after.address for change in found.pages] == ["chapters/energy"], (
        "where new words stand"
    )
    assert "Changed: the words of 1 page and 8 links." in report.sentences(found)
    text, page = report.markdown(found), report.page(found, tmp_path / "report")
    assert (
        "“here” in Energy: `https://a.example/old` → `https://b.example/`" in text
        and "`https://other.example/%60x%60`" in text
    )
    assert (
        "no link → `mailto:a@c.example`" in text
        and "<ins>https://comtrade.example/</ins>" in page
        and 'href="#links">Links 8' in page
    )
    assert "link “Gone”: https://c.example/ → no link" in report.terminal(found)


def test_a_page_at_another_address_leaves_links_to_it_as_they_are(sites, tmp_path):
    link = '<p>Its first sentence, in <a href="{0}.html">security</a>, and <a href="{0}.html">safety</a>.</p>'
    old = altered(
        sites["was"],
        tmp_path / "old",
        (
            "chapters/energy.html",
            "<p>Its first sentence. Its second one.</p>",
            link.format("security"),
        ),
    )
    new = altered(
        old,
        tmp_path / "new",
        ("chapters/energy.html", 'href="security.html"', 'href="safety.html"'),
    )
    (new / "chapters" / "security.html").rename(new / "chapters" / "safety.html")
    found = compare.compare(old, new)
    assert [(change.before.address, change.after.address) for change in found.pages] == [
        ("chapters/security", "chapters/safety")
    ] and not found.links
    edit(
        new / "chapters" / "energy.html", 'and <a href="safety.html"', 'and <a href="methods.html"'
    )
    (change,) = compare.compare(old, new).links
    assert (change.before, change.after, change.words) == (
        "chapters/safety.html",
        "chapters/methods.html",
        ["safety"],
    )


def test_another_picture_under_the_same_words_is_told(sites, tmp_path):
    picture = '<p><img src="../{}" alt="A map."></p>'
    old = altered(
        sites["was"],
        tmp_path / "old",
        ("chapters/energy.html", "<p>Its first", picture.format("map.svg") + "<p>Its first"),
    )
    (old / "map.svg").write_text("<svg/>", encoding="utf-8")
    named = altered(old, tmp_path / "named", ("chapters/energy.html", "map.svg", "plan.svg"))
    drawn = altered(old, tmp_path / "drawn", ("map.svg", "<svg/>", "<svg></svg>"))
    ((_, _, words),) = compare.compare(old, named).pages[0].passages
    assert "".join(text for mark, text in words if mark != "del") == "[picture: A map., plan.svg]"
    ((_, _, words),) = compare.compare(old, drawn).pages[0].passages
    assert [mark for mark, _ in words] == ["", "del", "ins"] and words[0][
        1
    ] == "[picture: A map., map.svg, contents "
    assert not compare.compare(old, shutil.copytree(old, tmp_path / "copy"))


def test_a_long_cell_is_told_by_the_words_that_changed(sites, tmp_path):
    claims = "data/claims.csv"
    row = next(
        row
        for row in csv.DictReader(io.StringIO((sites["was"] / claims).read_text(encoding="utf-8")))
        if len(row["reason"]) > 200 and '"' not in row["reason"]
    )
    last = row["reason"].split()[-1]
    new = altered(
        sites["was"],
        tmp_path / "new",
        (claims, row["reason"], row["reason"].removesuffix(last) + "otherwise."),
    )
    found = compare.compare(sites["was"], new)
    line = next(
        line
        for line in report.markdown(found).splitlines()
        if line.startswith(f"  - {row['claim_id']}, reason: ")
    )
    assert (
        f"~~{report.escaped(last)}~~ **otherwise.**" in line and "…" in line and len(line) < 150
    ), line
    assert f"<del>{last}</del> <ins>otherwise.</ins>" in report.page(found, tmp_path / "report")
    base = "https://archive.example/" + "a" * 150 + "/"  # one word, so that no word stays
    assert report.cell_words(base + "one", base + "two") == [
        ("", base),
        ("del", "one"),
        ("ins", "two"),
    ]
    (_, gone), (_, new_text) = report.shortened(report.cell_words("x" * 300, "y " * 300), most=240)
    assert len(gone) < 250 and len(new_text) < 250


def test_numbers_under_another_name_with_another_unit_or_moved_unseen(sites, tmp_path):
    name = '"name": "trade-2019"'
    renamed = altered(
        sites["was"], tmp_path / "renamed", ("numbers.json", name, '"name": "trade-of-2019"')
    )
    assert not compare.compare(sites["was"], renamed), "no reader sees a name"
    found = compare.compare(
        sites["was"],
        altered(renamed, tmp_path / "printed", ("numbers.json", '"printed": "2', '"printed": "9')),
    )
    assert len(found.numbers) == 3 and {(n.before or n.after)["name"] for n in found.numbers} == {
        "trade-2019",
        "trade-of-2019",
        "trade-years",
    }

    unit = compare.compare(
        sites["was"],
        altered(sites["was"], tmp_path / "unit", ("numbers.json", "US$ million", "million US$")),
    )
    line = next(line for line in report.markdown(unit).splitlines() if "trade-2019" in line)
    assert line.endswith("| US\\$ million → million US\\$ |  |"), line

    assert report.revision("1.0", "1.00") == ""

    value = json.loads((sites["was"] / "numbers.json").read_text(encoding="utf-8"))[0]["value"]
    unseen = compare.compare(
        sites["was"],
        altered(sites["was"], tmp_path / "unseen", ("numbers.json", str(value), f"{value}1")),
    )
    assert unseen.unseen == 1 and not unseen.numbers
    for told in (report.markdown(unseen), report.terminal(unseen)):
        assert told.splitlines()[-1] == "1 more number moved too little to be printed otherwise."


def test_charts_with_other_data_or_first_on_a_page_are_told_in_whole_sentences(sites, tmp_path):
    data = altered(sites["was"], tmp_path / "data", ("charts/bought.csv", "\n2019,", "\n3019,"))
    found = compare.compare(sites["was"], data)
    (chart,) = found.charts
    assert report.chart_words(found, chart) == "in the data behind it 1 row added, 1 row removed"
    nowhere = altered(
        sites["was"], tmp_path / "nowhere", ("chapters/economics.html", 'id="chart-bought"', "")
    )
    for old, new, says in (
        (nowhere, sites["was"], "moved to Economics from no page"),
        (sites["was"], nowhere, "no longer on Economics"),
    ):
        found = compare.compare(old, new)
        words = next(
            report.chart_words(found, change)
            for change in found.charts
            if change.after.name == "bought"
        )
        assert words.startswith(says) and "from ," not in words


def test_a_table_cut_short_is_named_with_its_row(sites, tmp_path):
    for name in ("charts/bought.csv", "data/gdp.csv"):
        broken = shutil.copytree(sites["was"], tmp_path / Path(name).stem)
        lines = (broken / name).read_text(encoding="utf-8").splitlines(keepends=True)[:-1]
        (broken / name).write_text("".join(lines) + lines[-1].partition(",")[0], encoding="utf-8")
        for pair in ((sites["was"], broken), (broken, sites["was"])):
            with pytest.raises(
                compare.NotASite,
                match=rf"{name}, row {len(lines) + 1} \(.*\) has 1 cell where the head has \d+, .*build it again",
            ):
                compare.compare(*pair)
    (broken / "data" / "gdp.csv").write_bytes("economy,–".encode()[:-1])
    with pytest.raises(compare.NotASite, match=r"data/gdp.csv cannot be read"):
        compare.compare(sites["was"], broken)


@needs_browser
def test_the_report_reads_well_from_a_file(sites, browser, tmp_path):
    into = tmp_path / "report"
    source = 'href="https://comtradeplus.un.org/"'
    new = altered(
        sites["edits"],
        tmp_path / "new",
        ("chapters/economics.html", source, f'href="https://comtrade.example/{"long/" * 60}"'),
    )
    report.write(compare.compare(sites["was"], new), into)
    assert 'id="links"' in (into / "index.html").read_text(encoding="utf-8")
    window = browser.new_context(viewport={"width": 1280, "height": 900})
    page = window.new_page()
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((into / "index.html").as_uri(), wait_until="load")
    assert page.locator("h2").all_inner_texts()[0].startswith("Verdicts")
    assert page.locator("article", has_text="C37").first.inner_text().count("supported") == 1
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 100
    assert page.locator("img").count() == 3 and page.locator("script").count() == 0, (
        "bought before and after, and a new one"
    )
    for link in page.locator("a").evaluate_all("links => links.map((link) => link.href)"):
        assert Path(unquote(urlsplit(link).path)).is_file(), link
    assert not complaints and all(url.startswith("file:") for url in asked), complaints
    for width, scheme in ((1280, "light"), (390, "dark"), (390, "light"), (1280, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, scheme)
        wrong = Axe().run(page).response["violations"]
        assert not wrong, [(width, scheme, rule["id"], rule["nodes"][0]["html"]) for rule in wrong]
    window.close()
