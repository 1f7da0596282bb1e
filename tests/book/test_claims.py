"""Promise: every verdict that data can decide is computed from them, could have come out otherwise,
and is the one published.
"""

import functools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ledger.core import claims, table_files, tables
from ledger.core.files import replace_files

ROOT = Path(__file__).resolve().parent.parent.parent
LEDGER = tables.load("claims").set_index("claim_id")
DECIDED = LEDGER["decided_by"].dropna()
original = functools.cache(tables.load)


@pytest.fixture(scope="module")
def findings():
    return claims.decide_all()


def test_every_published_verdict_is_the_computed_one(findings):
    assert claims.check() == findings
    assert {claim: finding.verdict for claim, finding in findings.items()} == LEDGER["verdict"][
        DECIDED.index
    ].to_dict()


def test_at_least_24_claims_are_decided_by_a_function_of_their_own():
    assert len(DECIDED) >= 24 and DECIDED.is_unique and set(DECIDED) == set(claims.rules())


def test_a_finding_is_a_sentence_with_its_figure_and_its_tables(findings):
    for claim, finding in findings.items():
        assert (
            finding.explanation.endswith(".")
            and finding.explanation[0].isupper()
            and not re.search(r"\bnan\b|None", finding.explanation)
        ), claim
        assert finding.explanation.rstrip(".").count(". ") == 0 and re.search(
            r"\d", finding.figure
        ), claim
        assert finding.tables and set(finding.tables) <= set(tables.names()), claim


def test_every_rule_states_its_threshold_first_and_names_its_tables(findings):
    for claim, name in DECIDED.items():
        text = claims.rules()[name].__doc__
        assert text.startswith(f"{claim}. Rule: ") and "Counts:" in text, name
        for table in set(findings[claim].tables) - {
            "events"
        }:  # events also holds the day of publication
            assert table in text, (name, table)
        assert LEDGER["how_to_test"][claim].startswith("Rule: "), claim


def test_a_verdict_is_one_of_five_words():
    assert set(LEDGER["verdict"]) <= set(claims.VERDICTS)
    with pytest.raises(ValueError, match="true enough"):
        claims.Finding("true enough", "1", "Because.", "None: one case.")


@pytest.mark.parametrize(
    "tests, verdict",
    [
        ([True, True], "supported"),
        ([True, False], "partly"),
        ([False, False], "contradicted"),
        ([], "not checkable"),
    ],
)
def test_all_some_none(tests, verdict):
    assert claims.verdict_from_tests(dict(enumerate(tests))) == verdict


# --- every rule can come out otherwise ------------------------------------------------------------


def change(column, value, where=""):
    """Return a change of a frame: put a value, or what a function makes of the old values, into a
    column of the rows chosen.
    """

    def apply(frame):
        frame = frame.copy()
        rows = frame.query(where).index if where else frame.index
        assert len(rows), where
        frame.loc[rows, column] = value(frame.loc[rows, column]) if callable(value) else value
        return frame

    return apply


def times(factor):
    return lambda old: (
        (old * factor).round().astype(old.dtype)
        if str(old.dtype).startswith(("int", "Int"))
        else old * factor
    )


def event(event_id, **cells):
    """Return a change of one event."""

    def apply(frame):
        assert (frame["event_id"] == event_id).any()
        frame = frame.copy()
        for column, value in cells.items():
            frame.loc[frame["event_id"] == event_id, column] = (
                pd.Timestamp(value) if column == "date" else value
            )
        return frame

    return apply


def without(where):
    return lambda frame: frame.drop(frame.query(where).index)


def swap_votes(where):
    return change(
        "vote", lambda old: old.map({"yes": "no", "no": "yes", "abstain": "abstain"}), where
    )


def near_and_apart(frame):
    """Have Russia vote like Iran in all roll calls, and like the United States in none."""
    frame = frame.copy()
    with_iran = (frame["country"] == "IRN") & (frame["member"] == "RUS")
    frame.loc[with_iran, "equal_whole"] = frame.loc[with_iran, "common_whole"]
    frame.loc[(frame["country"] == "USA") & (frame["member"] == "RUS"), "equal_whole"] = 0
    return frame


