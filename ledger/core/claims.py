"""Decide claims from tables: one rule a claim, its threshold in words before any number.

A rule takes `load` (name of a table → frame) and returns a Finding. `book.yml` names the modules of
rules, `data/claims.csv` the rule of each claim that data can decide, and `check` refuses a ledger
whose published verdict is another than the computed one, or that rests on a test which most cases
would pass. `data/policy.yml` defines the verdicts.
"""

from __future__ import annotations

import functools
import importlib
import shutil
import textwrap
import traceback
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd

from ledger.core import config, tables, text
from ledger.core.authored.loaders import read_yaml
from ledger.core.policy import READING, RECORD, STATISTICS, policy

SUPPORTED, PARTLY, CONTRADICTED, OVERTAKEN, NOT_CHECKABLE = VERDICTS = (
    "supported",
    "partly",
    "contradicted",
    "overtaken by events",
    "not checkable",
)
Load = Callable[[str], pd.DataFrame]


class VerdictError(ValueError):
    """Published verdicts that differ from the computed ones: each claim, and what to do."""


class RuleError(VerdictError):
    """A rule fails on the tables: names claim, file and line."""


@dataclass(frozen=True)
class BaseRate:
    """How many comparable cases pass the test that decides a claim.

    Attributes
    ----------
    passing, cases : counts.
    what : the cases and what they do, such as "states would pass".
    """

    passing: int
    cases: int
    what: str

    def __str__(self) -> str:
        return f"{self.passing:,} of {self.cases:,} {self.what}."

    @property
    def share(self) -> float:
        return self.passing / self.cases


@dataclass(frozen=True)
class Finding:
    """What the tables say of one claim.

    Attributes
    ----------
    verdict : one of VERDICTS.
    figure : the figure that decides it.
    explanation : one sentence that says why.
    base_rate : how many comparable cases would pass, or a sentence that says why none is known.
    tables : names of the tables that the rule read; filled in by `decide_all`.
    basis : STATISTICS, or RECORD where all these tables are kept by hand; filled in likewise.
    """

    verdict: str
    figure: str
    explanation: str
    base_rate: BaseRate | str
    tables: tuple[str, ...] = ()
    basis: str = STATISTICS

    def __post_init__(self):
        if self.verdict not in VERDICTS:
            raise ValueError(f"{self.verdict!r} is none of the verdicts: {', '.join(VERDICTS)}")


Rule = Callable[[Load], Finding]
RULES: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    """Register a rule under its name, as `decided_by` in data/claims.csv names it."""
    RULES[function.__name__] = function
    return function


def verdict_from_tests(tests: dict[object, bool]) -> str:
    """Return supported when all tests hold, partly when some do, contradicted when none does.

    Not checkable without tests.
    """
    if not tests:
        return NOT_CHECKABLE
    if all(tests.values()):
        return SUPPORTED
    return PARTLY if any(tests.values()) else CONTRADICTED


@functools.cache
def rules() -> dict[str, Rule]:
    """Return all rules by name, from the modules that `book.yml` names.

    Raises FileError for a module that cannot be imported.
    """
    for module in config.book().rules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            problem = f"rules: the module {module} cannot be imported: {error}"
            raise read_yaml(config.ROOT, config.FILE).error(problem, "rules") from error
    return RULES


def decide_all(folder: Path = tables.DATA) -> dict[str, Finding]:
    """Return what the tables of `folder` say of every claim that names a rule, by claim.

    Each table is read once.
    """
    load = functools.cache(lambda table: tables.load(table, folder))
    named = load("claims").dropna(subset="decided_by").set_index("claim_id")["decided_by"]
    manual = {
        entry["name"]
        for entry in tables.descriptor(folder)["resources"]
        if entry["connectors"] == tables.MANUAL
    }
    return {
        claim: _run(rules()[name], load, manual) for claim, name in named.items() if name in rules()
    }


