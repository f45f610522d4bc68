"""What was found, tried and proven before, and what that teaches the next search.

One small database of the user's own, in the user's cache: it is shared by all clones, holds for
runs whose commits were fetched, and no repository can bring one along. It only ever decides in
which order ideas are tried, and names the patch that mended the same failure before.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regreen.history.ordering import Lesson, Ordering
    from regreen.history.records import Attempted, Earlier, Recovery, digest
    from regreen.history.store import FILE, History, open_history

__all__ = [
    "FILE",
    "Attempted",
    "Earlier",
    "History",
    "Lesson",
    "Ordering",
    "Recovery",
    "digest",
    "open_history",
]

_PLACES = {
    "ordering": ("Lesson", "Ordering"),
    "records": ("Attempted", "Earlier", "Recovery", "digest"),
    "store": ("FILE", "History", "open_history"),
}


def __getattr__(name: str) -> Any:
    for module, names in _PLACES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
