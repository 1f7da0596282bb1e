"""Promise: a chapter's notebook holds its prose as plain Markdown, with links to the site."""

import re

import nbformat
import yaml
from small_book import HEAD, ISLANDS, build, edit, write

CONFIG = yaml.safe_load((ISLANDS / "_config.yml").read_text(encoding="utf-8"))
BASE, REPOSITORY = CONFIG["html"]["baseurl"], CONFIG["repository"]["url"]
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
{doc}`the other <two>`. See {cite}`shoal2019` and `{num}` as it is.

:::{admonition} Take *care*
:class: tip
One {num}`rows`

and two.
:::

A term
: what it means

Version {{ version }}, with a [link](two.md) and <a href="../feed.xml">the feed</a>.
"""
)


def test_every_kind_of_prose_becomes_plain_markdown(book):
    write(book, one=ALL_KINDS, two="# The second\n\n```{bibliography}\n:filter: cited\n```\n")
    code, said = build(book)
    assert code == 0, said
    path = book / "_build/html/notebooks/one.ipynb"
    prose = nbformat.read(path, as_version=4).cells[-1].source
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
        f"See ([Shoal 2019]({two}#{anchor})) and `{{num}}` as it is.",
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
    ]
    edit(book / "_config.yml", f"  url: {REPOSITORY}\n", '  url: ""\n')
    code, said = build(book)
    assert (
        code == 0
        and not path.exists()
        and 'class="run"'
        not in (book / "_build/html/chapters/one.html").read_text(encoding="utf-8")
    ), said
