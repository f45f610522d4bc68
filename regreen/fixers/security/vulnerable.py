"""Moves vulnerable dependencies to the smallest release in which what was found is mended.

Versions are taken from what the scanner prints (tables of pip-audit, Trivy, OSV-Scanner and their
like; the lines of Safety), the place from what the job installs from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from regreen.fixers.dependencies.constrain import Constraint, constrained
from regreen.fixers.invocations import find
from regreen.model import Category, Failure, Idea, Severity, ToolRun
from regreen.scene import Scene

ID = "vulnerable-dependency"
DOCS = "https://github.com/pypa/pip-audit#readme"

_GAP = re.compile(r"\s{2,}|\t")
_FRAME = re.compile(r"^[\s|│┃+=─━├┤┼┌┐└┘┬┴╇╈-]*$")
_RULER = re.compile(r"\s*-+(?:\s+-+)+\s*")
_BARS = re.compile(r"[|│┃]")
_NAMES = frozenset({"name", "package", "library", "dependency"})
_INSTALLED = frozenset({"version", "installed version", "installed"})
_FIXED = frozenset({"fix versions", "fixed version", "fixed in", "fixed versions", "fix version"})
_SAFETY = re.compile(
    r"Vulnerability found in (?P<name>\S+) version (?P<version>\S+).*?"
    r"Affected spec: (?P<spec>[^\n]+)",
    re.DOTALL,
)
_TOOL_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_FURTHER = 2
"""Later releases that are tried where the smallest one does not pass."""


@dataclass(frozen=True, slots=True)
class Found:
    """A vulnerable release, and the versions in which one finding is mended."""

    name: str
    version: str
    fixed: tuple[str, ...]


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield ideas that ask for releases in which nothing known is left."""
    if failure.category != Category.SECURITY_SCAN:
        return
    least = _least(list(_findings(scene)))
    if least:
        for further in range(_FURTHER + 1):
            wanted = [_constraint(name, *pair, further, scene) for name, pair in least.items()]
            words = ", ".join(f"{one.name}{one.clause}" for one in wanted)
            why = f"the vulnerable releases are left: {words}"
            yield from constrained(ID, why, wanted, scene)
    for invocation in find("npm", scene.script, scene.output):
        if invocation.arguments[:1] == ("audit",):
            why = "npm moves vulnerable packages to releases that the ranges allow"
            command = "npm audit fix --package-lock-only || test $? -eq 1"
            asks = Severity.MEDIUM
            yield ToolRun(ID, why, command, scene.directory, from_start=True, severity=asks)
            return


def _findings(scene: Scene) -> Iterator[Found]:
    yield from table(scene.output)
    for found in _SAFETY.finditer(scene.output):
        name, version = found["name"], found["version"]
        yield Found(name, version, _outside(name, version, found["spec"], scene))


def table(output: str) -> Iterator[Found]:
    """Yield what the tables of a scanner say, told by the names of their columns."""
    columns: dict[str, int] = {}
    cuts: list[int] = []
    last = known = ""
    rows = output.splitlines()
    for row, below in zip(rows, [*rows[1:], ""], strict=True):
        if _FRAME.match(row):
            continue
        if _RULER.fullmatch(below):
            cuts = [found.start() for found in re.finditer(r"-+", below)]
        cells = _cells(row, cuts)
        named = _columns(cells)
        if named is not None:
            columns, last = named, ""
            continue
        if not columns or len(cells) <= max(columns.values()):
            continue
        name = re.sub(r"\s*\(.*\)$", "", cells[columns["name"]]) or last
        fixed = tuple(re.findall(r"\d[\w.+!-]*", cells[columns["fixed"]]))
        version = cells[columns["version"]] or (known if name == last else "")
        if _TOOL_NAME.fullmatch(name) and _version(version) and fixed:
            last, known = name, version
            yield Found(name, version, fixed)


def _cells(row: str, cuts: Sequence[int]) -> list[str]:
    """Return the cells of a row; ``cuts`` are where the columns of a ruled table begin."""
    if cuts and not _BARS.search(row):
        ends = [*cuts[1:], len(row)]
        return [row[start:end].strip() for start, end in zip(cuts, ends, strict=True)]
    plain = row.strip()
    if _BARS.search(plain):
        return [cell.strip() for cell in _BARS.split(plain.strip("|│┃"))]
    return _GAP.split(plain)


def _columns(cells: Sequence[str]) -> dict[str, int] | None:
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        plain = " ".join(cell.lower().split())
        for key, words in (("name", _NAMES), ("version", _INSTALLED), ("fixed", _FIXED)):
            if plain in words:
                found.setdefault(key, at)
    return found if len(found) == 3 else None


def _least(findings: Sequence[Found]) -> dict[str, tuple[str, str]]:
    """Return, by name, the installed version and the least one that mends all of its findings."""
    wanted: dict[str, tuple[str, str]] = {}
    for one in findings:
        installed = _version(one.version)
        later = [v for v in map(_version, one.fixed) if v and installed and v > installed]
        if not later:
            continue
        name = canonicalize_name(one.name)
        known = wanted.get(name)
        best = min(later)
        if known is None or Version(known[1]) < best:
            wanted[name] = (one.version, str(best))
    return wanted


def _constraint(name: str, installed: str, least: str, further: int, scene: Scene) -> Constraint:
    """Return what is asked for; with ``further`` the so-many-eth release behind the least one."""
    del installed
    if further and scene.index is not None:
        later = [
            release.version
            for release in scene.index.releases(name)
            if not release.yanked
            and (version := _version(release.version))
            and version > Version(least)
            and not version.is_prerelease
        ]
        least = later[min(further, len(later)) - 1] if later else least
    return Constraint(name, f">={least}", "the release before is vulnerable", least)


def _outside(name: str, version: str, spec: str, scene: Scene) -> tuple[str, ...]:
    """Return releases that Safety's affected versions leave out."""
    try:
        affected = [SpecifierSet(part.strip()) for part in spec.split("||") if part.strip()]
    except InvalidSpecifier:
        return ()
    installed = _version(version)
    if scene.index is not None and installed is not None:
        return tuple(
            one.version
            for one in scene.index.releases(name)
            if (at := _version(one.version)) and at > installed and not at.is_prerelease
            and not one.yanked and not any(at in part for part in affected)
        )  # fmt: skip
    return tuple(re.findall(r"<\s*(\d[\w.]*)", spec))


def _version(text: str) -> Version | None:
    try:
        return Version(text.strip())
    except InvalidVersion:
        return None
