"""Composite actions: steps of their own, with inputs, results and a status of their own.

How they fail, and what they see, is as in the runner (github.com/actions/runner,
CompositeActionHandler.cs): after a failed step only those run whose condition asks for it, and the
variables that a step sets hold for all that comes after, outside of the action too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from regreen.jobs.actions.metadata import Composite
from regreen.jobs.actions.used import Used, own_variables
from regreen.jobs.commands import Effects
from regreen.jobs.expressions import ExpressionError, Value
from regreen.jobs.performing import Watch, perform
from regreen.jobs.state import StepResult
from regreen.jobs.unrun import UnsupportedStep, bad_variable
from regreen.jobs.work import Done, Post, Scope
from regreen.jobs.workflow import StepSpec
from regreen.model import Annotation

if TYPE_CHECKING:
    from regreen.jobs.runner import JobRun


@dataclass(slots=True)
class _Course:
    """What has come of the action's steps so far."""

    scope: Scope
    output: list[str]
    posts: list[Post] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)
    summary: str = ""
    failing: Done | None = None

    def take(self, spec: StepSpec, done: Done, *, tolerated: bool) -> None:
        """Keep what came of one step."""
        outcome = "success" if done.ok else "failure"
        conclusion = "success" if done.ok or tolerated else "failure"
        self.note(spec, StepResult(outcome, conclusion, done.effects.outputs))
        self.output.append(done.output)
        self.posts += done.posts
        self.annotations += done.effects.annotations
        self.summary += done.effects.summary
        if conclusion == "failure":
            self.fail(done)

    def fail(self, done: Done) -> None:
        """Take the action for failed because of ``done``; the first one counts."""
        self.failing = self.failing or done
        self.scope = replace(self.scope, failed=True)

    def note(self, spec: StepSpec, result: StepResult) -> None:
        """Let later steps see how this one ended."""
        if spec.id:
            known = dict(self.scope.steps or {})
            self.scope = replace(self.scope, steps={**known, spec.id: result.context()})


def run_steps(run: JobRun, step: StepSpec, scope: Scope, watch: Watch, used: Used) -> Done:
    """Run the steps of a composite action.

    Its outputs come back; what its steps set is taken over by ``run`` at once. Raises
    UnsupportedStep, and what the sandbox raises.
    """
    started = time.monotonic()
    deadline = started + watch.seconds
    course = _Course(_inner(run, step, scope, used), [used.said])
    runs = used.action.runs
    for spec in runs.steps if isinstance(runs, Composite) else ():
        inner = replace(spec, index=step.index, line=step.line)
        left = replace(watch, seconds=deadline - time.monotonic())
        try:
            if not run.view_in(course.scope).runs(inner):
                course.note(spec, StepResult("skipped", "skipped"))
                continue
        except ExpressionError as error:
            course.take(spec, _wrong(used, spec, f"its condition: {error}"), tolerated=False)
            break
        try:
            _one(run, inner, course, left)
        except ExpressionError as error:
            course.take(spec, _wrong(used, spec, str(error)), tolerated=False)
        except UnsupportedStep as error:
            raise UnsupportedStep(f"{error}, in {used.action.path}:{spec.line}") from error
    outputs = _outputs(run, used, course)
    return _done(step, course, outputs, time.monotonic() - started)


def _inner(run: JobRun, step: StepSpec, scope: Scope, used: Used) -> Scope:
    """Return where the action's steps stand. Raises ExpressionError."""
    remote = used.remote
    about: dict[str, Value] = {
        "action_path": used.folder,
        "action_repository": remote.repository if remote else "",
        "action_ref": remote.ref if remote else "",
    }
    kept = {"GITHUB_ACTION", "GITHUB_ACTION_PATH"}
    own = own_variables(run, run.view_in(scope), step)
    return Scope(
        depth=scope.depth + 1,
        inputs=dict(used.inputs),
        steps={},
        github=about,
        env={name: text for name, text in own.items() if name not in kept},
        failed=False,
    )


def _one(run: JobRun, spec: StepSpec, course: _Course, watch: Watch) -> None:
    """Run one step, and take over what came of it. Raises ExpressionError, UnsupportedStep."""
    view = run.view_in(course.scope)
    name = view.name(spec)
    head = f"{name if name.startswith('Run ') else f'Run {name}'}\n"
    course.output.append(head)
    if watch.show is not None:
        watch.show(head.encode())
    if (fault := bad_variable(view.environment(spec))) is not None:
        done = Done(1, f"##[error]{fault}\n", 0.0, command=spec.run or spec.uses, problem=fault)
    else:
        done = perform(run, spec, course.scope, watch)
    tolerated = not done.ok and view.tolerates_failure(spec)
    run.absorb(done.effects)
    course.take(spec, done, tolerated=tolerated)


def _wrong(used: Used, spec: StepSpec, why: str) -> Done:
    words = f"an expression is wrong: {why} ({used.action.path}:{spec.line})"
    return Done(1, f"##[error]{words}\n", 0.0, command=spec.run or spec.uses, problem=words)


def _outputs(run: JobRun, used: Used, course: _Course) -> Mapping[str, str]:
    """Return the action's outputs; a wrong expression in one makes the action fail."""
    view = run.view_in(course.scope)
    try:
        return {name: view.render(text) for name, text in used.action.outputs.items()}
    except ExpressionError as error:
        words = f"an expression is wrong: {error} (the outputs of {used.action.path})"
        course.output.append(f"##[error]{words}\n")
        course.fail(Done(1, "", 0.0, problem=words))
        return {}


def _done(step: StepSpec, course: _Course, outputs: Mapping[str, str], seconds: float) -> Done:
    failing = course.failing
    told = tuple(course.annotations)
    effects = Effects(outputs=dict(outputs), summary=course.summary, annotations=told)
    return Done(
        exit_code=0 if failing is None else failing.exit_code or 1,
        output="".join(course.output),
        seconds=seconds,
        effects=effects,
        command=(failing.command if failing else None) or step.uses,
        problem=failing.problem if failing else "",
        posts=tuple(course.posts),
    )
