"""From a job that was found to one that can run, or to the list of what it cannot have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from regreen.errors import UsageError, WorkflowError
from regreen.jobs.catalogue import Role, action_name, role_of
from regreen.jobs.contexts import Trigger, github_context, runner_context, strategy_context
from regreen.jobs.expressions import (
    CaseSensitive,
    ExpressionError,
    Value,
    render,
    resolve,
    to_string,
)
from regreen.jobs.job import Found, Job
from regreen.jobs.layout import hosted
from regreen.jobs.matrix import Combination, display_name, expand
from regreen.jobs.pythons import Reader, nothing, requests
from regreen.jobs.support import is_hosted, job_gaps, step_gaps, summed
from regreen.jobs.workflow import JobSpec, StepSpec, Workflow

_PYTHON_ACTIONS = frozenset({"actions/setup-python", "astral-sh/setup-uv"})


def static_contexts(
    workflow: Workflow, job: JobSpec, repository: str, commit: str, trigger: Trigger
) -> dict[str, Value]:
    """Return the contexts that are known before a job's matrix is."""
    inputs = _default_inputs(workflow.on)
    github = github_context(repository, commit, workflow.title, job.id, trigger)
    secrets: Value = {"GITHUB_TOKEN": ""}
    needs: Value = {name: {"result": "success", "outputs": {}} for name in job.needs}
    return {"github": github, "inputs": inputs, "vars": {}, "secrets": secrets, "needs": needs}


def _default_inputs(on: Mapping[str, Value]) -> dict[str, Value]:
    """Return the inputs of a manual start at their defaults."""
    event = on.get("workflow_dispatch")
    declared = event.get("inputs") if isinstance(event, dict) else None
    if not isinstance(declared, dict):
        return {}
    return {
        name: about.get("default", "") if isinstance(about, dict) else ""
        for name, about in declared.items()
    }


def combinations(job: JobSpec, contexts: Mapping[str, Value]) -> tuple[Combination, ...]:
    """Return the combinations of a job's matrix; raises ``UsageError`` when it has none."""
    if job.strategy is None:
        return ({},)
    return expand(resolve(job.strategy.matrix, contexts))


def plan(
    found: Found,
    *,
    repository: str,
    commit: str,
    trigger: Trigger | None = None,
    image: str | None = None,
    read: Reader = nothing,
    installed: Sequence[str] = (),
) -> Job:
    """Return the job ``found`` as it would run for ``commit`` of ``repository`` (``owner/name``).

    ``image`` is the runner image that a log names; where it is one that can be stood for, it wins
    over ``runs-on``. ``read`` gives the text of a file of the commit; ``installed`` are the exact
    Pythons that a log says its setup steps installed, in order. Raises ``WorkflowError`` where an
    expression outside of the steps is wrong.
    """
    try:
        job = _plan(found, repository, commit, trigger or Trigger(), image, read)
        return replace(job, pythons=_as_installed(job.pythons, installed))
    except ExpressionError as error:
        raise WorkflowError(error.message, found.workflow.path, found.job.line, 1) from error


def _plan(
    found: Found, repository: str, commit: str, trigger: Trigger, image: str | None, read: Reader
) -> Job:
    workflow, job = found.workflow, found.job
    contexts = static_contexts(workflow, job, repository, commit, trigger)
    contexts |= {
        "matrix": dict(found.combination),
        "strategy": _strategy(job, found.combination, contexts),
    }
    env = _environment(workflow, job, contexts)
    contexts["runner"] = runner_context()
    with_env = {**contexts, "env": env}
    label, gaps = job_gaps(job, with_env)
    excluded, noop = _left_out(job)
    defaults = (job.defaults, workflow.defaults)
    shell = _first([d.shell for d in defaults], with_env)
    served = [step for step in job.steps if step.index not in excluded | noop]
    gaps += step_gaps(served, with_env, shell)
    return Job(
        id=job.id,
        name=display_name(job, found.combination, contexts),
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
        pythons=_pythons(job, with_env, read),
        layout=hosted(repository),
        unsupported=summed(workflow.path, gaps),
        failing=found.step_index,
        why=found.why,
    )


def _strategy(
    job: JobSpec, combination: Mapping[str, Value], contexts: Mapping[str, Value]
) -> dict[str, Value]:
    try:
        legs = combinations(job, contexts)
    except UsageError:
        legs = (dict(combination),)
    same = (i for i, leg in enumerate(legs) if _same(leg, combination))
    fail_fast = resolve(job.strategy.fail_fast, contexts) if job.strategy else None
    limit = resolve(job.strategy.max_parallel, contexts) if job.strategy else None
    return strategy_context(fail_fast is not False, next(same, 0), len(legs), limit)


def _same(left: Mapping[str, Value], right: Mapping[str, Value]) -> bool:
    return dict(left) == dict(right)


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


def _left_out(job: JobSpec) -> tuple[dict[int, str], dict[int, str]]:
    """Return the steps that are refused and those that do nothing, by index with the reason."""
    refused: dict[int, str] = {}
    idle: dict[int, str] = {}
    for step in job.steps:
        role, reason = role_of(step.uses)
        if role is Role.PUBLISH:
            refused[step.index] = reason
        elif role is Role.NOOP:
            idle[step.index] = reason
    return refused, idle


def _pythons(
    job: JobSpec, contexts: Mapping[str, Value], read: Reader
) -> dict[int, tuple[str, ...]]:
    return {
        step.index: asked
        for step in job.steps
        if step.uses is not None
        and action_name(step.uses) in _PYTHON_ACTIONS
        and (asked := _requests(step, contexts, read))
    }


def _requests(step: StepSpec, contexts: Mapping[str, Value], read: Reader) -> tuple[str, ...]:
    inputs = {}
    for name in ("python-version", "python-version-file"):
        with suppress(ExpressionError):
            inputs[name] = render(step.inputs.get(name, ""), contexts)
    return requests(inputs, read)


def _as_installed(
    asked: Mapping[int, tuple[str, ...]], installed: Sequence[str]
) -> Mapping[int, tuple[str, ...]]:
    """Put the log's exact versions in the place of the requests, where they are as many."""
    if sum(map(len, asked.values())) != len(installed):
        return asked
    left = iter(installed)
    return {index: tuple(next(left) for _ in versions) for index, versions in asked.items()}
