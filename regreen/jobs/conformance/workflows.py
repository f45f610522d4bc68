"""Test vectors of the reader of workflows: a workflow in, a model or its faults out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from regreen.errors import WorkflowError
from regreen.jobs import tree, yamltree
from regreen.jobs.calls import DEEPEST, Bounds, Call, FileFault, Loader
from regreen.jobs.conformance.editor import event_faults
from regreen.jobs.conformance.events import events
from regreen.jobs.conformance.model import Modeller
from regreen.jobs.conformance.results import Result, failed, vector_files
from regreen.jobs.conformance.size import size
from regreen.jobs.conformance.vectors import Vector, read_vector
from regreen.jobs.permissions import read_permissions
from regreen.jobs.reader import MOST_FAULTS
from regreen.jobs.relations import relation_faults
from regreen.jobs.schema import Fault, Shape, check
from regreen.jobs.workflow_schema import Events, workflow_rules
from regreen.jobs.yamltree import Node

_ABSENT = object()
_INSERT = 4
_LARGEST_RESULT = 10 * 1024 * 1024


def workflow_results(folder: Path) -> tuple[Result, ...]:
    """Run the vectors in the YAML files of ``folder``, in order of file names.

    Raises ``UsageError`` for a folder without any, and for a file that holds something else.
    """
    files = vector_files(folder, ".yml", ".yaml")
    return tuple(_run(read_vector(path)) for path in files)


def _run(vector: Vector) -> Result:
    came = reading(vector)
    difference = next(_differences(_plain(vector.expected), _plain(came), ""), None)
    if difference is None:
        return Result(vector.file, vector.path)
    where, expected, got = difference
    return failed(vector.file, where, expected, got)


def reading(vector: Vector) -> dict[str, Any]:
    """Return what comes of a vector's workflow: a model, or errors."""
    bounds = _bounds(vector)
    try:
        root = yamltree.read(vector.workflow, vector.path, bounds.largest)
    except WorkflowError as error:
        fault = Fault(error.reason, error.line, error.column, placed=False)
        return _errors([FileFault(vector.path, fault)])
    found = [FileFault(vector.path, fault) for fault in _own_faults(root, vector, bounds.rules)]
    if found:
        return _errors(found)
    loader = Loader(vector.called.get, bounds)
    follow = not vector.flag("skip-reusable-workflows")
    permissions = tree.fields(root).get("permissions")
    given = read_permissions(permissions) if permissions is not None else None
    calls = loader.calls(root, vector.path, given) if follow else {}
    if loader.faults:
        return _errors(loader.faults)
    jobs = _count(root, calls)
    most = vector.number("max-job-limit", jobs)
    if jobs > most:
        reason = f"The workflow may not contain more than {most} jobs"
        return _errors([FileFault(None, Fault(reason, 1, 1, placed=False))])
    return _model(vector, root, calls, (vector.path, *loader.loaded))


def _bounds(vector: Vector) -> Bounds:
    features = vector.settings.get("experimental-features")
    background = isinstance(features, dict) and features.get("allowBackgroundSteps") is True
    rules = workflow_rules(
        Events.STRICT if vector.editor_only else Events.RELAXED, background=background
    )
    return Bounds(
        deepest=vector.number("max-nested-reusable-workflows-depth", DEEPEST),
        largest=vector.number("max-file-size", yamltree.MAX_SIZE),
        policy=str(vector.settings.get("permissions-policy") or "Write"),
        rules=rules,
    )


def _own_faults(root: Node, vector: Vector, rules: Shape) -> list[Fault]:
    largest = vector.number("max-result-size", _LARGEST_RESULT)
    found = list(islice(check(root, rules), MOST_FAULTS))
    if size(root) > largest:
        found.append(Fault("Maximum object size exceeded", 1, 1, placed=False))
    if found:
        return found[:MOST_FAULTS]
    if vector.editor_only:
        found = list(event_faults(tree.fields(root).get("on")))
    found.extend(relation_faults(root))
    return found[:MOST_FAULTS]


def _errors(faults: list[FileFault]) -> dict[str, Any]:
    return {"errors": [{"Message": fault.message} for fault in faults[:MOST_FAULTS]]}


def _count(root: Node, calls: dict[str, Call]) -> int:
    below = sum(_count(call.root, dict(call.calls)) for call in calls.values())
    return len(tree.fields(tree.fields(root).get("jobs"))) + below


def _model(
    vector: Vector, root: Node, calls: dict[str, Call], files: tuple[str, ...]
) -> dict[str, Any]:
    places = vector.flag("include-source")
    modeller = Modeller(files, places=places, editor=vector.editor_only)
    result = modeller.workflow(root, vector.path, calls)
    if vector.editor_only:
        result["events"] = events(tree.fields(root).get("on"))
    if places:
        partial = vector.flag("is-partial-rerun")
        result["file-table"] = sorted(files) if partial else list(files)
    return result


def _plain(value: Any) -> Any:
    """Return ``value`` without what GitHub's readers write each in their own way.

    Some leave the list of an empty list or mapping out; ``insert`` is a directive or an expression.
    """
    if not isinstance(value, dict):
        return [_plain(item) for item in value] if isinstance(value, list) else value
    result = {
        name: _plain(item)
        for name, item in value.items()
        if item != [] or name not in {"seq", "map"}
    }
    if result.get("type") == _INSERT and "expr" in result:
        result["directive"] = result.pop("expr")
    return result


def _differences(expected: Any, came: Any, where: str) -> Iterator[tuple[str, str, str]]:
    """Yield each place where ``came`` is not what is expected, with both as JSON."""
    if isinstance(expected, dict) and isinstance(came, dict):
        for name in (*expected, *(name for name in came if name not in expected)):
            inner = f"{where}.{name}" if where else name
            yield from _differences(expected.get(name, _ABSENT), came.get(name, _ABSENT), inner)
    elif isinstance(expected, list) and isinstance(came, list):
        for number in range(max(len(expected), len(came))):
            one = expected[number] if number < len(expected) else _ABSENT
            other = came[number] if number < len(came) else _ABSENT
            yield from _differences(one, other, f"{where}[{number}]")
    elif not _equal(expected, came):
        yield where, _shown(expected), _shown(came)


def _equal(expected: Any, came: Any) -> bool:
    """Return whether both are the same value; a boolean is no number."""
    return bool(expected == came) and isinstance(expected, bool) == isinstance(came, bool)


def _shown(value: Any) -> str:
    return "nothing" if value is _ABSENT else json.dumps(value, ensure_ascii=False)
