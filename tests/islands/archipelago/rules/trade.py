"""Claims about trade and output."""

from __future__ import annotations

from archipelago import measures
from ledger.core import text
from ledger.core.claims import Finding, Load, rule, verdict_from_tests

YEAR, TIMES = 2019, 2.3  # of the pamphlet


@rule
def sells_more_than_it_buys(load: Load) -> Finding:
    """C02. Rule: in 2019 Arland sold Belmark at least 2.3 times what it bought there.

    Supported when each report says so, partly when some do, contradicted when none does.
    """
    ratios = measures.sales_ratio(load("trade"), "XAR", "XBE").loc[YEAR].dropna()
    reports = [f"{text.number(ratio, '{:.2f}')} ({name})" for name, ratio in ratios.items()]
    return Finding(
        verdict_from_tests({name: ratio >= TIMES for name, ratio in ratios.items()}),
        f"{text.number(ratios.min(), '{:.2f}')} to {text.number(ratios.max(), '{:.2f}')}",
        f"In {YEAR} the ratio was {text.listing(reports)}.",
        "None: one pair is in the table.",
    )


@rule
def output_is_larger(load: Load) -> Finding:
    """C03. Rule: Arland's output exceeds Belmark's in every year that has both."""
    output = load("output").pivot(index="year", columns="country", values="output_usd")
    both = output[["XAR", "XBE"]].dropna()
    least = (both["XAR"] / both["XBE"]).min()
    return Finding(
        verdict_from_tests(dict(both["XAR"] > both["XBE"])),
        f"{text.number(least, '{:.2f}')} times or more",
        f"In none of {len(both)} years was Arland's output less than "
        f"{text.number(least, '{:.2f}')} times that of Belmark.",
        "None: two economies are compared.",
    )
