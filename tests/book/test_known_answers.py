"""Promise: the figures the book rests on are in the tables, as the institutions published them.

Every value was read or summed by hand from the institution's own file when its connector was
written, by other code than the connector's.
"""

import pandas as pd
import pytest

from analysis import measures
from ledger.core.tables import load

MILLION = 1e6


def cell(table, column="value", **where):
    """Return the one value of a table in the row where the given columns hold the given values."""
    frame = load(table)
    for key, value in where.items():
        frame = frame[frame[key] == value]
    assert len(frame) == 1, f"{table}: {len(frame)} rows where {where}"
    return frame[column].iloc[0]


def percent(share, digits=1):
    """Return a share in per cent, rounded."""
    return round(100 * share, digits)


# --- trade ----------------------------------------------------------------------------------------


def test_russia_reported_trade_of_2019():
    trade = measures.bilateral_trade(load("trade_totals"), "UN Comtrade", "RUS", "IRN").loc[2019]
    trade = trade / MILLION
    assert round(trade["export"], 1) == 1518.2 and round(trade["import"], 1) == 584.5
    assert round(trade.sum(), 1) == 2102.7
    assert round(trade["export"] / trade["import"], 2) == 2.60


def test_harvard_atlas_trade_of_2019():
    trade = measures.bilateral_trade(load("trade_totals"), "Harvard Atlas", "RUS", "IRN").loc[2019]
    assert round(trade.sum() / MILLION) == 2035
    assert round(trade["export"] / trade["import"], 2) == 2.94


@pytest.mark.parametrize(
    "flow, year, group, value",
    [
        ("export", 2019, "Agri-food", 79.6),
        ("import", 2019, "Agri-food", 77.8),
        ("export", 2005, "Metals", 69.4),
    ],
)
def test_largest_group_of_products(flow, year, group, value):
    shares = measures.product_shares(load("trade_products"), "RUS", "IRN", flow, year)
    assert percent(shares[group]) == value


def test_iran_in_russias_trade_of_2019():
    shares = measures.partner_shares(load("trade_partners"), "UN Comtrade", "RUS", "IRN")
    assert percent(shares.loc[2019, "share"], 2) == 0.31


@pytest.mark.parametrize(
    "source, reporter, flow, year, value",
    [
        ("UN Comtrade", "RUS", "export", 2019, 1518231577),
        ("UN Comtrade", "RUS", "import", 2020, 796793984),
        ("IMF DOTS", "IRN", "export", 2020, 750640000),
        ("IMF IMTS", "RUS", "export", 2021, 3070472539),
        ("IMF IMTS", "RUS", "import", 2021, 975162455),
        ("IMF IMTS", "RUS", "export", 2024, 2260360934),
        ("WITS", "RUS", "export", 2006, 1555842746),
        ("Correlates of War", "IRN", "import", 2008, 1337000000),
        ("OEC", "RUS", "export", 2022, 1515258166),
        ("OEC", "IRN", "export", 2022, 691495981),
    ],
)
def test_trade_totals(source, reporter, flow, year, value):
    where = {"source": source, "reporter": reporter, "flow": flow, "year": year}
    assert cell("trade_totals", "value_usd", **where) == value


def test_imf_2019_which_looks_like_a_partial_year_is_left_out():
    totals = load("trade_totals")
    for source in ("IMF DOTS", "IMF IMTS"):
        trade = totals[totals["source"] == source]
        assert 2019 not in set(trade["year"]) and {2018, 2020} <= set(trade["year"])


def test_what_the_imf_estimates_is_marked_and_what_says_nothing_of_the_pair_is_left_out():
    trade = load("trade_totals").query("source == 'IMF IMTS'").set_index(["flow", "year"])
    estimated = trade.index[trade["estimated"]]
    assert {*estimated} == {("export", 2022), ("export", 2023), ("export", 2024), ("import", 2022)}
    assert ("import", 2023) not in trade.index and ("import", 2024) not in trade.index
    assert len(trade) == 14


def test_product_years_that_cannot_be_read_by_chapter_are_left_out():
    products = load("trade_products")
    assert products["year"].max() == 2019
    sold = products.query("flow == 'export' and year == 2006")["value_usd"].sum()
    assert round(sold / MILLION) == 1556


