"""A small book of the same make, which a test may build, change and break.

Tests import `book` (a fixture) and what goes with it.
"""

import functools
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from warm_python import WarmPython

from ledger.core import tables, validation

ROOT = Path(__file__).resolve().parent.parent
BOOK = [str(Path(sys.executable).parent / "jupyter-book"), "build", "-W", "-n", "--keep-going", "."]
HEAD = (
    "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: "
    "myst\nkernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n---\n"
)
TOC = "format: jb-book\nroot: index\nchapters:\n  - file: chapters/one\n"
GOOD = (
    HEAD + "# A chapter\n\n```{code-cell} ipython3\nfrom ledger import numbers\n"
    "from ledger.core.tables import load\n\n"
    'numbers.put("rows", len(load("output")), "{:d}", table="output")\n'
    "```\n\nThere are {num}`rows` rows.\n"
)


ISLANDS = ROOT / "tests" / "islands"  # the made-up book
THIS_GOOD = GOOD.replace('"output"', '"gdp"')


def make(folder):
    """Make a copy of the made-up book in a new folder, with one chapter, GOOD, and the machine."""
    left_out = shutil.ignore_patterns("_build", "chapters", "upstream", "README.md")
    shutil.copytree(ISLANDS, folder, ignore=left_out)
    # with its compiled modules: to compile them anew is a sixth of a small build
    shutil.copytree(ROOT / "ledger", folder / "ledger")
    for name in tables.names(ISLANDS / "data"):  # checked once, not by each copy: half a second
        tables.load(name, ISLANDS / "data")
    return _begin(folder, GOOD)


def make_this_book(folder):
    """Make a copy of the book of this checkout in a new folder, with one chapter, THIS_GOOD."""
    folder.mkdir()
    for part in ("ledger", "analysis", "data", "assets"):
        shutil.copytree(ROOT / part, folder / part)
    for part in ("_config.yml", "book.yml", "requirements.txt", "references.bib", "CITATION.cff"):
        shutil.copy(ROOT / part, folder)
    return _begin(folder, THIS_GOOD)


def _begin(folder, chapter):
    if validation.passed_checks().is_dir():
        passed = folder / "_build" / "checked"
        shutil.copytree(validation.passed_checks(), passed, dirs_exist_ok=True)
    (folder / "chapters").mkdir()
    (folder / "index.md").write_text("# A book\n", encoding="utf-8")
    write(folder, one=chapter)
    return folder


@pytest.fixture
def book(tmp_path):
    return make(tmp_path / "book")


@pytest.fixture
def this_book(tmp_path):
    return make_this_book(tmp_path / "book")


def write(folder, **chapters):
    """Write chapters and make them the book's only ones."""
    for name, text in chapters.items():
        (folder / "chapters" / f"{name}.md").write_text(text, encoding="utf-8")
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n"
        + "".join(f"  - file: chapters/{name}\n" for name in chapters),
        encoding="utf-8",
    )


def cell(code):
    return f"```{{code-cell}} ipython3\n{code}\n```\n\n"


def edit(path, before, after):
    """Replace a text in a file, once, wherever it stands; return the file's path."""
    text = path.read_text(encoding="utf-8")
    assert before in text, f"{path} has no {before!r}"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


def edit_table(folder, name, change):
    """Change a table's text with `change`, and its descriptor so that it agrees, as when the table
    is rebuilt.
    """
    from ledger.core import table_files
    from ledger.core.files import replace_files

    descriptor = json.loads((folder / "data" / "datapackage.json").read_text(encoding="utf-8"))
    entry = next(entry for entry in descriptor["resources"] if entry["name"] == name)
    text = change((folder / "data" / entry["path"]).read_text(encoding="utf-8"))
    table_files.set_hash(entry, text)
    replace_files(
        folder / "data", {entry["path"]: text, "datapackage.json": table_files.to_json(descriptor)}
    )


def without_last_row(text):
    return text[: text.rstrip().rindex("\n") + 1]


def rows(folder, name):
    return len((folder / "data" / f"{name}.csv").read_text(encoding="utf-8").splitlines()) - 1


def surroundings(**more):
    """Return the environment of a build: the book's own ledger and data, compiled modules, and what
    `make book` fixes.
    """
    return (
        os.environ
        | {
            "PYTHONPATH": "",
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONHASHSEED": "0",
            "SOURCE_DATE_EPOCH": "1700000000",
        }
        | more
    )


def start(folder, command=BOOK, stdin=None, **more):
    """Start a build in a session of its own; `more` goes into its environment. What it says is read
    from `stdout`.
    """
    return subprocess.Popen(
        command,
        cwd=folder,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=surroundings(**more),
        start_new_session=True,
    )


@functools.cache
def warm_python():
    """Return the Python that builds and commands of this process of tests are forked from."""
    return WarmPython(surroundings())


def build(folder, command=BOOK, **more):
    """Build the book as `make book` does; return the exit code and what was said."""
    environment = surroundings(**more)
    # `processes` finds its mark only where a program began with it
    if "LEDGER_TEST" in more or not warm_python().fits(command, environment):
        return end(start(folder, command, **more))
    return warm_python().run(command, folder, environment)


def run_ledger(folder, *words, script=None):
    """Run `python -m ledger WORDS` in a book, or a script of it that takes the words instead;
    return the exit code and what was said.
    """
    command = [sys.executable, *([script] if script else ["-m", "ledger"]), *words]
    return warm_python().run(command, folder, surroundings())


def end(run):
    """Wait for a build; return the exit code and what was said."""
    try:
        said, _ = run.communicate(timeout=120)
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
    return run.returncode, said


def run_here(book, code):
    """Run Python code with the book's own ledger; return what it prints."""
    command = [sys.executable, "-c", textwrap.dedent(code)]
    status, said, warned = warm_python().run(command, book, surroundings(), apart=True)
    assert status == 0, warned
    return said


def processes(mark):
    """Return the command lines of processes whose environment holds a mark, as all have that a
    build started.
    """
    found = []
    for process in os.listdir("/proc"):
        try:
            with (
                open(f"/proc/{process}/environ", "rb") as environment,
                open(f"/proc/{process}/cmdline", "rb") as command,
            ):
                if mark.encode() in environment.read():
                    found.append(command.read().replace(b"\0", b" ").decode())
        except OSError:
            pass  # it is none, or has just ended
    return found


def all_ended(mark):
    """Wait up to five seconds for all marked processes to end; return those that live on."""
    for _ in range(100):
        if not (alive := processes(mark)):
            return []
        time.sleep(0.05)
    return alive


def executed(said):
    """Return the chapters that a build says it executed, without their folder."""
    return set(re.findall(r"^executed chapters/(\S+) in", said, re.M))


def page(folder, name="chapters/one"):
    """Return the text of a page of the site, without markup."""
    return re.sub(r"<[^>]+>", "", (folder / f"_build/html/{name}.html").read_text(encoding="utf-8"))


def site(folder):
    """Return a hash of each file of the site."""
    html = folder / "_build" / "html"
    return {
        path.relative_to(html).as_posix(): hashlib.blake2b(path.read_bytes()).hexdigest()
        for path in html.rglob("*")
        if path.is_file()
    }
