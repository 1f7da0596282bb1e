"""Promise: a build installs what it needs and no more; what a command lacks is named with what
installs it.
"""

import re
import subprocess
import sys

from small_book import ROOT, surroundings

LOCK = re.compile(r"^([a-z0-9][\w.-]*)==([^ ;\\]+)", re.M)


def pins(name):
    """Return the version of each package of a lock."""
    return dict(LOCK.findall((ROOT / name).read_text(encoding="utf-8")))


def test_the_locks_agree_and_a_build_brings_no_tools():
    build, tools, lab = (pins(f"requirements{name}.txt") for name in ("", "-tools", "-lab"))
    for other in (tools, lab):
        assert {name: other[name] for name in other.keys() & build.keys()} == {
            name: build[name] for name in other.keys() & build.keys()
        }
    assert {"sphinx", "pandas", "playwright"} <= build.keys() <= lab.keys()
    assert {"pytest", "ruff", "duckdb", "uv", "requests"} <= tools.keys()
    assert not {"pytest", "ruff", "duckdb", "uv", "hypothesis"} & build.keys()


def test_every_package_is_pinned_with_hashes():
    for name in ("requirements.txt", "requirements-tools.txt", "requirements-lab.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.M)
        assert [block for block in blocks if LOCK.match(block) and "--hash=" not in block] == []


def test_a_command_names_the_package_it_lacks_and_what_installs_it(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['tqdm'] = None\n")
    ran = subprocess.run(
        [sys.executable, "-m", "ledger", "refresh", "--dry-run", "gdp"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=surroundings(PYTHONPATH=str(tmp_path)),
    )
    assert ran.returncode == 1
    assert ran.stderr == "error: this needs tqdm, which make .venv/tools brings: run it\n"


def said(target):
    """Return what make would do."""
    ran = subprocess.run(["make", "-n", "-B", target], cwd=ROOT, capture_output=True, text=True)
    return ran.stdout


def test_an_install_gives_no_number_that_it_does_not_know():
    """A lock lists what other systems and Pythons need, and what is installed already."""
    lines = re.findall(r'^echo "installing.*', said(".venv/tools"), re.M)
    shown = subprocess.run(["sh"], input="\n".join(lines), cwd=ROOT, capture_output=True, text=True)
    assert len(shown.stdout.splitlines()) == 2 and not re.search(r"\d", shown.stdout), shown.stdout


def test_make_book_installs_what_a_build_needs_and_make_test_the_rest():
    installs = "--require-hashes -r requirements{}.txt;"
    assert installs.format("") in said("book") and installs.format("-tools") not in said("book")
    for target in ("test", "check", "refresh"):
        assert installs.format("-tools") in said(target), target