@pytest.mark.parametrize(
    "source, reporter, partner, flow, year, value",
    [
        ("UN Comtrade", "RUS", "WLD", "export", 2019, 426720332660),
        ("UN Comtrade", "RUS", "CHN", "import", 2010, 38960930034),
        ("Harvard Atlas", "IRN", "CHN", "import", 2017, 18455582694),
    ],
)
def test_trade_partners(source, reporter, partner, flow, year, value):
    where = {"source": source, "reporter": reporter, "partner": partner, "flow": flow}
    assert cell("trade_partners", "value_usd", year=year, **where) == value


@pytest.mark.parametrize(
    "country, year, value",
    [("IRN", 2012, 644035512181), ("IRN", 2020, 239735486745), ("USA", 2023, 27360935000000)],
)
def test_gdp(country, year, value):
    assert cell("gdp", "gdp_usd", country=country, year=year) == value


@pytest.mark.parametrize(
    "target, year, kind, cases",
    [
        ("RUS", 2021, "any", 12),
        ("RUS", 2022, "any", 29),
        ("IRN", 2016, "any", 20),
        ("IRN", 2017, "any", 3),
        ("RUS", 2022, "financial", 27),
    ],
)
def test_sanctions_in_force(target, year, kind, cases):
    assert cell("sanctions", "active_cases", target=target, year=year, sanction_type=kind) == cases


@pytest.mark.parametrize(
    "month, iran, russia, both",
    [
        ("2021-08-01", 1772, 457, 0),
        ("2022-10-01", 1912, 2094, 0),
        ("2022-11-01", 1935, 2150, 2),
        ("2023-10-01", 2161, 3372, 8),
        ("2024-04-01", 2279, 4544, 13),
    ],
)
def test_entries_of_ofacs_list(month, iran, russia, both):
    """Those under both were counted again in the copies of the list themselves."""
    row = load("ofac_entries").set_index("month").loc[month]
    assert row[["iran", "russia", "both"]].to_list() == [iran, russia, both]


def test_sanctions_cover_only_the_years_in_which_the_copy_is_complete():
    assert sorted(load("sanctions")["year"].unique()) == list(range(2013, 2023))


# --- energy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("country, value", [("IRN", 264.8), ("RUS", 609.4)])
def test_gas_output_of_2025(country, value):
    where = {"source": "Energy Institute", "fuel": "gas", "measure": "production", "unit": "bcm"}
    assert round(cell("energy_production", country=country, year=2025, **where), 1) == value


@pytest.mark.parametrize("year, value", [(2017, 4.939), (2025, 5.184)])
def test_irans_oil_output_before_the_second_round_of_sanctions_and_last(year, value):
    where = {"source": "Energy Institute", "fuel": "oil", "measure": "production"}
    assert round(cell("energy_production", country="IRN", year=year, **where) / 1000, 3) == value


@pytest.mark.parametrize("year, value", [(2017, 2125), (2020, 404), (2012, 2102)])
def test_irans_crude_exports_as_opec_has_them(year, value):
    exports = load("energy_exports").query(
        "country == 'IRN' and fuel == 'crude oil' and destination == 'WLD' and year == @year"
    )
    exports = exports[exports["source"].str.startswith("OPEC")]
    assert len(exports) == 1 and round(exports["value"].iloc[0]) == value


@pytest.mark.parametrize(
    "country, years, fall", [("IRN", (2011, 2012), 17), ("WLD", (2019, 2020), 7)]
)
def test_crude_exports_fell_from_one_year_to_the_next(country, years, fall):
    where = {"fuel": "crude oil", "destination": "WLD", "source": "OPEC ASB 2023"}
    before, after = (cell("energy_exports", country=country, year=y, **where) for y in years)
    assert round(100 * (1 - after / before)) == fall


def test_gas_reserves_of_todays_twelve_members():
    membership = load("gecf_membership")
    last = membership.query("status == 'member' and complete")["listed_on"].max()
    on_it = (membership["listed_on"] == last) & (membership["status"] == "member")
    members = membership[on_it]["country"].tolist()
    assert len(members) == 12
    shares = measures.share_of_reserves(load("energy_reserves"), members, "gas", "OPEC")["share"]
    assert percent(shares.loc[2023]) == 63.1 and percent(shares.loc[2001]) == 71.2


def test_energy_institute_reserves_stop_at_2020():
    assert load("energy_reserves").query("source == 'Energy Institute'")["year"].max() == 2020


