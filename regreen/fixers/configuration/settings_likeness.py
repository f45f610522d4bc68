"""How likely a mended settings file is the one that was meant.

A slip that is mended at the wrong place leaves traces: settings that the commit before had are
gone, a key that can be seen in the text is none, a value holds what looks like the next setting.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from regreen.fixers.configuration.settings_forms import Folded, Twice

_SEEN = re.compile(
    r"^[ \t]*(?:-[ \t]+)*[\"']?([A-Za-z_][\w.-]*)[\"']?[ \t]*(?:=|:(?=[ \t\n]|$))", re.M
)
_ODD_KEY = re.compile(r"[\s\"'\[\]{}=,#]")
_ODD_VALUE = re.compile(
    r"(?:^|\s)[\w-]+(?:: | = )|^[\"'][^\"']*$|^[^\"'\s]*[\"']$|\" ?#|[\[\]{}] ?#"
)
_HANGING = re.compile(r"^[,\]\[{}]|^- |[,\[{]$|^\s|\s$")


def likeness(data: Any, before: Any, seen: Counter[str]) -> int:
    """Return how much speaks against ``data``, the less the better.

    ``before`` is what the commit before had (``None``: not known), ``seen`` how often each name can
    be seen as a key in the broken text.
    """
    lost = 0
    if before is not None:
        lost = sum((Counter(leaves(before)) - Counter(leaves(data))).values())
    unseen = sum((seen - Counter(_names(data))).values())
    return lost + 2 * unseen + sum(oddness(data))


def seen_keys(text: str) -> Counter[str]:
    """Return the names that look like keys in ``text``, whatever is broken around them."""
    return Counter(_SEEN.findall(text))


def _names(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield str(key)
            yield from _names(value)
    elif isinstance(data, list):
        for one in data:
            yield from _names(one)


def leaves(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every single value of ``data`` with the keys that lead to it; lists have no numbers."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, (*path, str(key)))
        if not data:
            yield path, "{}"
    elif isinstance(data, list):
        for value in data:
            yield from leaves(value, (*path, "-"))
        if not data:
            yield path, "[]"
    else:
        yield path, repr(data)


def oddness(data: Any) -> Iterator[int]:
    """Yield a number for everything that settings seldom hold."""
    if isinstance(data, dict):
        yield 3 * len(data.keys_twice) if isinstance(data, Twice) else 0
        for key, value in data.items():
            yield 2 * bool(_ODD_KEY.search(str(key)) and not re.search(r"[*/.:]", str(key)))
            yield from oddness(value)
    elif isinstance(data, list):
        texts = [one for one in data if isinstance(one, str)]
        spaced = sum(" " in one for one in texts)
        yield spaced if spaced * 3 <= len(texts) else 0
        mixed = len(texts) < len(data)
        yield sum(2 for one in texts if mixed and re.search(r"[\s:]", one))
        shapes = {frozenset(one) for one in data if isinstance(one, dict)}
        yield max(len(shapes) - 1, 0)
        for one in data:
            yield from oddness(one)
    elif isinstance(data, str):
        yield 2 * bool(_ODD_VALUE.search(data)) + bool(_HANGING.search(data))
        yield 2 * isinstance(data, Folded)
        yield 2 * bool(data[-1:] in {'"', "'"} and data.count(data[-1]) % 2)
