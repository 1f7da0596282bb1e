"""Say what stands on the title page, and lead links to files of the site to the site."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from ledger.build.sphinxext.build_info import evidence_line
from ledger.build.sphinxext.markup import raw_html
from ledger.build.sphinxext.works import citation_record
from ledger.core import citations
from ledger.core.config import book

# as a chapter writes it that offers a file of the site
LINK = re.compile(r'<a href="(?!\w+:|#)([^"]*)"[^>]*>')


def title_page(app: Sphinx) -> dict[str, str]:
    """Return what the title page says of the book."""
    edition = citations.edition()
    return {
        "title": edition["title"],
        "subtitle": edition["subtitle"][:1].upper() + edition["subtitle"][1:],
        "authors": edition["author"],
        "abstract": edition["abstract"],
        "build_info": app.config.ledger_build_info,
        "until": evidence_line(),
        "citation": citations.plain(citation_record(app, app.config.root_doc)),
        "address": app.config.html_baseurl,
        "rights": rights(app.config),
    }


def rights(config) -> str:
    """Return the sentences on rights."""
    return f"© {config.copyright} {config.author}. {book().rights}"


class LinksToSite(SphinxTransform):
    """Lead links that a chapter writes as HTML, to files that only the site has, to the site."""

    default_priority = 150  # before charts are put in

    def apply(self, **_) -> None:
        if self.app.builder.name == "html":
            return
        for raw in list(self.document.findall(nodes.raw)):
            if raw.get("format") == "html" and LINK.search(raw.astext()):
                raw.replace_self(raw_html(LINK.sub(self._link, raw.astext())))

    def _link(self, match: re.Match) -> str:
        path = posixpath.join(posixpath.dirname(self.env.docname), match.group(1))
        return f'<a href="{self.config.html_baseurl}{posixpath.normpath(path)}">'


def set_address(app: Sphinx, config) -> None:
    """Have pages read again when the site's address changes, which is printed on them."""
    config.ledger_address = config.html_baseurl


def setup(app: Sphinx) -> None:
    app.add_config_value("ledger_address", "", "env", str)
    app.add_html_theme("paper", str(Path(__file__).parent))
    app.add_transform(LinksToSite)
    app.connect("config-inited", set_address)
