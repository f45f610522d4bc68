"""The project's own way to format: a target, session or script beside the failing one.

``make quality`` has a ``make style``, ``tox -e lint`` a ``tox -e format``. What is there is read
from the repository's files; the call is the job's own with the other name.
"""

from __future__ import annotations

import ast
import configparser
import json
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from regreen.fixers.invocations import find
from regreen.fixers.lint.limited import limited
from regreen.model import Category, Failure, Idea, Severity, ToolRun
from regreen.scene import Files, Scene

ID = "formatting target"
DOCS = "https://www.gnu.org/software/make/manual/html_node/Standard-Targets.html"

_NAMES = (
    "style", "format", "fmt", "fix", "autoformat", "reformat", "lint-fix", "fix-lint", "lint_fix",
    "lint-format", "format-code", "format-all", "format_code", "code-format", "codeformat",
    "lint:fix", "format:fix", "style:fix", "fix:lint", "fix-style", "style-fix", "fix-format",
    "beautify", "pretty", "prettify", "tidy", "formatter",
)  # fmt: skip
"""How people call what formats, the likeliest first."""
_CHECKS = re.compile(r"(?:[-_:]?(?:check|checks|test|ci|diff)$)|(?:^(?:check|verify)[-_:])")
_TARGET = re.compile(r"^(?P<names>[A-Za-z0-9][\w./ -]*?)\s*:(?![=:])", re.MULTILINE)
_RECIPE = re.compile(r"^@?(?P<name>[A-Za-z_][\w-]*)(?:\s[^:=]*)?:(?!=)", re.MULTILINE)
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_JUSTFILES = ("justfile", "Justfile", ".justfile")
_WHY = "the project's own {name} rewrites what its {check} refuses"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield runs of the formatting targets: for the files that failed only, then for all."""
    if failure.category not in (Category.LINTING_ERROR, Category.UNKNOWN):
        return
    named = scene.named_files(failure)
    known = failure.category is Category.LINTING_ERROR
    severity = Severity.LOW if known else Severity.MEDIUM
    for check, name, command in dict.fromkeys(_commands(scene)):
        why = _WHY.format(name=name, check=check)
        if named:
            some = limited(command, named)
            yield ToolRun(ID, why, some, scene.directory, severity=severity)
        yield ToolRun(ID, why, command, scene.directory, severity=severity)


def _commands(scene: Scene) -> Iterator[tuple[str, str, str]]:
    """Yield the failing name, the formatting one beside it, and the call of that."""
    for program, names in _RUNNERS.items():
        for invocation in find(program, scene.script):
            known = names(scene.files, scene.directory)
            for at, word in enumerate(invocation.words):
                check = word.strip("\"'").removeprefix("-e").removeprefix("-s").lstrip("=")
                if at == 0 or check not in known:
                    continue
                for name in _beside(check, known):
                    words = [*invocation.words[:at], word.replace(check, name)]
                    yield check, name, invocation.rewritten(words)
    yield from _scripts(scene)


def _beside(check: str, known: Iterable[str]) -> list[str]:
    """Return the names that format, those made of the failing one's first."""
    bare = _CHECKS.sub("", check)
    made = [bare, *(f"{c}{s}fix" for c in (check, bare) for s in "-_:"), f"fix-{check}"]
    made += [name.replace("lint", bare) for name in ("format-lint", "fmt-lint") if bare != check]
    wanted = dict.fromkeys((*made, *_NAMES))
    there = set(known)
    return [name for name in wanted if name in there and name not in ("", check)]


def _scripts(scene: Scene) -> Iterator[tuple[str, str, str]]:
    """Yield shell scripts that lie beside the one that the step calls."""
    paths = set(scene.files.paths())
    for line in scene.script.splitlines():
        for word in line.split():
            path = posixpath.normpath(posixpath.join(scene.directory, word))
            folder, name = posixpath.split(path)
            stem, suffix = posixpath.splitext(name)
            if path not in paths or suffix not in ("", ".sh", ".bash") or "/" not in word:
                continue
            there = {posixpath.splitext(p)[0] for p in _siblings(paths, folder, suffix)}
            for other in _beside(stem, there):
                yield stem, other, line.replace(word, word[: -len(name)] + other + suffix).strip()


