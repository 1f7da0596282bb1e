"""Describe pages in schema.org's vocabulary: a Dataset, a Book, a ScholarlyArticle."""

from __future__ import annotations

from sphinx.application import Sphinx

from ledger.build.sphinxext.history import changed, tables_used
from ledger.core import citations, tables
from ledger.core.config import book as book_config

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def dataset(common: dict, resource: dict, base: str) -> dict:
    """Return what is said of a table's page."""
    licences = [licence["path"] for licence in resource["licenses"] if licence.get("path")]
    data = f"{base}data/"
    return common | {
        "@type": "Dataset",
        "description": resource["description"],
        "isPartOf": _whole(base),
        "license": licences,
        "conditionsOfAccess": resource["republication"],
        "keywords": citations.edition()["keywords"],
        "variableMeasured": [_variable(field) for field in resource["schema"]["fields"]],
        "isBasedOn": [_source(source) for source in resource["sources"]],
        "distribution": [
            _download("text/csv", data + resource["path"]),
            _download(EXCEL, f"{base}{tables.page_path(resource['name'])}.xlsx"),
            _download("application/zip", f"{data}{resource['name']}.zip"),
        ],
    }


def book(common: dict, base: str, image: str) -> dict:
    """Return what is said of the first page."""
    edition = citations.edition()
    return _text(common, base) | {
        "@type": "Book",
        "alternativeHeadline": edition["subtitle"],
        "author": _author(),
        "keywords": edition["keywords"],
        "abstract": edition["abstract"],
        "image": image,
    }


def article(common: dict, base: str, image: str, used: list[str]) -> dict:
    """Return what is said of a chapter that draws on the tables `used`."""
    based = [
        {
            "@type": "Dataset",
            "name": tables.describe(name)["title"],
            "description": tables.describe(name)["description"],
            "url": f"{base}{tables.page_path(name)}.html",
        }
        for name in used
    ]
    content = _text(common, base) | {
        "@type": "ScholarlyArticle",
        "headline": common["name"],
        "author": _author(),
        "publisher": _author(),
        "isPartOf": _whole(base),
        "image": image,
    }
    return content | ({"isBasedOn": based} if based else {})


def linked_data(app: Sphinx, docname: str, record: dict, description: str, image: str) -> dict:
    """Return what machines are told of a page, given as a work to cite."""
    base, edition = app.config.html_baseurl, citations.edition()
    common = {
        "@context": "https://schema.org",
        "name": record["title"],
        "url": record["url"],
        "description": description,
        "inLanguage": "en",
        "version": edition["version"],
        "datePublished": edition["date"],
        "creator": _author(),
        "isAccessibleForFree": True,
    }
    if modified := changed(app, docname).newest:
        common["dateModified"] = modified
    if record["kind"] == "table":
        return dataset(common, tables.table_of_page(docname), base)
    if record["kind"] == "book":
        return book(common, base, image)
    return article(common, base, image, tables_used(app.env, docname))


def _author() -> dict:
    return {"@type": "Organization", "name": citations.edition()["author"]}


def _whole(base: str) -> dict:
    return {"@type": "Book", "name": citations.edition()["title"], "url": base}


def _text(common: dict, base: str) -> dict:
    # the licence is of the text; figures keep the terms of their table
    licence = f"https://spdx.org/licenses/{citations.edition()['licence']}"
    terms = f"{base}{book_config().methods_page}.html#licences"
    return common | {"license": licence, "usageInfo": terms}


def _variable(field: dict) -> dict:
    variable = {
        "@type": "PropertyValue",
        "name": field["name"],
        "description": f"{field['title']}. {field['description']}",
    }
    return variable | ({"unitText": field["unit"]} if field.get("unit") else {})


def _source(source: dict) -> dict:
    institution, title = source["institution"], source["title"]
    dataset = {
        "@type": "Dataset",
        "name": title,
        "description": f"{title}, {institution}. Edition: {source['edition']}.",
        "creator": {"@type": "Organization", "name": institution},
    }
    return dataset | ({"url": source["path"]} if source["path"].startswith("http") else {})


def _download(kind: str, url: str) -> dict:
    return {"@type": "DataDownload", "encodingFormat": kind, "contentUrl": url}
