"""Repairs of expressions: quotes, operators, brackets, the names of functions and contexts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator

from regreen.fixers.configuration.marks import Span, lines_of, quoted, span_at
from regreen.fixers.configuration.mending import Change
from regreen.jobs.schema import Fault
from regreen.jobs.schema_parts import RUNTIME

_CODE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_IF = re.compile(r"\s*(?:-\s+)*if:")
_PARTS = re.compile(r"('(?:[^']|'')*')")
_CURLY = re.compile("[\u2018\u2019\u201c\u201d]")
_WORDS = ("contains", "startsWith", "endsWith", "format", "join", "toJSON", "fromJSON", "case",
          "hashFiles", "success", "failure", "cancelled", "always")  # fmt: skip
_SYMBOL = re.compile(r"(?:Unexpected symbol|Unrecognized named-value): '(?P<symbol>.*?)'\. Located")
_NAMED = re.compile(r"Unrecognized (?P<what>function|named-value): '(?P<name>[^']*)'")
_LITERAL = re.compile(r"[\w./*:^~+-]+")
_OPERATORS = (
    (re.compile(r"=>(?!=)"), ">=", "=> is no operator, >= is"),
    (re.compile(r"=<"), "<=", "=< is no operator, <= is"),
    (re.compile(r"<>"), "!=", "<> is no operator, != is"),
    (re.compile(r"([=!])=="), r"\1=", "two signs compare, not three"),
    (re.compile(r"(?<![=!<>])=(?![=>])"), "==", "= is no operator, == is"),
    (re.compile(r"(?<!&)&(?!&)"), "&&", "& is no operator, && is"),
    (re.compile(r"(?<!\|)\|(?!\|)"), "||", "| is no operator, || is"),
    (re.compile(r"(?<=[\s)])and(?=[\s(])", re.I), "&&", "and is no operator, && is"),
    (re.compile(r"(?<=[\s)])or(?=[\s(])", re.I), "||", "or is no operator, || is"),
    (re.compile(r"(?:^|(?<=[\s(&|]))not\s+", re.I), "!", "not is no operator, ! is"),
    (re.compile(r"\bTrue\b"), "true", "true is written small"),
    (re.compile(r"\bFalse\b"), "false", "false is written small"),
    (re.compile(r"\bNone\b|\bnil\b|\bundefined\b"), "null", "null is the value of nothing"),
)
_METHOD = re.compile(
    r"(?P<on>[\w.*-]+)\.(?P<name>contains|startsWith|endsWith|includes)\((?P<rest>[^()]*)\)"
)
_IN = re.compile(r"(?P<what>'(?:[^']|'')*')\s+in\s+(?P<where>[\w.*-]+)")


def closing(text: str, fault: Fault) -> Iterator[Change]:
    """Close an expression that is not closed, or open one whose ``${{`` is torn."""
    if "expression" not in fault.reason:
        return
    span = span_at(text, fault.line, fault.column)
    if span is None:
        return
    raw = text[span.start : span.end]
    why = "the expression is closed with }}"
    for pattern, new in (
        (r"(\$\{\{[^{}\n]*?)\s*\}\s+\}", r"\1 }}"),
        (r"(\$\{\{[^{}\n]*?)\s*\}(?!\})", r"\1 }}"),
        (r"(\$\{\{\s*[\w.*-]+(?:\([^()\n]*\))?)\s*(?!\s*[\w.*}(=!<>&|-])", r"\1 }}"),
        (r"(\$\{\{[^{}\n'\"]*[^{}\s'\"])(\s*)$", r"\1 }}\2"),
    ):
        made = re.sub(pattern, new, raw, flags=re.MULTILINE)
        if made != raw:
            yield Change(text[: span.start] + made + text[span.end :], why)


def code(text: str, fault: Fault) -> Iterator[Change]:
    """Rewrite the expressions of the scalar that the fault names, one kind of mistake at a time."""
    if "within expression" not in fault.reason and "expression" not in fault.reason:
        return
    span = span_at(text, fault.line, fault.column)
    if span is None:
        return
    whole = bool(_IF.match(lines_of(text)[fault.line - 1]))
    edits: list[tuple[Callable[[str], str], str]] = list(_edits(fault))
    for edit, why in edits:
        if made := _with(text, span, edit, whole=whole):
            yield Change(made, why)
    first = [edit for edit, _ in edits[: _SAFE + 1]]

    def all_of(one: str) -> str:
        for edit in first:
            one = edit(one)
        return one

    if made := _with(text, span, all_of, whole=whole):
        yield Change(made, "the expression is written in GitHub's language")


_SAFE = len(_OPERATORS)


def _edits(fault: Fault) -> Iterator[tuple[Callable[[str], str], str]]:
    yield _single_quotes, "texts in expressions stand in single quotes"
    yield lambda c: _CURLY.sub("'", c), "texts in expressions stand in plain single quotes"
    for pattern, new, why in _OPERATORS:
        yield _outside(pattern, new), why
    yield lambda c: _METHOD.sub(_called, c), "a function takes what it looks at as its first value"
    yield lambda c: _IN.sub(r"contains(\g<where>, \g<what>)", c), "contains() says what is in what"
    if found := _NAMED.search(fault.reason):
        known = _WORDS if found["what"] == "function" else sorted(RUNTIME.names)
        for near in _nearest(found["name"], known):
            pattern = re.compile(rf"(?<![\w.-]){re.escape(found['name'])}(?![\w-])")
            yield _outside(pattern, near), f"{found['name']!r} is {near!r}"
    if (symbol := _SYMBOL.search(fault.reason)) and _LITERAL.fullmatch(symbol["symbol"]):
        yield _quoting(symbol["symbol"]), f"{symbol['symbol']} is a text, in quotes"
    yield _balanced, "as many brackets are closed as are opened"
    yield _unwrapped, "one pair of ${{ }} is enough"


def _called(found: re.Match[str]) -> str:
    name = "contains" if found["name"] == "includes" else found["name"]
    return f"{name}({found['on']}, {found['rest']})"


def _single_quotes(one: str) -> str:
    outside = _PARTS.split(one)
    pattern = re.compile(r'\\?"((?:[^"\\]|\\(?!"))*?)\\?"')

    def single(found: re.Match[str]) -> str:
        return "'" + found[1].replace("'", "''") + "'"

    made = [p if p.startswith("'") else pattern.sub(single, p) for p in outside]
    joined = "".join(made)
    return joined if '"' not in joined else pattern.sub(single, one)


def _outside(pattern: re.Pattern[str], new: str) -> Callable[[str], str]:
    """Return an edit that leaves what stands in quotes alone."""

    def edit(one: str) -> str:
        return "".join(p if p.startswith("'") else pattern.sub(new, p) for p in _PARTS.split(one))

    return edit


def _quoting(symbol: str) -> Callable[[str], str]:
    bare = re.compile(rf"(?<![\w./-]){re.escape(symbol)}[\w./*+-]*(?![\w(-])")
    return _outside(bare, lambda found: f"'{found[0]}'")  # type: ignore[arg-type]


def _balanced(one: str) -> str:
    plain = _PARTS.sub("", one)
    missing = plain.count("(") - plain.count(")")
    if missing > 0:
        return f"{one.rstrip()}{')' * missing}{one[len(one.rstrip()) :]}"
    while missing < 0 and ")" in one:
        at = one.rindex(")")
        one, missing = one[:at] + one[at + 1 :], missing + 1
    return one


def _unwrapped(one: str) -> str:
    return one.replace("${{", "").replace("}}", "")


def _nearest(name: str, known: tuple[str, ...] | list[str]) -> list[str]:
    folded = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), list(folded), n=3, cutoff=0.6)
    return [folded[one] for one in near]


def _with(text: str, span: Span, edit: Callable[[str], str], *, whole: bool) -> str | None:
    """Return the text with ``edit`` made to each expression of a scalar; ``None``: no change."""
    in_quotes = span.style in {"'", '"'}
    raw = span.value if in_quotes else text[span.start : span.end]
    if whole and "${{" not in raw:
        made = edit(raw)
    else:
        made = _CODE.sub(lambda found: "${{" + edit(found[1]) + "}}", raw)
        if whole and made == raw:
            made = edit(raw)
    if made == raw:
        return None
    if in_quotes:
        made = quoted(
            made, span.style if span.style == '"' and "\n" in made else _style(span, made)
        )
    return text[: span.start] + made + text[span.end :]


def _style(span: Span, made: str) -> str:
    return (
        '"'
        if span.style == "'" and "'" in made and "\\" not in made and '"' not in made
        else (span.style)
    )


EXPRESSION_REPAIRS = (closing, code)
