"""Which Python a job means: the version requests of actions/setup-python, and who satisfies them.

A request is what stands at ``python-version``: npm's ranges (``3.x``, ``~3.11``, ``^3.9``,
``>=3.9 <3.13``, ``3.8 - 3.10``, ``3.11 || 3.12``), ``3.13-dev``, and PEP 440's own specifiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

_PART = r"v?(?:\d+|[xX*])(?:\.(?:\d+|[xX*])){0,2}"
_PRE = r"(?:-?(?:alpha|beta|rc|a|b)\.?\d*)?(?:-dev)?"
_TOKEN = re.compile(rf"(~=|===?|!=|>=|<=|>|<|~|\^|=)?\s*({_PART}{_PRE})(?=[\s,]|$)")
_HYPHEN = re.compile(rf"\s*({_PART}{_PRE})\s+-\s+({_PART}{_PRE})\s*")
_PATCHES = range(100)
_STAGES = tuple((stage, number) for stage in ("a", "b", "rc") for number in range(10))


class RequestUnreadable(ValueError):
    """A version request that is none (the message says why)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One version request: alternatives, each a set of bounds; ``pre`` lets pre-releases in."""

    text: str
    alternatives: tuple[SpecifierSet, ...]
    pre: bool

    @classmethod
    def parse(cls, text: str) -> Request:
        """Read what stands at ``python-version``. Raises `RequestUnreadable`."""
        name = text.strip().lower()
        if name.startswith(("pypy", "graalpy")):
            raise RequestUnreadable(f"{text} is not CPython, and only CPython is served here")
        name = re.sub(r"^(c?python)[-@ ]?", "", name)
        if re.fullmatch(r"\d+\.\d+(\.\d+)?t(-dev)?", name):
            raise RequestUnreadable(f"{text} is a free-threaded build, and none is served here")
        alternatives = tuple(_bounds(part, text) for part in name.split("||"))
        pre = bool(re.search(r"-dev|\d-?(a|b|rc|alpha|beta)", name))
        return cls(text, alternatives, pre)

    def admits(self, version: Version) -> bool:
        """Whether ``version`` is one of those asked for."""
        if version.is_prerelease and not self.pre:
            return False
        return any(bounds.contains(version, prereleases=True) for bounds in self.alternatives)

    def admits_minor(self, version: Version) -> bool:
        """Whether some patch release of ``version``'s minor is one of those asked for."""
        if version.is_prerelease and not self.pre:
            return False
        minor = f"{version.major}.{version.minor}"
        candidates = [f"{minor}.{patch}" for patch in _PATCHES]
        if self.pre:
            candidates += [f"{minor}.0{stage}{number}" for stage, number in _STAGES]
        return any(self.admits(Version(candidate)) for candidate in candidates)


def choose(request: Request, versions: Iterable[Version]) -> Version | None:
    """Return the newest version asked for, else the newest of a minor asked for, else ``None``."""
    newest = sorted(versions, reverse=True)
    exact = next((version for version in newest if request.admits(version)), None)
    return exact or next((version for version in newest if request.admits_minor(version)), None)


def _bounds(part: str, text: str) -> SpecifierSet:
    hyphen = _HYPHEN.fullmatch(part)
    if hyphen:
        return SpecifierSet(",".join([*_partial(">=", hyphen[1]), *_partial("<=", hyphen[2])]))
    pieces: list[str] = []
    rest = part.strip(" ,")
    while rest:
        token = _TOKEN.match(rest)
        if token is None:
            raise RequestUnreadable(f"{text!r} is not a Python version or a range of them")
        pieces += _partial(token[1] or "", token[2])
        rest = rest[token.end() :].lstrip(" ,")
    try:
        return SpecifierSet(",".join(pieces))
    except InvalidSpecifier as error:
        raise RequestUnreadable(f"{text!r} is not a Python version: {error}") from error


def _partial(operator: str, version: str) -> list[str]:
    """Return npm's reading of an operator and a version that may lack parts, in PEP 440's words."""
    version = version.removeprefix("v").removesuffix("-dev")
    numbers = re.findall(r"\d+", re.split(r"\.?[xX*]|-?(?:a|b|rc|alpha|beta)", version)[0])
    if not numbers:
        return [">=0"]
    if operator in {"~=", "!=", "==="} or (operator == "==" and "*" not in version):
        return [f"{operator}{version if version.endswith('.*') else _plain(version)}"]
    if operator in {"", "="} and len(numbers) < 3:
        operator = "=="
    whole = len(numbers) == 3
    start = _plain(version) if whole else ".".join(numbers)
    match operator:
        case "" | "=" | "==":
            return [f"=={start}" if whole else f"=={start}.*"]
        case "~":
            return [f">={start}", f"=={'.'.join(numbers[:2])}.*"]
        case "^":
            return [f">={start}", f"=={numbers[0]}.*"]
        case ">" | "<=" if not whole:
            edge = ".".join([*numbers[:-1], str(int(numbers[-1]) + 1)])
            return [f">={edge}" if operator == ">" else f"<{edge}"]
        case _:
            return [f"{operator}{start}"]


def _plain(version: str) -> str:
    """``3.13.0-beta.1`` as PEP 440 writes it."""
    try:
        return str(Version(version.replace("-", "", 1)))
    except InvalidVersion as error:
        raise RequestUnreadable(f"{version!r} is not a Python version") from error
