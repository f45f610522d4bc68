"""Everything one job needs to be run again and again: image, index, limits, packed commits.

A workshop hands out fresh sandboxes (from the image), sandboxes that begin behind a prepared
set-up, and sandboxes that go on from a checkpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from regreen.errors import UsageError
from regreen.git import Export, Scratch, Tree, Wanted, checkout_materials
from regreen.jobs.bring import bring
from regreen.jobs.checkpoint import Begun, Checkpoint, Reached
from regreen.jobs.conditions import Conditions
from regreen.jobs.job import Job, at_commit
from regreen.jobs.links import Links
from regreen.jobs.premises import Premises, Standing
from regreen.jobs.prepared import (
    Boundary,
    Kept,
    boundary,
    keepable,
    restore,
)
from regreen.jobs.runner import JobRun, Setting
from regreen.jobs.state import State
from regreen.jobs.workflow import StepSpec
from regreen.model import Failure, StepOutcome
from regreen.report import Silent
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.eviction import tend
from regreen_sandbox.images import ImageSettings
from regreen_sandbox.index import Sources, Upstream
from regreen_sandbox.keep import Environment, Keep
from regreen_sandbox.labels import Owner

__all__ = ["Begun", "Checkpoint", "Workshop", "open_workshop"]

_OLDEST = timedelta(days=1)
"""How long a set-up with today's package index passes for one of today."""


