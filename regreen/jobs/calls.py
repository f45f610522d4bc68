"""Reusable workflows: the files that a workflow calls, and the faults that show only together.

Inputs and secrets that do not fit, permissions beyond the caller's, too deep nesting. Messages and
their order are those of GitHub's own reader, which stops at the first call that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from regreen.errors import WorkflowError
from regreen.jobs import tree, yamltree
from regreen.jobs.expressions.values import fold
from regreen.jobs.permissions import Permissions, excess, of_policy, read_permissions
from regreen.jobs.relations import job_faults
from regreen.jobs.schema import Fault, Shape, check
from regreen.jobs.workflow_schema import workflow_rules
from regreen.jobs.yamltree import Node, Scalar, key_of

LONGEST_MESSAGE = 500
LOCAL = "./"
DEEPEST = 9
"""How many calls lie below one another at most: GitHub allows ten levels, the caller included."""

Files = Callable[[str], str | None]
"""The content of a workflow by its reference, as ``uses`` names it; ``None`` for one not there."""


@dataclass(frozen=True, slots=True)
class FileFault:
    """A fault of one of several files; ``file`` is ``None`` for one of the whole.

    ``caller``: where the file is called, if GitHub says so in front of the message.
    """

    file: str | None
    fault: Fault
    caller: str = ""

    @property
    def message(self) -> str:
        """The fault as GitHub words it."""
        fault = self.fault
        where = f" (Line: {fault.line}, Col: {fault.column})" if fault.placed else ""
        text = fault.reason if self.file is None else f"{self.file}{where}: {fault.reason}"
        if len(text) > LONGEST_MESSAGE:
            text = f"{text[:LONGEST_MESSAGE]}[...]"
        return f"{self.caller} {text}" if self.caller else text


@dataclass(frozen=True, slots=True)
class Call:
    """One job's call: the file, its tree, what its token may do, and the calls of its own jobs.

    ``permissions`` are those of the calling job, ``own`` those that the called file sets.
    """

    ref: str
    root: Node
    permissions: Permissions | None
    own: Permissions | None
    calls: Mapping[str, Call]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of one reading, and the setting that grants permissions where nothing does.

    ``local``: only calls of files in the same repository are followed.
    """

    deepest: int = DEEPEST
    largest: int = yamltree.MAX_SIZE
    policy: str = "Write"
    rules: Shape = field(default_factory=workflow_rules)
    local: bool = False


@dataclass(slots=True)
class Loader:
    """Loads the files that are called; ``faults`` are those of the first call that is wrong."""

    files: Files
    bounds: Bounds = field(default_factory=Bounds)
    faults: list[FileFault] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def calls(
        self, root: Node, path: str, given: Permissions | None, depth: int = 1
    ) -> dict[str, Call]:
        """Return the calls of the jobs of ``root``, the tree of ``path``, by the jobs' names.

        ``given``: what the jobs may do that say nothing of it themselves.
        """
        found: dict[str, Call] = {}
        for name, key, job in tree.entries(tree.fields(root).get("jobs")):
            known = tree.fields(job)
            if (uses := known.get("uses")) is None or not self._followed(uses):
                continue
            own = read_permissions(known["permissions"]) if "permissions" in known else given
            call = self._call(_Caller(path, key, job, uses, own), depth)
            if call is None:
                return found
            found[name] = call
        return found

    def _followed(self, uses: Node) -> bool:
        return not self.bounds.local or (tree.text(uses) or "").startswith(LOCAL)

    def _call(self, caller: _Caller, depth: int) -> Call | None:
        if depth > self.bounds.deepest:
            reason = f"Nested reusable workflow depth exceeded {self.bounds.deepest}."
            self.faults.append(FileFault(None, _at(reason, caller.uses)))
            return None
        ref = caller.ref
        content = self.files(ref)
        if content is None:
            reason = "Unable to find reusable workflow"
            self.faults.append(FileFault(caller.path, _at(reason, caller.uses)))
            return None
        if ref not in self.loaded:
            self.loaded.append(ref)
        root = self._read(content, caller)
        if root is None:
            return None
        for fault in _call_faults(caller, root, self.bounds.policy):
            self._add(caller, fault)
        if self.faults:
            return None
        known = tree.fields(root)
        own = read_permissions(known["permissions"]) if "permissions" in known else None
        given = own if own is not None else caller.permissions
        nested = self.calls(root, ref, given, depth + 1)
        return None if self.faults else Call(ref, root, caller.permissions, own, nested)

    def _read(self, content: str, caller: _Caller) -> Node | None:
        try:
            root = yamltree.read(content, caller.ref, self.bounds.largest)
        except WorkflowError as error:
            fault = Fault(error.reason, error.line, error.column, placed=False)
            self._add(caller, FileFault(caller.ref, fault))
            return None
        for fault in check(root, self.bounds.rules):
            self._add(caller, FileFault(caller.ref, fault))
        return None if self.faults else root

    def _add(self, caller: _Caller, found: FileFault) -> None:
        if found.file == caller.path:
            self.faults.append(found)
            return
        where = f"(Line: {caller.uses.line}, Col: {caller.uses.column})"
        words = f"In {caller.path} {where}: Error from called workflow"
        self.faults.append(FileFault(found.file, found.fault, words))


