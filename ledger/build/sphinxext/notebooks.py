"""A chapter as a notebook that runs where the package is installed, and what a page offers to whoever wants to run it.

The notebook has the page's code, cell by cell, and its prose with everything that only this book's build understands turned into what
any notebook shows: printed numbers, citations, badges and references become text with links to the site. It holds no outputs.
"""

from __future__ import annotations

import copy
import functools
import html
import posixpath
import re
from pathlib import Path
from urllib.parse import urljoin

from sphinx.application import Sphinx
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from ledger.build.execution.notebooks import is_notebook, read_notebook
from ledger.build.sphinxext import charts, page_store
from ledger.build.sphinxext.claims import LEDGER_PAGE
from ledger.core import citations, tables

FOLDER = "notebooks"  # in the site; published as a branch of that name too, for Colab opens only what is in a repository
ROLE = re.compile(
    r"\{(?P<role>[\w:-]+)\}(?P<ticks>`+)(?P<said>.+?)(?<!`)(?P=ticks)(?!`)|(?P<code>`+).+?(?<!`)(?P=code)(?!`)",
    re.S,
)
DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w-]+)\}(?P<title>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.S | re.M,
)
ADMONITIONS = (
    "admonition",
    "attention",
    "caution",
    "danger",
    "error",
    "hint",
    "important",
    "note",
    "seealso",
    "tip",
    "warning",
)
TARGETED = re.compile(
    r"(?P<text>.+?)\s*<(?P<target>[^<>]+)>", re.S
)  # the text of a role that names its target apart


# --- the notebook ---------------------------------------------------------------------------------------------------------------


def notebook(app: Sphinx, docname: str) -> str:
    """Return the chapter `docname`, which is read and has code, as the text of an .ipynb file; the same chapter gives the same text."""
    import nbformat

    known = read_notebook(Path(app.env.doc2path(docname)).read_text(encoding="utf-8-sig"))
    cells = [
        nbformat.v4.new_markdown_cell(_about(app, docname)),
        nbformat.v4.new_code_cell(_install(app)),
    ]
    for cell in copy.deepcopy(known.cells):  # what is read is kept for the build
        if cell.cell_type == "markdown":
            cell.source = plain(app, docname, cell.source)
        if cell.source:
            cells.append(cell)
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # nbformat would draw one
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    nbformat.validate(made)
    return nbformat.writes(made) + "\n"


def _about(app: Sphinx, docname: str) -> str:
    base = app.config.html_baseurl
    page = (
        f"page [{app.env.titles[docname].astext()}]({base}{app.builder.get_target_uri(docname)})"
        if docname != app.config.root_doc
        else "first page"
    )
    return (
        f"*This notebook is the {page} of [{citations.edition()['title']}]({base}). "
        f"{app.config.ledger_stamp} Numbers in sentences are those that the page prints; run the cells, and they are computed anew. "
        "The first cell installs the book's package with its tables where it is not there yet.*"
    )


def _install(app: Sphinx) -> str:
    return f'try:\n    import ledger\nexcept ImportError:  # where the session asks to be restarted after this, restart it and run all again\n    %pip install --quiet "{package(app)}"'


def package(app: Sphinx) -> str:
    """Return what pip installs: the package of the commit that the site is built from."""
    return f"git+{app.config.ledger_elsewhere['repository']}@{app.config.ledger_elsewhere['ref']}"


def plain(app: Sphinx, docname: str, text: str) -> str:
    """Return the prose of a page with MyST's roles, directives, labels and links within the book as plain Markdown with links to the site."""
    page = app.config.html_baseurl + app.builder.get_target_uri(docname)
    text = DIRECTIVE.sub(lambda found: _directive(found, page), text)
    text = ROLE.sub(
        lambda found: (
            found[0] if found["code"] else _role(app, docname, found["role"], found["said"])
        ),
        text,
    )
    text = re.sub(
        r"\{\{ (\w+) \}\}",
        lambda found: app.config.myst_substitutions.get(found[1], found[0]),
        text,
    )
    text = re.sub(r"^\([\w-]+\)=\n", "", text, flags=re.M)
    text = re.sub(r"^(\S[^\n]*)\n: +", r"- **\1**: ", text, flags=re.M)  # a term and what it means
    text = re.sub(
        r"\]\((?!\w+:)([^)\s]+)\.md(#[^)\s]*)?\)",
        lambda found: f"]({_page(app, docname, found[1])}{found[2] or ''})",
        text,
    )
    return re.sub(
        r'(<a href=")(?!\w+:)([^"]*)', lambda found: found[1] + urljoin(page, found[2]), text
    )


def _directive(found: re.Match, page: str) -> str:
    body = re.sub(r"\A(?::[\w-]+:[^\n]*\n)+\n*", "", found["body"]).strip()
    if found["name"] in ADMONITIONS:
        title = found["title"].strip() or found["name"].capitalize()
        return "\n".join(f"> {line}".rstrip() for line in [f"**{title}**", "", *body.splitlines()])
    return f"*(What stands here is made when the site is built: see [the page]({page}).)*"


def _page(app: Sphinx, docname: str, target: str) -> str:
    """Return the address of a page that the page `docname` names."""
    there = posixpath.normpath(posixpath.join("/", posixpath.dirname(docname), target)).lstrip("/")
    return app.config.html_baseurl + app.builder.get_target_uri(there)


