"""Compute what chapters and rules share: pure functions from frames to frames or numbers.

A frame is a table as `ledger.load` returns it, or its rows; nothing here reads a file or draws.
Countries are ISO 3166-1 alpha-3 codes, trade is in current US$, shares are between 0 and 1.
"""

from __future__ import annotations

import functools
import itertools
import math

import pandas as pd

# First and last HS chapter of the groups in which Russia's customs service reports trade
HS_GROUPS = {
    "Agri-food": (1, 24),
    "Minerals and fuels": (25, 27),
    "Chemicals": (28, 40),
    "Wood and paper": (44, 49),
    "Textiles and footwear": (50, 67),
    "Metals": (72, 83),
    "Machinery and vehicles": (84, 90),
}
OTHER = "Other and unspecified"
LEAST_COMMON = 100  # roll calls that a member must have in common with a country to be ranked
LEAST_IN_YEAR = 30  # the same for a single year, which has 61 to 129 of them
# An event that binds or tests the two, in the few words that fit beside a dot
IN_SHORT = {
    "2022-02-24-invasion-of-ukraine": "Russia invades Ukraine",
    "2022-09-13-iranian-drones-in-ukraine": "Iran's drones hit Ukraine",
    "2023-05-17-rasht-astara-agreement": "Railway loan",
    "2023-07-12-islands-dispute": "Gulf islands",
    "2023-12-25-eaeu-free-trade-agreement": "Free trade signed",
    "2024-09-03-road-quarrel": "Quarrel over a road",
    "2024-12-08-assad-falls": "Syria's Assad falls",
    "2025-01-17-partnership-treaty": "20-year treaty signed",
    "2025-05-15-free-trade-in-force": "Free trade in force",
    "2025-06-13-twelve-day-war": "First war on Iran",
    "2025-09-26-rosatom-contract": "Four reactors (reported)",
    "2025-09-28-un-sanctions-return": "UN sanctions return",
    "2025-10-02-treaty-in-force": "20-year treaty in force",
    "2026-02-22-verba-missiles": "Report of a missile deal",
    "2026-02-28-war-on-iran": "Second war on Iran",
    "2026-03-06-intelligence-help": "Intelligence aid reported",
    "2026-03-11-resolution-2817": "Russia lets UN rebuke Iran",
    "2026-04-07-hormuz-veto": "Russia vetoes Hormuz draft",
    "2026-07-truce-collapses": "War anew (reported)",
    "2026-09-17-sanctions-experts-veto": "Sanctions veto reported",
}


def bilateral_trade(trade: pd.DataFrame, source: str, reporter: str, partner: str) -> pd.DataFrame:
    """Return the trade of `reporter` with `partner` by year, as one source has it.

    Parameters
    ----------
    trade : table trade_totals, with columns source, reporter, partner, flow, year, value_usd.
    source : a value of the column source, such as UN Comtrade.
    reporter, partner : country whose series it is, and the other one.

    Returns
    -------
    DataFrame indexed by year, with columns `export` (from reporter to partner) and `import`, in
    US$; NaN where the source has no figure.

    Raises
    ------
    ValueError
        When the source has no trade of the pair.
    """
    chosen = trade.query("source == @source and reporter == @reporter and partner == @partner")
    if chosen.empty:
        raise ValueError(f"{source} has no trade of {reporter} with {partner}")
    return (
        chosen.pivot(index="year", columns="flow", values="value_usd")
        .reindex(columns=["export", "import"])
        .rename_axis(columns=None)
    )


def export_import_ratio(trade: pd.DataFrame, source: str, reporter: str, partner: str) -> pd.Series:
    """Return exports of `reporter` to `partner` divided by its imports from it, by year.

    Parameters
    ----------
    trade, source, reporter, partner : as for `bilateral_trade`.

    Returns
    -------
    Series `ratio` indexed by year, without unit. Years without both flows, or with imports of
    zero, are left out.

    Raises
    ------
    ValueError
        When the source has no trade of the pair.
    """
    both = bilateral_trade(trade, source, reporter, partner).dropna()
    both = both[both["import"] > 0]
    return (both["export"] / both["import"]).rename("ratio")


