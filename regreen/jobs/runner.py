"""Run a job's steps in a sandbox, as the hosted runner would.

One object is one job in one sandbox. It can be told to stop before any step, and another can go on
from a copy of the sandbox and the frozen state.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from regreen.git import Export, Wanted
from regreen.jobs import actions
from regreen.jobs.commands import FILES, CommandFileError, Effects, effects, unpacked
from regreen.jobs.expressions import ExpressionError, to_string
from regreen.jobs.hashing import hash_files
from regreen.jobs.job import Job, at_commit
from regreen.jobs.layout import EVENT, FILE_COMMANDS, TEMP, workspace
from regreen.jobs.outflow import Masking, Outflow
from regreen.jobs.shells import command_line
from regreen.jobs.state import State, StepResult
from regreen.jobs.unrun import UnsupportedStep, bad_variable, failed, not_run
from regreen.jobs.view import View
from regreen.jobs.workflow import StepSpec
from regreen.model import Failure, JobOutcome, StepOutcome, Unsupported
from regreen.report import Reporter
from regreen_sandbox.container import ExecResult, Sandbox
from regreen_sandbox.errors import FileTooLarge
from regreen_sandbox.limits import Limits

__all__ = ["JobRun", "Setting", "UnsupportedStep"]

_IN_FOLDER = """\
for f in $2; do /bin/rm -rf "$f"; : > "$f"; done
cd -- "$1" || exit 1
shift 2
exec "$@"
"""
_HOUSEKEEPING = 600.0
_FILE_COMMAND_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays the same in every run of one job.

    ``pythons`` maps what setup-python asks for to the exact versions that the image holds; ``mask``
    hides secrets (text and values in, text out); ``classify`` says why a step failed (its script,
    name, output and exit code in, its failures out); ``live`` gives what masks a step's output
    while it comes, for the values that earlier steps declared.
    """

    job: Job
    pythons: Mapping[str, str]
    limits: Limits
    mask: Callable[[str, tuple[str, ...]], str]
    classify: Callable[[str | None, str | None, str, int | None], tuple[Failure, ...]]
    reporter: Reporter
    live: Callable[[tuple[str, ...]], Masking]


