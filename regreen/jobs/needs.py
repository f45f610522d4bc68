"""Which of the jobs that a job needs have to be run before it: those whose results it uses.

CI got as far as the job, so what it needs went well there; running all of it again would be
waste. A needed job counts only where its outputs or its result are used (in the job itself, its
matrix, or the call that it is part of), or where the job downloads what it uploaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from regreen.jobs.calling import Caller, Sight, declared, place_of
from regreen.jobs.expressions import (
    Code,
    ExpressionError,
    Index,
    Literal,
    Name,
    Node,
    Status,
    Value,
    condition,
    condition_code,
    hash_files_function,
    parse,
    split,
    status_functions,
    to_string,
)
from regreen.jobs.expressions.nodes import children
from regreen.jobs.given import Place
from regreen.jobs.workflow import JobSpec, StepSpec, Workflow

_DOWNLOAD, _UPLOAD = "actions/download-artifact", "actions/upload-artifact"
_ELSEWHERE = ("run-id", "repository")
_ALL = "*"
_KNOWN = {**status_functions(Status.SUCCESS), **hash_files_function(lambda _patterns: "")}


@dataclass(frozen=True, slots=True)
class Need:
    """A job that is to be run before another; ``why`` says what of it is used."""

    workflow: Workflow
    job: JobSpec
    caller: Caller | None
    why: str

    @property
    def place(self) -> Place:
        """Where it stands; one with a matrix is all of its combinations."""
        return (*place_of(self.caller), self.job.id)

    @property
    def shown(self) -> str:
        """How ``--assume`` names it."""
        return "/".join((*(self.caller.ids if self.caller else ()), self.job.id))


def wanted(
    workflow: Workflow, job: JobSpec, caller: Caller | None, sight: Sight, *, matrix: bool = True
) -> tuple[Need, ...]:
    """Return the jobs to be run before ``job`` whose results are not known yet.

    ``matrix``: whether the combinations are still to be found out. Those that are needed by the
    jobs that call it come first.
    """
    downloads = [step for step in job.steps if _is(step, _DOWNLOAD) and _of_this_run(step)]
    found: dict[Place, Need] = {}
    for need in _chain(workflow, job, caller, downloads, matrix):
        if sight.given.result(need.place) is None:
            found.setdefault(need.place, need)
    return tuple(found.values())


def _chain(
    workflow: Workflow,
    job: JobSpec,
    caller: Caller | None,
    downloads: Sequence[StepSpec],
    matrix: bool,
) -> Iterator[Need]:
    if caller is not None:
        yield from _chain(caller.workflow, caller.job, caller.outer, downloads, matrix=False)
    yield from _direct(workflow, job, caller, matrix)
    for name in _uploaders(workflow, job, downloads):
        yield Need(workflow, workflow.jobs[name], caller, "its artifacts")


def _direct(
    workflow: Workflow, job: JobSpec, caller: Caller | None, matrix: bool
) -> Iterator[Need]:
    used = dict[str, str]()
    for text in _texts_of(job, matrix):
        for name, what in uses("needs", text):
            used.setdefault(name.lower(), what)
    for name in _decisive(job):
        used.setdefault(name.lower(), "result")
    for name in job.needs:
        if part := used.get(name.lower()) or used.get(_ALL):
            yield Need(workflow, workflow.jobs[spelled(workflow, name)], caller, f"its {part}")


def spelled(workflow: Workflow, name: str) -> str:
    """Return a job's id as the workflow writes it."""
    return next(own for own in workflow.jobs if own.lower() == name.lower())


def waits(job: JobSpec, caller: Caller | None) -> bool:
    """Return whether the combinations of ``job`` depend on what another job gave out.

    Also by way of the inputs that a calling job passes on.
    """
    matrix = job.strategy.matrix if job.strategy else None
    while True:
        if _asks("needs", matrix):
            return True
        if caller is None or not _asks("inputs", matrix):
            return False
        matrix, caller = dict(caller.job.inputs), caller.outer


def _asks(context: str, value: Value) -> bool:
    return any(True for text in texts_in(value) for _ in uses(context, text))


def _texts_of(job: JobSpec, matrix: bool) -> Iterator[str]:
    values: list[Value] = [
        dict(job.env),
        job.runs_on,
        job.container,
        job.services,
        job.defaults.shell,
        job.defaults.working_directory,
        job.timeout_minutes,
        dict(job.outputs),
        dict(job.inputs),
        job.secrets,
    ]
    if matrix and job.strategy is not None:
        values += [job.strategy.matrix, job.strategy.fail_fast, job.strategy.max_parallel]
    yield from texts_in(values)
    for step in job.steps:
        yield from _texts_of_step(step)