@dataclass(slots=True)
class Workshop:
    """Makes sandboxes for one job. Use :func:`open_workshop`."""

    setting: Setting
    scratch: Scratch
    premises: Premises
    remote: str | None
    resources: ExitStack
    exports: dict[tuple[str, Wanted], Export] = field(default_factory=dict)
    conditions: Conditions = field(default_factory=Conditions)
    reached: dict[Checkpoint, Reached | None] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def under(self, conditions: Conditions) -> Workshop:
        """Return a workshop for the same job under other conditions; it ends with this one."""
        return replace(self, conditions=conditions, reached={})

    def held(
        self, holding: Callable[[Callable[[], None]], AbstractContextManager[None]]
    ) -> Workshop:
        """Return a workshop whose sandboxes are used under ``holding``; it ends with this one."""
        return replace(self, premises=replace(self.premises, holding=holding))

    @property
    def job(self) -> Job:
        """The job that is run."""
        return self.setting.job

    @property
    def engine(self) -> Engine:
        """The engine that runs it."""
        return self.premises.engine

    @property
    def image(self) -> str:
        """The image that a fresh sandbox is of."""
        return self.premises.image

    @property
    def links(self) -> Links:
        """The package indexes and networks."""
        return self.premises.links

    @property
    def as_of(self) -> datetime | None:
        """When the package index is as of (``None``: today's)."""
        return self.premises.as_of

    @property
    def keep(self) -> Keep | None:
        """Where prepared set-ups and caches are."""
        return self.premises.keep

    def failures(self, failed: StepOutcome) -> tuple[Failure, ...]:
        """Return why a step failed, the cause first."""
        return self.setting.classify(failed.command, failed.name, failed.log, failed.exit_code)

    @contextmanager
    def fresh(
        self,
        commit: str,
        *,
        today: bool = False,
        cached: bool = False,
        as_of: datetime | None = None,
    ) -> Iterator[JobRun]:
        """Yield the job at its start, at ``commit``, in a sandbox that nothing ran in before.

        The package index is as of the run, of another ``as_of``, or as it is now when ``today``.
        Installers find the repository's caches only when ``cached``, which no proof may ask for.
        """
        opened = self.premises.open(
            self.image, self.conditions, today=today, cached=cached, as_of=as_of
        )
        with opened as standing:
            yield self._run(standing, commit)

    @contextmanager
    def begin(
        self, commit: str, *, at_most: int | None = None, others: bool = False
    ) -> Iterator[Begun]:
        """Yield the job at ``commit`` behind its set-up if that is kept, else at its start.

        Never for a proof. What is kept behind the step ``at_most`` does not count. Another commit's
        set-up, which read the same files as far as can be told, counts with ``others``: for a job
        whose end is then held against CI's.
        """
        tree = self.scratch.tree(commit)
        at = self._boundary(commit, tree)
        found = self._kept(at, at_most)
        if found is not None and found[1].commit != commit and not others:
            found = None
        with ExitStack() as stack:
            if at is not None and found is not None:
                environment, kept = found
                opened = self.premises.open(environment.image, self.conditions, cached=True)
                run = self._run(stack.enter_context(opened), commit, kept.state)
                if self._restored(run, kept, tree):
                    yield Begun(run, at, kept.steps, environment.made, environment.seconds)
                    return
                stack.close()
            run = stack.enter_context(self.fresh(commit, cached=True))
            yield Begun(run, at)

    def prepare(self, begun: Begun) -> bool:
        """Keep ``begun`` as it stands, at its boundary; say whether it is kept."""
        run, at, keep, steps = begun.run, begun.boundary, self.keep, tuple(begun.run.done)
        seconds = sum(step.seconds for step in steps)
        if keep is None or at is None or seconds < keep.worth_seconds:
            return False
        try:
            if not keepable(run, at, steps):
                return False
            data = Kept(run.commit, run.state, steps).data()
            name, container = self.job.name, run.sandbox.name
            keep.put(at.key, container, base=self.image, job=name, seconds=seconds, data=data)
        except SandboxError as error:
            self.setting.reporter.note(f"the set-up is not kept: {error.message}")
            return False
        return True

    def forget(self, commit: str) -> None:
        """Remove what is kept of the set-up at ``commit``."""
        at = self._boundary(commit, self.scratch.tree(commit))
        if at is not None and self.keep is not None:
            self.keep.forget(at.key)

    @contextmanager
    def resume(self, checkpoint: Checkpoint) -> Iterator[JobRun]:
        """Yield the job as it stood at ``checkpoint``, in a sandbox of its own.

        What lies behind the nearest snapshot is run again: once, when it can be kept then, and
        every time where processes run on that no snapshot holds.
        """
        known = self._reached(checkpoint)
        if known is None:
            with self._replayed(checkpoint) as run:
                yield run
            return
        with self.premises.again(known.snapshot) as standing:
            yield self._run(standing, checkpoint.commit, known.state)

    def checkpoint(
        self, run: JobRun, tree: Tree, step: StepSpec, *, keep: bool, earlier: Checkpoint | None
    ) -> Checkpoint:
        """Remember ``run`` as it stands before ``step``; ``tree`` is what its files were made from.

        With ``keep`` a snapshot is taken, unless processes or services run on that it would lack.
        """
        snapshot = run.sandbox.snapshot() if keep and not self._runs_on(run) else None
        directory = run.view.relative_directory(step)
        return Checkpoint(snapshot, run.state, tree, run.commit, directory, earlier)

    def bring(self, run: JobRun, checkpoint: Checkpoint, tree: Tree) -> None:
        """Change the tracked files of a resumed ``run`` from the checkpoint's tree to ``tree``.

        Raises DoesNotApply when the job's own changes stand in the way.
        """
        bring(run, self.scratch.diff(checkpoint.tree, tree))

    def commit_of(self, parent: str, tree: Tree, message: str = "Mend CI\n") -> str:
        """Return a commit of ``tree`` on ``parent``, dated like the parent."""
        return self.scratch.commit(tree, parent, message, self.scratch.commit_time(parent))

    def _run(self, standing: Standing, commit: str, state: State | None = None) -> JobRun:
        setting = self.setting
        if not standing.sandbox.posture.caches:  # a proof: nothing that an earlier job kept
            setting = replace(setting, stores=setting.stores.uncached())
        return JobRun(setting, standing, partial(self._packed, commit), commit, state)

    def _runs_on(self, run: JobRun) -> bool:
        return bool(self.job.services) or run.sandbox.processes() > 0

    def _boundary(self, commit: str, tree: Tree) -> Boundary | None:
        if self.keep is None or self.job.services:
            return None
        told = (self.keep.identity, self.image, str(self.as_of), self.links.upstream.address)
        others = self.conditions.words()
        return boundary(at_commit(self.job, commit), commit, tree, (*told, *others))

    def _kept(self, at: Boundary | None, at_most: int | None) -> tuple[Environment, Kept] | None:
        if at is None or self.keep is None or (at_most is not None and at.position > at_most):
            return None
        found = self.keep.find(at.key, _OLDEST if self.as_of is None else None)
        if found is None:
            return None
        try:
            kept = Kept.read(found.data, found.made)
        except ValueError:
            return None
        return (found, kept) if kept.state.position == at.position else None

    def _restored(self, run: JobRun, kept: Kept, tree: Tree) -> bool:
        try:
            before = tree if kept.commit == run.commit else self.scratch.tree(kept.commit)
            return restore(run, kept, before, tree)
        except (SandboxError, UsageError) as error:
            self.setting.reporter.note(f"what was prepared is of no use: {error.message}")
            return False

    def _reached(self, checkpoint: Checkpoint) -> Reached | None:
        """Return a snapshot at ``checkpoint``, taken now if need be; ``None`` where none can be."""
        if checkpoint.snapshot is not None:
            return Reached(checkpoint.snapshot, checkpoint.state)
        with self.lock:
            if checkpoint not in self.reached:
                with self._replayed(checkpoint) as run:
                    found = None
                    if not self._runs_on(run):
                        snapshot = self.resources.enter_context(run.sandbox.snapshot())
                        found = Reached(snapshot, run.state)
                    self.reached[checkpoint] = found
            return self.reached[checkpoint]

    @contextmanager
    def _replayed(self, checkpoint: Checkpoint) -> Iterator[JobRun]:
        """Yield a sandbox in which the job was run anew up to ``checkpoint``.

        Raises SandboxError when a step fails on the way that did not fail before.
        """
        earlier, position = checkpoint.earlier, checkpoint.state.position
        with ExitStack() as stack:
            if earlier is None:
                run = stack.enter_context(self.begin(checkpoint.commit, at_most=position)).run
            else:
                run = stack.enter_context(self.resume(earlier))
                self.bring(run, earlier, checkpoint.tree)
            told, run.setting = run.setting, replace(run.setting, reporter=Silent())
            outcome = run.proceed(stop_at_failure=True, until=position)
            run.setting = told
            if outcome.failed is not None:
                raise SandboxError(
                    f"the step {outcome.failed.name!r} passed before, and fails when run again",
                    next_step="run the command again; when it happens again, the step is flaky",
                )
            yield run

    def _packed(self, commit: str, wanted: Wanted) -> Export:
        key = (commit, wanted)
        if key not in self.exports:
            self.exports[key] = checkout_materials(self.scratch, commit, wanted, remote=self.remote)
        return self.exports[key]


