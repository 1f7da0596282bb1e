"""Promise: a chapter executes when something it used has changed, and only then; a page never shows
what is no longer so; chapters see nothing of each other; two builds do not meet.
"""

import os
import re
import shutil
import subprocess

import pytest
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
    make,
    page,
    rows,
    run_here,
    run_ledger,
    start,
    without_last_row,
    write,
)

READS = """import helper
from ledger import load, numbers
from ledger.core.config import ROOT

load("events")
read = int((ROOT / "notes.txt").read_text())
numbers.put("sum", helper.VALUE + read, "{:d}", table="events")"""
COUNTS = """from ledger import charts, numbers
from ledger.core.tables import load

charts.PALETTE  # a part is imported when it is first used
numbers.put("rows", len(load("TABLE")), "{:d}", table="TABLE")"""


def counts(title, table):
    """Return a chapter that prints how many rows a table has."""
    code = cell(COUNTS.replace("TABLE", table))
    return f"{HEAD}# {title}\n\n{code}There are {{num}}`rows` rows.\n"


def why(book, name):
    _, said = run_ledger(book, "explain", name)
    assert said.count("\n") == 1, f"not one line: {said}"
    return said.strip()


# --- the key --------------------------------------------------------------------------------------


class Edited:
    """A book of three chapters that is built after each edit.

    Two count the rows of a table, the third reads a module and a file of text.
    """

    def __init__(self, book):
        self.book, self.helper, self.notes = book, book / "helper.py", book / "notes.txt"
        self.one, self.two = book / "chapters/one.md", book / "chapters/two.md"
        self.files = [book / "data/output.csv", book / "data/datapackage.json"]
        self.before = [path.read_bytes() for path in self.files]
        self.shown = {"output": rows(book, "output"), "landings": rows(book, "landings"), "sum": 15}

    def check(self, edit_made, *chapters, **shown):
        """Build; see which chapters executed, and what the pages show, where not as at first."""
        code, log = build(self.book)
        assert code == 0, f"{edit_made}: {log[-3000:]}"
        assert executed(log) == set(chapters), f"{edit_made}: {executed(log)} executed"
        expected = self.shown | shown
        assert f"There are {expected['output']} rows" in page(self.book), edit_made
        two, three = (page(self.book, f"chapters/{name}") for name in ("two", "three"))
        assert f"There are {expected['landings']} rows" in two, edit_made
        assert f"The sum is {expected['sum']}." in three, edit_made

    def restore_table(self):
        for path, content in zip(self.files, self.before):
            path.write_bytes(content)


