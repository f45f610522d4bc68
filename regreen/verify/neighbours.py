"""Do other jobs fare worse with a patch than without it?

The workflow's test jobs vouch for a patch that changes what code means; with ``--siblings`` the
other combinations of the job's matrix are asked too. Each is run in fresh sandboxes without the
patch and with it. What this room cannot do, finding and planning other jobs, is handed in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from typing import Protocol

from regreen.errors import RegreenError
from regreen.jobs.runner import JobRun, UnsupportedStep
from regreen.jobs.workshop import Workshop
from regreen.model import Compared, Failure, Fared, JobOutcome, StepOutcome
from regreen.report import Reporter
from regreen.verify.counts import passed
from regreen.verify.limit import Limit, LimitSpent
from regreen_sandbox.errors import EngineDied, SandboxError

_NO_TIME = "the time for the verification is over (--verify-limit)"
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Rooms:
    """What a job is run in: with as little as it may need, and with all that it may have."""

    least: Workshop
    wider: Workshop | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another job of the commit.

    ``open`` gives what it runs in at a commit, planned from that commit's own workflow. It raises
    RegreenError where the commit has no such job, or one that cannot be run here.
    """

    job: str
    workflow: str
    combination: Mapping[str, str]
    open: Callable[[str], AbstractContextManager[Rooms]]


