"""Find what the book does not use: tables, sources, figures, numbers, bibliography."""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml

from checks import text

LEDGER, ANALYSIS = text.ROOT / "ledger", text.ROOT / "analysis"
NO_DATA = {*dir(builtins), "pd", "numbers", "charts"}  # names that hold no row of a table
# what hands numbers or the rows of a chart to a page → the words by which it is given them
PUBLISHED = {"numbers.put": {"value"}, "numbers.series": {"value", "values"}}
PUBLISHED |= dict.fromkeys((*text.PUBLISHING, "charts.dated_list"), {"data"})
PICTURES = {".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp"}


def tables() -> Iterator[str]:
    """Every table is named in a chapter's code, printed by a page, or read by a rule of the ledger
    or by a module that prints or applies it.
    """
    used = {
        node.value
        for path in text.PAGES
        for node in text.nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for path in text.PAGES:
        used.update(re.findall(r"^```\{(?:table-rows|terms)\} (\w+)", text.read(path), re.M))
    for path in [*LEDGER.rglob("*.py"), *ANALYSIS.rglob("*.py")]:
        for call in text.calls(path, "load", "tables.load", "read_rows", "tables.read_rows"):
            if call.args and isinstance(call.args[0], ast.Constant):
                used.add(call.args[0].value)
    for resource in text.descriptor():
        if resource["name"] not in used and not text.unparsed():
            yield (
                f"data/datapackage.json, table {resource['name']}: no chapter, rule or page uses "
                f"it. Use it with load({resource['name']!r}), or remove its entry there and "
                f"data/{resource['path']}."
            )


def sources() -> Iterator[str]:
    """Every entry of data/sources.yml makes rows of a table, by a connector that the table's
    description names, and every connector and source of a description has its entry.
    """
    text_of_registry = text.read(text.ROOT / "data/sources.yml")
    registry = yaml.safe_load(text_of_registry)
    described = {resource["name"]: resource for resource in text.descriptor()}
    connectors: dict[str, set[str]] = {}
    upstream: dict[str, set[str]] = {}
    for name, entry in registry.items():
        line = text.line_of(
            text_of_registry, re.search(rf"^{re.escape(name)}:", text_of_registry, re.M).start()
        )
        for table, function in (entry.get("tables") or {"": ""}).items():
            connector = f"{entry['module']}:{function}"
            connectors.setdefault(table, set()).add(connector)
            upstream.setdefault(table, set()).update({name, entry.get("snapshot", "")})
            if not table:
                yield (
                    f"data/sources.yml:{line}: no table is made from {name}. Name its tables and "
                    "connectors under `tables`, or remove the entry."
                )
            elif table not in described:
                yield (
                    f"data/sources.yml:{line}: {name} is for table {table}, which does not exist. "
                    "Mend the name, or remove it."
                )
            elif connector not in described[table]["connectors"]:
                yield (
                    f"data/sources.yml:{line}: {name} has the connector {connector}, which table "
                    f"{table} does not name among its connectors in data/datapackage.json. Add it "
                    "there, or remove it here."
                )
            elif not {name, entry.get("snapshot", name)} & {
                source.get("upstream") for source in described[table]["sources"]
            }:
                yield (
                    f"data/sources.yml:{line}: table {table} has {name} not among its sources in "
                    f"data/datapackage.json. Add it there (`upstream`), or remove {table} here."
                )
    yield from _unregistered(described, connectors, upstream)


def _unregistered(described: dict, connectors: dict, upstream: dict) -> Iterator[str]:
    """Tell what tables name as connector or source and data/sources.yml does not have."""
    for name, resource in described.items():
        if resource["connectors"] == "manual":
            continue
        for connector in resource["connectors"]:
            if connector not in connectors.get(name, ()):
                yield (
                    f"data/datapackage.json, table {name}: no entry of data/sources.yml has the "
                    f"connector {connector}. Add it there, or remove it from `connectors`."
                )
        for source in resource["sources"]:
            if source.get("upstream") not in upstream.get(name, ()):
                yield (
                    f"data/datapackage.json, table {name}: {source.get('upstream')!r} is no entry "
                    "of data/sources.yml. Add it there, or mend `upstream` of source "
                    f"{source.get('key')!r}."
                )


def figures() -> Iterator[str]:
    """Every chart that is drawn is published, every picture is shown, every file of assets/ is
    asked for.
    """
    drawing = _drawing()
    for path in text.PAGES:
        yield from _unpublished(path, drawing)
    yield from _named_twice()
    yield from _unasked()


def _named_twice() -> Iterator[str]:
    named: dict[str, str] = {}
    for path in text.PAGES:
        for name, line in text.charts(path):
            where = f"{text.name(path)}:{line}"
            if name in named:
                yield (
                    f"{where}: the chart {name!r} is published at {named[name]} too, and a name "
                    "is an address. Rename one."
                )
            named.setdefault(name, where)


def _drawing() -> set[str]:
    """Return the functions of ledger/core/charts that draw a chart, as chapters call them."""
    return {
        f"charts.{node.name}"
        for module in (LEDGER / "core/charts").glob("*.py")
        for node in text.tree(module).body
        if isinstance(node, ast.FunctionDef)
        and node.returns
        and ast.unparse(node.returns) == "Axes"
    }


def _unpublished(path: Path, drawing: set[str]) -> Iterator[str]:
    """Name the charts of a page that one of the functions in `drawing` draws and that no later line
    publishes.
    """
    drawn: dict[str, int] = {}
    for node in sorted(
        (node for node in text.nodes(path) if isinstance(node, (ast.Assign, ast.Call))),
        key=lambda node: (node.lineno, node.col_offset),
    ):
        is_call = isinstance(node, ast.Call) and bool(node.args)
        if is_call and text.dotted(node.func) in text.PUBLISHING:
            drawn.pop(ast.unparse(node.args[0]), None)
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and text.dotted(node.value.func) in drawing
        ):
            name = ast.unparse(node.targets[0])
            if name in drawn:
                yield _not_published(text.name(path), drawn[name], name)
            drawn[name] = node.lineno
    yield from (_not_published(text.name(path), line, name) for name, line in drawn.items())


