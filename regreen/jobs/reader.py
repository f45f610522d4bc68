"""Reads workflow files: YAML, then shape and expressions, then what one job says of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from regreen.errors import WorkflowError
from regreen.jobs import yamltree
from regreen.jobs.expressions import Value, to_string
from regreen.jobs.schema import Fault, check
from regreen.jobs.workflow import Defaults, JobSpec, StepSpec, Strategy, Workflow
from regreen.jobs.workflow_schema import WORKFLOW, bad_id
from regreen.jobs.yamltree import Node, Scalar, key_of, value_of


@dataclass(frozen=True, slots=True)
class ReadWorkflows:
    """The workflows of a repository that can be read, and what is wrong with each other one."""

    workflows: Mapping[str, Workflow]
    broken: Mapping[str, WorkflowError]


def read_all(files: Mapping[str, str | bytes]) -> ReadWorkflows:
    """Return the workflows of ``files`` (path to content), in order of their paths."""
    workflows: dict[str, Workflow] = {}
    broken: dict[str, WorkflowError] = {}
    for path in sorted(files):
        try:
            workflows[path] = read_workflow(files[path], path)
        except WorkflowError as error:
            broken[path] = error
    return ReadWorkflows(workflows, broken)


def read_workflow(content: str | bytes, path: str) -> Workflow:
    """Return the workflow of a file's ``content``; ``path`` is its name in the repository.

    Raises ``WorkflowError`` for the first fault for which GitHub would refuse the file.
    """
    text = _decode(content, path) if isinstance(content, bytes) else content
    root = yamltree.read(text, path)
    for fault in faults(root):
        raise WorkflowError(fault.reason, path, fault.line, fault.column)
    return _workflow(root, path)


def _decode(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - before.rfind(b"\n")
        reason = f"not UTF-8 text (byte 0x{content[error.start]:02x})"
        raise WorkflowError(reason, path, line, column) from error


def faults(root: Node) -> Iterator[Fault]:
    """Yield each fault of a workflow's tree; relations between jobs only when the rest is right."""
    if isinstance(root, Scalar) and root.value is None:
        yield Fault("the file is empty", root.line, root.column)
        return
    found = False
    for fault in check(root, WORKFLOW):
        found = True
        yield fault
    if not found:
        yield from _job_faults(_mapping(root)["jobs"])


def _job_faults(node: Node) -> Iterator[Fault]:
    jobs = _mapping(node)
    spelled = {name.lower(): name for name in jobs}
    needs: dict[str, list[str]] = {}
    for name, job in jobs.items():
        fields = _mapping(job)
        needs[name] = []
        for need in _scalars(fields.get("needs")):
            other = spelled.get(key_of(need).lower())
            if other is None:
                reason = f"Job '{name}' depends on unknown job '{key_of(need)}'."
                yield Fault(reason, need.line, need.column)
            else:
                needs[name].append(other)
        yield from _step_id_faults(fields)
        yield from _matrix_faults(fields)
    yield from _cycle_faults(node, needs)


def _step_id_faults(job: dict[str, Node]) -> Iterator[Fault]:
    seen: set[str] = set()
    for step in _items(job.get("steps")):
        node = _mapping(step).get("id")
        if not isinstance(node, Scalar):
            continue
        name = key_of(node)
        if reason := bad_id(name):
            yield Fault(reason, node.line, node.column)
        elif name.lower() in seen:
            reason = (
                f"The identifier '{name}' may not be used more than once within the same scope."
            )
            yield Fault(reason, node.line, node.column)
        seen.add(name.lower())


def _matrix_faults(job: dict[str, Node]) -> Iterator[Fault]:
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, yamltree.Mapping) else None
    for name, vector in _mapping(matrix).items():
        empty = isinstance(vector, yamltree.Sequence) and not vector.items
        if empty and name not in {"include", "exclude"}:
            reason = f"Matrix vector '{name}' does not contain any values"
            yield Fault(reason, vector.line, vector.column)


def _cycle_faults(jobs: Node, needs: dict[str, list[str]]) -> Iterator[Fault]:
    waiting = {name: set(others) for name, others in needs.items()}
    dependents: dict[str, list[str]] = {name: [] for name in needs}
    for name, others in waiting.items():
        for other in others:
            dependents[other].append(name)
    ready = [name for name, others in waiting.items() if not others]
    while ready:
        done = ready.pop()
        del waiting[done]
        for name in dependents[done]:
            waiting[name].discard(done)
            if not waiting[name]:
                ready.append(name)
    left = list(waiting)
    if left and len(left) == len(needs):
        reason = "The workflow must contain at least one job with no dependencies."
        yield Fault(reason, jobs.line, jobs.column)
    elif left:
        node = _mapping(jobs)[left[0]]
        reason = f"Job '{left[0]}' depends on itself through 'needs'."
        yield Fault(reason, node.line, node.column)


