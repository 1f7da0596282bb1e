"""Promise: a chapter executes when something it used has changed, and only then; a page never shows
what is no longer so; chapters see nothing of each other; two builds do not meet.
"""

import os
import re
import shutil
import subprocess
import sys

from small_book import (
    GOOD,
    HEAD,
    ROOT,
    build,
    cell,
    edit,
    edit_table,
    end,
    executed,
    page,
    rows,
    run_here,
    start,
    surroundings,
    without_last_row,
    write,
)

READS = (
    HEAD
    + "# Three\n\n"
    + cell(
        'import helper\nfrom ledger import load, numbers\nfrom ledger.core.config import ROOT\n\nload("events")\nread = int((ROOT / "notes.txt").read_text())\nnumbers.put("sum", helper.VALUE + read, "{:d}", table="events")'
    )
    + "The sum is {num}`sum`.\n"
)


def counts(title, table):
    code = f'from ledger import charts, numbers\nfrom ledger.core.tables import load\n\nnumbers.put("rows", len(load("{table}")), "{{:d}}", table="{table}")'
    return HEAD + f"# {title}\n\n" + cell(code) + "There are {num}`rows` rows.\n"


def why(book, name):
    ran = subprocess.run(
        [sys.executable, "-m", "ledger", "explain", name],
        cwd=book,
        capture_output=True,
        text=True,
        env=surroundings(),
    )
    assert (ran.stdout + ran.stderr).count("\n") == 1, f"not one line: {ran.stdout}{ran.stderr}"
    return (ran.stdout + ran.stderr).strip()


# --- the key --------------------------------------------------------------------------------------


def test_a_chapter_executes_when_something_it_used_has_changed_and_only_then(book):
    write(book, one=counts("One", "output"), two=counts("Two", "landings"), three=READS)
    helper, notes, one, two = (
        book / "helper.py",
        book / "notes.txt",
        book / "chapters/one.md",
        book / "chapters/two.md",
    )
    helper.write_text("VALUE = 5\n")
    os.utime(helper, (1e9, 1e9))
    notes.write_text("10\n")
    table, descriptor = book / "data/output.csv", book / "data/datapackage.json"
    sealed = table.read_bytes(), descriptor.read_bytes()
    output, landings = rows(book, "output"), rows(book, "landings")

    def after(what, *chapters, shows=(output, landings, 15)):
        """Build and see which chapters executed and what the pages show."""
        code, said = build(book)
        assert code == 0, f"{what}: {said[-3000:]}"
        assert executed(said) == set(chapters), f"{what}: {executed(said)} executed"
        shown = page(book), page(book, "chapters/two"), page(book, "chapters/three")
        assert (
            f"There are {shows[0]} rows" in shown[0]
            and f"There are {shows[1]} rows" in shown[1]
            and f"The sum is {shows[2]}." in shown[2]
        ), what

    assert (
        why(book, "chapters/one")
        == "chapters/one would execute: it has not run yet, or what it put out is no longer kept"
    )
    after("a first build", "one", "two", "three")
    assert re.fullmatch(
        r"chapters/one would not execute: its cells, the \d+ tables and \d+ files it reads, the lock and Python are as they were when it ran",
        why(book, "one"),
    )

    edit(one, "There are", "Prose.\n\nThere are")
    after("an edit to prose")

    edit_table(book, "output", without_last_row)
    assert why(book, "one") == "chapters/one would execute: table output is not as when it ran"
    after("a table edited", "one", shows=(output - 1, landings, 15))

    # changes are taken back beside the next edit, which concerns another chapter: the first must
    # not execute again
    table.write_bytes(sealed[0])
    descriptor.write_bytes(sealed[1])
    # the second edit of a module within a second, with no change of length: Python would use what
    # it compiled after the first
    helper.write_text("VALUE = 6\n")
    os.utime(helper, (1e9 + 0.9, 1e9 + 0.9))
    os.utime(next(book.glob("__pycache__/helper.*.pyc")), (1e9 + 0.5, 1e9 + 0.5))
    after(
        "a table changed back; a module beside the package edited",
        "three",
        shows=(output, landings, 16),
    )

    helper.write_text("VALUE = 5\n")
    edit(two, 'len(load("landings"))', 'len(load("landings")) * 2')
    assert (
        why(book, "chapters/two.md")
        == "chapters/two would execute: code cell 1 is not as when it ran"
    )
    after("the module changed back; a cell edited", "two", shows=(output, 2 * landings, 15))

    edit(two, 'len(load("landings")) * 2', 'len(load("landings"))')
    notes.write_text("20\n")
    after(
        "the cell changed back; a file edited that a cell opens",
        "three",
        shows=(output, landings, 25),
    )

    notes.write_text("10\n")
    edit(book / "ledger/core/charts/style.py", "WIDTH = 5.0", "WIDTH = 5.1")
    assert (
        why(book, "two")
        == "chapters/two would execute: file ledger/core/charts/style.py is not as when it ran"
    )
    after("the file changed back; a module edited that two chapters import", "one", "two")

    edit(book / "ledger/core/charts/style.py", "WIDTH = 5.1", "WIDTH = 5.0")
    edit(one, "{code-cell} ipython3\n", "{code-cell} ipython3\n:name: counting\n\n")
    after("the module changed back; an option of a cell edited", "one")

    edit(book / "requirements.txt", "\n", "\n# another lock\n")
    after("another lock", "one", "two", "three")

    edit(book / "requirements.txt", "\n# another lock\n", "\n")
    table.write_bytes(
        sealed[0][:-2] + (b"1\n" if sealed[0][-2:] != b"1\n" else b"2\n")
    )  # the last digit, by hand: the descriptor says otherwise
    for attempt in (1, 2):
        code, said = build(book)
        assert (
            code != 0
            and "chapters/one.md:19: cell 1: TableError: table output: the content is not the one "
            "whose hash the descriptor holds"
            in said
        ), f"attempt {attempt}: {said[-3000:]}"
        assert "FAILED chapters/one" in said and not executed(said)

    table.write_bytes(sealed[0])
    after("the table changed back")


