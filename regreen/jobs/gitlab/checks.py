"""What GitLab refuses in a definition, in its own words and with the place.

Source of the keys: https://docs.gitlab.com/ci/yaml/#keywords. Not everything that GitLab checks is
checked: what would make a pipeline fail before it begins and is often got wrong.
"""

from __future__ import annotations

from collections.abc import Mapping

from regreen.jobs.gitlab.durations import seconds_of
from regreen.jobs.gitlab.expressions import ExpressionFault, parse
from regreen.jobs.gitlab.merging import Lacking
from regreen.jobs.gitlab.parallel import instances
from regreen.jobs.gitlab.tree import Listing, Node, Scalar, Table
from regreen.jobs.gitlab.variables import declared

_WHEN = ("on_success", "on_failure", "always", "manual", "delayed")
_COMMON = (
    *("extends", "stage", "only", "except", "rules", "variables", "inherit", "allow_failure"),
    *("when", "needs", "resource_group", "interruptible", "parallel"),
)
_JOB = frozenset(
    [
        *_COMMON,
        *("tags", "script", "type", "image", "services", "start_in", "artifacts", "cache"),
        *("dependencies", "before_script", "after_script", "environment", "coverage", "retry"),
        *("timeout", "release", "id_tokens", "publish", "pages", "manual_confirmation", "run"),
        *("identity", "hooks", "inputs", "secrets", "dast_configuration"),
    ]
)
_DEFAULT = frozenset(
    [
        *("after_script", "artifacts", "before_script", "cache", "hooks", "id_tokens", "image"),
        *("identity", "interruptible", "retry", "services", "tags", "timeout"),
    ]
)
_RULE = frozenset(
    [
        *("if", "changes", "exists", "when", "start_in", "allow_failure", "variables", "needs"),
        *("interruptible",),
    ]
)
_WORKFLOW_RULE = frozenset(["if", "changes", "exists", "when", "variables", "auto_cancel"])
_IMAGE = frozenset(["name", "entrypoint", "ports", "pull_policy", "docker", "kubernetes"])
_SERVICE = _IMAGE | {"alias", "command", "variables"}
_SCRIPT = "config should be a string or a nested array of strings up to 10 levels deep"
_DEEPEST = 10
_MOST_RETRIES = 2


def check_globals(table: Table) -> None:
    """Raise WorkflowError for what is wrong outside of the jobs."""
    default = table.get("default")
    if isinstance(default, Table):
        _keys(default, _DEFAULT, "default")
        _parts(default, "default")
    _parts(table, "")
    declared(table.get("variables"), "")
    stages = table.get("stages")
    if stages is not None and not _is_texts(stages):
        raise stages.place.error("stages config should be an array of strings")
    workflow = table.get("workflow")
    if isinstance(workflow, Table):
        _rules(workflow.get("rules"), "workflow:rules:rule", _WORKFLOW_RULE, ("always", "never"))


def check_job(
    name: str,
    job: Table,
    stages: tuple[str, ...],
    jobs: Mapping[str, Table],
    *,
    partial: bool,
) -> None:
    """Raise WorkflowError for what is wrong with ``job``; Lacking for names that are not there.

    ``partial``: the pipeline may have jobs that are not among ``jobs``.
    """
    where = f"jobs:{name}"
    if job.get("trigger") is None:
        _keys(job, _JOB, where)
    _parts(job, where)
    declared(job.get("variables"), where)
    instances(name, job.get("parallel"))
    _combined(job, where)
    _kinds(job, where)
    _stage(name, job, stages)
    if not partial:
        _needed(name, job, jobs, stages)


def _keys(table: Table, known: frozenset[str], where: str) -> None:
    if unknown := [key for key in table.entries if key not in known]:
        reason = f"{where} config contains unknown keys: {', '.join(unknown)}"
        raise table.at(unknown[0]).error(reason)


def _parts(table: Table, where: str) -> None:
    """Check what may stand in a job, in ``default`` and at the top level."""
    for key in ("before_script", "script", "after_script"):
        node = table.get(key)
        if node is not None and (wrong := _no_command(node, 0)) is not None:
            raise wrong.place.error(f"{where}:{key} {_SCRIPT}".lstrip(":"))
        if key == "script" and isinstance(node, Listing) and not node.items:
            raise table.at(key).error(f"{where}:script config can't be blank")
    _image(table.get("image"), f"{where}:image".lstrip(":"), _IMAGE)
    services = table.get("services")
    if isinstance(services, Listing):
        for service in services.items:
            _image(service, f"{where}:services:service".lstrip(":"), _SERVICE)
    elif services is not None and not _empty(services):
        raise services.place.error(f"{where}:services config should be an array".lstrip(":"))


def _image(node: Node | None, where: str, known: frozenset[str]) -> None:
    if node is None or (isinstance(node, Scalar) and isinstance(node.value, str)):
        return
    if not isinstance(node, Table):
        raise node.place.error(f"{where} config should be a hash or a string")
    _keys(node, known, where)
    name = node.get("name")
    if not isinstance(name, Scalar) or not isinstance(name.value, str):
        raise node.at("name").error(f"{where} name should be a string")


