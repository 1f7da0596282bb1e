"""Promise: comparing two built sites names each change that a reader would see, and nothing else.

A small book with the ledger of claims is built before and after the change of one cell, and once
more with other edits, each time at another commit. What must be reported is reckoned here from the
tables' text.
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
from bs4 import BeautifulSoup
from reading import browser, needs_browser  # noqa: F401
from small_book import HEAD, ISLANDS, ROOT, build, cell, edit, edit_table, make, surroundings

from ledger.commands.compare import report, words
from ledger.commands.compare.diff import compare
from ledger.commands.compare.site import Site, SiteError

TABLE = "catches"
SUM = f"""from ledger import charts, load, numbers
catches = load("{TABLE}").query("country == 'XAR'")
caught = catches.pivot(index="year", columns="species", values="value")
numbers.put("caught-2023", caught.loc[2023].sum(), "{{:,.1f}}", table="{TABLE}", unit="tonnes")
numbers.put("caught-years", len(caught), "{{:d}}", table="{TABLE}")"""


def chart(name, species, caption, unit="1"):
    """Return a cell that publishes the catch of one species as a chart."""
    return cell(
        f'ax = charts.lines(caught[["{species}"]] / {unit}, "Tonnes")\n'
        f'charts.publish(ax, "{name}", table="{TABLE}", data=caught[["{species}"]], '
        f'caption="{caption}", alt="A line with a dot a year.")'
    )


WORDS = (
    "Arland caught {num}`caught-2023` tonnes in 2023. {claim}`C05` "
    "It is known for {num}`caught-years` years.\n\nA paragraph that stays.\n"
)
SEA = (
    f"{HEAD}# The sea\n\n{cell(SUM)}{WORDS}\n"
    + chart("cod", "cod", "What Arland caught of cod.")
    + chart("herring", "herring", "What Arland caught of herring.")
    + "Two charts stand in {numref}`cod` and {numref}`herring`.\n"
)
KEY = ("XAR", "2023", "cod")  # of the row in catches
ROW = "XAR,2023,{species},tonnes,"  # as it stands in the file


def of_2023(folder, species):
    """Return Arland's catch of a species in 2023, in tonnes, from the table's text."""
    return int(
        re.search(
            rf"^{ROW.format(species=species)}(\d+)$",
            (folder / "data" / "catches.csv").read_text(encoding="utf-8"),
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
    """Build a book as it was, with a cell doubled and its verdict changed, and with more edits."""
    book = make(tmp_path_factory.mktemp("compare") / "book")
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n  - glob: chapters/*\n  - glob: tables/*\n",
        encoding="utf-8",
    )
    (book / "chapters" / "one.md").unlink()
    for name in ("verdicts", "references"):
        shutil.copy(ISLANDS / "chapters" / f"{name}.md", book / "chapters")
    for name in ("trade", "ferries", "sources-and-methods"):  # claims and omissions name theirs
        (book / "chapters" / f"{name}.md").write_text(
            f"# {name.capitalize()}\n\nIts first sentence. Its second one.\n", encoding="utf-8"
        )
    sea = book / "chapters" / "sea.md"
    sea.write_text(SEA, encoding="utf-8")
    made = {
        "was": publish(book, "aaaaaaa 2026-01-01"),
        "cod": of_2023(book, "cod"),
        "herring": of_2023(book, "herring"),
        "squid": of_2023(book, "squid"),
    }
    row = ROW.format(species="cod")
    edit_table(
        book, TABLE, lambda text: text.replace(f"{row}{made['cod']}\n", f"{row}{2 * made['cod']}\n")
    )
    edit_table(
        book,
        "claims",
        lambda text: re.sub(r"^(C05,.*?),supported,", r"\1,partly,", text, flags=re.M),
    )  # else the build would fail
    made["cell"] = publish(book, "bbbbbbb 2026-02-02 changed")
    edit(book / "chapters" / "trade.md", "Its second one.", "Its second `<my_script>` one.")
    edit(book / "chapters" / "sources-and-methods.md", "# Sources-and-methods", "# Methods")
    edit(sea, "{numref}`cod`", "{numref}`cod-of-arland`")
    again = chart("herring-again", "herring", "What Arland caught once more.", "1e3")
    edit(
        sea,
        chart("cod", "cod", "What Arland caught of cod."),
        again + chart("cod-of-arland", "cod", "What Arland caught of cod."),
    )
    made["edits"] = publish(book, "ccccccc 2026-03-03")
    made["book"] = book
    return made


@pytest.fixture(scope="module")
def cell_changed(sites):
    return compare(sites["was"], sites["cell"])


def test_one_cell_is_reported_as_all_that_it_moves(sites, cell_changed):
    cod, herring = sites["cod"], sites["herring"]
    before = cod + herring + sites["squid"]
    after = before + cod

    (verdict,) = cell_changed.verdicts
    assert (verdict.name, report.verdict(verdict)) == ("C05", ("supported", "partly"))
    figures = {change.name: dict(change.wording)["Figure"] for change in cell_changed.claims}
    assert set(figures) == {"C05", "C08"}, "C08 compares the catches of both"
    for claim, was, becomes in (
        ("C05", "60", f"{100 * herring / after:.0f}"),  # Belmark's 498 of 833.5 was the lesser
        ("C08", f"{before:,.1f}", f"{after:,.1f}"),
    ):
        marked = " ".join(f"{mark}:{text}" for mark, text in figures[claim])
        assert f"del:{was}" in marked and f"ins:{becomes}" in marked, marked

    (number,) = cell_changed.numbers
    assert number.name == "caught-2023"
    assert report.printed(number) == (f"{before:,.1f}", f"{after:,.1f}")
    assert number.relative == pytest.approx(cod / before)
    assert report.move(number).startswith(f"+{cod:,.1f} (+")
    assert [text for mark, text in number.sentence if mark != "del"] == [
        "Arland caught",
        f"{after:,.1f}",
        "tonnes in 2023.",
    ]

    (chart,) = cell_changed.charts
    assert chart.name == "cod" and chart.is_redrawn and not chart.wording
    assert not chart.is_recoded
    assert chart.rows.revised == [(("2023",), "cod", f"{cod}", f"{2 * cod}")]

    assert {change.name: change.rows.revised for change in cell_changed.tables} == {
        TABLE: [(KEY, "value", str(cod), str(2 * cod))],
        "claims": [(("C05",), "verdict", "supported", "partly")],
    }
    assert not cell_changed.pages and not cell_changed.build, (
        "commit and date are no change, and what is reported above is not reported twice"
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
    svg = (other / "charts" / "herring.svg").read_text(encoding="utf-8").replace("herring-", "p1-")
    svg = re.sub(r'<text style="([^"]*)" x="([^"]*)"', r'<text x="\2" style="\1"', svg)
    assert svg != (sites["cell"] / "charts" / "herring.svg").read_text(encoding="utf-8")
    (other / "charts" / "herring.svg").write_text(svg, encoding="utf-8")
    for site in (sites["cell"], other):
        comparison = compare(sites["cell"], site)
        assert not comparison and report.overview(comparison) == report.NOTHING
    edit(other / "charts" / "herring.svg", "stroke-width:", "stroke-width:1")
    assert [change.name for change in compare(sites["cell"], other).charts] == ["herring"]
    edit(other / "build.json", version, "9.1")
    assert compare(sites["cell"], other).build == [("Version", version, "9.1")]


def test_prose_a_title_and_charts_that_come_and_go(sites):
    comparison = compare(sites["cell"], sites["edits"])
    assert not (comparison.claims or comparison.numbers or comparison.tables or comparison.build)
    assert {change.name: change.wording for change in comparison.pages} == {
        "chapters/trade": [
            (
                "Trade",
                [("", "Its first sentence. Its second"), ("ins", "<my_script>"), ("", "one.")],
            )
        ],
        "chapters/sources-and-methods": [
            ("Methods", [("ins", "Methods")]),
            ("Sources-and-methods", [("del", "Sources-and-methods")]),
        ],
        "chapters/sea": [
            (
                "The sea",
                [
                    ("", "Two charts stand in Fig."),
                    ("del", "cod"),
                    ("ins", "cod-of-arland"),
                    ("", "and Fig. herring."),
                ],
            )
        ],
    }
    assert {change.name: report.summary(change) for change in comparison.charts} == {
        "herring-again": "new",
        "cod-of-arland": "new",
        "cod": "gone",
    }, "herring has another number, which is no change"


def test_a_page_and_rows_that_come_or_go(sites, tmp_path):
    """A page is taken out of a site, and rows out of a table and from behind a chart."""
    other = shutil.copytree(sites["was"], tmp_path / "other")
    (other / "chapters" / "ferries.html").unlink()
    for path, row in ((other / "data" / "output.csv", 7), (other / "charts" / "herring.csv", 2)):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        gone = lines.pop(row)
        path.write_text("".join(lines), encoding="utf-8")
    comparison = compare(sites["was"], other)
    (page,), (table,), (chart,) = comparison.pages, comparison.tables, comparison.charts
    assert (page.name, page.after) == ("chapters/ferries", None)
    lost = (sites["was"] / "data" / "output.csv").read_text(encoding="utf-8").splitlines()[7]
    assert (table.name, table.rows.removed) == ("output", [tuple(lost.split(",")[:2])])
    assert not table.rows.added and not table.rows.revised
    assert chart.name == "herring" and chart.rows.removed == [(gone.split(",")[0],)]
    assert not chart.is_redrawn
    back = compare(other, sites["was"])
    assert [report.summary(change) for change in back.pages] == ["new"]
    assert back.tables[0].rows.added == table.rows.removed


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
    assert claims["C05"]["computed"]["verdict"] == "partly"
    assert claims["C05"]["computed"]["tables"] == [TABLE]


def run(sites, *words):
    return subprocess.run(
        [sys.executable, "-m", "ledger", "compare", *map(str, words)],
        cwd=sites["book"],
        capture_output=True,
        text=True,
        env=surroundings(),
    )


def test_the_command_writes_a_whole_report_or_leaves_the_last_one(sites, tmp_path, monkeypatch):
    ran = run(sites, sites["was"], sites["cell"])
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("Changed: 1 verdict (C05 supported → partly), 1 claim with the")
    into = sites["book"] / "_build" / "compare"
    written = {path.name: path.read_bytes() for path in into.iterdir()}
    assert set(written) == {"index.html", "what-changed.html", "summary.md"}
    assert b"- **C05**" in written["summary.md"]
    monkeypatch.setattr(report, "to_markdown", lambda comparison: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report.write(compare(sites["cell"], sites["cell"]), into)
    assert {path.name: path.read_bytes() for path in into.iterdir()} == written
    same = run(sites, sites["cell"], sites["cell"])
    assert same.returncode == 0 and same.stdout.startswith(report.NOTHING), same.stderr
    assert report.NOTHING in (into / "summary.md").read_text(encoding="utf-8")


def test_what_is_no_site_is_named_with_what_it_lacks(sites, tmp_path):
    nothing, half = tmp_path / "nothing", shutil.copytree(sites["was"], tmp_path / "half")
    nothing.mkdir()
    (half / "numbers.json").unlink()
    ran = run(sites, sites["was"], half, "--into", tmp_path / "report")
    message = f"error: {half} is no built site, for it lacks numbers.json: name a folder"
    assert ran.returncode == 1 and ran.stderr.startswith(message), ran.stderr
    assert not (tmp_path / "report").exists()
    edit(half / "build.json", "{", "")
    (half / "numbers.json").write_text("[]", encoding="utf-8")
    for folder, problem in (
        (tmp_path / "absent", "absent is no built site"),
        (nothing, "it lacks index.html, build.json, .* and data/datapackage.json"),
        (half, "half/build.json cannot be read"),
    ):
        for pair in ((sites["was"], folder), (folder, sites["was"])):
            with pytest.raises(SiteError, match=problem):
                compare(*pair)


def test_a_report_replaces_nothing_but_a_report(sites, cell_changed, tmp_path):
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("years of work", encoding="utf-8")
    page = (sites["was"] / "index.html").read_bytes()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "what-changed.html").write_text("years of work", encoding="utf-8")
    for into in (thesis, sites["was"], mine):
        with pytest.raises(FileExistsError, match="--into"):
            report.write(cell_changed, into)
    assert thesis.read_text(encoding="utf-8") == "years of work"
    assert [path.name for path in mine.iterdir()] == ["what-changed.html"]
    assert (sites["was"] / "index.html").read_bytes() == page


def test_the_markdown_shows_text_as_it_is_and_says_where_it_is_cut(sites, cell_changed):
    text = report.to_markdown(compare(sites["was"], sites["edits"]))
    assert r"**&lt;my\_script&gt;**" in text and "<my_script>" not in text
    assert "Cut here" not in text
    whole = report.to_markdown(cell_changed)
    short = report.to_markdown(cell_changed, max_bytes=1100)
    kept = short.partition("\n\n**Cut here: ")[0]
    assert len(short.encode()) < 1100 < len(whole.encode()) and whole.startswith(kept)
    left = len(whole.splitlines()) - len(kept.splitlines())
    assert f"Cut here: {left} more lines" in short


def altered(site, folder, *edits):
    """Return a copy of a site in which (file, text, other text) are replaced."""
    other = shutil.copytree(site, folder)
    for name, text, becomes in edits:
        path = other / name
        assert text in path.read_text(encoding="utf-8"), (name, text)
        path.write_text(path.read_text(encoding="utf-8").replace(text, becomes), encoding="utf-8")
    return other


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def test_the_page_to_send_is_whole_in_itself_and_runs_nothing_that_a_change_brings(sites, tmp_path):
    """A change brings markup in each place that is shown, and a script in a chart."""
    shown = HOSTILE.replace("<", "&lt;").replace('"', "&quot;")
    new = altered(
        sites["edits"],
        tmp_path / "new",
        ("chapters/trade.html", "Its first sentence.", f"{shown} Its first sentence."),
        ("chapters/sea.html", "What Arland caught of cod.", f"{shown} caught of cod."),
        ("numbers.json", '"unit": "tonnes"', f'"unit": {json.dumps(HOSTILE)}'),
        ("data/output.csv", "\nXAR,", '\n"' + HOSTILE.replace('"', '""') + '",'),
        ("charts/cod-of-arland.svg", "</svg>", "<script>alert(1)</script></svg>"),
        ("build.json", '"version": "', '"version": "' + HOSTILE.replace('"', "")),
    )
    into = tmp_path / "report"
    report.write(compare(sites["was"], new), into)
    content = (into / "what-changed.html").read_text(encoding="utf-8")
    page = BeautifulSoup(content, "html.parser")
    assert page.get_text().count("<script>alert(1)</script>") >= 5, "it is shown as text"
    assert not page.select("script, object, iframe, embed, link, base, form, svg")
    elements = page.find_all(True)
    assert not [one for one in elements if any(name.startswith("on") for name in one.attrs)]
    addresses = {one[name] for one in elements for name in ("src", "href") if name in one.attrs}
    assert addresses and all(each.startswith(("#", "data:image/svg+xml;")) for each in addresses)
    assert all(page.find(id=each[1:]) for each in addresses if each.startswith("#"))
    policy = page.select_one('meta[http-equiv="Content-Security-Policy"]')["content"]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert page.select("ins") and page.select("del")
    parts = [each["href"][1:] for each in page.select("nav a")]
    assert parts == ["verdicts", "claims", "numbers", "charts", "tables", "pages", "build"]


def test_pages_stand_in_the_order_of_the_contents(sites, tmp_path):
    """Two chapters change places in the contents of a copy."""
    entry = '<li class="toctree-l1"><a class="reference internal" href="chapters/{}.html">'
    sea, trade = entry.format("sea"), entry.format("trade")
    index = (sites["was"] / "index.html").read_text(encoding="utf-8")
    other = shutil.copytree(sites["was"], tmp_path / "other")
    index = index.replace(sea, "SEA").replace(trade, sea).replace("SEA", trade)
    (other / "index.html").write_text(index, encoding="utf-8")
    for site, expected in ((sites["was"], ["sea", "trade"]), (other, ["trade", "sea"])):
        pages = list(Site(site).pages)
        assert pages[0] == "index"
        named = [page.removeprefix("chapters/") for page in pages]
        assert [name for name in named if name in ("sea", "trade")] == expected


def test_another_picture_under_the_same_words_is_told(sites, tmp_path):
    picture = '<p><img src="../{}" alt="A map."></p>'
    old = altered(
        sites["was"],
        tmp_path / "old",
        ("chapters/trade.html", "<p>Its first", picture.format("map.svg") + "<p>Its first"),
    )
    (old / "map.svg").write_text("<svg/>", encoding="utf-8")
    named = altered(old, tmp_path / "named", ("chapters/trade.html", "map.svg", "plan.svg"))
    drawn = altered(old, tmp_path / "drawn", ("map.svg", "<svg/>", "<svg></svg>"))
    (((_, wording),),) = (change.wording for change in compare(old, named).pages)
    assert ("ins", "plan.svg,") in wording
    (((_, wording),),) = (change.wording for change in compare(old, drawn).pages)
    assert [mark for mark, _ in wording] == ["", "del", "ins"]
    assert wording[0][1] == "[picture: A map., map.svg, contents"
    assert not compare(old, shutil.copytree(old, tmp_path / "copy"))


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
    comparison = compare(sites["was"], new)
    lines = report.to_markdown(comparison).splitlines()
    (line,) = [line for line in lines if line.startswith(f"  - {row['claim_id']}, reason: ")]
    assert f"~~{report.escape_markdown(last)}~~ **otherwise.**" in line
    assert "…" in line and len(line) < 200, line
    page = report.to_html(comparison, tmp_path / "report")
    assert f"<del>{last}</del> <ins>otherwise.</ins>" in page
    assert words.word_diff("one two", "three four") == [("del", "one two"), ("ins", "three four")]


def test_numbers_under_another_name_or_with_another_unit(sites, tmp_path):
    name = '"name": "caught-2023"'
    renamed = altered(
        sites["was"], tmp_path / "renamed", ("numbers.json", name, '"name": "caught-in-2023"')
    )
    assert not compare(sites["was"], renamed), "no reader sees a name"
    printed = altered(
        renamed, tmp_path / "printed", ("numbers.json", '"printed": "', '"printed": "9')
    )
    numbers = compare(sites["was"], printed).numbers
    assert {change.name for change in numbers} == {"caught-2023", "caught-in-2023", "caught-years"}

    unit = altered(sites["was"], tmp_path / "unit", ("numbers.json", "tonnes", "metric tons"))
    lines = report.to_markdown(compare(sites["was"], unit)).splitlines()
    (line,) = [line for line in lines if "caught-2023" in line]
    assert line.endswith("| tonnes → metric tons |  |"), line
    assert report.revision("1.0", "1.00") == ""


def test_charts_with_other_data_or_first_on_a_page(sites, tmp_path):
    data = altered(sites["was"], tmp_path / "data", ("charts/cod.csv", "\n2022,", "\n3022,"))
    (chart,) = compare(sites["was"], data).charts
    assert report.summary(chart) == "1 row added, 1 row removed"
    nowhere = altered(
        sites["was"], tmp_path / "nowhere", ("chapters/sea.html", 'id="chart-cod"', "")
    )
    for old, new, message in (
        (nowhere, sites["was"], "moved from no page to chapters/sea"),
        (sites["was"], nowhere, "moved from chapters/sea to no page"),
    ):
        (chart,) = compare(old, new).charts
        assert report.summary(chart).startswith(message)


def test_a_table_cut_short_is_named_with_its_row(sites, tmp_path):
    for name in ("charts/cod.csv", "data/output.csv"):
        broken = shutil.copytree(sites["was"], tmp_path / Path(name).stem)
        lines = (broken / name).read_text(encoding="utf-8").splitlines(keepends=True)
        cut = lines.pop().partition(",")[0]
        (broken / name).write_text("".join(lines) + cut, encoding="utf-8")
        message = rf"{name} has in row {len(lines) + 1} 1 cell where .* build it again"
        for pair in ((sites["was"], broken), (broken, sites["was"])):
            with pytest.raises(SiteError, match=message):
                compare(*pair)
    (broken / "data" / "output.csv").write_bytes("country,–".encode()[:-1])
    with pytest.raises(SiteError, match=r"data/output.csv cannot be read"):
        compare(sites["was"], broken)


@needs_browser
def test_the_report_reads_well_from_a_file(sites, browser, tmp_path):
    into = tmp_path / "report"
    report.write(compare(sites["was"], sites["edits"]), into)
    window = browser.new_context(viewport={"width": 1280, "height": 900})
    page = window.new_page()
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((into / "index.html").as_uri(), wait_until="load")
    assert page.locator("h2").all_inner_texts()[0].startswith("Verdicts")
    assert page.locator("article", has_text="C05").first.inner_text().count("supported") == 1
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 100
    assert page.locator("img").count() == 3, "cod under two names, and a new one"
    assert page.locator("script").count() == 0
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


@pytest.mark.parametrize("content", ["null", "{}", '"x"', "[1]", "[{}]", '{"resources": 1}'])
@pytest.mark.parametrize("name", ["claims.json", "numbers.json", "data/datapackage.json"])
def test_a_file_of_another_form_is_named(sites, tmp_path, name, content):
    damaged = shutil.copytree(sites["was"], tmp_path / "damaged site")
    (damaged / name).write_text(content, encoding="utf-8")
    with pytest.raises(SiteError, match=rf"{re.escape(str(damaged / name))} has|holds no"):
        Site(damaged)


@pytest.mark.parametrize("into", ["site", "site/report", "site/../site/report"])
def test_a_report_is_not_written_into_a_site(tmp_path, into):
    for name in ("site", "other"):
        (tmp_path / name).mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "ledger", "compare", "other", "site", "--into", into],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=surroundings(LEDGER_BOOK=str(ISLANDS), PYTHONPATH=str(ROOT)),
    )
    assert ran.returncode == 1
    assert ran.stderr == "error: the report would stand in the site site: name another --into\n"
    assert not list((tmp_path / "site").iterdir())
