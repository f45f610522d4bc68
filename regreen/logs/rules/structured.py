"""What linters and type checkers print for machines: JSON, code-quality lists, SARIF.

One reader for each shape; each turns a row into the same diagnostic that the tool's plain text
gives, so that a failure compares equal whatever the output format.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.model import AutoFixable, Category, Diagnostic, Severity

_Object: TypeAlias = Mapping[str, object]

_BROKEN = frozenset({"invalid-syntax", "syntax-error", "syntax", "E999", "E0001", "F0010"})
_LEADING_CODE = expression(r"\(?([A-Z]{1,5}\d{1,5})\)?:? ")
_CATEGORY = {
    "mypy": Category.TYPE_ERROR,
    "pyright": Category.TYPE_ERROR,
    "basedpyright": Category.TYPE_ERROR,
    "ty": Category.TYPE_ERROR,
    "bandit": Category.SECURITY_SCAN,
    "semgrep": Category.SECURITY_SCAN,
    "trivy": Category.SECURITY_SCAN,
    "codeql": Category.SECURITY_SCAN,
}
_QUALITY_LISTS = ("ruff", "ty", "basedpyright", "mypy", "flake8", "pylint")
"""Tools that write GitLab's code-quality list; which one it was, only the script can say."""


_VERDICTS = frozenset((*_QUALITY_LISTS, "ruff-format", "pyright", "bandit"))
"""Tools that print such a document just when they fail; others report and go on."""
_PATIENCE = 8_000_000
"""Characters read in vain, because what began like JSON was none, before the search is given up."""
_PYTHON = (".py", ".pyi", ".ipynb", ".toml")


@dataclass(frozen=True, slots=True)
class _Row:
    tool: str
    diagnostic: Diagnostic
    fix: bool = False

    @property
    def broken(self) -> bool:
        """Whether the file could not be parsed."""
        return self.diagnostic.code is None or self.diagnostic.code in _BROKEN


def _object(value: object) -> _Object:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[_Object]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return str(value) if value is not None else ""


def _made(
    file: object, code: object, message: object, line: object = None, column: object = None
) -> Diagnostic:
    return diagnostic(
        _text(file) or None,
        _text(code) or None,
        _text(message),
        line if isinstance(line, int) and line > 0 else None,
        column if isinstance(column, int) and column > 0 else None,
    )


def _ruff(row: _Object, excerpt: Excerpt) -> Iterator[_Row]:
    place = _object(row.get("location"))
    message, code = _text(row.get("message")), row.get("code")
    formatter = code == "unformatted"
    fix = _object(row.get("fix"))
    yield _Row(
        "ruff-format" if formatter else "ruff",
        _made(
            row.get("filename"),
            None if formatter else code,
            "would reformat" if formatter else message,
            None if formatter else place.get("row"),
            None if formatter else place.get("column"),
        ),
        bool(fix) and fix.get("applicability", "safe") in ("safe", "Safe", "Automatic"),
    )


def _quality(row: _Object, excerpt: Excerpt) -> Iterator[_Row]:
    place = _object(row.get("location"))
    begin = _object(_object(place.get("positions")).get("begin"))
    line = begin.get("line") or _object(place.get("lines")).get("begin")
    message, code = _text(row.get("description")), row.get("check_name")
    if code is None and (match := _LEADING_CODE.match(message)):
        code = match[1]
    message = message.removeprefix(f"{code}: ").removeprefix(f"({code}) ")
    kind = "basedpyright" if _text(code).startswith("report") else "ty"
    kind = "ruff" if _text(code)[:1].isupper() or code in _BROKEN else kind
    tool = next((tool for tool in _QUALITY_LISTS if excerpt.mentions(tool)), kind)
    if code == "unformatted":
        yield _Row("ruff-format", _made(place.get("path"), None, "would reformat"), True)
        return
    if _text(place.get("path")).endswith(_PYTHON):
        yield _Row(tool, _made(place.get("path"), code, message, line, begin.get("column")))


def _pylint(row: _Object, excerpt: Excerpt) -> Iterator[_Row]:
    code = row.get("message-id") or row.get("messageId")
    yield _Row(
        "pylint",
        _made(row.get("path"), code, row.get("message"), row.get("line"), row.get("column")),
    )


def _mypy(row: _Object, excerpt: Excerpt) -> Iterator[_Row]:
    if row.get("severity") == "error":
        column = row.get("column")
        column = column + 1 if isinstance(column, int) else None
        code = row.get("code") or "misc"
        yield _Row("mypy", _made(row.get("file"), code, row["message"], row.get("line"), column))


def _pyright(document: _Object, excerpt: Excerpt) -> Iterator[_Row]:
    tool = "basedpyright" if excerpt.mentions("basedpyright") else "pyright"
    for row in _objects(document.get("generalDiagnostics")):
        if row.get("severity") == "error":
            start = _object(_object(row.get("range")).get("start"))
            line, column = start.get("line"), start.get("character")
            message = _text(row.get("message")).split("\n", 1)[0]
            yield _Row(
                tool,
                _made(
                    row.get("file"),
                    row.get("rule") or "error",
                    message,
                    line + 1 if isinstance(line, int) else None,
                    column + 1 if isinstance(column, int) else None,
                ),
            )


