"""Commands that install: what was installed must still be, from where it came, no older.

The project itself is installed from its own tree: the released one of the same name would be
tested in its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from packaging.utils import canonicalize_name

from regreen.verify.guard import checkers, plugins, requirements, sources
from regreen.verify.guard.standins import Ground

_VERSION = re.compile(r"^(?P<name>.*?)(?:==|@|~=|>=|<=|<|>|!=).*$")
_LOCAL = re.compile(r"^(?:\.{1,2}|\$\{?(?:GITHUB_WORKSPACE|PWD)\}?)(?:/[\w./-]*)?(?:\[|$)")
_EXTRAS = re.compile(r"\[(?P<names>[^\]]*)\]")
_PIP = re.compile(r"(?:^| )(?:pip[\d.]*|uv pip|uv add|poetry add|pdm add|pipx)(?: |$)")
_BUILDING = frozenset(
    [
        "build",
        "cython",
        "hatch",
        "hatchling",
        "meson",
        "ninja",
        "numpy",
        "packaging",
        "pip",
        "pipenv",
        "poetry",
        "poetry-core",
        "setuptools",
        "setuptools-scm",
        "tomli",
        "twine",
        "uv",
        "virtualenv",
        "wheel",
        "flit",
        "flit-core",
        "pdm",
        "pdm-backend",
        "maturin",
        "cmake",
        "scikit-build",
        "scikit-build-core",
        "cffi",
        "pybind11",
        "pkgconfig",
        "conda",
    ]
)


def less(old: Sequence[str], new: Sequence[str], where: str, ground: Ground) -> list[str]:
    """Return what the command with the words ``new`` installs less, or otherwise, than ``old``."""
    names = {_name(word) for word in new}
    kept = [
        word
        for word in dict.fromkeys(_name(w) for w in old)
        if word not in names
        and (checkers.is_checker(word) or checkers.is_file(word) or word in checkers.GROUPS)
    ]
    reasons = [f"it no longer installs {word}, which checks: {where}" for word in kept]
    reasons += [
        f"it installs with {word}, which it did not: {where}"
        for word, value in zip(new, [*new[1:], ""], strict=True)
        if word not in old
        and sources.is_option(word)
        and not sources.is_usual(word if "=" in word else value)
    ]
    more = sources.channels(tuple(new)) - sources.channels(tuple(old))
    reasons += [f"it takes packages from elsewhere, {one}: {where}" for one in sorted(more)]
    reasons += [
        f"it takes packages from elsewhere, {word[:60]}: {where}"
        for word in dict.fromkeys(new)
        if "://" in word
        and not sources.is_usual(word)
        and not any(word.split("@")[0] == w.split("@")[0] for w in old)
    ]
    first, second = ([w for w in words if _LOCAL.match(w)] for words in (old, new))
    places = [{w.split("[")[0].removesuffix("/") for w in words} for words in (first, second)]
    if places[0] - places[1]:
        reasons.append(f"it no longer installs the project from its own files: {where}")
    elif lost := sorted(_extras(first) - _extras(second)):
        reasons.append(f"it no longer installs the extra {lost[0]!r} of the project: {where}")
    checked = [requirements.from_lines(w for w in words if _is_named(w)) for words in (old, new)]
    both = {n: r for n, r in checked[0].names.items() if n in checked[1].names}
    reasons += requirements.fewer(requirements.Needs(both), checked[1], where)
    return reasons + added(old, new, where, ground)


def added(old: Sequence[str], new: Sequence[str], where: str, ground: Ground) -> list[str]:
    """Return which packages a command installs more than before, of which nobody here knows."""
    if not _PIP.search(" ".join(new)):
        return []
    known = {canonicalize_name(_name(word)) for word in old}
    own = [w for w in _packages(new) if ground.is_own_name(_name(w)) and _name(w) not in known]
    reasons = [f"it installs a released {w!r} in place of the files: {where}" for w in own]
    return reasons + [
        f"it installs {word!r}, which nothing here uses: {where}"
        for word in dict.fromkeys(_packages(new))
        if (name := canonicalize_name(_name(word))) not in known
        and not _is_known(name, "<" in word, ground)
    ]


def _is_known(name: str, bounded: bool, ground: Ground) -> bool:
    """Whether a package builds, checks, has types, is held back, or is used here."""
    if plugins.is_strange(name):
        return not ground.is_unknown(name)
    if bounded or name in _BUILDING or checkers.is_checker(name):
        return True
    return name.startswith("types-") or name.endswith("-stubs") or not ground.is_unknown(name)


def _packages(words: Sequence[str]) -> list[str]:
    """Return the words of a command that name packages of an index."""
    verbs = [at for at, w in enumerate(words) if w in {"install", "add", "inject"}]
    found, before = [], ""
    for word in words[verbs[0] + 1 :] if verbs else ():
        valued = before.startswith("-") and "=" not in before and before not in _SWITCHES
        if not valued and _is_named(word):
            found.append(word)
        before = word
    return found


_SWITCHES = frozenset(
    [
        *(
            "-U",
            "-q",
            "-qq",
            "-v",
            "-y",
            "-I",
            "--upgrade",
            "--quiet",
            "--user",
            "--pre",
            "--system",
        ),
        *(
            "--no-cache-dir",
            "--force-reinstall",
            "--dev",
            "--no-build-isolation",
            "--break-system-packages",
        ),
        *(
            "--prefer-binary",
            "--no-deps",
            "--isolated",
            "--reinstall",
            "--no-cache",
            "--verbose",
            "--yes",
        ),
    ]
)


def _is_named(word: str) -> bool:
    return bool(re.match(r"[A-Za-z][\w.-]*(?:\[[\w,-]*\])?(?:$|[=<>!~@])", word)) and not re.search(
        r"[/$]|\.(?:txt|whl|gz|zip|toml|in|lock)$", word
    )


def _extras(words: Sequence[str]) -> set[str]:
    return {
        name.strip().lower().replace("_", "-")
        for word in words
        for match in _EXTRAS.finditer(word)
        for name in match["names"].split(",")
        if name.strip()
    }


def _name(word: str) -> str:
    match = _VERSION.match(word)
    return (match["name"] if match else word).split("[")[0].lower()
