"""The rules of a workflow file, after GitHub's documentation of the workflow syntax and of which
contexts are available where."""

from __future__ import annotations

import re

from regreen.jobs.expressions import Function, Status, hash_files_function, status_functions
from regreen.jobs.schema import Fields, Scope, Shape, Text

_HASH_FILES = hash_files_function(lambda _patterns: "")
_STATUS = status_functions(Status.SUCCESS)
_JOB_STATUS = {
    **_STATUS,
    **{
        name: Function(0, None, _STATUS[name].call)
        for name in ("success", "failure")
    },
}  # fmt: skip


def _scope(names: str, functions: dict[str, Function] | None = None) -> Scope:
    return Scope(frozenset(names.split()), functions or {})


_ROOT = _scope("github inputs vars")
_ROOT_ENV = _scope("github inputs vars secrets")
_PLAN = _scope("github needs vars inputs")
_JOB = _scope("github needs strategy matrix vars inputs")
_JOB_SECRETS = _scope("github needs strategy matrix vars inputs secrets")
_JOB_ENV = _scope("github needs strategy matrix vars inputs env")
_RUNTIME = _scope("github needs strategy matrix vars inputs secrets env job runner")
_STEP = _scope("github needs strategy matrix vars inputs secrets env job runner steps", _HASH_FILES)
_STEP_IF = _scope(
    "github needs strategy matrix vars inputs env job runner steps", {**_HASH_FILES, **_STATUS}
)
_JOB_IF = _scope("github needs vars inputs", _JOB_STATUS)
_OUTPUT = _scope("github jobs vars inputs")

_BOOLEAN = frozenset({"Boolean"})
_NUMBER = frozenset({"Number"})


def _text(scope: Scope | None = None, *, empty: bool = True) -> Shape:
    return Shape(text=Text(scope=scope, empty=empty))


def _flag(scope: Scope | None = None) -> Shape:
    return Shape(text=Text(kinds=_BOOLEAN, scope=scope))


def _number(scope: Scope | None = None) -> Shape:
    return Shape(text=Text(kinds=_NUMBER, scope=scope))


def _texts(scope: Scope | None = None) -> Shape:
    item = Text(scope=scope)
    return Shape(text=item, items=Shape(text=item), scope=scope)


def _map(
    known: dict[str, Shape], required: tuple[str, ...] = (), scope: Scope | None = None
) -> Shape:
    return Shape(mappings=(Fields(known, required),), scope=scope)


def _strings(scope: Scope | None = None) -> Shape:
    """A mapping of any keys to text; nothing at all is an empty one."""
    return Shape(
        text=Text(kinds=frozenset({"Null"})),
        mappings=(Fields(other=_text(scope)),),
        scope=scope,
    )


ANYTHING = Shape(anything=True, scope=_STEP)


def _maybe(shape: Shape) -> Shape:
    """``shape``, or nothing."""
    return Shape(
        text=shape.text or Text(kinds=frozenset({"Null"})),
        items=shape.items,
        mappings=shape.mappings,
        scope=shape.scope,
    )


_FILTER = _texts()
_FILTERS = _maybe(
    _map(
        {
            name: _FILTER
            for name in (
                "branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore",
                "types", "workflows", "names", "versions",
            )
        }
    )
)  # fmt: skip
_INPUT = _map(
    {
        "description": _text(),
        "type": Shape(text=Text(only=frozenset({"boolean", "number", "string"}))),
        "required": _flag(),
        "default": Shape(text=Text(scope=_scope("github inputs vars"))),
    },
    ("type",),
)
_CALL = _maybe(
    _map(
        {
            "inputs": _maybe(Shape(mappings=(Fields(other=_INPUT),))),
            "outputs": _maybe(
                Shape(
                    mappings=(
                        Fields(
                            other=_map(
                                {"description": _text(), "value": _text(_OUTPUT)}, ("value",)
                            )
                        ),
                    )
                )
            ),
            "secrets": _maybe(
                Shape(
                    mappings=(
                        Fields(other=_maybe(_map({"description": _text(), "required": _flag()}))),
                    )
                )
            ),
        }
    )
)
_SCHEDULE = Shape(
    items=_map({"cron": _text(), "timezone": _text()}, ("cron",)),
    no_items="Unexpected value ''",
)
_EVENT_NAMES = frozenset(
    """branch_protection_rule check_run check_suite create delete deployment deployment_status
    discussion discussion_comment fork gollum image_version issue_comment issues label merge_group
    milestone page_build project project_card project_column public pull_request
    pull_request_comment pull_request_review pull_request_review_comment pull_request_target push
    registry_package release repository_dispatch schedule status watch workflow_call
    workflow_dispatch workflow_run""".split()
)
_EVENT = Shape(text=Text(kinds=frozenset({"String"}), only=_EVENT_NAMES))
_EVENTS: dict[str, Shape] = {
    **dict.fromkeys(sorted(_EVENT_NAMES), _FILTERS),
    "schedule": _SCHEDULE,
    "workflow_dispatch": Shape(anything=True),
    "workflow_call": _CALL,
}
_ON = Shape(
    text=_EVENT.text, items=_EVENT, mappings=(Fields(_EVENTS, empty=False),), no_items="Unexpected value ''"
)  # fmt: skip

_PERMISSION = Shape(text=Text(only=frozenset({"read", "write", "none"})))
_PERMISSIONS = Shape(
    text=Text(kinds=frozenset({"String", "Null"}), only=frozenset({"read-all", "write-all", ""})),
    mappings=(Fields(other=_PERMISSION),),
)


