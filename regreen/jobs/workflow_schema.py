"""The rules of a workflow file.

Source: GitHub's workflow syntax, its reference of which contexts are available where, and the
schema that its runner and its editor extension publish.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from functools import cache

from regreen.jobs.event_schema import ON, RELAXED_ON, STRICT_ON
from regreen.jobs.schema import Fields, Shape, Text
from regreen.jobs.schema_parts import (
    ANYTHING,
    CREDENTIALS,
    JOB,
    JOB_ENV,
    JOB_IF,
    JOB_SECRETS,
    PLAN,
    ROOT,
    ROOT_ENV,
    RUNTIME,
    STEP,
    STEP_IF,
    URL,
    any_keys,
    flag,
    mapping,
    number,
    strings,
    text,
    texts,
    words,
)

PERMISSIONS = (
    "actions",
    "artifact-metadata",
    "attestations",
    "checks",
    "code-quality",
    "contents",
    "copilot-requests",
    "deployments",
    "discussions",
    "drives",
    "id-token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
    "vulnerability-alerts",
)
_LEVELS = words("read", "write", "none")
_PERMISSIONS = Shape(
    text=Text(only=frozenset({"read-all", "write-all"})),
    mappings=(
        Fields(
            {
                **dict.fromkeys(PERMISSIONS, _LEVELS),
                "copilot-requests": words("write", "none"),
                "id-token": words("write", "none"),
                "models": words("read", "none"),
                "vulnerability-alerts": words("read", "none"),
            }
        ),
    ),
)

_CONCURRENCY = Fields(
    {"group": text(empty=False), "cancel-in-progress": flag(), "queue": words("single", "max")},
    ("group",),
)
_SHELL = mapping({"shell": text(empty=False), "working-directory": text(empty=False)})
_DEFAULTS = mapping({"run": _SHELL})
_JOB_DEFAULTS = mapping({"run": Shape(mappings=_SHELL.mappings, scope=JOB_ENV)})

_LIST = Shape(items=text(empty=False))
_CONTAINER_FIELDS: dict[str, Shape] = {
    "image": text(),
    "options": text(),
    "env": any_keys(text(RUNTIME)),
    "ports": _LIST,
    "volumes": _LIST,
    "credentials": mapping(
        {"username": text(empty=False), "password": text(empty=False)}, scope=CREDENTIALS
    ),
}
_CONTAINER = Shape(text=Text(), mappings=(Fields(_CONTAINER_FIELDS),), scope=JOB)
_SERVICE = Shape(
    text=Text(),
    mappings=(Fields({**_CONTAINER_FIELDS, "command": text(), "entrypoint": text()}),),
)

_NAMING: dict[str, Shape] = {
    "name": text(STEP),
    "id": text(empty=False),
    "continue-on-error": flag(STEP),
}
_DOING: dict[str, Shape] = {
    **_NAMING,
    "if": text(STEP_IF),
    "timeout-minutes": number(STEP),
    "env": strings(STEP),
}


def _steps(background: bool) -> Shape:
    """Return the rule of ``steps``; those that run beside others only with ``background``."""
    off = replace(flag(), off=not background)
    run = {**_DOING, "run": text(STEP), "shell": text(empty=False)}
    uses = {**_DOING, "uses": text(empty=False), "with": strings(STEP), "background": off}
    kinds = [
        Fields({**run, "working-directory": text(STEP), "background": off}, ("run",)),
        Fields(uses, ("uses",)),
    ]
    waiting = {
        "wait": texts(),
        "wait-all": Shape(text=Text(kinds=frozenset({"Null", "Boolean"}))),
        "cancel": text(empty=False),
    }
    for name, rule in waiting.items():
        rule = replace(rule, off=not background, hidden=not background)
        kinds.append(Fields({**_NAMING, name: rule}, (name,)))
    inner = Shape(items=Shape(mappings=tuple(kinds)), off=not background)
    kinds.append(Fields({"parallel": inner}, ("parallel",)))
    return Shape(items=Shape(mappings=tuple(kinds)))


_ANY_MAPPINGS = Shape(items=any_keys(ANYTHING))
_MATRIX = Shape(
    mappings=(
        Fields(
            {"include": _ANY_MAPPINGS, "exclude": _ANY_MAPPINGS},
            other=Shape(items=ANYTHING),
        ),
    ),
)
_ENVIRONMENT = Shape(
    text=Text(),
    mappings=(Fields({"name": text(), "url": text(URL), "deployment": flag()}, ("name",)),),
    scope=JOB,
)
_RUNS_ON = Shape(
    text=Text(empty=False),
    items=text(empty=False),
    mappings=(Fields({"group": text(empty=False), "labels": texts()}),),
    scope=JOB,
)
_JOB_COMMON: dict[str, Shape] = {
    "name": text(JOB),
    "needs": texts(),
    "if": text(JOB_IF),
    "permissions": _PERMISSIONS,
    "concurrency": Shape(text=Text(empty=False), mappings=(_CONCURRENCY,), scope=JOB),
    "strategy": mapping(
        {"matrix": _MATRIX, "fail-fast": flag(), "max-parallel": number()}, scope=PLAN
    ),
}
_CALLING_JOB = Fields(
    {
        **_JOB_COMMON,
        "uses": text(empty=False),
        "with": any_keys(text(JOB)),
        "secrets": Shape(
            text=Text(only=frozenset({"inherit"})),
            mappings=(Fields(other=text(JOB_SECRETS)),),
        ),
    },
    ("uses",),
)


def _ordinary_job(background: bool) -> Fields:
    return Fields(
        {
            **_JOB_COMMON,
            "runs-on": _RUNS_ON,
            "environment": _ENVIRONMENT,
            "outputs": any_keys(text(RUNTIME)),
            "env": strings(JOB_SECRETS),
            "defaults": _JOB_DEFAULTS,
            "steps": _steps(background),
            "timeout-minutes": number(JOB),
            "continue-on-error": flag(JOB),
            "cancel-timeout-minutes": number(JOB),
            "container": _CONTAINER,
            "services": any_keys(_SERVICE, JOB),
            "snapshot": Shape(
                text=Text(empty=False),
                mappings=(
                    Fields(
                        {
                            "image-name": text(empty=False),
                            "if": text(STEP_IF),
                            "version": text(empty=False),
                        },
                        ("image-name",),
                    ),
                ),
                scope=JOB,
            ),
        },
        ("runs-on",),
    )


class Events(Enum):
    """How closely ``on`` is looked at: as GitHub, its reader of jobs, or its editor extension."""

    STARTING = ON
    RELAXED = RELAXED_ON
    STRICT = STRICT_ON


@cache
def workflow_rules(events: Events = Events.STARTING, *, background: bool = False) -> Shape:
    """Return the rules of a workflow file; ``background``: steps may run beside others."""
    jobs = Shape(mappings=(_ordinary_job(background), _CALLING_JOB))
    fields: dict[str, Shape] = {
        "on": events.value,
        "name": text(),
        "description": text(),
        "run-name": text(ROOT),
        "defaults": _DEFAULTS,
        "env": strings(ROOT_ENV),
        "permissions": _PERMISSIONS,
        "concurrency": Shape(text=Text(), mappings=(_CONCURRENCY,), scope=ROOT),
        "jobs": any_keys(jobs),
    }
    return mapping(fields, ("jobs",) if events is Events.RELAXED else ("on", "jobs"))
