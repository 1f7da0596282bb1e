"""Promise: `data/policy.yml` is checked when it is read, and holds every claim to what it says."""

import re
import types

import pytest
import yaml
from small_book import ISLANDS

from ledger.core import claims, policy
from ledger.core.authored.loaders import FileError

GOOD = yaml.safe_load((ISLANDS / "data" / policy.FILE).read_text(encoding="utf-8"))
JUDGED = policy.policy(ISLANDS / "data")
GRADES = {"paper": "primary document", "one": "press", "two": "press", "copy": "state media"}


def claim(**cells):
    """Return a row of the table of claims that follows the policy, but for the cells given."""
    row = {
        "claim_id": "C01",
        "kind": "quantity",
        "verdict": "supported",
        "confidence": "high",
        "sources": "paper",
    }
    return types.SimpleNamespace(**(row | cells))


def test_the_words_of_a_policy_are_those_that_rules_use():
    assert tuple(JUDGED.verdicts) == claims.VERDICTS
    assert tuple(JUDGED.bases) == policy.BASES


@pytest.mark.parametrize(
    "change, message",
    [
        ({"verdicts": None}, "verdicts is missing. Give it."),
        ({"extra": 1}, "extra is an unknown key. Known are verdicts, confidence,"),
        ({"confidence": ["high"]}, "confidence is ['high'], and must be keys with values"),
        ({"most_passing": 50}, "most_passing is 50, and must be a share"),
        ({"kinds": {"quantity": {"meaning": "a number"}}}, "kinds: quantity: verdicts is missing"),
        (
            {"kinds": {"quantity": {"meaning": "a number", "verdicts": ["true"]}}},
            "quantity: unknown verdict 'true'",
        ),
    ],
)
def test_a_slip_is_one_line_that_names_the_key(tmp_path, change, message):
    (tmp_path / "data").mkdir()
    content = {key: value for key, value in (GOOD | change).items() if value is not None}
    (tmp_path / "data" / policy.FILE).write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(FileError, match=re.escape(message)) as caught:
        policy.policy(tmp_path / "data")
    assert re.match(r"data/policy\.yml:\d+: .+$", str(caught.value))


@pytest.mark.parametrize("text", [None, "verdicts: [", ""])
def test_what_is_missing_or_no_map_is_named(tmp_path, text):
    (tmp_path / "data").mkdir()
    if text is not None:
        (tmp_path / "data" / policy.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match="data/policy.yml"):
        policy.policy(tmp_path / "data")


@pytest.mark.parametrize(
    "cells, problem",
    [
        ({}, None),
        ({"verdict": "overtaken by events"}, "a claim of the kind 'quantity' cannot be"),
        ({"kind": "rumour"}, "data/policy.yml allows no such kind"),
        ({"sources": "one"}, "do not carry high confidence"),
        ({"sources": "copy; copy"}, "do not carry high confidence"),
        ({"sources": "one; two"}, None),
        ({"sources": "one", "confidence": "medium"}, None),
    ],
)
def test_a_claim_is_held_to_the_policy(cells, problem):
    found = list(JUDGED.problems([claim(**cells)], GRADES))
    assert len(found) == (problem is not None)
    if problem:
        assert found[0].startswith("data/claims.csv, C01: ") and problem in found[0]