@dataclass(frozen=True, slots=True)
class _Caller:
    path: str
    key: Scalar
    job: Node
    uses: Node
    permissions: Permissions | None

    @property
    def ref(self) -> str:
        return tree.text(self.uses) or ""


def local_call_faults(root: Node, path: str, files: Files) -> list[FileFault]:
    """Return what is wrong with the calls of workflows in the same repository.

    ``root`` is the tree of ``path``, which has no fault of its own. What the repository's settings
    permit is not known here, so only written permissions are compared.
    """
    loader = Loader(files, Bounds(policy="", local=True))
    permissions = tree.fields(root).get("permissions")
    loader.calls(root, path, None if permissions is None else read_permissions(permissions))
    return loader.faults


def _at(reason: str, node: Node) -> Fault:
    return Fault(reason, node.line, node.column)


def _call_faults(caller: _Caller, root: Node, policy: str) -> Iterator[FileFault]:
    """Yield what is wrong with the call of a file whose shape is right, in the file's order."""
    allowed = caller.permissions if caller.permissions is not None else of_policy(policy)
    for name, _, value in tree.entries(root):
        if name == "on":
            yield from _trigger_faults(caller, value)
        elif name == "jobs":
            yield from (FileFault(caller.ref, fault) for fault in job_faults(value))
        elif name == "permissions":
            yield from _excess(caller, f"workflow '{caller.ref}'", value, allowed)
    for name, _, job in tree.entries(tree.fields(root).get("jobs")):
        known = tree.fields(job)
        if "permissions" in known:
            title = tree.text(known.get("name")) or name
            yield from _excess(caller, f"nested job '{title}'", known["permissions"], allowed)


def _excess(caller: _Caller, who: str, node: Node, allowed: Permissions) -> Iterator[FileFault]:
    found = excess(read_permissions(node), allowed)
    if found is not None:
        reason = (
            f"Error calling workflow '{caller.ref}'. The {who} is requesting '{found[0]}', but is "
            f"only allowed '{found[1]}'."
        )
        yield FileFault(caller.path, _at(reason, caller.key))


def _trigger_faults(caller: _Caller, on: Node) -> Iterator[FileFault]:
    if isinstance(on, yamltree.Mapping):
        called = "workflow_call" in tree.fields(on)
    else:
        called = any(key_of(event) == "workflow_call" for event in tree.scalars(on))
    if not called:
        reason = "workflow_call key is not defined in the referenced workflow."
        yield FileFault(caller.ref, _at(reason, on))
        return
    inputs = tree.fields(on).get("workflow_call")
    yield from _input_faults(caller, tree.fields(inputs).get("inputs"))
    if tree.value(tree.fields(caller.job).get("secrets")) != "inherit":
        yield from _secret_faults(caller, tree.fields(inputs).get("secrets"))


def _input_faults(caller: _Caller, defined: Node | None) -> Iterator[FileFault]:
    given = _folded(tree.fields(caller.job).get("with"))
    for name, _, spec in tree.entries(defined):
        known = tree.fields(spec)
        wanted = tree.text(known.get("type")) or "string"
        if "default" in known:
            yield from _mistyped(caller.ref, known["default"], wanted)
        if fold(name) in given:
            yield from _mistyped(caller.path, given[fold(name)][1], wanted)
        elif tree.value(known.get("required")) is True:
            reason = f"Input {name} is required, but not provided while calling."
            yield FileFault(caller.path, _at(reason, caller.uses))
    yield from _undefined(caller, given, defined, "input")


def _mistyped(file: str, node: Node, wanted: str) -> Iterator[FileFault]:
    kinds: dict[str, type] = {"boolean": bool, "number": float}
    value = tree.value(node)
    if wanted in kinds and not tree.is_computed(node) and not isinstance(value, kinds[wanted]):
        yield FileFault(file, _at(f"Unexpected value '{tree.text(node) or ''}'", node))


def _secret_faults(caller: _Caller, defined: Node | None) -> Iterator[FileFault]:
    given = _folded(tree.fields(caller.job).get("secrets"))
    for name, _, spec in tree.entries(defined):
        required = tree.value(tree.fields(spec).get("required")) is True
        if required and fold(name) not in given:
            reason = f"Secret {name} is required, but not provided while calling."
            yield FileFault(caller.path, _at(reason, caller.uses))
    yield from _undefined(caller, given, defined, "secret")


def _undefined(
    caller: _Caller, given: dict[str, tuple[str, Node]], defined: Node | None, what: str
) -> Iterator[FileFault]:
    known = _folded(defined)
    for key, (name, value) in given.items():
        if key not in known:
            reason = f"Invalid {what}, {name} is not defined in the referenced workflow."
            yield FileFault(caller.path, _at(reason, value))


def _folded(node: Node | None) -> dict[str, tuple[str, Node]]:
    return {fold(name): (name, value) for name, _, value in tree.entries(node)}