def _run(decide: Rule, load: Load, manual: Collection[str] = ()) -> Finding:
    """Run one rule; add the tables that it read, and whether all of them are kept by hand.

    Raises RuleError where the rule does not get by with what the tables hold.
    """
    used: list[str] = []

    def recording(table: str) -> pd.DataFrame:
        used.append(table)
        return load(table)

    try:
        finding = decide(recording)
    except (LookupError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
        if isinstance(error, tables.TableError):
            raise  # the table itself cannot be trusted, and the error says where
        frames = traceback.extract_tb(error.__traceback__)
        place = [frame for frame in frames if frame.name == decide.__name__][-1]
        raise RuleError(
            f"{decide.__module__}, line {place.lineno}: {decide.__name__} fails on the tables "
            f"({error!r}). Fix the rule, or have it return {NOT_CHECKABLE!r} where rows may lack."
        ) from error
    basis = RECORD if used and set(used) <= set(manual) else STATISTICS
    return replace(finding, tables=tuple(dict.fromkeys(used)), basis=basis)


def check(folder: Path = tables.DATA) -> dict[str, Finding]:
    """Return `decide_all(folder)` once every published verdict is the computed one.

    Raises VerdictError that names all claims whose verdict is not, all rules that data/claims.csv
    names and that do not exist, and all rules that no claim names.
    """
    claims, findings = tables.load("claims", folder), decide_all(folder)
    problems = _problems(claims, findings)
    if problems:
        raise VerdictError("the ledger and the data do not agree:\n  " + "\n  ".join(problems))
    return findings


def publish() -> None:
    """Hand the findings to the page that prints them.

    They travel in the cell's output, as printed numbers do, so that verdicts are cached, validated
    and rebuilt with their notebook. Raises VerdictError (see `check`).
    """
    from ledger.core import numbers  # IPython with it, which the command line does without

    findings = {
        claim: asdict(finding) | {"base_rate": str(finding.base_rate)}
        for claim, finding in check().items()
    }
    count = f"{len(findings)} claims are decided by data"
    lines = (f"{claim} {f['verdict']}. {f['explanation']}" for claim, f in findings.items())
    numbers.glue("findings", count, "\n".join([f"{count}:", *lines]), findings)


def _problems(claims: pd.DataFrame, findings: dict[str, Finding]) -> list[str]:
    problems = [
        f"{claim.claim_id} names no rule, so its basis is {READING!r} and not {claim.basis!r}."
        for claim in claims[claims["decided_by"].isna()].itertuples()
        if claim.basis != READING
    ]
    for claim in claims.dropna(subset="decided_by").itertuples():
        finding = findings.get(claim.claim_id)
        if finding is None:
            modules = ", ".join(config.book().rules)
            problem = f"decided_by names {claim.decided_by!r}, and no such rule is in {modules}."
            problems.append(f"{claim.claim_id}: {problem}")
        elif finding.verdict != claim.verdict:
            problems.append(_disagreement(claim, finding))
        elif finding.basis != claim.basis:
            problems.append(
                f"{claim.claim_id}: {claim.decided_by} reads {text.listing(finding.tables)}, so "
                f"its basis is {finding.basis!r} and not {claim.basis!r}."
            )
        elif _passes_most(finding):
            problems.append(
                f"{claim.claim_id}: {finding.base_rate} A test that so many pass decides nothing "
                f"(most_passing in data/policy.yml): compare ranks, or a distance from the median."
            )
    for name in sorted(set(rules()) - set(claims["decided_by"])):
        where = rules()[name].__module__
        what = "name it in decided_by of data/claims.csv, or remove it"
        problems.append(f"{name} in {where} decides no claim: {what}.")
    return problems


def _passes_most(finding: Finding) -> bool:
    """Tell whether the claim holds by a test that too many comparable cases would pass."""
    return (
        isinstance(finding.base_rate, BaseRate)
        and finding.verdict in (SUPPORTED, PARTLY, OVERTAKEN)
        and finding.base_rate.share > policy().most_passing
    )


def _disagreement(claim, finding: Finding) -> str:
    return (
        f"{claim.claim_id} is published as {claim.verdict!r} and computed as {finding.verdict!r} "
        f"by {claim.decided_by} from {text.listing(finding.tables)}. {finding.explanation}\n"
        "    If the data are right, publish the computed verdict and say why in its reason "
        "(data/claims.csv, then: python -m ledger accept claims); if they are not, fix the table."
    )


def report(folder: Path = tables.DATA, width: int | None = None) -> tuple[str, list[str]]:
    """Return all claims as text for a terminal, and what is wrong with them, one message each.

    A claim has its number, published and computed verdict, the deciding figure and, under it, why.
    """
    width = max(80, width or shutil.get_terminal_size((160, 24)).columns)
    claims, findings = tables.load("claims", folder), decide_all(folder)
    lines = [f"{'claim':5}  {'published':19}  {'computed':19}  figure"]
    for claim in claims.itertuples():
        lines += _report_lines(claim, findings.get(claim.claim_id), width)
    problems = _problems(claims, findings)
    by = [sum(f.basis == basis for f in findings.values()) for basis in (STATISTICS, RECORD)]
    count = (
        f"{len(findings)} of {len(claims)} claims are decided by data "
        f"({by[0]} by {STATISTICS}, {by[1]} by the {RECORD})"
    )
    end = f"; {len(problems)} problems." if problems else ", each as published."
    return "\n".join([*lines, count + end]), problems


def _report_lines(claim, finding: Finding | None, width: int) -> list[str]:
    start = f"{claim.claim_id:5}  {claim.verdict:19}"
    if finding is None:
        return [f"{start}  –"]
    differs = "" if finding.verdict == claim.verdict else "  <-- differs"
    indent = " " * 7
    return [
        f"{start}  {finding.verdict:19}  {finding.figure}{differs}".rstrip(),
        *textwrap.wrap(
            f"{finding.explanation} {finding.base_rate}",
            width,
            initial_indent=indent,
            subsequent_indent=indent,
        ),
    ]
