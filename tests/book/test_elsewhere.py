"""Promise: a chapter runs elsewhere: its notebook, with the installed package and nothing of this
checkout, gives under nbval, cell by cell, the very numbers and charts of the page.
"""

import compileall
import html
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib
import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from reading import CHAPTERS, EXECUTED, SITE
from small_book import ROOT

from ledger.build.execution import notebooks
from ledger.core import numbers

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
BASE, REPOSITORY = CONFIG["html"]["baseurl"], CONFIG["repository"]["url"]
NUMBERS = json.loads((SITE / "numbers.json").read_text(encoding="utf-8"))
# what ran, log by the kernel itself: where the package is, and the packages that it imported
TOLD = """# NBVAL_IGNORE_OUTPUT
import importlib.metadata, json, pathlib, sys, ledger
known = importlib.metadata.packages_distributions()
imported = sorted({name for module in list(sys.modules) for name in known.get(module, [])})
pathlib.Path("%s").write_text(json.dumps([ledger.__file__, imported]))
"""
# by sockets of files: kernels that start at once may take one another's port
TRANSPORT = """import functools, tempfile
import nbval.kernel
nbval.kernel.KernelManager = functools.partial(
    nbval.kernel.KernelManager, transport="ipc", ip=tempfile.mkdtemp() + "/kernel"
)
"""
# how many cells of each notebook passed, failed and so on: one session runs several
OUTCOMES = """
import collections, json, pathlib
outcomes = collections.defaultdict(collections.Counter)
def pytest_runtest_logreport(report):
    if report.when == "call" or not report.passed:
        outcomes[pathlib.Path(report.nodeid.partition("::")[0]).stem][report.outcome] += 1
def pytest_sessionfinish(session):
    for name, counts in outcomes.items():
        (session.config.rootpath / "reports" / f"{name}.outcomes").write_text(json.dumps(counts))
"""
# nbval's kernels keep no history, from which a chart takes its code
SANITIZE = '[regex]\nregex: "code": "(?:[^"\\\\]|\\\\.)*"\nreplace: "code": ""\n'


def file_of(page):
    return SITE / "notebooks" / f"{Path(page).name}.ipynb"


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def installed(folder):
    """Install the package into a folder as pip does, from its wheel."""
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    wheel += ["--disable-pip-version-check", "--no-index", "--wheel-dir", str(folder / "wheel")]
    made = subprocess.run([*wheel, str(ROOT)], capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    with zipfile.ZipFile(next((folder / "wheel").glob("*.whl"))) as archive:
        archive.extractall(folder / "installed")
    compileall.compile_dir(folder / "installed", quiet=1)  # as pip does
    return folder / "installed"


def run_notebooks(pages, folder):
    """Run pages' notebooks under nbval, in an empty folder, with the package installed there.

    Each has a kernel of its own, and all share the start of pytest. Returns by page how many cells
    passed, failed and so on, with what pytest said, and what the kernel wrote of itself: where the
    package is, and the packages that it imported.
    """
    paths = {page: folder / "empty" / file_of(page).name for page in pages}
    for page, path in paths.items():
        report, notebook = folder / "reports" / f"{path.stem}.json", with_outputs(page)
        notebook.cells.append(nbformat.v4.new_code_cell(TOLD % report, execution_count=1))
        nbformat.write(notebook, path)
    nbval = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider"]
    nbval += ["-p", "transport", "-p", "no:xdist", "-c", os.devnull, "--rootdir", str(folder)]
    finished = subprocess.run(
        [*nbval, "--nbval-sanitize-with", str(folder / "sanitize"), *map(str, paths.values())],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join([str(folder / "installed"), str(folder / "plugin")]),
            "XDG_CACHE_HOME": str(folder / "cache"),
        },
    )
    said = f"{finished.returncode}\n{finished.stdout[-3000:]}{finished.stderr[-1000:]}"

    def told(path, form, otherwise):
        report = folder / "reports" / f"{path.stem}.{form}"
        return json.loads(report.read_text()) if report.exists() else otherwise

    return {
        page: (told(path, "outcomes", {}), said, *told(path, "json", ("", [])))
        for page, path in paths.items()
    }


