"""Promise: every check fails on a fault, and says where the fault is and how to mend it."""

import csv
import json
import os
import re
import shutil
import subprocess

import pytest
import yaml
from annotations import annotations
from small_book import ROOT, edit

from checks import chapters, sentences, text, unused
from checks.__main__ import CHECKS
from checks.prose import RUNS, mark, marks

HOOKS = [
    hook
    for repository in yaml.safe_load(
        (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    )["repos"]
    for hook in repository["hooks"]
]
OURS = {  # hook → those of checks/ that it runs, in one process
    hook["id"]: hook["entry"].partition(" -m checks ")[2].split()
    for hook in HOOKS
    if " -m checks " in hook["entry"]
}
ARTICLE = ROOT.parent / "shared" / "article" / "article.txt"
COPIED = "one fish two fish red fish blue fish"  # stands for eight words of the article
WORKFLOW = """name: planted
on: pull_request
permissions: {}
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo ${{ nothing.such }}
"""
BIB = "\n@misc{planted2023,\n  title = {{Planted}},\n  year = {2023},\n  keywords = {press},\n}\n"


def cell(code):
    return f"\n```{{code-cell}} ipython3\n{code}\n```\n"


def add(path, text):
    """Return what adds a text to the end of a file, or makes the file."""

    def plant(folder):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            (file.read_text(encoding="utf-8") if file.exists() else "") + text, encoding="utf-8"
        )

    return plant


def replace(path, before, after):
    """Return what replaces a text in a file, once."""
    return lambda folder: edit(folder / path, before, after)


def long_reason(folder):
    path = folder / "data/claims.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[1][rows[0].index("reason")] = "One. Two. Three. Four."
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def unused_table(folder):
    path = folder / "data/datapackage.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    gdp = next(entry for entry in content["resources"] if entry["name"] == "gdp")
    content["resources"].append(
        gdp | {"name": "planted_table", "path": "planted_table.csv", "connectors": "manual"}
    )
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


