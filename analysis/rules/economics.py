"""Claims about economics."""

from __future__ import annotations

import re

from analysis import measures
from analysis.rules.common import (
    ARTICLE_YEAR,
    NAMES,
    confirmed_after_article,
    day,
    percent,
    published,
    trade_of,
)
from ledger.core import text
from ledger.core.claims import (
    CONTRADICTED,
    OVERTAKEN,
    PARTLY,
    SUPPORTED,
    Finding,
    Load,
    rule,
    verdict_from_tests,
)

QUOTED = 2.08  # billion US dollars, the article's figure


@rule
def c33_trade_below_neighbours(load: Load) -> Finding:
    """C33. Rule: Russia's goods trade with Iran in 2019, over Iran's gross domestic product, is
    less than half of the same measure for a country that lies as near; supported when for both
    Azerbaijan and Turkey, partly when for one, contradicted when for neither.

    Counts: trade_partners (UN Comtrade), gdp. A reading: potential has no measure of its own; what
    neighbours of like distance trade for their size is the roughest form of the gravity model.
    Investment is in no table. Iran's product in dollars depends on the exchange rate, which is why
    the threshold is a half and not nearer to one.
    """
    partners = load("trade_partners")
    total = measures.partner_table(partners, "UN Comtrade", "RUS", ARTICLE_YEAR)["total"]
    income = load("gdp").query("year == @ARTICLE_YEAR").set_index("country")["gdp_usd"]
    weight = {country: float(total[country] / income[country]) for country in ("IRN", "AZE", "TUR")}
    tests = {country: weight["IRN"] < weight[country] / 2 for country in ("AZE", "TUR")}
    iran, azerbaijan, turkey = (percent(part, "{:.1f}") for part in weight.values())
    return Finding(
        verdict_from_tests(tests),
        f"{iran} per cent of GDP",
        f"In {ARTICLE_YEAR} Russia's trade with Iran was {iran} per cent of Iran's gross domestic "
        f"product, with Azerbaijan {azerbaijan} and with Turkey {turkey} per cent of theirs "
        f"(UN Comtrade, World Bank).",
    )


@rule
def c37_trade_2019(load: Load) -> Finding:
    """C37. Rule: supported when 2.08 billion US dollars lies within 5 per cent of the sum of both
    flows in every source that covers 2019; partly when of some; contradicted when of none.

    Counts: trade_totals, Russia's side of each source. IMF DOTS has no row for 2019: its connector
    leaves out a partial year. The OEC's own figure for 2019 is not among the tables.
    """
    totals = {source: flows.sum() / 1e9 for source, flows in trade_of(load, ARTICLE_YEAR).items()}
    distances = {source: QUOTED / total - 1 for source, total in totals.items()}
    stand = text.listing(
        f"{total:.2f} in {source} ({percent(distances[source], '{:+.1f}')} per cent)"
        for source, total in totals.items()
    )
    return Finding(
        verdict_from_tests({source: abs(part) <= 0.05 for source, part in distances.items()}),
        ", ".join(f"{total:.2f}" for total in totals.values()) + " billion",
        f"Against {QUOTED} billion US dollars stand {stand}.",
    )


@rule
def c38_share_of_trade(load: Load) -> Finding:
    """C38. Rule: supported when the other country makes up less than 5 per cent of each side's
    total goods trade in every source that covers 2019; partly when in some; contradicted when in
    none.

    Counts: trade_partners. Iran's total in the Harvard Atlas rests on another basis in 2019 and is
    low, which makes Russia's share in it look larger: the test is the harder for it.
    """
    partners, shares = load("trade_partners"), {}
    covered = partners[partners["year"] == ARTICLE_YEAR][["source", "reporter"]].drop_duplicates()
    covered = covered.sort_values(["reporter", "source"], ascending=False)
    for source, reporter in covered.itertuples(index=False):
        other = "IRN" if reporter == "RUS" else "RUS"
        table = measures.partner_table(partners, source, reporter, ARTICLE_YEAR)
        if other in table.index:
            shares[source, NAMES[reporter], NAMES[other]] = table.loc[other, "share"]
    parts = text.listing(
        f"{other} was {percent(share, '{:.2f}')} per cent of the trade of {name} ({source})"
        for (source, name, other), share in shares.items()
    )
    return Finding(
        verdict_from_tests({key: share < 0.05 for key, share in shares.items()}),
        ", ".join(percent(share, "{:.2f}") for share in shares.values()) + " per cent",
        f"In {ARTICLE_YEAR} {parts}.",
    )


