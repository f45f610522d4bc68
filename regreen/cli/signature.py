"""Commands that take their options as one object, so that several commands can share them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import wraps
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Options = TypeVar("Options", bound=DataclassInstance)


def taking(options: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Make a command of a function of one ``options`` object.

    Each field is an option: its annotation says which, as in the signature of any command, its
    default what it is when it is not given; without one it is required. The order of the fields is
    that of the help.
    """
    hints = get_type_hints(options, include_extras=True)
    parameters = [
        Parameter(
            f.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if f.default is MISSING else f.default,
            annotation=hints[f.name],
        )
        for f in fields(options)
    ]

    def command(work: Callable[[Options], None]) -> Callable[..., None]:
        @wraps(work)
        def called(**given: Any) -> None:
            work(options(**given))

        called.__dict__["__signature__"] = Signature(parameters)
        called.__annotations__ = {p.name: p.annotation for p in parameters}
        return called

    return command