def _concurrency(scope: Scope) -> Shape:
    fields = {"group": _text(scope, empty=False), "cancel-in-progress": _flag(scope)}
    return Shape(
        text=Text(scope=scope, empty=False),
        mappings=(Fields({**fields, "queue": _text(scope)}, ("group",)),),
        scope=scope,
    )


def _defaults(scope: Scope | None) -> Shape:
    run = {"shell": _text(scope, empty=False), "working-directory": _text(scope, empty=False)}
    return _maybe(_map({"run": _maybe(_map(run))}))


_CREDENTIALS = _map({"username": _text(_RUNTIME), "password": _text(_RUNTIME)})
_CONTAINER_FIELDS: dict[str, Shape] = {
    "image": _text(_JOB_ENV),
    "options": _text(_JOB_ENV),
    "env": _strings(_RUNTIME),
    "ports": Shape(items=_text(_JOB_ENV), scope=_JOB_ENV),
    "volumes": Shape(items=_text(_JOB_ENV), scope=_JOB_ENV),
    "credentials": _CREDENTIALS,
}
_CONTAINER = Shape(text=Text(scope=_JOB_ENV), mappings=(Fields(_CONTAINER_FIELDS),), scope=_JOB_ENV)
_SERVICE = Shape(
    text=Text(scope=_JOB_ENV),
    mappings=(
        Fields({**_CONTAINER_FIELDS, "command": _text(_JOB_ENV), "entrypoint": _text(_JOB_ENV)}),
    ),
    scope=_JOB_ENV,
)

_STEP_COMMON: dict[str, Shape] = {
    "name": _text(_STEP),
    "id": _text(empty=False),
    "if": Shape(text=Text(scope=_STEP_IF, condition=True)),
    "continue-on-error": _flag(_STEP),
    "timeout-minutes": _number(_STEP),
    "env": _strings(_STEP),
}
_RUN_STEP = Fields(
    {
        **_STEP_COMMON,
        "run": _text(_STEP),
        "shell": _text(_STEP, empty=False),
        "working-directory": _text(_STEP),
    },
    ("run",),
)
_USES_STEP = Fields(
    {**_STEP_COMMON, "uses": _text(empty=False), "with": _strings(_STEP)}, ("uses",)
)
_STEPS = Shape(items=Shape(mappings=(_RUN_STEP, _USES_STEP)))

_MATRIX = Shape(
    mappings=(
        Fields(
            {
                "include": Shape(
                    items=Shape(mappings=(Fields(other=ANYTHING),), scope=_PLAN), scope=_PLAN
                ),
                "exclude": Shape(
                    items=Shape(mappings=(Fields(other=ANYTHING),), scope=_PLAN), scope=_PLAN
                ),
            },
            other=Shape(items=ANYTHING, scope=_PLAN),
        ),
    ),
    scope=_PLAN,
)
_STRATEGY = _map(
    {"matrix": _MATRIX, "fail-fast": _flag(_PLAN), "max-parallel": _number(_PLAN)}, scope=_PLAN
)
_ENVIRONMENT = Shape(
    text=Text(scope=_JOB),
    mappings=(
        Fields({"name": _text(_JOB), "url": _text(_STEP), "deployment": _flag(_JOB)}, ("name",)),
    ),
    scope=_JOB,
)
_RUNS_ON = Shape(
    text=Text(scope=_JOB, empty=False),
    items=_text(_JOB, empty=False),
    mappings=(Fields({"group": _text(_JOB), "labels": _texts(_JOB)}),),
    scope=_JOB,
)
_JOB_COMMON: dict[str, Shape] = {
    "name": _text(_JOB),
    "needs": Shape(text=Text(empty=False), items=_text(empty=False)),
    "if": Shape(text=Text(scope=_JOB_IF, condition=True)),
    "permissions": _PERMISSIONS,
    "concurrency": _concurrency(_JOB),
    "strategy": _STRATEGY,
}
_ORDINARY_JOB = Fields(
    {
        **_JOB_COMMON,
        "runs-on": _RUNS_ON,
        "environment": _ENVIRONMENT,
        "outputs": _strings(_STEP),
        "env": _strings(_JOB_SECRETS),
        "defaults": _defaults(_JOB_ENV),
        "steps": _STEPS,
        "timeout-minutes": _number(_JOB),
        "continue-on-error": _flag(_JOB),
        "cancel-timeout-minutes": _number(_JOB),
        "container": _CONTAINER,
        "services": Shape(mappings=(Fields(other=_SERVICE),), scope=_JOB_ENV),
        "snapshot": Shape(anything=True, scope=_JOB),
    },
    ("runs-on",),
)
_CALLING_JOB = Fields(
    {
        **_JOB_COMMON,
        "uses": _text(empty=False),
        "with": Shape(
            text=Text(kinds=frozenset({"Null"})),
            mappings=(Fields(other=Shape(text=Text(scope=_JOB))),),
            scope=_JOB,
        ),
        "secrets": Shape(
            text=Text(kinds=frozenset({"String"}), only=frozenset({"inherit"})),
            mappings=(Fields(other=_text(_JOB_SECRETS)),),
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
                "on": _ON,
                "name": _text(),
                "description": _text(),
                "run-name": _text(_ROOT),
                "defaults": _defaults(None),
                "env": _strings(_ROOT_ENV),
                "permissions": _PERMISSIONS,
                "concurrency": _concurrency(_ROOT),
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
