"""What of a job regreen cannot run yet, each thing with the file and line where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from regreen.jobs.actions.reference import reference
from regreen.jobs.beside import containers_of
from regreen.jobs.expressions import (
    Call,
    ExpressionError,
    Name,
    Node,
    Status,
    Value,
    condition,
    condition_code,
    hash_files_function,
    parse,
    render,
    resolve,
    status_functions,
    walk,
)
from regreen.jobs.runners import DEFAULT, runner_of
from regreen.jobs.runners import is_hosted as is_hosted
from regreen.jobs.shells import command_line
from regreen.jobs.workflow import JobSpec, StepSpec
from regreen.model import Unsupported

RUNS_ON = "runs-on: "
"""How each gap of a job's runner begins."""
_KNOWN = {**status_functions(Status.SUCCESS), **hash_files_function(lambda _patterns: "")}


@dataclass(frozen=True, slots=True)
class Gap:
    """A feature that cannot be run, and the line of the workflow file that asks for it."""

    what: str
    line: int


def summed(path: str, gaps: Iterable[Gap]) -> tuple[str, ...]:
    """Return each feature once, with the first place and the number of further ones."""
    places: dict[str, list[int]] = {}
    for gap in gaps:
        places.setdefault(gap.what, []).append(gap.line)
    return tuple(
        f"{what} ({path}:{lines[0]}{f' and {len(lines) - 1} more' if len(lines) > 1 else ''})"
        for what, lines in places.items()
    )


def job_gaps(
    job: JobSpec, contexts: Mapping[str, Value], problem: str = ""
) -> tuple[str, list[Gap]]:
    """Return the image label that ``runs-on`` means, and what of the job itself cannot be run.

    ``problem`` says why the workflow that the job calls is not at hand.
    """
    gaps: list[Gap] = []

    def gap(what: str, key: str) -> None:
        gaps.append(Gap(what, job.lines.get(key, job.line)))

    if job.uses is not None:
        gap(f"the reusable workflow {job.uses}: {problem or 'it has no job'}", "uses")
        return DEFAULT, gaps
    runner = runner_of(resolve(job.runs_on, contexts), {})
    if runner.problem:
        gap(f"{RUNS_ON}{runner.problem}", "runs-on")
    for key, what in containers_of(job, contexts).gaps:
        gap(what, key)
    return runner.label, gaps


def step_gaps(
    steps: Iterable[StepSpec],
    contexts: Mapping[str, Value],
    shell: str | None,
) -> list[Gap]:
    """Return what ``steps`` need and cannot have; ``shell`` is the job's default, rendered.

    Steps whose condition can only be false in a job that goes well need nothing.
    """
    return [
        Gap(what, step.lines.get(key, step.line))
        for step in steps
        if not skipped(step, contexts)
        for key, what in _step_gaps(step, contexts, shell)
    ]


def skipped(step: StepSpec, contexts: Mapping[str, Value]) -> bool:
    """Return whether ``step`` certainly does not run while all before it goes well.

    Certain only where the condition asks for nothing that earlier steps decide.
    """
    try:
        tree = parse(condition_code(step.condition), None, _KNOWN)
        if _names(tree) & {"steps", "env", "job", "needs"} or "hashfiles" in _calls(tree):
            return False
        return not condition(step.condition, contexts, Status.SUCCESS)
    except ExpressionError:
        return False


def _step_gaps(
    step: StepSpec, contexts: Mapping[str, Value], shell: str | None
) -> Iterator[tuple[str, str]]:
    if step.uses is None:
        named = _rendered(step.shell, contexts) if step.shell else shell
        line = command_line(named or None, "script") if named is not None else None
        if isinstance(line, Unsupported):
            yield "shell", line.what
        return
    meant = reference(step.uses)
    if isinstance(meant, Unsupported):
        yield "uses", meant.what


def _rendered(template: str, contexts: Mapping[str, Value]) -> str | None:
    """Return ``template`` rendered, ``None`` where only the running job can tell."""
    try:
        return render(template, contexts)
    except ExpressionError:
        return None


def _names(tree: Node) -> set[str]:
    return {node.name.lower() for node in walk(tree) if isinstance(node, Name)}


def _calls(tree: Node) -> set[str]:
    return {node.function for node in walk(tree) if isinstance(node, Call)}
