"""How a project is built and installed: by whom, which of its files, for which Pythons.

What is not installed is not tested, and a build back end of the repository's own may do anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from regreen.verify.guard import checkers
from regreen.verify.guard.standins import PROGRAMS, Ground

_MINORS = range(7, 20)
_UNPACKED: tuple[tuple[tuple[str, ...], str], ...] = (
    (("tool", "uv", "package"), "true"),
    (("tool", "poetry", "package-mode"), "true"),
    (("tool", "pdm", "distribution"), "true"),
)
"""Switches without which the project itself is installed, with what they say then."""
_PACKAGES: tuple[tuple[str, ...], ...] = (
    ("tool", "setuptools", "packages"),
    ("tool", "setuptools", "py-modules"),
    ("tool", "poetry", "packages"),
    ("tool", "hatch", "build", "targets", "wheel", "packages"),
    ("tool", "hatch", "build", "targets", "wheel", "only-include"),
    ("tool", "pdm", "build", "includes"),
    ("options", "packages"),
    ("options", "py_modules"),
)
_FOLDERS: tuple[tuple[str, ...], ...] = (
    *_PACKAGES,
    ("tool", "setuptools", "package-dir"),
    ("tool", "setuptools", "packages", "find", "where"),
    ("tool", "poetry", "packages"),
    ("tool", "pytest", "ini_options", "pythonpath"),
    ("tool", "pytest", "pythonpath"),
    ("tool", "mypy", "mypy_path"),
    ("tool", "pyright", "stubPath"),
    ("tool", "pyright", "extraPaths"),
    ("options", "package_dir"),
    ("options.packages.find", "where"),
    ("pytest", "pythonpath"),
    ("tool:pytest", "pythonpath"),
    ("mypy", "mypy_path"),
)
"""Options that say which folders are installed, imported from, or read for types."""
_SEARCHED = tuple(place for place in _FOLDERS if place[-1] in {"pythonpath", "mypy_path"})
_LEFT_OUT: tuple[tuple[str, ...], ...] = (
    ("tool", "uv", "override-dependencies"),
    ("tool", "uv", "exclude-dependencies"),
    ("tool", "uv", "environments"),
    ("tool", "pdm", "resolution", "overrides"),
    ("tool", "pdm", "resolution", "excludes"),
    ("tool", "uv", "no-sources"),
    ("tool", "uv", "exclude-newer"),
    ("options", "dependency_links"),
    ("tool", "setuptools", "dependency-links"),
    ("tool", "setuptools", "cmdclass"),
    ("options", "cmdclass"),
    ("global", "setup_hooks"),
)
"""Options that put something else in the place of what is declared."""
_RUN_BY_NAME = (("project", "scripts"), ("tool", "poetry", "scripts"), ("project", "gui-scripts"))


def objections(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any], ground: Ground
) -> list[str]:
    """Return why what is built or installed is not what it was."""
    reasons = _backend(before, after, path, ground)
    for place, usual in _UNPACKED:
        old, new = (str(_at(side, place, usual)).lower() for side in (before, after))
        if old == usual != new:
            reasons.append(f"it no longer installs the project itself: {path}")
    for place in _PACKAGES:
        packages = _at(after, place)
        if packages != _at(before, place) and packages is not None and not packages:
            reasons.append(f"it installs none of the project's packages: {path}")
    for place in _FOLDERS:
        told = set(_words(_at(before, place)))
        for word in dict.fromkeys(_words(_at(after, place))):
            if word not in told and ground.is_only_added(word):
                reasons.append(f"it takes code from the new folder {word[:40]!r}: {path}")
    for place in _SEARCHED:
        first, second = (_words(_at(side, place)) for side in (before, after))
        if first and second[: len(first)] != first and set(second) - set(first):
            reasons.append(f"it looks for modules elsewhere first, {second[0][:40]!r}: {path}")
    reasons += _replaced(before, after, path) + _left_out(before, after, path)
    return reasons + _named(before, after, path) + _pythons(before, after, path, ground)


def _replaced(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> list[str]:
    reasons = []
    for place in _LEFT_OUT:
        old, new = (_words(_at(side, place)) for side in (before, after))
        if set(new) - set(old):
            reasons.append(f"it replaces what is declared, {'.'.join(place)[:60]}: {path}")
    return reasons


def _left_out(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> list[str]:
    reasons = []
    groups = [_at(side, ("tool", "poetry", "group"), {}) for side in (before, after)]
    for name, group in groups[1].items() if isinstance(groups[1], Mapping) else ():
        if _at(group, ("optional",)) is True and not _at(groups[0], (name, "optional")):
            reasons.append(f"it no longer installs the group {name!r}: {path}")
    default = [_words(_at(side, ("tool", "uv", "default-groups"))) for side in (before, after)]
    if "all" not in default[1] and (gone := sorted(set(default[0]) - set(default[1]))):
        reasons.append(f"it no longer installs the group {gone[0]!r}: {path}")
    return reasons


def _backend(
    before: Mapping[str, Any], after: Mapping[str, Any], path: str, ground: Ground
) -> list[str]:
    place = ("build-system", "backend-path")
    if _at(after, place) != _at(before, place) and _at(after, place):
        return [f"it builds with code of the repository's own: {path}"]
    name = str(_at(after, ("build-system", "build-backend"), ""))
    if name == str(_at(before, ("build-system", "build-backend"), "")):
        return []
    module = re.split(r"[.:]", name)[0].replace("_", "-")
    needs = [str(n) for n in _words(_at(after, ("build-system", "requires")))]
    known = {"setuptools": "setuptools", "poetry": "poetry-core", "flit-core": "flit-core"}
    wanted = known.get(module, module).replace("-", "")
    if not any(re.sub(r"[-_.]", "", n).lower().startswith(wanted.lower()) for n in needs):
        return [f"it builds with {name[:40]!r}, which nothing that it requires provides: {path}"]
    return []


def _named(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> list[str]:
    """Scripts of the project under the name of a program that CI runs."""
    found: list[str] = []
    for place in _RUN_BY_NAME:
        old, new = (_at(side, place) or {} for side in (before, after))
        if isinstance(new, dict) and isinstance(old, dict):
            found += sorted(new.keys() - old.keys())
    rows = [
        str(_at(side, ("options.entry_points", "console_scripts")) or "")
        for side in (before, after)
    ]
    names = [{r.partition("=")[0].strip() for r in text.split("\n")} for text in rows]
    found += list(names[1] - names[0])
    return [
        f"it installs a program of its own under the name {name}: {path}"
        for name in sorted(found)
        if checkers.is_checker(name) or name in PROGRAMS
    ]


def _pythons(
    before: Mapping[str, Any], after: Mapping[str, Any], path: str, ground: Ground
) -> list[str]:
    """The project may not give up a Python that its own CI, or its own classifiers, name."""
    for place in (
        ("project", "requires-python"),
        ("tool", "poetry", "dependencies", "python"),
        ("options", "python_requires"),
    ):
        old, new = (_served(_at(side, place)) for side in (before, after))
        lost = sorted(old - new)
        if lost and _at(after, place) is not None:
            kept = [minor for minor in lost if ground.runs_on(f"3.{minor}")]
            if kept or not new or _classified(after) & set(lost):
                shown = f"3.{(kept or lost)[0]}"
                return [f"it no longer supports Python {shown}, which is still named: {path}"]
    return []


def _classified(data: Mapping[str, Any]) -> set[int]:
    rows = _words(_at(data, ("project", "classifiers"))) + _words(
        _at(data, ("tool", "poetry", "classifiers"))
    )
    return {int(m[1]) for r in rows if (m := re.search(r"Python :: 3\.(\d+)$", r.strip()))}


def _served(text: Any) -> set[int]:
    if text is None:
        return set(_MINORS)
    plain = re.sub(r"\^\s*(\d[\d.]*)", r">=\1,<4", str(text))
    plain = re.sub(r"~\s*(3\.\d+)(?![\d.=])", r"==\1.*", plain)
    try:
        allowed = SpecifierSet(plain)
    except InvalidSpecifier:
        return set(_MINORS)
    return {m for m in _MINORS if any(allowed.contains(f"3.{m}.{p}") for p in (0, 5, 20))}


def _words(value: Any) -> list[str]:
    return list(_each(value))


def _each(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"include", "from"} or not isinstance(inner, str):
                yield from _each(inner)
            else:
                yield inner if "/" in inner or not inner else f"{inner}"
    elif isinstance(value, list):
        for inner in value:
            yield from _each(inner)
    elif value is not None:
        yield from (w for w in re.split(r"[\n,;]|\s{2,}", str(value)) if w.strip())


def _at(data: Any, place: tuple[str, ...], unset: Any = None) -> Any:
    for key in place:
        data = data.get(key) if isinstance(data, Mapping) else None
    return unset if data is None else data
