"""Describe pages in schema.org's vocabulary: a Dataset, Book, ScholarlyArticle, ClaimReview."""

from __future__ import annotations

from sphinx.application import Sphinx

from ledger.build import workbooks
from ledger.build.sphinxext.history import changed, tables_used
from ledger.core import citations, tables
from ledger.core.config import book as book_config

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# How true a claim is, from 1 to 5. A claim that time has overtaken or that nothing can settle has
# no place between true and false, and its rating is in words alone.
RATINGS = {"supported": 5, "partly": 3, "contradicted": 1}


def dataset(common: dict, resource: dict, base: str) -> dict:
    """Return what is said of a table's page."""
    licences = [licence["path"] for licence in resource["licenses"] if licence.get("path")]
    data = f"{base}data/"
    workbook = f"{base}{tables.page_path(resource['name'])}.xlsx"
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
            *([] if workbooks.beyond(resource) else [_download(EXCEL, workbook)]),
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


def claim_review(base: str, claim: dict, record: dict, reviewed: dict, image: str) -> dict:
    """Return what is said of a claim's page, as searches for fact checks ask for it.

    `reviewed` is the text that makes the claim: title, author (and whether that is a person), date
    and, where it has one, url.
    """
    kind = "Person" if reviewed["person"] else "Organization"
    author = {"@type": kind, "name": reviewed["author"]}
    work = {"@type": "Article", "name": reviewed["title"], "datePublished": reviewed["date"]}
    work |= {"author": author} | ({"url": reviewed["url"]} if reviewed["url"] else {})
    rating = {"@type": "Rating", "alternateName": claim["verdict"].capitalize()}
    if value := RATINGS.get(claim["verdict"]):
        rating |= {"ratingValue": value, "bestRating": 5, "worstRating": 1}
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": record["url"],
        "name": record["title"],
        "claimReviewed": claim["claim"],
        "itemReviewed": {
            "@type": "Claim",
            "name": claim["claim"],
            "author": author,
            "datePublished": reviewed["date"],
            "appearance": work,
        },
        "reviewRating": rating,
        "reviewBody": f"{claim['finding']} {claim['reason']}",
        "author": _author() | {"url": base},
        "publisher": {
            "@type": "Organization",
            "name": citations.edition()["title"],
            "url": base,
        },
        "datePublished": citations.edition()["date"],
        "inLanguage": "en",
        "image": image,
        "isPartOf": _whole(base),
        "license": f"https://spdx.org/licenses/{citations.edition()['licence']}",
    }


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
