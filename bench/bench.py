"""make bench: how long builds take and what pages weigh, beside stock Jupyter Book with the same
content, and how large files are read, in one run.

"Stock" is `jupyter-book build` of the same chapters, with its cache on and without this book's
Sphinx extension: printed numbers become {glue:text}, badges plain text, charts the pictures that a
notebook shows. Ours and stock take turns; figures are medians of several rounds, and ratios are
taken within the run. Reading a bulk file of ten million rows stands beside plain pandas. `--write`
puts tables and a chart into docs/.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path

import bulk
import page_speed
import psutil
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PARTS = [
    "_config.yml",
    "_toc.yml",
    "index.md",
    "book.yml",
    "chapters",
    "data",
    "analysis",
    "ledger",
    "assets",
    "references.bib",
    "requirements.txt",
    "CITATION.cff",
]
SIZES = [
    8,
    16,
    32,
    64,
]  # generated chapters; stock is timed at the first and the last, which takes long enough
STRICT = ["-W", "-n", "--keep-going"]
# the book's chapters run side by side by its engine, and nothing else is done
ALONE = """
import sys
from pathlib import Path
from ledger.build.execution.notebooks import code_length, is_notebook, read_notebook
from ledger.build.execution.pool import ChapterPool, worker_count

texts = {path.stem: path.read_text(encoding="utf-8") for path in Path("chapters").glob("*.md")}
books = {name: read_notebook(text) for name, text in texts.items() if is_notebook(text)}
pool = ChapterPool(worker_count(), Path("_build", ".jupyter_cache"))
pool.start()
for name in sorted(books, key=lambda name: -code_length(books[name])):
    pool.submit(f"chapters/{name}", books[name])
failed = pool.wait_for_all(lambda message: None)
pool.close()
sys.exit("\\n".join(map(str, failed)) if failed else 0)
"""
EDITED = "gas_pipelines"  # a table that one chapter of the book loads, and no claim
PAGES = [
    "index.html",
    *(
        f"chapters/{name}.html"
        for name in ("security", "energy", "economics", "diplomacy", "outlook", "claims", "about")
    ),
    # what stock Jupyter Book has no page for
    "tables/arms-transfers.html",
    "claims/c39.html",
    "charts/steel-to-grain.html",
]
TARGETS = {
    "cold build": 0.30,
    "nothing changed": 0.35,
    "prose edit": 0.60,
    "table edit": 0.20,
    "one more chapter": 0.13,
}
CHAPTER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
# Generated chapter {n}

```{{code-cell}} ipython3
from analysis import measures
from ledger import charts, load, numbers

trade, gdp = load("trade_totals"), load("gdp")
flows = measures.bilateral_trade(trade, "UN Comtrade", "RUS", "IRN") / 1e6
numbers.put(
    "trade-{n}",
    flows.loc[2019].sum(),
    "{{:,.0f}}",
    table="trade_totals",
    unit="US$ million",
)
```

Trade of 2019 was worth {{num}}`trade-{n}` million dollars.

```{{code-cell}} ipython3
names = {{"export": "Russia's exports", "import": "Russia's imports"}}
ax = charts.lines(flows.rename(columns=names), "US$ million")
charts.publish(
    ax,
    "flows-{n}",
    table="trade_totals",
    data=flows,
    caption="Trade between Russia and Iran, as Russia reported it.",
    alt="Two lines that rise and fall over the years.",
)
```

```{{code-cell}} ipython3
pair = gdp[gdp["country"].isin(["RUS", "IRN"])]
output = pair.pivot(index="year", columns="country", values="gdp_usd") / 1e12
ax = charts.lines(output.rename(columns={{"RUS": "Russia", "IRN": "Iran"}}), "US$ trillion")
charts.publish(
    ax,
    "output-{n}",
    table="gdp",
    data=output,
    caption="Output of Russia and of Iran over the years.",
    alt="Russia's line stands far above that of Iran.",
)
```
"""


# --- books to build -------------------------------------------------------------------------------


def copy(folder: Path) -> Path:
    """Copy what the book is built from into a new folder, and return it."""
    folder.mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


