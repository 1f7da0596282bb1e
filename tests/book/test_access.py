"""Promise: the site serves every reader: axe finds nothing, a keyboard reaches all, small and
magnified screens lose nothing, colours stay apart for colour-blind eyes, and nothing on any page
comes from anyone else.
"""

import functools
import itertools
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from colorspacious import cspace_convert, deltaE
from playwright.sync_api import expect
from reading import (  # noqa: F401
    PAGES,
    SITE,
    address,
    browser,
    needs_browser,
    open_next,
    open_page,
)

from ledger.core import config
from ledger.core.charts.style import PALETTE, VERDICTS

# one page of each kind; `make test-slow` tries the others, and these in all settings
KINDS = {
    "index.html",
    "chapters/outlook.html",
    "chapters/claims.html",
    "claims/c39.html",
    "charts/steel-to-grain.html",
    "tables/oil-price.html",
}
# structure depends on the width and colours on the theme: two settings try both
BOTH = [(1280, "light"), (390, "dark")]
SETTINGS = [*BOTH, (1280, "dark"), (390, "light")]
OPEN_ALL = "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
# the rows of a table are alike, and axe takes a minute to look at thousands of them; so are the
# words of code, of which those of one class have one colour
FEW_ALIKE = """() => {
    document.querySelectorAll(".chart-table tr:nth-child(n + 4)").forEach((row) => row.remove());
    const met = {};
    document.querySelectorAll("pre span[class]").forEach((word) => {
        met[word.className] = (met[word.className] || 0) + 1;
        if (met[word.className] > 3) word.remove();
    });
}"""
# Measuring the contrast of a text with its ground is most of axe's work, and a chapter has hundreds
# of links that look the same. Texts are alike where all is equal that the contrast follows: kind,
# colour and size, and what is painted behind. Of these three are measured, all other rules look at
# each. What is lifted off its place may lie over anything, and is like nothing else. A fifth of
# axe's work on chapters was telling links from the words around them: of each kind three are.
MARK_ALIKE = """() => {
    const met = {}, links = {}, grounds = new Map(), plain = "rgba(0, 0, 0, 0) none 1 none normal";
    let lifted = 0;
    const ground = (one) => {
        if (!one) return "";
        if (!grounds.has(one)) {
            const look = getComputedStyle(one);
            let own = [look.backgroundColor, look.backgroundImage, look.opacity, look.filter,
                look.mixBlendMode].join(" ");
            if (["absolute", "fixed"].includes(look.position) || look.transform !== "none")
                own += ` ${lifted++}`;
            grounds.set(one, ground(one.parentElement) + (own === plain ? "" : "/" + own));
        }
        return grounds.get(one);
    };
    for (const one of document.body.querySelectorAll("*")) {
        one.removeAttribute("data-alike");
        one.removeAttribute("data-link-alike");
        const texts = [...one.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
        if (!texts.some((node) => node.data.trim())) continue;
        const box = one.getBoundingClientRect(), look = getComputedStyle(one);
        if (box.width < 2 || box.height < 2) continue;
        if (!one.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
        if (one.closest("label, [aria-disabled], [disabled]")) continue;
        const kind = [one.tagName, one.getAttribute("class"), look.color, look.fontSize,
            look.fontWeight, look.textShadow, ground(one)].join("|");
        met[kind] = (met[kind] || 0) + 1;
        if (met[kind] > 3) one.setAttribute("data-alike", "");
        if (!one.matches("a[href]")) continue;
        const around = getComputedStyle(one.parentElement);
        const beside = [kind, look.textDecorationLine, look.borderBottom, look.fontStyle,
            around.color, around.fontWeight, around.textDecorationLine].join("|");
        links[beside] = (links[beside] || 0) + 1;
        if (links[beside] > 3) one.setAttribute("data-link-alike", "");
    }
}"""
UNALIKE = """axe.configure({rules: [
    {id: "color-contrast", selector: "*:not([data-alike])"},
    {id: "link-in-text-block", selector: "a[href]:not([data-link-alike])"},
]})"""
# what stands beyond the right edge, though the page itself does not scroll: the theme has its
# content scroll instead
WIDE = """() => [...document.querySelectorAll("[role=main] *, main *")].filter((one) => {
    const box = one.getBoundingClientRect();
    const drawn = "caption, colgroup, svg svg, svg defs, svg clipPath";
    if (!box.width || box.right <= innerWidth + 1 || one.closest(drawn)) return false;
    for (let up = one.parentElement; !up.matches("[role=main], main"); up = up.parentElement)
        if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)
            && up.getBoundingClientRect().right <= innerWidth + 1) return false;
    return true;
}).map((one) => `${one.tagName}.${one.getAttribute("class") || ""} `
    + one.textContent.trim().slice(0, 40))"""


