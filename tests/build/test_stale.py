"""Promise: a site that was built piece by piece, edit after edit, has the bytes of one built at
once; and no warning is lost on the way.
"""

import copy
import json
import os
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from small_book import (
    BOOK,
    HEAD,
    build,
    cell,
    edit,
    edit_table,
    executed,
    make,
    run_here,
    site,
    without_last_row,
    write,
)

ONE = (
    HEAD
    + "# The first chapter\n\n"
    + cell(
        """from ledger import charts, numbers
from ledger.core.tables import load

output = load("output")
both = output.pivot(index="year", columns="country", values="output_usd")[["XAR", "XBE"]]
data, caption = both / 1e9, "Output of Arland and of Belmark over the years."
ax, alt = charts.lines(data, "US$ billion"), "Arland's line stands far above that of Belmark."
charts.publish(ax, "lines", table="output", data=data, caption=caption, alt=alt)"""
    )
    + cell('numbers.put("rows", len(output), "{:d}", table="output")')
    + "(there)=\n## A section\n\nThere are {num}`rows` rows, see {numref}`second-lines`, "
    "{doc}`two` says so {cite}`gazette2020`. {claim}`C02`\n\n![A picture](../picture.svg)\n\n"
    "```{include} note.txt\n```\n"
)
TWO = (
    ONE.replace("The first chapter", "The second chapter")
    .replace("(there)=\n## A section\n\n", "See {ref}`there`. ")
    .replace('"lines"', '"second-lines"')
    .replace("{numref}`second-lines`, {doc}`two`", "{numref}`lines`")
    .replace("gazette2020", "shoal2019")
    .replace("C02", "C03")
    .replace("![A picture](../picture.svg)", "{claim}`C04`")
)
CLAIMS = (
    HEAD
    + "# The ledger\n\n"
    + cell(
        """from IPython.display import display
from myst_nb.ext.glue import GLUE_PREFIX

scrapbook = {"name": "findings", "mime_prefix": GLUE_PREFIX}
metadata = {"scrapbook": scrapbook, "ledger": {}}
display({GLUE_PREFIX + "text/plain": ""}, raw=True, metadata=metadata)"""
    )
    + "```{ledger}\n```\n"
)


WORDS = """term,group,gloss,corvian,synonyms,told,sources
shoal,sea,Many fish that swim together.,شول,school of fish; swarm,chapters/one#a-section,shoal2019
gazette,papers,The paper of the strait.,,newspaper,chapters/two,
"""


def add_words(folder):
    """Add a table of terms, and a page that prints it."""
    path = folder / "data/datapackage.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    table = copy.deepcopy(next(e for e in content["resources"] if e["name"] == "countries"))
    fields = [
        {"name": name, "type": "string", "title": name, "description": name}
        | ({"lang": "fa"} if name == "corvian" else {})
        for name in WORDS.partition("\n")[0].split(",")
    ]
    table |= {"name": "words", "path": "words.csv", "title": "Words"}
    table["schema"] |= {"fields": fields, "primaryKey": ["term"]}
    content["resources"].append(table)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "data/words.csv").write_text(WORDS, encoding="utf-8")
    edit_table(folder, "words", lambda text: text)
    (folder / "chapters/words.md").write_text("# Words\n\n```{terms} words\n```\n")
    edit(
        folder / "_toc.yml",
        "  - file: chapters/one",
        "  - file: chapters/words\n  - file: chapters/one",
    )