def _unasked() -> Iterator[str]:
    """Name the pictures, and the files of assets/, that no page, template or script asks for."""
    notices = {path: text.read(path) for path in (text.ROOT / "assets").rglob("NOTICE.txt")}
    files = [
        path
        for folder in ("assets", "docs", "chapters")
        for path in sorted((text.ROOT / folder).rglob("*"))
        if path.is_file()
        and path not in notices
        and (folder == "assets" or path.suffix in PICTURES)
    ]
    asking = _asking({path.name for path in files})
    for path in files:
        named = re.compile(rf"\b{re.escape(path.name)}\b")
        quoted = re.compile(
            rf"[\"'(][^\"'()\n]*\b{re.escape(path.name)}[\"')?#]"
            rf"|^ *\w+: *\S*\b{re.escape(path.name)}\s"
            rf"|\{{(?:figure|image|download)\}}[`\s][^`\n]*\b{re.escape(path.name)}\b",
            re.M,
        )
        texts, wanted = (notices, named) if path.suffix == ".txt" else (asking, quoted)
        if not any(wanted.search(said) for other, said in texts.items() if other != path):
            yield (
                f"{text.name(path)}:1: no page, template or script shows or asks for it. Use "
                "it, or remove it."
            )


def _asking(names: set[str]) -> dict[Path, str]:
    """Return the text of each file that may ask for one of these: code (of Python only its
    strings), templates, settings and pages.
    """
    paths = [
        *LEDGER.rglob("*.py"),
        *LEDGER.rglob("*.html"),
        *LEDGER.rglob("*.toml"),
        *(text.ROOT / "assets").glob("*.*"),
        text.ROOT / "_config.yml",
        *text.PAGES,
        *text.ROOT.glob("*.md"),
        *(text.ROOT / "docs").glob("*.md"),
    ]
    asking = [path for path in paths if any(name in text.read(path) for name in names)]
    return {path: _strings(path) if path.suffix == ".py" else text.read(path) for path in asking}


def _strings(path: Path) -> str:
    """Return the strings of a module, one a line, without docstrings."""
    said = {id(node.value) for node in text.nodes(path) if isinstance(node, ast.Expr)}
    strings = (
        node
        for node in text.nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    )
    return "\n".join(f'"{node.value}"' for node in strings)


