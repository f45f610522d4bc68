"""Docstrings: mood and presence. D401 turns the first verb into the imperative; D1xx gets a line.

What a missing docstring should say nobody knows but its author. The line that is written is no more
than the name in words, so that it is true; people are asked to look at it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from regreen.fixers.source import Definition, Source, parse, replace_lines, sources
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "docstring style"
DOCS = "https://peps.python.org/pep-0257/"

_MOOD = ("D401",)
_MODULE = ("D100", "D104", "C0114", "missing-module-docstring")
_OTHERS = (
    *("D101", "D102", "D103", "D105", "D106", "D107", "C0115", "C0116"),
    *("missing-class-docstring", "missing-function-docstring"),
)
_VERB = re.compile(r"(?P<open>[rRuU]?(?:\"\"\"|'''|\"|')\s*)(?P<verb>[A-Z][a-z]+)(?=\s)")
_KEPT = frozenset(["This", "Is", "Was", "Has", "Does", "Us", "Its", "His", "Always", "Class"])
_MAGIC = {
    "__init__": "Initialize the instance.",
    "__new__": "Create the instance.",
    "__str__": "Return the instance as a string.",
    "__repr__": "Return the representation of the instance.",
    "__len__": "Return the length.",
    "__iter__": "Return an iterator.",
    "__next__": "Return the next item.",
    "__enter__": "Enter the context.",
    "__exit__": "Exit the context.",
    "__eq__": "Return whether the two are equal.",
    "__hash__": "Return the hash.",
    "__call__": "Call the instance.",
    "__getitem__": "Return an item.",
    "__setitem__": "Set an item.",
    "__contains__": "Return whether the item is there.",
    "__bool__": "Return the truth value.",
}
_WHY_MOOD = "the docstring's first verb is in the imperative"
_WHY_ADDED = "what has no docstring gets its name in words as one"
_REVIEW = "the new docstrings say no more than the names: say there what readers need to know"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield an edit of all moods that are reported, then one of all docstrings that are missing."""
    moods = {
        path: text
        for path, source in sources(failure, scene, *_MOOD)
        if (text := imperative(source, _lines(failure, scene, path, _MOOD))) is not None
    }
    if moods:
        yield Edit(ID, _WHY_MOOD, moods)
    wanted = (*_MODULE, *_OTHERS)
    texts = {
        path: text
        for path, source in sources(failure, scene, *wanted)
        if (text := _documented(source, path, failure, scene)) is not None
    }
    if texts:
        yield Edit(ID, _WHY_ADDED, texts, severity=Severity.MEDIUM, review=_REVIEW)


def _lines(failure: Failure, scene: Scene, path: str, codes: tuple[str, ...]) -> set[int]:
    """Return the lines of a file for which one of ``codes`` is reported."""
    return {
        d.line
        for d in failure.diagnostics
        if d.code in codes and d.line
        if scene.named_files(replace(failure, diagnostics=(d,))) == [path]
    }


def imperative(source: Source, lines: set[int]) -> str | None:
    """Return the text with the first verbs of the docstrings at ``lines`` in the imperative."""
    changes = []
    for node, owner in _docstrings(source.tree):
        near = {node.lineno, *(range(owner.lineno, node.lineno) if owner else ())}
        spoken = near | set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if spoken.isdisjoint(lines):
            continue
        for number in (node.lineno, node.lineno + 1):
            changed = _turned(source.lines[number - 1]) if number <= len(source.lines) else None
            if changed is not None:
                changes.append((number, number, changed))
                break
    text = replace_lines(source, changes)
    return text if changes and parse(text) is not None else None


def _turned(line: str) -> str | None:
    match = _VERB.search(line) or re.match(r"(?P<open>\s+)(?P<verb>[A-Z][a-z]+)(?=\s)", line)
    if match is None or match["verb"] in _KEPT:
        return None
    verb = _stem(match["verb"])
    return (
        None if verb is None else f"{line[: match.start('verb')]}{verb}{line[match.end('verb') :]}"
    )


def _stem(verb: str) -> str | None:
    """Return the imperative of a verb in the third person; ``None`` when it is none."""
    if verb.endswith("ies") and len(verb) > 4:
        return f"{verb[:-3]}y"
    if verb.endswith(("sses", "shes", "ches", "xes", "zzes", "oes")):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith(("ss", "us", "is")) else None


def _docstrings(tree: ast.Module) -> Iterator[tuple[ast.Constant, Definition | None]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | Definition) and (text := _docstring(node)) is not None:
            yield text, node if isinstance(node, Definition) else None


def _docstring(node: ast.Module | Definition) -> ast.Constant | None:
    first = node.body[0] if node.body else None
    value = first.value if isinstance(first, ast.Expr) else None
    return value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _documented(source: Source, path: str, failure: Failure, scene: Scene) -> str | None:
    """Return the text with a docstring wherever one is reported missing."""
    lines = _lines(failure, scene, path, _OTHERS)
    changes: list[tuple[int, int, str]] = []
    for node in ast.walk(source.tree):
        if isinstance(node, Definition) and _docstring(node) is None:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            inside = _first(node.body[0])
            if inside > node.lineno and not lines.isdisjoint(range(first, inside)):
                changes.append(_inserted(source, node, inside))
    text = replace_lines(source, changes)
    if any(d.code in _MODULE for d in failure.diagnostics if d.file and path.endswith(d.file)):
        made = parse(text)
        if made is not None and _docstring(made.tree) is None:
            text = _headed(made, path)
    return text if text != source.text and parse(text) is not None else None


def _first(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, Definition) else []
    return min([node.lineno, *(d.lineno for d in decorators)])


def _inserted(source: Source, node: Definition, inside: int) -> tuple[int, int, str]:
    line = source.lines[inside - 1]
    indent = line[: len(line) - len(line.lstrip())]
    ending = "\r\n" if line.endswith("\r\n") else "\n"
    blank = ending if isinstance(node, ast.ClassDef) else ""
    words = _MAGIC.get(node.name) or _words(node.name)
    return inside, inside, f'{indent}"""{words}"""{ending}{blank}{line}'


def _headed(source: Source, path: str) -> str:
    parts = [part for part in path.removesuffix(".py").split("/") if part != "__init__"]
    at = 0
    while at < len(source.lines) and source.lines[at].startswith("#"):
        at += 1
    rest = "".join(source.lines[at:]).lstrip("\n")
    before = "".join(source.lines[:at])
    head = f"{before}\n" if before and not before.rstrip().startswith("#!") else before
    behind = f"\n{rest}" if rest else ""
    return f'{head}"""{_words(parts[-1] if parts else "package")}"""\n{behind}'


def _words(name: str) -> str:
    """Return a name as a sentence: ``get_user`` and ``GetUser`` are both "Get user."."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+", " ", name).strip()
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in spaced.split()]
    text = " ".join(words) or name
    return f"{text[0].upper()}{text[1:]}."