class JobRun:
    """One run of a job: which sandbox, which commit, how far it has come."""

    def __init__(
        self,
        setting: Setting,
        sandbox: Sandbox,
        source: Callable[[Wanted], Export],
        commit: str,
        state: State | None = None,
    ) -> None:
        """Begin, or go on from ``state``; ``source`` packs ``commit`` as a checkout wants it."""
        self.setting = setting
        self.commit = commit
        self.job = at_commit(setting.job, commit)
        self.sandbox = sandbox
        self.source = source
        self.state = state or State()
        self.done: list[StepOutcome] = []
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

        ``before`` is called ahead of each ``run`` step; ``seconds`` is the time for all of it, at
        most the job's own bound. Raises UnsupportedStep when a step needs
        what regreen cannot run, and what the sandbox raises.
        """
        started = time.monotonic()
        self.setting.reporter.job_started(self.job.name)
        if not self._prepared:
            self._prepare()
        outcomes: list[StepOutcome] = []
        bound = self.setting.limits.job_seconds
        deadline = started + (bound if seconds is None else min(seconds, bound))
        for step in self.job.steps[self.state.position : until]:
            if before is not None and step.run is not None:
                before(step)
            outcomes.append(self.step(step, deadline - time.monotonic()))
            if stop_at_failure and self.state.failed:
                break
        return JobOutcome(tuple(outcomes), time.monotonic() - started)

    @property
    def view(self) -> View:
        """The job's steps as they read now."""
        place = workspace(to_string(self.job.github.get("repository")) or "repository")
        return View(self.job, self.state, lambda p: hash_files(self.sandbox, place, p))

    def step(self, step: StepSpec, seconds: float) -> StepOutcome:
        """Run one step, take over what it asked the runner to keep, and return what it did."""
        name = self.view.name(step)
        try:
            if not self.view.runs(step):
                return self._ended(step, not_run(step, name, "skipped", ""))
            if (why := self._refused(step)) is not None:
                return self._ended(step, not_run(step, name, "excluded", why))
            if step.index in self.job.noop:
                return self._ended(step, not_run(step, name, "success", self.job.noop[step.index]))
            if (fault := bad_variable(self.view.environment(step))) is not None:
                return self._ended(step, failed(step, name, fault))
            outcome, kept = self._run(step, name, seconds)
        except ExpressionError as error:
            reason = f"an expression is wrong: {error} ({self.job.where(step)})"
            return self._ended(step, failed(step, name, reason))
        return self._ended(step, outcome, kept)

    def execute(self, script: str, step: StepSpec, *, folder: str, seconds: float) -> ExecResult:
        """Run a shell script with the environment that ``step`` has, and nothing else of it."""
        argv = ("/bin/bash", "--noprofile", "--norc", "-c", script)
        return self._exec(argv, self.view.environment(step), folder, seconds)

    def _run(self, step: StepSpec, name: str, seconds: float) -> tuple[StepOutcome, Effects]:
        if step.uses is not None:
            return self._native(step, name, seconds)
        view = self.view
        script = view.script(step)
        path = f"{TEMP}/{uuid.uuid4()}.sh"
        argv = command_line(view.shell(step), path)
        if isinstance(argv, Unsupported):
            raise UnsupportedStep(f"{argv.what} ({self.job.where(step)})")
        self.sandbox.write(path, script.encode())
        bound = min(seconds, view.seconds(step) or self.setting.limits.step_seconds)
        environment, folder = view.environment(step), view.directory(step)
        with self._shown(name, script) as show:
            result = self._exec(argv, environment, folder, bound, show)
        return self._finished(step, name, script, result)

    def _native(self, step: StepSpec, name: str, seconds: float) -> tuple[StepOutcome, Effects]:
        script = self._action(step)
        argv = ("/bin/bash", "-c", script.text, "bash", *script.arguments)
        bound = min(seconds, self.setting.limits.step_seconds)
        environment = self.view.environment(step)
        with self._shown(name, step.uses or "") as show:
            result = self._exec(argv, environment, "/", bound, show)
        outcome, _ = self._finished(step, name, None, result)
        return outcome, script.effects if result.ok else Effects()

    def _action(self, step: StepSpec) -> actions.Script:
        uses = step.uses or ""
        inputs = self.view.inputs(step)
        known = actions.name_of(uses)
        if known == actions.CHECKOUT:
            return self._checkout(inputs, step)
        if known == actions.SETUP_PYTHON:
            asked = self.job.pythons.get(step.index, ())
            return actions.setup_python(tuple(self.setting.pythons[v] for v in asked))
        if known != actions.SETUP_UV:
            raise UnsupportedStep(f"the action {uses} ({self.job.where(step)})")
        major = uses.rpartition("@")[2].split(".")[0]
        script = actions.setup_uv(inputs, self.setting.pythons, self.view.workspace, major)
        if isinstance(script, Unsupported):
            raise UnsupportedStep(f"{script.what} ({self.job.where(step)})")
        return script

    def _checkout(self, inputs: Mapping[str, str], step: StepSpec) -> actions.Script:
        folder = actions.checkout_folder(inputs, self.view.workspace)
        if not actions.is_inside(folder, self.view.workspace):
            text = "echo \"Repository path '$1' is not under '$2'\"; exit 1"
            return actions.Script(text, (folder, self.view.workspace))
        packed = self.source(actions.wanted_of(inputs))
        if packed.lacking:
            raise UnsupportedStep(f"{'; '.join(packed.lacking)} ({self.job.where(step)})")
        self.sandbox.write_tree(folder, packed.tar)
        missing, large = f"{TEMP}/_regreen_missing", f"{TEMP}/_regreen_large.tar"
        names = "".join(f"{path}\0" for path in packed.missing)
        self.sandbox.write(missing, names.encode("utf-8", "surrogateescape"))
        if packed.large:
            self.sandbox.write(large, packed.large)
        for module in packed.inside:
            self.sandbox.write_tree(f"{folder}/{module.path}", module.packed.tar)
        return actions.checkout(folder, missing, large if packed.large else "", packed.inside)

    def _finished(
        self, step: StepSpec, name: str, script: str | None, result: ExecResult
    ) -> tuple[StepOutcome, Effects]:
        text = result.output.decode("utf-8", "replace")
        problem = f"stopped after {result.seconds:.0f} s" if result.timed_out else ""
        kept = Effects()
        if script is not None:
            try:
                kept = effects(self._file_commands(), text)
            except (CommandFileError, FileTooLarge) as error:
                problem = f"Unable to process file command: {error}"
        masks = (*self.state.masks, *kept.masks)
        ok = result.exit_code == 0 and not problem
        tolerated = not ok and self.view.tolerates_failure(step)
        log = self.setting.mask(text, masks)
        outcome = StepOutcome(
            index=step.index,
            name=name,
            command=self.setting.mask(script, masks) if script is not None else step.uses,
            conclusion="success" if ok or tolerated else "failure",
            exit_code=result.exit_code if result.exit_code or ok else 1,
            seconds=result.seconds,
            log=log,
            log_sha256=hashlib.sha256(log.encode()).hexdigest(),
            reason="continue-on-error" if tolerated else problem,
        )
        return outcome, kept

    def _ended(
        self, step: StepSpec, outcome: StepOutcome, kept: Effects | None = None
    ) -> StepOutcome:
        conclusion = "skipped" if outcome.conclusion == "excluded" else outcome.conclusion
        real = "failure" if outcome.reason == "continue-on-error" else conclusion
        effect = kept or Effects()
        result = StepResult(real, conclusion, effect.outputs)
        self.state = self.state.after(step.id, result, effect)
        self.done.append(outcome)
        self.setting.reporter.step_ended(outcome)
        return outcome

    def _prepare(self) -> None:
        """Lay out the runner's folders and the event that started the run."""
        event = json.dumps(self.job.github.get("event") or {}).encode()
        folders = (posixpath.dirname(EVENT), FILE_COMMANDS, self.view.workspace)
        self.sandbox.run(("/bin/mkdir", "-p", *folders), env={}, cwd="/", timeout=_HOUSEKEEPING)
        self.sandbox.write(EVENT, event)
        self._prepared = True

    def _file_commands(self) -> dict[str, str]:
        """Return what the step wrote to the runner's files, by their names.

        Raises CommandFileError or FileTooLarge.
        """
        tree = self.sandbox.read_tree(FILE_COMMANDS, limit=_FILE_COMMAND_BYTES)
        return unpacked(tree or b"")

    @contextmanager
    def _shown(self, name: str, command: str) -> Iterator[Callable[[bytes], None]]:
        """Tell of a step that starts; give what takes its output, and shows it masked."""
        reporter, masks = self.setting.reporter, self.state.masks
        reporter.step_started(name, self.setting.mask(command, masks))
        with Outflow(self.setting.live(masks), reporter.output) as outflow:
            yield outflow.write

    def _exec(
        self,
        argv: tuple[str, ...],
        env: Mapping[str, str],
        folder: str,
        seconds: float,
        show: Callable[[bytes], None] | None = None,
    ) -> ExecResult:
        emptied = " ".join(f"{FILE_COMMANDS}/{name}" for name in FILES)
        line = ("/bin/sh", "-c", _IN_FOLDER, "sh", folder, emptied, *argv)
        bound = max(1.0, min(seconds, self.setting.limits.step_seconds))
        return self.sandbox.run(line, env=env, cwd="/", timeout=bound, on_output=show)

    def _refused(self, step: StepSpec) -> str | None:
        """Say why a step is not run: it publishes, or could not turn a red job green anyway."""
        if step.index in self.job.excluded:
            return self.job.excluded[step.index]
        known = actions.name_of(step.uses or "") in actions.NATIVE
        if step.uses is None or known or step.index in self.job.noop or not self.state.failed:
            return None
        return f"{step.uses} is not run after a failure"
