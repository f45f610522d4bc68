"""What a search brings along: the user's own actions, and what earlier searches taught."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regreen.case import Case
from regreen.config import Settings
from regreen.deliver import Summary
from regreen.history import History, Ordering, Recovery, open_history
from regreen.model import Failure, Idea, Try
from regreen.report import Reporter
from regreen.scene import Scene
from regreen.verify import Ideas

if TYPE_CHECKING:
    from regreen.fixers import Fixer


@dataclass(frozen=True, slots=True)
class Experience:
    """``history`` is what was tried before (``None``: nothing), ``actions`` the user's own."""

    history: History | None = None
    actions: tuple[Mapping[str, Any], ...] = ()

    def ideas(self, reporter: Reporter) -> Ideas:
        """Return what asks all fixers for ideas, in the order that the history teaches.

        Raises UsageError for an action that is wrong.
        """
        from regreen.fixers import found  # a reproduction needs none of them
        from regreen.fixers.actions import own_actions

        before, after = own_actions(self.actions)
        fixers, broken = found()
        for one in broken:
            reporter.note(f"the fixer {one.name} cannot be used: {one.reason}")
        ordering = self.history.ordering() if self.history else Ordering()
        every = (*before, *fixers, *after)
        return partial(_ordered, fixers=every, ordering=ordering, tell=reporter.note)

    def hint(self, case: Case, failure: Failure, reporter: Reporter) -> None:
        """Say which patch mended the same failure before, if one did."""
        earlier = self.history.earlier(failure, case.name) if self.history else None
        if earlier is not None:
            reporter.note(earlier.words)

    def remember(self, case: Case, failure: Failure, ended: Summary, tries: Iterable[Try]) -> None:
        """Keep how the search for ``failure`` ended."""
        if self.history is None:
            return
        known = tuple(tries)
        patch = Path(ended.patch).resolve() if ended.patch else None
        self.history.remember(
            Recovery.of(
                failure,
                repository=case.name,
                commit=case.commit,
                workflow=case.job.workflow,
                job=case.job.name,
                status=ended.status,
                tries=known,
                fixers=ended.fixers if patch else (),
                severity=ended.severity or "",
                patch=str(patch) if patch and not case.request.dry else "",
                mail=patch.read_bytes() if patch else b"",
                seconds=ended.reproduction_seconds + sum(one.seconds for one in known),
            )
        )


@contextmanager
def experience(settings: Settings, reporter: Reporter) -> Iterator[Experience]:
    """Yield what ``settings`` give a search: their actions, and the history if they want one."""
    with open_history(settings.cache, reporter.note, wanted=settings.history) as history:
        yield Experience(history, settings.actions)


def _ordered(
    failures: Sequence[Failure],
    scene: Scene,
    *,
    fixers: Sequence[Fixer],
    ordering: Ordering,
    tell: Callable[[str], None],
) -> Iterator[tuple[Failure, Idea]]:
    from regreen.fixers import propose

    named: dict[str, list[Fixer]] = {}
    for fixer in fixers:
        named.setdefault(fixer.ID, []).append(fixer)
    for failure in failures:
        for name in ordering(failure, tuple(named)):
            for fixer in named[name]:
                for idea in propose(fixer, failure, scene, tell):
                    yield failure, idea