def would_execute(page, reason):
    return f"{page} would execute: {reason}"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The three chapters, built for the first time."""
    book = make(tmp_path_factory.mktemp("built") / "book")
    write(
        book,
        one=counts("One", "output"),
        two=counts("Two", "landings"),
        three=f"{HEAD}# Three\n\n{cell(READS)}The sum is {{num}}`sum`.\n",
    )
    (book / "helper.py").write_text("VALUE = 5\n")
    os.utime(book / "helper.py", (1e9, 1e9))
    (book / "notes.txt").write_text("10\n")
    never = "it has not run yet, or what it put out is no longer kept"
    assert why(book, "chapters/one") == would_execute("chapters/one", never)
    Edited(book).check("a first build", "one", "two", "three")
    return book


@pytest.fixture
def edited(built, tmp_path):
    return Edited(shutil.copytree(built, tmp_path / "book", symlinks=True))


def test_a_chapter_executes_when_something_it_used_has_changed_and_only_then(edited):
    book = edited.book
    assert re.fullmatch(
        r"chapters/one would not execute: its cells, the \d+ tables and \d+ files it reads, "
        "the lock and Python are as they were when it ran",
        why(book, "one"),
    )

    edit(edited.one, "There are", "Prose.\n\nThere are")
    edited.check("an edit to prose")

    edit_table(book, "output", without_last_row)
    changed = "table output is not as when it ran"
    assert why(book, "one") == would_execute("chapters/one", changed)
    edited.check("a table edited", "one", output=edited.shown["output"] - 1)

    # changes are taken back beside the next edit, which concerns another chapter: the first must
    # not execute again
    edited.restore_table()
    # the second edit of a module within a second, with no change of length: Python would use what
    # it compiled after the first
    edited.helper.write_text("VALUE = 6\n")
    os.utime(edited.helper, (1e9 + 0.9, 1e9 + 0.9))
    os.utime(next(book.glob("__pycache__/helper.*.pyc")), (1e9 + 0.5, 1e9 + 0.5))
    edited.check("a table changed back; a module beside the package edited", "three", sum=16)

    edited.helper.write_text("VALUE = 5\n")
    edit(edited.two, 'len(load("landings"))', 'len(load("landings")) * 2')
    changed = "code cell 1 is not as when it ran"
    assert why(book, "chapters/two.md") == would_execute("chapters/two", changed)
    twice = 2 * edited.shown["landings"]
    edited.check("the module changed back; a cell edited", "two", landings=twice)

    edit(edited.two, 'len(load("landings")) * 2', 'len(load("landings"))')
    edited.notes.write_text("20\n")
    edited.check("the cell changed back; a file edited that a cell opens", "three", sum=25)


@pytest.mark.slow
def test_a_chapter_executes_when_code_or_the_lock_has_changed(edited):
    book, style = edited.book, "ledger/core/charts/style.py"
    edit(book / style, "WIDTH = 4.8", "WIDTH = 5.1")
    changed = f"file {style} is not as when it ran"
    assert why(book, "two") == would_execute("chapters/two", changed)
    edited.check("a module edited that two chapters import", "one", "two")

    edit(book / style, "WIDTH = 5.1", "WIDTH = 4.8")
    edit(edited.one, "{code-cell} ipython3\n", "{code-cell} ipython3\n:name: counting\n\n")
    edited.check("the module changed back; an option of a cell edited", "one")

    edit(book / "requirements.txt", "\n", "\n# another lock\n")
    edited.check("another lock", "one", "two", "three")


def test_a_table_edited_by_hand_fails_the_build_until_it_is_as_it_was(edited):
    book = edited.book
    path, content = edited.files[0], edited.before[0]
    last = b"1\n" if content[-2:] != b"1\n" else b"2\n"
    path.write_bytes(content[:-2] + last)  # the descriptor says otherwise
    text = edited.one.read_text(encoding="utf-8")
    line = text[: text.index("numbers.put(")].count("\n") + 1
    for attempt in (1, 2):
        code, log = build(book)
        assert code != 0 and (
            f"chapters/one.md:{line}: cell 1: TableError: table output: the content is not the one "
            "whose hash the descriptor holds" in log
        ), f"attempt {attempt}: {log[-3000:]}"
        assert "FAILED chapters/one" in log and not executed(log)
    edited.restore_table()
    edited.check("the table changed back")


def test_why_is_clear_of_pages_that_have_no_code_or_are_none(book):
    assert why(book, "index") == "index has no code, so that nothing of it executes"
    assert (
        why(book, "chapters/nowhere")
        == "error: there is no page chapters/nowhere: neither chapters/nowhere.md nor "
        "chapters/chapters/nowhere.md"
    )
    assert (
        "-m ledger explain index"
        in subprocess.run(
            ["make", "-n", "explain", "PAGE=index"], cwd=ROOT, capture_output=True, text=True
        ).stdout
    )


@pytest.mark.slow
def test_what_changes_while_a_chapter_runs_is_not_taken_for_what_ran(book):
    """An author goes on editing during a build."""
    (book / "helper.py").write_text("VALUE = 5\n")
    for name, code in {
        "old": "import time\ntime.sleep(0.5)\nprint('old')",
        "new": "import time\ntime.sleep(0.5)\nprint('new')",
        "uses": "import helper, time\nopen('../begun', 'w').close()\n"
        "time.sleep(0.7)\nprint(helper.VALUE)",
    }.items():
        (book / f"{name}.md").write_text(HEAD + cell(code))
    log = run_here(
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
    assert log == "['new']\nuses would execute: file helper.py is not as when it ran\n"


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
    "tables": getattr(tables.load, "__module__", "") != "ledger.core.tables",
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
tables.load("output")
tables.load = lambda name: None
sys.setrecursionlimit(7777)
numbers.put("process", os.getpid(), "{:d}", table="output")
numbers.put("parent", os.getppid(), "{:d}", table="output")"""


@pytest.mark.slow
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
        code, log = build(book, LEDGER_JOBS=workers)
        assert code == 0, log[-3000:]
        pairs = [
            re.search(r"Process (\d+), parent (\d+)\.", page(book, f"chapters/{name}")).groups()
            for name in names
        ]
        assert len({process for process, _ in pairs}) == 3, "chapters share a process"
        assert len({parent for _, parent in pairs}) == 1, "the start is paid more than once"


# --- two builds at once ---------------------------------------------------------------------------


@pytest.mark.slow
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
    log = ""
    while "Another build" not in log:
        line = second.stdout.readline()
        assert line, f"the second build did not wait: {log}"
        log += line
    assert (
        f"Another build of this checkout is running (process {first.pid}): waiting for it to end."
        in log
    )
    assert first.poll() is None and second.poll() is None
    go.touch()
    (code, told), (code_2, told_2) = end(first), end(second)
    assert code == 0 and executed(told) == {"one"}, told[-3000:]
    assert code_2 == 0 and not executed(told_2), told_2[-3000:]
    assert f"There are {rows(book, 'output')} rows" in page(book)
