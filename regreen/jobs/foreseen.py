"""A planned job with what its actions will need, as far as that is known before it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from regreen.jobs.catalogue import Role, role_of
from regreen.jobs.expressions import CaseSensitive
from regreen.jobs.job import Job
from regreen.jobs.known import Known
from regreen.jobs.pythons import ACTIONS, requests
from regreen.jobs.support import Gap, skipped, summed
from regreen.jobs.workflow import StepSpec

if TYPE_CHECKING:
    from regreen.jobs.actions.lookahead import Ahead
    from regreen.jobs.actions.store import Store


def foreseen(job: Job, read: Callable[[str], bytes | None], store: Store | None) -> Job:
    """Return ``job`` with what its actions will need, and what of that is not to be had.

    ``read`` gives a file of the commit; without a ``store`` only local actions are followed. Raises
    UsageError for a cache that is not the user's.
    """
    contexts = {**job.contexts, "env": CaseSensitive(job.env)}
    left_out = job.excluded.keys() | job.noop.keys()
    steps = [step for step in job.steps if step.index not in left_out]
    unknown = [s for s in steps if role_of(s, job.allowed)[0] is Role.UNKNOWN]
    others = [step for step in unknown if not skipped(step, contexts)]
    if not others:
        return job
    known = Known(contexts)
    filled = [
        replace(step, inputs={name: known.text(text) for name, text in step.inputs.items()})
        for step in others
    ]
    from regreen.jobs.actions.lookahead import look_ahead  # most jobs use none of others

    outlook = look_ahead(filled, read, store, job.allowed)
    missing = [_gap(job, ahead) for ahead in outlook.ahead if ahead.missing]
    refused = tuple(
        f"{job.steps[ahead.index].title}: {ahead.what}"
        for ahead in outlook.ahead
        if not ahead.missing
    )
    return replace(
        job,
        unsupported=(*job.unsupported, *summed(job.workflow, missing)),
        refused_inside=refused,
        nodes=outlook.nodes,
        pythons_inside=tuple(
            dict.fromkeys(v for s in outlook.served for v in _pythons(s, known, read))
        ),
    )


def _gap(job: Job, ahead: Ahead) -> Gap:
    step = job.steps[ahead.index]
    return Gap(ahead.what, step.lines.get("uses", step.line))


def _pythons(step: StepSpec, known: Known, read: Callable[[str], bytes | None]) -> tuple[str, ...]:
    """Return the versions that a step within an action asks for, as far as that is known."""
    if (step.uses or "").split("@", 1)[0].strip().lower() not in ACTIONS:
        return ()
    filled = {name: known.text(text) for name, text in step.inputs.items()}
    inputs = {name: text for name, text in filled.items() if "${{" not in text}

    def text(path: str) -> str | None:
        content = read(path)
        return None if content is None else content.decode("utf-8", "replace")

    return requests(inputs, text)
