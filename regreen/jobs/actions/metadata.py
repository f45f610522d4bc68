"""What an action's manifest says: ``action.yml`` or ``action.yaml``, read and checked.

Nothing is evaluated. The rules are those of the runner's own schema of an action file
(github.com/actions/runner, action_yaml.json and ActionManifestManager.cs) and of GitHub's
"Metadata syntax".
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from regreen.errors import WorkflowError
from regreen.jobs import yamltree
from regreen.jobs.actions.manifest_schema import CONTAINER_INPUTS, faults
from regreen.jobs.reader import read_step
from regreen.jobs.tree import fields as fields_of
from regreen.jobs.tree import items
from regreen.jobs.tree import text as text_of
from regreen.jobs.workflow import StepSpec
from regreen.jobs.yamltree import Node as Tree
from regreen.jobs.yamltree import Scalar, Sequence, key_of

MANIFESTS = ("action.yml", "action.yaml")
DOCKERFILES = ("Dockerfile", "dockerfile")
ALWAYS = "always()"


@dataclass(frozen=True, slots=True)
class Input:
    """One input: its default as written, and what is said to who still uses it."""

    name: str
    default: str = ""
    required: bool = False
    deprecated: str | None = None


@dataclass(frozen=True, slots=True)
class Composite:
    """An action made of steps."""

    steps: tuple[StepSpec, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A JavaScript action; ``version`` is what ``using`` names (12, 16, 20, 24)."""

    version: int
    main: str
    pre: str | None = None
    pre_if: str = ALWAYS
    post: str | None = None
    post_if: str = ALWAYS


@dataclass(frozen=True, slots=True)
class Container:
    """A Docker action; ``image`` is a Dockerfile's path in the action or ``docker://NAME``.

    ``args`` is ``None`` when the manifest names none: then the step's own ``args`` count.
    """

    image: str
    entrypoint: str | None = None
    pre_entrypoint: str | None = None
    post_entrypoint: str | None = None
    args: tuple[str, ...] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    pre_if: str = ALWAYS
    post_if: str = ALWAYS


Runs = Composite | Node | Container


@dataclass(frozen=True, slots=True)
class Action:
    """An action as its manifest at ``path`` describes it.

    ``outputs`` maps a composite action's outputs to their values as written.
    """

    path: str
    name: str
    inputs: Mapping[str, Input]
    outputs: Mapping[str, str]
    runs: Runs

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every input that a step may give without a warning."""
        own = CONTAINER_INPUTS if isinstance(self.runs, Container) else ()
        return (*own, *self.inputs)


@dataclass(frozen=True, slots=True)
class NotFound:
    """There is no action: the step is red on GitHub, with these words."""

    reason: str


def find_action(read: Callable[[str], bytes | None], folder: str, shown: str) -> Action | NotFound:
    """Return the action in ``folder`` (empty: the top) of the files that ``read`` gives by path.

    ``shown`` is the folder's name for people. Raises WorkflowError for a manifest that GitHub
    refuses.
    """
    for name in MANIFESTS:
        content = read(posixpath.join(folder, name))
        if content is not None:
            return read_action(content, f"{shown}/{name}")
    for name in DOCKERFILES:
        if read(posixpath.join(folder, name)) is not None:
            return Action(f"{shown}/{name}", shown, {}, {}, Container(name))
    return NotFound(
        f"Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '{shown}'. "
        "Did you forget to run actions/checkout before running your local action?"
    )


def read_action(content: str | bytes, path: str) -> Action:
    """Return the action of a manifest's ``content``; ``path`` is the file's name for people.

    Raises WorkflowError for the first fault for which GitHub would refuse the file.
    """
    text = content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else content
    root = yamltree.read(text, path)
    for fault in faults(root):
        raise WorkflowError(fault.reason, path, fault.line, fault.column)
    fields = fields_of(root)
    runs = fields_of(fields["runs"])
    composite = key_of_scalar(runs["using"]).lower() == "composite"
    return Action(
        path=path,
        name=text_of(fields.get("name")) or "",
        inputs={name: _input(name, node) for name, node in fields_of(fields.get("inputs")).items()},
        outputs=_outputs(fields.get("outputs")) if composite else {},
        runs=_runs(runs),
    )


def key_of_scalar(node: Tree) -> str:
    """Return a scalar's text, empty for anything else."""
    return key_of(node) if isinstance(node, Scalar) else ""


def _runs(runs: Mapping[str, Tree]) -> Runs:
    using = key_of_scalar(runs["using"]).lower()
    if using == "composite":
        steps = enumerate(items(runs["steps"]))
        return Composite(tuple(read_step(index, item) for index, item in steps))
    conditions = {
        "pre_if": text_of(runs.get("pre-if")) or ALWAYS,
        "post_if": text_of(runs.get("post-if")) or ALWAYS,
    }
    if using != "docker":
        main, version = text_of(runs["main"]) or "", int(using.removeprefix("node"))
        return Node(
            version,
            main,
            pre=text_of(runs.get("pre")),
            post=text_of(runs.get("post")),
            **conditions,
        )
    args = runs.get("args")
    return Container(
        image=text_of(runs["image"]) or "",
        entrypoint=text_of(runs.get("entrypoint")),
        pre_entrypoint=text_of(runs.get("pre-entrypoint")),
        post_entrypoint=text_of(runs.get("post-entrypoint")),
        args=tuple(map(key_of_scalar, args.items)) if isinstance(args, Sequence) else None,
        env=_strings(runs.get("env")),
        **conditions,
    )


def _input(name: str, node: Tree) -> Input:
    said = {key.lower(): item for key, item in fields_of(node).items()}
    required = text_of(said.get("required")) or ""
    return Input(
        name,
        default=text_of(said.get("default")) or "",
        required=required.lower() == "true",
        deprecated=text_of(said.get("deprecationmessage")),
    )


def _outputs(node: Tree | None) -> dict[str, str]:
    values = {name: fields_of(item).get("value") for name, item in fields_of(node).items()}
    return {name: text_of(said) or "" for name, said in values.items() if said is not None}


def _strings(node: Tree | None) -> dict[str, str]:
    return {name: key_of_scalar(said) for name, said in fields_of(node).items()}
