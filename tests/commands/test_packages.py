"""Promise: a build installs what it needs and no more; what a command lacks is named with what
installs it.
"""

import re
import subprocess
import sys

import pytest
from small_book import ROOT, surroundings

from checks import text
from checks.locks import locks as checks_of_locks

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
    # that they agree is tried above; make test-matrix leaves one of them as it was
    assert not [said for said in checks_of_locks() if "or other hashes than in" not in said]


HASH = "    --hash=sha256:" + "a" * 64
SOUND = f"alpha==1.0 \\\n{HASH} \\\n{HASH[:-1]}b\n    # via beta\nbeta==2.1 \\\n{HASH}\n"
ODD = f"{SOUND}gamma==1.0 ; {{}} \\\n{HASH}\n"


def said_of(folder, monkeypatch, **locks):
    """Return what the check says of files, given by what their names have after `requirements`."""
    monkeypatch.setattr(text, "ROOT", folder)
    for name, content in locks.items():
        raw = content if isinstance(content, bytes) else content.encode()
        (folder / f"requirements{name}.txt").write_bytes(raw)
    return list(checks_of_locks())


@pytest.mark.parametrize(
    "lock, line, says",
    [
        (SOUND.replace("\nbeta==2.1", "\nbeta\n==2.1"), 5, "'beta' is neither a package pinned"),
        (SOUND.replace("beta==2.1", "beta>=2.1"), 5, "'beta>=2.1 \\\\' is neither a package"),
        (SOUND.replace("beta==2.1", "beta==2.*"), 5, "beta: Invalid version: '2.*'"),
        (SOUND.replace("beta==2.1", "beta @ https://a.b/c.whl"), 5, "'beta @ https://a.b/c.whl"),
        (SOUND + "gamma==1.0\n", 7, "'gamma==1.0' is neither a package pinned"),
        (SOUND + "gamma==1.0 \\\n", 8, "the hashes of gamma break off"),
        (SOUND.replace(f" \\\n{HASH}\n", "\n"), 5, "'beta==2.1' is neither a package pinned"),
        (SOUND.replace("aa\n", "a\n"), 6, "the hashes of beta break off"),
        (SOUND.replace("aa \\\n", "aa\n"), 3, "'--hash=sha256:aaaaaaaaaaaaaa"),
        (SOUND.replace("sha256:a", "md5:a"), 2, "the hashes of alpha break off"),
        (SOUND + SOUND, 7, "alpha stands twice, first on line 1"),
        (ODD.format("sys_platform = 'linux'"), 7, "gamma: "),
        ("--index-url http://a.b/\n" + SOUND, 1, "'--index-url http://a.b/' is neither"),
        (SOUND + "-r other.txt\n", 7, "'-r other.txt' is neither a package pinned"),
        ("<<<<<<< HEAD\n" + SOUND, 1, "git left the marks of a merge"),
        (SOUND + "=======\n", 7, "'=======' is neither a package pinned"),
        (SOUND.encode("utf-16"), 1, "the file is UTF-16. Save it as UTF-8"),
        (SOUND.replace("via", "v\xefa").encode("latin-1"), 4, "the byte 0xef is not UTF-8"),
        ("", 1, "it pins nothing"),
    ],
)
def test_a_lock_that_is_spoilt_is_refused_in_a_line(tmp_path, monkeypatch, lock, line, says):
    (said,) = said_of(tmp_path, monkeypatch, **{"": lock})
    assert said.startswith(f"requirements.txt:{line}: {says}") and "\n" not in said, said


def test_locks_that_have_a_package_by_other_hashes_are_refused(tmp_path, monkeypatch):
    other = SOUND.replace("b\n", "c\n", 1)
    (said,) = said_of(tmp_path, monkeypatch, **{"": SOUND, "-tools": other})
    where = "requirements.txt:1: alpha has another version or other hashes than in "
    assert said.startswith(f"{where}requirements-tools.txt. Do not edit it by hand"), said


def test_a_package_of_two_versions_for_two_pythons_is_right(tmp_path, monkeypatch):
    lock = (
        ODD.format("python_version < '3.12'") + ODD.format("python_version >= '3.12'")[len(SOUND) :]
    )
    assert said_of(tmp_path, monkeypatch, **{"": lock}) == []


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
    told = "Run make .venv/tools, then .venv/bin/python -m ledger refresh --dry-run gdp"
    lacks = f"error: this needs tqdm, which {sys.executable} does not have."
    assert ran.stderr == f"{lacks} {told}\n"


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
