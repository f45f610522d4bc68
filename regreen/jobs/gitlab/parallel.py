"""The jobs that ``parallel`` makes of one, and what each of them is called.

Source: https://docs.gitlab.com/ci/yaml/#parallel: ``job 1/3`` for a number, ``job: [a, b]`` for
each combination of a matrix.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from regreen.jobs.gitlab.tree import Listing, Node, Scalar, Table

_MOST = 200


@dataclass(frozen=True, slots=True)
class Instance:
    """One of the jobs: ``number`` of ``total`` (``None`` when alone); ``values``: its matrix's."""

    name: str
    number: int | None = None
    total: int = 1
    values: Mapping[str, str] = field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        """Return the variables that tell it apart."""
        if self.number is None:
            return {}
        return {**self.values, "CI_NODE_INDEX": str(self.number), "CI_NODE_TOTAL": str(self.total)}


def instances(name: str, node: Node | None) -> tuple[Instance, ...]:
    """Return the jobs that the job ``name`` becomes. Raises WorkflowError."""
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return (Instance(name),)
    where = f"jobs:{name}:parallel"
    if isinstance(node, Scalar) and type(node.value) is int:
        return _counted(name, node, where)
    matrix = node.get("matrix") if isinstance(node, Table) else None
    if matrix is None:
        raise node.place.error(f"{where} config should be an integer or a hash")
    rows = matrix.items if isinstance(matrix, Listing) else ()
    if not rows or not all(isinstance(row, Table) and row.entries for row in rows):
        raise matrix.place.error(f"{where}:matrix config should be an array of hashes")
    found = [one for row in rows if isinstance(row, Table) for one in _row(row, where)]
    if len(found) > _MOST:
        raise matrix.place.error(
            f"{where}:matrix config generates too many jobs (maximum is {_MOST})"
        )
    return tuple(
        Instance(f"{name}: [{', '.join(values.values())}]", index, len(found), values)
        for index, values in enumerate(found, 1)
    )


def _counted(name: str, node: Scalar, where: str) -> tuple[Instance, ...]:
    total = node.value if isinstance(node.value, int) else 0
    if total < 1:
        raise node.place.error(f"{where} config must be greater than or equal to 1")
    if total > _MOST:
        raise node.place.error(f"{where} config must be less than or equal to {_MOST}")
    return tuple(Instance(f"{name} {one}/{total}", one, total) for one in range(1, total + 1))


def _row(row: Table, where: str) -> list[dict[str, str]]:
    choices = [_choices(value, f"{where}:matrix:{key}") for key, value in row.entries.items()]
    total = 1
    for choice in choices:
        total *= len(choice)
    if total > _MOST:
        raise row.place.error(f"{where}:matrix config generates too many jobs (maximum is {_MOST})")
    return [dict(zip(row.entries, one, strict=True)) for one in itertools.product(*choices)]


def _choices(node: Node, where: str) -> list[str]:
    items = node.items if isinstance(node, Listing) else (node,)
    texts = [item.text for item in items if isinstance(item, Scalar)]
    if not items or len(texts) != len(items):
        raise node.place.error(f"{where} config should be a string or an array of strings")
    return texts