def _not_published(page: str, line: int, name: str) -> str:
    return (
        f"{page}:{line}: the chart {name} is drawn and not published. Give it to charts.publish, "
        "or remove it."
    )


def numbers() -> Iterator[str]:
    """Every number or series that a cell publishes is printed on its page, under a name of its own.

    (That every printed one is published, the build sees to.)
    """
    named: dict[str, str] = {}
    for path in text.PAGES:
        references = re.findall(r"\{num\}`([^`]+)`", text.shown(path))
        printed = {re.split(r"[\[:]", reference)[0].strip() for reference in references}
        yield from _typed_values(path)
        calls = text.calls(path, "numbers.put", "numbers.series")
        for call in sorted(calls, key=lambda call: call.lineno):
            name, where = call.args[0] if call.args else None, f"{text.name(path)}:{call.lineno}"
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                key = f"{path.stem} {name.value}"
                if key in named:
                    yield f"{where}: {name.value!r} is published at {named[key]} too. Rename one."
                named.setdefault(key, where)
            pattern = _pattern(name)
            if not any(re.fullmatch(pattern, each) for each in printed):
                what = ast.unparse(name) if name else "?"
                yield (
                    f"{where}: no sentence of the page prints {what}. Print it with {{num}}, or "
                    "remove the line."
                )


def _typed_values(path: Path) -> Iterator[str]:
    """Tell where a number, or the data of a chart, are typed, so that no table could move them."""
    typed = _typed_names(path)
    for node, value in _published(path):
        if not _names_data(value, typed):
            yield (
                f"{text.name(path)}:{node.lineno}: the value {ast.unparse(value)[:40]} is typed, "
                "and no table could move it. Compute it from a table, or write it into the "
                "sentence with its citation."
            )


def _published(path: Path) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Give each call that publishes numbers or a chart, with what it publishes."""
    for function, node in text.named_calls(path):
        if words := PUBLISHED.get(function):
            found = [word.value for word in node.keywords if word.arg in words]
            if "value" in words and len(node.args) > 1:
                found.append(node.args[1])
            yield from ((node, value) for value in found)


def _typed_names(path: Path) -> set[str]:
    """Return the names of a page that hold nothing but what was typed, and are only published.

    One that is read elsewhere too, as a threshold is, decides something.
    """
    given, typed = list(_given(path)), set()
    while True:
        computed = {name for name, value in given if _names_data(value, typed)}
        if (more := {name for name, _ in given} - computed) <= typed:
            break
        typed |= more
    typed -= computed
    passed_on = [value for name, value in given if name in typed]
    passed_on += [call for call, _ in _published(path)]
    read = Counter(node.id for node in text.nodes(path) if _is_read(node))
    parts = {id(part): part for value in passed_on for part in ast.walk(value)}
    published = Counter(part.id for part in parts.values() if _is_read(part))
    return {name for name in typed if read[name] == published[name]}


def _given(path: Path) -> Iterator[tuple[str, ast.expr]]:
    """Give each name with each expression that it may stand for, or that is gone through for it."""
    for node in text.nodes(path):
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, (ast.For, ast.comprehension)):
            pairs = [(node.target, node.iter)]
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value:
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.FunctionDef):
            returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
            yield from ((node.name, value) for value in returned if value)
            continue
        else:
            continue
        for target, value in pairs:
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    yield part.id, value


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _names_data(value: ast.expr, typed: set[str]) -> bool:
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    return bool(names - typed - NO_DATA)


def _pattern(name: ast.expr | None) -> str:
    """Return a pattern of the names that an expression can give: what is computed in it may be
    anything.
    """
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return re.escape(name.value)
    if isinstance(name, ast.JoinedStr):
        return "".join(_pattern(part) for part in name.values)
    if isinstance(name, ast.BinOp) and isinstance(name.op, ast.Add):
        return _pattern(name.left) + _pattern(name.right)
    return ".+"


def bibliography() -> Iterator[str]:
    """Every entry of references.bib is cited, by a page or by a table kept by hand."""
    cited = {place.text for place in text.cited()}
    for key, line in text.bibliography().items():
        if key not in cited:
            yield (
                f"references.bib:{line}: nothing cites {key}. Cite it with {{cite}}`{key}`, or "
                "remove the entry."
            )