PAIR = "reporter == 'RUS' and partner == 'IRN' and year == 2019"
PAIR_ACT = {"parties": "RUS; IRN", "subject": "treaty-2001"}
GAS = "fuel == 'gas' and country != 'WLD'"
OTHERWISE = [  # claim, table, change, what the verdict becomes
    (
        "C01",
        "events",
        event("2024-01-01-brics-membership", act="treaty denounced", **PAIR_ACT),
        "supported",
    ),
    (
        "C01",
        "events",
        event("2024-01-01-brics-membership", act="relations broken", **PAIR_ACT),
        "supported",
    ),
    (
        "C01",
        "official_trade_statements",
        change("value_low", times(0.4), "statement == 'S07' and period_label == '2024'"),
        "partly",
    ),
    ("C01", "events", without("date > '2025-11-02'"), "not checkable"),
    ("C06", "events", event("1995-01-08-bushehr-contract", date="1990-01-08"), "contradicted"),
    (
        "C08",
        "arms_transfers",
        change("replaces_order_year", 2014, "replaces_order_year == 2007"),
        "contradicted",
    ),
    ("C08", "events", event("2010-09-22-s300-ban", status="reported"), "partly"),
    (
        "C09",
        "security_council",
        change("vote", "abstain", "record == 'vote' and member == 'RUS'"),
        "partly",
    ),
    ("C12", "un_agreement", near_and_apart, "supported"),
    ("C14", "events", event("2024-12-08-assad-falls", status="unconfirmed"), "supported"),
    (
        "C14",
        "syria_conflict",
        change(
            "side_a_second", "Government of Russia (Soviet Union)", "side_a_second == side_a_second"
        ),
        "partly",
    ),
    (
        "C17",
        "security_council",
        change("vote", "no", "record == 'vote' and member == 'RUS' and date < '2011'"),
        "partly",
    ),
    (
        "C22",
        "syria_conflict",
        without("side_a == 'Government of Iran' and side_b == 'Government of Israel'"),
        "partly",
    ),
    (
        "C23",
        "energy_exports",
        change("value", times(5), "country == 'IRN' and destination == 'WLD'"),
        "supported",
    ),
    ("C24", "gecf_membership", without("status == 'signatory'"), "partly"),
    ("C26", "gecf_membership", change("status", "member", "listed_on.dt.year == 2018"), "partly"),
    ("C27", "energy_reserves", change("value", times(0.5), GAS), "contradicted"),
    ("C27", "energy_reserves", change("value", times(1.2), GAS), "supported"),
    (
        "C30",
        "energy_exports",
        change("value", times(3), "country == 'IRN' and destination == 'WLD' and year == 2019"),
        "contradicted",
    ),
    (
        "C30",
        "energy_exports",
        change("value", times(0.5), "country == 'IRN' and fuel == 'natural gas' and year == 2013"),
        "supported",
    ),
    (
        "C33",
        "trade_totals",
        change("value_usd", times(2), PAIR + " and source == 'UN Comtrade'"),
        "contradicted",
    ),
    (
        "C37",
        "trade_totals",
        change("value_usd", times(2), PAIR + " and source == 'UN Comtrade' and flow == 'import'"),
        "partly",
    ),
    (
        "C37",
        "trade_totals",
        change("value_usd", times(2), PAIR + " and flow == 'import'"),
        "contradicted",
    ),
    (
        "C39",
        "trade_products",
        change(
            "value_usd",
            times(0.01),
            "flow == 'export' and year == 2019 and (hs_chapter < '28' or '40' < hs_chapter < '72')",
        ),
        "partly",
    ),
    (
        "C39",
        "trade_products",
        change(
            "value_usd",
            times(0.01),
            "year == 2019 and (hs_chapter < '28' or '40' < hs_chapter < '72')",
        ),
        "supported",
    ),
    (
        "C40",
        "trade_totals",
        change("value_usd", times(0.5), PAIR + " and flow == 'import'"),
        "supported",
    ),
    (
        "C40",
        "trade_totals",
        change("value_usd", times(2), PAIR + " and flow == 'import'"),
        "contradicted",
    ),
    (
        "C41",
        "official_trade_statements",
        without("measure == 'agreement' and period_label == '2018-05-17'"),
        "contradicted",
    ),
    ("C42", "events", event("2025-05-15-free-trade-in-force", date="2022-05-15"), "partly"),
    ("C42", "ofac_entries", change(["iran", "russia"], 0), "partly"),
    ("C43", "events", event("2017-01-23-astana-process", status="unconfirmed"), "not checkable"),
    ("C44", "security_council", swap_votes("member == 'RUS'"), "contradicted"),
    (
        "C49",
        "security_council",
        change("vote", "yes", "draft == 'S/2020/797' and member == 'RUS'"),
        "supported",
    ),
    ("C51", "events", event("2023-09-19-karabakh-taken", status="reported"), "not checkable"),
    ("C51", "events", event("2023-09-19-karabakh-taken", date="2024-09-19"), "overtaken by events"),
    ("C59", "events", event("2021-06-18-raisi-elected", subject="hemmati"), "contradicted"),
]


