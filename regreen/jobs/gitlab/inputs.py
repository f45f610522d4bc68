"""``spec: inputs`` in a file's header, and ``$[[ inputs.name ]]`` in its text.

Source: https://docs.gitlab.com/ci/inputs/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from regreen.jobs.gitlab.tree import Listing, Node, Place, Reference, Scalar, Table

_INPUT = re.compile(r"\$\[\[\s*inputs\.([\w-]+)\s*((?:\|[^\]]*)?)\]\]")


def header(document: Node, given: Mapping[str, Node], place: Place) -> dict[str, Node]:
    """Return the values of the inputs that ``document`` declares: as ``given``, or their defaults.

    ``place`` is where they are given. Raises WorkflowError for one that has neither.
    """
    spec = document.get("spec") if isinstance(document, Table) else None
    declared = spec.get("inputs") if isinstance(spec, Table) else None
    if not isinstance(declared, Table):
        return {}
    if unknown := [name for name in given if name not in declared.entries]:
        raise place.error(f"unknown input arguments: {', '.join(unknown)}")
    found: dict[str, Node] = {}
    for name, about in declared.entries.items():
        default = about.get("default") if isinstance(about, Table) else None
        value = given.get(name, default)
        if value is None:
            raise place.error(f"`{name}` input: required value has not been provided")
        found[name] = value
    return found


def interpolated(node: Node, values: Mapping[str, Node]) -> Node:
    """Return ``node`` with the inputs' values filled in. Raises WorkflowError."""
    match node:
        case Scalar(value=str()):
            return _filled(node, values)
        case Listing():
            return replace(node, items=tuple(interpolated(item, values) for item in node.items))
        case Table():
            entries: dict[str, Node] = {}
            keys: dict[str, Place] = {}
            for key, value in node.entries.items():
                name = _text(key, values, node.at(key))
                entries[name] = interpolated(value, values)
                keys[name] = node.at(key)
            return replace(node, entries=entries, keys=keys)
        case Reference():
            path = tuple(_text(name, values, node.place) for name in node.path)
            return replace(node, path=path)
        case _:
            return node


def _filled(node: Scalar, values: Mapping[str, Node]) -> Node:
    whole = _INPUT.fullmatch(node.text)
    if whole is not None and whole[1] in values and not whole[2]:
        return values[whole[1]]
    return replace(node, value=_text(node.text, values, node.place))


def _text(text: str, values: Mapping[str, Node], place: Place) -> str:
    def fill(match: re.Match[str]) -> str:
        value = values.get(match[1])
        if value is None:
            raise place.error(f"unknown interpolation key: `inputs.{match[1]}`")
        if match[2].strip(" |"):
            raise place.error(f"interpolation function {match[2].strip(' |')!r} is not known here")
        return value.text if isinstance(value, Scalar) else ""

    return _INPUT.sub(fill, text)
