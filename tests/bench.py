"""make bench: how long a build takes, beside stock Jupyter Book with the same content, in one run.

Three cases, each the median of several rounds, ours and stock taking turns: a cold build, a rebuild with nothing changed, a
rebuild after an edit to prose. "Stock" is `jupyter-book build` of the same chapters without this book's Sphinx extension: printed
numbers become {glue:text}, badges plain text, charts the notebook's own output, settings the defaults.
"""
from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PARTS = ["_config.yml", "_toc.yml", "index.md", "chapters", "data", "ledger", "assets", "references.bib", "requirements.txt"]


def copy(folder: Path) -> Path:
    folder.mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


def make_stock(folder: Path) -> Path:
    """Turn a copy of the book into one that stock Jupyter Book builds: same text, same code, no extension of ours."""
    for page in [folder / "index.md", *folder.glob("chapters/*.md")]:
        text = page.read_text(encoding="utf-8")
        text = re.sub(r"\{num\}`", "{glue:text}`", text)
        text = re.sub(r"\{claim\}`([^`]+)`", r"\1", text)
        text = re.sub(r"\{(?:numref|ref)\}`([^`]+)`", r"\1", text)
        text = re.sub(r"^```\{ledger\}.*?^```$", "", text, flags=re.S | re.M)
        page.write_text(text, encoding="utf-8")
    config = yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"].pop("local_extensions")
    config["sphinx"].pop("config")
    config["execute"] = {"execute_notebooks": "auto"}
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder


def build(folder: Path) -> float:
    command = [str(Path(sys.executable).parent / "jupyter-book"), "build", "-q", str(folder)]
    start = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(folder)})
    took = time.perf_counter() - start
    if run.returncode:
        sys.exit(f"the build of {folder} failed:\n{run.stdout[-2000:]}\n{run.stderr[-4000:]}")
    return took


def cold(folder: Path, _: int) -> None:
    shutil.rmtree(folder / "_build", ignore_errors=True)


def nothing(folder: Path, _: int) -> None:
    pass


def prose(folder: Path, turn: int) -> None:
    page = folder / "chapters" / "economics.md"
    page.write_text(page.read_text(encoding="utf-8") + f"\nEdit {turn}.\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, median of {rounds}")
    print(f"{'case':<18}{'ours, s':>9}{'stock, s':>10}{'ours/stock':>12}")
    with tempfile.TemporaryDirectory() as scratch:
        books = {"ours": copy(Path(scratch, "ours")), "stock": make_stock(copy(Path(scratch, "stock")))}
        for name, prepare in [("cold", cold), ("nothing changed", nothing), ("prose edit", prose)]:
            times: dict[str, list[float]] = {"ours": [], "stock": []}
            for turn in range(rounds):
                for kind, folder in books.items():
                    prepare(folder, turn)
                    times[kind].append(build(folder))
            ours, stock = (statistics.median(times[kind]) for kind in ("ours", "stock"))
            print(f"{name:<18}{ours:>9.1f}{stock:>10.1f}{ours / stock:>12.2f}", flush=True)


if __name__ == "__main__":
    main()
