"""What the imports of a test file bind: the same things as before, wherever they now lie."""

from __future__ import annotations

from collections.abc import Iterator

from regreen.verify.guard.backports import is_shadowed_by
from regreen.verify.guard.reference import Reference, same_import


def objections(path: str, reference: Reference, loaded: frozenset[str]) -> list[str]:
    """Return which names a test file takes from elsewhere than before.

    ``loaded`` are the names that the old version uses.
    """
    old, new = reference.sources
    reasons: list[str] = []
    for name, sources in new.items():
        if sources == old.get(name):
            continue
        if name == "*":
            reasons += _of_stars(reference)
        elif name in old:
            if not same_import(name, reference):
                reasons.append(f"it takes {name!r} from {sources[-1]} instead of {old[name][-1]}")
        elif name in loaded:
            reasons += _of_known(name, sources, reference)
    return [f"{reason}: {path}" for reason in reasons]


def _of_stars(reference: Reference) -> Iterator[str]:
    """Note modules all of whose names are taken now, and may hide those taken before."""
    old, new = ([_module(s) for s in side.get("*", ())] for side in reference.sources)
    for module in new:
        if not any(reference.follows(before, module) for before in old):
            yield f"it takes all names from {module}"


def _of_known(name: str, sources: tuple[str, ...], reference: Reference) -> Iterator[str]:
    """Note where a name comes from that the tests used, and that no import named before."""
    stars = [_module(s) for s in reference.sources[0].get("*", ())]
    for source in sources:
        if reference.origins.is_added(source):
            yield f"it takes {name!r} from a file that it adds, {source}"
        elif is_shadowed_by(name, source) and name not in reference.own:
            yield f"it takes {name!r} from {source} instead of Python"
        elif stars and not any(_of_one_root(star, source, reference) for star in stars):
            yield f"it takes {name!r} from {source} instead of {stars[-1]}"


def _module(star: str) -> str:
    """Return the module of ``from module import *``."""
    return star.removesuffix("*").removesuffix(".") or "."


def _of_one_root(star: str, source: str, reference: Reference) -> bool:
    """Whether a name may have come with ``from star import *``: it is of the same package."""
    places = [reference.origins.place(name) for name in (star, source)]
    if places[0] is not None and places[1] is not None:
        return places[0].of_tests or not places[1].of_tests
    return star.partition(".")[0] == source.partition(".")[0]
