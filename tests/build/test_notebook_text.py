"""Promise: a chapter's notebook holds its prose as plain Markdown, with links to the site."""

import base64
import json
import os
import re
import subprocess
import sys

import nbformat
import yaml
from small_book import HEAD, ISLANDS, build, edit, write

CONFIG = yaml.safe_load((ISLANDS / "_config.yml").read_text(encoding="utf-8"))
BASE, REPOSITORY = CONFIG["html"]["baseurl"], CONFIG["repository"]["url"]
PICTURE = base64.b64decode("R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==")
ALL_KINDS = (
    HEAD
    + """(top)=
# A chapter

```{code-cell} ipython3
from ledger import numbers
from ledger.core.tables import load

numbers.put("rows", len(load("output")), "{:d}", table="output")
```

There are {num}`rows` rows, says {ref}`the top <top>` and says {doc}`/chapters/two`, or \
{doc}`the other <two>`. So it is {cite}`shoal2019`, and `{num}` as it is.

:::{admonition} Take *care*
:class: tip
One {num}`rows`

and two.
:::

A term
: what it means

Version {{ version }}, with a [link](two.md) and <a href="../feed.xml">the feed</a>.
% a comment

![A map](map.png), [itself](map.png), {download}`again <map.png>`, US$ 2 or US$ 3, `$a`.

```{figure} map.png
:name: corridor
:alt: A map.

The corridor rises.
```

```{math}
:label: gap
a < \\frac{b}{c}
```

By {eq}`gap` and {math}`a < b`, see {numref}`corridor` and [prices](two.md#the-prices).
"""
)


def told(code):
    """Return what the first cell of a notebook warns of, in the book of the test's machine."""
    script = code.replace("    %pip", "    # %pip").replace("# where", "pass  # where")
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=os.environ | {"LEDGER_BOOK": str(ISLANDS)},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stderr


def check_first_cell(code):
    """It says whether the package that is there has the tables that the page was made from."""
    page = json.loads(re.search(r"^page = (.*?\})$", code, re.M | re.S)[1])
    assert page.keys() == {"countries", "output"} and told(code) == ""
    other = code.replace(page["output"], "00000000")
    assert "other editions of tables than the page: ['output']" in told(other)


def test_every_kind_of_prose_becomes_plain_markdown(book):
    (book / "chapters/map.png").write_bytes(PICTURE)
    write(
        book,
        one=ALL_KINDS,
        two="# The second\n\n## The prices\n\n```{bibliography}\n:filter: cited\n```\n",
    )
    code, said = build(book)
    assert code == 0, said
    path = book / "_build/html/notebooks/one.ipynb"
    _, first, *_, last = nbformat.read(path, as_version=4).cells
    prose = last.source
    check_first_cell(first.source)
    picture = f"{BASE}_images/map.png"
    rows = re.search(r"There are \[(\d+)\]", prose)[1]
    (anchor,) = re.findall(
        r'class="citation"[^>]* id="([^"]+)"|id="([^"]+)"[^>]* class="citation"',
        (book / "_build/html/chapters/two.html").read_text(encoding="utf-8"),
    )[0][:1]
    table, here, two = (
        f"{BASE}{page}.html" for page in ("tables/output", "chapters/one", "chapters/two")
    )
    assert prose.splitlines() == [
        f"There are [{rows}]({table}) rows, says [the top]({here}#top) and says [The "
        f"second]({two}), or [the other]({two}). "
        f"So it is ([Shoal 2019]({two}#{anchor})), and `{{num}}` as it is.",
        "",
        "> **Take *care***",
        ">",
        f"> One [{rows}]({table})",
        ">",
        "> and two.",
        "",
        "- **A term**: what it means",
        "",
        f'Version 3.1, with a [link]({two}) and <a href="{BASE}feed.xml">the feed</a>.',
        "",
        f"![A map]({picture}), [itself]({picture}), [again]({picture}), US\\$ 2 or US\\$ 3, `$a`.",
        "",
        f"![A map.]({picture})",
        "",
        "**Fig. 1** The corridor rises.",
        "",
        "$$",
        "a < \\frac{b}{c} \\tag{1}",
        "$$",
        "",
        f"By [(1)]({here}#equation-gap) and $a < b$, see [Fig. 1]({here}#corridor) and "
        f"[prices]({two}#the-prices).",
    ]
    html = (book / "_build/html/chapters/one.html").read_text(encoding="utf-8")
    assert html.count("<math xmlns=") == 2 and "jsdelivr" not in html
    edit(book / "_config.yml", f"  url: {REPOSITORY}\n", '  url: ""\n')
    code, said = build(book)
    assert (
        code == 0
        and not path.exists()
        and 'class="run"'
        not in (book / "_build/html/chapters/one.html").read_text(encoding="utf-8")
    ), said
