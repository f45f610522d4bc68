"""Does a patch change what the code means, or only how it is written?"""

from __future__ import annotations

import ast

from regreen.git import Tree


def changed_syntax(before: Tree, after: Tree) -> tuple[str, ...]:
    """Return the Python files whose syntax tree differs between the two trees, sorted.

    A file that this interpreter cannot parse counts as changed: nothing can be said of it.
    """
    return tuple(
        path
        for path in after.changed(before)
        if path.endswith((".py", ".pyi")) and _tree(before, path) != _tree(after, path)
    )


def _tree(tree: Tree, path: str) -> str | object:
    text = tree.text(path)
    if text is None:
        return object()
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return object()