@rule
def c39_metals_chemicals_machinery(load: Load) -> Finding:
    """C39. Rule: metals, chemicals and machinery (HS 72–83, 28–40 and 84–90, vehicles and aircraft
    included) together exceed half of the flow in 2019; supported when in both directions, partly
    when in one, contradicted when in neither.

    Counts: trade_products (UN Comtrade, Russia reports). The groups are the widest reading of the
    three words.
    """
    products, three, food = load("trade_products"), {}, {}
    for flow, words in (("export", "what Russia sold"), ("import", "what it bought")):
        basket = measures.product_shares(products, "RUS", "IRN", flow, ARTICLE_YEAR)
        three[words] = basket.reindex(["Metals", "Chemicals", "Machinery and vehicles"]).sum()
        food[words] = basket.get("Agri-food", 0)
    groups = text.listing(
        f"{percent(share, '{:.1f}')} per cent of {words}" for words, share in three.items()
    )
    foods = text.listing(percent(share, "{:.1f}") for share in food.values())
    return Finding(
        verdict_from_tests({words: share > 0.5 for words, share in three.items()}),
        ", ".join(percent(share, "{:.1f}") for share in three.values()) + " per cent",
        f"In {ARTICLE_YEAR} the three groups were {groups}, food and farm goods {foods} "
        f"(UN Comtrade).",
    )


@rule
def c40_export_ratio(load: Load) -> Finding:
    """C40. Rule: supported when Russia's exports to Iran exceed three times its imports from it in
    every source that covers 2019; partly when in some; contradicted when in none.

    Counts: trade_totals, Russia's side of each source. IMF DOTS has no row for 2019: its connector
    leaves out a partial year.
    """
    ratios = {
        source: flows["export"] / flows["import"]
        for source, flows in trade_of(load, ARTICLE_YEAR).items()
        if flows["import"] > 0
    }
    sold = text.listing(
        f"{ratio:.2f} times what it bought in {source}" for source, ratio in ratios.items()
    )
    return Finding(
        verdict_from_tests({source: ratio > 3 for source, ratio in ratios.items()}),
        ", ".join(f"{ratio:.2f}" for ratio in ratios.values()),
        f"In {ARTICLE_YEAR} Russia sold {sold}.",
    )


@rule
def c41_free_trade_2018(load: Load) -> Finding:
    """C41. Rule: supported when Iran signed a full free trade agreement with the Eurasian Economic
    Union in 2018; partly when what was signed in 2018 is an interim agreement; contradicted when
    nothing was signed in that year.

    Counts: official_trade_statements, rows of measure agreement whose note begins with interim or
    full and says signed.
    """
    stated = load("official_trade_statements")
    acts = stated.query("measure == 'agreement' and coverage == 'EAEU-IRN'")
    is_signed = acts["quote_note"].str.contains(r"^(?:interim|full).*signed", na=False)
    signed = acts[is_signed].sort_values("period_start")
    notes, dates = signed["quote_note"], signed["period_start"]
    of_2018 = notes[dates.dt.year == 2018]
    if of_2018.str.startswith("full").any():
        verdict = SUPPORTED
    else:
        verdict = PARTLY if len(of_2018) else CONTRADICTED
    full, later = dates[notes.str.startswith("full")], "."
    if len(full) and full.iloc[0] > published(load):
        days = (full.iloc[0] - published(load)).days
        later = f"; the full one came {days} days after the article."
    named = text.listing(f"{_kind(note)} ({day(date)})" for note, date in zip(notes, dates))
    return Finding(verdict, text.listing(map(day, dates)), f"Signed were {named}{later}")


def _kind(note: str) -> str:
    """Return what was signed, with its article, from the beginning of a note."""
    words = re.split(r" signed|,", note)[0]
    return f"{'an' if words[0] == 'i' else 'a'} {words}"


@rule
def c42_barriers_and_sanctions(load: Load) -> Finding:
    """C42. Rule: the claim has two parts, barriers and sanctions, and both stood at publication. A
    part has eased when, since then, (barriers) an agreement in force cut the average duty on
    Russian goods to half or less, or (sanctions) no confirmed event brought United Nations
    sanctions back. Supported when neither has eased by the end of the evidence, partly when one
    has, overtaken by events when both have.

    Counts: official_trade_statements (duty_before, duty_after), events. Other barriers, such as
    payments, are not measured.
    """
    stated = load("official_trade_statements").set_index("measure")["value"]
    before, after = float(stated["duty_before"]), float(stated["duty_after"])
    in_force = confirmed_after_article(load, "2025-05-15-free-trade-in-force")
    back = confirmed_after_article(load, "2025-09-28-un-sanctions-return")
    eased = {"barriers": in_force is not None and after <= before / 2, "sanctions": back is None}
    if all(eased.values()):
        verdict = OVERTAKEN
    else:
        verdict = PARTLY if any(eased.values()) else SUPPORTED
    duties = "No agreement that lowers duties is confirmed as in force since the article"
    if in_force is not None:
        duties = (
            f"The average duty on Russian goods was to fall from {before:g} to {after:g} per cent "
            f"from {day(in_force['date'])} (Interfax)"
        )
    sanctions = ", and no return of United Nations sanctions is confirmed."
    if back is not None:
        sanctions = f", while sanctions of the United Nations came back on {day(back['date'])}."
    return Finding(verdict, f"duty {before:g} to {after:g} per cent", duties + sanctions)