def test_why_is_clear_of_pages_that_have_no_code_or_are_none(book):
    assert why(book, "index") == "index has no code, so that nothing of it executes"
    assert (
        why(book, "chapters/nowhere")
        == "error: there is no page chapters/nowhere: neither chapters/nowhere.md nor "
        "chapters/chapters/nowhere.md"
    )
    assert (
        "-m ledger why index"
        in subprocess.run(
            ["make", "-n", "explain", "PAGE=index"], cwd=ROOT, capture_output=True, text=True
        ).stdout
    )


def test_what_changes_while_a_chapter_runs_is_not_taken_for_what_ran(book):
    """An author goes on editing during a build."""
    (book / "helper.py").write_text("VALUE = 5\n")
    for name, code in {
        "old": "import time\ntime.sleep(0.5)\nprint('old')",
        "new": "import time\ntime.sleep(0.5)\nprint('new')",
        "uses": "import helper, time\nopen('../begun', 'w').close()\ntime.sleep(0.7)\nprint(helper.VALUE)",
    }.items():
        (book / f"{name}.md").write_text(HEAD + cell(code))
    said = run_here(
        book,
        """
        import time
        from pathlib import Path
        from ledger.build.execution import notebooks, pool

        texts = {name: Path(f"{name}.md").read_text() for name in ("old", "new", "uses")}
        pages = {name: notebooks.read_notebook(text) for name, text in texts.items()}
        runs = pool.ChapterPool(2, Path("cache"))
        quiet = lambda text: None
        runs.submit("edited", pages["old"])
        runs.submit("uses", pages["uses"])
        while not Path(runs.folder, "begun").exists():
            time.sleep(0.01)
        Path("helper.py").write_text("VALUE = 66\\n")
        kept = runs.cache.executed(texts["new"], runs.run("edited", pages["new"], quiet))
        print([word for word in ("old", "new") if f'"{word}\\\\n"' in kept])
        runs.run("uses", pages["uses"], quiet)
        print(runs.cache.explain("uses", pages["uses"]))
        runs.close()
        """,
    )
    assert said == "['new']\nuses would execute: file helper.py is not as when it ran\n"


