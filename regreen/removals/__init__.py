"""Known removals and renames of the standard library and of big libraries, read from ``data``.

Each change names its source. What it holds: ``names`` (dotted name: new dotted name), ``calls``
(pattern: template, see `patterns`), ``methods`` (attributes by name alone), ``definitions``
(methods of test classes), ``keywords`` (call: argument: new name), ``values`` (strings given as
``argument`` at ``places``), ``bases`` (classes whose heirs need the method ``mixin``). ``error`` is
what the step prints when the change is meant, else the old name stands in its complaint. ``where``
says how far it goes: ``all`` files, the ``files`` or only the ``lines`` that a traceback names, or
``tests``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources

_NAME = re.compile(r"[A-Za-z_]\w*")
_COMPLAINT = re.compile(
    r"\b\w*(?:Error|Warning|Exception)\b|deprecated|removed|has no attribute|cannot import name"
    r"|No module named"
)


@dataclass(frozen=True, slots=True)
class Change:
    """What one release removed or renamed, and how to write it since."""

    of: str
    source: str
    error: str = ""
    where: str = "all"
    requires: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, str] = field(default_factory=dict)
    methods: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    keywords: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    argument: str = ""
    places: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    mixin: str = ""
    bases: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left of it."""
        rules = (self.names, self.calls, self.methods, self.definitions, self.keywords)
        return not any((*rules, self.values, self.bases))


def meant(change: Change, output: str) -> Change:
    """Return the part of ``change`` that the complaints in ``output`` speak of."""
    said = complaints(output)
    if change.error:
        return change if re.search(change.error, output) else Change(change.of, change.source)
    words = frozenset(_NAME.findall(said))

    def chosen(rules: Mapping[str, str]) -> dict[str, str]:
        return {old: new for old, new in rules.items() if _is_named(old, words, said)}

    keywords = {
        call: {old: new for old, new in rule.items() if old in words}
        for call, rule in change.keywords.items()
    }
    return replace(
        change,
        names=chosen(change.names),
        calls={p: t for p, t in change.calls.items() if _calls_named(p, words, said)},
        methods=chosen(change.methods),
        definitions=chosen(change.definitions),
        keywords={call: rule for call, rule in keywords.items() if rule},
    )


def complaints(output: str) -> str:
    """Return the lines of an output that say what is wrong."""
    return "\n".join(line for line in output.splitlines() if _COMPLAINT.search(line))


def _is_named(old: str, words: frozenset[str], said: str) -> bool:
    """Whether a complaint names ``old``: its last part, or the module that is not there."""
    if old.split(".")[-1] in words:
        return True
    heads = [".".join(old.split(".")[:n]) for n in range(1, old.count(".") + 2)]
    return any(f"No module named '{head}'" in said for head in heads)


def _calls_named(pattern: str, words: frozenset[str], said: str) -> bool:
    """Whether a complaint names what a pattern calls, or the argument that it is about."""
    dotted = re.match(r"[A-Za-z_][\w.]*", pattern)
    keys = re.findall(r"(\w+)=", pattern)
    if keys and any(key in words for key in keys):
        return True
    chain = re.findall(r"[A-Za-z_]\w*", re.sub(r"'[^']*'|\([^()]*\)", "", pattern))
    named = bool({name for name in chain if len(name) > 1} & words and chain[-1] in words)
    return named or (dotted is not None and _is_named(dotted[0].rstrip("."), words, said))


@cache
def changes() -> tuple[Change, ...]:
    """Return all changes that are known, in the order of the files' names."""
    folder = resources.files("regreen.removals").joinpath("data")
    files = sorted(f.name for f in folder.iterdir() if f.name.endswith(".toml"))
    found: list[Change] = []
    for name in files:
        data = tomllib.loads(folder.joinpath(name).read_text("utf-8"))
        for row in data.get("change", ()):
            lists = {key: tuple(row[key]) for key in ("requires", "bases") if key in row}
            found.append(Change(**{**row, **lists}))
    return tuple(found)


@cache
def renames() -> Mapping[str, frozenset[str]]:
    """Return every dotted name that was removed, with the dotted names that took its place."""
    found: dict[str, set[str]] = {}
    for change in changes():
        for old, new in change.names.items():
            found.setdefault(old, set()).add(new.removeprefix("builtins."))
    return {old: frozenset(new) for old, new in found.items()}
