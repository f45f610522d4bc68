"""All that a repository's workflows could run here: each combination planned, none of them run."""

from __future__ import annotations

from regreen.errors import RegreenError, WorkflowError, WorkflowRefused
from regreen.jobs.calling import Sight
from regreen.jobs.expressions import ExpressionError, resolve, to_string
from regreen.jobs.job import Found, Job
from regreen.jobs.legs import Leg, legs_of, shown
from regreen.jobs.plan import plan
from regreen.jobs.pythons import Reader
from regreen.jobs.reader import ReadWorkflows
from regreen.jobs.refusals import refusals
from regreen.jobs.workflow import Workflow
from regreen.jobs.yamltree import read as read_tree
from regreen.model.listing import ListedJob, ListedLeg, ListedWorkflow, Support

_ANY_EVENT = "nothing tells the event"
"""How the note begins that each job of a workflow with several events has: here it says nothing."""


def survey(read: ReadWorkflows, sight: Sight, files: Reader) -> tuple[ListedWorkflow, ...]:
    """Return the workflows of a commit, refused ones among them.

    ``sight`` is what is known of a run of the commit; ``files`` gives the text of a file of it.
    """
    listed = {path: _listed(one, sight, files) for path, one in read.workflows.items()}
    for path, error in read.broken.items():
        listed[path] = ListedWorkflow(path, path, faults=_faults(error))
    return tuple(listed[path] for path in sorted(listed))


def _faults(error: WorkflowError) -> tuple[str, ...]:
    if isinstance(error, WorkflowRefused):
        return tuple(f"{error.file}:{line}:{at}: {why}" for line, at, why in error.faults)
    return (error.message,)


def _listed(workflow: Workflow, sight: Sight, files: Reader) -> ListedWorkflow:
    """Return a workflow's jobs, those that it calls among them, in the order of the file."""
    jobs: dict[str, list[Leg]] = {}
    try:
        for leg in legs_of((workflow,), sight.repository, sight.commit, sight):
            jobs.setdefault(leg.key[1], []).append(leg)
    except RegreenError as error:
        return ListedWorkflow(workflow.path, workflow.title, faults=(error.message,))
    listed = tuple(
        ListedJob(
            name,
            legs[0].job.line,
            legs[0].job.needs,
            tuple(_leg(leg, sight, files) for leg in legs),
        )
        for name, legs in jobs.items()
    )
    return ListedWorkflow(workflow.path, workflow.title, tuple(workflow.on), listed)


def _leg(leg: Leg, sight: Sight, files: Reader) -> ListedLeg:
    name, combination = leg.names[0], {key: shown(value) for key, value in leg.values.items()}
    try:
        job = plan(
            _found(leg), repository=sight.repository, commit=sight.commit, sight=sight, read=files
        )
    except WorkflowError as error:
        return ListedLeg(
            name, Support.REFUSED, combination, _written(leg), reasons=(error.message,)
        )
    except (RegreenError, ExpressionError) as error:
        where = f"{getattr(error, 'message', error)} ({leg.workflow.path}:{leg.job.line})"
        return ListedLeg(name, Support.UNSUPPORTED, combination, _written(leg), reasons=(where,))
    if refused := _refused(leg, job, sight, files):
        return ListedLeg(name, Support.REFUSED, combination, _written(leg), reasons=refused)
    told = (*job.notes, *job.excluded.values(), *job.noop.values())
    notes = tuple(note for note in dict.fromkeys(told) if not note.startswith(_ANY_EVENT))
    support = Support.DIFFERS if notes else Support.SUPPORTED
    return ListedLeg(
        name,
        Support.UNSUPPORTED if job.unsupported else support,
        combination,
        _written(leg) if job.unsupported else job.image or job.image_label,
        notes,
        job.unsupported,
    )


def _refused(leg: Leg, job: Job, sight: Sight, files: Reader) -> tuple[str, ...]:
    """Return why GitHub would start no job today: a retired runner image, a removed action."""
    path = leg.workflow.path
    text = files(path) if leg.caller is None else None
    if text is None:
        return ()
    try:
        root = read_tree(text, path)
        meant = resolve(leg.job.runs_on, {**job.contexts, "matrix": dict(leg.combination)})
    except (WorkflowError, ExpressionError):
        return ()
    found = meant.get("labels") if isinstance(meant, dict) else meant
    labels = [to_string(one) for one in (found if isinstance(found, list) else [found])]
    faults = refusals(root, leg.job.id, None, labels, sight.given.runners)
    return tuple(f"{path}:{one.line}:{one.column}: {one.reason}" for one in faults)


def _found(leg: Leg) -> Found:
    return Found(
        leg.workflow,
        leg.job,
        leg.combination,
        None,
        "",
        name=leg.names[0],
        caller=leg.caller,
        pending=leg.pending,
        problem=leg.problem,
    )


def _written(leg: Leg) -> str:
    """Return ``runs-on`` as it stands in the file."""
    runs_on = leg.job.runs_on
    return "" if runs_on is None else shown(runs_on) or to_string(runs_on)
