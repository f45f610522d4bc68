"""What is known of a job before its matrix is: its event, inputs, variables, secrets and needs.

For a job of a called workflow that takes the calling jobs into account, outermost first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from regreen.errors import UsageError
from regreen.jobs.calling import (
    Caller,
    Sight,
    call_inputs,
    call_secrets,
    declared,
    place_of,
)
from regreen.jobs.contexts import github_context, strategy_context
from regreen.jobs.events import Trigger, events_of, trigger
from regreen.jobs.expressions import (
    Call,
    ExpressionError,
    Name,
    Status,
    Value,
    condition,
    condition_code,
    parse,
    resolve,
    status_functions,
    walk,
)
from regreen.jobs.given import Result
from regreen.jobs.inputs import as_texts, of_dispatch
from regreen.jobs.needs import spelled
from regreen.jobs.workflow import JobSpec, Workflow

DISPATCH = "workflow_dispatch"
_TOLD = frozenset({"github", "inputs", "vars"})
_SUCCESS = status_functions(Status.SUCCESS)


def candidates(workflow: Workflow, sight: Sight) -> tuple[str, ...]:
    """Return the events that may have started ``workflow``, the likeliest first.

    One alone where the user, the run or its inputs tell.
    """
    given = sight.given
    if event := given.event or given.told.event:
        return (event,)
    if given.inputs and DISPATCH in workflow.on:
        return (DISPATCH,)
    return events_of(workflow.on) or ("push",)


def started(workflow: Workflow, sight: Sight) -> Trigger:
    """Return what started the run of ``workflow``."""
    event = candidates(workflow, sight)[0]
    return trigger(workflow.on, event, sight.given.told, sight.given.payload)


def contexts_of(
    workflow: Workflow, job: JobSpec, caller: Caller | None, sight: Sight
) -> dict[str, Value]:
    """Return the contexts of ``job`` that are known before its matrix: those of its surroundings.

    Raises WorkflowError for a call that GitHub refuses, ExpressionError for a wrong expression in
    one, UsageError for inputs that do not fit.
    """
    root = caller.root if caller else workflow
    how = started(root, sight)
    manual = _manual_inputs(root, how, sight)
    variables: Value = dict(sight.given.variables)
    found: dict[str, Value] = {
        "github": github_context(
            sight.repository,
            sight.commit,
            root.title,
            job.id,
            how,
            path=root.path,
            inputs=as_texts(manual),
            token=sight.given.token,
        ),
        "vars": variables,
        "needs": _needs(workflow, job, caller, sight),
    }
    if caller is None:
        return {**found, "inputs": manual, "secrets": sight.given.secret_context()}
    outer = calling_contexts(caller, sight)
    values = resolve(dict(caller.job.inputs), outer)
    secrets = outer["secrets"]
    given = call_secrets(
        caller,
        workflow,
        resolve(caller.job.secrets, outer),
        secrets if isinstance(secrets, dict) else {},
    )
    inputs = call_inputs(caller, workflow, values if isinstance(values, dict) else {})
    return {**found, "inputs": inputs, "secrets": given}


def calling_contexts(caller: Caller, sight: Sight) -> dict[str, Value]:
    """Return the contexts of a calling job, in its combination."""
    found = contexts_of(caller.workflow, caller.job, caller.outer, sight)
    return {
        **found,
        "matrix": dict(caller.combination),
        "strategy": strategy_of(caller.job, caller.index, caller.total, found),
    }


def strategy_of(
    job: JobSpec, index: int, total: int, contexts: Mapping[str, Value]
) -> dict[str, Value]:
    """Return the ``strategy`` context of a job's combination."""
    fail_fast = resolve(job.strategy.fail_fast, contexts) if job.strategy else None
    limit = resolve(job.strategy.max_parallel, contexts) if job.strategy else None
    return strategy_context(fail_fast is not False, index, total, limit)


def _manual_inputs(root: Workflow, how: Trigger, sight: Sight) -> dict[str, Value]:
    """Return the inputs of a manual start; of a workflow that is only called, those of a call."""
    known = _manual(root) if how.event == DISPATCH else {}
    if set(root.on) == {"workflow_call"}:
        known = declared(root, "inputs")
    if not known and sight.given.inputs:
        raise UsageError(
            f"{root.path} takes no input from the event {how.event}",
            f"leave --input out, or add --event {DISPATCH}",
        )
    return of_dispatch(known, sight.given.inputs)


def _manual(root: Workflow) -> dict[str, Value]:
    event = root.on.get(DISPATCH)
    found = event.get("inputs") if isinstance(event, dict) else None
    return found if isinstance(found, dict) else {}


def _needs(
    workflow: Workflow, job: JobSpec, caller: Caller | None, sight: Sight
) -> dict[str, Value]:
    """Return the results of what ``job`` needs: CI got past what nobody tells of."""
    around = place_of(caller)
    places = {name: (*around, spelled(workflow, name)) for name in job.needs}
    return {
        name: (sight.given.result(place) or Result()).context() for name, place in places.items()
    }


def seen_for(
    workflow: Workflow, job: JobSpec, caller: Caller | None, sight: Sight
) -> tuple[Sight, str]:
    """Return the sight in which ``job`` runs, and why it would not run in it (or nothing).

    Where nothing tells the event, it is the likeliest for which the conditions of the job and of
    the jobs that call it hold. Raises UsageError for an event that does not start the workflow.
    """
    root = caller.root if caller else workflow
    asked = sight.given.event
    known = set(root.on)
    if asked is not None and asked not in known and known != {"workflow_call"}:
        raise UsageError(
            f"{root.path} is not started by {asked}; it is by: {', '.join(root.on)}",
            f"name one of them with --event, such as --event {events_of(root.on)[0]}"
            if events_of(root.on)
            else "leave --event out",
        )
    refused: list[tuple[Sight, str]] = []
    for event in candidates(root, sight):
        one = replace(sight, given=replace(sight.given, event=event))
        why = next(_refusals(workflow, job, caller, one), "")
        if not why:
            return one, ""
        refused.append((one, why))
    return refused[0]


def _refusals(
    workflow: Workflow, job: JobSpec, caller: Caller | None, sight: Sight
) -> Iterator[str]:
    """Yield the conditions of a job, and of those that call it, that are certainly false."""
    if caller is not None:
        yield from _refusals(caller.workflow, caller.job, caller.outer, sight)
    if job.condition is None:
        return
    contexts = contexts_of(workflow, job, caller, sight)
    if certainly_false(job.condition, contexts):
        line = job.lines.get("if", job.line)
        event = started(caller.root if caller else workflow, sight).event
        yield (
            f"its condition is false for {event} ({workflow.path}:{line}): "
            "it is run all the same (--event chooses another)"
        )


def certainly_false(text: str, contexts: Mapping[str, Value]) -> bool:
    """Return whether a job's condition is false, whatever the jobs that it needs came to."""
    try:
        tree = parse(condition_code(text), None, _SUCCESS)
        names = {node.name.lower() for node in walk(tree) if isinstance(node, Name)}
        calls = {node.function for node in walk(tree) if isinstance(node, Call)}
        if not names <= _TOLD or calls & {"failure", "cancelled"}:
            return False
        return not condition(text, contexts, Status.SUCCESS)
    except ExpressionError:
        return False
