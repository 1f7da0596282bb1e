"""Promise: while `make preview` runs, a saved file is on the open page a moment later, and so is
what went wrong.

Chromium as in `test_reader`; the book is the small one.
"""

import hashlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect
from reading import needs_browser
from small_book import (
    GOOD,
    build,
    edit_table,
    make,
    rows,
    run_here,
    surroundings,
    without_last_row,
)

from ledger.core.files import acquire_lock

pytestmark = needs_browser

NAMED = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
PATIENCE = 20_000  # milliseconds: what a build may take on a busy machine
TWO_CELLS = GOOD.replace(
    "```{code-cell}",
    '```{code-cell} ipython3\nprint("the first cell ran")\n```\n\n```{code-cell}',
    1,
)


class Live(NamedTuple):
    """The preview of a small book, and a page of it that is open in a browser."""

    folder: Path
    page: Page
    log: Path

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def shows(self, text):
        expect(self.page.locator("body")).to_contain_text(text, timeout=PATIENCE)

    def lines_like(self, pattern):
        """Return how many lines in the terminal match a pattern."""
        return len(re.findall(pattern, self.log.read_text(encoding="utf-8"), re.M))


def start(folder, port, log):
    with log.open("w", encoding="utf-8") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "ledger", "preview", "--port", str(port)],
            cwd=folder,
            env=surroundings(),
            stdout=out,
            stderr=out,
        )


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def processes_in(folder):
    """Return the command lines of the processes that work in a folder or under it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(process / "cwd")).is_relative_to(folder):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            pass
    return found


def end(preview, folder, log):
    """End the preview as Ctrl-C does: without a complaint, and with no process left of it."""
    preview.send_signal(signal.SIGINT)
    status, patience = preview.wait(20), time.monotonic() + 5
    while (left := processes_in(folder)) and time.monotonic() < patience:
        time.sleep(0.05)
    text = log.read_text(encoding="utf-8")
    assert status == 0 and not left and "Traceback" not in text, (status, left, text)


def content(folder):
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def wait_until(is_so):
    patience = time.monotonic() + PATIENCE / 1000
    while not is_so() and time.monotonic() < patience:
        time.sleep(0.05)


@pytest.fixture(scope="module")
def live(tmp_path_factory, browser):
    folder, port = make(tmp_path_factory.mktemp("live") / "book"), free_port()
    published, log = folder / "_build" / "html", folder.parent / "log"
    published.mkdir(parents=True)
    (published / "index.html").write_text(
        "<p>The site of the last <code>make book</code>.</p>", encoding="utf-8"
    )
    before = content(published)
    preview = start(folder, port, log)
    while "http://" not in log.read_text(encoding="utf-8"):
        assert preview.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.05)
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{port}/chapters/one.html")
    yield Live(folder, page, log)
    page.close()
    end(preview, folder, log)
    assert content(published) == before, "the site of make book was touched"


def test_a_page_opened_during_the_first_build_shows_the_book_once_it_is_there(live):
    live.shows("There are")
    # words show before the page has come to its end, where the script stands
    live.page.wait_for_load_state()
    assert live.page.evaluate("document.documentElement.outerHTML").count("/.reload") == 1
    assert "/.reload" not in (live.folder / "_build/live/chapters/one.html").read_text(
        encoding="utf-8"
    )  # only what is served has the script


def test_an_edit_to_prose_shows_by_itself(live):
    live.shows("There are")  # so what was edited before is built
    told = r"^\d\d:\d\d:\d\d chapters/one\.md changed: rebuilt in \d+\.\d s$"
    before = live.lines_like(told)  # of the other tests of this preview
    live.write("chapters/one.md", GOOD + "\nA sentence that was not there.\n")
    live.shows("A sentence that was not there.")
    wait_until(lambda: live.lines_like(told) > before)  # the page shows before the build has ended
    assert live.lines_like(told) == before + 1


LIVE_BUILD = """
import os, sys
from pathlib import Path
os.environ["LEDGER_LIVE"] = "1"
from jupyter_book.cli.main import main
from ledger.build import current
from ledger.build.sphinxext import lifecycle

SITE, CHAPTER = Path("_build/live"), Path("chapters/one.md")

def told(pages):
    shown = "not there" in (SITE / "chapters/one.html").read_text(encoding="utf-8")
    done = current.manifest_path(SITE).exists()
    print(f"pages {pages}, the edit shown {shown}, the build done {done}")

def edit():
    CHAPTER.write_text(CHAPTER.read_text(encoding="utf-8") + "\\nA sentence not there.\\n")

