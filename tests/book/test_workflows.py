"""Promise: what GitHub runs are commands that exist here, with no more rights than each needs.
(actionlint and zizmor see to the rest, in `make check`.)
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from ledger.commands.compare import report

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
JOBS = {
    (workflow, name): job
    for workflow, content in WORKFLOWS.items()
    for name, job in content["jobs"].items()
}
STEPS = [
    (f"{workflow}/{name}: {step['name']}", step)
    for (workflow, name), job in JOBS.items()
    for step in job["steps"]
]
LINES = [line.strip() for _, step in STEPS for line in step.get("run", "").splitlines()]


def test_every_make_target_and_what_it_is_told_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {
        name
        for names in re.findall(r"^([\w./ -]+):(?!=)", makefile, re.M)
        for name in names.split()
    }
    packages = set(re.search(r"\$\(filter ([a-z ]+),\$\(DEPENDENCIES\)\)", makefile)[1].split())
    commands = [re.split(r" 2>| \|", line)[0] for line in LINES if line.startswith("make ")]
    calls = [re.sub(r"-C \S+ ", "", command).split()[1:] for command in commands]
    words = {word for call in calls for word in call}
    assert len(calls) >= 8 and {word for word in words if "=" not in word} <= targets
    assert {word for word in words if "=" in word} == {
        "DEPENDENCIES=newest",
        'DEPENDENCIES="$PACKAGES"',
    }
    assert set(JOBS["book", "early"]["strategy"]["matrix"]["packages"]) == packages


def test_the_early_warning_has_every_python_from_the_oldest_on_as_contributors_are_told():
    early = JOBS["book", "early"]
    pythons = [tuple(map(int, each.split("."))) for each in early["strategy"]["matrix"]["python"]]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    first, last = pythons[0], pythons[-1]
    assert project["requires-python"] == ">={}.{}".format(*first)
    assert pythons == [(3, minor) for minor in range(first[1], last[1] + 1)]
    assert early["continue-on-error"] is True
    told = "({}.{} to {}.{}; oldest, locked, newest)".format(*first, *last)
    assert told in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_command_of_the_book_and_its_options_exist():
    calls = {tuple(line.split("-m ledger ")[1].split()) for line in LINES if "-m ledger " in line}
    assert {call[0] for call in calls} == {
        "compare",
        "links",
        "publish",
        "release",
        "sources",
    }
    for command, *words in calls:
        done = subprocess.run(
            [sys.executable, "-m", "ledger", command, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env=os.environ | {"COLUMNS": "200"},
        )
        assert done.returncode == 0, done.stderr
        for word in words:
            assert not word.startswith("--") or re.search(
                rf"(?<![\w-]){word}(?![\w-])", done.stdout
            ), f"{command} has no {word}"


def test_an_action_is_pinned_to_one_commit_everywhere_and_says_which_version_that_is():
    pins = {}
    for path in FILES:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "uses:" in line:
                found = re.fullmatch(
                    r"\s*(?:- )?uses: ([\w-]+/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", line
                )
                assert found, f"{path.name}: {line.strip()} is not OWNER/NAME@COMMIT # vVERSION"
                pins.setdefault(found[1], set()).add(found.groups()[1:])
    assert pins and all(len(each) == 1 for each in pins.values()), pins


def test_the_form_for_errors_is_one_that_github_takes():
    (form,) = (ROOT / ".github" / "ISSUE_TEMPLATE").iterdir()
    check = [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema"]
    done = subprocess.run([*check, "vendor.github-issue-forms", form], capture_output=True)
    assert done.returncode == 0, done.stdout


def test_rights_are_as_few_as_they_can_be():
    assert all(content["permissions"] == {} for content in WORKFLOWS.values())
    assert all(
        step["with"]["persist-credentials"] is False
        for _, step in STEPS
        if "actions/checkout@" in step.get("uses", "")
    )
    more = {job: set(JOBS[job]["permissions"].items()) - {("contents", "read")} for job in JOBS}
    assert {job: rights for job, rights in more.items() if rights} == {
        ("book", "publish"): {("pages", "write"), ("id-token", "write")},
        ("book", "notebooks"): {("contents", "write")},
        ("refresh", "propose"): {("contents", "write"), ("pull-requests", "write")},
        ("release", "release"): {("contents", "write")},
        ("release", "site"): {("actions", "write")},
    }
    ref = "github.ref == 'refs/heads/main'"
    for job in (("book", "publish"), ("book", "notebooks")):
        assert not any(
            "checkout" in step.get("uses", "") or re.search(r"make|python", step.get("run", ""))
            for step in JOBS[job]["steps"]
        ), "it runs code of the repository"
        assert JOBS[job]["if"] == f"github.event_name != 'pull_request' && {ref}"


def test_only_what_was_checked_and_tested_is_published():
    assert set(JOBS["book", "publish"]["needs"]) == {"check", "test", "build"} and JOBS[
        "book", "notebooks"
    ]["needs"] == ["publish"]
    assert not any(JOBS["book", job].get("continue-on-error") for job in ("check", "test", "build"))


def test_what_checks_tests_and_builds_is_read_for_faults_to_be_shown_beside_their_lines():
    """Not where code stands in a copy or in folders: the preview and tries of other packages.
    Nor a refresh, whose faults are the institutions'.
    """
    step = 'echo "::add-matcher::.github/problem-matchers.json"'
    assert (ROOT / ".github" / "problem-matchers.json").is_file()
    for job, content in JOBS.items():
        lines = [
            line.strip() for one in content["steps"] for line in one.get("run", "").split("\n")
        ]
        works = [
            line for line in lines if re.match(r"make (?!-C|test-matrix|\.venv|refresh)", line)
        ]
        assert (step in lines) == bool(works), job
        assert not works or lines.index(step) < lines.index(works[0]), job


def test_packages_are_kept_by_the_locks_and_never_for_what_is_published():
    kept = {job: step for job in JOBS for step in JOBS[job]["steps"] if "cache" in str(step)}
    assert set(kept) == {
        ("book", "check"),
        ("book", "test"),
        ("book", "mac"),
        ("preview", "preview"),
    }
    for job, step in kept.items():
        assert step["uses"].startswith("actions/cache@"), job
        assert set(step["with"]) == {"path", "key"}, f"{job} takes what other locks left"
        assert set(step["with"]["path"].split()) == {"~/.cache/uv", "~/.cache/pip"}
        hashed = re.search(r"hashFiles\((.*?)\)", step["with"]["key"])[1]
        folder = "new/" if job[0] == "preview" else ""
        assert hashed == f"'{folder}requirements.txt', '{folder}requirements-tools.txt'", job
        (python,) = [one for one in JOBS[job]["steps"] if "setup-python@" in one.get("uses", "")]
        assert f"-{python['with']['python-version']}-" in step["with"]["key"], job
    assert not any("cache" in str(WORKFLOWS[each]) for each in ("release", "weekly", "refresh")), (
        "what is published must come from nothing but the commit and the lock"
    )


def test_the_comparing_program_is_checked_out_before_the_code_of_the_change_runs():
    runs = [step.get("run", "") for step in JOBS["preview", "preview"]["steps"]]
    at = next(place for place, run in enumerate(runs) if "worktree add" in run)
    assert "-c core.hooksPath=/dev/null" in runs[at]
    assert not any(runs[:at]) and runs.index("make -C new book") > at


def test_the_preview_keeps_its_page_unpacked_and_links_to_it_above_the_list(tmp_path):
    steps = {step["name"]: step for step in JOBS["preview", "preview"]["steps"]}
    page = steps["Keep the report as a page"]
    assert page["with"]["path"] == f"preview/{report.ALONE}" and page["with"]["archive"] is False
    show = steps["Show the list, and where the report is"]
    assert show["env"] == {"PAGE": f"${{{{ steps.{page['id']}.outputs.artifact-url }}}}"}
    (tmp_path / "preview").mkdir()
    (tmp_path / "preview" / "summary.md").write_text("## The list\n", encoding="utf-8")
    told = {"PAGE": "https://github.com/o/b/actions/runs/1/artifacts/2"}
    subprocess.run(
        ["bash", "-e", "-c", show["run"]],
        cwd=tmp_path,
        env=os.environ | told | {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")},
        check=True,
    )
    first, *rest = (tmp_path / "summary").read_text(encoding="utf-8").splitlines()
    assert f"]({told['PAGE']})" in first and rest == ["## The list"]


@pytest.mark.parametrize("broken", ["", "v2"], ids=["whole", "cut off"])
def test_every_release_is_fetched_or_nothing_is_published(tmp_path, broken):
    """`gh` is one that knows three releases, and fails at one of them."""
    step = next(step for name, step in STEPS if name.endswith(": Fetch the versions that are kept"))
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(
        '#!/bin/sh\nif [ "$2" = list ]; then printf "v3\\nv2\\nv1\\n"; exit; fi\n'
        f'[ "$3" = "{broken}" ] && exit 1\necho "$@" > "versions/$3"\n',
        encoding="utf-8",
    )
    gh.chmod(0o755)
    told = {"PATH": f"{gh.parent}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "owner/book"}
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],  # as GitHub runs it
        cwd=tmp_path,
        env=os.environ | told,
    )
    assert (done.returncode != 0) == bool(broken)
    fetched = {path.name for path in (tmp_path / "versions").iterdir()}
    assert fetched == ({"v3"} if broken else {"v1", "v2", "v3"})
    assert JOBS["book", "publish"]["needs"] == ["check", "test", "build"]


@pytest.mark.parametrize("before", [False, True], ids=["first", "again"])
def test_the_branch_of_notebooks_holds_the_published_ones_and_nothing_else(tmp_path, before):
    step = next(step for name, step in STEPS if name == "book/notebooks: Push them")
    git = lambda *words, folder=tmp_path: (
        subprocess.run(
            ["git", *words], cwd=folder, check=True, capture_output=True, text=True
        ).stdout
    )
    git("init", "--bare", "--quiet", "hub/owner/book")
    for content in ["old", "new"] if before else ["new"]:
        folder = tmp_path / content
        folder.mkdir()
        (folder / f"{content}.ipynb").write_text("{}")
        redirected = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/hub/.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://x-access-token:t0ken@github.com/",
        }
        told = {
            "TOKEN": "t0ken",
            "GITHUB_REPOSITORY": "owner/book",
            "GITHUB_SHA": "abc",
            "HOME": str(tmp_path),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=folder,
            env=os.environ | told | redirected,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0 and "t0ken" not in done.stdout + done.stderr, done.stderr
    hub = tmp_path / "hub" / "owner" / "book"
    assert git("ls-tree", "--name-only", "notebooks", folder=hub).split() == ["new.ipynb"]
    assert git("log", "--format=%s", "notebooks", folder=hub).split("\n")[:-1] == [
        "Notebooks of abc"
    ]


# --- the pull request of a refresh ----------------------------------------------------------------

ROBOT = "41898282+github-actions[bot]@users.noreply.github.com"
OLD, NEW = "year,value\n2020,1\n", "year,value\n2020,2\n"
WRITES = "sed -i s/2020,1/2020,2/ data/gdp.csv\n"  # what `make refresh` does to a table


def git(*words, folder, **environment):
    """Run git, to which github.com is the folder `hub` beside the working folder."""
    hub = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{folder.parent}/hub/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://x-access-token:t0ken@github.com/",
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(folder.parent),
    }
    return subprocess.run(
        words if words[0] == "bash" else ["git", *words],
        cwd=folder,
        env=os.environ | hub | environment,
        capture_output=True,
        text=True,
    )


def commit(folder):
    git("add", "data", "build.sh", folder=folder)
    who = ["-c", "user.name=one", "-c", "user.email=one@example.org"]
    assert git(*who, "commit", "-qm", "One", folder=folder).returncode == 0


@pytest.fixture
def checkout(tmp_path):
    """A repository with a table, at the hub and checked out."""
    folder = tmp_path / "book"
    (folder / "data").mkdir(parents=True)
    git("init", "--quiet", "--initial-branch", "main", folder=folder)
    git("init", "--quiet", "--bare", str(tmp_path / "hub" / "owner" / "book"), folder=folder)
    (folder / "data" / "gdp.csv").write_text(OLD, encoding="utf-8")
    (folder / "build.sh").write_text("true\n", encoding="utf-8")
    commit(folder)
    return folder


def program(folder, name, script):
    """Have a program of this name do what a script says; return PATH with it in front."""
    path = folder.parent / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
    path.chmod(0o755)
    return f"{path.parent}:{os.environ['PATH']}"


def step(name):
    return next(one for label, one in STEPS if label == name)


def prepare(checkout, script):
    """Run the steps of the first job with a `make` that does what a script says."""
    told = {"GITHUB_OUTPUT": "out", "GITHUB_STEP_SUMMARY": "../summary"}
    told["PATH"] = program(checkout, "make", script)
    refresh = step("refresh/tables: Refresh")
    bash = ["bash", "-eo", "pipefail"] if refresh["shell"] == "bash" else ["bash", "-e"]
    ran = git(*bash, "-c", refresh["run"], folder=checkout, **told)
    write = step("refresh/tables: Write the change and what it does")
    wrote = git("bash", "-e", "-c", write["run"], folder=checkout, **told)
    assert wrote.returncode == 0, wrote.stderr
    out = checkout / "out"
    return ran.returncode, out.read_text(encoding="utf-8") if out.exists() else ""


def propose(checkout, number=""):
    """Run the second job's step on a checkout of its own; return how it went, what `gh` was asked.

    `number` is that of the pull request that is open.
    """
    fresh, asked = checkout.parent / "fresh", checkout.parent / "asked"
    shutil.rmtree(fresh, ignore_errors=True)
    asked.unlink(missing_ok=True)
    git("clone", "--quiet", "--branch", "main", str(checkout), str(fresh), folder=checkout)
    shutil.copytree(checkout / "proposal", fresh / "proposal")
    script = f'echo "$@" >> {asked}\n[ "$2" = list ] && echo "{number}" || true\n'
    told = {"PATH": program(checkout, "gh", script), "GITHUB_REPOSITORY": "owner/book"}
    one = step("refresh/propose: Push it, and open or renew the pull request")
    environment = one["env"] | told | {"GH_TOKEN": "t0ken"}
    ran = git("bash", "-e", "-c", one["run"], folder=fresh, **environment)
    assert "t0ken" not in ran.stdout + ran.stderr
    return ran, asked.read_text(encoding="utf-8") if asked.exists() else ""


def proposed(checkout, *words):
    hub = checkout.parent / "hub" / "owner" / "book"
    return git(*words, folder=hub).stdout


def test_a_refresh_becomes_a_patch_of_tables_and_a_text_that_ends_no_block(checkout):
    """One table fails, and what an institution writes looks like the end of the block."""
    code, out = prepare(
        checkout, WRITES + 'echo "gdp: 1 row revised"; echo "~~~~"; echo "@all **x**"; exit 2\n'
    )
    assert code and step("refresh/tables: Refresh")["continue-on-error"] is True
    assert out == "changed=true\n"
    body = (checkout / "proposal" / "body.md").read_text(encoding="utf-8")
    assert body.count("~~~~") == 2
    inside = body.split("~~~~")[1]
    assert inside == "text\ngdp: 1 row revised\n~\n@all **x**\n\n"
    assert "Close and reopen this pull request" in body
    assert (checkout.parent / "summary").read_text(encoding="utf-8") == body
    patch = (checkout / "proposal" / "tables.patch").read_text(encoding="utf-8")
    assert "-2020,1\n+2020,2\n" in patch and patch.count("diff --git") == 1


def test_a_text_longer_than_github_takes_is_cut_and_ends_its_block(checkout):
    many = 'i=0; while [ $i -lt 9000 ]; do echo "– row $i"; i=$((i+1)); done\n'
    prepare(checkout, WRITES + many)
    body = (checkout / "proposal" / "body.md").read_text(encoding="utf-8")
    assert 50_000 < len(body.encode()) < 65_536 and body.count("\n~~~~\n") == 1


def test_where_nothing_changed_nothing_is_proposed(checkout):
    assert prepare(checkout, "echo nothing has changed\n") == (0, "")
    jobs = WORKFLOWS["refresh"]["jobs"]
    on_main = "github.ref == 'refs/heads/main'"
    assert jobs["propose"]["if"] == f"needs.tables.outputs.changed == 'true' && {on_main}"
    for one in jobs["propose"]["steps"]:
        assert not re.search(r"\b(make|python3?|pip|uv)\b", one.get("run", "")), "it runs code"


def test_one_pull_request_is_opened_and_then_renewed(checkout):
    prepare(checkout, WRITES + 'echo "gdp: 1 row revised"\n')
    ran, asked = propose(checkout)
    assert ran.returncode == 0, ran.stderr
    assert proposed(checkout, "show", "refresh-tables:data/gdp.csv") == NEW
    assert proposed(checkout, "log", "-1", "--format=%ce", "refresh-tables").strip() == ROBOT
    assert re.search("^pr create .*--base main --head refresh-tables .*body.md$", asked, re.M)
    ran, asked = propose(checkout, number="7")
    assert ran.returncode == 0, ran.stderr
    assert "repos/owner/book/pulls/7" in asked and "pr create" not in asked
    commits = proposed(checkout, "log", "--format=%s", "refresh-tables").splitlines()
    assert len(commits) == 2, "the branch is main and one commit"


def test_a_branch_on_which_somebody_works_is_left_alone(checkout):
    prepare(checkout, WRITES)
    git("switch", "--quiet", "--create", "work", folder=checkout)
    (checkout / "data" / "gdp.csv").write_text("mine\n", encoding="utf-8")
    commit(checkout)
    address = "https://x-access-token:t0ken@github.com/owner/book"
    git("push", "--quiet", address, "HEAD:refs/heads/refresh-tables", folder=checkout)
    ran, asked = propose(checkout)
    assert ran.returncode == 0 and ran.stdout.startswith("::warning title=Refresh::Somebody else")
    assert proposed(checkout, "show", "refresh-tables:data/gdp.csv") == "mine\n" and not asked


@pytest.mark.parametrize(
    "script",
    [
        "echo evil > build.sh; git add build.sh\n",
        "rm data/gdp.csv\n",
        "rm data/gdp.csv; ln -s ../build.sh data/gdp.csv\n",
        "printf 'a\\n' > data/gdp.txt; git add data/gdp.txt\n",
    ],
    ids=["code", "gone", "link", "another file"],
)
def test_a_patch_of_anything_but_tables_is_refused(checkout, script):
    prepare(checkout, WRITES)
    forged = git("bash", "-c", script + "git diff --binary HEAD", folder=checkout).stdout
    (checkout / "proposal" / "tables.patch").write_text(forged, encoding="utf-8")
    ran, asked = propose(checkout)
    assert ran.returncode == 1 and "::error::The change is not of tables alone" in ran.stdout
    assert not asked and not proposed(checkout, "branch", "--list", "refresh-tables")


def test_a_hub_that_does_not_answer_ends_the_run(checkout):
    prepare(checkout, WRITES)
    shutil.rmtree(checkout.parent / "hub")
    ran, asked = propose(checkout)
    assert ran.returncode and not asked
