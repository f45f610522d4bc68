"""From a job that was found to one that can run, or to the list of what it cannot have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from regreen.errors import UsageError, WorkflowError
from regreen.jobs import placing
from regreen.jobs.assumed import check_assumed
from regreen.jobs.beside import containers_of
from regreen.jobs.calling import Sight
from regreen.jobs.catalogue import Role, action_name, role_of
from regreen.jobs.contexts import placed, runner_context
from regreen.jobs.expressions import (
    CaseSensitive,
    ExpressionError,
    Value,
    render,
    resolve,
    to_string,
)
from regreen.jobs.job import Found, Job
from regreen.jobs.layout import Layout, contained, hosted
from regreen.jobs.legs import variants_of
from regreen.jobs.matrix import names
from regreen.jobs.needs import wanted
from regreen.jobs.noting import notes_of
from regreen.jobs.pythons import ACTIONS, INPUTS, Reader, nothing, requests
from regreen.jobs.runners import DEFAULT
from regreen.jobs.support import Gap, is_hosted, job_gaps, step_gaps, summed
from regreen.jobs.surroundings import contexts_of, seen_for, strategy_of
from regreen.jobs.workflow import JobSpec, StepSpec, Workflow


def plan(
    found: Found,
    *,
    repository: str,
    commit: str,
    sight: Sight | None = None,
    image: str | None = None,
    read: Reader = nothing,
    installed: Sequence[str] = (),
) -> Job:
    """Return the job ``found`` as it would run for ``commit`` of ``repository`` (``owner/name``).

    ``sight`` is what is known of the run besides. ``image`` is the runner image that a log names;
    where it is one that can be stood for, it wins over ``runs-on``. ``read`` gives the text of a
    file of the commit; ``installed`` are the exact Pythons that a log says its setup steps
    installed, in order. Raises ``WorkflowError`` where an expression outside of the steps is wrong,
    ``UsageError`` for an event or input that the workflow does not know.
    """
    seen = replace(sight or Sight(repository, commit), repository=repository, commit=commit)

    def planned(one: Found) -> Job:
        try:
            job = _plan(one, seen, image, read)
            return replace(job, pythons=_as_installed(job.pythons, installed))
        except ExpressionError as error:
            raise WorkflowError(error.message, one.workflow.path, one.job.line, 1) from error

    return placing.placed(found, planned, seen.given.runners)


def _plan(found: Found, sight: Sight, image: str | None, read: Reader) -> Job:
    check_assumed(found.workflow, found.caller, sight.given)
    needs = wanted(found.workflow, found.job, found.caller, sight, matrix=found.pending)
    if not needs:
        return _ready(found, sight, image, read)
    try:
        job = _ready(found, sight, image, read)
    except (ExpressionError, WorkflowError):
        job = _bare(found, sight)
    told = (f"{need.shown} is run before it, for {need.why}" for need in needs)
    return replace(job, needs=needs, unsupported=_certain(found, job), notes=(*job.notes, *told))


def _certain(found: Found, job: Job) -> tuple[str, ...]:
    """Return what a job cannot have, whatever the jobs come to that are run before it."""
    spec, gaps = found.job, list[Gap]()
    if spec.uses is not None:
        return job.unsupported
    if "${{" not in str(spec.runs_on):
        gaps += job_gaps(replace(spec, container=None, services=None), job.contexts)[1]
    left_out = {*job.excluded, *job.noop}
    served = [step for step in job.steps if step.index not in left_out]
    return summed(job.workflow, [*gaps, *step_gaps(served, job.contexts, None)])


def _bare(found: Found, sight: Sight) -> Job:
    """Return what can be said of a job whose expressions wait for what other jobs give out."""
    root = found.caller.root if found.caller else found.workflow
    excluded, noop = _left_out(found.job, sight.given.allowed)
    return Job(
        allowed=sight.given.allowed,
        id=found.job.id,
        name=found.name,
        workflow=found.workflow.path,
        image_label=DEFAULT,
        combination=found.combination,
        env={},
        shell=None,
        working_directory=None,
        steps=found.job.steps,
        contexts=contexts_of(root, replace(found.job, needs=()), None, sight),
        excluded=excluded,
        noop=noop,
        failing=found.step_index,
        why=found.why,
    )


def _ready(found: Found, sight: Sight, image: str | None, read: Reader) -> Job:
    workflow, job = found.workflow, found.job
    asked = sight
    sight, refused = seen_for(workflow, job, found.caller, asked)
    contexts = contexts_of(workflow, job, found.caller, sight)
    matrix: Value = dict(found.combination) if found.combination or job.strategy else None
    contexts |= {"matrix": matrix, "strategy": _strategy(found, contexts, sight)}
    env = _environment(workflow, job, contexts)
    contexts["runner"] = runner_context(hosted(sight.repository))
    with_env = {**contexts, "env": env}
    label, gaps = job_gaps(job, with_env, found.problem)
    excluded, noop = _left_out(job, sight.given.allowed)
    beside = containers_of(job, with_env)
    layout = hosted if beside.container is None else contained
    contexts |= _placed(contexts, layout(sight.repository))
    defaults = (job.defaults, workflow.defaults)
    shell = _first([d.shell for d in defaults], with_env)
    served = [step for step in job.steps if step.index not in excluded | noop]
    gaps += step_gaps(served, with_env, shell)
    return Job(
        allowed=sight.given.allowed,
        id=job.id,
        name=found.name or _name(found, contexts),
        workflow=workflow.path,
        image_label=image if image and is_hosted(image) else label,
        combination=found.combination,
        env={name: str(value) for name, value in env.items()},
        shell=shell,
        working_directory=_first([d.working_directory for d in defaults], with_env),
        steps=job.steps,
        contexts=contexts,
        excluded=excluded,
        noop=noop,
        pythons=_pythons(job, with_env, read, image or label),
        layout=layout(sight.repository),
        container=beside.container,
        services=beside.services,
        outputs=job.outputs,
        seconds=_seconds(job, contexts),
        unsupported=summed(workflow.path, gaps),
        notes=(*((refused,) if refused else ()), *notes_of(found, asked, sight)),
        failing=found.step_index,
        why=found.why,
    )


def _name(found: Found, contexts: Mapping[str, Value]) -> str:
    """Return how logs show the job."""
    own = names(found.job, found.combination, contexts)[0]
    return f"{found.caller.name} / {own}" if found.caller else own


def _placed(contexts: Mapping[str, Value], layout: Layout) -> dict[str, Value]:
    """Return the contexts that name places, as a job has them whose files lie so."""
    github = contexts["github"]
    known = github if isinstance(github, dict) else {}
    return {"github": placed(known, layout), "runner": runner_context(layout)}


def _seconds(job: JobSpec, contexts: Mapping[str, Value]) -> float | None:
    """Return the job's own time limit (``timeout-minutes``)."""
    minutes = resolve(job.timeout_minutes, contexts)
    try:
        return float(to_string(minutes)) * 60 if minutes not in (None, "") else None
    except ValueError:
        return None


