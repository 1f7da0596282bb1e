"""Promise: a slip in a file that people write is one line, with file and line, whatever the file.

A new file gets the slips of any file by its name in FILES, and its own by rows in SLIPS.
"""

import functools
import re
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pybtex.style import formatting
from small_book import ISLANDS

from ledger.core.authored import environment
from ledger.core.authored.preflight import CHECKS, NEEDED, problems

LISTED = "page,number,reason\none.md,7,the number of the sentence\n"
FILES = [
    "_toc.yml",
    "_config.yml",
    "book.yml",
    "CITATION.cff",
    "references.bib",
    "data/changes.yml",
    "data/sources.yml",
    "data/policy.yml",
    "data/datapackage.json",
    "data/claims.csv",
    "data/output.csv",
    "checks/typed_numbers.csv",
    "checks/dictionary.txt",
    "tests/book/search_queries.csv",
    "index.md",
    "chapters/trade.md",
]
OTHER = "is read as another value. Quote it, or write a decimal number, true or false."
NO_PAGE = "is no page. Write its path from here, as chapters/name."
NO_KEY = "is no key. Write letters from a to z, figures, hyphens."
TAB, TWICE = "broken YAML: the line begins with a tab. Indent with spaces.", "stands twice. Remove"
# file → what stands there, what a slip makes of it, the line that is said (its beginning)
SLIPS = {
    "_toc.yml": [
        ("root: index", "<<: {root: index}", "2: << takes in what stands elsewhere. Write it out."),
        ("chapters/sea", "chapters/sea\n    title: on", f"6: 'on' {OTHER}"),
        ("chapters/sea", "chapters/sea\n    title: <b>a</b>",
         "6: the title has markup, or over 250"),
        ("chapters/sea", f"chapters/sea\n    title: {'a' * 9999}",
         "6: the title has markup, or over 250"),
        ("chapters/sea", 'chapters//sea', f"5: 'chapters//sea' {NO_PAGE}"),
        ("chapters/sea", './chapters/sea', f"5: './chapters/sea' {NO_PAGE}"),
        ("chapters/sea", 'chapters/../chapters/sea', f"5: 'chapters/../chapters/sea' {NO_PAGE}"),
        ("chapters/sea", '/etc/passwd', f"5: '/etc/passwd' {NO_PAGE}"),
        ("  - file: chapters/sea", "\t- file: chapters/sea", f"5: {TAB}"),
        ("chapters/sea", "chapters/see", "5: there is no page chapters/see. Did you mean"),
        ("chapters/sea", "chapters/trade", "5: chapters/trade stands twice, first on line"),
        ("root: index", "root: index\nroot: one", f"3: the key 'root' {TWICE}"),
        ("chapters:\n", "chapter:\n", "3: chapter is an unknown key. Known are chapters, def"),
        ("root: index\n", "", "1: 'root' key not found. Write"),
        ("- file: chapters/sea", "- chapters/sea", "5: entry not a mapping type. Write"),
        ("- file: chapters/sea", "- flie: chapters/sea", "5: entry does not contain one"),
        ("- file: chapters/sea", "- url: javascript:go()", "5: a link to javascript:go() leads to"),
        ("chapters/sea", "chapters/sea\n    title: ' '", "6: the title is blank. Name each page"),
        ("chapters/sea", "chapters/sea\n    title: A\n  - url: https://a.b/\n    title: A",
         "8: the title 'A' stands twice. Name each page as nothing else"),
        ("- file: chapters/sea", "- file: 7", "5: 7 is no page. Write its path"),
    ],
    "_config.yml": [
        ("timeout: 60", "timeout: 1:00", f"10: '1:00' {OTHER}"),
        ("timeout: 60", "timeout: 074", f"10: '074' {OTHER}"),
        ("timeout: 60", "timeout: 0x3C", f"10: '0x3C' {OTHER}"),
        ("timeout: 60", "timeout: 6_0", f"10: '6_0' {OTHER}"),
        ("timeout: 60", "timeout: .inf", f"10: '.inf' {OTHER}"),
        ("timeout: 60", "timeout: .nan", f"10: '.nan' {OTHER}"),
        ("timeout: 60", "timeout: 0", "10: execute: timeout is 0, and must be a number of s"),
        ("timeout: 60", "timeout: -1", "10: execute: timeout is -1, and must be a number of s"),
        ("timeout: 60", "timeout: 99999999",
         "10: execute: timeout is 99999999, and must be a number of s"),
        ("timeout: 60", "timeout: 60.5", "10: execute: timeout is 60.5, and must be a number of s"),
        ("https://strait", "https://a b/strait",
         "17: html: baseurl is 'https://a b/strait-papers.e"),
        ("https://strait", "https://u:p@strait",
         "17: html: baseurl is 'https://u:p@strait-papers."),
        ("title: The", "a: &a [1]\nb: *a\ntitle: The", "2: *a stands for what &a names. Write"),
        ("title: The", "a: " + "[" * 40 + "]" * 40 + "\ntitle: The", "1: more than 30 levels."),
        ("title: The", 'title: "\\u202eThe"\nx: The', "1: character 1 is invisible: U+202E, RIG"),
        ("title: The", "html_x: 1\ntitle: The", "1: html_x is an unknown key."),
        ("  config:\n", "  config:\n    html_js_files: [a.js]\n", "35: sphinx: config: html_js_f"),
        ("html:\n", "html:\n  announcement: <b>\n", "17: html: announcement is '<b>', and must"),
        ("  timeout: 60", "\ttimeout: 60", f"10: {TAB}"),
        ("timeout: 60", "timeout: an hour", "10: execute: timeout is 'an hour', and"),
        ("timeout: 60", "timeuot: 60", "10: execute: timeuot is an unknown key. Did"),
        ("title: The", "titel: The", "1: titel is an unknown key. Did you mean 'title'"),
        ("https://strait", "strait", "17: html: baseurl is 'strait-papers.example/', an"),
        ("author: The", "author: A\nauthor: The", f"3: the key 'author' {TWICE}"),
        ("title: The", "title: Two", "1: title is 'Two Strait Papers', and in CITATION.cff 'The S"),
        ("author: The", "author: A", "2: author is 'A Strait Papers Collective', and in CITAT"),
    ],
    "book.yml": [
        ("slug: strait", f"slug: {'a' * 99}", "3: slug must be text that matches"),
        ("slug: strait-papers", "slug: no", f"3: 'no' {OTHER}"),
        ("[XAR, XBE]", "[xar, XBE]", "4: pair must be two different codes in capitals"),
        ("[XAR, XBE]", "[XAR, NO]", f"4: 'NO' {OTHER}"),
        ("evidence_until: 2025-03", "evidence_until: 2062-03",
         "8: evidence_until is a month to come."),
        ("slug: strait-papers", "slug: Strait Papers", "3: slug must be text that matches"),
        ("slug: strait", "slug: a\nslug: strait", f"4: the key 'slug' {TWICE}"),
        ("slug: strait-papers\n", "", "1: the key 'slug' is missing"),
        ("pair: [XAR, XBE]", "pair: [XAR, XBE", "5: broken YAML: did not find expected"),
        ("evidence_until: 2025-03", "evidence_until: soon", "8: evidence_until must be"),
    ],
    "CITATION.cff": [
        ("2025-04-02", "2062-04-02", "7: date-released is 2062-04-02, and must be a day"),
        ("2025-04-02", "0203-04-02", "7: date-released is 0203-04-02, and must be a day"),
        ("\"3.1\"", "\"<b>\"", "5: version is '<b>', and must be text; put it"),
        ("\"3.1\"", "\"3\\n1\"", "5: version is \'3\\n1\', and must be text; put it"),
        ('version: "3.1"', "version: 3.1", "5: version is 3.1, and must be text; put"),
        ("2025-04-02", "2025-04-31", "7: '2025-04-31' is no date. Write a day of"),
        ("2025-04-02", "in April", "7: date-released is 'in April', and must be a day"),
        ("license: CC0-1.0\n", "", "1: license is missing. Give it."),
        ("  - name: The", "  - nmae: The", "9: authors: entry 1: name is missing."),
        ('title: "The', "title: The", "3: broken YAML: a colon within a value. Put"),
        ('title: "The', 'title: "<b>The', "3: title is '<b>The Strait Papers: a pamphlet on Arla"),
        ('title: "The', 'title: " "\nx: "The', "3: title is empty, and must be words in a line of"),
        ('title: "The', f'title: "{"The " * 80}', "3: title is 'The The The The The The The The T"),
        ("name: The Strait", 'name: " "\n    x: The', "9: authors: entry 1: name is empty, and m"),
    ],
    "references.bib": [
        ("{2021},", "{0000},", "3: quill2021: year '0000' is no year. Write it"),
        ("{2021},", "{2201},", "3: quill2021: year 2201 is still to come. Give"),
        ("year = {2021},", "yaer = {2021},",
         "3: quill2021: yaer is an unknown field. Did you mean year?"),
        ("{pamphlet}", "{pamphle\u0301t}",
         "3: a letter and its accent are two characters. Type it"),
        ("@misc{quill2021,", "@misc{quïll2021,", f"3: 'quïll2021' {NO_KEY}"),
        ("@misc{quill2021,", "@misc{quill%2021,", f"3: 'quill%2021' {NO_KEY}"),
        ("@misc{quill2021,", "@misc{quill`2021,", f"3: 'quill`2021' {NO_KEY}"),
        ("@misc{quill2021,", "@misc{a;b,", f"3: 'a;b' {NO_KEY}"),
        ("  keywords = {press},\n", "", "3: quill2021 has no keywords. Give the grade"),
        ("{pamphlet},", "{pamphlet,", "3: the entry quill2021 is broken: "),
        ("concord2022,", "Quill2021,", "13: the key Quill2021 stands twice, first on line 3"),
        ("year = {2021},", "year = {20x1},", "3: quill2021: year '20x1' is no year. Write"),
        ("{Quill, M.}", "{Quill, M.; Vane, A.}", "3: quill2021: authors are parted by semicolons."),
        ("closing-of-the-strait}", "closing of it}", "3: quill2021: a link to https://pam"),
        ("{Quill, M.}", "{Quill, M., of, Arland}", "3: quill2021: Too many commas in"),
        ("year = {2021},", "urldate = {2025-02-31},", "3: quill2021: urldate '2025-02-31' is no"),
        ("year = {2021},", "urldate = {2062-02-28},", "3: quill2021: urldate 2062-02-28 is stil"),
        ("{https://pam", "{javascript:go//", "3: quill2021: a link to javascript:go//phle"),
        ("{https://pam", "{file:///pam", "3: quill2021: a link to file:///pamphlets.ex"),
        ("year = {2021},", "month = {13},", "3: quill2021: month '13' is no month. Write 1 to"),
        ("year = {2021},", "month = {Mai},", "3: quill2021: month 'Mai' is no month. Write 1"),
        ("year = {2021},", "day = {32},", "3: quill2021: day '32' is no day of a month. W"),
        ("{pamphlet}", r"{\input{secret}}",
         r"3: quill2021: howpublished has \input, which would be printed as it stands. Write"),
        ("{pamphlet}", r"{sold for \$2}", r"3: quill2021: howpublished has \$, which would be pr"),
        ("{pamphlet}", "{a pamphlet\\}", "3: quill2021: howpublished has \\, which would be pr"),
        ("{{The Closing", r"{{\emph{The} Closing", r"3: quill2021: title has \emph, which would"),
        ("{{The Closing of the Strait}}", "{The Closing of the Strait}",
         "3: quill2021: title would be printed as 'The closing of the strait'. Put it into a"),
        ("{pamphlet}", "{3% of a pamphlet}", r"3: quill2021: howpublished has %, which hides all"),
        ("{pamphlet}", f"{{{'long ' * 10_000}}}",
         "3: quill2021: howpublished has 50,000 characters. Say it in 2,000 at most."),
        ("{pamphlet}", r"{\url{data:text/html,a}}", "3: quill2021: a link to data:text/html,a le"),
        ("{pamphlet}", r"{\href{javascript:go}{a}}", "3: quill2021: a link to javascript:go le"),
        ("@misc{quill", "@mics{quill", "3: quill2021: there is no type @mics. Write"),
        ("@misc{quill", '@string{a = "b"}\n@misc{quill', "3: @string stands for text elsewhere."),
        ("{pamphlet},", "{pam\u202ephlet},", "3: character 4 is invisible: U+202E, RIGHT-TO-LEFT"),
        ("url = {https:", "url = {javascript:go()}, addendum = {https:",
         "3: quill2021: a link to javascript:go() leads to no page"),
        ("@misc{quill", "@article{quill", "3: quill2021: missing journal. Give it, or make"),
        ("concord2022,", "quill2021,", "13: the key quill2021 stands twice, first on"),
        ("year = {2021},", "year = {2021}", "3: the entry quill2021 is broken: "),
        ("  year = {2021},", "  year = {2021},\n  Year = {1},", "3: quill2021 has ye"),
    ],
    "data/changes.yml": [
        ("  kind: correction", "\tkind: correction", f"3: {TAB}"),
        ("2025-02-11", "2025-02-31", "2: '2025-02-31' is no date. Write a day of"),
        ("2025-02-11", "2062-02-11", "2: entry 1: date is 2062-02-11, and must be a day of the ca"),
        ("2025-02-11", "February", "2: entry 1: date is 'February', and must be a"),
        ("kind: correction", "kind: coorection", "3: entry 1: kind is 'coorection'"),
        ("  text: All tables stand in their first edition.", "  text:",
         "9: entry 2: text is empty, and must be text"),
        ("  title: First", "  titel: First", "8: entry 2: titel is an unknown key."),
        ("  title: First", "  title: The #1 of First", "8: what follows ' #' is a comment, and no"),
        ("  title: First", "  title: Firstâ€™s", "8: 'â€™' was read in the wrong encoding. Wr"),
        ("  title: First", "  kind: data update\n  title: First", "8: the key 'kin"),
    ],
    "data/sources.yml": [
        ("months: 12", "months: 014", f"8: '014' {OTHER}"),
        ("months: 12", "months: 999999999999999999999",
         "8: bureau-accounts: months is 999999999999999999999, an"),
        ("2025-05-31", "1825-05-31",
         "9: bureau-accounts: next is 1825-05-31, and must be a day of"),
        ("bureau-prices:", "Bureau-Accounts:", "19: 'Bureau-Accounts' is no name of a source."),
        ("bureau-prices:", "no:", f"19: 'no' {OTHER}"),
        ("bureau-prices:", "../prices:", "19: '../prices' is no name of a source."),
        ("institution: Str", "institutoin: Str", "4: bureau-accounts: institutoin is"),
        ("  how: automatic", "\thow: automatic", f"5: {TAB}"),
        ("how: automatic", "how: by hand", "5: bureau-accounts: how is 'by hand', a"),
        ("months: 12", "months: twelve", "8: bureau-accounts: months is 'twelve', a"),
        ("2025-05-31", "2025-06-31", "9: '2025-06-31' is no date. Write a day of"),
        ("bureau-prices:", "bureau-accounts:", "19: the key 'bureau-accounts' stands"),
        ("https://data.straits-bureau.example/acc", "javascript:go//",
         "13: bureau-accounts: address is 'javascript:go//ounts/', and must be the address of"),
        ("  label: Straits Bureau\n", "", "2: bureau-accounts: label is missing. Gi"),
    ],
    "data/policy.yml": [
        ("verdicts:", "verdict:", "2: verdict is an unknown key. Did you mean 'verdicts'?"),
        ("verdicts: [supported", "verdicts: [{a: b}", "13: kinds: date/event: verdicts: entry 1"),
        ("quoted_tolerance: ", "quoted_tolerance: about ",
         "21: quoted_tolerance is 'about 0.05', and must be a share"),
    ],
    "data/datapackage.json": [
        ("\"version\": \"3.1\",", "\"verison\": \"3.1\",",
         "5: verison is an unknown key. Did you mean 'version'?"),
        ('"maxRevision": {', '"maxRevison": {', "77: resources: entry 1: schema: fields: en"),
        ('"notes": [', '"notess": [', "40: resources: entry 1: notess is an unknown key. Did"),
        ('"retrieved": "2025"', '"retrieved": "yesterday"', "681: resources: entry 6: sources:"),
        ('"encoding": "utf-8"', '"encoding": "latin-1"', "14: resources: entry 1: encoding is 'la"),
        ('"maxStepRatio": ', '"maxStepRatio": -', "80: resources: entry 1: schema: fields: e"),
        ('"title": "Tables', '"title": "\\u0007Tables', "3: character 1 is invisible: U+0007"),
        ('"path": "http', '"path": "javascript:go()//http', "26: a link to javascript:go()"),
        ('"version": "3.1",', '"version": "3.1"', "6: broken JSON: Expecting"),
        ('"path": "https://data.straits-bureau.example/acc', '"path": "javascript:go//',
         "26: a link to javascript:go//ounts/ leads to no page. Write one"),
        ('"path": "output.csv",', "", "8: table output has no 'path'. Give"),
        ('"type": "table",', '"type": "table",\n"type": "table",',
         "8: the descriptor has a key twice: 'type', in the entry"),
        ('"name": "trade"', '"name": "output"', "105: the table output stands twice. R"),
    ],
    "data/output.csv": [
        ("country,year,output_usd", "country,year", "1: the column 'output_usd' is m"),
        ("country,year,output_usd", "country;year;output_usd", "1: the cells are par"),
        ("XAR,2014,", "XAR,2014,1,", "2: the row has 4 cells and the header 3."),
        ("XAR,2014,", 'XAR,"2014" ,', "2: broken CSV: "),
    ],
    "data/claims.csv": [
        ("claim_id,domain", "claim_id,claim_id", "1: the column 'claim_id' stands"),
    ],
    "checks/typed_numbers.csv": [
        ("one.md,7", "one.md,7,again\none.md,7", "3: one.md, 7 stands twice, first on line 2."),
        ("sentence", "sen\u200btence", "2: character "),
        (",the number of the sentence", "", "2: the row has 2 cells and the header 3."),
        ("page,number", "page,nunber", "1: the column 'number' is missing."),
        (LISTED, LISTED.replace(",", "\t"), "1: the cells are parted by ta"),
    ],
    "tests/book/search_queries.csv": [
        ("query,page", "qeury,page", "1: the column 'query' is missing."),
        ("fish,index,", "fish,index,\nfish,index,",
         "3: fish, index stands twice, first on line 2."),
        ("fish,index,", "fish,index", "2: the row has 2 cells and the header 3."),
    ],
    "checks/dictionary.txt": [
        ("Arland", "Arla\u0301nd", "1: a letter and its accent are two characters. Type it anew"),
        ("Arland", "Arl\u0430nd", "1: a letter of the word 'Arl\u0430nd' only looks like another"),
    ],
    "chapters/trade.md": [
        ("jupytext:", "kernelspec:", f"6: the key 'kernelspec' {TWICE}"),
        ("  language: python", "\tlanguage: python", f"8: {TAB}"),
    ],
    "index.md": [
        ("---\n", "---\n- one\n---\n", "2: the head must hold keys with values. Copy"),
        ("---\n# The Strait Papers", "# The Strait Papers", "1: the head is never closed."),
    ],
}  # fmt: skip
MERGE = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> other\n"


