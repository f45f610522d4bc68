"""Documentation may be changed, save what is run: the examples of doctest and its directives."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
from collections import Counter

from regreen.verify.guard import parsing

_DIRECTIVE = re.compile(
    r"^\s*\.\.\s+(?P<name>doctest|testcode|testoutput|testsetup|testcleanup)::", re.MULTILINE
)
_FENCE = re.compile(r"^\s*```+\s*(?P<name>pycon|python\s+[^\n]*test[^\n]*)$", re.MULTILINE)


def fewer_examples(path: str, old: str, new: str) -> list[str]:
    """Return which examples that doctest runs are gone, are skipped, or expect something else."""
    if ">>>" not in old and ".. " not in old and "```" not in old:
        return []
    reasons = []
    before, after = (_examples(_docstrings(path, text)) for text in (old, new))
    if sum(after.values()) < sum(before.values()):
        reasons.append(f"it drops an example that is run: {path}")
    else:
        lost = Counter(w for _, w in before.elements()) - Counter(w for _, w in after.elements())
        if lost:
            reasons.append(f"it changes what an example is expected to print: {path}")
        skipped = [
            sum("+SKIP" in s or "+ELLIPSIS" in s for s, _ in side.elements())
            for side in (before, after)
        ]
        if skipped[1] > skipped[0]:
            reasons.append(f"it skips or loosens an example that is run: {path}")
    for pattern in (_DIRECTIVE, _FENCE):
        names = [Counter(m["name"] for m in pattern.finditer(text)) for text in (old, new)]
        if names[0] - names[1]:
            reasons.append(f"it drops an example that is run: {path}")
    return reasons


def _docstrings(path: str, text: str) -> str:
    """Return what of a file may hold examples: all of prose, the docstrings of Python."""
    tree = parsing.python(text) if path.endswith((".py", ".pyi")) and ">>>" in text else None
    if tree is None:
        return text
    nodes = (n.value for n in ast.walk(tree) if isinstance(n, ast.Expr))
    found = (n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return "\n\n".join(inspect.cleandoc(value) for value in found if ">>>" in value)


def _examples(text: str) -> Counter[tuple[str, str]]:
    """Count the examples by source and expected output, where doctest cannot by prompts."""
    if ">>> " not in text:
        return Counter()
    try:
        found = doctest.DocTestParser().get_examples(text.expandtabs())
    except (ValueError, RecursionError):
        rows = (row.strip() for row in text.split("\n"))
        return Counter((row, "") for row in rows if row.startswith(">>> "))
    return Counter((e.source, " ".join(e.want.split())) for e in found)