@pytest.fixture(scope="module")
def ran(request, tmp_path_factory):
    """Run the notebooks tried; return by page what `run_notebooks` does, and the package."""
    own = (item for item in request.session.items if "ran" in getattr(item, "fixturenames", ()))
    pages = {item.callspec.params["page"] for item in own if hasattr(item, "callspec")} or CHAPTERS
    folder = tmp_path_factory.mktemp("elsewhere")
    package = installed(folder)
    for name in ("empty", "reports", "plugin"):
        (folder / name).mkdir()
    (folder / "plugin" / "transport.py").write_text(TRANSPORT + OUTCOMES)
    (folder / "sanitize").write_text(SANITIZE)
    before = files(package)
    # other tests check the tables, for as long as these take
    checked = folder / "cache" / "russia-iran-ledger" / "checked"
    shutil.copytree(ROOT / "_build" / "checked", checked)
    # matplotlib lists the fonts of this machine once, for seconds
    shutil.copytree(matplotlib.get_cachedir(), folder / "cache" / "matplotlib")
    pages, finished = sorted(pages), {}
    with ThreadPoolExecutor(2) as pool:
        halves = filter(None, (pages[::2], pages[1::2]))
        for told in pool.map(lambda half: run_notebooks(half, folder), halves):
            finished |= told
    assert files(package) == before, "a notebook wrote into the package"
    beside = len(list((folder / "empty").iterdir()))
    assert beside == len(pages), "a notebook wrote beside itself"
    return finished, package


def with_outputs(page):
    """Return the notebook that readers download, with the outputs that the page shows."""
    notebook, executed = (
        nbformat.read(file_of(page), as_version=4),
        nbformat.read(EXECUTED / f"{page}.ipynb", as_version=4),
    )
    ours, theirs = (
        [cell for cell in one.cells if cell.cell_type == "code" and cell.source]
        for one in (notebook, executed)
    )
    ours[0].execution_count = 1
    for mine, made in zip(ours[1:], theirs, strict=True):  # the first installs the package
        assert mine.source == made.source
        mine.outputs, mine.execution_count = made.outputs, made.execution_count
    return notebook


def outputs(notebook):
    return [
        output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    ]


def test_the_site_has_a_notebook_of_every_chapter_with_code_and_no_other():
    assert sorted(path.name for path in (SITE / "notebooks").iterdir()) == sorted(
        file_of(page).name for page in CHAPTERS
    )


@pytest.mark.parametrize(
    "page",
    [CHAPTERS[0], *(pytest.param(page, marks=pytest.mark.slow) for page in CHAPTERS[1:])],
)
def test_a_notebook_gives_what_the_page_shows(ran, page):
    outcomes, said, where, _ = ran[0][page]
    notebook = with_outputs(page)
    cells = sum(cell.cell_type == "code" for cell in notebook.cells) + 1
    assert outcomes == {"passed": cells}, f"{outcomes} of {cells} cells: {said}"
    assert Path(where).is_relative_to(ran[1]), "not the installed package ran, but another"
    published = {
        output.metadata["ledger"]["name"]: output
        for output in outputs(notebook)
        if "form" in output.get("metadata", {}).get("ledger", {})
    }
    for number in (number for number in NUMBERS if number["page"] == page):
        name = numbers.parse(number["name"])[0]
        content, shown = published[name].metadata["ledger"], published[name].data["text/plain"]
        record = numbers.pick(number["name"], content)
        assert record | {"page": page} == number
        # where a sentence prints otherwise, as in words, the cell shows it in its own form
        if "value" in content:
            alone = numbers.pick(name, content)["printed"]
        else:
            alone = f"{len(content['values']):,} value"
        assert shown.startswith(f"{name}: {alone}"), "a notebook by itself would not show it"
    drawn = [
        re.search(r"^Chart (\S+):", output.data["text/plain"])[1]
        for output in outputs(notebook)
        if "<svg" in output.get("data", {}).get("text/html", "")
    ]
    assert drawn == re.findall(
        r'<figure class="ledger-chart[^"]*" id="chart-([^"]+)"',
        (SITE / f"{page}.html").read_text(encoding="utf-8"),
    )
    assert not [output for output in outputs(notebook) if output.output_type in ("error", "stream")]


