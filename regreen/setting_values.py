"""What a setting may hold: its kind, its bounds, and what is said of a value that does not fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from regreen.durations import seconds
from regreen.errors import UsageError

if TYPE_CHECKING:
    from regreen_sandbox.images import Source

SOURCES: tuple[Source, ...] = ("auto", "registry", "bootstrap")
NETWORKS = ("auto", "on", "packages", "off")
INDEXES = ("as-of", "today")

KINDS: Mapping[str, type] = {
    "image_source": str,
    "registry": str,
    "suite": str,
    "image": str,
    "network": str,
    "hosts": tuple,
    "index": str,
    "extra_indexes": tuple,
    "sudo": bool,
    "runtime": str,
    "memory_gib": float,
    "cpus": float,
    "pids": int,
    "disk_gib": float,
    "jobs": int,
    "verify_limit": str,
    "cache": str,
    "cache_gib": float,
    "mask": tuple,
    "history": bool,
    "actions_first": bool,
}
"""The settings of one value, or of a list of texts."""
TABLES = ("rules", "categories", "runners", "actions")
_LISTS = ("rules", "actions")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "image_source": SOURCES,
    "network": NETWORKS,
    "index": INDEXES,
}
_NUMBERS = {int: "whole number", float: "number", str: "text"}
_RANGES = {"memory_gib": (0.0625, 1 << 20), "cpus": (0.01, 1 << 14), "pids": (8, 1 << 22)}
"""What an engine takes: for the processes the kernel's own bound (proc(5), pid_max)."""
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def typed(name: str, value: Any) -> Any:
    """Return a setting's value in its own kind. Raises UsageError naming the setting at fault."""
    if name in TABLES:
        return tables(name, value)
    kind = KINDS[name]
    if kind is tuple:
        return _values(name, value)
    if kind is bool:
        return _truth(name, value)
    try:
        made = kind(value)
        if kind is float and not math.isfinite(made):
            raise ValueError(made)
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(
            f"setting {name} is {value!r}, and no {_NUMBERS[kind]}", _where(name)
        ) from error
    if name == "verify_limit":
        seconds(made)
    if name in _CHOICES and made not in _CHOICES[name]:
        raise UsageError(f"{name} is {made!r}", f"use one of: {', '.join(_CHOICES[name])}")
    if kind is not str and made <= 0:
        raise UsageError(f"setting {name} must be above 0, not {value!r}", _where(name))
    least, most = _RANGES.get(name, (made, made))
    if not least <= made <= most:
        words = f"setting {name} must be from {least:g} to {most:g}, not {value!r}"
        raise UsageError(words, _where(name))
    return made


def _where(name: str) -> str:
    return f"correct {name} where it is set: REGREEN_{name.upper()}, an option or a file"


def _values(name: str, value: Any) -> tuple[str, ...]:
    """A list of texts; of a variable, its lines (and, for names and addresses, its words)."""
    if isinstance(value, str):
        words = name in ("hosts", "extra_indexes")
        value = value.replace(",", " ").split() if words else value.splitlines()
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        example = '["env:NAME"]' if name == "mask" else '["files.example.org"]'
        raise UsageError(f"setting {name} is no list of texts", f"write {name} = {example}")
    return tuple(value)


def _truth(name: str, value: Any) -> bool:
    known = value if isinstance(value, bool) else _WORDS.get(str(value).lower())
    if known is None:
        raise UsageError(f"setting {name} is {value!r}", f"write {name} = true, or false")
    return known


def tables(name: str, value: Any) -> Any:
    """Return a setting that holds tables. Raises UsageError for what is none."""
    if name in _LISTS and isinstance(value, list) and all(isinstance(v, dict) for v in value):
        return tuple(value)
    if name == "categories" and isinstance(value, dict):
        return value
    if name == "runners" and isinstance(value, dict):
        return _runners(value)
    heads = {"runners": "[tool.regreen.runners]", "categories": "[tool.regreen.categories.NAME]"}
    head = heads.get(name, f"[[tool.regreen.{name}]]")
    raise UsageError(f"setting {name} is not understood", f"write tables: {head}")


def _runners(value: Mapping[str, Any]) -> dict[str, str]:
    for label, meant in value.items():
        if not isinstance(meant, str) or not meant.strip() or not label.strip():
            words = f"runners: {label!r} is to mean {meant!r}, which is no label and no image"
            raise UsageError(words, f'write "{label}" = "ubuntu-24.04"')
    return {label.strip().lower(): meant.strip() for label, meant in value.items()}
