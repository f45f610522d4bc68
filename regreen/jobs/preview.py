"""A planned job as it will run: what each step runs, or why it does not."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from enum import StrEnum
from typing import Any, TypeVar, cast

from regreen.jobs.catalogue import Role, role_of
from regreen.jobs.containers import ContainerSpec
from regreen.jobs.expressions import Value, to_string
from regreen.jobs.job import Job
from regreen.jobs.known import Known, runs_always
from regreen.jobs.layout import runner_env
from regreen.jobs.legs import shown
from regreen.jobs.shells import command_line
from regreen.jobs.support import step_gaps
from regreen.jobs.workflow import StepSpec
from regreen.model import Unsupported
from regreen.model.planned import Fate, PlannedContainer, PlannedJob, PlannedStep

_SCRIPT = "{0}"
_T = TypeVar("_T")


def preview(job: Job, commit: str) -> PlannedJob:
    """Return ``job`` of ``commit`` with everything in it that is known before it runs.

    The values of secrets are hidden wherever they stand.
    """
    secrets = job.contexts.get("secrets")
    values = secrets.values() if isinstance(secrets, dict) else ()
    hidden = sorted((v for v in values if isinstance(v, str) and v), key=len, reverse=True)
    return _without(_shown(job, commit), hidden)


def _without(value: _T, hidden: Sequence[str]) -> _T:
    """Return ``value`` with no text of ``hidden`` anywhere in it."""
    found: Any = value
    if isinstance(value, str) and not isinstance(value, StrEnum):
        for secret in hidden:
            found = found.replace(secret, "***")
    elif isinstance(value, Mapping):
        found = {name: _without(inner, hidden) for name, inner in value.items()}
    elif isinstance(value, tuple):
        found = tuple(_without(inner, hidden) for inner in value)
    elif isinstance(value, PlannedJob | PlannedStep | PlannedContainer):
        named = ((one.name, getattr(value, one.name)) for one in fields(value))
        found = replace(value, **{name: _without(inner, hidden) for name, inner in named})
    return cast("_T", found)


def _shown(job: Job, commit: str) -> PlannedJob:
    github, known = job.github, _known(job, {})
    container = job.container
    return PlannedJob(
        repository=to_string(github.get("repository")),
        commit=commit,
        workflow=job.workflow,
        id=job.id,
        name=job.name,
        why=job.why,
        provider=job.provider,
        event=to_string(github.get("event_name")),
        ref=to_string(github.get("ref")),
        label=job.image_label,
        image=job.image,
        workspace=job.layout.workspace,
        combination={name: shown(value) for name, value in job.combination.items()},
        needs=_needs(job),
        env=dict(job.env),
        variables=_variables(job),
        container=_container(container) if container is not None else None,
        services={name: _container(spec) for name, spec in job.services.items()},
        outputs={name: known.text(text) for name, text in job.outputs.items()},
        steps=tuple(_step(job, step) for step in job.steps),
        notes=job.notes,
        unsupported=job.unsupported,
        failing=None if job.failing is None else job.failing + 1,
        seconds=job.seconds,
    )


def _variables(job: Job) -> dict[str, str]:
    if job.provider != "github":
        return dict(job.variables)
    return runner_env(job.github, job.image_label, job.layout)


def _needs(job: Job) -> dict[str, str]:
    needs = job.contexts.get("needs")
    if not isinstance(needs, dict):
        return {}
    return {
        name: to_string(about.get("result")) if isinstance(about, dict) else ""
        for name, about in needs.items()
    }


def _container(spec: ContainerSpec) -> PlannedContainer:
    return PlannedContainer(spec.image, spec.env, spec.ports, spec.volumes, spec.options)


def _known(job: Job, own: Mapping[str, str]) -> Known:
    return Known({**job.contexts, "env": {**job.env, **own}})


def _step(job: Job, step: StepSpec) -> PlannedStep:
    around = _known(job, {})
    env = {name: around.text(text) for name, text in step.env.items()}
    known = _known(job, env)
    condition = known.holds(step.condition)
    fate, why = _fate(job, step, condition)
    shell = known.text(step.shell or job.shell or "") or None
    folder = known.text(step.working_directory or job.working_directory or "")
    return PlannedStep(
        number=step.index + 1,
        id=step.id,
        name=_name(step, known),
        place=job.where(step),
        fate=fate,
        why=why,
        condition=condition if isinstance(condition, str) else "",
        always=runs_always(step.condition),
        shell=_shell(shell) if step.uses is None else (),
        script=known.text(step.run or "") if step.uses is None else None,
        folder=posixpath.normpath(posixpath.join(job.layout.workspace, folder)),
        env=env,
        uses=step.uses,
        inputs={name: known.text(text) for name, text in step.inputs.items()},
        pythons=job.pythons.get(step.index, ()),
        seconds=_seconds(step, known),
        tolerated=known.text(to_string(step.continue_on_error)).lower() == "true",
    )


def _fate(job: Job, step: StepSpec, condition: bool | str) -> tuple[Fate, str]:
    """Return what becomes of a step and the reason, in the order in which the runner decides."""
    if condition is False:
        return Fate.SKIPPED, f"if: {step.condition}"
    if (why := job.excluded.get(step.index)) is not None:
        return Fate.REFUSED, why
    if (why := job.noop.get(step.index)) is not None:
        return Fate.NOTHING, why
    contexts: dict[str, Value] = {**job.contexts, "env": dict(job.env)}
    if gaps := step_gaps([step], contexts, job.shell):
        return Fate.UNSUPPORTED, "; ".join(gap.what for gap in gaps)
    if step.uses is None:
        return Fate.RUN, ""
    role, why = role_of(step, job.allowed)
    return {Role.NATIVE: Fate.SERVED, Role.NOOP: Fate.NOTHING}.get(role, Fate.ACTION), why


def _name(step: StepSpec, known: Known) -> str:
    if step.name:
        return known.text(step.name)
    lines = known.text(step.run or step.uses or "").strip().splitlines()
    return f"Run {lines[0] if lines else ''}".strip()


def _shell(shell: str | None) -> tuple[str, ...]:
    """Return the argument list; the shell's name where the sandbox is to find out about it."""
    line = command_line(shell, _SCRIPT)
    return (shell or "", _SCRIPT) if isinstance(line, Unsupported) else line


def _seconds(step: StepSpec, known: Known) -> float | None:
    try:
        return float(known.text(to_string(step.timeout_minutes))) * 60
    except ValueError:
        return None