@pytest.mark.parametrize(
    "year, destination, value",
    [
        (2019, "Europe", 191.265),
        (2021, "Europe", 167.707),
        (2022, "Europe", 85.592),
        (2025, "Europe", 35.9679),
        (2025, "CHN", 36.7207),
        (2019, "CHN", 0.283923),
    ],
)
def test_where_russian_pipeline_gas_goes(year, destination, value):
    exports = load("energy_exports").query(
        "country == 'RUS' and fuel == 'pipeline gas' and destination == @destination and year == "
        "@year and source == 'Energy Institute'"
    )
    assert value in [round(v, 6) for v in exports["value"]]


def test_power_of_siberia_is_counted_once():
    lines = load("gas_pipelines").query("project_id in ['P2352', 'P2353']")
    assert sorted(lines["capacity_bcm"]) == [38, 38] and lines["counts_capacity"].sum() == 1


@pytest.mark.parametrize(
    "frequency, period, value",
    [
        ("year", "2022-01-01", 100.93),
        ("month", "2020-04-01", 18.38),
        ("year", "2012-01-01", 111.63),
    ],
)
def test_brent(frequency, period, value):
    assert (
        cell("oil_price", "usd_per_barrel", frequency=frequency, period=pd.Timestamp(period))
        == value
    )


@pytest.mark.parametrize(
    "country, year, power, share", [("IRN", 2024, "gas", 85.917), ("RUS", 2025, "solar", 0.238)]
)
def test_electricity_mix(country, year, power, share):
    where = {"country": country, "year": year, "source_of_power": power}
    assert round(cell("electricity_mix", "share_percent", **where), 3) == share


# --- security -------------------------------------------------------------------------------------


def tiv(supplier, recipient):
    return load("arms_transfers").query(
        "record == 'delivery' and supplier == @supplier and recipient == @recipient"
    )


def test_arms_from_russia_to_iran():
    deliveries = tiv("RUS", "IRN")
    assert round(deliveries.query("year == 2016")["tiv_delivered"].sum()) == 413
    assert round(deliveries.query("1995 <= year <= 2024")["tiv_delivered"].sum()) == 3119


def test_arms_from_iran_to_russia():
    deliveries = tiv("IRN", "RUS")
    assert round(deliveries["tiv_delivered"].sum()) == 493
    assert (
        round(deliveries[deliveries["designation"] == "Shahed-136"]["tiv_delivered"].sum()) == 460
    )


@pytest.mark.parametrize(
    "edition, iran_to_russia, russia_to_iran, drones, drones_tiv",
    [("2025-10-23", 493, 63, 4600, 460), ("2026-05-18", 297, 63, 6600, 264)],
)
def test_orders_since_2022_by_edition(edition, iran_to_russia, russia_to_iran, drones, drones_tiv):
    orders = load("arms_orders")
    orders = orders[orders["edition"] == pd.Timestamp(edition)]
    sent = orders.query("order_year >= 2022").groupby("supplier")["tiv_delivered"].sum()
    assert (sent["IRN"], sent["RUS"]) == (iran_to_russia, russia_to_iran)
    shahed = orders[orders["designation"] == "Shahed-136"].iloc[0]
    assert (shahed["quantity_delivered"], shahed["tiv_delivered"]) == (drones, drones_tiv)


@pytest.mark.parametrize("year, share", [(2022, 91.94), (2023, 91.51), (2024, 48.02)])
def test_irans_share_of_what_russia_received(year, share):
    """As added up from SIPRI's register by delivery, all suppliers."""
    arms = load("arms_transfers").query("record == 'total' and recipient == 'RUS'")
    tiv = arms[arms["year"] == year].set_index("supplier")["tiv_delivered"]
    assert round(100 * tiv["IRN"] / tiv["WLD"], 2) == share


def test_what_each_has_sent_since_2022():
    """As the export of May 2026 has it, line by line."""
    orders = load("arms_orders").query("order_year >= 2022")
    newest = orders[orders["edition"].dt.year == 2026].set_index("designation")
    assert newest["quantity_delivered"].to_dict() == {
        "Shahed-136": 6600,
        "Fath-360": 200,
        "Shahed-131": 100,
        "Mohajer-6": 20,
        "Yak-130": 6,
        "Su-35S": 0,
        "Mi-28N": 0,
    }
    assert set(newest.index[newest["supplier"] == "RUS"]) == {"Yak-130", "Su-35S", "Mi-28N"}