def mirror_gap(sold: pd.Series, bought: pd.Series) -> pd.DataFrame:
    """Compare two reports of one flow: the exporter's and the importer's.

    Parameters
    ----------
    sold : exports as the exporter reports them, in US$ by year.
    bought : imports as the importer reports them, in US$ by year.

    Returns
    -------
    DataFrame indexed by the years that both cover, with columns `sold`, `bought`, `gap` (bought −
    sold), all in US$, and `ratio` (bought / sold; NaN where nothing was sold).

    Notes
    -----
    Importers report with freight and insurance (CIF), exporters without (FOB), so a ratio a little
    above 1 is expected: Hamanaka (2012) and the IMF's manuals use 1.06 to 1.10. A large gap either
    way means that the two record different things.
    """
    both = pd.DataFrame({"sold": sold, "bought": bought}).dropna()
    both["gap"] = both["bought"] - both["sold"]
    both["ratio"] = (both["bought"] / both["sold"]).where(both["sold"] > 0)
    return both


def hs_group(chapter: str) -> str:
    """Return the group of HS_GROUPS to which an HS chapter belongs, `OTHER` where none.

    Parameters
    ----------
    chapter : chapter of the Harmonized System, as two digits.

    Raises
    ------
    ValueError
        When it is not 01 to 99.
    """
    number = int(chapter)
    if not 1 <= number <= 99:
        raise ValueError(f"{chapter!r} is no HS chapter")
    return next(
        (name for name, (first, last) in HS_GROUPS.items() if first <= number <= last), OTHER
    )


def product_shares(
    products: pd.DataFrame, reporter: str, partner: str, flow: str, year: int
) -> pd.Series:
    """Return the share of each HS group in one flow of one year.

    Parameters
    ----------
    products : table trade_products, with columns reporter, partner, flow, year, hs_chapter,
        value_usd.
    reporter, partner : country that reported, and the other one.
    flow : `export` or `import`, as seen by the reporter.
    year : calendar year.

    Returns
    -------
    Series `share` indexed by group, largest first, summing to 1. The whole is the sum of the
    chapters recorded, which falls short of the published total where some trade is not broken down.

    Raises
    ------
    ValueError
        When nothing is recorded.
    """
    chosen = products.query(
        "reporter == @reporter and partner == @partner and flow == @flow and year == @year"
    )
    if chosen["value_usd"].sum() <= 0:
        raise ValueError(f"no {flow} of {reporter} to or from {partner} by HS chapter in {year}")
    by_group = chosen["value_usd"].groupby(chosen["hs_chapter"].map(hs_group)).sum()
    return (
        (by_group / by_group.sum())
        .sort_values(ascending=False)
        .rename("share")
        .rename_axis("group")
    )


def partner_table(partners: pd.DataFrame, source: str, reporter: str, year: int) -> pd.DataFrame:
    """Return the trading partners of `reporter` in one year and source, largest first.

    Parameters
    ----------
    partners : table trade_partners, with columns source, reporter, partner, flow, year, value_usd.
    source : a value of the column source.
    reporter : country that reported.
    year : calendar year.

    Returns
    -------
    DataFrame indexed by partner, with columns `export`, `import` and `total` (US$; a flow that is
    not recorded counts as zero), `share` (of total trade, 0–1) and `rank` (1 = largest; equal
    totals share a rank). The whole is the source's figure for the world (WLD), else the sum of the
    rows. Areas not specified (ANS) count in that sum only: they have no row and no rank.

    Raises
    ------
    ValueError
        When the source has no partners of the reporter in that year.
    """
    # masks, for a query reads its words anew for each year
    chosen = partners[
        (partners["year"] == year)
        & (partners["source"] == source)
        & (partners["reporter"] == reporter)
    ]
    if chosen.empty:
        raise ValueError(f"{source} has no partners of {reporter} in {year}")
    table = (
        chosen.pivot(index="partner", columns="flow", values="value_usd")
        .reindex(columns=["export", "import"])
        .fillna(0)
        .rename_axis(columns=None)
    )
    table["total"] = table["export"] + table["import"]
    world = table["total"].get("WLD", table["total"].sum())
    table = table.drop(index=["WLD", "ANS"], errors="ignore")
    table["share"] = table["total"] / world
    table["rank"] = table["total"].rank(ascending=False, method="min").astype(int)
    return table.sort_values(["rank", "total"], kind="stable")