def _strategy(found: Found, contexts: Mapping[str, Value], sight: Sight) -> dict[str, Value]:
    legs: tuple[Mapping[str, Value], ...] = (found.combination,)
    with suppress(UsageError, ExpressionError):
        known = variants_of(found.workflow, found.job, found.caller, sight)
        legs = tuple(variant.values for variant in known)
    same = (i for i, leg in enumerate(legs) if dict(leg) == dict(found.combination))
    return strategy_of(found.job, next(same, 0), len(legs), contexts)


def _environment(workflow: Workflow, job: JobSpec, contexts: Mapping[str, Value]) -> CaseSensitive:
    """Return the workflow's and the job's variables, rendered; the job's win."""
    env = CaseSensitive()
    for part in (workflow.env, job.env):
        resolved = resolve(dict(part), contexts)
        if isinstance(resolved, dict):
            env.update({name: to_string(value) for name, value in resolved.items()})
    return env


def _first(templates: list[str | None], contexts: Mapping[str, Value]) -> str | None:
    chosen = next((template for template in templates if template is not None), None)
    return render(chosen, contexts) if chosen is not None else None


def _left_out(job: JobSpec, allowed: tuple[str, ...]) -> tuple[dict[int, str], dict[int, str]]:
    """Return the steps that are refused and those that do nothing, by index with the reason."""
    refused: dict[int, str] = {}
    idle: dict[int, str] = {}
    for step in job.steps:
        role, reason = role_of(step, allowed)
        if role is Role.PUBLISH:
            refused[step.index] = reason
        elif role is Role.NOOP:
            idle[step.index] = reason
    return refused, idle


def _pythons(
    job: JobSpec, contexts: Mapping[str, Value], read: Reader, image: str
) -> dict[int, tuple[str, ...]]:
    return {
        step.index: asked
        for step in job.steps
        if step.uses is not None
        and action_name(step.uses) in ACTIONS
        and (asked := _requests(step, contexts, read, image))
    }


def _requests(
    step: StepSpec, contexts: Mapping[str, Value], read: Reader, image: str
) -> tuple[str, ...]:
    inputs = {}
    for name in INPUTS:
        with suppress(ExpressionError):
            inputs[name] = render(step.inputs.get(name, ""), contexts)
    return requests(inputs, read, image)


def _as_installed(
    asked: Mapping[int, tuple[str, ...]], installed: Sequence[str]
) -> Mapping[int, tuple[str, ...]]:
    """Put the log's exact versions in the place of the requests, where they are as many."""
    if sum(map(len, asked.values())) != len(installed):
        return asked
    left = iter(installed)
    return {index: tuple(next(left) for _ in versions) for index, versions in asked.items()}
