"""Promise: what a page depends on has another fingerprint as soon as its content is another."""

import importlib.metadata

from ledger.core import fingerprints
from ledger.core.config import ROOT


def test_a_package_of_another_version_than_the_lock_says_changes_the_lock():
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert fingerprints.fingerprint("the lock") == fingerprints.of_text(locked)
    version = importlib.metadata.version("pandas")
    other = locked.replace(f"pandas=={version}", "pandas==0.1")
    assert other != locked
    assert fingerprints._lock(other) != fingerprints.of_text(other)


def test_a_package_may_have_a_version_for_each_python_and_may_be_missing():
    version = importlib.metadata.version("pandas")
    locked = f"pandas=={version} \\\n    --hash=a\npandas==0.1 ; a\nnowhere==1.0\nPillow==0.1\n"
    lines = locked.splitlines()
    assert fingerprints._lock("\n".join(lines[:4])) == fingerprints.of_text("\n".join(lines[:4]))
