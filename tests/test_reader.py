"""Promise: in a real browser a reader finds a claim, filters the ledger, and walks from a verdict to the rows behind it.

Needs Chromium (Debian: apt-get install chromium). Where there is none the tests are skipped, but never in CI.
"""
import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

if not CHROMIUM and os.environ.get("CI"):
    raise RuntimeError("no Chromium on this machine, and in CI the reader's journeys may not be skipped: apt-get install chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here, so no reader's journey was tried: apt-get install chromium")


@pytest.fixture(scope="module")
def address():
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as player:
        yield player.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture
def open_page(browser, address):
    """Open a page of the site in a window of its own; requests to other hosts are refused."""
    windows = []

    def open_page(path, width=1280, **settings):
        window = browser.new_context(viewport={"width": width, "height": 900}, **settings)
        windows.append(window)
        page = window.new_page()
        page.route("**/*", lambda route: route.continue_() if route.request.url.startswith(address) else route.abort())
        page.goto(f"{address}/{path}", wait_until="load")
        return page

    yield open_page
    for window in windows:
        window.close()


def shown(page):
    return page.locator("table.claims tr.claim-row:visible")


def test_the_ledger_is_complete_without_javascript(open_page):
    page = open_page("chapters/claims.html", java_script_enabled=False)
    assert shown(page).count() == 64
    assert page.locator(".claims-filter").count() == 0


def test_filters_by_domain_verdict_and_data_and_remembers_them_in_the_address(open_page):
    page = open_page("chapters/claims.html")
    assert shown(page).count() == 64
    page.get_by_label("Domain").select_option("economics")
    economics = shown(page).count()
    assert 0 < economics < 64
    page.get_by_label("Verdict").select_option("contradicted")
    page.get_by_label("Decided by data only").check()
    expect(page.get_by_role("status")).to_have_text(f"{shown(page).count()} of 64 claims")
    assert 0 < shown(page).count() < economics
    assert "domain=economics" in page.url and "verdict=contradicted" in page.url and "decided=yes" in page.url
    rows = shown(page).all_inner_texts()
    again = open_page(page.url.partition("/chapters/")[2].join(["chapters/", ""]))
    assert shown(again).all_inner_texts() == rows
    again.get_by_role("button", name="Show all").click()
    assert shown(again).count() == 64 and "?" not in again.url


def test_filters_work_from_the_keyboard(open_page):
    page = open_page("chapters/claims.html")
    page.get_by_label("Verdict").focus()
    page.keyboard.type("contr")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_by_label("Verdict").input_value() == "contradicted" and page.get_by_label("Decided by data only").is_checked()
    assert 0 < shown(page).count() < 64


def test_a_link_to_a_claim_shows_it_even_when_the_filter_would_hide_it(open_page):
    page = open_page("chapters/claims.html?domain=energy#c37")
    assert page.locator("#c37").is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_from_a_badge_to_its_row_and_back_to_the_chart_its_table_and_its_rows(open_page, width):
    page = open_page("chapters/economics.html", width=width)
    page.locator("span.claim a", has_text="C40").first.click()
    page.wait_for_url("**/claims.html#c40")
    row = page.locator("tr.claim-row", has=page.locator("#c40"))
    expect(row).to_contain_text("contradicted")
    expect(row).to_contain_text("2.60")
    row.get_by_role("link", name="Economics").click()
    page.wait_for_url("**/economics.html#claim-c40")
    figure = page.locator("#chart-export-import-ratio")
    figure.locator("summary", has_text="Table").click()
    expect(figure.locator("table")).to_be_visible()
    with page.expect_download() as download:
        figure.get_by_role("link", name="CSV").click()
    assert "2019" in Path(download.value.path()).read_text(encoding="utf-8")
    figure.get_by_role("link", name="trade_totals").click()
    page.wait_for_url("**/tables/trade_totals.html")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trade between Russia and Iran")


def test_a_printed_number_leads_to_its_table(open_page):
    page = open_page("index.html")
    page.locator("a:has(> .num)", has_text="2.60").click()
    page.wait_for_url("**/tables/trade_totals.html")


@pytest.mark.parametrize("path", ["index.html", "chapters/claims.html", "chapters/economics.html", "chapters/security.html", "tables/trade_totals.html"])
def test_no_page_scrolls_sideways_on_a_phone(open_page, path):
    page = open_page(path, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_verdict_is_told_by_words_not_by_colour_alone(open_page):
    page = open_page("chapters/economics.html")
    for text in page.locator("span.claim").all_inner_texts():
        assert text.split(" · ")[1] in ("supported", "partly", "contradicted", "overtaken by events", "not checkable")
