"""The analysis worth testing: pure functions from frames to frames or numbers.

A frame is what `ledger.core.tables.load` returns; nothing here reads a file or draws. Trade is in
US$, shares are between 0 and 1.
"""

from __future__ import annotations

import pandas as pd

# Sections of the Harmonized System in the groups that Russia's customs service reports, first and
# last chapter of each.
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


def bilateral_trade(trade: pd.DataFrame, source: str, reporter: str, partner: str) -> pd.DataFrame:
    """Return what `reporter` is recorded to have sold to and bought from `partner`, by year, in
    US$, as one source has it.

    `trade`: trade_totals. Index year, columns `export` and `import` (NaN where the source has no
    figure). Raises ValueError when the source says nothing of the pair.
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
    """Return `reporter`'s exports to `partner` divided by its imports from it, by year (no unit),
    in one source.

    Years without both flows, or with imports of zero, are left out.
    """
    both = bilateral_trade(trade, source, reporter, partner).dropna()
    both = both[both["import"] > 0]
    return (both["export"] / both["import"]).rename("ratio")


def mirror_gap(sold: pd.Series, bought: pd.Series) -> pd.DataFrame:
    """Return two reports of one flow beside each other: what the exporter says it sold, what the
    importer says it bought.

    `sold` and `bought`: US$ by year. Index: the years that both cover. Columns `sold`, `bought`,
    `gap` (bought − sold, US$) and `ratio` (bought / sold). Importers report with freight and
    insurance (CIF) and exporters without (FOB), so a ratio a little above 1 is expected (Hamanaka
    2012 and the IMF's manuals use 1.06 to 1.10); a large gap either way means that the two books
    record different things. Years in which nothing was sold have no ratio.
    """
    both = pd.DataFrame({"sold": sold, "bought": bought}).dropna()
    both["gap"] = both["bought"] - both["sold"]
    both["ratio"] = (both["bought"] / both["sold"]).where(both["sold"] > 0)
    return both


def hs_group(chapter: str) -> str:
    """Return the group of HS_GROUPS that a two-digit HS chapter belongs to, `OTHER` where none.

    Raises ValueError if not 01–99.
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
    """Return each HS group's share of one flow in one year, largest first, summing to 1.

    `products`: trade_products. The whole is the sum of the chapters recorded, which falls short of
    the published total where some trade is not broken down. Raises ValueError when nothing is
    recorded.
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
    """Return `reporter`'s partners in one year and source, largest first.

    `partners`: trade_partners. Index partner (ISO alpha-3); columns `export`, `import`, `total`
    (US$; a flow not recorded counts as zero), `share` (of total trade) and `rank` (1 = largest).
    The whole is the source's own figure for the world (WLD) where it gives one, else the sum of the
    rows. Areas not specified (ANS) count in that sum, but are no partner: no row, no rank. Raises
    ValueError when the source has no such year.
    """
    chosen = partners.query("source == @source and reporter == @reporter and year == @year")
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
    """Return `partner`'s share of and rank in `reporter`'s total trade, by year: columns `share`
    (0–1) and `rank` (1 = largest).

    Years in which the source records no trade with the partner are left out.
    """
    years = sorted(
        partners.query("source == @source and reporter == @reporter and partner == @partner")[
            "year"
        ].unique()
    )
    rows = {
        year: partner_table(partners, source, reporter, year).loc[partner, ["share", "rank"]]
        for year in years
    }
    return (
        pd.DataFrame.from_dict(rows, orient="index", columns=["share", "rank"])
        .astype({"share": float, "rank": int})
        .rename_axis("year")
    )


def share_of_reserves(
    reserves: pd.DataFrame, countries: list[str], fuel: str, source: str
) -> pd.DataFrame:
    """Return the share of the world's proved reserves of `fuel` that `countries` hold, by year, in
    one source.

    `reserves`: energy_reserves. Columns `share` (0–1; the source's own figure for the world is the
    whole) and `counted` (how many of the countries the source has a figure for in that year: a
    country without one counts as zero). Raises ValueError when the source has no world total.
    """
    chosen = reserves.query("fuel == @fuel and source == @source")
    world = chosen[chosen["country"] == "WLD"].set_index("year")["value"]
    if world.empty:
        raise ValueError(f"{source} has no world total of {fuel} reserves")
    held = chosen[chosen["country"].isin(countries)].groupby("year")["value"].agg(["sum", "count"])
    table = pd.DataFrame({"share": held["sum"] / world, "counted": held["count"]}).dropna()
    return table.astype({"counted": int}).rename_axis("year")


def voting_agreement(votes: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return each General Assembly roll call in which both countries' votes are recorded, and
    whether they were the same.

    `votes`: un_votes. Index rcid; columns `year` and `agree` (bool: both yes, both no or both
    abstaining). Absences are not recorded votes. The pooled agreement of a period is the mean of
    `agree` over its roll calls (Voeten 2013 discusses the measure).
    """
    sides = [votes[votes["country"] == code].set_index("rcid") for code in (one, other)]
    both = sides[0][["year", "vote"]].join(sides[1]["vote"].rename("vote_other"), how="inner")
    return pd.DataFrame(
        {"year": both["year"], "agree": both["vote"].astype(str) == both["vote_other"].astype(str)}
    )


def agreement_by_period(
    votes: pd.DataFrame, one: str, other: str, periods: list[tuple[int, int]]
) -> pd.DataFrame:
    """Return the pooled agreement of two countries in each period (first and last year): columns
    `agreement` (0–1) and `votes`.

    `votes`: un_votes. Index: the period as printed, such as 1991–99. A period without a common vote
    has no agreement.
    """
    calls = voting_agreement(votes, one, other)
    chosen = {
        f"{first}–{last % 100:02d}": calls.loc[calls["year"].between(first, last), "agree"]
        for first, last in periods
    }
    return pd.DataFrame(
        {
            "agreement": {name: agree.mean() for name, agree in chosen.items()},
            "votes": {name: len(agree) for name, agree in chosen.items()},
        }
    ).rename_axis("period")


def agreement_by_issue(
    votes: pd.DataFrame, one: str, other: str, first: int, last: int
) -> pd.DataFrame:
    """Return the pooled agreement of two countries on each issue from year `first` to `last`:
    columns `agreement` (0–1), `votes`.

    `votes`: un_votes. Index: issue code (see the table's notes). A roll call with several codes
    counts under each of them, one without a code under none.
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


def gecf_members_on(
    membership: pd.DataFrame, day: str | pd.Timestamp
) -> tuple[list[str], list[str]]:
    """Return the members and the observers of the Gas Exporting Countries Forum on a day, each in
    alphabetical order of code.

    `membership`: gecf_membership. Members are those on the last list of members on or before the
    day; a signatory of the statute counts as a member, a founding participant of 2001 does not.
    Observers are those on the last complete list of observers and on incomplete lists after it,
    without those that are members. Raises ValueError before the statute, when there were none.
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
    """Return the share of the world's gas reserves that the Forum of each of `days` holds, in every
    year of every source.

    `reserves`: energy_reserves; `membership`: gecf_membership. One row a day, source and year;
    columns `listed_on`, `source`, `year`, `members` and `observers` (how many), `alone` and
    `together` (share of members, of members and observers, 0–1) and `missing` (how many of them the
    source has no figure for in that year: they count as zero).
    """
    rows = []
    for day in days:
        members, observers = gecf_members_on(membership, day)
        for source in sources:
            alone = share_of_reserves(reserves, members, "gas", source)
            together = share_of_reserves(reserves, members + observers, "gas", source)
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
    """Return officials' figures by statement, measure and period, in the units of their rows.

    Parameters
    ----------
    statements : table official_trade_statements.

    Returns
    -------
    Series of values, indexed by (statement, measure, period_label); acts without a figure left out.
    """
    keys = ["statement", "measure", "period_label"]
    return statements.dropna(subset="value").set_index(keys)["value"]
