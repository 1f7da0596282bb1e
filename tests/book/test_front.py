"""Promise: the first page answers at once. The finding stands first, with the day of the evidence;
each field has a card, each claim a tile, each figure to quote its source; all of it follows the
tables, leads on, and needs no script.
"""

import gzip
import html
import re
from collections import Counter
from unittest.mock import patch

import pytest
from playwright.sync_api import expect
from reading import SITE, address, browser, needs_browser, open_page  # noqa: F401
from test_number_rows import LOAD, Shell, text_of

import ledger
from checks import text as page_text
from ledger.core import numbers, tables
from ledger.core.charts.style import VERDICTS
from ledger.core.config import book
from ledger.core.text import date

PAGE = (SITE / "index.html").read_text(encoding="utf-8") if SITE.exists() else ""
CLAIMS = tables.read_rows("claims")
FIELDS = ["security", "energy", "economics", "diplomacy", "outlook"]
MAX_WEIGHT = 60_000  # bytes of page, styles and scripts, compressed
# what a table changes, and which of the things that the page shows must follow
FOLLOWS = [
    ("drone_launches", "launched", ["drones"]),
    ("official_trade_statements", "value", ["said-2024", "front-trade"]),
    ("trade_totals", "value_usd", ["trade-2019", "front-trade"]),
    ("arms_orders", "tiv_delivered", ["arms-to"]),
    ("arms_transfers", "tiv_delivered", ["front-arms"]),
    ("energy_exports", "value", ["gas", "front-gas"]),
]


def publish(changed="", column=""):
    """Return what the cells of the first page hand over; a column of one table is doubled."""
    contents = {}

    def load(name):
        frame = LOAD(name)
        if name == changed:
            frame[column] = frame[column] * 2
        tables.loaded.add(name)
        frame.attrs["table"] = name
        return frame

    with (
        patch.object(ledger, "load", load),
        patch.object(numbers, "require", lambda condition, sentence: None),
        patch.object(numbers, "glue", lambda name, _, __, given: contents.update({name: given})),
    ):
        shell = Shell({"__name__": "index"})
        for cell in re.findall(
            r"^```\{code-cell\}[^\n]*\n(.*?)^```", text_of("index"), re.S | re.M
        ):
            shell.runcode(compile(cell, "cell", "exec"))
    return contents


@pytest.fixture(scope="module")
def handed_over():
    return publish()


@pytest.mark.parametrize("table, column, names", FOLLOWS, ids=[row[0] for row in FOLLOWS])
def test_a_figure_that_changes_in_a_table_changes_the_card(handed_over, table, column, names):
    after = publish(table, column)
    for name in names:
        parts = ("svg", "alt") if name.startswith("front-") else ("value", "values")
        before, now = ([given[name].get(part) for part in parts] for given in (handed_over, after))
        assert before != now, f"{name} stays, whatever {table} says"


def test_the_finding_is_short_and_the_publication_keeps_its_name():
    title = re.search(r"<title>(.*?)</title>", PAGE).group(1)
    assert title == "The Russia–Iran Ledger"
    source = text_of("index")
    standfirst = re.search(r"```\{standfirst\}\n(.*?)```", source, re.S).group(1)
    words = re.sub(r"\{claim\}`\w+`|\{gloss\}`|`|<[^>]*>", "", standfirst).split()
    assert 40 <= len(words) <= 60, len(words)
    citation = re.search(r'<details class="cite">.*?</details>', PAGE, re.S).group()
    assert "The Russia–Iran Ledger" in citation and "breakdown" not in citation


def test_the_page_is_light():
    files = set(re.findall(r'"(_static/[^"?]+\.(?:css|js))[?"]', PAGE))
    assert "_static/front.css" in files
    texts = [PAGE.encode(), *((SITE / name).read_bytes() for name in files)]
    assert sum(len(gzip.compress(each)) for each in texts) <= MAX_WEIGHT