def _role(app: Sphinx, docname: str, role: str, said: str) -> str:
    env, base = app.env, app.config.html_baseurl
    named = TARGETED.fullmatch(said)
    words, target = (named["text"], named["target"]) if named else ("", said)
    if role == "num":
        record = page_store.of_all(env, "numbers")[docname].get(said)
        return (
            f"[{record['printed']}]({base}{tables.page_path(record['tables'][0])}.html)"
            if record
            else "?"
        )  # a preview shows a page that failed
    if role == "claim":
        if said not in _verdicts():  # the page has its error already
            return said
        return f"[{said} · {_verdicts()[said]}]({base}{LEDGER_PAGE}.html#{said.lower()})"
    if role.startswith("cite"):
        every = {citation.key: citation for citation in env.get_domain("cite").citations}
        return f"({'; '.join(_citation(base, every[key.strip()]) for key in said.split(',') if key.strip() in every)})"
    if role == "numref" and target in (known := charts.charts_of(env)):
        there = known[target]["page"]
        number = ".".join(
            map(
                str,
                env.toc_fignumbers.get(there, {})
                .get("figure", {})
                .get(charts.address(target), "?"),
            )
        )
        form = words if "%s" in words or "{number}" in words else app.config.numfig_format["figure"]
        return f"[{form.replace('%s', number).replace('{number}', number)}]({base}{there}.html#{charts.address(target)})"
    if role == "doc":
        address_of = _page(app, docname, target)
        there = posixpath.normpath(posixpath.join("/", posixpath.dirname(docname), target)).lstrip(
            "/"
        )
        return f"[{words or env.titles[there].astext()}]({address_of})"
    labels = env.get_domain("std").anonlabels
    if role in ("ref", "numref") and target in labels:
        there, place = labels[target][:2]
        title = env.get_domain("std").labels.get(target, ("", "", target))[2]
        return f"[{words or title}]({base}{there}.html#{place})"
    return words or said


def _citation(base: str, citation) -> str:
    style = AuthorYearReferenceStyle()  # as on the site
    who = (
        style.person.author_or_editor_or_title(full=False)
        .format_data({"entry": citation.entry, "style": style})
        .render_as("text")
    )
    return f"[{who} {citation.entry.fields.get('year', '')}]({base}{citation.bibliography_key.docname}.html#{citation.citation_id})"


@functools.lru_cache(maxsize=1)
def _verdicts() -> dict[str, str]:
    return {row["claim_id"]: row["verdict"] for row in tables.read_rows("claims")}


# --- the page -------------------------------------------------------------------------------------------------------------------


def block(app: Sphinx, docname: str) -> str:
    """Return the part of a page, as HTML, that says how to run it elsewhere: the notebook, the commands, and the links to Binder and Colab."""
    name, repository = name_of(docname), app.config.ledger_elsewhere["repository"]
    owner = "/".join(repository.split("/")[-2:])
    links = []
    if service := app.config.ledger_elsewhere["binder"]:
        links.append(
            f'<a href="{service}/v2/gh/{owner}/{app.config.ledger_elsewhere["ref"]}?urlpath=lab/tree/{docname}.md">Binder</a> (JupyterLab, minutes to start)'
        )
    if service := app.config.ledger_elsewhere["colab"]:
        links.append(
            f'<a href="{service}/github/{owner}/blob/{FOLDER}/{name}">Colab</a> (needs a Google account)'
        )
    there = (
        f"<p>In the browser, at a service of others: {', or '.join(links)}.</p>" if links else ""
    )
    commands = html.escape(f'pip install jupyterlab "{package(app)}"\njupyter lab {name}')
    up = "../" * docname.count("/")
    return (
        f'<details class="run"><summary>Run this {"page" if docname == app.config.root_doc else "chapter"} in JupyterLab, Binder or Colab</summary>'
        f'<p>On your own machine, with Python 3.11 or newer: download <a href="{up}{FOLDER}/{name}" download>{name}</a>, and in the folder where it is type:</p>'
        f'<pre tabindex="0">{commands}</pre>{there}</details>'
    )


def name_of(docname: str) -> str:
    """Return the name of a page's notebook."""
    return f"{docname.rpartition('/')[2]}.ipynb"


def elsewhere(taken: dict, commit: str) -> dict[str, str]:
    """Return what Jupyter Book's settings `repository` and `launch_buttons` say: the repository's address, the version of it that the site
    is built from (its commit, so that what runs elsewhere is what the page says, or the branch where that is not known), and the services."""
    buttons = taken.get("launch_buttons") or {}
    return {
        "repository": (taken.get("repository_url") or "").rstrip("/"),
        "ref": commit or taken.get("repository_branch") or "main",
        "binder": (buttons.get("binderhub_url") or "").rstrip("/"),
        "colab": (buttons.get("colab_url") or "").rstrip("/"),
    }


def write(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Write the notebook of a page that is written, or remove the one that it had, and give the page's template what it shows of it."""
    if app.builder.name != "html" or doctree is None or tables.table_of_page(page):
        return
    path = Path(app.outdir, FOLDER, name_of(page))
    if app.config.ledger_elsewhere["repository"] and is_notebook(
        Path(app.env.doc2path(page)).read_text(encoding="utf-8-sig")
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_text(notebook(app, page), encoding="utf-8")
        context["site"]["notebook"] = block(app, page)
    else:
        path.unlink(missing_ok=True)


def remove_leftovers(app: Sphinx, error: Exception | None) -> None:
    """Remove the notebooks of pages that are gone."""
    if not error and app.builder.name == "html":
        known = {
            name_of(docname) for docname in app.env.found_docs if not tables.table_of_page(docname)
        }
        for path in Path(app.outdir, FOLDER).glob("*.ipynb"):
            if path.name not in known:
                path.unlink()


def setup(app: Sphinx) -> None:
    app.add_config_value("ledger_elsewhere", {}, "html", dict)  # site.py fills it in
    app.connect("html-page-context", write, priority=950)  # after site.add_to_page
    app.connect("build-finished", remove_leftovers)