def generated(folder: Path, chapters: int) -> Path:
    """Return a copy of the book with `chapters` generated chapters in place of its own."""
    copy(folder)
    shutil.rmtree(folder / "chapters")
    (folder / "chapters").mkdir()
    (folder / "index.md").write_text("# Generated\n", encoding="utf-8")
    for n in range(1, chapters + 1):
        (folder / "chapters" / f"c{n:02}.md").write_text(CHAPTER.format(n=n), encoding="utf-8")
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n- glob: chapters/*\n", encoding="utf-8"
    )
    return folder


def stock(folder: Path) -> Path:
    """Turn a copy of the book into one that stock Jupyter Book builds: same text, same code, no
    extension of ours.
    """
    for page in [folder / "index.md", *folder.glob("chapters/*.md")]:
        text = page.read_text(encoding="utf-8")
        text = re.sub(r"\{num\}`", "{glue:text}`", text)
        text = re.sub(r"\{(?:claim|numref|ref)\}`([^`]+)`|\{\{ (\w+) \}\}", r"\1\2", text)
        text = re.sub(
            r"^```\{(?:ledger|omissions|table-list|changes)\}.*?^```$", "", text, flags=re.S | re.M
        )
        page.write_text(text, encoding="utf-8")
    # what a notebook shows of a chart: its picture, without what the book's page needs
    with (folder / "ledger" / "core" / "charts" / "publishing.py").open(
        "a", encoding="utf-8"
    ) as code:
        code.write(
            "\n\nChart._repr_mimebundle_ = lambda self, include=None, exclude=None: "
            '{"image/svg+xml": self.content["svg"]}\n'
        )
    config = yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"], config["html"] = {}, {}
    config["execute"] = {"execute_notebooks": "cache", "timeout": 120}
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder


# --- what is done to them -------------------------------------------------------------------------


def build(folder: Path, kind: str, *options: str) -> float:
    """Build a book and return how many seconds it took; ours as strictly as `make book` does.

    Only such a site is found current when nothing has changed. Ends the run with the build's
    messages when it fails.
    """
    command = [
        str(Path(sys.executable).parent / "jupyter-book"),
        "build",
        "-q",
        *(STRICT if kind == "ours" else []),
        *options,
        str(folder),
    ]
    start = time.perf_counter()
    run = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(folder)}
    )
    took = time.perf_counter() - start
    if run.returncode:
        sys.exit(f"the build of {folder} failed:\n{run.stdout[-2000:]}\n{run.stderr[-4000:]}")
    return took


def cold(folder: Path, kind: str, turn: int) -> float:
    shutil.rmtree(folder / "_build", ignore_errors=True)
    return build(folder, kind)


def nothing(folder: Path, kind: str, turn: int) -> float:
    """Build a book in which nothing changed: ours asks, as `make book` does, and builds nothing.

    Ends the run when it finds that it must, for that is another case.
    """
    if kind == "stock":
        return build(folder, kind)
    start = time.perf_counter()
    asked = [sys.executable, "-m", "ledger.build.current"]
    env = os.environ | {"PYTHONPATH": str(folder)}
    ran = subprocess.run(asked, cwd=folder, capture_output=True, env=env)
    if ran.returncode:
        sys.exit(f"{folder} has not changed, and is not found current: {ran.stderr.decode()}")
    return time.perf_counter() - start


def prose(folder: Path, kind: str, turn: int) -> float:
    page = folder / "chapters" / "economics.md"
    page.write_text(page.read_text(encoding="utf-8") + f"\nEdit {turn}.\n", encoding="utf-8")
    return build(folder, kind)


def table(folder: Path, kind: str, turn: int) -> float:
    """Change a cell of a table and its hash.

    Stock Jupyter Book shows the new number only if its cache is removed and all is built.
    """
    path, descriptor = folder / "data" / f"{EDITED}.csv", folder / "data" / "datapackage.json"
    text = path.read_text(encoding="utf-8")
    at = text.rstrip().rindex("\n") + 1
    text = text[:at] + text[at:].rstrip() + f"-{turn}" + "\n"
    from ledger.core import table_files
    from ledger.core.files import replace_files

    content = json.loads(descriptor.read_text(encoding="utf-8"))
    table_files.set_hash(
        next(entry for entry in content["resources"] if entry["name"] == EDITED), text
    )
    replace_files(
        folder / "data", {path.name: text, "datapackage.json": table_files.to_json(content)}
    )
    if kind == "ours":
        return build(folder, kind)
    shutil.rmtree(folder / "_build" / ".jupyter_cache")
    return build(folder, kind, "--all")


def unexecuted(folder: Path, kind: str, turn: int) -> float:
    """Build stock Jupyter Book's site afresh without running its chapters."""
    config = yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8"))
    config["execute"]["execute_notebooks"] = "off"
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return cold(folder, kind, turn)


def alone(folder: Path, kind: str, turn: int) -> float:
    """Run the book's chapters afresh, side by side, and build nothing.

    Ends the run when one fails.
    """
    shutil.rmtree(folder / "_build", ignore_errors=True)
    start = time.perf_counter()
    env = os.environ | {"PYTHONPATH": str(folder)}
    ran = subprocess.run([sys.executable, "-c", ALONE], cwd=folder, capture_output=True, env=env)
    if ran.returncode:
        sys.exit(f"the chapters of {folder} failed: {ran.stderr.decode()}")
    return time.perf_counter() - start


CASES = {"cold build": cold, "nothing changed": nothing, "prose edit": prose, "table edit": table}


def peak_memory(folder: Path) -> float:
    """Return the most memory, in MB, that a cold build and its processes held at one time (shared
    pages counted once).
    """
    shutil.rmtree(folder / "_build", ignore_errors=True)
    peak, done, me = 0, threading.Event(), psutil.Process()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.1):
            held = 0
            for process in me.children(recursive=True):
                try:
                    held += process.memory_full_info().pss
                except psutil.Error:
                    pass  # it has just ended
            peak = max(peak, held)

    watcher = threading.Thread(target=watch)
    watcher.start()
    build(folder, "ours")
    done.set()
    watcher.join()
    return peak / 1e6


# --- the run --------------------------------------------------------------------------------------


def main() -> None:
    options = asked()
    if options.bulk or not options.pages:
        read_bulk(options.write)
    if options.bulk:
        return
    out = say(*([] if options.pages else heading(options)))
    grown: dict[int, tuple[float, float]] = {}
    times: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        books = {"ours": copy(Path(scratch, "ours")), "stock": stock(copy(Path(scratch, "stock")))}
        for case, do in [] if options.pages else CASES.items():
            times[case] = medians(books, do, options.rounds)
            out += say(line(case, *times[case]))
        if options.pages:
            for kind, folder in books.items():
                build(folder, kind)
        weighed = say(
            "",
            *page_speed.report(
                {kind: folder / "_build" / "html" for kind, folder in books.items()},
                PAGES,
                options.rounds,
            ),
        )
        if options.generated and not options.pages:
            grown, told = grow(Path(scratch), options.generated)
            out += told
        if not options.pages:
            out += say(*floors(Path(scratch), times, options.rounds))
    if options.write:
        write_weights(weighed, options.rounds)
    if options.write and not options.pages:
        write_times(out, grown)


def asked() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--generated",
        type=int,
        default=5,
        metavar="ROUNDS",
        help="rounds of the generated books, which take most of the time; 0 leaves them out",
    )
    parser.add_argument("--pages", action="store_true", help="measure the pages alone")
    parser.add_argument(
        "--bulk", action="store_true", help="measure the reading of a bulk file alone"
    )
    parser.add_argument("--write", action="store_true", help="write the results into docs/")
    return parser.parse_args()


def read_bulk(write: bool) -> None:
    """Measure how a bulk file is read, print it and, when asked to `write`, put it into docs/."""
    with tempfile.TemporaryDirectory() as scratch:
        read = say(
            f"{datetime.date.today()}, {bulk.machine()}.", "", *bulk.report(Path(scratch)), ""
        )
    if write:
        told = bulk.__doc__.partition("\n\n")[2]
        (ROOT / "docs" / "bulk-reading.md").write_text(
            "# How bulk files are read\n\n"
            + told
            + "\n"
            + "\n".join(read)
            + "\nRepeat it with `make bench`, or alone with "
            "`PYTHONPATH=tests python bench/bench.py --bulk`.\n",
            encoding="utf-8",
        )


def heading(options: argparse.Namespace) -> list[str]:
    """Return the lines above the rows of build times: the day, the machine, the table's head."""
    return [
        f"{datetime.date.today()}, {machine()}. Seconds, median of {options.rounds} rounds "
        f"({options.generated} for the generated chapters) in which ours and stock take turns.",
        "",
        "| case | this book | stock | ratio | at most |",
        "|---|---|---|---|---|",
    ]


def floors(scratch: Path, times: dict[str, tuple[float, float]], rounds: int) -> list[str]:
    """Return how low builds could come, of stock's time in the same run.

    A cold build writes what Sphinx writes and runs what the chapters hold, here one after the
    other; an edit loads at least what stock loads to find that nothing has changed.
    """
    plain, apart = stock(copy(scratch / "plain")), copy(scratch / "apart")
    bare = statistics.median(unexecuted(plain, "stock", n) for n in range(rounds))
    code = statistics.median(alone(apart, "ours", n) for n in range(rounds))
    _, whole = times["cold build"]
    _, loads = times["nothing changed"]
    _, edit = times["prose edit"]
    return [
        "",
        f"Floors: stock's cold build without execution takes {bare:.2f} s, the chapters alone, "
        f"side by side, {code:.2f} s: together {(bare + code) / whole:.2f} of stock's cold build. "
        f"Stock finds in {loads:.2f} s that nothing has changed, {loads / edit:.2f} of its edit "
        "to prose.",
    ]


def grow(scratch: Path, rounds: int) -> tuple[dict[int, tuple[float, float]], list[str]]:
    """Build books of more and more generated chapters, and print what they cost.

    Returns the times of ours and of stock by number of chapters, and the lines that were printed.
    """
    grown, memory, out = {}, {}, []
    for size in SIZES:
        ends = size in (SIZES[0], SIZES[-1])
        books = {"ours": generated(scratch / f"ours{size}", size)}
        if ends:
            books["stock"] = stock(generated(scratch / f"stock{size}", size))
        grown[size] = medians(books, cold, rounds)
        out += say(line(f"cold build, {size} generated chapters", *grown[size]))
        if ends:
            memory[size] = statistics.median(peak_memory(books["ours"]) for _ in range(rounds))
    for first, last in [(SIZES[0], SIZES[-1]), *zip(SIZES, SIZES[1:])]:
        whole = (first, last) == (SIZES[0], SIZES[-1])
        cost = [(b - a) / (last - first) for a, b in zip(grown[first], grown[last])]
        case = "one more chapter" if whole else f"one more chapter, from {first} to {last}"
        out += say(line(case, cost[0], cost[1] if whole else math.nan))
    small, large = memory[SIZES[0]], memory[SIZES[-1]]
    out += say(
        "",
        f"Peak memory of a cold build: {small:,.0f} MB with {SIZES[0]} chapters, "
        f"{large:,.0f} MB with {SIZES[-1]}: {large / small:.2f} times as much (at most "
        "1.5).",
    )
    return grown, out


def write_weights(weighed: list[str], rounds: int) -> None:
    """Write what pages weigh into docs/."""
    told = page_speed.__doc__.partition("\n\n")[2]
    (ROOT / "docs" / "page-weight.md").write_text(
        f"# What pages weigh\n\n{datetime.date.today()}, {machine()}. Medians of "
        f"{rounds} rounds. {told}" + "\n".join(weighed) + "\n\nRepeat it with `make bench`.\n",
        encoding="utf-8",
    )


def write_times(out: list[str], grown: dict[int, tuple[float, float]]) -> None:
    """Write how long builds take into docs/, with a chart of the generated books."""
    (ROOT / "docs" / "build-times.md").write_text(
        "# Build times\n\n"
        + "\n".join(out)
        + "\n\n![Seconds of a cold build by number of chapters](build-times.svg)\n\nRepeat it "
        "with `make bench`.\n",
        encoding="utf-8",
    )
    draw(grown, ROOT / "docs" / "build-times.svg")


def medians(books: dict[str, Path], do, rounds: int) -> tuple[float, float]:
    """Return the median time of ours and of stock (not a number where it is not built) over several
    rounds.
    """
    times: dict[str, list[float]] = {kind: [] for kind in books}
    for turn in range(rounds):
        for kind, folder in books.items():
            times[kind].append(do(folder, kind, turn))
    return statistics.median(times["ours"]), statistics.median(
        times["stock"]
    ) if "stock" in times else math.nan


def line(case: str, ours: float, theirs: float) -> str:
    cells = [
        case,
        f"{ours:.2f}",
        *("" if math.isnan(theirs) else form for form in (f"{theirs:.2f}", f"{ours / theirs:.2f}")),
        str(TARGETS.get(case, "")),
    ]
    return f"| {' | '.join(cells)} |"


def say(*lines: str) -> list[str]:
    print(*lines, sep="\n", flush=True)
    return list(lines)


def machine() -> str:
    made_of = ", ".join(
        f"{name} {version(name)}"
        for name in ("jupyter-book", "sphinx", "myst-nb", "pandas", "matplotlib")
    )
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GB, Python {platform.python_version()}, "
        f"{made_of}"
    )


def draw(grown: dict[int, tuple[float, float]], path: Path) -> None:
    """Draw the time of a cold build by number of chapters, ours and stock."""
    import pandas as pd

    from ledger import charts

    frame = pd.DataFrame(grown, index=["This book", "Stock Jupyter Book"]).T
    ax = charts.lines(frame, "Seconds", height=3)
    stock = frame.iloc[:, 1].dropna()
    ax.plot(
        stock.index, stock, color=ax.lines[1].get_color(), linestyle=":"
    )  # dotted: not measured in between
    ax.set_xlabel("Generated chapters")
    ax.set_xticks(SIZES)
    ax.figure.savefig(path, facecolor="white", metadata={"Date": None})


if __name__ == "__main__":
    main()
