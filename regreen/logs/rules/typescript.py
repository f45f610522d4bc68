"""The TypeScript compiler and what prints its messages: vue-tsc, svelte-check, ts-jest, webpack.

Codes: 1xxx are the parser's, 5xxx, 6xxx and 18xxx speak of options and files, the rest of types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.logs.rules.shapes import Shape, checker, compiled
from regreen.model import Category, Diagnostic, Severity

_FILE = r"(?P<file>[^\s:()'\"]{1,250}\.(?:[cm]?[jt]sx?|vue|svelte|astro))"
_LINE = (
    rf"^.{{0,120}}?{_FILE}(?:\((?P<line>\d+),(?P<column>\d+)\)|:(?P<row>\d+):(?P<at>\d+))"
    r"(?::| -) (?:TypeScript )?error (?P<code>TS\d+): (?P<message>.+)$"
)
_BARE = r"^.{0,80}?error (?P<code>TS\d+): (?P<message>.+)$"
_WEBPACK = (
    rf"^(?:ERROR in |\[tsl\] ERROR in ){_FILE}(?::(?P<line>\d+):(?P<column>\d+)|\((?P<row>\d+),"
    r"(?P<at>\d+)\))\n {0,8}(?P<code>TS\d+): (?P<message>.+)$"
)
_SYNTAX = frozenset(
    [
        "TS1002",
        "TS1003",
        "TS1005",
        "TS1009",
        "TS1010",
        "TS1011",
        "TS1012",
        "TS1109",
        "TS1110",
        "TS1121",
        "TS1123",
        "TS1124",
        "TS1125",
        "TS1126",
        "TS1127",
        "TS1128",
        "TS1129",
        "TS1130",
        "TS1131",
        "TS1132",
        "TS1134",
        "TS1135",
        "TS1136",
        "TS1137",
        "TS1138",
        "TS1144",
        "TS1145",
        "TS1146",
        "TS1160",
        "TS1161",
        "TS1185",
        "TS1351",
        "TS1357",
        "TS1381",
        "TS1382",
        "TS1434",
        "TS1435",
        "TS1436",
        "TS1442",
        "TS1477",
        "TS17002",
        "TS17008",
        "TS17014",
    ]
)
_OPTIONS = expression(r"TS(?:5\d{3}|6046|6053|6059|6064|6305|6306|6307|6310|18002|18003)$")


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    kinds: dict[Category, list[tuple[int, Diagnostic]]] = {}
    for index, match in _messages(excerpt):
        groups = match.groupdict()
        one = diagnostic(
            groups.get("file"),
            match["code"],
            match["message"],
            groups.get("line") or groups.get("row"),
            groups.get("column") or groups.get("at"),
        )
        kinds.setdefault(_category(match["code"]), []).append((index, one))
    for category, rows in kinds.items():
        if category is Category.SYNTAX_ERROR and Category.TYPE_ERROR in kinds:
            kinds[Category.TYPE_ERROR].extend(rows)
    for category, rows in kinds.items():
        if category is Category.TYPE_ERROR or Category.TYPE_ERROR not in kinds:
            yield Finding(
                "tsc",
                category,
                Weight.VERDICT,
                tuple(index for index, _ in rows),
                unique(one for _, one in rows),
                severity=Severity.HIGH,
            )


def _messages(excerpt: Excerpt) -> Iterable[tuple[int, re.Match[str]]]:
    seen: set[int] = set()
    for wording in (_LINE, _BARE):
        for index, match in excerpt.grep(compiled(wording), "error TS"):
            if index not in seen:
                seen.add(index)
                yield index, match
    if "ERROR in " in excerpt and ": " in excerpt:
        yield from excerpt.near(compiled(_WEBPACK), "ERROR in ")


def _category(code: str) -> Category:
    if code in _SYNTAX:
        return Category.SYNTAX_ERROR
    if _OPTIONS.match(code):
        return Category.CONFIGURATION_ERROR
    return Category.TYPE_ERROR


RULES = (
    Rule(
        "tsc",
        ("error TS", "\nTS", "\n    TS", "\n     TS"),
        _find,
        "src/a.ts(4,26): error TS2307: Cannot find module 'b'.",
        "error TSX",
    ),
    checker(
        "next-types",
        "tsc",
        r"^\s*(?:Failed to type check\.?|Type error: .*)$",
        (
            Shape(
                rf"^(?:\./)?{_FILE}:(?P<line>\d+):(?P<column>\d+)\n\s*Type error: (?P<message>.+)$",
                ("Type error: ",),
                spans=True,
            ),
        ),
        triggers=("Type error: ", "Failed to type check"),
        category=Category.TYPE_ERROR,
        matches="Failed to compile.\n\n./src/a.tsx:3:7\nType error: Type 'string' is not"
        " assignable to type 'number'.",
        ignores="TypeError: x is not a function",
    ),
    checker(
        "svelte-check",
        "svelte-check",
        r"^svelte-check found [1-9]\d* errors?\b.*$|^\d+ COMPLETED \d+ FILES [1-9]\d* ERRORS.*$",
        (
            Shape(
                rf"^\S*?{_FILE}:(?P<line>\d+):(?P<column>\d+)\nError: (?P<message>.+)$",
                ("Error: ",),
                spans=True,
            ),
        ),
        triggers=("svelte-check found", " COMPLETED "),
        category=Category.TYPE_ERROR,
        matches="svelte-check found 2 errors and 1 warning in 2 files",
        ignores="svelte-check found 0 errors and 1 warning in 1 file",
    ),
    checker(
        "flow-deno-types",
        "deno",
        r"^error: Type checking failed\.?$",
        (
            Shape(
                r"^(?P<code>TS\d+) \[ERROR\]: (?P<message>.+)$",
                (" [ERROR]: ",),
            ),
        ),
        triggers=("error: Type checking failed", " [ERROR]: "),
        category=Category.TYPE_ERROR,
        alone=Weight.SIGN,
        matches="TS2322 [ERROR]: Type 'string' is not assignable to type 'number'.",
        ignores="Check file:///a.ts",
    ),
)