def test_the_dependencies_that_pip_installs_are_enough(ran):
    done, installed = ran
    (metadata,) = installed.glob("*.dist-info/METADATA")
    waiting = [
        line.partition(": ")[2]
        for line in metadata.read_text(encoding="utf-8").splitlines()
        if line.startswith("Requires-Dist: ")
    ]
    assert waiting
    needed, waiting = (
        {"russia-iran-ledger", "setuptools"},
        [  # every Python of an environment that has setuptools loads a part of it
            *waiting,
            "ipykernel",
        ],
    )
    while waiting:
        wanted = Requirement(waiting.pop())
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name not in needed and (not wanted.marker or wanted.marker.evaluate({"extra": ""})):
            needed.add(name)
            waiting += importlib.metadata.requires(name) or []
    for page, (*_, imported) in done.items():
        foreign = {re.sub(r"[-_.]+", "-", name).lower() for name in imported} - needed
        assert not foreign, f"{page} imports what the package does not depend on"


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_notebook_has_the_code_of_the_page_and_prose_that_any_notebook_shows(page):
    notebook = nbformat.read(file_of(page), as_version=4)
    nbformat.validate(notebook)
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert code[1:] == [
        cell.source
        for cell in notebooks.read_notebook(text).cells
        if cell.cell_type == "code" and cell.source
    ]
    assert (
        code[0].startswith("try:\n    import ledger\nexcept ImportError:")
        and f'\n    %pip install --quiet "git+{REPOSITORY}@' in code[0]
    )
    assert not outputs(notebook) and [cell.id for cell in notebook.cells] == [
        f"cell-{number}" for number in range(len(notebook.cells))
    ]
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert BASE in notebook.cells[0].source and "Version" in notebook.cells[0].source
    assert not re.search(
        r"\{[\w:-]+\}`|^[`:]{3,}\{|^\([\w-]+\)=|\{\{|\]\((?!https?:)|\.md\)"
        r"|<a href=\"(?!https?:)|\(\)|\[\]",
        prose,
        re.M,
    ), prose
    for address in re.findall(rf"{re.escape(BASE)}([^\s)\">#]*)(#[^\s)\">]+)?", prose):
        there = SITE / (address[0] or "index.html")
        assert there.is_file(), address
        assert not address[1] or f'id="{address[1][1:]}"' in there.read_text(encoding="utf-8"), (
            address
        )


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_page_offers_its_notebook_and_where_to_run_it(page):
    (block,) = re.findall(
        r'<details class="run">.*?</details>',
        (SITE / f"{page}.html").read_text(encoding="utf-8"),
        re.S,
    )
    links = re.findall(r'href="([^"]+)"', block)
    commit = json.loads((SITE / "build.json").read_text(encoding="utf-8"))["commit"]
    assert (SITE / page).parent.joinpath(links[0]).resolve() == file_of(page)
    owner = REPOSITORY.removeprefix("https://github.com/")
    blob = f"{owner}/blob/notebooks/{file_of(page).name}"
    assert links[1:] == [
        f"https://mybinder.org/v2/gh/{owner}/{commit}?urlpath=lab/tree/{page}.md",
        f"https://colab.research.google.com/github/{blob}",
    ]
    assert (
        f'pip install jupyterlab "git+{REPOSITORY}@{commit}"\njupyter lab {file_of(page).name}'
        in html.unescape(block)
    )


# --- Binder and the development container ---------------------------------------------------------


def test_binder_and_the_container_take_the_lock():
    (line,) = (
        (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").split("\n", 1)[0:1]
    )
    assert (ROOT / ".binder" / line.removeprefix("-r ")).resolve() == ROOT / "requirements-lab.txt"
    assert all(os.access(ROOT / ".binder" / name, os.X_OK) for name in ("postBuild", "start"))
    log = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    (ours,) = re.findall(r"python:[\d.-]*?(3\.\d+)-", log["image"])
    assert (ROOT / ".binder" / "runtime.txt").read_text(
        encoding="utf-8"
    ).strip() == f"python-{ours}" and ours == "3.11"
    assert "make .venv/tools" in log["postCreateCommand"] and 8000 in log["forwardPorts"]
