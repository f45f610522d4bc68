"""A planned job for people and for machines."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from regreen.model.planned import Fate, PlannedContainer, PlannedJob, PlannedStep
from regreen.plain import visible, visible_lines

SCHEMA = 1
_WORDS = {
    Fate.RUN: "runs",
    Fate.SERVED: "served by regreen",
    Fate.ACTION: "the action's own code runs",
    Fate.NOTHING: "does nothing here",
    Fate.SKIPPED: "skipped",
    Fate.REFUSED: "left out",
    Fate.UNSUPPORTED: "unsupported",
}


def planned_json(job: PlannedJob) -> dict[str, Any]:
    """Return the object that ``regreen plan --json`` prints. It only ever gains fields."""
    return {"schema": SCHEMA, **asdict(job)}


def planned_text(job: PlannedJob) -> str:
    """Return the job as lines: what holds for all of it, then its steps."""
    place = f"{job.workflow} at {job.commit[:12]} of {job.repository}"
    lines = [f"job {job.name!r} ({job.id}) of {place}: {job.why}", *_head(job)]
    for step in job.steps:
        lines += ["", *_step(step, job)]
    return "\n".join(lines)


def _head(job: PlannedJob) -> Iterator[str]:
    runs_on = f"{job.image} (for {job.label})" if job.image else job.label
    yield _row("runs on", runs_on)
    yield _row("event", f"{job.event} {job.ref}")
    for name, value in job.combination.items():
        yield _row("matrix", f"{name}={value}")
    for name, result in job.needs.items():
        yield _row("needs", f"{name}: {result}")
    if job.container is not None:
        yield from _container("container", job.container, job)
    for name, service in job.services.items():
        yield from _container(f"service {name}", service, job)
    yield from _variables(job.env)
    for name, text in job.outputs.items():
        yield _row("output", f"{name}={text}")
    if job.seconds is not None:
        yield _row("timeout", f"{job.seconds:.0f} s")
    for words in job.notes:
        yield _row("note", words)
    for words in job.unsupported:
        yield _row("cannot", words)


def _container(what: str, container: PlannedContainer, job: PlannedJob) -> Iterator[str]:
    yield _row(what, visible(container.image))
    for label, values in (("port", container.ports), ("volume", container.volumes)):
        for value in values:
            yield _row(f"  {label}", visible(value))
    if container.options:
        yield _row("  options", visible(container.options))
    own = set(container.env.items()) - set(job.variables.items())
    for name, value in container.env.items():
        if (name, value) in own:
            yield _row("  env", f"{name}={_indented(value)}")


def _step(step: PlannedStep, job: PlannedJob) -> Iterator[str]:
    failing = ", the failing step" if step.number == job.failing else ""
    why = f": {step.why}" if step.why else ""
    yield f"{step.number:>2} {visible(step.name)}  [{visible(step.place)}{failing}]"
    yield f"   {_WORDS[step.fate]}{visible(why)}"
    if step.fate in (Fate.SKIPPED, Fate.REFUSED):
        return
    if step.condition:
        yield _row("if", f"{step.condition} (the running job tells)")
    elif step.always:
        yield _row("if", "also after a failure")
    if step.uses is not None:
        yield _row("uses", step.uses)
    for name, value in step.inputs.items():
        yield _row("with", f"{name}: {_indented(value)}")
    if step.pythons:
        yield _row("python", ", ".join(step.pythons))
    yield from _variables(step.env)
    if step.seconds is not None:
        yield _row("timeout", f"{step.seconds:.0f} s")
    if step.tolerated:
        yield _row("failure", "does not fail the job")
    if step.script is not None:
        yield _row("shell", shlex.join(step.shell))
        yield _row("folder", step.folder)
        yield from (f"   | {line}".rstrip() for line in step.script.splitlines())


def _variables(env: Mapping[str, str]) -> Iterator[str]:
    for name, value in env.items():
        yield _row("env", f"{name}={_indented(value)}")


def _indented(text: str) -> str:
    return text.rstrip("\n").replace("\n", "\n             ")


def _row(label: str, text: str) -> str:
    return f"   {label:<9} {visible_lines(text)}"
