"""Claims about energy."""

from __future__ import annotations

import pandas as pd

from analysis import measures
from analysis.rules.common import (
    KNOWN_YEAR,
    NAMES,
    OWN_ACT,
    day,
    exceeds,
    not_checkable,
    percent,
    published,
)
from ledger.core import text
from ledger.core.claims import (
    CONTRADICTED,
    PARTLY,
    SUPPORTED,
    BaseRate,
    Finding,
    Load,
    rule,
    verdict_from_tests,
)

ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
FUELS = (  # as the claim names them; unit in energy_production; name in energy_exports
    ("oil", "thousand barrels a day", "crude oil"),
    ("gas", "bcm", "natural gas"),
)
ROUNDS = ((2011, 2013), (2017, 2019))  # last full year before sanctions, first full year after


@rule
def c23_major_suppliers(load: Load) -> Finding:
    """C23. Rule: eight tests, for each of the two countries and each of oil and gas: it is among
    the ten largest producers, and it sells at least 5 per cent of what the world exports.
    Supported when all eight hold, partly when some, contradicted when none.

    Counts: the year 2022, the last that could be known at publication; output from
    energy_production (Energy Institute), exports of crude oil and of natural gas from
    energy_exports (OPEC). A reading: a supplier to the world is one who sells abroad, so output
    alone does not do. OPEC's figures for Iran are those that a sanctioned exporter reports;
    trackers of tankers see more.
    """
    rank, share, top_ten = _rank_and_share(load)
    if not share:
        return not_checkable(f"Exports of {KNOWN_YEAR} are not in the table.")
    tests = {("output", *key): place <= 10 for key, place in rank.items()}
    tests |= {("exports", *key): part >= 0.05 for key, part in share.items()}
    ranks, sold = [], []
    for code, name in NAMES.items():
        oil, gas = (_ordinal(rank[code, fuel]) for fuel in ("oil", "gas"))
        ranks.append(f"{name} ranked {oil} in oil and {gas} in gas")
        oil, gas = (percent(share[code, fuel], "{:.1f}") for fuel in ("oil", "gas"))
        sold.append(f"{name} sold {oil} per cent of the crude and {gas} of the gas")
    return Finding(
        verdict_from_tests(tests),
        f"{sum(tests.values())} of {len(tests)} tests",
        f"By output in {KNOWN_YEAR} {text.listing(ranks)} (Energy Institute); of what the world "
        f"exported {text.listing(sold)} (OPEC).",
        top_ten,
    )


def _rank_and_share(load: Load) -> tuple[dict, dict, BaseRate]:
    """Return rank in the world's output, share of its exports, and how many rank in the top ten.

    Ranks and shares are by country and fuel; the last counts producers that do so in both fuels.
    """
    output = load("energy_production").query(
        "source == 'Energy Institute' and measure == 'production' "
        "and country != 'WLD' and year == @KNOWN_YEAR"
    )
    exports = load("energy_exports").query(
        "source.str.startswith('OPEC') and destination == 'WLD' and year == @KNOWN_YEAR"
    )
    rank, share, leaders = {}, {}, []
    for fuel, unit, sold_as in FUELS:
        produced = output[(output["fuel"] == fuel) & (output["unit"] == unit)]
        places = produced.set_index("country")["value"].rank(ascending=False, method="min")
        leaders.append(set(places.index[places <= 10]))
        sold = exports[exports["fuel"] == sold_as].set_index("country")["value"]
        for country in NAMES:
            rank[country, fuel] = int(places.get(country, 99))
            if country in sold and "WLD" in sold:
                share[country, fuel] = float(sold[country] / sold["WLD"])
    what = "producers rank in the top ten in both fuels"
    return rank, share, BaseRate(len(set.intersection(*leaders)), output["country"].nunique(), what)


def _ordinal(place: int) -> str:
    return ORDINALS[place - 1] if place <= len(ORDINALS) else "below tenth"


@rule
def c24_gas_forum_founded(load: Load) -> Finding:
    """C24. Rule: two tests; the earliest dated list of participants is of 2001 and names both
    Russia and Iran as founders, and before publication states signed a statute. Supported when
    both hold, partly when one, contradicted when neither.

    Counts: gecf_membership (status founding participant and signatory).
    """
    lists = load("gecf_membership")
    first = lists[lists["listed_on"] == lists["listed_on"].min()]
    founders = set(first[first["status"] == "founding participant"]["country"])
    signed = lists[(lists["status"] == "signatory") & (lists["listed_on"] <= published(load))]
    founded = first["listed_on"].iloc[0]
    both = {"RUS", "IRN"} <= founders
    tests = {"founded": founded.year == 2001 and both, "statute": len(signed) > 0}
    statute = ", and no list has signatories of a statute."
    if len(signed):
        date = day(signed["listed_on"].iloc[0])
        statute = f", and {len(signed)} states signed a statute on {date}."
    return Finding(
        verdict_from_tests(tests),
        day(founded),
        f"The first dated list is of {day(founded)} with {len(founders)} founding participants, "
        f"Russia and Iran {'among' if both else 'not both among'} them{statute}",
        OWN_ACT,
    )