def _texts_of_step(step: StepSpec) -> Iterator[str]:
    yield f"${{{{ {condition_code(step.condition)} }}}}"
    yield from texts_in(
        [
            step.name,
            step.run,
            dict(step.inputs),
            dict(step.env),
            step.shell,
            step.working_directory,
            step.continue_on_error,
            step.timeout_minutes,
        ]
    )


def texts_in(value: Value) -> Iterator[str]:
    """Yield every text anywhere in ``value``, keys included."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from texts_in(item)
        case dict():
            yield from texts_in([*value.keys(), *value.values()])
        case _:
            return


def uses(context: str, template: str) -> Iterator[tuple[str, str]]:
    """Yield the jobs that ``template`` asks ``context`` for, and what of them.

    The context is ``needs`` or ``jobs``; what is outputs or result; ``*`` stands for every job.
    """
    try:
        codes = [part.text for part in split(template) if isinstance(part, Code)]
        trees = [parse(code, None, _KNOWN) for code in codes]
    except ExpressionError:
        return
    for tree in trees:
        yield from _uses(context, tree)


def _uses(context: str, node: Node) -> Iterator[tuple[str, str]]:
    path, deepest = _path(node)
    if isinstance(deepest, Name) and deepest.name.lower() == context:
        what = path[1].lower() if len(path) > 1 else ""
        yield (path[0] if path else _ALL), what if what in ("outputs", "result") else "outputs"
        return
    for child in children(node):
        yield from _uses(context, child)


def _path(node: Node) -> tuple[list[str], Node]:
    """Return the names behind a context, as far as they are written out, and what they are of."""
    names: list[str] = []
    while isinstance(node, Index):
        if isinstance(node.key, Literal):
            names.insert(0, to_string(node.key.value))
        else:
            names.insert(0, _ALL)
        node = node.target
    return names, node


def _decisive(job: JobSpec) -> Iterator[str]:
    """Yield the jobs whose results let ``job`` run, where it would not if all of them went well.

    As ``needs.build.result == 'failure'`` has it.
    """
    if job.condition is None:
        return
    code = f"${{{{ {condition_code(job.condition)} }}}}"
    named = [name for name, what in uses("needs", code) if what == "result"]
    if not named:
        return
    well: Value = {name: {"result": "success", "outputs": {}} for name in job.needs}
    try:
        if not condition(job.condition, {"needs": well}, Status.SUCCESS):
            yield from named
    except ExpressionError:
        return


def _uploaders(workflow: Workflow, job: JobSpec, downloads: Sequence[StepSpec]) -> Iterator[str]:
    """Yield the jobs before ``job`` whose artifacts are downloaded, in the order of the file."""
    for name in _before(workflow, job) if downloads else ():
        uploads = [step for step in workflow.jobs[name].steps if _is(step, _UPLOAD)]
        called = workflow.jobs[name].uses is not None
        if called or any(_fits(up, down) for up in uploads for down in downloads):
            yield name


def _is(step: StepSpec, action: str) -> bool:
    return step.uses is not None and step.uses.split("@", 1)[0].strip().lower() == action


def _of_this_run(step: StepSpec) -> bool:
    return not any(step.inputs.get(name, "").strip() for name in _ELSEWHERE)


def _fits(upload: StepSpec, download: StepSpec) -> bool:
    """Return whether ``download`` may mean what ``upload`` kept; an expression may be anything."""
    given = upload.inputs.get("name", "artifact")
    asked = download.inputs.get("name", "")
    if not asked or "${{" in given or "${{" in asked:
        return True
    return given.strip() == asked.strip()


def _before(workflow: Workflow, job: JobSpec) -> list[str]:
    """Return all that ``job`` needs, and what that needs, in the order of the file."""
    found: set[str] = set()
    left = [spelled(workflow, name) for name in job.needs]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [spelled(workflow, other) for other in workflow.jobs[name].needs]
    return [name for name in workflow.jobs if name in found]


def called_for_outputs(called: Workflow) -> tuple[str, ...]:
    """Return the jobs of a called workflow whose outputs it gives out, in the order of the file."""
    named = {
        name.lower()
        for about in declared(called, "outputs").values()
        for text in texts_in(about.get("value") if isinstance(about, dict) else None)
        for name, _ in uses("jobs", text)
    }
    return tuple(own for own in called.jobs if _ALL in named or own.lower() in named)


def outputs_of(called: Workflow) -> Mapping[str, str]:
    """Return the outputs of a called workflow, as written."""
    return {
        name: to_string(about.get("value"))
        for name, about in declared(called, "outputs").items()
        if isinstance(about, dict)
    }
