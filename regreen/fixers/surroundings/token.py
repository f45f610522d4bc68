"""Names the ``permissions:`` that a job's token lacks, the least that suffices, as advice.

A token's rights cannot be had in a sandbox, so nothing is proven; to widen them is for people.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files

from regreen.fixers.surroundings.asking import (
    JobText,
    action_of,
    job_text,
    name_of,
    said,
    script_of,
    where,
)
from regreen.model import Advice, Category, Failure, Idea, Severity
from regreen.scene import Scene

ID = "token permissions"
DOCS = "https://docs.github.com/en/actions/writing-workflows/workflow-syntax-for-github-actions#permissions"

_TOKEN = re.compile(
    r"Resource not accessible by integration|denied to github-actions\[bot\]|write_package"
    r"|ACTIONS_ID_TOKEN_REQUEST|OIDC token|`?id-token`? permission|[Ii][Dd] [Tt]oken"
    r"|not permitted to (?:create|approve)|installation not allowed to|refusing to allow a"
    r"|without `workflows` permission|Write access to repository not granted"
    r"|requested URL returned error: 403"
)
_OIDC = re.compile(r"ACTIONS_ID_TOKEN_REQUEST|OIDC token|`?id-token`? permission|[Ii][Dd] [Tt]oken")
_PUSH = re.compile(
    r"denied to github-actions\[bot\]|Write access to repository not granted"
    r"|requested URL returned error: 403"
)
_PACKAGE = re.compile(r"write_package|installation not allowed to|ghcr\.io.*denied", re.IGNORECASE)
_WORKFLOWS = re.compile(r"refusing to allow a.*workflow|without `workflows` permission")
_APPROVE = re.compile(r"not permitted to (?:create|approve)")
_ADDRESS = re.compile(
    r"/repos/[\w.-]+/[\w.-]+/(?P<what>[a-z-]+)(?:/(?:\d+|[\w.-]+)/(?P<of>[a-z-]+))?"
)
_PAGE = re.compile(r"/rest/(?:reference/)?(?P<what>[a-z-]+)(?:/(?P<of>[a-z-]+))?")
_FORK = (
    "a run for a pull request from a fork has a read-only token whatever is written here; do such "
    "work in a workflow of its own (`workflow_run`)"
)
_LEVELS = {"none": 0, "read": 1, "write": 2}


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield one piece of advice when what failed was refused to the job's token."""
    texts = list(said(failure))
    whole = "\n".join(texts)
    if failure.category != Category.PERMISSION_ERROR or not _TOKEN.search(whole):
        return
    if _WORKFLOWS.search(whole):
        yield _advice(
            "the job's own token may never change files in .github/workflows: use a token with the "
            "`workflow` scope, kept as a secret, or leave those files out of the push"
        )
        return
    text = job_text(scene)
    wanted = needed(failure, scene, text)
    if not wanted:
        yield _advice(
            f"the token of {where(text)} may not do what step {failure.step!r} asks for: look up "
            f"what that needs and give it with `permissions:`, nothing more; {_FORK}"
        )
        return
    named = " and ".join(f"`{name}: {level}`" for name, level in wanted.items())
    setting = (
        "; and allow it under Settings, Actions, General, “Allow GitHub Actions to create and "
        "approve pull requests”"
        if _APPROVE.search(whole)
        else ""
    )
    yield _advice(
        f"give the token of {where(text)} {named}{setting}; {_FORK}", snippet(wanted, text)
    )


def needed(failure: Failure, scene: Scene, text: JobText | None) -> dict[str, str]:
    """Return the permissions that what failed needs and the job does not have, by name."""
    known = _known()
    wanted: dict[str, str] = {}
    for one in next(filter(None, _guesses(failure, scene, text, known)), ()):
        name, _, level = one.partition(": ")
        wanted[name] = level
    held = text.permissions if text else None
    if isinstance(held, Mapping):
        return {
            name: level
            for name, level in wanted.items()
            if _LEVELS.get(str(held.get(name, "none")), 0) < _LEVELS[level]
        }
    return {} if held == "write-all" else wanted


def _guesses(
    failure: Failure,
    scene: Scene,
    text: JobText | None,
    known: Mapping[str, Mapping[str, list[str]]],
) -> Iterator[list[str]]:
    """Yield what is needed as far as each sign tells, the surest sign first."""
    whole = "\n".join((*said(failure), *scene.output.splitlines()[-60:]))
    if _OIDC.search(whole):
        yield ["id-token: write"]
    if _PACKAGE.search(whole):
        yield ["packages: write"]
    if _PUSH.search(whole):
        yield ["contents: write"]
    if _APPROVE.search(whole):
        yield ["pull-requests: write", "contents: write"]
    for pattern in (_PAGE, _ADDRESS):
        for match in pattern.finditer(whole):
            yield known["endpoints"].get(match["of"] or "", [])
            yield known["endpoints"].get(match["what"], [])
    uses = (str(text.step.get("uses", "")) if text else "", failure.step or "", scene.script)
    for one in uses:
        yield known["actions"].get(action_of(one.removeprefix("Run ")), [])
    script = script_of(failure, scene)
    for command in sorted(known["commands"], key=len, reverse=True):
        if re.search(rf"(?<![\w-]){re.escape(command)}(?![\w-])", script):
            yield known["commands"][command]


def snippet(wanted: Mapping[str, str], text: JobText | None) -> str:
    """Return the YAML that gives the job ``wanted``: what it has already, and nothing more.

    Naming one permission takes all others away, so what a checkout reads is named too.
    """
    held = text.permissions if text else None
    known = {str(k): str(v) for k, v in held.items()} if isinstance(held, Mapping) else {}
    entries = {"contents": "read", **known, **wanted}
    lines = [f"      {name}: {level}" for name, level in entries.items()]
    return "\n".join(["jobs:", f"  {name_of(text)}:", "    permissions:", *lines])


def _advice(text: str, change: str = "") -> Advice:
    return Advice(text, ID, Severity.HIGH, change)


@cache
def _known() -> Mapping[str, Mapping[str, list[str]]]:
    data = files("regreen.fixers.surroundings").joinpath("data/permissions.toml")
    return tomllib.loads(data.read_text(encoding="utf-8"))
