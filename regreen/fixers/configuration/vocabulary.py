"""All keys and words that a workflow file may have, and which of them a misspelled one is near."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache

from regreen.jobs.schema import Shape, shapes
from regreen.jobs.workflow_schema import workflow_rules

_CUTOFF = 0.6
_MOST = 5


@cache
def keys() -> tuple[str, ...]:
    """Return every key that the schema knows anywhere, sorted."""
    return tuple(sorted({name for shape in _shapes() for f in shape.mappings for name in f.known}))


@cache
def words() -> tuple[str, ...]:
    """Return every text that the schema lists as a value anywhere, sorted."""
    found = {one for shape in _shapes() if shape.text for one in shape.text.only or ()}
    return tuple(sorted(found))


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return what of ``known`` ``name`` may be meant to be: the same but for signs, then alike."""
    plain: dict[str, list[str]] = {}
    for one in known:
        plain.setdefault(_plain(one), []).append(one)
    own = _plain(name)
    same = [*plain.get(own, ()), *plain.get(f"{own}s", ()), *plain.get(own.removesuffix("s"), ())]
    alike = difflib.get_close_matches(own, list(plain), n=_MOST, cutoff=_CUTOFF)
    found = [*same, *(one for key in alike for one in plain[key])]
    return [one for one in dict.fromkeys(found) if one != name][:_MOST]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def _shapes() -> tuple[Shape, ...]:
    return tuple(shapes(workflow_rules()))
