"""Promise: a site that was built piece by piece, edit after edit, has the bytes of one built at
once; and no warning is lost on the way.
"""

import copy
import json
import os
import shutil

from small_book import (
    BOOK,
    HEAD,
    build,
    cell,
    edit,
    edit_table,
    end,
    make,
    run_here,
    site,
    start,
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
    "{doc}`two` and {cite}`gazette2020`. {claim}`C02`\n\n![A picture](../picture.svg)\n\n"
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


EDITS = {
    "an older picture and an older text": put_older,
    "a title": lambda folder: edit(
        folder / "chapters/two.md", "# The second chapter", "# Another title"
    ),
    "headings": lambda folder: edit(
        folder / "chapters/one.md",
        "## A section\n\n",
        "## A section?\n\n### One more\n\n",  # the address stays
    ),
    "a chapter added": add_chapter,
    "things removed": remove_for_good,
    "another order": lambda folder: edit(
        folder / "_toc.yml",
        "  - file: chapters/one\n  - file: chapters/two\n",
        "  - file: chapters/two\n  - file: chapters/one\n",
    ),
    "a badge moved": move_badge,
    "a citation": lambda folder: edit(
        folder / "chapters/two.md", "There are", "{cite}`harbour2023` There are"
    ),
    "a chart renamed": rename_chart,
    "a row removed": lambda folder: edit_table(folder, "output", without_last_row),
    "the bibliography": lambda folder: edit(
        folder / "references.bib", "title = {", "title = {New: "
    ),
    "a style": lambda folder: edit(
        folder / "ledger/build/sphinxext/assets/ledger.css", "{", "{ /* new */"
    ),
    "the page of a chart by itself": lambda folder: edit(
        folder / "ledger/build/sphinxext/theme/chart.html",
        "Read it in its chapter",
        "Read it there",
    ),
    "title and addresses of references": lambda folder: edit(
        edit(folder / "_config.yml", "title: The Strait Papers", "title: A ledger"),
        "bibtex_reference_style",
        "bibtex_cite_id: source-{key}\n    bibtex_reference_style",
    ),
}


def test_a_build_after_an_edit_leaves_the_same_bytes_as_a_clean_build(tmp_path):
    book, twin = full_book(tmp_path / "book"), tmp_path / "twin"
    (book / "assets/more.css").write_text("/* more */")
    code, log = build(book)
    assert code == 0, log[-3000:]
    for what, change in EDITS.items():
        change(book)
        shutil.rmtree(twin, ignore_errors=True)
        shutil.copytree(book, twin, ignore=shutil.ignore_patterns("_build", "__pycache__"))
        shutil.copytree(book / "_build" / "checked", twin / "_build" / "checked")
        before, runs = site(book), [start(book), start(twin)]
        for code, log in map(end, runs):
            assert code == 0, f"{what}: {log[-3000:]}"
        after, clean = site(book), site(twin)
        assert after != before, f"{what} shows nowhere"
        assert after == clean, (
            f"{what}: "
            f"{sorted(name for name in after | clean if after.get(name) != clean.get(name))} "
            "differ from a clean build"
        )


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
