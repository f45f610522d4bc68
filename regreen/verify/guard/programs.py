"""Settings that are written in Python: ``setup.py``, ``noxfile.py``, Sphinx's ``conf.py``."""

from __future__ import annotations

import ast
import re
from typing import Any

from regreen.verify.guard import checkers, requirements
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
        reasons = requirements.fewer(needs[0], needs[1], path)
        return reasons + (_emptied(path, old, new) if name == "setup.py" else [])
    if name != "conf.py":
        return []
    first, second = (_assigned(tree) for tree in (old, new))
    return [
        f"it loosens {key}: {path}"
        for key in sorted(_SPHINX & (first.keys() | second.keys()))
        if first.get(key) != second.get(key) and loosened(key, first.get(key), second.get(key))
    ]


def _emptied(path: str, old: ast.Module, new: ast.Module) -> list[str]:
    """Say which keywords of ``setup()`` no longer name a package, or put a command in its place."""
    first, second = (_given(tree) for tree in (old, new))
    reasons = [
        f"it installs none of the project's packages: {path}"
        for key in ("packages", "py_modules")
        if isinstance(value := second.get(key), ast.List | ast.Tuple)
        and not value.elts
        and ast.dump(first.get(key, _NAMED)) != ast.dump(value)
    ]
    words = [
        {n.value for n in ast.walk(t) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        for t in (old, new)
    ]
    named = {m[1] for w in words[1] - words[0] if (m := _SCRIPT.match(w))}
    reasons += [
        f"it installs a program of its own under the name {one}: {path}"
        for one in sorted(named)
        if checkers.is_checker(one)
    ]
    if "pytest11" in words[1] - words[0]:
        reasons.append(f"it adds a plug-in of the test runner: {path}")
    more = {"cmdclass", "dependency_links", "script_args"} & (second.keys() - first.keys())
    return reasons + [f"it replaces what is declared, {key}: {path}" for key in sorted(more)]


_SCRIPT = re.compile(r"^\s*([\w.-]+)\s*=\s*[\w.]+:\w+")
_NAMED = ast.Constant(None)


def _given(tree: ast.Module) -> dict[str, ast.expr]:
    return {
        keyword.arg: keyword.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setup")
        for keyword in node.keywords
        if keyword.arg
    }


def _assigned(tree: ast.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, TypeError, RecursionError, MemoryError):
                found[node.targets[0].id] = ast.dump(node.value)
    return found
