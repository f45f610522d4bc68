"""What a search brings along: the user's own actions, and what earlier searches taught."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regreen.case import Case
from regreen.config import Settings
from regreen.deliver import Summary
from regreen.history import History, Ordering, Recovery, open_history
from regreen.model import Consulted, Failure, Idea, Try
from regreen.report import Reporter
from regreen.scene import Scene
from regreen.verify import Ideas

if TYPE_CHECKING:
    from regreen.fixers import Fixer

Tell = Callable[[str], None]


@dataclass(slots=True)
class Heard:
    """What the user's own fixers and actions said, for whoever writes one and sees nothing of it.

    ``own`` are these fixers. Each is told of once where it has no idea.
    """

    own: tuple[Fixer, ...] = ()
    found: dict[str, Consulted] = field(default_factory=dict)

    def all(self) -> tuple[Consulted, ...]:
        """Return who was asked, in the order of asking."""
        return tuple(self.found.values())

    def broken(self, name: str, problem: str) -> None:
        """Note one that could not be loaded."""
        self.found[name] = Consulted(name, 0, f"cannot be used: {problem}")

    def ideas(
        self, fixer: Fixer, ideas: Callable[[Tell], Iterable[Idea]], tell: Tell
    ) -> Iterator[Idea]:
        """Yield what ``fixer`` has, noting it where the fixer is one of the user's."""
        if all(fixer is not one for one in self.own):
            yield from ideas(tell)
            return
        known = self.found.get(fixer.ID)
        self.found.setdefault(fixer.ID, Consulted(fixer.ID))

        def failed(words: str) -> None:
            self.found[fixer.ID] = replace(self.found[fixer.ID], problem=words)
            tell(words)

        for idea in ideas(failed):
            one = self.found[fixer.ID]
            self.found[fixer.ID] = replace(one, ideas=one.ideas + 1)
            yield idea
        if known is None and self.found[fixer.ID] == Consulted(fixer.ID):
            tell(f"{fixer.ID}: {Consulted(fixer.ID).words}")


@dataclass(frozen=True, slots=True)
class Experience:
    """``history`` is what was tried before (``None``: nothing), ``actions`` the user's own.

    ``heard`` is what the user's own fixers and actions said, as far as they were asked.
    """

    history: History | None = None
    actions: tuple[Mapping[str, Any], ...] = ()
    heard: Heard = field(default_factory=Heard)

    def ideas(self, reporter: Reporter) -> Ideas:
        """Return what asks all fixers for ideas, in the order that the history teaches.

        Raises UsageError for an action that is wrong.
        """
        from regreen.fixers import found  # a reproduction needs none of them
        from regreen.fixers.actions import built_in, own_actions

        before, after = own_actions(self.actions)
        fixers, broken = found()
        for one in broken:
            reporter.note(f"the fixer {one.name} cannot be used: {one.reason}")
            self.heard.broken(one.name, one.reason)
        ordering = self.history.ordering() if self.history else Ordering()
        every = (*before, *fixers, *after)
        self.heard.own = tuple(one for one in every if all(one is not own for own in built_in()))
        return partial(
            _ordered, fixers=every, ordering=ordering, tell=reporter.note, heard=self.heard
        )

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
    tell: Tell,
    heard: Heard,
) -> Iterator[tuple[Failure, Idea]]:
    from regreen.fixers import propose

    named: dict[str, list[Fixer]] = {}
    for fixer in fixers:
        named.setdefault(fixer.ID, []).append(fixer)
    for failure in failures:
        for name in ordering(failure, tuple(named)):
            for fixer in named[name]:
                ask = partial(propose, fixer, failure, scene)
                for idea in heard.ideas(fixer, ask, tell):
                    yield failure, idea
