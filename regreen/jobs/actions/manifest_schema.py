"""The rules of an action's manifest: its shape, and what its parts say of one another.

Source: the runner's schema of an action file and what it checks behind it (github.com/actions/
runner, action_yaml.json, ActionManifestManager.cs). Keys that the schema does not know are passed
over at the top and in an input, as the runner does.
"""

from __future__ import annotations

from collections.abc import Iterator

from regreen.jobs import yamltree
from regreen.jobs.actions.reference import reference
from regreen.jobs.expressions import (
    ExpressionError,
    Status,
    condition_code,
    hash_files_function,
    parse,
    status_functions,
)
from regreen.jobs.ids import Ids
from regreen.jobs.schema import Fault, Fields, Shape, check
from regreen.jobs.schema_parts import flag, scope, strings, text
from regreen.jobs.tree import fields as fields_of
from regreen.jobs.tree import items
from regreen.jobs.yamltree import Node, Scalar, key_of
from regreen.model import Unsupported

CONTAINER_INPUTS = ("entryPoint", "args")
"""What a step may give to any Docker action, whatever its manifest names."""

_NODES = ("node12", "node16", "node20", "node24")
_HASH_FILES = hash_files_function(lambda _patterns: "")
_DEFAULT = scope("github strategy matrix job runner", _HASH_FILES)
_STEP = scope("github inputs strategy matrix steps job runner env", _HASH_FILES)
_STEP_IF = scope(
    "github inputs strategy matrix steps job runner env",
    {**_HASH_FILES, **status_functions(Status.SUCCESS)},
)
_OUTPUT = scope("github strategy matrix steps inputs job runner env")
_INPUTS = scope("inputs")
_LOOSE = Shape(anything=True)

_STEP_COMMON = {
    "name": text(_STEP),
    "id": text(empty=False),
    "if": text(_STEP_IF),
    "continue-on-error": flag(_STEP),
    "env": strings(_STEP),
}
_RUN_STEP = Fields(
    {
        **_STEP_COMMON,
        "run": text(_STEP),
        "working-directory": text(_STEP),
        "shell": text(_STEP),
    },
    ("run", "shell"),
)
_USES_STEP = Fields({**_STEP_COMMON, "uses": text(empty=False), "with": strings(_STEP)}, ("uses",))
_COMPOSITE = Fields(
    {
        "using": text(empty=False),
        "steps": Shape(items=Shape(mappings=(_RUN_STEP, _USES_STEP))),
    }
)
_NAMES = ("main", "pre", "pre-if", "post", "post-if")
_NODE = Fields({"using": text(empty=False), **{name: text(empty=False) for name in _NAMES}})
_ENTRIES = ("image", "entrypoint", "pre-entrypoint", "pre-if", "post-entrypoint", "post-if")
_CONTAINER = Fields(
    {
        "using": text(empty=False),
        **{name: text(empty=False) for name in _ENTRIES},
        "args": Shape(items=text(_INPUTS)),
        "env": strings(_INPUTS),
    }
)
_PLUGIN = Fields({"plugin": text(empty=False)})
_MANIFEST = Shape(
    mappings=(
        Fields(
            {
                "name": text(),
                "description": text(),
                "inputs": Shape(
                    mappings=(
                        Fields(
                            other=Shape(
                                mappings=(Fields({"default": text(_DEFAULT)}, other=_LOOSE),)
                            )
                        ),
                    )
                ),
                "outputs": Shape(
                    mappings=(
                        Fields(
                            other=Shape(
                                mappings=(Fields({"description": text(), "value": text(_OUTPUT)}),)
                            )
                        ),
                    )
                ),
                "runs": Shape(mappings=(_CONTAINER, _NODE, _PLUGIN, _COMPOSITE)),
            },
            other=_LOOSE,
        ),
    )
)


