"""Promise: a failed cell, a lost number or a spoilt table fails the build."""

import re
import shutil

import pytest
from small_book import GOOD, ISLANDS, build, cell, edit_table, page, rows, without_last_row, write


def test_a_build_with_nothing_to_read_anew_is_as_good(book):
    for _ in range(2):
        code, log = build(book)
        assert code == 0, log
        assert "will overwrite" not in log
        sheets = list((book / "_build/html/_static").glob("ledger.css"))
        assert sheets and "/*" not in sheets[0].read_text(encoding="utf-8")
    assert "no targets are out of date" in log


def test_an_edit_to_a_table_or_a_module_reaches_the_page(book):
    code, log = build(book)
    assert code == 0, log
    before = rows(book, "output")
    assert f"There are {before} rows" in page(book)
    edit_table(book, "output", without_last_row)
    assert build(book)[0] == 0
    assert f"There are {before - 1} rows" in page(book)


@pytest.mark.parametrize(
    "faults",
    [
        [
            (GOOD.replace("len(load", "1 / 0 * len(load"), "ZeroDivisionError"),
            (
                GOOD.replace('load("output")', 'load("outputs")'),
                "table outputs: there is no such table",
            ),
            (GOOD.replace('"{:d}"', '""'), "prints ''"),
        ],
        [
            (
                GOOD.replace("{num}`rows`", "{num}`row`"),
                "no cell of this page publishes a number named 'row'",
            ),
            (GOOD + "\nSee {claim}`C99`.\n", "the ledger has no claim 'C99'"),
            (GOOD + "\nIt is so {cite}`nobody2099`.\n", "nobody2099"),
            (GOOD + "\nIt is {verdict}`C98`.\n", "the ledger has no claim 'C98'"),
            (GOOD + "\n```{policy} opinions\n```\n", "data/policy.yml has no part 'opinions'"),
            (GOOD + "\n```{terms} countries\n```\n", "it has no column ['gloss', 'group'"),
            (GOOD + "\n```{terms} nothing\n```\n", "table nothing: there is no such table"),
        ],
    ],
    ids=["chapters that fail", "what a page names and nothing gives"],
)
def test_the_build_fails_names_each_fault_and_goes_on_failing(book, faults):
    write(book, **{f"chapter{number}": text for number, (text, _) in enumerate(faults)})
    for attempt in (1, 2):  # an unchanged second run must not pass
        code, log = build(book)
        assert code != 0, f"attempt {attempt}\n{log[-3000:]}"
        for number, (_, says) in enumerate(faults):
            told = [line for line in log.splitlines() if says in line]
            assert any(f"chapter{number}.md:" in line for line in told), (
                f"attempt {attempt}, {says!r}\n{log[-3000:]}"
            )


def test_two_charts_of_one_name_are_named_with_their_lines(book):
    chart = """charts.publish(charts.lines(frame, "US$"), "rising", table="output", data=frame,
    caption="Sales rose in one year by one.", alt="A line that rises from left to right.")"""
    begin = """import pandas as pd
from ledger import charts
frame = pd.DataFrame({"Arland": [1, 2]}, index=[2001, 2002])"""
    text = GOOD + cell(begin) + cell(chart) + cell(chart)
    write(book, one=text)
    code, log = build(book)
    first, second = (n for n, line in enumerate(text.split("\n"), 1) if '"rising"' in line)
    said = f"chapters/one.md:{first}, chapters/one.md:{second}: two charts are named 'rising'"
    assert code != 0 and said in log, log[-3000:]


def test_a_chart_may_move_to_a_page_that_is_read_earlier(book):
    chart = """import pandas as pd
from ledger import charts
frame = pd.DataFrame({"Arland": [1, 2]}, index=[2001, 2002])
charts.publish(charts.lines(frame, "US$"), "rising", table="output", data=frame,
    caption="Sales rose in one year by one.", alt="A line that rises from left to right.")"""
    write(book, one=GOOD, two=GOOD + cell(chart))
    code, log = build(book)
    assert code == 0, log[-3000:]
    write(book, one=GOOD + cell(chart), two=GOOD)
    code, log = build(book)
    assert code == 0 and "Sales rose" in page(book), log[-3000:]


def test_a_spoilt_cell_of_a_table_fails_the_build_and_is_named(book):
    path = book / "data" / "output.csv"
    path.write_text(
        re.sub(r"^(.*\n.*,)\d+\n", r"\1-5\n", path.read_text(encoding="utf-8"), count=1),
        encoding="utf-8",
    )
    code, log = build(book)
    assert code != 0 and "table output, row 2, column output_usd, value '-5'" in log, log[-3000:]


def test_a_corrupted_table_turns_the_build_red_and_names_the_claim(book):
    """Fish that got cheap, with a hash that agrees: the table is well-formed, the verdicts are no
    longer the data's.
    """
    for name in ("verdicts", "references"):
        shutil.copy(ISLANDS / "chapters" / f"{name}.md", book / "chapters")
    pages = {name: f"# {name.capitalize()}\n" for name in ("sea", "trade")}  # that tell omissions
    write(book, **pages)
    with (book / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.write(
            "  - file: chapters/verdicts\n  - file: chapters/references\n  - glob: tables/*\n"
        )
    cheap = r"(year,2024-01-01),.*"
    edit_table(book, "fish_price", lambda text: re.sub(cheap, r"\1,50", text))
    code, log = build(book)
    assert code != 0 and "C04 is published as 'contradicted' and computed as" in log, log[-3000:]