def full_book(folder):
    """Make a book with all that pages can show of one another: badges, charts, citations, tables,
    terms. Few of each, for speed.
    """
    make(folder)
    write(
        folder,
        one=ONE,
        two=TWO,
        verdicts=CLAIMS,
        references="# References\n\n```{bibliography}\n:filter: cited\n```\n",
    )
    (folder / "index.md").write_text("# A book\n\n```{table-list}\n```\n")
    (folder / "picture.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>\n')
    (folder / "chapters/note.txt").write_text("A note.\n")
    edit(
        folder / "_toc.yml",
        "  - file: chapters/verdicts",
        "  - glob: tables/*\n  - file: chapters/verdicts",
    )
    edit_table(folder, "claims", lambda text: "".join(text.splitlines(keepends=True)[:5]))
    path = folder / "data/datapackage.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["resources"] = [
        entry
        for entry in content["resources"]
        if entry["name"] in ("output", "claims", "countries", "fish_price")
    ]
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    add_words(folder)
    path = folder / "references.bib"
    cited = (folder / "data/claims.csv").read_text(
        encoding="utf-8"
    ) + "gazette2020 shoal2019 harbour2023"
    path.write_text(
        "".join(
            f"@{entry}"
            for entry in path.read_text(encoding="utf-8").split("\n@")[1:]
            if entry.partition("{")[2].partition(",")[0] in cited
        ),
        encoding="utf-8",
    )
    return folder


def put_older(folder):
    """Put an older picture and an older text in the place of those that pages show and include."""
    for name, before, after in (
        ("picture.svg", "<svg ", "<svg height='1' "),
        ("chapters/note.txt", "A note.", "Another note."),
    ):
        os.utime(edit(folder / name, before, after), (1_000_000_000, 1_000_000_000))


def rename_chart(folder):
    edit(folder / "chapters/one.md", '"lines", table', '"production", table')
    edit(folder / "chapters/two.md", "{numref}`lines`", "{numref}`production`")


def move_badge(folder):
    edit(folder / "chapters/one.md", "{claim}`C02`", "")
    edit(folder / "chapters/two.md", "{claim}`C04`", "{claim}`C04` {claim}`C02`")


def add_chapter(folder):
    (folder / "chapters/more.md").write_text("# More\n\nSee {doc}`one`.\n")
    edit(
        folder / "_toc.yml",
        "  - file: chapters/two",
        "  - file: chapters/more\n  - file: chapters/two",
    )


def remove_for_good(folder):
    """Remove a chapter, a table, a picture and an asset: what none of the pages shows any more
    leaves the site.
    """
    (folder / "chapters/more.md").unlink()
    edit(folder / "_toc.yml", "  - file: chapters/more\n", "")
    path = folder / "data/datapackage.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["resources"] = [
        entry for entry in content["resources"] if entry["name"] != "fish_price"
    ]
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "data/fish_price.csv").unlink()
    (folder / "picture.svg").rename(folder / "drawing.svg")
    edit(folder / "chapters/one.md", "../picture.svg", "../drawing.svg")
    (folder / "assets/more.css").unlink()


def change_title(folder):
    edit(folder / "chapters/two.md", "# The second chapter", "# Another title")


def change_headings(folder):
    before, after = "## A section\n\n", "## A section?\n\n### One more\n\n"
    edit(folder / "chapters/one.md", before, after)  # the address stays


def add_citation(folder):
    edit(folder / "chapters/two.md", "There are", "{cite}`harbour2023` There are")


def change_order(folder):
    one, two = "  - file: chapters/one\n", "  - file: chapters/two\n"
    edit(folder / "_toc.yml", one + two, two + one)


def remove_row(folder):
    edit_table(folder, "output", without_last_row)


def change_bibliography(folder):
    edit(folder / "references.bib", "title = {", "title = {New: ")


def change_style(folder):
    edit(folder / "ledger/build/sphinxext/assets/ledger.css", "{", "{ --new: 1;")


def change_chart_page(folder):
    template = folder / "ledger/build/sphinxext/theme/chart.html"
    edit(template, "Read it in its chapter", "Read it there")


def change_settings(folder):
    edit(folder / "CITATION.cff", "The Strait Papers:", "A ledger:")
    path = edit(folder / "_config.yml", "title: The Strait Papers", "title: A ledger")
    before = "bibtex_reference_style"
    edit(path, before, f"bibtex_cite_id: source-{{key}}\n    {before}")


class Edit(NamedTuple):
    """An edit; where the site shows it, by a text that comes or goes; what the build says it does
    for it.
    """

    change: Callable[[Path], object]
    shows: dict[str, str]
    causes: str = ""


