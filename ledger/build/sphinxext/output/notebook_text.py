"""Turn the prose of a page into plain Markdown that any notebook shows.

Printed numbers, citations, badges and references become text with links to the site.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Callable
from urllib.parse import quote, unquote, urljoin

from sphinx.application import Sphinx

from ledger.build.sphinxext import page_store
from ledger.build.sphinxext.figures.chart_html import chart_anchor
from ledger.build.sphinxext.figures.charts import charts_of
from ledger.core import numbers, tables
from ledger.core.config import book

ROLE = re.compile(
    r"\{(?P<role>[\w:-]+)\}(?P<ticks>`+)(?P<content>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|(?P<code>`+).+?(?<!`)(?P=code)(?!`)",
    re.S,
)
DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w-]+)\}(?P<title>[^\n]*)\n"
    r"(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.S | re.M,
)
OPTION = re.compile(r"^:([\w-]+):(.*)$", re.M)
OPTIONS = re.compile(r"\A(?::[\w-]+:[^\n]*\n)+\n*")
# comments, which no page shows, and dollar signs, between which a notebook reads math; code, a
# block or within a line, keeps both
COMMENT_OR_DOLLAR = re.compile(
    r"(?P<code>^ *(?P<fence>`{3,}|~{3,})(?!\{)[^\n]*\n.*?^ *(?P=fence)[ \t]*$"
    r"|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))|^ {0,3}%[^\n]*(?:\n|\Z)|(?<!\\)(?P<dollar>\$)",
    re.S | re.M,
)
# what says how words, a link or a picture are shown: [words]{lang=fa}
ATTRIBUTES = re.compile(r"(?:\[([^\[\]`]+)\]|(?<=\)))\{[.#a-z][^{}\n`]*\}")
LABEL = re.compile(r"^\([\w-]+\)=\n", re.M)
SUBSTITUTION = re.compile(r"\{\{ (\w+) \}\}")
DEFINITION = re.compile(r"^(\S[^\n]*)\n: +", re.M)  # a term and what it means
PAGE_LINK = re.compile(r"\]\((?!\w+:)([^)\s]+)\.md(#[^)\s]*)?\)")
SITE_LINK = re.compile(r"\]\((?![a-z][a-z0-9+.-]*:|//)([^)\s]+)", re.I)
FILE_LINK = re.compile(r'(<a href=")(?!\w+:)([^"]*)')
# the text of a role that names its target apart
TARGETED = re.compile(r"(?P<text>.+?)\s*<(?P<target>[^<>]+)>", re.S)
ADMONITIONS = (
    "admonition attention caution danger error hint important note seealso tip warning"
).split()


def plain_text(app: Sphinx, docname: str, text: str) -> str:
    """Return prose of the page `docname` as plain Markdown."""
    return Prose(app, docname).plain(text)


class Prose:
    """The prose of one page, and what its roles and links lead to."""

    def __init__(self, app: Sphinx, docname: str):
        self.app, self.env, self.docname = app, app.env, docname
        self.base = app.config.html_baseurl
        self.address = self.base + app.builder.get_target_uri(docname)
        self.cited = {entry.key: entry for entry in self.env.get_domain("cite").citations}
        self.roles: dict[str, Callable[[str, str], str]] = {
            "num": self._number,
            "claim": self._claim,
            "numref": self._figure_or_label,
            "ref": self._label,
            "doc": self._document,
            "eq": lambda words, label: self._equation(label),
            "download": lambda words, file: f"[{words or file}]({self._file_address(file)})",
        }

    def plain(self, text: str) -> str:
        """Return the text with all that only this build understands replaced."""
        text = COMMENT_OR_DOLLAR.sub(
            lambda match: match["code"] or ("\\$" if match["dollar"] else ""), text
        )
        text = DIRECTIVE.sub(self._directive, text)
        text = ROLE.sub(self._role, text)
        known = self.app.config.myst_substitutions
        text = SUBSTITUTION.sub(lambda match: known.get(match[1], match[0]), text)
        text = ATTRIBUTES.sub(lambda match: match[1] or "", text)
        text = LABEL.sub("", text)
        text = DEFINITION.sub(r"- **\1**: ", text)
        text = PAGE_LINK.sub(lambda m: f"]({self._page_address(m[1])}{m[2] or ''})", text)
        text = SITE_LINK.sub(lambda m: f"]({self._file_address(m[1])}", text)
        return FILE_LINK.sub(lambda m: m[1] + urljoin(self.address, m[2]), text)

    def _directive(self, match: re.Match) -> str:
        if match["name"] == "formerly":
            return ""
        if match["name"] == "standfirst":
            return match["body"]
        if match["name"] == "folded":
            inner = DIRECTIVE.sub(self._directive, match["body"])
            return f"**{match['title'].strip()}**\n\n{inner}"
        if match["name"] == "math":
            return self._equations(f"{match['title'].strip()}\n{match['body']}".strip())
        if match["name"] in ("image", "figure"):
            return self._picture(match["title"].strip(), match["body"])
        if match["name"] == "quote":
            lines = OPTIONS.sub("", match["body"]).strip().splitlines()
            return "\n".join(f"> {line}".rstrip() for line in lines)
        if match["name"] not in ADMONITIONS:
            link = f"[the page]({self.address})"
            return f"*(What stands here is made when the site is built: see {link}.)*"
        body = OPTIONS.sub("", match["body"]).strip()
        title = match["title"].strip() or match["name"].capitalize()
        lines = [f"**{title}**", "", *body.splitlines()]
        return "\n".join(f"> {line}".rstrip() for line in lines)

    def _role(self, match: re.Match) -> str:
        if match["code"]:
            return match[0]
        role, content = match["role"], match["content"]
        if role == "math":  # in which < is no sign of a target
            return f"${content}$"
        if role.startswith("cite"):
            return self._citations(content)
        named = TARGETED.fullmatch(content)
        words, target = (named["text"], named["target"]) if named else ("", content)
        handler = self.roles.get(role)
        return handler(words, target) if handler else words or content

    def _number(self, words: str, name: str) -> str:
        record = page_store.all_pages(self.env, "numbers")[self.docname].get(
            numbers.canonical(name)
        )
        if not record:  # a preview shows a page that failed
            return "?"
        page = tables.page_path(record["tables"][0])
        return f"[{record['printed']}]({self.base}{page}.html)"

    def _claim(self, words: str, claim: str) -> str:
        if claim not in _verdicts():  # the page has its error already
            return claim
        row = f"{self.base}{book().claims_page}.html#{claim.lower()}"
        return f"[{claim} · {_verdicts()[claim]}]({row})"

    def _citations(self, keys: str) -> str:
        cited = [self.cited[key.strip()] for key in keys.split(",") if key.strip() in self.cited]
        return f"({'; '.join(map(self._citation, cited))})"

    def _citation(self, citation) -> str:
        style = self.env.get_domain("cite").reference_style
        template = style.person.author_or_editor_or_title(full=False)
        values = {"entry": citation.entry, "style": style}
        authors = template.format_data(values).render_as("text")
        year = citation.entry.fields.get("year", "")
        page = f"{citation.bibliography_key.docname}.html"
        return f"[{authors} {year}]({self.base}{page}#{citation.citation_id})"

    def _figure_or_label(self, words: str, target: str) -> str:
        chart = charts_of(self.env).get(target)
        place = (chart["page"], chart_anchor(target)) if chart else self._place(target)
        if not (numbered := place and self._numbered(*place)):
            return self._label(words, target)
        kind, number = numbered
        form = (
            words if "%s" in words or "{number}" in words else self.app.config.numfig_format[kind]
        )
        shown = form.replace("%s", number).replace("{number}", number)
        return f"[{shown}]({self._address(*place)})"

    def _numbered(self, page: str, anchor: str) -> tuple[str, str] | None:
        """Return kind and number of what stands at an anchor, None for what has no number."""
        for kind, numbers_of_kind in self.env.toc_fignumbers.get(page, {}).items():
            if anchor in numbers_of_kind:
                return kind, ".".join(map(str, numbers_of_kind[anchor]))
        return None

    def _place(self, label: str) -> tuple[str, str] | None:
        """Return page and anchor of a label, None where no page has it."""
        found = self.env.get_domain("std").anonlabels.get(label)
        return found and found[:2]

    def _address(self, page: str, anchor: str = "") -> str:
        address = self.base + self.app.builder.get_target_uri(page)
        return f"{address}#{anchor}" if anchor else address

    def _equations(self, text: str) -> str:
        """Return displayed math with its number, as notebooks show it."""
        options = dict(OPTION.findall(OPTIONS.match(text)[0])) if OPTIONS.match(text) else {}
        label = options.get("label", "").strip()
        number = self._equation_number(label)
        tag = f" \\tag{{{number}}}" if number else ""
        parts = [part.strip() for part in OPTIONS.sub("", text).split("\n\n") if part.strip()]
        return "\n\n".join(f"$$\n{part}{tag}\n$$" for part in parts)

    def _equation(self, label: str) -> str:
        page, _ = self.env.get_domain("math").equations.get(label, (self.docname, 0))
        number = self._equation_number(label)
        return f"[({number})]({self._address(page, f'equation-{label}')})" if number else label

    def _equation_number(self, label: str) -> str:
        page, number = self.env.get_domain("math").equations.get(label, ("", ""))
        numbered = page and self._numbered(page, f"equation-{label}")
        return numbered[1] if numbered else str(number)

    def _picture(self, file: str, body: str) -> str:
        """Return a picture of the site, with its caption and its number."""
        found = OPTIONS.match(body)
        options = {key: value.strip() for key, value in OPTION.findall(found[0] if found else "")}
        caption = OPTIONS.sub("", body).strip()
        if (place := self._place(options.get("name", ""))) and (numbered := self._numbered(*place)):
            form = self.app.config.numfig_format[numbered[0]].replace("%s", numbered[1])
            caption = f"**{form}** {caption}".strip()
        return f"![{options.get('alt', '')}]({file})\n\n{caption}".strip()

    def _file_address(self, target: str) -> str:
        """Return where the site has a file of the book, or an anchor, that this page links to."""
        if target.startswith("#"):
            place = self._place(target[1:])
            return self._address(*place) if place else self.address + target
        name = self._page(unquote(target))
        for files, folder in ((self.env.images, "_images"), (self.env.dlfiles, "_downloads")):
            if name in files:
                return f"{self.base}{folder}/{quote(files[name][1])}"
        return urljoin(self.address, target)

    def _label(self, words: str, target: str) -> str:
        if not (place := self._place(target)):
            return words or target
        title = self.env.get_domain("std").labels.get(target, ("", "", target))[2]
        return f"[{words or title}]({self._address(*place)})"

    def _document(self, words: str, target: str) -> str:
        title = words or self.env.titles[self._page(target)].astext()
        return f"[{title}]({self._page_address(target)})"

    def _page(self, target: str) -> str:
        """Return the document name that this page calls `target`."""
        path = posixpath.join("/", posixpath.dirname(self.docname), target)
        return posixpath.normpath(path).lstrip("/")

    def _page_address(self, target: str) -> str:
        return self.base + self.app.builder.get_target_uri(self._page(target))


@functools.lru_cache(maxsize=1)
def _verdicts() -> dict[str, str]:
    return {row["claim_id"]: row["verdict"] for row in tables.read_rows("claims")}
