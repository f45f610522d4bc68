"""Putting a pipeline's definition together: deep merges, ``extends`` and ``!reference``.

Source: https://docs.gitlab.com/ci/yaml/yaml_optimization/. Mappings are merged key by key, anything
else is replaced; ``extends`` comes first, then ``!reference``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from regreen.errors import WorkflowError
from regreen.jobs.gitlab.tree import MAX_VALUES, Listing, Node, Place, Reference, Scalar, Table

_DEEPEST_EXTENDS = 11
_DEEPEST_REFERENCE = 10


class Lacking(Exception):
    """A name is not defined in the files that were read; ``what`` says which, ``place`` where."""

    def __init__(self, what: str, place: Place) -> None:
        super().__init__(what)
        self.what = what
        self.place = place

    def error(self) -> WorkflowError:
        """Return it as GitLab's error, for a pipeline that has no other files."""
        return self.place.error(self.what)


def merged(base: Table, over: Table) -> Table:
    """Return ``base`` with ``over`` merged into it, mapping by mapping."""
    entries = dict(base.entries)
    for key, value in over.entries.items():
        known = entries.get(key)
        both = isinstance(known, Table) and isinstance(value, Table)
        entries[key] = merged(known, value) if both else value  # type: ignore[arg-type]
    weight = 1 + sum(1 + one.weight for one in entries.values())
    if weight > MAX_VALUES:
        raise over.place.error("The parsed YAML is too big")
    return Table(entries, over.place, {**base.keys, **over.keys}, weight)


@dataclass(slots=True)
class Extender:
    """Resolves ``extends`` in ``entries``, each entry once."""

    entries: Mapping[str, Node]
    done: dict[str, Table] = field(default_factory=dict)

    def of(self, name: str, above: tuple[str, ...] = ()) -> Table:
        """Return the entry ``name``, which is a mapping, with all it extends merged in.

        Raises Lacking where it extends what is not there, WorkflowError where GitLab refuses.
        """
        if name in self.done:
            return self.done[name]
        own = self.entries[name]
        assert isinstance(own, Table)
        bases = _bases(own, name)
        place = own.at("extends")
        if unknown := [base for base in bases if base not in self.entries]:
            raise Lacking(f"{name}: unknown keys in `extends` ({', '.join(unknown)})", place)
        if wrong := [base for base in bases if not isinstance(self.entries[base], Table)]:
            raise place.error(f"{name}: invalid base hashes in `extends` ({', '.join(wrong)})")
        if name in above:
            raise place.error(f"{name}: circular dependency detected in `extends`")
        if bases and len(above) >= _DEEPEST_EXTENDS:
            raise place.error(f"{name}: nesting too deep in `extends`")
        found = own
        if bases:
            whole = self.of(bases[0], (*above, name))
            for base in bases[1:]:
                whole = merged(whole, self.of(base, (*above, name)))
            found = merged(whole, own)
        self.done[name] = found
        return found


def _bases(entry: Table, name: str) -> list[str]:
    value = entry.get("extends")
    items = value.items if isinstance(value, Listing) else (value,) if value is not None else ()
    names = [item.value for item in items if isinstance(item, Scalar)]
    words = [one for one in names if isinstance(one, str)]
    if len(words) != len(items):
        reason = "extends should be an array of strings or a string"
        raise entry.at("extends").error(f"jobs:{name} {reason}")
    return words


def resolved(node: Node, root: Table, above: tuple[Reference, ...] = ()) -> Node:
    """Return ``node`` with every ``!reference`` in it replaced by what it means in ``root``.

    Raises Lacking where that is not there, WorkflowError for a reference within itself.
    """
    match node:
        case Reference():
            return _followed(node, root, above)
        case Listing():
            items = tuple(resolved(item, root, above) for item in node.items)
            return replace(node, items=items, weight=1 + sum(item.weight for item in items))
        case Table():
            entries = {key: resolved(value, root, above) for key, value in node.entries.items()}
            weight = 1 + sum(1 + one.weight for one in entries.values())
            return replace(node, entries=entries, weight=weight)
        case Scalar():
            return node


def _followed(reference: Reference, root: Table, above: tuple[Reference, ...]) -> Node:
    place = reference.place
    if any(one.path == reference.path for one in above):
        raise place.error(f"{reference} is part of a circular chain")
    if len(above) >= _DEEPEST_REFERENCE:
        raise place.error(f"{reference} is nested more than {_DEEPEST_REFERENCE} levels deep")
    found: Node | None = root
    for name in reference.path:
        if isinstance(found, Reference):
            found = _followed(found, root, (*above, reference))
        found = found.get(name) if isinstance(found, Table) else None
    if found is None or (isinstance(found, Scalar) and found.value is None):
        raise Lacking(f"{reference} could not be found", place)
    value = resolved(found, root, (*above, reference))
    if value.weight > MAX_VALUES:
        raise place.error("The parsed YAML is too big")
    return value
