"""Promise: whatever a chapter does, the build ends, says in one message where and why, and leaves
the last good site as it was; what is mended builds again, with nothing cleaned by hand.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import nbformat
import pytest
from myst_nb.core import utils
from small_book import (
    BOOK,
    GOOD,
    HEAD,
    ROOT,
    all_ended,
    build,
    cell,
    edit,
    executed,
    run_here,
    site,
    surroundings,
    write,
)
from sphinx.errors import SphinxParallelError

from ledger.build.sphinxext import chapters
from ledger.build.sphinxext.lifecycle import BuildFailed, StrictParallelTasks

# on a busy machine a shell may take a second to start
PAST = "it ran past its limit of 3 seconds and was stopped"
# what would use up the processor until it is stopped leaves most of it to other tests
YIELDS = "import os\n\nos.nice(10)\n"
LEFT = "the chapter ends and leaves a"
EXCESS = "OutputLimitError: the chapter has printed more than 1,000,000 bytes"
# name → the code cells of a chapter, of which one has its fault on the line that says "here", and
# what the message says of it
FAULTS = {
    "raises": (
        [
            "def share(part, whole):\n    return part / whole",
            ":tags: [hide-input]\n\nrows = 3\nshares = [\n    share(1, rows),\n    share(1, 0),  # "
            "here\n]",
        ],
        "ZeroDivisionError: division by zero",
    ),
    "column": (
        [
            "import pandas as pd\n\ngdp = pd.DataFrame({'year': [2024], 'gdp_usd': [1.0]})\n"
            "gdp['years'].max()  # here"
        ],
        "KeyError: 'years'. Its columns: year, gdp_usd",
    ),
    "syntax": (
        ["---\ntags: [hide-input]\n---\nrows = 1\nrows = = 2  # here"],
        "SyntaxError: invalid syntax",
    ),
    "magics": (
        ["rows = 1\nget_ipython().run_line_magic('matplotlib', 'inline')  # here"],
        "UsageError: %matplotlib has nothing to do: charts.publish shows charts. Remove it",
    ),
    "evaluates": (["rows = 1\n\n\neval('1 +')  # here"], "SyntaxError: invalid syntax"),
    "loops": (["rows = 1", f"{YIELDS}while True:  # here\n    pass"], PAST),
    "sleeps": (["import time\n\ntime.sleep(60)  # here"], PAST),
    "matches": (
        [
            f"{YIELDS}import re\n\nre.match('(a+)+$', 'a' * 60 + 'b')  # here, in C, which lets "
            "no signal through"
        ],
        PAST,
    ),
    "prints": (["for i in range(500):\n    print('x' * 100_000)  # here"], EXCESS),
    "hides": (
        ["rows = 1\ntry:  # here\n    print('x' * 50_000_000)\nexcept Exception:\n    pass"],
        EXCESS,
    ),
    "writes": (
        ["import os\nfor i in range(500):  # here\n    os.write(1, b'x' * 100_000)"],
        EXCESS,
    ),
    "runs": (
        ["import subprocess\n\nsubprocess.run('yes | head -c 50000000', shell=True)  # here"],
        EXCESS,
    ),
    "threads": (
        [
            "import threading, time\n\nthreading.Thread(target=time.sleep, args=(60,), "
            "name='sleeper').start()  # here",
            "rows = 1",
        ],
        f"{LEFT} thread running: sleeper. Join it, or shut its pool down",
    ),
    "daemons": (
        [
            "import threading, time\n\nthreading.Thread(target=time.sleep, args=(60,), "
            "name='sleeper', daemon=True).start()  # here"
        ],
        f"{LEFT} thread running: sleeper. Join it, or shut its pool down",
    ),
    "kills": (
        ["import os\n\nos.kill(os.getpid(), 9)  # here"],
        "the chapter's process was killed by SIGKILL",
    ),
    "leaves": (
        ["import os\n\nos._exit(3)  # here"],
        "the chapter's process ended by itself, with exit status 3",
    ),
    "leaves-well": (
        ["import os\n\nos._exit(0)  # here"],
        "the chapter's process ended by itself, with exit status 0",
    ),
    "crashes": (
        ["import ctypes\n\nctypes.string_at(0)  # here"],
        "the chapter's process was killed by SIGSEGV",
    ),
    "exits": (["rows = 1\nexit()  # here"], "the cell called exit"),
    "exits-by-sys": (["import sys\nsys.exit(4)  # here"], "the cell called exit with 4"),
    "child": (
        ["import subprocess\nsubprocess.Popen(['sleep', '61'])  # here", "rows = 1"],
        f"{LEFT} process running: sleep 61. Wait for it, or end it",
    ),
    "orphan": (
        [
            # it ends once the detached process is a sleep, and no shell any more
            "import subprocess\n\nwait = 'until grep -qa ^sleep /proc/$!/cmdline; do :; done'\n"
            "subprocess.run(f'setsid sleep 62 & {wait}', shell=True)  # here"
        ],
        f"{LEFT} process running: sleep 62. Wait for it, or end it",
    ),
    "surrogates": (
        ["print('\\ud800')  # here"],
        "UnicodeEncodeError: 'utf-8' codec can't encode character '\\ud800' in position 0: "
        "surrogates not allowed",
    ),
    "unshown": (
        [
            "class Odd:\n    def _repr_html_(self):\n        raise ValueError('odd')",
            "rows = 1\nOdd()  # here",
        ],
        "the result cannot be shown: ValueError: odd",
    ),
    "commands": (
        ["rows = 1\n!exit 3  # here"],
        "CalledProcessError: Command '['/bin/sh', '-c', 'exit 3  # here']' returned non-zero exit "
        "status 3.",
    ),
    "commands-for-output": (
        ["rows = !exit 3  # here"],
        "CalledProcessError: Command '['/bin/sh', '-c', 'exit 3  # here']' returned non-zero exit "
        "status 3.",
    ),
    "rewrites": (
        ["from ledger.core.config import DATA\n(DATA / 'output.csv').write_text('')  # here"],
        "PermissionError: a chapter changes no file of the book, here data/output.csv. "
        "Write into the folder in which it runs, or make the file a table",
    ),
    "adds": (
        ["from ledger.core.config import DATA\n(DATA / '.env').write_text('')  # here"],
        "PermissionError: a chapter changes no file of the book, here data/.env. "
        "Write into the folder in which it runs, or make the file a table",
    ),
    "removes": (
        ["from ledger.core.config import ROOT\n(ROOT / 'chapters/removes.md').unlink()  # here"],
        "PermissionError: a chapter changes no file of the book, here chapters/removes.md. "
        "Write into the folder in which it runs, or make the file a table",
    ),
    "frames": (
        [
            "from IPython.display import HTML, Markdown\n\nHTML('<b>bold</b>')",
            "try:  # here\n    display(HTML('<iframe src=\"https://e.w\"></iframe>'))\n"
            "except Exception:\n    pass",
        ],
        "BlockedOutputError: <iframe> is blocked by the policy of the pages. "
        "Link to what it would show",
    ),
    "pictures": (
        ["from IPython.display import Markdown\n\nMarkdown('![A](https://e.w/a.png)')  # here"],
        "BlockedOutputError: https://e.w/a.png: another host's is not "
        "shown. Put the file into chapters/, or link to it",
    ),
    "asks": (["rows = 1\ninput()  # here"], "EOFError: EOF when reading a line"),
    "fills": (
        [
            "with open('big', 'wb', buffering=0) as file:\n    file.seek(300_000_000)\n    "
            "file.write(b'x')  # here"
        ],
        "OSError: [Errno 27] File too large",
    ),
}
FEW = pytest.param(["raises", "syntax", "exits", "child"], id="some")
ALL = pytest.param(list(FAULTS), id="all", marks=pytest.mark.slow)


def chapter(name):
    """Return a chapter with a fault, and the line that a build must say of it."""
    cells, reason = FAULTS[name]
    text = HEAD + f"# {name}\n\n" + "Prose.\n\n".join(map(cell, cells))
    line = next(
        number for number, line in enumerate(text.splitlines(), start=1) if "# here" in line
    )
    number = next(number for number, code in enumerate(cells, start=1) if "# here" in code)
    return text, f"  chapters/{name}.md:{line}: cell {number}: {reason}"


@pytest.mark.parametrize("faults", [FEW, ALL])
def test_each_fault_is_told_in_one_message_and_the_site_stays_as_it_was(book, faults):
    edit(book / "_config.yml", "timeout: 60", "timeout: 3")
    # of those that fail some had a page before, and are mended; some are new
    good = {name: GOOD.replace("# A chapter", f"# {name}") for name in faults[:4]}
    write(book, one=GOOD, **good)
    code, log = build(book)
    assert code == 0, log[-3000:]
    before = site(book)

    write(
        book,
        one=GOOD + "\nMore prose.\n",
        new=GOOD.replace("numbers.put", "x = 1\nnumbers.put"),
        **{name: chapter(name)[0] for name in faults},
    )
    for attempt in (1, 2):  # an unchanged second build must not pass; nor leave a process
        started = time.monotonic()
        code, log = build(book, **({"LEDGER_TEST": str(book)} if attempt == 2 else {}))
        assert code != 0 and time.monotonic() - started < 40, log[-3000:]
        message = log.partition("Build failed:")[2]
        assert (
            f"{len(faults)} of {len(faults) + (attempt == 1)} chapters that had to run failed, and "
            "the site is left as it was:" in message
        )
        for name in faults:
            assert [line for line in log.splitlines() if f"chapters/{name}.md:" in line] == [
                chapter(name)[1]
            ], f"attempt {attempt}"
        assert executed(log) == ({"new"} if attempt == 1 else set()), (
            "the other chapters run to their ends, once"
        )
        assert "Traceback" not in log, log
        assert site(book) == before
        assert not all_ended(str(book)), "processes are left"

    write(book, one=GOOD, **good)
    code, log = build(book)
    assert code == 0 and site(book) == before, log[-3000:]


@pytest.mark.slow
def test_a_chapter_is_stopped_in_time_though_the_build_is_busy_with_a_page(book):
    """News that the build does not take at once would fill the pipe to it, and hold up the process
    that stops chapters.
    """
    (book / "fails.md").write_text(HEAD + cell("print('x' * 900_000)\nraise ValueError"))
    (book / "loops.md").write_text(
        HEAD + cell("open('../begun', 'w').close()") + cell("while True:\n    pass")
    )
    log = run_here(
        book,
        """
        import time
        from pathlib import Path
        from ledger.build.execution import notebooks, pool

        runs = pool.ChapterPool(2, Path("cache"), limit=1)
        for name in ("fails", "loops"):
            runs.submit(name, notebooks.read_notebook(Path(f"{name}.md").read_text()))
        while not Path(runs.folder, "begun").exists():
            time.sleep(0.01)
        time.sleep(3)
        runs.wait_for_all()
        runs.close()
        """,
    )
    assert 1 <= float(re.search(r"FAILED loops in ([\d.]+) s", log).group(1)) < 2.5, log


def said_on_a_terminal(book, **more):
    """Build the book on a terminal and return what it wrote there."""
    terminal, its_end = os.openpty()
    run = subprocess.Popen(
        BOOK,
        cwd=book,
        env=surroundings(**more),
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
    )
    os.close(its_end)
    said = b""
    with contextlib.suppress(OSError):  # so Linux says that nobody writes any more
        while part := os.read(terminal, 1 << 16):
            said += part
    os.close(terminal)
    assert run.wait() == 0, said[-3000:]
    return said.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("where", ["terminal", "coloured log"])
def test_what_is_said_of_a_chapter_stands_on_a_line_of_its_own(book, where):
    write(book, one=GOOD, two=HEAD + "# Two\n\n" + cell("import time\n\ntime.sleep(1)"))
    if where == "terminal":
        log = said_on_a_terminal(book, TERM="xterm", LEDGER_JOBS="2")
        assert "running chapters/two (cell 1 of 1); 1 of 2 done" in log
    else:
        code, log = build(book, FORCE_COLOR="1", LEDGER_JOBS="2")
        assert code == 0, log
    # what stands there once lines are overwritten
    lines = [re.split(r"\r?\x1b\[2?K", line)[-1] for line in log.split("\n")]
    told = [line for line in lines if "executed chapters/" in line or "cached notebook" in line]
    assert len(told) == 4
    for line in told:
        assert re.match(r"executed chapters/|/\S+\.md: Using cached", line), told


@pytest.mark.slow
def test_a_warm_process_that_was_stopped_does_not_hold_up_the_build(book):
    (book / "sleeps.md").write_text(HEAD + cell("import time\n\ntime.sleep(30)"))
    log = run_here(
        book,
        """
        import os, signal, time
        from pathlib import Path
        from ledger.build.execution import notebooks, pool

        pool.PATIENCE = 1
        runs = pool.ChapterPool(1, Path("cache"), limit=1)
        runs.submit("sleeps", notebooks.read_notebook(Path("sleeps.md").read_text()))
        os.kill(runs.process.pid, signal.SIGSTOP)
        print(*runs.wait_for_all(), sep="\\n")
        runs.close()
        """,
    )
    assert log.splitlines() == [
        "sleeps.md:1: the process that runs the chapters was stopped: silent for 2 s"
    ]


@pytest.mark.slow
def test_a_full_disk_fails_the_build_and_leaves_the_site_as_it_was(book, tmp_path):
    """Small disks are mounted where only processes of this test see them."""
    apart = (
        ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    )
    try:
        subprocess.run(
            [*apart, "mount", "-t", "tmpfs", "none", str(tmp_path)], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nobody may mount a small disk to fill on this machine: {error}")
    code, log = build(book)
    assert code == 0, log[-3000:]
    ran = subprocess.run(
        [
            *apart,
            sys.executable,
            "-c",
            f"import pathlib, test_faults; test_faults.on_full_disks(pathlib.Path({str(book)!r}))",
        ],
        cwd=ROOT / "tests" / "build",
        capture_output=True,
        text=True,
        env=os.environ
        | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "LEDGER_BOOK": str(book)},
    )
    assert ran.returncode == 0, ran.stderr[-6000:]


def mount(folder, size):
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    subprocess.run(command, check=True)


def leave_free(book, size):
    """Fill the disk of the cache and the site, save for `size` bytes."""
    filler = book / "_build/filler"
    filler.unlink(missing_ok=True)
    filler.write_bytes(bytes(shutil.disk_usage(book / "_build").free - size))


def on_full_disks(book):
    """Build on disks with ever less room; runs in a process of its own."""
    before, saved, temp = site(book), book.parent / "saved", book.parent / "temp"
    (book / "_build").rename(saved)
    mount(book / "_build", "80m")
    mount(temp, "2m")
    shutil.copytree(saved, book / "_build", dirs_exist_ok=True)
    good = {"one": GOOD, "two": GOOD.replace("numbers.put", "x = 1\nnumbers.put")}
    for stage in (with_little_room, with_no_room, with_no_room_for_a_second_site):
        stage(book, good, temp)
        assert site(book) == before, stage.__name__
    (book / "_build/filler").unlink()
    code, log = build(book)
    assert code == 0 and not executed(log), log
    made = site(book)
    with_any_room(book)
    (book / "_build/filler").unlink()
    code, log = build(book)
    assert code == 0 and site(book) == made, log


def with_little_room(book, good, temp):
    """Little room on the disk of the cache and the site, and on that of the chapters' folders."""
    shows = "from IPython.display import HTML\n\nHTML('x' * {})"
    cells = {
        "writes": (
            "file = open('big', 'wb', buffering=0)\n"
            "for i in range(5):\n    file.write(bytes(1_000_000))"
        ),
        "much": shows.format(3_000_000),
        "more": shows.format(700_000),
    }
    bad = {name: f"{HEAD}# {name}\n\n{cell(code)}" for name, code in cells.items()}
    write(book, **good, **bad)
    leave_free(book, 500_000)
    code, log = build(book, LEDGER_JOBS="1", TMPDIR=str(temp))
    assert code != 0 and executed(log) >= {"two"} and "Traceback" not in log, log
    full = "[Errno 28] No space left on device"
    line = HEAD.count("\n") + 6  # the third of the cell
    for message in (
        f"chapters/writes.md:{line}: cell 1: OSError: {full}",
        f"chapters/much.md:{line}: cell 1: the chapter ran, and its result could not be written: "
        f"OSError: {full}",
        f"chapters/more.md:1: it ran, and what it put out could not be kept: {full}",
    ):
        assert log.count(message) == 1, f"{message}\n{log}"


