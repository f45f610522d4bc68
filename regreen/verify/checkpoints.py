"""Run a job and keep the sandbox as it stood before the step that fails."""

from __future__ import annotations

from contextlib import ExitStack

from regreen.git import Tree
from regreen.jobs import StepSpec
from regreen.jobs.runner import JobRun
from regreen.jobs.workshop import Checkpoint, Workshop
from regreen.model import JobOutcome


class Checkpoints:
    """Takes a snapshot before each ``run`` step, and keeps the last one only.

    ``last`` is the checkpoint before the step that ran last (one to begin with may be given, which
    is then not ours to remove); snapshots made here are removed with ``stack``.
    """

    def __init__(
        self, workshop: Workshop, tree: Tree, stack: ExitStack, given: Checkpoint | None = None
    ) -> None:
        """Watch runs of files that were made from ``tree``."""
        self._workshop = workshop
        self._tree = tree
        self._stack = stack
        self._own: Checkpoint | None = None
        self.last = given

    @property
    def made_one(self) -> bool:
        """Whether the last checkpoint was made here."""
        return self._own is not None

    def run(
        self,
        run: JobRun,
        *,
        first: int = 0,
        only: int | None = None,
        seconds: float | None = None,
    ) -> JobOutcome:
        """Run what is left of the job up to its first failure.

        Snapshots are taken before each ``run`` step from the index ``first`` on, or before the step
        ``only`` and no other. ``seconds`` bounds all of it, besides the job's own bound.
        """

        def before(step: StepSpec) -> None:
            known = self.last
            if step.index < first or (only is not None and step.index != only):
                return
            if known is not None and known.state.position == step.index:
                return
            self._replace(self._workshop.checkpoint(run, self._tree, step))

        return run.proceed(stop_at_failure=True, before=before, seconds=seconds)

    def _replace(self, made: Checkpoint) -> None:
        if self._own is not None:
            self._own.snapshot.close()
        self._own = self.last = made
        self._stack.enter_context(made.snapshot)
