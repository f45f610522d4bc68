"""Settings that are written in Python: ``setup.py``, ``noxfile.py``, Sphinx's ``conf.py``."""

from __future__ import annotations

import ast
from typing import Any

from regreen.verify.guard import requirements
from regreen.verify.guard.loosening import loosened

_SPHINX = frozenset(
    [
        "nitpicky",
        "nitpick_ignore",
        "nitpick_ignore_regex",
        "suppress_warnings",
        "linkcheck_ignore",
        "exclude_patterns",
        "collect_ignore",
        "collect_ignore_glob",
    ]
)


def of_program(path: str, old: ast.Module, new: ast.Module) -> list[str]:
    """Return what settings written in Python, ``setup.py`` or Sphinx's ``conf.py``, say less."""
    name = path.rpartition("/")[2]
    if name in {"setup.py", "noxfile.py"}:
        needs = [
            requirements.from_lines(
                str(n.value) for n in ast.walk(t) if isinstance(n, ast.Constant)
            )
            for t in (old, new)
        ]
        return requirements.fewer(needs[0], needs[1], path)
    if name != "conf.py":
        return []
    first, second = (_assigned(tree) for tree in (old, new))
    return [
        f"it loosens {key}: {path}"
        for key in sorted(_SPHINX & (first.keys() | second.keys()))
        if first.get(key) != second.get(key) and loosened(key, first.get(key), second.get(key))
    ]


def _assigned(tree: ast.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, TypeError, RecursionError, MemoryError):
                found[node.targets[0].id] = ast.dump(node.value)
    return found
