"""Run a job's steps in a sandbox, as the hosted runner would.

One object is one job in one sandbox. It can be told to stop before any step, and another can go on
from a copy of the sandbox and the frozen state.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from regreen.git import Export, Wanted
from regreen.jobs.commands import Effects, effects, unpacked
from regreen.jobs.expressions import ExpressionError
from regreen.jobs.hashing import hash_files
from regreen.jobs.job import Job, at_commit
from regreen.jobs.outflow import Masking, Outflow
from regreen.jobs.performing import Watch, finished, perform
from regreen.jobs.premises import Standing
from regreen.jobs.processes import in_folder, lay_out
from regreen.jobs.state import State, StepResult
from regreen.jobs.stores import Stores
from regreen.jobs.unrun import UnsupportedStep, bad_variable, failed, not_run
from regreen.jobs.view import View
from regreen.jobs.work import JOB, Done, Post, Scope
from regreen.jobs.workflow import StepSpec
from regreen.model import Annotation, Failure, JobOutcome, StepOutcome
from regreen.report import Reporter
from regreen_sandbox.container import ExecResult
from regreen_sandbox.errors import FileTooLarge
from regreen_sandbox.limits import Limits

__all__ = ["JobRun", "Setting", "UnsupportedStep"]

_FILE_COMMAND_BYTES = 16 << 20
_MATCHER_BYTES = 1 << 20
_LAST_WORDS = 1_000
"""Characters of a dead service's log that are told."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays the same in every run of one job.

    ``pythons`` maps what setup-python asks for to the exact versions that the image holds; ``mask``
    hides secrets (text and values in, text out); ``classify`` says why a step failed (its script,
    name, output and exit code in, its failures out); ``live`` gives what masks a step's output
    while it comes, for the values that earlier steps declared; ``stores`` is what outlives a
    sandbox; ``ahead`` gives the part of a script that ran before the command that failed (script
    and output in), empty where that cannot be told.
    """

    job: Job
    pythons: Mapping[str, str]
    limits: Limits
    mask: Callable[[str, tuple[str, ...]], str]
    classify: Callable[[str | None, str | None, str, int | None], tuple[Failure, ...]]
    reporter: Reporter
    live: Callable[[tuple[str, ...]], Masking]
    stores: Stores = field(default_factory=Stores)
    ahead: Callable[[str, str], str] = lambda _script, _output: ""


class JobRun:
    """One run of a job: which sandbox, which commit, how far it has come."""

    def __init__(
        self,
        setting: Setting,
        standing: Standing,
        source: Callable[[Wanted], Export],
        commit: str,
        state: State | None = None,
    ) -> None:
        """Begin, or go on from ``state``; ``source`` packs ``commit`` as a checkout wants it."""
        self.setting = setting
        self.commit = commit
        self.job = at_commit(setting.job, commit)
        self.standing = standing
        self.sandbox = standing.sandbox
        self.source = source
        self.state = state or State()
        self.done: list[StepOutcome] = []
        self._dead: set[str] = set()
        self._prepared = state is not None

    def proceed(
        self,
        *,
        stop_at_failure: bool,
        before: Callable[[StepSpec], None] | None = None,
        seconds: float | None = None,
        until: int | None = None,
    ) -> JobOutcome:
        """Run the steps that are left, up to the index ``until``, and return what they did.

        Without ``until`` what actions want done at the job's end is done too, unless the run stops
        at a failure. ``before`` is called ahead of each step; ``seconds`` is the time for all of
        it, at most the job's own bound. Raises UnsupportedStep when a step needs what regreen
        cannot run, and what the sandbox raises.
        """
        started = time.monotonic()
        self.setting.reporter.job_started(self.job.name)
        if not self._prepared:
            self._prepare()
        outcomes: list[StepOutcome] = []
        bounds = (seconds, self.job.seconds, self.setting.limits.job_seconds)
        deadline = started + min(bound for bound in bounds if bound is not None)
        for step in self.job.steps[self.state.position : until]:
            if before is not None:
                before(step)
            outcomes.append(self.step(step, deadline - time.monotonic()))
            if stop_at_failure and self.state.failed:
                return JobOutcome(tuple(outcomes), time.monotonic() - started)
        if until is None:
            outcomes += self._end(deadline)
        return JobOutcome(tuple(outcomes), time.monotonic() - started)

    @property
    def view(self) -> View:
        """The job's steps as they read now."""
        return self.view_in(JOB)

    def view_in(self, scope: Scope) -> View:
        """Return the steps of ``scope`` as they read now."""
        hashes = partial(hash_files, self.sandbox, self.job.layout)
        standing = self.standing
        return View(self.job, self.state, hashes, scope, standing.running, standing.path)

    def step(self, step: StepSpec, seconds: float) -> StepOutcome:
        """Run one step, take over what it asked the runner to keep, and return what it did."""
        view = self.view
        name = self.setting.mask(view.name(step), self.state.masks)
        try:
            if not view.runs(step):
                return self._ended(step, not_run(step, name, "skipped", ""))
            if step.index in self.job.excluded:
                why = self.job.excluded[step.index]
                return self._ended(step, not_run(step, name, "excluded", why))
            if step.index in self.job.noop:
                return self._ended(step, not_run(step, name, "success", self.job.noop[step.index]))
            if (fault := bad_variable(view.environment(step))) is not None:
                return self._ended(step, failed(step, name, fault))
            bound = min(seconds, view.seconds(step) or self.setting.limits.step_seconds)
            shown = view.script(step) if step.run is not None else step.uses or ""
            with self._shown(name, shown) as show:
                done = perform(self, step, JOB, Watch(bound, show))
            tolerated = not done.ok and self.view.tolerates_failure(step)
        except ExpressionError as error:
            reason = f"an expression is wrong: {error} ({self.job.where(step)})"
            return self._ended(step, failed(step, name, reason))
        return self._ended(step, self._outcome(step, name, done, tolerated=tolerated), done)

    def absorb(self, effects: Effects) -> None:
        """Keep what a step within an action asked for: it holds for all that comes after."""
        self.state = self.state.with_effects(effects)

    def effects(self, output: str) -> Effects:
        """Return what the process that ran last asked the runner to keep.

        Raises CommandFileError or FileTooLarge.
        """
        folder = self.job.layout.file_commands
        tree = self.sandbox.read_tree(folder, limit=_FILE_COMMAND_BYTES)
        return effects(
            unpacked(tree or b""),
            output,
            matchers=self.state.matchers,
            workspace=self.job.layout.workspace,
            read_file=self._matcher_file,
        )

    def _matcher_file(self, path: str) -> str | None:
        whole = posixpath.join(self.job.layout.workspace, path)
        try:
            content = self.sandbox.read(whole, limit=_MATCHER_BYTES)
        except FileTooLarge:
            return None
        return None if content is None else content.decode("utf-8", "replace")

    def script(self, script: str, step: StepSpec, *, folder: str, seconds: float) -> ExecResult:
        """Run a shell script with the environment that ``step`` has, and nothing else of it."""
        argv = ("/bin/bash", "--noprofile", "--norc", "-c", script)
        return self.execute(argv, self.view.environment(step), folder, Watch(seconds))

    def execute(
        self,
        argv: tuple[str, ...],
        env: Mapping[str, str],
        folder: str,
        watch: Watch,
        script: tuple[str, str] | None = None,
    ) -> ExecResult:
        """Run a process of a step in ``folder``, with the runner's files emptied before.

        ``script`` is a file to write first: its path and content.
        """
        line = in_folder(self.sandbox, self.job.layout, argv, folder, script)
        bound = max(1.0, min(watch.seconds, self.setting.limits.step_seconds))
        return self.sandbox.run(line, env=env, cwd="/", timeout=bound, on_output=watch.show)

    def _end(self, deadline: float) -> list[StepOutcome]:
        """Do what actions want done at the job's end, the last one's first."""
        outcomes = []
        while self.state.posts:
            post, *left = self.state.posts
            self.state = replace(self.state, posts=tuple(left))
            if self.view.holds(post.condition):
                outcomes.append(self._post(post, deadline - time.monotonic()))
        return outcomes

    def _post(self, post: Post, seconds: float) -> StepOutcome:
        step = self.job.steps[post.index]
        environment = {**self.view.environment(replace(step, env={})), **post.env}
        with self._shown(post.name, step.uses or "") as show:
            watch = Watch(seconds, show)
            if post.image:
                from regreen.jobs.actions.container import run_post  # few actions are Docker's

                done = run_post(self, post, environment, watch)
            else:
                done = finished(self, self.execute(post.argv, environment, "/", watch), step.uses)
        if done.ok:
            done = replace(done, output=f"{done.output}{self._kept(post)}")
        self.absorb(done.effects)
        outcome = self._outcome(step, post.name, done, tolerated=False)
        self.state = replace(self.state, failed=self.state.failed or not done.ok)
        self.done.append(outcome)
        self.setting.reporter.step_ended(outcome)
        return outcome

    def _kept(self, post: Post) -> str:
        """Take over what a served action packed; return what is to be said of it."""
        from regreen.jobs.served.cache import kept  # only where an action asked for a post step

        return kept(self.sandbox, self.setting.stores, post)

    def _outcome(self, step: StepSpec, name: str, done: Done, *, tolerated: bool) -> StepOutcome:
        masks = (*self.state.masks, *done.effects.masks)
        log = self.setting.mask(done.output, masks)
        command = self.setting.mask(done.command, masks) if done.command is not None else step.uses
        return StepOutcome(
            index=step.index,
            name=self.setting.mask(name, masks),
            command=command,
            conclusion="success" if done.ok or tolerated else "failure",
            exit_code=done.exit_code if done.exit_code or done.ok else 1,
            seconds=done.seconds,
            log=log,
            log_sha256=hashlib.sha256(log.encode()).hexdigest(),
            reason="continue-on-error" if tolerated else done.problem,
            annotations=tuple(self._masked(one, masks) for one in done.effects.annotations),
            summary=self.setting.mask(done.effects.summary, masks),
        )

    def _masked(self, one: Annotation, masks: tuple[str, ...]) -> Annotation:
        mask = self.setting.mask
        return replace(
            one,
            message=mask(one.message, masks),
            file=mask(one.file, masks),
            title=mask(one.title, masks),
        )

    def _ended(self, step: StepSpec, outcome: StepOutcome, done: Done | None = None) -> StepOutcome:
        conclusion = "skipped" if outcome.conclusion == "excluded" else outcome.conclusion
        real = "failure" if outcome.reason == "continue-on-error" else conclusion
        effect = done.effects if done is not None else Effects()
        posts = done.posts if done is not None else ()
        if done is not None and (dead := self._died()):
            outcome = replace(outcome, reason="; ".join((*filter(None, [outcome.reason]), *dead)))
        result = StepResult(real, conclusion, effect.outputs)
        state = self.state.after(step.id, result, effect)
        self.state = replace(state, posts=(*reversed(posts), *state.posts))
        self.done.append(outcome)
        self.setting.reporter.step_ended(outcome)
        return outcome

    def _died(self) -> list[str]:
        """Tell of the services that have ended since it was last asked, and return it in words."""
        if self.standing.services is None:
            return []
        words = []
        for service in self.standing.services.dead():
            if service.name not in self._dead:
                self._dead.add(service.name)
                words.append(f"the service {service.name} runs no more: {service.why}")
                said = service.log.decode("utf-8", "replace").strip()[-_LAST_WORDS:]
                self.setting.reporter.note(f"{words[-1]}; it said: {said}" if said else words[-1])
        return words

    def _prepare(self) -> None:
        """Lay out the runner's folders and the event that started the run."""
        event = json.dumps(self.job.github.get("event") or {}).encode()
        lay_out(self.sandbox, self.job.layout, event)
        self._prepared = True

    @contextmanager
    def _shown(self, name: str, command: str) -> Iterator[Callable[[bytes], None]]:
        """Tell of a step that starts; give what takes its output, and shows it masked."""
        reporter, masks = self.setting.reporter, self.state.masks
        reporter.step_started(name, self.setting.mask(command, masks))
        with Outflow(self.setting.live(masks), reporter.output) as outflow:
            yield outflow.write
