"""Promise: what a page must not hold is refused with file and line, before it is built."""

import logging
from importlib import import_module
from types import SimpleNamespace

import pytest
from myst_nb.core.config import NbParserConfig
from small_book import HEAD, build, cell, make, write

from ledger.build import foreign, page_faults
from ledger.build.execution import notebooks
from ledger.build.sphinxext import chapters
from ledger.build.sphinxext.lifecycle import BuildFailed

EXTENSIONS = ["colon_fence", "deflist", "substitution", "attrs_inline"]
HOST = "another host's is not shown. Put the file into chapters/, or link to it"
OUTSIDE = "is no file of the book. Put what is to be shown into chapters/"


# text of a page → the line and the beginning of what is said of it, nothing where all is well
def nested(deep):
    fences = ["`" * count for count in range(3, deep + 3)]
    return "\n".join([*(f"{each}{{note}}" for each in fences[::-1]), "A", *fences])


PAGES = [
    ("![A map](https://else.where/map.png)", 1, f"https://else.where/map.png: {HOST}"),
    ("A\n![A map](//else.where/map.png)", 2, f"//else.where/map.png: {HOST}"),
    ("![A map][m]\n\n[m]: https://else.where/map.png", 1, f"https://else.where/map.png: {HOST}"),
    ("```{figure} http://else.where/map.png\nA map\n```", 1, f"http://else.where/map.png: {HOST}"),
    ("- a\n\n  ```{image} ftp://else.where/m.png\n  ```", 3, f"ftp://else.where/m.png: {HOST}"),
    ("```{note}\nA\n\n![A map](https://e.w/m.png)\n```", 4, f"https://e.w/m.png: {HOST}"),
    ("A\n\n<img alt='' src='https://e.w/m.png'>", 3, f"<img> asks for https://e.w/m.png: {HOST}"),
    ("A <img\nalt='' src='//e.w/m.png'> b", 1, f"<img> asks for //e.w/m.png: {HOST}"),
    ("<div>\n<iframe src='https://e.w'></iframe>\n</div>", 2, "<iframe> is blocked by the policy"),
    ("<script>let a = 1;</script>", 1, "<script> is blocked by the policy of the pages. Remove it"),
    ("<b onclick='go()'>a</b>", 1, "onclick of <b> is blocked by the policy of the pages."),
    ("```{raw} html\n<p>\n<object data='a'></object>\n```", 3, "<object> is blocked by the policy"),
    ("<style>@import 'https://e.w/f.css';</style>", 1, f"<style> asks for a file: {HOST}"),
    ("<b style='background: url(//e.w/a.png)'>b</b>", 1, "the style of <b> asks for a file: "),
    ("```{raw} html\n:url: https://e.w/page\n```", 2, HOST),
    ("{math}`\\frac{a}{`", 1, "math that cannot be shown: "),
    ("A\n\n```{math}\n:label: gap\n\\nonsense{x}\n```", 3, "math that cannot be shown: "),
    ("```{include} /etc/passwd\n```", 1, "there is no file etc/passwd. Add it, or mend the name"),
    ("```{include} ../../../etc/passwd\n```", 1, f"../../../etc/passwd {OUTSIDE}"),
    ("```{include} linked.txt\n```", 1, f"linked.txt {OUTSIDE}"),
    ("```{literalinclude} ../.env\n```", 1, f"../.env {OUTSIDE}"),
    ("![A](linked.txt)", 1, f"linked.txt {OUTSIDE}"),
    ("See [it](../.env).", 1, f"../.env {OUTSIDE}"),
    ("Have {download}`it <../.env>`.", 1, f"../.env {OUTSIDE}"),
    ("```{csv-table} A\n:file: ../../x.csv\n```", 2, f"../../x.csv {OUTSIDE}"),
    ("![A map](карта.png)", 1, "the name карта.png is no address. Rename the file: letters from a"),
    ("![A map](mpa.png)", 1, "there is no file chapters/mpa.png. Add it, or mend the name"),
    ("A\n   ```{code-cell}\n   1\n   ```", 2, "a code cell is indented. Begin it at the margin"),
    ("- a\n\n  ```{code-cell}\n  1\n  ```", 3, "a code cell stands within a list or a quotation."),
    ("````{note}\n```{code-cell}\n1\n```\n````", 2, "a code cell stands within {note}."),
    (":::{code-cell}\n1\n:::", 1, "a code cell that ::: opens does not run. Write ``` instead"),
    ("```{code-cell}\n:load: cell.py\n```", 1, ":load: cell.py is not read. Write the code into"),
    ("```{code-cell}\n---\nload: a.py\n---\n1\n```", 1, ":load: a.py is not read. Write the code"),
    ("```{note} A ![x](https://e.w/b.png)\nText\n```", 1, f"https://e.w/b.png: {HOST}"),
    ("```{eval-rst}\n.. include:: /etc/passwd\n```", 1, "reStructuredText is not looked through."),
    ("```{figure} map.png\n:alt: A\n:target: javascript:go()\n```", 3, "a link to javascript:go("),
    *(
        (f"So\n{written}", 2, f"a link to {address} leads to no page. Write one that begins with")
        for written, address in (
            ("[a](javascript:go())", "javascript:go("),
            ("b **[a](data:text/html,b)**", "data:text/html,b"),
            ("[a](file:///etc/passwd)", "file:///etc/passwd"),
            ("[a](ftp://e.w/a)", "ftp://e.w/a"),
            ("<JavaScript:go>", "JavaScript:go"),
            ("b <a href='java&#115;cript:go'>a</a>", "javascript:go"),
            ("b <a href=' java\tscript:go'>a</a>", "java\tscript:go"),
            ("b <a href='file:///etc'>a</a>", "file:///etc"),
            ("- [a](vbscript:go)", "vbscript:go"),
            ("# B [a](data:image/png;base64,aa)", "data:image/png;base64,aa"),
        )
    ),
    ("| a |\n|---|\n| [a](javascript:b) |", 3, "a link to javascript:b leads to no page."),
    ("A\n\n[a][b]\n\n[b]: javascript:go", 5, "a link to javascript:go leads to no page."),
    ("```{raw} html\n<p>\n<a href='data:text/html,b'>a</a>\n```", 3, "a link to data:text/htm"),
    ("# A\n\n## !!!\n\nB", 3, "the heading '!!!' gives no address, for it has none of the letters"),
    ("# A\n\n## ایران\n\nB", 3, "the heading 'ایران' gives no address, for it has none of the"),
    ("## B\n\nC\n\n### *B*\n", 5, "the heading '*B*' gives no address, for another of the page h"),
    ("A\n\nwo\u2028rd", 3, "character 3 is invisible: U+2028, LINE SEPARATOR. Remove it"),
    *(
        (f"A\nb{sign}c", 2, f"character 2 is invisible: U+{ord(sign):04X}, ")
        for sign in "\x0b\x0c\x1c\x85\u202e\u00ad\ufeff\x00"
    ),
    ("```{include} bad.txt\n```", 2, "character 1 is invisible: U+000B"),
    ("```{note}\nOpen.", 1, "the block that ```{note} opens is never closed. Write ``` on a line"),
    ("A [^1] b", 1, "no note is named 1. Write [^1]: and its words on a line of their own"),
    ("A\n\n[^b]: B", 3, "nothing refers to the note b, which is not shown. Write [^b]"),
    ("A [^b].\n\n[^b]: B", 0, ""),
    ("A\n[b](https://e.w/c d", 2, "a link is printed as it stands. Close it, or write the addr"),
    ("A [b][c] d", 1, "a link is printed as it stands. Close it, or write the address that it"),
    ("A [b][c] d\n\n[c]: https://e.w/", 0, ""),
    ("It **rose\nand fell", 1, "the mark '**' is printed as it stands. Close it, or remove it"),
    ("A\nit *rose again", 2, "the mark '*r' is printed as it stands. Close it, or remove it"),
    ("A ~~b~~", 1, "the mark '~~' is printed as it stands. Close it, or remove it"),
    ("*A* **b** 2 * 3, GDP* \\*c", 0, ""),
    ("A `b c", 1, "the mark '`' is printed as it stands. Close it, or remove it"),
    ("A ^b^ c", 1, "the mark '^b^' is printed as it stands. Close it, or remove it"),
    ("H~2~O", 1, "the mark '~2~' is printed as it stands. Close it, or remove it"),
    ("A\nb ==c== d", 2, "the mark '==c' is printed as it stands. Close it, or remove it"),
    ("{.b}\nc", 1, "the mark '{.b}' is printed as it stands. Close it, or remove it"),
    ("x^2, a = b, ~5, a/b, ../c, x == y", 0, ""),
    ("It fell , then", 1, "a blank stands before a sign, as in ' ,'. Remove it"),
    ("It fell to {num}`a` .", 1, "a blank stands before a sign, as in ' .'. Remove it"),
    ("It fell .5, a … b ... c", 0, ""),
    ("It fell.. Then", 1, "two signs follow each other, as in '..'. Write one"),
    ("It fell, so,, then", 1, "two signs follow each other, as in ',,'. Write one"),
    ("It fell in\nthe The end", 2, "the word 'the' stands there twice. Remove one"),
    ("It fell in the\nthe end", 2, "the word 'the' stands there twice. Remove one"),
    ("- It fell in the\n  the end", 2, "the word 'the' stands there twice. Remove one"),
    ("> It fell in *the\n> the* end", 2, "the word 'the' stands there twice. Remove one"),
    ("It fell in **the** the end", 1, "the word 'the' stands there twice. Remove one"),
    ("It fell in the\n[the end](https://e.w)", 2, "the word 'the' stands there twice. Remove"),
    ("```{note}\nIt fell in the\nthe end\n```", 3, "the word 'the' stands there twice. Remove"),
    ("It fell in the, the\n\nthe end, the {num}`a` the", 0, ""),
    ("It had had that that\nthat", 0, ""),
    *(
        (text, text.count("\n") + 1, f"{said!r}: the citation is a small number, and no word. Na")
        for text, said in (
            ("It fell, as {cite}`a` says.", "as {cite}`a`"),
            ("It fell, as reported\nby {cite}`a`.", "reported by {cite}`a`"),
            ("It fell, according to {cite}`a,b`.", "according to {cite}`a,b`"),
            ("It fell. {cite}`a` says why.", ". {cite}`a` says"),
            ("It fell, {cite}`a` says.", ", {cite}`a` says"),
            ("It fell (see {cite}`a`).", "(see {cite}`a`"),
            ("See {cite}`a`.", "See {cite}`a`"),
            ("It is *from* {cite}`a` that", "from {cite}`a`"),
            ("It fell {cite}`a` and {cite}`b`.", "and {cite}`b`"),
            ("It is {cite}`a`'s, {cite:t}`b` says", "{cite}`a`'s"),
            ("- In {cite}`a` it fell", "In {cite}`a`"),
        )
    ),
    ("It fell\n{cite}`a` {cite}`b`.", 2, "'{cite}`a` {cite}`b`': two numbers would be one. Wr"),
    *(
        (text, 0, "")
        for text in (
            "It fell {cite}`a`. It rose. {cite}`b` Then it *stood by* {cite}`c`, and on",
            "*Sources:* {cite}`a`\n\n{cite}`b` says so",
            "The table {cite}`a` shows it (as {cite:t}`b` says), and more {cite}`a`, {cite}`b`.",
            "It fell {cite}`a` in May {cite}`b`, which it came from {cite}`c`.",
        )
    ),
    ("TODO say it", 1, "'TODO' is for its author, and readers see it. Do it, or remove it"),
    ("It fell (as said.", 1, "not every ( has its ) in the paragraph. Close it, or remove it"),
    ("It “fell.", 1, "not every “ has its ” in the paragraph. Close it, or remove it"),
    ("a) b, 2) c (d) and (HS)", 0, ""),
    ("See [](https://e.w).", 1, "the link has no words to be opened by. Write them between [ and"),
    ("See [a](https:/e.w/b).", 1, "a link to https:/e.w/b names no host. Write https://, a host"),
    ("See [a](http://localhost/b).", 1, "a link to http://localhost/b names no host. Write ht"),
    ("```{code-cell\n1\n```", 1, "```{code-cell runs nothing. Write ```{code-cell}"),
    ("```code-cell\n1\n```", 1, "```code-cell runs nothing. Write ```{code-cell}"),
    ("```{code_cell}\n1\n```", 1, "```{code_cell} runs nothing. Write ```{code-cell}"),
    ("```python\n1\n```", 0, ""),
    ("Exports moved by\n+ 5 per cent", 2, "a line that begins with + is a list. Write - for a li"),
    ("+ a\n+ b", 1, "a line that begins with + is a list. Write - for a list, or words before"),
    ("A\n\n2019. It rose", 3, "a line that begins with 2019. is a list. Begin it with a word, or"),
    ("1. a\n2. b\n\nC\n2019. d", 0, ""),
    ("A\n> 5 per cent", 2, "a line that begins with > is a quotation. Write more than, or a wo"),
    ("> Words of others", 0, ""),
    ("A\n- 5 per cent", 2, "a line that begins with - is a list. Write minus, or a word before"),
    ("- 5 tankers\n- a", 0, ""),
    ("- a\n- [ ] b", 2, "the box of a task is printed as it stands. Write the item without it"),
    ("- [x] b", 1, "the box of a task is printed as it stands. Write the item without it"),
    ("1. [ ] b", 1, "the box of a task is printed as it stands. Write the item without it"),
    ("A\n\n    b", 3, "what is indented is shown as code. Begin it at the margin, or fence it"),
    ("A\n\n\tb", 3, "what is indented is shown as code. Begin it at the margin, or fence it"),
    ("A\n---\nb", 1, "the line of - below makes this a heading. Write ## before a heading, or an"),
    ("A\n\n---\n\nb", 0, ""),
    ("A\n% of b\nc", 2, "a line that begins with % is a comment, and is not shown. Begin it"),
    ("A\n\n% of b\n% of c\nD", 0, ""),
    ("# A\n\nB\n\n# C", 5, "a page has one title. Write ## before the headings below it"),
    ("| a | b |\n|---|---|\n| 1 | 2 |\n| 1 | 2 | 3 |", 4, "the row has 3 cells, and its header 2."),
    ("| a | b |\n|---|---|\n| 1 |", 3, "the row has 1 cells, and its"),
    ("a | b\n---|---\n1 \\| 2 | 3", 0, ""),
    ("![](map.png)", 1, "the picture has no words for those who cannot see it. Say what it shows"),
    ("```{figure} map.png\nA\n```", 1, "the picture has no words for those who cannot see it."),
    ("```{figure} map.png\n:alt: B\nA\n```", 0, ""),
    ("See {num} `a`.", 1, "{num} is printed as it stands, for no text in backticks follows"),
    *(
        (f"wo{sign}rd", 1, f"character 3 is invisible: U+{ord(sign):04X}, ")
        for sign in "\u034f\u1160\u2800\u3164\ufe0f\U000e0101\u200c\u200d"
    ),
    ("So wo\u0433d.", 1, "a letter of the word 'wo\u0433d' only looks like another: U+0433, CYR"),
    ("wo&#x202e;rd", 1, "character 3 is invisible: U+202E, RIGHT-TO-LEFT OVERRIDE. Remove it (it"),
    ("[it](path:../../../etc/passwd)", 1, f"../../../etc/passwd {OUTSIDE}"),
    ("<path:/etc/passwd>", 1, "there is no file etc/passwd. Add it, or mend the name"),
    ("[it][a]\n\n[a]: project:../.env", 1, f"../.env {OUTSIDE}"),
    ("[it](page.html)", 1, "a browser would run page.html as a page of the site. Link to it"),
    ("{download}`it <page.html>`", 1, "a browser would run page.html as a page of the site."),
    ("![A map](runs.svg)", 1, "runs.svg, line 1: onload of <svg> is blocked by the policy"),
    ("![A map](entity.svg)", 1, "entity.svg has an entity or a style sheet of its own. Save it"),
    ("```{raw} html\n:file: one.txt\n```", 1, "raw text of a file is not looked through. Write"),
    ("```{role} own(raw)\n:format: html\n```", 1, "a role of the page's own is not looked thro"),
    ("It is {{ 40 + 2 }}.", 1, "{{ 40 + 2 }} is a program. Write a name, as {{ citation }}, or"),
    ("{{ env.srcdir }}", 1, "{{ env.srcdir }} is a program. Write a name"),
    ("{{ env }}", 1, "{{ env }} is a program. Write a name"),
    ("---\nmyst:\n  url_schemes: [javascript]\n---\n# A", 1, "the head sets 'myst' for this page"),
    ("A\n\n```{meta}\n:refresh: 0\n```", 3, "the build writes what machines read of a page"),
    ("A {meta}`refresh`", 1, "the build writes what machines read of a page, from its words. Re"),
    (nested(290), 9, "more than 8 blocks stand within each other. Close some before"),
    (nested(8), 0, ""),
    ("A\n\nb <b>c</b>", 3, "<b> is HTML, of which pages have links alone. Write Markdown"),
    ("A\n\n<!-- b\n-->\n<div hidden>\n", 5, "<div> is HTML, of which pages have links alone."),
    ("- <img alt='' src='data:image/png;base64,aa'>", 1, "<img> is HTML, of which pages have"),
    ("A\n\n<!-- B\n\nC", 3, "the comment is never closed, and hides what follows. Write -->"),
    *(
        (text, 0, "")
        for text in (
            "See {{ citation }}. <!-- a -->\n\n<!-- b\n\nc -->",
            "```{literalinclude} page.html\n```",
            "الله\u200cاکبر, СССР, π and 5 µm",
            "![A map](map.png) and [a link](https://else.where/map.png)",
            "```{figure} map.png\n:name: a\n:alt: A map.\n\nA caption.\n```",
            "{math}`g = \\frac{m - x}{x}`, a\n\n```{math}\n:label: gap\na &= b \\\\ c &= d\n```",
            "<a href='https://e.w'>a</a> ![B](data:image/png;base64,aa)",
            "A < b <!-- <b> --> and `<b>` \\<b>\n\n<!--\n<div>\n-->",
            "```{code-cell} ipython3\n:tags: [hide-input]\nprint('<script>')\n```",
            "```{code} html\n<script>{num} a</script>\n```",
            "[a](https://e.w/a:b), [b](mailto:a@b.c), [c](#d), <https://e.w>, `[d](javascript:go)`",
            "# ایران\n\n(iran)=\n## ایران\n\n## A\n\n(more)=\n### A\n\n## ایران 2025 oil",
            "A file: a.csv, the data: [b](https://e.w); <a href='../data/a.csv'>c</a>",
            "A\ttab, a no-break space, ایرانِ‌نو and 🙂.",
        )
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = make(tmp_path_factory.mktemp("faults") / "book")
    for name in ("map.png", "карта.png", "one.txt"):
        (folder / "chapters" / name).write_text("", encoding="utf-8")
    (folder / "chapters/bad.txt").write_text("A\n\x0bb\n", encoding="utf-8")
    page, drawing = "<script>go()</script>", "<svg xmlns='http://www.w3.org/2000/svg'"
    (folder / "chapters/page.html").write_text(page, encoding="utf-8")
    (folder / "chapters/runs.svg").write_text(f"{drawing} onload='go()'/>", encoding="utf-8")
    entity = f"<!DOCTYPE svg [<!ENTITY a 'b'>]>{drawing}>&a;</svg>"
    (folder / "chapters/entity.svg").write_text(entity, encoding="utf-8")
    (folder / ".env").write_text("KEY=1\n", encoding="utf-8")
    (folder / "chapters/linked.txt").symlink_to("/etc/hostname")
    return folder


PARSER = page_faults.markdown_parser(EXTENSIONS)


@pytest.mark.parametrize("text, line, says", PAGES)
def test_a_fault_is_named_where_it_is(folder, text, line, says):
    found = page_faults.page_faults(PARSER, folder / "chapters/one.md", text, folder)
    if not says:
        assert not found
    else:
        name = "bad.txt" if "bad.txt" in text else "one.md"
        assert len(found) == 1 and found[0].startswith(f"chapters/{name}:{line}: {says}"), found


def test_two_pages_of_one_name_and_names_that_are_no_address(folder):
    good = ["index", "chapters/one", "tables/one-two"]
    assert not list(page_faults.name_faults(good, folder))
    wrong = ["chapters/a%20b", "chapters/A", "chapters/c#d", "parts/one", "chapters/strait-papers"]
    said = "\n".join(page_faults.name_faults([*good, *wrong], folder))
    assert said.count("is no address") == 3
    assert "parts/one.md: one is the name of chapters/one.md already" in said
    assert "chapters/strait-papers.md: strait-papers is the name of the book already" in said


@pytest.mark.parametrize(
    "markup",
    [
        "<svg><image href='https://e.w/a.png'/></svg>",
        "<img srcset='a.png 1x, https://e.w/b.png 2x'>",
        "<video poster='//e.w/a.png'></video>",
        "<link rel=stylesheet href='https://e.w/a.css'>",
        "<form action='https://e.w/'></form>",
        "<a href='a.html' ping='//e.w/'>a</a>",
        "<a href='java&#10;script:go()'>a</a>",
        "<a href=' data:text/html,a'>a</a>",
        "<b style='background: image-set(\"//e.w/a.png\" 1x)'>a</b>",
        "<textarea>",
        "<plaintext>",
        "<template>",
    ],
)
def test_whatever_asks_for_another_host_is_found(markup):
    assert len(list(foreign.blocked(markup))) == 1


def test_a_build_names_all_faults_of_all_pages_at_once(book):
    write(book, one="# One\n\nwo\u2028rd\n", **{"a%b": "# Two\n\n![x](https://e.w/a.png)\n"})
    code, said = build(book)
    assert code != 0 and "Traceback" not in said, said
    assert not (book / "_build/html/index.html").exists()
    for line in (
        "  chapters/a%b.md: the name is no address: ",
        "  chapters/a%b.md:3: https://e.w/a.png: another host's is not shown.",
        "  chapters/one.md:3: character 3 is invisible: U+2028, LINE SEPARATOR. Remove it.",
    ):
        assert said.count(line) == 1, said[-3000:]


@pytest.mark.parametrize("client", ["cache", "direct", "inline"])
def test_myst_nb_executes_nothing_itself(client, tmp_path, monkeypatch):
    modules = {
        name: import_module(f"myst_nb.core.execute.{name}")
        for name in ("cache", "direct", "inline")
    }
    for name in ("cache", "direct"):
        monkeypatch.setattr(modules[name], "single_nb_execution", None)
    monkeypatch.setattr(modules["inline"].NotebookClientInline, "start_client", None)
    folder = SimpleNamespace(chapters=SimpleNamespace(cache_folder=tmp_path / "cache"))
    chapters.use_cache(SimpleNamespace(ledger_build=folder), config := SimpleNamespace())
    page = tmp_path / "one.md"
    page.write_text(HEAD + cell("1"), encoding="utf-8")
    settings = NbParserConfig(execution_cache_path=config.nb_execution_cache_path)
    kind = getattr(modules[client], f"NotebookClient{client.title()}")
    notebook = notebooks.read_notebook(page.read_text(encoding="utf-8"))
    with pytest.raises(BuildFailed, match="cells that the engine does not see"):
        kind(notebook, page, settings, logging.getLogger()).start_client()
