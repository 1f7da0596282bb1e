"""Promise: what a chapter is written with shows as meant, and a slip in it is named."""

import re
import shutil
import sys
import zipfile

import pytest
from small_book import GOOD, ISLANDS, build, edit, edit_table, make, write
from test_stale import add_words

VERDICTS = (ISLANDS / "chapters" / "verdicts.md").read_text(encoding="utf-8")
TITLE = "# Sea: ferries sail on\n"
CHAPTER = (
    GOOD.replace("# A chapter\n", TITLE)
    + """
```{standfirst}
A line that says it all, with a {gloss}`shoal` in it.
```

## A section

```{formerly} its-old-name
its-older-name
```

Read {gloss}`the paper <gazette>`.

There it says [نفت]{lang=fa}.

Ferries froze {cite}`gazette2020`, and in spring they sailed {cite}`harbour2023,gazette2020`. Fish stayed {cite}`shoal2019`: many. *Two*
{cite}`shoal2019`. *Ten* {cite}`shoal2019`. “So
many {cite}`shoal2019`!” *So few {cite}`shoal2019`*.

*Sources:* {cite}`quill2021`

{cite}`quill2021` is left as it is.

Where {math}`a < b`:

```{math}
:label: gap
\\frac{a}{b} \\\\ c
```

By {eq}`gap` all is well.

```{formerly} a-place
```

## The claims of this chapter

```{claim-lines} trade
```
"""
)