def faults(root: Node) -> Iterator[Fault]:
    """Yield each fault of a manifest's tree; what its parts need only when the shape is right."""
    found = False
    for fault in check(_without_undecided_runs(root), _MANIFEST):
        found = True
        yield fault
    if not found:
        yield from _runs_faults(root)


def _runs_faults(root: Node) -> Iterator[Fault]:
    runs = root.get("runs") if isinstance(root, yamltree.Mapping) else None
    if not isinstance(runs, yamltree.Mapping):
        yield Fault("Top level 'runs:' section is required", root.line, root.column)
        return
    using = runs.get("using")
    if not isinstance(using, Scalar):
        yield Fault(
            "Missing 'using' value. 'using' requires 'composite', 'docker', 'node12', 'node16', "
            "'node20' or 'node24'.",
            runs.line,
            runs.column,
        )
        return
    kind = key_of(using).lower()
    needed = {"docker": "image", "composite": "steps", **dict.fromkeys(_NODES, "main")}.get(kind)
    if needed is None:
        reason = (
            f"'using: {key_of(using)}' is not supported, use 'docker', 'node12', 'node16', "
            "'node20' or 'node24' instead."
        )
        yield Fault(reason, using.line, using.column)
    elif runs.get(needed) is None:
        yield Fault(_LACKING[needed], runs.line, runs.column)
    elif kind == "composite":
        yield from _step_faults(runs.get("steps"))
    elif kind == "docker":
        yield from _image_faults(runs.get("image"))


_LACKING = {
    "image": "You are using a Container Action but an image is not provided.",
    "main": (
        "You are using a JavaScript Action but there is not an entry JavaScript file provided."
    ),
    "steps": "You are using a composite action but there are no steps provided.",
}


def _step_faults(steps: Node | None) -> Iterator[Fault]:
    ids = Ids()
    for step in items(steps):
        said = fields_of(step)
        name, condition, uses = said.get("id"), said.get("if"), said.get("uses")
        if isinstance(name, Scalar) and (reason := ids.refusal(key_of(name))):
            yield Fault(reason, name.line, name.column)
        if isinstance(condition, Scalar) and (reason := _bad_condition(key_of(condition))):
            yield Fault(reason, condition.line, condition.column)
        if isinstance(uses, Scalar):
            meant = reference(key_of(uses))
            if isinstance(meant, Unsupported):
                yield Fault(meant.what, uses.line, uses.column)


def _bad_condition(text: str) -> str | None:
    try:
        parse(condition_code(text), _STEP_IF.names, _STEP_IF.functions)
    except ExpressionError as error:
        return error.message
    return None


def _image_faults(image: Node | None) -> Iterator[Fault]:
    if isinstance(image, Scalar) and not is_image(key_of(image)) and not is_dockerfile(image):
        reason = (
            f"'{key_of(image)}' should be either '[path]/Dockerfile' or 'docker://image[:tag]'."
        )
        yield Fault(reason, image.line, image.column)


def is_image(image: str) -> bool:
    """Whether a Docker action's ``image`` is one to pull and no Dockerfile."""
    return image.lower().startswith("docker://")


def is_dockerfile(image: Scalar) -> bool:
    """Whether a Docker action's ``image`` names a Dockerfile, by the runner's own rule."""
    name = key_of(image).rsplit("/", 1)[-1].lower()
    return name.startswith("dockerfile.") or name.endswith("dockerfile")


def _without_undecided_runs(root: Node) -> Node:
    """Return ``root`` without a ``runs`` of a lone ``using``.

    Its keys alone do not tell the kind, but ``using`` does, and the runner's word for what lacks
    is about that kind.
    """
    if not isinstance(root, yamltree.Mapping):
        return root
    kept = tuple(
        (key, value)
        for key, value in root.entries
        if not (
            key_of(key) == "runs"
            and isinstance(value, yamltree.Mapping)
            and [key_of(name) for name, _ in value.entries] == ["using"]
        )
    )
    return yamltree.Mapping(kept, root.line, root.column, root.weight)
