"""Promise: a measure is right on cases worked by hand, and keeps its properties on any data."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import measures


def trade(rows):
    """Return a table such as trade_totals and trade_partners."""
    columns = ["source", "reporter", "partner", "flow", "year", "value_usd"]
    return pd.DataFrame(rows, columns=columns)


PAIR = trade(
    [
        ("S", "AAA", "BBB", "export", 2001, 300.0),
        ("S", "AAA", "BBB", "import", 2001, 100.0),
        ("S", "AAA", "BBB", "export", 2002, 50.0),
        ("S", "BBB", "AAA", "import", 2001, 330.0),
        ("S", "BBB", "AAA", "import", 2003, 10.0),
    ]
)


def test_bilateral_trade_keeps_gaps():
    frame = measures.bilateral_trade(PAIR, "S", "AAA", "BBB")
    assert frame.loc[2001].tolist() == [300.0, 100.0]
    assert frame.loc[2002, "export"] == 50.0 and pd.isna(frame.loc[2002, "import"])


@pytest.mark.parametrize("measure", [measures.bilateral_trade, measures.export_import_ratio])
def test_trade_in_an_unknown_source_is_an_error(measure):
    with pytest.raises(ValueError, match="T has no trade of AAA with BBB"):
        measure(PAIR, "T", "AAA", "BBB")


def test_ratio_leaves_out_years_without_both_flows_or_without_imports():
    nothing = trade(
        [("S", "AAA", "BBB", flow, 2004, v) for flow, v in [("export", 5), ("import", 0)]]
    )
    frame = pd.concat([PAIR, nothing])
    assert measures.export_import_ratio(frame, "S", "AAA", "BBB").to_dict() == {2001: 3.0}


def test_mirror_gap_by_hand():
    gap = measures.mirror_gap(
        pd.Series({2001: 300.0, 2002: 50.0, 2004: 0.0}),
        pd.Series({2001: 330.0, 2003: 10.0, 2004: 5.0}),
    )
    assert gap.loc[2001].tolist() == pytest.approx([300.0, 330.0, 30.0, 1.1])
    assert list(gap.index) == [2001, 2004] and pd.isna(gap.loc[2004, "ratio"])


values = st.floats(min_value=0.01, max_value=1e12)
series = st.dictionaries(st.integers(1990, 2025), values, min_size=1, max_size=10).map(
    lambda d: pd.Series(d, dtype=float)
)


@given(series, series)
def test_mirror_gap_changes_sign_when_the_reports_change_places(one, other):
    gap, reverse = measures.mirror_gap(one, other), measures.mirror_gap(other, one)
    assert set(gap.index) == set(one.index) & set(other.index)
    pd.testing.assert_series_equal(gap["gap"], -reverse["gap"])
    assert (gap["ratio"] * reverse["ratio"] - 1).abs().max() < 1e-9 or gap.empty


@pytest.mark.parametrize(
    "chapter, group",
    [
        ("01", "Agri-food"),
        ("24", "Agri-food"),
        ("25", "Minerals and fuels"),
        ("27", "Minerals and fuels"),
        ("28", "Chemicals"),
        ("40", "Chemicals"),
        ("41", measures.OTHER),
        ("72", "Metals"),
        ("83", "Metals"),
        ("84", "Machinery and vehicles"),
        ("90", "Machinery and vehicles"),
        ("93", measures.OTHER),
        ("99", measures.OTHER),
    ],
)
def test_hs_groups_at_their_borders(chapter, group):
    assert measures.hs_group(chapter) == group


@pytest.mark.parametrize("chapter", ["00", "100", "-1", "TOTAL"])
def test_what_is_no_hs_chapter_is_an_error(chapter):
    with pytest.raises(ValueError):
        measures.hs_group(chapter)


def products(amounts):
    return pd.DataFrame(
        [("AAA", "BBB", "export", 2001, chapter, value) for chapter, value in amounts.items()],
        columns=["reporter", "partner", "flow", "year", "hs_chapter", "value_usd"],
    )


def test_product_shares_by_hand():
    shares = measures.product_shares(
        products({"10": 60.0, "08": 20.0, "72": 15.0, "84": 5.0}), "AAA", "BBB", "export", 2001
    )
    assert shares.to_dict() == pytest.approx(
        {"Agri-food": 0.8, "Metals": 0.15, "Machinery and vehicles": 0.05}
    )
    assert shares.index[0] == "Agri-food"


@given(st.dictionaries(st.integers(1, 99).map("{:02d}".format), values, min_size=1, max_size=30))
def test_product_shares_sum_to_one(amounts):
    shares = measures.product_shares(products(amounts), "AAA", "BBB", "export", 2001)
    assert shares.sum() == pytest.approx(1)


@pytest.mark.parametrize("amounts", [{}, {"10": 0.0}])
def test_product_shares_of_nothing_are_an_error(amounts):
    with pytest.raises(ValueError, match="no export of AAA to or from BBB by HS chapter in 2001"):
        measures.product_shares(products(amounts), "AAA", "BBB", "export", 2001)


def test_partner_table_takes_the_published_world_as_the_whole():
    frame = trade(
        [
            ("S", "AAA", "WLD", "export", 2001, 200.0),
            ("S", "AAA", "BBB", "export", 2001, 30.0),
            ("S", "AAA", "BBB", "import", 2001, 10.0),
            ("S", "AAA", "CCC", "export", 2001, 60.0),
        ]
    )
    table = measures.partner_table(frame, "S", "AAA", 2001)
    assert list(table.index) == ["CCC", "BBB"]
    assert table.loc["BBB", ["total", "share", "rank"]].tolist() == [40.0, 0.2, 2]


def test_partner_table_sums_partners_where_no_world_is_published_and_ties_share_a_rank():
    codes = ("BBB", "CCC", "DDD", "EEE")
    frame = trade([("S", "AAA", code, "import", 2001, 25.0) for code in codes])
    table = measures.partner_table(frame, "S", "AAA", 2001)
    assert table["share"].tolist() == [0.25] * 4 and table["rank"].tolist() == [1] * 4


def test_partner_table_of_a_year_without_rows_is_an_error():
    with pytest.raises(ValueError, match="S has no partners of AAA in 1999"):
        measures.partner_table(PAIR, "S", "AAA", 1999)


def test_areas_not_specified_count_in_the_whole_and_have_no_rank():
    frame = trade(
        [
            ("S", "AAA", "ANS", "export", 2001, 50.0),
            ("S", "AAA", "BBB", "export", 2001, 30.0),
            ("S", "AAA", "CCC", "import", 2001, 20.0),
        ]
    )
    table = measures.partner_table(frame, "S", "AAA", 2001)
    assert table["share"].to_dict() == {"BBB": 0.3, "CCC": 0.2}
    assert table["rank"].to_dict() == {"BBB": 1, "CCC": 2}


def test_partner_shares_by_year():
    frame = trade(
        [
            ("S", "AAA", "BBB", "export", 2001, 1.0),
            ("S", "AAA", "CCC", "export", 2001, 3.0),
            ("S", "AAA", "CCC", "export", 2002, 3.0),
        ]
    )
    shares = measures.partner_shares(frame, "S", "AAA", "BBB")
    assert shares.to_dict("index") == {2001: {"share": 0.25, "rank": 2}}


def reserves(rows):
    return pd.DataFrame(rows, columns=["country", "year", "fuel", "source", "value"])


def test_share_of_reserves_counts_the_countries_with_a_figure():
    frame = reserves(
        [
            ("AAA", 2001, "gas", "S", 30.0),
            ("BBB", 2001, "gas", "S", 20.0),
            ("WLD", 2001, "gas", "S", 100.0),
            ("AAA", 2002, "gas", "S", 40.0),
            ("WLD", 2002, "gas", "S", 100.0),
            ("AAA", 2002, "oil", "S", 9.0),
        ]
    )
    table = measures.share_of_reserves(frame, ["AAA", "BBB"], "gas", "S")
    assert table.to_dict("index") == {
        2001: {"share": 0.5, "counted": 2},
        2002: {"share": 0.4, "counted": 1},
    }
    with pytest.raises(ValueError, match="no world total"):
        measures.share_of_reserves(frame, ["AAA"], "oil", "S")


def votes(rows):
    return pd.DataFrame(rows, columns=["rcid", "year", "country", "vote"])


def test_voting_agreement_counts_recorded_votes_only():
    frame = votes(
        [
            (1, 2001, "AAA", "yes"),
            (1, 2001, "BBB", "yes"),
            (2, 2001, "AAA", "no"),
            (2, 2001, "BBB", "abstain"),
            (3, 2002, "AAA", "yes"),
        ]
    )
    agreement = measures.voting_agreement(frame, "AAA", "BBB")
    assert agreement["agree"].to_dict() == {1: True, 2: False}
    assert agreement["agree"].mean() == 0.5


cast = st.sampled_from(["yes", "no", "abstain"])


@given(st.lists(st.tuples(cast, cast), min_size=1, max_size=40))
def test_voting_agreement_is_symmetric_and_full_with_oneself(pairs):
    frame = votes(
        [
            (i, 2000, country, vote)
            for i, pair in enumerate(pairs)
            for country, vote in zip(("AAA", "BBB"), pair)
        ]
    )
    assert measures.voting_agreement(frame, "AAA", "BBB").equals(
        measures.voting_agreement(frame, "BBB", "AAA")
    )
    assert measures.voting_agreement(frame, "AAA", "AAA")["agree"].all()


FORUM = pd.DataFrame(
    [
        ("2001-01-01", "AAA", "founding participant", True),
        ("2001-01-01", "DDD", "observer", True),
        ("2008-01-01", "AAA", "signatory", True),
        ("2008-01-01", "BBB", "signatory", True),
        ("2008-01-01", "CCC", "observer", True),
        ("2010-01-01", "AAA", "member", True),
        ("2010-01-01", "CCC", "member", True),
        ("2010-06-01", "EEE", "observer", False),
    ],
    columns=["listed_on", "country", "status", "complete"],
).astype({"listed_on": "datetime64[ns]"})


@pytest.mark.parametrize(
    "day, members, observers",
    [
        ("2008-01-01", ["AAA", "BBB"], ["CCC"]),  # DDD is on an earlier list only
        ("2009-12-31", ["AAA", "BBB"], ["CCC"]),
        ("2010-03-01", ["AAA", "CCC"], []),  # CCC is a member now, BBB is no longer listed
        ("2011-01-01", ["AAA", "CCC"], ["EEE"]),  # an incomplete list adds and removes nobody
    ],
)
def test_gecf_members_are_those_of_the_last_list_of_each_status(day, members, observers):
    assert measures.gecf_members_on(FORUM, day) == (members, observers)


def test_gecf_has_no_members_before_its_statute():
    with pytest.raises(ValueError, match="no members on 2007-05-01"):
        measures.gecf_members_on(FORUM, "2007-05-01")


def test_gecf_reserve_shares_by_hand():
    frame = reserves(
        [
            ("AAA", 2008, "gas", "S", 30.0),
            ("CCC", 2008, "gas", "S", 20.0),
            ("WLD", 2008, "gas", "S", 100.0),
            ("BBB", 2009, "gas", "S", 60.0),
            ("WLD", 2009, "gas", "S", 120.0),
        ]
    )
    table = measures.gecf_reserve_shares(frame, FORUM, ["2008-01-01"], ["S"])
    assert table.drop(columns=["listed_on", "source"]).to_dict("records") == [
        {"year": 2008, "members": 2, "observers": 1, "alone": 0.3, "together": 0.5, "missing": 1},
        {"year": 2009, "members": 2, "observers": 1, "alone": 0.5, "together": 0.5, "missing": 2},
    ]


VOTES = votes(
    [
        (1, 1999, "AAA", "yes"),
        (1, 1999, "BBB", "yes"),
        (2, 2000, "AAA", "no"),
        (2, 2000, "BBB", "yes"),
        (3, 2001, "AAA", "no"),
        (3, 2001, "BBB", "no"),
    ]
)


COUNTS = pd.DataFrame(
    [
        ("AAA", "BBB", 2000, 10, 9, 10, 9),
        ("AAA", "CCC", 2000, 10, 9, 8, 7),
        ("AAA", "DDD", 2000, 10, 5, 5, 5),
        ("AAA", "EEE", 2000, 3, 3, 3, 3),  # too seldom there
        ("AAA", "BBB", 2001, 10, 1, 10, 1),
        ("AAA", "CCC", 2001, 20, 20, 20, 20),
        ("AAA", "DDD", 2001, 10, 5, 10, 5),
        ("BBB", "DDD", 2000, 10, 10, 10, 10),  # another country's
    ],
    columns=["country", "member", "year", "common", "equal", "common_whole", "equal_whole"],
)


def test_members_are_ranked_by_pooled_agreement_where_they_were_there_often_enough():
    one = measures.members_by_agreement(COUNTS, "AAA", 2000, 2000, least=10)
    assert one["rank"].to_dict() == {"BBB": 1, "CCC": 1, "DDD": 3}  # equal shares, one rank
    both = measures.members_by_agreement(COUNTS, "AAA", 2000, 2001, least=10)
    assert both["agreement"].to_dict() == {"CCC": 29 / 30, "BBB": 0.5, "DDD": 0.5}
    assert both["rank"].to_dict() == {"CCC": 1, "BBB": 2, "DDD": 2}
    assert measures.members_by_agreement(COUNTS, "AAA", 2000, 2000, least=3)["rank"]["EEE"] == 1
    assert measures.members_by_agreement(COUNTS, "AAA", 1990, 1999).empty
    whole = measures.members_by_agreement(COUNTS, "AAA", 2000, 2000, least=5, whole=True)
    assert whole["agreement"].to_dict() == {"DDD": 1.0, "BBB": 0.9, "CCC": 0.875}


def test_standing_is_rank_median_and_distance_by_period():
    table = measures.standing(COUNTS, "AAA", "DDD", [(2000, 2000), (2000, 2001)], least=10)
    assert list(table.index) == [2000, "2000–01"]
    assert table["rank"].tolist() == [3, 2] and table["members"].tolist() == [3, 3]
    assert table["median"].tolist() == [0.9, 0.5]
    assert table["distance"].tolist() == pytest.approx([-0.4, 0.0])
    assert measures.standing(COUNTS, "AAA", "EEE", [(2000, 2001)], least=10).empty


def test_members_are_ranked_by_the_distance_of_their_points():
    rows = [("AAA", 0.5), ("BBB", 0.25), ("CCC", 0.75), ("DDD", -1.0)]
    points = pd.DataFrame(rows, columns=["country", "value"]).assign(year=2000)
    table = measures.nearest(points, "AAA", 2000)
    assert table["rank"].to_dict() == {"BBB": 1, "CCC": 1, "DDD": 3}
    assert table["distance"].to_dict() == {"BBB": 0.25, "CCC": 0.25, "DDD": 1.5}
    assert measures.nearest(points, "ZZZ", 2000).empty and measures.nearest(points, "AAA", 1).empty


def test_agreement_by_issue_counts_a_roll_call_under_each_of_its_issues():
    frame = VOTES.assign(issues=VOTES["rcid"].map({1: "me", 2: "me;nu", 3: None}))
    table = measures.agreement_by_issue(frame, "AAA", "BBB", 1991, 2001)
    assert table.to_dict("index") == {
        "me": {"agreement": 0.5, "votes": 2},
        "nu": {"agreement": 0.0, "votes": 1},
    }
    assert measures.agreement_by_issue(frame, "AAA", "BBB", 1991, 1999).to_dict("index") == {
        "me": {"agreement": 1.0, "votes": 1}
    }


def test_stated_figures_by_statement_measure_and_period():
    rows = pd.DataFrame(
        {
            "statement": ["S1", "S1"],
            "measure": ["total", "agreement"],
            "period_label": ["2019", "2019-05-17"],
            "value": [2.0, float("nan")],
        }
    )
    assert measures.stated(rows).to_dict() == {("S1", "total", "2019"): 2.0}
    bounds = rows.assign(value_low=[1.5, float("nan")], value_high=[2.5, float("nan")])
    assert measures.stated_range(bounds).loc[("S1", "total", "2019")].tolist() == [2.0, 1.5, 2.5]


def test_a_ratio_of_rounded_figures_is_an_interval():
    four, five = pd.Series({"low": 3.5, "high": 4.5}), pd.Series({"low": 4.5, "high": 5.5})
    ratio = measures.ratio_range(four, five)
    assert round(ratio["low"], 3) == 0.636 and ratio["high"] == 1


def test_growth_of_the_rest_of_a_year():
    exact = {"year": 100.0, "part": 60.0, "year_growth": 0.2, "part_growth": 0.1}
    exact = {name: pd.Series({"low": value, "high": value}) for name, value in exact.items()}
    assert round(measures.growth_of_rest(**exact)["low"], 6) == 0.35  # (120 - 66) / 40
    rounded = exact | {"year_growth": pd.Series({"low": 0.19, "high": 0.21})}
    bounds = measures.growth_of_rest(**rounded).round(6)
    assert bounds.to_dict() == {"low": 0.325, "high": 0.375}


def test_a_figure_is_printed_with_the_digits_that_were_stated():
    stated = {"4.6": (4.6, 4.55, 4.65), "5 (4.5–5.5)": (5.0, 4.5, 5.5), "4.0": (4.04, 4.036, 4.048)}
    for words, (value, low, high) in stated.items():
        assert measures.as_stated(pd.Series({"value": value, "low": low, "high": high})) == words


def test_what_bound_and_what_tested_is_every_row_of_those_roles_since_a_day():
    columns = ["event_id", "date", "role", "event", "status"]
    events = pd.DataFrame(
        [
            ("2025-01-17-partnership-treaty", "2025-01-17", "binds", "A treaty", "confirmed"),
            ("2022-01-01-a-war", "2022-01-01", "tests", "A war", "unconfirmed"),
            ("2023-01-01-a-vote", "2023-01-01", "other", "A vote", "confirmed"),
            ("2026-01-01-a-veto", "2026-01-01", "answers", "A veto", "confirmed"),
            ("2021-12-31-a-pact", "2021-12-31", "binds", "A pact", "confirmed"),
        ],
        columns=columns,
    )
    events["date"] = pd.to_datetime(events["date"])
    chosen = measures.bound_and_tested(events)
    assert chosen[["label", "sure"]].values.tolist() == [
        ["A war", False],
        ["20-year treaty signed", True],
        ["A veto", True],
    ]
    assert measures.bound_and_tested(events, since="2021")["event"].iloc[0] == "A pact"


def test_arms_in_spans_take_the_last_span_from_the_orders():
    by_year = [("A", "B", 2001, 10.0), ("A", "B", 2005, 5.0), ("A", "B", 2006, 1.0)]
    totals = pd.DataFrame(
        [*by_year, ("A", "B", 2011, 7.0), ("B", "A", 2001, 9.0)],
        columns=["supplier", "recipient", "year", "tiv_delivered"],
    )
    columns = ["supplier", "recipient", "quantity_delivered"]
    columns += ["first_delivery", "last_delivery", "tiv_delivered"]
    rows = [("A", "B", 3, 2011, 2014, 6.0), ("A", "B", 9, 2004, 2010, 50.0)]
    rows += [("A", "B", 0, None, None, 0.0), ("B", "A", 1, 2012, 2012, 4.0)]
    orders = pd.DataFrame(rows, columns=columns)
    spans = measures.arms_in_spans(totals, orders, ("A", "B"), 2001, 2015)
    assert spans.to_dict() == {2001: 15.0, 2006: 1.0, 2011: 6.0}
    back = measures.arms_in_spans(totals, orders, ("B", "A"), 2001, 2015)
    assert back.to_dict() == {2001: 9.0, 2006: 0.0, 2011: 4.0}
    with pytest.raises(ValueError, match="whole spans"):
        measures.arms_in_spans(totals, orders, ("A", "B"), 2001, 2014)
    orders.loc[1, "last_delivery"] = 2012
    with pytest.raises(ValueError, match="within a span"):
        measures.arms_in_spans(totals, orders, ("A", "B"), 2001, 2015)