def test_the_s300_of_iran_went_to_three_other_states():
    """Algeria, Azerbaijan and China, in both editions of the register by deal."""
    deal = load("arms_transfers").query("record == 'deal' and designation == 'S-300PMU2 Favorit'")
    assert deal["other_recipients"].to_list() == [3]


def test_deaths_in_syria_by_opponent():
    battles = load("syria_conflict").query("scope == 'conflict over Syria'")
    deaths = battles.groupby("side_b")["deaths_best"].sum()
    assert (deaths["Syrian insurgents"], deaths["IS"]) == (285914, 49395)


def test_whole_editions_of_orders():
    """As added up from the two exports, the Soviet Union's deals among them."""
    orders = load("arms_orders")
    tiv = orders.groupby([orders["edition"].dt.year, "supplier"])["tiv_delivered"]
    assert {key: (len(each), round(each.sum(), 2)) for key, each in tiv} == {
        (2025, "IRN"): (4, 493),
        (2025, "RUS"): (29, 3975.45),
        (2025, "SUN"): (21, 3231.35),
        (2026, "IRN"): (4, 297),
        (2026, "RUS"): (30, 3953.45),
        (2026, "SUN"): (22, 3410.01),
    }


def test_two_orders_of_iran_are_not_delivered():
    waiting = load("arms_orders").query("quantity_delivered == 0").set_index("designation")
    assert waiting[["order_year", "tiv_unit"]].to_dict("index") == {
        "Su-35S": {"order_year": 2023, "tiv_unit": 60},
        "Mi-28N": {"order_year": 2023, "tiv_unit": 15.5},
    }
    assert set(waiting["edition"].dt.year) == {2026} and waiting["quantity_ordered"].isna().all()


@pytest.mark.parametrize(
    "year, launched, destroyed, lost",
    [
        (2022, 409, 390, 0),
        (2023, 3123, 2617, 0),
        (2024, 10970, 7489, 2691),
        (2025, 54702, 36903, 10257),
        (2026, 30795, 27388, 0),
    ],
)
def test_drones_launched_by_the_ukrainian_air_forces_count(year, launched, destroyed, lost):
    drones = load("drone_launches")
    of_year = drones[drones["month"].dt.year == year]
    sums = of_year[["launched", "destroyed", "lost"]].sum().to_list()
    assert sums == [launched, destroyed, lost]


def test_drones_of_single_months_and_the_share_of_shaheds():
    drones = load("drone_launches").set_index("month")
    assert len(drones) == 45 and drones.index.max() == pd.Timestamp("2026-05-01")
    assert drones.loc["2024-08-01", ["launched", "destroyed", "lost"]].to_list() == [790, 656, 73]
    assert drones.loc["2026-05-01", "launched"] == drones["launched"].max() == 8152
    told = drones[["launched_told", "shaheds_told"]].sum()
    assert told.to_list() == [42023, 25913]
    assert percent(1 - told["shaheds_told"] / told["launched_told"]) == 38.3


def test_the_s300_deal_names_the_order_it_replaced():
    deal = load("arms_transfers").query("record == 'deal' and deal_id == '59015'").iloc[0]
    assert (deal["order_year"], deal["replaces_order_year"]) == (2015, 2007)


def test_syrian_deaths():
    syria = load("syria_conflict").query("source == 'UCDP' and scope == 'conflict over Syria'")
    assert syria.query("year == 2013")["deaths_best"].sum() == 72013
    assert syria["deaths_best"].sum() == 335796


@pytest.mark.parametrize(
    "year, source, measure, country, value",
    [
        (2023, "SIPRI", "share_of_gdp", "IRN", 2.493811),
        (2025, "SIPRI", "share_of_gdp", "IRN", 2.091579),
        (2025, "SIPRI", "share_of_gdp", "RUS", 7.501485),
        (2025, "SIPRI", "constant_usd", "RUS", 158236353686),
        (2025, "SIPRI", "constant_usd", "IRN", 7450451753),
        (2023, "World Bank", "share_of_gdp", "RUS", 5.402318),
    ],
)
def test_military_spending(year, source, measure, country, value):
    where = {"country": country, "year": year, "source": source, "measure": measure}
    assert round(cell("military_spending", **where), 6) == value