ALIKE = ("charts/", "tables/")


def settings_of(path):
    """Return the settings in which axe looks at a page that is not the one of its kind.

    Pages of charts and tables come from one template each: it is looked at in all settings, their
    own words in one of them.
    """
    return [SETTINGS[PAGES.index(path) % len(SETTINGS)]] if path.startswith(ALIKE) else BOTH


def looks(path):
    """Return what the colours of a page follow: its elements, with their classes and styles.

    The pictures of charts are passed over: they stand in the chapters too.
    """
    body = (SITE / path).read_text(encoding="utf-8").partition("</head>")[2]
    body = re.sub(r"<svg.*?</svg>", "", body, flags=re.S)
    return {
        (name, *re.findall(r'\b(?:class|style)="[^"]*"', attributes))
        for name, attributes in re.findall(r"<([a-z]\w*)(\b[^>]*)>", body)
    }


@functools.cache
def known_looks():
    """Return the looks of the pages whose colours axe measures in both themes."""
    return set().union(
        *(looks(path) for path in PAGES if path in KINDS or not path.startswith(ALIKE))
    )


def rules_for(path):
    """Return axe's options for a page: measuring colours is most of its work, and is not done
    again where each element is like one that is measured on another page.
    """
    measured = path in KINDS or not path.startswith(ALIKE) or looks(path) - known_looks()
    return {"resultTypes": ["violations"]} | (
        {} if measured else {"rules": {"color-contrast": {"enabled": False}}}
    )


