"""The building blocks of the workflow schema: which contexts are available where, and small rules.

Source of the scopes: GitHub's "Contexts reference", context availability.
"""

from __future__ import annotations

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


def scope(names: str, functions: dict[str, Function] | None = None) -> Scope:
    """Return the scope of the contexts in ``names``, separated by spaces."""
    return Scope(frozenset(names.split()), functions or {})


ROOT = scope("github inputs vars")
ROOT_ENV = scope("github inputs vars secrets")
PLAN = scope("github needs vars inputs")
JOB = scope("github needs strategy matrix vars inputs")
JOB_SECRETS = scope("github needs strategy matrix vars inputs secrets")
JOB_ENV = scope("github needs strategy matrix vars inputs env")
RUNTIME = scope("github needs strategy matrix vars inputs secrets env job runner")
STEP = scope("github needs strategy matrix vars inputs secrets env job runner steps", _HASH_FILES)
STEP_IF = scope(
    "github needs strategy matrix vars inputs env job runner steps", {**_HASH_FILES, **_STATUS}
)
JOB_IF = scope("github needs vars inputs", _JOB_STATUS)
OUTPUT = scope("github jobs vars inputs")

_BOOLEAN = frozenset({"Boolean"})
_NUMBER = frozenset({"Number"})


def text(scope: Scope | None = None, *, empty: bool = True) -> Shape:
    """Return the rule of a scalar."""
    return Shape(text=Text(scope=scope, empty=empty))


def flag(scope: Scope | None = None) -> Shape:
    """Return the rule of a boolean."""
    return Shape(text=Text(kinds=_BOOLEAN, scope=scope))


def number(scope: Scope | None = None) -> Shape:
    """Return the rule of a number."""
    return Shape(text=Text(kinds=_NUMBER, scope=scope))


def texts(scope: Scope | None = None) -> Shape:
    """Return the rule of a scalar or a list of them."""
    item = Text(scope=scope)
    return Shape(text=item, items=Shape(text=item), scope=scope)


def mapping(
    known: dict[str, Shape], required: tuple[str, ...] = (), scope: Scope | None = None
) -> Shape:
    """Return the rule of a mapping with the keys ``known``."""
    return Shape(mappings=(Fields(known, required),), scope=scope)


def strings(scope: Scope | None = None) -> Shape:
    """Return the rule of a mapping of any keys to text; nothing at all is an empty one."""
    return Shape(
        text=Text(kinds=frozenset({"Null"})),
        mappings=(Fields(other=text(scope)),),
        scope=scope,
    )


ANYTHING = Shape(anything=True, scope=STEP)


def maybe(shape: Shape) -> Shape:
    """Return ``shape``, or nothing."""
    return Shape(
        text=shape.text or Text(kinds=frozenset({"Null"})),
        items=shape.items,
        mappings=shape.mappings,
        scope=shape.scope,
    )