# check or hook → what is planted, and patterns of what must be said: the place, the way to mend
FAULTS = {
    "files": [
        (
            add("checks/planted.csv", "page,reason\nindex.md\n"),
            r"checks/planted\.csv:2: the row has 1 cells and the header 2",
            "leave no cell out",
        )
    ],
    "ignored-files": [
        (
            add("_build/checked/planted", ""),
            r"_build/checked/planted:1: git knows it",
            "git rm --cached _build/checked/planted",
        )
    ],
    "names": [
        (
            add("chapters/annex.md", "# An annex\n"),
            r"chapters/annex\.md:1: no entry of _toc\.yml names it",
            "Add `- file: chapters/annex` to _toc.yml",
        ),
        (
            add("checks/sentences.csv", "atlas.md,It is so,there is no such page\n"),
            r"checks/sentences\.csv:\d+: there is no page 'atlas\.md'",
            "remove the row",
        ),
        (
            replace("data/omissions.csv", ",security,", ",defence,"),
            r"data/omissions\.csv:2: no chapter is named 'defence'; did you mean 'references'\?",
            "python -m ledger accept omissions",
        ),
        (
            replace(
                "chapters/outlook.md", "\n## No formal breakdown is on record\n", "\n## It held\n"
            ),
            r"data/claims\.csv:2: C01 stands under 'It held' in chapters/outlook\.md, and its row",
            "Mend `section`",
        ),
        (
            replace("data/names_and_terms.csv", "#when-washington-left", "#when-washington-went"),
            r"names_and_terms\.csv:2: `told` of JCPOA: chapters/diplomacy has no section #when-",
            "did you mean 'when-washington-left-",
        ),
        (
            replace(
                "data/names_and_terms.csv",
                "#in-2025-the-sanctions-came-back-in-2026-russia-abstained-then-vetoed",
                "#the-nuclear-deal",
            ),
            r"names_and_terms\.csv:3: `told` of snapback: #the-nuclear-deal of",
            "name its address of today",
        ),
        (
            replace(
                "book.yml",
                "\nredirects:\n",
                "\nredirects:\n  a: chapters/diplomacy#the-nuclear-deal\n",
            ),
            r"book\.yml:\d+: #the-nuclear-deal of chapters/diplomacy is what 'When Washington left",
            "name its address of today",
        ),
        (
            replace(
                "data/changes.yml",
                "- date: 2026-11-29\n",
                "- date: 2026-01-02\n  kind: data update\n  title: Planted\n  text: It is so.\n"
                "  tables: [{name: planted, edition_before: a, before: b, after: c}]\n"
                "- date: 2026-11-29\n",
            ),
            r"data/changes\.yml:\d+: there is no table 'planted'",
            "Mend it",
        ),
        (
            replace("book.yml", "cover_chart: bound-and-tested", "cover_chart: bound-and-testd"),
            r"book\.yml:\d+: no cell publishes 'bound-and-testd'",
            "Mend it",
        ),
        (
            replace("book.yml", "  omissions: [omission, ", "  omissions: [omision, "),
            r"book\.yml:\d+: omissions has no column 'omision'",
            "which no check would read",
        ),
        (
            replace("book.yml", "claims/index: chapters/claims", "claims/index: chapters/claim"),
            r"book\.yml:\d+: claims/index leads to chapters/claim, which is no page",
            "Mend it",
        ),
        (
            replace("book.yml", "\nredirects:\n", "\nredirects:\n  chapters/energy: index\n"),
            r"book\.yml:\d+: chapters/energy is a page, and cannot lead elsewhere",
            "Remove the line",
        ),
    ],
    "ruff": [
        (
            add("ledger/planted_lint.py", "import os\n"),
            r"ledger/planted_lint\.py:1:8: F401",
            "make format",
        )
    ],
    "ruff-format": [
        (
            add("ledger/planted_layout.py", "x = {'a':1}\n"),
            r"ledger/planted_layout\.py",
            "make format",
        )
    ],
    "cells": [
        (
            add("chapters/energy.md", cell("print(never_set)")),
            r"chapters/energy\.md:\d+: F821.*never_set",
            "ruff rule F821",
        )
    ],
    "chapter-code": [
        (
            add("chapters/energy.md", cell("import requests")),
            r"chapters/energy\.md:\d+: imports requests",
            "a measure in analysis/measures.py",
        ),
        (
            add("chapters/energy.md", cell('print("#ff0000")')),
            r"chapters/energy\.md:\d+: '#ff0000' is a colour",
            "ledger/core/charts/style.py",
        ),
        (
            add("chapters/energy.md", cell('print("planted")')),
            r"'print\(' is an output that no",
            "",
        ),
        (
            add("chapters/energy.md", cell('pd.read_json("planted")')),
            r"'pd\.read_json' is a file",
            "",
        ),
        (
            add("chapters/outlook.md", cell('forged = 1\npd.DataFrame({"a": ["forged"]})')),
            r"outlook\.md:\d+: the page would show what \"pd.DataFrame\(\{'a': \['forged'\]\}\)\"",
            "Publish it as a chart or numbers",
        ),
        (add("chapters/energy.md", cell("load.__globals__")), "'__globals__' is code that no", ""),
    ],
    "types": [
        (
            add("ledger/core/fingerprints.py", '\n\ndef planted() -> int:\n    return "one"\n'),
            r"ledger/core/fingerprints\.py:\d+.*bad-return",
            "fix: the code",
        )
    ],
    "imports": [
        (
            add(
                "ledger/core/claims.py", "\nfrom ledger.build import downloads  # noqa: E402,F401\n"
            ),
            r"ledger\.core\.claims -> ledger\.build",
            "docs/architecture.md",
        ),
        (
            add("ledger/core/claims.py", "\nimport analysis.measures  # noqa: E402,F401\n"),
            r"ledger\.core\.claims -> analysis\.measures",
            "docs/architecture.md",
        ),
    ],
    "floors": [
        (
            add(
                "ledger/core/claims.py", "\nfrom ledger.build import downloads  # noqa: E402,F401\n"
            ),
            r"rooms import each other in a circle: .*ledger\.core",
            "Break it",
        )
    ],
    "book-words": [
        (
            add("ledger/core/text.py", '\nPLANTED = "Russia"\n'),
            r"ledger/core/text\.py:\d+: 'Russia' is of this book",
            "book.yml",
        ),
        (
            add("ledger/core/text.py", '\nPLANTED = "chapters/energy.md"\n'),
            r"ledger/core/text\.py:\d+: 'energy' is of this book",
            "book.yml",
        ),
    ],
    "sizes": [
        (
            add("ledger/core/text.py", "\n" * 400),
            r"ledger/core/text\.py:1: \d+ lines, 400 at most",
            "Split the module",
        ),
        (
            add("ledger/planted.py", "def planted():\n" + "    print()\n" * 60),
            r"ledger/planted\.py:1: planted has 61 lines",
            "Split it",
        ),
        (
            lambda folder: [
                add(f"ledger/planted/planted{number}.py", "")(folder) for number in range(13)
            ],
            r"13 modules in ledger/planted, 12 at most",
            "Split it",
        ),
    ],
    "columns": [
        (
            add("ledger/core/text.py", f"# {'x' * 99}\n"),
            r"ledger/core/text\.py:\d+: 101 columns",
            "Break the line",
        ),
        (
            add("chapters/energy.md", cell(f"# {'x' * 99}")),
            r"chapters/energy\.md:\d+: 101 columns",
            "Break the line",
        ),
    ],
    "markdown": [
        (add("README.md", "\n##### Too deep\n"), r"README\.md:\d+:1: \[MD001\]", "rumdl explain")
    ],
    "myst": [
        (
            add("index.md", "\n![A map](https://else.where/map.png)\n"),
            r"index\.md:\d+: https://else\.where/map\.png: another host's",
            "Put the file into chapters/",
        ),
        (
            add("chapters/outlook.md", "\nHere stands {num} `planted`.\n"),
            r"chapters/outlook\.md:\d+: \{num\} is printed as it stands",
            "without a space",
        ),
        (
            add("chapters/references.md", "\n```{note}\nOpen.\n"),
            r"chapters/references\.md:\d+: .* never closed",
            "on a line of its own",
        ),
        (
            lambda folder: edit(
                folder / "chapters/security.md", "format_name: myst", "format_name: markdown"
            ),
            r"chapters/security\.md:1: the head",
            "Copy it from",
        ),
    ],
    "slips": [
        (
            replace(
                "data/omissions.csv", "the strongest evidence of", "the the strongest evidence of"
            ),
            r"data/omissions\.csv:2: the word 'the' stands there twice",
            "Remove one",
        ),
        (
            replace(
                "references.bib", "Kremlin says Putin received", "Kremlin says , Putin (received"
            ),
            r"references\.bib:\d+: a blank stands before a sign, as in ' ,'",
            r"references\.bib:\d+: not every \( has its \) in the paragraph",
        ),
        (
            replace(
                "chapters/energy.md",
                "Russia and Iran directly: gas",
                "Russia and Iran directly.. gas",
            ),
            r"chapters/energy\.md:\d+: two signs follow each other, as in '\.\.'",
            "",
        ),
        (
            replace("data/changes.yml", "some of the drones were", "TODO some of the drones were"),
            r"data/changes\.yml:\d+: 'TODO' is for its author",
            "Do it, or remove it",
        ),
        (
            add(
                "data/changes.yml",
                "- date: 2026-11-01\n  kind: correction\n  title: One more\n  text: >-\n"
                "    Two of the\n    the drones were counted.\n",
            ),
            r"data/changes\.yml:\d+: the word 'the' stands there twice",
            "",
        ),
    ],
    "spelling": [
        (
            add("index.md", "\nA wrod.\n"),
            r"index\.md:\d+: 'wrod'",
            "add it to checks/dictionary.txt",
        ),
        (add("index.md", "\n```{admonition} A wrodd\nText.\n```\n"), r"index\.md:\d+: 'wrodd'", ""),
        (add("index.md", "\nSee {ref}`the wroddd <versions>`.\n"), r"index\.md:\d+: 'wroddd'", ""),
        (
            add("index.md", "\nWhere x < 5, the\nwrodddd is seen, and y > 3.\n"),
            r"index\.md:\d+: 'wrodddd'",
            "",
        ),
        (
            add("chapters/security.md", cell('charts.hline(ax, 1, "a wordd")')),
            r"chapters/security\.md:\d+: 'wordd'",
            "",
        ),
        (
            add(
                "data/changes.yml",
                "- date: 2026-11-22\n  kind: correction\n  title: A worddd\n  text: Text.\n",
            ),
            r"changes\.yml:\d+: 'worddd'",
            "",
        ),
        (
            lambda folder: edit(folder / "CITATION.cff", "A short article", "A shortt article"),
            r"CITATION\.cff:\d+: 'shortt'",
            "",
        ),
        (
            add("data/gecf_membership.csv", "2026-01-01,RUS,member,true,,A worrd\n"),
            r"data/gecf_membership\.csv:\d+: 'worrd'",
            "",
        ),
        (
            add("checks/dictionary.txt", "Zzyzx\n"),
            r"checks/dictionary\.txt:\d+: no text has the word 'Zzyzx'",
            "Remove the line",
        ),
    ],
    "typed-numbers": [
        (
            add("index.md", "\nIt grew by 37 per cent.\n"),
            r"index\.md:\d+: 37 is typed",
            "numbers.put",
        ),
        (
            add("index.md", "\nIt was 5bn, then 12bcm, 3x as much.\n"),
            r"index\.md:\d+: 5bn is typed(?s:.*): 12bcm is typed(?s:.*): 3x is typed",
            "",
        ),
        (
            add("index.md", "\n```{admonition} All 41 per cent\nSo it is {cite}`atop`.\n```\n"),
            r"index\.md:\d+: 41 is typed",
            "",
        ),
        (
            add("index.md", "\nSee {ref}`all 42 per cent <versions>`.\n"),
            r"index\.md:\d+: 42 is typed",
            "",
        ),
        (
            add("index.md", "\nWhere x < y, it is\n43 per cent, and z > y.\n"),
            r"index\.md:\d+: 43 is typed",
            "",
        ),
        (
            add("index.md", "\nIt grew by 44 per cent `` {cite}`atop` `` <!-- {cite}`atop` -->.\n"),
            r"index\.md:\d+: 44 is typed",
            "",
        ),
        (
            add(
                "chapters/diplomacy.md",
                cell('charts.publish(ax, "planted", caption=f"By 43.7 per cent in {year:.1f}.")'),
            ),
            r"chapters/diplomacy\.md:\d+: 43\.7 is typed",
            "",
        ),
        (
            add("checks/typed_numbers.csv", "energy.md,4711,a reason that is long enough\n"),
            r"typed_numbers\.csv:\d+: energy.md does not type 4711",
            "Remove the line",
        ),
    ],
    "article-words": [
        (add("checks/article_runs.txt", mark(COPIED.split()) + "\n"), "", ""),
        (
            add("chapters/methods.md", f"\nThere were {COPIED}.\n"),
            rf"chapters/methods\.md:\d+: '{COPIED}'",
            "words of the book's own",
        ),
    ],
    "reading-level": [
        (
            add("chapters/hard.md", "# Hard\n\n" + "incomprehensibilities " * 120 + ".\n"),
            r"chapters/hard\.md:\d+: .* years of schooling",
            "Part the longest",
        )
    ],
    "verdict-words": [
        (
            add("chapters/energy.md", "\nThe claim is supported.\n"),
            r"chapters/energy\.md:\d+: a verdict is typed",
            "Leave it to the badge",
        )
    ],
    "claims-prose": [
        (long_reason, r"data/claims\.csv:\d+: the reason of C01 has 4 sentences", "one to three")
    ],
    "sentences": [
        (
            add("chapters/energy.md", f"\nThe {'word ' * 35}ends.\n"),
            r"chapters/energy\.md:\d+: a sentence of 37 words, 35 at most",
            "Part it",
        ),
        (
            add("chapters/energy.md", "\nIt had 3 ships, 4 trains and 5 planes {cite}`atop`.\n"),
            r"chapters/energy\.md:\d+: a sentence with 3 figures, 2 at most",
            "Leave some to the chart",
        ),
        (
            add("chapters/hard.md", f"\n```{{standfirst}}\n{'One. ' * 61}\n```\n"),
            r"chapters/hard\.md:\d+: the standfirst has 61 words, 60 at most",
            "Shorten it",
        ),
        (
            add("checks/sentences.csv", "energy.md,Nothing begins like this at all,a reason\n"),
            r"checks/sentences\.csv:\d+: energy\.md has no sentence",
            "Remove the line",
        ),
    ],
    "stock-phrases": [
        (
            add("chapters/energy.md", "\nNo page seen has it.\n"),
            r"chapters/energy\.md:\d+: 'page seen' is a stock phrase",
            "the reports we found",
        ),
        (
            add("chapters/energy.md", "\nThat is only partly right.\n"),
            r"chapters/energy\.md:\d+: 'That is only partly right' is a stock phrase",
            "Leave it to the badge",
        ),
        (
            add("chapters/openings.md", "# Openings\n\n" + "The article says so. " * 4 + "\n"),
            r"chapters/openings\.md:3: 4 of 4 sentences begin with 'The article'",
            "Begin with who did what",
        ),
    ],
    "badges": [
        (
            add("chapters/energy.md", "\nSo it is. {claim}`C25` And it goes on.\n"),
            r"chapters/energy\.md:\d+: after \{claim\}`C25` the paragraph goes on",
            "Put the badge at its end",
        )
    ],
    "bare-figures": [
        (
            add("chapters/energy.md", "\nOf all of them it has\n14 {cite}`irna2019gecf`.\n"),
            r"chapters/energy\.md:\d+: '14 \{cite\}' is printed as the figure with a small number",
            "Put its unit or its noun after the figure",
        )
    ],
    "glosses": [
        (
            add("chapters/energy.md", "\nIt is measured in TIV.\n"),
            r"chapters/energy\.md:\d+: 'TIV' is first used here without its gloss",
            r"Write \{gloss\}`TIV`",
        )
    ],
    "references": [
        (
            lambda folder: edit(
                folder / "references.bib", "keywords = {state media}", "keywords = {press}"
            ),
            r"references\.bib:\d+: \w+ is graded",
            "Give both the same grade",
        ),
        (
            # another author of the same outlet
            lambda folder: edit(
                folder / "references.bib",
                "publicly funded by the United States; read in a stored extract},\n"
                "  keywords = {state media}",
                "publicly funded by the United States; read in a stored extract},\n"
                "  keywords = {press}",
            ),
            r"references\.bib:\d+: \w+ is graded .* of the same author or outlet",
            "Give both the same grade",
        ),
        (
            lambda folder: edit(
                folder / "references.bib", "urldate = {2026-11-22}", "urldate = {2026}"
            ),
            r"references\.bib:\d+: \w+ has no urldate",
            "Give the day on which the page was seen",
        ),
        (
            lambda folder: edit(
                folder / "references.bib", "Reuters, published by", "Reuters; read on the page of"
            ),
            r"references\.bib:\d+: \w+ was read in a copy and has not the copy's address",
            "read as a copy at https://",
        ),
        (
            lambda folder: edit(folder / "references.bib", "{TASS, copied by BTNews}", "{TASS}"),
            r"references\.bib:\d+: btnews2018golan: the address is the copy's",
            "howpublished says whose",
        ),
        (
            lambda folder: edit(
                folder / "references.bib",
                "https://pax.peaceagreements.org",
                "https://test.pax.peaceagreements.org",
            ),
            r"references\.bib:\d+: pax2017astana: its url is the copy's",
            "Give the original's",
        ),
        (
            lambda folder: edit(
                folder / "references.bib",
                "in a lesson in a public GitHub file whose address is not known",
                "in a lesson in a public GitHub file",
            ),
            r"references\.bib:\d+: \w+: the page itself was not seen, so the note says what cites",
            "whose address is not known",
        ),
    ],
    "judgement": [
        (
            lambda folder: edit(
                folder / "data/claims.csv",
                ",date/event,supported,",
                ",date/event,overtaken by events,",
            ),
            "cannot be 'overtaken by events'",
            "data/policy.yml allows",
        ),
        (
            lambda folder: edit(
                folder / "data/verdict_history.csv", ",not checkable,low,", ",partly,low,"
            ),
            r"data/verdict_history\.csv:\d+: C\d\d is partly",
            "Add a row that says why",
        ),
        (
            # a grade that none of its sources has
            lambda folder: edit(
                folder / "data/assembly_on_ukraine.csv", ",press,", ",primary document,"
            ),
            r"data/assembly_on_ukraine\.csv:\d+: source_grade is 'primary document', and its",
            "the one on whose word the row rests",
        ),
    ],
    "tables": [
        (
            add("data/stray.csv", "a\n1\n"),
            r"data/stray\.csv:1: .* does not describe it",
            "make table",
        ),
        (
            lambda folder: (folder / "data/gdp.csv").unlink(),
            r"data/gdp\.csv:1: the file is missing",
            r"git checkout -- data/gdp\.csv\. analysis/.* chapters/.* need it",
        ),
        (
            lambda folder: edit(folder / "data/sanctions.csv", ",", ", "),
            r"data/sanctions\.csv:1: column \w+: the column is missing",
            "Mend it there",
        ),
        (
            lambda folder: edit(folder / "data/datapackage.json", '"rows": ', '"rows": 1'),
            r"data/trade_totals\.csv:1: the descriptor gives \d+ as rows",
            "rebuild it",
        ),
        (
            add("data/corrections.csv", "trade_total,year=2019,value_usd,1,,A reason.,no\n"),
            r"data/corrections\.csv:\d+: column table: there is no table 'trade_total'",
            "Mend the name",
        ),
        (
            add("data/corrections.csv", "ofac_entries,month=2022-01-01,entry,1,,A reason.,no\n"),
            r"corrections\.csv:\d+: column field: table ofac_entries has no column 'entry'",
            "Mend the name",
        ),
        (
            add("data/corrections.csv", "electricity_mix,year=2019,year,1,,A reason.,no\n"),
            r"corrections\.csv:\d+: column key: it names year, and the key of table electricity",
            "Name each once",
        ),
        (
            replace(
                "data/datapackage.json", '"retrieved": "2026-06-07"', '"retrieved": "2062-06-07"'
            ),
            "was retrieved on 2062-06-07, which is to come",
            "Mend the day",
        ),
        (
            replace("data/datapackage.json", '"title": "Key"', '"title": "Event"'),
            "table events: two columns have the title 'Event'",
            "Say in one",
        ),
    ],
    "citations": [
        (
            add("index.md", "\nSo it is {cite}`bagai2023`.\n"),
            r"index\.md:\d+: 'bagai2023' .* 'baghai2023'",
            "Mend the key, or add the entry",
        )
    ],
    "citation-file": [
        (
            lambda folder: edit(folder / "CITATION.cff", "authors:", "writers:"),
            r"CITATION\.cff.*'writers'",
            "citation-file-format.github.io",
        )
    ],
    "unused-tables": [
        (
            unused_table,
            "table planted_table: no chapter, rule or page uses it",
            r"load\('planted_table'\)",
        )
    ],
    "unused-sources": [
        (
            add("data/sources.yml", "planted:\n  module: analysis.connectors.planted\n"),
            r"sources\.yml:\d+: no table is made from planted",
            "remove the entry",
        )
    ],
    "unused-figures": [
        (
            add("assets/planted.svg", "<svg/>\n"),
            r"assets/planted\.svg:1: no page",
            "Use it, or remove it",
        ),
        (add("ledger/planted_comment.py", '# "planted-too.svg"\n'), "", ""),
        (add("assets/planted-too.svg", "<svg/>\n"), r"assets/planted-too\.svg:1: no page", ""),
        (
            add("chapters/energy.md", cell('ax = charts.lines(brent, "US$")')),
            r"chapters/energy\.md:\d+: the chart ax is drawn",
            "charts.publish",
        ),
        (
            add("chapters/outlook.md", cell('charts.publish(planted, "brent-price")')),
            r"chapters/outlook\.md:\d+: the chart 'brent-price' is published at chapters/beside",
            "Rename one",
        ),
    ],
    "unused-numbers": [
        (
            add("chapters/energy.md", cell('numbers.put("planted-typed", 42, table="gdp")')),
            r"chapters/energy\.md:\d+: the value 42 is typed, and no table could move it",
            "Compute it from a table",
        ),
        (
            add(
                "chapters/energy.md",
                cell('P = {"a": 1}\nnumbers.series("planted-all", pd.Series(P))'),
            ),
            r"the value pd\.Series\(P\) is typed",
            "",
        ),
        (
            add(
                "chapters/outlook.md",
                cell('T = 42\nnumbers.put("planted-b", T)\nnumbers.put("planted-c", T + 1)'),
            ),
            r"the value T is typed",
            r"the value T \+ 1 is typed",
        ),
        (
            add("chapters/outlook.md", cell('for n in [43]:\n    numbers.put(f"planted-{n}", n)')),
            "the value n is typed",
            "",
        ),
        (
            add(
                "chapters/outlook.md",
                cell('def made():\n    return 44\n\n\nnumbers.put("planted-d", made())'),
            ),
            r"the value made\(\) is typed",
            "",
        ),
        (
            add(
                "chapters/outlook.md",
                cell(
                    'F = pd.DataFrame({"a": ["forged"]})\ncharts.publish(ax, "planted-e", data=F)'
                ),
            ),
            "the value F is typed, and no table could move it",
            "",
        ),
        (
            add("chapters/energy.md", cell('numbers.put("planted", 1, table="gdp")')),
            r"chapters/energy\.md:\d+: no sentence .* 'planted'",
            r"with \{num\}, or remove",
        ),
        (
            add(
                "chapters/energy.md",
                cell('numbers.put("planted-two", 1, table="gdp")')
                + "\n<!-- {num}`planted-two` -->\n\n% {num}`planted-two`\n\nSee `` "
                "{num}`planted-two` ``.\n",
            ),
            r"chapters/energy\.md:\d+: no sentence .* 'planted-two'",
            "",
        ),
        (
            add("chapters/energy.md", cell('numbers.put("gas", 1, table="gdp")')),
            r"energy\.md:\d+: 'gas' is published at chapters/energy\.md:\d+ too",
            "Rename one",
        ),
    ],
    "unused-bibliography": [
        (
            add("references.bib", BIB),
            r"references\.bib:\d+: nothing cites planted2023",
            "or remove the entry",
        ),
        (
            add("references.bib", BIB.replace("@misc{planted2023", "@ Misc { planted2024 ")),
            r"references\.bib:\d+: nothing cites planted2024",
            "",
        ),
        (
            add(
                "index.md",
                "\n<!-- {cite}`planted2023` -->\n\n% {cite}`planted2023`\n\nWrite `` "
                "{cite}`planted2023` ``.\n",
            ),
            "",
            "",
        ),
    ],
    "locks": [
        (
            add("requirements-lab.txt", "pandas\n"),
            r"requirements-lab\.txt:\d+: 'pandas' is neither .*make lock",
        ),
        (
            add(".binder/requirements.txt", "pandas\n"),
            r"\.binder/requirements\.txt:1: .*Write -r \.\./requirements-lab\.txt alone",
        ),
    ],
    "yaml": [
        (
            add("planted.yml", "one: 1\none: 2\n"),
            r"planted\.yml:2:1: \[error\] duplication of key",
            "fix: the line named",
        )
    ],
    "actionlint": [
        (
            add(".github/workflows/planted.yml", WORKFLOW),
            r"planted\.yml:9:\d+: undefined variable",
            "fix: the line named",
        )
    ],
    "zizmor": [
        (
            add(
                ".github/workflows/planted-too.yml",
                WORKFLOW.replace("nothing.such", "github.head_ref"),
            ),
            r"planted-too\.yml:8",
            "docs.zizmor.sh",
        )
    ],
    "shellcheck": [
        (
            add(".ci/planted.sh", "#!/bin/sh\necho $1\n"),
            r"\.ci/planted\.sh:2:6: .*SC2086",
            "shellcheck.net/wiki",
        )
    ],
    "spaces": [
        (add("planted-spaces.txt", "one \ntwo\n"), "planted-spaces.txt", "mended as it runs")
    ],
    "last-line": [(add("planted-end.txt", "no end"), "planted-end.txt", "mended as it runs")],
    "conflicts": [
        (
            add("planted-conflict.txt", "<" * 7 + " HEAD\none\n"),
            "planted-conflict.txt:1",
            "keep one of the two sides",
        )
    ],
    "large-files": [
        (
            add("planted-large.txt", "x" * 2_100_000 + "\n"),
            "planted-large.txt",
            "only the rows that the book uses",
        )
    ],
    "private-keys": [
        (
            add("planted-key.txt", "-----BEGIN RSA PRIVATE " + "KEY-----\n"),
            "planted-key.txt",
            "revoke it",
        )
    ],
    "absolute-paths": [
        (
            add("planted-path.txt", "see /" + "home/someone/notes\n"),
            "planted-path.txt:1:see",
            "from the root of the repository",
        ),
        (add("planted-path.txt", "two file:///" + "home/me/x\n"), "planted-path.txt:2:two", ""),
        (add("planted-path.txt", "three </" + "home/me/x>\n"), "planted-path.txt:3:three", ""),
        (add("planted-path.txt", "four a,/" + "home/me\n"), "planted-path.txt:4:four", ""),
        (add("planted-path.txt", "five C:" + "\\Users\\me\n"), "planted-path.txt:5:five", ""),
    ],
    "file-names": [
        (add("chapters/planted_page.md", "# A page\n"), r"chapters/planted_page\.md", "git mv"),
        (add("chapters/2024-planted.md", "# A page\n"), r"chapters/2024-planted\.md", ""),
        (add("chapters/planted--page.md", "# A page\n"), r"chapters/planted--page\.md", ""),
        (add("planted file.txt", "one\n"), "planted file.txt", "no spaces"),
        (add("chapters/карта.svg", "no picture\n"), "карта", "a picture's has letters"),
    ],
    "notebooks": [(add("planted.ipynb", "{}\n"), "planted.ipynb", "jupytext --to md:myst")],
}