def violations(page, options):
    """Return the rules of axe that a page breaks as it stands, with the elements that do."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
        page.evaluate(UNALIKE)
    page.evaluate(MARK_ALIKE)
    return page.evaluate("(options) => axe.run(options)", options)["violations"]


SLOW = {path: settings_of(path) for path in PAGES if path not in KINDS}
FAST = dict.fromkeys(sorted(KINDS), BOTH)
SLOW |= {
    f"{path} otherwise": [one for one in SETTINGS if one not in tried]
    for path, tried in FAST.items()
}
# with all its claims five seconds a setting: here every fifth
FEW_CLAIMS = (
    "document.querySelectorAll('ul.claims > li:not(:nth-child(5n + 1))')"
    ".forEach((row) => row.remove())"
)
FAST["chapters/claims.html"], SLOW["chapters/claims.html otherwise"] = BOTH[1:], SETTINGS[:1]
SLOW["chapters/claims.html few"] = SETTINGS[2:]


@needs_browser
@pytest.mark.parametrize(
    "path, settings, claims",
    [
        *(pytest.param(path, tried, "few", id=path) for path, tried in FAST.items()),
        *(
            pytest.param(
                name.partition(" ")[0],
                settings,
                "few" if name.endswith(" few") else "all",
                id=name,
                marks=pytest.mark.slow,
            )
            for name, settings in SLOW.items()
        ),
    ],
)
def test_every_page_is_private_fits_and_passes_axe(open_next, path, settings, claims):
    page = open_next(path)
    policy = page.locator('meta[http-equiv="Content-Security-Policy"]').get_attribute("content")
    scripts = re.search(r"script-src ([^;]*)", policy).group(1)
    assert "default-src 'none'" in policy and "unsafe" not in scripts and "http" not in policy
    page.evaluate(OPEN_ALL)
    for width, why in ((320, "at 320 pixels"), (640, "in a window of 1280 at 200 %")):
        page.set_viewport_size({"width": width, "height": 450})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (
            f"{path} scrolls sideways {why}"
        )
        assert not (wide := page.evaluate(WIDE)), (
            f"{path} is wider than the screen {why}: {wide[:5]}"
        )
    page.evaluate(FEW_ALIKE)
    if claims == "few":
        page.evaluate(FEW_CLAIMS)
    for width, theme in settings:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        found = violations(page, rules_for(path))
        said = [
            f"{rule['id']} at {width}, {theme}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for rule in found
            for node in rule["nodes"]
        ]
        assert not said, f"{path}: {len(said)}\n" + "\n".join(said[:8])
    assert (
        page.strangers == [] and page.complaints == []
    )  # what was asked of others, and what the policy refused


@needs_browser
def test_axe_and_the_ruler_see_what_is_wrong(open_page):
    page = open_page("chapters/outlook.html", width=320)
    page.evaluate(
        "document.querySelector('article').insertAdjacentHTML('beforeend', '<img src=x.png><div "
        'style="width: 900px; height: 1px"></div><p style="color: #ccc; background: '
        "#fff\">pale</p>'"
        " + '<p>Words and <a class=blend href=#a>a link</a> and words</p>'.repeat(5))"
    )
    page.evaluate(MARK_ALIKE)
    page.evaluate("""() => {  // one of many links that were alike
        const link = [...document.querySelectorAll("article a[data-alike]")].pop();
        link.dataset.pale = "";
        link.style.color = "#ccc";
        const blended = document.querySelector(".blend[data-link-alike]");
        blended.dataset.blended = "";  // it is as it was, but for its line, and the words around it
        blended.style.textDecoration = "none";
        const blue = getComputedStyle(blended).color.match(/[0-9]+/g);
        blended.parentElement.style.color = `rgb(${blue.map((part) => part * 0.9)})`;
    }""")
    found = {
        rule["id"]: [node["html"] for node in rule["nodes"]]
        for rule in violations(page, {"resultTypes": ["violations"]})
    }
    pale = " ".join(found.get("color-contrast", []))
    assert "image-alt" in found and len(page.evaluate(WIDE)) == 1
    assert ">pale</p>" in pale and "data-pale" in pale
    assert "data-blended" in " ".join(found.get("link-in-text-block", []))


@needs_browser
def test_the_policy_refuses_a_script_in_the_page_and_one_of_another_site(open_page):
    page = open_page("index.html")
    page.evaluate("""() => {
        window.ran = [];
        const text = "window.ran.push('inside')", src = "https://example.org/a.js";
        for (const [key, value] of [["text", text], ["src", src]]) {
            const script = document.createElement("script");
            script[key] = value;
            document.body.append(script);
        } }""")
    page.wait_for_timeout(200)
    assert (
        page.evaluate("window.ran") == []
        and len([told for told in page.complaints if "Content Security Policy" in told]) >= 2
    )


WHERE = """() => {
    const at = document.activeElement, box = at.getBoundingClientRect();
    const look = getComputedStyle(at);
    const labelled = at.matches(".sidebar-toggle, .toctree-checkbox");
    const seen = box.width > 0 && box.height > 0 && look.visibility !== "hidden"
        && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
    // of a link that fills a tile, its last box has the ring
    const rings = [look, getComputedStyle(at, "::after")];
    const ring = rings.some((box) => box.outlineStyle !== "none" && parseFloat(box.outlineWidth) >= 2)
        || at.closest(".sidebar-search-container") !== null;
    const name = at.getAttribute("href") || at.id || at.className || at.textContent;
    return {
        name: at.tagName + " " + name.slice(0, 60),
        shown: labelled ? "by its label" : seen ? "seen" : "",
        ring: labelled || ring,
        end: at === document.body,
    };
}"""


# of links that are alike, as the hundreds of citations and numbers of a chapter, the first twenty
# stay links
FEW_LINKS = """() => {
    const met = {};
    document.querySelectorAll("[role=main] a[href]").forEach((link) => {
        const kind = `${link.className} in ${link.parentElement.className}`;
        met[kind] = (met[kind] || 0) + 1;
        if (met[kind] > 20) link.removeAttribute("href");
    });
}"""


@needs_browser
@pytest.mark.parametrize(
    "path, width, links",
    [
        ("index.html", 1280, "few alike"),
        ("chapters/outlook.html", 390, "few alike"),
        ("tables/gdp.html", 1280, "all"),
        ("search.html", 390, "all"),
        pytest.param("chapters/outlook.html", 1280, "all", marks=pytest.mark.slow),
        # every claim has the same links: with all of them 800 stops
        pytest.param("chapters/claims.html", 390, "few claims", marks=pytest.mark.slow),
    ],
)
def test_a_keyboard_reaches_everything_and_sees_where_it_is(open_page, path, width, links):
    page = open_page(path, width=width, reduced_motion="reduce")
    if links == "few alike":
        page.evaluate(FEW_LINKS)
    if links == "few claims":
        page.evaluate(FEW_CLAIMS)
    page.evaluate(
        "document.querySelectorAll('[role=main] details').forEach((part) => { part.open = true; })"
    )
    stops = []
    while len(stops) < 900:
        page.keyboard.press("Tab")
        stop = page.evaluate(WHERE)
        if stop["end"]:
            break
        stops.append(stop)
    unseen = [stop["name"] for stop in stops if not stop["shown"] or not stop["ring"]]
    assert not unseen, unseen[:10]
    wanted = (
        page.locator("[role=main]")
        .locator("a[href], summary, button, select, input")
        .evaluate_all("(all) => all.filter((one) => one.checkVisibility()).length")
    )
    assert len(stops) >= wanted and wanted > 0, f"{len(stops)} stops for {wanted} links and buttons"


@needs_browser
def test_the_first_stop_skips_to_the_content(open_page):
    page = open_page("chapters/outlook.html")
    page.keyboard.press("Tab")
    for _ in range(3):
        if "Skip to content" in page.evaluate("document.activeElement.textContent"):
            break
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.url.endswith("#furo-main-content")


@needs_browser
def test_the_menus_of_a_narrow_screen_open_from_the_keyboard(open_page):
    page = open_page("chapters/outlook.html", width=390)
    chapters = page.get_by_role("navigation", name="Chapters").get_by_role(
        "link", name="Energy", exact=True
    )
    expect(chapters).to_be_hidden()
    page.get_by_role("checkbox", name="Toggle site navigation sidebar").focus()
    page.keyboard.press("Space")
    expect(chapters).to_be_visible()
    page.keyboard.press("Space")
    page.get_by_role("checkbox", name="Toggle table of contents sidebar").focus()
    page.keyboard.press("Space")
    expect(
        page.get_by_role("complementary", name="This page").get_by_role("link").first
    ).to_be_visible()


@needs_browser
def test_motion_is_kept_from_readers_who_want_none(open_page):
    moving = """() => [...document.querySelectorAll("*")].filter((one) => {
        const look = getComputedStyle(one);
        return look.transitionDuration.split(", ").some((time) => parseFloat(time) > 0)
            || look.animationName !== "none" || look.scrollBehavior === "smooth";
    }).length"""
    assert open_page("chapters/energy.html", reduced_motion="no-preference").evaluate(moving) > 0, (
        "the theme moves things: else this test shows nothing"
    )
    assert open_page("chapters/energy.html", reduced_motion="reduce").evaluate(moving) == 0


@pytest.mark.parametrize("path", [path for path in PAGES if path != "404.html"])
def test_each_page_has_one_title_and_headings_in_order(path):
    levels = [
        int(level)
        for level in re.findall(r"<h([1-6])\b", (SITE / path).read_text(encoding="utf-8"))
    ]
    assert levels and levels[0] == 1 and levels.count(1) == 1, levels
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels


def seen(colour, kind):
    """Return a colour as an eye with a deficiency sees it (Machado and others 2009, full severity),
    as sRGB from 0 to 1.
    """
    rgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    if kind == "normal":
        return rgb
    return np.clip(
        cspace_convert(rgb, {"name": "sRGB1+CVD", "cvd_type": kind, "severity": 100}, "sRGB1"), 0, 1
    )


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("kind", ["normal", "protanomaly", "deuteranomaly", "tritanomaly"])
def test_the_colours_of_charts_stay_apart(kind, theme):
    near = {
        (one, other): float(
            deltaE(
                seen(PALETTE[one][theme], kind),
                seen(PALETTE[other][theme], kind),
                input_space="sRGB1",
            )
        )
        for one, other in itertools.combinations(PALETTE, 2)
    }
    assert near["blue", "vermilion"] >= 25  # Russia and Iran
    assert min(near.values()) >= 11, min(
        near, key=near.get
    )  # a just noticeable difference is 1; series differ by marker or filling as well
    for verdict, (_, pair) in VERDICTS.items():
        for colour in {**config.book().entity_colours, **config.book().other_colours}.values():
            apart = deltaE(
                seen(pair[theme], kind), seen(PALETTE[colour][theme], kind), input_space="sRGB1"
            )
            assert apart >= 11, f"{verdict} is near {colour}, a country's"