@needs_browser
def test_the_answer_its_date_and_its_picture_are_on_the_first_screen(open_page):  # noqa: F811
    page = open_page("index.html")
    hero = page.locator(".front-hero")
    for part in (page.locator("h1"), page.locator(".standfirst"), hero.locator("svg")):
        box = part.first.bounding_box()
        assert box["y"] + box["height"] < 900
    line = page.locator(".dateline")
    expect(line).to_contain_text(f"Evidence to {date(book().evidence_until)}")
    expect(line.get_by_role("link")).to_have_count(3)
    alt = hero.get_by_role("img").get_attribute("aria-label")
    chapter = (SITE / "chapters/outlook.html").read_text(encoding="utf-8")
    assert len(alt.split()) > 20 and f'aria-label="{html.escape(alt)}"' in chapter
    assert page.locator(".dated-list").is_hidden()
    hero.get_by_role("link").click()
    page.wait_for_url("**/chapters/outlook.html#chart-bound-and-tested")


JOURNEYS = [  # what a reader asks: the chapter that a click opens, words of its first screen
    (
        "economics",
        ["For 2024", "trade representative", "Alexey Efimov", "4.8"]
        + ["not metals, chemicals and machinery"],
    ),
    ("security", ["drones", "6,600"]),
]


@needs_browser
@pytest.mark.parametrize("width, height", [(1280, 900), (390, 844)])
def test_a_question_is_answered_at_once_or_a_click_away(open_page, width, height):  # noqa: F811
    page = open_page("index.html", width=width, height=height)

    def first_screen():
        """Return heading and standfirst of a page, which no reader has to scroll for."""
        parts = [page.locator("h1").first, page.locator(".standfirst").first]
        boxes = [part.bounding_box() for part in parts]
        assert all(box["y"] >= 0 and box["y"] + box["height"] <= height for box in boxes)
        return " ".join(part.inner_text() for part in parts)

    front, answer = page.url, first_screen()
    assert "breakdown foretold" in answer.lower() and "treaty took effect" in answer.lower()
    for field, words in JOURNEYS:
        page.goto(front)
        page.locator(f"h3 a[href*='chapters/{field}.html']").click()
        page.wait_for_url(f"**/chapters/{field}.html")
        told = first_screen()
        assert [each for each in words if each not in told] == []


@needs_browser
def test_on_a_phone_the_picture_is_a_list_of_dates(open_page):  # noqa: F811
    page = open_page("index.html", width=390, height=844)
    expect(page.locator(".front-hero svg")).to_be_hidden()
    lines = page.locator(".dated-list li").all_inner_texts()
    assert any("The article" in line and "2023" in line for line in lines)
    assert len(lines) >= 8 and all(re.search(r"\b20\d\d\b", line) for line in lines)
    years = [re.search(r"\b(20\d\d)\b", line).group(1) for line in lines]
    assert years == sorted(years)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    sizes = page.locator(".small-chart svg text").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 11


@needs_browser
def test_each_field_has_a_card_with_picture_claims_and_a_way_on(open_page):  # noqa: F811
    page = open_page("index.html", java_script_enabled=False)
    cards = page.locator("section:has(> .small-chart)")
    assert cards.count() == len(FIELDS)
    of_whole = " ".join(page.locator(".claim-tiles .tile-legend").text_content().split())
    for verdict, count in Counter(claim["verdict"] for claim in CLAIMS).items():
        assert f"{count} {verdict}" in of_whole
    for card, field in zip(cards.all(), FIELDS):
        link = card.locator("h3 a:not(.headerlink)")
        assert link.get_attribute("href") == f"chapters/{field}.html"
        picture = card.get_by_role("img")
        assert len(picture.get_attribute("aria-label").split()) > 10
        expect(card.locator(".chart-source")).to_contain_text("Source: ")
        chart = card.locator(".chart-source").get_by_role("link").get_attribute("href")
        other, _, anchor = chart.partition("#")
        assert other == f"chapters/{field}.html"
        assert f'id="{anchor}"' in (SITE / other).read_text(encoding="utf-8")
        own = [claim["verdict"] for claim in CLAIMS if claim["domain"] == field]
        said = " ".join(card.locator(".claim-counts").text_content().split())
        assert said.startswith(f"{len(own)} claims")
        for verdict, count in Counter(own).items():
            assert f"{VERDICTS[verdict][0]} {count} {verdict}" in said


