"""pyright, basedpyright, ty, pyrefly and pyre."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique
from regreen.model import Category, Diagnostic, Severity

_ERROR = expression(
    r"^ +(?:(?P<file>\S[^\n]*?):)?(?P<line>\d+):(?P<column>\d+) - (?P<kind>error|warning): "
    r"(?P<message>.+?)(?: \((?P<code>report\w+)\))?$",
    re.MULTILINE,
)
_CODE = expression(r"^ {4}.*\((?P<code>report\w+)\)$")
_HEADING = expression(r"^(?P<file>(?:/|[A-Za-z]:|\S)[^\n]*\.(?:pyi?|ipynb))$")
_SUMMARY = expression(
    r"^(?P<errors>\d+) errors?, (?P<warnings>\d+) warnings?, \d+ (?P<kind>informations?|notes?).*$",
    re.MULTILINE,
)
_SYNTAX = expression(
    r"Expected |\"[(\[{]\" was not closed|Statements must be separated|Unindent not|Position-only"
    r"|Unexpected indentation|Unterminated |Invalid (?:character|expression|number)|Unaccessed"
)
_FAR = 300
"""Lines between a file's heading and its last error."""
_CONTINUED = 8
"""Lines of explanation that may stand between an error and its code."""


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    ends = [(i, m) for i, m in excerpt.grep(_SUMMARY, " error")]
    red = [i for i, m in ends if int(m["errors"])]
    strict = [i for i, m in ends if not int(m["errors"]) and int(m["warnings"])]
    based = excerpt.mentions("basedpyright") or any("note" in m["kind"] for _, m in ends)
    hits = list(excerpt.grep(_ERROR, " - error: "))
    if not hits and strict and (based or "--warnings" in (excerpt.script or "")):
        hits = list(excerpt.grep(_ERROR, " - warning: "))
        red = strict
    if not hits:
        return
    made = [_made(excerpt, index, match) for index, match in hits]
    syntax = all(d.code is None and _SYNTAX.match(d.message) for d in made)
    yield _finding(
        "basedpyright" if based else "pyright",
        [*(index for index, _ in hits), *red],
        made,
        Category.SYNTAX_ERROR if syntax else Category.TYPE_ERROR,
    )


def _made(excerpt: Excerpt, index: int, match: re.Match[str]) -> Diagnostic:
    """The code may stand at the end of an explanation, the file (once) above its errors."""
    code, file = match["code"], match["file"]
    for line in excerpt.lines[index + 1 : index + 1 + _CONTINUED]:
        if code is not None or not line.startswith("    "):
            break
        tail = _CODE.match(line)
        code = tail["code"] if tail else None
    if file is None:
        above = (
            _HEADING.match(excerpt.lines[i]) for i in range(index - 1, max(index - _FAR, 0) - 1, -1)
        )
        file = next((heading["file"] for heading in above if heading), None)
    return diagnostic(file, code, match["message"], match["line"], match["column"])


def _finding(
    tool: str,
    lines: list[int],
    made: list[Diagnostic],
    category: Category = Category.TYPE_ERROR,
) -> Finding:
    return Finding(
        tool,
        category,
        Weight.VERDICT,
        tuple(lines),
        unique(made),
        severity=Severity.HIGH,
        confidence=0.98,
    )


_TY = expression(
    r"^error\[(?P<code>[\w-]+)\]: (?P<message>.+)\n *-->"
    r" (?P<file>\S.*?):(?P<line>\d+):(?P<column>\d+)$",
    re.MULTILINE,
)
_TY_CONCISE = expression(
    r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?P<column>\d+): error\[(?P<code>[\w-]+)\]"
    r" (?P<message>.+)$",
    re.MULTILINE,
)
_TY_ANNOTATED = expression(
    r"^(?P<file>[^\s:][^:\n]*\.pyi?):(?P<line>\d+):(?P<column>\d+): (?P<code>(?:invalid|unresolved"
    r"|missing|unknown|unsupported|possibly|too-many|no-matching|call|import|not|conflicting|cyclic"
    r"|duplicate|inconsistent|non|parameter|positional|index|subclass|undefined|unbound"
    r")-[a-z][a-z-]*): (?P<message>.+)$",
    re.MULTILINE,
)
_TY_SUMMARY = expression(r"^Found \d+ diagnostics?$", re.MULTILINE)
_TY_STOPPED = expression(r"^error\[(?P<code>io|config)\](?::)? (?P<message>.+)$", re.MULTILINE)
_TY_SYNTAX = frozenset({"invalid-syntax"})


