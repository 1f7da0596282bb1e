"""What a file that people write by hand may hold: keys, types and values, as JSON Schema.

A schema's `description` ends the sentence "KEY is …, and must be …". Beside the types of JSON
Schema there are `date`, a day of the calendar, and `past date`, one that has come.
"""

from __future__ import annotations

import datetime
import difflib
import functools
import importlib.util
import json
from pathlib import Path

from ledger.core.authored.days import is_day, today
from ledger.core.authored.loaders import Document, FileError

WORDS = {"type": "string", "pattern": r"\S", "description": "text; put it in quotes"}
# of the book and its authors: a browser takes what follows < for markup, and the PDF loses it
NAME = {
    "type": "string",
    "pattern": r"^(?=.*\S)[^<\n\t]{1,250}$",
    "description": "words in a line of at most 250 characters, without <",
}
VERSION = NAME | {"description": "text; put it in quotes, on a line and without <"}
WEB = {
    "type": "string",
    "pattern": r"^https?://[^/\s]+(/\S*)?$",
    "description": "the address of a page, which begins with https://",
}
DATE = {"type": "date", "description": "a day of the calendar since 1990, as 2026-11-28"}
HOST = {
    "type": "string",
    "pattern": r"^([a-z0-9-]+(\.[a-z0-9-]+)+|localhost)(:[0-9]+)?$",
    "description": "the name of a host, as data.example.org",
}
PAST = {"type": "past date", "description": "a day of the calendar since 1990, none to come"}
WORD_LIST = {"type": "array", "items": WORDS, "description": "a list of words"}


def _record(required: dict, optional: dict | None = None) -> dict:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
        "description": "keys with values",
    }


def _known(keys: str, **properties: dict) -> dict:
    """Return the form of a part of the descriptor: the keys that it may have, some with a form."""
    return {
        "type": "object",
        "properties": dict.fromkeys(keys.split(), {}) | properties,
        "additionalProperties": False,
        "description": "keys with values",
    }


def _map_of(values: dict, least: int = 0) -> dict:
    description = "keys with values"
    return {
        "type": "object",
        "minProperties": least,
        "additionalProperties": values,
        "description": description,
    }


CHANGES = {
    "type": "array",
    "description": "a list of entries, each with date, kind, title and text",
    "items": _record(
        {
            "date": PAST,
            "kind": {"enum": ["correction", "data update"]},
            "title": WORDS,
            "text": WORDS,
        },
        {
            "tables": {
                "type": "array",
                "description": "a list of tables",
                "items": _record(
                    {"name": WORDS, "edition_before": {"type": "string"}}
                    | {"before": WORDS, "after": WORDS}
                ),
            }
        },
    ),
}
CITATION = {
    "type": "object",
    "description": "keys with values",
    "properties": {
        "title": NAME,
        "authors": {
            "type": "array",
            "minItems": 1,
            "description": "a list of authors, each with a name",
            "items": {
                "type": "object",
                "description": "an author with a name",
                "properties": {"name": NAME},
                "required": ["name"],
            },
        },
        "version": VERSION,
        "license": NAME,
        "date-released": PAST,
        "keywords": WORD_LIST,
        "abstract": WORDS,
    },
    "required": [
        "title",
        "authors",
        "version",
        "license",
        "date-released",
        "keywords",
        "abstract",
    ],
}
WAYS = ("automatic", "automatic or manual", "manual", "closed")
SOURCE = _record(
    {"label": WORDS, "institution": WORDS, "how": {"enum": list(WAYS)}, "format": WORDS}
    | {"published": WORDS, "terms": WORDS, "module": WORDS, "tables": _map_of(WORDS)},
    {
        "rows": _map_of(_map_of({})),
        "address": WEB,
        "hosts": {"type": "array", "items": HOST, "description": "a list of hosts"},
        "download": WORDS,
        "api_key_spec": {"type": "object", "description": "keys with values"},
        "months": {"type": "integer", "minimum": 1, "maximum": 600, "description": "1 to 600"},
        "next": DATE,
        "newer": WORDS,
        "max_mb": {"type": "number", "exclusiveMinimum": 0, "description": "a number of megabytes"},
        "pause": {"type": "number", "minimum": 0, "description": "a number of seconds"},
        "files": _map_of(WORDS),
        "snapshot": WORDS,
        "note": WORDS,
    },
)
SOURCES = {"type": ["object", "null"], "additionalProperties": SOURCE, "description": "sources"}

SHARE = {
    "type": "number",
    "exclusiveMinimum": 0,
    "exclusiveMaximum": 1,
    "description": "a share, such as 0.05",
}
POLICY = _record(
    {
        "verdicts": _map_of(WORDS, least=1),
        "confidence": _map_of(WORDS, least=1),
        "kinds": _map_of(_record({"meaning": WORDS, "verdicts": WORD_LIST}), least=1),
        "bases": _map_of(WORDS, least=1),
        "quoted_tolerance": SHARE,
        "most_passing": SHARE,
        "high_needs": _map_of(
            {"type": "integer", "minimum": 1, "description": "a number of sources"}
        ),
    }
)


RETRIEVED = {
    "type": "string",
    "pattern": r"^\d{4}(-\d\d){0,2}$|\bnot\b",
    "description": "a day, month or year, as 2026-11-28, or words that say why it is not known",
}

