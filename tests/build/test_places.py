"""Promise: a build into a folder that is another's, a link or a mount, or under a limit of the
system, is right or ends with a line that names the folder; the site stays as it was.
"""

import os
import shutil
import subprocess
import sys

import pytest
from small_book import BOOK, ROOT, build, edit, edit_table, page, site

# root may write everywhere; what it gives up here is what others do not have
AS_OTHERS = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner"]
AS_OTHERS = AS_OTHERS if os.geteuid() == 0 else []


def refused(folder, command=BOOK):
    """Build, and return the lines in which the build says what is wrong."""
    code, log = build(folder, command)
    assert code == 1 and "Traceback" not in log and "sphinx-doc" not in log, log[-3000:]
    told = log[log.index("Build failed:") :].splitlines()[1:]
    return [line for line in told if line.strip() and "==" not in line][:-1]


@pytest.fixture
def built(book):
    assert build(book)[0] == 0
    edit(book / "chapters/one.md", "There are", "There still are")
    return book


def test_a_build_folder_of_somebody_else_is_named(built):
    before = site(built)
    for path in (*built.glob("_build/*"), built / "_build"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        (line,) = refused(built, [*AS_OTHERS, *BOOK])
    finally:
        for path in (built / "_build", *built.glob("_build/*")):
            path.chmod(0o755)
    assert line.startswith(f"{built}/_build/.lock cannot be written: give yourself the right")
    assert site(built) == before


@pytest.mark.slow
def test_the_build_folder_may_be_a_link_and_the_site_may_not(built, tmp_path):
    elsewhere, link = tmp_path / "else", built / "_build"
    link.rename(elsewhere)
    link.symlink_to(elsewhere)
    assert build(built)[0] == 0 and "There still are" in page(built)
    assert link.is_symlink()

    before = site(built)
    edit(built / "chapters/one.md", "There still are", "There are")
    (link / "html").rename(tmp_path / "html")
    (link / "html").symlink_to(tmp_path / "html")
    (line,) = refused(built)
    assert line.startswith(f"{link}/html is a link") and "remove it" in line
    assert site(built) == before and not (tmp_path / ".work").exists()


@pytest.mark.slow
def test_a_site_that_is_a_mount_is_left_as_it_was(built):
    before, html = site(built), built / "_build" / "html"
    apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-r", "--mount"]
    mount = [*apart, "sh", "-c", 'mount --bind "$0" "$0" && exec "$@"', str(html)]
    if subprocess.run([*mount, "true"], capture_output=True).returncode:
        pytest.skip("nobody may mount a folder on this machine")
    (line,) = refused(built, [*mount, *BOOK])
    assert line.startswith("the site is left as it was") and str(html) in line
    assert site(built) == before and not (built / "_build/.html.new").exists()
    assert build(built)[0] == 0 and "There still are" in page(built)


@pytest.mark.slow
def test_a_checkout_that_git_refuses_is_told_with_what_git_asks_for(book):
    if os.geteuid():
        pytest.skip("only root can give a folder to somebody else")
    subprocess.run(["git", "init", "-q", str(book)], check=True)
    shutil.chown(book, "nobody")
    shutil.chown(book / ".git", "nobody")
    code, log = build(book)
    assert code == 1 and "Traceback" not in log
    assert "safe.directory" in log and str(book) in log and "LEDGER_COMMIT" in log
    assert build(book, LEDGER_COMMIT="1a2b3c4 2026-11-28")[0] == 0


def test_a_limit_of_size_leaves_no_module_that_cannot_be_imported(tmp_path):
    """Python writes as much of a compiled module as it may, and takes that for the whole."""
    around = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    around.pop("PYTHONDONTWRITEBYTECODE", None)
    program = [sys.executable, "-c", "import ledger, pandas.core.frame"]
    for run in (["bash", "-c", 'ulimit -f 100; exec "$@"', "-", *program], program):
        done = subprocess.run(run, cwd=ROOT, env=around, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
    printed = 'include Makefile\n.PHONY: said\nsaid:\n\t@echo "[$$PYTHONDONTWRITEBYTECODE]"\n'
    for limit, said in (("100", "[1]"), ("unlimited", "[]")):
        make = ["bash", "-c", f"ulimit -f {limit}; make -s -f - said"]
        done = subprocess.run(
            make, cwd=ROOT, env=around, input=printed, text=True, capture_output=True
        )
        assert done.stdout.strip() == said, done.stderr


def test_a_disk_with_little_room_gets_no_compiled_modules(tmp_path):
    """Python 3.11 would leave them cut, and no later start could import them."""
    (tmp_path / "df").write_text("#!/bin/sh\nprintf 'a\\ndisk 9 9 200000 9%% /\\n'\n")
    (tmp_path / "df").chmod(0o755)
    around = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    around.pop("PYTHONDONTWRITEBYTECODE", None)
    printed = 'include Makefile\n.PHONY: said\nsaid:\n\t@echo "[$$PYTHONDONTWRITEBYTECODE]"\n'
    make = ["make", "-s", "-f", "-", "said"]
    done = subprocess.run(make, cwd=ROOT, env=around, input=printed, text=True, capture_output=True)
    assert done.stdout.strip() == "[1]", done.stderr
    program = """if True:
        import os, sys, types
        os.statvfs = lambda path: types.SimpleNamespace(f_bavail=100, f_frsize=4096)
        import ledger
        print(sys.dont_write_bytecode, os.environ["PYTHONDONTWRITEBYTECODE"])
    """
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, cwd=ROOT, env=around, text=True, capture_output=True)
    assert done.stdout.strip() == "True 1", done.stderr


def test_what_the_system_refuses_is_one_line_and_the_next_build_is_right(book):
    before = site(book)
    limited = ["bash", "-c", 'ulimit -f 40; PYTHONDONTWRITEBYTECODE=1 exec "$@"', "-"]
    (line,) = refused(book, [*limited, *BOOK])
    assert line.startswith(f"the site is left as it was: {book}/_build/"), line
    assert line.endswith(": File too large")
    assert site(book) == before
    code, log = build(book)
    assert code == 0 and "There are" in page(book), log


def test_a_command_that_may_not_write_a_file_names_it_and_leaves_nothing(book, tmp_path):
    """Under a limit of the system, and where the folder is another's."""
    data, ledger = book / "data", [sys.executable, "-m", "ledger"]
    edit_table(book, "claims", lambda text: text)
    edit(data / "claims.csv", "Arland", "Arland  again")
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    # Python itself would leave its compiled modules cut short
    limited = ["bash", "-c", 'ulimit -f 1; PYTHONDONTWRITEBYTECODE=1 exec "$@"', "-"]
    code, said = build(book, [*limited, *ledger, "accept", "claims"])
    assert (code, said) == (1, f"error: {data}/claims.csv: File too large\n")
    for folder in (data, book):
        folder.chmod(0o555)
    try:
        code, said = build(book, [*AS_OTHERS, *ledger, "accept", "claims"])
    finally:
        for folder in (data, book):
            folder.chmod(0o755)
    assert code == 1 and said.count("\n") == 1 and f"error: {book}/" in said, said
    assert before == {path.name: path.read_bytes() for path in data.iterdir()}
    assert not list(book.glob(".data.pending*"))