@pytest.fixture(scope="module", autouse=True)
def styles_found_once():
    """Styles of references are looked for in all that is installed, once and not for each entry."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formatting, "find_plugin", functools.cache(formatting.find_plugin))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The made-up book with lists of checks beside it."""
    folder = tmp_path_factory.mktemp("slips") / "book"
    shutil.copytree(ISLANDS, folder, ignore=shutil.ignore_patterns("upstream", "__pycache__"))
    (folder / "checks").mkdir()
    (folder / "checks/typed_numbers.csv").write_text(LISTED, encoding="utf-8")
    (folder / "tests/book").mkdir(parents=True)
    queries = "query,page,section\nfish,index,\n"
    (folder / "tests/book/search_queries.csv").write_text(queries, encoding="utf-8")
    (folder / "checks/dictionary.txt").write_text("Arland\n", encoding="utf-8")
    return folder


def said(folder, name, content):
    """Return what is said while a file has another content (None: while it is not there), or what
    a function puts in its place.
    """
    path = folder / name
    before = path.read_bytes()
    path.unlink()
    try:
        if content is not None:
            content(path) if callable(content) else path.write_bytes(content)
        return problems(folder)
    finally:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        path.write_bytes(before)


def test_a_file_that_is_a_link_out_of_the_book_is_refused(folder, tmp_path):
    page = folder / "chapters/secret.md"
    (tmp_path / "secret.md").write_text("# Of the machine\n", encoding="utf-8")
    page.symlink_to(tmp_path / "secret.md")
    try:
        (line,) = problems(folder)
    finally:
        page.unlink()
    assert line.startswith("chapters/secret.md:1: the file is a link that leads out of the book.")


