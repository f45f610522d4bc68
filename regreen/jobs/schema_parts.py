"""The building blocks of the workflow schema: which contexts are available where, and small rules.

Source of the scopes: GitHub's "Contexts reference", context availability.
"""

from __future__ import annotations

from dataclasses import replace

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
CREDENTIALS = scope("github vars inputs secrets env")
RUNTIME = scope("github needs strategy matrix vars inputs secrets env job runner steps")
URL = scope("github needs strategy matrix vars inputs env job runner steps")
STEP = scope("github needs strategy matrix vars inputs secrets env job runner steps", _HASH_FILES)
STEP_IF = scope(
    "github needs strategy matrix vars inputs env job runner steps", {**_HASH_FILES, **_STATUS}
)
JOB_IF = scope("github needs vars inputs", _JOB_STATUS)
OUTPUT = scope("github jobs vars inputs")

_NULL = frozenset({"Null"})
_BOOLEAN = frozenset({"Boolean"})
_NUMBER = frozenset({"Number"})


def text(scope: Scope | None = None, *, empty: bool = True) -> Shape:
    """Return the rule of a scalar."""
    return Shape(text=Text(empty=empty), scope=scope)


def words(*allowed: str, scope: Scope | None = None) -> Shape:
    """Return the rule of a scalar that is one of the ``allowed`` texts."""
    return Shape(text=Text(only=frozenset(allowed)), scope=scope)


def flag(scope: Scope | None = None) -> Shape:
    """Return the rule of a boolean."""
    return Shape(text=Text(kinds=_BOOLEAN), scope=scope)


def number(scope: Scope | None = None) -> Shape:
    """Return the rule of a number."""
    return Shape(text=Text(kinds=_NUMBER), scope=scope)


def texts(scope: Scope | None = None) -> Shape:
    """Return the rule of a scalar or a list of them, none of them empty."""
    item = Shape(text=Text(empty=False))
    return Shape(text=item.text, items=item, scope=scope)


def mapping(
    known: dict[str, Shape], required: tuple[str, ...] = (), scope: Scope | None = None
) -> Shape:
    """Return the rule of a mapping with the keys ``known``."""
    return Shape(mappings=(Fields(known, required),), scope=scope)


def any_keys(rule: Shape, scope: Scope | None = None) -> Shape:
    """Return the rule of a mapping of any keys to ``rule``."""
    return Shape(mappings=(Fields(other=rule),), scope=scope)


def strings(scope: Scope | None = None) -> Shape:
    """Return the rule of a mapping of any keys to text."""
    return any_keys(text(), scope)


ANYTHING = Shape(anything=True)


def maybe(shape: Shape) -> Shape:
    """Return ``shape``, or nothing."""
    return replace(shape, text=shape.text or Text(kinds=_NULL))