class Neighbours(Protocol):
    """Finds the other jobs that a patch is held against; none of them is run by this."""

    def test_jobs(self) -> Sequence[Neighbour]:
        """Return the jobs of the same event that run tests, those to be asked first."""

    def siblings(self) -> Sequence[Neighbour]:
        """Return the other combinations of the job's matrix."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run of a job showed.

    ``red`` are the failing steps by name, with what failed in each; ``passed`` counts the tests
    that passed, ``steps`` names those that passed.
    """

    red: Mapping[str, frozenset[str]]
    steps: frozenset[str] = frozenset()
    passed: int = 0
    stopped: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All that failed, sorted."""
        return tuple(sorted(set[str]().union(*self.red.values())))


def ran(outcome: JobOutcome, failures: Callable[[StepOutcome], Sequence[Failure]]) -> Ran:
    """Return what a run showed; ``failures`` says why a step failed."""
    red: dict[str, frozenset[str]] = {}
    for step in outcome.steps:
        if step.conclusion == "failure":
            red[step.name] = red.get(step.name, frozenset()) | _named(step, failures(step))
    counted = sum(passed(step.log) for step in outcome.steps)
    green = frozenset(step.name for step in outcome.steps if step.conclusion == "success")
    return Ran(red, green, counted, next(iter(red), ""))


def redder(before: Ran, after: Ran) -> tuple[str, ...]:
    """Return what is red ``after`` and was not ``before``: tests where they are known, or steps.

    A step that was not reached before tells nothing. Fewer tests that pass are worse too.
    """
    found: list[str] = []
    for step, names in after.red.items():
        if step in before.red:
            found += sorted(names - before.red[step])
        elif step in before.steps or not before.red:
            found += sorted(names)
    if not found and after.passed < before.passed:
        found.append(f"{after.passed} tests pass, {before.passed} did before")
    return tuple(dict.fromkeys(found))


@dataclass(slots=True)
class Asking:
    """Runs neighbours at ``base`` and at ``patched`` (commits), as long as there is time.

    ``watch`` may look at the sandbox of one that vouches, when its run with the patch is over.
    """

    base: str
    patched: str
    limit: Limit
    reporter: Reporter
    watch: Callable[[JobRun, JobOutcome], None] | None = None

    def ask(self, neighbour: Neighbour) -> Compared:
        """Return how the neighbour fares. Raises what the engine raises when it died."""
        started = time.monotonic()
        found = self._asked(neighbour)
        combination = neighbour.combination
        return replace(found, combination=combination, seconds=time.monotonic() - started)

    def _asked(self, neighbour: Neighbour) -> Compared:
        nothing = Compared(neighbour.job, neighbour.workflow, Fared.NOT_RUN)
        try:
            return self._compared(neighbour, nothing)
        except LimitSpent:
            return replace(nothing, reason=_NO_TIME)
        except EngineDied:
            raise
        except (RegreenError, SandboxError, UnsupportedStep) as error:
            why = getattr(error, "message", None) or str(error)
            return replace(nothing, reason=f"it cannot be run here: {why}")

    def _compared(self, neighbour: Neighbour, nothing: Compared) -> Compared:
        if self.limit.left() <= 0:
            raise LimitSpent
        with ExitStack() as stack:
            self.reporter.stage(f"Run {neighbour.job} without the patch")
            rooms = stack.enter_context(neighbour.open(self.base))
            wide, before = self._before(rooms)
            self.reporter.stage(f"Run {neighbour.job} with the patch")
            rooms = stack.enter_context(neighbour.open(self.patched))
            room = rooms.wider if wide and rooms.wider is not None else rooms.least

            def behind(run: JobRun, outcome: JobOutcome) -> None:
                now = ran(outcome, room.failures)
                if self.watch and not redder(before, now) and _ended(before, now, nothing).vouches:
                    self.watch(run, outcome)

            after = self._run(room, self.patched, behind)
            found = replace(nothing, before=before.names, after=after.names)
            if worse := redder(before, after):
                return self._again(room, before, worse, found)
        return _ended(before, after, found)

    def _before(self, rooms: Rooms) -> tuple[bool, Ran]:
        """Run the base; with more than the least when it is red for want of that."""
        before = self._run(rooms.least, self.base)
        if before.red and rooms.wider is not None:
            wider = self._run(rooms.wider, self.base)
            if not wider.red or wider.passed > before.passed:
                return True, wider
        return False, before

    def _again(
        self, room: Workshop, before: Ran, worse: tuple[str, ...], found: Compared
    ) -> Compared:
        """Run it once more with the patch: what is worse must be so again."""
        once_more = self._run(room, self.patched)
        if not (same := [name for name in redder(before, once_more) if name in worse]):
            words = f"red with the patch, and then not: {_list(worse)}"
            return replace(found, ended=Fared.UNSURE, reason=words)
        return replace(found, ended=Fared.REDDER, reason=f"red with the patch: {_list(same)}")

    def _run(
        self,
        room: Workshop,
        commit: str,
        behind: Callable[[JobRun, JobOutcome], None] | None = None,
    ) -> Ran:
        outcome = self.limit.run(room, commit, stop_at_failure=False, behind=behind)
        return ran(outcome, room.failures)


def _ended(before: Ran, after: Ran, found: Compared) -> Compared:
    if not after.red:
        words = f"{after.passed} tests pass" if after.passed else "green"
        return replace(found, ended=Fared.GREEN, vouches=after.passed > 0, reason=words)
    vouches = before.passed > 0 and after.passed > 0
    words = f"{after.passed} tests pass; what is red is so without the patch too"
    if not vouches:
        words = f"without the patch and with it, it fails in step {after.stopped!r}"
    return replace(found, ended=Fared.NO_REDDER, vouches=vouches, reason=words)


def _named(step: StepOutcome, failures: Sequence[Failure]) -> frozenset[str]:
    """Return what failed in a step, as people name it."""
    names = {_words(failure, step) for failure in failures if not failure.diagnostics}
    for failure in failures:
        for one in failure.diagnostics:
            # As `Diagnostic.key`: without what differs between two runs.
            file, code, message = one.key
            joint = "::" if failure.tool == "pytest" and not code else " "
            names.add(joint.join(part for part in (file, code, message) if part))
    return frozenset(names) or frozenset({f"step {step.name!r}"})


def _words(failure: Failure, step: StepOutcome) -> str:
    return f"{failure.tool or failure.category} in step {step.name!r}"


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
