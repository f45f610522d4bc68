"""What a module offers: a name that others use, or that a package passes on, may not just go."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from regreen.verify.guard import parsing
from regreen.verify.guard.change import Change, FileChange
from regreen.verify.guard.names import imported, last
from regreen.verify.guard.narrowed import narrowed

_MOST = 40
"""Files that are read to see whether they need a name; more of them only share a word."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def objections(file: FileChange, change: Change) -> list[str]:
    """Return which names of a product file are gone though something may need them."""
    before, after = parsing.python(file.old), parsing.python(file.new)
    if before is None or after is None:
        return []
    old, new = dict(_names(before)), dict(_names(after))
    stub = f"{file.path}i"
    if any(f.path == stub and f.before is None for f in change.files):
        return []
    reasons = []
    for name in sorted(old.keys() - new.keys()):
        if reason := _missed(file, name, old[name], before, change):
            reasons.append(f"{reason}: {file.path}")
    return reasons + _fewer_methods(file, before, after, change)


def _names(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the names that a module binds at its top level, conditions and tries looked into."""
    stack: list[ast.stmt] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, Function | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for name in imported(node):
                yield name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for leaf in ast.walk(target):
                    if isinstance(leaf, ast.Name):
                        yield leaf.id, node
        elif isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                stack += getattr(node, part, [])
            for handler in getattr(node, "handlers", []):
                stack += handler.body


def _missed(file: FileChange, name: str, node: ast.stmt, tree: ast.Module, change: Change) -> str:
    if name in {"annotations", "*"} or name == "__all__":
        return "it drops __all__" if name == "__all__" else ""
    package = file.name == "__init__.py"
    if isinstance(node, ast.Import | ast.ImportFrom):
        own = isinstance(node, ast.ImportFrom) and (
            node.level > 0 or _is_own(node.module or "", file.path)
        )
        if name in _exported(tree) or (package and own):
            return f"it drops {name}, which the package passes on"
        users = _importers(file, name, change)
        return f"it drops {name}, which {users[0]} takes from here" if users else ""
    if isinstance(node, Function | ast.ClassDef):
        if _moved(node, change):
            return ""
        if users := _importers(file, name, change):
            return f"it removes {name}, which {users[0]} uses"
        return "" if name.startswith("_") else f"it removes {name}, which others may use"
    users = _importers(file, name, change)
    return f"it removes {name}, which {users[0]} uses" if users else ""


def _is_own(module: str, path: str) -> bool:
    return (
        module.partition(".")[0] in path.split("/")
        and module.partition(".")[0] not in sys.stdlib_module_names
    )


def _exported(tree: ast.Module) -> set[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(last(t) == "__all__" for t in node.targets):
            return {str(n.value) for n in ast.walk(node.value) if isinstance(n, ast.Constant)}
    return set()


def _importers(file: FileChange, name: str, change: Change) -> list[str]:
    """Return the files that take ``name`` from this module by an import or as its attribute."""
    module = file.path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
    folder = file.path.rpartition("/")[0]
    near = [p for p in change.patched.paths() if p.startswith(f"{folder}/") and p.endswith(".py")]
    package = file.name == "__init__.py"
    users = set(change.patched.using(name))
    users &= {*change.patched.using(module), *(near if package else ())}
    for path in sorted(users - {file.path})[:_MOST]:
        tree = parsing.python(change.patched.text(path) or "")
        if tree is not None and _takes(tree, module, name, inside=package and path in near):
            return [path]
    return []


def _takes(tree: ast.Module, module: str, name: str, *, inside: bool) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(a.name == name for a in node.names):
            if (node.module or "").rpartition(".")[2] == module:
                return True
            if inside and node.level and not node.module:
                return True
        if isinstance(node, ast.Attribute) and node.attr == name and last(node.value) == module:
            return True
    return False


def _moved(node: ast.AST, change: Change) -> bool:
    """Whether another changed file, or another name, now holds the same definition."""
    body = [ast.dump(s) for s in getattr(node, "body", [])]
    for file in change.files:
        tree = parsing.python(file.new) if file.path.endswith((".py", ".pyi")) else None
        for other in ast.walk(tree) if tree is not None else ():
            if (
                isinstance(other, type(node))
                and [ast.dump(s) for s in getattr(other, "body", [])] == body
            ):
                return True
    return False


def _fewer_methods(file: FileChange, old: ast.Module, new: ast.Module, change: Change) -> list[str]:
    """Methods of a class that stays, gone though their name is still used somewhere."""
    classes = {n.name: n for n in new.body if isinstance(n, ast.ClassDef)}
    reasons = []
    for node in (old.body[at] for at in narrowed(old, new).old):
        if not isinstance(node, ast.ClassDef) or node.name not in classes:
            continue
        kept = {n.name for n in ast.walk(classes[node.name]) if isinstance(n, Function)}
        for method in node.body:
            if (
                (
                    isinstance(method, Function)
                    and method.name not in kept
                    and not method.name.startswith("_")
                )
                and change.patched.using(method.name)
                and not _moved(method, change)
            ):
                reasons.append(
                    f"it removes {node.name}.{method.name}, which is still used: {file.path}"
                )
    return reasons
