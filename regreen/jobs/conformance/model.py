"""A workflow as GitHub's readers hand it on: its jobs with their steps, as JSON.

Fields and their names follow what the published vectors hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from regreen.jobs import tree, yamltree
from regreen.jobs.calls import Call
from regreen.jobs.conformance.dump import Dump, Json
from regreen.jobs.expressions import condition_code, parse, to_string, uses_status
from regreen.jobs.ids import Ids, subject
from regreen.jobs.permissions import Permissions, read_permissions
from regreen.jobs.schema import Scope
from regreen.jobs.schema_parts import JOB_IF, STEP_IF
from regreen.jobs.yamltree import Node, Scalar, key_of

_JOB_TEXTS = ("env", "defaults", "runs-on", "container", "services", "outputs", "snapshot")
_JOB_TYPED = ("strategy", "continue-on-error", "timeout-minutes", "cancel-timeout-minutes")
_STEP_TEXTS = ("name", "env", "working-directory", "shell", "run", "uses", "with")
_STEP_TYPED = ("continue-on-error", "timeout-minutes", "background")
_EDITOR_LEAVES = frozenset(
    {
        "continue-on-error",
        "timeout-minutes",
        "cancel-timeout-minutes",
        "defaults",
        "permissions",
    }
)
_EDITOR_STEP_LEAVES = frozenset({"timeout-minutes", "working-directory", "shell", "with"})
_WAITS = {"wait": "Wait", "wait-all": "Wait for all", "cancel": "Cancel"}


@dataclass(frozen=True, slots=True)
class Modeller:
    """Writes workflows; ``files`` are those read so far, whose numbers stand in places.

    ``editor``: only what the reader of GitHub's editor extension hands on.
    """

    files: tuple[str, ...]
    places: bool = False
    editor: bool = False
    follow: bool = True

    def workflow(self, root: Node, path: str, calls: Mapping[str, Call]) -> dict[str, Json]:
        """Return the workflow whose tree is ``root``; ``calls`` are those of its jobs."""
        dump = self._dump(path)
        known = tree.fields(root)
        result: dict[str, Json] = {}
        types = None if self.editor else _input_types(known.get("on"))
        if types:
            result["input-types"] = types
        for name in ("env", "defaults"):
            if name in known and (name == "env" or not self.editor):
                result[name] = dump.text(known[name])
        given = read_permissions(known["permissions"]) if "permissions" in known else None
        if given is not None and not self.editor:
            result["permissions"] = dict(given)
        if "concurrency" in known:
            result["concurrency"] = dump.mixed(known["concurrency"], "cancel-in-progress")
        result["jobs"] = self.jobs(known["jobs"], path, given, calls)
        return result

    def jobs(
        self, node: Node, path: str, given: Permissions | None, calls: Mapping[str, Call]
    ) -> list[Json]:
        """Return the jobs of the file ``path``; ``given`` is what they may do by default."""
        result = []
        for name, key, job in tree.entries(node):
            if "uses" in tree.fields(job):
                result.append(self._calling(key, job, path, given, calls.get(name)))
            else:
                result.append(self._job(key, job, path, given))
        return result

    def _dump(self, path: str) -> Dump:
        return Dump(self.files.index(path) + 1, self.places)

    def _common(
        self, key: Scalar, job: Node, path: str, given: Permissions | None
    ) -> dict[str, Json]:
        dump = self._dump(path)
        known = tree.fields(job)
        named = "name" in known and tree.text(known["name"]) not in (None, "")
        result: dict[str, Json] = {
            "id": dump.literal(key_of(key), key),
            "name": dump.text(known["name"]) if named else dump.literal(key_of(key), key),
            "if": _condition(known.get("if"), dump, JOB_IF),
        }
        if "concurrency" in known:
            result["concurrency"] = dump.mixed(known["concurrency"], "cancel-in-progress")
        if "strategy" in known:
            result["strategy"] = dump.typed(known["strategy"])
        own = read_permissions(known["permissions"]) if "permissions" in known else given
        if own is not None and not self.editor:
            result["permissions"] = dict(own)
        return result

    def _needs(self, job: Node, path: str) -> list[Json]:
        dump = self._dump(path)
        return [dump.text(need) for need in tree.scalars(tree.fields(job).get("needs"))]

    def _job(self, key: Scalar, job: Node, path: str, given: Permissions | None) -> dict[str, Json]:
        dump = self._dump(path)
        known = tree.fields(job)
        result = {"type": "job", **self._common(key, job, path, given)}
        if "needs" in known:
            result["needs"] = self._needs(job, path)
        for name in _JOB_TEXTS:
            if name in known:
                result[name] = dump.text(known[name])
        if "environment" in known:
            result["environment"] = dump.mixed(known["environment"], "deployment")
        for name in _JOB_TYPED:
            if name in known:
                result[name] = dump.typed(known[name])
        result["steps"] = self._steps(known.get("steps"), path)
        if not result["steps"] and not self.editor:
            del result["steps"]
        left = _EDITOR_LEAVES if self.editor else frozenset[str]()
        return {name: value for name, value in result.items() if name not in left}

    def _calling(
        self, key: Scalar, job: Node, path: str, given: Permissions | None, call: Call | None
    ) -> dict[str, Json]:
        dump = self._dump(path)
        known = tree.fields(job)
        result = {"type": "reusableWorkflowJob", **self._common(key, job, path, given)}
        result["needs"] = self._needs(job, path)
        result["ref"] = dump.text(known["uses"])
        if "with" in known:
            result["input-values"] = dump.typed(_filled(known["with"]))
        if tree.value(known.get("secrets")) == "inherit":
            result["inherit-secrets"] = True
        elif "secrets" in known:
            result["secret-values"] = dump.typed(_filled(known["secrets"]))
        result["jobs"] = []
        if call is not None and self.follow:
            result.update(self._called(call))
        return result

    def _called(self, call: Call) -> dict[str, Json]:
        dump = self._dump(call.ref)
        known = tree.fields(call.root)
        result: dict[str, Json] = {}
        for name, _, value in tree.entries(tree.fields(known["on"]).get("workflow_call")):
            if name == "inputs":
                result["input-definitions"] = dump.mixed(value, "required", "default")
            elif name == "secrets":
                result["secret-definitions"] = dump.typed(value)
            elif name == "outputs":
                result["outputs"] = dump.text(value)
        if not self.editor:
            for name in ("defaults", "env"):
                if name in known:
                    result[name] = dump.text(known[name])
            if "concurrency" in known:
                concurrency = dump.mixed(known["concurrency"], "cancel-in-progress")
                result["embedded-concurrency"] = concurrency
            if call.own is not None:
                result["permissions"] = dict(call.own)
        given = call.own if call.own is not None else call.permissions
        result["jobs"] = self.jobs(known["jobs"], call.ref, given, call.calls)
        return result

    def _steps(self, node: Node | None, path: str) -> list[Json]:
        ids = Ids()
        steps = [self._step(step, path) for step in tree.items(node)]
        for step in tree.items(node):
            if (own := tree.text(tree.fields(step).get("id"))) is not None:
                ids.refusal(own)
        for step, written in zip(tree.items(node), steps, strict=True):
            known = tree.fields(step)
            if not written["id"]:
                kinds = frozenset(known)
                written["id"] = ids.made(subject(tree.text(known.get("uses")), kinds))
        return steps

    def _step(self, step: Node, path: str) -> dict[str, Json]:
        dump = self._dump(path)
        known = tree.fields(step)
        result: dict[str, Json] = {"id": tree.text(known.get("id")) or ""}
        for name in _STEP_TEXTS:
            if name in known:
                result[name] = dump.text(known[name])
        for name in _STEP_TYPED:
            if name in known:
                result[name] = dump.typed(known[name])
        if "run" in known or "uses" in known:
            result["if"] = _condition(known.get("if"), dump, STEP_IF)
        else:
            result.update(self._waiting(known, dump, path))
        left = _EDITOR_STEP_LEAVES if self.editor else frozenset[str]()
        return {name: value for name, value in result.items() if name not in left}

    def _waiting(self, known: Mapping[str, Node], dump: Dump, path: str) -> dict[str, Json]:
        result: dict[str, Json] = {}
        for name, title in _WAITS.items():
            if name in known and "name" not in known:
                result["name"] = title
        if "wait" in known:
            result["wait"] = [dump.text(target) for target in tree.scalars(known["wait"])]
        elif "wait-all" in known:
            result["wait-all"] = True
        elif "cancel" in known:
            result["cancel"] = dump.text(known["cancel"])
        elif "parallel" in known:
            result["name"] = "Parallel group"
            result["parallel"] = self._steps(known["parallel"], path)
        return result


def _filled(node: Node) -> Node:
    """Return a mapping with the values that are nothing as empty text, as calls pass them on."""
    if not isinstance(node, yamltree.Mapping):
        return node
    return replace(node, entries=tuple((key, _or_empty(value)) for key, value in node.entries))


def _or_empty(node: Node) -> Node:
    return replace(node, value="") if isinstance(node, Scalar) and node.value is None else node


def _condition(node: Node | None, dump: Dump, scope: Scope) -> Json:
    text = None if node is None else tree.text(node)
    code = condition_code(text)
    if text is None or not text.strip() or not code.strip():
        return dump.expression("success()", node)
    if not uses_status(parse(code, scope.names, scope.functions)):
        code = f"success() && ({code})"
    return dump.expression(code, node)


def _input_types(on: Node | None) -> dict[str, str]:
    """Return the types of the inputs that a person gives who starts the workflow."""
    dispatch = tree.fields(on).get("workflow_dispatch")
    inputs = tree.fields(tree.fields(dispatch).get("inputs"))
    return {
        name: to_string(tree.value(tree.fields(spec).get("type")) or "string")
        for name, spec in inputs.items()
    }
