"""Promise: a release holds one version, whole: tag, CITATION.cff, tables, changelog and site name
the same, or nothing is packed.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile

from small_book import ROOT, book, build, edit, surroundings  # noqa: F401


def release(folder, tag):
    done = subprocess.run(
        [sys.executable, "-m", "ledger", "release", tag, "--into", "out"],
        cwd=folder,
        capture_output=True,
        text=True,
        env=surroundings(),
    )
    return done.returncode, done.stdout + done.stderr


def git(folder, *words):
    names = {
        f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, env=os.environ | names
    )


def test_a_version_is_packed_whole_or_not_at_all(book):
    for name in ("LICENSE.md", ".gitignore"):
        shutil.copy(ROOT / name, book)
    version = json.loads((book / "data" / "datapackage.json").read_text(encoding="utf-8"))[
        "version"
    ]
    (book / "CHANGELOG.md").write_text(
        f"# Changes\n\n## Unreleased\n\n- A thing.\n\n## {version} (a day)\n\nFirst edition of "
        f"all.\n\n## {version}.1\n\nAnother.\n",
        encoding="utf-8",
    )
    shutil.copytree(ROOT / "LICENSES", book / "LICENSES")

    def refused(tag, says):
        code, said = release(book, tag)
        assert code == 1 and says in said and not (book / "out").exists(), said

    assert build(book)[0] == 0  # no checkout yet: from which commit is not known
    refused(f"v{version}", "the site does not say from which commit it was built")
    git(book, "init", "-q")
    git(book, "add", ".")
    git(book, "commit", "-q", "-m", "a version")
    assert build(book)[0] == 0
    refused(f"v{version}", "the PDF or the EPUB is not beside the site: make pdf epub")
    for kind in ("pdf", "epub"):
        (book / "_build" / "html" / f"strait-papers.{kind}").write_bytes(kind.encode())
    refused("v1999.01", f"the tag is v1999.01, and CITATION.cff has version {version}")

    refused(f"v{version}", "CHANGELOG.md still has words under '## Unreleased'")
    log = (book / "CHANGELOG.md").read_text(encoding="utf-8")
    (book / "CHANGELOG.md").write_text(
        log[: log.index("## Unreleased")] + log[log.index(f"## {version}") :], encoding="utf-8"
    )

    code, said = release(book, f"v{version}")
    assert code == 0, said
    check_packed(book, f"strait-papers-{version}")

    shutil.rmtree(book / "out")
    edit(book / "CHANGELOG.md", f"## {version} (", "## 1999.01 (")
    refused(f"v{version}", f"CHANGELOG.md has no section '## {version}'")
    edit(book / "CHANGELOG.md", "## 1999.01 (", f"## {version} (")
    edit(book / "CITATION.cff", f'version: "{version}"', 'version: "2999.01"')
    refused("v2999.01", f"data/datapackage.json has version {version}, and CITATION.cff 2999.01")


def check_packed(book, stem):
    """The release has the whole site, the tables with their terms, and the notes of its version."""
    assert {path.name for path in (book / "out").iterdir()} == {
        "notes.md",
        f"{stem}.pdf",
        f"{stem}.epub",
        f"{stem}-site.zip",
        f"{stem}-tables.zip",
    }
    site = {
        path.relative_to(book / "_build" / "html").as_posix()
        for path in (book / "_build" / "html").rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(book / "out" / f"{stem}-site.zip") as archive:
        assert set(archive.namelist()) == {
            name for name in site if not name.startswith("strait-papers.")
        }
        assert archive.read("index.html") == (book / "_build" / "html" / "index.html").read_bytes()
    with zipfile.ZipFile(book / "out" / f"{stem}-tables.zip") as archive:
        assert {
            "LICENSE.md",
            "CITATION.cff",
            "data/datapackage.json",
            "data/output.csv",
            "LICENSES/MIT.txt",
        } <= set(archive.namelist())
    notes = (book / "out" / "notes.md").read_text(encoding="utf-8")
    assert notes == "First edition of all.\n"
