"""Reads workflow files: YAML, then shape and expressions, then what one job says of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from regreen.errors import WorkflowError, WorkflowRefused
from regreen.jobs import yamltree
from regreen.jobs.expressions import Value, to_string
from regreen.jobs.relations import relation_faults
from regreen.jobs.schema import Fault, check
from regreen.jobs.tree import fields, items, scalars, spelled_out, text, value
from regreen.jobs.workflow import Defaults, JobSpec, StepSpec, Strategy, Workflow
from regreen.jobs.workflow_schema import workflow_rules
from regreen.jobs.yamltree import Node, Scalar, key_of

MOST_FAULTS = 10


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

    Raises ``WorkflowRefused`` with the faults for which GitHub would refuse the file.
    """
    try:
        given = _decode(content, path) if isinstance(content, bytes) else content
        root = yamltree.read(given, path)
    except WorkflowError as error:
        raise WorkflowRefused(path, ((error.line, error.column, error.reason),)) from error
    found = tuple(islice(faults(root), MOST_FAULTS))
    if found:
        places = tuple((fault.line, fault.column, fault.reason) for fault in found)
        raise WorkflowRefused(path, places, tuple(fields(fields(root).get("jobs"))))
    return _workflow(spelled_out(root), path)


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
    for fault in check(root, workflow_rules()):
        found = True
        yield fault
    if not found:
        yield from relation_faults(root)


def file_faults(content: str | bytes, path: str) -> tuple[Fault, ...]:
    """Return every fault for which GitHub would refuse the file, at most as many as it names."""
    try:
        read_workflow(content, path)
    except WorkflowRefused as error:
        return tuple(Fault(reason, line, column) for line, column, reason in error.faults)
    return ()


def _lines(node: Node | None) -> dict[str, int]:
    if not isinstance(node, yamltree.Mapping):
        return {}
    return {key_of(key): key.line for key, _ in node.entries}


def _values(node: Node | None) -> dict[str, Value]:
    """Return a mapping; one that an expression gives is written as ``${{ insert }}`` of it."""
    if isinstance(node, Scalar):
        return {} if node.value is None else {"${{ insert }}": node.value}
    found = value(node)
    return found if isinstance(found, dict) else {}


def _strings(node: Node | None) -> dict[str, str]:
    return {key: to_string(item) for key, item in _values(node).items()}


def _workflow(root: Node, path: str) -> Workflow:
    known = fields(root)
    return Workflow(
        path=path,
        name=text(known.get("name")),
        on=_events(known["on"]),
        env=_strings(known.get("env")),
        defaults=_defaults(known.get("defaults")),
        jobs={name: _job(name, node) for name, node in fields(known["jobs"]).items()},
    )


def _events(node: Node) -> dict[str, Value]:
    if isinstance(node, yamltree.Mapping):
        return _values(node)
    return {key_of(item): None for item in scalars(node)}


def _defaults(node: Node | None) -> Defaults:
    run = fields(fields(node).get("run"))
    return Defaults(text(run.get("shell")), text(run.get("working-directory")))


def _job(name: str, node: Node) -> JobSpec:
    known = fields(node)
    steps = enumerate(items(known.get("steps")))
    return JobSpec(
        id=name,
        name=text(known.get("name")),
        runs_on=value(known.get("runs-on")),
        needs=tuple(key_of(need) for need in scalars(known.get("needs"))),
        condition=text(known.get("if")),
        strategy=_strategy(known.get("strategy")),
        env=_strings(known.get("env")),
        defaults=_defaults(known.get("defaults")),
        container=value(known.get("container")),
        services=value(known.get("services")),
        steps=tuple(read_step(index, step) for index, step in steps),
        timeout_minutes=value(known.get("timeout-minutes")),
        continue_on_error=value(known.get("continue-on-error")),
        outputs=_strings(known.get("outputs")),
        uses=text(known.get("uses")),
        inputs=_values(known.get("with")),
        secrets=value(known.get("secrets")),
        line=node.line,
        lines=_lines(node),
    )


def _strategy(node: Node | None) -> Strategy | None:
    if isinstance(node, Scalar):
        return Strategy(f"${{{{ ({_inner(key_of(node))}).matrix }}}}", None, None)
    known = fields(node)
    if not known:
        return None
    return Strategy(
        value(known.get("matrix")),
        value(known.get("fail-fast")),
        value(known.get("max-parallel")),
    )


def _inner(template: str) -> str:
    return template.strip().removeprefix("${{").removesuffix("}}").strip()


def read_step(index: int, node: Node) -> StepSpec:
    """Return the step that ``node`` is, of a workflow or of an action's manifest."""
    known = fields(node)
    return StepSpec(
        index=index,
        id=text(known.get("id")),
        name=text(known.get("name")),
        run=None if "uses" in known else (text(known.get("run")) or ""),
        uses=text(known.get("uses")),
        inputs=_strings(known.get("with")),
        env=_strings(known.get("env")),
        shell=text(known.get("shell")),
        working_directory=text(known.get("working-directory")),
        condition=text(known.get("if")),
        continue_on_error=value(known.get("continue-on-error")),
        timeout_minutes=value(known.get("timeout-minutes")),
        line=node.line,
        lines=_lines(node),
    )
