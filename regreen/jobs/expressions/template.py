"""Text with ``${{ }}`` in it: cut into parts, rendered, or resolved to a value.

An expression ends at the first ``}}`` outside of quotes. A text that is one expression and nothing
else keeps the expression's type; anything else becomes text. ``${{ insert }}`` as a key takes over
another mapping's entries.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from regreen.jobs.expressions.errors import ExpressionError, Stage
from regreen.jobs.expressions.evaluator import compute
from regreen.jobs.expressions.functions import (
    BUILT_IN,
    STATUS_NAMES,
    Function,
    Status,
    bounded,
    status_functions,
)
from regreen.jobs.expressions.nodes import Call, Node, walk
from regreen.jobs.expressions.parser import parse as parse_tree
from regreen.jobs.expressions.values import Value, to_string, truthy

_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_NO_FUNCTIONS: Mapping[str, Function] = {}
_NO_END = (
    "The expression is not closed. An unescaped ${{ sequence was found, "
    "but the closing }} sequence was not found."
)


@dataclass(frozen=True, slots=True)
class Code:
    """What stands between ``${{`` and ``}}``, without the space around it."""

    text: str


def split(template: str) -> tuple[str | Code, ...]:
    """Return the literal texts and expressions of ``template``; raises ``ExpressionError``."""
    parts: list[str | Code] = []
    at = 0
    while (start := template.find("${{", at)) >= 0:
        end = _end_of_code(template, start + 3)
        if start > at:
            parts.append(template[at:start])
        parts.append(Code(template[start + 3 : end].strip()))
        at = end + 2
    if at < len(template):
        parts.append(template[at:])
    return tuple(parts)


def _end_of_code(template: str, at: int) -> int:
    quoted = False
    while at < len(template):
        if template[at] == "'":
            quoted = not quoted
        elif not quoted and template.startswith("}}", at):
            return at
        at += 1
    raise ExpressionError(_NO_END, Stage.LEXING)


def parse(
    text: str,
    names: Collection[str] | None = None,
    functions: Mapping[str, Function] = _NO_FUNCTIONS,
) -> Node:
    """Return the tree of the expression ``text`` (what stands between ``${{`` and ``}}``).

    ``names``: the contexts it may use, ``None`` for any. Raises ``ExpressionError``.
    """
    return parse_tree(text, {**BUILT_IN, **functions}, names)


def evaluate(
    text: str,
    contexts: Mapping[str, Value],
    functions: Mapping[str, Function] = _NO_FUNCTIONS,
) -> Value:
    """Return the value of the expression ``text`` in ``contexts``; raises ``ExpressionError``.

    ``functions`` are those beyond the ones that work everywhere: see ``status_functions`` and
    ``hash_files_function``.
    """
    known = {**BUILT_IN, **functions}
    return compute(parse_tree(text, known, contexts.keys()), contexts, known)


def render(
    template: str,
    contexts: Mapping[str, Value],
    functions: Mapping[str, Function] = _NO_FUNCTIONS,
) -> str:
    """Return ``template`` with each ``${{ }}`` replaced by its value as text."""
    parts = (
        part if isinstance(part, str) else to_string(evaluate(part.text, contexts, functions))
        for part in split(template)
    )
    return bounded("".join(parts))


def resolve(
    value: Value,
    contexts: Mapping[str, Value],
    functions: Mapping[str, Function] = _NO_FUNCTIONS,
) -> Value:
    """Return ``value`` with every expression anywhere in it evaluated; types are kept."""
    match value:
        case str():
            parts = split(value)
            if len(parts) == 1 and isinstance(parts[0], Code):
                return evaluate(parts[0].text, contexts, functions)
            return render(value, contexts, functions)
        case list():
            return [resolve(item, contexts, functions) for item in value]
        case dict():
            return _resolve_mapping(value, contexts, functions)
        case _:
            return value


def _resolve_mapping(
    value: dict[str, Value], contexts: Mapping[str, Value], functions: Mapping[str, Function]
) -> dict[str, Value]:
    result: dict[str, Value] = {}
    for key, item in value.items():
        resolved = resolve(item, contexts, functions)
        if not is_insert(key):
            result[render(key, contexts, functions)] = resolved
        elif isinstance(resolved, dict):
            result.update(resolved)
        else:
            raise ExpressionError("${{ insert }} needs a mapping", Stage.EVALUATION)
    return result


def is_insert(key: str) -> bool:
    """Return whether a mapping's ``key`` is the directive ``${{ insert }}``."""
    return "${{" in key and split(key) == (Code("insert"),)


def uses_status(tree: Node) -> bool:
    """Return whether the expression asks for the job's status, which switches ``success()`` off."""
    return any(isinstance(node, Call) and node.function in STATUS_NAMES for node in walk(tree))


def condition_code(text: str | None) -> str:
    """Return the expression that the ``if`` value ``text`` means.

    The whole text is one unless it has ``${{ }}``; with text around that, it becomes a text that
    is true unless empty, which is how GitHub has it.
    """
    if text is None or not text.strip():
        return "success()"
    return text if "${{" not in text else whole_code(text)


def whole_code(template: str) -> str:
    """Return the one expression that means the same as ``template``, which has ``${{ }}`` in it.

    Raises ``ExpressionError``. One that is a text written out gives that text, as GitHub has it.
    """
    parts = split(template)
    if len(parts) == 1 and isinstance(parts[0], Code):
        plain = literal_text(parts[0].text)
        return parts[0].text if plain is None else plain
    pieces: list[str] = []
    codes: list[str] = []
    for part in parts:
        if isinstance(part, Code):
            pieces.append(f"{{{len(codes)}}}")
            codes.append(part.text)
        else:
            pieces.append(part.replace("'", "''").replace("{", "{{").replace("}", "}}"))
    return f"format('{''.join(pieces)}', {', '.join(codes)})"


def literal_text(code: str) -> str | None:
    """Return the text that the expression ``code`` writes out in quotes; ``None`` for others."""
    found = _QUOTED.fullmatch(code)
    return found.group(1).replace("''", "'") if found else None


def condition(
    text: str | None,
    contexts: Mapping[str, Value],
    status: Status,
    functions: Mapping[str, Function] = _NO_FUNCTIONS,
) -> bool:
    """Return whether a step or job with the ``if`` value ``text`` runs when ``status`` holds."""
    known = {**BUILT_IN, **functions, **status_functions(status)}
    tree = parse_tree(condition_code(text), known, contexts.keys())
    if not uses_status(tree) and status is not Status.SUCCESS:
        return False
    return truthy(compute(tree, contexts, known))
