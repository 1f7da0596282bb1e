"""Claims about economics."""

from __future__ import annotations

import re

import pandas as pd

from analysis import measures
from analysis.rules.common import (
    ARTICLE_YEAR,
    OWN_ACT,
    acts,
    agrees,
    day,
    exceeds,
    not_checkable,
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

LATER_YEAR = 2021  # the last year that Russia reported
QUOTED = 2.08  # billion US dollars, the article's figure


@rule
def c33_below_potential(load: Load) -> Finding:
    """C33. Rule: two parts; trade, as Russia reported it, grew by half or more from 2019 to 2021,
    so that it had lain below what was possible, and investment did likewise. Supported when both
    hold, partly when one, contradicted when neither; not checkable without both years.

    Counts: trade_totals (UN Comtrade for 2019, IMF IMTS for 2021). Investment is in no table, so
    that part does not hold, and the claim cannot be supported by this rule alone. A reading: what
    two states traded two years later under the same sanctions was possible; prices are not
    separated.
    """
    first = trade_of(load, ARTICLE_YEAR).get("UN Comtrade")
    later = trade_of(load, LATER_YEAR).get("IMF IMTS")
    if first is None or later is None:
        return not_checkable(f"Russia's reports of {ARTICLE_YEAR} and {LATER_YEAR} are not there.")
    before, after = first.sum() / 1e9, later.sum() / 1e9
    return Finding(
        verdict_from_tests({"trade": after / before >= 1.5, "investment": False}),
        f"{before:.2f} to {after:.2f} billion",
        f"By Russia's reports trade was {before:.2f} billion US dollars in {ARTICLE_YEAR} "
        f"(UN Comtrade) and {after:.2f} in {LATER_YEAR} (IMF), and investment is in no table.",
        f"None: the table holds {LATER_YEAR} for this pair only.",
    )


@rule
def c37_trade_2019(load: Load) -> Finding:
    """C37. Rule: supported when the sum of both flows agrees with 2.08 billion US dollars, within
    the policy's tolerance, in every source that covers 2019; partly when in some; contradicted when
    in none.

    Counts: trade_totals, Russia's side of each source. IMF DOTS and IMTS have no row for 2019: a
    partial year is left out. The OEC's own figure for 2019 is not among the tables.
    """
    totals = {source: flows.sum() / 1e9 for source, flows in trade_of(load, ARTICLE_YEAR).items()}
    if not totals:
        return not_checkable(f"No source has both flows of {ARTICLE_YEAR}.")
    distances = {source: QUOTED / total - 1 for source, total in totals.items()}
    stand = text.listing(
        f"{total:.2f} in {source} ({percent(distances[source], '{:+.1f}')} per cent)"
        for source, total in totals.items()
    )
    return Finding(
        verdict_from_tests({source: agrees(total, QUOTED) for source, total in totals.items()}),
        ", ".join(f"{total:.2f}" for total in totals.values()) + " billion",
        f"Against {QUOTED} billion US dollars stand {stand}.",
        "None: a figure is compared with figures, not a country with countries.",
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
    if not (products["year"] == ARTICLE_YEAR).any():
        return not_checkable(f"No products of {ARTICLE_YEAR} are in the table.")
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
        "None: the table holds the products of this pair only.",
    )


@rule
def c40_export_ratio(load: Load) -> Finding:
    """C40. Rule: supported when Russia's exports to Iran exceed three times its imports from it,
    within the policy's tolerance, in every source that covers 2019; partly when in some;
    contradicted when in none.

    Counts: trade_totals, Russia's side of each source; for the base rate trade_partners (UN
    Comtrade). IMF DOTS has no row for 2019: its connector leaves out a partial year.
    """
    ratios = {
        source: flows["export"] / flows["import"]
        for source, flows in trade_of(load, ARTICLE_YEAR).items()
        if flows["import"] > 0
    }
    if not ratios:
        return not_checkable(f"No source has both flows of {ARTICLE_YEAR}.")
    sold = text.listing(
        f"{ratio:.2f} times what it bought in {source}" for source, ratio in ratios.items()
    )
    table = measures.partner_table(load("trade_partners"), "UN Comtrade", "RUS", ARTICLE_YEAR)
    table = table[(table["export"] > 0) & (table["import"] > 0)]
    passing = sum(exceeds(ratio, 3) for ratio in table["export"] / table["import"])
    return Finding(
        verdict_from_tests({source: exceeds(ratio, 3) for source, ratio in ratios.items()}),
        ", ".join(f"{ratio:.2f}" for ratio in ratios.values()),
        f"In {ARTICLE_YEAR} Russia sold {sold}.",
        "None that decides: a ratio is compared with the one quoted; of Russia's "
        f"{len(table)} partners in {ARTICLE_YEAR} with flows of 10 million dollars or more both "
        f"ways {passing} have one of three, less the tolerance, or more.",
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
    agreements = stated.query("measure == 'agreement' and coverage == 'EAEU-IRN'")
    is_signed = agreements["quote_note"].str.contains(r"^(?:interim|full).*signed", na=False)
    signed = agreements[is_signed].sort_values("period_start")
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
    return Finding(verdict, text.listing(map(day, dates)), f"Signed were {named}{later}", OWN_ACT)


def _kind(note: str) -> str:
    """Return what was signed, with its article, from the beginning of a note."""
    words = re.split(r" signed|,", note)[0]
    return f"{'an' if words[0] == 'i' else 'a'} {words}"


@rule
def c42_barriers_and_sanctions(load: Load) -> Finding:
    """C42. Rule: the claim has two parts, and each is judged on the day of publication. Barriers
    stood unless a free trade agreement then in force had cut the average duty on Russian goods to
    half or less; sanctions stood when OFAC's last list before that day had entries under programmes
    on Iran or on Russia. Supported when both stood, partly when one did, contradicted
    when neither; overtaken by events when both stood and both have gone by the end of the evidence:
    the duty is cut, the last list has no such entry and no sanctions have returned.

    Counts: events (acts treaty in force and sanctions return), official_trade_statements
    (duty_before, duty_after), ofac_entries. Other barriers, such as payments, and other states'
    sanctions are not measured, nor how much either hinders.
    """
    appeared = published(load)
    listed = load("ofac_entries").sort_values("copy_of")
    then = listed[listed["copy_of"] <= appeared]
    if then.empty:
        return not_checkable("No copy of OFAC's list is older than the article.")
    then = then.iloc[-1]
    cut, duties = _duty_cut(load)
    returned = acts(load, "sanctions return", parties={"IRN"}, subject="un-sanctions")
    returned = returned[returned["date"] > appeared]
    barriers, sanctions = cut is None or cut > appeared, _has_entries(then)
    has_gone = cut is not None and returned.empty and not _has_entries(listed.iloc[-1])
    verdict = verdict_from_tests({"barriers": barriers, "sanctions": sanctions})
    if verdict == SUPPORTED and has_gone:
        verdict = OVERTAKEN
    back = text.listing(map(day, returned["date"]))
    return Finding(
        verdict,
        f"{then['iran']:,} and {then['russia']:,} entries",
        f"OFAC's list of {day(then['copy_of'])} had {then['iran']:,} entries under "
        f"programmes on Iran and {then['russia']:,} on Russia; {duties}"
        + (f"; sanctions of the United Nations came back on {back}." if back else "."),
        "None: the claim is about the obstacles between two states.",
    )


def _duty_cut(load: Load) -> tuple[pd.Timestamp | None, str]:
    """Return since when an agreement in force has the average duty at half or less, in words too.

    Without such an agreement the day is None.
    """
    stated = load("official_trade_statements").set_index("measure")["value"]
    before, after = float(stated["duty_before"]), float(stated["duty_after"])
    in_force = acts(load, "treaty in force", parties={"EAEU", "IRN"}, subject="eaeu-free-trade")
    if in_force.empty:
        return None, "no free trade agreement is confirmed as in force"
    since = in_force["date"].iloc[0]
    duties = f"the average duty on Russian goods was to fall from {before:g} to {after:g} per cent "
    return since if after <= before / 2 else None, f"{duties}from {day(since)} (Interfax)"


def _has_entries(row: pd.Series) -> bool:
    return bool(row["iran"] > 0 or row["russia"] > 0)
