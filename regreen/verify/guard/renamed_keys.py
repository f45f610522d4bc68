"""Keys of a workflow that GitHub does not know anywhere: what they hold counts under its real key.

A file with such a key is refused, so the key never did a thing. Where a patch gives the same value
to a key that is known and was not there, nothing but the name changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from regreen.jobs.schema import shapes
from regreen.jobs.workflow_schema import workflow_rules


def as_meant(before: Any, after: Any) -> Any:
    """Return ``before`` with unknown keys under the names that ``after`` has for their values."""
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [as_meant(one, other) for one, other in zip(before, after, strict=True)]
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return before
    made: dict[Any, Any] = {}
    new = [key for key in after if key not in before]
    for key, value in before.items():
        if key in after or key in known_keys():
            made[key] = as_meant(value, after.get(key))
            continue
        named = next((one for one in new if as_meant(value, after[one]) == after[one]), None)
        if named is None or named not in known_keys():
            made[key] = value
        else:
            new.remove(named)
            made[named] = after[named]
    return made


@cache
def known_keys() -> frozenset[str]:
    """Return every key that the schema of workflows knows anywhere."""
    return frozenset(
        name for shape in shapes(workflow_rules()) for f in shape.mappings for name in f.known
    )
