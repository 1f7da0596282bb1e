"""Promise: what cites a work can be read by other programs, whatever its title holds."""

import pytest
from pybtex.database import parse_string

from ledger.core import citations


@pytest.mark.parametrize(
    "title, said",
    [
        ("Half of {all", r"Half of \textbraceleft{}all"),
        ("Half} of all", r"Half\textbraceright{} of all"),
        (r"\input{a}", r"\textbackslash{}input\textbraceleft{}a\textbraceright{}"),
        ("5 % & $ # a_b ~ ^", r"5 \% \& \$ \# a\_b \textasciitilde{} \textasciicircum{}"),
    ],
)
def test_a_title_stays_a_title_in_bibtex(title, said):
    work = {"kind": "chart", "key": "one", "title": title, "note": title, "url": "https://a.b/c_d"}
    (entry,) = parse_string(citations.bibtex(work), "bibtex").entries.values()
    assert entry.fields["title"] == entry.fields["note"] == f"{{{said}}}"
    assert entry.fields["url"] == "https://a.b/c_d"
