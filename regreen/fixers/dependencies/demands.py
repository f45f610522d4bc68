"""What resolvers say when requirements do not fit together: who demands which versions of what.

The wordings are those of pip 20.3 and later, uv 0.1 and later, Poetry 1.0 and later, PDM 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from regreen.fixers.dependencies.forms.slot import specifiers

_CONFLICT = re.compile(
    r"conflicting dependencies|ResolutionImpossible|No solution found|requirements are unsatisf"
    r"|version solving failed|Unable to find a resolution|resolution-too-deep"
    r"|has requirement .+, but you have|is incompatible with"
)
_NAME = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?"
_WHO = rf"(?P<who>{_NAME})(?:\[[^\]]*\])?"
_SPEC = r"(?:[<>=!~^]=?[\w.*+!-]+(?:\s*(?:,|and)\s*[<>=!~]=?[\w.*+!-]+)*)"
_DEPENDS = (
    re.compile(
        rf"{_WHO}\s*(?:\(?(?P<version>{_SPEC}|\d[\w.+!-]*)\)?)?\s+(?:depends on|requires)\s+"
        rf"(?P<name>{_NAME})(?:\[[^\]]*\])?\s*\(?(?P<spec>{_SPEC})\)?"
    ),
    re.compile(
        rf"{_WHO} (?P<version>\S+) has requirement (?P<name>{_NAME})(?:\[[^\]]*\])?"
        rf"\s*\(?(?P<spec>{_SPEC})\)?"
    ),
)
_ASKED = re.compile(
    rf"(?:user requested (?:\(constraint\) )?|you require |project depends on )"
    rf"(?P<name>{_NAME})(?:\[[^\]]*\])?\s*\(?(?P<spec>{_SPEC})\)?"
)
_OWN = frozenset({"you", "project", "user", "and"})


@dataclass(frozen=True, slots=True)
class Demand:
    """``who`` (canonical; empty: the project itself) takes only ``spec`` of ``name``."""

    who: str
    version: str
    name: str
    spec: SpecifierSet


def conflicts(output: str) -> bool:
    """Whether a resolver says that requirements do not fit together."""
    return _CONFLICT.search(output) is not None


def demands(output: str) -> list[Demand]:
    """Return what the resolver names as demands, in its order, each once."""
    found = _CONFLICT.search(output)
    text = re.sub(r"\s*\n\s*[│|]?\s*", " ", output[max(found.start() - 4000, 0) :]) if found else ""
    return list(dict.fromkeys(_all(text)))


def _all(text: str) -> Iterator[Demand]:
    for pattern in _DEPENDS:
        for match in pattern.finditer(text):
            spec = specifiers(_plain(match["spec"]))
            who = canonicalize_name(match["who"])
            if spec is not None and match["name"].lower() != "python":
                owner = "" if who in _OWN else who
                version = re.sub(r"^\(|\)$", "", match["version"] or "")
                yield Demand(owner, version, canonicalize_name(match["name"]), spec)
    for match in _ASKED.finditer(text):
        spec = specifiers(_plain(match["spec"]))
        if spec is not None:
            yield Demand("", "", canonicalize_name(match["name"]), spec)


def _plain(spec: str) -> str:
    """Return versions as PEP 440 writes them."""
    text = re.sub(r"\s+and\s+", ",", spec)
    return re.sub(r"\^(\d+)((?:\.\d+)*)", _caret, text)


def _caret(match: re.Match[str]) -> str:
    return f">={match[1]}{match[2]},<{int(match[1]) + 1}"
