"""Find fixers: regreen's own and those of installed distributions, by their entry points.

An entry point of the group ``regreen.fixers`` names a fixer (a module, an object) or a tuple of
them. Only what is installed beside regreen counts: nothing of the repository that is mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from regreen.fixers.failing import words_of
from regreen.fixers.fixer import Fixer

GROUP = "regreen.fixers"
_OWN = "regreen"


@dataclass(frozen=True, slots=True)
class Broken:
    """An entry point that gives no fixer, and why."""

    name: str
    reason: str


def found(
    points: Iterable[EntryPoint] | None = None,
) -> tuple[tuple[Fixer, ...], tuple[Broken, ...]]:
    """Return all fixers, regreen's own first, users' by the names of their entry points.

    ``points`` are the entry points to look at (``None``: all that are installed). One that cannot
    be loaded, or gives what is no fixer, is named and left out.
    """
    chosen = entry_points(group=GROUP) if points is None else points
    fixers: list[Fixer] = []
    broken: list[Broken] = []
    for point in sorted(chosen, key=lambda p: (p.name != _OWN, p.name, p.value)):
        try:
            fixers += _checked(point.load())
        except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything
            broken.append(Broken(f"{point.name} = {point.value}", words_of(error)))
    return tuple(fixers), tuple(broken)


def _checked(loaded: object) -> Iterator[Fixer]:
    for one in loaded if isinstance(loaded, tuple | list) else (loaded,):
        for name, kind in (("ID", str), ("DOCS", str)):
            if not isinstance(getattr(one, name, None), kind):
                raise TypeError(f"{one!r} has no {name}")
        if not callable(getattr(one, "propose", None)):
            raise TypeError(f"{one!r} has no propose(failure, scene)")
        yield one