def test_a_script_that_every_page_would_load_is_refused(folder):
    script = folder / "_static/own.js"
    script.parent.mkdir()
    script.write_text("go()", encoding="utf-8")
    try:
        (line,) = problems(folder)
    finally:
        script.unlink()
        script.parent.rmdir()
    assert line == "_static/own.js:1: every page would load it, or a copy be published. Remove it."


@pytest.mark.parametrize("name", ["tables/forged.md", "claims/c01.md", "charts/a.html"])
def test_a_page_where_the_build_makes_pages_is_not_passed_over(folder, name):
    (folder / name).parent.mkdir()
    (folder / name).write_text("# Forged\n", encoding="utf-8")
    found = problems(folder)
    shutil.rmtree((folder / name).parent)
    assert found == [
        f"{name}:1: the build makes what is in this folder, and would pass it over. Remove it."
    ]


def test_a_sound_book_is_passed_and_every_kind_of_file_has_slips(folder):
    assert problems(folder) == []
    for pattern in CHECKS:
        assert any((folder / name) in set(folder.glob(pattern)) for name in FILES), pattern


@pytest.mark.parametrize(
    "name, before, after, line", [(name, *slip) for name in SLIPS for slip in SLIPS[name]]
)
def test_a_slip_is_one_line(folder, name, before, after, line):
    text = (folder / name).read_text(encoding="utf-8")
    assert before in text, f"{name} has no {before!r}"
    found = said(folder, name, text.replace(before, after, 1).encode())
    assert len(found) == 1 and "\n" not in found[0], found
    assert re.match(rf"{re.escape(name)}:\d+: \S", found[0]), found[0]
    assert found[0].startswith(f"{name}:{line}"), found[0]


