"""How a search ends: with fixes after which the job passed once, or with a reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regreen.git import Scratch, Tree
from regreen.jobs.workshop import Workshop
from regreen.model import Advice, Idea, Patch, Rejected, Severity, Try
from regreen.verify.stand import Kept, severity_of


@dataclass(frozen=True, slots=True)
class Found:
    """Fixes after which the job passed once; not yet proven.

    ``kept`` are the ideas in their order, each with what it made of the files; ``workshop`` is what
    the patched job runs in. ``tries`` is the whole search.
    """

    patch: Patch
    tree: Tree
    rejected: tuple[Rejected, ...]
    workshop: Workshop
    kept: tuple[Kept, ...] = ()
    tries: tuple[Try, ...] = ()
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True, slots=True)
class NothingFound:
    """No idea turned the job green.

    ``refused`` when one would have, but was not honest; ``spent`` when the budget ended the search;
    ``held`` when ideas ask for more review than was allowed.
    """

    reason: str
    rejected: tuple[Rejected, ...]
    refused: bool
    spent: bool
    held: bool = False
    tries: tuple[Try, ...] = ()
    advice: tuple[Advice, ...] = ()


def patch_of(scratch: Scratch, base: Tree, tree: Tree, kept: Sequence[Kept]) -> Patch:
    """Return the change from ``base`` to ``tree`` as a patch that the ideas ``kept`` made."""
    order = list(Severity)
    asked = [severity_of(one.idea) for one in kept]
    reviews = (getattr(one.idea, "review", "") for one in kept)
    return Patch(
        diff=scratch.diff(base, tree),
        fixers=tuple(dict.fromkeys(one.idea.fixer for one in kept)),
        why=tuple(dict.fromkeys(words_of(one.idea) for one in kept)),
        files=tree.changed(base),
        severity=max(asked, key=order.index, default=Severity.LOW),
        review=tuple(dict.fromkeys(words for words in reviews if words)),
    )


def words_of(idea: Idea) -> str:
    """Return why an idea may help, or what it advises."""
    return idea.text if isinstance(idea, Advice) else idea.why