# of the descriptor: a bound of plausibility under another name would hold nothing, and a list of
# notes that is a text would be printed letter by letter; `validation` checks what the values are
BOUND = {"type": "number", "minimum": 0, "description": "a number, nought or more"}
FIELD = _known(
    "name type title description constraints codes lang unit mayBeFuture missingValues format",
    maxRevision=_known("", relative=BOUND, absolute=BOUND),
    maxStepRatio={"type": "number", "exclusiveMinimum": 1, "description": "a number above 1"},
)
TABLE = _known(
    "name type path scheme title description connectors republication hash bytes rows",
    format={"enum": ["csv"]},
    mediatype={"enum": ["text/csv"]},
    encoding={"enum": ["utf-8"]},
    notes=WORD_LIST,
    sources={
        "type": "array",
        "items": _known(
            "key path upstream snapshot institution fetched edition title", retrieved=RETRIEVED
        ),
    },
    licenses={"type": "array", "items": _known("path sources title name short")},
    schema=_known(
        "primaryKey foreignKeys missingValues sortedBy maxRemovedShare maxRewordedShare",
        fields={"type": "array", "items": FIELD},
    ),
)
DESCRIPTOR = _known(
    "$schema profile name id title description homepage image version created keywords"
    " contributors sources licenses",
    resources={"type": "array", "items": TABLE},
)


# settings by which pages load a script or a style, or the site gets a file or markup, that nothing
# looks through
NOT_OURS = {
    "sphinx": "html_additional_pages html_context html_css_files html_extra_path html_js_files"
    " html_sidebars html_static_path html_style myst_substitutions myst_url_schemes rst_epilog"
    " rst_prolog templates_path",
    "html": "announcement extra_footer extra_navbar",
}


@functools.cache
def settings() -> dict:
    """Return the schema of `_config.yml`: Jupyter Book's own, which lets unknown keys pass, with
    all keys that it knows, and what the machine needs.
    """
    import yaml

    package = Path(importlib.util.find_spec("jupyter_book").submodule_search_locations[0])
    schema = json.loads((package / "config_schema.json").read_text(encoding="utf-8"))
    usual = yaml.safe_load((package / "default_config.yml").read_text(encoding="utf-8"))
    for key, value in usual.items():
        part = schema["properties"].setdefault(key, {})
        if isinstance(value, dict) and key not in ("sphinx", "latex"):
            part.setdefault("properties", {})
            part["properties"] |= {name: {} for name in value.keys() - part["properties"].keys()}
            part["additionalProperties"] = False
    schema["additionalProperties"] = False
    schema["required"] = ["title", "author", "html", "sphinx"]
    html = schema["properties"]["html"]
    html["required"] = ["baseurl"]
    html["properties"]["baseurl"] = {
        "type": "string",
        "pattern": r"^https?://[^/\s@]+/(\S*/)?$",
        "description": "the address of the site, which begins with https:// and ends with /",
    }
    schema["properties"]["execute"]["properties"]["timeout"] = {
        "type": "integer",
        "minimum": 1,
        "maximum": 86_400,
        "description": "a number of seconds, of a day at most",
    }
    absent = {"not": {}, "description": "left out: nothing looks through what it adds to pages"}
    config = schema["properties"]["sphinx"].setdefault("properties", {}).setdefault("config", {})
    if "object" not in config.get("type", "object"):
        config["type"] = ["object", "null"]
    config.setdefault("properties", {}).update(dict.fromkeys(NOT_OURS["sphinx"].split(), absent))
    html["properties"].update(dict.fromkeys(NOT_OURS["html"].split(), absent))
    return schema


@functools.cache
def _validator_class():
    from jsonschema import Draft202012Validator, validators

    checker = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "date": lambda _, value: is_day(value),
            "past date": lambda _, value: is_day(value) and str(value) <= str(today()),
        }
    )
    return validators.extend(Draft202012Validator, type_checker=checker)


def check(document: Document, schema: dict) -> None:
    """Raise FileError, with the line, where a document is not as its schema says."""
    schema = schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    errors = list(_validator_class()(schema).iter_errors(document.content))
    if not errors:
        return
    # a key that is misspelt is unknown, and missing too: say the former
    told = [error for error in errors if error.validator != "required"] or errors
    raise min((_worded(document, error) for error in told), key=lambda each: each[0])[1]


def _worded(document: Document, error) -> tuple[int, FileError]:
    keys = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {})
        key = next(key for key in error.instance if key not in known)
        close = difflib.get_close_matches(str(key), known, n=1)
        mend = f"Did you mean {close[0]!r}?" if close else f"Known are {', '.join(known)}."
        return _at(document, f"{_label((*keys, key))} is an unknown key. {mend}", *keys, key)
    if error.validator == "required":
        key = next(key for key in error.validator_value if key not in error.instance)
        return _at(document, f"{_label((*keys, key))} is missing. Give it.", *keys)
    if error.validator == "enum":
        known = ", ".join(map(str, error.validator_value))
        wanted = f"one of: {known}"
    else:
        kinds = error.schema.get("type", "another value")
        wanted = error.schema.get("description") or {
            "object": "keys with values",
            "array": "a list",
            "string": WORDS["description"],
        }.get(kinds, f"a {kinds}" if isinstance(kinds, str) else " or ".join(kinds))
    is_blank = isinstance(error.instance, str) and not error.instance.strip()
    what = "empty" if is_blank or error.instance in (None, [], {}) else _shortened(error.instance)
    return _at(document, f"{_label(keys)} is {what}, and must be {wanted}.", *keys)


def _at(document: Document, problem: str, *keys) -> tuple[int, FileError]:
    return document.line(*keys), document.error(problem, *keys)


def _label(keys: tuple) -> str:
    """Return a path of keys as words: entry 2: date."""
    return ": ".join(f"entry {k + 1}" if isinstance(k, int) else str(k) for k in keys) or "the file"


def _shortened(value: object) -> str:
    words = str(value) if isinstance(value, datetime.date) else repr(value)
    return words if len(words) <= 60 else f"{words[:57]}…"
