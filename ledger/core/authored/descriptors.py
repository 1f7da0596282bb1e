"""Check the descriptor of the tables, `data/datapackage.json`. The Data Package standard is checked
by frictionless; what each table of a book must have besides is ours."""

from __future__ import annotations

import json
import re

from ledger.core import text as words
from ledger.core.authored.descriptor_words import check_words
from ledger.core.table_files import TableError

PARTS = (  # that the descriptor must give for each table
    "title",
    "description",
    "connectors",
    "sources",
    "licenses",
    "republication",
    "path",
    "hash",
)
CODES = {"resource", "fields", "others"}  # what says which codes a list in a cell may have


def check_descriptor(raw: bytes) -> None:
    """Check the bytes of a `datapackage.json`.

    Raises TableError when it is not JSON, breaks the Data Package standard, or lacks what each
    table must have: title, connectors, sources, licence, republication note, a key, a unit for
    every number, a hash.
    """
    from frictionless import FrictionlessException, Package

    problem = ""
    try:
        content = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_unique_keys)
        Package.from_descriptor(content)
        for resource in content["resources"]:
            _check_resource(resource)
        _check_references(content["resources"])
        check_words(content)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        problem = f"is not JSON in UTF-8: {error}"
    except RepeatedKeyError as error:
        problem = f"has a key twice: {error}"
    except FrictionlessException as error:
        reasons = "; ".join(e.note for e in (error.reasons or [error.error]))
        problem = f"is not a Data Package: {reasons}"
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"lacks a part that every table needs: {error!r}"
    if problem:
        raise TableError("datapackage.json", f"the descriptor {problem}")


class RepeatedKeyError(Exception):
    """An object of a JSON file has a key twice, of which readers would see the later alone."""


def _unique_keys(pairs: list[tuple[str, object]]) -> dict:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        where = f", in the entry {content['name']}" if isinstance(content.get("name"), str) else ""
        raise RepeatedKeyError(f"{twice!r}{where}. Remove one")
    return content


def _check_resource(resource: dict) -> None:
    name = resource["name"]
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        problem = f"the name {name!r} is not small letters, digits and _, and would become a path"
        raise TableError("datapackage.json", f"the descriptor: {problem}")
    for part in PARTS:
        if not resource.get(part):
            raise TableError(name, f"the descriptor gives no {part!r} for this table")
    if resource["path"] != f"{name}.csv":
        problem = f"the descriptor's path {resource['path']!r} is not {name}.csv"
        raise TableError(name, problem)
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", resource["hash"]):
        problem = f"the descriptor's hash {resource['hash']!r} is not sha256:<64 hex digits>"
        raise TableError(name, problem)
    columns = [field["name"] for field in resource["schema"]["fields"]]
    named = {"primary key": resource["schema"].get("primaryKey") or [None]}
    named |= {"foreign key": [key["fields"] for key in resource["schema"].get("foreignKeys", [])]}
    for kind, keys in named.items():
        if not isinstance(keys, list):
            problem = f"the descriptor's {kind} is {keys!r} and not a list of columns"
            raise TableError(name, problem)
        for key in keys:
            if key not in columns:
                problem = f"the descriptor's {kind} names {key!r}, which is not a column"
                raise TableError(name, problem)
    _check_extensions(name, resource, columns)
    _check_constraints(name, resource)
    _check_words(name, resource)


def _check_references(resources: list[dict]) -> None:
    """Check that what foreign keys and codes name is a table, and a column of it."""
    columns = {
        entry["name"]: [field["name"] for field in entry["schema"]["fields"]] for entry in resources
    }
    for entry in resources:
        own = [key["reference"] for key in entry["schema"].get("foreignKeys", [])]
        own += [field["codes"] for field in entry["schema"]["fields"] if "codes" in field]
        for target in own:
            table, column = target["resource"] or entry["name"], target["fields"]
            if table in columns and column not in columns[table]:
                problem = (
                    f"the descriptor names the column {column!r} of the table {table}, which has "
                    f"{', '.join(columns[table])}"
                )
                raise TableError(entry["name"], problem)


def _check_constraints(name: str, resource: dict) -> None:
    """Check that a column can hold what its constraints ask for."""
    for field in resource["schema"]["fields"]:
        constraints, problem = field.get("constraints", {}), ""
        for least, most in (("minimum", "maximum"), ("minLength", "maxLength")):
            bounds = [constraints[key] for key in (least, most) if key in constraints]
            if len(bounds) == 2 and bounds[0] > bounds[1]:
                problem = f"the descriptor's {least} {bounds[0]} is above its {most} {bounds[1]}"
        try:
            re.compile(constraints.get("pattern", ""))
        except re.error as error:
            problem = f"the descriptor's pattern is no regular expression: {error}"
        if problem:
            raise TableError(name, problem, column=field["name"])


def _check_words(name: str, resource: dict) -> None:
    if "<" in resource["title"]:
        problem = "the title has '<', with which a link's address begins. Say it in words"
        raise TableError(name, problem)
    connectors = resource["connectors"]  # a list, or the word manual
    if isinstance(connectors, list) and (twice := words.repeated(connectors)):
        raise TableError(name, f"the descriptor names the connector {twice} twice. Remove one")
    columns = [field["name"] for field in resource["schema"]["fields"]]
    for field in resource["schema"]["fields"]:
        if field["type"] == "number" and "unit" not in field and "unit" not in columns:
            raise TableError(name, "the descriptor gives no unit", column=field["name"])


def _check_extensions(name: str, resource: dict, columns: list[str]) -> None:
    """Check the form of what a descriptor says beyond the standard: order of rows, lists of codes,
    columns that may lie in the future.
    """
    order = resource["schema"].get("sortedBy", [])
    if not (isinstance(order, list) and set(map(str, order)) <= set(columns)):
        problem = f"the descriptor's sortedBy is {order!r} and not a list of its columns"
        raise TableError(name, problem)
    for field in resource["schema"]["fields"]:
        codes = field.get("codes")
        if codes is not None and not (
            isinstance(codes, dict) and {"resource", "fields"} <= codes.keys() <= CODES
        ):
            problem = "the descriptor's codes are not an object with resource, fields and others"
            raise TableError(name, problem, column=field["name"])
        if not isinstance(field.get("mayBeFuture", False), bool):
            problem = "the descriptor's mayBeFuture is neither true nor false"
            raise TableError(name, problem, column=field["name"])