@needs_browser
def test_every_claim_is_a_tile_that_says_what_it_is(open_page):  # noqa: F811
    page = open_page("index.html")
    tiles = page.locator(".tile")
    shown = [
        (tile.get_attribute("href"), tile.inner_text().strip(), tile.bounding_box())
        for tile in tiles.all()
    ]
    order = {"title": 0} | {f"P{place}": place for place in range(1, 8)}
    wanted = sorted(CLAIMS, key=lambda claim: order[claim["paragraph"].partition("/")[0]])
    assert len(shown) == len(wanted)
    for claim, (to, words, box) in zip(wanted, shown):
        number = claim["claim_id"]
        assert to == f"chapters/claims.html#{number.lower()}"
        assert f"{number}, {claim['verdict']}: {claim['claim']}" in words.replace("’", "'")
        assert box["width"] >= 24 and box["height"] >= 24
    counts = Counter(claim["verdict"] for claim in CLAIMS)
    for legend in page.locator(".tile-legend").all():  # above the first marks, and above the tiles
        words = legend.inner_text()
        assert all(f"{counts[verdict]} {verdict}" in words for verdict in VERDICTS)
    tiles.nth(20).focus()
    words = tiles.nth(20).locator(".tile-words")
    assert words.bounding_box()["width"] > 50  # by the keyboard it is shown
    tiles.nth(20).press("Enter")
    page.wait_for_url(f"**/chapters/claims.html#{wanted[20]['claim_id'].lower()}")


@needs_browser
@pytest.mark.parametrize("name", ["trade", "drones"])
def test_a_figure_is_copied_with_its_source_its_day_and_its_address(open_page, name):  # noqa: F811
    page = open_page("index.html", permissions=["clipboard-read", "clipboard-write"])
    block = page.locator(f"#quote-{name}")
    block.get_by_role("button", name="Copy with source").click()
    expect(block.get_by_role("button", name="Copied")).to_be_visible()
    words, source, origin, link = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert words == block.locator(".quote-words").inner_text()
    assert source.startswith("Source: ") and "[" not in source
    assert "The Russia–Iran Ledger, version" in origin
    assert f"Evidence ends in {date(book().evidence_until)}" in origin
    path = link.removeprefix("https://russia-iran-ledger.github.io/")
    assert (SITE / path).is_file()


def test_what_the_article_left_out_and_where_old_links_land():
    rows = tables.read_rows("omissions")
    links = re.findall(r'href="chapters/claims\.html#(o\d+)"', PAGE)
    sides = ("closer ties", "strain", "room for closer ties", "room for strain")
    sorted_rows = [row for side in sides for row in rows if row["points_to"] == side]
    assert links == [row["omission_id"].lower() for row in sorted_rows] and len(links) == len(rows)
    counted = re.findall(r'class="omission-head">[^<]*\((\d+)\)', PAGE)
    assert counted == [str(sum(row["points_to"] == side for row in rows)) for side in sides]
    guide = (SITE / "chapters/how-to-read.html").read_text(encoding="utf-8")
    for slug in ("the-article-in-brief", "left-out-though-known-by-then"):
        assert PAGE.count(f'id="{slug}"') == 1
    for slug in ("who-it-is-for", "how-to-read-a-verdict", "how-to-cite"):
        assert PAGE.count(f'id="{slug}"') == 1 and guide.count(f'id="{slug}"') == 1
    brief = page_text.shown(page_text.ROOT / "index.md").partition(
        "## Only the title predicts a break"
    )[2]
    assert 70 <= len(re.sub(r"\{\w+\}`[^`]*`", "", brief.partition("##")[0]).split()) <= 140
