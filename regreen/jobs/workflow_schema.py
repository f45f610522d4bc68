"""The rules of a workflow file.

Source: GitHub's workflow syntax, and its reference of which contexts are available where.
"""

from __future__ import annotations

import re

from regreen.jobs.event_schema import ON
from regreen.jobs.schema import Fields, Scope, Shape, Text
from regreen.jobs.schema_parts import (
    ANYTHING,
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
    flag,
    mapping,
    maybe,
    number,
    strings,
    text,
    texts,
)

_PERMISSION = Shape(text=Text(only=frozenset({"read", "write", "none"})))
_PERMISSIONS = Shape(
    text=Text(kinds=frozenset({"String", "Null"}), only=frozenset({"read-all", "write-all", ""})),
    mappings=(Fields(other=_PERMISSION),),
)


def _concurrency(scope: Scope) -> Shape:
    fields = {"group": text(scope, empty=False), "cancel-in-progress": flag(scope)}
    return Shape(
        text=Text(scope=scope, empty=False),
        mappings=(Fields({**fields, "queue": text(scope)}, ("group",)),),
        scope=scope,
    )


def _defaults(scope: Scope | None) -> Shape:
    run = {"shell": text(scope, empty=False), "working-directory": text(scope, empty=False)}
    return maybe(mapping({"run": maybe(mapping(run))}))


_CREDENTIALS = mapping({"username": text(RUNTIME), "password": text(RUNTIME)})
_CONTAINER_FIELDS: dict[str, Shape] = {
    "image": text(JOB_ENV),
    "options": text(JOB_ENV),
    "env": strings(RUNTIME),
    "ports": Shape(items=text(JOB_ENV), scope=JOB_ENV),
    "volumes": Shape(items=text(JOB_ENV), scope=JOB_ENV),
    "credentials": _CREDENTIALS,
}
_CONTAINER = Shape(text=Text(scope=JOB_ENV), mappings=(Fields(_CONTAINER_FIELDS),), scope=JOB_ENV)
_SERVICE = Shape(
    text=Text(scope=JOB_ENV),
    mappings=(
        Fields({**_CONTAINER_FIELDS, "command": text(JOB_ENV), "entrypoint": text(JOB_ENV)}),
    ),
    scope=JOB_ENV,
)

_STEP_COMMON: dict[str, Shape] = {
    "name": text(STEP),
    "id": text(empty=False),
    "if": Shape(text=Text(scope=STEP_IF, condition=True)),
    "continue-on-error": flag(STEP),
    "timeout-minutes": number(STEP),
    "env": strings(STEP),
}
_RUN_STEP = Fields(
    {
        **_STEP_COMMON,
        "run": text(STEP),
        "shell": text(STEP, empty=False),
        "working-directory": text(STEP),
    },
    ("run",),
)
_USES_STEP = Fields({**_STEP_COMMON, "uses": text(empty=False), "with": strings(STEP)}, ("uses",))
_STEPS = Shape(items=Shape(mappings=(_RUN_STEP, _USES_STEP)))

_MATRIX = Shape(
    mappings=(
        Fields(
            {
                "include": Shape(
                    items=Shape(mappings=(Fields(other=ANYTHING),), scope=PLAN), scope=PLAN
                ),
                "exclude": Shape(
                    items=Shape(mappings=(Fields(other=ANYTHING),), scope=PLAN), scope=PLAN
                ),
            },
            other=Shape(items=ANYTHING, scope=PLAN),
        ),
    ),
    scope=PLAN,
)
_STRATEGY = mapping(
    {"matrix": _MATRIX, "fail-fast": flag(PLAN), "max-parallel": number(PLAN)}, scope=PLAN
)
_ENVIRONMENT = Shape(
    text=Text(scope=JOB),
    mappings=(Fields({"name": text(JOB), "url": text(STEP), "deployment": flag(JOB)}, ("name",)),),
    scope=JOB,
)
_RUNS_ON = Shape(
    text=Text(scope=JOB, empty=False),
    items=text(JOB, empty=False),
    mappings=(Fields({"group": text(JOB), "labels": texts(JOB)}),),
    scope=JOB,
)
_JOB_COMMON: dict[str, Shape] = {
    "name": text(JOB),
    "needs": Shape(text=Text(empty=False), items=text(empty=False)),
    "if": Shape(text=Text(scope=JOB_IF, condition=True)),
    "permissions": _PERMISSIONS,
    "concurrency": _concurrency(JOB),
    "strategy": _STRATEGY,
}
_ORDINARY_JOB = Fields(
    {
        **_JOB_COMMON,
        "runs-on": _RUNS_ON,
        "environment": _ENVIRONMENT,
        "outputs": strings(STEP),
        "env": strings(JOB_SECRETS),
        "defaults": _defaults(JOB_ENV),
        "steps": _STEPS,
        "timeout-minutes": number(JOB),
        "continue-on-error": flag(JOB),
        "cancel-timeout-minutes": number(JOB),
        "container": _CONTAINER,
        "services": Shape(mappings=(Fields(other=_SERVICE),), scope=JOB_ENV),
        "snapshot": Shape(anything=True, scope=JOB),
    },
    ("runs-on",),
)
_CALLING_JOB = Fields(
    {
        **_JOB_COMMON,
        "uses": text(empty=False),
        "with": Shape(
            text=Text(kinds=frozenset({"Null"})),
            mappings=(Fields(other=Shape(text=Text(scope=JOB))),),
            scope=JOB,
        ),
        "secrets": Shape(
            text=Text(kinds=frozenset({"String"}), only=frozenset({"inherit"})),
            mappings=(Fields(other=text(JOB_SECRETS)),),
        ),
    },
    ("uses",),
)

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def bad_id(name: str) -> str | None:
    """Return why ``name`` cannot be the id of a job or step, or ``None``."""
    if _ID.fullmatch(name) and not name.startswith("__") and len(name) <= 100:
        return None
    return (
        f"The identifier '{name}' is invalid. IDs may only contain alphanumeric characters, '_', "
        "and '-'. IDs must start with a letter or '_' and and must be less than 100 characters."
    )


WORKFLOW = Shape(
    mappings=(
        Fields(
            {
                "on": ON,
                "name": text(),
                "description": text(),
                "run-name": text(ROOT),
                "defaults": _defaults(None),
                "env": strings(ROOT_ENV),
                "permissions": _PERMISSIONS,
                "concurrency": _concurrency(ROOT),
                "jobs": Shape(
                    mappings=(
                        Fields(
                            other=Shape(mappings=(_ORDINARY_JOB, _CALLING_JOB)),
                            other_key=bad_id,
                            empty=False,
                        ),
                    )
                ),
            },
            ("on", "jobs"),
        ),
    )
)