def test_dollars_of_spending_have_one_base_year():
    dollars = load("military_spending").query("measure == 'constant_usd'")
    assert set(dollars["unit"]) == {"US$ at constant 2024 prices and exchange rates"}


def test_both_states_beside_syria_s_government_in_2024():
    parties = load("syria_conflict").query("source == 'UCDP Armed Conflict Dataset'")
    beside = parties[parties["side_a_second"].fillna("").str.contains("Iran.*Russia")]
    assert sorted(set(beside["year"])) == [*range(2015, 2025)]
    assert set(beside.query("year == 2024")["side_b"]) == {"Syrian insurgents", "IS"}
    assert parties["deaths_best"].isna().all()


def test_russia_s_trade_with_israel_and_with_iran():
    """As Russia reported it for 2019: exports of 1,416.5 and 1,518.2, imports of 834.2 and 584.5
    million dollars.
    """
    total = measures.partner_table(load("trade_partners"), "UN Comtrade", "RUS", 2019)["total"]
    assert round(total["ISR"] / 1e6, 1) == 2250.7 and round(total["IRN"] / 1e6, 1) == 2102.7


# --- diplomacy ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "one, other, first, last, value",
    [
        ("RUS", "IRN", 1991, 1999, 0.512),
        ("RUS", "IRN", 2015, 2019, 0.664),
        ("IRN", "ISR", 2015, 2019, 0.109),
        ("IRN", "CHN", 2015, 2019, 0.774),
    ],
)
def test_agreement_in_the_general_assembly(one, other, first, last, value):
    agreement = measures.voting_agreement(load("un_votes"), one, other)
    assert round(agreement[agreement["year"].between(first, last)]["agree"].mean(), 3) == value


# Worked out from un_votes.rda and un_roll_calls.rda in plain Python, without the book's code.
# Russia's point of view and Iran's: rank, members, per cent, per cent of the median member
STANDING = [
    ("RUS", "IRN", 1991, 1999, 173, 182, 51.2, 59.1),
    ("RUS", "IRN", 2000, 2004, 77, 186, 70.0, 69.1),
    ("RUS", "IRN", 2005, 2009, 89, 189, 70.0, 69.7),
    ("RUS", "IRN", 2010, 2014, 115, 191, 66.9, 68.4),
    ("RUS", "IRN", 2015, 2019, 11, 192, 66.4, 58.5),
    ("IRN", "RUS", 1991, 1999, 156, 182, 51.2, 82.1),
    ("IRN", "RUS", 2010, 2014, 128, 191, 66.9, 77.0),
    ("IRN", "RUS", 2015, 2019, 121, 192, 66.4, 74.1),
    ("IRN", "ISR", 2015, 2019, 192, 192, 10.9, 74.1),
    ("RUS", "ISR", 2015, 2019, 192, 192, 25.2, 58.5),
    ("RUS", "SAU", 2015, 2019, 43, 192, 61.3, 58.5),
    ("RUS", "CHN", 2015, 2019, 1, 192, 75.2, 58.5),
    ("USA", "RUS", 2015, 2019, 87, 192, 26.2, 25.1),
    ("USA", "IRN", 2015, 2019, 189, 192, 12.7, 25.1),
]


@pytest.mark.parametrize("country, member, first, last, rank, members, share, median", STANDING)
def test_standing_among_all_members(country, member, first, last, rank, members, share, median):
    period = [(first, last)]
    row = measures.standing(load("un_agreement"), country, member, period).iloc[0]
    assert (row["rank"], row["members"]) == (rank, members)
    assert [round(100 * row[column], 1) for column in ("agreement", "median")] == [share, median]


@pytest.mark.parametrize(
    "year, rank, members", [(2011, 155, 184), (2012, 123, 188), (2013, 12, 187), (2019, 32, 189)]
)
def test_iran_s_rank_in_single_years(year, rank, members):
    least = measures.LEAST_IN_YEAR
    row = measures.standing(load("un_agreement"), "RUS", "IRN", [(year, year)], least=least).iloc[0]
    assert (row["rank"], row["members"]) == (rank, members)


