"""Promise: whatever a site holds that anybody made, comparing it reads nothing outside it, writes
none of its markup, and ends with a report or one line that names the file.
"""

import contextlib
import json
import os
import shutil
import time

import pytest
from bs4 import BeautifulSoup

from ledger.commands.compare import files, report, slow, words
from ledger.commands.compare.diff import compare
from ledger.commands.compare.files import SiteError
from ledger.core.system.deadline import deadline

MARKUP = '"></p></script><script>alert(1)</script>'
PACKAGE = {
    "resources": [
        {
            "name": "claims",
            "path": "claims.csv",
            "title": "Claims",
            "sources": [{"key": "A", "edition": "1"}],
            "schema": {
                "fields": [{"name": "claim_id", "title": "Number"}, {"name": "claim"}],
                "primaryKey": ["claim_id"],
            },
        }
    ]
}
NUMBER = {"name": "sum", "page": "index", "printed": "1.5", "unit": "tonnes", "value": 1.5}
CLAIM = {"claim_id": "C01", "claim": "It rose.", "page": "index", "verdict": "partly"}
CLAIM |= {"computed": {"figure": "1", "because": "It did."}}
PAGE = '<html><article role="main"><h1>A title</h1><p>Words. <img src="map.png"></p></article>'


def write(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


@pytest.fixture
def sites(tmp_path):
    """Return two folders with the same small site, the latter to be made hostile."""
    folders = tmp_path / "old", tmp_path / "new"
    for folder in folders:
        write(folder, "index.html", PAGE)
        write(folder, "map.png", "a picture")
        write(folder, "build.json", {"version": "1", "commit": "abc", "date": "2026-01-01"})
        write(folder, "numbers.json", [NUMBER])
        write(folder, "claims.json", [CLAIM])
        write(folder, "data/datapackage.json", PACKAGE)
        write(folder, "data/claims.csv", "claim_id,claim\nC01,It rose.\n")
        write(folder, "charts/line.svg", "<svg><text>a</text></svg>")
        write(folder, "charts/line.csv", "year,a\n2001,1\n")
    return folders


def reports(sites, into):
    """Return the page of a comparison, either way, with the words for a terminal."""
    pages = []
    for pair in (sites, sites[::-1]):
        comparison = compare(*pair)
        report.write(comparison, into)
        pages.append((into / "index.html").read_text(encoding="utf-8"))
        said = "\n".join(report.to_lines(comparison))
        assert said.replace("\n", "").isprintable(), repr(said)
    return pages


def refused(sites):
    """Return the line in which a comparison, either way, is refused."""
    lines = set()
    for pair in (sites, sites[::-1]):
        with pytest.raises(SiteError) as error:
            compare(*pair)
        lines.add(str(error.value))
    (line,) = lines
    assert line.isprintable() and len(line) < 500, line
    assert line.endswith("so that this is no whole site: build it again"), line
    return line


def test_the_small_site_is_whole(sites, tmp_path):
    assert all(report.NOTHING in page for page in reports(sites, tmp_path / "report"))


JSON = ("build.json", "numbers.json", "claims.json", "data/datapackage.json")


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize(
    "content",
    ["", "{", "[1]", '{"a": ', "[" * 100_000, '["\\ud800"]', "[NaN]", "9" * 5000, '{"version": 1}'],
    ids=lambda content: repr(content[:12]),
)
def test_json_that_is_broken_or_of_another_form_is_named(sites, name, content):
    write(sites[1], name, content)
    assert f"new/{name} " in refused(sites)


@pytest.mark.parametrize("value", [None, True, 1, [], {}, ["a"], {"a": 1}, "\ud800"], ids=repr)
@pytest.mark.parametrize(
    "name, record",
    [
        *[("numbers.json", [NUMBER | {key: ...}]) for key in NUMBER],
        *[("claims.json", [CLAIM | {key: ...}]) for key in CLAIM],
        ("claims.json", [CLAIM | {"computed": {"figure": ...}}]),
        *[
            ("data/datapackage.json", {"resources": [PACKAGE["resources"][0] | {key: ...}]})
            for key in PACKAGE["resources"][0]
        ],
        ("data/datapackage.json", {"resources": ...}),
    ],
    ids=lambda record: json.dumps(record, default=str)[:60],
)
def test_a_value_of_another_type_is_named_or_makes_no_difference(
    sites, tmp_path, name, record, value
):
    write(sites[1], name, json.dumps(record, default=lambda _: value))
    try:
        reports(sites, tmp_path / "report")
    except SiteError:
        assert f"new/{name} " in refused(sites)


@pytest.mark.parametrize("printed", ["NaN", "sNaN", "-inf", "1e999999999", "1" * 9999, "", "½"])
def test_what_is_printed_as_no_number_has_no_difference(sites, tmp_path, printed):
    write(sites[1], "numbers.json", [NUMBER | {"printed": printed, "value": 1e-300}])
    write(sites[1], "charts/line.csv", f"year,a\n2001,{printed}\n")
    for page in reports(sites, tmp_path / "report"):
        assert "inf%" not in page and "nan" not in page and len(page) < 80_000


def test_markup_stands_as_words_wherever_it_is(sites, tmp_path):
    new = sites[1]
    shown = MARKUP.replace("<", "&lt;")
    hostile = f"\x1b[2J{MARKUP}"
    write(new, "numbers.json", [dict.fromkeys(NUMBER, hostile) | {"value": 2}])
    write(new, "claims.json", [dict.fromkeys(CLAIM, hostile) | {"computed": None}, CLAIM])
    write(new, "build.json", dict.fromkeys(("version", "commit", "date"), hostile))
    resource = PACKAGE["resources"][0] | {"title": MARKUP}
    resource |= {"sources": [{"key": MARKUP, "edition": MARKUP}]}
    write(new, "data/datapackage.json", {"resources": [resource]})
    write(new, "data/claims.csv", f'claim_id,claim\n"{MARKUP.replace(chr(34), "")}",b\n')
    write(new, "index.html", PAGE.replace("A title", shown).replace("Words", shown))
    for name in ('"><script>.html', "charts/a\nb<script>.svg", "<img src=x onerror=a()>/b.html"):
        write(new, name, PAGE if name.endswith("html") else "<svg/>")
    for page in reports(sites, tmp_path / "report"):
        soup = BeautifulSoup(page, "html.parser")
        assert soup.get_text().count("alert(1)") > 5, "it is shown"
        assert not soup.select("script, object, iframe, embed, link, base, form")
        assert not [one for one in soup.find_all(True) if any(k[:2] == "on" for k in one.attrs)]


@pytest.mark.parametrize("address", ["../secret", "/etc/passwd", "javascript:alert(1)//", "\0"])
def test_no_link_leads_out_of_the_sites(sites, tmp_path, address):
    write(sites[1], "numbers.json", [NUMBER | {"page": address, "printed": "2"}])
    write(sites[1], "claims.json", [CLAIM | {"page": address, "verdict": "supported"}])
    write(tmp_path, "secret.html", PAGE)
    into = tmp_path / "report"
    for page in reports(sites, into):
        for link in BeautifulSoup(page, "html.parser").select("a[href]"):
            target = into / str(link["href"]).partition("#")[0]
            assert any(target.resolve().is_relative_to(site) for site in (*sites, into)), link


@pytest.mark.parametrize(
    "name", ["index.html", *JSON, "data/claims.csv", "charts/line.csv", "charts/line.svg"]
)
def test_a_file_that_is_a_link_out_of_the_site_is_not_read(sites, tmp_path, name):
    secret = tmp_path / "secret"
    shutil.copy(sites[0] / name, secret)
    (sites[1] / name).unlink()
    (sites[1] / name).symlink_to(secret)
    assert f"new/{name} leads out of the site" in refused(sites)
    (sites[1] / name).unlink()
    os.mkfifo(sites[1] / name)  # nobody writes it: who opened it would wait for ever
    with pytest.raises(SiteError) if name in (*JSON, "index.html") else contextlib.nullcontext():
        compare(*sites)


@pytest.mark.parametrize("source", ["../secret", "%2e%2e/secret", "/dev/zero", "a" * 5000, "\0"])
def test_a_picture_outside_the_site_is_known_by_its_address_alone(sites, tmp_path, source):
    write(tmp_path, "secret", "one")
    write(sites[1], "index.html", PAGE.replace("map.png", source))
    first = reports(sites, tmp_path / "report")
    write(tmp_path, "secret", "two")
    assert reports(sites, tmp_path / "report") == first


def test_a_file_too_large_to_be_of_a_book_is_not_read(sites, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 2000)
    write(sites[1], "numbers.json", " " * 3000)
    assert "numbers.json has 3,000 bytes, more than the 2,000 of" in refused(sites)


@pytest.mark.parametrize(
    "content", ["a,b\n" + "x" * 140_000 + ",1\n", 'a\n"\n1\n', "\n\n", "a,a\n1,2\n"]
)
@pytest.mark.parametrize("name", ["data/claims.csv", "charts/line.csv"])
def test_odd_csv_is_compared_or_named(sites, tmp_path, name, content):
    write(sites[1], name, content)
    try:
        reports(sites, tmp_path / "report")
    except SiteError:
        assert f"new/{name} " in refused(sites)


@pytest.mark.parametrize(
    "inside", ["<div>" * 3000, "<p>" * 3000, "<table><td>" * 500, "<![x[", "<!"]
)
def test_odd_pages_are_compared(sites, tmp_path, inside):
    write(sites[1], "index.html", PAGE.replace("Words", inside))
    try:
        reports(sites, tmp_path / "report")
    except SiteError:
        assert "index.html cannot be read as HTML" in refused(sites)


SLOW = {
    "marks that never end": "<svg " * 500_000,
    "pictures that never end": "<img " * 60_000 + ">",
    "words that repeat, in many paragraphs": "".join(f"<p>{'a b ' * 50}{n}" for n in range(900)),
    "paragraphs that repeat": "<p>a<p>b" * 4000,
}


# the alarm may ring where Python can only print its error, and rings again soon after
@pytest.mark.filterwarnings("ignore:(?s)Exception ignored.*SlowError")
@pytest.mark.parametrize("inside", SLOW.values(), ids=SLOW)
def test_a_page_that_takes_too_long_is_named_as_not_compared(sites, tmp_path, inside, monkeypatch):
    monkeypatch.setattr(slow, "SECONDS", 0.1)
    monkeypatch.setattr("ledger.core.system.deadline.AGAIN", 0.1)  # else a short page has ended
    write(sites[0], "long.html", PAGE.replace("Words", "".join(f"<p>b {n} a" for n in range(900))))
    write(sites[1], "long.html", PAGE.replace("Words", inside))
    started = time.monotonic()
    for page in reports(sites, tmp_path / "report"):
        said = BeautifulSoup(page, "html.parser").get_text(" ", strip=True)
        assert "long: not compared, for that takes more than 10 seconds: look at it" in said
    assert time.monotonic() - started < 20
    assert "long" in "\n".join(report.to_lines(compare(*sites)))


def wait_until(moment):
    while time.monotonic() < moment:
        pass


def test_an_end_that_a_library_swallows_comes_again():
    started = time.monotonic()
    with pytest.raises(TimeoutError), deadline(0.1, TimeoutError):
        for _ in range(2):
            try:
                wait_until(started + 10)  # called, for Python 3.13.0 handles no error at a jump
            except TimeoutError:
                if time.monotonic() > started + 0.5:
                    raise
    assert time.monotonic() < started + 5


def test_a_site_of_slow_pages_is_refused(sites, monkeypatch):
    monkeypatch.setattr(slow, "SECONDS", 0.5)  # longer than a busy machine takes to read a page
    for n in range(slow.MOST + 1):
        write(sites[1], f"p{n}.html", PAGE.replace("Words", SLOW["pictures that never end"]))
        write(sites[0], f"p{n}.html", PAGE)
    with pytest.raises(SiteError, match="p0, p1, p2, p3, p4, p5, p6 take more than 0 seconds"):
        compare(*sites)


def test_words_that_repeat_come_whole_and_at_once():
    before, after = "a b " * 3000, "b a c " * 3000
    assert words.word_diff(before, after) == [("del", before.strip()), ("ins", after.strip())]
    assert not words.is_similar(before, after)


@pytest.mark.parametrize("svg", ["", "<svg", "\0", "<!DOCTYPE a [<!ENTITY b 'c'>]><svg>&b;</svg>"])
def test_odd_drawings_are_compared(sites, tmp_path, svg):
    write(sites[1], "charts/line.svg", svg)
    reports(sites, tmp_path / "report")


def test_a_name_that_is_not_utf_8_is_named(sites):
    (sites[1] / os.fsdecode(b"\xff.html")).write_text(PAGE, encoding="utf-8")
    assert "has a name that is not UTF-8" in refused(sites)


def test_a_source_more_is_told_once_and_not_at_every_number_that_follows(sites):
    cited = (
        'Words.<span class="bibtex-citation numbered"><a href="#source-{0}">[{0}]</a></span></p>'
        '<details class="page-sources"><aside><span class="label">[{0}]</span><p>Gazette</p>'
    )
    for folder, number, more in ((sites[0], 1, ""), (sites[1], 2, "<p>Register</p>")):
        write(folder, "index.html", PAGE.replace("Words.", cited.format(number) + more))
    (page,) = compare(*sites).pages
    assert page.wording == [("A title", [("ins", "Register")])]