# --- isolation ------------------------------------------------------------------------------------

SPOILS = """# Each chapter looks for the traces of the others, then leaves its own.
import builtins, os, random, sys
from pathlib import Path
import matplotlib, numpy, pandas
from ledger import numbers, tables

traces = {
    "builtins": hasattr(builtins, "trace"),
    "modules": "trace" in sys.modules,
    "environment": "TRACE" in os.environ,
    "folder": os.listdir(),
    "matplotlib": matplotlib.rcParams["lines.linewidth"] == 77,
    "pandas": pandas.get_option("display.max_rows") == 77,
    "random": random.random() == random.Random(77).random(),
    "numpy": numpy.random.random() == numpy.random.RandomState(77).random(),
    "tables": not callable(getattr(tables, "load", None)) or tables.load.__module__ != "ledger.core.tables",
    "threshold": sys.getrecursionlimit() == 7777,
}
traces["folder"] = [name for name in traces["folder"] if "trace" in name]
assert not any(traces.values()), traces
builtins.trace = sys.modules["trace"] = os
os.environ["TRACE"] = "left"
Path("trace.txt").write_text("left")
matplotlib.rcParams["lines.linewidth"] = 77
pandas.set_option("display.max_rows", 77)
random.seed(77)
numpy.random.seed(77)
tables.load = lambda name: None
sys.setrecursionlimit(7777)
numbers.put("process", os.getpid(), "{:d}", table="output")
numbers.put("parent", os.getppid(), "{:d}", table="output")"""


def test_chapters_see_nothing_of_each_other_in_whatever_order_and_share_one_warm_process(book):
    names = ("one", "two", "three")
    write(
        book,
        **{
            name: HEAD
            + f"# {name}\n\n"
            + cell(SPOILS + f"\n# {name}")
            + "Process {num}`process`, parent {num}`parent`.\n"
            for name in names
        },
    )
    for workers in ("1", "2"):
        shutil.rmtree(book / "_build", ignore_errors=True)
        code, said = build(book, LEDGER_JOBS=workers)
        assert code == 0, said[-3000:]
        pairs = [
            re.search(r"Process (\d+), parent (\d+)\.", page(book, f"chapters/{name}")).groups()
            for name in names
        ]
        assert len({process for process, _ in pairs}) == 3, "chapters share a process"
        assert len({parent for _, parent in pairs}) == 1, "the start is paid more than once"


# --- two builds at once ---------------------------------------------------------------------------


def test_a_second_build_of_the_checkout_says_so_and_waits(book, tmp_path):
    go = tmp_path / "go"
    write(
        book,
        one=GOOD.replace(
            "numbers.put",
            f"import os, time\nwhile not os.path.exists({str(go)!r}):\n    "
            "time.sleep(0.02)\n\nnumbers.put",
        ),
    )
    first = start(book)
    holder = book / "_build/.locked-by"
    while not holder.exists() or holder.read_text() != str(first.pid):
        assert first.poll() is None, first.stdout.read()
    second = start(book)
    said = ""
    while "Another build" not in said:
        line = second.stdout.readline()
        assert line, f"the second build did not wait: {said}"
        said += line
    assert (
        f"Another build of this checkout is running (process {first.pid}): waiting for it to end."
        in said
    )
    assert first.poll() is None and second.poll() is None
    go.touch()
    (code, told), (code_2, told_2) = end(first), end(second)
    assert code == 0 and executed(told) == {"one"}, told[-3000:]
    assert code_2 == 0 and not executed(told_2), told_2[-3000:]
    assert f"There are {rows(book, 'output')} rows" in page(book)