@rule
def c26_gas_forum_members(load: Load) -> Finding:
    """C26. Rule: supported when the last list of full members on or before publication names 19;
    partly when another dated list of members or signatories does; contradicted when none does.
    Observers are no members.

    Counts: gecf_membership.
    """
    lists, until = load("gecf_membership"), published(load)
    members, _ = measures.gecf_members_on(lists, until)
    full = lists[lists["status"].isin(["member", "signatory"])]
    full = full.groupby("listed_on")["country"].nunique()
    if len(members) == 19:
        verdict = SUPPORTED
    else:
        verdict = PARTLY if (full == 19).any() else CONTRADICTED
    nineteen = _lists_of_nineteen(lists)
    where = f"the lists of {text.listing(nineteen)}" if nineteen else "no list"
    return Finding(
        verdict,
        f"{len(members)} members",
        f"The last list before publication, of {day(full.index[full.index <= until].max())}, "
        f"names {len(members)} full members, {len(full)} dated lists name between {full.min()} and "
        f"{full.max()}, and members and observers together make 19 on {where}.",
        "None: one list is counted.",
    )


def _lists_of_nineteen(lists: pd.DataFrame) -> list[int]:
    """Return the years of complete lists on which members and observers together are 19."""
    together = lists[lists["status"].isin(["member", "observer"])].groupby("listed_on")
    counts = together.agg(names=("country", "nunique"), complete=("complete", "all"))
    return [date.year for date, row in counts.iterrows() if row["names"] == 19 and row["complete"]]


@rule
def c27_gas_forum_reserves(load: Load) -> Finding:
    """C27. Rule: the members alone, and members and observers together, hold more than 70 per cent
    of the world's proved gas reserves, within the policy's tolerance, in every source; supported
    when all of these hold, partly when some, contradicted when none.

    Counts: energy_reserves, each source with a world total, at its last year up to 2022 (for the
    CIA the year is the edition's); the states are the forum's members and observers on the day of
    publication (gecf_membership), since only together do they make 19. A country without a figure
    in a source counts as nothing there.
    """
    reserves, until = load("energy_reserves"), published(load)
    world = reserves[(reserves["fuel"] == "gas") & (reserves["country"] == "WLD")]
    sources = list(world["source"].unique())
    if not sources:
        return not_checkable("No source has the world's gas reserves.")
    shares = measures.gecf_reserve_shares(reserves, load("gecf_membership"), [until], sources)
    known = shares[shares["year"] <= KNOWN_YEAR].sort_values("year").groupby("source").tail(1)
    held = known.sort_values("together", ascending=False).set_index("source")
    members, observers = held["members"].iloc[0], held["observers"].iloc[0]
    together = text.listing(
        f"{percent(row.together, '{:.1f}')} per cent ({source}, {row.year})"
        for source, row in held.iterrows()
    )
    lowest, highest = (percent(v, "{:.1f}") for v in (held["alone"].min(), held["alone"].max()))
    return Finding(
        verdict_from_tests(
            {
                (states, source): exceeds(share, 0.7)
                for states in ("together", "alone")
                for source, share in held[states].items()
            }
        ),
        ", ".join(percent(part, "{:.1f}") for part in held["together"]) + " per cent",
        f"The {members + observers} members and observers at publication hold {together}; the "
        f"{members} members alone hold {lowest} to {highest}.",
        "None: one group of states is counted.",
    )


@rule
def c30_sanctions_cut_exports(load: Load) -> Finding:
    """C30. Rule: two parts; from the last full year before to the first full year after a round
    of sanctions (2011 to 2013, 2017 to 2019) Iran's crude exports at least halved in every source
    that covers both years, and its gas exports fell. Supported when both hold, partly when one,
    contradicted when neither.

    Counts: energy_exports, to the world. Investment is in no table and is read from sources beside
    the rule. Neither the cause of a fall nor sales that never began are measured.
    """
    exports = load("energy_exports").query("destination == 'WLD'")
    iran = exports[exports["country"] == "IRN"]
    falls = _falls(iran[iran["fuel"] == "crude oil"])
    gas = iran.query("fuel == 'natural gas' and source.str.startswith('OPEC')")
    gas = gas.set_index("year")["value"]
    fell = text.listing(
        f"{percent(fall)} per cent from {before} to {after} ({source})"
        for (source, before, after), fall in falls.items()
    )
    went = text.listing(
        f"from {gas[before]:.1f} to {gas[after]:.1f}"
        for before, after in ROUNDS
        if before in gas and after in gas
    )
    halved = bool(falls) and all(fall >= 0.5 for fall in falls.values())
    gas_fell = [after in gas and gas[after] < gas[before] for before, after in ROUNDS]
    others = exports.query("fuel == 'crude oil' and country not in ('WLD', 'IRN')")
    others = others.groupby("country")
    passing = sum(min(_falls(rows).values(), default=0) >= 0.5 for _, rows in others)
    return Finding(
        verdict_from_tests({"crude": halved, "gas": all(gas_fell)}),
        ", ".join(percent(-fall) for fall in falls.values()) + " per cent",
        f"Iran's crude exports fell by {fell}, while its gas exports went {went} billion cubic "
        "metres and investment is in no table.",
        BaseRate(
            passing,
            len(others),
            "other exporters in the table halved their crude exports in each round",
        ),
    )


def _falls(crude: pd.DataFrame) -> dict[tuple[str, int, int], float]:
    """Return by what share exports fell in each round of sanctions, by source and years."""
    falls = {}
    for source, rows in crude.groupby("source"):
        sold = rows.set_index("year")["value"]
        for before, after in ROUNDS:
            if before in sold and after in sold:
                falls[source, before, after] = 1 - sold[after] / sold[before]
    return falls
