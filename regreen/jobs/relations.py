"""The faults of a workflow whose shape is right: conditions, ids, graphs, matrices, containers.

GitHub looks for them only in a file that has no fault of shape, job by job, in the order of the
file; worded and placed as its runner's own reader does it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from regreen.jobs import tree
from regreen.jobs.expressions import ExpressionError, condition_code, parse, to_string
from regreen.jobs.expressions.values import fold
from regreen.jobs.ids import Ids
from regreen.jobs.schema import Fault, Scope
from regreen.jobs.schema_parts import JOB_IF, STEP_IF
from regreen.jobs.yamltree import Mapping, Node, Scalar, Sequence, key_of

_GROUPS = ("org", "organization", "ent", "enterprise")
_LONGEST_GROUP = 400
_DOCKER = "docker://"


def relation_faults(root: Node) -> Iterator[Fault]:
    """Yield each fault of a workflow's tree that has the shape of one."""
    for name, _, value in tree.entries(root):
        if name == "concurrency":
            yield from _concurrency(tree.spelled_out(value))
        elif name == "jobs":
            yield from job_faults(value)


def job_faults(jobs: Node) -> Iterator[Fault]:
    """Yield each fault of ``jobs``; of who needs whom only where nothing else is wrong."""
    jobs = tree.spelled_out(jobs)
    found = False
    for _, key, job in tree.entries(jobs):
        for fault in _job(key, job):
            found = True
            yield fault
    if not found:
        yield from _need_faults(jobs)


def _at(reason: str, node: Node) -> Fault:
    return Fault(reason, node.line, node.column)


def _job(key: Scalar, job: Node) -> Iterator[Fault]:
    if reason := Ids().refusal(key_of(key)):
        yield _at(reason, key)
    for name, _, value in tree.entries(job):
        match name:
            case "if":
                yield from _condition(value, JOB_IF)
            case "runs-on":
                yield from _runner_group(value)
            case "snapshot":
                yield from _snapshot(value)
            case "strategy":
                yield from _strategy(value)
            case "container":
                yield from _container(value, service=False)
            case "services":
                yield from _services(value)
            case "concurrency":
                yield from _concurrency(value)
            case "steps":
                yield from _steps(value)


def _condition(node: Node, scope: Scope) -> Iterator[Fault]:
    if tree.is_computed(node):
        return
    text = tree.text(node) or ""
    try:
        parse(condition_code(text), scope.names, scope.functions)
    except ExpressionError as error:
        yield _at(error.message, node)


def _runner_group(node: Node) -> Iterator[Fault]:
    group = tree.fields(node).get("group")
    if group is None or tree.is_computed(group):
        return
    name = tree.text(group) or ""
    first, *more = name.split("/")
    if not more:
        return
    if len(more) > 1 or first not in _GROUPS:
        reason = (
            f"Invalid runs-on group name '{name}. Please use 'organization/' or 'enterprise/' "
            "prefix to target a single runner group.'"
        )
        yield _at(reason, group)
    elif not more[0]:
        yield _at(f"Invalid runs-on group name '{name}'.", group)


def _snapshot(node: Node) -> Iterator[Fault]:
    known = tree.fields(node)
    if "if" in known:
        yield from _condition(known["if"], STEP_IF)
    version = known.get("version")
    if version is None or tree.is_computed(version):
        return
    text = tree.text(version) or ""
    major, _, rest = text.partition(".")
    if rest != "*" or not (major.isascii() and major.isdigit()):
        yield _at(f"Expected format '{{major-version}}.*' Actual '{text}'", node)


def _strategy(node: Node) -> Iterator[Fault]:
    matrix = tree.fields(node).get("matrix")
    if not isinstance(matrix, Mapping):
        return
    vectors: dict[str, Node] = {}
    rows = False
    for name, key, value in tree.entries(matrix):
        if tree.is_computed(key):
            vectors[name] = value
        elif name == "include":
            rows = tree.has_computed(value) or bool(tree.items(value))
        elif name != "exclude":
            vectors[fold(name)] = value
            if not tree.has_computed(value) and not tree.items(value):
                yield _at(f"Matrix vector '{name}' does not contain any values", value)
    if not vectors and not rows:
        yield _at("Matrix must define at least one vector", matrix)
    if not tree.has_computed(node):
        yield from _matrix_rows(matrix, set(vectors))


def _matrix_rows(matrix: Mapping, vectors: set[str]) -> Iterator[Fault]:
    known = tree.fields(matrix)
    for row in tree.items(known.get("include")):
        if isinstance(row, Mapping) and not row.entries:
            yield _at("Matrix include mapping does not contain any values", row)
    for row in tree.items(known.get("exclude")):
        if isinstance(row, Mapping) and not row.entries:
            yield _at("Matrix exclude filter must not be empty", row)
        for name, key, _ in tree.entries(row):
            if fold(name) not in vectors:
                reason = f"Matrix exclude key '{name}' does not match any key within the matrix"
                yield _at(reason, key)