def _combined(job: Table, where: str) -> None:
    rules = job.get("rules")
    if rules is None:
        return
    if wrong := [key for key in ("only", "except", "start_in") if job.get(key) is not None]:
        reason = f"{where} config key may not be used with `rules`: {', '.join(wrong)}"
        raise job.at(wrong[0]).error(reason)
    _rules(rules, f"{where}:rules:rule", _RULE, (*_WHEN, "never"))


def _rules(node: Node | None, where: str, known: frozenset[str], whens: tuple[str, ...]) -> None:
    if node is None or _empty(node):
        return
    if not isinstance(node, Listing):
        raise node.place.error(f"{where.removesuffix(':rule')} config should be a array")
    for rule in node.items:
        if isinstance(rule, Listing):
            _rules(rule, where, known, whens)
            continue
        if not isinstance(rule, Table):
            raise rule.place.error(f"{where} config should be a hash")
        _keys(rule, known, where)
        _choice(rule, where, whens)
        condition = rule.get("if")
        if isinstance(condition, Scalar) and condition.value is not None:
            try:
                parse(condition.text)
            except ExpressionFault as fault:
                raise condition.place.error(f"{where} if {fault}") from fault


def _choice(table: Table, where: str, allowed: tuple[str, ...]) -> None:
    when = table.get("when")
    if isinstance(when, Scalar) and when.value is not None and when.text not in allowed:
        raise when.place.error(f"{where} when should be one of: {', '.join(allowed)}")


def _kinds(job: Table, where: str) -> None:
    _choice(job, where, _WHEN)
    allowed = job.get("allow_failure")
    if isinstance(allowed, Scalar) and not isinstance(allowed.value, bool | None):
        raise allowed.place.error(f"{where} allow failure should be a hash or a boolean value")
    tags = job.get("tags")
    if tags is not None and not _is_texts(tags):
        raise tags.place.error(f"{where}:tags config should be an array of strings")
    timeout = job.get("timeout")
    if isinstance(timeout, Scalar) and seconds_of(timeout.text) is None:
        raise timeout.place.error(f"{where}:timeout config should be a duration")
    retry = job.get("retry")
    most = retry.get("max") if isinstance(retry, Table) else retry
    if isinstance(most, Scalar) and isinstance(most.value, int) and most.value > _MOST_RETRIES:
        reason = f"{where}:retry config must be less than or equal to {_MOST_RETRIES}"
        raise most.place.error(reason)


def _stage(name: str, job: Table, stages: tuple[str, ...]) -> None:
    stage = job.get("stage") or job.get("type")
    chosen = stage.text if isinstance(stage, Scalar) and stage.value is not None else "test"
    if chosen not in stages:
        raise Lacking(
            f"{name} job: chosen stage {chosen} does not exist; available stages are "
            f"{', '.join(stages)}",
            stage.place if stage is not None else job.place,
        )


def _needed(name: str, job: Table, jobs: Mapping[str, Table], stages: tuple[str, ...]) -> None:
    for key, what in (("needs", "need"), ("dependencies", "dependency")):
        node = job.get(key)
        for item in node.items if isinstance(node, Listing) else ():
            if isinstance(item, Table) and _is_elsewhere(item):
                continue
            word = item.get("job") if isinstance(item, Table) else item
            if isinstance(word, Scalar) and word.text not in jobs:
                raise word.place.error(f"{name} job: undefined {what}: {word.text}")
            if isinstance(word, Scalar) and _at(jobs[word.text], stages) > _at(job, stages):
                reason = f"{what} {word.text} is not defined in current or prior stages"
                raise word.place.error(f"{name} job: {reason}")


def _is_elsewhere(need: Table) -> bool:
    optional = need.get("optional")
    if isinstance(optional, Scalar) and optional.value is True:
        return True
    return need.get("pipeline") is not None or need.get("project") is not None


def _at(job: Table, stages: tuple[str, ...]) -> int:
    stage = job.get("stage")
    name = stage.text if isinstance(stage, Scalar) else "test"
    return stages.index(name) if name in stages else 0


def _no_command(node: Node, depth: int) -> Node | None:
    """Return what may not stand in a script, ``None`` where all of it may."""
    if isinstance(node, Scalar):
        fine = isinstance(node.value, str) or (depth == 0 and node.value is None)
        return None if fine else node
    if isinstance(node, Listing) and depth <= _DEEPEST:
        found = (_no_command(item, depth + 1) for item in node.items)
        return next((one for one in found if one is not None), None)
    return node


def _is_texts(node: Node) -> bool:
    if not isinstance(node, Listing):
        return _empty(node)
    flat = [item for item in node.items if isinstance(item, Scalar)]
    nested = [item for item in node.items if isinstance(item, Listing)]
    whole = len(flat) + len(nested) == len(node.items)
    return whole and all(isinstance(i.value, str) for i in flat) and all(map(_is_texts, nested))


def _empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None
