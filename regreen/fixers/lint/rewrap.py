"""Comments and docstrings whose lines are too long, wrapped at word borders.

Nothing that a program reads changes: the syntax tree stays the same but for white space within
docstrings. Addresses, pragmas, tables and doctests are never broken.
"""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
from collections.abc import Iterator
from functools import lru_cache

from regreen.fixers.source import Source, parse, replace_lines

_PRAGMA = re.compile(
    r"#\s*(?:noqa|type:|pyright:|pylint:|mypy:|fmt:|isort:|ruff:|yapf:|nosec|pragma|region|endregion"
    r"|!|-\*-|%%)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"(?P<head>\s*#+:?\s*)(?P<text>\S.*)")
_ITEM = re.compile(r"(?P<mark>(?:[-*•]|\d+[.)])\s+)\S")
_FIELD = re.compile(r":\w[\w ]*:\s|\*{0,2}\w+(?: \([^)]*\))?: ")
_LITERAL = re.compile(r">>>|\.\.\.|\.\. |[|+=~^-]{2,}|[|+]|[$%] ")


def rewrapped(source: Source, limit: int) -> str | None:
    """Return the text with long comments and docstrings wrapped; ``None`` when nothing can be."""
    chosen = set(too_long(source, limit))
    changes = [*_comments(source, chosen, limit), *_docstrings(source, chosen, limit)]
    made = parse(replace_lines(source, changes)) if changes else None
    return made.text if made is not None and same(source.tree, made.tree) else None


def too_long(source: Source, limit: int) -> list[int]:
    """Return the 1-based numbers of the lines longer than ``limit`` that no ``noqa`` covers."""
    return [
        number
        for number, line in enumerate(source.lines, 1)
        if len(line.rstrip("\r\n")) > limit and not source.silenced(number, "E501")
    ]


def same(before: ast.Module, after: ast.Module) -> bool:
    """Whether two syntax trees differ in nothing but white space within docstrings."""
    return _normal(before) == _normal(after)


@lru_cache(maxsize=64)
def docstrings(tree: ast.Module) -> tuple[ast.Constant, ...]:
    """Return the docstrings of a module, its classes and functions."""
    return tuple(_found(tree))


def _found(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            value = first.value if isinstance(first, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value


def _normal(tree: ast.Module) -> str:
    copy = ast.parse(ast.unparse(tree))
    for node in _found(copy):
        node.value = " ".join(str(node.value).split())
    return ast.dump(copy)


def _comments(source: Source, chosen: set[int], limit: int) -> Iterator[tuple[int, int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        number, column = token.start
        if token.type != tokenize.COMMENT or number not in chosen or _PRAGMA.match(token.string):
            continue
        line, ending = _split(source.lines[number - 1])
        code = line[:column]
        indent = re.match(r"\s*", line)
        margin = indent[0] if indent else ""
        match = _COMMENT.fullmatch(margin + token.string)
        if match is None or (code.strip() and _continues(source, number)):
            continue
        wrapped = _fill(match["text"], match["head"], limit)
        rest = [code.rstrip()] if code.strip() else []
        if wrapped is None or any(len(one) > limit for one in rest):
            continue
        taken = 0
        if not rest:
            taken, wrapped = _flowing(source, number, match["head"], wrapped, chosen, limit)
        yield number, number + taken, _joined([*wrapped, *rest], ending)


def _flowing(
    source: Source, number: int, head: str, wrapped: list[str], chosen: set[int], limit: int
) -> tuple[int, list[str]]:
    """Put what did not fit before the lines below that go on with the sentence.

    Returns how many lines are taken from below, and the comment's lines anew.
    """
    lines, flow, taken = wrapped[:-1], wrapped[-1], 0
    while lines and (words := _goes_on(source, number + taken + 1, head, chosen)):
        filled = _fill(f"{flow.strip().lstrip('#: ')} {words}", head, limit)
        if filled is None or len(filled) > 2:
            break
        taken += 1
        *full, flow = filled
        lines += full
        if not full:
            break
    return taken, [*lines, flow]


def _goes_on(source: Source, number: int, head: str, chosen: set[int]) -> str | None:
    """Return a comment line's words when they go on with the sentence above."""
    line = source.lines[number - 1].rstrip() if number <= len(source.lines) else ""
    match = _COMMENT.fullmatch(line)
    if match is None or match["head"] != head or number in chosen or _PRAGMA.match(line.strip()):
        return None
    return match["text"] if match["text"][0].islower() else None


def _continues(source: Source, number: int) -> bool:
    """Whether a line begins within a string or behind a backslash."""
    if number > 1 and source.lines[number - 2].rstrip("\r\n").endswith("\\"):
        return True
    texts = (n for n in ast.walk(source.tree) if isinstance(n, ast.Constant | ast.JoinedStr))
    return any(n.lineno < number <= (n.end_lineno or n.lineno) for n in texts)


def _docstrings(source: Source, chosen: set[int], limit: int) -> Iterator[tuple[int, int, str]]:
    for node in docstrings(source.tree):
        first, last = node.lineno, node.end_lineno or node.lineno
        for number in range(first, last + 1):
            line, ending = _split(source.lines[number - 1])
            if number not in chosen or line.endswith("\\"):
                continue
            margin = line[: len(line) - len(line.lstrip())]
            text = line.strip()
            if number == first and not re.match(r"[rRuU]?(?:\"\"\"|''')", text):
                continue
            closing = text[-3:] if number == first == last else ""
            if _LITERAL.match(text):
                continue
            wrapped = _fill(text.removesuffix(closing), margin, limit)
            if wrapped is not None:
                parts = [*wrapped, f"{margin}{closing}"] if closing else wrapped
                yield number, number, _joined(parts, ending)


def _fill(text: str, head: str, limit: int) -> list[str] | None:
    """Return the wrapped lines; ``None`` when a word is too long for a line of its own."""
    item = _ITEM.match(text)
    hanging = " " * len(item["mark"]) if item else "    " if _FIELD.match(text) else ""
    lines = textwrap.wrap(
        text,
        limit,
        initial_indent=head,
        subsequent_indent=head + hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines if all(len(line) <= limit for line in lines) else None


def _split(line: str) -> tuple[str, str]:
    body = line.rstrip("\r\n")
    return body, line[len(body) :] or "\n"


def _joined(lines: list[str], ending: str) -> str:
    return "".join(f"{line}{ending}" for line in lines)
