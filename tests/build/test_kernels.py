"""Promise: chapters run on any system: in forks of one process where it is Linux, else in Jupyter
kernels, with the same outputs, keys, messages and limits.
"""

import shutil

import pytest
from small_book import GOOD, HEAD, all_ended, build, cell, edit, executed, page, site, write
from test_faults import chapter

# what only Linux has is taken away before anything else is imported
NOT_LINUX = """import ctypes, os, sys
del os.fork, os.forkpty, os.sched_getaffinity

def no_prctl(library, name, find=ctypes.CDLL.__getattr__):
    if name == "prctl":
        raise AttributeError(name)
    return find(library, name)

ctypes.CDLL.__getattr__ = no_prctl

def no_proc(event, details):
    if event in ("open", "os.listdir") and str(details[0]).startswith("/proc"):
        raise FileNotFoundError(details[0])

sys.addaudithook(no_proc)
"""
SHOWS = [
    "from ledger import charts, load, numbers\n\ndata = load('output')\ndata.head()",
    "print('one')\nimport sys\nprint('two', file=sys.stderr)\nprint('three')",
    ":tags: [raises-exception]\n\ndef divides(by):\n    return 1 / by\n\ndivides(0)",
    ":tags: [skip-execution]\n\nraise ValueError('never')",
    "import asyncio\n\nasync def three():\n    return 3\n\nasyncio.run(three())",
    "await three()",
    "!echo printed by a program",
    "from IPython.display import Markdown, clear_output\n\n"
    "print('gone')\nclear_output()\ndisplay(Markdown('**bold**'))\n'last'",
    "from IPython.display import HTML\n\nHTML('<p>' + 'much ' * 100_000 + '</p>')",
    "import os, random\n\nprint(sorted(os.listdir()), __name__, len(In))\nhash('a')",
]


def various():
    """Return a chapter whose cells put out what cells can."""
    return f"{HEAD}# Various\n\n" + "\n".join(map(cell, SHOWS))


def test_both_engines_give_the_same_bytes_under_the_same_key(book):
    edit(book / "_config.yml", "stderr_output: error", "stderr_output: show")
    write(book, one=GOOD, various=various())
    code, log = build(book, LEDGER_ENGINE="kernels")
    assert code == 0 and "chapters run in Jupyter kernels" in log, log[-3000:]
    assert executed(log) == {"one", "various"}
    by_kernels = site(book)
    assert "ZeroDivisionError" in page(book, "chapters/various")

    edit(book / "chapters/one.md", "There are", "Prose.\n\nThere are")
    code, log = build(book, LEDGER_ENGINE="fork")
    assert code == 0 and not executed(log), "what kernels put out is not found again"
    edit(book / "chapters/one.md", "Prose.\n\n", "")

    shutil.rmtree(book / "_build")
    code, log = build(book, LEDGER_ENGINE="fork")
    assert code == 0 and "chapters run in forks of one warm process" in log, log[-3000:]
    by_forks = site(book)
    assert [name for name in by_forks if by_forks[name] != by_kernels.get(name)] == []
    assert by_forks.keys() == by_kernels.keys()


# A kernel takes a second and a half to start. What a cell does is judged by the same code as in a
# fork, and test_faults.py tries all faults there; here stand those that reach a build of kernels by
# a way of its own: by an end of the process, by the limit of time, past a client that prints and
# asks, or from what lives on. One that comes in a reply is tried alone, by `make test`.
BY_KERNELS = (
    "exits loops matches prints writes surrogates unshown threads child orphan kills leaves-well "
    "rewrites frames asks"
).split()
OWN = pytest.param(BY_KERNELS, id="each way", marks=pytest.mark.slow)


@pytest.mark.parametrize("faults", [pytest.param(["raises"], id="one"), OWN])
def test_kernels_tell_each_fault_as_forks_do(book, faults):
    edit(book / "_config.yml", "timeout: 60", "timeout: 3")
    write(book, one=GOOD, **{name: chapter(name)[0] for name in faults})
    code, log = build(book, LEDGER_ENGINE="kernels", LEDGER_TEST=str(book))
    assert code != 0 and executed(log) == {"one"} and "Traceback" not in log, log[-3000:]
    for name in faults:
        told = [line for line in log.splitlines() if f"chapters/{name}.md:" in line]
        assert told == [chapter(name)[1]], name
    assert not all_ended(str(book)), "processes are left"


@pytest.fixture
def not_linux(tmp_path):
    """Return an environment in which what only Linux has is missing."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(NOT_LINUX)
    return {"PYTHONPATH": str(tmp_path / "site")}


@pytest.mark.slow
def test_a_book_is_built_without_the_calls_that_only_linux_has(book, not_linux):
    code, log = build(book, **not_linux)
    assert code == 0 and executed(log) == {"one"}, log[-3000:]
    assert log.count("chapters run in Jupyter kernels") == 1
    assert "There are" in page(book, "chapters/one")
    edit(book / "chapters/one.md", "There are", "Now there are")
    code, log = build(book, **not_linux)
    assert code == 0 and not executed(log), log[-3000:]