def read(book, page="chapters/one"):
    return (book / f"_build/html/{page}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A book with one such chapter."""

    folder = make(tmp_path_factory.mktemp("prose") / "book")
    (folder / "chapters/one.md").write_text(CHAPTER, encoding="utf-8")
    (folder / "chapters/two.md").write_text("# Two\n\nSee {doc}`one`.\n", encoding="utf-8")
    for name in ("verdicts", "references"):
        shutil.copy(ISLANDS / "chapters" / f"{name}.md", folder / "chapters")
    edit(folder / "_toc.yml", "one\n", "one\n  - file: chapters/two\n")
    toc = "  - glob: tables/*\n  - file: chapters/verdicts\n  - file: chapters/references\n"
    edit(folder / "_toc.yml", "two\n", f"two\n{toc}")
    for name in ("sea", "trade"):  # which tell omissions
        (folder / f"chapters/{name}.md").write_text(f"# {name}\n", encoding="utf-8")
        edit(folder / "_toc.yml", "two\n", f"two\n  - file: chapters/{name}\n")
    add_words(folder)
    # the search and the terms know a section by its former address too

    edit_table(folder, "words", lambda text: text.replace("one#a-section", "one#its-older-name"))
    code, said = build(folder)
    assert code == 0, said[-3000:]
    return folder


def test_the_word_of_a_title_stands_over_its_finding_and_names_the_page_elsewhere(made):
    page = read(made)
    (title,) = re.findall(r"<h1>(.*?)<a", page)
    assert re.sub("<[^>]+>", "", title) == "Sea: ferries sail on"
    assert '<span class="kicker">Sea' in title and "<title>Sea: ferries sail on" in page
    assert 'id="sea"' in page  # the address that the word alone gave
    assert "Sea: A section" in read(made, "chapters/words")


def test_the_standfirst_is_set_apart_and_describes_the_page(made):
    page = read(made)
    assert re.search(r'<p class="standfirst">A line that says it all', page)
    assert 'name="description" content="A line that says it all' in page


def test_former_addresses_lead_to_their_section(made):
    page = read(made)
    section = page[page.index('<section id="a-section">') :].partition("<h2>")[0]
    assert 'id="its-old-name"' in section and 'id="its-older-name"' in section
    assert '<span class="formerly" id="a-place">' in page
    assert 'href="one.html#a-section"' in read(made, "chapters/words")
    index = (made / "_build/html/searchindex.js").read_text(encoding="utf-8")
    assert '"chapters/one#a-section":' in index and '#its-older-name":' not in index


def test_words_keep_the_language_that_they_are_said_to_be_in(made):
    assert 'There it says <span lang="fa"><bdi>نفت</bdi></span>.' in read(made)


def test_a_gloss_is_a_link_to_its_entry_and_says_what_the_term_is(made):
    links = re.findall(
        r'<a class="gloss" href="([^"]+)" aria-description="([^"]+)">(.*?)</a>', read(made)
    )
    assert links == [
        ("words.html#term-shoal", "Many fish that swim together.", "shoal"),
        ("words.html#term-gazette", "The paper of the strait.", "the paper"),
    ]
    assert 'id="term-shoal"' in read(made, "chapters/words")
    assert "glosses.js" in read(made) and "glosses.js" not in read(made, "chapters/two")


def test_a_citation_is_a_number_that_leads_to_the_sources_at_the_end(made):
    page, words = read(made), lambda html: re.sub("<[^>]+>", "", html)
    (sentence,) = re.findall("<p>(Ferries froze.*?)</p>", page, re.S)
    assert words(sentence).replace("[", "").replace("]", "") == (
        "Ferries froze,1 and in spring they sailed.1, 2 Fish stayed:3 many. Two.3 Ten.3 "
        "“So\nmany!”3 So few.3"
    )
    led = re.findall(r'href="#(source-\d)"(?: id="(cites-\d)")? role="doc-noteref"', sentence)
    assert led == [
        ("source-1", "cites-1"),
        ("source-1", ""),
        ("source-2", "cites-2"),
        ("source-3", "cites-3"),
        *[("source-3", "")] * 4,
    ]
    listed = re.search(r'<details class="page-sources folded">.*?</details>', page, re.S).group()
    assert "Sources of this page (3)" in listed
    entries = re.findall(r'id="(source-\d)".*?href="#(cites-\d)".*?<p>(.*?)</p>', listed, re.S)
    assert [entry[:2] for entry in entries] == [(f"source-{n}", f"cites-{n}") for n in (1, 2, 3)]
    for year, (_, _, told) in zip(("2020", "2023", "2019"), entries, strict=True):
        assert re.search(r'href="references\.html#[^"]+">Full entry', told) and year in told
    index = (made / "_build/html/searchindex.js").read_text(encoding="utf-8")
    assert "Ferries froze, and in spring they sailed." in index and "Full entry" not in index


def test_a_citation_by_itself_keeps_author_and_year(made):
    alone = re.findall(r'<p>(?:<em>Sources:</em> )?<span class="bibtex-citation.*?</p>', read(made))
    assert len(alone) == 2 and all("numbered" not in words and "2021" in words for words in alone)
    assert [words.count("title=") for words in alone] == [1, 0]  # a tip is told once


def test_the_claims_of_a_domain_are_listed_with_their_verdicts(made):
    page = read(made)
    (counts,) = re.findall(r'class="claim-counts">(.*?)</p>', page)
    tiles = re.search(r'<ul class="claim-lines.*?</ul>', page, re.S).group()
    rows = re.findall(r'href="(verdicts\.html#(c\d+))"', tiles)
    total = sum(map(int, re.findall(r"\d+", counts)[1:]))
    assert counts.startswith(f"{len(rows)} claims: ") and total == len(rows) > 1
    for _, claim in rows:
        assert f'id="{claim}"' in read(made, "chapters/verdicts")
    assert tiles.count("claim-text") == tiles.count("verdict-word") == len(rows)
    assert "claim-finding" not in tiles  # the chapter's text and the ledger tell it


def test_a_notebook_has_the_text_without_what_only_the_site_can_show(made):
    notebook = (made / "_build/html/notebooks/one.ipynb").read_text(encoding="utf-8")
    assert "A line that says it all, with a shoal in it." in notebook
    assert "There it says نفت." in notebook and "Read the paper." in notebook
    assert "formerly" not in notebook


def test_an_epub_has_the_text_and_a_list_of_the_claims(made):
    code, said = build(made, [sys.executable, "-m", "ledger", "epub"])
    assert code == 0, said[-3000:]
    (path,) = (made / "_build/html").glob("*.epub")
    with zipfile.ZipFile(path) as epub:
        page = epub.read("chapters/one.xhtml").decode()
        package = epub.read("content.opf").decode()
    assert '<p class="standfirst">A line that says it all, with a shoal in it.' in page
    assert "<h1>Sea: ferries sail on</h1>" in page and "aria-description" not in page
    assert "page-sources" not in page and re.search(r"froze.{1,200}2020", page)
    assert page.count("claim-text") > 1 and 'id="its-old-name"' in page
    assert page.count("<math xmlns=") == 2 and page.count('id="equation-gap"') == 1
    assert 'href="chapters/one.xhtml" properties="mathml"' in package


FAULTS = [
    ("```{formerly} a-chapter\n```", "the page has the address #a-chapter already"),
    ("```{formerly} A_chapter\n```", "'A_chapter' is no address of a section"),
    ("See {gloss}`shoals`.", "no page lists the term 'shoals'. Write {gloss}`shoals <shoal>`"),
    ("See {gloss}`qqq`.", "no page lists the term 'qqq'. Add it"),
    ("```{claim-lines} trades\n```", "no claim is of the domain 'trades'; there are"),
    ("```{standfirst}\n```", "Content block expected"),
]


def test_each_slip_fails_the_build_and_is_named(book):
    chapters = {f"fault{n}": f"{GOOD}\n{fault}\n" for n, (fault, _) in enumerate(FAULTS)}
    write(book, one="# One\n\n## A section\n", two="# Two\n", **chapters)
    add_words(book)
    edit_table(book, "words", lambda text: text.replace(",shoal2019", ","))
    code, said = build(book)
    assert code != 0
    for n, (_, says) in enumerate(FAULTS):
        named = [line for line in said.splitlines() if says in line and f"fault{n}.md:" in line]
        assert named, f"{says}\n{said[-3000:]}"
