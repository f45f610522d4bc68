"""A test file before and after: every test is still found, and claims at least what it claimed."""

from __future__ import annotations

import ast
import re
from collections import Counter

from regreen.verify.guard import parsing, takings
from regreen.verify.guard.alignment import Judge
from regreen.verify.guard.change import Change
from regreen.verify.guard.findings import Findings
from regreen.verify.guard.mended import mend
from regreen.verify.guard.narrowed import narrowed, part
from regreen.verify.guard.normal import normal
from regreen.verify.guard.origins import Origins
from regreen.verify.guard.reference import Reference
from regreen.verify.guard.statements import known_names

_TOKENS = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|\w+")
_MEND = frozenset(
    [
        "as",
        "from",
        "import",
        "typing",
        "Optional",
        "Union",
        "List",
        "Dict",
        "Set",
        "Tuple",
        "Type",
        "Any",
        "Callable",
        "in",
        "is",
        "not",
        "print",
        "def",
        "class",
        "if",
        "else",
        "try",
        "except",
        "return",
        "annotations",
        "__future__",
        "None",
        "async",
        "await",
        "u",
        "b",
        "r",
        "f",
    ]
)
_STEERING = frozenset(
    ["if", "else", "try", "except", "return", "not", "None", "async", "await", "is", "in"]
)
"""Words that decide what is run or claimed: none may come with a repair."""

_SIGNS = re.compile(r"[=!<>]=|<>|=[<>]|[<>]|=")
_WRITTEN = {"<>": "!=", "=>": ">=", "=<": "<="}


def is_test(name: str) -> bool:
    """Whether pytest (``python_functions``) or unittest collects a function of this name."""
    return name.startswith("test")


def objections(path: str, old: str, new: str, change: Change) -> list[str]:
    """Return what the tests of a file no longer check."""
    before, after = parsing.python(old), parsing.python(new)
    if after is None and before is not None:
        return [f"it leaves a syntax error: {path}"]
    if before is None or after is None:
        return _unparsed(path, old, new, change)
    differing = narrowed(before, after)
    bound, rebound = differing.sources
    if not differing.old and not differing.new and bound == rebound:
        return []
    first, second = (
        normal(part(parsing.own_python(text) or ast.Module([], []), places))
        for text, places in ((old, differing.old), (new, differing.new))
    )
    reference = Reference(change.patched, _defined(after), differing.sources, Origins(path, change))
    found = Findings(path, reference, frozenset(), is_test)
    loaded = {n.id for n in ast.walk(before) if isinstance(n, ast.Name)}
    if first.body or second.body:
        found.loaded = frozenset(loaded - _parameters(before))
        found.known = known_names(before)
    found.reasons += takings.objections(path, reference, frozenset(loaded))
    Judge(found).bodies(first.body, second.body, "")
    return list(dict.fromkeys(found.reasons))


def _defined(tree: ast.Module) -> frozenset[str]:
    """The names that a file defines itself at its top level, imports apart."""
    found = {
        n.name
        for n in tree.body
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        found |= {t.id for t in targets if isinstance(t, ast.Name)}
    return frozenset(found)


def _parameters(tree: ast.AST) -> set[str]:
    return {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}


def _unparsed(path: str, old: str, new: str, change: Change) -> list[str]:
    """Judge the repair of a file that could not be parsed: its words there, its trees elsewhere."""
    refused = [f"it changes more of a test than what could not be parsed: {path}"]
    if parsing.python(new) is None:
        return refused
    for side in _sides(old):
        if parsing.python(side) is not None:
            if not objections(path, side, new, change):
                return []
        elif (found := mend(side, new)) is not None:
            if all(_same_words(*place) for place in found.places):
                return objections(path, found.text, new, change)
        elif _same_words(side, new):
            return []
    return refused


def _same_words(old: str, new: str) -> bool:
    """Whether a text says what one that cannot be parsed said: the same words and comparisons."""
    first, second = (Counter(_TOKENS.findall(_bare(t))) for t in (old, new))
    lost, more = first - second, second - first
    return (
        all(w in _MEND for w in lost)
        and all(w in _MEND - _STEERING for w in more)
        and _same_signs(_bare(old), _bare(new))
    )


def _same_signs(old: str, new: str) -> bool:
    """Whether comparisons stay; one may come where a single ``=`` stood, or from an old sign."""
    first, second = (
        Counter(_WRITTEN.get(s, s) for s in _SIGNS.findall(text)) for text in (old, new)
    )
    single = first.pop("=", 0) - second.pop("=", 0)
    more = second - first
    return not first - second and more.total() <= max(single, 0) and set(more) <= {"=="}


def _bare(text: str) -> str:
    return re.sub(r"(?m)(?:^|\s)#.*$", "", text)


def _sides(text: str) -> list[str]:
    """A text with the marks of a merge conflict gives both its sides; any other gives itself."""
    pattern = re.compile(
        r"^<{7}[^\n]*\n(.*?)(?:^\|{7}[^\n]*\n.*?)?^={7}[^\n]*\n(.*?)^>{7}[^\n]*\n?",
        re.DOTALL | re.MULTILINE,
    )
    if not pattern.search(text):
        return [text]
    return [pattern.sub(lambda m: m[1], text), pattern.sub(lambda m: m[2], text)]
