"""Whether a pipeline gets a job: ``rules``, ``workflow: rules``, ``only`` and ``except``.

Source: https://docs.gitlab.com/ci/yaml/#rules, and "Deprecated keywords" there for the older pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from regreen.jobs.gitlab.expressions import ExpressionFault, holds, matches
from regreen.jobs.gitlab.globs import named
from regreen.jobs.gitlab.tree import Listing, Node, Scalar, Table
from regreen.jobs.gitlab.variables import Declared, declared, expanded
from regreen.scene import Files

_SOURCES = {
    "api": "api",
    "chat": "chat",
    "external": "external",
    "external_pull_requests": "external_pull_request_event",
    "merge_requests": "merge_request_event",
    "pipelines": "pipeline",
    "pushes": "push",
    "schedules": "schedule",
    "triggers": "trigger",
    "web": "web",
}
"""What ``only`` and ``except`` call the sources of a pipeline."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What rules are held against: the pipeline's variables, the commit's files.

    ``changes`` is what ``changes`` is taken to be, since nothing says which files a pipeline's push
    changed.
    """

    variables: Mapping[str, str]
    files: Files
    changes: bool = True


@dataclass(frozen=True, slots=True)
class Chosen:
    """What becomes of a job: ``when`` is ``never`` for one that the pipeline does not get."""

    when: str = "on_success"
    variables: Mapping[str, Declared] = field(default_factory=dict)
    allow_failure: bool | None = None

    @property
    def added(self) -> bool:
        """Whether the pipeline gets the job."""
        return self.when != "never"


def chosen(job: Table, name: str, given: Circumstances, *, workflow: bool) -> Chosen:
    """Return what ``rules`` or ``only`` and ``except`` of ``job`` make of it.

    ``workflow``: the pipeline has ``workflow: rules``, without which a job that has neither is only
    for branches and tags. Raises WorkflowError for an expression that is wrong.
    """
    when = job.get("when")
    default = when.text if isinstance(when, Scalar) else "on_success"
    rules = job.get("rules")
    if rules is not None:
        return by_rules(rules, f"jobs:{name}:rules:rule", given, default)
    only, unless = job.get("only"), job.get("except")
    if only is None and not workflow and given.variables.get("CI_MERGE_REQUEST_IID"):
        return Chosen("never")
    wanted = only is None or all(_policy(only, f"jobs:{name}:only", given))
    refused = unless is not None and any(_policy(unless, f"jobs:{name}:except", given))
    return Chosen(default if wanted and not refused else "never")


def by_rules(rules: Node, where: str, given: Circumstances, default: str) -> Chosen:
    """Return what the first rule that holds says; none: ``never``."""
    for rule in _flat(rules):
        if not isinstance(rule, Table):
            raise rule.place.error(f"{where} config should be a hash")
        if rule_holds(rule, where, given):
            when, allowed = rule.get("when"), rule.get("allow_failure")
            return Chosen(
                when.text if isinstance(when, Scalar) and when.value is not None else default,
                declared(rule.get("variables"), where),
                allowed.value is True if isinstance(allowed, Scalar) else None,
            )
    return Chosen("never")


def rule_holds(rule: Table, where: str, given: Circumstances) -> bool:
    """Return whether every clause of ``rule`` holds. Raises WorkflowError."""
    condition = rule.get("if")
    if isinstance(condition, Scalar) and condition.value is not None:
        try:
            if not holds(condition.text, given.variables):
                return False
        except ExpressionFault as fault:
            raise condition.place.error(f"{where} if {fault}") from fault
    if rule.get("changes") is not None and not given.changes:
        return False
    exists = rule.get("exists")
    patterns = list(_texts(exists.get("paths") if isinstance(exists, Table) else exists))
    paths = given.files.paths()
    return not patterns or any(named(expanded(one, given.variables), paths) for one in patterns)


def _policy(policy: Node, where: str, given: Circumstances) -> Iterator[bool]:
    """Say of each clause of ``only`` or ``except`` whether it holds."""
    table = policy if isinstance(policy, Table) else None
    refs = policy if table is None else table.get("refs")
    if refs is not None:
        yield any(_ref(one, given.variables) for one in _texts(refs))
    if table is None:
        return
    conditions = table.get("variables")
    if conditions is not None:
        yield any(_condition(one, where, given) for one in _flat(conditions))
    if table.get("changes") is not None:
        yield given.changes
    if table.get("kubernetes") is not None:
        yield False


def _condition(node: Node, where: str, given: Circumstances) -> bool:
    text = node.text if isinstance(node, Scalar) else ""
    try:
        return holds(text, given.variables)
    except ExpressionFault as fault:
        raise node.place.error(f"{where} variables {fault}") from fault


def _ref(pattern: str, variables: Mapping[str, str]) -> bool:
    name, at, path = pattern.rpartition("@") if "@" in pattern else (pattern, "", "")
    if at and path != variables.get("CI_PROJECT_PATH"):
        return False
    merge_request = "CI_MERGE_REQUEST_IID" in variables
    if name == "tags":
        return "CI_COMMIT_TAG" in variables
    if name == "branches":
        return "CI_COMMIT_TAG" not in variables and not merge_request
    if name in _SOURCES:
        return variables.get("CI_PIPELINE_SOURCE") == _SOURCES[name]
    ref = variables.get("CI_COMMIT_REF_NAME", "")
    if merge_request:
        return False
    try:
        return matches(name, ref) if name.startswith("/") else name == ref
    except ExpressionFault:
        return False


def _flat(node: Node) -> Iterator[Node]:
    if isinstance(node, Listing):
        for item in node.items:
            yield from _flat(item)
    else:
        yield node


def _texts(node: Node | None) -> Iterable[str]:
    if node is None:
        return ()
    return [one.text for one in _flat(node) if isinstance(one, Scalar) and one.value is not None]