def _container(node: Node, *, service: bool) -> Iterator[Fault]:
    if tree.has_computed(node):
        return
    image = tree.text(node if isinstance(node, Scalar) else tree.fields(node).get("image")) or ""
    if not image.removeprefix(_DOCKER) and (service or image):
        yield _at("Container image cannot be empty", node)


def _services(node: Node) -> Iterator[Fault]:
    if not tree.has_computed(node):
        for _, _, service in tree.entries(node):
            yield from _container(service, service=True)


def _concurrency(node: Node) -> Iterator[Fault]:
    group = node if isinstance(node, Scalar) else tree.fields(node).get("group")
    if group is None or tree.is_computed(group):
        return
    if len(tree.text(group) or "") > _LONGEST_GROUP:
        yield _at("Concurrency group name must be less than 400 characters", node)


def _steps(node: Node) -> Iterator[Fault]:
    ids = Ids()
    known: set[str] = set()
    for step in tree.items(node):
        yield from _step(step, ids, known)
        uses = tree.fields(step).get("uses")
        if uses is not None and not is_action(name := tree.text(uses) or ""):
            reason = f"Expected format {{org}}/{{repo}}[/path]@ref. Actual '{name}'"
            yield _at(reason, uses)


def _step(step: Node, ids: Ids, known: set[str]) -> Iterator[Fault]:
    own = tree.text(tree.fields(step).get("id"))
    for name, _, value in tree.entries(step):
        match name:
            case "id":
                if reason := ids.refusal(key := to_string(tree.value(value))):
                    yield _at(reason, value)
                else:
                    known.add(key)
            case "if":
                yield from _condition(value, STEP_IF)
            case "wait" | "cancel":
                for target in tree.scalars(value):
                    yield from _target(target, own, known)
            case "wait-all" if tree.value(value) is False:
                yield _at("The value of 'wait-all' must be true or omitted", value)
            case "parallel":
                yield from _steps(value)
                yield from _beside(step, value)


def _target(target: Scalar, own: str | None, known: set[str]) -> Iterator[Fault]:
    name = key_of(target)
    if name.startswith("__"):
        reason = f"The identifier '{name}' is invalid. IDs starting with '__' are reserved."
        yield _at(reason, target)
    elif own is not None and fold(name) == fold(own):
        yield _at(f"Step '{own}' cannot reference itself", target)
    elif name not in known:
        yield _at(f"Step references unknown step ID '{name}'", target)


def _beside(step: Node, inner: Node) -> Iterator[Fault]:
    """Yield what may not stand in a ``parallel`` block."""
    for one in tree.items(inner):
        there = tree.fields(one)
        if "background" in there:
            reason = (
                "'background' is not allowed inside a parallel block. Steps in a parallel block "
                "are automatically run as background steps."
            )
            yield _at(reason, step)
        for name in ("wait", "wait-all", "cancel"):
            if name in there:
                yield _at(f"'{name}' is not allowed inside a parallel block.", step)
        if "parallel" in there:
            yield _at("Nested 'parallel' blocks are not allowed.", step)


def is_action(uses: str) -> bool:
    """Return whether ``uses`` has the form of an action's name: a path, an image, or owner/name."""
    if uses.startswith((_DOCKER, "./", ".\\", "$/")):
        return True
    path, _, ref = uses.partition("@")
    parts = [part for part in path.replace("\\", "/").split("/") if part]
    return len(parts) >= 2 and bool(ref) and "@" not in ref


def _need_faults(jobs: Node) -> Iterator[Fault]:
    """Yield each need that keeps a job from ever starting."""
    waiting = {name: tree.scalars(tree.fields(job).get("needs")) for name, _, job in _jobs(jobs)}
    names = {fold(name) for name in waiting}
    dependents: dict[str, list[str]] = {}
    for name, needs in waiting.items():
        for need in needs:
            dependents.setdefault(fold(key_of(need)), []).append(name)
    ready = deque(name for name, needs in waiting.items() if not needs)
    if not ready:
        yield _at("The workflow must contain at least one job with no dependencies.", jobs)
        return
    left = {name: len(needs) for name, needs in waiting.items()}
    done = set()
    while ready:
        name = ready.popleft()
        done.add(fold(name))
        for other in dependents.get(fold(name), ()):
            left[other] -= 1
            if not left[other]:
                ready.append(other)
    for name, needs in waiting.items():
        for need in needs if left[name] else ():
            wanted = key_of(need)
            if fold(wanted) in done:
                continue
            if fold(wanted) in names:
                reason = (
                    f"Job '{name}' depends on job '{wanted}' which creates a cycle in the "
                    "dependency graph."
                )
            else:
                reason = f"Job '{name}' depends on unknown job '{wanted}'."
            yield _at(reason, need)


def _jobs(node: Node) -> Iterator[tuple[str, Scalar, Node]]:
    assert not isinstance(node, Sequence)
    yield from tree.entries(node)
