"""Promise: a page stays readable whatever its author puts on it: on a phone, on a dark ground, in
two directions of writing, on paper, and in the EPUB.
"""

import functools
import http.server
import re
import sys
import threading
import zipfile
from xml.etree import ElementTree

import pytest
from reading import needs_browser
from small_book import HEAD, build, cell, make, write

LONG = "a" * 80
ADDRESS = f"https://example.org/{LONG}/{LONG}"
SUM = " + ".join("abcdefghijklmnopqrstuvwxyz" * 2)
DARK = '<text y="20">Dark letters</text>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="30">{}</svg>'
BOTH = f"<style>@media (prefers-color-scheme: dark) {{ text {{ fill: #fff }} }}</style>{DARK}"
CHART = f"""import pandas as pd
from ledger import charts
frame = pd.DataFrame({{"Arland": [1, 2]}}, index=[2001, 2002])
charts.publish(charts.lines(frame, "US$"), "rising", table="output", data=frame,
    caption="Sales rose in {LONG} by one.", alt="A line that rises from left to right.")"""
PAGE = f"""{HEAD}# A page: {LONG}

«نفت» (2025), as IRNA says {{cite}}`irna2025`, and {LONG}; `{LONG}`, <{ADDRESS}>.

{{cite}}`irna2025`

![Dark](dark.svg) ![Both](both.svg)

```{{figure}} dark.svg
:alt: Dark

A caption about نفت (2025), {LONG}
```

(oil)=
## نفت

{{math}}`{SUM}`

```{{math}}
{SUM}
```

### {LONG}

| {LONG} | {LONG} |
|---|---|
| ایران (2025) | {ADDRESS} |

- {LONG}

{LONG}
: {LONG}

> {LONG}

```{{note}}
{LONG}
```

{cell(f'print("{LONG * 3}")')}
{cell(f'import pandas as pd{chr(10)}pd.DataFrame({{f"c{{i}}": ["{LONG}"] for i in range(9)}})')}
{cell(CHART)}
{{numref}}`rising`, [the treaty](https://example.org/treaty)

````{{folded}} More on it
What is told further on.
````

```{{raw}} html
<p>A line<br>and&nbsp;more <b>that is never closed.
<p>So<hr>is <img alt=this src=../_static/favicon.svg>
```
"""
ENTRY = """
@misc{irna2025,
  author = {{ایرنا}},
  title = {{صادرات نفت}},
  year = {2025},
  url = {https://example.org/a},
  keywords = {press},
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = make(tmp_path_factory.mktemp("odd") / "book")
    with (folder / "references.bib").open("a", encoding="utf-8") as file:
        file.write(ENTRY)
    references = "# References\n\n```{bibliography}\n:filter: cited\n```\n"
    write(folder, one=PAGE, references=references)
    for name, drawn in (("dark", DARK), ("both", BOTH)):
        (folder / "chapters" / f"{name}.svg").write_text(SVG.format(drawn), encoding="utf-8")
    code, said = build(folder)
    assert code == 0, said[-3000:]
    return folder


@pytest.fixture(scope="module")
def address(folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(folder / "_build/html"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/chapters/one.html"
    server.shutdown()


def opened(browser, address, width, **settings):
    page = browser.new_page(viewport={"width": width, "height": 844}, **settings)
    page.goto(address, wait_until="load")
    return page


WIDER = """() => [...document.querySelectorAll("[role=main] *, .sidebar-tree *, .toc-tree *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1
        && !one.closest("table, pre, svg, math, .chart-table, .toc-drawer, .sidebar-drawer"))
    .map((one) => one.outerHTML.slice(0, 80))"""


@needs_browser
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_what_is_too_long_wraps_or_scrolls_within_itself(browser, address, width):
    page = opened(browser, address, width)
    root = "document.documentElement"
    assert page.evaluate(WIDER) == []
    assert page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") == 0
    page.close()


GROUNDS = """() => [...document.querySelectorAll("[role=main] img[src*=_images]")]
    .map((one) => [one.src.match(/dark|both/)[0], getComputedStyle(one).backgroundColor])"""
WHITE, NONE = "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"


@needs_browser
@pytest.mark.parametrize(
    "system, chosen, ground",
    [("dark", "auto", WHITE), ("light", "dark", WHITE)]
    + [("light", "auto", NONE), ("dark", "light", NONE)],
)
def test_pictures_stand_on_a_light_ground_on_a_dark_page(browser, address, system, chosen, ground):
    page = opened(browser, address, 1280, color_scheme=system)
    page.evaluate(f"document.body.dataset.theme = '{chosen}'")
    assert page.evaluate(GROUNDS) == [["dark", ground], ["both", NONE], ["dark", ground]]
    page.close()


# the horizontal places of the first letter of some texts on the page
PLACES = """(texts) => texts.map((text) => {
    const walk = document.createTreeWalker(document.querySelector("[role=main]"), 4);
    for (const range = document.createRange(); walk.nextNode();) {
        const at = walk.currentNode.data.indexOf(text);
        if (at < 0 || walk.currentNode.parentElement.closest("nav")) continue;
        range.setStart(walk.currentNode, at);
        range.setEnd(walk.currentNode, at + text.length);
        return range.getBoundingClientRect().left;
    }
})"""


@needs_browser
@pytest.mark.parametrize(
    "texts", [["[", "ایرنا", ", ", "2025", "]"], ["«", "نفت", "»", "(2025)"], ["ایران", " (2025)"]]
)
def test_a_sentence_keeps_its_order_beside_words_from_right_to_left(browser, address, texts):
    page = opened(browser, address, 1280)
    if texts[0] == "[":  # the commas and years of the citation, not of the page
        page.evaluate(
            "document.querySelector('[role=main]')"
            ".replaceChildren(document.querySelector('.bibtex-citation:not(.numbered)'))"
        )
    if texts[0] == "ایران":
        page.evaluate(
            "document.querySelector('[role=main]').replaceChildren(document.querySelector('table'))"
        )
    places = page.evaluate(PLACES, texts)
    assert None not in places and places == sorted(places), places
    page.close()


CUT = """() => [...document.querySelectorAll("[role=main] *")].filter((one) => {
    const { overflowX, overflowY, clipPath } = getComputedStyle(one);
    const over = (way, size, room) => ["auto", "scroll", "hidden"].includes(way) && size > room + 1;
    return one.clientWidth && clipPath === "none" && !one.closest("math, .long-math, .math-wrapper")
        && (over(overflowX, one.scrollWidth, one.clientWidth)
        || over(overflowY, one.scrollHeight, one.clientHeight));
}).map((one) => one.outerHTML.slice(0, 80))"""
PRESSED = "button, input, select, form, summary, .headerlink"


@needs_browser
def test_paper_has_all_of_it_dark_on_light_and_nothing_to_press(browser, address):
    page = opened(browser, address, 680, color_scheme="dark")
    page.evaluate("document.body.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    assert page.evaluate(CUT) == []
    root = "document.documentElement"
    wide = page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
    assert wide == 0
    seen = "(all) => all.filter((one) => one.checkVisibility()).map((one) => one.outerHTML)"
    pressed = page.locator(PRESSED).evaluate_all(seen)
    assert [one for one in pressed if "folded" not in one] == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == WHITE
    ink = page.locator("[role=main] p").first.evaluate("(one) => getComputedStyle(one).color")
    assert max(map(int, re.findall(r"\d+", ink))) < 80
    after = "(one) => getComputedStyle(one, '::after').content"
    words = page.get_by_role("link", name="the treaty")
    assert words.evaluate(after).strip('"') == " (https://example.org/treaty)"
    assert page.locator("a.external", has_text=ADDRESS).evaluate(after) == "none"
    assert page.get_by_text("What is told further on.").bounding_box()["height"] > 10
    page.close()


def test_a_heading_without_latin_letters_has_the_address_of_its_label(folder):
    page = (folder / "_build/html/chapters/one.html").read_text(encoding="utf-8")
    assert '<section id="oil">' in page and 'href="#oil"' in page


def test_the_epub_of_such_a_page_is_xml(folder):
    code, said = build(folder, [sys.executable, "-m", "ledger", "epub"])
    assert code == 0, said[-3000:]
    with zipfile.ZipFile(folder / "_build/html/strait-papers.epub") as epub:
        pages = {name: epub.read(name) for name in epub.namelist()}
    for name, content in pages.items():
        if name.endswith((".xhtml", ".opf", ".ncx", ".svg", ".xml")):
            ElementTree.fromstring(content)
    one = pages["chapters/one.xhtml"].decode()
    assert "A line<br/>and\u00a0more <b>that is never closed." in one and "<script" not in one
