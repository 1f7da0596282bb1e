"""Promise: a chapter or section that is renamed leads on from its old address."""

import subprocess

import pytest

from checks import names, text

BEFORE = "# A chapter\n\n## Prices rose\n\nWords.\n\n(trade)=\n## Trade fell\n\nWords.\n"
FORMERLY = "## Prices fell\n\n```{formerly} prices-rose\n```\n"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with two chapters, which was committed."""
    for name in ("one", "two"):
        path = tmp_path / "chapters" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(BEFORE, encoding="utf-8")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    monkeypatch.setattr(text, "ROOT", tmp_path)
    monkeypatch.setattr(text, "PAGES", sorted(tmp_path.glob("chapters/*.md")))
    text.read.cache_clear()
    yield tmp_path
    text.read.cache_clear()


def test_an_old_address_of_a_section_leads_on(checkout):
    path = checkout / "chapters" / "one.md"
    assert list(names._former_sections()) == []
    path.write_text(BEFORE.replace("## Prices rose\n", "## Prices fell\n"), encoding="utf-8")
    text.read.cache_clear()
    (said,) = names._former_sections()
    assert said.startswith("chapters/one.md:1: #prices-rose was an address of this page"), said
    assert "```{formerly} prices-rose below the heading" in said
    path.write_text(BEFORE.replace("## Prices rose\n", FORMERLY), encoding="utf-8")
    text.read.cache_clear()
    assert list(names._former_sections()) == []


def test_a_chart_that_comes_back_to_its_page_is_its_own_address(checkout):
    path = checkout / "chapters" / "one.md"
    former = BEFORE.replace("## Prices rose\n", FORMERLY.replace("prices-rose", "chart-prices"))
    path.write_text(former, encoding="utf-8")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example"]
    subprocess.run([*git, "commit", "-q", "-a", "-m", "moved"], cwd=checkout, check=True)
    back = BEFORE.replace("Prices rose", "Prices fell")
    path.write_text(back, encoding="utf-8")
    text.read.cache_clear()
    (said,) = names._former_sections()
    assert "#chart-prices was an address of this page" in said
    cell = '\n```{code-cell} ipython3\ncharts.publish(ax, "prices", table="prices")\n```\n'
    path.write_text(back + cell, encoding="utf-8")
    for kept in (text.read, text._parsed, text.nodes, text.named_calls):
        kept.cache_clear()
    assert list(names._former_sections()) == []


@pytest.mark.parametrize("committed", [False, True])
def test_an_old_address_of_a_chapter_leads_on(checkout, committed):
    subprocess.run(["git", "mv", "chapters/one.md", "chapters/three.md"], cwd=checkout, check=True)
    if committed:
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example"]
        subprocess.run([*git, "commit", "-q", "-m", "renamed"], cwd=checkout, check=True)
    (said,) = names._former_chapters()
    assert said.startswith("book.yml:1: chapters/one was a page, and its address leads nowhere.")
    assert "`redirects` `chapters/one: chapters/" in said
