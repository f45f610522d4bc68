"""A test file before and after: every test is still found, and claims at least what it claimed."""

from __future__ import annotations

import ast
import re
from collections import Counter

from regreen.verify.guard import parsing
from regreen.verify.guard.alignment import Judge
from regreen.verify.guard.change import Files
from regreen.verify.guard.mended import mend
from regreen.verify.guard.normal import normal
from regreen.verify.guard.reference import Reference, same_import
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


def objections(path: str, old: str, new: str, patched: Files) -> list[str]:
    """Return what the tests of a file no longer check."""
    before, after = parsing.own_python(old), parsing.own_python(new)
    if after is None and before is not None:
        return [f"it leaves a syntax error: {path}"]
    if before is None or after is None:
        return _unparsed(path, old, new, patched)
    if ast.dump(before) == ast.dump(after):
        return []
    known = known_names(before)
    first, second = normal(before), normal(after)
    own = frozenset(
        n.name
        for n in second.tree.body
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ) | {
        t.id
        for n in second.tree.body
        if isinstance(n, ast.Assign)
        for t in n.targets
        if isinstance(t, ast.Name)
    }
    reference = Reference(patched, own, first.imports, second.imports)
    loaded = frozenset(n.id for n in ast.walk(first.tree) if isinstance(n, ast.Name)) - _parameters(
        first.tree
    )
    judge = Judge(path, reference, known, is_test, loaded)
    for name, source in second.imports.items():
        if name in first.imports and not same_import(name, reference):
            judge.reasons.append(
                f"it takes {name!r} from {source} instead of {first.imports[name]}: {path}"
            )
    judge.bodies(first.tree.body, second.tree.body, "")
    return list(dict.fromkeys(judge.reasons))


def _parameters(tree: ast.AST) -> set[str]:
    return {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}


def _unparsed(path: str, old: str, new: str, patched: Files) -> list[str]:
    """Judge the repair of a file that could not be parsed: its words there, its trees elsewhere."""
    refused = [f"it changes more of a test than what could not be parsed: {path}"]
    if parsing.python(new) is None:
        return refused
    for side in _sides(old):
        if parsing.python(side) is not None:
            if not objections(path, side, new, patched):
                return []
        elif (found := mend(side, new)) is not None:
            if all(_same_words(*place) for place in found.places):
                return objections(path, found.text, new, patched)
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
