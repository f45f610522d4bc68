"""One declared requirement in a file, and how its versions are written anew in the file's form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

_PARTS = re.compile(
    r"(?P<head>(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?)(?P<gap>\s*)"
    r"(?P<specifier>(?:[<>=!~][^;#@]*?)?|\([^;#@)]*\))(?P<tail>\s*(?:;.*)?)"
)
_BARE = re.compile(r"\d[\w.+!-]*")
"""A version alone, which is a pin in Poetry's and Pipenv's tables."""

Write = Callable[[str, str], str | None]
"""Gets versions in the file's own form and a comment (empty: none); gives the file's new text."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A requirement as declared: name, versions as written, marker, and how to write others."""

    name: str
    specifier: str
    write: Write
    marker: str = ""

    @property
    def key(self) -> str:
        """The name as names are compared."""
        return canonicalize_name(self.name)

    @property
    def allowed(self) -> SpecifierSet | None:
        """The versions that are allowed; ``None`` where they are not written as in PEP 440."""
        return specifiers(self.specifier)

    @property
    def pinned(self) -> str | None:
        """The one version that is allowed, where there is but one."""
        if _BARE.fullmatch(self.specifier):
            return self.specifier
        allowed = self.allowed
        if allowed is None or len(allowed) != 1:
            return None
        [one] = allowed
        exact = one.operator in {"==", "==="} and not one.version.endswith(".*")
        return one.version if exact else None

    def narrowed(self, clause: str, comment: str) -> str | None:
        """Return the file's text with ``clause`` (``<2``) added to the versions."""
        kept = "" if self.specifier in {"", "*"} else f"{self.specifier},"
        return self.write(f"{kept}{clause}", comment)


def specifiers(text: str) -> SpecifierSet | None:
    """Return what PEP 440 makes of ``text``; ``None``: nothing."""
    try:
        return SpecifierSet("" if text == "*" else text)
    except InvalidSpecifier:
        return None


@dataclass(frozen=True, slots=True)
class Written:
    """A requirement of PEP 508 in its parts, as it is written."""

    name: str
    head: str
    gap: str
    specifier: str
    tail: str

    @property
    def marker(self) -> str:
        """What stands behind the semicolon."""
        return self.tail.strip().removeprefix(";").strip()

    def having(self, specifier: str) -> str:
        """Return the requirement with other versions, all else as it was written."""
        gap = self.gap if self.specifier else ""
        return f"{self.head.rstrip()}{gap}{specifier}{self.tail}"


def read(text: str) -> Written | None:
    """Return ``text`` in its parts; ``None`` when it names no release of the index."""
    match = _PARTS.fullmatch(text.strip())
    if match is None:
        return None
    specifier = match["specifier"].strip().removeprefix("(").removesuffix(")").strip()
    if specifiers(specifier) is None:
        return None
    return Written(match["name"], match["head"], match["gap"], specifier, match["tail"])


def named(slots: Iterable[Slot], name: str) -> Iterator[Slot]:
    """Yield the slots that declare the distribution ``name``."""
    wanted = canonicalize_name(name)
    yield from (slot for slot in slots if slot.key == wanted)


def name_of(requirement: str) -> str:
    """Return the canonical name in a requirement; empty when it has none."""
    made = read(requirement)
    return canonicalize_name(made.name) if made else ""
