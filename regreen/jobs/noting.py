"""What the evidence says of a job's surroundings: event, inputs, results of other jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from regreen.jobs.calling import Caller, Sight, place_of
from regreen.jobs.events import events_of
from regreen.jobs.expressions import Value
from regreen.jobs.inputs import lacking
from regreen.jobs.job import Found
from regreen.jobs.needs import spelled
from regreen.jobs.surroundings import DISPATCH, started
from regreen.jobs.workflow import JobSpec, Workflow

_LONGEST = 60


def notes_of(found: Found, asked: Sight, sight: Sight) -> tuple[str, ...]:
    """Return what is not certain about the contexts of ``found``, and what they come from.

    ``asked`` is what was known of the run, ``sight`` the same with the event that was chosen.
    """
    root = found.caller.root if found.caller else found.workflow
    return (*_event(root.on, started(root, sight).event, asked), *_results(found, sight))


def _event(on: Mapping[str, Value], event: str, sight: Sight) -> Iterator[str]:
    given = sight.given
    if not (given.event or given.told.event) and len(events_of(on)) > 1:
        yield f"nothing tells the event: {event} is taken (--event chooses)"
    declared = on.get(DISPATCH)
    inputs = declared.get("inputs") if isinstance(declared, dict) else None
    if event == DISPATCH and isinstance(inputs, dict):
        for name in lacking(inputs, given.inputs):
            yield f"the input {name} is required, and empty here (--input {name}=VALUE)"


def _results(found: Found, sight: Sight) -> Iterator[str]:
    """Say where the results come from that the job, or what calls it, is told of."""
    for caller, workflow, job in _around(found):
        for name in job.needs:
            known = sight.given.result((*place_of(caller), spelled(workflow, name)))
            if known is not None and known.note:
                outputs = ", ".join(f"{k}={_short(v)}" for k, v in known.outputs.items())
                told = f" ({outputs})" if outputs else ""
                yield f"needs.{name} is {known.note}: {known.result}{told}"


def _around(found: Found) -> Iterator[tuple[Caller | None, Workflow, JobSpec]]:
    """Yield the job and the jobs that call it, each behind who calls its workflow."""
    yield found.caller, found.workflow, found.job
    caller = found.caller
    while caller is not None:
        yield caller.outer, caller.workflow, caller.job
        caller = caller.outer


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
