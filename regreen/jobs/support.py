"""What of a job regreen cannot run yet, each thing with the file and line where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from regreen.jobs.catalogue import Role, action_name, role_of
from regreen.jobs.expressions import (
    Call,
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
    render,
    resolve,
    split,
    status_functions,
    to_string,
    walk,
)
from regreen.jobs.shells import command_line
from regreen.jobs.workflow import JobSpec, StepSpec
from regreen.model import Unsupported

_HOSTED = re.compile(r"ubuntu-(?:latest|1\d\.04|2[0246]\.04)")
_DEFAULT_LABEL = "ubuntu-latest"
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


def job_gaps(job: JobSpec, contexts: Mapping[str, Value]) -> tuple[str, list[Gap]]:
    """Return the image label that ``runs-on`` means, and what of the job itself cannot be run."""
    gaps: list[Gap] = []

    def gap(what: str, key: str) -> None:
        gaps.append(Gap(what, job.lines.get(key, job.line)))

    if job.uses is not None:
        gap(f"the reusable workflow {job.uses}", "uses")
        return _DEFAULT_LABEL, gaps
    label, problem = _label(resolve(job.runs_on, contexts))
    if problem:
        gap(f"runs-on: {problem}", "runs-on")
    if _image(resolve(job.container, contexts)):
        gap(f"container: {_image(resolve(job.container, contexts))}", "container")
    services = resolve(job.services, contexts)
    for name, service in services.items() if isinstance(services, dict) else ():
        if _image(service):
            gap(f"the service {name}", "services")
    if _uses_outputs([job.name, *job.env.values(), job.runs_on]):
        gap("outputs of another job", "needs")
    if job.strategy is not None and _uses_outputs([job.strategy.matrix]):
        gap("a matrix made by another job", "strategy")
    return label, gaps


def is_hosted(label: str) -> bool:
    """Return whether ``label`` names a hosted Linux image that regreen stands for."""
    return _HOSTED.fullmatch(label.lower()) is not None


def _label(runs_on: Value) -> tuple[str, str]:
    """Return the hosted image that ``runs_on`` names, and what about it is unsupported."""
    if isinstance(runs_on, dict):
        return _DEFAULT_LABEL, "a runner group"
    labels = [to_string(label) for label in (runs_on if isinstance(runs_on, list) else [runs_on])]
    for label in labels:
        if not is_hosted(label):
            return _DEFAULT_LABEL, label or "(empty)"
    return (labels[0].lower(), "") if labels else (_DEFAULT_LABEL, "(empty)")


def _image(container: Value) -> str:
    if isinstance(container, dict):
        return to_string(container.get("image"))
    return to_string(container)


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
    asked = f"${{{{ {condition_code(step.condition)} }}}}"
    if _uses_outputs([step.run, asked, *step.inputs.values(), *step.env.values()]):
        yield "if", "outputs of another job"
    if step.uses is None:
        named = _rendered(step.shell, contexts) if step.shell else shell
        line = command_line(named or None, "script") if named is not None else None
        if isinstance(line, Unsupported):
            yield "shell", line.what
        return
    if step.uses.startswith("./"):
        yield "uses", f"the local action {step.uses}"
    elif step.uses.startswith("docker://"):
        yield "uses", f"the container action {step.uses}"
    elif role_of(step.uses)[0] is Role.UNKNOWN:
        yield "uses", f"the action {step.uses}"
    elif action_name(step.uses) == "actions/checkout":
        yield from _checkout_gaps(step, contexts)


def _checkout_gaps(step: StepSpec, contexts: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Name another repository; submodules and Git LFS are taken from the clone if it has them."""
    value = _rendered(step.inputs.get("repository", ""), contexts)
    if value is None or value.strip() not in ("", _rendered("${{ github.repository }}", contexts)):
        yield "with", "checkout of another repository"


def _rendered(template: str, contexts: Mapping[str, Value]) -> str | None:
    """Return ``template`` rendered, ``None`` where only the running job can tell."""
    try:
        return render(template, contexts)
    except ExpressionError:
        return None


def _uses_outputs(values: list[Value]) -> bool:
    """Return whether an expression anywhere in ``values`` asks for what another job gave out."""
    return any(_is_output(node) for text in _texts(values) for node in _nodes(text))


def _texts(value: Value) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            yield from _texts([*value.keys(), *value.values()])
        case _:
            return


def _nodes(template: str) -> Iterator[Node]:
    try:
        codes = [part.text for part in split(template) if isinstance(part, Code)]
        for code in codes:
            yield from walk(parse(code, None, _KNOWN))
    except ExpressionError:
        return


def _is_output(node: Node) -> bool:
    """Return whether ``node`` is ``needs.<job>.outputs``."""
    return (
        isinstance(node, Index)
        and isinstance(node.key, Literal)
        and to_string(node.key.value).lower() == "outputs"
        and isinstance(node.target, Index)
        and isinstance(node.target.target, Name)
        and node.target.target.name.lower() == "needs"
    )


def _names(tree: Node) -> set[str]:
    return {node.name.lower() for node in walk(tree) if isinstance(node, Name)}


def _calls(tree: Node) -> set[str]:
    return {node.function for node in walk(tree) if isinstance(node, Call)}
