"""What a reader's browser loads, and how soon it shows something: part of `make bench`.

Both sites are served over HTTP with gzip by the same server to headless Chromium, slowed to a
mid-range phone on a slow connection (1.6 Mbit/s, 150 ms, a quarter of the processor), each page in
a window that has nothing cached. Requests to other hosts are counted; they fail. Tables, claims and
charts have pages of their own in this book only.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import statistics
import threading
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright
from reading import CHROMIUM, FLAGS

SLOW = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
WATCH = """
window.seen = { shift: 0, largest: 0, blocked: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.largest = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.blocked += Math.max(0, entry.duration - 50);
}).observe({ type: "longtask", buffered: true });
"""
TOLD = """() => ({
  ...seen,
  first: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  load: performance.getEntriesByType("navigation")[0].loadEventEnd,
  elements: document.querySelectorAll("*").length,
})"""
MEASURES = {
    "requests": ("requests", "{:.0f}"),
    "KB compressed": ("weight", "{:.0f}"),
    "to other hosts": ("strangers", "{:.0f}"),
    "first paint, s": ("first", "{:.2f}"),
    "largest paint, s": ("largest", "{:.2f}"),
    "loaded, s": ("load", "{:.2f}"),
    "layout shift": ("shift", "{:.3f}"),
    "blocked, ms": ("blocked", "{:.0f}"),
    "elements": ("elements", "{:,.0f}"),
}


class Compressing(http.server.SimpleHTTPRequestHandler):
    """Serve a folder, text compressed."""

    protocol_version = "HTTP/1.1"

    @staticmethod
    @functools.cache
    def packed(path: str) -> bytes:
        return gzip.compress(Path(path).read_bytes(), 6)

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        text = path.suffix in (".html", ".css", ".js", ".svg", ".json", ".xml", ".csv")
        body = Compressing.packed(str(path)) if text else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if text:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


def visit(browser, address: str) -> dict[str, float]:
    """Open a page in a new window, scroll to its end, and return what it took."""
    window = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="light")
    page = window.new_page()
    page.add_init_script(WATCH)
    line = window.new_cdp_session(page)
    took = {"requests": 0, "weight": 0.0, "strangers": 0}

    def asked(event: dict) -> None:
        url = event["request"]["url"]
        if url.startswith("http"):
            took["requests"] += 1
            took["strangers"] += urlsplit(url).netloc != urlsplit(address).netloc

    def arrived(event: dict) -> None:
        took["weight"] += event["encodedDataLength"] / 1000

    line.on("Network.requestWillBeSent", asked)
    line.on("Network.loadingFinished", arrived)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(address, wait_until="load")
    page.mouse.wheel(0, 100_000)
    page.wait_for_timeout(500)
    took |= page.evaluate(TOLD)
    for name in ("first", "largest", "load"):
        took[name] /= 1000
    window.close()
    return took


def report(sites: dict[str, Path], pages: list[str], rounds: int) -> list[str]:
    """Return a table in Markdown: for each page what it takes in ours and in stock (medians of the
    rounds, in turns), with the limits.
    """
    if not CHROMIUM:
        return [
            "Pages were not measured: there is no Chromium on this machine (apt-get install "
            "chromium libatomic1)."
        ]
    servers = {kind: serve(folder) for kind, folder in sites.items()}
    addresses = {
        kind: f"http://127.0.0.1:{server.server_address[1]}/" for kind, server in servers.items()
    }
    lines = [f"| page | | {' | '.join(MEASURES)} |", "|---|---|" + "---|" * len(MEASURES)]
    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=CHROMIUM,
            args=[*FLAGS, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        for page in pages:
            there = {
                kind: address + page
                for kind, address in addresses.items()
                if (sites[kind] / page).is_file()
            }
            if "ours" not in there:
                continue  # a book of another make
            middle = medians(browser, there, rounds)
            charts = (
                (sites["ours"] / page)
                .read_text(encoding="utf-8")
                .count('<figure class="ledger-chart')
            )
            lines += rows(f"{page.removesuffix('.html')} ({charts} charts)", middle)
        browser.close()
    for server in servers.values():
        server.shutdown()
    return [
        *lines,
        "| at most, for a chapter of six charts | this book | 15 | 150 | 0 | 0.70 of stock's | | | "
        "0.02 | | |",
        "| at most, for the first page | this book | 15 | 60 | 0 | 0.70 of stock's | | | "
        "0.02 | | |",
    ]


def serve(folder: Path) -> http.server.ThreadingHTTPServer:
    """Serve a folder at a free port, in a thread of its own, until the server is shut down."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Compressing, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def medians(browser, addresses: dict[str, str], rounds: int) -> dict[str, dict[str, float]]:
    """Visit a page of each kind in turns, and return the medians of what it took."""
    told = {kind: [] for kind in addresses}
    for _ in range(rounds):
        for kind, address in addresses.items():
            told[kind].append(visit(browser, address))
    return {
        kind: {key: statistics.median(each[key] for each in every) for key, _ in MEASURES.values()}
        for kind, every in told.items()
    }


def rows(name: str, middle: dict[str, dict[str, float]]) -> list[str]:
    """Return a page's rows of the table: ours and, where stock has the page, stock and ratios."""
    kinds = {"ours": "this book", "stock": "stock"}
    lines = [
        f"| {name if kind == 'ours' else ''} | {kinds[kind]} | "
        + " | ".join(form.format(took[key]) for key, form in MEASURES.values())
        + " |"
        for kind, took in middle.items()
    ]
    if "stock" not in middle:
        return lines
    compared = {
        key: f"{middle['ours'][key] / middle['stock'][key]:.2f}"
        for key in ("weight", "first", "largest", "load")
    }
    cells = (compared.get(key, "") for key, _ in MEASURES.values())
    return [*lines, f"| | ratio | {' | '.join(cells)} |"]