@pytest.mark.parametrize(
    "first, last, least, rank, members, share, median",
    [
        (1991, 1999, 100, 174, 182, 50.7, 58.8),
        (2000, 2004, 100, 44, 186, 74.6, 72.2),
        (2005, 2009, 100, 18, 189, 77.0, 70.7),
        (2010, 2014, 100, 34, 191, 69.9, 66.9),
        (2015, 2019, 100, 12, 192, 68.7, 61.4),
        (2012, 2012, 30, 94, 187, 66.2, 66.2),
        (2013, 2013, 30, 12, 187, 72.4, 65.5),
    ],
)
def test_iran_s_standing_on_whole_resolutions(first, last, least, rank, members, share, median):
    counts, period = load("un_agreement"), [(first, last)]
    row = measures.standing(counts, "RUS", "IRN", period, least=least, whole=True).iloc[0]
    assert (row["rank"], row["members"]) == (rank, members)
    assert [round(100 * row[column], 1) for column in ("agreement", "median")] == [share, median]


# Worked out from un_votes.rda and un_roll_calls.rda in plain Python, without the book's code
@pytest.mark.parametrize(
    "year, rank, members",
    [(1994, 165, 167), (2000, 112, 169), (2001, 104, 162), (2006, 104, 188), (2012, 126, 187),
     (2019, 117, 190)],
)  # fmt: skip
def test_russia_s_rank_in_iran_s_list_on_whole_resolutions(year, rank, members):
    counts, period = load("un_agreement"), [(year, year)]
    least = measures.LEAST_IN_YEAR
    row = measures.standing(counts, "IRN", "RUS", period, least=least, whole=True).iloc[0]
    assert (row["rank"], row["members"]) == (rank, members)


# Worked out from un_votes.rda and un_roll_call_issues.rda in the same way
@pytest.mark.parametrize(
    "one, other, issue, share, calls",
    [
        ("RUS", "IRN", "me", 80.5, 77),
        ("RUS", "IRN", "nu", 19.6, 102),
        ("RUS", "USA", "me", 0.0, 78),
        ("RUS", "USA", "nu", 67.6, 102),
        ("CHN", "IRN", "nu", 53.0, 100),
        ("AZE", "IRN", "nu", 88.1, 101),
    ],
)
def test_agreement_by_issue_in_2015_to_2019(one, other, issue, share, calls):
    row = measures.agreement_by_issue(load("un_votes"), one, other, 2015, 2019).loc[issue]
    assert (round(100 * row["agreement"], 1), row["votes"]) == (share, calls)


def test_the_counts_of_all_members_are_those_of_single_votes():
    votes = load("un_votes")
    counts = load("un_agreement").set_index(["country", "member", "year"])
    for country, member in (("RUS", "IRN"), ("IRN", "SAU"), ("USA", "AZE")):
        agree = measures.voting_agreement(votes, country, member).groupby("year")["agree"]
        rows = counts.loc[country, member]
        assert rows["common"].to_dict() == agree.size().to_dict()
        assert rows["equal"].to_dict() == agree.sum().to_dict()


# Worked out from the lines of the institution's file: distance, Iran's rank from Russia, members
@pytest.mark.parametrize(
    "year, distance, rank, members",
    [
        (1995, 2.91, 170, 176),
        (2019, 1.61, 188, 192),
        (2022, 0.80, 128, 191),
        (2023, 1.13, 155, 191),
        (2025, 1.09, 131, 189),
    ],
)
def test_distance_of_ideal_points(year, distance, rank, members):
    table = measures.nearest(load("un_ideal_points"), "RUS", year)
    assert round(table.loc["IRN", "distance"], 2) == distance
    assert (table.loc["IRN", "rank"], len(table)) == (rank, members)


def test_ideal_points_are_of_one_estimate_and_leave_out_2024():
    points = load("un_ideal_points")
    assert set(points["estimate"]) == {"final passage"}
    assert set(points["year"]) == {*range(1989, 2024), 2025}


def test_the_arms_embargo_draft_of_2020():
    draft = load("security_council").query("record == 'vote' and draft == 'S/2020/797'")
    assert draft[["yes", "no", "abstain"]].drop_duplicates().values.tolist() == [[2, 2, 11]]
    assert draft.set_index("member").loc["RUS", "vote"] == "no"
    assert str(draft["date"].iloc[0].date()) == "2020-08-14"


def test_all_claims_are_there():
    assert load("claims")["claim_id"].tolist() == [f"C{number:02d}" for number in range(1, 66)]
