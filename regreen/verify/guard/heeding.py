"""Programs that run others: a failure that they noticed before, they must go on noticing."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from regreen.verify.guard.names import dotted, last

_EXITS = frozenset(["sys.exit", "exit", "quit", "SystemExit", "os._exit"])
_STRICT = frozenset(["check_call", "check_output", "check_returncode", "raise_for_status"])
RUNNING = frozenset(["run", "call", "check_call", "check_output", "Popen", "system", "popen"])
"""Functions of the library that start a command."""
_CHECKERS = frozenset(
    [
        "pytest",
        "py.test",
        "unittest",
        "tox",
        "nox",
        "mypy",
        "pyright",
        "ruff",
        "flake8",
        "pylint",
        "black",
        "isort",
        "bandit",
        "coverage",
        "pre-commit",
        "pre_commit",
        "pydocstyle",
        "codespell",
        "vulture",
        "lint-imports",
        "twine",
        "build",
    ]
)
_QUIETER = frozenset(
    [
        "--ignore",
        "--ignore-glob",
        "--deselect",
        "-k",
        "-m",
        "--co",
        "--collect-only",
        "--exit-zero",
        "--no-cov",
        "-p",
        "--maxfail",
        "--exclude",
        "--extend-exclude",
        "--skip",
        "--ignore-errors",
        "--ignore-missing-imports",
        "--per-file-ignores",
        "--extend-ignore",
        "--disable",
        "--version",
        "--help",
        "-x",
        "--lf",
        "--last-failed",
        "--ff",
        "--no-strict-optional",
    ]
)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def objections(path: str, old: ast.Module, new: ast.Module) -> list[str]:
    """Return what a program no longer notices, or no longer runs."""
    strict = [sum(map(_notices, ast.walk(tree))) for tree in (old, new)]
    if strict[1] < strict[0]:
        return [f"it no longer notices that a command failed: {path}"]
    commands = [list(_commands(tree)) for tree in (old, new)]
    tools = [Counter(tool for tool, _ in side) for side in commands]
    if lost := tools[0] - tools[1]:
        return [f"it no longer runs {next(iter(lost))}: {path}"]
    quieter = [Counter(w for _, words in side for w in words) for side in commands]
    more = quieter[1] - quieter[0]
    return [f"it runs a checker with {next(iter(more))}: {path}"] if more else []


def _notices(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    checked = any(
        k.arg == "check" and not (isinstance(k.value, ast.Constant) and not k.value.value)
        for k in node.keywords
    )
    return last(node.func) in _STRICT or (last(node.func) in RUNNING and checked)


def _commands(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Yield the checkers that a program starts, with the options that make each see less."""
    for node in ast.walk(tree):
        words: list[str] = []
        if isinstance(node, ast.List | ast.Tuple):
            words = [
                e.value
                for e in node.elts
                if isinstance(e, ast.Constant) and isinstance(e.value, str)
            ]
        elif isinstance(node, ast.Call) and last(node.func) in RUNNING and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                words = first.value.split()
        head = [w for w in words[:4] if w not in {"-m", "python", "python3"}][:1]
        if head and head[0] in _CHECKERS:
            options = [w.partition("=")[0] for w in words[words.index(head[0]) + 1 :]]
            zero = ["|| true"] if "||" in words else []
            yield head[0], [w for w in options if w in _QUIETER] + zero


def exits(path: str, old: ast.Module, new: ast.Module) -> list[str]:
    """A program that said with its exit code that something is wrong must go on saying so."""
    before, after = (Counter(_failing_exits(tree)) for tree in (old, new))
    if sum(after.values()) < sum(before.values()):
        return [f"it no longer ends with a failure where it did: {path}"]
    return []


def _exit_functions(tree: ast.Module) -> set[str]:
    """The functions whose value becomes the exit code: ``sys.exit(main())``."""
    found: set[str] = set()
    for node in ast.walk(tree):
        call = node.exc if isinstance(node, ast.Raise) else node
        if isinstance(call, ast.Call) and dotted(call.func) in _EXITS and call.args:
            inner = call.args[0]
            found |= {dotted(inner.func)} if isinstance(inner, ast.Call) else set()
    return found - {""}


def _failing_exits(tree: ast.Module) -> Iterator[str]:
    for name in _exit_functions(tree):
        for function in tree.body:
            if isinstance(function, Function) and function.name == name:
                returns = [n.value for n in ast.walk(function) if isinstance(n, ast.Return)]
                yield from (
                    name
                    for v in returns
                    if v is not None and not (isinstance(v, ast.Constant) and v.value in (0, None))
                )
    for node in ast.walk(tree):
        call = node.exc if isinstance(node, ast.Raise) else node
        if isinstance(call, ast.Call) and dotted(call.func) in _EXITS and call.args:
            first = call.args[0]
            if not isinstance(first, ast.Constant) or first.value not in (0, None):
                yield "exit"
