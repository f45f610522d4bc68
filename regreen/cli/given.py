"""From a command's options to what a run is told: event, inputs, variables, secrets, results."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from regreen.cli.options import Selectors
from regreen.errors import UsageError

if TYPE_CHECKING:
    from regreen.jobs.expressions import Value
    from regreen.jobs.given import Given

_LARGEST = 25 << 20
"""Bytes of the largest payload that GitHub sends, as its documentation of webhooks has it."""
_SHORTEST = 4
"""Characters of a secret that can be hidden without blotting out ordinary words."""


def given(options: Selectors) -> Given:
    """Return what ``options`` tell of the run. Raises UsageError for what is not written right."""
    from regreen.jobs.given import Given, assumptions

    return Given(
        event=options.event,
        payload=payload(options.event_file),
        inputs=_pairs("--input", options.input),
        variables=_pairs("--var", options.var),
        secrets=secrets(options.secret),
        assumed=assumptions(tuple(options.assume or ())),
        allowed=tuple(options.allow_action or ()),
    )


def _pairs(option: str, texts: list[str] | None) -> dict[str, str]:
    for text in texts or ():
        if not text.partition("=")[1] or text.startswith("="):
            raise UsageError(
                f"{option} takes NAME=VALUE, not {text!r}", f"write for example {option} name=value"
            )
    return dict(text.split("=", 1) for text in texts or ())


def secrets(texts: list[str] | None) -> dict[str, str]:
    """Return what ``--secret`` gives. Raises UsageError for one without a value."""
    return dict(_secret(text) for text in texts or ())


def _secret(text: str) -> tuple[str, str]:
    """Return a secret's name and value: as written, from the environment, or asked for."""
    name, equals, value = text.partition("=")
    if not name:
        raise UsageError("--secret takes NAME or NAME=VALUE", "write for example --secret TOKEN")
    if not equals:
        found = os.environ.get(name)
        if found is None and sys.stdin.isatty():
            found = str(typer.prompt(f"{name}", hide_input=True, err=True))
        if found is None:
            raise UsageError(
                f"the secret {name} has no value: there is no variable {name} to take it from",
                f"set it in the environment: {name}=… regreen …",
            )
        value = found
    if len(value.strip()) < _SHORTEST:
        raise UsageError(
            f"the secret {name} has fewer than {_SHORTEST} characters, which cannot be hidden "
            "inside ordinary words",
            "give a longer value, or none",
        )
    return name.upper(), value


def payload(path: Path | None) -> Mapping[str, Value]:
    """Return the JSON object in a file, nothing without one. Raises UsageError for what is none."""
    if path is None:
        return {}
    again = "name a file with one JSON object with --event-file FILE"
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"cannot read the event {path}: {error.strerror or error}", again
        ) from error
    if len(data) > _LARGEST:
        raise UsageError(f"the event {path} is larger than 25 MiB", again)
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"the event {path} is no JSON: {error.msg} ({where})", again) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise UsageError(f"the event {path} is no JSON text", again) from error
    if not isinstance(found, dict):
        raise UsageError(f"the event {path} holds no JSON object", again)
    return {str(name): _as_value(value) for name, value in found.items()}


def _as_value(value: object) -> Value:
    """Return JSON as expressions see it: every number is a float."""
    match value:
        case dict():
            return {str(name): _as_value(item) for name, item in value.items()}
        case list():
            return [_as_value(item) for item in value]
        case bool() | str() | None:
            return value
        case int() | float():
            return float(value)
        case _:
            return str(value)
