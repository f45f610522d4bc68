"""Run a job and remember it as it stood before the step that fails."""

from __future__ import annotations

import time
from contextlib import ExitStack

from regreen.git import Tree
from regreen.jobs import StepSpec
from regreen.jobs.runner import JobRun
from regreen.jobs.workshop import Begun, Checkpoint, Workshop
from regreen.model import JobOutcome
from regreen_sandbox.container import Snapshot

_REPLAY_SECONDS = 10.0
"""What may be run again to come to a checkpoint, before a snapshot spares that."""
_SPARED_SECONDS = 0.5
"""The same where the step is known to fail, so that the checkpoint will be gone on from."""
_SHARE = 10.0
"""A snapshot must spare this many times what it costs: so much of a job's time do they take."""


class Checkpoints:
    """Remembers where a job stood before each step, with few snapshots.

    ``last`` is the checkpoint before the step that ran last (one to begin with may be given, which
    is then not ours to remove). A snapshot is taken before the step that is known to fail, and else
    when running the steps again since the last one would take long. The last one only is kept; it
    goes with ``stack``.
    """

    def __init__(
        self, workshop: Workshop, tree: Tree, stack: ExitStack, given: Checkpoint | None = None
    ) -> None:
        """Watch runs of files that were made from ``tree``."""
        self._workshop = workshop
        self._tree = tree
        self._stack = stack
        self._own: Snapshot | None = None
        self._base = self._given = given
        self._since = time.monotonic()
        self._cost = 0.0
        self.last = given

    @property
    def made_one(self) -> bool:
        """Whether the last checkpoint was made here."""
        return self.last is not self._given

    def run(
        self,
        run: JobRun,
        *,
        first: int = 0,
        only: int | None = None,
        seconds: float | None = None,
        begun: Begun | None = None,
    ) -> JobOutcome:
        """Run what is left of the job up to its first failure.

        Checkpoints are made before each step from the index ``first`` on, or before the
        step ``only`` and no other. ``seconds`` bounds all of it, besides the job's own bound. The
        set-up of a job that has just ``begun`` is kept for the next time, if it is worth that.
        """
        self._since = time.monotonic()
        at = begun.boundary if begun is not None and begun.made is None else None

        def before(step: StepSpec) -> None:
            if begun is not None and at is not None and step.index == at.position:
                self._prepare(begun)
            if step.index >= first and only in {None, step.index}:
                self._reach(run, step, named=only is not None)

        return run.proceed(stop_at_failure=True, before=before, seconds=seconds)

    def _prepare(self, begun: Begun) -> None:
        """Keep the set-up; what is kept is as good as a snapshot."""
        if self._workshop.prepare(begun):
            self._base, self._since = None, time.monotonic()

    def _reach(self, run: JobRun, step: StepSpec, *, named: bool) -> None:
        if self.last is not None and self.last.state.position == step.index:
            return
        spent = time.monotonic() - self._since
        keep = spent >= (_SPARED_SECONDS if named else max(_REPLAY_SECONDS, _SHARE * self._cost))
        before = time.monotonic()
        self.last = self._workshop.checkpoint(run, self._tree, step, keep=keep, earlier=self._base)
        if self.last.snapshot is not None:
            if self._own is not None:
                self._own.close()
            self._own, self._base = self._stack.enter_context(self.last.snapshot), self.last
            self._since = time.monotonic()
            self._cost = self._since - before
