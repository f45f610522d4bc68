"""How one step's work is done, whatever it is: a script, a served action, an action of others.

``perform`` is given the run, the step and where the step stands; an action that has steps of its
own calls it again for each of them. What comes of it is a value; the run takes it over.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regreen.jobs.catalogue import Role, role_of
from regreen.jobs.commands import CommandFileError, Effects
from regreen.jobs.expressions import to_string
from regreen.jobs.served import SERVED, name_of, serve
from regreen.jobs.served.call import Call, Script
from regreen.jobs.shells import command_line, is_pwsh, script_file
from regreen.jobs.unrun import UnsupportedStep
from regreen.jobs.work import Done, Scope
from regreen.jobs.workflow import StepSpec
from regreen.model import Unsupported
from regreen_sandbox.container import ExecResult
from regreen_sandbox.errors import FileTooLarge

if TYPE_CHECKING:
    from regreen.jobs.runner import JobRun

Show = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Watch:
    """How long a step's work may take in seconds, and who is shown its output as it comes."""

    seconds: float
    show: Show | None = None


def perform(run: JobRun, step: StepSpec, scope: Scope, watch: Watch) -> Done:
    """Do the work of ``step``, whose condition holds.

    Raises UnsupportedStep, ExpressionError, and what the sandbox raises.
    """
    role, reason = role_of(step, run.job.allowed)
    if role in (Role.NOOP, Role.PUBLISH):
        return Done(0, f"{reason}\n", 0.0, command=step.uses or step.run)
    if step.uses is None:
        return _script(run, step, scope, watch)
    if name_of(step.uses) in SERVED:
        return _served(run, step, scope, watch)
    from regreen.jobs.actions.using import use  # it comes back here for an action's own steps

    return use(run, step, scope, watch)


def _script(run: JobRun, step: StepSpec, scope: Scope, watch: Watch) -> Done:
    view = run.view_in(scope)
    script = view.script(step)
    shell, environment = view.shell(step), view.environment(step)
    suffix, text = script_file(shell, script)
    path = f"{run.job.layout.temp}/{uuid.uuid4()}{suffix}"
    argv = command_line(shell, path)
    if isinstance(argv, Unsupported):
        raise UnsupportedStep(f"{argv.what} ({run.job.where(step)})")
    if is_pwsh(shell):
        look = ("/bin/sh", "-c", "command -v pwsh")
        if run.execute(look, environment, "/", Watch(watch.seconds)).exit_code:
            where = run.job.where(step)
            raise UnsupportedStep(f"shell: pwsh, which the image does not have ({where})")
    result = run.execute(argv, environment, view.directory(step), watch, (path, text))
    return finished(run, result, script)


def _served(run: JobRun, step: StepSpec, scope: Scope, watch: Watch) -> Done:
    view = run.view_in(scope)
    environment = view.environment(step)
    script = serve(_call(run, step, scope))
    if isinstance(script, Unsupported):
        raise UnsupportedStep(f"{script.what} ({run.job.where(step)})")
    argv = ("/bin/bash", "-c", script.text, "bash", *script.arguments)
    done = finished(run, run.execute(argv, environment, script.folder or "/", watch), None)
    return _with(done, script, step)


def _with(done: Done, script: Script, step: StepSpec) -> Done:
    """Add what follows from a served action's success."""
    if not done.ok:
        return Done(
            done.exit_code,
            done.output,
            done.seconds,
            command=script.command or step.uses,
            problem=done.problem,
        )
    fixed, own = script.effects, done.effects
    effects = Effects(
        {**fixed.env, **own.env},
        (*fixed.path, *own.path),
        {**fixed.outputs, **own.outputs},
        (*fixed.masks, *own.masks),
        {**fixed.state, **own.state},
        own.summary,
        own.annotations,
        own.matchers,
    )
    command = script.command or step.uses
    return Done(done.exit_code, done.output, done.seconds, effects, command, posts=script.posts)


def _call(run: JobRun, step: StepSpec, scope: Scope) -> Call:
    view, uses = run.view_in(scope), step.uses or ""
    workspace = run.job.layout.workspace

    def read(path: str) -> str | None:
        content = run.sandbox.read(f"{workspace}/{path}")
        return None if content is None else content.decode("utf-8", "replace")

    return Call(
        name=name_of(uses),
        version=uses.rpartition("@")[2],
        inputs=view.inputs(step),
        title=view.name(step),
        env=view.environment(step),
        layout=run.job.layout,
        repository=to_string(run.job.github.get("repository")),
        github=run.job.github,
        asked=run.job.pythons.get(step.index) if scope.depth == 0 else None,
        pythons=run.setting.pythons,
        read=read,
        sandbox=run.sandbox,
        source=run.source,
        stores=run.setting.stores,
        index=step.index,
        job=run.job.name,
    )


def finished(run: JobRun, result: ExecResult, command: str | None) -> Done:
    """Return what came of a process, with what it wrote into the runner's files.

    Files that cannot be read make it a failure, and so does a process that ran out of time.
    """
    text = result.output.decode("utf-8", "replace")
    problem = f"stopped after {result.seconds:.0f} s" if result.timed_out else ""
    kept = Effects()
    try:
        kept = run.effects(text)
    except (CommandFileError, FileTooLarge) as error:
        problem = f"Unable to process file command: {error}"
    return Done(result.exit_code, text, result.seconds, kept, command, problem)
