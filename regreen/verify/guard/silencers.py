"""Comments that tell a checker to look away, counted by kind, code and place.

Read from comments as Python's tokenizer sees them, so that a string that holds ``# noqa`` is none.
Sources: the documentation of the checkers named in the patterns.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from regreen.verify.guard import parsing

_ANY = "*"
_CODES = r"(?:[:=]\s*|\[)(?P<codes>[\w\-.,/ ]+)"


@dataclass(frozen=True, slots=True)
class Silencer:
    """One comment's claim: ``code`` is ``*`` when it silences everything."""

    kind: str
    code: str


_KINDS = (
    ("noqa", re.compile(rf"#\s*noqa\b(?:\s*{_CODES})?", re.IGNORECASE)),
    ("noqa for the whole file", re.compile(rf"(?:flake8|ruff):\s*noqa\b(?:\s*{_CODES})?", re.I)),
    ("ruff", re.compile(rf"ruff:\s*(?:disable|ignore|file-ignore)\b\s*(?:{_CODES})?", re.I)),
    ("type: ignore", re.compile(rf"#\s*type:\s*ignore\b(?:{_CODES})?")),
    ("pyright", re.compile(rf"pyright:\s*(?:ignore|basic|report\w+\s*=\s*\w+)(?:{_CODES})?")),
    ("mypy", re.compile(r"#\s*mypy:\s*(?P<codes>[\w\-=., \"]+)")),
    ("pyre", re.compile(rf"pyre-(?:ignore|fixme|unsafe|ignore-all-errors)(?:{_CODES})?")),
    ("pytype", re.compile(rf"pytype:\s*(?:disable|skip-file)(?:{_CODES})?")),
    ("ty", re.compile(rf"#\s*ty:\s*ignore(?:{_CODES})?")),
    (
        "pylint",
        re.compile(r"pylint:\s*(?:disable(?:-next)?\s*=\s*(?P<codes>[\w\-., ]+)|skip-file)"),
    ),
    ("fmt", re.compile(r"#\s*(?:fmt|yapf|autopep8):\s*(?:off|skip|disable)")),
    ("isort", re.compile(r"isort:\s*\w+|#\s*isort:\s*\w+")),
    ("no cover", re.compile(r"pragma:\s*no\s*(?:cover|branch|mutate)|pragma:\s*exclude")),
    ("nosec", re.compile(rf"#\s*nosec\b(?:\s*{_CODES})?|#\s*nosec\b", re.I)),
    ("a scanner", re.compile(r"#\s*(?:nosonar|skipcq|lgtm|nosemgrep|noinspection|nolint)\b", re.I)),
    ("spelling", re.compile(r"(?:codespell|cspell|typos):\s*(?:ignore|disable)\S*", re.I)),
    ("doctest", re.compile(r"#\s*doctest:\s*\+\s*SKIP", re.I)),
)

_ELSEWHERE = re.compile(
    r"(?P<kind>yamllint\s+disable|shellcheck\s+disable|zizmor:\s*ignore|hadolint\s+ignore"
    r"|actionlint\s+ignore|markdownlint-(?:disable|configure)|eslint-disable|prettier-ignore"
    r"|doctest:\s*\+\s*SKIP|sybil|gitleaks:allow|pragma:\s*allowlist|checkov:skip|noqa|nosec"
    r"|codespell:ignore|cspell:disable|vale\s+off|rstcheck:\s*ignore|\.\.\s+skip:|:skipif:"
    r"|@ts-(?:ignore|nocheck|expect-error)|biome-ignore|(?:istanbul|c8|v8|node:coverage)\s+ignore"
    r"|tslint:disable|stylelint-disable|deno-lint-ignore|oxlint-disable|jshint\s+ignore|svelte-ignore"
    r"|pyml\s+disable|textlint-disable|djlint:\s*off|\.\.\s+invisible-code)"
)


_MAYBE = re.compile(
    r"noqa|ruff:|flake8:|type:|pyright|mypy|pyre-|pytype|ty:|pylint|fmt:|yapf|autopep8|isort"
    r"|pragma|nosec|nosonar|skipcq|lgtm|nosemgrep|noinspection|nolint|spell|typos|doctest",
    re.IGNORECASE,
)
"""A part of every pattern above: a text without any of them need not be looked at by line."""


