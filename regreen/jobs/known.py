"""What of a text with ``${{ }}`` is known before the run; the rest stays as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regreen.jobs.expressions import (
    STATUS_NAMES,
    Call,
    Code,
    ExpressionError,
    Index,
    Literal,
    Name,
    Node,
    Status,
    Value,
    condition,
    condition_code,
    evaluate,
    hash_files_function,
    parse,
    split,
    status_functions,
    to_string,
    walk,
)
from regreen.jobs.expressions.values import find_key

_FUNCTIONS = {**status_functions(Status.SUCCESS), **hash_files_function(lambda _patterns: "")}
_RUNNING = frozenset({"steps", "job", "secrets"})
"""Contexts that only the running job fills, and the one that is nobody's to read."""
_ASKED = frozenset({"env", "needs"})
"""Contexts of which a part is known before."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a step runs: ``contexts`` with all of it."""

    contexts: Mapping[str, Value]

    def text(self, template: str) -> str:
        """Return ``template`` with what is known in the place of its expressions."""
        try:
            parts = split(template)
        except ExpressionError:
            return template
        return "".join(part if isinstance(part, str) else self._value(part) for part in parts)

    def holds(self, written: str | None) -> bool | str:
        """Return whether a condition holds in a job that goes well, or else its expression."""
        try:
            code = condition_code(written)
            if not self._is_known(parse(code, None, _FUNCTIONS)):
                return f"${{{{ {code} }}}}"
            return condition(written, self.contexts, Status.SUCCESS)
        except ExpressionError:
            return written or ""

    def _value(self, part: Code) -> str:
        try:
            if self._is_known(parse(part.text, None, _FUNCTIONS)):
                return to_string(evaluate(part.text, self.contexts, _FUNCTIONS))
        except ExpressionError:
            pass
        return f"${{{{ {part.text} }}}}"

    def _is_known(self, tree: Node) -> bool:
        nodes = tuple(walk(tree))
        names = {node.name.lower() for node in nodes if isinstance(node, Name)}
        if names & _RUNNING or any(_is_late(node) for node in nodes):
            return False
        return not names & _ASKED or all(self._has(node) for node in nodes)

    def _has(self, node: Node) -> bool:
        """Return whether what ``node`` asks of ``env`` or of another job's outputs is known."""
        if not isinstance(node, Index) or not isinstance(node.key, Literal):
            return True
        path = _path(node)
        if path[:1] == ("env",) and len(path) == 2:
            return self._at(path) is not None
        if path[:1] == ("needs",) and len(path) == 4:
            return self._at(path) is not None
        return True

    def _at(self, path: tuple[str, ...]) -> Value:
        at: Value = dict(self.contexts)
        for name in path:
            key = find_key(at, name) if isinstance(at, dict) else None
            at = at[key] if isinstance(at, dict) and key is not None else None
        return at


def runs_always(written: str | None) -> bool:
    """Return whether a condition also holds after a failure: ``always()`` and its like."""
    try:
        tree = parse(condition_code(written), None, _FUNCTIONS)
    except ExpressionError:
        return False
    asked = {node.function for node in walk(tree) if isinstance(node, Call)}
    return bool(asked & (STATUS_NAMES - {"success"}))


def _is_late(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "hashfiles"


def _path(node: Node) -> tuple[str, ...]:
    """Return the names of ``a.b.c``, empty for what is more than names."""
    if isinstance(node, Name):
        return (node.name.lower(),)
    if isinstance(node, Index) and isinstance(node.key, Literal):
        before = _path(node.target)
        return (*before, to_string(node.key.value).lower()) if before else ()
    return ()