def _mapping(node: Node | None) -> dict[str, Node]:
    if not isinstance(node, yamltree.Mapping):
        return {}
    return {key_of(key): value for key, value in node.entries}


def _lines(node: Node | None) -> dict[str, int]:
    if not isinstance(node, yamltree.Mapping):
        return {}
    return {key_of(key): key.line for key, _ in node.entries}


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, yamltree.Sequence) else ()


def _scalars(node: Node | None) -> list[Scalar]:
    nodes = (node,) if isinstance(node, Scalar) else _items(node)
    return [item for item in nodes if isinstance(item, Scalar)]


def _value(node: Node | None) -> Value:
    return None if node is None else value_of(node)


def _text(node: Node | None) -> str | None:
    value = _value(node)
    return None if value is None else to_string(value)


def _values(node: Node | None) -> dict[str, Value]:
    """Return a mapping; one that an expression gives is written as ``${{ insert }}`` of it."""
    if isinstance(node, Scalar):
        return {} if node.value is None else {"${{ insert }}": node.value}
    value = _value(node)
    return value if isinstance(value, dict) else {}


def _strings(node: Node | None) -> dict[str, str]:
    return {key: to_string(value) for key, value in _values(node).items()}


def _workflow(root: Node, path: str) -> Workflow:
    fields = _mapping(root)
    return Workflow(
        path=path,
        name=_text(fields.get("name")),
        on=_events(fields["on"]),
        env=_strings(fields.get("env")),
        defaults=_defaults(fields.get("defaults")),
        jobs={name: _job(name, node) for name, node in _mapping(fields["jobs"]).items()},
    )


def _events(node: Node) -> dict[str, Value]:
    if isinstance(node, yamltree.Mapping):
        return _values(node)
    return {key_of(item): None for item in _scalars(node)}


def _defaults(node: Node | None) -> Defaults:
    run = _mapping(_mapping(node).get("run"))
    return Defaults(_text(run.get("shell")), _text(run.get("working-directory")))


def _job(name: str, node: Node) -> JobSpec:
    fields = _mapping(node)
    steps = enumerate(_items(fields.get("steps")))
    return JobSpec(
        id=name,
        name=_text(fields.get("name")),
        runs_on=_value(fields.get("runs-on")),
        needs=tuple(key_of(need) for need in _scalars(fields.get("needs"))),
        condition=_text(fields.get("if")),
        strategy=_strategy(fields.get("strategy")),
        env=_strings(fields.get("env")),
        defaults=_defaults(fields.get("defaults")),
        container=_value(fields.get("container")),
        services=_value(fields.get("services")),
        steps=tuple(_step(index, step) for index, step in steps),
        timeout_minutes=_value(fields.get("timeout-minutes")),
        continue_on_error=_value(fields.get("continue-on-error")),
        outputs=_strings(fields.get("outputs")),
        uses=_text(fields.get("uses")),
        inputs=_values(fields.get("with")),
        secrets=_value(fields.get("secrets")),
        line=node.line,
        lines=_lines(node),
    )


def _strategy(node: Node | None) -> Strategy | None:
    if isinstance(node, Scalar):
        return Strategy(f"${{{{ ({_inner(key_of(node))}).matrix }}}}", None, None)
    fields = _mapping(node)
    if not fields:
        return None
    return Strategy(
        _value(fields.get("matrix")),
        _value(fields.get("fail-fast")),
        _value(fields.get("max-parallel")),
    )


def _inner(template: str) -> str:
    return template.strip().removeprefix("${{").removesuffix("}}").strip()


def _step(index: int, node: Node) -> StepSpec:
    fields = _mapping(node)
    return StepSpec(
        index=index,
        id=_text(fields.get("id")),
        name=_text(fields.get("name")),
        run=None if "uses" in fields else (_text(fields.get("run")) or ""),
        uses=_text(fields.get("uses")),
        inputs=_strings(fields.get("with")),
        env=_strings(fields.get("env")),
        shell=_text(fields.get("shell")),
        working_directory=_text(fields.get("working-directory")),
        condition=_text(fields.get("if")),
        continue_on_error=_value(fields.get("continue-on-error")),
        timeout_minutes=_value(fields.get("timeout-minutes")),
        line=node.line,
        lines=_lines(node),
    )