def _find_ty(excerpt: Excerpt) -> Iterable[Finding]:
    ends = [index for index, _ in excerpt.grep(_TY_SUMMARY, "Found ")]
    hits: list[tuple[int, re.Match[str]]] = []
    if ends:
        hits = [*excerpt.near(_TY, "error["), *excerpt.grep(_TY_CONCISE, ": error[")]
        stopped = list(excerpt.grep(_TY_STOPPED, "error[io]", "error[config]"))
        if stopped and not hits:
            made = [diagnostic(None, m["code"], m["message"]) for _, m in stopped]
            lines = [*(index for index, _ in stopped), *ends]
            yield _finding("ty", lines, made, Category.CONFIGURATION_ERROR)
            return
    elif excerpt.mentions("ty") or not excerpt.mentions("ruff"):
        hits = [h for h in excerpt.grep(_TY_ANNOTATED, ".py:") if h[1]["code"] != "invalid-syntax"]
    if hits:
        made = [
            diagnostic(m["file"], m["code"], m["message"], m["line"], m["column"]) for _, m in hits
        ]
        syntax = all(d.code in _TY_SYNTAX for d in made)
        category = Category.SYNTAX_ERROR if syntax else Category.TYPE_ERROR
        yield _finding("ty", [*(index for index, _ in hits), *ends], made, category)


_PYREFLY = expression(
    r"^ *ERROR (?:(?P<file>\S+?):(?P<line>\d+):(?P<column>\d+)(?:-[\d:]+)?: )?"
    r"(?P<message>.+) \[(?P<code>[a-z][a-z-]*)\]$"
)
_PYREFLY_PLACE = expression(r"^ *--> (?P<file>\S.*?):(?P<line>\d+):(?P<column>\d+)$")
_PYREFLY_SUMMARY = expression(r"^ *INFO [1-9][\d,]* errors?\b")
_PYREFLY_HINT = expression(r"INFO [1-9][\d,]* error")


def _find_pyrefly(excerpt: Excerpt) -> Iterable[Finding]:
    ends = [index for index, _ in excerpt.grep(_PYREFLY_SUMMARY, _PYREFLY_HINT)]
    if ends:
        made = list(_pyrefly(excerpt))
        if not made and not (excerpt.mentions("pyrefly") or "pyrefly" in excerpt):
            return
        yield _finding("pyrefly", [*(i for i, _ in made), *ends], [one for _, one in made])


def _pyrefly(excerpt: Excerpt) -> Iterator[tuple[int, Diagnostic]]:
    for index, match in excerpt.grep(_PYREFLY, "ERROR "):
        below = excerpt.lines[index + 1] if index + 1 < len(excerpt) else ""
        place = match if match["file"] else _PYREFLY_PLACE.match(below)
        at = (place["file"], place["line"], place["column"]) if place else (None, None, None)
        yield index, diagnostic(at[0], match["code"], match["message"], at[1], at[2])


RULES = (
    Rule(
        "pyright",
        (" - error: ", " - warning: "),
        _find,
        "  /home/runner/work/a/a/b.py:1:6 - error: Expected expression (reportGeneral)\n"
        "1 error, 0 warnings, 0 informations",
        "  /home/runner/work/a/a/b.py:1:6 - warning: Import is not accessed",
    ),
    Rule(
        "ty",
        ("error[", ".py:"),
        _find_ty,
        "error[invalid-return-type]: Return type does not match\n --> pkg/a.py:5:12\n\n"
        "Found 1 diagnostic",
        "warning[unused-ignore]: no\n --> pkg/a.py:5:12\n\nFound 1 diagnostic",
    ),
    Rule(
        "pyrefly",
        ("--> ", ".py:", ".pyi:", "pyrefly"),
        _find_pyrefly,
        "ERROR pkg/b.py:2:8-19: Cannot find module `x` [missing-import]\n INFO 1 error",
        " INFO 0 errors",
    ),
    pattern(
        "pyright-types",
        r"^Type completeness score: (?!100%).*$",
        triggers=("Type completeness score: ",),
        category=Category.TYPE_ERROR,
        tool="pyright",
        weight=Weight.SIGN,
        matches="Type completeness score: 97.3%",
        ignores="Type completeness score: 100%",
    ),
    pattern(
        "pyre",
        r"^(?P<file>[^\s:][^:\n]*\.pyi?):(?P<line>\d+):(?P<column>\d+) "
        r"(?:[A-Z][\w ]+) \[(?P<code>\d+)\]: (?P<message>.+)$",
        triggers=(".py:", ".pyi:"),
        category=Category.TYPE_ERROR,
        tool="pyre",
        weight=Weight.VERDICT,
        severity=Severity.HIGH,
        matches="pkg/a.py:3:4 Incompatible return type [7]: Expected `int` but got `str`.",
        ignores="pkg/a.py:3:4 [7] nothing",
    ),
)
