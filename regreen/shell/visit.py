"""The road of ``regreen shell``: reproduce, land, let the person work, take out the changes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, replace

from regreen import results
from regreen.case import Case, open_case
from regreen.config import Settings
from regreen.deliver import Summary
from regreen.errors import RegreenError, UnsupportedError, UsageError
from regreen.git import Repository, Scratch, Tree
from regreen.housing import open_sandbox
from regreen.jobs.runner import UnsupportedStep
from regreen.jobs.workshop import Workshop
from regreen.judging import Judge
from regreen.mending import Mending
from regreen.model import Patch, Reproduced, ReproducedAlone, Unsupported
from regreen.needed import with_needed
from regreen.opening import find_origin, read_analysis
from regreen.reading import reader
from regreen.recovery import not_red
from regreen.report import Reporter
from regreen.request import Request
from regreen.shell.banner import banner, where
from regreen.shell.changes import Changes, Watch, keep
from regreen.shell.landing import Landing, find_step, land_before, land_behind_failure
from regreen.shell.room import Room, furnish, put_command
from regreen.shelves import shelved
from regreen.verify import Attempt, Found
from regreen.verify.brought import Unfit
from regreen.widening import Rebuilt, rebuild
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.terminal import attach
from regreen_sandbox.toolchains import PythonMissing, ToolImage

BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Stay:
    """How somebody wants to be in the sandbox.

    ``at``: before which step (``None``: behind the failing one). ``command``: what to run instead
    of a person's shell. ``verify``: whether to prove what was changed; ``None`` asks ``ask``, which
    gets what was changed.
    """

    at: str | None
    command: str | None
    verify: bool | None
    ask: Callable[[Changes], bool]


@dataclass(frozen=True, slots=True)
class Visit:
    """How it ended: the command's exit code, ``None`` without one; what came of a verification.

    A summary without a code also says why nobody landed anywhere.
    """

    code: int | None = None
    summary: Summary | None = None


def visit(request: Request, settings: Settings, reporter: Reporter, stay: Stay) -> Visit:
    """Put somebody into the sandbox of the job that ``request`` means.

    Raises RegreenError for wrong usage, SandboxError when the engine or an image is missing or the
    sandbox ends under the person.
    """
    started = time.monotonic()
    ended = _visit(request, settings, reporter, stay)
    if ended.summary is None:
        return ended
    return replace(ended, summary=replace(ended.summary, seconds=time.monotonic() - started))


def _visit(request: Request, settings: Settings, reporter: Reporter, stay: Stay) -> Visit:
    reporter.stage("Read the failure")
    settings = settings.given(request.sandbox)
    request = replace(request, given=replace(request.given, runners=settings.runners))
    log_reader = reader(settings, hidden=request.given.secrets)
    origin = find_origin(request, settings, log_reader, reporter)
    if request.run is not None and origin is None:
        return Visit(summary=Summary("passed", 0.0, reason="no job of the run failed"))
    analysis = read_analysis(request, origin, log_reader)
    request = shelved(request, settings, analysis, origin, reporter)
    repository = origin.repository if origin else Repository.open(request.repository)
    fetched = origin.fetched.folder if origin else None
    with Scratch.borrow(repository, fetched) as scratch, ExitStack() as resources:
        case = open_case(request, repository, scratch, analysis, reporter, origin)
        try:
            case = with_needed(case, settings, log_reader, reporter)
        except UnsupportedError as error:
            return Visit(summary=results.unsupported(case, error.message, error.next_step))
        index = None if stay.at is None else find_step(case.job, stay.at)
        reporter.stage("Prepare the sandbox")
        try:
            workshop, image = resources.enter_context(
                open_sandbox(case, settings, log_reader, reporter)
            )
            return _Host(case, settings, workshop, image, reporter, resources).receive(stay, index)
        except PythonMissing as error:
            return Visit(summary=results.unsupported(case, error.message, error.next_step))
        except UnsupportedStep as error:
            return Visit(summary=results.unsupported(case, str(error)))


@dataclass(slots=True)
class _Host:
    """Everything one visit needs; a reproduction may find that it needs another workshop."""

    case: Case
    settings: Settings
    workshop: Workshop
    image: ToolImage
    reporter: Reporter
    resources: ExitStack

    def receive(self, stay: Stay, index: int | None) -> Visit:
        """Land at the failing step, or before step ``index``; stay; take out the changes."""
        rebuilt = self._reproduced() if index is None else None
        attempt = rebuilt.attempt if rebuilt else None
        if rebuilt is not None and isinstance(rebuilt.attempt.result, Unsupported):
            return Visit(summary=results.reproduced(self.case, rebuilt, self.image))
        self.reporter.stage("Go to the step")
        with self._landing(attempt, index) as landing:
            code, changes = self._stayed(landing, attempt, stay)
        if not changes.diff:
            self.reporter.note("nothing was changed inside")
            return Visit(code)
        return self._changed(rebuilt, stay, code, changes)

    def _reproduced(self) -> Rebuilt:
        self.reporter.stage("Reproduce the failure")
        rebuilt = rebuild(self.case, self.workshop, self.settings, self.resources, self.reporter)
        self.workshop = rebuilt.workshop
        return rebuilt

    def _landing(
        self, attempt: Attempt | None, index: int | None
    ) -> AbstractContextManager[Landing]:
        if index is not None:
            return land_before(self.workshop, self.case.commit, index)
        checkpoint = attempt.checkpoint if attempt else None
        return land_behind_failure(self.workshop, self.case.commit, checkpoint)

    def _stayed(self, landing: Landing, attempt: Attempt | None, stay: Stay) -> tuple[int, Changes]:
        """Let them work; return their exit code and what they changed."""
        room, watch = furnish(landing), self._watch(landing)
        hours = self.workshop.setting.limits.job_seconds / 3600
        self.reporter.stage(where(landing))
        for line in banner(landing, attempt, room, hours, person=stay.command is None):
            self.reporter.note(line)
        warned = stay.command is not None
        while True:
            try:
                code = self._entered(landing, room, stay)
            except BaseException:
                self._rescue(watch)
                raise
            if watch is None:
                return code, Changes(b"", None)
            try:
                return code, watch.changes()
            except Unfit as error:
                self.reporter.note(f"what was changed inside cannot be brought out: {error}")
                if warned:
                    words = f"what was changed inside is lost: {error}"
                    raise UsageError(words, "mend what is named, and run it again") from error
                self.reporter.note("mend that, or leave once more and lose it")
                warned = True

    def _watch(self, landing: Landing) -> Watch | None:
        """Note the files as they are; ``None`` where the commit is not checked out."""
        watch = Watch(landing.run, self.case.tree)
        try:
            watch.begin()
        except Unfit as error:
            self.reporter.note(f"no changes can be taken out at the end: {error}")
            return None
        return watch

    def _entered(self, landing: Landing, room: Room, stay: Stay) -> int:
        limits = self.workshop.setting.limits
        if stay.command is None:
            return attach(
                self.workshop.engine,
                landing.run.sandbox.name,
                room.shell(),
                env=room.environment,
                limits=limits,
                seconds=limits.job_seconds,
            )
        put_command(landing, stay.command)
        done = landing.run.sandbox.run(
            room.command(),
            env=room.environment,
            cwd="/",
            timeout=limits.job_seconds,
            on_output=_printed,
        )
        return done.exit_code

    def _rescue(self, watch: Watch | None) -> None:
        """Keep what was changed although the stay ended badly, or say that it is lost."""
        with suppress(OSError):  # the terminal may be gone, too
            try:
                diff = watch.changes().diff if watch else b""
                if diff:
                    self.reporter.note(f"what was changed inside is kept in {keep(diff)}")
            except (SandboxError, RegreenError, Unfit) as error:
                self.reporter.note(f"what was changed inside is lost: {error}")

    def _changed(self, rebuilt: Rebuilt | None, stay: Stay, code: int, changes: Changes) -> Visit:
        """Keep the changes, and prove them when that is wanted."""
        kept = keep(changes.diff)
        self.reporter.note(f"what was changed inside is kept in {kept}")
        problem = f"it does not fit the commit: {changes.problem}" if changes.problem else ""
        if rebuilt is not None and not _is_red(rebuilt.attempt):
            problem = "the job does not fail here as in CI: nothing can be proven"
        if problem:
            self.reporter.note(problem)
        wanted = stay.verify
        if wanted is None:
            wanted = not problem and stay.ask(changes)
        if not wanted:
            return Visit(code)
        if changes.tree is None:
            raise UsageError(problem, f"look at {kept}")
        rebuilt = rebuilt or self._reproduced()
        attempt, summary = rebuilt.attempt, results.reproduced(self.case, rebuilt, self.image)
        if not _is_red(attempt):
            told = not_red(self.case, attempt, summary, self.workshop, self.reporter)
            return Visit(code, told)
        return Visit(code, self._proven(attempt, summary, changes.diff, changes.tree))

    def _proven(self, attempt: Attempt, summary: Summary, diff: bytes, tree: Tree) -> Summary:
        files = tree.changed(self.case.tree)
        patch = Patch(diff, (BY_HAND,), ("changed by hand in regreen shell",), files)
        found = Found(patch, tree, (), self.workshop)
        log_reader = reader(self.settings, hidden=self.case.request.given.secrets)
        judge = Judge.of(self.case, self.workshop, self.settings, log_reader, self.reporter)
        place = (self.case, attempt, summary, self.workshop, self.image, self.reporter)
        return Mending(*place, judge).prove(found)


def _is_red(attempt: Attempt) -> bool:
    return isinstance(attempt.result, Reproduced | ReproducedAlone)


def _printed(piece: bytes) -> None:
    """Pass a command's output on; a reader that has gone away is no reason to stop."""
    with suppress(BrokenPipeError):
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