# checks and hooks that name a file, a room or a table, and no line, or it in a form of their own
WITHOUT_LINES = set(
    "ignored-files ruff-format imports citation-file unused-tables zizmor spaces last-line "
    "large-files private-keys file-names notebooks".split()
)

# check or hook → what is planted that is right, and a pattern that nothing said may match
RIGHT = {
    "myst": (  # as JupyterLab saves it
        replace(
            "chapters/economics.md",
            "    format_name: myst\n",
            "    format_name: myst\n    format_version: 0.13\n    jupytext_version: 1.19.6\n",
        ),
        r"economics\.md:1: the head",
    ),
    "typed-numbers": (
        add(
            "chapters/outlook.md",
            "\n1. One way\n2. Another way\n\nOn 2025-05-05 at 14:30 see page 12, on the 21st "
            "century, 24/7.\n",
        ),
        r"outlook\.md:\d+: \S+ is typed",
    ),
    "absolute-paths": (
        add("planted-address.txt", "https://example.org/home/one ../home/two {root}/mnt/three\n"),
        r"planted-address\.txt",
    ),
    # what tells how a directive or a cell is treated is neither a sentence nor Python
    "spelling": (
        add(
            "chapters/outlook.md",
            "\n```{figure} planted-map.png\n:name: planted-nmae\n:alt: The corridor on a map.\n"
            ":width: 80%\n\nThe corridor.\n```\n\n```{list-table} Partners\n:header-rows: 1\n"
            ":widths: 20 80\n\n* - One\n  - Two\n```\n"
            + cell('charts.level(ax, planted.set_index("hs_chapterr")["value_usdd"])'),
        ),
        "'(?:nmae|alt|hs|chapterr|usdd)'",
    ),
    "unused-figures": (add("chapters/planted-map.png", "no picture\n"), "planted-map"),
    "cells": (
        add("chapters/outlook.md", cell(":tags: [hide-input]\n\nprint(charts)")),
        r"outlook\.md:\d+: this is no Python",
    ),
    "file-names": (add("chapters/A_picture.png", "no picture\n"), r"A_picture"),
    "unused-bibliography": (
        add("chapters/outlook.md", "\n```{note}\nSo it is {cite}`planted2025`.\n```\n"),
        "nothing cites planted2025",
    ),
    "sentences": (
        add(
            "chapters/outlook.md", "\nIn 2001, in 2002, on 4 May 2003 and in June 2004 it was so.\n"
        ),
        r"outlook\.md:\d+: .*'In 2001",
    ),
    "badges": (
        add("chapters/outlook.md", "\n- So it is. {claim}`C26` {claim}`C27`\n- And so on.\n"),
        r"outlook\.md:\d+: after \{claim\}`C2[67]`",
    ),
    "bare-figures": (
        add("chapters/outlook.md", "\nIt has 14 per cent {cite}`irna2019gecf`, as in 2019.\n"),
        r"outlook\.md:\d+: .*'14",
    ),
    "glosses": (
        add("chapters/economics.md", "\nOnce {gloss}`a unit <TIV>`, then TIV.\n"),
        r"economics\.md:\d+: 'TIV'",
    ),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What `make check` says of each hook in a copy of the repository with all faults at once, and
    how it ended.
    """
    folder = tmp_path_factory.mktemp("checks") / "copy"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PREK_"))
    } | {"PREK_COLOR": "never", "PYTHONDONTWRITEBYTECODE": ""}

    def run(*command, where=folder):
        return subprocess.run(
            command, cwd=where, capture_output=True, text=True, env=environment, timeout=120
        )

    for name in filter(
        None,
        run(
            "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", where=ROOT
        ).stdout.split("\0"),
    ):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    for faults in FAULTS.values():
        for plant, *_ in faults:
            plant(folder)
    add("references.bib", BIB.replace("planted2023", "planted2025"))(folder)
    for plant, _ in RIGHT.values():
        plant(folder)
    # in earnest the others wait until the files can be read
    edit(folder / ".pre-commit-config.yaml", "fail_fast: true", "fail_fast: false")
    run("git", "init", "--quiet")
    (folder / ".git/info/exclude").write_text(".venv\n", encoding="utf-8")
    run("git", "add", "--all")
    run("git", "add", "--force", "_build/checked/planted")
    (folder / "not-added.txt").write_text("a\n", encoding="utf-8")
    # -o: the environment is not made anew
    ran = run("make", "-o", ".venv/installed", "-o", ".venv/tools", "check")
    parts = re.split(
        r"^(.*?)\.*(?:\(no files to check\))?(Passed|Failed|Skipped)$", ran.stdout, flags=re.M
    )
    hooks = {hook["name"]: hook["id"] for hook in HOOKS}
    said = {
        hooks[name]: (ended, name + text)
        for name, ended, text in zip(parts[1::3], parts[2::3], parts[3::3])
    }
    return ran, said, said | each_apart(said)


def each_apart(said):
    """Return how each check of checks/ ended and what it said, where its hook runs several: of
    these the one that found something has its name above it.
    """
    apart = {}
    for hook, checks in OURS.items():
        ended, words = said[hook]
        parts = re.split(rf"^  \[({'|'.join(checks)})\]$", words, flags=re.M)
        found = dict(zip(parts[1::2], parts[2::2])) if len(checks) > 1 else {hook: words}
        apart |= {name: (ended, found[name]) for name in checks if name in found}
    return apart


@pytest.mark.parametrize("hook", FAULTS)
def test_a_fault_is_found_where_it_is_with_the_way_to_mend_it(said, hook):
    ended, words = said[2][hook]
    assert ended == "Failed", words
    for _, *patterns in FAULTS[hook]:
        for pattern in patterns:
            assert re.search(pattern, words), f"{pattern} is not in:\n{words}"


@pytest.mark.parametrize("hook", FAULTS)
def test_github_shows_a_fault_beside_its_line(said, hook):
    words = said[2][hook][1]
    shown = annotations(words)
    assert bool(shown) == (hook not in WITHOUT_LINES), words
    for pattern in (pattern for _, *patterns in FAULTS[hook] for pattern in patterns):
        place = re.match(r"([\w./-]+):(\d+)", re.search(pattern, words)[0])
        if place and hook not in WITHOUT_LINES:
            same = [line == int(place[2]) for file, line, _ in shown if file.endswith(place[1])]
            assert any(same), f"{place[0]} is not among {shown}"


@pytest.mark.parametrize("hook", RIGHT)
def test_what_is_right_raises_no_alarm(said, hook):
    assert not re.search(RIGHT[hook][1], said[2][hook][1])


def test_all_hooks_run_and_the_command_fails(said):
    ran, parts, _ = said
    assert ran.returncode != 0 and set(parts) == {hook["id"] for hook in HOOKS}, (
        ran.stdout + ran.stderr
    )
    assert "not checked, for git does not know it yet (git add): not-added.txt" in ran.stdout


def test_every_check_is_in_one_hook_and_has_a_fault_planted_above():
    others = [hook["id"] for hook in HOOKS if hook["id"] not in OURS]
    ours = [check for checks in OURS.values() for check in checks]
    assert sorted(others + ours) == sorted(FAULTS) and sorted(ours) == sorted(CHECKS)
    assert [hook["id"] for hook in HOOKS if hook.get("fail_fast")] == ["files"]


def test_a_page_that_is_no_python_is_said_to_be_unchecked_and_nothing_unused(tmp_path, monkeypatch):
    page = tmp_path / "one.md"
    page.write_text("# One\n" + cell("rows = = 2"), encoding="utf-8")
    monkeypatch.setattr(text, "ROOT", tmp_path)
    monkeypatch.setattr(text, "PAGES", [page])
    (said,) = chapters.cells()
    assert said.startswith("one.md:4: this is no Python: ") and "are unchecked" in said
    monkeypatch.setattr(text, "descriptor", lambda: [{"name": "gdp", "path": "gdp.csv"}])
    assert text.unparsed() == [page] and not list(unused.tables())


@pytest.mark.parametrize("typed", ["%matplotlib inline", "!ls", "names = !ls", "load?", "%%time"])
def test_a_command_of_ipython_is_told_as_one(tmp_path, monkeypatch, typed):
    page = tmp_path / "one.md"
    page.write_text("# One\n" + cell(f"rows = 1\n{typed}\nrows"), encoding="utf-8")
    monkeypatch.setattr(text, "ROOT", tmp_path)
    monkeypatch.setattr(text, "PAGES", [page])
    said = list(chapters.cells())
    assert said[0] == (
        f"one.md:5: {typed!r} is a command of IPython, and no Python. Remove it: charts and "
        "numbers need none."
    )


CELLS = cell(
    'numbers.put("share", 1, "{:.1f}", unit="per cent")\n'
    'numbers.put("count", 3, unit="ships")\n'
    'numbers.put("rank", 3, NTH.get(3, "{:d}th"))\n'
    'numbers.put("since", 2001, "{:d}", unit="year")\n'
    'numbers.series("cost", costs, "{:.0f} million", unit="US$")'
)


@pytest.mark.parametrize(
    "sentence, figure",
    [
        ("It is 14 {cite}`a`.", "14"),
        ("It is **1,400.5**\n{cite}`a,b` or so.", "1,400.5**"),
        ("It is from 10–12. {cite}`a`", "12."),
        ("It cost US$25, {cite}`a` said.", "25,"),
        ("It is {num}`share` {cite}`a`.", "{num}`share`"),
        ("It is {num}`count` {cite}`a`.", "{num}`count`"),
        ("It is {num}`other[2001]:.0f` {cite:p}`a`.", "{num}`other[2001]:.0f`"),
        ("Reactor 2 {cite}`a` works.", "2"),
        ("It is 14 per cent {cite}`a`.", ""),
        ("It is {num}`share` per cent {cite}`a`.", ""),
        ("It cost {num}`cost` {cite}`a`.", ""),
        ("It is the {num}`rank` {cite}`a`.", ""),
        ("It has {num}`share:words` {cite}`a`.", ""),
        ("It began in {num}`since[first]` {cite}`a`.", ""),
        ("It was so in 2019 {cite}`a`, in 2015–19 {cite}`b`, on 3 May 2019 {cite}`c`.", ""),
        ("The Su-35 {cite}`a`, resolution 2231 {cite}`b`, 9M338 {cite}`c`, pages 3 to 5.", ""),
        ("It has ten (of 14) {cite}`a`, and 14 in all; {cite}`b` says so.", ""),
        ("`14 {cite}` is code, and 14 {cite:t}`a` prints a name.", ""),
    ],
)
def test_a_bare_figure_before_a_citation_is_named(tmp_path, monkeypatch, sentence, figure):
    page = tmp_path / "one.md"
    page.write_text(f"# One\n{CELLS}\nA line.\n{sentence}\n", encoding="utf-8")
    monkeypatch.setattr(text, "ROOT", tmp_path)
    monkeypatch.setattr(text, "PAGES", [page])
    said = list(sentences.bare_figures())
    assert len(said) == bool(figure), said
    line = page.read_text(encoding="utf-8").splitlines().index(sentence.split("\n")[0]) + 1
    assert not figure or said[0].startswith(f"one.md:{line}: '{figure} {{cite"), said


def test_without_git_it_is_said_what_is_missing(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    ran = subprocess.run(
        ["make", "-o", ".venv/installed", "-o", ".venv/tools", "check"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)},
    )
    assert (
        ran.returncode != 0
        and "this folder is no checkout: clone the repository, or git init" in ran.stdout
    )


@pytest.mark.skipif(
    not ARTICLE.exists(),
    reason=f"needs the article's full text, which is not part of the repository, at {ARTICLE}",
)
def test_the_runs_are_the_articles():
    body = ARTICLE.read_text(encoding="utf-8").lstrip().split("\n", 1)[1]  # its title may be quoted
    assert set(RUNS.read_text(encoding="utf-8").split()) == marks(body)