def _bandit(document: _Object, excerpt: Excerpt) -> Iterator[_Row]:
    for row in _objects(document.get("results")):
        if "test_id" in row:
            place = (row.get("line_number"), row.get("col_offset"))
            yield _Row(
                "bandit", _made(row.get("filename"), row["test_id"], row.get("issue_text"), *place)
            )


def _sarif(document: _Object, excerpt: Excerpt) -> Iterator[_Row]:
    for run in _objects(document.get("runs")):
        driver = _object(_object(run.get("tool")).get("driver"))
        tool = _text(driver.get("name")).lower().split(" ")[0] or "sarif"
        for row in _objects(run.get("results")):
            if row.get("level", "warning") in ("error", "warning"):
                place = next(iter(_objects(row.get("locations"))), {})
                physical = _object(place.get("physicalLocation"))
                uri = _text(_object(physical.get("artifactLocation")).get("uri"))
                region = _object(physical.get("region"))
                message = _object(row.get("message")).get("text")
                yield _Row(
                    tool,
                    _made(
                        uri.removeprefix("file://"),
                        row.get("ruleId"),
                        message,
                        region.get("startLine"),
                        region.get("startColumn"),
                    ),
                )


def _rdjson(document: _Object, excerpt: Excerpt) -> Iterator[_Row]:
    tool = _text(_object(document.get("source")).get("name")) or "ruff"
    for row in _objects(document.get("diagnostics")):
        place = _object(row.get("location"))
        start = _object(_object(place.get("range")).get("start"))
        code = _object(row.get("code")).get("value")
        yield _Row(
            tool.lower(),
            _made(
                place.get("path"), code, row.get("message"), start.get("line"), start.get("column")
            ),
        )


_READERS: tuple[tuple[frozenset[str], Callable[[_Object, Excerpt], Iterator[_Row]]], ...] = (
    (frozenset({"noqa_row", "message"}), _ruff),
    (frozenset({"filename", "end_location", "message"}), _ruff),
    (frozenset({"check_name", "description"}), _quality),
    (frozenset({"fingerprint", "description"}), _quality),
    (frozenset({"message-id", "message"}), _pylint),
    (frozenset({"messageId", "message"}), _pylint),
    (frozenset({"file", "line", "message", "hint", "code", "severity"}), _mypy),
    (frozenset({"generalDiagnostics"}), _pyright),
    (frozenset({"results", "metrics"}), _bandit),
    (frozenset({"runs", "version"}), _sarif),
    (frozenset({"diagnostics", "source"}), _rdjson),
)


def _documents(excerpt: Excerpt) -> Iterator[tuple[int, int, object]]:
    """Every JSON value that begins at the start of a line, with its first and last line."""
    decoder = json.JSONDecoder()
    index = wasted = 0
    while index < len(excerpt) and wasted < _PATIENCE:
        if excerpt.lines[index].startswith(("[", "{")):
            start = excerpt.starts[index]
            try:
                value, end = decoder.raw_decode(excerpt.text, start)
            except json.JSONDecodeError as error:
                wasted += error.pos - start
                index += 1
                continue
            except RecursionError:
                wasted += _PATIENCE // 100
                index += 1
                continue
            yield index, excerpt.at(end - 1), value
            index = excerpt.at(end - 1)
        index += 1


def _rows(value: object, excerpt: Excerpt) -> Iterator[_Row]:
    messages = _object(value).get("messages")
    rows = _objects(value) or _objects(messages) or [_object(value)]
    for row in rows:
        for keys, read in _READERS:
            if keys <= row.keys():
                yield from read(row, excerpt)
                break


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    found: dict[tuple[str, Category], list[tuple[int, int, _Row]]] = {}
    for first, last, value in _documents(excerpt):
        for row in _rows(value, excerpt):
            category = _CATEGORY.get(row.tool, Category.LINTING_ERROR)
            if row.broken and row.tool != "ruff-format" and category is Category.LINTING_ERROR:
                category = Category.SYNTAX_ERROR
            found.setdefault((row.tool, category), []).append((first, last, row))
    order = sorted(found, key=lambda key: key[1] is not Category.SYNTAX_ERROR)
    for tool, category in order:
        rows = found[tool, category]
        fixable = _fixable(tool, category, [row for _, _, row in rows])
        yield Finding(
            tool,
            category,
            Weight.VERDICT if tool in _VERDICTS else Weight.SIGN,
            tuple(sorted({index for first, last, _ in rows for index in (first, last)})),
            unique(row.diagnostic for _, _, row in rows),
            fixable,
            Severity.LOW if fixable is AutoFixable.YES else None,
            0.97,
        )


def _fixable(tool: str, category: Category, rows: list[_Row]) -> AutoFixable:
    if tool == "ruff-format":
        return AutoFixable.YES
    if category is not Category.LINTING_ERROR:
        return AutoFixable.NO
    return AutoFixable.YES if all(row.fix for row in rows) else AutoFixable.PARTIAL


RULES = (
    Rule(
        "lint-json",
        (
            '"noqa_row"',
            '"check_name"',
            '"fingerprint"',
            '"end_location"',
            '"message-id"',
            '"messageId"',
            '"severity": "error"',
            '"generalDiagnostics"',
            '"test_id"',
            '"runs"',
            '"diagnostics"',
        ),
        _find,
        '[{"code": "F401","filename": "/home/runner/work/a/a/b.py", "fix": null,'
        ' "location": {"row": 1, "column": 8}, "message": "`os` imported", "noqa_row": 1}]',
        '{"noqa_row": [}',
    ),
)