def partner_shares(
    partners: pd.DataFrame, source: str, reporter: str, partner: str
) -> pd.DataFrame:
    """Return share and rank of `partner` in the total trade of `reporter`, by year.

    Parameters
    ----------
    partners, source, reporter : as for `partner_table`.
    partner : country whose share it is.

    Returns
    -------
    DataFrame indexed by year, with columns `share` (0–1) and `rank` (1 = largest). Years in which
    the source records no trade with the partner are left out.
    """
    own = partners[(partners["source"] == source) & (partners["reporter"] == reporter)]
    rows = {
        year: partner_table(own, source, reporter, year).loc[partner, ["share", "rank"]]
        for year in sorted(own.loc[own["partner"] == partner, "year"].unique())
    }
    return (
        pd.DataFrame.from_dict(rows, orient="index", columns=["share", "rank"])
        .astype({"share": float, "rank": int})
        .rename_axis("year")
    )


def share_of_reserves(
    reserves: pd.DataFrame, countries: list[str], fuel: str, source: str
) -> pd.DataFrame:
    """Return the share of `countries` in the world's proved reserves, by year.

    Parameters
    ----------
    reserves : table energy_reserves, with columns country, year, fuel, source, value.
    countries : codes of the countries to add up.
    fuel : `oil` or `gas`.
    source : a value of the column source.

    Returns
    -------
    DataFrame indexed by year, with columns `share` (0–1, of the source's figure for the world) and
    `counted` (how many of the countries have a figure in that year; the others count as zero).

    Raises
    ------
    ValueError
        When the source has no world total of the fuel.
    """
    return _share_of(_source_of(reserves, fuel, source), countries)


def _source_of(reserves: pd.DataFrame, fuel: str, source: str) -> pd.DataFrame:
    """Return the rows of a fuel and a source. Raises ValueError without a world total."""
    chosen = reserves[(reserves["fuel"] == fuel) & (reserves["source"] == source)]
    if not (chosen["country"] == "WLD").any():
        raise ValueError(f"{source} has no world total of {fuel} reserves")
    return chosen


def _share_of(chosen: pd.DataFrame, countries: list[str]) -> pd.DataFrame:
    """Return what `share_of_reserves` does, of the rows of one fuel and source."""
    world = chosen[chosen["country"] == "WLD"].set_index("year")["value"]
    held = chosen[chosen["country"].isin(countries)].groupby("year")["value"]
    table = pd.DataFrame({"share": held.sum() / world, "counted": held.count()}).dropna()
    return table.astype({"counted": int})