def _siblings(paths: Iterable[str], folder: str, suffix: str) -> Iterator[str]:
    for path in paths:
        head, name = posixpath.split(path)
        if head == folder and posixpath.splitext(name)[1] == suffix:
            yield name


def _text(files: Files, folder: str, *names: str) -> str:
    """Return the first of these files, in the step's folder or in the repository's root."""
    for place in dict.fromkeys((folder, ".")):
        for name in names:
            text = files.text(posixpath.normpath(posixpath.join(place, name)))
            if text is not None:
                return text
    return ""


def _make(files: Files, folder: str) -> set[str]:
    text = _text(files, folder, *_MAKEFILES)
    return {name for match in _TARGET.finditer(text) for name in match["names"].split()}


def _just(files: Files, folder: str) -> set[str]:
    return {match["name"] for match in _RECIPE.finditer(_text(files, folder, *_JUSTFILES))}


def _toml(files: Files, folder: str) -> Mapping[str, Any]:
    try:
        found = tomllib.loads(_text(files, folder, "pyproject.toml")).get("tool", {})
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _tables(data: Any, *keys: str) -> set[str]:
    """Return the names below ``keys`` in a document, none where that is no table."""
    for key in keys:
        data = data.get(key, {}) if isinstance(data, dict) else {}
    return set(data) if isinstance(data, dict) else set()


def _tox(files: Files, folder: str) -> set[str]:
    found = _tables(_toml(files, folder), "tox", "env")
    for name in ("tox.ini", "setup.cfg"):
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(_text(files, folder, name))
        except configparser.Error:
            continue
        sections = (s.removeprefix("tox:") for s in parser.sections())
        found |= {s.removeprefix("testenv:") for s in sections if s.startswith("testenv:")}
    return found


def _nox(files: Files, folder: str) -> set[str]:
    try:
        tree = ast.parse(_text(files, folder, "noxfile.py"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = set[str]()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            names = [_session(decorator) for decorator in node.decorator_list]
            found |= {name or node.name for name in names if name is not None}
    return found


def _session(decorator: ast.expr) -> str | None:
    """Return the name that a session's decorator gives, empty for none, ``None`` for others."""
    call = decorator if isinstance(decorator, ast.Call) else None
    target = call.func if call else decorator
    plain = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    if plain not in ("session", "nox_session"):
        return None
    values = (k.value for k in call.keywords if k.arg == "name") if call else ()
    return next((str(v.value) for v in values if isinstance(v, ast.Constant)), "")


def _npm(files: Files, folder: str) -> set[str]:
    try:
        return _tables(json.loads(_text(files, folder, "package.json") or "{}"), "scripts")
    except (json.JSONDecodeError, RecursionError):
        return set()


def _hatch(files: Files, folder: str) -> set[str]:
    envs = _toml(files, folder).get("hatch", {})
    names = _tables(envs, "envs")
    scripts = {(env, s) for env in names for s in _tables(envs, "envs", env, "scripts")}
    return {f"{env}:{s}" for env, s in scripts} | {s for env, s in scripts if env == "default"}


_RUNNERS: Mapping[str, Callable[[Files, str], set[str]]] = {
    "make": _make,
    "just": _just,
    "tox": _tox,
    "nox": _nox,
    "npm": _npm,
    "yarn": _npm,
    "pnpm": _npm,
    "hatch": _hatch,
    "poe": lambda files, folder: _tables(_toml(files, folder), "poe", "tasks"),
    "pdm": lambda files, folder: _tables(_toml(files, folder), "pdm", "scripts"),
    "task": lambda files, folder: _tables(_toml(files, folder), "taskipy", "tasks"),
}
"""Programs that run what a project defines, and what of it there is."""
