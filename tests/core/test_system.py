"""Promise: a terminal that is closed, full or poor in letters gets its line, never a traceback; and
git runs no program that a checkout names.
"""

import os
import subprocess
import sys

import pytest
from small_book import ROOT

from ledger.build.sphinxext.history import file_dates, uncommitted
from ledger.core.system.git import GitError, git, top

COMMANDS = (
    ["ledger", "sources"],
    ["ledger", "--help"],
    ["checks"],  # names the checks there are
    ["ledger.core.authored.preflight"],
)
POOR = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


def run(words, ends="", **environment):
    """Run a module, with a shell's words for its output; return status and what it says."""
    ran = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'"$@" {ends}', "-", sys.executable, "-m", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environment,
    )
    assert "Traceback" not in ran.stderr and "Exception ignored" not in ran.stderr, ran.stderr
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize("words", COMMANDS[:2], ids=" ".join)
def test_output_that_cannot_be_written_is_told_in_a_line_and_one_nobody_reads_is_not(words):
    code, _, said = run(words, "> /dev/full")
    assert code == 1 and said.count("\n") == 1
    assert said == "error: the output cannot be written: No space left on device\n"
    assert run(words, "| true") == (141, "", "")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_closed_output_changes_nothing(words):
    code, _, said = run(words)
    assert run(words, ">&-")[::2] == (code, said)
    assert run(words, ">&- 2>&- <&-")[0] == code


def test_what_a_terminal_has_no_letter_for_is_printed_as_its_number():
    for words in COMMANDS[0], ["ledger", "claims"]:
        code, rich, _ = run(words, PYTHONUTF8="1")
        assert not rich.isascii()
        assert run(words, **POOR)[:2] == (code, rich.encode("ascii", "backslashreplace").decode())


def test_a_file_opened_after_closed_output_does_not_get_what_is_printed(tmp_path):
    code = (
        "import sys; from ledger.core.system import terminal\n"
        "def write():\n"
        "    with open(sys.argv[1], 'w') as file:\n"
        "        print('for nobody'); sys.stdout.flush(); file.write('for the file')\n"
        "    return 0\n"
        "sys.exit(terminal.run(write))"
    )
    command = ["bash", "-c", '"$@" >&-', "-", sys.executable, "-c", code, str(tmp_path / "file")]
    subprocess.run(command, cwd=ROOT, check=True)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "for the file"


# --- git ------------------------------------------------------------------------------------------


@pytest.fixture
def hostile(tmp_path):
    """Return a repository whose settings name a program that leaves a mark, and the mark."""
    folder, mark = tmp_path / "book", tmp_path / "mark"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho $0 >> {mark}\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "fsmonitor-watchman"):
        (hooks / hook).symlink_to(program)
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder)]
    folder.mkdir()
    subprocess.run([*command, "init", "-q"], check=True)
    (folder / "index.md").write_text("a", encoding="utf-8")
    (folder / ".gitattributes").write_text("*.md filter=x=y diff=x\n", encoding="utf-8")
    subprocess.run([*command, "add", "."], check=True)
    subprocess.run([*command, "commit", "-q", "-m", "a"], check=True)
    settings = {
        "core.fsmonitor": program,
        "core.hooksPath": hooks,
        "core.pager": program,
        "core.askPass": program,
        "filter.x=y.clean": program,
        "filter.x=y.required": "true",
        "diff.external": program,
        "diff.x.textconv": program,
        "diff.x.command": program,
        "gpg.program": program,
        "log.showSignature": "true",
    }
    for name, value in settings.items():
        subprocess.run([*command, "config", name, str(value)], check=True)
    (folder / "index.md").write_text("b", encoding="utf-8")
    return folder, mark


def test_git_runs_nothing_that_the_checkout_names(hostile):
    folder, mark = hostile
    subprocess.run(["git", "-C", str(folder), "status"], check=True, capture_output=True)
    assert mark.is_file(), "git itself does not run it either"
    mark.unlink()
    assert top(folder) == folder.resolve()
    assert list(file_dates(folder)) == ["index.md"]
    assert uncommitted(folder) == {"index.md"}
    assert git(folder, "status", "--porcelain") == " M index.md\n"
    assert git(folder, "show", "--no-textconv", "HEAD:./index.md") == "a"
    assert not mark.exists(), mark.read_text(encoding="utf-8")


def test_settings_of_the_environment_stay(hostile, monkeypatch):
    """As `safe.directory`, by which who builds elsewhere says that a checkout is theirs."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "a.word")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "kept")
    assert git(hostile[0], "config", "a.word") == "kept\n"


def test_git_says_itself_what_is_wrong(tmp_path):
    with pytest.raises(GitError, match="not a git repository"):
        git(tmp_path, "status")
