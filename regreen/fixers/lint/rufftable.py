"""What regreen takes from ruff: whose complaints it answers, which unsafe fixes are good enough.

The choice is data (``data/ruff_fixes.toml``); whether ruff can mend a code is ruff's own to say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Any

from regreen.model import Failure
from regreen.scene import Files

_CODE = re.compile(r"[A-Z]{1,5}\d{1,5}")
_PYFLAKES = {
    "imported but unused": "F401",
    "is assigned to but never used": "F841",
    "is missing placeholders": "F541",
    "to compare constant literals": "F632",
    "redefinition of unused": "F811",
}
"""How pyflakes, which has no codes, words what ruff has codes for."""
_FLAKE8_FAMILY = frozenset({"flake8", "pycodestyle", "pyflakes", "pydocstyle"})


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = (
        resources.files("regreen.fixers.lint").joinpath("data/ruff_fixes.toml").read_text("utf-8")
    )
    return tomllib.loads(text)


@cache
def _fixable() -> frozenset[str]:
    place = resources.files("regreen.fixers.lint").joinpath("data/ruff_fixable.toml")
    return frozenset(tomllib.loads(place.read_text("utf-8"))["codes"])


def translated(failure: Failure) -> tuple[str, ...]:
    """Return ruff's codes for what another linter complained about, sorted; empty when none."""
    if failure.tool == "pylint":
        return _sorted(c for code in codes(failure) for c in _table()["pylint"].get(code, ()))
    if failure.tool == "pyflakes":
        said = [d.message for d in failure.diagnostics]
        return _sorted(c for words, c in _PYFLAKES.items() if any(words in text for text in said))
    if failure.tool in _FLAKE8_FAMILY:
        found = (c for code in codes(failure) for c in _table()["flake8"].get(code, [code]))
        return _sorted(c for c in found if any(rule.startswith(c) for rule in _fixable()))
    return ()


def instead(wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the rules of ruff whose fixes take the reason of some of ``wanted`` away, sorted."""
    return _sorted(rule for code in wanted for rule in _table()["instead"].get(code, ()))


def codes(failure: Failure) -> tuple[str, ...]:
    """Return the codes that a failure's diagnostics carry, sorted."""
    return _sorted(d.code for d in failure.diagnostics if d.code and _CODE.fullmatch(d.code))


def acceptable(wanted: Iterable[str], named: Iterable[str], files: Files) -> tuple[str, ...]:
    """Return those of ``wanted`` whose unsafe fix is taken in the files ``named``."""
    texts = [files.text(path) or "" for path in named]
    return tuple(code for code in wanted if _taken(code, texts))


def reasons(taken: Iterable[str]) -> str:
    """Say why the unsafe fixes of these codes are taken, each reason once."""
    entries = ((code, _entry(code)) for code in taken)
    return "; ".join(dict.fromkeys(f"{c}: {e['reason']}" for c, e in entries if e is not None))


def _taken(code: str, texts: list[str]) -> bool:
    entry = _entry(code)
    if entry is None:
        return False
    libraries = "|".join(map(re.escape, entry.get("unless", ())))
    if not libraries:
        return True
    imports = re.compile(rf"^\s*(?:import|from)\s+(?:{libraries})\b", re.MULTILINE)
    return not any(imports.search(text) for text in texts)


def _entry(code: str) -> dict[str, Any] | None:
    entries = _table()["unsafe"]
    return next((entries[p] for p in _prefixes(code) if p in entries), None)


def _prefixes(code: str) -> Iterator[str]:
    letters = code.rstrip("0123456789")
    for length in range(len(code), len(letters) - 1, -1):
        yield code[:length]


def _sorted(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(found)))