@pytest.mark.parametrize("name", FILES)
def test_what_may_befall_any_file_is_one_line(folder, name):
    raw = (folder / name).read_bytes()
    first, _, rest = raw.partition(b"\n")
    ways = {
        "2: git left the marks of a merge.": first + b"\n" + MERGE.encode() + rest,
        "1: the file is UTF-16. Save it as UTF-8": raw.decode().encode("utf-16"),
        "2: the byte 0xe9 is not UTF-8. Save the file as UTF-8.": first + b"\n\xe9" + rest,
        "2: a NUL character.": first + b"\n\0" + rest,
        "1: a line end of another kind (CR).": raw.replace(b"\n", b"\r"),
        "1: a second byte-order mark.": b"\xef\xbb\xbf" * 2 + raw,
    }
    if name in NEEDED or name.startswith("data/") and name.endswith(".csv"):
        ways[f"1: the file is missing. Restore it: git checkout -- {name}"] = None
    for line, content in ways.items():
        found = said(folder, name, content)
        assert len(found) == 1 and found[0].startswith(f"{name}:{line}"), found
    for put, line in {
        lambda path: path.mkdir(): "1: the file cannot be read: Is a directory.",
        lambda path: path.symlink_to("nowhere"): "1: the file is missing. Restore it: git checkout",
        lambda path: path.symlink_to(path.name): "1: the file cannot be read: ",
    }.items():
        found = said(folder, name, put)
        assert len(found) == 1 and found[0].startswith(f"{name}:{line}"), found
    # a mark of an editor and of another system are no change
    assert said(folder, name, b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n")) == []


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(FILES), st.integers(0, 10**6), st.binary(max_size=4), st.integers(0, 6))
def test_whatever_is_spoilt_is_passed_or_said_in_a_line(folder, name, place, put, cut):
    raw = (folder / name).read_bytes()
    at = place % len(raw)
    for line in said(folder, name, raw[:at] + put + raw[at + cut :]):
        assert re.match(r"[\w./-]+:\d+: .+\Z", line), line


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(st.sampled_from([name for name in FILES if name.endswith((".yml", ".cff"))]), st.randoms())
def test_lines_that_are_lost_doubled_or_moved_are_passed_or_said_in_a_line(folder, name, chance):
    lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
    at = chance.randrange(len(lines))
    line = lines.pop(at)
    for _ in range(chance.randrange(3)):
        lines.insert(chance.randrange(len(lines) + 1), " " * chance.randrange(4) + line)
    for said_ in said(folder, name, "".join(lines).encode()):
        assert re.match(r"[\w./-]+:\d+: .+\Z", said_), said_


@pytest.mark.parametrize("name, good, bad", [
    ("LEDGER_JOBS", ["", "1", "12"], ["x", "0", "-1", "1.5", "٣"]),
    ("LEDGER_ENGINE", ["", "fork", "kernels"], ["spawn", "Fork"]),
    ("SOURCE_DATE_EPOCH", ["0", "1700000000"], ["yesterday", "-1", "1e9", "99999999999"]),
    ("LEDGER_COMMIT", ["1a2b3c4 2026-11-28", "a 2026-11-28 changed"], ["zz", "zz 2026-11-31"]),
    ("LEDGER_BOOK", ["", str(ISLANDS)], ["/nowhere", str(ISLANDS / "data")]),
    ("LEDGER_RELEASE", ["v2026.12"], ["2026.12", "v 1", "latest"]),
])  # fmt: skip
def test_a_variable_that_is_nonsense_is_named(name, good, bad):
    for value in good:
        assert list(environment.faults({name: value})) == []
    for value in bad:
        (line,) = environment.faults({name: value})
        assert line.startswith(f"{name} is {value!r} in the environment, and must be ")
