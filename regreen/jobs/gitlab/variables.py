"""Variables as a file declares them, and their values with other variables filled in.

Source: https://docs.gitlab.com/ci/yaml/#variables and "Where variables can be used". A variable may
stand in another's value as ``$NAME`` or ``${NAME}``; ``$$`` is a dollar sign; what is not known is
empty, since the runner knows nothing of the image's own variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from regreen.jobs.gitlab.tree import Node, Scalar, Table

_NAMED = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<braced>[A-Za-z0-9_]+)\}|(?P<plain>[A-Za-z0-9_]+))")
_DEEPEST = 100
_LONGEST = 1 << 20
_DATA = frozenset({"value", "description", "expand", "options"})


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable as written; ``raw``: nothing is filled in (``expand: false``)."""

    name: str
    value: str
    raw: bool = False


def declared(node: Node | None, where: str) -> dict[str, Declared]:
    """Return the variables of a ``variables`` mapping. Raises WorkflowError for anything else."""
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return {}
    if not isinstance(node, Table):
        raise node.place.error(f"{where}:variables config should be a hash".lstrip(":"))
    return {
        name: _declared(name, value, f"{where}:variables:{name}".lstrip(":"))
        for name, value in node.entries.items()
    }


def _declared(name: str, node: Node, where: str) -> Declared:
    if isinstance(node, Table):
        if unknown := [key for key in node.entries if key not in _DATA]:
            raise node.at(unknown[0]).error(
                f"{where} config uses invalid data keys: {', '.join(unknown)}"
            )
        value, expand = node.get("value"), node.get("expand")
        raw = isinstance(expand, Scalar) and expand.value is False
        return Declared(name, value.text if isinstance(value, Scalar) else "", raw)
    if not isinstance(node, Scalar) or node.value is None:
        raise node.place.error(f"{where} variable definition must be either a string or a hash")
    return Declared(name, node.text)


def values(known: Iterable[Mapping[str, Declared]]) -> dict[str, str]:
    """Return the values of variables, filled in; of several of one name the last one counts."""
    everything: dict[str, Declared] = {}
    for part in known:
        everything.update(part)
    filler = Filler(everything)
    return {name: filler.value(name) for name in everything}


def expanded(text: str, known: Mapping[str, str]) -> str:
    """Return ``text`` with variables filled in whose values are known."""
    return _NAMED.sub(lambda m: "$" if m["dollar"] else known.get(_name(m), ""), text)


@dataclass(slots=True)
class Filler:
    """Fills variables into each other's values, each once; one within itself stays as written."""

    known: Mapping[str, Declared]
    done: dict[str, str] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    def value(self, name: str) -> str:
        """Return the value of the known variable ``name``."""
        one = self.known[name]
        if name not in self.done:
            self.begun.add(name)
            text = one.value if one.raw else _NAMED.sub(self._filled, one.value)
            self.begun.discard(name)
            self.done[name] = text if len(text) <= _LONGEST else one.value
        return self.done[name]

    def _filled(self, match: re.Match[str]) -> str:
        name = _name(match)
        if match["dollar"] or name not in self.known:
            return "$" if match["dollar"] else ""
        deep = name in self.begun or len(self.begun) > _DEEPEST
        return match[0] if deep else self.value(name)


def _name(match: re.Match[str]) -> str:
    return match["braced"] or match["plain"] or ""
