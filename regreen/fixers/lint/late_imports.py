"""E402: an import that stands below other statements moves up to the other imports.

It moves only where nothing that it passes can matter to it: no call whose result is thrown away, no
change to ``sys.path`` or to anything else's attributes, no condition, and no module that imports
this one back for a name that stands between.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from regreen.fixers.lint.imports import Import, after
from regreen.fixers.source import Source, parse, replace_lines, sources
from regreen.model import Edit, Failure, Idea
from regreen.scene import Files, Scene

ID = "late imports"
DOCS = "https://docs.astral.sh/ruff/rules/module-import-not-at-top-of-file/"

_CODES = ("E402", "C0413", "wrong-import-position")
_WHY = "imports move up to the others, where nothing that they pass matters to them"
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield one edit of all files in which late imports are reported."""
    edits = {
        path: text
        for path, source in sources(failure, scene, *_CODES)
        if (text := moved_up(source, path, scene.files)) is not None
    }
    if edits:
        yield Edit(ID, _WHY, edits)


def moved_up(source: Source, path: str, files: Files) -> str | None:
    """Return the text with late imports moved up; ``None`` where none may move."""
    end = after(source)
    late = [node for node in _late(source, end) if not _comes_back(node, path, files)]
    if not late:
        return None
    changes: list[tuple[int, int, str]] = []
    blocks: list[str] = []
    for node in late:
        first, last = _extent(source, node)
        blocks.append("".join(source.lines[first - 1 : last]))
        changes.append((*_with_blanks(source, first, last), ""))
    text = replace_lines(source, changes)
    lines = text.splitlines(keepends=True)
    joined = "".join(block if block.endswith("\n") else f"{block}\n" for block in blocks)
    made = "".join([*lines[:end], joined, *lines[end:]])
    return made if parse(made) is not None else None


def _late(source: Source, end: int) -> Iterator[Import]:
    """Yield the imports below the block that only harmless statements precede."""
    for node in source.tree.body:
        if node.lineno <= end:
            continue
        if isinstance(node, Import):
            if _alone(source, node):
                yield node
        elif not _harmless(node):
            return


def _alone(source: Source, node: Import) -> bool:
    """Whether the statement has its lines for itself."""
    line = source.lines[(node.end_lineno or node.lineno) - 1]
    behind = line[source.column(node.end_lineno or node.lineno, node.end_col_offset or 0) :]
    return behind.strip()[:1] in ("", "#") and not source.silenced(node.lineno, "E402")


def _harmless(node: ast.stmt) -> bool:
    """Whether an import may pass the statement: it does no more than give names values."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, _DEFINITIONS):
        return not node.decorator_list
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) for target in node.targets)
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name)
    return isinstance(node, ast.Pass)


def _comes_back(node: Import, path: str, files: Files) -> bool:
    """Whether what is imported is a module of the project that imports this one back."""
    here = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    package = path.split("/")[:-1]
    for target in _targets(node, package):
        inner = f"{target.replace('.', '/')}"
        for name in files.paths():
            stem = name.removesuffix(".py").removesuffix("/__init__")
            there = name.endswith(".py") and (stem == inner or stem.endswith(f"/{inner}"))
            if there and _imports(files.text(name) or "", here, name):
                return True
    return False


def _targets(node: Import, package: list[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    around = package[: len(package) - node.level + 1] if node.level else []
    module = ".".join([*around, *([node.module] if node.module else [])])
    yield from (module, *(f"{module}.{alias.name}" for alias in node.names))


def _imports(text: str, module: str, path: str) -> bool:
    """Whether a module's own statements import ``module``, by whatever beginning of its path."""
    source = parse(text)
    if source is None:
        return True
    package = path.split("/")[:-1]
    for node in source.tree.body:
        if isinstance(node, Import):
            for target in _targets(node, package):
                if module == target or module.endswith(f".{target}"):
                    return True
    return False


def _extent(source: Source, node: Import) -> tuple[int, int]:
    """The statement's lines, with the comments right above it."""
    first = node.lineno
    while first > 1 and source.lines[first - 2].startswith("#"):
        first -= 1
    return first, node.end_lineno or node.lineno


def _with_blanks(source: Source, first: int, last: int) -> tuple[int, int]:
    """Return the lines to take out: with the blank ones above where blank ones stand below, too."""
    below = last >= len(source.lines) or not source.lines[last].strip()
    while below and first > 1 and not source.lines[first - 2].strip():
        first -= 1
    return first, last