NEW_PAGE = "titles, order of pages, claims, charts, printed numbers"
# The edits of a step are made together and built once. None may hide what the build misses of
# another: each causes something that no other of its step does. The inputs of every page can not,
# and have a test of their own below.
STEPS = [
    {
        "an older picture and an older text": Edit(
            put_older,
            {"_images/picture.svg": "height='1'", "chapters/one.html": "Another note."},
            "reads chapters/one, reads chapters/two",
        ),
        "a chapter added": Edit(
            add_chapter,
            {"chapters/more.html": "More", "index.html": "chapters/more.html"},
            f"reads chapters/more, reads index, {NEW_PAGE}",
        ),
    },
    {
        "a title": Edit(
            change_title,
            {"chapters/two.html": "Another title", "chapters/one.html": "Another title"},
            "reads chapters/two, titles, sections that terms name",
        ),
        "a badge moved": Edit(
            move_badge,
            {"chapters/one.html": "#c02", "chapters/two.html": "#c02"},
            "reads chapters/one, reads chapters/two, claims",
        ),
        "a citation": Edit(
            add_citation,
            {"chapters/two.html": "https://harbour.example/register"},
            "reads chapters/two, citations",
        ),
        "a chart renamed": Edit(
            rename_chart,
            {"chapters/one.html": "chart-production", "charts/production.html": "production"},
            "reads chapters/one, reads chapters/two, executes one, labels, anchors, "
            "numbers of figures, charts",
        ),
    },
    {
        "things removed": Edit(
            remove_for_good,
            {
                "chapters/more.html": "More",
                "tables/fish-price.html": "table",
                "_images/picture.svg": "<svg",
                "_static/more.css": "more",
            },
            f"reads chapters/one, reads index, {NEW_PAGE}, labels, anchors",
        ),
    },
    {
        "another order": Edit(
            change_order,
            {"chapters/one.html": 'rel="prev" title="Another title"'},
            "reads index, order of pages, numbers of figures",
        ),
        "a row removed": Edit(
            remove_row,
            {"numbers.json": '"printed": "28"'},
            "reads index, reads tables/output, reads chapters/one, reads chapters/two, "
            "executes one, executes two, printed numbers",
        ),
        "headings": Edit(
            change_headings,
            {"chapters/one.html": "One more", "chapters/two.html": "A section?"},
            "reads chapters/one, labels, sections that terms name",
        ),
    },
    {"a style": Edit(change_style, {"_static/ledger.css": "--new: 1;"})},
    {
        "the bibliography": Edit(change_bibliography, {"chapters/references.html": "New: "}),
        "the page of a chart by itself": Edit(
            change_chart_page, {"charts/production.html": "Read it there"}
        ),
        "title and addresses of references": Edit(
            change_settings,
            {"index.html": "A ledger", "chapters/references.html": 'id="source-gazette2020"'},
            "citations",
        ),
    },
]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(STEPS[:1], id="one step"),
        pytest.param(STEPS, id="all steps", marks=pytest.mark.slow),
    ],
)
def test_a_build_after_edits_leaves_the_same_bytes_as_a_clean_build(tmp_path, steps):
    book, twin, kept = full_book(tmp_path / "book"), tmp_path / "twin", tmp_path / "kept"
    (book / "assets/more.css").write_text("/* more */")
    code, log = build(book)
    assert code == 0, log[-3000:]
    for step in steps:
        shutil.copytree(book, kept, symlinks=True)
        if wrong := faults_of(step, book, twin):
            alone = {}
            for what, one in step.items():
                shutil.rmtree(book)
                shutil.copytree(kept, book, symlinks=True)
                alone[what] = faults_of({what: one}, book, twin) or "right by itself"
            raise AssertionError(f"together: {wrong}; each by itself: {alone}")
        shutil.rmtree(kept)