@contextmanager
def open_workshop(
    setting: Setting,
    scratch: Scratch,
    *,
    engine: Engine,
    image: str,
    carrier_image: str,
    upstream: Upstream | Sources,
    cache: Path,
    as_of: datetime | None,
    remote: str | None,
    keep: Keep | None = None,
    conditions: Conditions | None = None,
    images: ImageSettings | None = None,
    own_path: bool = False,
) -> Iterator[Workshop]:
    """Yield a workshop; its index proxies and snapshots end with it.

    ``carrier_image`` is a base image of regreen's own, for what carries connections; ``keep`` is
    where prepared set-ups and caches are (``None``: nowhere),
    ``images`` where the images of services come from; ``own_path`` when the image is somebody
    else's, and its search path counts.
    """
    with ExitStack() as resources:
        yield Workshop(
            setting=setting,
            scratch=scratch,
            premises=Premises(
                setting.job,
                engine,
                image,
                Links(engine, Owner.current(), upstream, cache, carrier_image, resources),
                as_of,
                setting.limits,
                setting.reporter,
                images or ImageSettings(),
                keep,
                own_path=own_path,
            ),
            remote=remote,
            resources=resources,
            conditions=conditions or Conditions(),
        )
    if keep is not None:
        try:
            tend(keep)
        except SandboxError as error:
            setting.reporter.note(f"what is kept was not looked after: {error.message}")
