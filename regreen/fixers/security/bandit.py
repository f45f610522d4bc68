"""Mends what bandit finds where the safe form is mechanical; says what a person must look at.

Rules and their remedies: https://bandit.readthedocs.io/en/latest/plugins/index.html
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from regreen.fixers.source import Source, sources
from regreen.model import Diagnostic, Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "bandit"
DOCS = "https://bandit.readthedocs.io/en/latest/plugins/index.html"

_TIMEOUT = 60
_CHECKSUM = re.compile(
    r"etag|cache|checksum|fingerprint|unique|dedup|bucket|shard|file_?name", re.I
)
_SECRET = re.compile(r"password|passwd|secret|token|auth|sign|crypt|salt|hmac", re.I)
_SHELL = re.compile(r"[|&;<>()$`\\\"'*?\[\]#~=%{}\n]")
_DRAWS = frozenset(
    ["random", "randrange", "randint", "choice", "choices", "uniform", "triangular", "sample"]
)
_OLD = re.compile(r"^(?:2\.|3\.[0-8]$|3\.[0-8]\.)")

Change = tuple[int, int, str]
"""Offsets of a part of the text in characters, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """How one rule's finding is mended: its edit, its words, and how much review it asks for."""

    edit: Callable[[Source, ast.AST], Iterator[Change]]
    why: str
    severity: Severity = Severity.MEDIUM
    review: str = ""


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield an edit for each rule that was broken, in all files that bandit names."""
    if failure.tool != "bandit":
        return
    for code in sorted({d.code for d in failure.diagnostics if d.code and d.code in REMEDIES}):
        if code == "B324" and any(map(_OLD.match, scene.pythons)):
            continue
        remedy = REMEDIES[code]
        files: dict[str, str] = {}
        for path, source in sources(failure, scene, code):
            own = failure.diagnostics
            rows = {d.line for d in own if d.code == code and d.line and path.endswith(_file(d))}
            made = mended(source, rows, remedy)
            if made != source.text:
                files[path] = made
        if files:
            yield Edit(ID, remedy.why, files, severity=remedy.severity, review=remedy.review)


def _file(found: Diagnostic) -> str:
    return (found.file or "").removeprefix("./").rsplit("/", 1)[-1]


def mended(source: Source, rows: set[int], remedy: Remedy) -> str:
    """Return the text with the remedy for what begins in one of the ``rows``."""
    text = source.text
    changes = [
        change
        for node in ast.walk(source.tree)
        if getattr(node, "lineno", 0) in rows
        for change in remedy.edit(source, node)
    ]
    for start, end, new in sorted(set(changes), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _offset(source: Source, line: int, column: int) -> int:
    return sum(map(len, source.lines[: line - 1])) + source.column(line, column)


def _span(source: Source, node: ast.expr | ast.stmt) -> tuple[int, int]:
    start = _offset(source, node.lineno, node.col_offset)
    return start, _offset(source, node.end_lineno or node.lineno, node.end_col_offset or 0)


def _name(node: ast.AST) -> str:
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def _with_keyword(source: Source, call: ast.Call, keyword: str) -> Iterator[Change]:
    """Add a keyword in front of the closing bracket."""
    _, end = _span(source, call)
    before = source.text[: end - 1].rstrip()
    lead = "" if before.endswith((",", "(")) else ", "
    if before.endswith(","):
        lead = " " if len(before) == end - 1 else ""
    if len(before) < end - 1 and "\n" in source.text[len(before) : end - 1]:
        row = source.lines[call.end_lineno - 1 if call.end_lineno else 0]
        indent = row[: len(row) - len(row.lstrip())] + "    "
        comma = "" if before.endswith((",", "(")) else ","
        yield len(before), len(before), f"{comma}\n{indent}{keyword},"
        return
    yield len(before), len(before), f"{lead}{keyword}"


def _timeout(source: Source, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Call) and not any(k.arg in ("timeout", None) for k in node.keywords):
        name = _name(node.func)
        if re.fullmatch(
            r"(?:requests|httpx)\.\w+|(?:get|post|put|delete|head|patch|request)", name
        ):
            yield from _with_keyword(source, node, f"timeout={_TIMEOUT}")


def _not_security(source: Source, node: ast.AST) -> Iterator[Change]:
    """Say so of a hash that names or checks something and keeps no secret."""
    if not isinstance(node, ast.Call) or not re.search(r"\b(?:md5|sha1|new)$", _name(node.func)):
        return
    around = "".join(source.lines[node.lineno - 1 : node.end_lineno])
    told = any(k.arg == "usedforsecurity" for k in node.keywords)
    if not told and _CHECKSUM.search(around) and not _SECRET.search(around):
        yield from _with_keyword(source, node, "usedforsecurity=False")


def _safe_load(source: Source, node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Call) or not re.search(r"(?:^|\.)load$", _name(node.func)):
        return
    start, end = _span(source, node.func)
    name = source.text[start:end]
    first = node.args[0] if node.args else None
    if first is None or not name.startswith(("yaml.", "load")):
        return
    given = source.text[slice(*_span(source, first))]
    whole = _span(source, node)
    yield whole[0], whole[1], f"{name.removesuffix('load')}safe_load({given})"


def _words(source: Source, node: ast.AST) -> Iterator[Change]:
    """Run a plain command without a shell."""
    if not isinstance(node, ast.Call) or not node.args:
        return
    shell = next((k for k in node.keywords if k.arg == "shell"), None)
    command = node.args[0]
    plain = isinstance(command, ast.Constant) and isinstance(command.value, str)
    if shell is None or not plain or _SHELL.search(str(getattr(command, "value", ""))):
        return
    start, end = _span(source, command)
    words = ", ".join(f'"{word}"' for word in shlex.split(str(getattr(command, "value", ""))))
    yield start, end, f"[{words}]"
    value = _span(source, shell.value)
    before = source.text[: value[0]].rstrip().removesuffix("=").rstrip().removesuffix("shell")
    cut = before.rstrip()
    yield len(cut.removesuffix(",")), value[1], ""


def _raised(source: Source, node: ast.AST) -> Iterator[Change]:
    """Write an assertion as the raise that it is; it then holds with ``-O`` as well."""
    if not isinstance(node, ast.Assert):
        return
    start, end = _span(source, node)
    row = source.lines[node.lineno - 1]
    indent = row[: len(row) - len(row.lstrip())]
    if row[: source.column(node.lineno, node.col_offset)].strip():
        return
    test = source.text[slice(*_span(source, node.test))]
    said = source.text[slice(*_span(source, node.msg))] if node.msg else ""
    wrapped = f"({test})"
    yield start, end, f"if not {wrapped}:\n{indent}    raise AssertionError({said})"


def _filtered(source: Source, node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Call) or any(k.arg == "filter" for k in node.keywords):
        return
    if _name(node.func).endswith(".extractall"):
        yield from _with_keyword(source, node, 'filter="data"')


def _verified(source: Source, node: ast.AST) -> Iterator[Change]:
    for keyword in node.keywords if isinstance(node, ast.Call) else ():
        if keyword.arg == "verify" and isinstance(keyword.value, ast.Constant):
            start, end = _span(source, keyword.value)
            yield start, end, "True"


def _unpredictable(source: Source, node: ast.AST) -> Iterator[Change]:
    """Draw from the system's source of randomness, which has the same functions."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    if _name(node.func.value) == "random" and node.func.attr in _DRAWS:
        start, end = _span(source, node.func.value)
        yield start, end, "random.SystemRandom()"


REMEDIES: Mapping[str, Remedy] = {
    "B101": Remedy(
        _raised,
        "an assertion in a program is a raise, which -O does not leave out",
        review="whether another exception says better what is wrong",
    ),
    "B113": Remedy(
        _timeout,
        "a request does not wait for ever",
        review=f"whether {_TIMEOUT} seconds are enough for every answer",
    ),
    "B202": Remedy(
        _filtered,
        "an archive is unpacked with tarfile's filter for data",
        Severity.HIGH,
        "whether the archive may hold what the filter leaves out",
    ),
    "B311": Remedy(
        _unpredictable,
        "random values come from the system's own source",
        review="whether anything seeds the generator and counts on its values",
    ),
    "B324": Remedy(
        _not_security,
        "a weak hash says that it is not for security",
        review="whether the hash really protects nothing",
    ),
    "B501": Remedy(
        _verified, "certificates are verified", Severity.HIGH, "whether the host has one"
    ),
    "B506": Remedy(
        _safe_load,
        "YAML is loaded without making objects of its tags",
        Severity.HIGH,
        "whether a file that is loaded uses tags of Python's",
    ),
    "B602": Remedy(_words, "a plain command runs without a shell"),
}