def test_every_claim_follows_the_policy():
    from checks import data

    assert list(data.judgement()) == []


def test_the_changes_below_reach_every_rule():
    assert {claim for claim, *_ in OTHERWISE} == set(DECIDED.index)


@pytest.mark.parametrize(
    "claim, table, spoil, verdict",
    OTHERWISE,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_data_other_verdict(claim, table, spoil, verdict):
    load = lambda name: spoil(original(name)) if name == table else original(name)
    finding = claims._run(claims.rules()[DECIDED[claim]], load)
    assert finding.verdict == verdict != LEDGER["verdict"][claim], finding.explanation


def test_a_rule_of_several_tables_needs_all_of_them():
    later = {"arms_transfers": without("order_year < 1992"), "trade_totals": without("year < 1992")}
    assert (
        claims._run(
            claims.rules()["c06_cooperation_began_1991"],
            lambda name: later.get(name, lambda frame: frame)(original(name)),
        ).verdict
        == "supported"
    )


@pytest.mark.parametrize(
    "spoil, verdict",
    [
        (
            {  # neither stood when the article appeared
                "events": event("2025-05-15-free-trade-in-force", date="2022-05-15"),
                "ofac_entries": change(["iran", "russia"], 0),
            },
            "contradicted",
        ),
        (
            {  # both have gone since
                "events": event("2025-09-28-un-sanctions-return", status="planned"),
                "ofac_entries": change(["iran", "russia"], 0, "copy_of > '2023-11-03'"),
            },
            "overtaken by events",
        ),
        (  # one has: the agreement took effect, and sanctions stand on one list or the other
            {"events": event("2025-09-28-un-sanctions-return", status="planned")},
            "supported",
        ),
    ],
)
def test_barriers_and_sanctions_are_judged_on_the_day_and_since(spoil, verdict):
    load = lambda name: spoil.get(name, lambda frame: frame)(original(name))
    assert claims._run(claims.rules()["c42_barriers_and_sanctions"], load).verdict == verdict


def with_event(**cells):
    """Return a change that adds a confirmed event to the table."""

    def apply(frame):
        row = frame.iloc[-1].copy()
        row["event_id"], row["date"] = "2026-05-05-added", pd.Timestamp("2026-05-05")
        row["status"], row["date_end"] = "confirmed", pd.NaT
        for column, value in cells.items():
            row[column] = value
        return pd.concat([frame, row.to_frame().T], ignore_index=True).astype(frame.dtypes)

    return apply


UNRELATED = [  # true events that name the words of a rule and are not its business
    {
        "act": "statement",
        "parties": "IRN; IAEA",
        "subject": "inspections",
        "event": "Iran suspends cooperation with the IAEA",
    },
    {
        "act": "treaty signed",
        "parties": "EU; IND",
        "subject": "eu-india-trade",
        "event": "Free trade agreement of the European Union with India signed",
    },
    {
        "act": "treaty denounced",
        "parties": "RUS; USA",
        "subject": "arms-control",
        "event": "Russia denounces a treaty with the United States",
    },
]


@pytest.mark.parametrize("cells", UNRELATED, ids=lambda cells: cells["subject"])
def test_an_event_of_others_moves_no_verdict(findings, cells):
    load = lambda name: (with_event(**cells) if name == "events" else lambda frame: frame)(
        original(name)
    )
    for claim in DECIDED.index:
        finding = claims._run(claims.rules()[DECIDED[claim]], load)
        assert (finding.verdict, finding.figure) == (
            findings[claim].verdict,
            findings[claim].figure,
        ), claim


def test_a_treaty_counts_once_whether_signed_or_in_force(findings):
    assert "; 2 treaties since the article (" in findings["C01"].explanation


def test_a_late_rupture_and_a_lack_of_treaties_leave_the_title_as_it_is(findings):
    late = event("2026-02-28-war-on-iran", act="treaty denounced", **PAIR_ACT)
    none = change("act", "statement", "act.str.startswith('treaty')")
    for spoil in (late, none):
        spoilt = {"events": spoil(original("events"))}
        load = lambda name: spoilt[name] if name in spoilt else original(name)
        found = claims._run(claims.rules()[DECIDED["C01"]], load)
        assert found.verdict == findings["C01"].verdict == "contradicted"


def test_an_error_in_a_rule_is_an_error_with_its_line():
    def c99_broken(load):
        return load("events")["no such column"]

    with pytest.raises(
        claims.RuleError, match=r"test_claims, line \d+: c99_broken fails .*KeyError"
    ):
        claims._run(c99_broken, original)


def test_a_test_that_most_would_pass_is_refused(monkeypatch):
    name = DECIDED["C14"]
    easy = claims.BaseRate(153, 192, "members would pass")
    rule = claims.rules()[name]
    monkeypatch.setitem(
        claims.rules(), name, lambda load: claims.replace(rule(load), base_rate=easy)
    )
    message = refused(tables.DATA)
    assert "C14: 153 of 192 members would pass." in message


def test_every_rule_states_its_base_rate_or_why_there_is_none(findings):
    for claim, finding in findings.items():
        text = str(finding.base_rate)
        assert text.endswith("."), claim
        assert isinstance(finding.base_rate, claims.BaseRate) or text.startswith("None"), claim


def test_what_people_keep_by_hand_is_told_apart_from_statistics(findings):
    by_record = {claim for claim, f in findings.items() if f.basis == claims.RECORD}
    assert {"C01", "C43", "C51", "C59"} <= by_record
    assert not {"C37", "C39", "C40", "C44", "C49", "C27"} & by_record


def test_a_table_without_the_rows_a_rule_needs_is_not_checkable():
    for claim, table in {
        "C40": "trade_totals",
        "C39": "trade_products",
        "C27": "energy_reserves",
        "C49": "security_council",
        "C23": "energy_exports",
    }.items():
        finding = claims._run(
            claims.rules()[DECIDED[claim]],
            lambda name: original(name).iloc[:0] if name == table else original(name),
        )
        assert finding.verdict == "not checkable", claim


# --- corrupting a table turns the build red -------------------------------------------------------


@pytest.fixture
def data(tmp_path):
    """A copy of the book's data that a test may spoil."""
    return shutil.copytree(tables.DATA, tmp_path / "data")


def corrupt(data, name, spoil):
    """Write a changed table into `data` under a new hash, as someone would who rebuilds it from a
    wrong file.
    """
    content = tables.descriptor(data)
    resource = next(each for each in content["resources"] if each["name"] == name)
    text = table_files.to_text(spoil(original(name)), resource)
    table_files.set_hash(resource, text)
    replace_files(data, {resource["path"]: text, "datapackage.json": table_files.to_json(content)})


def refused(data):
    with pytest.raises(claims.VerdictError) as caught:
        claims.check(data)
    return str(caught.value)


ON_DISK = [
    (
        "trade_totals",
        change("value_usd", times(2), PAIR + " and source == 'UN Comtrade' and flow == 'import'"),
        {"C37"},
    ),
    (
        "trade_totals",
        change("value_usd", times(2), PAIR + " and flow == 'export'"),
        {"C33", "C37", "C40"},
    ),
    (
        "trade_products",
        change(
            "value_usd",
            times(0.01),
            "year == 2019 and (hs_chapter < '28' or '40' < hs_chapter < '72')",
        ),
        {"C39"},
    ),
    ("energy_reserves", change("value", times(0.5), GAS), {"C27"}),
    (
        "energy_exports",
        change("value", times(5), "country == 'IRN' and destination == 'WLD' and year == 2019"),
        {"C30"},
    ),
    ("gecf_membership", change("status", "member", "listed_on.dt.year == 2018"), {"C26"}),
    (
        "security_council",
        swap_votes("draft.isin(['S/2020/797', 'S/2025/561', 'S/2025/539']) and member == 'RUS'"),
        {"C44", "C49"},
    ),
    ("arms_transfers", change("replaces_order_year", 2014, "replaces_order_year == 2007"), {"C08"}),
    ("syria_conflict", change("side_a_second", None), {"C14"}),
    ("official_trade_statements", without("measure == 'agreement'"), {"C41"}),
    ("events", event("2024-12-08-assad-falls", status="reported"), {"C14"}),
]


@pytest.mark.parametrize(
    "table, spoil, wrong",
    ON_DISK,
    ids=[f"{table}-{'-'.join(sorted(wrong))}" for table, _, wrong in ON_DISK],
)
def test_a_corrupted_table_is_refused_and_the_claim_named(data, monkeypatch, table, spoil, wrong):
    corrupt(data, table, spoil)
    real = tables.load
    monkeypatch.setattr(
        tables,
        "load",
        lambda name, folder=tables.DATA: real(name, folder) if name == table else original(name),
    )  # the others are as they were: read once
    message = refused(data)
    assert set(re.findall(r"^  (C\d\d) is published", message, flags=re.M)) == wrong
    for claim in wrong:
        assert (
            f"{claim} is published as {LEDGER['verdict'][claim]!r} and computed as" in message
            and DECIDED[claim] in message
            and table in message
        )
    assert "accept claims" in message


def cli(data):
    code = (
        "import sys; from pathlib import Path; from ledger import tables, claims; folder = "
        "Path(sys.argv.pop()); real = claims.report; claims.report = lambda: real(folder); from "
        "ledger import __main__ as m; sys.exit(m.main())"
    )
    return subprocess.run(
        [sys.executable, "-c", code, "claims", str(data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONUTF8": "1"},
    )


def test_the_command_prints_every_claim_and_fails_when_one_differs(data):
    run = subprocess.run(
        [sys.executable, "-m", "ledger", "claims"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONUTF8": "1"},
    )
    assert run.returncode == 0 and not run.stderr, run.stderr
    assert re.findall(r"^C\d\d", run.stdout, flags=re.M) == LEDGER.index.tolist()
    assert "2.60" in run.stdout and f"{len(DECIDED)} of {len(LEDGER)}" in run.stdout
    corrupt(
        data, "trade_totals", change("value_usd", times(2), PAIR + " and flow == 'import'")
    )  # Iran's exports of 2019, doubled
    run = cli(data)
    assert (
        run.returncode == 1
        and "error: C37 is published" in run.stderr
        and re.search(r"^C37 .*<-- differs", run.stdout, flags=re.M)
    )


# --- ledger and functions fit ---------------------------------------------------------------------


def ledger_with(data, claim, **cells):
    corrupt(data, "claims", change(list(cells), [list(cells.values())], f"claim_id == '{claim}'"))


def test_a_published_verdict_that_the_data_do_not_bear_out(data):
    ledger_with(data, "C40", verdict="supported")
    message = refused(data)
    assert (
        "C40 is published as 'supported' and computed as 'partly'" in message and "2.60" in message
    )


@pytest.mark.parametrize(
    "claim, basis, message",
    [
        ("C01", "statistics", "its basis is 'record of events' and not 'statistics'"),
        ("C02", "statistics", "C02 names no rule, so its basis is 'reading of sources'"),
    ],
)
def test_a_basis_that_the_rule_does_not_have(data, claim, basis, message):
    ledger_with(data, claim, basis=basis)
    assert message in refused(data)


def test_a_function_that_does_not_exist(data):
    ledger_with(data, "C02", decided_by="are_allies")
    assert "C02: decided_by names 'are_allies'" in refused(data)


def test_a_function_that_no_claim_names(data, monkeypatch):
    rule = lambda load: None
    rule.__module__ = "analysis.rules.outlook"
    monkeypatch.setitem(claims.rules(), "the_moon_is_made_of_cheese", rule)
    message = refused(data)
    assert "the_moon_is_made_of_cheese in analysis.rules.outlook decides no claim" in message


# --- the rows themselves --------------------------------------------------------------------------

TYPED = {
    "C33": {"2.76"},
    "C37": {"1.58", "1.59"},
    "C39": {"69.4"},
    "C40": {"3.10"},
}  # decimals in a reason that its function does not compute


def test_a_reason_says_no_decimal_that_its_function_does_not_compute(findings):
    for claim, finding in findings.items():
        stated = set(re.findall(r"\d+\.\d+", LEDGER["reason"][claim])) - TYPED.get(claim, set())
        assert stated <= set(re.findall(r"\d+\.\d+", finding.explanation)), claim


def test_typed_decimals_that_other_rows_of_the_tables_give():
    from analysis import measures

    assert (
        round(
            100
            * measures.partner_shares(
                original("trade_partners"), "Harvard Atlas", "IRN", "RUS"
            ).loc[2017, "share"],
            1,
        )
        == 1.1
    )
    assert (
        round(
            100
            * measures.product_shares(original("trade_products"), "RUS", "IRN", "export", 2005)[
                "Metals"
            ],
            1,
        )
        == 69.4
    )
    assert all(
        measures.export_import_ratio(original("trade_totals"), source, "RUS", "IRN")[2017] > 3
        for source in ("UN Comtrade", "Harvard Atlas")
    )