def faults_of(step, book, twin):
    """Make the edits of a step and build; return what of them does not show, was not done for its
    reason, or differs from a clean build, none where all is well.
    """
    before = shown(step, book)
    for edit_made in step.values():
        edit_made.change(book)
    shutil.rmtree(twin, ignore_errors=True)
    shutil.copytree(book, twin, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    shutil.copytree(book / "_build" / "checked", twin / "_build" / "checked")
    with ThreadPoolExecutor(2) as both:
        (code, log), (code_2, log_2) = both.map(build, (book, twin))
    if code or code_2:
        return f"{log[-3000:]}{log_2[-3000:]}"
    after, one, other = shown(step, book), site(book), site(twin)
    told = causes(log)
    wrong = [
        f"{what} shows not in {path}"
        for what, path in before
        if before[what, path] == after[what, path]
    ]
    wrong += [
        f"{what} causes not {sorted(missing)}"
        for what, edit_made in step.items()
        if (missing := split(edit_made.causes) - told)
    ]
    return wrong + [
        f"{name} differs from a clean build"
        for name in sorted(one | other)
        if one.get(name) != other.get(name)
    ]


def shown(step, book):
    """Return by edit and file of the site whether the text stands there that tells of the edit."""
    told = {}
    for what, edit_made in step.items():
        for path, words in edit_made.shows.items():
            file = book / "_build/html" / path
            told[what, path] = file.exists() and words in file.read_text(encoding="utf-8")
    return told


def split(causes):
    return set(filter(None, causes.split(", ")))


def causes(log):
    """Return what a build says it reads, executes, and writes all pages anew for."""
    log = re.sub(r"\x1b\[[0-9;]*m", "", log)
    return (
        {f"reads {page}" for page in re.findall(r"reading sources\.\.\. \[ *\d+%\] (\S+)", log)}
        | {f"executes {page}" for page in executed(log)}
        | split(", ".join(re.findall(r"is written anew, for these changed: (.+)", log)))
    )


def test_no_edit_of_a_step_hides_what_the_build_misses_of_another():
    for step in STEPS:
        for what, edit_made in step.items():
            others = (split(other.causes) for name, other in step.items() if name != what)
            own = split(edit_made.causes).difference(*others)
            assert own or step in STEPS[-2:], f"{what} causes nothing that no other edit does"


def test_each_edit_of_what_every_page_depends_on_has_all_pages_read_or_written_anew(book):
    code = """
        from types import SimpleNamespace
        from ledger.build.sphinxext import outdated_pages

        config = SimpleNamespace(html_baseurl="")
        outdated_pages.set_inputs(None, config)
        print(config.ledger_inputs, config.ledger_assets, sep="\\n")
    """
    read, written = run_here(book, code).splitlines()
    for what, edit_made in {**STEPS[-2], **STEPS[-1]}.items():
        edit_made.change(book)
        before, (read, written) = (read, written), run_here(book, code).splitlines()
        changed = (read != before[0], written != before[1])
        assert changed == (what != "a style", what in ("a style", "the page of a chart by itself"))


def test_every_page_depends_on_the_code_that_builds_it(book):
    """Chapters depend on the modules they import; these are imported by the build itself."""
    code = """
        import pkgutil, sys
        from importlib import import_module
        from pathlib import Path
        from ledger.build import sphinxext

        for module in pkgutil.walk_packages(sphinxext.__path__, sphinxext.__name__ + "."):
            import_module(module.name)
        files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        here = str(Path.cwd())
        own = {Path(file).relative_to(here) for file in files if str(file).startswith(here)}
        print(*set(map(Path.as_posix, own)) - set(sphinxext.outdated_pages.GLOBAL_INPUTS))
    """
    # among the inputs of every chapter that executes
    assert run_here(book, code).split() == ["ledger/__init__.py"]


def test_warnings_are_not_lost_by_building_again(book):
    edit(book / "chapters/one.md", "There are", "{ref}`nowhere` There are")
    for command in ([word for word in BOOK if word != "-W"], BOOK):
        code, log = build(book, command)
        assert "undefined label: 'nowhere'" in log and (code == 0) == ("-W" not in command), log[
            -3000:
        ]