def with_no_room(book, good, temp):
    """No room at all: what is kept already is not thrown away."""
    from ledger.build.execution import notebooks, pool

    leave_free(book, 500_000)
    runs = pool.ChapterPool(1, book / "_build/other")
    assert runs.cache.records == []
    leave_free(book, 0)
    reason = "it ran, and what it put out could not be kept: .*(disk is full|No space left)"
    with pytest.raises(pool.ChapterError, match=reason):
        runs.run("one", notebooks.read_notebook(GOOD))
    runs.close()
    write(book, **good)
    code, log = build(book)
    assert code != 0 and re.search("No space left on device|disk is full", log), log


def with_no_room_for_a_second_site(book, good, temp):
    """Room for the work, and none to put the new site beside the old one."""
    (book / "assets/big.bin").write_bytes(bytes(12_000_000))
    leave_free(book, 20_000_000)
    code, log = build(book)
    reason = "the new one could not be put in its place: [Errno 28] No space left on device"
    assert code != 0 and reason in log and "Traceback" not in log, log
    (book / "assets/big.bin").unlink()


def with_any_room(book):
    """Ever more room for a build from nothing: wherever it ends, it says so in a line."""
    made = site(book)
    for size in (20_000, 100_000, 400_000, 1_000_000):
        for part in (".work", ".jupyter_cache"):
            shutil.rmtree(book / "_build" / part, ignore_errors=True)
        leave_free(book, size)
        code, log = build(book)
        assert code != 0 and re.search("No space left on device|disk is full", log), log
        assert not re.search("Traceback|sphinx-doc|threw an exception", log), log
        assert site(book) == made