def added(path: str, old: str, new: str) -> list[str]:
    """Return what the new version of a Python file silences and the old one did not."""
    if not _MAYBE.search(new) or not _marked(new) - _marked(old):
        return []
    before, after = _found(old), _found(new)
    kept = set(_scopes(new))
    gone = Counter[tuple[str, str]]()
    for (kind, code, scope), count in before.items():
        left = count - after.get((kind, code, scope), 0)
        if left > 0 and (scope not in kept or code == _ANY):
            gone[kind, code] += left
    reasons: list[str] = []
    for (kind, code, scope), count in sorted(after.items()):
        more = count - before.get((kind, code, scope), 0)
        paid = min(more, gone[kind, code])
        gone[kind, code] -= max(paid, 0)
        narrowed = code != _ANY and gone[kind, _ANY] > 0
        if more > paid and not narrowed:
            what = kind if code == _ANY else f"{kind} ({code})"
            line = _line(new, kind, code)
            reasons.append(f"it silences a checker with a comment, {what}: {path}:{line}")
    return reasons


def added_in_text(path: str, old: str, new: str) -> list[str]:
    """Return what a text that is not Python silences anew."""
    before, after = (Counter(m["kind"] for m in _ELSEWHERE.finditer(t)) for t in (old, new))
    more = after - before
    return [f"it silences a checker with a comment, {kind}: {path}" for kind in sorted(more)]


def _marked(text: str) -> Counter[str]:
    """The lines that may hold such a comment: where they are the same, nothing need be read."""
    rows = (row for row in text.split("\n") if "#" in row and _MAYBE.search(row))
    return Counter(row for row in rows if any(p.search(row) for _, p in _KINDS))


def _found(text: str) -> Counter[tuple[str, str, str]]:
    scopes = _scopes(text)
    places = [(first, last, name) for name, spans in scopes.items() for first, last in spans]
    places.sort(key=lambda place: place[1] - place[0])
    found: Counter[tuple[str, str, str]] = Counter()
    for line, comment in _comments(text):
        within = next((n for first, last, n in places if first <= line <= last), "")
        for silencer in _read(comment):
            found[silencer.kind, silencer.code, within] += 1
    return found


def _read(comment: str) -> Iterator[Silencer]:
    for kind, pattern in _KINDS:
        for match in pattern.finditer(comment):
            codes = match.groupdict().get("codes")
            names = [c for c in re.split(r"[,\s]+", codes or "") if c]
            if kind in {"noqa", "noqa for the whole file"}:
                names = [c for c in names if re.fullmatch(r"[A-Z]+\d*", c)]
            for name in names or [_ANY]:
                yield Silencer(kind, name)


def _comments(text: str) -> list[tuple[int, str]]:
    """Return every comment with its line; where the text is no Python, what stands behind ``#``."""
    found: list[tuple[int, str]] = []
    if "#" not in text:
        return found
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                found.append((token.start[0], token.string))
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError, IndexError):
        lines = text.split("\n")
        return [(at, f"#{row.partition('#')[2]}") for at, row in enumerate(lines, 1) if "#" in row]
    return found


def _scopes(text: str) -> dict[str, list[tuple[int, int]]]:
    """Return the lines of every function, by its name with those of the classes around it."""
    tree = parsing.python(text)
    found: dict[str, list[tuple[int, int]]] = {}
    stack: list[tuple[ast.AST, str]] = [(tree, "")] if tree else []
    while stack:
        node, name = stack.pop()
        for child in ast.iter_child_nodes(node):
            inside = name
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inside = f"{name}.{child.name}"
                first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
                found.setdefault(inside, []).append((first, child.end_lineno or first))
            if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                stack.append((child, inside))
    return found


def _line(text: str, kind: str, code: str) -> int:
    wanted = Silencer(kind, code)
    lines = [line for line, comment in _comments(text) if wanted in _read(comment)]
    return lines[-1] if lines else 1
