"""A rename or a changed signature that the red commit did not carry through everywhere.

The files before the commit tell what was renamed, moved, or taken away; the uses that are left,
in the product and in its tests, follow. Values and assertions stay as they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from regreen.fixers.source import Source, parse
from regreen.fixers.testing import calls
from regreen.fixers.testing.known_changes import OURS
from regreen.fixers.testing.moves import Moves, moves
from regreen.fixers.testing.places import frames, python_files
from regreen.fixers.testing.reading import text_of
from regreen.fixers.testing.renaming import renamed
from regreen.fixers.testing.spelling import dotted
from regreen.model import Category, Edit, Failure, Idea, Severity
from regreen.removals import complaints
from regreen.scene import Scene

ID = "carry through"
DOCS = "https://docs.python.org/3/reference/executionmodel.html#naming-and-binding"

_OURS = OURS | {Category.TYPE_ERROR, Category.LINTING_ERROR}
_SAID = re.compile(
    r"NameError|AttributeError|ImportError|ModuleNotFoundError|TypeError|KeyError"
    r"|does not have the attribute|fixture '|has no attribute|undefined name|unexpected keyword"
)
_WORD = re.compile(r"[A-Za-z_]\w*")
T = TypeVar("T")


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield the uses as the commit's own renames ask: those that are complained of, then all."""
    if failure.category not in _OURS or scene.parent is None or not _SAID.search(scene.output):
        return
    found = moves(scene.parent, scene.files)
    said = complaints(scene.output)
    words = frozenset(_WORD.findall(said))
    last: dict[str, str] = {}
    for chosen, which in ((_named(found, words, said), "what is named"), (found, "all of them")):
        files = apply(chosen, scene)
        if files and files != last:
            last = files
            why = f"names that the commit changed are carried through ({which}): {_listed(chosen)}"
            yield Edit(ID, why, files, severity=Severity.MEDIUM)


def _named(found: Moves, words: frozenset[str], said: str) -> Moves:
    """Return the part of the renames whose old names a complaint has."""

    def kept(rules: Mapping[str, str]) -> dict[str, str]:
        return {
            old: new
            for old, new in rules.items()
            if old.split(".")[-1] in words or f"'{old}'" in said
        }

    own = {path: kept(rules) for path, rules in found.own.items()}
    return Moves(
        kept(found.names),
        kept(found.members),
        {path: rules for path, rules in own.items() if rules},
        {call: rules for call, rules in found.keywords.items() if set(rules) & words},
        {call: rules for call, rules in found.dropped.items() if call in words},
    )


def _listed(found: Moves) -> str:
    pairs = [*found.names.items(), *found.members.items()]
    pairs += [
        (f"{c}({a}=)", f"{b}=") for c, rule in found.keywords.items() for a, b in rule.items()
    ]
    words = [f"{old} is {new}" for old, new in pairs]
    words += [f"{c} takes no {p}" for c, rule in found.dropped.items() for p in rule.values()]
    return ", ".join(words[:4]) + (" …" if len(words) > 4 else "")


def apply(found: Moves, scene: Scene) -> dict[str, str]:
    """Return the files whose uses change, with their new texts."""
    olds = {old.split(".")[-1] for old in (*found.names, *found.members)}
    olds |= {name for rules in found.own.values() for name in rules}
    olds |= {*found.keywords, *found.dropped}
    made: dict[str, str] = {}
    paths = python_files(scene) if olds else []
    shared = frozenset(_shared(found.members, (text_of(scene.files, p) or "" for p in paths)))
    lines: dict[str, set[int]] = {}
    for path, line in frames(scene):
        lines.setdefault(path, set()).add(line)
    for path in paths:
        before = text_of(scene.files, path)
        if before is None or not olds & frozenset(_WORD.findall(before)):
            continue
        text = _Carrier(found, path, shared, frozenset(lines.get(path, ()))).carried(before)
        if text != before:
            made[path] = text
    return made


_COMMON = frozenset(
    name
    for kind in (dict, list, set, str, bytes, int, float, tuple, open, property)
    for name in dir(kind)
) | frozenset(["read", "write", "close", "run", "start", "stop", "name", "path", "value", "text"])


def _shared(members: Mapping[str, str], texts: Iterable[str]) -> Iterator[str]:
    """Yield the old names that something else has too: they change only where a line is named."""
    yield from _COMMON & members.keys()
    if members:
        names = "|".join(map(re.escape, members))
        still = re.compile(
            rf"def ({names})\b|^    ({names})\b\s*[:=]|self\.({names})\s*=[^=]", re.M
        )
        for text in texts:
            for match in still.finditer(text):
                yield match[1] or match[2] or match[3]


@dataclass(frozen=True, slots=True)
class _Carrier:
    """Writes one file anew; names that others ``share`` change only on ``lines``."""

    found: Moves
    path: str
    shared: frozenset[str]
    lines: frozenset[int]

    def carried(self, text: str) -> str:
        """Return a text with all that applies to it."""
        for rewrite in (self._names, self._own, self._members, self._keywords, self._dropped):
            source = parse(text)
            text = (rewrite(source) if source is not None else None) or text
        return text

    def _names(self, source: Source) -> str | None:
        return renamed(source, self.path, self.found.names, strings=True)

    def _own(self, source: Source) -> str | None:
        """Names that a module gives and uses itself."""
        rules = self.found.own.get(self.path, {})
        edits = [
            (*source.span(node), rules[node.id])
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in rules
        ]
        given = {n.arg for n in ast.walk(source.tree) if isinstance(n, ast.arg)}
        return _put(source, [e for e in edits if source.text[e[0] : e[1]] not in given])

    def _members(self, source: Source) -> str | None:
        """Attributes by their names: everywhere, or on the lines that are named."""
        rules = {o: n for o, n in self.found.members.items() if o not in self.shared}
        others = {o: n for o, n in self.found.members.items() if o in self.shared}
        text = calls.methods(source, self.path, others, self.lines) or source.text
        made = parse(text)
        text = (calls.methods(made, self.path, rules) if made is not None else None) or text
        made = parse(text)
        return _put(made, list(_patched(made, rules))) or text if made is not None else text

    def _keywords(self, source: Source) -> str | None:
        edits: list[calls.Edit] = []
        for node, rule in _calls(source, self.found.keywords):
            edits += calls.renamed_keywords(source, node, rule)
        return _put(source, edits)

    def _dropped(self, source: Source) -> str | None:
        edits: list[calls.Edit] = []
        for node, rule in _calls(source, self.found.dropped):
            keywords = dict.fromkeys(rule.values(), "")
            edits += calls.renamed_keywords(source, node, keywords)
            edits += calls.without_places(source, node, rule)
        return _put(source, edits)


def _calls(source: Source, rules: Mapping[str, T]) -> Iterator[tuple[ast.Call, T]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
            if name in rules:
                yield node, rules[name]


def _patched(source: Source, rules: Mapping[str, str]) -> Iterator[calls.Edit]:
    """Yield strings that name an attribute for ``patch.object`` and ``setattr``."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            continue
        called = ast.unparse(node.func).rpartition(".")[2]
        value = node.args[1]
        if called in {"object", "setattr", "getattr", "hasattr", "delattr"} and (
            isinstance(value, ast.Constant) and value.value in rules
        ):
            begin, end = source.span(value)
            old = str(value.value)
            yield begin, end, source.text[begin:end].replace(old, rules[old])


def _put(source: Source, edits: list[calls.Edit]) -> str | None:
    text = source.text
    for begin, end, new in sorted(set(edits), reverse=True):
        text = text[:begin] + new + text[end:]
    return text if text != source.text and parse(text) is not None else None