def test_a_long_line_of_output_takes_as_long_as_it_is(tmp_path):
    folder = SimpleNamespace(chapters=SimpleNamespace(cache_folder=tmp_path))
    chapters.use_cache(SimpleNamespace(ledger_build=folder), SimpleNamespace())
    shown = lambda text: utils.coalesce_streams(
        [nbformat.v4.new_output("stream", name="stdout", text=text)]
    )[0]["text"]
    started = time.monotonic()
    assert len(shown("x" * 400_000 + "\n")) == 400_001
    assert time.monotonic() - started < 5
    assert shown("10%\r20%\r\n1\r2\nthree\n") == "20%\r\n2\nthree\n"


# --- pages that cannot be written ---------------------------------------------------------------


def fail(number):
    if number == 0:
        raise ValueError("this page cannot be written")
    if number == -1:
        os._exit(1)


@pytest.mark.parametrize(
    "first, expected", [(0, SphinxParallelError), (-1, BuildFailed), (1, None)]
)
def test_a_page_that_cannot_be_written_is_not_passed_over(first, expected):
    tasks = StrictParallelTasks(2)
    for number in (first, 1, 2, 3, 4, 5):
        tasks.add_task(fail, number)
    if expected:
        with pytest.raises(expected):
            tasks.join()
    else:
        tasks.join()