def voting_agreement(votes: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return the General Assembly roll calls in which two countries voted.

    Parameters
    ----------
    votes : table un_votes, with columns rcid, year, country, vote.
    one, other : the two countries; their order does not matter.

    Returns
    -------
    DataFrame indexed by rcid, with columns `year` and `agree` (bool: both yes, both no or both
    abstaining). A roll call from which either was absent has no row.

    Notes
    -----
    The agreement of a period is the mean of `agree` over its roll calls; Voeten (2013) discusses
    the measure.
    """
    sides = [votes[votes["country"] == code].set_index("rcid") for code in (one, other)]
    both = sides[0][["year", "vote"]].join(sides[1]["vote"].rename("vote_other"), how="inner")
    return pd.DataFrame(
        {"year": both["year"], "agree": both["vote"].astype(str) == both["vote_other"].astype(str)}
    )


def agreement_by_issue(
    votes: pd.DataFrame, one: str, other: str, first: int, last: int
) -> pd.DataFrame:
    """Return the agreement of two countries in the General Assembly by issue.

    Parameters
    ----------
    votes, one, other : as for `voting_agreement`; votes also with column issues.
    first, last : years from and to which roll calls count, both included.

    Returns
    -------
    DataFrame indexed by issue code (the table's notes explain them), with columns `agreement`
    (0–1) and `votes` (number of roll calls). A roll call with several codes counts under each, one
    without a code under none.
    """
    calls = voting_agreement(votes, one, other)
    codes = (
        votes.drop_duplicates("rcid")
        .set_index("rcid")["issues"]
        .str.split(";")
        .explode()
        .dropna()
        .rename("issue")
    )
    chosen = calls[calls["year"].between(first, last)].join(codes, how="inner")
    return chosen.groupby("issue")["agree"].agg(agreement="mean", votes="size")


def members_by_agreement(
    counts: pd.DataFrame,
    country: str,
    first: int,
    last: int,
    *,
    least: int = LEAST_COMMON,
    whole: bool = False,
) -> pd.DataFrame:
    """Return the members of the United Nations by how often they voted like `country`.

    Parameters
    ----------
    counts : table un_agreement, with columns country, member, year, common, equal, common_whole,
        equal_whole.
    country : one of its countries.
    first, last : years from and to which roll calls count, both included.
    least : common roll calls that a member must have to be ranked.
    whole : whether only votes on whole resolutions count. The source has votes on paragraphs and
        amendments for some years only, so that years compare on whole resolutions alone.

    Returns
    -------
    DataFrame indexed by member, the most alike first, with columns `common` (roll calls), `equal`
    (of these, with the same vote), `agreement` (0–1) and `rank` (1 = votes most like the country;
    equal shares have one rank, the best).

    Notes
    -----
    A roll call counts as in `voting_agreement`: both voted yes, no or abstained.
    """
    own = counts[(counts["country"] == country) & counts["year"].between(first, last)]
    table = _agreement(own, ["member"], least, whole)
    table["rank"] = table["agreement"].rank(ascending=False, method="min").astype(int)
    return table.sort_values(["rank", "common", "member"], ascending=[True, False, True])


def _agreement(own: pd.DataFrame, by: list[str], least: int, whole: bool) -> pd.DataFrame:
    """Return common and equal votes, and their ratio, of groups with enough votes in common."""
    counted = ["common_whole", "equal_whole"] if whole else ["common", "equal"]
    table = own.groupby(by, sort=False)[counted].sum().set_axis(["common", "equal"], axis=1)
    table = table[table["common"] >= least]
    return table.assign(agreement=table["equal"] / table["common"])


def standing(
    counts: pd.DataFrame,
    country: str,
    member: str,
    periods: list[tuple[int, int]],
    *,
    least: int = LEAST_COMMON,
    whole: bool = False,
) -> pd.DataFrame:
    """Return where `member` stands among all members in voting like `country`, by period.

    Parameters
    ----------
    counts, country, least, whole : as for `members_by_agreement`.
    member : the member that is looked at.
    periods : first and last year of each period, both included.

    Returns
    -------
    DataFrame indexed by period as printed (1991–99; a single year by its number), with columns
    `agreement` (0–1), `rank` (1 = votes most like the country), `members` (how many are ranked),
    `median` (agreement of the median member, 0–1) and `distance` (agreement − median). A period in
    which the member has too few common roll calls is left out.
    """
    own = counts[counts["country"] == country]
    parts = {
        first if first == last else _period_name(first, last): own[own["year"].between(first, last)]
        for first, last in periods
    }
    # all periods at once: a chapter asks for dozens of years
    table = _agreement(pd.concat(parts, names=["period"]), ["period", "member"], least, whole)
    by_period = table["agreement"].groupby("period", sort=False)
    table["rank"] = by_period.rank(ascending=False, method="min").astype(int)
    table["members"] = by_period.transform("size")
    table["median"] = by_period.transform("median")
    table["distance"] = table["agreement"] - table["median"]
    columns = ["agreement", "rank", "members", "median", "distance"]
    return table[table.index.get_level_values("member") == member].droplevel("member")[columns]


def nearest(points: pd.DataFrame, country: str, year: int) -> pd.DataFrame:
    """Return the members of the United Nations by the distance of their ideal point to a country's.

    Parameters
    ----------
    points : rows of table un_ideal_points of one estimate, with columns country, year, value.
    country : country from which distances are taken.
    year : year of the estimates.

    Returns
    -------
    DataFrame indexed by member, the nearest first, with columns `distance` (points on the scale)
    and `rank` (1 = nearest; equal distances share the best rank). Empty where the country has no
    point in that year.
    """
    values = points[points["year"] == year].set_index("country")["value"]
    own = values.get(country, float("nan"))
    distance = (values.drop(index=country, errors="ignore") - own).abs().dropna()
    table = pd.DataFrame({"distance": distance, "rank": distance.rank(method="min").astype(int)})
    return table.sort_values("rank", kind="stable").rename_axis("member")


def _period_name(first: int, last: int) -> str:
    return f"{first}–{last % 100:02d}"


def gecf_members_on(
    membership: pd.DataFrame, day: str | pd.Timestamp
) -> tuple[list[str], list[str]]:
    """Return the members and observers of the Gas Exporting Countries Forum on a day.

    Parameters
    ----------
    membership : table gecf_membership, with columns listed_on, country, status, complete.
    day : day, as ISO text or Timestamp.

    Returns
    -------
    Two lists of codes, sorted. Members: the last list of members up to that day, signatories of
    the statute included, founding participants of 2001 not. Observers: the last complete list of
    observers up to that day and incomplete ones after it, without those that are members.

    Raises
    ------
    ValueError
        For a day before the statute, when the Forum had no members.
    """
    known = membership[membership["listed_on"] <= pd.Timestamp(day)]
    joined = known[known["status"].isin(["signatory", "member"])]
    if joined.empty:
        raise ValueError(f"the Forum had no members on {pd.Timestamp(day):%Y-%m-%d}")
    members = sorted(joined[joined["listed_on"] == joined["listed_on"].max()]["country"])
    watching = known[known["status"] == "observer"]
    watching = watching[watching["listed_on"] >= watching[watching["complete"]]["listed_on"].max()]
    return members, sorted(set(watching["country"]) - set(members))


def gecf_reserve_shares(
    reserves: pd.DataFrame, membership: pd.DataFrame, days: list, sources: list[str]
) -> pd.DataFrame:
    """Return the Forum's share of the world's gas reserves, by day of membership.

    Parameters
    ----------
    reserves : table energy_reserves, as for `share_of_reserves`.
    membership : table gecf_membership, as for `gecf_members_on`.
    days : days whose members are counted, each in all years of all sources.
    sources : values of the column source of reserves.

    Returns
    -------
    DataFrame with a row for each day, source and year: `listed_on` (the day), `source`, `year`,
    `members` and `observers` (how many), `alone` (share of members, 0–1), `together` (share of
    members and observers) and `missing` (how many of both have no figure in that year: they count
    as zero).

    Raises
    ------
    ValueError
        For a day before the statute, or a source without a world total of gas reserves.
    """
    rows, of_source = [], {name: _source_of(reserves, "gas", name) for name in sources}

    @functools.cache  # many days have the same members
    def held(source: str, countries: frozenset) -> pd.DataFrame:
        return _share_of(of_source[source], list(countries))

    for day in days:
        members, observers = gecf_members_on(membership, day)
        for source in sources:
            alone = held(source, frozenset(members))
            together = held(source, frozenset(members + observers))
            rows.append(
                pd.DataFrame(
                    {
                        "listed_on": pd.Timestamp(day),
                        "source": source,
                        "year": together.index,
                        "members": len(members),
                        "observers": len(observers),
                        "alone": alone["share"].reindex(together.index).to_numpy(),
                        "together": together["share"].to_numpy(),
                        "missing": len(members + observers) - together["counted"].to_numpy(),
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def stated(statements: pd.DataFrame) -> pd.Series:
    """Return the figures that officials stated, in the units of their rows.

    Parameters
    ----------
    statements : table official_trade_statements, with columns statement, measure, period_label,
        value.

    Returns
    -------
    Series `value` indexed by (statement, measure, period_label); acts without a figure are left
    out.
    """
    keys = ["statement", "measure", "period_label"]
    return statements.dropna(subset="value").set_index(keys)["value"]


def stated_range(statements: pd.DataFrame) -> pd.DataFrame:
    """Return the interval that rounding leaves to each stated figure, in the units of its row.

    Parameters
    ----------
    statements : table official_trade_statements, with columns statement, measure, period_label,
        value, value_low, value_high.

    Returns
    -------
    Columns `value`, `low`, `high`, indexed by (statement, measure, period_label).
    """
    keys = ["statement", "measure", "period_label"]
    columns = {"value": "value", "value_low": "low", "value_high": "high"}
    return statements.dropna(subset="value").set_index(keys)[list(columns)].rename(columns=columns)


def ratio_range(above: pd.Series, below: pd.Series) -> pd.Series:
    """Return the lowest and the highest ratio of two figures, each with a `low` and a `high`."""
    return pd.Series({"low": above["low"] / below["high"], "high": above["high"] / below["low"]})


def growth_of_rest(
    year: pd.Series, part: pd.Series, year_growth: pd.Series, part_growth: pd.Series
) -> pd.Series:
    """Return by how much the rest of a year must have grown, where a year and its part are known.

    Parameters
    ----------
    year, part : the base year and its first months, each with a `low` and a `high`.
    year_growth, part_growth : the growth of both on that base, likewise; 0.08 for 8 per cent.

    Returns
    -------
    The lowest and the highest growth that the rounding allows, `low` and `high`.
    """
    ends = [figure[["low", "high"]] for figure in (year, part, year_growth, part_growth)]
    found = [
        (whole * (1 + all_rise) - months * (1 + rise)) / (whole - months) - 1
        for whole, months, all_rise, rise in itertools.product(*ends)
    ]
    return pd.Series({"low": min(found), "high": max(found)})


def as_stated(figure: pd.Series) -> str:
    """Return a figure with the digits that its interval leaves, a wide interval beside it."""
    digits = max(0, math.floor(-math.log10(figure["high"] - figure["low"]) + 1e-9))
    words = f"{figure['value']:.{digits}f}"
    return words if digits else f"{words} ({figure['low']:g}–{figure['high']:g})"


def bound_and_tested(events: pd.DataFrame, since: str = "2022") -> pd.DataFrame:
    """Return what bound Russia and Iran, what tested them, how they answered, their quarrels.

    Parameters
    ----------
    events : table events, with columns event_id, date, role, event, status.
    since : first day, month or year.

    Returns
    -------
    Every row with the role `binds`, `tests`, `answers` or `quarrels`, confirmed or not, and two
    columns more: `label`, the event in few words (its title where IN_SHORT has none), and `sure`,
    whether it is confirmed.
    """
    chosen = events[(events["role"] != "other") & (events["date"] >= since)]
    chosen = chosen.sort_values("date", kind="stable")
    label = chosen["event_id"].map(IN_SHORT).fillna(chosen["event"])
    return chosen.assign(label=label, sure=chosen["status"] == "confirmed")


def arms_in_spans(
    totals: pd.DataFrame, orders: pd.DataFrame, pair: tuple[str, str], first: int, last: int
) -> pd.Series:
    """Return what one state delivered to another in spans of five years, in million TIV.

    SIPRI's values by year end before its newest edition of orders does. All spans but the last
    therefore come from the values by year, the last from the orders of that edition.

    Parameters
    ----------
    totals : rows of arms_transfers with columns supplier, recipient, year, tiv_delivered.
    orders : rows of arms_orders of one edition, with columns supplier, recipient,
        quantity_delivered, first_delivery, last_delivery, tiv_delivered.
    pair : supplier and recipient.
    first, last : first year of the first span and last year of the last.

    Returns
    -------
    Series indexed by the first year of each span; 0 where nothing is recorded.

    Raises
    ------
    ValueError
        When the years are no whole spans, or an order was delivered partly before the last span.
    """
    starts = list(range(first, last + 1, 5))
    if starts[-1] + 4 != last:
        raise ValueError(f"{first} to {last} are no whole spans of five years")
    supplier, recipient = pair
    chosen = totals.query("supplier == @supplier and recipient == @recipient and year >= @first")
    spans = chosen.groupby(first + (chosen["year"] - first) // 5 * 5)["tiv_delivered"].sum()
    spans = spans.reindex(starts, fill_value=0.0)
    start = starts[-1]
    of_pair = orders.query("supplier == @supplier and recipient == @recipient")
    recent = of_pair.query("quantity_delivered > 0 and last_delivery >= @start")
    if (recent["first_delivery"] < start).any() or (recent["last_delivery"] > last).any():
        raise ValueError(f"an order of {supplier} for {recipient} was not delivered within a span")
    spans[start] = recent["tiv_delivered"].sum()
    return spans
