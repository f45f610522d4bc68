"""Puts a planned job where it can run: its runner by the table, its system by what it does.

A job for Windows or macOS cannot run here as a whole. When the step that fails is one that is the
same on every system (`regreen.jobs.neutral`), the job is planned on Linux up to that step, and its
notes say so; the steps behind it are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from regreen.jobs.expressions import ExpressionError, Value, render, resolve
from regreen.jobs.job import Found, Job
from regreen.jobs.neutral import checks_of, is_native, is_plain, judged_by_system
from regreen.jobs.runners import DEFAULT, Runner, runner_of
from regreen.jobs.support import RUNS_ON
from regreen.jobs.workflow import StepSpec

_LIKE_POWERSHELL = "bash --noprofile --norc {0}"
"""PowerShell and cmd go on after a command that failed; the last one's exit code is the step's."""
_ANY_SHELL = "bash"
_FOREIGN_SHELLS = frozenset({"pwsh", "powershell", "cmd"})


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """A job rewritten for Linux: what stands in the file's place, and what is left out."""

    found: Found
    noop: Mapping[int, str]
    excluded: Mapping[int, str]
    notes: tuple[str, ...]


def placed(found: Found, planned: Callable[[Found], Job], table: Mapping[str, str]) -> Job:
    """Return the job that ``planned`` makes of ``found``, on what ``table`` says of its runner.

    ``table`` maps labels and groups, in lower case, to a hosted label or an image's name.
    """
    job = planned(found)
    if found.job.uses is not None:
        return job
    try:
        runs_on = resolve(found.job.runs_on, _contexts(job))
    except ExpressionError:
        return job
    runner = runner_of(runs_on, table)
    if not runner.problem:
        return _on(job, runner, as_written=runner == runner_of(runs_on, {}))
    if runner.system == "Linux":
        return job
    elsewhere = _elsewhere(found, job, runner)
    if isinstance(elsewhere, str):
        return replace(job, unsupported=(*_without_runner(job), _reason(found, runner, elsewhere)))
    return _on_linux(planned(elsewhere.found), elsewhere, runner)


def _on(job: Job, runner: Runner, *, as_written: bool) -> Job:
    more = (runner.note,) if runner.note and runner.note not in job.notes else ()
    label = job.image_label if as_written else runner.label
    return replace(
        job,
        image_label=label,
        image=runner.image,
        notes=(*job.notes, *more),
        unsupported=_without_runner(job),
    )


def _without_runner(job: Job) -> tuple[str, ...]:
    return tuple(what for what in job.unsupported if not what.startswith(RUNS_ON))


def _reason(found: Found, runner: Runner, why: str) -> str:
    line = found.job.lines.get("runs-on", found.job.line)
    return f"{RUNS_ON}{runner.problem}: {why} ({found.workflow.path}:{line})"


def _elsewhere(found: Found, job: Job, runner: Runner) -> _Elsewhere | str:
    """Return the job as it runs on Linux, or why it cannot."""
    if found.step_index is None:
        words = "only a formatter, linter or type checker of it can run here"
        return f"{words}, and no failing step is known (--step names it)"
    failing = found.job.steps[found.step_index]
    tools = checks_of(failing)
    if not tools:
        return f"step {failing.title!r} is not known to be the same on every system"
    steps, noop, excluded = [], {}, {}
    for step in found.job.steps:
        if step.index > found.step_index:
            excluded[step.index] = f"it runs on {runner.system} only"
            steps.append(_emptied(step))
        elif step.run is None:
            steps.append(step)
        elif step.index < found.step_index and (why := _left_out(step, job, runner)):
            noop[step.index] = why
            steps.append(_emptied(step))
        else:
            steps.append(_with_shell(step, job, runner))
    spec = replace(found.job, runs_on=DEFAULT, steps=tuple(steps))
    notes = _notes(runner, failing, tools)
    return _Elsewhere(replace(found, job=spec), noop, excluded, notes)


def _notes(runner: Runner, failing: StepSpec, tools: frozenset[str]) -> tuple[str, ...]:
    named = ", ".join(sorted(tools))
    words = f"a {runner.system} job on Linux, up to the step {failing.title!r}: {named} " + (
        "is the same on every system" if len(tools) == 1 else "are the same on every system"
    )
    by_system = ", ".join(sorted(judged_by_system(tools)))
    more = f"{by_system} takes Linux's side where code asks for the system" if by_system else ""
    return (words, more) if more else (words,)


def _left_out(step: StepSpec, job: Job, runner: Runner) -> str:
    """Return why a set-up step of another system does nothing here, empty where it runs."""
    script = step.run or ""
    if is_native(script):
        return f"set-up for {runner.system} only"
    if _is_foreign(step, job, runner) and not is_plain(script):
        return f"set-up in a shell of {runner.system}, and more than plain commands"
    return ""


def _is_foreign(step: StepSpec, job: Job, runner: Runner) -> bool:
    """Return whether a script's shell is one of Windows's own."""
    try:
        shell = render(step.shell or job.shell or "", _contexts(job)).strip().lower()
    except ExpressionError:
        return False
    return shell in _FOREIGN_SHELLS or (not shell and runner.system == "Windows")


def _with_shell(step: StepSpec, job: Job, runner: Runner) -> StepSpec:
    return replace(step, shell=_LIKE_POWERSHELL) if _is_foreign(step, job, runner) else step


def _emptied(step: StepSpec) -> StepSpec:
    """Return a step of the same name that asks for nothing."""
    return replace(step, name=step.title, run="", uses=None, shell=_ANY_SHELL, inputs={}, env={})


def _on_linux(job: Job, elsewhere: _Elsewhere, runner: Runner) -> Job:
    """Return the rewritten job; conditions still see the system that CI's job had."""
    system = job.contexts.get("runner")
    seen: Value = {**system, "os": runner.system} if isinstance(system, dict) else system
    return replace(
        job,
        contexts={**job.contexts, "runner": seen},
        noop={**job.noop, **elsewhere.noop},
        excluded={**job.excluded, **elsewhere.excluded},
        notes=(*job.notes, *elsewhere.notes),
    )


def _contexts(job: Job) -> dict[str, Value]:
    return {**job.contexts, "env": dict(job.env)}