lifecycle.tell_preview = told
%s
main(["build", "-q", "-n", "."], standalone_mode=False)
"""


def commit_all(folder):
    for words in (["init", "-q"], ["add", "."], [*NAMED, "commit", "-q", "-m", "One"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


def live_build(folder, words=""):
    """Build as the preview does; return the exit code and what the preview is told."""
    code, said = build(folder, [sys.executable, "-c", LIVE_BUILD % words])
    return code, [line for line in said.splitlines() if line.startswith("pages ")]


def test_the_page_of_an_edit_shows_once_before_the_build_is_done(book):
    assert live_build(book) == (0, ["pages True, the edit shown False, the build done False"])
    shown = "pages True, the edit shown True, the build done False"
    assert live_build(book, "edit()") == (0, [shown])


def test_an_edit_that_comes_when_sphinx_is_set_up_is_built(book):
    live_build(book)
    shown = "pages True, the edit shown True, the build done False"
    assert live_build(book, "lifecycle.wait_for_edit = edit") == (0, [shown])


def test_the_first_edit_after_a_commit_changes_the_page_of_the_edit_alone(book):
    commit_all(book)
    live_build(book)
    other = (book / "_build/live/index.html").read_bytes()
    assert b"with changes since" in other
    shown = "pages True, the edit shown True, the build done False"
    assert live_build(book, "lifecycle.wait_for_edit = edit") == (0, [shown])
    assert (book / "_build/live/index.html").read_bytes() == other
    edited = (book / "_build/live/chapters/one.html").read_text(encoding="utf-8")
    assert "Text last changed" not in edited  # it is not committed


def test_what_was_set_up_before_a_commit_is_not_built(book):
    commit_all(book)
    live_build(book)
    commit = ["git", *NAMED, "commit", "-q", "-a", "-m", "Two"]
    words = (
        f"import subprocess\nlifecycle.wait_for_edit = lambda: [edit(), subprocess.run({commit})]"
    )
    outdated = "pages False, the edit shown False, the build done True"
    assert live_build(book, words) == (1, [outdated])
    assert live_build(book)[0] == 0


@pytest.mark.parametrize(
    "code, reason, shown",
    [
        ("1 / 0", "ZeroDivisionError: division by zero", "----> 1 1 / 0"),
        pytest.param(
            "import os; os.abort()",
            "the chapter's process was killed by SIGABRT",
            "the chapter's process was killed by SIGABRT",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["raises", "dies"],
)
def test_a_chapter_that_fails_says_so_and_shows_what_it_can(live, code, reason, shown):
    text = TWO_CELLS.replace(
        "from ledger import numbers\n", f"{code}\nfrom ledger import numbers\n"
    )
    told = f"chapters/one.md:{1 + text.splitlines().index(code)}: cell 2: {reason}"
    live.write("chapters/one.md", text)
    banner = live.page.locator(".chapter-failed")
    expect(banner).to_have_text(f"This chapter did not run to its end: {told}", timeout=PATIENCE)
    expect(live.page.locator(".cell_output", has_text="the first cell ran")).to_be_visible()
    expect(live.page.locator(".cell_output", has_text=shown)).to_be_visible()
    # the page is shown before the build has ended, which its line tells
    wait_until(lambda: live.lines_like(f"{re.escape(told)}$"))
    assert live.lines_like(f"{re.escape(told)}$") == 1
    live.write("chapters/one.md", TWO_CELLS)
    expect(banner).to_have_count(0, timeout=PATIENCE)
    live.shows("There are")


def test_an_edit_to_a_table_shows_its_new_number(live):
    live.shows(f"There are {rows(live.folder, 'output')} rows")
    edit_table(live.folder, "output", without_last_row)
    live.shows(f"There are {rows(live.folder, 'output')} rows")


def test_a_build_that_fails_shows_its_message_until_the_next_good_one(live):
    live.shows("There are")
    toc = (live.folder / "_toc.yml").read_text(encoding="utf-8")
    live.write("_toc.yml", toc.replace("chapters:", "chapter:"))
    live.shows("_toc.yml:3: chapter is an unknown key. Known are chapters, ")
    line = "^.* _toc.yml changed: NOT rebuilt in .*\n  _toc.yml:3: chapter is an unknown key"
    wait_until(lambda: live.lines_like(line))  # it comes after the page, too
    assert live.lines_like(line)
    live.write("_toc.yml", toc)
    live.shows("There are")


def test_settings_are_never_those_that_were_loaded_before_they_changed(live):
    """The process of the next build loads them as soon as one has ended."""
    live.shows("There are")
    book = (live.folder / "book.yml").read_text(encoding="utf-8")
    hint = "words that nobody had there"
    live.write("book.yml", re.sub(r"(?m)^search_hint: .*", f"search_hint: {hint}", book))
    search = live.folder / "_build/live/search.html"
    wait_until(lambda: hint in search.read_text(encoding="utf-8"))
    assert hint in search.read_text(encoding="utf-8")
    live.write("book.yml", book)
    # the page shows nothing of it, and the next test's edit would be built with this one
    wait_until(lambda: hint not in search.read_text(encoding="utf-8"))
    assert hint not in search.read_text(encoding="utf-8")
    live.shows("There are")


@pytest.mark.slow
def test_edits_during_a_build_are_built_together_once_it_is_done(live):
    running = live.folder.parent / "running"
    code = f"from pathlib import Path\nimport time\n\nPath({str(running)!r}).touch()\ntime.sleep(2)"
    slow = f"{GOOD}\n```{{code-cell}} ipython3\n{code}\n```\n"
    live.shows("There are")  # so the first build is done, and the edit is built by itself
    live.write("chapters/one.md", slow + "\nEdit 1.\n")
    wait_until(running.exists)
    before = live.lines_like("rebuilt in")  # builds follow one another: all before has its line
    for number in (2, 3):
        live.write("chapters/one.md", slow + f"\nEdit {number}.\n")
        time.sleep(0.05)
    live.shows("Edit 3.")
    wait_until(lambda: live.lines_like("rebuilt in") == before + 2)
    time.sleep(0.5)  # for a build too many to begin
    assert live.lines_like("rebuilt in") == before + 2


@pytest.mark.slow
def test_ctrl_c_during_a_build_leaves_nothing(tmp_path):
    folder, log = make(tmp_path / "book"), tmp_path / "log"
    preview = start(folder, free_port(), log)
    while not list(folder.glob("_build/.work/live/*")):
        time.sleep(0.05)
    end(preview, folder, log)


@pytest.mark.slow
def test_a_kill_during_a_build_leaves_no_process_and_no_lock(tmp_path):
    folder, log = make(tmp_path / "book"), tmp_path / "log"
    sleeps = "```{code-cell} ipython3\nimport time\n\ntime.sleep(50)\n```\n"
    (folder / "chapters/one.md").write_text(GOOD + "\n" + sleeps, encoding="utf-8")
    preview = start(folder, free_port(), log)
    while not any("execution.worker" in line for line in processes_in(folder)):
        assert preview.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.05)
    preview.kill()
    preview.wait(5)
    patience = time.monotonic() + 10
    while (left := processes_in(folder)) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not left
    acquire_lock(folder / "_build/.lock").release()


@pytest.mark.parametrize("path", ["", "chapters/one.html", ".reload.js", ".reload"])
def test_a_page_of_another_site_cannot_read_the_preview_by_a_name_that_leads_here(live, path):
    port = int(live.page.url.split(":")[2].split("/")[0])

    def status(host):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", f"/{path}", headers={"Host": host})
        return connection.getresponse().status

    assert status("evil.example") == status(f"evil.example:{port}") == 403
    assert 403 not in (status("localhost:9000"), status(f"127.0.0.1:{port}"))


@pytest.mark.parametrize("path", ["a%00b", "a" * 5000, "%2e%2e/%2e%2e/book.yml", "..%2fbook.yml"])
def test_a_path_that_leads_to_no_page_is_not_found(live, path):
    port = int(live.page.url.split(":")[2].split("/")[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", f"/{path}")
    answer = connection.getresponse()
    assert answer.status == 404 and b"There is no such page" in answer.read()


def test_a_build_folder_that_is_a_link_is_shown(book, tmp_path):
    (tmp_path / "else/live").mkdir(parents=True)
    (tmp_path / "else/live/index.html").write_text("a", encoding="utf-8")
    (tmp_path / "else/secret").write_text("a", encoding="utf-8")
    (book / "_build").rename(tmp_path / "before")
    (book / "_build").symlink_to(tmp_path / "else")
    code = """
        from ledger.build import preview
        print(*(preview._site_file(name).is_file() for name in ("index.html", "../secret")))
    """
    assert run_here(book, code) == "True False\n"


def test_whatever_a_build_reads_is_watched(book):
    """Also what keeps its time and size as it is saved."""
    (book / "chapters/map.png").write_bytes(b"a")
    (book / "notes").mkdir()
    for name in ("notes/one.txt", "_build/one.txt", ".hidden"):
        (book / name).parent.mkdir(exist_ok=True)
        (book / name).write_text("a", encoding="utf-8")
    code = """
        import os
        from pathlib import Path
        from ledger.build import preview
        before = preview._watched_files()
        for name in ("chapters/map.png", "notes/one.txt", "requirements.txt", "_build/one.txt"):
            state = os.stat(name)
            Path(name).write_bytes(b"b" * state.st_size)
            os.utime(name, ns=(state.st_atime_ns, state.st_mtime_ns))
        after = preview._watched_files()
        print(*sorted(name for name in after if after[name] != before.get(name)))
        print(len([name for name in after if name.startswith((".", "_build"))]))
    """
    changed, others = run_here(book, code).splitlines()
    assert changed.split() == ["chapters/map.png", "notes/one.txt", "requirements.txt"]
    assert others == "0"


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status = start(make(tmp_path / "book"), port, tmp_path / "log").wait(20)
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert (
        status == 1
        and text.count("\n") == 1
        and f"Port {port} cannot be used" in text
        and "PORT=" in text
    ), text
